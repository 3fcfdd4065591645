"""``dcpg search``: what it finds is written, certified again, resumed, and refused when foreign."""

from __future__ import annotations

import json

import pytest

from dcpg_theory.models import load_problem
from dcpg_theory.search import Budget, find_target

TWO_ACTIONS = """version = 1
[[tasks]]
discount = "1/2"
start = [1]
rewards = [[0, 0]]
transitions = [[[1], [1]]]
"""


@pytest.fixture
def search(dcpg, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "dcpg_theory.cli.search.Budget",
        lambda **_: Budget(examples=20, climbs=2, evaluations=60, hops=1),
    )
    return lambda *arguments: dcpg("search", *arguments)


def test_a_counterexample_is_written_and_certifies_again(search, tmp_path):
    ended = search("eq-36-mean", "--rounds", "1", "--jobs", "1", "--json", "found.json")
    assert (ended.code, ended.err) == (0, "")
    assert "the claim fails there" in ended.out
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["refutes"] is True
    assert found["ratio"] > 1
    assert load_problem("eq-36-mean.toml").n_tasks > 5
    assert search("--check", "eq-36-mean.toml").code == 0


def test_a_search_goes_on_where_it_was(search):
    search("eq-82-number", "--rounds", "1", "--jobs", "1")
    resumed = search("eq-82-number", "--rounds", "2", "--jobs", "1", "--resume", "--json", "-")
    whole = search(
        "eq-82-number", "--rounds", "2", "--jobs", "1", "--output", "o.toml", "--json", "-"
    )
    one, two = (json.loads(ended.out) for ended in (resumed, whole))
    assert one.pop("file") != two.pop("file")
    assert one == two


def test_what_exists_is_not_overwritten_and_foreign_searches_are_refused(search):
    search("eq-82-number", "--rounds", "1", "--jobs", "1")
    again = search("eq-82-number", "--rounds", "1")
    assert again.code == 2
    assert "exists; --resume goes on from it" in again.err
    other = search("eq-82-number", "--rounds", "1", "--resume", "--seed", "9")
    assert other.code == 2
    assert "holds another search" in other.err


def test_improving_keeps_what_is_tighter_and_replaces_what_is_not(search, tmp_path):
    path = tmp_path / "eq-82-number.search.json"
    search("eq-82-number", "--rounds", "2", "--jobs", "1")
    best = path.read_bytes()
    ratio = json.loads(best)["found"]["ratio"]
    assert (
        search("eq-82-number", "--rounds", "1", "--seed", "8", "--jobs", "1", "--improve").code == 0
    )
    assert json.loads(path.read_bytes())["found"]["ratio"] >= ratio
    worse = json.loads(best)
    worse["numbers"]["weights"] = [["1", "2"]]
    worse["numbers"]["direction"] = [["1", "-1"]]
    worse["found"]["ratio"] = 0.9  # what the file says is not believed
    path.write_text(json.dumps(worse))
    (tmp_path / "eq-82-number.toml").write_text(TWO_ACTIONS)
    again = search("eq-82-number", "--rounds", "2", "--jobs", "1", "--improve", "--quick")
    assert again.code == 0
    assert json.loads(path.read_bytes())["found"]["ratio"] == pytest.approx(ratio, rel=1e-4)
    assert search("eq-82-number", "--improve", "--resume").code == 2
    assert search("eq-81-number", "--improve", "--output", "eq-82-number.toml").code == 2


def test_a_changed_file_is_noticed(search, tmp_path):
    search("eq-82-number", "--rounds", "1", "--jobs", "1")
    beside = tmp_path / "eq-82-number.search.json"
    document = json.loads(beside.read_text())
    document["found"]["ratio"] += 0.1
    beside.write_text(json.dumps(document))
    assert search("--check", "eq-82-number.toml").code == 1
    beside.write_text("{}")
    ended = search("--check", "eq-82-number.toml")
    assert ended.code == 2
    assert "is no result of a search" in ended.err


def test_all_claims_make_a_table(search, tmp_path, monkeypatch):
    targets = {id: find_target(id) for id in ("eq-36-mean", "eq-82-number")}
    monkeypatch.setattr("dcpg_theory.cli.search.load_targets", lambda: targets)
    assert search("--all", "tight", "--rounds", "1", "--jobs", "1").code == 0
    table = (tmp_path / "tight.md").read_text()
    assert "(refuted)" in table
    assert "(eq-82-sharp)" in table
    assert (tmp_path / "tight" / "eq-82-number.toml").exists()
    assert search("--all", "tight", "eq-36-mean").code == 2


def test_a_folder_that_cannot_be_made_is_one_line(search, tmp_path):
    (tmp_path / "taken").write_text("a file")
    ended = search("--all", "taken/inside")
    assert ended.code == 2
    assert "--all taken/inside: cannot be made" in ended.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("eq-1000",), "no search belongs to 'eq-1000'"),
        ((), "name a CLAIM"),
        (("eq-77-gradient", "--discount", "1"), "open interval"),
        (("eq-77-gradient", "--discount", "x"), "is no number"),
        (("eq-77-gradient", "--output", "found.txt"), "must end in .toml or .npz"),
        (("eq-77-gradient", "--output", "no/found.toml"), "there is no folder"),
    ],
)
def test_bad_input_is_one_line(search, arguments, message):
    ended = search(*arguments)
    assert ended.code == 2
    assert message in ended.err
    assert "Traceback" not in ended.err


def test_the_list_names_the_searches(search):
    ended = search("--list", "--json", "-")
    assert "eq-77-gradient" in json.loads(ended.out)
