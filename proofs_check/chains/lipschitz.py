r"""Chains: a bounded derivative makes a function Lipschitz, for any number of parameters.

Along the segment from theta' to theta'' the parameter is t in [0, 1]; ``l`` is the length of the
segment, ``v`` its direction and ``x`` any unit vector. Spaces: ``S`` states, ``P`` the parameters.
"""

from __future__ import annotations

from fractions import Fraction

from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.chains import Chain, Differential, Line, Link, Multiple, RuleUse
from dcpg_theory.exact.form_rules import any_unit_vector, form_of, inner_product
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction
from proofs_check.chains.mdp_operators import equal, hypothesis, less, link, nonnegative
from proofs_check.symbols import DISCOUNT

__all__ = [
    "LENGTH",
    "ONE_TASK",
    "bounded_form",
    "bounded_gradient",
    "bounded_third",
    "bounded_value",
]

ONE_TASK = Box(gamma_i=DISCOUNT)
_NONE = RationalFunction.constant(0)
_ONE = unit(SCALARS)
LENGTH = l = Operator.of(Atom("l", SCALARS, SCALARS))  # noqa: E741 - the letter of the chains
_LENGTH = hypothesis("l>=0", nonnegative(l), "the segment has a length")


def _vector(name: str, space: str = "P") -> Operator:
    return Operator.of(Atom(name, space, SCALARS))


def _covector(name: str, space: str = "P") -> Operator:
    return Operator.of(Atom(name, SCALARS, space))


def _fixed(*operators: Operator) -> tuple[Line, ...]:
    return tuple(
        Differential(f"{op}'=0", next(iter(op.terms))[0], op.scaled(_NONE), "does not move")
        for op in operators
    )


def _chain(title: str, *lines: Line, scalars: Box) -> Chain:
    last = lines[-1]
    if not isinstance(last, Link):
        raise TypeError("a chain ends with a link")
    return Chain(title, scalars, lines, last.fact)


def bounded_value(constant: RationalFunction) -> Chain:
    """Show mu V'' - mu V' <= constant |theta' - theta''| from a bound of dV(s)/dt for every s."""
    value, slope, ones = Atom("V", "S", SCALARS), _vector("V'", "S"), _vector("1_S", "S")
    start, end = Atom("V(theta')", "S", SCALARS), Atom("V(theta'')", "S", SCALARS)
    mu = _covector("mu", "S")
    top = (ones @ l).scaled(constant)
    gain, most = mu @ (Operator.of(end) - Operator.of(start)), l.scaled(constant)
    total = Multiple("mu1=1", _ONE, most)
    arguments = {"function": value, "bounds": ("(84)",), "start": start, "end": end}
    return _chain(
        "the value is Lipschitz",
        Differential("V'", value, slope, "the value along the segment"),
        *_fixed(ones, l),
        hypothesis(
            "(84)", less(slope, top), "(84) at every theta and start, times the segment's length"
        ),
        hypothesis("mu>=0", nonnegative(mu), "mu is a distribution"),
        hypothesis("mu1=1", equal(mu @ ones, _ONE), "mu is a distribution"),
        RuleUse("mean", "mean_value", arguments),
        link("Lipschitz", less(gain, most), [Multiple("mean/(84)", mu), total], "average over s"),
        scalars=ONE_TASK,
    )


def _along_segment(fact_name: str, most: Operator) -> tuple[Line, ...]:
    f0, f1 = (Atom(name, SCALARS, SCALARS) for name in ("f(theta')", "f(theta'')"))
    function = Atom("f", SCALARS, SCALARS)
    arguments = {"function": function, "bounds": (fact_name,), "start": f0, "end": f1}
    gain = Operator.of(f1) - Operator.of(f0)
    return (
        RuleUse("mean", "mean_value", arguments),
        link("Lipschitz", less(gain, most), [f"mean/{fact_name}"], "for every unit vector x"),
    )


def bounded_gradient(constant: RationalFunction, box: Box = ONE_TASK) -> Chain:
    """Show x . (grad'' - grad') <= constant |theta' - theta''| from |u^T H u| <= constant |u|^2."""
    x, v, xt, vt = _vector("x"), _vector("v"), _covector("x^T"), _covector("v^T")
    H, g, f = Operator.of(Atom("H", "P", "P")), _vector("grad"), _covector("f", SCALARS)
    slope = _covector("f'", SCALARS)

    def size(sign: int, middle: Operator) -> Operator:
        """Return (x +- v)^T middle (x +- v)."""
        return (xt + sign * vt) @ middle @ (x + sign * v)

    eye, half, quarter = (
        unit("P"),
        Fraction(1, 2),
        _ONE.scaled(RationalFunction.constant(Fraction(1, 4))),
    )
    return _chain(
        "the gradient is Lipschitz",
        Differential("grad'", Atom("grad", "P", SCALARS), H @ v @ l, "the Hessian, times v l"),
        Differential("f'", Atom("f", SCALARS, SCALARS), slope, "x . grad along the segment"),
        *_fixed(xt, l),
        hypothesis("f", equal(f, xt @ g), "f = x . grad"),
        RuleUse("f'=x.Hvl", "derivative", {"fact": "f"}),
        hypothesis(
            "form+", less(size(1, H), size(1, eye).scaled(constant)), "the bound along x + v"
        ),
        hypothesis(
            "form-", less(-size(-1, eye).scaled(constant), size(-1, H)), "the bound along x - v"
        ),
        hypothesis("H=H^T", equal(xt @ H @ v, vt @ H @ x), "second derivatives commute"),
        hypothesis("|x|=1", equal(xt @ x, _ONE), "x is a unit vector"),
        hypothesis("|v|=1", equal(vt @ v, _ONE), "v is a unit vector"),
        _LENGTH,
        link(
            "x.Hv<=c",
            less(xt @ H @ v, _ONE.scaled(constant)),
            [
                Multiple("form+", quarter),
                Multiple("form-", quarter),
                Multiple("H=H^T", _ONE.scaled(RationalFunction.constant(half))),
                Multiple("|x|=1", _ONE.scaled(half * constant)),
                Multiple("|v|=1", _ONE.scaled(half * constant)),
            ],
            "polarization: 4 x.Hv = (x+v).H(x+v) - (x-v).H(x-v), and the parallelogram law",
        ),
        link(
            "f'<=cl",
            less(slope, l.scaled(constant)),
            ["f'=x.Hvl", Multiple("x.Hv<=c", None, l)],
            "times the segment's length",
        ),
        *_along_segment("f'<=cl", l.scaled(constant)),
        scalars=box,
    )


def bounded_form(constant: RationalFunction, box: Box) -> Chain:
    """Show x . (H'' - H') x <= C |theta' - theta''| from a bound C of the Hessian's derivative."""
    x, xt, C = _vector("x"), _covector("x^T"), constant
    turned, f, slope = (
        Operator.of(Atom("T", "P", "P")),
        _covector("f", SCALARS),
        _covector("f'", SCALARS),
    )
    H = Operator.of(Atom("H", "P", "P"))
    return _chain(
        "the Hessian is Lipschitz",
        Differential("H'", Atom("H", "P", "P"), turned, "T: its derivative along v, times l"),
        Differential("f'", Atom("f", SCALARS, SCALARS), slope, "x . H x along the segment"),
        *_fixed(xt, x, l),
        hypothesis("f", equal(f, xt @ H @ x), "f = x . H x; for some x this is the norm of H"),
        RuleUse("f'=x.Tx", "derivative", {"fact": "f"}),
        hypothesis("bounded", less(xt @ turned @ x, l.scaled(C)), "the norm of T is at most C l"),
        link("f'<=Cl", less(slope, l.scaled(C)), ["f'=x.Tx", "bounded"], "at every t"),
        *_along_segment("f'<=Cl", l.scaled(C)),
        scalars=box,
    )


def bounded_third(constant: RationalFunction, box: Box = ONE_TASK) -> Chain:
    """Show x . (H'' - H') x <= C |theta' - theta''| from |D^3V[u, u, u]| <= C for unit vectors u.

    D^3V is a symmetric trilinear form; Banach's theorem bounds it off the diagonal.
    """
    x, v, u, xt = _vector("x"), _vector("v"), any_unit_vector("P"), _covector("x^T")
    H, turned = (Operator.of(Atom(name, "P", "P")) for name in ("H", "T"))
    f, slope = _covector("f", SCALARS), _covector("f'", SCALARS)
    diagonal, along = form_of("D3V", u, u, u), form_of("D3V", x, x, v)
    most = _ONE.scaled(constant)
    arguments = {"form": "D3V", "vectors": (x, x, v), "above": "(84)", "below": "-(84)"}
    return _chain(
        "the Hessian is Lipschitz",
        Differential("H'", Atom("H", "P", "P"), turned, "T: the Hessian's derivative"),
        Differential("f'", Atom("f", SCALARS, SCALARS), slope, "x . H x along the segment"),
        *_fixed(xt, x, l),
        hypothesis("f", equal(f, xt @ H @ x), "f = x . H x; for some x this is the norm of H"),
        RuleUse("f'=x.Tx", "derivative", {"fact": "f"}),
        hypothesis("x.Tx", equal(xt @ turned @ x, along @ l), "along v, times l: D^3V[x, x, v] l"),
        hypothesis("(84)", less(diagonal, most), "(84) at every theta, for every unit vector u"),
        hypothesis("-(84)", less(-most, diagonal), "(84) bounds an absolute value"),
        hypothesis("|x|=1", equal(inner_product(x, x), _ONE), "x is a unit vector"),
        hypothesis("|v|=1", equal(inner_product(v, v), _ONE), "v is the unit direction"),
        _LENGTH,
        RuleUse("off the diagonal", "banach", arguments),
        link(
            "f'<=Cl",
            less(slope, l.scaled(constant)),
            ["f'=x.Tx", "x.Tx", Multiple("off the diagonal/above", None, l)],
            "times the segment's length",
        ),
        *_along_segment("f'<=Cl", l.scaled(constant)),
        scalars=box,
    )
