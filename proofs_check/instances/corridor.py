r"""The corridor S1 - ... - S5 of both examples: values of the sum of both tasks, and two shared checks.

`left` is the probability of L at S3; values are from S3 unless a state is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.models.examples import example_1, example_2, example_policy
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.theory.assumptions import COMMON_DISCOUNT, STATIONARY_POLICIES
from proofs_check.assumptions import START_AT_S3
from proofs_check.symbols import (
    DISCOUNT,
    EXAMPLE_1,
    PROBABILITY,
    gamma,
    left,
    p,
)

S2, S3, S4 = 1, 2, 3
HALF = Fraction(1, 2)
GAMMA = Box(gamma=DISCOUNT)
OPTIMUM = 2 * gamma / (2 - gamma**2)
IN_1 = (COMMON_DISCOUNT, STATIONARY_POLICIES)
IN_2 = (COMMON_DISCOUNT, STATIONARY_POLICIES, START_AT_S3)


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


def best_of_the_first_example(kernel: Kernel, coin: Any) -> Evidence:
    """Return whether L at S2 and S4 and this coin at S3 beat every policy at S2, S3, S4 from S3."""
    return kernel.every(
        kernel.sign(first(1, left, 1), "<=", first(1, coin, 1), EXAMPLE_1),
        best_at((S2, S4), 0, kernel),
    )


def best_at(states: Sequence[int], action: int, kernel: Kernel) -> Evidence:
    """Return whether in each task V(S3) is largest with an action at these states.

    For all gamma and all three probabilities of L at once; what is not named stays as it is.
    """
    free = dict(zip((S2, S3, S4), (*symbols("a"), left, *symbols("b")), strict=True))
    chosen = {s: (1 - action if s in states else free[s]) for s in free}
    box = EXAMPLE_1.replace(a=PROBABILITY, b=PROBABILITY)
    return kernel.every(
        *(
            kernel.sign(
                theory.value(task, example_policy(*free.values()))[S3],
                "<=",
                theory.value(task, example_policy(*chosen.values()))[S3],
                box,
            )
            for task in example_1(gamma).tasks
        )
    )


def oscillates(kernel: Kernel, one: int, two: int, at_s3: int, task: int) -> Evidence:
    """Return whether two states are left only for each other, and S3 is one of them."""
    policy = example_policy(1, at_s3, 1)
    step = example_1(gamma).tasks[task].policy_transitions(policy)
    inner = step[np.ix_((one, two), (one, two))] if S3 in (one, two) else step[:2, :2]
    return kernel.identity(
        inner,
        [[0, 1], [1, 0]],
        GAMMA,
        labels=lambda i: f"P(S{(one, two)[i[1]] + 1} | S{(one, two)[i[0]] + 1})",
    )
