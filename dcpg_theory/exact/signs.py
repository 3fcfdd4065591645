"""Certificates for signs over boxes (Bernstein); on sets see `semialgebraic`, for roots `sturm`."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

from dcpg_theory.errors import CertificateRejected, InvalidInput
from dcpg_theory.exact.balls import relation_holds
from dcpg_theory.exact.bernstein import (
    BernsteinPiece,
    Polynomial,
    bernstein_positivity,
    piece_is_positive,
)
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.certificates import Certificate, Finding, Outcome
from dcpg_theory.exact.rational_functions import RationalFunction
from dcpg_theory.exact.rays import folded, folded_box
from dcpg_theory.exact.semialgebraic import SetSign
from dcpg_theory.exact.sturm import RootCount
from dcpg_theory.exact.verdicts import Scope

__all__ = ["BoxSign", "RootCount", "SetSign", "sign_on_box"]


@dataclass(frozen=True)
class _SignedFactor:
    """One factor of the numerator or, `below`, of the denominator, with the sign that is proved.

    The sign 0 belongs to an even power, which may vanish and needs no proof.
    """

    polynomial: Polynomial
    exponent: int
    below: bool
    sign: int
    strict: bool
    pieces: tuple[BernsteinPiece, ...]


@dataclass(frozen=True)
class BoxSign(Certificate):
    """``left relation right`` for rational functions, everywhere on a box.

    The difference is factored; every factor's sign is shown by Bernstein coefficients, so an even
    power costs nothing and a pole inside the box is noticed, also one that cancels.
    """

    left: RationalFunction
    relation: str
    right: RationalFunction
    box: Box
    method: ClassVar[str] = "Bernstein coefficients on a box"

    def __post_init__(self) -> None:
        if self.relation not in ("<", "<=", ">", ">="):
            raise InvalidInput(f"relation={self.relation!r} must be one of <, <=, >, >=")
        stray = (self._difference.free_names() | self._poles.free_names()) - set(self.box)
        if stray:
            raise InvalidInput(f"no range given for {', '.join(sorted(stray))}")

    @cached_property
    def _difference(self) -> RationalFunction:
        """What must be > 0 or >= 0."""
        flipped = self.relation in ("<", "<=")
        return self.right - self.left if flipped else self.left - self.right

    @cached_property
    def _poles(self) -> RationalFunction:
        """A square that vanishes only where a side has a pole that the difference has not."""
        product = _polynomial(self.left.denominator) * _polynomial(self.right.denominator)
        return _polynomial((product / _polynomial(self._difference.denominator)).numerator) ** 2

    @cached_property
    def _bounded(self) -> Box:
        return folded_box(self.box)

    @cached_property
    def _inside(self) -> tuple[RationalFunction, RationalFunction]:
        """The difference and the poles in the variables of the bounded box."""
        return folded(self._difference, self.box), folded(self._poles, self.box)

    @property
    def _strict(self) -> bool:
        return self.relation in ("<", ">")

    @cached_property
    def _proof(self) -> tuple[Fraction, tuple[_SignedFactor, ...]] | None:
        return _factor_signs(self._inside[0], self._bounded, strict=self._strict)

    @cached_property
    def _domain(self) -> tuple[Fraction, tuple[_SignedFactor, ...]] | None:
        return _factor_signs(self._inside[1], self._bounded, strict=True)

    def establish(self) -> Finding:
        """Look for the Bernstein proof, then for a point where the relation fails."""
        scope = Scope.FAMILY if len(self.box) else Scope.INSTANCE
        if self._proof is not None and self._domain is not None:
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
            return {**shown, "a side": "undefined"}
        if relation_holds(left, self.relation, right):
            return None
        return {**shown, "left side": str(left), "right side": str(right)}

    def replay(self) -> Finding:
        """Multiply the factors out and expand every Bernstein form with sympy."""
        finding = self.establish()
        if finding.outcome is Outcome.HOLDS:
            for function, proof, strict in (
                (self._inside[0], self._proof, self._strict),
                (self._inside[1], self._domain, True),
            ):
                if proof is None:
                    raise CertificateRejected("a part of the sign proof is missing")
                _verify_factors(function, self._bounded, *proof, strict=strict)
        elif finding.outcome is Outcome.FAILS:
            point = {n: Fraction(finding.witness[n]) for n in self.box if n in finding.witness}
            if not self.box.contains(point) or self._failure_at(point) is None:
                raise CertificateRejected("the relation holds at the witness")
        return finding


def _polynomial(polynomial: Any) -> RationalFunction:
    return RationalFunction(polynomial, polynomial.context().constant(1))


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
    for part, below in ((function.numerator, False), (function.denominator, True)):
        constant, powers = part.factor()
        number = Fraction(int(constant.p), int(constant.q))
        unit = unit / number if below else unit * number
        for factor, exponent in powers:
            polynomial = _as_polynomial(factor, function.names, box)
            if exponent % 2 == 0 and not strict and not below:
                factors.append(_SignedFactor(polynomial, exponent, below, 0, False, ()))
                continue
            found = _one_sign(polynomial, box, strict=strict or below)
            if found is None:
                return None
            factors.append(
                _SignedFactor(polynomial, exponent, below, found[0], strict or below, found[1])
            )
            sign *= found[0] ** exponent
    return (unit, tuple(factors)) if sign * unit > 0 else None


def _one_sign(
    polynomial: Polynomial, box: Box, *, strict: bool
) -> tuple[int, tuple[BernsteinPiece, ...]] | None:
    for sign in (1, -1):
        signed = {key: sign * value for key, value in polynomial.items()}
        pieces = bernstein_positivity(signed, box, strict=strict)
        if pieces is not None:
            return sign, pieces
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
    above, below = sympy.Rational(unit.numerator, unit.denominator), sympy.Integer(1)
    sign = (unit > 0) - (unit < 0)
    for factor in factors:
        power = _sympy_polynomial(factor.polynomial, variables) ** factor.exponent
        above, below = (above, below * power) if factor.below else (above * power, below)
        if factor.sign == 0 and factor.exponent % 2 == 0 and not (strict or factor.below):
            continue
        if factor.sign not in (1, -1) or ((strict or factor.below) and not factor.strict):
            raise CertificateRejected("a factor may vanish or change its sign")
        sign *= factor.sign**factor.exponent
        _verify_pieces(factor, box, variables)
    target_above, target_below = (
        _polynomial(part).to_sympy() for part in (function.numerator, function.denominator)
    )
    if sympy.expand(above * target_below - target_above * below) != 0:
        raise CertificateRejected("the factors do not multiply to the difference")
    if sign < 0 or (sign == 0 and strict):
        raise CertificateRejected("the signs of the factors do not multiply to 1")


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
    _verify_disjoint([piece.corners for piece in factor.pieces], box)
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
        lower, upper = interval.ends
        whole *= upper - lower
    # The pieces are disjoint, so equal volumes mean that nothing is left out.
    if volume != whole:
        raise CertificateRejected("the Bernstein pieces do not fill the box")


def _verify_disjoint(pieces: Sequence[Any], box: Box) -> None:
    for index, one in enumerate(pieces):
        if len(one) != len(box) or any(
            not interval.ends[0] <= lower < upper <= interval.ends[1]
            for (lower, upper), interval in zip(one, box.values(), strict=False)
        ):
            raise CertificateRejected("a Bernstein piece does not lie in the box")
        for two in pieces[:index]:
            if all(max(a, c) < min(b, d) for (a, b), (c, d) in zip(one, two, strict=True)):
                raise CertificateRejected("two Bernstein pieces overlap")


@functools.lru_cache(maxsize=4096)
def sign_on_box(value: RationalFunction, relation: str, box: Box) -> bool:
    """Whether ``value relation 0`` is certified on the box (False: not certified)."""
    zero = RationalFunction.constant(0)
    return BoxSign(value, relation, zero, box).establish().outcome is Outcome.HOLDS
