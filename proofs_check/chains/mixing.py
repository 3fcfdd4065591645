r"""Chains of proof about mixing matrices of any size.

``N`` is the space of agents, ``1_N`` and ``1^T`` the ones as a column and as a row, ``e^T`` picks the
entry at which an eigenvector ``x``, scaled so that ``-1 <= x <= 1``, is 1. A real eigenvector can be
scaled so: divide by its entry of largest absolute value.
"""

from __future__ import annotations

from fractions import Fraction

from dcpg_theory.exact.boxes import Box, open_interval
from dcpg_theory.exact.chains import Chain, Line, Link, Multiple
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.exact.rules import Fact
from proofs_check.chains.mdp_operators import equal, hypothesis, less, link, nonnegative

__all__ = [
    "cuts_balance",
    "eigenvalues_at_most_one",
    "lazy_diagonal",
    "lazy_is_semidefinite",
    "second_below_one",
    "singular_values_turn",
]

_HALF = RationalFunction.constant(Fraction(1, 2))


def _atom(name: str, codomain: str = "N", domain: str = "N") -> Operator:
    return Operator.of(Atom(name, codomain, domain))


_W, _one, _row = _atom("W"), _atom("1_N", "N", SCALARS), _atom("1^T", SCALARS)
_x, _pick, _value = _atom("x", "N", SCALARS), _atom("e^T", SCALARS), _atom("l", SCALARS, SCALARS)
_scalar = unit(SCALARS)

_ROWS = hypothesis("W1=1", equal(_W @ _one, _one), "the rows of W sum to one")
_COLUMNS = hypothesis("1W=1", equal(_row @ _W, _row), "the columns of W sum to one")
_NONNEGATIVE = hypothesis("W>=0", nonnegative(_W), "weights are non-negative")
_EIGEN = hypothesis("Wx=xl", equal(_W @ _x, _x @ _value), "x is an eigenvector, l its eigenvalue")
_LOW = hypothesis("-1<=x", less(-_one, _x), "x is scaled: no entry is below -1")
_HIGH = hypothesis("x<=1", less(_x, _one), "x is scaled: no entry is above 1")
_PICKED: tuple[Line, ...] = (
    hypothesis("ex=1", equal(_pick @ _x, _scalar), "e picks an entry of x that is 1"),
    hypothesis("e>=0", nonnegative(_pick), "picking an entry is monotone"),
    hypothesis("e1=1", equal(_pick @ _one, _scalar), "e picks one entry"),
)


def _chain(title: str, *lines: Line, scalars: Box | None = None) -> Chain:
    """Return the chain whose conclusion is its last link."""
    last = lines[-1]
    if not isinstance(last, Link):
        raise TypeError("a chain ends with a link")
    return Chain(title, scalars if scalars is not None else Box(), tuple(lines), last.fact)


def eigenvalues_at_most_one() -> Chain:
    """Show l <= 1 for every real eigenvalue l of a non-negative W whose rows sum to one."""
    last = link(
        "l<=1",
        less(_value, _scalar),
        [
            Multiple("ex=1", -_scalar, _value),
            Multiple("Wx=xl", -_pick),
            Multiple("x<=1", _pick @ _W),
            Multiple("W1=1", _pick),
            "e1=1",
        ],
        "l = e x l = e W x <= e W 1 = 1",
    )
    lines = (_ROWS, _NONNEGATIVE, _EIGEN, _HIGH, *_PICKED, last)
    return _chain("no eigenvalue of a stochastic matrix exceeds 1", *lines)


def lazy_is_semidefinite() -> Chain:
    """Show 0 <= l for every real eigenvalue l of W = I/2 + S, S >= 0, whose rows sum to one."""
    rest = _atom("S")
    last = link(
        "0<=l",
        nonnegative(_value),
        [
            Multiple("ex=1", None, _value),
            Multiple("Wx=xl", _pick),
            Multiple("W=I/2+S", -_pick, _x),
            Multiple("-1<=x", _pick @ rest),
            Multiple("ex=1", _scalar.scaled(-_HALF)),
            Multiple("W=I/2+S", -_pick, _one),
            Multiple("W1=1", _pick),
            Multiple("e1=1", _scalar.scaled(_HALF)),
        ],
        "l = e W x = 1/2 + e S x >= 1/2 - e S 1 = 1/2 - (1 - 1/2)",
    )
    lines = (
        _ROWS,
        hypothesis(
            "W=I/2+S",
            equal(_W, unit("N").scaled(_HALF) + rest),
            "W_ii >= 1/2, so W is half the identity and a rest S",
        ),
        hypothesis("S>=0", nonnegative(rest), "with no negative entry"),
        _EIGEN,
        _LOW,
        *_PICKED,
        last,
    )
    return _chain("a lazy stochastic matrix has no negative eigenvalue", *lines)


def singular_values_turn() -> Chain:
    """(I - W)^T (I - W) x = (1 - l)^2 x: the singular values of I - W are the |1 - l|."""
    transposed = _atom("W^T")
    rest = _scalar - _value
    last = link(
        "(I-WT)(I-W)x=x(1-l)^2",
        equal((unit("N") - transposed) @ (unit("N") - _W) @ _x, _x @ rest @ rest),
        [
            Multiple("WT=W", -unit("N"), (unit("N") - _W) @ _x),
            Multiple("Wx=xl", _W - unit("N")),
            Multiple("Wx=xl", -unit("N"), rest),
        ],
        "subtract W x = x l from x, twice",
    )
    symmetric = hypothesis("WT=W", equal(transposed, _W), "W is symmetric")
    return _chain("the singular values of I - W", symmetric, _EIGEN, last)


def second_below_one() -> Chain:
    """Show m < 1 for T = (W^T W)^k with T >= delta 1 1^T, T x = m x, 1^T x = 0.

    m is the k-th power of the square of any singular value but the first, so sigma_2 < 1.
    """
    delta = symbols("delta")[0]
    walks, rest, power = _atom("T"), _atom("R"), _atom("m", SCALARS, SCALARS)
    last = link(
        "m<1",
        Fact(power, "<", _scalar),
        [
            Multiple("ex=1", -_scalar, power),
            Multiple("Tx=xm", -_pick),
            Multiple("T=dJ+R", _pick, _x),
            Multiple("1x=0", (_pick @ _one).scaled(delta)),
            Multiple("x<=1", _pick @ rest),
            Multiple("T=dJ+R", -_pick, _one),
            Multiple("T1=1", _pick),
            Multiple("e1=1", None, None),
            Multiple("e1=1", _scalar.scaled(-delta), _row @ _one),
            Multiple("1>0", _scalar.scaled(delta)),
        ],
        "m = e T x = e R x <= e R 1 = 1 - delta N < 1",
    )
    lines: tuple[Line, ...] = (
        hypothesis("T1=1", equal(walks @ _one, _one), "W^T W is doubly stochastic, so T is"),
        hypothesis(
            "T=dJ+R",
            equal(walks, (_one @ _row).scaled(delta) + rest),
            "the graph is connected and W_ii > 0: for some k any two agents are joined by a walk of "
            "k steps along positive entries of W^T W, so each entry of its power T is >= some delta",
        ),
        hypothesis("R>=0", nonnegative(rest), "what T has beyond delta"),
        hypothesis("Tx=xm", equal(walks @ _x, _x @ power), "x is an eigenvector of T"),
        hypothesis(
            "1x=0",
            equal(_row @ _x, Operator.zero(SCALARS, SCALARS)),
            "T is symmetric, so its other eigenvectors are orthogonal to 1",
        ),
        _HIGH,
        *_PICKED,
        hypothesis(
            "1>0",
            Fact(Operator.zero(SCALARS, SCALARS), "<", _row @ _one),
            "the number of agents is positive",
        ),
        last,
    )
    box = Box(delta=open_interval(0, 1))
    return _chain("on a connected graph sigma_2 < 1", *lines, scalars=box)


def lazy_diagonal() -> Chain:
    """1/2 <= W_ii for W_ij = 1/(2 max(d_i, d_j)): the diagonal takes what the neighbours leave."""
    weights, walk, diagonal = _atom("O"), _atom("D^-1 A"), _atom("w", "N", SCALARS)
    half = _one.scaled(_HALF)
    last = link(
        "1/2<=w",
        less(half, diagonal),
        [
            Multiple("w=1-O1", -unit("N")),
            Multiple("O<=A/2", None, _one),
            Multiple("walk", unit("N").scaled(_HALF)),
        ],
        "W_ii = 1 - sum_j W_ij >= 1 - d_i / (2 d_i)",
    )
    lines = (
        hypothesis("1>0", Fact(Operator.zero("N", SCALARS), "<", _one), "the entries of 1"),
        hypothesis(
            "O<=A/2",
            less(weights, walk.scaled(_HALF)),
            "1/(2 max(d_i, d_j)) <= 1/(2 d_i) for each neighbour",
        ),
        hypothesis("walk", equal(walk @ _one, _one), "agent i has d_i > 0 neighbours"),
        hypothesis("w=1-O1", equal(diagonal, _one - weights @ _one), "the diagonal takes the rest"),
        last,
    )
    return _chain("lazy Metropolis weights have a diagonal of at least 1/2", *lines)


def cuts_balance() -> Chain:
    """a^T W b = b^T W a for a set of agents, a, and the others, b: as much goes in as out."""
    a, b = _atom("a", "N", SCALARS), _atom("b", "N", SCALARS)
    a_row, b_row = _atom("a^T", SCALARS), _atom("b^T", SCALARS)
    last = link(
        "aWb=bWa",
        equal(a_row @ _W @ b, b_row @ _W @ a),
        [
            Multiple("a+b=1", a_row @ _W),
            Multiple("W1=1", a_row),
            Multiple("aT+bT=1", -_scalar, _W @ a),
            Multiple("1W=1", -_scalar, a),
            "count",
        ],
        "a W b = a 1 - a W a and b W a = 1 a - a W a",
    )
    lines = (
        _ROWS,
        _COLUMNS,
        hypothesis("a+b=1", equal(a + b, _one), "each agent is in a or in b"),
        hypothesis("aT+bT=1", equal(a_row + b_row, _row), "the same, as rows"),
        hypothesis("count", equal(a_row @ _one, _row @ a), "both count the agents in a"),
        last,
    )
    return _chain("the weights across a cut balance", *lines)
