"""Climbing: a quasi-Newton ascent of a ratio with derivatives that are exact to rounding."""

from __future__ import annotations

import math

import numpy as np

from dcpg_theory.exact.numbers import Array
from dcpg_theory.search.targets import Numbers, Structure, Target

__all__ = ["climb", "flatten", "unflatten"]

FLOOR = 1e9
"""What a point counts for at which the ratio is not a positive number."""

STEP = 1e-30
"""The complex step: its square vanishes beside 1, so nothing cancels (Squire and Trapp 1998)."""


def unflatten(shapes: dict[str, tuple[int, ...]], vector: Array) -> Numbers:
    """Cut vectors, the last axis, into named arrays."""
    numbers, at = {}, 0
    for name, shape in shapes.items():
        size = math.prod(shape)
        numbers[name] = vector[..., at : at + size].reshape((*vector.shape[:-1], *shape))
        at += size
    return numbers


def flatten(numbers: Numbers) -> Array:
    """Join named arrays, without leading axes, into one vector."""
    return np.concatenate([np.ravel(array) for array in numbers.values()])


def climb(
    target: Target, structure: Structure, start: Array, *, evaluations: int
) -> tuple[float, Array, int]:
    """Maximise the ratio from a start.

    Parameters
    ----------
    target : Target
    structure : Structure
    start : ndarray, shape (n_numbers,)
    evaluations : int
        Values with their derivatives; a line search that is under way is ended.

    Returns
    -------
    (float, ndarray, int)
        The best ratio seen, where, and how many evaluations it took.
    """
    from scipy.optimize import minimize

    shapes = target.shapes(structure)
    turns = 1j * STEP * np.eye(len(start))
    best, where, count = -np.inf, start, 0

    def negative(x: Array) -> tuple[float, Array]:
        nonlocal best, where, count
        count += 1
        with np.errstate(all="ignore"):
            values = np.asarray(target.ratio(structure, unflatten(shapes, x + turns)))
        value, slope = float(values[0].real), values.imag / STEP
        if not (value > 0 and math.isfinite(value) and np.isfinite(slope).all()):
            return FLOOR, np.zeros_like(x)
        if value > best:
            best, where = value, x.copy()
        # Ratios may be tiny; their logarithm has slopes of a size that the stopping rule means.
        return -math.log(value), -slope / value

    options = {"maxfun": evaluations, "maxiter": evaluations, "ftol": 1e-13, "gtol": 1e-9}
    minimize(negative, start, jac=True, method="L-BFGS-B", options=options)
    return best, where, count
