"""Certificates for "there is a point where ...": found by search, refuted by a sign on the box."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.balls import NEGATED, relation_holds
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.certificates import Certificate, Finding, Outcome
from dcpg_theory.exact.rational_functions import RationalFunction
from dcpg_theory.exact.signs import BoxSign
from dcpg_theory.exact.verdicts import Scope

__all__ = ["Existence"]


@dataclass(frozen=True)
class Existence(Certificate):
    """Some point of a box has ``left relation right``."""

    left: RationalFunction
    relation: str
    right: RationalFunction
    box: Box
    method: ClassVar[str] = "search for a point, against a sign certificate on the box"

    def __post_init__(self) -> None:
        self._negation()  # the same relations and ranges are needed

    def establish(self) -> Finding:
        """Look for a point; if there is none on the grid, try to prove that there is none."""
        for point in self.box.samples():
            try:
                left, right = self.left.evaluate(point), self.right.evaluate(point)
            except ZeroDivisionError:
                continue
            if relation_holds(left, self.relation, right):
                witness = {name: str(value) for name, value in point.items()}
                witness |= {"left side": str(left), "right side": str(right)}
                return Finding(Outcome.HOLDS, Scope.INSTANCE, "there is such a point", witness)
        negation = self._negation().establish()
        if negation.outcome is Outcome.HOLDS:
            detail = f"nowhere on {self.box}: always left {NEGATED[self.relation]} right"
            return Finding(Outcome.FAILS, Scope.FAMILY, detail, {"everywhere on": str(self.box)})
        return Finding(Outcome.OPEN, Scope.FAMILY, "no such point found, none excluded")

    def replay(self) -> Finding:
        """Evaluate the difference at the point, or replay the sign certificate."""
        finding = self.establish()
        if finding.outcome is Outcome.HOLDS:
            point = {name: Fraction(finding.witness[name]) for name in self.box}
            gap = self.left - self.right
            if not self.box.contains(point):
                raise CertificateRejected("the point lies outside the box")
            if not relation_holds(gap.evaluate(point), self.relation, 0):
                raise CertificateRejected("the relation does not hold at the point")
        elif finding.outcome is Outcome.FAILS:
            self._negation().replay()
        return finding

    def _negation(self) -> BoxSign:
        return BoxSign(self.left, NEGATED[self.relation], self.right, self.box)
