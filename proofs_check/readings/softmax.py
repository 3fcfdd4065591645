r"""The displays (78)-(80) and (88) read twice: as matrices for few actions, as operators for any.

A printed matrix is a sum of products of the vectors e_a, e_{a'} and pi(.|s), of which there are
few; `MATRICES` and `OPERATORS` give the value of each. As operators they stand for the numbers
u^T (...) v, summed over a' with weights w_{a'}; a factor such as 1(a=a') then multiplies from the
left, pi(a'|s) from the right, which is why `Acting` is a sum of pairs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.numbers import Array
from dcpg_theory.exact.operators import Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.models.policies import policy_from_weights
from proofs_check.chains.softmax_derivatives import adding, diagonal, expected, pi
from proofs_check.symbols import DISCOUNT

__all__ = [
    "Acting",
    "Softmax",
    "as_matrix",
    "as_operator",
    "derivatives",
    "right_side",
    "softmax",
]

U, V, W = map(diagonal, "UVW")
_COLUMN, _ROW = r"\pi(\cdot|s)", r"\pi(\cdot|s)^\top"
_P, _P2 = r"\pi_\theta(a|s)", r"\pi_\theta(a'|s)"


@dataclass(frozen=True)
class Acting:
    """A sum of pairs (left, right) that turns an operator X into the sum of left X right."""

    pairs: tuple[tuple[Operator, Operator], ...]

    def __add__(self, other: Acting) -> Acting:
        return Acting(self.pairs + other.pairs)

    def __neg__(self) -> Acting:
        return -1 * self

    def __sub__(self, other: Acting) -> Acting:
        return self + -other

    def __mul__(self, other: Acting) -> Acting:
        return Acting(tuple((a @ c, d @ b) for a, b in self.pairs for c, d in other.pairs))

    def __rmul__(self, number: Any) -> Acting:
        symbolic = isinstance(number, RationalFunction)
        factor = number if symbolic else RationalFunction.constant(number)
        return Acting(tuple((left.scaled(factor), right) for left, right in self.pairs))

    def __call__(self, vector: Operator) -> Operator:
        """Apply the sum to a vector."""
        total = Operator.zero(vector.codomain, vector.domain)
        for left, right in self.pairs:
            total = total + left @ right @ vector
        return total


def _left(value: Operator) -> Acting:
    return Acting(((value, unit("A")),))


_AVERAGED = pi @ adding  # pi sum, to which a diagonal is appended
_OPERATORS: Mapping[str, Acting] = {
    _P: _left(unit("A")),
    "e_a": _left(U),
    _COLUMN: _left(_AVERAGED @ U),
    "e_ae_a^\\top": _left(U @ V),
    "e_a" + _ROW: _left(U @ pi @ adding @ V),
    _COLUMN + "e_a^\\top": _left(V @ pi @ adding @ U),
    _COLUMN + _ROW: _left(pi @ expected(U) @ adding @ V),
    rf"\text{{diag}}({_COLUMN})": _left(_AVERAGED @ U @ V),
    "I(a=a')": _left(W),
    _P2: Acting(((unit("A"), _AVERAGED @ W),)),
    f"e_a{_P2}e_{{a'}}^\\top": _left(U @ _AVERAGED @ V @ W),
    f"e_a{_P2}{_ROW}": _left(U @ pi @ expected(V) @ adding @ W),
    f"e_{{a'}}{_P2}e_a^\\top": _left(V @ _AVERAGED @ U @ W),
    f"{_COLUMN}{_P2}e_a^\\top": _left(V @ pi @ expected(U) @ adding @ W),
    f"{_COLUMN}{_P2}e_{{a'}}^\\top": _left(pi @ expected(U) @ adding @ V @ W),
    f"e_{{a'}}{_P2}{_ROW}": _left(pi @ expected(V) @ adding @ U @ W),
    f"{_COLUMN}{_P2}{_ROW}": _left(pi @ expected(U) @ expected(V) @ adding @ W),
    rf"\text{{diag}}({_P2}e_a)": _left(U @ V @ _AVERAGED @ W),
    rf"\text{{diag}}({_P2}e_{{a'}})": _left(_AVERAGED @ U @ V @ W),
    rf"\text{{diag}}({_P2}{_COLUMN})": _left(pi @ expected(U, V) @ adding @ W),
}


@dataclass(frozen=True)
class Softmax:
    """The softmax of n actions as rational functions of the weights exp(theta), and their range."""

    weights: tuple[RationalFunction, ...]
    row: Array
    box: Box

    def along(self, function: RationalFunction, action: int) -> RationalFunction:
        """Return the derivative by theta_{s,a}: d/dtheta = w d/dw."""
        weight = self.weights[action]
        return weight * function.derivative(str(weight))


def softmax(actions: int) -> Softmax:
    """Return the softmax with as many symbols as actions."""
    names = [f"w_{k + 1}" for k in range(actions)]
    weights = symbols(*names)
    box = Box(**dict.fromkeys(names, DISCOUNT))
    return Softmax(weights, policy_from_weights([list(weights)])[0], box)


@functools.cache
def derivatives(actions: int, order: int) -> Array:
    """Return the derivatives of pi(a|s): axis 0 is a, the others the parameters."""
    policy = softmax(actions)
    array = policy.row
    for _ in range(order):
        moved = [[policy.along(f, k) for k in range(actions)] for f in array.flat]
        array = np.array(moved, dtype=object).reshape(*array.shape, actions)
    return array


def _matrices(row: Array, a: int, b: int) -> dict[str, Any]:
    """Return the value of each product for the actions a and a' = b."""
    e, f = np.eye(len(row), dtype=np.int64).astype(object)[[a, b]]
    p, q = row[a], row[b]
    outer: Callable[[Any, Any], Any] = np.multiply.outer
    return {
        _P: p,
        "e_a": e,
        _COLUMN: row,
        "e_ae_a^\\top": outer(e, e),
        "e_a" + _ROW: outer(e, row),
        _COLUMN + "e_a^\\top": outer(row, e),
        _COLUMN + _ROW: outer(row, row),
        rf"\text{{diag}}({_COLUMN})": np.diag(row),
        "I(a=a')": int(a == b) + 0 * p,
        _P2: q,
        f"e_a{_P2}e_{{a'}}^\\top": q * outer(e, f),
        f"e_a{_P2}{_ROW}": q * outer(e, row),
        f"e_{{a'}}{_P2}e_a^\\top": q * outer(f, e),
        f"{_COLUMN}{_P2}e_a^\\top": q * outer(row, e),
        f"{_COLUMN}{_P2}e_{{a'}}^\\top": q * outer(row, f),
        f"e_{{a'}}{_P2}{_ROW}": q * outer(f, row),
        f"{_COLUMN}{_P2}{_ROW}": q * outer(row, row),
        rf"\text{{diag}}({_P2}e_a)": q * np.diag(e),
        rf"\text{{diag}}({_P2}e_{{a'}})": q * np.diag(f),
        rf"\text{{diag}}({_P2}{_COLUMN})": q * np.diag(row),
    }


def right_side(statement: str) -> str:
    r"""Return what stands behind the first equality, on one line and with one name for pi(.|s).

    A bare ``\pi_\theta`` and the transposition in ``diag(pi^T)`` are read as what is meant.
    """
    text = normalized(statement).split("=", 1)[1]
    for layout in (r"\\", "&", "."):
        text = text.replace(layout, "")
    text = text.replace("^T", r"^\top").replace("1(a=a')", "I(a=a')")
    text = text.replace(r"\pi_\theta\pi", _P2 + r"\pi").replace(r"\pi_\theta(\cdot|s)", _COLUMN)
    return text.replace(_ROW + ")", _COLUMN + ")")


def as_operator(text: str) -> Operator:
    """Return a right side contracted with directions, for any number of actions."""
    value: Acting = parse(text, _OPERATORS)
    return value(pi)


def as_matrix(text: str, row: Array, a: int, b: int = 0) -> Array:
    """Return a right side for one pair of actions, as a vector or matrix."""
    return np.asarray(parse(text, _matrices(row, a, b)))
