r"""Appendix B.1, Lemmas B.1 and B.2 and the Lyapunov function: (22)-(28)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory.exact.boxes import Box, at_least, closed_interval, open_interval, positive
from dcpg_theory.exact.chains import Chain
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.numbers import NumberKind, as_array
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
from dcpg_theory.theory.assumptions import REWARDS_IN_UNIT_INTERVAL
from proofs_check.chains import agents as agent_chains
from proofs_check.instances.two_agents import Opposed
from proofs_check.readings.wording import about
from proofs_check.symbols import DISCOUNT, PROBABILITY, own

WHERE = "Appendix B.1"
SYMMETRIC = "symmetric W"

a, b, c, alpha = symbols("a", "b", "c", "alpha")
theta = symbols("t1", "t2", "t3")
_WEIGHTS = Box(a=open_interval(0, Fraction(1, 3)), b=open_interval(0, Fraction(1, 3)))
MIXING = _WEIGHTS.replace(
    c=open_interval(0, Fraction(1, 3)),
    alpha=positive(),
    **{str(t): closed_interval(-1, 1) for t in theta},
)


def symmetric_mixing() -> Any:
    """Return a symmetric doubly stochastic 3 x 3 matrix with symbols for its weights."""
    return as_array([[1 - a - b, a, b], [a, 1 - a - c, c], [b, c, 1 - b - c]], NumberKind.SYMBOLIC)


def cyclic_mixing() -> Any:
    """Return a doubly stochastic 3 x 3 matrix that is symmetric only for a = b."""
    return as_array([[1 - a - b, a, b], [b, 1 - a - b, a], [a, b, 1 - a - b]], NumberKind.SYMBOLIC)


def quadratic(mixing: Any) -> Any:
    """Return theta^T (I - W) theta for one parameter of three agents."""
    vector = np.array(theta, dtype=object)
    return vector @ (vector - mixing @ vector)


# Lemma B.1 ----------------------------------------------------------------------------------


@claim(
    "lemma-b1-l1",
    where=f"{WHERE}, Lemma B.1",
    statement=r"\|\nabla L_i^\lambda(\theta_i^k; \mu_i)\| &\leq \sum_{s,a} \left| \frac{\partial L_i^\lambda(\theta_i^k; \mu_i)}{\partial \theta_{i,s,a}^k} \right|",
    kind=Kind.UPPER_BOUND,
    lines=(516, 516),
    controls=(ingredient("the sum is halved", factor=Fraction(1, 2)),),
)
def norm_below_sum(kernel: Kernel) -> Evidence:
    """x^T x <= (1^T x)^2 for non-negative x; the special case has three entries."""
    about(
        kernel,
        r"\|\nabla L_i^\lambda(\theta_i^k; \mu_i)\| &\leq \sum_{s,a}",
        r"\left| \frac{\partial L_i^\lambda(\theta_i^k; \mu_i)}{\partial \theta_{i,s,a}^k} \right|",
    )
    entries = symbols("x1", "x2", "x3")
    total = kernel.given("factor", 1) * sum(entries[1:], entries[0])
    squares = sum((x * x for x in entries[1:]), entries[0] ** 2)
    box = Box(**{str(x): PROBABILITY for x in entries})
    chain = agent_chains.norm_below_sum()
    return kernel.confirmed(kernel.proof(chain), kernel.sign(squares, "<=", total**2, box))


_SUMMAND = r"\sum_{s,a} \left| \frac{1}{1-\gamma_i} d_{\mu_j}^{\pi_{\theta}}(s) \pi_{\theta}(a|s) A_i^{\pi_{\theta}}(s,a) + \frac{\lambda}{|\mathcal{S}|} \left(\frac{1}{|\mathcal{S}|} - \pi_{\theta}(a|s) \right) \right|"


def _summand(kernel: Kernel) -> Evidence:
    """The printed summand against (8): the uniform probability is 1/|A|, and mu has the index i."""
    states, actions, weight = symbols("S", "A", "lambda")
    visits, chosen, gain, other = symbols("d_i", "pi", "advantage", "d_j")
    inner = normalized(kernel.statement).split("|", 1)[1].rsplit("|", 1)[0]
    names = {
        r"|\mathcal{S}|": states,
        r"|\mathcal{A}|": actions,
        r"\lambda": weight,
        r"\gamma_i": own,
        r"d_{\mu_j}^{\pi_{\theta}}(s)": other,
        r"d_{\mu_i}^{\pi_{\theta}}(s)": visits,
        r"\pi_{\theta}(a|s)": chosen,
        r"A_i^{\pi_{\theta}}(s,a)": gain,
    }
    exact = visits * chosen * gain / (1 - own) + weight / states * (1 / actions - chosen)
    box = Box(
        S=at_least(1), A=at_least(1), gamma_i=DISCOUNT, d_i=PROBABILITY, d_j=PROBABILITY,
        pi=PROBABILITY, advantage=closed_interval(-1, 1), **{"lambda": positive()},
    )  # fmt: skip
    return kernel.identity(parse(inner, names), exact, box)


lemma_b1_summand = Claim(
    id="lemma-b1-summand",
    where=f"{WHERE}, Lemma B.1",
    statement=_SUMMAND,
    kind=Kind.IDENTITY,
    check=_summand,
    lines=(516, 516),
    depends=("eq-51",),
    controls=(misprint(r"- \pi_{\theta}(a|s)", r"+ \pi_{\theta}(a|s)"),),
    fault=Fault(
        Severity.SLIP,
        Origin.EXTRACTION,
        "1/|S| stands for 1/|A| in the regularizer's gradient, and mu_j for mu_i",
    ),
)
lemma_b1_summand_corrected = lemma_b1_summand.variant(
    id="lemma-b1-summand-corrected",
    statement=_SUMMAND.replace(r"(\frac{1}{|\mathcal{S}|}", r"(\frac{1}{|\mathcal{A}|}").replace(
        r"\mu_j", r"\mu_i"
    ),
    lines=None,
    controls=(
        misprint(r"(\frac{1}{|\mathcal{A}|}", r"(\frac{1}{|\mathcal{S}|}"),
        misprint(r"- \pi_{\theta}(a|s)", r"+ \pi_{\theta}(a|s)"),
    ),
)


@claim(
    "lemma-b1-agent",
    where=f"{WHERE}, Lemma B.1",
    statement=r"\leq \frac{1}{(1-\gamma_i)^2} + 2\lambda",
    kind=Kind.UPPER_BOUND,
    lines=(516, 516),
    assumptions=(REWARDS_IN_UNIT_INTERVAL,),
    depends=("lemma-b1-l1", "lemma-b1-summand", "eq-3-advantage-upper-corrected"),
    controls=(
        misprint(r"\frac{1}{(1-\gamma_i)^2}", r"(1-\gamma_i)^2"),
        misprint(r"2\lambda", r"\frac{\lambda}{2}"),
    ),
    note="for any visitation, policy and signs; the last two lines of the display in one",
)
def gradient_of_one_agent(kernel: Kernel) -> Evidence:
    """Signed weights m of mass X have m A <= X^2; two distributions' averages differ by at most 2.

    Special cases are the two-armed bandit: a fair coin between rewards 1 and 0 has the sum X/2,
    and without rewards the policy (1, 0) has lambda.
    """
    weight = symbols("lambda")[0]
    printed = parse(kernel.statement.split(r"\leq")[1], {r"\gamma_i": own, r"\lambda": weight})
    box = Box(gamma_i=DISCOUNT, **{"lambda": at_least(0)})
    chain = agent_chains.gradient_sum()
    special = (
        kernel.sign(1 / (1 - own) / 2, "<=", printed, box),
        kernel.sign(weight, "<=", printed, box),
    )
    return kernel.confirmed(kernel.proof(chain, agent_chains.at_most(chain, printed)), *special)


lemma_b1 = Claim(
    id="lemma-b1",
    where=f"{WHERE}, Lemma B.1",
    statement=r"\|\nabla L^\lambda(\theta^k; \mu)\| \leq D",
    kind=Kind.UPPER_BOUND,
    lines=(512, 512),
    parts=("lemma-b1-l1", "lemma-b1-agent", "eq-22"),
    depends=("lemma-b1-summand",),
)


@claim(
    "eq-22",
    where=f"{WHERE}, (22)",
    statement=r"\leq \sum_{i=1}^N \|\nabla L_i^\lambda(\theta_i^k; \mu_i)\| \leq 2N\lambda + \sum_{i=1}^N \frac{1}{(1-\gamma_i)^2}",
    kind=Kind.UPPER_BOUND,
    lines=(520, 520),
    depends=("lemma-b1-agent",),
    controls=(misprint(r"2N\lambda", r"N\lambda"), misprint(r"(1-\gamma_i)^2", r"(1-\gamma_i)")),
    note="the norm of the stack is at most the sum of its blocks' norms: lemma-b1-l1 once more",
)
def gradient_of_all_agents(kernel: Kernel) -> Evidence:
    """The agents' bounds 1/(1 - gamma_i)^2 + 2 lambda add up to the printed sum; here for two."""
    about(kernel, r"\leq \sum_{i=1}^N \|\nabla L_i^\lambda(\theta_i^k; \mu_i)\| \leq")
    weight, first, second = symbols("lambda", "gamma_1", "gamma_2")
    last = normalized(kernel.statement).split(r"\leq")[-1]
    head, term = last.split(r"+\sum_{i=1}^N")
    printed = parse(head, {"N": weight * 0 + 2, r"\lambda": weight})
    exact: Any = 0
    for discount in (first, second):
        printed = printed + parse(term, {r"\gamma_i": discount})
        exact = exact + 1 / (1 - discount) ** 2 + 2 * weight
    box = Box(gamma_1=DISCOUNT, gamma_2=DISCOUNT, **{"lambda": at_least(0)})
    chain = agent_chains.norm_below_sum()
    return kernel.confirmed(kernel.proof(chain), kernel.identity(exact, printed, box))


def together(kernel: Kernel, chain: Chain, factor: int) -> Evidence:
    """Prove a bound on how far agents are apart, as printed, with two opposed agents beside it.

    After one step from equal parameters, agents that keep 199/200 of their own parameters stand at
    (x, -x) and (-x, x), with the mean 0 between them: `factor` is 1 for the distance from the
    mean, 2 for that from each other.
    """
    symbol = dict(zip(("alpha", "D", "sigma_2"), symbols("alpha", "D", "sigma_2"), strict=True))
    names = {r"\alpha": symbol["alpha"], "D": symbol["D"], r"\sigma_2": symbol["sigma_2"]}
    printed = parse(normalized(kernel.statement).split(r"\leq")[1].split(",")[0], names)
    problem = Opposed(Fraction(199, 200), Fraction(1, 200), Fraction(1, 10))
    x = problem.first_step()[0]
    at = {
        "alpha": problem.step,
        "D": 4 * problem.regularization + 8,
        "sigma_2": problem.second_singular_value,
    }
    squared = factor**2 * 2 * x * x
    special = kernel.at_instance(squared, "<=", printed.evaluate(at) ** 2, {**at, "k": 1})
    return kernel.confirmed(kernel.proof(chain, agent_chains.at_most(chain, printed)), special)


@claim(
    "lemma-b2",
    where=f"{WHERE}, Lemma B.2 and (23)",
    statement=r"\|\theta_i^k - \bar{\theta}^k\| \leq \frac{\alpha D}{1-\sigma_2}, \quad \forall i, k.",
    kind=Kind.UPPER_BOUND,
    lines=(526, 526),
    depends=("lemma-b1",),
    controls=(misprint(r"\frac{\alpha D}{1-\sigma_2}", r"\alpha D (1-\sigma_2)"),),
    note="for every doubly stochastic W with sigma_2 < 1, symmetric or not, from equal parameters",
)
def agents_stay_together(kernel: Kernel) -> Evidence:
    """With e = (I - J) theta: |e[k+1]| <= sigma_2 |e[k]| + alpha D, and e[0] = 0."""
    about(kernel, r"\|\theta_i^k - \bar{\theta}^k\| \leq")
    return together(kernel, agent_chains.agents_stay_together(), 1)


# The Lyapunov function -----------------------------------------------------------------------


@claim(
    "eq-24",
    where=f"{WHERE}, (24)",
    statement=r"where $\|\theta\|_{I-W}^2 \triangleq \theta^T ((I-W) \otimes I) \theta$",
    kind=Kind.DEFINITION,
    lines=(536, 536),
    controls=(misprint("(I-W)", "(I+W)"),),
    note="a sum of squares for every doubly stochastic W, symmetric or not",
)
def quadratic_form_is_a_sum_of_squares(kernel: Kernel) -> Evidence:
    """theta^T (I - W) theta = (1/2) sum_ij W_ij (theta_i - theta_j)^2, for three agents."""
    about(kernel, r"\|\theta\|_{I-W}^2 \triangleq \theta^T")
    mixing = cyclic_mixing()
    sign = 1 if "(I-W)" in normalized(kernel.statement) else -1
    vector = np.array(theta, dtype=object)
    printed = vector @ (vector - sign * (mixing @ vector))
    squares = sum(mixing[i, j] * (theta[i] - theta[j]) ** 2 for i in range(3) for j in range(3))
    return kernel.definition(kernel.identity(printed, squares / 2, MIXING))


def _regrouped(kernel: Kernel) -> Evidence:
    """Read each side as an expression in W theta, theta and the gradient g."""
    moved, here, slope = symbols("W theta", "theta", "g")
    names = {
        r"(W \otimes I) \theta^k": moved,
        r"((I - W) \otimes I) \boldsymbol{\theta}^k": here - moved,
        r"\boldsymbol{\theta}^k": here,
        r"\nabla L^\lambda(\theta^k; \mu)": slope,
        r"\nabla L^\lambda(\boldsymbol{\theta}^k; \boldsymbol{\mu})": slope,
        r"\alpha": alpha,
    }
    printed = parse(kernel.statement.lstrip("&= "), names)
    box = Box(
        alpha=positive(),
        **{"W theta": closed_interval(-1, 1)},
        theta=closed_interval(-1, 1),
        g=closed_interval(-1, 1),
    )
    return kernel.identity(printed, moved + alpha * slope, box)


_REGROUPED = (
    ("matrix", 540, r"(W \otimes I) \theta^k + \alpha \nabla L^\lambda(\theta^k; \mu)", misprint("+", "-")),
    ("difference", 543, r"\boldsymbol{\theta}^k + \alpha \nabla L^\lambda(\boldsymbol{\theta}^k; \boldsymbol{\mu}) - ((I - W) \otimes I) \boldsymbol{\theta}^k", misprint("- ((I", "+ ((I")),
    ("step", 544, r"\boldsymbol{\theta}^k - \alpha (-\nabla L^\lambda(\boldsymbol{\theta}^k; \boldsymbol{\mu}) + \frac{1}{\alpha} ((I - W) \otimes I) \boldsymbol{\theta}^k)", misprint(r"\frac{1}{\alpha} ", "")),
)  # fmt: skip
regrouped = tuple(
    claim(
        f"eq-25-{name}",
        where=f"{WHERE}, (25)",
        statement=statement,
        kind=Kind.IDENTITY,
        lines=(line, line),
        depends=("eq-9",),
        controls=(control,),
        note="the update (9) with j = i in the sum",
    )(_regrouped)
    for name, line, statement, control in _REGROUPED
)


def _quadratic_gradient(kernel: Kernel) -> Evidence:
    """d/dtheta of theta^T (I - W) theta / (2 alpha) is (I - W) theta / alpha for symmetric W.

    For a doubly stochastic W that is not symmetric it is ((I - W) + (I - W)^T) theta / (2 alpha).
    """
    slope, apart = symbols("g", "(I-W) theta")
    names = {
        r"\nabla L^\lambda(\theta; \mu)": slope,
        r"((I - W) \otimes I)\theta": apart,
        r"\alpha": alpha,
    }
    _, right = normalized(kernel.statement).split("=")
    about(kernel, r"\nabla \xi_{\alpha, \lambda}(\theta; \mu) =")
    printed = parse(right, names)
    scale = printed.derivative("(I-W) theta")
    objective = kernel.identity(printed.derivative("g"), -1 + 0 * alpha, Box(alpha=positive()))

    def difference(mixing: Any) -> Evidence:
        form = quadratic(mixing) / (2 * alpha)
        slopes = [form.derivative(str(t)) for t in theta]
        vector = np.array(theta, dtype=object)
        return kernel.identity(list((vector - mixing @ vector) * scale), slopes, MIXING)

    holds = kernel.every(difference(symmetric_mixing()), objective)
    return kernel.conditional(holds, SYMMETRIC, difference(cyclic_mixing()))


def _gradient_claim(id: str, line: int, statement: str, **changes: Any) -> Claim:
    fields: dict[str, Any] = {
        "id": id,
        "where": WHERE,
        "statement": statement,
        "kind": Kind.IDENTITY,
        "check": _quadratic_gradient,
        "lines": (line, line),
        "depends": ("eq-24",),
        "note": "Assumption 1 does not say that W is symmetric",
    }
    return Claim(**(fields | changes))


def _step_along_gradient(kernel: Kernel) -> Evidence:
    """Theta - alpha grad(quadratic/(2 alpha)) = W theta for symmetric W, and not otherwise."""
    text = normalized(kernel.statement)
    sign = -1 if r"-\alpha" in text else 1

    def difference(mixing: Any) -> Evidence:
        form = quadratic(mixing) / (2 * alpha)
        vector = np.array(theta, dtype=object)
        moved = [t + sign * alpha * form.derivative(str(t)) for t in theta]
        return kernel.identity(moved, list(mixing @ vector), MIXING)

    return kernel.conditional(
        difference(symmetric_mixing()), SYMMETRIC, difference(cyclic_mixing())
    )


eq_33 = _gradient_claim(
    "eq-33",
    589,
    r"\nabla \xi_{\alpha, \lambda}(\theta; \mu) = -\nabla L^\lambda(\theta; \mu) + \frac{1}{\alpha}((I - W) \otimes I)\theta",
    where=f"{WHERE}, (33)",
    controls=(misprint(r"\frac{1}{\alpha}", r"\frac{2}{\alpha}"),),
)
gradient_step = _gradient_claim(
    "eq-25-gradient",
    545,
    r"\boldsymbol{\theta}^k - \alpha \nabla \xi_{\alpha, \lambda}(\boldsymbol{\theta}^k; \boldsymbol{\mu})",
    where=f"{WHERE}, (25)",
    depends=("eq-24", "eq-33", "eq-25-step"),
    check=_step_along_gradient,
    controls=(misprint(r"- \alpha", r"+ \alpha"),),
)


eq_25 = Claim(
    id="eq-25",
    where=f"{WHERE}, (25)",
    statement=r"the sequence $\{\theta^k\}$ generated by the distributed policy gradient algorithm is the same as the sequence generated by applying gradient descent on $\xi_{\alpha, \lambda}(\theta)$, if both algorithms use fixed step size α",
    kind=Kind.IDENTITY,
    lines=(538, 538),
    parts=("eq-25-matrix", "eq-25-difference", "eq-25-step", "eq-25-gradient"),
)


def _constant(printed_names: Callable[[], dict[str, Any]]) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        """If |h| <= 8/(1 - gamma)^3 and |k| <= 2 lambda/|S|, then |h - k| is at most their sum."""
        weight, states = symbols("lambda", "S")
        side = normalized(kernel.statement).split("=", 1)[1].removeprefix(r"\sum_{i=1}^N")
        printed = parse(side, printed_names())
        exact = 8 / (1 - own) ** 3 + 2 * weight / states
        box = Box(gamma_i=DISCOUNT, S=at_least(1), **{"lambda": at_least(0)})
        return kernel.definition(kernel.identity(printed, exact, box))

    return check


def _agent_names() -> dict[str, Any]:
    weight, states = symbols("lambda", "S")
    return {r"\gamma_i": own, r"\lambda": weight, r"|\mathcal{S}|": states}


eq_26 = claim(
    "eq-26",
    where=f"{WHERE}, (26)",
    statement=r"\beta_i^\lambda = \frac{8}{(1 - \gamma_i)^3} + \frac{2\lambda}{|\mathcal{S}|}",
    kind=Kind.DEFINITION,
    lines=(550, 550),
    depends=("eq-77-gradient", "eq-86-gradient"),
    controls=(misprint(r"2\lambda", r"\lambda"), misprint("^3", "^2")),
    note="the sum of the constants of Lemmas B.5 and B.6; (27) is its sum over the agents",
)(_constant(_agent_names))


eq_27 = claim(
    "eq-27",
    where=f"{WHERE}, (27)",
    statement=r"\beta^\lambda = \sum_{i=1}^N \left(\frac{8}{(1 - \gamma_i)^3} + \frac{2\lambda}{|\mathcal{S}|} \right)",
    kind=Kind.DEFINITION,
    lines=(554, 554),
    depends=("eq-26",),
    controls=(misprint(r"2\lambda", r"\lambda"), misprint("8", "16")),
    note=(
        "the sum of the agents' constants; as a smoothness constant of sum_i L_i(theta_i) it is "
        "larger than needed, their maximum serves"
    ),
)(_constant(_agent_names))


def _largest_eigenvalue(kernel: Kernel) -> Evidence:
    """For W = [[a, 1-a], [1-a, a]], I - W has the eigenvalues 0 and 2 - 2a = 1 - lambda_N.

    Half of the weights have lambda_N = 2a - 1 >= 0, where sigma_N = lambda_N, the others
    sigma_N = -lambda_N.
    """
    stay = symbols("a")[0]
    largest, eigenvalue, smooth = 2 - 2 * stay, 2 * stay - 1, symbols("beta")[0]
    parts = []
    for interval, singular in (
        (open_interval(Fraction(1, 2), 1), eigenvalue),
        (open_interval(0, Fraction(1, 2)), -eigenvalue),
    ):
        names = {r"\alpha": alpha, r"\sigma_N": singular, r"\lambda_N(W)": eigenvalue}
        names |= {r"\beta^\lambda": smooth, r"\lambda_{\max}(I - W)": largest}
        names |= {r"\sigma_{\max}(I - W)": largest}
        box = Box(a=interval, alpha=positive(), beta=positive())
        for side in normalized(kernel.statement).split("="):
            true = smooth + largest / alpha
            parts.append(kernel.identity(parse(side, names), true, box))
    return kernel.every(*parts)


eq_28 = Claim(
    id="eq-28",
    where=f"{WHERE}, (28)",
    statement=r"\beta^\lambda + \frac{1}{\alpha} \sigma_{\max}(I - W) = \beta^\lambda + \alpha^{-1}(1 + \sigma_N)",
    kind=Kind.IDENTITY,
    check=_largest_eigenvalue,
    lines=(558, 558),
    controls=(misprint("(1 + ", "(2 + "),),
    fault=Fault(
        Severity.GAP,
        Origin.PAPER,
        "the largest eigenvalue of I - W is 1 - lambda_N, with the smallest eigenvalue of W, not "
        "1 plus its smallest singular value; (29) then uses 1 + sigma_N where 1 + lambda_N belongs",
    ),
)
eq_28_corrected = eq_28.variant(
    id="eq-28-corrected",
    statement=r"\beta^\lambda + \frac{1}{\alpha} \lambda_{\max}(I - W) = \beta^\lambda + \alpha^{-1}(1 - \lambda_N(W))",
    lines=None,
    controls=(misprint("(1 - ", "(1 + "),),
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
