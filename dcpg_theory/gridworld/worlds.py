"""Grid worlds of several tasks: one definition from which the models and the simulators are made.

An agent moves up, down, left or right; the edge of the grid and walls hold it where it is. Reaching
a goal pays +1, getting into an obstacle -1, everything else 0 (Section 5.1). Whether that ends an
episode is not said there for the training, and much depends on it:

================  =============================================================================
``end``           the episode is over; the model has one more state for that, ``end``
``absorb``        the agent stays in the cell for ever, and nothing more is paid
``walk-through``  nothing happens: the agent goes on, and may collect the reward again
================  =============================================================================

Only with ``walk-through`` do tasks that differ in their goals and obstacles share their
transitions, which is what Section 5.1 says of them; only with the other two does a policy that
collects the sum of all tasks' rewards visit one goal after another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.gymnasium_tables import END
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["ACTIONS", "END", "Cell", "Endings", "GridTask", "GridWorld", "label"]

Cell = tuple[int, int]
"""Row and column, counted from 0 at the top left."""

ACTIONS = ("up", "down", "left", "right")
STEPS = ((-1, 0), (1, 0), (0, -1), (0, 1))


class Endings(StrEnum):
    """What happens at a goal or an obstacle."""

    END = "end"
    ABSORB = "absorb"
    WALK_THROUGH = "walk-through"


def label(cell: Cell) -> str:
    """Return the label of a cell's state: ``r1c3`` is the third cell of the first row."""
    return f"r{cell[0] + 1}c{cell[1] + 1}"


@dataclass(frozen=True, slots=True)
class GridTask:
    """What is special to one task.

    Attributes
    ----------
    goals, obstacles, walls : frozenset of Cell
        Disjoint.
    starts : tuple of Cell
        Episodes start in one of them, each with the same probability; if empty, in any cell that is
        no goal, obstacle or wall.
    """

    goals: frozenset[Cell] = frozenset()
    obstacles: frozenset[Cell] = frozenset()
    walls: frozenset[Cell] = frozenset()
    starts: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class GridWorld:
    """Several tasks on grids of one shape.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns, at least 1.
    tasks : tuple of GridTask
        At least one.
    discount : Fraction
        The same for all tasks, in (0, 1).
    endings : Endings

    Raises
    ------
    InvalidInput
        If a cell lies outside the grid or has two meanings, a task has nowhere to start, or the
        discount is out of range.

    Examples
    --------
    >>> world = GridWorld((1, 3), (GridTask(goals=frozenset({(0, 2)}), starts=((0, 0),)),))
    >>> world.outcome(0, (0, 1), 3)
    ((0, 2), 1, True)
    >>> world.problem()
    MultiTaskProblem(1 tasks, 4 states, 4 actions, float64)
    """

    shape: tuple[int, int]
    tasks: tuple[GridTask, ...]
    discount: Fraction = Fraction(19, 20)
    endings: Endings = Endings.END
    _walls: tuple[frozenset[Cell], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if min(self.shape) < 1 or not self.tasks:
            raise InvalidInput(
                f"a grid world needs at least one cell and one task; shape={self.shape}, "
                f"{len(self.tasks)} tasks"
            )
        if not 0 < self.discount < 1:
            raise InvalidInput(f"discount={self.discount} must lie in the open interval (0, 1)")
        object.__setattr__(self, "endings", Endings(self.endings))
        object.__setattr__(self, "_walls", tuple(task.walls for task in self.tasks))
        for number, task in enumerate(self.tasks, 1):
            _check_task(number, task, self.shape)
            if not any(True for _ in self.start_cells(number - 1)):
                raise InvalidInput(f"task {number} has no cell to start in")

    @property
    def n_tasks(self) -> int:
        """The number of tasks."""
        return len(self.tasks)

    def cells(self) -> Iterator[Cell]:
        """Yield all cells, row by row."""
        rows, columns = self.shape
        return ((row, column) for row in range(rows) for column in range(columns))

    def free_cells(self, task: int) -> list[Cell]:
        """Return the cells of a task that are no walls, row by row."""
        return [cell for cell in self.cells() if cell not in self._walls[task]]

    def start_cells(self, task: int) -> tuple[Cell, ...]:
        """Return the cells a task starts in, each with the same probability."""
        here = self.tasks[task]
        taken = here.goals | here.obstacles
        return here.starts or tuple(c for c in self.free_cells(task) if c not in taken)

    def outcome(self, task: int, cell: Cell, action: int) -> tuple[Cell, int, bool]:
        """Return the next cell, the reward, and whether the episode is over there.

        Parameters
        ----------
        task : int
            Counted from 0.
        cell : Cell
            No wall.
        action : int
            A place in `ACTIONS`.
        """
        here = self.tasks[task]
        ending = here.goals | here.obstacles
        if self.endings is not Endings.WALK_THROUGH and cell in ending:
            return cell, 0, True
        down, right = STEPS[action]
        after = cell[0] + down, cell[1] + right
        inside = 0 <= after[0] < self.shape[0] and 0 <= after[1] < self.shape[1]
        if not inside or after in here.walls:
            after = cell
        reward = (after in here.goals) - (after in here.obstacles)
        return after, reward, self.endings is Endings.END and after in ending

    def states(self, task: int) -> tuple[str, ...]:
        """Return the labels of a task's states: its cells, and ``end`` if episodes end."""
        labels = tuple(label(cell) for cell in self.free_cells(task))
        return (*labels, END) if self.endings is Endings.END else labels

    def task(self, number: int, *, exact: bool = False) -> FiniteMDP:
        """Return one task as a process, sparse in float64 or dense in exact rationals.

        Parameters
        ----------
        number : int
            Counted from 0.
        exact : bool
        """
        from scipy.sparse import csr_array

        cells, states = self.free_cells(number), self.states(number)
        place = {cell: k for k, cell in enumerate(cells)}
        here = self.tasks[number]
        ending = here.goals | here.obstacles if self.endings is Endings.END else frozenset()
        after = np.full((len(states), len(ACTIONS)), len(states) - 1)
        rewards = np.zeros((len(states), len(ACTIONS)), dtype=np.int64)
        for cell, k in place.items():
            if cell in ending:
                continue  # to the state after the end, without reward
            for action in range(len(ACTIONS)):
                there, rewards[k, action], _ = self.outcome(number, cell, action)
                after[k, action] = place[there]
        start: Any = [Fraction(0)] * len(states)
        for cell in self.start_cells(number):
            start[place[cell]] += Fraction(1, len(self.start_cells(number)))
        if exact:
            dense = np.zeros((*after.shape, len(states)), dtype=np.int64)
            np.put_along_axis(dense, after[..., None], 1, axis=2)
            return FiniteMDP(dense, rewards, self.discount, start, states)
        pairs = np.arange(after.size)
        sparse = csr_array((np.ones(after.size), (pairs, after.ravel())), (after.size, len(states)))
        floats = [float(chance) for chance in start]
        return FiniteMDP(sparse, rewards.astype(float), float(self.discount), floats, states)

    def problem(self, *, exact: bool = False) -> MultiTaskProblem:
        """Return the tasks as one problem, sparse in float64 or dense in exact rationals."""
        return MultiTaskProblem([self.task(i, exact=exact) for i in range(self.n_tasks)])

    def with_endings(self, endings: Endings | str) -> GridWorld:
        """Return the same maps with other rules at goals and obstacles.

        Raises
        ------
        InvalidInput
            If there is no such rule.
        """
        try:
            return replace(self, endings=Endings(endings))
        except ValueError:
            known = ", ".join(Endings)
            raise InvalidInput(f"endings={endings!r} must be one of {known}") from None

    def with_discount(self, discount: Fraction) -> GridWorld:
        """Return the same maps with another discount."""
        return replace(self, discount=discount)

    def with_starts(self, starts: Iterable[Cell]) -> GridWorld:
        """Return the same maps with all tasks starting in one of these cells."""
        cells = tuple(starts)
        return replace(self, tasks=tuple(replace(task, starts=cells) for task in self.tasks))


def _check_task(number: int, task: GridTask, shape: tuple[int, int]) -> None:
    kinds = {"goal": task.goals, "obstacle": task.obstacles, "wall": task.walls}
    meaning: dict[Cell, str] = {}
    for kind, cells in (*kinds.items(), ("start", frozenset(task.starts))):
        for row, column in sorted(cells):
            where = f"task {number}, row {row + 1}, column {column + 1}"
            if not (0 <= row < shape[0] and 0 <= column < shape[1]):
                raise InvalidInput(
                    f"{where}: {kind} outside the grid of {shape[0]} x {shape[1]} cells"
                )
            if (row, column) in meaning:
                raise InvalidInput(f"{where}: the cell is both {meaning[row, column]} and {kind}")
            meaning[row, column] = kind
