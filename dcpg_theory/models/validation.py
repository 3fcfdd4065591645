"""How the data of a model is checked, for every number type, and how its errors are worded.

Every message names the place and the number: ``state 17, action 0: transition row sums to 0.98, it
must sum to 1 (within 1e-9)``. Sums of floats may be off by `TOLERANCE`; sums of exact rationals and
of rational functions must be one; a sum of balls must contain one. Balls are refused only where
they are certainly wrong, rational functions where they are constant and wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array, NumberKind, as_array, number_kind

__all__ = [
    "TOLERANCE",
    "check_discount",
    "check_distribution",
    "check_finite",
    "check_labels",
    "check_nonnegative",
    "check_shape",
    "check_sums",
    "converted",
    "first_offender",
    "frozen",
    "in_task",
    "input_array",
    "joint_kind",
    "one_number",
    "show",
]

TOLERANCE = 1e-9
"""How far a sum of floats may be from one."""


def input_array(name: str, values: Any) -> Array:
    """Return nested values as an array of numbers; `name` stands in the message if they are not."""
    try:
        result = np.asarray(values)
    except ValueError:
        raise InvalidInput(f"{name}: ragged nesting, all rows must have one length") from None
    if result.dtype == object and not isinstance(values, np.ndarray):
        with _named(name):
            result = as_array(values, number_kind(values))
    if result.dtype.kind == "b":
        result = result.astype(np.int64)
    if result.dtype.kind not in "fiuO":
        raise InvalidInput(f"{name} has entries of type {result.dtype}, they must be real numbers")
    return result


def joint_kind(**values: Any) -> NumberKind:
    """Return the kind that all values promote to; their keywords are their names in messages."""
    for name, value in values.items():
        with _named(name):
            number_kind(value)
    return number_kind(*values.values())


@contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(f"{name}: {error}") from None
    except OverflowError:
        raise InvalidInput(f"{name}: a number is too large for a float") from None


def converted(name: str, values: Array, kind: NumberKind) -> Array:
    """Return a read-only copy in the kind; `name` stands in the message if that is impossible."""
    with _named(name):
        return frozen(as_array(values, kind))


def frozen(array: Array) -> Array:
    """Return the array, which from now on cannot be written to."""
    array.flags.writeable = False
    return array


def check_shape(name: str, array: Any, shape: tuple[int, ...], needed: str) -> None:
    """Refuse an array of another shape; `needed` is the shape in words."""
    if array.shape != shape:
        raise InvalidInput(f"{name} has shape {array.shape}, it must have shape {needed} = {shape}")


def one_number(name: str, value: Any) -> Any:
    """Return a scalar, also out of an array of shape ()."""
    if isinstance(value, str):
        raise InvalidInput(f"{name}={value!r} must be a number")
    array = input_array(name, value)
    if array.ndim:
        raise InvalidInput(f"{name} has shape {array.shape}, it must be one number")
    return array[()]


def check_discount(discount: Any, kind: NumberKind) -> None:
    """Refuse a discount that is not certainly in the open interval (0, 1); symbols may be any."""
    if kind is NumberKind.SYMBOLIC:
        inside = not discount.is_constant() or 0 < discount.as_constant() < 1
    else:
        inside = bool(discount > 0) and bool(discount < 1)
    if not inside:
        raise InvalidInput(f"discount={show(discount)} must lie in the open interval (0, 1)")


def check_finite(array: Array, kind: NumberKind, place: Callable[[tuple[int, ...]], str]) -> None:
    """Refuse NaN and infinite entries; `place` words an index, for instance as ``reward``."""
    if kind is NumberKind.FLOAT:
        offender = first_offender(~np.isfinite(array))
    elif kind is NumberKind.BALL:
        offender = first_offender(_mask(array, lambda entry: not entry.is_finite()))
    else:
        return
    if offender is not None:
        raise InvalidInput(f"{place(offender)} is {show(array[offender])}, it must be finite")


def check_distribution(
    array: Array,
    kind: NumberKind,
    entry: Callable[[tuple[int, ...]], str],
    row: Callable[[tuple[int, ...]], str],
) -> None:
    """Refuse an array whose last axis holds anything but probability distributions.

    Parameters
    ----------
    array : array, shape (..., n)
        Of the given kind.
    kind : NumberKind
        What the entries are.
    entry, row : callables
        Word the place of an entry and of a row, from its index.
    """
    check_nonnegative(array, kind, entry)
    check_sums(array.sum(axis=-1), kind, row)


def check_nonnegative(
    array: Array, kind: NumberKind, entry: Callable[[tuple[int, ...]], str]
) -> None:
    """Refuse NaN, infinite and negative entries; `entry` words the place of an index."""
    check_finite(array, kind, entry)
    offender = first_offender(_is_negative(array, kind))
    if offender is not None:
        raise InvalidInput(f"{entry(offender)} is {show(array[offender])}, it must not be negative")


def check_sums(sums: Any, kind: NumberKind, row: Callable[[tuple[int, ...]], str]) -> None:
    """Refuse sums that are not one, as the module's text says for each kind."""
    sums = np.asarray(sums)
    if kind is NumberKind.FLOAT:
        wrong = np.abs(sums - 1) > TOLERANCE
    elif kind is NumberKind.BALL:
        wrong = _mask(sums, lambda total: not total.contains(1))
    else:
        wrong = _mask(sums, lambda total: total != 1)
    offender = first_offender(wrong)
    if offender is not None:
        within = " (within 1e-9)" if kind is NumberKind.FLOAT else ""
        found = show(sums[offender])
        raise InvalidInput(f"{row(offender)} sums to {found}, it must sum to 1{within}")


def _is_negative(array: Array, kind: NumberKind) -> Array:
    """Return where entries are certainly negative."""
    if kind is NumberKind.SYMBOLIC:
        return _mask(array, lambda entry: entry.is_constant() and entry.as_constant() < 0)
    return np.asarray(array < 0)


def _mask(array: Array, predicate: Callable[[Any], bool]) -> Array:
    """Apply a predicate to the entries of an object array of any shape, also ()."""
    flat = [bool(predicate(entry)) for entry in array.flat]
    return np.array(flat, dtype=bool).reshape(array.shape)


def first_offender(wrong: Array) -> tuple[int, ...] | None:
    """Return the index of the first True, or None."""
    wrong = np.asarray(wrong)
    if not wrong.any():
        return None
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), wrong.shape))


def show(number: Any) -> str:
    """Return a number for a message: floats to twelve digits, the rest as they print."""
    if isinstance(number, np.ndarray) and number.ndim == 0:
        number = number[()]
    return f"{float(number):.12g}" if isinstance(number, float | np.floating) else str(number)


@contextmanager
def in_task(task: int) -> Iterator[None]:
    """Put the number of the task, counted from 0, before the message of an `InvalidInput`."""
    try:
        yield
    except InvalidInput as error:
        message = str(error)
        separator = ", " if message.startswith("state ") else ": "
        raise InvalidInput(f"task {task}{separator}{message}") from None


def check_labels(labels: Sequence[Any], n_states: int) -> None:
    """Refuse state labels that are too few, too many, unhashable or not unique."""
    if len(labels) != n_states:
        raise InvalidInput(f"states has {len(labels)} labels, it must have n_states = {n_states}")
    seen: set[Any] = set()
    for label in labels:
        try:
            known = label in seen
        except TypeError:
            raise InvalidInput(f"state label {label!r} must be hashable") from None
        if known:
            raise InvalidInput(f"state label {label!r} occurs twice, labels must be unique")
        seen.add(label)
