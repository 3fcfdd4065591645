"""Trusted rules about a norm, and about sequences that contract.

The norm of a vector `x` is the scalar atom that `norm_of` names after it. The rules know nothing
else about it: not which norm, not the dimension. A sequence is written with its index in brackets,
``theta[k]``; facts about ``[k]`` are meant for every k, so they must not mention ``[0]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction
from dcpg_theory.exact.rules import Context, Fact, Rule
from dcpg_theory.exact.signs import sign_on_box

__all__ = ["NORM_RULES", "need_generic", "need_one_definition", "norm_of"]


def norm_of(vector: Operator) -> Operator:
    """Return the norm of a vector as a scalar atom; equal vectors have equal names.

    Raises
    ------
    CertificateRejected
        If the operator is not a vector.
    """
    if vector.domain != SCALARS or vector.codomain == SCALARS:
        raise CertificateRejected("only a vector has a norm")
    return Operator.of(Atom(f"|{vector!r}|", SCALARS, SCALARS))


def congruence(context: Context, *, fact: str) -> dict[str, Fact]:
    """Conclude from the equality of two vectors that of their norms."""
    source = context.fact(fact)
    if source.relation != "=":
        raise CertificateRejected(f"{fact} is not an equality")
    return {"": Fact(norm_of(source.left), "=", norm_of(source.right), source.pointwise)}


def triangle(context: Context, *, first: Operator, second: Operator) -> dict[str, Fact]:
    """Bound the norm of a sum by the sum of the norms."""
    del context
    return {"": Fact(norm_of(first + second), "<=", norm_of(first) + norm_of(second))}


def homogeneity(context: Context, *, factor: RationalFunction, vector: Operator) -> dict[str, Fact]:
    """Take a factor of one sign out of a norm."""
    if sign_on_box(factor, ">=", context.box):
        size = factor
    elif sign_on_box(factor, "<=", context.box):
        size = -factor
    else:
        raise CertificateRejected(f"{factor} is not shown to have one sign")
    return {"": Fact(norm_of(vector.scaled(factor)), "=", norm_of(vector).scaled(size))}


def constant(context: Context, *, value: RationalFunction) -> dict[str, Fact]:
    """State that a number is non-negative for all scalars of the box."""
    if not sign_on_box(value, ">=", context.box):
        raise CertificateRejected(f"{value} is not shown to be >= 0")
    return {"": Fact(Operator.zero(SCALARS, SCALARS), "<=", unit(SCALARS).scaled(value))}


def norm_of_zero(context: Context, *, fact: str) -> dict[str, Fact]:
    """Conclude that a vector that is zero has norm zero."""
    source = context.fact(fact)
    if source.relation != "=" or source.right.terms:
        raise CertificateRejected(f"{fact} does not say that a vector is zero")
    zero = Operator.zero(SCALARS, SCALARS)
    return {"": Fact(norm_of(source.left), "=", zero, source.pointwise)}


def contraction(
    context: Context,
    *,
    step: str,
    start: str,
    here: Atom,
    ratio: RationalFunction,
    noise: RationalFunction,
) -> dict[str, Fact]:
    """Bound a sequence with a[k+1] <= ratio a[k] + noise and a[0] <= noise/(1 - ratio), for all k.

    `here` is the scalar a[k]; a[0] and a[k+1] are named after it.
    """
    if "[k]" not in here.name or (here.codomain, here.domain) != (SCALARS, SCALARS):
        raise CertificateRejected(f"{here} is not a scalar sequence at [k]")
    if not (
        sign_on_box(ratio, ">=", context.box)
        and sign_on_box(1 - ratio, ">", context.box)
        and sign_on_box(noise, ">=", context.box)
    ):
        raise CertificateRejected("0 <= ratio < 1 and noise >= 0 are not shown")
    need_generic(context)
    need_one_definition(context)
    following, first = (
        Operator.of(Atom(here.name.replace("[k]", index), SCALARS, SCALARS))
        for index in ("[k+1]", "[0]")
    )
    now, bound = Operator.of(here), unit(SCALARS).scaled(noise / (1 - ratio))
    wanted_step = Fact(following, "<=", now.scaled(ratio) + unit(SCALARS).scaled(noise))
    _need_same(context.fact(step), wanted_step, step)
    _need_same(context.fact(start), Fact(first, "<=", bound), start)
    return {"": Fact(now, "<=", bound)}


def _need_same(fact: Fact, wanted: Fact, name: str) -> None:
    strong = fact.relation in ("=", "<=", "<") and not fact.pointwise
    if not strong or (fact.left, fact.right) != (wanted.left, wanted.right):
        raise CertificateRejected(f"{name} does not say {wanted}")


def need_generic(context: Context) -> None:
    """Check that no fact ties a general index to a special one."""
    for name, fact in context.facts.items():
        names = [atom.name for side in (fact.left, fact.right) for atom in side.atoms()]
        general = any("[k]" in text or "[k+1]" in text for text in names)
        special = any("[0]" in text for text in names)
        if general and special:
            raise CertificateRejected(f"{name} speaks of [0] and of [k], so it is not for every k")


def need_one_definition(context: Context) -> None:
    """Check that what was introduced for [k], [k+1] and [0] is one thing at three indices.

    Otherwise ``e[k+1]`` could be the name of zero and ``e[k]`` that of anything.
    """
    for atom in context.introduced:
        index = next((i for i in ("[k+1]", "[k]", "[0]") if i in atom.name), None)
        if index is None:
            continue
        general = Atom(atom.name.replace(index, "[k]"), atom.codomain, atom.domain)
        here = Operator.of(atom)
        values = [
            fact.right
            for fact in context.facts.values()
            if fact.relation == "=" and fact.left == Operator.of(general)
        ]
        made = [f.right for f in context.facts.values() if f.relation == "=" and f.left == here]
        if not any(_at(value, index) in made for value in values):
            raise CertificateRejected(f"{atom} is not {general} at another index")


def _at(operator: Operator, index: str) -> Operator:
    """Return an operator with its general index replaced."""
    for atom in set(operator.atoms()):
        if "[k]" in atom.name:
            moved = Atom(atom.name.replace("[k]", index), atom.codomain, atom.domain)
            operator = operator.substitute(atom, Operator.of(moved))
    return operator


_ALL = (
    Rule(
        "congruence",
        "Equal vectors have equal norms.",
        "Horn and Johnson, Matrix Analysis (2013), Section 5.1",
        {"fact": str},
        congruence,
    ),
    Rule(
        "triangle",
        "|x + y| <= |x| + |y|.",
        "Horn and Johnson, Matrix Analysis (2013), Definition 5.1.1",
        {"first": Operator, "second": Operator},
        triangle,
    ),
    Rule(
        "homogeneity",
        "|c x| = |c| |x|.",
        "Horn and Johnson, Matrix Analysis (2013), Definition 5.1.1",
        {"factor": RationalFunction, "vector": Operator},
        homogeneity,
    ),
    Rule(
        "constant",
        "A rational function that is >= 0 on the box of scalars is a number >= 0.",
        "Farouki, The Bernstein polynomial basis (2012), Section 3",
        {"value": RationalFunction},
        constant,
    ),
    Rule(
        "norm of zero",
        "|0| = 0.",
        "Horn and Johnson, Matrix Analysis (2013), Definition 5.1.1",
        {"fact": str},
        norm_of_zero,
    ),
    Rule(
        "contraction",
        "If 0 <= s < 1, c >= 0, a[0] <= c/(1 - s) and a[k+1] <= s a[k] + c for all k, then "
        "a[k] <= c/(1 - s) for all k.",
        "Induction on k; Ortega and Rheinboldt, Iterative Solution (1970), Section 12.1",
        {"step": str, "start": str, "here": Atom, "ratio": RationalFunction,
         "noise": RationalFunction},
        contraction,
    ),
)  # fmt: skip

NORM_RULES: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in _ALL})
