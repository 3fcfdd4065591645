"""Certificates read off a printed formula: its symbols carry the index that they need."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.certificates import Certificate, Finding, Outcome
from dcpg_theory.exact.latex import normalized, unbound_symbols
from dcpg_theory.exact.verdicts import Scope

__all__ = ["Indices"]


@dataclass(frozen=True)
class Indices(Certificate):
    r"""Every occurrence of the symbols in a formula carries a subscript.

    Where each task has its own discount, a bare ``\gamma`` names no number.
    """

    latex: str
    symbols: tuple[str, ...]
    method: ClassVar[str] = "reading of indices"

    def establish(self) -> Finding:
        """Look behind every occurrence for a subscript."""
        shown = ", ".join(self.symbols)
        for symbol in self.symbols:
            bare = unbound_symbols(self.latex, symbol)
            if bare:
                witness = {"symbol without an index": symbol, "occurrences": str(len(bare))}
                return Finding(Outcome.FAILS, Scope.INSTANCE, "an index is missing", witness)
        return Finding(Outcome.HOLDS, Scope.UNIVERSAL, f"{shown} carry their index")

    def replay(self) -> Finding:
        """Count: with every indexed occurrence taken out, no symbol may be left."""
        left = any(_is_left(normalized(self.latex), normalized(s)) for s in self.symbols)
        finding = self.establish()
        if left != (finding.outcome is Outcome.FAILS):
            raise CertificateRejected("counting the occurrences contradicts the reading")
        return finding


def _is_left(text: str, symbol: str) -> bool:
    """Whether the symbol is left when commands are set apart and indexed occurrences taken out."""
    marked = re.sub(r"\\[A-Za-z]+", lambda command: f"<{command[0]}>", text)
    wanted = f"<{symbol}>" if symbol.startswith("\\") else symbol
    if not symbol.startswith("\\"):
        marked = re.sub(r"<[^>]*>", "", marked)
    power = r"(\^(\{[^{}]*\}|<[^>]*>|.))?"
    return wanted in re.sub(re.escape(wanted) + power + "_", "", marked)
