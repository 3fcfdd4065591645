"""The task: actions, depth windows, reward and the end of a flight, in numpy alone.

The rules are those of PEDRA's code (A. Anwar, A. Raychowdhury, "Autonomous navigation via deep
reinforcement learning for resource constraint edge nodes using transfer learning", IEEE Access 8,
2020), which Appendix C.1 names, in its "static" mode: each action poses the drone anew.

Lengths are metres, angles radians; rows of a depth map go down, columns to the right.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from dcpg_theory.drone.simulator import DroneSim, Frame, Pose
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array

__all__ = [
    "CRASH_DEPTH",
    "N_ACTIONS",
    "STEP_LENGTH",
    "DepthWindows",
    "Flight",
    "Step",
    "depth_byte",
    "depth_windows",
    "normalized_depth",
    "reward",
    "target",
    "turn",
]

GRID = 5
N_ACTIONS = GRID * GRID
"""Rows change the height, columns the yaw: action 5 i + j is row i, column j."""

STEP_LENGTH = 0.4
PITCH_RANGE, YAW_RANGE = math.radians(45) / 1.5, math.radians(80) / 1.5
NOISE = 1 / 6
"""The noise is uniform, at most this share of the distance of two neighbouring actions."""

THRESHOLD = 50
"""Depth bytes above it count as it: 19.6 m."""

CRASH_DEPTH = 0.07
"""Of the centre window, as a share of the threshold: 1.37 m."""

NEAREST = 0.05
STUCK = 0.01


def turn(action: int, noise: tuple[float, float] = (0.0, 0.0)) -> tuple[float, float]:
    """Return the pitch and yaw of an action, in radians.

    Parameters
    ----------
    action : int in 0, ..., 24
        Row action // 5 from -12 degrees (up) to 12, column action % 5 from -21.3 degrees (left) to
        21.3.
    noise : pair of float in [-1, 1]
        For pitch and yaw; 1 is a sixth of the distance of two neighbours: 1 and 1.78 degrees.

    Raises
    ------
    InvalidInput
        If there is no such action.
    """
    if not 0 <= action < N_ACTIONS:
        raise InvalidInput(f"action={action} must lie in 0, ..., {N_ACTIONS - 1}")
    row, column = divmod(int(action), GRID)
    middle = (GRID - 1) / 2
    pitch = PITCH_RANGE / GRID * (row - middle + NOISE * noise[0])
    yaw = YAW_RANGE / GRID * (column - middle + NOISE * noise[1])
    return pitch, yaw


def target(pose: Pose, action: int, noise: tuple[float, float] = (0.0, 0.0)) -> Pose:
    """Return the pose that an action asks for.

    The horizontal step is 0.4 m whatever the pitch, which changes the height alone: the drone and
    its camera stay level.
    """
    pitch, yaw = turn(action, noise)
    heading = pose.yaw + yaw
    return Pose(
        pose.x + STEP_LENGTH * math.cos(heading),
        pose.y + STEP_LENGTH * math.sin(heading),
        pose.z + STEP_LENGTH * math.sin(pitch),
        heading,
    )


def depth_byte(depth: Array) -> Array:
    """Return AirSim's DepthVis byte of a depth in metres: 2.55 a metre, at most 255.

    Parameters
    ----------
    depth : array
        Not negative; infinity is 255.

    Returns
    -------
    uint8 array of the same shape
    """
    # Twice the precision: a byte must not depend on how its half is rounded in single precision.
    scaled = np.minimum(np.asarray(depth, dtype=np.float64), 100.0) * 2.55
    return np.floor(scaled + 0.5).astype(np.uint8)


def normalized_depth(depth: Array) -> Array:
    """Return min(byte, 50) / 50 for a depth in metres, float64 in [0, 1]."""
    return np.minimum(depth_byte(depth), THRESHOLD) / THRESHOLD


@dataclass(frozen=True, slots=True)
class DepthWindows:
    """Three windows side by side, which shrink as the view widens, and how near things are there.

    Attributes
    ----------
    rows : tuple of int
        First row and the one after the last.
    columns : tuple of int
        The four borders: left window, centre window, right window, end.
    left, centre, right : float in [0, 1]
        The mean of the nearest twentieth of the pixels in each; 0 where a window is empty.
    """

    rows: tuple[int, int]
    columns: tuple[int, int, int, int]
    left: float
    centre: float
    right: float


def depth_windows(depth: Array) -> DepthWindows:
    """Return PEDRA's dynamic windows of a normalized depth map.

    With D the map, n = max(50 mean(D) / 3, 1): a window has H/n rows and W/n columns, begins a bit
    above the middle at row int(0.9 H (n - 1) / (2n)), and the centre one at column
    int(W (n - 1) / (2n)).

    Parameters
    ----------
    depth : array, shape (H, W)
        In [0, 1], see `normalized_depth`.

    Notes
    -----
    Of fewer than ten pixels PEDRA takes the mean of none, which is NaN; here it is the nearest one.
    """
    height, width = depth.shape
    n = max(float(depth.mean()) * THRESHOLD / 3, 1.0)
    top, first = int(0.9 * height * (n - 1) / (2 * n)), int(width * (n - 1) / (2 * n))
    bottom = round(top + height / n)
    borders = (
        max(round(first - width / n), 0),
        first,
        min(round(first + width / n), width),
        min(round(first + 2 * width / n), width),
    )
    left, centre, right = (
        _nearest(depth[top:bottom, start:end]) for start, end in itertools.pairwise(borders)
    )
    return DepthWindows((top, min(bottom, height)), borders, left, centre, right)


def _nearest(window: Array) -> float:
    """Return the mean of the nearest twentieth of the pixels, 0 for none."""
    if not window.size:
        return 0.0
    count = max(1, round(NEAREST * window.size))
    return float(np.partition(window.ravel(), count - 1)[:count].mean())


def reward(windows: DepthWindows) -> tuple[float, bool]:
    """Return the reward of what is seen, and whether it is the end: too near to something.

    The reward is the centre's depth, in [0.07, 1], or -1 at the end; the other windows do not
    count.
    """
    if windows.centre < CRASH_DEPTH:
        return -1.0, True
    return windows.centre, False


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What one action led to.

    Attributes
    ----------
    frame : Frame
        What is seen after it.
    reward : float in [-1, 1]
    crashed : bool
        The flight ends, with reward -1.
    reason : str
        ``collision``, ``near`` (the depth rule), ``stuck`` or, while it flies, empty.
    distance : float
        How far this step went over the ground, in metres.
    pose : Pose
    windows : DepthWindows
    """

    frame: Frame
    reward: float
    crashed: bool
    reason: str
    distance: float
    pose: Pose
    windows: DepthWindows


class Flight:
    """One episode: from a start pose until the drone crashes.

    Parameters
    ----------
    simulator : DroneSim
    start : int
        The number of the start pose.
    noise : numpy.random.Generator
        Of the actions' noise.

    Attributes
    ----------
    frame : Frame
        What is seen now.
    pose : Pose
        Where the drone is.
    distance : float
        The safe flight: the length of the path over the ground, in metres, the last step included.
    """

    def __init__(self, simulator: DroneSim, start: int, noise: np.random.Generator) -> None:
        self._simulator, self._noise = simulator, noise
        self.pose = simulator.reset(start)
        self.frame = simulator.rgb_depth()
        self.distance = 0.0

    def step(self, action: int) -> Step:
        """Do an action and return what came of it."""
        before = self.pose
        first, second = self._noise.uniform(-1, 1, 2)
        self._simulator.move(target(before, action, (float(first), float(second))))
        self.pose = self._simulator.pose()
        self.frame = self._simulator.rgb_depth()
        hit = self._simulator.collided()
        moved = math.hypot(self.pose.x - before.x, self.pose.y - before.y)
        self.distance += moved
        windows = depth_windows(normalized_depth(self.frame.depth))
        value, near = reward(windows)
        stuck = self.distance < STUCK
        reason = "collision" if hit else "near" if near else "stuck" if stuck else ""
        if reason:
            value = -1.0
        return Step(self.frame, value, bool(reason), reason, moved, self.pose, windows)
