"""Verdicts, scopes, and how they combine."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

__all__ = ["Scope", "Verdict", "narrowest", "worst"]


class Verdict(StrEnum):
    """What the kernel found out about a statement, from worst to best."""

    REFUTED = "refuted"
    UNDECIDED = "undecided"
    SUPPORTED = "supported"
    CONDITIONAL = "conditional"
    CERTIFIED = "certified"
    PROVED = "proved"
    DEFINITION = "definition"

    @property
    def rank(self) -> int:
        """Position in the order refuted < undecided < ... < definition."""
        return list(Verdict).index(self)

    @property
    def passes(self) -> bool:
        """Whether the statement stands, possibly under a named assumption."""
        return self.rank >= Verdict.CONDITIONAL.rank


class Scope(StrEnum):
    """What a verdict speaks about, from narrowest to widest."""

    SAMPLED = "sampled"
    INSTANCE = "instance"
    FAMILY = "family"
    UNIVERSAL = "universal"

    @property
    def rank(self) -> int:
        """Position in the order sampled < instance < family < universal."""
        return list(Scope).index(self)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst verdict; an empty conjunction has none and is refused by `min`."""
    return min(verdicts, key=lambda verdict: verdict.rank)


def narrowest(scopes: Iterable[Scope]) -> Scope:
    """Return the narrowest scope."""
    return min(scopes, key=lambda scope: scope.rank)
