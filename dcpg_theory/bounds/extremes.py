"""Certified bounds of a task's greatest and least value, and optimal policies.

A policy iteration in float64 proposes values v, and the Bellman residual proves how far they can be
off. With T the optimality operator,

    T v <= v + e  implies  V* <= v + e/(1 - gamma),

and the same with the least value, or with one policy's operator (Puterman, "Markov Decision
Processes", section 6.2). T v is computed in floats, and what rounding can do to it is added to e:
at most gamma_m (|r| + |v|) for sums of m terms (Higham, "Accuracy and Stability of Numerical
Algorithms", section 3.5). A task of floats is taken as the one whose rows are scaled to sum to one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dcpg_theory.bounds.arithmetic import exact
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.theory.value import advantage, backup, value

__all__ = ["Extremes", "choosing_states", "extremes", "optimal_policy"]

_MOST_SWEEPS = 100
_UNIT = 2.0**-53
_MOST_SOLVED, _MOST_BACKUPS = 500, 1000
"""States up to which policies are evaluated by linear systems; backups where they are not."""
_MOST_EXACT = 40
"""States up to which a policy is evaluated in rationals."""


@dataclass(frozen=True, slots=True)
class Extremes:
    """What a task's value at its start distribution can be.

    Attributes
    ----------
    most, least : fmpq
        At least the greatest, at most the least V(mu) of any policy.
    uniform : fmpq
        At most V(mu) of the uniform policy.
    """

    most: Any
    least: Any
    uniform: Any


def extremes(task: FiniteMDP, start: Array) -> Extremes:
    """Return certified bounds of the values of a task.

    Parameters
    ----------
    task : FiniteMDP
        Of floats or rationals.
    start : array_like, shape (n_states,)
    """
    floats, horizon = task.to_float(), 1 / (1 - exact(task.discount, "discount"))
    mu = np.array([float(x) for x in start])
    even = np.full((task.n_states, task.n_actions), 1 / task.n_actions)

    def bounded(values: Array, turned: Array, sign: int) -> Any:
        """Return mu . v plus or minus what the residual of T v against v allows."""
        off = _rounding(floats, mu, values)
        residual = max(float((sign * (turned - values)).max()), 0.0) + off
        middle = exact(float(mu @ values), "value")
        return middle + sign * (exact(residual, "residual") * horizon + exact(off, "rounding"))

    best, worst = (_optimal_values(floats, sign) for sign in (1, -1))
    plain = _fixed_point(floats, _mean) if _is_large(floats) else value(floats, even)
    return Extremes(
        most=bounded(best, backup(floats, best).max(axis=1), 1),
        least=bounded(worst, backup(floats, worst).min(axis=1), -1),
        uniform=bounded(plain, backup(floats, plain).mean(axis=1), -1),
    )


def _rounding(task: FiniteMDP, mu: Array, values: Array) -> float:
    """Bound what floats change in one entry of T v, and in mu . v; twice, for good measure.

    Sums of at most n_states + n_actions terms are rounded, after data that were rounded once, from
    rows whose sums are not quite one.
    """
    rows = np.asarray(task.transitions.sum(axis=-1)).ravel()
    uneven = max(float(np.abs(rows - 1).max()), abs(float(mu.sum()) - 1))
    terms = task.n_states + task.n_actions + 8
    size = float(np.abs(task.rewards).max() + np.abs(values).max())
    return 2 * size * (2 * terms * _UNIT + uneven)


def _mean(q: Array) -> Array:
    return np.asarray(q.mean(axis=1))


def _is_large(task: FiniteMDP) -> bool:
    """Whether linear systems may fill up, so that backups alone are to be used."""
    return task.n_states > _MOST_SOLVED


def _fixed_point(task: FiniteMDP, choose: Callable[[Array], Array]) -> Array:
    """Return values after backups that choose among the actions, until they hardly move."""
    values = np.zeros(task.n_states)
    for _ in range(_MOST_BACKUPS):
        before, values = values, choose(backup(task, values))
        if np.abs(values - before).max() <= 1e-12 * (1 + np.abs(values).max()):
            break
    return values


def _optimal_values(task: FiniteMDP, sign: int) -> Array:
    """Return nearly the greatest (sign 1) or least (sign -1) values.

    By policy iteration, or in large tasks by value iteration; the residual certifies either.
    """
    if _is_large(task):
        return _fixed_point(task, lambda q: np.asarray(sign * (sign * q).max(axis=1)))
    chosen = np.argmax(sign * task.rewards, axis=1)
    for _ in range(_MOST_SWEEPS):
        values = value(task, np.eye(task.n_actions)[chosen])
        q = sign * backup(task, values)
        better = q.max(axis=1) > q[np.arange(len(q)), chosen] + 1e-12 * (1 + np.abs(q).max())
        if not better.any():
            break
        chosen = np.where(better, q.argmax(axis=1), chosen)
    return values


def optimal_policy(task: FiniteMDP) -> Array | None:
    """Return a deterministic policy whose optimality is certified by exact advantages, or None.

    None if the task is too large for exact evaluation, or no policy passed.

    Returns
    -------
    ndarray of fmpq, shape (n_states, n_actions)
    """
    if task.n_states > _MOST_EXACT:
        return None
    rational, floats = task.to_rational(rescale=True), task.to_float()
    q = backup(floats, _optimal_values(floats, 1))
    chosen = q.argmax(axis=1)
    for _ in range(_MOST_SWEEPS):
        policy = np.full(q.shape, exact(0, "policy"), dtype=object)
        policy[np.arange(len(q)), chosen] = exact(1, "policy")
        gains = advantage(rational, policy)
        if all(gain <= 0 for gain in gains.flat):
            return policy
        chosen = np.array([max(range(len(row)), key=row.__getitem__) for row in gains.tolist()])
    return None


def choosing_states(task: FiniteMDP, start: Array) -> int:
    """Return how many states matter: those reached from the start whose actions are not all alike.

    The value depends on the policy in these only, so that they can stand for |S_j| in the sharp
    constants.
    """
    floats = task.to_float()
    rows, n_actions = floats.transitions, task.n_actions
    sparse = not isinstance(rows, np.ndarray)
    if sparse:
        first = rows[np.repeat(np.arange(task.n_states) * n_actions, n_actions)]
        apart = abs(rows - first).sum(axis=1).reshape(task.n_states, n_actions)
        alike = (apart == 0).all(axis=1)
    else:
        alike = (rows == rows[:, :1]).all(axis=(1, 2))

    def ahead(states: Array) -> Array:
        """Return the states that some action leads to from these."""
        if not sparse:
            return np.asarray((rows[states] > 0).any(axis=(0, 1)))
        found = np.zeros(task.n_states, dtype=bool)
        found[rows[np.flatnonzero(np.repeat(states, n_actions))].indices] = True
        return found

    alike &= (floats.rewards == floats.rewards[:, :1]).all(axis=1)
    reached = frontier = np.array([bool(x > 0) for x in start])
    while frontier.any():
        frontier = ahead(frontier) & ~reached
        reached = reached | frontier
    return int(np.count_nonzero(reached & ~alike))
