from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import NumberKind
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.models.examples import example_1, example_2, example_policy
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.models.random_problems import random_problem
from dcpg_theory.theory import action_value, advantage, resolvent, value

SIZES = st.tuples(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 3))


@st.composite
def exact_cases(draw):
    """A random rational process and a rational policy for it."""
    seed, n_states, n_actions = draw(SIZES)
    row = st.lists(st.integers(1, 9), min_size=n_actions, max_size=n_actions)
    weights = draw(st.lists(row, min_size=n_states, max_size=n_states))
    mdp = random_problem(seed, 1, n_states, n_actions, exact=True).tasks[0]
    return mdp, policy_from_weights(weights)


@settings(deadline=None, max_examples=40)
@given(exact_cases())
def test_value_satisfies_the_bellman_equation_exactly(case):
    mdp, policy = case
    V = value(mdp, policy)
    for s in range(mdp.n_states):
        expected = sum(
            policy[s, a] * (mdp.rewards[s, a] + mdp.discount * (mdp.transitions[s, a] @ V))
            for a in range(mdp.n_actions)
        )
        assert V[s] == expected


@settings(deadline=None, max_examples=40)
@given(exact_cases())
def test_value_is_the_policy_average_of_the_action_value(case):
    mdp, policy = case
    assert ((policy * action_value(mdp, policy)).sum(axis=1) == value(mdp, policy)).all()


@settings(deadline=None, max_examples=40)
@given(exact_cases())
def test_advantage_averages_to_zero_exactly(case):
    mdp, policy = case
    assert all(average == 0 for average in (policy * advantage(mdp, policy)).sum(axis=1))


@settings(deadline=None, max_examples=40)
@given(exact_cases())
def test_value_and_advantage_keep_the_bounds_of_3(case):
    mdp, policy = case
    bound = 1 / (1 - mdp.discount)
    assert all(0 <= entry <= bound for entry in value(mdp, policy))
    assert all(-bound <= entry <= bound for entry in advantage(mdp, policy).flat)


@settings(deadline=None, max_examples=40)
@given(exact_cases())
def test_floats_are_close_to_the_rationals(case):
    mdp, policy = case
    approximate = action_value(mdp.to_float(), policy.astype(np.float64))
    assert approximate == pytest.approx(action_value(mdp, policy).astype(np.float64), abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(exact_cases())
def test_balls_enclose_the_exact_value(encloses, case):
    mdp, policy = case
    assert encloses(advantage(mdp.astype(NumberKind.BALL), policy), advantage(mdp, policy))


def test_wide_balls_enclose_the_values_of_all_the_policies_in_them(encloses):
    mdp = random_problem(4, 1, 3, 2, exact=True).tasks[0]
    wide = flint.arb(0.5, 0.0101)
    balls = value(mdp, [[wide, 1 - wide]] * 3)
    for left in (Fraction(49, 100), Fraction(1, 2), Fraction(51, 100)):
        assert encloses(balls, value(mdp, [[left, 1 - left]] * 3))


@pytest.mark.parametrize("seed", range(5))
def test_sparse_and_dense_transitions_give_the_same_value(seed):
    mdp = random_problem(seed, 1, 6, 3).tasks[0]
    sparse = FiniteMDP(
        csr_array(mdp.transitions.reshape(-1, 6)), mdp.rewards, mdp.discount, mdp.start
    )
    policy = policy_from_weights(np.random.default_rng(seed).random((6, 3)) + 0.1)
    assert sparse.is_sparse
    assert value(sparse, policy) == pytest.approx(value(mdp, policy), abs=1e-12)
    assert advantage(sparse, policy) == pytest.approx(advantage(mdp, policy), abs=1e-12)


def test_symbolic_value_agrees_with_the_numeric_one_at_every_point():
    gamma, left, p = symbols("gamma", "left", "p")
    point = {"gamma": Fraction(2, 3), "p": Fraction(3, 4), "left": Fraction(1, 5)}
    half = Fraction(1, 2)
    for i in range(2):
        symbolic = value(example_2(gamma, p).tasks[i], example_policy(half, left, half))
        task = example_2(point["gamma"], point["p"]).tasks[i]
        numeric = value(task, example_policy(half, point["left"], half))
        assert [entry.evaluate(point) for entry in symbolic] == list(numeric)


def test_value_of_the_optimal_policy_of_example_1_is_the_papers():
    (gamma,) = symbols("gamma")
    policy = example_policy(1, Fraction(1, 2), 1)
    total = sum(value(task, policy)[2] for task in example_1(gamma).tasks)
    assert total == 2 * gamma / (2 - gamma**2)


def test_each_task_uses_its_own_discount(exact_problem):
    policy = policy_from_weights([[1, 2]] * 3)
    for mdp in exact_problem.tasks:
        expected = mdp.rewards + mdp.discount * mdp.expected_next(value(mdp, policy))
        assert (action_value(mdp, policy) == expected).all()


def test_rows_of_the_resolvent_sum_to_the_horizon(exact_problem):
    for mdp in exact_problem.tasks:
        rows = resolvent(mdp, policy_from_weights([[1, 2]] * 3)).sum(axis=1)
        assert all(row == 1 / (1 - mdp.discount) for row in rows)


def test_exact_processes_meet_float_policies_in_floats(exact_problem):
    result = value(exact_problem.tasks[0], np.full((3, 2), 0.5))
    assert result.dtype == np.float64


@pytest.mark.parametrize("function", [value, action_value, advantage])
def test_a_policy_of_the_wrong_shape_is_refused(function, exact_problem):
    with pytest.raises(InvalidInput, match=r"policy has shape \(2, 3\).*\(3, 2\)"):
        function(exact_problem.tasks[0], np.full((2, 3), 0.5))
