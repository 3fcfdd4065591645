"""The rules of the task, against numbers computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcpg_theory.drone import task
from dcpg_theory.drone.simulator import Pose
from dcpg_theory.errors import InvalidInput


@pytest.mark.parametrize(
    ("action", "pitch", "yaw"),
    [(0, -12, -64 / 3), (4, -12, 64 / 3), (12, 0, 0), (13, 0, 32 / 3), (24, 12, 64 / 3)],
)
def test_actions_are_rows_of_pitch_and_columns_of_yaw(action, pitch, yaw):
    found = task.turn(action)
    assert np.degrees(found) == pytest.approx((pitch, yaw))


def test_noise_is_a_sixth_of_the_distance_of_two_actions():
    assert np.degrees(task.turn(12, (1, -1))) == pytest.approx((1, -16 / 9))


@pytest.mark.parametrize("action", [-1, 25])
def test_an_action_that_there_is_not_is_refused(action):
    with pytest.raises(InvalidInput, match=r"must lie in 0, \.\.\., 24"):
        task.turn(action)


def test_a_step_is_level_and_the_pitch_only_changes_the_height():
    here = Pose(1.0, 2.0, -3.0, math.radians(90))
    there = task.target(here, 20)  # down and to the left
    heading = math.radians(90 - 64 / 3)
    assert there.x == pytest.approx(1 + 0.4 * math.cos(heading))
    assert there.y == pytest.approx(2 + 0.4 * math.sin(heading))
    assert there.z == pytest.approx(-3 + 0.4 * math.sin(math.radians(12)))
    assert there.yaw == pytest.approx(heading)
    assert math.hypot(there.x - here.x, there.y - here.y) == pytest.approx(0.4)


def test_depth_bytes_are_255_hundredths_a_metre():
    depth = np.array([0, 1, 10, 19.6, 100, 500, np.inf])
    assert task.depth_byte(depth).tolist() == [0, 3, 26, 50, 255, 255, 255]
    assert task.normalized_depth(depth).tolist() == [0, 0.06, 0.52, 1, 1, 1, 1]


def test_windows_of_a_map_near_everywhere_cover_all_of_it():
    # n = max(50 * 0.06 / 3, 1) = 1: the centre window is the map, and beside it is nothing.
    windows = task.depth_windows(np.full((103, 103), 0.06))
    assert (windows.rows, windows.columns) == ((0, 103), (0, 0, 103, 103))
    assert (windows.left, windows.right) == (0, 0)
    assert windows.centre == pytest.approx(0.06)


def test_windows_of_a_wide_view_are_a_third_of_it():
    # n = 50 * 0.18 / 3 = 3. Rows: int(0.9 * 103 * 2 / 6) = 30, round(30 + 103 / 3) = 64.
    # Columns: int(103 * 2 / 6) = 34, round(34 + 34.33) = 68, round(34 + 68.67) = 103, and 0 < 34.
    depth = np.full((103, 103), 0.18)
    windows = task.depth_windows(depth)
    assert (windows.rows, windows.columns) == ((30, 64), (0, 34, 68, 103))
    assert [windows.left, windows.centre, windows.right] == pytest.approx([0.18] * 3)


def test_a_window_is_as_near_as_the_mean_of_its_nearest_twentieth():
    # The centre window has 34 x 34 = 1156 pixels, round(57.8) = 58 of which count. Sixteen of depth
    # 0.02 and, to keep the mean, sixteen of 0.34 outside of all three windows.
    depth = np.full((103, 103), 0.18)
    depth[40:44, 40:44] = 0.02
    depth[0:4, 0:4] = 0.34
    windows = task.depth_windows(depth)
    assert windows.centre == pytest.approx((16 * 0.02 + 42 * 0.18) / 58)
    assert [windows.left, windows.right] == pytest.approx([0.18, 0.18])


def test_the_open_sky_is_seen_through_a_window_of_six_pixels():
    # n = 50/3: int(0.9 * 103 * 47 / 100) = 43 and round(43 + 6.18) = 49; int(103 * 47 / 100) = 48.
    windows = task.depth_windows(np.ones((103, 103)))
    assert (windows.rows, windows.columns) == ((43, 49), (42, 48, 54, 60))


def test_the_reward_is_the_centre_and_too_near_is_the_end():
    near, far = (task.depth_windows(np.full((103, 103), depth)) for depth in (0.06, 0.5))
    assert task.reward(near) == (-1, True)
    assert task.reward(far) == (pytest.approx(0.5), False)
    at = task.DepthWindows((0, 1), (0, 0, 1, 1), 0, task.CRASH_DEPTH, 0)
    assert task.reward(at) == (task.CRASH_DEPTH, False)


def test_a_flight_sums_the_horizontal_steps_also_the_last(flat_sim):
    flight = task.Flight(flat_sim(wall=3.0), 0, np.random.default_rng(0))
    steps = []
    while not (steps and steps[-1].crashed):
        steps.append(flight.step(12))
    # Near is D < 0.07 on bytes: 3 of 50 is near, 4 is not, so from round(2.55 d) = 3 on: d < 1.373.
    assert steps[-1].reason == "near"
    assert steps[-1].reward == -1
    assert all(step.reward >= task.CRASH_DEPTH for step in steps[:-1])
    assert flight.distance == pytest.approx(0.4 * len(steps))
    assert len(steps) == 5


def test_a_hit_ends_the_flight(flat_sim):
    simulator = flat_sim(wall=0.3)
    simulator.rgb_depth = flat_sim(wall=30.0).rgb_depth
    step = task.Flight(simulator, 0, np.random.default_rng(0)).step(12)
    assert (step.crashed, step.reason, step.reward) == (True, "collision", -1)
    assert step.distance == pytest.approx(0.3, abs=0.01)


def test_a_drone_that_does_not_move_is_stuck(flat_sim):
    simulator = flat_sim()
    simulator.move = lambda _: None
    step = task.Flight(simulator, 0, np.random.default_rng(0)).step(12)
    assert (step.crashed, step.reason, step.reward) == (True, "stuck", -1)


def test_the_same_generator_makes_the_same_flight(flat_sim):
    def path(seed):
        flight = task.Flight(flat_sim(), 0, np.random.default_rng(seed))
        return [flight.step(7).pose for _ in range(5)]

    assert path(3) == path(3)
    assert path(3) != path(4)
