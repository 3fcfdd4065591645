from __future__ import annotations

import json
from dataclasses import replace

import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.ledger.recorded import compare, read_recorded, write_recorded


@pytest.fixture
def records(make_record):
    return {id: make_record(id, seconds=1.0) for id in ("b", "a")}


@pytest.fixture
def recorded(records, tmp_path):
    write_recorded(records, tmp_path / "ledger.json")
    entries = json.loads((tmp_path / "ledger.json").read_text())["claims"]
    return {entry["id"]: entry for entry in entries}


def test_a_ledger_is_sorted_and_without_timings(recorded):
    assert list(recorded) == ["a", "b"]
    assert "seconds" not in recorded["a"]
    assert recorded["a"]["verdict"] == "proved"


def test_a_ledger_is_the_same_whatever_the_order_and_the_machines_speed(records, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    slower = {id: replace(record, seconds=9.0) for id, record in reversed(records.items())}
    write_recorded(records, one)
    write_recorded(slower, two)
    assert one.read_bytes() == two.read_bytes()


def test_what_was_recorded_does_not_differ(records, recorded):
    assert compare(records, recorded, whole=True) == []


def test_a_changed_verdict_is_one_difference(records, recorded):
    records["a"] = replace(records["a"], verdict="refuted")
    assert compare(records, recorded, whole=True) == ["a: verdict is refuted, recorded proved"]


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("witness", {"gamma": "1/2"}, '{"gamma": "1/2"}'),
        ("controls", {"2 as 3": "refuted"}, '{"2 as 3": "refuted"}'),
        ("statement", "x" * 200, "x" * 77 + "..."),
        ("severity", "slip", "slip"),
        ("transitive_verdict", "undecided", "undecided"),
    ],
)
def test_every_field_counts(records, recorded, field, value, shown):
    records["b"] = replace(records["b"], **{field: value})
    (difference,) = compare(records, recorded, whole=False)
    assert difference.startswith(f"b: {field} is {shown}, recorded ")


def test_a_claim_that_is_not_recorded_is_a_difference(records, recorded):
    del recorded["a"]
    assert compare(records, recorded, whole=False) == ["a: not in the recorded ledger"]


def test_a_claim_that_is_gone_is_a_difference_of_whole_runs_only(records, recorded):
    del records["a"]
    assert compare(records, recorded, whole=True) == ["a: recorded, but gone"]
    assert compare(records, recorded, whole=False) == []


def test_fields_that_only_one_side_has_are_differences(records, recorded):
    recorded["a"]["doubt"] = "some"
    del recorded["b"]["scope"]
    assert compare(records, recorded, whole=True) == [
        "b: scope is universal, recorded null",
        "a: doubt is null, recorded some",
    ]


def test_a_ledger_that_cannot_be_written_is_bad_input(records, tmp_path):
    with pytest.raises(InvalidInput, match=r"absent.ledger\.json cannot be written: No such file"):
        write_recorded(records, tmp_path / "absent" / "ledger.json")


def test_the_papers_ledger_is_found():
    recorded = read_recorded()
    assert recorded["eq-1"]["verdict"] == "definition"
    assert all(id == entry["id"] for id, entry in recorded.items())
