"""Tabular policies: softmax by parameters (4) and by positive weights, and the checks on them.

With theta = log w the softmax of theta is ``w / sum(w)``: for rational weights an exact policy.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import flint
import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array, NumberKind, as_array, as_scalar, number_kind
from dcpg_theory.models import validation
from dcpg_theory.models.validation import first_offender, input_array, show

__all__ = [
    "check_policy",
    "deterministic_policy",
    "log_softmax",
    "policy_from_weights",
    "softmax",
    "uniform_policy",
]


def softmax(parameters: Any) -> Array:
    """Return the softmax policy (4) of parameters theta.

    Parameters
    ----------
    parameters : array_like, shape (..., n_states, n_actions)
        Floats (stable at any size), or balls. Other rationals are taken as floats, since the
        result is irrational. Infinite floats mean the limit where there is one: -inf gives
        probability 0, a single +inf in a row gives it probability 1.

    Returns
    -------
    array, the same shape
        float64, or balls that contain the exact probabilities.

    Raises
    ------
    InvalidInput
        If an entry is NaN or a symbol, or a row has two entries +inf or nothing but -inf.

    Examples
    --------
    >>> softmax([[1, 1], [1, float("inf")], [1000, 999]]).round(4)
    array([[0.5   , 0.5   ],
           [0.    , 1.    ],
           [0.7311, 0.2689]])
    """
    theta, kind = _parameters(parameters)
    if kind is NumberKind.BALL:
        return policy_from_weights(_each(theta, lambda entry: entry.exp()))
    weights = np.exp(_shifted(theta))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def log_softmax(parameters: Any) -> Array:
    """Return the logarithm of `softmax`, without cancellation where a probability is tiny.

    Parameters
    ----------
    parameters : array_like, shape (..., n_states, n_actions)
        As for `softmax`.

    Raises
    ------
    InvalidInput
        As for `softmax`.

    Examples
    --------
    >>> log_softmax([[0, 800]])
    array([[-800.,    0.]])
    """
    theta, kind = _parameters(parameters)
    if kind is NumberKind.BALL:
        total = _each(theta, lambda entry: entry.exp()).sum(axis=-1, keepdims=True)
        return np.asarray(theta - _each(total, lambda entry: entry.log()))
    shifted = _shifted(theta)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def policy_from_weights(weights: Any) -> Array:
    """Return the policy whose probabilities are proportional to positive weights.

    Parameters
    ----------
    weights : array_like, shape (..., n_states, n_actions)
        Positive, of any number kind. Symbols may be anything: where the policy is used they have to
        be taken as positive.

    Returns
    -------
    array, the same shape and kind
        ``weights / weights.sum(axis=-1)``, that is softmax(log(weights)).

    Raises
    ------
    InvalidInput
        If an entry is not positive (a ball: not certainly positive) or not finite.

    Examples
    --------
    >>> policy_from_weights([[1, 2]])
    array([[1/3, 2/3]], dtype=object)
    """
    weights = _at_least_one_column("weights", input_array("weights", weights))
    kind = number_kind(weights)
    weights = as_array(weights, kind)
    validation.check_finite(weights, kind, lambda at: _place("weight", at))
    offender = first_offender(~_is_positive(weights, kind))
    if offender is not None:
        found = show(weights[offender])
        raise InvalidInput(f"{_place('weight', offender)} is {found}, it must be positive")
    if kind is NumberKind.FLOAT:
        weights = weights / weights.max(axis=-1, keepdims=True)
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def uniform_policy(n_states: int, n_actions: int, kind: NumberKind = NumberKind.FLOAT) -> Array:
    """Return the policy that takes every action with probability 1 / n_actions.

    Raises
    ------
    InvalidInput
        If there is no state or no action.
    """
    if n_states < 1 or n_actions < 1:
        raise InvalidInput(f"n_states={n_states} and n_actions={n_actions} must be at least 1")
    share = flint.fmpq(1, n_actions)
    entry = as_scalar(share, kind)
    return np.full((n_states, n_actions), entry, dtype=None if kind is NumberKind.FLOAT else object)


def deterministic_policy(
    actions: Sequence[int] | Array, n_actions: int, kind: NumberKind = NumberKind.FLOAT
) -> Array:
    """Return the policy that takes ``actions[s]`` in state s: the limit of theta = +infinity there.

    Parameters
    ----------
    actions : sequence of int, shape (n_states,)
        Each in 0, ..., n_actions - 1.
    n_actions : int
        The number of actions.
    kind : NumberKind
        Of the zeros and ones.

    Raises
    ------
    InvalidInput
        If an action is out of range.
    """
    chosen = np.asarray(actions)
    if chosen.ndim != 1 or chosen.size == 0 or chosen.dtype.kind not in "iu":
        raise InvalidInput(f"actions={actions!r} must be a non-empty list of integers")
    offender = first_offender((chosen < 0) | (chosen >= n_actions))
    if offender is not None:
        raise InvalidInput(
            f"state {offender[0]}: action {chosen[offender]} must lie in 0, ..., {n_actions - 1}"
        )
    return as_array(np.eye(n_actions, dtype=np.int64)[chosen], kind)


def check_policy(
    policy: Any, n_states: int, n_actions: int, states: Sequence[Hashable] | None = None
) -> Array:
    """Return a policy as an array of its number kind, if its rows are distributions.

    Parameters
    ----------
    policy : array_like, shape (n_states, n_actions)
        Of any number kind.
    n_states, n_actions : int
        The shape it must have.
    states : sequence of hashable, optional
        Labels for the messages; default 0, ..., n_states - 1.

    Raises
    ------
    InvalidInput
        If the shape is wrong, an entry is negative or not finite, or a row does not sum to one
        (floats within 1e-9, rationals and rational functions exactly, balls containing it).
    """
    policy = input_array("policy", policy)
    validation.check_shape("policy", policy, (n_states, n_actions), "(n_states, n_actions)")
    kind = number_kind(policy)
    result = as_array(policy, kind)
    labels: Sequence[Hashable] = range(n_states) if states is None else states
    validation.check_distribution(
        result,
        kind,
        lambda at: f"state {labels[at[0]]}, action {at[1]}: policy probability",
        lambda at: f"state {labels[at[0]]}: policy row",
    )
    return result


def _parameters(parameters: Any) -> tuple[Array, NumberKind]:
    theta = _at_least_one_column("parameters", input_array("parameters", parameters))
    kind = number_kind(theta)
    if kind is NumberKind.SYMBOLIC:
        raise InvalidInput("the softmax of symbols is no rational function; use weights instead")
    kind = NumberKind.BALL if kind is NumberKind.BALL else NumberKind.FLOAT
    return as_array(theta, kind), kind


def _at_least_one_column(name: str, array: Array) -> Array:
    if array.ndim == 0 or array.shape[-1] == 0:
        raise InvalidInput(
            f"{name} has shape {array.shape}, it must have shape (..., n_states, n_actions) "
            "with at least one action"
        )
    return array


def _shifted(theta: Array) -> Array:
    """Subtract each row's maximum, with the limits for infinite entries."""
    offender = first_offender(np.isnan(theta))
    if offender is not None:
        raise InvalidInput(f"{_place('parameter', offender)} is nan, it must be a number")
    top = theta.max(axis=-1, keepdims=True)
    infinite = np.isposinf(theta)
    undefined = first_offender((infinite.sum(axis=-1) > 1) | np.isneginf(top[..., 0]))
    if undefined is not None:
        raise InvalidInput(
            f"parameters of row {undefined} are {theta[undefined]}: two entries +inf or nothing "
            "but -inf have no limit"
        )
    finite_rows = np.isfinite(top)
    limit = np.where(infinite, 0.0, -np.inf)
    return np.where(finite_rows, theta - np.where(finite_rows, top, 0.0), limit)


def _is_positive(weights: Array, kind: NumberKind) -> Array:
    if kind is not NumberKind.SYMBOLIC:
        return np.asarray(weights > 0)
    positive = _each(weights, lambda entry: not entry.is_constant() or entry.as_constant() > 0)
    return positive.astype(bool)


def _each(array: Array, function: Any) -> Array:
    return np.asarray(np.frompyfunc(function, 1, 1)(array))


def _place(what: str, at: tuple[int, ...]) -> str:
    return f"state {at[-2]}, action {at[-1]}: {what}" if len(at) > 1 else f"action {at[-1]}: {what}"
