"""REINFORCE estimates the gradient without bias, with less variance for more episodes."""

from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory.engine.estimators import GradientEstimator, Reinforce
from dcpg_theory.errors import InvalidInput
from dcpg_theory.models.policies import softmax
from dcpg_theory.models.random_problems import random_problem
from dcpg_theory.theory import value_gradient

TASK = random_problem(5, 1, 3, 2).tasks[0]
THETA = np.random.default_rng(2).standard_normal((3, 2))


def estimates(estimator, n):
    return np.stack(
        [
            estimator.estimate(0, TASK, TASK.start, THETA, np.random.default_rng([7, k]))
            for k in range(n)
        ]
    )


@pytest.mark.parametrize("baseline", [0.0, 2.5])
def test_the_mean_of_the_estimates_is_the_gradient(baseline):
    found = estimates(Reinforce(episodes=50, baseline=baseline), 400)
    error = found.mean(axis=0) - value_gradient(TASK, softmax(THETA), TASK.start)
    assert (np.abs(error) < 5 * found.std(axis=0) / 20).all()


def test_a_wrong_sign_would_be_seen():
    found = estimates(Reinforce(episodes=50), 400)
    error = found.mean(axis=0) + value_gradient(TASK, softmax(THETA), TASK.start)
    assert (np.abs(error) > 5 * found.std(axis=0) / 20).any()


def test_rows_sum_to_zero_and_more_episodes_vary_less():
    few, many = estimates(Reinforce(1), 100), estimates(Reinforce(64), 100)
    np.testing.assert_allclose(many.sum(axis=2), 0, atol=1e-9)
    assert many.std() < few.std() / 4


def test_the_same_generator_gives_the_same_estimate():
    estimator = Reinforce(3)
    np.testing.assert_array_equal(estimates(estimator, 3), estimates(Reinforce(3), 3))
    assert isinstance(estimator, GradientEstimator)
    assert repr(estimator) == "Reinforce(episodes=3, baseline=0.0)"


@pytest.mark.parametrize("settings", [{"episodes": 0}, {"episodes": 1.5}, {"baseline": np.nan}])
def test_numbers_out_of_range_are_refused(settings):
    with pytest.raises(InvalidInput, match="must be"):
        Reinforce(**settings)
