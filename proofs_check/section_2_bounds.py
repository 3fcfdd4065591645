r"""Section 2.1, (3): the bounds on values and advantages, and the range of the rewards."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.chains import Chain
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import parse
from dcpg_theory.exact.operators import SCALARS, Atom, Operator
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
from proofs_check.chains import single_task
from proofs_check.chains.mdp_operators import Policy, equal, less, pair_ones, state_ones
from proofs_check.instances.small_tasks import bandit, fork, loop
from proofs_check.readings.printed import (
    Linear,
    compare_sides,
    misprints,
    read_off,
    relations,
    unless_refuted,
)
from proofs_check.section_2 import INDEX, READ_DISCOUNTS
from proofs_check.symbols import (
    DISCOUNT,
    OWN,
    own,
)


def _bounded(
    kernel: Kernel, chain: Chain, bounded: tuple[str, Operator], *extremes: Any
) -> Evidence:
    """Return the proof of the printed inequality, and the inequality at both extremes."""
    name, operator = bounded
    sides, found = relations(kernel.statement)
    if found[0] == ">=":
        sides = sides[::-1]

    def stated() -> Evidence:
        ones = Linear(state_ones if operator.codomain == "S" else pair_ones)
        members = [parse(side, READ_DISCOUNTS | {name: Linear(operator)}) for side in sides]
        one, two = (x if isinstance(x, Linear) else x * ones for x in members)
        return kernel.proof(chain, less(one.value, two.value))

    special = [
        compare_sides(kernel, kernel.statement, READ_DISCOUNTS | {name: extreme}, OWN)
        for extreme in extremes
    ]
    return unless_refuted(kernel, stated, *special)


_V = (r"V_i^\pi(s)", Policy("").value)
_A = (r"A_i^\pi(s, a)", Policy("").advantage)


def _values() -> list[Any]:
    return [theory.value(loop(reward, own), [[1]])[0] for reward in (0, 1)]


def _advantages() -> list[Any]:
    """Return the advantages of the bad and of the good turn of a fork, where it is not taken."""
    bad, good = (theory.advantage(fork(own), [row, [1, 0], [1, 0]])[0] for row in ([1, 0], [0, 1]))
    return [bad[1], good[0]]


def _value_lower(kernel: Kernel) -> Evidence:
    """V = M Pi r with three non-negative factors; rewards 0 attain it."""
    return _bounded(kernel, single_task.value_lower(), _V, *_values())


def _value_upper(kernel: Kernel) -> Evidence:
    """V = M Pi r <= M 1 = 1/(1 - gamma_i); reward 1 for ever attains it.

    A bare gamma stands for any discount, and one smaller than gamma_i is a counterexample.
    """
    return _bounded(kernel, single_task.value_upper(), _V, *_values())


def _advantage_upper(kernel: Kernel) -> Evidence:
    """A = r + gamma P V - V <= 1 + gamma/(1 - gamma) - 0; attained at a fork left untaken."""
    return _bounded(kernel, single_task.advantage_upper(), _A, *_advantages())


def _advantage_lower(kernel: Kernel) -> Evidence:
    """A >= 0 + 0 - 1/(1 - gamma_i); attained by the bad turn of a fork."""
    return _bounded(kernel, single_task.advantage_lower(), _A, *_advantages())


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
    controls=(misprint("0", "1"), misprint(r"\leq", r"\geq")),
    **_IN_3,
)
value_upper = Claim(
    id="eq-3-value-upper",
    statement=r"V_i^\pi(s) \leq \frac{1}{1-\gamma}",
    check=_value_upper,
    lines=(66, 66),
    depends=("eq-1",),
    controls=(misprints((r"\gamma", r"\gamma_i"), ("1-", "1+")),),
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
    controls=(misprints((r"\gamma", r"\gamma_i"), (r"-\frac", r"\frac")),),
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
    controls=(misprints((r"\gamma", r"\gamma_i"), ("1-", "1+")),),
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
    return kernel.identity(printed, [*_values(), *_advantages()], OWN)


@claim(
    "sec2-rewards-wlog",
    where="Section 2.1",
    statement=r"Without loss of generality, we assume that $\mathcal{R}_i(s, a) \in [0, 1]$",
    kind=Kind.IDENTITY,
    lines=(64, 64),
    depends=("eq-1",),
    controls=(
        ingredient("each task is scaled by its own range", own_scale=True),
        misprint("[0, 1]", "[0, 2]"),
    ),
    note=(
        "true with one scale for all tasks, r -> (r - low_i)/width: then the objective (5) changes "
        "by a constant and the factor 1/width; with a scale for each task its maximisers change"
    ),
)
def rewards_may_be_rescaled(kernel: Kernel) -> Evidence:
    """V' = (V - low/(1 - gamma_i))/width, so differences of (5) are divided by width.

    The special case compares two actions of two bandits, whose first actions pay a and b more.
    """
    ends = read_off(
        r"Without loss of generality, we assume that $\mathcal{R}_i(s, a) \in [@low@, @high@]$",
        kernel.statement,
    )
    bottom, top = (parse(ends[end], {}) for end in ("low", "high"))
    width, other, a, b = symbols("width", "width_2", "a", "b")
    second = other if kernel.given("own_scale", False) else width
    chosen, rest = np.array([[1, 0]]), np.array([[0, 1]])

    def gain(first: Any, second: Any) -> Any:
        tasks = [bandit(own, first, 0), bandit(own, second, 0)]
        return sum(theory.objective(t, chosen) - theory.objective(t, rest) for t in tasks)

    box = OWN.replace(width=DISCOUNT, width_2=DISCOUNT, a=DISCOUNT, b=DISCOUNT)
    same = kernel.identity(gain(a / width, b / second), gain(a, b) / width, box)
    reached = kernel.identity([bottom, top], [(a - a) / width, (a + width - a) / width], box)

    def stated() -> Evidence:
        low, scale = symbols("low", "scale")
        value = Operator.of(Atom("V'", "S", SCALARS))
        rate = 1 / (1 - own)
        moved = (Policy("").value - state_ones.scaled(low * rate)).scaled(scale * (top - bottom))
        return kernel.proof(
            single_task.rescaled_value(), equal(value, moved + state_ones.scaled(bottom * rate))
        )

    return unless_refuted(kernel, stated, same, reached)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
