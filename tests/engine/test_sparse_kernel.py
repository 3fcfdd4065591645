"""Elimination that never subtracts keeps every entry of the visitation, next to a discount of 1."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from odd_problems import grid, odd_task, precise

from dcpg_theory.engine.grouping import lay_out
from dcpg_theory.engine.iteration import lane_gradients
from dcpg_theory.models import MultiTaskProblem
from dcpg_theory.models.random_problems import random_problem
from dcpg_theory.theory.resolvent import resolvent_solve


def solved(problem, theta, *, full):
    """V but for a constant, and y, of the only task in the order of its states."""
    layout = lay_out(problem, [0], full=full)
    policies, g = np.empty((2, 1, theta.size))
    lane_gradients(layout.groups, layout.work, theta[0], theta.shape[1], 0.0, policies, g)
    rows = layout.groups.rows
    V, y = np.empty(len(rows)), np.empty(len(rows))
    V[rows], y[rows] = layout.work.value[:, 0], layout.work.visits[:, 0]
    return V[problem.indices[0]], y[problem.indices[0]]


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("scale", [1.0, 20.0, 700.0])
@pytest.mark.parametrize("discount", [0.9, 0.999999, 1 - 1e-10])
def test_visits_are_right_entry_by_entry_and_values_to_their_differences(discount, scale, full):
    rng = np.random.default_rng(int(scale))
    for _ in range(8):
        problem = MultiTaskProblem([odd_task(rng, 8, 3, discount)])
        theta = rng.uniform(-scale, scale, (1, problem.n_states, 3))
        V, y = solved(problem, theta, full=full)
        exact_V, exact_y, _ = precise(problem, 0, theta[0], 0.0)
        with mpmath.workdps(50):
            pairs = zip(y, exact_y, strict=True)
            visits = [float(abs(a - b) / b) if b else abs(a) for a, b in pairs]
            shifted = exact_V - exact_V[0]
            values = [float(abs(a - b)) for a, b in zip(V - V[0], shifted, strict=True)]
            size = float(max(abs(shifted))) + np.ptp(problem.tasks[0].rewards)
        assert max(visits) <= 4e-14
        assert max(values) <= 1e-12 * size


def test_plain_elimination_loses_what_this_keeps():
    task = random_problem(5, 1, 8, 3).tasks[0].with_discount(1 - 1e-10)
    problem = MultiTaskProblem([task])
    theta = np.random.default_rng(0).uniform(-9, 9, (1, 8, 3))
    _, y = solved(problem, theta, full=True)
    _, exact, _ = precise(problem, 0, theta[0], 0.0)
    policy = np.exp(theta[0] - theta[0].max(axis=1, keepdims=True))
    policy = (policy / policy.sum(axis=1, keepdims=True))[problem.indices[0]]
    plain = resolvent_solve(problem.tasks[0], policy, problem.exploration[0], transposed=True)
    exact = exact.astype(float)
    assert np.abs(y / exact - 1).max() < 1e-13
    assert np.abs(plain / exact - 1).max() > 1e-10


def test_tasks_of_other_patterns_stand_beside_each_other():
    rng = np.random.default_rng(0)
    tasks = [odd_task(rng, 7, 2, 0.9, sparse=bool(i % 2)) for i in range(9)]
    layout = lay_out(MultiTaskProblem(tasks), range(9))
    assert len(layout.groups.where) > 3
    together = lay_out(grid(5, 9, 0.9), range(9))
    assert len(together.groups.where) == 3
