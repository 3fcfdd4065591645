"""The compiled solver for many states: BiCGSTAB with ILU(0) from the span of the last solutions.

Between two iterations of Algorithm 1 the policy moves little, and so do V and y: the last few
solutions nearly span the new one. The start is the combination of them with the least residual
(`krylov_start`); from there the stabilized biconjugate gradients (van der Vorst 1992) go on,
preconditioned from the right by an incomplete factorisation on the matrix' own pattern, so that
their residual is that of the system itself. For M = I - gamma P_pi it bounds the error,

    |V - V'|_inf <= |r - M V'|_inf / (1 - gamma),   |y - y'|_1 <= |mu - M^T y'|_1 / (1 - gamma),

since the rows of the inverse are positive and sum to 1 / (1 - gamma).

Four tasks of one pattern are solved side by side, one in each lane (see `lanes`); a task alone has
numbers in the place of vectors. Each lane goes its own way: when its residual is small enough its
step lengths become zero, so that what the others still do changes nothing in it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dcpg_theory.engine.compiled import compiled_sums
from dcpg_theory.engine.krylov_start import start
from dcpg_theory.engine.krylov_system import (
    Matrix,
    System,
    multiply,
    precondition,
    residual,
    sizes,
)
from dcpg_theory.engine.lanes import constant, load, store
from dcpg_theory.exact.numbers import Array

__all__ = ["Room", "make_room", "solve"]


class Room(NamedTuple):
    """What a solve works in: vectors with an entry for each state, and numbers for each lane."""

    r: Array
    shadow: Array
    p: Array
    v: Array
    t: Array
    p_hat: Array
    s_hat: Array
    numbers: Array  # (32,) or (32, 4)


def make_room(shape: tuple[int, ...]) -> Room:
    """Return room for vectors of a shape, (n,) or (n, 4)."""
    vectors = (np.zeros(shape) for _ in range(7))
    return Room(*vectors, np.zeros((32, *shape[1:])))  # type: ignore[call-arg]


@compiled_sums
def _dot(x: Array, y: Array, numbers: Array, at: int) -> None:
    """Write the scalar product of each lane."""
    # Four sums: one would wait for its own last addition.
    a = constant(x, 0.0)
    b, c, d = a, a, a
    n = len(x)
    for s in range(0, n - 3, 4):
        a = a + load(x, s) * load(y, s)
        b = b + load(x, s + 1) * load(y, s + 1)
        c = c + load(x, s + 2) * load(y, s + 2)
        d = d + load(x, s + 3) * load(y, s + 3)
    for s in range(n - n % 4, n):
        a = a + load(x, s) * load(y, s)
    store(numbers, at, (a + b) + (c + d))


_RHO, _ALPHA, _BETA, _OMEGA, _PRODUCT, _OTHER, _SIZE, _BEFORE = range(8)


@compiled_sums
def solve(
    system: System,
    matrix: Matrix,
    right: Array,
    kept: Array,
    tolerance: Array,
    awake: Array,
    most_steps: int,
    room: Room,
    x: Array,
    transposed: bool,
) -> tuple[Array, Array]:
    """Solve M x = right, or with M^T, to residuals below the tolerances.

    Parameters
    ----------
    system : System
    matrix : Matrix
        Of the system, M or M^T.
    right : ndarray, shape (n,) or (n, 4)
    kept : ndarray, shape (n KEPT,) or (n KEPT, 4)
        See `krylov_start`.
    tolerance : ndarray, shape (n_lanes,)
        For the norm of the residual: the maximum for M, the sum for M^T.
    awake : ndarray of bool, shape (n_lanes,)
        The lanes whose solution is wanted.
    most_steps : int
    room : Room
    x : ndarray, shape of `right`
        The solution.
    transposed : bool

    Returns
    -------
    reached : ndarray, shape (n_lanes,)
        The norm of the residual of x, as computed; infinite where there is none.
    steps : ndarray of int, shape (n_lanes,)
    """
    n_lanes, n = tolerance.size, np.uint64(len(x))
    r, shadow, p, v, t, p_hat, s_hat, numbers = room
    of = numbers.reshape((len(numbers), n_lanes))
    zero = constant(x, 0.0)
    start(matrix, right, kept, numbers, x)
    residual(matrix, right, x, r)
    sizes(r, numbers, _SIZE, transposed)
    reached, steps = np.empty(n_lanes), np.zeros(n_lanes, np.int64)
    going, running = np.empty(n_lanes, np.bool_), np.empty(n_lanes, np.bool_)
    for lane in range(n_lanes):
        reached[lane] = of[_SIZE, lane]
        going[lane] = awake[lane] and reached[lane] > tolerance[lane]
    while going.any():
        for s in range(n):
            store(shadow, s, load(r, s))
            store(p, s, zero)
            store(v, s, zero)
        for lane in range(n_lanes):
            of[_RHO, lane] = of[_ALPHA, lane] = of[_OMEGA, lane] = 1.0
            running[lane] = going[lane]
        while running.any():
            _dot(shadow, r, numbers, _PRODUCT)
            for lane in range(n_lanes):
                of[_BETA, lane] = 0.0
                if running[lane]:
                    steps[lane] += 1
                    ratio = of[_PRODUCT, lane] / of[_RHO, lane]
                    of[_BETA, lane] = ratio * (of[_ALPHA, lane] / of[_OMEGA, lane])
                    of[_RHO, lane] = of[_PRODUCT, lane]
            beta, omega = load(numbers, _BETA), load(numbers, _OMEGA)
            for s in range(n):
                store(p, s, load(r, s) + beta * (load(p, s) - omega * load(v, s)))
            precondition(system, p, p_hat, transposed)
            multiply(matrix, p_hat, v)
            _dot(shadow, v, numbers, _OTHER)
            for lane in range(n_lanes):
                of[_ALPHA, lane] = of[_RHO, lane] / of[_OTHER, lane] if running[lane] else 0.0
            alpha = load(numbers, _ALPHA)
            for s in range(n):
                store(r, s, load(r, s) - alpha * load(v, s))
            # Half a step may be enough.
            sizes(r, numbers, _SIZE, transposed)
            for lane in range(n_lanes):
                if running[lane] and of[_SIZE, lane] <= tolerance[lane]:
                    running[lane] = False
            if not running.any():
                for s in range(n):
                    store(x, s, load(x, s) + alpha * load(p_hat, s))
                break
            precondition(system, r, s_hat, transposed)
            multiply(matrix, s_hat, t)
            _dot(t, t, numbers, _OTHER)
            _dot(t, r, numbers, _PRODUCT)
            for lane in range(n_lanes):
                length, product = of[_OTHER, lane], of[_PRODUCT, lane]
                of[_OMEGA, lane] = product / length if running[lane] and length > 0.0 else 0.0
            omega = load(numbers, _OMEGA)
            for s in range(n):
                there = load(x, s) + alpha * load(p_hat, s)
                store(x, s, there + omega * load(s_hat, s))
                store(r, s, load(r, s) - omega * load(t, s))
            sizes(r, numbers, _SIZE, transposed)
            for lane in range(n_lanes):
                size = of[_SIZE, lane]
                broken = not size < np.inf or of[_OMEGA, lane] == 0.0 or of[_RHO, lane] == 0.0
                if size <= tolerance[lane] or broken or steps[lane] >= most_steps:
                    running[lane] = False
        residual(matrix, right, x, r)
        sizes(r, numbers, _SIZE, transposed)
        for lane in range(n_lanes):
            if going[lane]:
                before, reached[lane] = reached[lane], of[_SIZE, lane]
                if not reached[lane] < np.inf:
                    reached[lane], steps[lane] = np.inf, most_steps
                # A breakdown is passed by beginning again; no progress at all is the end.
                enough = reached[lane] <= tolerance[lane] or reached[lane] > 0.9 * before
                going[lane] = not (enough or steps[lane] >= most_steps)
    return reached, steps
