"""Chains about families, read for sequences and functions in balls: what is false is found."""

from __future__ import annotations

import flint
import numpy as np
import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.balls import precision
from dcpg_theory.exact.boxes import Box, at_least
from dcpg_theory.exact.chains import Chain, Hypothesis, Link, RuleUse, Smooth
from dcpg_theory.exact.derived import gradient_of, norm_of, sum_of, transpose, value_of
from dcpg_theory.exact.families import Family, contradicted
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.exact.rules import Fact

ONE = unit(SCALARS)
K = symbols("K")[0]
x = {mark: Operator.of(Atom(f"x[{mark}]", "S", SCALARS)) for mark in ("0", "k", "k+1", "K")}
a = Operator.of(Atom("a[j]", SCALARS, SCALARS))


def chain(*lines):
    trivial = Link("trivial", Fact(ONE, "=", ONE))
    return Chain("", Box(K=at_least(1)), (*lines, trivial), trivial.fact)


def given(name, left, relation, right):
    return Hypothesis(name, Fact(left, relation, right), name)


def column(*entries):
    return np.array([[flint.arb(entry)] for entry in entries])


def member(name, at):
    """x[k] = (3 k, 4 k) and a[j] = j."""
    return column(3 * at["k"], 4 * at["k"]) if name == "x" else column(at["j"])


def square(point, at):
    return sum(entry * entry for entry in point.flat) * at["j"]


FAMILY = Family(
    {"S": 2},
    {"K": 3},
    {"k": 3, "j": 2},
    member,
    {"f": (square, lambda point, at: point * (2 * at["j"]))},
)


def false_facts(*lines):
    with precision(64):
        return contradicted(chain(*lines), FAMILY)


def test_norms_sums_and_ends_are_computed():
    assert (
        false_facts(
            given("grows", norm_of(x["k+1"] - x["k"]), "=", ONE.scaled(K - K + 5)),
            given("sum", sum_of(norm_of(x["k"]), "k"), "=", ONE.scaled(5 * K)),
            given("last", norm_of(x["K"]), "=", ONE.scaled(5 * K)),
            given("tasks", sum_of(a, "j"), "=", ONE.scaled(K)),
            given("inner", transpose(x["k"]) @ x["k"], "=", norm_of(x["k"]) @ norm_of(x["k"])),
            RuleUse("telescope", "telescope", {"here": norm_of(x["k"])}),
        )
        == ()
    )


def test_a_fact_that_fails_for_one_index_is_named():
    assert false_facts(
        given("small", norm_of(x["k"]), "<=", ONE.scaled(5 * (K - 2))),
        given("fine", norm_of(x["k"]), "<=", ONE.scaled(5 * (K - 1))),
        given("one task", a, "=", ONE),
    ) == ("small", "one task")


def test_functions_are_called_for_each_index():
    lines = (
        Smooth("f is smooth", "f[j]", "S", a + a, ""),
        RuleUse("model", "descent", {"function": "f[j]", "start": x["k"], "end": x["k+1"]}),
        given("value", value_of("f[j]", x["0"]), "=", Operator.zero(SCALARS, SCALARS)),
        given("slope", gradient_of("f[j]", x["k"]), "=", (x["k"] + x["k"]) @ a),
    )
    assert false_facts(*lines) == ()
    flat = Smooth("f is smooth", "f[j]", "S", a, "")
    assert false_facts(flat, *lines[1:]) == ("model/above",)


def test_a_matrix_of_the_wrong_shape_is_refused():
    wide = Operator.of(Atom("x[k]", SCALARS, "S"))
    with pytest.raises(InvalidInput, match="has shape"):
        false_facts(given("wide", wide, "=", Operator.zero(SCALARS, "S")))
