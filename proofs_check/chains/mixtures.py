r"""Chains: the derivatives of an average over deterministic policies, for any number of them.

Space ``A`` of `moments` holds the deterministic policies f here, and the average ``q`` is the mixture
V^pi = sum_f p(f) V^f. It is an exponential family: along u the weights move by q' = q (U - E U),
where U holds the numbers u(f) = sum_s u_{s, f_s}.
"""

from __future__ import annotations

from dcpg_theory.exact.boxes import Box, at_least
from dcpg_theory.exact.chains import Chain, Differential, Line, Multiple, RuleUse
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from proofs_check.chains.bounded_products import AVERAGING, action_ones, average, letter, mean
from proofs_check.chains.mdp_operators import equal, hypothesis, less, link, nonnegative
from proofs_check.chains.moments import signed
from proofs_check.symbols import DISCOUNT, own

__all__ = ["STATES", "mixture_derivative", "range_of_a_sum"]

_ONE, _I = unit(SCALARS), unit("A")
_U, _SIGN, _VALUES = letter("U"), letter("s"), letter("V^f")
_HALF_X = 1 / (2 * (1 - own))
STATES = symbols("n")[0]


def _number(name: str) -> Operator:
    return Operator.of(Atom(name, SCALARS, SCALARS))


def _still(*operators: Operator) -> tuple[Line, ...]:
    none = RationalFunction.constant(0)
    return tuple(
        Differential(f"{op}'=0", next(iter(op.atoms())), op.scaled(none), "does not move")
        for op in operators
    )


def mixture_derivative(order: int) -> Chain:
    """V^(k) = X/2 sum_f s_f p^(k)(f), with V^f = X/2 (1 + s_f), so that |s_f| <= 1."""
    value, first, second = (_number(name) for name in ("V", "V'", "V''"))
    m = mean(_U)
    lines: list[Line] = [
        AVERAGING[2],
        hypothesis("V=E V^f", equal(value, mean(_VALUES)), "V^pi is the average of the V^f"),
        Differential("q'", Atom("q", SCALARS, "A"), average @ _U - m @ average, "(78) for p"),
        Differential("V'", Atom("V", SCALARS, SCALARS), first, "the value along u"),
        *_still(_VALUES, action_ones),
        RuleUse("first", "derivative", {"fact": "V=E V^f"}),
        hypothesis(
            "V^f=X/2(1+s)",
            equal(_VALUES, (_I + _SIGN).scaled(_HALF_X)),
            "V^f lies in [0, X], so s_f in [-1, 1]",
        ),
        hypothesis("sU=Us", equal(_SIGN @ _U, _U @ _SIGN), "diagonals commute"),
        hypothesis("sm=ms", equal(mean(_SIGN) @ m, m @ mean(_SIGN)), "numbers commute"),
    ]
    if order == 1:
        uses = [
            Multiple("first"),
            Multiple("V^f=X/2(1+s)", average @ _U - m @ average, action_ones),
            Multiple("sU=Us", average.scaled(-_HALF_X), action_ones),
            Multiple("sm=ms", _ONE.scaled(_HALF_X)),
            Multiple("q1=1", -m.scaled(_HALF_X)),
        ]
        fact = equal(first, signed(1).scaled(_HALF_X))
        last = link("covariance", fact, uses, "V' = Cov(V^f, u), in which constants drop out")
    else:
        lines += [
            *_still(_U),
            Differential("V''", Atom("V'", SCALARS, SCALARS), second, "once more"),
            RuleUse("second", "derivative", {"fact": "first"}),
            hypothesis(
                "s,UU",
                equal(mean(_SIGN) @ mean(_U, _U), mean(_U, _U) @ mean(_SIGN)),
                "numbers commute",
            ),
            hypothesis("sU,m", equal(mean(_SIGN, _U) @ m, m @ mean(_SIGN, _U)), "numbers commute"),
            hypothesis("s,mm", equal(mean(_SIGN) @ m @ m, m @ m @ mean(_SIGN)), "numbers commute"),
        ]
        bracket = (average @ _U @ _U - 2 * (m @ average @ _U) - mean(_U, _U) @ average) + 2 * (
            m @ m @ average
        )
        uses = [
            Multiple("second"),
            Multiple("V^f=X/2(1+s)", bracket, action_ones),
            Multiple("q1=1", (2 * (m @ m) - mean(_U, _U)).scaled(_HALF_X)),
            Multiple("sU=Us", average.scaled(-_HALF_X), _U @ action_ones),
            Multiple("sU=Us", (average @ _U).scaled(-_HALF_X), action_ones),
            Multiple("sU=Us", (2 * (m @ average)).scaled(_HALF_X), action_ones),
            Multiple("sU,m", _ONE.scaled(2 * _HALF_X)),
            Multiple("s,UU", _ONE.scaled(_HALF_X)),
            Multiple("s,mm", _ONE.scaled(-2 * _HALF_X)),
        ]
        fact = equal(second, signed(2).scaled(_HALF_X))
        last = link("cumulant", fact, uses, "V'' = E (V^f - V)((u - E u)^2 - Var u)")
        lines = [line for line in lines if line.name != "sm=ms"]
    return Chain(f"derivative {order} of a mixture", Box(gamma_i=DISCOUNT), (*lines, last), fact)


def range_of_a_sum() -> Chain:
    """(sum_s R_s)^2 <= 2 n, if sum_s R_s^2 <= 2: R_s is the range of u_s, n the number of states."""
    x, row = (Operator.of(Atom(*a)) for a in (("R", "S", SCALARS), ("R^T", SCALARS, "S")))
    ones, adding = (Operator.of(Atom(*a)) for a in (("1", "S", SCALARS), ("1^T", SCALARS, "S")))
    total = adding @ x
    centre = total.scaled(1 / STATES)
    fact = less(total @ total, _ONE.scaled(2 * STATES))
    lines: tuple[Line, ...] = (
        hypothesis("R^T1", equal(row @ ones, total), "both are the sum of the ranges"),
        hypothesis("n", equal(adding @ ones, _ONE.scaled(STATES)), "n is the number of states"),
        hypothesis("squares", less(row @ x, _ONE.scaled(_two())), "R_s^2 <= 2 |u_s|^2"),
        hypothesis(
            "deviations",
            nonnegative((row - centre @ adding) @ (x - ones @ centre)),
            "a sum of squares is not negative",
        ),
        link(
            "range",
            fact,
            [
                Multiple("deviations", _ONE.scaled(STATES)),
                Multiple("R^T1", -_ONE, total),
                Multiple("n", centre, centre.scaled(STATES)),
                Multiple("squares", _ONE.scaled(STATES)),
            ],
            "the square of the mean is at most the mean of the squares",
        ),
    )
    return Chain("the range of a sum over the states", Box(n=at_least(1)), lines, fact)


def _two() -> RationalFunction:
    return RationalFunction.constant(2)
