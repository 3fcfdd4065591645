"""The softmax (4) of all agents at once, with an exponential that runs in vector lanes.

exp(x) = 2^k exp(r) with k = round(x / log 2) and |r| <= log(2)/2; exp(r) is its Taylor polynomial
of degree 13, whose remainder is below 1e-17. The factor 2^k is applied in two halves, so that
results below the least normal number round once more, and those below the least subnormal one are
zero. Nothing branches; the bits of k are read from x/log 2 + 1.5 2^52, whose last bits are k.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from dcpg_theory.engine.compiled import compiled, fused
from dcpg_theory.exact.numbers import Array

__all__ = ["exponential", "softmax"]

_SHIFTER = 1.5 * 2.0**52
_PER_LOG_2 = 1 / math.log(2)
_LOG_2_HIGH = 6.93145751953125e-1
_LOG_2_LOW = 1.42860682030941723212e-6
_LEAST = -746.0  # exp of it is zero
_C = tuple(1 / math.factorial(n) for n in range(14))
(_C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9, _C10, _C11, _C12, _C13) = _C[2:]


def _bits_of(_context: Any, number: Any) -> Any:
    """Return the bits of a float64 as an int64."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(number), generate


def _float_of(_context: Any, bits: Any) -> Any:
    """Return the float64 of these bits."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(bits), generate


_bits: Any = intrinsic(_bits_of)
_float: Any = intrinsic(_float_of)


@fused
def exponential(values: Array) -> None:
    """Replace each entry x <= 0 by exp(x), within 1.5 units in the last place.

    Parameters
    ----------
    values : ndarray, shape (n,), contiguous
    """
    for i in range(values.size):
        x = max(values[i], _LEAST)
        shifted = x * _PER_LOG_2 + _SHIFTER
        n = shifted - _SHIFTER
        r = (x - n * _LOG_2_HIGH) - n * _LOG_2_LOW
        # Estrin's scheme: a short chain of dependent operations.
        r2 = r * r
        r4 = r2 * r2
        low = (_C2 + r * _C3) + r2 * (_C4 + r * _C5)
        high = (_C6 + r * _C7) + r2 * (_C8 + r * _C9)
        top = (_C10 + r * _C11) + r2 * (_C12 + r * _C13)
        p = 1.0 + (r + r2 * (low + r4 * (high + r4 * top)))
        k = _bits(shifted) - _bits(_SHIFTER)
        half = k >> 1
        values[i] = p * _float((half + 1023) << 52) * _float((k - half + 1023) << 52)


@compiled
def _shift(theta: Array, out: Array) -> None:
    n_rows, n_actions = theta.shape
    for s in range(n_rows):
        top = theta[s, 0]
        for a in range(1, n_actions):
            top = max(top, theta[s, a])
        for a in range(n_actions):
            out[s, a] = theta[s, a] - top


@fused
def _normalize(weights: Array) -> None:
    n_rows, n_actions = weights.shape
    for s in range(n_rows):
        total = 0.0
        for a in range(n_actions):
            total += weights[s, a]
        share = 1.0 / total
        for a in range(n_actions):
            weights[s, a] *= share


@compiled
def softmax(theta: Array, out: Array) -> None:
    """Write the policies of finite parameters.

    Parameters
    ----------
    theta, out : ndarray, shape (n_rows, n_actions), contiguous
        A row for each agent and state.
    """
    _shift(theta, out)
    exponential(out.reshape(np.uint64(out.size)))
    _normalize(out)
