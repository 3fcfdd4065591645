"""The paths ``sparse`` and, for few states, ``dense``: elimination in lanes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dcpg_theory.engine.grouping import lay_out
from dcpg_theory.engine.iteration import iterate, lane_gradients
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["LanePath", "sparse_weights"]


class LanePath:
    """Algorithm 1 by eliminations of static pattern, four tasks at a time.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats.
    regularization : float
    agents : sequence of int
    full : bool
        Take the patterns as full, in the states' own order.
    """

    def __init__(
        self,
        problem: MultiTaskProblem,
        regularization: float,
        agents: Sequence[int],
        *,
        full: bool = False,
    ) -> None:
        self.name = "dense" if full else "sparse"
        self._regularization = regularization
        self._layout = lay_out(problem, agents, full=full)

    def gradients(self, theta: Array) -> Array:
        """See `paths.Path`."""
        n_agents, n_states, n_actions = theta.shape
        rows = np.array(theta).reshape(-1, n_actions)
        policies, g = np.empty((2, n_agents, n_states * n_actions))
        layout, strength = self._layout, self._regularization
        lane_gradients(layout.groups, layout.work, rows, n_states, strength, policies, g)
        return np.asarray(g.reshape(theta.shape))

    def advance(self, theta: Array, mixing_matrix: Array, step_sizes: Array) -> tuple[Array, int]:
        """See `paths.Path`."""
        steps = np.ascontiguousarray(step_sizes, dtype=np.float64)
        weights = sparse_weights(mixing_matrix)
        layout = self._layout
        return iterate(
            layout.groups,
            layout.work,
            np.ascontiguousarray(theta),
            *weights,
            steps,
            self._regularization,
        )


def sparse_weights(mixing_matrix: Array) -> tuple[Any, Any, Any]:
    """Return W in CSR form: ends, neighbours in ascending order, weights."""
    agent, neighbour = np.nonzero(mixing_matrix)
    ends = np.searchsorted(agent, np.arange(len(mixing_matrix) + 1))
    unsigned = (ends.astype(np.uint64), neighbour.astype(np.uint64))
    return (*unsigned, mixing_matrix[agent, neighbour])
