"""Table 1 of an experiment with drones: as Markdown, as numbers, and as a figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from dcpg_theory.drone.experiment import DCPG, UNTRAINED
from dcpg_theory.drone.statistics import ENOUGH_SEEDS, Difference, compare_sums, mean_safe_flight
from dcpg_theory.exact.numbers import Array
from dcpg_theory.report.drone_figures import COLOURS, HATCHES, save_figure

__all__ = ["findings", "label", "markdown", "save_table_figure"]


def label(result: dict[str, Any]) -> str:
    """Return what must stand beside every number: backend, episodes, cap, seeds."""
    tier = result["tier"]
    seeds = len(result["seeds"])
    return (
        f"{result['backend']}, tier {tier['name']}: {tier['episodes']} training episodes, "
        f"cap {tier['cap']} steps, {tier['test_episodes']} test episodes a cell, "
        f"{seeds} seed{'s' if seeds > 1 else ''}"
    )


def _policies(entry: dict[str, Any]) -> list[str]:
    """Return the policies as Table 1 orders them, the untrained one first."""
    names = entry["flights"]
    alone = sorted(name for name in names if name.startswith("SA-"))
    together = [name for name in names if name.startswith(DCPG)]
    return [*([UNTRAINED] if UNTRAINED in names else []), *alone, *together]


def markdown(result: dict[str, Any]) -> str:
    """Return the table as Markdown, with what it shows in words below."""
    environments = result["environments"]
    head = "| | " + " | ".join(f"Env{i} ({name})" for i, name in enumerate(environments))
    lines = ["# MSF of learned policies", "", f"{label(result)}.", ""]
    for algorithm, entry in result["algorithms"].items():
        lines += [f"## {algorithm.upper()}", "", f"{head} | Sum |"]
        lines += ["|---" * (len(environments) + 2) + "|"]
        for name in _policies(entry):
            mean, spread = mean_safe_flight(np.array(entry["flights"][name]))
            cells = [f"{m:.1f} ± {s:.1f}" for m, s in zip(mean, spread, strict=True)]
            lines.append(f"| {name} | " + " | ".join(cells) + f" | {mean.sum():.1f} |")
        for name in entry["flights"]:
            if name.startswith(DCPG):
                lines += ["", *_words(result, algorithm, name)]
        lines.append("")
    lines += [
        "MSF in metres: the mean length of a flight over the ground before the drone hits "
        "something, comes within 1.4 m of it head-on, or reaches the cap; ± is the standard "
        "deviation of single flights over all seeds and episodes.",
        "",
        f"Command: `{result['command']}`. Seeds {', '.join(map(str, result['seeds']))}. "
        f"{result['hardware']}. "
        + ", ".join(f"{name} {found}" for name, found in result["versions"].items())
        + ".",
    ]
    return "\n".join(lines) + "\n"


def findings(result: dict[str, Any], algorithm: str, policy: str) -> dict[str, Difference]:
    """Return, for each policy that learned alone, how much farther `policy` flies in the sum."""
    flights = result["algorithms"][algorithm]["flights"]
    return {
        name: compare_sums(np.array(flights[policy]), np.array(flights[name]))
        for name in sorted(flights)
        if name.startswith("SA-")
    }


def _words(result: dict[str, Any], algorithm: str, policy: str) -> list[str]:
    """Say whether a policy beats every SA in the sum, how surely, and where it does not."""
    found = findings(result, algorithm, policy)
    if not found:
        return []
    kind = "95 % interval"
    if len(result["seeds"]) < ENOUGH_SEEDS:
        kind = f"descriptive interval (fewer than {ENOUGH_SEEDS} seeds)"
    parts = [
        f"{name} {gap.mean:+.1f} m ({kind} {gap.low:+.1f} to {gap.high:+.1f}; farther in "
        f"{gap.share:.0%} of the resamples)"
        for name, gap in found.items()
    ]
    return [
        f"{_verdict(policy, found)} {_cells(result, algorithm, policy, list(found))}",
        "",
        f"{policy} minus, in the sum: " + "; ".join(parts) + ".",
    ]


def _verdict(policy: str, found: dict[str, Difference]) -> str:
    ahead = [name for name, gap in found.items() if gap.low > 0]
    behind = [name for name, gap in found.items() if gap.high < 0]
    open_ones = [name for name in found if name not in ahead + behind]
    if len(ahead) == len(found):
        return f"{policy} flies farther in the sum than every SA; no interval holds 0."
    words = [
        f"{what} {', '.join(names)}"
        for what, names in (
            ("farther than", ahead),
            ("less far than", behind),
            ("undecided against", open_ones),
        )
        if names
    ]
    return f"{policy} does not surely beat every SA in the sum: {'; '.join(words)}."


def _cells(result: dict[str, Any], algorithm: str, policy: str, others: list[str]) -> str:
    flights = result["algorithms"][algorithm]["flights"]
    mean, _ = mean_safe_flight(np.array(flights[policy]))
    above = [
        f"{name} in Env{i}"
        for name in others
        for i, value in enumerate(mean_safe_flight(np.array(flights[name]))[0])
        if value >= mean[i]
    ]
    if not above:
        return "In every environment its mean is above that of every SA."
    return f"Means that are not below its own: {', '.join(above)}."


def save_table_figure(path: Path, result: dict[str, Any]) -> None:
    """Draw the table as bars, a panel for each algorithm, and write it as PNG or SVG."""
    algorithms = result["algorithms"]
    figure = Figure(figsize=(9, 0.9 + 2.6 * len(algorithms)), dpi=100, layout="constrained")
    axes = figure.subplots(len(algorithms), 1, squeeze=False)[:, 0]
    names = list(result["environments"])
    for ax, (algorithm, entry) in zip(axes, algorithms.items(), strict=True):
        policies = _policies(entry)
        width = 0.82 / len(policies)
        for k, policy in enumerate(policies):
            flights = np.array(entry["flights"][policy])
            mean, _ = mean_safe_flight(flights)
            at = np.arange(len(names)) + (k - (len(policies) - 1) / 2) * width
            ax.bar(
                at,
                mean,
                width,
                yerr=_seed_range(flights, mean),
                color=COLOURS[k % len(COLOURS)],
                hatch=HATCHES[k % len(HATCHES)],
                edgecolor="white",
                error_kw={"lw": 1, "ecolor": "0.3"},
                label=policy,
            )
        ax.set_xticks(range(len(names)), [f"Env{i}: {name}" for i, name in enumerate(names)])
        ax.set_ylabel(f"{algorithm.upper()}\nMSF in m")
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(visible=True, axis="y", color="0.9", lw=0.6)
        ax.set_axisbelow(True)
        ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False, fontsize=9)
    caption = (
        f"{label(result)}. Bars: mean safe flight; lines: the least and the greatest seed's mean. "
        "If communication helps, the last bar of each group is the highest."
    )
    save_figure(path, figure, "Mean safe flight by policy and environment", caption)


def _seed_range(flights: Array, mean: Array) -> Array:
    """Return how far the seeds' means reach below and above the mean, shape (2, n)."""
    seeds = flights.mean(axis=2)
    return np.stack([mean - seeds.min(axis=0), seeds.max(axis=0) - mean])
