"""Chains of proof: hypotheses, uses of rules, and links that are checked by expansion.

A `Link` claims ``left relation right`` because its excess is a combination of the excesses of
earlier facts, ``right - left = sum_i A_i (r_i - l_i) B_i``. For ``<=`` every multiplier of an
inequality must be non-negative, which is derived from facts too. Substitution, transitivity and
monotonicity are all of this form, so a link needs no rule to be believed: it is multiplied out.

A chain is data. Leaving a line out, strengthening a relation or removing a hypothesis gives another
chain, which `verify_chain` must refuse unless the line was not needed (it then names it unused).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.numbers import Array
from dcpg_theory.exact.operators import Atom, Operator, unit
from dcpg_theory.exact.rules import RULES, Context, Fact
from dcpg_theory.exact.signs import sign_on_box

__all__ = [
    "Chain",
    "Differential",
    "Hypothesis",
    "Link",
    "Multiple",
    "RuleUse",
    "evaluate",
    "verify_chain",
]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """An assumption of the statement that is proved, in words and as a fact."""

    name: str
    fact: Fact
    words: str


@dataclass(frozen=True, slots=True)
class Differential:
    """An assumption on how an atom depends on the parameter: its derivative along a line."""

    name: str
    atom: Atom
    derivative: Operator
    words: str


@dataclass(frozen=True, slots=True)
class RuleUse:
    """An application of a trusted rule; its facts are named ``name/suffix``."""

    name: str
    rule: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Multiple:
    """``before @ (right - left of the fact) @ after``; missing multipliers are identities."""

    fact: str
    before: Operator | None = None
    after: Operator | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One displayed step: a fact, and the multiples of earlier facts that add up to it."""

    name: str
    fact: Fact
    because: tuple[Multiple, ...] = ()
    words: str = ""


Line = Hypothesis | Differential | RuleUse | Link


@dataclass(frozen=True)
class Chain:
    """A proof of ``conclusion``, which must be one of the chain's links.

    Attributes
    ----------
    title : what is proved, in words
    scalars : Box, the ranges of the scalar symbols
    lines : the proof, in order; each line sees only those before it
    conclusion : Fact
    """

    title: str
    scalars: Box
    lines: tuple[Line, ...]
    conclusion: Fact


@dataclass(frozen=True, slots=True)
class VerifiedChain:
    """What a verified chain rests on."""

    hypotheses: tuple[str, ...]
    unused: tuple[str, ...]
    rules: tuple[str, ...]
    links: int


def verify_chain(chain: Chain) -> VerifiedChain:
    """Check a chain line by line.

    Raises
    ------
    CertificateRejected
        Naming the first line that does not follow, a conclusion that no link states, or a
        hypothesis that is the conclusion itself.
    """
    facts: dict[str, Fact] = {}
    parents: dict[str, set[str]] = {}
    differentials: dict[Atom, tuple[str, Operator]] = {}
    for line in chain.lines:
        if isinstance(line, Differential):
            _declare(line, facts, differentials)
            continue
        made, used = _check_line(line, Context(facts, chain.scalars, differentials, set()))
        clash = set(made) & set(facts)
        if clash:
            raise CertificateRejected(f"the name {min(clash)} is used twice")
        facts |= made
        parents |= dict.fromkeys(made, used)
    final = [
        line.name
        for line in chain.lines
        if isinstance(line, Link) and line.fact == chain.conclusion
    ]
    if not final:
        raise CertificateRejected(f"missing link: no line concludes {chain.conclusion}")
    for line in chain.lines:
        if isinstance(line, Hypothesis) and _says(line.fact, chain.conclusion):
            raise CertificateRejected(f"the hypothesis {line.name} is the conclusion itself")
    reached = _ancestors(final[-1], parents)
    given = [line.name for line in chain.lines if isinstance(line, Hypothesis | Differential)]
    rules = {line.rule for line in chain.lines if isinstance(line, RuleUse)}
    return VerifiedChain(
        hypotheses=tuple(name for name in given if name in reached),
        unused=tuple(name for name in given if name not in reached),
        rules=tuple(sorted(rules)),
        links=sum(isinstance(line, Link) for line in chain.lines),
    )


def _says(fact: Fact, conclusion: Fact) -> bool:
    return fact.excess == conclusion.excess and fact.relation in ("=", conclusion.relation)


def _ancestors(name: str, parents: Mapping[str, set[str]]) -> set[str]:
    reached, waiting = set(), [name]
    while waiting:
        here = waiting.pop()
        if here not in reached:
            reached.add(here)
            waiting.extend(parents.get(here, ()))
    return reached


def _declare(
    line: Differential, facts: Mapping[str, Fact], table: dict[Atom, tuple[str, Operator]]
) -> None:
    value = line.derivative
    if (value.codomain, value.domain) != (line.atom.codomain, line.atom.domain):
        raise CertificateRejected(f"{line.name}: the derivative acts between other spaces")
    if line.atom in table or line.name in facts:
        raise CertificateRejected(f"{line.name}: declared twice")
    table[line.atom] = (line.name, value)


def _check_line(
    line: Hypothesis | RuleUse | Link, context: Context
) -> tuple[dict[str, Fact], set[str]]:
    """Return the facts a line adds and the names of what it rests on."""
    try:
        if isinstance(line, Hypothesis):
            return {line.name: line.fact}, set()
        if isinstance(line, RuleUse):
            return _use_rule(line, context), context.read
        _check_link(line, context)
        return {line.name: line.fact}, context.read
    except CertificateRejected as error:
        raise CertificateRejected(f"missing link at {line.name}: {error}") from error


def _use_rule(line: RuleUse, context: Context) -> dict[str, Fact]:
    if line.rule not in RULES:
        raise CertificateRejected(f"no rule is called {line.rule}")
    made = RULES[line.rule].apply(context, **line.arguments)
    return {f"{line.name}/{suffix}" if suffix else line.name: f for suffix, f in made.items()}


def _check_link(line: Link, context: Context) -> None:
    """Expand the combination and compare it with the excess the link claims."""
    claim = line.fact
    total = Operator.zero(claim.left.codomain, claim.left.domain)
    strict = False
    for multiple in line.because:
        fact = context.fact(multiple.fact)
        if fact.pointwise and not claim.pointwise:
            raise CertificateRejected(f"{multiple.fact} holds at one point only")
        before = multiple.before if multiple.before is not None else unit(fact.left.codomain)
        after = multiple.after if multiple.after is not None else unit(fact.left.domain)
        if fact.relation != "=":
            if claim.relation == "=":
                raise CertificateRejected(f"{multiple.fact} is an inequality, not an equality")
            _need_nonnegative(before, context)
            _need_nonnegative(after, context)
            strict = strict or (
                fact.relation == "<" and _is_positive_scalar(before, after, context)
            )
        total = total + before @ fact.excess @ after
    if total != claim.excess:
        raise CertificateRejected(f"what is left over is {claim.excess - total}")
    if claim.relation == "<" and not strict:
        raise CertificateRejected("nothing strict enters, so the relation is at best <=")


def _need_nonnegative(operator: Operator, context: Context) -> None:
    for word, coefficient in operator.terms.items():
        if not sign_on_box(coefficient, ">=", context.box):
            raise CertificateRejected(f"the multiplier {coefficient} is not shown to be >= 0")
        for atom in word:
            zero = Operator.zero(atom.codomain, atom.domain)
            context.need(Fact(zero, "<=", Operator.of(atom)), f"the multiplier {atom} is >= 0")


def _is_positive_scalar(before: Operator, after: Operator, context: Context) -> bool:
    """Whether both multipliers are positive multiples of identities."""
    return all(
        set(side.terms) == {()} and sign_on_box(side.terms[()], ">", context.box)
        for side in (before, after)
    )


def evaluate(operator: Operator, values: Mapping[Atom, Array], sizes: Mapping[str, int]) -> Array:
    """Return an operator's matrix in an interpretation: exact matrices for the atoms.

    Parameters
    ----------
    operator : Operator
        With constant coefficients, or with symbols that `values` cannot give: then an error.
    values : mapping from Atom to object array, shape (dimension of codomain, of domain)
    sizes : mapping from the name of a space to its dimension
    """
    total = np.zeros((sizes[operator.codomain], sizes[operator.domain]), dtype=object)
    for word, coefficient in operator.terms.items():
        product = np.eye(sizes[operator.codomain], dtype=np.int64).astype(object)
        for atom in word:
            product = product @ values[atom]
        total = total + product * coefficient.as_constant()
    return total
