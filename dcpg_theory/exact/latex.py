r"""Formulas as printed: LaTeX read into exact values.

The grammar is what the paper's displays of Section 2 and Appendix A use: rational expressions with
\frac, \sqrt, powers, implicit products, decimals, bmatrix, and composite names such as
``V_1^\pi(S_3)`` that the caller gives a value for. Nothing else parses, and what can be read in
two ways (``a/bc``, ``{a+b}^2``, a number that ends an implicit product) is refused, so nothing is
misread.

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
from collections.abc import Mapping, Sequence
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
?term: product | term TIMES product -> mul | term "/" power -> div
?product: power | product factor -> mul
?power: factor | number | number "^" exponent -> pow
?factor: group | group "^" exponent -> pow
?group: NAME -> name | "(" sum ")" | "{" group "}"
     | "\\frac" "{" sum "}" "{" sum "}" -> div
     | "\\sqrt" "{" sum "}" -> sqrt
number: NUMBER
exponent: DIGIT | "{" signed "}"
signed: INTEGER | "-" INTEGER -> negative
TIMES: "\\cdot" | "\\times"
NUMBER: /\d+(\.\d+)?/
DIGIT: /\d(?![\d.])/
INTEGER: /\d{1,2}(?![\d.])/
NAME: /@\d+@/
%ignore /\s+/
"""

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\s+|.", re.DOTALL)
_WIDE = {r"\quad", r"\qquad"}
_SPACING = {r"\left", r"\right", r"\big", r"\Big", r"\bigl", r"\bigr", r"\,", r"\;", r"\:", r"\!"}
_SPACING |= {r"\displaystyle", r"\limits", "$", "~", r"\ "}
_MATRIX = re.compile(r"\\begin\{bmatrix\}(.*?)\\end\{bmatrix\}", re.DOTALL)
_INVERSE = ["^", "{", "-", "1", "}"]
_TRANSPOSED = (["^", r"\top"], ["^", "{", r"\top", "}"], ["^", "T"])


def _tokens(latex: str) -> list[str]:
    r"""Return commands, numbers and single characters, without spacing (``\quad`` is kept)."""
    return [t for t in _TOKEN.findall(latex) if not t.isspace() and t not in _SPACING]


def _joined(tokens: Sequence[str]) -> str:
    """Write tokens without spaces, except where leaving one out would make another token."""
    text = ""
    for token in tokens:
        after_command = re.search(r"\\[A-Za-z]+$", text) and token[0].isalpha()
        after_number = text[-1:].isdigit() and token[0].isdigit()
        text += f" {token}" if after_command or after_number else token
    return text


def normalized(latex: str) -> str:
    """Return the LaTeX without what only lays it out: spacing and bracket sizes."""
    return _joined([token for token in _tokens(latex) if token not in _WIDE])


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
        One side of a printed formula; alignment marks and wide spaces around it are dropped.
    names : mapping from LaTeX to exact value
        For symbols (``\gamma``, ``p``), composite names and roots (``\sqrt{2}``); longer names
        win.

    Raises
    ------
    InvalidInput
        If a part of the text is not in the grammar, can be read in two ways, has no value, or
        divides by zero.
    """
    tokens = _tokens(latex)
    for end in (0, -1):
        while tokens and tokens[end] in _WIDE | {"&"}:
            tokens.pop(end)
    if "@" in tokens:
        raise InvalidInput(f"cannot read {latex!r} as a formula: it holds an @")
    text = _with_names(tokens, _name_table(names))
    roots = {normalized(key): value for key, value in names.items() if r"\sqrt" in key}
    try:
        return _Evaluate(list(names.values()), roots).transform(_parser().parse(text))
    except lark.exceptions.VisitError as error:
        if isinstance(error.orig_exc, InvalidInput):
            raise error.orig_exc from error
        raise InvalidInput(f"cannot evaluate {latex!r}: {error.orig_exc}") from error
    except lark.exceptions.LarkError as error:
        why = str(error).splitlines()[0]
        raise InvalidInput(f"cannot read {latex!r} as a formula: {why}") from error


def _name_table(names: Mapping[str, Any]) -> dict[tuple[str, ...], int]:
    table: dict[tuple[str, ...], int] = {}
    for index, name in enumerate(names):
        key = tuple(_tokens(name))
        if not key or key[0][0].isdigit() or "@" in key:
            raise InvalidInput(f"name {name!r} must be LaTeX that begins with no digit")
        if key in table:
            raise InvalidInput(f"name {name!r} is given twice")
        table[key] = index
    return table


def _with_names(tokens: Sequence[str], table: Mapping[tuple[str, ...], int]) -> str:
    """Write the tokens with every name replaced by ``@index@``, the longest name first."""
    lengths = sorted({len(key) for key in table}, reverse=True)
    parts, start = [], 0
    while start < len(tokens):
        for length in lengths:
            key = tuple(tokens[start : start + length])
            if key in table:
                parts.append(f"@{table[key]}@")
                start += length
                break
        else:
            parts.append(tokens[start])
            start += 1
    return " ".join(parts)


def parse_matrix(latex: str, names: Mapping[str, Any]) -> Array:
    r"""Return the entries of the one ``bmatrix`` in the text, shape (rows, columns).

    What stands before it must end with ``=`` or with an inverse (the matrix is then the right side
    of a linear system); a factor, sign or exponent on the matrix itself is refused, not dropped.

    Raises
    ------
    InvalidInput
        If there is not exactly one matrix, something is done to it, its rows differ in length, or
        an entry does not parse.
    """
    found = list(_MATRIX.finditer(latex))
    if len(found) != 1:
        raise InvalidInput(f"{len(found)} matrices in the text, exactly one is needed")
    before, after = _tokens(latex[: found[0].start()]), _tokens(latex[found[0].end() :])
    before = [token for token in before if token not in _WIDE | {"&"}]
    ends_well = not before or before[-1] == "=" or before[-5:] == _INVERSE
    if not ends_well or (after and after[0] not in {",", ".", ";", "&", "=", r"\\"} | _WIDE):
        raise InvalidInput(f"the matrix in {latex!r} is only a part of an expression")
    rows = [row.split("&") for row in re.split(r"\\\\", found[0][1])]
    if len(rows[-1]) == 1 and not rows[-1][0].strip():
        rows.pop()  # a closing row break
    if not rows or len({len(row) for row in rows}) != 1:
        raise InvalidInput("the rows of the matrix have different lengths")
    result = np.empty((len(rows), len(rows[0])), dtype=object)
    for i, row_entries in enumerate(rows):
        for j, entry in enumerate(row_entries):
            result[i, j] = parse(entry, names)
    return result


def parse_vector(latex: str, names: Mapping[str, Any]) -> Array:
    r"""Return the entries of a printed list ``[a, b, ...]^\top``, shape (length,).

    Raises
    ------
    InvalidInput
        If the text holds no bracketed list, something other than a transposition is done to it, or
        an entry does not parse.
    """
    tokens = [token for token in _tokens(latex) if token not in _WIDE | {"&"}]
    if "[" not in tokens or "]" not in tokens:
        raise InvalidInput(f"no bracketed list in {latex!r}")
    start, end = tokens.index("["), len(tokens) - 1 - tokens[::-1].index("]")
    after = tokens[end + 1 :]
    while after and after[-1] in {",", ".", ";"}:
        after.pop()
    if (start and tokens[start - 1] != "=") or (after and after not in _TRANSPOSED):
        raise InvalidInput(f"the list in {latex!r} is only a part of an expression")
    entries = _split_top_level(tokens[start + 1 : end])
    result = np.empty(len(entries), dtype=object)
    for i, entry in enumerate(entries):
        result[i] = parse(" ".join(entry), names)
    return result


def _split_top_level(tokens: Sequence[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token in "([{") - (token in ")]}")
        if token == "," and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def unbound_symbols(latex: str, symbol: str) -> list[str]:
    r"""Return the occurrences of a symbol that carry no subscript.

    Each task has its own discount, so ``\gamma`` without an index stands for no number where
    several tasks are spoken of.
    """
    tokens = [token for token in _tokens(latex) if token not in _WIDE]
    wanted = _tokens(symbol)
    found = []
    for start in range(len(tokens)):
        end = start + len(wanted)
        if tokens[start:end] != wanted:
            continue
        if tokens[end : end + 1] == ["^"]:
            end = _group_end(tokens, end + 1)
        if tokens[end : end + 1] != ["_"]:
            found.append(_joined(tokens[start : start + len(wanted) + 6]))
    return found


def _group_end(tokens: Sequence[str], start: int) -> int:
    """Return where the token or braced group at `start` ends."""
    depth = 0
    for position in range(start, len(tokens)):
        depth += (tokens[position] == "{") - (tokens[position] == "}")
        if depth <= 0:
            return position + 1
    return len(tokens)
