from __future__ import annotations

import gymnasium
import numpy as np
import pytest

from dcpg_theory import theory
from dcpg_theory.errors import InvalidInput
from dcpg_theory.gridworld.toy_text import NAMES, toy_text_task
from dcpg_theory.models import MultiTaskProblem

GAMMA = 0.9


def value_by_the_table(P, policy):
    """Values with termination flags taken as they stand: nothing comes after `terminated`."""
    rows = [
        (s, policy[s, a] * p, t, r, not done) for s in P for a in P[s] for p, t, r, done in P[s][a]
    ]
    s, weight, t, reward, goes_on = (np.array(column) for column in zip(*rows, strict=True))
    values = np.zeros(len(P))
    for _ in range(400):
        values = np.bincount(s, weight * (reward + GAMMA * goes_on * values[t]), len(P))
    return values


@pytest.mark.parametrize("name", ["frozen-lake", "cliff-walking", "taxi"])
def test_values_are_preserved(name):
    task = toy_text_task(name, GAMMA)
    version = {
        "frozen-lake": "FrozenLake-v1",
        "cliff-walking": "CliffWalking-v1",
        "taxi": "Taxi-v4",
    }
    env = gymnasium.make(version[name]).unwrapped
    policy = np.random.default_rng(1).dirichlet(np.ones(task.n_actions), task.n_states)
    expected = value_by_the_table(env.P, policy)
    found = theory.value(task, policy)
    assert np.abs(found[: len(expected)] - expected).max() < 1e-9
    assert np.abs(found[len(expected) :]).max(initial=0) < 1e-9


def test_following_a_terminal_state_on_would_change_the_values():
    """The control: in CliffWalking the goal's own row goes on, and costs one a step for ever."""
    env = gymnasium.make("CliffWalking-v1").unwrapped
    task = toy_text_task(env, GAMMA)
    policy = np.full((49, 4), 0.25)
    unfolded = {s: {a: [(p, t, r, False) for p, t, r, _ in row] for a, row in rows.items()}
                for s, rows in env.P.items()}  # fmt: skip
    wrong = value_by_the_table(unfolded, policy)
    assert np.abs(theory.value(task, policy)[:-1] - wrong).max() > 1


def test_starts_are_the_environments():
    task = toy_text_task("cliff-walking", GAMMA)
    assert task.states[int(task.start.argmax())] == "s36"
    assert toy_text_task("taxi", GAMMA).start.sum() == pytest.approx(1)


def test_environments_of_one_size_share_states():
    problem = MultiTaskProblem(
        [toy_text_task("frozen-lake", 0.9), toy_text_task("cliff-walking", 0.9)]
    )
    assert problem.n_states == 49
    assert set(NAMES) == {"frozen-lake", "cliff-walking", "taxi"}


@pytest.mark.parametrize(
    ("name", "message"),
    [("CartPole-v1", "has no P, the table of its transitions"), ("Nothing-v3", "'Nothing-v3'")],
)
def test_others_are_refused(name, message):
    with pytest.raises(InvalidInput) as caught:
        toy_text_task(name, 0.9)
    assert message in str(caught.value)
