r"""Appendix B.1, the links between the displays: what (24), (30) and (32)-(38) say beside their bounds.

Most are algebra with the numbers that stand between the bars; a name like ``g`` is one component of
a gradient, and three agents stand for N.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory.exact.boxes import Box, closed_interval, positive
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import symbols
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
from proofs_check.appendix_b1 import (
    MIXING,
    SYMMETRIC,
    alpha,
    cyclic_mixing,
    quadratic,
    symmetric_mixing,
    theta,
)
from proofs_check.chains import agents as agent_chains
from proofs_check.readings.wording import about

WHERE = "Appendix B.1"
_UNIT = closed_interval(-1, 1)
_weight, _count, _agents = symbols("lambda", "K", "N")
_c, _here, _best, _start = symbols("c_1", "L_0", "L_tilde", "quadratic_0")

eq_23 = Claim(
    id="eq-23",
    where=f"{WHERE}, (23)",
    statement=r"\|\theta_i^k - \bar{\theta}^k\| \leq \frac{\alpha D}{1-\sigma_2}, \quad \forall i, k.",
    kind=Kind.UPPER_BOUND,
    lines=(526, 526),
    parts=("lemma-b2",),
)


@claim(
    "eq-24-lyapunov",
    where=f"{WHERE}, (24)",
    statement=r"\xi_{\alpha,\lambda}(\theta; \mu) \triangleq -1^T L^\lambda(\theta; \mu) + \frac{1}{2\alpha} \|\theta\|_{I-W}^2",
    kind=Kind.DEFINITION,
    lines=(534, 534),
    depends=("eq-24", "eq-7"),
    controls=(
        misprint(r"\frac{1}{2\alpha}", r"\frac{1}{\alpha}"),
        misprint("-1^T L", "1^T L"),
    ),
    note="needs alpha > 0; for symmetric W a gradient step on it is (9), which fixes both factors",
)
def lyapunov_function(kernel: Kernel) -> Evidence:
    """Theta - alpha grad xi = W theta + alpha grad L, for three agents, symmetric W, and linear L.

    L = g . theta stands for any L, since only its gradient enters.
    """
    slopes = symbols("g1", "g2", "g3")
    mixing, vector = symmetric_mixing(), np.array(theta, dtype=object)
    linear = sum(g * t for g, t in zip(slopes, theta, strict=True))
    names = {"x": linear, r"\alpha": alpha, r"\|\theta\|_{I-W}^2": quadratic(mixing)}
    right = normalized(kernel.statement).split(r"\triangleq")[1]
    xi = parse(right.replace(normalized(r"1^T L^\lambda(\theta; \mu)"), "x"), names)
    stepped = [t - alpha * xi.derivative(str(t)) for t in theta]
    updated = list(mixing @ vector + alpha * np.array(slopes, dtype=object))
    box = MIXING.replace(**{str(g): _UNIT for g in slopes})
    return kernel.definition(kernel.identity(stepped, updated, box))


# (30) ------------------------------------------------------------------------------------------


def _divided(kernel: Kernel) -> Evidence:
    """(29) says xi' <= xi - b |step|^2/2, b the bracket: where b > 0, |step|^2 <= (2/b)(xi - xi').

    Written with xi - xi' = b |step|^2/2 + r, r >= 0; the sum over k adds such lines.
    """
    about(kernel, r"\sum_{k=0}^{K-1} \|\boldsymbol{\theta}^{k+1} - \boldsymbol{\theta}^k\|^2 &\leq")
    about(kernel, r"^k; \boldsymbol{\mu}) - \xi", r"^{k+1}; \boldsymbol{\mu}))")
    bracket, moved, rest = symbols("b", "moved", "r")
    factor = normalized(kernel.statement).split(r"\leq\sum_{k=0}^{K-1}")[1].partition(r"(\xi")[0]
    name = r"(\alpha^{-1}(1 + \sigma_N) - \beta^\lambda)^{-1}"
    printed = parse(factor, {name: 1 / bracket})
    drop = bracket * moved / 2 + rest
    box = Box(b=positive(), moved=positive(), r=closed_interval(0, 1))
    return kernel.sign(moved, "<=", printed * drop, box)


eq_30_divided = Claim(
    id="eq-30-divided",
    where=f"{WHERE}, (30), first line",
    statement=r"\sum_{k=0}^{K-1} \|\boldsymbol{\theta}^{k+1} - \boldsymbol{\theta}^k\|^2 &\leq \sum_{k=0}^{K-1} 2(\alpha^{-1}(1 + \sigma_N) - \beta^\lambda)^{-1} (\xi_{\alpha, \lambda}(\boldsymbol{\theta}^k; \boldsymbol{\mu}) - \xi_{\alpha, \lambda}(\boldsymbol{\theta}^{k+1}; \boldsymbol{\mu}))",
    kind=Kind.UPPER_BOUND,
    check=_divided,
    lines=(572, 572),
    depends=("eq-29", "appb1-step-range"),
    controls=(misprint(r"} 2(", "} 1("),),
    note="(29) divided by half its bracket, which has to be positive; with lambda_N as in (29)",
)


@claim(
    "eq-30-minimum",
    where=f"{WHERE}, (30), third line",
    statement=r"&\leq c_1 (\xi_{\alpha, \lambda}(\boldsymbol{\theta}^0; \boldsymbol{\mu}) - \xi_{\alpha, \lambda}(\tilde{\boldsymbol{\theta}}; \boldsymbol{\mu}))",
    kind=Kind.UPPER_BOUND,
    lines=(574, 574),
    depends=("eq-30-telescoped",),
    controls=(misprint(r"- \xi", r"+ \xi"), ingredient("a point that is no minimum", lower=False)),
    note=(
        "theta-tilde minimises xi, which need not be attained: with the infimum in the place of "
        "xi(theta-tilde) the line holds all the same"
    ),
)
def last_value_above_the_least(kernel: Kernel) -> Evidence:
    """With xi_K = xi_tilde + r, r >= 0: c_1 (xi_0 - xi_K) <= c_1 (xi_0 - xi_tilde)."""
    first, least, above = symbols("xi_0", "xi_tilde", "r")
    names = {
        "c_1": _c,
        r"\xi_{\alpha, \lambda}(\boldsymbol{\theta}^0; \boldsymbol{\mu})": first,
        r"\xi_{\alpha, \lambda}(\tilde{\boldsymbol{\theta}}; \boldsymbol{\mu})": least,
    }
    printed = parse(normalized(kernel.statement).split(r"\leq")[1], names)
    last = least + above if kernel.given("lower", True) else least - above
    box = Box(c_1=positive(), xi_0=_UNIT, xi_tilde=_UNIT, r=closed_interval(0, 1))
    return kernel.sign(_c * (first - last), "<=", printed, box)


eq_30 = Claim(
    id="eq-30",
    where=f"{WHERE}, (30)",
    statement="the sum of the squared steps",
    kind=Kind.UPPER_BOUND,
    parts=("eq-30-divided", "eq-30-telescoped", "eq-30-minimum"),
)


# (32), (34) ------------------------------------------------------------------------------------


@claim(
    "eq-32-gradient",
    where=f"{WHERE}, before (32)",
    statement=r"\|\alpha \nabla \xi_{\alpha, \lambda}(\boldsymbol{\theta}^k; \boldsymbol{\mu})\|^2 = \|\boldsymbol{\theta}^{k+1} - \boldsymbol{\theta}^k\|^2",
    kind=Kind.IDENTITY,
    lines=(583, 583),
    depends=("eq-25-gradient",),
    controls=(misprint(r"\alpha \nabla", r"\frac{1}{\alpha} \nabla"),),
)
def step_is_alpha_times_gradient(kernel: Kernel) -> Evidence:
    """(alpha grad xi)^2 = step^2, componentwise, for symmetric W; not for others."""
    slopes = np.array(symbols("g1", "g2", "g3"), dtype=object)
    vector = np.array(theta, dtype=object)
    left, right = normalized(kernel.statement).split("=")
    slope, step = symbols("grad", "step")
    inside = parse(
        left.removeprefix(r"\|").removesuffix(r"\|^2"),
        {
            r"\alpha": alpha,
            r"\nabla \xi_{\alpha, \lambda}(\boldsymbol{\theta}^k; \boldsymbol{\mu})": slope,
        },
    )
    moved = parse(
        right.removeprefix(r"\|").removesuffix(r"\|^2"),
        {r"\boldsymbol{\theta}^{k+1} - \boldsymbol{\theta}^k": step},
    )
    scale = inside.derivative("grad") / moved.derivative("step")

    def squares(mixing: Any) -> Evidence:
        form = quadratic(mixing) / (2 * alpha)
        gradient = [form.derivative(str(t)) - g for t, g in zip(theta, slopes, strict=True)]
        steps = mixing @ vector + alpha * slopes - vector
        box = MIXING.replace(**{str(g): _UNIT for g in slopes})
        return kernel.identity([(scale * x) ** 2 for x in gradient], [x**2 for x in steps], box)

    return kernel.conditional(squares(symmetric_mixing()), SYMMETRIC, squares(cyclic_mixing()))


_FOURTH = r"\frac{c_1}{K\alpha^2}(-\sum_{i=1}^N L_i^\lambda(\theta^0; \mu_i) + \frac{1}{2\alpha}\|\theta^0\|_{I-W}^2 + \sum_{i=1}^N L_i^\lambda(\tilde{\theta}; \mu_i) - \frac{1}{2\alpha}\|\tilde{\theta}\|_{I-W}^2)"


@claim(
    "eq-34-expanded",
    where=f"{WHERE}, (34), fourth line",
    statement=_FOURTH,
    kind=Kind.IDENTITY,
    lines=(597, 597),
    depends=("eq-24-lyapunov", "eq-32"),
    controls=(
        misprint(r"+ \frac{1}{2\alpha}", r"- \frac{1}{2\alpha}"),
        misprint("(-\\sum", "(\\sum"),
    ),
    note="theta-tilde has a part for each agent: L_i(theta-tilde; mu_i) is L_i at its own part",
)
def lyapunov_values_written_out(kernel: Kernel) -> Evidence:
    """(c_1/(K alpha^2)) (xi(theta^0) - xi(theta~)) with (24) put in."""
    end = symbols("quadratic_tilde")[0]
    names = {
        r"\frac{c_1}{K\alpha^2}": _c / (_count * alpha**2),
        r"\sum_{i=1}^N L_i^\lambda(\theta^0; \mu_i)": _here,
        r"\sum_{i=1}^N L_i^\lambda(\tilde{\theta}; \mu_i)": _best,
        r"\|\theta^0\|_{I-W}^2": _start,
        r"\|\tilde{\theta}\|_{I-W}^2": end,
        r"\alpha": alpha,
    }
    xi = [-value + form / (2 * alpha) for value, form in ((_here, _start), (_best, end))]
    box = Box(
        alpha=positive(),
        c_1=positive(),
        K=positive(),
        L_0=_UNIT,
        L_tilde=_UNIT,
        quadratic_0=positive(),
        quadratic_tilde=positive(),
    )
    true = _c / (_count * alpha**2) * (xi[0] - xi[1])
    return kernel.identity(parse(kernel.statement, names), true, box)


@claim(
    "eq-34-regularizer",
    where=f"{WHERE}, (34), sixth line",
    statement=r"\leq \frac{c_1}{K\alpha^2} \sum_{i=1}^N (V_i^{\pi_{\tilde{\theta}_i}}(\mu_i) - V_i^{\pi_{\theta^0}}(\mu_i) + \lambda \text{RE}(\pi_{\theta^0}))",
    kind=Kind.UPPER_BOUND,
    lines=(597, 597),
    depends=("eq-34-entropy", "eq-7"),
    controls=(misprint(r"+ \lambda", r"- \lambda"), ingredient("a negative entropy", sign=-1)),
    note="L = V - lambda RE at both points, and -lambda RE(theta~) <= 0; one term of the sum",
)
def regularizer_at_the_minimum_dropped(kernel: Kernel) -> Evidence:
    """(V~ - lambda RE~) - (V0 - lambda RE0) <= V~ - V0 + lambda RE0, since RE~ >= 0."""
    first, last, at_first, at_last = symbols("V_0", "V_tilde", "RE_0", "RE_tilde")
    names = {
        r"\frac{c_1}{K\alpha^2} \sum_{i=1}^N": _c,
        r"V_i^{\pi_{\tilde{\theta}_i}}(\mu_i)": last,
        r"V_i^{\pi_{\theta^0}}(\mu_i)": first,
        r"\lambda": _weight,
        r"\text{RE}(\pi_{\theta^0})": at_first,
    }
    printed = parse(normalized(kernel.statement).split(r"\leq")[1], names)
    entropy = kernel.given("sign", 1) * at_last
    before = _c * ((last - _weight * entropy) - (first - _weight * at_first))
    box = Box(
        c_1=positive(),
        V_0=_UNIT,
        V_tilde=_UNIT,
        RE_0=positive(),
        RE_tilde=positive(),
        **{"lambda": positive()},
    )
    return kernel.sign(before, "<=", printed, box)


# (35)-(38) -------------------------------------------------------------------------------------


@claim(
    "eq-35-split",
    where=f"{WHERE}, (35), first line",
    statement=r"\|\overline{\nabla L}^\lambda(\theta^k; \mu) + \frac{\lambda}{N} \sum_{i=1}^N \nabla \text{RE}(\pi_{\theta^k})\|^2",
    kind=Kind.IDENTITY,
    lines=(603, 603),
    depends=("eq-7", "eq-21-mean-gradient"),
    controls=(misprint(r"+ \frac{\lambda}{N}", r"- \frac{\lambda}{N}"), misprint("{N}", "{1}")),
    note="pi_{theta^k} stands for each agent's own policy, at theta_i^k, as the bar asks for",
)
def value_is_objective_plus_regularizer(kernel: Kernel) -> Evidence:
    """The mean of grad L_i = grad V_i - lambda grad RE_i, for three agents, one component each."""
    values, entropies = symbols("v1", "v2", "v3"), symbols("r1", "r2", "r3")
    total = sum(entropies[1:], entropies[0])
    mean = sum((v - _weight * r for v, r in zip(values, entropies, strict=True)), 0 * total) / 3
    names = {
        r"\overline{\nabla L}^\lambda(\theta^k; \mu)": mean,
        r"\sum_{i=1}^N \nabla \text{RE}(\pi_{\theta^k})": total,
        r"\lambda": _weight,
        "N": 3 + 0 * total,
    }
    inside = normalized(kernel.statement).removeprefix(r"\|").removesuffix(r"\|^2")
    box = Box(**{str(x): _UNIT for x in (*values, *entropies)}, **{"lambda": positive()})
    true = sum(values[1:], values[0]) / 3
    return kernel.identity(parse(inside, names), true, box)


@claim(
    "eq-36-first",
    where=f"{WHERE}, (36), second line",
    statement=r"\frac{2c_1}{K\alpha^2} \sum_{i=1}^N \left(\frac{1}{1-\gamma_i} + \lambda \text{RE}(\pi_{\theta^0})\right)",
    kind=Kind.IDENTITY,
    lines=(607, 607),
    depends=("eq-34", "eq-35"),
    controls=(misprint("{2c_1}", "{c_1}"), misprint(r"K\alpha^2", r"K\alpha")),
    note="twice the end of (34)",
)
def twice_the_end_of_34(kernel: Kernel) -> Evidence:
    """2 (c_1/(K alpha^2)) sum_i (1/(1 - gamma_i) + lambda RE), the sum as a symbol."""
    total = symbols("X")[0]
    bracket = r"\sum_{i=1}^N (\frac{1}{1-\gamma_i} + \lambda \text{RE}(\pi_{\theta^0}))"
    printed = parse(kernel.statement, {bracket: total, "c_1": _c, "K": _count, r"\alpha": alpha})
    box = Box(alpha=positive(), c_1=positive(), K=positive(), X=positive())
    return kernel.identity(printed, 2 * (_c / (_count * alpha**2) * total), box)


eq_36 = Claim(
    id="eq-36",
    where=f"{WHERE}, (36)",
    statement="the mean gradient of the values",
    kind=Kind.UPPER_BOUND,
    parts=("eq-35", "eq-36-first", "eq-36-mean", "eq-36-last"),
    note="its first line is (35) again",
)


def _inserted(kernel: Kernel) -> Evidence:
    """grad V_j(theta_i) = grad V_j(theta_j) - (grad V_j(theta_j) - grad V_j(theta_i)), summed over j.

    For two tasks, x_j at theta_i, y_j at theta_j; what stands at a bare theta^k, which is all
    agents' parameters, is z_j.
    """
    sides = [
        side.split(r"\|", 1)[1].rsplit(r"\|", 1)[0]
        for side in normalized(kernel.statement).split(r"^2=")
    ]
    rows = [symbols(f"x_{j}", f"y_{j}", f"z_{j}") for j in (1, 2)]
    totals = []
    for side in sides:
        front, summand = side.split(r"\sum_{j=1}^N")
        scale = parse(front, {"N": 2 + 0 * alpha})
        total = 0 * alpha
        for at_i, at_j, bare in rows:
            names = {
                r"\nabla V_j(\theta_i^k; \mu_j)": at_i,
                r"\nabla V_j(\theta_j^k; \mu_j)": at_j,
                r"\nabla V_j(\theta^k; \mu_j)": bare,
            }
            total = total + scale * parse(summand, names)
        totals.append(total)
    box = Box(alpha=positive(), **{str(x): _UNIT for row in rows for x in row})
    return kernel.identity([totals[0]], [totals[1]], box)


_INSERTED = r"\frac{1}{N} \sum_{j=1}^N \nabla V_j(\theta_j^k; \mu_j) - \left(\nabla V_j(\theta_j^k; \mu_j) - \nabla V_j(\theta_i^k; \mu_j) \right)"
eq_37_first = Claim(
    id="eq-37-first",
    where=f"{WHERE}, (37), first line",
    statement=rf"\min_{{k < K}} \left\| \frac{{1}}{{N}} \sum_{{j=1}}^N \nabla V_j(\theta^k; \mu_j) \right\|^2 = \min_{{k < K}} \left\| {_INSERTED} \right\|^2",
    kind=Kind.IDENTITY,
    check=_inserted,
    lines=(611, 611),
    controls=(misprint(r"- \left(\nabla", r"+ \left(\nabla"),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "theta^k on the left is theta_i^k, as in Theorem 1; V_j has one policy's parameter, and "
        "theta^k is all agents'",
    ),
    note="the sum over j holds both gradients",
)
eq_37_first_corrected = eq_37_first.variant(
    id="eq-37-first-corrected",
    statement=eq_37_first.statement.replace(r"V_j(\theta^k", r"V_j(\theta_i^k"),
    lines=None,
    fault=None,
    controls=(
        misprint(r"- \left(\nabla", r"+ \left(\nabla"),
        misprint(r"V_j(\theta_i^k", r"V_j(\theta^k"),
    ),
)
eq_37 = Claim(
    id="eq-37",
    where=f"{WHERE}, (37)",
    statement="the gradient at one agent's parameters",
    kind=Kind.UPPER_BOUND,
    parts=("eq-37-first", "eq-37-second", "eq-37-last", "eq-37-minimum"),
)


@claim(
    "eq-38-triangle",
    where=f"{WHERE}, (38), second line",
    statement=r"&\leq \|\theta_i^k - \bar{\theta}^k\| + \|\bar{\theta}^k - \theta_j^k\|",
    kind=Kind.UPPER_BOUND,
    lines=(623, 623),
    depends=("eq-38-difference",),
    controls=(misprint(r"\| + \|", r"\| - \|"),),
)
def both_distances_from_the_mean(kernel: Kernel) -> Evidence:
    """The triangle inequality; in the special case the distances from the mean are 1 and -1."""
    one = Fraction(1)
    names = {
        r"\|\theta_i^k - \bar{\theta}^k\|": one + 0 * alpha,
        r"\|\bar{\theta}^k - \theta_j^k\|": one + 0 * alpha,
    }
    printed = parse(normalized(kernel.statement).split(r"\leq")[1], names)
    special = kernel.sign(2 + 0 * alpha, "<=", printed, Box(alpha=positive()))
    return kernel.confirmed(kernel.proof(agent_chains.difference_below_sum()), special)


eq_38 = Claim(
    id="eq-38",
    where=f"{WHERE}, (38)",
    statement="two agents are close",
    kind=Kind.UPPER_BOUND,
    parts=("eq-38-difference", "eq-38-triangle", "eq-38-bound"),
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
