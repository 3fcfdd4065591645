r"""Appendix B.5, Lemma B.4: the transitions between pairs, and the derivatives of Q and V.

Everything here is about one task, with its own discount: where the proof prints gamma without an
index it is read as gamma_i. The start s_i of the lemma is called s_0 from (55) on.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.chains import Chain
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import parse
from dcpg_theory.exact.linear_algebra import solve
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.exact.rules import Fact
from dcpg_theory.ledger import Claim, Control, Kind, claim, misprint, narrate
from proofs_check.chains import derivatives
from proofs_check.chains.derivatives import AT_PAIR, AT_STATE, M, pair_ones, q, v
from proofs_check.chains.mdp_operators import P, r
from proofs_check.instances.turning_policies import GENERAL
from proofs_check.readings.entries import entry_names, pairs
from proofs_check.readings.operators import cleaned, read_after, read_derivative, read_operator
from proofs_check.symbols import DISCOUNT, own

WHERE = "Appendix B.5, Lemma B.4"
ONE_TASK = "one task: gamma without an index is its discount gamma_i"


@claim(
    "eq-57",
    where="Appendix B.5, (57)",
    statement=r"[\tilde{P}_i(\alpha)]_{(s,a) \rightarrow (s',a')} = \pi_\alpha(a'|s') P_i(s'|s, a)",
    kind=Kind.DEFINITION,
    lines=(800, 800),
    controls=(
        misprint(r"\pi_\alpha(a'|s')", r"\pi_\alpha(a|s)"),
        misprint("P_i(s'|s, a)", "P_i(s|s', a')"),
    ),
    note="rows are old pairs here, unlike in Appendix A, where columns are old states",
)
def transitions_between_pairs(kernel: Kernel) -> Evidence:
    """P~ = P Pi has no negative entry and its rows sum to one, for all tasks and policies.

    The printed entries are those of P Pi, and sum to one, on a task with two states.
    """
    right = read_after(kernel.statement, r"[\tilde{P}_i(\alpha)]_{(s,a) \rightarrow (s',a')} =")
    printed = np.zeros((4, 4), dtype=object)
    for here, there in pairs(GENERAL):
        value = parse(right, entry_names(GENERAL, here, there))
        printed[2 * here[0] + here[1], 2 * there[0] + there[1]] = value
    matrix = GENERAL.entries(AT_PAIR @ derivatives.TRANSITIONS)[:, 0, :]
    chains = [derivatives.transitions_are_stochastic(rows=rows) for rows in (False, True)]
    proofs = [kernel.proof(chain) for chain in chains]
    special = (
        kernel.identity(printed.sum(axis=1), [1] * 4, labels=lambda k: f"row sum {k[0] + 1}"),
        kernel.identity(printed, matrix),
    )
    return kernel.definition(kernel.confirmed(kernel.every(*proofs), *special))


_TURNED = r"\left[\frac{d\tilde{P}_i(\alpha)}{d\alpha} \right]_{\alpha=0}"


def _turned_entries(kernel: Kernel) -> Evidence:
    """P~' = P Pi', since P does not depend on alpha; entry by entry on a task with two states."""
    right = read_after(kernel.statement, rf"{_TURNED} \Big|_{{(s,a) \rightarrow (s',a')}} =")
    exact = GENERAL.entries(AT_PAIR @ P @ derivatives.turn(1))[:, 0, :]
    printed = [parse(right, entry_names(GENERAL, here, there)) for here, there in pairs(GENERAL)]
    chain = derivatives.turned_transitions(applied=False)
    special = kernel.identity(printed, list(exact.flat))
    return kernel.confirmed(kernel.proof(chain), special)


def _turned_vector(kernel: Kernel) -> Evidence:
    """P~' x = P Pi' x; the printed sum, for any x, on a task with two states."""
    summand = read_after(kernel.statement, rf"{_TURNED} x \Big|_{{s,a}} = \sum_{{a',s'}}")
    x = np.array(symbols("x_1", "x_2", "x_3", "x_4"), dtype=object)
    printed = np.zeros(4, dtype=object)
    for here, there in pairs(GENERAL):
        names = entry_names(GENERAL, here, there) | {
            "x_{a',s'}": x[2 * there[0] + there[1]],
            "x_{a,s}": x[2 * here[0] + here[1]],
        }
        printed[2 * here[0] + here[1]] += parse(summand, names)
    exact = GENERAL.entries(AT_PAIR @ P @ derivatives.turn(1))[:, 0, :] @ x
    chain = derivatives.turned_transitions(applied=True)
    box = Box(**dict.fromkeys(("x_1", "x_2", "x_3", "x_4"), DISCOUNT))
    special = kernel.identity(printed, exact, box)
    return kernel.confirmed(kernel.proof(chain), special)


eq_58 = Claim(
    id="eq-58",
    where="Appendix B.5, (58)",
    statement=r"\left[\frac{d\tilde{P}_i(\alpha)}{d\alpha} \right]_{\alpha=0} \Big|_{(s,a) \rightarrow (s',a')} = \frac{d\pi_\alpha(a'|s')}{d\alpha} \Big|_{\alpha=0} P_i(s'|s, a)",
    kind=Kind.IDENTITY,
    check=_turned_entries,
    lines=(804, 804),
    depends=("eq-57",),
    controls=(
        misprint("P_i(s'|s, a)", "P_i(s|s', a')"),
        misprint("a'|s')}{d", "a|s)}{d"),
    ),
)
eq_59 = Claim(
    id="eq-59",
    where="Appendix B.5, (59)",
    statement=r"\left[\frac{d\tilde{P}_i(\alpha)}{d\alpha} \right]_{\alpha=0} x \Big|_{s,a} = \sum_{a',s'} \frac{d\pi_\alpha(a'|s')}{d\alpha} \Big|_{\alpha=0} P_i(s'|s, a) x_{a',s'}",
    kind=Kind.IDENTITY,
    check=_turned_vector,
    lines=(808, 808),
    depends=("eq-58",),
    controls=(misprint("x_{a',s'}", "x_{a,s}"), misprint("P_i(s'|s, a)", "P_i(s|s', a')")),
    note="x_{a',s'} is the entry of x at the pair (s', a')",
)


_E = "e_{(s_0,a_0)}^T"
_AROUND = (
    (r"$M(\alpha):=", r"$"),
    (rf"Q^\alpha(s_0,a_0)={_E}", "r"),
    (_E, rf"r={_E}M(\alpha)r"),
    (r"M(\alpha)1=", "1"),
)


def _system(kernel: Kernel) -> Any:
    """Return the printed matrix whose inverse is taken, as an operator."""
    text = cleaned(kernel.statement)
    for before, after in _AROUND:
        begins, ends = cleaned(before) + "(", ")^{-1}" + cleaned(after)
        if text.startswith(begins) and text.endswith(ends):
            return read_operator(text[len(begins) : -len(ends)])
    raise InvalidInput(f"{text!r} must name an inverse in one of the ways of (62)")


def _inverse(kernel: Kernel) -> Evidence:
    """I - gamma P~ has an inverse, since gamma < 1 and the rows of P~ sum to one."""
    chain = derivatives.resolvent_exists()
    product = GENERAL.entries(AT_PAIR @ M @ _system(kernel))[:, 0, :]
    special = kernel.identity(product, np.eye(4, dtype=int))
    return kernel.confirmed(kernel.proof(chain), special)


def _defined_inverse(kernel: Kernel) -> Evidence:
    """I - gamma P~ has an inverse, since gamma < 1 and the rows of P~ sum to one."""
    return kernel.definition(_inverse(kernel))


resolvent = Claim(
    id="appb5-m",
    where="Appendix B.5, before (62)",
    statement=r"$M(\alpha) := (I - \gamma \tilde{P}_i(\alpha))^{-1}$",
    kind=Kind.DEFINITION,
    check=_defined_inverse,
    lines=(818, 818),
    depends=("eq-57",),
    controls=(misprint("I -", "I +"), misprint(r"\gamma", r"\gamma^2")),
    note=ONE_TASK,
)


@claim(
    "eq-62-inverse",
    where="Appendix B.5, (62)",
    statement=r"Q^\alpha(s_0, a_0) = e_{(s_0, a_0)}^T (I - \gamma \tilde{P}_i(\alpha))^{-1} r",
    kind=Kind.IDENTITY,
    lines=(820, 820),
    depends=("appb5-m", "eq-2-action-value-corrected"),
    controls=(misprint("I -", "I +"), misprint(r"\gamma", r"\gamma^2")),
    note=ONE_TASK,
)
def bellman_in_matrix_form(kernel: Kernel) -> Evidence:
    """Q = r + gamma P~ Q has the one solution (I - gamma P~)^{-1} r.

    Special case: the printed matrix times the solved Q gives r, on a task with two states.
    """
    chain = derivatives.action_value_chain(0)
    times_q = GENERAL.entries(AT_PAIR @ _system(kernel) @ q(0))
    special = kernel.identity(times_q, GENERAL.entries(AT_PAIR @ r))
    return kernel.confirmed(kernel.proof(chain), special)


eq_62_m = Claim(
    id="eq-62-m",
    where="Appendix B.5, (62)",
    statement=r"e_{(s_0, a_0)}^T (I - \gamma \tilde{P}_i(\alpha))^{-1} r = e_{(s_0, a_0)}^T M(\alpha) r",
    kind=Kind.IDENTITY,
    check=_inverse,
    lines=(820, 820),
    depends=("appb5-m",),
    controls=(misprint("I -", "I +"),),
    note=ONE_TASK,
)
eq_62 = Claim(
    id="eq-62",
    where="Appendix B.5, (62)",
    statement=r"Q^\alpha(s_0, a_0) = e_{(s_0, a_0)}^T (I - \gamma \tilde{P}_i(\alpha))^{-1} r = e_{(s_0, a_0)}^T M(\alpha) r",
    kind=Kind.IDENTITY,
    lines=(820, 820),
    parts=("eq-62-inverse", "eq-62-m"),
)


def _entry(of: str) -> Callable[[Kernel], Evidence]:
    """Check a derivative of Q or V: the printed side is read, proved, and compared exactly."""

    def check(kernel: Kernel) -> Evidence:
        left, right = cleaned(kernel.statement).split("=")
        order = read_derivative(left, of=of)
        printed = read_operator(right)
        at, target, chain = _TARGETS[of](order)
        proof = kernel.proof(chain, Fact(at @ target, "=", printed))
        special = kernel.identity(GENERAL.entries(printed), GENERAL.entries(at @ target))
        return kernel.confirmed(proof, special)

    check.__doc__ = _DERIVATIONS[of]
    return check


_DERIVATIONS = {
    "Q": (
        "Differentiate Q = r + gamma P Pi Q and solve: Q^(k) = gamma M P sum_j binom(k, j) "
        "Pi^(j) Q^(k-j); then insert the lower derivatives.\n\nThe printed products, in their "
        "order, are compared with the exact derivatives of Q on a task with two states."
    ),
    "V": (
        "The product rule for V = Pi Q.\n\nThe printed sums are compared with the exact "
        "derivatives of V on a task with two states."
    ),
}


def _of_q(order: int) -> tuple[Any, Any, Chain]:
    return AT_PAIR, q(order), derivatives.action_value_chain(order)


def _of_v(order: int) -> tuple[Any, Any, Chain]:
    chain = derivatives.value_chain(order) if order else derivatives.value_averages_q()
    return AT_STATE, v(order), chain


_TARGETS: dict[str, Callable[[int], tuple[Any, Any, Chain]]] = {"Q": _of_q, "V": _of_v}

_P1, _P2, _P3 = (
    r"\frac{d\tilde{P}_i(\alpha)}{d\alpha}",
    r"\frac{d^2 \tilde{P}_i(\alpha)}{d\alpha^2}",
    r"\frac{d^3 \tilde{P}_i(\alpha)}{d\alpha^3}",
)
_DISPLAYS: tuple[tuple[int, str, int, str, tuple[str, ...], tuple[Control, ...]], ...] = (
    (
        63,
        "Q",
        824,
        r"\frac{dQ^\alpha(s_0, a)}{d\alpha} = \gamma_i e_{(s_0, a)}^T M(\alpha) \frac{d\tilde{P}_i(\alpha)}{d\alpha} M(\alpha) r",
        ("eq-62-inverse", "eq-58"),
        (misprint(r"\gamma_i e", "e"), misprint(r"\alpha} M(\alpha) r", r"\alpha} r")),
    ),
    (
        64,
        "Q",
        826,
        r"\frac{d^2 Q^\alpha(s_0, a_0)}{(d\alpha)^2} &= 2\gamma_i^2 e_{(s_0, a_0)}^T M(\alpha) \frac{d\tilde{P}_i(\alpha)}{d\alpha} M(\alpha) \frac{d\tilde{P}_i(\alpha)}{d\alpha} M(\alpha) r \\ &\quad + \gamma_i e_{(s_0, a_0)}^T M(\alpha) \frac{d^2 \tilde{P}_i(\alpha)}{d\alpha^2} M(\alpha) r",
        ("eq-63",),
        (
            misprint(r"2\gamma_i^2", r"\gamma_i^2"),
            misprint(r"\gamma_i^2", r"\gamma_i"),
            misprint(_P2, _P1),
        ),
    ),
    (
        65,
        "Q",
        828,
        r"\frac{d^3 Q^\alpha(s_0, a_0)}{(d\alpha)^3} &= 6\gamma_i^3 e_{(s_0, a_0)}^T M(\alpha) \frac{d\tilde{P}_i(\alpha)}{d\alpha} M(\alpha) \frac{d\tilde{P}_i(\alpha)}{d\alpha} M(\alpha) \frac{d\tilde{P}_i(\alpha)}{d\alpha} M(\alpha) r \\ &\quad + 3\gamma_i^2 e_{(s_0, a_0)}^T M(\alpha) \frac{d^2 \tilde{P}_i(\alpha)}{d\alpha^2} M(\alpha) \frac{d\tilde{P}_i(\alpha)}{d\alpha} M(\alpha) r \\ &\quad + 3\gamma_i^2 e_{(s_0, a_0)}^T M(\alpha) \frac{d\tilde{P}_i(\alpha)}{d\alpha} M(\alpha) \frac{d^2 \tilde{P}_i(\alpha)}{d\alpha^2} M(\alpha) r \\ &\quad + \gamma_i e_{(s_0, a_0)}^T M(\alpha) \frac{d^3 \tilde{P}_i(\alpha)}{d\alpha^3} M(\alpha) r",
        ("eq-64",),
        (
            misprint(r"6\gamma_i^3", r"3\gamma_i^3"),
            misprint(rf"{_P2} M(\alpha) {_P1}", rf"{_P1} M(\alpha) {_P2}"),
            misprint(_P3, _P2),
        ),
    ),
    (
        70,
        "V",
        842,
        r"\tilde{V}_i(\alpha) = \sum_a \pi_\alpha(a|s_0) Q^\alpha(s_0, a)",
        ("eq-1", "eq-2-action-value-corrected"),
        (misprint(r"\sum_a \pi_\alpha(a|s_0)", r"2 \sum_a \pi_\alpha(a|s_0)"),),
    ),
    (
        71,
        "V",
        846,
        r"\frac{d\tilde{V}_i(\alpha)}{d\alpha} = \sum_a \frac{d\pi_\alpha(a|s_0)}{d\alpha} Q_i^\alpha(s_0, a) + \sum_a \pi_\alpha(a|s_0) \frac{dQ_i^\alpha(s_0, a)}{d\alpha}",
        ("eq-70",),
        (misprint(r"+ \sum_a", r"+ 2 \sum_a"), misprint(r"a) + \sum", r"a) - \sum")),
    ),
    (
        72,
        "V",
        850,
        r"\frac{d^2\tilde{V}_i(\alpha)}{d\alpha^2} &= \sum_a \frac{d^2\pi_\alpha(a|s_0)}{d\alpha^2} Q_i^\alpha(s_0, a) + 2 \sum_a \frac{d\pi_\alpha(a|s_0)}{d\alpha} \frac{dQ_i^\alpha(s_0, a)}{d\alpha} \\ &\quad + \sum_a \pi_\alpha(a|s_0) \frac{d^2Q_i^\alpha(s_0, a)}{d\alpha^2}",
        ("eq-71",),
        (misprint(r"+ 2 \sum_a", r"+ \sum_a"), misprint(r"+ 2 \sum_a", r"- 2 \sum_a")),
    ),
    (
        73,
        "V",
        854,
        r"\frac{d^3\tilde{V}_i(\alpha)}{d\alpha^3} &= \sum_a \frac{d^3\pi_\alpha(a|s_0)}{d\alpha^3} Q_i^\alpha(s_0, a) + 3 \sum_a \frac{d^2\pi_\alpha(a|s_0)}{d\alpha^2} \frac{dQ_i^\alpha(s_0, a)}{d\alpha} \\ &\quad + 3 \sum_a \frac{d\pi_\alpha(a|s_0)}{d\alpha} \frac{d^2Q_i^\alpha(s_0, a)}{d\alpha^2} + \sum_a \pi_\alpha(a|s_0) \frac{d^3Q_i^\alpha(s_0, a)}{d\alpha^3}",
        ("eq-72",),
        (
            misprint(r"+ 3 \sum_a", r"+ 2 \sum_a"),
            misprint(r"+ 3 \sum_a \frac{d\pi", r"+ \sum_a \frac{d\pi"),
        ),
    ),
)
displays = tuple(
    Claim(
        id=f"eq-{number}",
        where=f"Appendix B.5, ({number})",
        statement=statement,
        kind=Kind.IDENTITY,
        check=_entry(of),
        lines=(line, line),
        depends=depends,
        controls=controls,
        note="for every alpha" if of == "Q" else "s_0 is the start s_i of the lemma",
    )
    for number, of, line, statement, depends, controls in _DISPLAYS
)


def _ones(kernel: Kernel) -> Evidence:
    """M 1 = gamma M P~ 1 + 1 = gamma M 1 + 1, so M 1 = 1 / (1 - gamma_i)."""
    right = cleaned(kernel.statement).rpartition("=")[2].removesuffix("1")
    printed = parse(right, {r"\gamma_i": own})
    chain = derivatives.resolvent_of_ones()
    fact = Fact(M @ pair_ones, "=", pair_ones.scaled(printed))
    matrix = GENERAL.entries(AT_PAIR @ M)[:, 0, :].sum(axis=1)
    value = parse(right, {r"\gamma_i": GENERAL.task.discount})
    return kernel.confirmed(kernel.proof(chain, fact), kernel.identity(matrix, [value] * 4))


ones_value = Claim(
    id="appb5-ones-value",
    where="Appendix B.5, before (66)",
    statement=r"= \frac{1}{1-\gamma_i} 1",
    kind=Kind.IDENTITY,
    check=_ones,
    lines=(830, 830),
    depends=("appb5-m",),
    controls=(misprint(r"1-\gamma_i", r"1+\gamma_i"), misprint(r"\gamma_i", r"\gamma_i^2")),
    note="the value of M(alpha) 1, which stands at the other end of the series",
)
ones_inverse = Claim(
    id="appb5-ones-inverse",
    where="Appendix B.5, before (66)",
    statement=r"M(\alpha)1 = (I - \gamma_i \tilde{P}_i(\alpha))^{-1} 1",
    kind=Kind.IDENTITY,
    check=_inverse,
    lines=(830, 830),
    depends=("appb5-m",),
    controls=(misprint("I -", "I +"),),
)


_PRINTED_SERIES = re.compile(r"\\sum_\{n=(\d+)\}\^\{\\infty\}(.*)\\tilde\{P\}_i\(\\alpha\)\^n1")


def _sum_of(text: str) -> Any:
    """Return a printed series of vectors, exactly, on a task with two states.

    The factors c_n of P~^n are read at n = 0, 1 and 2, and have to be geometric; the sum from the
    printed first index on is then c_0 times that power of g P~, times (I - g P~)^{-1} 1.
    """
    found = _PRINTED_SERIES.fullmatch(text)
    if found is None:
        raise InvalidInput(f"{text!r} must be a series over n of multiples of P~^n 1")
    names = {r"\gamma_i": GENERAL.task.discount}
    factors = [parse(found[2].replace("^n", f"^{k}"), names) for k in (0, 1, 2)]
    ratio = factors[1] / factors[0]
    if factors[2] != ratio * factors[1]:
        raise InvalidInput(f"the factors {found[2]!r} must be geometric")
    matrix = ratio * GENERAL.entries(AT_PAIR @ derivatives.TRANSITIONS)[:, 0, :]
    total = factors[0] * solve(np.eye(4, dtype=int) - matrix, np.array([1, 1, 1, 1]))
    for _ in range(int(found[1])):
        total = matrix @ total
    return total


def _series_is_resolvent(kernel: Kernel) -> Evidence:
    """The remainder M 1 - S_k is multiplied by gamma P~ from one partial sum to the next.

    Since P~ is stochastic and gamma < 1 the remainder tends to zero. Special case: the printed
    inverse and the printed series on a task with two states.
    """
    text = cleaned(kernel.statement)
    left, right = text.split("=", 1)
    system = read_operator(left.removeprefix("(").removesuffix(")^{-1}1"))
    chain = derivatives.resolvent_is_series()
    product = GENERAL.entries(AT_PAIR @ system)[:, 0, :] @ _sum_of(right)
    return kernel.confirmed(kernel.proof(chain), kernel.identity(product, [1] * 4))


def _sum_of_series(kernel: Kernel) -> Evidence:
    """The series is M 1, and M 1 = 1 / (1 - gamma_i), on a task with two states as printed."""
    left, right = cleaned(kernel.statement).rsplit("=", 1)
    number = right.removesuffix("1")
    chain = derivatives.series_of_ones()
    printed = pair_ones.scaled(parse(number, {r"\gamma_i": own}))
    value = parse(number, {r"\gamma_i": GENERAL.task.discount})
    special = kernel.identity(_sum_of(left), [value] * 4)
    return kernel.confirmed(kernel.proof(chain, Fact(chain.conclusion.left, "=", printed)), special)


_SERIES_CONTROLS = (misprint("n=0", "n=1"), misprint(r"\gamma_i^n", r"2\gamma_i^n"))
_PARTIAL_SUMS = "a series is the limit of its partial sums"
ones_series = Claim(
    id="appb5-ones-series",
    where="Appendix B.5, before (66)",
    statement=r"(I - \gamma_i \tilde{P}_i(\alpha))^{-1} 1 = \sum_{n=0}^{\infty} \gamma_i^n \tilde{P}_i(\alpha)^n 1",
    kind=Kind.IDENTITY,
    check=_series_is_resolvent,
    lines=(830, 830),
    depends=("appb5-m",),
    controls=(*_SERIES_CONTROLS, misprint("(I -", "(I +")),
    note=_PARTIAL_SUMS,
)
ones_sum = Claim(
    id="appb5-ones-sum",
    where="Appendix B.5, before (66)",
    statement=r"\sum_{n=0}^{\infty} \gamma_i^n \tilde{P}_i(\alpha)^n 1 = \frac{1}{1-\gamma_i} 1",
    kind=Kind.IDENTITY,
    check=_sum_of_series,
    lines=(830, 830),
    depends=("appb5-ones-series", "appb5-ones-value"),
    controls=(*_SERIES_CONTROLS, misprint(r"1-\gamma_i", r"1+\gamma_i")),
    note=_PARTIAL_SUMS,
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
