"""A chapter run alone: its claims, their derivations and what was found, as plain text."""

from __future__ import annotations

import inspect
import io
import os
import re
import sys
import textwrap
from collections.abc import Iterator, Mapping, Set
from typing import Any, TextIO

from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.proofs import Proof
from dcpg_theory.exact.verdicts import Verdict
from dcpg_theory.ledger.chain_text import chain_lines
from dcpg_theory.ledger.claims import Claim, collected
from dcpg_theory.ledger.records import Record
from dcpg_theory.ledger.runner import examine
from dcpg_theory.plain_formulas import plain, plain_words

__all__ = ["narrate", "told"]

_WIDTH = 100
_BRACED = re.compile(r"([_^])\{([^{}]*)\}")  # derivations are plain text, but for their indices


def narrate(namespace: Mapping[str, Any], out: TextIO | None = None) -> None:
    """Judge the claims of a module's namespace and print statement, derivation and verdict.

    Each claim is printed as soon as it is judged; a reader who has seen enough (``| head``) may go.
    """
    stream = out or sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")  # a terminal without the signs gets the rest
    members = collected(namespace)
    try:
        print(_BRACED.sub(r"\1(\2)", inspect.cleandoc(namespace.get("__doc__") or "")), file=stream)
        for member in members:
            print(file=stream)
            for line in told(member, *_examined(member), chapter={m.id for m in members}):
                print(line.rstrip(), file=stream)
            stream.flush()
    except BrokenPipeError:
        # What is still in the buffer would raise once more when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _examined(member: Claim) -> tuple[Record | None, Evidence | None]:
    return (None, None) if member.check is None else examine(member)


def told(
    member: Claim,
    record: Record | None,
    evidence: Evidence | None,
    *,
    chapter: Set[str] = frozenset(),
) -> Iterator[str]:
    """Yield what is printed of a claim, line by line, at most 100 characters wide.

    Parameters
    ----------
    member : Claim
    record : Record, optional
        What was found, as `runner.examine` returns it; an aggregate has none of its own.
    evidence : Evidence, optional
        Whose chains of proof are written out.
    chapter : set of str
        The ids that are printed beside it, so that a corrected form can be pointed at.
    """
    yield f"{member.id}  ({plain_words(member.where)})"
    yield from _wrapped(plain(member.statement), by=2)
    if member.note:
        yield from _named("Read as", member.note)
    if record is None or member.check is None:
        yield from _named("Judged by its parts", ", ".join(member.parts))
        return
    if member.assumptions:
        yield from _named("Given", "; ".join(given.words for given in member.assumptions))
    for line in inspect.cleandoc(member.check.__doc__ or "").splitlines():
        yield from _wrapped(_BRACED.sub(r"\1(\2)", line), by=4) or [""]
    yield from _found(record)
    yield from _proofs(evidence)
    corrected = f"{member.id}-corrected"
    if member.fault is not None and record.verdict == "refuted":  # corrected forms carry it too
        yield from _named("What is wrong", member.fault.note)
        if corrected in chapter:
            yield f"  What is true: {corrected}, below."


def _found(record: Record) -> Iterator[str]:
    verdict = f"{record.verdict.upper()} ({record.scope}), {record.method}"
    yield from _wrapped(verdict, by=2, hanging=2)
    yield from _named("Found", record.detail)
    if record.assumption:
        yield from _named("Needs", record.assumption)
    if record.witness:
        shown = ", ".join(f"{key} = {value}" for key, value in record.witness.items())
        yield from _named("Witness", shown)


def _proofs(evidence: Evidence | None) -> Iterator[str]:
    """Write out the chains of a proof; a chain with a gap has nothing to show."""
    if evidence is None or evidence.verdict not in (Verdict.PROVED, Verdict.CONDITIONAL):
        return
    for certificate in evidence.certificates:
        if isinstance(certificate, Proof):
            yield f"  The chain: {certificate.chain.title}"
            for line in chain_lines(certificate.chain):
                yield from _wrapped(_BRACED.sub(r"\1(\2)", line), by=4, hanging=6)


def _named(name: str, words: str) -> list[str]:
    return _wrapped(f"{name}: {plain_words(words)}", by=2, hanging=2)


def _wrapped(words: str, *, by: int, hanging: int = 0) -> list[str]:
    return textwrap.wrap(
        words,
        _WIDTH,
        initial_indent=" " * by,
        subsequent_indent=" " * (by + hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )
