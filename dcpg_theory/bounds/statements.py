"""What every calculator returns, and what every statement assumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from dcpg_theory.bounds.arithmetic import Number, above
from dcpg_theory.bounds.spectrum import Spectrum
from dcpg_theory.errors import AssumptionViolated, InvalidInput
from dcpg_theory.notebook import Card, Shown, formula, number, text

if TYPE_CHECKING:
    from dcpg_theory.theory.assumptions import Assumption

__all__ = [
    "SHARP_CONSTANTS",
    "THEOREM_1_CLAIMS",
    "Bound",
    "Statement",
    "check_mixing",
    "claims_behind",
    "statement_named",
    "unit_length",
]


class Statement(StrEnum):
    """Whose statement a number comes from.

    ``printed`` is the paper to the letter, right or wrong; ``corrected`` the nearest true statement
    in the paper's own constants; ``sharp`` the strongest that the ledger states; ``instance`` needs
    the problem itself and not only its sizes. ``gradient-tracking`` is another method, with the
    constants of ``instance`` if there is a problem, else of ``sharp``.
    """

    PRINTED = "printed"
    CORRECTED = "corrected"
    SHARP = "sharp"
    INSTANCE = "instance"
    TRACKING = "gradient-tracking"


def statement_named(name: str) -> Statement:
    """Return the statement of a name.

    Raises
    ------
    InvalidInput
        If there is none.
    """
    try:
        return Statement(name)
    except ValueError:
        known = ", ".join(Statement)
        raise InvalidInput(f"statement={name!r} must be one of {known}") from None


@dataclass(frozen=True, slots=True)
class Bound(Shown):
    """One number of one statement, and what it rests on.

    Attributes
    ----------
    statement : Statement
    value : float or int
        Rounded so that it stays true: bounds and iteration counts up, thresholds down.
    enclosure : Number
        The same as a fraction or ball, which no exponent is too large for.
    formula : str
        LaTeX, in the paper's letters.
    terms : mapping of str to Number
        What the value is made of, in its own units.
    assumed : tuple of str
        What the statement assumes, by the names in `theory.assumptions`; `assumptions` are the
        objects. What the arguments can show was checked, the rest is on trust.
    claims : tuple of str
        The ids of the ledger's claims that state or refute it.
    step_size : fmpq or None
        The alpha for which it is stated: an exact double, or smaller than doubles are.
    regularization : fmpq, arb or None
        The lambda for which it is stated.
    notes : tuple of str
    extra : mapping of str to Number
        Other numbers of the same statement, like the paper's order expressions.
    """

    statement: Statement
    value: float | int
    enclosure: Number
    formula: str
    terms: Mapping[str, Number]
    assumed: tuple[str, ...]
    claims: tuple[str, ...]
    step_size: Any = None
    regularization: Any = None
    notes: tuple[str, ...] = ()
    extra: Mapping[str, Number] = field(default_factory=dict)

    def __float__(self) -> float:
        return float(self.value)

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """The ledger's objects, with their predicates, of what is assumed."""
        from dcpg_theory.theory import assumptions

        return tuple(getattr(assumptions, name) for name in self.assumed)

    def _card(self) -> Card:
        rows = [
            ("value", text(f"≈ {number(self.enclosure)}")),
            ("formula", formula(self.formula)),
        ]
        if self.step_size is not None:
            rows.append(("step size", formula(rf"\alpha={number(self.step_size)}")))
        if self.regularization is not None:
            rows.append(("regularization", formula(rf"\lambda={number(self.regularization)}")))
        rows += [(f"{name} term", text(number(value))) for name, value in self.terms.items()]
        assumed = "; ".join(assumption.words for assumption in self.assumptions)
        rows.append(("assumes", text(assumed or "nothing more")))
        rows.append(("claims", text(", ".join(self.claims))))
        return Card(f"Bound, {self.statement}", tuple(rows))

    @property
    def squared(self) -> float:
        """The square of the value, rounded up: the form in which the paper states Theorem 1."""
        return above(self.enclosure * self.enclosure)


def unit_length(common_length: Any) -> Any:
    """Return the length that the paper's statements, made for rewards in [0, 1], are scaled by.

    Raises
    ------
    AssumptionViolated
        If the tasks' rewards lie in intervals of different lengths.
    """
    if common_length is None:
        raise AssumptionViolated(
            "rewards in [0, 1]: the intervals of the tasks' rewards differ in length, so that no "
            "common scale maps them there"
        )
    return common_length


def check_mixing(statement: Statement, spectrum: Spectrum, n_agents: int) -> None:
    """Check what a statement assumes of the mixing matrix.

    Raises
    ------
    AssumptionViolated
        Naming the assumption.
    InvalidInput
        If the matrix is of another number of agents.
    """
    if spectrum.n_agents != n_agents:
        raise InvalidInput(
            f"the mixing matrix has {spectrum.n_agents} agents, the problem has {n_agents}"
        )
    if not spectrum.gap > 0:
        raise AssumptionViolated(
            "sigma_2 < 1: the agents cannot reach consensus, as on a disconnected graph, which "
            "Assumption 1 excludes"
        )
    if statement in (Statement.PRINTED, Statement.CORRECTED) and not spectrum.meets_assumption_1:
        raise AssumptionViolated(
            "Assumption 1: W must have a positive diagonal and weights both ways on every edge"
        )
    if statement is Statement.CORRECTED and not spectrum.is_symmetric:
        raise AssumptionViolated("symmetric weights: W = W^T, which (24), (25) and (33) need")


SHARP_CONSTANTS = ("eq-77-gradient-sharp", "eq-77-value-sharp", "eq-89-sharp", "eq-90-sharp")
"""The claims of b^V_j, of the norm of grad V_j, and of the regularizer's two constants."""

THEOREM_1_CLAIMS = {
    Statement.PRINTED: ("theorem-1", "eq-10", "eq-11", "appb1-final"),
    Statement.CORRECTED: ("theorem-1-corrected", "eq-10-corrected", "appb1-final-corrected"),
    Statement.SHARP: ("theorem-1-sharp", *SHARP_CONSTANTS),
    Statement.INSTANCE: ("theorem-1-sharp", "b5-mixture-sharp", *SHARP_CONSTANTS),
    Statement.TRACKING: ("gradient-tracking-rate", *SHARP_CONSTANTS),
}
"""The claims that each column of Theorem 1 rests on."""


def claims_behind(
    claims: Mapping[Statement, tuple[str, ...]], statement: Statement, *, consensus: bool
) -> tuple[str, ...]:
    """Return the claims that a number rests on.

    Where agents cannot differ, alone or with one task for all, gradient tracking is gradient ascent
    with steps up to 1/b, of which gradient-tracking-rate does not speak: that is the case of one
    agent in the sharp theorems.

    Parameters
    ----------
    claims : mapping from Statement to tuple of str
        Those of each column.
    statement : Statement
    consensus : bool
        Whether agents can differ.
    """
    if statement is Statement.TRACKING and not consensus:
        return tuple(dict.fromkeys((*claims[Statement.SHARP], *claims[statement][1:])))
    return claims[statement]
