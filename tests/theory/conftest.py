"""Problems that the tests of the formulas share, and an independent implementation in 50 digits."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest

from dcpg_theory.exact.numbers import NumberKind, as_array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.random_problems import random_problem

DIGITS = 50
HALF, THIRD = Fraction(1, 2), Fraction(1, 3)


@pytest.fixture(scope="session")
def exact_problem():
    """Two random rational tasks with different discounts over the same three states."""
    problem = random_problem(11, n_tasks=2, n_states=3, n_actions=2, exact=True)
    assert problem.tasks[0].discount != problem.tasks[1].discount
    return problem


@pytest.fixture(scope="session")
def partial_problem():
    """Tasks over {a, b} and {c, b, d}: each holds only part of the union, in another order."""
    first = FiniteMDP(
        [[[HALF, HALF], [0, 1]], [[1, 0], [THIRD, 1 - THIRD]]],
        [[1, 0], [HALF, THIRD]],
        Fraction(4, 5),
        [THIRD, 1 - THIRD],
        states=("a", "b"),
    )
    second = FiniteMDP(
        [
            [[0, HALF, HALF], [1, 0, 0]],
            [[THIRD, THIRD, THIRD], [0, 0, 1]],
            [[HALF, 0, HALF], [0, 1, 0]],
        ],
        [[0, 1], [THIRD, 0], [1, HALF]],
        Fraction(1, 2),
        [1, 0, 0],
        states=("c", "b", "d"),
    )
    exploration = [[HALF, HALF], [THIRD, THIRD, THIRD]]
    return MultiTaskProblem([first, second], exploration=exploration)


@pytest.fixture(scope="session")
def weights():
    """Positive integer weights for any size, all rows different."""

    def make(n_states: int, n_actions: int) -> np.ndarray:
        entries = [[1 + (3 * s + 2 * a * a) % 7 for a in range(n_actions)] for s in range(n_states)]
        return as_array(entries, NumberKind.RATIONAL)

    return make


def _mpf(number) -> mpmath.mpf:
    if isinstance(number, float | np.floating):
        return mpmath.mpf(float(number))
    exact = Fraction(int(number.p), int(number.q)) if hasattr(number, "p") else Fraction(number)
    return mpmath.mpf(exact.numerator) / exact.denominator


@pytest.fixture(scope="session")
def to_mpf():
    return _mpf


def _reference_objective(problem, theta, regularization, starts) -> mpmath.mpf:
    """Compute (7) from its definition, with mpmath's own exp, log and linear solver."""
    policy = []
    for row in theta:
        exponentials = [mpmath.exp(entry) for entry in row]
        policy.append([entry / mpmath.fsum(exponentials) for entry in exponentials])
    total = mpmath.mpf(0)
    for mdp, places, start in zip(problem.tasks, problem.indices, starts, strict=True):
        n, discount = mdp.n_states, _mpf(mdp.discount)
        system, rewards = mpmath.eye(n), mpmath.zeros(n, 1)
        for s in range(n):
            for a, probability in enumerate(policy[places[s]]):
                rewards[s] += probability * _mpf(mdp.rewards[s, a])
                for after in range(n):
                    system[s, after] -= discount * probability * _mpf(mdp.transitions[s, a, after])
        values = mpmath.lu_solve(system, rewards)
        total += mpmath.fsum(_mpf(rho) * values[s] for s, rho in enumerate(start))
        divergences = [
            mpmath.fsum(-mpmath.log(len(row) * probability) for probability in row) / len(row)
            for row in policy
        ]
        total -= _mpf(regularization) * mpmath.fsum(divergences) / len(policy)
    return total


Objective = Callable[..., mpmath.mpf]


@pytest.fixture(scope="session")
def reference_objective() -> Objective:
    """(problem, theta as nested lists of mpf, regularization, starts) -> L of (7), in mpmath."""
    return _reference_objective


@pytest.fixture(scope="session")
def encloses():
    """(balls, exact values) -> whether every ball contains its value, decided in 300 bits."""

    def check(balls: np.ndarray, exact: np.ndarray) -> bool:
        assert balls.shape == exact.shape
        with flint.ctx.workprec(300):
            return all(
                isinstance(ball, flint.arb) and ball.contains(value)
                for ball, value in zip(balls.flat, exact.flat, strict=True)
            )

    return check


@pytest.fixture
def fifty_digits():
    with mpmath.workdps(DIGITS):
        yield
