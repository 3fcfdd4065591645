"""The compiled iteration for dense tasks of many states: one LAPACK factorisation, both solves."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dcpg_theory.engine.compiled import compiled, compiled_sums, copy
from dcpg_theory.engine.iteration import mix, regularizer_gradients
from dcpg_theory.engine.lapack import factorize, solve
from dcpg_theory.engine.softmax_kernel import softmax
from dcpg_theory.exact.numbers import Array

__all__ = ["DenseTasks", "DenseWork", "dense_gradients", "dense_iterate"]


class DenseTasks(NamedTuple):
    """The tasks in flat arrays. Task k has ``ends[k + 1] - ends[k]`` states."""

    ends: Array  # (n_tasks + 1,)
    chance_ends: Array  # (n_tasks + 1,)
    rows: Array  # (states,): the row of each in theta
    chance: Array  # gamma times the transitions (n, n_actions, n) of each task, flat
    reward: Array  # (states, n_actions)
    start: Array  # (states,)


class DenseWork(NamedTuple):
    """Room for one task of the most states."""

    system: Array  # (n n,)
    exchanges: Array  # (n,) int32
    sizes: Array  # (4,) int32
    value: Array  # (n,)
    visits: Array  # (n,)


@compiled_sums
def _system(chance: Array, reward: Array, rows: Array, policy: Array, M: Array, r: Array) -> None:
    """Write M = I - gamma P_pi and r_pi."""
    n, n_actions, _ = chance.shape
    for s in range(n):
        row, pi = M[s], policy[rows[s]]
        row[:] = 0.0
        total = 0.0
        for a in range(n_actions):
            c, P = pi[a], chance[s, a]
            total += c * reward[s, a]
            for j in range(n):
                row[j] -= c * P[j]
        row[s] += 1.0
        r[s] = total


@compiled_sums
def _expectation(chance: Array, V: Array) -> float:
    total = 0.0
    for j in range(V.size):
        total += chance[j] * V[j]
    return total


@compiled
def _add_gradient(tasks: DenseTasks, work: DenseWork, k: int, policy: Array, g: Array) -> None:
    """Add the value part of (8) of one task."""
    n_actions = policy.shape[1]
    first, last = tasks.ends[k], tasks.ends[k + 1]
    n = last - first
    chance = tasks.chance[tasks.chance_ends[k] : tasks.chance_ends[k + 1]].reshape(
        (n, n_actions, n)
    )
    rows, reward = tasks.rows[first:last], tasks.reward[first:last]
    M, exchanges = work.system[: n * n].reshape((n, n)), work.exchanges[:n]
    V, y = work.value[:n], work.visits[:n]
    _system(chance, reward, rows, policy, M, V)
    copy(tasks.start[first:last], y)
    factorize(M, exchanges, work.sizes)
    solve(M, exchanges, work.sizes, V, False)
    solve(M, exchanges, work.sizes, y, True)
    for s in range(n):
        pi, own = policy[rows[s]], g[rows[s]]
        for a in range(n_actions):
            advantage = reward[s, a] + _expectation(chance[s, a], V) - V[s]
            own[a] += y[s] * pi[a] * advantage


@compiled
def dense_gradients(
    tasks: DenseTasks,
    work: DenseWork,
    theta: Array,
    regularization: float,
    policies: Array,
    out: Array,
) -> None:
    """Write the gradients (8) of all agents; shape (n_agents, n_states, n_actions)."""
    n_agents, n_states, n_actions = theta.shape
    flat = (n_agents * n_states, n_actions)
    softmax(theta.reshape(flat), policies.reshape(flat))
    regularizer_gradients(policies.reshape(flat), regularization, n_states, out.reshape(flat))
    for k in range(n_agents):
        _add_gradient(tasks, work, k, policies[k], out[k])


@compiled
def dense_iterate(
    tasks: DenseTasks,
    work: DenseWork,
    theta: Array,
    ends: Array,
    neighbours: Array,
    weights: Array,
    step_sizes: Array,
    regularization: float,
) -> tuple[Array, int]:
    """Return the parameters after one iteration for each step size; as `iteration.iterate`."""
    now, following = theta.copy(), np.empty_like(theta)
    policies, g = np.empty_like(theta), np.empty_like(theta)
    flat = (theta.shape[0], theta.shape[1] * theta.shape[2])
    for k in range(step_sizes.size):
        dense_gradients(tasks, work, now, regularization, policies, g)
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
