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

from dcpg_theory.models.conversion import same_entries
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.mixing import MixingMatrix
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = [
    "ASSUMPTION_1",
    "COMMON_DISCOUNT",
    "EQUAL_STARTS",
    "EXPLORES_EVERYWHERE",
    "FINITE_PARAMETERS",
    "REWARDS_IN_UNIT_INTERVAL",
    "SHARED_DYNAMICS",
    "STATIONARY_POLICIES",
    "SYMMETRIC_WEIGHTS",
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


def _circulant() -> MixingMatrix:
    return MixingMatrix(
        [[Fraction(k, 6) for k in row] for row in ([3, 2, 1], [1, 3, 2], [2, 1, 3])]
    )


def _thirds() -> MixingMatrix:
    return MixingMatrix([[Fraction(2, 3), Fraction(1, 3)], [Fraction(1, 3), Fraction(2, 3)]])


def _meets_assumption_1(weights: MixingMatrix) -> bool:
    """Whether the diagonal is positive and the other positive weights make a connected graph."""
    positive = weights.matrix > 0
    if not np.all(np.diag(positive)) or not np.array_equal(positive, positive.T):
        return False
    reached = frontier = np.arange(len(positive)) == 0
    while frontier.any():
        frontier = positive[frontier].any(axis=0) & ~reached
        reached = reached | frontier
    return bool(np.all(reached))


ASSUMPTION_1 = Assumption(
    "Assumption 1",
    r"W 1 = 1,\; 1^\top W = 1^\top,\; W_{ii} > 0,\; W_{ij} > 0 \iff (i, j) \in \mathcal{E}",
    "W is doubly stochastic with a positive diagonal, on a connected undirected graph",
    _meets_assumption_1,
    _circulant,
)

SYMMETRIC_WEIGHTS = Assumption(
    "symmetric weights",
    r"W = W^\top",
    "any two agents give each other the same weight",
    lambda weights: bool(weights.is_symmetric),
    _thirds,
)

EQUAL_STARTS = Assumption(
    "equal starts",
    r"\theta_1^0 = \dots = \theta_N^0",
    "all agents start with the same parameters",
    lambda parameters: bool(np.all(np.asarray(parameters) == np.asarray(parameters)[:1])),
    lambda: np.zeros((2, 1, 2)),
)

EXPLORES_EVERYWHERE = Assumption(
    "positive exploration",
    r"\mu_i(s) > 0",
    "every task explores from each of its states with positive probability",
    lambda problem: all(bool(np.all(mu > 0)) for mu in problem.exploration),
    lambda: _one_state((Fraction(1, 2),)),
)


def _share_dynamics(problem: MultiTaskProblem) -> bool:
    """Whether every task has the first one's states, transitions, discount, rho and mu."""
    first, first_mu = problem.tasks[0], problem.exploration[0]
    return all(
        task.states == first.states
        and str(task.discount) == str(first.discount)
        and _same_transitions(task.transitions, first.transitions)
        and same_entries(task.start, first.start)
        and same_entries(mu, first_mu)
        for task, mu in zip(problem.tasks, problem.exploration, strict=True)
    )


def _same_transitions(one: Any, other: Any) -> bool:
    both = hasattr(one, "tocsr") == hasattr(other, "tocsr")  # sparse, or dense
    return both and same_entries(one, other)


SHARED_DYNAMICS = Assumption(
    "shared dynamics",
    r"P_i = P,\; \gamma_i = \gamma,\; \rho_i = \rho,\; \mu_i = \mu",
    "the tasks differ in their rewards only, which is enough for Assumption 2",
    _share_dynamics,
    lambda: _one_state((Fraction(1, 2), Fraction(1, 2))),
)
