"""Several tasks over the union of their state spaces: the problem (5) of Section 2.1.

Tasks may hold only part of the states; equal labels are the same state. A policy, or a parameter
theta, is defined on the union S and has shape (n_states, n_actions); each task sees the rows of its
own states.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import flint
import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array, NumberKind, as_array, as_scalar, number_kind
from dcpg_theory.models import validation
from dcpg_theory.models.conversion import float_of, rational_of, same_entries
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.validation import converted, in_task, input_array
from dcpg_theory.notebook import Card, Shown, text

__all__ = ["MultiTaskProblem"]

_SHOWN_TASKS = 6
"""On a card in a notebook."""


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class MultiTaskProblem(Shown):
    """Tasks M_1, ..., M_N with common actions, over the union of their states.

    Immutable. In indices and messages tasks are counted from 0, as in ``problem.tasks[0]``.

    Parameters
    ----------
    tasks : iterable of FiniteMDP
        At least one, all with the same number of actions; discounts and starts are their own. They
        are converted to the number kind they promote to jointly.
    exploration : sequence of array_like, optional
        For each task the distribution mu_i over its own states, shape (task.n_states,), from which
        the algorithm's gradients start; default the tasks' starts.

    Attributes
    ----------
    tasks : tuple of FiniteMDP
    states : tuple of hashable
        The union of the labels, in the order of their first appearance.
    indices : tuple of int arrays
        ``indices[i][k]`` is the place in `states` of the k-th state of task i.
    exploration : tuple of arrays
    kind : NumberKind

    Raises
    ------
    InvalidInput
        If there is no task, the numbers of actions differ, the number kinds do not meet, or an
        exploration is not a distribution over its task's states.

    Examples
    --------
    >>> left = FiniteMDP([[[1]]], [[0]], 0.5, [1], states=["a"])
    >>> right = FiniteMDP([[[1, 0]], [[1, 0]]], [[0], [1]], 0.9, [0, 1], states=["b", "a"])
    >>> problem = MultiTaskProblem([left, right])
    >>> problem.states
    ('a', 'b')
    >>> problem.indices[1]
    array([1, 0])
    """

    tasks: tuple[FiniteMDP, ...]
    states: tuple[Hashable, ...]
    indices: tuple[Array, ...]
    exploration: tuple[Array, ...]
    kind: NumberKind

    def __init__(
        self, tasks: Iterable[FiniteMDP], exploration: Sequence[Any] | None = None
    ) -> None:
        tasks = tuple(tasks)
        _check_tasks(tasks)
        starts = [task.start for task in tasks] if exploration is None else list(exploration)
        if len(starts) != len(tasks):
            raise InvalidInput(
                f"exploration has {len(starts)} distributions, it must have one for each of the "
                f"{len(tasks)} tasks"
            )
        starts = [input_array(f"task {i}: exploration", mu) for i, mu in enumerate(starts)]
        kind = number_kind(*(task.discount for task in tasks), *starts)
        states, indices = _union(tasks)
        set_field = object.__setattr__
        set_field(self, "kind", kind)
        set_field(self, "tasks", tuple(task.astype(kind) for task in tasks))
        set_field(self, "states", states)
        set_field(self, "indices", indices)
        checked = tuple(
            _exploration(i, task, mu, kind)
            for i, (task, mu) in enumerate(zip(tasks, starts, strict=True))
        )
        set_field(self, "exploration", checked)

    @property
    def n_tasks(self) -> int:
        """The number of tasks, the paper's N."""
        return len(self.tasks)

    @property
    def n_states(self) -> int:
        """The number of states of the union."""
        return len(self.states)

    @property
    def n_actions(self) -> int:
        """The number of actions."""
        return self.tasks[0].n_actions

    @property
    def reward_range(self) -> tuple[Any, Any]:
        """The least and the greatest reward of all tasks, in their number kind.

        Constants of Q(symbols) come back as rationals; of balls it is a ball that contains the
        least, and one that contains the greatest.

        Raises
        ------
        InvalidInput
            If a reward depends on a symbol.
        """
        rewards = [task.rewards for task in self.tasks]
        if self.kind is NumberKind.BALL:
            balls = [ball for array in rewards for ball in array.flat]
            return reduce(flint.arb.min, balls), reduce(flint.arb.max, balls)
        if self.kind is NumberKind.SYMBOLIC:
            rewards = [rational_of(array) for array in rewards]
        return min(array.min() for array in rewards), max(array.max() for array in rewards)

    def task_policy(self, task: int, policy: Any) -> Array:
        """Return the rows of a policy that belong to the states of a task, in the task's order.

        Parameters
        ----------
        task : int
            Counted from 0.
        policy : array_like, shape (n_states, ...)
            A policy, parameter or other function on the union.

        Returns
        -------
        array, shape (tasks[task].n_states, ...)
            Of the same number kind.

        Raises
        ------
        InvalidInput
            If there is no such task or the first axis is not the union's states.
        """
        index = self._index(task)
        policy = input_array("policy", policy)
        if policy.ndim == 0 or policy.shape[0] != self.n_states:
            raise InvalidInput(
                f"policy has shape {policy.shape}, its first axis must have n_states = "
                f"{self.n_states} entries, the states of all tasks"
            )
        return np.asarray(policy[index])

    def embed(self, task: int, values: Any) -> Array:
        """Return a function on a task's states as one on the union, zero elsewhere.

        Parameters
        ----------
        task : int
            Counted from 0.
        values : array_like, shape (tasks[task].n_states, ...)
            Of any number kind.

        Returns
        -------
        array, shape (n_states, ...)
            Of the same number kind.

        Raises
        ------
        InvalidInput
            If there is no such task or the first axis is not the task's states.
        """
        index = self._index(task)
        values = input_array("values", values)
        if values.ndim == 0 or values.shape[0] != len(index):
            raise InvalidInput(
                f"values has shape {values.shape}, its first axis must have {len(index)} entries, "
                f"the states of task {task}"
            )
        kind = number_kind(values)
        shape = (self.n_states, *values.shape[1:])
        dtype = np.float64 if kind is NumberKind.FLOAT else object
        result = np.full(shape, as_scalar(0, kind), dtype=dtype)
        result[index] = as_array(values, kind)
        return result

    def _index(self, task: int) -> Array:
        if not 0 <= task < self.n_tasks:
            raise InvalidInput(f"task={task} must lie in 0, ..., {self.n_tasks - 1}")
        return self.indices[task]

    def astype(self, kind: NumberKind) -> MultiTaskProblem:
        """Return the problem in another number kind, with the rules of `FiniteMDP.astype`."""
        if kind is self.kind:
            return self
        if kind is NumberKind.FLOAT:
            return self.to_float()
        source = self.to_rational() if self.kind is NumberKind.FLOAT else self
        if kind is NumberKind.RATIONAL:
            return source.to_rational()
        return source._mapped(lambda task: task.astype(kind), lambda mu: as_array(mu, kind))

    def to_float(self) -> MultiTaskProblem:
        """Return the problem in float64, with the rules of `FiniteMDP.to_float`."""
        if self.kind is NumberKind.FLOAT:
            return self
        return self._mapped(FiniteMDP.to_float, float_of)

    def to_rational(self, *, rescale: bool = False) -> MultiTaskProblem:
        """Return the problem in exact rationals, with the rules of `FiniteMDP.to_rational`."""
        if self.kind is NumberKind.RATIONAL:
            return self

        def exact(mu: Array) -> Array:
            rational = rational_of(mu)
            return np.asarray(rational / rational.sum()) if rescale else rational

        return self._mapped(lambda task: task.to_rational(rescale=rescale), exact)

    def _mapped(
        self, of_task: Callable[[FiniteMDP], FiniteMDP], of_exploration: Callable[[Array], Array]
    ) -> MultiTaskProblem:
        tasks = []
        for i, task in enumerate(self.tasks):
            with in_task(i):
                tasks.append(of_task(task))
        return MultiTaskProblem(tasks, [of_exploration(mu) for mu in self.exploration])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MultiTaskProblem):
            return NotImplemented
        return self.tasks == other.tasks and all(
            same_entries(mine, yours)
            for mine, yours in zip(self.exploration, other.exploration, strict=True)
        )

    def __hash__(self) -> int:
        return hash(self.tasks)

    def __repr__(self) -> str:
        return (
            f"MultiTaskProblem({self.n_tasks} tasks, {self.n_states} states, "
            f"{self.n_actions} actions, {self.kind})"
        )

    def _card(self) -> Card:
        rows = [
            ("tasks", text(self.n_tasks)),
            ("states of all", text(self.n_states)),
            ("actions", text(self.n_actions)),
            ("numbers", text(self.kind)),
        ]
        for i, task in enumerate(self.tasks[:_SHOWN_TASKS]):
            rows.append((f"task {i}", text(f"{task.n_states} states, discount {task.discount}")))
        if self.n_tasks > _SHOWN_TASKS:
            rows.append(("…", text(f"{self.n_tasks - _SHOWN_TASKS} more tasks")))
        return Card("MultiTaskProblem", tuple(rows))


def _check_tasks(tasks: tuple[FiniteMDP, ...]) -> None:
    if not tasks:
        raise InvalidInput("tasks is empty, it must hold at least one task")
    for i, task in enumerate(tasks):
        if not isinstance(task, FiniteMDP):
            raise InvalidInput(f"task {i} is a {type(task).__name__}, it must be a FiniteMDP")
        if task.n_actions != tasks[0].n_actions:
            raise InvalidInput(
                f"task {i} has {task.n_actions} actions, it must have {tasks[0].n_actions} like "
                "task 0: the actions are common to all tasks"
            )


def _union(tasks: tuple[FiniteMDP, ...]) -> tuple[tuple[Hashable, ...], tuple[Array, ...]]:
    places: dict[Hashable, int] = {}
    indices = []
    for task in tasks:
        found = [places.setdefault(label, len(places)) for label in task.states]
        indices.append(validation.frozen(np.array(found, dtype=np.intp)))
    return tuple(places), tuple(indices)


def _exploration(i: int, task: FiniteMDP, mu: Array, kind: NumberKind) -> Array:
    with in_task(i):
        validation.check_shape("exploration", mu, (task.n_states,), "(n_states of the task,)")
        result = converted("exploration", mu, kind)
        validation.check_distribution(
            result,
            kind,
            lambda at: f"state {task.states[at[0]]}: exploration probability",
            lambda _: "exploration",
        )
        return result
