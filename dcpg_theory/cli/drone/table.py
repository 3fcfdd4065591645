"""``dcpg drone table``: Table 1."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import click
from rich.markdown import Markdown
from rich.markup import escape

from dcpg_theory.cli.drone.options import (
    ALGORITHMS,
    command_line,
    endpoints,
    simulator_options,
    sized,
    tier_options,
)
from dcpg_theory.cli.drone.progress import Board
from dcpg_theory.cli.output import console_for, output_options, write_json, write_text
from dcpg_theory.drone.experiment import Job, collected, run_jobs
from dcpg_theory.drone.learning.settings import GRAPHS, Settings
from dcpg_theory.errors import InvalidInput

__all__ = ["table"]


@click.command()
@click.option(
    "--algorithm",
    "algorithms",
    type=click.Choice(ALGORITHMS),
    multiple=True,
    help="Several can be given. Default: all three.",
)
@click.option(
    "--graph",
    "graphs",
    type=click.Choice([name for name in GRAPHS if name != "none"]),
    multiple=True,
    help="Of DCPG; several can be given. Default: ring. Besides, every agent is trained alone.",
)
@click.option("--seeds", type=click.IntRange(min=1), help="How many; default the tier's.")
@tier_options
@simulator_options
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=os.cpu_count() or 1,
    show_default=True,
    help="Runs at a time, each in a process of its own.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("drone-runs"),
    show_default=True,
    help="The folder of all files; what is in it already is not done again.",
)
@output_options
def table(
    algorithms: tuple[str, ...],
    graphs: tuple[str, ...],
    seeds: int | None,
    tier_name: str,
    episodes: int | None,
    cap: int | None,
    worlds: tuple[str, ...],
    world_seed: int,
    renderer: str | None,
    connect: tuple[str, ...],
    client: str | None,
    starts: Path | None,
    jobs: int,
    out: Path,
    json_file: str | None,
    quiet: bool,
) -> int:
    """Train and test DCPG and every agent alone, and write Table 1 as Markdown, JSON and PNG.

    Stopped at any moment and started again, it goes on where it was.
    """
    from dcpg_theory.report.drone_table import markdown, save_table_figure

    console = console_for(json_file, quiet=quiet)
    places = endpoints(worlds, world_seed, renderer, connect, client, starts)
    tier = sized(tier_name, episodes, cap)
    tier = replace(tier, seeds=seeds or tier.seeds)
    if connect and jobs > 1:
        raise InvalidInput("--connect needs --jobs 1: two runs cannot share a simulator")
    names = tuple(one.label for one in places)
    planned = [
        Job(Settings(algorithm, graph, seed, tier.cap, names), places, tier, out)
        for seed in range(tier.seeds)
        for algorithm in algorithms or ALGORITHMS
        for graph in (*(graphs or ("ring",)), "none")
    ]
    with Board(quiet=quiet) as board:
        tests = run_jobs(planned, jobs, board)
    result = collected(tests, tier, command_line())
    text = markdown(result)
    write_text(out / "table.md", lambda: text)
    write_text(out / "table.json", lambda: json.dumps(result) + "\n")
    save_table_figure(out / "table.png", result)
    console.print(Markdown(text))
    console.print(
        "wrote " + escape(", ".join(str(out / f"table.{s}") for s in ("md", "json", "png")))
    )
    write_json(result, json_file)
    return 0
