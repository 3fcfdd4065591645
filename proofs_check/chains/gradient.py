r"""Chains for Section 3 and Appendix B.4: the visitation, and the gradient of the value link by link.

Beside the atoms of `mdp_operators`, for one direction theta_{s,a}:

- ``e_s``, ``e_sa`` the unit vectors and ``e_s^T``, ``e_sa^T`` the evaluations at s and (s, a);
- ``G`` multiplies by the derivative of ln pi, ``H`` by the derivative of pi divided by pi;
- ``D`` : S -> S the visitation, one start in each row; ``rho`` a start.
"""

from __future__ import annotations

from collections.abc import Sequence

from dcpg_theory.exact.boxes import Box
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
from dcpg_theory.exact.rational_functions import RationalFunction
from proofs_check.chains.mdp_operators import (
    BASE,
    B,
    P,
    Policy,
    equal,
    hypothesis,
    link,
    nonnegative,
    r,
    state_ones,
)
from proofs_check.symbols import OWN, own

__all__ = [
    "DERIVATION",
    "atom",
    "concluding",
    "derivation",
    "still",
    "turns",
    "visitation_is_a_distribution",
    "visitation_is_nonnegative",
]

_pi = Policy("")
_M, _Pi, _V = _pi.resolvent, _pi.averages, _pi.value
_X = 1 / (1 - own)
_NONE = RationalFunction.constant(0)


def atom(name: str, codomain: str, domain: str) -> Operator:
    """Return the operator that is one atom."""
    return Operator.of(Atom(name, codomain, domain))


_Q, _next = atom("Q", "SA", SCALARS), atom("E[R+gV]", "SA", SCALARS)
_turn, _slope = atom("Pi'", "S", "SA"), atom("V'", "S", SCALARS)
_Qd, _nextd = atom("Q'", "SA", SCALARS), atom("E[R+gV]'", "SA", SCALARS)
_G, _H, _K = (atom(name, "SA", "SA") for name in ("G", "H", "1[s'=s]pi(a|s')"))
_D, _rho, _d = atom("D", "S", "S"), atom("rho", SCALARS, "S"), atom("d_rho", SCALARS, "S")
_e_s, _at_s = atom("e_s", "S", SCALARS), atom("e_s^T", SCALARS, "S")
_e_sa, _at_sa = atom("e_sa", "SA", SCALARS), atom("e_sa^T", SCALARS, "SA")
_chance = atom("pi(a|s)", SCALARS, SCALARS)
_total, _totald = atom("PiB", "S", "S"), atom("(PiB)'", "S", "S")
_start, _startd = atom("V(rho)", SCALARS, SCALARS), atom("V(rho)'", SCALARS, SCALARS)
_mean, _meand = atom("E_rho[V]", SCALARS, SCALARS), atom("E_rho[V]'", SCALARS, SCALARS)
_A = _Q - B @ _V
_score = _Pi @ _G @ _Q


def still(name: str, operator: Operator, words: str) -> Differential:
    """Return the line that an atom does not depend on theta."""
    (word,) = operator.terms
    return Differential(name, word[0], operator.scaled(_NONE), words)


def turns(name: str, operator: Operator, derivative: Operator, words: str) -> Differential:
    """Return the line that an atom has a derivative in theta."""
    (word,) = operator.terms
    return Differential(name, word[0], derivative, words)


_SETTING: tuple[Line, ...] = (
    *BASE,
    *_pi.is_policy(),
    *_pi.resolved(),
    hypothesis("Q", equal(_Q, r + (P @ _V).scaled(own)), "(2), its first term split off"),
    turns("Pi'", _Pi, _turn, "the policy turns with theta"),
    turns("V'", _V, _slope, "and so does the value"),
    turns("Q'", _Q, _Qd, "and the action value"),
    still("P'=0", P, "P does not depend on theta"),
    still("r'=0", r, "nor do the rewards"),
    still("B'=0", B, "nor does copying"),
    still("rho'=0", _rho, "nor does the start"),
    hypothesis("pi/pi", equal(_turn, _Pi @ _H), "pi > 0, so pi' = pi (pi'/pi)"),
    hypothesis("ln'", equal(_H, _G), "the derivative of ln pi is pi'/pi"),
    hypothesis(
        "visits",
        equal(_D, unit("S").scaled(1 - own) + (_D @ _pi.kernel).scaled(own)),
        "(1 - gamma) sum_k gamma^k (Pi P)^k, its first term split off",
    ),
    hypothesis("average", equal(_d, _rho @ _D), "d_rho is the average of the rows of D"),
)

# Each link is one `=` of Appendix B.4, in the order in which they stand there.
_VALUE: tuple[Line, ...] = (
    hypothesis(
        "bellman",
        equal(_V, _Pi @ r + (_Pi @ P @ _V).scaled(own)),
        "(1), its first term split off",
    ),
    RuleUse(
        "E[R+gV]",
        "definition",
        {"name": Atom("E[R+gV]", "SA", SCALARS), "value": r + (P @ _V).scaled(own)},
    ),
    link("value-q", equal(_V, _Pi @ _Q), ["bellman", Multiple("Q", -_Pi)], "V = sum_a pi Q"),
    link(
        "value-bellman",
        equal(_V, _Pi @ _next),
        ["value-q", Multiple("Q", _Pi), Multiple("E[R+gV]", -_Pi)],
        "Q = E[R + gamma V(s')]",
    ),
)
_GRADIENT: tuple[Line, ...] = (
    RuleUse("dV", "derivative", {"fact": "value-q"}),
    link("product", equal(_slope, _turn @ _Q + _Pi @ _Qd), ["dV"], "product rule"),
    turns("E[R+gV]'", _next, _nextd, "the backup turns with theta"),
    RuleUse("dQ", "derivative", {"fact": "Q"}),
    RuleUse("dE", "derivative", {"fact": "E[R+gV]"}),
    link(
        "quotient",
        equal(_slope, _Pi @ _H @ _Q + _Pi @ _nextd),
        ["product", Multiple("pi/pi", None, _Q), Multiple("dQ", _Pi), Multiple("dE", -_Pi)],
        "pi' = pi (pi'/pi), and Q is the backup",
    ),
    link(
        "log",
        equal(_slope, _score + (_Pi @ P @ _slope).scaled(own)),
        ["quotient", Multiple("ln'", _Pi, _Q), Multiple("dE", _Pi)],
        "the rewards do not depend on theta",
    ),
    link(
        "unrolled",
        equal(
            _slope,
            _score + (_Pi @ P @ _score).scaled(own) + (_Pi @ P @ _Pi @ P @ _slope).scaled(own**2),
        ),
        ["log", Multiple("log", (_Pi @ P).scaled(own))],
        "the same once more at s'",
    ),
    link(
        "series",
        equal(_slope, _M @ _score),
        [Multiple("log", _M), Multiple("resolvent/left", -unit("S"), _slope)],
        "and so on: M = sum_k gamma^k (Pi P)^k",
    ),
    link(
        "D=(1-gamma)M",
        equal(_D, _M.scaled(1 - own)),
        [Multiple("visits", None, _M), Multiple("resolvent/right", -_D)],
        "the visitation is the resolvent",
    ),
    link(
        "visitation",
        equal(_slope, (_D @ _score).scaled(_X)),
        ["series", Multiple("D=(1-gamma)M", unit("S").scaled(-_X), _score)],
        "M = D / (1 - gamma)",
    ),
    link(
        "baseline",
        equal(_slope, (_D @ _Pi @ _G @ (_Q - B @ _V + B @ _V)).scaled(_X)),
        ["series", Multiple("D=(1-gamma)M", unit("S").scaled(-_X), _score)],
        "subtract V and add it: as operators the same as the line before",
    ),
)
_BASELINE: tuple[Line, ...] = (
    link(
        "zero-gradient",
        equal(_Pi @ _G @ B @ _V, _turn @ B @ _V),
        [Multiple("pi/pi", -unit("S"), B @ _V), Multiple("ln'", -_Pi, B @ _V)],
        "pi (ln pi)' = pi'",
    ),
    RuleUse("PiB", "definition", {"name": Atom("PiB", "S", "S"), "value": _Pi @ B}),
    turns("(PiB)'", _total, _totald, "the sum of the probabilities turns with theta"),
    RuleUse("dPiB", "derivative", {"fact": "PiB"}),
    link(
        "zero-outside",
        equal(_Pi @ _G @ B @ _V, _totald @ _V),
        ["zero-gradient", Multiple("dPiB", -unit("S"), _V)],
        "V(s') comes before the sum, the derivative before it",
    ),
    link("PiB=1", equal(_total, unit("S")), ["PiB", "PiB=I"], "probabilities sum to one"),
    RuleUse("d1", "derivative", {"fact": "PiB=1"}),
    link(
        "zero",
        equal(_Pi @ _G @ B @ _V, Operator.zero("S", SCALARS)),
        ["zero-outside", Multiple("d1", None, _V)],
        "and one does not depend on theta",
    ),
)
_ADVANTAGE = link(
    "advantage",
    equal(_slope, (_D @ _Pi @ _G @ _A).scaled(_X)),
    ["baseline", Multiple("zero", _D.scaled(_X))],
    "what was added averages to zero",
)
_ALONG: tuple[Line, ...] = (
    RuleUse(
        "E_rho[V]", "definition", {"name": Atom("E_rho[V]", SCALARS, SCALARS), "value": _rho @ _V}
    ),
    hypothesis("V(rho)", equal(_start, _mean), "V(rho) is the expectation of V under rho"),
    turns("V(rho)'", _start, _startd, "it turns with theta"),
    turns("E_rho[V]'", _mean, _meand, "and so does the expectation"),
    RuleUse("dV(rho)", "derivative", {"fact": "V(rho)"}),
    RuleUse("dE_rho", "derivative", {"fact": "E_rho[V]"}),
    link("start", equal(_startd, _meand), ["dV(rho)"], "the definition of V(rho)"),
    link(
        "inside", equal(_startd, _rho @ _slope), ["start", "dE_rho"], "rho does not depend on theta"
    ),
    link(
        "inserted",
        equal(_startd, (_rho @ _D @ _Pi @ _G @ _A).scaled(_X)),
        ["inside", Multiple("advantage", _rho)],
        "the gradient at every start",
    ),
    hypothesis(
        "softmax",
        equal(_G, _e_sa @ _at_sa - _K),
        "the derivative of ln pi along theta_{s,a} is 1[s'=s] (1[a'=a] - pi(a|s'))",
    ),
    hypothesis(
        "at-sa",
        equal(_Pi @ _e_sa, _e_s @ _chance),
        "Pi averages within a state: at s, a has pi(a|s)",
    ),
    hypothesis(
        "at-s",
        equal(_Pi @ _K, _e_s @ _chance @ _at_s @ _Pi),
        "a factor 1[s'=s] pi(a|s') that depends on the state alone leaves the average",
    ),
    link(
        "indicators",
        equal(_startd, (_rho @ _D @ _Pi @ (_e_sa @ _at_sa - _K) @ _A).scaled(_X)),
        ["inserted", Multiple("softmax", (_rho @ _D @ _Pi).scaled(_X), _A)],
        "the derivative of ln pi",
    ),
    link(
        "split",
        equal(
            _startd,
            (_rho @ _D @ _e_s @ _chance @ _at_sa @ _A).scaled(_X)
            - (_rho @ _D @ _e_s @ _chance @ _at_s @ _Pi @ _A).scaled(_X),
        ),
        [
            "indicators",
            Multiple("at-sa", (_rho @ _D).scaled(_X), _at_sa @ _A),
            Multiple("at-s", (_rho @ _D).scaled(-_X), _A),
        ],
        "carry out the sums over s' and a' of the first part, and over s' of the second",
    ),
    link(
        "PiA=0",
        equal(_Pi @ _A, Operator.zero("S", SCALARS)),
        [Multiple("value-q", -unit("S")), Multiple("PiB=I", -unit("S"), _V)],
        "a policy has no advantage over itself",
    ),
    link(
        "gradient",
        equal(_startd, (_d @ _e_s @ _chance @ _at_sa @ _A).scaled(_X)),
        [
            "split",
            Multiple("PiA=0", (_rho @ _D @ _e_s @ _chance @ _at_s).scaled(-_X)),
            Multiple("average", unit(SCALARS).scaled(-_X), _e_s @ _chance @ _at_sa @ _A),
        ],
        "the second part is zero",
    ),
)
DERIVATION: tuple[Line, ...] = (*_SETTING, *_VALUE, *_GRADIENT, *_BASELINE, _ADVANTAGE, *_ALONG)


def concluding(title: str, lines: Sequence[Line], name: str, scalars: Box = OWN) -> Chain:
    """Return the chain for one link, without the lines that it does not need."""
    end = next(k for k, line in enumerate(lines) if line.name == name)
    last = lines[end]
    if not isinstance(last, Link):
        raise TypeError("a chain concludes with a link")
    kept = tuple(lines[: end + 1])
    while True:
        chain = Chain(title, scalars, kept, last.fact)
        unused = set(verify_chain(chain).unused)
        if not unused:
            return chain
        kept = tuple(line for line in kept if line.name not in unused)


def derivation(name: str) -> Chain:
    """Return the chain up to one link of Appendix B.4."""
    return concluding(f"Appendix B.4, {name}", DERIVATION, name)


def visitation_is_a_distribution() -> Chain:
    """D 1 = 1 for the discounted visitation: D = (1 - gamma) M."""
    lines = (
        *DERIVATION,
        link(
            "D1=1",
            equal(_D @ state_ones, state_ones),
            [
                Multiple("D=(1-gamma)M", None, state_ones),
                Multiple("resolvent/left", unit("S"), state_ones),
                Multiple("PiP1=1", _M.scaled(own)),
            ],
            "(1 - gamma) M 1 = 1, the geometric series",
        ),
    )
    return concluding("the visitation sums to one", lines, "D1=1")


def visitation_is_nonnegative() -> Chain:
    """D >= 0: the resolvent is a sum of non-negative operators."""
    last = link(
        "D>=0",
        nonnegative(_D),
        [
            Multiple("resolvent/nonnegative", unit("S").scaled(1 - own)),
            Multiple("D=(1-gamma)M", -unit("S")),
        ],
        "M >= 0 and 1 - gamma > 0",
    )
    return concluding("the visitation has no negative entry", (*DERIVATION, last), "D>=0")
