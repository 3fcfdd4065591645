"""Atoms that stand for something made of others: norms, transposes, values of functions, sums.

Such an atom carries what it is made of, so equal arguments give equal atoms, and what happens to
the argument (a shift of its index, a new meaning) is seen here too. What is known about them is
what the rules say (`norm_rules`, `product_rules`, `smooth_rules`, `sum_rules`).

Indices stand in brackets. Facts about ``[k]`` are meant for every k from 0 to K - 1, facts about
``[j]`` for every j from 1 to N; ``[k+1]``, ``[0]`` and ``[K]`` are members of the same sequence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.operators import SCALARS, Atom, Derived, Operator, Word, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols

__all__ = [
    "COUNTS",
    "at_index",
    "gradient_of",
    "is_generic",
    "marks_of",
    "norm_of",
    "sum_of",
    "transpose",
    "value_of",
]

# How many values an index takes: a scalar symbol, which stands for an integer.
COUNTS: Mapping[str, str] = MappingProxyType({"k": "K", "j": "N"})
_GENERIC = {"k": frozenset({"k", "k+1"}), "j": frozenset({"j"})}
_KNOWN = frozenset({"k", "k+1", "0", "K", "j"})
_FUNCTION = re.compile(r"[A-Za-z]\w*(\[\w+\])*")


def norm_of(vector: Operator) -> Operator:
    """Return the norm of a vector as a scalar atom.

    Raises
    ------
    CertificateRejected
        If the operator is not a vector.
    """
    if vector.domain != SCALARS or vector.codomain == SCALARS:
        raise CertificateRejected("only a vector has a norm")
    derived = Derived("norm", "", vector)
    return Operator.of(Atom(f"|{vector!r}|", SCALARS, SCALARS, derived))


def transpose(operator: Operator) -> Operator:
    """Return the transpose: the transposed letters of each word, in reverse; scalars stay."""
    total = Operator.zero(operator.domain, operator.codomain)
    for word, coefficient in operator.terms.items():
        product = unit(operator.domain)
        for atom in reversed(word):
            product = product @ _transposed(atom)
        total = total + product.scaled(coefficient)
    return total


def _transposed(atom: Atom) -> Operator:
    if (atom.codomain, atom.domain) == (SCALARS, SCALARS):
        return Operator.of(atom)
    if atom.derived is not None and atom.derived.kind == "transpose":
        return atom.derived.of
    if atom.derived is not None and atom.derived.kind == "sum":
        return sum_of(transpose(atom.derived.of), atom.derived.label)
    derived = Derived("transpose", "", Operator.of(atom))
    return Operator.of(Atom(f"{atom.name}^T", atom.domain, atom.codomain, derived))


def value_of(function: str, point: Operator) -> Operator:
    """Return the value of a function at a point, a scalar atom."""
    _check_function(function, point)
    derived = Derived("value", function, point)
    return Operator.of(Atom(f"{function}({point!r})", SCALARS, SCALARS, derived))


def gradient_of(function: str, point: Operator) -> Operator:
    """Return the gradient of a function at a point, a vector of the point's space."""
    _check_function(function, point)
    derived = Derived("gradient", function, point)
    return Operator.of(Atom(f"grad-{function}({point!r})", point.codomain, SCALARS, derived))


def _check_function(function: str, point: Operator) -> None:
    if not _FUNCTION.fullmatch(function):
        raise CertificateRejected(f"{function!r} is not the name of a function")
    if point.domain != SCALARS or point.codomain == SCALARS:
        raise CertificateRejected(f"{function} is evaluated at vectors only")


def sum_of(operator: Operator, index: str) -> Operator:
    """Return the sum over an index, term by term.

    What does not depend on the index is taken out at both ends of a word; a word without it is
    counted.

    Raises
    ------
    CertificateRejected
        If nobody knows the index.
    """
    if index not in COUNTS:
        raise CertificateRejected(f"{index!r} is not an index that can be summed over")
    total = Operator.zero(operator.codomain, operator.domain)
    for word, coefficient in operator.terms.items():
        places = [place for place, atom in enumerate(word) if is_generic(atom, index)]
        if places:
            first, last = places[0], places[-1] + 1
            core = _summed(word[first:last], index)
            before = _product(word[:first], operator.codomain)
            summed = before @ core @ _product(word[last:], core.domain)
        else:
            count = symbols(COUNTS[index])[0]
            summed = _product(word, operator.codomain).scaled(count)
        total = total + summed.scaled(coefficient)
    return total


def _summed(word: Word, index: str) -> Operator:
    codomain, domain = word[0].codomain, word[-1].domain
    core = Operator(codomain, domain, {word: RationalFunction.constant(1)})
    shown = re.sub(rf"\[({index}(?:\+1)?)\]", r"<\1>", f"{core!r}")
    derived = Derived("sum", index, core)
    return Operator.of(Atom(f"sum_{index}({shown})", codomain, domain, derived))


def _product(word: Word, codomain: str) -> Operator:
    domain = word[-1].domain if word else codomain
    return Operator(codomain, domain, {word: RationalFunction.constant(1)})


def marks_of(atom: Atom) -> frozenset[str]:
    """Return the indices that an atom carries, those that a sum binds left out.

    Raises
    ------
    CertificateRejected
        If it carries an index that is none of those above, such as ``[k-1]``.
    """
    if atom.derived is None:
        return _marks_in(atom.name)
    inside = (marks_of(letter) for letter in atom.derived.of.atoms())
    marks = _marks_in(atom.derived.label).union(*inside)
    return marks - _GENERIC[atom.derived.label] if atom.derived.kind == "sum" else marks


def _marks_in(name: str) -> frozenset[str]:
    found = frozenset(re.findall(r"\[([^\[\]]*)\]", name))
    if not found <= _KNOWN:
        raise CertificateRejected(f"{name} has an index that is not one of {sorted(_KNOWN)}")
    return found


def is_generic(atom: Atom, index: str) -> bool:
    """Whether an atom is a general member of a family with this index."""
    return bool(marks_of(atom) & _GENERIC[index])


def at_index(operator: Operator, mark: str) -> Operator:
    """Return an operator with ``[k]`` replaced, also inside what its atoms are made of.

    Raises
    ------
    CertificateRejected
        If ``[k+1]`` occurs, for which there is no such name.
    """
    total = Operator.zero(operator.codomain, operator.domain)
    for word, coefficient in operator.terms.items():
        product = unit(operator.codomain)
        for atom in word:
            product = product @ _moved(atom, mark)
        total = total + product.scaled(coefficient)
    return total


def _moved(atom: Atom, mark: str) -> Operator:
    marks = marks_of(atom)
    if "k+1" in marks:
        raise CertificateRejected(f"{atom} is about [k+1] already")
    if "k" not in marks:
        return Operator.of(atom)
    name = atom.name.replace("[k]", f"[{mark}]")
    if atom.derived is None:
        return Operator.of(Atom(name, atom.codomain, atom.domain))
    of, label = at_index(atom.derived.of, mark), atom.derived.label.replace("[k]", f"[{mark}]")
    return {
        "norm": lambda: norm_of(of),
        "transpose": lambda: transpose(of),
        "value": lambda: value_of(label, of),
        "gradient": lambda: gradient_of(label, of),
        "sum": lambda: sum_of(of, label),
    }[atom.derived.kind]()
