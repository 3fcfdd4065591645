"""The Gymnasium environment."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from dcpg_theory.errors import InvalidInput

pytestmark = pytest.mark.usefixtures("mujoco_installed")
NAME = "dcpg_theory.drone.environment:dcpg_theory/Drone-v0"


def test_gymnasiums_own_checker_passes():
    env = gymnasium.make(NAME, world="rooms", render_mode="rgb_array")
    check_env(env.unwrapped)
    env.close()


def test_an_episode_is_cut_at_the_cap_and_ends_in_a_crash():
    env = gymnasium.make(NAME, world="corridor", max_episode_steps=3)
    env.reset(seed=0, options={"start": 0})
    ends = [env.step(12)[2:4] for _ in range(3)]
    assert ends == [(False, False), (False, False), (False, True)]
    env.close()
    env = gymnasium.make(NAME, world="corridor", disable_env_checker=True)
    env.reset(seed=0, options={"start": 0})
    crashed, steps = False, 0
    while not crashed:
        _, value, crashed, cut, info = env.step(14)
        steps += 1
        assert not cut
    assert value == -1
    assert info["reason"] in ("near", "collision")
    assert 0 < info["distance"] <= 0.4 * steps + 1e-6
    env.close()


def test_another_simulator_can_be_given_and_is_not_closed(flat_sim):
    from dcpg_theory.drone.environment import DroneEnv

    simulator = flat_sim()
    env = DroneEnv(simulator=simulator)
    observation, info = env.reset(options={"start": 1})
    assert info["pose"] == (1, 0, 0, 0)
    np.testing.assert_array_equal(observation, simulator.rgb_depth().rgb)
    env.close()
    assert not simulator.closed


def test_bad_arguments_are_refused():
    from dcpg_theory.drone.environment import DroneEnv

    with pytest.raises(InvalidInput, match="render_mode='human' must be rgb_array"):
        DroneEnv(render_mode="human")
