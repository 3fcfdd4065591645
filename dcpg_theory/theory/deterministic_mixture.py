"""Every policy's value is an average of the values of the deterministic policies.

Row s of I - gamma P_pi is an average over pi(.|s) of rows that no policy enters, and the
determinant is linear in each row. So with f running through all deterministic policies, f_s the
action in s,

    det(I - gamma P_pi) = sum_f prod_s pi(f_s|s) det(I - gamma P_f),

and by Cramer's rule det(I - gamma P_pi) V^pi is the same sum with det(I - gamma P_f) V^f. Hence

    V^pi = sum_f p(f) V^f,    p(f) = prod_s pi(f_s|s) det(I - gamma P_f) / det(I - gamma P_pi) >= 0,

the same p for every reward and start. For the softmax, p is an exponential family in theta whose
statistic is the number of times that f takes a in s, 0 or 1; so derivatives of V^pi are joint
cumulants of V^f and that statistic under p.

Horn and Johnson, Matrix Analysis (2013), (0.3.2.1) and Section 0.8.3.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.linear_algebra import determinant, identity
from dcpg_theory.exact.numbers import Array, as_array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.policies import deterministic_policy
from dcpg_theory.theory.parts import one_kind
from dcpg_theory.theory.value import value

__all__ = ["MOST_DETERMINISTIC_POLICIES", "deterministic_values", "mixture_weights"]

MOST_DETERMINISTIC_POLICIES = 10**5
_MOST_AXES = 30  # of an array, less one


def mixture_weights(mdp: FiniteMDP, policy: Any) -> Array:
    """Return the probability p(f) of each deterministic policy f in the mixture that V^pi is.

    Parameters
    ----------
    mdp : FiniteMDP
    policy : array_like, shape (n_states, n_actions)

    Returns
    -------
    ndarray, shape (n_actions,) * n_states
        Entry [f_1, ..., f_n] belongs to the policy that takes f_s in state s. Non-negative, and
        they sum to 1; for a positive policy they are positive.

    Raises
    ------
    InvalidInput
        If the policy's shape is wrong, the number kinds do not meet, or there are more than
        `MOST_DETERMINISTIC_POLICIES` or more than 30 states.

    Examples
    --------
    In one state the mixture is the policy itself.

    >>> from fractions import Fraction
    >>> from dcpg_theory.models.finite_mdp import FiniteMDP
    >>> bandit = FiniteMDP([[[1], [1]]], [[1, 0]], Fraction(1, 2), [1])
    >>> mixture_weights(bandit, [[Fraction(1, 3), Fraction(2, 3)]])
    array([1/3, 2/3], dtype=object)
    """
    mdp, policy = one_kind(mdp, policy)
    whole = _determinant(mdp, policy)
    weights = []
    for choice in _choices(mdp):
        weight = _determinant(mdp, deterministic_policy(choice, mdp.n_actions, mdp.kind)) / whole
        for s, a in enumerate(choice):
            weight = weight * policy[s, a]
        weights.append(weight)
    shape = (mdp.n_actions,) * mdp.n_states
    return as_array(np.array(weights, dtype=policy.dtype), mdp.kind).reshape(shape)


def deterministic_values(mdp: FiniteMDP) -> Array:
    """Return V^f for every deterministic policy f.

    Parameters
    ----------
    mdp : FiniteMDP

    Returns
    -------
    ndarray, shape (n_actions,) * n_states + (n_states,)
        Entry [f_1, ..., f_n, s] is the value in state s of taking f_1, ..., f_n.

    Raises
    ------
    InvalidInput
        If there are more than `MOST_DETERMINISTIC_POLICIES`, or more than 30 states.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from dcpg_theory.models.finite_mdp import FiniteMDP
    >>> bandit = FiniteMDP([[[1], [1]]], [[1, 0]], Fraction(1, 2), [1])
    >>> deterministic_values(bandit)
    array([[2],
           [0]], dtype=object)
    """
    rows = [
        value(mdp, deterministic_policy(choice, mdp.n_actions, mdp.kind))
        for choice in _choices(mdp)
    ]
    return np.array(rows).reshape(*(mdp.n_actions,) * mdp.n_states, mdp.n_states)


def _choices(mdp: FiniteMDP) -> Iterator[tuple[int, ...]]:
    too_many = mdp.n_states > _MOST_AXES or mdp.n_actions**mdp.n_states > (
        MOST_DETERMINISTIC_POLICIES
    )
    if too_many:
        raise InvalidInput(
            f"n_states={mdp.n_states}, n_actions={mdp.n_actions}: there must be at most "
            f"{MOST_DETERMINISTIC_POLICIES} deterministic policies and {_MOST_AXES} states"
        )
    return product(range(mdp.n_actions), repeat=mdp.n_states)


def _determinant(mdp: FiniteMDP, policy: Array) -> Any:
    """Return det(I - gamma P_pi), which is positive."""
    step = mdp.policy_transitions(policy)
    dense = step.toarray() if mdp.is_sparse else step
    return determinant(identity(mdp.n_states, mdp.kind) - mdp.discount * dense)
