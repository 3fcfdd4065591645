"""The gradient (8) of the regularized objective, derived in Appendix B.4.

    d L_i / d theta_{s,a} = 1/(1 - gamma_i) d_{i,rho_i}(s) pi(a | s) A_i(s, a)
                            + lambda/|S| (1/|A| - pi(a | s))

The first line is also (16). A task knows the value of its own states only, so in the rows of other
states its gradient is the regularizer's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.theory.parts import Model, Terms, one_kind, start_array, terms
from dcpg_theory.theory.regularizer import relative_entropy_gradient
from dcpg_theory.theory.value import advantage
from dcpg_theory.theory.visitation import visitation

__all__ = ["gradient", "task_gradient", "value_gradient"]


def value_gradient(mdp: FiniteMDP, policy: Any, start: Any | None = None) -> Array:
    """Return d V(rho) / d theta of (16).

    Parameters
    ----------
    mdp : FiniteMDP
    policy : array_like, shape (n_states, n_actions)
    start : array_like, shape (n_states,), optional
        Default the process's own rho.

    Returns
    -------
    ndarray, shape (n_states, n_actions)
        Rows sum to zero, since adding a number to all parameters of a state changes no policy.

    Raises
    ------
    InvalidInput
        If a shape is wrong or the number kinds do not meet.
    """
    start = start_array(mdp, start)
    mdp, pi = one_kind(mdp, policy, start)
    d, A = visitation(mdp, pi, start), advantage(mdp, pi)
    return np.asarray(d[:, None] * pi * A / (1 - mdp.discount))


def gradient(model: Model, policy: Any, regularization: Any = 0, start: Any | None = None) -> Array:
    """Return the gradient of L^lambda, the sum of (8) over the tasks.

    Parameters
    ----------
    model : FiniteMDP or MultiTaskProblem
    policy : array_like, shape (n_states, n_actions)
        On the union of the states, of any number kind.
    regularization : number
        The lambda of (7).
    start : optional
        For a process a vector of shape (n_states,), for a problem one vector over each task's own
        states, for instance ``problem.exploration``, the mu_i of Algorithm 1. Default the rho_i.

    Returns
    -------
    ndarray, shape (n_states, n_actions)

    Raises
    ------
    InvalidInput
        If a shape is wrong or the number kinds do not meet.

    Examples
    --------
    Going left and right with equal probability at S3 is a stationary point of example 2:

    >>> from fractions import Fraction
    >>> from dcpg_theory.models.examples import example_2, example_policy
    >>> half = Fraction(1, 2)
    >>> gradient(example_2(Fraction(9, 10), Fraction(3, 4)), example_policy(half, half, half))[2]
    array([0, 0], dtype=object)
    """
    return _sum(terms(model, policy, regularization, start))


def task_gradient(
    problem: Model,
    task: int,
    policy: Any,
    regularization: Any = 0,
    start: Any | None = None,
) -> Array:
    """Return one task's gradient (8), the g_i of Algorithm 1, in the shape of the union.

    Parameters
    ----------
    problem : FiniteMDP or MultiTaskProblem
    task : int
        Counted from 0; a process has the task 0 only.
    policy : array_like, shape (n_states, n_actions)
        On the union of the states.
    regularization : number
    start : array_like, shape (n_task_states,), optional
        Default rho_i; Algorithm 1 takes mu_i, ``problem.exploration[task]``.

    Returns
    -------
    ndarray, shape (n_states, n_actions)
        In rows of states the task does not hold, the second line of (8) alone.

    Raises
    ------
    InvalidInput
        As `gradient`, or if there is no such task.
    """
    return _sum(terms(problem, policy, regularization, start, task))


def _sum(L: Terms) -> Array:
    total: Array = -L.weight * relative_entropy_gradient(L.policy)
    for part in L.parts:
        total[part.states] += value_gradient(part.mdp, part.policy, part.start)
    return total
