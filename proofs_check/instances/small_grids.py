"""Grids of cells with goals and obstacles, as Section 5.1 describes them, and chains about two of them.

Cells count row by row from the top left corner. Whether reaching a goal or an obstacle ends the
episode is not said for the training; `ends` decides it, and an ended episode stays where it ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dcpg_theory.exact.chains import Chain, Line, Link, Multiple
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.models.finite_mdp import FiniteMDP
from proofs_check.chains.mdp_operators import (
    BASE,
    P,
    Policy,
    equal,
    hypothesis,
    less,
    link,
    r,
    state_ones,
)
from proofs_check.symbols import OWN, own

__all__ = [
    "DOWN",
    "LEFT",
    "RIGHT",
    "UP",
    "at_most_one_goal",
    "grid",
    "opposite_tasks_cancel",
    "same_visits",
    "towards",
]

_BASE = tuple(line for line in BASE if line.name != "B>=0")  # copying is monotone: not needed
UP, DOWN, LEFT, RIGHT = range(4)
_STEPS = {UP: (-1, 0), DOWN: (1, 0), LEFT: (0, -1), RIGHT: (0, 1)}


def grid(
    shape: tuple[int, int],
    goals: Sequence[int],
    obstacles: Sequence[int],
    discount: Any,
    start: Sequence[Any],
    *,
    ends: bool,
) -> FiniteMDP:
    """Return the task: +1 for a step to a goal, -1 for one to an obstacle; walls hold the agent."""
    rows, columns = shape
    cells = rows * columns
    transitions = np.zeros((cells, 4, cells), dtype=np.int64)
    rewards = np.zeros((cells, 4), dtype=np.int64)
    for cell in range(cells):
        for action, (down, right) in _STEPS.items():
            row = min(max(cell // columns + down, 0), rows - 1)
            column = min(max(cell % columns + right, 0), columns - 1)
            ended = ends and cell in (*goals, *obstacles)
            there = cell if ended else row * columns + column
            transitions[cell, action, there] = 1
            if not ended:
                rewards[cell, action] = (there in goals) - (there in obstacles)
    return FiniteMDP(transitions, rewards, discount, list(start))


def towards(*actions: int) -> Any:
    """Return the deterministic policy that takes these actions, one for each cell."""
    return np.eye(4, dtype=np.int64)[list(actions)]


def _chain(title: str, *lines: Line) -> Chain:
    last = lines[-1]
    if not isinstance(last, Link):
        raise TypeError("a chain ends with a link")
    return Chain(title, OWN, tuple(lines), last.fact)


def same_visits() -> Chain:
    """d_i = d_j for two tasks with one kernel, one discount and one start."""
    policy = Policy("")
    start = Operator.of(Atom("rho", SCALARS, "S"))
    one, two = (Operator.of(Atom(f"d_{k}", SCALARS, "S")) for k in "ij")
    visits = [
        hypothesis(
            f"visits {k}",
            equal(d, start.scaled(1 - own) + (d @ policy.kernel).scaled(own)),
            f"d_{k} is the discounted visitation from rho; kernel, discount and rho are common",
        )
        for k, d in (("i", one), ("j", two))
    ]
    last = link(
        "d_i=d_j",
        equal(one, two),
        [
            Multiple("visits i", None, policy.resolvent),
            Multiple("visits j", -unit(SCALARS), policy.resolvent),
            Multiple("resolvent/right", two - one),
        ],
        "both are (1 - gamma) rho (I - gamma Pi P)^{-1}",
    )
    lines = (*_BASE, *policy.is_policy(), *policy.resolved(), *visits, last)
    return _chain("tasks with common dynamics visit alike", *lines)


def at_most_one_goal() -> Chain:
    """h_2 + h_3 <= 1, where h_k = (1 - gamma) M e_k and both cells end the walk.

    (1 - gamma) sum_n gamma^n P(X_n = k) is E gamma^T for the time T at which cell k ends the walk;
    as gamma -> 1 it is the probability that k is reached before the other cell.
    """
    policy = Policy("")
    cells = [Operator.of(Atom(f"e_{k}", "S", SCALARS)) for k in "23"]
    hits = [(policy.resolvent @ cell).scaled(1 - own) for cell in cells]
    last = link(
        "h2+h3<=1",
        less(hits[0] + hits[1], state_ones),
        [
            Multiple("two cells", policy.resolvent.scaled(1 - own)),
            Multiple("resolvent/left", unit("S"), state_ones),
            Multiple("PiP1=1", policy.resolvent.scaled(own)),
        ],
        "(1 - gamma) M (e_2 + e_3) <= (1 - gamma) M 1 = 1",
    )
    distinct = hypothesis(
        "two cells", less(cells[0] + cells[1], state_ones), "the two goals are different cells"
    )
    lines = (*_BASE, *policy.is_policy(), *policy.resolved(), distinct, last)
    return _chain("of two cells at most one is reached first", *lines)


def opposite_tasks_cancel() -> Chain:
    """V_2 + V_3 <= 0 for every policy, if r_3 <= -r_2 and the dynamics are common."""
    policy = Policy("")
    other = Operator.of(Atom("r_3", "SA", SCALARS))
    one, two = (Operator.of(Atom(f"V_{k}", "S", SCALARS)) for k in "23")
    solved = [
        hypothesis(
            f"bellman {k}",
            equal(v, policy.averages @ (reward + (P @ v).scaled(own))),
            f"V_{k} satisfies the Bellman equation of environment {k}",
        )
        for k, v, reward in (("2", one, r), ("3", two, other))
    ]
    last = link(
        "V2+V3<=0",
        less(one + two, Operator.zero("S", SCALARS)),
        [
            Multiple("bellman 2", policy.resolvent),
            Multiple("bellman 3", policy.resolvent),
            Multiple("resolvent/left", -unit("S"), one + two),
            Multiple("opposite", policy.resolvent @ policy.averages),
        ],
        "V_2 + V_3 = M Pi (r_2 + r_3) <= 0",
    )
    opposite = hypothesis(
        "opposite",
        less(other, -r),
        "each environment's goal is an obstacle of the other one, and nothing else is rewarded",
    )
    lines = (*_BASE, *policy.is_policy(), *policy.resolved(), opposite, *solved, last)
    return _chain("opposite tasks cancel", *lines)
