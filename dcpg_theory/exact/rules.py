"""The trusted rules of proof: textbook facts, each with a reference, none about the paper.

A rule receives operators and the names of facts already established. It checks its hypotheses
among them, and returns the new facts it vouches for, or raises `CertificateRejected`. A `Link`
(see `chains`) needs no rule of its own: it is checked by expanding a combination of facts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.derived import COUNTS, is_generic
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, Word, unit
from dcpg_theory.exact.rational_functions import RationalFunction
from dcpg_theory.exact.signs import sign_on_box

__all__ = ["ANY", "RULES", "Context", "Fact", "Rule"]

# How the name begins of what stands for everything of its kind; see `form_rules`.
ANY = "any "


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
    `introduced` says of the atoms that rules brought in whether they are unique: the inverse of an
    operator is, the selection of a largest entry is not. `functions` holds, for each function that
    is assumed smooth, the name of that assumption, its space and its constant.
    """

    facts: dict[str, Fact]
    box: Box
    differentials: dict[Atom, tuple[str, Operator]]
    introduced: dict[Atom, bool]
    read: set[str]
    functions: dict[str, tuple[str, str, Operator]] = field(default_factory=dict)

    def fact(self, name: str) -> Fact:
        """Return a fact by name."""
        if name not in self.facts:
            raise CertificateRejected(f"no fact is called {name}")
        self.read.add(name)
        return self.facts[name]

    def need(self, wanted: Fact, why: str, *, pointwise: bool = False) -> None:
        """Check that some fact says what is wanted; equality is enough for ``<=``.

        Facts that hold at one parameter only count when `pointwise` is set.
        """
        for name, fact in self.facts.items():
            if fact.pointwise and not pointwise:
                continue
            strong = fact.relation == wanted.relation or (
                wanted.relation == "<=" and fact.relation in ("=", "<")
            )
            if strong and (fact.left, fact.right) == (wanted.left, wanted.right):
                self.read.add(name)
                return
        raise CertificateRejected(f"{why}: no established fact says {wanted}")

    def introduce(self, atom: Atom, *arguments: Operator, unique: bool) -> None:
        """Bring in an atom, which must not stand for anything yet, nor be chosen from itself.

        Derived atoms, and names that begin with a bar or with "any", stand for something from the
        start. What is made from members of a family is a member of a family: its name carries
        their index.
        """
        for mark, kind in (("|", "a norm"), (ANY, "any of its kind")):
            if atom.name.startswith(mark):
                raise CertificateRejected(f"{atom} is {kind}, it cannot be introduced")
        if atom.derived is not None:
            raise CertificateRejected(f"{atom} is a {atom.derived.kind}, it cannot be introduced")
        sides = [side for fact in self.facts.values() for side in (fact.left, fact.right)]
        sides += [Operator.of(a) for a in (*self.differentials, *self.introduced)]
        sides += [derivative for _, derivative in self.differentials.values()]
        sides += [constant for _, _, constant in self.functions.values()]
        known = (letter for side in (*sides, *arguments) for letter in side.letters())
        if any(atom.name == letter.name for letter in known):
            raise CertificateRejected(f"{atom} already stands for something")
        for index in COUNTS:
            depends = any(is_generic(a, index) for side in arguments for a in side.atoms())
            if depends and not is_generic(atom, index):
                raise CertificateRejected(f"{atom} depends on [{index}], which its name must show")
        self.introduced[atom] = unique

    def is_unique(self, atom: Atom) -> bool:
        """Whether an atom is given, or fixed by what is given, rather than chosen."""
        return all(self.introduced.get(letter, True) for letter in atom.letters())

    def smoothness(self, function: str) -> tuple[str, Operator]:
        """Return the space of a function that is assumed smooth, and its constant."""
        if function not in self.functions:
            raise CertificateRejected(f"no function is called {function}")
        name, space, constant = self.functions[function]
        self.read.add(name)
        return space, constant

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
    parameters: Mapping[str, type]
    apply: Callable[..., dict[str, Fact]]

    def use(self, context: Context, arguments: Mapping[str, Any]) -> dict[str, Fact]:
        """Apply the rule.

        Raises
        ------
        CertificateRejected
            If an argument is missing, unknown or of the wrong type, or a hypothesis is not met.
        """
        if set(arguments) != set(self.parameters):
            raise CertificateRejected(f"{self.name} needs {', '.join(self.parameters)}")
        for name, kind in self.parameters.items():
            if not isinstance(arguments[name], kind):
                raise CertificateRejected(f"{name} must be of type {kind.__name__}")
        return self.apply(context, **arguments)


def neumann(
    context: Context, *, kernel: Operator, discount: RationalFunction, inverse: Atom, ones: Atom
) -> dict[str, Fact]:
    """Introduce the inverse of ``I - discount * kernel`` for a stochastic kernel.

    `ones` must be a positive vector; without that, zero would pass for the vector of ones, and any
    kernel for a stochastic one.
    """
    context.introduce(inverse, kernel, Operator.of(ones), unique=True)
    space = kernel.codomain
    one = Operator.of(ones)
    if kernel.domain != space or (ones.codomain, ones.domain) != (space, SCALARS):
        raise CertificateRejected("the kernel must act on one space, with its vector of ones")
    context.need(Fact(Operator.zero(space, space), "<=", kernel), "the kernel is non-negative")
    context.need(Fact(kernel @ one, "=", one), "the kernel's rows sum to one")
    context.need(Fact(Operator.zero(space, SCALARS), "<", one), "the vector of ones is positive")
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
    """Introduce the selection of a largest entry of a vector in each of its blocks.

    `broadcast` copies a vector's entry over its block; an average is a non-negative operator whose
    composition with it is the identity. The selection is such an average too, and a deterministic
    one. At least one average is needed: it shows that the blocks are not empty.
    """
    if not averages or not all(isinstance(average, Operator) for average in averages):
        raise CertificateRejected("averages must be one or more operators")
    context.introduce(selection, values, Operator.of(broadcast), *averages, unique=False)
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


def definition(context: Context, *, name: Atom, value: Operator) -> dict[str, Fact]:
    """Introduce an atom as the name of an operator."""
    context.introduce(name, value, unique=all(context.is_unique(a) for a in value.atoms()))
    return {"": Fact(Operator.of(name), "=", value)}


def derivative(context: Context, *, fact: str) -> dict[str, Fact]:
    """Differentiate both sides of an identity along a line of parameters (product rule)."""
    source = context.fact(fact)
    if source.relation != "=" or source.pointwise:
        raise CertificateRejected(f"{fact} is not an identity, so it cannot be differentiated")
    left, right = (_differentiate(side, context) for side in (source.left, source.right))
    return {"": Fact(left, "=", right)}


def mean_value(
    context: Context, *, function: Atom, bounds: tuple[str, ...], start: Atom, end: Atom
) -> dict[str, Fact]:
    """Bound what a function gains while the parameter goes from 0 to 1 by bounds of its derivative.

    A bound is a fact ``derivative <= C`` or ``C <= derivative`` at every parameter, where C does
    not depend on it. `start` and `end` are the names of the values at 0 and 1.
    """
    if start == end or not bounds or not all(isinstance(name, str) for name in bounds):
        raise CertificateRejected("two names for the values and one or more bounds are needed")
    slope, space = context.differential(function), (function.codomain, function.domain)
    for atom in (start, end):
        if (atom.codomain, atom.domain) != space:
            raise CertificateRejected(f"{atom} must act between the spaces of {function}")
        context.introduce(atom, Operator.of(function), unique=True)
    gain = Operator.of(end) - Operator.of(start)
    return {name: _gained(context, name, slope, gain) for name in bounds}


def _gained(context: Context, name: str, slope: Operator, gain: Operator) -> Fact:
    bound = context.fact(name)
    if bound.pointwise:
        raise CertificateRejected(f"{name} holds at one point only")
    if bound.relation == "=" or slope not in (bound.left, bound.right):
        raise CertificateRejected(f"{name} does not bound the derivative {slope}")
    above = bound.left == slope
    limit = bound.right if above else bound.left
    if any(context.differential(atom).terms for atom in limit.atoms()):
        raise CertificateRejected(f"the bound {limit} depends on the parameter")
    return Fact(gain, "<=", limit) if above else Fact(limit, "<=", gain)


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


_ALL = (
    Rule(
        "neumann",
        "If K >= 0, K 1 = 1 for a vector 1 > 0 and 0 <= g < 1, then I - g K has an inverse, "
        "which is the sum of g^k K^k over k >= 0 and so >= 0.",
        "Puterman, Markov Decision Processes (1994), Theorem C.2 and Lemma 6.1.2",
        {
            "kernel": Operator,
            "discount": RationalFunction,
            "inverse": Atom,
            "ones": Atom,
        },
        neumann,
    ),
    Rule(
        "greedy",
        "A finite set of numbers has a largest one, and no average of them exceeds it.",
        "Puterman, Markov Decision Processes (1994), Lemma 4.3.1",
        {"values": Operator, "broadcast": Atom, "averages": tuple, "selection": Atom},
        greedy,
    ),
    Rule(
        "antisymmetry",
        "If u <= v and v <= u entry by entry, then u = v.",
        "Puterman, Markov Decision Processes (1994), Appendix C.1",
        {"below": str, "above": str},
        antisymmetry,
    ),
    Rule(
        "definition",
        "An operator may be given a new name.",
        "Suppes, Introduction to Logic (1957), Section 8.4",
        {"name": Atom, "value": Operator},
        definition,
    ),
    Rule(
        "derivative",
        "Both sides of an identity have the same derivative, and (AB)' = A'B + AB'.",
        "Magnus and Neudecker, Matrix Differential Calculus (2019), Section 8.3",
        {"fact": str},
        derivative,
    ),
    Rule(
        "mean_value",
        "If l <= f'(t) <= c for all t in [0, 1], then l <= f(1) - f(0) <= c, entry by entry.",
        "Rudin, Principles of Mathematical Analysis (1976), Theorem 5.10",
        {"function": Atom, "bounds": tuple, "start": Atom, "end": Atom},
        mean_value,
    ),
)

# Read-only: what is trusted is listed here, and nowhere else.
RULES: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in _ALL})
