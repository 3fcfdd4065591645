r"""The display (49) of Appendix B.3, line by line as printed, and exact settings to evaluate it in."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from proofs_check.instances.small_tasks import bandit
from proofs_check.instances.two_policies import Setting, absorbing, shared_kernel
from proofs_check.readings.sums import sides

__all__ = [
    "D_MU",
    "D_RHO",
    "HALF",
    "LINES",
    "RATIO",
    "SETTINGS",
    "SHARED",
    "SIGNS",
    "STAR",
    "SUMMED",
    "TASKS",
    "TOP",
    "UNVISITED",
    "WHERE",
    "A",
    "at_theta",
    "compare",
]

WHERE = "Appendix B.3"
HALF = Fraction(1, 2)

# Shared kernel, so (12) holds; then a task with a state that rho never visits.
_REWARDS = ([[1, 0], [0, HALF]], [[0, Fraction(1, 3)], [1, 0]])
SHARED = Setting(
    shared_kernel(_REWARDS), [[HALF, HALF], [Fraction(2, 3), Fraction(1, 3)]], [[1, 0], [0, 1]], 3
)
ONE_STATE = Setting(MultiTaskProblem([bandit(HALF)]), [[HALF, HALF]], [[1, 0]], 1)
UNVISITED = Setting(
    MultiTaskProblem([absorbing([[0, 0], [1, 0]], HALF, [1, 0])], exploration=[[HALF, HALF]]),
    [[HALF, HALF], [Fraction(99, 100), Fraction(1, 100)]],
    [[HALF, HALF], [HALF, HALF]],
    Fraction(99, 2450),
)
SETTINGS = {
    "one bandit": ONE_STATE,
    "an unvisited state": UNVISITED,
    "two tasks that share P": SHARED,
}

STAR = r"\pi_{\theta^*}"
D_RHO = rf"d_{{i,\rho_i}}^{{{STAR}}}(s)"
D_MU = rf"d_{{i,\mu_i}}^{{{STAR}}}(s)"
A = rf"A_i^{{{STAR}}}(s, a)"
OVER = r"\sum_{s \in \mathcal{S}}"
TASKS = r"\sum_{i: s \in \mathcal{S}_i}"
TOP = r"\max_{a \in \mathcal{A}}"
RATIO = rf"\max_{{s \in \mathcal{{S}}, i: s \in \mathcal{{S}}_i}} \left\{{ \frac{{{D_RHO}}}{{{D_MU}}} \right\}}"
SUMMED = rf"{TASKS} \frac{{{D_MU}}}{{1 - \gamma_i}} {A}"

# The lines of (49).
LINES = (
    r"V(\theta^*; \rho) - V(\theta; \rho)",
    rf"\sum_{{i=1}}^N \frac{{1}}{{1 - \gamma_i}} \sum_{{s \in \mathcal{{S}}_i}} \sum_{{a \in \mathcal{{A}}}} {D_RHO} {STAR}(a|s) {A}",
    rf"{OVER} \sum_{{a \in \mathcal{{A}}}} {STAR}(a|s) {TASKS} \frac{{1}}{{1 - \gamma_i}} {D_RHO} {A}",
    rf"{OVER} {TOP} {TASKS} \frac{{1}}{{1 - \gamma_i}} {D_RHO} {A}",
    rf"{OVER} {TOP} {TASKS} \frac{{{D_RHO}}}{{{D_MU}}} \frac{{{D_MU}}}{{1 - \gamma_i}} {A}",
    rf"{OVER} \tilde{{d}}(s) {TOP} {SUMMED}",
    rf"{RATIO} {OVER} {TOP} {SUMMED}",
    rf"{RATIO} |\mathcal{{S}}| \frac{{2\lambda N}}{{|\mathcal{{S}}|}}",
    rf"2\lambda N {RATIO}",
    rf"2\lambda N \max_{{s \in \mathcal{{S}}, i: s \in \mathcal{{S}}_i}} \left\{{ \frac{{{D_RHO}}}{{(1 - \gamma_i)\mu_i(s)}} \right\}}",
)
SIGNS = ("=", "=", r"\leq", "=", "=", r"\leq", r"\leq", "=", "=")


def at_theta(latex: str) -> str:
    """Return a display with pi_theta in the advantages and in the visitations from mu."""
    text = latex.replace(rf"A_i^{{{STAR}}}", r"A_i^{\pi_\theta}")
    return text.replace(rf"d_{{i,\mu_i}}^{{{STAR}}}", r"d_{i,\mu_i}^{\pi_\theta}")


def compare(
    kernel: Kernel, latex: str, settings: dict[str, Setting], labels: Sequence[str] | None = None
) -> list[Evidence]:
    """Return the display ``left relation right`` checked in exact settings."""
    text = normalized(latex)
    if normalized(A) in text:
        text = text.replace(normalized(r"\tilde{d}(s)"), normalized(r"\tilde{d}^*(s)"))
    relation = next(sign for sign in (r"\leq", "=") if "&" + sign in text)
    left, right = (side.removesuffix(r"\\") for side in sides(text, "&" + relation))
    return [
        kernel.at_instance(
            _value(setting, left),
            {r"\leq": "<=", "=": "="}[relation],
            _value(setting, right),
            {"instance": name, "lambda": setting.regularization},
        )
        for name, setting in settings.items()
        if labels is None or name in labels
    ]


def _value(setting: Setting, latex: str) -> Any:
    if latex == normalized(LINES[0]):
        return setting.gap()
    return setting.value_of(latex.strip("&"))
