"""The path ``krylov``: preconditioned iterations for 10^4 to 10^6 states."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dcpg_theory.engine import krylov_kernel as kernel
from dcpg_theory.engine.accuracy import (
    EPS,
    PROMISE,
    centred_rewards,
    error_of_gradient,
    gradient_bound,
)
from dcpg_theory.engine.grouping import pattern_of, sparse_transitions
from dcpg_theory.engine.iteration import mix, regularizer_gradients
from dcpg_theory.engine.lane_path import sparse_weights
from dcpg_theory.engine.scipy_path import Solver, factorized
from dcpg_theory.engine.softmax_kernel import softmax
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["KrylovPath", "approximate_solver"]

MOST_STEPS = 500
"""Of one solve; after more a direct solver takes its place."""

DIRECT_FOR = 20
"""Iterations for which a task stays with the direct solver."""

FACTORS_FOR = 10
"""Iterations for which incomplete factors are kept; the policy moves little in them."""


ROOM = 2 * kernel.KEPT + 9
"""Vectors of one number for each state that a solve works in."""


class KrylovPath:
    """Algorithm 1 by Krylov iterations from the span of the last solutions.

    The path remembers: the bits of a gradient depend on those asked for before, within the promise.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats.
    regularization : float
    agents : sequence of int

    Attributes
    ----------
    worst : float
        The largest bound so far on the error of a gradient, over its a-priori bound.
    """

    name = "krylov"

    def __init__(
        self, problem: MultiTaskProblem, regularization: float, agents: Sequence[int]
    ) -> None:
        self._regularization = regularization
        self._tasks = [
            _KrylovTask(problem.tasks[i], problem.indices[i], problem.exploration[i])
            for i in agents
        ]
        n = max(task.mdp.n_states for task in self._tasks)
        self._room = np.empty(ROOM * n)

    @property
    def worst(self) -> float:
        """The largest error bound of a gradient so far, over the gradient's a-priori bound."""
        return max(task.worst for task in self._tasks)

    def gradients(self, theta: Array) -> Array:
        """See `paths.Path`."""
        theta = np.array(theta)
        policies, g = np.empty_like(theta), np.empty_like(theta)
        rows, n_states = (-1, theta.shape[2]), theta.shape[1]
        softmax(theta.reshape(rows), policies.reshape(rows))
        regularizer_gradients(
            policies.reshape(rows), self._regularization, n_states, g.reshape(rows)
        )
        for k, task in enumerate(self._tasks):
            g[k, task.rows] += task.value_gradient(policies[k, task.rows], self._room)
        return g

    def advance(self, theta: Array, mixing_matrix: Array, step_sizes: Array) -> tuple[Array, int]:
        """See `paths.Path`."""
        now, following = np.array(theta), np.empty_like(theta)
        ends, neighbours, weights = sparse_weights(mixing_matrix)
        flat = (len(theta), -1)
        for done, alpha in enumerate(step_sizes):
            g = self.gradients(now)
            step = (now.reshape(flat), float(alpha), g.reshape(flat), following.reshape(flat))
            if not mix(ends, neighbours, weights, *step):
                return now, done
            now, following = following, now
        return now, len(step_sizes)

    def memory(self) -> dict[str, Array]:
        """See `paths.Path`."""
        return {
            f"{name}_{k}": array
            for k, task in enumerate(self._tasks)
            for name, array in task.memory().items()
        }

    def recall(self, memory: Mapping[str, Array]) -> None:
        """See `paths.Path`."""
        for k, task in enumerate(self._tasks):
            task.recall({name: memory[f"{name}_{k}"] for name in task.memory()})


class _KrylovTask:
    """One task: its transitions, its system, and its last solutions."""

    def __init__(self, mdp: FiniteMDP, rows: Array, start: Array) -> None:
        self.mdp, self.start = mdp, np.array(start)
        whole = np.array_equal(rows, np.arange(len(rows)))
        self.rows: Any = slice(len(rows)) if whole else rows
        n = mdp.n_states
        P = sparse_transitions(mdp)
        self.moves = (P.indptr.astype(np.uint32), P.indices.astype(np.uint32), P.data)
        self.rewards = centred_rewards(mdp)
        self.system = _empty_system(P, mdp.n_actions)
        self.kept = np.zeros((2, kernel.KEPT, n))
        self.n_kept, self.age, self.direct, self.worst = 0, FACTORS_FOR, 0, 0.0
        self.factors_of = np.zeros((n, mdp.n_actions))
        columns = self.system.columns
        longest = max(np.diff(self.system.ends).max(), np.bincount(columns).max())
        self.rounding = float(longest + mdp.n_actions + 6) * EPS
        self.row, self.place = np.zeros(n), np.full(n, -1)
        self.right, self.V, self.y = np.empty(n), np.empty(n), np.empty(n)
        self.horizon = 1 / (1 - mdp.discount)
        self.largest = gradient_bound(mdp)

    def value_gradient(self, policy: Array, room: Array) -> Array:
        """Return y pi (Q - V), and note the bound on its error."""
        mdp, X = self.mdp, self.horizon
        room = room[: ROOM * mdp.n_states].reshape(-1, mdp.n_states)
        kernel.assemble(
            mdp.discount, *self.moves, self.rewards, policy, self.system, self.row, self.right
        )
        self._refresh(policy)
        aim = 0.2 * PROMISE * self.largest
        # Below what its computation rounds, a residual says nothing.
        floor = self.rounding * (1 + 2 * X)
        scale = float(np.abs(self.right).max())
        V_error = X * (
            self._solve(0, max(aim / (2 * X * X), floor * scale), policy, room)
            + self.rounding * (scale + 2 * float(np.abs(self.V).max()))
        )
        g = np.empty_like(policy)
        largest = kernel.advantages(mdp.discount, *self.moves, self.rewards, policy, self.V, g)
        y_aim = aim / (X * largest) if largest > 0 else math.inf
        y_error = X * (self._solve(1, max(y_aim, floor), policy, room) + floor)
        self.n_kept = min(self.n_kept + 1, kernel.KEPT)
        self.direct = max(0, self.direct - 1)
        error = error_of_gradient(X, V_error, y_error, largest)
        self.worst = max(self.worst, _ratio(error, self.largest))
        g *= self.y[:, None]
        return g

    def _refresh(self, policy: Array) -> None:
        """Factorise anew, if the factors are old."""
        if self.direct:
            return
        self.age += 1
        if self.age >= FACTORS_FOR:
            kernel.incomplete_factors(self.system, self.place)
            self.factors_of, self.age = policy.copy(), 0

    def _solve(self, which: int, tolerance: float, policy: Array, room: Array) -> float:
        """Solve for V (0) or y (1); return the norm of the residual as computed."""
        right, x = (self.right, self.V) if which == 0 else (self.start, self.y)
        transposed = which == 1
        if not self.direct:
            kept = self.kept[which, : self.n_kept]
            reached, _ = kernel.solve(
                self.system, right, kept, tolerance, MOST_STEPS, room, x, transposed
            )
            if reached > tolerance:
                self.direct = DIRECT_FOR
        if self.direct:
            x[:] = factorized(self.mdp, policy)(right, transposed)
            reached = kernel.residual(self.system, right, x, room[0], transposed)
        kernel.remember(self.kept[which], self.n_kept, x)
        return float(reached)

    def memory(self) -> dict[str, Array]:
        """Return all that the next gradient depends on besides the policy."""
        return {
            "kept": self.kept,
            "counts": np.array([self.n_kept, self.age, self.direct]),
            "factors_of": self.factors_of,
            "worst": np.array(self.worst),
        }

    def recall(self, memory: Mapping[str, Array]) -> None:
        """Go on from a memory."""
        self.kept = np.array(memory["kept"])
        self.n_kept, self.age, self.direct = (int(count) for count in memory["counts"])
        self.worst = float(memory["worst"])
        self.factors_of = np.array(memory["factors_of"])
        kernel.assemble(
            self.mdp.discount,
            *self.moves,
            self.rewards,
            self.factors_of,
            self.system,
            self.row,
            self.right,
        )
        kernel.incomplete_factors(self.system, self.place)


def approximate_solver(mdp: FiniteMDP, policy: Array) -> Solver:
    """Return a solver of I - gamma P_pi and its transpose to eight digits or so.

    Parameters
    ----------
    mdp : FiniteMDP
        Of floats.
    policy : ndarray, shape (n_states, n_actions)
    """
    task = _KrylovTask(mdp, np.arange(mdp.n_states), mdp.start)
    kernel.assemble(
        mdp.discount, *task.moves, task.rewards, policy, task.system, task.row, task.right
    )
    kernel.incomplete_factors(task.system, task.place)
    room = np.empty((ROOM, mdp.n_states))

    def solve(right: Array, transposed: bool) -> Array:
        x, aim = np.empty_like(right), 1e-8 * float(np.abs(right).max())
        aim *= len(right) if transposed else 1
        nothing = task.kept[0, :0]
        kernel.solve(task.system, right, nothing, aim, 4 * MOST_STEPS, room, x, transposed)
        return x

    return solve


def _empty_system(P: Any, n_actions: int) -> kernel.System:
    """Return room for I - gamma P_pi, its pattern that of all actions and the diagonal."""
    from scipy.sparse import csr_array, eye_array

    pattern = csr_array(pattern_of(P, n_actions) + eye_array(P.shape[1]))
    pattern.sort_indices()
    ends, columns = pattern.indptr, pattern.indices
    rows = np.repeat(np.arange(P.shape[1]), np.diff(ends))
    return kernel.System(
        ends.astype(np.uint32),
        columns.astype(np.uint32),
        np.flatnonzero(columns == rows).astype(np.uint32),
        np.empty(len(columns)),
        np.empty(len(columns)),
    )


def _ratio(error: float, size: float) -> float:
    """Return error / size; with rewards all equal both are zero, and so is the ratio."""
    return error / size if size > 0 else (0.0 if error == 0 else math.inf)
