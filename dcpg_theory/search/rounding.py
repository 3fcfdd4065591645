"""From floats that an optimiser found to exact numbers close by, with few digits."""

from __future__ import annotations

from typing import Any

import flint
import numpy as np

from dcpg_theory.exact.numbers import Array

__all__ = ["distributions", "few_digits", "rewards"]

SNAP = 0.02
"""Probabilities and rewards closer than this to 0 and 1 are moved there, if that is asked for."""


def few_digits(values: Any, digits: int = 6) -> Array:
    """Return the floats as decimal fractions of so many significant digits."""
    source = np.asarray(values, dtype=float)
    result = np.empty(source.shape, dtype=object)
    for at in np.ndindex(source.shape):
        mantissa, _, exponent = f"{source[at]:.{digits - 1}e}".partition("e")
        whole = flint.fmpq(int(mantissa.replace(".", "")))
        result[at] = whole * flint.fmpq(10) ** (int(exponent) - digits + 1)
    return result


def distributions(probabilities: Array, *, snap: bool) -> Array:
    """Return exact distributions, along the last axis, close to given ones.

    Parameters
    ----------
    probabilities : ndarray, shape (..., n)
    snap : bool
        Drop probabilities below 0.02.
    """
    cut = SNAP if snap else 1e-9
    weights = few_digits(np.where(probabilities < cut, 0.0, probabilities))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def rewards(values: Array, *, snap: bool) -> Array:
    """Return exact rewards close to given ones in [0, 1]."""
    if snap:
        values = np.where(values < SNAP, 0.0, np.where(values > 1 - SNAP, 1.0, values))
    return few_digits(np.clip(values, 0.0, 1.0))
