from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory import theory
from dcpg_theory.engine.checkpoints import Checkpoint
from dcpg_theory.engine.monte_carlo import Episodic
from dcpg_theory.engine.monte_carlo_training import train_monte_carlo
from dcpg_theory.errors import InvalidInput
from dcpg_theory.gridworld import parse_map
from dcpg_theory.models import MultiTaskProblem, graphs, softmax

PROBLEM = parse_map("S..\n.XG\n\nS.G\n...\n").problem()
W = graphs.lazy_metropolis(graphs.complete(2))
SETTINGS = {"step_size": 1.0, "rounds": 300, "seed": 4}


def test_training_improves_the_objective():
    run = train_monte_carlo(PROBLEM, W, **SETTINGS)
    before, after = (
        theory.objective(PROBLEM, softmax(theta))
        for theta in (np.zeros((7, 4)), run.mean_parameters)
    )
    assert after > before + 0.5
    assert run.returns[-50:].mean() > run.returns[:50].mean()


def test_seeds_decide_everything():
    one, two, other = (
        train_monte_carlo(PROBLEM, W, **(SETTINGS | {"seed": seed})).parameters
        for seed in (4, 4, 5)
    )
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)


def test_progress_does_not_change_the_training():
    seen = []
    watched = train_monte_carlo(PROBLEM, W, callback=seen.append, **SETTINGS)
    assert seen[-1] == 300
    assert len(seen) == 100
    assert np.array_equal(watched.parameters, train_monte_carlo(PROBLEM, W, **SETTINGS).parameters)


@pytest.mark.parametrize("rate", [0.0, 0.1])
def test_resumed_training_is_the_same_to_the_last_bit(tmp_path, rate):
    estimator = Episodic(batch=2, horizon=30, baseline_rate=rate)
    whole = train_monte_carlo(PROBLEM, W, estimator=estimator, **SETTINGS)
    path = tmp_path / "run.npz"
    half = SETTINGS | {"rounds": 130, "estimator": estimator}
    train_monte_carlo(PROBLEM, W, checkpoint=Checkpoint(path, every=50), **half)
    resumed = train_monte_carlo(
        PROBLEM,
        W,
        checkpoint=Checkpoint(path, every=50, resume=True),
        estimator=estimator,
        **SETTINGS,
    )
    assert np.array_equal(resumed.parameters, whole.parameters)
    assert np.array_equal(resumed.returns, whole.returns)


def test_foreign_checkpoints_are_refused(tmp_path):
    path = tmp_path / "run.npz"
    train_monte_carlo(PROBLEM, W, checkpoint=Checkpoint(path), **SETTINGS)
    cases = (
        (Checkpoint(path), {}, "exists; resume from it"),
        (Checkpoint(path, resume=True), {"seed": 5}, "another training: the problem, mixing"),
        (Checkpoint(path, resume=True), {"rounds": 10}, "after 300 rounds with other step sizes"),
        (Checkpoint(path, resume=True), {"step_size": 2.0}, "with other step sizes"),
    )
    for checkpoint, change, message in cases:
        with pytest.raises(InvalidInput) as caught:
            train_monte_carlo(PROBLEM, W, checkpoint=checkpoint, **(SETTINGS | change))
        assert message in str(caught.value)


def test_agents_mix_as_the_matrix_says():
    """With a vanishing step the parameters only mix."""
    initial = np.random.default_rng(0).normal(size=(2, 7, 4))
    run = train_monte_carlo(PROBLEM, W, step_size=1e-300, rounds=3, initial=initial)
    mixed = np.tensordot(np.linalg.matrix_power(W.matrix, 3), initial, axes=1)
    assert np.allclose(run.parameters, mixed, rtol=1e-14)


def test_training_stops_before_parameters_that_are_not_finite():
    twenty_times = parse_map("endings = walk-through\n\nSG\n\nSG\n").problem()
    steps = np.array([1e-6, 1e-6, 1.7e308, 1e-6])
    with pytest.warns(RuntimeWarning, match="round 3 is not finite, kept those up to 2"):
        run = train_monte_carlo(twenty_times, W, step_size=steps, rounds=4, seed=1)
    two = train_monte_carlo(twenty_times, W, step_size=1e-6, rounds=2, seed=1)
    assert np.array_equal(run.parameters, two.parameters)


def test_large_parameters_are_finite_though_their_sum_is_not():
    run = train_monte_carlo(PROBLEM, W, step_size=1e-300, rounds=5, initial=np.full((7, 4), 1e308))
    assert run.rounds == 5


@pytest.mark.parametrize("visits", ["every-visit", "first-visit"])
def test_an_agent_that_hears_nobody_trains_as_if_alone(visits):
    """Its random numbers are its own, whatever the others draw."""
    estimator = Episodic(visits, batch=2, baseline_rate=0.1)
    alone, other = PROBLEM.tasks
    together = [
        train_monte_carlo(
            MultiTaskProblem([alone, task]), np.eye(2), estimator=estimator, **SETTINGS
        )
        for task in (alone, other)
    ]
    assert np.array_equal(together[0].parameters[0], together[1].parameters[0])
    assert not np.array_equal(together[0].parameters[1], together[1].parameters[1])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": -1}, "seed=-1 must be an integer of at least 0"),
        ({"rounds": -1}, "iterations=-1 must be an integer of at least 0"),
        ({"step_size": 0.0}, "must be positive and finite"),
    ],
)
def test_wrong_arguments_are_named(change, message):
    with pytest.raises(InvalidInput) as caught:
        train_monte_carlo(PROBLEM, W, **(SETTINGS | change))
    assert message in str(caught.value)


def test_every_task_needs_an_agent():
    with pytest.raises(InvalidInput, match="mixing matrix has 3 agents, it must have one for each"):
        train_monte_carlo(PROBLEM, graphs.lazy_metropolis(graphs.ring(3)), **SETTINGS)
