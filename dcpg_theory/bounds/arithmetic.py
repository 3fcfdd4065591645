"""Exact numbers for the calculators: rationals while they last, balls for roots.

A `Number` is a python-flint rational or a ball. Nothing here overflows: 1 - 1e-12 is the rational
that it says, and a ball has an exponent of any size. What leaves the calculators is rounded so that
it stays true: a bound up, a step size down.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any, ParamSpec, TypeVar

import flint

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.balls import ball, precision
from dcpg_theory.exact.rational_functions import as_fmpq

__all__ = [
    "Number",
    "above",
    "as_json",
    "at_working_precision",
    "below",
    "ceiling",
    "cube_root",
    "exact",
    "largest",
    "root",
    "short_step",
    "smallest",
]

Number = Any
"""A `flint.fmpq` or a `flint.arb`; mypy knows neither."""

WORKING_PRECISION = 1024
"""Bits. Iteration counts of 10^200 are integers of 665 bits, and they are rounded up exactly."""

_DIGITS = 53
_NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?"
_RATIO = re.compile(rf"({_NUMBER})(?:/({_NUMBER}))?")
_COMPLEMENT = re.compile(rf"1\s*-\s*({_NUMBER})")

_P = ParamSpec("_P")
_R = TypeVar("_R")


def at_working_precision(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Return the function so that it works with balls of `WORKING_PRECISION` bits."""

    @functools.wraps(function)
    def inner(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with precision(WORKING_PRECISION):
            return function(*args, **kwargs)

    return inner


def exact(value: Any, name: str) -> Any:
    """Return a finite real number as an exact rational, a text as the number that it says.

    Parameters
    ----------
    value : int, float, Fraction, fmpq or str
        A text is a decimal like ``1e-12``, a ratio like ``1/3``, or ``1-1e-12``. A float is the
        dyadic rational that it is.
    name : str
        For the message.

    Raises
    ------
    InvalidInput
        If it is none of these, or not finite.

    Examples
    --------
    >>> exact("1-1e-12", "discount")
    999999999999/1000000000000
    """
    if isinstance(value, str):
        return _parsed(value.strip(), name)
    if isinstance(value, float) or type(value).__module__ == "numpy":
        if not math.isfinite(value):
            raise InvalidInput(f"{name}={value} must be a finite number")
        return as_fmpq(Fraction(float(value)))
    try:
        return as_fmpq(value)
    except InvalidInput:
        raise InvalidInput(f"{name}={value!r} must be a real number") from None


def _parsed(text: str, name: str) -> Any:
    complement = _COMPLEMENT.fullmatch(text)
    if complement:
        return 1 - as_fmpq(Fraction(complement[1]))
    ratio = _RATIO.fullmatch(text)
    below_line = Fraction(ratio[2] or 1) if ratio else 0
    if ratio is None or not below_line:
        raise InvalidInput(f"{name}={text} must be a number like 0.9, 1e-12, 1/3 or 1-1e-12")
    return as_fmpq(Fraction(ratio[1]) / below_line)


def root(value: Number) -> Number:
    """Return the square root of a number that is not negative: of a square of Q exactly."""
    if isinstance(value, flint.arb):
        return value.sqrt()
    p, q = int(value.p), int(value.q)
    roots = math.isqrt(p), math.isqrt(q)
    if (roots[0] ** 2, roots[1] ** 2) == (p, q):
        return flint.fmpq(*roots)
    return ball(value).sqrt()


def cube_root(value: Number) -> Number:
    """Return the cube root of a positive number, as a ball."""
    return ball(value).root(3)


def smallest(*values: Number) -> Number:
    """Return the least number; of overlapping balls a ball that holds it."""
    return functools.reduce(lambda x, y: _of_two(x, y, flint.arb.min), values)


def largest(*values: Number) -> Number:
    """Return the greatest number; of overlapping balls a ball that holds it."""
    return functools.reduce(lambda x, y: _of_two(x, y, flint.arb.max), values)


def _of_two(x: Number, y: Number, choose: Callable[[Any, Any], Any]) -> Number:
    if isinstance(x, flint.arb) or isinstance(y, flint.arb):
        return choose(ball(x), ball(y))
    return min(x, y) if choose is flint.arb.min else max(x, y)


def ceiling(value: Number) -> int:
    """Return the least integer that is certainly not below the value."""
    if isinstance(value, flint.arb):
        whole: Any = value.upper().ceil().unique_fmpz()
        return int(whole)
    return -(-int(value.p) // int(value.q))


def above(value: Number) -> float:
    """Return the least double that is certainly not below the value; infinity beyond them all."""
    return 0.0 - _floored(-value)


def below(value: Number) -> float:
    """Return the greatest double that is certainly not above the value."""
    return _floored(value)


def _fraction_below(value: Number) -> Fraction:
    if isinstance(value, flint.arb):
        mantissa, exponent = (int(part) for part in value.lower().man_exp())
        return Fraction(mantissa) * Fraction(2) ** exponent
    return Fraction(int(value.p), int(value.q))


def _floored(value: Number) -> float:
    lower = _fraction_below(value)
    try:
        nearest = float(lower)
    except OverflowError:
        return -math.inf if lower < 0 else math.nextafter(math.inf, 0)
    return nearest if lower >= nearest else math.nextafter(nearest, -math.inf)


def short_step(value: Number, *, strictly: bool = False) -> Any:
    """Return a positive number rounded down to 53 binary digits, exactly, as small as it may be.

    A step size that is reported is one that a program can use as it is; so the bound is evaluated
    at the very step that is reported.
    """
    lower = _fraction_below(value)
    exponent = lower.numerator.bit_length() - lower.denominator.bit_length() - _DIGITS
    digits = lower / Fraction(2) ** exponent
    whole = digits.numerator // digits.denominator
    if strictly and whole == digits:
        whole -= 1
    return as_fmpq(whole * Fraction(2) ** exponent)


def as_json(value: Any, rounded: Callable[[Number], float] = above) -> Any:
    """Return a number as JSON can hold it: a double where one is near, else a decimal text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    double = rounded(value)
    if math.isinf(double) or (abs(double) < 2.3e-308 and not _is_zero(value)):
        return ball(value).str(17, radius=False)
    return double


def _is_zero(value: Number) -> bool:
    return bool(value.contains(0)) if isinstance(value, flint.arb) else value == 0
