"""What the ledger says against the paper, found again by another route.

Nothing here but the ids comes from the package: the examples are built from the paper's words, the
printed formulas are typed in by hand, and Fractions, sympy and mpmath do the computing.
"""

from __future__ import annotations

import importlib
import itertools
import random
from fractions import Fraction

import mpmath
import pytest
import sympy

import proofs_check
from dcpg_theory.ledger.claims import collected
from dcpg_theory.ledger.recorded import read_recorded

OF_THESE_CHAPTERS = {
    member.id
    for chapter in proofs_check.CHAPTERS
    if chapter.startswith(("proofs_check.section_2", "proofs_check.appendix_a"))
    for member in collected(vars(importlib.import_module(chapter)))
}

HALF = Fraction(1, 2)
DRAW = random.Random(20)
POINTS = [
    (Fraction(DRAW.randint(1, 96), 97), HALF + Fraction(DRAW.randint(1, 50), 100)) for _ in range(5)
]
POINTS.append((Fraction(3, 4), Fraction(1)))
S1, S2, S3, S4, S5 = range(5)
PAY = {1: {S1: 1, S5: -1}, 2: {S1: -1, S5: 1}}


def solve(matrix, right):
    """Solve a linear system by elimination, in whatever numbers it is given."""
    n = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for k in range(n):
        pivot = next(i for i in range(k, n) if rows[i][k] != 0)
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [entry / rows[k][k] for entry in rows[k]]
        for i in range(n):
            if i != k and rows[i][k] != 0:
                rows[i] = [a - rows[i][k] * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [row[-1] for row in rows]


def chain(task, lefts):
    """Return the transition matrix from S1..S5, where lefts are the chances to step left."""
    matrix = [[0] * 5 for _ in range(5)]
    matrix[S1][S1] = matrix[S5][S5] = 1
    for state, left in zip((S2, S3, S4), lefts, strict=True):
        matrix[state][state - 1], matrix[state][state + 1] = left, 1 - left
    pay = [
        0 if s in PAY[task] else sum(matrix[s][end] * reward for end, reward in PAY[task].items())
        for s in range(5)
    ]
    return matrix, pay


def first(task, a, q, b):
    """The first example, with L taken with chance a at S2, q at S3, b at S4."""
    return chain(task, (a, q, b) if task == 1 else (1 - a, q, 1 - b))


def second(task, q, p):
    """The second example: at S2 and S4 task 1 steps right with chance p, task 2 left."""
    left = 1 - p if task == 1 else p
    return chain(task, (left, q, left))


def values(model, gamma):
    matrix, pay = model
    system = [[(i == j) - gamma * matrix[i][j] for j in range(5)] for i in range(5)]
    return solve(system, pay)


def return_1(gamma, a, q, b, start=S3):
    return sum(values(first(task, a, q, b), gamma)[start] for task in (1, 2))


def return_2(gamma, p, q):
    return sum(values(second(task, q, p), gamma)[S3] for task in (1, 2))


def real(number):
    """Return a rational as an mpf."""
    return mpmath.mpf(number.numerator) / number.denominator


def visits(model, gamma, terms=400):
    """Return (1 - gamma) sum_k gamma^k P^k, cut off, with old states as columns, in mpmath."""
    step = mpmath.matrix([[real(chance) for chance in row] for row in model[0]]).T
    total, power = mpmath.zeros(5, 5), mpmath.eye(5)
    for _ in range(terms):
        total += power
        power = real(gamma) * step * power
    return (1 - real(gamma)) * total


def visitation_matrix(model, gamma):
    """Return (1 - gamma)(I - gamma P)^{-1} with old states as columns, inverted by sympy."""
    step = sympy.Matrix(
        5, 5, lambda i, j: sympy.Rational(model[0][j][i].numerator, model[0][j][i].denominator)
    )
    g = sympy.Rational(gamma.numerator, gamma.denominator)
    inverse = (sympy.eye(5) - g * step).inv()
    return [[Fraction(int(x.p), int(x.q)) for x in ((1 - g) * inverse).row(i)] for i in range(5)]


def printed_d1(g, p):
    """D_1 of pi_3 as printed, each entry times 2 - gamma^2."""
    top = g * (-(g**2) * p**2 + 2 * g**2 * p - g**2 - 2 * p + 2)
    return [
        [2 - g**2, top, g**2 * (1 - p), g**3 * (1 - p) ** 2, 0],
        [0, (1 - g) * (g**2 * p - g**2 + 2), g * (1 - g), g**2 * (1 - g) * (1 - p), 0],
        [0, 2 * g * (1 - g) * (1 - p), 2 * (1 - g), 2 * g * (1 - g) * (1 - p), 0],
        [0, g**2 * (1 - g) * p, g * (1 - g), (1 - g) * (2 - g**2 * p), 0],
        [0, g**3 * p**2, g**2 * p, g * p * (2 - g**2 * p), 2 - g**2],
    ]


def printed_d2(g, p):
    """D_2 of pi_3 as printed, each entry times 2 - gamma^2."""
    bottom = g * (2 - g**2 * p**2 + 2 * g**2 * p - g**2 - 2 * p)
    return [
        [2 - g**2, g * p * (2 - g**2 * p), g**2 * p, g**2 * (1 - g) * p, 0],
        [0, (1 - g) * (2 - g**2 * p), g * (1 - g), g**2 * (1 - g) * p, 0],
        [0, 2 * g * (1 - g) * (1 - p), 2 * (1 - g), 2 * g * (1 - g) * p, 0],
        [0, g**2 * (1 - g) * (1 - p), g * (1 - g), (1 - g) * (2 - g**2 + g**2 * p), 0],
        [0, g**3 * (1 - p) ** 2, g**2 * (1 - p), bottom, 2 - g**2],
    ]


CONFIRMED = set()


def confirms(*ids):
    """Say which findings a test confirms."""
    CONFIRMED.update(ids)
    return lambda test: test


@confirms("eq-2-action-value", "eq-2-action-value-corrected")
def test_one_action_makes_q_equal_v_only_with_the_tasks_own_discount():
    own, other = Fraction(1, 4), HALF
    paid_for_ever = [sum(g**k for k in range(200)) for g in (own, own, other)]
    v, q, q_printed = (round(float(x), 12) for x in paid_for_ever)
    assert v == q == round(4 / 3, 12)
    assert q_printed == 2


def random_task(draw, n=3, m=2):
    """Return transitions, rewards in [0, 1], a discount and a policy, all rational."""

    def distribution(size):
        weights = [draw.randint(0, 5) for _ in range(size)]
        weights[draw.randrange(size)] += 1
        return [Fraction(w, sum(weights)) for w in weights]

    moves = [[distribution(n) for _ in range(m)] for _ in range(n)]
    rewards = [[Fraction(draw.randint(0, 4), 4) for _ in range(m)] for _ in range(n)]
    return moves, rewards, Fraction(draw.randint(1, 19), 20), [distribution(m) for _ in range(n)]


def values_and_advantages(moves, rewards, gamma, policy):
    states, actions = range(len(moves)), range(len(moves[0]))
    system = [
        [(s == u) - gamma * sum(policy[s][a] * moves[s][a][u] for a in actions) for u in states]
        for s in states
    ]
    v = solve(system, [sum(policy[s][a] * rewards[s][a] for a in actions) for s in states])
    return v, [
        rewards[s][a] + gamma * sum(moves[s][a][u] * v[u] for u in states) - v[s]
        for s in states
        for a in actions
    ]


def fork(gamma, policy_at_the_fork):
    """The first action leads to reward 1 for ever, the second to 0 for ever."""
    stay = [[[int(s == u) for u in range(3)]] * 2 for s in range(3)]
    moves = [[[0, 1, 0], [0, 0, 1]], stay[1], stay[2]]
    policy = [policy_at_the_fork, [1, 0], [1, 0]]
    return values_and_advantages(moves, [[1, 0], [1, 1], [0, 0]], gamma, policy)


@confirms("eq-3-value-upper", "eq-3-advantage-upper", "eq-3-advantage-lower")
def test_another_tasks_discount_does_not_bound():
    own, other = Fraction(9, 10), HALF
    assert max(fork(own, [1, 0])[0]) == 10 > 1 / (1 - other)
    assert max(fork(own, [0, 1])[1]) == 10 > 1 / (1 - other)
    assert min(fork(own, [1, 0])[1]) == -10 < -1 / (1 - other)


@confirms(
    "eq-3-value-upper-corrected",
    "eq-3-advantage-upper-corrected",
    "eq-3-advantage-lower-corrected",
    "eq-5-corrected",
)
def test_the_tasks_own_discount_bounds_values_and_advantages():
    draw = random.Random(3)
    for _ in range(100):
        moves, rewards, gamma, policy = random_task(draw)
        v, advantages = values_and_advantages(moves, rewards, gamma, policy)
        assert 0 <= min(v) <= max(v) <= 1 / (1 - gamma)
        assert max(map(abs, advantages)) <= 1 / (1 - gamma)


@confirms("eq-5", "sec2-single-task-stationary")
def test_a_bandits_value_rises_for_ever_and_flattens_at_its_worst_end():
    """So the maximum is attained at no theta, no theta is stationary, and both ends are flat."""
    with mpmath.workdps(60):
        gamma = mpmath.mpf(1) / 2

        def value(theta):
            return 1 / (1 + mpmath.exp(-theta)) / (1 - gamma)

        ladder = [value(theta) for theta in range(-40, 41)]
        assert all(a < b for a, b in itertools.pairwise(ladder))
        assert ladder[-1] < 1 / (1 - gamma)
        assert all(mpmath.diff(value, theta) > 0 for theta in (-40, 0, 40))
        assert mpmath.diff(value, -100) < mpmath.mpf(10) ** -40
        assert value(-100) < mpmath.mpf(10) ** -40


@confirms("appa-ex1-oscillates", "appa-ex1-oscillates-corrected")
def test_always_left_goes_back_and_forth_between_s2_and_s3():
    step = {S3: S2, S2: S3, S4: S5}  # task 2 under L: reversed at S2 and S4
    state, seen = S3, []
    for _ in range(6):
        seen.append(state)
        state = step[state]
    assert seen == [S3, S2] * 3


@confirms("eq-17", "eq-17-corrected", "eq-18", "eq-18-corrected")
def test_the_visitation_is_the_scaled_resolvent_applied_to_the_start():
    """Not one number, and not the unscaled resolvent, whose columns sum to 1 / (1 - gamma)."""
    gamma, p = Fraction(4, 5), Fraction(3, 4)
    model = second(1, Fraction(1, 3), p)
    closed = visitation_matrix(model, gamma)
    with mpmath.workdps(30):
        series = visits(model, gamma)
        start = mpmath.matrix([0, mpmath.mpf(1) / 4, mpmath.mpf(3) / 4, 0, 0])
        visited = series * start
        assert visited.rows == 5
        for i in range(5):
            exact = closed[i][S2] / 4 + 3 * closed[i][S3] / 4
            assert abs(visited[i] - real(exact)) < 1e-25
    assert [sum(row[j] for row in closed) for j in range(5)] == [1] * 5
    unscaled = [sum(row[j] for row in closed) / (1 - gamma) for j in range(5)]
    assert unscaled == [5] * 5


@confirms("appa-pi3-d1", "appa-pi3-d1-corrected", "appa-pi3-d2", "appa-pi3-d2-corrected")
@pytest.mark.parametrize(("gamma", "p"), POINTS)
def test_each_matrix_of_the_coin_has_one_wrong_entry(gamma, p):
    for task, printed, at, right in (
        (1, printed_d1(gamma, p), (2, 1), 2 * gamma * (1 - gamma) * p),
        (2, printed_d2(gamma, p), (0, 3), gamma**3 * p**2),
    ):
        solved = visitation_matrix(second(task, HALF, p), gamma)
        times = [[(2 - gamma**2) * entry for entry in row] for row in solved]
        wrong = [(i, j) for i in range(5) for j in range(5) if printed[i][j] != times[i][j]]
        assert wrong == [at]
        assert times[at[0]][at[1]] == right


@confirms(
    "appa-pi3-start",
    "appa-pi3-start-corrected",
    "appa-sqrt-pi3-start",
    "appa-sqrt-pi3-start-corrected",
)
@pytest.mark.parametrize(("gamma", "p"), POINTS)
def test_the_coins_return_is_not_that_of_always_right(gamma, p):
    assert return_2(gamma, p, HALF) == gamma * (2 - 4 * p) / (2 - gamma**2)
    assert return_2(gamma, p, HALF) != return_2(gamma, p, 0)
    assert return_2(gamma, p, 0) == return_2(gamma, p, 1)


@confirms(
    "appa-sqrt-pi1",
    "appa-sqrt-pi1-corrected",
    "appa-final-pi1",
    "appa-final-pi1-corrected",
    "appa-sqrt-pi3",
    "appa-sqrt-pi3-corrected",
    "appa-final-pi3",
    "appa-final-pi3-corrected",
    "appa-final-corrected",
)
@pytest.mark.parametrize("p", [Fraction(3, 4), Fraction(5, 8), Fraction(1)])
def test_the_returns_at_the_root_are_not_the_printed_numbers(p):
    with mpmath.workdps(40):
        root, gamma = mpmath.sqrt(2), mpmath.sqrt(mpmath.mpf(1) / 2)
        p = real(p)
        ends, coin = return_2(gamma, p, 0), return_2(gamma, p, mpmath.mpf(1) / 2)
        right = (root * (2 * p - 1) / ((p - 2) * (p + 1)), (4 - 8 * p) / (3 * root))
        printed = ((2 * p - 1) / (8 * root * (p - 2) * (p + 1)), (4 - 8 * p) / 3)
        for found, formula, wrong in zip((ends, coin), right, printed, strict=True):
            assert abs(found - formula) < mpmath.mpf(10) ** -35
            assert abs(found - wrong) > mpmath.mpf(1) / 20
        assert abs(ends / printed[0] - 16) < mpmath.mpf(10) ** -35
        assert ends > coin
        assert printed[0] > printed[1]


@confirms("appa-policy-symbol", "appa-policy-symbol-corrected")
def test_probabilities_are_those_of_actions_given_a_state():
    """Summed over its first argument, pi(a|s) gives 1 in each of five states."""
    weights = [[1, 2], [3, 1], [1, 1], [5, 1], [2, 7]]
    chances = [[Fraction(w, sum(row)) for w in row] for row in weights]
    assert [sum(row) for row in chances] == [1] * 5
    assert [sum(column) for column in zip(*chances, strict=True)] != [1] * 2
    assert sum(map(sum, chances)) == 5


@confirms("sec2-ex1-optimal-policy")
@pytest.mark.parametrize("gamma", [Fraction(1, 4), Fraction(3, 4), Fraction(19, 20)])
def test_the_coin_is_best_from_s3_and_not_from_s2(gamma):
    grid = [Fraction(k, 6) for k in range(7)]
    best = max(itertools.product(grid, repeat=3), key=lambda lefts: return_1(gamma, *lefts))
    assert best == (1, HALF, 1)
    assert return_1(gamma, 1, 0, 1, start=S2) > return_1(gamma, 1, HALF, 1, start=S2)


def walk(task, gamma, choose):
    """Return the discounted reward of a deterministic rule (times at S3 so far -> L or R)."""
    state, total, visited = S3, Fraction(0), 0
    for k in range(60):
        move = -1  # L is taken at S2 and S4
        if state == S3:
            move, visited = (-1 if choose(visited) == "L" else 1), visited + 1
        elif task == 2:
            move = 1
        state += move
        total += gamma**k * PAY[task].get(state, 0)
        if state in (S1, S5):
            break
    return total


@confirms("sec2-gradient-domination")
@pytest.mark.parametrize("gamma", [HALF, Fraction(9, 10)])
def test_the_gap_of_a_bandit_is_its_gradient_over_the_policy_and_not_at_infinity(gamma):
    """Actions that pay 1 and 0: V = p/(1 - gamma), with the derivative p (1 - p)/(1 - gamma)."""
    for p in (Fraction(1, 10), HALF, Fraction(9, 10)):
        assert (1 - p) / (1 - gamma) == p * (1 - p) / (1 - gamma) / p
    assert (1 - 0) / (1 - gamma) > 0 * (1 - 0) / (1 - gamma) == 0


@confirms("sec2-ex1-any-deterministic", "sec2-joint-policy", "sec2-joint-policy-corrected")
@pytest.mark.parametrize("gamma", [Fraction(1, 10), HALF, Fraction(9, 10), Fraction(99, 100)])
def test_the_eight_deterministic_policies_lose_and_one_with_memory_wins(gamma):
    optimum = 2 * gamma / (2 - gamma**2)
    eight = [return_1(gamma, *c) for c in itertools.product((0, 1), repeat=3)]
    assert max(eight) == gamma < optimum
    assert optimum - gamma == gamma**3 / (2 - gamma**2)
    remembering = sum(walk(task, gamma, lambda n: "LR"[min(n, 1)]) for task in (1, 2))
    assert remembering == gamma + gamma**3 > optimum
    assert sum(walk(task, gamma, lambda _: "L") for task in (1, 2)) == gamma


def test_everything_said_against_the_paper_is_confirmed_here():
    """And every corrected form; aggregates say nothing of their own."""
    recorded = {id: entry for id, entry in read_recorded().items() if id in OF_THESE_CHAPTERS}
    against = {
        id
        for id, entry in recorded.items()
        if entry["verdict"] in ("refuted", "conditional")
        and entry["method"] != "worst of its parts"
    }
    against |= {id for id in recorded if id.endswith("-corrected")}
    assert against == CONFIRMED


@pytest.mark.parametrize("gamma", [HALF, Fraction(9, 10)])
def test_value_iteration_finds_the_printed_value_of_the_coin(gamma):
    with mpmath.workdps(40):
        g, total = real(gamma), mpmath.mpf(0)
        for task in (1, 2):
            matrix, pay = first(task, 1, HALF, 1)
            step = [[real(chance) for chance in row] for row in matrix]
            v = [mpmath.mpf(0)] * 5
            for _ in range(1000):
                v = [real(pay[s]) + g * mpmath.fdot(step[s], v) for s in range(5)]
            total += v[S3]
        assert abs(total - 2 * g / (2 - g**2)) < mpmath.mpf(10) ** -35


@pytest.mark.parametrize(("gamma", "p"), POINTS)
def test_in_the_second_example_the_coin_is_worst_and_the_slope_leads_away(gamma, p):
    with mpmath.workdps(40):
        g, chance = (real(x) for x in (gamma, p))

        def objective(theta):
            return return_2(g, chance, 1 / (1 + mpmath.exp(-theta)))

        assert abs(mpmath.diff(objective, 0)) < mpmath.mpf(10) ** -15
        assert mpmath.diff(objective, 1) > 0 > mpmath.diff(objective, -1)
        assert objective(0) < objective(1) < return_2(g, chance, 1)
