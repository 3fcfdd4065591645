"""The embedded simulator: geometry, collisions, frames."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest

from dcpg_theory.drone.simulator import FIELD_OF_VIEW, FRAME_SIZE, Pose
from dcpg_theory.errors import InvalidInput

pytestmark = pytest.mark.usefixtures("mujoco_installed")
RENDERERS = [None, "rays"]


def wall_depth(distance: float) -> np.ndarray:
    """The planar depth of the small room, seen along its axis from the middle of its height."""
    across, up = (math.tan(math.radians(angle / 2)) for angle in FIELD_OF_VIEW)
    middles = np.abs((2 * np.arange(FRAME_SIZE) + 1) / FRAME_SIZE - 1)
    x, y = np.meshgrid(across * middles, up * middles)
    with np.errstate(divide="ignore"):
        return np.minimum(np.minimum(3 / x, 1.5 / y), distance)


@pytest.mark.parametrize("renderer", RENDERERS)
def test_depth_is_metric_and_planar(small_room, renderer):
    depth = small_room(renderer).rgb_depth().depth
    relative = np.abs(depth / wall_depth(5.0) - 1)
    assert np.quantile(relative, 0.95) < 1e-4
    assert depth.dtype == np.float32
    assert depth[51, 51] == pytest.approx(5.0, rel=1e-4)


@pytest.mark.parametrize("renderer", RENDERERS)
def test_right_is_right_and_down_is_down(small_room, renderer):
    simulator = small_room(renderer)
    rgb = simulator.rgb_depth().rgb.astype(int)
    assert rgb[51, 51].argmax() == 0  # north is red
    assert rgb[51, 100].argmax() == 1  # east, to the right of north, is green
    assert rgb[100, 51].argmax() == 2  # the floor is blue
    simulator.move(Pose(0, 0, 0, math.radians(90)))
    assert simulator.rgb_depth().rgb.astype(int)[51, 51].argmax() == 1
    assert simulator.rgb_depth().depth[51, 51] == pytest.approx(3.0, rel=1e-4)


def test_starts_count_from_the_first_in_ned(small_room):
    first, second = small_room("rays").starts
    assert first == Pose(0, 0, 0, 0)
    assert second.position == (1, -1, 0.5)
    assert second.yaw == pytest.approx(-math.pi / 2)


def test_a_move_stops_at_the_wall_and_reading_the_collision_resets_it(small_room):
    simulator = small_room("rays")
    simulator.move(Pose(30, 0, 0))
    assert simulator.pose().x == pytest.approx(4.8, abs=2e-3)
    assert simulator.pose().x < 4.8
    assert simulator.collided()
    assert not simulator.collided()


def test_a_contact_says_what_and_where(small_room):
    simulator = small_room("rays")
    simulator.move(Pose(0, 0.5, -9))
    contact = simulator.last_contact()
    assert contact.name == "ceiling"
    assert contact.normal == pytest.approx((0, 0, 1), abs=1e-6)  # down, in NED
    assert contact.point[2] == pytest.approx(-1.5, abs=0.01)


def test_a_free_move_ends_where_it_was_to_in_single_precision(small_room):
    simulator = small_room("rays")
    simulator.move(Pose(0.1, 0.2, 0.3, 0.4))
    pose = simulator.pose()
    assert pose.position == tuple(float(np.float32(x)) for x in (0.1, 0.2, 0.3))
    assert pose.yaw == pytest.approx(0.4, abs=1e-6)
    assert not simulator.collided()


def test_a_teleport_goes_through_walls_and_a_reset_forgets(small_room):
    simulator = small_room("rays")
    simulator.move(Pose(30, 0, 0))
    simulator.teleport(Pose(30, 0, 0))
    assert simulator.pose().x == 30
    assert simulator.reset(1) == simulator.pose()
    assert not simulator.collided()


def test_a_drone_that_is_in_a_wall_does_not_move(small_room):
    simulator = small_room("rays")
    simulator.teleport(Pose(4.95, 0, 0))
    simulator.move(Pose(4.95, 0.05, 0))
    assert simulator.collided()
    assert simulator.pose().y == 0


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_pose_must_be_finite(small_room, number):
    with pytest.raises(InvalidInput, match="must be finite"):
        small_room("rays").move(Pose(number, 0, 0))


def test_a_start_that_there_is_not_is_refused(small_room):
    with pytest.raises(InvalidInput, match="start=2 must lie in 0"):
        small_room("rays").reset(2)


@pytest.mark.parametrize("renderer", RENDERERS)
def test_frames_and_paths_repeat_to_the_last_bit(small_room, renderer):
    def run() -> tuple[str, Pose]:
        simulator = small_room(renderer)
        digest = hashlib.sha256()
        for k in range(5):
            simulator.move(Pose(0.7 * k, 0.4 * k, 0.1 * k, 0.5 * k))
            frame = simulator.rgb_depth()
            digest.update(frame.rgb.tobytes() + frame.depth.tobytes())
        return digest.hexdigest(), simulator.pose()

    assert run() == run()


def test_several_simulators_in_one_process_do_not_disturb_each_other(small_room):
    one, two = small_room(), small_room()
    alone = one.rgb_depth().rgb.tobytes()
    two.move(Pose(1, 1, 0, 1))
    other = two.rgb_depth().rgb.tobytes()
    assert one.rgb_depth().rgb.tobytes() == alone != other
    two.close()
    assert one.rgb_depth().rgb.tobytes() == alone


@pytest.mark.parametrize(
    ("mjcf", "message"),
    [
        ("<mujoco", "is no MJCF that MuJoCo can load"),
        ("<mujoco><worldbody><geom/></worldbody></mujoco>", "is no MJCF that MuJoCo can load"),
        ("<mujoco/>", "has no start: name a site start-0"),
        (
            '<mujoco><worldbody><geom type="box" size="1 1 1"/><site name="start-0"/></worldbody>'
            "</mujoco>",
            "at start-0 the drone, of radius 0.2 m, touches something",
        ),
    ],
)
def test_a_bad_world_is_refused_in_one_line(mjcf, message):
    from dcpg_theory.drone.embedded import EmbeddedSim
    from dcpg_theory.drone.worlds import World

    with pytest.raises(InvalidInput, match=message) as caught:
        EmbeddedSim(World("bad", mjcf))
    assert "\n" not in str(caught.value)
