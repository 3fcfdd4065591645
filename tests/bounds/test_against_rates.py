"""Two implementations of the same theorems: the calculators, and `theory.rates` in floats."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory import bounds

rates = pytest.importorskip("dcpg_theory.theory.rates", reason="theory.rates is not there yet")


@given(
    st.lists(st.floats(0.05, 0.95), min_size=1, max_size=4),
    st.integers(1, 20),
    st.integers(2, 5),
    st.floats(1e-3, 2),
    st.integers(1, 10**6),
)
def test_both_give_the_same_bounds_and_counts(gammas, n_states, n_actions, lam, k):
    n, entropy, m = len(gammas), 0.25, 30.0
    spectrum = bounds.ring(n, "metropolis")
    sigma, lowest = (
        float(x) for x in (spectrum.second_singular_value, spectrum.smallest_eigenvalue)
    )
    sizes = bounds.sizes(gammas, n_states, n_actions)
    corrected = rates.CorrectedRates(gammas, n_states, n_actions, lam, sigma, lowest)
    sharp = rates.SharpRates(gammas, [n_states] * n, n_states, n_actions, lam, sigma)
    for name, other in (("corrected", corrected), ("sharp", sharp)):
        found = bounds.theorem_1(
            sizes,
            spectrum,
            regularization=lam,
            iterations=k,
            statement=name,
            initial_entropy=entropy,
        )
        most = bounds.theorem_1_step(sizes, spectrum, regularization=lam, statement=name)
        assert float(most) == pytest.approx(other.largest_step)
        total = sum(other.theorem_1(float(found.step_size), k, entropy))
        expected = math.sqrt(total) if name == "corrected" else total
        assert found.value == pytest.approx(expected)
    factor = {"corrected": 2, "sharp": 1}
    for name, other in (("corrected", corrected), ("sharp", sharp)):
        accuracy = lam * factor[name] * n * m
        found = bounds.theorem_2(
            sizes,
            spectrum,
            accuracy=accuracy,
            mismatch=m,
            statement=name,
            initial_entropy=entropy,
        )
        count = other.theorem_2_iterations(accuracy, m, entropy)
        if name == "sharp":
            assert found.value == pytest.approx(max(math.ceil(count), 1), rel=1e-9, abs=1)
            assert float(found.step_size) == pytest.approx(other.theorem_2_step)
        else:
            assert float(found.extra["explicit_14"]) == pytest.approx(count)
            assert found.enclosure <= found.extra["explicit_14"]
