from __future__ import annotations

import copy
import pickle
import time
from dataclasses import FrozenInstanceError
from fractions import Fraction

import flint
import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import NumberKind, as_array
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.models import FiniteMDP, random_problem

HALF = Fraction(1, 2)
TRANSITIONS = [[[0, 1], [HALF, HALF]], [[1, 0], [0, 1]]]
REWARDS = [[1, 0], [0, 2]]
START = [1, 0]
KINDS = list(NumberKind)


def exact_mdp(**changes):
    data = {"transitions": TRANSITIONS, "rewards": REWARDS, "discount": HALF, "start": START}
    return FiniteMDP(**(data | changes))


def with_row(row):
    return [[[0, 1], row], [[1, 0], [0, 1]]]


def exact_policy(mdp, seed=0):
    weights = np.random.default_rng(seed).integers(1, 9, (mdp.n_states, mdp.n_actions))
    return [[flint.fmpq(int(w), int(row.sum())) for w in row] for row in weights]


def looped(mdp, policy, values):
    """The three operations as sums over lists, in rationals."""
    P, R = mdp.transitions, mdp.rewards
    S, A = range(mdp.n_states), range(mdp.n_actions)
    chain = [[sum(policy[s][a] * P[s, a, t] for a in A) for t in S] for s in S]
    pay = [sum(policy[s][a] * R[s, a] for a in A) for s in S]
    after = [[sum(P[s, a, t] * values[t] for t in S) for a in A] for s in S]
    return chain, pay, after


def as_floats(array):
    return np.array([[float(x) for x in np.ravel(row)] for row in array])


@pytest.mark.parametrize(
    ("discount", "kind"),
    [
        (0.5, NumberKind.FLOAT),
        (HALF, NumberKind.RATIONAL),
        (flint.arb("0.5"), NumberKind.BALL),
        (symbols("gamma")[0], NumberKind.SYMBOLIC),
    ],
)
def test_numbers_take_the_kind_they_promote_to_jointly(discount, kind):
    mdp = exact_mdp(discount=discount)
    assert mdp.kind is kind
    types = {
        type(entry) for part in (mdp.transitions, mdp.rewards, mdp.start) for entry in part.flat
    }
    expected = {
        NumberKind.FLOAT: np.float64,
        NumberKind.RATIONAL: flint.fmpq,
        NumberKind.BALL: flint.arb,
        NumberKind.SYMBOLIC: RationalFunction,
    }
    assert types == {expected[kind]}


def test_floats_do_not_meet_symbols_or_balls():
    with pytest.raises(InvalidInput, match="floats cannot be mixed"):
        exact_mdp(discount=symbols("gamma")[0], rewards=[[0.5, 0], [0, 1]])


@given(st.integers(0, 10**6))
def test_all_number_kinds_and_sparse_agree_with_the_sums_written_out(seed):
    mdp = random_problem(seed, n_tasks=1, n_states=3, n_actions=2, exact=True).tasks[0]
    policy, values = exact_policy(mdp, seed), [flint.fmpq(1, 3), 2, flint.fmpq(-1, 7)]
    chain, pay, after = looped(mdp, policy, values)
    assert mdp.policy_transitions(policy).tolist() == chain
    assert mdp.policy_rewards(policy).tolist() == pay
    assert mdp.expected_next(values).tolist() == after
    symbolic = mdp.astype(NumberKind.SYMBOLIC)
    assert symbolic.policy_transitions(policy).tolist() == chain
    balls = mdp.astype(NumberKind.BALL).expected_next(values)
    expected = as_array(after, NumberKind.RATIONAL)
    with flint.ctx.workprec(400):  # contains() makes a ball of the rational first
        assert all(b.contains(x) for b, x in zip(balls.flat, expected.flat, strict=True))
    floats = mdp.to_float()
    matrix = scipy.sparse.csr_matrix(floats.transitions.reshape(6, 3))
    sparse = FiniteMDP(matrix, floats.rewards, floats.discount, floats.start)
    assert sparse.is_sparse
    for version in (floats, sparse):
        found = version.policy_transitions(policy)
        found = found.toarray() if version.is_sparse else found
        np.testing.assert_allclose(found, as_floats(chain), atol=1e-14)
        np.testing.assert_allclose(version.policy_rewards(policy), as_floats([pay])[0], atol=1e-14)
        np.testing.assert_allclose(version.expected_next(values), as_floats(after), atol=1e-14)


def test_operations_promote_to_the_kind_of_their_argument():
    (p,) = symbols("p")
    chain = exact_mdp().policy_transitions([[p, 1 - p], [0, 1]])
    assert chain[0, 0] == (1 - p) / 2
    assert exact_mdp().expected_next([0.5, 0.25]).dtype == np.float64


def test_expected_next_takes_several_functions_at_once():
    both = exact_mdp().expected_next([[1, 5], [2, 7]])
    assert both.shape == (2, 2, 2)
    assert both[..., 1].tolist() == exact_mdp().expected_next([5, 7]).tolist()


def test_expected_next_of_a_constant_is_the_constant():
    assert (exact_mdp().expected_next([3, 3]) == 3).all()


@pytest.mark.parametrize("shape", [(2, 3), (3, 2), (2,)])
def test_a_policy_of_another_shape_is_refused(shape):
    with pytest.raises(
        InvalidInput, match=r"policy has shape .* \(n_states, n_actions\) = \(2, 2\)"
    ):
        exact_mdp().policy_transitions(np.zeros(shape))


@pytest.mark.parametrize("values", [[1, 2, 3], 1, np.zeros((2, 1, 1))])
def test_values_of_another_shape_are_refused(values):
    with pytest.raises(InvalidInput, match="its first axis must have n_states = 2 entries"):
        exact_mdp().expected_next(values)


def test_it_is_immutable_and_keeps_copies():
    transitions = np.array([[[1.0]]])
    mdp = FiniteMDP(transitions, [[0.0]], 0.5, [1.0])
    transitions[0, 0, 0] = 7
    assert mdp.transitions[0, 0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        mdp.transitions[0, 0, 0] = 2
    with pytest.raises(FrozenInstanceError):
        mdp.discount = 0.1


def test_sparse_data_is_copied_made_canonical_and_read_only():
    coo = scipy.sparse.coo_array(([0.5, 0.5, 1.0], ([0, 0, 1], [1, 1, 0])), shape=(2, 2))
    mdp = FiniteMDP(coo, [[0], [0]], 0.5, [1, 0])
    assert mdp.transitions.nnz == 2
    assert mdp.kind is NumberKind.FLOAT
    with pytest.raises(ValueError, match="read-only"):
        mdp.transitions.data[0] = 2


@pytest.mark.parametrize("mdp", [exact_mdp(), exact_mdp(discount=0.5)], ids=["exact", "float"])
def test_it_survives_copy_and_pickle(mdp):
    assert copy.deepcopy(mdp) == mdp
    assert pickle.loads(pickle.dumps(mdp)) == mdp


def test_equality_is_of_all_the_data():
    assert exact_mdp() == exact_mdp()
    assert hash(exact_mdp()) == hash(exact_mdp())
    changes = [
        {"discount": 0.5},
        {"discount": Fraction(1, 3)},
        {"states": "ab"},
        {"rewards": [[1, 0], [0, 3]]},
        {"start": [0, 1]},
        {"transitions": with_row([0, 1])},
    ]
    for change in changes:
        assert exact_mdp(**change) != exact_mdp()
    assert exact_mdp() != 1


def test_equal_balls_make_equal_processes():
    third = flint.arb(flint.fmpq(1, 3))
    assert exact_mdp(discount=third) == exact_mdp(discount=third)


def test_repr_is_short():
    assert repr(exact_mdp()) == "FiniteMDP(2 states, 2 actions, discount=1/2, exact rational)"


def test_withs_change_one_thing():
    mdp = exact_mdp(states="ab")
    assert mdp.with_start([0, 1]).start.tolist() == [0, 1]
    assert mdp.with_discount(Fraction(1, 3)).discount == flint.fmpq(1, 3)
    assert mdp.with_rewards([[5, 5], [5, 5]]).rewards[0, 0] == 5
    assert mdp.with_start([0, 1]).with_start(START) == mdp


# Conversions


@pytest.mark.parametrize("kind", KINDS)
def test_rationals_convert_to_every_kind(kind):
    converted = exact_mdp().astype(kind)
    assert converted.kind is kind
    assert converted.to_float() == exact_mdp().to_float()


def test_dyadic_floats_convert_exactly_in_both_directions():
    assert exact_mdp().to_float().to_rational() == exact_mdp()
    assert exact_mdp().to_float().astype(NumberKind.SYMBOLIC).kind is NumberKind.SYMBOLIC


def test_rows_of_floats_are_not_rescaled_silently():
    mdp = exact_mdp(transitions=with_row([0.1, 0.9]), discount=0.5)
    assert Fraction(0.1) + Fraction(0.9) != 1
    with pytest.raises(InvalidInput, match="state 0, action 1: transition row sums to"):
        mdp.to_rational()
    rescaled = mdp.to_rational(rescale=True)
    assert rescaled.transitions.sum(axis=-1).tolist() == [[1, 1], [1, 1]]
    np.testing.assert_allclose(rescaled.to_float().transitions, mdp.transitions, atol=1e-15)


def test_sparse_becomes_dense_in_rationals():
    sparse = FiniteMDP(scipy.sparse.eye_array(2).tocsr(), [[0], [1]], 0.5, [1, 0])
    assert sparse.to_rational().transitions[:, 0, :].tolist() == [[1, 0], [0, 1]]


def test_symbols_do_not_become_numbers():
    mdp = exact_mdp(discount=symbols("gamma")[0])
    for convert in (mdp.to_float, mdp.to_rational):
        with pytest.raises(InvalidInput, match="gamma is not a constant"):
            convert()


def test_a_ball_with_a_radius_is_no_rational():
    with pytest.raises(InvalidInput, match="has a radius"):
        exact_mdp(discount=flint.arb(flint.fmpq(1, 3))).to_rational()


def test_a_number_beyond_the_floats_does_not_become_one():
    with pytest.raises(InvalidInput, match="a number is too large for a float"):
        exact_mdp(rewards=[[10**400, 0], [0, 0]]).to_float()


def test_exact_balls_and_constants_become_rationals():
    for kind in (NumberKind.BALL, NumberKind.SYMBOLIC):
        assert exact_mdp().astype(kind).astype(NumberKind.RATIONAL) == exact_mdp()
    mdp = exact_mdp()
    assert mdp.to_rational() is mdp


def test_other_sizes_are_not_equal():
    one = FiniteMDP([[[1]]], [[0]], HALF, [1])
    more = FiniteMDP([[[1], [1]]], [[0, 0]], HALF, [1])
    assert one != more


def test_booleans_count_as_zeros_and_ones():
    mdp = exact_mdp(transitions=np.array(with_row([1, 0]), dtype=bool))
    assert mdp == exact_mdp(transitions=with_row([1, 0]))


# Bad input

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"transitions": with_row([0.5, 0.48])},
            "state 0, action 1: transition row sums to 0.98, it must sum to 1 (within 1e-9)",
        ),
        (
            {"transitions": with_row([Fraction(1, 3), Fraction(1, 3)])},
            "state 0, action 1: transition row sums to 2/3, it must sum to 1",
        ),
        (
            {"transitions": with_row([-0.5, 1.5])},
            "state 0, action 1: transition probability to state 0 is -0.5, it must not be negative",
        ),
        (
            {"transitions": with_row([-HALF, 3 * HALF]), "states": ["x", "y"]},
            "state x, action 1: transition probability to state x is -1/2, it must not be negative",
        ),
        (
            {"transitions": with_row([0.5, NAN])},
            "state 0, action 1: transition probability to state 1 is nan, it must be finite",
        ),
        (
            {"transitions": with_row([0.5, INF])},
            "state 0, action 1: transition probability to state 1 is inf, it must be finite",
        ),
        (
            {"transitions": [[1, 0], [0, 1]]},
            "transitions has shape (2, 2), it must have shape (n_states, n_actions, n_states) "
            "with at least one state and one action",
        ),
        ({"transitions": []}, "transitions has shape (0,), it must have shape "),
        ({"transitions": np.zeros((2, 0, 2))}, "transitions has shape (2, 0, 2), it must have "),
        ({"transitions": np.zeros((3, 2, 2))}, "transitions has shape (3, 2, 2), it must have "),
        ({"transitions": with_row([1])}, "transitions: ragged nesting"),
        ({"transitions": [[["a"]]]}, "transitions has entries of type <U1, they must be real"),
        ({"transitions": [[[1j]]]}, "transitions has entries of type complex128"),
        ({"transitions": [[[None]]]}, "transitions: None must be an exact rational"),
        (
            {"rewards": [[1, 2, 3], [4, 5, 6]]},
            "rewards has shape (2, 3), it must have shape (n_states, n_actions) = (2, 2)",
        ),
        (
            {"rewards": [[0, 0], [0, NAN]]},
            "state 1, action 1: reward is nan, it must be finite",
        ),
        ({"rewards": [[0, "a"], [0, 0]]}, "rewards has entries of type "),
        (
            {"start": [1, 0, 0]},
            "start has shape (3,), it must have shape (n_states,) = (2,)",
        ),
        ({"start": [1, 1]}, "start sums to 2, it must sum to 1"),
        ({"start": [0.5, 0.4]}, "start sums to 0.9, it must sum to 1 (within 1e-9)"),
        ({"start": [2, -1]}, "state 1: start probability is -1, it must not be negative"),
        ({"discount": 1.2}, "discount=1.2 must lie in the open interval (0, 1)"),
        ({"discount": 1}, "discount=1 must lie in the open interval (0, 1)"),
        ({"discount": 0}, "discount=0 must lie in the open interval (0, 1)"),
        ({"discount": -HALF}, "discount=-1/2 must lie in the open interval (0, 1)"),
        ({"discount": NAN}, "discount=nan must lie in the open interval (0, 1)"),
        ({"discount": RationalFunction.constant(2)}, "discount=2 must lie in the open interval"),
        ({"discount": flint.arb(1, 0.5)}, "discount="),
        ({"discount": "0.9"}, "discount='0.9' must be a number"),
        ({"discount": [0.5]}, "discount has shape (1,), it must be one number"),
        ({"rewards": [[10**400, 0.5], [0, 0]]}, "rewards: a number is too large for a float"),
        ({"discount": None}, "discount: None must be an exact rational"),
        ({"states": ["a"]}, "states has 1 labels, it must have n_states = 2"),
        ({"states": ["a", "a"]}, "state label 'a' occurs twice, labels must be unique"),
        ({"states": [["a"], "b"]}, "state label ['a'] must be hashable"),
    ],
)
def test_bad_input_is_refused_saying_where_and_what(changes, message):
    with pytest.raises(InvalidInput) as caught:
        exact_mdp(**changes)
    assert str(caught.value).startswith(message)


def test_row_sums_of_floats_may_be_off_by_a_billionth_and_not_more():
    exact_mdp(transitions=with_row([0.5, 0.5 + 9e-10]))
    with pytest.raises(InvalidInput, match=r"sums to 1\.000000002, it must"):
        exact_mdp(transitions=with_row([0.5, 0.5 + 2e-9]))


def test_row_sums_of_symbols_must_be_one_identically():
    p, q = symbols("p", "q")
    assert exact_mdp(transitions=with_row([p, 1 - p])).kind is NumberKind.SYMBOLIC
    with pytest.raises(InvalidInput, match=r"transition row sums to p \+ q, it must sum to 1"):
        exact_mdp(transitions=with_row([p, q]))
    with pytest.raises(InvalidInput, match="is -1, it must not be negative"):
        exact_mdp(transitions=with_row([p - p - 1, 2]))


def test_balls_are_refused_only_where_they_are_certainly_wrong():
    third = flint.arb(flint.fmpq(1, 3))
    exact_mdp(transitions=with_row([third, 1 - third]))
    exact_mdp(transitions=with_row([flint.arb(0, 1e-9), flint.arb(1, 1e-9)]))
    with pytest.raises(InvalidInput, match="must not be negative"):
        exact_mdp(transitions=with_row([-third, 1 + third]))
    with pytest.raises(InvalidInput, match=r"must sum to 1$"):
        exact_mdp(transitions=with_row([third, third]))
    with pytest.raises(InvalidInput, match="it must be finite"):
        exact_mdp(transitions=with_row([flint.arb("nan"), third]))


def sparse_with(probabilities, shape=(4, 2)):
    rows = np.repeat(np.arange(len(probabilities) // 2), 2)
    return scipy.sparse.coo_array((probabilities, (rows, np.arange(len(rows)) % 2)), shape=shape)


@pytest.mark.parametrize(
    ("probabilities", "message"),
    [
        (
            [1, 0, 0.5, 0.48, 1, 0, 0, 1],
            "state 0, action 1: transition row sums to 0.98, it must sum to 1 (within 1e-9)",
        ),
        (
            [1, 0, 1, 0, 1, 0, 1.5, -0.5],
            "state 1, action 1: transition probability to state 1 is -0.5, it must not be negative",
        ),
        (
            [1, 0, 1, 0, NAN, 0, 1, 0],
            "state 1, action 0: transition probability to state 0 is nan, it must be finite",
        ),
    ],
)
def test_bad_sparse_transitions_are_refused_saying_where(probabilities, message):
    with pytest.raises(InvalidInput) as caught:
        FiniteMDP(sparse_with(probabilities), REWARDS, 0.5, START)
    assert str(caught.value) == message


def test_an_empty_sparse_row_sums_to_zero():
    with pytest.raises(InvalidInput, match="state 1, action 1: transition row sums to 0, it must"):
        FiniteMDP(sparse_with([1.0, 0, 1, 0, 1, 0]), REWARDS, 0.5, START)


@pytest.mark.parametrize("shape", [(5, 2), (0, 2)])
def test_sparse_transitions_of_another_shape_are_refused(shape):
    with pytest.raises(InvalidInput, match=r"must have shape \(n_states \* n_actions, n_states\)"):
        FiniteMDP(scipy.sparse.csr_array(shape), REWARDS, 0.5, START)


def test_sparse_transitions_are_not_exact():
    with pytest.raises(InvalidInput, match="floats cannot be mixed"):
        FiniteMDP(sparse_with([1.0, 0] * 4), REWARDS, symbols("gamma")[0], START)
    with pytest.raises(InvalidInput, match="sparse transitions must be float64"):
        FiniteMDP(sparse_with(np.array([1j, 0] * 4)), REWARDS, 0.5, START)


def test_many_sparse_states_are_checked_by_whole_arrays():
    n = 200_000
    chain = scipy.sparse.csr_array((np.ones(n), np.arange(n), np.arange(n + 1)), shape=(n, n))
    begin = time.perf_counter()
    FiniteMDP(chain, np.zeros((n, 1)), 0.9, np.full(n, 1 / n))
    assert time.perf_counter() - begin < 5
