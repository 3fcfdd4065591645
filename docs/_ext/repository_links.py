"""Links from a page to a file of the repository that is no page.

Pages are read in the repository too, so they link to source files by relative paths. In the built
documentation such a link has nowhere to lead, and shows the file's path instead, as code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util import logging

_LOGGER = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("doctree-read", _name_files)
    return {"parallel_read_safe": True, "version": "1"}


def _name_files(app: Sphinx, doctree: nodes.document) -> None:
    root = Path(app.srcdir).parent
    page = Path(app.env.doc2path(app.env.docname))
    for link in list(doctree.findall(addnodes.pending_xref)):
        target = link.get("reftarget", "").partition("#")[0]
        if link.get("refdomain") == "doc" or not target or link.get("reftype") != "myst":
            continue
        path = (page.parent / target).resolve()
        if path.exists():
            link.replace_self(_named(link, path.relative_to(root)))
    for link in list(doctree.findall(addnodes.download_reference)):
        path = (page.parent / link["reftarget"]).resolve()
        if path.exists():
            link.replace_self(_named(link, path.relative_to(root)))


def _named(link: nodes.Element, path: Path) -> nodes.Node:
    """Return the words of a link, with the path behind them unless they name it already."""
    words = link.astext()
    if words.rstrip("/").endswith(path.name):
        return nodes.literal(str(path), str(path))
    return nodes.inline("", f"{words} (", nodes.literal(str(path), str(path)), nodes.Text(")"))
