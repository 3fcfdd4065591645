"""Simulators for the tests of the drone; what needs the extra skips where it is absent."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from dcpg_theory.drone.simulator import FRAME_SIZE, Frame, Pose
from dcpg_theory.drone.worlds import World

SMALL_ROOM = """
<mujoco model="small room">
  <worldbody>
    <geom name="floor" type="box" pos="0 0 -0.1" size="5 3 0.1" rgba="0.2 0.2 0.8 1"/>
    <geom name="ceiling" type="box" pos="0 0 3.1" size="5 3 0.1"/>
    <geom name="north" type="box" pos="5.1 0 1.5" size="0.1 3 1.5" rgba="0.9 0.1 0.1 1"/>
    <geom name="south" type="box" pos="-5.1 0 1.5" size="0.1 3 1.5"/>
    <geom name="west" type="box" pos="0 3.1 1.5" size="5 0.1 1.5"/>
    <geom name="east" type="box" pos="0 -3.1 1.5" size="5 0.1 1.5" rgba="0.1 0.9 0.1 1"/>
    <site name="start-0" pos="0 0 1.5"/>
    <site name="start-1" pos="1 1 1" euler="0 0 90"/>
  </worldbody>
</mujoco>
"""


class FlatSim:
    """A world of nothing but a wall across the way, without any library: depth and hits by hand."""

    backend = "flat"
    n_starts = 2

    def __init__(self, wall: float = 10.0) -> None:
        self.wall, self.at, self.hit, self.closed = wall, Pose(0, 0, 0), False, False

    def reset(self, start: int) -> Pose:
        self.at, self.hit = Pose(float(start), 0, 0), False
        return self.at

    def pose(self) -> Pose:
        return self.at

    def move(self, pose: Pose) -> None:
        self.hit = pose.x > self.wall
        self.at = Pose(min(pose.x, self.wall), pose.y, pose.z, pose.yaw)

    def rgb_depth(self) -> Frame:
        depth = np.full((FRAME_SIZE, FRAME_SIZE), self.wall - self.at.x, dtype=np.float32)
        shade = np.arange(FRAME_SIZE, dtype=np.uint8)[:, None, None]
        rgb = np.broadcast_to(shade, (FRAME_SIZE, FRAME_SIZE, 3)) + np.uint8(10 * self.at.x)
        return Frame(rgb.astype(np.uint8), depth)

    def collided(self) -> bool:
        hit, self.hit = self.hit, False
        return hit

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def flat_sim() -> Callable[..., FlatSim]:
    return FlatSim


@pytest.fixture(scope="session")
def mujoco_installed() -> None:
    """Skip where MuJoCo is absent."""
    if importlib.util.find_spec("mujoco") is None:
        pytest.skip("needs the extra drone: MuJoCo is not installed")


@pytest.fixture
def small_world() -> World:
    """An empty room, 10 x 6 x 3 m, whose walls are easy to reckon with."""
    return World("small room", SMALL_ROOM)


@pytest.fixture
def small_room(small_world: World) -> Iterator[Callable[..., object]]:
    """Make simulators of the small room."""
    from dcpg_theory.drone.embedded import EmbeddedSim

    made = []

    def make(renderer: str | None = None) -> EmbeddedSim:
        made.append(EmbeddedSim(small_world, renderer))
        return made[-1]

    yield make
    for simulator in made:
        simulator.close()
