"""The trusted rules of proof: textbook facts, each with a reference, none about the paper.

A rule receives operators and the names of facts already established. It checks its hypotheses
among them, and returns the new facts it vouches for, or raises `CertificateRejected`. A `Link`
(see `chains`) needs no rule of its own: it is checked by expanding a combination of facts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, Word, unit
from dcpg_theory.exact.rational_functions import RationalFunction
from dcpg_theory.exact.signs import sign_on_box

__all__ = ["RULES", "Context", "Fact", "Rule"]


@dataclass(frozen=True, slots=True)
class Fact:
    """``left relation right`` entry by entry, with relation one of ``=``, ``<=``, ``<``.

    `pointwise` marks a fact that holds at one parameter only (a stationarity condition, say): it
    may be used like any other, but not differentiated.
    """

    left: Operator
    relation: str
    right: Operator
    pointwise: bool = False

    def __post_init__(self) -> None:
        if self.relation not in ("=", "<=", "<"):
            raise CertificateRejected(f"relation {self.relation!r} must be =, <= or <")
        if (self.left.codomain, self.left.domain) != (self.right.codomain, self.right.domain):
            raise CertificateRejected("the sides of a fact act between different spaces")

    @property
    def excess(self) -> Operator:
        """The right side minus the left."""
        return self.right - self.left

    def __str__(self) -> str:
        return f"{self.left} {self.relation} {self.right}"


@dataclass(frozen=True, slots=True)
class Context:
    """What a rule may build on: established facts, scalar ranges, declared differentials.

    Reading a fact or a differential is recorded, so that a chain can name what it rests on.
    """

    facts: Mapping[str, Fact]
    box: Box
    differentials: Mapping[Atom, tuple[str, Operator]]
    read: set[str]

    def fact(self, name: str) -> Fact:
        """Return a fact by name."""
        if name not in self.facts:
            raise CertificateRejected(f"no fact is called {name}")
        self.read.add(name)
        return self.facts[name]

    def need(self, wanted: Fact, why: str) -> None:
        """Check that some fact says what is wanted; equality is enough for ``<=``."""
        for name, fact in self.facts.items():
            strong = fact.relation == wanted.relation or (
                wanted.relation == "<=" and fact.relation in ("=", "<")
            )
            if strong and (fact.left, fact.right) == (wanted.left, wanted.right):
                self.read.add(name)
                return
        raise CertificateRejected(f"{why}: no established fact says {wanted}")

    def need_fresh(self, atom: Atom) -> None:
        """Check that an atom does not stand for anything yet."""
        if any(atom in (*f.left.atoms(), *f.right.atoms()) for f in self.facts.values()):
            raise CertificateRejected(f"{atom} already stands for something")

    def differential(self, atom: Atom) -> Operator:
        """Return the declared derivative of an atom along the line of parameters."""
        if atom not in self.differentials:
            raise CertificateRejected(f"no derivative is declared for {atom}")
        name, value = self.differentials[atom]
        self.read.add(name)
        return value


@dataclass(frozen=True, slots=True)
class Rule:
    """A textbook fact: what it says, where it stands, and the function that applies it."""

    name: str
    statement: str
    reference: str
    apply: Callable[..., dict[str, Fact]]


def neumann(
    context: Context, *, kernel: Operator, discount: RationalFunction, inverse: Atom, ones: Atom
) -> dict[str, Fact]:
    """Introduce the inverse of ``I - discount * kernel`` for a stochastic kernel."""
    context.need_fresh(inverse)
    space = kernel.codomain
    one = Operator.of(ones)
    if kernel.domain != space or (ones.codomain, ones.domain) != (space, SCALARS):
        raise CertificateRejected("the kernel must act on one space, with its vector of ones")
    context.need(Fact(Operator.zero(space, space), "<=", kernel), "the kernel is non-negative")
    context.need(Fact(kernel @ one, "=", one), "the kernel's rows sum to one")
    _need_discount(discount, context.box)
    resolvent = Operator.of(inverse)
    rest = unit(space) - kernel.scaled(discount)
    return {
        "nonnegative": Fact(Operator.zero(space, space), "<=", resolvent),
        "left": Fact(resolvent @ rest, "=", unit(space)),
        "right": Fact(rest @ resolvent, "=", unit(space)),
    }


def _need_discount(discount: RationalFunction, box: Box) -> None:
    if not (sign_on_box(discount, ">=", box) and sign_on_box(1 - discount, ">", box)):
        raise CertificateRejected(f"{discount} is not shown to lie in [0, 1)")


def greedy(
    context: Context,
    *,
    values: Operator,
    broadcast: Atom,
    averages: tuple[Operator, ...],
    selection: Atom,
) -> dict[str, Fact]:
    """Introduce the selection of a largest entry of each finite block of a vector.

    `broadcast` copies a vector's entry over its block; an average is a non-negative operator whose
    composition with it is the identity.
    """
    context.need_fresh(selection)
    small, large = broadcast.domain, broadcast.codomain
    if (values.codomain, values.domain) != (large, SCALARS):
        raise CertificateRejected("the values must be a vector of the large space")
    for average in averages:
        context.need(Fact(Operator.zero(small, large), "<=", average), "an average is >= 0")
        context.need(Fact(average @ Operator.of(broadcast), "=", unit(small)), "it averages")
    chosen = Operator.of(selection)
    result = {
        "nonnegative": Fact(Operator.zero(small, large), "<=", chosen),
        "average": Fact(chosen @ Operator.of(broadcast), "=", unit(small)),
    }
    for index, average in enumerate(averages):
        result[f"dominates-{index}"] = Fact(average @ values, "<=", chosen @ values)
    return result


def antisymmetry(context: Context, *, below: str, above: str) -> dict[str, Fact]:
    """Conclude equality from two opposite inequalities."""
    one, two = context.fact(below), context.fact(above)
    if (one.left, one.right) != (two.right, two.left):
        raise CertificateRejected(f"{below} and {above} are not opposite inequalities")
    return {"": Fact(one.left, "=", one.right, one.pointwise or two.pointwise)}


def derivative(context: Context, *, fact: str) -> dict[str, Fact]:
    """Differentiate both sides of an identity along a line of parameters (product rule)."""
    source = context.fact(fact)
    if source.relation != "=" or source.pointwise:
        raise CertificateRejected(f"{fact} is not an identity, so it cannot be differentiated")
    left, right = (_differentiate(side, context) for side in (source.left, source.right))
    return {"": Fact(left, "=", right)}


def _differentiate(side: Operator, context: Context) -> Operator:
    total = Operator.zero(side.codomain, side.domain)
    for word, coefficient in side.terms.items():
        for position, atom in enumerate(word):
            before = _product(word[:position], side.codomain)
            after = _product(word[position + 1 :], atom.domain)
            product = before @ context.differential(atom) @ after
            total = total + product.scaled(coefficient)
    return total


def _product(word: Word, codomain: str) -> Operator:
    result = unit(codomain)
    for atom in word:
        result = result @ Operator.of(atom)
    return result


RULES: Mapping[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule(
            "neumann",
            "If K >= 0, K 1 = 1 and 0 <= g < 1, then I - g K has an inverse, which is the sum of "
            "g^k K^k over k >= 0 and so >= 0.",
            "Puterman, Markov Decision Processes (1994), Theorem C.2 and Lemma 6.1.2",
            neumann,
        ),
        Rule(
            "greedy",
            "A finite set of numbers has a largest one, and no average of them exceeds it.",
            "Puterman, Markov Decision Processes (1994), Lemma 4.3.1",
            greedy,
        ),
        Rule(
            "antisymmetry",
            "If u <= v and v <= u entry by entry, then u = v.",
            "Puterman, Markov Decision Processes (1994), Appendix C.1",
            antisymmetry,
        ),
        Rule(
            "derivative",
            "Both sides of an identity have the same derivative, and (AB)' = A'B + AB'.",
            "Magnus and Neudecker, Matrix Differential Calculus (2019), Section 8.3",
            derivative,
        ),
    )
}
