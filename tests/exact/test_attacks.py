from dataclasses import replace

import pytest
from small_chains import (
    V,
    bound,
    equal,
    given,
    greedy_dominates,
    less,
    r,
    resolvent_derivative,
    u,
)

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.attacks import mutants, surviving
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.chains import Chain, Link, Multiple

CHAINS = (bound, resolvent_derivative, greedy_dominates)


@pytest.mark.parametrize("make", CHAINS)
def test_no_mutant_of_a_tight_chain_survives(make):
    assert surviving(make()) == ()


@pytest.mark.parametrize("make", CHAINS)
def test_every_line_is_left_out_once(make):
    chain = make()
    names = [what for what, _ in mutants(chain)]
    assert [n for n in names if n.startswith("without ")] == [
        f"without {x.name}" for x in chain.lines
    ]
    assert all(mutant != chain for _, mutant in mutants(chain))


def test_the_conclusion_is_strengthened_together_with_its_link():
    stronger = dict(mutants(bound()))["V<=X with ="]
    assert stronger.conclusion == replace(bound().conclusion, relation="=")
    assert stronger.lines[-1].fact == stronger.conclusion


def weak():
    goal = Link("goal", less(r, u), (Multiple("a"), Multiple("b")))
    lines = (given("a", equal(r, V)), given("b", equal(V, u)), goal)
    return Chain("weaker than what it shows", Box(), lines, goal.fact)


def test_a_conclusion_weaker_than_what_was_shown_survives_strengthening():
    assert surviving(weak()) == ("goal with =",)


def test_a_spare_hypothesis_is_reported_as_unused_and_not_as_a_survivor():
    spare = replace(weak(), lines=(given("spare", less(u, 2 * u)), *weak().lines))
    assert surviving(spare) == ("goal with =",)


def test_two_hypotheses_that_can_stand_in_for_each_other_survive():
    chain = bound()
    copy = replace(chain.lines[0], name="K>=0 again")
    doubled = replace(chain, lines=(chain.lines[0], copy, *chain.lines[1:]))
    assert surviving(doubled) == ("without K>=0",)


def test_a_point_is_attacked_by_saying_everywhere():
    goal = Link("goal", less(r, u, pointwise=True), (Multiple("a"), Multiple("b")))
    lines = (given("a", less(r, V, pointwise=True)), given("b", less(V, u)), goal)
    chain = Chain("at one point", Box(), lines, goal.fact)
    assert "goal everywhere" in dict(mutants(chain))
    assert surviving(chain) == ()
    idle = replace(chain, lines=(given("a", less(r, V)), *lines[1:]))
    assert surviving(idle) == ("goal everywhere",)


def test_a_broken_chain_is_not_attacked():
    with pytest.raises(CertificateRejected):
        surviving(replace(bound(), lines=()))
