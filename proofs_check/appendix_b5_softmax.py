r"""Appendix B.5, (78)-(80): the first three derivatives of the softmax policy.

A display holds for any number of actions by a chain, where it is read as numbers u^T (...) v for
all directions; it is also compared entry by entry with derivatives by w d/dw, where w = exp(theta).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from fractions import Fraction

import numpy as np

from dcpg_theory.exact.chains import Chain
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized
from dcpg_theory.ledger import Claim, Fault, Kind, Origin, Severity, claim, misprint, narrate
from proofs_check.chains import softmax_derivatives as softmax_chains
from proofs_check.chains.mdp_operators import equal
from proofs_check.readings.orders import of_orders
from proofs_check.readings.softmax import (
    as_matrix,
    as_operator,
    derivatives,
    right_side,
    softmax,
)

WHERE = "Appendix B.5, proof of Lemma B.5"
# Weights at which three actions have the probabilities 1/6, 1/3, 1/2.
_POINT = {f"w_{k}": Fraction(k, 9) for k in (1, 2, 3)}


def _entry(index: tuple[int, ...]) -> str:
    """Name an entry by a, the first parameter, and so on; in (80) by a, a', row, column."""
    return f"({', '.join(str(k + 1) for k in index)})"


def derivative_claims(order: int, chain: Callable[[], Chain]) -> Callable[[Kernel], Evidence]:
    """Return the check of a display that prints a derivative of pi(a|s)."""

    def check(kernel: Kernel) -> Evidence:
        """Any number of actions: the product rule, with d pi(b|s) = pi(b|s) (w_b - E w) along w.

        Two actions, and three with probabilities 1/6, 1/3, 1/2: entry by entry.
        """
        text, proved = right_side(kernel.statement), chain()
        parts = []
        for actions in (2, 3):
            policy, exact = softmax(actions), derivatives(actions, order)
            pairs = np.ndindex(*[actions] * (2 if order == 3 else 1))
            printed = np.array([as_matrix(text, policy.row, *pair) for pair in pairs], dtype=object)
            printed = printed.reshape(exact.shape)
            if actions == 2:
                parts.append(kernel.identity(printed, exact, policy.box, labels=_entry))
            else:
                at = np.vectorize(lambda f: f.evaluate(_POINT), otypes=[object])
                parts.append(kernel.identity(at(printed), at(exact), labels=_entry))
        if order == 3:
            # As printed, one factor is the whole table pi_theta, not the number pi_theta(a'|s).
            bare = len(re.findall(r"\\pi_\\theta(?!\()", normalized(kernel.statement)))
            instance = {"state-action pairs": "1 state, 2 actions", "factor": r"\pi_\theta"}
            parts.append(kernel.at_instance(2 if bare else 1, "=", 1, instance))
        proof = kernel.proof(proved, equal(proved.conclusion.left, as_operator(text)))
        return kernel.confirmed(proof, *parts)

    return check


@claim(
    "b5-unit-vector",
    where=f"{WHERE}, after (80)",
    statement="where e_a is a vector with all 0 and 1 at action a",
    kind=Kind.DEFINITION,
    lines=(880, 880),
    controls=(misprint("all 0 and 1", "all 1 and 0"),),
)
def unit_vectors(kernel: Kernel) -> Evidence:
    """e_a^T pi(.|s) = pi(a|s), which is what (78) uses."""
    words = normalized(kernel.statement)
    other, here = map(int, re.findall(r"all(\d)and(\d)ataction", words)[0])
    row = softmax(2).row
    vectors = [[here if a == b else other for b in range(2)] for a in range(2)]
    return kernel.definition(kernel.identity(np.array(vectors) @ row, row, softmax(2).box))


eq_78 = Claim(
    id="eq-78",
    where=f"{WHERE}, (78)",
    statement=r"\nabla_{\theta_s} \pi_\theta(a|s) = \pi_\theta(a|s) (e_a - \pi(\cdot|s))",
    kind=Kind.IDENTITY,
    check=of_orders(derivative_claims(1, softmax_chains.gradient), 1, 0),
    lines=(874, 874),
    depends=("eq-4", "b5-unit-vector"),
    controls=(misprint("(e_a - ", "(e_a + "), misprint(r"\pi_\theta(a|s) (e_a", "(e_a")),
    note="pi(.|s) without an index is pi_theta(.|s)",
)
eq_79 = Claim(
    id="eq-79",
    where=f"{WHERE}, (79)",
    statement=r"\nabla_{\theta_s}^2 \pi_\theta(a|s) = \pi_\theta(a|s) \left(e_a e_a^\top - e_a \pi(\cdot|s)^\top - \pi(\cdot|s) e_a^\top + 2\pi(\cdot|s) \pi(\cdot|s)^\top - \text{diag}(\pi(\cdot|s)) \right)",
    kind=Kind.IDENTITY,
    check=of_orders(derivative_claims(2, softmax_chains.hessian), 2, 0),
    lines=(876, 876),
    depends=("eq-78",),
    controls=(
        misprint("- \\text{diag}", "+ \\text{diag}"),
        misprint("+ 2\\pi", "+ \\pi"),
        misprint(r"- \pi(\cdot|s) e_a^\top", r"- e_a \pi(\cdot|s)^\top"),
    ),
)

_AS_PRINTED = r"""\frac{\partial}{\partial \theta_{s,a'}} \nabla_{\theta_s}^2 \pi_\theta(a|s) &= \pi_\theta(a|s) (1(a=a') - \pi_\theta(a'|s)) \left(e_a e_a^\top - e_a \pi(\cdot|s)^\top - \pi(\cdot|s) e_a^\top \right. \\ &\quad \left. + 2\pi(\cdot|s) \pi(\cdot|s)^\top - \text{diag}(\pi(\cdot|s)) \right) \\ &\quad + \pi_\theta(a|s) (-e_a \pi_\theta(a'|s) e_{a'}^\top + e_a \pi_\theta(a'|s) \pi_\theta(\cdot|s)^\top - e_{a'} \pi_\theta(a'|s) e_a^\top \\ &\quad + \pi_\theta(\cdot|s) \pi_\theta(a'|s) e_a^\top + 4\pi_\theta(\cdot|s) \pi_\theta(a'|s) e_{a'}^\top - 4\pi_\theta(\cdot|s) \pi_\theta \pi_\theta(\cdot|s)^\top \\ &\quad \left. + \text{diag}(\pi_\theta(a'|s) e_a) - \text{diag}(\pi_\theta(a'|s) \pi_\theta(\cdot|s)^\top) \right)"""
_SQUARE = r"\pi_\theta(\cdot|s) \pi_\theta(a'|s) e_{a'}^\top"
_TURNED = r"e_{a'} \pi_\theta(a'|s) \pi_\theta(\cdot|s)^\top"
_AFTER = rf"+ 2{_SQUARE} + 2{_TURNED}"
_BARE = r"\pi_\theta \pi_\theta(\cdot|s)^\top"
_INDEXED = r"\pi_\theta(a'|s) \pi_\theta(\cdot|s)^\top"
_DIAGONALS = (
    r"+ \text{diag}(\pi_\theta(a'|s) e_a) - \text{diag}(\pi_\theta(a'|s) \pi_\theta(\cdot|s)^\top)"
)
_RIGHT_DIAGONALS = (
    r"- \text{diag}(\pi_\theta(a'|s) e_{a'}) + \text{diag}(\pi_\theta(a'|s) \pi_\theta(\cdot|s))"
)
_AS_CORRECTED = (
    _AS_PRINTED.replace(f"+ 4{_SQUARE}", _AFTER)
    .replace(_BARE, _INDEXED)
    .replace(_DIAGONALS, _RIGHT_DIAGONALS)
)

eq_80 = Claim(
    id="eq-80",
    where=f"{WHERE}, (80)",
    statement=_AS_PRINTED,
    kind=Kind.IDENTITY,
    check=of_orders(derivative_claims(3, softmax_chains.third), 3, 0),
    lines=(878, 878),
    depends=("eq-79", "b5-unit-vector"),
    controls=(misprint("(1(a=a') - ", "(1(a=a') + "),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "both diagonals have the wrong sign, the first holds e_a for e_{a'}, the second a row; "
        "4 pi e_{a'}^T stands for 2 pi e_{a'}^T + 2 e_{a'} pi^T, which only the quadratic form "
        "does not tell apart (so too in (88)); pi_theta lacks its argument (a'|s). What follows "
        "bounds u^T (...) u term by term in absolute value, and stands",
    ),
)
eq_80_corrected = eq_80.variant(
    id="eq-80-corrected",
    statement=_AS_CORRECTED,
    lines=None,
    controls=(
        misprint(_AFTER, f"+ 4{_SQUARE}"),
        misprint(f"4\\pi_\\theta(\\cdot|s) {_INDEXED}", f"4\\pi_\\theta(\\cdot|s) {_BARE}"),
        misprint(
            r"- \text{diag}(\pi_\theta(a'|s) e_{a'})", r"+ \text{diag}(\pi_\theta(a'|s) e_{a'})"
        ),
        misprint(r"\text{diag}(\pi_\theta(a'|s) e_{a'})", r"\text{diag}(\pi_\theta(a'|s) e_a)"),
        misprint(r"+ \text{diag}(\pi_\theta(a'|s) \pi", r"- \text{diag}(\pi_\theta(a'|s) \pi"),
        misprint("(1(a=a') - ", "(1(a=a') + "),
    ),
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
