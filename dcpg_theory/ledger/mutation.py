r"""Mutations: small changes of a printed formula that its check ought to notice.

The changes are the standard ones: a sign turned, a number doubled, a factor dropped, an index or
state exchanged, an exponent or relation changed. A mutant that the check still passes is a
survivor: either the change does not matter (a weaker bound, say), or the check does not read that
part of the statement. Only claims that pass are mutated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized
from dcpg_theory.ledger.claims import Claim

__all__ = ["Mutant", "MutationRecord", "mutants", "mutate"]

_EXCHANGED = {
    "+": "-",
    "-": "+",
    "<": ">",
    ">": "<",
    r"\leq": r"\geq",
    r"\geq": r"\leq",
    r"\min": r"\max",
    r"\max": r"\min",
    "L": "R",
    "R": "L",
}
_TOKEN = re.compile(r"\\[A-Za-z]+|\d+(?:\.\d+)?|.")
_FACTOR = re.compile(
    r"\\(?:gamma|lambda|alpha|beta|frac\{1\}\{[^{}]*\})(?:_[a-zN0-9])?|(?<![A-Za-z\\])p"
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed statement and what was changed."""

    what: str
    statement: str


@dataclass(frozen=True, slots=True)
class MutationRecord:
    """How many of a claim's mutants its check noticed, and the ones that it did not.

    Of those noticed, `unreadable` were no formula that the check could read.
    """

    id: str
    tried: int
    unreadable: int
    survivors: tuple[str, ...]


def mutants(statement: str) -> Iterator[Mutant]:
    """Yield every standard change of a statement, each once."""
    text = normalized(statement)
    seen = {text}
    for what, changed in _changes(text):
        if changed not in seen:
            seen.add(changed)
            yield Mutant(what, changed)


def _changes(text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(text):
        before, token, after = text[: match.start()], match[0], text[match.end() :]
        here = f"{before[-12:]}[{token}]{after[:8]}"
        if token in _EXCHANGED:
            yield f"exchanged: {here}", before + _EXCHANGED[token] + after
        kind = _place(before)
        if token[0].isdigit() and kind == "factor" and float(token) != 0:
            yield f"doubled: {here}", f"{before}2 \\cdot {token}{after}"
        elif token.isdigit() and kind != "factor":
            yield f"{kind} raised: {here}", f"{before}{int(token) + 1}{after}"
        if token in ("i", "j") and before.endswith("_"):
            yield f"index exchanged: {here}", before + {"i": "j", "j": "i"}[token] + after
    for match in _FACTOR.finditer(text):
        rest = text[: match.start()] + text[match.end() :]
        yield f"dropped: {text[max(0, match.start() - 12) : match.start()]}[{match[0]}]", rest


def _place(before: str) -> str:
    """Say what a number is, from what stands before it."""
    if before.endswith(("_", "_{")):
        return "index"
    return "exponent" if before.endswith(("^", "^{")) else "factor"


def mutate(member: Claim) -> MutationRecord | None:
    """Run a claim's check on every mutant; None if the claim does not pass as it is.

    A mutant that the check cannot read counts as noticed, and is counted apart.
    """
    if member.check is None or not member(Kernel(member.statement)).verdict.passes:
        return None
    tried, unreadable, survivors = 0, 0, []
    for mutant in mutants(member.statement):
        tried += 1
        try:
            if member(Kernel(mutant.statement)).verdict.passes:
                survivors.append(mutant.what)
        except Exception:  # whatever a check trips over in a garbled statement, it has noticed it
            unreadable += 1
    return MutationRecord(member.id, tried, unreadable, tuple(survivors))
