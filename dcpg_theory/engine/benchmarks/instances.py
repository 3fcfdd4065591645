"""The problems that are timed."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from dcpg_theory.exact.numbers import Array
from dcpg_theory.models import graphs
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["dense_problem", "grid_problem", "ring_weights"]

_SLIP = 0.1


def grid_problem(side: int, n_tasks: int, discount: float) -> MultiTaskProblem:
    """Return walks on a square grid: four moves, a slip to a random one, a goal for each task.

    Parameters
    ----------
    side : int
        There are side^2 states.
    n_tasks : int
    discount : float
    """
    n, rng = side * side, np.random.default_rng(0)
    row, column = divmod(np.arange(n), side)
    after = np.stack(
        [
            np.maximum(row - 1, 0) * side + column,
            np.minimum(row + 1, side - 1) * side + column,
            row * side + np.maximum(column - 1, 0),
            row * side + np.minimum(column + 1, side - 1),
        ],
        axis=1,
    )
    chances = np.where(np.eye(4, dtype=bool), 1 - 0.75 * _SLIP, _SLIP / 4)
    entries = np.broadcast_to(chances, (n, 4, 4)).ravel()
    sources = np.repeat(np.arange(4 * n), 4)
    P = csr_array((entries, (sources, np.repeat(after, 4, axis=0).ravel())), shape=(4 * n, n))
    start = np.full(n, 1 / n)
    tasks = []
    for _ in range(n_tasks):
        rewards = 0.1 * rng.random((n, 4))
        rewards[rng.integers(n)] = 1.0
        tasks.append(FiniteMDP(P, rewards, discount, start))
    return MultiTaskProblem(tasks)


def dense_problem(n_states: int, n_actions: int, n_tasks: int) -> MultiTaskProblem:
    """Return random full transitions, with discount 0.95."""
    rng = np.random.default_rng(0)
    tasks = []
    for _ in range(n_tasks):
        P = rng.standard_exponential((n_states, n_actions, n_states))
        P /= P.sum(axis=-1, keepdims=True)
        rewards = rng.random((n_states, n_actions))
        tasks.append(FiniteMDP(P, rewards, 0.95, np.full(n_states, 1 / n_states)))
    return MultiTaskProblem(tasks)


def ring_weights(n_agents: int) -> Array:
    """Return lazy Metropolis weights on a ring."""
    if n_agents == 1:
        return np.ones((1, 1))
    graph = graphs.complete(2) if n_agents == 2 else graphs.ring(n_agents)
    return graphs.lazy_metropolis(graph).matrix
