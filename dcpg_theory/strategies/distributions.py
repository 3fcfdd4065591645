"""Distributions: the simplex, starts, transition kernels and softmax policies."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.strategies.bounds_of_sizes import checked_flag, one_size, sizes
from dcpg_theory.strategies.bulk import Bulk, distribution, fits

__all__ = [
    "KERNELS",
    "checked_structure",
    "kernel_weights",
    "simplex",
    "softmax_policies",
    "start_distributions",
    "start_weights",
    "transition_kernels",
]

KERNELS = ("deterministic", "sparse", "dense")
"""The families of transition kernels, the simplest first."""


@st.composite
def _simplex(draw: Any, dimension: int | None, positive: bool | None, most: int) -> Array:
    n = dimension if dimension is not None else draw(st.integers(1, most))
    inside = positive if positive is not None else draw(st.booleans())
    room = most if fits(most) else n
    return distribution(start_weights(Bulk(draw, room).take((n,), (room,)), positive=inside))


def simplex(
    dimension: int | None = None, *, positive: bool | None = None, max_dimension: int | None = None
) -> st.SearchStrategy[Array]:
    """Return a strategy for distributions over finitely many points, exact.

    Parameters
    ----------
    dimension : int, optional
        The number of points; by default 1 to `max_dimension`.
    positive : bool, optional
        Whether every point has positive probability (True), or any may have none (False); by
        default either.
    max_dimension : int, optional
        Default 4, or `dimension`.

    Returns
    -------
    SearchStrategy of object array of fmpq, shape (dimension,)
        With denominators of at most 9 times the dimension. It shrinks to all mass on the first
        point, or to the uniform distribution if `positive`.

    Raises
    ------
    InvalidInput
        If a bound is out of range.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(simplex(3, positive=False), lambda rho: True)
    array([1, 0, 0], dtype=object)
    """
    n = None if dimension is None else one_size("dimension", dimension)
    most = sizes("dimension", n or 1, max_dimension, default_most=4).most
    return _simplex(n, checked_flag("positive", positive), most)


def start_distributions(
    n_states: int | None = None, *, positive: bool | None = None, max_states: int | None = None
) -> st.SearchStrategy[Array]:
    """Return a strategy for start distributions rho_i, exact; see `simplex`.

    Parameters
    ----------
    n_states : int, optional
    positive : bool, optional
        True for exploration distributions mu_i, which Theorem 2 asks to be positive everywhere.
    max_states : int, optional

    Raises
    ------
    InvalidInput
        If a bound is out of range.
    """
    n = None if n_states is None else one_size("n_states", n_states)
    most = sizes("states", n or 1, max_states, default_most=4).most
    return _simplex(n, checked_flag("positive", positive), most)


@st.composite
def _kernels(draw: Any, states: Any, actions: Any, structure: str | None) -> Array:
    n, m = draw(states.strategy), draw(actions.strategy)
    family = structure or draw(st.sampled_from(KERNELS))
    room = (states.most, actions.most, states.most)
    if not fits(math.prod(room)):
        room = (n, m, n)
    bulk = Bulk(draw, math.prod(room))
    return distribution(kernel_weights(bulk.take((n, m, n), room, backwards=1), family))


def transition_kernels(
    *,
    min_states: int = 1,
    max_states: int | None = None,
    min_actions: int = 1,
    max_actions: int | None = None,
    structure: str | None = None,
) -> st.SearchStrategy[Array]:
    """Return a strategy for transition kernels, exact.

    Parameters
    ----------
    min_states, max_states, min_actions, max_actions : int, optional
        Inclusive; by default up to 4 states and 3 actions.
    structure : {"deterministic", "sparse", "dense"}, optional
        One family only; by default all. Sparse kernels have many zeros and often absorbing states,
        dense ones have none of either.

    Returns
    -------
    SearchStrategy of object array of fmpq, shape (n_states, n_actions, n_states)
        It shrinks to the kernel that never leaves a state.

    Raises
    ------
    InvalidInput
        If a bound is out of range or the family unknown.
    """
    states = sizes("states", min_states, max_states, default_most=4)
    actions = sizes("actions", min_actions, max_actions, default_most=3)
    return _kernels(states, actions, checked_structure(structure))


@st.composite
def _softmax_policies(draw: Any, states: Any, actions: Any, extreme: bool | None) -> Array:
    n, m = draw(states.strategy), draw(actions.strategy)
    far = extreme if extreme is not None else draw(st.booleans())
    room = (states.most, actions.most) if fits(2 * states.most * actions.most) else (n, m)
    bulk = Bulk(draw, (1 + far) * math.prod(room))
    weights = (1 + bulk.take((n, m), room, backwards=1) % 9).astype(object)
    if far:
        weights *= 10 ** (bulk.take((n, m), room, backwards=1) % 4 * 4).astype(object)
    return policy_from_weights(weights)


def softmax_policies(
    n_states: int | None = None,
    n_actions: int | None = None,
    *,
    max_states: int | None = None,
    max_actions: int | None = None,
    near_deterministic: bool | None = None,
) -> st.SearchStrategy[Array]:
    """Return a strategy for softmax policies with rational weights: every action has a chance.

    Parameters
    ----------
    n_states, n_actions : int, optional
        By default 1 to `max_states` (4) and 1 to `max_actions` (3).
    max_states, max_actions : int, optional
    near_deterministic : bool, optional
        Whether weights may differ by factors of up to 9e12; by default either. False keeps them
        within a factor of 9.

    Returns
    -------
    SearchStrategy of object array of fmpq, shape (n_states, n_actions)
        The softmax of the logarithms of the weights, exactly. It shrinks to the uniform policy.

    Raises
    ------
    InvalidInput
        If a bound is out of range.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(softmax_policies(1, 2), lambda pi: pi[0, 0] < pi[0, 1])
    array([[1/3, 2/3]], dtype=object)
    """
    states = _exactly_or_up_to("states", n_states, max_states, default_most=4)
    actions = _exactly_or_up_to("actions", n_actions, max_actions, default_most=3)
    return _softmax_policies(
        states, actions, checked_flag("near_deterministic", near_deterministic)
    )


def _exactly_or_up_to(name: str, exactly: Any, most: Any, *, default_most: int) -> Any:
    if exactly is None:
        return sizes(name, 1, most, default_most=default_most)
    n = one_size(f"n_{name}", exactly)
    if most is not None:
        raise InvalidInput(f"give n_{name} or max_{name}, not both")
    return sizes(name, n, n, default_most=n)


def checked_structure(structure: Any) -> str | None:
    """Return the name of a family of kernels, or None for all.

    Raises
    ------
    InvalidInput
        If there is no such family.
    """
    if structure is not None and structure not in KERNELS:
        raise InvalidInput(f"structure={structure!r} must be one of {', '.join(KERNELS)}")
    return None if structure is None else str(structure)


def start_weights(integers: Array, *, positive: bool) -> Array:
    """Read weights off bytes, shape (..., n): positive ones, or any but all zero."""
    if positive:
        return np.asarray(1 + integers % 9)
    weights = integers % 10
    weights[..., 0] += weights.sum(axis=-1) == 0
    return np.asarray(weights)


def kernel_weights(integers: Array, structure: str) -> Array:
    """Read the weights of a kernel off bytes, shape (n_states, n_actions, n_states).

    Where nothing else is said, a state stays where it is: a row of zeros is an absorbing one.
    """
    n = integers.shape[-1]
    if structure == "dense":
        return np.asarray(1 + integers % 9)
    stay = np.broadcast_to(np.eye(n, dtype=np.int64)[:, None, :], integers.shape)
    if structure == "deterministic":
        ahead = integers[..., 0] % n
        places = (np.arange(n)[:, None] + ahead) % n
        return np.asarray(np.eye(n, dtype=np.int64)[places])
    weights = (integers % 10) * (integers >= 170)
    return np.asarray(np.where(weights.sum(axis=-1, keepdims=True) > 0, weights, stay))
