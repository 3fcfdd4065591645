"""``dcpg drone train``: one training run."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
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
from dcpg_theory.cli.output import console_for, output_options, write_json
from dcpg_theory.drone.experiment import hardware, training_report, versions
from dcpg_theory.drone.learning.settings import GRAPHS, Settings
from dcpg_theory.errors import InvalidInput

__all__ = ["train"]


@click.command()
@click.option("--algorithm", type=click.Choice(ALGORITHMS), default="reinforce", show_default=True)
@click.option(
    "--graph",
    type=click.Choice(GRAPHS),
    default="ring",
    show_default=True,
    help="Who talks to whom, with lazy Metropolis weights; with none each agent learns alone.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@tier_options
@simulator_options
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("drone-runs"),
    show_default=True,
    help="The folder of the run's file, from which a run that was stopped goes on.",
)
@click.option(
    "--checkpoint-every",
    type=click.IntRange(min=1),
    default=25,
    show_default=True,
    help="Episodes between two checkpoints.",
)
@click.option(
    "--mpi", is_flag=True, help="One process an agent; start with mpiexec -n (agents) dcpg ..."
)
@output_options
def train(
    algorithm: str,
    graph: str,
    seed: int,
    tier_name: str,
    episodes: int | None,
    cap: int | None,
    worlds: tuple[str, ...],
    world_seed: int,
    renderer: str | None,
    connect: tuple[str, ...],
    client: str | None,
    starts: Path | None,
    out: Path,
    checkpoint_every: int,
    mpi: bool,
    json_file: str | None,
    quiet: bool,
) -> int:
    """Train the agents once, each in its own world, and write the run's file."""
    from dcpg_theory.drone.learning.training import Progress
    from dcpg_theory.drone.learning.training import train as trained

    places = endpoints(worlds, world_seed, renderer, connect, client, starts)
    tier = sized(tier_name, episodes, cap)
    settings = Settings(algorithm, graph, seed, tier.cap, tuple(one.label for one in places))
    network = _network(settings) if mpi else None
    silent = network is not None and network.agents[0] != 0
    console = console_for(json_file, quiet=quiet or silent)
    path = out / f"{settings.stem}.npz"
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"--out {out}: {error.strerror}") from error
    last: list[Progress] = []
    with Board(quiet=quiet or silent) as board:

        def told(progress: Progress) -> None:
            last[:] = [progress]
            board(training_report(settings.stem, progress))

        run = trained(
            settings,
            places,
            tier.episodes,
            path=path,
            every=checkpoint_every,
            network=network,
            callback=told,
            report=lambda words: click.echo(f"dcpg: {words}", err=True),
        )
    if silent:
        return 0
    distances = run.log["distance"][-25:].mean(axis=0)
    for name, distance in zip(settings.environments, distances, strict=True):
        console.print(f"{escape(name)}: MSF of the last 25 training flights {distance:.1f} m")
    speed = _speed(last[0]) if last else {}
    if last:
        shares = ", ".join(f"{part} {share:.0%}" for part, share in speed["shares"].items())
        console.print(f"{speed['steps_per_second']:.0f} steps/s ({shares})")
    console.print(f"wrote {escape(str(path))}")
    data: dict[str, Any] = {
        "command": command_line(),
        "settings": settings.as_json(),
        "tier": asdict(tier),
        "run": str(path),
        "log": {name: rows.tolist() for name, rows in run.log.items()},
        "speed": speed,
        "versions": versions(),
        "hardware": hardware(),
    }
    write_json(data, json_file)
    return 0


def _speed(progress: Any) -> dict[str, Any]:
    """Return the pace, and the share of each part of the work."""
    watch = asdict(progress.watch)
    total = sum(watch.values()) or 1.0
    return {
        "steps": progress.steps,
        "seconds": progress.seconds,
        "steps_per_second": progress.steps / max(progress.seconds, 1e-9),
        "shares": {part: seconds / total for part, seconds in watch.items()},
    }


def _network(settings: Settings) -> Any:
    from dcpg_theory.drone.extra import require
    from dcpg_theory.drone.learning.communication import Mpi

    return Mpi(settings.mixing, require("mpi4py.MPI", "--mpi").COMM_WORLD)
