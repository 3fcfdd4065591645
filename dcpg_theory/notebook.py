"""How problems, claims, bounds and traces show themselves in a notebook: one small card each.

A card is a title and a few rows; formulas are MathML in HTML and plain mathematics in LaTeX, and
everything else is escaped. The classes say what stands on their cards, this module how it looks.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dcpg_theory.formulas import Segment, mathml, segments

__all__ = ["Card", "Shown", "as_printed", "formula", "number", "text"]

Words = Sequence[Segment]

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "…": r"\ldots{}",
    "≈": r"$\approx$",
    "→": r"$\to$",
    "×": r"$\times$",
    "±": r"$\pm$",
    "θ": r"$\theta$",
    "λ": r"$\lambda$",
    "μ": r"$\mu$",
    "π": r"$\pi$",
    "ρ": r"$\rho$",
    "σ": r"$\sigma$",
    **{sign: "\\" + sign for sign in "&%$#_{}"},
}
_CELL = "text-align:left;vertical-align:top;padding:0.15em 0.8em 0.15em 0"
LONGEST = 600
"""Longer texts are cut: a card is small."""


@dataclass(frozen=True, slots=True)
class Card:
    """A title, and rows of a name and words."""

    title: str
    rows: tuple[tuple[str, Words], ...]

    def as_html(self) -> str:
        """Return the card as an HTML table without styles of its own colours."""
        lines = [
            f'<tr><th scope="row" style="{_CELL}">{html.escape(name)}</th>'
            f'<td style="{_CELL}">{"".join(_html(piece) for piece in words)}</td></tr>'
            for name, words in self.rows
        ]
        caption = (
            '<caption style="text-align:left;font-weight:bold;caption-side:top">'
            f"{html.escape(self.title)}</caption>"
        )
        return f"<table>{caption}<tbody>{''.join(lines)}</tbody></table>"

    def as_latex(self) -> str:
        """Return the card as an array in mathematics; plain LaTeX and MathJax take it."""
        lines = [rf"\textbf{{{_escaped(self.title)}}} &"]
        for name, words in self.rows:
            lines.append(
                rf"\text{{{_escaped(name)}}} & {''.join(_latex(piece) for piece in words)}"
            )
        return "$\\displaystyle\\begin{array}{ll}\n" + " \\\\\n".join(lines) + "\n\\end{array}$"


class Shown:
    """What a notebook asks an object for; `_card` says what there is to show."""

    __slots__ = ()

    def _card(self) -> Card:
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return self._card().as_html()

    def _repr_latex_(self) -> str:
        return self._card().as_latex()


def text(words: Any) -> Words:
    """Return plain words, whatever stands in them."""
    shown = str(words)
    return [Segment(False, shown if len(shown) <= LONGEST else shown[: LONGEST - 1] + "…")]


def formula(latex: str) -> Words:
    """Return one formula."""
    return [Segment(True, latex)]


def as_printed(words: str) -> Words:
    """Return a statement as printed: prose, formulas, or both."""
    return segments(words)


def number(value: Any) -> str:
    """Return a number in four digits, or as it prints itself where no double is large enough.

    Examples
    --------
    >>> number(2 / 3), number(None), number(10**400)[:4]
    ('0.6667', 'none', '1000')
    """
    if value is None:
        return "none"
    try:
        found = float(value.p) / float(value.q) if hasattr(value, "q") else float(value)
    except (OverflowError, TypeError, ValueError):
        return str(value)
    return f"{found:.4g}" if math.isfinite(found) else str(value)


def _html(piece: Segment) -> str:
    return mathml(piece.text) if piece.is_formula else html.escape(piece.text)


def _latex(piece: Segment) -> str:
    return piece.text if piece.is_formula else rf"\text{{{_escaped(piece.text)}}}"


def _escaped(words: str) -> str:
    return "".join(_ESCAPES.get(sign, sign) for sign in words)
