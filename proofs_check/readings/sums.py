r"""Displays with sums and maxima, read as printed.

A sum or a maximum ranges over a finite set of a given instance: `ranges` says for each printed sign
(``\sum_{i=1}^N``, ``\max_{a \in \mathcal{A}}``) which indices it runs through, and may look at the
indices that are already bound. A sign's body ends at the next ``+``, ``-`` or closing bracket that
stands on its own level; what has two readings, the parser refuses.

Examples
--------
>>> from fractions import Fraction
>>> tasks = {r"\sum_{i=1}^N": lambda bound: [{"i": 0}, {"i": 1}]}
>>> discounts = [Fraction(1, 2), Fraction(3, 4)]
>>> read(r"1 + \sum_{i=1}^N \frac{1}{1 - \gamma_i}", lambda at: {r"\gamma_i": discounts[at["i"]]}
...      if "i" in at else {}, tasks)
7
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import as_fmpq

__all__ = ["Index", "Names", "Ranges", "read", "root_parts", "sides"]

Index = Mapping[str, Any]
Names = Callable[[Index], Mapping[str, Any]]
Ranges = Mapping[str, Callable[[Index], Iterable[Index]]]

_OPEN, _CLOSED = "([{", ")]}"


def read(
    latex: str, names: Names, ranges: Ranges, bound: Index | None = None, depth: int = 0
) -> Any:
    r"""Return the value of an expression with sums and maxima.

    Parameters
    ----------
    latex : str
    names : function from the bound indices to the values of the symbols
    ranges : mapping from a printed sign to the function that gives its indices
    bound : the indices that are bound already
    depth : how many signs enclose the expression

    Raises
    ------
    InvalidInput
        If a part does not parse, or a sign ranges over nothing.
    """
    text = _plain(latex)
    at = dict(bound or {})
    values = {name: _exact(value) for name, value in names(at).items()}
    signs = {_plain(sign): sign for sign in ranges}
    for count in range(len(text)):
        found = sorted((text.find(sign), -len(sign), sign) for sign in signs if sign in text)
        if not found:
            break
        start, _, sign = found[0]
        end = _extent(text, start + len(sign))
        body = text[start + len(sign) : end]
        each = [
            read(body, names, ranges, {**at, **more}, depth + 1) for more in ranges[signs[sign]](at)
        ]
        if not each:
            raise InvalidInput(f"{sign} ranges over nothing")
        place = rf"\Xi_{{{depth}.{count}}}"
        values[place] = max(each) if sign.startswith(r"\max") else sum(each[1:], start=each[0])
        text = f"{text[:start]}{place}{text[end:]}"
    return parse(text, values)


def sides(latex: str, relation: str) -> list[str]:
    """Return what stands left and right of a relation's signs."""
    return [part.strip("&") for part in normalized(latex).split(normalized(relation))]


def root_parts(latex: str) -> tuple[str, str, str]:
    r"""Return what stands before the one square root of an expression, under it, and after it.

    Raises
    ------
    InvalidInput
        If there is not exactly one root.
    """
    text = normalized(latex)
    before, *rest = text.split(r"\sqrt{")
    if len(rest) != 1:
        raise InvalidInput(f"{len(rest)} roots in {latex!r}, exactly one is needed")
    end = _closing(rest[0])
    return before, rest[0][:end], rest[0][end + 1 :]


def _exact(value: Any) -> Any:
    return as_fmpq(value) if isinstance(value, int | Fraction) else value


def _plain(latex: str) -> str:
    return normalized(latex).replace(r"\{", "(").replace(r"\}", ")")


def _closing(text: str) -> int:
    level = 0
    for position, letter in enumerate(text):
        level += (letter in _OPEN) - (letter in _CLOSED)
        if level < 0:
            return position
    return len(text)


def _extent(text: str, start: int) -> int:
    """Return where the body that begins at `start` ends."""
    level = 0
    for position in range(start, len(text)):
        letter = text[position]
        if level == 0 and (letter in _CLOSED or letter in "+-&,"):
            return position
        level += (letter in _OPEN) - (letter in _CLOSED)
    return len(text)
