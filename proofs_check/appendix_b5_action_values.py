r"""Appendix B.5, Lemma B.4: the bounds (66)-(69) on the derivatives of Q.

Both sides are taken at alpha = 0, where (55) is assumed.
"""

from __future__ import annotations

import sys
from typing import Any

from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import parse
from dcpg_theory.exact.operators import unit
from dcpg_theory.exact.rules import Fact
from dcpg_theory.exact.verdicts import Verdict
from dcpg_theory.ledger import Claim, Kind, misprint, narrate
from dcpg_theory.theory.assumptions import REWARDS_IN_UNIT_INTERVAL
from proofs_check.appendix_b5_norms import BANDITS, U_ATTAINS, U_IS_FREE
from proofs_check.chains.derivative_norms import entry_below_norms, norms_below
from proofs_check.chains.derivatives import AT_PAIR
from proofs_check.instances.turning_policies import (
    GENERAL,
    RISING,
    STAYS,
    TURNS_ARE_BOUNDED,
    Turning,
)
from proofs_check.readings.operators import (
    BOUND_BOX,
    BOUND_NAMES,
    Norms,
    cleaned,
    read_derivative,
    read_norms,
    sides,
)
from proofs_check.symbols import own

BOUNDED: dict[str, Any] = {"assumptions": (REWARDS_IN_UNIT_INTERVAL, TURNS_ARE_BOUNDED)}


def numbers(case: Turning) -> dict[str, Any]:
    """Return the discount of an instance and its smallest constants for (55)."""
    constants = {"C" + "'" * k: case.constant(k) for k in (1, 2, 3)}
    return {r"\gamma": case.task.discount, r"\gamma_i": case.task.discount, **constants}


def _sum_of(norms: Norms, case: Turning) -> Any:
    """Return the printed sum of norms on an instance."""
    values = {f"nu_{k}": case.norm(AT_PAIR @ inner) for k, inner in enumerate(norms.inside)}
    return norms.total.evaluate({**values, str(own): case.task.discount})


def _below_norms(kernel: Kernel) -> Evidence:
    """The triangle inequality for the derivative in terms of M, P~ and r, entry by entry.

    A right side without a maximum over u is compared for another u than the left side's.
    """
    left_side, right_side = sides(kernel.statement, r"\leq")
    order = read_derivative(left_side, of="Q", largest=True)
    norms = read_norms(right_side)
    special = []
    for case in (RISING, GENERAL, BANDITS[0]):
        left = max(abs(case.action_value(order)).flat)
        right = _sum_of(norms, case)
        special.append(kernel.at_instance(left, "<=", right, case.shown()))
    if kernel.every(*special).verdict is Verdict.REFUTED:
        return kernel.every(*special)
    proofs = []
    for negative in (False, True):
        chain = entry_below_norms(order, norms.inside, norms.factors(), negative=negative)
        proofs.append(kernel.proof(chain))
    holds = kernel.confirmed(kernel.every(*proofs), *special)
    if norms.maximised or not holds.verdict.passes:
        return holds
    turned, still = BANDITS[0], BANDITS[-1]
    shown = {key: value for key, value in still.shown().items() if key != "u"}
    shown |= {"u on the left": turned.shown()["u"], "u on the right": still.shown()["u"]}
    left = max(abs(turned.action_value(order)).flat)
    literal = kernel.at_instance(left, "<=", _sum_of(norms, still), shown)
    return kernel.conditional(holds, U_ATTAINS, literal)


def _bound_on(kernel: Kernel, norms: Norms, right: str) -> Evidence:
    printed = parse(right, BOUND_NAMES)
    special = [
        kernel.at_instance(_sum_of(norms, case), "<=", parse(right, numbers(case)), case.shown())
        for case in (*STAYS, GENERAL)
    ]
    if kernel.every(*special).verdict is Verdict.REFUTED:
        return kernel.every(*special)
    chain = norms_below(norms.inside, norms.factors(), printed)
    limit = unit("1").scaled(printed)
    fact = Fact(chain.conclusion.left, "<=", limit, pointwise=True)
    return kernel.confirmed(kernel.proof(chain, fact), *special)


def _norms_bounded(kernel: Kernel) -> Evidence:
    """Each factor P^(k) costs its constant and each M costs 1/(1 - gamma_i), starting from r <= 1."""
    left, right = sides(kernel.statement, r"\leq")
    return _bound_on(kernel, read_norms(left), right)


def _norms_of_67_bounded(kernel: Kernel) -> Evidence:
    """Each factor P^(k) costs its constant and each M costs 1/(1 - gamma_i), starting from r <= 1."""
    norms = read_norms(sides(_STATEMENT_67, r"\leq")[1])
    return _bound_on(kernel, norms, sides(kernel.statement, r"\leq")[1])


def _equal_bounds(kernel: Kernel) -> Evidence:
    """The two terms with C' C'' add up."""
    left, right = cleaned(kernel.statement).split("=")
    return kernel.identity(parse(left, BOUND_NAMES), parse(right, BOUND_NAMES), BOUND_BOX)


_MP1 = r"M(\alpha) \frac{d\tilde{P}_i(\alpha)}{d\alpha} "
_MP2 = r"M(\alpha) \frac{d^2 \tilde{P}_i(\alpha)}{d\alpha^2} "
_MP3 = r"M(\alpha) \frac{d^3 \tilde{P}_i(\alpha)}{d\alpha^3} "


def _norm(*factors: str) -> str:
    return rf"\left\| {''.join(factors)}M(\alpha) r \right\|_{{\infty}}"


_NORMS_66 = _norm(r"\gamma_i ", _MP1)
_NORMS_67 = rf"2\gamma_i^2 {_norm(_MP1, _MP1)} \\ &\quad + \gamma_i {_norm(_MP2)}"
_NORMS_69 = (
    rf"6\gamma_i^3 {_norm(_MP1, _MP1, _MP1)} \\ &\quad + 3\gamma_i^2 {_norm(_MP1, _MP2)} "
    rf"\\ &\quad + 3\gamma_i^2 {_norm(_MP2, _MP1)} \\ &\quad + \gamma_i {_norm(_MP3)}"
)


def _maximised(norms: str) -> str:
    return norms.replace(r"\left\|", r"\max_{\|u\|_2=1} \left\|")


_LEFT = {
    66: r"\max_{\|u\|_2=1} \left| \frac{dQ^\alpha(s_0, a)}{d\alpha} \right|_{\alpha=0} &\leq ",
    67: r"\max_{\|u\|_2=1} \left| \frac{d^2 Q^\alpha(s_0, a_0)}{d\alpha^2} \right|_{\alpha=0} &\leq ",
    69: r"\max_{\|u\|_2=1} \left| \frac{d^3 Q^\alpha(s_0, a_0)}{d\alpha^3} \right|_{\alpha=0} &\leq ",
}
_STATEMENT_67 = _LEFT[67] + _NORMS_67
_SUM_69 = r"\frac{6\gamma_i^3 C'^3}{(1-\gamma_i)^4} + \frac{3\gamma_i^2 C' C''}{(1-\gamma_i)^3} + \frac{3\gamma_i^2 C' C''}{(1-\gamma_i)^3} + \frac{\gamma_i C'''}{(1-\gamma_i)^2}"
_LAST_69 = r"\frac{6\gamma_i^3 C'^3}{(1-\gamma_i)^4} + \frac{6\gamma_i^2 C' C''}{(1-\gamma_i)^3} + \frac{\gamma_i C'''}{(1-\gamma_i)^2}"

eq_66_norm = Claim(
    id="eq-66-norm",
    where="Appendix B.5, (66)",
    statement=_LEFT[66] + _NORMS_66,
    kind=Kind.UPPER_BOUND,
    check=_below_norms,
    lines=(832, 832),
    depends=("eq-63",),
    controls=(misprint(r"\gamma_i M", r"\gamma_i^2 M"),),
    note=U_IS_FREE,
)
eq_66_norm_corrected = eq_66_norm.variant(
    id="eq-66-norm-corrected",
    statement=_LEFT[66] + _maximised(_NORMS_66),
    lines=None,
    note="the maximum over u written out on the right",
    controls=(misprint(r"\gamma_i M", r"\gamma_i^2 M"),),
)
eq_66_bound = Claim(
    id="eq-66-bound",
    where="Appendix B.5, (66)",
    statement=rf"{_NORMS_66} \\ &\leq \frac{{\gamma_i C'}}{{(1-\gamma_i)^2}}",
    kind=Kind.UPPER_BOUND,
    check=_norms_bounded,
    lines=(832, 832),
    depends=("eq-60-corrected", "appb5-ones-value"),
    controls=(misprint(r"(1-\gamma_i)^2", r"(1-\gamma_i)"), misprint("C'", "")),
    **BOUNDED,
)
eq_66 = Claim(
    id="eq-66",
    where="Appendix B.5, (66)",
    statement=rf"{_LEFT[66]}{_NORMS_66} \\ &\leq \frac{{\gamma_i C'}}{{(1-\gamma_i)^2}}",
    kind=Kind.UPPER_BOUND,
    lines=(832, 832),
    parts=("eq-66-norm", "eq-66-bound"),
)
eq_67 = Claim(
    id="eq-67",
    where="Appendix B.5, (67)",
    statement=_STATEMENT_67,
    kind=Kind.UPPER_BOUND,
    check=_below_norms,
    lines=(834, 834),
    depends=("eq-64",),
    controls=(misprint(r"2\gamma_i^2", r"\gamma_i^2"),),
    note=U_IS_FREE,
)
eq_67_corrected = eq_67.variant(
    id="eq-67-corrected",
    statement=_LEFT[67] + _maximised(_NORMS_67),
    lines=None,
    note="the maximum over u written out on the right",
    controls=(
        misprint(r"2\gamma_i^2", r"\gamma_i^2"),
        misprint(r"2\gamma_i^2", r"2\gamma_i^3"),
        misprint("d^2 \\tilde{P}_i(\\alpha)}{d\\alpha^2}", "d\\tilde{P}_i(\\alpha)}{d\\alpha}"),
    ),
)
eq_68 = Claim(
    id="eq-68",
    where="Appendix B.5, (68)",
    statement=r"\leq \frac{2\gamma_i^2 C'^2}{(1-\gamma_i)^3} + \frac{\gamma_i C''}{(1-\gamma_i)^2}",
    kind=Kind.UPPER_BOUND,
    check=_norms_of_67_bounded,
    lines=(836, 836),
    depends=("eq-60-corrected", "eq-61-second", "appb5-ones-value"),
    controls=(
        misprint(r"(1-\gamma_i)^3", r"(1-\gamma_i)^2"),
        misprint("C'^2", "C'"),
        misprint("C''", "C'"),
    ),
    note="continues (67): the left side is its right side",
    **BOUNDED,
)
eq_69_norms = Claim(
    id="eq-69-norms",
    where="Appendix B.5, (69)",
    statement=_LEFT[69] + _NORMS_69,
    kind=Kind.UPPER_BOUND,
    check=_below_norms,
    lines=(838, 838),
    depends=("eq-65",),
    controls=(misprint(r"6\gamma_i^3", r"3\gamma_i^3"),),
    note=U_IS_FREE,
)
eq_69_norms_corrected = eq_69_norms.variant(
    id="eq-69-norms-corrected",
    statement=_LEFT[69] + _maximised(_NORMS_69),
    lines=None,
    note="the maximum over u written out on the right",
    controls=(
        misprint(r"6\gamma_i^3", r"3\gamma_i^3"),
        misprint(r"3\gamma_i^2", r"\gamma_i^2"),
        misprint(r"+ \gamma_i \max", r"+ \gamma_i^2 \max"),
    ),
)
eq_69_bounds = Claim(
    id="eq-69-bounds",
    where="Appendix B.5, (69)",
    statement=rf"{_NORMS_69} \\ &\leq {_SUM_69}",
    kind=Kind.UPPER_BOUND,
    check=_norms_bounded,
    lines=(838, 838),
    depends=("eq-60-corrected", "eq-61-second", "eq-61-third", "appb5-ones-value"),
    controls=(
        misprint(r"(1-\gamma_i)^4", r"(1-\gamma_i)^3"),
        misprint("C'^3", "C'"),
        misprint("C'''", "C'"),
    ),
    **BOUNDED,
)
eq_69_sum = Claim(
    id="eq-69-sum",
    where="Appendix B.5, (69)",
    statement=rf"{_SUM_69} \\ &= {_LAST_69}",
    kind=Kind.IDENTITY,
    check=_equal_bounds,
    lines=(838, 838),
    controls=(misprint(r"6\gamma_i^2 C'", r"3\gamma_i^2 C'"),),
)
eq_69 = Claim(
    id="eq-69",
    where="Appendix B.5, (69)",
    statement=rf"{_LEFT[69]}{_NORMS_69} \\ &\leq {_SUM_69} \\ &= {_LAST_69}",
    kind=Kind.UPPER_BOUND,
    lines=(838, 838),
    parts=("eq-69-norms", "eq-69-bounds", "eq-69-sum"),
)

if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
