"""Values and gradients for a record: what the formulas of `theory` say, in floats and many at once.

A record asks for the value of every task under two policies and for one or two gradients, often
next to iterations that take microseconds. So small tasks of equal size are solved together, and
gradients come from a compiled path. No result depends on which other tasks are asked for, nor on
what was asked before, so that a record has the same bits on any number of ranks and when resumed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dcpg_theory.engine.methods import Remembering
from dcpg_theory.engine.paths import Path, make_path
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.policies import log_softmax
from dcpg_theory.theory.value import value

__all__ = ["Evaluation"]

MOST_STATES = 200
"""Up to here tasks are solved as full matrices; beyond, one by one and sparsely where they are."""

MOST_REFINEMENTS = 4
"""Of a value by an iterative solver; one brings about eight digits."""

MOST_ENTRIES = 1 << 25
"""How many transition probabilities are kept as full matrices for that."""


class Evaluation:
    """Evaluates policies on the tasks of some agents.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats.
    regularization : float
    path : str
        The name of the run's path.
    agents : sequence of int
        Those that live here, perhaps none.
    """

    def __init__(
        self, problem: MultiTaskProblem, regularization: float, path: str, agents: Sequence[int]
    ) -> None:
        self._problem, self._regularization, self._agents = problem, regularization, agents
        self._path = path
        self._paths: dict[bool, tuple[Path, dict[str, Array]]] = {}
        self._stacks = _stacks([problem.tasks[i] for i in agents])
        stacked = {place for stack in self._stacks for place in stack.places}
        self._single = [place for place in range(len(agents)) if place not in stacked]

    def values(self, policies: Array) -> list[Array]:
        """Return V_i in the states of every task.

        Parameters
        ----------
        policies : ndarray, shape (n_agents_here, n_states, n_actions)
            May be a view in which all are one.
        """
        indices = [self._problem.indices[i] for i in self._agents]
        found: list[Any] = [None] * len(indices)
        for stack in self._stacks:
            own = np.stack([policies[place, indices[place]] for place in stack.places])
            for place, V in zip(stack.places, stack.values(own), strict=True):
                found[place] = V
        for place in self._single:
            task = self._problem.tasks[self._agents[place]]
            evaluate = _iterated_value if self._path == "krylov" else value
            found[place] = evaluate(task, policies[place, indices[place]])
        return found

    def penalty(self, theta: Array) -> float:
        """Return lambda RE of the softmax policy of theta, shape (n_states, n_actions).

        By the logarithms themselves: it is finite also where a probability underflows.
        """
        if not self._regularization:
            return 0.0
        log_policy = log_softmax(theta)
        return float(self._regularization * (-log_policy.mean() - math.log(theta.shape[1])))

    def gradients(self, theta: Array, *, at_starts: bool) -> Array:
        """Return grad L_i^lambda at the parameters of every agent here.

        Parameters
        ----------
        theta : ndarray, shape (n_agents_here, n_states, n_actions)
        at_starts : bool
            At the starts rho_i rather than at the mu_i that the algorithm explores from.
        """
        if not self._agents:
            return np.empty_like(theta)
        problem = self._problem
        pairs = zip(problem.exploration, (task.start for task in problem.tasks), strict=True)
        at_starts = at_starts and not all(np.array_equal(mu, rho) for mu, rho in pairs)
        if at_starts not in self._paths:
            problem = MultiTaskProblem(problem.tasks) if at_starts else problem
            path = make_path(problem, self._regularization, self._path, self._agents)
            memory = path.memory() if isinstance(path, Remembering) else {}
            self._paths[at_starts] = path, {name: array.copy() for name, array in memory.items()}
        path, blank = self._paths[at_starts]
        if isinstance(path, Remembering):
            path.recall(blank)  # what it remembers would make a row depend on the rows before
        return path.gradients(np.ascontiguousarray(theta))


class _Stack:
    """Tasks of as many states, by their places."""

    def __init__(self, places: list[int], tasks: list[FiniteMDP]) -> None:
        self.places = places
        n, n_actions = tasks[0].n_states, tasks[0].n_actions
        self._moves = np.stack([_dense(task).reshape(n, n_actions, n) for task in tasks])
        self._rewards = np.stack([task.rewards for task in tasks])
        self._discounts = np.array([float(task.discount) for task in tasks])[:, None, None]

    def values(self, policies: Array) -> Array:
        """Return V of every task, shape (n_tasks, n_states)."""
        chain = np.matmul(policies[:, :, None, :], self._moves)[:, :, 0]
        rewards = (policies * self._rewards).sum(axis=2)
        system = np.eye(chain.shape[1]) - self._discounts * chain
        return np.asarray(np.linalg.solve(system, rewards[..., None])[..., 0])


def _iterated_value(task: FiniteMDP, policy: Array) -> Array:
    """Return V of a task of many states: an approximate solver, refined by its residuals."""
    from dcpg_theory.engine.krylov_path import approximate_solver

    solve, rewards = approximate_solver(task, policy), task.policy_rewards(policy)
    chain = task.discount * task.policy_transitions(policy)
    V = np.zeros_like(rewards)
    for _ in range(MOST_REFINEMENTS):
        residual = rewards - (V - chain @ V)
        # Rounding leaves a residual of some units of V itself.
        if np.abs(residual).max() <= 1e-15 * (np.abs(rewards).max() + 2 * np.abs(V).max()):
            return V
        V = V + solve(residual, False)
    left = np.abs(rewards - (V - chain @ V)).max()
    if left <= 1e-13 * (np.abs(rewards).max() + np.abs(V).max()):
        return V
    return value(task, policy)


def _stacks(tasks: list[FiniteMDP]) -> list[_Stack]:
    by_size: dict[int, list[int]] = {}
    entries = 0
    for place, task in enumerate(tasks):
        entries += task.n_states**2 * task.n_actions
        if task.n_states <= MOST_STATES and entries <= MOST_ENTRIES:
            by_size.setdefault(task.n_states, []).append(place)
    return [_Stack(places, [tasks[place] for place in places]) for places in by_size.values()]


def _dense(task: FiniteMDP) -> Array:
    return np.asarray(task.transitions.toarray() if task.is_sparse else task.transitions)
