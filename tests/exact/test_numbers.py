from fractions import Fraction

import flint
import numpy as np
import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import NumberKind, as_array, as_scalar, number_kind
from dcpg_theory.exact.rational_functions import symbols

(X,) = symbols("x")
BALL = flint.arb(1)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ((1, Fraction(1, 2)), NumberKind.RATIONAL),
        ((1, 0.5), NumberKind.FLOAT),
        ((Fraction(1, 2), BALL), NumberKind.BALL),
        (([1, [2, X]],), NumberKind.SYMBOLIC),
        ((np.zeros(2),), NumberKind.FLOAT),
        ((np.zeros(2, dtype=int),), NumberKind.RATIONAL),
        ((np.array([X, 1], dtype=object),), NumberKind.SYMBOLIC),
    ],
)
def test_values_meet_in_the_least_kind(values, kind):
    assert number_kind(*values) is kind


@pytest.mark.parametrize("values", [(0.5, X), (0.5, BALL), (X, BALL), ("1",), (np.zeros(1) * 1j,)])
def test_kinds_that_do_not_meet_are_refused(values):
    with pytest.raises(InvalidInput):
        number_kind(*values)


@pytest.mark.parametrize("kind", [NumberKind.RATIONAL, NumberKind.BALL, NumberKind.SYMBOLIC])
def test_a_float_never_becomes_exact(kind):
    with pytest.raises(InvalidInput, match="exact rational"):
        as_scalar(0.1, kind)
    with pytest.raises(InvalidInput, match="exact rational"):
        as_array(np.array([0.1]), kind)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (X, NumberKind.RATIONAL),
        (BALL, NumberKind.RATIONAL),
        (X, NumberKind.FLOAT),
        (X, NumberKind.BALL),
        (BALL, NumberKind.SYMBOLIC),
    ],
)
def test_values_never_step_down_the_ladder(value, kind):
    with pytest.raises(InvalidInput):
        as_scalar(value, kind)


def test_arrays_keep_their_shape_and_refuse_ragged_rows():
    assert as_array([[1, 2], [3, X]], NumberKind.SYMBOLIC).shape == (2, 2)
    assert as_array([[Fraction(1, 4)]], NumberKind.FLOAT).tolist() == [[0.25]]
    assert as_array(X, NumberKind.SYMBOLIC).shape == ()
    with pytest.raises(InvalidInput, match="ragged"):
        as_array([[1, 2], [3]], NumberKind.RATIONAL)
