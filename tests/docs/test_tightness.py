"""The page on how tight the bounds are names all of them, searched or not."""

from __future__ import annotations

from dcpg_theory.report.tightness import tightness_table
from dcpg_theory.search.targets import load_targets, unsearched


def test_every_bound_is_on_the_page(repository_root):
    page = (repository_root / "docs" / "tightness.md").read_text(encoding="utf-8")
    searched, _, rest = page.partition("\n## Not searched")
    assert rest == tightness_table([], "", unsearched()).partition("\n## Not searched")[2]
    rows = [line.split(" | ")[0].removeprefix("| ") for line in searched.splitlines()]
    assert rows[-len(load_targets()) :] == list(load_targets())
