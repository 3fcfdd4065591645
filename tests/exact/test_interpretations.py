from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from small_chains import (
    INVERSE,
    ONES,
    SOLVED,
    K,
    bound,
    column,
    equal,
    given,
    less,
    nought,
    one,
    r,
    stochastic,
    u,
)

from dcpg_theory.errors import CertificateRejected, InvalidInput
from dcpg_theory.exact import interpretations
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.chains import Chain, Link
from dcpg_theory.exact.interpretations import check_expansions, satisfied_by, violations
from dcpg_theory.exact.linear_algebra import inverse
from dcpg_theory.exact.numbers import NumberKind, as_array
from dcpg_theory.exact.operators import SCALARS, Atom
from dcpg_theory.exact.rational_functions import as_fmpq, symbols

HALF = Fraction(1, 2)


def interpretation(size=3):
    kernel = as_array(stochastic(np.random.default_rng(1), size), NumberKind.RATIONAL)
    eye = as_array(np.eye(size, dtype=int), NumberKind.RATIONAL)
    solved = inverse(eye - kernel * as_fmpq(HALF))
    rewards = as_array(column(*[Fraction(1, 2 + k) for k in range(size)]), NumberKind.RATIONAL)
    return {
        Atom("K", "S", "S"): kernel,
        INVERSE: solved,
        ONES: column(*[1] * size),
        Atom("r", "S", SCALARS): rewards,
        Atom("V", "S", SCALARS): solved @ rewards,
    }


def test_a_stochastic_kernel_satisfies_the_bound():
    assert satisfied_by(bound(), interpretation(), {"S": 3}, {"g": HALF})


def test_scalars_may_be_any_exact_numbers():
    assert satisfied_by(bound(), interpretation(), {"S": 3}, {"g": as_fmpq(HALF)})
    with pytest.raises(InvalidInput, match="g=1 must lie in"):
        violations(bound(), interpretation(), {"S": 3}, {"g": as_fmpq(1)})


def test_what_is_violated_is_named():
    values = interpretation() | {Atom("r", "S", SCALARS): column(2, 0, 0)}
    assert violations(bound(), values, {"S": 3}, {"g": HALF}) == ("bellman", "r<=1", "V=Rr")
    negative = interpretation() | {ONES: column(0, 0, 0)}
    assert violations(bound(), negative, {"S": 3}, {"g": HALF}) == ("1>0", "r<=1", "V<=X")


def test_an_introduced_atom_must_be_what_its_rule_promises():
    values = interpretation() | {INVERSE: np.eye(3, dtype=int).astype(object)}
    assert "n/left" in violations(bound(), values, {"S": 3}, {"g": HALF})


def test_inconsistent_hypotheses_have_no_interpretation():
    absurd = given("0<=-1", less(nought, -one))
    chain = replace(bound(), lines=(*bound().lines[:3], absurd, *bound().lines[3:]))
    assert violations(chain, interpretation(), {"S": 3}, {"g": HALF}) == ("0<=-1",)


def test_values_must_be_complete_and_in_range():
    good = (bound(), interpretation(), {"S": 3})
    with pytest.raises(InvalidInput, match=r"g=1 must lie in \[0, 1\)"):
        violations(*good, {"g": Fraction(1)})
    with pytest.raises(InvalidInput, match="no value for g"):
        violations(*good)
    with pytest.raises(InvalidInput, match="dimension 1"):
        violations(bound(), interpretation(), {"S": 3, SCALARS: 2}, {"g": HALF})
    with pytest.raises(InvalidInput, match="no matrix given for K"):
        violations(bound(), {}, {"S": 3}, {"g": HALF})
    with pytest.raises(InvalidInput, match="exact rational"):
        violations(bound(), interpretation() | {ONES: np.ones((3, 1))}, {"S": 3}, {"g": HALF})


def test_a_chain_that_does_not_hold_up_is_not_interpreted():
    with pytest.raises(CertificateRejected, match="missing link"):
        violations(replace(bound(), lines=bound().lines[3:]), interpretation(), {"S": 3})


def test_facts_at_one_point_are_looked_at_there():
    goal = Link("goal", less(r, r + r - u + u - r, pointwise=True))
    here = given("here", equal(r, u, pointwise=True))
    chain = Chain("", Box(), (here, goal), goal.fact)
    (time,) = symbols("t")
    values = {Atom("r", "S", SCALARS): [[time]], Atom("u", "S", SCALARS): [[time**2]]}
    assert satisfied_by(chain, values, {"S": 1}, at=Fraction(1))
    assert violations(chain, values, {"S": 1}, at=Fraction(2)) == ("here",)
    everywhere = replace(chain, lines=(given("here", equal(r, u)), goal))
    assert violations(everywhere, values, {"S": 1}, at=Fraction(1)) == ("here",)


def test_expansions_are_compared_without_the_operator_algebra(monkeypatch):
    check_expansions(bound())
    facts = interpretations.facts_of(bound())
    monkeypatch.setattr(interpretations, "facts_of", lambda _: facts)
    swapped = replace(SOLVED, fact=equal(SOLVED.fact.left, K @ SOLVED.fact.right))
    lines = tuple(swapped if line is SOLVED else line for line in bound().lines)
    with pytest.raises(CertificateRejected, match="V=Rr does not expand"):
        check_expansions(replace(bound(), lines=lines))
