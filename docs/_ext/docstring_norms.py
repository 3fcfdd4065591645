"""Docstrings write norms as in ``||x||``, where reStructuredText would look for a substitution."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

# Outside of literals, and not where a backslash has escaped it already.
_LITERAL_OR_BAR = re.compile(r"``.*?``|`[^`]*`|\\\||\|", re.DOTALL)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("autodoc-process-docstring", _escape)
    return {"parallel_read_safe": True, "version": "1"}


def _escape(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    text = _LITERAL_OR_BAR.sub(
        lambda found: r"\|" if found[0] == "|" else found[0], "\n".join(lines)
    )
    lines[:] = text.split("\n")
