from __future__ import annotations

from fractions import Fraction

import flint
import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from dcpg_theory import strategies
from dcpg_theory.errors import InvalidInput

SHARES = st.fractions(Fraction(1, 10**7), 1 - Fraction(1, 10**7), max_denominator=10**7)


@given(st.data(), SHARES, SHARES)
def test_discounts_keep_their_bounds(data, one, two):
    low, high = sorted((one, two))
    drawn = data.draw(strategies.discounts(min_value=low, max_value=high))
    assert isinstance(drawn, flint.fmpq)
    assert flint.fmpq(low.numerator, low.denominator) <= drawn
    assert drawn <= flint.fmpq(high.numerator, high.denominator)


def test_discounts_reach_both_ends_and_shrink_to_a_half():
    find(strategies.discounts(), lambda g: 500 * g < 1)
    find(strategies.discounts(), lambda g: 10**6 * g > 999_998)
    assert find(strategies.discounts(), lambda _: True) == flint.fmpq(1, 2)


@given(strategies.regularizations())
def test_regularizations_are_not_negative(weight):
    assert 0 <= weight <= 10


@given(strategies.step_sizes(max_value=Fraction(1, 10**9)))
def test_steps_are_positive_below_any_supremum(step):
    assert 0 < step <= flint.fmpq(1, 10**9)


def test_no_regularization_and_the_step_one_come_first():
    assert find(strategies.regularizations(), lambda _: True) == 0
    assert find(strategies.step_sizes(), lambda _: True) == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda: strategies.discounts(max_value=1),
        lambda: strategies.discounts(min_value=0),
        lambda: strategies.discounts(max_value=0.9),
        lambda: strategies.discounts(min_value=Fraction(2, 3), max_value=Fraction(1, 3)),
        lambda: strategies.discounts(min_value="1/2"),
        lambda: strategies.regularizations(min_value=-1),
        lambda: strategies.regularizations(max_value=True),
        lambda: strategies.step_sizes(min_value=0),
        lambda: strategies.step_sizes(min_value=2, max_value=1),
    ],
)
def test_nonsense_is_refused_where_the_strategy_is_made(make):
    with pytest.raises(InvalidInput):
        make()
