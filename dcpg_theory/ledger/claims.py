"""A claim: one statement of a paper, what it needs, how it is checked, and how the check can fail.

Claims are written beside their checks with the decorator `claim`, which turns the check into the
claim. Nobody types a verdict: it is what the kernel mints when the check runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized
from dcpg_theory.notebook import Card, Shown, as_printed, text
from dcpg_theory.theory.assumptions import Assumption

__all__ = [
    "Check",
    "Claim",
    "Control",
    "Fault",
    "Kind",
    "Origin",
    "Severity",
    "claim",
    "collected",
    "ingredient",
    "misprint",
    "unsettled",
]

Check = Callable[[Kernel], Evidence]


class Kind(StrEnum):
    """What a statement says."""

    DEFINITION = "definition"
    IDENTITY = "identity"
    TIGHT = "tight bound"
    UPPER_BOUND = "upper bound"
    ORDER = "order"
    ALGORITHM = "algorithm"
    EMPIRICAL = "empirical"
    EXISTENCE = "existence"


class Severity(StrEnum):
    """How much a refuted statement matters, from least to most."""

    SLIP = "slip"
    GAP = "gap"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """Position in the order slip < gap < error."""
        return list(Severity).index(self)


class Origin(StrEnum):
    """Where a mistake comes from."""

    PAPER = "paper"
    EXTRACTION = "possibly extraction"


@dataclass(frozen=True, slots=True)
class Fault:
    """A referee's reading of a statement that the kernel refutes; it does not refute anything."""

    severity: Severity
    origin: Origin
    note: str


@dataclass(frozen=True, slots=True)
class Control:
    """A deliberately wrong variant of a claim that the same check must refute.

    Attributes
    ----------
    what : what is wrong about it
    edits : replacements in the statement's LaTeX, for checks that read it
    values : replacements of ingredients that the check asks the kernel for by name
    """

    what: str
    edits: tuple[tuple[str, str], ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)

    def apply(self, statement: str) -> str:
        """Return the statement with the edits made.

        Raises
        ------
        InvalidInput
            If an edit's text does not occur, so that the control would test nothing.
        """
        text = normalized(statement)
        for old, new in self.edits:
            before, after = normalized(old), normalized(new)
            if before not in text or before == after:
                raise InvalidInput(f"control {self.what!r}: {old!r} does not occur to be changed")
            text = text.replace(before, after, 1)
        return text


def misprint(old: str, new: str) -> Control:
    """Return the control that prints `new` where `old` first stands."""
    return Control(f"{old} printed as {new}", edits=((old, new),))


def ingredient(what: str, **values: Any) -> Control:
    """Return the control that replaces named ingredients of the check."""
    return Control(what, values=values)


@dataclass(frozen=True)
class Claim(Shown):
    """One statement, its check and its controls. Calling it runs the check.

    Attributes
    ----------
    id : permanent slug
    where : section and display
    statement : LaTeX or words, as printed
    check : function from a kernel to evidence; None for an aggregate of parts
    kind : Kind
    assumptions : what the statement assumes where it stands
    depends : ids of the claims that the statement builds on
    controls : wrong variants
    lines : first and last line of the paper's text, or None for statements that are not in it
    fault : how a refutation is to be read
    note : how the words are read as mathematics, or what else there is to say
    parts : ids whose worst verdict is this claim's
    open : why nothing is decided here yet; such a claim is `undecided` and needs no control
    long : what makes its check long, so that a quick audit leaves it out; empty for the others
    adds : hypotheses that a corrected form has and the printed one has not, each with the id of the
        claim that shows what goes wrong without it, or "" if it is not known to be necessary
    """

    id: str
    where: str
    statement: str
    kind: Kind
    check: Check | None = None
    assumptions: tuple[Assumption, ...] = ()
    depends: tuple[str, ...] = ()
    controls: tuple[Control, ...] = ()
    lines: tuple[int, int] | None = None
    fault: Fault | None = None
    note: str = ""
    parts: tuple[str, ...] = ()
    open: str = ""
    long: str = ""
    adds: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.check is None) == (not self.parts):
            raise InvalidInput(f"claim {self.id!r} must have either a check or parts")
        if self.check is not None and not (self.controls or self.open):
            raise InvalidInput(f"claim {self.id!r} has no control: can its check fail?")
        if len({control.what for control in self.controls}) < len(self.controls):
            raise InvalidInput(f"claim {self.id!r} has two controls of one name")

    def __call__(self, kernel: Kernel) -> Evidence:
        """Run the check."""
        if self.check is None:
            raise InvalidInput(f"{self.id} is judged by its parts {', '.join(self.parts)}")
        return self.check(kernel)

    def _card(self) -> Card:
        rows = [
            ("where", text(self.where)),
            ("kind", text(self.kind)),
            ("statement", as_printed(self.statement)),
        ]
        rows += [("assumes", text(assumption.words)) for assumption in self.assumptions]
        if self.note:
            rows.append(("note", text(self.note)))
        if self.depends:
            rows.append(("depends on", text(", ".join(self.depends))))
        return Card(self.id, tuple(rows))

    def variant(self, **changes: Any) -> Claim:
        """Return the claim with some fields changed, for corrected and sharper forms."""
        return replace(self, **changes)


def claim(
    id: str,
    *,
    where: str,
    statement: str,
    kind: Kind,
    assumptions: tuple[Assumption, ...] = (),
    depends: tuple[str, ...] = (),
    controls: tuple[Control, ...] = (),
    lines: tuple[int, int] | None = None,
    fault: Fault | None = None,
    note: str = "",
) -> Callable[[Check], Claim]:
    """Turn a check into a claim; the fields are those of `Claim`."""

    def decorate(check: Check) -> Claim:
        return Claim(
            id=id,
            where=where,
            statement=statement,
            kind=kind,
            check=check,
            assumptions=assumptions,
            depends=depends,
            controls=controls,
            lines=lines,
            fault=fault,
            note=note,
        )

    return decorate


def unsettled(
    id: str, *, where: str, statement: str, kind: Kind, lines: tuple[int, int], reason: str
) -> Claim:
    """Return a claim that is registered but not decided, with the reason."""

    def check(kernel: Kernel) -> Evidence:
        return kernel.undecided(reason)

    return Claim(
        id=id, where=where, statement=statement, kind=kind, check=check, lines=lines, open=reason
    )


def collected(namespace: Mapping[str, Any]) -> list[Claim]:
    """Return the claims of a module: its attributes, and the members of its tuples of claims."""
    found: dict[str, Claim] = {}
    for value in namespace.values():
        members = value if isinstance(value, tuple | list) else (value,)
        for member in members:
            if not isinstance(member, Claim):
                continue
            if found.setdefault(member.id, member) is not member:
                raise InvalidInput(f"two claims are called {member.id!r}")
    return list(found.values())
