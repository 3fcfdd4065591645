"""``dcpg drone curves``: Figure 3."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from dcpg_theory.cli.output import console_for, output_options, write_json
from dcpg_theory.errors import InvalidInput

__all__ = ["curves"]


@click.command()
@click.argument("table", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--algorithm", help="Default: all that the table has.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the figures; default beside TABLE.",
)
@output_options
def curves(
    table: Path, algorithm: str | None, out: Path | None, json_file: str | None, quiet: bool
) -> int:
    """Draw safe flights during training from TABLE, a table.json that `table` wrote."""
    from dcpg_theory.report.drone_curves import save_curves

    console = console_for(json_file, quiet=quiet)
    result = _table(table)
    names = list(result["algorithms"]) if algorithm is None else [algorithm]
    for name in names:
        if name not in result["algorithms"]:
            raise InvalidInput(f"{table} has no algorithm {name!r}, but {', '.join(names)}")
    folder = table.parent if out is None else out
    written = []
    for name in names:
        path = folder / f"curves-{name}.png"
        save_curves(path, result, name)
        written.append(str(path))
    console.print("wrote " + escape(", ".join(written)))
    write_json({"figures": written}, json_file)
    return 0


def _table(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path}: cannot be read as JSON: {error}") from error
    if not isinstance(found, dict) or found.get("kind") != "drone table":
        raise InvalidInput(f"{path}: is no table that `dcpg drone table` wrote")
    return found
