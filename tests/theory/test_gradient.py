from __future__ import annotations

from fractions import Fraction

import flint
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
from dcpg_theory.models.examples import example_1, example_2, example_policy
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.policies import policy_from_weights, softmax
from dcpg_theory.models.random_problems import random_problem
from dcpg_theory.theory import (
    gradient,
    objective,
    relative_entropy_gradient,
    task_gradient,
    value_gradient,
)

LAMBDA = Fraction(1, 5)


@pytest.mark.usefixtures("fifty_digits")
@pytest.mark.parametrize("explored", [False, True])
def test_gradient_is_the_central_difference_in_50_digits(
    explored, partial_problem, weights, reference_objective, to_mpf
):
    starts = partial_problem.exploration if explored else [t.start for t in partial_problem.tasks]
    w, step = weights(4, 2), mpmath.mpf(10) ** -15
    theta = [[mpmath.log(to_mpf(entry)) for entry in row] for row in w]
    given = starts if explored else None
    exact = gradient(partial_problem, policy_from_weights(w), LAMBDA, start=given)
    for s, a in np.ndindex(4, 2):
        ends = []
        for sign in (1, -1):
            moved = [row.copy() for row in theta]
            moved[s][a] += sign * step
            ends.append(reference_objective(partial_problem, moved, LAMBDA, starts))
        assert abs((ends[0] - ends[1]) / (2 * step) - to_mpf(exact[s, a])) < mpmath.mpf(10) ** -25


def _example_1_in_sympy(gamma, lefts):
    """The return of example 1 from S3, written down from Section 2.2's words."""
    total = 0
    for reversed_moves in (False, True):
        v2, v3, v4 = sympy.symbols("v2:5")
        toward_1 = {s: 1 - lefts[s] if reversed_moves else lefts[s] for s in (2, 4)}
        pay = -1 if reversed_moves else 1
        equations = [
            sympy.Eq(v2, toward_1[2] * pay + (1 - toward_1[2]) * gamma * v3),
            sympy.Eq(v3, lefts[3] * gamma * v2 + (1 - lefts[3]) * gamma * v4),
            sympy.Eq(v4, toward_1[4] * gamma * v3 - (1 - toward_1[4]) * pay),
        ]
        total += sympy.solve(equations, [v2, v3, v4], dict=True)[0][v3]
    return total


def _example_2_in_sympy(gamma, p, lefts):
    """The return of example 2 from S3, written down from Section 2.2's words."""
    total = 0
    for pay, right in ((1, p), (-1, 1 - p)):
        v2, v3, v4 = sympy.symbols("v2:5")
        equations = [
            sympy.Eq(v2, (1 - right) * pay + right * gamma * v3),
            sympy.Eq(v3, lefts[3] * gamma * v2 + (1 - lefts[3]) * gamma * v4),
            sympy.Eq(v4, (1 - right) * gamma * v3 - right * pay),
        ]
        total += sympy.solve(equations, [v2, v3, v4], dict=True)[0][v3]
    return total


@pytest.mark.parametrize("example", [1, 2])
def test_gradient_of_the_examples_is_sympys_derivative_in_theta(example):
    gamma, p = Fraction(3, 4), Fraction(2, 3)
    rational = {gamma: sympy.Rational(3, 4), p: sympy.Rational(2, 3)}
    theta = {(s, a): sympy.Symbol(f"theta{s}{a}") for s in (2, 3, 4) for a in "LR"}
    lefts = {
        s: sympy.exp(theta[s, "L"]) / (sympy.exp(theta[s, "L"]) + sympy.exp(theta[s, "R"]))
        for s in (2, 3, 4)
    }
    odds = {(2, "L"): 3, (2, "R"): 2, (3, "L"): 1, (3, "R"): 4, (4, "L"): 5, (4, "R"): 2}
    point = {theta[key]: sympy.log(weight) for key, weight in odds.items()}
    if example == 1:
        problem, written = example_1(gamma), _example_1_in_sympy(rational[gamma], lefts)
    else:
        problem = example_2(gamma, p)
        written = _example_2_in_sympy(rational[gamma], rational[p], lefts)
    policy = example_policy(Fraction(3, 5), Fraction(1, 5), Fraction(5, 7))
    exact = gradient(problem, policy)
    for (s, a), symbol in theta.items():
        derivative = sympy.nsimplify(sympy.diff(written, symbol).subs(point))
        entry = exact[s - 1, "LR".index(a)]
        assert sympy.simplify(derivative - sympy.Rational(int(entry.p), int(entry.q))) == 0
    assert all(entry == 0 for entry in exact[[0, 4]].flat)


def _symbolic_weights(n_states, n_actions):
    names = [[f"w{s}{a}" for a in range(n_actions)] for s in range(n_states)]
    flat = symbols(*(name for row in names for name in row))
    return np.array(flat, dtype=object).reshape(n_states, n_actions), names


def test_gradient_is_the_exact_derivative_on_the_weights():
    problem = random_problem(5, n_tasks=2, n_states=2, n_actions=2, exact=True)
    w, names = _symbolic_weights(2, 2)
    policy = policy_from_weights(w)
    L, exact = objective(problem, policy), gradient(problem, policy)
    for s, a in np.ndindex(2, 2):
        assert exact[s, a] == w[s, a] * L.derivative(names[s][a])


def test_gradient_with_three_actions_is_the_exact_derivative_on_the_weights():
    mdp = random_problem(6, 1, 2, 3, exact=True).tasks[0]
    w, names = _symbolic_weights(2, 3)
    policy = policy_from_weights(w)
    V, exact = objective(mdp, policy), value_gradient(mdp, policy)
    for s, a in np.ndindex(2, 3):
        assert exact[s, a] == w[s, a] * V.derivative(names[s][a])


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(1, 3))
def test_gradient_rows_sum_to_zero_exactly(seed, n_states, n_actions):
    problem = random_problem(seed, 2, n_states, n_actions, exact=True)
    row = range(1, n_actions + 1)
    policy = policy_from_weights([list(row)] * n_states)
    assert all(total == 0 for total in gradient(problem, policy, LAMBDA).sum(axis=1))


def test_shares_of_the_tasks_sum_to_the_gradient(partial_problem, weights):
    policy = policy_from_weights(weights(4, 2))
    shares = [task_gradient(partial_problem, i, policy, LAMBDA) for i in range(2)]
    assert (shares[0] + shares[1] == gradient(partial_problem, policy, LAMBDA)).all()


def test_states_a_task_does_not_hold_feel_the_regularizer_only(partial_problem, weights):
    policy = policy_from_weights(weights(4, 2))
    for i, places in enumerate(partial_problem.indices):
        elsewhere = np.setdiff1d(np.arange(4), places)
        share = task_gradient(partial_problem, i, policy, LAMBDA)
        penalty = -flint.fmpq(1, 5) * relative_entropy_gradient(policy)
        assert (share[elsewhere] == penalty[elsewhere]).all()
        assert (share[places] != penalty[places]).any()
        bare = task_gradient(partial_problem, i, policy)
        assert all(entry == 0 for entry in bare[elsewhere].flat)


def test_task_gradient_takes_the_exploration_distribution(partial_problem, weights):
    policy = policy_from_weights(weights(4, 2))
    mu = partial_problem.exploration
    shares = [task_gradient(partial_problem, i, policy, start=mu[i]) for i in range(2)]
    assert (shares[0] + shares[1] == gradient(partial_problem, policy, start=mu)).all()
    assert (shares[1] != task_gradient(partial_problem, 1, policy)).any()


def test_regularizer_averages_over_the_union(partial_problem):
    policy = policy_from_weights([[1, 3]] * 4)
    plain, regularized = (task_gradient(partial_problem, 0, policy, r) for r in (0, 1))
    assert all(entry == flint.fmpq(1, 16) for entry in (regularized - plain)[:, 0])


def test_a_process_is_a_problem_of_one_task(exact_problem, weights):
    policy, mdp = policy_from_weights(weights(3, 2)), exact_problem.tasks[1]
    wrapped = gradient(MultiTaskProblem([mdp]), policy, LAMBDA)
    assert (gradient(mdp, policy, LAMBDA) == wrapped).all()
    assert (gradient(mdp, policy) == value_gradient(mdp, policy)).all()


def test_gradient_vanishes_at_the_stationary_points_of_example_2():
    gamma, p = symbols("gamma", "p")
    for left in (0, Fraction(1, 2), 1):
        result = gradient(example_2(gamma, p), example_policy(Fraction(1, 2), left, Fraction(1, 2)))
        assert all(entry == 0 for entry in result.flat)


def test_floats_balls_and_sparse_agree_with_the_rationals(weights, encloses):
    problem = random_problem(9, 2, 4, 3, exact=True)
    policy = policy_from_weights(weights(4, 3))
    exact = gradient(problem, policy, LAMBDA)
    balls = gradient(problem, as_array(policy, NumberKind.BALL), LAMBDA)
    assert encloses(balls, exact)
    numeric = problem.to_float()
    sparse = MultiTaskProblem(
        [
            FiniteMDP(csr_array(t.transitions.reshape(-1, 4)), t.rewards, t.discount, t.start)
            for t in numeric.tasks
        ]
    )
    for floats in (numeric, sparse):
        result = gradient(floats, policy.astype(np.float64), float(LAMBDA))
        assert result.dtype == np.float64
        assert result == pytest.approx(exact.astype(np.float64), abs=1e-12)


def test_regularization_may_be_a_symbol(partial_problem, weights):
    policy, (strength,) = policy_from_weights(weights(4, 2)), symbols("lambda")
    symbolic = gradient(partial_problem, policy, strength)
    at_a_fifth = [entry.evaluate({"lambda": LAMBDA}) for entry in symbolic.flat]
    assert at_a_fifth == list(gradient(partial_problem, policy, LAMBDA).flat)


def test_the_only_task_of_a_process_is_task_0(exact_problem, weights):
    policy, mdp = policy_from_weights(weights(3, 2)), exact_problem.tasks[0]
    assert (task_gradient(mdp, 0, policy) == gradient(mdp, policy)).all()
    with pytest.raises(InvalidInput, match="task=1 must be one of"):
        task_gradient(mdp, 1, policy)


def test_gradient_ascent_direction_raises_the_objective():
    problem = random_problem(0, 3, 5, 2)
    theta = np.random.default_rng(0).normal(size=(5, 2))
    uphill = theta + 1e-3 * gradient(problem, softmax(theta), 0.1)
    assert objective(problem, softmax(uphill), 0.1) > objective(problem, softmax(theta), 0.1)


@pytest.mark.parametrize("function", [gradient, value_gradient])
def test_bad_shapes_are_refused(function, exact_problem):
    mdp = exact_problem.tasks[0]
    with pytest.raises(InvalidInput, match="policy has shape"):
        function(mdp, [[1, 0]])
    with pytest.raises(InvalidInput, match="start has shape"):
        function(mdp, [[1, 0]] * 3, start=[1])
