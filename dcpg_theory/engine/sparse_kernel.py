"""The compiled gradient of sparse tasks: four tasks of one pattern side by side in vector lanes.

The system of a task is M = I - gamma P_pi, with row sums e > 0 (1 - gamma, if the rows of P sum to
one exactly). It is eliminated row by row without exchanges, which an M-matrix does not need, and
without ever subtracting (Grassmann, Taksar and Heyman): with w, u >= 0 the negated entries off the
diagonal, row p takes

    m_pk = w_k / pivot_k,   w_j += m_pk u_kj,   e_p += m_pk e_k,   pivot_p = e_p + sum_{j > p} u_pj,

so that each entry of the visitation is right to rounding, even for a discount next to 1. One
factorisation serves both systems, and their forward halves run along with it: M V = r and
M^T y = mu, where y is the visitation over 1 - gamma. The value part of (8) is then
y_s pi(a | s) (Q(s, a) - V(s)).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dcpg_theory.engine.compiled import fused
from dcpg_theory.engine.lanes import load, spread, store
from dcpg_theory.exact.numbers import Array

__all__ = ["Pattern", "Tasks", "Work", "add_gradients"]

_1 = np.uint64(1)


class Pattern(NamedTuple):
    """Where the entries are; the same for all four tasks. States stand in order of elimination.

    The part of row p in `lower` is ``lower_ends[p] : lower_ends[p + 1]``, and so for the others.
    """

    rows: Array  # (n,): the row of each state in theta
    lower_ends: Array  # (n + 1,)
    lower: Array  # the columns of L, ascending in each row
    upper_ends: Array  # (n + 1,)
    upper: Array  # the columns of U
    move_ends: Array  # (n n_actions + 1,)
    moves: Array  # the next states of each state and action


class Tasks(NamedTuple):
    """The numbers of four tasks, and whose they are."""

    agents: Array  # (4,); the last again in lanes left over
    chance: Array  # (len(moves), 4): gamma times the probability
    reward: Array  # (n n_actions, 4)
    excess: Array  # (n n_actions, 4): 1 - gamma times the sum of the probabilities
    start: Array  # (n, 4)


class Work(NamedTuple):
    """Room for four tasks; `row` is zero between uses."""

    policy: Array  # (n n_actions, 4)
    row: Array  # (n, 4), and the next five
    inverse_pivot: Array
    excess: Array
    value: Array
    visits: Array
    rest: Array
    lower: Array  # (len(lower), 4)
    upper: Array


@fused
def _factorize(n: Any, n_actions: Any, pattern: Pattern, tasks: Tasks, work: Work) -> None:
    """Factorise M, and solve the forward halves of both systems."""
    lower_ends, lower, upper_ends, upper = (
        pattern.lower_ends,
        pattern.lower,
        pattern.upper_ends,
        pattern.upper,
    )
    move_ends, moves, chance = pattern.move_ends, pattern.moves, tasks.chance
    w, inverse_pivot, e, V, y = work.row, work.inverse_pivot, work.excess, work.value, work.visits
    L, U, pi, mu = work.lower, work.upper, work.policy, work.rest
    reward, excess = tasks.reward, tasks.excess
    zero, one = spread(0.0), spread(1.0)
    for p in range(n):
        store(mu, p, load(tasks.start, p))
    for p in range(n):
        e_p, r_p = zero, zero
        for sa in range(p * n_actions, p * n_actions + n_actions):
            c = load(pi, sa)
            e_p = e_p + c * load(excess, sa)
            r_p = r_p + c * load(reward, sa)
            for t in range(move_ends[sa], move_ends[sa + _1]):
                j = moves[t]
                store(w, j, load(w, j) + c * load(chance, t))
        for t in range(lower_ends[p], lower_ends[p + _1]):
            k = lower[t]
            m = load(w, k) * load(inverse_pivot, k)
            store(w, k, zero)
            store(L, t, m)
            e_p = e_p + m * load(e, k)
            r_p = r_p + m * load(V, k)
            for u in range(upper_ends[k], upper_ends[k + _1]):
                j = upper[u]
                store(w, j, load(w, j) + m * load(U, u))
        store(w, p, zero)
        pivot = e_p
        for u in range(upper_ends[p], upper_ends[p + _1]):
            w_j = load(w, upper[u])
            store(w, upper[u], zero)
            store(U, u, w_j)
            pivot = pivot + w_j
        inverse = one / pivot
        store(inverse_pivot, p, inverse)
        store(e, p, e_p)
        store(V, p, r_p)
        y_p = load(mu, p) * inverse
        store(y, p, y_p)
        for u in range(upper_ends[p], upper_ends[p + _1]):
            j = upper[u]
            store(mu, j, load(mu, j) + y_p * load(U, u))


@fused
def _substitute(n: Any, pattern: Pattern, work: Work) -> None:
    """Solve the backward halves: V in `work.value`, y in `work.visits`."""
    lower_ends, lower, upper_ends, upper = (
        pattern.lower_ends,
        pattern.lower,
        pattern.upper_ends,
        pattern.upper,
    )
    L, U, V, y, inverse_pivot = work.lower, work.upper, work.value, work.visits, work.inverse_pivot
    for step in range(n):
        p = n - _1 - step
        V_p, y_p = load(V, p), load(y, p)
        for u in range(upper_ends[p], upper_ends[p + _1]):
            V_p = V_p + load(U, u) * load(V, upper[u])
        store(V, p, V_p * load(inverse_pivot, p))
        for t in range(lower_ends[p], lower_ends[p + _1]):
            k = lower[t]
            store(y, k, load(y, k) + load(L, t) * y_p)


@fused
def _advantages(n: Any, n_actions: Any, pattern: Pattern, tasks: Tasks, work: Work) -> None:
    """Replace the policy by y pi (Q - V)."""
    move_ends, moves, chance, reward = (
        pattern.move_ends,
        pattern.moves,
        tasks.chance,
        tasks.reward,
    )
    V, y, pi = work.value, work.visits, work.policy
    for p in range(n):
        V_p, y_p = load(V, p), load(y, p)
        for sa in range(p * n_actions, p * n_actions + n_actions):
            advantage = load(reward, sa) - V_p
            for t in range(move_ends[sa], move_ends[sa + _1]):
                advantage = advantage + load(chance, t) * load(V, moves[t])
            store(pi, sa, y_p * load(pi, sa) * advantage)


@fused
def add_gradients(
    pattern: Pattern, tasks: Tasks, work: Work, policies: Array, gradients: Array
) -> None:
    """Add the value part of (8) of four tasks to the rows of their agents.

    Parameters
    ----------
    pattern : Pattern
    tasks : Tasks
    work : Work
        Afterwards it holds V and y, in the order of elimination.
    policies : ndarray, shape (n_agents, n_states, n_actions)
    gradients : ndarray, the same shape
        Holds the regularizer's part.
    """
    n, n_actions = np.uint64(pattern.rows.size), np.uint64(policies.shape[2])
    rows, agents, pi = pattern.rows, tasks.agents, work.policy
    for lane in range(np.uint64(agents.size)):
        policy = policies[agents[lane]]
        for p in range(n):
            for a in range(n_actions):
                pi[p * n_actions + a, lane] = policy[rows[p], a]
    _factorize(n, n_actions, pattern, tasks, work)
    _substitute(n, pattern, work)
    _advantages(n, n_actions, pattern, tasks, work)
    for lane in range(np.uint64(agents.size)):
        if lane and agents[lane] == agents[lane - _1]:
            break
        own = gradients[agents[lane]]
        for p in range(n):
            for a in range(n_actions):
                own[rows[p], a] += pi[p * n_actions + a, lane]
