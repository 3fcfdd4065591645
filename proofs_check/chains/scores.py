r"""Chains: bounds on the derivatives of V that do not grow with the number of states.

Along u the probabilities of a path of k + 1 steps have the logarithmic derivative S_k, the sum of the
scores u_{s,a} - E u_s on the way. So V' = E sum_k gamma^k r_k S_k, and V'' is the same with
S_k^2 - (the sum of the variances on the way) for S_k. That E sum_k gamma^k r_k (S_k - w)^2 is not
negative, for any number w and rewards r_k >= 0, is what the chains show and use; w may depend on
where the path starts, and then the rest of the path starts at s' with another w.

Atoms beside those of one task: ``Delta`` the diagonal of the scores, ``N`` that of the variances,
``W`` the diagonal of the numbers w, ``W_SA`` the same for pairs.
"""

from __future__ import annotations

from fractions import Fraction

from dcpg_theory.exact.boxes import Box, positive
from dcpg_theory.exact.chains import Chain, Differential, Line, Link, Multiple, RuleUse
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.exact.rules import Fact
from proofs_check.chains.mdp_operators import ONES, P, equal, hypothesis, less, link, nonnegative, r
from proofs_check.symbols import DISCOUNT, own

__all__ = ["STEP", "bend_below", "mirrored", "slope_above"]

_X = 1 / (1 - own)
STEP = symbols("c")[0]
_Pi, _D1, _D2 = (Operator.of(Atom(name, "S", "SA")) for name in ("Pi", "D1", "D2"))
_V, _V1, _V2 = (Operator.of(Atom(name, "S", SCALARS)) for name in ("V", "V1", "V2"))
_SCORE, _COPY = (Operator.of(Atom(name, "SA", "SA")) for name in ("Delta", "W_SA"))
_W, _N = (Operator.of(Atom(name, "S", "S")) for name in ("W", "N"))
_INVERSE = Atom("M", "S", "S")
_M = Operator.of(_INVERSE)
_ones = Operator.of(ONES)
_pair_ones = Operator.of(Atom("1_SA", "SA", SCALARS))
_K = _Pi @ P
_Q = r + (P @ _V).scaled(own)
_BOX = Box(gamma_i=DISCOUNT)

_TASK: tuple[Line, ...] = (
    hypothesis("1>0", Fact(Operator.zero("S", SCALARS), "<", _ones), "ones are positive"),
    hypothesis("P>=0", nonnegative(P), "transition probabilities are non-negative"),
    hypothesis("P1=1", equal(P @ _ones, _pair_ones), "transition probabilities sum to one"),
    hypothesis("Pi>=0", nonnegative(_Pi), "probabilities of actions are non-negative"),
    hypothesis("Pi1=1", equal(_Pi @ _pair_ones, _ones), "probabilities of actions sum to one"),
    link("K>=0", nonnegative(_K), [Multiple("P>=0", _Pi)], "K = Pi P, from state to state"),
    link("K1=1", equal(_K @ _ones, _ones), [Multiple("P1=1", _Pi), "Pi1=1"], "K is stochastic"),
    RuleUse("M", "neumann", {"kernel": _K, "discount": own, "inverse": _INVERSE, "ones": ONES}),
    link(
        "M1=X1",
        equal(_M @ _ones, _ones.scaled(_X)),
        [Multiple("M/left", unit("S").scaled(_X), _ones), Multiple("K1=1", _M.scaled(own * _X))],
        "geometric series: M 1 = X 1",
    ),
)


def _turning(order: int) -> tuple[Line, ...]:
    """Return the Bellman equation and its derivatives along u, up to the given order."""
    lines: list[Line] = [
        hypothesis("bellman", equal(_V, _Pi @ _Q), "V = Pi (r + gamma P V), (1)"),
        *(
            Differential(f"{op}'=0", next(iter(op.atoms())), 0 * op, "does not move")
            for op in (P, r)
        ),
        Differential("Pi'", Atom("Pi", "S", "SA"), _D1, "the policy moves along u"),
        Differential("V'", Atom("V", "S", SCALARS), _V1, "and so does the value"),
        RuleUse("bellman'", "derivative", {"fact": "bellman"}),
    ]
    if order == 2:
        lines += [
            Differential("D1'", Atom("D1", "S", "SA"), _D2, "once more"),
            Differential("V1'", Atom("V1", "S", SCALARS), _V2, "once more"),
            RuleUse("bellman''", "derivative", {"fact": "bellman'"}),
        ]
    return tuple(lines)


_POINT = {"pointwise": True}
_SCORES = hypothesis(
    "(78)", equal(_D1, _Pi @ _SCORE, **_POINT), "(78): Pi' = Pi Delta, Delta = u - E u"
)
_COPIED = hypothesis("W Pi=Pi W_SA", equal(_W @ _Pi, _Pi @ _COPY), "W_SA copies W over actions")
_COMMUTE = hypothesis("Delta W=W Delta", equal(_SCORE @ _COPY, _COPY @ _SCORE), "diagonals commute")
_SQUARES = hypothesis("WW>=0", nonnegative(_W @ _W), "squares are not negative")


def _chain(title: str, box: Box, *lines: Line) -> Chain:
    last = lines[-1]
    if not isinstance(last, Link):
        raise TypeError("a chain ends with a link")
    return Chain(title, box, lines, last.fact)


def bend_below() -> Chain:
    """-X^2/2 <= V'': with w = V'/V the mean of S_k under the weights gamma^k r_k.

    Y(s) = E sum_k gamma^k r_k (S_k - w(s))^2 solves Y = gamma K Y + what is not negative. So
    V'' + E sum_k gamma^k r_k (variances) = Y + w^2 V >= 0.
    """
    apart = _SCORE - _COPY
    square = apart @ apart
    paths = square @ P + 2 * (apart @ P @ _W) + P @ _W @ _W
    spread = _V2 + _M @ _N @ _V - _W @ _V1
    rest = unit("S") - _K.scaled(own)
    half = RationalFunction.constant(Fraction(1, 2))
    lines: tuple[Line, ...] = (
        *_TASK,
        hypothesis("r>=0", nonnegative(r), "rewards are at least 0"),
        hypothesis("r<=1", less(r, _pair_ones), "rewards are at most 1"),
        *_turning(2),
        _SCORES,
        hypothesis(
            "(79)",
            equal(_D2, _Pi @ _SCORE @ _SCORE - _N @ _Pi, **_POINT),
            "(79): Pi'' = Pi Delta^2 - N Pi",
        ),
        hypothesis("N<=1/2", less(_N, unit("S").scaled(half)), "a variance is at most |u_s|^2/2"),
        link(
            "V=M Pi r",
            equal(_V, _M @ _Pi @ r),
            [Multiple("M/left", -unit("S"), _V), Multiple("bellman", _M)],
            "solve the Bellman equation",
        ),
        link(
            "V>=0", nonnegative(_V), [Multiple("r>=0", _M @ _Pi), Multiple("V=M Pi r", -unit("S"))]
        ),
        link(
            "V<=X",
            less(_V, _ones.scaled(_X)),
            [Multiple("r<=1", _M @ _Pi), "V=M Pi r", Multiple("Pi1=1", _M), "M1=X1"],
        ),
        hypothesis(
            "V'=WV",
            equal(_V1, _W @ _V, **_POINT),
            "where V = 0 it is smallest along u, as V >= 0 everywhere, and so V' = 0 there",
        ),
        _COPIED,
        _COMMUTE,
        _SQUARES,
        hypothesis("(Delta-w)^2>=0", nonnegative(square), "squares are not negative"),
        hypothesis(
            "P(Delta-w+w')^2>=0",
            nonnegative(paths),
            "its entries are P(s'|s,a) (Delta(s,a) - w(s) + w(s'))^2",
        ),
        link(
            "recursion",
            equal(
                rest @ spread,
                _Pi @ square @ r + (_Pi @ paths @ _V).scaled(own),
                **_POINT,
            ),
            _recursion_of_the_bend(),
            "one step of the paths",
        ),
        link(
            "Y>=0",
            less(Operator.zero("S", SCALARS), spread, **_POINT),
            [
                Multiple("M/left", unit("S"), spread),
                Multiple("recursion", -_M),
                Multiple("(Delta-w)^2>=0", _M @ _Pi, r),
                Multiple("P(Delta-w+w')^2>=0", (_M @ _Pi).scaled(own), _V),
            ],
            "Y = M (what is not negative)",
        ),
        link(
            "bend",
            less(_ones.scaled(-half * _X**2), _V2, **_POINT),
            [
                "Y>=0",
                Multiple("V'=WV", -_W),
                Multiple("WW>=0", None, _V),
                Multiple("N<=1/2", _M, _V),
                Multiple("V<=X", _M.scaled(half)),
                Multiple("M1=X1", unit("S").scaled(half * _X)),
            ],
            "V'' >= -M N V >= -M V/2 >= -X^2/2",
        ),
    )
    return _chain("the second derivative is at least -X^2/2", _BOX, *lines)


def _recursion_of_the_bend() -> list[Multiple | str]:
    """Return why (I - gamma K) Y = Pi (Delta - w)^2 r + gamma Pi P (Delta - w + w')^2 V."""
    two_gamma = 2 * own
    return [
        # V'' - gamma K V'' is D2 Q + 2 gamma D1 P V', and Pi'' and Pi' are (79) and (78).
        Multiple("bellman''"),
        Multiple("(79)", unit("S"), _Q),
        Multiple("(78)", unit("S").scaled(two_gamma), P @ _V1),
        Multiple("bellman", _N),
        Multiple("M/right", unit("S"), _N @ _V),
        # W V' twice, by (78) and by W Pi = Pi W_SA.
        Multiple("bellman'", -2 * _W),
        Multiple("(78)", -2 * _W, _Q),
        Multiple("W Pi=Pi W_SA", -2 * unit("S"), _SCORE @ _Q),
        Multiple("W Pi=Pi W_SA", unit("S").scaled(-two_gamma), P @ _V1),
        Multiple("Delta W=W Delta", _Pi, _Q),
        Multiple("W Pi=Pi W_SA", _W, _Q),
        Multiple("W Pi=Pi W_SA", unit("S"), _COPY @ _Q),
        Multiple("bellman", _W @ _W),
        Multiple("V'=WV", _W),
        Multiple("V'=WV", (_Pi @ (_SCORE - _COPY) @ P).scaled(two_gamma)),
        Multiple("V'=WV", (_K @ _W).scaled(own)),
    ]


def slope_above() -> Chain:
    """V' <= c X^2/4 + X/(8 c) for every c > 0; the least is X^{3/2}/(2 sqrt 2), at c^2 = 1/(2 X).

    With rewards moved to r - 1/2, so that V moves by X/2: E sum_k gamma^k (c (S_k + w) - r_k)^2 is
    not negative, for the w where it is least, w = V/(c X).
    """
    c, half = STEP, RationalFunction.constant(Fraction(1, 2))
    rewards = Operator.of(Atom("R", "SA", "SA"))  # the diagonal of r - 1/2
    variances = Operator.of(Atom("var", "S", SCALARS))
    apart = (_SCORE + _COPY).scaled(c) - rewards
    square = apart @ apart
    total = _SCORE + _COPY
    paths = total @ total @ P - 2 * (total @ P @ _W) + P @ _W @ _W
    rest = unit("S") - _K.scaled(own)
    squared = c**2 * _X
    spread = (
        (_M @ variances).scaled(squared)
        - _V1.scaled(2 * c)
        - (_W @ _W @ _ones).scaled(squared)
        + _M @ _Pi @ rewards @ rewards @ _pair_ones
    )
    lines: tuple[Line, ...] = (
        *_TASK,
        *_turning(1),
        _SCORES,
        link("1_SA>=0", nonnegative(_pair_ones), [Multiple("1>0", P), "P1=1"], "1 = P 1"),
        hypothesis(
            "R", equal(rewards @ _pair_ones, r - _pair_ones.scaled(half)), "R holds r - 1/2"
        ),
        hypothesis("RR<=1/4", less(rewards @ rewards, unit("SA").scaled(half**2)), "0 <= r <= 1"),
        hypothesis("scores", equal(_Pi @ _SCORE @ _pair_ones, 0 * _ones), "E (u - E u) = 0"),
        hypothesis("var", equal(variances, _Pi @ _SCORE @ _SCORE @ _pair_ones), "E (u - E u)^2"),
        hypothesis("var<=1/2", less(variances, _ones.scaled(half)), "at most |u_s|^2/2"),
        hypothesis(
            "w",
            equal((_W @ _ones).scaled(c * _X), _V - _ones.scaled(half * _X)),
            "w is (V - X/2)/(c X)",
        ),
        _COPIED,
        hypothesis("W_SA R=R W_SA", equal(_COPY @ rewards, rewards @ _COPY), "diagonals commute"),
        hypothesis(
            "Delta R=R Delta", equal(_SCORE @ rewards, rewards @ _SCORE), "diagonals commute"
        ),
        _COMMUTE,
        _SQUARES,
        hypothesis("(c(Delta+w)-R)^2>=0", nonnegative(square), "squares are not negative"),
        hypothesis(
            "P(Delta+w-w')^2>=0",
            nonnegative(paths),
            "its entries are P(s'|s,a) (Delta(s,a) + w(s) - w(s'))^2",
        ),
        link(
            "recursion",
            equal(
                rest @ spread,
                _Pi @ square @ _pair_ones + (_Pi @ paths @ _ones).scaled(own * squared),
                **_POINT,
            ),
            _recursion_of_the_slope(rewards, variances, squared),
            "one step of the paths",
        ),
        link(
            "Y>=0",
            less(Operator.zero("S", SCALARS), spread, **_POINT),
            [
                Multiple("M/left", unit("S"), spread),
                Multiple("recursion", -_M),
                Multiple("(c(Delta+w)-R)^2>=0", _M @ _Pi, _pair_ones),
                Multiple("P(Delta+w-w')^2>=0", (_M @ _Pi).scaled(own * squared), _ones),
            ],
            "Y = M (what is not negative)",
        ),
        link(
            "slope",
            less(_V1, _ones.scaled(c * _X**2 / 4 + _X / (8 * c)), **_POINT),
            [
                Multiple("Y>=0", unit("S").scaled(1 / (2 * c))),
                Multiple("WW>=0", unit("S").scaled(c * _X / 2), _ones),
                Multiple("var<=1/2", _M.scaled(c * _X / 2)),
                Multiple("RR<=1/4", (_M @ _Pi).scaled(1 / (2 * c)), _pair_ones),
                Multiple("Pi1=1", _M.scaled(1 / (8 * c))),
                Multiple("M1=X1", unit("S").scaled(c * _X / 4 + 1 / (8 * c))),
            ],
            "2 c V' <= c^2 X M var + M Pi (r - 1/2)^2",
        ),
    )
    return _chain(
        "the first derivative is at most c X^2/4 + X/(8 c)", _BOX.replace(c=positive()), *lines
    )


def _recursion_of_the_slope(
    rewards: Operator, variances: Operator, squared: RationalFunction
) -> list[Multiple | str]:
    """Return why (I - gamma K) Y = Pi (c (Delta + w) - R)^2 1 + gamma c^2 X Pi P (Delta + w - w')^2 1."""
    c, one, pairs = STEP, unit("S"), _pair_ones
    total, x = _SCORE + _COPY, _X
    both = (_Pi @ total).scaled(c)
    copied = "W Pi=Pi W_SA"
    return [
        Multiple("M/right", one.scaled(squared), variances),
        Multiple("M/right", one, _Pi @ rewards @ rewards @ pairs),
        # The squares: c^2 X (var + W W 1), since 1 + gamma X = X.
        Multiple("W_SA R=R W_SA", _Pi.scaled(-c), pairs),
        Multiple("Delta R=R Delta", _Pi.scaled(-c), pairs),
        Multiple("P1=1", (_Pi @ total @ total).scaled(-own * squared)),
        Multiple("Delta W=W Delta", _Pi.scaled(-squared), pairs),
        Multiple(copied, one.scaled(2 * squared), _SCORE @ pairs),
        Multiple("scores", _W.scaled(-2 * squared)),
        Multiple(copied, one.scaled(squared), _COPY @ pairs),
        Multiple(copied, _W.scaled(squared), pairs),
        Multiple("Pi1=1", (_W @ _W).scaled(-squared)),
        Multiple("var", one.scaled(squared)),
        # The mixed terms: -2 c Pi (Delta + w) (Q - X/2).
        Multiple("R", 2 * both),
        Multiple("w", (both @ P).scaled(2 * own)),
        Multiple("P1=1", both.scaled(-own * x)),
        # What has Delta is V' - gamma K V', what has w is W (V - X/2).
        Multiple("bellman'", one.scaled(-2 * c)),
        Multiple("(78)", one.scaled(-2 * c), _Q),
        Multiple("scores", one.scaled(-c * x)),
        Multiple(copied, one.scaled(-2 * c), _Q),
        Multiple("bellman", _W.scaled(-2 * c)),
        Multiple(copied, one.scaled(c * x), pairs),
        Multiple("Pi1=1", _W.scaled(-c * x)),
        Multiple("w", _W.scaled(-2 * c)),
    ]


def mirrored(order: int) -> Chain:
    """The rewards 1 - r have the derivatives -V' and -V'': a bound from one side is one from both."""
    other = [Operator.of(Atom(f"V{k or ''}~", "S", SCALARS)) for k in (0, 1, 2)]
    own_values = [_V, _V1, _V2]
    flipped = _pair_ones - r
    lines: list[Line] = [
        *_TASK,
        hypothesis("bellman", equal(_V, _Pi @ _Q), "V = Pi (r + gamma P V), (1)"),
        hypothesis(
            "bellman~",
            equal(other[0], _Pi @ (flipped + (P @ other[0]).scaled(own))),
            "the same for the rewards 1 - r",
        ),
        link(
            "V+V~=X",
            equal(_V + other[0], _ones.scaled(_X)),
            [
                Multiple("M/left", -unit("S"), _V + other[0]),
                Multiple("bellman", _M),
                Multiple("bellman~", _M),
                Multiple("Pi1=1", _M),
                "M1=X1",
            ],
            "the sum of the rewards is 1",
        ),
        Differential("1'=0", ONES, 0 * _ones, "does not move"),
    ]
    name = "V+V~=X"
    for k in range(order):
        for values in (own_values, other):
            (atom,) = values[k].atoms()
            lines.append(Differential(f"{atom}'", atom, values[k + 1], "along u"))
        lines.append(RuleUse(f"derivative {k + 1}", "derivative", {"fact": name}))
        name = f"derivative {k + 1}"
    fact = equal(other[order], -own_values[order])
    lines.append(link("mirrored", fact, [name], "X does not move"))
    return _chain(f"derivative {order} for the rewards 1 - r", _BOX, *lines)
