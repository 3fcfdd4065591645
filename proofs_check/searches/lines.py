r"""Derivatives along a line theta + t u: of softmax policies, values and relative entropies.

All formulas take arrays with any leading axes, real, complex or exact. With m the policy's mean of
u and c = u - m, the derivatives of pi(theta + t u) at t = 0 are

    pi c,    pi (c^2 - v),    pi (c^3 - 3 v c - w),    v = mean of c^2, w = mean of c^3,

and those of the value come from differentiating (I - gamma P_pi) V = r_pi as often.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dcpg_theory.exact.linear_algebra import solve
from dcpg_theory.exact.numbers import Array

__all__ = [
    "entropy_slopes",
    "objective_and_gradient",
    "policy_slopes",
    "softmax_of",
    "value_slopes",
]


def softmax_of(theta: Array) -> Array:
    """Return the softmax along the last axis, also of complex numbers."""
    weights = np.exp(theta - theta.real.max(axis=-1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def policy_slopes(policy: Array, direction: Array) -> list[Array]:
    """Return the policy and its first three derivatives, each of the policy's shape."""

    def mean(values: Array) -> Array:
        return np.asarray((policy * values).sum(axis=-1)[..., None])

    c = direction - mean(direction)
    v, w = mean(c * c), mean(c * c * c)
    return [policy, policy * c, policy * (c * c - v), policy * (c * c * c - 3 * v * c - w)]


def value_slopes(
    transitions: Array, rewards: Array, discount: Any, start: Array, policies: list[Array]
) -> list[Any]:
    """Return V(start) and its derivatives, as many as there are of the policy.

    Parameters
    ----------
    transitions : array, shape (..., S, A, S)
    rewards : array, shape (..., S, A)
    discount : number
    start : array, shape (..., S)
    policies : list of arrays, shape (..., S, A)
        The policy and its derivatives.
    """
    P = [(pi[..., None] * transitions).sum(axis=-2) for pi in policies]
    r = [(pi * rewards).sum(axis=-1) for pi in policies]
    matrix = _identity_like(P[0]) - discount * P[0]
    V: list[Array] = []
    for k, binomials in enumerate(((), (1,), (1, 2), (1, 3, 3))[: len(policies)]):
        right = r[k]
        for j, binomial in enumerate(binomials):
            right = right + binomial * discount * (P[k - j] @ V[j][..., None])[..., 0]
        V.append(_solved(matrix, right))
    return [(start * values).sum(axis=-1) for values in V]


def entropy_slopes(policies: list[Array], direction: Array) -> list[Any]:
    """Return the first three derivatives of RE of (6), each a number.

    RE = -(1/|S||A|) sum log pi + constant, and the first derivative of log pi is u - m.
    """
    states = policies[0].shape[-2]

    def total(values: Array) -> Any:
        return values.sum(axis=-1).sum(axis=-1) / states

    uniform = policies[0] * 0 + 1
    shares = uniform / uniform.sum(axis=-1)[..., None]
    return [
        -total((shares - policies[0]) * direction),
        *(total(slope * direction) for slope in policies[1:3]),
    ]


def objective_and_gradient(
    transitions: Any, rewards: Any, discount: Any, start: Any, theta: Any, weight: Any
) -> tuple[Any, Any]:
    """Return a task's regularized objective (7) and its gradient (8), in floats or complex numbers.

    Parameters
    ----------
    transitions : array, shape (..., S, A, S)
    rewards : array, shape (..., S, A)
    discount : float
    start : array, shape (..., S)
    theta : array, shape (..., S, A)
    weight : number or array, shape (...)
        The lambda of (7).
    """
    pi = softmax_of(theta)
    chain = (pi[..., None] * transitions).sum(axis=-2)
    inverse = np.linalg.inv(np.eye(chain.shape[-1]) - discount * chain)
    V = (inverse @ (pi * rewards).sum(axis=-1)[..., None])[..., 0]
    visits = (start[..., None, :] @ inverse)[..., 0, :]
    Q = rewards + discount * (transitions @ V[..., None, :, None])[..., 0]
    n, m = pi.shape[-2:]
    pull = np.asarray(weight)[..., None, None] / n * (1 / m - pi)
    gradient = visits[..., None] * pi * (Q - V[..., None]) + pull
    entropy = -(np.log(pi) + np.log(m)).sum(axis=-1).sum(axis=-1) / (n * m)
    return (start * V).sum(axis=-1) - weight * entropy, gradient


def _identity_like(matrices: Array) -> Array:
    return np.eye(matrices.shape[-1], dtype=np.int64)


def _solved(matrix: Array, right: Array) -> Array:
    if matrix.dtype == object:
        return solve(matrix, right)
    return np.asarray(np.linalg.solve(matrix, right[..., None])[..., 0])
