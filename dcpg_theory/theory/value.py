"""Value, action value and advantage of a policy in one task: (1) and (2).

The expectation of a discounted sum in (1) satisfies the Bellman equation

    V = r_pi + gamma P_pi V,

and since gamma P_pi is a contraction, V is its only solution: the series is summed exactly by one
linear system. Printed (2) drops the index of the discount; here every task has its own gamma_i.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.theory.parts import one_kind
from dcpg_theory.theory.resolvent import resolvent_solve

__all__ = ["action_value", "advantage", "backup", "value"]


def value(mdp: FiniteMDP, policy: Any) -> Array:
    """Return V^pi of (1), the solution of (I - gamma P_pi) V = r_pi.

    Parameters
    ----------
    mdp : FiniteMDP
    policy : array_like, shape (n_states, n_actions)
        The probability of each action in each state, of any number kind. Only the shape is
        checked: the formula is a rational function and also serves off the simplex.

    Returns
    -------
    ndarray, shape (n_states,)
        Within [0, 1 / (1 - gamma)] for rewards in [0, 1], as (3) says.

    Raises
    ------
    InvalidInput
        If the policy's shape is wrong or the number kinds do not meet.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from dcpg_theory.models.finite_mdp import FiniteMDP
    >>> half = Fraction(1, 2)
    >>> mdp = FiniteMDP([[[0, 1], [1, 0]], [[0, 1], [0, 1]]], [[0, 0], [1, 1]], half, [1, 0])
    >>> value(mdp, [[half, half], [1, 0]])
    array([2/3, 2], dtype=object)
    """
    mdp, policy = one_kind(mdp, policy)
    return resolvent_solve(mdp, policy, mdp.policy_rewards(policy))


def backup(mdp: FiniteMDP, values: Array) -> Array:
    """Return the expected reward of one action followed by `values`: R + gamma P values.

    Parameters
    ----------
    mdp : FiniteMDP
    values : ndarray, shape (n_states,)
        Of the number kind of the process.

    Returns
    -------
    ndarray, shape (n_states, n_actions)

    Raises
    ------
    InvalidInput
        If the shape is wrong.
    """
    return np.asarray(mdp.rewards + mdp.discount * mdp.expected_next(values))


def action_value(mdp: FiniteMDP, policy: Any) -> Array:
    """Return Q^pi of (2), with the task's own discount.

    Parameters
    ----------
    mdp : FiniteMDP
    policy : array_like, shape (n_states, n_actions)

    Returns
    -------
    ndarray, shape (n_states, n_actions)

    Raises
    ------
    InvalidInput
        If the policy's shape is wrong or the number kinds do not meet.
    """
    mdp, policy = one_kind(mdp, policy)
    return backup(mdp, value(mdp, policy))


def advantage(mdp: FiniteMDP, policy: Any) -> Array:
    """Return A^pi = Q^pi - V^pi of (2).

    Parameters
    ----------
    mdp : FiniteMDP
    policy : array_like, shape (n_states, n_actions)

    Returns
    -------
    ndarray, shape (n_states, n_actions)
        Averages to zero over the actions of the policy, in every state.

    Raises
    ------
    InvalidInput
        If the policy's shape is wrong or the number kinds do not meet.
    """
    mdp, policy = one_kind(mdp, policy)
    V = value(mdp, policy)
    return np.asarray(backup(mdp, V) - V[:, None])
