r"""Appendix B.1, the minimum over k in (35) and (37): what is added to it has a k of its own.

As in (40), the minimum has been taken of the first term alone, and the k of the second is free. Read
for every k < K, as a free k must be, both inequalities fail; with the maximum over k they hold.
Nothing else changes, since what follows bounds the second terms for every k.
"""

from __future__ import annotations

import re
import sys
from fractions import Fraction
from typing import Any

from dcpg_theory.exact.balls import ball
from dcpg_theory.exact.boxes import Box, at_least, closed_interval
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import as_fmpq, symbols
from dcpg_theory.ledger import Claim, Fault, Kind, Origin, Severity, misprint, narrate
from proofs_check.instances.bandit_runs import BanditRun
from proofs_check.readings.wording import about
from proofs_check.symbols import own

WHERE = "Appendix B.1"
_HALF, _TENTH = Fraction(1, 2), Fraction(1, 10)
_UNIT = closed_interval(-1, 1)
_LARGEST = r"\max_{k<K}"

# Two copies of one bandit, so that the agents never differ: 1/60 < 1/(2 * 21.95 + 8) of (10).
_COPIES = BanditRun(
    (1, 1), (_TENTH, _TENTH), Fraction(1), Fraction(1, 60), 1, ((_HALF, _HALF), (_HALF, _HALF))
)
# Two agents that hardly talk; the second has nothing to win and stays near the uniform policy.
_STAY = Fraction(999, 1000)
_APART = BanditRun(
    (1, 0),
    (_TENTH, _TENTH),
    Fraction(1, 8),
    Fraction(1, 30),
    1,
    ((_STAY, 1 - _STAY), (1 - _STAY, _STAY)),
)
_STEPS = 100


def _free_k(what: str) -> Fault:
    return Fault(
        Severity.SLIP,
        Origin.PAPER,
        "the minimum over k has been taken of the first term alone, and the k of the second is free; "
        f"the second needs the maximum over k, as in (40) ({what})",
    )


def _least_and_largest(kernel: Kernel, first: Any, second: Any) -> Evidence:
    """M <= first a + second B at each of two k, given M <= c_k <= 2 a_k + b_k and b_k <= B.

    One of the two a_k is the least one. What is read is `first` and `second`; 2 and 1 are true.
    """
    least, largest, a, b, c = symbols("M", "B", "a", "b", "c")
    limits = [c - least, 2 * a + b - c, largest - b, a, b]
    return kernel.positive_on(first * a + second * largest - least, limits, strict=False)


def _value_slope(run: BanditRun, task: int, x: Any) -> Any:
    """Return what V has of a task's slope: that of L without the regularizer's part."""
    return run.slope(task, x) - _pull(run, x)


def _pull(run: BanditRun, x: Any) -> Any:
    """Return the regularizer's part of a slope, lambda (1/2 - p)."""
    return ball(run.regularization) * (ball(_HALF) - 1 / (1 + (-x).exp()))


def _smallest(values: list[Any]) -> Any:
    least = values[0]
    for value in values[1:]:
        least = least.min(value)
    return least


# (35) -----------------------------------------------------------------------------------------


def _regularizer_apart(kernel: Kernel) -> Evidence:
    """2 a^2 + (2/N) sum b_i^2 - (a + mean b)^2 is a sum of squares, for N = 2; and the minimum over k.

    The run starts at the uniform policy, where the regularizer has no gradient, and comes close to a
    stationary point of L, where that of V stays: at k = 0 the last term is 0, and the rest too small.
    """
    whose = r"\theta_i^k" if r"\theta_i^k" in normalized(kernel.statement) else r"\theta^k"
    about(
        kernel,
        r"\min_{k < K} \|\overline{\nabla L}^\lambda(\theta^k; \mu)\|^2",
        rf"\sum_{{i=1}}^N \|\nabla \lambda \text{{RE}}(\pi_{{{whose}}})\|^2",
    )
    mean, b1, b2 = symbols("a", "b1", "b2")
    text = normalized(kernel.statement)
    first = parse(text[: text.index(r"\min")], {})
    front = re.findall(r"\+(.*?)\\sum", text)[0]
    second = parse(front.replace(_LARGEST, ""), {"N": as_fmpq(2)})
    gap = first * mean**2 + second * (b1**2 + b2**2) - (mean + (b1 + b2) / 2) ** 2
    box = Box(a=_UNIT, b1=_UNIT, b2=_UNIT)
    form = (mean - (b1 + b2) / 2) ** 2 + (b1 - b2) ** 2 / 2
    squares = kernel.every(
        kernel.identity(gap, form, box),
        kernel.sign((mean - (b1 + b2) / 2) ** 2, ">=", 0, box),
        kernel.sign((b1 - b2) ** 2, ">=", 0, box),
    )
    if _LARGEST in front:
        return kernel.every(squares, _least_and_largest(kernel, first, 1))

    def left() -> Any:
        return _smallest([_value_slope(_COPIES, 0, x[0]) ** 2 for x in _COPIES.iterates(_STEPS)])

    def right() -> Any:
        rows = _COPIES.iterates(_STEPS)
        total = _smallest([_COPIES.slope(0, x[0]) ** 2 for x in rows])
        return total * first + 2 * second * _pull(_COPIES, rows[0][0]) ** 2

    instance = {"alpha": _COPIES.step_size, "K": _STEPS, "k of the second term": 0, "lambda": 1}
    instance |= {
        "tasks": "twice: one state, rewards (1, 0), gamma = 1/10",
        "theta^0": "uniform policy",
    }
    return kernel.every(squares, kernel.enclosed(left, "<=", right, instance, 256))


eq_35 = Claim(
    id="eq-35",
    where=f"{WHERE}, (35)",
    statement=r"2 \min_{k < K} \|\overline{\nabla L}^\lambda(\theta^k; \mu)\|^2 + \frac{2}{N} \sum_{i=1}^N \|\nabla \lambda \text{RE}(\pi_{\theta^k})\|^2",
    kind=Kind.UPPER_BOUND,
    check=_regularizer_apart,
    lines=(603, 603),
    depends=("eq-35-split",),
    controls=(misprint(r"\frac{2}{N}", r"\frac{1}{2N}"),),
    fault=_free_k("all that is used of it is Lemma B.6, which holds for every policy"),
    note="theta^k in the regularizer is theta_i^k: the sum runs over i. Printed again as (36), line 1",
)
eq_35_corrected = eq_35.variant(
    id="eq-35-corrected",
    statement=r"2 \min_{k < K} \|\overline{\nabla L}^\lambda(\theta^k; \mu)\|^2 + \frac{2}{N} \max_{k < K} \sum_{i=1}^N \|\nabla \lambda \text{RE}(\pi_{\theta_i^k})\|^2",
    lines=None,
    fault=None,
    controls=(misprint(r"\frac{2}{N}", r"\frac{1}{2N}"), misprint(r"\max_{k < K}", "")),
    note="shown for N = 2",
)

# (37) -----------------------------------------------------------------------------------------

_SQUARED = r"\frac{64}{(1-\gamma_j)^6} \|\theta_i^k - \theta_j^k\|^2"


def _agents_apart(kernel: Kernel) -> Evidence:
    """Agent 2 of two bandits: at k = 0 the agents agree, so that the second term is 0 there.

    The first agent's gradient of V falls along the run, the second has none: the mean of both falls
    below what it is at agent 2's parameters, which hardly move.
    """
    text = normalized(kernel.statement)
    first = parse(re.findall(r"\\leq(.*?)\\min", text)[0], {})
    front = re.findall(r"\+(.*?)\\sum", text)[0]
    count = symbols("N")[0]
    factor = parse(front.replace(_LARGEST, ""), {"N": count})
    second = factor.evaluate({"N": as_fmpq(2)})
    about(kernel, r"\min_{k < K} \left\| \overline{\nabla V}(\theta^k; \mu) \right\|^2")
    constant, _ = text.split(r"\sum_{j=1}^N")[1].split(normalized(r"\|\theta_i^k - \theta_j^k\|^2"))
    smooth = kernel.identity(
        parse(constant, {r"\gamma_j": own}),
        (8 / (1 - own) ** 3) ** 2,
        Box(gamma_i=closed_interval(0, _HALF)),
    )
    share = kernel.identity(factor, 2 / count, Box(N=at_least(1)))  # twice the mean of the squares
    if _LARGEST in front:
        return kernel.every(smooth, share, _least_and_largest(kernel, first, 1))

    def left() -> Any:
        rows = _APART.iterates(_STEPS)
        return _smallest([(_value_slope(_APART, 0, x[1]) / 2) ** 2 for x in rows])

    def right() -> Any:
        rows = _APART.iterates(_STEPS)
        apart = rows[0][1] - rows[0][0]
        least = _smallest([(_value_slope(_APART, 0, x[0]) / 2) ** 2 for x in rows])
        return first * least + second * apart**2

    instance = {"agent": 2, "K": _STEPS, "k of the second term": 0, "W": "[[a, 1-a], [1-a, a]]"}
    instance |= {
        "tasks": "one state, rewards (1, 0) and (0, 0), gamma = 1/10",
        "theta^0": "uniform policy",
        "a": _STAY,
        "alpha": _APART.step_size,
        "lambda": _APART.regularization,
    }
    return kernel.every(smooth, share, kernel.enclosed(left, "<=", right, instance, 256))


eq_37_minimum = Claim(
    id="eq-37-minimum",
    where=f"{WHERE}, (37), first against last",
    statement=rf"&\leq 2 \min_{{k < K}} \left\| \overline{{\nabla V}}(\theta^k; \mu) \right\|^2 + \frac{{2}}{{N}} \sum_{{j=1}}^N {_SQUARED}",
    kind=Kind.UPPER_BOUND,
    check=_agents_apart,
    lines=(616, 616),
    depends=("eq-37-second-corrected", "eq-85-gradient-corrected"),
    controls=(misprint(r"\leq 2", r"\leq 1"),),
    fault=_free_k("all that is used of it is (38), which holds for every k"),
)
eq_37_minimum_corrected = eq_37_minimum.variant(
    id="eq-37-minimum-corrected",
    statement=rf"&\leq 2 \min_{{k < K}} \left\| \overline{{\nabla V}}(\theta^k; \mu) \right\|^2 + \frac{{2}}{{N}} \max_{{k < K}} \sum_{{j=1}}^N {_SQUARED}",
    lines=None,
    fault=None,
    controls=(misprint("64", "8"), misprint(r"\max_{k < K}", "")),
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
