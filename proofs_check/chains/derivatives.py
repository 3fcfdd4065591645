r"""Chains of proof for Lemma B.4: a policy turns, and with it the action values and the values.

Everything is about one task of any size and one direction u. Spaces: ``S`` states, ``SA`` pairs.
Beside the atoms P, Pi and r of one task there are

- ``D1``, ``D2``, ``D3`` : SA -> S, the derivatives of Pi along the direction, and ``Q1`` ... ``V3``;
- ``M`` : SA -> SA, the inverse of I - gamma P Pi, which the paper calls M(alpha).

The constants C', C'', C''' may be any numbers >= 0.
"""

from __future__ import annotations

from dataclasses import replace
from math import comb

from dcpg_theory.errors import CertificateRejected
from dcpg_theory.exact.boxes import at_least
from dcpg_theory.exact.chains import (
    Chain,
    Differential,
    Line,
    Link,
    Multiple,
    RuleUse,
    verify_chain,
)
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from proofs_check.chains.mdp_operators import ONES, P, equal, hypothesis, link, nonnegative, r
from proofs_check.symbols import OWN, own

__all__ = [
    "AT_PAIR",
    "AT_STATE",
    "BOX",
    "CONSTANTS",
    "GROUND",
    "NORMS",
    "SIZE",
    "TRANSITIONS",
    "M",
    "Pi",
    "action_value_chain",
    "chain_of",
    "derivative_of_q",
    "derivative_of_v",
    "pair_ones",
    "q",
    "recursion",
    "resolvent_exists",
    "resolvent_is_series",
    "resolvent_of_ones",
    "series_of_ones",
    "solved",
    "transitions_are_stochastic",
    "turn",
    "turned_transitions",
    "turning",
    "v",
    "value_averages_q",
    "value_chain",
    "value_is_average",
]

_CONSTANTS, _SIZES = ("C'", "C''", "C'''"), ("n", "nu_0", "nu_1", "nu_2", "nu_3")
BOX = OWN.replace(**dict.fromkeys((*_CONSTANTS, *_SIZES), at_least(0)))
CONSTANTS = symbols(*_CONSTANTS)
SIZE, *NORMS = symbols(*_SIZES)  # the norm of an arbitrary vector, and of some others

_PAIR_ONES = Atom("1_SA", "SA", SCALARS)
_INVERSE = Atom("M", "SA", "SA")
pair_ones = Operator.of(_PAIR_ONES)
state_ones = Operator.of(ONES)
Pi = Operator.of(Atom("Pi", "S", "SA"))
M = Operator.of(_INVERSE)
TRANSITIONS = P @ Pi
AT_PAIR = Operator.of(Atom("e_sa^T", SCALARS, "SA"))
AT_STATE = Operator.of(Atom("e_s^T", SCALARS, "S"))


def turn(order: int) -> Operator:
    """Return the derivative of the policy's average of the given order."""
    return Operator.of(Atom(f"D{order}", "S", "SA")) if order else Pi


def q(order: int) -> Operator:
    """Return the derivative of the action values."""
    return Operator.of(Atom(f"Q{order or ''}", "SA", SCALARS))


def v(order: int) -> Operator:
    """Return the derivative of the values."""
    return Operator.of(Atom(f"V{order or ''}", "S", SCALARS))


def chain_of(title: str, *lines: Line) -> Chain:
    """Return the chain that ends with its last link, without lines it does not need."""
    last = lines[-1]
    if not isinstance(last, Link):
        raise TypeError("a chain ends with a link")
    whole = Chain(title, BOX, tuple(lines), last.fact)
    try:
        unused = verify_chain(whole).unused
    except CertificateRejected:
        return whole  # the kernel will say where it breaks
    return replace(whole, lines=tuple(line for line in lines if line.name not in unused))


GROUND: tuple[Line, ...] = (
    hypothesis(
        "1>0", replace(nonnegative(pair_ones), relation="<"), "the entries of 1 are positive"
    ),
    hypothesis("P>=0", nonnegative(P), "transition probabilities are non-negative"),
    hypothesis("P1=1", equal(P @ state_ones, pair_ones), "transition probabilities sum to one"),
    hypothesis("Pi>=0", nonnegative(Pi), "probabilities of actions are non-negative"),
    hypothesis("Pi1=1", equal(Pi @ pair_ones, state_ones), "probabilities of actions sum to one"),
    link("PPi>=0", nonnegative(TRANSITIONS), [Multiple("Pi>=0", P)], "(57) has no negative entry"),
    link(
        "PPi1=1",
        equal(TRANSITIONS @ pair_ones, pair_ones),
        [Multiple("Pi1=1", P), "P1=1"],
        "the rows of (57) sum to one",
    ),
    RuleUse(
        "M",
        "neumann",
        {"kernel": TRANSITIONS, "discount": own, "inverse": _INVERSE, "ones": _PAIR_ONES},
    ),
    link(
        "M1=X1",
        equal(M @ pair_ones, pair_ones.scaled(1 / (1 - own))),
        [
            Multiple("M/left", unit("SA").scaled(1 / (1 - own)), pair_ones),
            Multiple("PPi1=1", M.scaled(own / (1 - own))),
        ],
        "geometric series: M 1 = 1 / (1 - gamma)",
    ),
)

solved: tuple[Line, ...] = (
    hypothesis(
        "bellman",
        equal(q(0), r + (TRANSITIONS @ q(0)).scaled(own)),
        "Q = r + gamma P Pi Q, the Bellman equation of (2)",
    ),
    link(
        "Q=Mr",
        equal(q(0), M @ r),
        [Multiple("M/left", -unit("SA"), q(0)), Multiple("bellman", M)],
        "(62): solve (I - gamma P Pi) Q = r",
    ),
)


def turning(order: int) -> tuple[Line, ...]:
    """Return what turns with alpha, and what does not, up to derivatives of the given order."""
    none = RationalFunction.constant(0)
    lines: list[Line] = [
        Differential("P'=0", Atom("P", "SA", "S"), P.scaled(none), "P does not depend on alpha"),
        Differential("r'=0", Atom("r", "SA", SCALARS), r.scaled(none), "nor do the rewards"),
        Differential("1'=0", _PAIR_ONES, pair_ones.scaled(none), "nor do ones"),
        Differential("1_S'=0", ONES, state_ones.scaled(none), "nor do ones"),
    ]
    for k in range(1, order + 1):
        for name, of in (("Pi", turn), ("Q", q), ("V", v)):
            atom = next(iter(of(k - 1).atoms()))
            lines.append(Differential(f"{name}-{k}", atom, of(k), f"{of(k)} is {atom}'"))
    return tuple(lines)


def recursion(order: int) -> tuple[Line, ...]:
    """Return the lines up to Q_k = gamma M P sum_j binom(k, j) D_j Q_{k-j}, for k up to `order`."""
    lines: list[Line] = [*turning(order)]
    for k in range(1, order + 1):
        lines.append(RuleUse(_bellman(k), "derivative", {"fact": _bellman(k - 1)}))
        total = Operator.zero("SA", SCALARS)
        for j in range(1, k + 1):
            total = total + comb(k, j) * (M @ P @ turn(j) @ q(k - j)).scaled(own)
        lines.append(
            link(
                f"Q{k}=",
                equal(q(k), total),
                [Multiple("M/left", -unit("SA"), q(k)), Multiple(_bellman(k), M)],
                f"solve the Bellman equation, differentiated {k} times, for Q{k}",
            )
        )
    return tuple(lines)


def _bellman(order: int) -> str:
    return "bellman" + "'" * order


def value_is_average(order: int) -> tuple[Line, ...]:
    """Return the lines up to the derivative of V = Pi Q of the given order."""
    lines: list[Line] = [hypothesis("V=PiQ", equal(v(0), Pi @ q(0)), "(70): V = Pi Q")]
    for k in range(1, order + 1):
        before = f"V{k - 1}=" if k > 1 else "V=PiQ"
        lines += [RuleUse(f"V{k}=", "derivative", {"fact": before})]
    return tuple(lines)


def derivative_of_q(order: int) -> Operator:
    """Return (63), (64) or (65) as an operator SCALARS -> SA, by the recursion."""
    if order == 0:
        return M @ r
    total = Operator.zero("SA", SCALARS)
    for j in range(1, order + 1):
        part = M @ P @ turn(j) @ derivative_of_q(order - j)
        total = total + comb(order, j) * part.scaled(own)
    return total


def action_value_chain(order: int) -> Chain:
    """e^T Q_k is (62)-(65): the derivatives of e^T M r in terms of M, P, D_1, ... and r."""
    lines: list[Line] = [*GROUND, *solved, *recursion(order)]
    for k in range(1, order + 1):
        uses: list[Multiple | str] = [f"Q{k}="]
        for j in range(1, k + 1):
            inner = "Q=Mr" if j == k else f"Q{k - j}"
            uses.append(Multiple(inner, comb(k, j) * (M @ P @ turn(j)).scaled(own)))
        lines.append(
            link(f"Q{k}", equal(q(k), derivative_of_q(k)), uses, "insert what came before")
        )
    last = f"Q{order}" if order else "Q=Mr"
    entry = equal(AT_PAIR @ q(order), AT_PAIR @ derivative_of_q(order))
    lines.append(link("entry", entry, [Multiple(last, AT_PAIR)], "take the entry (s_0, a_0)"))
    return chain_of(f"derivative {order} of Q in terms of M and the policy's", *lines)


def derivative_of_v(order: int) -> Operator:
    """Return (70), (71), (72) or (73) as an operator SCALARS -> S: the product rule."""
    total = Operator.zero("S", SCALARS)
    for j in range(order + 1):
        total = total + comb(order, j) * (turn(j) @ q(order - j))
    return total


def value_chain(order: int) -> Chain:
    """e^T V_k is the k-th derivative of e^T Pi Q by the product rule."""
    lines = [*turning(order), *value_is_average(order)]
    entry = equal(AT_STATE @ v(order), AT_STATE @ derivative_of_v(order))
    last = f"V{order}=" if order else "V=PiQ"
    lines.append(link("entry", entry, [Multiple(last, AT_STATE)], "take the entry s_0"))
    return chain_of(f"derivative {order} of V = Pi Q", *lines)


def transitions_are_stochastic(*, rows: bool) -> Chain:
    """The entries of P Pi are non-negative; its rows sum to one."""
    return chain_of("(57) is a transition matrix", *GROUND[: 7 if rows else 6])


def turned_transitions(*, applied: bool) -> Chain:
    """T' = P D1 for T = P Pi, (58); applied to a vector x, (59)."""
    matrix, turned = (Operator.of(Atom(name, "SA", "SA")) for name in ("T", "T1"))
    x = Operator.of(Atom("x", "SA", SCALARS))
    after = x if applied else unit("SA")
    return chain_of(
        "the derivative of the transitions between pairs",
        *turning(1)[:1],
        next(line for line in turning(1) if line.name == "Pi-1"),
        RuleUse("T=", "definition", {"name": Atom("T", "SA", "SA"), "value": TRANSITIONS}),
        Differential("T'", next(iter(matrix.atoms())), turned, "T turns with alpha"),
        RuleUse("T'=", "derivative", {"fact": "T="}),
        link(
            "entry",
            equal(turned @ after, P @ turn(1) @ after),
            [Multiple("T'=", None, after)],
            "only the policy depends on alpha",
        ),
    )


def resolvent_exists() -> Chain:
    """M (I - gamma P Pi) = I."""
    system = unit("SA") - TRANSITIONS.scaled(own)
    last = link("inverse", equal(M @ system, unit("SA")), ["M/left"], "the inverse exists")
    return chain_of("I - gamma P Pi has an inverse", *GROUND, last)


def resolvent_of_ones() -> Chain:
    """M 1 = 1 / (1 - gamma)."""
    return chain_of("the resolvent of ones", *GROUND)


def value_averages_q() -> Chain:
    """e^T V = e^T Pi Q, (70), from the Bellman equations of V and of Q."""
    backed_up = r + (P @ v(0)).scaled(own)
    entry = equal(AT_STATE @ v(0), AT_STATE @ Pi @ q(0))
    return chain_of(
        "the value is the average of the action values",
        *GROUND,
        *solved,
        hypothesis("bellman V", equal(v(0), Pi @ backed_up), "(1): V = Pi (r + gamma P V)"),
        link(
            "Q=r+gPV",
            equal(q(0), backed_up),
            [
                Multiple("M/left", unit("SA"), backed_up),
                Multiple("bellman V", (M @ P).scaled(-own)),
                "Q=Mr",
            ],
            "r + gamma P V solves the Bellman equation of Q, which has one solution",
        ),
        link(
            "entry",
            entry,
            [Multiple("bellman V", AT_STATE), Multiple("Q=r+gPV", -AT_STATE @ Pi)],
            "average it and take the entry s_0",
        ),
    )


_SERIES = Operator.of(Atom("sum_n gamma_i^n P~^n 1", "SA", SCALARS))
_PARTIAL, _NEXT = (Operator.of(Atom(f"S[{k}]", "SA", SCALARS)) for k in ("k", "k+1"))


def _partial_sums() -> tuple[Line, ...]:
    """Return the lines up to the limit of S[k], the sum of the first k terms gamma^n P~^n 1."""
    arguments = {
        "sequence": next(iter(_PARTIAL.atoms())),
        "value": M @ pair_ones,
        "kernel": TRANSITIONS,
        "discount": own,
        "ones": _PAIR_ONES,
        "step": "M1-S",
        "limit": next(iter(_SERIES.atoms())),
    }
    gap = M @ pair_ones - _PARTIAL
    return (
        *GROUND,
        hypothesis(
            "partial sums",
            equal(_NEXT, pair_ones + (TRANSITIONS @ _PARTIAL).scaled(own)),
            "the first k + 1 terms are 1, and gamma P~ times the first k terms",
        ),
        link(
            "M1-S",
            equal(M @ pair_ones - _NEXT, (TRANSITIONS @ gap).scaled(own)),
            [Multiple("partial sums", -unit("SA")), Multiple("M/right", None, pair_ones)],
            "M 1 = 1 + gamma P~ M 1, so the remainder is multiplied by gamma P~",
        ),
        RuleUse("series", "limit", arguments),
    )


def resolvent_is_series() -> Chain:
    """M 1 = sum_n gamma^n P~^n 1, the limit of the partial sums."""
    last = link("M1=series", equal(M @ pair_ones, _SERIES), [Multiple("series", -unit("SA"))])
    return chain_of("the resolvent of ones as a series", *_partial_sums(), last)


def series_of_ones() -> Chain:
    """sum_n gamma^n P~^n 1 = 1 / (1 - gamma)."""
    value = equal(_SERIES, pair_ones.scaled(1 / (1 - own)))
    last = link("series=X1", value, ["series", "M1=X1"], "the limit is M 1")
    return chain_of("a geometric series of ones", *_partial_sums(), last)
