"""Certificates for statements of order, left = O(right): one constant for a whole family, or none.

The constant of an O(.) is one number for all problems. It is refuted by a family along which the
quotient grows without bound: ``left >= rate * x * right`` for all x of a ray.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import ClassVar

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.certificates import Certificate, Finding, Outcome
from dcpg_theory.exact.rational_functions import RationalFunction, as_fmpq, symbols
from dcpg_theory.exact.signs import BoxSign
from dcpg_theory.exact.verdicts import Scope

__all__ = ["Order"]


@dataclass(frozen=True)
class Order(Certificate):
    """``left <= constant * right`` on a box, or ``left >= rate * variable * right`` on its ray.

    Attributes
    ----------
    left, right : RationalFunction
        Of which `right` must be shown positive.
    variable : str
        Whose interval must be a ray.
    constant, rate : Fraction
        The constant to try, and the slope to try; both positive.
    """

    left: RationalFunction
    right: RationalFunction
    variable: str
    box: Box
    constant: Fraction
    rate: Fraction
    method: ClassVar[str] = "growth of a quotient along a family"

    def __post_init__(self) -> None:
        if self.variable not in self.box or self.box[self.variable].upper is not None:
            raise InvalidInput(f"{self.variable!r} must be a parameter without an upper end")
        if not (self.constant > 0 and self.rate > 0):
            raise InvalidInput("the constant and the rate must be positive")

    @cached_property
    def _bounded(self) -> BoxSign:
        return BoxSign(self.left, "<=", self.right * as_fmpq(self.constant), self.box)

    @cached_property
    def _unbounded(self) -> BoxSign:
        growth = symbols(self.variable)[0] * as_fmpq(self.rate)
        return BoxSign(self.left, ">=", self.right * growth, self.box)

    @cached_property
    def _right_is_positive(self) -> BoxSign:
        return BoxSign(self.right, ">", RationalFunction.constant(0), self.box)

    def establish(self) -> Finding:
        """Prove the bound with the constant, or the growth with the rate."""
        if self._right_is_positive.establish().outcome is not Outcome.HOLDS:
            return Finding(Outcome.OPEN, Scope.FAMILY, "the right side is not shown positive")
        if self._bounded.establish().outcome is Outcome.HOLDS:
            detail = f"the constant {self.constant} serves for {self.box}"
            return Finding(Outcome.HOLDS, Scope.FAMILY, detail)
        if self._unbounded.establish().outcome is Outcome.HOLDS:
            witness = {
                "diverges": self.variable,
                "left / right at least": f"{self.rate} {self.variable}",
                "family": str(self.box),
            }
            return Finding(Outcome.FAILS, Scope.FAMILY, "no constant serves", witness)
        return Finding(Outcome.OPEN, Scope.FAMILY, "neither the constant nor the rate is proved")

    def replay(self) -> Finding:
        """Replay the signs that the finding rests on."""
        finding = self.establish()
        if finding.outcome is not Outcome.OPEN:
            self._right_is_positive.replay()
            (self._bounded if finding.outcome is Outcome.HOLDS else self._unbounded).replay()
        return finding
