from __future__ import annotations

from fractions import Fraction

import flint
import pytest

from dcpg_theory.bounds import sizes, sizes_of
from dcpg_theory.errors import AssumptionViolated, InvalidInput
from dcpg_theory.models import FiniteMDP, MultiTaskProblem, example_1, random_problem


def test_one_discount_is_repeated_and_equal_tasks_are_counted():
    found = sizes(["0.9"], 10, 4, agents=10**5)
    ((task, count),) = found.tasks
    assert (found.n_agents, count) == (10**5, 10**5)
    assert task.horizon == 10
    assert found.total(lambda task: task.horizon) == 10**6


def test_the_number_of_discounts_is_that_of_agents():
    found = sizes([Fraction(1, 2), 0.5, "0.75"], 3, 2)
    assert found.n_agents == 3
    assert sorted(count for _, count in found.tasks) == [1, 2]
    assert found.mean(lambda task: task.horizon) == flint.fmpq(8, 3)


def test_reward_ranges_are_lengths_and_different_ones_have_no_common_scale():
    assert sizes(["0.9"], 1, 2, agents=2, reward_ranges=[(-1, 1)]).common_length == 2
    differing = sizes(["0.9"], 1, 2, agents=2, reward_ranges=[(0, 1), (0, 3)])
    assert differing.common_length is None
    assert [task.reward_length for task, _ in differing.tasks] == [1, 3]


@pytest.mark.parametrize("discount", ["1", "0", "1.5", "-0.5"])
def test_a_discount_outside_the_open_interval_is_named(discount):
    with pytest.raises(AssumptionViolated, match=r"discount=.* must lie in the open interval"):
        sizes([discount], 2, 2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((["0.9"], 0, 2), "states=0"),
        ((["0.9"], 2, -1), "actions=-1"),
        ((["0.9", "0.8"], 2, 2, 3), "2 discounts for 3 agents"),
        (([], 2, 2), "0 discounts"),
    ],
)
def test_sizes_out_of_range_are_refused(arguments, words):
    *rest, agents = arguments if len(arguments) == 4 else (*arguments, None)
    with pytest.raises(InvalidInput, match=words):
        sizes(*rest, agents=agents)


def test_a_reward_range_has_its_lower_end_first():
    with pytest.raises(InvalidInput, match="the lower one first"):
        sizes(["0.9"], 2, 2, reward_ranges=[(1, 0)])


def test_a_problem_tells_its_spans_and_keeps_the_unit_interval():
    problem = random_problem(3, 2, 4, 2)
    found = sizes_of(problem)
    spans = [float(task.rewards.max() - task.rewards.min()) for task in problem.tasks]
    assert [float(task.reward_length) for task, _ in found.tasks] == pytest.approx(spans)
    assert found.common_length == 1
    assert sizes_of(example_1(Fraction(9, 10))).common_length == 2


def test_tasks_may_hold_part_of_the_states():
    left = FiniteMDP([[[1]]], [[0]], 0.5, [1], states=["a"])
    right = FiniteMDP([[[1, 0]], [[1, 0]]], [[0], [1]], 0.5, [0, 1], states=["b", "a"])
    found = sizes_of(MultiTaskProblem([left, right]))
    assert found.n_states == 2
    assert {task.n_states for task, _ in found.tasks} == {1, 2}
