"""The tightness table: for each searched bound the worst instance known, beside what is proved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dcpg_theory.search.instances import Instance
from dcpg_theory.search.targets import Target

__all__ = ["Row", "tightness_table"]


@dataclass(frozen=True, slots=True)
class Row:
    """One searched claim: the target, its best instance, and what the search says about it."""

    target: Target
    file: Path
    instance: Instance
    found: Mapping[str, Any]


def tightness_table(
    rows: Sequence[Row], command: str, left_out: Mapping[str, Sequence[str]] | None = None
) -> str:
    """Return the table as a Markdown page.

    Parameters
    ----------
    rows : sequence of Row
    command : str
        What made it.
    left_out : mapping of str to sequence of str, optional
        The ids of the bounds that are not searched, by the reason.
    """
    lines = [
        "# How tight the bounds are",
        "",
        f"Made by `{command}`. Each ratio observed/bound is that of",
        "an exact instance, which `dcpg search --check FILE` certifies again; above 1 the claim is",
        "refuted. *Proved at most* is the best bound that the ledger proves at that instance, over",
        "the printed one: no search can exceed it. The file beside each instance says what search",
        "found it.",
        "",
        "| claim | ratio | at least | proved at most | instance |",
        "| --- | --- | --- | --- | --- |",
        *(_line(row) for row in rows),
    ]
    if left_out:
        lines += ["", "## Not searched"]
    for reason, ids in (left_out or {}).items():
        if ids:
            lines += ["", f"{reason} {', '.join(f'`{id}`' for id in ids)}"]
    return "\n".join(lines) + "\n"


def _line(row: Row) -> str:
    ratio, sharper = float(row.found["ratio"]), row.target.sharper
    verdict = " (refuted)" if ratio > 1 else ""
    proved = "1" if ratio <= 1 else ""
    if sharper is not None:
        claim, bound = sharper
        proved = f"{float(bound(row.instance)):.6g} ({claim})"
    sizes = ", ".join(f"{value} {name}" for name, value in sorted(row.found["structure"].items()))
    where = f"[{row.file.name}]({row.file.parent.name}/{row.file.name})"
    text = row.target.ratio_text.replace("|", "\\|")
    return f"| {row.target.claim} | {text} | {ratio:.6g}{verdict} | {proved} | {where}: {sizes} |"
