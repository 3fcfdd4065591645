"""Fig. 2 on the reconstructed maps: what the kept policies are worth, and what is possible, exactly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import flint

from dcpg_theory.gridworld.optimum import Relaxation, policy_values, relax, tasks_of
from dcpg_theory.gridworld.rational_tasks import RationalTask, Row, optimal_value
from dcpg_theory.gridworld.settings import setting
from dcpg_theory.gridworld.witnesses import reached_policy
from dcpg_theory.gridworld.worlds import ACTIONS, Cell, GridWorld, label

__all__ = [
    "bound",
    "conflicts",
    "finished",
    "gap",
    "goals_on",
    "largest_ratio",
    "optimal_ways",
    "own_optima",
    "policy",
    "ratios_apart",
    "tasks",
    "value",
    "way",
    "way_value",
    "world",
]


@cache
def world(name: str, endings: str = "end") -> GridWorld:
    """Return the grid world of a setting, with these rules at goals and obstacles."""
    return setting(name).world.with_endings(endings)


@cache
def tasks(name: str, endings: str = "end") -> tuple[RationalTask, ...]:
    """Return the tasks of a setting in exact rationals."""
    return tuple(tasks_of(world(name, endings)))


@cache
def _relaxation(name: str, endings: str) -> Relaxation:
    return relax(tasks(name, endings))


def bound(name: str, endings: str = "end") -> Any:
    """Return the upper bound on (5) over all stationary policies."""
    return _relaxation(name, endings).bound


@cache
def own_optima(name: str) -> tuple[Any, ...]:
    """Return each task's own optimal value."""
    return tuple(optimal_value(task).value for task in tasks(name))


def policy(name: str) -> Mapping[str, Row]:
    """Return a kept policy, or the uniform one, with which training begins."""
    if name != "uniform":
        return reached_policy(name)
    uniform = tuple((a, flint.fmpq(1, 4)) for a in range(len(ACTIONS)))
    return dict.fromkeys(reached_policy("fig2a"), uniform)


@cache
def way(kept: str) -> Mapping[str, Row]:
    """Return the deterministic policy that takes a kept policy's likeliest action everywhere."""
    return {
        state: ((max(row, key=lambda x: x[1])[0], flint.fmpq(1)),)
        for state, row in policy(kept).items()
    }


@cache
def value(name: str, kept: str) -> Any:
    """Return (5) of a kept policy in a setting."""
    return sum(policy_values(tasks(name), policy(kept)), flint.fmpq(0))


@cache
def way_value(name: str, kept: str, endings: str = "end") -> Any:
    """Return (5) of a kept policy's `way` in a setting."""
    return sum(policy_values(tasks(name, endings), way(kept)), flint.fmpq(0))


def gap(name: str, kept: str, *, up: bool) -> Any:
    """Return the part of the bound that a policy misses, rounded up or down to twelve digits."""
    exact = (bound(name) - value(name, kept)) / bound(name) * 10**12
    return flint.fmpq(int(exact.ceil() if up else exact.floor()), 10**12)


def goals_on(name: str, moves: Sequence[int]) -> int:
    """Return how many tasks reach their goal if all make these moves; each stops where it ends."""
    grid, found = world(name), 0
    for number, task in enumerate(grid.tasks):
        cell, ended = grid.start_cells(number)[0], False
        for action in moves:
            cell, _, ended = grid.outcome(number, cell, action)
            if ended:
                break
        found += int(ended and cell in task.goals)
    return found


def finished(name: str, kept: str) -> list[int]:
    """Return for each task whether the likeliest way from its start ends at a goal, as 1 or 0."""
    found = []
    grid, actions = world(name), way(kept)
    for number, task in enumerate(grid.tasks):
        cell, ended = grid.start_cells(number)[0], False
        for _ in range(grid.shape[0] * grid.shape[1]):
            cell, _, ended = grid.outcome(number, cell, actions[label(cell)][0][0])
            if ended:
                break
        found.append(int(ended and cell in task.goals))
    return found


def conflicts(name: str) -> list[tuple[int, int]]:
    """Return the pairs (i, j), counted from 1, for which an obstacle of task i is a goal of task j."""
    parts = list(enumerate(setting(name).world.tasks, 1))
    return [(i, j) for i, one in parts for j, two in parts if one.obstacles & two.goals]


@cache
def optimal_ways(name: str, number: int, avoiding: Cell | None = None) -> int:
    """Return how many ways of optimal actions lead a task from its start to its end.

    Parameters
    ----------
    name : str
    number : int
        Of the task, from 0.
    avoiding : Cell, optional
        Count only the ways that do not pass this cell.
    """
    grid, task = world(name), tasks(name)[number]
    optimum = optimal_value(task)
    place = {state: s for s, state in enumerate(task.states)}

    @cache
    def count(cell: Cell) -> int:
        if cell == avoiding:
            return 0
        if cell in grid.tasks[number].goals:
            return 1
        s = place[label(cell)]
        best = [
            a for a in range(len(ACTIONS)) if task.backup(optimum.values, s, a) == optimum.values[s]
        ]
        return sum(count(grid.outcome(number, cell, a)[0]) for a in best)

    return sum(count(cell) for cell in grid.start_cells(number))


def ratios_apart(
    name: str, kept: str, state: str, pair: tuple[int, int], endings: str = "end"
) -> Any:
    """Return how far two tasks' sides of (12) are apart at a state, rounded down to six digits.

    They are d^{pi*}(s)/d^{pi}(s), with a kept way for pi* and the uniform policy for pi; tasks count
    from 1.
    """
    uniform, reference, found = policy("uniform"), way(kept), []
    for number in pair:
        task = tasks(name, endings)[number - 1]
        s = task.states.index(state)
        there, here = (
            task.visitation([rows[x] for x in task.states])[s] for rows in (reference, uniform)
        )
        found.append(there / here)
    return flint.fmpq(int((abs(found[0] - found[1]) * 10**6).floor()), 10**6)


@cache
def largest_ratio(name: str, kept: str, *, up: bool) -> Any:
    """Return the largest d^{pi*}(s)/d^{pi}(s) of all tasks and cells, rounded up or down to six digits."""
    uniform, reference, largest = policy("uniform"), way(kept), flint.fmpq(0)
    for task in tasks(name):
        there, here = (
            task.visitation([rows[x] for x in task.states]) for rows in (reference, uniform)
        )
        largest = max(largest, *(a / b for a, b in zip(there, here, strict=True) if a > 0))
    return flint.fmpq(int((largest * 10**6).ceil() if up else (largest * 10**6).floor()), 10**6)
