"""Trusted rules about transposes, inner products and the Euclidean norm.

The transpose of an operator is what `derived.transpose` makes of its words. A symmetric operator W
is one with the fact ``W^T = W``. A semidefinite M is given by a root of it, ``M = R^T R``; then
``square`` for the vector R x says ``0 <= x^T M x``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.derived import norm_of, transpose
from dcpg_theory.exact.operators import SCALARS, Operator
from dcpg_theory.exact.rules import Context, Fact, Rule

__all__ = ["PRODUCT_RULES"]

_ZERO = Operator.zero(SCALARS, SCALARS)


def transposed(context: Context, *, fact: str) -> dict[str, Fact]:
    """Transpose both sides of a fact; entries move, and stay what they are."""
    source = context.fact(fact)
    sides = transpose(source.left), transpose(source.right)
    return {"": Fact(sides[0], source.relation, sides[1], source.pointwise)}


def _need_scalar(*operators: Operator) -> None:
    for operator in operators:
        if (operator.codomain, operator.domain) != (SCALARS, SCALARS):
            raise CertificateRejected(f"{operator} is not a scalar")


def scalar_transpose(context: Context, *, scalar: Operator) -> dict[str, Fact]:
    """State that a scalar is its own transpose, so that x^T y = y^T x."""
    del context
    _need_scalar(scalar)
    return {"": Fact(scalar, "=", transpose(scalar))}


def commutation(context: Context, *, first: Operator, second: Operator) -> dict[str, Fact]:
    """Exchange two scalars."""
    del context
    _need_scalar(first, second)
    return {"": Fact(first @ second, "=", second @ first)}


def square(context: Context, *, vector: Operator) -> dict[str, Fact]:
    """State that the inner product of a vector, or a number, with itself is not negative."""
    del context
    if vector.domain != SCALARS:
        raise CertificateRejected(f"{vector} is not a vector")
    return {"": Fact(_ZERO, "<=", transpose(vector) @ vector)}


def euclidean(context: Context, *, vector: Operator) -> dict[str, Fact]:
    """State what the Euclidean norm is; a chain that says so speaks of no other norm."""
    del context
    size = norm_of(vector)
    return {
        "square": Fact(size @ size, "=", transpose(vector) @ vector),
        "nonnegative": Fact(_ZERO, "<=", size),
    }


_ALL = (
    Rule(
        "transposed",
        "If A = B then A^T = B^T, with (AB)^T = B^T A^T; the same for <= entry by entry.",
        "Horn and Johnson, Matrix Analysis (2013), Section 0.2.5",
        {"fact": str},
        transposed,
    ),
    Rule(
        "scalar transpose",
        "A 1 x 1 matrix is its own transpose.",
        "Horn and Johnson, Matrix Analysis (2013), Section 0.2.5",
        {"scalar": Operator},
        scalar_transpose,
    ),
    Rule(
        "commutation",
        "1 x 1 matrices commute.",
        "Horn and Johnson, Matrix Analysis (2013), Section 0.2.4",
        {"first": Operator, "second": Operator},
        commutation,
    ),
    Rule(
        "square",
        "x^T x >= 0.",
        "Horn and Johnson, Matrix Analysis (2013), Definition 5.1.3",
        {"vector": Operator},
        square,
    ),
    Rule(
        "euclidean",
        "The Euclidean norm: |x|^2 = x^T x and |x| >= 0.",
        "Horn and Johnson, Matrix Analysis (2013), Section 5.2",
        {"vector": Operator},
        euclidean,
    ),
)

PRODUCT_RULES: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in _ALL})
