"""Means, spreads and the bootstrap."""

from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory.drone.statistics import bootstrapped_sums, compare_sums, mean_safe_flight
from dcpg_theory.errors import InvalidInput


def flights(seed: int, mean: float, spread: float, shape=(5, 4, 20)) -> np.ndarray:
    return mean + spread * np.random.default_rng(seed).standard_normal(shape)


def test_means_and_spreads_are_over_seeds_and_episodes():
    given = np.arange(24.0).reshape(2, 3, 4)
    mean, spread = mean_safe_flight(given)
    assert mean.tolist() == [given[:, i].mean() for i in range(3)]
    assert spread.tolist() == [given[:, i].std() for i in range(3)]


def test_a_clear_difference_is_seen_and_none_is_not():
    far = compare_sums(flights(0, 20, 5), flights(1, 10, 5))
    assert far.low > 30
    assert far.share == 1
    assert far.mean == pytest.approx(40, abs=3)
    equal = compare_sums(flights(2, 10, 5), flights(3, 10, 5))
    assert equal.low < 0 < equal.high


def test_seeds_that_differ_widen_the_interval():
    one = flights(0, 10, 1)
    apart = one + 20 * np.arange(5)[:, None, None]
    narrow, wide = (
        np.diff(np.quantile(bootstrapped_sums(f, np.random.default_rng(0)), [0.1, 0.9]))[0]
        for f in (one, apart)
    )
    assert wide > 20 * narrow


def test_the_interval_of_a_mean_is_as_wide_as_theory_says():
    """Of flights that are independent, the sum over 4 environments has variance 4 s^2 / (5 20)."""
    given = flights(5, 10, 3, shape=(5, 4, 400))
    found = bootstrapped_sums(given, np.random.default_rng(0)).std()
    assert found == pytest.approx(np.sqrt(4 * 9 / (5 * 400)), rel=0.4)


def test_the_same_seed_of_the_bootstrap_gives_the_same_interval():
    one, two = flights(0, 3, 1), flights(1, 2, 1)
    assert compare_sums(one, two, seed=1) == compare_sums(one, two, seed=1)


@pytest.mark.parametrize("shape", [(0, 4, 20), (4, 20), (5, 4, 0)])
def test_empty_or_flat_arrays_are_refused(shape):
    with pytest.raises(InvalidInput, match="must have shape"):
        mean_safe_flight(np.zeros(shape))


def test_only_equal_seeds_can_be_compared():
    with pytest.raises(InvalidInput, match="cannot be compared"):
        compare_sums(np.ones((2, 4, 3)), np.ones((3, 4, 3)))
