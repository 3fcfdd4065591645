from fractions import Fraction

import flint
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.rational_functions import RationalFunction, as_fmpq, symbols

X, Y = symbols("x", "y")
(Z,) = symbols("z")
EXACT = settings(max_examples=20, deadline=None)
small = st.fractions(min_value=-3, max_value=3, max_denominator=4)


@st.composite
def polynomials(draw: st.DrawFn) -> RationalFunction:
    terms = draw(st.lists(st.tuples(small, st.integers(0, 2), st.integers(0, 2)), max_size=3))
    return sum((c * X**i * Y**j for c, i, j in terms), RationalFunction.constant(0))


@st.composite
def functions(draw: st.DrawFn) -> RationalFunction:
    below = draw(polynomials().filter(lambda f: not f.is_zero()))
    return draw(polynomials()) / below


@EXACT
@given(functions(), functions(), functions())
def test_field_axioms(a, b, c):
    assert a + b == b + a
    assert a * b == b * a
    assert (a + b) + c == a + (b + c)
    assert (a * b) * c == a * (b * c)
    assert a * (b + c) == a * b + a * c
    assert (a - a).is_zero()
    assert a + 0 == a == a * 1
    if b:
        assert a / b * b == a
        assert b * b**-1 == 1


@EXACT
@given(functions(), functions())
def test_equality_agrees_with_sympy(a, b):
    difference = sympy.cancel(a.to_sympy() - b.to_sympy())
    assert (a == b) == (difference == 0)
    assert a == a * (X + Y**2 + 1) / (X + Y**2 + 1)


@EXACT
@given(functions(), functions())
def test_equal_elements_have_equal_hashes_in_every_field(a, b):
    wider = a + Z - Z
    assert wider.names != a.names
    assert wider == a
    assert hash(wider) == hash(a)
    if a == b:
        assert hash(a) == hash(b)


def test_constants_hash_like_numbers():
    half = RationalFunction.constant(Fraction(1, 2))
    assert half == Fraction(1, 2)
    assert hash(half) == hash(Fraction(1, 2))
    assert {RationalFunction.constant(3): "three"}[3] == "three"


@EXACT
@given(functions())
def test_derivatives_agree_with_sympy(a):
    for name in ("x", "y", "absent"):
        exact = sympy.diff(a.to_sympy(), sympy.Symbol(name))
        assert sympy.cancel(a.derivative(name).to_sympy() - exact) == 0


@EXACT
@given(functions(), small, small)
def test_evaluation_is_exact_and_balls_enclose_it(a, x, y):
    try:
        value = a.evaluate({"x": x, "y": y})
    except ZeroDivisionError:
        expected = sympy.fraction(sympy.together(a.to_sympy()))[1]
        assert expected.subs({"x": sympy.Rational(x), "y": sympy.Rational(y)}) == 0
        return
    exact = a.to_sympy().subs({"x": sympy.Rational(x), "y": sympy.Rational(y)})
    assert sympy.Rational(int(value.p), int(value.q)) == exact
    around = {"x": flint.arb(as_fmpq(x), 0.01), "y": flint.arb(as_fmpq(y), 0.01)}
    enclosure = a.evaluate(around) if a.free_names() else flint.arb(value)
    assert not enclosure.is_finite() or enclosure.contains(value)


@EXACT
@given(functions(), functions())
def test_evaluation_at_functions_substitutes(a, b):
    inner = b * X + 1
    try:
        composed = a.evaluate({"x": inner, "y": Y})
    except ZeroDivisionError:
        return
    exact = a.to_sympy().subs(sympy.Symbol("x"), inner.to_sympy())
    assert sympy.cancel(exact - as_sympy(composed)) == 0


def as_sympy(value):
    return value.to_sympy() if isinstance(value, RationalFunction) else sympy.Rational(str(value))


def test_different_variables_meet_in_the_union():
    mixed = X / (1 + Z)
    assert mixed.free_names() == {"x", "z"}
    assert mixed * (1 + Z) == X
    assert (mixed - mixed).free_names() == frozenset()


def test_symbols_keep_the_order_they_were_asked_in():
    b, a = symbols("b", "a")
    assert (str(b), str(a)) == ("b", "a")


@pytest.mark.parametrize("operation", ["__add__", "__mul__", "__sub__", "__truediv__", "__pow__"])
@pytest.mark.parametrize("value", [0.5, float("nan"), 1j, "1/2", None])
def test_what_is_not_exact_does_not_mix(operation, value):
    assert getattr(X, operation)(value) is NotImplemented


@pytest.mark.parametrize("value", [0.1, float("inf"), "1/2", None, 1j, sympy.Float(0.1), X])
def test_only_exact_rationals_become_fmpq(value):
    with pytest.raises(InvalidInput, match="must be an exact rational"):
        as_fmpq(value)


def test_a_pole_is_division_by_zero():
    with pytest.raises(ZeroDivisionError, match="pole"):
        (1 / (X - 1)).evaluate({"x": 1})
    with pytest.raises(ZeroDivisionError):
        _ = 1 / (X - X)
    with pytest.raises(ZeroDivisionError):
        _ = (X - X) ** -1


def test_a_missing_value_is_named():
    with pytest.raises(InvalidInput, match="no value for y"):
        (X * Y).evaluate({"x": 1})


def test_names_must_differ():
    with pytest.raises(InvalidInput, match="different names"):
        symbols("x", "x")
    with pytest.raises(InvalidInput, match="different names"):
        symbols()


def test_only_constants_are_constants():
    assert (X - X + 3).as_constant() == 3
    with pytest.raises(InvalidInput, match="not a constant"):
        X.as_constant()


def test_elements_do_not_change():
    with pytest.raises(AttributeError, match="immutable"):
        X.numerator = Y.numerator
    with pytest.raises(AttributeError, match="immutable"):
        del X.denominator
