"""Evidence: a verdict together with what established it. Only the kernel mints it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.certificates import Certificate, Finding
from dcpg_theory.exact.verdicts import Scope, Verdict

__all__ = ["Evidence"]


class Evidence:
    """What the kernel found out about one statement.

    There is no constructor: `Kernel` methods return evidence. It cannot be changed, subclassed or
    pickled, and a copy is the object itself; the ledger accepts only evidence that the kernel it
    handed out has minted.

    Attributes
    ----------
    verdict : Verdict
    scope : Scope
    method : str
        The kind of certificate.
    detail : str
        One sentence on what was found.
    witness : mapping from str to str
        The exact counterexample of a refutation, or the instance of an instance verdict.
    assumption : str
        For `conditional`: the name of the assumption that is not stated there.
    certificates : tuple of Certificate
        Everything `replay` checks again.
    findings : tuple of Finding
        What was found when the evidence was minted, one for each certificate.
    """

    __slots__ = (
        "__weakref__",
        "assumption",
        "certificates",
        "detail",
        "findings",
        "method",
        "scope",
        "verdict",
        "witness",
    )

    verdict: Verdict
    scope: Scope
    method: str
    detail: str
    witness: Mapping[str, str]
    assumption: str
    certificates: tuple[Certificate, ...]
    findings: tuple[Finding, ...]

    def __new__(cls, *_: Any, **__: Any) -> Evidence:  # noqa: D102 - it only refuses
        raise TypeError("evidence is minted by the kernel, not constructed")

    def __init_subclass__(cls, **_: Any) -> None:
        raise TypeError("Evidence cannot be subclassed")

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("evidence is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("evidence is immutable")

    def __reduce_ex__(self, _: Any) -> NoReturn:
        raise TypeError("evidence does not leave the process that minted it; send a record")

    def __copy__(self) -> Evidence:
        return self

    def __deepcopy__(self, _: Any) -> Evidence:
        return self

    def replay(self) -> None:
        """Check every certificate again, each without the tool that made it.

        Raises
        ------
        CertificateRejected
            If one of them does not hold up, or no longer says what it said.
        """
        for certificate, found in zip(self.certificates, self.findings, strict=True):
            again = certificate.replay()
            if again != found:
                raise CertificateRejected(
                    f"minted on {found.detail!r}, replays as {again.detail!r}"
                )

    def __repr__(self) -> str:
        return f"<Evidence {self.verdict} ({self.scope}): {self.detail}>"
