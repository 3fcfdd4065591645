"""The transitive verdict: the worst over what a claim stands on."""

from __future__ import annotations

import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.verdicts import Verdict
from dcpg_theory.ledger.records import complete, summary


@pytest.fixture
def stands_on(make_registry, make_record):
    """(graph, {id: (verdict, severity) or verdict}, asked id) -> its completed record."""

    def find(graph, verdicts, id):
        records = {}
        for other, verdict in verdicts.items():
            fields = verdict if isinstance(verdict, tuple) else (verdict,)
            records[other] = make_record(other, *fields)
        return complete(make_registry(graph), records)[id]

    return find


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_claim_is_no_better_than_what_it_stands_on(stands_on, verdict):
    """By way of another claim; `definition` is the best, so then its own verdict counts."""
    graph = {"base": (), "between": ("base",), "top": ("between",)}
    verdicts = {"base": str(verdict), "between": "proved", "top": "proved"}
    record = stands_on(graph, verdicts, "top")
    assert record.verdict == "proved"
    assert record.transitive_verdict == ("proved" if verdict == "definition" else verdict)


@pytest.mark.parametrize(
    ("verdict", "scope", "counts"),
    [
        ("proved", "family", ("proved", "family")),
        ("certified", "instance", ("certified", "instance")),
        ("definition", "family", ("proved", "universal")),
    ],
)
def test_the_scope_beside_the_transitive_verdict_is_that_of_the_weakest(
    make_registry, make_record, verdict, scope, counts
):
    records = {"base": make_record("base", verdict, scope=scope), "top": make_record("top")}
    top = complete(make_registry({"base": (), "top": ("base",)}), records)["top"]
    assert (top.transitive_verdict, top.transitive_scope) == counts


def test_what_stands_on_a_claim_does_not_matter_to_it(stands_on):
    graph = {"base": (), "top": ("base",)}
    verdicts = {"base": "proved", "top": ("refuted", "error")}
    assert stands_on(graph, verdicts, "base").transitive_verdict == "proved"


REPAIRED = {"base": (), "base-corrected": (), "top": ("base",)}


@pytest.mark.parametrize(
    ("severity", "corrected", "counts"),
    [
        ("slip", "proved", "proved"),
        ("slip", "certified", "certified"),
        ("slip", "undecided", "undecided"),
        ("gap", "proved", "conditional"),
        ("gap", "definition", "conditional"),
        ("gap", "supported", "supported"),
        ("error", "proved", "refuted"),
    ],
)
def test_a_refuted_dependency_counts_by_its_severity(stands_on, severity, corrected, counts):
    verdicts = {"base": ("refuted", severity), "base-corrected": corrected, "top": "proved"}
    assert stands_on(REPAIRED, verdicts, "top").transitive_verdict == counts
    assert stands_on(REPAIRED, verdicts, "base").transitive_verdict == "refuted"
    assert stands_on(REPAIRED, verdicts, "base").corrected_by == "base-corrected"


@pytest.mark.parametrize("severity", ["slip", "gap", "error", None])
def test_a_refuted_dependency_without_a_corrected_form_stays_refuted(stands_on, severity):
    graph = {"base": (), "top": ("base",)}
    verdicts = {"base": ("refuted", severity), "top": "proved"}
    assert stands_on(graph, verdicts, "top").transitive_verdict == "refuted"
    assert stands_on(graph, verdicts, "base").corrected_by is None


def test_a_corrected_form_counts_with_what_it_stands_on(stands_on):
    graph = {"weak": (), "base": (), "base-corrected": ("weak",), "top": ("base",)}
    verdicts = {
        "weak": "supported",
        "base": ("refuted", "slip"),
        "base-corrected": "proved",
        "top": "proved",
    }
    assert stands_on(graph, verdicts, "top").transitive_verdict == "supported"


def test_a_claim_that_is_not_refuted_names_no_corrected_form(stands_on):
    verdicts = {"base": "proved", "base-corrected": "proved", "top": "proved"}
    assert stands_on(REPAIRED, verdicts, "base").corrected_by is None


def test_a_corrected_form_that_stands_on_the_mistake_is_circular(stands_on):
    graph = {"base": (), "base-corrected": ("base",), "top": ("base",)}
    verdicts = {"base": ("refuted", "slip"), "base-corrected": "proved", "top": "proved"}
    with pytest.raises(InvalidInput, match=r"circular dependence: .*base-corrected"):
        stands_on(graph, verdicts, "top")


PARTS = {"a": (), "a-corrected": (), "b": (), "whole": ("parts", "a", "b"), "top": ("whole",)}


@pytest.mark.parametrize(
    ("a", "b", "verdict", "detail"),
    [
        ("proved", "definition", "proved", "2 parts hold"),
        ("conditional", "proved", "conditional", "2 parts hold"),
        ("proved", "undecided", "undecided", "undecided in b"),
        ("supported", "supported", "supported", "supported in a, b"),
        (("refuted", "slip"), "undecided", "refuted", "refuted in a"),
    ],
)
def test_an_aggregate_has_the_worst_verdict_of_its_parts(stands_on, a, b, verdict, detail):
    verdicts = {"a": a, "a-corrected": "proved", "b": b, "top": "proved"}
    record = stands_on(PARTS, verdicts, "whole")
    assert (record.verdict, record.detail) == (verdict, detail)
    assert record.depends == ["a", "b"]
    assert record.transitive_verdict == verdict


def test_an_aggregate_has_the_narrowest_scope(make_registry, make_record):
    records = {id: make_record(id) for id in ("a-corrected", "top")}
    records |= {
        "a": make_record("a", scope="family"),
        "b": make_record("b", "certified", scope="instance"),
    }
    assert complete(make_registry(PARTS), records)["whole"].scope == "instance"


def test_an_aggregate_has_the_gravest_severity_and_the_papers_origin(make_registry, make_record):
    records = {id: make_record(id) for id in ("a-corrected", "top")}
    records |= {
        "a": make_record("a", "refuted", "slip", origin="possibly extraction"),
        "b": make_record("b", "refuted", "error", origin="paper"),
    }
    record = complete(make_registry(PARTS), records)["whole"]
    assert (record.severity, record.origin) == ("error", "paper")
    assert record.detail == "refuted in a, b"


def test_an_aggregate_needs_all_that_its_parts_need(make_registry, make_record):
    records = {id: make_record(id) for id in ("a-corrected", "top")}
    records |= {
        "a": make_record("a", "conditional", assumption="one discount"),
        "b": make_record("b", "conditional", assumption="finite parameters"),
    }
    record = complete(make_registry(PARTS), records)["whole"]
    assert record.assumption == "one discount; finite parameters"


def test_an_aggregate_that_is_refuted_is_not_saved_by_what_a_part_needs(make_registry, make_record):
    records = {id: make_record(id) for id in ("a-corrected", "top")}
    records |= {
        "a": make_record("a", "refuted", "slip", origin="paper"),
        "b": make_record("b", "conditional", assumption="finite parameters"),
    }
    assert complete(make_registry(PARTS), records)["whole"].assumption == ""


@pytest.mark.parametrize(
    ("b", "counts"),
    [
        ("proved", "proved"),
        ("certified", "certified"),
        (("refuted", "error"), "refuted"),
        (("refuted", "slip"), "refuted"),
    ],
)
def test_a_refuted_aggregate_counts_by_its_corrected_parts(stands_on, b, counts):
    """Part b has no corrected form."""
    verdicts = {"a": ("refuted", "slip"), "a-corrected": "proved", "b": b, "top": "proved"}
    assert stands_on(PARTS, verdicts, "top").transitive_verdict == counts


def test_an_aggregates_own_corrected_form_counts_first(stands_on):
    graph = PARTS | {"whole-corrected": ()}
    verdicts = {
        "a": ("refuted", "slip"),
        "a-corrected": "undecided",
        "b": "proved",
        "top": "proved",
        "whole-corrected": "proved",
    }
    assert stands_on(graph, verdicts, "top").transitive_verdict == "proved"
    assert stands_on(graph, verdicts, "whole").corrected_by == "whole-corrected"


def test_an_aggregate_stands_on_what_its_parts_stand_on(stands_on):
    graph = {"weak": (), "a": ("weak",), "b": (), "whole": ("parts", "a", "b"), "top": ("whole",)}
    verdicts = {"weak": "undecided", "a": "proved", "b": "proved", "top": "proved"}
    assert stands_on(graph, verdicts, "whole").verdict == "proved"
    assert stands_on(graph, verdicts, "whole").transitive_verdict == "undecided"
    assert stands_on(graph, verdicts, "top").transitive_verdict == "undecided"


def test_aggregates_of_aggregates_are_made_in_any_order(stands_on):
    graph = {
        "top": ("outer",),
        "outer": ("parts", "inner", "c"),
        "inner": ("parts", "a", "b"),
        "a": (),
        "a-corrected": (),
        "b": (),
        "c": (),
    }
    verdicts = dict.fromkeys(("top", "b", "c", "a-corrected"), "proved")
    verdicts["a"] = ("refuted", "slip")
    assert stands_on(graph, verdicts, "outer").severity == "slip"
    assert stands_on(graph, verdicts, "top").transitive_verdict == "proved"


def test_an_aggregate_whose_parts_did_not_run_is_left_out(make_registry, make_record):
    registry = make_registry(PARTS)
    assert list(complete(registry, {"a": make_record("a")})) == ["a"]


def test_the_summary_counts_verdicts_best_first(make_record):
    verdicts = ["refuted", "proved", "definition", "proved"]
    records = {str(k): make_record(str(k), verdict) for k, verdict in enumerate(verdicts)}
    assert list(summary(records).items()) == [("definition", 1), ("proved", 2), ("refuted", 1)]


def test_seconds_do_not_make_records_different(make_record):
    assert make_record("a", seconds=1.0) == make_record("a", seconds=2.0)
    assert "seconds" not in make_record("a").as_json(timed=False)
    assert make_record("a", seconds=1.0).as_json(timed=True)["seconds"] == 1.0


def test_a_part_without_a_corrected_form_is_corrected_with_the_whole(stands_on):
    graph = {"eq-7": (), "eq-7-corrected": (), "eq-7-left": ()}
    verdicts = {
        "eq-7": ("refuted", "slip"),
        "eq-7-corrected": "proved",
        "eq-7-left": ("refuted", "slip"),
    }
    assert stands_on(graph, verdicts, "eq-7-left").corrected_by == "eq-7-corrected"
    assert stands_on(graph, verdicts, "eq-7-corrected").corrected_by is None
