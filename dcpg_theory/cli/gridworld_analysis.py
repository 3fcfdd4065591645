"""``dcpg gridworld optimum`` and ``dcpg gridworld diagnose``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import flint
import numpy as np
from rich.markup import escape
from rich.table import Table

from dcpg_theory.cli import completing
from dcpg_theory.cli.output import console_for, output_options, write_json
from dcpg_theory.cli.pictures import check_picture
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.gridworld import experiments
from dcpg_theory.gridworld.diagnostics import mismatch_ratios, mismatch_spread, pulls
from dcpg_theory.gridworld.named import named_world
from dcpg_theory.gridworld.optimum import branch, relax, rounded_policy, tasks_of
from dcpg_theory.gridworld.settings import exact_steps
from dcpg_theory.gridworld.worlds import GridWorld
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.named_problems import problem as problem_named

__all__ = ["diagnose", "optimum"]

_LARGEST = 2500
"""States of a problem that is solved in rationals: the time grows with their third power."""


def _check_size(name: str, n_states: int) -> None:
    """Refuse a problem whose exact solution would take hours, before anything is trained."""
    if n_states > _LARGEST:
        raise InvalidInput(
            f"{name}: has {n_states} states, and exact rationals are for up to {_LARGEST}; dcpg "
            "gridworld train bounds the gap of larger maps"
        )


def _source(name: str) -> tuple[GridWorld | None, MultiTaskProblem]:
    """Return the grid world of a name, if it is one, and the problem."""
    bare = name.removeprefix("gridworld:")
    try:
        world = named_world(bare)
    except InvalidInput:
        if Path(bare.partition(",")[0]).suffix == ".txt" or bare.startswith("fig2"):
            raise
        return None, problem_named(name)
    return world, world.problem()


@click.command(short_help="Bound the best stationary policy of PROBLEM exactly.")
@click.argument("problem", metavar="PROBLEM", shell_complete=completing.problems)
@click.option("--nodes", type=click.IntRange(min=1), default=200, show_default=True,
              help="The most nodes of the branch and bound.")  # fmt: skip
@click.option("--no-training", is_flag=True, help="Do not start from what DCPG reaches.")
@output_options
def optimum(problem: str, nodes: int, no_training: bool, json_file: str | None, quiet: bool) -> int:
    """Bound the best stationary policy of PROBLEM from above and below, in exact rationals.

    PROBLEM is a grid world, or any problem of dcpg run with rational numbers.
    """
    world, model = _source(problem)
    _check_size(problem, model.n_states)
    tasks = tasks_of(model if world is None else world)
    relaxed = relax(tasks)
    candidates: list[dict[Any, Any]] = []
    reached = None
    if world is not None and not no_training:
        policy = experiments.train_exactly(world).evaluation.policy
        reached = experiments.gap_of(world, policy)
        one = flint.fmpq(1)
        likeliest = {
            x: ((int(row.argmax()), one),) for x, row in zip(model.states, policy, strict=True)
        }
        candidates = [likeliest, dict(zip(model.states, rounded_policy(policy), strict=True))]
    found = branch(tasks, nodes=nodes, candidates=candidates)
    groups = [[i + 1 for i in group] for group in relaxed.groups]
    console = console_for(json_file, quiet=quiet)
    console.print(f"[bold]{escape(problem)}[/]: {len(tasks)} tasks")
    for group, best in zip(groups, relaxed.optima, strict=True):
        who = "task " + " and ".join(map(str, group)) if len(group) < 3 else f"tasks {group}"
        console.print(f"  {who}: best policy earns {float(best.value):.9f}")
    console.print(f"  bound of the groups   {float(relaxed.bound):.9f}")
    console.print(
        f"  bound after {found.nodes} node{'s' * (found.nodes != 1)}   {float(found.bound):.9f}"
    )
    console.print(
        f"  best policy found     {float(found.value):.9f}   relative gap {found.gap:.1e}"
    )
    if reached is not None:
        console.print(
            f"  reached by DCPG       {float(reached.value):.9f}   relative gap to the groups' "
            f"bound {float(reached.relative):.1e}"
        )
    write_json(
        {
            "problem": problem,
            "groups": groups,
            "group_values": [str(best.value) for best in relaxed.optima],
            "group_bound": float(relaxed.bound),
            "bound": float(found.bound),
            "bound_exact": str(found.bound),
            "value": float(found.value),
            "relative_gap": found.gap,
            "nodes": found.nodes,
            "reached": None if reached is None else float(reached.value),
            "reached_gap": None if reached is None else float(reached.relative),
            "policy": {
                str(state): {str(a): str(p) for a, p in row} for state, row in found.policy.items()
            },
        },
        json_file,
    )
    return 0


@click.command(short_help="Say where the tasks of PROBLEM conflict: Section 4.1.")
@click.argument("problem", metavar="PROBLEM", shell_complete=completing.problems)
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True,
              help="How many states are listed.")  # fmt: skip
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path),
              help="A heat map, .png or .svg; of grid worlds only.")  # fmt: skip
@output_options
def diagnose(
    problem: str, top: int, picture: Path | None, json_file: str | None, quiet: bool
) -> int:
    """Say where the tasks of PROBLEM conflict (Section 4.1), at the uniform policy.

    PROBLEM is any problem of dcpg run, or a grid world. The reference policy of the mismatch ratios
    is the best one known: what DCPG reaches with exact gradients from everywhere.
    """
    world, model = _source(problem)
    if picture is not None and world is None:
        raise InvalidInput("--picture needs a grid world, for it draws the grid")
    check_picture(picture)
    model = model.to_float()
    uniform = np.full((model.n_states, model.n_actions), 1 / model.n_actions)
    reference = _reference(model)
    ratios = mismatch_ratios(model, uniform, reference)
    spread, found = mismatch_spread(ratios), pulls(model, uniform)
    strength = np.linalg.norm(found.gradients, axis=2).sum(axis=0)
    weight = np.nan_to_num(found.conflict) * strength
    order = [int(s) for s in np.argsort(-weight, kind="stable")[:top] if weight[s] > 0]
    table = Table("state", "conflict", "least cosine", "spread of the ratios", box=None)
    rows = []
    for s in order:
        cosine, pair = _least(found.cosines[s])
        table.add_row(
            str(model.states[s]),
            f"{found.conflict[s]:.3f}",
            "" if cosine is None else f"{cosine:.3f} (tasks {pair[0]} and {pair[1]})",
            "" if np.isnan(spread[s]) else f"{spread[s]:.3g}",
        )
        rows.append(
            {"state": str(model.states[s]), "conflict": float(found.conflict[s]),
             "least_cosine": cosine, "tasks": list(pair),
             "spread": None if not np.isfinite(spread[s]) else float(spread[s]),
             "ratios": [None if not np.isfinite(x) else float(x) for x in ratios[:, s]]}
        )  # fmt: skip
    console = console_for(json_file, quiet=quiet)
    shared = int((~np.isnan(spread)).sum())
    unequal = int((np.nan_to_num(spread, nan=1.0) > 1 + 1e-9).sum())
    console.print(
        f"[bold]{escape(problem)}[/] at the uniform policy: (12) fails in {unequal} of {shared} "
        "states that several tasks can visit"
    )
    console.print(table if rows else "  no state in which tasks pull apart")
    if picture is not None and world is not None:
        from dcpg_theory.report.gridworld_heat_map import save_heat_map

        title = f"{problem} at the uniform policy"
        save_heat_map(picture, world, spread, found.conflict, found.cosines, title)
        console.print(f"wrote {escape(str(picture))}")
    write_json(
        {"problem": problem, "shared": shared, "unequal": unequal, "states": rows}, json_file
    )
    return 0


def _reference(model: MultiTaskProblem) -> Array:
    """Return what DCPG reaches from everywhere, or its likeliest actions if they earn more."""
    from dcpg_theory.engine import Record, run_dcpg
    from dcpg_theory.models.policies import softmax
    from dcpg_theory.theory.objective import objective

    uniform = [np.full(task.n_states, 1 / task.n_states) for task in model.tasks]
    steps = exact_steps()
    trace = run_dcpg(
        MultiTaskProblem(model.tasks, uniform),
        experiments.paper_mixing(model.n_tasks),
        step_size=steps,
        iterations=len(steps),
        record=Record(quantities=()),
    )
    mixed = softmax(trace.mean_parameters)
    likeliest = np.eye(model.n_actions)[mixed.argmax(axis=1)]
    candidates: list[Any] = [mixed, likeliest]
    return np.asarray(max(candidates, key=lambda policy: float(objective(model, policy))))


def _least(cosines: Array) -> tuple[float | None, tuple[int, ...]]:
    """Return the least cosine of two tasks and their numbers, from 1."""
    upper = np.where(np.triu(np.ones_like(cosines), 1) > 0, cosines, np.nan)
    if np.isnan(upper).all():
        return None, ()
    place = np.unravel_index(int(np.nanargmin(upper)), upper.shape)
    return float(upper[place]), (int(place[0]) + 1, int(place[1]) + 1)
