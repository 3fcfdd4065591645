"""Trusted rules about symmetric multilinear forms, and about sequences that converge.

The value of a form at given vectors is the scalar atom that `form_of` names after them, in any
order, so a form is symmetric by its name. `inner_product` is such a form; a vector with
``inner_product(x, x) = 1`` has unit length. Facts about `any_unit_vector` are meant for every
vector of unit length, as those about ``[k]`` are for every k.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.derived import marks_of
from dcpg_theory.exact.operators import SCALARS, Atom, Derived, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.exact.rules import ANY, Context, Fact, Rule
from dcpg_theory.exact.signs import sign_on_box
from dcpg_theory.exact.sum_rules import need_generic, need_one_definition

__all__ = ["FORM_RULES", "any_unit_vector", "form_of", "inner_product"]

_ONE = unit(SCALARS)


def form_of(name: str, *vectors: Operator) -> Operator:
    """Return the value of a symmetric multilinear form as a scalar atom.

    Raises
    ------
    CertificateRejected
        If the arguments are not vectors of one space, or carry an index.
    """
    spaces = {vector.codomain for vector in vectors}
    if len(spaces) != 1 or any(vector.domain != SCALARS for vector in vectors):
        raise CertificateRejected(f"{name} needs vectors of one space")
    if any(marks_of(atom) for vector in vectors for atom in vector.atoms()):
        raise CertificateRejected(f"{name} is not for members of a sequence")
    ordered = sorted(vectors, key=repr)
    # What the atom is made of: the arguments, each in a place of its own.
    places = symbols(*(f"place_{i}" for i in range(len(ordered))))
    of = sum(
        (x.scaled(place) for x, place in zip(ordered, places, strict=True)),
        start=Operator.zero(ordered[0].codomain, SCALARS),
    )
    written = ", ".join(map(repr, ordered))
    text = f"<{name} on {spaces.pop()}: {written}>"
    return Operator.of(Atom(text, SCALARS, SCALARS, Derived("form", name, of)))


def inner_product(one: Operator, two: Operator) -> Operator:
    """Return the inner product of two vectors, which is a symmetric form."""
    return form_of("inner product", one, two)


def any_unit_vector(space: str) -> Operator:
    """Return the vector that stands for every vector of unit length."""
    return Operator.of(Atom(f"{ANY}unit vector of {space}", space, SCALARS))


def banach(
    context: Context, *, form: str, vectors: tuple[Operator, ...], above: str, below: str
) -> dict[str, Fact]:
    """Bound a symmetric form at unit vectors by a bound of its values on the diagonal.

    `above` and `below` say ``-c <= form(u, ..., u) <= c`` for every vector u of unit length; that
    the vectors have unit length must be known of their inner products with themselves.
    """
    if not vectors or not all(isinstance(vector, Operator) for vector in vectors):
        raise CertificateRejected("one or more vectors are needed")
    value = form_of(form, *vectors)
    everywhere = any_unit_vector(vectors[0].codomain)
    diagonal = form_of(form, *[everywhere] * len(vectors))
    upper, lower = context.fact(above), context.fact(below)
    bound = upper.right
    if set(bound.terms) - {()}:
        raise CertificateRejected(f"the bound {bound} is not a number")
    for name, fact, wanted in (
        (above, upper, Fact(diagonal, "<=", bound)),
        (below, lower, Fact(-bound, "<=", diagonal)),
    ):
        if (fact.left, fact.relation, fact.right) != (wanted.left, wanted.relation, wanted.right):
            raise CertificateRejected(f"{name} does not say {wanted}")
    pointwise = upper.pointwise or lower.pointwise
    for vector in vectors:
        length = Fact(inner_product(vector, vector), "=", _ONE)
        context.need(length, f"{vector} has unit length", pointwise=pointwise)
    return {
        "above": Fact(value, "<=", bound, pointwise),
        "below": Fact(-bound, "<=", value, pointwise),
    }


def limit(
    context: Context,
    *,
    sequence: Atom,
    value: Operator,
    kernel: Operator,
    discount: RationalFunction,
    ones: Atom,
    step: str,
    limit: Atom,
) -> dict[str, Fact]:
    """Introduce the limit of a sequence whose distance from a vector contracts, and find it.

    `step` says ``value - s[k+1] = discount * kernel (value - s[k])`` for all k, with a stochastic
    kernel and its positive vector of ones, as for the rule `neumann`.
    """
    if "[k]" not in sequence.name or sequence.domain != SCALARS:
        raise CertificateRejected(f"{sequence} is not a sequence of vectors at [k]")
    space = sequence.codomain
    if any("[" in atom.name for side in (value, kernel) for atom in side.atoms()):
        raise CertificateRejected("the limit and the kernel must not depend on the index")
    if (limit.codomain, limit.domain) != (space, SCALARS) or "[" in limit.name:
        raise CertificateRejected(f"{limit} is not the name of a vector that fits")
    one = Operator.of(ones)
    zero = Operator.zero(space, space)
    context.need(Fact(zero, "<=", kernel), "the kernel is non-negative")
    context.need(Fact(kernel @ one, "=", one), "the kernel's rows sum to one")
    context.need(Fact(Operator.zero(space, SCALARS), "<", one), "the vector of ones is positive")
    if not (
        sign_on_box(discount, ">=", context.box) and sign_on_box(1 - discount, ">", context.box)
    ):
        raise CertificateRejected(f"{discount} is not shown to lie in [0, 1)")
    need_generic(context)
    need_one_definition(context)
    here = Operator.of(sequence)
    following = Operator.of(Atom(sequence.name.replace("[k]", "[k+1]"), space, SCALARS))
    wanted = Fact(value - following, "=", (kernel @ (value - here)).scaled(discount))
    fact = context.fact(step)
    if fact != wanted:
        raise CertificateRejected(f"{step} does not say {wanted} for all k")
    context.introduce(limit, value, kernel, one, unique=True)
    return {"": Fact(Operator.of(limit), "=", value)}


_ALL = (
    Rule(
        "banach",
        "If a symmetric multilinear form on a real inner product space satisfies "
        "|F(u, ..., u)| <= c for all u with |u| = 1, then |F(x, ..., z)| <= c for all x, ..., z "
        "with |x| = ... = |z| = 1.",
        "Nesterov and Nemirovskii, Interior-Point Polynomial Algorithms (1994), Proposition 9.1.1; "
        "Banach, Studia Mathematica 7 (1938)",
        {"form": str, "vectors": tuple, "above": str, "below": str},
        banach,
    ),
    Rule(
        "limit",
        "If K >= 0, K 1 = 1 for a vector 1 > 0, 0 <= g < 1 and x - s[k+1] = g K (x - s[k]) for "
        "all k, then s[k] converges to x.",
        "Puterman, Markov Decision Processes (1994), Theorem 6.2.3 and Proposition 6.2.4",
        {"sequence": Atom, "value": Operator, "kernel": Operator, "discount": RationalFunction,
         "ones": Atom, "step": str, "limit": Atom},
        limit,
    ),
)  # fmt: skip

FORM_RULES: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in _ALL})
