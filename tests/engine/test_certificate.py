"""The bound on a gradient's error holds against fifty digits, and does not let a wrong one pass."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from odd_problems import DISCOUNTS, distance, grid, precise, situations

from dcpg_theory.engine import Record, certificate, run_dcpg
from dcpg_theory.engine.accuracy import PROMISE, gradient_bound
from dcpg_theory.engine.certificate import error_bounds, precise_gradient
from dcpg_theory.engine.paths import PATHS, make_path
from dcpg_theory.models import FiniteMDP, MultiTaskProblem, graphs
from dcpg_theory.models.random_problems import random_problem

CLOSE = (*DISCOUNTS, 1 - 1e-8, 1 - 1e-10)


@given(situations(CLOSE))
@settings(max_examples=40)
def test_the_precise_gradient_is_within_its_radius_of_the_true_one(situation):
    problem, theta, regularization = situation
    agent = problem.n_tasks - 1
    _, _, exact = precise(problem, agent, theta[agent], regularization)
    found, radius = precise_gradient(problem, agent, theta[agent], regularization)
    assert distance(found, exact) <= radius
    # Not an empty statement: the radius is small beside the gradient's bound, also next to 1.
    assert radius <= 1e-7 * (gradient_bound(problem.tasks[agent]) + regularization)


@pytest.mark.parametrize("name", PATHS)
def test_the_promise_is_kept_up_to_a_discount_of_0_99999(name):
    for discount in DISCOUNTS[:-1]:
        problem = _with_discount(random_problem(4, 3, 8, 3), discount)
        theta = 5 * np.random.default_rng(0).standard_normal((3, 8, 3))
        g = make_path(problem, 0.01, name).gradients(theta)
        assert error_bounds(problem, 0.01, range(3), theta, g).max() <= PROMISE


def test_beyond_what_float64_can_give_the_bound_says_so():
    problem = _with_discount(random_problem(4, 2, 6, 2), 1 - 1e-10)
    theta = np.random.default_rng(0).standard_normal((2, 6, 2))
    g = make_path(problem, 0.0).gradients(theta)
    assert PROMISE < error_bounds(problem, 0.0, range(2), theta, g).max() < 1e-5


@given(situations((0.5, 0.99)))
@settings(max_examples=20)
def test_a_gradient_with_one_wrong_entry_does_not_pass(situation):
    problem, theta, regularization = situation
    g = make_path(problem, regularization, "sparse").gradients(theta)
    size = gradient_bound(problem.tasks[0]) + regularization / math.sqrt(problem.n_states)
    g[0].flat[-1] += 2e-9 * size
    assert error_bounds(problem, regularization, range(len(g)), theta, g)[0] > 1e-9


@pytest.mark.parametrize("wrong", ["policy", "start", "rewards", "discount"])
def test_a_gradient_of_another_problem_does_not_pass(wrong):
    problem = random_problem(2, 1, 5, 2)
    task, theta = problem.tasks[0], np.random.default_rng(1).standard_normal((1, 5, 2))
    changed = {
        "policy": (task, theta + np.eye(5, 2) * 1e-7),
        "start": (task.with_start(np.full(5, 0.2)), theta),
        "rewards": (task.with_rewards(task.rewards + 1e-7 * np.eye(5, 2)), theta),
        "discount": (task.with_discount(task.discount + 1e-8), theta),
    }
    other, at = changed[wrong]
    g = make_path(MultiTaskProblem([other]), 0.0).gradients(at)
    assert error_bounds(problem, 0.0, [0], theta, g)[0] > PROMISE


def test_many_states_are_refined_by_krylov_iterations(monkeypatch):
    problem = grid(12, 1, 0.99)
    theta = np.random.default_rng(0).standard_normal((1, 144, 4))
    direct, radius = precise_gradient(problem, 0, theta[0], 0.0)
    monkeypatch.setattr(certificate, "MOST_DIRECT_STATES", 10)
    iterated, iterated_radius = precise_gradient(problem, 0, theta[0], 0.0)
    assert np.linalg.norm(direct - iterated) <= radius + iterated_radius
    assert iterated_radius <= 1e-12 * gradient_bound(problem.tasks[0])


def test_equal_rewards_have_no_gradient_and_keep_the_promise():
    task = FiniteMDP(np.full((2, 2, 2), 0.5), np.full((2, 2), 7.0), 0.9, [1.0, 0.0])
    problem, theta = MultiTaskProblem([task]), np.ones((1, 2, 2)) * [0.0, 1.0]
    for name in PATHS:
        g = make_path(problem, 0.0, name).gradients(theta)
        assert np.abs(g).max() <= 1e-13
        assert error_bounds(problem, 0.0, [0], theta, g).max() <= PROMISE
    assert not make_path(problem, 0.0, "sparse").gradients(theta).any()


def test_rewards_far_from_zero_cost_no_accuracy():
    rng = np.random.default_rng(0)
    # Rows that sum to one exactly: a sum short by rounding is a loss, times 1e6 of the reward.
    P = rng.multinomial(64, np.full(6, 1 / 6), size=(6, 2)) / 64
    far = FiniteMDP(P, 1e6 + rng.integers(0, 64, (6, 2)) / 64, 0.9, np.full(6, 1 / 6))
    problem, theta = MultiTaskProblem([far]), rng.random((1, 6, 2))
    for name in ("dense", "sparse", "krylov"):
        g = make_path(problem, 0.0, name).gradients(theta)
        assert error_bounds(problem, 0.0, [0], theta, g)[0] < 1e-14


class TestTrace:
    W = graphs.lazy_metropolis(graphs.ring(2))

    @pytest.mark.parametrize("name", PATHS)
    def test_it_reports_the_first_and_the_last_gradient(self, name):
        problem = random_problem(4)
        trace = run_dcpg(problem, self.W, step_size=0.1, iterations=5, path=name)
        assert trace.accuracy.checked == 2
        assert trace.accuracy.bound < 1e-12
        assert trace.accuracy.kept

    def test_gradients_in_between_are_checked_more_and_more_seldom(self):
        settings = {"step_size": 0.1, "record": Record(every=700)}
        problem = random_problem(4)
        for iterations, checked in ((999, 2), (1000, 2), (1001, 3), (4000, 3), (4001, 4)):
            trace = run_dcpg(problem, self.W, iterations=iterations, **settings)
            assert trace.accuracy.checked == checked
            assert trace.accuracy.kept
        plain = run_dcpg(problem, self.W, iterations=4001, check_accuracy=False, **settings)
        np.testing.assert_array_equal(trace.parameters, plain.parameters)
        np.testing.assert_array_equal(trace.recorded["iteration"], plain.recorded["iteration"])

    def test_a_gradient_in_between_that_is_wrong_is_noticed(self, monkeypatch):
        from dcpg_theory.engine.methods import Compiled

        right, asked = Compiled.gradients, []

        def wrong_once(self, parameters):
            asked.append(parameters)
            return right(self, parameters) + (1e-8 if len(asked) == 2 else 0.0)

        monkeypatch.setattr(Compiled, "gradients", wrong_once)
        trace = run_dcpg(random_problem(4), self.W, step_size=0.1, iterations=1001)
        assert len(asked) == 3
        assert not trace.accuracy.kept

    def test_it_says_where_the_promise_was_not_kept(self):
        problem = _with_discount(random_problem(4), 1 - 1e-10)
        trace = run_dcpg(problem, self.W, step_size=1e-20, iterations=2)
        assert not trace.accuracy.kept

    def test_nothing_is_checked_if_that_is_not_wanted(self):
        settings = {"step_size": 0.1, "iterations": 5, "check_accuracy": False}
        assert run_dcpg(random_problem(4), self.W, **settings).accuracy is None

    def test_checking_changes_no_bit_of_a_path_that_remembers(self):
        settings = {"step_size": 0.1, "iterations": 5, "path": "krylov"}
        checked, plain = (
            run_dcpg(grid(6, 2, 0.9), self.W, check_accuracy=check, **settings)
            for check in (True, False)
        )
        np.testing.assert_array_equal(checked.parameters, plain.parameters)


def _with_discount(problem, discount):
    return MultiTaskProblem([task.with_discount(discount) for task in problem.tasks])
