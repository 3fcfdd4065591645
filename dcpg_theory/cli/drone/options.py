"""Options that the commands share: where to fly, and how long."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from dcpg_theory.drone.endpoints import Embedded, Endpoint, remote, starts_of_file
from dcpg_theory.drone.rpc.layouts import Dialect
from dcpg_theory.drone.tiers import TIERS, Tier, tier
from dcpg_theory.drone.worlds import NAMES
from dcpg_theory.errors import InvalidInput

__all__ = [
    "ALGORITHMS",
    "command_line",
    "dialect_option",
    "endpoints",
    "simulator_options",
    "sized",
    "tier_options",
]

_Command = TypeVar("_Command", bound=Callable[..., Any])

ALGORITHMS = ("reinforce", "a2c", "ppo")

_SIMULATOR = (
    click.option(
        "--world",
        "worlds",
        multiple=True,
        metavar="W",
        help=f"0 to {len(NAMES) - 1}, {', '.join(NAMES)}, or an MJCF file; one for each agent. "
        "Default: all four.",
    ),
    click.option("--world-seed", type=click.IntRange(min=0), default=0, show_default=True),
    click.option(
        "--renderer", type=click.Choice(["gl", "rays"]), help="Default: OpenGL where it works."
    ),
    click.option(
        "--connect",
        multiple=True,
        metavar="HOST:PORT",
        help="Fly in a simulator that speaks AirSim's protocol; one for each agent.",
    ),
    click.option(
        "--client",
        type=click.Choice(["cosysairsim", "airsim"]),
        help="The client package for --connect. Default: the first that is installed.",
    ),
    click.option(
        "--starts",
        type=click.Path(dir_okay=False, path_type=Path),
        help="For --connect: a JSON list of start poses [x, y, z, yaw], metres in NED and degrees. "
        "Default: the scene's objects start-0, start-1, ...",
    ),
)


def simulator_options(command: _Command) -> _Command:
    """Add the options that say where to fly."""
    for option in reversed(_SIMULATOR):
        command = option(command)
    return command


def endpoints(
    worlds: tuple[str, ...],
    world_seed: int,
    renderer: str | None,
    connect: tuple[str, ...],
    client: str | None,
    starts: Path | None,
) -> tuple[Endpoint, ...]:
    """Return what the simulator options name.

    Raises
    ------
    InvalidInput
        If they exclude each other or name what there is not.
    """
    if connect:
        if worlds or renderer:
            raise InvalidInput("--connect excludes --world and --renderer, which are the server's")
        poses = None if starts is None else starts_of_file(starts)
        return tuple(remote(text, client, poses) for text in connect)
    if client or starts:
        raise InvalidInput("--client and --starts need --connect")
    chosen = worlds or tuple(str(k) for k in range(len(NAMES)))
    found = tuple(Embedded(name, world_seed, renderer) for name in chosen)
    for endpoint in found:
        _ = endpoint.label  # an unknown world is refused now and not after hours
    return found


def tier_options(command: _Command) -> _Command:
    """Add ``--tier`` and what may be said otherwise."""
    for option in (
        click.option("--cap", type=click.IntRange(min=1), help="Steps; default the tier's."),
        click.option("--episodes", type=click.IntRange(min=1), help="Default the tier's."),
        click.option(
            "--tier",
            "tier_name",
            type=click.Choice(list(TIERS)),
            default="smoke",
            show_default=True,
            help="; ".join(
                f"{one.name}: {one.episodes} episodes, cap {one.cap}" for one in TIERS.values()
            ),
        ),
    ):
        command = option(command)
    return command


def sized(tier_name: str, episodes: int | None, cap: int | None) -> Tier:
    """Return a tier with other episodes or another cap, which its name then says."""
    found = tier(tier_name)
    changed = replace(found, episodes=episodes or found.episodes, cap=cap or found.cap)
    return found if changed == found else replace(changed, name=f"{found.name}, changed")


def dialect_option(command: _Command) -> _Command:
    """Add ``--dialect``."""
    return click.option(
        "--dialect",
        type=click.Choice([one.value for one in Dialect]),
        default=Dialect.COSYS.value,
        show_default=True,
        help="Whose clients: cosys for cosysairsim, airsim for airsim and Colosseum.",
    )(command)


def command_line() -> str:
    """Return the command as typed."""
    return shlex.join(["dcpg", *sys.argv[1:]])
