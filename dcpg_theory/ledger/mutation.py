r"""Mutations: small changes of a printed formula that its check ought to notice.

The changes are the standard ones: a sign turned, a number doubled, a factor dropped, an index or
state exchanged, an exponent or relation changed. Words are no formula: letters, hyphens and numbers
that belong to them (``multi-task``, ``Assumption 2``, ``(13)``) stay as they are, and so do the
labels of a name, which are no factors of it (the lambda of ``L^\lambda``).

A mutant that the check still passes is a survivor. Whether that is as it should be is found out by
putting nonsense in the place of what was changed: if the check then still passes, it does not read
that place (`UNREAD`); if it does not, it has read the mutant and judged that it holds as well, as
a weaker bound does, or the same formula written otherwise (`HOLDS_TOO`). Only claims that pass are
mutated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dcpg_theory.errors import Undecided
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized
from dcpg_theory.ledger.claims import Claim

__all__ = ["HOLDS_TOO", "UNREAD", "Mutant", "MutationRecord", "Survivor", "mutants", "mutate"]

HOLDS_TOO = "holds too"
UNREAD = "unread"

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
    r"(?:\\(?:gamma|lambda|alpha|beta)(?:_[a-zN0-9])?|\\frac\{1\}\{[^{}]*\}|(?<![A-Za-z\\])p)"
    r"(?:\^\d|\^\{\d+\})?(?![_^])"
)
_NONSENSE = r"\nonsense"
# Words of three letters or more (or two capitals), with the hyphens and numbers that hang on them,
# references to displays, and years; the prose of a statement, and names such as \text{RE}.
_PROSE = re.compile(
    r"(?<![\\A-Za-z])(?:[A-Za-z]{3,}(?:\s\d+\b(?!\s*[-+=<>\\^]))?|[A-Z]{2,})"
    r"|(?<=[A-Za-z]{2})\s?-\s?(?=[A-Za-z])|(?<=[A-Za-z])\s?-\s?(?=[A-Za-z]{2})"
    r"|(?<=\s)-(?=[A-Z]?[a-z]{3})"
    r"|\bB\.\d"
    r"|\((?:[2-9]|\d\d+)\)|\[[^\[\]]*\d{4}\]"
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed statement, what was changed, and the statement with nonsense in that place."""

    what: str
    statement: str
    garbled: str


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that the check passes, and why: `HOLDS_TOO` or `UNREAD`."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class MutationRecord:
    """How many of a claim's mutants its check noticed, and the ones that it did not.

    Of those noticed, `unreadable` were no formula that the check could read.
    """

    id: str
    tried: int
    unreadable: int
    survivors: tuple[Survivor, ...]


def mutants(statement: str) -> Iterator[Mutant]:
    """Yield every standard change of a statement, each once."""
    text, prose = _without_words(statement)
    seen = {text}
    for what, changed, garbled in _changes(text, prose):
        if changed not in seen:
            seen.add(changed)
            yield Mutant(what, changed, garbled)


def _without_words(statement: str) -> tuple[str, set[int]]:
    """Return the normalized statement, and the places in it that belong to words."""
    text = normalized(statement)
    marked = {
        place
        for match in _PROSE.finditer(statement)
        for place in range(match.start(), match.end())
        if not statement[place].isspace()
    }
    # Both texts have the same characters in the same order, but for what normalizing leaves out.
    prose, at = set(), 0
    for place, character in enumerate(text):
        found = statement.find(character, at)
        if found < 0 or character.isspace():
            continue
        at = found + 1
        if found in marked:
            prose.add(place)
    return text, prose


def _changes(text: str, prose: set[int]) -> Iterator[tuple[str, str, str]]:
    for match in _TOKEN.finditer(text):
        if match.start() in prose:
            continue
        before, token, after = text[: match.start()], match[0], text[match.end() :]
        here = f"{before[-12:]}[{token}]{after[:8]}"
        garbled = f"{before}{_NONSENSE} {after}"
        if token in _EXCHANGED:
            yield f"exchanged: {here}", before + _EXCHANGED[token] + after, garbled
        kind = _place(before)
        if token[0].isdigit() and kind == "factor" and float(token) != 0:
            yield f"doubled: {here}", f"{before}2 \\cdot {token}{after}", garbled
        elif token.isdigit() and kind != "factor":
            yield f"{kind} raised: {here}", f"{before}{int(token) + 1}{after}", garbled
        if token in ("i", "j") and before.endswith("_"):
            changed = before + {"i": "j", "j": "i"}[token] + after
            yield f"index exchanged: {here}", changed, garbled
    for match in _FACTOR.finditer(text):
        before, after = text[: match.start()], text[match.end() :]
        if match.start() not in prose and _is_factor(before, after):
            what = f"dropped: {before[-12:]}[{match[0]}]"
            yield what, before + after, f"{before}{_NONSENSE} {after}"


def _place(before: str) -> str:
    """Say what a number is, from what stands before it."""
    if before.endswith(("_", "_{")):
        return "index"
    return "exponent" if before.endswith(("^", "^{")) else "factor"


def _is_factor(before: str, after: str) -> bool:
    """Whether what stands between is a factor: no label, differential, argument or whole side."""
    if before.endswith(("_", "^")) or before.endswith("d") or _label(before):
        return False
    argument = before.endswith("(") and after.startswith(")")
    return not argument and bool(before.strip("&= "))


def _label(before: str) -> bool:
    r"""Whether a group opened by ``_{`` or ``^{`` is still open."""
    depth = 0
    for place in range(len(before) - 1, -1, -1):
        depth += (before[place] == "}") - (before[place] == "{")
        if depth < 0:
            if before[place - 1 : place] in ("_", "^"):
                return True
            depth = 0
    return False


def mutate(member: Claim) -> MutationRecord | None:
    """Run a claim's check on every mutant; None if the claim does not pass as it is.

    A mutant that the check cannot read counts as noticed, and is counted apart.
    """
    if member.check is None or not _passes(member, member.statement):
        return None
    tried, unreadable, survivors = 0, 0, []
    for mutant in mutants(member.statement):
        tried += 1
        passes = _passes(member, mutant.statement)
        if passes is None:
            unreadable += 1
        elif passes:
            why = UNREAD if _passes(member, mutant.garbled) else HOLDS_TOO
            survivors.append(Survivor(mutant.what, why))
    return MutationRecord(member.id, tried, unreadable, tuple(survivors))


def _passes(member: Claim, statement: str) -> bool | None:
    """Whether a check passes a statement; None if it cannot read it."""
    try:
        return member(Kernel(statement)).verdict.passes
    except Undecided:
        return False
    except Exception:  # whatever a check trips over in a garbled statement, it has noticed it
        return None
