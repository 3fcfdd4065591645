r"""The first example of Section 2.2: no stationary deterministic policy is optimal."""

from __future__ import annotations

import itertools
import sys
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box, open_interval
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized
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
from dcpg_theory.models.examples import STATES, example_1, example_policy
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.theory.assumptions import COMMON_DISCOUNT, STATIONARY_POLICIES
from proofs_check.assumptions import START_AT_S3
from proofs_check.instances.corridor import (
    GAMMA,
    HALF,
    IN_1,
    OPTIMUM,
    S2,
    S3,
    S4,
    best_at,
    best_of_the_first_example,
    first,
    oscillates,
    total,
)
from proofs_check.readings.printed import compare_sides, looked_up, misprints, number, read_off
from proofs_check.readings.values import action_of, in_example_1, state_of
from proofs_check.symbols import (
    gamma,
)

WHERE = "Section 2.2, first example"


@claim(
    "figure-1",
    where="Fig. 1 and Section 2.2",
    statement=r"applying L (R) in S_2 transitions to S_3 (S_1), while applying L (R) in S_4 transitions to S_5 (S_3)",
    kind=Kind.DEFINITION,
    lines=(95, 95),
    assumptions=IN_1,
    controls=(
        misprint("S_2 transitions to S_3 (S_1)", "S_2 transitions to S_1 (S_3)"),
        ingredient("staying at S1 and S5 pays too", staying=1),
        ingredient("S1 and S5 are left again", ends=(1, 3)),
        ingredient("S3 is reversed in task 2", at_s3=(3, 1)),
    ),
    note=(
        "the text after the figure fixes the model; 'a reward for reaching S1' is read as paid on "
        "entering, once, which is what Appendix A computes with"
    ),
)
def moves_of_the_second_task(kernel: Kernel) -> Evidence:
    """Task 2 moves as printed at S2 and S4, task 1 left and right, and both alike at S3.

    S1 and S5 are never left.

    Entering S1 pays 1 and S5 -1 in task 1, the reverse in task 2, on the action that enters.
    """
    clause = "applying @{0}1@ (@{0}2@) in @{0}3@ transitions to @{0}4@ (@{0}5@)"
    form = f"{clause.format('a')}, while {clause.format('b')}"
    printed = read_off(form, kernel.statement)
    tasks = example_1(gamma).tasks
    low, high = kernel.given("ends", (0, 4))
    both = {0: (low, low), 4: (high, high)}
    expected = {0: {1: (0, 2), 2: (1, 3), 3: (2, 4)} | both, 1: dict(both)}
    expected[1][S3] = kernel.given("at_s3", (1, 3))
    for part in "ab":
        actions = [action_of(printed[f"{part}{k}"]) for k in (1, 2)]
        state, *targets = (state_of(printed[f"{part}{k}"]) for k in (3, 4, 5))
        expected[1][state] = (targets[actions.index(0)], targets[actions.index(1)])
    parts = []
    for k, moves in expected.items():
        for state, targets in moves.items():
            parts.append(
                kernel.identity(
                    tasks[k].transitions[state], np.eye(5, dtype=int)[list(targets)], GAMMA
                )
            )
    pay = [[tasks[k].rewards[s] for s in (S2, S4)] for k in (0, 1)]
    parts.append(kernel.identity(pay, [[[1, 0], [0, -1]], [[0, -1], [1, 0]]], GAMMA))
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
    printed = read_off(
        "the optimal policy @preposition@ state @one@ and @two@ is to always take action @action@",
        kernel.statement,
    )
    states = [state_of(printed[name]) for name in ("one", "two")]
    return best_at(states, action_of(printed["action"]), kernel)


_ALWAYS_LEFT: dict[str, Any] = {
    "kind": Kind.IDENTITY,
    "assumptions": IN_1,
    "depends": ("figure-1",),
    "controls": (misprint("action L", "action R"), misprint("and S_4", "and S_3")),
}
always_left = claim(
    "sec2-ex1-s2-s4",
    where=WHERE,
    statement="the optimal policy for state S_2 and S_4 is to always take action L",
    lines=(97, 97),
    note="called obvious; proved jointly over S2, S3 and S4",
    **_ALWAYS_LEFT,
)(_always_left)


def printed_row(statement: str, name: str, cases: str) -> list[Fraction]:
    """Return the printed probabilities of L and R at S3."""
    form = rf"{name}(a \mid S_3) = \begin{{cases}} {cases} \end{{cases}}"
    printed = read_off(form, statement)
    return [number(printed[which]) for which in ("one", "two")]


@claim(
    "sec2-ex1-optimal-policy",
    where=WHERE,
    statement=r"\pi^*(a \mid S_3) = \begin{cases} 0.5, & a = L, \\ 0.5, & a = R, \end{cases}",
    kind=Kind.IDENTITY,
    lines=(99, 99),
    assumptions=IN_1,
    depends=("sec2-ex1-s2-s4",),
    controls=(
        misprint("0.5, & a = L", "0.4, & a = L"),
        misprint("0.5, & a = R", "0.9, & a = R"),
        misprints(("0.5, & a = L", "0.4, & a = L"), ("0.5, & a = R", "0.6, & a = R")),
    ),
    note="optimal among stationary policies, to which Section 2.1 restricts; see also sec2-ex1-any-deterministic",
)
def fair_coin_is_optimal(kernel: Kernel) -> Evidence:
    """From S3 the fair coin is best over all policies at S2, S3 and S4.

    No start is named for this example. From S2, always R at S3 is better: task 1 has already
    entered S1, and only task 2 comes to S3.
    """
    one, two = printed_row(kernel.statement, r"\pi^*", r"@one@, & a = L, \\ @two@, & a = R,")
    coin = Fraction(one)
    holds = kernel.every(
        kernel.identity([one + two], [1], GAMMA), best_of_the_first_example(kernel, coin)
    )
    without = kernel.sign(first(1, 0, 1, S2), "<=", first(1, coin, 1, S2), GAMMA)
    return kernel.conditional(holds, START_AT_S3.name, without)


@claim(
    "sec2-ex1-value",
    where=WHERE,
    statement=r"V^{\pi^*}(S_3) = \frac{2\gamma}{2-\gamma^2}",
    kind=Kind.IDENTITY,
    lines=(101, 101),
    assumptions=IN_1,
    depends=("figure-1", "sec2-ex1-optimal-policy"),
    controls=(
        misprint(r"2\gamma", r"\gamma"),
        misprint(r"\gamma^2", r"\gamma^4"),
        misprint(r"\pi^*", r"\pi_l"),
    ),
)
def value_of_the_fair_coin(kernel: Kernel) -> Evidence:
    """Solve both Bellman equations with probability 1/2 at S3 and L elsewhere."""
    return compare_sides(kernel, kernel.statement, in_example_1(), GAMMA)


@claim(
    "sec2-ex1-deterministic-policies",
    where=WHERE,
    statement=r"\pi_l(a \mid S_3) = \begin{cases} 1, & a = L \\ 0, & a = R \end{cases} \quad \text{and} \quad \pi_r(a \mid S_3) = \begin{cases} 0, & a = L \\ 1, & a = R \end{cases}",
    kind=Kind.DEFINITION,
    lines=(105, 105),
    assumptions=IN_1,
    controls=(
        misprint(r"1, & a = L \\ 0, & a = R", r"0, & a = L \\ 1, & a = R"),
        misprint("0, & a = L", "1, & a = L"),
    ),
    note="called the two possible ones: there are two at S3, and eight with S2 and S4",
)
def two_deterministic_policies(kernel: Kernel) -> Evidence:
    """The rows of always L and of always R at S3; each sums to 1, and they differ."""
    sides = normalized(kernel.statement).split(r"\text{and}")
    cases = r"@one@, & a = L \\ @two@, & a = R"
    rows = [printed_row(*pair, cases) for pair in zip(sides, (r"\pi_l", r"\pi_r"), strict=True)]
    used = [example_policy(1, at_s3, 1)[S3] for at_s3 in (1, 0)]
    return kernel.definition(
        kernel.identity(rows, np.stack(used), GAMMA),
        kernel.identity([sum(row) for row in rows], [1, 1], GAMMA),
    )


@claim(
    "sec2-ex1-value-l",
    where=WHERE,
    statement=r"V^{\pi_l}(S_3) = \gamma",
    kind=Kind.IDENTITY,
    lines=(107, 107),
    assumptions=IN_1,
    depends=("figure-1", "sec2-ex1-deterministic-policies"),
    controls=(misprint(r"= \gamma", r"= \gamma^2"), misprint(r"\pi_l", r"\pi^*")),
)
def value_of_always_left(kernel: Kernel) -> Evidence:
    """Task 1 is paid after two steps, task 2 never."""
    return compare_sides(kernel, kernel.statement, in_example_1(), GAMMA)


@claim(
    "sec2-ex1-value-r",
    where=WHERE,
    statement=r"V^{\pi_r}(S_3) = \gamma",
    kind=Kind.IDENTITY,
    lines=(107, 107),
    assumptions=IN_1,
    depends=("figure-1", "sec2-ex1-deterministic-policies"),
    controls=(misprint(r"= \gamma", r"= 2\gamma"), misprint(r"\pi_r", r"\pi^*")),
)
def value_of_always_right(kernel: Kernel) -> Evidence:
    """Task 2 is paid after two steps, task 1 never."""
    return compare_sides(kernel, kernel.statement, in_example_1(), GAMMA)


@claim(
    "sec2-ex1-oscillates",
    where=WHERE,
    statement=r"oscillates between S_2 and S_3 in task 2",
    kind=Kind.IDENTITY,
    lines=(107, 107),
    depends=("figure-1", "sec2-ex1-deterministic-policies"),
    controls=(misprint("S_2 and S_3", "S_3 and S_4"), misprint("task 2", "task 1")),
)
def always_left_oscillates(kernel: Kernel) -> Evidence:
    """Under L everywhere, task 2 moves from S3 to S2 and, reversed there, back to S3."""
    printed = read_off("oscillates between @one@ and @two@ in task @task@", kernel.statement)
    which = looked_up({"1": 0, "2": 1}, printed["task"])
    return oscillates(kernel, state_of(printed["one"]), state_of(printed["two"]), 1, which)


@claim(
    "sec2-ex1-strict",
    where=WHERE,
    statement=r"V^{\pi_l}(S_3) = V^{\pi_r}(S_3) < V^{\pi^*}(S_3)$ when $\gamma > 0",
    kind=Kind.IDENTITY,
    lines=(107, 107),
    assumptions=IN_1,
    depends=("sec2-ex1-value", "sec2-ex1-value-l", "sec2-ex1-value-r"),
    controls=(
        misprint("<", ">"),
        misprint(r"< V^{\pi^*}", r"< V^{\pi_l}"),
        misprint(r"V^{\pi_l}", r"V^{\pi^*}"),
    ),
)
def coin_beats_both(kernel: Kernel) -> Evidence:
    """Gamma < 2 gamma/(2 - gamma^2) for every gamma in (0, 1)."""
    printed = read_off(r"@chain@$ when $\gamma > @low@", f"{kernel.statement} ")
    box = Box(gamma=open_interval(number(printed["low"]), 1))
    return compare_sides(kernel, printed["chain"], in_example_1(), box)


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
        "R afterwards) has gamma + gamma^3 from S3, more than the paper's optimum. Section 2.1 "
        "(line 52) restricts to stationary policies, and there the sentence holds; it says 'any'"
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
    assumptions=IN_1,
    depends=("figure-1",),
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
    assumptions=IN_1,
    depends=("figure-1",),
    controls=(ingredient("twice the loss", factor=2),),
    note="read as: whatever stationary deterministic policy a method returns, it loses at least gamma^3/(2 - gamma^2)",
)
def deterministic_answers_lose(kernel: Kernel) -> Evidence:
    """The best of the eight loses exactly gamma^3/(2 - gamma^2), the others no less."""
    loss = kernel.given("factor", 1) * gamma**3 / (2 - gamma**2)
    return kernel.every(
        *(kernel.sign(value + loss, "<=", OPTIMUM, GAMMA) for value in deterministic_values())
    )


def _joint_policy(kernel: Kernel) -> Evidence:
    """The first example: is one of the eight maps from S2, S3, S4 to {L, R} as good as the optimum?

    All of them have at most gamma from S3, which is less; a map to distributions attains it.
    """
    if "distributions" in kernel.statement:
        return kernel.identity(first(1, kernel.given("coin", HALF), 1), OPTIMUM, GAMMA)
    largest = kernel.given("largest", gamma)
    maps = (kernel.sign(value, "<=", largest, GAMMA) for value in deterministic_values())
    return kernel.every(*maps, kernel.sign(largest, ">=", OPTIMUM, GAMMA))


joint_policy = Claim(
    id="sec2-joint-policy",
    where="Section 2",
    statement="in general, the learned joint policy is a mapping from the union of state spaces to the action space",
    kind=Kind.DEFINITION,
    check=_joint_policy,
    lines=(48, 48),
    assumptions=IN_1,
    depends=("figure-1",),
    controls=(ingredient("maps with half the value", largest=gamma / 2),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "to the distributions over the action space, as Section 2.1 says: a mapping to actions is a "
        "deterministic policy, and the first example has no optimal one",
    ),
)
joint_policy_corrected = joint_policy.variant(
    id="sec2-joint-policy-corrected",
    statement="in general, the learned joint policy is a mapping from the union of state spaces to the probability distributions over the action space",
    lines=None,
    fault=None,
    controls=(
        ingredient("another coin", coin=Fraction(1, 3)),
        misprint("the probability distributions over ", ""),
    ),
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
