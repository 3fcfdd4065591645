"""Signs of polynomials over boxes by Bernstein coefficients.

Written in the Bernstein basis of a box, a polynomial is a convex combination of its coefficients,
so coefficients >= 0 prove that it is >= 0 there (Lorentz 1953; Farouki 2012 surveys the method).
On the relative interior of a face the basis is strictly positive: one positive coefficient
on the face then gives > 0. Where the coefficients have mixed signs the box is halved.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import comb
from typing import Any

import numpy as np

from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.numbers import Array

__all__ = ["BernsteinPiece", "Polynomial", "bernstein_coefficients", "bernstein_positivity"]

# A polynomial as data: exponents in the order of the box's names -> rational coefficient.
Polynomial = dict[tuple[int, ...], Fraction]
Corners = tuple[tuple[Fraction, Fraction], ...]


@dataclass(frozen=True, slots=True)
class BernsteinPiece:
    """The Bernstein coefficients of a polynomial on one closed sub-box."""

    corners: Corners
    coefficients: tuple[tuple[tuple[int, ...], Fraction], ...]

    def as_array(self) -> Array:
        """Return the coefficients as an object array, one axis for each variable."""
        shape = tuple(1 + max(index[k] for index, _ in self.coefficients) for k in self._axes())
        result = np.zeros(shape, dtype=object)
        for index, value in self.coefficients:
            result[index] = value
        return result

    def _axes(self) -> range:
        return range(len(self.corners))


def _affine(polynomial: Polynomial, corners: Corners) -> Polynomial:
    """Substitute x = lower + (upper - lower) t in every variable."""
    result: Polynomial = {}
    for exponents, coefficient in polynomial.items():
        partial: Polynomial = {(): coefficient}
        for exponent, (lower, upper) in zip(exponents, corners, strict=True):
            width = upper - lower
            expanded: Polynomial = {}
            for done, value in partial.items():
                for k in range(exponent + 1):
                    term = value * comb(exponent, k) * lower ** (exponent - k) * width**k
                    if term:
                        expanded[(*done, k)] = expanded.get((*done, k), Fraction(0)) + term
            partial = expanded
        for key, value in partial.items():
            result[key] = result.get(key, Fraction(0)) + value
    return result


def bernstein_coefficients(polynomial: Polynomial, corners: Corners) -> Array:
    """Return the Bernstein coefficients over a closed box, as an array of Fractions.

    Parameters
    ----------
    polynomial : dict from exponent tuples to Fraction
    corners : tuple of (lower, upper) pairs, one for each variable
    """
    moved = _affine(polynomial, corners)
    degrees = [max((e[k] for e in polynomial), default=0) for k in range(len(corners))]
    array = np.full([d + 1 for d in degrees], Fraction(0), dtype=object)
    for exponents, value in moved.items():
        array[exponents] += value
    for axis, degree in enumerate(degrees):
        change = np.array(
            [
                [
                    Fraction(comb(i, j), comb(degree, j)) if j <= i else Fraction(0)
                    for j in range(degree + 1)
                ]
                for i in range(degree + 1)
            ],
            dtype=object,
        )
        array = np.moveaxis(np.tensordot(change, array, axes=(1, axis)), 0, axis)
    return array


def bernstein_positivity(
    polynomial: Polynomial, box: Box, *, strict: bool, pieces: int = 512
) -> tuple[BernsteinPiece, ...] | None:
    """Certify a polynomial >= 0, or > 0, on a box; None when the budget does not suffice.

    Parameters
    ----------
    polynomial : dict from exponent tuples (in the order of the box's names) to Fraction
    box : Box
    strict : bool
        Ask for > 0 on the box itself; open ends are left out, closed ends are in.
    pieces : int
        Largest number of sub-boxes looked at.
    """
    start: Corners = tuple(interval.ends for interval in box.values())
    waiting, done = [(start, 0)], []
    looked_at = 0
    while waiting:
        corners, depth = waiting.pop()
        looked_at += 1
        coefficients = bernstein_coefficients(polynomial, corners)
        if piece_is_positive(coefficients, corners, box, strict=strict):
            entries = tuple(
                (index, coefficients.item(index)) for index in np.ndindex(coefficients.shape)
            )
            done.append(BernsteinPiece(corners, entries))
            continue
        hopeless = not corners or _is_negative_at_a_corner(coefficients)
        if hopeless or looked_at + len(waiting) >= pieces:
            return None
        axis = depth % len(corners)
        lower, upper = corners[axis]
        middle = (lower + upper) / 2
        waiting.extend(
            ((*corners[:axis], half, *corners[axis + 1 :]), depth + 1)
            for half in ((middle, upper), (lower, middle))
        )
    return tuple(done)


def _is_negative_at_a_corner(coefficients: Array) -> bool:
    """Whether the polynomial, and so part of the box near the corner, is negative for sure.

    The coefficients at the corners are the polynomial's values there.
    """
    corners = itertools.product(*((0, length - 1) for length in coefficients.shape))
    return any(coefficients.item(corner) < 0 for corner in corners)


def piece_is_positive(coefficients: Array, corners: Corners, box: Box, *, strict: bool) -> bool:
    """Whether the coefficients prove the sign on the part of the box inside the corners."""
    if any(value < 0 for value in coefficients.flat):
        return False
    if not strict:
        return True
    return all(
        any(value > 0 for value in np.asarray(coefficients[face]).flat)
        for face in _faces_inside(corners, box)
    )


def _faces_inside(corners: Corners, box: Box) -> Iterator[tuple[Any, ...]]:
    """Index every face of the sub-box whose relative interior meets the box."""
    choices: list[list[Any]] = []
    for (lower, upper), interval in zip(corners, box.values(), strict=True):
        axis: list[Any] = [slice(None)]
        if interval.contains(lower):
            axis.append(0)
        if interval.contains(upper):
            axis.append(-1)
        choices.append(axis)
    yield from itertools.product(*choices)
