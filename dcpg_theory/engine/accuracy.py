r"""The accuracy that all paths promise, and the bounds that say whether a gradient keeps it.

A task's gradient (its value part) has at most the norm

.. math:: G = \frac{R}{2\sqrt2} \min(\sqrt{|S|}\, X,\; X^{3/2}), \qquad X = 1/(1-\gamma),

with R the range of the rewards (their modulus, if all are equal). The promise is an error of at
most 1e-10 G in the Euclidean norm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP

__all__ = [
    "EPS",
    "PROMISE",
    "Accuracy",
    "centred_rewards",
    "error_of_gradient",
    "gradient_bound",
]

PROMISE = 1e-10
"""The error of a gradient that is promised, over the gradient's a-priori bound."""

EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How good the gradients of a run were, checked afterwards.

    Attributes
    ----------
    bound : float
        The largest bound on the error of a task's gradient, over that gradient's a-priori bound, in
        the gradients that were checked.
    checked : int
        How many iterations' gradients were checked.
    """

    bound: float
    checked: int

    @property
    def kept(self) -> bool:
        """Whether the promise was kept: an error of at most 1e-10 of the a-priori bound."""
        return self.bound <= PROMISE


def gradient_bound(task: FiniteMDP) -> float:
    """Return G, which bounds the norm of the task's value gradient at any parameters.

    Parameters
    ----------
    task : FiniteMDP
        Of floats.
    """
    horizon = 1 / (1 - float(task.discount))
    reward_range = float(task.rewards.max() - task.rewards.min()) or float(abs(task.rewards).max())
    size = min(math.sqrt(task.n_states) * horizon, horizon**1.5)
    return float(reward_range * size / (2 * math.sqrt(2)))


def centred_rewards(task: FiniteMDP) -> Array:
    """Return the rewards, less a constant if that makes them much smaller.

    A constant more in all rewards moves no gradient, but its values drown the differences between
    the others. Rows that sum to one only roughly do not let it pass: then the rewards stay.

    Parameters
    ----------
    task : FiniteMDP
        Of floats.

    Returns
    -------
    ndarray, shape (n_states, n_actions)
    """
    rewards: Array = task.rewards
    low, high = float(rewards.min()), float(rewards.max())
    if max(abs(low), abs(high)) <= 4 * (high - low):
        return rewards
    if np.abs(task.transitions.sum(axis=-1) - 1).max() > 1e-14:
        return rewards
    return np.asarray(rewards - (low + (high - low) / 2))


def error_of_gradient(horizon: Any, value_error: Any, visits_error: Any, largest: Any) -> Any:
    """Return a bound on the Euclidean error of y pi (Q - V) from the errors of V and y.

    Parameters
    ----------
    horizon : float or ndarray
        X = 1 / (1 - gamma), the sum of y.
    value_error : float or ndarray
        Of V, the maximum over the states.
    visits_error : float or ndarray
        Of y, the sum over the states.
    largest : float or ndarray
        The largest Euclidean norm of a row of pi (Q - V), as computed.

    Returns
    -------
    float or ndarray
    """
    # |pi_s (dQ - dV)| <= |pi_s| (1 + gamma) max |dV|, summed with the weights y of sum X.
    row_error = 2 * value_error
    return visits_error * (largest + row_error) + horizon * row_error
