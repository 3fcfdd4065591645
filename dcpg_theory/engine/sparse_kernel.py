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

Values are of the size of 1/(1 - gamma), their differences need not be, and advantages live on
these. So the forward half for V only serves to find c, the value of the state that is eliminated
last. Then U = V - c is solved for, M U = r - c e, and

    Q(s, a) - V(s) = R(s, a) - c e(s, a) + gamma sum_s' P(s' | s, a) U(s') - U(s),

where nothing of the size of c is added any more. What is left of the errors of V is common to all
states from which a chain goes to the same ones, and does not matter.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dcpg_theory.engine.compiled import fused
from dcpg_theory.engine.lanes import load, spread, store
from dcpg_theory.exact.numbers import Array

__all__ = ["Groups", "Work", "add_gradients"]

_1 = np.uint64(1)


class Groups(NamedTuple):
    """All groups of four tasks in flat arrays; groups of one pattern share it.

    States stand in order of elimination. Row g of `where` holds the number of states of group g,
    and where it begins in `rows`, in both `lower_ends` and `upper_ends`, in `move_ends` and in
    `moves`; then, of its own numbers, in `start`, in `reward` and `excess`, and in `chance`. What
    the ends hold are places in the flat arrays.
    """

    where: Array  # (n_groups, 8)
    agents: Array  # (n_groups, 4): whose lanes; the last again in those left over
    rows: Array  # the row of each state in theta
    lower_ends: Array  # one more than states, as the others
    lower: Array  # the columns of L, ascending in each row
    upper_ends: Array
    upper: Array  # the columns of U
    move_ends: Array  # by state and action
    moves: Array  # the next states
    start: Array  # (states, 4)
    reward: Array  # (states n_actions, 4)
    excess: Array  # (states n_actions, 4): 1 - gamma times the sum of the probabilities
    chance: Array  # (transitions, 4): gamma times the probability


class Work(NamedTuple):
    """Room for the largest group; `row` is zero between uses."""

    policy: Array  # (n n_actions, 4)
    row: Array  # (n, 4), and the next seven
    own_reward: Array  # r
    own_excess: Array  # e
    inverse_pivot: Array
    excess: Array  # e after elimination
    value: Array
    visits: Array
    rest: Array
    lower: Array  # (len(lower), 4): of all groups, in the places of their columns
    upper: Array


@fused
def _factorize(groups: Groups, at: Array, n_actions: Any, work: Work) -> None:
    """Factorise M, and solve the forward halves of both systems."""
    lower_ends, lower, upper_ends, upper = (
        groups.lower_ends,
        groups.lower,
        groups.upper_ends,
        groups.upper,
    )
    move_ends, moves, chance = groups.move_ends, groups.moves, groups.chance
    reward, excess = groups.reward, groups.excess
    w, inverse_pivot, e, V, y = work.row, work.inverse_pivot, work.excess, work.value, work.visits
    L, U, pi, mu = work.lower, work.upper, work.policy, work.rest
    n, ends, pairs, own, to_chance = at[0], at[2], at[3], at[6], at[7] - at[4]
    zero, one = spread(0.0), spread(1.0)
    for p in range(n):
        store(mu, p, load(groups.start, at[5] + p))
    for p in range(n):
        e_p, r_p = zero, zero
        for sa in range(p * n_actions, p * n_actions + n_actions):
            c = load(pi, sa)
            e_p = e_p + c * load(excess, own + sa)
            r_p = r_p + c * load(reward, own + sa)
            for t in range(move_ends[pairs + sa], move_ends[pairs + sa + _1]):
                j = moves[t]
                store(w, j, load(w, j) + c * load(chance, to_chance + t))
        store(work.own_reward, p, r_p)
        store(work.own_excess, p, e_p)
        for t in range(lower_ends[ends + p], lower_ends[ends + p + _1]):
            k = lower[t]
            m = load(w, k) * load(inverse_pivot, k)
            store(w, k, zero)
            store(L, t, m)
            e_p = e_p + m * load(e, k)
            r_p = r_p + m * load(V, k)
            for u in range(upper_ends[ends + k], upper_ends[ends + k + _1]):
                j = upper[u]
                store(w, j, load(w, j) + m * load(U, u))
        store(w, p, zero)
        pivot = e_p
        for u in range(upper_ends[ends + p], upper_ends[ends + p + _1]):
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
        for u in range(upper_ends[ends + p], upper_ends[ends + p + _1]):
            j = upper[u]
            store(mu, j, load(mu, j) + y_p * load(U, u))


@fused
def _substitute(groups: Groups, at: Array, work: Work) -> Any:
    """Solve for U, in `work.value`, and the backward half of y, in `work.visits`; return c."""
    lower_ends, lower, upper_ends, upper = (
        groups.lower_ends,
        groups.lower,
        groups.upper_ends,
        groups.upper,
    )
    L, U, V, y, inverse_pivot = work.lower, work.upper, work.value, work.visits, work.inverse_pivot
    n, ends = at[0], at[2]
    c = load(V, n - _1) * load(inverse_pivot, n - _1)
    for p in range(n):
        V_p = load(work.own_reward, p) - c * load(work.own_excess, p)
        for t in range(lower_ends[ends + p], lower_ends[ends + p + _1]):
            V_p = V_p + load(L, t) * load(V, lower[t])
        store(V, p, V_p)
    for step in range(n):
        p = n - _1 - step
        V_p, y_p = load(V, p), load(y, p)
        for u in range(upper_ends[ends + p], upper_ends[ends + p + _1]):
            V_p = V_p + load(U, u) * load(V, upper[u])
        store(V, p, V_p * load(inverse_pivot, p))
        for t in range(lower_ends[ends + p], lower_ends[ends + p + _1]):
            k = lower[t]
            store(y, k, load(y, k) + load(L, t) * y_p)
    return c


@fused
def _advantages(groups: Groups, at: Array, n_actions: Any, work: Work, c: Any) -> None:
    """Replace the policy by y pi (Q - V)."""
    move_ends, moves, chance = groups.move_ends, groups.moves, groups.chance
    V, y, pi = work.value, work.visits, work.policy
    n, pairs, own, to_chance = at[0], at[3], at[6], at[7] - at[4]
    for p in range(n):
        V_p, y_p = load(V, p), load(y, p)
        for sa in range(p * n_actions, p * n_actions + n_actions):
            advantage = load(groups.reward, own + sa) - c * load(groups.excess, own + sa) - V_p
            for t in range(move_ends[pairs + sa], move_ends[pairs + sa + _1]):
                advantage = advantage + load(chance, to_chance + t) * load(V, moves[t])
            store(pi, sa, y_p * load(pi, sa) * advantage)


@fused
def add_gradients(
    groups: Groups, group: Any, n_actions: Any, work: Work, policies: Array, gradients: Array
) -> None:
    """Add the value part of (8) of one group's tasks to the rows of their agents.

    Parameters
    ----------
    groups : Groups
    group : uint64
    n_actions : uint64
    work : Work
        Afterwards it holds U and y, in the order of elimination.
    policies : ndarray, shape (n_agents, n_states * n_actions)
    gradients : ndarray, the same shape
        Holds the regularizer's part.
    """
    at, rows, agents, pi = groups.where[group], groups.rows, groups.agents, work.policy
    n, first, n_lanes = at[0], at[1], np.uint64(agents.shape[1])
    for lane in range(n_lanes):
        i = agents[group, lane]
        for p in range(n):
            here, there = p * n_actions, rows[first + p] * n_actions
            for a in range(n_actions):
                pi[here + a, lane] = policies[i, there + a]
    _factorize(groups, at, n_actions, work)
    c = _substitute(groups, at, work)
    _advantages(groups, at, n_actions, work, c)
    for lane in range(n_lanes):
        i = agents[group, lane]
        if lane and i == agents[group, lane - _1]:
            break
        for p in range(n):
            here, there = p * n_actions, rows[first + p] * n_actions
            for a in range(n_actions):
                gradients[i, there + a] += pi[here + a, lane]
