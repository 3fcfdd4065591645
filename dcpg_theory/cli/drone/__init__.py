"""``dcpg drone``: the experiments of Section 5.2."""

from __future__ import annotations

import importlib

import click

from dcpg_theory.cli.examples import epilog

__all__ = ["drone"]

_COMMANDS = {
    "curves": "Draw safe flights during training (Figure 3).",
    "doctor": "Say what is there to fly with, and how to mend what is broken.",
    "evaluate": "Test the policies of a run.",
    "serve": "Serve a world through AirSim's protocol.",
    "table": "Train, test and tabulate DCPG and every agent alone (Table 1).",
    "train": "Train the agents once.",
    "watch": "Draw a flight as a filmstrip.",
}


class _LazyGroup(click.Group):
    """Import a command's module only when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"dcpg_theory.cli.drone.{cmd_name}")
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(_COMMANDS.items()))


@click.group(cls=_LazyGroup, epilog=epilog("drone"))
def drone() -> None:
    """Drones that learn to fly in four worlds, alone and together (Section 5.2).

    Everything runs in this process unless --connect says otherwise.
    """
