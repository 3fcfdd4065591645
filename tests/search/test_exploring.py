"""What is explored depends on the seed alone."""

from __future__ import annotations

import importlib

from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory.search import find_target, one_of_these, whole_numbers
from dcpg_theory.search.exploring import explore


def explored():
    found = explore(find_target("eq-77-gradient"), {}, seed=5, examples=300)
    return [(value, dict(structure), start.tolist()) for value, structure, start in found]


def test_modules_that_are_loaded_change_nothing(tmp_path, monkeypatch):
    before = explored()
    (tmp_path / "full_of_numbers.py").write_text(f"NUMBERS = {list(range(1000, 1040))}\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("full_of_numbers")
    assert explored() == before


@given(st.data(), st.integers(-5, 5), st.integers(0, 30))
def test_numbers_lie_between_their_ends(data, least, width):
    assert least <= data.draw(whole_numbers(least, least + width)) <= least + width


def test_every_value_comes_up():
    from hypothesis import find

    for value in "abcde":
        assert find(one_of_these("abcde"), lambda drawn, value=value: drawn == value) == value
