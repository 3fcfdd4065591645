"""Certificates of searches: many instances, none of which contradicts the statement.

A search never proves. What it reports is the number of instances and how tight the relation was on
the tightest of them, so that a bound that is nowhere near can be told from one that nearly breaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.balls import relation_holds
from dcpg_theory.exact.certificates import Certificate, Comparison, Finding, Outcome
from dcpg_theory.exact.rational_functions import as_fmpq
from dcpg_theory.exact.verdicts import Scope

__all__ = ["Runs", "Sample", "Samples"]


@dataclass(frozen=True)
class Sample:
    """One instance: both sides, as exact rationals, and what the instance is."""

    left: Any
    right: Any
    instance: Mapping[str, Any]


@dataclass(frozen=True)
class Samples(Certificate):
    """``left relation right`` on a fixed, finite, reproducible list of instances."""

    samples: tuple[Sample, ...]
    relation: str
    method: ClassVar[str] = "search over exact instances"

    def __post_init__(self) -> None:
        if not self.samples:
            raise InvalidInput("a search needs at least one instance")

    def establish(self) -> Finding:
        """Compare on every instance; the first contradiction is the witness."""
        for sample in self.samples:
            if relation_holds(sample.left, self.relation, sample.right) is not True:
                return self._comparison(sample).establish()
        detail = f"{len(self.samples)} exact instances{self._tightest()}"
        return Finding(Outcome.HOLDS, Scope.SAMPLED, detail)

    def replay(self) -> Finding:
        """Compare every instance again in Python integers."""
        for sample in self.samples:
            self._comparison(sample).replay()
        return self.establish()

    def _comparison(self, sample: Sample) -> Comparison:
        shown = {name: str(value) for name, value in sample.instance.items()}
        return Comparison(as_fmpq(sample.left), self.relation, as_fmpq(sample.right), shown)

    def _tightest(self) -> str:
        if self.relation not in ("<", "<="):
            return ""
        ratios = [
            Fraction(int(quotient.p), int(quotient.q))
            for sample in self.samples
            if as_fmpq(sample.right) > 0
            for quotient in (as_fmpq(sample.left) / as_fmpq(sample.right),)
        ]
        return f", tightest ratio {float(max(ratios)):.4g}" if ratios else ""


@dataclass(frozen=True)
class Runs(Samples):
    """``observed relation bound`` on runs in double precision, whose numbers are compared exactly.

    What is compared are the numbers that the runs gave, not what exact arithmetic would have
    given: this supports a statement and refutes it only as one about these runs.

    Attributes
    ----------
    too_long : int
        Runs that were begun and did not come to an end: they confirm nothing, and are counted.
    """

    too_long: int = 0
    method: ClassVar[str] = "runs in double precision"

    def establish(self) -> Finding:
        """Compare on every run; report how many there are and how tight the bound was."""
        found = super().establish()
        if found.outcome is not Outcome.HOLDS:
            return found
        ratios = sorted(
            Fraction(sample.right) / Fraction(sample.left)
            for sample in self.samples
            if sample.left > 0
        )
        detail = f"{len(self.samples)} runs in double precision"
        if ratios:
            middle = ratios[len(ratios) // 2]
            detail += f", bound/observed at least {_three(ratios[0])}, median {_three(middle)}"
        if self.too_long:
            detail += f"; {self.too_long} more were too long and confirm nothing"
        return Finding(Outcome.HOLDS, Scope.SAMPLED, detail)


def _three(number: Fraction) -> str:
    """Return three digits, which the last bits of a run do not reach."""
    return f"{float(number):.3g}"
