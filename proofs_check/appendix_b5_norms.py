r"""Appendix B.5, Lemma B.4: the bounds (60) and (61) on the turning transitions, link by link.

Read at alpha = 0, as (59), which (60) speaks of. A norm ||x|| is a number with
``-||x|| 1 <= x <= ||x|| 1``, and the bounds are chains in the entrywise order.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from dcpg_theory.exact.chains import Chain
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import parse
from dcpg_theory.ledger import Claim, Kind, misprint, narrate
from proofs_check.chains import derivative_norms, derivatives
from proofs_check.chains.derivative_bounds import any_vector, norm_of_word
from proofs_check.chains.derivatives import SIZE, turn
from proofs_check.chains.mdp_operators import P
from proofs_check.instances.turning_policies import (
    GENERAL,
    STAYS,
    Turning,
    bandit_along,
    start_constants,
    unaware,
)
from proofs_check.readings.entries import MAX_OVER_PAIRS, member
from proofs_check.readings.operators import BOUND_NAMES, MAX_OVER_U, sides

U_ATTAINS = "u on the right to be one at which the maximum on the left is attained"
U_IS_FREE = (
    "the right side has no maximum over u (so too in (60), (66), (67) and (69)); that it is meant for "
    "the u that attains the maximum on the left is common use, and then it holds; for a fixed u, as "
    "the lemma's first line has it, it fails, and with the maximum it is the -corrected form"
)
EVERY_STATE = "(55) in every state, not only in s_0"

_QUARTER = Fraction(1, 4)
# A direction in which the policy turns a lot, then others; the last one hardly turns it.
BANDITS = (
    bandit_along(Fraction(3, 5), Fraction(-4, 5), first=_QUARTER),
    bandit_along(Fraction(3, 5), Fraction(4, 5), first=_QUARTER),
    bandit_along(Fraction(20, 29), Fraction(21, 29), first=_QUARTER),
)
_TENTHS = (((7, -1), (5, -5)), ((5, 1), (7, 5)), ((5, 5), (5, 5)))
GENERALS = tuple(
    Turning(GENERAL.task, GENERAL.policy, [[Fraction(entry, 10) for entry in row] for row in rows])
    for rows in _TENTHS
)


def _maximum(text: str, table: Sequence[Sequence[Any]], free: int) -> Any:
    """Take the printed maxima of a table [direction][pair]; what is free takes the index given."""
    directions = table if MAX_OVER_U in text else [table[free]]
    is_norm = text.replace(MAX_OVER_U, "").startswith(r"\|")
    everywhere = is_norm or MAX_OVER_PAIRS in text
    return max(max(row) if everywhere else row[-1] for row in directions)


def compared(
    kernel: Kernel, left: str, relation: str, right: str, *, attaining: bool = False
) -> list[Evidence]:
    """Compare two members of (60) exactly; a side without a maximum over u holds for any u.

    If `attaining`, only for the u at which the left side is largest.
    """
    constant = r"\sum" not in right and r"\tilde{P}" not in right
    families = [(case,) for case in STAYS] if constant else [BANDITS, GENERALS]
    found = []
    for cases in families:
        tables = [[member(side, case) for case in cases] for side in (left, right)]
        rows = [max(row) for row in tables[0]]
        best = rows.index(max(rows))
        for free, case in enumerate(cases):
            if attaining and free != best:
                continue
            values = [_maximum(s, t, free) for s, t in zip((left, right), tables, strict=True)]
            on_left = cases[best] if MAX_OVER_U in left else case
            shown = {key: value for key, value in case.shown().items() if key != "u"}
            shown |= {"x": "2 -1 0 1/2, as far as there are pairs"}
            shown |= {"u on the left": on_left.shown()["u"], "u on the right": case.shown()["u"]}
            found.append(kernel.at_instance(values[0], relation, values[1], shown))
    return found


def _link(relation: str, *chains: Chain) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        """One step of (60), for every task and every vector, and on small tasks as printed.

        A member without a maximum over u holds for any u, so it is tried for several.
        """
        left, right = sides(kernel.statement, relation)
        proofs = [kernel.proof(chain) for chain in chains]
        sign = "<=" if relation == r"\leq" else "="
        return kernel.confirmed(kernel.every(*proofs), *compared(kernel, left, sign, right))

    return check


def _triangle(kernel: Kernel) -> Evidence:
    """|P D x| <= P |D| |x| for each u; where only the left side takes the maximum over u, at its u.

    As printed u stands free on the right: for a u that hardly turns the policy it fails.
    """
    left, right = sides(kernel.statement, r"\leq")
    proofs = [
        kernel.proof(derivative_norms.triangle(negative=negative)) for negative in (False, True)
    ]
    free = MAX_OVER_U in left and MAX_OVER_U not in right
    special = compared(kernel, left, "<=", right, attaining=free)
    holds = kernel.confirmed(kernel.every(*proofs), *special)
    if not free or not holds.verdict.passes:
        return holds
    literal = kernel.every(*compared(kernel, left, "<=", right))
    return kernel.conditional(holds, U_ATTAINS, literal)


def _only_at_start(kernel: Kernel, left: str, right: str) -> Evidence:
    """Return the bound's failure where (55) holds in s_0 only, whose policy hardly turns."""
    case = unaware(_QUARTER)
    constants = start_constants()
    norm = max(map(abs, member(r"\|x\|_\infty", case)))
    bound = parse(right, {**constants, r"\|x\|_\infty": norm})
    return kernel.at_instance(max(member(left, case)), "<=", bound, case.shown() | constants)


def _constant(kernel: Kernel) -> Evidence:
    """The absolute values in each row of Pi' add up to at most C', and those of P to one.

    Where (55) holds in s_0 only, the next state's derivatives are not bounded by it.
    """
    chain = derivative_norms.rows_are_bounded()
    left, right = sides(kernel.statement, r"\leq")
    proof = kernel.confirmed(kernel.proof(chain), *compared(kernel, left, "<=", right))
    return kernel.conditional(proof, EVERY_STATE, _only_at_start(kernel, left, right))


def _whole(order: int) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        """|P D x| <= P (D+ + D-) 1 ||x|| <= C ||x||, with D = D+ - D- the policy's derivative."""
        left, right = sides(kernel.statement, r"\leq")
        printed = parse(right, BOUND_NAMES | {r"\|x\|_\infty": SIZE})
        bounded = norm_of_word(P @ turn(order) @ any_vector().vector, any_vector())
        proofs = [
            kernel.proof(bounded.chain(printed, negative=n), bounded.below(printed, negative=n))
            for n in (False, True)
        ]
        proof = kernel.confirmed(kernel.every(*proofs), *compared(kernel, left, "<=", right))
        return kernel.conditional(proof, EVERY_STATE, _only_at_start(kernel, left, right))

    return check


_M1 = r"\max_{\|u\|_2=1} \left\| \frac{d\tilde{P}_i(\alpha)}{d\alpha} x \right\|_\infty"
_M2 = r"\max_{s,a} \max_{\|u\|_2=1} \left| \left[\frac{d\tilde{P}_i(\alpha)}{d\alpha} \right]_{\alpha=0} x \right|_{s,a}"
_M3 = r"\max_{s,a} \max_{\|u\|_2=1} \left| \sum_{a',s'} \frac{d\pi_\alpha(a'|s')}{d\alpha} \Big|_{\alpha=0} P_i(s'|s, a) x_{a',s'} \right|"
_M4 = r"\max_{s,a} \sum_{a',s'} \left| \frac{d\pi_\alpha(a'|s')}{d\alpha} \Big|_{\alpha=0} \right| P_i(s'|s, a) |x_{a',s'}|"
_M4_MAXIMISED = _M4.replace(r"\max_{s,a}", r"\max_{s,a} \max_{\|u\|_2=1}")
_M5 = r"\max_{s,a} \sum_{s'} P_i(s'|s, a) \|x\|_\infty \sum_{a'} \left| \frac{d\pi_\alpha(a'|s')}{d\alpha} \Big|_{\alpha=0} \right|"
_M6 = r"C' \|x\|_\infty"
_MAX = misprint(r"\max_{\|u\|_2=1}", "")

_IN_60: dict[str, Any] = {"where": "Appendix B.5, (60)", "lines": (812, 812)}

exchange = Claim(
    id="eq-60-exchange",
    statement=rf"{_M1} &= {_M2}",
    kind=Kind.IDENTITY,
    check=_link(
        "&=",
        *(
            derivative_norms.reordered(negative=negative, back=back)
            for negative in (False, True)
            for back in (False, True)
        ),
    ),
    depends=("eq-58",),
    controls=(misprint(r"\max_{s,a} \max_{\|u\|_2=1}", r"\max_{s,a}"), misprint(r"\max_{s,a}", "")),
    note=(
        "the definition of the norm, and that two maxima may be exchanged: shown as both sides "
        "having the same upper bounds. The left side lacks the index alpha = 0"
    ),
    **_IN_60,
)
entries = Claim(
    id="eq-60-entries",
    statement=rf"{_M2} \\ &= {_M3}",
    kind=Kind.IDENTITY,
    check=_link("&=", derivatives.turned_transitions(applied=True)),
    depends=("eq-59",),
    controls=(misprint(r"P_i(s'|s, a)", r"P_i(s|s', a')"),),
    **_IN_60,
)
triangle = Claim(
    id="eq-60-triangle",
    statement=rf"{_M3} \\ &\leq {_M4}",
    kind=Kind.UPPER_BOUND,
    check=_triangle,
    depends=("eq-60-entries",),
    controls=(misprint("|x_{a',s'}|", "x_{a',s'}"),),
    note=U_IS_FREE,
    **_IN_60,
)
triangle_corrected = triangle.variant(
    id="eq-60-triangle-corrected",
    statement=rf"{_M3} \\ &\leq {_M4_MAXIMISED}",
    lines=None,
    note="the maximum over u written out on the right",
)
norm_link = Claim(
    id="eq-60-norm",
    statement=rf"{_M4} \\ &\leq {_M5}",
    kind=Kind.UPPER_BOUND,
    check=_link(r"\leq", derivative_norms.norm_taken_out()),
    depends=("eq-60-triangle",),
    controls=(misprint(r"\|x\|_\infty", ""), misprint(r"\leq \max_{s,a}", r"\leq")),
    note="for every u, the same on both sides",
    **_IN_60,
)
constant = Claim(
    id="eq-60-constant",
    statement=rf"{_M5} \\ &\leq {_M6}",
    kind=Kind.UPPER_BOUND,
    check=_constant,
    depends=("eq-60-norm", "eq-55"),
    controls=(misprint("C'", ""), misprint("C'", r"\frac{1}{2} C'")),
    note="(55) is used for the next state s', which may be any",
    **_IN_60,
)
eq_60 = Claim(
    id="eq-60",
    statement=rf"{_M1} &= {_M2} \\ &= {_M3} \\ &\leq {_M4} \\ &\leq {_M5} \\ &\leq {_M6}",
    kind=Kind.UPPER_BOUND,
    parts=(
        "eq-60-exchange",
        "eq-60-entries",
        "eq-60-triangle",
        "eq-60-norm",
        "eq-60-constant",
    ),
    **_IN_60,
)
eq_60_corrected = Claim(
    id="eq-60-corrected",
    where="Appendix B.5, (60)",
    statement=rf"{_M1} \leq {_M6}",
    kind=Kind.UPPER_BOUND,
    check=_whole(1),
    depends=("eq-58", "eq-55"),
    controls=(misprint("C'", ""), misprint("C'", r"\frac{1}{2} C'")),
    note="the first and the last member of (60), without those between; (66)-(69) use no more",
)
_IN_61: dict[str, Any] = {
    "where": "Appendix B.5, (61)",
    "kind": Kind.UPPER_BOUND,
    "lines": (816, 816),
    "depends": ("eq-57", "eq-55"),
    "note": "at alpha = 0, where (55) is assumed",
}
_SECOND = r"\max_{\|u\|_2=1} \left\| \frac{d^2\tilde{P}_i(\alpha)}{d\alpha^2} x \right\|_\infty \leq C'' \|x\|_\infty"
_THIRD = r"\max_{\|u\|_2=1} \left\| \frac{d^3\tilde{P}_i(\alpha)}{d\alpha^3} x \right\|_\infty \leq C''' \|x\|_\infty"
second = Claim(
    id="eq-61-second",
    statement=_SECOND,
    check=_whole(2),
    controls=(misprint("C''", "C'"), misprint("C''", r"\frac{1}{2} C''")),
    **_IN_61,
)
third = Claim(
    id="eq-61-third",
    statement=_THIRD,
    check=_whole(3),
    controls=(misprint("C'''", "C''"), misprint("C'''", r"\frac{1}{2} C'''")),
    **_IN_61,
)
eq_61 = Claim(
    id="eq-61",
    where="Appendix B.5, (61)",
    statement=rf"{_SECOND}, \text{{ and }} {_THIRD}",
    kind=Kind.UPPER_BOUND,
    lines=(816, 816),
    parts=("eq-61-second", "eq-61-third"),
)

if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
