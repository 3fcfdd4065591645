"""AirSim's structs on the wire: maps by field name; real numbers are in single precision.

The names are those of AirSim's RpcLibAdaptorsBase. Poses are NED metres relative to the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from dcpg_theory.errors import InvalidInput

__all__ = [
    "CLIENT_VERSION",
    "Dialect",
    "ImageType",
    "RpcError",
    "collision_map",
    "kinematics_map",
    "pose_map",
    "read_pose",
    "vector_map",
]


class Dialect(StrEnum):
    """Whose clients are spoken to; they differ in `simGetImages` and in the order of colours."""

    COSYS = "cosys"
    AIRSIM = "airsim"


CLIENT_VERSION = {Dialect.COSYS: 4, Dialect.AIRSIM: 1}
"""What client and server must at least be to work together."""


class ImageType:
    """AirSim's numbers of the kinds of image that are made here."""

    SCENE, DEPTH_PLANAR, DEPTH_PERSPECTIVE, DEPTH_VIS = 0, 1, 2, 3


class RpcError(Exception):
    """A call that cannot be done; the message goes to the client."""


def vector_map(vector: Sequence[float]) -> dict[str, float]:
    """Return a Vector3r."""
    x, y, z = vector
    return {"x_val": float(x), "y_val": float(y), "z_val": float(z)}


def pose_map(position: Sequence[float], quaternion: Sequence[float]) -> dict[str, Any]:
    """Return a Pose of a position and an attitude (w, x, y, z)."""
    w, x, y, z = (float(number) for number in quaternion)
    return {
        "position": vector_map(position),
        "orientation": {"w_val": w, "x_val": x, "y_val": y, "z_val": z},
    }


def read_pose(value: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return position and attitude (w, x, y, z) of a Pose.

    Raises
    ------
    InvalidInput
        If it is none.
    """
    position = _fields(value, "position", ("x_val", "y_val", "z_val"))
    return position, _fields(value, "orientation", ("w_val", "x_val", "y_val", "z_val"))


def _fields(value: Any, name: str, fields: tuple[str, ...]) -> tuple[float, ...]:
    part = value.get(name) if isinstance(value, dict) else None
    if not isinstance(part, dict) or not all(_is_number(part.get(field)) for field in fields):
        raise InvalidInput(f"a pose needs {name} as a map of {', '.join(fields)}")
    return tuple(float(part[field]) for field in fields)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def kinematics_map(position: Sequence[float], quaternion: Sequence[float]) -> dict[str, Any]:
    """Return the KinematicsState of a drone that stands still."""
    still = vector_map((0, 0, 0))
    rates = ("linear_velocity", "angular_velocity", "linear_acceleration", "angular_acceleration")
    return pose_map(position, quaternion) | dict.fromkeys(rates, still)


def collision_map(
    position: Sequence[float], contact: Any, time_stamp: int, *, collided: bool
) -> dict[str, Any]:
    """Return a CollisionInfo; `contact` is the last `Contact`, or None."""
    nothing = (0.0, 0.0, 0.0)
    return {
        "has_collided": collided,
        "penetration_depth": 0.0 if contact is None else contact.depth,
        "time_stamp": time_stamp,
        "normal": vector_map(nothing if contact is None else contact.normal),
        "impact_point": vector_map(nothing if contact is None else contact.point),
        "position": vector_map(position),
        "object_name": "" if contact is None else contact.name,
        "object_id": -1 if contact is None else contact.number,
    }
