r"""The second example of Section 2.2: a stationary point that is not globally optimal."""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.boxes import Box, Interval, open_interval
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.exact.verdicts import Verdict
from dcpg_theory.ledger import Kind, claim, ingredient, misprint, narrate
from dcpg_theory.models.examples import example_1, example_2, example_policy
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.policies import policy_from_weights
from proofs_check.instances.corridor import (
    HALF,
    IN_2,
    second,
    slope_at_s3,
)
from proofs_check.readings.printed import (
    compare_sides,
    looked_up,
    misprints,
    number,
    read_off,
    relations,
)
from proofs_check.readings.values import WITH_E, action_of, softmax_at, state_of
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
    form = r"P_@task@(s|@state@) &= \begin{cases} @one@, & s = @first@ \\ @two@, & s = @second@ \end{cases}"
    read = read_off(form, kernel.statement)
    printed = np.zeros(5, dtype=object)
    for value, target in (("one", "first"), ("two", "second")):
        printed[state_of(read[target])] += parse(read[value], {"p": p})
    model = example_2(gamma, p).tasks[looked_up({"1": 0, "2": 1}, read["task"])]
    return kernel.definition(
        kernel.identity(printed.sum(), 1, EXAMPLE_2),
        kernel.identity([list(printed)] * 2, model.transitions[state_of(read["state"])], EXAMPLE_2),
    )


dynamics = tuple(
    claim(
        f"sec2-ex2-dynamics-{name}",
        where=WHERE,
        statement=statement,
        kind=Kind.DEFINITION,
        depends=("figure-1",),
        lines=(117, 117),
        controls=(misprint("s = S_3", "s = S_2"), misprint("1-p", "p")),
    )(_dynamics)
    for name, statement in _DYNAMICS
)


@claim(
    "sec2-ex2-range",
    where=WHERE,
    statement=r"for some $0.5 < p \leq 1$",
    kind=Kind.DEFINITION,
    lines=(119, 119),
    depends=tuple(f"sec2-ex2-dynamics-{name}" for name, _ in _DYNAMICS),
    controls=(
        misprint("0.5 < p", r"0.5 \leq p"),
        misprint("0.5", "0.4"),
        misprint("0.5", "0.6"),
        misprint(r"\leq 1", r"\leq 0.9"),
        misprint(r"\leq 1", r"\leq 1.1"),
    ),
    note="as wide as it can be: at p = 1/2 every policy is optimal, below it the middle is best",
)
def range_of_the_probability(kernel: Kernel) -> Evidence:
    """On it 1 - p is a probability, down to 0, and the middle is strictly worse than the ends.

    At the lower end all policies at S3 have the same value, so that it must be left out.
    """
    members, found = relations(read_off("for some @range@ ", f"{kernel.statement} ")["range"])
    if members[1:2] != ["p"] or len(members) != 3 or not set(found) <= {"<", "<="}:
        raise InvalidInput(f"{kernel.statement!r} is not a range of p")
    low, high = (number(members[k]) for k in (0, 2))
    closed = [relation == "<=" for relation in found]
    box = EXAMPLE_2.replace(p=Interval(low, high, closed_lower=closed[0], closed_upper=closed[1]))
    return kernel.definition(
        kernel.sign(1 - p, ">=", 0, box),
        kernel.identity(1 - p.evaluate({"p": high}) if closed[1] else p, 0, EXAMPLE_2),
        kernel.sign(second(HALF), "<", second(0), box),
        kernel.identity(
            second(left).evaluate({"gamma": gamma, "p": low, "left": left}),
            second(0).evaluate({"gamma": gamma, "p": low}),
            EXAMPLE_2_POLICIES,
        ),
    )


@claim(
    "sec2-ex2-flat-states",
    where=WHERE,
    statement="the policy gradient for states S_2 and S_4 will always be zero",
    kind=Kind.IDENTITY,
    lines=(121, 121),
    assumptions=IN_2,
    depends=tuple(f"sec2-ex2-dynamics-{name}" for name, _ in _DYNAMICS),
    controls=(
        ingredient("the first example", problem=example_1(gamma)),
        misprint("S_2 and S_4", "S_2 and S_3"),
    ),
)
def only_s3_matters(kernel: Kernel) -> Evidence:
    """The derivatives along theta at S1, S2, S4 and S5 vanish for every policy at S2, S3, S4."""
    a, b = symbols("a", "b")
    problem = kernel.given("problem", example_2(gamma, p))
    form = "the policy gradient for states @one@ and @two@ will always be zero"
    named = [state_of(state) for state in read_off(form, kernel.statement).values()]
    slopes = theory.gradient(problem, example_policy(a, left, b))
    box = EXAMPLE_2_POLICIES.replace(a=PROBABILITY, b=PROBABILITY)
    return kernel.identity(slopes[[0, *named, 4]], np.zeros((4, 2), dtype=int), box)


@claim(
    "sec2-ex2-softmax",
    where=WHERE,
    statement=r"\pi_\theta(L|S_3) = \frac{e^{\theta_{S_3,L}}}{e^{\theta_{S_3,L}} + e^{\theta_{S_3,R}}} \text{ and } \pi_\theta(R|S_3) = \frac{e^{\theta_{S_3,R}}}{e^{\theta_{S_3,L}} + e^{\theta_{S_3,R}}}",
    kind=Kind.DEFINITION,
    lines=(125, 125),
    depends=("eq-4",),
    controls=(
        misprint(r"\frac{e^{\theta_{S_3,L}}}", r"\frac{e^{\theta_{S_3,R}}}"),
        misprint(r"\pi_\theta(L|S_3)", r"\pi_\theta(R|S_3)"),
    ),
)
def softmax_at_s3(kernel: Kernel) -> Evidence:
    """The printed quotients are the softmax (4) of two weights."""
    one, two = symbols("w_L", "w_R")
    names = {r"e^{\theta_{S_3,L}}": one, r"e^{\theta_{S_3,R}}": two}
    row = policy_from_weights([[one, two]])[0]
    names |= {r"\pi_\theta(L|S_3)": row[0], r"\pi_\theta(R|S_3)": row[1]}
    box = Box(w_L=DISCOUNT, w_R=DISCOUNT)
    sides = normalized(kernel.statement).split(r"\text{and}")
    return kernel.definition(*(compare_sides(kernel, side, names, box) for side in sides))


@claim(
    "sec2-ex2-ends-stationary",
    where=WHERE,
    statement=r"$\theta_{S_3,L} = 1, \theta_{S_3,R} = \infty$ (always taking action R) and $\theta_{S_3,L} = \infty, \theta_{S_3,R} = 1$ (always taking action L) are both stationary points",
    kind=Kind.IDENTITY,
    lines=(127, 127),
    assumptions=IN_2,
    depends=("eq-16", "sec2-ex2-flat-states", "sec2-ex2-softmax"),
    controls=(
        misprint("action R", "action L"),
        misprint(r"\theta_{S_3,R} = \infty", r"\theta_{S_3,R} = 2"),
    ),
    note=(
        "stationary in the limit theta -> infinity, where every deterministic policy is: the "
        "gradient (16) has the factor pi(a|s)"
    ),
)
def ends_are_stationary(kernel: Kernel) -> Evidence:
    """The gradient at S3 vanishes where pi(L|S3) is 0 and where it is 1, for all gamma and p.

    Those are the limits of the softmax at the printed parameters.
    """
    clause = r"$\theta_{S_3,L} = @left{0}@, \theta_{S_3,R} = @right{0}@$ (always taking action @action{0}@)"
    clauses = [clause.replace("{0}", str(k)) for k in (1, 2)]
    form = f"{clauses[0]} and {clauses[1]} are both stationary points"
    printed = read_off(form, kernel.statement)
    rows = np.stack([softmax_at(printed[f"left{k}"], printed[f"right{k}"]) for k in (1, 2)])
    named = np.eye(2, dtype=int)[[action_of(printed[f"action{k}"]) for k in (1, 2)]]
    named_rows = kernel.identity(rows, named, WITH_E)
    if named_rows.verdict is Verdict.REFUTED:
        return named_rows
    slopes = [slope_at_s3(example_2(gamma, p), row[0]) for row in rows]
    return kernel.every(
        named_rows, kernel.identity(np.stack(slopes), np.zeros((2, 2), dtype=int), EXAMPLE_2)
    )


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


def _middle_is_stationary_but_worse(kernel: Kernel, coin: Any) -> Evidence:
    return kernel.every(
        kernel.identity(slope_at_s3(example_2(gamma, p), coin), [0, 0], EXAMPLE_2),
        kernel.sign(second(coin), "<", second(0), EXAMPLE_2),
    )


_MIDDLE: dict[str, Any] = {
    "assumptions": IN_2,
    "depends": ("eq-16", "sec2-ex2-ends-maximal", "sec2-ex2-range"),
}


@claim(
    "sec2-ex2-middle",
    where=WHERE,
    statement=r"$\theta_{S_3,L} = 1, \theta_{S_3,R} = 1$ (taking action L and R each with probability 0.5) is a non-globally optimal stationary point",
    kind=Kind.IDENTITY,
    lines=(127, 127),
    controls=(
        misprint("probability 0.5", "probability 0.4"),
        misprints((r"\theta_{S_3,R} = 1", r"\theta_{S_3,R} = \infty"), ("0.5", "0")),
    ),
    **_MIDDLE,
)
def middle(kernel: Kernel) -> Evidence:
    """At the fair coin the two tasks' gradients cancel, and either end is strictly better."""
    printed = read_off(
        r"$\theta_{S_3,L} = @left@, \theta_{S_3,R} = @right@$ (taking action L and R each with "
        "probability @coin@) is a non-globally optimal stationary point",
        kernel.statement,
    )
    coin = number(printed["coin"])
    row = softmax_at(printed["left"], printed["right"])
    whole = _middle_is_stationary_but_worse(kernel, coin)
    return kernel.every(whole, kernel.identity(row[0], coin, WITH_E))


@claim(
    "sec2-mtrl-no-domination",
    where="Section 2.2",
    statement="in the multi-task problem we cannot expect to have this condition in the general setting",
    kind=Kind.EXISTENCE,
    lines=(113, 113),
    controls=(
        ingredient("another coin", coin=Fraction(1, 3)),
        ingredient("an end", coin=Fraction(0)),
    ),
    note="a gradient domination condition would make every stationary point optimal",
    **_MIDDLE,
)
def no_domination(kernel: Kernel) -> Evidence:
    """At the fair coin the two tasks' gradients cancel, and either end is strictly better."""
    return _middle_is_stationary_but_worse(kernel, kernel.given("coin", HALF))


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
    statement=r"\mathrm{sign}\, \partial V / \partial \theta_{S_3,L} = \mathrm{sign}(\pi(L|S_3) - \frac{1}{2})",
    kind=Kind.IDENTITY,
    assumptions=IN_2,
    depends=("sec2-ex2-trapped",),
    controls=(
        misprint(r"\pi(L|S_3) - \frac{1}{2}", r"\frac{1}{2} - \pi(L|S_3)"),
        misprint(r"\pi(L|S_3)", r"\pi(R|S_3)"),
        misprint(r"\frac{1}{2}", r"\frac{1}{3}"),
        misprint(r"\theta_{S_3,L}", r"\theta_{S_3,R}"),
    ),
    note=(
        "the stationary point is the worst policy at S3, not a local maximum: ascent from any "
        "theta_L != theta_R moves away from it, towards an optimum. This is about ascent on the "
        "sum; the agents of Algorithm 1 stand apart by the order of the step size, see "
        "docs/running.md for what that does"
    ),
)
def other_starts_escape(kernel: Kernel) -> Evidence:
    """The derivative is positive for pi(L|S3) in (1/2, 1) and negative in (0, 1/2)."""
    printed = read_off(
        r"\mathrm{sign}\, \partial V / \partial \theta_{S_3,@action@} = \mathrm{sign}(@inside@)",
        kernel.statement,
    )
    slope = slope_at_s3(example_2(gamma, p), left)[action_of(printed["action"])]
    inside = parse(printed["inside"], {r"\pi(L|S_3)": left, r"\pi(R|S_3)": 1 - left})
    parts = []
    for relation, side in ((">", open_interval(HALF, 1)), ("<", open_interval(0, HALF))):
        box = EXAMPLE_2.replace(left=side)
        parts += [kernel.sign(slope, relation, 0, box), kernel.sign(inside, relation, 0, box)]
    return kernel.every(
        *parts,
        kernel.identity(inside.evaluate({"left": HALF}), 0, EXAMPLE_2),
        kernel.sign(second(HALF), "<=", second(left), EXAMPLE_2_POLICIES),
    )


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
