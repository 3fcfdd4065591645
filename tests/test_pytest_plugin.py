"""The plugin in projects of its own: one that uses it, one that does not."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

USES_IT = """
import pytest

@pytest.mark.claim("lemma-b6")
def test_tied():
    pass

@pytest.mark.claim("eq-1", "eq-2")
def test_failing():
    assert False

@pytest.mark.claims("eq-1", "lemma-b6")
def test_of_every_claim(dcpg_claim):
    assert dcpg_claim.id in ("eq-1", "lemma-b6")

def test_untied():
    pass
"""
DOES_NOT = """
import sys

def test_nothing_heavy_is_loaded():
    heavy = {"numpy", "sympy", "flint", "hypothesis.strategies", "proofs_check", "matplotlib"}
    assert not heavy & set(sys.modules)
"""


@pytest.fixture
def run(tmp_path):
    def run(source, *arguments):
        (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
        (tmp_path / "test_it.py").write_text(source)
        # The hypothesis plugin is somebody else's, and loads what it likes.
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:hypothesispytest", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return run


def test_a_project_that_does_not_use_it_does_not_notice_it(run):
    done = run(DOES_NOT)
    assert done.returncode == 0, done.stdout
    assert "claim" not in done.stdout


@pytest.mark.parametrize("processes", ["0", "2"])
def test_tests_are_tied_to_claims_and_summed_up(run, tmp_path, processes):
    done = run(USES_IT, "-n", processes, "--claims-report", "report.json")
    assert done.returncode == 1
    assert "3 claims (1 definition, 1 proved, 1 refuted)" in done.stdout
    assert "eq-2 (refuted): a test failed" in done.stdout
    report = json.loads((tmp_path / "report.json").read_text())["claims"]
    by_id = {entry["id"]: entry for entry in report}
    assert sorted(by_id) == ["eq-1", "eq-2", "lemma-b6"]
    assert set(by_id["lemma-b6"]["tests"].values()) == {"passed"}
    assert sorted(by_id["eq-1"]["tests"].values()) == ["failed", "passed"]


def test_only_tests_of_matching_claims_run_when_asked(run):
    done = run(USES_IT, "--claims", "lemma-*")
    assert done.returncode == 0
    assert "2 passed" in done.stdout
    assert "3 deselected" in done.stdout


def test_an_unknown_claim_is_an_error_that_names_near_ones(run):
    done = run("import pytest\n@pytest.mark.claim('lemma-b55')\ndef test(): pass\n")
    assert done.returncode == 1
    assert "no claim is called 'lemma-b55'; near names: " in done.stdout
    assert "1 error" in done.stdout


def test_a_glob_that_matches_nothing_is_an_error(run):
    done = run(
        "import pytest\n@pytest.mark.claims('lemma-c*')\ndef test(dcpg_claim): pass\n",
    )
    assert done.returncode != 0
    assert "no claim is called 'lemma-c*'" in done.stdout + done.stderr


def test_a_report_that_cannot_be_written_is_said(run):
    done = run(USES_IT, "--claims-report", "no/such/folder.json")
    assert "cannot be written" in done.stdout + done.stderr
