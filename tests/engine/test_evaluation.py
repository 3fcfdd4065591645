"""What a record is computed from is what the theory says, for tasks of all shapes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from dcpg_theory.engine import evaluation
from dcpg_theory.engine.evaluation import Evaluation
from dcpg_theory.models import FiniteMDP, MultiTaskProblem
from dcpg_theory.models.policies import softmax
from dcpg_theory.models.random_problems import random_problem
from dcpg_theory.theory import relative_entropy, task_gradient, value

LAMBDA = 0.3


def mixed_problem():
    """Tasks of two sizes over common states, one of them sparse, with explorations of their own."""
    large, small = random_problem(1, 3, 6, 2).tasks, random_problem(2, 2, 4, 2).tasks
    P = sparse.csr_array(large[1].transitions.reshape(12, 6))
    tasks = [large[0], small[0], FiniteMDP(P, large[1].rewards, 0.99, large[1].start), small[1]]
    return MultiTaskProblem(tasks, exploration=[np.roll(task.start, 1) for task in tasks])


PROBLEM = mixed_problem()
THETA = 3 * np.random.default_rng(0).standard_normal((4, 6, 2))


@pytest.mark.parametrize("most", [200, 5, 0])
@pytest.mark.parametrize("path", ["reference", "sparse", "krylov"])
def test_values_and_gradients_are_those_of_the_theory(monkeypatch, most, path):
    monkeypatch.setattr(evaluation, "MOST_STATES", most)
    found = Evaluation(PROBLEM, LAMBDA, path, range(4))
    policies = softmax(THETA)
    for i, V in enumerate(found.values(policies)):
        own = policies[i, PROBLEM.indices[i]]
        np.testing.assert_allclose(V, value(PROBLEM.tasks[i], own), rtol=1e-12)
    for at_starts in (True, False):
        g = found.gradients(THETA, at_starts=at_starts)
        for i, task in enumerate(PROBLEM.tasks):
            start = task.start if at_starts else PROBLEM.exploration[i]
            expected = task_gradient(PROBLEM, i, policies[i], LAMBDA, start)
            np.testing.assert_allclose(g[i], expected, rtol=1e-9, atol=1e-12)


def test_no_result_depends_on_the_others_asked_for():
    whole = Evaluation(PROBLEM, LAMBDA, "krylov", range(4))
    values, g = whole.values(softmax(THETA)), whole.gradients(THETA, at_starts=True)
    whole.gradients(-THETA, at_starts=True)
    np.testing.assert_array_equal(whole.gradients(THETA, at_starts=True), g)
    for agents in ([0], [2], [1, 3], [2, 3]):
        part = Evaluation(PROBLEM, LAMBDA, "krylov", agents)
        for place, V in enumerate(part.values(softmax(THETA[agents]))):
            np.testing.assert_array_equal(V, values[agents[place]])
        np.testing.assert_array_equal(part.gradients(THETA[agents], at_starts=True), g[agents])


def test_the_penalty_is_the_regularizer_and_finite_where_probabilities_underflow():
    found = Evaluation(PROBLEM, LAMBDA, "reference", range(4))
    expected = LAMBDA * relative_entropy(softmax(THETA[0]))
    assert found.penalty(THETA[0]) == pytest.approx(float(expected), rel=1e-13)
    assert found.penalty(np.array([[0.0, 2000.0]])) == pytest.approx(LAMBDA * (1000 - np.log(2)))
    assert Evaluation(PROBLEM, 0.0, "reference", range(4)).penalty(THETA[0]) == 0
