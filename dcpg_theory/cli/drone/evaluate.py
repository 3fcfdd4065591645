"""``dcpg drone evaluate``: tests of the policies of a run."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from rich.markup import escape
from rich.table import Table

from dcpg_theory.cli.drone.options import command_line, endpoints, simulator_options
from dcpg_theory.cli.drone.progress import Board
from dcpg_theory.cli.output import console_for, output_options, write_json
from dcpg_theory.drone.experiment import Report, hardware, name_of, versions
from dcpg_theory.drone.statistics import mean_safe_flight

__all__ = ["evaluate"]


@click.command()
@click.argument("run", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--test-episodes", type=click.IntRange(min=1), default=20, show_default=True, help="A cell."
)
@click.option("--cap", type=click.IntRange(min=1), help="Steps; default as in training.")
@click.option("--seed", type=click.IntRange(min=0), help="Of the tests; default the run's.")
@simulator_options
@output_options
def evaluate(
    run: Path,
    test_episodes: int,
    cap: int | None,
    seed: int | None,
    worlds: tuple[str, ...],
    world_seed: int,
    renderer: str | None,
    connect: tuple[str, ...],
    client: str | None,
    starts: Path | None,
    json_file: str | None,
    quiet: bool,
) -> int:
    """Fly the policies of RUN, a file that `train` or `table` wrote, in every world."""
    from dcpg_theory.drone.evaluation import evaluate as tested
    from dcpg_theory.drone.learning.runs import read_run

    console = console_for(json_file, quiet=quiet)
    found = read_run(run)
    places = endpoints(worlds, world_seed, renderer, connect, client, starts)
    alone = found.settings.graph == "none"
    policies = {f"SA-{i}": policy for i, policy in enumerate(found.policies)}
    if not alone:
        policies = {name_of(found.settings.graph): found.mean_policy}
    cap = cap or found.settings.cap
    seed = found.settings.seed if seed is None else seed
    total = len(policies) * len(places) * test_episodes
    with Board(quiet=quiet) as board:
        flights = tested(
            policies,
            places,
            episodes=test_episodes,
            cap=cap,
            seed=seed,
            callback=lambda k: board(Report(found.settings.stem, "testing", k, total)),
        )
    names = [one.label for one in places]
    table = Table("policy", *names, "sum")
    for policy, rows in flights.items():
        mean, spread = mean_safe_flight(np.array([rows]))
        cells = [f"{m:.1f} ± {s:.1f}" for m, s in zip(mean, spread, strict=True)]
        table.add_row(policy, *cells, f"{mean.sum():.1f}")
    console.print(table)
    trained = len(found.log["steps"])
    console.print(
        escape(
            f"MSF in m ± standard deviation of the flights; {trained} training episodes, "
            f"{test_episodes} test episodes a cell, cap {cap} steps, seed {seed}"
        )
    )
    data = {
        "command": command_line(),
        "settings": found.settings.as_json(),
        "training_episodes": trained,
        "test_episodes": test_episodes,
        "cap": cap,
        "seed": seed,
        "environments": names,
        "flights": flights,
        "versions": versions(),
        "hardware": hardware(),
    }
    write_json(data, json_file)
    return 0
