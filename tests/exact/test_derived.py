"""Derived atoms: what they are made of decides what they are."""

from __future__ import annotations

import pytest

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.derived import (
    at_index,
    gradient_of,
    is_generic,
    marks_of,
    norm_of,
    sum_of,
    transpose,
    value_of,
)
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols

ONE = unit(SCALARS)


def vector(name, space="A"):
    return Operator.of(Atom(name, space, SCALARS))


def scalar(name):
    return Operator.of(Atom(name, SCALARS, SCALARS))


x, y, W = vector("x"), vector("y"), Operator.of(Atom("W", "A", "A"))
E, t = Operator.of(Atom("E[j]", "S", "A")), scalar("t")
theta = {mark: vector(f"theta[{mark}]") for mark in ("0", "k", "k+1", "K")}


def only(operator):
    (atom,) = operator.atoms()
    return atom


def test_transposing_reverses_words_and_undoes_itself():
    product = W @ x @ t + 2 * y
    assert transpose(product) == t @ transpose(x) @ transpose(W) + 2 * transpose(y)
    assert transpose(transpose(product)) == product
    assert transpose(t @ t) == t @ t
    assert transpose(transpose(x) @ W @ y) == transpose(y) @ transpose(W) @ x


def test_an_atom_that_is_only_named_like_a_derived_one_is_another():
    assert transpose(x) != Operator.of(Atom("x^T", SCALARS, "A"))
    assert norm_of(x) != scalar("|x|")
    assert norm_of(vector("x + y")) != norm_of(x + y)
    assert norm_of(vector("x", "A")) != norm_of(vector("x", "B"))


def test_a_sum_is_linear_and_takes_out_what_does_not_depend_on_the_index():
    n = symbols("N")[0]
    assert sum_of(E @ x - 2 * (E @ y), "j") == sum_of(E, "j") @ x - 2 * (sum_of(E, "j") @ y)
    assert sum_of(W @ x, "j") == (W @ x).scaled(n)
    form = transpose(x) @ transpose(E) @ E @ y
    assert sum_of(form, "j") == transpose(x) @ sum_of(transpose(E) @ E, "j") @ y
    assert transpose(sum_of(E @ W, "j")) == sum_of(transpose(E @ W), "j")
    assert sum_of(Operator.zero("A", SCALARS), "j") == Operator.zero("A", SCALARS)


def test_a_bound_index_is_not_free():
    total = sum_of(value_of("L[j]", E @ theta["k"]), "j")
    assert marks_of(only(total)) == {"k"}
    assert not is_generic(only(total), "j")
    assert sum_of(total, "j") == total.scaled(symbols("N")[0])
    assert marks_of(only(sum_of(total, "k"))) == frozenset()


def test_a_shift_reaches_into_norms_functions_and_sums():
    point = E @ theta["k"]
    for of in (norm_of, transpose, lambda p: value_of("f[k]", p), lambda p: gradient_of("g", p)):
        assert at_index(of(point), "0") != of(point)
        assert {"0", "j"} >= set().union(*map(marks_of, at_index(of(point), "0").atoms())) >= {"0"}
    total = sum_of(value_of("L[j]", point), "j")
    assert at_index(total, "k+1") == sum_of(value_of("L[j]", E @ theta["k+1"]), "j")


def test_what_speaks_of_the_next_index_is_not_shifted():
    """|theta[k+1] - theta[k]| would become |theta[k+1] - theta[k+1]|."""
    with pytest.raises(CertificateRejected, match="already"):
        at_index(norm_of(theta["k+1"] - theta["k"]), "k+1")


@pytest.mark.parametrize("name", ["x[k-1]", "x[i]", "x[K-1]", "x[1]"])
def test_an_index_that_nobody_knows_is_refused(name):
    with pytest.raises(CertificateRejected, match="index"):
        sum_of(vector(name), "k")
    with pytest.raises(CertificateRejected, match="index"):
        sum_of(x, "i")


@pytest.mark.parametrize("function", ["", "grad-f", "f(x)", "2f", "|f"])
def test_functions_have_plain_names(function):
    """The gradient of f must not be the value of a function called grad-f."""
    with pytest.raises(CertificateRejected, match="name of a function"):
        value_of(function, x)


@pytest.mark.parametrize("point", [ONE, W, transpose(x)])
def test_functions_are_evaluated_at_vectors(point):
    with pytest.raises(CertificateRejected, match="at vectors only"):
        gradient_of("f", point)


def test_coefficients_are_part_of_what_an_atom_is_made_of():
    s = symbols("s")[0]
    assert norm_of(x.scaled(s)) != norm_of(x.scaled(s * s / s + 1))
    assert norm_of(x.scaled(RationalFunction.constant(2))) == norm_of(x + x)
