"""A statement as printed, cut into prose and formulas, and formulas as MathML."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, replace
from functools import lru_cache

__all__ = ["Segment", "as_html", "mathml", "segments", "whole", "words", "words_as_html"]

_PROSE = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{3,} [a-z]{2,}(?![A-Za-z]*\})")
_TEXT = re.compile(r"\\(?:text|textrm|mathrm|operatorname)\s*\{[^{}]*\}")
_ENVIRONMENT = re.compile(r"\\(begin|end)\{(aligned|align\*?|gathered|split)\}")
_MATRIX = re.compile(r"\\begin\{(\w*matrix|cases|array)\}.*?\\end\{\1\}", re.DOTALL)
# A word holds groups in braces whole, three deep, with the blanks in them.
_GROUP = r"\{[^{}]*\}"
for _ in range(2):
    _GROUP = rf"\{{(?:[^{{}}]|{_GROUP})*\}}"
_WORD = re.compile(rf"(?:[^\s{{}}]|{_GROUP})+")
_LATEX = re.compile(r"\\[A-Za-z]|[_^]\{")
_GREEK = re.compile(
    r"(?<![\\A-Za-z])(alpha|beta|gamma|epsilon|lambda|mu|xi|pi|rho|sigma|theta)(?![A-Za-z])"
)
_LETTERS = {
    "α": "alpha", "β": "beta", "γ": "gamma", "λ": "lambda", "μ": "mu", "ξ": "xi", "π": "pi",
    "ρ": "rho", "σ": "sigma", "θ": "theta",
}  # fmt: skip
_LETTER = re.compile(f"([{''.join(_LETTERS)}])(?=([A-Za-z])?)")
_INDEXED = re.compile(r"\\[A-Za-z]|(?<![A-Za-z])\w[_^]")


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a statement: prose, or a formula in LaTeX."""

    is_formula: bool
    text: str


def segments(statement: str) -> list[Segment]:
    """Cut a statement: between dollars stands mathematics; without dollars it is one or the other.

    A quotation may begin in the middle of a formula, so that its first dollar ends one. A piece
    without dollars is prose if it has two words, or nothing that only formulas have; single words
    of prose may be formulas nevertheless, such as S_2.
    """
    statement = statement.replace("$$", "$")
    if "$" not in statement:
        return [Segment(True, statement)] if _is_formula(statement) else _prose(statement, _INDEXED)
    parts = statement.split("$")
    inside = "\\" in parts[0] and _is_formula(parts[0])
    pieces = []
    for k, part in enumerate(parts):
        if (k + inside) % 2 == 0:
            pieces += _prose(part, _INDEXED)
        elif part.strip():
            pieces.append(Segment(True, part))
    return pieces


def words(text: str) -> list[Segment]:
    """Cut a text of ours, a note or what was found: its formulas are what only LaTeX writes so."""
    return [
        replace(piece, text=_GREEK.sub(r"\\\g<0>", piece.text)) if piece.is_formula else piece
        for piece in _single_words(text, _LATEX)
    ]


def _prose(piece: str, is_formula: re.Pattern[str]) -> list[Segment]:
    """Cut off the formula that a sentence ends with, or else the words that are formulas."""
    for word in _WORD.finditer(piece):
        if re.search(r"\\[A-Za-z]", word[0]) and not _has_prose(piece[word.start() :]):
            return [
                *_single_words(piece[: word.start()], is_formula),
                Segment(True, piece[word.start() :]),
            ]
    return _single_words(piece, is_formula)


def _single_words(piece: str, is_formula: re.Pattern[str]) -> list[Segment]:
    """Cut out the words that are formulas; neighbours are one formula."""
    pieces: list[Segment] = []
    done = 0
    for word in _WORD.finditer(piece):
        if not is_formula.search(word[0]):
            continue
        begin, end = word.span()
        while piece[end - 1] in ".,;:" or (piece[end - 1] == ")" and _opens(piece, begin, end) < 0):
            end -= 1
        while piece[begin] == "(" and _opens(piece, begin, end) > 0:
            begin += 1
        between = piece[done:begin]
        if pieces and not between.strip() and pieces[-1].is_formula:
            pieces[-1] = Segment(True, pieces[-1].text + between + _in_latex(piece[begin:end]))
        else:
            pieces += [Segment(False, between)] if between else []
            pieces.append(Segment(True, _in_latex(piece[begin:end])))
        done = end
    return [*pieces, Segment(False, piece[done:])] if done < len(piece) else pieces


def _in_latex(word: str) -> str:
    """Return a word of prose as LaTeX has it: the Greek letters have names there."""
    return _LETTER.sub(lambda found: f"\\{_LETTERS[found[1]]}{' ' if found[2] else ''}", word)


def _opens(piece: str, begin: int, end: int) -> int:
    return piece.count("(", begin, end) - piece.count(")", begin, end)


def _has_prose(piece: str) -> bool:
    return bool(_PROSE.search(_TEXT.sub(" ", piece)))


def _is_formula(piece: str) -> bool:
    return not _has_prose(piece) and bool(re.search(r"\\[a-zA-Z]|[=^<>]", piece))


def whole(latex: str) -> str | None:
    """Return a formula that stands alone, or None for a piece that no other can complete.

    Displays are quoted line by line, so a piece may open a bracket, a brace or an environment that
    another line closes. Lines of a display become one, those of a matrix stay.
    """
    text = _ENVIRONMENT.sub("", latex).strip()
    matrices = [found[0] for found in _MATRIX.finditer(text)]
    text = _MATRIX.sub("\0", text).replace(r"\\", r"\quad ").replace("&", "")
    for matrix in matrices:
        text = text.replace("\0", matrix, 1)
    if len(re.findall(r"\\left\b", text)) != len(re.findall(r"\\right\b", text)):
        text = re.sub(r"\\(left|right)\b\s*\.?", "", text)
    text = re.sub(r"\\arg(?![A-Za-z])", r"\\operatorname{arg}", text)
    return text if _balanced(text) else None


def as_html(statement: str) -> str:
    """Return a statement as HTML: prose escaped, formulas as MathML."""
    return "".join(
        mathml(piece.text) if piece.is_formula else html.escape(piece.text)
        for piece in segments(statement)
    )


def words_as_html(text: str) -> str:
    """Return a text of ours as HTML, with MathML for what it holds of LaTeX."""
    return "".join(
        mathml(piece.text) if piece.is_formula else html.escape(piece.text) for piece in words(text)
    )


@lru_cache(maxsize=4096)
def mathml(latex: str) -> str:
    """Return a formula as MathML, or as code where it is only a piece of one."""
    from latex2mathml.converter import convert

    text = whole(latex)
    try:
        found: str = "" if text is None else convert(text)
    except Exception:  # the converter raises whatever its parser runs into
        found = ""
    if not found:
        return f"<code>{html.escape(latex)}</code>"
    # The source stays with the formula, for people who copy it and for those who hear the page.
    return found.replace("<math ", f'<math alttext="{html.escape(latex, quote=True)}" ', 1)


def _balanced(text: str) -> bool:
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0
