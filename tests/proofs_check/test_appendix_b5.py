"""What Appendix B.5 says of Lemma B.4, by a second route: softmax policies in high precision.

Nothing here is computed by the package, except where a test is about its chains or its readings.
"""

from __future__ import annotations

import itertools
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.attacks import surviving
from dcpg_theory.exact.chains import facts_of, verify_chain
from dcpg_theory.exact.interpretations import violations
from dcpg_theory.exact.operators import Operator
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from proofs_check.chains import derivative_bounds, derivative_norms, derivatives
from proofs_check.chains.derivatives import M, derivative_of_q, q, turn
from proofs_check.chains.mdp_operators import P, r
from proofs_check.instances.turning_policies import BANDIT, GENERAL, STAYS
from proofs_check.readings.entries import member
from proofs_check.readings.operators import read_norms, read_operator

TRANSITIONS = ((0.3, 0.9), (0.5, 0.2))  # probability of state 0 after (state, action)
REWARDS = ((1.0, 0.25), (0.0, 0.75))
THETA = ((0.3, -0.4), (1.1, 0.2))
ALONG = ((0.5, -0.5), (-0.1, 0.7))
DISCOUNT = 0.6


def probabilities(alpha, theta=THETA, along=ALONG):
    """The softmax along a line, by its definition."""
    rows = []
    for row, step in zip(theta, along, strict=True):
        weights = [mpmath.exp(t + alpha * s) for t, s in zip(row, step, strict=True)]
        rows.append([w / sum(weights) for w in weights])
    return rows


def moves(policy):
    """Transition matrix between pairs, as (57) prints it, and the policy as a matrix."""
    between = mpmath.matrix(4, 4)
    for s in range(2):
        for a in range(2):
            chances = (TRANSITIONS[s][a], 1 - TRANSITIONS[s][a])
            for s1 in range(2):
                for a1 in range(2):
                    between[2 * s + a, 2 * s1 + a1] = policy[s1][a1] * chances[s1]
    return between


def action_values(alpha):
    """Q by iterating its Bellman equation; no matrix is inverted."""
    policy = probabilities(alpha)
    rewards = mpmath.matrix([entry for row in REWARDS for entry in row])
    between, found = moves(policy), mpmath.matrix(4, 1)
    for _ in range(260):
        found = rewards + DISCOUNT * between * found
    return found


def value(alpha):
    """V at state 0."""
    policy, found = probabilities(alpha), action_values(alpha)
    return sum(policy[0][a] * found[a] for a in range(2))


@pytest.fixture(scope="module", autouse=True)
def digits():
    with mpmath.workdps(50):
        yield


@pytest.fixture(scope="module")
def slopes():
    """The transition matrix at 0 and its first three derivatives, entry by entry."""
    found = [mpmath.matrix(4, 4) for _ in range(4)]
    for k, i, j in itertools.product(range(4), repeat=3):
        found[k][i, j] = mpmath.diff(lambda x, at=(i, j): moves(probabilities(x))[at], 0, k)
    return found


def as_printed(text, slopes):
    """Sum the coefficients times products of M and derivatives; ``12`` is M P' M P'' M r."""
    inverse = (mpmath.eye(4) - DISCOUNT * slopes[0]) ** -1
    rewards = mpmath.matrix([entry for row in REWARDS for entry in row])
    total = mpmath.matrix(4, 1)
    for coefficient, orders in text:
        product = inverse
        for order in orders:
            product = product * slopes[order] * inverse
        total += coefficient * product * rewards
    return total


g = DISCOUNT
PRINTED = {
    1: [(g, (1,))],
    2: [(2 * g**2, (1, 1)), (g, (2,))],
    3: [(6 * g**3, (1, 1, 1)), (3 * g**2, (2, 1)), (3 * g**2, (1, 2)), (g, (3,))],
}


@pytest.mark.parametrize("order", PRINTED)
def test_the_derivatives_of_q_are_as_printed(order, slopes):
    found = as_printed(PRINTED[order], slopes)
    for pair in range(4):
        numeric = mpmath.diff(lambda x, pair=pair: action_values(x)[pair], 0, order)
        assert abs(found[pair] - numeric) < mpmath.mpf(10) ** -12


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_derivatives_of_v_are_the_product_rule(order):
    total = 0
    for a in range(2):
        for j in range(order + 1):
            turned = mpmath.diff(lambda x, a=a: probabilities(x)[0][a], 0, j)
            rest = mpmath.diff(lambda x, a=a: action_values(x)[a], 0, order - j)
            total += mpmath.binomial(order, j) * turned * rest
    assert abs(total - mpmath.diff(value, 0, order)) < mpmath.mpf(10) ** -12


def printed_bounds(first, second, third, discount):
    """The three bounds of (56)."""
    x = 1 / (1 - mpmath.mpf(discount))
    return {
        1: first * x**2,
        2: second * x**2 + 2 * discount * first**2 * x**3,
        3: third * x**2 + 6 * discount * first * second * x**3 + 6 * discount**2 * first**3 * x**4,
    }


@pytest.mark.parametrize("order", [1, 2, 3])
def test_half_of_the_printed_bounds_is_enough_here(order):
    first, second, third = (
        max(
            sum(
                abs(mpmath.diff(lambda x, s=s, a=a: probabilities(x)[s][a], 0, k)) for a in range(2)
            )
            for s in range(2)
        )
        for k in (1, 2, 3)
    )
    bounds = printed_bounds(first, second, third, g)
    assert abs(mpmath.diff(value, 0, order)) <= bounds[order] / 2


def sigmoid_slope(order, difference, first):
    """Derivative of the first of two probabilities, whose parameters differ by alpha d."""
    start = mpmath.log(mpmath.mpf(first) / (1 - first))
    return mpmath.diff(lambda x: 1 / (1 + mpmath.exp(-start - x * difference)), 0, order)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_bounds_in_the_start_state_say_nothing_about_the_next(order):
    """(56) with (55) in s_0 only: no unit vector turns the policy there by more than allowed."""
    rare = 0.001
    discount = 0.5
    worst = [2 * abs(sigmoid_slope(k, mpmath.sqrt(2), rare)) for k in (1, 2, 3)]
    # The start leads to one state for ever, which pays 1 for its first action.
    reached = discount * sigmoid_slope(order, mpmath.mpf(7) / 5, 0.25) / (1 - discount)
    assert abs(reached) > printed_bounds(*worst, discount)[order]


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_right_sides_without_a_maximum_depend_on_u(order):
    """(66), (67), (69) for one state: Q^(k) = gamma V^(k), and the norms for another u are less."""
    large, small = mpmath.mpf(7) / 5, mpmath.mpf(1) / 29
    assert (mpmath.mpf(3) / 5) ** 2 + (mpmath.mpf(4) / 5) ** 2 == 1
    assert 20**2 + 21**2 == 29**2
    left = abs(sigmoid_slope(order, large, 0.25))
    # Products with two derivatives vanish: P' of a constant vector is 0.
    right = abs(sigmoid_slope(order, small, 0.25))
    assert left > 40 * right


def test_the_equality_in_75_fails_as_printed_and_holds_with_two_more_factors():
    gamma, one, two = Fraction(1, 2), Fraction(3), Fraction(5)
    x = 1 / (1 - gamma)
    right = two * x**2 + 2 * gamma * one**2 * x**3
    printed = two * x + 2 * one**2 * x**2 + (2 * gamma * one**2 * x**3 + gamma * two * x**2)
    corrected = two * x + 2 * gamma * one**2 * x**2
    corrected += 2 * gamma**2 * one**2 * x**3 + gamma * two * x**2
    assert printed - right == 2 * one**2 * x**2 != 0
    assert corrected == right


def test_76_adds_up():
    gamma, one, two, three = Fraction(1, 3), Fraction(3), Fraction(5), Fraction(7)
    x = 1 / (1 - gamma)
    first = three * x + 3 * gamma * one * two * x**2
    first += 3 * one * (2 * gamma**2 * one**2 * x**3 + gamma * two * x**2)
    first += 6 * gamma**3 * one**3 * x**4 + 6 * gamma**2 * one * two * x**3 + gamma * three * x**2
    last = three * x**2 + 6 * gamma * one * two * x**3 + 6 * gamma**2 * one**3 * x**4
    assert first == last


def test_instances_turn_as_a_softmax_does():
    for order in (1, 2, 3):
        exact = BANDIT.jets[order][0][0]
        numeric = sigmoid_slope(order, mpmath.mpf(7) / 5, 0.25)
        assert abs(mpmath.mpf(int(exact.p)) / int(exact.q) - numeric) < mpmath.mpf(10) ** -12


def test_directions_have_length_one():
    for case in (BANDIT, GENERAL):
        assert sum(entry**2 for row in case.direction for entry in row) == 1


# The chains.

STRICT = {"-|Q| with <", "-|r| with <"}  # true: rewards are >= 0, so > -1
SHORT = {
    "stochastic": derivatives.transitions_are_stochastic(rows=True),
    "turned": derivatives.turned_transitions(applied=True),
    "resolvent": derivatives.resolvent_exists(),
    "ones": derivatives.resolvent_of_ones(),
    "average": derivatives.value_averages_q(),
    "q": derivatives.action_value_chain(3),
    "v": derivatives.value_chain(3),
    "triangle": derivative_norms.triangle(negative=True),
    "norm": derivative_norms.norm_taken_out(),
    "rows": derivative_norms.rows_are_bounded(),
    "order of maxima": derivative_norms.reordered(negative=False, back=True),
}


@pytest.mark.parametrize("name", SHORT)
def test_no_line_of_a_chain_can_be_left_out(name):
    assert verify_chain(SHORT[name]).unused == ()
    assert surviving(SHORT[name]) == ()


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize(("order", "slack"), [(1, 0), (1, 1), (2, 0)])
def test_no_line_of_a_bound_can_be_left_out(order, slack, centred):
    _, bounded = derivative_bounds.derivative_bounds(order, centred=centred)
    chain = bounded.chain(bounded.size + slack, negative=False)
    assert verify_chain(chain).unused == ()
    assert set(surviving(chain)) <= STRICT


def test_a_bound_that_is_too_small_is_not_proved():
    _, bounded = derivative_bounds.derivative_bounds(2)
    chain = bounded.chain(bounded.size * Fraction(99, 100), negative=False)
    with pytest.raises(Exception, match="not shown to be >= 0"):
        verify_chain(chain)


def test_the_norms_add_up_only_with_their_own_bounds():
    one = RationalFunction.constant(1)
    inside = [Operator("SA", "1", {word: one}) for word in derivative_of_q(2).terms]
    factors = list(derivative_of_q(2).terms.values())
    chain = derivative_norms.norms_below(inside, factors, RationalFunction.constant(0))
    with pytest.raises(Exception, match="not shown to be >= 0"):
        verify_chain(chain)
    for negative in (False, True):
        chain = derivative_norms.entry_below_norms(2, inside, factors, negative=negative)
        assert surviving(chain) == ()


def test_the_hypotheses_of_the_first_bound_can_be_met():
    """One state, two actions, a policy (p + t, 1 - p - t) and rewards (1, 0)."""
    t = symbols("t")[0]
    p, discount = Fraction(1, 4), Fraction(1, 2)
    one, zero = t / t, t - t
    stay = [p + t, 1 - p - t]
    kernel = np.array([stay, stay], dtype=object)
    inverse = np.array([[one, zero], [zero, one]]) + kernel * discount / (1 - discount)
    values = stay[0] / (1 - discount)
    slope = one / (1 - discount)
    matrices = {
        "P": [[one], [one]],
        "Pi": [stay],
        "r": [[one], [zero]],
        "1_S": [[one]],
        "1_SA": [[one], [one]],
        "M": inverse,
        "Q": [[one + discount * values], [discount * values]],
        "Q1": [[discount * slope], [discount * slope]],
        "V": [[values]],
        "V1": [[slope]],
        "D1": [[one, -one]],
        "D1+": [[one, zero]],
        "D1-": [[zero, one]],
    }
    chain = derivative_bounds.derivative_bounds(1)[1].chain(
        derivative_bounds.derivative_bounds(1)[1].size, negative=False
    )
    atoms = {
        atom
        for fact in facts_of(chain).values()
        for side in (fact.left, fact.right)
        for atom in side.atoms()
    }
    given = {atom: np.array(matrices[atom.name], dtype=object) for atom in atoms}
    scalars = {"gamma_i": discount, "C'": Fraction(2)}
    assert violations(chain, given, {"S": 1, "SA": 2}, scalars) == ()
    wrong = violations(chain, given, {"S": 1, "SA": 2}, scalars | {"C'": Fraction(1)})
    assert "(55)-1" in wrong


# What the checks read.


def test_products_are_read_in_their_printed_order():
    one, two = (
        r"\frac{d\tilde{P}_i(\alpha)}{d\alpha}",
        r"\frac{d^2 \tilde{P}_i(\alpha)}{d\alpha^2}",
    )
    read = read_operator(rf"M(\alpha) {one} M(\alpha) {two} M(\alpha) r")
    assert read == M @ P @ turn(1) @ M @ P @ turn(2) @ M @ r
    assert read != M @ P @ turn(2) @ M @ P @ turn(1) @ M @ r
    assert read_operator(r"2 Q^\alpha(s_0, a)") == 2 * q(0)


def test_a_number_is_no_operator():
    with pytest.raises(InvalidInput, match="is a number"):
        read_operator(r"2\gamma")


def test_norms_are_maximised_all_or_none():
    norm, largest = r"\left\| r \right\|_{\infty}", r"\max_{\|u\|_2=1} "
    assert not read_norms(norm).maximised
    assert read_norms(largest + norm).maximised
    assert read_norms(f"2 {norm}").factors() == (2,)
    with pytest.raises(InvalidInput, match="all maximised"):
        read_norms(f"{largest}{norm} + {norm}")


def test_constants_of_one_parameter_policies_are_attained():
    for case in STAYS:
        assert member("C'", case)[0] == 2 * case.jets[1][0][0]
