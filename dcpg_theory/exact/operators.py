"""An algebra of linear operators between finite-dimensional spaces, for proofs of any size.

A statement about all MDPs is a statement about operators whose dimensions are not named: the
policy averages over actions (SA -> S), the kernel maps next-state values to state-action values
(S -> SA), a value function is an operator from the scalars "1" to S. An `Operator` is a
combination, with coefficients in Q(scalar symbols), of words of `Atom` operators; two operators
are equal in every interpretation when their combinations are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array, NumberKind, as_array, number_kind
from dcpg_theory.exact.rational_functions import RationalFunction

__all__ = ["SCALARS", "Atom", "Derived", "Operator", "Word", "evaluate", "unit"]

SCALARS = "1"


@dataclass(frozen=True, slots=True)
class Derived:
    """What an atom stands for that is made of others: ``kind`` of ``of``, see `derived`.

    `label` is the name of the function, or the index of the sum.
    """

    kind: str
    label: str
    of: Operator


@dataclass(frozen=True, slots=True)
class Atom:
    """A named operator from the space `domain` to the space `codomain`.

    Two atoms are equal if their names, spaces and what they are derived from are.
    """

    name: str
    codomain: str
    domain: str
    derived: Derived | None = None

    def letters(self) -> Iterator[Atom]:
        """Yield this atom and all that it is made of."""
        yield self
        if self.derived is not None:
            for atom in self.derived.of.atoms():
                yield from atom.letters()

    def __lt__(self, other: Atom) -> bool:
        return (self.name, self.codomain, self.domain) < (other.name, other.codomain, other.domain)

    def __hash__(self) -> int:
        return hash((self.name, self.codomain, self.domain))

    def __str__(self) -> str:
        return self.name


Word = tuple[Atom, ...]


class Operator:
    """A linear combination of words of atoms, all from one domain to one codomain."""

    __slots__ = ("codomain", "domain", "terms")

    codomain: str
    domain: str
    terms: Mapping[Word, RationalFunction]

    def __init__(self, codomain: str, domain: str, terms: Mapping[Word, RationalFunction]) -> None:
        for word in terms:
            _check_word(word, codomain, domain)
        object.__setattr__(self, "codomain", codomain)
        object.__setattr__(self, "domain", domain)
        nonzero = {word: factor for word, factor in terms.items() if not factor.is_zero()}
        object.__setattr__(self, "terms", MappingProxyType(nonzero))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("an Operator is immutable")

    def __delattr__(self, name: str) -> None:
        raise AttributeError("an Operator is immutable")

    def __init_subclass__(cls, **_: Any) -> None:
        raise TypeError("Operator cannot be subclassed: its equality decides proofs")

    @staticmethod
    def of(atom: Atom) -> Operator:
        """Return an atom as an operator."""
        return Operator(atom.codomain, atom.domain, {(atom,): RationalFunction.constant(1)})

    @staticmethod
    def zero(codomain: str, domain: str) -> Operator:
        """Return the zero operator between two spaces."""
        return Operator(codomain, domain, {})

    def atoms(self) -> Iterator[Atom]:
        """Yield the atoms that occur, with repetition."""
        for word in self.terms:
            yield from word

    def letters(self) -> Iterator[Atom]:
        """Yield the atoms that occur and all that they are made of, with repetition."""
        for atom in self.atoms():
            yield from atom.letters()

    def substitute(self, atom: Atom, value: Operator) -> Operator:
        """Return the operator with every occurrence of an atom replaced."""
        total = Operator.zero(self.codomain, self.domain)
        for word, coefficient in self.terms.items():
            product = unit(self.codomain)
            for letter in word:
                product = product @ (value if letter == atom else Operator.of(letter))
            total = total + product.scaled(coefficient)
        return total

    def _check_same_spaces(self, other: Operator) -> None:
        if (self.codomain, self.domain) != (other.codomain, other.domain):
            raise InvalidInput(
                f"operators {self.domain} -> {self.codomain} and "
                f"{other.domain} -> {other.codomain} do not add"
            )

    def __add__(self, other: Operator) -> Operator:
        if not isinstance(other, Operator):
            return NotImplemented
        self._check_same_spaces(other)
        terms = dict(self.terms)
        for word, coefficient in other.terms.items():
            terms[word] = terms.get(word, RationalFunction.constant(0)) + coefficient
        return Operator(self.codomain, self.domain, terms)

    def __neg__(self) -> Operator:
        return -1 * self

    def __sub__(self, other: Operator) -> Operator:
        return self + -other

    def scaled(self, factor: RationalFunction) -> Operator:
        """Return the operator times a rational function of the scalar symbols."""
        return Operator(self.codomain, self.domain, {w: factor * c for w, c in self.terms.items()})

    def __rmul__(self, scalar: Any) -> Operator:
        if isinstance(scalar, RationalFunction):
            return self.scaled(scalar)
        return self.scaled(RationalFunction.constant(scalar))

    def __matmul__(self, other: Operator) -> Operator:
        if not isinstance(other, Operator):
            return NotImplemented
        if self.domain != other.codomain:
            raise InvalidInput(
                f"{self.domain} -> {self.codomain} after {other.domain} -> {other.codomain} "
                "does not compose"
            )
        terms: dict[Word, RationalFunction] = {}
        for left, a in self.terms.items():
            for right, b in other.terms.items():
                word = left + right
                terms[word] = terms.get(word, RationalFunction.constant(0)) + a * b
        return Operator(self.codomain, other.domain, terms)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Operator):
            return NotImplemented
        same_spaces = (self.codomain, self.domain) == (other.codomain, other.domain)
        return same_spaces and self.terms == other.terms

    def __hash__(self) -> int:
        return hash((self.codomain, self.domain, frozenset(self.terms)))

    def __repr__(self) -> str:
        if not self.terms:
            return "0"
        return " + ".join(
            " ".join(([f"({c})"] if c != 1 or not w else []) + [a.name for a in w])
            for w, c in sorted(self.terms.items())
        )


def unit(space: str) -> Operator:
    """Return the identity operator of a space."""
    return Operator(space, space, {(): RationalFunction.constant(1)})


def evaluate(
    operator: Operator,
    values: Mapping[Atom, Array],
    sizes: Mapping[str, int],
    scalars: Mapping[str, Any] | None = None,
) -> Array:
    """Return an operator's matrix in an interpretation: exact matrices for the atoms.

    Parameters
    ----------
    operator : Operator
    values : mapping from Atom to object array, shape (dimension of codomain, of domain)
        Transposes may be left out.
    sizes : mapping from the name of a space to its dimension
    scalars : mapping from the name of a scalar symbol to its exact value

    Raises
    ------
    InvalidInput
        If a size, an atom or a scalar has no value, or a matrix has the wrong shape.
    """
    for space in (operator.codomain, operator.domain):
        if space not in sizes:
            raise InvalidInput(f"no dimension given for the space {space}")
    given = {atom: _value_of(atom, values, sizes) for atom in set(operator.atoms())}
    kind = number_kind(*given.values())
    if kind is NumberKind.FLOAT:
        raise InvalidInput("an interpretation must be exact, not float")
    matrices = {atom: as_array(value, kind) for atom, value in given.items()}
    shape = (sizes[operator.codomain], sizes[operator.domain])
    total = as_array(np.zeros(shape, dtype=np.int64), kind)
    for word, coefficient in operator.terms.items():
        product = as_array(np.eye(shape[0], dtype=np.int64), kind)
        for atom in word:
            product = product @ matrices[atom]
        total = total + product * coefficient.evaluate(scalars or {})
    return total


def _value_of(atom: Atom, values: Mapping[Atom, Array], sizes: Mapping[str, int]) -> Any:
    """Return an atom's matrix; that of a transpose follows from what is transposed."""
    if atom not in values and atom.derived is not None and atom.derived.kind == "transpose":
        (original,) = atom.derived.of.atoms()
        return np.transpose(_value_of(original, values, sizes))
    if atom not in values:
        raise InvalidInput(f"no matrix given for {atom}: {atom.domain} -> {atom.codomain}")
    wanted = tuple(sizes.get(space) for space in (atom.codomain, atom.domain))
    if np.shape(values[atom]) != wanted:
        raise InvalidInput(f"the matrix of {atom} has shape {np.shape(values[atom])}, not {wanted}")
    return values[atom]


def _check_word(word: Word, codomain: str, domain: str) -> None:
    ends = [codomain, *(space for atom in word for space in (atom.codomain, atom.domain)), domain]
    for outer, inner in zip(ends[::2], ends[1::2], strict=True):
        if outer != inner:
            raise InvalidInput(f"the word {' '.join(map(str, word))} does not compose")
