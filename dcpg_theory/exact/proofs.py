"""The certificate of a statement about all problems: a chain of proof."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.certificates import Certificate, Finding, Outcome
from dcpg_theory.exact.chains import Chain, verify_chain
from dcpg_theory.exact.interpretations import check_expansions
from dcpg_theory.exact.rules import Fact
from dcpg_theory.exact.verdicts import Scope

__all__ = ["Proof"]


@dataclass(frozen=True)
class Proof(Certificate):
    """A chain, and the statement it is offered for, where that can be read off what is printed."""

    chain: Chain
    statement: Fact | None = None
    method: ClassVar[str] = "chain of proof"

    def establish(self) -> Finding:
        """Verify the chain line by line; a gap leaves the statement open, never refuted."""
        if self.statement is not None and self.chain.conclusion != self.statement:
            detail = f"the chain concludes {self.chain.conclusion}, not {self.statement}"
            return Finding(Outcome.OPEN, Scope.UNIVERSAL, detail)
        try:
            verified = verify_chain(self.chain)
        except CertificateRejected as error:
            return Finding(Outcome.OPEN, Scope.UNIVERSAL, str(error))
        detail = f"{verified.links} links; rules: {', '.join(verified.rules) or 'none'}"
        if verified.introduced:
            detail += f"; introduced by rules: {', '.join(verified.introduced)}"
        if verified.selective:
            detail += f"; assumed of a selection: {', '.join(verified.selective)}"
        if verified.unused:
            detail += f"; not needed: {', '.join(verified.unused)}"
        return Finding(Outcome.HOLDS, Scope.UNIVERSAL, detail)

    def replay(self) -> Finding:
        """Verify again, and compare both sides of every expansion on integer matrices."""
        finding = self.establish()
        if finding.outcome is Outcome.HOLDS:
            check_expansions(self.chain)
        return finding
