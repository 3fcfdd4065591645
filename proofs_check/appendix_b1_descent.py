r"""Appendix B.1, the descent of the Lyapunov function: (29)-(32)."""

from __future__ import annotations

import re
import sys
from fractions import Fraction
from typing import Any

from dcpg_theory.exact.boxes import Box, Interval, closed_interval, positive
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
from proofs_check.chains import agents as agent_chains
from proofs_check.chains import descent
from proofs_check.chains.derivation import proof_of
from proofs_check.instances.two_agents import Opposed
from proofs_check.readings.wording import about

WHERE = "Appendix B.1"

alpha, beta, smooth, squared, value = symbols("alpha", "beta", "beta_xi", "moved", "xi")
singular, eigenvalue = symbols("sigma_N", "lambda_N")
_UNIT = closed_interval(0, 1)
BOX = Box(
    alpha=positive(),
    beta=positive(),
    beta_xi=positive(),
    moved=positive(),
    xi=closed_interval(-1, 1),
    sigma_N=_UNIT,
    lambda_N=closed_interval(-1, 1),
)
_BEND = r"\beta^{\xi_{\alpha, \lambda}}"
_EIGENVALUE = Fault(
    Severity.GAP,
    Origin.PAPER,
    "1 + sigma_N stands where the smoothness constant gives 1 + lambda_N, with the smallest "
    "eigenvalue of W: right only for positive semidefinite W, such as lazy weights",
)


def _names() -> dict[str, Any]:
    step = r"\boldsymbol{\theta}^{k+1} - \boldsymbol{\theta}^k"
    return {
        r"\xi_{\alpha, \lambda}(\boldsymbol{\theta}^k; \boldsymbol{\mu})": value,
        r"\frac{\beta^{\xi_{\alpha, \lambda}}}{2}": smooth / 2,
        rf"\|{step}\|^2": squared,
        # The gradient is minus the step over alpha, so both products are -|step|^2 / alpha.
        rf"\langle -\frac{{{step}}}{{\alpha}}, {step} \rangle": -squared / alpha,
        rf"\langle \nabla \xi_{{\alpha, \lambda}}(\boldsymbol{{\theta}}^k; \boldsymbol{{\mu}}), {step} \rangle": -squared
        / alpha,
        r"\beta^\lambda": beta,
        r"\alpha": alpha,
        r"\sigma_N": singular,
        r"\lambda_N(W)": eigenvalue,
    }


def _instance(problem: Opposed) -> dict[str, Any]:
    return {
        "tasks": f"{problem.n_states} state(s), two actions, opposite rewards, gamma = 1/2",
        "W": f"[[a, 1-a], [1-a, a]], a = {problem.stay}",
        "alpha": problem.step,
        "lambda": problem.regularization,
        "k": 0,
    }


def _first_line(kernel: Kernel) -> Evidence:
    """The descent lemma for each L_j, added up, and the quadratic term's Taylor expansion.

    beta_xi is the constant of (28), corrected. In the special case two opposed agents take their
    first step along the eigenvector of the largest eigenvalue of I - W.
    """
    inner = symbols("inner")[0]
    product = r"\langle \nabla \xi_{\alpha, \lambda}(\boldsymbol{\theta}^k; \boldsymbol{\mu}), \boldsymbol{\theta}^{k+1} - \boldsymbol{\theta}^k \rangle"
    printed = parse(kernel.statement.split(r"\leq")[1], _names() | {product: inner, _BEND: smooth})
    problem = Opposed(Fraction(1, 10), Fraction(1, 2000), Fraction(1, 10))
    x, step = problem.first_step(), as_fmpq(problem.step)
    constant = as_fmpq(problem.smoothness) + (1 - as_fmpq(problem.smallest_eigenvalue)) / step
    at = {"moved": problem.moved(x), "inner": -problem.moved(x) / step, "beta_xi": constant}
    special = kernel.enclosed(
        lambda: problem.lyapunov(x),
        "<=",
        lambda: printed.evaluate({"xi": problem.lyapunov((as_fmpq(0), as_fmpq(0))), **at}),
        _instance(problem),
        192,
    )
    parts = [printed.derivative(name) for name in ("xi", "inner", "moved")]
    right = descent.model(*(part.evaluate({"beta_xi": descent.bend}) for part in parts))
    return kernel.confirmed(proof_of(kernel, lambda: descent.descent_lemma(right)), special)


descent_lemma = Claim(
    id="eq-29-descent",
    where=f"{WHERE}, (29), first line",
    statement=r"\xi_{\alpha, \lambda}(\boldsymbol{\theta}^{k+1}; \boldsymbol{\mu}) &\leq \xi_{\alpha, \lambda}(\boldsymbol{\theta}^k; \boldsymbol{\mu}) + \langle \nabla \xi_{\alpha, \lambda}(\boldsymbol{\theta}^k; \boldsymbol{\mu}), \boldsymbol{\theta}^{k+1} - \boldsymbol{\theta}^k \rangle + \frac{\beta^{\xi_{\alpha, \lambda}}}{2} \|\boldsymbol{\theta}^{k+1} - \boldsymbol{\theta}^k\|^2",
    kind=Kind.UPPER_BOUND,
    check=_first_line,
    lines=(563, 563),
    depends=(
        "eq-26",
        "eq-27",
        "eq-28-corrected",
        "eq-33",
        "eq-85-gradient-corrected",
        "eq-86-gradient",
    ),
    controls=(
        misprint(
            r"\frac{\beta^{\xi_{\alpha, \lambda}}}{2}", r"\frac{\beta^{\xi_{\alpha, \lambda}}}{4}"
        ),
        misprint(r"+ \langle", r"+ 2\langle"),
    ),
    note="beta_xi is the smoothness constant of (28), corrected; W is symmetric",
)

_LINK_2 = r"\xi_{\alpha, \lambda}(\boldsymbol{\theta}^k; \boldsymbol{\mu}) + \langle -\frac{\boldsymbol{\theta}^{k+1} - \boldsymbol{\theta}^k}{\alpha}, \boldsymbol{\theta}^{k+1} - \boldsymbol{\theta}^k \rangle + \frac{\beta^{\xi_{\alpha, \lambda}}}{2} \|\boldsymbol{\theta}^{k+1} - \boldsymbol{\theta}^k\|^2"
_LINK_3 = r"\xi_{\alpha, \lambda}(\boldsymbol{\theta}^k; \boldsymbol{\mu}) + \left(\frac{\beta^{\xi_{\alpha, \lambda}}}{2} - \frac{1}{\alpha} \right) \|\boldsymbol{\theta}^{k+1} - \boldsymbol{\theta}^k\|^2"
_LINK_4 = r"\xi_{\alpha, \lambda}(\boldsymbol{\theta}^k; \boldsymbol{\mu}) - \frac{1}{2} (\alpha^{-1}(1 + \sigma_N) - \beta^\lambda) \|\boldsymbol{\theta}^{k+1} - \boldsymbol{\theta}^k\|^2"


def _same_step(kernel: Kernel) -> Evidence:
    """With the gradient of (25) the first line's right side is xi + (beta_xi/2 - 1/alpha)|step|^2."""
    printed = parse(kernel.statement, _names())
    return kernel.identity(printed, value - squared / alpha + smooth / 2 * squared, BOX)


same_step = tuple(
    claim(
        f"eq-29-{name}",
        where=f"{WHERE}, (29)",
        statement=statement,
        kind=Kind.IDENTITY,
        lines=(line, line),
        depends=("eq-25-gradient",),
        controls=(control,),
    )(_same_step)
    for name, line, statement, control in (
        ("substituted", 564, _LINK_2, misprint(r"+ \langle", r"- \langle")),
        ("collected", 565, _LINK_3, misprint(r"\frac{1}{\alpha}", r"\frac{2}{\alpha}")),
    )
)


def _constant_of_descent(kernel: Kernel) -> Evidence:
    """Put beta_xi = beta + (1 - lambda_N)/alpha, the corrected (28), into the third line."""
    printed = parse(kernel.statement, _names())
    true = beta + (1 - eigenvalue) / alpha
    return kernel.identity(printed, value + (true / 2 - 1 / alpha) * squared, BOX)


eq_29_last = Claim(
    id="eq-29-last",
    where=f"{WHERE}, (29), last line",
    statement=_LINK_4,
    kind=Kind.IDENTITY,
    check=_constant_of_descent,
    lines=(566, 566),
    depends=("eq-28",),
    controls=(misprint(r"- \beta^\lambda", r"+ \beta^\lambda"),),
    fault=_EIGENVALUE,
    note="with (28) as printed the bracket would be 1 - sigma_N: the two mistakes do not cancel",
)
eq_29_last_corrected = eq_29_last.variant(
    id="eq-29-last-corrected",
    statement=_LINK_4.replace(r"\sigma_N", r"\lambda_N(W)"),
    lines=None,
    depends=("eq-28-corrected",),
    controls=(
        misprint(r"- \beta^\lambda", r"+ \beta^\lambda"),
        misprint(r"1 + \lambda_N(W)", r"1 - \lambda_N(W)"),
    ),
)


def _first_step(kernel: Kernel, problem: Opposed, least: Fraction, *, drop: Any) -> Evidence:
    """Compare xi(theta^1) with xi(theta^0) - drop, in balls, for two opposed agents from 0."""
    start = (as_fmpq(0), as_fmpq(0))
    x = problem.first_step()
    instance = {**_instance(problem), "(10) holds with": least}
    return kernel.enclosed(
        lambda: problem.lyapunov(x),
        "<=",
        lambda: problem.lyapunov(start) - as_fmpq(drop) * problem.moved(x),
        instance,
        192,
    )


def _descent(kernel: Kernel) -> Evidence:
    """One step of two opposed agents from equal parameters, with a step inside (10).

    The spectral quantity is read from the statement.
    """
    printed = r"\sigma_N" in kernel.statement
    problem = Opposed(
        Fraction(1, 10), Fraction(1, 200) if printed else Fraction(1, 2000), Fraction(1, 10)
    )
    spectral = problem.second_singular_value if printed else problem.smallest_eigenvalue
    factor = parse(re.findall(r"-(\\frac\{1\}\{2\})\(\\alpha", normalized(kernel.statement))[0], {})
    drop = kernel.given("factor", 1) * (
        Fraction(int(factor.p), int(factor.q))
        * ((1 + spectral) / problem.step - problem.smoothness)
    )
    if not problem.admissible(spectral):
        return kernel.undecided("the step is not inside the range")
    return _first_step(kernel, problem, spectral, drop=drop)


_WHOLE = r"\xi_{\alpha, \lambda}(\boldsymbol{\theta}^{k+1}; \boldsymbol{\mu}) \leq " + _LINK_4
eq_29 = Claim(
    id="eq-29",
    where=f"{WHERE}, (29), first against last",
    statement=_LINK_4,
    kind=Kind.UPPER_BOUND,
    check=_descent,
    lines=(566, 566),
    depends=("eq-29-descent", "eq-29-substituted", "eq-29-collected", "eq-29-last"),
    controls=(ingredient("twice the descent", factor=2),),
    fault=_EIGENVALUE,
    note="the first line's left side against the last line, along Algorithm 1 from equal parameters",
)


def _proved_descent(kernel: Kernel) -> Evidence:
    """The first line with the gradient of (25), and the same two agents as a special case."""
    printed = parse(kernel.statement.split(r"\leq")[1], _names())
    factor = -printed.derivative("moved")
    if printed != value - factor * squared:
        return kernel.undecided("the chain is about xi less a multiple of the squared step")
    proof = proof_of(kernel, lambda: descent.lyapunov_drop(factor))
    return kernel.confirmed(proof, _descent(kernel))


eq_29_corrected = eq_29.variant(
    id="eq-29-corrected",
    statement=_WHOLE.replace(r"\sigma_N", r"\lambda_N(W)"),
    lines=None,
    check=_proved_descent,
    depends=("eq-29-descent", "eq-29-last-corrected", "eq-25-gradient"),
    controls=(ingredient("twenty times the descent", factor=20),),
    note="for symmetric W, whose smallest eigenvalue lambda_N(W) is; alpha may be any step size",
)


@claim(
    "appb1-step-range",
    where=f"{WHERE}, after (29)",
    statement=r"\frac{1}{2} (\alpha^{-1}(1 + \sigma_N) - \beta^\lambda) \geq 0",
    kind=Kind.UPPER_BOUND,
    lines=(569, 569),
    depends=("eq-10",),
    controls=(misprint(r"- \beta^\lambda", r"- 3\beta^\lambda"),),
    note="true of the printed constant for every alpha of (10)",
)
def descent_constant_is_positive(kernel: Kernel) -> Evidence:
    """With alpha = t (1 + sigma_N)/(2 beta), t in (0, 1]."""
    t = symbols("t")[0]
    printed = parse(kernel.statement.split(r"\geq")[0], _names())
    inside = printed.evaluate(
        {"alpha": t * (1 + singular) / (2 * beta), "beta": beta, "sigma_N": singular}
    )
    box = Box(
        beta=positive(), sigma_N=_UNIT, t=Interval(Fraction(0), Fraction(1), closed_upper=True)
    )
    return kernel.sign(inside, ">=", 0, box)


def _decreasing(kernel: Kernel) -> Evidence:
    """The corridor's values are concave in the policy, and W is close to exchanging the agents.

    With a step inside (10), the Lyapunov function rises in the first step.
    """
    problem = Opposed(Fraction(1, 10**7), Fraction(1, 200), Fraction(1, 10), concave=True)
    if not problem.admissible(problem.second_singular_value):
        return kernel.undecided("the step is not inside the range")
    drop = kernel.given("drop", Fraction(0))
    return _first_step(kernel, problem, problem.second_singular_value, drop=drop)


decreasing = Claim(
    id="appb1-non-increasing",
    where=f"{WHERE}, after (29)",
    statement=r"is a non-increasing sequence",
    kind=Kind.UPPER_BOUND,
    check=_decreasing,
    lines=(569, 569),
    depends=("eq-29", "appb1-step-range"),
    controls=(ingredient("a given descent", drop=Fraction(1)),),
    fault=_EIGENVALUE,
)


def _decreasing_for_eigenvalue(kernel: Kernel) -> Evidence:
    """(29) with a bracket that is not negative; two opposed agents with lambda_N = 4/5 beside it."""
    condition = normalized(kernel.statement).split(r"\leq")[1].rstrip("$")
    limit = parse(condition, _names())
    problem = Opposed(Fraction(9, 10), Fraction(1, 200), Fraction(1, 10), concave=True)
    drop = kernel.given("drop", Fraction(0))
    special = _first_step(kernel, problem, problem.smallest_eigenvalue, drop=drop)
    return kernel.confirmed(proof_of(kernel, lambda: descent.non_increasing(limit)), special)


decreasing_corrected = decreasing.variant(
    id="appb1-non-increasing-corrected",
    statement=r"is a non-increasing sequence if $\alpha \leq (1 + \lambda_N(W))/(2 \beta^\lambda)$",
    lines=None,
    depends=("eq-29-corrected",),
    check=_decreasing_for_eigenvalue,
    controls=(ingredient("a large descent", drop=Fraction(10**6)),),
    note="for symmetric W; half of the range that the descent needs, as in (10)",
)


def _telescoped(kernel: Kernel) -> Evidence:
    """sum_{k<K} (xi_k - xi_{k+1}) for K = 3, with the last index read from the statement."""
    values = symbols("xi_0", "xi_1", "xi_2", "xi_3")
    printed = re.findall(r"\\theta\}\^\{(K-1|K)\}|\\theta\}\^(K);", normalized(kernel.statement))[
        -1
    ]
    last = kernel.given("last", 2 if printed[0] == "K-1" else 3)
    terms = range(kernel.given("terms", 3))
    total = sum((values[k] - values[k + 1] for k in terms), 0 * values[0])
    constant = symbols("c_1")[0]
    box = Box(c_1=positive(), **{str(x): closed_interval(-1, 1) for x in values})
    return kernel.identity(constant * total, constant * (values[0] - values[last]), box)


eq_30_sum = Claim(
    id="eq-30-telescoped",
    where=f"{WHERE}, (30), second line",
    statement=r"c_1 (\xi_{\alpha, \lambda}(\boldsymbol{\theta}^0; \boldsymbol{\mu}) - \xi_{\alpha, \lambda}(\boldsymbol{\theta}^{K-1}; \boldsymbol{\mu}))",
    kind=Kind.IDENTITY,
    check=_telescoped,
    lines=(573, 573),
    controls=(ingredient("the sum has a term less", terms=2, last=1),),
    fault=Fault(
        Severity.SLIP,
        Origin.EXTRACTION,
        "the sum ends at theta^K, not at theta^{K-1}; the next line holds either way",
    ),
)
eq_30_sum_corrected = eq_30_sum.variant(
    id="eq-30-telescoped-corrected",
    statement=r"c_1 (\xi_{\alpha, \lambda}(\boldsymbol{\theta}^0; \boldsymbol{\mu}) - \xi_{\alpha, \lambda}(\boldsymbol{\theta}^K; \boldsymbol{\mu}))",
    lines=None,
    controls=(misprint(r"^K;", r"^{K-1};"),),
)


@claim(
    "eq-31",
    where=f"{WHERE}, (31)",
    statement=r"\min_{k < K} \|\boldsymbol{\theta}^{k+1} - \boldsymbol{\theta}^k\|^2 \leq \frac{c_1}{K} (\xi_{\alpha, \lambda}(\boldsymbol{\theta}^0; \boldsymbol{\mu}) - \xi_{\alpha, \lambda}(\tilde{\boldsymbol{\theta}}; \boldsymbol{\mu}))",
    kind=Kind.UPPER_BOUND,
    lines=(581, 581),
    depends=("eq-30-telescoped", "eq-29"),
    controls=(misprint(r"\frac{c_1}{K}", r"\frac{c_1}{2K}"),),
    note="the step from (30): the smallest of K numbers is at most their mean",
)
def smallest_is_below_the_mean(kernel: Kernel) -> Evidence:
    """K m <= 1^T b; in the special case K equal numbers b with sum c_1 D, so m = c_1 D/K."""
    about(kernel, r"\min_{k < K} \|\boldsymbol{\theta}^{k+1} - \boldsymbol{\theta}^k\|^2 \leq")
    constant, count, drop = symbols("c_1", "K", "D")
    names = {
        "c_1": constant,
        "K": count,
        r"\xi_{\alpha, \lambda}(\boldsymbol{\theta}^0; \boldsymbol{\mu}) - \xi_{\alpha, \lambda}(\tilde{\boldsymbol{\theta}}; \boldsymbol{\mu})": drop,
    }
    printed = parse(kernel.statement.split(r"\leq")[1], names)
    chain = agent_chains.smallest_below_mean()
    special = kernel.sign(
        constant * drop / count, "<=", printed, Box(c_1=positive(), K=positive(), D=positive())
    )
    return kernel.confirmed(kernel.proof(chain), special)


@claim(
    "eq-32",
    where=f"{WHERE}, (32)",
    statement=r"\frac{1}{\alpha^2} \min_{k < K} \|\boldsymbol{\theta}^{k+1} - \boldsymbol{\theta}^k\|^2 \leq \frac{c_1}{K\alpha^2}",
    kind=Kind.IDENTITY,
    lines=(585, 585),
    depends=("eq-31", "eq-25-gradient"),
    controls=(misprint(r"K\alpha^2", r"K\alpha"),),
    note="(31) divided by alpha^2; the gradient is minus the step over alpha by (25)",
)
def divided_by_the_step(kernel: Kernel) -> Evidence:
    """With |step|^2 = c_1/K both sides are equal."""
    constant, count = symbols("c_1", "K")
    least = {
        r"\min_{k < K} \|\boldsymbol{\theta}^{k+1} - \boldsymbol{\theta}^k\|^2": constant / count
    }
    names = least | {"c_1": constant, "K": count, r"\alpha": alpha}
    one, two = (parse(side, names) for side in kernel.statement.split(r"\leq"))
    return kernel.identity(one, two, Box(alpha=positive(), c_1=positive(), K=positive()))


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
