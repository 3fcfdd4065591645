"""Unbounded boxes folded into bounded ones.

A ray from `a` is the image of [0, 1) under t -> a + t/(1 - t), which keeps open and closed ends. A
sign on a box with rays is so a sign on a bounded box, where Bernstein coefficients decide it.
"""

from __future__ import annotations

from fractions import Fraction

from dcpg_theory.exact.boxes import Box, Interval
from dcpg_theory.exact.rational_functions import RationalFunction, symbols

__all__ = ["folded", "folded_box"]


def folded_box(box: Box) -> Box:
    """Return the bounded box: every ray becomes the interval from 0 to 1."""
    return Box(
        **{
            name: interval
            if interval.upper is not None
            else Interval(Fraction(0), Fraction(1), closed_lower=interval.closed_lower)
            for name, interval in box.items()
        }
    )


def folded(function: RationalFunction, box: Box) -> RationalFunction:
    """Return the function of the bounded box's variables, which keep their names."""
    point = {name: symbols(name)[0] for name in function.free_names()}
    if all(box[name].upper is not None for name in point):
        return function
    for name, t in point.items():
        if box[name].upper is None:
            point[name] = box[name].lower + t / (1 - t)
    value = function.evaluate(point)
    return value if isinstance(value, RationalFunction) else RationalFunction.constant(value)
