"""The compiled solver for many states: BiCGSTAB with ILU(0) from the span of the last solutions.

Between two iterations of Algorithm 1 the policy moves little, and so do V and y: what the last few
solutions span nearly holds the new one. The start is the combination of them with the least
residual; from there the stabilized biconjugate gradients (van der Vorst 1992) go on, preconditioned
from the right by an incomplete factorisation on the matrix' own pattern, so that their residual is
that of the system itself. For M = I - gamma P_pi it bounds the error,

    |V - V'|_inf <= |r - M V'|_inf / (1 - gamma),   |y - y'|_1 <= |mu - M^T y'|_1 / (1 - gamma),

since the rows of the inverse are positive and sum to 1 / (1 - gamma).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dcpg_theory.engine.compiled import compiled_sums, copy
from dcpg_theory.exact.numbers import Array

__all__ = [
    "System",
    "advantages",
    "assemble",
    "incomplete_factors",
    "remember",
    "residual",
    "solve",
]

_1 = np.uint64(1)

KEPT = 5
"""How many solutions are remembered."""

_LOSS = 1e-13  # of a direction's length in orthogonalization: what is left is rounding


class System(NamedTuple):
    """M in CSR form with its diagonal, and its incomplete factors on the same pattern."""

    # Unsigned indices: of signed ones every use is tested for counting from the end.
    ends: Array  # (n + 1,) uint32
    columns: Array  # uint32
    diagonal: Array  # (n,) uint32: where each row has it
    entries: Array
    factors: Array  # L without its unit diagonal, U with its diagonal inverted


@compiled_sums
def assemble(
    discount: float,
    move_ends: Array,
    moves: Array,
    chances: Array,
    reward: Array,
    policy: Array,
    system: System,
    row: Array,
    right: Array,
) -> None:
    """Write M = I - gamma P_pi into the system, and r_pi.

    Parameters
    ----------
    discount : float
    move_ends, moves, chances : ndarray
        The transitions in CSR form, a row for each state and action.
    reward, policy : ndarray, shape (n, n_actions)
    system : System
    row : ndarray, shape (n,)
        Room, zero before and after.
    right : ndarray, shape (n,)
    """
    n, n_actions = policy.shape
    for s in range(n):
        total = 0.0
        for a in range(n_actions):
            c = policy[s, a]
            total += c * reward[s, a]
            c *= discount
            for t in range(move_ends[s * n_actions + a], move_ends[s * n_actions + a + 1]):
                row[moves[t]] += c * chances[t]
        right[s] = total
        for t in range(system.ends[s], system.ends[s + 1]):
            system.entries[t] = -row[system.columns[t]]
            row[system.columns[t]] = 0.0
        system.entries[system.diagonal[s]] += 1.0


@compiled_sums
def incomplete_factors(system: System, place: Array) -> None:
    """Factorise on the matrix' own pattern; for an M-matrix this exists.

    Parameters
    ----------
    system : System
    place : ndarray of int, shape (n,)
        Room, -1 before and after.
    """
    ends, columns, diagonal, f = system.ends, system.columns, system.diagonal, system.factors
    copy(system.entries, f)
    for i in range(ends.size - 1):
        for t in range(ends[i], ends[i + 1]):
            place[columns[t]] = t
        for t in range(ends[i], diagonal[i]):
            k = columns[t]
            f[t] *= f[diagonal[k]]
            for u in range(diagonal[k] + _1, ends[k + _1]):
                at = place[columns[u]]
                if at >= 0:
                    f[at] -= f[t] * f[u]
        for t in range(ends[i], ends[i + 1]):
            place[columns[t]] = -1
        f[diagonal[i]] = 1.0 / f[diagonal[i]]


@compiled_sums
def _apply(system: System, x: Array, out: Array, transposed: bool) -> None:
    ends, columns, entries = system.ends, system.columns, system.entries
    if transposed:
        out[:] = 0.0
        for s in range(x.size):
            for t in range(ends[s], ends[s + 1]):
                out[columns[t]] += entries[t] * x[s]
        return
    for s in range(x.size):
        total = 0.0
        for t in range(ends[s], ends[s + 1]):
            total += entries[t] * x[columns[t]]
        out[s] = total


@compiled_sums
def _precondition(system: System, x: Array, out: Array, transposed: bool) -> None:
    ends, columns, diagonal, f = system.ends, system.columns, system.diagonal, system.factors
    n = x.size
    copy(x, out)
    if transposed:
        for s in range(n):
            out[s] *= f[diagonal[s]]
            for t in range(diagonal[s] + _1, ends[s + 1]):
                out[columns[t]] -= f[t] * out[s]
        for s in range(n - 1, -1, -1):
            for t in range(ends[s], diagonal[s]):
                out[columns[t]] -= f[t] * out[s]
        return
    for s in range(n):
        total = out[s]
        for t in range(ends[s], diagonal[s]):
            total -= f[t] * out[columns[t]]
        out[s] = total
    for s in range(n - 1, -1, -1):
        total = out[s]
        for t in range(diagonal[s] + _1, ends[s + 1]):
            total -= f[t] * out[columns[t]]
        out[s] = total * f[diagonal[s]]


@compiled_sums
def _dot(x: Array, y: Array) -> float:
    total = 0.0
    for s in range(x.size):
        total += x[s] * y[s]
    return total


@compiled_sums
def _size(x: Array, transposed: bool) -> float:
    """Return the norm that bounds the error: the sum of moduli for M^T, the largest for M."""
    total, largest = 0.0, 0.0
    for s in range(x.size):
        total += abs(x[s])
        largest = max(largest, abs(x[s]))
    return total if transposed else largest


@compiled_sums
def residual(system: System, right: Array, x: Array, r: Array, transposed: bool) -> float:
    """Write right - M x, or with M^T, and return its norm."""
    _apply(system, x, r, transposed)
    for s in range(x.size):
        r[s] = right[s] - r[s]
    return _size(r, transposed)


@compiled_sums
def _begin(
    system: System,
    right: Array,
    kept: Array,
    images: Array,
    directions: Array,
    x: Array,
    transposed: bool,
) -> None:
    """Write the combination of the kept solutions with the least residual.

    Their images under M are orthogonalized one after the other, and the solutions along with them.
    """
    x[:] = 0.0
    n = x.size
    r = images[KEPT]
    copy(right, r)
    for k in range(len(kept)):
        w, d = images[k], directions[k]
        copy(kept[k], d)
        _apply(system, d, w, transposed)
        length = _dot(w, w)
        for j in range(k):
            part = _dot(images[j], w)
            for s in range(n):
                w[s] -= part * images[j][s]
                d[s] -= part * directions[j][s]
        left = _dot(w, w)
        if not left > _LOSS**2 * length:
            w[:] = 0.0
            d[:] = 0.0
            continue
        scale = 1.0 / np.sqrt(left)
        for s in range(n):
            w[s] *= scale
            d[s] *= scale
        part = _dot(w, r)
        for s in range(n):
            r[s] -= part * w[s]
            x[s] += part * d[s]


@compiled_sums
def solve(
    system: System,
    right: Array,
    kept: Array,
    tolerance: float,
    most_steps: int,
    room: Array,
    x: Array,
    transposed: bool,
) -> tuple[float, int]:
    """Solve M x = right, or with M^T, to a residual below the tolerance.

    Parameters
    ----------
    system : System
    right : ndarray, shape (n,)
    kept : ndarray, shape (at most KEPT, n)
        Earlier solutions, the latest first.
    tolerance : float
        For the norm of the residual: the maximum for M, the sum for M^T.
    most_steps : int
    room : ndarray, shape (2 KEPT + 9, n)
    x : ndarray, shape (n,)
        The solution.
    transposed : bool

    Returns
    -------
    reached : float
        The norm of the residual of x, as computed.
    steps : int
    """
    n = x.size
    r, shadow, p, v, t, p_hat, s_hat = room[0], room[1], room[2], room[3], room[4], room[5], room[6]
    _begin(system, right, kept, room[7 : 8 + KEPT], room[8 + KEPT :], x, transposed)
    reached = residual(system, right, x, r, transposed)
    steps = 0
    while reached > tolerance and steps < most_steps:
        copy(r, shadow)
        p[:] = 0.0
        v[:] = 0.0
        rho, alpha, omega = 1.0, 1.0, 1.0
        estimate = reached
        while estimate > tolerance and steps < most_steps:
            steps += 1
            product = _dot(shadow, r)
            beta = product / rho * (alpha / omega)
            rho = product
            for s in range(n):
                p[s] = r[s] + beta * (p[s] - omega * v[s])
            _precondition(system, p, p_hat, transposed)
            _apply(system, p_hat, v, transposed)
            alpha = rho / _dot(shadow, v)
            for s in range(n):
                r[s] -= alpha * v[s]
            _precondition(system, r, s_hat, transposed)
            _apply(system, s_hat, t, transposed)
            length = _dot(t, t)
            omega = _dot(t, r) / length if length > 0.0 else 0.0
            for s in range(n):
                x[s] += alpha * p_hat[s] + omega * s_hat[s]
                r[s] -= omega * t[s]
            estimate = _size(r, transposed)
            if not estimate < np.inf or omega == 0.0 or rho == 0.0:
                break
        before, reached = reached, residual(system, right, x, r, transposed)
        if not reached < np.inf:
            x[:] = 0.0
            return np.inf, most_steps
        # A breakdown is passed by beginning again; no progress at all is the end.
        if reached > 0.9 * before:
            break
    return reached, steps


@compiled_sums
def advantages(
    discount: float,
    move_ends: Array,
    moves: Array,
    chances: Array,
    reward: Array,
    policy: Array,
    V: Array,
    out: Array,
) -> float:
    """Write pi (Q - V), and return the largest Euclidean norm of a row."""
    n, n_actions = policy.shape
    largest = 0.0
    for s in range(n):
        squares = 0.0
        for a in range(n_actions):
            q = 0.0
            for t in range(move_ends[s * n_actions + a], move_ends[s * n_actions + a + 1]):
                q += chances[t] * V[moves[t]]
            entry = policy[s, a] * (reward[s, a] + discount * q - V[s])
            out[s, a] = entry
            squares += entry * entry
        largest = max(largest, squares)
    return float(np.sqrt(largest))


@compiled_sums
def remember(kept: Array, n_kept: int, x: Array) -> None:
    """Put a solution before the kept ones, at the cost of the oldest if there are KEPT."""
    for k in range(min(n_kept, KEPT - 1), 0, -1):
        copy(kept[k - 1], kept[k])
    copy(x, kept[0])
