from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import NumberKind
from dcpg_theory.models import random_problem

sizes = st.integers(1, 3)


@given(st.integers(0, 2**64), sizes, sizes, sizes, st.booleans())
def test_the_same_seed_gives_the_same_problem(seed, n_tasks, n_states, n_actions, exact):
    problem = random_problem(seed, n_tasks, n_states, n_actions, exact=exact)
    assert problem == random_problem(seed, n_tasks, n_states, n_actions, exact=exact)
    assert (problem.n_tasks, problem.n_states, problem.n_actions) == (n_tasks, n_states, n_actions)
    assert problem.kind is (NumberKind.RATIONAL if exact else NumberKind.FLOAT)


@given(st.integers(0, 1000), st.booleans())
def test_rewards_are_in_the_range_that_the_paper_assumes(seed, exact):
    low, high = random_problem(seed, exact=exact).reward_range
    assert low >= 0
    assert high <= 1


def test_exact_numbers_have_small_denominators():
    problem = random_problem(5, 2, 4, 3, exact=True)
    assert max(int(x.q) for task in problem.tasks for x in task.transitions.flat) <= 36


def test_seeds_and_tasks_differ():
    assert random_problem(1) != random_problem(2)
    assert random_problem(1).tasks[0] != random_problem(1).tasks[1]


def test_a_generator_is_drawn_from():
    assert random_problem(np.random.default_rng(7)) == random_problem(7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1,), "seed=-1 must not be negative"),
        ((0, 0), "n_tasks=0 must be at least 1"),
        ((0, 1, 0), "n_states=0 must be at least 1"),
        ((0, 1, 1, 0), "n_actions=0 must be at least 1"),
        ((0, 1, 10**6, 2), "make more than 1e\\+08 transition probabilities"),
    ],
)
def test_sizes_out_of_range_are_refused(arguments, message):
    with pytest.raises(InvalidInput, match=message):
        random_problem(*arguments)
