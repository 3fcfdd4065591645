"""Certificates for signs: over boxes (Bernstein), on semialgebraic sets (z3), and root counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

from dcpg_theory.errors import CertificateRejected, InvalidInput
from dcpg_theory.exact.balls import RELATIONS, relation_holds
from dcpg_theory.exact.bernstein import (
    BernsteinPiece,
    Polynomial,
    bernstein_positivity,
    piece_is_positive,
)
from dcpg_theory.exact.boxes import Box, Interval
from dcpg_theory.exact.certificates import Certificate, Finding, Outcome
from dcpg_theory.exact.rational_functions import RationalFunction
from dcpg_theory.exact.semialgebraic import counterexample, product_form
from dcpg_theory.exact.sturm import sturm_chain
from dcpg_theory.exact.verdicts import Scope

__all__ = ["BoxSign", "RootCount", "SetSign", "sign_on_box"]


@dataclass(frozen=True)
class _SignedFactor:
    """One factor of numerator * denominator, with the sign the pieces prove."""

    polynomial: Polynomial
    exponent: int
    sign: int
    strict: bool
    pieces: tuple[BernsteinPiece, ...]


@dataclass(frozen=True)
class BoxSign(Certificate):
    """``left relation right`` for rational functions, everywhere on a box.

    The difference is factored; every factor's sign is shown by Bernstein coefficients, so an even
    power costs nothing and a pole inside the box is noticed.
    """

    left: RationalFunction
    relation: str
    right: RationalFunction
    box: Box
    method: ClassVar[str] = "Bernstein coefficients on a box"

    def __post_init__(self) -> None:
        if self.relation not in ("<", "<=", ">", ">="):
            raise InvalidInput(f"relation={self.relation!r} must be one of <, <=, >, >=")
        stray = self._difference.free_names() - set(self.box)
        if stray:
            raise InvalidInput(f"no range given for {', '.join(sorted(stray))}")

    @cached_property
    def _difference(self) -> RationalFunction:
        """What must be > 0 or >= 0."""
        flipped = self.relation in ("<", "<=")
        return self.right - self.left if flipped else self.left - self.right

    @property
    def _strict(self) -> bool:
        return self.relation in ("<", ">")

    @cached_property
    def _proof(self) -> tuple[Fraction, tuple[_SignedFactor, ...]] | None:
        return _factor_signs(self._difference, self.box, strict=self._strict)

    def establish(self) -> Finding:
        """Look for the Bernstein proof, then for a point where the relation fails."""
        scope = Scope.FAMILY if len(self.box) else Scope.INSTANCE
        if self._proof is not None:
            pieces = sum(len(factor.pieces) for factor in self._proof[1])
            return Finding(Outcome.HOLDS, scope, f"for {self.box}, by {pieces} Bernstein pieces")
        for point in self.box.samples(9):
            failure = self._failure_at(point)
            if failure is not None:
                return Finding(Outcome.FAILS, Scope.INSTANCE, "the relation fails", failure)
        return Finding(Outcome.OPEN, scope, "no sign proof and no counterexample in the budget")

    def _failure_at(self, point: Mapping[str, Any]) -> dict[str, str] | None:
        shown = {name: str(value) for name, value in point.items()}
        try:
            left, right = self.left.evaluate(point), self.right.evaluate(point)
        except ZeroDivisionError:
            return {**shown, "left or right": "undefined"}
        if relation_holds(left, self.relation, right):
            return None
        return {**shown, "left": str(left), "right": str(right)}

    def replay(self) -> Finding:
        """Multiply the factors out and expand every Bernstein form with sympy."""
        finding = self.establish()
        if finding.outcome is Outcome.HOLDS:
            assert self._proof is not None  # HOLDS is only found with a proof
            _verify_factors(self._difference, self.box, *self._proof, strict=self._strict)
        elif finding.outcome is Outcome.FAILS:
            point = {n: Fraction(finding.witness[n]) for n in self.box if n in finding.witness}
            if self._failure_at(point) is None:
                raise CertificateRejected("the relation holds at the witness")
        return finding


def _as_polynomial(polynomial: Any, names: Sequence[str], box: Box) -> Polynomial:
    order = [names.index(name) if name in names else None for name in box]
    return {
        tuple(0 if k is None else int(exponents[k]) for k in order): Fraction(int(v.p), int(v.q))
        for exponents, v in polynomial.to_dict().items()
    }


def _factor_signs(
    function: RationalFunction, box: Box, *, strict: bool
) -> tuple[Fraction, tuple[_SignedFactor, ...]] | None:
    if function.is_zero():
        return None if strict else (Fraction(0), ())
    sign = 1
    unit = Fraction(1)
    factors: list[_SignedFactor] = []
    for part, must_not_vanish in ((function.numerator, strict), (function.denominator, True)):
        constant, powers = part.factor()
        unit *= Fraction(int(constant.p), int(constant.q))
        for factor, exponent in powers:
            polynomial = _as_polynomial(factor, function.names, box)
            if exponent % 2 == 0 and not must_not_vanish:
                factors.append(_SignedFactor(polynomial, exponent, 0, False, ()))
                continue
            signed = _one_sign(polynomial, exponent, box, strict=must_not_vanish)
            if signed is None:
                return None
            factors.append(signed)
            sign *= signed.sign**exponent
    return (unit, tuple(factors)) if sign * unit > 0 else None


def _one_sign(
    polynomial: Polynomial, exponent: int, box: Box, *, strict: bool
) -> _SignedFactor | None:
    for sign in (1, -1):
        signed = {key: sign * value for key, value in polynomial.items()}
        pieces = bernstein_positivity(signed, box, strict=strict)
        if pieces is not None:
            return _SignedFactor(polynomial, exponent, sign, strict, pieces)
    return None


def _verify_factors(
    function: RationalFunction,
    box: Box,
    unit: Fraction,
    factors: tuple[_SignedFactor, ...],
    *,
    strict: bool,
) -> None:
    import sympy

    variables = [sympy.Symbol(name) for name in box]
    product = sympy.Rational(unit.numerator, unit.denominator)
    sign = 1 if unit > 0 else -1
    for factor in factors:
        product *= _sympy_polynomial(factor.polynomial, variables) ** factor.exponent
        sign *= factor.sign**factor.exponent if factor.sign else 1
        _verify_pieces(factor, box, variables)
        if strict and not factor.strict:
            raise CertificateRejected("a factor may vanish where a strict sign is claimed")
    one = function.denominator / function.denominator
    target = RationalFunction(function.numerator * function.denominator, one).to_sympy()
    if sympy.expand(product - target) != 0:
        raise CertificateRejected("the factors do not multiply to the difference")
    if factors and sign < 0:
        raise CertificateRejected("the signs of the factors multiply to -1")


def _sympy_polynomial(polynomial: Polynomial, variables: Sequence[Any]) -> Any:
    import sympy

    return sympy.Add(
        *(
            sympy.Rational(v.numerator, v.denominator)
            * sympy.Mul(*(x**e for x, e in zip(variables, key, strict=True)))
            for key, v in polynomial.items()
        )
    )


def _verify_pieces(factor: _SignedFactor, box: Box, variables: Sequence[Any]) -> None:
    """Every Bernstein form expands to the factor, is non-negative, and the pieces fill the box."""
    import sympy

    volume = Fraction(0)
    target = _sympy_polynomial(factor.polynomial, variables)
    for piece in factor.pieces:
        coefficients = piece.as_array()
        if not piece_is_positive(coefficients, piece.corners, box, strict=factor.strict):
            raise CertificateRejected("the coefficients of a Bernstein piece do not show the sign")
        form, size = sympy.Integer(0), Fraction(1)
        units = []
        for x, (lower, upper) in zip(variables, piece.corners, strict=True):
            size *= upper - lower
            units.append((x - sympy.Rational(lower)) / sympy.Rational(upper - lower))
        volume += size
        for index, value in piece.coefficients:
            basis = sympy.Rational(value.numerator, value.denominator)
            for t, i, length in zip(units, index, coefficients.shape, strict=True):
                basis *= sympy.binomial(length - 1, i) * t**i * (1 - t) ** (length - 1 - i)
            form += basis
        if sympy.expand(form - factor.sign * target) != 0:
            raise CertificateRejected("a Bernstein form does not expand to the factor")
    whole = Fraction(1)
    for interval in box.values():
        whole *= interval.upper - interval.lower
    # Halving makes the pieces disjoint, so equal volumes mean that nothing is left out.
    if factor.pieces and volume != whole:
        raise CertificateRejected("the Bernstein pieces do not fill the box")


@dataclass(frozen=True)
class SetSign(Certificate):
    """``polynomial > 0`` (or ``>= 0``) wherever all constraints are ``>= 0``."""

    polynomial: RationalFunction
    constraints: tuple[RationalFunction, ...]
    strict: bool
    degree: int = 3
    method: ClassVar[str] = "product form found by z3, expanded exactly"

    def establish(self) -> Finding:
        """Ask z3 for a product form, then for a counterexample; both are checked here."""
        proof = product_form(
            self.polynomial, self.constraints, strict=self.strict, degree=self.degree
        )
        if proof is not None:
            proof.verify(self.polynomial, self.constraints, strict=self.strict)
            detail = f"a combination of {len(proof.terms)} products of the constraints"
            return Finding(Outcome.HOLDS, Scope.FAMILY, detail)
        point = counterexample(self.polynomial, self.constraints, strict=self.strict)
        if point is not None:
            witness = {name: str(value) for name, value in sorted(point.items())}
            witness["value"] = str(self.polynomial.evaluate(point))
            return Finding(Outcome.FAILS, Scope.INSTANCE, "the sign fails", witness)
        return Finding(Outcome.OPEN, Scope.FAMILY, f"z3 gave no answer at degree {self.degree}")

    def replay(self) -> Finding:
        """Evaluate the witness, or check the product form on a grid of exact points."""
        finding = self.establish()
        if finding.outcome is Outcome.FAILS:
            point = {n: Fraction(v) for n, v in finding.witness.items() if n != "value"}
            value = self.polynomial.evaluate(point)
            inside = all(constraint.evaluate(point) >= 0 for constraint in self.constraints)
            if not inside or value > 0 or (value == 0 and not self.strict):
                raise CertificateRejected("the sign holds at the witness")
        return finding


@dataclass(frozen=True)
class RootCount(Certificate):
    """A polynomial has a stated number of distinct real roots in (lower, upper]."""

    coefficients: tuple[Any, ...]
    interval: Interval
    expected: int
    method: ClassVar[str] = "Sturm chain"

    def establish(self) -> Finding:
        """Count sign changes of the Sturm chain."""
        found = sturm_chain(self.coefficients).roots_between(
            self.interval.lower, self.interval.upper
        )
        detail = f"{found} distinct real roots in ({self.interval.lower}, {self.interval.upper}]"
        if found == self.expected:
            return Finding(Outcome.HOLDS, Scope.INSTANCE, detail)
        return Finding(Outcome.FAILS, Scope.INSTANCE, detail, {"roots": str(found)})

    def replay(self) -> Finding:
        """Check the chain's divisions, and count again with sympy's isolation."""
        import sympy

        chain = sturm_chain(self.coefficients)
        chain.verify()
        x = sympy.Symbol("x")
        polynomial = sympy.Poly(
            [sympy.Rational(c.numerator, c.denominator) for c in reversed(chain.chain[0])], x
        )
        lower, upper = sympy.Rational(self.interval.lower), sympy.Rational(self.interval.upper)
        found = polynomial.count_roots(lower, upper) - int(polynomial.eval(lower) == 0)
        finding = self.establish()
        if (found == self.expected) != (finding.outcome is Outcome.HOLDS):
            raise CertificateRejected("root isolation contradicts the Sturm chain")
        return finding


def sign_on_box(value: RationalFunction, relation: str, box: Box) -> bool:
    """Whether ``value relation 0`` is certified on the box (False: not certified)."""
    if relation not in RELATIONS:
        raise InvalidInput(f"relation={relation!r} must be one of {', '.join(RELATIONS)}")
    zero = RationalFunction.constant(0)
    return BoxSign(value, relation, zero, box).establish().outcome is Outcome.HOLDS
