r"""Chains of proof for the links of (60): maxima, the triangle inequality, the norm, (55)."""

from __future__ import annotations

from collections.abc import Sequence

from dcpg_theory.exact.chains import Chain, Line, Multiple
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction
from proofs_check.chains.derivative_bounds import (
    norm_of_word,
    parts_of_turn,
    rewards,
    split_turn,
    turns,
)
from proofs_check.chains.derivatives import (
    AT_PAIR,
    CONSTANTS,
    GROUND,
    NORMS,
    SIZE,
    action_value_chain,
    chain_of,
    pair_ones,
    q,
    turn,
)
from proofs_check.chains.mdp_operators import P, equal, hypothesis, less, link, nonnegative

__all__ = [
    "entry_below_norms",
    "norm_taken_out",
    "norms_below",
    "reordered",
    "rows_are_bounded",
    "triangle",
]


def triangle(*, negative: bool) -> Chain:
    """|P D x| <= P |D| |x| for x = x+ - x-, with |D| = D+ + D- and |x| = x+ + x-."""
    up, down = split_turn(1)
    x, rise, fall = (Operator.of(Atom(name, "SA", SCALARS)) for name in ("x", "x+", "x-"))
    vector, larger = P @ turn(1) @ x, P @ (up + down) @ (rise + fall)
    given = (
        *GROUND,
        *parts_of_turn(1),
        hypothesis("x=+-", equal(x, rise - fall), "positive and negative part of x"),
        hypothesis("x+>=0", nonnegative(rise), "the positive part"),
        hypothesis("x->=0", nonnegative(fall), "the negative part"),
    )
    sign = -unit("SA") if negative else unit("SA")
    with_up, with_down = ("x+>=0", "x->=0") if negative else ("x->=0", "x+>=0")
    last = link(
        "|PDx|",
        less(*((-larger, vector) if negative else (vector, larger)), pointwise=True),
        [
            Multiple("D1=+-", sign @ P, x),
            Multiple("x=+-", sign @ P @ (up - down)),
            Multiple(with_up, 2 * (P @ up)),
            Multiple(with_down, 2 * (P @ down)),
        ],
        "the products of parts with unlike signs change theirs",
    )
    return chain_of("a sum is at most the sum of the absolute values", *given, last)


def norm_taken_out() -> Chain:
    """P |D| |x| <= P |D| 1 size, the fourth line of (60)."""
    up, down = split_turn(1)
    x = Operator.of(Atom("|x|", "SA", SCALARS))
    total = P @ (up + down)
    last = link(
        "P|D||x|",
        less(total @ x, (total @ pair_ones).scaled(SIZE), pointwise=True),
        [Multiple("|x|<=", P @ up), Multiple("|x|<=", P @ down)],
        "|x| <= size 1, times non-negative operators",
    )
    norm = hypothesis("|x|<=", less(x, pair_ones.scaled(SIZE)), "|x| is at most the norm of x")
    return chain_of("the norm is taken out", *GROUND, *parts_of_turn(1), norm, last)


def rows_are_bounded() -> Chain:
    """P |D| 1 size <= C' size 1, the last line of (60)."""
    up, down = split_turn(1)
    constant = SIZE * CONSTANTS[0]
    last = link(
        "P|D|1",
        less(
            (P @ (up + down) @ pair_ones).scaled(SIZE), pair_ones.scaled(constant), pointwise=True
        ),
        [Multiple("(55)-1", P.scaled(SIZE)), Multiple("P1=1", unit("SA").scaled(constant))],
        "(55) in every state, averaged over the next state",
    )
    return chain_of("the rows of the derivative are bounded", *GROUND, *turns(1), last)


def reordered(*, negative: bool, back: bool) -> Chain:
    """A table of numbers has the same bounds when its axes, direction and pair, are exchanged.

    So ``max_u max_{s,a}`` and ``max_{s,a} max_u`` have the same upper bounds, and are equal.
    """
    one, two = ("SA u", "u SA") if back else ("u SA", "SA u")
    table = Operator.of(Atom("y", one, SCALARS))
    swap = Operator.of(Atom("T", two, one))
    ones, swapped = (Operator.of(Atom(f"1_{space}", space, SCALARS)) for space in (one, two))
    below, above = (-ones.scaled(SIZE), table) if negative else (table, ones.scaled(SIZE))
    moved = (
        (-swapped.scaled(SIZE), swap @ table) if negative else (swap @ table, swapped.scaled(SIZE))
    )
    scale = unit(two).scaled(SIZE)
    return chain_of(
        "the order of two maxima",
        hypothesis("T>=0", nonnegative(swap), "T exchanges the axes of a table"),
        hypothesis("T1=1", equal(swap @ ones, swapped), "and so the table of ones"),
        hypothesis("y", less(below, above), "every entry is bounded, in one order"),
        link("Ty", less(*moved), [Multiple("y", swap), Multiple("T1=1", scale)], "and the other"),
    )


def entry_below_norms(
    order: int,
    inside: Sequence[Operator],
    factors: Sequence[RationalFunction],
    *,
    negative: bool,
) -> Chain:
    """|e^T Q^(k)| <= sum_j c_j ||y_j|| where Q^(k) = sum_j c_j y_j: the triangle inequality."""
    total = sum((c * n for c, n in zip(factors, NORMS, strict=False)), RationalFunction.constant(0))
    lines: list[Line] = [
        *action_value_chain(order).lines,
        hypothesis("e>=0", nonnegative(AT_PAIR), "an entry of a non-negative vector is >= 0"),
        hypothesis("e1=1", equal(AT_PAIR @ pair_ones, unit(SCALARS)), "the entries of 1 are 1"),
    ]
    sign = -unit(SCALARS) if negative else unit(SCALARS)
    uses: list[Multiple | str] = [
        Multiple("entry", sign),
        Multiple("e1=1", unit(SCALARS).scaled(total)),
    ]
    for k, (y, factor) in enumerate(zip(inside, factors, strict=True)):
        ones = pair_ones.scaled(NORMS[k])
        bound = less(-ones, y) if negative else less(y, ones)
        lines.append(hypothesis(f"norm-{k}", bound, f"the norm of {y} bounds its entries"))
        uses.append(Multiple(f"norm-{k}", AT_PAIR.scaled(factor)))
    entry, limit = AT_PAIR @ q(order), unit(SCALARS).scaled(total)
    last = link("norms", less(*((-limit, entry) if negative else (entry, limit))), uses)
    return chain_of("an entry of Q^(k) is at most the sum of the norms", *lines, last)


def norms_below(
    inside: Sequence[Operator], factors: Sequence[RationalFunction], bound: RationalFunction
) -> Chain:
    """sum_j c_j ||y_j|| <= bound, with ||y|| = f y for a functional f of total weight 1.

    A norm is the absolute value of some entry; f picks it and has its sign. So f = f+ - f- with
    f+, f- >= 0 and (f+ + f-) 1 = 1.
    """
    lines: dict[str, Line] = {line.name: line for line in rewards().lines}
    uses: list[Multiple | str] = []
    left, size = Operator.zero(SCALARS, SCALARS), RationalFunction.constant(0)
    for k, (y, factor) in enumerate(zip(inside, factors, strict=True)):
        bounded = norm_of_word(y, rewards())
        lines |= {line.name: line for line in bounded.lines if line.name not in lines}
        f, up, down = (Operator.of(Atom(f"f{k}{sign}", SCALARS, "SA")) for sign in ("", "+", "-"))
        given = (
            hypothesis(f"f{k}+>=0", nonnegative(up), "the entry, where it is positive"),
            hypothesis(f"f{k}->=0", nonnegative(down), "the entry, where it is negative"),
            hypothesis(f"f{k}=+-", equal(f, up - down), "f picks an entry, with its sign"),
            hypothesis(f"f{k}1", equal((up + down) @ pair_ones, unit(SCALARS)), "one entry"),
        )
        lines |= {line.name: line for line in given}
        uses += [
            Multiple(bounded.side(negative=False), up.scaled(factor)),
            Multiple(bounded.side(negative=True), down.scaled(factor)),
            Multiple(f"f{k}=+-", unit(SCALARS).scaled(factor), y),
            Multiple(f"f{k}1", unit(SCALARS).scaled(factor * bounded.size)),
        ]
        left, size = left + (f @ y).scaled(factor), size + factor * bounded.size
    if bound != size:
        positive = (Multiple("1>0", Operator.of(Atom(f"f0{s}", SCALARS, "SA"))) for s in "+-")
        one = link("1", nonnegative(unit(SCALARS)), [*positive, "f01"], "1 is not negative")
        lines[one.name] = one
        uses.append(Multiple("1", unit(SCALARS).scaled(bound - size)))
    last = link(
        "norms", less(left, unit(SCALARS).scaled(bound), pointwise=True), uses, "norm by norm"
    )
    return chain_of("a sum of norms", *lines.values(), last)
