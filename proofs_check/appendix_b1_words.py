r"""Appendix B.1, what stands between the displays: a line of Lemma B.1, and five sentences."""

from __future__ import annotations

import re
import sys
from fractions import Fraction
from typing import Any

import flint

from dcpg_theory.exact.boxes import Box, closed_interval, positive
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import as_fmpq, symbols
from dcpg_theory.ledger import (
    Claim,
    Fault,
    Kind,
    Origin,
    Severity,
    claim,
    ingredient,
    misprint,
    narrate,
)
from dcpg_theory.theory.assumptions import REWARDS_IN_UNIT_INTERVAL
from proofs_check.readings.sums import Index, read
from proofs_check.readings.theorem_2_terms import Terms
from proofs_check.readings.wording import about
from proofs_check.symbols import DISCOUNT, PROBABILITY, own

WHERE = "Appendix B.1"
HALF = Fraction(1, 2)
_weight = symbols("lambda")[0]

# Lemma B.1, the third line --------------------------------------------------------------------

_visits, _other = symbols("d_i", "d_j")
_rows = (symbols("pi_1"), symbols("pi_2"))


def _two_states(at: Index) -> dict[str, Any]:
    """Return the values of the line's symbols for two states and two actions."""
    known: dict[str, Any] = {
        r"\lambda": _weight,
        r"\gamma_i": own,
        r"|\mathcal{S}|": 2,
        r"|\mathcal{A}|": 2,
    }
    if "s" in at:
        for index, share in (("i", _visits), ("j", _other)):
            known[rf"d_{{\mu_{index}}}^{{\pi_{{\theta}}}}(s)"] = (share, 1 - share)[at["s"]]
        chosen = _rows[at["s"]][0]
        known[r"\pi_{\theta}(a|s)"] = (chosen, 1 - chosen)[at["a"]]
    return known


@claim(
    "lemma-b1-third",
    where=f"{WHERE}, Lemma B.1",
    statement=r"&\leq \sum_{s,a} \frac{d_{\mu_j}^{\pi_{\theta}}(s) \pi_{\theta}(a|s)}{1-\gamma_i} \frac{1}{1-\gamma_i} + \sum_{s,a} \frac{\lambda}{|\mathcal{S}||\mathcal{A}|} + \sum_{s,a} \frac{\lambda}{|\mathcal{S}|} \pi_{\theta}(a|s)",
    kind=Kind.UPPER_BOUND,
    lines=(516, 516),
    assumptions=(REWARDS_IN_UNIT_INTERVAL,),
    depends=("lemma-b1-summand", "eq-3-advantage-upper-corrected"),
    controls=(
        misprint(r"\frac{\lambda}{|\mathcal{S}|} \pi", r"\frac{\lambda}{|\mathcal{S}|^2} \pi"),
        misprint(r"{1-\gamma_i} \frac{1}{1-\gamma_i}", r"{1-\gamma_i}"),
        ingredient("advantages of twice the size", size=2),
    ),
    note=(
        "mu_j stands for mu_i, as in the line before; here it does not matter, since either "
        "distribution adds up to 1. The next line is equal to this one"
    ),
)
def triangle_in_each_entry(kernel: Kernel) -> Evidence:
    """|d pi A/(1 - gamma) + (lambda/|S|)(1/|A| - pi)| <= d pi/(1 - gamma)^2 + lambda/(|S||A|) + lambda pi/|S|.

    Entry by entry with d_i, |A| <= 1/(1 - gamma); the printed sum, over two states and actions, is
    1/(1 - gamma)^2 + 2 lambda, and so is that of the entries.
    """
    pairs = [{"s": s, "a": a} for s in (0, 1) for a in (0, 1)]
    text = normalized(kernel.statement).split(r"\leq")[1]
    printed = read(text, _two_states, {r"\sum_{s,a}": lambda _: pairs})
    gain = symbols("advantage")[0] * kernel.given("size", 1)
    chosen, visits = _rows[0][0], _visits
    entry = visits * chosen * gain / (1 - own) ** 2 + _weight / 2 * (HALF - chosen)
    limit = visits * chosen / (1 - own) ** 2 + _weight / 4 + _weight / 2 * chosen
    box = Box(
        gamma_i=DISCOUNT,
        d_i=PROBABILITY,
        d_j=PROBABILITY,
        pi_1=PROBABILITY,
        pi_2=PROBABILITY,
        advantage=closed_interval(-1, 1),
        **{"lambda": positive()},
    )
    return kernel.every(
        kernel.sign(entry, "<=", limit, box),
        kernel.sign(-entry, "<=", limit, box),
        kernel.identity(printed, 1 / (1 - own) ** 2 + 2 * _weight, box),
    )


# Sentences ------------------------------------------------------------------------------------


def _starts(kernel: Kernel) -> Evidence:
    """Two agents that meet what Theorem 1 states and start apart: (23) at k = 0.

    W = J, which Assumption 1 allows, lambda = 1/8, |S| = 1, gamma = 1/2 and alpha inside (10):
    ||theta_1^0 - mean||^2 = x^2/8, with x = 0 only where the assumption is made.
    """
    made = "whichTheorem1doesnotstate" in normalized(kernel.statement)
    apart = as_fmpq(kernel.given("apart", 0 if made else 4))
    terms = Terms(
        {"gamma_1": HALF, "gamma_2": HALF, "lambda": Fraction(1, 8), "sigma": 0, "s": 1, "a": HALF}
    )
    step = 1 / (2 * terms.total_smoothness)  # the largest of (10), where sigma_N = 0
    bound = (step * terms.gradient_bound).as_constant()
    instance = {"x": apart, "alpha": "the largest of (10)", "k": 0, "W": "1 1^T / 2"}
    return kernel.at_instance(apart**2 / 8, "<=", bound**2, instance)


assumed_starts = Claim(
    id="appb1-assumed-starts",
    where=f"{WHERE}, after Lemma B.2",
    statement="We made the assumption in Theorem 1 that the agents start with the same initialization.",
    kind=Kind.DEFINITION,
    check=_starts,
    lines=(530, 530),
    controls=(ingredient("the agents start farther apart", apart=100),),
    fault=Fault(
        Severity.GAP,
        Origin.PAPER,
        "Theorem 1 does not state it: agents that start apart meet all that it states, and (23), "
        "which the proof uses, fails for them at k = 0",
    ),
)
assumed_starts_corrected = assumed_starts.variant(
    id="appb1-assumed-starts-corrected",
    statement="We make the assumption, which Theorem 1 does not state, that the agents start with the same initialization.",
    lines=None,
    fault=None,
    controls=(
        misprint(", which Theorem 1 does not state,", " in Theorem 1"),
        ingredient("the agents start apart", apart=4),
    ),
    adds={"equal starts": "appb1-assumed-starts"},
)


def _point_or_value(kernel: Kernel) -> Evidence:
    """Count the numbers on both sides for two agents, one state and two actions."""
    size = 4 if r"=\arg\min" in normalized(kernel.statement) else 1
    what = "parameters" if size == 4 else "parameters, N|S||A| numbers, and a value"
    return kernel.definition(kernel.at_instance(4, "=", size, {"sides": what}))


minimiser = Claim(
    id="appb1-minimiser",
    where=f"{WHERE}, after (29)",
    statement=r"\tilde{\boldsymbol{\theta}} = \min_{\boldsymbol{\theta}} \xi_{\alpha, \lambda}(\boldsymbol{\theta}; \boldsymbol{\mu})",
    kind=Kind.DEFINITION,
    check=_point_or_value,
    lines=(569, 569),
    depends=("eq-24-lyapunov",),
    controls=(misprint(r"\min_{\boldsymbol{\theta}}", r"\max_{\boldsymbol{\theta}}"),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "parameters are set equal to a value: arg min is meant, as arg max in Proposition 1",
    ),
)
minimiser_corrected = minimiser.variant(
    id="appb1-minimiser-corrected",
    statement=r"\tilde{\boldsymbol{\theta}} = \arg\min_{\boldsymbol{\theta}} \xi_{\alpha, \lambda}(\boldsymbol{\theta}; \boldsymbol{\mu})",
    lines=None,
    fault=None,
    controls=(misprint(r"\arg", ""),),
    note=(
        "for lambda = 0 there need be none, as for (5); the proof does without, with the last iterate "
        "in its place: theorem-1-corrected"
    ),
)


def _constant_of_lemma_b6(kernel: Kernel) -> Evidence:
    """|S| = 16, |A| = 2, lambda = 1, policy (9/10, 1/10) in every state: ||grad lambda RE||^2 = 1/50.

    The named constant of Lemma B.6 has to bound that norm, as (36) uses it.
    """
    found = re.findall("smoothness|Lipschitzcontinuity", normalized(kernel.statement))
    states, actions = 16, 2
    entry = as_fmpq(Fraction(9, 10) - HALF) / states
    squared = kernel.given("scale", 1) * states * actions * entry**2
    root = 1 / flint.arb(actions).sqrt() + 1
    constant = root if found == ["Lipschitzcontinuity"] else flint.arb(as_fmpq(Fraction(2, states)))
    instance = {"|S|": states, "|A|": actions, "lambda": 1, "policy": "(9/10, 1/10) everywhere"}
    return kernel.enclosed(lambda: flint.arb(squared), "<=", lambda: constant**2, instance)


named_constant = Claim(
    id="appb1-regularizer-smoothness",
    where=f"{WHERE}, after (35)",
    statement="The second term uses the smoothness of the regularizer, which we establish in Lemma B.6.",
    kind=Kind.UPPER_BOUND,
    check=_constant_of_lemma_b6,
    lines=(605, 605),
    depends=("eq-86",),
    controls=(ingredient("a larger gradient", scale=100),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "its Lipschitz constant, the first line of (86), is used in (36); the smoothness constant "
        "2 lambda/|S| does not bound the gradient where |S| (1 - 1/|A|) > 4",
    ),
)
named_constant_corrected = named_constant.variant(
    id="appb1-regularizer-smoothness-corrected",
    statement="The second term uses the Lipschitz continuity of the regularizer, which we establish in Lemma B.6.",
    lines=None,
    fault=None,
    depends=("eq-86-value",),
    controls=(
        misprint("Lipschitz continuity", "smoothness"),
        ingredient("a larger gradient", scale=200),
    ),
)


def _whose_parameters(kernel: Kernel) -> Evidence:
    """Is what stands between the bars what (11) bounds: the mean of the gradients at theta_i^k?

    For two tasks, with x_j for grad V_j at theta_i and y_j for it at theta_j.
    """
    about(kernel, r"\min_{k < K} \left\|", r"\right\|^2")
    inside = normalized(kernel.statement).split(r"\|", 1)[1].rsplit(r"\|", 1)[0]
    front, summand = inside.split(r"\sum_{j=1}^N")
    total = mean = 0 * own
    for one, two in (symbols("x_1", "y_1"), symbols("x_2", "y_2")):
        names = {r"\nabla V_j(\theta_i^k; \mu_j)": one, r"\nabla V_j(\theta_j^k; \mu_j)": two}
        total = total + parse(front, {"N": 2 + 0 * own}) * parse(summand, names)
        mean = mean + one / 2
    box = Box(gamma_i=DISCOUNT, **dict.fromkeys(("x_1", "x_2", "y_1", "y_2"), PROBABILITY))
    return kernel.identity(total, mean, box)


_FINAL_LEFT = (
    r"\min_{k < K} \left\| \frac{1}{N} \sum_{j=1}^N \nabla V_j(\theta_j^k; \mu_j) \right\|^2"
)
final_left = Claim(
    id="appb1-final-left",
    where=f"{WHERE}, last display, left side",
    statement=_FINAL_LEFT,
    kind=Kind.IDENTITY,
    check=_whose_parameters,
    lines=(630, 630),
    depends=("eq-37-first",),
    controls=(misprint(r"\frac{1}{N}", r"\frac{2}{N}"),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "theta_j is theta_i, as in (11): as printed it is the mean of (36), about which less is asked",
    ),
)
final_left_corrected = final_left.variant(
    id="appb1-final-left-corrected",
    statement=_FINAL_LEFT.replace(r"\theta_j", r"\theta_i"),
    lines=None,
    fault=None,
    controls=(misprint(r"\theta_i", r"\theta_j"), misprint(r"\frac{1}{N}", r"\frac{2}{N}")),
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
