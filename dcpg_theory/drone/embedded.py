"""The embedded simulator: MuJoCo scenes in this process, a drone that is posed and not stepped.

The drone is a sphere with a camera in its middle. A move is a sweep: positions along it are tried
every `STRIDE` metres, and at the first contact the last free position is found by bisection, where
the drone stops. Positions and attitudes are held in single precision, as AirSim holds them, so that
a trajectory is the same numbers through either backend.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from dcpg_theory.drone.rendering import CAMERA, FAR, NEAR, camera, mujoco_library
from dcpg_theory.drone.simulator import FIELD_OF_VIEW, FRAME_SIZE, Frame, Pose, single
from dcpg_theory.drone.worlds import World
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array

__all__ = ["RADIUS", "Contact", "EmbeddedSim"]

RADIUS = 0.2
"""Of the drone, in metres."""

STRIDE = 0.08
"""Between two positions tried, in metres: far less than the drone is wide."""

_BISECTIONS = 10
_DRONE = "dcpg-drone"


@dataclass(frozen=True, slots=True)
class Contact:
    """What the drone hit.

    Attributes
    ----------
    name : str
        Of the thing.
    number : int
        Its index among the geoms.
    point, normal : tuple of float
        Where, in metres, and the unit vector from the thing to the drone; NED.
    depth : float
        How deep the drone is in it, in metres.
    """

    name: str
    number: int
    point: tuple[float, ...]
    normal: tuple[float, ...]
    depth: float


class EmbeddedSim:
    """A world in MuJoCo, as a `DroneSim`.

    Parameters
    ----------
    world : World
        Sites named ``start-0``, ``start-1``, ... are the start poses.
    renderer : str, optional
        ``gl`` or ``rays``; by default OpenGL where it is to be had.

    Raises
    ------
    InvalidInput
        If MuJoCo is not installed, the world does not parse or has no start, or the drone touches
        something at a start.
    """

    def __init__(self, world: World, renderer: str | None = None) -> None:
        self._mujoco = mujoco_library()
        self._model = _model(self._mujoco, world)
        self._data = self._mujoco.MjData(self._model)
        self._drone = self._model.geom(_DRONE).id
        self._position = np.zeros(3, np.float32)
        self._attitude = np.array([1, 0, 0, 0], np.float32)
        self._hit: Contact | None = None
        self._origin = np.zeros(3)
        self._starts = self._read_starts(world)
        self._camera = camera(self._model, renderer)
        self.reset(0)

    @property
    def backend(self) -> str:
        """The name printed beside every number."""
        return f"embedded-mujoco ({self._camera.name})"

    @property
    def n_starts(self) -> int:
        """How many start poses the world has."""
        return len(self._starts)

    @property
    def starts(self) -> tuple[Pose, ...]:
        """The start poses."""
        return self._starts

    @property
    def state(self) -> tuple[tuple[float, float, float], tuple[float, ...]]:
        """Position and attitude (w, x, y, z), as held in single precision."""
        x, y, z = (float(number) for number in self._position)
        return (x, y, z), tuple(float(number) for number in self._attitude)

    def reset(self, start: int) -> Pose:
        """Put the drone at a start pose and forget all collisions.

        Raises
        ------
        InvalidInput
            If there is no such start.
        """
        if not 0 <= start < len(self._starts):
            raise InvalidInput(f"start={start} must lie in 0, ..., {len(self._starts) - 1}")
        self.teleport(self._starts[start])
        self._hit = None
        return self.pose()

    def pose(self) -> Pose:
        """Return where the drone is."""
        (x, y, z), attitude = self.state
        return Pose.of((x, y, z), attitude)

    def move(self, pose: Pose) -> None:
        """Move in a straight line to a pose; the drone stops at the first thing that it hits."""
        self.sweep(pose.position, pose.quaternion)

    def sweep(self, position: tuple[float, ...], quaternion: tuple[float, ...]) -> None:
        """Move in a straight line to a position, with a new attitude (w, x, y, z) at once."""
        begin = self._position.astype(np.float64)
        end = _singles("position", position)
        self._attitude = _attitude(quaternion)
        way = end.astype(np.float64) - begin
        length = float(np.linalg.norm(way))
        tries = max(1, math.ceil(length / STRIDE))
        free = 0.0
        for k in range(1, tries + 1):
            share = k / tries
            if self._touches(begin + share * way):
                free = self._last_free(begin, way, free, share)
                break
            free = share
        else:
            self._position = end
            self._touches(end)
            return
        if free > 0:
            self._position = (begin + free * way).astype(np.float32)
        contact = self._hit
        self._touches(self._position)
        self._hit = contact or self._hit

    def teleport(self, pose: Pose) -> None:
        """Put the drone somewhere, through whatever is in between."""
        self.place(pose.position, pose.quaternion)

    def place(self, position: tuple[float, ...], quaternion: tuple[float, ...]) -> None:
        """Put the drone at a position with an attitude (w, x, y, z); this is no collision."""
        self._position = _singles("position", position)
        self._attitude = _attitude(quaternion)
        contact = self._hit
        self._touches(self._position)
        self._hit = contact

    def rgb_depth(self) -> Frame:
        """Return what the front camera sees."""
        self._mujoco.mj_camlight(self._model, self._data)
        return self._camera.frame(self._data)

    def collided(self) -> bool:
        """Return whether the drone has hit something since the last call."""
        return self.last_contact() is not None

    def last_contact(self) -> Contact | None:
        """Return the last contact since the last call, and forget it."""
        contact, self._hit = self._hit, None
        return contact

    def close(self) -> None:
        """Free the renderer."""
        self._camera.close()

    def _read_starts(self, world: World) -> tuple[Pose, ...]:
        """Return the sites' poses; the first one's position becomes the origin."""
        mujoco, data = self._mujoco, self._data
        mujoco.mj_kinematics(self._model, data)
        names = [self._model.site(k).name for k in range(self._model.nsite)]
        places: list[tuple[Array, float]] = []
        while f"start-{len(places)}" in names:
            site = names.index(f"start-{len(places)}")
            axes = data.site_xmat[site].reshape(3, 3)
            yaw = -math.atan2(axes[1, 0], axes[0, 0])
            places.append((data.site_xpos[site].copy(), yaw))
        if not places:
            raise InvalidInput(
                f"world {world.name} has no start: name a site start-0 where the drone is to start "
                '(<site name="start-0" pos="1 2 1.5" euler="0 0 90"/>)'
            )
        self._origin = places[0][0]
        starts = []
        for k, (place, yaw) in enumerate(places):
            x, y, z = (place - self._origin) * (1, -1, -1)
            starts.append(Pose(single(x), single(y), single(z), yaw))
            if self._touches(np.array([x, y, z])):
                raise InvalidInput(
                    f"world {world.name}: at start-{k} the drone, of radius {RADIUS} m, touches "
                    "something; move the site away from it"
                )
        return tuple(starts)

    def _touches(self, position: Array) -> bool:
        """Put the drone there and say whether it touches something; remember what."""
        model, data, mujoco = self._model, self._data, self._mujoco
        x, y, z = (float(number) for number in position)
        w, i, j, k = (float(number) for number in self._attitude)
        data.qpos[-7:] = (
            self._origin[0] + x,
            self._origin[1] - y,
            self._origin[2] - z,
            w,
            i,
            -j,
            -k,
        )
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        mujoco.mj_collision(model, data)
        for contact in data.contact if data.ncon else ():
            pair = (int(contact.geom1), int(contact.geom2))
            if self._drone in pair and contact.dist <= 0:
                self._hit = self._contact(contact, pair)
                return True
        return False

    def _contact(self, contact: Any, pair: tuple[int, int]) -> Contact:
        other = pair[0] if pair[1] == self._drone else pair[1]
        towards = 1.0 if pair[1] == self._drone else -1.0
        normal = towards * contact.frame[:3] * (1, -1, -1)
        place = (contact.pos - self._origin) * (1, -1, -1)
        name = self._model.geom(other).name or f"geom {other}"
        return Contact(name, other, tuple(place), tuple(normal), -float(contact.dist))

    def _last_free(self, begin: Array, way: Array, free: float, blocked: float) -> float:
        """Return how far the drone gets, as a share of the way."""
        for _ in range(_BISECTIONS):
            middle = (free + blocked) / 2
            if self._touches(begin + middle * way):
                blocked = middle
            else:
                free = middle
        return free


def _singles(name: str, values: tuple[float, ...]) -> Array:
    array = np.array(values, dtype=np.float32)
    if not np.isfinite(array).all():
        raise InvalidInput(f"{name}={tuple(values)} must be finite numbers")
    return array


def _attitude(quaternion: tuple[float, ...]) -> Array:
    """Return an attitude in single precision, of length one before rounding."""
    array = np.array(quaternion, dtype=np.float64)
    length = float(np.sqrt((array**2).sum()))
    if not math.isfinite(length) or length < 1e-6:
        raise InvalidInput(f"quaternion={tuple(quaternion)} must be finite and not zero")
    # A length within rounding of one is left as it is, or rounding would creep in at every move.
    return (array if abs(length - 1) < 1e-6 else array / length).astype(np.float32)


def _model(mujoco: Any, world: World) -> Any:
    """Compile a world with the drone in it."""
    try:
        spec = mujoco.MjSpec.from_string(world.mjcf)
        if world.folder is not None:
            spec.modelfiledir = str(world.folder)
        _add_drone(mujoco, spec)
        return spec.compile()
    except (ValueError, mujoco.FatalError) as error:
        reason = " ".join(str(error).split())
        raise InvalidInput(
            f"world {world.name} is no MJCF that MuJoCo can load: {reason}"
        ) from error


def _add_drone(mujoco: Any, spec: Any) -> None:
    body = spec.worldbody.add_body(name=_DRONE)
    body.add_freejoint()
    body.add_geom(
        name=_DRONE,
        type=mujoco.mjtGeom.mjGEOM_SPHERE,
        size=[RADIUS, 0, 0],
        mass=1.0,
        rgba=[0, 0, 0, 0],
        group=5,
    )
    # The camera looks along the body's x axis, with the body's z axis up.
    across, up = (math.tan(math.radians(angle / 2)) for angle in FIELD_OF_VIEW)
    body.add_camera(
        name=CAMERA,
        quat=[0.5, 0.5, -0.5, -0.5],
        resolution=[FRAME_SIZE, FRAME_SIZE],
        sensor_size=[2 * across, 2 * up],
        focal_length=[1.0, 1.0],
    )
    spec.visual.quality.offsamples = 0
    spec.stat.extent = 1.0
    spec.visual.map.znear, spec.visual.map.zfar = NEAR, FAR
