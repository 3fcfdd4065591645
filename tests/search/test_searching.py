"""Searches find, certify and reproduce; pointed at what is wrong, they find that it is."""

from __future__ import annotations

import fnmatch
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import chain

import numpy as np
import pytest

from dcpg_theory.engine.executors import executor
from dcpg_theory.errors import InvalidInput
from dcpg_theory.ledger import load_registry
from dcpg_theory.search import (
    Budget,
    Found,
    certified_ratio,
    find_target,
    load_instance,
    load_targets,
    one_round,
    rounds,
    save_instance,
    unsearched,
)
from dcpg_theory.search.ascent import climb, flatten, unflatten
from dcpg_theory.search.targets import BOUNDS
from proofs_check.searches.left_out import LEFT_OUT

SMALL = Budget(examples=25, climbs=3, evaluations=80, hops=1)


def best_of(claim, count=1, **options):
    best = Found()
    for _, found in rounds(claim, options, seed=1, first=0, count=count, budget=SMALL):
        best = best.joined(found)
    return best


@pytest.mark.parametrize(
    "claim", ["eq-36-mean", "appb1-final", "eq-29", "appb1-non-increasing", "sec42-shared-kernel"]
)
def test_the_paper_s_errors_are_found_from_nothing_and_certified(claim):
    found = best_of(claim, count=2)
    assert found.ratio > 1
    assert certified_ratio(find_target(claim), found.instance) == found.ratio


@pytest.mark.parametrize(
    ("claim", "mark"),
    [
        ("eq-81-number", 1 / np.sqrt(2) / 2),
        ("eq-82-number", 2 / (3 * np.sqrt(3)) / 6),
        ("eq-86-gradient", 1 / 4),
        ("eq-86-hessian", np.sqrt(6) / 9 / 6),
    ],
)
def test_known_suprema_are_reached_and_not_exceeded(claim, mark):
    found = best_of(claim)
    assert mark * (1 - 1e-6) < found.ratio <= mark


def test_the_smoothness_of_a_bandit_is_reached():
    found = best_of("eq-77-gradient", discount="1/2", max_states=1)
    assert found.ratio == pytest.approx(2 / (3 * np.sqrt(3)) / 64, rel=1e-6)


@pytest.mark.parametrize(
    ("discount", "max_states", "mark"),
    [("1/10", 2, 0.2138), ("1/2", 6, 0.3869), ("9/10", 6, 2.53), ("99/100", 6, 48)],
)
def test_marks_for_the_largest_hessian_norm_are_reached(discount, max_states, mark):
    found = best_of("eq-77-gradient", count=2, discount=discount, max_states=max_states)
    # The marks have four digits.
    assert found.ratio * 8 / (1 - float(Fraction(discount))) ** 3 >= mark * (1 - 1e-5)


@pytest.mark.parametrize("claim", sorted(load_targets()))
def test_floats_and_exact_numbers_agree_on_every_target(claim):
    """The instance is a rounded neighbour, so the ratios agree to a few digits only."""
    found = one_round(claim, {"max_states": 2}, 3, 0, SMALL)
    assert found.instance is not None
    assert found.ratio <= found.climbed * 1.01 + 1e-9 or claim == "sec42-shared-kernel"


@pytest.mark.parametrize("claim", sorted(load_targets()))
def test_complex_steps_agree_with_differences(claim):
    target = find_target(claim)
    rng = np.random.default_rng(5)
    structure = _some_structure(target)
    shapes = target.shapes(structure)
    x = rng.normal(size=sum(int(np.prod(shape)) for shape in shapes.values()))
    units = np.eye(len(x))
    slopes = np.imag(target.ratio(structure, unflatten(shapes, x + 1e-30j * units))) / 1e-30
    # Differences of fourth order: the Lyapunov function's cancel, so the step is not small.
    step, slow = 1e-3, 0.0
    for weight, k in ((8, 1), (-8, -1), (-1, 2), (1, -2)):
        slow = slow + weight * target.ratio(structure, unflatten(shapes, x + k * step * units))
    assert slopes == pytest.approx(slow / (12 * step), abs=1e-6 * max(1, np.abs(slopes).max()))


def _some_structure(target):
    from hypothesis import find

    return find(target.structures({"max_states": 2}), lambda _: True)


def test_every_search_belongs_to_a_claim():
    registry = load_registry()
    assert all(claim in registry for claim in load_targets())


def test_every_bound_is_searched_or_left_out_for_a_reason():
    left_out = unsearched()
    assert "no reason is given" not in left_out
    assert all(left_out.values())
    bounds = [id for id, claim in load_registry().items() if claim.kind in BOUNDS]
    assert sum(map(len, left_out.values())) == sum(id not in load_targets() for id in bounds)


@pytest.mark.parametrize("pattern", [p for _, patterns in LEFT_OUT for p in patterns])
def test_every_pattern_leaves_a_claim_out(pattern):
    assert fnmatch.filter(chain.from_iterable(unsearched().values()), pattern)


def test_rounds_are_the_same_anywhere_and_in_any_order():
    one = [f.ratio for _, f in rounds("eq-36-mean", {}, seed=4, first=0, count=3, budget=SMALL)]
    with ThreadPoolExecutor(1) as pool:
        other = [
            f.ratio
            for _, f in rounds("eq-36-mean", {}, seed=4, first=0, count=3, budget=SMALL, pool=pool)
        ]
    later = [f.ratio for _, f in rounds("eq-36-mean", {}, seed=4, first=2, count=1, budget=SMALL)]
    assert one == other
    assert later == one[2:]


def test_a_round_is_told_before_the_next_begins_where_there_is_one_process(monkeypatch):
    begun = []
    monkeypatch.setattr(
        "dcpg_theory.search.searching.one_round", lambda *given: begun.append(given[3]) or Found()
    )
    with executor(jobs=1) as pool:
        for number, _ in rounds("x", {}, seed=0, first=3, count=5, budget=SMALL, pool=pool):
            assert begun == list(range(3, number + 1))
    assert begun == [3, 4, 5, 6, 7]


def test_instances_are_read_back_as_they_were_written(tmp_path):
    found = best_of("appb1-non-increasing")
    path = tmp_path / "found.toml"
    save_instance(path, "appb1-non-increasing", found.instance, {"ratio": found.ratio})
    claim, instance, said = load_instance(path)
    assert claim == "appb1-non-increasing"
    assert instance.problem == found.instance.problem
    assert certified_ratio(find_target(claim), instance) == said["ratio"] == found.ratio


def test_a_changed_instance_does_not_certify_the_same():
    found = best_of("eq-82-number")
    weights = found.instance.numbers["weights"] + 1
    other = type(found.instance)(
        found.instance.problem, found.instance.numbers | {"weights": weights}
    )
    assert certified_ratio(find_target("eq-82-number"), other) < found.ratio


def test_climbing_never_ends_below_its_start():
    target = find_target("eq-82-number")
    structure = {"states": 1, "actions": 4}
    start = np.random.default_rng(2).normal(size=8)
    before = float(target.ratio(structure, unflatten(target.shapes(structure), start)))
    value, where, count = climb(target, structure, start, evaluations=50)
    assert value >= before
    assert count <= 50 + 20  # a line search is ended before the count is looked at
    assert target.ratio(structure, unflatten(target.shapes(structure), where)) == value


def test_numbers_are_cut_and_joined_again():
    shapes = {"a": (2, 3), "b": (), "c": (1,)}
    vector = np.arange(8.0)
    assert flatten(unflatten(shapes, vector)).tolist() == vector.tolist()
    assert unflatten(shapes, np.stack([vector, vector]))["a"].shape == (2, 2, 3)


def test_unknown_claims_are_named_with_near_ones():
    with pytest.raises(InvalidInput, match="eq-36-mean"):
        find_target("eq-36")
