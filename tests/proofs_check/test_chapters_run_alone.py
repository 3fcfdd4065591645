"""A chapter run as a program prints its derivation."""

from __future__ import annotations

import importlib
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from shown_text import LATEX

import proofs_check
from dcpg_theory.ledger import Record
from dcpg_theory.ledger.claims import collected
from dcpg_theory.ledger.recorded import read_recorded
from dcpg_theory.plain_formulas import plain

# Each chapter runs the same way, and what each of its claims finds is tested elsewhere.
SHORT = "proofs_check.appendix_a"


def test_appendix_a_prints_statements_derivations_and_verdicts():
    done = subprocess.run(
        [sys.executable, "-m", SHORT],
        env={**os.environ, "PYTHONPATH": str(Path(proofs_check.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.startswith("Appendix A")
    claims = collected(vars(importlib.import_module(SHORT)))
    recorded = read_recorded()
    for member in claims:
        shown = plain(member.statement).split(maxsplit=1)[0]
        assert f"\n{member.id}  ({member.where})\n  {shown}" in done.stdout
        if member.check is not None:
            verdict = recorded[member.id]["verdict"].upper()
            assert f"  {verdict} ({recorded[member.id]['scope']})" in done.stdout


@pytest.mark.parametrize("chapter", proofs_check.CHAPTERS)
def test_every_chapter_runs_and_tells_its_claims(chapter, monkeypatch, capsys):
    """As a program, but with the recorded findings in the place of new ones, which take minutes."""
    recorded = read_recorded()
    narrating = importlib.import_module("dcpg_theory.ledger.narrate")
    monkeypatch.setattr(narrating, "examine", lambda member: (Record(**recorded[member.id]), None))
    module = importlib.import_module(chapter)
    # By its path: pytest loads an installed plugin's modules in a way that runpy cannot repeat.
    runpy.run_path(module.__file__, run_name="__main__")
    out = capsys.readouterr().out
    members = collected(vars(module))
    assert [m.id for m in members if f"\n{m.id}  (" not in out] == []
    found = [recorded[m.id] for m in members if m.check]
    assert all(f"\n  {r['verdict'].upper()} ({r['scope']}), " in out for r in found)
    assert not LATEX.search(out)


@pytest.mark.parametrize("chapter", proofs_check.CHAPTERS)
def test_every_chapter_introduces_itself_and_derives_its_claims(chapter):
    module = importlib.import_module(chapter)
    assert module.__doc__
    source = Path(module.__file__).read_text(encoding="utf-8")
    assert source.rstrip().endswith("narrate(vars(sys.modules[__name__]))")
    claims = collected(vars(module))
    assert claims
    for member in claims:
        assert member.check is None or member.open or member.check.__doc__, member.id
