r"""Displays with sums, expectations and derivatives, read on one small task.

`exact/latex.py` reads rational expressions. Here the sums over states, actions and agents, the
expectations, the derivatives in theta and the logarithms around them are carried out on a given
finite instance, so that a misprint anywhere in a display changes its value.

The value of a display is a rational function of the weights w = exp(theta) and of the discount. The
derivative along one theta is w d/dw, extended to the symbols that stand for theta and for
logarithms: theta' = 1, (ln x)' = x'/x.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import RationalFunction, symbols

__all__ = ["Leaves", "Reader", "sides"]

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\S")
_ANY = r"(\\[a-z][A-Z])"
_OPEN, _CLOSE = "([{", ")]}"
_VALUE = re.compile(r"^\\([a-z])([A-Z])$")
_EXPECTED = [r"\mathbb", "{", "E", "}", "_"]
_DERIVED = [r"\frac", "{", r"\partial"]

Tokens = list[str]
Leaves = Mapping[str, Callable[..., Any]]
_Leaf = tuple[re.Pattern[str], Callable[..., Any]]


class Reader:
    """Reads displays on one instance.

    Parameters
    ----------
    ranges : mapping from the first letter of an index, and from the sets that indices are said to
        lie in, to the values that it takes
    leaves : mapping from LaTeX, in which ``<x>`` stands for the value of an index, to the function
        of those values
    direction : the (state, action) of the theta that is differentiated along
    weight : the symbol of its weight exp(theta)
    """

    def __init__(
        self,
        ranges: Mapping[str, Sequence[int]],
        leaves: Leaves,
        direction: tuple[int, int] = (0, 0),
        weight: str = "",
    ) -> None:
        self._ranges = {" ".join(_tokens(normalized(k))): values for k, values in ranges.items()}
        # What holds no index may be part of a leaf that does, so it is put in last.
        self._leaves = [(_pattern(k), leaf) for k, leaf in leaves.items() if "<" in k]
        self._fixed = [(_pattern(k), leaf) for k, leaf in leaves.items() if "<" not in k]
        self._direction, self._weight = direction, weight
        self._names: dict[str, Any] = {}
        self._logarithms: dict[str, Any] = {}

    def read(self, latex: str, **indices: int) -> Any:
        """Return the value of a display for values of its free indices.

        A prime in an index is written `_prime`, a subscript i is `_i`: ``a_prime_i=0``.
        """
        tokens = _tokens(normalized(latex.replace("&", " ").replace(r"\\", " ")))
        for name, value in indices.items():
            index = _tokens(name.replace("_prime", "'"))
            tokens = _put(tokens, index, _marker(index[0], value))
        return self._value(tokens)

    def slope(self, value: Any) -> Any:
        """Return the derivative along theta at the reader's direction."""
        if not isinstance(value, RationalFunction):
            return 0
        total: Any = 0
        for name in sorted(value.free_names()):
            total = total + value.derivative(name) * self._slope_of_symbol(name)
        return total

    def _slope_of_symbol(self, name: str) -> Any:
        if name == self._weight:
            return symbols(name)[0]
        if name in self._logarithms:
            inner = self._logarithms[name]
            return self.slope(inner) / inner
        return int(name == "theta_{}_{}".format(*self._direction))

    def logarithm(self, value: Any) -> Any:
        """Return a symbol for the logarithm of a value."""
        name = f"log_{len(self._logarithms) + 1}"
        self._logarithms[name] = value
        return symbols(name)[0]

    def knowing(self, latex: str, function: Callable[..., Any]) -> None:
        """Add a leaf."""
        (self._leaves if "<" in latex else self._fixed).insert(0, (_pattern(latex), function))

    def knowing_theta(self) -> Reader:
        """Return the reader, with a symbol for every theta."""
        self._leaves.append((_pattern(r"\theta_{<s>,<a>}"), _theta))
        return self

    def _value(self, tokens: Tokens) -> Any:
        tokens = self._with(self._leaves, tokens)
        for start in range(len(tokens)):
            for step in (self._sum, self._expectation, self._derivative, self._logarithm):
                found = step(tokens, start)
                if found is not None:
                    value, end = found
                    return self._value([*tokens[:start], *self._named(value), *tokens[end:]])
        tokens = self._with(self._fixed, tokens)
        text = " ".join(tokens).replace("[", "(").replace("]", ")")
        return parse(text, self._names)

    def _with(self, leaves: Sequence[_Leaf], tokens: Tokens) -> Tokens:
        text = " ".join(tokens)
        for pattern, function in leaves:
            for match in reversed(list(pattern.finditer(text))):
                named = " ".join(self._named(function(*map(_number, match.groups()))))
                text = f"{text[: match.start()]}{named}{text[match.end() :]}"
        return text.split(" ")

    def _named(self, value: Any) -> Tokens:
        tokens = [r"\value", "_", "{", str(len(self._names) + 1), "}"]
        self._names["".join(tokens)] = value
        return tokens

    def _sum(self, tokens: Tokens, start: int) -> tuple[Any, int] | None:
        if tokens[start] != r"\sum":
            return None
        binder, after = _group(tokens, start + 2)
        if tokens[after : after + 1] == ["^"]:
            after = _group(tokens, after + 1)[1]
        end = _term_end(tokens, after)
        if binder[:1] == ["k"]:  # a series: a leaf stands for the sum of its terms
            if binder != ["k", "=", "0"]:
                raise InvalidInput(f"the series over {' '.join(binder)} does not start at 0")
            return self._value(tokens[after:end]), end
        index = binder[: next((k for k, t in enumerate(binder) if t in (r"\in", "=")), None)]
        body = tokens[after:end]
        markers = [_marker(index[0], value) for value in self._range(binder, index)]
        return sum(self._value(_put(body, index, marker)) for marker in markers), end

    def _range(self, binder: Tokens, index: Tokens) -> Sequence[int]:
        """Return the values of an index: those of its set if one is named, or of its letter."""
        members = " ".join(binder[len(index) + 1 :])
        if members in ("", "1"):
            return self._ranges[index[0]]
        if members not in self._ranges:
            raise InvalidInput(f"the set {members} is not known")
        return self._ranges[members]

    def _expectation(self, tokens: Tokens, start: int) -> tuple[Any, int] | None:
        if tokens[start : start + 5] != _EXPECTED:
            return None
        binder, after = _group(tokens, start + 5)
        if r"\sim" not in binder:
            raise InvalidInput(f"the law of {' '.join(binder)} is not named")
        at = binder.index(r"\sim")
        index, law = binder[:at], binder[at + 1 :]
        end = _term_end(tokens, after)
        total: Any = 0
        for value in self._ranges[index[0]]:
            marker = _marker(index[0], value)
            weight = _put(law, [r"\cdot"], marker) if r"\cdot" in law else [*law, "(", marker, ")"]
            total = total + self._value(weight) * self._value(
                _put(tokens[after:end], index, marker)
            )
        return total, end

    def _derivative(self, tokens: Tokens, start: int) -> tuple[Any, int] | None:
        if tokens[start : start + 3] == [r"\nabla", "_", r"\theta"]:
            end = _term_end(tokens, start + 3)
            return self.slope(self._value(tokens[start + 3 : end])), end
        if tokens[start : start + 3] != _DERIVED:
            return None
        above, middle = _group(tokens, start + 1)
        below, after = _group(tokens, middle)
        self._check_direction(below)
        end = after if above[1:] else _term_end(tokens, after)
        return self.slope(self._value(above[1:] or tokens[after:end])), end

    def _check_direction(self, below: Tokens) -> None:
        """Check that the derivative is along all of theta, or along the reader's direction."""
        named = tuple(int(_number(t)) for t in below if _VALUE.match(t))
        if below[:2] != [r"\partial", r"\theta"] or named not in ((), self._direction):
            raise InvalidInput(f"no derivative along {' '.join(below)}")

    def _logarithm(self, tokens: Tokens, start: int) -> tuple[Any, int] | None:
        if tokens[start] != r"\ln":
            return None
        end = _term_end(tokens, start + 1)
        return self.logarithm(self._value(tokens[start + 1 : end])), end


def sides(latex: str) -> list[str]:
    """Return the sides of the equality signs that stand in no bracket; blank ones are left out."""
    found, depth = [""], 0
    for character in latex.replace(r"\triangleq", "="):
        depth += (character in _OPEN) - (character in _CLOSE)
        if character == "=" and depth == 0:
            found.append("")
        else:
            found[-1] += character
    return [side for side in found if side.strip(" &")]


def _theta(state: int, action: int) -> Any:
    return symbols(f"theta_{state}_{action}")[0]


def _tokens(text: str) -> Tokens:
    return _TOKEN.findall(text)


def _marker(letter: str, value: int) -> str:
    return f"\\{letter}{chr(ord('A') + value)}"


def _number(marker: str) -> int:
    match = _VALUE.match(marker)
    if match is None:
        raise InvalidInput(f"{marker} is not the value of an index")
    return ord(match[2]) - ord("A")


def _pattern(latex: str) -> re.Pattern[str]:
    """Return the pattern of a leaf among tokens joined by spaces."""
    pieces: list[str] = []
    for part in re.split(r"(<[a-z]>)", latex):
        placeholder = re.fullmatch(r"<[a-z]>", part)
        pieces += [_ANY] if placeholder else [re.escape(t) for t in _tokens(normalized(part))]
    inner = " ".join(pieces)
    return re.compile(rf"(?<!\\partial )(?<!\S){inner}(?!\S)")


def _put(tokens: Tokens, index: Tokens, marker: str) -> Tokens:
    """Replace an index, but not a longer index or a random variable that begins like it."""
    result: Tokens = []
    position = 0
    while position < len(tokens):
        end = position + len(index)
        after = tokens[end : end + 1]
        subscript = tokens[position - 1 : position] == ["_"]
        longer = after in (["'"], ["_"]) or (after == ["^"] and not subscript)
        if tokens[position:end] == index and not longer:
            result.append(marker)
            position = end
        else:
            result.append(tokens[position])
            position += 1
    return result


def _group(tokens: Tokens, start: int) -> tuple[Tokens, int]:
    """Return what a braced group (or one token) holds, and where it ends."""
    if tokens[start] != "{":
        return [tokens[start]], start + 1
    depth = 0
    for position in range(start, len(tokens)):
        depth += (tokens[position] == "{") - (tokens[position] == "}")
        if depth == 0:
            return tokens[start + 1 : position], position + 1
    raise InvalidInput("a brace is not closed")


def _term_end(tokens: Tokens, start: int) -> int:
    """Return where the term that begins at `start` ends: at a sign, a comma or a closing bracket."""
    depth = 0
    for position, token in enumerate(itertools.islice(tokens, start, None), start):
        if depth == 0 and (token in _CLOSE or (token in "+-=," and position > start)):
            return position
        depth += (token in _OPEN) - (token in _CLOSE)
    return len(tokens)
