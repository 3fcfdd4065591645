"""Policies that Algorithm 1 reached in the settings of Fig. 2, kept as exact rationals.

They stand in ``fig2/*.policy``, one cell a line with the probabilities of up, down, left and right
in units of 2^-40, so that what they are worth can be checked without training again. They are made
by `policy_text` from `train_exactly`, and a test trains again and compares.

====================  =====================================================================
``fig2a`` - ``fig2e``  `settings.exact_steps` from the uniform policy
``fig2d-longer``      300 000 iterations with the constant step size 10
``fig2d-exploring``   as fig2d, with gradients that start anywhere (`experiments.exploring`)
====================  =====================================================================

``fig2/seeds.txt`` keeps where Monte Carlo training ends over many seeds: of each run the likeliest
path, as letters of its moves. It is made by `seed_text` from `experiments.seed_run`, and a test
trains some of the seeds again and compares.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import flint

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.gridworld.optimum import rounded_policy
from dcpg_theory.gridworld.rational_tasks import Row
from dcpg_theory.gridworld.settings import setting
from dcpg_theory.gridworld.worlds import ACTIONS, END, label

__all__ = ["WITNESSES", "SeedRun", "policy_text", "reached_policy", "seed_runs", "seed_text"]

BITS = 40
WITNESSES = ("fig2a", "fig2b", "fig2c", "fig2d", "fig2d-exploring", "fig2d-longer", "fig2e")


@cache
def reached_policy(name: str) -> dict[str, Row]:
    """Return a kept policy, by label of the state; after the end it is uniform.

    Raises
    ------
    InvalidInput
        If there is none of that name.
    """
    if name not in WITNESSES:
        raise InvalidInput(f"unknown policy {name!r}, kept are {', '.join(WITNESSES)}")
    text = files(__package__).joinpath("fig2", f"{name}.policy").read_text(encoding="utf-8")
    policy: dict[str, Row] = {END: tuple((a, flint.fmpq(1, 4)) for a in range(len(ACTIONS)))}
    for line in text.splitlines():
        state, *counts = line.split()
        policy[state] = tuple(
            (a, flint.fmpq(int(n), 2**BITS)) for a, n in enumerate(counts) if n != "0"
        )
    return policy


def policy_text(name: str, policy: Array) -> str:
    """Return a policy of floats as the text of a kept one.

    Parameters
    ----------
    name : str
        The setting whose states it is for.
    policy : ndarray, shape (n_states, n_actions)
    """
    world = setting(name).world
    rows = dict(zip(world.problem().states, rounded_policy(policy, BITS), strict=True))
    lines = []
    for cell in world.cells():
        chances: dict[int, Any] = dict(rows[label(cell)])
        counts = [int((chances.get(a, flint.fmpq(0)) * 2**BITS).p) for a in range(len(ACTIONS))]
        lines.append(" ".join([label(cell), *map(str, counts)]))
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class SeedRun:
    """The end of one Monte Carlo training with `experiments.train_by_episodes`.

    Attributes
    ----------
    name : str
        The setting.
    seed : int
    spread : float
        The standard deviation of the first parameters, drawn with the seed ``(seed, 1)``.
    moves : tuple of int
        The actions of the likeliest path, as far as the task that goes farthest.
    """

    name: str
    seed: int
    spread: float
    moves: tuple[int, ...]


_LETTERS = "UDLR"


@cache
def seed_runs() -> tuple[SeedRun, ...]:
    """Return the kept runs over many seeds."""
    text = files(__package__).joinpath("fig2", "seeds.txt").read_text(encoding="utf-8")
    runs = []
    for line in text.splitlines():
        name, seed, spread, *moves = line.split()
        actions = tuple(_LETTERS.index(letter) for letter in "".join(moves))
        runs.append(SeedRun(name, int(seed), float(spread), actions))
    return tuple(runs)


def seed_text(runs: Iterable[SeedRun]) -> str:
    """Return runs as the text of kept ones."""
    lines = [
        f"{run.name} {run.seed} {run.spread:g} {''.join(_LETTERS[a] for a in run.moves)}".rstrip()
        for run in runs
    ]
    return "\n".join(lines) + "\n"
