"""The constants against gradients and Hessians, and against the paper's."""

from __future__ import annotations

import math

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory import theory
from dcpg_theory.bounds import Statement, constants, measured, sizes, sizes_of
from dcpg_theory.bounds.smoothness import (
    paper_value_smoothness,
    regularizer_lipschitz,
    regularizer_smoothness,
    value_gradient_norm,
    value_smoothness,
)
from dcpg_theory.errors import InvalidInput
from dcpg_theory.models import FiniteMDP, MultiTaskProblem, random_problem, softmax

HALF = flint.fmpq(1, 2)


def test_the_printed_constants_are_the_paper_s():
    found = constants(sizes(["0.9"], 100, 4, agents=4), Statement.PRINTED, HALF)
    assert (found.softmax_first, found.softmax_second) == (2, 6)
    assert found.value_smoothness == (8000,)
    assert found.value_gradient_norm == (100,)
    assert found.gradient_total == 4 * (1 + 100)
    assert found.smoothness_total == 4 * (8000 + flint.fmpq(1, 100))
    assert found.regularizer_lipschitz == flint.fmpq(3, 4)


def test_the_sharp_constants_are_those_stated():
    found = constants(sizes(["0.9"], 100, 4, agents=4), Statement.SHARP, HALF)
    assert float(found.softmax_first) == pytest.approx(1 / math.sqrt(2))
    assert float(found.softmax_second) == pytest.approx(2 / (3 * math.sqrt(3)))
    assert float(found.value_smoothness[0]) == pytest.approx(min(1000 / (3 * math.sqrt(3)), 50))
    least = min(10 * 10, 10**1.5) / (2 * math.sqrt(2))
    assert float(found.value_gradient_norm[0]) == pytest.approx(least)
    assert float(found.regularizer_lipschitz) == pytest.approx(0.5 * math.sqrt(0.75 / 100))
    assert float(found.regularizer_smoothness) == pytest.approx(0.5 / 200)


@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(2, 3), st.floats(0, 4))
def test_gradients_and_hessians_stay_within_the_sharp_and_the_measured_constants(
    seed, n_states, n_actions, spread
):
    rng = np.random.default_rng(seed)
    problem = random_problem(rng, 1, n_states, n_actions)
    policy = softmax(spread * rng.standard_normal((n_states, n_actions)))
    slope = np.linalg.norm(theory.gradient(problem, policy))
    hessian = theory.hessian(problem, policy).reshape(n_states * n_actions, -1)
    curvature = np.abs(np.linalg.eigvalsh((hessian + hessian.T) / 2)).max()
    ((task, _),) = sizes_of(problem).tasks
    (found,) = measured(problem).tasks
    for gradient_norm, smoothness in (
        (value_gradient_norm(task), value_smoothness(task)),
        (found.gradient_norm, found.smoothness),
    ):
        assert slope <= float(gradient_norm) * (1 + 1e-9)
        assert curvature <= float(smoothness) * (1 + 1e-9)
    assert float(value_smoothness(task)) < float(paper_value_smoothness(task))


@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 4), st.floats(0, 6))
def test_the_regularizer_stays_within_its_constants(seed, n_states, n_actions, spread):
    rng = np.random.default_rng(seed)
    policy = softmax(spread * rng.standard_normal((n_states, n_actions)))
    slope = np.linalg.norm(theory.relative_entropy_gradient(policy))
    hessian = theory.relative_entropy_hessian(policy).reshape(n_states * n_actions, -1)
    one = flint.fmpq(1)
    assert slope <= float(regularizer_lipschitz(one, n_states, n_actions)) + 1e-12
    assert np.linalg.norm(hessian, 2) <= float(regularizer_smoothness(one, n_states)) + 1e-12


def test_the_smoothness_of_one_state_is_attained():
    """|S| = 1, rewards 1 and 0: the second derivative of p/(1 - gamma) at p = (1 - 1/sqrt 3)/2."""
    problem = MultiTaskProblem([FiniteMDP([[[1], [1]]], [[1, 0]], 0.5, [1])])
    p = (1 - 1 / math.sqrt(3)) / 2
    hessian = theory.hessian(problem, np.array([[p, 1 - p]])).reshape(2, 2)
    ((task, _),) = sizes_of(problem).tasks
    assert np.linalg.norm(hessian, 2) == pytest.approx(float(value_smoothness(task)))


def test_rewards_scale_the_sharp_constants():
    one, three = (sizes(["0.9"], 5, 2, reward_ranges=[(0, r)]) for r in (1, 3))
    for of in (value_smoothness, value_gradient_norm):
        assert float(of(three.tasks[0][0])) == pytest.approx(3 * float(of(one.tasks[0][0])))


@pytest.mark.parametrize("name", ["printed", "corrected", "sharp"])
def test_constants_are_found_by_the_name_of_the_statement(name):
    of = sizes(["1/2"], 3, 2, agents=2)
    by_name, by_member = (constants(of, which, 0) for which in (name, Statement(name)))
    assert str(by_name.value_smoothness) == str(by_member.value_smoothness)
    assert (by_name.softmax_first == 2) is (name != "sharp")


def test_other_statements_have_no_constants_of_their_own():
    of = sizes(["1/2"], 3, 2, agents=2)
    for name in ("instance", "gradient-tracking", "sharpest"):
        with pytest.raises(InvalidInput):
            constants(of, name)
