"""Stacks of problems hold what single problems hold, and are checked as a whole."""

from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory.engine import Batch, random_batch, stacked
from dcpg_theory.errors import InvalidInput
from dcpg_theory.models import FiniteMDP, MultiTaskProblem, example_1
from dcpg_theory.models.random_problems import random_problem


def arrays(batch):
    return batch.transitions, batch.rewards, batch.discounts, batch.exploration


def test_an_instance_is_a_problem_and_problems_make_a_batch():
    batch = random_batch(0, 4, 3, 6, 2)
    again = stacked([batch.problem(b) for b in range(4)])
    for mine, yours in zip(arrays(batch), arrays(again), strict=True):
        np.testing.assert_array_equal(mine, yours)


def test_the_same_seed_gives_the_same_batch():
    for mine, yours in zip(arrays(random_batch(3, 5)), arrays(random_batch(3, 5)), strict=True):
        np.testing.assert_array_equal(mine, yours)
    assert not np.array_equal(random_batch(3, 5).rewards, random_batch(4, 5).rewards)


def test_random_instances_are_distributed_as_random_problems():
    batch = random_batch(0, 4000, 1, 3, 2)
    singles = stacked([random_problem(seed, 1, 3, 2) for seed in range(300)])
    for mine, yours in zip(arrays(batch), arrays(singles), strict=True):
        spread = yours.std() / np.sqrt(300)
        assert abs(mine.mean() - yours.mean()) <= 5 * spread + 1e-12
        assert abs(mine.std() - yours.std()) <= 5 * spread


def test_tasks_with_their_states_in_another_order_come_out_in_one():
    task = random_problem(0, 1, 3, 2).tasks[0]
    order = [2, 0, 1]
    moved = FiniteMDP(
        task.transitions[order][:, :, order],
        task.rewards[order],
        task.discount,
        task.start[order],
        states=order,
    )
    batch = stacked([MultiTaskProblem([task, moved])])
    for array in arrays(batch):
        np.testing.assert_array_equal(array[0, 0], array[0, 1])


def test_sparse_and_exact_problems_can_be_stacked():
    assert stacked([example_1(0.9)] * 3).shape == (3, 2, 5, 2)


@pytest.mark.parametrize(
    ("place", "change", "message"),
    [
        (0, lambda P: P[0], "transitions has shape .* it must have shape .n_instances"),
        (0, lambda P: P * 2, "instance 0, task 0, state 0, action 0: transitions row sum is 2"),
        (0, lambda P: P - 0.9, "transitions is -.* must not be negative"),
        (0, lambda P: P * np.nan, "instance 0.* transitions is nan"),
        (1, lambda R: R[:, :1], "rewards has shape"),
        (1, lambda R: R * np.inf, "reward is inf, it must be finite"),
        (2, lambda g: g + 0.5, "instance 0, task 0: discount is .* open interval"),
        (2, lambda g: g[:1, :1].repeat(3, 1), "discounts must broadcast to shape"),
        (3, lambda mu: mu[..., :2], "exploration has shape"),
        (3, lambda mu: mu * 0.5, "exploration row sum is 0.5"),
        (1, lambda _: "many", "rewards must be an array of numbers"),
    ],
)
def test_a_bad_batch_is_refused(place, change, message):
    given = list(arrays(random_batch(0, 3, 2, 4, 2)))
    given[place] = change(given[place])
    with pytest.raises(InvalidInput, match=message):
        Batch(*given)


def test_problems_of_other_shapes_are_refused():
    with pytest.raises(InvalidInput, match="problem 1 is"):
        stacked([random_problem(0), random_problem(0, 3)])
    with pytest.raises(InvalidInput, match="problems is empty"):
        stacked([])
    with pytest.raises(InvalidInput, match=r"the sizes .* must be at least 1"):
        random_batch(0, 0)
    with pytest.raises(InvalidInput, match="instance=3 must lie in 0"):
        random_batch(0, 3).problem(3)
    half = FiniteMDP(np.ones((1, 2, 1)), [[0.0, 1.0]], 0.5, [1.0], states=["a"])
    whole = FiniteMDP(np.full((2, 2, 2), 0.5), np.eye(2), 0.5, [1.0, 0], states=["a", "b"])
    with pytest.raises(InvalidInput, match="problem 0, task 0 lacks states"):
        stacked([MultiTaskProblem([half, whole])])
