r"""Appendix B.1, from the Lyapunov function to the bound of Theorem 1: (34)-(38) and the last display."""

from __future__ import annotations

import re
import sys
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from dcpg_theory.exact.boxes import Box, Interval, at_least, closed_interval, positive
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
from proofs_check.appendix_b1 import (
    MIXING,
    alpha,
    cyclic_mixing,
    quadratic,
    theta,
    together,
)
from proofs_check.chains import agents as agent_chains
from proofs_check.chains import single_task, stacks
from proofs_check.chains.derivation import proof_of
from proofs_check.readings.wording import about
from proofs_check.symbols import DISCOUNT, own

WHERE = "Appendix B.1"
_UNIT = closed_interval(-1, 1)
LOST_SUM = Fault(
    Severity.ERROR,
    Origin.PAPER,
    "the sum over the N agents is lost: the mean of N squares is not 1/N of one of them. The "
    "regularizer's part is 2 (lambda/sqrt|A| + lambda)^2, so 8 lambda^2, whatever N is; (11) and "
    "Theorem 1 carry lambda^2/N on",
)


def squares(values: Any) -> Any:
    """Return the sum of the squares."""
    return sum((x * x for x in values[1:]), values[0] * values[0])


@claim(
    "appb1-mean-gradient",
    where=f"{WHERE}, before (34)",
    statement=r"&= -\overline{\nabla L}^\lambda(\theta; \mu) + \frac{1}{N\alpha}(1^T(I - W) \otimes I)\theta \\ &= -\overline{\nabla L}^\lambda(\theta; \mu)",
    kind=Kind.IDENTITY,
    lines=(593, 593),
    depends=("eq-33",),
    controls=(ingredient("columns that do not sum to one", leak=Fraction(1, 10)),),
    note="only the columns of W have to sum to one",
)
def mixing_has_no_mean(kernel: Kernel) -> Evidence:
    """1^T (I - W) theta = 0; the special case is a 3 x 3 matrix that is not symmetric.

    The first line is the mean of (33) for any matrix W, the second needs its columns to sum to one.
    """
    mixing = cyclic_mixing()
    mixing[0, 0] = mixing[0, 0] - kernel.given("leak", 0)
    vector = np.array(theta, dtype=object)
    slopes = symbols("g1", "g2", "g3")
    box = MIXING.replace(**{str(g): _UNIT for g in slopes})
    first, second = normalized(kernel.statement).lstrip("&=").split(r"\\&=")
    special = []
    for matrix, line in ((1 - mixing, first), (mixing, second)):
        apart = vector - matrix @ vector
        mean = sum(apart[1:] / alpha - slopes[1:], apart[0] / alpha - slopes[0]) / 3
        names = {
            r"\overline{\nabla L}^\lambda(\theta; \mu)": sum(slopes[1:], slopes[0]) / 3,
            r"(1^T(I - W) \otimes I)\theta": sum(apart[1:], apart[0]),
            r"\alpha": alpha,
            "N": 3 + 0 * alpha,
        }
        special.append(kernel.identity(mean, parse(line, names), box))
    chain = agent_chains.mixing_keeps_the_mean()
    return kernel.confirmed(kernel.proof(chain), *special)


@claim(
    "eq-34-mean",
    where=f"{WHERE}, (34), second line",
    statement=r"\leq \min_{k < K} \|\nabla \xi_{\alpha, \lambda}(\theta^k; \mu)\|^2",
    kind=Kind.UPPER_BOUND,
    lines=(597, 597),
    controls=(ingredient("the sum in place of the mean", scale=1),),
    note="the mean's square is even at most 1/N of it, which the proof gives away; for N = 3",
)
def mean_below_norm(kernel: Kernel) -> Evidence:
    """N sum x^2 - (sum x)^2 is the sum of the squares of the differences."""
    about(kernel, r"\leq \min_{k < K} \|\nabla \xi_{\alpha, \lambda}(\theta^k; \mu)\|^2")
    count = len(theta)
    scale = kernel.given("scale", count)
    mean = (theta[0] + theta[1] + theta[2]) / scale
    differences = [theta[i] - theta[j] for i in range(count) for j in range(i)]
    gap = squares(theta) / count - mean * mean
    return kernel.every(
        kernel.identity(gap, squares(differences) / count**2, MIXING),
        *(kernel.sign(x * x, ">=", 0, MIXING) for x in differences),
    )


@claim(
    "eq-34-start",
    where=f"{WHERE}, (34), fifth line",
    statement=r"\leq \frac{c_1}{K\alpha^2} \sum_{i=1}^N (L_i^\lambda(\tilde{\theta}; \mu_i) - L_i^\lambda(\theta^0; \mu_i))",
    kind=Kind.UPPER_BOUND,
    lines=(597, 597),
    depends=("eq-24",),
    controls=(ingredient("different starts", start=(0, 0, 1)),),
    note="needs equal initialisation, which Theorem 1 does not state; theta-tilde has a part for each agent",
)
def quadratic_terms_drop(kernel: Kernel) -> Evidence:
    """At equal parameters the quadratic term is 0; elsewhere it is a sum of squares, so >= 0.

    What the step from the fourth line gives away is c_1/(K alpha^2) times that term over 2 alpha.
    """
    mixing, vector = cyclic_mixing(), np.array(theta, dtype=object)
    start = kernel.given("start", (theta[0],) * 3)
    point = np.array(start, dtype=object) + 0 * theta[0]
    at_start = point @ (point - mixing @ point)
    spread = sum(mixing[i, j] * (vector[i] - vector[j]) ** 2 for i in range(3) for j in range(3))
    constant, count, here, best = symbols("c_1", "K", "L_0", "L_tilde")
    names = {
        "c_1": constant,
        "K": count,
        r"\alpha": alpha,
        r"\sum_{i=1}^N": constant**0,
        r"L_i^\lambda(\tilde{\theta}; \mu_i)": best,
        r"L_i^\lambda(\theta^0; \mu_i)": here,
    }
    _, right = normalized(kernel.statement).split(r"\leq")
    front = constant / (count * alpha**2)
    before = front * (best - here + (at_start - quadratic(mixing)) / (2 * alpha))
    box = MIXING.replace(c_1=positive(), K=positive(), L_0=_UNIT, L_tilde=_UNIT)
    lost = parse(right, names) - before
    return kernel.every(
        kernel.identity(at_start, 0, MIXING),
        kernel.identity(quadratic(mixing), spread / 2, MIXING),
        kernel.identity(lost, front * spread / (4 * alpha), box),
    )


@claim(
    "eq-34-entropy",
    where=f"{WHERE}, (34), sixth line",
    statement="relative entropy is non-negative",
    kind=Kind.UPPER_BOUND,
    lines=(599, 599),
    controls=(ingredient("the minus sign before the logarithm is lost", sign=1),),
    note="'relative entropy is non-negative' as printed there",
)
def relative_entropy_is_nonnegative(kernel: Kernel) -> Evidence:
    """log x <= x - 1, averaged over the uniform distribution; the coin (9/10, 1/10) in balls."""
    sign = kernel.given("sign", -1)

    def entropy() -> Any:
        logs = [flint.arb(as_fmpq(2 * x)).log() for x in (Fraction(9, 10), Fraction(1, 10))]
        return sign * (logs[0] + logs[1]) / 2

    coin = kernel.enclosed(entropy, ">=", lambda: flint.arb(0), {"pi": "(9/10, 1/10)"})
    chain = agent_chains.relative_entropy_is_nonnegative()
    return kernel.confirmed(kernel.proof(chain), coin)


@claim(
    "eq-34-value",
    where=f"{WHERE}, (34), last line",
    statement=r"\sum_{i=1}^N \left(\frac{1}{1 - \gamma_i} + \lambda \text{RE}(\pi_{\theta^0})\right)",
    kind=Kind.UPPER_BOUND,
    lines=(597, 597),
    assumptions=(REWARDS_IN_UNIT_INTERVAL,),
    depends=("eq-3-value-upper-corrected", "eq-3-value-lower"),
    controls=(misprint(r"1 - \gamma_i", r"1 + \gamma_i"), misprint(r"+ \lambda", r"- \lambda")),
)
def values_are_bounded(kernel: Kernel) -> Evidence:
    """V(theta~) - V(theta^0) + lambda RE <= 1/(1 - gamma_i) + lambda RE, attained by 1 and 0."""
    weight, entropy = symbols("lambda", "RE")
    names = {r"\gamma_i": own, r"\lambda": weight, r"\text{RE}(\pi_{\theta^0})": entropy}
    printed = parse(normalized(kernel.statement).removeprefix(r"\sum_{i=1}^N"), names)
    box = Box(gamma_i=DISCOUNT, RE=positive(), **{"lambda": positive()})
    chain = single_task.value_upper()
    special = kernel.sign(1 / (1 - own) + weight * entropy, "<=", printed, box)
    return kernel.confirmed(kernel.proof(chain), special)


eq_34 = Claim(
    id="eq-34",
    where=f"{WHERE}, (34)",
    statement="the mean gradient of the regularized objective",
    kind=Kind.UPPER_BOUND,
    parts=(
        "eq-34-mean",
        "eq-34-expanded",
        "eq-34-start",
        "eq-34-entropy",
        "eq-34-regularizer",
        "eq-34-value",
    ),
    depends=("appb1-mean-gradient", "eq-32"),
)


def _regularizer_mean(kernel: Kernel) -> Evidence:
    """Ten agents with |S| = 1, |A| = 2 and the policy (9/10, 1/10), lambda = 1.

    (2/N) times the sum of the ten squared gradients of the relative entropy, against the print.
    """
    agents, actions = 10, 2
    one = squares(
        [as_fmpq(Fraction(9, 10) - Fraction(1, 2)), as_fmpq(Fraction(1, 10) - Fraction(1, 2))]
    )
    text = normalized(kernel.statement)
    front = text.split(r"(\frac{\lambda}")[0]

    def printed() -> Any:
        root = flint.arb(actions).sqrt()
        bracket = 1 / root + 1
        names = {"N": as_fmpq(agents)}
        return parse(front, names) * bracket * bracket

    instance = {"N": agents, "|S|": 1, "|A|": actions, "pi": "(9/10, 1/10)", "lambda": 1}
    exact = kernel.given("factor", 1) * 2 * one
    return kernel.enclosed(lambda: flint.arb(exact), "<=", printed, instance)


def _mean_is_at_most_the_largest(kernel: Kernel) -> Evidence:
    """Each of the N terms is at most (lambda u + lambda)^2 with u = 1/sqrt|A|; ten agents beside."""
    weight, u = symbols("lambda", "u")
    names = {
        r"\frac{\lambda}{\sqrt{|\mathcal{A}|}}": weight * u,
        r"\lambda": weight,
        "N": stacks.count,
    }
    printed = parse(kernel.statement, names)
    box = Box(
        u=Interval(Fraction(0), Fraction(1), closed_upper=True),
        N=at_least(1),
        **{"lambda": at_least(0)},
    )
    proof = proof_of(kernel, lambda: stacks.mean_of_squares(weight * u + weight, printed, box))
    return kernel.confirmed(proof, _regularizer_mean(kernel))


eq_36_mean = Claim(
    id="eq-36-mean",
    where=f"{WHERE}, (36), second line",
    statement=r"\frac{2}{N} \left(\frac{\lambda}{\sqrt{|\mathcal{A}|}} + \lambda\right)^2",
    kind=Kind.UPPER_BOUND,
    check=_regularizer_mean,
    lines=(607, 607),
    depends=("eq-35",),
    controls=(misprint(r"\frac{2}{N}", r"\frac{1}{N}"),),
    fault=LOST_SUM,
)
eq_36_mean_corrected = eq_36_mean.variant(
    id="eq-36-mean-corrected",
    statement=r"2 \left(\frac{\lambda}{\sqrt{|\mathcal{A}|}} + \lambda\right)^2",
    lines=None,
    controls=(misprint("2 ", r"\frac{2}{N} "), ingredient("larger gradients", factor=20)),
    note="each of the N terms is at most (lambda/sqrt|A| + lambda)^2, by Lemma B.6",
    depends=("eq-35-corrected", "eq-89-states"),
    check=_mean_is_at_most_the_largest,
)


@claim(
    "eq-36-last",
    where=f"{WHERE}, (36), last line",
    statement=r"\frac{8\lambda^2}{N}",
    kind=Kind.UPPER_BOUND,
    lines=(607, 607),
    controls=(misprint("8", "7"),),
    note="against the line before it: (lambda/sqrt|A| + lambda)^2 <= 4 lambda^2; with equality for |A| = 1",
)
def last_bound_of_36(kernel: Kernel) -> Evidence:
    """With u = 1/sqrt|A| in (0, 1]: (2/N) lambda^2 (u + 1)^2 <= 8 lambda^2/N."""
    weight, count, u = symbols("lambda", "N", "u")
    printed = parse(kernel.statement, {r"\lambda": weight, "N": count})
    box = Box(
        u=Interval(Fraction(0), Fraction(1), closed_upper=True),
        N=at_least(1),
        **{"lambda": positive()},
    )
    return kernel.sign(2 / count * (weight * u + weight) ** 2, "<=", printed, box)


def _difference_of_agents(kernel: Kernel) -> Evidence:
    """Read which agents' gradients the second line compares; one task, gradients x_i and x_j.

    x_i^2 <= 2 x_j^2 + 2 (x_j - x_i)^2, with equality for x_i = 2 x_j.
    """
    about(kernel, r"; \mu_j) - \nabla V_j", r"\right\|^2")
    subscripts = re.findall(r"\\nabla ?V_j\(\\theta_(\w)\^k;\\mu_j\)", normalized(kernel.statement))
    at = dict(zip("ij", symbols("x_i", "x_j"), strict=True))
    first, second = (at[name] for name in subscripts[-2:])
    factor = kernel.given("factor", 2)
    right = factor * at["j"] ** 2 + factor * (first - second) ** 2
    return kernel.sign(at["i"] ** 2, "<=", right, Box(x_i=_UNIT, x_j=_UNIT))


eq_37_second = Claim(
    id="eq-37-second",
    where=f"{WHERE}, (37), second line",
    statement=r"\left\| \nabla V_j(\theta_j^k; \mu_j) - \nabla V_j(\theta_j^k; \mu_j) \right\|^2",
    kind=Kind.UPPER_BOUND,
    check=_difference_of_agents,
    lines=(615, 615),
    controls=(ingredient("half the bound", factor=1),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "theta_j stands twice, the difference is 0; the second is theta_i. The first line's left "
        "side lacks the index of theta_i too",
    ),
)
eq_37_second_corrected = eq_37_second.variant(
    id="eq-37-second-corrected",
    statement=r"\left\| \nabla V_j(\theta_j^k; \mu_j) - \nabla V_j(\theta_i^k; \mu_j) \right\|^2",
    lines=None,
    controls=(misprint(r"\theta_i", r"\theta_j"), ingredient("half of one", factor=Fraction(1, 2))),
)


@claim(
    "eq-37-last",
    where=f"{WHERE}, (37), last line",
    statement=r"\frac{64}{(1-\gamma_j)^6}",
    kind=Kind.IDENTITY,
    lines=(616, 616),
    controls=(misprint("64", "8"), misprint("^6", "^3")),
    note="the square of Lemma B.5's constant 8/(1 - gamma_j)^3",
)
def squared_smoothness(kernel: Kernel) -> Evidence:
    """(8/(1 - gamma_j)^3)^2."""
    printed = parse(kernel.statement, {r"\gamma_j": own})
    return kernel.identity(printed, (8 / (1 - own) ** 3) ** 2, Box(gamma_i=DISCOUNT))


def _two_distances(kernel: Kernel) -> Evidence:
    """Read the difference as an expression in theta_i, theta_j and their mean."""
    one, two, mean = symbols("theta_i", "theta_j", "mean")
    names = {r"\theta_i^k": one, r"\theta_j^k": two, r"\bar{\theta}^k": mean}
    inside = normalized(kernel.statement).strip("&=").removeprefix(r"\|").removesuffix(r"\|")
    box = Box(theta_i=_UNIT, theta_j=_UNIT, mean=_UNIT)
    return kernel.identity(parse(inside, names), one - two, box)


def _distance_claims(number: int, line: int) -> tuple[Claim, Claim]:
    printed = Claim(
        id=f"eq-{number}-difference",
        where=f"Appendix B, ({number})",
        statement=r"\|(\theta_i^k - \bar{\theta}^k) - (\bar{\theta}^k - \theta_j^k)\|",
        kind=Kind.IDENTITY,
        check=_two_distances,
        lines=(line, line),
        controls=(misprint(r"\theta_i^k - \bar", r"\theta_j^k - \bar"),),
        fault=Fault(
            Severity.SLIP,
            Origin.PAPER,
            "the differences are to be added; the triangle inequality after it holds either way",
        ),
    )
    corrected = printed.variant(
        id=f"eq-{number}-difference-corrected",
        statement=r"\|(\theta_i^k - \bar{\theta}^k) + (\bar{\theta}^k - \theta_j^k)\|",
        lines=None,
        controls=(misprint("+", "-"),),
    )
    return printed, corrected


eq_38_difference, eq_38_difference_corrected = _distance_claims(38, 622)


@claim(
    "eq-38-bound",
    where=f"{WHERE}, (38)",
    statement=r"\leq \frac{2\alpha D}{1-\sigma_2}",
    kind=Kind.UPPER_BOUND,
    lines=(624, 624),
    depends=("lemma-b2", "eq-38-difference"),
    controls=(misprint(r"\frac{2\alpha D}{1-\sigma_2}", r"2\alpha D (1-\sigma_2)"),),
)
def two_agents_are_close(kernel: Kernel) -> Evidence:
    """The triangle inequality on both distances from the mean, each at most that of Lemma B.2."""
    return together(kernel, agent_chains.agents_are_close(), 2)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
