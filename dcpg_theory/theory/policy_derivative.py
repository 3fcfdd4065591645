"""The derivative of the softmax policy (4) with respect to its parameter.

With theta = log w the policy is a rational function of the weights w, and

    d pi(c | s) / d theta_{s', a} = 1[s = s'] pi(c | s) (1[c = a] - pi(a | s)),

the last display before the gradient in Appendix B.4, times pi. The derivative is a polynomial in
the policy itself: gradient and Hessian need no theta and stay exact for rational probabilities.
They have limits on the boundary too, at deterministic policies, where theta is infinite.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dcpg_theory.exact.linear_algebra import identity
from dcpg_theory.exact.numbers import Array, as_array, number_kind
from dcpg_theory.theory.parts import policy_array

__all__ = ["block_diagonal", "softmax_jacobian"]


def softmax_jacobian(policy: Any) -> Array:
    """Return d pi(c | s) / d theta_{s, a}; other states' parameters have no influence.

    Parameters
    ----------
    policy : array_like, shape (n_states, n_actions)

    Returns
    -------
    ndarray, shape (n_states, n_actions, n_actions)
        Entry [s, c, a]; every block is symmetric, and its rows and columns sum to zero.

    Raises
    ------
    InvalidInput
        If the policy is not two-dimensional or empty.
    """
    pi = policy_array(policy)
    same = identity(pi.shape[1], number_kind(pi))
    return np.asarray(pi[:, :, None] * (same[None, :, :] - pi[:, None, :]))


def block_diagonal(blocks: Array) -> Array:
    """Return the array H[s, a, s', b] = 1[s = s'] blocks[s, a, b].

    Parameters
    ----------
    blocks : ndarray, shape (n_states, n_actions, n_actions)

    Returns
    -------
    ndarray, shape (n_states, n_actions, n_states, n_actions)
    """
    n_states, n_actions = blocks.shape[:2]
    zeros = np.zeros((n_states, n_actions) * 2, dtype=np.int64)
    result, states = as_array(zeros, number_kind(blocks)), np.arange(n_states)
    result[states, :, states, :] = blocks
    return result
