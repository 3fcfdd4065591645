"""The version stands in one place, and what else says it agrees."""

from __future__ import annotations

import re
from importlib.metadata import version

import dcpg_theory


def test_the_installed_package_has_the_version_that_the_module_says():
    assert version("dcpg-theory") == dcpg_theory.__version__


def test_the_citation_has_the_version(repository_root):
    text = (repository_root / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"^version: (\S+)$", text, flags=re.MULTILINE) == [dcpg_theory.__version__]
