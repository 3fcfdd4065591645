"""Chains read in one interpretation: exact matrices for the atoms, numbers for the scalars.

An interpretation can show that the hypotheses of a chain can be met together, so that what is
proved is not vacuous; it never proves anything. Where the atoms depend on a parameter, their
matrices hold rational functions of it, and derivatives are taken there.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory.errors import CertificateRejected, InvalidInput
from dcpg_theory.exact.balls import relation_holds
from dcpg_theory.exact.chains import Chain, Differential, facts_of
from dcpg_theory.exact.lines import Link
from dcpg_theory.exact.numbers import Array, NumberKind, as_array
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, evaluate, unit
from dcpg_theory.exact.rational_functions import as_fmpq
from dcpg_theory.exact.rules import Fact

__all__ = ["check_expansions", "satisfied_by", "violations"]


def violations(
    chain: Chain,
    values: Mapping[Atom, Any],
    sizes: Mapping[str, int],
    scalars: Mapping[str, Any] | None = None,
    *,
    parameter: str = "t",
    at: Fraction = Fraction(0),
) -> tuple[str, ...]:
    """Return the facts and differentials of a chain that an interpretation does not satisfy.

    Parameters
    ----------
    chain : Chain
        Verified first: the facts that its rules and links make are looked at too, so that an atom
        which a rule introduces is given what the rule promises.
    values : mapping from Atom to exact matrix, shape (dimension of codomain, of domain)
        Entries may be rational functions of `parameter`.
    sizes : mapping from the name of a space to its dimension; the scalars have dimension 1
    scalars : mapping from the name of a scalar symbol to its value in the chain's ranges
    parameter : str
    at : Fraction
        Where pointwise facts and inequalities are looked at; the other equalities are compared
        for all values of the parameter.

    Raises
    ------
    InvalidInput
        If a value is missing or out of its range.
    CertificateRejected
        If the chain itself does not hold up.
    """
    given = {name: as_fmpq(value) for name, value in (scalars or {}).items()}
    for name, interval in chain.scalars.items():
        if name in given and not interval.contains(_fraction(given[name])):
            raise InvalidInput(f"{name}={given[name]} must lie in {interval}")
    dimensions = {SCALARS: 1, **sizes}
    if dimensions[SCALARS] != 1:
        raise InvalidInput(f"the space {SCALARS} of scalars must have dimension 1")
    matrices = {atom: as_array(value, NumberKind.SYMBOLIC) for atom, value in values.items()}

    def matrix(operator: Operator) -> Array:
        return as_array(evaluate(operator, matrices, dimensions, given), NumberKind.SYMBOLIC)

    def holds(fact: Fact) -> bool:
        gaps = matrix(fact.excess).flat
        if fact.relation == "=" and not fact.pointwise:
            return all(gap.is_zero() for gap in gaps)
        here = (gap.evaluate({parameter: at}) for gap in gaps)
        return all(bool(relation_holds(0, fact.relation, gap)) for gap in here)

    failing = [name for name, fact in facts_of(chain).items() if not holds(fact)]
    for line in chain.lines:
        if isinstance(line, Differential):
            slope = [f.derivative(parameter) for f in matrix(Operator.of(line.atom)).flat]
            if any(a != b for a, b in zip(slope, matrix(line.derivative).flat, strict=True)):
                failing.append(line.name)
    return tuple(failing)


def _fraction(number: Any) -> Fraction:
    return Fraction(int(number.p), int(number.q))


def satisfied_by(
    chain: Chain,
    values: Mapping[Atom, Any],
    sizes: Mapping[str, int],
    scalars: Mapping[str, Any] | None = None,
    **where: Any,
) -> bool:
    """Whether an interpretation satisfies all hypotheses of a chain; see `violations`."""
    return not violations(chain, values, sizes, scalars, **where)


def check_expansions(chain: Chain) -> None:
    """Compare both sides of every link's expansion on matrices, without the operator algebra.

    A combination of words shorter than twice the dimension that vanishes on all matrices is zero
    (Amitsur and Levitzki 1950); the fixed integer matrices stand for all.

    Raises
    ------
    CertificateRejected
        If they differ.
    """
    facts = facts_of(chain)
    links = [line for line in chain.lines if isinstance(line, Link)]
    words = [w for f in facts.values() for side in (f.left, f.right) for w in side.terms]
    size = 2 + max((len(word) for word in words), default=0) // 2
    atoms = sorted({atom for fact in facts.values() for atom in _atoms(fact, links)})
    draw = np.random.default_rng(20)
    values = {atom: draw.integers(-9, 10, (size, size)).astype(object) for atom in atoms}
    sizes = {space: size for atom in atoms for space in (atom.codomain, atom.domain)}
    sizes |= {s: size for f in facts.values() for s in (f.left.codomain, f.left.domain)}
    names = sorted(_free_names([side for f in facts.values() for side in (f.left, f.right)]))
    scalars = {name: Fraction(2 + k, 7 + 3 * k) for k, name in enumerate(names)}
    scalars |= next(chain.scalars.samples(), {})
    for link in links:
        total = _matrix(link.fact.left - link.fact.right, values, sizes, scalars)
        for multiple in link.because:
            fact = facts[multiple.fact]
            before = multiple.before or unit(fact.left.codomain)
            after = multiple.after or unit(fact.left.domain)
            sides = [_matrix(side, values, sizes, scalars) for side in (before, after)]
            gap = _matrix(fact.right, values, sizes, scalars)
            gap = gap - _matrix(fact.left, values, sizes, scalars)
            total = total + sides[0] @ gap @ sides[1]
        if any(entry != 0 for entry in total.flat):
            raise CertificateRejected(f"{link.name} does not expand to what it claims")


def _matrix(operator: Operator, values: Any, sizes: Any, scalars: Any) -> Array:
    return as_array(evaluate(operator, values, sizes, scalars), NumberKind.RATIONAL)


def _atoms(fact: Fact, links: list[Link]) -> set[Atom]:
    multipliers = (side for line in links for m in line.because for side in (m.before, m.after))
    sides = (fact.left, fact.right, *(side for side in multipliers if side is not None))
    return {atom for side in sides for atom in side.atoms()}


def _free_names(sides: list[Operator]) -> set[str]:
    return {name for side in sides for c in side.terms.values() for name in c.free_names()}
