"""Signs of polynomials on sets {g_1 >= 0, ..., g_m >= 0}, with z3 as the finder.

z3 is not trusted: for "yes" it solves a linear program over Q whose solution writes the polynomial
as a combination of products of the g_i with coefficients >= 0 (Handelman 1988; for general g the
degree-limited Schmuedgen form without squares), which is checked by expansion; for "no" it proposes
a point, which is checked by rational arithmetic. Its resource limit counts steps, not seconds, so
the answer is the same on every machine; ``unknown`` stays unknown.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.rational_functions import RationalFunction, as_fmpq

__all__ = ["ProductForm", "counterexample", "product_form"]

_Z3_STEPS = 2_000_000


@dataclass(frozen=True, slots=True)
class ProductForm:
    """``polynomial = sum_a c_a * g_1^a_1 * ... * g_m^a_m`` with every c_a >= 0."""

    terms: tuple[tuple[tuple[int, ...], Fraction], ...]

    def verify(
        self, polynomial: RationalFunction, constraints: Sequence[RationalFunction], *, strict: bool
    ) -> None:
        """Expand the right side and compare.

        Raises
        ------
        CertificateRejected
            If a coefficient is negative, strictness is not shown, or the sides differ.
        """
        if any(value < 0 for _, value in self.terms):
            raise CertificateRejected("a coefficient of the product form is negative")
        constant = sum((v for powers, v in self.terms if not any(powers)), Fraction(0))
        if strict and constant <= 0:
            raise CertificateRejected("a strict sign needs a positive constant term")
        total = RationalFunction.constant(0)
        for powers, value in self.terms:
            total = total + as_fmpq(value) * _product(constraints, powers)
        if total != polynomial:
            raise CertificateRejected("the product form does not expand to the polynomial")


def product_form(
    polynomial: RationalFunction,
    constraints: Sequence[RationalFunction],
    *,
    strict: bool,
    degree: int,
) -> ProductForm | None:
    """Look for a product form with at most `degree` factors; None when z3 finds none."""
    import z3

    solver = _solver(z3, "QF_LRA")
    powers = [
        exponents
        for exponents in itertools.product(range(degree + 1), repeat=len(constraints))
        if sum(exponents) <= degree
    ]
    unknowns = [z3.Real(f"c{k}") for k in range(len(powers))]
    sides: dict[Any, Any] = {}
    names = sorted(set(polynomial.names).union(*(g.names for g in constraints)))
    for unknown, exponents in zip(unknowns, powers, strict=True):
        solver.add(unknown >= 0)
        for monomial, value in _terms(_product(constraints, exponents), names).items():
            sides[monomial] = sides.get(monomial, 0) + unknown * _real(z3, value)
    if strict:
        solver.add(unknowns[0] > 0)
    target = _terms(polynomial, names)
    for monomial in sorted(set(sides) | set(target)):
        solver.add(sides.get(monomial, 0) == _real(z3, target.get(monomial, flint.fmpq(0))))
    if solver.check() != z3.sat:
        return None
    model = solver.model()
    values = [model.eval(unknown, model_completion=True).as_fraction() for unknown in unknowns]
    return ProductForm(tuple((e, v) for e, v in zip(powers, values, strict=True) if v))


def counterexample(
    polynomial: RationalFunction, constraints: Sequence[RationalFunction], *, strict: bool
) -> dict[str, Fraction] | None:
    """Ask z3 for a rational point of the set where the sign fails; None when it gives none."""
    import z3

    solver = _solver(z3, "QF_NRA")
    names = sorted(set(polynomial.names).union(*(g.names for g in constraints)))
    variables = {name: z3.Real(name) for name in names}
    for constraint in constraints:
        solver.add(_expression(z3, constraint, variables, names) >= 0)
    value = _expression(z3, polynomial, variables, names)
    solver.add(value <= 0 if strict else value < 0)
    if solver.check() != z3.sat:
        return None
    model = solver.model()
    point = {}
    for name, variable in variables.items():
        proposed = model.eval(variable, model_completion=True)
        if z3.is_algebraic_value(proposed):
            proposed = proposed.approx(12)
        point[name] = proposed.as_fraction()
    found = polynomial.evaluate(point)
    inside = all(constraint.evaluate(point) >= 0 for constraint in constraints)
    return point if inside and (found <= 0 if strict else found < 0) else None


def _solver(z3: Any, logic: str) -> Any:
    solver = z3.SolverFor(logic)
    solver.set("rlimit", _Z3_STEPS)
    solver.set("random_seed", 0)
    return solver


def _product(constraints: Sequence[RationalFunction], powers: Sequence[int]) -> RationalFunction:
    result = RationalFunction.constant(1)
    for constraint, power in zip(constraints, powers, strict=True):
        result = result * constraint**power
    return result


def _terms(polynomial: RationalFunction, names: Sequence[str]) -> dict[tuple[int, ...], Any]:
    own = polynomial.names
    result = {}
    for exponents, value in polynomial.numerator.to_dict().items():
        by_name = dict(zip(own, exponents, strict=True))
        result[tuple(int(by_name.get(name, 0)) for name in names)] = value
    return result


def _real(z3: Any, value: Any) -> Any:
    return z3.Q(int(value.p), int(value.q))


def _expression(z3: Any, polynomial: RationalFunction, variables: Any, names: Any) -> Any:
    total = _real(z3, flint.fmpq(0))
    for exponents, value in _terms(polynomial, names).items():
        term = _real(z3, value)
        for name, exponent in zip(names, exponents, strict=True):
            for _ in range(exponent):
                term = term * variables[name]
        total = total + term
    return total
