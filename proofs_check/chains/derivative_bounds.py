r"""Chains of proof for the bounds of Lemma B.4, in the entrywise order.

``|x| <= c`` is ``-c 1 <= x <= c 1``. A derivative of the policy is ``D = D+ - D-`` with D+, D- >= 0
and ``(D+ + D-) 1 <= C 1``, which is (55) in every state; it is assumed at alpha = 0 only.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from math import comb

from dcpg_theory.exact.chains import Chain, Line, Multiple, RuleUse
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction
from dcpg_theory.exact.rules import Fact
from proofs_check.chains.derivatives import (
    CONSTANTS,
    GROUND,
    SIZE,
    M,
    Pi,
    chain_of,
    pair_ones,
    q,
    recursion,
    solved,
    state_ones,
    turn,
    turning,
    v,
    value_is_average,
)
from proofs_check.chains.mdp_operators import P, equal, hypothesis, less, link, nonnegative, r
from proofs_check.symbols import own

__all__ = [
    "Bounded",
    "any_vector",
    "derivative_bounds",
    "norm_of_word",
    "parts_of_turn",
    "rewards",
    "split_turn",
    "turns",
]

_ONE = RationalFunction.constant(1)
_ONES = {"SA": pair_ones, "S": state_ones}
_X = 1 / (1 - own)


@dataclass(frozen=True)
class Bounded:
    """A vector x with ``-size 1 <= x <= size 1``, and the lines that show it."""

    vector: Operator
    size: RationalFunction
    lines: tuple[Line, ...]
    name: str
    pointwise: bool = False

    def below(self, bound: RationalFunction, *, negative: bool = False) -> Fact:
        """Return ``x <= bound 1``, or ``-bound 1 <= x``."""
        ones = _ONES[self.vector.codomain].scaled(bound)
        sides = (-ones, self.vector) if negative else (self.vector, ones)
        return less(*sides, pointwise=self.pointwise)

    def side(self, *, negative: bool) -> str:
        """Return the name of the line that shows one of the two bounds."""
        return f"-|{self.name}|" if negative else f"|{self.name}|"

    def chain(self, bound: RationalFunction, *, negative: bool) -> Chain:
        """Return the chain to a bound that is no smaller than what is shown."""
        here = next(x for x in self.lines if x.name == self.side(negative=negative))
        if bound == self.size:
            return chain_of(f"bound on {self.name}", *(x for x in self.lines if x != here), here)
        uses = [
            Multiple(here.name),
            Multiple("1>0" if self.vector.codomain == "SA" else "1_S>=0", _scalar(self, bound)),
        ]
        last = link("bound", self.below(bound, negative=negative), uses, "and that is at most")
        return chain_of(f"bound on {self.name}", *self.lines, _STATE_ONES, last)


def _scalar(bounded: Bounded, bound: RationalFunction) -> Operator:
    return unit(bounded.vector.codomain).scaled(bound - bounded.size)


_STATE_ONES = link(
    "1_S>=0",
    nonnegative(state_ones),
    [Multiple("1>0", Pi), "Pi1=1"],
    "1 = Pi 1 has no negative entry",
)


def _combined(
    vector: Operator,
    size: RationalFunction,
    name: str,
    sources: tuple[Bounded, ...],
    positive: list[Multiple],
    exact: list[Multiple],
    ones: list[Multiple],
    words: str,
) -> Bounded:
    """Return the bound of a vector from its sources' bounds: `positive` are their multiples.

    Each multiple in `positive` names a source; `exact` and `ones` are equalities, or inequalities
    between multiples of 1, which enter both sides (the former with opposite signs).
    """
    lines = _merged(line for source in sources for line in source.lines)
    result = Bounded(vector, size, lines, name, any(s.pointwise for s in sources))
    made = []
    for negative in (False, True):
        uses: list[Multiple | str] = []
        for multiple in positive:
            source = next(s for s in sources if s.name == multiple.fact)
            uses.append(replace(multiple, fact=source.side(negative=negative)))
        uses += [replace(m, before=_signed(m, negative)) for m in exact]
        uses += ones
        made.append(
            link(
                result.side(negative=negative),
                result.below(size, negative=negative),
                uses,
                f"{'-' * negative}{words}",
            )
        )
    return replace(result, lines=(*lines, *made))


def _merged(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Return the lines without those that came before."""
    first: dict[str, Line] = {}
    for line in lines:
        first.setdefault(line.name, line)
    return tuple(first.values())


def _signed(multiple: Multiple, negative: bool) -> Operator | None:
    before = multiple.before
    return -before if negative and before is not None else before


def rewards() -> Bounded:
    """Rewards in [0, 1] are at most 1 in absolute value."""
    lines = (
        *GROUND,
        hypothesis("r>=0", nonnegative(r), "rewards are at least 0"),
        hypothesis("r<=1", less(r, pair_ones), "rewards are at most 1"),
        link("|r|", less(r, pair_ones), ["r<=1"], "r <= 1"),
        link("-|r|", less(-pair_ones, r), ["r>=0", "1>0"], "-1 <= 0 <= r"),
    )
    return Bounded(r, _ONE, lines, "r")


def any_vector() -> Bounded:
    """An arbitrary vector x over the pairs, and its norm."""
    x = Operator.of(Atom("x", "SA", SCALARS))
    ones = pair_ones.scaled(SIZE)
    lines = (
        *GROUND,
        hypothesis("|x|", less(x, ones), "x is at most its norm"),
        hypothesis("-|x|", less(-ones, x), "x is at least minus its norm"),
    )
    return Bounded(x, SIZE, lines, "x")


def split_turn(order: int) -> tuple[Operator, Operator]:
    """Return D+ and D-, whose difference is the derivative of the policy."""
    name = f"D{order}"
    return Operator.of(Atom(f"{name}+", "S", "SA")), Operator.of(Atom(f"{name}-", "S", "SA"))


def parts_of_turn(order: int) -> tuple[Line, ...]:
    """Return the hypotheses on the parts of D, but not (55)."""
    name, (up, down) = f"D{order}", split_turn(order)
    zero = Operator.zero("S", "SA")
    return (
        hypothesis(
            f"{name}=+-",
            equal(turn(order), up - down, pointwise=True),
            "positive and negative part of the derivative at alpha = 0",
        ),
        hypothesis(f"{name}+>=0", less(zero, up, pointwise=True), "the positive part"),
        hypothesis(f"{name}->=0", less(zero, down, pointwise=True), "the negative part"),
    )


def turns(order: int) -> tuple[Line, ...]:
    """Return (55) in every state, for the derivative of the given order."""
    up, down = split_turn(order)
    return (
        *parts_of_turn(order),
        hypothesis(
            f"(55)-{order}",
            less((up + down) @ pair_ones, state_ones.scaled(CONSTANTS[order - 1]), pointwise=True),
            "(55): the absolute values in a row add up to at most the constant, in every state",
        ),
    )


def _turned(order: int, inner: Bounded) -> Bounded:
    """|D x| <= D+ |x| + D- |x| <= C size."""
    constant, (up, down) = CONSTANTS[order - 1], split_turn(order)
    vector, name = turn(order) @ inner.vector, f"D{order} {inner.name}"
    size = inner.size * constant
    result = Bounded(vector, size, (*inner.lines, *turns(order)), name, pointwise=True)
    made = []
    for negative in (False, True):
        sign = -unit("S") if negative else unit("S")
        uses: list[Multiple | str] = [
            Multiple(f"D{order}=+-", sign, inner.vector),
            Multiple(inner.side(negative=negative), up),
            Multiple(inner.side(negative=not negative), down),
            Multiple(f"(55)-{order}", unit("S").scaled(inner.size)),
        ]
        fact = result.below(size, negative=negative)
        words = "D+ x - D- x is between -(D+ + D-) and (D+ + D-), times the size of x"
        made.append(link(result.side(negative=negative), fact, uses, words))
    return replace(result, lines=_merged((*result.lines, *made)))


def _carried(operator: Operator, inner: Bounded) -> Bounded:
    """M, P and Pi are non-negative and send ones to multiples of ones."""
    ones = {M: "M1=X1", P: "P1=1", Pi: "Pi1=1"}[operator]
    size = inner.size * _X if operator == M else inner.size
    return _combined(
        operator @ inner.vector,
        size,
        f"{operator} {inner.name}",
        (inner,),
        [Multiple(inner.name, operator)],
        [],
        [Multiple(ones, unit(operator.codomain).scaled(inner.size))],
        f"{operator} is monotone, and {ones}",
    )


_TURNS = {next(iter(turn(k).atoms())): k for k in (1, 2, 3)}


def norm_of_word(operator: Operator, base: Bounded) -> Bounded:
    """Return the bound on a product of M, P, Pi and D's that ends with a bounded vector."""
    ((word, coefficient),) = operator.terms.items()
    (last,) = base.vector.atoms()
    if word[-1] != last:
        raise ValueError(f"{operator} does not end with {base.vector}")
    bounded = base
    for atom in reversed(word[:-1]):
        step = _TURNS.get(atom)
        bounded = _turned(step, bounded) if step else _carried(Operator.of(atom), bounded)
    if coefficient == 1:
        return bounded
    return _combined(
        operator,
        bounded.size * coefficient,
        str(operator),
        (bounded,),
        [Multiple(bounded.name, unit(operator.codomain).scaled(coefficient))],
        [],
        [],
        "multiply",
    )


def _sum(
    vector: Operator,
    name: str,
    equation: str,
    parts: list[tuple[RationalFunction, Bounded]],
    lines: tuple[Line, ...],
) -> Bounded:
    """Return the bound of a vector that an equation says is a combination of bounded ones."""
    size = sum((c * part.size for c, part in parts), RationalFunction.constant(0))
    sources = tuple(part for _, part in parts)
    sources = (replace(sources[0], lines=(*sources[0].lines, *lines)), *sources[1:])
    space = unit(vector.codomain)
    return _combined(
        vector,
        size,
        name,
        sources,
        [Multiple(part.name, space.scaled(c)) for c, part in parts],
        [Multiple(equation, space)],
        [],
        "add the parts up",
    )


def _values() -> Bounded:
    """0 <= Q <= 1 / (1 - gamma), as a bound on |Q|."""
    base = rewards()
    ones = pair_ones.scaled(_X)
    uses_up: list[Multiple | str] = [Multiple("r<=1", M), "Q=Mr", "M1=X1"]
    uses_down: list[Multiple | str] = [
        Multiple("r>=0", M),
        Multiple("Q=Mr", -unit("SA")),
        Multiple("1>0", unit("SA").scaled(_X)),
    ]
    lines = (
        *base.lines,
        *solved,
        link("|Q|", less(q(0), ones), uses_up, "Q = M r <= M 1"),
        link("-|Q|", less(-ones, q(0)), uses_down, "Q = M r >= 0"),
    )
    return Bounded(q(0), _X, lines, "Q")


def _centred(order: int, inner: Bounded) -> Bounded:
    """|D Q| <= C / (2 (1 - gamma)): D 1 = 0, so D+ 1 = D- 1 <= C/2, and 0 <= Q <= 1/(1-gamma)."""
    constant, (up, down) = CONSTANTS[order - 1], split_turn(order)
    size, half = constant * _X / 2, _X * Fraction(1, 2)
    stays = [
        RuleUse(f"D{k} 1=0", "derivative", {"fact": f"D{k - 1} 1=0" if k > 1 else "Pi1=1"})
        for k in range(1, order + 1)
    ]
    lines: list[Line] = [
        *inner.lines,
        *turning(order),
        *stays,
        *turns(order),
        link("Q>=0", nonnegative(q(0)), [Multiple("r>=0", M), Multiple("Q=Mr", -unit("SA"))]),
    ]
    result = Bounded(turn(order) @ q(0), size, (), f"D{order} Q", pointwise=True)
    for negative in (False, True):
        sign = -unit("S") if negative else unit("S")
        rises, falls = (down, up) if negative else (up, down)
        uses: list[Multiple | str] = [
            Multiple(f"D{order}=+-", sign, q(0) - pair_ones.scaled(half)),
            Multiple("|Q|", rises),
            Multiple("Q>=0", falls),
            Multiple(f"(55)-{order}", unit("S").scaled(half)),
            Multiple(f"D{order} 1=0", sign.scaled(half)),
        ]
        fact = result.below(size, negative=negative)
        lines.append(link(result.side(negative=negative), fact, uses, "Q is within X/2 of X/2"))
    return replace(result, lines=_merged(lines))


@functools.cache
def derivative_bounds(order: int, *, centred: bool = False) -> tuple[Bounded, Bounded]:
    """Return the bounds on the derivatives of Q and of V of the given order.

    Parameters
    ----------
    order : int
        1, 2 or 3.
    centred : bool
        Whether to use that the derivatives of the probabilities add up to zero, which halves
        both bounds; the paper does not.
    """
    start = _values()
    found = [start]
    turned: dict[tuple[int, int], Bounded] = {}

    def product(j: int, inner: int) -> Bounded:
        if (j, inner) not in turned:
            centre = centred and inner == 0
            turned[j, inner] = _centred(j, found[0]) if centre else _turned(j, found[inner])
        return turned[j, inner]

    for k in range(1, order + 1):
        parts = [
            (own * comb(k, j), _carried(M, _carried(P, product(j, k - j)))) for j in range(1, k + 1)
        ]
        found.append(_sum(q(k), f"Q{k}", f"Q{k}=", parts, recursion(k)))
    inside = [(_ONE * comb(order, j), product(j, order - j)) for j in range(1, order + 1)]
    inside.append((_ONE, _carried(Pi, found[order])))
    value = _sum(v(order), f"V{order}", f"V{order}=", inside, _value_lines(order))
    return found[order], value


def _value_lines(order: int) -> tuple[Line, ...]:
    return (*turning(order), *value_is_average(order))
