"""The chain about states that a policy never visits, so that they can be left out."""

from __future__ import annotations

from dcpg_theory.exact.boxes import open_interval, positive
from dcpg_theory.exact.chains import Chain, Line, Multiple, RuleUse
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import symbols
from proofs_check.chains.mdp_operators import (
    BASE,
    P,
    Policy,
    equal,
    hypothesis,
    less,
    link,
    nonnegative,
    state_ones,
)
from proofs_check.symbols import OWN, own

__all__ = ["unvisited_stays_unvisited"]

_pi = Policy("")
_Pi, _X = _pi.averages, 1 / (1 - own)


def unvisited_stays_unvisited() -> Chain:
    """d'(s) = 0 for every policy in the states s that one policy of full support never visits.

    Z picks the unvisited states and N the others; c is the smallest probability of an action, and k
    is one over the smallest positive d(s).
    """
    small, large = symbols("c", "k")
    other = Policy("o")
    start, visits, others = (Operator.of(Atom(name, SCALARS, "S")) for name in ("rho", "d", "d'"))
    unvisited, visited = (Operator.of(Atom(name, "S", "S")) for name in "ZN")
    one = unit("S")
    zero = Operator.zero(SCALARS, "S")
    x, step = others @ unvisited, other.kernel @ unvisited
    conclusion = equal(x, zero)
    lines: tuple[Line, ...] = (
        hypothesis("rho>=0", nonnegative(start), "start probabilities are non-negative"),
        hypothesis("d>=0", nonnegative(visits), "visitations are non-negative"),
        hypothesis("d'>=0", nonnegative(others), "visitations are non-negative"),
        hypothesis(
            "visits",
            equal(visits, start.scaled(1 - own) + (visits @ _pi.kernel).scaled(own)),
            "(1 - gamma) sum_k gamma^k rho (Pi P)^k, with its first term split off",
        ),
        hypothesis(
            "visits'",
            equal(others, start.scaled(1 - own) + (others @ other.kernel).scaled(own)),
            "the same for the other policy",
        ),
        hypothesis("Z>=0", nonnegative(unvisited), "Z picks states"),
        hypothesis("Z<=I", less(unvisited, one), "Z picks states"),
        hypothesis("N+Z=I", equal(visited + unvisited, one), "a state is visited or not"),
        hypothesis("dZ=0", equal(visits @ unvisited, zero), "Z picks what is never visited"),
        hypothesis(
            "N<=k1d", less(visited, (state_ones @ visits).scaled(large)), "d(s) >= 1/k on N"
        ),
        hypothesis(
            "support", less(other.averages.scaled(small), _Pi), "Pi has full support: Pi >= c Pi'"
        ),
        link(
            "rhoZ<=0",
            less(start @ unvisited, zero),
            [
                Multiple("visits", unit(SCALARS).scaled(-_X), unvisited),
                Multiple("dZ=0", unit(SCALARS).scaled(_X)),
                Multiple("P>=0", (visits @ _Pi).scaled(own * _X), unvisited),
            ],
            "what is never visited is no start",
        ),
        link(
            "dPiPZ<=0",
            less(visits @ _pi.kernel @ unvisited, zero),
            [
                Multiple("visits", unit(SCALARS).scaled(-1 / own), unvisited),
                Multiple("dZ=0", unit(SCALARS).scaled(1 / own)),
                Multiple("rho>=0", unit(SCALARS).scaled((1 - own) / own), unvisited),
            ],
            "nor is it reached",
        ),
        link(
            "NPi'PZ<=0",
            less(visited @ step, Operator.zero("S", "S")),
            [
                Multiple("N<=k1d", None, step),
                Multiple("support", (state_ones @ visits).scaled(large / small), P @ unvisited),
                Multiple("dPiPZ<=0", state_ones.scaled(large / small)),
            ],
            "from no visited state, by any action",
        ),
        *other.resolved(),
        link(
            "d'Z<=g d'ZPi'P",
            less(x, (x @ other.kernel).scaled(own)),
            [
                Multiple("visits'", None, unvisited),
                Multiple("rhoZ<=0", unit(SCALARS).scaled(1 - own)),
                Multiple("NPi'PZ<=0", others.scaled(own)),
                Multiple("Z<=I", (x @ other.kernel).scaled(own)),
                Multiple("N+Z=I", others.scaled(-own), step),
            ],
            "it would have to be reached from itself",
        ),
        link(
            "d'Z<=0",
            less(x, zero),
            [
                Multiple("d'Z<=g d'ZPi'P", None, other.resolvent),
                Multiple("resolvento/right", -x),
            ],
            "times M' >= 0",
        ),
        link("d'Z>=0", less(zero, x), [Multiple("d'>=0", None, unvisited)]),
        RuleUse("both", "antisymmetry", {"below": "d'Z<=0", "above": "d'Z>=0"}),
        link("d'Z=0", conclusion, ["both"], "so no policy visits it"),
    )
    scalars = OWN.replace(c=open_interval(0, 1), k=positive())
    given = (*BASE, *_pi.is_policy(), *other.is_policy())
    title = "what full support never visits, nothing visits"
    return Chain(title, scalars, (*given, *lines), conclusion)
