"""The compiled loop: policies, gradients, mixing and step, as many times as asked for."""

from __future__ import annotations

import numpy as np

from dcpg_theory.engine.compiled import compiled, fused
from dcpg_theory.engine.softmax_kernel import softmax
from dcpg_theory.engine.sparse_kernel import Groups, Work, add_gradients
from dcpg_theory.exact.numbers import Array

__all__ = ["iterate", "lane_gradients", "mix", "regularizer_gradients"]


_LARGEST = float(np.finfo(np.float64).max)
_PIECE = np.uint64(128)  # entries of theta
_1 = np.uint64(1)


@fused
def regularizer_gradients(
    policies: Array, regularization: float, n_states: int, out: Array
) -> None:
    """Write -lambda (pi - 1/|A|)/|S|, the second line of (8), for all agents and states.

    Parameters
    ----------
    policies, out : ndarray, shape (n_rows, n_actions)
        A row for each agent and state.
    regularization : float
    n_states : int
    """
    n_rows, n_actions = policies.shape
    weight, share = regularization / n_states, 1.0 / n_actions
    for row in range(n_rows):
        for a in range(n_actions):
            out[row, a] = weight * (share - policies[row, a])


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
        W in CSR form, without zeros; the first two unsigned.
    theta, gradients, out : ndarray, shape (n_agents, n_states * n_actions)
    step_size : float
    """
    n_agents, size = np.uint64(theta.shape[0]), np.uint64(theta.shape[1])
    bad = False
    # Piece by piece, so that what all agents read and write stays in the innermost cache.
    for first in range(np.uint64(0), size, _PIECE):
        last = min(first + _PIECE, size)
        for i in range(n_agents):
            for x in range(first, last):
                out[i, x] = 0.0
            for t in range(ends[i], ends[i + _1]):
                j, weight = neighbours[t], weights[t]
                for x in range(first, last):
                    out[i, x] += weight * theta[j, x]
            for x in range(first, last):
                following = out[i, x] + step_size * gradients[i, x]
                out[i, x] = following
                bad |= not abs(following) <= _LARGEST
    return not bad


@compiled
def lane_gradients(
    groups: Groups,
    work: Work,
    theta: Array,
    n_states: int,
    regularization: float,
    policies: Array,
    out: Array,
) -> None:
    """Write the gradients (8) of all agents of the groups.

    Parameters
    ----------
    groups : Groups
    work : Work
    theta : ndarray, shape (n_agents * n_states, n_actions)
    n_states : int
    regularization : float
    policies, out : ndarray, shape (n_agents, n_states * n_actions)
        `policies` is overwritten too.
    """
    softmax(theta, policies.reshape(theta.shape))
    regularizer_gradients(
        policies.reshape(theta.shape), regularization, n_states, out.reshape(theta.shape)
    )
    n_actions = np.uint64(theta.shape[1])
    for group in range(np.uint64(len(groups.where))):
        add_gradients(groups, group, n_actions, work, policies, out)


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
    n_agents, n_states, n_actions = theta.shape
    flat, rows = (n_agents, n_states * n_actions), (n_agents * n_states, n_actions)
    now, following = theta.copy().reshape(flat), np.empty(flat)
    policies, g = np.empty(flat), np.empty(flat)
    for k in range(step_sizes.size):
        lane_gradients(groups, work, now.reshape(rows), n_states, regularization, policies, g)
        if not mix(ends, neighbours, weights, now, step_sizes[k], g, following):
            return now.reshape(theta.shape), k
        now, following = following, now
    return now.reshape(theta.shape), step_sizes.size
