"""Chains of proof: hypotheses, uses of rules, and links that are checked by expansion.

A `Link` claims ``left relation right`` because its excess is a combination of the excesses of
earlier facts, ``right - left = sum_i A_i (r_i - l_i) B_i``. For ``<=`` every multiplier of an
inequality must be non-negative, which is derived from facts too. Substitution, transitivity and
monotonicity are all of this form, so a link needs no rule to be believed: it is multiplied out.

A chain is data. Leaving a line out, strengthening a relation or removing a hypothesis gives another
chain, which `verify_chain` must refuse unless the line was not needed (it then names it unused);
`attacks` makes these variants.

A verified chain says: for all dimensions, all matrices for its atoms and all scalars in their
ranges, the hypotheses imply the conclusion. So every coefficient must be defined on the whole
range, and an atom that a rule introduces must be new. What is assumed of a selection, which is not
unique, is reported: then the conclusion holds for such a selection, if there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dcpg_theory.errors import CertificateRejected, InvalidInput
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.lines import (
    Chain,
    Differential,
    Hypothesis,
    Line,
    Link,
    Multiple,
    RuleUse,
    Smooth,
)
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction
from dcpg_theory.exact.rulebook import RULES
from dcpg_theory.exact.rules import Context, Fact
from dcpg_theory.exact.signs import sign_on_box

__all__ = [
    "Chain",
    "Differential",
    "Hypothesis",
    "Line",
    "Link",
    "Multiple",
    "RuleUse",
    "Smooth",
    "VerifiedChain",
    "facts_of",
    "verify_chain",
]


@dataclass(frozen=True, slots=True)
class VerifiedChain:
    """What a verified chain rests on.

    `unused` names the lines of any kind that the conclusion does not need, `introduced` the atoms
    of the conclusion that a rule brought in, `selective` the hypotheses about a selection.
    """

    hypotheses: tuple[str, ...]
    unused: tuple[str, ...]
    rules: tuple[str, ...]
    links: int
    introduced: tuple[str, ...]
    selective: tuple[str, ...]


def verify_chain(chain: Chain) -> VerifiedChain:
    """Check a chain line by line.

    Raises
    ------
    CertificateRejected
        Naming the first line that does not follow, a conclusion that no link states, or a
        hypothesis that is the conclusion itself.
    """
    context, parents, made_by = _check_lines(chain)
    final = [
        line.name
        for line in chain.lines
        if isinstance(line, Link) and line.fact == chain.conclusion
    ]
    if not final:
        raise CertificateRejected(f"missing link: no line concludes {chain.conclusion}")
    for line in chain.lines:
        if isinstance(line, Hypothesis) and _says(line.fact, chain.conclusion, chain.scalars):
            raise CertificateRejected(f"the hypothesis {line.name} is the conclusion itself")
    reached = _ancestors(final[-1], parents)
    given = [
        line.name for line in chain.lines if isinstance(line, Hypothesis | Differential | Smooth)
    ]
    concluded = set(_atoms(chain.conclusion))
    return VerifiedChain(
        hypotheses=tuple(name for name in given if name in reached),
        unused=tuple(line.name for line in chain.lines if not made_by[line.name] & reached),
        rules=tuple(sorted({line.rule for line in chain.lines if isinstance(line, RuleUse)})),
        links=sum(isinstance(line, Link) for line in chain.lines),
        introduced=tuple(str(atom) for atom in context.introduced if atom in concluded),
        selective=tuple(
            line.name
            for line in chain.lines
            if isinstance(line, Hypothesis) and not all(map(context.is_unique, _atoms(line.fact)))
        ),
    )


def facts_of(chain: Chain) -> dict[str, Fact]:
    """Return every fact that the lines of a chain state or make, by name, after checking them."""
    return _check_lines(chain)[0].facts


def _check_lines(chain: Chain) -> tuple[Context, dict[str, set[str]], dict[str, set[str]]]:
    """Return the facts, what each rests on, and the names that each line makes."""
    context = Context({}, chain.scalars, {}, {}, set())
    parents: dict[str, set[str]] = {}
    made_by: dict[str, set[str]] = {}
    for line in chain.lines:
        context = replace(context, read=set())
        made = _check_line(line, context)
        clash = set(made) & set(parents) or {line.name} & set(made_by)
        if clash:
            raise CertificateRejected(f"the name {min(clash)} is used twice")
        context.facts.update({name: fact for name, fact in made.items() if fact is not None})
        parents |= dict.fromkeys(made, context.read)
        made_by[line.name] = set(made)
    _check_names(context)
    return context, parents, made_by


def _says(fact: Fact, conclusion: Fact, box: Box) -> bool:
    """Whether a fact is the conclusion, rearranged, scaled, strengthened or turned around."""
    factor = _ratio(conclusion.excess, fact.excess)
    if factor is None:
        return False
    if fact.relation == "=" or conclusion.relation == "=":
        return fact.relation == "="
    weaker = fact.relation == "<=" and conclusion.relation == "<"
    opposite = factor.free_names() <= set(box) and sign_on_box(factor, "<=", box)
    return not weaker and not opposite


def _ratio(one: Operator, two: Operator) -> RationalFunction | None:
    """Return the scalar that turns the second operator into the first, if there is one."""
    if not one.terms or set(one.terms) != set(two.terms):
        return None
    ratios = [coefficient / two.terms[word] for word, coefficient in one.terms.items()]
    return ratios[0] if all(ratio == ratios[0] for ratio in ratios) else None


def _atoms(fact: Fact) -> tuple[Atom, ...]:
    return (*fact.left.letters(), *fact.right.letters())


def _check_names(context: Context) -> None:
    """Check that no two atoms are printed alike."""
    spaces: dict[str, Atom] = {}
    atoms = [atom for fact in context.facts.values() for atom in _atoms(fact)]
    atoms += [atom for _, value in context.differentials.values() for atom in value.letters()]
    atoms += [atom for _, _, value in context.functions.values() for atom in value.letters()]
    for atom in (*context.differentials, *atoms):
        if spaces.setdefault(atom.name, atom) != atom:
            raise CertificateRejected(f"two atoms are called {atom}")


def _ancestors(name: str, parents: Mapping[str, set[str]]) -> set[str]:
    reached, waiting = set(), [name]
    while waiting:
        here = waiting.pop()
        if here not in reached:
            reached.add(here)
            waiting.extend(parents.get(here, ()))
    return reached


def _check_line(line: Line, context: Context) -> dict[str, Fact | None]:
    """Return the facts a line adds; a differential or a smooth function adds its name only."""
    try:
        if isinstance(line, Differential):
            _declare(line, context)
            return {line.name: None}
        if isinstance(line, Smooth):
            _assume_smooth(line, context)
            return {line.name: None}
        if isinstance(line, RuleUse):
            made = _use_rule(line, context)
        elif isinstance(line, Link | Hypothesis):
            made = {line.name: line.fact}
        else:
            raise CertificateRejected(f"{line!r} is not a line of a chain")
        for side in (side for fact in made.values() for side in (fact.left, fact.right)):
            _need_defined(side, context.box)
        if isinstance(line, Link):
            _check_link(line, context)
    except (CertificateRejected, InvalidInput) as error:
        where = getattr(line, "name", line)
        raise CertificateRejected(f"missing link at {where}: {error}") from error
    return {**made}


def _declare(line: Differential, context: Context) -> None:
    value = line.derivative
    if (value.codomain, value.domain) != (line.atom.codomain, line.atom.domain):
        raise CertificateRejected("the derivative acts between other spaces")
    if line.atom.derived is not None:
        raise CertificateRejected(f"{line.atom} moves as what it is made of does")
    if line.atom in context.differentials:
        raise CertificateRejected(f"the derivative of {line.atom} is declared twice")
    _need_defined(value, context.box)
    if not context.is_unique(line.atom):
        raise CertificateRejected(f"{line.atom} is a selection, which may jump")
    context.differentials[line.atom] = (line.name, value)


def _assume_smooth(line: Smooth, context: Context) -> None:
    constant = line.constant
    if line.space == SCALARS or (constant.codomain, constant.domain) != (SCALARS, SCALARS):
        raise CertificateRejected("a function of vectors and a scalar constant are needed")
    if line.function in context.functions:
        raise CertificateRejected(f"{line.function} is assumed smooth twice")
    if not all(map(context.is_unique, constant.atoms())):
        raise CertificateRejected("the constant is a selection")
    _need_defined(constant, context.box)
    context.functions[line.function] = (line.name, line.space, constant)


def _need_defined(operator: Operator, box: Box) -> None:
    """Check that the coefficients have a value for all scalars of the box."""
    for coefficient in operator.terms.values():
        below = RationalFunction(coefficient.denominator, coefficient.denominator**0)
        if not below.is_constant() and not sign_on_box(below * below, ">", box):
            raise CertificateRejected(f"{coefficient} is not shown to be defined for {box}")


def _use_rule(line: RuleUse, context: Context) -> dict[str, Fact]:
    if line.rule not in RULES:
        raise CertificateRejected(f"no rule is called {line.rule}")
    made = RULES[line.rule].use(context, line.arguments)
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
        for side in (before, after):
            _need_defined(side, context.box)
        if fact.relation != "=":
            if claim.relation == "=":
                raise CertificateRejected(f"{multiple.fact} is an inequality, not an equality")
            _need_nonnegative(before, context, pointwise=claim.pointwise)
            _need_nonnegative(after, context, pointwise=claim.pointwise)
            strict = strict or (
                fact.relation == "<" and _is_positive_scalar(before, after, context)
            )
        total = total + before @ fact.excess @ after
    if total != claim.excess:
        raise CertificateRejected(f"what is left over is {claim.excess - total}")
    if claim.relation == "<" and not strict:
        raise CertificateRejected("nothing strict enters, so the relation is at best <=")


def _need_nonnegative(operator: Operator, context: Context, *, pointwise: bool) -> None:
    for word, coefficient in operator.terms.items():
        if not sign_on_box(coefficient, ">=", context.box):
            raise CertificateRejected(f"the multiplier {coefficient} is not shown to be >= 0")
        for atom in word:
            zero = Operator.zero(atom.codomain, atom.domain)
            wanted = Fact(zero, "<=", Operator.of(atom))
            context.need(wanted, f"the multiplier {atom} is >= 0", pointwise=pointwise)


def _is_positive_scalar(before: Operator, after: Operator, context: Context) -> bool:
    """Whether both multipliers are positive multiples of identities."""
    return all(
        set(side.terms) == {()} and sign_on_box(side.terms[()], ">", context.box)
        for side in (before, after)
    )
