r"""Appendix B.3, (47)-(49): from the performance difference to the mismatch coefficient.

All of (49) prints pi_theta* where the advantage and the visitation from mu belong to pi_theta.
Every link is a claim; its universal proof is a chain of `several_tasks` or `largest_actions`, and
exact instances are what refutes the printed form.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box, closed_interval
from dcpg_theory.exact.chains import Chain
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.ledger import (
    Claim,
    Fault,
    Kind,
    Origin,
    Severity,
    misprint,
    narrate,
)
from dcpg_theory.ledger.claims import Check, Control
from proofs_check.chains import largest_actions, several_tasks
from proofs_check.chains import visitation as visitation_chains
from proofs_check.instances.small_tasks import bandit
from proofs_check.readings.display_49 import (
    D_MU,
    D_RHO,
    LINES,
    RATIO,
    SETTINGS,
    SHARED,
    SIGNS,
    STAR,
    SUMMED,
    TASKS,
    TOP,
    WHERE,
    A,
    at_theta,
    compare,
)
from proofs_check.readings.sums import sides
from proofs_check.readings.wording import about
from proofs_check.symbols import DISCOUNT, PROBABILITY, own


def _link(chain: Chain | None, *where: str) -> Check:
    def check(kernel: Kernel) -> Evidence:
        """Prove the link for all sizes by its chain, and evaluate both sides as they are printed."""
        special = compare(kernel, kernel.statement, SETTINGS, where or None)
        if chain is None:
            return kernel.every(*special)
        return kernel.confirmed(kernel.proof(chain), *special)

    check.__doc__ = f"{check.__doc__}\n\nThe chain: {chain.title}." if chain else check.__doc__
    return check


def _claim(
    name: str,
    number: int,
    check: Check,
    *controls: Control,
    depends: tuple[str, ...] = (),
    **more: Any,
) -> Claim:
    left, right, sign = LINES[number], LINES[number + 1], SIGNS[number]
    joint = "" if number == 0 else r" \\"
    return Claim(
        id=f"eq-49-{name}",
        where=f"{WHERE}, (49), line {number + 1}",
        statement=f"{left}{joint} &{sign} {right}",
        kind=Kind.IDENTITY if sign == "=" else Kind.UPPER_BOUND,
        check=check,
        lines=(696, 696),
        depends=depends,
        controls=controls,
        **more,
    )


def _corrected(printed: Claim, *controls: Control, **changes: Any) -> Claim:
    changes = {"statement": at_theta(printed.statement), "fault": None, **changes}
    return printed.variant(
        id=f"{printed.id}-corrected", lines=None, controls=controls or printed.controls, **changes
    )


_SUPERSCRIPT = (
    "the advantages (and the visitations from mu) are those of pi_theta; printed with pi_theta* "
    "throughout (47), (49) and (50)"
)

difference = _claim(
    "difference",
    0,
    _link(several_tasks.difference()),
    misprint(r"\frac{1}{1 - \gamma_i}", "3"),
    depends=("lemma-b3",),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        f"{_SUPERSCRIPT}; as printed the right side is 0, since pi* has no advantage over itself",
    ),
)
difference_corrected = _corrected(
    difference,
    misprint(r"\frac{1}{1 - \gamma_i}", "3"),
    misprint(r"A_i^{\pi_\theta}", rf"A_i^{{{STAR}}}"),
    depends=("lemma-b3-corrected",),
)
exchange = _claim(
    "exchange",
    1,
    _link(several_tasks.grouped()),
    misprint(rf"{STAR}(a|s) {TASKS}", rf"{TASKS}"),
    note="an exchange of finite sums, true with either superscript",
)
largest = _claim(
    "largest",
    2,
    _link(largest_actions.largest_action()),
    misprint(TOP, r"\sum_{a \in \mathcal{A}}"),
    note="true with either superscript",
)


def _same_factor(kernel: Kernel) -> Evidence:
    """X = (x / y) y for the summands, for any x and any y > 0."""
    x, y, advantage = symbols("x", "y", "A")
    names = {D_RHO: x, D_MU: y, r"\gamma_i": own, A: advantage}
    names |= {at_theta(D_MU): y, at_theta(A): advantage}
    left, right = (
        parse(side.split(normalized(TASKS))[1].removesuffix(r"\\"), names)
        for side in sides(kernel.statement, "=")[-2:]
    )
    box = Box(x=DISCOUNT, y=DISCOUNT, A=closed_interval(-1, 1), gamma_i=DISCOUNT)
    return kernel.identity(left, right, box)


ratio = Claim(
    id="eq-49-ratio",
    where=f"{WHERE}, (49), line 4",
    statement=rf"{LINES[3]} \\ &= {LINES[4]}",
    kind=Kind.IDENTITY,
    check=_same_factor,
    lines=(696, 696),
    controls=(misprint(rf"{{{D_MU}}}{{1", rf"{{{D_RHO}}}{{1"),),
    note="needs d_{i,mu_i}(s) > 0, which the positive mu_i of Theorem 2's coefficient give",
)


def _ratio_out(kernel: Kernel) -> Evidence:
    """A factor w >= 0 that does not depend on the action keeps the order of the actions.

    For two actions with h_1 = h_2 + t, t >= 0: max(w h_1, w h_2) = w h_1 = w max(h_1, h_2).
    """
    small, step, weight = symbols("h", "t", "w")
    box = Box(h=closed_interval(-1, 1), t=PROBABILITY, w=PROBABILITY)
    ordered = kernel.sign(weight * (small + step), ">=", weight * small, box)
    special = compare(kernel, kernel.statement, SETTINGS, ("two tasks that share P",))
    return kernel.confirmed(ordered, *special)


matched = _claim(
    "match",
    4,
    _ratio_out,
    misprint(r"\tilde{d}(s)", r"\tilde{d}(s) \tilde{d}(s)"),
    depends=("eq-47",),
    note="true with either superscript, if w is the ratio (47) with the same superscript",
)
matched_corrected = _corrected(
    matched, misprint(r"\tilde{d}(s)", r"\tilde{d}(s) \tilde{d}(s)"), depends=("eq-47-corrected",)
)
mismatch = _claim(
    "mismatch",
    5,
    _link(largest_actions.mismatch_out(), "two tasks that share P"),
    misprint(r"\tilde{d}(s)", r"\frac{2\tilde{d}(s)}{1}"),
    depends=("eq-49-largest-nonnegative",),
    note="true with either superscript, if w is the ratio (47) with the same superscript",
)
mismatch_corrected = _corrected(
    mismatch,
    misprint(r"\tilde{d}(s)", r"\frac{2\tilde{d}(s)}{1}"),
    depends=("eq-49-largest-nonnegative-corrected",),
)
bounded = _claim(
    "bound",
    6,
    _link(largest_actions.bound_out(), "an unvisited state"),
    misprint(r"\frac{2\lambda N}", r"\frac{\lambda N}{100} \frac{2\lambda N}"),
    depends=("eq-50",),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        f"{_SUPERSCRIPT}; nothing bounds the advantages of pi_theta* in states that rho does not visit",
    ),
)
bounded_corrected = _corrected(
    bounded,
    misprint(r"\frac{2\lambda N}", r"\frac{\lambda N}{100} \frac{2\lambda N}"),
    depends=("eq-50-corrected",),
)


def _cancel(kernel: Kernel) -> Evidence:
    """|S| / |S| = 1."""
    largest_ratio, lam, tasks, states = symbols("R", "lambda", "N", "S")
    names = {r"\lambda": lam, "N": tasks, r"|\mathcal{S}|": states, "R": largest_ratio}
    text = kernel.statement.replace(r"\\", " ")
    text = (
        normalized(text).replace(normalized(RATIO), "R").replace(normalized(at_theta(RATIO)), "R")
    )
    left, right = (parse(side, names) for side in sides(text, "="))
    box = Box(R=DISCOUNT, N=DISCOUNT, S=DISCOUNT, **{"lambda": DISCOUNT})
    return kernel.identity(left, right, box)


cancel = _claim("cancel", 7, _cancel, misprint(r"\frac{2\lambda N}", r"\frac{\lambda N}"))
start = _claim(
    "start",
    8,
    _link(several_tasks.mismatch_bound()),
    misprint(r"(1 - \gamma_i)\mu_i(s)", r"\mu_i(s)"),
    depends=("eq-49-visitation",),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "the last sign has to be <=, as the words after (49) say; with one state d = mu = 1 and the "
        "two sides differ by the factor 1 - gamma_i",
    ),
)
start_corrected = _corrected(
    start,
    misprint(r"(1 - \gamma_i)\mu_i(s)", r"\frac{\mu_i(s)}{1-\gamma_i}"),
    statement=at_theta(rf"{LINES[8]} \\ &\leq {LINES[9]}"),
    kind=Kind.UPPER_BOUND,
    note="every mu_i(s) > 0, or the right side is not defined",
    depends=("eq-49-visitation-corrected",),
)
eq_49 = Claim(
    id="eq-49",
    where=f"{WHERE}, (49)",
    statement=rf"{LINES[0]} "
    + r" \\ ".join(f"&{sign} {line}" for sign, line in zip(SIGNS, LINES[1:], strict=True)),
    kind=Kind.UPPER_BOUND,
    lines=(696, 696),
    parts=(
        "eq-49-difference",
        "eq-49-exchange",
        "eq-49-largest",
        "eq-49-ratio",
        "eq-49-match",
        "eq-49-mismatch",
        "eq-49-bound",
        "eq-49-cancel",
        "eq-49-start",
    ),
)


def _nonnegative(kernel: Kernel) -> Evidence:
    """Pi_theta averages its own advantages to 0 in every task, so the largest is at least 0."""
    chain = largest_actions.best_is_nonnegative()
    text = re.sub(r", ?\\forall s", "", kernel.statement)
    left, right = sides(text, r"\geq")
    special = [
        kernel.at_instance(
            setting.value_of(left, {"s": s}), ">=", parse(right, {}), {"instance": name}
        )
        for name, setting in SETTINGS.items()
        for s in range(len(setting.problem.states))
    ]
    return kernel.confirmed(kernel.proof(chain), *special)


nonnegative = Claim(
    id="eq-49-largest-nonnegative",
    where=f"{WHERE}, after (49)",
    statement=rf"{TOP} {SUMMED} \geq 0, \forall s",
    kind=Kind.UPPER_BOUND,
    check=_nonnegative,
    lines=(698, 698),
    depends=("eq-2-advantage",),
    controls=(misprint(r"\geq 0", r"\geq 1"),),
    note="true as printed, with pi_theta* in both places, and for pi_theta, where it is needed",
)
nonnegative_corrected = nonnegative.variant(
    id="eq-49-largest-nonnegative-corrected", statement=at_theta(nonnegative.statement), lines=None
)


def _at_least_start(kernel: Kernel) -> Evidence:
    """D = (1 - gamma) mu + gamma d Pi P, and the second term is not negative."""
    chain = visitation_chains.at_least_start()
    left, right = sides(kernel.statement, r"\geq")
    special = [
        kernel.at_instance(
            setting.value_of(left, at), ">=", setting.value_of(right, at), {"instance": name, **at}
        )
        for name, setting in SETTINGS.items()
        for at in ({"i": 0, "s": s} for s in range(len(setting.problem.states)))
    ]
    return kernel.confirmed(kernel.proof(chain), *special)


at_least_start = Claim(
    id="eq-49-visitation",
    where=f"{WHERE}, after (49)",
    statement=rf"{D_MU} \geq (1 - \gamma_i)\mu_i(s)",
    kind=Kind.UPPER_BOUND,
    check=_at_least_start,
    lines=(698, 698),
    depends=("eq-18-corrected",),
    controls=(misprint(r"(1 - \gamma_i)\mu_i(s)", r"(1 + \gamma_i)\mu_i(s)"),),
    note="said for every policy",
)
at_least_start_corrected = at_least_start.variant(
    id="eq-49-visitation-corrected", statement=at_theta(at_least_start.statement), lines=None
)


def _common_ratio(kernel: Kernel) -> Evidence:
    """Both ratios are defined and equal where two tasks share P, discount, rho and mu.

    That they are equal wherever (12) holds needs no proof: (12) is said for every policy.
    """
    first, second = normalized(kernel.statement).split(r"\triangleq")[0].split("=")
    second = second.replace("_j", "_i").replace("{j", "{i")
    return kernel.definition(
        *(
            kernel.at_instance(
                SHARED.value_of(first, {"i": 0, "s": s}),
                "=",
                SHARED.value_of(second, {"i": 1, "s": s}),
                {"state": s},
            )
            for s in (0, 1)
        )
    )


eq_47 = Claim(
    id="eq-47",
    where=f"{WHERE}, (47)",
    statement=rf"\frac{{{D_RHO}}}{{{D_MU}}} = \frac{{d_{{j,\rho_j}}^{{{STAR}}}(s)}}{{d_{{j,\mu_j}}^{{{STAR}}}(s)}} \triangleq \tilde{{d}}(s)",
    kind=Kind.DEFINITION,
    check=_common_ratio,
    lines=(686, 686),
    depends=("eq-12",),
    controls=(misprint(r"d_{i,\rho_i}", r"d_{i,\mu_i}"),),
    note=(
        "as printed this is (12) for pi_theta = pi_theta*, and well defined; the proof needs the "
        "ratio with pi_theta in the denominators, eq-47-corrected"
    ),
)
eq_47_corrected = eq_47.variant(
    id="eq-47-corrected",
    statement=at_theta(eq_47.statement).replace(
        rf"d_{{j,\mu_j}}^{{{STAR}}}", r"d_{j,\mu_j}^{\pi_\theta}"
    ),
    lines=None,
    note="the ratio that the proof needs, with pi_theta in the denominators as in (12)",
    depends=("eq-12-corrected",),
)


def _performance_difference(kernel: Kernel) -> Evidence:
    """Insert (1 - gamma) rho = d - gamma d Pi P into (1 - gamma) rho (V - V').

    The advantage is that of the second policy. Special case: a bandit whose policies take the first
    action with probability p and q; t belongs to a policy that is not named.
    """
    about(
        kernel,
        r"V_i^\pi(\rho_i) - V_i^{\bar{\pi}}(\rho_i) =",
        r"\mathbb{E}_{s \sim d_{i,\rho_i}^\pi} \mathbb{E}_{a \sim \pi(\cdot|s)}",
    )
    p, q, t = symbols("p", "q", "t")
    task = bandit(own)
    rows = {"p": [[p, 1 - p]], "q": [[q, 1 - q]], "t": [[t, 1 - t]]}
    right = normalized(kernel.statement).split("=", 1)[1]
    factor, inner = re.findall(r"^(.*?)\\mathbb\{E\}.*\[(.*)\]\.?$", right)[0]
    chain = visitation_chains.performance_difference()
    total = 0 * p
    for action in (0, 1):
        names: dict[str, Any] = {
            f"A{index}^{{{label}}}(s, a)": theory.advantage(task, rows[row])[0, action]
            for index in ("", "_i")
            for label, row in ((r"\pi'", "t"), (r"\bar{\pi}", "q"), (r"\pi", "p"))
        }
        total = total + rows["p"][0][action] * parse(inner, names)
    printed = parse(factor, {r"\gamma_i": own}) * total
    gap = theory.value(task, rows["p"])[0] - theory.value(task, rows["q"])[0]
    box = Box(p=PROBABILITY, q=PROBABILITY, t=PROBABILITY, gamma_i=DISCOUNT)
    special = kernel.identity([printed], [gap], box, labels=lambda _: "a bandit")
    return kernel.confirmed(kernel.proof(chain), special)


lemma_b3 = Claim(
    id="lemma-b3",
    where=f"{WHERE}, Lemma B.3, (48)",
    statement=r"V_i^\pi(\rho_i) - V_i^{\bar{\pi}}(\rho_i) = \frac{1}{1 - \gamma_i} \mathbb{E}_{s \sim d_{i,\rho_i}^\pi} \mathbb{E}_{a \sim \pi(\cdot|s)} \left[A^{\pi'}(s, a) \right].",
    kind=Kind.IDENTITY,
    check=_performance_difference,
    lines=(692, 692),
    depends=("eq-1", "eq-2-advantage"),
    controls=(misprint(r"A^{\pi'}", r"A_i^{\pi}"), misprint(r"\frac{1}{1 - \gamma_i}", "3")),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "the lemma's policies are pi and bar pi; pi' is neither, and has to be bar pi (and A has the index i)",
    ),
    note="pi' is read as any policy, since the lemma does not name it",
)
lemma_b3_corrected = lemma_b3.variant(
    id="lemma-b3-corrected",
    statement=lemma_b3.statement.replace(r"A^{\pi'}", r"A_i^{\bar{\pi}}"),
    lines=None,
    fault=None,
    controls=(misprint(r"A_i^{\bar{\pi}}", r"A_i^{\pi}"), misprint(r"\frac{1}{1 - \gamma_i}", "3")),
)


eq_48 = Claim(
    id="eq-48",
    where=f"{WHERE}, (48)",
    statement=lemma_b3.statement,
    kind=Kind.IDENTITY,
    lines=(692, 692),
    parts=("lemma-b3",),
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
