r"""The chain of the sharp Theorem 1 for one agent, who is alone with his mean: delta = 0.

For 0 < alpha <= 1/b and every K >= 1, where M is the smallest of the K norms,

    M <= q + lambda l,  q^2 = 2 Delta/(alpha K).
"""

from __future__ import annotations

from fractions import Fraction

from dcpg_theory.exact.boxes import positive
from dcpg_theory.exact.chains import Chain, Multiple
from dcpg_theory.exact.derived import gradient_of, norm_of, sum_of, transpose, value_of
from dcpg_theory.exact.operators import SCALARS, Atom, Operator
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from proofs_check.chains.derivation import Derivation
from proofs_check.chains.mdp_operators import equal, less
from proofs_check.chains.stacks import ONE, alpha, number
from proofs_check.chains.theorem_1_sharp import (
    BOX,
    Delta,
    bbar,
    entropy,
    least,
    q,
    root_inside,
    slack,
    weight,
)

__all__ = ["single_agent", "small_gradient_alone", "squares_are_bounded"]

HALF = number(Fraction(1, 2))


def _alone(value: RationalFunction) -> RationalFunction:
    """Return a number for N = 1, where nothing is apart: delta = 0."""
    given = dict(zip(value.names, symbols(*value.names), strict=True))
    alone: RationalFunction = value.evaluate(given | {"G_rms": number(0)})
    return alone


def _ascended(proof: Derivation, limit: RationalFunction) -> tuple[Operator, Operator]:
    """Conclude ``all ascents`` and the telescoped values; return grad L and theta[k]."""
    x, y, last = (Operator.of(Atom(f"x[{mark}]", "S", SCALARS)) for mark in ("k", "k+1", "K"))
    first = Operator.of(Atom("x[0]", "S", SCALARS))
    slope = gradient_of("L", x)
    proof.smooth("L", "S", ONE.scaled(bbar), "L is b-smooth")
    proof.assume("update", equal(y, x + slope.scaled(alpha)), "(9) for one agent")
    proof.assume("step size", less(ONE.scaled(alpha), ONE.scaled(limit)), "alpha <= 1/b")
    proof.use("model", "descent", function="L", start=x, end=y)
    proof.use("update^T", "transposed", fact="update")
    proof.use("|slope|", "euclidean", vector=slope)
    length, step = norm_of(slope), y - x
    proof.conclude(
        "ascent",
        less((transpose(slope) @ slope).scaled(alpha * HALF), value_of("L", y) - value_of("L", x)),
        "model/below",
        ("update", transpose(slope), None),
        ("update", transpose(step), None),
        ("update^T", None, slope),
        ("step size", length @ length, None),
        "|slope|/square",
        words="L' - L >= (alpha - b alpha^2/2) |grad L|^2",
    )
    proof.use("all ascents", "sum", fact="ascent", index="k")
    proof.use("telescope", "telescope", here=value_of("L", x))
    rise = value_of("L", last) - value_of("L", first)
    proof.assume("Delta", less(rise, ONE.scaled(Delta)), "L(theta[K]) - L(theta^0) <= Delta")
    return slope, x


def squares_are_bounded() -> Chain:
    """Show sum_{k<K} |grad L(theta[k])|^2 <= 2 Delta/alpha, the same for every K."""
    proof = Derivation("the squared gradients of one task can be added up", BOX)
    slope, _ = _ascended(proof, 1 / bbar)
    proof.conclude(
        "sum of squares",
        less(sum_of(transpose(slope) @ slope, "k"), ONE.scaled(2 * Delta / alpha)),
        "all ascents", "telescope", "Delta",
        words="however many terms, so they tend to 0",
    )  # fmt: skip
    return proof.chain()


def small_gradient_alone(step: RationalFunction, iterations: RationalFunction) -> Chain:
    """Show M <= tau for the smallest |grad L|, k < K, with alpha = step = 1/b."""
    tau = symbols("tau")[0]
    proof = Derivation("a small gradient, for one agent", BOX.replace(tau=positive()))
    slope, _ = _ascended(proof, step)
    enough = less(ONE.scaled(iterations), ONE.scaled(symbols("K")[0]))
    proof.assume("K", enough, "enough iterations")
    proof.assume("longest step", equal(ONE.scaled(alpha), ONE.scaled(step)), "alpha = 1/b")
    proof.assume("least", less(least, norm_of(slope)), "M is the smallest |grad L|, k < K")
    proof.use("tangent", "square", vector=norm_of(slope) - ONE.scaled(tau))
    most = transpose(slope) @ slope + ONE.scaled(tau**2)
    proof.conclude(
        "each k", less(least.scaled(2 * tau), most), "least", "tangent", "|slope|/square",
        words="2 tau |grad L| <= |grad L|^2 + tau^2",
    )  # fmt: skip
    proof.use("all k", "sum", fact="each k", index="k")
    count = symbols("K")[0]
    proof.conclude(
        "average",
        less(least.scaled(2 * tau), ONE.scaled(2 * Delta / (alpha * count) + tau**2)),
        "all k", "all ascents", "telescope", "Delta",
    )  # fmt: skip
    proof.conclude(
        "small",
        less(least, ONE.scaled(tau)),
        Multiple("average", ONE.scaled(1 / (2 * tau))),
        Multiple("K", ONE.scaled(tau / (2 * count))),
        Multiple("longest step", ONE.scaled(-Delta / (tau * count * alpha * step))),
        words="2 Delta/(alpha K) <= tau^2",
    )
    return proof.chain()


def single_agent(
    inside: RationalFunction = root_inside,
    rest: RationalFunction = slack,
    limit: RationalFunction = 1 / bbar,
) -> Chain:
    """Show M <= q + lambda l, q^2 = 2 Delta/(alpha K), for one agent, where delta = 0."""
    proof = Derivation("Theorem 1, sharp, for one agent", BOX)
    slope, x = _ascended(proof, limit)
    regularizer, length = gradient_of("RE", x), norm_of(slope)
    squared = transpose(slope) @ slope
    proof.assume("q", equal(ONE.scaled(q**2), ONE.scaled(_alone(inside))), "q is the square root")
    proof.assume(
        "(7)",
        equal(gradient_of("V", x), slope + regularizer.scaled(weight)),
        "the gradient of L = V - lambda RE",
    )
    proof.assume(
        "RE is Lipschitz", less(norm_of(regularizer), ONE.scaled(entropy)), "|grad RE| <= l"
    )
    proof.use("parts", "congruence", fact="(7)")
    proof.use("split", "triangle", first=slope, second=regularizer.scaled(weight))
    proof.use("lambda", "homogeneity", factor=weight, vector=regularizer)
    proof.assume(
        "least", less(least, norm_of(gradient_of("V", x))), "M is the smallest |grad V|, k < K"
    )
    proof.use("tangent", "square", vector=length - ONE.scaled(q))
    most = squared + ONE.scaled(q**2 + 2 * q * weight * entropy)
    proof.conclude(
        "each k",
        less(least.scaled(2 * q), most),
        "least", "parts", "split", "lambda", "RE is Lipschitz", "tangent", "|slope|/square",
        words="2 q |grad L| <= |grad L|^2 + q^2",
    )  # fmt: skip
    proof.use("all k", "sum", fact="each k", index="k")
    proof.conclude(
        "conclusion",
        less(least, ONE.scaled(q + _alone(rest))),
        "all k", "all ascents", "telescope", "Delta", "q",
        words="2 q K (M - lambda l) <= K q^2 + K q^2",
    )  # fmt: skip
    return proof.chain()
