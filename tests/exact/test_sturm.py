from fractions import Fraction

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from dcpg_theory.errors import CertificateRejected, InvalidInput
from dcpg_theory.exact.boxes import Interval, closed_interval, open_interval
from dcpg_theory.exact.certificates import Outcome
from dcpg_theory.exact.sturm import RootCount, SturmChain, sturm_chain

F = Fraction
X = sympy.Symbol("x")
roots = st.lists(st.fractions(min_value=-2, max_value=2, max_denominator=2), max_size=4)
ends = st.tuples(st.integers(-4, 3), st.integers(1, 6)).map(lambda t: (F(t[0], 2), F(sum(t), 2)))


def row(polynomial):
    return [F(int(c.p), int(c.q)) for c in reversed(sympy.Poly(polynomial, X).all_coeffs())]


@settings(deadline=None, max_examples=60)
@given(roots, st.integers(0, 3), ends, st.booleans(), st.booleans())
def test_counts_agree_with_the_roots_put_in(put_in, extra, span, lower, upper):
    polynomial = sympy.prod([X - sympy.Rational(root) for root in put_in]) * (X**2 + extra)
    known = {*put_in, *([F(0)] if extra == 0 else [])}
    interval = Interval(*span, closed_lower=lower, closed_upper=upper)
    expected = sum(interval.contains(root) for root in known)
    certificate = RootCount(tuple(row(polynomial)), interval, expected)
    assert certificate.replay().outcome is Outcome.HOLDS
    wrong = RootCount(tuple(row(polynomial)), interval, expected + 1)
    assert wrong.replay().outcome is Outcome.FAILS


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=6).filter(any), ends)
def test_counts_agree_with_sympy_on_irrational_roots(coefficients, span):
    polynomial = sympy.Poly(list(reversed(coefficients)), X)
    lower, upper = (sympy.Rational(end) for end in span)
    expected = polynomial.count_roots(lower, upper) if polynomial.degree() > 0 else 0
    expected -= int(polynomial.degree() > 0 and polynomial.eval(lower) == 0)
    assert sturm_chain(coefficients).roots_between(*span) == expected


def test_a_repeated_root_counts_once():
    cube = row((X - 1) ** 3 * (X - 2) ** 2)
    assert sturm_chain(cube).roots_between(F(0), F(3)) == 2
    assert sturm_chain(cube).roots_between(F(1), F(2)) == 1


@pytest.mark.parametrize(
    ("interval", "count"),
    [
        (open_interval(0, 1), 0),
        (closed_interval(0, 1), 2),
        (Interval(0, 1, closed_upper=True), 1),
        (Interval(0, 1, closed_lower=True), 1),
    ],
)
def test_roots_at_the_ends_count_where_the_end_is_closed(interval, count):
    finding = RootCount((0, -1, 1), interval, count).replay()
    assert finding.outcome is Outcome.HOLDS
    assert str(interval) in finding.detail


def test_constants_have_no_roots_and_zero_has_no_chain():
    assert sturm_chain([5]).roots_between(F(-9), F(9)) == 0
    with pytest.raises(InvalidInput, match="zero polynomial"):
        sturm_chain([0, 0])
    with pytest.raises(InvalidInput, match="exact rational"):
        sturm_chain([0.5, 1])


GOOD = sturm_chain([-2, 0, 1]).chain


@pytest.mark.parametrize(
    ("chain", "why"),
    [
        ((GOOD[0], (F(0), F(3)), GOOD[2]), "derivative"),
        ((GOOD[0], GOOD[1], (F(-2),)), "remainder"),
        (GOOD[:2], "square-free"),
        (GOOD[:1], "square-free"),
        (((F(1), F(-2), F(1)), (F(-2), F(2))), "square-free"),
        ((), "empty"),
    ],
)
def test_a_forged_chain_is_rejected(chain, why):
    with pytest.raises(CertificateRejected, match=why):
        SturmChain(chain).verify()


def test_a_tampered_count_does_not_replay():
    certificate = RootCount((-2, 0, 1), open_interval(0, 2), 1)
    certificate.establish()
    object.__setattr__(
        certificate, "establish", RootCount((1, 0, 1), open_interval(0, 2), 1).establish
    )
    with pytest.raises(CertificateRejected, match="contradicts"):
        certificate.replay()
