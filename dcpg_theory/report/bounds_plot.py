"""The plot of ``dcpg bounds``: an observed gradient under its bound, term by term, log-log."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from dcpg_theory.engine.files import write_whole
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array

__all__ = ["MARK", "Panel", "save_bounds_plot"]

MARK = "dcpg_theory bounds plot"
"""Stands in the metadata of every plot."""

_CAPTION = (
    "Each panel is a run with the step of its own column, constant, and the bound for that step. "
    "The observed curve (the worst agent's least gradient so far) must stay below the thick one "
    "wherever the statement is true; the distance is what the constants give away. Where the bound "
    "bends, another term rules: optimization falls like K^(-1/2), the others stay, but for "
    "gradient tracking, where only the regularizer's stays."
)
# Okabe and Ito's colours; line styles differ too, for grey print.
_TERMS = {
    "optimization": ("#0072B2", "--"),
    "consensus": ("#D55E00", "-."),
    "agent": ("#CC79A7", ":"),
    "regularization": ("#009E73", (0, (5, 1, 1, 1, 1, 1))),
}
_LABELS = {"agent": "agent to mean"}


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One statement's curves; all arrays go with `counts`, but for the observed pair.

    Attributes
    ----------
    statement : str
    step_size : float or None
    counts : ndarray
        K.
    bound : ndarray
    terms : mapping of str to ndarray
    observed : pair of ndarray
        K, and what a run showed.
    reason : str or None
        Why there is nothing to draw.
    """

    statement: str
    step_size: float | None = None
    counts: Array = field(default_factory=lambda: np.array([]))
    bound: Array = field(default_factory=lambda: np.array([]))
    terms: Mapping[str, Array] = field(default_factory=dict)
    observed: tuple[Array, Array] = field(default_factory=lambda: (np.array([]), np.array([])))
    reason: str | None = None


def save_bounds_plot(path: Path, panels: Sequence[Panel], *, title: str, note: str = "") -> None:
    """Draw the panels side by side and write them as PNG or SVG, by the path's suffix.

    A note follows the caption.

    Raises
    ------
    InvalidInput
        If the suffix is another or the file cannot be written.
    """
    suffix = path.suffix.lower()
    if suffix not in (".png", ".svg"):
        raise InvalidInput(f"{path}: a plot must end in .png or .svg")
    figure = _figure(panels, title, note)
    metadata = {"Software": MARK} if suffix == ".png" else {"Creator": MARK, "Date": None}
    buffer = BytesIO()
    with rc_context({"svg.hashsalt": MARK}):
        figure.savefig(buffer, format=suffix[1:], metadata=metadata)
    write_whole(path, lambda file: file.write(buffer.getbuffer()))


def _figure(panels: Sequence[Panel], title: str, note: str) -> Figure:
    caption = textwrap.fill(f"{_CAPTION} {note}", 42 * len(panels) + 8)
    foot = 0.05 + 0.036 * (caption.count("\n") + 1)
    engine = ConstrainedLayoutEngine(rect=(0, foot, 1, 0.93 - foot))
    figure = Figure(figsize=(3.1 * len(panels) + 1.6, 4.6), dpi=100, layout=engine)
    figure.text(0.02, 0.96, title, fontsize=12, ha="left", va="center")
    axes: Any = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for ax, panel in zip(axes, panels, strict=True):
        _draw(ax, panel)
    axes[0].set_ylabel("norm of the mean gradient of V\n(units of reward)")
    drawn = [ax for ax in axes if ax.get_legend_handles_labels()[1]]
    found: dict[str, Any] = {}
    for ax in drawn:
        handles, labels = ax.get_legend_handles_labels()
        found |= dict(zip(labels, handles, strict=True))
    order = [_LABELS.get(name, name) for name in _TERMS] + ["bound", "observed"]
    by_label = {label: found[label] for label in order if label in found}
    if by_label:
        figure.legend(
            by_label.values(), by_label, loc="outside right upper", frameon=False, fontsize=9
        )
    figure.text(0.02, 0.02, caption, fontsize=8.5, ha="left", va="bottom")
    return figure


def _draw(ax: Any, panel: Panel) -> None:
    if panel.reason is not None:
        ax.set_title(panel.statement, fontsize=10)
        words = textwrap.fill(f"does not apply: {panel.reason}", 32)
        ax.text(0.5, 0.5, words, fontsize=8, ha="center", va="center", transform=ax.transAxes)
        ax.set_xlabel("iterations K")
        return
    for name, values in panel.terms.items():
        colour, style = _TERMS[name]
        positive = np.where(values > 0, values, np.nan)
        if np.isfinite(positive).any():
            label = _LABELS.get(name, name)
            ax.plot(panel.counts, positive, color=colour, ls=style, lw=1.3, label=label)
    ax.plot(panel.counts, panel.bound, color="#000000", lw=2.4, label="bound")
    counts, norms = panel.observed
    ax.plot(counts, norms, color="#E69F00", lw=0, marker="o", ms=2.6, label="observed")
    ax.set_xscale("log")
    ax.set_yscale("log")
    ax.set_title(f"{panel.statement}, step {panel.step_size:.2g}", fontsize=10)
    ax.set_xlabel("iterations K")
    ax.grid(visible=True, color="0.9", lw=0.6)
    ax.spines[["top", "right"]].set_visible(False)
