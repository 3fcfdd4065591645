from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from dcpg_theory import FiniteMDP, theory
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import NumberKind
from dcpg_theory.models import example_1, example_2, random_problem

HALF = Fraction(1, 2)


def environment(table, start=None, **others):
    found = SimpleNamespace(P=table, reset=lambda **_: (0, {}), **others)
    if start is not None:
        found.initial_state_distrib = start
    return found


# From 0 an episode ends in 1 with reward 4, or moves there; 1 has a row of its own that pays.
ENDS = {0: {0: [(HALF, 1, 4, True), (HALF, 1, 2, False)]}, 1: {0: [(1, 1, 1, False)]}}


def test_what_terminates_leads_to_the_end_and_rewards_are_expected_exactly():
    mdp = FiniteMDP.from_gymnasium(environment(ENDS), HALF)
    expected = [[[0, HALF, HALF]], [[0, 1, 0]], [[0, 0, 1]]]
    assert mdp == FiniteMDP(expected, [[3], [1], [0]], HALF, [1, 0, 0], ["s0", "s1", "end"])
    # V(1) = 1 + V(1)/2 = 2 and V(0) = 3 + (1/2)(1/2) V(1): nothing comes after the end.
    assert [int(v) for v in 2 * theory.value(mdp, [[1]] * 3)] == [7, 4, 0]


def test_a_final_state_is_its_own_end():
    table = {0: {0: [(1, 1, 4, True)]}, 1: {0: [(1, 1, 0, True)]}}
    mdp = FiniteMDP.from_gymnasium(environment(table), HALF)
    assert mdp == FiniteMDP([[[0, 1]], [[0, 1]]], [[4], [0]], HALF, [1, 0], ["s0", "s1"])


def test_floats_make_it_sparse_with_the_told_start():
    mdp = FiniteMDP.from_gymnasium(environment(ENDS, start=[0.25, 0.75]), HALF)
    assert mdp.kind is NumberKind.FLOAT
    assert mdp.is_sparse
    assert mdp.start.tolist() == [0.25, 0.75, 0]


def test_labels_may_be_given():
    assert FiniteMDP.from_gymnasium(environment(ENDS), HALF, "ab").states == ("a", "b", "end")


@pytest.mark.parametrize("name", ["FrozenLake", "CliffWalking", "Taxi"])
def test_the_round_trip_is_exact(name):
    newest = max(id for id in gymnasium.registry if id.startswith(f"{name}-v"))
    mdp = FiniteMDP.from_gymnasium(newest, 0.9)
    assert FiniteMDP.from_gymnasium(mdp.to_gymnasium(), 0.9) == mdp


@pytest.mark.parametrize(
    "task", [*example_1(HALF).tasks, *example_2(HALF, HALF).tasks, *random_problem(3).tasks]
)
def test_processes_come_back(task):
    back = FiniteMDP.from_gymnasium(task.to_gymnasium(), float(task.discount))
    task = task.to_float()
    assert back.states == task.states
    dense = back.transitions.toarray().reshape(task.transitions.shape)
    assert (dense == task.transitions).all()
    assert (back.rewards == task.rewards).all()
    assert (back.start == task.start).all()


def test_final_states_terminate_and_no_others():
    env = example_1(HALF).tasks[0].to_gymnasium()
    ending = {t for rows in env.P.values() for row in rows.values() for _, t, _, end in row if end}
    assert ending == {0, 4}


def test_the_environment_keeps_gymnasiums_contract():
    check_env(random_problem(2).tasks[0].to_gymnasium(), skip_render_check=True)


def test_returns_of_episodes_have_the_value_as_their_mean():
    task = example_2(HALF, Fraction(3, 4)).tasks[0]
    env, policy = task.to_gymnasium(), np.array([[0.5, 0.5]] * 5)
    value = float(theory.value(task.to_float(), policy)[2])
    returns = []
    for seed in range(2000):
        env.reset(seed=seed)
        total, weight, ended = 0.0, 1.0, False
        while not ended:
            _, reward, ended, _, _ = env.step(int(env.np_random.integers(2)))
            total, weight = total + weight * reward, weight / 2
        returns.append(total)
    assert abs(np.mean(returns) - value) < 4 * np.std(returns) / 2000**0.5


@pytest.mark.parametrize(
    ("env", "message"),
    [
        (environment({0: {0: [(1, 5, 0, False)]}}), "state 0, action 0: next state 5 must lie"),
        (environment({0: {0: [(1, 0, 0)]}}), "P must hold at [state][action]"),
        (environment({1: {0: [(1, 1, 0, False)]}}), "P must hold at [state][action]"),
        (environment({0: {0: []}, 1: {0: [], 1: []}}), "state 1 has 2 actions and state 0 has 1"),
        (environment({0: {0: [(HALF, 0, 0, False)]}}), "transition row sums to 1/2"),
        (environment({0: {0: [(1, 0, 0, False)]}}, [1, 0]), "initial_state_distrib has shape"),
        (environment({}), "P must hold at [state][action]"),
        ("Nothing-v3", "'Nothing-v3'"),
        ("CartPole-v1", "has no P"),
    ],
)
def test_malformed_tables_are_refused(env, message):
    with pytest.raises(InvalidInput) as caught:
        FiniteMDP.from_gymnasium(env, HALF)
    assert message in str(caught.value)
