from __future__ import annotations

import json
import sys
import textwrap

import pytest

from dcpg_theory.errors import InvalidInput
from dcpg_theory.ledger.recorded import compare, read_recorded
from dcpg_theory.ledger.registry import GROUP, Registry, UnknownClaim, load_registry
from dcpg_theory.ledger.runner import run_claims

GRAPH = {
    "eq-1": (),
    "eq-2": ("eq-1",),
    "eq-2-corrected": ("eq-1",),
    "eq-3-a": ("eq-2",),
    "eq-3-b": (),
    "eq-3": ("parts", "eq-3-a", "eq-3-b"),
    "lemma-1": (),
}

OTHER_PAPER = """
    from dcpg_theory.ledger import Kind, claim, ingredient

    @claim("other-1", where="Section 1", statement="1 + 1 = 2", kind=Kind.IDENTITY,
           depends=("eq-1",), controls=(ingredient("one is two", one=2),))
    def one_and_one(kernel):
        return kernel.at_instance(kernel.given("one", 1) + 1, "=", 2, {})
"""


def test_claims_keep_the_order_of_the_chapters(make_registry):
    assert list(make_registry(GRAPH)) == list(GRAPH)


def test_an_unknown_id_lists_near_names(make_registry):
    registry = make_registry(GRAPH)
    with pytest.raises(
        UnknownClaim, match=r"no claim is called 'eq-22'; near names: .*eq-2"
    ) as told:
        registry["eq-22"]
    assert isinstance(told.value, InvalidInput)
    assert str(told.value)[0] != "'"  # a KeyError would show its message in quotes
    assert registry.get("eq-22") is None


def test_a_name_like_no_other_lists_none(make_registry):
    with pytest.raises(UnknownClaim) as told:
        make_registry(GRAPH)["zzz"]
    assert str(told.value) == "no claim is called 'zzz'"


def test_two_claims_of_one_id_are_refused(make_claim):
    with pytest.raises(InvalidInput, match="two claims are called 'eq-1'"):
        Registry([make_claim("eq-1"), make_claim("eq-1", note="another")])


@pytest.mark.parametrize("others", [("eq-9",), ("parts", "eq-1", "eq-9")])
def test_an_unknown_dependency_is_refused(make_registry, others):
    with pytest.raises(InvalidInput, match="claim 'eq-2' names the unknown claim 'eq-9'"):
        make_registry({"eq-1": (), "eq-2": others})


@pytest.mark.parametrize(
    "graph",
    [
        {"a": ("a",)},
        {"a": ("c",), "b": ("a",), "c": ("b",)},
        {"a": ("whole",), "b": (), "whole": ("parts", "a", "b")},
    ],
)
def test_a_claim_that_stands_on_itself_is_refused(make_registry, graph):
    with pytest.raises(InvalidInput, match=r"circular dependence: a <- .*a"):
        make_registry(graph)


@pytest.mark.parametrize(
    ("patterns", "ids"),
    [
        ((), list(GRAPH)),
        (("eq-2",), ["eq-2"]),
        (("eq-2*",), ["eq-2", "eq-2-corrected"]),
        (("lemma-1", "eq-?"), ["eq-1", "eq-2", "eq-3", "lemma-1"]),
        (("eq-1", "eq-1"), ["eq-1"]),
    ],
)
def test_globs_select_in_ledger_order(make_registry, patterns, ids):
    assert make_registry(GRAPH).select(patterns) == ids


def test_a_glob_that_matches_nothing_is_refused(make_registry):
    with pytest.raises(UnknownClaim, match=r"'eq-1\*\*x'; near names: eq-1"):
        make_registry(GRAPH).select(["eq-1", "eq-1**x"])


def test_the_closure_holds_dependencies_parts_and_corrected_forms(make_registry):
    registry = make_registry(GRAPH)
    assert registry.closure(["eq-1"]) == ["eq-1"]
    assert registry.closure(["eq-3"]) == [
        "eq-1",
        "eq-2",
        "eq-2-corrected",
        "eq-3-a",
        "eq-3-b",
        "eq-3",
    ]


def test_dependents_are_those_that_name_a_claim(make_registry):
    registry = make_registry(GRAPH)
    assert registry.dependents("eq-1") == ["eq-2", "eq-2-corrected"]
    assert registry.dependents("eq-3-a") == ["eq-3"]
    assert registry.dependents("lemma-1") == []


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """(files, value of the entry point) -> a distribution that offers claims is on the path."""
    before = set(sys.modules)

    def install(files, value):
        folder = tmp_path / "site"
        about = folder / "other_paper-1.0.dist-info"
        about.mkdir(parents=True)
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: other-paper\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[{GROUP}]\nother = {value}\n")
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))
        monkeypatch.syspath_prepend(folder)

    yield install
    for name in set(sys.modules) - before:
        if name.startswith("other_"):
            del sys.modules[name]


PACKAGE = {
    "other_paper/__init__.py": 'CHAPTERS = ("other_paper.first",)\n',
    "other_paper/first.py": OTHER_PAPER,
}


def test_another_package_adds_claims_that_may_stand_on_ours(installed):
    ours = set(load_registry())
    installed(PACKAGE, "other_paper")
    registry = load_registry()
    assert set(registry) - ours == {"other-1"}
    assert "other-1" in registry.dependents("eq-1")
    record = run_claims(registry, ["other-1"], jobs=1)["other-1"]
    assert (record.verdict, record.transitive_verdict) == ("certified", "certified")


def test_another_package_has_a_recorded_ledger_of_its_own(installed):
    entry = {"id": "other-1", "verdict": "proved"}
    installed(PACKAGE | {"other_paper/ledger.json": json.dumps({"claims": [entry]})}, "other_paper")
    recorded = read_recorded()
    assert recorded["other-1"] == entry
    assert "eq-1" in recorded


@pytest.mark.parametrize("text", ["nonsense", "{}", "[]", '{"claims": [1]}', '{"claims": [{}]}'])
def test_a_ledger_file_that_is_none_is_named(installed, text):
    installed(PACKAGE | {"other_paper/ledger.json": text}, "other_paper")
    with pytest.raises(InvalidInput, match=r"other_paper.ledger\.json is not a ledger"):
        read_recorded()


def test_a_single_module_may_hold_claims(installed):
    """Its ledger, if any, lies beside it; without one its claims are not recorded."""
    installed({"other_module.py": OTHER_PAPER}, "other_module")
    registry = load_registry()
    assert "other-1" in registry
    assert "other-1" not in read_recorded()
    records = run_claims(registry, ["other-1"], jobs=1)
    assert "other-1: not in the recorded ledger" in compare(records, read_recorded(), whole=False)


def test_a_second_claim_of_an_installed_id_is_refused(installed):
    installed({"other_module.py": OTHER_PAPER.replace('"other-1"', '"eq-4"')}, "other_module")
    with pytest.raises(InvalidInput, match="two claims are called 'eq-4'"):
        load_registry()


@pytest.mark.parametrize(
    ("files", "value"),
    [
        ({}, "other_absent"),
        ({"other_module.py": "import other_absent"}, "other_module"),
        ({"other_module.py": 'CHAPTERS = ("other_absent",)'}, "other_module"),
    ],
)
def test_a_package_that_cannot_be_imported_is_named(installed, files, value):
    installed(files, value)
    with pytest.raises(InvalidInput, match=r"the claims of other_\w+ cannot be imported: .*absent"):
        load_registry()


def test_without_any_package_there_is_nothing_to_check(monkeypatch):
    monkeypatch.setattr("dcpg_theory.ledger.registry.entry_points", lambda **_: ())
    with pytest.raises(InvalidInput, match="no installed package offers claims"):
        load_registry()


def test_what_stands_on_a_long_claim_is_long(make_claim):
    registry = Registry(
        [
            make_claim("eq-1", long="runs"),
            make_claim("eq-2", depends=("eq-1",)),
            make_claim("eq-3", parts=("eq-2",)),
            make_claim("eq-4"),
            make_claim("eq-5"),
            make_claim("eq-5-corrected", depends=("eq-3",)),
        ]
    )
    assert registry.long() == {"eq-1", "eq-2", "eq-3", "eq-5", "eq-5-corrected"}
