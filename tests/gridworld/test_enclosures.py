from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcpg_theory.gridworld import enclosures, experiments, parse_map, setting
from dcpg_theory.gridworld.optimum import policy_values, relax, rounded_policy, tasks_of
from dcpg_theory.gridworld.rational_tasks import optimal_value, rational_task
from dcpg_theory.gridworld.worlds import ACTIONS
from dcpg_theory.models.finite_mdp import FiniteMDP

TINY = flint.fmpq(1, 10**9)


def some_task(seed, n_states=5, n_actions=3, discount=Fraction(9, 10)):
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 4, (n_states, n_actions, n_states))
    counts[..., 0] += 1
    exact = [[[Fraction(int(c), int(row.sum())) for c in row] for row in rows] for rows in counts]
    rewards = [[Fraction(int(x), 7) for x in row] for row in rng.integers(-7, 8, (5, n_actions))]
    start = [Fraction(1, n_states)] * n_states
    return rational_task(FiniteMDP(exact, rewards, discount, start))


@settings(max_examples=30)
@given(
    st.integers(0, 10**6), st.sampled_from([Fraction(1, 100), Fraction(1, 2), Fraction(999, 1000)])
)
def test_the_bounds_enclose_the_exact_values_closely(seed, discount):
    task = some_task(seed, discount=discount)
    best = optimal_value(task)
    above = enclosures.optimum_from_above(task)
    assert best.value <= above <= best.value + TINY
    weights = np.random.default_rng(seed).dirichlet(np.ones(3), size=5)
    policy = rounded_policy(weights)
    value = task.at_start(task.value(policy))
    below = enclosures.value_from_below(task, policy)
    assert value - TINY <= below <= value


@pytest.mark.parametrize("shift", [-3.0, 0.01, 40.0])
def test_the_bounds_hold_however_wrong_the_guess_is(monkeypatch, shift):
    task = some_task(1)
    best = optimal_value(task)
    wrong = np.linspace(-shift, shift, 5) + shift
    monkeypatch.setattr(enclosures._Floats, "optimal_value", lambda _: wrong)
    monkeypatch.setattr(enclosures._Floats, "value", lambda *_: wrong)
    assert enclosures.optimum_from_above(task) > best.value
    assert enclosures.value_from_below(task, best.policy) < best.value


@pytest.mark.parametrize("name", ["fig2a", "fig2c"])
def test_the_gap_of_a_large_world_is_that_of_a_small_one_and_no_smaller(monkeypatch, name):
    world = setting(name).world
    policy = experiments.train_exactly(world).evaluation.policy
    exact = experiments.gap_of(world, policy)
    monkeypatch.setattr(experiments, "EXACT", 0)
    enclosed = experiments.gap_of(world, policy)
    assert exact.relative <= enclosed.relative <= exact.relative + TINY
    assert exact.bound == relax(tasks_of(world)).bound <= enclosed.bound
    below = zip(
        enclosed.values, policy_values(tasks_of(world), rounded_policy(policy)), strict=True
    )
    assert all(low <= value for low, value in below)


def test_a_world_of_many_states_is_certified():
    empty = "." * 30 + "\n"
    world = parse_map("S" + empty[1:] + empty * 28 + empty[:28] + "G.\n")
    policy = np.zeros((world.problem().n_states, 4))
    policy[:, [ACTIONS.index("right"), ACTIONS.index("down")]] = 0.5
    assert len(policy) > experiments.EXACT
    gap = experiments.gap_of(world, policy)
    assert not gap.is_global
    assert 0 < float(gap.value) < float(gap.bound) <= 1 / float(1 - world.discount)
