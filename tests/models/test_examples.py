from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import NumberKind
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.models import example_1, example_2, example_policy
from dcpg_theory.models.examples import ACTIONS, STATES

GAMMA, P = symbols("gamma", "p")
HALF = Fraction(1, 2)


def transposed_chain(problem, task, left_s3):
    policy = example_policy(HALF, left_s3, HALF)
    return problem.tasks[task].policy_transitions(policy).T.tolist()


def test_both_live_on_five_states_and_start_in_the_middle():
    for problem in (example_1(GAMMA), example_2(GAMMA, P)):
        assert problem.states == STATES == ("S1", "S2", "S3", "S4", "S5")
        assert ACTIONS == ("L", "R")
        assert problem.n_actions == 2
        for task in problem.tasks:
            assert task.start.tolist() == [0, 0, 1, 0, 0]
            assert task.discount == GAMMA


def test_example_1_moves_as_in_figure_1():
    first, second = (task.transitions.argmax(axis=2).tolist() for task in example_1(0.5).tasks)
    assert first == [[0, 0], [0, 2], [1, 3], [2, 4], [4, 4]]
    assert second == [[0, 0], [2, 0], [1, 3], [4, 2], [4, 4]]


def test_example_1_pays_for_entering_the_ends():
    first, second = (task.rewards.tolist() for task in example_1(HALF).tasks)
    assert first == [[0, 0], [1, 0], [0, 0], [0, -1], [0, 0]]
    assert second == [[0, 0], [0, -1], [0, 0], [1, 0], [0, 0]]


def test_example_2_has_the_matrices_of_appendix_a():
    problem, q = example_2(GAMMA, P), 1 - P
    for left, right in ((0, 1), (HALF, HALF)):
        assert transposed_chain(problem, 0, left) == [
            [1, q, 0, 0, 0],
            [0, 0, left, 0, 0],
            [0, P, 0, q, 0],
            [0, 0, right, 0, 0],
            [0, 0, 0, P, 1],
        ]
        assert transposed_chain(problem, 1, left) == [
            [1, P, 0, 0, 0],
            [0, 0, left, 0, 0],
            [0, q, 0, P, 0],
            [0, 0, right, 0, 0],
            [0, 0, 0, q, 1],
        ]


def test_example_2_has_the_rewards_of_equation_19():
    first, second = (task.rewards[:, 0].tolist() for task in example_2(GAMMA, P).tasks)
    assert first == [0, 1 - P, 0, -P, 0]
    assert second == [0, -P, 0, 1 - P, 0]


def test_the_tasks_of_both_examples_are_mirror_images():
    for problem, swap_actions in ((example_1(HALF), False), (example_2(HALF, HALF / 2), True)):
        one, two = problem.tasks
        mirror = slice(None, None, -1)
        # In example 1 only S3 tells the actions apart after mirroring, so it is compared alone.
        at = [2] if not swap_actions else range(5)
        mirrored = one.transitions[mirror, mirror, mirror]
        assert mirrored[at].tolist() == two.transitions[at].tolist()


@given(st.fractions(0, 1), st.fractions(Fraction(1, 100), Fraction(99, 100)))
def test_symbols_evaluate_to_the_numeric_examples(p, discount):
    point = {"gamma": discount, "p": p}
    for symbolic, numeric in (
        (example_1(GAMMA), example_1(discount)),
        (example_2(GAMMA, P), example_2(discount, p)),
    ):
        for task, number_task in zip(symbolic.tasks, numeric.tasks, strict=True):
            for name in ("transitions", "rewards"):
                values = [entry.evaluate(point) for entry in getattr(task, name).flat]
                assert values == getattr(number_task, name).ravel().tolist()


@pytest.mark.parametrize(
    ("discount", "p", "kind"),
    [
        (0.9, 0.75, NumberKind.FLOAT),
        (0.9, Fraction(3, 4), NumberKind.FLOAT),
        (HALF, 1, NumberKind.RATIONAL),
        (flint.arb("0.9"), Fraction(3, 4), NumberKind.BALL),
        (HALF, P, NumberKind.SYMBOLIC),
        (GAMMA, HALF, NumberKind.SYMBOLIC),
    ],
)
def test_entries_take_the_kind_of_the_arguments(discount, p, kind):
    assert example_2(discount, p).kind is kind


@pytest.mark.parametrize("p", [-0.1, 1.1, Fraction(3, 2), flint.arb(2)])
def test_probabilities_out_of_range_are_refused(p):
    discount = flint.arb("0.5") if isinstance(p, flint.arb) else HALF
    with pytest.raises(InvalidInput, match=r"must lie in the closed interval \[0, 1\]"):
        example_2(discount, p)


def test_nan_and_bad_discounts_are_refused():
    with pytest.raises(InvalidInput, match="is nan, it must be finite"):
        example_2(0.5, float("nan"))
    with pytest.raises(InvalidInput, match="discount=1 must lie in the open interval"):
        example_1(1)


def test_example_policy_has_rows_that_sum_to_one_in_every_kind():
    for lefts in ((P, P * P, 0), (1, 0, HALF), (0.25, 0.5, 1.0), (flint.arb(1), 0, HALF)):
        policy = example_policy(*lefts)
        assert policy.shape == (5, 2)
        assert np.all(policy.sum(axis=1) == 1)
        assert policy[2, 0] == lefts[1]
