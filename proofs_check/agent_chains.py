r"""Chains of proof about several agents: norms, means, and what mixing leaves alone."""

from __future__ import annotations

from collections.abc import Sequence

from dcpg_theory.exact.boxes import Box, at_least, positive
from dcpg_theory.exact.chains import Chain, Line, Link, Multiple
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import symbols
from proofs_check.mdp_operators import equal, hypothesis, less, link, nonnegative
from proofs_check.symbols import DISCOUNT, own

__all__ = [
    "gradient_sum",
    "mixing_keeps_the_mean",
    "norm_below_sum",
    "relative_entropy_is_nonnegative",
    "smallest_below_mean",
]

_ONE = unit(SCALARS)


def _chain(title: str, scalars: Box, lines: Sequence[Line]) -> Chain:
    """Return the chain whose conclusion is its last link."""
    last = lines[-1]
    if not isinstance(last, Link):
        raise TypeError("a chain ends with a link")
    return Chain(title, scalars, tuple(lines), last.fact)


def norm_below_sum() -> Chain:
    """x^T x <= (1^T x)^2 for x >= 0: the Euclidean norm is at most the sum of absolute values."""
    x, row = (Operator.of(Atom(*a)) for a in (("x", "A", SCALARS), ("x^T", SCALARS, "A")))
    ones, ones_row = (Operator.of(Atom(*a)) for a in (("1", "A", SCALARS), ("1^T", SCALARS, "A")))
    lines = (
        hypothesis("x>=0", nonnegative(x), "absolute values are at least 0"),
        hypothesis("x^T>=0", nonnegative(row), "the same, as a row"),
        hypothesis("I<=11^T", less(unit("A"), ones @ ones_row), "ones above a unit matrix"),
        hypothesis("sum", equal(row @ ones, ones_row @ x), "both are the sum of the entries"),
        link(
            "norm",
            less(row @ x, ones_row @ x @ ones_row @ x),
            [Multiple("I<=11^T", row, x), Multiple("sum", None, ones_row @ x)],
            "x^T x <= x^T 1 1^T x = (1^T x)^2",
        ),
    )
    return _chain("the norm is at most the sum", Box(gamma_i=DISCOUNT), lines)


def gradient_sum() -> Chain:
    """Sum |X d pi A + (lambda/|S|)(1/|A| - pi)| <= X^2 + 2 lambda, for any signs s in [-1, 1].

    m+ and m- are the parts of the signed weights X d(s) pi(a|s) s(s, a); c is the uniform
    distribution on pairs and p that of pi/|S|.
    """
    weight = symbols("lambda")[0]
    x = 1 / (1 - own)
    rows = {name: Operator.of(Atom(name, SCALARS, "SA")) for name in ("m+", "m-", "c", "p")}
    a, s, e = (Operator.of(Atom(name, "SA", SCALARS)) for name in ("A", "s", "1"))
    plus, minus, uniform, policy = rows.values()
    total = (plus - minus) @ a + ((uniform - policy) @ s).scaled(weight)
    lines: tuple[Line, ...] = (
        *(hypothesis(f"{n}>=0", nonnegative(o), "non-negative weights") for n, o in rows.items()),
        hypothesis("mass", equal((plus + minus) @ e, _ONE.scaled(x)), "X d pi sums to X"),
        hypothesis("c1=1", equal(uniform @ e, _ONE), "a distribution"),
        hypothesis("p1=1", equal(policy @ e, _ONE), "a distribution"),
        hypothesis("A<=X", less(a, e.scaled(x)), "(3), corrected"),
        hypothesis("A>=-X", less(e.scaled(-x), a), "(3), corrected"),
        hypothesis("s<=1", less(s, e), "signs"),
        hypothesis("s>=-1", less(-e, s), "signs"),
        link(
            "sum",
            less(total, _ONE.scaled(x * x + 2 * weight)),
            [
                Multiple("A<=X", plus),
                Multiple("A>=-X", minus),
                Multiple("mass", _ONE.scaled(x)),
                Multiple("s<=1", uniform.scaled(weight)),
                Multiple("s>=-1", policy.scaled(weight)),
                Multiple("c1=1", _ONE.scaled(weight)),
                Multiple("p1=1", _ONE.scaled(weight)),
            ],
            "m+ A - m- A <= X (m+ + m-) 1 = X^2, and c s - p s <= 2",
        ),
    )
    box = Box(gamma_i=DISCOUNT, **{"lambda": at_least(0)})
    return _chain("the sum of the gradient's absolute entries", box, lines)


def mixing_keeps_the_mean() -> Chain:
    """1^T (I - W) = 0: mixing by columns that sum to one leaves the mean alone."""
    ones_row, w = Operator.of(Atom("1^T", SCALARS, "A")), Operator.of(Atom("W", "A", "A"))
    theta = Operator.of(Atom("theta", "A", "S"))
    lines = (
        hypothesis("1^T W=1^T", equal(ones_row @ w, ones_row), "the columns of W sum to one"),
        link(
            "mean",
            equal(ones_row @ (unit("A") - w) @ theta, Operator.zero(SCALARS, "S")),
            [Multiple("1^T W=1^T", -_ONE, theta)],
            "so the quadratic term has no mean gradient",
        ),
    )
    return _chain("mixing keeps the mean", Box(gamma_i=DISCOUNT), lines)


def smallest_below_mean() -> Chain:
    """K m <= sum_k b_k for the smallest m of K numbers."""
    count = symbols("K")[0]
    b, e = (Operator.of(Atom(name, "K", SCALARS)) for name in ("b", "1"))
    row = Operator.of(Atom("1^T", SCALARS, "K"))
    smallest = Operator.of(Atom("m", SCALARS, SCALARS))
    lines = (
        hypothesis("1^T>=0", nonnegative(row), "ones"),
        hypothesis("count", equal(row @ e, _ONE.scaled(count)), "there are K of them"),
        hypothesis("m<=b", less(e @ smallest, b), "m is the smallest"),
        link(
            "K m<=sum",
            less(smallest.scaled(count), row @ b),
            [Multiple("m<=b", row), Multiple("count", -_ONE, smallest)],
            "K m = 1^T 1 m <= 1^T b",
        ),
    )
    return _chain("the smallest is at most the mean", Box(K=positive()), lines)


def relative_entropy_is_nonnegative() -> Chain:
    """0 <= -u log(n pi) for the uniform u on n actions: log x <= x - 1."""
    n = symbols("n")[0]
    uniform = Operator.of(Atom("u", SCALARS, "A"))
    log, pi, e = (Operator.of(Atom(name, "A", SCALARS)) for name in ("log(n pi)", "pi", "1"))
    lines = (
        hypothesis("u>=0", nonnegative(uniform), "the uniform distribution"),
        hypothesis("u1=1", equal(uniform @ e, _ONE), "the uniform distribution"),
        hypothesis("u pi", equal(uniform @ pi, _ONE.scaled(1 / n)), "probabilities sum to one"),
        hypothesis("log", less(log, pi.scaled(n) - e), "log x <= x - 1 for x > 0"),
        link(
            "RE>=0",
            less(uniform @ log, Operator.zero(SCALARS, SCALARS)),
            [
                Multiple("log", uniform),
                Multiple("u pi", _ONE.scaled(n)),
                Multiple("u1=1", -_ONE),
            ],
            "u log(n pi) <= u (n pi - 1) = 1 - 1",
        ),
    )
    return _chain("relative entropy is at least 0", Box(n=at_least(1)), lines)
