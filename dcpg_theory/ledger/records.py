"""Records: what a run found out about each claim, as plain data.

Evidence does not leave the process that minted it; a record is what is printed, compared with the
committed ledger and sent between processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.verdicts import Scope, Verdict, narrowest, worst
from dcpg_theory.ledger.claims import Claim, Origin, Severity
from dcpg_theory.ledger.registry import Registry

__all__ = ["Record", "complete", "summary"]


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the ledger; the fields are the keys of the JSON output."""

    id: str
    where: str
    statement: str
    kind: str
    verdict: str
    scope: str
    severity: str | None
    origin: str | None
    mistake: str
    method: str
    detail: str
    witness: dict[str, str]
    assumption: str
    corrected_by: str | None
    depends: list[str]
    controls: dict[str, str]
    transitive_verdict: str = ""
    transitive_scope: str = ""
    seconds: float = field(default=0.0, compare=False)

    def as_json(self, *, timed: bool) -> dict[str, Any]:
        """Return the record for JSON, with or without the seconds it took."""
        data = asdict(self)
        if not timed:
            del data["seconds"]
        return data


def complete(registry: Registry, records: Mapping[str, Record]) -> dict[str, Record]:
    """Add the aggregates, the corrected forms and the transitive verdicts.

    `records` must hold every checked claim of a set that is closed under dependence.
    """
    whole = dict(records)
    for id in registry:
        _add_aggregates(registry, whole, id)
    corrected = {
        id: replace(record, corrected_by=_corrected_by(registry, record))
        for id, record in whole.items()
    }
    ordered = {id: corrected[id] for id in registry if id in corrected}
    memory: dict[str, _Standing] = {}
    return {
        id: _standing(record, _transitive(registry, ordered, id, memory))
        for id, record in ordered.items()
    }


def _standing(record: Record, found: _Standing) -> Record:
    verdict, scope = found
    return replace(record, transitive_verdict=str(verdict), transitive_scope=str(scope))


def summary(records: Mapping[str, Record]) -> dict[str, int]:
    """Return how many claims have each verdict, best first; verdicts nobody has are left out."""
    counts = {str(verdict): 0 for verdict in reversed(Verdict)}
    for record in records.values():
        counts[record.verdict] += 1
    return {verdict: count for verdict, count in counts.items() if count}


def _corrected_by(registry: Registry, record: Record) -> str | None:
    """Return the corrected form; a part without one of its own is corrected with the whole."""
    if record.verdict != Verdict.REFUTED:
        return None
    words = record.id.split("-")
    for length in range(len(words), 0, -1):
        corrected = "-".join([*words[:length], "corrected"])
        if corrected in registry and corrected != record.id:
            return corrected
    return None


def _add_aggregates(registry: Registry, whole: dict[str, Record], id: str) -> bool:
    """Add the record of an aggregate, and before it those of the aggregates among its parts."""
    parts = registry[id].parts
    if id not in whole and parts and all(_add_aggregates(registry, whole, p) for p in parts):
        whole[id] = _aggregate(registry[id], [whole[part] for part in parts])
    return id in whole


def _aggregate(member: Claim, parts: list[Record]) -> Record:
    verdict = worst(Verdict(part.verdict) for part in parts)
    worst_parts = [part for part in parts if part.verdict == verdict]
    severities = [Severity(part.severity) for part in parts if part.severity]
    origins = {part.origin for part in parts if part.origin}
    refuted = verdict is Verdict.REFUTED
    named = ", ".join(part.id for part in worst_parts)
    needed = dict.fromkeys(part.assumption for part in parts if part.assumption)
    return Record(
        id=member.id,
        where=member.where,
        statement=member.statement,
        kind=str(member.kind),
        verdict=str(verdict),
        scope=str(narrowest(Scope(p.scope) for p in (worst_parts if refuted else parts))),
        severity=str(max(severities, key=lambda s: s.rank)) if severities else None,
        origin=next((str(o) for o in Origin if o in origins), None),
        mistake="",
        method="worst of its parts",
        detail=f"{len(parts)} parts hold" if verdict.passes else f"{verdict} in {named}",
        witness={},
        assumption="; ".join(needed) if verdict is Verdict.CONDITIONAL else "",
        corrected_by=None,
        depends=[*member.parts, *member.depends],
        controls={},
        seconds=0.0,
    )


_Standing = tuple[Verdict, Scope]


def _lowest(found: Iterable[_Standing]) -> _Standing:
    return min(found, key=lambda pair: (pair[0].rank, pair[1].rank))


def _transitive(
    registry: Registry,
    records: Mapping[str, Record],
    id: str,
    memory: dict[str, _Standing],
    path: tuple[str, ...] = (),
) -> _Standing:
    """Return the worst verdict over a claim and what it stands on, with its scope.

    An aggregate also stands on what its parts stand on.
    """
    if id in path:
        raise InvalidInput(f"circular dependence: {' -> '.join((*path, id))}")
    if id not in memory:
        own, here = records[id], (*path, id)
        found = [(Verdict(own.verdict), Scope(own.scope))]
        found.extend(
            _transitive(registry, records, part, memory, here) for part in registry[id].parts
        )
        found.extend(
            _counted(registry, records, other, memory, here) for other in registry[id].depends
        )
        memory[id] = _lowest(found)
    return memory[id]


def _counted(
    registry: Registry,
    records: Mapping[str, Record],
    id: str,
    memory: dict[str, _Standing],
    path: tuple[str, ...],
) -> _Standing:
    """Return what a claim counts for those that depend on it.

    One refuted as a slip counts as its corrected form; a gap leaves at best `conditional`.
    """
    record = records[id]
    if record.verdict != Verdict.REFUTED or record.severity in (None, Severity.ERROR):
        return _transitive(registry, records, id, memory, path)
    if id in path:
        raise InvalidInput(f"circular dependence: {' -> '.join((*path, id))}")
    here = (*path, id)
    if f"{id}-corrected" in records:
        corrected = _transitive(registry, records, f"{id}-corrected", memory, here)
    elif registry[id].parts:
        corrected = _lowest(
            _counted(registry, records, part, memory, here) for part in registry[id].parts
        )
    else:
        return _transitive(registry, records, id, memory, path)
    if record.severity == Severity.GAP and corrected[0].rank > Verdict.CONDITIONAL.rank:
        return Verdict.CONDITIONAL, corrected[1]
    return corrected
