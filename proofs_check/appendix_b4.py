r"""Appendix B.4: the derivation of the gradient (8), link by link.

Each printed line is a link of a chain of proof (`gradient_chain`, `softmax_chain`), for every finite
task; and it is read and evaluated on a small task whose solved value is differentiated directly.
One task is spoken of, so the bare reward and p_i, P_{pi_theta}, d_{s_i} are read as that task's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized
from dcpg_theory.ledger import (
    Claim,
    Control,
    Fault,
    Kind,
    Origin,
    Severity,
    claim,
    ingredient,
    misprint,
    narrate,
)
from proofs_check.chains.gradient import derivation
from proofs_check.chains.single_task import series_is_solution
from proofs_check.chains.softmax_gradient import log_derivative, regularized_gradient
from proofs_check.instances.turning_task import BOX, DIRECTIONS, TurningTask
from proofs_check.readings.displays import sides

WHERE = "Appendix B.4"
Target = Callable[[TurningTask], list[Any]]

# The printed expectation over s' does not name its law: it is that of the next state.
_NEXT = (
    r"\mathbb{E}_{s'_i \in \mathcal{S}_i}",
    r"\sum_{s'_i \in \mathcal{S}_i} p_i(s'_i | s_i, a_i)",
)


def _checked(chain: Callable[[], Any], target: Target, *indices: str) -> Any:
    def check(kernel: Kernel) -> Evidence:
        """The chain up to this line; and on the small task every side has the true value."""
        proof = chain()
        text = normalized(kernel.statement).replace(normalized(_NEXT[0]), normalized(_NEXT[1]))
        printed, true = [], []
        for direction in DIRECTIONS:
            turning = TurningTask(direction)
            for side in sides(text):
                printed += turning.read(side, indices)
                true += target(turning)
        return kernel.confirmed(kernel.proof(proof), kernel.identity(printed, true, BOX))

    return check


def _line(
    name: str,
    lines: tuple[int, int],
    statement: str,
    check: Any,
    controls: tuple[Control, ...],
    depends: tuple[str, ...],
    note: str = "",
) -> Claim:
    return claim(
        f"appb4-{name}",
        where=WHERE,
        statement=statement,
        kind=Kind.IDENTITY,
        lines=lines,
        depends=depends,
        controls=controls,
        note=note,
    )(check)


def _slopes(turning: TurningTask) -> list[Any]:
    return turning.slopes()


def _values(turning: TurningTask) -> list[Any]:
    return list(turning.value())


def _value(kernel: Kernel) -> Evidence:
    """The series of (1) converges to the solution of the Bellman equation, under the law after it."""
    law = normalized(r", a_i^k \sim \pi_\theta(s_i^k)")
    series = normalized(kernel.statement).removesuffix(law)
    turning, chain = TurningTask(DIRECTIONS[0]), series_is_solution()
    printed = [value for side in sides(series) for value in turning.read(side, ("s_i",))]
    special = kernel.identity(printed, [*turning.value()] * 2, BOX)
    return kernel.definition(kernel.confirmed(kernel.proof(chain), special))


value_definition = claim(
    "appb4-value",
    where=WHERE,
    statement=r"V_i^{\pi_\theta}(s_i) = \mathbb{E} \left[\sum_{k=0}^{\infty} \gamma_i^k \mathcal{R}_i(s_i^k, a_i^k) \mid s_i^0 = s_i \right], \quad a_i^k \sim \pi_\theta(s_i^k)",
    kind=Kind.DEFINITION,
    lines=(737, 737),
    depends=("eq-1", "eq-4"),
    controls=(misprint(r"\gamma_i^k", r"\gamma^k"), misprint(r"\sum_{k=0}", r"2 \cdot \sum_{k=0}")),
    note="(1) again; pi_theta(s) is read as the law pi_theta(.|s)",
)(_value)

_VALUE = (
    _line(
        "value-q",
        (738, 738),
        r"= \sum_{a_i \in \mathcal{A}} \pi_\theta(a_i | s_i) Q_i^{\pi_\theta}(s_i, a_i)",
        _checked(lambda: derivation("value-q"), _values, "s_i"),
        (
            misprint(r"\pi_\theta(a_i | s_i) Q", "Q"),
            misprint(r"Q_i^{\pi_\theta}", r"A_i^{\pi_\theta}"),
        ),
        ("appb4-value", "eq-2-action-value"),
    ),
    _line(
        "value-bellman",
        (739, 739),
        r"= \sum_{a_i \in \mathcal{A}} \pi_\theta(a_i | s_i) \mathbb{E}_{s'_i \in \mathcal{S}_i} [\mathcal{R}(s_i, a_i) + \gamma_i V_i^{\pi_\theta}(s'_i)]",
        _checked(lambda: derivation("value-bellman"), _values, "s_i"),
        (misprint(r"\gamma_i V", "V"), misprint(r"+ \gamma_i", r"- \gamma_i")),
        ("appb4-value-q",),
        r"the expectation is over s'_i \sim P_i(. | s_i, a_i), which is not written; R is R_i",
    ),
)

_SCORES = r"\sum_{a_i \in \mathcal{A}} \pi_\theta(a_i | s_i) Q_i^{\pi_\theta}(s_i, a_i) \nabla_\theta \ln \pi_\theta(a_i | s_i)"
_OUTER = r"\frac{1}{1 - \gamma_i} \mathbb{E}_{s'_i \sim d_{s_i}^{\pi_\theta}(\cdot)} \mathbb{E}_{a'_i \sim \pi_\theta(\cdot | s'_i)}"
_AT_NEXT = r"\sum_{a'_i \in \mathcal{A}} \pi_\theta(a'_i | s'_i) Q_i^{\pi_\theta}(s'_i, a'_i) \nabla_\theta \ln \pi_\theta(a'_i | s'_i)"

_GRADIENT = (
    _line(
        "product",
        (745, 745),
        r"\frac{\partial V_i^{\pi_\theta}(s_i)}{\partial \theta} = \sum_{a_i \in \mathcal{A}} \left[Q_i^{\pi_\theta}(s_i, a_i) \frac{\partial \pi_\theta(a_i | s_i)}{\partial \theta} + \pi_\theta(a_i | s_i) \frac{\partial Q_i^{\pi_\theta}(s_i, a_i)}{\partial \theta} \right]",
        _checked(lambda: derivation("product"), _slopes, "s_i"),
        (
            misprint(r"+ \pi_\theta", r"- \pi_\theta"),
            misprint("Q_i^", "V_i^{\\pi_\\theta}(s_i) Q_i^"),
        ),
        ("appb4-value-q",),
    ),
    _line(
        "quotient",
        (746, 747),
        r"= \sum_{a_i \in \mathcal{A}} \pi_\theta(a_i | s_i) Q_i^{\pi_\theta}(s_i, a_i) \frac{\nabla_\theta \pi_\theta(a_i | s_i)}{\pi_\theta(a_i | s_i)} \\ &\quad + \sum_{a_i \in \mathcal{A}} \pi_\theta(a_i | s_i) \frac{\partial}{\partial \theta} \mathbb{E}_{s'_i \in \mathcal{S}_i} [\mathcal{R}(s_i, a_i) + \gamma_i V_i^{\pi_\theta}(s'_i)]",
        _checked(lambda: derivation("quotient"), _slopes, "s_i"),
        (
            misprint(
                r"\frac{\nabla_\theta \pi_\theta(a_i | s_i)}{\pi_\theta(a_i | s_i)}",
                r"\nabla_\theta \pi_\theta(a_i | s_i)",
            ),
            misprint(r"+ \gamma_i V", "+ V"),
        ),
        ("appb4-product", "appb4-value-bellman"),
        "divides by pi_theta, which is positive at every finite theta",
    ),
    _line(
        "log",
        (748, 749),
        rf"= {_SCORES} \\ &\quad + \gamma_i \sum_{{a_i \in \mathcal{{A}}}} \pi_\theta(a_i | s_i) \sum_{{s'_i \in \mathcal{{S}}_i}} p_i(s'_i | s_i, a_i) \frac{{\partial}}{{\partial \theta}} V_i^{{\pi_\theta}}(s'_i)",
        _checked(lambda: derivation("log"), _slopes, "s_i"),
        (
            misprint(r"+ \gamma_i \sum", r"+ \sum"),
            misprint(r"\nabla_\theta \ln \pi_\theta", r"\nabla_\theta \pi_\theta"),
            misprint("p_i(s'_i | s_i, a_i)", ""),
        ),
        ("appb4-quotient",),
        "p_i is the kernel P_i; the rewards do not depend on theta",
    ),
    _line(
        "unrolled",
        (753, 757),
        rf"= {_SCORES} \\ &\quad + \gamma_i \sum_{{a_i \in \mathcal{{A}}}} \pi_\theta(a_i | s_i) \sum_{{s'_i \in \mathcal{{S}}_i}} p_i(s'_i | s_i, a_i) \\ &\quad \quad \times {_AT_NEXT} \\ &\quad + \gamma_i^2 \sum_{{a_i \in \mathcal{{A}}}} \pi_\theta(a_i | s_i) \sum_{{s'_i \in \mathcal{{S}}_i}} p_i(s'_i | s_i, a_i) \\ &\quad \quad \times \sum_{{a' \in \mathcal{{A}}}} \pi_\theta(a' | s'_i) \sum_{{s''_i \in \mathcal{{S}}_i}} p_i(s''_i | s'_i, a') \frac{{\partial}}{{\partial \theta}} V_i^{{\pi_\theta}}(s''_i)",
        _checked(lambda: derivation("unrolled"), _slopes, "s_i"),
        (
            misprint(r"\gamma_i^2", r"\gamma_i"),
            misprint("p_i(s''_i | s'_i, a')", "p_i(s''_i | s_i, a_i)"),
            misprint(r"\pi_\theta(a' | s'_i)", ""),
        ),
        ("appb4-log",),
    ),
    _line(
        "series",
        (758, 758),
        rf"= \sum_{{k=0}}^{{\infty}} \sum_{{s'_i \in \mathcal{{S}}_i}} \gamma_i^k P_{{\pi_\theta}}(s_i^k = s'_i | s_i) {_AT_NEXT}",
        _checked(lambda: derivation("series"), _slopes, "s_i"),
        (
            misprint(r"\gamma_i^k P", r"\gamma_i \gamma_i^k P"),
            misprint("Q_i", "V_i^{\\pi_\\theta}(s'_i) Q_i"),
        ),
        ("appb4-unrolled", "appb4-log"),
        "the remainder gamma^k sum_s' P(s^k = s') V'(s') tends to zero; read as the resolvent",
    ),
    _line(
        "visitation",
        (759, 759),
        rf"= {_OUTER} Q_i^{{\pi_\theta}}(s'_i, a'_i) \nabla_\theta \ln \pi_\theta(a'_i | s'_i)",
        _checked(lambda: derivation("visitation"), _slopes, "s_i"),
        (misprint(r"\frac{1}{1 - \gamma_i}", ""), misprint(r"1 - \gamma_i", r"1 + \gamma_i")),
        ("appb4-series", "sec3-visitation"),
        "d_{s_i}(.) is the d_i(. | s_i) of Section 3",
    ),
    _line(
        "baseline",
        (760, 760),
        rf"= {_OUTER} (Q_i^{{\pi_\theta}}(s'_i, a'_i) - V_i^{{\pi_\theta}}(s'_i) + V_i^{{\pi_\theta}}(s'_i)) \nabla_\theta \ln \pi_\theta(a'_i | s'_i)",
        _checked(lambda: derivation("baseline"), _slopes, "s_i"),
        (misprint(r"\frac{1}{1 - \gamma_i}", ""), misprint("(Q_i", "(- Q_i")),
        ("appb4-visitation",),
    ),
    _line(
        "advantage",
        (761, 761),
        rf"= {_OUTER} A_i^{{\pi_\theta}}(s'_i, a'_i) \nabla_\theta \ln \pi_\theta(a'_i | s'_i)",
        _checked(lambda: derivation("advantage"), _slopes, "s_i"),
        (misprint("A_i", "V_i^{\\pi_\\theta}(s'_i) A_i"), misprint(r"\frac{1}{1 - \gamma_i}", "")),
        ("appb4-baseline", "appb4-zero", "eq-2-advantage"),
    ),
)


def _nothing(_: TurningTask) -> list[Any]:
    return [0, 0]


_ZERO = (
    _line(
        "zero-inside",
        (766, 766),
        r"\sum_{a'} \pi_\theta(a' | s') V_i^{\pi_\theta}(s') \nabla_\theta \ln \pi_\theta(a' | s') = \sum_{a'} V_i^{\pi_\theta}(s') \nabla_\theta \pi_\theta(a' | s')",
        _checked(lambda: derivation("zero-gradient"), _nothing, "s_prime"),
        (
            misprint(
                r"\sum_{a'} V_i^{\pi_\theta}(s') \nabla_\theta \pi_\theta(a' | s')",
                r"\sum_{a'} V_i^{\pi_\theta}(s') \nabla_\theta \ln \pi_\theta(a' | s')",
            ),
        ),
        ("eq-4",),
    ),
    _line(
        "zero-outside",
        (766, 766),
        r"= V_i^{\pi_\theta}(s') \nabla_\theta \sum_{a'} \pi_\theta(a' | s')",
        _checked(lambda: derivation("zero-outside"), _nothing, "s_prime"),
        (misprint(r"\pi_\theta(a' | s')", r"\pi_\theta(a' | s') \pi_\theta(a' | s')"),),
        ("appb4-zero-inside",),
    ),
    _line(
        "zero",
        (766, 766),
        r"= 0",
        _checked(lambda: derivation("zero"), _nothing, "s_prime"),
        (misprint("0", "1"),),
        ("appb4-zero-outside", "eq-4"),
    ),
)


def _logs(turning: TurningTask) -> list[Any]:
    """Return pi'/pi for all states and actions."""
    return [turning.turned(entry) / entry for entry in turning.policy.flat]


_PAIR = ("s_prime", "a_prime")
_LOGS = (
    _line(
        "log-of-softmax",
        (771, 771),
        r"\frac{\partial \ln \pi_\theta(a' | s')}{\partial \theta_{s,a}} = \frac{\partial}{\partial \theta_{s,a}} \left(\theta_{s',a'} - \ln \sum_{a''} \exp(\theta_{s',a''}) \right)",
        _checked(lambda: log_derivative("log-of-softmax"), _logs, *_PAIR),
        (misprint(r"\ln \sum", r"\sum"), misprint(r"- \ln", r"+ \ln")),
        ("eq-4",),
    ),
    _line(
        "log-quotient",
        (772, 772),
        r"= \mathbb{1}(s' = s, a' = a) - \mathbb{1}(s' = s) \frac{\exp(\theta_{s',a})}{\sum_{a''} \exp(\theta_{s',a''})}",
        _checked(lambda: log_derivative("log-quotient"), _logs, *_PAIR),
        (
            misprint(r"- \mathbb{1}(s' = s) \frac", r"- \frac"),
            misprint(r"\exp(\theta_{s',a})", r"\exp(\theta_{s',a'})"),
        ),
        ("appb4-log-of-softmax",),
    ),
    _line(
        "log-closed",
        (773, 773),
        r"= \mathbb{1}[s' = s] (\mathbb{1}[a' = a] - \pi_\theta(a | s'))",
        _checked(lambda: log_derivative("log-closed"), _logs, *_PAIR),
        (
            misprint(r"\pi_\theta(a | s')", r"\pi_\theta(a' | s')"),
            misprint(r"\mathbb{1}[s' = s] (", "("),
        ),
        ("appb4-log-quotient",),
        "the derivative of the policy itself is pi(a'|s') times this",
    ),
)


def _starts(turning: TurningTask) -> list[Any]:
    return [turning.start_slope()]


_FROM_START = r"\frac{1}{1 - \gamma_i} \mathbb{E}_{s_i \sim \rho_i} \mathbb{E}_{s'_i \sim d_{s_i}^{\pi_\theta}(\cdot)} \mathbb{E}_{a'_i \sim \pi_\theta(\cdot | s'_i)} A_i^{\pi_\theta}(s'_i, a'_i)"
_START = (
    _line(
        "start",
        (779, 779),
        r"\frac{\partial}{\partial \theta_{s,a}} V_i^{\pi_\theta}(\rho_i) = \frac{\partial}{\partial \theta_{s,a}} \mathbb{E}_{s_i \sim \rho_i} [V_i^{\pi_\theta}(s_i)]",
        _checked(lambda: derivation("start"), _starts),
        (misprint(r"[V_i^{\pi_\theta}(s_i)]", r"[\gamma_i V_i^{\pi_\theta}(s_i)]"),),
        ("sec2-start-value",),
    ),
    _line(
        "start-inside",
        (780, 780),
        r"= \mathbb{E}_{s_i \sim \rho_i} \left[\frac{\partial V_i^{\pi_\theta}(s_i)}{\partial \theta_{s,a}} \right]",
        _checked(lambda: derivation("inside"), _starts),
        (misprint(r"\partial V_i^{\pi_\theta}(s_i)", r"\partial \gamma_i V_i^{\pi_\theta}(s_i)"),),
        ("appb4-start",),
    ),
    _line(
        "inserted",
        (781, 781),
        rf"= {_FROM_START} \frac{{\partial \ln \pi_\theta(a'_i | s'_i)}}{{\partial \theta_{{s,a}}}}",
        _checked(lambda: derivation("inserted"), _starts),
        (misprint(r"\partial \ln \pi", r"\partial \pi"), misprint(r"\frac{1}{1 - \gamma_i}", "")),
        ("appb4-start-inside", "appb4-advantage"),
    ),
    _line(
        "indicators",
        (782, 782),
        rf"= {_FROM_START} \mathbb{{1}}[s'_i = s] (\mathbb{{1}}[a'_i = a] - \pi_\theta(a | s'_i))",
        _checked(lambda: derivation("indicators"), _starts),
        (misprint(r"\mathbb{1}[s'_i = s]", ""), misprint(r"1 - \gamma_i", r"1 + \gamma_i")),
        ("appb4-inserted", "appb4-log-closed"),
        "the subtracted pi(a|s') may be anything that does not depend on a': A averages to zero",
    ),
    _line(
        "split",
        (783, 784),
        r"= \frac{1}{1 - \gamma_i} \mathbb{E}_{s_i \sim \rho_i} d_{s_i}^{\pi_\theta}(s) \pi_\theta(a | s) A_i^{\pi_\theta}(s, a) \\ &\quad - \frac{\pi_\theta(a | s)}{1 - \gamma_i} \mathbb{E}_{s_i \sim \rho_i} \mathbb{E}_{s'_i \sim d_{s_i}^{\pi_\theta}(\cdot)} \mathbb{1}[s'_i = s] \sum_{a'_i} \pi_\theta(a'_i | s'_i) A_i^{\pi_\theta}(s'_i, a'_i)",
        _checked(lambda: derivation("split"), _starts),
        (
            misprint(r"\pi_\theta(a'_i | s'_i) A_i", "A_i"),
            misprint(r"\pi_\theta(a | s) A", "A"),
        ),
        ("appb4-indicators",),
    ),
    _line(
        "gradient",
        (785, 785),
        r"= \frac{1}{1 - \gamma_i} d_{\rho_i}^{\pi_\theta}(s) \pi_\theta(a | s) A_i^{\pi_\theta}(s, a)",
        _checked(lambda: derivation("gradient"), _starts),
        (misprint(r"\pi_\theta(a | s) A", "A"), misprint(r"\frac{1}{1 - \gamma_i}", "")),
        ("appb4-split", "sec3-visitation-start", "eq-2-advantage"),
        "d_{rho_i} is d_{i,rho_i}; this is (16), and the first line of (8)",
    ),
)

appendix_b4 = (value_definition, *_VALUE, *_GRADIENT, *_ZERO, *_LOGS, *_START)

whole = Claim(
    id="appb4",
    where=WHERE,
    statement="Here we just derive the gradient for $V_i^{\\pi_\\theta}$.",
    kind=Kind.IDENTITY,
    lines=(732, 732),
    parts=tuple(member.id for member in appendix_b4),
)


def _regularizer(kernel: Kernel) -> Evidence:
    """dL_i = dV_i + d(-lambda RE); where the text says "gradient of", a function must follow.

    The gradient of V has |S||A| entries, that of nabla V as many for each of them.
    """
    source = normalized(kernel.statement).split("fromthegradientof")[1].split("by")[0]
    turning = TurningTask(DIRECTIONS[0])
    size = turning.policy.size
    entries = size**2 if r"\nabla" in source else size
    shape = kernel.at_instance(entries, "=", size, {"|S|": 2, "|A|": 3, "differentiated": source})
    sign = kernel.given("sign", 1)
    regularizer = turning.regularized_slope() - turning.start_slope()
    total = kernel.identity(
        turning.start_slope() + sign * regularizer, turning.regularized_slope(), BOX
    )
    chain = regularized_gradient()
    return kernel.confirmed(kernel.proof(chain), shape, total)


regularizer_added = Claim(
    id="appb4-regularizer",
    where=WHERE,
    statement=r"The gradient of L_i^λ can be easily computed from the gradient of $\nabla V_i^{\pi_\theta}$ by adding the gradient of the entropy regularizer.",
    kind=Kind.IDENTITY,
    check=_regularizer,
    lines=(732, 732),
    depends=("eq-7", "eq-6-closed", "appb4-log-closed"),
    controls=(ingredient("the regularizer is subtracted twice over", sign=-1),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "the gradient of nabla V would be the Hessian; the gradient of V is meant",
    ),
    note="the entropy regularizer is -lambda RE, with its sign",
)
regularizer_added_corrected = regularizer_added.variant(
    id="appb4-regularizer-corrected",
    statement=r"The gradient of L_i^λ can be easily computed from the gradient of $V_i^{\pi_\theta}$ by adding the gradient of the entropy regularizer.",
    lines=None,
)

if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
