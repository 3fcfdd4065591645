from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from dcpg_theory.errors import InvalidInput
from dcpg_theory.gridworld import Endings, parse_map, setting
from dcpg_theory.gridworld.environments import GridWorldEnv, register_environments
from dcpg_theory.gridworld.worlds import label

WORLD = parse_map("S.G\n.X#\nS..\n\nS.X\n...\n#.G\n")


@pytest.mark.parametrize("endings", list(Endings))
@pytest.mark.parametrize("task", [0, 1])
@pytest.mark.filterwarnings("ignore:.*is not within the optimal range.*:UserWarning")
def test_environments_keep_gymnasiums_rules(endings, task):
    check_env(GridWorldEnv(WORLD.with_endings(endings), task), skip_render_check=True)


def test_every_setting_is_registered():
    register_environments()
    for name in ("Fig2a-Task1", "Fig2c-Task4", "Fig2e-Task6"):
        env = gymnasium.make(f"dcpg_theory.gridworld.environments:dcpg_theory/{name}-v0")
        check_env(env.unwrapped, skip_render_check=True)
        assert env.spec.max_episode_steps == 200
        env.close()


@pytest.mark.parametrize("endings", list(Endings))
def test_steps_are_those_of_the_model(endings):
    world = WORLD.with_endings(endings)
    rng = np.random.default_rng(0)
    for i in range(world.n_tasks):
        task = world.task(i)
        place = {name: k for k, name in enumerate(task.states)}
        env = GridWorldEnv(world, i)
        _, info = env.reset(seed=3)
        for _ in range(300):
            k, action = place[info["label"]], int(rng.integers(4))
            observation, reward, terminated, truncated, info = env.step(action)
            row = task.transitions[[k * 4 + action]].toarray()[0]
            assert row[place[info["label"]]] == 1
            assert reward == task.rewards[k, action]
            assert not truncated
            assert label(divmod(observation, 3)) == info["label"]
            if terminated:
                _, info = env.reset()


def test_starts_are_drawn_from_all_start_cells():
    env = GridWorldEnv(WORLD, 0)
    found = {env.reset(seed=seed)[1]["label"] for seed in range(20)}
    assert found == {"r1c1", "r3c1"}


def test_text_shows_the_agent():
    env = GridWorldEnv(WORLD, 0, render_mode="ansi")
    env.reset(seed=0)
    env.cell = (2, 2)
    assert env.render() == "..G\n.X#\n..A"
    assert GridWorldEnv(WORLD, 0).render() is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GridWorldEnv(WORLD, 2), "task=2 must lie in 0, ..., 1"),
        (lambda: GridWorldEnv(WORLD, 0, "human"), "render_mode='human' must be 'ansi' or None"),
        (lambda: GridWorldEnv("fig2z"), "unknown setting 'fig2z'"),
        (lambda: GridWorldEnv(setting("fig2a").world).step(4), "action=4 must be one of 0, ..., 3"),
    ],
)
def test_wrong_arguments_are_named(make, message):
    with pytest.raises(InvalidInput) as caught:
        make()
    assert message in str(caught.value)
