"""A pilot that sees the depth: it steers to where there is most room, and never learns.

It shows that a world can be flown in for long, and is something to compare a policy with; the
learned policies see colours alone.
"""

from __future__ import annotations

import math

import numpy as np

from dcpg_theory.drone.simulator import FIELD_OF_VIEW, Frame
from dcpg_theory.drone.task import GRID, YAW_RANGE
from dcpg_theory.exact.numbers import Array

__all__ = ["DepthPilot"]

_BODY, _TURN_AT, _ENOUGH = 0.75, 4.0, 9.0
"""Metres: half the width that must be free, when to turn away, beyond what it is all the same."""


class DepthPilot:
    """Turns to the direction in which a body of its width can go farthest, and keeps mid-height."""

    def __init__(self) -> None:
        self._turning = 0

    def __call__(self, frame: Frame) -> int:
        """Return the action for what is seen."""
        free = _free_way(frame.depth)
        angles = _angles(frame.depth.shape[1])
        best = int(np.argmax(np.minimum(free, _ENOUGH) - 2.0 * np.abs(angles)))
        column = round(angles[best] / (YAW_RANGE / GRID)) + GRID // 2
        if free.max() < _TURN_AT:  # it must turn away; once begun, to the same side
            half = len(free) // 2
            right = free[half:].max() >= free[:half].max()
            self._turning = self._turning or (1 if right else -1)
            column = GRID - 1 if self._turning > 0 else 0
        else:
            self._turning = 0
        return GRID * _row(frame.depth) + int(np.clip(column, 0, GRID - 1))


def _angles(width: int) -> Array:
    half = math.tan(math.radians(FIELD_OF_VIEW[0] / 2))
    return np.asarray(np.arctan(half * ((2 * np.arange(width) + 1) / width - 1)))


def _free_way(depth: Array) -> Array:
    """Return, for each column, how far the body can go in its direction, in metres."""
    height, width = depth.shape
    band = depth[height // 5 : -(height // 5)].min(axis=0).astype(float)
    angles = _angles(width)
    reach = band / np.cos(angles)
    # What lies beside a direction blocks it if the body is wide enough to touch it.
    between = np.abs(angles[:, None] - angles[None, :])
    ahead, beside = reach * np.cos(between), reach * np.sin(between)
    blocked = np.where((between < math.pi / 2) & (beside < _BODY), ahead, np.inf)
    return np.asarray(np.minimum(blocked.min(axis=1), 25.0))


def _row(depth: Array) -> int:
    """Return the row of actions that keeps to the middle between floor and ceiling."""
    height, width = depth.shape
    part = depth[:, int(0.3 * width) : int(0.7 * width)]
    above, below = float(part[: height // 8].mean()), float(part[-height // 8 :].mean())
    if above > 1.25 * below:
        return GRID // 2 - 1
    if below > 1.25 * above:
        return GRID // 2 + 1
    return GRID // 2
