"""Heat maps of Section 4.1 on a grid: where tasks' visits mismatch, and where they pull apart."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from dcpg_theory.exact.numbers import Array
from dcpg_theory.gridworld.worlds import Cell, GridWorld, label
from dcpg_theory.report.gridworld_picture import save_figure

__all__ = ["MARK", "draw_mismatch", "save_heat_map"]

MARK = "dcpg_theory gridworld heat map"
_CAPTION = (
    "Left: of the tasks' ratios of visits (reference policy over this one) the largest over the "
    "smallest; 1 where (12) holds, crossed where the reference takes some tasks there and others "
    "not. Middle: 1 - |sum of gradients| / sum of |gradients|, 0 where all tasks pull alike and 1 "
    "where they cancel. Right: the least cosine of the angle between two tasks' gradients. White "
    "numbers are goals, black ones obstacles. Grey: fewer than two tasks have a say."
)


def save_heat_map(
    path: Path, world: GridWorld, spread: Array, conflict: Array, cosines: Array, title: str
) -> None:
    """Draw mismatch, conflict and least cosine of every cell, and write them as PNG or SVG.

    Parameters
    ----------
    path : Path
    world : GridWorld
    spread : ndarray, shape (n_states,)
        From `diagnostics.mismatch_spread`.
    conflict : ndarray, shape (n_states,)
    cosines : ndarray, shape (n_states, n_tasks, n_tasks)
        Both from `diagnostics.pulls`.
    title : str

    Raises
    ------
    InvalidInput
        If the suffix is another or the file cannot be written.
    """
    apart = ~np.eye(cosines.shape[1], dtype=bool)
    pairs = cosines[:, apart]
    known = ~np.isnan(pairs)
    least = np.where(known.any(axis=1), np.where(known, pairs, 2).min(axis=1, initial=2), np.nan)
    figure = Figure(figsize=(12.6, 4.9), dpi=110)
    axes: Any = figure.subplots(1, 3)
    figure.subplots_adjust(left=0.02, right=0.94, top=0.86, bottom=0.17, wspace=0.18)
    draw_mismatch(axes[0], world, spread)
    _panel(axes[1], world, conflict, (0, 1), "viridis_r", "conflict of the gradients")
    _panel(axes[2], world, least, (-1, 1), "cividis", "least cosine of two tasks")
    figure.text(0.02, 0.95, title, fontsize=12, ha="left", va="center")
    wrapped = textwrap.fill(_CAPTION, 205)
    figure.text(0.02, 0.02, wrapped, fontsize=8.5, ha="left", va="bottom")
    save_figure(path, figure, MARK)


def draw_mismatch(ax: Axes, world: GridWorld, spread: Array) -> None:
    """Draw the spread of the mismatch ratios, shape (n_states,), crossed where it is infinite."""
    finite = np.where(np.isinf(spread), np.nan, spread)
    top = max(1.0, float(np.log10(np.nanmax(finite, initial=10.0))))
    logs = np.log10(np.maximum(finite, 1))
    _panel(ax, world, logs, (0, top), "viridis_r", "mismatch, log10 of the spread")
    crossed = {name for name, x in zip(world.problem().states, spread, strict=True) if np.isinf(x)}
    for cell in world.cells():
        if label(cell) in crossed:
            ax.plot(cell[1] + 0.5, cell[0] + 0.5, marker="x", color="0.2", ms=6, mew=1.2)


def _panel(
    ax: Axes, world: GridWorld, values: Array, span: tuple[float, float], colours: str, name: str
) -> None:
    rows, columns = world.shape
    places = {state: k for k, state in enumerate(world.problem().states)}
    grid = np.full(world.shape, np.nan)
    for cell in world.cells():
        if label(cell) in places:
            grid[cell] = values[places[label(cell)]]
    palette = colormaps[colours].with_extremes(bad="0.85")
    image = ax.imshow(grid, extent=(0, columns, rows, 0), cmap=palette, vmin=span[0], vmax=span[1])
    _label_cells(ax, world)
    ax.set_title(name, fontsize=10)
    ax.set_xticks([])
    ax.set_yticks([])
    figure: Any = ax.figure
    figure.colorbar(image, ax=ax, fraction=0.046, pad=0.03)


def _label_cells(ax: Axes, world: GridWorld) -> None:
    """Write the numbers of goals (white) and obstacles (black), side by side where both stand."""
    goals: dict[Cell, list[str]] = {}
    obstacles: dict[Cell, list[str]] = {}
    for i, task in enumerate(world.tasks, 1):
        for marked, cells in ((goals, task.goals), (obstacles, task.obstacles)):
            for cell in cells:
                marked.setdefault(cell, []).append(str(i))
    for marked, other, shift, colour in (
        (goals, obstacles, -0.25, "white"),
        (obstacles, goals, 0.25, "black"),
    ):
        for (row, column), numbers in marked.items():
            x = column + 0.5 + (shift if (row, column) in other else 0.0)
            text = ax.text(
                x, row + 0.5, " ".join(numbers), ha="center", va="center", color=colour,
                fontsize=7.5, weight="bold",
            )  # fmt: skip
            outline: Any = [
                withStroke(linewidth=1.8, foreground="0.2" if marked is goals else "0.9")
            ]
            text.set_path_effects(outline)
