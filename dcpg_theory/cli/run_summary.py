"""How ``dcpg run`` tells what came out: numbers, a table on the screen, a plot."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape

from dcpg_theory.cli import choices
from dcpg_theory.engine import Trace
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["accuracy", "draw", "known_optimum", "print_summary", "summary"]


def known_optimum(name: str, problem: MultiTaskProblem) -> float | None:
    """Return Section 2.2's 2 gamma / (2 - gamma^2), the most that example 1 allows; else None."""
    gamma = float(problem.tasks[0].discount)
    return 2 * gamma / (2 - gamma**2) if name.partition(":")[0] == "example-1" else None


def summary(trace: Trace, problem: MultiTaskProblem) -> dict[str, Any]:
    """Return the last recorded values, as JSON can hold them."""
    final = dict(trace.final)
    del final["iteration"]
    own, mean = final.pop("policy"), final.pop("mean_policy")
    data = {name: _plain(value) for name, value in final.items()}
    data["actions"] = list(choices.action_names(problem))
    data["policy"] = {
        str(label): {"mean": _plain(mean[place]), "agents": _plain(own[:, place])}
        for place, label in enumerate(trace.record.states)
    }
    return data


def _plain(value: Any) -> Any:
    """Return nested lists of floats; JSON has no infinity and no NaN, so None in their place."""
    if isinstance(value, np.ndarray):
        return [_plain(part) for part in value]
    return float(value) if math.isfinite(value) else None


def accuracy(trace: Trace) -> dict[str, Any] | None:
    """Return what is known of the gradients' accuracy, as JSON can hold it."""
    if trace.accuracy is None:
        return None
    return {"gradient_error_bound": _plain(trace.accuracy.bound), "kept": trace.accuracy.kept}


def print_summary(
    console: Console,
    problem: str,
    trace: Trace,
    final: dict[str, Any],
    optimum: float | None,
    seconds: float,
) -> None:
    """Print the end of a run, a dozen lines."""
    console.print(f"[bold]{escape(problem)}[/]: {trace.iterations} iterations in {seconds:.1f} s")
    if trace.stopped:
        console.print(f"  [bold red]stopped[/]: {trace.stopped}")
    at_most = "" if optimum is None else f"   (optimum: {optimum:.3f})"
    console.print(f"  objective of the mean parameters  {_text(final['objective'])}{at_most}")
    console.print(f"  objective, each agent's own       {_text(final['own_objective'])}")
    console.print(f"  norm of the mean gradient         {final['gradient_norm'] or 0.0:.1e}")
    console.print(f"  consensus error                   {final['consensus_error'] or 0.0:.1e}")
    if trace.accuracy is not None:
        lost = "" if trace.accuracy.kept else "   [bold yellow](promised: 1e-10)[/]"
        bound = f"{trace.accuracy.bound:.0e}"
        console.print(f"  error of a gradient, at most      {bound} of its greatest norm{lost}")
    for state, policy in final["policy"].items():
        console.print(f"  policy at {escape(state)}")
        for who, row in [("mean parameters", policy["mean"])] + [
            (f"agent {i + 1}", row) for i, row in enumerate(policy["agents"][:8])
        ]:
            chances = "  ".join(
                f"{name} {_text(chance)}"
                for name, chance in zip(final["actions"], row, strict=True)
            )
            console.print(f"    {who:<16}{chances}")
        if len(policy["agents"]) > 8:
            console.print(f"    ... and {len(policy['agents']) - 8} more agents in the result file")


def _text(number: float | None) -> str:
    return "not finite" if number is None else f"{number:.3f}"


def draw(path: Path, trace: Trace, problem: MultiTaskProblem, metadata: Mapping[str, Any]) -> None:
    """Write the plot of a run; the metadata is that of the result file."""
    from dcpg_theory.report.run_plot import RunPlot, save_run_plot

    name = metadata["problem"]
    plot = RunPlot(
        title=f"{_TITLES[metadata['method']]} on {name}",
        caption=_caption(name, trace, metadata),
        state=str(trace.record.states[0]),
        actions=choices.action_names(problem),
        optimum=known_optimum(name, problem),
        optimum_label=r"optimum $2\gamma/(2-\gamma^2)$",
    )
    save_run_plot(path, trace, plot)


_TITLES = {
    "dcpg": "Algorithm 1",
    "gossip": "Gossip",
    "gradient-tracking": "Gradient tracking",
}
_TRACKED = "The objective should rise and level off, and the agents' policies draw together."
_WHAT_TO_SEE = {
    "example-1": "The tasks want opposite actions at S3, and no deterministic policy is best: the "
    "mean policy ends at probability 1/2 there, and the objective at its optimum. The "
    "agents differ from the mean by the order of the step size, and agree as it falls.",
    "example-2": "Probability 1/2 at S3 is a stationary point that is not optimal: a run that "
    "starts there stays, and one that starts far enough from it goes to the nearer end. The "
    "agents differ by the order of the step size times the gap between their gradients.",
}
_ELSEWHERE = (
    "The objective should rise and level off. The agents' policies draw together, up to a "
    "distance of the order of the step size where their tasks conflict."
)


def _caption(name: str, trace: Trace, metadata: Mapping[str, Any]) -> str:
    seen = _WHAT_TO_SEE.get(name.partition(":")[0], _ELSEWHERE)
    if metadata["method"] != "dcpg" or metadata["gradient"] != "exact":
        seen = _TRACKED
    if metadata["gradient"] != "exact":
        seen += " Gradients are estimated, so that curves are not smooth."
    step = " to ".join(metadata["step_size"].split(":"))
    n_tasks = len(trace.parameters)
    agents = "one agent" if n_tasks == 1 else f"{n_tasks} agents"
    lam = metadata["regularization"]
    regularized = f", regularization {lam:g}" if lam else ""
    return f"{seen} {agents.capitalize()}, step size {step}{regularized}."
