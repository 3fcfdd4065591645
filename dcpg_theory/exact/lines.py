"""The lines of a chain of proof, as data; `chains` says what they mean and checks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.operators import Atom, Operator
from dcpg_theory.exact.rules import Fact

__all__ = ["Chain", "Differential", "Hypothesis", "Line", "Link", "Multiple", "RuleUse", "Smooth"]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """An assumption of the statement that is proved, in words and as a fact."""

    name: str
    fact: Fact
    words: str


@dataclass(frozen=True, slots=True)
class Differential:
    """An assumption on how an atom depends on the parameter: its derivative along a line."""

    name: str
    atom: Atom
    derivative: Operator
    words: str


@dataclass(frozen=True, slots=True)
class Smooth:
    """An assumption on a function from a space to the scalars, for all of its points.

    It is differentiable, and its gradient is Lipschitz in the Euclidean norm with the constant, a
    scalar. Its values and gradients are the atoms `derived.value_of` and `derived.gradient_of`.
    """

    name: str
    function: str
    space: str
    constant: Operator
    words: str


@dataclass(frozen=True, slots=True)
class RuleUse:
    """An application of a trusted rule; its facts are named ``name/suffix``."""

    name: str
    rule: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Multiple:
    """``before @ (right - left of the fact) @ after``; missing multipliers are identities."""

    fact: str
    before: Operator | None = None
    after: Operator | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One displayed step: a fact, and the multiples of earlier facts that add up to it."""

    name: str
    fact: Fact
    because: tuple[Multiple, ...] = ()
    words: str = ""


Line = Hypothesis | Differential | Smooth | RuleUse | Link


@dataclass(frozen=True)
class Chain:
    """A proof of ``conclusion``, which must be one of the chain's links.

    Attributes
    ----------
    title : what is proved, in words
    scalars : Box, the ranges of the scalar symbols
    lines : the proof, in order; each line sees only those before it
    conclusion : Fact
    """

    title: str
    scalars: Box
    lines: tuple[Line, ...]
    conclusion: Fact
