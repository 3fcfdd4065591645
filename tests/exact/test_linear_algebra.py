from fractions import Fraction

import flint
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.balls import precision
from dcpg_theory.exact.linear_algebra import determinant, identity, inverse, solve
from dcpg_theory.exact.numbers import NumberKind, as_array
from dcpg_theory.exact.rational_functions import RationalFunction, as_fmpq, symbols

GAMMA, P = symbols("gamma", "p")
QUICK = settings(max_examples=25, deadline=None)
entries = st.fractions(min_value=-3, max_value=3, max_denominator=3)
squares = st.integers(1, 4).flatmap(
    lambda n: st.lists(st.lists(entries, min_size=n, max_size=n), min_size=n, max_size=n)
)


def encloses(ball, value):
    """Arb's own `contains` rounds the rational first, and then compares two balls."""
    with precision(400):
        return ball.overlaps(flint.arb(as_fmpq(value)))


def corridor(size):
    """I - gamma P of a walk on a line that steps right with p, stays at the ends."""
    matrix = identity(size, NumberKind.SYMBOLIC)
    for i in range(size):
        matrix[i, min(i + 1, size - 1)] -= GAMMA * P
        matrix[i, max(i - 1, 0)] -= GAMMA * (1 - P)
    return matrix


@QUICK
@given(squares)
def test_rationals_agree_with_sympy(rows):
    exact = sympy.Matrix([[sympy.Rational(x) for x in row] for row in rows])
    found = determinant(as_array(rows, NumberKind.RATIONAL))
    assert sympy.Rational(int(found.p), int(found.q)) == exact.det()
    symbolic = determinant(as_array(rows, NumberKind.SYMBOLIC))
    assert symbolic == found
    if exact.det() == 0:
        for kind in (NumberKind.RATIONAL, NumberKind.SYMBOLIC, NumberKind.BALL):
            with pytest.raises(ZeroDivisionError):
                inverse(as_array(rows, kind))
        return
    for kind in (NumberKind.RATIONAL, NumberKind.SYMBOLIC):
        matrix = as_array(rows, kind)
        assert (inverse(matrix) @ matrix == identity(len(rows), kind)).all()


@QUICK
@given(squares)
def test_balls_enclose_the_rational_solution(rows):
    exact = as_array(rows, NumberKind.RATIONAL)
    assert encloses(determinant(as_array(rows, NumberKind.BALL)), determinant(exact))
    if determinant(exact) == 0:
        return
    try:
        balls = inverse(as_array(rows, NumberKind.BALL))
    except ZeroDivisionError:
        return
    for ball, value in zip(balls.flat, inverse(exact).flat, strict=True):
        assert encloses(ball, value)


def test_the_inverse_of_a_model_with_twelve_states_multiplies_to_one():
    matrix = corridor(12)
    found = inverse(matrix)
    assert (found @ matrix == identity(12, NumberKind.SYMBOLIC)).all()
    assert (found.sum(axis=1) == 1 / (1 - GAMMA)).all()


def test_symbolic_determinants_agree_with_sympy():
    matrix = corridor(4)
    matrix[0] = matrix[0] / (1 + P)
    exact = sympy.Matrix(4, 4, [entry.to_sympy() for entry in matrix.flat]).det()
    assert sympy.cancel(determinant(matrix).to_sympy() - exact) == 0


def test_rows_that_only_cancel_symbolically_are_singular():
    matrix = as_array([[GAMMA, P], [GAMMA**2, GAMMA * P]], NumberKind.SYMBOLIC)
    assert determinant(matrix) == 0
    with pytest.raises(ZeroDivisionError, match="singular"):
        inverse(matrix)


def test_a_zero_pivot_is_exchanged():
    matrix = as_array([[0, 1, GAMMA], [1, 0, P], [0, 0, 2]], NumberKind.SYMBOLIC)
    assert determinant(matrix) == -2
    assert (inverse(matrix) @ matrix == identity(3, NumberKind.SYMBOLIC)).all()


def test_floats_agree_with_numpy():
    matrix = np.array([[2.0, 1.0], [1.0, 3.0]])
    assert np.allclose(inverse(matrix), np.linalg.inv(matrix))
    assert determinant(matrix) == pytest.approx(5)
    with pytest.raises(ZeroDivisionError, match="singular"):
        solve(np.zeros((2, 2)), np.ones(2))


def test_a_right_side_may_be_a_vector_or_a_matrix_of_another_kind():
    matrix = as_array([[2, 0], [0, 4]], NumberKind.RATIONAL)
    assert solve(matrix, as_array([1, 1], NumberKind.RATIONAL)).tolist() == [
        as_fmpq(Fraction(1, 2)),
        as_fmpq(Fraction(1, 4)),
    ]
    mixed = solve(matrix, as_array([GAMMA, P], NumberKind.SYMBOLIC))
    assert mixed[0] == GAMMA / 2
    assert isinstance(mixed[1], RationalFunction)
    ball = solve(matrix, as_array([flint.arb(1), flint.arb(1)], NumberKind.BALL))
    assert encloses(ball[0], Fraction(1, 2))


@pytest.mark.parametrize("kind", list(NumberKind))
def test_an_empty_matrix_has_determinant_one(kind):
    assert determinant(as_array(np.zeros((0, 0), dtype=int), kind)) == 1 or kind is NumberKind.FLOAT


def test_shapes_that_do_not_fit_are_named():
    square = identity(2, NumberKind.RATIONAL)
    with pytest.raises(InvalidInput, match=r"\(2, 3\) must be square"):
        solve(np.ones((2, 3)), np.ones(2))
    with pytest.raises(InvalidInput, match=r"\(2, 3\) must be square"):
        determinant(np.ones((2, 3)))
    with pytest.raises(InvalidInput, match=r"\(3,\) does not fit"):
        solve(square, as_array([1, 2, 3], NumberKind.RATIONAL))
