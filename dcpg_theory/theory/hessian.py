r"""The Hessian of the regularized objective in theta, in closed form.

Write x = (s, a), y = (s', b), M = (I - gamma P_pi)^{-1}, n = rho^T M = d_rho / (1 - gamma), and

    g[x]     = pi(a | s) A(s, a),
    K[x, s'] = pi(a | s) (gamma E[M(next, s') | s, a] + 1[s = s'] - M(s, s')).

K[., s'] is to "reward one for each visit to s'" what g is to the task's reward: its value is
M(., s'), and the bracket is its advantage. Differentiating a resolvent, dM = gamma M dP M, gives

    dV(z)/dx = M(z, s) g[x]          which is (8),
    dM(z, s)/dy = M(z, s') K[y, s]   the same formula for that other reward.

The derivative of g at a fixed Q is pi(a|s) (1[a = b] A_a - pi_b (A_a + A_b)), within one state; the
dependence of Q on y adds K[x, s'] g[y]. By the product rule on n(s) g[x], then,

    H[x, y] = n(s) K[x, s'] g[y] + n(s') K[y, s] g[x]
              + 1[s = s'] n(s) (1[a = b] g[x] - pi(a | s) g[y] - pi(b | s) g[x]).

The three terms are visibly symmetric. No logarithm and no theta occurs: H is exact for rational
probabilities. The regularizer contributes -lambda (per task) times the Hessian of RE.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dcpg_theory.exact.linear_algebra import identity
from dcpg_theory.exact.numbers import Array, as_array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.theory.parts import Model, Terms, one_kind, start_array, terms
from dcpg_theory.theory.policy_derivative import block_diagonal
from dcpg_theory.theory.regularizer import relative_entropy_hessian
from dcpg_theory.theory.resolvent import resolvent
from dcpg_theory.theory.value import advantage

__all__ = ["hessian", "task_hessian", "value_hessian"]


def value_hessian(mdp: FiniteMDP, policy: Any, start: Any | None = None) -> Array:
    """Return the second derivative of V(rho) in theta, the H of the module's text.

    Parameters
    ----------
    mdp : FiniteMDP
    policy : array_like, shape (n_states, n_actions)
    start : array_like, shape (n_states,), optional
        Default the process's own rho.

    Returns
    -------
    ndarray, shape (n_states, n_actions, n_states, n_actions)

    Raises
    ------
    InvalidInput
        If a shape is wrong or the number kinds do not meet.
    """
    start = start_array(mdp, start)
    mdp, pi = one_kind(mdp, policy, start)
    M = resolvent(mdp, pi)
    n = as_array(start, mdp.kind) @ M
    g = pi * advantage(mdp, pi)
    K = _visit_gradient(mdp, pi, M)
    across = (n[:, None, None] * K)[:, :, :, None] * g[None, None, :, :]
    within = block_diagonal(n[:, None, None] * _within(pi, g))
    return np.asarray(across + across.transpose(2, 3, 0, 1) + within)


def _visit_gradient(mdp: FiniteMDP, pi: Array, M: Array) -> Array:
    """Return K[s, a, s'] of the module's text."""
    same = identity(mdp.n_states, mdp.kind)[:, None, :]
    return np.asarray(pi[:, :, None] * (mdp.discount * mdp.expected_next(M) + same - M[:, None, :]))


def _within(pi: Array, g: Array) -> Array:
    """Return 1[a = b] g_a - (pi_a g_b + pi_b g_a), shape (n_states, n_actions, n_actions)."""
    mixed = pi[:, :, None] * g[:, None, :]
    same = np.eye(g.shape[1], dtype=np.int64)
    return np.asarray(g[:, :, None] * same - (mixed + mixed.transpose(0, 2, 1)))


def hessian(model: Model, policy: Any, regularization: Any = 0, start: Any | None = None) -> Array:
    """Return the Hessian of L^lambda of (7).

    Parameters
    ----------
    model : FiniteMDP or MultiTaskProblem
    policy : array_like, shape (n_states, n_actions)
        On the union of the states, of any number kind.
    regularization : number
        The lambda of (7).
    start : optional
        For a process a vector of shape (n_states,), for a problem one vector over each task's own
        states, for instance ``problem.exploration``. Default the rho_i.

    Returns
    -------
    ndarray, shape (n_states, n_actions, n_states, n_actions)
        Symmetric under exchange of the first two with the last two axes.

    Raises
    ------
    InvalidInput
        If a shape is wrong or the number kinds do not meet.

    Examples
    --------
    The stationary point of example 2 at equal probabilities is no maximum: the second derivative
    in the parameter of L at S3 is positive.

    >>> from fractions import Fraction
    >>> from dcpg_theory.models.examples import example_2, example_policy
    >>> half = Fraction(1, 2)
    >>> problem = example_2(Fraction(9, 10), Fraction(3, 4))
    >>> hessian(problem, example_policy(half, half, half))[2, 0, 2, 0]
    1439775/6740636
    """
    return _sum(terms(model, policy, regularization, start))


def task_hessian(
    problem: Model,
    task: int,
    policy: Any,
    regularization: Any = 0,
    start: Any | None = None,
) -> Array:
    """Return the Hessian of one task's L_i^lambda, in the shape of the union.

    Parameters
    ----------
    problem : FiniteMDP or MultiTaskProblem
    task : int
        Counted from 0; a process has the task 0 only.
    policy : array_like, shape (n_states, n_actions)
        On the union of the states.
    regularization : number
    start : array_like, shape (n_task_states,), optional
        Default rho_i.

    Returns
    -------
    ndarray, shape (n_states, n_actions, n_states, n_actions)

    Raises
    ------
    InvalidInput
        As `hessian`, or if there is no such task.
    """
    return _sum(terms(problem, policy, regularization, start, task))


def _sum(L: Terms) -> Array:
    total: Array = -L.weight * relative_entropy_hessian(L.policy)
    actions = np.arange(L.policy.shape[1])
    for part in L.parts:
        block = np.ix_(part.states, actions, part.states, actions)
        total[block] += value_hessian(part.mdp, part.policy, part.start)
    return total
