"""The report: the whole ledger as one self-contained HTML page."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dcpg_theory import __version__
from dcpg_theory.exact.verdicts import Verdict
from dcpg_theory.formulas import as_html, words_as_html
from dcpg_theory.ledger.claims import Claim
from dcpg_theory.ledger.records import Record, summary
from dcpg_theory.ledger.registry import Registry
from dcpg_theory.report.dependency_picture import SIGNS, dependency_svg
from dcpg_theory.report.errata import Erratum, errata

__all__ = ["page"]

_ROOTS = ("theorem-1", "theorem-2")
_FINDINGS = 5


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the template shows of one claim."""

    member: Claim
    record: Record
    statement: str
    corrected: Record | None
    sharper: Record | None
    dependents: tuple[str, ...]
    source: str
    derivation: str
    bars: tuple[float, float] | None

    @property
    def section(self) -> str:
        """The section that a filter goes by."""
        return self.member.where.split(",")[0]


def page(registry: Registry, records: Mapping[str, Record]) -> str:
    """Return the report as HTML: no script, style, font or picture comes from elsewhere.

    Parameters
    ----------
    registry : Registry
    records : mapping from id to Record
        What the audit found out; claims that it left out are not shown.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("dcpg_theory.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["words"] = words_as_html
    entries = [_entry(registry, records, id) for id in records]
    roots = [id for id in _ROOTS if id in records]
    return environment.get_template("report.html.j2").render(
        version=__version__,
        entries=entries,
        counts=summary(records),
        severities=Counter(r.severity for r in records.values() if r.severity),
        findings=_findings(errata(registry, records)),
        picture=dependency_svg(registry, records, roots) if roots else "",
        sections=list(dict.fromkeys(entry.section for entry in entries)),
        verdicts=[str(verdict) for verdict in reversed(Verdict)],
        signs=SIGNS,
        as_html=as_html,
    )


def _entry(registry: Registry, records: Mapping[str, Record], id: str) -> _Entry:
    member, record = registry[id], records[id]
    check = member.check
    return _Entry(
        member=member,
        record=record,
        statement=as_html(record.statement),
        corrected=records.get(record.corrected_by) if record.corrected_by else None,
        sharper=records.get(f"{id.removesuffix('-corrected')}-sharp")
        if "-sharp" not in id
        else None,
        dependents=tuple(other for other in registry.dependents(id) if other in records),
        source=_source(member),
        derivation=inspect.cleandoc(check.__doc__ or "") if check is not None else "",
        bars=_bars(record),
    )


def _source(member: Claim) -> str:
    """Return where the check stands, as proofs_check/appendix_b1.py:71."""
    if member.check is None:
        return ""
    check = inspect.unwrap(member.check)
    code = getattr(check, "__code__", None)
    if code is None:
        return ""
    path = Path(code.co_filename)
    return f"{'/'.join(path.parts[-2:])}:{code.co_firstlineno}"


_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


def _bars(record: Record) -> tuple[float, float] | None:
    """Return both sides at the witness, where they are numbers that a picture can compare."""
    sides = []
    for name in ("left side", "right side"):
        text = record.witness.get(name, "").lstrip("[")
        found = _NUMBER.match(text)
        if found is None or text[found.end() :].startswith("/"):
            return None
        sides.append(float(found[0]))
    one, two = sides
    return (one, two) if one >= 0 and two >= 0 and one + two > 0 else None


def _findings(found: Sequence[Erratum]) -> list[Erratum]:
    """Return the gravest mistakes: each once, however many displays repeat it, one a place."""
    chosen: list[Erratum] = []
    for erratum in found:
        mistakes = {other.record.mistake for other in chosen}
        places = {other.record.where for other in chosen}
        if erratum.record.mistake not in mistakes and erratum.record.where not in places:
            chosen.append(erratum)
    return chosen[:_FINDINGS]
