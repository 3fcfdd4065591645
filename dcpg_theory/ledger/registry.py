"""The registry: every claim of every package that offers some through an entry point.

A package offers claims with an entry point in the group ``dcpg_theory.claims`` that names a module.
The module either holds claims itself, or lists the modules that do in ``CHAPTERS``; a
``ledger.json`` beside it holds the recorded verdicts.
"""

from __future__ import annotations

import difflib
import fnmatch
import importlib
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import entry_points
from types import ModuleType

from dcpg_theory.errors import InvalidInput
from dcpg_theory.ledger.claims import Claim, collected

__all__ = ["GROUP", "Registry", "load_registry"]

GROUP = "dcpg_theory.claims"


class Registry(Mapping[str, Claim]):
    """Claims by id, in the order of their chapters.

    `installed` says that these are the claims that `load_registry` finds, so that another process
    can find them too.

    Raises
    ------
    InvalidInput
        If two claims share an id, one names an unknown claim, or one stands on itself.
    """

    def __init__(self, claims: Sequence[Claim], *, installed: bool = False) -> None:
        self.installed = installed
        self._claims: dict[str, Claim] = {}
        for member in claims:
            if member.id in self._claims:
                raise InvalidInput(f"two claims are called {member.id!r}")
            self._claims[member.id] = member
        for member in claims:
            shown_by = filter(None, member.adds.values())
            for other in (*member.depends, *member.parts, *shown_by):
                if other not in self._claims:
                    raise InvalidInput(f"claim {member.id!r} names the unknown claim {other!r}")
        self._check_order()

    def _check_order(self) -> None:
        """Check that no claim stands on itself, by way of others or not."""
        graph = {id: (*member.depends, *member.parts) for id, member in self._claims.items()}
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            raise InvalidInput(f"circular dependence: {' <- '.join(error.args[1])}") from error

    def __getitem__(self, id: str) -> Claim:
        if id in self._claims:
            return self._claims[id]
        near = difflib.get_close_matches(id, self._claims, n=4, cutoff=0.4)
        hint = f"; near names: {', '.join(near)}" if near else ""
        raise UnknownClaim(f"no claim is called {id!r}{hint}")

    def __contains__(self, id: object) -> bool:
        return id in self._claims

    def __iter__(self) -> Iterator[str]:
        return iter(self._claims)

    def __len__(self) -> int:
        return len(self._claims)

    def select(self, patterns: Sequence[str]) -> list[str]:
        """Return the ids that match any id or glob, in ledger order; all ids for no pattern.

        Raises
        ------
        UnknownClaim
            If a pattern matches nothing; the message lists near names.
        """
        if not patterns:
            return list(self)
        chosen: set[str] = set()
        for pattern in patterns:
            matches = fnmatch.filter(self._claims, pattern)
            if not matches:
                self[pattern]
            chosen.update(matches)
        return [id for id in self if id in chosen]

    def closure(self, ids: Sequence[str]) -> list[str]:
        """Return the ids with everything they depend on or consist of, in ledger order."""
        reached: set[str] = set()
        waiting = list(ids)
        while waiting:
            id = waiting.pop()
            if id in reached:
                continue
            reached.add(id)
            corrected = f"{id}-corrected"
            waiting.extend((*self[id].depends, *self[id].parts))
            if corrected in self:
                waiting.append(corrected)
        return [id for id in self if id in reached]

    def long(self) -> set[str]:
        """Return the ids whose check is long, or that stand on one whose check is."""
        left_out = {id for id, member in self.items() if member.long}
        before = -1
        while len(left_out) > before:
            before = len(left_out)
            left_out |= {
                id
                for id, member in self.items()
                if not left_out.isdisjoint((*member.depends, *member.parts, f"{id}-corrected"))
            }
        return left_out

    def dependents(self, id: str) -> list[str]:
        """Return the ids of the claims that depend on one."""
        return [other for other, member in self.items() if id in (*member.depends, *member.parts)]


class UnknownClaim(InvalidInput, KeyError):
    """No claim has the id."""

    def __str__(self) -> str:
        return str(self.args[0])


def load_registry() -> Registry:
    """Import every package that offers claims and return all their claims.

    Raises
    ------
    InvalidInput
        If no package offers claims, one cannot be imported, or the claims do not fit together.
    """
    claims: list[Claim] = []
    for module in claim_modules():
        for chapter in getattr(module, "CHAPTERS", ()) or (module.__name__,):
            claims.extend(collected(vars(_imported(chapter))))
    if not claims:
        raise InvalidInput(f"no installed package offers claims in the entry point group {GROUP}")
    return Registry(claims, installed=True)


def claim_modules() -> list[ModuleType]:
    """Return the modules named by the entry points, sorted by name."""
    return [_imported(name) for name in sorted({p.value for p in entry_points(group=GROUP)})]


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InvalidInput(f"the claims of {name} cannot be imported: {error}") from error
