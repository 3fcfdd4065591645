r"""Section 2.1, (3): the bounds on values and advantages, and the range of the rewards."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import parse
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.ledger import (
    Claim,
    Kind,
    claim,
    ingredient,
    misprint,
    narrate,
)
from dcpg_theory.theory.assumptions import (
    REWARDS_IN_UNIT_INTERVAL,
)
from proofs_check import single_task
from proofs_check.section_2 import INDEX, READ_DISCOUNTS
from proofs_check.small_tasks import bandit, fork, loop
from proofs_check.symbols import (
    DISCOUNT,
    OWN,
    own,
)


def _value_lower(kernel: Kernel) -> Evidence:
    """V = M Pi r with three non-negative factors; rewards 0 attain it."""
    printed = parse(kernel.statement.split(r"\leq")[0], READ_DISCOUNTS)
    chain = single_task.value_lower()
    attained = theory.value(loop(0, own), [[1]])[0]
    return kernel.confirmed(
        kernel.proof(chain, chain.conclusion), kernel.sign(printed, "<=", attained, OWN)
    )


def _upper(kernel: Kernel, chain: Any, attained: Any) -> Evidence:
    """Return the proof with 1/(1 - gamma_i), and the printed bound against what is attained."""
    printed = parse(kernel.statement.split(r"\leq")[1], READ_DISCOUNTS)
    return kernel.confirmed(
        kernel.proof(chain, chain.conclusion), kernel.sign(attained, "<=", printed, OWN)
    )


def _value_upper(kernel: Kernel) -> Evidence:
    """V = M Pi r <= M 1 = 1/(1 - gamma_i); reward 1 for ever attains it.

    A bare gamma stands for any discount, and one smaller than gamma_i is a counterexample.
    """
    return _upper(kernel, single_task.value_upper(), theory.value(loop(1, own), [[1]])[0])


def _advantage_upper(kernel: Kernel) -> Evidence:
    """A = r + gamma P V - V <= 1 + gamma/(1 - gamma) - 0; attained at a fork left untaken."""
    attained = theory.advantage(fork(own), [[0, 1], [1, 0], [1, 0]])[0, 0]
    return _upper(kernel, single_task.advantage_upper(), attained)


def _advantage_lower(kernel: Kernel) -> Evidence:
    """A >= 0 + 0 - 1/(1 - gamma_i); attained by the bad turn of a fork."""
    printed = parse(kernel.statement.split(r"\leq")[0], READ_DISCOUNTS)
    attained = theory.advantage(fork(own), [[1, 0], [1, 0], [1, 0]])[0, 1]
    chain = single_task.advantage_lower()
    return kernel.confirmed(
        kernel.proof(chain, chain.conclusion), kernel.sign(printed, "<=", attained, OWN)
    )


_IN_3: dict[str, Any] = {
    "where": "Section 2.1, (3)",
    "kind": Kind.UPPER_BOUND,
    "assumptions": (REWARDS_IN_UNIT_INTERVAL,),
}

value_lower = Claim(
    id="eq-3-value-lower",
    statement=r"0 \leq V_i^\pi(s)",
    check=_value_lower,
    lines=(66, 66),
    depends=("eq-1",),
    controls=(misprint("0", "1"),),
    **_IN_3,
)
value_upper = Claim(
    id="eq-3-value-upper",
    statement=r"V_i^\pi(s) \leq \frac{1}{1-\gamma}",
    check=_value_upper,
    lines=(66, 66),
    depends=("eq-1",),
    controls=(misprint(r"1-\gamma", r"1+\gamma"),),
    fault=INDEX,
    **_IN_3,
)
value_upper_corrected = value_upper.variant(
    id="eq-3-value-upper-corrected",
    statement=r"V_i^\pi(s) \leq \frac{1}{1-\gamma_i}",
    lines=None,
    controls=(misprint(r"\gamma_i", r"\gamma_i^2"), misprint(r"\gamma_i", r"\gamma")),
)
advantage_lower = Claim(
    id="eq-3-advantage-lower",
    statement=r"-\frac{1}{1-\gamma} \leq A_i^\pi(s, a)",
    check=_advantage_lower,
    lines=(66, 66),
    depends=("eq-2",),
    controls=(misprint("-\\frac", "\\frac"),),
    fault=INDEX,
    **_IN_3,
)
advantage_lower_corrected = advantage_lower.variant(
    id="eq-3-advantage-lower-corrected",
    statement=r"-\frac{1}{1-\gamma_i} \leq A_i^\pi(s, a)",
    lines=None,
    controls=(misprint(r"\gamma_i", r"\gamma_i^2"),),
)
advantage_upper = Claim(
    id="eq-3-advantage-upper",
    statement=r"A_i^\pi(s, a) \leq \frac{1}{1-\gamma}",
    check=_advantage_upper,
    lines=(66, 66),
    depends=("eq-2",),
    controls=(misprint(r"1-\gamma", r"1+\gamma"),),
    fault=INDEX,
    **_IN_3,
)
advantage_upper_corrected = advantage_upper.variant(
    id="eq-3-advantage-upper-corrected",
    statement=r"A_i^\pi(s, a) \leq \frac{1}{1-\gamma_i}",
    lines=None,
    controls=(misprint(r"\gamma_i", r"\gamma_i^2"),),
)
eq_3 = Claim(
    id="eq-3",
    where="Section 2.1, (3)",
    statement=r"0 \leq V_i^\pi(s) \leq \frac{1}{1-\gamma}, \quad -\frac{1}{1-\gamma} \leq A_i^\pi(s, a) \leq \frac{1}{1-\gamma}",
    kind=Kind.UPPER_BOUND,
    lines=(66, 66),
    parts=("eq-3-value-lower", "eq-3-value-upper", "eq-3-advantage-lower", "eq-3-advantage-upper"),
)


@claim(
    "eq-3-sharp",
    where="Section 2.1, (3)",
    statement=r"0, \frac{1}{1-\gamma_i}, -\frac{1}{1-\gamma_i}, \frac{1}{1-\gamma_i}",
    kind=Kind.TIGHT,
    assumptions=(REWARDS_IN_UNIT_INTERVAL,),
    depends=("eq-3-value-upper-corrected", "eq-3-advantage-upper-corrected"),
    controls=(misprint(r"-\frac", r"\frac"), misprint("0,", "1,")),
    note="the four bounds of (3), in order, are all attained, by policies that may be deterministic",
)
def all_bounds_are_attained(kernel: Kernel) -> Evidence:
    """V by rewards 0 or 1 for ever; A at a fork between them, by the turn that is not taken."""
    printed = [parse(side, READ_DISCOUNTS) for side in kernel.statement.split(",")]
    bad, good = (theory.advantage(fork(own), [row, [1, 0], [1, 0]])[0] for row in ([1, 0], [0, 1]))
    values = [theory.value(loop(reward, own), [[1]])[0] for reward in (0, 1)]
    return kernel.identity(printed, [*values, bad[1], good[0]], OWN)


@claim(
    "sec2-rewards-wlog",
    where="Section 2.1",
    statement=r"Without loss of generality, we assume that $\mathcal{R}_i(s, a) \in [0, 1]$",
    kind=Kind.IDENTITY,
    lines=(64, 64),
    depends=("eq-1",),
    controls=(ingredient("each task is scaled by its own range", own_scale=True),),
    note=(
        "true with one scale for all tasks, r -> (r - low_i)/width: then the objective (5) changes "
        "by a constant and the factor 1/width; with a scale for each task its maximisers change"
    ),
)
def rewards_may_be_rescaled(kernel: Kernel) -> Evidence:
    """V' = (V - low/(1 - gamma_i))/width, so differences of (5) are divided by width.

    The special case compares two actions of two bandits, whose first actions pay a and b more.
    """
    width, other, a, b = symbols("width", "width_2", "a", "b")
    second = other if kernel.given("own_scale", False) else width
    chosen, rest = np.array([[1, 0]]), np.array([[0, 1]])

    def gain(first: Any, second: Any) -> Any:
        tasks = [bandit(own, first, 0), bandit(own, second, 0)]
        return sum(theory.objective(t, chosen) - theory.objective(t, rest) for t in tasks)

    box = OWN.replace(width=DISCOUNT, width_2=DISCOUNT, a=DISCOUNT, b=DISCOUNT)
    chain = single_task.rescaled_value()
    same = kernel.identity(gain(a / width, b / second), gain(a, b) / width, box)
    return kernel.confirmed(kernel.proof(chain, chain.conclusion), same)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
