"""A stand-in for the client package `airsim`, which no lock can hold: its wire format, no more.

What differs from `cosysairsim` is the version, a third parameter of `simGetImages` and the keys of
an image request; the rest of the two packages sends and receives the same maps.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from raw_rpc import RawClient


def _namespace(value: Any) -> Any:
    """Return maps as objects with attributes, as the package's classes are."""
    if isinstance(value, dict):
        return SimpleNamespace(**{key: _namespace(item) for key, item in value.items()})
    return value


def Vector3r(x: float, y: float, z: float) -> dict[str, float]:  # noqa: N802 - the package's name
    return {"x_val": x, "y_val": y, "z_val": z}


def Quaternionr(x: float, y: float, z: float, w: float) -> dict[str, float]:  # noqa: N802
    return {"w_val": w, "x_val": x, "y_val": y, "z_val": z}


def Pose(position: dict[str, float], orientation: dict[str, float]) -> dict[str, Any]:  # noqa: N802
    return {"position": position, "orientation": orientation}


def ImageRequest(  # noqa: N802
    camera_name: str, image_type: int, pixels_as_float: bool, compress: bool
) -> dict[str, Any]:
    return {
        "camera_name": camera_name,
        "image_type": image_type,
        "pixels_as_float": pixels_as_float,
        "compress": compress,
    }


class MultirotorClient:
    """The calls that the adapter makes."""

    def __init__(self, ip: str, port: int, timeout_value: int) -> None:
        assert ip == "127.0.0.1"
        self.client = RawClient(port, timeout_value)

    def getClientVersion(self) -> int:  # noqa: N802
        return 1

    def getMinRequiredServerVersion(self) -> int:  # noqa: N802
        return 1

    def simGetImages(self, requests: list[Any], vehicle: str = "") -> list[Any]:  # noqa: N802
        return [
            _namespace(one) for one in self.client.call("simGetImages", requests, vehicle, False)
        ]

    def simGetObjectPose(self, name: str) -> Any:  # noqa: N802
        return _namespace(self.client.call("simGetObjectPose", name))

    def __getattr__(self, method: str) -> Any:
        return lambda *parameters: _namespace(self.client.call(method, *parameters))
