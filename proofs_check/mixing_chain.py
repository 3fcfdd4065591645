r"""Chains about the mixing of the agents' parameters, for any number of agents and parameters.

Spaces: ``N`` agents, ``T`` parameters. ``W`` the weights, ``near`` the projection onto agent i and
its neighbours, ``e_i^T`` the evaluation at i, ``1^T/N`` the mean, ``theta`` and ``g`` with a row for
each agent. Nothing but what is named is assumed of W: it need not be symmetric.
"""

from __future__ import annotations

from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.chains import Chain, Line, Link, Multiple
from dcpg_theory.exact.operators import SCALARS, unit
from dcpg_theory.exact.rational_functions import symbols
from proofs_check.gradient_chain import atom
from proofs_check.mdp_operators import equal, hypothesis, link

__all__ = ["mean_moves_by_gradients", "step", "update_is_row", "weights_sum_to_one"]

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
