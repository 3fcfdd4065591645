"""The assumptions of the paper's statements: each as LaTeX, as words, and as a predicate.

The same objects stand in claims, guard calculators and filter strategies, so that what a theorem
assumes and what is tested is one thing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Assumption"]


@dataclass(frozen=True)
class Assumption:
    """A hypothesis.

    Attributes
    ----------
    name : short, for tables
    latex : the formula
    words : one sentence
    holds : predicate over what the assumption speaks of
    example : function that returns something satisfying it, which shows it is not vacuous
    """

    name: str
    latex: str
    words: str
    holds: Callable[[Any], bool]
    example: Callable[[], Any]
