r"""Appendix B.2: (39)-(41): how far the agents' gradients are apart.

Exact and certified runs of Algorithm 1 on bandits refute what is printed wrong.
"""

from __future__ import annotations

import re
import sys
from fractions import Fraction
from typing import Any

from dcpg_theory.exact.balls import ball, square_root
from dcpg_theory.exact.boxes import Box
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
    misprint,
    narrate,
)
from proofs_check.chains import agents, theorem_2
from proofs_check.instances.bandit_runs import BanditRun
from proofs_check.readings.sums import sides
from proofs_check.readings.theorem_2_terms import Terms
from proofs_check.readings.wording import about
from proofs_check.symbols import DISCOUNT

WHERE = "Appendix B.2"
HALF = Fraction(1, 2)


@claim(
    "eq-39",
    where=f"{WHERE}, (39)",
    statement=r"\lambda = \frac{\varepsilon}{2N \max_{j,s} \left\{ \frac{d_{\rho_j}^{\pi_{\theta^*}}(s)}{(1-\gamma_j)\mu_j(s)} \right\}}.",
    kind=Kind.IDENTITY,
    lines=(649, 649),
    depends=("prop-1",),
    controls=(misprint("2N", "N"),),
    note="Theorem 2 prints lambda = epsilon / 2N ||.||, which has to be read like this",
)
def regularization_for_epsilon(kernel: Kernel) -> Evidence:
    """Put lambda into the bound of Proposition 1: 2 lambda N max = epsilon."""
    about(
        kernel,
        r"\lambda =",
        r"\left\{ \frac{d_{\rho_j}^{\pi_{\theta^*}}(s)}{(1-\gamma_j)\mu_j(s)} \right\}",
    )
    text = normalized(kernel.statement.split("=", 1)[1])
    text = re.sub(r"\\max_\{j,s\}\\\{.*\\\}", "M", text).rstrip(".")
    eps, tasks, most = symbols("epsilon", "N", "M")
    solved = parse(text, {r"\varepsilon": eps, "N": tasks, "M": most})
    box = Box(epsilon=DISCOUNT, N=DISCOUNT, M=DISCOUNT)
    return kernel.identity([2 * solved * tasks * most], [eps], box)


def _difference_inside(kernel: Kernel) -> Evidence:
    """The vectors in both norms are equal: what is added is subtracted again."""
    here, there = symbols("x", "y")
    names = {
        r"\nabla L_j^\lambda(\theta_i^k; \mu_j)": here,
        r"\nabla L_j^\lambda(\theta_j^k; \mu_j)": there,
    }
    left, right = (
        re.findall(r"\\\|(.*)\\\|", side)[0].split(r"\sum_{j=1}^N")
        for side in sides(kernel.statement, "&=")
    )
    inside = [
        sum(parse(part.rstrip("+"), names) for part in parts if part) for parts in (left, right)
    ]
    return kernel.identity([inside[0]], [inside[1]], Box(x=DISCOUNT, y=DISCOUNT))


split = Claim(
    id="eq-40-split",
    where=f"{WHERE}, (40), line 1",
    statement=r"\min_{k < K} \left\| \sum_{j=1}^N \nabla L_j^\lambda(\theta_i^k; \mu_j) \right\| &= \min_{k < K} \left\| \sum_{j=1}^N \nabla L_j^\lambda(\theta_j^k; \mu_j) + \sum_{j=1}^N \left(\nabla L_j^\lambda(\theta_i^k; \mu_j) - \nabla L_j^\lambda(\theta_j^k; \mu_j) \right) \right\|",
    kind=Kind.IDENTITY,
    check=_difference_inside,
    lines=(654, 654),
    controls=(misprint(r"- \nabla L_j^\lambda(\theta_j^k", r"- \nabla L_j^\lambda(\theta_i^k"),),
)

# Two bandits of which only the first has a reward to win; both agents start at the uniform policy.
_RUN = BanditRun(
    (1, 0), (HALF, HALF), Fraction(1, 8), Fraction(1, 64), 1, ((HALF, HALF), (HALF, HALF))
)


def _least_first(kernel: Kernel) -> Evidence:
    """Agent 2 of two bandits, K = 2: at k = 0 the agents agree, so the second term is 0 there.

    Over sqrt(2), the left side is min(G_1(0), G_1(0)), since agent 2 does not move in its first
    step, while min ||N mean gradient|| is G_1(x_1^1) < G_1(0). Read for every k < K, as the free k
    of the second term must be, the inequality fails at k = 0. With the maximum over k it holds:
    c_k <= a_k + b_k <= a_k + max b for every k, also for the k with the least a_k.
    """
    second = normalized(kernel.statement).partition(r"\|+")[2]
    if second.startswith(r"\max_{k<K}"):
        return kernel.proof(theorem_2.largest_of_the_rest())

    def left() -> Any:
        start, after = _RUN.iterates(2)
        values = [sum(_RUN.slope(j, x[1]) for j in (0, 1)) for x in (start, after)]
        return values[0].min(values[1])

    def right() -> Any:
        start, after = _RUN.iterates(2)
        values = [sum(_RUN.slope(j, x[j]) for j in (0, 1)) for x in (start, after)]
        return values[0].min(values[1])

    return kernel.enclosed(left, "<=", right, {"agent": 2, "K": 2, "k of the second term": 0})


_SECOND = r"+ \sum_{j=1}^N \left\| \nabla L_j^\lambda(\theta_i^k; \mu_j) - \nabla L_j^\lambda(\theta_j^k; \mu_j) \right\|"
triangle = Claim(
    id="eq-40-triangle",
    where=f"{WHERE}, (40), line 2",
    statement=r"&\leq \min_{k < K} \left\| N \overline{\nabla L}^\lambda(\theta^k; \mu) \right\| + \sum_{j=1}^N \left\| \nabla L_j^\lambda(\theta_i^k; \mu_j) - \nabla L_j^\lambda(\theta_j^k; \mu_j) \right\|",
    kind=Kind.UPPER_BOUND,
    check=_least_first,
    lines=(655, 655),
    depends=("eq-40-split",),
    controls=(misprint(_SECOND, ""),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "the minimum over k has been taken of the first term alone, and the k of the second is free; "
        "the second needs the maximum over k (all that is used of it is (41), which holds for every k)",
    ),
)

triangle_corrected = triangle.variant(
    id="eq-40-triangle-corrected",
    statement=triangle.statement.replace(r"+ \sum", r"+ \max_{k < K} \sum"),
    lines=None,
    fault=None,
    controls=(misprint(_SECOND.replace("+ ", r"+ \max_{k < K} "), ""),),
)


def _smooth(kernel: Kernel) -> Evidence:
    """Two bandits with gamma = 1/10 and 99/100, the first without rewards, after one step.

    Both agents start at the odds 3 : 1. Along the step, the second task's gradient changes by about
    2 (1 - 2p) p (1 - p)/(1 - gamma_2) = 18.75 for each unit of ||theta_1 - theta_2||, and beta_1 < 11.
    The sum over j has this one term: for j = i both sides are 0.
    """
    index = re.findall(r"\\beta_([ij])\^\\lambda", normalized(kernel.statement))[0]
    scale = parse(kernel.statement.split(r"\sum_{j=1}^N")[1].split(r"\beta")[0].strip() or "1", {})
    run = BanditRun(
        (0, 1),
        (Fraction(1, 10), Fraction(99, 100)),
        Fraction(1, 8),
        Fraction(1, 2**30),
        3,
        _RUN.mixing,
    )
    gamma = run.discounts[0 if index == "i" else 1]
    beta = scale * ball(8 / (1 - gamma) ** 3 + 2 * run.regularization)
    root = square_root

    def left() -> Any:
        one, two = run.iterates(2)[1]
        return root(ball(2)) * abs(run.slope(1, one) - run.slope(1, two))

    def right() -> Any:
        one, two = run.iterates(2)[1]
        return beta * abs(one - two) / root(ball(2))

    special = kernel.enclosed(
        left, "<=", right, {"i": 1, "j": 2, "alpha": run.step_size, "k": 1}, 256
    )
    if index != "j" or scale != 1:
        return kernel.confirmed(kernel.undecided("the chain is about beta_j"), special)
    return kernel.confirmed(kernel.proof(theorem_2.differences_are_lipschitz()), special)


smooth = Claim(
    id="eq-40-smooth",
    where=f"{WHERE}, (40), line 3",
    statement=r"\leq N \min_{k < K} \|\overline{\nabla L}^\lambda(\theta^k; \mu)\| + \sum_{j=1}^N \beta_i^\lambda \|\theta_i^k - \theta_j^k\|",
    kind=Kind.UPPER_BOUND,
    check=_smooth,
    lines=(658, 658),
    depends=("appb2-smoothness",),
    controls=(misprint(r"\beta_i^\lambda", r"\frac{1}{2} \beta_i^\lambda"),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "the smoothness constant of L_j is beta_j; beta_i stands in (40), twice in (42), and is "
        "summed over j to beta^lambda in (43)",
    ),
)
EQ_40_LAST = smooth.statement.replace(r"\leq N", r"&\leq N")
smooth_corrected = smooth.variant(
    id="eq-40-smooth-corrected",
    statement=smooth.statement.replace(r"\beta_i", r"\beta_j"),
    lines=None,
    fault=None,
    depends=("appb2-smoothness", "eq-85-gradient-corrected", "eq-86-gradient"),
    controls=(misprint(r"\beta_j^\lambda", r"\beta_i^\lambda"),),
)
eq_40 = Claim(
    id="eq-40",
    where=f"{WHERE}, (40)",
    statement=(
        f"{split.statement} \\\\ {triangle.statement} "
        rf"\end{{aligned}} {smooth.statement}"
    ),
    kind=Kind.UPPER_BOUND,
    lines=(653, 658),
    parts=("eq-40-split", "eq-40-triangle", "eq-40-smooth"),
)


@claim(
    "appb2-smoothness",
    where=WHERE,
    statement=r"\beta_i^\lambda = \frac{8}{(1-\gamma_i)^3} + \frac{2\lambda}{|\mathcal{S}|}",
    kind=Kind.DEFINITION,
    lines=(660, 660),
    depends=("eq-26",),
    controls=(misprint(r"{2\lambda}", r"{\lambda}"),),
    note="repeats (26)",
)
def smoothness_as_in_26(kernel: Kernel) -> Evidence:
    """The same constant as (26), whose truth is Lemmas B.5 and B.6."""
    terms = Terms()
    left, right = (terms.value_of(side) for side in sides(kernel.statement, "="))
    box = Box(gamma_1=DISCOUNT, s=DISCOUNT, **{"lambda": DISCOUNT})
    return kernel.definition(kernel.identity([left], [right], box))


def _around_the_mean(kernel: Kernel) -> Evidence:
    """Two agents with parameters x and y and the mean (x + y)/2: compare the squares."""
    one, two = symbols("x", "y")
    names = {r"\theta_i^k": one, r"\theta_j^k": two, r"\bar{\theta}^k": (one + two) / 2}
    inside = [re.findall(r"\\\|(.*)\\\|", side)[0] for side in sides(kernel.statement, "&=")]
    left, right = (parse(text, names) ** 2 for text in inside)
    return kernel.identity([left], [right], Box(x=DISCOUNT, y=DISCOUNT))


mean = Claim(
    id="eq-41-mean",
    where=f"{WHERE}, (41), line 1",
    statement=r"\|\theta_i^k - \theta_j^k\| &= \|(\theta_i^k - \bar{\theta}^k) - (\bar{\theta}^k - \theta_j^k)\|",
    kind=Kind.IDENTITY,
    check=_around_the_mean,
    lines=(662, 662),
    controls=(misprint(r") - (\bar", r") - 2(\bar"),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "the sign between the brackets has to be +, as in (38), where it is wrong too; as printed two "
        "agents would always agree",
    ),
)
mean_corrected = mean.variant(
    id="eq-41-mean-corrected",
    statement=mean.statement.replace(r") - (\bar", r") + (\bar"),
    lines=None,
    fault=None,
    controls=(misprint(r") + (\bar", r") - (\bar"),),
)


@claim(
    "eq-41-triangle",
    where=f"{WHERE}, (41), line 2",
    statement=r"&\leq \|\theta_i^k - \bar{\theta}^k\| + \|\theta_j^k - \bar{\theta}^k\|",
    kind=Kind.UPPER_BOUND,
    lines=(662, 662),
    depends=("eq-41-mean",),
    controls=(misprint(r"\| + \|", r"\| - \|"),),
)
def mean_triangle(kernel: Kernel) -> Evidence:
    """The triangle inequality; in the special case the distances from the mean are 1 and -1."""
    names = {rf"\|\theta_{agent}^k - \bar{{\theta}}^k\|": as_fmpq(1) for agent in "ij"}
    printed = parse(normalized(kernel.statement).split(r"\leq")[1], names)
    instance = {"theta_i - mean": 1, "theta_j - mean": -1}
    special = kernel.at_instance(2, "<=", printed, instance)
    return kernel.confirmed(kernel.proof(agents.difference_below_sum()), special)


def _twice(kernel: Kernel) -> Evidence:
    """Both distances u, v are at most alpha D/(1 - sigma_2), by (23); multiply by 1 - sigma_2."""
    u, v, bound, sigma = symbols("u", "v", "alphaD", "sigma")
    names = {r"\alpha D": bound, r"\sigma_2": sigma}
    printed = parse(kernel.statement.split(r"\leq")[1], names)
    limits = [bound - u * (1 - sigma), bound - v * (1 - sigma)]
    return kernel.positive_on((printed - u - v) * (1 - sigma), limits, strict=False)


apart = Claim(
    id="eq-41-bound",
    where=f"{WHERE}, (41), line 3",
    statement=r"&\leq \frac{2\alpha D}{1 - \sigma_2}",
    kind=Kind.UPPER_BOUND,
    check=_twice,
    lines=(662, 662),
    controls=(misprint("2", "1"),),
    depends=("lemma-b2",),
    note="given (23), that is for equal starts",
)
eq_41 = Claim(
    id="eq-41",
    where=f"{WHERE}, (41)",
    statement=rf"{mean.statement} \\ {mean_triangle.statement} \\ {apart.statement}",
    kind=Kind.UPPER_BOUND,
    lines=(662, 662),
    parts=("eq-41-mean", "eq-41-triangle", "eq-41-bound"),
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
