r"""Appendix B.5, Lemma B.4: its hypothesis (55), its three bounds (56), and how (74)-(76) add up.

One task: gamma without an index is its discount gamma_i, as in (63)-(69). The start s_i of the
lemma is called s_0 from (55) on.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from fractions import Fraction

from dcpg_theory import theory
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import parse
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.exact.verdicts import Verdict
from dcpg_theory.ledger import (
    Claim,
    Control,
    Fault,
    Kind,
    Origin,
    Severity,
    claim,
    misprint,
    narrate,
)
from dcpg_theory.theory.assumptions import REWARDS_IN_UNIT_INTERVAL
from proofs_check.appendix_b5_action_values import BOUNDED, numbers
from proofs_check.appendix_b5_norms import BANDITS, EVERY_STATE
from proofs_check.chains.derivative_bounds import any_vector, derivative_bounds, norm_of_word
from proofs_check.chains.derivatives import turn
from proofs_check.instances.turning_policies import (
    GENERAL,
    RISING,
    STAYS,
    start_constants,
    stay_or_quit,
    unaware,
)
from proofs_check.readings.operators import (
    BOUND_BOX,
    BOUND_NAMES,
    cleaned,
    read_after,
    read_derivative,
    sides,
)
from proofs_check.symbols import DISCOUNT, own

EVERY_DIRECTION = "(55) for every unit vector u"
_ONE_TASK = "gamma is the task's own discount gamma_i; read at alpha = 0, where (55) is assumed"


_THIRD_FOR_SECOND = Control(
    "the third derivative in the second sum",
    edits=((r"\frac{d^2", r"\frac{d^3"), (r"d\alpha^2", r"d\alpha^3")),
)
_SUM = re.compile(
    r"\\sum_\{a\\in\\mathcal\{A\}\}\|\\frac\{d(?:\^(\d))?\\pi_\\alpha\(a\|s_0\)\}"
    r"\{d\\alpha(?(1)\^\1)\}\|_\{\\alpha=0\}\\leq ?C('+)"
)


@claim(
    "eq-55",
    where="Appendix B.5, (55)",
    statement=r"\sum_{a \in \mathcal{A}} \left| \frac{d\pi_\alpha(a|s_0)}{d\alpha} \right|_{\alpha=0} \leq C', \quad \sum_{a \in \mathcal{A}} \left| \frac{d^2\pi_\alpha(a|s_0)}{d\alpha^2} \right|_{\alpha=0} \leq C'', \quad \text{and} \quad \sum_{a \in \mathcal{A}} \left| \frac{d^3\pi_\alpha(a|s_0)}{d\alpha^3} \right|_{\alpha=0} \leq C'''",
    kind=Kind.DEFINITION,
    lines=(792, 792),
    controls=(_THIRD_FOR_SECOND, misprint(r"\leq C'''", r"\leq C''")),
    note=(
        "the hypothesis of Lemma B.4. s_0 and u are bound nowhere: with the start for s_0 the "
        "lemma is false (see eq-56-first), and (81) shows the bounds for any s"
    ),
)
def constants_of_the_policy(kernel: Kernel) -> Evidence:
    """In every state, (55) says (D+ + D-) 1 <= C 1, so that |D x| <= C |x| for every x.

    Special case: a policy with one parameter that moves probability from one action to another,
    where the sums are 2 |p^(k)|, k = 1, 2, 3; each is bounded by the constant with k dashes.
    """
    text = cleaned(kernel.statement)
    found = _SUM.findall(text)
    if "".join(_SUM.split(text)[::3]) != r",,\text{and}":
        raise InvalidInput(f"{text!r} must be three bounds on sums, as in (55)")
    slopes = symbols("p_1", "p_2", "p_3")
    sums = [2 * slopes[int(order or 1) - 1] for order, _ in found]
    constants = [2 * slopes[len(dashes) - 1] for _, dashes in found]
    box = Box(**dict.fromkeys(("p_1", "p_2", "p_3"), DISCOUNT))
    proofs = []
    for order in (1, 2, 3):
        bounded = norm_of_word(turn(order) @ any_vector().vector, any_vector())
        for negative in (False, True):
            chain = bounded.chain(bounded.size, negative=negative)
            proofs.append(kernel.proof(chain))
    special = kernel.identity(sums, constants, box, labels=lambda k: f"sum {k[0] + 1}")
    return kernel.definition(kernel.confirmed(kernel.every(*proofs), special))


def _read(kernel: Kernel) -> tuple[int, str]:
    """Return the order of the derivative that is bounded, and the printed bound."""
    left, right = sides(kernel.statement, r"\leq")
    return read_derivative(left, of="V", largest=True), right


def _bound_on_v(kernel: Kernel, order: int, right: str, *, centred: bool = False) -> Evidence:
    """Return the evidence for ``|V^(k)| <= right``, by a chain, and on exact instances."""
    printed = parse(right, BOUND_NAMES)
    special = []
    for case in (*STAYS, RISING, GENERAL):
        left = max(abs(case.value(order)))
        special.append(kernel.at_instance(left, "<=", parse(right, numbers(case)), case.shown()))
    if kernel.every(*special).verdict is Verdict.REFUTED:
        return kernel.every(*special)
    bounded = derivative_bounds(order, centred=centred)[1]
    proofs = [
        kernel.proof(bounded.chain(printed, negative=n), bounded.below(printed, negative=n))
        for n in (False, True)
    ]
    return kernel.confirmed(kernel.every(*proofs), *special)


def _first_link(kernel: Kernel) -> Evidence:
    """Bound each sum of the product rule: |D Q^(j)| <= C |Q^(j)|, and |Pi Q^(k)| <= |Q^(k)|.

    With |Q| <= 1/(1 - gamma) and (66)-(69) for the derivatives of Q.
    """
    return _bound_on_v(kernel, *_read(kernel))


def _equality(kernel: Kernel) -> Evidence:
    """Both sides as rational functions of gamma, C', C'' and C'''."""
    left, right = cleaned(kernel.statement).split("=")
    return kernel.identity(parse(left, BOUND_NAMES), parse(right, BOUND_NAMES), BOUND_BOX)


def _conclusion(*, centred: bool = False) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        """Add the bounds on the sums of (71)-(73) up; everything happens in the entrywise order.

        With (55) in s_0 only it fails: a start whose policy hardly turns leads to a state whose
        policy does. With (55) for one u only it fails: for another u the policy turns more.
        """
        order, right = _read(kernel)
        proof = _bound_on_v(kernel, order, right, centred=centred)
        turned, still = BANDITS[0], BANDITS[-1]
        shown = {key: value for key, value in still.shown().items() if key != "u"}
        shown |= {"u": turned.shown()["u"], "u of (55)": still.shown()["u"]}
        one_u = kernel.at_instance(
            abs(turned.value(order)[0]), "<=", parse(right, numbers(still)), shown
        )
        case = unaware(Fraction(1, 4))
        constants = start_constants()
        names = dict.fromkeys((r"\gamma", r"\gamma_i"), case.task.discount) | constants
        one_state = kernel.at_instance(
            abs(case.value(order)[0]), "<=", parse(right, names), case.shown() | constants
        )
        every_u = kernel.conditional(proof, EVERY_DIRECTION, one_u)
        return kernel.conditional(every_u, EVERY_STATE, one_state)

    return check


def _left(order: int) -> str:
    power = f"^{order}" if order > 1 else ""
    return rf"\frac{{d{power}\tilde{{V}}_i(\alpha)}}{{d\alpha{power}}}"


_56 = (
    r"\frac{C'}{(1-\gamma)^2}",
    r"\frac{C''}{(1-\gamma)^2} + \frac{2\gamma C'^2}{(1-\gamma)^3}",
    r"\frac{C'''}{(1-\gamma)^2} + \frac{6\gamma C' C''}{(1-\gamma)^3} + \frac{6\gamma^2 C'^3}{(1-\gamma)^4}",
)
_56_SHARP = (
    r"\frac{C'}{2(1-\gamma_i)^2}",
    r"\frac{C''}{2(1-\gamma_i)^2} + \frac{\gamma_i C'^2}{(1-\gamma_i)^3}",
    r"\frac{C'''}{2(1-\gamma_i)^2} + \frac{3\gamma_i C' C''}{(1-\gamma_i)^3} + \frac{3\gamma_i^2 C'^3}{(1-\gamma_i)^4}",
)
_LEFT_56 = tuple(
    rf"\max_{{\|u\|_2=1}} \left| {_left(order)} \right|_{{\alpha=0}} &\leq " for order in (1, 2, 3)
)
_NAMES = ("first", "second", "third")
_CONTROLS: tuple[tuple[Control, ...], ...] = (
    (misprint(r"(1-\gamma)^2", r"(1-\gamma)"), misprint(r"\frac{C'}", r"\frac{1}{3} \frac{C'}")),
    (
        misprint(r"(1-\gamma)^3", r"(1-\gamma)^2"),
        misprint("C'^2", "C'"),
        misprint("C''", "C'"),
    ),
    (
        misprint(r"(1-\gamma)^4", r"(1-\gamma)^3"),
        misprint("C'^3", "C'^2"),
        misprint("C'''", "C'"),
    ),
)
_SUMS = (("eq-74",), ("eq-75-bound-sharp", "eq-75-sum-corrected"), ("eq-76",))
conclusions = tuple(
    Claim(
        id=f"eq-56-{_NAMES[k]}",
        where="Appendix B.5, (56)",
        statement=_LEFT_56[k] + _56[k],
        kind=Kind.UPPER_BOUND,
        check=_conclusion(),
        assumptions=(REWARDS_IN_UNIT_INTERVAL,),
        depends=("eq-55", *_SUMS[k]),
        controls=_CONTROLS[k],
        lines=(796, 796),
        note=_ONE_TASK,
    )
    for k in range(3)
)
sharp = tuple(
    Claim(
        id=f"eq-56-{_NAMES[k]}-sharp",
        where="Appendix B.5, (56)",
        statement=_LEFT_56[k] + _56_SHARP[k],
        kind=Kind.UPPER_BOUND,
        check=_conclusion(centred=True),
        assumptions=(REWARDS_IN_UNIT_INTERVAL,),
        depends=(f"eq-56-{_NAMES[k]}",),
        controls=controls,
        note=(
            "half of the printed bound: the derivatives of the probabilities add up to zero, so Q "
            "may be replaced by Q - 1/(2(1 - gamma)), which is half as large; "
        )
        + (
            "no smaller factor than 1/2 will do: eq-56-first-limit-sharp"
            if k == 0
            else "not known to be the best constants"
        ),
    )
    for k, controls in enumerate(
        (
            (misprint(r"2(1", r"3(1"), misprint(r"(1-\gamma_i)^2", r"(1-\gamma_i)")),
            (misprint(r"(1-\gamma_i)^3", r"(1-\gamma_i)^2"), misprint(r"2(1", r"3(1")),
            (misprint(r"(1-\gamma_i)^4", r"(1-\gamma_i)^3"), misprint(r"2(1", r"4(1")),
        )
    )
)


@claim(
    "eq-56-first-limit-sharp",
    where="Appendix B.5, (56)",
    statement=r"\left| \frac{d\tilde{V}_i(\alpha)}{d\alpha} \right|_{\alpha=0} = \frac{C'}{2(1-\gamma_i p)^2}",
    kind=Kind.TIGHT,
    assumptions=(REWARDS_IN_UNIT_INTERVAL,),
    depends=("eq-55",),
    controls=(misprint("2(1", "(1"), misprint(r"\gamma_i p", "p")),
    note=(
        "for a task of two states, where staying is paid 1 and has probability p; as p tends to 1 "
        "this tends to the bound of eq-56-first-sharp, so no factor smaller than 1/2 will do"
    ),
)
def half_is_attained_in_the_limit(kernel: Kernel) -> Evidence:
    """V = p / (1 - gamma p), so V' = p' / (1 - gamma p)^2, and C' = 2 p'."""
    p, slope = symbols("p", "slope")
    value = theory.value(stay_or_quit(own), [[p, 1 - p], [0, 1]])[0]
    right = read_after(
        kernel.statement,
        r"\left| \frac{d\tilde{V}_i(\alpha)}{d\alpha} \right|_{\alpha=0} =",
    )
    printed = parse(
        right,
        {r"\gamma_i": own, "p": p, "C'": 2 * slope},
    )
    box = Box(gamma_i=DISCOUNT, p=DISCOUNT, slope=DISCOUNT)
    return kernel.identity(printed, value.derivative("p") * slope, box)


eq_56 = Claim(
    id="eq-56",
    where="Appendix B.5, (56)",
    statement=rf"{_LEFT_56[0]}{_56[0]}, \\ {_LEFT_56[1]}{_56[1]}, \text{{ and}} \\ {_LEFT_56[2]}{_56[2]}",
    kind=Kind.UPPER_BOUND,
    lines=(796, 796),
    parts=tuple(member.id for member in conclusions),
)
lemma_b4 = Claim(
    id="lemma-b4",
    where="Appendix B.5, Lemma B.4",
    statement=r"Let $\pi_\alpha \triangleq \pi_{\theta+\alpha u}$, where u is a unit vector and $\tilde{V}_i(\alpha) \triangleq V_i^{\pi_\alpha}(s_i)$.",
    kind=Kind.UPPER_BOUND,
    lines=(790, 796),
    parts=("eq-55", "eq-56"),
    note="if (55), then (56)",
)

_LEFTS = tuple(
    rf"\max_{{\|u\|_2=1}} \left| {_left(order)} \Big|_{{\alpha=0}} \right| " for order in (1, 2, 3)
)
_74 = r"\frac{C'}{1-\gamma} + \frac{\gamma C'}{(1-\gamma)^2}"
_75 = r"\frac{C''}{1-\gamma} + \frac{2C'^2}{(1-\gamma)^2} + \left(\frac{2\gamma C'^2}{(1-\gamma)^3} + \frac{\gamma C''}{(1-\gamma)^2} \right)"
_75_CORRECTED = r"\frac{C''}{1-\gamma} + \frac{2\gamma C'^2}{(1-\gamma)^2} + \left(\frac{2\gamma^2 C'^2}{(1-\gamma)^3} + \frac{\gamma C''}{(1-\gamma)^2} \right)"
_76 = r"\frac{C'''}{1-\gamma} + \frac{3\gamma C' C''}{(1-\gamma)^2} + 3C' \left(\frac{2\gamma^2 C'^2}{(1-\gamma)^3} + \frac{\gamma C''}{(1-\gamma)^2} \right) \\ &\quad + \frac{6\gamma^3 C'^3}{(1-\gamma)^4} + \frac{6\gamma^2 C' C''}{(1-\gamma)^3} + \frac{\gamma C'''}{(1-\gamma)^2}"
_76_COLLECTED = r"\frac{C'''}{1-\gamma} + \frac{\gamma(6C' C'' + C''')}{(1-\gamma)^2} + \frac{6\gamma^2(C'^3 + C' C'')}{(1-\gamma)^3} + \frac{6\gamma^3 C'^3}{(1-\gamma)^4}"


def _link(
    name: str, order: int, statement: str, *controls: Control, depends: tuple[str, ...] = ()
) -> Claim:
    number = 73 + order
    is_bound = bool(depends)
    return Claim(
        id=f"eq-{number}-{name}",
        where=f"Appendix B.5, ({number})",
        statement=statement,
        kind=Kind.UPPER_BOUND if is_bound else Kind.IDENTITY,
        check=_first_link if is_bound else _equality,
        lines=((858, 858), (860, 860), (864, 864))[order - 1],
        depends=depends,
        controls=controls,
        note=_ONE_TASK if is_bound else "",
        **(BOUNDED if is_bound else {}),
    )


eq_74_bound = _link(
    "bound",
    1,
    rf"{_LEFTS[0]}\leq {_74}",
    misprint(r"(1-\gamma)^2", r"(1-\gamma)"),
    misprint(r"\frac{\gamma C'}", r"\frac{\gamma}"),
    depends=("eq-71", "eq-66-bound", "eq-66-norm"),
)
eq_74_sum = _link("sum", 1, rf"{_74} = {_56[0]}", misprint(r"\gamma C'", "C'"))
eq_74 = Claim(
    id="eq-74",
    where="Appendix B.5, (74)",
    statement=rf"{_LEFTS[0]}\leq {_74} = {_56[0]}",
    kind=Kind.UPPER_BOUND,
    lines=(858, 858),
    parts=("eq-74-bound", "eq-74-sum"),
)
_IN_75 = ("eq-72", "eq-66-bound", "eq-66-norm", "eq-67", "eq-68")
eq_75_bound = _link(
    "bound",
    2,
    rf"{_LEFTS[1]}&\leq {_75}",
    misprint(r"(1-\gamma)^3", r"(1-\gamma)"),
    misprint(r"\frac{C''}", r"\frac{C'}"),
    depends=_IN_75,
)
eq_75_bound_sharp = eq_75_bound.variant(
    id="eq-75-bound-sharp",
    statement=rf"{_LEFTS[1]}&\leq {_75_CORRECTED}",
    lines=None,
    controls=(
        misprint(r"(1-\gamma)^3", r"(1-\gamma)"),
        misprint(r"\frac{C''}", r"\frac{C'}"),
    ),
    note="with the factors gamma that (66) and (68) give; then the sum is the printed one",
)
eq_75_sum = eq_74_sum.variant(
    id="eq-75-sum",
    where="Appendix B.5, (75)",
    statement=rf"{_75} \\ &= {_56[1]}",
    lines=(860, 860),
    controls=(misprint("2C'^2", "3C'^2"),),
    fault=Fault(
        Severity.SLIP,
        Origin.EXTRACTION,
        "two factors gamma are missing on the left: 2 gamma C'^2/(1-gamma)^2, since (66) has one, "
        "and 2 gamma^2 C'^2/(1-gamma)^3, as in (68); as printed the left side is 2 C'^2/(1-gamma)^2 "
        "too large. The right side stands",
    ),
)
eq_75_sum_corrected = eq_75_sum.variant(
    id="eq-75-sum-corrected",
    statement=rf"{_75_CORRECTED} \\ &= {_56[1]}",
    lines=None,
    controls=(misprint(r"2\gamma C'^2", "2C'^2"), misprint(r"2\gamma^2 C'^2", r"2\gamma C'^2")),
)
eq_75 = Claim(
    id="eq-75",
    where="Appendix B.5, (75)",
    statement=rf"{_LEFTS[1]}&\leq {_75} \\ &= {_56[1]}",
    kind=Kind.UPPER_BOUND,
    lines=(860, 860),
    parts=("eq-75-bound", "eq-75-sum"),
)
eq_76_bound = _link(
    "bound",
    3,
    rf"{_LEFTS[2]}&\leq {_76}",
    misprint(r"(1-\gamma)^4", r"(1-\gamma)^2"),
    misprint(r"\frac{C'''}", r"\frac{C'}"),
    depends=("eq-73", "eq-66-bound", "eq-66-norm", "eq-67", "eq-68", "eq-69-norms", "eq-69-bounds"),
)
eq_76_collect = _link(
    "collect",
    3,
    rf"{_76} \\ &= {_76_COLLECTED}",
    misprint("6C' C''", "3C' C''"),
    misprint(r"6\gamma^2(", r"6\gamma("),
)
eq_76_sum = _link(
    "sum",
    3,
    rf"{_76_COLLECTED} \\ &= {_56[2]}",
    misprint("6C' C''", "3C' C''"),
    misprint(r"6\gamma^3", r"6\gamma^2"),
)
eq_76 = Claim(
    id="eq-76",
    where="Appendix B.5, (76)",
    statement=rf"{_LEFTS[2]}&\leq {_76} \\ &= {_76_COLLECTED} \\ &= {_56[2]}",
    kind=Kind.UPPER_BOUND,
    lines=(864, 864),
    parts=("eq-76-bound", "eq-76-collect", "eq-76-sum"),
)

if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
