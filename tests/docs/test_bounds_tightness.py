"""docs/bounds.md shows the ratios that were recorded."""

from __future__ import annotations

import json


def test_the_table_of_ratios_is_the_recorded_one(repository_root):
    page = (repository_root / "docs" / "bounds.md").read_text(encoding="utf-8")
    recorded = json.loads((repository_root / "docs" / "bounds-tightness.json").read_text())
    table = page.partition("<!-- tightness: begin -->\n")[2].partition("<!-- tightness: end -->")[0]
    rows = [f"| {what} | {found['ratio']} | {found['where']} |" for what, found in recorded.items()]
    assert table.splitlines() == ["| bound | ratio | where |", "| --- | --- | --- |", *rows]
