from fractions import Fraction

import numpy as np
import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, evaluate, unit
from dcpg_theory.exact.rational_functions import symbols

(G,) = symbols("g")
A, B = Operator.of(Atom("A", "S", "T")), Operator.of(Atom("B", "T", "S"))
V = Operator.of(Atom("v", "S", SCALARS))
SIZES = {"S": 2, "T": 3, SCALARS: 1}
RNG = np.random.default_rng(5)
VALUES = {
    Atom("A", "S", "T"): RNG.integers(-4, 5, (2, 3)).astype(object),
    Atom("B", "T", "S"): RNG.integers(-4, 5, (3, 2)).astype(object),
    Atom("v", "S", SCALARS): RNG.integers(-4, 5, (2, 1)).astype(object),
}
AT = {"g": Fraction(1, 3)}


def value(operator):
    return evaluate(operator, VALUES, SIZES, AT)


def test_the_algebra_agrees_with_matrices():
    left = (A @ B - 2 * unit("S")) @ (G * (A @ B) + unit("S"))
    expanded = G * (A @ B @ A @ B) + A @ B - (2 * G) * (A @ B) - 2 * unit("S")
    assert left == expanded
    factors = value(A @ B - 2 * unit("S")) @ value(G * (A @ B) + unit("S"))
    assert (value(left) == factors).all()
    assert (value(-(A @ B @ V)) == -value(A) @ value(B) @ value(V)).all()


def test_products_do_not_commute_and_cancel_exactly():
    assert A @ B @ A @ B != B @ A
    assert (A - A).terms == {}
    assert Operator.zero("S", "T") == A - A
    assert hash(A @ B - A @ B + A @ B) == hash(A @ B)
    assert Operator.zero("S", "S") != Operator.zero("T", "T")


def test_spaces_must_meet():
    for wrong in (lambda: A @ A, lambda: A + B, lambda: A - V, lambda: V @ A):
        with pytest.raises(InvalidInput, match=r"do not add|does not compose"):
            wrong()
    with pytest.raises(InvalidInput, match="does not compose"):
        Operator("S", "S", A.terms)


def test_substitution_replaces_every_occurrence():
    word = A @ B @ A @ B + unit("S")
    inner = Atom("B", "T", "S")
    assert word.substitute(inner, 2 * B) == 4 * (A @ B @ A @ B) + unit("S")
    with pytest.raises(InvalidInput):
        word.substitute(inner, A)


def test_operators_do_not_change():
    with pytest.raises(AttributeError, match="immutable"):
        A.terms = {}
    with pytest.raises(AttributeError, match="immutable"):
        del A.terms
    with pytest.raises(TypeError):
        A.terms[()] = 1
    with pytest.raises(TypeError, match="cannot be subclassed"):
        type("Equal", (Operator,), {})


def test_missing_values_are_named():
    with pytest.raises(InvalidInput, match="no matrix given for A: T -> S"):
        evaluate(A, {}, SIZES)
    with pytest.raises(InvalidInput, match="no dimension given for the space S"):
        evaluate(A, VALUES, {"T": 3})
    with pytest.raises(InvalidInput, match=r"shape \(2, 3\), not \(2, 2\)"):
        evaluate(A, VALUES, {"S": 2, "T": 2})
    with pytest.raises(InvalidInput, match="no value for g"):
        evaluate(G * A, VALUES, SIZES)
