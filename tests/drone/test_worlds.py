"""The four worlds: made from seeds, different, and large enough to fly far."""

from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory.drone.worlds import NAMES, world
from dcpg_theory.errors import InvalidInput


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_makes_the_same_world_and_another_seed_another(name):
    assert world(name, 5) == world(name, 5)
    assert world(name, 5).mjcf != world(name, 6).mjcf


def test_worlds_have_numbers_and_names():
    assert [world(str(k)) for k in range(4)] == [world(name) for name in NAMES]


def test_a_users_file_is_read(tmp_path):
    (tmp_path / "mine.xml").write_text("<mujoco/>")
    found = world(str(tmp_path / "mine.xml"))
    assert (found.name, found.mjcf, found.folder) == ("mine", "<mujoco/>", tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [("4", "world '4' must be 0 to 3, corridor"), ("no.xml", "no.xml: No such file")],
)
def test_an_unknown_world_is_refused(name, message):
    with pytest.raises(InvalidInput, match=message):
        world(name)


@pytest.mark.usefixtures("mujoco_installed")
@pytest.mark.parametrize(("name", "start"), [("0", 0), ("1", 1), ("2", 3), ("3", 0)])
def test_two_hundred_metres_can_be_flown_safely(name, start):
    from dcpg_theory.drone.embedded import EmbeddedSim
    from dcpg_theory.drone.pilot import DepthPilot
    from dcpg_theory.drone.task import Flight

    simulator = EmbeddedSim(world(name))
    flight, pilot = Flight(simulator, start, np.random.default_rng(start)), DepthPilot()
    crashed = False
    while flight.distance < 200 and not crashed:
        crashed = flight.step(pilot(flight.frame)).crashed
    simulator.close()
    assert flight.distance >= 200


@pytest.mark.usefixtures("mujoco_installed")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", NAMES)
def test_every_start_of_every_seed_is_free_and_has_room_ahead(name, seed):
    from dcpg_theory.drone.embedded import EmbeddedSim
    from dcpg_theory.drone.task import depth_windows, normalized_depth, reward

    simulator = EmbeddedSim(world(name, seed), "rays")
    assert simulator.n_starts == 4
    for start in range(4):
        simulator.reset(start)
        _, crashed = reward(depth_windows(normalized_depth(simulator.rgb_depth().depth)))
        assert not crashed
