from __future__ import annotations

import flint
import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import NumberKind
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.models import policies

INF, NAN = float("inf"), float("nan")
parameters = arrays(float, (2, 3), elements=st.floats(-800, 800))


@given(parameters)
def test_softmax_is_a_policy(theta):
    policies.check_policy(policies.softmax(theta), 2, 3)


@given(parameters, st.floats(-100, 100))
def test_softmax_does_not_change_when_a_row_is_shifted(theta, shift):
    np.testing.assert_allclose(policies.softmax(theta + shift), policies.softmax(theta), atol=1e-12)


@given(parameters)
def test_log_softmax_agrees_with_many_digits(theta):
    with mpmath.workdps(60):
        for row, found in zip(theta, policies.log_softmax(theta), strict=True):
            total = mpmath.log(mpmath.fsum(mpmath.exp(mpmath.mpf(x)) for x in row))
            exact = [float(mpmath.mpf(x) - total) for x in row]
            np.testing.assert_allclose(found, exact, rtol=1e-14, atol=1e-12)


@given(parameters)
def test_softmax_is_the_exponential_of_log_softmax(theta):
    np.testing.assert_allclose(
        policies.softmax(theta), np.exp(policies.log_softmax(theta)), rtol=1e-12, atol=1e-300
    )


@given(arrays(float, (2, 3), elements=st.floats(-30, 30)))
def test_weights_are_exponentials_of_parameters(theta):
    from_weights = policies.policy_from_weights(np.exp(theta))
    np.testing.assert_allclose(from_weights, policies.softmax(theta), rtol=1e-12)


@given(arrays(float, (2, 2), elements=st.floats(-50, 50)))
def test_balls_contain_the_probabilities_of_floats(theta):
    balls = np.array([[flint.arb(x) for x in row] for row in theta], dtype=object)
    found, logs = policies.softmax(balls), policies.log_softmax(balls)
    policies.check_policy(found, 2, 2)
    with mpmath.workdps(40):
        for row, enclosures, log_enclosures in zip(theta, found, logs, strict=True):
            weights = [mpmath.exp(mpmath.mpf(x)) for x in row]
            for weight, enclosure, log in zip(weights, enclosures, log_enclosures, strict=True):
                exact = weight / mpmath.fsum(weights)
                middle = flint.arb(mpmath.nstr(exact, 35))
                assert enclosure.overlaps(middle)
                assert log.overlaps(flint.arb(mpmath.nstr(mpmath.log(exact), 30)))


def test_infinite_parameters_are_limits():
    assert policies.softmax([[1, INF], [INF, 1], [1, -INF]]).tolist() == [[0, 1], [1, 0], [1, 0]]
    assert policies.log_softmax([[1, INF]]).tolist() == [[-INF, 0]]
    assert policies.softmax([[-INF, INF]]).tolist() == [[0, 1]]


@pytest.mark.parametrize(
    ("theta", "message"),
    [
        ([[INF, INF]], "no limit"),
        ([[0, 0], [-INF, -INF]], r"parameters of row \(1,\) are .* no limit"),
        ([[0, 0], [0, NAN]], "state 1, action 1: parameter is nan"),
        ([[]], "with at least one action"),
        (1.0, "with at least one action"),
        ([["a"]], "parameters has entries of type"),
    ],
)
def test_parameters_without_a_softmax_are_refused(theta, message):
    with pytest.raises(InvalidInput, match=message):
        policies.softmax(theta)


def test_softmax_of_symbols_is_refused():
    with pytest.raises(InvalidInput, match="use weights instead"):
        policies.softmax([list(symbols("x", "y"))])


def test_policy_of_weights_is_exact():
    x, y = symbols("x", "y")
    assert policies.policy_from_weights([[x, y]])[0, 0] == x / (x + y)
    assert policies.policy_from_weights([[1, 2]])[0, 1] == flint.fmpq(2, 3)
    assert policies.policy_from_weights([[flint.arb(1), 3]])[0, 0].contains(flint.fmpq(1, 4))


def test_huge_weights_do_not_overflow():
    assert policies.policy_from_weights([[1e308, 1e308]]).tolist() == [[0.5, 0.5]]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([[1, 0]], "state 0, action 1: weight is 0, it must be positive"),
        ([[1.0, -1.0]], "state 0, action 1: weight is -1, it must be positive"),
        ([[1.0, INF]], "state 0, action 1: weight is inf, it must be finite"),
        ([[flint.arb(0, 1), 1]], "it must be positive"),
        ([[symbols("x")[0], 0]], "state 0, action 1: weight is 0, it must be positive"),
        ([[symbols("x")[0], -1]], "weight is -1, it must be positive"),
        ([1, 0], "^action 1: weight is 0"),
        ([], "with at least one action"),
    ],
)
def test_weights_that_are_not_positive_are_refused(weights, message):
    with pytest.raises(InvalidInput, match=message):
        policies.policy_from_weights(weights)


@pytest.mark.parametrize("kind", list(NumberKind))
def test_uniform_and_deterministic_policies_exist_in_every_kind(kind):
    uniform = policies.uniform_policy(3, 4, kind)
    fixed = policies.deterministic_policy([0, 2, 1], 4, kind)
    for policy in (uniform, fixed):
        policies.check_policy(policy, 3, 4)
    assert (fixed[[0, 1, 2], [0, 2, 1]] == 1).all()
    assert (uniform * 4 == 1).all()


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        ([0, 2], r"state 1: action 2 must lie in 0, \.\.\., 1"),
        ([-1], "state 0: action -1 must lie in"),
        ([], "must be a non-empty list of integers"),
        ([0.5], "must be a non-empty list of integers"),
        ([[0]], "must be a non-empty list of integers"),
    ],
)
def test_actions_out_of_range_are_refused(actions, message):
    with pytest.raises(InvalidInput, match=message):
        policies.deterministic_policy(actions, 2)


def test_uniform_policy_needs_states_and_actions():
    with pytest.raises(InvalidInput, match="must be at least 1"):
        policies.uniform_policy(2, 0)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ([[0.5, 0.5]], r"policy has shape \(1, 2\), it must have shape .* = \(2, 2\)"),
        ([[0.5, 0.5], [0.5, 0.4]], "state b: policy row sums to 0.9, it must sum to 1"),
        ([[1, 0], [2, -1]], "state b, action 1: policy probability is -1, it must not be neg"),
        ([[1, 0], [NAN, 1]], "state b, action 0: policy probability is nan, it must be finite"),
    ],
)
def test_a_policy_that_is_none_is_refused(policy, message):
    with pytest.raises(InvalidInput, match=message):
        policies.check_policy(policy, 2, 2, states="ab")


def test_a_symbolic_policy_must_sum_to_one_identically():
    p, q = symbols("p", "q")
    assert policies.check_policy([[p, 1 - p]], 1, 2)[0, 0] == p
    with pytest.raises(InvalidInput, match="sums to"):
        policies.check_policy([[p, q]], 1, 2)
