"""``dcpg completion SHELL``: the script by which a shell completes commands, options and claims."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from dcpg_theory.cli.examples import epilog

__all__ = ["completion"]


@click.command(epilog=epilog("completion"))
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the script that completes dcpg's words in SHELL: commands, options, claims, problems.

    The shell runs it when it starts; the words themselves come from dcpg, so that they are always
    this version's. bash needs to be 4.4 or newer.
    """
    from dcpg_theory.cli import cli

    made = get_completion_class(shell)
    assert made is not None  # click knows all three
    script = made(cli, {}, "dcpg", "_DCPG_COMPLETE")
    click.echo(script.source_template % script.source_vars())
    return 0
