r"""Chains of proof for the links of (60): maxima, the triangle inequality, the norm, (55)."""

from __future__ import annotations

from dcpg_theory.exact.chains import Chain, Multiple
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from proofs_check.derivative_bounds import parts_of_turn, split_turn, turns
from proofs_check.derivatives import CONSTANTS, GROUND, SIZE, chain_of, pair_ones, turn
from proofs_check.mdp_operators import P, equal, hypothesis, less, link, nonnegative

__all__ = ["norm_taken_out", "reordered", "rows_are_bounded", "triangle"]


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
