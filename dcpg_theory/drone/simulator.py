"""What the task asks of a simulator: the protocol `DroneSim`, poses and frames.

Lengths are metres, angles radians. Axes are AirSim's, NED: x ahead at yaw 0, y to its right, z
down; yaw turns x towards y, so to the right. The origin is the drone's first start.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dcpg_theory.errors import DcpgTheoryError
from dcpg_theory.exact.numbers import Array

__all__ = [
    "FIELD_OF_VIEW",
    "FRAME_SIZE",
    "DroneSim",
    "Frame",
    "Pose",
    "SimulatorLost",
]

FRAME_SIZE = 103
"""Height and width of a frame in pixels, Appendix C.1."""

FIELD_OF_VIEW = (80.0, 2 * math.degrees(math.atan(math.tan(math.radians(40)) * 180 / 320)))
"""Horizontal and vertical field of view in degrees: PEDRA squashes 320 x 180 pixels, 80 degrees
wide and so 50.5 high, into a square frame."""


class SimulatorLost(DcpgTheoryError):
    """The simulator died or cannot be reached; the message says which, and what to do."""


def single(number: float) -> float:
    """Round to single precision, in which AirSim holds and sends every real number."""
    return float(np.float32(number))


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the drone is; it never pitches or rolls.

    Attributes
    ----------
    x, y, z : float
        Metres, NED; z is down.
    yaw : float
        Radians.
    """

    x: float
    y: float
    z: float
    yaw: float = 0.0

    @property
    def position(self) -> tuple[float, float, float]:
        """The position (x, y, z) in metres."""
        return self.x, self.y, self.z

    @property
    def quaternion(self) -> tuple[float, float, float, float]:
        """The attitude as (w, x, y, z)."""
        return math.cos(self.yaw / 2), 0.0, 0.0, math.sin(self.yaw / 2)

    @staticmethod
    def of(position: tuple[float, float, float], quaternion: tuple[float, ...]) -> Pose:
        """Return the pose of a position and an attitude (w, x, y, z), whose yaw is kept."""
        w, x, y, z = quaternion
        yaw = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
        return Pose(*position, yaw)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What the front camera sees.

    Attributes
    ----------
    rgb : uint8 array, shape (103, 103, 3)
        Red, green, blue; row 0 is up.
    depth : float32 array, shape (103, 103)
        Metres along the camera's axis (planar depth).
    """

    rgb: Array
    depth: Array


class DroneSim(Protocol):
    """A drone in a world that stands still between two moves.

    Every method may raise `SimulatorLost`; the simulator is then to be closed and made again.
    """

    @property
    def backend(self) -> str:
        """What flies the drone, as printed beside every number."""

    @property
    def n_starts(self) -> int:
        """How many start poses the world has."""

    def reset(self, start: int) -> Pose:
        """Put the drone at a start pose and forget all collisions."""

    def pose(self) -> Pose:
        """Return where the drone is."""

    def move(self, pose: Pose) -> None:
        """Move in a straight line to a pose; the drone stops at the first thing that it hits."""

    def rgb_depth(self) -> Frame:
        """Return what the front camera sees."""

    def collided(self) -> bool:
        """Return whether the drone has hit something since the last call."""

    def close(self) -> None:
        """Free what the simulator holds."""
