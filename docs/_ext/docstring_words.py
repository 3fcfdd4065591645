"""Docstrings are written for people: what Sphinx would take for markup or for names and is neither.

- Norms are written as in ``||x||``, where reStructuredText would look for a substitution.
- Types are written as in ``array_like, shape (n_states, n_actions)``, where Sphinx would look up
  every word; attributes of several classes have such names, and a link to any one would mislead.
- The class of another module is named without its module, and found if there is only one.
- A property is described by a sentence, which may have a colon; what stands before it is no type.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

# Outside of literals, and not where a backslash has escaped it already.
_LITERAL_OR_BAR = re.compile(r"``.*?``|`[^`]*`|\\\||\|", re.DOTALL)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("autodoc-process-docstring", _escape, priority=400)
    properties: dict[str, list[str]] = {}

    def keep(
        _app: Sphinx, what: str, name: str, _obj: object, _opts: object, lines: list[str]
    ) -> None:
        if what == "property":
            properties[name] = list(lines)

    def restore(
        _app: Sphinx, what: str, name: str, _obj: object, _opts: object, lines: list[str]
    ) -> None:
        if what == "property" and not any(line.startswith(":raises") for line in lines):
            lines[:] = properties[name]

    # Napoleon, which takes such a sentence apart, runs at 500.
    app.connect("autodoc-process-docstring", keep, priority=450)
    app.connect("autodoc-process-docstring", restore, priority=550)
    app.connect("autodoc-process-signature", _parsable)
    app.add_post_transform(PlainWords)
    return {"parallel_read_safe": True, "version": "1"}


def _escape(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    text = _LITERAL_OR_BAR.sub(
        lambda found: r"\|" if found[0] == "|" else found[0], "\n".join(lines)
    )
    lines[:] = text.split("\n")


def _parsable(
    app: Sphinx,
    what: str,
    name: str,
    obj: object,
    options: object,
    signature: str | None,
    returns: str | None,
) -> tuple[str | None, str | None]:
    """Return a signature without the mark of a made default, which is no Python."""
    return signature and signature.replace("<factory>", "..."), returns


class PlainWords(SphinxPostTransform):
    """Leaves words of a type, and names that several objects have, without a link."""

    default_priority: ClassVar[int] = 5  # before references are resolved

    def run(self, **_: Any) -> None:
        """Replace such references by what they show."""
        for link in list(self.document.findall(addnodes.pending_xref)):
            if link.get("refdomain") == "py" and self._is_word(link):
                link.replace_self([child.deepcopy() for child in link.children])

    def _is_word(self, link: nodes.Element) -> bool:
        name = link["reftarget"]
        if link["reftype"] == "class" and name.islower():
            return True
        found = self._meant(link, anywhere=link.hasattr("refspecific"))
        if not found and not name.islower() and len(self._meant(link, anywhere=True)) == 1:
            link["refspecific"] = True  # a class of another module, by its name alone
        return len(found) > 1

    def _meant(self, link: nodes.Element, *, anywhere: bool) -> list[Any]:
        found = self.env.domains.python_domain.find_obj(
            self.env,
            link.get("py:module"),
            link.get("py:class"),
            link["reftarget"],
            link["reftype"],
            int(anywhere),
        )
        return [match for match in found if not match[1].aliased]
