"""What the ledger says against B.1 and Theorem 1, found again with numpy and mpmath alone."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest

HALF = Fraction(1, 2)


def mixing(stay: float) -> np.ndarray:
    return np.array([[stay, 1 - stay], [1 - stay, stay]])


@pytest.mark.parametrize("stay", [0.1, 0.4, 0.6, 0.9])
def test_i_minus_w_needs_the_smallest_eigenvalue_of_w(
    stay: float,
) -> None:
    """(28): right with 1 - lambda_N, wrong with 1 + sigma_N."""
    w = mixing(stay)
    largest = np.linalg.eigvalsh(np.eye(2) - w).max()
    assert largest == pytest.approx(1 - np.linalg.eigvalsh(w).min())
    assert abs(largest - (1 + np.linalg.svd(w)[1].min())) > 0.1 or stay < 0.5


def lyapunov(thetas, value, step, stay, weight, states):
    """(24) for two agents whose policies differ at one of the states."""
    total = mpmath.mpf(0)
    for k, theta in enumerate(thetas):
        z = [mpmath.exp(x) for x in theta]
        pi = [x / sum(z) for x in z]
        entropy = -sum(mpmath.log(2 * x) for x in pi) / 2 / states
        total += value(pi[k]) - weight * entropy
    apart = [a - b for a, b in zip(*thetas, strict=True)]
    return (1 - stay) * sum(x * x for x in apart) / (2 * step) - total


def step_of(value, step):
    """Algorithm 1 from equal parameters 0: mixing does nothing, the gradient by differences."""

    def gradient(k):
        h = mpmath.mpf(10) ** -12
        slopes = []
        for axis in (0, 1):
            ends = []
            for sign in (1, -1):
                theta = [mpmath.mpf(0), mpmath.mpf(0)]
                theta[axis] += sign * h
                z = [mpmath.exp(x) for x in theta]
                ends.append(value(z[k] / sum(z)))
            slopes.append((ends[0] - ends[1]) / (2 * h))
        return slopes

    return [[step * x for x in gradient(k)] for k in (0, 1)]


def corridor(pi):
    return pi / 2 / (1 - (1 - pi) / 4)


@pytest.mark.parametrize(
    ("value", "stay", "states", "claimed", "rises"),
    [
        (lambda pi: 2 * pi, "0.1", 1, True, False),
        (corridor, "1e-7", 5, True, True),
    ],
)
def test_a_step_inside_the_printed_range_breaks_the_descent(value, stay, states, claimed, rises):
    """(29) fails in the first step from equal parameters; for the corridor xi even rises."""
    with mpmath.workdps(50):
        stay, step, weight = mpmath.mpf(stay), mpmath.mpf(1) / 200, mpmath.mpf(1) / 10
        singular = abs(2 * stay - 1)
        beta = 2 * (64 + 2 * weight / states)
        assert step < (1 + singular) / (2 * beta)
        before = [[mpmath.mpf(0)] * 2] * 2
        after = step_of(value, step)
        change = lyapunov(after, value, step, stay, weight, states) - lyapunov(
            before, value, step, stay, weight, states
        )
        moved = sum(x * x for theta in after for x in theta)
        promised = -((1 + singular) / step - beta) / 2 * moved
        assert (change > promised) is claimed
        assert (change > 0) is rises


def test_the_sum_over_k_ends_at_theta_k() -> None:
    """(30): three terms telescope to xi_0 - xi_3."""
    xi = [Fraction(1, k + 1) for k in range(4)]
    total = sum(xi[k] - xi[k + 1] for k in range(3))
    assert total == xi[0] - xi[3] != xi[0] - xi[2]


def test_the_mean_over_agents_does_not_shrink_the_regularizer() -> None:
    """(36): ten equal agents, |A| = 2, policy (9/10, 1/10), lambda = 1."""
    gradient = np.array([0.9, 0.1]) - 0.5
    mean = 2 / 10 * 10 * gradient @ gradient
    bracket = (1 / np.sqrt(2) + 1) ** 2
    assert 2 / 10 * bracket < mean < 2 * bracket


def test_two_differences_are_added() -> None:
    """(38): with a minus sign the sides are theta_i - theta_j and theta_i + theta_j - 2 mean."""
    one, two, mean = 3.0, 1.0, 0.5
    assert (one - mean) + (mean - two) == one - two != (one - mean) - (mean - two)


def test_agents_at_rest_break_the_bound_of_theorem_1() -> None:
    """N equal bandits at a stationary point of L never move; |grad V|^2 = 9/128 for every N."""
    pi, rewards, x, weight = np.array([0.75, 0.25]), np.array([0.5, 0.0]), 2.0, 0.75
    slope = x * pi * (rewards - pi @ rewards)
    assert slope + weight * (0.5 - pi) == pytest.approx(0)
    assert slope @ slope == pytest.approx(9 / 128)
    n, step, iterations = 200, 1e-7, 1e14
    beta = n * (64 + 2 * weight)
    assert step < 1 / (2 * beta)
    entropy = -np.log(2 * pi).sum() / 2
    spread = n * (2 * weight + x**2)
    rest = 16 / (iterations * step) * n * (x + weight * entropy) + 512 * spread**2 * step**2 * x**6
    assert 16 * weight**2 / n + rest < 9 / 128 < 16 * weight**2 + rest


def test_the_printed_range_leaves_no_descent_for_a_negative_spectrum() -> None:
    """(10) with sigma_N = 4/5 = -lambda_N, two agents, gamma = 1/2."""
    beta = 2 * (64 + 2 * 0.1)
    step = 0.99 * (1 + 0.8) / (2 * beta)
    assert (1 + 0.8) / step - beta > 0 > (1 - 0.8) / step - beta


def bandit_run(gaps, weight, step, mixing, start, count, horizon=1 / 0.9):
    """Algorithm 1 on bandits in floats: the log-odds of all agents, one row for each k."""

    def slopes(x):
        p = (1 + np.tanh(x / 2)) / 2
        return gaps * p * (1 - p) * horizon, weight * (0.5 - p)

    rows = [np.array(start, dtype=float)]
    for _ in range(count - 1):
        value, pull = slopes(rows[-1])
        rows.append(mixing @ rows[-1] + 2 * step * (value + pull))
    return np.array(rows), slopes


def test_the_minimum_over_k_does_not_leave_35_with_a_free_k():
    gaps = np.ones(2)
    rows, slopes = bandit_run(gaps, 1.0, 1 / 60, np.full((2, 2), 0.5), [0, 0], 100)
    value, pull = np.array([slopes(x) for x in rows]).swapaxes(0, 1)
    left = 2 * (value.mean(axis=1) ** 2).min()
    right = 4 * ((value + pull).mean(axis=1) ** 2).min() + 2 * (pull**2).sum(axis=1)
    assert left > 2 * right[0]  # (35) at k = 0
    assert left <= right.max()


def test_the_minimum_over_k_does_not_leave_37_with_a_free_k():
    mixing = np.array([[0.999, 0.001], [0.001, 0.999]])
    gaps = np.array([1.0, 0.0])
    rows, slopes = bandit_run(gaps, 1 / 8, 1 / 30, mixing, [0, 0], 100)
    own = np.array([slopes(x)[0] for x in rows])
    at_two = np.array([slopes(np.full(2, x[1]))[0] for x in rows])
    assert (at_two.mean(axis=1) ** 2).min() > 2 * (own.mean(axis=1) ** 2).min()
    assert np.all(rows[0] == rows[0][0])  # at k = 0 the second term of (37) is 0


def test_agents_far_to_both_sides_leave_the_one_between_them_where_it_is():
    """Why Theorem 1 needs equal starts: the mean gradient at agent 1 stays that of theta = 0."""
    mixing = np.array([[0.5, 0.25, 0.25], [0.25, 0.75, 0], [0.25, 0, 0.75]])
    count = 400
    far = 70 * (4 / 3) ** count
    rows, _ = bandit_run(np.array([0, 1, 1]), 0.0, 1e-5, mixing, [0, far, -far], count, 2.0)
    assert np.abs(rows[:, 0]).max() < 1e-20
    assert np.abs(rows[:, 1:]).min() > 64
