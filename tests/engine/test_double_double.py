"""Pairs of floats carry thirty digits."""

from __future__ import annotations

import math

import mpmath
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dcpg_theory.engine import double_double
from dcpg_theory.engine.double_double import UNIT

highs = st.floats(-1e100, 1e100, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-100)
shares = st.floats(-1, 1)


def pair(high, share):
    """A normalized pair."""
    low = share * math.ulp(high) / 2
    return high + low, low - ((high + low) - high)


@pytest.mark.parametrize("name", ["add", "multiply", "divide"])
@given(a=highs, a_share=shares, b=highs, b_share=shares)
def test_arithmetic_is_right_to_its_unit(name, a, a_share, b, b_share):
    a, a_low = pair(a, a_share)
    b, b_low = pair(b, b_share)
    assume(name != "divide" or b != 0)
    with mpmath.workdps(60):
        x, y = mpmath.mpf(a) + a_low, mpmath.mpf(b) + b_low
        exact = {"add": x + y, "multiply": x * y}.get(name)
        exact = x / y if exact is None else exact
        found = getattr(double_double, name)(a, a_low, b, b_low)
        error = abs(mpmath.mpf(found[0]) + found[1] - exact)
        # A sum that cancels is right relative to what it cancels.
        assert error <= UNIT * (max(abs(x), abs(y)) if name == "add" else abs(exact)) + 1e-290


@given(st.floats(-700, 0), shares)
def test_the_exponential_is_right_to_its_unit_times_its_argument(x, share):
    x, x_low = pair(x, share)
    high, low = double_double.exponential(x, x_low)
    with mpmath.workdps(60):
        exact = mpmath.exp(mpmath.mpf(x) + x_low)
        assert abs(mpmath.mpf(high) + low - exact) <= (4 + abs(x)) * UNIT * exact + 1e-320


def test_the_exponential_of_the_least_is_zero():
    assert double_double.exponential(-1400.0, 0.0) == (0.0, 0.0)
    assert double_double.exponential(0.0, 0.0) == (1.0, 0.0)
