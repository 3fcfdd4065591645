"""The exceptions this package raises on purpose; everything else is a bug."""

from __future__ import annotations

__all__ = [
    "AssumptionViolated",
    "CertificateRejected",
    "DcpgTheoryError",
    "InvalidInput",
    "Undecided",
]


class DcpgTheoryError(Exception):
    """Root of the package's exceptions."""


class InvalidInput(DcpgTheoryError, ValueError):
    """The caller's data is malformed; the message says what, where, and what is needed."""


class AssumptionViolated(DcpgTheoryError):
    """A result was asked for an instance that does not satisfy its hypotheses."""


class CertificateRejected(DcpgTheoryError):
    """A certificate does not establish what it was offered for."""


class Undecided(DcpgTheoryError):
    """A solver or a search gave up within its counted budget."""
