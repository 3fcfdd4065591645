"""Discounts, rewards, regularizations and step sizes: exact numbers, the telling ones first."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
from hypothesis import strategies as st

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.rational_functions import as_fmpq
from dcpg_theory.strategies.bulk import rational

__all__ = ["discounts", "one_number", "regularizations", "step_sizes"]

_DISCOUNTS = tuple(
    flint.fmpq(p, q)
    for p, q in ((1, 2), (9, 10), (1, 10), (99, 100), (1, 1000), (999_999, 1_000_000))
)
_SIZES = tuple(flint.fmpq(p, q) for p, q in ((1, 1), (1, 10), (1, 100), (10, 1), (1, 1_000_000)))


def discounts(
    *, min_value: Any = Fraction(1, 1000), max_value: Any = Fraction(999_999, 1_000_000)
) -> st.SearchStrategy[flint.fmpq]:
    """Return a strategy for discounts gamma_i, exact.

    Parameters
    ----------
    min_value, max_value : exact number
        Inclusive, strictly between 0 and 1.

    Returns
    -------
    SearchStrategy of fmpq
        1/2, 9/10 and some discounts close to 0 and 1 where the bounds allow them, and fractions in
        between with a denominator of 100.

    Raises
    ------
    InvalidInput
        If the bounds are not exact, cross, or leave the open interval.
    """
    low, high = one_number("min_value", min_value), one_number("max_value", max_value)
    if not 0 < low <= high < 1:
        raise InvalidInput(
            f"min_value={min_value} and max_value={max_value} must lie in the open interval "
            "(0, 1), the least first"
        )
    telling = [g for g in _DISCOUNTS if low <= g <= high]
    between = st.integers(0, 100).map(lambda k: low + (high - low) * rational(k, 100))
    return st.one_of(st.sampled_from(telling), between) if telling else between


def regularizations(*, min_value: Any = 0, max_value: Any = 10) -> st.SearchStrategy[flint.fmpq]:
    """Return a strategy for the weight lambda >= 0 of the relative entropy in (7), exact.

    Parameters
    ----------
    min_value, max_value : exact number
        Inclusive; `min_value` at least 0.

    Raises
    ------
    InvalidInput
        If the bounds are not exact, cross, or are negative.
    """
    return _sizes(min_value, max_value, zero=True)


def step_sizes(*, min_value: Any = None, max_value: Any = 10) -> st.SearchStrategy[flint.fmpq]:
    """Return a strategy for step sizes alpha > 0, exact, in parameter per unit of gradient.

    Parameters
    ----------
    min_value, max_value : exact number
        Inclusive and positive; `min_value` is by default a millionth of `max_value`. For steps that
        a theorem admits, give its supremum as `max_value`.

    Raises
    ------
    InvalidInput
        If the bounds are not exact, cross, or are not positive.
    """
    if min_value is None:
        min_value = one_number("max_value", max_value) / 1_000_000
    return _sizes(min_value, max_value, zero=False)


def _sizes(least: Any, most: Any, *, zero: bool) -> st.SearchStrategy[flint.fmpq]:
    low, high = one_number("min_value", least), one_number("max_value", most)
    if low > high or low < 0 or (low == 0 and not zero):
        sign = "at least 0" if zero else "positive"
        raise InvalidInput(f"min_value={least} must be {sign} and at most max_value={most}")
    telling = [size for size in (flint.fmpq(0), *_SIZES) if low <= size <= high]
    between = st.integers(0, 100).map(lambda k: low + (high - low) * rational(k, 100))
    return st.one_of(st.sampled_from(telling), between) if telling else between


def one_number(name: str, value: Any) -> flint.fmpq:
    """Return an exact number.

    Raises
    ------
    InvalidInput
        If it is a float or no number.
    """
    if isinstance(value, bool):
        raise InvalidInput(f"{name}={value!r} must be an exact number")
    try:
        return as_fmpq(value)
    except (InvalidInput, TypeError):
        raise InvalidInput(
            f"{name}={value!r} must be an exact number, such as Fraction(9, 10)"
        ) from None
