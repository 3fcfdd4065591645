from dataclasses import replace
from fractions import Fraction

import pytest

from dcpg_theory.errors import CertificateRejected, InvalidInput
from dcpg_theory.exact import semialgebraic
from dcpg_theory.exact.certificates import Outcome
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.exact.semialgebraic import ProductForm, SetSign, counterexample, product_form
from dcpg_theory.exact.verdicts import Scope

F = Fraction
X, Y = symbols("x", "y")
SIMPLEX = (X, Y, 1 - X - Y)


def judged(polynomial, constraints, *, strict=False, degree=3):
    certificate = SetSign(polynomial, tuple(constraints), strict, degree)
    finding = certificate.establish()
    assert certificate.replay() == finding
    return finding


@pytest.mark.parametrize(
    ("polynomial", "strict", "expected"),
    [
        (X * Y, False, Outcome.HOLDS),
        (X * Y, True, Outcome.FAILS),
        (1 - X * Y, True, Outcome.HOLDS),
        (F(1, 4) - X * Y, False, Outcome.OPEN),
        (F(1, 5) - X * Y, False, Outcome.FAILS),
        (1 - X, False, Outcome.HOLDS),
        (1 - X, True, Outcome.FAILS),
        (X - 2 * Y, False, Outcome.FAILS),
    ],
)
def test_signs_on_a_triangle(polynomial, strict, expected):
    # 1/4 - x y >= 0 holds there, with equality inside: no product form of low degree exists.
    assert judged(polynomial, SIMPLEX, strict=strict).outcome is expected


def test_a_found_form_expands_and_a_forged_one_does_not():
    form = product_form(1 - X * Y, SIMPLEX, strict=True, degree=3)
    form.verify(1 - X * Y, SIMPLEX, strict=True)
    (powers, value), *rest = form.terms
    for forged, why in (
        (((powers, value + 1), *rest), "does not expand"),
        (((powers, -value), *rest), "negative"),
        ((), "positive constant"),
        ((((0, 0, 0), F(1)), ((-1, 1, 0), F(1))), "negative"),
    ):
        with pytest.raises(CertificateRejected, match=why):
            ProductForm(tuple(forged)).verify(1 - X * Y, SIMPLEX, strict=True)


def test_a_counterexample_is_an_exact_point_of_the_set():
    point = counterexample(X - 2 * Y, SIMPLEX, strict=False)
    assert all(isinstance(value, Fraction) for value in point.values())
    assert all(limit.evaluate(point) >= 0 for limit in SIMPLEX)
    assert (X - 2 * Y).evaluate(point) < 0
    assert counterexample(X * Y, SIMPLEX, strict=False) is None


def test_an_irrational_counterexample_is_not_taken():
    # Only x = sqrt(2) lies in the set, so no rational point can be shown.
    finding = judged(-X, (X**2 - 2, 2 - X**2, X), degree=2)
    assert finding.outcome is Outcome.OPEN


def test_no_answer_is_undecided(monkeypatch):
    monkeypatch.setattr(semialgebraic, "_Z3_STEPS", 1)
    assert judged(F(1, 5) - X * Y, SIMPLEX).outcome is Outcome.OPEN


def test_what_holds_on_an_empty_set_is_not_proved():
    assert judged(RationalFunction.constant(-5), (RationalFunction.constant(-1),)).outcome is (
        Outcome.OPEN
    )
    assert judged(-X, (X - 2, 1 - X)).outcome is Outcome.OPEN


def test_without_variables_it_is_one_instance():
    finding = judged(RationalFunction.constant(1), (), strict=True)
    assert (finding.outcome, finding.scope) == (Outcome.HOLDS, Scope.INSTANCE)


def test_only_polynomials_are_taken():
    with pytest.raises(InvalidInput, match="must be a polynomial"):
        SetSign(1 / X, (X,), strict=False)
    with pytest.raises(InvalidInput, match="must be a polynomial"):
        SetSign(X, (1 / X,), strict=False)


def test_replay_does_not_ask_z3(monkeypatch):
    certificate = SetSign(1 - X * Y, SIMPLEX, strict=True)
    finding = certificate.establish()
    monkeypatch.setattr(semialgebraic, "_solver", None)
    assert certificate.replay() == finding


@pytest.mark.parametrize(
    "change",
    [
        lambda _: None,
        lambda form: replace(form, terms=form.terms[1:]),
        lambda form: replace(form, terms=(((0, 0), F(1)),)),
        lambda form: replace(form, terms=((form.terms[0][0], -form.terms[0][1]), *form.terms[1:])),
    ],
)
def test_replay_catches_a_tampered_form(change, monkeypatch):
    certificate = SetSign(1 - X * Y, SIMPLEX, strict=True)
    finding = certificate.establish()
    certificate.__dict__["_form"] = change(certificate._form)
    monkeypatch.setattr(SetSign, "establish", lambda _: finding)
    with pytest.raises(CertificateRejected):
        certificate.replay()


def test_replay_catches_a_tampered_witness(monkeypatch):
    certificate = SetSign(X - 2 * Y, SIMPLEX, strict=False)
    finding = certificate.establish()
    for point in ({"x": "1", "y": "0", "value": "-1"}, {"x": "-9", "y": "0", "value": "-9"}):
        monkeypatch.setattr(SetSign, "establish", lambda _, p=point: replace(finding, witness=p))
        with pytest.raises(CertificateRejected, match="sign holds"):
            certificate.replay()
