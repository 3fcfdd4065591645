from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import NumberKind
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.models.examples import example_2, example_policy
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.policies import policy_from_weights, uniform_policy
from dcpg_theory.models.random_problems import random_problem
from dcpg_theory.theory import value, visitation, visitation_matrix

SEEDS = st.integers(0, 10**6)


@settings(deadline=None, max_examples=40)
@given(SEEDS, st.integers(1, 4), st.integers(1, 3))
def test_visitation_is_a_distribution(seed, n_states, n_actions):
    mdp = random_problem(seed, 1, n_states, n_actions, exact=True).tasks[0]
    d = visitation(mdp, uniform_policy(n_states, n_actions, NumberKind.RATIONAL))
    assert d.sum() == 1
    assert all(entry >= (1 - mdp.discount) * rho for entry, rho in zip(d, mdp.start, strict=True))


@settings(deadline=None, max_examples=40)
@given(SEEDS, st.integers(1, 4))
def test_columns_of_the_visitation_matrix_are_distributions_as_17_needs(seed, n_states):
    mdp = random_problem(seed, 1, n_states, 2, exact=True).tasks[0]
    policy = uniform_policy(n_states, 2, NumberKind.RATIONAL)
    D = visitation_matrix(mdp, policy)
    assert all(total == 1 for total in D.sum(axis=0))
    assert (D @ mdp.start == visitation(mdp, policy)).all()


def test_columns_are_the_visitations_from_single_states(exact_problem, weights):
    mdp, policy = exact_problem.tasks[1], policy_from_weights(weights(3, 2))
    D = visitation_matrix(mdp, policy)
    for state in range(3):
        single = [int(s == state) for s in range(3)]
        assert (D[:, state] == visitation(mdp, policy, start=single)).all()


def test_visitation_pairs_with_rewards_to_the_value(exact_problem, weights):
    policy = policy_from_weights(weights(3, 2))
    for mdp in exact_problem.tasks:
        expected = visitation(mdp, policy) @ mdp.policy_rewards(policy) / (1 - mdp.discount)
        assert expected == mdp.start @ value(mdp, policy)


def test_visitation_matrix_has_the_papers_orientation():
    gamma, p = symbols("gamma", "p")
    D = visitation_matrix(example_2(gamma, p).tasks[0], example_policy(1, 0, 1))
    below = gamma**2 * p - gamma**2 + 1
    assert D[0, 1] == gamma * (1 - p)
    assert D[1, 0] == 0
    assert D[4, 3] == gamma * p / below
    assert D[2, 3] == gamma * (1 - gamma) * (1 - p) / below


def test_visitation_is_the_discounted_series():
    mdp = random_problem(1, 1, 4, 2).tasks[0]
    policy = uniform_policy(4, 2)
    chain, row, total = mdp.policy_transitions(policy), mdp.start.copy(), np.zeros(4)
    for k in range(400):
        total += (1 - mdp.discount) * mdp.discount**k * row
        row = row @ chain
    assert visitation(mdp, policy) == pytest.approx(total, abs=1e-12)


def test_floats_balls_and_sparse_agree_with_the_rationals(weights, encloses):
    mdp = random_problem(8, 1, 4, 3, exact=True).tasks[0]
    policy = policy_from_weights(weights(4, 3))
    exact = visitation_matrix(mdp, policy)
    numeric = mdp.to_float()
    rows = csr_array(numeric.transitions.reshape(-1, 4))
    sparse = FiniteMDP(rows, numeric.rewards, numeric.discount, numeric.start)
    for process in (numeric, sparse):
        approximate = visitation_matrix(process, policy.astype(np.float64))
        assert approximate == pytest.approx(exact.astype(np.float64), abs=1e-12)
    balls = visitation_matrix(mdp.astype(NumberKind.BALL), policy)
    assert encloses(balls, exact)


def test_a_start_of_the_wrong_shape_is_refused(exact_problem):
    with pytest.raises(InvalidInput, match=r"start has shape \(2,\).*\(3,\)"):
        visitation(exact_problem.tasks[0], [[Fraction(1, 2)] * 2] * 3, start=[1, 0])
