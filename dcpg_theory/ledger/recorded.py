"""The committed ledger, and how a run differs from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import ModuleType
from typing import Any

from dcpg_theory.errors import InvalidInput
from dcpg_theory.ledger.records import Record
from dcpg_theory.ledger.registry import claim_modules

__all__ = ["compare", "read_recorded", "write_recorded"]


def read_recorded() -> dict[str, dict[str, Any]]:
    """Return the recorded ledger of every package that offers claims, by id.

    Raises
    ------
    InvalidInput
        If a ledger file is not readable as one.
    """
    recorded: dict[str, dict[str, Any]] = {}
    for module in claim_modules():
        source = _beside(module)
        if not source.is_file():
            continue
        try:
            entries = json.loads(source.read_text(encoding="utf-8"))["claims"]
            recorded |= {entry["id"]: entry for entry in entries}
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInput(f"{source} is not a ledger: {error}") from error
    return recorded


def _beside(module: ModuleType) -> Traversable:
    """Return where the ledger of a module's claims is, if there is one."""
    if module.__package__:
        return files(module.__package__).joinpath("ledger.json")
    return Path(module.__file__ or "").with_name("ledger.json")


def write_recorded(records: Mapping[str, Record], target: Path) -> None:
    """Write a ledger: sorted by id, without timings, so that it is the same on every machine.

    Raises
    ------
    InvalidInput
        If the file cannot be written.
    """
    entries = [records[id].as_json(timed=False) for id in sorted(records)]
    text = json.dumps({"claims": entries}, indent=1, ensure_ascii=False, sort_keys=True)
    try:
        target.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"{target} cannot be written: {error.strerror}") from error


def compare(
    records: Mapping[str, Record], recorded: Mapping[str, Mapping[str, Any]], *, whole: bool
) -> list[str]:
    """Return one sentence for each difference between a run and the recorded ledger.

    Parameters
    ----------
    records : mapping from id to Record
        What was run.
    recorded : mapping from id to entry
    whole : bool
        Whether everything was run, so that a recorded claim that did not run is a difference.
    """
    differences = []
    for id, record in records.items():
        if id not in recorded:
            differences.append(f"{id}: not in the recorded ledger")
            continue
        now, before = record.as_json(timed=False), recorded[id]
        differences.extend(
            f"{id}: {key} is {_short(now.get(key))}, recorded {_short(before.get(key))}"
            for key in dict.fromkeys((*now, *before))
            if now.get(key) != before.get(key)
        )
    if whole:
        differences.extend(f"{id}: recorded, but gone" for id in recorded if id not in records)
    return differences


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else text[:77] + "..."
