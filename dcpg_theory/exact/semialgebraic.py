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
from functools import cached_property
from typing import Any, ClassVar

import flint

from dcpg_theory.errors import CertificateRejected, InvalidInput
from dcpg_theory.exact.certificates import Certificate, Finding, Outcome
from dcpg_theory.exact.rational_functions import RationalFunction, as_fmpq
from dcpg_theory.exact.verdicts import Scope

__all__ = ["ProductForm", "SetSign", "counterexample", "product_form"]

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
        if any(value < 0 or any(e < 0 for e in powers) for powers, value in self.terms):
            raise CertificateRejected("a coefficient of the product form is negative")
        constant = sum((v for powers, v in self.terms if not any(powers)), Fraction(0))
        if strict and constant <= 0:
            raise CertificateRejected("a strict sign needs a positive constant term")
        total = RationalFunction.constant(0)
        for powers, value in self.terms:
            total = total + as_fmpq(value) * _product(constraints, powers)
        if total != polynomial:
            raise CertificateRejected("the product form does not expand to the polynomial")


@dataclass(frozen=True)
class SetSign(Certificate):
    """``polynomial > 0`` (or ``>= 0``) wherever all constraints are ``>= 0``.

    It holds only where there is something to hold for: a point of the set is part of the proof.
    """

    polynomial: RationalFunction
    constraints: tuple[RationalFunction, ...]
    strict: bool
    degree: int = 3
    method: ClassVar[str] = "product form found by z3, expanded exactly"

    def __post_init__(self) -> None:
        for value in (self.polynomial, *self.constraints):
            if not value.denominator.is_one():
                raise InvalidInput(f"{value} must be a polynomial")

    @cached_property
    def _form(self) -> ProductForm | None:
        return product_form(
            self.polynomial, self.constraints, strict=self.strict, degree=self.degree
        )

    @cached_property
    def _inside(self) -> dict[str, Fraction] | None:
        """A point of the set."""
        return counterexample(RationalFunction.constant(-1), self.constraints, strict=False)

    @cached_property
    def _against(self) -> dict[str, Fraction] | None:
        return counterexample(self.polynomial, self.constraints, strict=self.strict)

    def establish(self) -> Finding:
        """Ask z3 for a product form, then for a counterexample; both are checked here."""
        free = self.polynomial.free_names().union(*(g.free_names() for g in self.constraints))
        scope = Scope.FAMILY if free else Scope.INSTANCE
        if self._form is not None:
            self._form.verify(self.polynomial, self.constraints, strict=self.strict)
            if self._inside is None:
                return Finding(Outcome.OPEN, scope, "no point satisfies the constraints, as found")
            detail = f"a combination of {len(self._form.terms)} products of the constraints"
            return Finding(Outcome.HOLDS, scope, detail)
        if self._against is not None:
            witness = {name: str(value) for name, value in sorted(self._against.items())}
            witness["value"] = str(self.polynomial.evaluate(self._against))
            return Finding(Outcome.FAILS, Scope.INSTANCE, "the sign fails", witness)
        return Finding(Outcome.OPEN, scope, f"z3 gave no answer at degree {self.degree}")

    def replay(self) -> Finding:
        """Expand the product form with sympy, or evaluate at the witness; z3 is not asked."""
        finding = self.establish()
        if finding.outcome is Outcome.HOLDS:
            if self._form is None or self._inside is None:
                raise CertificateRejected("the product form or the point of the set is missing")
            _expand(self._form, self.polynomial, self.constraints, strict=self.strict)
            if any(g.evaluate(self._inside) < 0 for g in self.constraints):
                raise CertificateRejected("the point does not lie in the set")
        if finding.outcome is Outcome.FAILS:
            point = {n: Fraction(v) for n, v in finding.witness.items() if n != "value"}
            value = self.polynomial.evaluate(point)
            inside = all(constraint.evaluate(point) >= 0 for constraint in self.constraints)
            if not inside or value > 0 or (value == 0 and not self.strict):
                raise CertificateRejected("the sign holds at the witness")
        return finding


def _expand(
    form: ProductForm,
    polynomial: RationalFunction,
    constraints: Sequence[RationalFunction],
    *,
    strict: bool,
) -> None:
    import sympy

    factors = [constraint.to_sympy() for constraint in constraints]
    total, constant = sympy.Integer(0), Fraction(0)
    for powers, value in form.terms:
        if value < 0 or len(powers) != len(factors) or any(power < 0 for power in powers):
            raise CertificateRejected("a term of the product form may be negative")
        constant += 0 if any(powers) else value
        product = sympy.Mul(*(g**power for g, power in zip(factors, powers, strict=True)))
        total += sympy.Rational(value.numerator, value.denominator) * product
    if strict and constant <= 0:
        raise CertificateRejected("a strict sign needs a positive constant term")
    if sympy.expand(total - polynomial.to_sympy()) != 0:
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
