"""Result files: a trace with the story of how it came about."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

from dcpg_theory.engine.accuracy import Accuracy
from dcpg_theory.engine.files import read_archive, write_archive
from dcpg_theory.engine.recording import Record
from dcpg_theory.engine.trace import Trace
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array

__all__ = ["load_result", "save_result"]

VERSION = 1
_KIND = "result"


def save_result(path: Path | str, trace: Trace, metadata: Mapping[str, Any]) -> None:
    """Write a trace and its metadata to one .npz file, whole or not at all.

    Parameters
    ----------
    path : Path or str
        Replaced if it exists.
    trace : Trace
        Its recorded states are labelled by integers, strings, or tuples of them.
    metadata : mapping
        What JSON can hold.

    Raises
    ------
    InvalidInput
        If the file cannot be written.
    """
    record = trace.record
    header = {
        "iterations": trace.iterations,
        "path": trace.path,
        "stopped": trace.stopped,
        "method": trace.method,
        "accuracy": None if trace.accuracy is None else dataclasses.asdict(trace.accuracy),
        "every": record.every,
        "first": record.first,
        "quantities": record.quantities,
        "states": record.states,
        "metadata": dict(metadata),
    }
    series = {f"recorded_{name}": array for name, array in trace.recorded.items()}
    arrays = {"parameters": trace.parameters, **series}
    write_archive(Path(path), _KIND, VERSION, header, arrays)


def load_result(path: Path | str) -> tuple[Trace, dict[str, Any]]:
    """Return the trace and the metadata in a result file.

    Raises
    ------
    InvalidInput
        If the file cannot be read or is no result of this version.
    """
    header, arrays = read_archive(Path(path), _KIND, VERSION)
    try:
        return _trace(header, arrays), header["metadata"]
    except (KeyError, TypeError):
        raise InvalidInput(f"{path}: is no complete {_KIND} of dcpg_theory") from None


def _trace(header: Mapping[str, Any], arrays: dict[str, Array]) -> Trace:
    states = tuple(_label(label) for label in header["states"])
    record = Record(header["every"], tuple(header["quantities"]), states, header["first"])
    parameters = arrays.pop("parameters")
    recorded = {name.removeprefix("recorded_"): array for name, array in arrays.items()}
    return Trace(
        parameters,
        header["iterations"],
        recorded,
        record,
        header["path"],
        header["stopped"],
        header.get("method", "dcpg"),
        None if header.get("accuracy") is None else Accuracy(**header["accuracy"]),
    )


def _label(label: Any) -> Hashable:
    """Return a label as it was before JSON turned its tuples into lists."""
    return tuple(_label(part) for part in label) if isinstance(label, list) else label
