"""Where an agent's simulator is: in this process, or behind a host and port."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dcpg_theory.drone.simulator import DroneSim, Pose
from dcpg_theory.drone.worlds import world
from dcpg_theory.errors import InvalidInput

__all__ = ["Embedded", "Endpoint", "Remote", "remote", "starts_of_file"]


class Endpoint(Protocol):
    """Makes the simulator of one agent, again if need be; can be sent to another process."""

    @property
    def label(self) -> str:
        """What stands in tables for the environment."""

    def connect(self) -> DroneSim:
        """Return a new simulator."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """An embedded simulator.

    Attributes
    ----------
    world : str
        See `dcpg_theory.drone.worlds.world`.
    seed : int
        Of the world.
    renderer : str or None
        See `EmbeddedSim`.
    """

    world: str
    seed: int = 0
    renderer: str | None = None

    @property
    def label(self) -> str:
        """The world's name."""
        return world(self.world, self.seed).name

    def connect(self) -> DroneSim:
        """Return a new simulator."""
        from dcpg_theory.drone.embedded import EmbeddedSim

        return EmbeddedSim(world(self.world, self.seed), self.renderer)


@dataclass(frozen=True, slots=True)
class Remote:
    """A simulator behind AirSim's protocol.

    Attributes
    ----------
    host : str
    port : int
    package : str or None
        The client package, see `AirSimRpc`.
    vehicle : str
    starts : tuple of Pose or None
    timeout : int
        Seconds to wait for a reply.
    """

    host: str
    port: int
    package: str | None = None
    vehicle: str = ""
    starts: tuple[Pose, ...] | None = None
    timeout: int = 20

    @property
    def label(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port}"

    def connect(self) -> DroneSim:
        """Return a new client."""
        from dcpg_theory.drone.rpc.adapter import AirSimRpc

        return AirSimRpc(
            self.host,
            self.port,
            package=self.package,
            vehicle=self.vehicle,
            starts=self.starts,
            timeout=self.timeout,
        )


def remote(text: str, package: str | None, starts: tuple[Pose, ...] | None) -> Remote:
    """Return the endpoint that ``HOST:PORT`` names.

    Raises
    ------
    InvalidInput
        If the text names none.
    """
    match = re.fullmatch(r"(?:([\w.-]+):)?(\d{1,5})", text)
    if match is None or not 0 < int(match[2]) < 65536:
        raise InvalidInput(f"endpoint {text!r} must read HOST:PORT, like 127.0.0.1:41451")
    return Remote(match[1] or "127.0.0.1", int(match[2]), package, starts=starts)


def starts_of_file(path: Path) -> tuple[Pose, ...]:
    """Return start poses from a JSON file: a list of [x, y, z, yaw], metres in NED and degrees.

    Raises
    ------
    InvalidInput
        If the file cannot be read as such.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        starts = tuple(
            Pose(float(x), float(y), float(z), math.radians(yaw)) for x, y, z, yaw in rows
        )
    except (OSError, ValueError, TypeError) as error:
        raise InvalidInput(
            f"--starts {path} must be a JSON list of [x, y, z, yaw] in metres and degrees: {error}"
        ) from error
    if not starts or not all(
        math.isfinite(x) for pose in starts for x in (*pose.position, pose.yaw)
    ):
        raise InvalidInput(f"--starts {path}: give at least one pose, of finite numbers")
    return starts
