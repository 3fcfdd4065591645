"""What a shell may put after a command: ids of claims, names of problems."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

__all__ = ["claims", "problems"]


def claims(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the ids of the recorded claims that start so: the ledger is quicker to read."""
    from dcpg_theory.ledger.recorded import read_recorded

    return [
        CompletionItem(id, help=entry["verdict"])
        for id, entry in read_recorded().items()
        if id.startswith(incomplete)
    ]


def problems(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the built-in problems that start so, or leave it to the shell to complete a file."""
    from dcpg_theory.gridworld.settings import SETTINGS

    names = ["example-1", "example-2", *(f"gridworld:{name}" for name in SETTINGS)]
    found = [CompletionItem(name) for name in names if name.startswith(incomplete)]
    return found or [CompletionItem(incomplete, type="file")]
