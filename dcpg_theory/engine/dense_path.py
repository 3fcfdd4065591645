"""The path ``dense`` for many states: LAPACK on one thread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dcpg_theory.engine.accuracy import centred_rewards
from dcpg_theory.engine.blas_threads import one_blas_thread
from dcpg_theory.engine.dense_kernel import DenseTasks, DenseWork, dense_gradients, dense_iterate
from dcpg_theory.engine.lane_path import sparse_weights
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["DensePath"]


class DensePath:
    """Algorithm 1 with one LAPACK factorisation for each task and iteration.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats.
    regularization : float
    agents : sequence of int
    """

    name = "dense"

    def __init__(
        self, problem: MultiTaskProblem, regularization: float, agents: Sequence[int]
    ) -> None:
        self._regularization = regularization
        tasks = [problem.tasks[i] for i in agents]
        chances = []
        for task in tasks:
            P = task.transitions.toarray() if task.is_sparse else task.transitions
            chances.append(task.discount * P.ravel())
        n = max(task.n_states for task in tasks)
        self._tasks = DenseTasks(
            _ends([task.n_states for task in tasks]),
            _ends([len(chance) for chance in chances]),
            np.concatenate([problem.indices[i] for i in agents]).astype(np.uint32),
            np.concatenate(chances),
            np.concatenate([centred_rewards(task) for task in tasks]),
            np.concatenate([problem.exploration[i] for i in agents]),
        )
        self._work = DenseWork(
            np.empty(n * n),
            np.empty(n, np.int32),
            np.empty(4, np.int32),
            np.empty(n),
            np.empty(n),
        )

    def gradients(self, theta: Array) -> Array:
        """See `paths.Path`."""
        theta = np.array(theta)
        policies, g = np.empty_like(theta), np.empty_like(theta)
        with one_blas_thread():
            dense_gradients(self._tasks, self._work, theta, self._regularization, policies, g)
        return g

    def advance(self, theta: Array, mixing_matrix: Array, step_sizes: Array) -> tuple[Array, int]:
        """See `paths.Path`."""
        steps = np.ascontiguousarray(step_sizes, dtype=np.float64)
        weights = sparse_weights(mixing_matrix)
        theta = np.ascontiguousarray(theta)
        with one_blas_thread():
            return dense_iterate(
                self._tasks, self._work, theta, *weights, steps, self._regularization
            )


def _ends(lengths: list[int]) -> Array:
    return np.concatenate([[0], np.cumsum(lengths)])
