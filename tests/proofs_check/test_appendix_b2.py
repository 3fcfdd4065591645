"""Appendix B.2 by a second route: mpmath and plain fractions."""

from __future__ import annotations

from fractions import Fraction as Q

import mpmath

HALF = Q(1, 2)


def slope(gap, discount, lam, x):
    chance = 1 / (1 + mpmath.exp(-x))
    return chance * (1 - chance) * gap / (1 - discount) + lam * (mpmath.mpf(1) / 2 - chance)


def test_minimum_of_the_first_term_alone_is_too_small():
    with mpmath.workdps(30):
        lam, alpha = mpmath.mpf(1) / 8, mpmath.mpf(1) / 64
        start = slope(1, 0.5, lam, 0)
        moved = 2 * alpha * start
        at_agent_2 = min(start, slope(1, 0.5, lam, 0) + slope(0, 0.5, lam, 0))
        own = min(start, slope(1, 0.5, lam, moved) + slope(0, 0.5, lam, 0))
        assert at_agent_2 > own + mpmath.mpf("1e-4")


def test_smoothness_of_the_agent_is_not_that_of_the_task():
    with mpmath.workdps(40):
        lam, x = mpmath.mpf(1) / 8, mpmath.log(3)
        alpha = mpmath.mpf(2) ** -30
        one = x + 2 * alpha * slope(0, mpmath.mpf(1) / 10, lam, x)
        two = x + 2 * alpha * slope(1, mpmath.mpf(99) / 100, lam, x)
        change = abs(
            slope(1, mpmath.mpf(99) / 100, lam, one) - slope(1, mpmath.mpf(99) / 100, lam, two)
        )
        ratio = mpmath.sqrt(2) * change / (abs(one - two) / mpmath.sqrt(2))
        assert 8 / mpmath.mpf("0.9") ** 3 + 2 * lam < ratio < 8 / mpmath.mpf("0.01") ** 3


def test_sign_in_41():
    one, two = Q(3), Q(1)
    mean = (one + two) / 2
    assert (one - mean) - (mean - two) == 0
    assert (one - mean) + (mean - two) == one - two


def test_count_of_45_solves_44_with_the_shorter_root():
    tasks, inside, behind, limit = 2, Q(5), Q(1, 7), Q(3)
    count = tasks**2 * inside / (limit - behind) ** 2
    assert tasks**2 * inside / count == (limit - behind) ** 2
    assert tasks**2 * (inside / count + behind) != limit**2


def terms(accuracy, share=Q(1, 3), tasks=2, states=1, actions=2, discount=HALF, mismatch=Q(2)):
    """Return (45) and (14) for identical bandits with W = J."""
    lam = accuracy / (2 * tasks * mismatch)
    beta = tasks * (8 / (1 - discount) ** 3 + 2 * lam / states)
    bound = 2 * tasks * lam + tasks / (1 - discount) ** 2
    alpha = share * lam * tasks / (4 * beta * bound * states * actions)
    c_1 = 2 / (1 / alpha - beta)
    left = lam * tasks / (2 * states * actions) - 2 * alpha * beta * bound
    proved = c_1 * tasks**2 * (tasks / (1 - discount)) / (alpha * left) ** 2
    printed = (states * actions * mismatch / accuracy) ** 2 * tasks / (1 - discount) ** 6
    return proved, printed


def ratio(**sizes):
    proved, printed = terms(**{"accuracy": Q(1, 10), **sizes})
    return proved / printed


def test_14_loses_against_45_in_every_variable():
    for larger, smaller in (
        ({"accuracy": Q(1, 1000)}, {"accuracy": Q(1, 10)}),
        ({"states": 2000}, {"states": 20}),
        ({"actions": 2000}, {"actions": 20}),
        ({"mismatch": Q(2000)}, {"mismatch": Q(20)}),
    ):
        assert 95 < ratio(**larger) / ratio(**smaller) < 105
    assert 10**7 < ratio(tasks=2000) / ratio(tasks=20) < 10**9


def test_theorem_2_asks_for_one_iteration_of_many_tasks():
    constant = 10
    tasks = 4096 * constant
    accuracy = Q(tasks, 2)
    count = constant * 4 * tasks * 2**6 * 2**2 / accuracy**2
    assert count <= 1
    assert tasks * (Q(2) - 1) > accuracy


def test_explicit_count_is_enough():
    for accuracy in (Q(1, 2), Q(1, 100), Q(1, 10**6)):
        tasks, lam = 2, accuracy / 8
        beta, bound = tasks * (64 + 2 * lam), 2 * tasks * lam + 4 * tasks
        proved, _ = terms(accuracy)
        explicit = 1804 * tasks**2 * beta * bound * (2 * 2 / accuracy) ** 3 * 4
        assert proved <= explicit < proved * Q(11, 10)
