"""Servers over a small room."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator

import pytest


@pytest.fixture
def serve(mujoco_installed: None, small_world: object) -> Iterator[Callable[..., object]]:  # noqa: ARG001 - skips
    """Start servers."""
    if importlib.util.find_spec("msgpack") is None:
        pytest.skip("needs the extra drone: msgpack is not installed")
    from dcpg_theory.drone.rpc.layouts import Dialect
    from dcpg_theory.drone.rpc.server import AirSimServer

    started = []

    def start(dialect: str = "cosys", port: int = 0, renderer: str | None = "rays") -> AirSimServer:
        started.append(AirSimServer(small_world, port, Dialect(dialect), renderer=renderer))
        return started[-1]

    yield start
    for server in started:
        server.close()
