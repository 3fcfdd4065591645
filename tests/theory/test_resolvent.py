from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.policies import policy_from_weights, uniform_policy
from dcpg_theory.models.random_problems import random_problem
from dcpg_theory.theory import resolvent, resolvent_solve


def test_resolvent_is_the_inverse(exact_problem, weights):
    policy = policy_from_weights(weights(3, 2))
    for mdp in exact_problem.tasks:
        system = np.eye(3, dtype=int) - mdp.discount * mdp.policy_transitions(policy)
        assert (system @ resolvent(mdp, policy) == np.eye(3, dtype=int)).all()


def test_resolvent_sums_the_series_of_visits():
    mdp = random_problem(2, 1, 4, 2).tasks[0]
    policy = uniform_policy(4, 2)
    step = mdp.discount * mdp.policy_transitions(policy)
    series = sum(np.linalg.matrix_power(step, k) for k in range(400))
    assert resolvent(mdp, policy) == pytest.approx(series, rel=1e-12)


@pytest.mark.parametrize("transposed", [False, True])
def test_solving_is_multiplying_by_the_resolvent(transposed, exact_problem, weights):
    mdp, policy = exact_problem.tasks[0], policy_from_weights(weights(3, 2))
    M, right = resolvent(mdp, policy), weights(3, 4)
    expected = (M.T if transposed else M) @ right
    assert (resolvent_solve(mdp, policy, right, transposed=transposed) == expected).all()


@pytest.mark.parametrize("transposed", [False, True])
def test_sparse_solves_are_the_dense_ones(transposed):
    mdp = random_problem(3, 1, 5, 2).tasks[0]
    rows = csr_array(mdp.transitions.reshape(-1, 5))
    sparse = FiniteMDP(rows, mdp.rewards, mdp.discount, mdp.start)
    policy, right = uniform_policy(5, 2), np.arange(10.0).reshape(5, 2)
    solutions = [resolvent_solve(m, policy, right, transposed=transposed) for m in (mdp, sparse)]
    assert solutions[0] == pytest.approx(solutions[1], rel=1e-12)


@pytest.mark.parametrize("sparse", [False, True])
def test_a_singular_system_off_the_simplex_says_so(sparse):
    transitions = np.array([[[1.0]]])
    rows = csr_array(transitions[0]) if sparse else transitions
    mdp = FiniteMDP(rows, [[0.0]], 0.5, [1.0])
    with pytest.raises(ZeroDivisionError, match="singular"):
        resolvent(mdp, [[2.0]])
