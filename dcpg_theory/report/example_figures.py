"""The two examples of Section 2.2 as pictures.

``python -m dcpg_theory.report.example_figures docs/images`` draws both.

Each is the landscape of the sum of returns over two parameters, with Algorithm 1's own paths on it
(two agents, complete graph, equal starts): in the first all deterministic policies lie below the
stochastic optimum; in the second a run from the diagonal never leaves it.
"""

from __future__ import annotations

import sys
import textwrap
from itertools import product
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dcpg_theory import theory
from dcpg_theory.engine.recording import Record
from dcpg_theory.engine.running import run_dcpg
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.examples import example_1, example_2, example_policy
from dcpg_theory.models.graphs import complete, lazy_metropolis
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.policies import softmax
from dcpg_theory.report.gridworld_picture import save_figure
from dcpg_theory.report.plots import Mark, Span, landscape

__all__ = ["example_1_figure", "example_2_figure", "main"]

MARK = "dcpg_theory.report.example_figures"
DISCOUNT, P = 0.9, 0.75
_SURE = 30.0
"""A parameter so large that the other action's probability is 1e-26."""

_STARTS_1 = ((0.08, 0.08), (0.92, 0.3), (0.25, 0.6), (0.7, 0.12), (0.95, 0.9))
_STARTS_2 = ((-2.0, -2.0), (1.5, 1.5), (-1.2, -0.9), (0.6, 0.3), (-2.2, -2.6), (1.6, 1.9))


def example_1_figure(ax: Axes | None = None) -> Axes:
    """Draw the first example's return over the policy at S3 and S2, with L certain at S4."""
    problem = example_1(DISCOUNT)

    def height(at_s3: float, at_s2: float) -> float:
        return float(theory.objective(problem, example_policy(at_s2, at_s3, 1.0)))

    paths = []
    for at_s3, at_s2 in _STARTS_1:
        start = np.zeros((5, 2))
        start[2, 0] = np.log(at_s3 / (1 - at_s3))
        start[1, 0] = np.log(at_s2 / (1 - at_s2))
        start[3] = (_SURE, -_SURE)
        policies = [softmax(theta) for theta in _climbed(problem, start, 0.5, 4000)]
        paths.append(np.array([[policy[2, 0], policy[1, 0]] for policy in policies]))
    best = height(0.5, 1)
    corners = [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]
    worth = max(
        float(theory.objective(problem, example_policy(*certain)))
        for certain in product((0.0, 1.0), repeat=3)
    )
    return landscape(
        height,
        Span("probability of L at S3", 0, 1),
        Span("probability of L at S2", 0, 1),
        name="sum of both tasks' returns",
        trajectories=paths,
        marks=(
            Mark(f"deterministic policies: at most {worth:.3f}", corners, "s"),
            Mark(f"optimum, L with probability 1/2 at S3: {best:.3f}", [(0.5, 1)], "*", "#E69F00"),
        ),
        ax=ax,
    )


def example_2_figure(ax: Axes | None = None) -> Axes:
    """Draw the second example's return over the two parameters at S3."""
    problem = example_2(DISCOUNT, P)

    def height(left: float, right: float) -> float:
        chance = softmax(np.array([[left, right]]))[0, 0]
        return float(theory.objective(problem, example_policy(0.5, float(chance), 0.5)))

    paths = []
    for left, right in _STARTS_2:
        start = np.zeros((5, 2))
        start[2] = (left, right)
        thetas = np.array([theta[2] for theta in _climbed(problem, start, 0.5, 1500)])
        inside = np.abs(thetas).max(axis=1) <= 3
        paths.append(thetas[inside])
    trapped = [start for start in _STARTS_2 if start[0] == start[1]]
    ends = height(_SURE, -_SURE)
    return landscape(
        height,
        Span(r"parameter $\theta_{S3,L}$", -3, 3),
        Span(r"parameter $\theta_{S3,R}$", -3, 3),
        name="sum of both tasks' returns",
        trajectories=paths,
        marks=(
            Mark(
                f"stationary, both actions alike: {height(0, 0):.3f}; the supremum is {ends:.3f}",
                trapped,
                "X",
            ),
        ),
        ax=ax,
    )


def _climbed(
    problem: MultiTaskProblem, start: Array, step_size: float, iterations: int
) -> list[Array]:
    """Return the mean parameters along a run of Algorithm 1."""
    path = [start]
    run_dcpg(
        problem,
        lazy_metropolis(complete(problem.n_tasks)),
        step_size=step_size,
        iterations=iterations,
        initial=start,
        record=Record(every=10, first=600, quantities=("objective",)),
        callback=lambda _, parameters: path.append(parameters.mean(axis=0)),
        check_accuracy=False,
    )
    return path


_FIGURES = {
    "section-2-example-1.png": (
        example_1_figure,
        "Example 1: no deterministic policy is optimal",
        f"Discount {DISCOUNT}, L certain at S4. All runs of Algorithm 1 climb to the middle of the "
        "upper edge, where a fair coin decides at S3. At the corners stand four of the eight "
        "deterministic policies; none of the eight is worth more than 0.9.",
    ),
    "section-2-example-2.png": (
        example_2_figure,
        "Example 2: a stationary point that is not optimal",
        f"Discount {DISCOUNT}, p = {P}. Along the diagonal both actions are alike and the gradient "
        "is zero: runs that start there (crosses) stay, in the valley. From any side of it they "
        "climb away, towards always L or always R, which are both optimal.",
    ),
}


def main(folder: Path) -> None:
    """Draw both figures into a folder."""
    for name, (draw, title, caption) in _FIGURES.items():
        figure = Figure(figsize=(6.6, 6.4), dpi=110, layout="constrained")
        draw(figure.subplots())
        figure.suptitle(title, x=0.02, ha="left", fontsize=12)
        figure.supxlabel(textwrap.fill(caption, 100), x=0.02, ha="left", fontsize=8.5)
        save_figure(folder / name, figure, MARK)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
