"""``dcpg audit``: the ledger, its JSON, and when a run is not as recorded."""

from __future__ import annotations

import json

import pytest

from dcpg_theory.ledger import Registry, load_registry
from dcpg_theory.ledger.recorded import read_recorded

# Cheap claims of every kind of verdict: eq-2 is refuted with all that it stands on.
IDS = ("eq-2", "figure-1", "sec2-other-policies")

KEYS = {
    "id",
    "where",
    "statement",
    "kind",
    "verdict",
    "scope",
    "severity",
    "method",
    "witness",
    "corrected_by",
    "depends",
    "transitive_verdict",
    "seconds",
}


@pytest.fixture
def recorded_otherwise(monkeypatch):
    """The recorded ledger says that figure-1 was refuted."""
    recorded = read_recorded()
    recorded["figure-1"] = recorded["figure-1"] | {"verdict": "refuted"}
    monkeypatch.setattr("dcpg_theory.cli.audit.read_recorded", lambda: recorded)


def test_json_on_standard_output_stands_alone_in_a_real_process(dcpg_process):
    ended = dcpg_process("audit", "--json", "-", "--jobs", "1", *IDS)
    assert (ended.code, ended.err) == (0, "")
    data = json.loads(ended.out)
    assert set(data) >= {"claims", "summary"}
    assert {entry["id"] for entry in data["claims"]} == set(IDS)
    for entry in data["claims"]:
        assert set(entry) >= KEYS
        assert isinstance(entry["seconds"], float)
    assert data["summary"] == {"definition": 1, "undecided": 1, "refuted": 1}


def test_the_ledger_is_printed(dcpg):
    ended = dcpg("audit", *IDS)
    assert (ended.code, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0].split()[:2] == ["claim", "verdict"]
    assert any(line.startswith("eq-2 ") and "refuted (slip)" in line for line in lines)
    assert lines[-1].startswith("3 claims in ")
    assert lines[-1].endswith(": 1 definition, 1 undecided, 1 refuted")


def test_globs_select_claims(dcpg):
    data = json.loads(dcpg("audit", "eq-2-a*", "--json", "-").out)
    assert [entry["id"] for entry in data["claims"]] == [
        "eq-2-action-value",
        "eq-2-action-value-corrected",
        "eq-2-advantage",
    ]


def test_quiet_prints_nothing(dcpg):
    assert dcpg("audit", "--quiet", "figure-1") == type(dcpg("audit", "-h"))(0, "", "")


def test_json_goes_to_a_file_beside_the_printed_ledger(dcpg, tmp_path):
    target = tmp_path / "found.json"
    ended = dcpg("audit", "figure-1", "--json", str(target))
    assert ended.code == 0
    assert "figure-1" in ended.out
    assert json.loads(target.read_text())["claims"][0]["id"] == "figure-1"


@pytest.mark.usefixtures("recorded_otherwise")
@pytest.mark.parametrize("options", [(), ("--quiet",), ("--json", "-")])
def test_a_difference_from_the_recorded_ledger_is_exit_1(dcpg, options):
    """It is said on standard error, so that it is seen whatever else is silent."""
    ended = dcpg("audit", "figure-1", *options)
    assert ended.code == 1
    assert "1 difference from the recorded ledger" in ended.err
    assert "figure-1: verdict is definition, recorded refuted" in ended.err
    if "--json" in options:
        assert json.loads(ended.out)["summary"] == {"definition": 1}


def test_claims_that_are_gone_count_when_all_are_asked_for(dcpg, monkeypatch):
    few = Registry([load_registry()["figure-1"]])
    monkeypatch.setattr("dcpg_theory.cli.audit.load_registry", lambda: few)
    ended = dcpg("audit", "--quiet")
    assert ended.code == 1
    assert "appa-d-matrix: recorded, but gone" in ended.err
    assert "more" in ended.err.splitlines()[-1]  # the list is cut
    assert dcpg("audit", "--quiet", "figure-1").code == 0


def test_a_broken_check_is_exit_1(dcpg, monkeypatch):
    member = load_registry()["figure-1"]
    broken = Registry([member.variant(check=lambda _: None)])
    monkeypatch.setattr("dcpg_theory.cli.audit.load_registry", lambda: broken)
    ended = dcpg("audit")
    assert ended.code == 1
    assert ended.err == (
        "dcpg: figure-1: the check returned evidence that its kernel did not mint\n"
    )


def test_recording_writes_the_whole_ledger_and_compares_nothing(dcpg, monkeypatch, tmp_path):
    few = Registry([load_registry()["figure-1"]])
    monkeypatch.setattr("dcpg_theory.cli.audit.load_registry", lambda: few)
    target = tmp_path / "ledger.json"
    assert dcpg("audit", "--record", str(target), "--quiet").code == 0
    (entry,) = json.loads(target.read_text())["claims"]
    assert entry == read_recorded()["figure-1"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("eq-222",), "no claim is called 'eq-222'; near names: eq-22"),
        (("figure-1", "nothing-like-*"), "no claim is called 'nothing-like-*'"),
        (("figure-1", "--jobs", "0"), "Invalid value for '--jobs': 0 is not in the range x>=1."),
        (("figure-1", "--jobs", "many"), "Invalid value for '--jobs': 'many' is not a valid int"),
        *(
            (("figure-1", option, "/absent/x"), f"{option} /absent/x: there is no folder /absent")
            for option in ("--json", "--html", "--tex", "--errata")
        ),
        (("figure-1", "--json", "."), "--json . is a folder, a file is needed"),
        (
            ("figure-1", "--record", "x.json"),
            "--record writes the whole ledger, so it takes no ids",
        ),
        (("--loud",), "No such option '--loud'"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(dcpg, words, message):
    ended = dcpg("audit", *words, *(() if "--loud" in words else ("--quiet",)))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"dcpg: {message}")
    assert ended.err.count("\n") == 1


def test_files_that_cannot_be_written_are_refused_before_a_claim_is_judged(dcpg, monkeypatch):
    monkeypatch.setattr("dcpg_theory.cli.audit.run_claims", lambda *_, **__: pytest.fail("ran"))
    for option in ("--record", "--html", "--tex", "--errata", "--json"):
        ended = dcpg("audit", option, "/absent/file")
        assert (ended.code, ended.err.count("\n")) == (2, 1)
        assert ended.err.startswith(f"dcpg: {option} /absent/file: there is no folder /absent")


def test_mutation_counts_what_the_checks_notice(dcpg):
    ended = dcpg("audit", "--mutate", "--json", "-", "eq-15", "sec2-other-policies")
    data = json.loads(ended.out)
    assert ended.code == 0
    assert [record["id"] for record in data["mutations"]] == ["eq-15"]
    assert data["mutations"][0]["tried"] >= 10
    assert data["survived"] == len(data["mutations"][0]["survivors"])


def test_mutating_and_recording_exclude_each_other(dcpg, tmp_path):
    ended = dcpg("audit", "--mutate", "--record", str(tmp_path / "ledger.json"))
    assert ended.code == 2
    assert "give one of them" in ended.err


@pytest.fixture
def one_long_claim(monkeypatch):
    """figure-1 as it is, and a claim whose check is long and broken, in a registry of their own."""
    member = load_registry()["figure-1"]
    both = Registry([member, member.variant(id="long-1", check=lambda _: None, long="runs")])
    monkeypatch.setattr("dcpg_theory.cli.audit.load_registry", lambda: both)


@pytest.mark.usefixtures("one_long_claim")
def test_a_quick_audit_leaves_out_what_is_long_and_says_so(dcpg):
    ended = dcpg("audit", "--quick")
    assert (ended.code, ended.err) == (0, "")
    assert "left out, since their checks are long: long-1" in ended.out
    data = json.loads(dcpg("audit", "--quick", "--json", "-").out)
    assert [entry["id"] for entry in data["claims"]] == ["figure-1"]
    assert data["left_out"] == ["long-1"]
    assert dcpg("audit").code == 1


@pytest.mark.usefixtures("recorded_otherwise")
def test_a_quick_audit_still_finds_differences_in_what_it_ran(dcpg):
    assert dcpg("audit", "--quick", "figure-1").code == 1


def test_a_quick_audit_cannot_be_recorded(dcpg, tmp_path):
    ended = dcpg("audit", "--quick", "--record", str(tmp_path / "ledger.json"))
    assert ended.code == 2
    assert "--quick leaves some of it out" in ended.err
