"""What a problem says of itself: spans of values, states that matter, distance from the optimum."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory import MultiTaskProblem, bounds, theory
from dcpg_theory.bounds.extremes import choosing_states, extremes, optimal_policy
from dcpg_theory.models import FiniteMDP, example_1, example_2, random_problem, softmax

NEARLY = 1e-9


@given(st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 3), st.floats(0, 50))
def test_no_policy_leaves_the_certified_span(seed, n_states, n_actions, spread):
    rng = np.random.default_rng(seed)
    task = random_problem(rng, 1, n_states, n_actions).tasks[0]
    found = extremes(task, task.start)
    policy = softmax(spread * rng.standard_normal((n_states, n_actions)))
    value = theory.value(task, policy) @ task.start
    assert float(found.least) - NEARLY <= value <= float(found.most) + NEARLY
    even = np.full((n_states, n_actions), 1 / n_actions)
    uniform = theory.value(task, even) @ task.start
    assert uniform - NEARLY <= float(found.uniform) + NEARLY
    assert float(found.uniform) <= uniform + NEARLY


@given(st.integers(0, 10**4))
def test_the_span_is_that_of_the_deterministic_policies(seed):
    """Exactly: all 2^3 policies of a rational task."""
    task = random_problem(seed, 1, 3, 2, exact=True).tasks[0]
    found = extremes(task, task.start)
    values = []
    for code in range(8):
        choices = [(code >> s) & 1 for s in range(3)]
        policy = [[Fraction(1 - c), Fraction(c)] for c in choices]
        values.append(theory.value(task, policy) @ task.start)
    assert max(values) <= found.most
    assert found.least <= min(values)
    assert float(found.most - max(values)) < 1e-12
    assert float(min(values) - found.least) < 1e-12


def test_bad_guesses_of_the_values_still_enclose(monkeypatch):
    """The residual certifies whatever the search found."""
    task = random_problem(1, 1, 3, 2, exact=True).tasks[0]
    right = extremes(task, task.start)
    monkeypatch.setattr(
        "dcpg_theory.bounds.extremes._optimal_values", lambda task, _: np.zeros(task.n_states)
    )
    rough = extremes(task, task.start)
    assert rough.least <= right.least
    assert right.most <= rough.most
    assert rough.most - rough.least > right.most - right.least


def test_states_without_a_choice_and_out_of_reach_do_not_count():
    corridor, slippery = example_1(0.9).tasks[0], example_2(0.9, 0.75).tasks[0]
    assert choosing_states(corridor, corridor.start) == 3
    assert choosing_states(slippery, slippery.start) == 1
    sparse = random_problem(0, 1, 4, 2).tasks[0]
    assert choosing_states(sparse, sparse.start) == 4


def test_a_gradient_has_no_component_where_nothing_is_chosen():
    task = example_2(0.9, 0.75).tasks[0]
    slopes = theory.gradient(task, np.full((5, 2), 0.5))
    assert np.count_nonzero(np.abs(slopes).sum(axis=1) > 1e-12) == choosing_states(task, task.start)


@given(st.integers(0, 10**4))
def test_the_optimal_policy_is_optimal_exactly(seed):
    task = random_problem(seed, 1, 3, 2, exact=True).tasks[0]
    best = optimal_policy(task)
    assert all(gain <= 0 for gain in theory.advantage(task, best).flat)


def test_large_tasks_are_measured_in_floats_with_a_margin():
    task = random_problem(0, 1, 200, 4).tasks[0]
    found = extremes(task, task.start)
    assert optimal_policy(task) is None
    values = {}
    for sign in (1, -1):
        v = np.zeros(200)
        for _ in range(2000):
            v = sign * (sign * theory.backup(task, v)).max(axis=1)
        values[sign] = v @ task.start
    assert values[1] <= float(found.most) <= values[1] + 1e-9
    assert values[-1] - 1e-9 <= float(found.least) <= values[-1]


def test_backups_alone_give_nearly_the_same_span(monkeypatch):
    task = random_problem(2, 1, 6, 3).tasks[0]
    solved = extremes(task, task.start)
    monkeypatch.setattr("dcpg_theory.bounds.extremes._MOST_SOLVED", 0)
    backed_up = extremes(task, task.start)
    for name in ("most", "least", "uniform"):
        one, two = float(getattr(solved, name)), float(getattr(backed_up, name))
        assert one == pytest.approx(two, abs=1e-9)


def test_sparse_tasks_are_measured_like_dense_ones():
    corridor = example_2(0.9, 0.75).tasks[0]
    rows = sp.csr_array(np.asarray(corridor.transitions, dtype=float).reshape(10, 5))
    sparse = FiniteMDP(rows, corridor.rewards, 0.9, corridor.start, corridor.states)
    assert choosing_states(sparse, sparse.start) == choosing_states(corridor, corridor.start) == 1
    dense, other = extremes(corridor, corridor.start), extremes(sparse, sparse.start)
    assert float(other.most - other.least) == pytest.approx(float(dense.most - dense.least))


def test_equal_tasks_have_no_consensus_terms():
    task = random_problem(3, 1, 3, 2).tasks[0]
    twice = bounds.theorem_1(
        MultiTaskProblem([task, task]),
        bounds.ring(2),
        regularization=0,
        iterations=100,
        statement="instance",
    )
    assert float(twice.terms["consensus"]) == float(twice.terms["agent"]) == 0


def test_the_coefficient_is_that_of_an_optimal_policy(shared_problem):
    problem = shared_problem(4, 2)
    found = bounds.mismatch(problem)
    assert found.certified
    total = problem.tasks[0].with_rewards(problem.tasks[0].rewards + problem.tasks[1].rewards)
    policy = optimal_policy(total)
    shares = theory.visitation(problem.tasks[0], policy.astype(float))
    mu, gamma = problem.exploration[0], problem.tasks[0].discount
    assert float(found.value) == pytest.approx((shares / (1 - gamma) / mu).max())


def test_the_coefficient_of_a_large_task_is_a_bound():
    task = random_problem(0, 1, 60, 2).tasks[0]
    found = bounds.mismatch(MultiTaskProblem([task]))
    assert not found.certified
    assert float(found.value) == pytest.approx(1 / (1 - task.discount) / task.start.min())


def test_constant_rewards_move_nothing():
    task = FiniteMDP([[[1], [1]]], [[1, 1]], 0.5, [1])
    found = bounds.theorem_1(
        MultiTaskProblem([task]),
        bounds.single(),
        regularization=0,
        iterations=1,
        statement="instance",
    )
    assert found.value == 0
    assert (
        bounds.theorem_1_step(MultiTaskProblem([task]), bounds.single(), regularization=0) is None
    )


def test_a_start_at_the_optimum_needs_no_step():
    """Uniform rewards in one task of two: no climb, and Delta is exactly 0."""
    flat = FiniteMDP([[[1], [1]]], [[0.5, 0.5]], 0.5, [1])
    other = FiniteMDP([[[1], [1]]], [[0.25, 0.25]], 0.5, [1])
    found = bounds.theorem_1(
        MultiTaskProblem([flat, other]),
        bounds.ring(2),
        regularization=0.5,
        iterations=3,
        statement="instance",
    )
    assert found.value == 0
    assert found.step_size > 0
