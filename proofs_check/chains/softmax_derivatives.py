r"""Chains: derivatives of the softmax, and of its relative entropy, for any number of actions.

Space ``A``: the actions of one state s. Atoms: ``pi`` : 1 -> A the policy, ``sum`` : A -> 1 adds up
over the actions, and ``U``, ``V``, ``W`` the diagonals of three directions u, v, w in which theta_s
moves. A statement about a gradient, a Hessian H or a third derivative is one about the numbers
u^T grad, u^T H v and sum_{a'} w_{a'} u^T (d H / d theta_{a'}) v for all u, v, w.
"""

from __future__ import annotations

from dcpg_theory.exact.boxes import Box, open_interval
from dcpg_theory.exact.chains import Chain, Differential, Line, Link, Multiple, RuleUse
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from proofs_check.chains.mdp_operators import equal, hypothesis, link

__all__ = [
    "FACTOR",
    "SHARE",
    "adding",
    "diagonal",
    "entropy_across",
    "entropy_gradient",
    "entropy_hessian",
    "entropy_third",
    "expected",
    "gradient",
    "hessian",
    "pi",
    "third",
]

_PI, _SUM = Atom("pi", "A", SCALARS), Atom("sum", SCALARS, "A")
pi, adding = Operator.of(_PI), Operator.of(_SUM)
_NONE = RationalFunction.constant(0)

# c stands for lambda/|S| and k for 1/|A|.
FACTOR, SHARE = symbols("c", "k")
_SCALARS = Box(c=open_interval(0, 1), k=open_interval(0, 1))


def diagonal(name: str) -> Operator:
    """Return the diagonal of a direction."""
    return Operator.of(Atom(name, "A", "A"))


U, V, W = map(diagonal, "UVW")


def expected(*diagonals: Operator) -> Operator:
    """Return sum_a pi(a|s) times the entries of the diagonals at a."""
    total = adding
    for entry in diagonals:
        total = total @ entry
    return total @ pi


def slope(direction: Operator) -> Operator:
    """Return the derivative of pi in a direction, pi(a|s) (u_a - sum_b pi(b|s) u_b)."""
    return direction @ pi - pi @ expected(direction)


def _fixed(*atoms: Operator) -> tuple[Line, ...]:
    """Return the differentials of what does not depend on theta."""
    return tuple(
        Differential(
            f"{op}'=0", next(iter(op.terms))[0], op.scaled(_NONE), "does not depend on theta"
        )
        for op in atoms
    )


def _moving(direction: Operator) -> Differential:
    return Differential("pi'", _PI, slope(direction), f"(78) along {direction}")


def _chain(title: str, *lines: Line, scalars: Box | None = None) -> Chain:
    last = lines[-1]
    if not isinstance(last, Link):
        raise TypeError("a chain ends with a link")
    return Chain(title, scalars or Box(), lines, last.fact)


def gradient() -> Chain:
    """(78): pi' = pi(a|s) (u_a - sum_b pi(b|s) u_b) for exp(theta + alpha u)."""
    w = Operator.of(Atom("w", "A", SCALARS))
    total, inverse, moved = (Operator.of(Atom(n, SCALARS, SCALARS)) for n in ("Z", "1/Z", "Z'"))
    turned = Operator.of(Atom("pi'", "A", SCALARS))
    return _chain(
        "the gradient of the softmax",
        hypothesis("total", equal(adding @ w, total), "Z = sum_a w_a with w = exp(theta_s)"),
        hypothesis("softmax", equal(pi @ total, w), "(4): pi Z = w"),
        hypothesis("Z>0", equal(total @ inverse, unit(SCALARS)), "Z is not zero"),
        *_fixed(adding),
        Differential("w'", Atom("w", "A", SCALARS), U @ w, "d exp(theta + alpha u) = u exp(...)"),
        Differential("Z'", Atom("Z", SCALARS, SCALARS), moved, "Z moves with theta"),
        Differential("pi'", _PI, turned, "so does the policy"),
        RuleUse("total'", "derivative", {"fact": "total"}),
        RuleUse("softmax'", "derivative", {"fact": "softmax"}),
        link(
            "pi'=U pi-pi(sum U pi)",
            equal(turned, slope(U)),
            [
                Multiple("softmax'", None, inverse),
                Multiple("total'", pi, inverse),
                Multiple("softmax", pi @ adding @ U - U, inverse),
                Multiple("Z>0", slope(U) - turned),
            ],
            "pi' Z + pi Z' = U w = U pi Z and Z' = sum U pi Z, divided by Z",
        ),
    )


def _hessian_value() -> Operator:
    """Return the bracket of (79) times pi(a|s), as u^T (...) v."""
    both = expected(U) @ expected(V)
    return (
        U @ V @ pi
        - U @ pi @ expected(V)
        - V @ pi @ expected(U)
        + 2 * (pi @ both)
        - pi @ expected(U, V)
    )


def hessian() -> Chain:
    """(79): the derivative of (78) along v."""
    turned, bent = (Operator.of(Atom(name, "A", SCALARS)) for name in ("pi'u", "H"))
    m, n = expected(U), expected(V)
    return _chain(
        "the Hessian of the softmax",
        hypothesis("(78)", equal(turned, slope(U)), "(78) along u"),
        *_fixed(adding, U),
        _moving(V),
        Differential("H", Atom("pi'u", "A", SCALARS), bent, "the Hessian, along u and v"),
        RuleUse("(78)'", "derivative", {"fact": "(78)"}),
        hypothesis("nm=mn", equal(n @ m, m @ n), "numbers commute"),
        link(
            "(79)", equal(bent, _hessian_value()), ["(78)'", Multiple("nm=mn", pi)], "product rule"
        ),
    )


def third() -> Chain:
    """(80), corrected: the derivative of (79) along w."""
    bent, again = (Operator.of(Atom(n, "A", SCALARS)) for n in ("H", "T"))
    m, n, o = expected(U), expected(V), expected(W)
    square, p = pi @ m @ n, expected(U, V)
    value = (
        W @ _hessian_value()
        - _hessian_value() @ o
        - U @ pi @ expected(V, W)
        + U @ pi @ n @ o
        - V @ pi @ expected(U, W)
        + V @ pi @ m @ o
        + 2 * (pi @ m @ expected(V, W) + pi @ n @ expected(U, W))
        - 4 * (square @ o)
        - pi @ expected(U, V, W)
        + pi @ expected(U, V) @ o
    )
    return _chain(
        "the third derivative of the softmax",
        hypothesis("(79)", equal(bent, _hessian_value()), "(79) along u and v"),
        *_fixed(adding, U, V),
        _moving(W),
        Differential("T", Atom("H", "A", SCALARS), again, "the third derivative"),
        RuleUse("(79)'", "derivative", {"fact": "(79)"}),
        hypothesis("WU=UW", equal(W @ U, U @ W), "diagonals commute"),
        hypothesis("WV=VW", equal(W @ V, V @ W), "diagonals commute"),
        hypothesis("on=no", equal(o @ n, n @ o), "numbers commute"),
        hypothesis("om=mo", equal(o @ m, m @ o), "numbers commute"),
        hypothesis("op=po", equal(o @ p, p @ o), "numbers commute"),
        hypothesis("nm=mn", equal(n @ expected(U, W), expected(U, W) @ n), "numbers commute"),
        link(
            "(80)",
            equal(again, value),
            [
                "(79)'",
                Multiple("WU=UW", -unit("A"), V @ pi - pi @ n),
                Multiple("WV=VW", -U, pi),
                Multiple("WV=VW", unit("A"), pi @ m),
                Multiple("on=no", U @ pi - 4 * (pi @ m)),
                Multiple("om=mo", V @ pi),
                Multiple("om=mo", -2 * pi, n),
                Multiple("op=po", pi),
                Multiple("nm=mn", -2 * pi),
            ],
            "product rule, with d pi = pi(a'|s) (e_{a'} - pi)",
        ),
    )


def entropy_gradient() -> Chain:
    """(88), first line: the derivative of c k sum_a log pi(a|s) along u is c (k sum_a u_a - E u)."""
    ones = Operator.of(Atom("1", "A", SCALARS))
    diag, inverse = (Operator.of(Atom(n, "A", "A")) for n in ("diag(pi)", "diag(1/pi)"))
    logs, turned = (Operator.of(Atom(n, "A", SCALARS)) for n in ("(log pi)'", "pi'"))
    change = Operator.of(Atom("zeta'", SCALARS, SCALARS))
    scale = unit(SCALARS).scaled(FACTOR * SHARE)
    return _chain(
        "the gradient of the regularizer",
        hypothesis("zeta'", equal(change, scale @ adding @ logs), "zeta = c k sum_a log pi(a|s)"),
        hypothesis("log", equal(diag @ logs, turned), "d log pi = d pi / pi"),
        hypothesis("(78)", equal(turned, slope(U)), "(78) along u"),
        hypothesis("pi=diag 1", equal(pi, diag @ ones), "the entries of diag(pi)"),
        hypothesis("pi>0", equal(inverse @ diag, unit("A")), "softmax probabilities are positive"),
        hypothesis("commute", equal(U @ diag, diag @ U), "diagonals commute"),
        hypothesis("|A|", equal(adding @ ones, unit(SCALARS).scaled(1 / SHARE)), "k = 1/|A|"),
        link(
            "(log pi)'=u-E u",
            equal(logs, U @ ones - ones @ expected(U)),
            [
                Multiple("pi>0", unit("A"), U @ ones - ones @ expected(U) - logs),
                Multiple("log", inverse),
                Multiple("(78)", inverse),
                Multiple("pi=diag 1", inverse @ U),
                Multiple("pi=diag 1", -inverse, expected(U)),
                Multiple("commute", inverse, ones),
            ],
            "divide (78) by pi(a|s)",
        ),
        link(
            "gradient",
            equal(change, ((adding @ U @ ones).scaled(SHARE) - expected(U)).scaled(FACTOR)),
            [
                "zeta'",
                Multiple("(log pi)'=u-E u", scale @ adding),
                Multiple("|A|", -scale, expected(U)),
            ],
            "add up over the actions: k |A| = 1",
        ),
        scalars=_SCALARS,
    )


def entropy_hessian() -> Chain:
    """(88), second line: the derivative along v of c (k sum_a u_a - E u)."""
    ones = Operator.of(Atom("1", "A", SCALARS))
    change, bent = (Operator.of(Atom(n, SCALARS, SCALARS)) for n in ("zeta'u", "H"))
    return _chain(
        "the Hessian of the regularizer",
        hypothesis(
            "(88)",
            equal(change, ((adding @ U @ ones).scaled(SHARE) - expected(U)).scaled(FACTOR)),
            "(88), first line, along u",
        ),
        *_fixed(adding, U, ones),
        _moving(V),
        Differential("H", Atom("zeta'u", SCALARS, SCALARS), bent, "the Hessian, along u and v"),
        RuleUse("(88)'", "derivative", {"fact": "(88)"}),
        link("hessian", equal(bent, _entropy_hessian_value()), ["(88)'"], "product rule"),
        scalars=_SCALARS,
    )


def _entropy_hessian_value(v: Operator = V) -> Operator:
    return (expected(U) @ expected(v) - expected(U, v)).scaled(FACTOR)


def entropy_third(*, same: bool = False) -> Chain:
    """(88), third line, corrected: the derivative along w of c (E u E v - E u v).

    With `same`, along one direction u three times.
    """
    bent, again = (Operator.of(Atom(name, SCALARS, SCALARS)) for name in ("H", "T"))
    v, w = (U, U) if same else (V, W)
    m, n, o = expected(U), expected(v), expected(w)
    value = (
        expected(U, v) @ o
        - expected(U, v, w)
        + m @ expected(v, w)
        + n @ expected(U, w)
        - 2 * (m @ n @ o)
    )
    uses: list[Multiple | str] = ["(88)'"]
    lines: list[Line] = []
    if not same:
        lines = [
            hypothesis("on=no", equal(o @ n, n @ o), "numbers commute"),
            hypothesis("nm=mn", equal(n @ expected(U, w), expected(U, w) @ n), "numbers commute"),
        ]
        uses.append(Multiple("on=no", -m.scaled(FACTOR)))
        uses.append(Multiple("nm=mn", -unit(SCALARS).scaled(FACTOR)))
    else:
        crossed = expected(U, U) @ m
        lines = [hypothesis("nm=mn", equal(crossed, m @ expected(U, U)), "numbers commute")]
        uses.append(Multiple("nm=mn", unit(SCALARS).scaled(FACTOR)))
    return _chain(
        "the third derivative of the regularizer",
        hypothesis("(88)", equal(bent, _entropy_hessian_value(v)), "(88), second line"),
        *_fixed(adding, *dict.fromkeys((U, v))),
        _moving(w),
        Differential("H'", Atom("H", SCALARS, SCALARS), again, "the third derivative"),
        RuleUse("(88)'", "derivative", {"fact": "(88)"}),
        *lines,
        link("third", equal(again, value.scaled(FACTOR)), uses, "product rule"),
        scalars=_SCALARS,
    )


def entropy_across() -> Chain:
    """The gradient c (k 1 - pi) in one state does not move with another state's parameters."""
    ones, change = (Operator.of(Atom(name, "A", SCALARS)) for name in ("1", "zeta_s"))
    moved = Operator.of(Atom("zeta_ss'", "A", SCALARS))
    return _chain(
        "no mixed derivatives between states",
        hypothesis("(88)", equal(change, (ones.scaled(SHARE) - pi).scaled(FACTOR)), "(88)"),
        *_fixed(ones, pi),
        Differential("zeta_s'", Atom("zeta_s", "A", SCALARS), moved, "along theta_{s'}, s' not s"),
        RuleUse("(88)'", "derivative", {"fact": "(88)"}),
        link("zero", equal(moved, Operator.zero("A", SCALARS)), ["(88)'"], "pi(.|s) is fixed"),
        scalars=_SCALARS,
    )
