r"""The two examples of Section 2.2.

In both, the corridor S1 - ... - S5 is walked by two tasks. `left` is the probability of L at S3;
values are those of the sum of both tasks from S3, unless a check says otherwise.
"""

from __future__ import annotations

import itertools
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
from dcpg_theory.models.examples import STATES, example_1, example_2, example_policy
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.theory.assumptions import COMMON_DISCOUNT, STATIONARY_POLICIES
from proofs_check.assumptions import START_AT_S3
from proofs_check.symbols import (
    DISCOUNT,
    EXAMPLE_1,
    EXAMPLE_2,
    EXAMPLE_2_POLICIES,
    NAMES_1,
    PROBABILITY,
    gamma,
    left,
    p,
)

WHERE = "Section 2.2, first example"
WHERE_2 = "Section 2.2, second example"
S2, S3, S4 = 1, 2, 3
HALF = Fraction(1, 2)
GAMMA = Box(gamma=DISCOUNT)
OPTIMUM = 2 * gamma / (2 - gamma**2)
_IN_1 = (COMMON_DISCOUNT, STATIONARY_POLICIES)
_IN_2 = (COMMON_DISCOUNT, STATIONARY_POLICIES, START_AT_S3)


def total(problem: MultiTaskProblem, policy: Any, state: int = S3) -> Any:
    """Return V_1 + V_2 at a state."""
    return sum(theory.value(task, policy)[state] for task in problem.tasks)


def first(at_s2: Any, at_s3: Any, at_s4: Any, state: int = S3) -> Any:
    """Return V_1 + V_2 of the first example for these probabilities of L."""
    return total(example_1(gamma), example_policy(at_s2, at_s3, at_s4), state)


def second(at_s3: Any) -> Any:
    """Return V_1 + V_2 at S3 of the second example; the other states' policy does not matter."""
    return total(example_2(gamma, p), example_policy(HALF, at_s3, HALF))


def slope_at_s3(problem: MultiTaskProblem, at_s3: Any) -> Any:
    """Return the derivatives of V_1 + V_2 along theta_{S3,L} and theta_{S3,R}."""
    return theory.gradient(problem, example_policy(HALF, at_s3, HALF))[S3]


@claim(
    "figure-1",
    where="Fig. 1 and Section 2.2",
    statement=r"applying L (R) in S_2 transitions to S_3 (S_1), while applying L (R) in S_4 transitions to S_5 (S_3)",
    kind=Kind.DEFINITION,
    lines=(95, 95),
    assumptions=_IN_1,
    controls=(
        misprint("S_2 transitions to S_3 (S_1)", "S_2 transitions to S_1 (S_3)"),
        ingredient("staying at S1 and S5 pays too", staying=1),
    ),
    note=(
        "the text after the figure fixes the model; 'a reward for reaching S1' is read as paid on "
        "entering, once, which is what Appendix A computes with"
    ),
)
def moves_of_the_second_task(kernel: Kernel) -> Evidence:
    """Task 2 moves as printed at S2 and S4, task 1 left and right; entering S1 or S5 pays +-1."""
    printed = re.findall(r"inS_(\d)transitionstoS_(\d)\(S_(\d)\)", normalized(kernel.statement))
    tasks = example_1(gamma).tasks
    expected = {
        0: {1: (0, 2), 3: (2, 4)},
        1: {int(a) - 1: (int(b) - 1, int(c) - 1) for a, b, c in printed},
    }
    parts = []
    for k, moves in expected.items():
        for state, targets in moves.items():
            parts.append(
                kernel.identity(
                    tasks[k].transitions[state], np.eye(5, dtype=int)[list(targets)], GAMMA
                )
            )
    stay = kernel.given("staying", 0)
    ends = [[tasks[k].rewards[s] for s in (0, 4)] for k in (0, 1)]
    parts.append(kernel.identity(ends, np.full((2, 2, 2), stay), GAMMA))
    return kernel.definition(*parts)


@claim(
    "sec2-ex1-tasks-differ",
    where=WHERE,
    statement="The dynamics and reward functions, however, are different.",
    kind=Kind.EXISTENCE,
    lines=(95, 95),
    depends=("figure-1",),
    controls=(ingredient("the same task twice", second=0),),
)
def tasks_differ(kernel: Kernel) -> Evidence:
    """At S2 under L: task 1 enters S1 and is paid 1, task 2 moves to S3 and is paid nothing."""
    one, two = (example_1(gamma).tasks[k] for k in (0, kernel.given("second", 1)))
    return kernel.every(
        kernel.somewhere(one.transitions[S2, 0, 0], ">", two.transitions[S2, 0, 0], GAMMA),
        kernel.somewhere(one.rewards[S2, 0], ">", two.rewards[S2, 0], GAMMA),
    )


def _always_left(kernel: Kernel) -> Evidence:
    """In each task alone V(S3) is largest with L at S2 and S4, whatever is done at S3.

    So the same holds for the sum: for all gamma and all three probabilities at once,
    V_i(a, q, b) <= V_i(1, q, 1).
    """
    a, b = symbols("a", "b")
    at_s2, at_s4 = kernel.given("choice", (1, 1))
    box = EXAMPLE_1.replace(a=PROBABILITY, b=PROBABILITY)
    return kernel.every(
        *(
            kernel.sign(
                theory.value(task, example_policy(a, left, b))[S3],
                "<=",
                theory.value(task, example_policy(at_s2, left, at_s4))[S3],
                box,
            )
            for task in example_1(gamma).tasks
        )
    )


_ALWAYS_LEFT: dict[str, Any] = {
    "kind": Kind.IDENTITY,
    "assumptions": _IN_1,
    "depends": ("figure-1",),
    "controls": (
        ingredient("R at S2", choice=(0, 1)),
        ingredient("R at S4", choice=(1, 0)),
    ),
}
always_left = claim(
    "sec2-ex1-s2-s4",
    where=WHERE,
    statement="the optimal policy for state S_2 and S_4 is to always take action L",
    lines=(97, 97),
    note="called obvious; proved jointly over S2, S3 and S4",
    **_ALWAYS_LEFT,
)(_always_left)


def best_of_the_first_example(kernel: Kernel, coin: Any) -> Evidence:
    """Return whether L at S2 and S4 and this coin at S3 beat every policy at S2, S3, S4 from S3."""
    a, b = symbols("a", "b")
    box = EXAMPLE_1.replace(a=PROBABILITY, b=PROBABILITY)
    return kernel.every(
        kernel.sign(first(1, left, 1), "<=", first(1, coin, 1), EXAMPLE_1),
        *(
            kernel.sign(
                theory.value(task, example_policy(a, left, b))[S3],
                "<=",
                theory.value(task, example_policy(1, left, 1))[S3],
                box,
            )
            for task in example_1(gamma).tasks
        ),
    )


@claim(
    "sec2-ex1-optimal-policy",
    where=WHERE,
    statement=r"\pi^*(a \mid S_3) = \begin{cases} 0.5, & a = L, \\ 0.5, & a = R, \end{cases}",
    kind=Kind.IDENTITY,
    lines=(99, 99),
    assumptions=_IN_1,
    depends=("sec2-ex1-s2-s4",),
    controls=(misprint("0.5, & a = L", "0.4, & a = L"),),
    note="optimal among stationary policies, to which Section 2.1 restricts; see also sec2-ex1-any-deterministic",
)
def fair_coin_is_optimal(kernel: Kernel) -> Evidence:
    """From S3 the fair coin is best over all policies at S2, S3 and S4.

    No start is named for this example. From S2, always R at S3 is better: task 1 has already
    entered S1, and only task 2 comes to S3.
    """
    coin = Fraction(re.findall(r"(\d\.\d+),&a=L", normalized(kernel.statement))[0])
    holds = best_of_the_first_example(kernel, coin)
    without = kernel.sign(first(1, 0, 1, S2), "<=", first(1, coin, 1, S2), GAMMA)
    return kernel.conditional(holds, START_AT_S3.name, without)


@claim(
    "sec2-ex1-value",
    where=WHERE,
    statement=r"V^{\pi^*}(S_3) = \frac{2\gamma}{2-\gamma^2}",
    kind=Kind.IDENTITY,
    lines=(101, 101),
    assumptions=_IN_1,
    controls=(misprint(r"2\gamma", r"\gamma"), misprint(r"\gamma^2", r"\gamma^4")),
)
def value_of_the_fair_coin(kernel: Kernel) -> Evidence:
    """Solve both Bellman equations with probability 1/2 at S3 and L elsewhere."""
    printed = parse(kernel.statement.split("=", 1)[1], NAMES_1)
    return kernel.identity(printed, first(1, HALF, 1), GAMMA)


def _deterministic_value(kernel: Kernel, at_s3: int) -> Evidence:
    printed = parse(kernel.statement.split("=")[-1], NAMES_1)
    return kernel.identity(printed, first(1, at_s3, 1), GAMMA)


@claim(
    "sec2-ex1-value-l",
    where=WHERE,
    statement=r"V^{\pi_l}(S_3) = \gamma",
    kind=Kind.IDENTITY,
    lines=(107, 107),
    assumptions=_IN_1,
    controls=(misprint(r"= \gamma", r"= \gamma^2"),),
)
def value_of_always_left(kernel: Kernel) -> Evidence:
    """Task 1 is paid after two steps, task 2 never."""
    return _deterministic_value(kernel, 1)


@claim(
    "sec2-ex1-value-r",
    where=WHERE,
    statement=r"V^{\pi_r}(S_3) = \gamma",
    kind=Kind.IDENTITY,
    lines=(107, 107),
    assumptions=_IN_1,
    controls=(misprint(r"= \gamma", r"= 2\gamma"),),
)
def value_of_always_right(kernel: Kernel) -> Evidence:
    """Task 2 is paid after two steps, task 1 never."""
    return _deterministic_value(kernel, 0)


def oscillates(kernel: Kernel, at_s3: int, task: int) -> Evidence:
    """Return whether the two states named in the statement are left only for each other."""
    one, two = (int(k) - 1 for k in re.findall(r"S_(\d)", kernel.statement)[:2])
    policy = example_policy(1, at_s3, 1)
    step = example_1(gamma).tasks[task].policy_transitions(policy)
    inner = step[np.ix_((one, two), (one, two))]
    return kernel.identity(
        inner,
        [[0, 1], [1, 0]],
        GAMMA,
        labels=lambda i: f"P(S{(one, two)[i[1]] + 1} | S{(one, two)[i[0]] + 1})",
    )


@claim(
    "sec2-ex1-oscillates",
    where=WHERE,
    statement=r"oscillates between S_2 and S_3 in task 2",
    kind=Kind.IDENTITY,
    lines=(107, 107),
    controls=(misprint("S_2 and S_3", "S_3 and S_4"),),
)
def always_left_oscillates(kernel: Kernel) -> Evidence:
    """Under L everywhere, task 2 moves from S3 to S2 and, reversed there, back to S3."""
    return oscillates(kernel, at_s3=1, task=1)


@claim(
    "sec2-ex1-strict",
    where=WHERE,
    statement=r"V^{\pi_l}(S_3) = V^{\pi_r}(S_3) < V^{\pi^*}(S_3)$ when $\gamma > 0",
    kind=Kind.IDENTITY,
    lines=(107, 107),
    assumptions=_IN_1,
    depends=("sec2-ex1-value", "sec2-ex1-value-l", "sec2-ex1-value-r"),
    controls=(misprint("<", ">"),),
)
def coin_beats_both(kernel: Kernel) -> Evidence:
    """Gamma < 2 gamma/(2 - gamma^2) for every gamma in (0, 1)."""
    relation = "<" if "<" in kernel.statement else ">"
    return kernel.every(
        kernel.identity(first(1, 1, 1), first(1, 0, 1), GAMMA),
        kernel.sign(first(1, 1, 1), relation, first(1, HALF, 1), GAMMA),
    )


def deterministic_values() -> list[Any]:
    """Return V_1 + V_2 at S3 of the eight deterministic policies on S2, S3, S4."""
    return [first(*choice) for choice in itertools.product((0, 1), repeat=3)]


def alternating_value() -> Any:
    """Return V_1 + V_2 at S3 of: L at S2 and S4; at S3, L the first time and R ever after.

    The memory is one more state, S3', the copy of S3 that every return leads to.
    """
    values = []
    for task in example_1(gamma).tasks:
        states = (*STATES, "S3'")
        again = len(STATES)
        transitions = np.zeros((6, 2, 6), dtype=object)
        for s, a, t in itertools.product(range(5), range(2), range(5)):
            transitions[s, a, again if t == S3 else t] += task.transitions[s, a, t]
        transitions[again] = transitions[S3]
        rewards = np.concatenate([task.rewards, task.rewards[[S3]]])
        start = [1 if s == S3 else 0 for s in range(6)]
        remembering = FiniteMDP(transitions, rewards, task.discount, start, states)
        policy = np.concatenate([example_policy(1, 1, 1), [[0, 1]]])
        values.append(theory.value(remembering, policy)[S3])
    return sum(values)


@claim(
    "sec2-ex1-any-deterministic",
    where=WHERE,
    statement="any deterministic policy is sub-optimal",
    kind=Kind.IDENTITY,
    lines=(107, 107),
    assumptions=(COMMON_DISCOUNT,),
    depends=("sec2-ex1-value", "sec2-ex1-strict"),
    controls=(ingredient("a single task", tasks=(0,)),),
    note=(
        "the sentence infers it from two policies; all eight deterministic policies on S2, S3, S4 "
        "are compared here. A deterministic policy with one bit of memory (L at S3 the first time, "
        "R afterwards) has gamma + gamma^3 from S3, more than the paper's optimum"
    ),
)
def deterministic_policies_lose(kernel: Kernel) -> Evidence:
    """All eight stationary deterministic policies have less than 2 gamma/(2 - gamma^2) from S3."""
    tasks = MultiTaskProblem([example_1(gamma).tasks[k] for k in kernel.given("tasks", (0, 1))])
    best = total(tasks, example_policy(1, HALF, 1))
    policies = itertools.product((0, 1), repeat=3)
    holds = kernel.every(
        *(kernel.sign(total(tasks, example_policy(*c)), "<", best, GAMMA) for c in policies)
    )
    without = kernel.sign(alternating_value(), "<", OPTIMUM, GAMMA)
    return kernel.conditional(holds, STATIONARY_POLICIES.name, without)


@claim(
    "sec2-mtrl-no-deterministic",
    where="Section 2.2",
    statement="there need not be an optimal deterministic policy",
    kind=Kind.EXISTENCE,
    lines=(86, 86),
    assumptions=_IN_1,
    depends=("figure-1", "sec2-ex1-any-deterministic"),
    controls=(ingredient("a single task", tasks=(0,)),),
)
def mtrl_needs_randomness(kernel: Kernel) -> Evidence:
    """In the first example the fair coin at S3 beats all eight deterministic policies."""
    tasks = MultiTaskProblem([example_1(gamma).tasks[k] for k in kernel.given("tasks", (0, 1))])
    best = total(tasks, example_policy(1, HALF, 1))
    policies = itertools.product((0, 1), repeat=3)
    return kernel.every(
        *(kernel.sign(total(tasks, example_policy(*c)), "<", best, GAMMA) for c in policies)
    )


@claim(
    "sec2-q-learning",
    where="Section 2.2",
    statement="RL methods that implicitly rely on the existence of a deterministic optimal policy (e.g., Q learning) cannot solve this type of problem",
    kind=Kind.EXISTENCE,
    lines=(109, 109),
    assumptions=_IN_1,
    depends=("sec2-ex1-any-deterministic",),
    controls=(ingredient("twice the loss", factor=2),),
    note="read as: whatever stationary deterministic policy a method returns, it loses at least gamma^3/(2 - gamma^2)",
)
def deterministic_answers_lose(kernel: Kernel) -> Evidence:
    """The best of the eight loses exactly gamma^3/(2 - gamma^2), the others no less."""
    loss = kernel.given("factor", 1) * gamma**3 / (2 - gamma**2)
    return kernel.every(
        *(kernel.sign(value + loss, "<=", OPTIMUM, GAMMA) for value in deterministic_values())
    )


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
        where=WHERE_2,
        statement=statement,
        kind=Kind.DEFINITION,
        lines=(117, 117),
        controls=(misprint("s = S_3", "s = S_2"), misprint("1-p", "p")),
    )(_dynamics)
    for name, statement in _DYNAMICS
)


@claim(
    "sec2-ex2-flat-states",
    where=WHERE_2,
    statement="the policy gradient for states S_2 and S_4 will always be zero",
    kind=Kind.IDENTITY,
    lines=(121, 121),
    assumptions=_IN_2,
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
    where=WHERE_2,
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
    where=WHERE_2,
    statement="(always taking action L) are both stationary points",
    kind=Kind.IDENTITY,
    lines=(127, 127),
    assumptions=_IN_2,
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
    where=WHERE_2,
    statement="achieve the global maximum of the objective (5)",
    kind=Kind.IDENTITY,
    lines=(127, 127),
    assumptions=_IN_2,
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
    "assumptions": _IN_2,
    "depends": ("eq-16", "sec2-ex2-ends-maximal"),
    "controls": (
        ingredient("another coin", coin=Fraction(1, 3)),
        ingredient("an end", coin=Fraction(0)),
    ),
}
middle = claim(
    "sec2-ex2-middle",
    where=WHERE_2,
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
    where=WHERE_2,
    statement="it could be trapped at the stationary points without finding the global optimality",
    kind=Kind.EXISTENCE,
    lines=(127, 127),
    assumptions=_IN_2,
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
    where=WHERE_2,
    statement=r"\mathrm{sign}\, \partial V / \partial \theta_{S_3,L} = \mathrm{sign}(\pi(L|S_3) - \tfrac{1}{2})",
    kind=Kind.IDENTITY,
    assumptions=_IN_2,
    depends=("sec2-ex2-trapped",),
    controls=(ingredient("the signs are exchanged", up="<"),),
    note=(
        "the stationary point is the worst policy at S3, not a local maximum: ascent from any "
        "theta_L != theta_R moves away from it, towards an optimum"
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
    where=WHERE_2,
    statement="globality optimality can be reached under a restrictive structural assumption",
    kind=Kind.UPPER_BOUND,
    lines=(127, 127),
    reason="announces Theorem 2, which is not yet in the ledger",
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
