"""``dcpg drone watch``: a flight as a picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
from rich.markup import escape

from dcpg_theory.cli.drone.options import endpoints, simulator_options
from dcpg_theory.cli.output import console_for, output_options, write_json
from dcpg_theory.drone.learning.settings import Purpose, generator
from dcpg_theory.drone.simulator import DroneSim, Frame
from dcpg_theory.drone.task import Flight
from dcpg_theory.errors import InvalidInput

__all__ = ["watch"]

Choose = Callable[[Frame, np.random.Generator], int]


@click.command()
@click.option(
    "--run",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Whose policy flies: a file that `train` or `table` wrote. Default: a pilot that sees "
    "depth and does not learn.",
)
@click.option("--agent", type=click.IntRange(min=0), help="Of the run; default the agents' mean.")
@click.option("--start", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--cap", type=click.IntRange(min=1), default=200, show_default=True, help="Steps.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@simulator_options
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("flight.png"),
    show_default=True,
    help="The picture, .png or .svg.",
)
@output_options
def watch(
    run: Path | None,
    agent: int | None,
    start: int,
    cap: int,
    seed: int,
    worlds: tuple[str, ...],
    world_seed: int,
    renderer: str | None,
    connect: tuple[str, ...],
    client: str | None,
    starts: Path | None,
    out: Path,
    json_file: str | None,
    quiet: bool,
) -> int:
    """Fly once, in the first --world (default 0), and draw the flight as a filmstrip."""
    from dcpg_theory.report.filmstrip import Shot, save_filmstrip

    console = console_for(json_file, quiet=quiet)
    place = endpoints(worlds, world_seed, renderer, connect, client, starts)[0]
    if out.suffix.lower() not in (".png", ".svg"):
        raise InvalidInput(f"--out {out} must end in .png or .svg")
    choose, who = _pilot() if run is None else _policy(run, agent)
    simulator: DroneSim = place.connect()
    try:
        rng = generator(seed, Purpose.TEST, 0, 0)
        flight = Flight(simulator, start, rng)
        shots, reason = [], f"the cap of {cap} steps"
        for k in range(cap):
            action = choose(flight.frame, rng)
            shots.append(Shot(k, flight.frame, action, flight.pose, flight.distance))
            step = flight.step(action)
            if step.crashed:
                reason = step.reason
                break
        shots.append(Shot(len(shots), flight.frame, None, flight.pose, flight.distance))
        backend = simulator.backend
    finally:
        simulator.close()
    ending = f"{flight.distance:.1f} m in {len(shots) - 1} steps; ended by {reason}. {backend}."
    save_filmstrip(out, shots, f"{who} in {place.label}, start {start}, seed {seed}", ending)
    console.print(escape(f"{who} in {place.label}: {ending}"))
    console.print(f"wrote {escape(str(out))}")
    data = {
        "policy": who,
        "environment": place.label,
        "backend": backend,
        "start": start,
        "seed": seed,
        "distance": flight.distance,
        "steps": len(shots) - 1,
        "reason": reason,
        "path": [[shot.pose.x, shot.pose.y, shot.pose.z, shot.pose.yaw] for shot in shots],
        "actions": [shot.action for shot in shots[:-1]],
        "picture": str(out),
    }
    write_json(data, json_file)
    return 0


def _pilot() -> tuple[Choose, str]:
    from dcpg_theory.drone.pilot import DepthPilot

    pilot = DepthPilot()
    return lambda frame, _: pilot(frame), "a pilot that sees depth"


def _policy(path: Path, agent: int | None) -> tuple[Choose, str]:
    from dcpg_theory.drone.learning.episodes import sampled_action
    from dcpg_theory.drone.learning.estimators import acting
    from dcpg_theory.drone.learning.network import on_device
    from dcpg_theory.drone.learning.runs import read_run

    run = read_run(path)
    if agent is not None and agent >= len(run.policies):
        raise InvalidInput(f"--agent {agent}: {path} has agents 0 to {len(run.policies) - 1}")
    policy = on_device(run.mean_policy if agent is None else run.policies[agent])
    act = acting()
    what = "the mean policy" if agent is None else f"agent {agent}"
    title = f"{what} of {run.settings.stem} ({len(run.log['steps'])} episodes)"
    return (
        lambda frame, rng: sampled_action(act(policy, frame.rgb), float(rng.random())),
        title,
    )
