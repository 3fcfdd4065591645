"""Trusted rules about a norm.

The norm of a vector `x` is the scalar atom that `derived.norm_of` makes of it. The rules know
nothing else about it: not which norm, not the dimension.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.derived import norm_of
from dcpg_theory.exact.operators import SCALARS, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction
from dcpg_theory.exact.rules import Context, Fact, Rule
from dcpg_theory.exact.signs import sign_on_box

__all__ = ["NORM_RULES"]


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
)

NORM_RULES: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in _ALL})
