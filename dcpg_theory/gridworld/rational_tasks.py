"""Tasks in exact rationals, kept sparse: values of policies, and optimal values with certificates.

The optimal value of one process is found by policy iteration in exact arithmetic, started from the
policy that value iteration in floats proposes. What is returned satisfies Bellman's optimality
equation exactly, and that is checked again for every state and action: nothing rests on the floats.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from dcpg_theory.errors import CertificateRejected, InvalidInput
from dcpg_theory.exact.numbers import Array, NumberKind
from dcpg_theory.exact.rational_functions import as_fmpq
from dcpg_theory.gridworld.worlds import GridWorld
from dcpg_theory.models.conversion import rational_of
from dcpg_theory.models.finite_mdp import FiniteMDP

__all__ = ["Optimum", "RationalTask", "Row", "optimal_value", "rational_task", "world_task"]

Row = tuple[tuple[int, Any], ...]
"""A distribution: places and their rational probabilities, none of which is zero."""


@dataclass(frozen=True, slots=True)
class RationalTask:
    """A finite process, of rationals.

    Attributes
    ----------
    after : tuple of tuple of Row
        ``after[s][a]`` is the distribution of the next state.
    rewards : tuple of tuple of fmpq
    discount : fmpq
    start : Row
    states : tuple
        Labels.
    """

    after: tuple[tuple[Row, ...], ...]
    rewards: tuple[tuple[Any, ...], ...]
    discount: Any
    start: Row
    states: tuple[Any, ...]

    @property
    def n_states(self) -> int:
        """The number of states."""
        return len(self.states)

    @property
    def dynamics(self) -> Any:
        """What two tasks must have in common to be one process with two rewards; hashable."""
        return (
            self.states,
            str(self.discount),
            tuple((s, str(p)) for s, p in self.start),
            tuple(tuple((t, str(p)) for t, p in row) for rows in self.after for row in rows),
        )

    def with_rewards(self, rewards: Sequence[Sequence[Any]]) -> RationalTask:
        """Return the process with other rewards."""
        fixed = tuple(map(tuple, rewards))
        return RationalTask(self.after, fixed, self.discount, self.start, self.states)

    def value(self, policy: Sequence[Row]) -> list[Any]:
        """Return V of a policy, exactly: ``policy[s]`` is a distribution over the actions."""
        n = self.n_states
        matrix, right = flint.fmpq_mat(n, n), flint.fmpq_mat(n, 1)
        for s in range(n):
            matrix[s, s] = matrix[s, s] + 1
            for a, chance in policy[s]:
                right[s, 0] = right[s, 0] + chance * self.rewards[s][a]
                for t, p in self.after[s][a]:
                    matrix[s, t] = matrix[s, t] - self.discount * chance * p
        solution = matrix.solve(right)
        return [solution[s, 0] for s in range(n)]

    def visitation(self, policy: Sequence[Row]) -> list[Any]:
        """Return d of Section 3 from the start under a policy, exactly; it sums to one."""
        n = self.n_states
        matrix, right = flint.fmpq_mat(n, n), flint.fmpq_mat(n, 1)
        for s, p in self.start:
            right[s, 0] = (1 - self.discount) * p
        for s in range(n):
            matrix[s, s] = matrix[s, s] + 1
            for a, chance in policy[s]:
                for t, p in self.after[s][a]:
                    matrix[t, s] = matrix[t, s] - self.discount * chance * p
        solution = matrix.solve(right)
        return [solution[s, 0] for s in range(n)]

    def backup(self, values: Sequence[Any], s: int, a: int) -> Any:
        """Return r(s, a) + gamma sum_t P(t | s, a) values[t]."""
        expected = sum((p * values[t] for t, p in self.after[s][a]), flint.fmpq(0))
        return self.rewards[s][a] + self.discount * expected

    def at_start(self, values: Sequence[Any]) -> Any:
        """Return the mean of values over the start distribution."""
        return sum((p * values[s] for s, p in self.start), flint.fmpq(0))


def world_task(world: GridWorld, number: int) -> RationalTask:
    """Return one task of a grid world, without rounding; tasks are counted from 0."""
    return rational_task(world.task(number), world.discount)


def rational_task(task: FiniteMDP, discount: Fraction | None = None) -> RationalTask:
    """Return a process as a `RationalTask`.

    Parameters
    ----------
    task : FiniteMDP
        Of rationals, or of floats, which are taken by their binary values.
    discount : Fraction, optional
        In place of the task's own, whose binary value is seldom the number that was meant.

    Raises
    ------
    InvalidInput
        If the rows of floats do not sum to one exactly, or there are balls or symbols.
    """
    if task.kind not in (NumberKind.RATIONAL, NumberKind.FLOAT):
        raise InvalidInput(f"an exact optimum needs floats or rationals, not {task.kind}s")
    start, rewards = rational_of(task.start), rational_of(task.rewards)
    after = []
    for s in range(task.n_states):
        rows = []
        for a in range(task.n_actions):
            row = _row(task, s, a)
            if sum((p for _, p in row), flint.fmpq(0)) != 1:
                raise InvalidInput(
                    f"state {task.states[s]}, action {a}: the floats do not sum to one exactly; "
                    "give rationals, or to_rational(rescale=True)"
                )
            rows.append(row)
        after.append(tuple(rows))
    exact = rational_of(task.discount)[()] if discount is None else as_fmpq(discount)
    begin = tuple((s, p) for s, p in enumerate(start) if p != 0)
    if sum((p for _, p in begin), flint.fmpq(0)) != 1:
        total = sum((p for _, p in begin), flint.fmpq(0))
        begin = tuple((s, p / total) for s, p in begin)
    return RationalTask(tuple(after), tuple(map(tuple, rewards)), exact, begin, task.states)


def _row(task: FiniteMDP, s: int, a: int) -> Row:
    if not task.is_sparse:
        dense = task.transitions[s, a]
        return tuple((int(t), p) for t, p in enumerate(rational_of(dense)) if p != 0)
    P, k = task.transitions, s * task.n_actions + a
    places = range(int(P.indptr[k]), int(P.indptr[k + 1]))
    chances = rational_of(P.data[places.start : places.stop])
    return tuple((int(P.indices[x]), p) for x, p in zip(places, chances, strict=True) if p != 0)


@dataclass(frozen=True, slots=True)
class Optimum:
    """The optimal value of a process, with its certificate.

    Attributes
    ----------
    task : RationalTask
    choices : mapping of int to tuple of Row
        The distributions over actions that a policy may mix in a state; every action if absent.
    policy : tuple of Row
    values : tuple of fmpq
        Its value, which no policy exceeds in any state.
    """

    task: RationalTask
    choices: Mapping[int, tuple[Row, ...]]
    policy: tuple[Row, ...]
    values: tuple[Any, ...]

    @property
    def value(self) -> Any:
        """The optimal value from the start, an exact rational."""
        return self.task.at_start(self.values)

    def check(self) -> None:
        """Check the certificate: the policy's Bellman equation, and that no choice is better.

        Raises
        ------
        CertificateRejected
            If it does not hold.
        """
        for s in range(self.task.n_states):
            own = _mixed(self.task, self.values, s, self.policy[s])
            if own != self.values[s]:
                raise CertificateRejected(f"state {self.task.states[s]}: not the policy's value")
            for choice in _choices(self.task, self.choices, s):
                if _mixed(self.task, self.values, s, choice) > self.values[s]:
                    raise CertificateRejected(f"state {self.task.states[s]}: another is better")


def optimal_value(
    task: RationalTask, choices: Mapping[int, tuple[Row, ...]] | None = None
) -> Optimum:
    """Return the optimal value of a process, by exact policy iteration.

    Parameters
    ----------
    task : RationalTask
    choices : mapping of int to tuple of Row, optional
        Restricts the policies: in state s only mixtures of ``choices[s]``.
    """
    limited = {} if choices is None else choices
    policy = list(_float_policy(task, limited))
    while True:
        values = task.value(policy)
        changed = False
        for s in range(task.n_states):
            best = _mixed(task, values, s, policy[s])
            for choice in _choices(task, limited, s):
                found = _mixed(task, values, s, choice)
                if found > best:
                    best, policy[s], changed = found, choice, True
        if not changed:
            optimum = Optimum(task, limited, tuple(policy), tuple(values))
            optimum.check()
            return optimum


def _choices(task: RationalTask, choices: Mapping[int, tuple[Row, ...]], s: int) -> tuple[Row, ...]:
    one = flint.fmpq(1)
    return choices.get(s) or tuple(((a, one),) for a in range(len(task.rewards[s])))


def _mixed(task: RationalTask, values: Sequence[Any], s: int, choice: Row) -> Any:
    return sum((p * task.backup(values, s, a) for a, p in choice), flint.fmpq(0))


def _float_policy(task: RationalTask, choices: Mapping[int, tuple[Row, ...]]) -> list[Row]:
    """Return what value iteration in floats takes for the best choices; a proposal, no more."""
    options = [_choices(task, choices, s) for s in range(task.n_states)]
    first = np.cumsum([0, *(len(o) for o in options)])
    rewards, P = np.zeros(first[-1]), np.zeros((first[-1], task.n_states))
    for s, rows in enumerate(options):
        for k, choice in enumerate(rows, int(first[s])):
            for a, p in choice:
                rewards[k] += float(p) * float(task.rewards[s][a])
                for t, q in task.after[s][a]:
                    P[k, t] += float(p) * float(q)
    values, gamma = np.zeros(task.n_states), float(task.discount)
    Q: Array = rewards
    for _ in range(2000):
        Q = rewards + gamma * (P @ values)
        following = np.maximum.reduceat(Q, first[:-1])
        done = np.abs(following - values).max() < 1e-13
        values = following
        if done:
            break
    return [o[int(Q[first[s] : first[s + 1]].argmax())] for s, o in enumerate(options)]
