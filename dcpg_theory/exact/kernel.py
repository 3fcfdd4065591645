"""The kernel: the one place where certificates become evidence.

A claim's check receives a `Kernel`, hands certificates to its methods, and returns the evidence
they mint. The verdict follows from the finding of the certificate; no method takes a verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np

from dcpg_theory.errors import CertificateRejected, InvalidInput
from dcpg_theory.exact.boxes import Box, Interval
from dcpg_theory.exact.certificates import (
    Certificate,
    Comparison,
    Enclosure,
    Finding,
    Identity,
    Outcome,
)
from dcpg_theory.exact.chains import Chain
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.existence import Existence
from dcpg_theory.exact.numbers import NumberKind, as_array, as_scalar
from dcpg_theory.exact.orders import Order
from dcpg_theory.exact.proofs import Proof
from dcpg_theory.exact.rational_functions import as_fmpq
from dcpg_theory.exact.readings import Indices
from dcpg_theory.exact.rules import Fact
from dcpg_theory.exact.samples import Runs, Sample, Samples
from dcpg_theory.exact.signs import BoxSign, RootCount, SetSign
from dcpg_theory.exact.verdicts import Scope, Verdict, narrowest, worst

__all__ = ["Kernel"]

_NO_BOX = Box()


class Kernel:
    """Mints evidence for one run of one check.

    Parameters
    ----------
    statement : str
        The LaTeX the check is to read: as printed, or a control's wrong variant of it.
    values : mapping from str to object
        What a control replaces; see `given`.
    """

    def __init__(self, statement: str = "", values: Mapping[str, Any] | None = None) -> None:
        self.statement = statement
        self._values = dict(values or {})
        self._asked: set[str] = set()
        self._minted: list[Evidence] = []

    def given(self, name: str, default: Any) -> Any:
        """Return an ingredient of the statement that a control may replace by a wrong one."""
        self._asked.add(name)
        return self._values.get(name, default)

    @property
    def unread(self) -> frozenset[str]:
        """Replacements that the check never asked for: such a control tests nothing."""
        return frozenset(self._values) - self._asked

    def has_minted(self, evidence: object) -> bool:
        """Whether this very object came from this kernel."""
        return any(evidence is minted for minted in self._minted)

    def identity(
        self,
        left: Any,
        right: Any,
        box: Box = _NO_BOX,
        *,
        labels: Callable[[tuple[int, ...]], str] = str,
        roots: Mapping[str, Fraction] | None = None,
    ) -> Evidence:
        """Check that two scalars or arrays of rational functions are equal, for all parameters.

        Raises
        ------
        InvalidInput
            If the shapes differ or are empty.
        """
        one, two = (as_array(side, NumberKind.SYMBOLIC) for side in (left, right))
        if one.shape != two.shape or one.size == 0:
            raise InvalidInput(f"shapes {one.shape} and {two.shape} must be equal and not empty")
        names = [labels(index) if index else "" for index in np.ndindex(one.shape)]
        certificate = Identity(tuple(one.flat), tuple(two.flat), names, box, roots or {})
        return self._judge(certificate)

    def sign(self, left: Any, relation: str, right: Any, box: Box) -> Evidence:
        """Check an inequality between rational functions everywhere on a box."""
        one, two = (as_scalar(side, NumberKind.SYMBOLIC) for side in (left, right))
        return self._judge(BoxSign(one, relation, two, box))

    def somewhere(self, left: Any, relation: str, right: Any, box: Box) -> Evidence:
        """Check that some point of a box satisfies an inequality."""
        one, two = (as_scalar(side, NumberKind.SYMBOLIC) for side in (left, right))
        return self._judge(Existence(one, relation, two, box))

    def indexed(self, *symbols: str) -> Evidence:
        """Check that the symbols carry an index wherever they stand in the statement."""
        return self._judge(Indices(self.statement, symbols))

    def positive_on(
        self, polynomial: Any, constraints: Sequence[Any], *, strict: bool, degree: int = 3
    ) -> Evidence:
        """Check ``polynomial > 0`` (or ``>= 0``) on the set where all constraints are ``>= 0``."""
        value = as_scalar(polynomial, NumberKind.SYMBOLIC)
        limits = tuple(as_scalar(constraint, NumberKind.SYMBOLIC) for constraint in constraints)
        return self._judge(SetSign(value, limits, strict, degree))

    def roots(self, coefficients: Sequence[Any], interval: Interval, expected: int) -> Evidence:
        """Check how many distinct real roots a polynomial (lowest degree first) has."""
        return self._judge(RootCount(tuple(map(as_fmpq, coefficients)), interval, expected))

    def at_instance(
        self, left: Any, relation: str, right: Any, instance: Mapping[str, Any]
    ) -> Evidence:
        """Check a relation between exact rationals computed on a named instance.

        A false relation refutes any statement that says it for all instances.
        """
        shown = {name: str(value) for name, value in instance.items()}
        return self._judge(Comparison(as_fmpq(left), relation, as_fmpq(right), shown))

    def enclosed(
        self,
        left: Callable[[], Any],
        relation: str,
        right: Callable[[], Any],
        instance: Mapping[str, Any],
        bits: int = 128,
    ) -> Evidence:
        """Check a relation between reals given by functions that enclose them in balls."""
        shown = {name: str(value) for name, value in instance.items()}
        return self._judge(Enclosure(left, relation, right, shown, bits))

    def order(
        self,
        left: Any,
        right: Any,
        variable: str,
        box: Box,
        *,
        constant: Fraction | int,
        rate: Fraction | int,
    ) -> Evidence:
        """Check ``left = O(right)`` along a family in which one variable is unbounded."""
        one, two = (as_scalar(side, NumberKind.SYMBOLIC) for side in (left, right))
        return self._judge(Order(one, two, variable, box, Fraction(constant), Fraction(rate)))

    def searched(self, samples: Iterable[Sample], relation: str) -> Evidence:
        """Check a relation on many exact instances: at best `supported`, at worst refuted."""
        return self._judge(Samples(tuple(samples), relation))

    def ran(self, runs: Iterable[Sample], relation: str, *, too_long: int = 0) -> Evidence:
        """Check a relation on runs in double precision: at best `supported`, at worst refuted.

        Parameters
        ----------
        runs : iterable of Sample
            What was observed, and the bound, as the rationals that the floats are.
        relation : str
        too_long : int
            How many runs were broken off; they are reported and confirm nothing.
        """
        return self._judge(Runs(tuple(runs), relation, too_long))

    def proof(self, chain: Chain, statement: Fact | None = None) -> Evidence:
        """Check a chain of proof, against the statement it is offered for where that parses.

        Without a statement, that the conclusion says what the claim says is for a reader to see.
        """
        return self._judge(Proof(chain, statement))

    def every(self, *parts: Evidence) -> Evidence:
        """Return evidence for a conjunction: the worst verdict, the narrowest scope."""
        self._check_own(parts)
        verdict = worst(part.verdict for part in parts)
        first = next(part for part in parts if part.verdict is verdict)
        scope = narrowest(part.scope for part in parts)
        if verdict is Verdict.PROVED and scope.rank < Scope.FAMILY.rank:
            verdict = Verdict.CERTIFIED  # a definition checked on one instance is among the parts
        tells_all = verdict.passes or verdict is Verdict.SUPPORTED
        return self._mint(
            verdict,
            first.scope if verdict is Verdict.REFUTED else scope,
            method=_joined(part.method for part in parts),
            detail=_joined(p.detail for p in parts) if tells_all else first.detail,
            witness=first.witness,
            assumption=_joined(part.assumption for part in parts),
            grounds=parts,
        )

    def confirmed(self, proof: Evidence, *instances: Evidence) -> Evidence:
        """Return a proof's evidence, unless an exact check of a special case contradicts it.

        The special cases do not narrow the scope. They are there because a chain that does not
        close leaves a wrong statement open, while an instance refutes it.
        """
        self._check_own((proof, *instances))
        for instance in instances:
            if instance.verdict is Verdict.REFUTED:
                return instance
        if not proof.verdict.passes:
            return proof
        settled = sum(instance.verdict.rank >= Verdict.CERTIFIED.rank for instance in instances)
        return self._mint(
            proof.verdict,
            proof.scope,
            method=proof.method,
            detail=f"{proof.detail}; confirmed by {settled} exact special cases",
            assumption=proof.assumption,
            grounds=(proof, *instances),
        )

    def definition(self, *parts: Evidence) -> Evidence:
        """Return evidence that a definition is sound, from evidence for all it relies on."""
        whole = self.every(*parts)
        if whole.verdict.rank < Verdict.CERTIFIED.rank:
            return whole
        return self._mint(
            Verdict.DEFINITION,
            whole.scope,
            method=whole.method,
            detail=whole.detail,
            witness=whole.witness,
            grounds=(whole,),
        )

    def conditional(
        self, holds: Evidence, assumption: str, fails_without: Evidence | None = None
    ) -> Evidence:
        """Return evidence that a statement needs an assumption that is not stated there.

        Parameters
        ----------
        holds : Evidence
            Proved or certified under the assumption; what is worse is passed through.
        assumption : str
            What has to be added.
        fails_without : Evidence, optional
            The statement's refutation without it; else the detail says that it may be spare.

        Raises
        ------
        CertificateRejected
            If `fails_without` is not a refutation.
        """
        parts = (holds,) if fails_without is None else (holds, fails_without)
        self._check_own(parts)
        if not assumption.strip():
            raise InvalidInput("assumption='' must name what has to be added")
        if not holds.verdict.passes:
            return holds
        if fails_without is not None and fails_without.verdict is not Verdict.REFUTED:
            raise CertificateRejected(f"{assumption!r} is not shown to be necessary")
        note = "not known to be necessary" if fails_without is None else "fails without it"
        return self._mint(
            Verdict.CONDITIONAL,
            holds.scope,
            method=holds.method,
            detail=f"needs {assumption} ({note}); {holds.detail}",
            witness=fails_without.witness if fails_without else {},
            assumption=_joined((holds.assumption, assumption)),
            grounds=parts,
        )

    def undecided(self, reason: str) -> Evidence:
        """Return evidence that nothing was decided, and why; it never passes."""
        return self._mint(Verdict.UNDECIDED, Scope.UNIVERSAL, method="none", detail=reason)

    def _judge(self, certificate: Certificate) -> Evidence:
        finding = certificate.establish()
        return self._mint(
            _verdict(finding),
            finding.scope,
            method=certificate.method,
            detail=finding.detail,
            witness=finding.witness,
            certificates=(certificate,),
            findings=(finding,),
        )

    def _check_own(self, parts: Sequence[Evidence]) -> None:
        if not parts or not all(self.has_minted(part) for part in parts):
            raise InvalidInput("only evidence minted by this kernel can be combined")

    def _mint(
        self,
        verdict: Verdict,
        scope: Scope,
        *,
        method: str,
        detail: str,
        witness: Mapping[str, str] | None = None,
        assumption: str = "",
        certificates: tuple[Certificate, ...] = (),
        findings: tuple[Finding, ...] = (),
        grounds: Sequence[Evidence] = (),
    ) -> Evidence:
        evidence = object.__new__(Evidence)
        fields = {
            "verdict": verdict,
            "scope": scope,
            "method": method,
            "detail": detail,
            "witness": MappingProxyType(dict(witness or {})),
            "assumption": assumption,
            "certificates": certificates + tuple(c for part in grounds for c in part.certificates),
            "findings": findings + tuple(f for part in grounds for f in part.findings),
        }
        for name, value in fields.items():
            object.__setattr__(evidence, name, value)
        self._minted.append(evidence)
        return evidence


def _joined(texts: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(text for text in texts if text))


def _verdict(finding: Finding) -> Verdict:
    """Return the verdict: a proof covers a family or more, one instance is only certified."""
    if finding.outcome is Outcome.FAILS:
        return Verdict.REFUTED
    if finding.outcome is Outcome.OPEN:
        return Verdict.UNDECIDED
    if finding.scope is Scope.SAMPLED:
        return Verdict.SUPPORTED
    return Verdict.PROVED if finding.scope.rank >= Scope.FAMILY.rank else Verdict.CERTIFIED
