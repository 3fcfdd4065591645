"""Benchmark results for people: a Markdown page, and a plot of growth against physical floors."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from dcpg_theory.engine.files import write_whole

__all__ = ["markdown", "save_growth_plot", "seconds"]

_COLOURS = {"sparse": "#0072B2", "dense": "#D55E00", "krylov": "#009E73"}
_FLOORS = (
    ("arithmetic_floor", "--", "arithmetic floor"),
    ("data_floor", ":", "memory floor"),
)
_MARKERS = {"sparse": "o", "dense": "s", "krylov": "^"}


def markdown(results: Mapping[str, Any], command: str) -> str:
    """Return the page of a benchmark.

    Parameters
    ----------
    results : mapping
        From the names of the suite's parts to what they returned; some may be missing.
    command : str
        The command that made them.
    """
    lines = ["# Engine benchmark", "", f"Made by `{command}`.", ""]
    if "floors" in results:
        lines += _machine(results["floors"])
    cases = {name: part for name, part in results.items() if "contenders" in part}
    if cases:
        lines += _cases(cases)
    if "million" in results:
        lines += _million(results["million"])
    if "start" in results:
        lines += _start(results["start"])
    if "growth" in results:
        lines += _growth(results["growth"])
    return "\n".join(lines) + "\n"


def _machine(floors: Mapping[str, Any]) -> list[str]:
    machine = floors["machine"]
    lines = [
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}; Python "
        f"{machine['python']}, numpy {machine['numpy']}, scipy {machine['scipy']}, numba "
        f"{machine['numba']}. One core does {floors['arithmetic'] / 1e9:.1f} GFLOP/s in a matrix "
        f"product and moves {floors['bandwidth'] / 1e9:.1f} GB/s.",
        "",
    ]
    if machine.get("peers"):
        named = ", ".join(f"{name} {version}" for name, version in machine["peers"].items())
        lines += [f"Peers: {named}.", ""]
    load = machine["load"]
    if load is not None:
        busy = load[0] > machine["cores"] / 2
        note = f"Load when it began: {load[0]:.1f}."
        warning = " **Other programs ran at the same time: these figures are provisional.**"
        lines += [note + (warning if busy else ""), ""]
    return lines


def _cases(cases: Mapping[str, Any]) -> list[str]:
    lines = [
        "## One iteration, one thread each",
        "",
        "Medians of interleaved repeats; `x` is how many times as long as the engine's. BLAS has "
        "one thread. The batch runs on all cores, once on one; its rows are one iteration of one "
        "instance.",
        "",
        "| instance | path | contender | time | x | spread |",
        "| --- | --- | --- | ---: | ---: | ---: |",
    ]
    for part in cases.values():
        for place, (name, row) in enumerate(part["contenders"].items()):
            first = part["description"] if place == 0 else ""
            path = part["path"] if place == 0 else ""
            lines.append(
                f"| {first} | {path} | {name} | {seconds(row['seconds'])} | "
                f"{row['times_the_engine']:.3g} | {row['spread']:.0%} |"
            )
        for name, why in part["skipped"].items():
            lines.append(f"| | | {name} | - | | {why} |")
    made = [part["seconds_to_make_an_instance"] for part in cases.values() if _makes(part)]
    lines += ["", *(f"Making one instance of the batch takes {seconds(t)}." for t in made)]
    worst = max(
        difference
        for part in cases.values()
        for difference in part.get("difference_after_two_iterations", {"": 0.0}).values()
    )
    lines += [
        f"After two iterations the parameters of all contenders agree within {worst:.0e}.",
        "",
    ]
    return lines


def _makes(part: Mapping[str, Any]) -> bool:
    return "seconds_to_make_an_instance" in part


def _million(part: Mapping[str, Any]) -> list[str]:
    first, *rest = part["iterations"]
    middle = sorted(rest)[len(rest) // 2]
    return [
        "## A million states",
        "",
        f"1000 x 1000 grid, one task, discount 0.95, path {part['path']}: laid out in "
        f"{seconds(part['make'])}, first iteration {seconds(first)}, then {seconds(min(rest))} to "
        f"{seconds(max(rest))}, median {seconds(middle)}. Peak memory "
        f"{part['peak_bytes'] / 1e9:.2f} GB, of which {part['problem_bytes'] / 1e9:.2f} GB before "
        f"the engine began. Every gradient was certified within {part['bound']:.0e} of its "
        "a-priori bound.",
        "",
    ]


def _start(part: Mapping[str, Any]) -> list[str]:
    rows = [
        f"| {name} | {seconds(part[name]['import'])} | {seconds(part[name]['first_run'])} |"
        for name in ("cold", "warm")
    ]
    return [
        "## Start-up",
        "",
        "A process that runs example 1 for 1000 iterations and checks the accuracy, without and "
        "with compiled kernels in the cache.",
        "",
        "| | imports | `run_dcpg` |",
        "| --- | ---: | ---: |",
        *rows,
        "",
    ]


def _growth(part: Mapping[str, Any]) -> list[str]:
    lines = ["## Growth", "", "![Cost of an iteration against S, N and A](engine-growth.png)", ""]
    for family in part["families"]:
        lines += [
            f"{family['title'][0].upper()}{family['title'][1:]}:",
            "",
            f"| {family['axis']} | path | time | arithmetic floor | data floor |",
            "| ---: | --- | ---: | ---: | ---: |",
        ]
        for point in family["points"]:
            floors = (seconds(point[f"{name}_floor"]) for name in ("arithmetic", "data"))
            lines.append(
                f"| {point['size']} | {point['path']} | {seconds(point['seconds'])} | "
                + " | ".join(floors)
                + " |"
            )
        lines.append("")
    return lines


def seconds(time: float) -> str:
    """Return a time with three digits and a unit.

    Examples
    --------
    >>> seconds(1.2345e-5), seconds(12.0)
    ('12.3 us', '12 s')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if time >= size:
            return f"{time / size:.3g} {unit}"
    return f"{time / 1e-9:.3g} ns"


def save_growth_plot(path: Path, growth: Mapping[str, Any]) -> None:
    """Draw the cost of an iteration against S, N and A, with the floors of the same run.

    Parameters
    ----------
    path : Path
        Ends in .png or .svg; replaced as a whole.
    growth : mapping
        What the suite's part ``growth`` returned.

    Raises
    ------
    InvalidInput
        If the file cannot be written.
    """
    families = growth["families"]
    figure = Figure(figsize=(11, 7.6), layout="constrained")
    axes = figure.subplots(2, 2).ravel()
    for place, (family, panel) in enumerate(zip(families, axes, strict=True)):
        _panel(panel, family)
        if place % 2 == 0:
            panel.set_ylabel("time of one iteration [us]")
    handles: dict[str, Any] = {}
    for panel in axes:
        lines, labels = panel.get_legend_handles_labels()
        handles |= dict(zip(labels, lines, strict=True))
    figure.legend(handles.values(), handles.keys(), loc="outside upper center", ncols=5)
    arithmetic, bandwidth = growth["arithmetic"] / 1e9, growth["bandwidth"] / 1e9
    caption = (
        "Measured on one core. Floors: the operations of an iteration at the rate of a matrix "
        f"product ({arithmetic:.1f} GFLOP/s), and its data read once at the bandwidth of memory "
        f"({bandwidth:.1f} GB/s); data that stay in a cache may beat the second. Elimination "
        "should stay within a small factor of the first floor once there is enough to do; Krylov "
        "iterations, of which only one product with each system is counted, lie nearer to the "
        "second in their steady state."
    )
    figure.supxlabel(textwrap.fill(caption, 150), fontsize=8)
    buffer = BytesIO()
    with rc_context({"svg.fonttype": "none"}):
        figure.savefig(buffer, format=path.suffix[1:].lower(), dpi=130)
    write_whole(path, lambda file: file.write(buffer.getvalue()))


def _panel(axes: Axes, family: Mapping[str, Any]) -> None:
    points = family["points"]
    for name in dict.fromkeys(point["path"] for point in points):
        own = [point for point in points if point["path"] == name]
        sizes = [point["size"] for point in own]
        axes.loglog(
            sizes,
            [1e6 * point["seconds"] for point in own],
            color=_COLOURS[name],
            marker=_MARKERS[name],
            label=f"path {name}",
        )
        # The floors of one path: another does other operations.
        for key, style, label in _FLOORS:
            floor = [1e6 * point[key] for point in own]
            axes.loglog(sizes, floor, color="#000000", linestyle=style, label=label)
    if len(points) < 9:
        axes.set_xticks([point["size"] for point in points])
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_locator(NullLocator())
    axes.set_title(family["title"], fontsize=10)
    axes.set_xlabel(f"number of {family['axis']}")
    axes.grid(which="major", alpha=0.3)
