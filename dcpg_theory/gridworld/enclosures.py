r"""Bounds for processes too large to be solved in rationals: what the residual of a guess proves.

For any vector v, T the Bellman operator of a policy and T* that of the best one,

    v + min (T v - v) / (1 - gamma) <= V^pi <= v + max (T v - v) / (1 - gamma),
    V* <= v + max (T* v - v) / (1 - gamma),

since T and T* are monotone and move v + c by v + gamma c (Puterman 1994, Theorem 6.3.1). Floats
guess v, and rationals take its residual in one sweep over the transitions, so that the bound holds
whatever the guess is worth; it is as tight as the guess is good.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flint
import numpy as np

from dcpg_theory.exact.numbers import Array
from dcpg_theory.gridworld.rational_tasks import RationalTask, Row

__all__ = ["optimum_from_above", "value_from_below"]

_BITS = 50
_SWEEPS = 100


def value_from_below(task: RationalTask, policy: Sequence[Row]) -> Any:
    """Return a lower bound on V(rho) of a policy, an exact rational.

    Parameters
    ----------
    task : RationalTask
    policy : sequence of Row
        For each state of the task, in its order, a distribution over the actions.

    Returns
    -------
    fmpq
        At most V(rho), and close to it where the floats are good.
    """
    guess = _rational(_Floats(task).value(policy))
    least = min(
        sum((p * task.backup(guess, s, a) for a, p in row), flint.fmpq(0)) - guess[s]
        for s, row in enumerate(policy)
    )
    return task.at_start(guess) + least / (1 - task.discount)


def optimum_from_above(task: RationalTask) -> Any:
    """Return an upper bound on V(rho) of every policy, an exact rational.

    Parameters
    ----------
    task : RationalTask

    Returns
    -------
    fmpq
        At least the value of the best policy, and close to it where the floats are good.
    """
    guess = _rational(_Floats(task).optimal_value())
    largest = max(
        task.backup(guess, s, a) - guess[s]
        for s in range(task.n_states)
        for a in range(len(task.rewards[s]))
    )
    return task.at_start(guess) + largest / (1 - task.discount)


def _rational(values: Array) -> list[Any]:
    """Return floats as multiples of 2^-50, whose sums stay short."""
    return [flint.fmpq(round(float(v) * 2**_BITS), 2**_BITS) for v in values]


class _Floats:
    """A process in floats, sparse; a row of `P` for each state and action."""

    def __init__(self, task: RationalTask) -> None:
        from scipy.sparse import csr_array

        self.n, self.discount = task.n_states, float(task.discount)
        self.counts = np.array([len(rewards) for rewards in task.rewards])
        self.first = np.concatenate([[0], np.cumsum(self.counts)])
        rows = [row for actions in task.after for row in actions]
        ends = np.cumsum([0, *map(len, rows)])
        states = np.array([t for row in rows for t, _ in row], dtype=np.int64)
        chances = np.array([float(p) for row in rows for _, p in row])
        self.P = csr_array((chances, states, ends), shape=(len(rows), self.n))
        self.rewards = np.array([float(r) for rewards in task.rewards for r in rewards])

    def value(self, policy: Sequence[Row]) -> Array:
        """Return V of a policy."""
        chosen = [(s, int(self.first[s]) + a, float(p)) for s, x in enumerate(policy) for a, p in x]
        states, places, chances = map(np.array, zip(*chosen, strict=True))
        return self._value(states, places, chances)

    def _value(self, states: Array, places: Array, chances: Array) -> Array:
        from scipy.sparse import csc_array, csr_array, eye_array
        from scipy.sparse.linalg import splu

        average = csr_array((chances, (states, places)), shape=(self.n, len(self.rewards)))
        system = csc_array(eye_array(self.n) - self.discount * (average @ self.P))
        return np.asarray(splu(system).solve(average @ self.rewards))

    def optimal_value(self) -> Array:
        """Return V of the best policy, by policy iteration."""
        values, best = np.zeros(self.n), np.full(self.n, -1)
        states, ones = np.arange(self.n), np.ones(self.n)
        for _ in range(_SWEEPS):
            Q = self.rewards + self.discount * (self.P @ values)
            top = np.maximum.reduceat(Q, self.first[:-1])
            # An action is kept unless another is better by more than rounding.
            kept = (best >= 0) & (Q[best] >= top - 1e-12 * (1 + np.abs(top)))
            if kept.all():
                break
            is_top = np.flatnonzero(np.repeat(top, self.counts) == Q)
            owner = np.repeat(states, self.counts)[is_top]
            best = np.where(kept, best, is_top[np.searchsorted(owner, states)])
            values = self._value(states, best, ones)
        return values
