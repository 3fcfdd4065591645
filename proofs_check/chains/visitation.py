r"""Chains of proof about the visitation of one task of any size."""

from __future__ import annotations

from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.chains import Chain, Line, Multiple
from dcpg_theory.exact.lines import Link
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from proofs_check.chains.mdp_operators import (
    BASE,
    P,
    Policy,
    equal,
    hypothesis,
    less,
    link,
    nonnegative,
    r,
    state_ones,
)
from proofs_check.chains.mdp_operators import B as COPY
from proofs_check.symbols import OWN, own

__all__ = [
    "at_least_start",
    "performance_difference",
    "same_kernel",
    "total_is_one",
]

_pi, _other = Policy(""), Policy("'")
_start = Operator.of(Atom("rho", SCALARS, "S"))


def _visits(label: str, policy: Policy, start: Operator = _start) -> tuple[Operator, Line]:
    d = Operator.of(Atom(f"d{label}", SCALARS, "S"))
    words = "d = (1 - gamma) sum_k gamma^k rho (Pi P)^k, with its first term split off"
    fact = equal(d, start.scaled(1 - own) + (d @ policy.kernel).scaled(own))
    return d, hypothesis(f"visits{label}", fact, words)


def _chain(title: str, *lines: Line, scalars: Box = OWN) -> Chain:
    last = lines[-1]
    if not isinstance(last, Link):
        raise TypeError("a chain ends with a link")
    return Chain(title, scalars, tuple(lines), last.fact)


def performance_difference() -> Chain:
    """V'(rho) - V(rho) = d' Pi' A / (1 - gamma_i), with A the advantage of the second policy."""
    d, visits = _visits("'", _other)
    value = _pi.value
    factor = 1 / (1 - own)
    advantage = r + (P @ value).scaled(own) - COPY @ value
    lines = (
        hypothesis(
            "bellman'",
            equal(_other.value, _other.averages @ _other.action_value),
            "(1) for the first policy",
        ),
        hypothesis("Pi'B=I", equal(_other.averages @ COPY, unit("S")), "probabilities sum to one"),
        visits,
        link(
            "difference",
            equal(
                _start @ (_other.value - value), (d @ _other.averages @ advantage).scaled(factor)
            ),
            [
                Multiple("visits'", None, (value - _other.value).scaled(factor)),
                Multiple("bellman'", d.scaled(factor)),
                Multiple("Pi'B=I", d.scaled(factor), value),
            ],
            "insert (1 - gamma) rho = d' - gamma d' Pi' P and Bellman's equation",
        ),
    )
    return _chain("the performance difference lemma", *lines)


def at_least_start() -> Chain:
    """(1 - gamma_i) mu_i <= d_{i,mu_i}, entry by entry, for every policy."""
    d, visits = _visits("", _pi)
    lines = (
        hypothesis("P>=0", nonnegative(P), "transition probabilities are not negative"),
        hypothesis("Pi>=0", nonnegative(_pi.averages), "probabilities of actions >= 0"),
        hypothesis("d>=0", nonnegative(d), "a visitation has no negative entry"),
        visits,
        link(
            "d>=(1-gamma)mu",
            less(_start.scaled(1 - own), d),
            [
                Multiple("visits", -unit(SCALARS)),
                Multiple("d>=0", None, _pi.kernel.scaled(own)),
            ],
            "the terms k >= 1 of the series are not negative",
        ),
    )
    return _chain("a visitation is at least the start's share", *lines)


def total_is_one() -> Chain:
    """sum_s d(s) = 1: a visitation is a distribution."""
    d, visits = _visits("", _pi)
    factor = 1 / (1 - own)
    lines = (
        BASE[3],
        _pi.is_policy()[1],
        hypothesis("rho1=1", equal(_start @ state_ones, unit(SCALARS)), "rho is a distribution"),
        visits,
        link(
            "d1=1",
            equal(d @ state_ones, unit(SCALARS)),
            [
                Multiple("visits", unit(SCALARS).scaled(factor), state_ones),
                Multiple("P1=1", (d @ _pi.averages).scaled(own * factor)),
                Multiple("PiB=I", d.scaled(own * factor), state_ones),
                Multiple("rho1=1"),
            ],
            "d 1 = (1 - gamma) rho 1 + gamma d Pi P 1 = (1 - gamma) + gamma d 1",
        ),
    )
    return _chain("a visitation is a distribution", *lines)


def same_kernel() -> Chain:
    """Two tasks with the same P, discount and start have the same visitation, policy by policy."""
    one, first = _visits("1", _pi)
    two, second = _visits("2", _pi)
    inverse = _pi.resolvent
    lines = (
        BASE[0],
        *BASE[2:],
        *_pi.is_policy(),
        *_pi.resolved(),
        first,
        second,
        link(
            "d1=d2",
            equal(one, two),
            [
                Multiple("visits1", None, inverse),
                Multiple("resolvent/right", -one),
                Multiple("visits2", None, -inverse),
                Multiple("resolvent/right", two),
            ],
            "both are (1 - gamma) rho (I - gamma Pi P)^{-1}",
        ),
    )
    return _chain("equal kernels, discounts and starts give equal visitations", *lines)
