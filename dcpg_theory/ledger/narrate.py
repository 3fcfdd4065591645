"""A chapter run alone: its claims, their derivations and what was found, as plain text."""

from __future__ import annotations

import inspect
import os
import sys
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from dcpg_theory.ledger.claims import Claim, collected
from dcpg_theory.ledger.records import Record
from dcpg_theory.ledger.runner import judge

__all__ = ["narrate"]

_WIDTH = 100


def narrate(namespace: Mapping[str, Any], out: TextIO | None = None) -> None:
    """Judge the claims of a module's namespace and print statement, derivation and verdict.

    Each claim is printed as soon as it is judged; a reader who has seen enough (``| head``) may go.
    """
    stream = out or sys.stdout
    members = collected(namespace)
    try:
        print(inspect.cleandoc(namespace.get("__doc__") or ""), file=stream)
        for member in members:
            for line in _told(member, {other.id for other in members}):
                print(line.rstrip(), file=stream)
            stream.flush()
    except BrokenPipeError:
        # What is still in the buffer would raise once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _told(member: Claim, chapter: set[str]) -> Iterator[str]:
    yield f"\n{member.id}  ({member.where})"
    yield f"  {member.statement}"
    if member.note:
        yield from _wrapped("Read as", member.note)
    if member.check is None:
        yield from _wrapped("Judged by its parts", ", ".join(member.parts))
        return
    if member.assumptions:
        yield from _wrapped("Given", "; ".join(given.words for given in member.assumptions))
    for line in inspect.cleandoc(member.check.__doc__ or "").splitlines():
        yield f"    {line}"
    record = judge(member)
    yield from _found(record)
    corrected = f"{member.id}-corrected"
    if member.fault is not None and record.verdict == "refuted":  # corrected forms carry it too
        yield from _wrapped("What is wrong", member.fault.note)
        if corrected in chapter:
            yield f"  What is true: {corrected}, below."


def _found(record: Record) -> Iterator[str]:
    yield f"  {record.verdict.upper()} ({record.scope}), {record.method}"
    yield from _wrapped("Found", record.detail)
    if record.assumption:
        yield from _wrapped("Needs", record.assumption)
    if record.witness:
        shown = ", ".join(f"{key} = {value}" for key, value in record.witness.items())
        yield from _wrapped("Witness", shown)


def _wrapped(name: str, words: str) -> list[str]:
    return textwrap.wrap(
        f"{name}: {words}",
        _WIDTH,
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
