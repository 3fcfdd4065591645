r"""Appendix B.2, (42)-(46): the number of iterations that makes the gradient small.

Read for two tasks with symbols for lambda, alpha and a discount; the first step plugs (34) and (41) into (40), the others are algebra.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

from dcpg_theory.exact.balls import ball, square_root
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
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
from proofs_check.appendix_b2 import EQ_40_LAST
from proofs_check.readings.sums import read as read_sums
from proofs_check.readings.sums import root_parts, sides
from proofs_check.readings.theorem_2_terms import BOX, N_TASKS, Terms
from proofs_check.symbols import DISCOUNT

WHERE = "Appendix B.2"
HALF = Fraction(1, 2)

# Symbols for lambda, alpha and gamma_2; the others are numbers, unlike each other.
_FIXED: dict[str, Any] = {
    "gamma_1": Fraction(1, 4),
    "s": Fraction(1, 2),
    "a": Fraction(1, 3),
    "sigma": Fraction(1, 5),
    "K": 7,
    "c_1": 3,
    "RE": 2,
}

# gamma_1 < gamma_2, |S| = 1, |A| = 2, sigma_2 = 1/2; alpha and K are far inside what is admissible.
_INSTANCE: dict[str, Any] = {
    "gamma_1": Fraction(1, 4),
    "gamma_2": HALF,
    "s": 1,
    "a": HALF,
    "sigma": HALF,
    "lambda": Fraction(1, 8),
    "alpha": Fraction(1, 2**20),
    "K": 1,
    "c_1": 1,
    "RE": 0,
    "c_2": 3,
}


_INSTANCE["c_1"] = 2 / (Fraction(3, 2) / _INSTANCE["alpha"] - Fraction(4507, 54))


def _number(value: Any) -> Any:
    return value.as_constant() if isinstance(value, RationalFunction) else value


def _plugged(kernel: Kernel) -> Evidence:
    """(34) under the root and (41) behind it, for two tasks, and in balls at one instance."""
    right = sides(kernel.statement, r"\leq")[-1]
    before, inside, rest = root_parts(right)

    def read(terms: Terms) -> list[Any]:
        return [terms.value_of(part) for part in (before, inside, rest)]

    def bound(factor: Any, under: Any, behind: Any) -> Any:
        factor, under, behind = (ball(_number(x)) for x in (factor, under, behind))
        return factor * square_root(under) + behind

    special = []
    for agent in (0, 1):
        at = Terms(_INSTANCE, agent)
        true = [0 * at.values["s"] + N_TASKS, at.under_the_root, at.consensus]
        printed = read(at)
        special.append(
            kernel.enclosed(
                lambda true=true: bound(*true),  # type: ignore[misc]
                "<=",
                lambda printed=printed: bound(*printed),  # type: ignore[misc]
                {**_INSTANCE, "i": agent + 1},
            )
        )
    terms = Terms(_FIXED)
    true = [0 * terms.values["s"] + N_TASKS, terms.under_the_root, terms.consensus]
    return kernel.confirmed(kernel.identity(read(terms), true, BOX), *special)


_X = r"\frac{c_1}{K\alpha^2} \sum_{j=1}^N \left(\frac{1}{1-\gamma_j} + \lambda \text{RE}(\pi_{\theta^0}) \right)"
_BY_AGENT = r"\sum_{j=1}^N \beta_i^\lambda \frac{2\alpha D}{1-\sigma_2}"
_TOGETHER = r"\frac{2\alpha\beta^\lambda D}{1-\sigma_2}"
_ROOT = Fault(
    Severity.SLIP,
    Origin.EXTRACTION,
    "the root has to end before the last term, as in (45); drawn too far in (42), (43) and (44)",
)
eq_42_root = Claim(
    id="eq-42-root",
    where=f"{WHERE}, (42), line 2",
    statement=rf"&\leq N \sqrt{{{_X} + {_BY_AGENT}}}",
    kind=Kind.UPPER_BOUND,
    check=_plugged,
    lines=(666, 666),
    depends=("eq-40", "eq-41", "eq-34"),
    controls=(misprint(r"\alpha^2", r"\alpha^3"),),
    fault=Fault(
        Severity.SLIP, Origin.EXTRACTION, f"{_ROOT.note}; and beta_i has to be beta_j (paper)"
    ),
    note="what (34) and (41) make of (40); the instance shows that the printed form can be smaller",
)
eq_42_corrected = eq_42_root.variant(
    id="eq-42-root-corrected",
    statement=rf"&\leq N \sqrt{{{_X}}} + {_BY_AGENT}".replace(r"\beta_i", r"\beta_j"),
    lines=None,
    fault=None,
    depends=("eq-40-smooth-corrected", "eq-41-mean-corrected", "eq-41-bound", "eq-34"),
    controls=(
        misprint(r"\alpha^2", r"\alpha^3"),
        misprint(r"\beta_j", r"\beta_i"),
        misprint("2\\alpha D", "\\alpha D"),
    ),
)
eq_42_repeats = Claim(
    id="eq-42",
    where=f"{WHERE}, (42)",
    statement=rf"\min_{{k < K}} \left\| \sum_{{j=1}}^N \nabla L_j^\lambda(\theta_i^k; \mu_j) \right\| {EQ_40_LAST} \\ {eq_42_root.statement}",
    kind=Kind.UPPER_BOUND,
    lines=(666, 666),
    parts=("eq-40", "eq-42-root"),
    note="its first line is (40)",
)


def _added_up(kernel: Kernel) -> Evidence:
    """sum_j beta_j = beta^lambda; with beta_i it would be N beta_i, which is more for some agent.

    The terms that (43) shares with (42) are left out: where the root ends makes no difference here.
    """
    _, inside, _ = root_parts(sides(kernel.statement, r"\leq")[-1])
    printed = inside.split(normalized(_X))[1].strip("+")
    special = [
        kernel.at_instance(
            _number(at.value_of(_BY_AGENT)),
            "<=",
            _number(at.value_of(printed)),
            {**_INSTANCE, "i": at.agent + 1},
        )
        for at in (Terms(_INSTANCE, agent) for agent in (0, 1))
    ]
    terms = Terms(_FIXED)
    sums = kernel.identity([terms.value_of(printed)], [terms.consensus], BOX)
    return kernel.confirmed(sums, *special)


eq_43 = Claim(
    id="eq-43",
    where=f"{WHERE}, (43)",
    statement=rf"\leq N \sqrt{{{_X} + {_TOGETHER}}}",
    kind=Kind.UPPER_BOUND,
    check=_added_up,
    lines=(668, 668),
    depends=("eq-42",),
    controls=(misprint("{2\\alpha\\beta", "{\\alpha\\beta"),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "as printed it would follow from (42) only if beta_i were the mean of the beta_j; with beta_j "
        "in (42) both are equal (and the root is drawn too far, as in (42))",
    ),
)


def _from_42(kernel: Kernel) -> Evidence:
    """The corrected (42) with sum_j beta_j collected in beta^lambda."""
    return _plugged(kernel)


eq_43_corrected = eq_43.variant(
    id="eq-43-corrected",
    statement=rf"\leq N \sqrt{{{_X}}} + {_TOGETHER}",
    check=_from_42,
    lines=None,
    fault=None,
    depends=("eq-42-root-corrected",),
    controls=(
        misprint(r"+ \frac{2\alpha\beta", r"+ \frac{\alpha\beta"),
        misprint(r"\alpha^2", r"\alpha^3"),
    ),
)

_K_45 = r"\frac{c_1 N^2 \left(\sum_{j=1}^N \left(\frac{1}{1-\gamma_j} + \lambda \text{RE}(\pi_{\theta^0}) \right) \right)}{\alpha^2 \left(\frac{\lambda N}{2|\mathcal{S}||\mathcal{A}|} - \frac{2\alpha\beta^\lambda D}{1-\sigma_2} \right)^2}"
_EQ_44 = (
    rf"N \sqrt{{{_X} + {_TOGETHER}}} \leq \frac{{\lambda N}}{{2|\mathcal{{S}}||\mathcal{{A}}|}}"
)
_EQ_44_TRUE = (
    rf"N \sqrt{{{_X}}} + {_TOGETHER} \leq \frac{{\lambda N}}{{2|\mathcal{{S}}||\mathcal{{A}}|}}"
)


def _solved(kernel: Kernel, inequality: str, count: str) -> Evidence:
    """(44) is an equality at the K of (45): compare its squares, N^2 (root)^2 = (threshold - rest)^2.

    At the instance alpha lies inside (13), so the K of (45) should satisfy (44).
    """
    left, right = sides(inequality, r"\leq")
    before, inside, rest = root_parts(left)

    def squares(terms: Terms) -> list[Any]:
        solved = terms.value_of(count)
        scale = terms.values["K"] / solved  # the only K is a denominator under the root
        shared = terms.value_of(_X)
        under = shared * scale + (terms.value_of(inside) - shared)
        behind = terms.value_of(right) - terms.value_of(rest)
        return [terms.value_of(before) ** 2 * under, behind**2]

    here = [_number(side) for side in squares(Terms(_INSTANCE))]
    special = kernel.at_instance(here[0], "<=", here[1], {**_INSTANCE, "K": "as in (45)"})
    one, two = squares(Terms({**_FIXED, "gamma_2": HALF}))
    return kernel.confirmed(kernel.identity([one], [two], BOX), special)


def _solved_by_45(kernel: Kernel) -> Evidence:
    """At the K of (45) both sides of (44) are equal: N^2 (root)^2 = (threshold - rest)^2."""
    return _solved(kernel, kernel.statement, _K_45)


def _solves_44(kernel: Kernel) -> Evidence:
    """The K of (45) solves the corrected (44) with equality, and more iterations only help."""
    return _solved(kernel, _EQ_44_TRUE, kernel.statement.split(r"\geq")[1])


eq_44 = Claim(
    id="eq-44",
    where=f"{WHERE}, (44)",
    statement=_EQ_44,
    kind=Kind.UPPER_BOUND,
    check=_solved_by_45,
    lines=(672, 672),
    depends=("eq-43",),
    controls=(misprint(r"\alpha^2", r"\alpha"),),
    fault=_ROOT,
    note="checked as what (45) solves",
)
eq_44_corrected = eq_44.variant(
    id="eq-44-corrected",
    statement=_EQ_44_TRUE,
    lines=None,
    fault=None,
    depends=("eq-43-corrected",),
    controls=(misprint(r"\alpha^2", r"\alpha"), misprint("{2|", "{|")),
)
eq_45 = Claim(
    id="eq-45",
    where=f"{WHERE}, (45)",
    statement=rf"K \geq {_K_45}",
    kind=Kind.UPPER_BOUND,
    check=_solves_44,
    lines=(676, 676),
    depends=("eq-44-corrected", "appb2-positive"),
    controls=(
        misprint(r"\right)^2}", r"\right)}"),
        misprint("N^2", "N"),
        misprint(r"{\alpha^2", r"{\alpha"),
    ),
    note="solves (44) with the root ended before its last term, not (44) as printed",
)

_K_46 = r"\frac{c_1 N^2 \left(\sum_{j=1}^N \left(\frac{1}{1-\gamma_j} + \lambda \text{RE}(\pi_{\theta^0}) \right) \right)}{\alpha^2 \left(\frac{\varepsilon c_2}{4|\mathcal{S}||\mathcal{A}|} - \frac{2\alpha D}{1-\sigma_2} \sum_{j=1}^N \left(\frac{8}{(1-\gamma_j)^3} + \frac{\varepsilon c_2}{N|\mathcal{S}|} \right) \right)^2}"


def _in_epsilon(kernel: Kernel) -> Evidence:
    """Put lambda = epsilon/(2 N M) into (45), with M the coefficient of (39) and c_2 any number."""
    most = symbols("M")[0]
    terms = Terms({**_FIXED, "gamma_2": HALF})
    eps = 2 * N_TASKS * most * terms.values["lambda"]
    text = kernel.statement.lstrip("= ").rstrip(", ")
    names = {"M": most, r"\varepsilon": eps}
    printed = _with(terms, text, names)
    return kernel.identity([printed], [terms.value_of(_K_45)], BOX.replace(M=DISCOUNT))


def _with(terms: Terms, latex: str, more: dict[str, Any]) -> Any:
    return read_sums(latex, lambda at: {**terms.names(at), **more}, terms.ranges)


eq_46 = Claim(
    id="eq-46",
    where=f"{WHERE}, (46)",
    statement=rf"= {_K_46},",
    kind=Kind.IDENTITY,
    check=_in_epsilon,
    lines=(678, 678),
    depends=("eq-45", "eq-39"),
    controls=(misprint("{4|", "{2|"),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "c_2 is defined nowhere; (46) is (45) exactly if c_2 is 1 over the mismatch coefficient",
    ),
    note="c_2 is read as any number, since the paper does not say which",
)
eq_46_corrected = eq_46.variant(
    id="eq-46-corrected",
    statement=eq_46.statement.replace(r"\varepsilon c_2", r"\varepsilon \frac{1}{M}"),
    lines=None,
    fault=None,
    depends=("eq-45", "eq-39"),
    controls=(misprint("{4|", "{2|"), misprint(r"\varepsilon \frac{1}{M}", r"\varepsilon M")),
    note="M is the mismatch coefficient of (39)",
)


@claim(
    "appb2-positive",
    where=f"{WHERE}, after (46)",
    statement=r"\frac{\lambda N}{2|\mathcal{S}||\mathcal{A}|} - \frac{2\alpha\beta^\lambda D}{1-\sigma_2} > 0$, if $\alpha < \frac{\lambda N(1-\sigma_2)}{4\beta^\lambda D|\mathcal{S}||\mathcal{A}|}",
    kind=Kind.UPPER_BOUND,
    lines=(680, 680),
    controls=(misprint("{4\\beta", "{2\\beta"), ingredient("the step is twice the bound", share=2)),
)
def denominator_is_positive(kernel: Kernel) -> Evidence:
    """With alpha = t times the bound, 0 < t < 1, the difference is (1 - t) lambda N/(2|S||A|)."""
    claimed, condition = normalized(kernel.statement).split(", if".replace(" ", ""))
    share = symbols("t")[0] * kernel.given("share", 1)
    terms = Terms()
    largest = terms.value_of(condition.split("<")[1])
    step = share * largest
    printed = _with(terms, claimed.split(">")[0], {r"\alpha": step})
    box = Box(
        **{
            name: interval
            for name, interval in BOX.items()
            if name not in ("alpha", "K", "c_1", "RE", "c_2")
        }
    )
    return kernel.sign(printed, ">", 0, box.replace(t=DISCOUNT))


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
