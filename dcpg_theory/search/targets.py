"""Targets: what a search maximises, and how the best of it is certified.

A target belongs to a claim ``observed <= bound``. It maps free real numbers to an instance, gives
the ratio observed/bound there in floats (for complex numbers too, which makes exact derivatives by
the complex step), and again for an exact instance as a ball. A package offers its targets in
modules that its entry point's module names as ``SEARCHES``; a module named as ``SEARCHES_LEFT_OUT``
says in ``LEFT_OUT`` which of its bounds have none: reasons, each with patterns of claim ids.
"""

from __future__ import annotations

import difflib
import fnmatch
import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.ledger.claims import Kind
from dcpg_theory.ledger.registry import claim_modules, load_registry
from dcpg_theory.search.instances import Instance

__all__ = ["Numbers", "Structure", "Target", "find_target", "load_targets", "unsearched"]

Structure = Mapping[str, Any]
"""Sizes, discounts and families: what is not varied continuously."""

Numbers = dict[str, Array]
"""Free real numbers by name, with any leading axes."""


@dataclass(frozen=True)
class Target:
    """What a search maximises.

    Attributes
    ----------
    claim : str
        The id of the claim that the ratio belongs to.
    ratio_text : str
        The ratio, in words or LaTeX.
    structures : callable from options to SearchStrategy of Structure
        Options are ``max_states`` and ``discount``, each may be None; a target ignores what it has
        no use for. Made with `one_of_these` and `whole_numbers`, so that the seed alone decides.
    shapes : callable from Structure to mapping of str to shape
        The free numbers.
    ratio : callable from (Structure, Numbers) to array
        Analytic in the numbers; each has leading axes besides its shape, and so has the result.
    instance : callable from (Structure, Numbers, snap) to Instance
        The exact instance close to real numbers; `snap` moves what is nearly 0 or 1 there.
    certified : callable from Instance to arb
        The ratio, enclosed.
    polish : callable from (Structure, Numbers) to Numbers, optional
        Sets some numbers to what is best given the others, where that is known in closed form.
    sharper : pair of a claim id and a callable from Instance to arb, optional
        The claim that proves a better bound, and that bound over the printed one at an instance: no
        ratio exceeds it.
    """

    claim: str
    ratio_text: str
    structures: Callable[[Mapping[str, Any]], st.SearchStrategy[Structure]]
    shapes: Callable[[Structure], dict[str, tuple[int, ...]]]
    ratio: Callable[[Structure, Numbers], Any]
    instance: Callable[[Structure, Numbers, bool], Instance]
    certified: Callable[[Instance], Any]
    polish: Callable[[Structure, Numbers], Numbers] | None = None
    sharper: tuple[str, Callable[[Instance], Any]] | None = None


def load_targets() -> dict[str, Target]:
    """Return the targets of all packages that offer claims, by claim id.

    Raises
    ------
    InvalidInput
        If two targets belong to one claim.
    """
    found: dict[str, Target] = {}
    for target in _offered():
        if found.setdefault(target.claim, target) is not target:
            raise InvalidInput(f"two searches belong to the claim {target.claim!r}")
    return found


def _offered() -> Iterator[Target]:
    for module in claim_modules():
        for name in getattr(module, "SEARCHES", ()):
            yield from importlib.import_module(name).TARGETS


BOUNDS = (Kind.UPPER_BOUND, Kind.TIGHT, Kind.ORDER)
"""The kinds of claims that a search might belong to."""


def unsearched() -> dict[str, list[str]]:
    """Return the bounds that no search belongs to, by the reason that their package gives.

    Claims for which none is given stand under ``no reason is given``.
    """
    searched, reasons = load_targets(), list(_reasons())
    found: dict[str, list[str]] = {reason: [] for reason, _ in reasons}
    for id, claim in load_registry().items():
        if claim.kind in BOUNDS and id not in searched:
            given = (
                reason
                for reason, patterns in reasons
                if any(fnmatch.fnmatchcase(id, pattern) for pattern in patterns)
            )
            found.setdefault(next(given, "no reason is given"), []).append(id)
    return found


def _reasons() -> Iterator[tuple[str, tuple[str, ...]]]:
    for module in claim_modules():
        if name := getattr(module, "SEARCHES_LEFT_OUT", None):
            yield from importlib.import_module(name).LEFT_OUT


def find_target(claim: str) -> Target:
    """Return the target of a claim.

    Raises
    ------
    InvalidInput
        If there is none; the message lists near names.
    """
    targets = load_targets()
    if claim in targets:
        return targets[claim]
    near = difflib.get_close_matches(claim, targets, n=4, cutoff=0.3) or sorted(targets)
    raise InvalidInput(f"no search belongs to {claim!r}; there are searches for {', '.join(near)}")
