"""``dcpg bench`` times what it is asked for and writes what came out."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from dcpg_theory.cli.bench import bench
from dcpg_theory.engine.benchmarks import suite
from dcpg_theory.errors import DcpgTheoryError, InvalidInput


@pytest.fixture
def quick(monkeypatch):
    """Parts that take no time."""
    row = {"seconds": 1e-6, "times_the_engine": 1.0, "spread": 0.0}
    part = {"description": "x", "path": "sparse", "contenders": {"dcpg_theory": row}, "skipped": {}}
    monkeypatch.setattr(suite, "run_part", lambda name: {**part, "name": name})


@pytest.mark.usefixtures("quick")
def test_parts_are_run_and_printed():
    result = CliRunner().invoke(bench, ["--only", "example-1", "--only", "dense-200"])
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.output.splitlines()] == ["example-1", "dense-200"]


@pytest.mark.usefixtures("quick")
def test_json_takes_standard_output():
    result = CliRunner().invoke(bench, ["--only", "example-1", "--json", "-"])
    assert json.loads(result.stdout)["example-1"]["name"] == "example-1"


@pytest.mark.usefixtures("quick")
def test_the_page_and_the_data_are_written(tmp_path):
    result = CliRunner().invoke(bench, ["--only", "example-1", "--out", str(tmp_path), "--quiet"])
    assert result.output == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["engine.json", "engine.md"]
    assert "dcpg bench --only example-1" in (tmp_path / "engine.md").read_text()


@pytest.mark.usefixtures("quick")
def test_what_was_measured_stays_if_a_later_part_fails(tmp_path, monkeypatch):
    run_part = suite.run_part

    def fails_later(name):
        if name == "dense-200":
            raise DcpgTheoryError("a benchmark's process failed")
        return run_part(name)

    monkeypatch.setattr(suite, "run_part", fails_later)
    words = ["--only", "example-1", "--only", "dense-200", "--out", str(tmp_path)]
    result = CliRunner().invoke(bench, words)
    assert isinstance(result.exception, DcpgTheoryError)
    assert [*json.loads((tmp_path / "engine.json").read_text())] == ["example-1"]
    assert (tmp_path / "engine.md").exists()


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    result = CliRunner().invoke(bench, ["--out", str(tmp_path / "nowhere")])
    assert isinstance(result.exception, InvalidInput)


def test_an_unknown_part_is_refused():
    assert CliRunner().invoke(bench, ["--only", "everything"]).exit_code == 2
