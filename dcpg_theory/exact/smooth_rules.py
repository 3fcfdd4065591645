"""Trusted rules about functions whose gradient is Lipschitz in the Euclidean norm.

Which functions these are says a line `Smooth` of the chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.derived import gradient_of, norm_of, transpose, value_of
from dcpg_theory.exact.operators import Operator
from dcpg_theory.exact.rational_functions import RationalFunction
from dcpg_theory.exact.rules import Context, Fact, Rule

__all__ = ["SMOOTH_RULES"]

_HALF = RationalFunction.constant(Fraction(1, 2))


def _constant(context: Context, function: str, *points: Operator) -> Operator:
    space, constant = context.smoothness(function)
    for point in points:
        if point.codomain != space:
            raise CertificateRejected(f"{function} is a function on {space}, not {point.codomain}")
    return constant


def descent(context: Context, *, function: str, start: Operator, end: Operator) -> dict[str, Fact]:
    """Bound a smooth function at one point by its quadratic models at another."""
    constant = _constant(context, function, start, end)
    gap = end - start
    linear = value_of(function, start) + transpose(gradient_of(function, start)) @ gap
    bend = (transpose(gap) @ gap @ constant).scaled(_HALF)
    there = value_of(function, end)
    return {
        "below": Fact(linear - bend, "<=", there),
        "above": Fact(there, "<=", linear + bend),
    }


def lipschitz(
    context: Context, *, function: str, first: Operator, second: Operator
) -> dict[str, Fact]:
    """State that the gradient is Lipschitz, at two points."""
    constant = _constant(context, function, first, second)
    change = gradient_of(function, first) - gradient_of(function, second)
    return {"": Fact(norm_of(change), "<=", norm_of(first - second) @ constant)}


def same_point(context: Context, *, function: str, fact: str) -> dict[str, Fact]:
    """Conclude from the equality of two points that of a function's values and gradients."""
    source = context.fact(fact)
    if source.relation != "=":
        raise CertificateRejected(f"{fact} is not an equality")
    _constant(context, function, source.left, source.right)
    return {
        kind: Fact(of(function, source.left), "=", of(function, source.right), source.pointwise)
        for kind, of in (("value", value_of), ("gradient", gradient_of))
    }


_ALL = (
    Rule(
        "descent",
        "If grad f is Lipschitz with constant L, then f(y) differs from "
        "f(x) + grad f(x)^T (y - x) by at most (L/2) |y - x|^2.",
        "Nesterov, Lectures on Convex Optimization (2018), Lemma 1.2.3",
        {"function": str, "start": Operator, "end": Operator},
        descent,
    ),
    Rule(
        "lipschitz gradient",
        "|grad f(x) - grad f(y)| <= L |x - y|.",
        "Nesterov, Lectures on Convex Optimization (2018), Section 1.2.2",
        {"function": str, "first": Operator, "second": Operator},
        lipschitz,
    ),
    Rule(
        "same point",
        "If x = y then f(x) = f(y) and grad f(x) = grad f(y).",
        "Suppes, Introduction to Logic (1957), Section 5.1",
        {"function": str, "fact": str},
        same_point,
    ),
)

SMOOTH_RULES: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in _ALL})
