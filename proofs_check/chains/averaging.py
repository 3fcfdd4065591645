r"""Chains about the mixing of the agents' parameters, for any number of agents and parameters.

Spaces: ``N`` agents, ``T`` parameters. ``W`` the weights, ``near`` the projection onto agent i and
its neighbours, ``e_i^T`` the evaluation at i, ``1^T/N`` the mean, ``theta`` and ``g`` with a row for
each agent. Nothing but what is named is assumed of W: it need not be symmetric.
"""

from __future__ import annotations

from fractions import Fraction

from dcpg_theory.exact.boxes import Box, Interval
from dcpg_theory.exact.chains import Chain, Line, Link, Multiple, RuleUse
from dcpg_theory.exact.derived import norm_of
from dcpg_theory.exact.operators import SCALARS, Atom, unit
from dcpg_theory.exact.rational_functions import symbols
from proofs_check.chains.gradient import atom
from proofs_check.chains.mdp_operators import equal, hypothesis, less, link

__all__ = [
    "averaging_contracts",
    "mean_moves_by_gradients",
    "step",
    "update_is_row",
    "weights_sum_to_one",
]

step = symbols("alpha")[0]
_W, _near = atom("W", "N", "N"), atom("near", "N", "N")
_at = atom("e_i^T", SCALARS, "N")
_theta, _steps = atom("theta", "N", "T"), atom("g", "N", "T")
_row, _ones = atom("1^T/N", SCALARS, "N"), atom("1", "N", SCALARS)
_ELSEWHERE = hypothesis(
    "zeros",
    equal(_at @ _W, _at @ _W @ _near),
    "Assumption 1: W_ij = 0 unless j is i or a neighbour; 'near' keeps these j alone",
)


def _chain(title: str, *lines: Line) -> Chain:
    last = lines[-1]
    if not isinstance(last, Link):
        raise TypeError("a chain ends with a link")
    return Chain(title, Box(), lines, last.fact)


def update_is_row() -> Chain:
    """Agent i's weighted sum over itself and its neighbours is row i of W theta + alpha g."""
    whole, local = _W @ _theta, _W @ _near @ _theta
    moved = _steps.scaled(step)
    last = link(
        "row",
        equal(_at @ (local + moved), _at @ (whole + moved)),
        [Multiple("zeros", -unit(SCALARS), _theta)],
        "the left-out terms are zero",
    )
    return _chain("the update of one agent is a row of (25)", _ELSEWHERE, last)


def weights_sum_to_one() -> Chain:
    """The weights that agent i gives itself and its neighbours sum to one."""
    sums = hypothesis("W1=1", equal(_W @ _ones, _ones), "Assumption 1: rows sum to one")
    picks = hypothesis("one", equal(_at @ _ones, unit(SCALARS)), "the entry of 1 at i is one")
    last = link(
        "average",
        equal(_at @ _W @ _near @ _ones, unit(SCALARS)),
        [Multiple("zeros", -unit(SCALARS), _ones), Multiple("W1=1", _at), "one"],
        "all weights sum to one, and the others are zero",
    )
    return _chain("a weighted average", _ELSEWHERE, sums, picks, last)


def mean_moves_by_gradients() -> Chain:
    """The mean of the agents' parameters moves by alpha times the mean gradient."""
    columns = hypothesis("1W=1", equal(_row @ _W, _row), "Assumption 1: columns sum to one")
    last = link(
        "mean",
        equal(
            _row @ (_W @ _theta + _steps.scaled(step)),
            _row @ _theta + (_row @ _steps).scaled(step),
        ),
        [Multiple("1W=1", unit(SCALARS), _theta)],
        "averaging leaves the mean where it is",
    )
    return _chain("the mean moves by the mean gradient", columns, last)


def averaging_contracts() -> Chain:
    """|e[k+1]| <= sigma_2 |e[k]| where e = theta - mean and theta[k+1] = W theta[k]."""
    ratio = symbols("sigma_2")[0]
    mixing, mean = atom("W", "A", "A"), atom("J", "A", "A")
    names = ("k", "k+1")
    now, following = (atom(f"theta[{n}]", "A", SCALARS) for n in names)
    spread, later = (atom(f"e[{n}]", "A", SCALARS) for n in names)
    rest = unit("A") - mean
    mixed = (mixing - mean) @ spread
    lines: tuple[Line, ...] = (
        *(
            RuleUse(f"e[{n}]", "definition", {"name": Atom(f"e[{n}]", "A", SCALARS), "value": v})
            for n, v in zip(names, (rest @ now, rest @ following), strict=True)
        ),
        hypothesis("update", equal(following, mixing @ now), "(9) without gradient steps"),
        hypothesis("JW=J", equal(mean @ mixing, mean), "the columns of W sum to one"),
        hypothesis("WJ=J", equal(mixing @ mean, mean), "the rows of W sum to one"),
        hypothesis("JJ=J", equal(mean @ mean, mean), "J averages over the agents"),
        hypothesis(
            "sigma_2",
            less(norm_of(mixed), norm_of(spread).scaled(ratio)),
            "sigma_2 is the largest singular value of W - J",
        ),
        link(
            "step",
            equal(later, mixed),
            [
                "e[k+1]",
                Multiple("update", rest),
                Multiple("e[k]", -(mixing - mean)),
                Multiple("WJ=J", None, now),
                Multiple("JW=J", -unit("A"), now),
                Multiple("JJ=J", -unit("A"), now),
            ],
            "e[k+1] = (W - J) e[k]",
        ),
        RuleUse("equal norms", "congruence", {"fact": "step"}),
        link(
            "contracts",
            less(norm_of(later), norm_of(spread).scaled(ratio)),
            ["equal norms", "sigma_2"],
            "so the spread shrinks by sigma_2",
        ),
    )
    last = lines[-1]
    if not isinstance(last, Link):
        raise TypeError("a chain ends with a link")
    shares = Box(sigma_2=Interval(Fraction(0), Fraction(1), closed_lower=True))
    return Chain("averaging brings the agents together", shares, lines, last.fact)
