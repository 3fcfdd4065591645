"""The maps meet the descriptions of Fig. 2, counted by hand: apart from the ledger's code."""

from __future__ import annotations

from collections import deque

import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.gridworld import SETTINGS, setting
from dcpg_theory.gridworld.settings import exact_steps


def distance(world, task, start):
    """Steps from a cell to the task's goal round its obstacles, by breadth-first search."""
    here = world.tasks[task]
    seen, queue = {start: 0}, deque([start])
    while queue:
        cell = queue.popleft()
        if cell in here.goals:
            return seen[cell]
        for action in range(4):
            after, _, _ = world.outcome(task, cell, action)
            if after not in seen and after not in here.obstacles:
                seen[after] = seen[cell] + 1
                queue.append(after)
    return None


def pairs(world):
    numbered = list(enumerate(world.tasks, 1))
    return {(i, j) for i, a in numbered for j, b in numbered if a.obstacles & b.goals}


def test_shapes_and_starts_are_as_stated():
    corners = dict.fromkeys(SETTINGS, (0, 0)) | {"fig2e": (0, 9)}
    for name in SETTINGS:
        world = setting(name).world
        assert world.shape == (10, 10)
        assert world.n_tasks == (6 if name in ("fig2d", "fig2e") else 4)
        assert {task.starts for task in world.tasks} == {(corners[name],)}
        assert all(len(task.goals) == 1 and task.obstacles for task in world.tasks)


def test_conflicts_are_as_described():
    assert pairs(setting("fig2a").world) == set()
    assert pairs(setting("fig2b").world) == {(2, 3)}
    assert pairs(setting("fig2c").world) == {(2, 3), (3, 2)}


def test_left_and_right_differ_in_the_start_only():
    left, right = (setting(name).world for name in ("fig2d", "fig2e"))
    assert left.with_starts([(0, 9)]) == right


def test_every_goal_can_be_reached():
    for name in SETTINGS:
        world = setting(name).world
        for i in range(world.n_tasks):
            assert distance(world, i, world.start_cells(i)[0]) is not None


def test_steps_of_exact_training():
    steps = exact_steps()
    assert len(steps) == 6600
    assert steps[0] == steps[5000] == 1
    assert steps[-1] == pytest.approx(1.01**1599)


def test_unknown_settings_are_refused():
    with pytest.raises(InvalidInput, match="unknown setting 'fig2f', known are fig2a, fig2b"):
        setting("fig2f")
