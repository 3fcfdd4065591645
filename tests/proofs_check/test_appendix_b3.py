"""Appendix B.3 by a second route: plain fractions, none of the library's formulas."""

from __future__ import annotations

from fractions import Fraction as Q

HALF = Q(1, 2)


def bandit_advantage(chance, discount=HALF):
    """Return V and the advantages of a bandit that pays 1 and 0."""
    value = chance / (1 - discount)
    return value, (1 + discount * value - value, discount * value - value)


def test_advantages_of_the_optimal_policy_give_no_difference():
    best, ours = bandit_advantage(Q(1)), bandit_advantage(HALF)
    assert best[0] - ours[0] == 1
    assert 2 * best[1][0] == 0
    assert 2 * ours[1][0] == 1


def test_a_third_policy_gives_another_difference():
    p, q, t = HALF, HALF, Q(1)
    _, advantages = bandit_advantage(t)
    assert 2 * (p * advantages[0] + (1 - p) * advantages[1]) == -1
    assert bandit_advantage(p)[0] - bandit_advantage(q)[0] == 0


def test_last_line_of_49_is_an_inequality():
    d = mu = Q(1)
    assert d / d == 1
    assert d / ((1 - HALF) * mu) == 2


def test_advantages_at_an_unvisited_state_are_not_small():
    chance, weight = Q(99, 100), HALF / (1 - HALF)
    lam = Q(99, 2450)
    for share, advantage in ((chance, 1 - chance), (1 - chance, -chance)):
        assert weight * share * advantage + lam / 2 * (HALF - share) == 0
    assert weight * (1 - HALF) == HALF > 2 * lam / 2


def test_derivative_of_a_task_without_the_state_belongs_to_the_sum():
    chance, lam, states, actions = Q(1, 4), HALF, 2, 2
    values = (Q(1), Q(0))  # the summed advantages of the task that holds s, and of the other
    slopes = [chance * x + lam / states * (Q(1, actions) - chance) for x in values]
    taken_off = 2 * lam / states * (1 / (chance * actions) - 1)
    assert slopes[0] / chance - taken_off != values[0]
    assert sum(slopes) / chance - taken_off == values[0]


def test_small_gradient_bounds_the_advantages_without_bounding_the_policy():
    lam = Q(1)
    for chance in (Q(1, 1000), Q(1, 10), HALF, Q(9, 10)):
        for component in (-lam, Q(0), lam / 4, lam / 2):
            summed = (component - lam * (HALF - chance)) / chance
            assert summed <= lam
