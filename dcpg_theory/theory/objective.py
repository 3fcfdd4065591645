"""The regularized objective (7).

    L^lambda(theta; rho) = sum_i L_i^lambda(theta; rho_i)
                         = sum_i (V_i(rho_i) - lambda RE(pi_theta))

Every task carries the whole regularizer, over the union of the state spaces: the sum subtracts
N lambda RE. A single process is the sum with one term, and the union is then its own state space.
"""

from __future__ import annotations

from typing import Any

from dcpg_theory.theory.parts import Model, Terms, terms
from dcpg_theory.theory.regularizer import relative_entropy
from dcpg_theory.theory.value import value

__all__ = ["objective", "task_objective"]


def objective(model: Model, policy: Any, regularization: Any = 0, start: Any | None = None) -> Any:
    """Return L^lambda of (7); with the default regularization 0, the return (5).

    Parameters
    ----------
    model : FiniteMDP or MultiTaskProblem
    policy : array_like, shape (n_states, n_actions)
        On the union of the states.
    regularization : number
        The lambda of (7). Other than zero it needs float64 or balls, because RE has logarithms.
    start : optional
        For a process a vector of shape (n_states,), for a problem one vector over each task's own
        states, for instance ``problem.exploration``, the mu_i. Default the rho_i.

    Returns
    -------
    number
        Of the kind that all arguments promote to.

    Raises
    ------
    InvalidInput
        If a shape is wrong, the number kinds do not meet, or a regularization other than zero meets
        exact probabilities.

    Examples
    --------
    >>> from fractions import Fraction
    >>> from dcpg_theory.exact.rational_functions import symbols
    >>> from dcpg_theory.models.examples import example_1, example_policy
    >>> (gamma,) = symbols("gamma")
    >>> objective(example_1(gamma), example_policy(1, Fraction(1, 2), 1))
    (-2*gamma)/(gamma^2 - 2)
    """
    return _sum(terms(model, policy, regularization, start))


def task_objective(
    problem: Model,
    task: int,
    policy: Any,
    regularization: Any = 0,
    start: Any | None = None,
) -> Any:
    """Return one task's share L_i^lambda of (7); the shares of all tasks sum to `objective`.

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
    number

    Raises
    ------
    InvalidInput
        As `objective`, or if there is no such task.
    """
    return _sum(terms(problem, policy, regularization, start, task))


def _sum(L: Terms) -> Any:
    returns = [part.start @ value(part.mdp, part.policy) for part in L.parts]
    total = sum(returns[1:], start=returns[0])
    # Without the guard exact arithmetic would ask for logarithms, and floats for 0 * infinity.
    return total if L.regularization == 0 else total - L.weight * relative_entropy(L.policy)
