"""Where Krylov iterations begin: the combination of the last solutions with the least residual.

Kept are the last solution and its backward differences up to the fourth, of which the span is that
of the last five solutions. Scaled to images of length one they are independent enough for the
normal equations of the least-squares problem, which take one pass over the matrix; the residual of
the last solution itself stands on their right side, so that nothing cancels.
"""

from __future__ import annotations

import numpy as np

from dcpg_theory.engine.compiled import compiled_sums
from dcpg_theory.engine.krylov_system import Matrix
from dcpg_theory.engine.lanes import constant, load, store
from dcpg_theory.exact.numbers import Array

__all__ = ["KEPT", "remember", "start"]

KEPT = 5
"""How many vectors are kept: a solution and its differences."""

_LOSS = 1e-12  # of a direction's squared length, less the earlier ones': what is left is rounding
_RIGHT = 15  # where the right sides begin, after the lower triangle of the products


@compiled_sums
def start(matrix: Matrix, right: Array, kept: Array, numbers: Array, x: Array) -> None:
    """Write the combination of what is kept with the least residual in the Euclidean norm.

    Parameters
    ----------
    matrix : Matrix
    right : ndarray, shape (n,) or (n, 4)
    kept : ndarray, shape (n KEPT,) or (n KEPT, 4)
        Entry KEPT s + k belongs to state s and to the k-th difference.
    numbers : ndarray, shape (32,) or (32, 4)
        Room.
    x : ndarray, shape of `right`
    """
    n = np.uint64(len(x))
    _products(matrix, right, kept, numbers)
    n_lanes = numbers.size // len(numbers)
    _combine(numbers.reshape((len(numbers), n_lanes)))
    c0, c1, c2 = load(numbers, 0), load(numbers, 1), load(numbers, 2)
    c3, c4 = load(numbers, 3), load(numbers, 4)
    for s in range(n):
        at = s * np.uint64(KEPT)
        sum_ = load(kept, at) + c0 * load(kept, at) + c1 * load(kept, at + np.uint64(1))
        sum_ = sum_ + c2 * load(kept, at + np.uint64(2)) + c3 * load(kept, at + np.uint64(3))
        store(x, s, sum_ + c4 * load(kept, at + np.uint64(4)))


@compiled_sums
def _products(matrix: Matrix, right: Array, kept: Array, numbers: Array) -> None:
    """Write the scalar products of the images under M, and theirs with the last residual.

    The five images of a state live in registers, so they are written out.
    """
    ends, columns, entries = matrix
    zero = constant(right, 0.0)
    p00, p10, p11, p20, p21, p22 = zero, zero, zero, zero, zero, zero
    p30, p31, p32, p33 = zero, zero, zero, zero
    p40, p41, p42, p43, p44 = zero, zero, zero, zero, zero
    b0, b1, b2, b3, b4 = zero, zero, zero, zero, zero
    for s in range(np.uint64(len(right))):
        w0, w1, w2, w3, w4 = zero, zero, zero, zero, zero
        for t in range(ends[s], ends[s + np.uint64(1)]):
            m, at = load(entries, t), np.uint64(columns[t]) * np.uint64(KEPT)
            w0 = w0 + m * load(kept, at)
            w1 = w1 + m * load(kept, at + np.uint64(1))
            w2 = w2 + m * load(kept, at + np.uint64(2))
            w3 = w3 + m * load(kept, at + np.uint64(3))
            w4 = w4 + m * load(kept, at + np.uint64(4))
        r = load(right, s) - w0
        p00, p10, p11 = p00 + w0 * w0, p10 + w1 * w0, p11 + w1 * w1
        p20, p21, p22 = p20 + w2 * w0, p21 + w2 * w1, p22 + w2 * w2
        p30, p31, p32, p33 = p30 + w3 * w0, p31 + w3 * w1, p32 + w3 * w2, p33 + w3 * w3
        p40, p41, p42, p43 = p40 + w4 * w0, p41 + w4 * w1, p42 + w4 * w2, p43 + w4 * w3
        p44 = p44 + w4 * w4
        b0, b1, b2, b3, b4 = b0 + w0 * r, b1 + w1 * r, b2 + w2 * r, b3 + w3 * r, b4 + w4 * r
    store(numbers, 0, p00)
    store(numbers, 1, p10)
    store(numbers, 2, p11)
    store(numbers, 3, p20)
    store(numbers, 4, p21)
    store(numbers, 5, p22)
    store(numbers, 6, p30)
    store(numbers, 7, p31)
    store(numbers, 8, p32)
    store(numbers, 9, p33)
    store(numbers, 10, p40)
    store(numbers, 11, p41)
    store(numbers, 12, p42)
    store(numbers, 13, p43)
    store(numbers, 14, p44)
    store(numbers, 15, b0)
    store(numbers, 16, b1)
    store(numbers, 17, b2)
    store(numbers, 18, b3)
    store(numbers, 19, b4)


@compiled_sums
def _combine(numbers: Array) -> None:
    """Replace the first numbers of each lane by the coefficients, from its products.

    Cholesky, row by row; directions that depend on earlier ones are left out.
    """
    L, c, scale = np.zeros((KEPT, KEPT)), np.empty(KEPT), np.empty(KEPT)
    for lane in range(numbers.shape[1]):
        for k in range(KEPT):
            row = k * (k + 1) // 2
            square = numbers[row + k, lane]
            scale[k] = 1.0 / np.sqrt(square) if 0.0 < square < np.inf else 0.0
            pivot = 1.0
            for j in range(k):
                entry = numbers[row + j, lane] * scale[k] * scale[j]
                for i in range(j):
                    entry -= L[k, i] * L[j, i]
                L[k, j] = entry * L[j, j]
                pivot -= L[k, j] * L[k, j]
            # The inverse of the diagonal; zero leaves the direction out.
            L[k, k] = 1.0 / np.sqrt(pivot) if pivot > _LOSS else 0.0
            part = numbers[_RIGHT + k, lane] * scale[k]
            for j in range(k):
                part -= L[k, j] * c[j]
            c[k] = part * L[k, k]
        for k in range(KEPT - 1, -1, -1):
            for j in range(k + 1, KEPT):
                c[k] -= L[j, k] * c[j]
            c[k] *= L[k, k]
        for k in range(KEPT):
            numbers[k, lane] = c[k] * scale[k]


@compiled_sums
def remember(kept: Array, n_kept: int, x: Array) -> None:
    """Take a solution in, of n_kept that came before.

    Parameters
    ----------
    kept : ndarray, shape (n KEPT,) or (n KEPT, 4)
        Differences that would reach back before the first solution stay zero.
    n_kept : int
    x : ndarray, shape (n,) or (n, 4)
    """
    order = np.uint64(min(n_kept + 1, KEPT))
    for s in range(np.uint64(len(x))):
        difference = load(x, s)
        for k in range(s * np.uint64(KEPT), s * np.uint64(KEPT) + order):
            before = load(kept, k)
            store(kept, k, difference)
            difference = difference - before
