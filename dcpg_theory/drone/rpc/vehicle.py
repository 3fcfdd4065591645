"""The calls of AirSim's API over one embedded simulator: names, parameters, results.

Time does not pass by itself: a movement is done as a whole when its call arrives, as a sweep, and
`time_stamp` counts the calls that changed something. There is one vehicle, whatever a client calls
it, since names are given in settings that the client does not send.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from dcpg_theory.drone.embedded import Contact, EmbeddedSim
from dcpg_theory.drone.rpc.layouts import (
    CLIENT_VERSION,
    Dialect,
    ImageType,
    RpcError,
    collision_map,
    kinematics_map,
    pose_map,
    read_pose,
    vector_map,
)
from dcpg_theory.drone.simulator import FIELD_OF_VIEW, FRAME_SIZE, Frame, Pose
from dcpg_theory.drone.task import depth_byte
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array

__all__ = ["Vehicle"]

CAMERAS = frozenset({"", "0", "1", "2", "3", "4", "front_center", "bottom_center", "fpv"})
FARTHEST = 1000.0
TAKEOFF_HEIGHT = 0.3
MOST_IMAGES = 8
_FORWARD_ONLY = 1
_MICROSECOND = 1000


class Vehicle:
    """Answers calls; used by one thread only.

    Parameters
    ----------
    simulator : EmbeddedSim
    dialect : Dialect
    """

    def __init__(self, simulator: EmbeddedSim, dialect: Dialect) -> None:
        self._simulator, self._dialect = simulator, dialect
        self._controlled = self._armed = False
        self._airborne = False
        self._ticks = 0
        self._last: Contact | None = None
        self._methods = self._table()

    def call(self, method: str, parameters: list[Any]) -> Any:
        """Return the result of a call.

        Raises
        ------
        RpcError
            If there is no such method, its parameters are wrong, or it cannot be done.
        """
        known = self._methods.get(method)
        if known is None:
            raise RpcError(f"unknown method {method!r}; known are {', '.join(self._methods)}")
        counts, function = known
        if len(parameters) not in counts:
            raise RpcError(self._wrong_count(method, counts, len(parameters)))
        try:
            return function(*parameters)
        except InvalidInput as error:
            raise RpcError(f"{method}: {error}") from None
        except (TypeError, ValueError, OverflowError, AttributeError, KeyError):
            raise RpcError(
                f"{method}: a parameter is not of the type that AirSim's API has"
            ) from None

    def _wrong_count(self, method: str, counts: tuple[int, ...], given: int) -> str:
        needed = " or ".join(str(count) for count in counts)
        text = f"{method} takes {needed} parameters in the dialect {self._dialect}, {given} came"
        if method == "simGetImages":
            other = Dialect.AIRSIM if self._dialect is Dialect.COSYS else Dialect.COSYS
            text += f": start the server with --dialect {other}, or use the other client package"
        return text

    def _table(self) -> dict[str, tuple[tuple[int, ...], Callable[..., Any]]]:
        version = CLIENT_VERSION[self._dialect]
        images = 2 if self._dialect is Dialect.COSYS else 3
        return {
            "ping": ((0,), lambda: True),
            "getServerVersion": ((0,), lambda: version),
            "getMinRequiredClientVersion": ((0,), lambda: version),
            "reset": ((0,), self._reset),
            "enableApiControl": ((2,), self._enable),
            "isApiControlEnabled": ((1,), lambda _: self._controlled),
            "armDisarm": ((2,), self._arm),
            "takeoff": ((2,), self._take_off),
            "land": ((2,), self._land),
            "hover": ((1,), lambda _: True),
            "cancelLastTask": ((1,), lambda _: None),
            "moveByVelocity": ((7,), self._by_velocity),
            "moveToPosition": ((10,), self._to_position),
            "rotateToYaw": ((4,), self._to_yaw),
            "simPause": ((1,), lambda _: None),
            "simIsPause": ((0,), lambda: False),
            "listVehicles": ((0,), lambda: [""]),
            "simSetVehiclePose": ((3,), self._set_pose),
            "simGetVehiclePose": ((1,), lambda _: pose_map(*self._state())),
            "simGetObjectPose": ((1, 2), self._object_pose),
            "simListSceneObjects": ((1,), self._objects),
            "simGetImages": ((images,), self._images),
            "simGetCollisionInfo": ((1,), self._collision),
            "simGetGroundTruthKinematics": ((1,), lambda _: kinematics_map(*self._state())),
            "getMultirotorState": ((1,), self._multirotor),
        }

    def _state(self) -> tuple[tuple[float, float, float], tuple[float, ...]]:
        return self._simulator.state

    def _tick(self) -> None:
        self._ticks += 1

    def _reset(self) -> None:
        self._simulator.reset(0)
        self._controlled = self._armed = self._airborne = False
        self._last = None
        self._tick()

    def _enable(self, enabled: bool, _: str) -> None:
        self._controlled = bool(enabled)

    def _arm(self, armed: bool, _: str) -> bool:
        self._armed = bool(armed)
        return True

    def _controllable(self) -> None:
        if not self._controlled:
            raise InvalidInput("API control is not enabled: call enableApiControl(True) first")

    def _take_off(self, _timeout: float, _: str) -> bool:
        self._controllable()
        if not self._airborne:
            self._fly(0.0, 0.0, -TAKEOFF_HEIGHT)
        self._airborne = True
        return True

    def _land(self, _timeout: float, _: str) -> bool:
        self._controllable()
        self._fly(0.0, 0.0, 20.0)
        self._airborne = False
        return True

    def _fly(self, x: float, y: float, z: float, attitude: tuple[float, ...] | None = None) -> None:
        """Sweep by a vector."""
        (a, b, c), now = self._state()
        self._sweep((a + x, b + y, c + z), attitude or now)

    def _sweep(self, position: tuple[float, ...], attitude: tuple[float, ...]) -> None:
        here, _ = self._state()
        if not math.dist(here, position) <= FARTHEST:
            raise InvalidInput(f"a move must be at most {FARTHEST:g} m long")
        self._simulator.sweep(position, attitude)
        self._tick()

    def _by_velocity(
        self,
        vx: float,
        vy: float,
        vz: float,
        duration: float,
        drivetrain: int,
        yaw_mode: dict[str, Any],
        _: str,
    ) -> bool:
        self._controllable()
        yaw = self._yaw(vx, vy, duration, drivetrain, yaw_mode)
        self._fly(vx * duration, vy * duration, vz * duration, yaw)
        return True

    def _to_position(
        self,
        x: float,
        y: float,
        z: float,
        velocity: float,
        _timeout: float,
        drivetrain: int,
        yaw_mode: dict[str, Any],
        *_: Any,
    ) -> bool:
        self._controllable()
        (a, b, c), _now = self._state()
        duration = math.dist((a, b, c), (x, y, z)) / max(float(velocity), 1e-3)
        attitude = self._yaw(x - a, y - b, duration, drivetrain, yaw_mode)
        self._sweep((x, y, z), attitude)
        arrived, _now = self._state()
        return math.dist(arrived, (x, y, z)) < 0.1

    def _to_yaw(self, yaw: float, _timeout: float, _margin: float, _: str) -> bool:
        self._controllable()
        position, _now = self._state()
        self._sweep(position, Pose(*position, math.radians(yaw)).quaternion)
        return True

    def _yaw(
        self, x: float, y: float, duration: float, drivetrain: int, mode: dict[str, Any]
    ) -> tuple[float, ...]:
        """Return the attitude after a movement in the direction (x, y)."""
        position, attitude = self._state()
        if drivetrain == _FORWARD_ONLY:
            turned = math.atan2(y, x) if x or y else Pose.of(position, attitude).yaw
        elif mode["is_rate"]:
            turned = Pose.of(position, attitude).yaw
            turned += math.radians(mode["yaw_or_rate"]) * duration
        else:
            turned = math.radians(mode["yaw_or_rate"])
        return Pose(*position, turned).quaternion

    def _set_pose(self, pose: Any, ignore_collision: bool, _: str) -> None:
        position, attitude = read_pose(pose)
        # NaN leaves what it stands for as it is.
        here, now = self._state()
        if any(math.isnan(x) for x in position):
            position = here
        if any(math.isnan(x) for x in attitude):
            attitude = now
        if ignore_collision:
            self._simulator.place(position, attitude)
            self._tick()
        else:
            self._sweep(position, attitude)

    def _objects(self, pattern: str) -> list[str]:
        try:
            wanted = re.compile(pattern[:200])
        except re.error as error:
            raise InvalidInput(f"{pattern!r} is no regular expression: {error}") from None
        names = [f"start-{k}" for k in range(self._simulator.n_starts)]
        return [name for name in names if wanted.fullmatch(name)]

    def _object_pose(self, name: str, _ned: bool = True) -> dict[str, Any]:
        match = re.fullmatch(r"start-(\d{1,4})", name)
        if match is None or int(match[1]) >= self._simulator.n_starts:
            nowhere = float("nan")
            return pose_map((nowhere,) * 3, (nowhere,) * 4)
        start = self._simulator.starts[int(match[1])]
        return pose_map(start.position, start.quaternion)

    def _collision(self, _: str) -> dict[str, Any]:
        """Return the last collision; reading it resets ``has_collided``."""
        new = self._simulator.last_contact()
        self._last = new or self._last
        position, _now = self._state()
        stamp = self._ticks * _MICROSECOND
        return collision_map(position, self._last, stamp, collided=new is not None)

    def _multirotor(self, _: str) -> dict[str, Any]:
        position, attitude = self._state()
        stamp = self._ticks * _MICROSECOND
        sticks = dict.fromkeys(("pitch", "roll", "throttle", "yaw"), 0.0)
        switches = {f"switch{k}": 0 for k in range(1, 9)}
        flags = {"is_initialized": False, "is_valid": False}
        return {
            "collision": collision_map(position, self._last, stamp, collided=False),
            "kinematics_estimated": kinematics_map(position, attitude),
            "gps_location": {"latitude": 0.0, "longitude": 0.0, "altitude": -position[2]},
            "timestamp": stamp,
            "landed_state": int(self._airborne),
            "rc_data": {"timestamp": stamp} | sticks | switches | flags,
            "ready": True,
            "ready_message": "",
            "can_arm": True,
        }

    def _images(self, requests: Any, *_: Any) -> list[dict[str, Any]]:
        if not isinstance(requests, list) or len(requests) > MOST_IMAGES:
            raise InvalidInput(f"give a list of at most {MOST_IMAGES} image requests")
        frame = self._simulator.rgb_depth() if requests else None
        return [self._image(request, frame) for request in requests if frame is not None]

    def _image(self, request: dict[str, Any], frame: Frame) -> dict[str, Any]:
        camera, kind = request["camera_name"], request["image_type"]
        if camera not in CAMERAS:
            raise InvalidInput(f"there is no camera {camera!r}; front_center is the one there is")
        as_float, compress = bool(request["pixels_as_float"]), bool(request["compress"])
        pixels, numbers = b"", []
        if as_float:
            numbers = self._floats(kind, frame.depth)
        else:
            pixels = self._pixels(kind, frame, compress)
        position, attitude = self._state()
        return {
            "image_data_uint8": pixels,
            "image_data_float": numbers,
            "camera_position": vector_map(position),
            "camera_name": camera,
            "camera_orientation": pose_map(position, attitude)["orientation"],
            "time_stamp": self._ticks * _MICROSECOND,
            "message": "",
            "pixels_as_float": as_float,
            "compress": compress,
            "width": FRAME_SIZE,
            "height": FRAME_SIZE,
            "image_type": kind,
        }

    def _floats(self, kind: int, depth: Array) -> list[float]:
        """Return a depth image row by row, in metres (DepthVis: in hundreds of them)."""
        if kind == ImageType.DEPTH_PLANAR:
            values = depth
        elif kind == ImageType.DEPTH_PERSPECTIVE:
            values = depth * _obliqueness()
        elif kind == ImageType.DEPTH_VIS:
            values = np.minimum(depth, 100) / 100
        else:
            raise InvalidInput(f"image type {kind} is not made with pixels_as_float")
        numbers: list[float] = values.ravel().tolist()
        return numbers

    def _pixels(self, kind: int, frame: Frame, compress: bool) -> bytes:
        if kind == ImageType.SCENE:
            rgb = frame.rgb
        elif kind == ImageType.DEPTH_VIS:
            rgb = np.repeat(depth_byte(frame.depth)[:, :, None], 3, axis=2)
        else:
            raise InvalidInput(
                f"image type {kind} is only made with pixels_as_float, or not at all"
            )
        if compress:
            return _png(rgb)
        ordered = rgb if self._dialect is Dialect.COSYS else rgb[:, :, ::-1]
        return ordered.tobytes()


def _obliqueness() -> Array:
    """Return, for each pixel, the length of its ray by the length along the view."""
    across, up = (math.tan(math.radians(angle / 2)) for angle in FIELD_OF_VIEW)
    middles = (2 * np.arange(FRAME_SIZE) + 1) / FRAME_SIZE - 1
    x, y = np.meshgrid(across * middles, up * middles)
    return np.sqrt(1 + x**2 + y**2).astype(np.float32)


def _png(rgb: Array) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(rgb)).save(buffer, format="PNG")
    return buffer.getvalue()
