"""Many small problems of one shape, stacked: for property suites and searches.

A stack is checked and drawn as a whole, so that making ten thousand instances costs little beside
iterating on them. One instance of it comes out as a `MultiTaskProblem`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.validation import TOLERANCE, first_offender, frozen, show

__all__ = ["Batch", "random_batch", "stacked"]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Instances of equal numbers of tasks, states and actions; every task holds all states.

    Parameters
    ----------
    transitions : array_like, shape (n_instances, n_tasks, n_states, n_actions, n_states)
    rewards : array_like, shape (n_instances, n_tasks, n_states, n_actions)
    discounts : array_like, shape (n_instances, n_tasks)
        Or what broadcasts to it; each strictly between 0 and 1.
    exploration : array_like, shape (n_instances, n_tasks, n_states)
        The mu_i, from which gradients start.

    Raises
    ------
    InvalidInput
        If a shape is wrong, or a number; the message names the instance.

    Examples
    --------
    >>> batch = random_batch(7, 1000, n_tasks=3, n_states=5, n_actions=2)
    >>> batch
    Batch(1000 instances of 3 tasks, 5 states, 2 actions)
    >>> batch.problem(999)
    MultiTaskProblem(3 tasks, 5 states, 2 actions, float64)
    """

    transitions: Array
    rewards: Array
    discounts: Array
    exploration: Array

    def __post_init__(self) -> None:
        P = _floats("transitions", self.transitions)
        if P.ndim != 5 or P.shape[2] != P.shape[4] or 0 in P.shape:
            raise InvalidInput(
                f"transitions has shape {P.shape}, it must have shape (n_instances, n_tasks, "
                "n_states, n_actions, n_states), not empty"
            )
        B, N, S, A, _ = P.shape
        try:
            discounts = np.broadcast_to(_floats("discounts", self.discounts), (B, N))
        except ValueError:
            raise InvalidInput(f"discounts must broadcast to shape {(B, N)}") from None
        arrays = {
            "transitions": P,
            "rewards": _shaped("rewards", self.rewards, (B, N, S, A)),
            "discounts": discounts,
            "exploration": _shaped("exploration", self.exploration, (B, N, S)),
        }
        _check("reward", "must be finite", arrays["rewards"], np.isfinite(arrays["rewards"]))
        inside = (discounts > 0) & (discounts < 1)
        _check("discount", "must lie in the open interval (0, 1)", discounts, inside)
        for name in ("transitions", "exploration"):
            _check(name, "must not be negative", arrays[name], arrays[name] >= 0)
            sums = arrays[name].sum(axis=-1)
            _check(f"{name} row sum", "must be 1", sums, np.abs(sums - 1) <= TOLERANCE)
        for name, array in arrays.items():
            object.__setattr__(self, name, frozen(np.ascontiguousarray(array)))

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """The numbers of instances, tasks, states and actions."""
        B, N, S, A, _ = self.transitions.shape
        return B, N, S, A

    def problem(self, instance: int) -> MultiTaskProblem:
        """Return one instance, counted from 0."""
        if not 0 <= instance < len(self.transitions):
            raise InvalidInput(
                f"instance={instance} must lie in 0, ..., {len(self.transitions) - 1}"
            )
        arrays = (self.transitions, self.rewards, self.discounts, self.exploration)
        tasks = zip(*(array[instance] for array in arrays), strict=True)
        return MultiTaskProblem(FiniteMDP(P, R, float(gamma), mu) for P, R, gamma, mu in tasks)

    def __repr__(self) -> str:
        B, N, S, A = self.shape
        return f"Batch({B} instances of {N} tasks, {S} states, {A} actions)"


def stacked(problems: Sequence[MultiTaskProblem]) -> Batch:
    """Return problems of one shape as a batch.

    Parameters
    ----------
    problems : sequence of MultiTaskProblem
        Of equal numbers of tasks, states and actions, whose tasks all hold all states.

    Raises
    ------
    InvalidInput
        If their shapes differ or a task lacks states.
    """
    if not problems:
        raise InvalidInput("problems is empty, it must hold at least one")
    given = [problem.to_float() for problem in problems]
    first = (given[0].n_tasks, given[0].n_states, given[0].n_actions)
    rows = []
    for b, problem in enumerate(given):
        if (problem.n_tasks, problem.n_states, problem.n_actions) != first:
            raise InvalidInput(
                f"problem {b} is {problem!r}, its shape must be that of {given[0]!r}"
            )
        rows.append([_over_all_states(b, problem, i) for i in range(problem.n_tasks)])
    columns = (np.array([[task[n] for task in row] for row in rows]) for n in range(4))
    return Batch(*columns)


def _over_all_states(
    b: int, problem: MultiTaskProblem, i: int
) -> tuple[Array, Array, float, Array]:
    task, place = problem.tasks[i], np.argsort(problem.indices[i])
    if task.n_states != problem.n_states:
        raise InvalidInput(
            f"problem {b}, task {i} lacks states; a batch has all states in all tasks"
        )
    P = task.transitions
    dense = P.toarray().reshape(task.n_states, task.n_actions, -1) if task.is_sparse else P
    permuted = dense[place][:, :, place]
    return permuted, task.rewards[place], task.discount, problem.exploration[i][place]


def random_batch(
    seed: int | np.random.Generator,
    n_instances: int,
    n_tasks: int = 2,
    n_states: int = 5,
    n_actions: int = 2,
    *,
    discounts: tuple[float, float] = (0.5, 0.9),
) -> Batch:
    """Return random instances, distributed as those of `models.random_problems.random_problem`.

    Transitions and exploration are uniform on the simplex, rewards uniform in [0, 1], discounts
    uniform in an interval.

    Parameters
    ----------
    seed : int or numpy.random.Generator
    n_instances, n_tasks, n_states, n_actions : int
        At least 1.
    discounts : (float, float)

    Raises
    ------
    InvalidInput
        If a size is less than 1.
    """
    shape = (n_instances, n_tasks, n_states, n_actions)
    if min(shape) < 1:
        raise InvalidInput(f"the sizes {shape} must be at least 1")
    rng = np.random.default_rng(seed)
    # Exponentials over their sum are uniform on the simplex.
    P = rng.standard_exponential((*shape, n_states))
    P /= P.sum(axis=-1, keepdims=True)
    mu = rng.standard_exponential(shape[:3])
    mu /= mu.sum(axis=-1, keepdims=True)
    return Batch(P, rng.random(shape), rng.uniform(*discounts, shape[:2]), mu)


def _floats(name: str, values: Any) -> Array:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidInput(f"{name} must be an array of numbers") from None


def _shaped(name: str, values: Any, shape: tuple[int, ...]) -> Array:
    array = _floats(name, values)
    if array.shape != shape:
        raise InvalidInput(f"{name} has shape {array.shape}, it must have shape {shape}")
    return array


def _check(name: str, rule: str, array: Array, fine: Array) -> None:
    offender = first_offender(~fine)
    if offender is not None:
        at = ", ".join(
            f"{word} {number}"
            for word, number in zip(("instance", "task", "state", "action"), offender, strict=False)
        )
        raise InvalidInput(f"{at}: {name} is {show(array[offender])}, it {rule}")
