from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from dcpg_theory import theory
from dcpg_theory.errors import InvalidInput
from dcpg_theory.gridworld import ACTIONS, Endings, GridTask, GridWorld, parse_map
from dcpg_theory.gridworld.worlds import END, label

WORLD = parse_map("discount = 9/10\n\nS..G\n.#X.\n....\n\nS.X.\n...G\n#..X\n")


def simulated(world, task, cell, action):
    """The next cell and the reward by hand: a step, stopped by edges and walls."""
    here = world.tasks[task]
    if world.endings != "walk-through" and cell in here.goals | here.obstacles:
        return cell, 0
    step = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}[ACTIONS[action]]
    after = (cell[0] + step[0], cell[1] + step[1])
    rows, columns = world.shape
    if after[0] not in range(rows) or after[1] not in range(columns) or after in here.walls:
        after = cell
    return after, int(after in here.goals) - int(after in here.obstacles)


@pytest.mark.parametrize("endings", list(Endings))
def test_model_is_the_simulator(endings):
    world = WORLD.with_endings(endings)
    for i in range(world.n_tasks):
        task = world.task(i)
        place = {name: k for k, name in enumerate(task.states)}
        dense = task.transitions.toarray().reshape(task.n_states, 4, task.n_states)
        ending = world.tasks[i].goals | world.tasks[i].obstacles
        for cell in world.free_cells(i):
            for action in range(4):
                k = place[label(cell)]
                after, reward = simulated(world, i, cell, action)
                assert world.outcome(i, cell, action)[:2] == (after, reward)
                there = END if endings == "end" and cell in ending else label(after)
                assert dense[k, action, place[there]] == 1
                assert task.rewards[k, action] == reward


@pytest.mark.parametrize("endings", list(Endings))
def test_exact_model_equals_the_sparse_one(endings):
    world = WORLD.with_endings(endings)
    for exact, sparse in zip(
        world.problem(exact=True).to_float().tasks, world.problem().tasks, strict=True
    ):
        assert exact.states == sparse.states
        flat = exact.transitions.reshape(-1, exact.n_states)
        assert np.array_equal(flat, sparse.transitions.toarray())
        assert np.array_equal(exact.rewards, sparse.rewards)
        assert np.allclose(exact.start, sparse.start)


def test_ending_and_absorbing_are_worth_the_same():
    rng = np.random.default_rng(0)
    ends, absorbs = (WORLD.with_endings(e).problem() for e in ("end", "absorb"))
    policy = dict(zip(ends.states, rng.dirichlet(np.ones(4), ends.n_states), strict=True))
    values = [
        [
            float(task.start @ theory.value(task, [policy[s] for s in task.states]))
            for task in p.tasks
        ]
        for p in (ends, absorbs)
    ]
    assert np.allclose(values[0], values[1], atol=1e-14)


def test_only_walking_through_gives_tasks_the_same_transitions():
    plain = parse_map("S.G\n\nSG.\n")
    same = {
        endings: np.array_equal(
            *(task.transitions.toarray() for task in plain.with_endings(endings).problem().tasks)
        )
        for endings in Endings
    }
    assert same == {"end": False, "absorb": False, "walk-through": True}


def test_walls_are_no_states():
    assert "r2c2" not in WORLD.states(0)
    assert "r2c2" in WORLD.states(1)


def test_without_a_start_episodes_start_in_any_empty_cell():
    world = parse_map("..G\n.#X\n")
    start = dict(zip(world.states(0), world.task(0, exact=True).start, strict=True))
    assert {s for s, p in start.items() if p} == {"r1c1", "r1c2", "r2c1"}
    assert set(map(str, start.values())) == {"0", "1/3"}


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (
            GridTask(goals=frozenset({(0, 5)})),
            "task 1, row 1, column 6: goal outside the grid of 2",
        ),
        (
            GridTask(goals=frozenset({(1, 1)}), walls=frozenset({(1, 1)})),
            "task 1, row 2, column 2: the cell is both goal and wall",
        ),
        (
            GridTask(obstacles=frozenset({(0, 0)}), starts=((0, 0),)),
            "task 1, row 1, column 1: the cell is both obstacle and start",
        ),
        (
            GridTask(goals=frozenset((r, c) for r in range(2) for c in range(2))),
            "task 1 has no cell to start in",
        ),
    ],
)
def test_wrong_cells_are_named(task, message):
    with pytest.raises(InvalidInput) as caught:
        GridWorld((2, 2), (task,))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda: WORLD.with_endings("stop"), "endings='stop' must be one of end, absorb, walk-"),
        (lambda: WORLD.with_discount(Fraction(1)), "discount=1 must lie in the open interval"),
        (lambda: GridWorld((2, 2), ()), "needs at least one cell and one task"),
    ],
)
def test_wrong_rules_are_refused(change, message):
    with pytest.raises(InvalidInput) as caught:
        change()
    assert message in str(caught.value)
