"""Links from a page to a file of the repository that is no page.

Pages are read in the repository too, so they link to source files by relative paths. In the built
documentation such a link has nowhere to lead, and shows the file's path instead, as code.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

_LINK = re.compile(r"(?<!!)\[(?P<words>[^\]]+)\]\((?P<target>[^)#\s:]+)(#[^)\s]*)?\)")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("source-read", _name_files)
    return {"parallel_read_safe": True, "version": "1"}


def _name_files(app: Sphinx, docname: str, source: list[str]) -> None:
    docs = Path(app.srcdir)
    page = Path(app.env.doc2path(docname))

    def named(link: re.Match[str]) -> str:
        path = (page.parent / link["target"]).resolve()
        if not path.exists() or (path.is_relative_to(docs) and path.suffix == ".md"):
            return link[0]
        name = f"`{path.relative_to(docs.parent)}`"
        words = link["words"].strip("`").rstrip("/")
        return name if words.endswith(path.name) else f"{link['words']} ({name})"

    source[0] = _LINK.sub(named, source[0])
