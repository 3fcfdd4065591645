"""Figure 3: safe flights during training, of agents that communicate and of agents that do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dcpg_theory.exact.numbers import Array
from dcpg_theory.report.drone_figures import COLOURS, STYLES, save_figure
from dcpg_theory.report.drone_table import label

__all__ = ["moving_mean", "save_curves"]


def moving_mean(rows: Array, window: int) -> Array:
    """Return the mean of the last `window` rows at each row, of fewer at the first ones.

    Parameters
    ----------
    rows : array, shape (n, ...)
    window : int

    Examples
    --------
    >>> moving_mean(np.array([1.0, 3.0, 5.0]), 2)
    array([1., 2., 4.])
    """
    summed = np.cumsum(rows, axis=0)
    before = np.concatenate([np.zeros((window, *rows.shape[1:])), summed])[: len(rows)]
    counts = np.minimum(np.arange(1, len(rows) + 1), window)
    return np.asarray((summed - before) / counts.reshape(-1, *[1] * (rows.ndim - 1)))


def save_curves(path: Path, result: dict[str, Any], algorithm: str) -> None:
    """Draw the curves of one algorithm, a panel for each environment, and the consensus error.

    Parameters
    ----------
    path : Path
    result : dict
        As `collected` returns it.
    algorithm : str
    """
    training, names = result["algorithms"][algorithm]["training"], result["environments"]
    n_episodes = max(len(log["steps"]) for logs in training.values() for log in logs)
    window = max(1, min(50, n_episodes // 5))
    figure = Figure(figsize=(9, 1.9 * (len(names) + 1)), dpi=100, layout="constrained")
    axes = figure.subplots(len(names) + 1, 1, sharex=True)
    for k, (graph, logs) in enumerate(training.items()):
        title = "SA, alone" if graph == "none" else f"DCPG, {graph}"
        look = (COLOURS[1 + k], STYLES[k % len(STYLES)])
        flights = np.stack([moving_mean(np.array(log["distance"]), window) for log in logs])
        for i in range(len(names)):
            _band(axes[i], flights[:, :, i], look, title)
        apart = np.stack([np.array(log["consensus_error"]) for log in logs])
        _band(axes[-1], apart, look, title)
    for i, name in enumerate(names):
        axes[i].set_ylabel(f"Env{i}: {name}\nMSF in m")
        axes[i].set_ylim(bottom=0)
    axes[-1].set_ylim(bottom=0)
    axes[-1].set_ylabel("consensus error\n(parameter units)")
    axes[-1].set_xlabel("training episode")
    axes[0].legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, fontsize=9)
    caption = (
        f"{label(result)}; {algorithm.upper()}. Lines: mean over the seeds of the mean of the last "
        f"{window} flights; shaded: least to greatest seed. Agent i flies in environment i. If "
        "communication helps, the line of DCPG rises earlier or higher; its consensus error stays "
        "bounded while that of agents alone grows."
    )
    save_figure(path, figure, "Safe flight during training", caption)


def _band(ax: Axes, rows: Array, look: tuple[str, Any], title: str) -> None:
    """Draw the mean over the first axis as a line and its range as a band."""
    colour, style = look
    at = np.arange(1, rows.shape[1] + 1)
    ax.plot(at, rows.mean(axis=0), color=colour, ls=style, lw=1.6, label=title)
    if len(rows) > 1:
        ax.fill_between(at, rows.min(axis=0), rows.max(axis=0), color=colour, alpha=0.15, lw=0)
    ax.grid(visible=True, color="0.9", lw=0.6)
    ax.spines[["top", "right"]].set_visible(False)
