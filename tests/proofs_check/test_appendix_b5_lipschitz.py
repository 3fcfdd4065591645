"""Lemmas B.5 and B.6: what is refuted and what is corrected, found again by another route.

The formulas are typed in by hand from the paper, and sympy, Fractions and mpmath do the computing.
"""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import mpmath
import pytest
import sympy

from dcpg_theory.exact.attacks import surviving
from dcpg_theory.exact.boxes import Box, closed_interval, open_interval
from dcpg_theory.exact.chains import verify_chain
from dcpg_theory.exact.interpretations import satisfied_by
from dcpg_theory.exact.rational_functions import symbols
from proofs_check.appendix_b5_sums import _signed, _table_total
from proofs_check.chains import entropy_norms as norm_chains
from proofs_check.chains import lipschitz as lipschitz_chains
from proofs_check.chains import softmax_derivatives as softmax_chains
from proofs_check.chains.bounded_products import letter, mean, sum_at_most, variance_at_most

DRAW = random.Random(5)
lam, x = symbols("lambda", "x")
BOX = Box(
    **{"lambda": open_interval(0, 1), "x": open_interval(0, 1), "gamma_i": open_interval(0, 1)}
)
CHAINS = {
    **{
        name: getattr(softmax_chains, name)
        for name in softmax_chains.__all__
        if name.startswith("entropy") or name in ("gradient", "hessian", "third")
    },
    "entropy_third_same": lambda: softmax_chains.entropy_third(same=True),
    **{
        name: getattr(norm_chains, name)
        for name in norm_chains.__all__
        if name.islower() and name not in ("steepness", "largest_is_one_of_them")
    },
    "largest": lambda: norm_chains.largest_is_one_of_them(3),
    "steep": lambda: norm_chains.steepness(lam * (x + 1), lam**2, BOX),
    "as_steep": lambda: norm_chains.steepness(lam * (x + 1), lam**2 * (x + 1) ** 2, BOX),
    "value": lambda: lipschitz_chains.bounded_value(lam),
    "gradient_moves": lambda: lipschitz_chains.bounded_gradient(lam, BOX),
    "hessian_moves": lambda: lipschitz_chains.bounded_form(lam, BOX),
    "variance": lambda: variance_at_most(
        *symbols("r", "c"), Box(r=closed_interval(0, 1), c=closed_interval(-1, 1))
    ),
    "first_sum": lambda: sum_at_most("81", _signed(1), Box()),
    "second_sum": lambda: sum_at_most(
        "82",
        _signed(2),
        Box(k=closed_interval(0, 1), n=closed_interval(0, 1), v=closed_interval(0, 1)),
        {"U": symbols("k")[0]},
        {mean(letter("U")): symbols("n")[0], mean(letter("U"), letter("U")): symbols("v")[0]},
    ),
}
CHAINS["value"] = lambda: lipschitz_chains.bounded_value(2 / (1 - symbols("gamma_i")[0]) ** 2)


@pytest.mark.parametrize("name", CHAINS)
def test_nothing_in_a_chain_can_be_left_out_or_strengthened(name):
    chain = CHAINS[name]()
    assert verify_chain(chain).unused == ()
    assert surviving(chain) == ()


def sample(actions):
    row = [Fraction(DRAW.randint(1, 20)) for _ in range(actions)]
    return [p / sum(row) for p in row], [Fraction(DRAW.randint(-9, 9), 9) for _ in range(actions)]


# --- the softmax, by sympy -------------------------------------------------------------------

THETA = sympy.symbols("t1:4")
SOFTMAX = [sympy.exp(t) / sum(map(sympy.exp, THETA)) for t in THETA]
POINT = dict(zip(THETA, (sympy.log(1), sympy.log(2), sympy.log(3)), strict=True))
PI = sympy.Matrix([sympy.Rational(k, 6) for k in (1, 2, 3)])
E = [sympy.Matrix([int(a == b) for b in range(3)]) for a in range(3)]
TRIPLES = list(itertools.product(range(3), repeat=2))


def value(expression):
    return sympy.nsimplify(sympy.simplify(expression.subs(POINT)))


def hessian_of_pi(a):
    p = PI[a]
    return p * (E[a] * E[a].T - E[a] * PI.T - PI * E[a].T + 2 * PI * PI.T - sympy.diag(*PI))


def third_of_pi(a, b, *, printed):
    q, e, f = PI[b], E[a], E[b]
    total = (int(a == b) - q) * hessian_of_pi(a)
    rest = -q * e * f.T + q * e * PI.T - q * f * e.T + q * PI * e.T - 4 * q * PI * PI.T
    if printed:
        rest += 4 * q * PI * f.T + q * sympy.diag(*e) - q * sympy.diag(*PI)
    else:
        rest += 2 * q * (PI * f.T + f * PI.T) - q * sympy.diag(*f) + q * sympy.diag(*PI)
    return total + PI[a] * rest


def exact_third(function, b):
    return sympy.Matrix(
        3, 3, lambda c, d: value(sympy.diff(function, THETA[b], THETA[c], THETA[d]))
    )


@pytest.mark.parametrize("a", range(3))
def test_first_and_second_derivative_of_the_softmax_are_as_printed(a):
    gradient = sympy.Matrix([value(sympy.diff(SOFTMAX[a], t)) for t in THETA])
    assert gradient == PI[a] * (E[a] - PI)
    second = sympy.Matrix(3, 3, lambda b, c: value(sympy.diff(SOFTMAX[a], THETA[b], THETA[c])))
    assert second == hessian_of_pi(a)


@pytest.mark.parametrize(("a", "b"), [(0, 0), (0, 1), (2, 1)])
def test_the_third_derivative_of_the_softmax_is_as_corrected_only(a, b):
    exact = exact_third(SOFTMAX[a], b)
    assert third_of_pi(a, b, printed=False) == exact
    assert third_of_pi(a, b, printed=True) != exact


def entropy_third(b, *, printed):
    q, f = PI[b], E[b]
    mixed = 2 * PI * f.T if printed else PI * f.T + f * PI.T
    return q * (-f * f.T + sympy.diag(*PI) + mixed - 2 * PI * PI.T)


def test_the_third_derivative_of_the_regularizer_is_as_corrected_only():
    zeta = sum(sympy.log(p) for p in SOFTMAX) / 3
    for b in range(3):
        exact = exact_third(zeta, b)
        assert entropy_third(b, printed=False) == exact
        assert entropy_third(b, printed=True) != exact
        u = sympy.Matrix([2, -1, 5])
        forms = [(u.T * entropy_third(b, printed=how) * u)[0] for how in (True, False)]
        assert forms[0] == forms[1]


def test_the_block_of_one_state_is_not_zero():
    zeta = sum(sympy.log(p) for p in SOFTMAX) / 3
    other = sympy.symbols("t9")
    assert value(sympy.diff(zeta, THETA[0], THETA[0])) != 0
    assert sympy.diff(zeta, THETA[0], other) == 0


def test_the_constant_of_the_relative_entropy_is_not_zero():
    row = [Fraction(1, 2)] * 2
    divergence = sum(u * mpmath.log(u / p) for u, p in zip(row, row, strict=True))
    assert divergence == 0
    assert -sum(mpmath.log(p) for p in row) / 2 == pytest.approx(mpmath.log(2))


# --- sums over the actions, by Fractions -----------------------------------------------------


def derivatives_along(row, u):
    """Return pi', pi'', pi''' along u: tilted moments, pi times the cumulant polynomials."""
    m = sum(p * t for p, t in zip(row, u, strict=True))
    v = sum(p * (t - m) ** 2 for p, t in zip(row, u, strict=True))
    k = sum(p * (t - m) ** 3 for p, t in zip(row, u, strict=True))
    centred = [t - m for t in u]
    return (
        [p * t for p, t in zip(row, centred, strict=True)],
        [p * (t**2 - v) for p, t in zip(row, centred, strict=True)],
        [p * (t**3 - 3 * t * v - k) for p, t in zip(row, centred, strict=True)],
    )


def inside(row, u, a, b):
    """Return u_b u^T (d Hessian of pi_a / d theta_b) u, by the corrected (80)."""
    m = sum(p * t for p, t in zip(row, u, strict=True))
    v = sum(p * t * t for p, t in zip(row, u, strict=True))
    q, s, t = row[b], u[a], u[b]
    second = s * s - 2 * s * m + 2 * m * m - v
    rest = q * (-2 * s * t + 2 * s * m + 4 * m * t - 4 * m * m - t * t + v)
    return t * row[a] * ((int(a == b) - q) * second + rest)


@pytest.mark.parametrize("actions", [2, 3, 5])
def test_the_sums_stay_below_their_numbers(actions):
    for _ in range(40):
        row, u = sample(actions)
        first, second, third = derivatives_along(row, u)
        assert sum(map(abs, first)) <= 2
        assert sum(map(abs, second)) <= 6
        pairs = [[inside(row, u, a, b) for b in range(actions)] for a in range(actions)]
        assert [sum(part) for part in pairs] == third
        assert sum(map(abs, third)) <= sum(abs(t) for part in pairs for t in part) <= 26


def test_the_sum_of_twenty_six_terms_is_the_one_of_the_display():
    """The words that the chain bounds, for random signs, against the sum over pairs of actions."""
    for actions in (2, 3, 4):
        row, u = sample(actions)
        signs = [[Fraction(DRAW.randint(-4, 4), 4) for _ in row] for _ in row]
        every = range(actions)
        matrices = {
            "q": [row],
            "1": [[1]] * actions,
            "U": [[u[a] * (a == b) for b in every] for a in every],
            "S": [[signs[a][a] * (a == b) for b in every] for a in every],
            "K": [[signs[a][b] * row[b] for b in every] for a in every],
        }
        total = sum(
            Fraction(str(c)) * product([matrices[atom.name] for atom in word])[0][0]
            for word, c in _table_total().terms.items()
        )
        assert total == sum(signs[a][b] * inside(row, u, a, b) for a in every for b in every)


def product(matrices):
    result = matrices[0]
    for other in matrices[1:]:
        result = [[sum(a * b for a, b in zip(r, c, strict=True)) for c in zip(*other, strict=True)]
                  for r in result]  # fmt: skip
    return result


def test_the_chain_of_twenty_six_terms_is_not_vacuous_and_needs_its_lines():
    chain = sum_at_most("83", _table_total(), Box())
    assert verify_chain(chain).unused == ()
    assert str(chain.conclusion.right) == "(26)"
    small = sum_at_most("81", _signed(1), Box())
    half = Fraction(1, 2)
    values = {
        "q": [[half, half]],
        "1": [[1], [1]],
        "S": [[1, 0], [0, -1]],
        "U": [[1, 0], [0, -half]],
    }
    for name in ("S", "U"):
        for sign in (1, -1):
            named = f"c{'+' if sign > 0 else '-'}{name}"
            values[named] = [[(a == b) + sign * values[name][a][b] for b in (0, 1)] for a in (0, 1)]
    used = {atom for line in small.lines if hasattr(line, "fact") for atom in atoms(line.fact)}
    assert satisfied_by(small, {atom: values[atom.name] for atom in used}, {"A": 2})


def atoms(fact):
    return {*fact.left.atoms(), *fact.right.atoms()}


# --- constants -------------------------------------------------------------------------------


def test_the_three_constants_absorb_the_sums():
    g = sympy.symbols("g", positive=True)
    second = sympy.factor(8 - (6 * (1 - g) + 8 * g))
    third = sympy.expand(48 - (26 * (1 - g) ** 2 + 72 * g * (1 - g) + 48 * g**2))
    assert sympy.expand(second - 2 * (1 - g)) == 0
    assert sympy.expand(third - 2 * (1 - g) * (g + 11)) == 0


def test_a_foreign_discount_breaks_the_lines_of_85():
    """A bandit with gamma_i = 999/1000 against bounds with gamma = 1/1000."""
    mpmath.mp.dps = 30
    scale, step = 1000, mpmath.log(3)
    assert scale * mpmath.sqrt(2) / 16 > 8 / mpmath.mpf("0.999") ** 3 * step
    assert scale * mpmath.mpf(3) / 16 > 48 / mpmath.mpf("0.999") ** 4 * step
    p = mpmath.mpf("0.75")
    assert p * (1 - p) - mpmath.mpf(1) / 4 == -mpmath.mpf(1) / 16
    assert abs(2 * p * (1 - p) * (1 - 2 * p)) == mpmath.mpf(3) / 16


def test_a_function_with_third_derivative_zero_need_not_be_lipschitz():
    t = sympy.symbols("t")
    assert sympy.diff(t**2, t, 3) == 0
    assert sympy.limit(t**2 / t, t, sympy.oo) == sympy.oo


def test_the_norm_of_two_equal_blocks_is_not_their_sum():
    block = [Fraction(1, 2) - Fraction(3, 4), Fraction(1, 2) - Fraction(1, 4)]
    square = sum(t * t for t in block)
    assert 2 * square < (2**2) * square


def test_with_more_states_than_actions_another_constant_is_named():
    states, actions = 16, 4
    assert 1 / mpmath.sqrt(states) + 1 < 1 / mpmath.sqrt(actions) + 1
    largest = mpmath.sqrt((1 - mpmath.mpf(1) / actions) / states)
    assert largest < 1 / mpmath.sqrt(states) + 1


@pytest.mark.parametrize("actions", [2, 3, 4])
def test_the_regularizers_forms_stay_below_their_numbers(actions):
    for _ in range(40):
        row, u = sample(actions)
        m, v, k = (sum(p * t**j for p, t in zip(row, u, strict=True)) for j in (1, 2, 3))
        top = max(map(abs, u))
        assert abs(v - m * m) <= 2 * top**2
        assert 2 * (v - m * m) <= sum(t * t for t in u)
        assert abs(k - 3 * v * m + 2 * m**3) <= 6 * top**3
