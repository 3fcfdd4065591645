"""The server: AirSim's calls, and what it survives."""

from __future__ import annotations

import math
import random
import socket
import struct
import threading

import numpy as np
import pytest
from raw_rpc import RawClient

from dcpg_theory.errors import InvalidInput

POSE = {
    "position": {"x_val": 1.0, "y_val": 0.5, "z_val": 0.25},
    "orientation": {"w_val": 1.0, "x_val": 0.0, "y_val": 0.0, "z_val": 0.0},
}
FAR_AWAY = POSE | {"position": {"x_val": 1e9, "y_val": 0.0, "z_val": 0.0}}
SCENE = {
    "camera_name": "front_center",
    "image_type": 0,
    "pixels_as_float": False,
    "compress": False,
}
YAW_MODE = {"is_rate": False, "yaw_or_rate": 90.0}


def at(pose: dict[str, dict[str, float]]) -> tuple[float, ...]:
    return tuple(pose["position"][name] for name in ("x_val", "y_val", "z_val"))


def test_a_pose_comes_back_as_it_was_set(serve):
    with RawClient(serve().port) as client:
        client.call("simSetVehiclePose", POSE, True, "")
        assert client.call("simGetVehiclePose", "") == POSE


def test_nan_leaves_a_part_of_the_pose_as_it_is(serve):
    nowhere = {"position": dict.fromkeys(POSE["position"], math.nan)}
    with RawClient(serve().port) as client:
        client.call("simSetVehiclePose", POSE, True, "")
        client.call("simSetVehiclePose", POSE | nowhere, True, "")
        assert client.call("simGetVehiclePose", "") == POSE


def test_collisions_are_told_once(serve):
    far = {**POSE, "position": {"x_val": 90.0, "y_val": 0.0, "z_val": 0.0}}
    with RawClient(serve().port) as client:
        client.call("simSetVehiclePose", far, False, "")
        first, second = (client.call("simGetCollisionInfo", "") for _ in range(2))
    assert (first["has_collided"], second["has_collided"]) == (True, False)
    assert first["object_name"] == "north"
    assert first["position"]["x_val"] == pytest.approx(4.8, abs=2e-3)


def test_movements_need_control_and_end_where_they_should(serve):
    with RawClient(serve().port) as client:
        with pytest.raises(RuntimeError, match="call enableApiControl"):
            client.call("moveByVelocity", 1, 0, 0, 2, 0, YAW_MODE, "")
        client.call("enableApiControl", True, "")
        assert client.call("isApiControlEnabled", "")
        assert client.call("takeoff", 5, "")
        up = at(client.call("simGetVehiclePose", ""))[2]
        assert client.call("moveByVelocity", 1, 0.5, 0, 2, 0, YAW_MODE, "")
        state = client.call("getMultirotorState", "")
        pose = state["kinematics_estimated"]
        assert at(pose) == pytest.approx((2, 1, up))
        assert pose["orientation"]["z_val"] == pytest.approx(math.sin(math.radians(45)))
        assert client.call("moveToPosition", 0, 0, 0, 1, 9, 0, YAW_MODE, "", -1, 1)
        assert not client.call("moveToPosition", 60, 0, 0, 1, 9, 0, YAW_MODE, "", -1, 1)
        client.call("reset")
        assert at(client.call("simGetVehiclePose", "")) == (0, 0, 0)
        assert not client.call("isApiControlEnabled", "")


@pytest.mark.parametrize(("dialect", "extra"), [("cosys", []), ("airsim", [False])])
def test_images_have_the_dialects_order_of_colours(serve, dialect, extra):
    kinds = [(0, False), (3, False), (1, True), (2, True)]
    requests = [SCENE | {"image_type": kind, "pixels_as_float": f} for kind, f in kinds]
    with RawClient(serve(dialect).port) as client:
        scene, vis, planar, slant = client.call("simGetImages", requests, "", *extra)
        (packed,) = client.call("simGetImages", [SCENE | {"compress": True}], "", *extra)
    middle = np.frombuffer(scene["image_data_uint8"], np.uint8).reshape(103, 103, 3)[51, 51]
    assert int(middle.argmax()) == {"cosys": 0, "airsim": 2}[dialect]  # the wall ahead is red
    depth = np.array(planar["image_data_float"]).reshape(103, 103)
    assert depth[51, 51] == pytest.approx(5, rel=1e-5)
    assert np.frombuffer(vis["image_data_uint8"], np.uint8)[3 * 103 * 51 + 3 * 51] == 13
    corner = np.array(slant["image_data_float"]).reshape(103, 103)[0, 0] / depth[0, 0]
    across, up = math.tan(math.radians(40)), math.tan(math.radians(40)) * 9 / 16
    assert corner == pytest.approx(math.sqrt(1 + (across**2 + up**2) * (102 / 103) ** 2), rel=1e-4)
    assert packed["image_data_uint8"].startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("method", "parameters", "message"),
    [
        ("fly", [], "unknown method 'fly'; known are ping, "),
        ("ping", [1], "ping takes 0 parameters in the dialect cosys, 1 came"),
        ("simGetImages", [[], "", False], "start the server with --dialect airsim"),
        ("simGetImages", [[SCENE | {"camera_name": "back"}], ""], "there is no camera 'back'"),
        ("simGetImages", [[SCENE | {"image_type": 5}], ""], "image type 5 is only made with"),
        ("simGetImages", [[SCENE] * 9, ""], "at most 8 image requests"),
        ("simGetImages", [[1], ""], "not of the type that AirSim's API has"),
        ("simSetVehiclePose", [{}, True, ""], "a pose needs position as a map of x_val"),
        ("simListSceneObjects", ["("], "is no regular expression"),
        ("simSetVehiclePose", [FAR_AWAY, False, ""], "a move must be at most 1000 m long"),
    ],
)  # fmt: skip
def test_a_wrong_call_is_answered_with_words_and_harms_nothing(serve, method, parameters, message):
    with RawClient(serve().port) as client:
        with pytest.raises(RuntimeError) as caught:
            client.call(method, *parameters)
        assert message in str(caught.value)
        assert client.call("ping")


@pytest.mark.parametrize(
    "frame",
    [
        b"\xc1",  # no msgpack at all
        b"\x93\x00\x01\xa4ping",  # three parts
        b"\x94\x05\x01\xa4ping\x90",  # no such kind
        b"\x94\x00\x01\x07\x90",  # a method that is a number
        b"\x94\x00\x01\xa4ping\x80",  # parameters that are a map
        b"\x2a",  # a number
        b"\x94\x00\x01\xa4\xff\xff\xff\xff\x90",  # a name that is no text
    ],
)
def test_a_malformed_frame_is_answered_with_an_error(serve, frame):
    server = serve()
    with RawClient(server.port) as client:
        client.socket.sendall(frame)
        kind, _, error, _ = client.receive()
        assert kind == 1
        assert error
    with RawClient(server.port) as client:
        assert client.call("ping")


def test_an_oversized_frame_is_refused_before_all_of_it_has_come(serve):
    with RawClient(serve().port) as client:
        client.socket.sendall(b"\x94\x00\x01\xa4ping\x91\xc6" + struct.pack(">I", 1 << 31))
        client.socket.sendall(bytes(3 << 20))
        _, _, error, _ = client.receive()
        assert "a frame must be at most 1048576 bytes long; the connection is closed" in error
        assert client.receive() == []


def test_a_deeply_nested_frame_is_refused(serve):
    with RawClient(serve().port) as client:
        client.socket.sendall(b"\x91" * 100_000)
        _, _, error, _ = client.receive()
        assert "this is no msgpack" in error


def test_a_slow_client_keeps_nobody_waiting(serve):
    server = serve()
    with RawClient(server.port) as slow, RawClient(server.port) as other:
        for byte in b"\x94\x00\x01\xa4ping\x90":
            slow.socket.sendall(bytes([byte]))
            assert other.call("ping")
        assert slow.receive() == [1, 1, None, True]


def test_clients_that_vanish_in_mid_call_leave_the_server_whole(serve):
    server = serve()
    for _ in range(30):
        client = RawClient(server.port)
        client.send("simGetImages", [SCENE], "")
        # Reset the connection at once, with the reply on its way.
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.socket.close()
    with RawClient(server.port) as client:
        assert client.call("ping")


def test_many_clients_at_once_and_one_too_many(serve):
    server = serve()
    clients = [RawClient(server.port) for _ in range(64)]
    assert all(client.call("ping") for client in clients)
    with RawClient(server.port) as late:
        assert late.receive() == [1, 0, "the server has 64 clients already", None]
    for client in clients:
        client.socket.close()


def test_several_requests_in_one_packet_are_answered_in_order(serve):
    with RawClient(serve().port) as client:
        frames = [bytes([0x94, 0, k, 0xA4]) + b"ping\x90" for k in range(5)]
        client.socket.sendall(b"".join(frames))
        assert [client.receive()[1] for _ in range(5)] == list(range(5))


def test_a_notification_is_done_and_not_answered(serve):
    with RawClient(serve().port) as client:
        client.socket.sendall(client._pack([2, "simSetVehiclePose", [POSE, True, ""]]))
        assert client.call("simGetVehiclePose", "") == POSE


def test_a_port_that_is_taken_is_refused(serve):
    port = serve().port
    with pytest.raises(InvalidInput, match=f"cannot listen at 127.0.0.1:{port}: .* --port"):
        serve(port=port)


def test_only_this_machine_can_connect(serve):
    server = serve()
    assert server._sockets.server_address[0] == "127.0.0.1"


def test_ten_thousand_bad_frames_lose_nothing_else(serve):
    """Random bytes, broken requests, valid ones with random parameters; one client flies on."""
    import msgpack

    server = serve()
    frames, rng = _nonsense(random.Random(7), msgpack.packb), random.Random(8)
    sent = heard = 0
    stop = threading.Event()
    answers: list[bool] = []

    def steady() -> None:
        with RawClient(server.port) as client:
            while not stop.is_set():
                answers.append(client.call("ping"))

    thread = threading.Thread(target=steady)
    thread.start()
    while sent < 10_000:
        with RawClient(server.port) as client:
            # A few valid frames may stand in the stream before the one that ends it.
            burst = [next(frames) for _ in range(rng.randint(1, 12))]
            try:
                client.socket.sendall(b"".join(burst))
                if rng.random() < 0.7:
                    client.socket.shutdown(socket.SHUT_WR)
                    while reply := client.socket.recv(1 << 16):
                        heard += len(reply)
            except OSError:
                pass  # the server has hung up, as it should
            sent += len(burst)
    stop.set()
    thread.join()
    assert heard > 100_000  # the server did read them
    assert answers
    assert all(answers)
    with RawClient(server.port) as client:
        client.call("simSetVehiclePose", POSE, True, "")
        assert client.call("simGetVehiclePose", "") == POSE


def _nonsense(rng, pack):
    """Yield frames that no good client sends."""
    methods = [
        "ping", "reset", "takeoff", "moveToPosition", "moveByVelocity", "simSetVehiclePose",
        "simGetVehiclePose", "simGetCollisionInfo", "getMultirotorState", "simListSceneObjects",
    ]  # fmt: skip
    values = [
        None, True, -1, 2**63, 1e308, float("nan"), "", "x" * 300, b"\x00\xff", [], {}, POSE,
        {"position": 1}, [[[]]], {1: 2}, YAW_MODE, 0.5,
    ]  # fmt: skip
    while True:
        parameters = [rng.choice(values) for _ in range(rng.randint(0, 10))]
        number = rng.choice([rng.randint(-5, 2**32), "a", None, 1.5])
        frame = pack([rng.choice([0, 0, 0, 1, 2, 9]), number, rng.choice(methods), parameters])
        kind = rng.randint(0, 5)
        if kind == 0:
            frame = rng.randbytes(rng.randint(1, 60))
        elif kind == 1:
            frame = frame[: rng.randint(0, len(frame))]
        elif kind == 2:
            place = rng.randrange(len(frame))
            frame = frame[:place] + rng.randbytes(1) + frame[place + 1 :]
        yield frame
