from __future__ import annotations

import math
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import NumberKind, as_array
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.models.policies import policy_from_weights, uniform_policy
from dcpg_theory.theory import (
    relative_entropy,
    relative_entropy_gradient,
    relative_entropy_hessian,
)

ROWS = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(st.integers(1, 99), min_size=n, max_size=n), min_size=1, max_size=4)
)


@settings(deadline=None)
@given(ROWS)
def test_relative_entropy_is_the_mean_divergence_from_the_uniform_distribution(rows):
    policy = policy_from_weights(rows).astype(np.float64)
    n_actions = policy.shape[1]
    divergences = [
        sum(1 / n_actions * -math.log(probability / (1 / n_actions)) for probability in row)
        for row in policy
    ]
    expected = sum(divergences) / len(divergences)
    assert relative_entropy(policy) == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(ROWS)
def test_relative_entropy_is_not_negative(rows):
    balls = as_array(policy_from_weights(rows), NumberKind.BALL)
    assert not relative_entropy(balls) < 0
    assert relative_entropy(balls.astype(np.float64)) >= -1e-12


def test_relative_entropy_of_the_uniform_policy_is_zero():
    assert relative_entropy(uniform_policy(3, 4)) == pytest.approx(0, abs=1e-15)
    assert relative_entropy(uniform_policy(3, 4, NumberKind.BALL)).contains(0)


def test_relative_entropy_averages_over_the_states(weights):
    policy = policy_from_weights(weights(3, 2)).astype(np.float64)
    doubled = np.concatenate([policy, policy])
    assert relative_entropy(doubled) == pytest.approx(relative_entropy(policy), rel=1e-14)


@pytest.mark.usefixtures("fifty_digits")
def test_balls_enclose_the_relative_entropy(weights, to_mpf):
    policy = policy_from_weights(weights(3, 2))
    reference = -sum(mpmath.log(2 * to_mpf(entry)) for entry in policy.flat) / policy.size
    ball = relative_entropy(as_array(policy, NumberKind.BALL))
    with flint.ctx.workprec(160):
        assert ball.overlaps(flint.arb(mpmath.nstr(reference, 40)))
    assert ball.rad() < 1e-12


@pytest.mark.parametrize("kind", [NumberKind.FLOAT, NumberKind.BALL])
def test_relative_entropy_of_a_deterministic_policy_is_infinite(kind):
    result = relative_entropy(as_array([[1, 0], [1, 0]], kind))
    assert result == math.inf if kind is NumberKind.FLOAT else result == flint.arb.pos_inf()


def test_exact_probabilities_need_a_logarithm():
    policy = [[Fraction(1, 4), Fraction(3, 4)]]
    with pytest.raises(InvalidInput, match="not exact"):
        relative_entropy(policy)
    ball = relative_entropy(policy, log=lambda x: flint.arb(x).log())
    assert ball.overlaps(relative_entropy(as_array(policy, NumberKind.BALL)))
    with pytest.raises(InvalidInput, match="not exact"):
        relative_entropy([list(symbols("x", "y"))])


@pytest.mark.parametrize("entry", [-0.5, math.nan, flint.arb(-1)])
def test_negative_probabilities_have_no_logarithm(entry):
    with pytest.raises(InvalidInput, match="policy has the entry"):
        relative_entropy([[1, entry]])


def _weights_and_names(n_states, n_actions):
    names = [[f"w{s}{a}" for a in range(n_actions)] for s in range(n_states)]
    flat = symbols(*(name for row in names for name in row))
    return np.array(flat, dtype=object).reshape(n_states, n_actions), names


def test_gradient_is_the_exact_derivative_in_theta():
    weights, names = _weights_and_names(2, 3)
    policy = policy_from_weights(weights)
    gradient = relative_entropy_gradient(policy)
    for (s, a), weight in np.ndenumerate(weights):
        logarithmic = [entry.derivative(names[s][a]) / entry for entry in policy.flat]
        assert gradient[s, a] == -weight * sum(logarithmic, start=0 * weight) / 6


def test_hessian_is_the_exact_derivative_of_the_gradient():
    weights, names = _weights_and_names(2, 2)
    policy = policy_from_weights(weights)
    gradient, hessian = relative_entropy_gradient(policy), relative_entropy_hessian(policy)
    for (s, a), weight in np.ndenumerate(weights):
        for x in np.ndindex(2, 2):
            assert hessian[(*x, s, a)] == weight * gradient[x].derivative(names[s][a])


def test_gradient_and_hessian_keep_the_kind_of_the_policy(weights, encloses):
    exact = policy_from_weights(weights(3, 2))
    for function in (relative_entropy_gradient, relative_entropy_hessian):
        rational = function(exact)
        approximate = function(exact.astype(np.float64))
        assert approximate.dtype == np.float64
        assert approximate == pytest.approx(rational.astype(np.float64), abs=1e-15)
        balls = function(as_array(exact, NumberKind.BALL))
        assert encloses(balls, rational)


def test_gradient_rows_sum_to_zero(weights):
    rows = relative_entropy_gradient(policy_from_weights(weights(4, 3))).sum(axis=1)
    assert all(row == 0 for row in rows)
