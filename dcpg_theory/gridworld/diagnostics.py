r"""Where tasks pull against each other: the ratios and gradients of Section 4.1, for any problem.

Gradient ascent weighs the advantages in a state by d_{i,mu_i}^pi(s), the gap to an optimal policy
by d_{i,rho_i}^{pi*}(s). If the ratio of the two differs between the tasks that hold the state, a
stationary point need not be optimal; (12) asks that it does not differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.validation import check_shape
from dcpg_theory.theory.gradient import value_gradient
from dcpg_theory.theory.visitation import visitation

__all__ = ["Pulls", "mismatch_ratios", "mismatch_spread", "pulls"]


def mismatch_ratios(problem: MultiTaskProblem, policy: Any, reference: Any) -> Array:
    """Return d_{i,rho_i}^{pi*}(s) / d_{i,mu_i}^pi(s) for every task and state.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats; starts rho_i, and exploration mu_i.
    policy : array_like, shape (n_states, n_actions)
        The pi that the algorithm is at.
    reference : array_like, shape (n_states, n_actions)
        The pi* that it is compared with.

    Returns
    -------
    ndarray, shape (n_tasks, n_states)
        NaN in states that a task does not hold, or that neither policy visits; infinity in those
        that only the reference visits.

    Raises
    ------
    InvalidInput
        If a shape is wrong.
    """
    ratios = np.full((problem.n_tasks, problem.n_states), np.nan)
    for i, task in enumerate(problem.tasks):
        there = visitation(task, problem.task_policy(i, np.asarray(reference, dtype=float)))
        here = visitation(
            task, problem.task_policy(i, np.asarray(policy, dtype=float)), problem.exploration[i]
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios[i, problem.indices[i]] = np.where(np.abs(there) < 1e-15, 0.0, there) / here
    return ratios


def mismatch_spread(ratios: Array) -> Array:
    """Return for each state the largest ratio over the smallest, shape (n_states,).

    It is 1 where (12) holds, infinity where the reference takes some tasks there and others not,
    and NaN where fewer than two tasks have a ratio, or all of them have the ratio 0.

    Parameters
    ----------
    ratios : ndarray, shape (n_tasks, n_states)
        From `mismatch_ratios`.
    """
    known = ~np.isnan(ratios)
    high = np.where(known, ratios, -np.inf).max(axis=0)
    low = np.where(known, ratios, np.inf).min(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.where(np.isposinf(high) & np.isfinite(low), np.inf, high / low)
    return np.where((known.sum(axis=0) > 1) & (high > 0), spread, np.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Pulls:
    """The tasks' value gradients in each state, from ``problem.exploration``.

    Attributes
    ----------
    gradients : ndarray, shape (n_tasks, n_states, n_actions)
        Zero in states that a task does not hold.
    cosines : ndarray, shape (n_states, n_tasks, n_tasks)
        Of the angles between two tasks' rows; NaN where one of them is zero.
    conflict : ndarray, shape (n_states,)
        1 - |sum_i g_i(s)| / sum_i |g_i(s)|: 0 where all pull alike, 1 where they cancel, NaN where
        nobody pulls.
    """

    gradients: Array
    cosines: Array
    conflict: Array


def pulls(problem: MultiTaskProblem, policy: Any) -> Pulls:
    """Return which tasks pull where.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats.
    policy : array_like, shape (n_states, n_actions)

    Raises
    ------
    InvalidInput
        If the shape is wrong.
    """
    policy = np.asarray(policy, dtype=float)
    shape = (problem.n_states, problem.n_actions)
    check_shape("policy", policy, shape, "(n_states, n_actions)")
    g = np.stack(
        [
            problem.embed(
                i, value_gradient(task, problem.task_policy(i, policy), problem.exploration[i])
            )
            for i, task in enumerate(problem.tasks)
        ]
    )
    # Rows that are zero but for rounding have no direction.
    lengths = np.linalg.norm(g, axis=2)
    g = np.where((lengths > 1e-14)[..., None], g, 0.0)
    lengths = np.linalg.norm(g, axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        unit = g / lengths[..., None]
        cosines = np.einsum("isa,jsa->sij", unit, unit)
        conflict = 1 - np.linalg.norm(g.sum(axis=0), axis=1) / lengths.sum(axis=0)
    return Pulls(g, np.clip(cosines, -1, 1), np.clip(conflict, 0, 1))
