"""Estimates have the exact gradient as their mean: tested by a bound without asymptotics.

Maurer and Pontil's empirical Bernstein bound (2009, Theorem 4): for n independent variables in an
interval of length R with sample variance v, the mean lies within
sqrt(2 v log(2/d)/n) + 7 R log(2/d)/(3 (n - 1)) of the expectation, except with probability d on
each side. All entries together raise a false alarm with probability at most FALSE_ALARM. The seeds
are fixed, so that the tests do not come out differently from one day to the next.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcpg_theory.engine.monte_carlo import Episodic, Visits, estimate_moments, truncation_bias
from dcpg_theory.errors import InvalidInput
from dcpg_theory.gridworld import parse_map
from dcpg_theory.models import graphs, random_problem, softmax
from dcpg_theory.theory.gradient import task_gradient
from dcpg_theory.theory.value import value
from dcpg_theory.theory.visitation import visitation_matrix

FALSE_ALARM = 1e-6
HORIZON, REPEATS = 40, 400_000
WORLD = parse_map("discount = 1/2\n\nS.G\nX..\n...\n\nS..\n.X.\nG..\n")


def radius(variance, n, width, entries):
    d = FALSE_ALARM / (2 * entries)
    return np.sqrt(2 * variance * math.log(2 / d) / n) + 7 * width * math.log(2 / d) / (3 * (n - 1))


@pytest.fixture(scope="module")
def setting():
    problem = WORLD.problem()
    theta = np.random.default_rng(0).normal(size=(problem.n_states, 4))
    exact = np.stack([task_gradient(problem, i, softmax(theta)) for i in range(2)])
    values = np.stack([value(task, softmax(theta)) for task in problem.tasks])
    return problem, theta, exact, values


def width_of(visits, baseline):
    """How far an entry can lie from 0, twice: returns lie in [-1, 1], and so do scores."""
    largest = 2.0 if baseline else 1.0
    terms = HORIZON if visits is Visits.FIRST else 1 / (1 - 0.5)
    return 2 * largest * terms


@pytest.mark.parametrize("visits", [Visits.EVERY, Visits.FIRST])
@pytest.mark.parametrize("with_baseline", [False, True])
def test_mean_of_the_estimates_is_the_gradient(setting, visits, with_baseline):
    problem, theta, exact, values = setting
    mean, variance = estimate_moments(
        problem, theta, Episodic(visits, horizon=HORIZON), repeats=REPEATS,
        rng=np.random.default_rng(1), baseline=values if with_baseline else None,
    )  # fmt: skip
    allowed = radius(variance, REPEATS, width_of(visits, with_baseline), exact.size)
    assert (np.abs(mean - exact) <= allowed + truncation_bias(problem, HORIZON)).all()


def test_bias_of_the_first_visit_alone_is_found(setting):
    """The control: the same test rejects an estimator that is biased."""
    problem, theta, exact, values = setting
    mean, variance = estimate_moments(
        problem, theta, Episodic("first-visit-alone", horizon=HORIZON), repeats=REPEATS,
        rng=np.random.default_rng(1), baseline=values,
    )  # fmt: skip
    allowed = radius(variance, REPEATS, width_of(Visits.FIRST_ALONE, True), exact.size)
    assert (np.abs(mean - exact) > allowed + truncation_bias(problem, HORIZON)).any()


def test_first_visit_alone_shortens_rows_by_the_discounted_return_time(setting):
    """Its mean in row s is the gradient's over D(s, s)/(1 - gamma), the visits from s on."""
    problem, theta, exact, values = setting
    scaled = np.stack(
        [
            exact[i] * (0.5 / np.diag(visitation_matrix(task, softmax(theta))))[:, None]
            for i, task in enumerate(problem.tasks)
        ]
    )
    mean, variance = estimate_moments(
        problem, theta, Episodic("first-visit-alone", horizon=HORIZON), repeats=REPEATS,
        rng=np.random.default_rng(2), baseline=values,
    )  # fmt: skip
    allowed = radius(variance, REPEATS, width_of(Visits.FIRST_ALONE, True), exact.size)
    assert (np.abs(mean - scaled) <= allowed + truncation_bias(problem, HORIZON)).all()


def test_baselines_and_batches_shrink_the_variance(setting):
    problem, theta, _, values = setting
    variances = [
        estimate_moments(
            problem, theta, Episodic(batch=batch, horizon=HORIZON), repeats=20_000,
            rng=np.random.default_rng(3), baseline=baseline,
        )[1].sum()
        for batch, baseline in ((1, None), (1, values), (10, None))
    ]  # fmt: skip
    assert variances[1] < variances[0]
    assert 0.08 < variances[2] / variances[0] < 0.12


def test_random_transitions_are_drawn_too():
    problem = random_problem(3, 2, 4, 3)
    theta = np.random.default_rng(0).normal(size=(4, 3))
    exact = np.stack([task_gradient(problem, i, softmax(theta), 0.1) for i in range(2)])
    mean, variance = estimate_moments(
        problem, theta, Episodic(horizon=150), repeats=100_000, rng=np.random.default_rng(1),
        regularization=0.1,
    )  # fmt: skip
    width = 2 * max(1 / (1 - float(task.discount)) ** 2 for task in problem.tasks)
    allowed = radius(variance, 100_000, width, exact.size)
    assert (np.abs(mean - exact) <= allowed + truncation_bias(problem, 150)).all()


def test_estimator_serves_run_dcpg():
    from dcpg_theory import run_dcpg

    problem = WORLD.problem()
    trace = run_dcpg(
        problem, graphs.lazy_metropolis(graphs.complete(2)), step_size=1.0, iterations=60,
        estimator=Episodic(batch=50, horizon=HORIZON), seed=3,
    )  # fmt: skip
    start = run_dcpg(
        problem, graphs.lazy_metropolis(graphs.complete(2)), step_size=1.0, iterations=0
    )
    assert trace.final["objective"] > start.final["objective"] + 0.1


def test_truncation_bias_falls_with_the_horizon():
    problem = WORLD.problem()
    # gamma = 1/2, R = 1: gamma^H (H + 2) 2
    assert truncation_bias(problem, 3) == pytest.approx(0.5**3 * 5 * 2)
    assert truncation_bias(problem, 40) < 1e-10


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Episodic("all-visits"), "visits='all-visits' must be one of every-visit, first-"),
        (lambda: Episodic(batch=0), "batch=0 must be an integer of at least 1"),
        (lambda: Episodic(horizon=1.5), "horizon=1.5 must be an integer of at least 1"),
        (lambda: Episodic(baseline_rate=2), "baseline_rate=2 must lie in the closed interval"),
        (
            lambda: estimate_moments(
                WORLD.problem(), np.zeros((10, 4)), Episodic(), repeats=1,
                rng=np.random.default_rng(0),
            ),
            "repeats=1 must be at least 2",
        ),
    ],
)  # fmt: skip
def test_wrong_numbers_are_named(make, message):
    with pytest.raises(InvalidInput) as caught:
        make()
    assert message in str(caught.value)
