"""Every path computes the gradients of the theory and the iterates of the readable loop."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from odd_problems import distance, grid, odd_task, precise, ring_matrix, situations

from dcpg_theory.engine import reference
from dcpg_theory.engine.accuracy import PROMISE, gradient_bound
from dcpg_theory.engine.paths import PATHS, choose_path, make_path
from dcpg_theory.errors import InvalidInput
from dcpg_theory.models import FiniteMDP, MultiTaskProblem, example_1
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.models.random_problems import random_problem
from dcpg_theory.theory.gradient import task_gradient

COMPILED = ("dense", "sparse", "krylov")
FAST = (*COMPILED, "scipy")
MODERATE = (0.1, 0.5, 0.9, 0.99)


def bounds(problem, regularization):
    """The a-priori bounds of all agents' gradients, shape (n_agents, 1, 1)."""
    sizes = np.array([gradient_bound(task) for task in problem.tasks])
    return (sizes + regularization / math.sqrt(problem.n_states))[:, None, None]


@given(situations(MODERATE))
def test_every_path_computes_the_gradients_of_the_theory(situation):
    problem, theta, regularization = situation
    expected = reference.gradients(problem, theta, regularization)
    size = bounds(problem, regularization)
    for name in FAST:
        found = make_path(problem, regularization, name).gradients(theta)
        # Both round, on systems of a condition up to 200; iterations end where the promise allows.
        tolerance = PROMISE if name == "krylov" else 1e-12
        assert (np.abs(found - expected) <= tolerance * size).all(), name


@given(situations())
def test_compiled_gradients_keep_the_promise_against_fifty_digits(situation):
    problem, theta, regularization = situation
    agent = problem.n_tasks - 1
    _, _, exact = precise(problem, agent, theta[agent], regularization)
    size = float(bounds(problem, regularization)[agent, 0, 0])
    for name in ("dense", "sparse"):
        found = make_path(problem, regularization, name).gradients(theta)[agent]
        assert distance(found, exact) <= PROMISE * size, name


@given(situations(MODERATE))
def test_every_path_iterates_like_the_readable_loop(situation):
    problem, theta, regularization = situation
    W, steps = ring_matrix(problem.n_tasks), np.array([0.3, 0.1, 0.2]) / bounds(problem, 1.0).max()
    expected, done = reference.advance(problem, W, theta, steps, regularization)
    assert done == 3
    for name in FAST:
        found, done = make_path(problem, regularization, name).advance(theta, W, steps)
        assert done == 3
        error = np.abs(found - expected) - 4 * np.spacing(np.abs(theta).max())
        # The steps are of 0.6 in all, times gradients of at most one.
        assert (error <= (PROMISE if name == "krylov" else 1e-12)).all(), name


@pytest.mark.parametrize("name", PATHS)
def test_rational_weights_give_the_exact_gradient(name):
    exact = random_problem(3, 3, 6, 3, exact=True)
    weights = np.random.default_rng(0).integers(1, 50, (3, 6, 3))
    found = make_path(exact.to_float(), 0.0, name).gradients(np.log(weights))
    for i in range(3):
        expected = task_gradient(exact, i, policy_from_weights(weights[i].tolist()))
        # The logarithms are rounded too, each to 2e-16 of at most four.
        np.testing.assert_allclose(found[i], expected.astype(float), rtol=0, atol=1e-13)


@pytest.mark.parametrize("name", PATHS)
def test_an_iteration_rounds_as_documented(name):
    problem, W = random_problem(5, 5, 4, 3), ring_matrix(5)
    theta = np.random.default_rng(1).standard_normal((5, 4, 3))
    found, _ = make_path(problem, 0.2, name).advance(theta, W, np.array([0.7]))
    g = make_path(problem, 0.2, name).gradients(theta)
    rows = zip(W, g, strict=True)
    expected = np.stack([reference.mixed_step(row, theta, 0.7, own) for row, own in rows])
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", PATHS)
def test_an_agents_bits_do_not_depend_on_which_others_are_asked_for(name):
    rng = np.random.default_rng(3)
    problem = MultiTaskProblem(
        [odd_task(rng, 6, 2, 0.9, sparse=bool(i % 2)) for i in range(6)]
        + [random_problem(i, 1, 6, 2).tasks[0] for i in range(5)]
    )
    theta = rng.standard_normal((11, problem.n_states, 2))
    together = make_path(problem, 0.1, name).gradients(theta)
    for agents in ([3], [10, 0, 7], [2, 4, 6, 8, 9]):
        found = make_path(problem, 0.1, name, agents).gradients(theta[agents])
        np.testing.assert_array_equal(found, together[agents])


@pytest.mark.parametrize("name", PATHS)
def test_a_run_that_diverges_stops_before_the_step_that_is_not_finite(name):
    problem, W = random_problem(2, 3), ring_matrix(3)
    steps = np.array([1.0, 1.0, 1e300, 1e308, 1.0])
    found, done = make_path(problem, 1e6, name).advance(np.zeros((3, 5, 2)), W, steps)
    assert done == 3
    assert np.isfinite(found).all()


@pytest.mark.parametrize("name", PATHS)
def test_the_callers_parameters_stay_as_they_are(name):
    problem, theta = random_problem(2, 3), np.ones((3, 5, 2))
    theta.flags.writeable = False
    path = make_path(problem, 0.1, name)
    path.gradients(theta)
    path.advance(theta, ring_matrix(3), np.ones(2))
    path.advance(np.asfortranarray(theta), ring_matrix(3), np.ones(2))
    np.testing.assert_array_equal(theta, 1.0)


@pytest.mark.parametrize("name", PATHS)
def test_no_iterations_return_the_start(name):
    theta, done = make_path(random_problem(2), 0.0, name).advance(
        np.ones((2, 5, 2)), ring_matrix(2), np.empty(0)
    )
    assert done == 0
    np.testing.assert_array_equal(theta, 1.0)


class TestChoice:
    def test_small_and_sparse_tasks_take_the_static_pattern(self):
        assert choose_path(example_1(0.9).to_float()) == "sparse"
        assert choose_path(grid(10, 4, 0.9)) == "sparse"

    def test_full_tasks_are_dense_whatever_they_are_stored_as(self):
        assert choose_path(random_problem(0, 2, 80, 2)) == "dense"
        assert choose_path(random_problem(0, 2, 5, 2)) == "dense"

    def test_many_states_take_krylov(self):
        assert choose_path(grid(150, 1, 0.9)) == "krylov"

    def test_a_pattern_that_fills_up_is_dense(self):
        rng = np.random.default_rng(0)
        P = np.zeros((150, 2, 150))
        for s, a in np.ndindex(150, 2):
            P[s, a, rng.choice(150, 5, replace=False)] = 0.2
        task = FiniteMDP(P, rng.random((150, 2)), 0.9, np.full(150, 1 / 150))
        assert choose_path(MultiTaskProblem([task])) == "dense"

    def test_another_path_is_refused(self):
        with pytest.raises(InvalidInput, match="path='cuda' must be one of reference, dense"):
            make_path(random_problem(0), 0.0, "cuda")

    def test_an_agent_that_is_not_there_is_refused(self):
        with pytest.raises(InvalidInput, match=r"agent=2 must lie in 0, ..., 1"):
            make_path(random_problem(0), 0.0, agents=[2])


@pytest.mark.parametrize("name", PATHS)
def test_a_row_that_loses_nothing_is_refused(name):
    P = np.array([[[0.5, 0.5 + 5e-10], [0.5, 0.5]], [[0.0, 1.0], [0.0, 1.0]]])
    task = FiniteMDP(P, np.eye(2), 1 - 1e-10, [0.5, 0.5], states=["a", "b"])
    with pytest.raises(InvalidInput, match="task 0, state a, action 0: transition row sums to"):
        make_path(MultiTaskProblem([task]), 0.0, name)


@pytest.mark.parametrize("name", FAST)
def test_rows_that_do_not_quite_sum_to_one_are_taken_as_given(name):
    P = np.full((3, 2, 3), 0.333333333)
    P[0, 0] = [0.2, 0.3, 0.5 - 7e-10]
    task = FiniteMDP(P, np.arange(6.0).reshape(3, 2), 0.9999, [0.5, 0.25, 0.25])
    problem, theta = MultiTaskProblem([task]), np.random.default_rng(0).random((1, 3, 2))
    _, _, exact = precise(problem, 0, theta[0], 0.0)
    found = make_path(problem, 0.0, name).gradients(theta)[0]
    assert distance(found, exact) <= PROMISE * gradient_bound(task)


def test_lapack_and_lanes_agree_where_the_dense_path_changes_over():
    problem = random_problem(1, 3, 75, 3)
    theta = np.random.default_rng(0).standard_normal((3, 75, 3))
    dense, sparse = (make_path(problem, 0.1, name) for name in ("dense", "sparse"))
    assert type(dense) is not type(sparse)
    np.testing.assert_allclose(dense.gradients(theta), sparse.gradients(theta), atol=1e-14)
    near_one = MultiTaskProblem([task.with_discount(0.9999) for task in problem.tasks])
    assert type(make_path(near_one, 0.1, "dense")) is type(sparse)


def test_importing_the_package_and_the_engine_does_not_import_the_compiler():
    program = (
        "import sys, dcpg_theory, dcpg_theory.engine.running, dcpg_theory.engine.batches; "
        "print('numba' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"
