"""A flight as a picture: what the drone saw, which action it chose, and the depth windows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dcpg_theory.drone.simulator import FIELD_OF_VIEW, Frame, Pose
from dcpg_theory.drone.task import depth_windows, normalized_depth, turn
from dcpg_theory.report.drone_figures import save_figure

__all__ = ["Shot", "save_filmstrip", "spread_out"]

_PER_ROW = 6
_MOST = 18


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """One step of a flight.

    Attributes
    ----------
    number : int
        Of the step, from 0.
    frame : Frame
        What was seen.
    action : int or None
        What was chosen; None after the last step.
    pose : Pose
    distance : float
        Flown so far, in metres.
    """

    number: int
    frame: Frame
    action: int | None
    pose: Pose
    distance: float


def spread_out(shots: Sequence[Shot], most: int = _MOST) -> list[Shot]:
    """Return at most so many shots: the first, the last, and evenly some between them."""
    if len(shots) <= most:
        return list(shots)
    places = np.unique(np.linspace(0, len(shots) - 1, most).round().astype(int))
    return [shots[place] for place in places]


def save_filmstrip(path: Path, shots: Sequence[Shot], title: str, ending: str) -> None:
    """Draw a flight and write it as PNG or SVG.

    Parameters
    ----------
    path : Path
    shots : sequence of Shot
        All of them; some are shown.
    title : str
    ending : str
        How the flight ended, in words.
    """
    shown = spread_out(shots)
    rows = math.ceil(len(shown) / _PER_ROW)
    figure = Figure(figsize=(12, 1.2 + 3.7 * rows + 3.0), dpi=90, layout="constrained")
    grid = figure.add_gridspec(2 * rows + 1, _PER_ROW, height_ratios=[1.0] * (2 * rows) + [1.8])
    for k, shot in enumerate(shown):
        row, column = divmod(k, _PER_ROW)
        _draw_colour(figure.add_subplot(grid[2 * row, column]), shot)
        _draw_depth(figure.add_subplot(grid[2 * row + 1, column]), shot)
    _draw_path(figure.add_subplot(grid[-1, :]), shots)
    caption = (
        f"{ending} Upper pictures: what the policy sees; the cross is the middle of the view, the "
        "arrow the turn it chose. Lower pictures: depth, dark is near, white from 19.6 m; boxes: "
        "the left, centre and right window, of which the centre's nearest twentieth is the reward. "
        "Below: the path from above; dots: the pictures."
    )
    save_figure(path, figure, title, caption)


def _draw_colour(ax: Axes, shot: Shot) -> None:
    ax.imshow(shot.frame.rgb, interpolation="nearest")
    height, width = shot.frame.depth.shape
    middle = (width / 2 - 0.5, height / 2 - 0.5)
    ax.plot(*middle, "+", color="white", ms=6, mew=1.5)
    words = f"step {shot.number}, {shot.distance:.1f} m"
    if shot.action is not None:
        pitch, yaw = turn(shot.action)
        across, up = (
            math.tan(angle) / math.tan(math.radians(view / 2))
            for angle, view in zip((yaw, pitch), FIELD_OF_VIEW, strict=True)
        )
        tip = (middle[0] + across * width / 2, middle[1] + up * height / 2)
        ax.annotate(
            "", tip, middle, arrowprops={"arrowstyle": "-|>", "color": "#F0E442", "lw": 1.8}
        )
        words += f", action {shot.action}"
    ax.set_title(words, fontsize=8)
    ax.set_axis_off()


def _draw_depth(ax: Axes, shot: Shot) -> None:
    depth = normalized_depth(shot.frame.depth)
    ax.imshow(depth, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    windows = depth_windows(depth)
    top, bottom = windows.rows
    parts = (
        (windows.columns[0], windows.columns[1], windows.left, "#56B4E9"),
        (windows.columns[1], windows.columns[2], windows.centre, "#D55E00"),
        (windows.columns[2], windows.columns[3], windows.right, "#56B4E9"),
    )
    for start, end, _, colour in parts:
        if end > start:
            corner = (start - 0.5, top - 0.5)
            ax.add_patch(
                Rectangle(corner, end - start, bottom - top, fill=False, ec=colour, lw=1.5)
            )
    ax.set_title(" | ".join(f"{value:.2f}" for _, _, value, _ in parts), fontsize=8, color="0.25")
    ax.set_axis_off()


def _draw_path(ax: Axes, shots: Sequence[Shot]) -> None:
    """Draw the path from above: y to the right, x up, as the drone at yaw 0 would have it."""
    across = [shot.pose.y for shot in shots]
    ahead = [shot.pose.x for shot in shots]
    ax.plot(across, ahead, color="#0072B2", lw=1.5)
    places = spread_out(shots)
    ax.plot(
        [shot.pose.y for shot in places], [shot.pose.x for shot in places], ".", color="#0072B2"
    )
    ax.plot(across[0], ahead[0], "o", color="#009E73", ms=8, label="start")
    ax.plot(across[-1], ahead[-1], "X", color="#D55E00", ms=8, label="end")
    ax.set_aspect("equal", adjustable="datalim")
    ax.set_xlabel("y in m (right)")
    ax.set_ylabel("x in m (ahead)")
    ax.grid(visible=True, color="0.9", lw=0.6)
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, fontsize=9)
