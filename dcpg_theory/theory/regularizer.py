"""The relative entropy of (6), its gradient and its Hessian in theta.

    RE(pi) = E_{s ~ Unif(S)} KL(U_A, pi(. | s))
           = -1/(|S||A|) sum_s sum_a log pi(a | s) - log |A|

The second line is printed without the sum over s. RE is zero for the uniform policy, positive for
every other, and infinite as soon as one probability is zero. Under the softmax its derivative is

    d RE / d theta_{s,a} = (pi(a | s) - 1/|A|) / |S|:

the logarithms are gone, so gradient and Hessian are exact in every number type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flint
import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array, NumberKind, as_scalar, number_kind
from dcpg_theory.theory.parts import policy_array
from dcpg_theory.theory.policy_derivative import block_diagonal, softmax_jacobian

__all__ = ["relative_entropy", "relative_entropy_gradient", "relative_entropy_hessian"]


def relative_entropy(policy: Any, *, log: Callable[[Any], Any] | None = None) -> Any:
    """Return RE(pi) of (6), with the sum over the states that its second line needs.

    Parameters
    ----------
    policy : array_like, shape (n_states, n_actions)
        float64 or balls; other exact probabilities need `log`.
    log : callable, optional
        The logarithm of one probability, for instance ``lambda x: arb(x).log()``. What it returns
        must add up and divide by integers; it is also given the number of actions.

    Returns
    -------
    number
        At least 0, infinite if a probability is zero; a float, a ball, or what `log` leads to.

    Raises
    ------
    InvalidInput
        If the policy is not two-dimensional or empty, a probability is negative, or the entries are
        exact and no `log` is given: their logarithms are irrational.

    Examples
    --------
    >>> float(relative_entropy([[0.5, 0.5], [0.5, 0.5]]))
    0.0
    """
    pi = policy_array(policy)
    kind = number_kind(pi)
    if log is None and kind not in _LOGARITHMS:
        raise InvalidInput(
            f"the relative entropy of {kind} probabilities needs logarithms, which are not exact: "
            "convert the policy to balls or floats, or give `log`"
        )
    log = log or _LOGARITHMS[kind]
    n_states, n_actions = pi.shape
    total = sum((log(entry) for entry in pi.flat), start=0)
    return -total / (n_states * n_actions) - log(as_scalar(n_actions, kind))


def relative_entropy_gradient(policy: Any) -> Array:
    """Return d RE / d theta_{s,a} = (pi(a | s) - 1/|A|) / |S|.

    Parameters
    ----------
    policy : array_like, shape (n_states, n_actions)

    Returns
    -------
    ndarray, shape (n_states, n_actions)
        Rows sum to zero; -lambda times it is the second line of (8).

    Raises
    ------
    InvalidInput
        If the policy is not two-dimensional or empty.
    """
    pi = policy_array(policy)
    n_states, n_actions = pi.shape
    return np.asarray((pi - as_scalar(flint.fmpq(1, n_actions), number_kind(pi))) / n_states)


def relative_entropy_hessian(policy: Any) -> Array:
    """Return the second derivative of RE in theta.

    Parameters
    ----------
    policy : array_like, shape (n_states, n_actions)

    Returns
    -------
    ndarray, shape (n_states, n_actions, n_states, n_actions)
        1[s = s'] pi(a | s) (1[a = b] - pi(b | s)) / |S| at [s, a, s', b]; positive semidefinite.

    Raises
    ------
    InvalidInput
        If the policy is not two-dimensional or empty.
    """
    jacobian = softmax_jacobian(policy)
    return np.asarray(block_diagonal(jacobian) / len(jacobian))


def _log_float(x: Any) -> Any:
    _refuse_negative(x)
    return np.log(x) if x else -np.inf


def _log_ball(x: Any) -> Any:
    _refuse_negative(x)
    return x.log() if x != 0 else flint.arb.neg_inf()


def _refuse_negative(x: Any) -> None:
    if not x >= 0 and not (isinstance(x, flint.arb) and x.contains(0)):
        raise InvalidInput(f"policy has the entry {x}, it must be a number that is not negative")


_LOGARITHMS: dict[NumberKind, Callable[[Any], Any]] = {
    NumberKind.FLOAT: _log_float,
    NumberKind.BALL: _log_ball,
}
