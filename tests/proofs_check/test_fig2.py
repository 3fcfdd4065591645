"""Fig. 2 by hand: bounds from breadth-first distances, gaps in floats, apart from the ledger."""

from __future__ import annotations

from collections import deque
from fractions import Fraction

import numpy as np
import pytest

from dcpg_theory import theory
from dcpg_theory.gridworld import SETTINGS, setting
from dcpg_theory.gridworld.witnesses import WITNESSES, reached_policy, seed_runs
from proofs_check.instances import fig2

GAMMA = Fraction(19, 20)


def fewest_steps(task, start):
    """Steps to the goal on a grid of 10 x 10 round the obstacles."""
    (goal,) = task.goals
    seen, queue = {start: 0}, deque([start])
    while queue:
        r, c = cell = queue.popleft()
        for after in ((r - 1, c), (r + 1, c), (r, c - 1), (r, c + 1)):
            if min(after) >= 0 and max(after) < 10 and after not in seen:
                seen[after] = seen[cell] + 1
                if after not in task.obstacles:
                    queue.append(after)
    return seen[goal]


@pytest.mark.parametrize("name", SETTINGS)
def test_bounds_are_discounted_distances(name):
    tasks = setting(name).world.tasks
    own = [GAMMA ** (fewest_steps(task, task.starts[0]) - 1) for task in tasks]
    if name == "fig2c":
        own = [own[0], own[3]]  # tasks 2 and 3 cancel
    assert Fraction(str(fig2.bound(name))) == sum(own)


@pytest.mark.parametrize("kept", WITNESSES)
def test_exact_gaps_are_those_of_the_float_engine(kept):
    name = kept.partition("-")[0]
    problem = setting(name).world.problem()
    rows = reached_policy(kept)
    policy = [[float(dict(rows[x]).get(a, 0)) for a in range(4)] for x in problem.states]
    value = theory.objective(problem, np.array(policy))
    assert float(fig2.value(name, kept)) == pytest.approx(value, abs=1e-12)
    limit = float(fig2.gap(name, kept, up=True))
    exact = 1 - value / float(fig2.bound(name))
    assert limit == pytest.approx(exact, abs=1e-11)


def test_gaps_are_rounded_to_the_safe_side():
    low, high = (fig2.gap("fig2a", "fig2a", up=up) for up in (False, True))
    exact = 1 - fig2.value("fig2a", "fig2a") / fig2.bound("fig2a")
    assert low <= exact <= high
    assert float(high - low) <= 1e-12


def test_all_optimal_ways_of_task_4_are_the_monotone_ones_through_goal_2():
    """C(8, 4) ways to r5c5 and C(2, 1) from there, without what the tasks' own obstacles forbid."""
    assert fig2.optimal_ways("fig2c", 3) == 70 * 2
    assert fig2.optimal_ways("fig2c", 3, (4, 4)) == 0


def test_seeds_are_the_promised_ones():
    kept = {(run.name, run.seed, run.spread) for run in seed_runs()}
    assert kept == {
        (name, seed, spread)
        for name in ("fig2d", "fig2e")
        for seed in range(100)
        for spread in (0.0, 1.0)
    }


def test_way_on_is_not_best_where_episodes_do_not_end():
    """Bumping into the wall at a goal on the edge would pay for ever: fig2a's goals are inside."""
    walking = float(fig2.bound("fig2a", "walk-through"))
    first = float(GAMMA) ** 3  # goal 1 is four steps away, then every second step pays
    assert walking >= first / (1 - float(GAMMA) ** 2)
    assert walking > float(fig2.way_value("fig2a", "fig2a", "walk-through"))
