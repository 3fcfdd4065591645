"""The committed table of tightness: its instances certify again, and no bound is exceeded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcpg_theory.exact.balls import precision
from dcpg_theory.search import Budget, certified_ratio, load_instance, load_targets, rounds

SMALL = Budget(examples=30, climbs=4, evaluations=80, hops=1)
SHORTFALL = {"sec42-shared-kernel": 0.5}
"""What a short search is asked to reach of the worst ratio known, where that is less than 0.9."""


@pytest.fixture
def folder(repository_root):
    return repository_root / "docs" / "tightness"


@pytest.mark.parametrize("claim", sorted(load_targets()))
def test_the_recorded_instance_certifies_and_keeps_below_what_is_proved(folder, claim):
    recorded, instance, found = load_instance(folder / f"{claim}.toml")
    target = load_targets()[claim]
    assert recorded == claim
    assert certified_ratio(target, instance) == found["ratio"]
    if target.sharper is not None:
        with precision(128):
            # Where the bound is attained the balls overlap, so this is all that can be asked.
            assert not target.certified(instance) > target.sharper[1](instance)


@pytest.mark.parametrize("claim", sorted(load_targets()))
def test_a_wrong_constant_is_refuted_where_the_right_one_holds(folder, claim, monkeypatch):
    """A tenth less than the worst ratio known is no bound, and a search from nothing finds that.

    For a bound that is attained this is nine tenths of the right constant.
    """
    _, _, found = load_instance(folder / f"{claim}.toml")
    factor = 1 / min(found["ratio"] * SHORTFALL.get(claim, 0.9), 1)
    target = load_targets()[claim]
    wrong = replace(
        target,
        ratio=lambda *given: factor * target.ratio(*given),
        certified=lambda instance: factor * target.certified(instance),
    )
    monkeypatch.setattr("dcpg_theory.search.searching.find_target", lambda _: wrong)
    refuted = any(
        one.ratio > 1 for _, one in rounds(claim, {}, seed=2, first=0, count=6, budget=SMALL)
    )
    assert refuted


def test_the_table_shows_the_recorded_ratios(folder):
    table = folder.with_suffix(".md").read_text(encoding="utf-8")
    for claim in load_targets():
        _, _, found = load_instance(folder / f"{claim}.toml")
        assert f"{found['ratio']:.6g}" in table
