from __future__ import annotations

from fractions import Fraction
from itertools import product

import flint
import numpy as np
import pytest
from scipy.sparse import csr_array

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import NumberKind, as_array
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.policies import policy_from_weights, uniform_policy
from dcpg_theory.models.random_problems import random_problem
from dcpg_theory.theory import (
    deterministic_values,
    mixture_weights,
    value,
    value_gradient,
    value_hessian,
)
from dcpg_theory.theory.deterministic_mixture import MOST_DETERMINISTIC_POLICIES


def _mixture(mdp, policy):
    return np.tensordot(mixture_weights(mdp, policy), deterministic_values(mdp), axes=mdp.n_states)


@pytest.mark.parametrize(
    ("n_states", "n_actions"), [(1, 1), (1, 4), (2, 2), (2, 3), (3, 2), (4, 2)]
)
def test_a_policys_value_is_the_average_of_the_deterministic_ones(n_states, n_actions, weights):
    mdp = random_problem(n_states, 1, n_states, n_actions, exact=True).tasks[0]
    policy = policy_from_weights(weights(n_states, n_actions))
    assert (_mixture(mdp, policy) == value(mdp, policy)).all()


def test_the_weights_are_a_distribution_and_know_no_rewards(exact_problem, weights):
    mdp = exact_problem.tasks[0]
    policy = policy_from_weights(weights(3, 2))
    p = mixture_weights(mdp, policy)
    assert p.shape == (2, 2, 2)
    assert p.sum() == 1
    assert all(entry > 0 for entry in p.flat)
    other = FiniteMDP(mdp.transitions, 1 - mdp.rewards, mdp.discount, mdp.start)
    assert (mixture_weights(other, policy) == p).all()


def test_a_deterministic_policy_is_its_own_mixture(exact_problem):
    p = mixture_weights(exact_problem.tasks[0], [[0, 1], [1, 0], [0, 1]])
    assert {index for index in np.ndindex(2, 2, 2) if p[index] != 0} == {(1, 0, 1)}
    assert p[1, 0, 1] == 1


def test_the_determinants_matter():
    """In one state they are all equal, here they are not: p is not pi."""
    half = Fraction(1, 2)
    mdp = FiniteMDP([[[0, 1], [1, 0]], [[0, 1], [0, 1]]], [[0, 0], [1, 1]], half, [1, 0])
    p = mixture_weights(mdp, [[half, half], [1, 0]])
    assert list(p[:, 0]) == [flint.fmpq(2, 3), flint.fmpq(1, 3)]


def test_gradient_and_hessian_are_cumulants_of_the_mixture(exact_problem, weights):
    mdp = exact_problem.tasks[1]
    policy = policy_from_weights(weights(3, 2))
    p, values = mixture_weights(mdp, policy), deterministic_values(mdp)
    choices = list(product(range(2), repeat=3))
    chances = np.array([p[f] for f in choices], dtype=object)
    taken = np.array([[int(f[s] == a) for s in range(3) for a in range(2)] for f in choices])
    centred = taken - (chances @ taken)[None, :]
    for s in range(3):
        start = np.eye(3, dtype=int)[s]
        gaps = chances * np.array([values[(*f, s)] for f in choices], dtype=object)
        gaps = gaps - chances * value(mdp, policy)[s]
        slope = value_gradient(mdp, policy, start).reshape(6)
        assert (gaps @ centred == slope).all()
        bend = value_hessian(mdp, policy, start).reshape(6, 6)
        assert ((centred.T * gaps) @ centred == bend).all()


def test_floats_balls_and_symbols_agree():
    task = random_problem(4, 1, 2, 2, exact=True).tasks[0]
    policy = uniform_policy(2, 2, NumberKind.RATIONAL)
    exact = mixture_weights(task, policy)
    floats = random_problem(4, 1, 2, 2).tasks[0]
    assert _mixture(floats, uniform_policy(2, 2)) == pytest.approx(
        value(floats, uniform_policy(2, 2)), rel=1e-12
    )
    balls = mixture_weights(task, as_array(policy, NumberKind.BALL))
    assert all(a.contains(flint.arb(b)) for a, b in zip(balls.flat, exact.flat, strict=True))
    chance = symbols("p")[0]
    free = mixture_weights(task, [[chance, 1 - chance], [Fraction(1, 2), Fraction(1, 2)]])
    at_half = [entry.evaluate({"p": Fraction(1, 2)}) for entry in free.flat]
    assert at_half == list(exact.flat)


def test_sparse_transitions_give_the_dense_mixture():
    mdp = random_problem(3, 1, 3, 2).tasks[0]
    rows = csr_array(mdp.transitions.reshape(-1, 3))
    sparse = FiniteMDP(rows, mdp.rewards, mdp.discount, mdp.start)
    policy = uniform_policy(3, 2)
    weights = [mixture_weights(m, policy) for m in (mdp, sparse)]
    assert weights[0] == pytest.approx(weights[1], rel=1e-12)
    assert deterministic_values(sparse) == pytest.approx(deterministic_values(mdp), rel=1e-12)


def test_too_many_deterministic_policies_are_refused():
    for states, actions in ((17, 2), (40, 1)):
        mdp = random_problem(1, 1, states, actions).tasks[0]
        with pytest.raises(InvalidInput, match=f"at most {MOST_DETERMINISTIC_POLICIES}"):
            deterministic_values(mdp)
        with pytest.raises(InvalidInput, match="30 states"):
            mixture_weights(mdp, uniform_policy(states, actions))
    with pytest.raises(InvalidInput, match="policy"):
        mixture_weights(random_problem(1, 1, 2, 2).tasks[0], [[1.0]])
