"""Each task of a grid world as a Gymnasium environment.

Importing this module registers ``dcpg_theory/GridWorld-v0``, which takes the keyword arguments of
`GridWorldEnv`, and for each setting of Fig. 2 and each task an id like
``dcpg_theory/Fig2a-Task1-v0``. Gymnasium imports it by itself for an id with the module in front:

>>> import gymnasium
>>> name = "dcpg_theory.gridworld.environments:dcpg_theory/Fig2a-Task1-v0"
>>> env = gymnasium.make(name)
>>> env.reset(seed=0)[0]
0
"""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Discrete

from dcpg_theory.errors import InvalidInput
from dcpg_theory.gridworld.settings import SETTINGS, setting
from dcpg_theory.gridworld.worlds import ACTIONS, Cell, GridWorld, label

__all__ = ["GridWorldEnv", "register_environments"]

MAX_STEPS = 200
"""After so many steps the registered environments are truncated; the models know no such end."""


class GridWorldEnv(gymnasium.Env[Any, Any]):
    """One task of a grid world.

    Observations are cells, counted row by row from 0 (walls have a number too, and are never
    visited); actions are up, down, left, right. ``terminated`` is true where the world's `Endings`
    end an episode.

    Parameters
    ----------
    world : GridWorld or str
        Or the name of a setting, such as ``fig2a``.
    task : int
        Counted from 0.
    render_mode : {"ansi"}, optional

    Raises
    ------
    InvalidInput
        If there is no such setting, task or render mode.
    """

    metadata: dict[str, Any] = {"render_modes": ["ansi"], "render_fps": 4}  # noqa: RUF012 - theirs

    def __init__(
        self, world: GridWorld | str = "fig2a", task: int = 0, render_mode: str | None = None
    ) -> None:
        self.world = setting(world).world if isinstance(world, str) else world
        if not 0 <= task < self.world.n_tasks:
            raise InvalidInput(f"task={task} must lie in 0, ..., {self.world.n_tasks - 1}")
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise InvalidInput(f"render_mode={render_mode!r} must be 'ansi' or None")
        self.task, self.render_mode = task, render_mode
        rows, columns = self.world.shape
        self.observation_space = Discrete(rows * columns)
        self.action_space = Discrete(len(ACTIONS))
        self.cell: Cell = self.world.start_cells(task)[0]

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Start an episode in one of the task's start cells."""
        super().reset(seed=seed)
        starts = self.world.start_cells(self.task)
        self.cell = starts[int(self.np_random.integers(len(starts)))]
        return self._observation(), {"label": label(self.cell)}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Move; the fourth value, truncated, is always false here."""
        if not self.action_space.contains(action):
            raise InvalidInput(f"action={action!r} must be one of 0, ..., {len(ACTIONS) - 1}")
        self.cell, reward, ended = self.world.outcome(self.task, self.cell, int(action))
        return self._observation(), float(reward), ended, False, {"label": label(self.cell)}

    def render(self) -> str | None:
        """Return the grid as text, the agent as ``A``; nothing without a render mode."""
        if self.render_mode is None:
            return None
        task = self.world.tasks[self.task]
        shown = dict.fromkeys(self.world.cells(), ".")
        for mark, cells in (("G", task.goals), ("X", task.obstacles), ("#", task.walls)):
            shown |= dict.fromkeys(cells, mark)
        shown[self.cell] = "A"
        rows, columns = self.world.shape
        return "\n".join("".join(shown[r, c] for c in range(columns)) for r in range(rows))

    def _observation(self) -> int:
        return int(np.int64(self.cell[0] * self.world.shape[1] + self.cell[1]))


def register_environments() -> None:
    """Register the ids, if they are not registered yet."""
    here = f"{__name__}:GridWorldEnv"
    ids: dict[str, dict[str, Any]] = {"dcpg_theory/GridWorld-v0": {}}
    for name in SETTINGS:
        for task in range(setting(name).world.n_tasks):
            ids[f"dcpg_theory/{name.capitalize()}-Task{task + 1}-v0"] = {
                "world": name,
                "task": task,
            }
    for id, arguments in ids.items():
        if id not in gymnasium.registry:
            gymnasium.register(id, here, kwargs=arguments, max_episode_steps=MAX_STEPS)


register_environments()
