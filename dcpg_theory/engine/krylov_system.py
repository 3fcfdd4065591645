"""The systems of the Krylov path: M = I - gamma P_pi, its transpose, and incomplete factors.

Every array of numbers has shape (m,) for one task, or (m, 4) for four tasks of one pattern, one in
each lane (see `lanes`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dcpg_theory.engine.compiled import compiled, compiled_sums
from dcpg_theory.engine.lanes import constant, larger, load, modulus, store, take
from dcpg_theory.exact.numbers import Array

__all__ = [
    "Matrix",
    "Moves",
    "System",
    "advantages",
    "assemble",
    "empty_system",
    "incomplete_factors",
    "multiply",
    "pack",
    "precondition",
    "residual",
    "sizes",
    "unpack",
]

_1 = np.uint64(1)


class Moves(NamedTuple):
    """The transitions in CSR form, a row for each state and action, and the rewards."""

    ends: Array  # (n n_actions + 1,)
    states: Array  # the next states
    chance: Array  # gamma times the probability; of shape (m,) if it is the same in all lanes
    reward: Array  # (n n_actions,)


class Matrix(NamedTuple):
    """A square matrix in CSR form."""

    # Unsigned indices: of signed ones every use is tested for counting from the end.
    ends: Array  # (n + 1,) uint32
    columns: Array  # uint32
    entries: Array


class System(NamedTuple):
    """M and its transpose, and the incomplete factors of M on its pattern."""

    plain: Matrix
    transpose: Matrix
    places: Array  # uint32: where each entry of the transpose stands in M
    diagonal: Array  # (n,) uint32: where each row of M has it
    factors: Array  # L without its unit diagonal, U with its diagonal inverted


def empty_system(pattern: Any, width: tuple[int, ...]) -> System:
    """Return room for I - gamma P_pi.

    Parameters
    ----------
    pattern : scipy.sparse array, shape (n, n)
        Of P_pi.
    width : tuple of int
        (4,) for lanes, () for one task.
    """
    from scipy.sparse import csr_array, eye_array

    pattern = csr_array(pattern + eye_array(pattern.shape[0]))
    pattern.sort_indices()
    n_entries, (n, _) = pattern.nnz, pattern.shape
    rows = np.repeat(np.arange(n), np.diff(pattern.indptr))
    diagonal = np.flatnonzero(pattern.indices == rows)
    places = csr_array((np.arange(n_entries), pattern.indices, pattern.indptr), shape=(n, n)).T
    places = csr_array(places)

    def matrix(ends: Array, columns: Array) -> Matrix:
        unsigned = (ends.astype(np.uint32), columns.astype(np.uint32))
        return Matrix(*unsigned, np.empty((n_entries, *width)))

    return System(
        matrix(pattern.indptr, pattern.indices),
        matrix(places.indptr, places.indices),
        places.data.astype(np.uint32),
        diagonal.astype(np.uint32),
        np.empty((n_entries, *width)),
    )


@compiled
def pack(policies: Array, agents: Array, rows: Array, out: Array) -> None:
    """Put the agents' policies side by side.

    Parameters
    ----------
    policies : ndarray, shape (n_agents, n_states, n_actions)
    agents : ndarray of uint64, shape (n_lanes,)
    rows : ndarray of uint64, shape (n,)
        The row of each of the tasks' states.
    out : ndarray, shape (n, n_actions, n_lanes)
    """
    for s in range(np.uint64(rows.size)):
        for a in range(np.uint64(out.shape[1])):
            for lane in range(np.uint64(agents.size)):
                out[s, a, lane] = policies[agents[lane], rows[s], a]


@compiled
def unpack(parts: Array, y: Array, agents: Array, rows: Array, out: Array) -> None:
    """Add y pi (Q - V) of the first lanes to the agents' gradients.

    Parameters
    ----------
    parts : ndarray, shape (n, n_actions, at least n_lanes)
        pi (Q - V).
    y : ndarray, shape (n, at least n_lanes)
    agents : ndarray of uint64, shape (n_lanes,)
    rows : ndarray of uint64, shape (n,)
    out : ndarray, shape (n_agents, n_states, n_actions)
    """
    for s in range(np.uint64(rows.size)):
        for lane in range(np.uint64(agents.size)):
            visits = y[s, lane]
            for a in range(np.uint64(out.shape[2])):
                out[agents[lane], rows[s], a] += visits * parts[s, a, lane]


@compiled_sums
def assemble(moves: Moves, policy: Array, system: System, row: Array, right: Array) -> None:
    """Write M and its transpose into the system, and r_pi.

    Parameters
    ----------
    moves : Moves
    policy : ndarray, entries for n n_actions
    system : System
    row : ndarray, entries for n
        Room, zero before and after.
    right : ndarray, entries for n
    """
    (ends, columns, entries), mirrored = system.plain, system.transpose.entries
    n = np.uint64(len(right))
    n_actions = np.uint64(len(policy)) // n
    zero, one = constant(right, 0.0), constant(right, 1.0)
    for s in range(n):
        total = zero
        for sa in range(s * n_actions, s * n_actions + n_actions):
            c = load(policy, sa)
            total = total + c * load(moves.reward, sa)
            for t in range(moves.ends[sa], moves.ends[sa + _1]):
                j = moves.states[t]
                store(row, j, load(row, j) + c * take(moves.chance, t, right))
        store(right, s, total)
        for t in range(ends[s], ends[s + _1]):
            j = columns[t]
            store(entries, t, zero - load(row, j))
            store(row, j, zero)
        store(entries, system.diagonal[s], load(entries, system.diagonal[s]) + one)
    for t in range(np.uint64(system.places.size)):
        store(mirrored, t, load(entries, system.places[t]))


@compiled_sums
def incomplete_factors(system: System, place: Array) -> None:
    """Factorise on the matrix' own pattern; for an M-matrix this exists.

    Parameters
    ----------
    system : System
    place : ndarray of int, shape (n,)
        Room, -1 before and after.
    """
    (ends, columns, entries), diagonal, f = system.plain, system.diagonal, system.factors
    one = constant(f, 1.0)
    for t in range(np.uint64(columns.size)):
        store(f, t, load(entries, t))
    for i in range(np.uint64(diagonal.size)):
        for t in range(ends[i], ends[i + _1]):
            place[columns[t]] = t
        for t in range(ends[i], diagonal[i]):
            k = np.uint64(columns[t])
            m = load(f, t) * load(f, diagonal[k])
            store(f, t, m)
            for u in range(diagonal[k] + _1, ends[k + _1]):
                at = place[columns[u]]
                if at >= 0:
                    store(f, at, load(f, at) - m * load(f, u))
        for t in range(ends[i], ends[i + _1]):
            place[columns[t]] = -1
        store(f, diagonal[i], one / load(f, diagonal[i]))


@compiled_sums
def multiply(matrix: Matrix, x: Array, out: Array) -> None:
    """Write the product of a matrix and a vector."""
    ends, columns, entries = matrix
    zero = constant(x, 0.0)
    for s in range(np.uint64(len(x))):
        total = zero
        for t in range(ends[s], ends[s + _1]):
            total = total + load(entries, t) * load(x, columns[t])
        store(out, s, total)


@compiled_sums
def residual(matrix: Matrix, right: Array, x: Array, out: Array) -> None:
    """Write right - M x."""
    ends, columns, entries = matrix
    zero = constant(x, 0.0)
    for s in range(np.uint64(len(x))):
        total = zero
        for t in range(ends[s], ends[s + _1]):
            total = total + load(entries, t) * load(x, columns[t])
        store(out, s, load(right, s) - total)


@compiled_sums
def precondition(system: System, x: Array, out: Array, transposed: bool) -> None:
    """Solve with the incomplete factors, or with their transposes."""
    (ends, columns, _), diagonal, f = system.plain, system.diagonal, system.factors
    n = np.uint64(len(x))
    if transposed:
        for s in range(n):
            store(out, s, load(x, s))
        for s in range(n):
            there = load(out, s) * load(f, diagonal[s])
            store(out, s, there)
            for t in range(diagonal[s] + _1, ends[s + _1]):
                j = columns[t]
                store(out, j, load(out, j) - load(f, t) * there)
        for step in range(n):
            p = n - _1 - step
            there = load(out, p)
            for t in range(ends[p], diagonal[p]):
                j = columns[t]
                store(out, j, load(out, j) - load(f, t) * there)
        return
    for s in range(n):
        total = load(x, s)
        for t in range(ends[s], diagonal[s]):
            total = total - load(f, t) * load(out, columns[t])
        store(out, s, total)
    for step in range(n):
        p = n - _1 - step
        total = load(out, p)
        for t in range(diagonal[p] + _1, ends[p + _1]):
            total = total - load(f, t) * load(out, columns[t])
        store(out, p, total * load(f, diagonal[p]))


@compiled_sums
def sizes(x: Array, numbers: Array, at: int, transposed: bool) -> None:
    """Write the norm that bounds each lane's error: the sum of moduli for M^T, the largest for M.

    Parameters
    ----------
    x : ndarray, entries for n
    numbers : ndarray, shape (m,) or (m, 4)
    at : int
        The entry of `numbers` to write.
    transposed : bool
    """
    zero = constant(x, 0.0)
    total, largest = zero, zero
    for s in range(np.uint64(len(x))):
        here = modulus(load(x, s))
        total = total + here
        largest = larger(largest, here)
    # What is not a number gets lost among the largest, but not in the sum.
    store(numbers, at, total if transposed else largest + zero * total)


@compiled_sums
def advantages(moves: Moves, policy: Array, V: Array, out: Array, numbers: Array) -> None:
    """Write pi (Q - V), and the largest square of the Euclidean norm of a row.

    Parameters
    ----------
    moves : Moves
    policy : ndarray, entries for n n_actions
    V : ndarray, entries for n
    out : ndarray, entries for n n_actions
    numbers : ndarray, shape (m,) or (m, 4)
        The first entry is written.
    """
    n = np.uint64(len(V))
    n_actions = np.uint64(len(policy)) // n
    zero = constant(V, 0.0)
    largest = zero
    for s in range(n):
        squares, V_s = zero, load(V, s)
        for sa in range(s * n_actions, s * n_actions + n_actions):
            q = load(moves.reward, sa) - V_s
            for t in range(moves.ends[sa], moves.ends[sa + _1]):
                q = q + take(moves.chance, t, V) * load(V, moves.states[t])
            q = load(policy, sa) * q
            store(out, sa, q)
            squares = squares + q * q
        largest = larger(largest, squares)
    store(numbers, 0, largest)
