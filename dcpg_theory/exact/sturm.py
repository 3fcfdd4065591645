"""Real roots of univariate polynomials, counted by Sturm's theorem.

For a square-free polynomial the number of distinct real roots in (a, b] is the number of sign
changes of its Sturm chain at a minus that at b (Sturm 1829; Basu, Pollack, Roy, Theorem 2.62).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, ClassVar

import flint

from dcpg_theory.errors import CertificateRejected, InvalidInput
from dcpg_theory.exact.boxes import Interval
from dcpg_theory.exact.certificates import Certificate, Finding, Outcome
from dcpg_theory.exact.rational_functions import as_fmpq
from dcpg_theory.exact.verdicts import Scope

__all__ = ["RootCount", "SturmChain", "sturm_chain"]


@dataclass(frozen=True, slots=True)
class SturmChain:
    """A Sturm chain as data: coefficient tuples, lowest degree first."""

    chain: tuple[tuple[Fraction, ...], ...]

    def roots_between(self, lower: Fraction, upper: Fraction) -> int:
        """Return the number of distinct real roots in (lower, upper]."""
        return self._changes(lower) - self._changes(upper)

    def verify(self) -> None:
        """Check that the data is a Sturm chain of its first polynomial.

        Raises
        ------
        CertificateRejected
            If a derivative or a remainder is wrong, or the polynomial is not square-free.
        """
        polynomials = [_polynomial(row) for row in self.chain]
        if not polynomials:
            raise CertificateRejected("the chain is empty")
        if len(polynomials) > 1 and polynomials[1] != polynomials[0].derivative():
            raise CertificateRejected("the second member is not the derivative of the first")
        for before, here, after in zip(polynomials, polynomials[1:], polynomials[2:], strict=False):
            if divmod(before, here)[1] != -after:
                raise CertificateRejected("a member is not the negated remainder")
        if polynomials[-1].degree() != 0:
            raise CertificateRejected("the polynomial is not square-free")

    def _changes(self, point: Fraction) -> int:
        signs = [value for row in self.chain if (value := _evaluate(row, point)) != 0]
        return sum((a > 0) != (b > 0) for a, b in pairwise(signs))


def sturm_chain(coefficients: Sequence[Any]) -> SturmChain:
    """Return the Sturm chain of the square-free part of a polynomial.

    Parameters
    ----------
    coefficients : sequence of exact rationals, lowest degree first

    Raises
    ------
    InvalidInput
        If the polynomial is zero.
    """
    polynomial = flint.fmpq_poly([as_fmpq(value) for value in coefficients])
    if polynomial.degree() < 0:
        raise InvalidInput("the zero polynomial has no Sturm chain")
    common = polynomial.gcd(polynomial.derivative())
    chain = [polynomial // common if common.degree() > 0 else polynomial]
    if chain[0].degree() > 0:
        chain.append(chain[0].derivative())
        while chain[-1].degree() > 0:
            chain.append(-(chain[-2] % chain[-1]))
    return SturmChain(tuple(_row(member) for member in chain))


@dataclass(frozen=True)
class RootCount(Certificate):
    """A polynomial has a stated number of distinct real roots in an interval."""

    coefficients: tuple[Any, ...]
    interval: Interval
    expected: int
    method: ClassVar[str] = "Sturm chain"

    def establish(self) -> Finding:
        """Count sign changes of the Sturm chain, and settle the ends by evaluation."""
        chain, span = sturm_chain(self.coefficients), self.interval
        lower, upper = span.ends
        found = chain.roots_between(lower, upper)
        row = [Fraction(int(c.p), int(c.q)) for c in map(as_fmpq, self.coefficients)]
        found += int(span.closed_lower and _evaluate(row, lower) == 0)
        found -= int(not span.closed_upper and _evaluate(row, upper) == 0)
        detail = f"{found} distinct real roots in {span}"
        if found == self.expected:
            return Finding(Outcome.HOLDS, Scope.INSTANCE, detail)
        return Finding(Outcome.FAILS, Scope.INSTANCE, detail, {"roots": str(found)})

    def replay(self) -> Finding:
        """Check the chain's divisions, and count again with sympy's isolation."""
        import sympy

        sturm_chain(self.coefficients).verify()
        exact = [as_fmpq(value) for value in reversed(self.coefficients)]
        polynomial = sympy.Poly(
            [sympy.Rational(int(c.p), int(c.q)) for c in exact], sympy.Symbol("x")
        )
        lower, upper = (sympy.Rational(end) for end in self.interval.ends)
        found = polynomial.count_roots(lower, upper)
        found -= int(not self.interval.closed_lower and polynomial.eval(lower) == 0)
        found -= int(not self.interval.closed_upper and polynomial.eval(upper) == 0)
        finding = self.establish()
        if (found == self.expected) != (finding.outcome is Outcome.HOLDS):
            raise CertificateRejected("root isolation contradicts the Sturm chain")
        return finding


def _row(polynomial: Any) -> tuple[Fraction, ...]:
    return tuple(Fraction(int(c.p), int(c.q)) for c in polynomial.coeffs())


def _polynomial(row: Sequence[Fraction]) -> Any:
    return flint.fmpq_poly([as_fmpq(value) for value in row])


def _evaluate(row: Sequence[Fraction], point: Fraction) -> Fraction:
    value = Fraction(0)
    for coefficient in reversed(row):
        value = value * point + coefficient
    return value
