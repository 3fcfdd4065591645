"""Closed forms against eigenvalues that are enclosed or exact."""

from __future__ import annotations

import flint
import pytest

from dcpg_theory import bounds
from dcpg_theory.bounds.enclosures import enclosed
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.balls import precision
from dcpg_theory.models import graphs
from dcpg_theory.theory.assumptions import ASSUMPTION_1, SYMMETRIC_WEIGHTS

WEIGHTS = {"lazy-metropolis": graphs.lazy_metropolis, "metropolis": graphs.metropolis}
FAMILIES = [
    *(("ring", (n,)) for n in range(1, 14)),
    *(("path", (n,)) for n in range(1, 12)),
    *(("star", (n,)) for n in range(1, 9)),
    *(("complete", (n,)) for n in range(1, 9)),
    *(("hypercube", (d,)) for d in range(5)),
    *(("torus", (r, c)) for r in range(1, 7) for c in range(1, 7)),
    *(("grid", (r, c)) for r in range(1, 5) for c in range(1, 5)),
]
NUMBERS = ("second_singular_value", "smallest_singular_value", "smallest_eigenvalue")


@pytest.mark.parametrize("rule", WEIGHTS)
@pytest.mark.parametrize(("family", "sides"), FAMILIES)
def test_closed_forms_lie_in_the_enclosures(family, sides, rule):
    """The enclosures are certified, so a wrong closed form would fall outside."""
    weights = WEIGHTS[rule](getattr(graphs, family)(*sides))
    closed, certain = getattr(bounds, family)(*sides, rule), enclosed(weights)
    for name in NUMBERS:
        assert flint.arb(getattr(closed, name)).overlaps(flint.arb(getattr(certain, name))), name
        assert flint.arb(getattr(certain, name)).rad() < 1e-11
    assert closed.n_agents == weights.n_agents
    assert closed.meets_assumption_1 is ASSUMPTION_1.holds(weights)
    assert closed.is_symmetric is SYMMETRIC_WEIGHTS.holds(weights)


@pytest.mark.parametrize("n", [3, 4, 5, 6, 8, 12])
@pytest.mark.parametrize("family", ["ring", "path", "star", "complete"])
def test_closed_forms_are_roots_of_the_exact_characteristic_polynomial(family, n):
    weights = graphs.lazy_metropolis(getattr(graphs, family)(n)).exact
    with precision(400):
        found = getattr(bounds, family)(n)
        polynomial = flint.fmpq_mat(n, n, list(weights.flat)).charpoly()
        for value in (found.second_singular_value, found.smallest_eigenvalue):
            total = flint.arb(0)
            for k in range(n + 1):
                total += flint.arb(polynomial[k]) * flint.arb(value) ** k
            assert total.contains(0)
            assert total.rad() < 1e-60


def test_a_wrong_closed_form_would_be_noticed():
    certain = enclosed(graphs.lazy_metropolis(graphs.ring(7)))
    wrong = bounds.path(7).second_singular_value
    assert not flint.arb(wrong).overlaps(flint.arb(certain.second_singular_value))


def test_rational_spectra_are_exact():
    assert bounds.ring(4).second_singular_value == flint.fmpq(1, 2)
    assert bounds.ring(6).gap == flint.fmpq(1, 4)
    assert bounds.ring(4, "metropolis").smallest_eigenvalue == flint.fmpq(-1, 3)
    assert bounds.complete(200, "metropolis").second_singular_value == 0
    assert bounds.ring(3, "metropolis").smallest_singular_value == 0


def test_a_ring_of_a_hundred_thousand_has_its_gap_to_all_digits():
    """1 - sigma_2 = sin^2(pi/N) (sec5-ring-sharp), which 1 minus a double would lose."""
    with precision(600):
        gap = bounds.ring(10**5).gap
        sine = flint.arb.sin_pi_fmpq(flint.fmpq(1, 10**5))
        assert (gap - sine * sine).contains(0)
        assert gap.rad() / gap < flint.arb(2) ** -500


def test_one_agent_has_sigma_2_zero():
    for family in ("ring", "path", "star", "complete"):
        one = getattr(bounds, family)(1)
        assert (one.second_singular_value, one.smallest_singular_value) == (0, 1)
    assert bounds.torus(1, 1).gap == 1
    assert bounds.hypercube(0).smallest_eigenvalue == 1


@pytest.mark.parametrize("rule", WEIGHTS)
@pytest.mark.parametrize("sides", [(2, 5), (3, 4), (5, 5)])
def test_the_comparison_of_large_grids_encloses_small_ones_too(sides, rule, monkeypatch):
    certain = bounds.grid(*sides, rule)
    monkeypatch.setattr("dcpg_theory.bounds.grids._MOST_ENCLOSED", 0)
    rough = bounds.grid(*sides, rule)
    assert rough.source == "enclosed by a comparison of weights"
    for name in NUMBERS:
        assert flint.arb(getattr(rough, name)).overlaps(flint.arb(getattr(certain, name))), name
        assert getattr(rough, name).contains(flint.arb(getattr(certain, name)).mid()), name


def test_sizes_out_of_range_are_refused():
    for wrong in (0, -1, 10**13):
        with pytest.raises(InvalidInput, match="must be an integer"):
            bounds.ring(wrong)
    with pytest.raises(InvalidInput, match="dimension"):
        bounds.hypercube(-1)


@pytest.mark.parametrize("n", range(1, 10))
def test_the_directed_cycle_has_the_cosines(n):
    """Its weights, half for itself and half for the next, are asymmetric from three agents on."""
    closed, certain = bounds.directed_cycle(n), enclosed(graphs.directed_cycle(n))
    for name in ("second_singular_value", "smallest_singular_value"):
        assert flint.arb(getattr(closed, name)).overlaps(flint.arb(getattr(certain, name))), name
    assert closed.is_symmetric is certain.is_symmetric is (n <= 2)
    assert closed.meets_assumption_1 is certain.meets_assumption_1
