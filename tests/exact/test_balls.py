from fractions import Fraction

import flint
import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.balls import NEGATED, RELATIONS, ball, precision, relation_holds, square_root

rationals = st.fractions(min_value=-5, max_value=5, max_denominator=9)


def wide(low, high):
    return flint.arb((low + high) / 2, (high - low) / 2)


def fail_inside(bits):
    with precision(bits):
        assert flint.ctx.prec == bits
        with precision(60):
            assert flint.ctx.prec == 60
        assert flint.ctx.prec == bits
        raise RuntimeError


def test_precision_is_restored_after_exceptions():
    before = flint.ctx.prec
    with pytest.raises(RuntimeError):
        fail_inside(500)
    assert flint.ctx.prec == before


@pytest.mark.parametrize("bits", [1, 0, -5, 64.0, "64", True])
def test_precision_must_be_a_whole_number(bits):
    with pytest.raises(InvalidInput, match="whole number >= 2"), precision(bits):
        pass


@settings(deadline=None, max_examples=60)
@given(rationals, rationals, st.sampled_from(sorted(RELATIONS)))
def test_exact_relations_are_decided_like_fractions(a, b, relation):
    assert relation_holds(a, relation, b) is RELATIONS[relation](a, b)
    assert relation_holds(a, NEGATED[relation], b) is not relation_holds(a, relation, b)


@settings(deadline=None, max_examples=60)
@given(rationals, rationals, st.sampled_from(sorted(RELATIONS)), st.floats(0, 2), st.floats(0, 2))
def test_an_answer_about_balls_is_never_wrong(a, b, relation, r, s):
    one, two = flint.arb(ball(a), r), flint.arb(ball(b), s)
    answer = relation_holds(one, relation, two)
    assert answer in (None, RELATIONS[relation](a, b))
    opposite = relation_holds(one, NEGATED[relation], two)
    assert opposite == (None if answer is None else not answer)


def test_touching_and_overlapping_balls_are_open_both_ways():
    for relation in ("<", ">", "=", "!="):
        assert relation_holds(wide(0, 2), relation, wide(1, 3)) is None
    assert relation_holds(wide(0, 1), "<=", wide(2, 3)) is True
    assert relation_holds(wide(0, 1), "<", wide(2, 3)) is True
    assert relation_holds(wide(0, 1), "=", wide(2, 3)) is False


@pytest.mark.parametrize("value", [flint.arb("nan"), flint.arb("inf"), flint.arb(0, float("inf"))])
@pytest.mark.parametrize("relation", sorted(RELATIONS))
def test_what_is_not_finite_is_open(value, relation):
    assert relation_holds(value, relation, value) is None


def test_square_roots_enclose():
    with precision(100), mpmath.workprec(200):
        root = square_root(Fraction(1, 2))
        assert root.contains(flint.arb(str(mpmath.sqrt(mpmath.mpf(1) / 2))).mid())
    assert square_root(0) == 0


@pytest.mark.parametrize("value", [-1, Fraction(-1, 9), flint.arb(0, 0.5), flint.arb("nan")])
def test_a_root_of_what_may_be_negative_is_refused(value):
    with pytest.raises(InvalidInput, match="may be negative"):
        square_root(value)


def test_floats_and_unknown_relations_are_refused():
    with pytest.raises(InvalidInput, match="must be one of"):
        relation_holds(1, "==", 1)
    for pair in ((0.1, 1), (flint.arb(1), 0.1), (1, "x")):
        with pytest.raises(InvalidInput, match="exact rational"):
            relation_holds(pair[0], "<", pair[1])
