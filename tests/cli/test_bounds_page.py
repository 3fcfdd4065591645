"""docs/bounds.md shows what the command prints and what the library returns."""

from __future__ import annotations

import doctest
import json
import re
import shlex

import pytest

_CONSOLE = re.compile(r"```console\n\$ dcpg (.*?)\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def page(repository_root) -> str:
    return (repository_root / "docs" / "bounds.md").read_text(encoding="utf-8")


def test_the_shown_output_is_the_command_s(page, dcpg):
    blocks = _CONSOLE.findall(page)
    assert len(blocks) >= 4
    for words, shown in blocks:
        ended = dcpg(*shlex.split(words))
        assert ended.code == 0
        assert [line.rstrip() for line in ended.out.splitlines()] == shown.splitlines()


def test_the_python_examples_run(page):
    example = doctest.DocTestParser().get_doctest(page, {}, "bounds.md", "docs/bounds.md", 0)
    found = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL).run(example)
    assert found.attempted >= 8
    assert found.failed == 0


def test_the_table_of_ratios_is_the_recorded_one(page, repository_root):
    recorded = json.loads((repository_root / "docs" / "bounds-tightness.json").read_text())
    table = page.partition("<!-- tightness: begin -->\n")[2].partition("<!-- tightness: end -->")[0]
    rows = [f"| {what} | {found['ratio']} | {found['where']} |" for what, found in recorded.items()]
    assert table.splitlines() == ["| bound | ratio | where |", "| --- | --- | --- |", *rows]
