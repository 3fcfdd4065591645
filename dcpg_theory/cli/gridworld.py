"""``dcpg gridworld``: the experiments of Section 5.1 and what can be proved about them."""

from __future__ import annotations

import platform
import time
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from dcpg_theory import __version__
from dcpg_theory.cli import choices
from dcpg_theory.cli.examples import epilog
from dcpg_theory.cli.gridworld_analysis import diagnose, optimum
from dcpg_theory.cli.output import console_for, output_options, progress_bar, write_json
from dcpg_theory.cli.pictures import check_picture
from dcpg_theory.engine.checkpoints import Checkpoint
from dcpg_theory.engine.files import write_archive
from dcpg_theory.engine.monte_carlo import Episodic, Visits
from dcpg_theory.errors import InvalidInput
from dcpg_theory.gridworld import experiments
from dcpg_theory.gridworld.named import named_world
from dcpg_theory.gridworld.settings import SETTINGS, exact_steps, setting
from dcpg_theory.gridworld.toy_text import NAMES
from dcpg_theory.gridworld.worlds import GridWorld, label

__all__ = ["gridworld"]

_KIND, _VERSION = "gridworld result", 1

_CAPTIONS = {
    "fig2a": "No obstacle of a task is a goal of another one: one way visits all goals.",
    "fig2b": "An obstacle of task 2 is the goal of task 3: the way comes to goal 2 first.",
    "fig2c": "The goal of task 2 is the obstacle of task 3 and the other way round: at most three "
    "of four tasks can be finished, and by the best policies task 3 is the one that fails.",
    "fig2d": "One way visits all goals, but its first steps, from the top left corner, lead past "
    "obstacles of some of the tasks.",
    "fig2e": "The maps of fig2d from the top right corner: again one way visits all goals.",
}
"""What is true of the maps, whatever a training makes of them."""


@click.group(epilog=epilog("gridworld"))
def gridworld() -> None:
    """Train, draw and examine grid worlds (Section 5.1).

    WORLD is fig2a ... fig2e or a map drawn in a .txt or .toml file, with options such as
    fig2a,endings=walk-through,discount=9/10.
    """


gridworld.add_command(optimum)
gridworld.add_command(diagnose)


@gridworld.command(name="list")
@output_options
def list_worlds(json_file: str | None, quiet: bool) -> int:
    """List the grid worlds that are built in."""
    table = Table("name", "tasks", "grid", "start", "what it is", box=None)
    data = []
    for name, title in SETTINGS.items():
        world = setting(name).world
        rows, columns = world.shape
        starts = sorted({label(c) for i in range(world.n_tasks) for c in world.start_cells(i)})
        table.add_row(name, str(world.n_tasks), f"{rows} x {columns}", ", ".join(starts), title)
        data.append(
            {"name": name, "title": title, "tasks": world.n_tasks, "shape": [rows, columns],
             "starts": starts, "discount": str(world.discount), "endings": str(world.endings)}
        )  # fmt: skip
    for name, environment in NAMES.items():
        table.add_row(name, "1", "", "", f"Gymnasium's {environment}, for dcpg run and diagnose")
        data.append({"name": name, "title": f"Gymnasium's {environment}", "tasks": 1})
    console_for(json_file, quiet=quiet).print(table)
    write_json({"worlds": data}, json_file)
    return 0


@gridworld.command(short_help="Train the agents of WORLD, test them in all tasks.")
@click.argument("world", metavar="WORLD")
@click.option("--exact", is_flag=True, help="Exact gradients in place of episodes.")
@click.option(
    "--rounds", type=click.IntRange(min=0), help="Default 1000; with --exact 6600 iterations."
)
@click.option(
    "--step-size",
    metavar="A[:B...]",
    help="As for dcpg run. Default 2; with --exact 1, and growing from round 5000 on.",
)
@click.option(
    "--visits", type=click.Choice([kind.value for kind in Visits]), default="every-visit",
    show_default=True,
    help="Which visits of an episode count; first-visit-alone is biased.",
)  # fmt: skip
@click.option("--batch", type=click.IntRange(min=1), default=1, show_default=True, metavar="N",
              help="Episodes of each agent a round.")  # fmt: skip
@click.option("--horizon", type=click.IntRange(min=1), default=200, show_default=True, metavar="T",
              help="The most steps of an episode.")  # fmt: skip
@click.option("--baseline-rate", type=click.FloatRange(0, 1), default=0.1, show_default=True,
              help="How fast the baselines move; 0 for none.")  # fmt: skip
@click.option("--regularization", type=float, default=0.0, show_default=True)
@click.option("--graph", default="ring", show_default=True, metavar="GRAPH",
              help=f"Who talks to whom: {choices.GRAPHS}.")  # fmt: skip
@click.option("--mixing", default="lazy-metropolis", show_default=True, metavar="RULE")
@click.option("--everywhere", is_flag=True, help="Episodes and gradients start in any state.")
@click.option("--spread", type=click.FloatRange(min=0), default=0.0, show_default=True,
              help="Standard deviation of the common first parameters.")  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the parameters and returns there, .npz.")  # fmt: skip
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path),
              help="Draw the result there, .png or .svg.")  # fmt: skip
@click.option("--checkpoint", "saved", type=click.Path(dir_okay=False, path_type=Path),
              help="Save the training there, every 1000 rounds and at the end.")  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on from the checkpoint, if it exists.")
@output_options
def train(world: str, json_file: str | None, quiet: bool, **options: Any) -> int:
    """Train the agents of WORLD and test what they learned in all tasks."""
    if options["resume"] and options["saved"] is None:
        raise click.UsageError("--resume needs --checkpoint FILE")
    if options["out"] is not None and options["out"].suffix != ".npz":
        raise InvalidInput(f"--out {options['out']} must end in .npz")
    check_picture(options["picture"])
    grid = named_world(world)
    begin = time.perf_counter()
    trained = _trained(grid, world, options, quiet=quiet)
    seconds = time.perf_counter() - begin
    gap = experiments.gap_of(grid, trained.evaluation.policy)
    console = console_for(json_file, quiet=quiet)
    _print_result(console, world, trained, gap, seconds)
    data = {
        "world": world,
        "exact": options["exact"],
        "seed": options["seed"],
        "rounds": trained.rounds,
        "versions": {"dcpg_theory": __version__, "python": platform.python_version()},
        **_summary(trained, gap),
    }
    if options["out"] is not None:
        returns = np.zeros((0, grid.n_tasks)) if trained.returns is None else trained.returns
        arrays = {"parameters": trained.parameters, "returns": returns}
        write_archive(options["out"], _KIND, _VERSION, data, arrays)
    if options["picture"] is not None:
        _draw(options["picture"], grid, world, trained, gap, options["graph"])
    write_json(data, json_file)
    return 0


def _trained(
    grid: GridWorld, name: str, options: dict[str, Any], *, quiet: bool
) -> experiments.Trained:
    """Call the training that the options ask for, with a progress bar."""
    exact = options["exact"]
    rounds = options["rounds"]
    if rounds is None:
        rounds = len(exact_steps()) if exact else experiments.EPISODES
    given = options["step_size"]
    rng = np.random.default_rng((options["seed"], 1))
    problem = grid.problem()
    common: dict[str, Any] = {
        "initial": options["spread"] * rng.standard_normal((problem.n_states, problem.n_actions)),
        "regularization": options["regularization"],
        "mixing": choices.mixing_matrix(options["graph"], options["mixing"], grid.n_tasks),
        "everywhere": options["everywhere"],
        "checkpoint": None
        if options["saved"] is None
        else Checkpoint(options["saved"], resume=options["resume"]),
    }
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task(escape(f"training {name}"), total=rounds)
        common["callback"] = lambda k: bar.update(task, completed=k)
        if exact:
            steps = None if given is None else choices.step_sizes(given, rounds)
            return experiments.train_exactly(grid, step_size=steps, iterations=rounds, **common)
        estimator = Episodic(
            options["visits"], options["batch"], options["horizon"], options["baseline_rate"]
        )
        steps = experiments.STEP_SIZE if given is None else choices.step_sizes(given, rounds)
        return experiments.train_by_episodes(
            grid,
            step_size=steps,
            rounds=rounds,
            estimator=estimator,
            seed=options["seed"],
            **common,
        )


def _summary(trained: experiments.Trained, gap: experiments.Gap) -> dict[str, Any]:
    evaluation = trained.evaluation
    return {
        "values": evaluation.values.tolist(),
        "objective": float(gap.value),
        "bound": float(gap.bound),
        "bound_exact": str(gap.bound),
        "relative_gap": float(gap.relative),
        "global": gap.is_global,
        "success": evaluation.success.tolist(),
        "failure": evaluation.failure.tolist(),
        "paths": [[label(cell) for cell in path] for path in evaluation.paths],
        "finished": list(evaluation.finished),
        "disagreement": trained.disagreement,
    }


def _print_result(
    console: Console,
    name: str,
    trained: experiments.Trained,
    gap: experiments.Gap,
    seconds: float,
) -> None:
    console.print(f"[bold]{escape(name)}[/]: {trained.rounds} rounds in {seconds:.2f} s")
    table = Table("task", "value", "success", "failure", "likeliest path", box=None)
    evaluation = trained.evaluation
    for i, path in enumerate(evaluation.paths):
        end = "reaches the goal" if evaluation.finished[i] else "does not reach the goal"
        steps = len(path) - 1
        table.add_row(
            str(i + 1),
            f"{evaluation.values[i]:.4f}",
            f"{evaluation.success[i]:.1%}",
            f"{evaluation.failure[i]:.1%}",
            f"{end} ({steps} step{'s' * (steps != 1)})",
        )
    console.print(table)
    console.print(f"  objective (5)               {float(gap.value):.9f}")
    console.print(f"  no stationary policy beats  {float(gap.bound):.9f}   (certified)")
    verdict = "global" if gap.is_global else "not shown to be global"
    console.print(f"  relative gap                {float(gap.relative):.2e}   {verdict}")
    console.print(f"  agents differ by            {trained.disagreement:.1e}   (total variation)")


@gridworld.command(short_help="Draw the pictures of Fig. 2.")
@click.argument("worlds", metavar="[WORLD ...]", nargs=-1)
@click.option("--exact", is_flag=True, help="Exact gradients in place of episodes.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--format", "suffix", type=click.Choice(["png", "svg"]), default="png",
              show_default=True)  # fmt: skip
@click.option("--out", "folder", type=click.Path(file_okay=False, path_type=Path),
              default=Path("."), show_default=True, help="The folder of the pictures.")  # fmt: skip
@output_options
def figure(
    worlds: tuple[str, ...],
    exact: bool,
    seed: int,
    suffix: str,
    folder: Path,
    json_file: str | None,
    quiet: bool,
) -> int:
    """Draw Fig. 2: train on each WORLD (default all five settings) and write its picture."""
    console = console_for(json_file, quiet=quiet)
    if not folder.is_dir():
        raise InvalidInput(f"--out {folder}: there is no such folder")
    chosen = [(name, named_world(name)) for name in worlds or SETTINGS]
    targets = [folder / f"{_stem(name)}.{suffix}" for name, _ in chosen]
    for target in targets:
        check_picture(target)
    results: dict[str, Any] = {}
    for (name, grid), target in zip(chosen, targets, strict=True):
        if exact:
            trained = experiments.train_exactly(grid)
        else:
            trained = experiments.train_by_episodes(grid, seed=seed)
        gap = experiments.gap_of(grid, trained.evaluation.policy)
        _draw(target, grid, name, trained, gap)
        results[name] = {"picture": str(target), **_summary(trained, gap)}
        done = sum(trained.evaluation.finished)
        console.print(
            f"{escape(name)}: {done} of {grid.n_tasks} goals on the likeliest paths, relative gap "
            f"{float(gap.relative):.1e}, wrote {escape(str(target))}"
        )
    write_json({"seed": seed, "exact": exact, "figures": results}, json_file)
    return 0


def _stem(name: str) -> str:
    return (
        name.replace(",", "-").replace("/", "-").replace("=", "-")
        if name[0] != "/"
        else (Path(name.partition(",")[0]).stem)
    )


def _draw(
    path: Path,
    grid: GridWorld,
    name: str,
    trained: experiments.Trained,
    gap: experiments.Gap,
    graph: str = "ring",
) -> None:
    from dcpg_theory.report.gridworld_picture import save_gridworld_picture

    means = "episodes" if trained.returns is not None else "exact gradients"
    first = _CAPTIONS.get(name, "All tasks in one grid, and each by itself.")
    done = sum(trained.evaluation.finished)
    caption = (
        f"{first} {trained.rounds} rounds with {means}; {grid.n_tasks} agents, graph: {graph}; the "
        f"policy is that of their mean parameters. Its likeliest paths come to {done} of "
        f"{grid.n_tasks} goals. It earns {float(gap.value):.4f} in sum; no stationary policy earns "
        f"more than {float(gap.bound):.4f}."
    )
    title = SETTINGS.get(name)
    heading = name if title is None else f"{name}: {title}"
    save_gridworld_picture(path, grid, trained.evaluation, heading, caption)
