"""The path ``krylov``: preconditioned iterations for 10^4 to 10^6 states."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dcpg_theory.engine import krylov_kernel as kernel
from dcpg_theory.engine import krylov_start, krylov_system
from dcpg_theory.engine.accuracy import (
    EPS,
    PROMISE,
    centred_rewards,
    error_of_gradient,
    gradient_bound,
)
from dcpg_theory.engine.grouping import common_patterns, keys, pattern_of, sparse_transitions
from dcpg_theory.engine.iteration import mix, regularizer_gradients
from dcpg_theory.engine.lane_path import sparse_weights
from dcpg_theory.engine.lanes import LANES
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

LEAST_IN_LANES = 3
"""Tasks of one pattern, from which on they go into lanes; fewer are solved one by one."""

SHARE = 0.35
"""Of the promised error, for the residuals of V, and again for those of y; the rest is rounding."""


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
        self._groups = _groups(problem, agents)
        shapes = {group.shape for group in self._groups}
        self._rooms = {shape: kernel.make_room(shape) for shape in shapes}

    @property
    def worst(self) -> float:
        """The largest error bound of a gradient so far, over the gradient's a-priori bound."""
        return max(float(group.worst.max()) for group in self._groups)

    def gradients(self, theta: Array) -> Array:
        """See `paths.Path`."""
        theta = np.array(theta)
        g = np.empty_like(theta)
        self._write_gradients(theta, np.empty_like(theta), g)
        return g

    def advance(self, theta: Array, mixing_matrix: Array, step_sizes: Array) -> tuple[Array, int]:
        """See `paths.Path`."""
        now, following = np.array(theta), np.empty_like(theta)
        policies, g = np.empty_like(now), np.empty_like(now)
        ends, neighbours, weights = sparse_weights(mixing_matrix)
        flat = (len(theta), -1)
        for done, alpha in enumerate(step_sizes):
            self._write_gradients(now, policies, g)
            step = (now.reshape(flat), float(alpha), g.reshape(flat), following.reshape(flat))
            if not mix(ends, neighbours, weights, *step):
                return now, done
            now, following = following, now
        return now, len(step_sizes)

    def _write_gradients(self, theta: Array, policies: Array, g: Array) -> None:
        rows = (-1, theta.shape[2])
        softmax(theta.reshape(rows), policies.reshape(rows))
        regularizer_gradients(
            policies.reshape(rows), self._regularization, theta.shape[1], g.reshape(rows)
        )
        for group in self._groups:
            group.add_gradients(policies, self._rooms[group.shape], g)

    def memory(self) -> dict[str, Array]:
        """See `paths.Path`."""
        return {
            f"{name}_{k}": array
            for group in self._groups
            for lane, k in enumerate(group.agents)
            for name, array in group.memory(lane).items()
        }

    def recall(self, memory: Mapping[str, Array]) -> None:
        """See `paths.Path`."""
        for group in self._groups:
            names = group.memory(0)
            group.recall([{name: memory[f"{name}_{k}"] for name in names} for k in group.agents])


def _groups(problem: MultiTaskProblem, agents: Sequence[int]) -> list[_Group]:
    """Return the agents' tasks in groups of one pattern, as their numbers in the problem allow.

    The patterns are those of the whole problem, so that an agent's gradient has the same bits
    whichever others are asked for.
    """
    transitions = [sparse_transitions(task) for task in problem.tasks]
    groups = []
    for members, moves in common_patterns(problem, transitions):
        wanted = [(k, i) for i in members for k, agent in enumerate(agents) if agent == i]
        width = LANES if len(members) >= LEAST_IN_LANES else 1
        for first in range(0, len(wanted), width):
            places, tasks = zip(*wanted[first : first + width], strict=True)
            own = [problem.tasks[i] for i in tasks]
            starts = [problem.exploration[i] for i in tasks]
            chances = [_chances(problem.tasks[i], transitions[i], moves) for i in tasks]
            rows = problem.indices[tasks[0]]
            groups.append(_Group(own, starts, rows, places, moves, chances, width))
    return groups


def _chances(task: FiniteMDP, P: Any, moves: Any) -> Array:
    """Return gamma times a task's probabilities, on a pattern that holds its own."""
    if P.nnz == moves.nnz:
        return np.asarray(task.discount * P.data)
    given = np.zeros(moves.nnz)
    given[np.searchsorted(keys(moves), keys(P))] = task.discount * P.data
    return given


class _Group:
    """Tasks of one pattern in the lanes of one system, or a task alone, with what they remember.

    Parameters
    ----------
    tasks : list of FiniteMDP
        Of floats.
    starts : list of ndarray
        The mu of each.
    rows : ndarray
        The row in theta of each of their states.
    agents : sequence of int
        Whose tasks they are, by their place in theta.
    moves : scipy.sparse array, shape (n_states * n_actions, n_states)
        The pattern of their transitions.
    chances : list of ndarray
        Of each task, gamma times the probabilities on this pattern.
    width : int
        LANES or 1. Lanes that are left over repeat the last task, and sleep.
    """

    def __init__(
        self,
        tasks: list[FiniteMDP],
        starts: list[Array],
        rows: Array,
        agents: Sequence[int],
        moves: Any,
        chances: list[Array],
        width: int,
    ) -> None:
        self.tasks, self.agents = tasks, agents
        n, self.n_actions, self.width = tasks[0].n_states, tasks[0].n_actions, width
        self.shape: tuple[int, ...] = (n, width) if width > 1 else (n,)
        idle = width - len(tasks)
        # Tasks that differ in their rewards alone share the largest array there is.
        shared = all(np.array_equal(chances[0], other) for other in chances[1:])
        self.lane_agents = np.array([*agents, *[agents[-1]] * idle], dtype=np.uint64)
        self.rows = np.asarray(rows, dtype=np.uint64)
        self.moves = krylov_system.Moves(
            moves.indptr.astype(np.uint32),
            moves.indices.astype(np.uint32),
            chances[0] if shared else self._side_by_side(chances),
            self._side_by_side([centred_rewards(task).ravel() for task in tasks]),
        )
        self.start = self._side_by_side(starts)
        pattern = pattern_of(moves, self.n_actions)
        self.system = krylov_system.empty_system(pattern, self.shape[1:])
        longest = max(
            np.diff(matrix.ends).max() for matrix in (self.system.plain, self.system.transpose)
        )
        self.rounding = float(longest + self.n_actions + 6) * EPS
        self.horizon = self._of_lanes([1 / (1 - float(task.discount)) for task in tasks])
        self.largest = self._of_lanes([gradient_bound(task) for task in tasks])
        self.kept = [self._vectors(n * krylov_start.KEPT) for _ in range(2)]
        self.n_kept, self.age = 0, FACTORS_FOR
        self.direct = np.zeros(len(tasks), dtype=np.int64)
        self.worst = np.zeros(len(tasks))
        self.policy, self.factors_of, self.parts = (
            self._vectors(n * self.n_actions) for _ in range(3)
        )
        self.right, self.row, self.V, self.y = (self._vectors(n) for _ in range(4))
        self.place, self.numbers = np.full(n, -1), self._vectors(2)

    def add_gradients(self, policies: Array, room: kernel.Room, g: Array) -> None:
        """Add y pi (Q - V) to the agents' rows, and note the bounds on its errors."""
        X, pairs = self.horizon, (-1, self.n_actions, self.width)
        krylov_system.pack(policies, self.lane_agents, self.rows, self.policy.reshape(pairs))
        krylov_system.assemble(self.moves, self.policy, self.system, self.row, self.right)
        self._refresh()
        aim = SHARE * PROMISE * self.largest
        # Below what its computation rounds, a residual says nothing.
        floor = self.rounding * (1 + 2 * X)
        scale = self._largest(self.right)
        reached = self._solve(0, np.maximum(aim / (2 * X * X), floor * scale), room)
        V_error = X * (reached + self.rounding * (scale + 2 * self._largest(self.V)))
        krylov_system.advantages(self.moves, self.policy, self.V, self.parts, self.numbers)
        largest = np.sqrt(self._by_lane(self.numbers)[0])
        with np.errstate(all="ignore"):
            y_aim = np.where(largest > 0, aim / (X * largest), math.inf)
        y_error = X * (self._solve(1, np.maximum(y_aim, floor), room) + floor)
        self.n_kept = min(self.n_kept + 1, krylov_start.KEPT)
        self.direct = np.maximum(0, self.direct - 1)
        errors = error_of_gradient(X, V_error, y_error, largest)
        for lane in range(len(self.tasks)):
            ratio = _ratio(float(errors[lane]), float(self.largest[lane]))
            self.worst[lane] = max(self.worst[lane], ratio)
        own = (self.lane_agents[: len(self.tasks)], self.rows)
        krylov_system.unpack(self.parts.reshape(pairs), self._by_lane(self.y), *own, g)

    def _refresh(self) -> None:
        """Factorise anew, if the factors are old."""
        self.age += 1
        if self.age >= FACTORS_FOR:
            krylov_system.incomplete_factors(self.system, self.place)
            self.factors_of[:], self.age = self.policy, 0

    def _solve(self, which: int, tolerance: Array, room: kernel.Room) -> Array:
        """Solve for V (0) or y (1); return the norms of the residuals as computed."""
        right, x = ((self.right, self.V), (self.start, self.y))[which]
        matrix, transposed = (self.system.plain, self.system.transpose)[which], which == 1
        reached, awake = np.zeros(self.width), np.zeros(self.width, dtype=np.bool_)
        awake[: len(self.tasks)] = self.direct == 0
        if awake.any():
            reached, _ = kernel.solve(
                self.system,
                matrix,
                right,
                self.kept[which],
                tolerance,
                awake,
                MOST_STEPS,
                room,
                x,
                transposed,
            )
            self.direct[(awake & (reached > tolerance))[: len(self.tasks)]] = DIRECT_FOR
        if self.direct.any():
            policies = self._by_lane(self.policy)
            for lane in np.flatnonzero(self.direct):
                policy = policies[:, lane].reshape(-1, self.n_actions)
                solver = factorized(self.tasks[lane], policy)
                self._by_lane(x)[:, lane] = solver(self._by_lane(right)[:, lane], transposed)
            krylov_system.residual(matrix, right, x, room.r)
            krylov_system.sizes(room.r, self.numbers, 0, transposed)
            converged = awake & (reached <= tolerance)
            reached = np.where(converged, reached, self._by_lane(self.numbers)[0])
        krylov_start.remember(self.kept[which], self.n_kept, x)
        return reached

    def memory(self, lane: int) -> dict[str, Array]:
        """Return all that a task's next gradient depends on besides the policy."""
        return {
            "kept": np.stack([self._by_lane(kept)[:, lane] for kept in self.kept]),
            "counts": np.array([self.n_kept, self.age, self.direct[lane]]),
            "factors_of": self._by_lane(self.factors_of)[:, lane].copy(),
            "worst": np.array(self.worst[lane]),
        }

    def recall(self, memories: Sequence[Mapping[str, Array]]) -> None:
        """Go on from the tasks' memories."""
        for which, kept in enumerate(self.kept):
            kept[:] = self._side_by_side([memory["kept"][which] for memory in memories])
        self.factors_of[:] = self._side_by_side([memory["factors_of"] for memory in memories])
        for lane, memory in enumerate(memories):
            self.n_kept, self.age, self.direct[lane] = (int(count) for count in memory["counts"])
            self.worst[lane] = float(memory["worst"])
        own = (self.system, self.row, self.right)
        krylov_system.assemble(self.moves, self.factors_of, *own)
        krylov_system.incomplete_factors(self.system, self.place)

    def _largest(self, x: Array) -> Array:
        """Return the largest modulus in each lane."""
        krylov_system.sizes(x, self.numbers, 0, False)
        return np.array(self._by_lane(self.numbers)[0])

    def _vectors(self, n: int) -> Array:
        return np.zeros((n, *self.shape[1:]))

    def _by_lane(self, array: Array) -> Array:
        return array.reshape(len(array), self.width)

    def _of_lanes(self, values: list[float]) -> Array:
        return np.array(values + values[-1:] * (self.width - len(values)))

    def _side_by_side(self, arrays: Sequence[Array]) -> Array:
        """Return arrays of one length in lanes, the last again in those left over."""
        if self.width == 1:
            return np.array(arrays[0], dtype=np.float64)
        out = np.empty((len(arrays[0]), self.width))
        for lane in range(self.width):
            out[:, lane] = arrays[min(lane, len(arrays) - 1)]
        return out


def approximate_solver(mdp: FiniteMDP, policy: Array) -> Solver:
    """Return a solver of I - gamma P_pi and its transpose to eight digits or so.

    Parameters
    ----------
    mdp : FiniteMDP
        Of floats.
    policy : ndarray, shape (n_states, n_actions)
    """
    P, n = sparse_transitions(mdp), mdp.n_states
    group = _Group([mdp], [mdp.start], np.arange(n), [0], P, [_chances(mdp, P, P)], 1)
    flat = np.ascontiguousarray(policy).reshape(-1)
    krylov_system.assemble(group.moves, flat, group.system, group.row, group.right)
    krylov_system.incomplete_factors(group.system, group.place)
    room, nothing, awake = kernel.make_room(group.shape), group.kept[0], np.ones(1, dtype=np.bool_)

    def solve(right: Array, transposed: bool) -> Array:
        x, aim = np.empty_like(right), 1e-8 * float(np.abs(right).max())
        aim *= len(right) if transposed else 1
        matrix = group.system.transpose if transposed else group.system.plain
        tolerance = np.full(1, aim)
        kernel.solve(
            group.system,
            matrix,
            np.ascontiguousarray(right),
            nothing,
            tolerance,
            awake,
            4 * MOST_STEPS,
            room,
            x,
            transposed,
        )
        return x

    return solve


def _ratio(error: float, size: float) -> float:
    """Return error / size; with rewards all equal both are zero, and so is the ratio."""
    return error / size if size > 0 else (0.0 if error == 0 else math.inf)
