"""The errata: every refuted statement, as printed and as corrected, the gravest first.

Two forms of the same list: Markdown for `docs/errata.md`, LaTeX for the authors. Both are made from
records alone, so they say what the ledger says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dcpg_theory.exact.verdicts import Verdict
from dcpg_theory.formulas import segments
from dcpg_theory.ledger.claims import Origin, Severity
from dcpg_theory.ledger.records import Record
from dcpg_theory.ledger.registry import Registry

__all__ = ["Erratum", "errata", "headings", "latex", "markdown"]

_HEADINGS = {
    Severity.ERROR: "Errors: a conclusion changes",
    Severity.GAP: "Gaps: true only with something added",
    Severity.SLIP: "Slips: the meaning is clear, what follows stands",
}


@dataclass(frozen=True, slots=True)
class Erratum:
    """A refuted statement with its correction and what would fall with it.

    `falls` are the claims that build on it, directly or not.
    """

    record: Record
    corrected: Record | None
    falls: tuple[str, ...]


def headings() -> dict[Severity, str]:
    """Return what each severity is headed with, the gravest first."""
    return {severity: _HEADINGS[severity] for severity in reversed(Severity)}


def errata(registry: Registry, records: Mapping[str, Record]) -> list[Erratum]:
    """Return the refuted statements, ordered by severity, then by how much builds on them.

    Aggregates are left out: their parts say what is wrong.
    """
    found = []
    for id, record in records.items():
        if record.verdict != Verdict.REFUTED or registry[id].parts or id.endswith("-corrected"):
            continue
        corrected = records.get(record.corrected_by) if record.corrected_by else None
        found.append(Erratum(record, corrected, _falls(registry, id)))
    order = list(registry)
    return sorted(
        found,
        key=lambda e: (
            -Severity(e.record.severity or Severity.SLIP).rank,
            e.record.origin != Origin.PAPER,
            -len(e.falls),
            order.index(e.record.id),
        ),
    )


def _falls(registry: Registry, id: str) -> tuple[str, ...]:
    reached: set[str] = set()
    waiting = [id]
    while waiting:
        for other in registry.dependents(waiting.pop()):
            if other not in reached:
                reached.add(other)
                waiting.append(other)
    return tuple(
        other for other in registry if other in reached and not other.endswith("-corrected")
    )


def _witness(record: Record) -> str:
    return ", ".join(f"{key} = {value}" for key, value in sorted(record.witness.items()))


def markdown(found: Sequence[Erratum]) -> str:
    """Return the errata as a Markdown page."""
    lines = [
        "# Errata",
        "",
        "Made by `dcpg audit --errata docs/errata.md`; a test keeps it in step with the ledger.",
        "Each entry was refuted by a check that `dcpg show ID` describes, with an exact witness.",
        "What may be a slip of the text extraction, and not of the paper, is marked so.",
    ]
    for severity in reversed(Severity):
        entries = [e for e in found if e.record.severity == severity]
        if entries:
            lines += ["", f"## {_HEADINGS[severity]}"]
        for erratum in entries:
            lines += ["", *_markdown_entry(erratum)]
    return "\n".join(lines) + "\n"


def _markdown_entry(erratum: Erratum) -> list[str]:
    record = erratum.record
    origin = " (possibly a slip of the extraction)" if record.origin == Origin.EXTRACTION else ""
    lines = [
        f"### {record.id}: {record.where}{origin}",
        "",
        f"{record.mistake[0].upper()}{record.mistake[1:]}.",
        "",
        f"- printed: `{record.statement}`",
    ]
    if erratum.corrected is not None:
        corrected = erratum.corrected
        lines.append(
            f"- corrected: `{corrected.statement}` ({corrected.verdict}, {corrected.scope})"
        )
    lines.append(f"- witness: {_witness(record)}")
    lines.append(f"- builds on it: {', '.join(erratum.falls) or 'nothing'}")
    return lines


_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}
_SPECIAL |= {
    letter: f"$\\{name}$"
    for letter, name in {
        "α": "alpha",
        "β": "beta",
        "γ": "gamma",
        "ε": "varepsilon",
        "θ": "theta",
        "λ": "lambda",
        "μ": "mu",
        "ξ": "xi",
        "π": "pi",
        "ρ": "rho",
        "σ": "sigma",
        "≤": "leq",
        "≥": "geq",
        "∞": "infty",
        "±": "pm",
        "×": "times",
    }.items()
}


def _text(words: str) -> str:
    return "".join(_SPECIAL.get(character, character) for character in words)


def _formula(statement: str) -> str:
    """Return a statement for LaTeX: prose as it is, formulas in mathematics."""
    pieces = segments(statement)
    if len(pieces) > 1 or "$" in statement:
        return "".join(f"${x.text}$" if x.is_formula else _text(x.text) for x in pieces)
    (piece,) = pieces
    if not piece.is_formula:
        return _text(statement)
    body = statement.replace("&=", "=").replace("& =", "=").replace(r"&\leq", r"\leq")
    if r"\begin" not in body:
        body = body.replace(r"\\", " ").replace("&", " ")
    return rf"$\displaystyle {body}$"


def latex(found: Sequence[Erratum]) -> str:
    """Return the errata as a LaTeX document that a plain TeX Live compiles."""
    lines = [
        r"\documentclass[a4paper,10pt]{article}",
        r"\usepackage[T1]{fontenc}",
        r"\usepackage[utf8]{inputenc}",
        r"\usepackage{amsmath,amssymb}",
        r"\usepackage[margin=22mm]{geometry}",
        r"\allowdisplaybreaks\sloppy\emergencystretch=3em",
        r"\title{Errata: A Decentralized Policy Gradient Approach\\"
        r"to Multi-Task Reinforcement Learning}",
        r"\author{}\date{}",
        r"\begin{document}\maketitle",
    ]
    for severity in reversed(Severity):
        entries = [e for e in found if e.record.severity == severity]
        if not entries:
            continue
        lines.append(rf"\section*{{{_HEADINGS[severity]}}}")
        lines.append(r"\begin{itemize}")
        for erratum in entries:
            lines += _latex_entry(erratum)
        lines.append(r"\end{itemize}")
    return "\n".join([*lines, r"\end{document}"]) + "\n"


def _latex_entry(erratum: Erratum) -> list[str]:
    record = erratum.record
    origin = (
        " (possibly a slip of our text extraction)" if record.origin == Origin.EXTRACTION else ""
    )
    lines = [
        rf"\item \textbf{{{_text(record.where)}}}{origin}: {_text(record.mistake)}.",
        rf"\\ Printed: {_formula(record.statement)}",
    ]
    if erratum.corrected is not None:
        lines.append(rf"\\ Corrected: {_formula(erratum.corrected.statement)}")
    lines.append(rf"\\ Witness: {_text(_witness(record))}.")
    return lines
