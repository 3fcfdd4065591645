from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import NumberKind
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.models import FiniteMDP, MultiTaskProblem, example_2, random_problem


def chain(states, *, discount=Fraction(1, 2), n_actions=2, rewards=None):
    """A task that stays where it is."""
    n = len(states)
    transitions = np.repeat(np.eye(n, dtype=int)[:, None, :], n_actions, axis=1)
    rewards = np.zeros((n, n_actions), dtype=int) if rewards is None else rewards
    start = np.eye(n, dtype=int)[0]
    return FiniteMDP(transitions, rewards, discount, start, states)


def test_equal_labels_are_the_same_state_in_order_of_appearance():
    problem = MultiTaskProblem([chain("bd"), chain("abc")])
    assert problem.states == ("b", "d", "a", "c")
    assert [index.tolist() for index in problem.indices] == [[0, 1], [2, 0, 3]]
    assert (problem.n_tasks, problem.n_states, problem.n_actions) == (2, 4, 2)


labels = st.lists(st.integers(0, 8), min_size=1, max_size=5, unique=True)


@given(st.lists(labels, min_size=1, max_size=4))
def test_union_holds_each_label_once_and_indices_find_it(tasks):
    problem = MultiTaskProblem([chain(states) for states in tasks])
    assert len(set(problem.states)) == problem.n_states
    assert set(problem.states) == set().union(*tasks)
    for states, index in zip(tasks, problem.indices, strict=True):
        assert [problem.states[k] for k in index] == states


@given(st.lists(labels, min_size=1, max_size=3), st.integers(0, 99))
def test_task_policy_undoes_embed(tasks, seed):
    problem = MultiTaskProblem([chain(states) for states in tasks])
    for i, states in enumerate(tasks):
        values = np.random.default_rng(seed).random((len(states), 2))
        whole = problem.embed(i, values)
        np.testing.assert_array_equal(problem.task_policy(i, whole), values)
        elsewhere = np.setdiff1d(np.arange(problem.n_states), problem.indices[i])
        assert not whole[elsewhere].any()


@pytest.mark.parametrize("one", [1.0, 1, flint.arb(1), symbols("p")[0]])
def test_embed_fills_with_zeros_of_the_same_kind(one):
    problem = MultiTaskProblem([chain("a"), chain("ab")])
    whole = problem.embed(0, [one])
    assert whole[0] == one
    assert whole[1] == 0
    assert type(whole[1]) is type(whole[0])


def test_tasks_promote_to_one_kind():
    problem = MultiTaskProblem([chain("a", discount=0.5), chain("a")])
    assert problem.kind is NumberKind.FLOAT
    assert {task.kind for task in problem.tasks} == {NumberKind.FLOAT}
    with pytest.raises(InvalidInput, match="floats cannot be mixed"):
        MultiTaskProblem([chain("a", discount=0.5), chain("a", discount=symbols("g")[0])])


def test_dense_and_sparse_tasks_live_together():
    sparse = FiniteMDP(scipy.sparse.eye_array(2).tocsr(), [[0], [1]], 0.5, [1, 0])
    problem = MultiTaskProblem([sparse, chain([0, 5], n_actions=1)])
    assert [task.is_sparse for task in problem.tasks] == [True, False]


def test_exploration_is_the_starts_unless_given():
    tasks = [chain("ab"), chain("a")]
    assert MultiTaskProblem(tasks).exploration[0].tolist() == [1, 0]
    given_ = MultiTaskProblem(tasks, [[Fraction(1, 3), Fraction(2, 3)], [1]])
    assert given_.exploration[0].tolist() == [flint.fmpq(1, 3), flint.fmpq(2, 3)]
    assert MultiTaskProblem(tasks, [[0.5, 0.5], [1]]).kind is NumberKind.FLOAT


def test_reward_range_is_over_all_tasks():
    tasks = [chain("a", rewards=[[0, 3]]), chain("b", rewards=[[-2, 1]])]
    assert MultiTaskProblem(tasks).reward_range == (-2, 3)
    assert MultiTaskProblem(tasks).to_float().reward_range == (-2.0, 3.0)
    low, high = MultiTaskProblem(tasks).astype(NumberKind.BALL).reward_range
    assert low.contains(-2)
    assert high.contains(3)
    assert MultiTaskProblem(tasks).astype(NumberKind.SYMBOLIC).reward_range == (-2, 3)


def test_reward_range_of_symbols_is_refused():
    with pytest.raises(InvalidInput, match="is not a constant"):
        _ = example_2(*symbols("gamma", "p")).reward_range


@pytest.mark.parametrize("kind", list(NumberKind))
def test_rational_problems_convert_to_every_kind(kind):
    problem = random_problem(1, exact=True)
    converted = problem.astype(kind)
    assert converted.kind is kind
    assert {task.kind for task in converted.tasks} == {kind}
    for found, task in zip(converted.to_float().tasks, problem.to_float().tasks, strict=True):
        np.testing.assert_allclose(found.transitions, task.transitions, rtol=1e-15)


def test_floats_become_rationals_and_balls_where_rows_are_exact():
    problem = MultiTaskProblem([chain("ab"), chain("bc")])
    floats = problem.to_float()
    assert floats.astype(NumberKind.RATIONAL) == problem
    assert floats.astype(NumberKind.BALL) == problem.astype(NumberKind.BALL)
    assert problem.to_rational() is problem


def test_conversion_to_rationals_names_the_task_and_rescales_when_asked():
    tasks = [
        chain("ab", discount=0.5),
        FiniteMDP([[[0.1, 0.9]] * 2] * 2, [[0, 0]] * 2, 0.5, [1, 0]),
    ]
    problem = MultiTaskProblem(tasks, [[0.1, 0.9], [1, 0]])
    with pytest.raises(InvalidInput, match=r"^task 1, state 0, action 0: transition row sums to"):
        problem.to_rational()
    assert problem.to_rational(rescale=True).exploration[0].sum() == 1


def test_equality_is_of_all_the_data():
    assert random_problem(3) == random_problem(3)
    assert hash(random_problem(3)) == hash(random_problem(3))
    assert random_problem(3) != random_problem(4)
    assert MultiTaskProblem([chain("ab")]) != MultiTaskProblem([chain("ab")], [[0, 1]])
    assert MultiTaskProblem([chain("ab")]) != 1


def test_repr_is_short():
    assert repr(random_problem(0)) == "MultiTaskProblem(2 tasks, 5 states, 2 actions, float64)"


@pytest.mark.parametrize(
    ("tasks", "exploration", "message"),
    [
        ([], None, "tasks is empty"),
        ([chain("a"), "b"], None, "task 1 is a str, it must be a FiniteMDP"),
        (
            [chain("a"), chain("a"), chain("a", n_actions=3)],
            None,
            "task 2 has 3 actions, it must have 2 like task 0",
        ),
        ([chain("a"), chain("ab")], [[1]], "exploration has 1 distributions, it must have one"),
        (
            [chain("a"), chain("ab")],
            [[1], [1]],
            "task 1: exploration has shape (1,), it must have shape (n_states of the task,) = (2,)",
        ),
        (
            [chain("a"), chain("ab")],
            [[1], [0.5, 0.4]],
            "task 1: exploration sums to 0.9, it must sum to 1 (within 1e-9)",
        ),
        (
            [chain("a"), chain("ab")],
            [[1], [2, -1]],
            "task 1, state b: exploration probability is -1, it must not be negative",
        ),
        ([chain("a")], [["x"]], "task 0: exploration has entries of type <U1"),
    ],
)
def test_bad_input_is_refused_naming_the_task(tasks, exploration, message):
    with pytest.raises(InvalidInput) as caught:
        MultiTaskProblem(tasks, exploration)
    assert str(caught.value).startswith(message)


def test_arrays_that_are_not_on_the_union_or_the_task_are_refused():
    problem = MultiTaskProblem([chain("a"), chain("ab")])
    with pytest.raises(InvalidInput, match="n_states = 2 entries, the states of all tasks"):
        problem.task_policy(0, [[1, 0]])
    with pytest.raises(InvalidInput, match="1 entries, the states of task 0"):
        problem.embed(0, [1, 2])
    for task in (-1, 2):
        with pytest.raises(InvalidInput, match=r"must lie in 0, \.\.\., 1"):
            problem.embed(task, [1])
