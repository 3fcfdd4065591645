"""An assumption that nothing satisfies proves everything; one that everything satisfies is none."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from dcpg_theory.ledger import load_registry
from dcpg_theory.models import FiniteMDP, MixingMatrix, MultiTaskProblem
from dcpg_theory.theory import assumptions as general
from proofs_check import assumptions as examples
from proofs_check.instances import turning_policies, weights
from proofs_check.instances.two_policies import Setting, absorbing

HALF = Fraction(1, 2)


def loops(rewards, discounts, start=(1,)):
    """One state, or several that are never left; each task pays its reward for ever."""
    n = len(start)
    stay = np.eye(n, dtype=int)[:, None, :]
    return MultiTaskProblem(
        [
            FiniteMDP(stay, [[reward]] * n, discount, start)
            for reward, discount in zip(rewards, discounts, strict=True)
        ]
    )


ABSORBING = absorbing([[1, 0], [0, 1]], HALF, [HALF, HALF])
TURNED = FiniteMDP(
    ABSORBING.transitions[:, :, ::-1], ABSORBING.rewards, HALF, ABSORBING.start, ABSORBING.states
)

VIOLATED = {
    examples.EQUAL_STARTS: [
        np.array([[0, 1], [0, 2]], dtype=object),
        np.array([[HALF], [HALF], [0]], dtype=object),
    ],
    general.REWARDS_IN_UNIT_INTERVAL: [
        loops([2], [HALF]),
        loops([HALF, Fraction(-1, 10)], [HALF, HALF]),
    ],
    general.COMMON_DISCOUNT: [loops([1, 1], [HALF, Fraction(1, 3)])],
    general.STATIONARY_POLICIES: [
        np.array([[HALF, Fraction(1, 3)]], dtype=object),
        np.array([HALF, HALF], dtype=object),
        np.array([[2, -1]], dtype=object),
    ],
    general.FINITE_PARAMETERS: [
        np.array([[1, 0]], dtype=object),
        np.array([[HALF, Fraction(1, 3)]], dtype=object),
    ],
    weights.ASSUMPTION_1: [
        MixingMatrix([[1, 0], [0, 1]]),
        MixingMatrix([[0, 1], [1, 0]]),
        MixingMatrix(np.array([[HALF, HALF, 0], [0, HALF, HALF], [HALF, 0, HALF]], dtype=object)),
    ],
    weights.SYMMETRIC_WEIGHTS: [MixingMatrix(weights.CIRCULANT)],
    general.EQUAL_STARTS: [np.array([[[0, 1]], [[0, 2]]])],
    general.EXPLORES_EVERYWHERE: [MultiTaskProblem([ABSORBING], exploration=[[1, 0]])],
    general.SHARED_DYNAMICS: [
        loops([1, 1], [HALF, Fraction(1, 3)]),
        MultiTaskProblem([ABSORBING, ABSORBING.with_start([1, 0])], [[HALF, HALF]] * 2),
        MultiTaskProblem([ABSORBING, ABSORBING], [[HALF, HALF], [HALF / 2, 3 * HALF / 2]]),
        MultiTaskProblem([ABSORBING, TURNED]),
    ],
    weights.SEMIDEFINITE_WEIGHTS: [
        MixingMatrix(weights.NEGATIVE),
        MixingMatrix(weights.CIRCULANT),
    ],
    turning_policies.TURNS_ARE_BOUNDED: [
        (turning_policies.MANY, (18, 10, 13)),
        (turning_policies.GENERAL, (0, 1, 1)),
    ],
    examples.MATCHED_VISITATION: [
        Setting(
            MultiTaskProblem(
                [ABSORBING, ABSORBING], exploration=[[HALF, HALF], [HALF / 2, 3 * HALF / 2]]
            ),
            [[HALF, HALF]] * 2,
            [[1, 0]] * 2,
            1,
        )
    ],
    examples.POSITIVE_EXPLORATION: [
        Setting(
            MultiTaskProblem([ABSORBING], exploration=[[1, 0]]),
            [[HALF, HALF]] * 2,
            [[1, 0]] * 2,
            1,
        )
    ],
    examples.START_AT_S3: [
        loops([1], [HALF], start=(0, 1, 0, 0, 0)),
        loops([1], [HALF], start=(0, 0, HALF, HALF, 0)),
    ],
}
named = pytest.mark.parametrize("assumption", VIOLATED, ids=lambda assumption: assumption.name)


def test_every_assumption_is_tried_here():
    used = {a for member in load_registry().values() for a in member.assumptions}
    offered = {getattr(general, name) for name in general.__all__ if name.isupper()}
    offered |= {getattr(examples, name) for name in examples.__all__}
    assert used | offered == set(VIOLATED)


@named
def test_the_example_satisfies_it(assumption):
    assert assumption.holds(assumption.example()) is True


@named
def test_something_violates_it(assumption):
    assert [assumption.holds(wrong) for wrong in VIOLATED[assumption]] == [
        False for _ in VIOLATED[assumption]
    ]


@named
def test_it_is_said_in_words_and_in_latex(assumption):
    assert assumption.words
    assert assumption.latex
