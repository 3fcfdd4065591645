"""The errata say what the ledger says, and the LaTeX compiles where there is one."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from dcpg_theory.ledger import load_registry
from dcpg_theory.ledger.recorded import read_recorded
from dcpg_theory.ledger.records import Record
from dcpg_theory.report.errata import errata, latex, markdown

REGISTRY = load_registry()


@pytest.fixture(scope="module")
def found():
    recorded = read_recorded()
    records = {id: Record(**recorded[id]) for id in REGISTRY if id in recorded}
    return errata(REGISTRY, records)


def test_the_page_in_the_documentation_is_in_step_with_the_ledger(found, repository_root):
    page = (repository_root / "docs" / "errata.md").read_text(encoding="utf-8")
    assert page == markdown(found)


def test_the_gravest_come_first_and_nothing_refuted_is_left_out(found):
    ranks = {"error": 0, "gap": 1, "slip": 2}
    order = [ranks[erratum.record.severity] for erratum in found]
    assert order == sorted(order)
    refuted = {id for id, entry in read_recorded().items() if entry["verdict"] == "refuted"}
    assert {erratum.record.id for erratum in found} == {
        id for id in refuted if not REGISTRY[id].parts
    }


def test_what_falls_builds_on_the_erratum(found):
    for erratum in found:
        for id in erratum.falls:
            assert erratum.record.id in REGISTRY.closure([id])


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex on this machine")
def test_the_latex_compiles(found, tmp_path):
    (tmp_path / "errata.tex").write_text(latex(found), encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "errata.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
    )
    assert done.returncode == 0, done.stdout[-2000:]


def test_braces_balance_in_the_latex(found):
    text = latex(found).replace(r"\{", "").replace(r"\}", "")
    assert text.count("{") == text.count("}")
