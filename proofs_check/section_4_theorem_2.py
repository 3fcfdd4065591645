r"""Section 4.2, (13), (14) and Theorem 2: the step size, and how many iterations follow from it.

(14) is compared with (45), which the proof arrives at, for the step size inside (13): writing
alpha = t lambda N (1 - sigma_2)/(4 beta D |S||A|), 0 < t < 1, the K of (45) is

    K = 2 N^2 X / ((1 + lambda_N - alpha beta) alpha tau^2 (1 - t)^2),  tau = lambda N/(2|S||A|),

with X = sum_j (1/(1 - gamma_j) + lambda RE), and lambda N = epsilon/(2M). As alpha is proportional
to lambda, and so to epsilon, this is of the order

    N^2 X beta D |S|^3 |A|^3 M^3 / ((1 - sigma_2)(1 + lambda_N) epsilon^3),

smallest at t = 1/3. Against (14): epsilon^-3 for epsilon^-2, cubes of |S|, |A| and M for squares, and
N^2 X beta D for sum_j (1 - gamma_j)^-6, which is N^5 for N; only 1 - sigma_2 comes out better.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.ledger import (
    Claim,
    Fault,
    Kind,
    Origin,
    Severity,
    ingredient,
    misprint,
    narrate,
)
from dcpg_theory.ledger.claims import Check
from proofs_check.instances.small_tasks import bandit
from proofs_check.proposition import SETTINGS
from proofs_check.readings.sums import read
from proofs_check.readings.theorem_2_terms import N_TASKS, Terms
from proofs_check.symbols import DISCOUNT

WHERE = "Section 4.2"
HALF = Fraction(1, 2)

_FACTOR = r"\frac{1}{\sum_{i=1}^N \left(\frac{8}{(1-\gamma_i)^3} + \frac{2\lambda}{|\mathcal{S}_i|} \right)}"
_SECOND = r"\frac{\lambda N(1-\sigma_2)}{4|\mathcal{S}||\mathcal{A}| \left(2N\lambda + \sum_{i=1}^N \frac{1}{(1-\gamma_i)^2} \right)}"

# gamma_1 = 1/2, gamma_2 = 3/4; 1/|S_i| = 1/|S| + t_i with t_i >= 0, since S_i is part of S.
_AT = Terms({"gamma_1": HALF, "gamma_2": Fraction(3, 4), "K": 1, "RE": 0, "c_2": 1})
_more = symbols("t_1", "t_2")
_share = symbols("u")[0]
_BOX = Box(**dict.fromkeys(("s", "a", "sigma", "lambda", "t_1", "t_2", "u"), DISCOUNT))


def _read_13(latex: str) -> Any:
    """Return a piece of (13), with |S_i| as the size of task i's own state space."""

    def names(at: Any) -> dict[str, Any]:
        known = _AT.names(at)
        if "i" in at:
            known[r"|\mathcal{S}_i|"] = 1 / (_AT.values["s"] + _more[at["i"]])
        known[r"\sigma_N"] = _AT.values["sigma"] * _share  # at most sigma_2
        return known

    return read(latex, names, _AT.ranges)


def _pieces(statement: str) -> tuple[Any, Any, Any]:
    """Return the factor before the minimum of (13), and the minimum's entries."""
    factor, entries = normalized(statement).replace("(13)", "").split(r"\min\{")
    factor = factor.split("<")[1].replace(r"\\&", "").removesuffix(r"\times")
    first, second = entries.removesuffix(r"\}.").split(";")
    return _read_13(factor), _read_13(first), _read_13(second)


def _step_size(kernel: Kernel) -> Evidence:
    """(13) makes the denominator of (45) positive and c_1 positive, whatever the spectrum of W.

    The proof needs alpha < lambda N(1 - sigma_2)/(4 beta D|S||A|), where beta has |S| for the |S_i|
    of (13): |S_i| <= |S| makes (13) the stricter one. And c_1 > 0 needs alpha < (1 + lambda_N)/beta,
    lambda_N the least eigenvalue of W, which is at least -sigma_2.
    """
    factor, first, second = _pieces(kernel.statement)
    v = _AT.values
    needed = v["lambda"] * N_TASKS * (1 - v["sigma"]) * v["s"] * v["a"]
    needed = needed / (4 * _AT.total_smoothness * _AT.gradient_bound)
    return kernel.every(
        kernel.sign(factor * second, "<=", needed, _BOX),
        kernel.sign(factor * second, "<", (1 - v["sigma"]) / _AT.total_smoothness, _BOX),
        kernel.sign(first, ">", second, _BOX),
    )


def _idle(kernel: Kernel) -> Evidence:
    """D >= 2 N lambda, so the second entry is at most (1 - sigma_2)/(8|S||A|) < 1 - sigma_2."""
    _, first, second = _pieces(kernel.statement)
    largest = 1 - _AT.values["sigma"]
    return kernel.every(
        kernel.sign(second, "<", largest * kernel.given("share", Fraction(1, 8)), _BOX),
        kernel.sign(first, ">=", largest, _BOX),
    )


_EQ_13 = (
    rf"\alpha &< {_FACTOR} \quad (13) \\ &\times \min \left\{{ 1 + \sigma_N; {_SECOND} \right\}}."
)
eq_13 = Claim(
    id="eq-13",
    where=f"{WHERE}, (13)",
    statement=_EQ_13,
    kind=Kind.UPPER_BOUND,
    check=_step_size,
    lines=(233, 233),
    depends=("appb2-positive",),
    controls=(misprint("{4|", "{2|"), misprint("{8}", "{2}")),
    note=(
        "checked as what it is for: c_1 > 0 and a positive denominator in (45). It has |S_i| where "
        "(26) has |S|, which only makes it stricter, and 1 + sigma_N where 1 + lambda_N is meant, "
        "which does not matter: see eq-13-sharp"
    ),
)
eq_13_idle = eq_13.variant(
    id="eq-13-sharp",
    check=_idle,
    lines=None,
    controls=(ingredient("a ten-thousandth", share=Fraction(1, 10000)),),
    note=(
        "in (13) the minimum is always its second entry, which is below (1 - sigma_2)/8 <= "
        "(1 + lambda_N)/8: the first entry is idle, with sigma_N or with lambda_N"
    ),
)

_eps, _t, _c, _g = symbols("epsilon", "t", "c", "g")
_COUNT = r"\frac{|\mathcal{S}|^2 |\mathcal{A}|^2 \sum_{j=1}^N \frac{1}{(1-\gamma_j)^6}}{(1-\sigma_2)^2 \varepsilon^2} \left\| \frac{d_{\rho}^{\pi_{\theta^*}}}{\mu} \right\|_\infty^2"
_NORM = normalized(r"\left\| \frac{d_{\rho}^{\pi_{\theta^*}}}{\mu} \right\|_\infty")


def _printed_count(latex: str, values: dict[str, Any]) -> Any:
    """Return an iteration count for N identical bandits: the sums over j are N equal terms."""
    text = normalized(latex).replace(_NORM, "M").replace(r"\sum_{j=1}^N", "N")
    exact = {
        name: RationalFunction.constant(value) if isinstance(value, int | Fraction) else value
        for name, value in values.items()
    }
    return parse(text, exact)


def bandits(
    discount: Any, tasks: Any, accuracy: Any, gap: Any = 0, coefficient: Any = None
) -> dict[str, Any]:
    """Return the symbols' values for identical bandits: |S| = 1, |A| = 2, M = 1/(1 - gamma)."""
    coefficient = 1 / (1 - discount) if coefficient is None else coefficient
    lam = accuracy / (2 * tasks * coefficient)
    return {
        r"|\mathcal{S}|": 1,
        r"|\mathcal{A}|": 2,
        r"\gamma_j": discount,
        r"\sigma_2": gap,
        r"\varepsilon": accuracy,
        "N": tasks,
        "M": coefficient,
        r"\lambda": lam,
        r"\beta^\lambda": tasks * (8 / (1 - discount) ** 3 + 2 * lam),
        "D": 2 * tasks * lam + tasks / (1 - discount) ** 2,
        r"\text{RE}(\pi_{\theta^0})": 0,
    }


def proved_count(values: dict[str, Any], share: Any, eigenvalue: Any = 0) -> Any:
    """Return the K of (45) for alpha = share times the largest step of the proof."""
    lam, tasks, beta, bound = (values[n] for n in (r"\lambda", "N", r"\beta^\lambda", "D"))
    pairs = values[r"|\mathcal{S}|"] * values[r"|\mathcal{A}|"]
    alpha = share * lam * tasks * (1 - values[r"\sigma_2"]) / (4 * pairs * beta * bound)
    threshold = lam * tasks / (2 * pairs)
    c_1 = 2 / ((1 + eigenvalue) / alpha - beta)
    total = tasks / (1 - values[r"\gamma_j"])
    rest = threshold - 2 * alpha * beta * bound / (1 - values[r"\sigma_2"])
    return c_1 * tasks**2 * total / (alpha**2 * rest**2)


def _order(kernel: Kernel) -> Evidence:
    """Two identical bandits, W = J, gamma = 1/2, epsilon = c: is (45) at most (14)/c anywhere?

    c stands for 1/C, and t for every step size inside (13). If it is nowhere, then for every
    constant C the accuracy epsilon = 1/C makes (45) larger than C times (14), for every step size.
    """
    accuracy = _c
    values = bandits(HALF, RationalFunction.constant(2), accuracy)
    printed = _printed_count(kernel.statement, values)
    return kernel.somewhere(
        proved_count(values, _t), "<=", printed / _c, Box(c=DISCOUNT, t=DISCOUNT)
    )


eq_14 = Claim(
    id="eq-14",
    where=f"{WHERE}, (14)",
    statement=_COUNT,
    kind=Kind.ORDER,
    check=_order,
    lines=(237, 237),
    depends=("eq-13", "eq-45", "eq-46-corrected"),
    controls=(misprint(r"\varepsilon^2", r"\varepsilon"),),
    fault=Fault(
        Severity.ERROR,
        Origin.PAPER,
        "(14) does not follow from (45) and (13): the step size is proportional to lambda, so to "
        "epsilon, and (45) is of the order epsilon^-3 |S|^3 |A|^3 M^3/(1 - sigma_2), times N^2 X beta "
        "D of the order N^5 (1 - gamma)^-6 and with the initial relative entropy in X; diverging "
        "variable epsilon -> 0, also |S|, |A|, M, N",
    ),
    note=(
        "read as: for some constant C, (45) is at most C times this. Whether Algorithm 1 itself needs "
        "epsilon^-3 is open; the bias alpha/(1 - sigma_2) of a constant step is what costs the factor"
    ),
)


def _in(variable: str) -> Check:
    def check(kernel: Kernel) -> Evidence:
        """As for epsilon, with one size alone growing: 1000/c, where c stands for 1/C.

        epsilon = 1/10, gamma = 1/2 and W = J are held fixed, the others of |S|, |A|, M, N are 2.
        """
        large = 1000 / _c
        sizes: dict[str, Any] = dict.fromkeys(
            ("N", "M", r"|\mathcal{S}|", r"|\mathcal{A}|"), 2 * _c / _c
        )
        sizes[variable] = large
        values = bandits(HALF, sizes["N"], Fraction(1, 10), coefficient=sizes["M"]) | sizes
        printed = _printed_count(kernel.statement, values)
        box = Box(c=DISCOUNT, t=DISCOUNT)
        return kernel.somewhere(proved_count(values, _t), "<=", printed / _c, box)

    return check


powers = tuple(
    eq_14.variant(
        id=f"eq-14-{word}",
        check=_in(symbol),
        controls=(misprint(r"\varepsilon^2", r"\varepsilon"),),
        fault=Fault(
            Severity.ERROR,
            Origin.PAPER,
            f"(45) divided by (14) grows without bound in {symbol} alone, for every step size in (13)",
        ),
        note=f"(14) against (45), in {symbol}",
    )
    for word, symbol in (
        ("states", r"|\mathcal{S}|"),
        ("actions", r"|\mathcal{A}|"),
        ("mismatch", "M"),
        ("tasks", "N"),
    )
)


def _explicit(kernel: Kernel) -> Evidence:
    """At t = 1/3, (45) is at most the printed count, for all gamma, sigma_2 and epsilon.

    1 + lambda_N - alpha beta >= (23/24)(1 + lambda_N), since alpha beta <= (1 - sigma_2)/(24|S||A|);
    1728 * 24/23 < 1804. Read for two bandits and the worst eigenvalue lambda_N = -sigma_2.
    """
    discount, sigma = symbols("gamma", "sigma")
    values = bandits(discount, RationalFunction.constant(2), _eps, sigma)
    values[r"\lambda_N"] = -sigma
    printed = _printed_count(kernel.statement, values)
    proved = proved_count(values, Fraction(1, 3), -sigma)
    box = Box(gamma=DISCOUNT, sigma=DISCOUNT, epsilon=DISCOUNT)
    return kernel.sign(proved, "<=", printed, box)


eq_14_corrected = Claim(
    id="eq-14-corrected",
    where=f"{WHERE}, (14)",
    statement=r"\frac{1804 N^2 \beta^\lambda D |\mathcal{S}|^3 |\mathcal{A}|^3 M^3}{(1-\sigma_2) (1+\lambda_N) \varepsilon^3} \sum_{j=1}^N \left(\frac{1}{1-\gamma_j} + \lambda \text{RE}(\pi_{\theta^0}) \right)",
    kind=Kind.UPPER_BOUND,
    check=_explicit,
    depends=("eq-13", "eq-45", "eq-46-corrected"),
    controls=(misprint(r"\varepsilon^3", r"\varepsilon^2"), misprint("1804", "1000")),
    note=(
        "what (45) gives for alpha = lambda N(1 - sigma_2)/(12 beta D|S||A|); M is the mismatch "
        "coefficient, lambda_N the least eigenvalue of W, and 1 + lambda_N >= 1 - sigma_2"
    ),
)


def _one_iteration(kernel: Kernel) -> Evidence:
    """N identical bandits, gamma = 1/2, W = J, theta^0 = 0, epsilon = N/2: is K = 1 enough?

    For N = 4096 C the count C times (14) is at most 1, so K = 1 is said to be enough, and k = 0 is
    the only iterate: V* - V(theta^0) = N (2 - 1) = N > epsilon. (C = 1/c is any constant.)
    """
    tasks = 4096 / _c
    accuracy = tasks * kernel.given("accuracy", HALF)
    values = bandits(HALF, tasks, accuracy)
    count = _printed_count(kernel.statement.split(r"\mathcal{O}")[1], values) / _c
    box = Box(c=DISCOUNT)
    enough = kernel.sign(count, "<=", 1, box)
    if not enough.verdict.passes:
        return kernel.undecided("the instance asks for more than one iteration")
    task = bandit(HALF)
    gap = theory.objective(task, [[1, 0]]) - theory.objective(task, [[HALF, HALF]])
    total = tasks * Fraction(int(gap.p), int(gap.q))
    return kernel.somewhere(total, "<=", accuracy, box)


theorem_2 = Claim(
    id="theorem-2",
    where=f"{WHERE}, Theorem 2",
    statement=rf"\min_{{k < K}} \{{V(\theta^*; \rho) - V(\theta_i^k; \rho)\}} &\leq \varepsilon \\ \text{{if }} K &\geq \mathcal{{O}} \left({_COUNT} \right)",
    kind=Kind.ORDER,
    check=_one_iteration,
    lines=(237, 237),
    depends=("prop-1", "eq-12-corrected", "eq-14", "eq-13"),
    controls=(ingredient("a larger epsilon, which is missed too", accuracy=Fraction(9, 10)),),
    fault=Fault(
        Severity.ERROR,
        Origin.PAPER,
        "false for every constant in O(.): (14) decreases in N when epsilon grows with the sum of N "
        "tasks; nor does it depend on the step size, which (13) lets be as small as one likes, or on "
        "theta^0. Diverging variable: N",
    ),
    note=(
        "read as: there is one constant C for all problems. With a constant that may depend on the "
        "problem, the start and the step size, but not on epsilon, it is not known: see eq-14"
    ),
)


def _coefficient(kernel: Kernel) -> Evidence:
    """The maximum is over the same ratios as in Proposition 1, and defined where every mu_j > 0."""
    printed = normalized(kernel.statement).split("=", 1)[1]
    start = printed.index(r"\frac")
    ratio = printed[start:].rstrip(".").replace("_j", "_i").replace("{j", "{i")
    parts = [
        kernel.at_instance(
            setting.value_of(rf"\max_{{s \in \mathcal{{S}}, i: s \in \mathcal{{S}}_i}} {ratio}"),
            "=",
            setting.mismatch(),
            {"instance": name},
        )
        for name, setting in SETTINGS.items()
    ]
    return kernel.definition(*parts)


coefficient = Claim(
    id="sec42-mismatch",
    where=f"{WHERE}, after (14)",
    statement=r"\left\| \frac{d_{\rho}^{\pi_{\theta^*}}}{\mu} \right\|_\infty = \max_{\substack{s \in \mathcal{S} \\ j: s \in \mathcal{S}_j}} \frac{d_{j,\rho_j}^{\pi_{\theta^*}}(s)}{(1-\gamma_j)\mu_j(s)}",
    kind=Kind.DEFINITION,
    check=_coefficient,
    lines=(239, 239),
    depends=("eq-47-corrected",),
    controls=(misprint(r"(1-\gamma_j)\mu_j(s)", r"\mu_j(s)"),),
    note="needs mu_j(s) > 0; the symbol does not show the factor 1/(1 - gamma_j)",
)


def _rate_of_one_task(kernel: Kernel) -> Evidence:
    """One task and sigma_2 = 0: (14) over |S|^2|A|^2 ||d/mu||^2/((1 - gamma)^6 epsilon^2).

    That is the rate of Corollary 5.1 of Agarwal et al., whose coefficient is without the factor
    1/(1 - gamma) that the one below (14) has. With g = 1 - gamma the quotient is g^-2, which exceeds
    every constant C = 1/g.
    """
    values = bandits(1 - _g, RationalFunction.constant(1), _eps)
    printed = _printed_count(_COUNT, values)
    power = kernel.given("power", 6)
    cited = 4 / (_g**power * _eps**2)
    return kernel.somewhere(printed, "<=", cited / _g, Box(g=DISCOUNT, epsilon=DISCOUNT))


def _two_powers_more(kernel: Kernel) -> Evidence:
    """(14) for one bandit over the cited |A|^2/((1 - gamma)^6 epsilon^2): the printed factor."""
    factor = normalized(kernel.statement).split("times")[1].strip("$")
    printed = _printed_count(_COUNT, bandits(1 - _g, RationalFunction.constant(1), _eps))
    cited = 4 / (_g ** kernel.given("power", 6) * _eps**2)
    times = parse(factor, {r"\gamma": 1 - _g})
    return kernel.identity([printed], [cited * times], Box(g=DISCOUNT, epsilon=DISCOUNT))


same_rates = Claim(
    id="sec42-same-rates",
    where=WHERE,
    statement=r"Algorithm 1 achieves a global optimality with the same rates as the ones in Agarwal et al. [2020], except for a factor $1/(1-\sigma_2)^2$",
    kind=Kind.ORDER,
    check=_rate_of_one_task,
    lines=(241, 241),
    depends=("eq-14",),
    controls=(ingredient("a rate with one power less", power=5),),
    fault=Fault(
        Severity.ERROR,
        Origin.PAPER,
        "already as printed, (14) has (1 - gamma)^-2 more for one task, inside its mismatch "
        "coefficient; and (14) itself does not follow (eq-14)",
    ),
    note="compared with Corollary 5.1 there as known, not with a text at hand",
)
same_rates_corrected = same_rates.variant(
    id="sec42-same-rates-corrected",
    statement=r"(14), as printed, is for one task the rate of Agarwal et al. [2020] times $1/(1-\gamma)^2$",
    kind=Kind.IDENTITY,
    lines=None,
    fault=None,
    check=_two_powers_more,
    controls=(ingredient("a rate with one power less", power=5), misprint("^2$", "^3$")),
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
