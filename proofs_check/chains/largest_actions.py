r"""Chains of proof about the largest entry over the actions, the steps of (49) that take a maximum.

The atoms are those of `several_tasks`; ``Top`` selects an action with the largest entry in each
state of the union.
"""

from __future__ import annotations

from dcpg_theory.exact.chains import Chain, Line, Link, Multiple, RuleUse
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from proofs_check.chains.mdp_operators import equal, hypothesis, less, link, nonnegative
from proofs_check.chains.several_tasks import (
    SIZES,
    UNION_POLICY,
    A,
    B,
    Bs,
    D,
    F,
    G,
    H,
    Lam,
    Pi,
    Us,
    V,
    ones,
    pair_ones,
    per_state,
    r,
    u,
    w,
)

__all__ = [
    "best_is_nonnegative",
    "bound_out",
    "largest_action",
    "mismatch_out",
]

_TOP = Atom("Top", "S", "SA")
_top = Operator.of(_TOP)


def _chain(title: str, *lines: Line) -> Chain:
    last = lines[-1]
    if not isinstance(last, Link):
        raise TypeError("a chain ends with a link")
    return Chain(title, SIZES, tuple(lines), last.fact)


def largest_action() -> Chain:
    """Show u Us h <= u max_a h: an average over actions is at most the largest entry."""
    h = Operator.of(Atom("h", "SA", SCALARS))
    lines = (
        *UNION_POLICY,
        hypothesis("u>=0", nonnegative(u), "the entries of 1 are not negative"),
        RuleUse(
            "largest",
            "greedy",
            {
                "values": h,
                "broadcast": Atom("Bs", "SA", "S"),
                "averages": (Us,),
                "selection": _TOP,
            },
        ),
        link(
            "at most the largest",
            less(u @ Us @ h, u @ _top @ h),
            [Multiple("largest/dominates-0", u)],
            "state by state",
        ),
    )
    return _chain("an average over actions is at most the largest entry", *lines)


def best_is_nonnegative() -> Chain:
    """max_a sum_i d_i A_i / (1 - gamma_i) >= 0 in every state, since pi_theta averages it to 0."""
    lines = (
        *UNION_POLICY,
        hypothesis("bellman", equal(V, Pi @ (r + G @ V)), "(1) for pi_theta, in every task"),
        hypothesis("PiB=I", equal(Pi @ B, unit("T")), "probabilities sum to one"),
        hypothesis("same policy", equal(D @ Pi, Us @ F), "all tasks are given the one pi_theta"),
        link(
            "average is 0",
            equal(Us @ H, Operator.zero("S", SCALARS)),
            [
                Multiple("same policy", -unit("S"), A),
                Multiple("bellman", -D),
                Multiple("PiB=I", -D, V),
            ],
            "D Pi A = 0, since a policy has no advantage over itself",
        ),
        RuleUse(
            "largest",
            "greedy",
            {
                "values": H,
                "broadcast": Atom("Bs", "SA", "S"),
                "averages": (Us,),
                "selection": _TOP,
            },
        ),
        link(
            "largest >= 0",
            nonnegative(_top @ H),
            ["largest/dominates-0", Multiple("average is 0", -unit("S"))],
            "the largest is at least the average",
        ),
    )
    return _chain("the best action has a non-negative summed advantage", *lines)


def mismatch_out() -> Chain:
    """Show sum_s w(s) m(s) <= R sum_s m(s), where w <= R and every m(s) = max_a h is >= 0."""
    most = Operator.of(Atom("m", "S", SCALARS))
    ratio = Operator.of(Atom("R", SCALARS, SCALARS))
    lines = (
        hypothesis("m>=0", nonnegative(most), "the sixth line's reason, a claim of its own"),
        hypothesis("w<=R", less(w, ratio @ u), "R is the largest ratio"),
        link("ratio out", less(w @ most, ratio @ u @ most), [Multiple("w<=R", None, most)]),
    )
    return _chain("the largest ratio comes out of the sum", *lines)


def bound_out() -> Chain:
    """Show R sum_s max_a h <= R |S| 2 lambda N / |S|, where h <= 2 lambda N / |S|."""
    h = Operator.of(Atom("h", "SA", SCALARS))
    ratio = Operator.of(Atom("R", SCALARS, SCALARS))
    limit = Lam.scaled(2 * per_state)
    lines = (
        hypothesis("Top>=0", nonnegative(_top), "a choice of an action"),
        hypothesis("TopBs=I", equal(_top @ Bs, unit("S")), "one action for each state"),
        hypothesis("u>=0", nonnegative(u), "the entries of 1 are not negative"),
        hypothesis("R>=0", nonnegative(ratio), "a ratio of frequencies"),
        hypothesis("(50)", less(h, pair_ones @ limit), "(50)"),
        hypothesis("u1=|S|", equal(u @ ones, unit(SCALARS).scaled(1 / per_state)), "u 1 = |S|"),
        link(
            "bounded",
            less(ratio @ u @ _top @ h, (ratio @ Lam).scaled(2 / per_state * per_state)),
            [
                Multiple("(50)", ratio @ u @ _top),
                Multiple("TopBs=I", ratio @ u, ones @ limit),
                Multiple("u1=|S|", ratio, limit),
            ],
            "|S| terms of at most 2 lambda N / |S|",
        ),
    )
    return _chain("every state contributes at most (50)", *lines)
