from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory import theory
from dcpg_theory.errors import InvalidInput
from dcpg_theory.gridworld import setting
from dcpg_theory.gridworld.diagnostics import mismatch_ratios, mismatch_spread, pulls
from dcpg_theory.models import MultiTaskProblem, example_1, example_2, random_problem

UNIFORM = np.full((5, 2), 0.5)


def test_shared_transitions_have_one_ratio():
    """Assumption 2 holds where only the rewards differ, and the spread says so."""
    task = random_problem(1, 1, 5, 2).tasks[0]
    problem = MultiTaskProblem([task, task.with_rewards(task.rewards**2)])
    other = np.random.default_rng(0).dirichlet(np.ones(2), 5)
    spread = mismatch_spread(mismatch_ratios(problem, UNIFORM, other))
    assert np.allclose(spread, 1)


def test_ratios_are_quotients_of_visits():
    problem = random_problem(3, 3, 5, 2)
    other = np.random.default_rng(0).dirichlet(np.ones(2), 5)
    ratios = mismatch_ratios(problem, UNIFORM, other)
    for i, task in enumerate(problem.tasks):
        quotient = theory.visitation(task, other) / theory.visitation(task, UNIFORM)
        assert np.allclose(ratios[i], quotient)
    assert np.allclose(mismatch_spread(ratios), ratios.max(axis=0) / ratios.min(axis=0))


def test_cells_that_only_some_tasks_pass_are_infinitely_apart():
    world = setting("fig2a").world
    problem = world.problem()
    policy = np.full((101, 4), 0.25)
    right = np.tile([0.0, 0.0, 0.0, 1.0], (101, 1))
    spread = dict(
        zip(problem.states, mismatch_spread(mismatch_ratios(problem, policy, right)), strict=True)
    )
    assert np.isinf(spread["r1c8"])  # task 1 is stopped by its obstacle at r1c6
    assert np.isnan(spread["r5c5"])  # nobody passes


def test_gradients_that_cancel_conflict_fully():
    found = pulls(example_2(0.9, 0.75).to_float(), UNIFORM)
    assert found.conflict[2] == pytest.approx(1)
    assert found.cosines[2, 0, 1] == pytest.approx(-1)
    # At S2 and S4 actions do not matter, so nobody pulls.
    assert np.isnan(found.conflict[[1, 3]]).all()


def test_gradients_add_up_to_the_objectives():
    problem = example_1(0.9).to_float()
    found = pulls(problem, UNIFORM)
    assert np.allclose(found.gradients.sum(axis=0), theory.gradient(problem, UNIFORM))


def test_wrong_shapes_are_refused():
    with pytest.raises(InvalidInput, match="policy has shape"):
        pulls(example_1(0.9).to_float(), np.full((4, 2), 0.5))
