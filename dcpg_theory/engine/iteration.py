"""The compiled loop: policies, gradients, mixing and step, as many times as asked for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dcpg_theory.engine.compiled import compiled, fused
from dcpg_theory.engine.softmax_kernel import softmax
from dcpg_theory.engine.sparse_kernel import Pattern, Tasks, Work, add_gradients
from dcpg_theory.exact.numbers import Array

__all__ = ["Groups", "iterate", "lane_gradients", "mix", "regularizer_gradients"]

_1 = np.uint64(1)


class Groups(NamedTuple):
    """All groups of four tasks in flat arrays, the fields of `Pattern` and `Tasks` end to end.

    Groups of equal patterns share them. Row g of `where` holds the number of states of group g, and
    where it begins in: `rows`, both `ends`, `lower`, `upper`, `move_ends`, `moves`; then, of its
    own numbers, `start` (times n_actions: `reward` and `excess`) and `chance`.
    """

    where: Array  # (n_groups, 9)
    rows: Array
    lower_ends: Array
    lower: Array
    upper_ends: Array
    upper: Array
    move_ends: Array
    moves: Array
    agents: Array  # (n_groups, 4)
    chance: Array
    reward: Array
    excess: Array
    start: Array


@fused
def regularizer_gradients(policies: Array, regularization: float, out: Array) -> None:
    """Write -lambda (pi - 1/|A|)/|S|, the second line of (8), for all agents and states."""
    n_agents, n_states, n_actions = policies.shape
    if regularization == 0:
        out[:] = 0.0
        return
    weight, share = regularization / n_states, 1.0 / n_actions
    for i in range(n_agents):
        for s in range(n_states):
            for a in range(n_actions):
                out[i, s, a] = weight * (share - policies[i, s, a])


@compiled
def mix(
    ends: Array,
    neighbours: Array,
    weights: Array,
    theta: Array,
    step_size: float,
    gradients: Array,
    out: Array,
) -> bool:
    """Write the next parameters; return whether all are finite.

    Each number is the sum of W_ij theta_j over j ascending, then plus alpha g_i, and each operation
    rounds: `reference.mixed_step`, whatever the processor.

    Parameters
    ----------
    ends, neighbours, weights : ndarray
        W in CSR form, without zeros.
    theta, gradients, out : ndarray, shape (n_agents, n_states * n_actions)
    step_size : float
    """
    n_agents, size = theta.shape
    bad = False
    for i in range(n_agents):
        row, own = out[i], gradients[i]
        row[:] = 0.0
        for t in range(ends[i], ends[i + 1]):
            weight, parameters = weights[t], theta[neighbours[t]]
            for x in range(size):
                row[x] += weight * parameters[x]
        for x in range(size):
            row[x] += step_size * own[x]
            bad |= not abs(row[x]) <= np.finfo(np.float64).max
    return not bad


@compiled
def lane_gradients(
    groups: Groups, work: Work, theta: Array, regularization: float, policies: Array, out: Array
) -> None:
    """Write the gradients (8) of all agents of the groups.

    Parameters
    ----------
    groups : Groups
    work : Work
        For the largest group.
    theta, policies, out : ndarray, shape (n_agents, n_states, n_actions)
        `policies` is overwritten too.
    regularization : float
    """
    n_agents, n_states, n_actions = theta.shape
    flat = (n_agents * n_states, n_actions)
    softmax(theta.reshape(flat), policies.reshape(flat))
    regularizer_gradients(policies, regularization, out)
    A = np.uint64(n_actions)
    for g in range(np.uint64(len(groups.where))):
        at = groups.where[g]
        n, rows, ends, move_ends, own = at[0], at[1], at[2], at[5], at[7]
        pattern = Pattern(
            groups.rows[rows : rows + n],
            groups.lower_ends[ends : ends + n + _1],
            groups.lower[at[3] :],
            groups.upper_ends[ends : ends + n + _1],
            groups.upper[at[4] :],
            groups.move_ends[move_ends : move_ends + n * A + _1],
            groups.moves[at[6] :],
        )
        tasks = Tasks(
            groups.agents[g],
            groups.chance[at[8] :],
            groups.reward[own * A : (own + n) * A],
            groups.excess[own * A : (own + n) * A],
            groups.start[own : own + n],
        )
        add_gradients(pattern, tasks, work, policies, out)


@compiled
def iterate(
    groups: Groups,
    work: Work,
    theta: Array,
    ends: Array,
    neighbours: Array,
    weights: Array,
    step_sizes: Array,
    regularization: float,
) -> tuple[Array, int]:
    """Return the parameters after one iteration for each step size, and how many were finite.

    Parameters
    ----------
    groups : Groups
        Of all agents.
    work : Work
    theta : ndarray, shape (n_agents, n_states, n_actions)
        Left as it is.
    ends, neighbours, weights : ndarray
        W in CSR form, without zeros.
    step_sizes : ndarray, shape (n,)
    regularization : float
    """
    now, following = theta.copy(), np.empty_like(theta)
    policies, g = np.empty_like(theta), np.empty_like(theta)
    flat = (theta.shape[0], theta.shape[1] * theta.shape[2])
    for k in range(step_sizes.size):
        lane_gradients(groups, work, now, regularization, policies, g)
        finite = mix(
            ends,
            neighbours,
            weights,
            now.reshape(flat),
            step_sizes[k],
            g.reshape(flat),
            following.reshape(flat),
        )
        if not finite:
            return now, k
        now, following = following, now
    return now, step_sizes.size
