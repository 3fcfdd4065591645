r"""Chains about norms of vectors, for Lemma B.6: squares of norms are what they bound.

Spaces: ``A`` actions, ``S`` states, ``P`` the parameters. ``sum`` adds up a vector's entries, ``q``
averages over the policy, whose vector is ``pi``; ``q`` is also the transposed vector pi^T.
"""

from __future__ import annotations

from dcpg_theory.exact.boxes import Box, closed_interval, open_interval
from dcpg_theory.exact.chains import Chain, Differential, Line, Link, Multiple, RuleUse
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from proofs_check.chains.mdp_operators import equal, hypothesis, less, link, nonnegative
from proofs_check.chains.softmax_derivatives import SHARE

__all__ = [
    "POLICY_NORM",
    "UNIFORM_NORM",
    "deviation",
    "largest_is_one_of_them",
    "mixed_norms",
    "norms_add_up",
    "policy_norm",
    "steepness",
    "third_powers",
    "triangle",
    "uniform_norm",
]

_ONE = unit(SCALARS)
UNIFORM_NORM, POLICY_NORM = symbols("x", "y")
_SCALARS = Box(k=closed_interval(0, 1), x=closed_interval(0, 1), y=closed_interval(0, 1))
_SHARES = Box(k=open_interval(0, 1))


def _named(name: str, codomain: str, domain: str) -> Operator:
    return Operator.of(Atom(name, codomain, domain))


_sum, _ones = _named("sum", SCALARS, "A"), _named("1", "A", SCALARS)
_q, _pi = _named("q", SCALARS, "A"), _named("pi", "A", SCALARS)
_SIZE = hypothesis("|A|", equal(_sum @ _ones, _ONE.scaled(1 / SHARE)), "k = 1/|A|")
_ADDS = hypothesis("sum pi=1", equal(_sum @ _pi, _ONE), "probabilities sum to one")
_ADDS_TOO = hypothesis("q1=1", equal(_q @ _ones, _ONE), "probabilities sum to one")


def _chain(title: str, *lines: Line, scalars: Box | None = None) -> Chain:
    last = lines[-1]
    if not isinstance(last, Link):
        raise TypeError("a chain ends with a link")
    return Chain(title, scalars or Box(), lines, last.fact)


def norms_add_up() -> Chain:
    """sum_s n_s^2 <= (sum_s n_s)^2 for the norms n_s >= 0 of a vector's blocks."""
    adding, ones = _named("sum", SCALARS, "S"), _named("1", "S", SCALARS)
    norms = _named("N", "S", "S")
    return _chain(
        "the norm is at most the sum of the blocks' norms",
        hypothesis("I<=1 sum", less(unit("S"), ones @ adding), "I has a one where 1 1^T has one"),
        hypothesis("sum>=0", nonnegative(adding), "adding up is monotone"),
        hypothesis("1>=0", nonnegative(ones), "the entries of 1 are positive"),
        hypothesis("N>=0", nonnegative(norms), "norms are not negative"),
        link(
            "sum of squares",
            less(adding @ norms @ norms @ ones, adding @ norms @ ones @ adding @ norms @ ones),
            [Multiple("I<=1 sum", adding @ norms, norms @ ones)],
            "the square of a sum has the squares among its terms",
        ),
    )


def triangle() -> Chain:
    """|k 1 - pi|^2 <= (x + y)^2 with x, y the norms of k 1 and pi."""
    x, y, k = UNIFORM_NORM, POLICY_NORM, SHARE
    difference = (
        (_sum @ _ones).scaled(k**2) - (_sum @ _pi).scaled(k) - (_q @ _ones).scaled(k) + _q @ _pi
    )
    return _chain(
        "the triangle inequality",
        hypothesis("x", equal((_sum @ _ones).scaled(k**2), _ONE.scaled(x**2)), "x = |k 1|"),
        hypothesis("y", equal(_q @ _pi, _ONE.scaled(y**2)), "y = |pi|"),
        hypothesis("sum>=0", nonnegative(_sum), "adding up is monotone"),
        hypothesis("pi>=0", nonnegative(_pi), "probabilities are not negative"),
        _ADDS,
        _ADDS_TOO,
        link(
            "triangle",
            less(difference, _ONE.scaled((x + y) ** 2)),
            [
                "x",
                "y",
                Multiple("pi>=0", _sum.scaled(2 * k + 2 * x * y)),
                Multiple("sum pi=1", _ONE.scaled(2 * x * y + k)),
                Multiple("q1=1", _ONE.scaled(-k)),
            ],
            "the mixed term is -2 k <= 0 <= 2 x y",
        ),
        scalars=_SCALARS,
    )


def uniform_norm() -> Chain:
    """|k 1|^2 = k."""
    share, row = _named("u", "A", SCALARS), _named("u^T", SCALARS, "A")
    last = link(
        "norm",
        equal(row @ share, _ONE.scaled(SHARE)),
        [
            Multiple("u=k1", row),
            Multiple("u^T=k sum", _ONE.scaled(SHARE), _ones),
            Multiple("|A|", _ONE.scaled(SHARE**2)),
        ],
        "|A| entries k = 1/|A|",
    )
    return _chain(
        "the norm of the uniform policy",
        hypothesis("u=k1", equal(share, _ones.scaled(SHARE)), "the uniform policy"),
        hypothesis("u^T=k sum", equal(row, _sum.scaled(SHARE)), "the same as a row"),
        _SIZE,
        last,
        scalars=_SHARES,
    )


def policy_norm() -> Chain:
    """|pi|^2 <= 1."""
    return _chain(
        "the norm of a policy",
        hypothesis("q>=0", nonnegative(_q), "probabilities are not negative"),
        hypothesis("pi<=1", less(_pi, _ones), "probabilities are at most one"),
        _ADDS_TOO,
        link("norm", less(_q @ _pi, _ONE), [Multiple("pi<=1", _q), "q1=1"], "pi^T pi <= pi^T 1"),
    )


def deviation() -> Chain:
    """|k 1 - pi|^2 <= 1 - k: the norm of one state's gradient, without its factor."""
    difference = (
        (_sum @ _ones).scaled(SHARE**2)
        - (_sum @ _pi).scaled(SHARE)
        - (_q @ _ones).scaled(SHARE)
        + _q @ _pi
    )
    return _chain(
        "the distance of a policy from the uniform one",
        hypothesis("q>=0", nonnegative(_q), "probabilities are not negative"),
        hypothesis("pi<=1", less(_pi, _ones), "probabilities are at most one"),
        _ADDS,
        _ADDS_TOO,
        _SIZE,
        link(
            "distance",
            less(difference, _ONE.scaled(1 - SHARE)),
            [
                Multiple("pi<=1", _q),
                Multiple("|A|", _ONE.scaled(SHARE**2)),
                Multiple("sum pi=1", _ONE.scaled(-SHARE)),
                Multiple("q1=1", _ONE.scaled(1 - SHARE)),
            ],
            "k - 2 k + |pi|^2 <= 1 - k",
        ),
        scalars=_SHARES,
    )


def largest_is_one_of_them(power: int) -> Chain:
    """max_a |u_a|^power <= sum_a |u_a|^power."""
    entry, size = _named("e^T", SCALARS, "A"), _named("|U|", "A", "A")
    value = _ones
    for _ in range(power):
        value = size @ value
    return _chain(
        "the largest entry is one of them",
        hypothesis("e<=sum", less(entry, _sum), "e picks the largest entry of |u|"),
        hypothesis("|U|>=0", nonnegative(size), "absolute values"),
        hypothesis("1>=0", nonnegative(_ones), "the entries of 1 are positive"),
        link("largest", less(entry @ value, _sum @ value), [Multiple("e<=sum", None, value)]),
    )


def third_powers() -> Chain:
    """Sum |u|^3 <= sum |u|^2, if no entry exceeds 1: so |u|_3 <= 1 where |u|_2 = 1."""
    size = _named("|U|", "A", "A")
    return _chain(
        "the norms decrease in their order",
        hypothesis("|U|<=I", less(size, unit("A")), "the entries of a unit vector are at most 1"),
        hypothesis("|U|>=0", nonnegative(size), "absolute values"),
        hypothesis("sum>=0", nonnegative(_sum), "adding up is monotone"),
        hypothesis("1>=0", nonnegative(_ones), "the entries of 1 are positive"),
        hypothesis("|u|_2=1", equal(_sum @ size @ size @ _ones, _ONE), "u is a unit vector"),
        link(
            "cubes",
            less(_sum @ size @ size @ size @ _ones, _ONE),
            [Multiple("|U|<=I", _sum @ size @ size, _ones), "|u|_2=1"],
            "|u|^3 <= |u|^2 entry by entry",
        ),
    )


def steepness(constant: RationalFunction, square: RationalFunction, box: Box) -> Chain:
    """A function whose gradient has squared norm at most `square` gains at most `constant` l.

    The rest is Cauchy-Schwarz, 0 <= |c v - g|^2 for the unit direction v; square <= constant^2.
    """
    g, v = _named("grad", "P", SCALARS), _named("v", "P", SCALARS)
    gt, vt = _named("grad^T", SCALARS, "P"), _named("v^T", SCALARS, "P")
    length, slope = _named("l", SCALARS, SCALARS), _named("zeta'", SCALARS, SCALARS)
    function = Atom("zeta", SCALARS, SCALARS)
    f0, f1 = (Atom(f"zeta({theta})", SCALARS, SCALARS) for theta in ("theta'", "theta''"))
    zero = RationalFunction.constant(0)
    gap = v.scaled(constant) - g
    gap_t = vt.scaled(constant) - gt
    scale = _ONE.scaled(1 / (2 * constant))
    spare = (constant**2 - square) / (2 * constant)
    room = [Multiple("1>0", _ONE.scaled(spare))] if spare else []
    arguments = {"function": function, "bounds": ("zeta'<=cl",), "start": f0, "end": f1}
    return _chain(
        "a bounded gradient makes a function Lipschitz",
        Differential("zeta'", function, slope, "zeta along the segment from theta' to theta''"),
        Differential("l'=0", Atom("l", SCALARS, SCALARS), length.scaled(zero), "does not move"),
        hypothesis("chain rule", equal(slope, vt @ g @ length), "v is the unit direction, l long"),
        hypothesis("l>=0", nonnegative(length), "the segment has a length"),
        hypothesis("g.v", equal(gt @ v, vt @ g), "a product of vectors has no order"),
        hypothesis("|v|=1", equal(vt @ v, _ONE), "v is a unit vector"),
        hypothesis("|g|", less(gt @ g, _ONE.scaled(square)), "the bound of the gradient's norm"),
        *([hypothesis("1>0", nonnegative(_ONE), "one is positive")] if spare else []),
        hypothesis("square", nonnegative(gap_t @ gap), "a sum of squares is not negative"),
        link(
            "v.g<=c",
            less(vt @ g, _ONE.scaled(constant)),
            [
                Multiple("square", scale),
                Multiple("|g|", scale),
                Multiple("|v|=1", _ONE.scaled(constant / 2)),
                Multiple("g.v", _ONE.scaled(RationalFunction.constant(-1) / 2)),
                *room,
            ],
            "2 c v.g <= c^2 + |g|^2 <= 2 c^2",
        ),
        link(
            "zeta'<=cl",
            less(slope, length.scaled(constant)),
            ["chain rule", Multiple("v.g<=c", None, length)],
            "times the segment's length",
        ),
        RuleUse("mean", "mean_value", arguments),
        link(
            "Lipschitz",
            less(Operator.of(f1) - Operator.of(f0), length.scaled(constant)),
            ["mean/zeta'<=cl"],
            "mean value theorem",
        ),
        scalars=box,
    )


def mixed_norms() -> Chain:
    """sum_s m_s^2 n_s <= 1, if the squares add up to at most 1 and no n_s exceeds 1."""
    adding, ones = _named("sum", SCALARS, "S"), _named("1", "S", SCALARS)
    m, n = _named("M", "S", "S"), _named("N", "S", "S")
    return _chain(
        "the sum over the states",
        hypothesis("N<=I", less(n, unit("S")), "max|v_s| is at most |v| = 1"),
        hypothesis("M>=0", nonnegative(m), "m_s = max|u_s|"),
        hypothesis("sum>=0", nonnegative(adding), "adding up is monotone"),
        hypothesis("1>=0", nonnegative(ones), "the entries of 1 are positive"),
        hypothesis("squares", less(adding @ m @ m @ ones, _ONE), "(90): at most |u|^2 = 1"),
        link(
            "sum",
            less(adding @ m @ m @ n @ ones, _ONE),
            [Multiple("N<=I", adding @ m @ m, ones), "squares"],
            "leave out the factors n_s",
        ),
    )
