r"""Statements for a terminal: prose as it stands, formulas in one line of Unicode.

A formula goes through the same converter as in HTML, and its MathML is written out in line:
``\frac{8\lambda^2}{N}`` becomes ``8λ²/N``. Brackets are added wherever a group would be torn.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from xml.etree.ElementTree import Element, fromstring

from dcpg_theory.formulas import segments, whole, words

__all__ = ["plain", "plain_formula", "plain_words"]

_RAISED = str.maketrans("0123456789-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_MARKS = {"¯": "\u0304", "―": "\u0304", "‾": "\u0304", "^": "\u0302", "~": "\u0303", "˙": "\u0307"}
_SPACED = set("=≠<>≤≥≔≈∼~≡→↦∈∉⊂⊆⊃⊇∪∩+−±×·∧∨∣≜⟹⇒⟺⇔")
_SIGNS = set("+−±")
_OPENING, _CLOSING = set("([{⌊⌈⟨"), set(")]}⌋⌉⟩")
_BARS = {"|", "‖"}
_WITH_INDICES = {"msub", "munder", "msup", "msubsup", "munderover", "mrow"}
_BEFORE_SIGN = _OPENING | _SPACED | {",", ";", "/"}
_CALLED = re.compile(r"\b(log|exp|RE|KL|softmax|diag) $")  # a bracket follows at once
_SAME = {"∥": "‖", "∑": "Σ", "∏": "Π", "-": "−", "\u2061": "", "\u00a0": " "}


def plain(statement: str) -> str:
    """Return a statement in plain text, with its formulas in Unicode."""
    return "".join(
        plain_formula(piece.text) if piece.is_formula else piece.text
        for piece in segments(statement)
    ).strip()


def plain_words(text: str) -> str:
    """Return a text of ours in plain text; of its formulas those in LaTeX are rewritten."""
    return "".join(
        plain_formula(piece.text) if piece.is_formula else piece.text for piece in words(text)
    )


@lru_cache(maxsize=4096)
def plain_formula(latex: str) -> str:
    """Return a formula in one line of Unicode, or between dollars if it is only a piece of one."""
    from latex2mathml.converter import convert

    text = whole(latex)
    try:
        found = None if text is None else fromstring(convert(text))
    except Exception:  # the converter raises whatever its parser runs into
        found = None
    if found is None:
        return f"${latex}$"
    return re.sub(r" {2,}", "  ", _written(found)).strip()


def _written(element: Element) -> str:
    """Return an element in line."""
    kind, parts = _kind(element), list(element)
    if kind in ("mi", "mn", "mo", "mtext"):
        return _token(element)
    if kind == "mspace":
        return "  "
    if kind == "mfrac":
        return f"{_group(parts[0])}/{_group(parts[1], below=True)}"
    if kind == "msqrt":
        return "√" + _group(parts, below=True)
    if kind == "mroot":
        return f"{_group(parts[1])}√{_group(parts[0], below=True)}"
    if kind in ("msub", "munder"):
        return _base(parts[0]) + _lower(parts[1])
    if kind == "msup":
        return _base(parts[0]) + _upper(parts[1])
    if kind == "mover":
        return _accented(parts) or _base(parts[0]) + _upper(parts[1])
    if kind in ("msubsup", "munderover"):
        return _base(parts[0]) + _lower(parts[1]) + _upper(parts[2])
    if kind == "mtable":
        rows = [", ".join(_written(cell).strip(" ,") for cell in row) for row in parts]
        return "; ".join(rows)
    return _row(parts)


def _kind(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _token(element: Element) -> str:
    text = unicodedata.normalize("NFKC", element.text or "") if element.text != "¯" else "¯"
    return "".join(_SAME.get(letter, letter) for letter in text)


def _row(parts: list[Element]) -> str:
    """Return elements beside each other, with blanks around relations, signs and words."""
    text, bars, after_fraction = "", 0, False
    for element in parts:
        piece = _written(element)
        if not piece:
            continue
        opened = not text or text[-1] in _OPENING or (text[-1] in _BARS and bars % 2 == 1)
        if _kind(element) == "mo" and piece in _SPACED:
            unary = (piece in _SIGNS and (opened or text.rstrip()[-1:] in _BEFORE_SIGN)) or (
                piece == "·" and opened
            )
            text += piece if unary else f"{'' if opened else ' '}{piece} "
        elif piece in (",", ";"):
            text = f"{text.rstrip()}{piece} "
        elif _is_word(element):
            text += f"{piece.strip()} " if opened else f" {piece.strip()} "
        elif _kind(element) == "mfrac" and not opened:
            text += f" {piece}"
        elif text.endswith(" ") and piece[0] in _OPENING and _CALLED.search(text):
            text = text.rstrip() + piece
        elif after_fraction and piece[0] not in _CLOSING | _BARS | {".", "!"}:
            text += f" {piece}"
        else:
            text += piece
        bars += piece in _BARS
        after_fraction = _kind(element) == "mfrac"
    return re.sub(r" {2}(?! )", " ", text).replace(": =", " :=")


def _is_word(element: Element) -> bool:
    """Whether a piece is a word such as max or `for all`, which stands apart."""
    first = element
    while len(first) and _kind(first) in (
        "msub",
        "munder",
        "msup",
        "msubsup",
        "munderover",
        "mrow",
    ):
        first = first[0]
    if _kind(first) not in ("mo", "mi", "mtext"):
        return False
    name = _token(first).strip()
    return (name.isalpha() and len(name) > 1) or name in ("Σ", "Π", "∀", "∃")


def _group(parts: Element | list[Element], *, below: bool = False) -> str:
    """Return the content of a fraction or a root, in brackets unless it hangs together."""
    text = _row(parts) if isinstance(parts, list) else _written(parts)
    text = text.strip()
    if re.fullmatch(r"[^\s/()\[\]|‖]+", text) and not (below and _is_product(text)):
        return text
    bare = text.rstrip("⁰¹²³⁴⁵⁶⁷⁸⁹")
    if _encloses(bare) or _between_bars(bare):
        return text
    return f"({text})"


def _is_product(text: str) -> bool:
    """Whether letters stand side by side, so that a slash before them would be read wrongly."""
    bare = re.sub(r"[_^][A-Za-zα-ω0-9*]|[⁰-⁹₀-₉¹²³*'\u0300-\u036f]", "", text)
    return len(bare) > 1 and not bare.isdigit()


def _encloses(text: str) -> bool:
    """Whether the first bracket closes at the end."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter in _OPENING) - (letter in _CLOSING)
        if depth == 0:
            return place == len(text) - 1 and text[0] in _OPENING
    return False


def _base(element: Element) -> str:
    text = _written(element).strip()
    loose = re.search(r"[\s/]", text) and not (_encloses(text) or _between_bars(text))
    return f"({text})" if loose else text


def _between_bars(text: str) -> bool:
    return len(text) > 1 and text[0] in _BARS and text.find(text[0], 1) == len(text) - 1


def _upper(element: Element) -> str:
    text = _tight(element)
    rest = text.lstrip("'′*∗")
    marks, text = text[: len(text) - len(rest)], rest
    if not text:
        return marks
    if re.fullmatch(r"[−-]?\d+", text):
        return marks + text.translate(_RAISED)
    return f"{marks}^{text}" if len(text) == 1 or _encloses(text) else f"{marks}^({text})"


def _lower(element: Element) -> str:
    text = _tight(element)
    if text.isdecimal():
        return text.translate(_LOWERED)
    plain_name = len(text) == 1 or text.isalpha()
    return f"_{text}" if plain_name or _encloses(text) else f"_({text})"


def _tight(element: Element) -> str:
    """Return an index without blanks around its signs."""
    text = _written(element).strip()
    return re.sub(r" ?([=<>≤≥+−∈]) ?", r"\1", text).replace(", ", ",")


def _accented(parts: list[Element]) -> str:
    mark = _MARKS.get(_token(parts[1]).strip(), "")
    text = _written(parts[0]).strip()
    if not mark:
        return ""
    return "".join(letter + mark if not letter.isspace() else letter for letter in text)
