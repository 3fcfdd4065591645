"""The path ``scipy``: SuperLU or LAPACK for each task and iteration, nothing compiled.

It shares no code with the compiled paths and none with `theory`, so it can speak for either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dcpg_theory.engine.blas_threads import one_blas_thread
from dcpg_theory.engine.reference import mixed_step
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["ScipyPath", "Solver", "factorized"]

Solver = Callable[[Array, bool], Array]
"""Solves M x = right, or with True the transposed system."""


class ScipyPath:
    """Algorithm 1 with scipy's direct solvers.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats.
    regularization : float
    agents : sequence of int
    """

    name = "scipy"

    def __init__(
        self, problem: MultiTaskProblem, regularization: float, agents: Sequence[int]
    ) -> None:
        self._tasks = [problem.tasks[i] for i in agents]
        self._rows = [problem.indices[i] for i in agents]
        self._starts = [problem.exploration[i] for i in agents]
        self._regularization = regularization

    def gradients(self, theta: Array) -> Array:
        """See `paths.Path`."""
        weights = np.exp(theta - theta.max(axis=-1, keepdims=True))
        pi = weights / weights.sum(axis=-1, keepdims=True)
        _, n_states, n_actions = theta.shape
        g = self._regularization * (1 / n_actions - pi) / n_states
        with one_blas_thread():
            for k, task in enumerate(self._tasks):
                rows = self._rows[k]
                g[k, rows] += _value_gradient(task, pi[k, rows], self._starts[k])
        return np.asarray(g)

    def advance(self, theta: Array, mixing_matrix: Array, step_sizes: Array) -> tuple[Array, int]:
        """See `paths.Path`."""
        done = 0
        for alpha in step_sizes:
            with np.errstate(all="ignore"):
                rows = zip(mixing_matrix, self.gradients(theta), strict=True)
                following = np.stack([mixed_step(row, theta, alpha, own) for row, own in rows])
            if not np.isfinite(following).all():
                break
            theta, done = following, done + 1
        return theta, done


def _value_gradient(task: FiniteMDP, pi: Array, start: Array) -> Array:
    solve = factorized(task, pi)
    V = solve((pi * task.rewards).sum(axis=1), False)
    visits = solve(start, True)
    P = task.transitions if task.is_sparse else task.transitions.reshape(-1, task.n_states)
    Q = task.rewards + task.discount * (P @ V).reshape(task.rewards.shape)
    return np.asarray(visits[:, None] * pi * (Q - V[:, None]))


def factorized(task: FiniteMDP, pi: Array) -> Solver:
    """Return the solver of the system I - gamma P_pi of a task and its transpose.

    Parameters
    ----------
    task : FiniteMDP
        Of floats.
    pi : ndarray, shape (n_states, n_actions)
    """
    from scipy.linalg import lu_factor, lu_solve
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import splu

    step = task.discount * task.policy_transitions(pi)
    if task.is_sparse:
        factors: Any = splu(
            (eye_array(task.n_states) - step).tocsc(),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
        return lambda right, transposed: factors.solve(right, "T" if transposed else "N")
    # Rows are exchanged where a column is not dominant; the columns of the transpose are.
    factors = lu_factor((np.eye(task.n_states) - step).T, overwrite_a=True, check_finite=False)
    return lambda right, transposed: lu_solve(
        factors, right, trans=0 if transposed else 1, check_finite=False
    )
