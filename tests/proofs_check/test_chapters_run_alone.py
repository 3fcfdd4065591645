"""A chapter run as a program prints its derivation."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import proofs_check
from dcpg_theory.ledger.claims import collected
from dcpg_theory.ledger.recorded import read_recorded

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
        assert f"\n{member.id}  ({member.where})\n  {member.statement}\n" in done.stdout
        if member.check is not None:
            verdict = recorded[member.id]["verdict"].upper()
            assert f"  {verdict} ({recorded[member.id]['scope']})" in done.stdout


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
