"""What a sum over the tasks runs over, so that (7) and (8) are written once.

The objective of a multi-task problem is a sum of terms, one for each task. A single process is such
a sum with one term, and one task's share of a problem is one term too; it keeps the union of the
state spaces, because the regularizer of (7) averages over all of it.

Here also the arguments that every formula takes are checked and brought to one number kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array, NumberKind, as_array, as_scalar, number_kind
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.validation import check_shape, input_array

__all__ = ["Model", "Part", "Terms", "one_kind", "policy_array", "start_array", "terms"]

Model = FiniteMDP | MultiTaskProblem


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One task as it occurs in a sum over tasks.

    Parameters
    ----------
    mdp : FiniteMDP
        The task.
    policy : ndarray, shape (n_task_states, n_actions)
        The policy on the task's own states.
    start : ndarray, shape (n_task_states,)
        The start distribution of the value.
    states : ndarray of int, shape (n_task_states,)
        Where the task's states stand in the union.
    """

    mdp: FiniteMDP
    policy: Array
    start: Array
    states: Array


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """The sum (7): its parts, the policy on the union of their states, and the regularization."""

    parts: tuple[Part, ...]
    policy: Array
    regularization: Any
    kind: NumberKind

    @property
    def weight(self) -> Any:
        """The factor of RE in (7): every one of the tasks carries the whole regularizer."""
        return self.regularization * len(self.parts)


def policy_array(policy: Any) -> Array:
    """Return a policy of any states and actions as an array of its own number kind.

    Raises
    ------
    InvalidInput
        If it is not two-dimensional or empty, or an entry is no number.
    """
    policy = input_array("policy", policy)
    if policy.ndim != 2 or 0 in policy.shape:
        raise InvalidInput(
            f"policy has shape {policy.shape}, it must have shape (n_states, n_actions), not empty"
        )
    return as_array(policy, number_kind(policy))


def one_kind(mdp: FiniteMDP, policy: Any, *others: Any) -> tuple[FiniteMDP, Array]:
    """Return a process and a policy for it in the number kind that they and `others` promote to.

    Raises
    ------
    InvalidInput
        If the policy's shape is not (n_states, n_actions) or the number kinds do not meet.
    """
    policy = input_array("policy", policy)
    shape = (mdp.n_states, mdp.n_actions)
    check_shape("policy", policy, shape, "(n_states, n_actions)")
    kind = number_kind(mdp.discount, policy, *others)
    return mdp.astype(kind), as_array(policy, kind)


def start_array(mdp: FiniteMDP, start: Any | None) -> Array:
    """Return a start distribution over the process's states, by default its own rho.

    Any vector is taken, since the value is linear in it.

    Raises
    ------
    InvalidInput
        If the shape is not (n_states,).
    """
    if start is None:
        return mdp.start
    start = input_array("start", start)
    check_shape("start", start, (mdp.n_states,), "(n_states,)")
    return start


def terms(
    model: Model,
    policy: Any,
    regularization: Any,
    start: Any | None,
    task: int | None = None,
) -> Terms:
    """Return the sum (7) over all tasks of a model, or the one term of `task`.

    Parameters
    ----------
    model : FiniteMDP or MultiTaskProblem
    policy : array_like, shape (n_states, n_actions)
        On the union of the states.
    regularization : number
        The lambda of (7).
    start : optional
        For a process or one task: shape (n_task_states,). For a problem: one such vector for each
        task, for instance ``problem.exploration``. Default the rho_i.
    task : int, optional
        Counted from 0.

    Raises
    ------
    InvalidInput
        If a shape is wrong, a number is not finite, there is no such task, or the number kinds do
        not meet.
    """
    policy = input_array("policy", policy)
    shape = (model.n_states, model.n_actions)
    check_shape("policy", policy, shape, "(n_states, n_actions)")
    places = _places(model, task)
    mdps = [mdp for mdp, _ in places]
    chosen = _starts(mdps, start, several=isinstance(model, MultiTaskProblem) and task is None)
    kind = number_kind([mdp.discount for mdp in mdps], policy, regularization, *chosen)
    policy = as_array(policy, kind)
    parts = tuple(
        Part(mdp.astype(kind), policy[states], as_array(vector, kind), states)
        for (mdp, states), vector in zip(places, chosen, strict=True)
    )
    return Terms(parts, policy, _finite("regularization", regularization, kind), kind)


def _places(model: Model, task: int | None) -> list[tuple[FiniteMDP, Array]]:
    if isinstance(model, FiniteMDP):
        pairs = [(model, np.arange(model.n_states))]
    else:
        pairs = list(zip(model.tasks, model.indices, strict=True))
    if task is None:
        return pairs
    if not 0 <= task < len(pairs):
        raise InvalidInput(f"task={task} must be one of 0, ..., {len(pairs) - 1}")
    return [pairs[task]]


def _starts(mdps: list[FiniteMDP], start: Any | None, *, several: bool) -> list[Array]:
    if start is None:
        return [mdp.start for mdp in mdps]
    if not several:
        return [start_array(mdps[0], start)]
    if not isinstance(start, Iterable) or len(given := list(start)) != len(mdps):
        raise InvalidInput(f"start must hold one vector for each of the {len(mdps)} tasks")
    return [start_array(mdp, vector) for mdp, vector in zip(mdps, given, strict=True)]


def _finite(name: str, number: Any, kind: NumberKind) -> Any:
    scalar = as_scalar(number, kind)
    if kind is NumberKind.FLOAT and not np.isfinite(scalar):
        raise InvalidInput(f"{name}={number} must be finite")
    return scalar
