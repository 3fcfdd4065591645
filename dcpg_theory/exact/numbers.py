"""The four number types a formula of `theory` is evaluated in, and how values reach them.

Arrays are float64, or of dtype object with entries of one exact type. The types form a ladder on
which values promote: rationals become floats, balls or rational functions; a float never becomes
exact on its own, because 0.1 is not 1/10.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import flint
import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.rational_functions import RationalFunction, as_fmpq

__all__ = ["Array", "NumberKind", "as_array", "as_scalar", "number_kind"]

Array = np.ndarray[Any, np.dtype[Any]]


class NumberKind(StrEnum):
    """What the entries of an array are."""

    FLOAT = "float64"
    RATIONAL = "exact rational"
    BALL = "ball"
    SYMBOLIC = "rational function"


def _scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "f":
            yield 0.0
        elif value.dtype.kind in "iub":
            yield 0
        elif value.dtype == object:
            yield from value.flat
        else:
            raise InvalidInput(f"array of dtype {value.dtype} must be real numbers")
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _scalars(item)
    else:
        yield value


def _kind_of(scalar: Any) -> NumberKind:
    if isinstance(scalar, RationalFunction):
        return NumberKind.SYMBOLIC
    if isinstance(scalar, flint.arb):
        return NumberKind.BALL
    if isinstance(scalar, float | np.floating):
        return NumberKind.FLOAT
    as_fmpq(scalar)
    return NumberKind.RATIONAL


def number_kind(*values: Any) -> NumberKind:
    """Return the kind that all values promote to.

    Parameters
    ----------
    *values : scalars, nested lists or arrays
        Of any number type.

    Raises
    ------
    InvalidInput
        If floats meet balls or symbols, or an entry is no number.
    """
    kinds = {_kind_of(scalar) for value in values for scalar in _scalars(value)}
    if NumberKind.FLOAT in kinds and kinds & {NumberKind.BALL, NumberKind.SYMBOLIC}:
        raise InvalidInput("floats cannot be mixed with balls or symbols; give exact rationals")
    if kinds >= {NumberKind.BALL, NumberKind.SYMBOLIC}:
        raise InvalidInput("balls cannot be mixed with symbols")
    for kind in (NumberKind.SYMBOLIC, NumberKind.BALL, NumberKind.FLOAT):
        if kind in kinds:
            return kind
    return NumberKind.RATIONAL


def as_scalar(value: Any, kind: NumberKind) -> Any:
    """Return one value as a scalar of the kind.

    Raises
    ------
    InvalidInput
        If that would turn a float, ball or symbol into something exact.
    """
    if kind is NumberKind.FLOAT:
        if isinstance(value, RationalFunction | flint.arb):
            raise InvalidInput(f"{value} is not a float")
        if isinstance(value, flint.fmpq):
            return int(value.p) / int(value.q)
        return float(value)
    if kind is NumberKind.SYMBOLIC and isinstance(value, RationalFunction):
        return value
    if kind is NumberKind.BALL:
        return value if isinstance(value, flint.arb) else flint.arb(as_fmpq(value))
    exact = as_fmpq(value)
    return RationalFunction.constant(exact) if kind is NumberKind.SYMBOLIC else exact


def as_array(values: Any, kind: NumberKind) -> Array:
    """Return nested values as an array of the kind: float64, or object with exact entries.

    Raises
    ------
    InvalidInput
        If the nesting is ragged or an entry does not promote to the kind.
    """
    source = values if isinstance(values, np.ndarray) else _object_array(values)
    if kind is NumberKind.FLOAT and source.dtype.kind in "fiub":
        return source.astype(np.float64)
    result = np.empty(source.shape, dtype=object)
    for index in np.ndindex(source.shape):
        result[index] = as_scalar(source[index], kind)
    return result.astype(np.float64) if kind is NumberKind.FLOAT else result


def _object_array(values: Any) -> Array:
    """Stack nested sequences; written out because numpy would iterate into exact scalars."""
    if not isinstance(values, list | tuple | np.ndarray):
        scalar = np.empty((), dtype=object)
        scalar[()] = values
        return scalar
    parts = [_object_array(value) for value in values]
    if len({part.shape for part in parts}) > 1:
        raise InvalidInput("ragged nesting: all rows must have one length")
    return np.stack(parts).astype(object) if parts else np.empty((0,), dtype=object)
