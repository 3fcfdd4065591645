"""``dcpg bench``: the engine beside other ways to iterate, and beside what the machine allows."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from dcpg_theory.cli.examples import epilog
from dcpg_theory.cli.output import console_for, output_options, progress_bar, write_json
from dcpg_theory.engine.benchmarks import suite
from dcpg_theory.engine.files import write_whole
from dcpg_theory.errors import InvalidInput
from dcpg_theory.report.bench_report import markdown, save_growth_plot, seconds

__all__ = ["bench"]


@click.command(epilog=epilog("bench"))
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(suite.parts()),
    help="Only this part; can be given several times.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write engine.md, engine.json and engine-growth.png into this folder.",
)
@output_options
def bench(
    only: tuple[str, ...],
    out: Path | None,
    json_file: str | None,
    quiet: bool,
) -> int:
    """Time the engine and its peers, in turns on one core, and measure the machine's floors.

    Takes some minutes. Peers that are not installed are left out and named.
    """
    if out is not None and not out.is_dir():
        raise InvalidInput(f"--out {out}: there is no such folder")
    console = console_for(json_file, quiet=quiet)
    names = suite.parts(only)
    words = shlex.join(["dcpg", "bench", *(word for name in only for word in ("--only", name))])
    results: dict[str, Any] = {}
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task("timing", total=len(names))
        for name in names:
            bar.update(task, description=f"timing {name}")
            results[name] = suite.run_part(name)
            bar.advance(task)
            for contender, row in results[name].get("contenders", {}).items():
                console.print(
                    f"{name:<22}{contender:<26}{seconds(row['seconds']):>10}"
                    f"{row['times_the_engine']:>8.3g} x"
                )
            if out is not None:  # what is measured stays, should a later part fail
                _write(out / "engine.json", json.dumps(results, indent=1) + "\n")
                _write(out / "engine.md", markdown(results, words))
    if out is not None:
        if "growth" in results:
            save_growth_plot(out / "engine-growth.png", results["growth"])
        console.print(f"wrote {out}/engine.md, engine.json" + _plot(results))
    write_json(results, json_file)
    return 0


def _plot(results: Mapping[str, object]) -> str:
    return " and engine-growth.png" if "growth" in results else ""


def _write(path: Path, text: str) -> None:
    write_whole(path, lambda file: file.write(text.encode("utf-8")))
