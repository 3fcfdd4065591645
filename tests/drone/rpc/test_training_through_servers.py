"""Learning through AirSim's protocol is learning in process, to the last bit."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from dcpg_theory.drone.endpoints import Embedded, Remote
from dcpg_theory.drone.learning.settings import Settings


@pytest.fixture(autouse=True)
def installed() -> None:
    for name in ("jax", "optax", "cosysairsim"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"needs the extra drone: {name} is not installed")


def test_agents_that_fly_through_servers_learn_the_same(serve, small_world, tmp_path):
    from dcpg_theory.drone.learning.training import train

    (tmp_path / "room.xml").write_text(small_world.mjcf)
    settings = Settings("reinforce", "ring", 0, 6, ("room", "room"))
    here = [Embedded(str(tmp_path / "room.xml"), renderer="rays")] * 2
    there = [Remote("127.0.0.1", serve().port) for _ in range(2)]
    one, two = train(settings, here, 2), train(settings, there, 2)
    for name, rows in one.log.items():
        np.testing.assert_array_equal(rows, two.log[name])
    for a, b in zip(one.policies, two.policies, strict=True):
        for layer in a:
            np.testing.assert_array_equal(a[layer], b[layer])
