"""Small chains about one kernel K on one space, and an interpretation that satisfies them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from dcpg_theory.exact.boxes import Box, Interval, open_interval
from dcpg_theory.exact.chains import Chain, Differential, Hypothesis, Link, Multiple, RuleUse
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.exact.rules import Fact

(G,) = symbols("g")
BOX = Box(g=Interval(0, 1, closed_lower=True))
OPEN = Box(g=open_interval(0, 1))
ONES, INVERSE = Atom("1_S", "S", SCALARS), Atom("R", "S", "S")
K, R = Operator.of(Atom("K", "S", "S")), Operator.of(INVERSE)
r, V, u = (Operator.of(Atom(name, "S", SCALARS)) for name in "rVu")
one, EYE, nought = Operator.of(ONES), unit("S"), Operator.zero("S", SCALARS)
X = 1 / (1 - G)


def less(left, right, **flags):
    return Fact(left, "<=", right, **flags)


def equal(left, right, **flags):
    return Fact(left, "=", right, **flags)


def given(name, fact):
    return Hypothesis(name, fact, name)


STOCHASTIC = (
    given("K>=0", less(Operator.zero("S", "S"), K)),
    given("K1=1", equal(K @ one, one)),
    given("1>0", Fact(nought, "<", one)),
)
NEUMANN = RuleUse("n", "neumann", {"kernel": K, "discount": G, "inverse": INVERSE, "ones": ONES})
BELLMAN = given("bellman", equal(V, r + G * (K @ V)))
BOUNDED = given("r<=1", less(r, one))
SOLVED = Link("V=Rr", equal(V, R @ r), (Multiple("n/left", -EYE, V), Multiple("bellman", R)))
R_ONES = Link(
    "R1=X1",
    equal(R @ one, X * one),
    (Multiple("n/left", X * EYE, one), Multiple("K1=1", (G * X) * R)),
)
V_BOUND = Link("V<=X", less(V, X * one), (Multiple("r<=1", R), Multiple("V=Rr"), Multiple("R1=X1")))


def bound(box=BOX):
    """V <= 1 / (1 - g) from the Bellman equation and the Neumann series."""
    lines = (*STOCHASTIC, NEUMANN, BELLMAN, BOUNDED, SOLVED, R_ONES, V_BOUND)
    return Chain("values are bounded", box, lines, V_BOUND.fact)


def resolvent_derivative():
    """R' = g R K' R: the derivative of an inverse."""
    turn, slope = (Operator.of(Atom(name, "S", "S")) for name in ("K'", "R'"))
    last = Link(
        "R'",
        equal(slope, G * (R @ turn @ R)),
        (Multiple("d", EYE, R), Multiple("n/right", -slope)),
    )
    lines = (
        *STOCHASTIC,
        NEUMANN,
        Differential("dK", Atom("K", "S", "S"), turn, "K turns"),
        Differential("dR", INVERSE, slope, "so does its resolvent"),
        RuleUse("d", "derivative", {"fact": "n/left"}),
        last,
    )
    return Chain("the derivative of the resolvent", OPEN, lines, last.fact)


PI, BROADCAST, PICK = Atom("Pi", "S", "A"), Atom("B", "A", "S"), Atom("Pick", "S", "A")
Pi, B, Pick = (Operator.of(atom) for atom in (PI, BROADCAST, PICK))
q = Operator.of(Atom("q", "A", SCALARS))
AVERAGES = (
    given("Pi>=0", less(Operator.zero("S", "A"), Pi)),
    given("PiB=1", equal(Pi @ B, EYE)),
)
GREEDY = RuleUse(
    "pick", "greedy", {"values": q, "broadcast": BROADCAST, "averages": (Pi,), "selection": PICK}
)


def greedy_dominates():
    """Any average, plus a constant, is at most the largest entry, plus the constant."""
    last = Link(
        "shifted",
        less(Pi @ (q + B @ u), Pick @ (q + B @ u)),
        (
            Multiple("pick/dominates-0"),
            Multiple("pick/average", -EYE, u),
            Multiple("PiB=1", EYE, u),
        ),
    )
    lines = (*AVERAGES, GREEDY, last)
    return Chain("the greedy choice dominates", Box(), lines, last.fact)


def stochastic(rng, size):
    rows = rng.integers(0, 6, (size, size)).astype(object) + np.eye(size, dtype=int)
    return np.array([[Fraction(int(x), int(sum(row))) for x in row] for row in rows], dtype=object)


def column(*entries):
    return np.array([[Fraction(x)] for x in entries], dtype=object)
