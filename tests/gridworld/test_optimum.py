from __future__ import annotations

import itertools
from fractions import Fraction

import flint
import numpy as np
import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.gridworld import parse_map, setting
from dcpg_theory.gridworld.optimum import (
    branch,
    policy_values,
    relax,
    rounded_policy,
    tasks_of,
)
from dcpg_theory.models import MultiTaskProblem, example_1, example_2, random_problem

F = Fraction


def test_tasks_with_common_dynamics_are_one_process():
    for name, endings, groups in (
        ("fig2c", "end", ((0,), (1, 2), (3,))),
        ("fig2c", "walk-through", ((0, 1, 2, 3),)),
        ("fig2a", "end", ((0,), (1,), (2,), (3,))),
    ):
        assert relax(tasks_of(setting(name).world.with_endings(endings))).groups == groups


def test_bound_is_exact_where_all_is_common():
    """All deterministic policies of two tasks that differ in their rewards only."""
    task = random_problem(2, 1, 3, 2, exact=True).tasks[0]
    other = task.with_rewards(1 - task.rewards**2)
    tasks = tasks_of(MultiTaskProblem([task, other]))
    one = flint.fmpq(1)
    best = max(
        sum(policy_values(tasks, [((a, one),) for a in actions]), flint.fmpq(0))
        for actions in itertools.product(range(2), repeat=3)
    )
    assert relax(tasks).bound == best
    certified = branch(tasks)
    assert (certified.value, certified.bound, certified.nodes) == (best, best, 1)


def test_no_policy_beats_the_bound():
    tasks = tasks_of(random_problem(4, 3, 4, 3, exact=True))
    found = branch(tasks, nodes=60, tolerance=flint.fmpq(1, 10**4))
    rng = np.random.default_rng(0)
    for concentration in (0.1, 1.0):
        for _ in range(30):
            policy = rounded_policy(rng.dirichlet(np.full(3, concentration), 4))
            assert sum(policy_values(tasks, policy), flint.fmpq(0)) <= found.bound
    assert found.value <= found.bound <= relax(tasks).bound


@pytest.mark.parametrize("nodes", [1, 40, 300])
def test_branching_closes_in_on_the_stochastic_optimum_of_example_1(nodes):
    gamma = F(9, 10)
    optimum = 2 * gamma / (2 - gamma**2)
    found = branch(tasks_of(example_1(gamma)), nodes=nodes)
    bound, value = (F(int(x.p), int(x.q)) for x in (found.bound, found.value))
    assert value <= optimum <= bound
    if nodes > 100:
        assert value == optimum  # S3 mixed evenly, the rest to the left
        assert bound - optimum < F(1, 1000)


def test_branching_finds_the_optimum_of_example_2():
    found = branch(tasks_of(example_2(F(9, 10), F(3, 4))), nodes=50)
    assert found.gap < 1e-3


def test_given_policies_are_taken_up():
    tasks = tasks_of(setting("fig2c").world)
    states = dict.fromkeys(x for task in tasks for x in task.states)
    poor = dict.fromkeys(states, ((0, flint.fmpq(1)),))
    assert branch(tasks, nodes=1, candidates=[poor]).value >= 0


def test_rounding_keeps_distributions():
    policy = np.random.default_rng(1).dirichlet(np.ones(4), 50)
    rows = rounded_policy(policy, bits=20)
    assert all(sum(p for _, p in row) == 1 for row in rows)
    dense = np.array([[float(dict(row).get(a, 0)) for a in range(4)] for row in rows])
    assert np.abs(dense - policy).max() < 4 / 2**20


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rounded_policy(np.array([[0.5, 0.6]])), "each row must be a distribution"),
        (lambda: branch(tasks_of(parse_map("S.G\n")), nodes=0), "nodes=0 must be at least 1"),
    ],
)
def test_wrong_arguments_are_named(call, message):
    with pytest.raises(InvalidInput, match=message):
        call()
