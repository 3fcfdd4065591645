"""The assumptions of the paper's statements: each as LaTeX, as words, and as a predicate.

The same objects stand in claims, guard calculators and filter strategies, so that what a theorem
assumes and what is tested is one thing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = [
    "COMMON_DISCOUNT",
    "FINITE_PARAMETERS",
    "REWARDS_IN_UNIT_INTERVAL",
    "STATIONARY_POLICIES",
    "Assumption",
]


@dataclass(frozen=True)
class Assumption:
    """A hypothesis.

    Attributes
    ----------
    name : short, for tables
    latex : the formula
    words : one sentence
    holds : predicate over what the assumption speaks of
    example : function that returns something satisfying it, which shows it is not vacuous
    """

    name: str
    latex: str
    words: str
    holds: Callable[[Any], bool]
    example: Callable[[], Any]


def _one_state(discounts: tuple[Fraction, ...]) -> MultiTaskProblem:
    return MultiTaskProblem([FiniteMDP([[[1]]], [[1]], discount, [1]) for discount in discounts])


REWARDS_IN_UNIT_INTERVAL = Assumption(
    "rewards in [0, 1]",
    r"\mathcal{R}_i(s, a) \in [0, 1]",
    "every task's expected rewards lie in [0, 1]",
    lambda problem: all(
        bool(np.all(task.rewards >= 0)) and bool(np.all(task.rewards <= 1))
        for task in problem.tasks
    ),
    lambda: _one_state((Fraction(1, 2), Fraction(1, 3))),
)

COMMON_DISCOUNT = Assumption(
    "one discount",
    r"\gamma_1 = \dots = \gamma_N = \gamma",
    "all tasks have the same discount",
    lambda problem: len({str(task.discount) for task in problem.tasks}) == 1,
    lambda: _one_state((Fraction(1, 2), Fraction(1, 2))),
)

STATIONARY_POLICIES = Assumption(
    "stationary policies",
    r"\pi : \mathcal{S} \to \Delta(\mathcal{A})",
    "a policy is a distribution over actions for each state, without memory",
    lambda policy: (
        np.ndim(policy) == 2
        and bool(np.all(np.sum(policy, axis=1) == 1))
        and bool(np.all(np.asarray(policy) >= 0))
    ),
    lambda: np.array([[Fraction(1, 3), Fraction(2, 3)]], dtype=object),
)

FINITE_PARAMETERS = Assumption(
    "finite parameters",
    r"\theta \in \mathbb{R}^{|\mathcal{S}| \times |\mathcal{A}|}",
    "the softmax parameters are real numbers, so every action has positive probability",
    lambda policy: STATIONARY_POLICIES.holds(policy) and bool(np.all(np.asarray(policy) > 0)),
    lambda: np.array([[Fraction(1, 3), Fraction(2, 3)]], dtype=object),
)
