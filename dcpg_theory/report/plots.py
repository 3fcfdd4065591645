"""Plots for people's own figures; each draws on an Axes, or on a new one, and returns it.

They go without pyplot, so that no global state or window system is involved:
``plots.objective(trace).figure.savefig("run.png")``. In a notebook, ``%matplotlib inline`` shows
``plots.objective(trace).figure``. Colours are Okabe and Ito's and sequential maps of rising
lightness; line styles and markers differ too, for grey print.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dcpg_theory.engine.trace import Trace
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.gridworld.diagnostics import mismatch_ratios, mismatch_spread
from dcpg_theory.gridworld.worlds import GridWorld
from dcpg_theory.models.mixing import MixingMatrix
from dcpg_theory.report import gridworld_heat_map, run_plot
from dcpg_theory.report.run_plot import LOOKS, RunPlot

__all__ = [
    "Mark",
    "Span",
    "consensus_error",
    "landscape",
    "mismatch",
    "objective",
    "policy",
    "spectrum",
]

_BLACK, _BLUE, _RED, _GREEN, *_ = (colour for colour, _ in LOOKS)


@dataclass(frozen=True, slots=True)
class Span:
    """An axis of a landscape: its label with units, and its ends."""

    label: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Mark:
    """Points of a landscape with a common meaning, for the legend."""

    label: str
    points: Sequence[tuple[float, float]]
    marker: str = "o"
    colour: str = "white"


def objective(
    trace: Trace, bounds: Mapping[str, float] | None = None, *, ax: Axes | None = None
) -> Axes:
    """Draw the objective of a run under its bounds.

    Parameters
    ----------
    trace : Trace
        With ``objective`` and ``own_objective`` recorded.
    bounds : mapping of str to float
        Horizontal lines by their names in the legend, which may hold mathtext, in the units of the
        rewards: the optimum, an upper bound on it, what Theorem 2 promises.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    InvalidInput
        If a quantity was not recorded.

    Examples
    --------
    >>> from dcpg_theory import run_dcpg
    >>> from dcpg_theory.models import MixingMatrix, example_1
    >>> mixing = MixingMatrix([[0.5, 0.5], [0.5, 0.5]])
    >>> trace = run_dcpg(example_1(0.9), mixing, step_size=0.1, iterations=5)
    >>> objective(trace, {"optimum": 1.5126}).get_xlabel()
    'iteration k'
    """
    _recorded(trace, "objective", "own_objective")
    ax = _axes(ax)
    run_plot.draw_objective(ax, trace, _plot_of(trace))
    styles = ((0, (2, 3)), (0, (6, 2)), (0, (4, 1, 1, 1)), (0, (1, 2)))
    for k, (name, value) in enumerate((bounds or {}).items()):
        ax.axhline(float(value), color="0.45", lw=1.2, ls=styles[k % len(styles)], label=name)
    run_plot.finish(ax, trace.iterations)
    return ax


def consensus_error(
    trace: Trace, bound: float | None = None, *, label: str = "bound", ax: Axes | None = None
) -> Axes:
    """Draw how far the agents' parameters are from their mean, and a bound on it.

    Parameters
    ----------
    trace : Trace
        With ``consensus_error`` recorded.
    bound : float, optional
        In the parameters' units; for instance the root of N times the squared bound (23).
    label : str
        The bound's name.
    ax : Axes, optional

    Raises
    ------
    InvalidInput
        If the quantity was not recorded.
    """
    _recorded(trace, "consensus_error")
    ax = _axes(ax)
    run_plot.draw_consensus(ax, trace)
    if bound is not None:
        ax.axhline(float(bound), color=_RED, lw=1.6, ls="--", label=label)
        if ax.get_yscale() == "log":
            low, high = ax.get_ylim()
            ax.set_ylim(min(low, bound / 2), max(high, bound * 2))
    run_plot.finish(ax, trace.iterations)
    return ax


def policy(
    trace: Trace,
    state: Hashable | None = None,
    actions: Sequence[str] | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw the policies at a state: of two actions the first one's probability for every agent.

    Parameters
    ----------
    trace : Trace
        Of a run with ``Record(states=...)``.
    state : hashable, optional
        Its label; default the first that was recorded.
    actions : sequence of str, optional
        Their names, default 0, 1, ...
    ax : Axes, optional

    Raises
    ------
    InvalidInput
        If the state was not recorded, or the actions are not as many.
    """
    states = trace.record.states
    if not states:
        raise InvalidInput("the trace holds no policy: run it with Record(states=[...])")
    state = states[0] if state is None else state
    if state not in states:
        known = ", ".join(str(label) for label in states)
        raise InvalidInput(f"state={state!r} was not recorded, only {known}")
    at = list(states).index(state)
    own, mean = trace.recorded["policy"], trace.recorded["mean_policy"]
    names = [str(a) for a in range(own.shape[3])] if actions is None else list(actions)
    if len(names) != own.shape[3]:
        raise InvalidInput(f"actions has {len(names)} names, it must have {own.shape[3]}")
    only = {"policy": own[:, :, at : at + 1], "mean_policy": mean[:, at : at + 1]}
    ax = _axes(ax)
    shown = replace(trace, recorded={**trace.recorded, **only})
    run_plot.draw_policy(ax, shown, _plot_of(trace, str(state), names))
    run_plot.finish(ax, trace.iterations)
    return ax


def mismatch(world: GridWorld, policy: Any, reference: Any, *, ax: Axes | None = None) -> Axes:
    """Draw in every cell how far the tasks' visits mismatch: where (12) of Section 4.1 fails.

    Parameters
    ----------
    world : GridWorld
    policy, reference : array_like, shape (n_states, n_actions)
        The one the algorithm is at, and the one it is compared with, over the states of the world's
        problem.
    ax : Axes, optional

    Returns
    -------
    Axes
        The logarithm to base 10 of the largest ratio of visits over the smallest: 0 where (12)
        holds; crossed where the reference takes some tasks and others not; grey where fewer than
        two tasks have a say.

    Raises
    ------
    InvalidInput
        If a shape is wrong.
    """
    spread = mismatch_spread(mismatch_ratios(world.problem().to_float(), policy, reference))
    ax = _axes(ax)
    gridworld_heat_map.draw_mismatch(ax, world, spread)
    return ax


def landscape(
    height: Callable[[float, float], float],
    x: Span,
    y: Span,
    *,
    name: str = "objective (discounted reward)",
    trajectories: Sequence[Array] = (),
    marks: Sequence[Mark] = (),
    resolution: int = 61,
    ax: Axes | None = None,
) -> Axes:
    """Draw a function of two parameters as contours, and runs that climb it.

    Parameters
    ----------
    height : callable
        From the two parameters to a number, for instance ``theory.objective`` of a policy made of
        them.
    x, y : Span
    name : str
        Of the height, with its units.
    trajectories : sequence of arrays, shape (n_points, 2)
        Each starts at a small circle and ends at an arrow.
    marks : sequence of Mark
    resolution : int
        Points on each axis, at least 2.
    ax : Axes, optional

    Raises
    ------
    InvalidInput
        If a span is empty or the resolution too small.
    """
    if resolution < 2 or not (x.low < x.high and y.low < y.high):
        raise InvalidInput(
            f"resolution={resolution} must be at least 2, and both spans must have low < high"
        )
    ax = _axes(ax)
    across, up = (np.linspace(span.low, span.high, resolution) for span in (x, y))
    heights = np.array([[float(height(a, b)) for a in across] for b in up])
    surface = ax.contourf(across, up, heights, levels=14, cmap="cividis")
    ax.contour(across, up, heights, levels=surface.levels, colors="0.15", linewidths=0.35)
    figure: Any = ax.figure
    figure.colorbar(surface, ax=ax, label=name, pad=0.02)
    for k, path in enumerate(trajectories):
        _climb(ax, np.asarray(path, dtype=float), "gradient ascent" if k == 0 else None)
    for mark in marks:
        places = np.asarray(mark.points, dtype=float)
        ax.scatter(
            places[:, 0], places[:, 1], marker=mark.marker, s=110, color=mark.colour,
            edgecolors="black", linewidths=1.1, label=mark.label, zorder=5, clip_on=False,
        )  # fmt: skip
    ax.set(xlabel=x.label, ylabel=y.label, xlim=(x.low, x.high), ylim=(y.low, y.high))
    if trajectories or marks:
        ax.legend(
            loc="upper left", bbox_to_anchor=(0, -0.16), ncols=1, frameon=False, fontsize=9
        )  # fmt: skip
    return ax


def spectrum(mixing: MixingMatrix, *, ax: Axes | None = None) -> Axes:
    """Draw the singular values of a mixing matrix, and the spectral gap they leave.

    Parameters
    ----------
    mixing : MixingMatrix
    ax : Axes, optional

    Returns
    -------
    Axes
        In descending order from 1; the second one rules how fast agents agree.
    """
    ax = _axes(ax)
    values = mixing.singular_values
    counts = np.arange(1, len(values) + 1)
    ax.vlines(counts, 0, values, color="0.75", lw=1)
    ax.plot(counts, values, "o", color=_BLACK, ms=4, label="singular values of W")
    if len(values) > 1:
        second = mixing.second_singular_value
        sigma, gap = rf"$\sigma_2 = {second:.4g}$", rf"gap $1 - \sigma_2 = {1 - second:.4g}$"
        ax.plot(2, second, "D", color=_RED, ms=7, label=sigma)
        ax.axhspan(second, 1, color=_BLUE, alpha=0.15, lw=0, label=gap)
        ax.axhline(second, color=_BLUE, lw=1, ls="--")
    ax.set(xlabel="rank of the singular value", ylabel="singular value (dimensionless)")
    ax.set(ylim=(0, 1.04), xlim=(0.5, len(values) + 0.5))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, fontsize=9)
    return ax


def _axes(ax: Axes | None) -> Axes:
    return (
        Figure(figsize=(7.4, 4.2), dpi=110, layout="constrained").subplots() if ax is None else ax
    )


def _plot_of(trace: Trace, state: str = "", actions: Sequence[str] = ()) -> RunPlot:
    return RunPlot(repr(trace), "", state, actions)


def _recorded(trace: Trace, *names: str) -> None:
    for name in names:
        if name not in trace.recorded:
            raise InvalidInput(f"the trace holds no {name}: record it with Record(quantities=...)")


def _climb(ax: Axes, path: Array, label: str | None) -> None:
    """Draw a path with its start, and an arrow where it ends."""
    line: Any = {"color": "white", "lw": 2.6, "solid_capstyle": "round", "clip_on": False}
    ax.plot(path[:, 0], path[:, 1], **line, zorder=3)
    ax.plot(path[:, 0], path[:, 1], color=_RED, lw=1.4, zorder=4, label=label, clip_on=False)
    ax.plot(*path[0], "o", color="white", mec=_RED, ms=5, zorder=4, clip_on=False)
    far = np.flatnonzero(np.linalg.norm(path - path[-1], axis=1) > 1e-3 * np.ptp(ax.get_xlim()))
    if len(far):
        style: Any = {"arrowstyle": "-|>", "color": _RED, "lw": 1.4, "shrinkA": 0, "shrinkB": 0}
        ax.annotate("", path[-1], path[far[-1]], arrowprops=style, zorder=4, annotation_clip=False)
