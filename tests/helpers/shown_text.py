"""The words that a page of HTML shows."""

from __future__ import annotations

import html.parser
import re

QUOTED = {"math", "code", "pre", "script", "style"}
LATEX = re.compile(r"\\[A-Za-z]+|[_^]\{")


class _Words(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.inside, self.said = [], []

    def handle_starttag(self, tag, attrs):
        self.inside += [tag] if tag in QUOTED else []

    def handle_endtag(self, tag):
        if tag in QUOTED:
            self.inside.remove(tag)

    def handle_data(self, data):
        self.said += [] if self.inside else [data]


def raw_latex(markup):
    """What a page shows of LaTeX to its readers, outside of formulas and of what it quotes."""
    parser = _Words()
    parser.feed(markup)
    return [piece for piece in parser.said if LATEX.search(piece)]
