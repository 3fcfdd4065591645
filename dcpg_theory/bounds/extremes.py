"""Certified bounds of a task's greatest and least value, and optimal policies, in exact arithmetic.

Floats search, rationals certify: a policy iteration in float64 proposes values v, and the Bellman
residual proves how far they can be off. With T the optimality operator,

    T v <= v + e  implies  V* <= v + e/(1 - gamma),

and the same with the least value, or with one policy's operator (Puterman, "Markov Decision
Processes", section 6.2). A task of floats is taken as the rationals whose rows sum to one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dcpg_theory.bounds.arithmetic import exact
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.theory.value import advantage, backup, value

__all__ = ["Extremes", "choosing_states", "extremes", "optimal_policy"]

_MOST_SWEEPS = 100
_MOST_TERMS = 10**5
"""Of the sum over states, actions and successors in one exact backup."""


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


def extremes(task: FiniteMDP, start: Array) -> Extremes | None:
    """Return certified bounds of the values of a task; None if it is too large for exact backups.

    Parameters
    ----------
    task : FiniteMDP
        Of floats or rationals.
    start : ndarray, shape (n_states,)
    """
    if task.n_states**2 * task.n_actions > _MOST_TERMS:
        return None
    rational, floats = task.to_rational(rescale=True), task.to_float()
    mu = np.array([exact(x, "start") for x in start], dtype=object)
    mu = mu / mu.sum()
    share = 1 / (1 - rational.discount)

    def bounded(values: Array, turned: Array, sign: int) -> Any:
        """Return mu . v plus or minus the residual of T v against v."""
        residual = max([sign * (new - old) for new, old in zip(turned, values, strict=True)] + [0])
        return mu @ values + sign * residual * share

    best, worst = (_exact(_optimal_values(floats, sign)) for sign in (1, -1))
    even = np.full((task.n_states, task.n_actions), 1 / task.n_actions)
    plain = _exact(value(floats, even))
    return Extremes(
        most=bounded(best, backup(rational, best).max(axis=1), 1),
        least=bounded(worst, backup(rational, worst).min(axis=1), -1),
        uniform=bounded(plain, backup(rational, plain).sum(axis=1) / task.n_actions, -1),
    )


def _exact(values: Array) -> Array:
    return np.array([exact(float(x), "value") for x in values], dtype=object)


def _optimal_values(task: FiniteMDP, sign: int) -> Array:
    """Return nearly the greatest (sign 1) or least (sign -1) values, by policy iteration."""
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
    rational, floats = task.to_rational(rescale=True), task.to_float()
    if task.n_states > 40 or task.n_states**2 * task.n_actions > _MOST_TERMS:
        return None
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
    transitions, rewards = task.to_float().transitions, task.to_float().rewards
    if not isinstance(transitions, np.ndarray):
        transitions = transitions.toarray().reshape(task.n_states, task.n_actions, task.n_states)
    alike = (transitions == transitions[:, :1]).all(axis=(1, 2))
    alike &= (rewards == rewards[:, :1]).all(axis=1)
    leads = (transitions > 0).any(axis=1)
    reached = frontier = np.array([bool(x > 0) for x in start])
    while frontier.any():
        frontier = leads[frontier].any(axis=0) & ~reached
        reached = reached | frontier
    return int(np.count_nonzero(reached & ~alike))
