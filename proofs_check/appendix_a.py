r"""Appendix A: the first example's computation.

In the first example Appendix A writes p for the probability of L at S3, which is `left` here.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import parse
from dcpg_theory.exact.rational_functions import as_fmpq
from dcpg_theory.ledger import (
    Claim,
    Fault,
    Kind,
    Origin,
    Severity,
    claim,
    ingredient,
    misprint,
    narrate,
)
from dcpg_theory.models.examples import example_1, example_policy
from dcpg_theory.theory.assumptions import COMMON_DISCOUNT, STATIONARY_POLICIES
from proofs_check import section_2_example_1 as main_text
from proofs_check.instances.corridor import (
    GAMMA,
    HALF,
    S3,
    best_of_the_first_example,
    first,
    oscillates,
)
from proofs_check.readings.printed import compare_sides, looked_up, number, read_off
from proofs_check.readings.values import in_example_1, state_of
from proofs_check.symbols import (
    DISCOUNT,
    EXAMPLE_1,
    NAMES_1,
    gamma,
    left,
)

WHERE = "Appendix A, first example"
_IN_1 = (COMMON_DISCOUNT, STATIONARY_POLICIES)
_SLIP = Severity.SLIP


def task_value(task: int, at_s3: Any) -> Any:
    """Return V at S3 in one task of the first example, with L at S2 and S4."""
    return theory.value(example_1(gamma).tasks[task], example_policy(1, at_s3, 1))[S3]


always_left = main_text.always_left.variant(
    id="appa-ex1-s2-s4",
    where=WHERE,
    statement="the optimal policy in state S_2 and S_4 is to always take action L",
    lines=(378, 378),
    note="called easy to see; proved jointly over S2, S3 and S4",
)


def _values(kernel: Kernel) -> Evidence:
    """Solve the Bellman equations of both tasks under the policies that are named."""
    return compare_sides(kernel, kernel.statement, in_example_1(), EXAMPLE_1)


value_1 = claim(
    "appa-ex1-value-1",
    where=WHERE,
    statement=r"V_1^{\pi_{d,l}}(S_3) = \gamma",
    kind=Kind.IDENTITY,
    lines=(382, 382),
    assumptions=_IN_1,
    depends=("figure-1",),
    controls=(misprint(r"= \gamma", r"= \gamma^2"), misprint("V_1", "V_2")),
)(_values)
value_2 = claim(
    "appa-ex1-value-2",
    where=WHERE,
    statement=r"V_2^{\pi_{d,l}}(S_3) = 0",
    kind=Kind.IDENTITY,
    lines=(382, 382),
    assumptions=_IN_1,
    depends=("figure-1",),
    controls=(misprint("= 0", r"= \gamma"), misprint(r"\pi_{d,l}", r"\pi_{d,r}")),
)(_values)


@claim(
    "appa-ex1-two-steps",
    where=WHERE,
    statement=r"the agent reaches S_1 in 2 steps under $\pi_{d,l}$ and claims the $+1$ reward",
    kind=Kind.IDENTITY,
    lines=(382, 382),
    depends=("figure-1",),
    controls=(
        misprint("in 2 steps", "in 3 steps"),
        misprint("S_1", "S_5"),
        misprint(r"\pi_{d,l}", r"\pi_{d,r}"),
        misprint("+1", "+2"),
    ),
)
def two_steps_to_the_reward(kernel: Kernel) -> Evidence:
    """The last of the printed number of steps, and no other, enters S1 and is paid 1."""
    printed = read_off(
        r"the agent reaches @target@ in @steps@ steps under $@policy@$ and claims the $+@pay@$ reward",
        kernel.statement,
    )
    target, steps = state_of(printed["target"]), int(number(printed["steps"]))
    at_s3 = looked_up({r"\pi_{d,l}": 1, r"\pi_{d,r}": 0}, printed["policy"])
    policy = example_policy(1, at_s3, 1)
    task = example_1(gamma).tasks[0]
    step, rewards = task.policy_transitions(policy), task.policy_rewards(policy)
    at: Any = task.start
    paid = []
    for _ in range(steps):
        paid.append(at @ rewards)
        at = at @ step
    return kernel.every(
        kernel.identity(at, np.eye(5, dtype=int)[target], GAMMA),
        kernel.identity(paid, [0] * (steps - 1) + [number(printed["pay"])], GAMMA),
    )


def _oscillates(kernel: Kernel) -> Evidence:
    """Under L everywhere, the second task moves S3 -> S2 -> S3, because S2 is reversed."""
    form = "an agent will move back and forth between @one@ and @two@ forever"
    printed = read_off(form, kernel.statement)
    return oscillates(kernel, state_of(printed["one"]), state_of(printed["two"]), 1, 1)


oscillation = Claim(
    id="appa-ex1-oscillates",
    where=WHERE,
    statement=r"an agent will move back and forth between S_3 and S_4 forever",
    kind=Kind.IDENTITY,
    check=_oscillates,
    lines=(382, 382),
    depends=("figure-1",),
    controls=(misprint("S_3 and S_4", "S_2 and S_5"),),
    fault=Fault(
        _SLIP,
        Origin.EXTRACTION,
        "always L moves between S_2 and S_3, as Section 2.2 says; the value 0 stands",
    ),
)
oscillation_corrected = oscillation.variant(
    id="appa-ex1-oscillates-corrected",
    statement=r"an agent will move back and forth between S_3 and S_2 forever",
    lines=None,
    controls=(misprint("S_3 and S_2", "S_3 and S_4"),),
)


def _deterministic_sum(kernel: Kernel) -> Evidence:
    """The two values term by term, their sum as printed, and its last member."""
    left_side, parts, _ = kernel.statement.split("=")
    names = in_example_1()
    terms, printed = ([parse(x, names) for x in side.split("+")] for side in (left_side, parts))
    return kernel.every(
        kernel.identity(printed, terms, GAMMA),
        compare_sides(kernel, kernel.statement, names, GAMMA),
    )


sum_l = claim(
    "appa-ex1-sum-l",
    where=WHERE,
    statement=r"V_1^{\pi_{d,l}}(S_3) + V_2^{\pi_{d,l}}(S_3) = \gamma + 0 = \gamma",
    kind=Kind.IDENTITY,
    lines=(384, 384),
    assumptions=_IN_1,
    depends=("figure-1", "appa-ex1-value-1", "appa-ex1-value-2"),
    controls=(
        misprint(r"\gamma + 0", r"0 + \gamma"),
        misprint(r"0 = \gamma", r"0 = 2\gamma"),
        misprint(r"V_1^{\pi_{d,l}}(S_3)", r"V_1^{\pi_{d,l}}(S_2)"),
    ),
)(_deterministic_sum)
sum_r = claim(
    "appa-ex1-sum-r",
    where=WHERE,
    statement=r"V_1^{\pi_{d,r}}(S_3) + V_2^{\pi_{d,r}}(S_3) = 0 + \gamma = \gamma",
    kind=Kind.IDENTITY,
    lines=(388, 388),
    assumptions=_IN_1,
    depends=("figure-1", "appa-ex1-value-1", "appa-ex1-value-2"),
    note="by symmetry from the values of always L",
    controls=(misprint(r"0 + \gamma", r"\gamma + 0"), misprint("V_2", "V_1")),
)(_deterministic_sum)


@claim(
    "appa-ex1-policy",
    where=WHERE,
    statement=r"\pi_s(a|S_3) = \begin{cases} p, & a = \text{left} \\ 1-p, & a = \text{right} \end{cases}",
    kind=Kind.DEFINITION,
    lines=(392, 392),
    controls=(misprint("1-p", "p"),),
)
def mixed_policy(kernel: Kernel) -> Evidence:
    """The two printed numbers are the policy used here, and sum to 1."""
    form = (
        r"\pi_s(a|S_3) = \begin{cases} @one@, & a = \text{@first@} \\ "
        r"@two@, & a = \text{@second@} \end{cases}"
    )
    read = read_off(form, kernel.statement)
    printed = np.zeros(2, dtype=object)
    for value, action in (("one", "first"), ("two", "second")):
        printed[looked_up({"left": 0, "right": 1}, read[action])] += parse(read[value], NAMES_1)
    return kernel.definition(
        kernel.identity(printed, example_policy(1, left, 1)[S3], EXAMPLE_1),
        kernel.identity(printed[0] + printed[1], 1, EXAMPLE_1),
    )


def _series(task: int) -> Any:
    def check(kernel: Kernel) -> Evidence:
        r"""The printed terms are the expected discounted rewards of the first six steps.

        That is sum_{k<6} gamma^k e_{S3} P^k r, with P and r of the policy pi_s; what follows is
        gamma^6 e_{S3} P^6 V.
        """
        printed = read_off(r"@value@ = @body@ + \dots", kernel.statement)
        whole, body = (parse(printed[name], in_example_1()) for name in ("value", "body"))
        model, policy = example_1(gamma).tasks[task], example_policy(1, left, 1)
        step, rewards = model.policy_transitions(policy), model.policy_rewards(policy)
        at: Any = model.start
        total: Any = 0
        for k in range(6):
            total, at = total + gamma**k * (at @ rewards), at @ step
        rest = gamma**6 * (at @ theory.value(model, policy))
        return kernel.identity([body, whole - rest], [total, total], EXAMPLE_1)

    return check


def _geometric(task: int) -> Any:
    def check(kernel: Kernel) -> Evidence:
        """The ratio is at least 0 and less than 1, so the series converges, to the value."""
        form = r"= @front@ \sum_{k=@first@}^{\infty} (@ratio@)^k"
        read = read_off(form, f"{kernel.statement} ")
        head, step = (parse(read[name], NAMES_1) for name in ("front", "ratio"))
        head = head * step ** int(number(read["first"]))
        return kernel.every(
            kernel.sign(step, ">=", 0, EXAMPLE_1),
            kernel.sign(step, "<", 1, EXAMPLE_1),
            kernel.identity(head / (1 - step), task_value(task, left), EXAMPLE_1),
        )

    return check


def _closed(task: int) -> Any:
    def check(kernel: Kernel) -> Evidence:
        """Solve the Bellman equation of the task under pi_s."""
        printed = parse(kernel.statement.lstrip("= "), NAMES_1)
        return kernel.identity(printed, task_value(task, left), EXAMPLE_1)

    return check


_DISPLAYS = (
    (
        1,
        "series",
        396,
        r"V_1^{\pi_s}(S_3) = p\gamma + p(1-p)\gamma^3 + p(1-p)^2\gamma^5 + \dots",
        _series(0),
        misprint("(1-p)^2", "(1-p)"),
    ),
    (
        1,
        "geometric",
        396,
        r"= p\gamma \sum_{k=0}^{\infty} ((1-p)\gamma^2)^k",
        _geometric(0),
        misprint("((1-p)", "(p"),
    ),
    (
        1,
        "closed",
        396,
        r"= \frac{p\gamma}{1 - (1-p)\gamma^2}",
        _closed(0),
        misprint("1 - (1-p)", "1 - p"),
    ),
    (
        2,
        "series",
        400,
        r"V_2^{\pi_s}(S_3) = (1-p)\gamma + (1-p)p\gamma^3 + (1-p)p^2\gamma^5 + \dots",
        _series(1),
        misprint(r"\gamma^5", r"\gamma^4"),
    ),
    (
        2,
        "geometric",
        400,
        r"= (1-p)\gamma \sum_{k=0}^{\infty} (p\gamma^2)^k",
        _geometric(1),
        misprint(r"p\gamma^2", r"p\gamma"),
    ),
    (
        2,
        "closed",
        400,
        r"= \frac{(1-p)\gamma}{1 - p\gamma^2}",
        _closed(1),
        misprint("(1-p)", "(1+p)"),
    ),
)

values_of_the_mixed_policy = tuple(
    claim(
        f"appa-ex1-v{task}-{link}",
        where=f"{WHERE}, value of pi_s in task {task}",
        statement=statement,
        kind=Kind.IDENTITY,
        lines=(line, line),
        assumptions=_IN_1,
        depends=("figure-1", "appa-ex1-policy"),
        controls=(control,),
    )(check)
    for task, link, line, statement, check, control in _DISPLAYS
)


@claim(
    "appa-ex1-sum",
    where=WHERE,
    statement=r"V_1^{\pi_s}(S_3) + V_2^{\pi_s}(S_3) = \frac{p\gamma}{1 - (1-p)\gamma^2} + \frac{(1-p)\gamma}{1 - p\gamma^2}",
    kind=Kind.IDENTITY,
    lines=(404, 404),
    assumptions=_IN_1,
    depends=("appa-ex1-v1-closed", "appa-ex1-v2-closed"),
    controls=(misprint(r"1 - p\gamma^2", r"1 + p\gamma^2"), misprint("V_2", "V_1")),
)
def sum_of_the_values(kernel: Kernel) -> Evidence:
    """Solve both tasks' Bellman equations and add."""
    return compare_sides(kernel, kernel.statement, in_example_1(), EXAMPLE_1)


@claim(
    "appa-ex1-better",
    where=WHERE,
    statement="which we will show performs better than the two deterministic policies",
    kind=Kind.IDENTITY,
    lines=(390, 390),
    assumptions=_IN_1,
    depends=("appa-ex1-sum-l", "appa-ex1-sum-r", "appa-ex1-half"),
    controls=(ingredient("an end instead of the coin", coin=Fraction(1)),),
    note="shown there for p = 1/2; in fact every p strictly between 0 and 1 is better",
)
def mixing_is_better(kernel: Kernel) -> Evidence:
    """Gamma < V(p) at p = 1/2, and at every p in (0, 1)."""
    coin = kernel.given("coin", HALF)
    inside = EXAMPLE_1.replace(left=DISCOUNT)
    return kernel.every(
        kernel.sign(gamma, "<", first(1, coin, 1), GAMMA),
        kernel.sign(gamma, "<", first(1, left, 1), inside),
    )


@claim(
    "eq-15",
    where="Appendix A, (15)",
    statement=r"\frac{1}{(1 - (1-p)\gamma^2)^2} = \frac{1}{(1 - p\gamma^2)^2}",
    kind=Kind.IDENTITY,
    lines=(408, 408),
    assumptions=_IN_1,
    depends=("appa-ex1-sum",),
    controls=(misprint("(1-p)", "(1+p)"), misprint(r"(1 - p\gamma^2)^2", r"(1 - p\gamma^2)")),
)
def derivative_of_the_sum(kernel: Kernel) -> Evidence:
    """d/dp of the sum is gamma (1 - gamma^2) times left minus right, and that factor is positive."""
    one, two = (parse(side, NAMES_1) for side in kernel.statement.split("="))
    factor = gamma * (1 - gamma**2)
    slope = first(1, left, 1).derivative("left")
    return kernel.every(
        kernel.identity(slope, factor * (one - two), EXAMPLE_1),
        kernel.sign(factor, ">", 0, GAMMA),
    )


@claim(
    "appa-ex1-half",
    where="Appendix A, after (15)",
    statement="which leads to $p = 0.5$",
    kind=Kind.IDENTITY,
    lines=(410, 410),
    assumptions=_IN_1,
    depends=("eq-15",),
    controls=(misprint("0.5", "0.25"),),
    note="the only solution in [0, 1], and the maximum, not only a stationary point",
)
def only_solution_is_half(kernel: Kernel) -> Evidence:
    """Left minus right of (15) is (p - 1/2) times a positive function; V is largest there."""
    solution = number(read_off("which leads to $p = @p@$", f"{kernel.statement} ")["p"])
    gap = 1 / (1 - (1 - left) * gamma**2) ** 2 - 1 / (1 - left * gamma**2) ** 2
    quotient = gap / (solution - left)
    return kernel.every(
        kernel.sign(quotient, ">", 0, EXAMPLE_1),
        best_of_the_first_example(kernel, solution),
    )


@claim(
    "appa-ex1-value",
    where=WHERE,
    statement=r"V_1^{\pi_s}(S_3) + V_2^{\pi_s}(S_3) &= \frac{p\gamma}{1 - (1-p)\gamma^2} + \frac{(1-p)\gamma}{1 - p\gamma^2} \\ &= \frac{2\gamma}{2 - \gamma^2}",
    kind=Kind.IDENTITY,
    lines=(414, 414),
    assumptions=_IN_1,
    depends=("appa-ex1-sum", "appa-ex1-half"),
    controls=(misprint(r"2 - \gamma^2", r"2 + \gamma^2"),),
    note="at p = 0.5",
)
def value_at_the_optimum(kernel: Kernel) -> Evidence:
    """Put p = 1/2 into the sum and into the solved values."""
    names = in_example_1({"left": HALF}) | {r"\gamma": gamma, "p": as_fmpq(HALF)}
    return compare_sides(kernel, kernel.statement, names, GAMMA)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
