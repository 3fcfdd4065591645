r"""How often a display differentiates, side by side: the orders of \nabla, d/d alpha and \partial.

A check about second derivatives must notice where a third one is printed. The order of a side is
read from it, and a display with other orders than the check's is left undecided.

Examples
--------
>>> derivative_orders(r"\nabla_{\theta_s}^2 \pi_\theta(a|s) = \pi_\theta(a|s) e_a e_a^\top")
(2, 0)
>>> derivative_orders(r"\frac{\partial}{\partial \theta_{s,a'}} \nabla_{\theta_s}^2 \zeta(\theta)")
(3,)
"""

from __future__ import annotations

import functools
import re

from dcpg_theory.errors import Undecided
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized
from dcpg_theory.ledger.claims import Check
from proofs_check.readings.wording import about

__all__ = ["derivative_orders", "of_orders"]

_RELATION = re.compile(r"\\leq|\\geq|\\triangleq|=")
_NABLA = re.compile(r"\\nabla(?:_\{[^{}]*\})?(?:\^(\d))?")
_ALONG = re.compile(r"\\frac\{d(?:\^(\d))?")
_PARTIAL = r"\frac{\partial}{\partial"
# Signs of equality that compare no sides: the point of a derivative, and an indicator's condition.
_INSIDE = (r"_{\alpha=0}", "(a=a')")


def derivative_orders(latex: str) -> tuple[int, ...]:
    """Return the highest order of differentiation on each side of the relations, 0 for none.

    Parameters
    ----------
    latex : str
    """
    text = normalized(latex)
    for inside in _INSIDE:
        text = text.replace(normalized(inside), "")
    return tuple(_order(side) for side in _RELATION.split(text))


def _order(side: str) -> int:
    found = [*_NABLA.findall(side), *_ALONG.findall(side)]
    highest = max((int(power or 1) for power in found), default=0)
    return highest + (_PARTIAL in side)


def of_orders(check: Check, *orders: int, names: tuple[str, ...] = ()) -> Check:
    """Return a check that leaves statements undecided that differentiate otherwise.

    Parameters
    ----------
    check : Check
    *orders : int
        Those of the first sides; what follows them is not asked.
    names : tuple of str
        LaTeX that the statement has to contain as well.
    """

    @functools.wraps(check)
    def checked(kernel: Kernel) -> Evidence:
        about(kernel, *names)
        printed = derivative_orders(kernel.statement)[: len(orders)]
        if printed != orders:
            raise Undecided(f"the check is about derivatives of orders {orders}, not {printed}")
        return check(kernel)

    return checked
