"""A statement as printed, cut into prose and formulas, and formulas as MathML."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Segment", "as_html", "mathml", "segments"]

_PROSE = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{3,} [a-z]{2,}(?![A-Za-z]*\})")
_ENVIRONMENT = re.compile(r"\\(begin|end)\{(aligned|align\*?|gathered|split)\}")


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a statement: prose, or a formula in LaTeX."""

    is_formula: bool
    text: str


def segments(statement: str) -> list[Segment]:
    """Cut a statement: between dollars stands mathematics; without dollars it is one or the other.

    A quotation may begin in the middle of a formula, so that its first dollar ends one. A piece
    without dollars is prose if it has two words, or nothing that only formulas have.
    """
    if "$" not in statement:
        return [Segment(True, statement)] if _is_formula(statement) else _prose(statement)
    parts = statement.split("$")
    inside = "\\" in parts[0] and _is_formula(parts[0])
    pieces = []
    for k, part in enumerate(parts):
        if (k + inside) % 2 == 0:
            pieces += _prose(part)
        elif part.strip():
            pieces.append(Segment(True, part))
    return pieces


def _prose(piece: str) -> list[Segment]:
    """Cut off a formula that a sentence ends with, where it stands without dollars."""
    found = re.search(r"(?<=\s)\\[a-zA-Z]", piece)
    if found is None or _PROSE.search(piece, found.start()):
        return [Segment(False, piece)] if piece else []
    return [Segment(False, piece[: found.start()]), Segment(True, piece[found.start() :])]


def _is_formula(piece: str) -> bool:
    return not _PROSE.search(piece) and bool(re.search(r"\\[a-zA-Z]|[=^<>]", piece))


def as_html(statement: str) -> str:
    """Return a statement as HTML: prose escaped, formulas as MathML."""
    return "".join(
        mathml(piece.text) if piece.is_formula else html.escape(piece.text)
        for piece in segments(statement)
    )


@lru_cache(maxsize=4096)
def mathml(latex: str) -> str:
    """Return a formula as MathML, or as code where it is only a piece of one.

    Displays are quoted line by line, so a piece may open a brace or an environment that another
    line closes; what the converter does not take is shown as it was printed.
    """
    from latex2mathml.converter import convert

    text = _ENVIRONMENT.sub("", latex)
    text = text.replace(r"\\", r"\quad ").replace("&", "").strip()
    if not _balanced(text):
        return _code(latex)
    try:
        found: str = convert(text)
    except Exception:  # the converter raises whatever its parser runs into
        return _code(latex)
    # The source stays with the formula, for people who copy it and for those who hear the page.
    return found.replace("<math ", f'<math alttext="{html.escape(latex, quote=True)}" ', 1)


def _balanced(text: str) -> bool:
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0 and len(re.findall(r"\\left\b", text)) == len(re.findall(r"\\right\b", text))


def _code(latex: str) -> str:
    return f"<code>{html.escape(latex)}</code>"
