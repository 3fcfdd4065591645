"""The five settings of Fig. 2, as this package reconstructs them.

The figure's positions of goals and obstacles are not in the text, so the maps in ``fig2/`` are
ours: they meet the description of each setting, and the ledger checks that they do. All agents of
(a) to (d) start in the top left corner, those of (e) in the top right one; goals and obstacles end
an episode, since otherwise no policy of (a) would visit all goals (see `worlds`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.gridworld.maps import parse_map
from dcpg_theory.gridworld.worlds import GridWorld

__all__ = ["SETTINGS", "Setting", "exact_steps", "setting"]

SETTINGS = {
    "fig2a": "four tasks without conflict",
    "fig2b": "four tasks with a conflict that can be solved",
    "fig2c": "four tasks with a conflict that cannot be solved",
    "fig2d": "six tasks, all started in the top left corner",
    "fig2e": "the same six tasks, all started in the top right corner",
}

CONSTANT, GROWING, GROWTH = 5000, 1600, 1.01


@dataclass(frozen=True, slots=True)
class Setting:
    """A named grid world.

    Attributes
    ----------
    name, title : str
    world : GridWorld
    """

    name: str
    title: str
    world: GridWorld


@cache
def setting(name: str) -> Setting:
    """Return a setting of Fig. 2.

    Raises
    ------
    InvalidInput
        If there is none of that name.

    Examples
    --------
    >>> setting("fig2c").world.n_tasks
    4
    """
    if name not in SETTINGS:
        raise InvalidInput(f"unknown setting {name!r}, known are {', '.join(SETTINGS)}")
    text = files(__package__).joinpath("fig2", f"{name}.txt").read_text(encoding="utf-8")
    return Setting(name, SETTINGS[name], parse_map(text))


def exact_steps() -> Array:
    """Return the step sizes of training with exact gradients, shape (6600,).

    They are 1 for 5000 iterations, in which the agents find their way, and then grow by a hundredth
    each, because the distance to a deterministic optimum falls only like one over the sum of the
    steps. Growing from the start, they would decide fig2c before the tasks' pulls have cancelled.
    """
    return np.concatenate([np.ones(CONSTANT), GROWTH ** np.arange(GROWING)])
