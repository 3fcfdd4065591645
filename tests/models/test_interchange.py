from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory import FiniteMDP, theory
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import NumberKind
from dcpg_theory.models import example_1, example_2, random_problem, uniform_policy

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
CHAIN = [[[THIRD, 2 * THIRD], [0, 1]], [[1, 0], [HALF, HALF]]]
ARRIVAL = [[[3, 6], [7, -2]], [[1, 9], [4, 8]]]  # R(s, a, s')
EXPECTED = [[5, -2], [1, 6]]
START = [1, 0]


def sparse_rows(mdp):
    return scipy.sparse.csr_array(np.asarray(mdp.transitions).reshape(-1, mdp.n_states))


@pytest.fixture
def quantecon():
    return pytest.importorskip("quantecon", reason="QuantEcon is not installed")


def random_task(seed, n_states=5, n_actions=3):
    return random_problem(seed, 1, n_states, n_actions).tasks[0]


def test_rewards_of_next_states_become_their_expectation_exactly():
    mdp = FiniteMDP.from_arrays(CHAIN, ARRIVAL, HALF, START)
    assert mdp == FiniteMDP(CHAIN, EXPECTED, HALF, START)
    assert mdp.kind is NumberKind.RATIONAL


def test_rewards_of_states_stand_at_every_action():
    mdp = FiniteMDP.from_arrays(CHAIN, [4, 7], HALF, START, ["a", "b"])
    assert mdp == FiniteMDP(CHAIN, [[4, 4], [7, 7]], HALF, START, ["a", "b"])


def test_the_reward_of_what_cannot_happen_does_not_count():
    chain = [[[0.0, 1.0]], [[1.0, 0.0]]]
    mdp = FiniteMDP.from_arrays(chain, [[[np.inf, 1]], [[2, np.nan]]], 0.5, START)
    assert mdp.rewards.tolist() == [[1], [2]]


def value_over_arrivals(policy):
    """V by summing over (s, a, s') with the rewards of arrivals, solved in fractions by hand."""
    chain = [[sum(policy[s][a] * CHAIN[s][a][t] for a in (0, 1)) for t in (0, 1)] for s in (0, 1)]
    pay = [
        sum(policy[s][a] * CHAIN[s][a][t] * ARRIVAL[s][a][t] for a in (0, 1) for t in (0, 1))
        for s in (0, 1)
    ]
    (a, b), (c, d) = [[int(s == t) - HALF * chain[s][t] for t in (0, 1)] for s in (0, 1)]
    x, y = pay
    return [(d * x - b * y) / (a * d - b * c), (a * y - c * x) / (a * d - b * c)]


@given(st.fractions(0, 1, max_denominator=9), st.fractions(0, 1, max_denominator=9))
def test_values_are_preserved_exactly(p, q):
    policy = [[p, 1 - p], [q, 1 - q]]
    value = theory.value(FiniteMDP.from_arrays(CHAIN, ARRIVAL, HALF, START), policy)
    assert [Fraction(int(v.p), int(v.q)) for v in value] == value_over_arrivals(policy)


def test_pymdptoolboxs_order_is_the_action_first():
    transitions = np.array(CHAIN, dtype=object).transpose(1, 0, 2)
    arrival = np.array(ARRIVAL).transpose(1, 0, 2)
    expected = FiniteMDP(CHAIN, EXPECTED, HALF, START)
    assert FiniteMDP.from_mdptoolbox(transitions, arrival, HALF, START) == expected
    assert FiniteMDP.from_mdptoolbox(transitions, EXPECTED, HALF, START) == expected
    assert FiniteMDP.from_mdptoolbox(list(transitions), list(arrival), HALF, START) == expected


def test_the_forest_of_pymdptoolbox_has_its_published_values():
    """Its ``example.forest()``; the values after value iteration stand in its documentation."""
    wait, cut = [[0.1, 0.9, 0], [0.1, 0, 0.9], [0.1, 0, 0.9]], [[1, 0, 0]] * 3
    forest = FiniteMDP.from_mdptoolbox([wait, cut], [[0, 0], [0, 1], [4, 2]], 0.9, [1, 0, 0])
    value = theory.value(forest, [[1, 0], [1, 0], [1, 0]])
    solved = np.linalg.solve(np.eye(3) - 0.9 * np.array(wait), [0, 0, 4])
    assert np.abs(value - solved).max() < 1e-12
    assert value == pytest.approx([26.244, 29.484, 33.484], abs=1e-9)


@pytest.mark.parametrize("form", [list, lambda parts: np.array([*parts, None], object)[:-1]])
def test_sparse_matrices_per_action_are_stacked(form):
    task = random_task(3)
    matrices, rewards = FiniteMDP.from_sparse(
        sparse_rows(task), task.rewards, task.discount, task.start, task.states
    ).to_mdptoolbox()
    for build in (FiniteMDP.from_mdptoolbox, FiniteMDP.from_sparse):
        found = build(form(matrices), rewards, task.discount, task.start, task.states)
        assert found.is_sparse
        assert (found.transitions.toarray() == np.reshape(task.transitions, (-1, 5))).all()
        assert (found.rewards == task.rewards).all()


def test_sparse_rewards_of_next_states_become_their_expectation():
    task = random_task(4)
    paid = np.random.default_rng(0).normal(size=(15, 5))
    rows = sparse_rows(task)
    expected = (rows.toarray() * paid).sum(axis=1).reshape(5, 3)
    found = FiniteMDP.from_sparse(rows, scipy.sparse.csr_array(paid), 0.9, task.start)
    assert np.abs(found.rewards - expected).max() < 1e-12
    per_action = [scipy.sparse.csr_array(paid[a::3]) for a in range(3)]
    matrices = [rows[a::3] for a in range(3)]
    dense = np.array([part.toarray() for part in per_action])
    for rewards in (per_action, dense):
        found = FiniteMDP.from_mdptoolbox(matrices, rewards, 0.9, task.start)
        assert np.abs(found.rewards - expected).max() < 1e-12


@pytest.mark.parametrize("shape", [(5,), (15,), (5, 3)])
def test_sparse_transitions_take_rewards_of_three_shapes(shape):
    task, rewards = random_task(5), np.arange(np.prod(shape), dtype=float).reshape(shape)
    found = FiniteMDP.from_sparse(sparse_rows(task), rewards, 0.9, task.start)
    expected = np.repeat(rewards, 3) if shape == (5,) else rewards.ravel()
    assert (found.rewards.ravel() == expected).all()


@pytest.mark.parametrize("problem", [example_1(HALF), example_2(HALF, Fraction(3, 4))])
def test_pymdptoolboxs_round_trip_is_exact(problem):
    for task in problem.tasks:
        back = FiniteMDP.from_mdptoolbox(
            *task.to_mdptoolbox(), task.discount, task.start, task.states
        )
        assert back == task


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.usefixtures("quantecon")
def test_quantecons_round_trip_is_exact(seed, sparse):
    task = random_task(seed)
    if sparse:
        task = FiniteMDP.from_sparse(sparse_rows(task), task.rewards, task.discount, task.start)
    assert FiniteMDP.from_quantecon(task.to_quantecon(), task.start, task.states) == task


def test_quantecons_pairs_may_stand_in_any_order(quantecon):
    task = random_task(6)
    states, actions = np.divmod(np.arange(15), 3)
    mixed = np.random.default_rng(2).permutation(15)
    model = quantecon.markov.DiscreteDP(
        task.rewards.ravel()[mixed],
        np.reshape(task.transitions, (15, 5))[mixed],
        task.discount,
        states[mixed],
        actions[mixed],
    )
    assert FiniteMDP.from_quantecon(model, task.start) == task


@pytest.mark.usefixtures("quantecon")
def test_exact_numbers_go_to_quantecon_rounded():
    task = example_2(Fraction(9, 10), THIRD).tasks[0]
    back = FiniteMDP.from_quantecon(task.to_quantecon(), task.start.astype(float), task.states)
    assert back == task.to_float()


def impossible(quantecon, form):
    rewards, chain = np.array([[1.0, -np.inf], [0, 0]]), np.full((2, 2, 2), 0.5)
    if form == "product":
        return quantecon.markov.DiscreteDP(rewards, chain, 0.9)
    keep = [0, 2, 3]
    return quantecon.markov.DiscreteDP(
        rewards.ravel()[keep], chain.reshape(4, 2)[keep], 0.9, [0, 1, 1], [0, 0, 1]
    )


@pytest.mark.parametrize("form", ["product", "pairs"])
def test_an_impossible_action_is_refused(quantecon, form):
    with pytest.raises(InvalidInput, match="state 0 cannot take action 1"):
        FiniteMDP.from_quantecon(impossible(quantecon, form), START)


def test_wrong_orders_change_the_values():
    """The control: arrays with the action first, read as if the state came first."""
    task = random_task(7, 3, 3)
    transitions, rewards = task.to_mdptoolbox()
    wrong = FiniteMDP.from_arrays(transitions, rewards, task.discount, task.start)
    policy = uniform_policy(3, 3).astype(float)
    assert np.abs(theory.value(wrong, policy) - theory.value(task, policy)).max() > 1e-3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: FiniteMDP.from_arrays(CHAIN, [[[1]]], HALF, START), "rewards has shape (1, 1, 1)"),
        (lambda: FiniteMDP.from_arrays([[1]], [1], HALF, [1]), "transitions has shape (1, 1)"),
        (lambda: FiniteMDP.from_sparse(CHAIN, EXPECTED, 0.5, START), "must be scipy.sparse or"),
        (lambda: FiniteMDP.from_sparse(np.eye(2), EXPECTED, 0.5, START), "dense ones go to"),
        (
            lambda: FiniteMDP.from_sparse(scipy.sparse.eye_array(2), scipy.sparse.eye_array(3),
                                          0.5, START),
            "sparse rewards has shape (3, 3)",
        ),
        (
            lambda: FiniteMDP.from_sparse([scipy.sparse.eye_array(2), scipy.sparse.eye_array(3)],
                                          [0, 0], 0.5, START),
            "each must be (n_states, n_states)",
        ),
        (lambda: FiniteMDP.from_sparse([], [0], 0.5, [1]), "is empty"),
        (lambda: FiniteMDP.from_mdptoolbox(np.eye(2), [0, 0], 0.5, START), "(n_actions, n_states"),
        (
            lambda: FiniteMDP.from_mdptoolbox([np.eye(2)], np.zeros((1, 3, 3)), 0.5, START),
            "rewards has shape (1, 3, 3)",
        ),
        (lambda: FiniteMDP.from_quantecon(object(), START), "no DiscreteDP of QuantEcon"),
    ],
)  # fmt: skip
def test_other_shapes_are_refused(call, message):
    with pytest.raises(InvalidInput) as caught:
        call()
    assert message in str(caught.value)
