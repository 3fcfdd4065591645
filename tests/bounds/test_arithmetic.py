from __future__ import annotations

import math
from fractions import Fraction

import flint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory.bounds.arithmetic import (
    above,
    as_json,
    below,
    ceiling,
    exact,
    root,
    short_step,
)
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.balls import precision
from dcpg_theory.exact.rational_functions import as_fmpq

positive = st.fractions(min_value=Fraction(1, 10**40), max_value=10**40)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1-1e-12", 1 - Fraction(1, 10**12)),
        ("0.999999999999", 1 - Fraction(1, 10**12)),
        ("99/100", Fraction(99, 100)),
        ("1 - 1/3", None),
        ("1e6", 10**6),
        ("-2.5", Fraction(-5, 2)),
        (".5", Fraction(1, 2)),
    ],
)
def test_a_text_is_the_number_that_it_says(text, number):
    if number is None:
        with pytest.raises(InvalidInput, match="must be a number like"):
            exact(text, "discount")
    else:
        assert exact(text, "discount") == as_fmpq(number)


@pytest.mark.parametrize("text", ["", "a", "1/0", "1e99999", "nan", "inf", "0x1", "--1"])
def test_other_texts_are_refused_by_name(text):
    with pytest.raises(InvalidInput, match="epsilon="):
        exact(text, "epsilon")


def test_a_float_is_the_dyadic_rational_that_it_is():
    assert exact(0.1, "x") == as_fmpq(Fraction(0.1))
    for wrong in (math.inf, math.nan):
        with pytest.raises(InvalidInput, match="finite"):
            exact(wrong, "x")


@given(positive)
def test_doubles_enclose_the_number_and_are_neighbours(number):
    low, high = below(as_fmpq(number)), above(as_fmpq(number))
    assert Fraction(low) <= number <= Fraction(high)
    assert high in (low, math.nextafter(low, math.inf))


@given(positive)
def test_the_root_of_a_square_is_exact_and_of_others_encloses(number):
    assert root(as_fmpq(number**2)) == as_fmpq(number)
    with precision(200):
        square = root(as_fmpq(number)) ** 2
        assert square == as_fmpq(number) or square.contains(as_fmpq(number))


@given(positive)
def test_the_ceiling_is_the_least_integer_above(number):
    assert ceiling(as_fmpq(number)) == math.ceil(number)
    with precision(400):
        assert ceiling(flint.arb(as_fmpq(number))) in (math.ceil(number), math.ceil(number) + 1)


def test_the_ceiling_of_a_ball_is_never_too_small():
    with precision(53):
        third = flint.arb(3) / 3  # a ball around 1
        assert ceiling(third) >= 1


@given(positive, st.integers(-2000, 2000))
def test_a_short_step_has_53_digits_and_is_just_below(number, exponent):
    number = number * Fraction(10) ** exponent
    step = short_step(as_fmpq(number))
    step = Fraction(int(step.p), int(step.q))
    assert step <= number < step * (1 + Fraction(2) ** -50)
    odd = step.numerator
    while odd % 2 == 0:
        odd //= 2
    assert odd.bit_length() <= 54
    strictly = short_step(as_fmpq(step), strictly=True)
    assert strictly < as_fmpq(step)


def test_json_holds_a_double_where_there_is_one_and_else_a_text():
    assert as_json(flint.fmpq(1, 2)) == 0.5
    assert as_json(None) is None
    assert as_json(10**300) == 10**300
    assert str(as_json(exact("1e-400", "x"))).endswith("e-400")
    assert str(as_json(exact("1e400", "x"))).endswith("e+400")
    assert as_json(flint.fmpq(0)) == 0.0
