"""The iteration (9): consensus, mean dynamics, and what it becomes for one agent or equal tasks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory.engine.reference import advance, gradients
from dcpg_theory.models import FiniteMDP, MixingMatrix, MultiTaskProblem, graphs
from dcpg_theory.models.policies import softmax
from dcpg_theory.models.random_problems import random_problem
from dcpg_theory.theory.gradient import gradient, task_gradient

LAMBDA = 0.1


@st.composite
def situations(draw):
    """A random problem, a doubly stochastic W that need not be symmetric, parameters, a step."""
    n_tasks = draw(st.integers(1, 4))
    sizes = draw(st.tuples(st.integers(1, 4), st.integers(1, 3)))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    problem = random_problem(rng, n_tasks, *sizes)
    permutations = [np.eye(n_tasks)[rng.permutation(n_tasks)] for _ in range(3)]
    W = MixingMatrix(sum(w * p for w, p in zip(rng.dirichlet([1] * 3), permutations, strict=True)))
    theta = 3 * rng.standard_normal((n_tasks, *sizes))
    return problem, W, theta, draw(st.floats(0.01, 5))


@given(situations())
def test_one_step_is_the_printed_update_with_the_agent_itself_in_the_sum(situation):
    problem, W, theta, alpha = situation
    found, done = advance(problem, W.matrix, theta, [alpha], LAMBDA)
    assert done == 1
    for i in range(problem.n_tasks):
        own = task_gradient(problem, i, softmax(theta[i]), LAMBDA, problem.exploration[i])
        mixed = sum(W.matrix[i, j] * theta[j] for j in range(problem.n_tasks))
        np.testing.assert_allclose(found[i], mixed + alpha * own, rtol=1e-13, atol=1e-13)


@given(situations())
def test_the_mean_moves_by_the_mean_gradient(situation):
    problem, W, theta, alpha = situation
    found, _ = advance(problem, W.matrix, theta, [alpha], LAMBDA)
    expected = theta.mean(axis=0) + alpha * gradients(problem, theta, LAMBDA).mean(axis=0)
    np.testing.assert_allclose(found.mean(axis=0), expected, rtol=0, atol=1e-13 * (1 + 5 * alpha))


def test_one_agent_does_plain_gradient_ascent():
    problem = random_problem(5, 1, 4, 3)
    theta = np.random.default_rng(0).standard_normal((1, 4, 3))
    found, _ = advance(problem, np.ones((1, 1)), theta, [0.3] * 50, LAMBDA)
    plain = theta[0]
    for _ in range(50):
        plain = plain + 0.3 * gradient(problem, softmax(plain), LAMBDA)
    np.testing.assert_array_equal(found[0], plain)


def test_agents_of_equal_tasks_do_what_one_agent_does():
    task = random_problem(3, 1, 4, 2).tasks[0]
    W = graphs.metropolis(graphs.star(4))
    start = np.ones((4, 2)) * [0.5, -0.5]
    many, _ = advance(
        MultiTaskProblem([task] * 4), W.matrix, np.stack([start] * 4), [0.5] * 40, 0.0
    )
    one, _ = advance(MultiTaskProblem([task]), np.ones((1, 1)), start[None], [0.5] * 40, 0.0)
    np.testing.assert_allclose(many, np.broadcast_to(one, many.shape), rtol=1e-12, atol=1e-13)


def test_without_gradients_the_agents_average_at_the_rate_of_the_second_singular_value():
    nothing = FiniteMDP(np.ones((1, 2, 1)), np.zeros((1, 2)), 0.5, [1.0])
    problem = MultiTaskProblem([nothing] * 6)
    W = graphs.lazy_metropolis(graphs.path(6))
    theta = np.random.default_rng(1).standard_normal((6, 1, 2))
    found, _ = advance(problem, W.matrix, theta, [1.0] * 30, 0.0)
    mean = theta.mean(axis=0)
    np.testing.assert_allclose(found.mean(axis=0), mean, atol=1e-15)
    bound = W.second_singular_value**30 * np.linalg.norm(theta - mean)
    assert np.linalg.norm(found - mean) <= bound * (1 + 1e-12)


@pytest.mark.parametrize("alpha", [0.1, 0.01])
def test_the_consensus_error_is_of_the_order_of_the_step(alpha):
    problem = random_problem(8, 5, 4, 2)
    W = graphs.lazy_metropolis(graphs.ring(5))
    theta, _ = advance(problem, W.matrix, np.zeros((5, 4, 2)), [alpha] * 300, 0.0)
    error = np.linalg.norm(theta - theta.mean(axis=0))
    largest = 5**0.5 * 10 / (2 * 2**0.5)  # the gradient's a-priori bound for discounts up to 0.9
    assert 0 < error <= alpha * largest * 10 / W.spectral_gap


def test_gradients_start_from_the_exploration_distributions():
    tasks = random_problem(2, 2, 3, 2).tasks
    explored = MultiTaskProblem(tasks, [[1.0, 0, 0], [0, 0, 1.0]])
    theta = np.random.default_rng(4).standard_normal((2, 3, 2))
    pairs = zip(tasks, explored.exploration, strict=True)
    moved = MultiTaskProblem([task.with_start(mu) for task, mu in pairs])
    found = gradients(explored, theta, 0.0)
    np.testing.assert_array_equal(found, gradients(moved, theta, 0.0))
    assert not np.allclose(found, gradients(MultiTaskProblem(tasks), theta, 0.0))


def test_a_state_that_a_task_lacks_moves_only_by_mixing_and_regularizer():
    half = FiniteMDP(np.ones((1, 2, 1)), [[0.0, 1.0]], 0.5, [1.0], states=["a"])
    whole = FiniteMDP(np.full((2, 2, 2), 0.5), np.eye(2), 0.5, [1.0, 0], states=["a", "b"])
    problem = MultiTaskProblem([half, whole])
    g = gradients(problem, np.zeros((2, 2, 2)), 0.0)
    assert not g[0, 1].any()
    assert g[1, 1].any()


def test_a_step_that_is_not_finite_is_not_taken():
    problem = random_problem(1)
    W = graphs.lazy_metropolis(graphs.ring(2))
    before, _ = advance(problem, W.matrix, np.zeros((2, 5, 2)), [0.1] * 3, 0.0)
    huge = [0.1] * 3 + [1e308, 1e308, 1e308]
    found, done = advance(problem, W.matrix, np.zeros((2, 5, 2)), huge, 1e3)
    assert done < 6
    assert np.isfinite(found).all()
    assert np.isfinite(before).all()
