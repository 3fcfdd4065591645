from __future__ import annotations

from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import NumberKind, as_array
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.models.examples import example_1, example_policy
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.theory import objective, relative_entropy, task_objective, value

LAMBDA = Fraction(1, 5)


def test_objective_is_the_sum_over_the_tasks_exactly(partial_problem, weights):
    policy = policy_from_weights(weights(4, 2))
    shares = [task_objective(partial_problem, i, policy) for i in range(2)]
    assert objective(partial_problem, policy) == sum(shares)


def test_each_task_starts_from_its_own_distribution(exact_problem, weights):
    policy = policy_from_weights(weights(3, 2))
    first, second = exact_problem.tasks
    assert (first.start != second.start).any()
    expected = first.start @ value(first, policy) + second.start @ value(second, policy)
    assert objective(exact_problem, policy) == expected


@pytest.mark.usefixtures("fifty_digits")
@pytest.mark.parametrize("explored", [False, True])
def test_objective_agrees_with_an_independent_implementation(
    explored, partial_problem, weights, reference_objective, to_mpf
):
    starts = partial_problem.exploration if explored else [t.start for t in partial_problem.tasks]
    w = weights(4, 2)
    theta = [[mpmath.log(to_mpf(entry)) for entry in row] for row in w]
    given = starts if explored else None
    for regularization in (0, LAMBDA):
        reference = reference_objective(partial_problem, theta, regularization, starts)
        with flint.ctx.workprec(150):
            policy = as_array(policy_from_weights(w), NumberKind.BALL)
            ball = objective(partial_problem, policy, regularization, start=given)
            assert ball.overlaps(flint.arb(mpmath.nstr(reference, 45), 1e-40))
            assert ball.rad() < 1e-35


def test_every_task_carries_the_whole_regularizer(partial_problem, weights):
    policy = policy_from_weights(weights(4, 2)).astype(np.float64)
    penalty = objective(partial_problem, policy) - objective(partial_problem, policy, 0.5)
    assert penalty == pytest.approx(2 * 0.5 * relative_entropy(policy), rel=1e-12)
    share = task_objective(partial_problem, 0, policy) - task_objective(
        partial_problem, 0, policy, 0.5
    )
    assert share == pytest.approx(0.5 * relative_entropy(policy), rel=1e-12)


def test_a_process_is_a_problem_of_one_task(exact_problem, weights):
    policy = policy_from_weights(weights(3, 2))
    mdp = exact_problem.tasks[0]
    assert objective(mdp, policy) == mdp.start @ value(mdp, policy)
    assert objective(mdp, policy) == objective(MultiTaskProblem([mdp]), policy)
    numeric = policy.astype(np.float64)
    alone, wrapped = (objective(m, numeric, 0.3) for m in (mdp, MultiTaskProblem([mdp])))
    assert alone == wrapped


def test_objective_is_linear_in_the_start(exact_problem, weights):
    policy, mdp = policy_from_weights(weights(3, 2)), exact_problem.tasks[0]
    values = [objective(mdp, policy, start=row) for row in np.eye(3, dtype=int)]
    assert values == list(value(mdp, policy))


def test_objective_of_example_1_is_exact_in_symbols():
    gamma, left = symbols("gamma", "left")
    result = objective(example_1(gamma), example_policy(1, left, 1))
    assert result.evaluate({"gamma": gamma, "left": Fraction(1, 2)}) == 2 * gamma / (2 - gamma**2)


def test_unregularized_objective_is_finite_at_deterministic_policies():
    policy = example_policy(1.0, 1.0, 1.0)
    assert objective(example_1(0.9), policy) == pytest.approx(0.9, abs=1e-12)
    assert objective(example_1(0.9), policy, 0.1) == -np.inf


def test_regularized_objective_of_exact_probabilities_is_refused(exact_problem, weights):
    with pytest.raises(InvalidInput, match="not exact"):
        objective(exact_problem, policy_from_weights(weights(3, 2)), LAMBDA)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"policy": np.full((3, 2), 0.5)}, r"policy has shape \(3, 2\).*\(4, 2\)"),
        ({"start": [[1, 0]]}, "one vector for each of the 2 tasks"),
        ({"start": 1}, "one vector for each of the 2 tasks"),
        ({"start": [[1, 0], [1, 0]]}, r"start has shape \(2,\).*\(3,\)"),
        ({"regularization": float("nan")}, "regularization=nan must be finite"),
        ({"regularization": float("inf")}, "regularization=inf must be finite"),
    ],
)
def test_bad_input_is_refused(arguments, message, partial_problem):
    given = {"policy": np.full((4, 2), 0.5)} | arguments
    with pytest.raises(InvalidInput, match=message):
        objective(partial_problem, **given)


@pytest.mark.parametrize("task", [-1, 2])
def test_a_task_that_is_not_there_is_refused(task, partial_problem):
    with pytest.raises(InvalidInput, match=f"task={task} must be one of 0, ..., 1"):
        task_objective(partial_problem, task, np.full((4, 2), 0.5))
