"""A `DroneSim` that flies through AirSim's API: the embedded server's, or a real AirSim's.

One adapter serves both client packages, `cosysairsim` and `airsim`. A client is made and used on a
thread of its own: it is not safe to share, and it needs an event loop of its own, also where one
runs already, as in a notebook.
"""

from __future__ import annotations

import contextlib
import importlib
import io
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numpy as np

from dcpg_theory.drone.rpc.layouts import ImageType
from dcpg_theory.drone.simulator import FRAME_SIZE, Frame, Pose, SimulatorLost
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array

__all__ = ["PACKAGES", "AirSimRpc"]

PACKAGES = ("cosysairsim", "airsim")
_CAMERA, _DEPTH_CAMERA = "front_center", "2"
_PEDRA_SIZE = (180, 320)
_T = TypeVar("_T")


class AirSimRpc:
    """A drone behind AirSim's API.

    Parameters
    ----------
    host : str
    port : int
    package : str, optional
        ``cosysairsim`` or ``airsim``; by default the first of them that is installed.
    vehicle : str
        The vehicle's name in the simulator's settings; empty for the first one.
    starts : sequence of Pose, optional
        The start poses. By default those of the scene's objects named ``start-0``, ``start-1``, ...
    exact_depth : bool
        Ask for depth in metres instead of DepthVis bytes, of 0.39 m, which are all that the task
        uses and cost less.
    timeout : int
        Seconds to wait for a reply before the simulator counts as lost.

    Raises
    ------
    InvalidInput
        If no client package is installed, or client and simulator do not fit together.
    SimulatorLost
        If nothing answers.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 41451,
        *,
        package: str | None = None,
        vehicle: str = "",
        starts: Sequence[Pose] | None = None,
        exact_depth: bool = False,
        timeout: int = 20,
    ) -> None:
        self._place = f"{host}:{port}"
        self._vehicle, self._exact_depth = vehicle, exact_depth
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"airsim {self._place}")
        self._client: Any = None
        try:
            self.package, self._airsim = self._on_thread(lambda: _client_package(package))
            self._asked(lambda: self._connect(host, port, timeout))
            self._asked(self._take_control)
            self._starts = self._asked(self._find_starts) if starts is None else tuple(starts)
        except BaseException:
            self.close()
            raise

    @property
    def backend(self) -> str:
        """The name printed beside every number."""
        return f"airsim-rpc ({self.package} at {self._place})"

    @property
    def n_starts(self) -> int:
        """How many start poses there are."""
        return len(self._starts)

    def reset(self, start: int) -> Pose:
        """Put the drone at a start pose and forget all collisions.

        Raises
        ------
        InvalidInput
            If there is no such start.
        """
        if not 0 <= start < len(self._starts):
            raise InvalidInput(f"start={start} must lie in 0, ..., {len(self._starts) - 1}")
        self._asked(lambda: self._set_pose(self._starts[start], ignore_collision=True))
        self.collided()  # reading it resets it
        return self.pose()

    def pose(self) -> Pose:
        """Return where the drone is."""
        found = self._asked(lambda: self._client.simGetVehiclePose(self._vehicle))
        at, turn = found.position, found.orientation
        quaternion = (turn.w_val, turn.x_val, turn.y_val, turn.z_val)
        return Pose.of((at.x_val, at.y_val, at.z_val), quaternion)

    def move(self, pose: Pose) -> None:
        """Move in a straight line to a pose; the drone stops at the first thing that it hits."""
        self._asked(lambda: self._set_pose(pose, ignore_collision=False))

    def rgb_depth(self) -> Frame:
        """Return what the front camera sees.

        Raises
        ------
        InvalidInput
            If the images are empty or of a size that cannot be used.
        """
        request, kind = self._airsim.ImageRequest, ImageType.DEPTH_VIS
        if self._exact_depth:
            kind = ImageType.DEPTH_PLANAR
        wanted = [
            request(_CAMERA, ImageType.SCENE, False, False),
            request(_DEPTH_CAMERA, kind, self._exact_depth, False),
        ]
        colour, depth = self._asked(lambda: self._client.simGetImages(wanted, self._vehicle))
        return Frame(self._rgb(colour), self._depth(depth))

    def collided(self) -> bool:
        """Return whether the drone has hit something since the last call."""
        return bool(
            self._asked(lambda: self._client.simGetCollisionInfo(self._vehicle)).has_collided
        )

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(Exception):
            self._on_thread(self._client.client.close)
        self._thread.shutdown()

    def _on_thread(self, call: Callable[[], _T]) -> _T:
        return self._thread.submit(call).result()

    def _asked(self, call: Callable[[], _T]) -> _T:
        """Do a call on the client's thread, and word its failure."""
        try:
            return self._on_thread(call)
        except InvalidInput:
            raise
        except Exception as error:
            raise self._worded(error) from error

    def _worded(self, error: Exception) -> Exception:
        words = error.args[0] if error.args else ""
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
        if type(error).__name__ == "RPCError" and "closed" not in text.lower():
            if "simGetImages" in text or "expects a different number" in text:
                return InvalidInput(
                    f"the simulator at {self._place} does not take {self.package}'s calls "
                    f"({text}); use the client package that belongs to it"
                )
            return InvalidInput(f"the simulator at {self._place} says: {text}")
        reason = f" ({text})" if text else ""
        return SimulatorLost(
            f"no AirSim answers at {self._place}{reason}; is it running, and is this its "
            "ApiServerPort? `dcpg drone serve` starts one"
        )

    def _connect(self, host: str, port: int, timeout: int) -> None:
        client = self._airsim.MultirotorClient(ip=host, port=port, timeout_value=timeout)
        self._client = client
        theirs, least = client.getServerVersion(), client.getMinRequiredClientVersion()
        ours, needed = client.getClientVersion(), client.getMinRequiredServerVersion()
        if theirs < needed or ours < least:
            raise InvalidInput(
                f"{self.package} is of version {ours} and needs a simulator of version {needed} or "
                f"later; the one at {self._place} is of version {theirs} and needs a client of "
                f"{least} or later: use the client package that belongs to it"
            )

    def _take_control(self) -> None:
        self._client.enableApiControl(True, self._vehicle)
        self._client.armDisarm(True, self._vehicle)

    def _find_starts(self) -> tuple[Pose, ...]:
        names = self._client.simListSceneObjects("start-.*")
        ordered = [f"start-{k}" for k in range(len(names))]
        poses = [self._client.simGetObjectPose(name) for name in ordered if name in names]
        if not poses:
            raise InvalidInput(
                f"the scene at {self._place} has no object named start-0: place some, or say where "
                "the drone starts with --starts"
            )
        return tuple(
            Pose.of(
                (at.x_val, at.y_val, at.z_val), (turn.w_val, turn.x_val, turn.y_val, turn.z_val)
            )
            for at, turn in ((pose.position, pose.orientation) for pose in poses)
        )

    def _set_pose(self, pose: Pose, *, ignore_collision: bool) -> None:
        w, x, y, z = pose.quaternion
        wire = self._airsim.Pose(
            self._airsim.Vector3r(*pose.position), self._airsim.Quaternionr(x, y, z, w)
        )
        # By position: older simulators' clients spell the keyword in another way.
        self._client.simSetVehiclePose(wire, ignore_collision, self._vehicle)

    def _size(self, response: Any, n_values: int, channels: int) -> tuple[int, int]:
        """Return the height and width of an image, or say what is wrong with it."""
        size = int(response.height), int(response.width)
        if not n_values or not all(size):
            raise InvalidInput(
                f"the simulator at {self._place} sends empty images: it renders nothing; start it "
                "with a GPU, without -nullrhi (-RenderOffScreen works without a display)"
            )
        if size not in ((FRAME_SIZE, FRAME_SIZE), _PEDRA_SIZE) or n_values != (
            size[0] * size[1] * channels
        ):
            raise InvalidInput(
                f"the simulator at {self._place} sends {n_values} values for an image of "
                f"{size[1]} x {size[0]}; set CaptureSettings in its settings.json to Width 320, "
                "Height 180 and FOV_Degrees 80 for the image types 0 and 3"
            )
        return size

    def _rgb(self, response: Any) -> Array:
        data = np.frombuffer(response.image_data_uint8, dtype=np.uint8)
        image = data.reshape(*self._size(response, data.size, 3), 3)
        if self.package == "airsim":
            image = image[:, :, ::-1]  # blue comes first
        return np.ascontiguousarray(_resized(image))

    def _depth(self, response: Any) -> Array:
        if self._exact_depth:
            numbers = np.array(response.image_data_float, dtype=np.float32)
            return _nearest(numbers.reshape(self._size(response, numbers.size, 1)))
        data = np.frombuffer(response.image_data_uint8, dtype=np.uint8)
        bytes_ = data.reshape(*self._size(response, data.size, 3), 3)[:, :, 0]
        return (_nearest(bytes_).astype(np.float64) / 2.55).astype(np.float32)


def _resized(image: Array) -> Array:
    """Return a colour image of 103 x 103 pixels, by linear interpolation."""
    for axis in (0, 1):
        size = image.shape[axis]
        if size == FRAME_SIZE:
            continue
        at = np.clip((np.arange(FRAME_SIZE) + 0.5) * size / FRAME_SIZE - 0.5, 0, size - 1)
        low = np.floor(at).astype(int)
        share = (at - low).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        high = np.minimum(low + 1, size - 1)
        image = image.take(low, axis) * (1 - share) + image.take(high, axis) * share
    return image if image.dtype == np.uint8 else np.round(image).astype(np.uint8)


def _nearest(image: Array) -> Array:
    """Return a depth image of 103 x 103 pixels, without inventing depths between two things."""
    rows, columns = (
        np.floor((np.arange(FRAME_SIZE) + 0.5) * size / FRAME_SIZE).astype(int)
        for size in image.shape
    )
    return np.ascontiguousarray(image[rows][:, columns])


def _client_package(wanted: str | None) -> tuple[str, Any]:
    if wanted is not None and wanted not in PACKAGES:
        raise InvalidInput(f"client package {wanted!r} must be {' or '.join(PACKAGES)}")
    problems = []
    for name in PACKAGES if wanted is None else (wanted,):
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                return name, importlib.import_module(name)
        except Exception as error:  # a broken pair of packages fails in many ways
            problems.append(f"{name}: {error}")
    raise InvalidInput(
        f"no AirSim client can be loaded ({'; '.join(problems)}); "
        "`dcpg drone doctor` says what to do"
    )
