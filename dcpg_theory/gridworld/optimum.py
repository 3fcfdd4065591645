r"""Upper bounds on the best stationary policy of several tasks, certified, and gaps below them.

Tasks with the same transitions, discount and start are one process with the sum of their rewards,
so the best policy for such a group is found exactly. A policy must serve all groups at once, and
the sum of the groups' optimal values is an upper bound on (5): the most if each group could have a
policy of its own. If all tasks share their transitions there is one group, and the bound is exact.

Where the bound is not attained, `branch` refines it. A node restricts the policy in some states to
mixtures of given distributions, the corners of a simplex; a group's best restricted policy is again
an optimal policy of a process, whose actions are the corners. Where the groups disagree, the edge
between two corners is halved, which gives two nodes; the bound is the largest of all nodes'. No
policy is lost, so that the bound holds at every moment, for stochastic policies too.

All numbers are exact rationals.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.gridworld.rational_tasks import (
    Optimum,
    RationalTask,
    Row,
    optimal_value,
    rational_task,
    world_task,
)
from dcpg_theory.gridworld.worlds import GridWorld
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = [
    "Certified",
    "Relaxation",
    "branch",
    "policy_values",
    "relax",
    "rounded_policy",
    "summed_groups",
    "tasks_of",
]

_TOLERANCE = flint.fmpq(1, 10**6)

Choices = Mapping[Any, tuple[Row, ...]]
"""By label of the state: the distributions over actions that a policy may mix there."""


def tasks_of(source: GridWorld | MultiTaskProblem) -> list[RationalTask]:
    """Return the tasks in exact rationals; of a grid world with its exact discount."""
    if isinstance(source, GridWorld):
        return [world_task(source, number) for number in range(source.n_tasks)]
    return [rational_task(task) for task in source.tasks]


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The best policy of each group of tasks that share their dynamics.

    Attributes
    ----------
    groups : tuple of tuple of int
        The tasks' numbers, from 0.
    optima : tuple of Optimum
        One for each group, of the sum of its tasks' rewards.
    """

    groups: tuple[tuple[int, ...], ...]
    optima: tuple[Optimum, ...]

    @property
    def bound(self) -> Any:
        """The sum of the groups' optimal values: no stationary policy's (5) exceeds it."""
        return sum((optimum.value for optimum in self.optima), flint.fmpq(0))


def groups_of(tasks: Sequence[RationalTask]) -> tuple[tuple[int, ...], ...]:
    """Return the numbers of the tasks, those with the same dynamics and start together."""
    found: dict[Any, list[int]] = {}
    for number, task in enumerate(tasks):
        found.setdefault(task.dynamics, []).append(number)
    return tuple(map(tuple, found.values()))


def summed_groups(tasks: Sequence[RationalTask]) -> Iterator[tuple[tuple[int, ...], RationalTask]]:
    """Yield the groups of `groups_of`, each as one process with the sum of its rewards.

    Parameters
    ----------
    tasks : sequence of RationalTask

    Yields
    ------
    tuple of int
        The tasks' numbers, from 0.
    RationalTask
    """
    for group in groups_of(tasks):
        first = tasks[group[0]]
        summed = [
            [sum((tasks[i].rewards[s][a] for i in group), flint.fmpq(0)) for a in range(n)]
            for s, n in enumerate(map(len, first.rewards))
        ]
        yield group, first.with_rewards(summed)


def relax(tasks: Sequence[RationalTask], choices: Choices | None = None) -> Relaxation:
    """Return the optimal values of the groups, and with them an upper bound on (5).

    Parameters
    ----------
    tasks : sequence of RationalTask
    choices : mapping, optional
        Restricts the policies.
    """
    groups, optima = [], []
    for group, task in summed_groups(tasks):
        limited = {s: (choices or {})[x] for s, x in enumerate(task.states) if x in (choices or {})}
        groups.append(group)
        optima.append(optimal_value(task, limited))
    return Relaxation(tuple(groups), tuple(optima))


def rounded_policy(policy: Array, bits: int = 40) -> list[Row]:
    """Return a policy of floats in exact rationals: multiples of 2^-bits that sum to one.

    Parameters
    ----------
    policy : array_like, shape (n_states, n_actions)
    bits : int
        The likeliest action takes what rounding the others leaves.

    Raises
    ------
    InvalidInput
        If a row is no distribution within 1e-9.
    """
    policy = np.asarray(policy, dtype=float)
    if not (policy >= 0).all() or not (np.abs(policy.sum(axis=1) - 1) < 1e-9).all():
        raise InvalidInput("policy: each row must be a distribution")
    rows = []
    for row in policy:
        counts = [round(float(chance) * 2**bits) for chance in row]
        top = int(row.argmax())
        counts[top] += 2**bits - sum(counts)
        rows.append(tuple((a, flint.fmpq(n, 2**bits)) for a, n in enumerate(counts) if n))
    return rows


def policy_values(
    tasks: Sequence[RationalTask], policy: Mapping[Any, Row] | Sequence[Row]
) -> list[Any]:
    """Return every task's exact V(rho) under one policy.

    Parameters
    ----------
    tasks : sequence of RationalTask
    policy : mapping of label to Row, or sequence of Row
        A sequence is in the order of the union of the states, first seen first.
    """
    if not isinstance(policy, Mapping):
        labels = dict.fromkeys(label for task in tasks for label in task.states)
        policy = dict(zip(labels, policy, strict=True))
    return [task.at_start(task.value([policy[x] for x in task.states])) for task in tasks]


@dataclass(frozen=True, slots=True)
class Certified:
    """A policy and an upper bound, both exact.

    Attributes
    ----------
    bound : fmpq
        No stationary policy's (5) exceeds it.
    value : fmpq
        (5) of the best policy found.
    policy : dict of label to Row
    nodes : int
        How many nodes were solved; 1 if the groups' bound sufficed.
    """

    bound: Any
    value: Any
    policy: dict[Any, Row]
    nodes: int

    @property
    def gap(self) -> float:
        """(bound - value)/|bound|, or bound - value if the bound is 0."""
        difference = self.bound - self.value
        return float(difference if self.bound == 0 else difference / abs(self.bound))


def branch(
    tasks: Sequence[RationalTask],
    *,
    nodes: int = 1000,
    tolerance: Any = _TOLERANCE,
    candidates: Iterable[Mapping[Any, Row]] = (),
) -> Certified:
    """Bound the best stationary policy from above and below, by branch and bound.

    Parameters
    ----------
    tasks : sequence of RationalTask
    nodes : int
        The most nodes to solve, at least 1.
    tolerance : rational
        Stop when the bound exceeds the value by no more than this.
    candidates : iterable of mappings of label to Row
        Policies to start from.

    Raises
    ------
    InvalidInput
        If `nodes` is less than 1.
    """
    if nodes < 1:
        raise InvalidInput(f"nodes={nodes} must be at least 1")
    root = relax(tasks)
    champion = _better(tasks, None, (*candidates, *_consensus(tasks, root)))
    heap = [(-float(root.bound), 0, root, dict[Any, tuple[Row, ...]]())]
    solved, closed = 1, None
    while heap and solved < nodes:
        _, _, relaxation, choices = heapq.heappop(heap)
        if relaxation.bound <= champion.value + tolerance:
            closed = relaxation.bound if closed is None else max(closed, relaxation.bound)
            continue
        split = _split(tasks, relaxation, choices)
        if split is None:  # the groups agree wherever they go, so the bound is attained
            closed = relaxation.bound if closed is None else max(closed, relaxation.bound)
            continue
        for child in split:
            inner = relax(tasks, child)
            solved += 1
            champion = _better(tasks, champion, _consensus(tasks, inner))
            heapq.heappush(heap, (-float(inner.bound), solved, inner, child))
    open_bounds = [relaxation.bound for _, _, relaxation, _ in heap]
    bound = max([*open_bounds, *([] if closed is None else [closed])])
    return Certified(max(bound, champion.value), champion.value, champion.policy, solved)


@dataclass(frozen=True, slots=True)
class _Champion:
    """The best policy so far, with its value in floats and exactly."""

    policy: dict[Any, Row]
    rough: float
    value: Any


def _better(
    tasks: Sequence[RationalTask],
    champion: _Champion | None,
    policies: Iterable[Mapping[Any, Row]],
) -> _Champion:
    """Return the best of the policies and the champion; floats choose what is evaluated exactly."""
    for policy in policies:
        rough = sum(_rough_value(task, policy) for task in tasks)
        if champion is None or rough > champion.rough + 1e-12:
            value = sum(policy_values(tasks, policy), flint.fmpq(0))
            champion = _Champion(dict(policy), rough, value)
    assert champion is not None
    return champion


def _rough_value(task: RationalTask, policy: Mapping[Any, Row]) -> float:
    rows = [policy[label] for label in task.states]
    P = _chain(task, rows)
    rewards = [sum(float(p * task.rewards[s][a]) for a, p in row) for s, row in enumerate(rows)]
    values = np.linalg.solve(np.eye(len(rows)) - float(task.discount) * P, np.array(rewards))
    return float(sum(float(p) * values[s] for s, p in task.start))


def _chain(task: RationalTask, policy: Sequence[Row]) -> Array:
    """Return the transition matrix under a policy, in floats."""
    P = np.zeros((task.n_states, task.n_states))
    for s, row in enumerate(policy):
        for a, p in row:
            for t, q in task.after[s][a]:
                P[s, t] += float(p * q)
    return P


def _consensus(tasks: Sequence[RationalTask], relaxation: Relaxation) -> list[dict[Any, Row]]:
    """Return two policies for all: one takes in each state what the most visits want, one mixes."""
    n_actions = len(tasks[0].rewards[0])
    wishes: dict[Any, Array] = {}
    for optimum in relaxation.optima:
        visits = _visits(optimum)
        for s, label in enumerate(optimum.task.states):
            wish = wishes.setdefault(label, np.full(n_actions, 1e-12))
            for a, p in optimum.policy[s]:
                wish[a] += (visits[s] + 1e-9) * float(p)
    shares = np.array([wish / wish.sum() for wish in wishes.values()])
    one = flint.fmpq(1)
    greedy = {label: ((int(row.argmax()), one),) for label, row in zip(wishes, shares, strict=True)}
    return [greedy, dict(zip(wishes, rounded_policy(shares, bits=20), strict=True))]


def _visits(optimum: Optimum) -> Array:
    """Return the discounted visits from the start under a group's best policy, in floats."""
    task, n = optimum.task, optimum.task.n_states
    P, rho = _chain(task, optimum.policy), np.zeros(n)
    for s, p in task.start:
        rho[s] = float(p)
    return np.asarray(np.linalg.solve(np.eye(n) - float(task.discount) * P.T, rho))


def _split(
    tasks: Sequence[RationalTask], relaxation: Relaxation, choices: Choices
) -> list[dict[Any, tuple[Row, ...]]] | None:
    """Return two restrictions that together allow what `choices` do, or None if groups agree.

    Halved is the state where groups that want different corners both pass most.
    """
    wants: dict[Any, dict[Row, float]] = {}
    for optimum in relaxation.optima:
        visits = _visits(optimum)
        for s, label in enumerate(optimum.task.states):
            if visits[s] > 1e-12 and not _indifferent(optimum, s):
                corner = optimum.policy[s]
                by_corner = wants.setdefault(label, {})
                by_corner[corner] = by_corner.get(corner, 0.0) + float(visits[s])
    disputed = {label: sorted(w.items(), key=lambda x: -x[1]) for label, w in wants.items()}
    disputed = {label: w for label, w in disputed.items() if len(w) > 1}
    if not disputed:
        return None
    # Corners that lie close together have little left to disagree about.
    label, ranked = max(
        disputed.items(), key=lambda x: x[1][1][1] * _distance(x[1][0][0], x[1][1][0])
    )
    one, two = ranked[0][0], ranked[1][0]
    unit = flint.fmpq(1)
    n_actions = len(tasks[0].rewards[0])
    corners = choices.get(label) or tuple(((a, unit),) for a in range(n_actions))
    middle = _middle(one, two)
    children = []
    for dropped in (one, two):
        kept = tuple(middle if corner == dropped else corner for corner in corners)
        children.append({**choices, label: kept})
    return children


def _indifferent(optimum: Optimum, s: int) -> bool:
    """Whether every choice in a state is as good as the one taken."""
    task, limited = optimum.task, optimum.choices.get(s)
    if limited is None:
        values = {str(task.backup(optimum.values, s, a)) for a in range(len(task.rewards[s]))}
        return len(values) == 1
    return all(
        sum((p * task.backup(optimum.values, s, a) for a, p in choice), flint.fmpq(0))
        == optimum.values[s]
        for choice in limited
    )


def _distance(one: Row, two: Row) -> float:
    left, right = dict(one), dict(two)
    return sum(abs(float(left.get(a, 0)) - float(right.get(a, 0))) for a in {*left, *right})


def _middle(one: Row, two: Row) -> Row:
    left, right = dict(one), dict(two)
    zero = flint.fmpq(0)
    return tuple((a, (left.get(a, zero) + right.get(a, zero)) / 2) for a in sorted({*left, *right}))
