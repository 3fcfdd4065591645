r"""Theorem 1 in full: corrected, with every hypothesis and constant, and sharp.

The corrected form follows Appendix B.1 and needs a symmetric W. The sharp form follows the mean of
the agents' parameters, so it needs no symmetry, and no eigenvalue of W but sigma_2.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint

from dcpg_theory.exact.balls import ball as enclosure
from dcpg_theory.exact.balls import square_root
from dcpg_theory.exact.boxes import Box, Interval, positive
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import RationalFunction, as_fmpq, symbols
from dcpg_theory.ledger import Claim, Kind, claim, ingredient, misprint, narrate
from dcpg_theory.theory.assumptions import REWARDS_IN_UNIT_INTERVAL
from proofs_check import theorem_1 as printed_theorem
from proofs_check.appendix_b1_bounds import squares
from proofs_check.assumptions import EQUAL_STARTS
from proofs_check.chains import descent, stacks, theorem_1_sharp
from proofs_check.chains import theorem_1 as chains
from proofs_check.chains.derivation import proof_of
from proofs_check.chains.single_agent import single_agent
from proofs_check.instances.weights import ASSUMPTION_1, SYMMETRIC_WEIGHTS
from proofs_check.readings.wording import about
from proofs_check.theorem_1 import Resting, order_at_rest, radius_at_rest

WHERE = "Appendix B.1, last display"
_DISCOUNT = symbols("gamma_j")[0]
_states, _actions = symbols("S", "A")
_RISE = r"\sum_{j=1}^N \left(\frac{1}{1-\gamma_j} + \lambda \text{RE}(\pi_{\theta^0}) \right)"
_FINAL = rf"\frac{{16}}{{(1+\lambda_N(W))K\alpha}} {_RISE} + 16\lambda^2 + \sum_{{j=1}}^N \frac{{512D^2\alpha^2}}{{N(1-\sigma_2)^2(1-\gamma_j)^6}}"
_LEFT = r"\min_{k < K} \left\| \frac{1}{N} \sum_{j=1}^N \nabla V_j(\theta_i^k; \rho_j) \right\|"
_NAMES: dict[str, Any] = {
    r"\lambda_N(W)": descent.eigenvalue,
    r"\lambda": chains.weight,
    r"\alpha": stacks.alpha,
    r"\sigma_2": stacks.sigma,
    r"\gamma_j": _DISCOUNT,
    r"\beta^\lambda": descent.beta,
    r"|\mathcal{S}|": _states,
    "K": chains.iterations,
    "N": stacks.count,
    "D": stacks.size,
}


@claim(
    "appb1-final-constants-corrected",
    where=f"{WHERE}, its two lines",
    statement=r"\leq \frac{16}{(1+\lambda_N(W))K\alpha} \sum_{j=1}^N",
    kind=Kind.UPPER_BOUND,
    depends=("eq-36-last", "eq-37-last", "eq-10-corrected"),
    controls=(misprint("16", "8"), misprint(r"(1+\lambda_N(W))", "")),
    note="16/(K alpha), as printed, is what c_1 with lambda_N gives only where lambda_N >= 0",
)
def constants_with_the_eigenvalue(kernel: Kernel) -> Evidence:
    """c_1 = 2/((1 + lambda_N)/alpha - beta), alpha = t (1 + lambda_N)/(2 beta), t in (0, 1]."""
    about(kernel, r"\sum_{j=1}^N")
    t, beta, count = symbols("t", "beta", "K")
    alpha = t * (1 + descent.eigenvalue) / (2 * beta)
    constant = 2 / ((1 + descent.eigenvalue) / alpha - beta)
    text = normalized(kernel.statement).removeprefix(r"\leq").split(r"\sum")[0]
    printed = parse(text, {**_NAMES, "K": count, r"\alpha": alpha})
    box = Box(
        t=Interval(Fraction(0), Fraction(1), closed_upper=True),
        beta=positive(),
        lambda_N=Interval(Fraction(-1), Fraction(1), closed_upper=True),
        K=positive(),
    )
    return kernel.sign(4 * constant / (count * alpha**2), "<=", printed, box)


# The bound, squared ---------------------------------------------------------------------------


def _terms(statement: str) -> tuple[RationalFunction, RationalFunction, RationalFunction] | None:
    """Read what stands before the sum of (34), the regularizer's term, and before sum_j X_j^6."""
    text = normalized(statement).split(r"\leq")[-1].rstrip("$.)")
    before, rise, rest = text.partition(normalized(_RISE))
    middle, sign, last = rest.partition(r"+\sum_{j=1}^N")
    if not rise or not sign:
        return None
    sixth = parse(last, _NAMES) * (1 - _DISCOUNT) ** 6
    if "gamma_j" in sixth.free_names():
        return None
    return parse(before, _NAMES), parse(middle.lstrip("+"), _NAMES), sixth


def _at_rest(kernel: Kernel, terms: tuple[RationalFunction, ...]) -> Evidence:
    """At rest min_k |mean grad V|^2 = 9/128 for every K, alpha = 1/10^7 and K = 10^14; W = J."""
    resting = Resting(kernel.given("agents", 200))
    agents, weight, x = resting.agents, resting.regularization, 2
    at = {
        "alpha": Fraction(1, 10**7),
        "K": 10**14,
        "N": agents,
        "D": agents * (2 * weight + x**2),
        "lambda": weight,
        "lambda_N": 0,
        "sigma_2": 0,
    }
    head, middle, last = (
        term.evaluate({name: as_fmpq(value) for name, value in at.items()}) for term in terms
    )
    value = kernel.given("scale", 1) * squares(list(resting.value_gradient()))
    entropy = resting.entropy()
    rise = agents * (x + as_fmpq(weight) * entropy)
    still = squares(list(resting.regularized_gradient()))
    instance = {**at, "tasks": "N times: one state, rewards (1/2, 0), gamma = 1/2", "W": "1 1^T/N"}
    return kernel.every(
        kernel.at_instance(still, "=", 0, instance),
        kernel.enclosed(
            lambda: flint.arb(value),
            "<=",
            lambda: head * rise + middle + last * agents * as_fmpq(x) ** 6,
            instance,
        ),
    )


def _whole_bound(kernel: Kernel) -> Evidence:
    """The chain of Appendix B.1 from (9) to the last display, and agents at rest beside it.

    (29) is telescoped up to the last iterate, whose L is at most sum_j 1/(1 - gamma_j); (34)-(38)
    move from the stack to one agent.
    """
    terms = _terms(kernel.statement)
    if terms is None:
        return kernel.undecided("the bound is not of the form that the chain is about")
    proof = proof_of(kernel, lambda: chains.theorem_1(chains.bound(*terms)))
    return kernel.confirmed(proof, _at_rest(kernel, terms))


_LINKS = (
    "eq-9-corrected",
    "lemma-b1",
    "lemma-b2",
    "eq-29-corrected",
    "eq-34-entropy",
    "eq-34-value",
    "eq-36-mean-corrected",
    "eq-37-minimum-corrected",
    "eq-85-gradient-corrected",
    "eq-38-bound",
    "appb1-final-constants-corrected",
)
final_bound_corrected = printed_theorem.final_bound.variant(
    id="appb1-final-corrected",
    statement=_FINAL,
    lines=None,
    check=_whole_bound,
    depends=_LINKS,
    controls=(
        misprint(r"16\lambda^2", r"\frac{16\lambda^2}{N}"),
        ingredient("larger", scale=10**3),
    ),
    note="for symmetric W, equal starts and alpha inside the corrected (10); D is that of Lemma B.1",
)

# The constant beta without its sum, D in two parts, and the largest alpha.
_SETTING = re.compile(
    r"\\beta\^\\lambda=\\sum_\{j=1\}\^N(.*?),D=(.*?)\+\\sum_\{j=1\}\^N(.*?)and0<\\alpha\\leq(.*?)\.Then"
)


def _whole_theorem(kernel: Kernel) -> Evidence:
    """One chain from the hypotheses to the bound; what it takes from elsewhere are Lemmas B.5, B.6.

    The range of alpha and the bound are read from the statement.
    """
    terms, found = _terms(kernel.statement), _SETTING.search(normalized(kernel.statement))
    if terms is None or found is None:
        return kernel.undecided("the statement is not of the form that the chain is about")
    special = _at_rest(kernel, terms)
    smooth, twice, slope, limit = (parse(part, _NAMES) for part in found.groups())
    gap = 1 - _DISCOUNT
    known = (8 / gap**3 + 2 * chains.weight / _states, 2 * stacks.count * chains.weight, 1 / gap**2)
    if (smooth, twice, slope) != known:
        return kernel.confirmed(kernel.undecided("beta and D are those of (27) and B.1"), special)
    proof = proof_of(kernel, lambda: chains.theorem_1(chains.bound(*terms), limit=limit))
    return kernel.confirmed(proof, special)


theorem_1_corrected = Claim(
    id="theorem-1-corrected",
    where="Section 4, Theorem 1",
    statement=(
        r"Let W be symmetric and doubly stochastic with $\sigma_2 < 1$ and smallest eigenvalue "
        r"$\lambda_N(W) > -1$, as under Assumption 1, let rewards lie in [0, 1] and $\mu_i = \rho_i$, "
        r"let all agents start from one $\theta^0$, and let "
        r"$\beta^\lambda = \sum_{j=1}^N (\frac{8}{(1-\gamma_j)^3} + \frac{2\lambda}{|\mathcal{S}|})$, "
        r"$D = 2N\lambda + \sum_{j=1}^N \frac{1}{(1-\gamma_j)^2}$ and "
        r"$0 < \alpha \leq \frac{1+\lambda_N(W)}{2\beta^\lambda}$. "
        rf"Then for every agent i and every K >= 1 ${_LEFT}^2 \leq {_FINAL}$"
    ),
    kind=Kind.UPPER_BOUND,
    check=_whole_theorem,
    assumptions=(ASSUMPTION_1, SYMMETRIC_WEIGHTS, REWARDS_IN_UNIT_INTERVAL, EQUAL_STARTS),
    depends=("appb1-final-corrected", "eq-10-corrected", "eq-26", "eq-27"),
    controls=(
        misprint(r"16\lambda^2", r"\frac{16\lambda^2}{N}"),
        ingredient("larger", scale=10**3),
    ),
    adds={
        "symmetric W": "",
        "equal starts": "theorem-1-equal-starts-sharp",
        "mu_i = rho_i": "",
    },
    note=(
        "no optimum has to be attained: the last iterate takes the place of a minimiser of xi. That "
        "W is symmetric is not known to be necessary for this bound: theorem-1-sharp does without"
    ),
)


# Up to a constant -----------------------------------------------------------------------------

_ORDER = rf"\frac{{1}}{{(1+\lambda_N(W))K\alpha}} {_RISE} + \frac{{D^2 \alpha^2}}{{N(1-\sigma_2)^2}} \sum_{{j=1}}^N \frac{{1}}{{(1-\gamma_j)^6}} + \lambda^2"


def _order(kernel: Kernel) -> Evidence:
    """The bound is at most 512 times the printed one, term by term, for all problems."""
    special = order_at_rest(kernel)
    before, rise, rest = normalized(kernel.statement).partition(normalized(_RISE))
    spread, sign, last = rest.partition(normalized(r"\sum_{j=1}^N \frac{1}{(1-\gamma_j)^6}"))
    if not rise or not sign:
        return kernel.confirmed(
            kernel.undecided("not of the form that the chain is about"), special
        )
    terms = (
        512 * parse(before, _NAMES),
        512 * parse(last.lstrip("+"), _NAMES),
        512 * parse(spread.lstrip("+"), _NAMES),
    )
    proof = proof_of(kernel, lambda: chains.theorem_1(chains.bound(*terms), up_to_a_constant=True))
    return kernel.confirmed(proof, special)


eq_11_corrected = printed_theorem.eq_11.variant(
    id="eq-11-corrected",
    statement=_ORDER,
    lines=None,
    check=_order,
    depends=("appb1-final-corrected",),
    controls=(misprint(r"+ \lambda^2", r"+ \frac{\lambda^2}{N}"),),
    note=(
        "with the constant 512 for all problems; 1 + lambda_N is there because the step size of (10) "
        "and c_1 have it, and is at least 1 for positive semidefinite W"
    ),
)


def _ball(kernel: Kernel) -> Evidence:
    """min_k |mean grad V| <= s + 4 lambda + rho alpha, where s is of the order 1/sqrt K.

    rho = 16 sqrt 2 D (sum_j (1 - gamma_j)^-6)^{1/2} / (sqrt N (1 - sigma_2)). The squares of these
    three numbers add up to the bound of Theorem 1, corrected.
    """
    special = radius_at_rest(kernel)
    rho = chains.ball_symbols[1]
    radius = parse(re.findall(r"\\mathcal\{O\}\((.*)\)", normalized(kernel.statement))[0], _NAMES)
    if radius != stacks.alpha + chains.weight:
        return kernel.confirmed(kernel.undecided("the chain is about alpha + lambda"), special)
    proof = proof_of(kernel, lambda: chains.ball(4 * chains.weight + rho * stacks.alpha))
    return kernel.confirmed(proof, special)


ball_corrected = printed_theorem.ball.variant(
    id="sec4-ball-corrected",
    statement=r"the norm of the gradient converges to a ball with radius $\mathcal{O}(\alpha + \lambda)$",
    lines=None,
    check=_ball,
    depends=("eq-11-corrected",),
    controls=(misprint(r"\alpha + \lambda", r"\alpha"),),
    note="the radius is 4 lambda + rho alpha, with a constant rho that depends on the problem",
)

# Sharp ----------------------------------------------------------------------------------------

_SHARP_NAMES: Mapping[str, Any] = {
    r"\bar{b}^V": symbols("bVbar")[0],
    r"\bar{b}": theorem_1_sharp.bbar,
    r"b_{rms}": symbols("b_rms")[0],
    r"G_{rms}": symbols("G_rms")[0],
    r"\Delta": theorem_1_sharp.Delta,
    r"\delta": theorem_1_sharp.delta,
    r"\alpha": stacks.alpha,
    r"\sigma_2": stacks.sigma,
    r"\lambda": theorem_1_sharp.weight,
    "K": chains.iterations,
    "N": stacks.count,
    r"|\mathcal{S}|": symbols("S")[0],
    r"|\mathcal{A}|": symbols("A")[0],
}


def roots_named(text: str) -> tuple[str, list[str]]:
    """Replace the square roots by symbols; return the text and what stands under them."""
    inside = []
    while (start := text.find(r"\sqrt{")) >= 0:
        depth, end = 1, start + len(r"\sqrt{")
        while depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        inside.append(text[start + len(r"\sqrt{") : end - 1])
        text = f"{text[:start]}\\root_{len(inside)}{text[end:]}"
    return text, inside


# The largest alpha, delta and Delta.
_SHARP_SETTING = re.compile(
    r"0<\\alpha\\leq(.*?),\\delta=(.*?)and\\Delta=(.*?);forN=1,\\delta=0\.Then"
)
_rest = symbols("RE")[0]


def _sharp(kernel: Kernel) -> Evidence:
    """The mean's ascent on f, telescoped, and the way from the mean to one agent; N = 1 beside it.

    The numbers under the roots, the definition of delta and the range of alpha are read from the
    statement. Agents at rest are the special case: two with W = J, alpha = 10^-7 and K = 10^14.
    """
    text = normalized(kernel.statement)
    found = _SHARP_SETTING.search(text)
    tail, inside = roots_named(text.split(r"\leq")[-1].rstrip("."))
    if found is None or len(inside) != 3:
        return kernel.undecided("the statement is not of the form that the chain is about")
    limit, small, large = found.groups()
    total_rise = symbols("sum")[0]
    rise = {r"\sum_{j=1}^N\frac{1}{1-\gamma_j}": total_rise, r"\text{RE}(\pi_{\theta^0})": _rest}
    gap = parse(large, {**_SHARP_NAMES, **rise})
    names = {**_SHARP_NAMES, r"\delta": parse(small, _SHARP_NAMES)}
    under = [parse(part, names) for part in inside]
    known = (total_rise / stacks.count + theorem_1_sharp.weight * _rest, stacks.count - 1)
    if (gap, under[1]) != known or under[2] != (1 - 1 / _actions) / _states:
        return kernel.undecided("the chain is about other constants than these")
    q = theorem_1_sharp.q
    roots = {rf"\root_{k}": x for k, x in enumerate((q, *symbols("r", "l")), 1)}
    total = parse(tail, {**names, **roots})
    arguments = (under[0], total - q, parse(limit, names))
    special = _sharp_at_rest(kernel, under[0], total)
    proofs = kernel.every(
        proof_of(kernel, lambda: theorem_1_sharp.theorem_1_sharp(*arguments)),
        proof_of(kernel, lambda: single_agent(*arguments)),
    )
    return kernel.confirmed(proofs, special)


def _sharp_at_rest(kernel: Kernel, inside: RationalFunction, total: RationalFunction) -> Evidence:
    """At rest the left side is sqrt(9/128); b = 10 and G = 10 are larger than the constants are."""
    resting = Resting(2)
    weight = as_fmpq(resting.regularization)
    at = {
        "alpha": Fraction(1, 10**7),
        "K": 10**14,
        "sigma_2": 0,
        "b_rms": 10,
        "bVbar": 10,
        "G_rms": 10,
    }
    exact = {name: as_fmpq(value) for name, value in at.items()}
    value = kernel.given("scale", 1) * squares(list(resting.value_gradient()))

    def printed() -> Any:
        point = {**exact, "Delta": 2 + weight * resting.entropy(), "N": as_fmpq(2)}
        root = inside.evaluate(point).sqrt()
        half = square_root(Fraction(1, 2))
        return total.evaluate({**point, "q": root, "r": enclosure(1), "l": half, "lambda": weight})

    return kernel.enclosed(
        lambda: square_root(value), "<=", printed, {**at, "N": 2, "W": "1 1^T/N"}
    )


theorem_1_sharp_claim = Claim(
    id="theorem-1-sharp",
    where="Section 4, Theorem 1",
    statement=(
        r"Let W be doubly stochastic with $\sigma_2 < 1$, symmetric or not, let all agents start from "
        r"one $\theta^0$, let $V_j$ be $b_j^V$-smooth with values in an interval of length "
        r"$\frac{1}{1-\gamma_j}$, let $L_j = V_j - \lambda \text{RE}$ be $b_j$-smooth with gradients "
        r"of norm at most $G_j$; bars are means over the tasks, rms root mean squares. Let "
        r"$0 < \alpha \leq \frac{1}{\bar{b}}$, $\delta = \frac{\alpha G_{rms}}{1-\sigma_2}$ and "
        r"$\Delta = \frac{1}{N} \sum_{j=1}^N \frac{1}{1-\gamma_j} + \lambda \text{RE}(\pi_{\theta^0})$; "
        r"for N = 1, $\delta = 0$. Then for every agent i and every K >= 1 "
        rf"${_LEFT} \leq \sqrt{{\frac{{2\Delta}}{{\alpha K}} + b_{{rms}}^2 \delta^2}} + \bar{{b}}^V \sqrt{{N-1}} \delta + \lambda \sqrt{{\frac{{1 - \frac{{1}}{{|\mathcal{{A}}|}}}}{{|\mathcal{{S}}|}}}}$"
    ),
    kind=Kind.UPPER_BOUND,
    check=_sharp,
    assumptions=(EQUAL_STARTS,),
    depends=("eq-9-corrected", "eq-89-sharp", "eq-34-entropy"),
    controls=(
        misprint(r"+ \lambda \sqrt", r"+ \frac{\lambda}{4} \sqrt"),
        ingredient("larger", scale=10),
    ),
    note=(
        "W need not be symmetric and its smallest eigenvalue plays no part; the values of b_j, b_j^V "
        "and G_j are claims of their own. b_j = 8/(1 - gamma_j)^3 + 2 lambda/|S| serves, by Lemmas "
        "B.5 and B.6"
    ),
)

if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
