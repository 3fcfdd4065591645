"""What a policy does in a grid world: where it leads, how likely it succeeds, its values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dcpg_theory.exact.numbers import Array
from dcpg_theory.gridworld.worlds import ACTIONS, Cell, Endings, GridWorld, label
from dcpg_theory.models.policies import softmax
from dcpg_theory.theory.value import value

__all__ = ["Evaluation", "evaluate", "most_followed_path", "success_rates"]

TEST_STEPS = 200
"""A test that is not over after so many steps is broken off."""


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """A policy tested in all tasks.

    Attributes
    ----------
    policy : ndarray, shape (n_states, n_actions)
        On the union of the states.
    values : ndarray, shape (n_tasks,)
        V_i(rho_i).
    success : ndarray, shape (n_tasks,)
        The probability of reaching a goal before an obstacle, within `TEST_STEPS`.
    failure : ndarray, shape (n_tasks,)
        The probability of getting into an obstacle first; the rest has not ended by then.
    paths : tuple of tuple of Cell
        For each task the path that takes the likeliest action everywhere, from its first start.
    finished : tuple of bool
        Whether that path ends at a goal.
    """

    policy: Array
    values: Array
    success: Array
    failure: Array
    paths: tuple[tuple[Cell, ...], ...]
    finished: tuple[bool, ...]


def evaluate(world: GridWorld, parameters: Any) -> Evaluation:
    """Return what the softmax policy of the parameters does.

    As in Section 5.1 a test is over at a goal or an obstacle, whatever the world's `Endings`;
    the values are those of the world's own rules.

    Parameters
    ----------
    world : GridWorld
    parameters : array_like, shape (n_states, n_actions)
        On the states of ``world.problem()``.
    """
    problem = world.problem()
    policy = softmax(np.asarray(parameters, dtype=float))
    values = [
        float(task.start @ value(task, problem.task_policy(i, policy)))
        for i, task in enumerate(problem.tasks)
    ]
    success, failure = success_rates(world, policy)
    paths = [most_followed_path(world, policy, i) for i in range(world.n_tasks)]
    ends = [path[-1] in world.tasks[i].goals for i, path in enumerate(paths)]
    return Evaluation(policy, np.array(values), success, failure, tuple(paths), tuple(ends))


def _policy_at(world: GridWorld, policy: Array) -> dict[Cell, Array]:
    places = {name: k for k, name in enumerate(world.problem().states)}
    return {c: policy[places[label(c)]] for c in world.cells() if label(c) in places}


def most_followed_path(world: GridWorld, policy: Array, task: int) -> tuple[Cell, ...]:
    """Return the cells from a task's first start on, taking the likeliest action in each.

    The path ends at a goal or an obstacle, or before it would come to a cell a second time.

    Parameters
    ----------
    world : GridWorld
    policy : ndarray, shape (n_states, n_actions)
    task : int
        Counted from 0.
    """
    chances = _policy_at(world, policy)
    here = world.tasks[task]
    ending = here.goals | here.obstacles
    path = [world.start_cells(task)[0]]
    while path[-1] not in ending:
        after, _, _ = world.outcome(task, path[-1], int(chances[path[-1]].argmax()))
        if after in path:
            break
        path.append(after)
    return tuple(path)


def success_rates(world: GridWorld, policy: Array, steps: int = TEST_STEPS) -> tuple[Array, Array]:
    """Return for each task the probabilities that a test ends at a goal, and at an obstacle.

    Parameters
    ----------
    world : GridWorld
    policy : ndarray, shape (n_states, n_actions)
    steps : int
        A test that is not over by then counts as neither.
    """
    from scipy.sparse import csr_array

    chances = _policy_at(world, policy)
    rates = np.zeros((2, world.n_tasks))
    test = world.with_endings(Endings.ABSORB)
    for i, task in enumerate(world.tasks):
        cells = world.free_cells(i)
        place = {cell: k for k, cell in enumerate(cells)}
        moves: list[tuple[int, int, float]] = []
        for cell, k in place.items():
            row = chances[cell] if cell in chances else np.eye(len(ACTIONS))[0]
            moves += [
                (place[test.outcome(i, cell, action)[0]], k, float(chance))
                for action, chance in enumerate(row)
            ]
        to, origin, weights = map(np.array, zip(*moves, strict=True))
        transposed = csr_array((weights, (to, origin)), shape=(len(cells), len(cells)))
        here = np.zeros(len(cells))
        starts = world.start_cells(i)
        here[[place[cell] for cell in starts]] = 1 / len(starts)
        for _ in range(steps):
            here = transposed @ here
        for which, marked in enumerate((task.goals, task.obstacles)):
            rates[which, i] = sum(here[place[cell]] for cell in marked)
    return np.clip(rates[0], 0, 1), np.clip(rates[1], 0, 1)
