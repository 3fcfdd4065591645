r"""Appendix B.3, (52)-(54): the paper's way from a small gradient to (50), line by line.

Read for three tasks of which the third does not hold the state s, with symbols for the rest.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

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
    misprint,
    narrate,
)
from proofs_check.chains import several_tasks
from proofs_check.readings.display_49 import HALF
from proofs_check.readings.sums import Index, Ranges, read, sides
from proofs_check.readings.wording import about
from proofs_check.symbols import DISCOUNT, PROBABILITY

WHERE = "Appendix B.3"

_D, _A = r"d_{i,\mu_i}^{\pi_\theta}(s)", r"A_i^{\pi_\theta}(s, a)"
_SLOPE = r"\frac{\partial L_i^\lambda(\theta; \mu_i)}{\partial \theta_{s,a}}"
_ALL, _HOLDING = r"\sum_{i=1}^N", r"\sum_{i: s \in \mathcal{S}_i}"
_SUMMED = rf"{_HOLDING} \frac{{{_D}}}{{1 - \gamma_i}} {_A}"

# Three tasks, of which the third does not hold s; s = 1/|S|, a = 1/|A|. The discounts are numbers,
# since only d/(1 - gamma_i) matters and the d are free.
_lam, _per_state, _per_action, _prob = symbols("lambda", "s", "a", "pi")
_d = [*symbols("d_1", "d_2"), RationalFunction.constant(0)]
_adv = [*symbols("A_1", "A_2"), RationalFunction.constant(0)]
_GAMMAS = (HALF, Fraction(2, 3), Fraction(3, 4))
N_TASKS = 3


def _slope(i: int) -> Any:
    value = _d[i] * _prob * _adv[i] / (1 - RationalFunction.constant(_GAMMAS[i]))
    return value + _lam * _per_state * (_per_action - _prob)


def _names(at: Index) -> dict[str, Any]:
    known: dict[str, Any] = {
        r"\lambda": _lam,
        "N": N_TASKS,
        r"|\mathcal{S}|": 1 / _per_state,
        r"|\mathcal{A}|": 1 / _per_action,
        r"\pi_\theta(a|s)": _prob,
    }
    if "i" in at:
        i = at["i"]
        known |= {r"\gamma_i": _GAMMAS[i], _D: _d[i], _A: _adv[i], _SLOPE: _slope(i)}
    return known


_RANGES: Ranges = {
    _ALL: lambda _: [{"i": i} for i in range(N_TASKS)],
    _HOLDING: lambda _: [{"i": 0}, {"i": 1}],
}
_BOX = Box(
    s=PROBABILITY, a=PROBABILITY, pi=DISCOUNT, **{"lambda": DISCOUNT}, d_1=DISCOUNT, d_2=DISCOUNT
).replace(**{"A_1": DISCOUNT, "A_2": DISCOUNT})
_summed = sum(
    (_d[i] * _adv[i] / (1 - RationalFunction.constant(_GAMMAS[i])) for i in (0, 1)), start=0 * _lam
)
_limit = _lam * N_TASKS * _per_state * _per_action / 2
_total = sum((_slope(i) for i in range(N_TASKS)), start=0 * _lam)


def _both(latex: str, relation: str) -> list[Any]:
    text = normalized(latex).replace(r"\sum_{i:s\in", r"\sum_{i: s \in")
    text = text.replace(r"\end{aligned}\begin{aligned}", "")
    return [
        read(side.removesuffix(r"\\").strip("&,."), _names, _RANGES)
        for side in sides(text, relation)
    ]


def _component(kernel: Kernel) -> Evidence:
    """A component is at most the norm: with T^2 = g^2 + q + rest, 2T(T - g) = (T - g)^2 + q + rest.

    Scaled so that T = lambda/2 is the right side of the assumption, N = |S| = |A| = 1. The square
    (T - g)^2 is among the constraints, since it is never negative.
    """
    about(
        kernel,
        r"\geq \sum_{i=1}^N \frac{\partial L_i^\lambda(\theta; \mu_i)}{\partial \theta_{s,a}}",
    )
    bound, component, others = symbols("T", "g", "q")
    names = {r"\lambda": 2 * bound, "N": 1, r"|\mathcal{S}|": 1, r"|\mathcal{A}|": 1}
    exact = {k: RationalFunction.constant(v) if isinstance(v, int) else v for k, v in names.items()}
    printed = parse(sides(kernel.statement, r"\geq")[0], exact)
    constraints = [bound, others, bound**2 - component**2 - others, (bound - component) ** 2]
    return kernel.positive_on(2 * bound * (printed - component), constraints, strict=False)


_LINE_52 = (
    r"\frac{\lambda N}{2|\mathcal{S}||\mathcal{A}|}",
    rf"{_ALL} {_SLOPE}",
    rf"{_HOLDING} \frac{{1}}{{1 - \gamma_i}} {_D} \pi_\theta(a|s) {_A} + {_ALL} \frac{{\lambda}}{{|\mathcal{{S}}|}} \left(\frac{{1}}{{|\mathcal{{A}}|}} - \pi_\theta(a|s) \right)",
    rf"0 + {_ALL} \frac{{\lambda}}{{|\mathcal{{S}}|}} \left(\frac{{1}}{{|\mathcal{{A}}|}} - \pi_\theta(a|s) \right)",
    r"\frac{\lambda N}{|\mathcal{S}|} \left(\frac{1}{|\mathcal{A}|} - \pi_\theta(a|s) \right)",
)


def _equal(kernel: Kernel) -> Evidence:
    """Compare both sides for three tasks of which two hold s, with symbols for all that is in them."""
    left, right = _both(kernel.statement, "&=" if "&=" in kernel.statement else "&\\geq")
    return kernel.identity(left, right, _BOX)


def _drop(kernel: Kernel) -> Evidence:
    """The difference is pi times the summed advantage, which is at least 0 where (52) is said."""
    left, right = _both(kernel.statement, r"&\geq")
    return kernel.positive_on(left - right, [_prob, _summed], strict=False)


component = Claim(
    id="eq-52-component",
    where=f"{WHERE}, (52), line 1",
    statement=rf"{_LINE_52[0]} &\geq {_LINE_52[1]}",
    kind=Kind.UPPER_BOUND,
    check=_component,
    lines=(708, 708),
    controls=(misprint("{2|", "{4|"),),
    note="where the norm of sum_i grad L_i(theta; mu_i) is at most the left side",
)
inserted = Claim(
    id="eq-52-gradient",
    where=f"{WHERE}, (52), line 2",
    statement=rf"{_LINE_52[1]} \\ &= {_LINE_52[2]}",
    kind=Kind.IDENTITY,
    check=_equal,
    lines=(708, 708),
    depends=("eq-51",),
    controls=(misprint(rf"+ {_ALL}", rf"+ {_HOLDING}"),),
    note="a task that does not hold s still has the regularizer's derivative there",
)
dropped = Claim(
    id="eq-52-dropped",
    where=f"{WHERE}, (52), line 3",
    statement=rf"{_LINE_52[2]} \end{{aligned}} \begin{{aligned}} &\geq {_LINE_52[3]}",
    kind=Kind.UPPER_BOUND,
    check=_drop,
    lines=(708, 713),
    controls=(misprint("0 +", "1 +"),),
    note="for those (s, a) whose summed advantage is at least 0",
)
collected = Claim(
    id="eq-52-collected",
    where=f"{WHERE}, (52), line 4",
    statement=rf"{_LINE_52[3]} \\ &\geq {_LINE_52[4]}",
    kind=Kind.UPPER_BOUND,
    check=_equal,
    lines=(711, 712),
    controls=(misprint(rf"{_ALL} \frac", r"\frac"),),
    note="an equality",
)
eq_52 = Claim(
    id="eq-52",
    where=f"{WHERE}, (52)",
    statement=rf"{_LINE_52[0]} &\geq {_LINE_52[1]} \\ &= {_LINE_52[2]} \end{{aligned}} \begin{{aligned}} &\geq {_LINE_52[3]} \\ &\geq {_LINE_52[4]}",
    kind=Kind.UPPER_BOUND,
    lines=(708, 713),
    parts=("eq-52-component", "eq-52-gradient", "eq-52-dropped", "eq-52-collected"),
)

_LINE_53 = (
    r"\pi_\theta(a|s)",
    r"\frac{1}{|\mathcal{A}|} - \frac{|\mathcal{S}|}{\lambda N} \frac{\lambda N}{2|\mathcal{S}||\mathcal{A}|}",
    r"\frac{1}{2|\mathcal{A}|}",
)


def _rearranged(kernel: Kernel) -> Evidence:
    """Multiply by lambda N/|S|: what is claimed is (52), left side minus right side."""
    left, right = (read(side, _names, _RANGES) for side in sides(kernel.statement, r"\geq"))
    from_52 = _limit - _lam * N_TASKS * _per_state * (_per_action - _prob)
    return kernel.positive_on(
        _lam * N_TASKS * _per_state * (left - right), [from_52, _lam, _per_state], strict=False
    )


def _halved(kernel: Kernel) -> Evidence:
    """1/|A| - 1/(2|A|) = 1/(2|A|)."""
    left, right = (read(side, _names, _RANGES) for side in sides(kernel.statement, r"\geq"))
    return kernel.sign(left, ">=", right, _BOX.replace(s=DISCOUNT, a=DISCOUNT))


rearranged = Claim(
    id="eq-53-rearranged",
    where=f"{WHERE}, (53)",
    statement=rf"{_LINE_53[0]} \geq {_LINE_53[1]}",
    kind=Kind.UPPER_BOUND,
    check=_rearranged,
    lines=(717, 717),
    depends=("eq-52",),
    controls=(misprint("{2|", "{3|"),),
)
halved = Claim(
    id="eq-53-half",
    where=f"{WHERE}, (53)",
    statement=rf"{_LINE_53[1]} \geq {_LINE_53[2]}",
    kind=Kind.UPPER_BOUND,
    check=_halved,
    lines=(717, 717),
    controls=(misprint(r"\geq \frac{1}{2", r"\geq \frac{2}{3"),),
    note="an equality",
)
eq_53 = Claim(
    id="eq-53",
    where=f"{WHERE}, (53)",
    statement=rf"{_LINE_53[0]} \geq {_LINE_53[1]} \geq {_LINE_53[2]}",
    kind=Kind.UPPER_BOUND,
    lines=(717, 717),
    parts=("eq-53-rearranged", "eq-53-half"),
    note="for those (s, a) whose summed advantage is at least 0; (50) follows without it, see eq-50-sharp",
)

_SHORT = r"\sum_{i:s \in \mathcal{S}_i}"
_A_54 = r"A_i^{\pi_\theta}(s,a)"
_LINE_54 = (
    rf"{_ALL} \frac{{{_D}}}{{1-\gamma_i}} {_A_54}",
    rf"{_SHORT} \frac{{1}}{{\pi_\theta(a|s)}} {_SLOPE} - {_ALL} \frac{{\lambda}}{{|\mathcal{{S}}|}} \left(\frac{{1}}{{\pi_\theta(a|s)|\mathcal{{A}}|}} - 1 \right)",
    rf"\frac{{1}}{{\pi_\theta(a|s)}} {_SHORT} {_SLOPE} + {_ALL} \frac{{\lambda}}{{|\mathcal{{S}}|}}",
    r"2|\mathcal{A}| \frac{\lambda N}{2|\mathcal{S}||\mathcal{A}|} + \frac{\lambda N}{|\mathcal{S}|}",
    r"\frac{2\lambda N}{|\mathcal{S}|}",
)


def _rewritten(kernel: Kernel) -> Evidence:
    """Solve (51), added up over the tasks, for the advantages; three tasks, two of which hold s."""
    left, right = _both(kernel.statement, "&=")
    special = kernel.identity(left, right, _BOX)
    chain = several_tasks.total_gradient()
    return kernel.confirmed(kernel.proof(chain), special)


def _spare_term(kernel: Kernel) -> Evidence:
    """The right side is larger by N lambda/(|S||A| pi) >= 0; multiplied by pi this is a polynomial."""
    left, right = _both(kernel.statement, r"&\leq")
    return kernel.positive_on(
        (right - left) * _prob, [_lam, _per_state, _per_action, _prob], strict=False
    )


def _small_terms(kernel: Kernel) -> Evidence:
    """By (53), 1/pi <= 2|A|, and the sum over all N tasks is at most lambda N/(2|S||A|).

    The sum over the tasks that hold s is larger than that over all of them by
    m (lambda/|S|)(pi - 1/|A|) for the m others, which the slack 1/pi <= 2|A| pays for since m < N.
    """
    left, right = _both(kernel.statement, r"&\leq")
    constraints = [_limit - _total, 2 * _prob - _per_action, _per_action, _lam * _per_state]
    return kernel.positive_on((right - left) * _prob, constraints, strict=False)


def _added(kernel: Kernel) -> Evidence:
    """Lambda N/|S| + lambda N/|S|."""
    left, right = _both(kernel.statement, r"&\leq")
    return kernel.sign(left, "<=", right, _BOX.replace(s=DISCOUNT, a=DISCOUNT))


rewritten = Claim(
    id="eq-54-first",
    where=f"{WHERE}, (54), line 1",
    statement=rf"{_LINE_54[0]} &= {_LINE_54[1]}",
    kind=Kind.IDENTITY,
    check=_rewritten,
    lines=(722, 722),
    depends=("eq-51",),
    controls=(misprint("- 1", "+ 1"),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "the derivatives have to be added up over all N tasks: one that does not hold s still has "
        "the regularizer's derivative there, which the second sum takes off",
    ),
)
rewritten_corrected = rewritten.variant(
    id="eq-54-first-corrected",
    statement=rewritten.statement.replace(_SHORT, _ALL),
    lines=None,
    fault=None,
    controls=(misprint("- 1", "+ 1"), misprint(rf"&= {_ALL}", rf"&= {_SHORT}")),
)
spare = Claim(
    id="eq-54-second",
    where=f"{WHERE}, (54), line 2",
    statement=rf"{_LINE_54[1]} \\ &\leq {_LINE_54[2]}",
    kind=Kind.UPPER_BOUND,
    check=_spare_term,
    lines=(722, 723),
    controls=(misprint("- 1", "- 2"),),
    note="true with either range of the first sum",
)
small = Claim(
    id="eq-54-third",
    where=f"{WHERE}, (54), line 3",
    statement=rf"{_LINE_54[2]} \\ &\leq {_LINE_54[3]}",
    kind=Kind.UPPER_BOUND,
    check=_small_terms,
    lines=(723, 724),
    depends=("eq-53", "eq-52-component"),
    controls=(misprint(r"2|\mathcal{A}| \frac", r"\frac"),),
    note=(
        "true also with the sum over the tasks that hold s, though the assumption bounds the sum "
        "over all tasks; the reason given, 1/pi <= 2|A|, is enough only for the latter"
    ),
)
added = Claim(
    id="eq-54-fourth",
    where=f"{WHERE}, (54), line 4",
    statement=rf"{_LINE_54[3]} \\ &\leq {_LINE_54[4]}",
    kind=Kind.UPPER_BOUND,
    check=_added,
    lines=(724, 725),
    controls=(misprint(r"\leq \frac{2\lambda", r"\leq \frac{\lambda"),),
    note="an equality",
)
eq_54 = Claim(
    id="eq-54",
    where=f"{WHERE}, (54)",
    statement=rf"{_LINE_54[0]} &= {_LINE_54[1]} \\ &\leq {_LINE_54[2]} \\ &\leq {_LINE_54[3]} \\ &\leq {_LINE_54[4]}",
    kind=Kind.UPPER_BOUND,
    lines=(722, 725),
    parts=("eq-54-first", "eq-54-second", "eq-54-third", "eq-54-fourth"),
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
