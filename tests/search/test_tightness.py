"""The committed table of tightness: its instances certify again, and no bound is exceeded."""

from __future__ import annotations

import pytest

from dcpg_theory.exact.balls import precision
from dcpg_theory.search import certified_ratio, load_instance, load_targets


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


def test_the_table_shows_the_recorded_ratios(folder):
    table = folder.with_suffix(".md").read_text(encoding="utf-8")
    for claim in load_targets():
        _, _, found = load_instance(folder / f"{claim}.toml")
        assert f"{found['ratio']:.6g}" in table
