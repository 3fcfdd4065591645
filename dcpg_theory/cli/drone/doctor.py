"""``dcpg drone doctor``: what is there to fly with."""

from __future__ import annotations

from dataclasses import asdict

import click
from rich.markup import escape

from dcpg_theory.cli.output import console_for, output_options, write_json

__all__ = ["doctor"]


@click.command()
@output_options
def doctor(json_file: str | None, quiet: bool) -> int:
    """Say which simulator, renderer and client there are, and how to mend what is broken.

    The exit code is 1 if the embedded experiments cannot run.
    """
    from dcpg_theory.drone.doctor import examine

    console = console_for(json_file, quiet=quiet)
    findings = examine()
    for found in findings:
        mark = "[green]ok[/]" if found.good else "[red]!![/]" if found.needed else "[yellow]--[/]"
        console.print(f"{mark} {escape(found.what)}: {escape(found.state)}")
        for line in found.fix if not found.good else ():
            console.print(f"     {escape(line)}")
    ready = all(found.good for found in findings if found.needed)
    console.print("ready to fly" if ready else "not ready to fly: see the lines marked !!")
    write_json({"ready": ready, "findings": [asdict(found) for found in findings]}, json_file)
    return 0 if ready else 1
