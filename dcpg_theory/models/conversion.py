"""Conversions between number kinds that lose something or may be refused, and equality."""

from __future__ import annotations

from typing import Any

import flint
import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array, NumberKind, as_scalar
from dcpg_theory.exact.rational_functions import RationalFunction, as_fmpq

__all__ = ["float_of", "rational_of", "same_entries"]


def float_of(values: Any) -> Array:
    """Return float64: rationals rounded, balls by their midpoints, constants of Q(symbols)."""
    try:
        return _mapped(values, _float).astype(np.float64)
    except OverflowError:
        raise InvalidInput("a number is too large for a float") from None


def rational_of(values: Any) -> Array:
    """Return exact rationals: floats by their binary value, balls of radius zero, constants."""
    return _mapped(values, _rational)


def _mapped(values: Any, function: Any) -> Array:
    source = values if isinstance(values, np.ndarray) else np.array(values, dtype=object)
    result = np.empty(source.shape, dtype=object)
    for index in np.ndindex(source.shape):
        result[index] = function(source[index])
    return result


def _float(value: Any) -> Any:
    if isinstance(value, RationalFunction):
        value = value.as_constant()
    if isinstance(value, flint.arb):
        return float(value.mid())
    return as_scalar(value, NumberKind.FLOAT)


def _rational(value: Any) -> Any:
    if isinstance(value, RationalFunction):
        return value.as_constant()
    if isinstance(value, flint.arb):
        if not value.is_exact():
            raise InvalidInput(f"the ball {value} has a radius, it is no exact rational")
        return value.fmpq()
    if isinstance(value, float | np.floating):
        return flint.fmpq(*float(value).as_integer_ratio())
    return as_fmpq(value)


def same_entries(left: Any, right: Any) -> bool:
    """Whether two arrays, sparse arrays or scalars hold the same numbers; balls compare as sets."""
    if hasattr(left, "tocsr"):
        return left.shape == right.shape and all(
            np.array_equal(getattr(left, part), getattr(right, part))
            for part in ("data", "indices", "indptr")
        )
    if isinstance(left, np.ndarray):
        if left.shape != right.shape:
            return False
        if left.dtype != object:
            return bool(np.array_equal(left, right))
        return all(same_entries(a, b) for a, b in zip(left.flat, right.flat, strict=True))
    if isinstance(left, flint.arb):
        return bool(left.mid() == right.mid() and left.rad() == right.rad())
    return bool(left == right)
