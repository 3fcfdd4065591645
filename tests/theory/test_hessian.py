from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import NumberKind, as_array
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.models.examples import example_2, example_policy
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.models.random_problems import random_problem
from dcpg_theory.theory import (
    gradient,
    hessian,
    relative_entropy_hessian,
    task_hessian,
    value_hessian,
)

LAMBDA = Fraction(1, 5)


def _transposed(H):
    return H.transpose(2, 3, 0, 1)


@pytest.mark.usefixtures("fifty_digits")
@pytest.mark.parametrize("explored", [False, True])
def test_hessian_is_the_second_difference_in_50_digits(
    explored, partial_problem, weights, reference_objective, to_mpf
):
    starts = partial_problem.exploration if explored else [t.start for t in partial_problem.tasks]
    w, step = weights(4, 2), mpmath.mpf(10) ** -10
    theta = [[mpmath.log(to_mpf(entry)) for entry in row] for row in w]
    given = starts if explored else None
    exact = hessian(partial_problem, policy_from_weights(w), LAMBDA, start=given)
    coordinates = list(np.ndindex(4, 2))
    for i, x in enumerate(coordinates):
        for y in coordinates[i:]:
            difference = mpmath.mpf(0)
            for first, second in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
                moved = [row.copy() for row in theta]
                moved[x[0]][x[1]] += first * step
                moved[y[0]][y[1]] += second * step
                L = reference_objective(partial_problem, moved, LAMBDA, starts)
                difference += first * second * L
            expected = difference / (4 * step**2)
            assert abs(expected - to_mpf(exact[(*x, *y)])) < mpmath.mpf(10) ** -16


@pytest.mark.parametrize(("n_tasks", "n_states", "n_actions"), [(2, 2, 2), (1, 1, 3), (1, 3, 1)])
def test_hessian_is_the_exact_derivative_of_the_gradient_on_the_weights(
    n_tasks, n_states, n_actions
):
    problem = random_problem(5, n_tasks, n_states, n_actions, exact=True)
    names = [f"w{s}{a}" for s, a in np.ndindex(n_states, n_actions)]
    w = np.array(symbols(*names), dtype=object).reshape(n_states, n_actions)
    policy = policy_from_weights(w)
    first, second = gradient(problem, policy, LAMBDA), hessian(problem, policy, LAMBDA)
    for name, y in zip(names, np.ndindex(n_states, n_actions), strict=True):
        for x in np.ndindex(n_states, n_actions):
            assert second[(*x, *y)] == w[y] * first[x].derivative(name)


def test_hessian_of_example_2_is_sympys_second_derivative_in_theta():
    left, right = sympy.symbols("theta_L theta_R")
    gamma, p = sympy.Rational(3, 4), sympy.Rational(2, 3)
    probability = sympy.exp(left) / (sympy.exp(left) + sympy.exp(right))
    total = 0
    for pay, q in ((1, p), (-1, 1 - p)):
        v2, v3, v4 = sympy.symbols("v2:5")
        equations = [
            sympy.Eq(v2, (1 - q) * pay + q * gamma * v3),
            sympy.Eq(v3, probability * gamma * v2 + (1 - probability) * gamma * v4),
            sympy.Eq(v4, (1 - q) * gamma * v3 - q * pay),
        ]
        total += sympy.solve(equations, [v2, v3, v4], dict=True)[0][v3]
    half = Fraction(1, 2)
    problem = example_2(Fraction(3, 4), Fraction(2, 3))
    exact = hessian(problem, example_policy(half, Fraction(1, 4), half))
    point = {left: 0, right: sympy.log(3)}
    for a, b in np.ndindex(2, 2):
        theta = (left, right)
        expected = sympy.diff(total, theta[a], theta[b]).subs(point)
        entry = exact[2, a, 2, b]
        assert sympy.simplify(expected - sympy.Rational(int(entry.p), int(entry.q))) == 0


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 3))
def test_hessian_is_symmetric_and_its_rows_sum_to_zero_exactly(seed, n_states, n_actions):
    problem = random_problem(seed, 2, n_states, n_actions, exact=True)
    policy = policy_from_weights([list(range(1, n_actions + 1))] * n_states)
    H = hessian(problem, policy, LAMBDA)
    assert (_transposed(H) == H).all()
    assert all(total == 0 for total in H.sum(axis=1).flat)


def test_shares_of_the_tasks_sum_to_the_hessian(partial_problem, weights):
    policy = policy_from_weights(weights(4, 2))
    shares = [task_hessian(partial_problem, i, policy, LAMBDA) for i in range(2)]
    assert (shares[0] + shares[1] == hessian(partial_problem, policy, LAMBDA)).all()


def test_states_a_task_does_not_hold_feel_the_regularizer_only(partial_problem, weights):
    policy = policy_from_weights(weights(4, 2))
    share = task_hessian(partial_problem, 0, policy, 1)
    elsewhere = np.setdiff1d(np.arange(4), partial_problem.indices[0])
    assert (share[elsewhere] == -relative_entropy_hessian(policy)[elsewhere]).all()


def test_a_process_is_a_problem_of_one_task(exact_problem, weights):
    policy, mdp = policy_from_weights(weights(3, 2)), exact_problem.tasks[1]
    wrapped = hessian(MultiTaskProblem([mdp]), policy, LAMBDA)
    assert (hessian(mdp, policy, LAMBDA) == wrapped).all()
    assert (hessian(mdp, policy) == value_hessian(mdp, policy)).all()


def test_floats_balls_and_sparse_agree_with_the_rationals(weights, encloses):
    mdp = random_problem(9, 1, 4, 3, exact=True).tasks[0]
    policy = policy_from_weights(weights(4, 3))
    exact = hessian(mdp, policy, LAMBDA)
    balls = hessian(mdp, as_array(policy, NumberKind.BALL), LAMBDA)
    assert encloses(balls, exact)
    numeric = mdp.to_float()
    rows = csr_array(numeric.transitions.reshape(-1, 4))
    sparse = FiniteMDP(rows, numeric.rewards, numeric.discount, numeric.start)
    for floats in (numeric, sparse):
        result = hessian(floats, policy.astype(np.float64), float(LAMBDA))
        assert result == pytest.approx(exact.astype(np.float64), abs=1e-11)
        assert (result == _transposed(result)).all()


def test_bad_shapes_are_refused(exact_problem, partial_problem):
    with pytest.raises(InvalidInput, match="policy has shape"):
        hessian(exact_problem, [[1, 0]])
    with pytest.raises(InvalidInput, match="start has shape"):
        value_hessian(exact_problem.tasks[0], [[1, 0]] * 3, start=[1])
    with pytest.raises(InvalidInput, match="task=2 must be one of"):
        task_hessian(partial_problem, 2, [[1, 0]] * 4)
