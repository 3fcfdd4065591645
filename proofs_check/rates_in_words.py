r"""What Sections 4 and 6 say in words about the rates of Theorems 1 and 2.

The rate O(1/sqrt K) is that of the first term of Theorem 1, for a fixed step size and a fixed lambda:
how fast the smallest gradient comes into a ball whose radius depends on both. It does not lead to a
stationary point of (5), and reaching a given accuracy costs more: alpha and lambda have to shrink
with it.
"""

from __future__ import annotations

import re
import sys
from fractions import Fraction
from typing import Any

from dcpg_theory.exact.boxes import Box, Interval, at_least, open_interval, positive
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import RationalFunction, as_fmpq, symbols
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
from proofs_check import theorem_2_whole
from proofs_check.appendix_b1_bounds import squares
from proofs_check.chains import stacks
from proofs_check.chains import theorem_1 as chains
from proofs_check.chains.derivation import proof_of
from proofs_check.instances.corridor import HALF
from proofs_check.section_4_theorem_2 import bandits, proved_count
from proofs_check.symbols import DISCOUNT
from proofs_check.theorem_1 import Resting
from proofs_check.theorem_1_whole import roots_named

WHERE = "Section 4, after Theorem 1"
_root = symbols("root_K")[0]
_MANY = Box(root_K=at_least(1))


def _rate(statement: str) -> RationalFunction:
    """Return the square of the printed rate in K, as a function of the root of K."""
    text, inside = roots_named(re.findall(r"rate\\mathcal\{O\}\((.*?)\)", statement)[0])
    names: dict[str, Any] = {rf"\root_{k}": _root for k, _ in enumerate(inside, 1)}
    if any(parse(under, {"K": _root}) != _root for under in inside):
        names = {}  # another root than that of K: refused by the parser
    rate: RationalFunction = parse(text, {**names, "K": _root**2}) ** 2
    return rate


def _at_rest() -> Any:
    """Return |mean grad V|^2 of agents at rest: 9/128 for every K and step size, lambda = 3/4."""
    return squares(list(Resting(2).value_gradient()))


_REST = Fault(
    Severity.GAP,
    Origin.PAPER,
    "with a fixed step size and lambda the gradient of (5) need not vanish, as the text itself says "
    "below of the step size: agents at rest for L keep a gradient of (5) of the order of lambda. The "
    "rate is that of coming into a ball with radius O(alpha + lambda); and (5) may have no stationary "
    "point at all (sec3-optimum-at-infinity-sharp)",
)


def _first_result(kernel: Kernel) -> Evidence:
    """Agents at rest: is 9/128 at most a constant times the square of the rate, for all K?

    Where a ball is named, Theorem 1, corrected: M <= s + 4 lambda + rho alpha with s^2 = H/K, H fixed.
    """
    text = normalized(kernel.statement)
    rate = _rate(text)
    found = re.findall(r"withradius\\mathcal\{O\}\((.*?)\)", text)
    if not found:
        return kernel.order(_at_rest(), rate, "root_K", _MANY, constant=1, rate=Fraction(9, 128))
    known = {r"\alpha": stacks.alpha, r"\lambda": chains.weight}
    radius = parse(found[0], known)
    rho = chains.ball_symbols[1]
    head = symbols("H")[0]
    fast = kernel.order(
        head / _root**2, head * rate, "root_K", _MANY.replace(H=positive()), constant=1, rate=1
    )
    if radius != stacks.alpha + chains.weight:
        small = parse(found[0], {r"\alpha": 1 / _root, r"\lambda": as_fmpq(Fraction(3, 4))})
        near = kernel.order(
            _at_rest(), rate + small**2, "root_K", _MANY, constant=1, rate=Fraction(9, 512)
        )
        return kernel.confirmed(kernel.undecided("the chain is about alpha + lambda"), near)
    proof = proof_of(kernel, lambda: chains.ball(4 * chains.weight + rho * stacks.alpha))
    return kernel.confirmed(proof, fast)


first_result = Claim(
    id="sec4-first-result",
    where="Section 4, before Theorem 1",
    statement=r"Our first main result shows that the algorithm converges to the stationary point of (5) at a rate $\mathcal{O}(1/\sqrt{K})$",
    kind=Kind.ORDER,
    check=_first_result,
    lines=(181, 181),
    depends=("eq-11",),
    controls=(misprint(r"1/\sqrt{K}", "1/K"),),
    fault=_REST,
)
first_result_corrected = first_result.variant(
    id="sec4-first-result-corrected",
    statement=r"Our first main result shows that the least gradient of (5) comes at a rate $\mathcal{O}(1/\sqrt{K})$ into a ball with radius $\mathcal{O}(\alpha + \lambda)$",
    lines=None,
    fault=None,
    depends=("sec4-ball-corrected",),
    controls=(misprint(r"1/\sqrt{K}", "1/K"), misprint(r"\alpha + \lambda", r"\alpha")),
    note="for every agent, under the hypotheses of theorem-1-corrected",
)


@claim(
    "sec4-rate",
    where=WHERE,
    statement=r"at a rate $\mathcal{O}(1/\sqrt{K})$",
    kind=Kind.ORDER,
    lines=(193, 193),
    depends=("eq-11-corrected",),
    controls=(misprint(r"1/\sqrt{K}", "1/K"),),
    note=(
        "of the norm to the ball, whose radius is another matter (sec4-ball): what (11) has beside "
        "the radius is H/K for fixed alpha, lambda and problem, and its root is meant"
    ),
)
def rate_into_the_ball(kernel: Kernel) -> Evidence:
    """The first term of Theorem 1, corrected, is H/K with H = 16 sum_j (...)/((1 + lambda_N) alpha)."""
    head = symbols("H")[0]
    rate = _rate(normalized(kernel.statement))
    box = _MANY.replace(H=positive())
    return kernel.order(head / _root**2, head * rate, "root_K", box, constant=1, rate=1)


def _closer(kernel: Kernel) -> Evidence:
    """Halve what is said to be reduced: does the place where the agents rest come closer?

    At rest with lambda = 3/4 the gradient of (5) is the same for every step size. If lambda shrinks
    too, the radius 4 lambda + rho alpha of Theorem 1, corrected, does.
    """
    if r"\lambda" not in kernel.statement:
        here, there = _at_rest(), kernel.given("scale", 1) * _at_rest()
        halved = {"alpha": "1/100, then 1/200", "lambda": "3/4"}
        return kernel.at_instance(there, "<", here, halved)
    step, weight, rho, x = symbols("alpha", "lambda", "rho", "x")
    radius = 4 * weight + rho * step
    reduced = radius * kernel.given("factor", x)
    unit = open_interval(0, 1)
    box = Box(alpha=positive(), rho=at_least(0), x=unit, **{"lambda": positive()})
    return kernel.sign(reduced, "<", radius, box)


closer = Claim(
    id="sec4-closer",
    where=WHERE,
    statement="As the step size is reduced, we get closer to a stationary point of (5).",
    kind=Kind.ORDER,
    check=_closer,
    lines=(193, 193),
    depends=("sec4-ball",),
    controls=(ingredient("farther", scale=2),),
    fault=Fault(
        Severity.GAP,
        Origin.PAPER,
        "lambda has to be reduced as well: for a fixed one the gradient of (5) stays of the order of "
        "lambda however small the step size is",
    ),
)
closer_corrected = closer.variant(
    id="sec4-closer-corrected",
    statement=r"As the step size and $\lambda$ are reduced, we get closer to a stationary point of (5).",
    lines=None,
    fault=None,
    depends=("sec4-ball-corrected",),
    controls=(
        ingredient("not reduced", factor=1),
        misprint(r"step size and $\lambda$ are", "step size is"),
    ),
    note="closer by the bound: the radius 4 lambda + rho alpha shrinks with both",
)


@claim(
    "sec4-rate-matches",
    where=WHERE,
    statement="This rate matches the one for single task RL in Agarwal et al. [2020].",
    kind=Kind.ORDER,
    lines=(193, 193),
    depends=("sec4-rate",),
    controls=(ingredient("a cited count of the order 1/epsilon", power=1),),
    note=(
        "as powers of K, and of coming into the ball: T = C/epsilon^2 in Corollary 5.1 there, as known "
        "and not from a text at hand, is epsilon of the order 1/sqrt T. To come within epsilon of a "
        "stationary point several tasks also need alpha of the order epsilon, so epsilon^-3 iterations "
        "by (11); one task needs epsilon^-2"
    ),
)
def as_fast_as_one_task(kernel: Kernel) -> Evidence:
    """Solve T = C epsilon^-p for epsilon^p: against H/K, at K = T, the quotient is free of K."""
    head, constant = symbols("H", "C")
    power = kernel.given("power", 2)
    cited = (constant / _root**2) ** (2 // power)
    quotient = (head / _root**2) / cited
    box = _MANY.replace(H=positive(), C=positive())
    return kernel.identity(quotient.derivative("root_K"), 0, box)


# The conclusion -------------------------------------------------------------------------------

_c, _t = symbols("c", "t")


def _same_as_one_task(kernel: Kernel) -> Evidence:
    """Two identical bandits, W = J, gamma = 1/2, epsilon = c: is (45) at most 1/c times the cited count?

    The cited count, of Corollary 5.1 of Agarwal et al., is of the order |S|^2|A|^2/((1 - gamma)^6
    epsilon^2). The network is fixed, t is every step size of (13), 1/c every constant.
    """
    values = bandits(HALF, RationalFunction.constant(2), _c)
    power = kernel.given("power", 2)
    cited = 4 / (HALF**6 * _c**power)
    return kernel.somewhere(proved_count(values, _t), "<=", cited / _c, Box(c=DISCOUNT, t=DISCOUNT))


same_rate = Claim(
    id="sec6-same-rate",
    where="Section 6",
    statement="We theoretically show that the convergence of multi-task algorithm achieves the same convergence rate as the single task algorithm within constants depending on the connectivity of the network",
    kind=Kind.ORDER,
    check=_same_as_one_task,
    lines=(320, 320),
    depends=("eq-14", "sec42-same-rates", "sec4-first-result"),
    controls=(ingredient("a cited count of the order 1/epsilon", power=1),),
    fault=Fault(
        Severity.ERROR,
        Origin.PAPER,
        "what is shown, (45) with (13), exceeds every multiple of the single task's count as epsilon "
        "-> 0, for one fixed network and every step size; and the constants depend on the number of "
        "tasks and on their discounts as well. Whether the algorithm itself is slower is open",
    ),
)


def _powers_of_epsilon(kernel: Kernel) -> Evidence:
    """Multiply the two counts of Theorem 2, sharp, by the stated powers: no epsilon is left."""
    powers = [int(x) for x in re.findall(r"\\varepsilon\^\{-(\d)\}", normalized(kernel.statement))]
    printed = re.findall(
        r"K\\geq(.*?)(?:,orforN|,everyagent)", normalized(theorem_2_whole.theorem_2_sharp.statement)
    )
    accuracy, *sizes = symbols("epsilon", "b", "G", "Delta", "M", "N", "S", "A", "sigma_2", "r")
    names = dict(
        zip(
            ("b", "G_{rms}", r"\Delta", "M", "N", r"|\mathcal{S}|", r"|\mathcal{A}|", r"\sigma_2"),
            sizes,
            strict=False,
        )
    )
    names |= {r"\varepsilon": accuracy, r"\sqrt{N-1}": sizes[-1]}
    several, alone = (parse(count, names) for count in printed)
    box = Box(
        epsilon=positive(),
        sigma_2=Interval(Fraction(0), Fraction(1), closed_lower=True),
        **dict.fromkeys(("b", "G", "Delta", "M", "N", "S", "A"), positive()),
        r=at_least(1),
    )
    return kernel.identity(
        [
            (count * accuracy**power).derivative("epsilon")
            for count, power in zip((alone, several), powers, strict=True)
        ],
        [0, 0],
        box,
    )


same_rate_corrected = same_rate.variant(
    id="sec6-same-rate-corrected",
    statement=r"We show that one task takes a number of iterations of the order $\varepsilon^{-2}$, as the single task algorithm, and several tasks of the order $\varepsilon^{-3}$",
    lines=None,
    fault=None,
    check=_powers_of_epsilon,
    depends=("theorem-2-sharp",),
    controls=(misprint(r"\varepsilon^{-3}", r"\varepsilon^{-2}"),),
    note=(
        "by Theorem 2, sharp, as epsilon -> 0: b, G_rms and Delta tend to positive limits with lambda. "
        "That several tasks need epsilon^-3 is not shown; gradient tracking with exact gradients does "
        "not (gradient-tracking-rate)"
    ),
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
