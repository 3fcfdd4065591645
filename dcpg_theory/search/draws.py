"""Choices for structures that depend on the seed alone.

Where hypothesis draws a whole number, or one of several values, it sometimes takes a number that
stands in the source of a module that happens to be loaded, so the same seed finds something else in
another process. It does not do so for coins, of which these strategies are made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

__all__ = ["one_of_these", "whole_numbers"]

T = TypeVar("T")

SPARE = 8
"""Coins more than are needed, which make all values nearly equally likely."""


def one_of_these(values: Sequence[T]) -> st.SearchStrategy[T]:
    """Return a strategy for one of some values; it shrinks to the first.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(one_of_these("abc"), lambda letter: True)
    'a'
    """
    return whole_numbers(0, len(values) - 1).map(values.__getitem__)


def whole_numbers(least: int, most: int) -> st.SearchStrategy[int]:
    """Return a strategy for an integer between two, both included; it shrinks to the least."""
    count = most - least + 1
    coins = (count - 1).bit_length() + SPARE

    def number(sides: tuple[bool, ...]) -> int:
        return least + sum(side << place for place, side in enumerate(sides)) % count

    return st.tuples(*[st.booleans()] * coins).map(number)
