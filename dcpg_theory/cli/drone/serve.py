"""``dcpg drone serve``: a world behind AirSim's protocol."""

from __future__ import annotations

import click

from dcpg_theory.cli.drone.options import dialect_option
from dcpg_theory.cli.output import console_for
from dcpg_theory.drone.rpc.layouts import Dialect
from dcpg_theory.drone.worlds import world as world_named

__all__ = ["serve"]


@click.command()
@click.option("--world", default="0", show_default=True, help="0 to 3, a name, or an MJCF file.")
@click.option("--world-seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=41451,
    show_default=True,
    help="0 takes a free one.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Where to listen; by default only this machine can connect. There is no password.",
)
@dialect_option
@click.option("--renderer", type=click.Choice(["gl", "rays"]), help="Default: OpenGL if it works.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def serve(
    world: str,
    world_seed: int,
    port: int,
    host: str,
    dialect: str,
    renderer: str | None,
    quiet: bool,
) -> int:
    """Serve a world so that the AirSim client packages can connect and fly, until Ctrl-C."""
    from dcpg_theory.drone.rpc.server import AirSimServer

    console = console_for(None, quiet=quiet)
    found = world_named(world, world_seed)
    with AirSimServer(found, port, Dialect(dialect), host, renderer) as server:
        console.print(
            f"serving {found.name} at {host}:{server.port}, dialect {dialect}, {server.backend}; "
            "Ctrl-C ends it"
        )
        try:
            server.wait()
        except KeyboardInterrupt:
            console.print("ended")
    return 0
