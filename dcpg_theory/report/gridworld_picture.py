"""The picture of a trained grid world, after Fig. 2: maps, paths, probabilities, success rates.

Drawn without pyplot, so that no global state or window system is involved.
"""

from __future__ import annotations

import textwrap
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.patheffects import withStroke

from dcpg_theory.engine.files import write_whole
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.gridworld.evaluation import Evaluation
from dcpg_theory.gridworld.worlds import Cell, GridWorld, label

__all__ = ["FORMATS", "MARK", "save_gridworld_picture"]

FORMATS = (".png", ".svg")
MARK = "dcpg_theory gridworld picture"

# Yellow, red and light green as in the paper, of clearly different lightness for grey print.
_GOAL, _OBSTACLE, _PATH, _WALL = "#F0C419", "#C0392B", "#BFE6B8", "#3A3A3A"
_DIRECTIONS = ((0, -1), (0, 1), (-1, 0), (1, 0))
_SHOWN = 0.03
"""Actions less likely than that get no arrow."""
MANY_STARTS = 8
"""More starts than that are not marked: nearly every cell would be."""


def save_gridworld_picture(
    path: Path, world: GridWorld, evaluation: Evaluation, title: str, caption: str
) -> None:
    """Draw all tasks in one grid, and each task by itself, and write it as PNG or SVG.

    Parameters
    ----------
    path : Path
    world : GridWorld
    evaluation : Evaluation
        Of the policy to show.
    title, caption : str
        The caption says what one should see; it is wrapped below the picture.

    Raises
    ------
    InvalidInput
        If the suffix is another or the file cannot be written.
    """
    figure = _figure(world, evaluation, title, caption)
    save_figure(path, figure)


def save_figure(path: Path, figure: Figure, mark: str = MARK) -> None:
    """Write a figure, whole or not at all, the same bytes for the same figure.

    Raises
    ------
    InvalidInput
        If the suffix is neither .png nor .svg or the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise InvalidInput(f"{path}: a picture must end in {' or '.join(FORMATS)}")
    metadata = {"Software": mark} if suffix == ".png" else {"Creator": mark, "Date": None}
    buffer = BytesIO()
    with rc_context({"svg.hashsalt": mark}):
        figure.savefig(buffer, format=suffix[1:], metadata=metadata)
    write_whole(path, lambda file: file.write(buffer.getbuffer()))


def _figure(world: GridWorld, evaluation: Evaluation, title: str, caption: str) -> Figure:
    n = world.n_tasks
    columns = min(3, (n + 1) // 2)
    rows = -(-n // columns)
    height = 6.4
    figure = Figure(figsize=(6.6 + 2.55 * columns, height), dpi=120)
    wrapped = textwrap.fill(caption, int(15.5 * (6.6 + 2.55 * columns)))
    handles = _legend_handles(world)
    lines = 2 if columns == 1 else 1  # of the legend, which is wider than one column of tasks
    foot = (0.36 + 0.16 * (wrapped.count("\n") + 1) + 0.22 * (lines - 1)) / height
    width = 6.6 + 2.55 * columns
    big: Any = figure.add_axes((0.25 / width, foot + 0.02, 5.3 / width, 0.92 - foot - 0.02))
    _draw_all(big, world, evaluation)
    left, gap = 5.95 / width, 0.25 / width
    step_x = (1 - left - 0.1 / width) / columns
    step_y = (0.93 - foot) / rows
    for i in range(n):
        box = (
            left + (i % columns) * step_x,
            foot + (rows - 1 - i // columns) * step_y + 0.01,
            step_x - gap,
            step_y - 0.075,
        )
        small: Any = figure.add_axes(box)
        _draw_task(small, world, evaluation, i)
    figure.text(0.25 / width, 0.965, title, fontsize=12.5, ha="left", va="center")
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0.15 / width, foot - 0.045 - 0.22 * (lines - 1) / height),
        ncols=-(-len(handles) // lines),
        frameon=False,
        fontsize=8.6 if columns > 1 else 7.2,
        handlelength=1.3,
        columnspacing=1.1,
    )
    figure.text(0.25 / width, 0.018, wrapped, fontsize=9, ha="left", va="bottom")
    return figure


def _legend_handles(world: GridWorld) -> list[Any]:
    edge: dict[str, Any] = {"edgecolor": "0.4", "linewidth": 0.6}
    handles: list[Any] = [
        Patch(facecolor=_GOAL, label="goal (white number: of that task)", **edge),
        Patch(facecolor=_OBSTACLE, label="obstacle (black number)", **edge),
        Patch(facecolor=_PATH, label="path mostly followed", **edge),
        Line2D([], [], marker="o", ls="", mfc="none", mec="0.15", label="start"),
    ]
    if any(task.walls for task in world.tasks):
        handles.append(Patch(facecolor=_WALL, label="wall", **edge))
    handles.append(
        Line2D(
            [],
            [],
            marker=r"$\rightarrow$",
            ls="",
            color="0.15",
            label="action, as long as likely (% of the likeliest)",
        )
    )
    return handles


def _draw_all(ax: Axes, world: GridWorld, evaluation: Evaluation) -> None:
    """Draw all tasks' goals and obstacles in one grid, as in Fig. 2."""
    numbers: dict[Cell, list[tuple[str, int]]] = {}
    for i, task in enumerate(world.tasks, 1):
        for kind, cells in (("goal", task.goals), ("obstacle", task.obstacles)):
            for cell in cells:
                numbers.setdefault(cell, []).append((kind, i))
    walls = frozenset.intersection(*(task.walls for task in world.tasks))
    on_path = {cell for path in evaluation.paths for cell in path}
    for cell in world.cells():
        kinds = {kind for kind, _ in numbers.get(cell, [])}
        _cell(ax, cell, _colour(cell, kinds, walls, on_path))
        if kinds == {"goal", "obstacle"}:  # both: the lower triangle is an obstacle
            row, column = cell
            corners = [(column, row + 1), (column + 1, row + 1), (column + 1, row)]
            ax.fill(*zip(*corners, strict=True), color=_OBSTACLE, lw=0)
    labelled = set(numbers)
    _arrows(ax, world, evaluation.policy, labelled | walls)
    for cell, marks in numbers.items():
        _numbers(ax, cell, marks)
    _percentages(ax, world, evaluation.policy, on_path - labelled)
    starts = {cell for i in range(world.n_tasks) for cell in world.start_cells(i)}
    for start in starts if len(starts) <= MANY_STARTS else ():
        _start(ax, start, 13)
    _finish(ax, world)


def _colour(cell: Cell, kinds: set[str], walls: frozenset[Cell], on_path: set[Cell]) -> str:
    if "goal" in kinds:
        return _GOAL
    if "obstacle" in kinds:
        return _OBSTACLE
    if cell in walls:
        return _WALL
    return _PATH if cell in on_path else "white"


def _numbers(ax: Axes, cell: Cell, marks: list[tuple[str, int]]) -> None:
    """Write the tasks' numbers: goals white with a dark outline, obstacles black."""
    row, column = cell
    goals = [str(number) for kind, number in sorted(marks) if kind == "goal"]
    obstacles = [str(number) for kind, number in sorted(marks) if kind == "obstacle"]
    both = bool(goals and obstacles)
    outline: Any = [withStroke(linewidth=2.2, foreground="0.2")]
    for numbers, x, y, colour in (
        (goals, 0.3, 0.3, "white"),
        (obstacles, 0.7, 0.73, "black"),
    ):
        if not numbers:
            continue
        size = max(6.0, (10.5 if both else 13.0) - 2.0 * (len(numbers) - 1))
        lines = [numbers] if len(numbers) < 4 else [numbers[:3], numbers[3:]]
        text = ax.text(
            column + (x if both else 0.5), row + (y if both else 0.5),
            "\n".join(" ".join(line) for line in lines), ha="center", va="center",
            fontsize=size, weight="bold", color=colour, zorder=5, linespacing=1.0,
        )  # fmt: skip
        if colour == "white":
            text.set_path_effects(outline)


def _draw_task(ax: Axes, world: GridWorld, evaluation: Evaluation, i: int) -> None:
    """Draw one task with its own path, as far as its test goes."""
    task = world.tasks[i]
    on_path = set(evaluation.paths[i])
    for cell in world.cells():
        kinds = {"goal"} if cell in task.goals else set()
        kinds |= {"obstacle"} if cell in task.obstacles else set()
        _cell(ax, cell, _colour(cell, kinds, task.walls, on_path))
    path = evaluation.paths[i]
    ys, xs = (np.array([cell[k] for cell in path]) + 0.5 for k in (0, 1))
    ax.plot(xs, ys, color="0.15", lw=1.3, solid_capstyle="round", zorder=4)
    if len(path) > 1:
        ax.annotate(
            "", (xs[-1], ys[-1]), (xs[-2], ys[-2]),
            arrowprops={"arrowstyle": "-|>", "color": "0.15", "shrinkA": 0, "shrinkB": 0},
            zorder=4,
        )  # fmt: skip
    if len(world.start_cells(i)) <= MANY_STARTS:
        for start in world.start_cells(i):
            _start(ax, start, 6)
    reached = f"success {evaluation.success[i]:.1%}"
    ax.set_title(f"task {i + 1}: {reached}", fontsize=9.5, pad=3)
    _finish(ax, world)


def _cell(ax: Axes, cell: Cell, colour: str) -> None:
    ax.add_patch(Rectangle((cell[1], cell[0]), 1, 1, facecolor=colour, edgecolor="0.6", lw=0.6))


def _start(ax: Axes, cell: Cell, size: float) -> None:
    centre = (cell[1] + 0.5, cell[0] + 0.5)
    ax.plot(*centre, marker="o", ms=size, mfc="none", mec="0.15", mew=1.2, zorder=6)


def _arrows(
    ax: Axes,
    world: GridWorld,
    policy: Array,
    skipped: set[Cell],
) -> None:
    """Draw an arrow for each action, as long as the action is likely."""
    places = {name: k for k, name in enumerate(world.problem().states)}
    for cell in world.cells():
        if cell in skipped or label(cell) not in places:
            continue
        row, column = cell
        for (dx, dy), chance in zip(_DIRECTIONS, policy[places[label(cell)]], strict=True):
            if chance < _SHOWN:
                continue
            ax.annotate(
                "",
                (column + 0.5 + dx * 0.46 * chance, row + 0.5 + dy * 0.46 * chance),
                (column + 0.5, row + 0.5),
                arrowprops={
                    "arrowstyle": "-|>,head_length=0.22,head_width=0.12",
                    "color": "0.25",
                    "lw": 0.5 + 0.8 * chance,
                    "shrinkA": 0,
                    "shrinkB": 0,
                },
                zorder=3,
            )


def _percentages(ax: Axes, world: GridWorld, policy: Array, cells: set[Cell]) -> None:
    """Write the probability of the likeliest action into the cells of the path."""
    places = {name: k for k, name in enumerate(world.problem().states)}
    for row, column in cells:
        chances = policy[places[label((row, column))]]
        chance = chances.max()
        text = f"{100 * chance:.0f}%" if chance < 0.995 else ">99%"
        down = _DIRECTIONS[int(chances.argmax())] == (0, 1)  # its arrow would meet the number
        y, align = (row + 0.06, "top") if down else (row + 0.96, "bottom")
        ax.text(column + 0.04, y, text, fontsize=5.5, ha="left", va=align, color="0.2")


def _finish(ax: Axes, world: GridWorld) -> None:
    rows, columns = world.shape
    ax.set_xlim(0, columns)
    ax.set_ylim(rows, 0)
    ax.set_aspect("equal")
    ax.set_xticks([])
    ax.set_yticks([])
