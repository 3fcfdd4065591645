from fractions import Fraction

import flint
import pytest

from dcpg_theory.errors import CertificateRejected, InvalidInput
from dcpg_theory.exact.balls import square_root
from dcpg_theory.exact.boxes import Box, open_interval
from dcpg_theory.exact.certificates import Comparison, Enclosure, Finding, Identity, Outcome
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.exact.verdicts import Scope

X, Y = symbols("x", "y")
ONE = RationalFunction.constant(1)
BOX = Box(x=open_interval(0, 1), y=open_interval(0, 1))
HALF = Fraction(1, 2)


def identity(left, right, roots=None, box=BOX):
    return Identity((left,), (right,), ("entry",), box, roots or {})


def test_an_identity_holds_for_all_parameters():
    finding = identity((X + Y) ** 2, X**2 + 2 * X * Y + Y**2).replay()
    assert (finding.outcome, finding.scope) == (Outcome.HOLDS, Scope.FAMILY)


def test_a_wrong_identity_is_refuted_at_a_point_of_the_box():
    finding = identity(X * Y, X).replay()
    assert finding.outcome is Outcome.FAILS
    point = {name: Fraction(finding.witness[name]) for name in BOX}
    assert BOX.contains(point)
    assert (X * Y).evaluate(point) != X.evaluate(point)


def test_an_identity_that_fails_everywhere_but_at_the_middle_is_refuted():
    assert identity(X, RationalFunction.constant(HALF)).replay().outcome is Outcome.FAILS


def test_constants_without_a_range_are_one_instance():
    assert identity(ONE, ONE, box=Box()).establish().scope is Scope.INSTANCE


def test_square_roots_are_reduced():
    assert identity(X**2, ONE / 2, {"x": HALF}).replay().outcome is Outcome.HOLDS
    assert identity(X**3 * Y, X * Y / 2, {"x": HALF}).replay().outcome is Outcome.HOLDS
    failing = identity(X, ONE / 2, {"x": HALF}).replay()
    assert failing.outcome is Outcome.FAILS
    assert failing.witness["x"] == "sqrt(1/2)"


def test_sides_that_are_undefined_at_the_root_are_not_equal():
    pole = 1 / (2 * X**2 - 1)
    assert identity(pole, pole, {"x": HALF}).replay().outcome is Outcome.OPEN
    assert identity(pole, 2 * pole, {"x": HALF}).replay().outcome is Outcome.OPEN


@pytest.mark.parametrize(
    "roots",
    [{"x": Fraction(-1)}, {"x": Fraction(1, 4)}, {"x": HALF, "y": Fraction(2)}, {"x": Fraction(0)}],
)
def test_roots_that_are_rational_imaginary_or_dependent_are_refused(roots):
    with pytest.raises(InvalidInput, match="irrational, positive and independent"):
        identity(X, X, roots)


def test_sides_must_match():
    with pytest.raises(InvalidInput, match="equally many"):
        Identity((X, Y), (X,), ("a",), BOX)
    with pytest.raises(InvalidInput, match="equally many"):
        Identity((), (), (), BOX)


def test_replay_compares_the_sides_without_the_normal_form(monkeypatch):
    holds = identity(X, X).establish()
    fails = identity(X, Y).establish()
    monkeypatch.setattr(Identity, "establish", lambda _: holds)
    with pytest.raises(CertificateRejected, match="grid"):
        identity(X / (1 + Y), X / (1 + Y + X)).replay()
    monkeypatch.setattr(Identity, "establish", lambda _: fails)
    with pytest.raises(CertificateRejected, match="grid"):
        identity(X / Y, (X * X + X) / (Y * X + Y)).replay()


@pytest.mark.parametrize("relation", ["=", "!=", "<", "<=", ">", ">="])
def test_comparisons_replay_in_integers(relation, monkeypatch):
    for left, right in ((HALF, Fraction(2, 3)), (HALF, HALF), (1, HALF)):
        certificate = Comparison(left, relation, right, {})
        finding = certificate.replay()
        assert finding.scope is Scope.INSTANCE
        wrong = Outcome.FAILS if finding.outcome is Outcome.HOLDS else Outcome.HOLDS
        with monkeypatch.context() as patch:
            forged = Finding(wrong, Scope.INSTANCE, "")
            patch.setattr(Comparison, "establish", lambda _, f=forged: f)
            with pytest.raises(CertificateRejected, match="integer arithmetic"):
                certificate.replay()


def test_an_enclosure_decides_what_the_precision_separates():
    def root():
        return square_root(2)

    def near():
        return flint.arb(flint.fmpq(3 * 10**40, 2 * 10**40))

    assert Enclosure(root, "<", near, {}).replay().outcome is Outcome.HOLDS
    assert Enclosure(root, ">", near, {}).replay().outcome is Outcome.FAILS
    assert Enclosure(root, "=", root, {}).replay().outcome is Outcome.OPEN


def test_an_enclosure_open_at_one_precision_may_be_decided_at_the_next():
    def shifted():
        return square_root(2) + flint.arb(2) ** -40

    certificate = Enclosure(lambda: square_root(2), "<", shifted, {}, bits=30)
    assert certificate.replay().outcome is Outcome.OPEN


def test_an_enclosure_that_changes_its_mind_does_not_replay():
    def unsound():
        return flint.arb(1 if flint.ctx.prec < 200 else 3)

    with pytest.raises(CertificateRejected, match="twice the precision"):
        Enclosure(unsound, "<", lambda: flint.arb(2), {}).replay()


def test_floats_certify_nothing():
    with pytest.raises(InvalidInput, match="exact rational"):
        Enclosure(lambda: 0.1, "<", lambda: 1, {}).establish()


def test_a_sentence_shows_the_first_digits_of_a_long_rational_and_the_witness_all():
    third = flint.fmpq(10**60 + 1, 3 * 10**60)
    finding = Comparison(third, ">", flint.fmpq(1, 3), {}).establish()
    assert finding.detail == "0.3333333333 (rounded down) > 1/3"
    assert finding.witness["left side"] == str(third)
    below = Comparison(-third, "<", flint.fmpq(0), {}).establish()
    assert below.detail == "-0.3333333334 (rounded down) < 0"
