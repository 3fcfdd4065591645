from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings

from dcpg_theory import run_dcpg, strategies, theory
from dcpg_theory.engine import Record
from dcpg_theory.errors import InvalidInput
from dcpg_theory.models import example_1, graphs, random_problem, softmax
from dcpg_theory.testing import (
    assert_doubly_stochastic,
    assert_policy_gradient,
    assert_rate,
    assert_smooth,
)


def ours(problem, parameters, regularization):
    return np.stack(
        [
            theory.task_gradient(problem, i, softmax(theta), regularization, problem.exploration[i])
            for i, theta in enumerate(parameters)
        ]
    )


@settings(max_examples=25)
@given(strategies.multi_task_problems(max_discount=Fraction(99, 100)))
def test_a_right_gradient_passes(problem):
    assert_policy_gradient(ours, problem, regularization=Fraction(1, 10))


def test_a_wrong_gradient_is_named_with_its_place():
    def misses_a_discount(problem, parameters, regularization):
        found = ours(problem, parameters, regularization)
        found[1] *= 1 - problem.tasks[1].discount
        return found

    with pytest.raises(AssertionError, match=r"task 1, state \d, action \d: the gradient is"):
        assert_policy_gradient(misses_a_discount, random_problem(3, exact=True))


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_gradient_that_is_no_number_fails(broken):
    with pytest.raises(AssertionError, match="the gradient is"):
        assert_policy_gradient(
            lambda _problem, theta, _: np.full_like(theta, broken), random_problem(3, exact=True)
        )


def test_a_gradient_of_the_wrong_shape_fails():
    with pytest.raises(AssertionError, match=r"shape \(5, 2\)"):
        assert_policy_gradient(lambda _problem, theta, _: theta[0], random_problem(3, exact=True))


def test_weights_must_fit():
    with pytest.raises(InvalidInput, match="weights has shape"):
        assert_policy_gradient(ours, random_problem(3, exact=True), weights=[[1, 2]])


def test_smoothness_holds_with_the_right_constant_and_fails_with_less():
    tightest = assert_smooth(lambda x: 3 * x, 3, shape=(4,))
    assert 0.99 < tightest <= 1 + 1e-7
    with pytest.raises(AssertionError, match=r"changes 1\.5 times as fast"):
        assert_smooth(lambda x: 3 * x, 2, shape=(4,))


def test_smoothness_at_points_of_the_callers_choice():
    assert assert_smooth(np.sin, 1, points=[[0.0], [0.1]]) > 0.99
    with pytest.raises(AssertionError, match=r"x = \[0\.0\]"):
        assert_smooth(np.sin, 0.9, points=[[0.0], [3.0]])


@pytest.mark.parametrize(
    ("constant", "options"),
    [(1, {}), (1, {"points": [[0.0]]}), (0, {"shape": (2,)}), (1, {"points": [], "shape": (2,)})],
)
def test_no_question_is_bad_input(constant, options):
    with pytest.raises(InvalidInput):
        assert_smooth(np.sin, constant, **options)


@given(strategies.mixing_matrices())
def test_mixing_matrices_are_doubly_stochastic(W):
    assert_doubly_stochastic(W)
    assert_doubly_stochastic(W.matrix)
    assert_doubly_stochastic(W.exact)


def test_other_weights_are_named_by_their_row_or_column():
    with pytest.raises(AssertionError, match="row 0"):
        assert_doubly_stochastic([[0.5, 0.4], [0.5, 0.6]])
    with pytest.raises(AssertionError, match="column 0"):
        assert_doubly_stochastic([[0.5, 0.5], [0.4, 0.6]])


@pytest.fixture(scope="module")
def trace():
    W = graphs.lazy_metropolis(graphs.complete(2))
    return run_dcpg(example_1(0.9), W, step_size=0.5, iterations=60, record=Record(every=1))


def test_a_bound_above_the_run_holds_and_says_how_tight_it_is(trace):
    first = trace.recorded["gradient_norm"][0]
    assert assert_rate(trace, 2 * first) == pytest.approx(2)
    assert assert_rate(trace, lambda K: 10 * first / K**0.5) > 1


def test_a_bound_below_the_run_fails_and_says_where(trace):
    first = trace.recorded["gradient_norm"][0]
    with pytest.raises(AssertionError, match=r"the least gradient_norm recorded in the first \d+"):
        assert_rate(trace, lambda K: first / 10**K)


def test_what_was_not_recorded_is_bad_input(trace):
    with pytest.raises(InvalidInput, match="was not recorded"):
        assert_rate(trace, 1, quantity="regret")
    with pytest.raises(InvalidInput, match="must be a series"):
        assert_rate(trace, 1, quantity="task_values")
