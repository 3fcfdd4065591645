r"""Reading printed statements: forms with slots, chains of relations, products of matrices.

What a check compares is read from the statement, both sides of it, so that a misprint anywhere in
it is either refuted or not readable at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.linear_algebra import inverse
from dcpg_theory.exact.operators import Operator
from dcpg_theory.exact.verdicts import Verdict
from dcpg_theory.ledger import Control

__all__ = [
    "Linear",
    "columns",
    "compare_sides",
    "looked_up",
    "misprints",
    "number",
    "read_off",
    "relations",
    "unless_refuted",
]

_RELATIONS = {"=": "=", r"\leq": "<=", r"\geq": ">=", "<": "<", ">": ">"}
_RELATION = re.compile(r"\\[lg]eq(?![a-zA-Z])|[=<>]")


def read_off(form: str, statement: str) -> dict[str, str]:
    r"""Return what stands in the slots ``@name@`` of a form, which is all that may vary.

    Examples
    --------
    >>> read_off(r"between @one@ and @two@ in task 2", "between S_2 and S_3 in task 2")
    {'one': 'S_2', 'two': 'S_3'}

    Raises
    ------
    InvalidInput
        If the statement is not of the form.
    """
    pattern = re.sub(r"@(\w+)@", r"(?P<\1>.+?)", re.escape(normalized(form)))
    found = re.fullmatch(pattern, normalized(statement))
    if found is None:
        raise InvalidInput(f"{statement!r} is not of the form {form!r}")
    return found.groupdict()


def looked_up(table: Mapping[str, Any], printed: str) -> Any:
    """Return what a printed name stands for.

    Raises
    ------
    InvalidInput
        If it stands for nothing.
    """
    by_text = {normalized(name): value for name, value in table.items()}
    if normalized(printed) not in by_text:
        raise InvalidInput(f"{printed!r} must be one of {', '.join(table)}")
    return by_text[normalized(printed)]


def number(printed: str) -> Fraction:
    """Return a printed number."""
    value = parse(printed, {})
    return Fraction(int(value.p), int(value.q))


def relations(statement: str) -> tuple[list[str], list[str]]:
    r"""Return the members of a printed chain of relations, and the relations between them.

    Examples
    --------
    >>> relations(r"a = b \leq c")
    (['a', 'b', 'c'], ['=', '<='])
    """
    text = normalized(statement).replace("&", "").replace(r"\\", "")
    members, found, start = [], [], 0
    for relation in _RELATION.finditer(text):
        members.append(text[start : relation.start()])
        found.append(_RELATIONS[relation[0]])
        start = relation.end()
    if not found:
        raise InvalidInput(f"{statement!r} holds no relation")
    return [member.strip() for member in (*members, text[start:])], found


def compare_sides(
    kernel: Kernel,
    statement: str,
    names: Mapping[str, Any],
    box: Box,
    *,
    roots: Mapping[str, Fraction] | None = None,
    around: Box | None = None,
) -> Evidence:
    """Check every link of a printed chain ``a = b < c``: both of its sides are read.

    Parameters
    ----------
    kernel : Kernel
    statement : str
    names : mapping from LaTeX to exact value
        Also of whole symbols such as values and gradients, which stand on left sides.
    box : Box
    roots : mapping from variable to Fraction
        Variables that stand for square roots, in the equations.
    around : Box, optional
        Where the inequalities are looked at, if not in the box: it says between which rationals
        the roots lie.
    """
    members, found = relations(statement)
    values = [parse(member, names) for member in members]
    parts = [
        kernel.identity(left, right, box, roots=roots)
        if relation == "="
        else kernel.sign(left, relation, right, around or box)
        for left, relation, right in zip(values[:-1], found, values[1:], strict=True)
    ]
    return parts[0] if len(parts) == 1 else kernel.every(*parts)


def unless_refuted(kernel: Kernel, proof: Any, *special: Evidence) -> Evidence:
    """Return what `proof()` gives, confirmed; it is not called where a special case refutes.

    So a statement that is wrong, and from which no chain could even be stated, is refuted.
    """
    for evidence in special:
        if evidence.verdict is Verdict.REFUTED:
            return evidence
    return kernel.confirmed(proof(), *special)


def misprints(*edits: tuple[str, str]) -> Control:
    """Return the control with several edits: an error on top of the corrected form, say."""
    shown = ", ".join(f"{old} printed as {new}" for old, new in edits)
    return Control(shown, edits=tuple(edits))


class Linear:
    """A matrix, or an operator of a chain, in a printed formula: products are of matrices.

    A number that is added to a square matrix stands for that multiple of the identity.
    """

    __array_ufunc__ = None

    def __init__(self, value: Any) -> None:
        self.value = value

    def _scaled(self, factor: Any) -> Linear:
        if isinstance(self.value, Operator):
            return Linear(factor * self.value)
        return Linear(self.value * factor)

    def _of(self, other: Any) -> Any:
        if isinstance(other, Linear):
            return other.value
        if np.ndim(self.value) != 2 or len(set(np.shape(self.value))) != 1:
            raise InvalidInput(f"{other} and {self.value} do not add")
        return np.eye(len(self.value), dtype=int).astype(object) * other

    def __mul__(self, other: Any) -> Linear:
        return (
            Linear(self.value @ other.value) if isinstance(other, Linear) else self._scaled(other)
        )

    def __rmul__(self, other: Any) -> Linear:
        return self._scaled(other)

    def __truediv__(self, other: Any) -> Linear:
        return self._scaled(1 / other)

    def __add__(self, other: Any) -> Linear:
        return Linear(self.value + self._of(other))

    __radd__ = __add__

    def __neg__(self) -> Linear:
        return Linear(-self.value)

    def __sub__(self, other: Any) -> Linear:
        return Linear(self.value - self._of(other))

    def __rsub__(self, other: Any) -> Linear:
        return Linear(self._of(other) - self.value)

    def __pow__(self, exponent: int) -> Linear:
        if exponent != -1:
            raise InvalidInput(f"the power {exponent} of a matrix is not read")
        return Linear(inverse(self.value))


def columns(names: Sequence[str], value: Any) -> dict[str, Linear]:
    r"""Return a column and its transpose, the row, under a name and the name with ``^\top``."""
    column = np.asarray(value, dtype=object)
    column = column[:, None] if column.ndim == 1 else column
    found: dict[str, Linear] = {}
    for name in names:
        found |= {name: Linear(column), rf"{name}^\top": Linear(column.T)}
    return found
