"""Rates: against formulas written out by hand, exactly where the numbers are rational."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from dcpg_theory.errors import AssumptionViolated, InvalidInput
from dcpg_theory.theory.rates import CorrectedRates, SharpRates

HALF = Fraction(1, 2)
CORRECTED = CorrectedRates((HALF, Fraction(3, 4)), 3, 2, Fraction(1, 10), HALF, Fraction(-1, 4))
SHARP = SharpRates((0.5, 0.75), (2, 3), 3, 2, 0.1, 0.5)


def test_corrected_constants_are_rational_where_their_arguments_are():
    assert CORRECTED.gradient_bound == Fraction(4, 10) + 4 + 16
    assert CORRECTED.smoothness == 8 * (8 + 64) + 2 * Fraction(2, 30)
    assert CORRECTED.largest_step == Fraction(3, 4) / (2 * CORRECTED.smoothness)
    assert CORRECTED.threshold == Fraction(2, 10) / 12


def test_corrected_theorem_1_is_the_last_display_of_b1():
    alpha, entropy = CORRECTED.largest_step, Fraction(1, 7)
    first, away, weight = CORRECTED.theorem_1(alpha, 50, entropy)
    assert first == 16 * (2 + 4 + Fraction(2, 70)) / (Fraction(3, 4) * 50 * alpha)
    assert away == 512 * CORRECTED.gradient_bound**2 * alpha**2 * (2**6 + 4**6) / (2 * HALF**2)
    assert weight == Fraction(16, 100)


def test_corrected_first_term_covers_c_1_for_every_admissible_step():
    """2 * 2 * c_1/(K alpha^2), c_1 = 2/((1 + lambda_N)/alpha - beta), with equality at the end."""
    for share in (Fraction(1, 100), HALF, Fraction(1)):
        alpha = share * CORRECTED.largest_step
        c_1 = 2 / (Fraction(3, 4) / alpha - CORRECTED.smoothness)
        start = Fraction(6)
        printed = CORRECTED.theorem_1(alpha, 1, 0)[0]
        assert 4 * c_1 * start / alpha**2 <= printed
        assert (4 * c_1 * start / alpha**2 == printed) == (share == 1)


def test_corrected_count_makes_43_as_small_as_the_threshold():
    accuracy, mismatch = 0.5, 3.0
    weight = accuracy / (2 * 2 * mismatch)
    rates = CorrectedRates((0.5, 0.75), 3, 2, weight, 0.5, -0.25)
    count = rates.theorem_2_iterations(accuracy, mismatch, 0.2)
    link = rates.gradient_link(rates.theorem_2_step, count, 0.2)
    assert 0.98 * rates.threshold < link <= rates.threshold


def test_sharp_count_makes_the_gradient_exactly_as_small_as_the_threshold():
    accuracy, mismatch = 0.5, 3.0
    rates = SharpRates((0.5, 0.75), (2, 3), 3, 2, accuracy / (2 * mismatch), 0.5)
    count = rates.theorem_2_iterations(accuracy, mismatch, 0.2)
    link = rates.gradient_link(rates.theorem_2_step, count, 0.2)
    assert link == pytest.approx(2 * rates.threshold)


def test_sharp_constants_take_the_smaller_of_both_bounds():
    first, second = SHARP.value_smoothness
    assert first == pytest.approx(2 * 2 / (3 * math.sqrt(3)))
    assert second == pytest.approx(3 * 4 / (3 * math.sqrt(3)))
    (lone,) = SharpRates((0.5,), (9,), 9, 2, 0.0, 0.0).value_smoothness
    assert lone == 2
    assert SHARP.regularizer_gradient == pytest.approx(0.1 * math.sqrt(1 / 6))


def test_one_agent_has_no_disagreement():
    alone = SharpRates((0.5,), (2,), 2, 2, 0.1, 0.0)
    first, away, _ = alone.theorem_1(0.5, 100, 0.0)
    assert away == 0
    assert first == pytest.approx(math.sqrt(2 * 2 / 50))
    assert alone.theorem_2_step == 1 / max(alone.smoothness)


def test_one_action_has_nothing_to_regularize():
    assert SharpRates((0.5,), (2,), 2, 1, 0.1, 0.0).regularizer_gradient == 0


@pytest.mark.parametrize("rates", [SHARP, CORRECTED])
def test_sharp_and_corrected_bounds_shrink_with_the_iterations(rates):
    terms = [sum(rates.theorem_1(rates.largest_step, k, 0)) for k in (1, 10, 100)]
    assert terms[0] > terms[1] > terms[2]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: CorrectedRates((), 1, 2, 0, 0, 0), InvalidInput, "at least one task"),
        (lambda: CorrectedRates((1,), 1, 2, 0, 0, 0), InvalidInput, "discount=1 must lie in"),
        (lambda: CorrectedRates((HALF,), 1, 2, 0, 1, 0), AssumptionViolated, "less than 1"),
        (lambda: CorrectedRates((HALF,), 1, 2, 0, 0, -1), AssumptionViolated, "greater than -1"),
        (lambda: SharpRates((0.5,), (1, 2), 1, 2, 0, 0), InvalidInput, "a size for each"),
        (lambda: SharpRates((0.5,), (1,), 1, 2, 0, 1.0), AssumptionViolated, "no consensus"),
    ],
)
def test_what_violates_a_hypothesis_is_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()
