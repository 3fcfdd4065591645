from dataclasses import replace
from fractions import Fraction

import pytest

from dcpg_theory.errors import CertificateRejected, InvalidInput
from dcpg_theory.exact.boxes import Box, Interval, closed_interval, open_interval
from dcpg_theory.exact.certificates import Outcome
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.exact.signs import BoxSign, sign_on_box
from dcpg_theory.exact.verdicts import Scope

X, Y = symbols("x", "y")
ZERO, ONE = RationalFunction.constant(0), RationalFunction.constant(1)
HALF = Fraction(1, 2)
OPEN, CLOSED = Box(x=open_interval(0, 1)), Box(x=closed_interval(0, 1))
LEFT_OPEN = Box(x=Interval(0, 1, closed_upper=True))
PLANE = Box(x=open_interval(0, 1), y=Interval(HALF, 1, closed_upper=True))


def outcome(left, relation, right, box):
    certificate = BoxSign(left, relation, right, box)
    finding = certificate.establish()
    assert certificate.replay() == finding
    return finding.outcome


@pytest.mark.parametrize(
    ("left", "relation", "box", "expected"),
    [
        (X, ">", LEFT_OPEN, Outcome.HOLDS),
        (X, ">", CLOSED, Outcome.FAILS),
        (X, ">=", CLOSED, Outcome.HOLDS),
        (1 - X, ">", LEFT_OPEN, Outcome.FAILS),
        (1 - X, ">", OPEN, Outcome.HOLDS),
        (-X, "<", OPEN, Outcome.HOLDS),
        ((X - HALF) ** 2, ">=", OPEN, Outcome.HOLDS),
        ((X - HALF) ** 2, ">", OPEN, Outcome.FAILS),
        ((3 * X - 1) ** 4 * X, ">=", OPEN, Outcome.HOLDS),
        ((X - HALF) ** 3, ">=", OPEN, Outcome.FAILS),
        (1 / (X - HALF) ** 2, ">", OPEN, Outcome.FAILS),
        (1 / (7 * X - 2) ** 2, ">=", OPEN, Outcome.OPEN),
        (1 / (2 * X - 1), "<", OPEN, Outcome.FAILS),
        (1 / X, ">", LEFT_OPEN, Outcome.HOLDS),
        (1 / X, ">", CLOSED, Outcome.FAILS),
        (-1 / (1 + X), "<", CLOSED, Outcome.HOLDS),
        (ZERO, ">=", CLOSED, Outcome.HOLDS),
        (ZERO, ">", CLOSED, Outcome.FAILS),
        (-ONE, ">=", CLOSED, Outcome.FAILS),
    ],
)
def test_signs_on_half_open_boxes(left, relation, box, expected):
    assert outcome(left, relation, ZERO, box) is expected


def test_a_tiny_dip_is_never_proved():
    for dip in (Fraction(1, 10**4), Fraction(1, 10**15)):
        assert outcome((3 * X - 1) ** 2 - dip, ">=", ZERO, OPEN) is not Outcome.HOLDS


def test_a_pole_that_cancels_is_noticed():
    pole = 1 / (X - HALF)
    assert outcome(pole + X, ">", pole, OPEN) is Outcome.FAILS
    hidden = 1 / (7 * X - 2)
    assert outcome(hidden + X, ">", hidden, OPEN) is Outcome.OPEN
    harmless = 1 / (X + 1)
    assert outcome(harmless + X, ">", harmless, OPEN) is Outcome.HOLDS


def test_two_parameters_with_a_half_open_side():
    assert outcome(X * Y / (1 - (1 - Y) * X**2), ">", ZERO, PLANE) is Outcome.HOLDS
    assert outcome(2 * Y - 1, ">", ZERO, PLANE) is Outcome.HOLDS
    assert outcome(1 - Y, ">", ZERO, PLANE) is Outcome.FAILS
    assert outcome(1 - Y + X, ">", ZERO, PLANE) is Outcome.HOLDS


def test_scope_is_an_instance_only_without_parameters():
    assert BoxSign(X + 1, ">", X, OPEN).establish().scope is Scope.FAMILY
    assert BoxSign(ONE, ">", ZERO, Box()).establish().scope is Scope.INSTANCE


def test_bad_relations_and_ranges_are_named():
    with pytest.raises(InvalidInput, match="must be one of <, <=, >, >="):
        BoxSign(X, "=", ZERO, OPEN)
    with pytest.raises(InvalidInput, match="no range given for y"):
        BoxSign(X, ">", Y, OPEN)
    with pytest.raises(InvalidInput, match="no range given for y"):
        BoxSign(X + 1 / Y, ">", 1 / Y, OPEN)
    with pytest.raises(InvalidInput, match="must be one of"):
        sign_on_box(X, "!=", OPEN)


def tampered(certificate, proof):
    certificate.establish()
    certificate.__dict__["_proof"] = proof
    return certificate


def forged(certificate, **changes):
    """Change the first factor of a certificate's proof."""
    unit, (first, *rest) = certificate._proof
    return tampered(certificate, (unit, (replace(first, **changes), *rest)))


def quadratic():
    return BoxSign(4 * X**2 - 4 * X + Fraction(11, 10), ">", ZERO, CLOSED)


def doubled():
    (factor,) = quadratic()._proof[1]
    return (factor.pieces[0],) * 2


def renumbered():
    (factor,) = quadratic()._proof[1]
    first = factor.pieces[0]
    changed = tuple((i, v + 1) for i, v in first.coefficients)
    return (replace(first, coefficients=changed), *factor.pieces[1:])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"pieces": ()}, "do not fill"),
        ({"pieces": quadratic()._proof[1][0].pieces[1:]}, "do not fill"),
        ({"pieces": doubled()}, "overlap"),
        ({"pieces": renumbered()}, "does not expand"),
        ({"sign": -1}, "does not expand"),
        ({"sign": 0, "pieces": ()}, "may vanish"),
        ({"strict": False}, "may vanish"),
        ({"exponent": 2}, "do not multiply"),
        ({"below": True}, "do not multiply"),
    ],
)
def test_replay_catches_a_forged_factor(changes, why):
    with pytest.raises(CertificateRejected, match=why):
        forged(quadratic(), **changes).replay()


def test_replay_catches_a_forged_sign():
    with pytest.raises(CertificateRejected, match="do not multiply"):
        tampered(BoxSign(-ONE, ">", ZERO, Box()), (Fraction(1), ())).replay()
    with pytest.raises(CertificateRejected, match="signs"):
        tampered(BoxSign(-ONE, ">", ZERO, Box()), (Fraction(-1), ())).replay()
    with pytest.raises(CertificateRejected, match="signs"):
        tampered(BoxSign(ZERO, ">", ZERO, OPEN), (Fraction(0), ())).replay()


def test_replay_catches_a_pole_passed_off_as_an_even_power():
    certificate = BoxSign(1 / (X - HALF) ** 2, ">=", ZERO, OPEN)
    even = quadratic()._proof[1][0]
    factor = replace(
        even,
        polynomial={(1,): Fraction(1), (0,): -HALF},
        exponent=2,
        below=True,
        sign=0,
        strict=False,
        pieces=(),
    )
    with pytest.raises(CertificateRejected, match="may vanish"):
        tampered(certificate, (Fraction(1), (factor,))).replay()


def test_certified_signs_hold_at_samples():
    for value in (X * Y - X / 2, 1 - X * Y, Y - X**2, Y**2 + X - Fraction(1, 3)):
        if sign_on_box(value, ">", PLANE):
            assert all(value.evaluate(point) > 0 for point in PLANE.samples(15))
