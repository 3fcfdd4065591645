"""The rule of the mean value, and what goes wrong when one of its hypotheses is dropped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.attacks import surviving
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.chains import (
    Chain,
    Differential,
    Hypothesis,
    Link,
    Multiple,
    RuleUse,
    verify_chain,
)
from dcpg_theory.exact.operators import SCALARS, Atom, Operator
from dcpg_theory.exact.rational_functions import RationalFunction
from dcpg_theory.exact.rules import Fact

NONE = RationalFunction.constant(0)
F, SLOPE, C = (Operator.of(Atom(name, "S", SCALARS)) for name in ("f", "f'", "c"))
ATOMS = {name: Atom(name, "S", SCALARS) for name in ("f", "c", "f(0)", "f(1)")}
START, END = (Operator.of(ATOMS[name]) for name in ("f(0)", "f(1)"))
MOVES = Differential("f'", ATOMS["f"], SLOPE, "the derivative")
FIXED = Differential("c'", ATOMS["c"], C.scaled(NONE), "a constant")
ABOVE, BELOW = (
    Hypothesis("above", Fact(SLOPE, "<=", C), ""),
    Hypothesis("below", Fact(-C, "<=", SLOPE), ""),
)


def use(**changes):
    given = {
        "function": ATOMS["f"],
        "bounds": ("above", "below"),
        "start": ATOMS["f(0)"],
        "end": ATOMS["f(1)"],
    }
    return RuleUse("mean", "mean_value", given | changes)


def gains(*lines, bound="mean/above", fact=None):
    last = Link("last", fact or Fact(END - START, "<=", C), (Multiple(bound),))
    return Chain("", Box(), (*lines, last), last.fact)


def refused(chain, match):
    with pytest.raises(CertificateRejected, match=match):
        verify_chain(chain)


def test_the_gain_is_bounded_from_above_and_below():
    lines = (MOVES, FIXED, ABOVE, BELOW, use())
    verify_chain(gains(*lines))
    verify_chain(gains(*lines, bound="mean/below", fact=Fact(-C, "<=", END - START)))
    assert surviving(gains(MOVES, FIXED, ABOVE, use(bounds=("above",)))) == ()


def test_a_bound_at_one_point_says_nothing_about_the_gain():
    """t^2 has the derivative 0 at 0, and gains 1."""
    pointwise = replace(ABOVE, fact=replace(ABOVE.fact, pointwise=True))
    refused(gains(MOVES, FIXED, pointwise, use(bounds=("above",))), "one point only")


def test_a_bound_that_moves_is_refused():
    """t^2 <= 2 t as derivatives, but t^2 gains 1, which is not at most 2 t at t = 0."""
    growing = Differential("c'", ATOMS["c"], Operator.of(Atom("d", "S", SCALARS)), "")
    refused(gains(MOVES, growing, ABOVE, use(bounds=("above",))), "depends on the parameter")
    refused(gains(MOVES, ABOVE, use(bounds=("above",))), "no derivative is declared for c")


def test_the_bound_must_be_of_this_derivative():
    """A bound of f itself, or of another derivative, bounds no gain."""
    other = Hypothesis("above", Fact(F, "<=", C), "")
    refused(gains(MOVES, FIXED, other, use(bounds=("above",))), "does not bound")
    equal = Hypothesis("above", Fact(SLOPE, "=", C), "")
    refused(gains(MOVES, FIXED, equal, use(bounds=("above",))), "does not bound")


def test_the_function_must_be_differentiable():
    refused(gains(FIXED, ABOVE, use(bounds=("above",))), "no derivative is declared for f")


def test_the_values_need_new_and_different_names():
    """f(1) named like the constant c would say what nobody proved about c."""
    lines = (MOVES, FIXED, ABOVE)
    refused(gains(*lines, use(bounds=("above",), end=ATOMS["c"])), "already stands")
    refused(gains(*lines, use(bounds=("above",), end=ATOMS["f"])), "already stands")
    refused(gains(*lines, use(bounds=("above",), end=ATOMS["f(0)"])), "two names")
    refused(gains(*lines, use(bounds=("above",), end=Atom("f(1)", "S", "S"))), "spaces")
    refused(gains(*lines, use(bounds=())), "one or more bounds")
