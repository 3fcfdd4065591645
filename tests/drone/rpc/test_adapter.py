"""The client side: one adapter, the unmodified client packages, and what can go wrong."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import socket
import socketserver
import threading
from types import SimpleNamespace

import numpy as np
import pytest
import stand_in_airsim

from dcpg_theory.drone.simulator import Pose, SimulatorLost
from dcpg_theory.drone.task import Flight, depth_byte
from dcpg_theory.errors import InvalidInput

CLIENTS = [("cosys", "cosysairsim"), ("airsim", "airsim"), ("airsim", "stand-in")]


def client_package(name: str) -> None:
    if name != "stand-in" and importlib.util.find_spec(name) is None:
        pytest.skip(f"the client package {name} is not installed")


@pytest.fixture(autouse=True)
def stand_in(monkeypatch):
    """Let the package ``stand-in`` be one that speaks as `airsim` does."""
    from dcpg_theory.drone.rpc import adapter

    real = adapter._client_package
    monkeypatch.setattr(
        adapter,
        "_client_package",
        lambda name: ("airsim", stand_in_airsim) if name == "stand-in" else real(name),
    )


def adapter(port: int, package: str | None = None, **options: object):
    from dcpg_theory.drone.rpc.adapter import AirSimRpc

    client_package(package or "cosysairsim")
    return AirSimRpc(port=port, package=package, **options)


def scenario(simulator) -> list[tuple[object, ...]]:
    """Fly from two starts with random actions, and return all that is seen, felt and earned."""
    seen = []
    for start in range(2):
        flight = Flight(simulator, start, np.random.default_rng(start))
        actions = np.random.default_rng(10 + start)
        for _ in range(25):
            step = flight.step(int(actions.integers(25)))
            picture = step.frame.rgb.tobytes(), depth_byte(step.frame.depth).tobytes()
            seen.append((step.pose, step.reward, step.reason, flight.distance, *picture))
    return seen


@pytest.mark.parametrize("exact_depth", [False, True])
@pytest.mark.parametrize(("dialect", "package"), CLIENTS)
def test_through_the_server_all_is_equal_to_the_last_bit(
    serve, small_room, dialect, package, exact_depth
):
    client_package(package)
    server = serve(dialect, renderer=None)
    here, there = small_room(), adapter(server.port, package, exact_depth=exact_depth)
    assert there.n_starts == here.n_starts == 2
    assert scenario(there) == scenario(here)
    if exact_depth:
        assert there.rgb_depth().depth.tobytes() == here.rgb_depth().depth.tobytes()
    there.close()


def test_it_works_inside_a_running_event_loop(serve):
    client_package("cosysairsim")
    server = serve()

    async def cell() -> Pose:
        simulator = adapter(server.port)
        simulator.move(Pose(0.5, 0, 0))
        found = simulator.pose()
        simulator.close()
        return found

    assert asyncio.run(cell()).x == 0.5


def test_nothing_at_the_port_is_told_in_one_line():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(SimulatorLost, match=f"no AirSim answers at 127.0.0.1:{port}") as caught:
        adapter(port)
    assert "`dcpg drone serve` starts one" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("dialect", "package"), [("airsim", "cosysairsim"), ("cosys", "airsim"), ("cosys", "stand-in")]
)
def test_the_wrong_dialect_is_told_at_once(serve, dialect, package):
    client_package(package)
    with pytest.raises(InvalidInput, match="use the client package that belongs to it"):
        adapter(serve(dialect).port, package)


def test_a_server_that_dies_is_lost_and_not_waited_for(serve):
    server = serve()
    simulator = adapter(server.port, timeout=5)
    server.close()
    with pytest.raises(SimulatorLost, match="no AirSim answers"):
        simulator.pose()
    simulator.close()


def test_a_flight_through_a_server_that_is_started_again_is_the_same_flight(serve):
    from dcpg_theory.drone.endpoints import Remote
    from dcpg_theory.drone.learning.hangar import Hangar

    client_package("cosysairsim")
    server = serve()
    port = server.port
    flown = []

    def fly(simulator):
        seen = []
        flight = Flight(simulator, 1, np.random.default_rng(3))
        for k in range(12):
            if k == 5 and not flown:
                flown.append(True)
                server.close()
                serve(port=port)
            step = flight.step(k)
            seen.append((step.pose, step.reward))
        return seen

    said = []
    place = Remote("127.0.0.1", port, timeout=2)
    with Hangar([place], attempts=3, pause=0.01, report=said.append) as hangar:
        hangar.simulator(0)
        first = hangar.flown(0, fly)
        assert hangar.flown(0, fly) == first
    assert len(said) == 1
    assert "trying again (1 of 3)" in said[0]


def response(data: bytes, width: int, height: int) -> SimpleNamespace:
    return SimpleNamespace(image_data_uint8=data, image_data_float=[], width=width, height=height)


@pytest.mark.parametrize(
    ("data", "width", "height", "message"),
    [
        (
            b"",
            0,
            0,
            "sends empty images: it renders nothing; start it with a GPU",
        ),
        (b"\x00", 0, 0, "sends empty images"),
        (bytes(256 * 144 * 3), 256, 144, "an image of 256 x 144; set CaptureSettings"),
        (bytes(10), 103, 103, "sends 10 values for an image of 103 x 103"),
    ],
)
def test_bad_images_are_told_in_one_line(serve, data, width, height, message):
    simulator = adapter(serve().port)
    simulator._client.simGetImages = lambda *_: [response(data, width, height)] * 2
    with pytest.raises(InvalidInput) as caught:
        simulator.rgb_depth()
    assert message in str(caught.value)
    simulator.close()


def test_pedras_frames_are_squashed(serve):
    simulator = adapter(serve().port)
    ramp = np.broadcast_to(np.linspace(0, 250, 320)[None, :, None], (180, 320, 3))
    data = np.round(ramp).astype(np.uint8).tobytes()
    simulator._client.simGetImages = lambda *_: [response(data, 320, 180)] * 2
    frame = simulator.rgb_depth()
    assert frame.rgb.shape == (103, 103, 3)
    expected = (np.arange(103) + 0.5) * 320 / 103 - 0.5
    assert np.abs(frame.rgb[50, :, 0] - expected * 250 / 319).max() <= 1
    simulator.close()


def test_starts_can_be_given(serve, tmp_path):
    from dcpg_theory.drone.endpoints import starts_of_file

    (tmp_path / "starts.json").write_text(json.dumps([[1, 2, -0.5, 90]]))
    starts = starts_of_file(tmp_path / "starts.json")
    simulator = adapter(serve().port, starts=starts)
    assert simulator.n_starts == 1
    assert simulator.reset(0).position == (1, 2, -0.5)
    simulator.close()
    (tmp_path / "starts.json").write_text("[[1, 2]]")
    with pytest.raises(InvalidInput, match=r"must be a JSON list of \[x, y, z, yaw\]"):
        starts_of_file(tmp_path / "starts.json")


@pytest.mark.parametrize("text", ["", "host", "host:0", "host:70000", "a b:1"])
def test_an_endpoint_must_be_host_and_port(text):
    from dcpg_theory.drone.endpoints import remote

    with pytest.raises(InvalidInput, match="must read HOST:PORT"):
        remote(text, None, None)


@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_something_else_at_the_port_is_told_in_one_line(words):
    client_package("cosysairsim")

    class Other(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while self.request.recv(1000):
                self.request.sendall(words)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Other) as other:
        other.daemon_threads = True
        threading.Thread(target=other.serve_forever, args=(0.05,), daemon=True).start()
        port = other.server_address[1]
        with pytest.raises(SimulatorLost, match=f"no AirSim answers at 127.0.0.1:{port}"):
            adapter(port, timeout=1)
        other.shutdown()
