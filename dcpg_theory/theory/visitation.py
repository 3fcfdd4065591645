"""The discounted state visitation of Section 3, and its matrix of Appendix A.

    d(s | s0) = (1 - gamma) sum_k gamma^k P(s_k = s | s_0 = s0) = (1 - gamma) M[s0, s]

with the resolvent M. Appendix A writes transition matrices with the old state as the column, so
the matrix D with entry (s, s0) = d(s | s0) is (1 - gamma) (I - gamma P)^{-1} in its notation:
printed (18) lacks the factor 1 - gamma, and (17), d_rho = D rho, holds with it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.theory.parts import one_kind, start_array
from dcpg_theory.theory.resolvent import resolvent, resolvent_solve

__all__ = ["visitation", "visitation_matrix"]


def visitation(mdp: FiniteMDP, policy: Any, start: Any | None = None) -> Array:
    """Return d_rho^pi, the discounted visitation from a start distribution.

    Parameters
    ----------
    mdp : FiniteMDP
    policy : array_like, shape (n_states, n_actions)
    start : array_like, shape (n_states,), optional
        Default the process's own rho.

    Returns
    -------
    ndarray, shape (n_states,)
        (1 - gamma) rho^T (I - gamma P_pi)^{-1}, a distribution, at least (1 - gamma) rho.

    Raises
    ------
    InvalidInput
        If a shape is wrong or the number kinds do not meet.
    """
    start = start_array(mdp, start)
    mdp, policy = one_kind(mdp, policy, start)
    return np.asarray((1 - mdp.discount) * resolvent_solve(mdp, policy, start, transposed=True))


def visitation_matrix(mdp: FiniteMDP, policy: Any) -> Array:
    """Return D^pi of (17) and (18), the latter with its missing factor 1 - gamma.

    Parameters
    ----------
    mdp : FiniteMDP
    policy : array_like, shape (n_states, n_actions)

    Returns
    -------
    ndarray, shape (n_states, n_states)
        Entry [s, s0] is d(s | s0); each column is a distribution.

    Raises
    ------
    InvalidInput
        If the policy's shape is wrong or the number kinds do not meet.

    Examples
    --------
    Example 2 from S2, under the policy that goes right at S3: the visitation of S1, S2 and S3.

    >>> from dcpg_theory.exact.rational_functions import symbols
    >>> from dcpg_theory.models.examples import example_2, example_policy
    >>> gamma, p = symbols("gamma", "p")
    >>> visitation_matrix(example_2(gamma, p).tasks[0], example_policy(0, 0, 0))[:3, 1]
    array([-gamma*p + gamma, -gamma + 1,
           (-gamma^2*p + gamma*p)/(gamma^2*p - gamma^2 + 1)], dtype=object)
    """
    mdp, policy = one_kind(mdp, policy)
    return np.asarray((1 - mdp.discount) * resolvent(mdp, policy).T)
