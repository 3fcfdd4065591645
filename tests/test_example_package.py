"""Another package brings its own paper: installed, its claims are audited like ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile

import pytest


@pytest.fixture(scope="module")
def environment(repository_root, tmp_path_factory):
    """The environment with the example's wheel on the path."""
    pytest.importorskip("hatchling", reason="the example is built with hatchling")
    pytest.importorskip("build", reason="the example is built with build")
    example, folder = (
        repository_root / "docs/examples/softmax_bandits",
        tmp_path_factory.mktemp("x"),
    )
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--skip-dependency-check",
    ]
    subprocess.run([*command, "--outdir", folder, example], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return {**os.environ, "PYTHONPATH": str(folder / "site")}, example


def test_audit_picks_the_claims_up(environment, tmp_path):
    variables, _ = environment
    report = tmp_path / "audit.json"
    done = subprocess.run(
        [sys.executable, "-m", "dcpg_theory", "audit", "bandit-*", "--quiet", "--json", report],
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    verdicts = {c["id"]: c["verdict"] for c in json.loads(report.read_text())["claims"]}
    assert verdicts == {"bandit-gradient": "proved", "bandit-lojasiewicz": "proved"}
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_plugin_picks_them_up_and_their_suite_passes(environment, tmp_path):
    variables, example = environment
    (tmp_path / "test_it.py").write_text((example / "tests/test_claims.py").read_text())
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "2 claims (2 proved)" in done.stdout
