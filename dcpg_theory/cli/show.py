"""``dcpg show ID``: one claim, with everything a referee would ask about it."""

from __future__ import annotations

import inspect

import click
from rich.console import Console
from rich.markup import escape

from dcpg_theory.cli import completing
from dcpg_theory.cli.examples import epilog
from dcpg_theory.cli.output import VERDICT_STYLES, console_for, output_options, write_json
from dcpg_theory.ledger.claims import Claim
from dcpg_theory.ledger.records import Record
from dcpg_theory.ledger.registry import Registry, load_registry
from dcpg_theory.ledger.runner import run_claims
from dcpg_theory.plain_formulas import plain

__all__ = ["show"]


@click.command(epilog=epilog("show"))
@click.argument("id", metavar="ID", shell_complete=completing.claims)
@output_options
def show(id: str, json_file: str | None, quiet: bool) -> int:
    """Show one claim: statement, assumptions, verdict, witness, corrected form, dependents."""
    console = console_for(json_file, quiet=quiet)
    registry = load_registry()
    member = registry[id]
    dependents = registry.dependents(id)
    records = run_claims(registry, [id], jobs=1)
    record = records[id]
    _print_claim(console, registry, member, record)
    if record.corrected_by:
        console.print("\n[bold]corrected[/]", record.corrected_by, highlight=False)
        _print_statement(console, registry[record.corrected_by].statement)
        corrected = records[record.corrected_by]
        console.print(f"  {_styled(corrected.verdict)} ({corrected.scope}), {corrected.method}")
    console.print("\n[bold]dependents[/]", ", ".join(dependents) or "none")
    data = record.as_json(timed=True) | {
        "assumptions": [assumption.name for assumption in member.assumptions],
        "note": member.note,
        "adds": dict(member.adds),
        "dependents": dependents,
    }
    write_json(data, json_file)
    return 0


def _print_statement(console: Console, statement: str) -> None:
    """Print a statement to be read, and under it, where that differs, what the check reads."""
    readable = plain(statement)
    console.print("  " + escape(readable))
    if readable != statement:
        console.print("  " + escape(statement), style="dim")


def _styled(verdict: str) -> str:
    return f"[{VERDICT_STYLES[verdict]}]{verdict}[/]"


def _print_claim(console: Console, registry: Registry, member: Claim, record: Record) -> None:
    lines = ""
    if member.lines:
        lines = ", line " + "-".join(str(line) for line in dict.fromkeys(member.lines))
    console.print(f"[bold]{member.id}[/]  {escape(member.where)}{lines}  ({member.kind})")
    _print_statement(console, member.statement)
    if member.note:
        console.print("  " + escape(member.note), style="italic")
    for assumption in member.assumptions:
        console.print(f"[bold]assumes[/] {escape(assumption.name)}: {escape(assumption.words)}")
    for hypothesis, shown_by in member.adds.items():
        needed = f"needed, see {shown_by}" if shown_by else "not known to be needed"
        console.print(f"[bold]adds[/] {escape(hypothesis)}: {needed}")
    severity = f", {record.severity}, origin: {record.origin}" if record.severity else ""
    console.print(
        f"\n[bold]verdict[/] {_styled(record.verdict)} ({record.scope}{severity}); "
        f"with what it stands on: {_styled(record.transitive_verdict)} "
        f"({record.transitive_scope})"
    )
    console.print(f"[bold]by[/] {escape(record.method)}: {escape(record.detail)}")
    if record.assumption:
        console.print(f"[bold]needs[/] {escape(record.assumption)}")
    for key, value in record.witness.items():
        console.print(f"  {escape(key)} = {escape(value)}")
    if record.mistake:
        console.print(f"[bold]mistake[/] {escape(record.mistake)}")
    if member.check is not None:
        console.print("\n[bold]check[/]")
        for line in inspect.cleandoc(member.check.__doc__ or "").splitlines():
            console.print("  " + escape(line))
        console.print("[bold]refutes the wrong variants[/]")
        for what in record.controls:
            console.print("  - " + escape(what))
    for part in member.parts:
        console.print(f"[bold]part[/] {part}: {escape(registry[part].statement)}")
    console.print("\n[bold]depends on[/] " + (", ".join(member.depends) or "nothing else"))
