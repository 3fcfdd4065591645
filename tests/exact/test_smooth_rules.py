"""The rules on smooth functions hold for quadratics, and each hypothesis is needed."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.boxes import Box, closed_interval
from dcpg_theory.exact.chains import (
    Chain,
    Hypothesis,
    Link,
    Multiple,
    RuleUse,
    Smooth,
    facts_of,
    verify_chain,
)
from dcpg_theory.exact.derived import gradient_of, norm_of, value_of
from dcpg_theory.exact.interpretations import violations
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.exact.rulebook import RULES
from dcpg_theory.exact.rules import Fact
from dcpg_theory.exact.smooth_rules import SMOOTH_RULES

ONE = unit(SCALARS)
x, y = (Operator.of(Atom(name, "S", SCALARS)) for name in "xy")
other = Operator.of(Atom("z", "T", SCALARS))
b = Operator.of(Atom("b", SCALARS, SCALARS))
SMOOTH = Smooth("f is smooth", "f", "S", b, "")
POINTS = {"function": "f", "start": x, "end": y}
DESCENT = RuleUse("d", "descent", POINTS)
LIPSCHITZ = RuleUse("l", "lipschitz gradient", {"function": "f", "first": x, "second": y})


def chain(*lines, box=None):
    trivial = Link("trivial", Fact(ONE, "=", ONE))
    return Chain("", box or Box(), (*lines, trivial), trivial.fact)


def refused(*lines, match, box=None):
    with pytest.raises(CertificateRejected, match=match):
        facts_of(chain(*lines, box=box))


def quadratic(constant, *, hessian):
    """Return f = x^T H x / 2 with H = diag(h), at x = (1, 0) and y = (4, 4), with this constant."""
    points = {x: np.array([1, 0]), y: np.array([4, 4])}
    h = np.array([Fraction(v) for v in hessian], dtype=object)
    values = {Atom("b", SCALARS, SCALARS): [[Fraction(constant)]]}
    for operator, point in points.items():
        values[next(iter(operator.atoms()))] = point[:, None].astype(object)
        value = next(value_of("f", operator).atoms())
        values[value] = [[(h * point * point).sum() / 2]]
        values[next(gradient_of("f", operator).atoms())] = (h * point)[:, None]
    values[next(norm_of(x - y).atoms())] = [[Fraction(5)]]
    return values


def violated(rule, values):
    return violations(chain(SMOOTH, rule), values, {"S": 2})


def test_every_rule_is_in_the_rulebook_with_a_statement_and_a_reference():
    for name, rule in SMOOTH_RULES.items():
        assert RULES[name] is rule
        assert rule.statement
        assert rule.reference


@pytest.mark.parametrize("hessian", [(2, -2), (0, 0), (-2, 1), (2, 2)])
def test_descent_holds_for_quadratics_whose_curvature_is_at_most_the_constant(hessian):
    assert violated(DESCENT, quadratic(2, hessian=hessian)) == ()


@pytest.mark.parametrize(("hessian", "name"), [((3, 3), "d/above"), ((-3, -3), "d/below")])
def test_descent_needs_the_constant(hessian, name):
    """3 |x|^2 / 2 bends more than a function whose gradient is 2-Lipschitz."""
    assert violated(DESCENT, quadratic(2, hessian=hessian)) == (name,)


def test_the_half_in_the_descent_lemma_cannot_be_smaller():
    """|x|^2 attains it."""
    facts = facts_of(chain(SMOOTH, DESCENT))
    values = quadratic(2, hessian=(2, 2))
    tight = Hypothesis("tight", Fact(facts["d/above"].left, "=", facts["d/above"].right), "")
    assert violations(chain(SMOOTH, tight), values, {"S": 2}) == ()


def test_the_gradient_is_lipschitz_with_the_constant_and_no_smaller_one():
    values = quadratic(2, hessian=(2, 2))
    change = next(norm_of(gradient_of("f", x) - gradient_of("f", y)).atoms())
    assert violated(LIPSCHITZ, {**values, change: [[Fraction(10)]]}) == ()
    assert violated(LIPSCHITZ, {**values, change: [[Fraction(11)]]}) == ("l",)


def test_a_function_must_be_assumed_smooth():
    """The square root of |x| lies above all its quadratic models at 0."""
    for rule in (DESCENT, LIPSCHITZ):
        refused(rule, match="no function is called f")
        refused(Smooth("g", "g", "S", b, ""), rule, match="no function is called f")


def test_a_function_lives_on_one_space():
    """Smooth along one agent's parameters is not smooth along all of them."""
    points = RuleUse("d", "descent", {**POINTS, "start": other, "end": other})
    refused(SMOOTH, points, match="is a function on S, not T")


def test_the_constant_is_a_scalar_that_is_defined_and_given_once():
    refused(Smooth("f", "f", "S", x, ""), match="scalar constant")
    refused(Smooth("f", "f", SCALARS, b, ""), match="function of vectors")
    refused(SMOOTH, Smooth("again", "f", "S", ONE, ""), match="smooth twice")
    pole = 1 / symbols("t")[0]
    box = Box(t=closed_interval(-1, 1))
    refused(Smooth("f", "f", "S", ONE.scaled(pole), ""), match="not shown to be defined", box=box)


def test_equal_points_have_equal_values_and_unequal_ones_may_not():
    same = Hypothesis("same", Fact(x, "=", y), "")
    rule = RuleUse("s", "same point", {"function": "f", "fact": "same"})
    facts = facts_of(chain(SMOOTH, same, rule))
    assert facts["s/value"] == Fact(value_of("f", x), "=", value_of("f", y))
    assert facts["s/gradient"] == Fact(gradient_of("f", x), "=", gradient_of("f", y))
    refused(SMOOTH, Hypothesis("same", Fact(x, "<=", y), ""), rule, match="not an equality")


def test_an_equality_at_one_point_stays_at_one_point():
    same = Hypothesis("same", Fact(x, "=", y, True), "")
    rule = RuleUse("s", "same point", {"function": "f", "fact": "same"})
    assert all(fact.pointwise for fact in facts_of(chain(SMOOTH, same, rule)).values()
               if fact.left != ONE)  # fmt: skip


def test_the_assumption_is_named_where_it_is_used():
    facts = facts_of(chain(SMOOTH, DESCENT))
    last = Link("above", facts["d/above"], (Multiple("d/above"),))
    lines = (SMOOTH, Smooth("g is smooth", "g", "S", b, ""), DESCENT, last)
    verified = verify_chain(Chain("", Box(), lines, last.fact))
    assert verified.hypotheses == ("f is smooth",)
    assert verified.unused == ("g is smooth",)
