"""The page on the growth of the Hessian shows what is recorded, and its instances certify."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from dcpg_theory.search import certified_ratio, find_target, load_instance

MARKS = {"9/10": 2.53, "99/100": 48.0}
"""Known before walks were tried, for up to 6 states."""


@pytest.fixture
def folder(repository_root):
    return repository_root / "docs" / "hessian-growth"


def test_the_table_is_the_recorded_one(folder):
    norms = json.loads((folder / "growth.json").read_text(encoding="utf-8"))
    page = folder.with_suffix(".md").read_text(encoding="utf-8")
    table = page.partition("<!-- growth: begin -->\n")[2].partition("<!-- growth: end -->")[0]
    for states in norms["9/10"]:
        cells = [states]
        for discount, row in norms.items():
            scale = (1 - float(Fraction(discount))) ** 1.5
            cells += [f"{row[states]:.5g}", f"{row[states] * scale:.4f}"]
        assert f"| {' | '.join(cells)} |" in table.splitlines()


@pytest.mark.parametrize("discount", ["9/10", "99/100", "999/1000"])
def test_the_instances_of_six_states_certify_what_the_table_says(folder, discount):
    claim, instance, found = load_instance(folder / f"{discount.replace('/', '-')}.toml")
    ratio = certified_ratio(find_target(claim), instance)
    norm = ratio * 8 / (1 - float(Fraction(discount))) ** 3
    assert ratio == found["ratio"]
    assert norm == json.loads((folder / "growth.json").read_text())[discount]["6"]
    assert norm > MARKS.get(discount, 0)
