r"""The chain of the sharp Theorem 1: any doubly stochastic W, with root mean squares over the tasks.

For 0 < alpha <= 1/bbar, every agent i and every K >= 1, where M is the smallest of the K norms,

    M <= q + bVbar r delta + lambda l,  q^2 = 2 Delta/(alpha K) + b_rms^2 delta^2,  r^2 = N - 1,

with delta = alpha G_rms/(1 - sigma_2) and l the Lipschitz constant of the relative entropy. The
mean of the parameters follows the gradient of the mean f of the L_j, up to an error b_rms delta.
"""

from __future__ import annotations

from fractions import Fraction

from dcpg_theory.exact.boxes import Box, at_least, positive
from dcpg_theory.exact.chains import Chain
from dcpg_theory.exact.derived import gradient_of, norm_of, sum_of, transpose, value_of
from dcpg_theory.exact.operators import SCALARS, Atom, Operator
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from proofs_check.chains import stacks
from proofs_check.chains.derivation import Derivation
from proofs_check.chains.mdp_operators import equal, less, nonnegative
from proofs_check.chains.stacks import (
    ONE,
    E,
    E_i,
    alpha,
    count,
    mean_gradient,
    number,
    theta,
)

__all__ = [
    "BOX",
    "Delta",
    "agents_spread",
    "ascent",
    "assume_constants",
    "b",
    "b_rms",
    "bbar",
    "delta",
    "descended",
    "entropy",
    "gradient_error",
    "initial_gap",
    "iterations",
    "least",
    "q",
    "r",
    "root_inside",
    "slack",
    "slope_rms",
    "stacked_gradient",
    "theorem_1_sharp",
    "to_one_agent",
    "weight",
]

Delta, bbar, b_rms, value_bend, slope_rms = symbols("Delta", "bbar", "b_rms", "bVbar", "G_rms")
q, r, entropy, weight, iterations = symbols("q", "r", "l", "lambda", "K")
delta = alpha * slope_rms / (1 - stacks.sigma)
root_inside = 2 * Delta / (alpha * iterations) + b_rms**2 * delta**2
slack = value_bend * r * delta + weight * entropy
BOX: Box = stacks.BOX.replace(
    N=at_least(2),
    Delta=positive(),
    bbar=positive(),
    b_rms=positive(),
    bVbar=at_least(0),
    G_rms=positive(),
    q=positive(),
    r=positive(),
    l=at_least(0),
    **{"lambda": at_least(0)},
)
least = Operator.of(Atom("M", SCALARS, SCALARS))
_HALF = number(Fraction(1, 2))
_x, _mean = theta["k"], stacks.m @ theta["k"]


def _scalar(name: str) -> Operator:
    return Operator.of(Atom(name, SCALARS, SCALARS))


b, b_value, G, X = (_scalar(name) for name in ("b[j]", "bV[j]", "G[j]", "X[j]"))


def _objective(mark: str) -> Operator:
    """Return f(mean of theta), f = (1/N) sum_j L_j."""
    return sum_of(value_of("L[j]", stacks.m @ theta[mark]), "j").scaled(1 / count)


def assume_constants(proof: Derivation) -> None:
    """Say what is known of the tasks' constants, and what their means are."""
    proof.smooth("L[j]", "S", b, "L_j is b_j-smooth")
    slope = gradient_of("L[j]", E @ _x)
    proof.assume("|grad L|<=G", less(norm_of(slope), G), "the gradient of L_j is at most G_j")
    proof.assume("G>=0", nonnegative(G), "a bound of a norm")
    means = (
        ("bbar", b, bbar, "the mean of the b_j"),
        ("b_rms", b @ b, b_rms**2, "the root mean square of the b_j"),
        ("G_rms", G @ G, slope_rms**2, "the root mean square of the G_j"),
    )
    for name, each, mean, words in means:
        proof.assume(name, equal(sum_of(each, "j"), ONE.scaled(count * mean)), f"{name} is {words}")


def stacked_gradient(proof: Derivation) -> None:
    """Conclude ``|g|^2``: g^T g <= D^2, with D^2 = N G_rms^2."""
    g, slope = stacks.gradients(), gradient_of("L[j]", E @ _x)
    proof.assume("block of g", equal(E @ g, slope), "the blocks of a stack are its parts")
    proof.assume(
        "D",
        equal(ONE.scaled(stacks.size**2), ONE.scaled(count * slope_rms**2)),
        "D is sqrt(N) G_rms",
    )
    proof.use("block of g^T", "transposed", fact="block of g")
    length = norm_of(slope)
    proof.use("one slope", "euclidean", vector=slope)
    own = E @ g
    proof.conclude(
        "one block",
        less(transpose(own) @ own, G @ G),
        ("block of g", transpose(own), None),
        ("block of g^T", None, slope),
        "one slope/square",
        ("|grad L|<=G", length, None),
        ("|grad L|<=G", None, G),
        words="the square of a norm",
    )
    proof.use("all blocks", "sum", fact="one block", index="j")
    proof.conclude(
        "|g|^2",
        less(transpose(g) @ g, ONE.scaled(stacks.size**2)),
        "all blocks",
        ("blocks", transpose(g), g),
        "G_rms",
        "D",
    )


def agents_spread(proof: Derivation) -> None:
    """Conclude ``|e|^2`` and ``|e_i|``: e^T e <= N delta^2, and |E_i e| <= r delta."""
    stacks.agents_stay_together(proof, "|g|^2")
    e = stacks.spread("k")
    stacks.square_at_most(proof, "e^2", e, stacks.distance, "(23)")
    proof.conclude(
        "|e|^2",
        less(transpose(e) @ e, ONE.scaled(count * delta**2)),
        "e^2",
        ("D", ONE.scaled((alpha / (1 - stacks.sigma)) ** 2), None),
    )
    part = E_i @ e
    ratio = 1 / (count - 1)
    around = e - (transpose(E_i) @ part).scaled(count * ratio) + (stacks.c @ part).scaled(ratio)
    proof.assume("r", equal(ONE.scaled(r**2), ONE.scaled(count - 1)), "r is sqrt(N - 1)")
    proof.use("around", "square", vector=around)
    proof.use("(E_ic)^T", "transposed", fact="E_ic=I")
    et, pt = transpose(e), transpose(part)
    proof.conclude(
        "zero mean",
        equal(stacks.m @ e, Operator.zero("S", SCALARS)),
        ("mc=I", None, stacks.m @ _x),
    )
    proof.use("zero mean^T", "transposed", fact="zero mean")
    proof.conclude(
        "|e_i|^2",
        less(pt @ part, ONE.scaled((r * delta) ** 2)),
        "around",
        ("E_iE_i^T=I", pt, part),
        ("E_ic=I", pt, part),
        ("(E_ic)^T", pt, part),
        ("m=c^T/N", pt, e),
        ("m^T=c/N", et, part),
        ("m=c^T/N", pt, stacks.c @ part),
        ("mc=I", pt, part),
        ("zero mean", pt, None),
        ("zero mean^T", None, part),
        "|e|^2",
        ("r", ONE.scaled(delta**2), None),
        words="e has mean 0, so one block holds at most (N - 1)/N of it",
    )
    stacks.norm_at_most(proof, "|e_i|", part, r * delta, "|e_i|^2")


def gradient_error(proof: Derivation) -> None:
    """Conclude ``error``: |grad f(mean) - mean of grad L_j(theta_j)|^2 <= (b_rms delta)^2."""
    here = E @ _x
    apart = _mean - here
    change = gradient_of("L[j]", _mean) - gradient_of("L[j]", here)
    length = norm_of(apart)
    proof.use("smooth", "lipschitz gradient", function="L[j]", first=_mean, second=here)
    proof.use("apart", "euclidean", vector=apart)
    proof.use("product", "square", vector=b.scaled(delta) - length.scaled(b_rms))
    proof.use("b u", "commutation", first=length, second=b)
    own = E @ stacks.spread("k")
    proof.conclude("off mean", equal(apart, -own), ("Ec=I", None, _mean))
    proof.use("off mean^T", "transposed", fact="off mean")
    proof.conclude(
        "one error",
        less(
            norm_of(change).scaled(2 * b_rms * delta),
            (b @ b).scaled(delta**2) + (transpose(own) @ own).scaled(b_rms**2),
        ),
        "smooth",
        "product",
        "b u",
        "apart/square",
        ("off mean", transpose(apart), None),
        ("off mean^T", None, own),
        words="2 b_rms delta u_j b_j <= delta^2 b_j^2 + b_rms^2 u_j^2",
    )
    proof.use("all errors", "sum", fact="one error", index="j")
    proof.use("error of sum", "sum triangle", vector=change, index="j")
    total = sum_of(change, "j")
    e = stacks.spread("k")
    proof.conclude(
        "|error|",
        less(norm_of(total), ONE.scaled(count * b_rms * delta)),
        "error of sum",
        "all errors",
        "b_rms",
        ("blocks", transpose(e), e),
        "|e|^2",
        words="Cauchy-Schwarz: mean of b_j u_j <= b_rms delta",
    )
    stacks.square_at_most(proof, "error", total, count * b_rms * delta, "|error|")


def ascent(proof: Derivation) -> Operator:
    """Conclude ``ascent``: (alpha/2)(|grad f|^2 - |error|^2) <= f' - f; return grad f."""
    g, slope = stacks.gradients(), gradient_of("L[j]", E @ _x)
    mean = mean_gradient("L[j]", E @ _x)
    proof.use("(Ec)^T", "transposed", fact="Ec=I")
    ct = transpose(stacks.c)
    proof.conclude("c^T g_j", equal(ct @ transpose(E) @ slope, slope), ("(Ec)^T", None, slope))
    proof.use("c^T g", "sum", fact="c^T g_j", index="j")
    step = stacks.m @ (theta["k+1"] - _x)
    proof.conclude(
        "m step",
        equal(step, mean.scaled(alpha)),
        ("update", stacks.m, None),
        ("mW=m", None, _x),
        ("m=c^T/N", None, g),
        "c^T g",
        words="the mean moves by alpha times the mean gradient, since 1^T W = 1^T",
    )
    proof.use("m step^T", "transposed", fact="m step")
    proof.use("one task", "descent", function="L[j]", start=_mean, end=stacks.m @ theta["k+1"])
    proof.use("all tasks", "sum", fact="one task/below", index="j")
    top = mean_gradient("L[j]", _mean)
    error = top - mean
    length = norm_of(mean)
    proof.use("|mean|", "euclidean", vector=mean)
    proof.use("top.mean", "scalar transpose", scalar=transpose(top) @ mean)
    st = transpose(step)
    proof.conclude(
        "ascent",
        less(
            (transpose(top) @ top - transpose(error) @ error).scaled(alpha * _HALF),
            _objective("k+1") - _objective("k"),
        ),
        "all tasks",
        ("m step", transpose(top), None),
        ("bbar", st @ step, None),
        ("m step", st, None),
        ("m step^T", None, mean),
        ("step size", length @ length, None),
        "|mean|/square",
        "top.mean",
        words="f' - f >= alpha grad f . g - (alpha/2) |g|^2, completed to a square",
    )
    return top


def initial_gap(proof: Derivation) -> None:
    """Conclude ``gap``: f(mean of theta[K]) - f(theta^0) <= Delta."""
    last, first = stacks.m @ theta["K"], stacks.m @ theta["0"]
    proof.conclude(
        "m start",
        equal(first, stacks.start),
        ("start", stacks.m, None),
        ("mc=I", None, stacks.start),
    )
    proof.use("L start", "same point", function="L[j]", fact="m start")
    initial = value_of("RE", stacks.start)
    for name, point in (("K", last), ("0", stacks.start)):
        regularized = value_of("V[j]", point) - value_of("RE", point).scaled(weight)
        proof.assume(
            f"(7) at {name}", equal(value_of("L[j]", point), regularized), "L_j = V_j - lambda RE"
        )
    rise = value_of("V[j]", last) - value_of("V[j]", stacks.start)
    proof.assume(
        "rise", less(rise, X), "rewards in an interval of length 1: values differ by <= X_j"
    )
    proof.assume("RE>=0", nonnegative(value_of("RE", last)), "relative entropy is not negative")
    proof.assume(
        "Delta",
        equal(sum_of(X, "j").scaled(1 / count) + initial.scaled(weight), ONE.scaled(Delta)),
        "Delta = mean of the X_j + lambda RE(theta^0)",
    )
    gain = value_of("L[j]", last) - value_of("L[j]", first)
    proof.conclude(
        "one gap",
        less(gain, X + initial.scaled(weight)),
        "L start/value", "(7) at K", "(7) at 0", "rise", "RE>=0",
    )  # fmt: skip
    proof.use("gaps", "sum", fact="one gap", index="j")


def descended(proof: Derivation, top: Operator, inside: RationalFunction) -> None:
    """Conclude ``sum of squares``: sum_k |grad f|^2 <= K q^2."""
    proof.use("all ascents", "sum", fact="ascent", index="k")
    proof.use("telescope", "telescope", here=_objective("k"))
    proof.use("all error", "sum", fact="error", index="k")
    proof.assume("q", equal(ONE.scaled(q**2), ONE.scaled(inside)), "q is the square root")
    proof.conclude(
        "sum of squares",
        less(sum_of(transpose(top) @ top, "k"), ONE.scaled(iterations * q**2)),
        "all ascents", "telescope", "gaps", "Delta", "all error", "q",
        words="telescoped, with |grad f - g| <= b_rms delta",
    )  # fmt: skip


def to_one_agent(proof: Derivation, function: str, constant: Operator, mean: str) -> Operator:
    """Conclude ``change``: |sum_j grad f_j(theta_i) - grad f_j(mean)| <= N (mean constant) r delta.

    `mean` names the fact that says what the mean of the smoothness constants is.
    """
    there = E_i @ _x
    proof.assume("constant>=0", nonnegative(constant), "a smoothness constant")
    each = gradient_of(function, there) - gradient_of(function, _mean)
    proof.use("at agent i", "lipschitz gradient", function=function, first=there, second=_mean)
    part = E_i @ stacks.spread("k")
    proof.conclude("i apart", equal(there - _mean, part), ("E_ic=I", None, _mean))
    proof.use("|i apart|", "congruence", fact="i apart")
    proof.conclude(
        "one change",
        less(norm_of(each), constant.scaled(r * delta)),
        "at agent i", ("|i apart|", None, constant), ("|e_i|", None, constant),
    )  # fmt: skip
    proof.use("all changes", "sum", fact="one change", index="j")
    proof.use("change of sum", "sum triangle", vector=each, index="j")
    total = sum_of(each, "j")
    limit = proof.fact(mean).right.scaled(r * delta)
    proof.conclude("change", less(norm_of(total), limit), "change of sum", "all changes", mean)
    return total


def _one_agent(proof: Derivation, top: Operator) -> Operator:
    """Conclude ``agent``: |mean grad V_j(theta_i)| <= |grad f(mean)| + bVbar r delta + lambda l."""
    there = E_i @ _x
    entropy_slope = gradient_of("RE", _mean)
    proof.assume(
        "(7)",
        equal(
            gradient_of("L[j]", _mean),
            gradient_of("V[j]", _mean) - entropy_slope.scaled(weight),
        ),
        "the gradient of L_j = V_j - lambda RE",
    )
    proof.assume(
        "RE is Lipschitz", less(norm_of(entropy_slope), ONE.scaled(entropy)), "|grad RE| <= l"
    )
    proof.use("sum (7)", "sum", fact="(7)", index="j")
    proof.smooth("V[j]", "S", b_value, "V_j is b^V_j-smooth")
    mean_bend = equal(sum_of(b_value, "j"), ONE.scaled(count * value_bend))
    proof.assume("bVbar", mean_bend, "bVbar is the mean of the b^V_j")
    total = to_one_agent(proof, "V[j]", b_value, "bVbar")
    mean = mean_gradient("V[j]", there)
    proof.conclude(
        "parts",
        equal(mean, top + entropy_slope.scaled(weight) + total.scaled(1 / count)),
        "sum (7)",
    )
    proof.use("|parts|", "congruence", fact="parts")
    proof.use("two parts", "triangle", first=top, second=entropy_slope.scaled(weight))
    proof.use(
        "three parts",
        "triangle",
        first=top + entropy_slope.scaled(weight),
        second=total.scaled(1 / count),
    )
    proof.use("lambda", "homogeneity", factor=weight, vector=entropy_slope)
    proof.use("1/N", "homogeneity", factor=1 / count, vector=total)
    proof.conclude(
        "agent",
        less(norm_of(mean), norm_of(top) + ONE.scaled(slack)),
        "|parts|", "two parts", "three parts", "lambda", "1/N", "RE is Lipschitz", "change",
        words="from the mean to agent i, and the regularizer's gradient taken off",
    )  # fmt: skip
    return mean


def theorem_1_sharp(
    inside: RationalFunction = root_inside,
    rest: RationalFunction = slack,
    limit: RationalFunction = 1 / bbar,
) -> Chain:
    """Show M <= q + rest, q^2 = inside, for N >= 2 agents and alpha <= limit."""
    proof = Derivation("Theorem 1, sharp", BOX)
    stacks.assume_blocks(proof)
    stacks.assume_mixing(proof)
    stacks.assume_update(proof)
    assume_constants(proof)
    proof.assume("step size", less(ONE.scaled(alpha), ONE.scaled(limit)), "alpha <= 1/bbar")
    stacked_gradient(proof)
    agents_spread(proof)
    gradient_error(proof)
    top = ascent(proof)
    initial_gap(proof)
    descended(proof, top, inside)
    mean = _one_agent(proof, top)
    proof.assume(
        "least",
        less(least, norm_of(mean)),
        "M is the smallest |mean_j grad V_j(theta_i[k])|, k < K",
    )
    length = norm_of(top)
    proof.use("|top|", "euclidean", vector=top)
    proof.use("tangent", "square", vector=length - ONE.scaled(q))
    proof.conclude(
        "each k",
        less(least.scaled(2 * q), transpose(top) @ top + ONE.scaled(q**2 + 2 * q * slack)),
        "least", "agent", "tangent", "|top|/square",
        words="2 q |grad f| <= |grad f|^2 + q^2",
    )  # fmt: skip
    proof.use("all k", "sum", fact="each k", index="k")
    proof.conclude(
        "conclusion",
        less(least, ONE.scaled(q + rest)),
        "all k", "sum of squares",
        words="2 q K (M - rest) <= K q^2 + K q^2",
    )  # fmt: skip
    return proof.chain()
