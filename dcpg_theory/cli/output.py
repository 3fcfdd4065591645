"""What every command shares: ``--json``, ``--quiet``, and a console that keeps out of the way."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dcpg_theory.errors import InvalidInput

__all__ = [
    "VERDICT_STYLES",
    "check_targets",
    "console_for",
    "output_options",
    "progress_bar",
    "write_json",
    "write_text",
]

_Command = TypeVar("_Command", bound=Callable[..., Any])

VERDICT_STYLES = {
    "definition": "green",
    "proved": "green",
    "certified": "cyan",
    "conditional": "yellow",
    "supported": "yellow",
    "undecided": "magenta",
    "refuted": "bold red",
}


def output_options(command: _Command) -> _Command:
    """Add ``--json FILE`` and ``--quiet`` to a command."""
    json_option = click.option(
        "--json", "json_file", metavar="FILE", help="Write the result as JSON; - for stdout."
    )
    quiet_option = click.option("--quiet", is_flag=True, help="Print nothing but errors.")
    return json_option(quiet_option(command))


def console_for(json_file: str | None, *, quiet: bool) -> Console:
    """Return the console to print on: silent when quiet, or when JSON takes standard output."""
    silent = quiet or json_file == "-"
    width = None if sys.stdout.isatty() else 110
    return Console(quiet=silent, width=width, highlight=False)


def progress_bar(*, quiet: bool) -> Progress:
    """Return a progress bar on standard error; on a pipe it stays away."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )


def check_targets(targets: Mapping[str, str | Path | None]) -> None:
    """Refuse files that cannot be written before the work for them begins.

    Parameters
    ----------
    targets : mapping from str to path, optional
        The option's name, and the file that it names; ``-`` is standard output.

    Raises
    ------
    InvalidInput
        If the folder of a file is missing, or the file is a folder.
    """
    for option, target in targets.items():
        if target is None or str(target) == "-":
            continue
        path = Path(target)
        if not path.parent.is_dir():
            raise InvalidInput(f"{option} {path}: there is no folder {path.parent}")
        if path.is_dir():
            raise InvalidInput(f"{option} {path} is a folder, a file is needed")


def write_text(file: Path | None, text: Callable[[], str]) -> None:
    """Write a text to a file, if one is named.

    Raises
    ------
    InvalidInput
        If the file cannot be written.
    """
    if file is None:
        return
    try:
        file.write_text(text(), encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{file}: {error.strerror}") from error


def write_json(data: Any, json_file: str | None) -> None:
    """Write a result where ``--json`` says, if it says so.

    Raises
    ------
    InvalidInput
        If the file cannot be written.
    """
    if json_file is None:
        return
    text = json.dumps(data, indent=2, ensure_ascii=False)
    if json_file == "-":
        click.echo(text)
        return
    try:
        Path(json_file).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"--json {json_file}: {error.strerror}") from error
