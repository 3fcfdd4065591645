from fractions import Fraction

import pytest

from dcpg_theory.errors import CertificateRejected, InvalidInput
from dcpg_theory.exact.boxes import Box, open_interval
from dcpg_theory.exact.certificates import Outcome
from dcpg_theory.exact.existence import Existence
from dcpg_theory.exact.rational_functions import RationalFunction, symbols

(X,) = symbols("x")
ZERO = RationalFunction.constant(0)
BOX = Box(x=open_interval(0, 1))


def test_a_point_is_shown_or_excluded():
    found = Existence(X, ">", RationalFunction.constant(Fraction(3, 4)), BOX).replay()
    assert found.outcome is Outcome.HOLDS
    assert Fraction(found.witness["x"]) > Fraction(3, 4)
    assert Existence(X, "<=", ZERO, BOX).replay().outcome is Outcome.FAILS
    tiny = (3 * X - 1) ** 2 - Fraction(1, 10**9)
    assert Existence(tiny, "<", ZERO, BOX).replay().outcome is Outcome.OPEN


def test_relations_and_ranges_are_checked_before_the_search():
    with pytest.raises(InvalidInput, match="must be one of"):
        Existence(X, "=", X, BOX)
    with pytest.raises(InvalidInput, match="no range given"):
        Existence(X, "<", symbols("y")[0], BOX)


@pytest.mark.parametrize("x", ["2", "1/2"])
def test_a_tampered_point_does_not_replay(monkeypatch, x):
    certificate = Existence(X, ">", RationalFunction.constant(Fraction(3, 4)), BOX)
    finding = certificate.establish()
    finding.witness["x"] = x
    monkeypatch.setattr(Existence, "establish", lambda _: finding)
    with pytest.raises(CertificateRejected):
        certificate.replay()
