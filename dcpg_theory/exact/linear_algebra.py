"""Linear systems over every number type of the package.

Rationals and balls go to flint, floats to LAPACK. Over Q(symbols) the elimination is the
fraction-free Gauss-Jordan method of Bareiss (1968): all intermediate entries are minors of the
matrix, so they stay polynomials of bounded size, and each division is exact.
"""

from __future__ import annotations

from typing import Any

import flint
import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array, NumberKind, as_array, as_scalar, number_kind
from dcpg_theory.exact.rational_functions import RationalFunction

__all__ = ["determinant", "identity", "inverse", "solve"]


def identity(size: int, kind: NumberKind) -> Array:
    """Return the identity matrix, shape ``(size, size)``, of a number kind."""
    return as_array(np.eye(size, dtype=np.int64), kind)


def solve(matrix: Array, right: Array) -> Array:
    """Solve ``matrix @ x = right``.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
    right : ndarray, shape (n,) or (n, m)

    Returns
    -------
    ndarray
        Shape of `right`; exact for rationals and rational functions, enclosures for balls.

    Raises
    ------
    InvalidInput
        If the shapes do not fit.
    ZeroDivisionError
        If the matrix is singular (for balls: cannot be shown regular at this precision).
    """
    kind = number_kind(matrix, right)
    square, columns = as_array(matrix, kind), as_array(right, kind)
    if square.ndim != 2 or square.shape[0] != square.shape[1]:
        raise InvalidInput(f"matrix of shape {square.shape} must be square")
    if columns.ndim not in (1, 2) or columns.shape[0] != square.shape[0]:
        raise InvalidInput(f"right side of shape {columns.shape} does not fit {square.shape}")
    wide = columns.reshape(len(columns), -1)
    return _SOLVERS[kind](square, wide).reshape(columns.shape)


def inverse(matrix: Array) -> Array:
    """Return the inverse of a square matrix; arguments and errors as in `solve`."""
    return solve(matrix, identity(len(matrix), number_kind(matrix)))


def determinant(matrix: Array) -> Any:
    """Return the determinant of a square matrix, in its number type.

    Raises
    ------
    InvalidInput
        If the matrix is not square.
    """
    kind = number_kind(matrix)
    square = as_array(matrix, kind)
    if square.ndim != 2 or square.shape[0] != square.shape[1]:
        raise InvalidInput(f"matrix of shape {square.shape} must be square")
    if square.size == 0:
        return as_scalar(1, kind)
    if kind is NumberKind.FLOAT:
        return float(np.linalg.det(square))
    if kind is NumberKind.RATIONAL:
        return _flint_matrix(flint.fmpq_mat, square).det()
    if kind is NumberKind.BALL:
        return _flint_matrix(flint.arb_mat, square).det()
    polynomials, scale = _polynomial_rows(square)
    try:
        pivot, sign = _gauss_jordan(polynomials, len(square))
    except ZeroDivisionError:
        return RationalFunction.constant(0)
    return RationalFunction(pivot * sign, scale)


def _flint_matrix(constructor: Any, matrix: Array) -> Any:
    return constructor(*matrix.shape, list(matrix.flat))


def _from_flint(matrix: Any, shape: tuple[int, ...]) -> Array:
    result = np.empty(shape, dtype=object)
    for i, j in np.ndindex(*shape):
        result[i, j] = matrix[i, j]
    return result


def _solve_float(matrix: Array, right: Array) -> Array:
    try:
        return np.asarray(np.linalg.solve(matrix, right))
    except np.linalg.LinAlgError as error:
        raise ZeroDivisionError("the matrix is singular") from error


def _solve_rational(matrix: Array, right: Array) -> Array:
    solution = _flint_matrix(flint.fmpq_mat, matrix).solve(_flint_matrix(flint.fmpq_mat, right))
    return _from_flint(solution, right.shape)


def _solve_ball(matrix: Array, right: Array) -> Array:
    solution = _flint_matrix(flint.arb_mat, matrix).solve(_flint_matrix(flint.arb_mat, right))
    return _from_flint(solution, right.shape)


def _solve_symbolic(matrix: Array, right: Array) -> Array:
    size = len(matrix)
    rows, _ = _polynomial_rows(np.concatenate([matrix, right], axis=1))
    pivot, _ = _gauss_jordan(rows, size)
    result = np.empty(right.shape, dtype=object)
    for i, j in np.ndindex(*right.shape):
        result[i, j] = RationalFunction(rows[i][size + j], pivot)
    return result


def _polynomial_rows(matrix: Array) -> tuple[list[list[Any]], Any]:
    """Clear the denominators row by row; return the rows and the product of the factors."""
    union = set().union(*(entry.names for entry in matrix.flat))
    context = flint.fmpq_mpoly_ctx.get(tuple(sorted(union)), flint.Ordering.degrevlex)
    rows, scale = [], context.constant(1)
    for row in matrix:
        above = [entry.numerator.project_to_context(context) for entry in row]
        below = [entry.denominator.project_to_context(context) for entry in row]
        multiple = context.constant(1)
        for denominator in below:
            multiple = multiple * (denominator / multiple.gcd(denominator))
        rows.append([a * (multiple / b) for a, b in zip(above, below, strict=True)])
        scale = scale * multiple
    return rows, scale


def _gauss_jordan(rows: list[list[Any]], size: int) -> tuple[Any, int]:
    """Reduce the first `size` columns to ``pivot * I`` in place; return the pivot and the sign."""
    previous, sign = None, 1
    for k in range(size):
        candidates = [i for i in range(k, size) if not rows[i][k].is_zero()]
        if not candidates:
            raise ZeroDivisionError("the matrix is singular")
        # The sparsest pivot row keeps the minors small.
        best = min(candidates, key=lambda i: sum(len(entry.to_dict()) for entry in rows[i]))
        if best != k:
            rows[k], rows[best], sign = rows[best], rows[k], -sign
        pivot_row, pivot = rows[k], rows[k][k]
        for i in range(size):
            if i == k:
                continue
            factor, row = rows[i][k], rows[i]
            reduced = [
                pivot * a - factor * b if not b.is_zero() else pivot * a
                for a, b in zip(row, pivot_row, strict=True)
            ]
            rows[i] = reduced if previous is None else [entry / previous for entry in reduced]
        previous = pivot
    return rows[0][0] if size else None, sign


_SOLVERS = {
    NumberKind.FLOAT: _solve_float,
    NumberKind.RATIONAL: _solve_rational,
    NumberKind.BALL: _solve_ball,
    NumberKind.SYMBOLIC: _solve_symbolic,
}
