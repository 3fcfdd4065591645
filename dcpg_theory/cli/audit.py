"""``dcpg audit``: run the claims, print the ledger, compare it with the recorded one."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dcpg_theory.cli import completing
from dcpg_theory.cli.examples import epilog
from dcpg_theory.cli.output import (
    VERDICT_STYLES,
    check_targets,
    console_for,
    output_options,
    progress_bar,
    write_json,
    write_text,
)
from dcpg_theory.ledger.mutation import HOLDS_TOO, UNREAD, MutationRecord
from dcpg_theory.ledger.recorded import compare, read_recorded, write_recorded
from dcpg_theory.ledger.records import Record, summary
from dcpg_theory.ledger.registry import Registry, load_registry
from dcpg_theory.ledger.runner import run_claims, run_mutations
from dcpg_theory.report.errata import errata, latex, markdown
from dcpg_theory.report.page import page

__all__ = ["audit", "ledger_table"]


@click.command(epilog=epilog("audit"))
@click.argument("patterns", nargs=-1, metavar="[ID or GLOB ...]", shell_complete=completing.claims)
@click.option("--jobs", type=click.IntRange(min=1), help="Processes to use; default all cores.")
@click.option(
    "--record",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the whole ledger to this file instead of comparing.",
)
@click.option(
    "--errata",
    "errata_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what is wrong, as printed and as corrected, as Markdown.",
)
@click.option(
    "--tex",
    "tex_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the same as a LaTeX document.",
)
@click.option(
    "--html",
    "html_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the report: one page that needs no network.",
)
@click.option(
    "--mutate",
    is_flag=True,
    help="Change each printed formula in standard ways and count what the checks notice.",
)
@click.option(
    "--quick",
    is_flag=True,
    help="Leave out the claims whose checks are long, and compare only what ran.",
)
@output_options
def audit(
    patterns: tuple[str, ...],
    jobs: int | None,
    target: Path | None,
    errata_file: Path | None,
    tex_file: Path | None,
    html_file: Path | None,
    mutate: bool,
    quick: bool,
    json_file: str | None,
    quiet: bool,
) -> int:
    """Check the claims that match (default: all), and everything they stand on.

    Prints the ledger and exits 1 if any verdict, witness or control differs from the recorded one.
    With --quick what was left out is named, and is no difference.
    """
    if target is not None and patterns:
        raise click.UsageError("--record writes the whole ledger, so it takes no ids")
    if mutate and target is not None:
        raise click.UsageError("--mutate judges the checks, --record the claims: give one of them")
    if quick and target is not None:
        raise click.UsageError("--record writes the whole ledger, --quick leaves some of it out")
    check_targets(
        {
            "--record": target,
            "--errata": errata_file,
            "--tex": tex_file,
            "--html": html_file,
            "--json": json_file,
        }
    )
    console = console_for(json_file, quiet=quiet)
    registry = load_registry()
    chosen = registry.select(patterns)
    left_out = _left_out(registry, chosen) if quick else []
    chosen = [id for id in chosen if id not in left_out]
    if mutate:
        return _mutate(console, registry, chosen, jobs, json_file, quiet=quiet)
    start = time.perf_counter()
    with progress_bar(quiet=quiet) as bar:
        total = sum(registry[id].check is not None for id in registry.closure(chosen))
        task = bar.add_task("checking claims", total=total)
        records = run_claims(registry, chosen, jobs=jobs, on_done=lambda _: bar.advance(task))
    seconds = time.perf_counter() - start
    shown = {id: records[id] for id in chosen}
    if target is not None:
        write_recorded(records, target)
        differences: list[str] = []
    else:
        differences = compare(records, read_recorded(), whole=not patterns and not quick)
    found = errata(registry, shown)
    write_text(errata_file, lambda: markdown(found))
    write_text(tex_file, lambda: latex(found))
    write_text(html_file, lambda: page(registry, shown))
    console.print(ledger_table(shown))
    counts = ", ".join(f"{count} {verdict}" for verdict, count in summary(shown).items())
    noun = "claim" if len(shown) == 1 else "claims"
    console.print(f"{len(shown)} {noun} in {seconds:.1f} s: {counts}")
    if quick:
        console.print(f"left out, since their checks are long: {', '.join(left_out) or 'none'}")
    _report_differences(differences)
    entries = [record.as_json(timed=True) for record in shown.values()]
    data: dict[str, Any] = {"claims": entries, "summary": summary(shown)}
    write_json(data | ({"left_out": left_out} if quick else {}), json_file)
    return 1 if differences else 0


def _left_out(registry: Registry, chosen: list[str]) -> list[str]:
    """Return which of the chosen claims a quick audit leaves out."""
    long = registry.long()
    return [id for id in chosen if id in long]


def _mutate(
    console: Console,
    registry: Registry,
    ids: list[str],
    jobs: int | None,
    json_file: str | None,
    *,
    quiet: bool,
) -> int:
    """Print, for each claim that passes, how many mutants its check notices."""
    with progress_bar(quiet=quiet) as bar:
        total = sum(registry[id].check is not None for id in ids)
        task = bar.add_task("mutating claims", total=total)
        records = run_mutations(registry, ids, jobs=jobs, on_done=lambda _: bar.advance(task))
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("claim", no_wrap=True)
    table.add_column("mutants", justify="right")
    table.add_column("noticed", justify="right")
    table.add_column("unreadable", justify="right")
    for why in (HOLDS_TOO, UNREAD):
        table.add_column(why, justify="right")
    table.add_column("survivors", ratio=1)
    for record in records.values():
        counts = (record.tried, record.tried - len(record.survivors), record.unreadable)
        table.add_row(
            record.id,
            *map(str, counts),
            *(str(_survived(record, why)) for why in (HOLDS_TOO, UNREAD)),
            Text("; ".join(f"{one.what} ({one.why})" for one in record.survivors)),
        )
    console.print(table)
    tried = sum(record.tried for record in records.values())
    survived = {
        why: sum(_survived(record, why) for record in records.values())
        for why in (HOLDS_TOO, UNREAD)
    }
    noticed = tried - sum(survived.values())
    noun = "claim" if len(records) == 1 else "claims"
    console.print(
        f"{tried} mutants of {len(records)} {noun}: {noticed} noticed, "
        f"{survived[HOLDS_TOO]} hold too, {survived[UNREAD]} are where the check reads nothing"
    )
    data = {"mutations": [asdict(record) for record in records.values()], "tried": tried}
    data["survived"] = sum(survived.values())
    write_json(data | {"holds_too": survived[HOLDS_TOO], "unread": survived[UNREAD]}, json_file)
    return 0


def _survived(record: MutationRecord, why: str) -> int:
    """Return how many of a claim's mutants survive for one reason."""
    return sum(survivor.why == why for survivor in record.survivors)


def ledger_table(records: Mapping[str, Record]) -> Table:
    """Return the ledger as a table, one line a claim."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("claim", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("scope", no_wrap=True)
    table.add_column("stands on", no_wrap=True)
    table.add_column("what was found", ratio=1)
    for record in records.values():
        verdict = record.verdict + (f" ({record.severity})" if record.severity else "")
        table.add_row(
            record.id,
            Text(verdict, VERDICT_STYLES[record.verdict]),
            record.scope,
            Text(record.transitive_verdict, VERDICT_STYLES[record.transitive_verdict]),
            _found(record),
        )
    return table


def _found(record: Record) -> Text:
    """Return the mistake and the witness of a refutation whole, of anything else one line."""
    if record.verdict == "refuted" and record.mistake:
        witness = ", ".join(f"{key} = {value}" for key, value in record.witness.items())
        return Text(f"{record.mistake}; witness: {witness}")
    return Text(record.detail, no_wrap=True, overflow="ellipsis")


def _report_differences(differences: list[str]) -> None:
    """Say on standard error what differs: it must be seen beside JSON, and under ``--quiet``."""
    if not differences:
        return
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    count = "1 difference" if len(differences) == 1 else f"{len(differences)} differences"
    console.print(f"[bold red]{count} from the recorded ledger[/]")
    for difference in differences[:40]:
        console.print("  " + difference, markup=False)
    if len(differences) > 40:
        console.print(f"  ... and {len(differences) - 40} more")
