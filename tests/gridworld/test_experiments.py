from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest

from dcpg_theory.gridworld import parse_map, setting
from dcpg_theory.gridworld.evaluation import evaluate, most_followed_path, success_rates
from dcpg_theory.gridworld.experiments import (
    exploring,
    gap_of,
    paper_mixing,
    reached_seeds,
    seed_run,
    train_by_episodes,
    train_exactly,
)
from dcpg_theory.gridworld.witnesses import policy_text, reached_policy, seed_runs, seed_text


def dense(world, kept):
    rows = reached_policy(kept)
    return np.array(
        [[float(dict(rows[x]).get(a, 0)) for a in range(4)] for x in world.problem().states]
    )


@pytest.mark.parametrize("name", ["fig2a", "fig2b", "fig2c", "fig2e"])
def test_training_reaches_the_kept_policy(name):
    world = setting(name).world
    trained = train_exactly(world)
    gap = gap_of(world, trained.evaluation.policy)
    assert gap.is_global
    kept = gap_of(world, dense(world, name))
    assert abs(float(gap.value - kept.value)) < 1e-7
    assert sum(trained.evaluation.finished) == (3 if name == "fig2c" else world.n_tasks)


def test_from_the_top_left_nothing_is_reached_without_exploring():
    world = setting("fig2d").world
    stuck, exploring_ = train_exactly(world), train_exactly(world, everywhere=True)
    assert abs(stuck.evaluation.values.sum()) < 1e-6
    assert not any(stuck.evaluation.finished)
    assert gap_of(world, exploring_.evaluation.policy).is_global


def test_kept_policies_are_written_as_they_are_read():
    world = setting("fig2b").world
    kept = reached_policy("fig2b")
    text = policy_text("fig2b", dense(world, "fig2b"))
    lines = dict(line.split(" ", 1) for line in text.splitlines())
    assert len(lines) == 100
    assert all(
        lines[x].split() == [str(int(dict(kept[x]).get(a, 0) * 2**40)) for a in range(4)]
        for x in ("r1c1", "r5c5", "r10c10")
    )


def test_kept_seeds_are_written_as_they_are_read():
    kept = files("dcpg_theory.gridworld").joinpath("fig2", "seeds.txt")
    assert seed_text(seed_runs()) == kept.read_text(encoding="utf-8")


def test_training_ends_where_the_kept_seeds_say():
    """From both corners, with both spreads; among them the two that leave the top left corner."""
    some = [run for run in seed_runs() if run.seed in (0, 3, 5, 11)]
    assert len(some) == 16
    assert [seed_run(run.name, run.seed, run.spread) for run in some] == some


@pytest.mark.parametrize("seed", range(3))
def test_a_thousand_episodes_visit_all_goals_without_conflict(seed):
    trained = train_by_episodes(setting("fig2a").world, seed=seed)
    assert all(trained.evaluation.finished)
    assert trained.returns.shape == (1000, 4)
    gap = gap_of(setting("fig2a").world, trained.evaluation.policy)
    assert 1e-6 < float(gap.relative) < 0.03
    assert not gap.is_global


def test_start_decides_over_many_seeds():
    left, right = (
        reached_seeds(setting(x).world, range(6), spread=0.1) for x in ("fig2d", "fig2e")
    )
    assert np.abs(left).max() < 0.01
    assert right.min() > 0.9


def test_exploring_starts_everywhere():
    problem = exploring(setting("fig2a").world)
    assert np.allclose(problem.exploration[0], 1 / 101)
    assert problem.tasks[0].start[0] == 1


def test_mixing_is_lazy_metropolis_on_the_ring():
    W = paper_mixing(4).matrix
    assert np.allclose(W[0], [0.5, 0.25, 0, 0.25])


WORLD = parse_map("S..G\n..X.\n")


def test_success_is_counted_by_hand():
    """Right with 1/2 and down with 1/2: the goal is reached by three rights, and only so."""
    parameters = np.full((9, 4), -np.inf)
    parameters[:, [1, 3]] = 0.0
    evaluation = evaluate(WORLD, parameters)
    # Below, the walk goes on to the right, into the obstacle; at (1, 2) of the top row down is X.
    assert evaluation.success[0] == pytest.approx(1 / 8)
    assert evaluation.failure[0] == pytest.approx(7 / 8)
    assert evaluation.values[0] == pytest.approx(float(WORLD.discount) ** 2 / 8 - loss())


def loss():
    """The mean of gamma^(T - 1) over the ways into the obstacle."""
    gamma, total = float(WORLD.discount), 0.0
    # A way takes two rights before or after one down; below, downs only wait.
    total += 0.5**3 * gamma**2  # right, right, down
    for first in range(2):  # down after no or one right, then the missing rights, waiting between
        rights = 2 - first
        way = 0.5 ** (first + 1) * gamma ** (first + 1)
        wait = 0.5 / (1 - 0.5 * gamma)
        total += way * (wait * gamma) ** (rights - 1) * wait
    return total


def test_paths_stop_before_they_repeat_a_cell():
    policy = np.zeros((9, 4))
    policy[:, 3] = 1
    policy[1] = [0, 0, 1, 0]
    assert most_followed_path(WORLD, policy, 0) == ((0, 0), (0, 1))


def test_success_and_failure_are_probabilities():
    rng = np.random.default_rng(0)
    world = setting("fig2d").world
    policy = rng.dirichlet(np.ones(4), 101)
    good, bad = success_rates(world, policy)
    assert (good >= 0).all()
    assert (bad >= 0).all()
    assert (good + bad <= 1 + 1e-12).all()
