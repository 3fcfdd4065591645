from dataclasses import replace
from fractions import Fraction

import numpy as np
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from dcpg_theory.exact.bernstein import (
    bernstein_coefficients,
    bernstein_positivity,
    piece_is_positive,
)
from dcpg_theory.exact.boxes import Box, Interval, closed_interval, open_interval

F = Fraction
CLOSED, OPEN = closed_interval(0, 1), open_interval(0, 1)
coefficients = st.fractions(min_value=-3, max_value=3, max_denominator=3)
planar = st.dictionaries(
    st.tuples(st.integers(0, 3), st.integers(0, 2)), coefficients, min_size=1, max_size=4
)


@settings(deadline=None, max_examples=15)
@given(planar)
def test_the_bernstein_form_is_the_polynomial(polynomial):
    corners = ((F(-1), F(1, 2)), (F(1, 3), F(2)))
    array = bernstein_coefficients(polynomial, corners)
    x, y = sympy.symbols("x y")
    form = sympy.Integer(0)
    for index in np.ndindex(array.shape):
        term = sympy.Rational(array[index])
        for k, variable in enumerate((x, y)):
            low, high = map(sympy.Rational, corners[k])
            t, n, i = (variable - low) / (high - low), array.shape[k] - 1, index[k]
            term *= sympy.binomial(n, i) * t**i * (1 - t) ** (n - i)
        form += term
    target = sum(sympy.Rational(c) * x**i * y**j for (i, j), c in polynomial.items())
    assert sympy.expand(form - target) == 0


@settings(deadline=None, max_examples=60)
@given(planar, st.booleans())
def test_what_is_certified_holds_on_a_fine_grid(polynomial, strict):
    box = Box(x=CLOSED, y=Interval(F(0), F(1), closed_upper=True))
    pieces = bernstein_positivity(polynomial, box, strict=strict, pieces=64)
    if pieces is None:
        return
    for i in range(13):
        for j in range(13):
            point = {"x": F(i, 12), "y": F(j, 12)}
            if box.contains(point):
                value = sum(
                    c * point["x"] ** a * point["y"] ** b for (a, b), c in polynomial.items()
                )
                assert value > 0 if strict else value >= 0


def positive(polynomial, *, strict=True, pieces=512, **intervals):
    return bernstein_positivity(polynomial, Box(**intervals), strict=strict, pieces=pieces)


def test_a_zero_at_an_end_is_strict_only_where_the_end_is_open():
    x = {(1,): F(1)}
    assert positive(x, x=Interval(F(0), F(1), closed_upper=True)) is not None
    assert positive(x, x=CLOSED) is None
    assert positive(x, x=CLOSED, strict=False) is not None
    falling = {(0,): F(1), (1,): F(-1)}
    assert positive(falling, x=Interval(F(0), F(1), closed_lower=True)) is not None
    assert positive(falling, x=Interval(F(0), F(1), closed_upper=True)) is None


def test_a_zero_on_an_open_face_does_not_hurt_but_one_in_a_closed_corner_does():
    product = {(1, 1): F(1)}
    half = Interval(F(0), F(1), closed_upper=True)
    assert positive(product, x=half, y=half) is not None
    assert positive(product, x=half, y=CLOSED) is None
    total = {(1, 0): F(1), (0, 1): F(1)}
    assert positive(total, x=CLOSED, y=half) is not None
    assert positive(total, x=CLOSED, y=CLOSED) is None


def test_an_interior_zero_is_never_strict():
    square = {(2,): F(1), (1,): F(-1), (0,): F(1, 4)}
    assert positive(square, x=OPEN) is None
    assert positive(square, x=OPEN, strict=False) is not None
    third = {(2,): F(9), (1,): F(-6), (0,): F(1)}
    assert positive(third, x=OPEN, pieces=200) is None


def test_a_tiny_dip_is_never_proved():
    for dip in (F(1, 10**3), F(1, 10**12), F(1, 10**30)):
        polynomial = {(2,): F(9), (1,): F(-6), (0,): 1 - dip}
        assert positive(polynomial, x=OPEN, strict=False) is None
        shifted = {(2,): F(4), (1,): F(-4), (0,): 1 - dip}
        assert positive(shifted, x=OPEN, strict=False) is None


def test_a_tiny_clearance_is_proved():
    assert positive({(2,): F(4), (1,): F(-4), (0,): 1 + F(1, 10**4)}, x=CLOSED) is not None


def test_polynomials_without_variables_or_terms():
    assert bernstein_positivity({(): F(1)}, Box(), strict=True) is not None
    assert bernstein_positivity({(): F(-1)}, Box(), strict=False) is None
    assert positive({}, x=CLOSED, strict=False) is not None
    assert positive({}, x=CLOSED) is None


def test_a_variable_that_does_not_occur_does_not_matter():
    assert positive({(1, 0): F(1)}, x=closed_interval(1, 2), y=OPEN) is not None


def test_a_piece_with_a_negative_coefficient_shows_nothing():
    (piece,) = positive({(1,): F(1)}, x=OPEN)
    box = Box(x=OPEN)
    assert piece_is_positive(piece.as_array(), piece.corners, box, strict=True)
    forged = replace(piece, coefficients=(((0,), F(-1)), ((1,), F(1))))
    assert not piece_is_positive(forged.as_array(), forged.corners, box, strict=False)
