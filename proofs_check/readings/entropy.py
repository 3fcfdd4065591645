r"""The displays of Lemma B.6 read twice: exactly for two actions, as operators for any number.

c stands for lambda/|S|, k for 1/|A|; the blocks of zeta in one state are what is differentiated.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.numbers import Array
from dcpg_theory.exact.operators import SCALARS, Atom, Operator
from dcpg_theory.exact.rational_functions import RationalFunction
from proofs_check.chains.softmax_derivatives import FACTOR, SHARE, adding, diagonal, expected
from proofs_check.readings.softmax import right_side, softmax
from proofs_check.symbols import DISCOUNT

__all__ = [
    "TWO_ACTIONS",
    "entropy_derivatives",
    "entropy_matrix",
    "entropy_operator",
    "one_line",
]

TWO_ACTIONS = Box(w_1=DISCOUNT, w_2=DISCOUNT, c=DISCOUNT)

_COLUMN, _ROW, _P2 = r"\pi(\cdot|s)", r"\pi(\cdot|s)^\top", r"\pi_\theta(a'|s)"
_PRODUCTS = (
    r"\mathbf{1}",
    _COLUMN,
    rf"\text{{diag}}({_COLUMN})",
    _COLUMN + _ROW,
    _P2 + r"e_{a'}e_{a'}^\top",
    _P2 + rf"\text{{diag}}({_COLUMN})",
    _P2 + _COLUMN + r"e_{a'}^\top",
    _P2 + "e_{a'}" + _ROW,
    _P2 + _COLUMN + _ROW,
)


def one_line(statement: str) -> str:
    """Return what stands behind the first equality, with one name for each object."""
    return _renamed(right_side(f"x={statement.split('=', 1)[1]}"))


def _renamed(text: str) -> str:
    text = text.replace(r"\pi_{\theta}(\cdot|s)", _COLUMN).replace(r"\pi_{\theta}", r"\pi_\theta")
    return text.replace("^T", r"^\top")


def _scalars() -> dict[str, RationalFunction]:
    return {r"\frac{\lambda}{|\mathcal{S}|}": FACTOR, r"\frac{1}{|\mathcal{A}|}": SHARE}


def entropy_operator(text: str, *, same: bool = False) -> Operator:
    """Return a right side filled with the directions u, v, w, or with u three times."""
    u = diagonal("U")
    v, w = (u, u) if same else map(diagonal, "VW")
    m, n, o = expected(u), expected(v), expected(w)
    ones = Operator.of(Atom("1", "A", SCALARS))
    values: tuple[Operator, ...] = (
        adding @ u @ ones,
        m,
        expected(u, v),
        m @ n,
        expected(u, v, w),
        expected(u, v) @ o,
        m @ expected(v, w),
        n @ expected(u, w),
        m @ n @ o,
    )
    read: Operator = parse(text, _scalars() | dict(zip(_PRODUCTS, values, strict=True)))
    return read


def entropy_matrix(text: str, row: Array, b: int = 0) -> Array:
    """Return a right side for two actions and a' = b, as a vector or matrix."""
    e = np.eye(2, dtype=np.int64).astype(object)[b]
    outer = np.multiply.outer
    q = row[b]
    values: tuple[Any, ...] = (
        np.array([1, 1], dtype=object),
        row,
        np.diag(row),
        outer(row, row),
        q * outer(e, e),
        q * np.diag(row),
        q * outer(row, e),
        q * outer(e, row),
        q * outer(row, row),
    )
    names: Mapping[str, Any] = _scalars() | {r"\frac{1}{|\mathcal{A}|}": FACTOR / FACTOR / 2}
    return np.asarray(parse(text, {**names, **dict(zip(_PRODUCTS, values, strict=True))}))


@functools.cache
def entropy_derivatives(order: int) -> Array:
    """Return the derivatives of c/2 sum_a log pi(a|s) for two actions: d log p = dp / p."""
    policy = softmax(2)
    half = FACTOR * Fraction(1, 2)
    first = [half * sum(policy.along(p, k) / p for p in policy.row) for k in range(2)]
    array = np.array(first, dtype=object)
    for _ in range(order - 1):
        moved = [[policy.along(f, k) for k in range(2)] for f in array.flat]
        array = np.array(moved, dtype=object).reshape(*array.shape, 2)
    return array


def lines_of(statement: str) -> str:
    """Return a statement on one line, with one name for each object."""
    text = normalized(statement).replace(r"\\", "").replace("&", "").replace(".", "")
    return _renamed(text)
