"""Attempts to prove what is false with the rules for products, sums and smooth functions."""

from __future__ import annotations

import pytest

from dcpg_theory.errors import CertificateRejected, InvalidInput
from dcpg_theory.exact.boxes import Box, at_least, closed_interval
from dcpg_theory.exact.chains import (
    Chain,
    Hypothesis,
    Link,
    Multiple,
    RuleUse,
    Smooth,
    verify_chain,
)
from dcpg_theory.exact.derived import norm_of, sum_of, transpose, value_of
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.exact.rules import Fact

ONE, NOTHING = unit(SCALARS), Operator.zero(SCALARS, SCALARS)
BOX = Box(K=at_least(1), t=closed_interval(-1, 1))
K, t = symbols("K", "t")


def scalar(name):
    return Operator.of(Atom(name, SCALARS, SCALARS))


def vector(name, space="S"):
    return Operator.of(Atom(name, space, SCALARS))


def refused(fact, *lines, because, match):
    last = Link("last", fact, tuple(because))
    with pytest.raises(CertificateRejected, match=match):
        verify_chain(Chain("", BOX, (*lines, last), fact))


def definition(atom, value):
    (letter,) = atom.atoms()
    return RuleUse(f"{atom}", "definition", {"name": letter, "value": value})


def test_the_number_of_terms_is_not_their_sum():
    """If c could name a[k] = k, then K c = sum of k."""
    a, c = scalar("a[k]"), scalar("c")
    lines = (definition(c, a), RuleUse("sum", "sum", {"fact": "c", "index": "k"}))
    fact = Fact(c.scaled(K), "=", sum_of(a, "k"))
    refused(fact, *lines, because=[Multiple("sum")], match="name must show")


def test_one_is_not_zero_by_a_sequence_with_two_meanings():
    """e[k] = k has e[K] - e[0] = K; let e[K] and e[0] be names of 0."""
    e = {mark: scalar(f"e[{mark}]") for mark in ("k", "k+1", "0", "K")}
    a = {mark: scalar(f"a[{mark}]") for mark in ("k", "k+1")}
    lines = (
        Hypothesis("up", Fact(a["k+1"], "=", a["k"] + ONE), "a counts"),
        definition(e["k"], a["k"]),
        definition(e["k+1"], a["k+1"]),
        definition(e["0"], NOTHING),
        definition(e["K"], NOTHING),
        RuleUse("telescope", "telescope", {"here": e["k"]}),
    )
    refused(Fact(NOTHING, "=", ONE.scaled(K)), *lines, because=[], match="at another index")


def test_a_norm_is_not_zero_because_another_vector_is():
    """Zeros of two spaces, and a vector that is called 0."""
    x, named = vector("x"), vector("0")
    lines = (
        Hypothesis("x=0", Fact(x, "=", Operator.zero("S", SCALARS)), ""),
        RuleUse("zero", "norm of zero", {"fact": "x=0"}),
        RuleUse("congruent", "congruence", {"fact": "x=0"}),
    )
    fact = Fact(norm_of(named), "=", NOTHING)
    because = [Multiple("zero"), Multiple("congruent")]
    refused(fact, *lines, because=because, match="left over|two atoms")


def test_no_scalar_is_divided_out():
    """From s x = s y one does not get x = y: s may be 0, and 1/t has a pole."""
    x, y, pole = scalar("x"), scalar("y"), ONE.scaled(1 / t)
    given = Hypothesis("tx=ty", Fact(x.scaled(t), "=", y.scaled(t)), "")
    refused(Fact(x, "=", y), given, because=[Multiple("tx=ty", pole)], match="be defined")


def test_a_square_does_not_order_what_is_squared():
    """u^2 <= v^2 says nothing for u = 1, v = -2."""
    u, v = scalar("u"), scalar("v")
    given = Hypothesis("squares", Fact(u @ u, "<=", v @ v), "")
    tangent = RuleUse("tangent", "square", {"vector": u - v})
    because = [Multiple("squares"), Multiple("tangent")]
    refused(Fact(u, "<=", v), given, tangent, because=because, match="left over")


def test_a_function_is_not_bounded_by_its_model_at_another_point():
    f = Smooth("f is smooth", "f", "S", ONE, "")
    x, y, z = (vector(name) for name in "xyz")
    model = RuleUse("model", "descent", {"function": "f", "start": x, "end": y})
    flat = Fact(value_of("f", z), "<=", value_of("f", x))
    refused(flat, f, model, because=[Multiple("model/above")], match="left over")


def test_a_negative_constant_makes_no_function_concave_and_convex():
    """f = |x|^2 with 'constant' -1 is a false hypothesis, not a proof: it must be assumed."""
    f = Smooth("f is smooth", "f", "S", -ONE, "")
    x, y = vector("x"), vector("y")
    model = RuleUse("model", "descent", {"function": "f", "start": x, "end": y})
    fact = Fact((transpose(y - x) @ (y - x)), "<=", NOTHING)
    last = Link("flat", fact, (Multiple("model/above"), Multiple("model/below")))
    verified = verify_chain(Chain("", BOX, (f, model, last), fact))
    assert verified.hypotheses == ("f is smooth",)


def test_the_least_of_k_members_is_not_below_a_member_beyond():
    """M <= a[k] for k < K says nothing of a[K]."""
    low, a, end = scalar("M"), scalar("a[k]"), scalar("a[K]")
    given = Hypothesis("least", Fact(low, "<=", a), "M is the least")
    refused(Fact(low, "<=", end), given, because=[Multiple("least")], match="left over")


def test_dimensions_are_not_confused():
    """x^T y needs both in one space, and 1^T 1 is the dimension, not 1."""
    x, y, ones = vector("x"), vector("y", "T"), vector("1")
    with pytest.raises(InvalidInput, match="does not compose"):
        transpose(x) @ y
    square = RuleUse(
        "square", "square", {"vector": ones - ones.scaled(RationalFunction.constant(2))}
    )
    fact = Fact(transpose(ones) @ ones, "<=", ONE)
    refused(fact, square, because=[Multiple("square")], match="left over")
