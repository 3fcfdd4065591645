"""Chains written line by line, with the coefficients of their links found by elimination.

A link is a combination of earlier facts. Which facts, and what stands before and after them, is
given; the numbers in front are the solution of a linear system over the scalars. Nothing here is
trusted: `verify_chain` multiplies every link out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.chains import Chain, Hypothesis, Line, Link, Multiple, RuleUse, Smooth
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.operators import Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction
from dcpg_theory.exact.rulebook import RULES
from dcpg_theory.exact.rules import Context, Fact

__all__ = ["Derivation", "proof_of"]

Candidate = str | tuple[str, Operator | None, Operator | None] | Multiple


class Derivation:
    """A chain in the making.

    Parameters
    ----------
    title : str
    box : Box, the ranges of the scalar symbols
    """

    def __init__(self, title: str, box: Box) -> None:
        self._title, self._box = title, box
        self._lines: list[Line] = []
        self._context = Context({}, box, {}, {}, set())

    def _add(self, line: Line) -> None:
        if any(line.name == known.name for known in self._lines):
            raise CertificateRejected(f"the name {line.name} is used twice")
        self._lines.append(line)

    def fact(self, name: str) -> Fact:
        """Return a fact that stands already."""
        return self._context.fact(name)

    def assume(self, name: str, fact: Fact, words: str) -> Fact:
        """Add a hypothesis."""
        self._add(Hypothesis(name, fact, words))
        self._context.facts[name] = fact
        return fact

    def smooth(self, function: str, space: str, constant: Operator, words: str) -> None:
        """Add the assumption that a function is smooth."""
        name = f"{function} is smooth"
        self._add(Smooth(name, function, space, constant, words))
        self._context.functions[function] = (name, space, constant)

    def use(self, name: str, rule: str, **arguments: Any) -> dict[str, Fact]:
        """Apply a trusted rule."""
        self._add(RuleUse(name, rule, arguments))
        made = RULES[rule].use(self._context, arguments)
        self._context.facts.update({f"{name}/{s}" if s else name: f for s, f in made.items()})
        return made

    def conclude(self, name: str, fact: Fact, *because: Candidate, words: str = "") -> Fact:
        """Add a link that is a combination of the candidates; a `Multiple` counts once, as it is.

        Raises
        ------
        CertificateRejected
            If no combination is the fact.
        """
        fixed = [item for item in because if isinstance(item, Multiple)]
        rest = fact.excess
        for item in fixed:
            rest = rest - self._candidate((item.fact, item.before, item.after))[1]
        free = [self._candidate(item) for item in because if not isinstance(item, Multiple)]
        found = _combined(rest, free)
        if found is None:
            raise CertificateRejected(f"{name} is no combination of {', '.join(map(str, because))}")
        self._add(Link(name, fact, (*fixed, *found), words))
        self._context.facts[name] = fact
        return fact

    def _candidate(
        self, item: str | tuple[str, Operator | None, Operator | None]
    ) -> tuple[Multiple, Operator]:
        name, before, after = (item, None, None) if isinstance(item, str) else item
        excess = self.fact(name).excess
        before = unit(excess.codomain) if before is None else before
        after = unit(excess.domain) if after is None else after
        return Multiple(name, before, after), before @ excess @ after

    def chain(self) -> Chain:
        """Return the chain, whose conclusion is its last link."""
        last = self._lines[-1]
        if not isinstance(last, Link):
            raise TypeError("a chain ends with a link")
        return Chain(self._title, self._box, tuple(self._lines), last.fact)


def _combined(
    target: Operator, candidates: Sequence[tuple[Multiple, Operator]]
) -> list[Multiple] | None:
    """Solve ``target = sum_i x_i candidate_i``; candidates that are not needed get 0."""
    none = RationalFunction.constant(0)
    words = sorted({*target.terms, *(w for _, value in candidates for w in value.terms)})
    rows = [
        [*(value.terms.get(word, none) for _, value in candidates), target.terms.get(word, none)]
        for word in words
    ]
    pivots: list[int] = []
    for column in range(len(candidates)):
        done = len(pivots)
        place = next((r for r in range(done, len(rows)) if not rows[r][column].is_zero()), None)
        if place is None:
            continue
        rows[done], rows[place] = rows[place], rows[done]
        rows[done] = [entry / rows[done][column] for entry in rows[done]]
        for r, row in enumerate(rows):
            if r != done and not row[column].is_zero():
                factor = row[column]
                rows[r] = [a - factor * b for a, b in zip(row, rows[done], strict=True)]
        pivots.append(column)
    if any(not row[-1].is_zero() for row in rows[len(pivots) :]):
        return None
    return [
        Multiple(multiple.fact, multiple.before.scaled(rows[r][-1]), multiple.after)
        for r, column in enumerate(pivots)
        if not rows[r][-1].is_zero()
        for multiple in [candidates[column][0]]
        if multiple.before is not None
    ]


def proof_of(kernel: Kernel, build: Callable[[], Chain]) -> Evidence:
    """Return the evidence of a chain; a statement that no chain reaches is left open."""
    try:
        chain = build()
    except CertificateRejected as error:
        return kernel.undecided(str(error))
    return kernel.proof(chain)
