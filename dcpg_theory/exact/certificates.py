"""Certificates: data that establishes a statement, and can be checked again another way.

Each certificate has two checks. `establish` is the one whose finding the kernel turns into
evidence; `replay` reaches the same finding without the tool that made the certificate.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal, localcontext
from enum import Enum
from fractions import Fraction
from math import isqrt, prod
from typing import Any, ClassVar

import flint

from dcpg_theory.errors import CertificateRejected, InvalidInput
from dcpg_theory.exact.balls import precision, relation_holds
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.rational_functions import RationalFunction, as_fmpq
from dcpg_theory.exact.verdicts import Scope

__all__ = ["Certificate", "Comparison", "Enclosure", "Finding", "Identity", "Outcome"]


class Outcome(Enum):
    """What checking a certificate says about its statement."""

    HOLDS = "holds"
    FAILS = "fails"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Finding:
    """An outcome, its scope, a sentence, and for failures the exact witness."""

    outcome: Outcome
    scope: Scope
    detail: str
    witness: Mapping[str, str] = field(default_factory=dict)


class Certificate(ABC):
    """Data that settles one statement."""

    method: ClassVar[str]

    @abstractmethod
    def establish(self) -> Finding:
        """Check the statement and say what was found."""

    @abstractmethod
    def replay(self) -> Finding:
        """Reach the finding again without the tool that `establish` used.

        Raises
        ------
        CertificateRejected
            If the two disagree.
        """


@dataclass(frozen=True)
class Identity(Certificate):
    """Entry-wise equality of two families of rational functions over a box.

    Attributes
    ----------
    left, right : sequences of RationalFunction, of one length
    labels : what each entry is, for the witness
    box : Box, the parameters' ranges; witnesses lie in it
    roots : mapping from a variable to the rational it is the square root of, for statements at
        points such as gamma = sqrt(1/2)
    """

    left: Sequence[RationalFunction]
    right: Sequence[RationalFunction]
    labels: Sequence[str]
    box: Box
    roots: Mapping[str, Fraction] = field(default_factory=dict)
    method: ClassVar[str] = "rational-function identity"

    def __post_init__(self) -> None:
        if not len(self.left) == len(self.right) == len(self.labels) > 0:
            raise InvalidInput("an identity needs equally many left sides, right sides and labels")
        _check_roots(self.roots)

    def _differences(self) -> list[RationalFunction]:
        pairs = zip(self.left, self.right, strict=True)
        return [_reduce_roots((a - b), self.roots) for a, b in pairs]

    def _scope(self) -> Scope:
        free = {name for side in (self.left, self.right) for f in side for name in f.free_names()}
        return Scope.FAMILY if len(self.box) or free - set(self.roots) else Scope.INSTANCE

    def establish(self) -> Finding:
        """Subtract and compare normal forms; a failure is shown at the plainest point found."""
        wrong = [k for k, gap in enumerate(self._differences()) if not gap.is_zero()]
        if wrong:
            return self._refutation(wrong)
        if not all(_defined_at_roots(f, self.roots) for f in (*self.left, *self.right)):
            return Finding(Outcome.OPEN, Scope.INSTANCE, "a side is not defined at the roots")
        count = len(self.left)
        detail = f"{count} {'entries are' if count > 1 else 'entry is'} identical"
        return Finding(Outcome.HOLDS, self._scope(), detail)

    def _entries(self, wrong: list[int]) -> dict[str, str]:
        named = [self.labels[k] for k in wrong if self.labels[k]]
        return {"entry": ", ".join(named)} if named else {}

    def _refutation(self, wrong: list[int]) -> Finding:
        index = wrong[0]
        for sample in self.box.samples():
            point: dict[str, Any] = dict(sample)
            with precision(128):
                point |= {name: flint.arb(as_fmpq(c)).sqrt() for name, c in self.roots.items()}
                try:
                    left, right = (
                        self.left[index].evaluate(point),
                        self.right[index].evaluate(point),
                    )
                except ZeroDivisionError:
                    continue
                if relation_holds(left, "=", right) is not False:
                    continue
                shown = {name: f"sqrt({c})" for name, c in self.roots.items()}
            witness = {
                **self._entries(wrong),
                **{name: shown.get(name) or str(sample[name]) for name in point},
                "left side": _shown(left),
                "right side": _shown(right),
            }
            detail = f"{len(wrong)} of {len(self.left)} entries differ"
            return Finding(Outcome.FAILS, Scope.INSTANCE, detail, witness)
        return Finding(Outcome.OPEN, Scope.INSTANCE, "the sides differ, but no witness was found")

    def replay(self) -> Finding:
        """Evaluate both sides, cross-multiplied, on a grid larger than the degrees.

        A polynomial of degree d_k in its k-th variable that vanishes on a grid with d_k + 1 values
        on each axis is zero (Alon, Combinatorial Nullstellensatz, 1999).
        """
        finding = self.establish()
        if self.roots:
            vanishes = all(_agree_on_grid(gap, gap - gap) for gap in self._differences())
        else:
            vanishes = all(map(_agree_on_grid, self.left, self.right))
        if finding.outcome is (Outcome.FAILS if vanishes else Outcome.HOLDS):
            raise CertificateRejected("the grid of values contradicts the normal forms")
        return finding


def _shown(value: Any) -> str:
    return value.str(12) if isinstance(value, flint.arb) else str(value)


_LEGIBLE = 40


def _brief(value: Any) -> str:
    """Return a value for a sentence: of a rational of many digits the first ones, cut off."""
    text = _shown(value)
    if not isinstance(value, flint.fmpq) or len(text) <= _LEGIBLE:
        return text
    with localcontext(prec=10, rounding=ROUND_FLOOR):
        return f"{Decimal(int(value.p)) / Decimal(int(value.q))} (rounded down)"


def _reduce_roots(value: RationalFunction, roots: Mapping[str, Fraction]) -> RationalFunction:
    """Return a function that vanishes iff `value` does once each root squares to its number."""
    numerator = value.numerator
    for name, square in roots.items():
        if name not in value.names:
            continue
        axis = value.names.index(name)
        reduced: dict[tuple[int, ...], Any] = {}
        for exponents, coefficient in numerator.to_dict().items():
            power = int(exponents[axis])
            key = (*exponents[:axis], power % 2, *exponents[axis + 1 :])
            reduced[key] = reduced.get(key, 0) + coefficient * as_fmpq(square) ** (power // 2)
        numerator = numerator.context().from_dict({k: v for k, v in reduced.items() if v != 0})
    return RationalFunction(numerator, numerator.context().constant(1)) if roots else value


def _check_roots(roots: Mapping[str, Fraction]) -> None:
    """Check that the square roots are independent, so that reducing squares decides equality."""
    for count in range(1, len(roots) + 1):
        for chosen in itertools.combinations(roots.items(), count):
            product = prod((Fraction(square) for _, square in chosen), start=Fraction(1))
            above, below = isqrt(abs(product.numerator)), isqrt(product.denominator)
            rational = above**2 == product.numerator and below**2 == product.denominator
            if rational or any(square <= 0 for _, square in chosen):
                names = ", ".join(f"{name} = sqrt({square})" for name, square in chosen)
                raise InvalidInput(f"{names} must be irrational, positive and independent")


def _defined_at_roots(value: RationalFunction, roots: Mapping[str, Fraction]) -> bool:
    below = RationalFunction(value.denominator, value.denominator**0)
    return not _reduce_roots(below, roots).is_zero()


def _agree_on_grid(one: RationalFunction, two: RationalFunction) -> bool:
    """Compare a/b with c/d by the values of a d and c b."""
    names = sorted({*one.names, *two.names})
    parts = [_terms(part, f.names) for f in (one, two) for part in (f.numerator, f.denominator)]
    degrees = [sum(max((t.get(n, 0) for t, _ in part), default=0) for part in parts) for n in names]
    for point in itertools.product(*(range(2, degree + 3) for degree in degrees)):
        at = dict(zip(names, point, strict=True))
        a, b, c, d = (_value(part, at) for part in parts)
        if a * d != c * b:
            return False
    return True


_Terms = list[tuple[dict[str, int], Fraction]]


def _terms(polynomial: Any, names: Sequence[str]) -> _Terms:
    return [
        (
            {name: int(e) for name, e in zip(names, exponents, strict=True) if e},
            Fraction(int(value.p), int(value.q)),
        )
        for exponents, value in polynomial.to_dict().items()
    ]


def _value(terms: _Terms, point: Mapping[str, int]) -> Fraction:
    powers = ((prod(point[n] ** e for n, e in t.items()), value) for t, value in terms)
    return sum((value * power for power, value in powers), Fraction(0))


@dataclass(frozen=True)
class Comparison(Certificate):
    """A relation between two exact rationals computed on one named instance."""

    left: Any
    relation: str
    right: Any
    instance: Mapping[str, str]
    method: ClassVar[str] = "exact rational arithmetic on an instance"

    def establish(self) -> Finding:
        """Compare by flint."""
        return self._finding(relation_holds(self.left, self.relation, self.right))

    def replay(self) -> Finding:
        """Compare by cross-multiplied Python integers."""
        a, b = as_fmpq(self.left), as_fmpq(self.right)
        cross = int(a.p) * int(b.q) - int(b.p) * int(a.q)
        finding = self.establish()
        again = {
            "=": cross == 0,
            "!=": cross != 0,
            "<": cross < 0,
            "<=": cross <= 0,
            ">": cross > 0,
            ">=": cross >= 0,
        }[self.relation]
        if again != (finding.outcome is Outcome.HOLDS):
            raise CertificateRejected("integer arithmetic contradicts the comparison")
        return finding

    def _finding(self, holds: bool | None) -> Finding:
        outcome = {True: Outcome.HOLDS, False: Outcome.FAILS, None: Outcome.OPEN}[holds]
        witness = {
            **self.instance,
            "left side": _shown(self.left),
            "right side": _shown(self.right),
        }
        detail = f"{_brief(self.left)} {self.relation} {_brief(self.right)}"
        if outcome is Outcome.FAILS:
            detail = f"not {detail}"
        return Finding(outcome, Scope.INSTANCE, detail, witness)


@dataclass(frozen=True)
class Enclosure(Certificate):
    """A relation between two reals, each given by a function that encloses it in a ball.

    The functions take nothing and are called at `bits` of precision; `replay` doubles it.
    """

    left: Callable[[], Any]
    relation: str
    right: Callable[[], Any]
    instance: Mapping[str, str]
    bits: int = 128
    method: ClassVar[str] = "ball arithmetic on an instance"

    def establish(self) -> Finding:
        """Compare the balls at the stated precision."""
        return self._at(self.bits)

    def replay(self) -> Finding:
        """Compare at twice the precision."""
        again, before = self._at(2 * self.bits), self.establish()
        if before.outcome not in (again.outcome, Outcome.OPEN):
            raise CertificateRejected("twice the precision gives another outcome")
        return before

    def _at(self, bits: int) -> Finding:
        with precision(bits):
            left, right = self.left(), self.right()
            return Comparison(left, self.relation, right, self.instance)._finding(
                relation_holds(left, self.relation, right)
            )
