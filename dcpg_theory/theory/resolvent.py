"""The resolvent of the chain under a policy: all of Section 2.1 is one linear system.

With P_pi[s, s'] the probability of s' from s, the matrix

    M = (I - gamma P_pi)^{-1} = sum_k gamma^k P_pi^k

counts the discounted visits: M[s, s'] is the expected discounted number of visits to s' from s.
Values are M @ rewards, visitations are start @ M; the discount below 1 makes the series converge.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dcpg_theory.exact.linear_algebra import identity, solve
from dcpg_theory.exact.numbers import Array, as_array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.theory.parts import one_kind

__all__ = ["resolvent", "resolvent_solve"]


def resolvent(mdp: FiniteMDP, policy: Any) -> Array:
    """Return M = (I - gamma P_pi)^{-1}.

    Parameters
    ----------
    mdp : FiniteMDP
    policy : array_like, shape (n_states, n_actions)

    Returns
    -------
    ndarray, shape (n_states, n_states)
        Dense; its rows sum to 1 / (1 - gamma).

    Raises
    ------
    InvalidInput
        If the policy's shape is wrong or the number kinds do not meet.
    """
    mdp, policy = one_kind(mdp, policy)
    return resolvent_solve(mdp, policy, identity(mdp.n_states, mdp.kind))


def resolvent_solve(
    mdp: FiniteMDP, policy: Any, right: Array, *, transposed: bool = False
) -> Array:
    """Return M @ right, or M.T @ right, without forming M.

    Parameters
    ----------
    mdp : FiniteMDP
        Sparse transitions are factorised sparsely.
    policy : array_like, shape (n_states, n_actions)
    right : ndarray, shape (n_states,) or (n_states, m)
    transposed : bool
        Whether to apply the transpose.

    Returns
    -------
    ndarray
        Shape of `right`.

    Raises
    ------
    InvalidInput
        If a shape is wrong or the number kinds do not meet.
    ZeroDivisionError
        If the system is singular; never for probabilities.
    """
    mdp, policy = one_kind(mdp, policy, right)
    right = as_array(right, mdp.kind)
    step = mdp.discount * mdp.policy_transitions(policy)
    if mdp.is_sparse:
        return _solve_sparse(step, right, transposed=transposed)
    system = identity(mdp.n_states, mdp.kind) - step
    return solve(system.T if transposed else system, right)


def _solve_sparse(step: Any, right: Array, *, transposed: bool) -> Array:
    from scipy.sparse import csc_array, eye_array
    from scipy.sparse.linalg import splu

    try:
        factors = splu(csc_array(eye_array(len(right)) - step))
    except RuntimeError as error:
        raise ZeroDivisionError("the matrix is singular") from error
    return np.asarray(factors.solve(right, trans="T" if transposed else "N"))
