"""The README's numbers are those of the recorded ledger."""

from __future__ import annotations

import re

from dcpg_theory.ledger.recorded import read_recorded


def test_the_readme_counts_the_claims_as_the_ledger_does(repository_root):
    text = (repository_root / "README.md").read_text(encoding="utf-8")
    recorded = read_recorded()
    undecided = sum(entry["verdict"] == "undecided" for entry in recorded.values())
    assert int(re.findall(r"checks (\d+) claims", text)[0]) == len(recorded)
    assert int(re.findall(r"(\d+) claims are still open", text)[0]) == undecided
