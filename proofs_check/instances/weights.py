"""Small mixing matrices whose spectra are rational, and exact evidence about spectra."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.boxes import Box, open_interval
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.linear_algebra import determinant
from dcpg_theory.exact.numbers import Array, NumberKind, as_array
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.models.mixing import MixingMatrix
from dcpg_theory.theory.assumptions import ASSUMPTION_1, SYMMETRIC_WEIGHTS, Assumption

__all__ = [
    "ASSUMPTION_1",
    "CIRCULANT",
    "NEGATIVE",
    "SEMIDEFINITE_WEIGHTS",
    "SMALL_WEIGHT",
    "SYMMETRIC_WEIGHTS",
    "WEIGHT",
    "exact",
    "has_eigenvalues",
    "rank",
    "scaled",
    "two_agents",
    "weight",
]

weight = symbols("w")[0]
WEIGHT = Box(w=open_interval(0, 1))
SMALL_WEIGHT = Box(w=open_interval(0, Fraction(1, 2)))


def scaled(below: int, rows: Sequence[Sequence[int]]) -> Array:
    """Return the matrix of the integers in `rows` over one denominator."""
    return as_array([[Fraction(k, below) for k in row] for row in rows], NumberKind.RATIONAL)


# All three agents are neighbours; each trusts the next one more than the one after.
CIRCULANT = scaled(6, [[3, 2, 1], [1, 3, 2], [2, 1, 3]])
# Symmetric, with eigenvalues 1, 0 and -2/7: the smallest singular value, 0, is not the negative one.
NEGATIVE = scaled(7, [[1, 3, 3], [3, 2, 2], [3, 2, 2]])


def exact(weights: MixingMatrix) -> Array:
    """Return the exact weights of a matrix that was made from rationals."""
    if weights.exact is None:
        raise InvalidInput("the weights must be exact, not float")
    return weights.exact


def two_agents(share: Any) -> Array:
    """Return the weights of two agents that give each other `share`."""
    return as_array([[1 - share, share], [share, 1 - share]], NumberKind.SYMBOLIC)


def has_eigenvalues(
    kernel: Kernel, matrix: Array, values: Sequence[Any], box: Box | None = None
) -> Evidence:
    """Return whether a matrix has these eigenvalues, each as often as listed: det(t - A).

    Without a box the matrix holds numbers, and the coefficients are compared.
    """
    t = symbols("t")[0]
    symbolic = as_array(matrix, NumberKind.SYMBOLIC)
    eye = as_array(np.eye(len(symbolic), dtype=np.int64), NumberKind.SYMBOLIC)
    found, wanted = determinant(eye * t - symbolic), t**0
    for value in values:
        wanted = wanted * (t - value)
    if len(values) != len(matrix):
        raise InvalidInput(f"{len(values)} eigenvalues for a matrix of size {len(matrix)}")
    if box is not None:
        return kernel.identity(found, wanted, box.replace(t=open_interval(-2, 2)))
    left, right = (
        [_derivative_at_zero(side, order) for order in range(len(matrix) + 1)]
        for side in (found, wanted)
    )
    return kernel.identity(left, right)


def _derivative_at_zero(function: RationalFunction, order: int) -> Any:
    for _ in range(order):
        function = function.derivative("t")
    return function.evaluate({"t": Fraction(0)})


def rank(matrix: Array) -> int:
    """Return the rank of a matrix of rationals."""
    rational = as_array(matrix, NumberKind.RATIONAL)
    return int(flint.fmpq_mat(len(rational), len(rational[0]), list(rational.flat)).rank())


def _no_negative_eigenvalue(matrix: Array) -> bool:
    """Whether det(t + A), for a symmetric A, has no negative coefficient: all roots are real."""
    t = symbols("t")[0]
    symbolic = as_array(matrix, NumberKind.SYMBOLIC)
    eye = as_array(np.eye(len(symbolic), dtype=np.int64), NumberKind.SYMBOLIC)
    return all(k >= 0 for k in determinant(eye * t + symbolic).numerator.to_dict().values())


SEMIDEFINITE_WEIGHTS = Assumption(
    "semidefinite weights",
    r"W = W^\top \succeq 0",
    "W is symmetric and none of its eigenvalues is negative",
    lambda weights: bool(weights.is_symmetric) and _no_negative_eigenvalue(exact(weights)),
    lambda: MixingMatrix(scaled(4, [[3, 1], [1, 3]])),
)
