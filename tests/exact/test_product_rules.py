"""The rules on transposes and inner products hold on matrices, and each hypothesis is needed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.boxes import Box, positive
from dcpg_theory.exact.chains import Chain, Hypothesis, Link, Multiple, RuleUse, verify_chain
from dcpg_theory.exact.derived import norm_of, transpose
from dcpg_theory.exact.interpretations import violations
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.product_rules import PRODUCT_RULES
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.exact.rulebook import RULES
from dcpg_theory.exact.rules import Context, Fact
from proofs_check.chains.derivation import Derivation

ONE, NOTHING = unit(SCALARS), Operator.zero(SCALARS, SCALARS)
x, y = (Operator.of(Atom(name, "A", SCALARS)) for name in "xy")
s, t = (Operator.of(Atom(name, SCALARS, SCALARS)) for name in "st")
W, V = (Operator.of(Atom(name, "A", "A")) for name in "WV")


def use(rule, facts=None, **arguments):
    context = Context(dict(facts or {}), Box(), {}, {}, set())
    return PRODUCT_RULES[rule].use(context, arguments)


def trivial(*lines):
    last = Link("trivial", Fact(ONE, "=", ONE))
    return Chain("", Box(), (*lines, last), last.fact)


def random(rows, columns, seed=3):
    draw = np.random.default_rng(seed).integers(-5, 6, (rows, columns))
    return np.array([[Fraction(int(v), 3) for v in row] for row in draw], dtype=object)


def test_every_rule_is_in_the_rulebook_with_a_statement_and_a_reference():
    for name, rule in PRODUCT_RULES.items():
        assert RULES[name] is rule
        assert rule.statement
        assert rule.reference


@pytest.mark.parametrize("size", [1, 2, 4])
def test_the_rules_hold_on_random_matrices(size):
    lines = (
        Hypothesis("same", Fact(W @ V @ x, "=", y), "y names W V x"),
        RuleUse("turned", "transposed", {"fact": "same"}),
        RuleUse("inner", "scalar transpose", {"scalar": transpose(x) @ W @ y}),
        RuleUse("order", "commutation", {"first": s, "second": transpose(x) @ y}),
        RuleUse("squares", "square", {"vector": W @ x - y}),
        RuleUse("number", "square", {"vector": s - t}),
    )
    w, v, vector = random(size, size), random(size, size, 4), random(size, 1, 5)
    values = {
        Atom("W", "A", "A"): w,
        Atom("V", "A", "A"): v,
        Atom("x", "A", SCALARS): vector,
        Atom("y", "A", SCALARS): w @ v @ vector,
        Atom("s", SCALARS, SCALARS): [[Fraction(2, 3)]],
        Atom("t", SCALARS, SCALARS): [[Fraction(-7)]],
    }
    assert violations(trivial(*lines), values, {"A": size}) == ()


def test_the_transposes_of_a_product_come_in_reverse():
    """W = [[0, 1], [0, 0]] and V its transpose: (W V)^T = W V, and W^T V^T is another matrix."""
    w = np.array([[0, 1], [0, 0]])
    assert (w.T @ w != (w @ w.T).T).any()
    assert transpose(W @ V) == transpose(V) @ transpose(W) != transpose(W) @ transpose(V)


def test_a_fact_at_one_point_stays_at_one_point():
    made = use("transposed", {"here": Fact(x, "<=", y, True)}, fact="here")[""]
    assert made == Fact(transpose(x), "<=", transpose(y), True)


@pytest.mark.parametrize("operator", [W, x, transpose(x)])
def test_only_scalars_are_their_own_transposes_and_commute(operator):
    """[[0, 1], [0, 0]] is not its transpose, and does not commute with it."""
    with pytest.raises(CertificateRejected, match="not a scalar"):
        use("scalar transpose", scalar=operator)
    with pytest.raises(CertificateRejected, match="not a scalar"):
        use("commutation", first=s, second=operator)


@pytest.mark.parametrize("operator", [W, transpose(x)])
def test_squares_are_those_of_vectors(operator):
    """x x^T for x = (1, -1) has the entry -1, and so has W^T W for W with this row."""
    column = np.array([[1], [-1]])
    assert (column @ column.T).min() < 0
    with pytest.raises(CertificateRejected, match="not a vector"):
        use("square", vector=operator)


def test_a_square_says_nothing_about_a_product_with_something_between():
    """x^T W x is -1 for W = -1: only a root of W makes it a square."""
    last = Link("form", Fact(NOTHING, "<=", transpose(x) @ W @ x), (Multiple("square"),))
    lines = (RuleUse("square", "square", {"vector": x}), last)
    with pytest.raises(CertificateRejected, match="left over"):
        verify_chain(Chain("", Box(), lines, last.fact))


def test_the_euclidean_norm_is_one_norm_among_others():
    """For x = (3, 4) it is 5; the largest entry would give 16 for 25."""
    lines = (RuleUse("norm", "euclidean", {"vector": x}),)
    values = {Atom("x", "A", SCALARS): [[Fraction(3)], [Fraction(4)]]}
    length = next(norm_of(x).atoms())
    assert violations(trivial(*lines), {**values, length: [[Fraction(5)]]}, {"A": 2}) == ()
    for wrong in (4, 7, -5):
        found = violations(trivial(*lines), {**values, length: [[Fraction(wrong)]]}, {"A": 2})
        assert found
    with pytest.raises(CertificateRejected, match="only a vector"):
        use("euclidean", vector=s)


def test_cauchy_schwarz_follows_for_bounded_vectors():
    """x^T y <= a b from |x| <= a, |y| <= b: (b x - a y)^T (b x - a y) >= 0. No rule is needed."""
    a, b = symbols("a", "b")
    proof = Derivation("Cauchy-Schwarz", Box(a=positive(), b=positive()))
    proof.assume("x", Fact(transpose(x) @ x, "<=", ONE.scaled(a * a)), "")
    proof.assume("y", Fact(transpose(y) @ y, "<=", ONE.scaled(b * b)), "")
    proof.use("square", "square", vector=x.scaled(b) - y.scaled(a))
    proof.use("inner", "scalar transpose", scalar=transpose(x) @ y)
    fact = Fact(transpose(x) @ y, "<=", ONE.scaled(a * b))
    proof.conclude("product", fact, "square", "inner", "x", "y")
    assert verify_chain(proof.chain()).unused == ()


def test_young_follows_but_not_more():
    """2 x^T y <= |x|^2 + |y|^2; without the 2 it is weaker, with 3 false for x = y."""
    proof = Derivation("Young", Box())
    proof.use("square", "square", vector=x - y)
    proof.use("inner", "scalar transpose", scalar=transpose(x) @ y)
    total = transpose(x) @ x + transpose(y) @ y
    two, three = (RationalFunction.constant(n) for n in (2, 3))
    proof.conclude("Young", Fact((transpose(x) @ y).scaled(two), "<=", total), "square", "inner")
    with pytest.raises(CertificateRejected, match="no combination"):
        proof.conclude("no", Fact((transpose(x) @ y).scaled(three), "<=", total), "square", "inner")


def test_a_product_of_unknown_sign_multiplies_no_inequality():
    """x^T y may be negative, so s <= t does not give x^T y s <= x^T y t."""
    product = transpose(x) @ y
    last = Link("scaled", Fact(product @ s, "<=", product @ t), (Multiple("less", product),))
    lines = (Hypothesis("less", Fact(s, "<=", t), ""), last)
    with pytest.raises(CertificateRejected, match="multiplier"):
        verify_chain(Chain("", Box(), lines, last.fact))
