"""What a check is about, where it stands in names that no value is put in for.

A chain speaks of named objects: of this norm, that difference. A statement that names others is not
the one that was checked, so it is left undecided. Formulas are never compared like this; they are
read and evaluated.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from dcpg_theory.errors import Undecided
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.ledger.claims import Check

__all__ = ["about", "multiple_of_lambda", "naming"]


def about(kernel: Kernel, *names: str) -> None:
    """Leave a statement undecided unless it names the objects that the check is about.

    Parameters
    ----------
    kernel : Kernel
    *names : str
        LaTeX, each to be found in the statement.

    Raises
    ------
    Undecided
        If one is missing.
    """
    text = normalized(kernel.statement)
    for name in names:
        if normalized(name) not in text:
            raise Undecided(f"the check is about {name}, which the statement does not name")


def naming(check: Check, *names: str) -> Check:
    """Return a check that leaves statements undecided that do not name what it is about."""

    @functools.wraps(check)
    def checked(kernel: Kernel) -> Evidence:
        about(kernel, *names)
        return check(kernel)

    return checked


def multiple_of_lambda(latex: str, unit: Callable[..., Any]) -> Fraction:
    """Return the number c in a printed term that is c times a given one.

    Parameters
    ----------
    latex : str
    unit : callable
        The given term, from the symbols lambda, N, |S|, |A| and M.

    Raises
    ------
    Undecided
        If it is no such multiple, or c is not positive.
    """
    sizes = symbols("lambda", "N", "S", "A", "M")
    names = dict(
        zip((r"\lambda", "N", r"|\mathcal{S}|", r"|\mathcal{A}|", "M"), sizes, strict=True)
    )
    share = parse(latex, names) / unit(*sizes)
    if not share.is_constant() or not share.as_constant() > 0:
        raise Undecided(f"{latex!r} is not the multiple of lambda that the check is about")
    constant = share.as_constant()
    return Fraction(int(constant.p), int(constant.q))
