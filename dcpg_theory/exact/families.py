"""Chains about families read in one interpretation, in ball arithmetic.

Here ``[k]`` and ``[j]`` run through their values, norms and sums are computed, and functions are
called. As in `interpretations`, this proves nothing: it can show that a fact of a chain is false
for these members, and so that a hypothesis is not met or that a rule is wrong.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.balls import ball, relation_holds
from dcpg_theory.exact.chains import Chain, facts_of
from dcpg_theory.exact.numbers import Array
from dcpg_theory.exact.operators import SCALARS, Atom, Operator

__all__ = ["Family", "contradicted"]

Indices = Mapping[str, int]


@dataclass(frozen=True)
class Family:
    """Sequences, tasks and functions for the atoms of a chain.

    Attributes
    ----------
    sizes : mapping from the name of a space to its dimension; the scalars have dimension 1
    scalars : mapping from the name of a scalar symbol to its value, exact or a ball
    counts : how many values each index takes: k from 0 to K - 1, j from 1 to N
    member : function from a name without indices, and the indices, to a matrix of balls
    functions : mapping from a function's name without indices to its value and its gradient, as
        functions of a point (a column of balls) and the indices
    """

    sizes: Mapping[str, int]
    scalars: Mapping[str, Any]
    counts: Mapping[str, int]
    member: Callable[[str, Indices], Array]
    functions: Mapping[str, tuple[Callable[..., Any], Callable[..., Array]]]

    def indices(self) -> Iterator[dict[str, int]]:
        """Yield every choice of the indices."""
        ranges = [range(self.counts["k"]), range(1, self.counts["j"] + 1)]
        for k, j in itertools.product(*ranges):
            yield {"k": k, "j": j}

    def matrix(self, operator: Operator, at: Indices) -> Array:
        """Return an operator's matrix of balls at given indices.

        Raises
        ------
        InvalidInput
            If a matrix has the wrong shape or a scalar symbol no value.
        """
        dimensions = {SCALARS: 1, **self.sizes}
        shape = dimensions[operator.codomain], dimensions[operator.domain]
        total = np.full(shape, flint.arb(0), dtype=object)
        scalars = {name: ball(value) for name, value in self.scalars.items()}
        for word, coefficient in operator.terms.items():
            product = _identity(shape[0])
            for atom in word:
                product = product @ self._value(atom, at)
            total = total + product * coefficient.evaluate(scalars)
        return total

    def _value(self, atom: Atom, at: Indices) -> Array:
        if atom.derived is None:
            value = self.member(*_member(atom.name, at, self.counts))
        else:
            value = self._derived(atom, at)
        wanted = tuple({SCALARS: 1, **self.sizes}[space] for space in (atom.codomain, atom.domain))
        if np.shape(value) != wanted:
            raise InvalidInput(f"{atom} has shape {np.shape(value)}, not {wanted}")
        return value

    def _derived(self, atom: Atom, at: Indices) -> Array:
        if atom.derived is None:
            raise InvalidInput(f"{atom} is made of nothing")
        kind, label, of = atom.derived.kind, atom.derived.label, atom.derived.of
        if kind == "sum":
            first = 0 if label == "k" else 1
            values = range(first, first + self.counts[label])
            total = self.matrix(of, {**at, label: first})
            for place in values[1:]:
                total = total + self.matrix(of, {**at, label: place})
            return total
        inside = self.matrix(of, at)
        if kind == "transpose":
            return inside.T
        if kind == "norm":
            return _column([_root(sum(x * x for x in inside.flat))])
        name, indices = _member(label, at, self.counts)
        value, gradient = self.functions[name]
        if kind == "value":
            return _column([value(inside, indices)])
        return gradient(inside, indices)


def _column(entries: list[Any]) -> Array:
    column = np.empty((len(entries), 1), dtype=object)
    column[:, 0] = entries
    return column


def _identity(size: int) -> Array:
    return np.array([[flint.arb(int(r == c)) for c in range(size)] for r in range(size)])


def _root(square: Any) -> Any:
    """Return the root of a sum of squares, whose ball may reach below 0."""
    return square.sqrt() if square > 0 else flint.arb(0).union(square.abs_upper().sqrt())


def _member(name: str, at: Indices, counts: Mapping[str, int]) -> tuple[str, dict[str, int]]:
    """Split ``theta[k+1]`` into ``theta`` and the index."""
    special = {"k": at["k"], "k+1": at["k"] + 1, "0": 0, "K": counts["k"]}
    found = {}
    for mark in re.findall(r"\[([^\[\]]*)\]", name):
        found["j" if mark == "j" else "k"] = at["j"] if mark == "j" else special[mark]
    return re.sub(r"\[[^\[\]]*\]", "", name), found


def contradicted(chain: Chain, family: Family) -> tuple[str, ...]:
    """Return the facts of a chain that are false for some indices.

    Parameters
    ----------
    chain : Chain
        Verified first.
    family : Family

    Raises
    ------
    CertificateRejected
        If the chain itself does not hold up.
    InvalidInput
        If something has no value.
    """
    failing: set[str] = set()
    facts = facts_of(chain)
    for at in family.indices():
        for name, fact in facts.items():
            gaps = family.matrix(fact.excess, at).flat
            if any(relation_holds(0, fact.relation, gap) is False for gap in gaps):
                failing.add(name)
    return tuple(name for name in facts if name in failing)
