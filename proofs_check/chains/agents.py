r"""Chains of proof about several agents: norms, means, and what mixing leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from dcpg_theory.exact.boxes import Box, Interval, at_least, positive
from dcpg_theory.exact.chains import Chain, Line, Link, Multiple, RuleUse
from dcpg_theory.exact.derived import norm_of
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.exact.rules import Fact
from proofs_check.chains.mdp_operators import equal, hypothesis, less, link, nonnegative
from proofs_check.symbols import DISCOUNT, own

__all__ = [
    "agents_are_close",
    "agents_stay_together",
    "at_most",
    "difference_below_sum",
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


def at_most(chain: Chain, bound: RationalFunction) -> Fact:
    """Return the chain's conclusion with another number on its right side: what was printed."""
    return less(chain.conclusion.left, _ONE.scaled(bound))


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


_SPREAD_BOX = Box(
    alpha=positive(), D=at_least(0), sigma_2=Interval(Fraction(0), Fraction(1), closed_lower=True)
)


def _spread() -> tuple[Operator, tuple[Line, ...]]:
    """Return e[k] = (I - J) theta[k] and the lines up to |e[k]| <= alpha D/(1 - sigma_2)."""
    alpha, size, sigma = symbols("alpha", "D", "sigma_2")
    w, j = (Operator.of(Atom(name, "A", "A")) for name in ("W", "J"))
    theta = {n: Operator.of(Atom(f"theta[{n}]", "A", SCALARS)) for n in ("0", "k", "k+1")}
    spread = {n: Atom(f"e[{n}]", "A", SCALARS) for n in theta}
    e = {n: Operator.of(atom) for n, atom in spread.items()}
    gradient = Operator.of(Atom("g[k]", "A", SCALARS))
    rest = unit("A") - j
    mixed, moved = (w - j) @ e["k"], rest @ gradient
    here = next(norm_of(e["k"]).atoms())
    zero = Operator.zero("A", SCALARS)
    bound = alpha * size / (1 - sigma)
    lines: tuple[Line, ...] = (
        *(
            RuleUse(f"e[{n}]", "definition", {"name": spread[n], "value": rest @ theta[n]})
            for n in theta
        ),
        hypothesis(
            "update",
            equal(theta["k+1"], w @ theta["k"] + gradient.scaled(alpha)),
            "(9) with j = i in the sum, for every k",
        ),
        hypothesis("JW=J", equal(j @ w, j), "the columns of W sum to one"),
        hypothesis("WJ=J", equal(w @ j, j), "the rows of W sum to one"),
        hypothesis("JJ=J", equal(j @ j, j), "J averages over the agents"),
        hypothesis("start", equal(j @ theta["0"], theta["0"]), "equal initialisation"),
        hypothesis(
            "sigma_2",
            less(norm_of(mixed), norm_of(e["k"]).scaled(sigma)),
            "sigma_2 is the largest singular value of W - J",
        ),
        hypothesis("projection", less(norm_of(moved), norm_of(gradient)), "I - J is a projection"),
        hypothesis("gradient", less(norm_of(gradient), _ONE.scaled(size)), "Lemma B.1"),
        link(
            "step",
            equal(e["k+1"], mixed + moved.scaled(alpha)),
            [
                "e[k+1]",
                Multiple("update", rest),
                Multiple("e[k]", -(w - j)),
                Multiple("WJ=J", None, theta["k"]),
                Multiple("JW=J", -unit("A"), theta["k"]),
                Multiple("JJ=J", -unit("A"), theta["k"]),
            ],
            "e[k+1] = (W - J) e[k] + alpha (I - J) g[k]",
        ),
        RuleUse("equal norms", "congruence", {"fact": "step"}),
        RuleUse("split", "triangle", {"first": mixed, "second": moved.scaled(alpha)}),
        RuleUse("factor", "homogeneity", {"factor": alpha, "vector": moved}),
        link(
            "recursion",
            less(norm_of(e["k+1"]), norm_of(e["k"]).scaled(sigma) + _ONE.scaled(alpha * size)),
            [
                "equal norms",
                "split",
                "sigma_2",
                "factor",
                Multiple("projection", _ONE.scaled(alpha)),
                Multiple("gradient", _ONE.scaled(alpha)),
            ],
            "|e[k+1]| <= sigma_2 |e[k]| + alpha D",
        ),
        link(
            "together",
            equal(e["0"], zero),
            ["e[0]", Multiple("start", -unit("A"))],
            "the agents start together",
        ),
        RuleUse("no spread", "norm of zero", {"fact": "together"}),
        RuleUse("room", "constant", {"value": bound}),
        link(
            "first",
            less(norm_of(e["0"]), _ONE.scaled(bound)),
            ["no spread", "room"],
            "|e[0]| = 0 <= alpha D/(1 - sigma_2)",
        ),
        RuleUse(
            "all k",
            "contraction",
            {
                "step": "recursion",
                "start": "first",
                "here": here,
                "ratio": sigma,
                "noise": alpha * size,
            },
        ),
    )
    return e["k"], lines


def agents_stay_together() -> Chain:
    """|theta_i[k] - mean| <= alpha D/(1 - sigma_2): Lemma B.2, (23)."""
    alpha, size, sigma = symbols("alpha", "D", "sigma_2")
    spread, lines = _spread()
    own_block = Operator.of(Atom("E_i", "S", "A")) @ spread
    lines += (
        hypothesis("block", less(norm_of(own_block), norm_of(spread)), "a block of a vector"),
        link(
            "(23)",
            less(norm_of(own_block), _ONE.scaled(alpha * size / (1 - sigma))),
            ["block", "all k"],
            "one agent's part is at most the whole",
        ),
    )
    return _chain("the agents stay together", _SPREAD_BOX, lines)


def agents_are_close() -> Chain:
    """|theta_i[k] - theta_j[k]| <= 2 alpha D/(1 - sigma_2): (38) and (41)."""
    alpha, size, sigma = symbols("alpha", "D", "sigma_2")
    spread, lines = _spread()
    one, two = (Operator.of(Atom(name, "S", "A")) @ spread for name in ("E_i", "E_j"))
    bound = alpha * size / (1 - sigma)
    lines += (
        hypothesis("block i", less(norm_of(one), norm_of(spread)), "a block of a vector"),
        hypothesis("block j", less(norm_of(two), norm_of(spread)), "a block of a vector"),
        RuleUse("apart", "triangle", {"first": one, "second": -two}),
        RuleUse("sign", "homogeneity", {"factor": RationalFunction.constant(-1), "vector": two}),
        link(
            "(38)",
            less(norm_of(one - two), _ONE.scaled(2 * bound)),
            [
                "apart",
                "sign",
                "block i",
                "block j",
                Multiple("all k", _ONE.scaled(RationalFunction.constant(2))),
            ],
            "theta_i - theta_j = (theta_i - mean) - (theta_j - mean)",
        ),
    )
    return _chain("two agents are close", _SPREAD_BOX, lines)


def difference_below_sum() -> Chain:
    """|u - v| <= |u| + |v|: the second line of (38) and (41)."""
    u, v = (Operator.of(Atom(name, "S", SCALARS)) for name in ("u", "v"))
    lines: tuple[Line, ...] = (
        RuleUse("apart", "triangle", {"first": u, "second": -v}),
        RuleUse("sign", "homogeneity", {"factor": RationalFunction.constant(-1), "vector": v}),
        link(
            "difference",
            less(norm_of(u - v), norm_of(u) + norm_of(v)),
            ["apart", "sign"],
            "the triangle inequality for u and -v",
        ),
    )
    return _chain("the distance is at most the sum", Box(alpha=positive()), lines)
