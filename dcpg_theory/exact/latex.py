r"""Formulas as printed: LaTeX read into exact values.

The grammar is what the paper's displays of Section 2 and Appendix A use: rational expressions with
\frac, \sqrt, powers, implicit products, decimals, bmatrix, and composite names such as
``V_1^\pi(S_3)`` that the caller gives a value for. Nothing else parses, so nothing is misread.

Examples
--------
>>> from dcpg_theory.exact.rational_functions import symbols
>>> gamma, p = symbols("gamma", "p")
>>> parse(r"\frac{2(1-p)\gamma}{2-\gamma^2}", {r"\gamma": gamma, "p": p}) == (
...     2 * (1 - p) * gamma / (2 - gamma**2)
... )
True
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import lark
import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.exact.rational_functions import RationalFunction, as_fmpq

__all__ = ["normalized", "parse", "parse_matrix", "parse_vector", "unbound_symbols"]

_GRAMMAR = r"""
?start: sum
?sum: term | sum "+" term -> add | sum "-" term -> sub | "-" term -> neg | "+" term
?term: power | term power -> mul | term TIMES power -> mul | term "/" power -> div
?power: atom | atom "^" exponent -> pow
exponent: DIGIT | "{" signed "}"
signed: NUMBER | "-" NUMBER -> negative
?atom: NUMBER -> number | NAME -> name | "(" sum ")" | "{" sum "}"
     | "\\frac" "{" sum "}" "{" sum "}" -> div
     | "\\sqrt" "{" sum "}" -> sqrt
TIMES: "\\cdot" | "\\times"
NUMBER: /\d+(\.\d+)?/
DIGIT.2: /(?<=\^)\d/
NAME: /@\d+@/
%ignore /\s+/
"""

_SPACING = re.compile(r"\\left|\\right|\\big|\\Big|\\,|\\;|\\!|\\quad|&(?=\s*=)|\\displaystyle|\\limits|\$")


def normalized(latex: str) -> str:
    """Return the LaTeX without what only lays it out: spacing, alignment, bracket sizes."""
    return re.sub(r"\s+", "", _SPACING.sub("", latex))


@functools.cache
def _parser() -> lark.Lark:
    return lark.Lark(_GRAMMAR, parser="lalr", lexer="contextual")


class _Evaluate(lark.Transformer[lark.Token, Any]):
    """Evaluate the tree in the number type of the names' values."""

    def __init__(self, values: list[Any], roots: Mapping[str, Any]) -> None:
        super().__init__()
        self._values, self._roots = values, roots

    def number(self, items: list[Any]) -> Any:
        return as_fmpq(Fraction(str(items[0])))

    def name(self, items: list[Any]) -> Any:
        return self._values[int(str(items[0])[1:-1])]

    def add(self, items: list[Any]) -> Any:
        return items[0] + items[1]

    def sub(self, items: list[Any]) -> Any:
        return items[0] - items[1]

    def neg(self, items: list[Any]) -> Any:
        return -items[0]

    def mul(self, items: list[Any]) -> Any:
        return items[0] * items[-1]

    def div(self, items: list[Any]) -> Any:
        return items[0] / items[1]

    def pow(self, items: list[Any]) -> Any:
        return items[0] ** items[1]

    def exponent(self, items: list[Any]) -> int:
        return items[0] if isinstance(items[0], int) else int(str(items[0]))

    def signed(self, items: list[Any]) -> int:
        return int(str(items[0]))

    def negative(self, items: list[Any]) -> int:
        return -int(str(items[0]))

    def sqrt(self, items: list[Any]) -> Any:
        key = items[0].as_constant() if isinstance(items[0], RationalFunction) else items[0]
        name = rf"\sqrt{{{key}}}"
        if name not in self._roots:
            raise InvalidInput(f"no value given for {name}")
        return self._roots[name]


def parse(latex: str, names: Mapping[str, Any]) -> Any:
    r"""Return the value of an expression.

    Parameters
    ----------
    latex : str
        One side of a printed formula.
    names : mapping from LaTeX to exact value
        For symbols (``\gamma``, ``p``), composite names and roots (``\sqrt{2}``); longer names
        win.

    Raises
    ------
    InvalidInput
        If a part of the text is not in the grammar or has no value.
    """
    text, values = normalized(latex), list(names.values())
    keys = {normalized(key): index for index, key in enumerate(names)}
    for key in sorted(keys, key=len, reverse=True):
        text = text.replace(key, f"@{keys[key]}@")
    try:
        tree = _parser().parse(text)
        roots = {key: value for key, value in names.items() if key.startswith(r"\sqrt")}
        return _Evaluate(values, roots).transform(tree)
    except lark.exceptions.VisitError as error:
        raise error.orig_exc from error
    except lark.exceptions.LarkError as error:
        reason = str(error).splitlines()[0]
        raise InvalidInput(f"cannot read {latex!r} as a formula: {reason}") from error


def parse_matrix(latex: str, names: Mapping[str, Any]) -> Array:
    r"""Return the entries of the one ``bmatrix`` in the text, shape (rows, columns).

    Raises
    ------
    InvalidInput
        If there is not exactly one matrix, its rows differ in length, or an entry does not parse.
    """
    bodies = re.findall(r"\\begin\{bmatrix\}(.*?)\\end\{bmatrix\}", latex, re.DOTALL)
    if len(bodies) != 1:
        raise InvalidInput(f"{len(bodies)} matrices in the text, exactly one is needed")
    rows = [row.split("&") for row in re.split(r"\\\\", bodies[0]) if row.strip()]
    if len({len(row) for row in rows}) != 1:
        raise InvalidInput("the rows of the matrix have different lengths")
    result = np.empty((len(rows), len(rows[0])), dtype=object)
    for i, row in enumerate(rows):
        for j, entry in enumerate(row):
            result[i, j] = parse(entry, names)
    return result


def parse_vector(latex: str, names: Mapping[str, Any]) -> Array:
    r"""Return the entries of a printed list ``[a, b, ...]^\top``, shape (length,).

    Raises
    ------
    InvalidInput
        If the text holds no bracketed list or an entry does not parse.
    """
    match = re.search(r"\[(.*)\]", normalized(latex), re.DOTALL)
    if match is None:
        raise InvalidInput(f"no bracketed list in {latex!r}")
    entries = _split_top_level(match[1])
    result = np.empty(len(entries), dtype=object)
    for i, entry in enumerate(entries):
        result[i] = parse(entry, names)
    return result


def _split_top_level(text: str) -> list[str]:
    parts, depth = [""], 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def unbound_symbols(latex: str, symbol: str) -> list[str]:
    r"""Return the occurrences of a symbol that carry no subscript.

    Each task has its own discount, so ``\gamma`` without an index stands for no number where
    several tasks are spoken of.
    """
    text = normalized(latex)
    found = []
    for match in re.finditer(re.escape(normalized(symbol)) + r"(?![A-Za-z])", text):
        after = text[match.end() :]
        if not after.startswith("_"):
            found.append(text[match.start() : match.end() + 6])
    return found
