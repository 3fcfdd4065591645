"""The plot of a run: objective, policy at one state, and consensus error against the iteration.

Drawn without pyplot, so that no global state or window system is involved.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter

from dcpg_theory.engine.files import write_whole
from dcpg_theory.engine.trace import Trace
from dcpg_theory.errors import InvalidInput

__all__ = [
    "FORMATS",
    "LOOKS",
    "MARK",
    "RunPlot",
    "draw_consensus",
    "draw_line",
    "draw_objective",
    "draw_policy",
    "finish",
    "save_run_plot",
]

FORMATS = (".png", ".svg")
MARK = "dcpg_theory run plot"
"""Stands in the metadata of every plot, by which a program can know it as ours."""

# Okabe and Ito's colours, which the colour-blind can tell apart, in an order of rising lightness;
# line styles differ too, for grey print.
_COLOURS = ("#000000", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
_LINEAR = 20
_NOTE = " (logarithmic from 1 on)"
LOOKS = tuple(zip(_COLOURS, _STYLES, strict=True))
_MEAN, *_AGENTS = LOOKS


@dataclass(frozen=True, slots=True)
class RunPlot:
    """What a plot says besides its curves.

    Attributes
    ----------
    title : str
    caption : str
        What one should see; wrapped below the plot.
    state : str
        The label of the recorded state that is shown, the first of the trace's.
    actions : sequence of str
        The actions' names.
    optimum : float or None
        The greatest objective there is, if it is known: a reference line.
    optimum_label : str
        For the legend; may hold mathtext.
    """

    title: str
    caption: str
    state: str
    actions: Sequence[str]
    optimum: float | None = None
    optimum_label: str = "optimum"


def save_run_plot(path: Path, trace: Trace, plot: RunPlot) -> None:
    """Draw a run and write it as PNG or SVG, by the path's suffix.

    The same run makes the same PNG, byte for byte, with the same matplotlib.

    Parameters
    ----------
    path : Path
    trace : Trace
        With all the quantities of a default `Record`, and at least one state.
    plot : RunPlot

    Raises
    ------
    InvalidInput
        If the suffix is another or the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise InvalidInput(f"{path}: a plot must end in {' or '.join(FORMATS)}")
    figure = _figure(trace, plot)
    metadata = {"Software": MARK} if suffix == ".png" else {"Creator": MARK, "Date": None}
    buffer = BytesIO()
    with rc_context({"svg.hashsalt": MARK}):  # ids in an SVG are random otherwise
        figure.savefig(buffer, format=suffix[1:], metadata=metadata)
    write_whole(path, lambda file: file.write(buffer.getbuffer()))


def _figure(trace: Trace, plot: RunPlot) -> Figure:
    caption = textwrap.fill(plot.caption, 108)
    foot = 0.035 + 0.02 * (caption.count("\n") + 1)
    engine = ConstrainedLayoutEngine(rect=(0, foot, 1, 0.955 - foot), h_pad=0.06)
    figure = Figure(figsize=(7.6, 7.2), dpi=100, layout=engine)
    figure.text(0.02, 0.975, plot.title, fontsize=12, ha="left", va="center")
    axes: Any = figure.subplots(3, 1, sharex=True)
    draw_objective(axes[0], trace, plot)
    draw_policy(axes[1], trace, plot)
    draw_consensus(axes[2], trace)
    for ax in axes:
        finish(ax, trace.iterations)
        ax.label_outer()
    figure.text(0.02, 0.01, caption, fontsize=8.5, ha="left", va="bottom")
    return figure


def draw_objective(ax: Axes, trace: Trace, plot: RunPlot) -> None:
    """Draw the objective of the mean parameters and of the agents' own, and the optimum."""
    k, recorded = trace.recorded["iteration"], trace.recorded
    draw_line(ax, k, recorded["objective"], _MEAN, "mean parameters", width=2)
    draw_line(ax, k, recorded["own_objective"], _AGENTS[0], "each agent's own")
    if plot.optimum is not None:
        ax.axhline(plot.optimum, color="0.45", lw=1, ls=(0, (2, 3)), label=plot.optimum_label)
    ax.set_ylabel("objective\n(discounted reward)")


def draw_policy(ax: Axes, trace: Trace, plot: RunPlot) -> None:
    """Draw the policies at the first recorded state."""
    k, own, mean = (trace.recorded[name] for name in ("iteration", "policy", "mean_policy"))
    n_tasks, n_actions = own.shape[1], own.shape[3]
    if n_actions == 2:
        draw_line(ax, k, mean[:, 0, 0], _MEAN, "mean parameters", width=2)
        many = n_tasks > len(_AGENTS)
        for i in range(n_tasks):
            look = ("0.55", "-") if many else _AGENTS[i]
            label = f"agent {i + 1}" if not many else "each agent" if i == 0 else None
            draw_line(ax, k, own[:, i, 0, 0], look, label, width=0.8 if many else 1.4)
        ax.set_ylabel(f"probability of {plot.actions[0]}\nat {plot.state}")
    else:
        looks = [_MEAN, *_AGENTS]
        for a in range(n_actions):
            look = looks[a % len(looks)]
            draw_line(ax, k, mean[:, 0, a], look, f"action {plot.actions[a]}", width=1.6)
        ax.set_ylabel(f"probability at {plot.state}\n(mean parameters)")
    ax.set_ylim(-0.05, 1.05)


def draw_consensus(ax: Axes, trace: Trace) -> None:
    """Draw the consensus error, on a logarithmic axis where there is any."""
    error = trace.recorded["consensus_error"]
    label = r"$(\sum_i \|\theta_i - \bar\theta\|^2)^{1/2}$"
    positive = error > 0
    shown = np.where(positive, error, np.nan) if positive.any() else error
    draw_line(ax, trace.recorded["iteration"], shown, _MEAN, label, width=2)
    if positive.any():
        ax.set_yscale("log")
        low, high = error[positive].min(), error.max()
        ax.set_ylim(min(low / 2, high / 20), high * 2)
    ax.set_ylabel("consensus error\n(parameter units)")


def draw_line(ax: Axes, x: Any, y: Any, look: Any, label: str | None, width: float = 1.5) -> None:
    """Draw one curve with a colour and a line style."""
    colour, style = look
    front = 3 if label == "mean parameters" else 2
    ax.plot(x, y, color=colour, ls=style, lw=width, label=label, zorder=front)


def finish(ax: Axes, iterations: int) -> None:
    """Give an axis of iterations its scale, its name, its grid and a legend beside the data."""
    ax.set_xlabel(f"iteration k{_NOTE if iterations > _LINEAR else ''}")
    if iterations > _LINEAR:
        ax.set_xscale("symlog", linthresh=1, linscale=0.3)
        ticks = [0, *(10**e for e in range(int(np.log10(iterations)) + 1))]
        ax.set_xticks(ticks)
        ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}".replace(",", " ")))
    ax.set_xlim(0, max(iterations, 1))
    ax.grid(visible=True, color="0.9", lw=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, fontsize=9)
