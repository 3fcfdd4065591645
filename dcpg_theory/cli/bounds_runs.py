"""``dcpg bounds --plot``: Algorithm 1 with each column's step, under that column's bound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from dcpg_theory.bounds.arithmetic import above, below
from dcpg_theory.bounds.statements import Statement
from dcpg_theory.bounds.stationarity import theorem_1
from dcpg_theory.cli.bounds_columns import Question
from dcpg_theory.cli.choices import mixing
from dcpg_theory.cli.output import progress_bar
from dcpg_theory.engine import Record, run_dcpg
from dcpg_theory.errors import AssumptionViolated, InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.policies import softmax
from dcpg_theory.theory.gradient import gradient

__all__ = ["draw", "observed_norms"]

_MOST_ITERATIONS = 5000
_POINTS = 60


def draw(path: Path, asked: Question, *, quiet: bool) -> dict[str, Any]:
    """Run the problem with every column's step and draw what was observed under the bounds.

    Returns
    -------
    dict
        The file, how long the runs were, and per column the points of the curves.

    Raises
    ------
    InvalidInput
        If there is no problem, graph, lambda or K, or the file cannot be written.
    """
    from dcpg_theory.report.bounds_plot import Panel, save_bounds_plot

    needed = {
        "--problem": asked.problem,
        "--graph": asked.spectrum,
        "--regularization": asked.regularization,
        "--iterations": asked.iterations,
    }
    missing = [option for option, value in needed.items() if value is None]
    if missing:
        raise InvalidInput(f"--plot needs {', '.join(missing)} too")
    _check_target(path)
    panels: list[Panel] = []
    length = min(asked.iterations or 1, _MOST_ITERATIONS)
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task("running", total=len(asked.statements))
        for statement in asked.statements:
            panels.append(_panel(asked, str(statement), length))
            bar.advance(task)
    name, lam = asked.given["problem"], float(asked.regularization)
    short = f"The runs stop after {length} iterations." if length != asked.iterations else ""
    save_bounds_plot(path, panels, title=f"Theorem 1 on {name}, lambda = {lam:g}", note=short)
    return {"file": str(path), "iterations": length, "columns": [vars_of(p) for p in panels]}


def _check_target(path: Path) -> None:
    """Refuse bad names, and files that are not ours, before the runs and not after them."""
    if path.suffix.lower() not in (".png", ".svg"):
        raise InvalidInput(f"--plot {path} must end in .png or .svg")
    if not path.absolute().parent.is_dir():
        raise InvalidInput(f"{path}: there is no folder {path.parent}")
    if path.exists() and b"dcpg_theory" not in path.read_bytes():
        raise InvalidInput(f"{path}: exists and is no plot of ours; not replaced")


def vars_of(panel: Any) -> dict[str, Any]:
    """Return a panel as JSON can hold it."""
    return {
        "statement": panel.statement,
        "step_size": panel.step_size,
        "observed": [[int(k), float(v)] for k, v in zip(*panel.observed, strict=True)],
        "does_not_apply": panel.reason,
    }


def _panel(asked: Question, statement: str, length: int) -> Any:
    from dcpg_theory.report.bounds_plot import Panel

    of: Any = asked.of
    spectrum: Any = asked.spectrum
    most: Any = asked.iterations

    def at(iterations: int, step: Any) -> Any:
        return theorem_1(
            of,
            spectrum,
            regularization=asked.regularization,
            iterations=iterations,
            statement=statement,
            step_size=step,
            initial_entropy=asked.initial_entropy,
        )

    try:
        step = at(most, asked.step_size).step_size
    except AssumptionViolated as error:
        return Panel(statement, reason=str(error))
    counts = _spaced(most)
    found = [at(int(count), step) for count in counts]
    names = list(found[0].terms)
    problem: Any = asked.problem
    matrix = mixing(asked.given["graph"] or "ring", asked.given["mixing"], problem.n_tasks)
    observed = observed_norms(
        problem.to_float(),
        matrix,
        below(step),
        float(asked.regularization),
        length,
        method="gradient-tracking" if statement == Statement.TRACKING else "dcpg",
    )
    return Panel(
        statement,
        step_size=below(step),
        counts=counts,
        bound=np.array([bound.value for bound in found]),
        terms={name: np.array([above(bound.terms[name]) for bound in found]) for name in names},
        observed=observed,
    )


def _spaced(most: int) -> Array:
    return np.unique(np.geomspace(1, most, _POINTS).round().astype(np.int64))


def observed_norms(
    problem: MultiTaskProblem,
    mixing: Any,
    step_size: float,
    regularization: float,
    iterations: int,
    *,
    method: str = "dcpg",
) -> tuple[Array, Array]:
    """Return what Theorem 1 bounds, along a run from theta = 0.

    Returns
    -------
    counts : ndarray of int
        K, spaced like powers.
    norms : ndarray
        The worst agent's least norm of (1/N) sum_j grad V_j(theta_i^k; mu_j) over the looked-at
        k < K: those k = K - 1 only, so no less than the true least.
    """
    counts = _spaced(iterations)
    wanted, best, norms = set((counts - 1).tolist()), np.full(problem.n_tasks, np.inf), []

    def look(k: int, theta: Array) -> None:
        nonlocal best
        if k in wanted:
            mu = problem.exploration
            here = [np.linalg.norm(gradient(problem, softmax(own), 0, mu)) for own in theta]
            best = np.minimum(best, np.array(here) / problem.n_tasks)
            norms.append(best.max())

    run_dcpg(
        problem,
        mixing,
        step_size=step_size,
        regularization=regularization,
        iterations=int(counts[-1]) - 1,
        record=Record(every=1, quantities=()),
        callback=look,
        check_accuracy=False,
        method=method,
    )
    return counts, np.array(norms)
