from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory import bounds
from dcpg_theory.errors import AssumptionViolated, InvalidInput

COLUMNS = ("printed", "corrected", "sharp")
discounts = st.lists(st.floats(0.05, 0.97), min_size=1, max_size=4)


@given(discounts, st.floats(0.05, 20), st.sampled_from([0.0, 0.001]))
def test_so_many_iterations_reach_the_target_and_one_less_does_not(gammas, target, lam):
    sizes, spectrum = bounds.sizes(gammas, 5, 3), bounds.ring(len(gammas))
    for name in COLUMNS:
        common = {"regularization": lam, "statement": name}
        found = bounds.iterations_for_gradient(sizes, spectrum, target=target, **common)
        at = {"step_size": found.step_size, **common}
        reached = bounds.theorem_1(sizes, spectrum, iterations=found.value, **at)
        assert reached.value <= target * (1 + 1e-15)
        if found.value > 1:
            best = bounds.theorem_1(sizes, spectrum, iterations=found.value - 1, **common)
            assert best.value >= target * (1 - 1e-12)


def test_a_target_below_the_regularizer_s_term_is_out_of_reach():
    sizes = bounds.sizes(["0.9"], 5, 3, agents=3)
    for name in COLUMNS:
        with pytest.raises(AssumptionViolated, match="the regularizer alone"):
            bounds.iterations_for_gradient(
                sizes, bounds.ring(3), target="0.01", regularization=1, statement=name
            )


def test_one_action_meets_every_target_at_once():
    found = bounds.iterations_for_gradient(
        bounds.sizes(["0.9"], 5, 1), bounds.single(), target="1e-9", regularization=0
    )
    assert found.value == 1


@given(discounts, st.integers(1, 10**40), st.floats(1, 1e6))
def test_a_budget_buys_the_accuracy_and_hardly_more(gammas, budget, mismatch):
    sizes, spectrum = bounds.sizes(gammas, 5, 3), bounds.ring(len(gammas))
    for name in COLUMNS:
        common = {"mismatch": mismatch, "statement": name}
        found = bounds.accuracy_within(sizes, spectrum, iterations=budget, **common)
        bought = bounds.theorem_2(sizes, spectrum, accuracy=found.enclosure, **common)
        assert bought.value <= budget
        finer = found.enclosure * (2**30 - 1) / 2**30
        assert bounds.theorem_2(sizes, spectrum, accuracy=finer, **common).value > budget


def test_an_accuracy_beyond_every_gap_says_nothing():
    found = bounds.accuracy_within(
        bounds.sizes(["0.9"], 5, 3, agents=2), bounds.ring(2), iterations=10, mismatch=100
    )
    assert any(note.startswith("says nothing") for note in found.notes)


def test_bad_input_is_named():
    sizes = bounds.sizes(["0.9"], 5, 3)
    with pytest.raises(InvalidInput, match="iterations=0"):
        bounds.accuracy_within(sizes, bounds.single(), iterations=0, mismatch=1)
    with pytest.raises(InvalidInput, match="target-gradient=0"):
        bounds.iterations_for_gradient(sizes, bounds.single(), target=0, regularization=0)
