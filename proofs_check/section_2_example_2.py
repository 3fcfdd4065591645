r"""The second example of Section 2.2: a stationary point that is not globally optimal."""

from __future__ import annotations

import re
import sys
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box, open_interval
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.ledger import Kind, claim, ingredient, misprint, narrate, unsettled
from dcpg_theory.models.examples import example_1, example_2, example_policy
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.policies import policy_from_weights
from proofs_check.corridor import (
    HALF,
    IN_2,
    S2,
    S4,
    second,
    slope_at_s3,
)
from proofs_check.symbols import (
    DISCOUNT,
    EXAMPLE_2,
    EXAMPLE_2_POLICIES,
    PROBABILITY,
    gamma,
    left,
    p,
)

WHERE = "Section 2.2, second example"

_DYNAMICS = (
    ("1-s2", r"P_1(s|S_2) &= \begin{cases} 1-p, & s = S_1 \\ p, & s = S_3 \end{cases}"),
    ("1-s4", r"P_1(s|S_4) &= \begin{cases} 1-p, & s = S_3 \\ p, & s = S_5 \end{cases}"),
    ("2-s2", r"P_2(s|S_2) &= \begin{cases} p, & s = S_1 \\ 1-p, & s = S_3 \end{cases}"),
    ("2-s4", r"P_2(s|S_4) &= \begin{cases} p, & s = S_3 \\ 1-p, & s = S_5 \end{cases}"),
)


def _dynamics(kernel: Kernel) -> Evidence:
    """The printed cases are a distribution, and the one the model uses for both actions."""
    text = normalized(kernel.statement)
    task, state = (int(k) - 1 for k in re.findall(r"P_(\d)\(s\|S_(\d)\)", text)[0])
    printed = np.zeros(5, dtype=object)
    for value, target in re.findall(r"(1-p|p),&s=S_(\d)", text):
        printed[int(target) - 1] = parse(value, {"p": p})
    used = example_2(gamma, p).tasks[task].transitions[state]
    return kernel.definition(
        kernel.identity(printed.sum(), 1, EXAMPLE_2),
        kernel.identity([list(printed)] * 2, used, EXAMPLE_2),
    )


dynamics = tuple(
    claim(
        f"sec2-ex2-dynamics-{name}",
        where=WHERE,
        statement=statement,
        kind=Kind.DEFINITION,
        lines=(117, 117),
        controls=(misprint("s = S_3", "s = S_2"), misprint("1-p", "p")),
    )(_dynamics)
    for name, statement in _DYNAMICS
)


@claim(
    "sec2-ex2-flat-states",
    where=WHERE,
    statement="the policy gradient for states S_2 and S_4 will always be zero",
    kind=Kind.IDENTITY,
    lines=(121, 121),
    assumptions=IN_2,
    depends=tuple(f"sec2-ex2-dynamics-{name}" for name, _ in _DYNAMICS),
    controls=(ingredient("the first example", problem=example_1(gamma)),),
)
def only_s3_matters(kernel: Kernel) -> Evidence:
    """The derivatives along theta at S1, S2, S4 and S5 vanish for every policy at S2, S3, S4."""
    a, b = symbols("a", "b")
    problem = kernel.given("problem", example_2(gamma, p))
    slopes = theory.gradient(problem, example_policy(a, left, b))
    box = EXAMPLE_2_POLICIES.replace(a=PROBABILITY, b=PROBABILITY)
    return kernel.identity(slopes[[0, S2, S4, 4]], np.zeros((4, 2), dtype=int), box)


@claim(
    "sec2-ex2-softmax",
    where=WHERE,
    statement=r"\pi_\theta(L|S_3) = \frac{e^{\theta_{S_3,L}}}{e^{\theta_{S_3,L}} + e^{\theta_{S_3,R}}} \text{ and } \pi_\theta(R|S_3) = \frac{e^{\theta_{S_3,R}}}{e^{\theta_{S_3,L}} + e^{\theta_{S_3,R}}}",
    kind=Kind.DEFINITION,
    lines=(125, 125),
    depends=("eq-4",),
    controls=(misprint(r"\frac{e^{\theta_{S_3,L}}}", r"\frac{e^{\theta_{S_3,R}}}"),),
)
def softmax_at_s3(kernel: Kernel) -> Evidence:
    """The printed quotients are the softmax (4) of two weights."""
    one, two = symbols("w_L", "w_R")
    names = {r"e^{\theta_{S_3,L}}": one, r"e^{\theta_{S_3,R}}": two}
    sides = [side.split("=")[1] for side in normalized(kernel.statement).split(r"\text{and}")]
    box = Box(w_L=DISCOUNT, w_R=DISCOUNT)
    printed = [parse(side, names) for side in sides]
    return kernel.definition(kernel.identity(printed, policy_from_weights([[one, two]])[0], box))


@claim(
    "sec2-ex2-ends-stationary",
    where=WHERE,
    statement="(always taking action L) are both stationary points",
    kind=Kind.IDENTITY,
    lines=(127, 127),
    assumptions=IN_2,
    depends=("eq-16", "sec2-ex2-flat-states"),
    controls=(ingredient("a policy in between", ends=(0, Fraction(1, 3))),),
    note=(
        "stationary in the limit theta -> infinity, where every deterministic policy is: the "
        "gradient (16) has the factor pi(a|s)"
    ),
)
def ends_are_stationary(kernel: Kernel) -> Evidence:
    """The gradient at S3 vanishes where pi(L|S3) is 0 and where it is 1, for all gamma and p."""
    problem = example_2(gamma, p)
    slopes = [slope_at_s3(problem, end) for end in kernel.given("ends", (0, 1))]
    return kernel.identity(np.stack(slopes), np.zeros((2, 2), dtype=int), EXAMPLE_2)


@claim(
    "sec2-ex2-ends-maximal",
    where=WHERE,
    statement="achieve the global maximum of the objective (5)",
    kind=Kind.IDENTITY,
    lines=(127, 127),
    assumptions=IN_2,
    depends=("sec2-ex2-flat-states",),
    controls=(ingredient("the fair coin in place of the ends", ends=(HALF,)),),
    note="over all stationary policies; no finite theta attains it, the value in between is smaller",
)
def ends_are_maximal(kernel: Kernel) -> Evidence:
    """For all gamma, p and every probability of L at S3 the value is at most that of either end."""
    return kernel.every(
        *(
            kernel.sign(second(left), "<=", second(end), EXAMPLE_2_POLICIES)
            for end in kernel.given("ends", (0, 1))
        )
    )


def _middle_is_stationary_but_worse(kernel: Kernel) -> Evidence:
    """At the fair coin the two tasks' gradients cancel, and either end is strictly better."""
    coin = kernel.given("coin", HALF)
    return kernel.every(
        kernel.identity(slope_at_s3(example_2(gamma, p), coin), [0, 0], EXAMPLE_2),
        kernel.sign(second(coin), "<", second(0), EXAMPLE_2),
    )


_MIDDLE: dict[str, Any] = {
    "assumptions": IN_2,
    "depends": ("eq-16", "sec2-ex2-ends-maximal"),
    "controls": (
        ingredient("another coin", coin=Fraction(1, 3)),
        ingredient("an end", coin=Fraction(0)),
    ),
}
middle = claim(
    "sec2-ex2-middle",
    where=WHERE,
    statement="(taking action L and R each with probability 0.5) is a non-globally optimal stationary point",
    kind=Kind.IDENTITY,
    lines=(127, 127),
    **_MIDDLE,
)(_middle_is_stationary_but_worse)
no_domination = claim(
    "sec2-mtrl-no-domination",
    where="Section 2.2",
    statement="in the multi-task problem we cannot expect to have this condition in the general setting",
    kind=Kind.EXISTENCE,
    lines=(113, 113),
    note="a gradient domination condition would make every stationary point optimal",
    **_MIDDLE,
)(_middle_is_stationary_but_worse)


def _two_copies() -> MultiTaskProblem:
    """Return the second example beside a copy of itself; a fair coin picks the copy to start in."""
    tasks = []
    for task in example_2(gamma, p).tasks:
        transitions = np.zeros((10, 2, 10), dtype=object)
        transitions[:5, :, :5] = transitions[5:, :, 5:] = task.transitions
        start = np.concatenate([task.start, task.start]) / 2
        tasks.append(
            FiniteMDP(transitions, np.concatenate([task.rewards] * 2), task.discount, start)
        )
    return MultiTaskProblem(tasks)


@claim(
    "sec2-multiple-stationary",
    where="Section 2.2",
    statement="there could exist multiple stationary points which are not global optima",
    kind=Kind.EXISTENCE,
    lines=(113, 113),
    depends=("sec2-ex2-middle",),
    controls=(ingredient("not stationary", policies=((HALF, HALF), (HALF, Fraction(1, 3)))),),
    note=(
        "the second example has one such policy, on the line theta_L = theta_R; two copies of it "
        "side by side have several different ones"
    ),
)
def several_bad_stationary_points(kernel: Kernel) -> Evidence:
    """Coins (1/2, 1/2) and (1/2, 0) at the two copies of S3: both stationary, both beaten."""
    problem = _two_copies()
    box = EXAMPLE_2

    def policy(one: Any, two: Any) -> Any:
        return np.concatenate([example_policy(HALF, q, HALF) for q in (one, two)])

    best = theory.objective(problem, policy(0, 0))
    parts = []
    for coins in kernel.given("policies", ((HALF, HALF), (HALF, 0))):
        here = policy(*coins)
        parts.append(
            kernel.identity(theory.gradient(problem, here), np.zeros((10, 2), dtype=int), box)
        )
        parts.append(kernel.sign(theory.objective(problem, here), "<", best, box))
    return kernel.every(*parts)


@claim(
    "sec2-ex2-trapped",
    where=WHERE,
    statement="it could be trapped at the stationary points without finding the global optimality",
    kind=Kind.EXISTENCE,
    lines=(127, 127),
    assumptions=IN_2,
    depends=("sec2-ex2-middle",),
    controls=(ingredient("a start off the diagonal", weights=(1, 2)),),
    note="see sec2-ex2-trapped-sharp: only a start with theta_L = theta_R is trapped",
)
def symmetric_start_is_trapped(kernel: Kernel) -> Evidence:
    """Where theta_{S3,L} = theta_{S3,R}, exact gradient ascent on (5) does not move at all."""
    weights = kernel.given("weights", (1, 1))
    share = Fraction(weights[0], sum(weights))
    return kernel.every(
        kernel.identity(slope_at_s3(example_2(gamma, p), share), [0, 0], EXAMPLE_2),
        kernel.sign(second(share), "<", second(0), EXAMPLE_2),
    )


@claim(
    "sec2-ex2-trapped-sharp",
    where=WHERE,
    statement=r"\mathrm{sign}\, \partial V / \partial \theta_{S_3,L} = \mathrm{sign}(\pi(L|S_3) - \tfrac{1}{2})",
    kind=Kind.IDENTITY,
    assumptions=IN_2,
    depends=("sec2-ex2-trapped",),
    controls=(ingredient("the signs are exchanged", up="<"),),
    note=(
        "the stationary point is the worst policy at S3, not a local maximum: ascent from any "
        "theta_L != theta_R moves away from it, towards an optimum. This is about ascent on the "
        "sum; the agents of Algorithm 1 stand apart by the order of the step size, see "
        "docs/running.md for what that does"
    ),
)
def other_starts_escape(kernel: Kernel) -> Evidence:
    """The derivative is positive for pi(L|S3) in (1/2, 1) and negative in (0, 1/2)."""
    slope = slope_at_s3(example_2(gamma, p), left)[0]
    up = kernel.given("up", ">")
    above, below = open_interval(HALF, 1), open_interval(0, HALF)
    return kernel.every(
        kernel.sign(slope, up, 0, EXAMPLE_2.replace(left=above)),
        kernel.sign(slope, "<" if up == ">" else ">", 0, EXAMPLE_2.replace(left=below)),
        kernel.sign(second(HALF), "<=", second(left), EXAMPLE_2_POLICIES),
    )


forward = unsettled(
    "sec2-global-optimality",
    where=WHERE,
    statement="globality optimality can be reached under a restrictive structural assumption",
    kind=Kind.UPPER_BOUND,
    lines=(127, 127),
    reason="announces Theorem 2, which is not yet in the ledger",
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
