r"""The agents' distance from their mean under gradient tracking: steps 1 to 6 of its proof.

docs/gradient-tracking.md adds norms of sequences. Here |x + y|^2 <= |x|^2/w + |y|^2/(1 - w) takes
the place of every such addition, with a weight w at which both agree. So the chain has sums of
squares only, and no constant is lost.
"""

from __future__ import annotations

from fractions import Fraction

from dcpg_theory.exact.boxes import Box, Interval, at_least, positive
from dcpg_theory.exact.derived import gradient_of, norm_of, sum_of, transpose
from dcpg_theory.exact.operators import SCALARS, Atom, Operator
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from proofs_check.chains import stacks
from proofs_check.chains.derivation import Derivation
from proofs_check.chains.mdp_operators import equal, less
from proofs_check.chains.stacks import ONE, E, W, c, count, m, mean_gradient, number, theta

__all__ = [
    "Delta", "G", "Z", "alpha", "assume_method", "b", "box_up_to", "climb", "distance_squares",
    "distances", "e", "first_error", "gradients_change", "iterations", "kappa", "lipschitz",
    "mean_of_tracker", "mean_slope", "mixing_part", "q", "remaining", "rho", "share", "sigma",
    "square", "sum_of_squares", "together", "u", "v", "weight", "weighted_squares",
]  # fmt: skip

q, b, Delta, G, sigma, iterations = symbols("q", "b", "Delta", "G_rms", "sigma_2", "K")
u, v, remaining, climb = symbols("u", "v", "c_Q", "R")
Z, kappa, weight, share = symbols("Z", "kappa", "w", "w_1")
"""``remaining`` is the c of the statement, what is left of Q; kappa is the root of K."""
rho = 1 - sigma
alpha = q * rho**2 / (2 * b)
BOX = Box(
    q=Interval(Fraction(0), Fraction(1, 2), closed_upper=True),
    sigma_2=Interval(Fraction(0), Fraction(1), closed_lower=True),
    w=Interval(Fraction(0), Fraction(1)),
    w_1=Interval(Fraction(0), Fraction(1)),
    N=at_least(2),
    K=at_least(1),
    **dict.fromkeys(("b", "G_rms", "Delta", "u", "v", "c_Q", "R", "Z", "kappa"), positive()),
)
_HALF = number(Fraction(1, 2))
_MARKS = ("0", "k", "k+1", "K")
y, g, p = (
    {mark: Operator.of(Atom(f"{name}[{mark}]", "A", SCALARS)) for mark in _MARKS}
    for name in ("y", "g", "p")
)
_x, _mean = theta["k"], m @ theta["k"]
_change = g["k+1"] - g["k"]
_step = theta["k+1"] - theta["k"]
mean_slope = mean_gradient("L[j]", E @ _x)
SLOPES = G**2 * count
"""The sum of the squares of the G_j."""


def box_up_to(longest: Fraction) -> Box:
    """Return the ranges of the symbols, where q reaches up to `longest`."""
    return BOX.replace(q=Interval(Fraction(0), longest, closed_upper=True))


def square(vector: Operator) -> Operator:
    """Return |x|^2."""
    return transpose(vector) @ vector


def sum_of_squares(vector: Operator) -> Operator:
    """Return sum_k |x[k]|^2."""
    return sum_of(square(vector), "k")


def _rest(vector: Operator) -> Operator:
    """Return a stack minus its mean, copied."""
    return vector - c @ m @ vector


def _tracking_error(mark: str) -> Operator:
    """Return r = s - p: what the changes of the gradients add to the tracking error."""
    return _rest(y[mark]) - p[mark]


e, s, r = _rest(_x), _rest(y["k"]), _tracking_error("k")


def assume_method(proof: Derivation) -> None:
    """Say what gradient tracking is; p[k] = (W - J)^k s[0] is a name for its first error, spread."""
    proof.assume(
        "update",
        equal(theta["k+1"], W @ _x + y["k"].scaled(alpha)),
        "theta_i[k+1] = sum_j W_ij theta_j[k] + alpha y_i[k], for every k",
    )
    proof.assume(
        "tracker",
        equal(y["k+1"], W @ y["k"] + _change),
        "y_i[k+1] = sum_j W_ij y_j[k] + g_i[k+1] - g_i[k], for every k",
    )
    proof.assume("y start", equal(y["0"], g["0"]), "y_i[0] = g_i[0]")
    proof.assume("start", equal(theta["0"], c @ stacks.start), "equal initialisation")
    for mark in ("0", "k", "k+1"):
        proof.assume(
            f"g[{mark}]",
            equal(E @ g[mark], gradient_of("L[j]", E @ theta[mark])),
            "agent j's block of g is the gradient of L_j at theta_j",
        )
    proof.assume("p start", equal(p["0"], _rest(y["0"])), "p[0] = s[0]")
    proof.assume("p", equal(p["k+1"], W @ p["k"] - c @ m @ p["k"]), "p[k] = (W - J)^k s[0]")
    proof.smooth("L[j]", "S", ONE.scaled(b), "L_j is b-smooth, where b = max b_j")


def weighted_squares(
    proof: Derivation, name: str, parts: list[Operator], weights: list[RationalFunction]
) -> tuple[str, ...]:
    """Use the squares behind |sum x|^2 <= sum |x|^2/w for weights that add up to one."""
    used = []
    for one in range(len(parts)):
        for two in range(one):
            label = f"{name}: {two + 1}, {one + 1}"
            apart = parts[one].scaled(1 / weights[one]) - parts[two].scaled(1 / weights[two])
            proof.use(label, "square", vector=apart)
            used.append(label)
    return tuple(used)


def mean_of_tracker(proof: Derivation) -> None:
    """Conclude ``m step``: the mean of the parameters moves by alpha times the mean gradient."""
    apart = {mark: m @ y[mark] - m @ g[mark] for mark in ("0", "k", "k+1")}
    proof.conclude(
        "mean stays",
        equal(apart["k+1"], apart["k"]),
        ("tracker", m, None),
        ("mW=m", None, y["k"]),
    )
    proof.conclude(
        "mean starts", equal(apart["0"], Operator.zero("S", SCALARS)), ("y start", m, None)
    )
    proof.use("mean of y", "vanishing", step="mean stays", start="mean starts", here=apart["k"])
    proof.use("sum of g", "sum", fact="g[k]", index="j")
    proof.conclude(
        "m step",
        equal(m @ _step, mean_slope.scaled(alpha)),
        ("update", m, None),
        ("mW=m", None, _x),
        "mean of y",
        ("m", None, g["k"]),
        "sum of g",
        words="1^T W = 1^T, so the mean of the y_i is that of the gradients, by induction",
    )


def _accumulated(
    proof: Derivation, name: str, here: Operator, push: Operator, *because: str
) -> None:
    """Conclude ``<name>``: rho^2 sum_k |x[k]|^2 <= sum_k |push[k]|^2, from x[0] = 0.

    There must be the facts ``<name> step``: x[k+1] = (W - J) x[k] + push, and ``<name> start``.
    """
    following, first = (
        {"E": _rest(theta[mark]), "S": _tracking_error(mark)}[name] for mark in ("k+1", "0")
    )
    mixed = W @ here - c @ m @ here
    now, then, noise = norm_of(here), norm_of(following), norm_of(push)
    proof.assume(
        f"{name}: sigma_2",
        less(norm_of(mixed), now.scaled(sigma)),
        "sigma_2 is the largest singular value of W - J",
    )
    proof.use(f"{name}: norms", "congruence", fact=f"{name} step")
    proof.use(f"{name}: split", "triangle", first=mixed, second=push)
    proof.conclude(
        f"{name}: recursion",
        less(then, now.scaled(sigma) + noise),
        f"{name}: norms", f"{name}: split", f"{name}: sigma_2",
    )  # fmt: skip
    for label, vector in (("x", here), ("x'", following), ("push", push)):
        proof.use(f"{name}: {label}", "euclidean", vector=vector)
    proof.use(f"{name}: square", "square", vector=now - noise.scaled(1 / rho))
    proof.conclude(
        f"{name}: squares",
        less(square(following), square(here).scaled(sigma) + square(push).scaled(1 / rho)),
        (f"{name}: recursion", then, None),
        (f"{name}: recursion", None, now.scaled(sigma) + noise),
        f"{name}: square",
        f"{name}: x/square", f"{name}: x'/square", f"{name}: push/square",
        words="(sigma a + x)^2 <= sigma a^2 + x^2/rho",
    )  # fmt: skip
    proof.use(f"{name}: all", "sum", fact=f"{name}: squares", index="k")
    proof.use(f"{name}: telescope", "telescope", here=square(here))
    last = {"E": _rest(theta["K"]), "S": _tracking_error("K")}[name]
    proof.use(f"{name}: last", "square", vector=last)
    proof.conclude(
        name,
        less(sum_of_squares(here).scaled(rho**2), sum_of_squares(push)),
        f"{name}: all", f"{name}: telescope", f"{name}: last",
        (f"{name} start", transpose(first), None), *because,
        words="summed over k, from 0 on",
    )  # fmt: skip


def distances(proof: Derivation) -> None:
    """Conclude ``E`` and ``S``: what e and r are at most, as sums over k."""
    nothing = Operator.zero("A", SCALARS)
    for name, here, following, vector, push, *moved in (
        ("E", e, _rest(theta["k+1"]), _x, s.scaled(alpha), "update"),
        ("S", r, _tracking_error("k+1"), y["k"], _rest(_change), "tracker", "p"),
    ):
        proof.conclude(
            f"{name} step",
            equal(following, W @ here - c @ m @ here + push),
            *moved, (moved[0], c @ m, None),
            ("mW=m", c, vector), ("Wc=c", None, m @ vector), ("mc=I", c, m @ vector),
            words="x[k+1] = (W - J) x[k] + what is new",
        )  # fmt: skip
    proof.conclude(
        "E start", equal(_rest(theta["0"]), nothing), "start", ("start", c @ m, None),
        ("mc=I", c, stacks.start),
    )  # fmt: skip
    proof.conclude("S start", equal(_tracking_error("0"), nothing), "p start")
    _accumulated(proof, "E", e, s.scaled(alpha))
    _accumulated(proof, "S", r, _rest(_change))


def first_error(proof: Derivation) -> None:
    """Conclude ``P``: (1 - sigma^2) sum_k |p[k]|^2 <= N G^2."""
    mixed = W @ p["k"] - c @ m @ p["k"]
    now, then = norm_of(p["k"]), norm_of(p["k+1"])
    proof.assume(
        "P: sigma_2",
        less(norm_of(mixed), now.scaled(sigma)),
        "sigma_2 is the largest singular value of W - J",
    )
    proof.use("P: norms", "congruence", fact="p")
    for label, vector in (("x", p["k"]), ("x'", p["k+1"])):
        proof.use(f"P: {label}", "euclidean", vector=vector)
    proof.conclude("P: recursion", less(then, now.scaled(sigma)), "P: norms", "P: sigma_2")
    proof.conclude(
        "P: squares",
        less(square(p["k+1"]), square(p["k"]).scaled(sigma**2)),
        ("P: recursion", then, None), ("P: recursion", None, now.scaled(sigma)),
        "P: x/square", "P: x'/square",
    )  # fmt: skip
    proof.use("P: all", "sum", fact="P: squares", index="k")
    proof.use("P: telescope", "telescope", here=square(p["k"]))
    proof.use("P: last", "square", vector=p["K"])
    slope = gradient_of("L[j]", E @ theta["0"])
    size = Operator.of(Atom("G[j]", SCALARS, SCALARS))
    proof.assume("|grad L|<=G", less(norm_of(slope), size), "|grad L_j(theta^0)| <= G_j")
    proof.assume("G>=0", less(Operator.zero(SCALARS, SCALARS), size), "a bound of a norm")
    proof.assume(
        "G_rms", equal(sum_of(size @ size, "j"), ONE.scaled(SLOPES)), "the root mean square"
    )
    proof.use("slope", "euclidean", vector=slope)
    proof.use("g[0]^T", "transposed", fact="g[0]")
    own = E @ g["0"]
    proof.conclude(
        "slope^2",
        less(square(own), size @ size),
        ("g[0]", transpose(own), None), ("g[0]^T", None, slope), "slope/square",
        ("|grad L|<=G", norm_of(slope), None), ("|grad L|<=G", None, size),
    )  # fmt: skip
    proof.use("slopes", "sum", fact="slope^2", index="j")
    _projected(proof, "y start: J", y["0"])
    proof.use("p start^T", "transposed", fact="p start")
    proof.use("y start^T", "transposed", fact="y start")
    first, error = y["0"], _rest(y["0"])
    proof.conclude(
        "P",
        less(sum_of_squares(p["k"]).scaled(1 - sigma**2), ONE.scaled(SLOPES)),
        "P: all", "P: telescope", "P: last",
        ("p start", transpose(p["0"]), None), ("p start^T", None, error),
        "y start: J",
        ("y start", transpose(first), None), ("y start^T", None, g["0"]),
        ("blocks", transpose(g["0"]), g["0"]), "slopes", "G_rms",
        words="the first error dies out: sum_k sigma^(2k) <= 1/(1 - sigma^2)",
    )  # fmt: skip


def _projected(proof: Derivation, name: str, vector: Operator) -> None:
    """Conclude that |(I - J) x|^2 <= |x|^2."""
    copied, t = c @ m @ vector, transpose(vector)
    proof.use(f"{name}, square", "square", vector=copied)
    proof.conclude(
        name,
        less(square(_rest(vector)), square(vector)),
        f"{name}, square",
        ("J^T=J", t, vector), ("J^T=J", t, copied), ("mc=I", t @ c, m @ vector),
        words="I - J is a projection",
    )  # fmt: skip


def gradients_change(proof: Derivation) -> None:
    """Conclude ``D``: sum_k |(I - J)(g' - g)|^2 <= b^2 sum_k |step|^2."""
    there, here = E @ theta["k+1"], E @ _x
    lipschitz(proof, "D", there, here)
    slopes = gradient_of("L[j]", there) - gradient_of("L[j]", here)
    block = E @ _change
    proof.conclude("block", equal(block, slopes), "g[k+1]", "g[k]")
    proof.use("block^T", "transposed", fact="block")
    proof.conclude(
        "block^2",
        less(square(block), square(E @ _step).scaled(b**2)),
        ("block", transpose(block), None), ("block^T", None, slopes), "D: one",
    )  # fmt: skip
    proof.use("blocks^2", "sum", fact="block^2", index="j")
    _projected(proof, "D: J", _change)
    proof.conclude(
        "D: each",
        less(square(_rest(_change)), square(_step).scaled(b**2)),
        "D: J",
        ("blocks", transpose(_change), _change), ("blocks", transpose(_step), _step), "blocks^2",
        words="|g' - g| <= b |theta' - theta|",
    )  # fmt: skip
    proof.use("D", "sum", fact="D: each", index="k")


def lipschitz(proof: Derivation, name: str, one: Operator, two: Operator) -> None:
    """Conclude ``<name>: one``: |grad L_j(x) - grad L_j(y)|^2 <= b^2 |x - y|^2."""
    change, apart = gradient_of("L[j]", one) - gradient_of("L[j]", two), one - two
    proof.use(f"{name}: smooth", "lipschitz gradient", function="L[j]", first=one, second=two)
    proof.use(f"{name}: change", "euclidean", vector=change)
    proof.use(f"{name}: apart", "euclidean", vector=apart)
    length = norm_of(apart).scaled(b)
    proof.conclude(
        f"{name}: one",
        less(square(change), square(apart).scaled(b**2)),
        (f"{name}: smooth", norm_of(change), None), (f"{name}: smooth", None, length),
        f"{name}: change/square", f"{name}: apart/square",
    )  # fmt: skip


def mixing_part(proof: Derivation) -> None:
    """Conclude ``a``: |(W - I) e|^2 <= (1 + sigma)^2 |e|^2."""
    mixed = W @ e - c @ m @ e
    part, length = mixed - e, norm_of(e)
    proof.use("a: split", "triangle", first=mixed, second=-e)
    proof.use("a: sign", "homogeneity", factor=number(-1), vector=e)
    proof.use("a: norm", "euclidean", vector=part)
    most = length.scaled(1 + sigma)
    proof.conclude("|a|", less(norm_of(part), most), "a: split", "a: sign", "E: sigma_2")
    proof.conclude(
        "a",
        less(square(part), square(e).scaled((1 + sigma) ** 2)),
        ("|a|", norm_of(part), None), ("|a|", None, most), "a: norm/square", "E: x/square",
    )  # fmt: skip
    proof.conclude(
        "step",
        equal(_step, part + s.scaled(alpha) + (c @ mean_slope).scaled(alpha)),
        "update", ("m step", c, None), ("update", c @ m, None), ("mW=m", c, _x),
        ("Wc=c", None, _mean), ("mc=I", c, _mean),
        words="theta' - theta = (W - I) e + alpha s + alpha 1 gbar",
    )  # fmt: skip
    proof.use("step^T", "transposed", fact="step")
    gt = transpose(mean_slope)
    proof.conclude(
        "copies",
        equal(square(c @ mean_slope), square(mean_slope).scaled(count)),
        ("m=c^T/N", gt, c @ mean_slope), ("mc=I", gt, mean_slope),
        words="N copies",
    )  # fmt: skip


def together(proof: Derivation, name: str, share: RationalFunction) -> None:
    """Conclude ``<name>``: sum_k |e|^2 <= u'^2/share + v'^2 Q/(1 - share).

    u' = alpha sqrt(N) G/(rho (1-q) sqrt(1-sigma^2)), v' = b alpha^2 sqrt(N)/(rho^2 (1-q)).
    """
    first, last = (1 - q) * share, (1 - q) * (1 - share)
    parts = [W @ e - c @ m @ e - e, s.scaled(alpha), (c @ mean_slope).scaled(alpha)]
    shares = [q * (1 + sigma) / 2, q * rho / 2, last]
    weights = [w / (1 - first) for w in shares]
    used = weighted_squares(proof, f"{name}: step", parts, weights)
    total = parts[0] + parts[1] + parts[2]
    most = (
        square(e).scaled((1 + sigma) ** 2 / weights[0])
        + square(s).scaled(alpha**2 / weights[1])
        + square(mean_slope).scaled(count * alpha**2 / weights[2])
    )
    proof.conclude(
        f"{name}: steps",
        less(square(_step), most),
        ("step", transpose(_step), None), ("step^T", None, total), *used, "a", "copies",
    )  # fmt: skip
    proof.use(f"{name}: all steps", "sum", fact=f"{name}: steps", index="k")
    split = weighted_squares(proof, f"{name}: s", [p["k"], r], [first, 1 - first])
    proof.conclude(
        f"{name}: s",
        less(square(s), square(p["k"]).scaled(1 / first) + square(r).scaled(1 / (1 - first))),
        *split,
    )
    proof.use(f"{name}: all s", "sum", fact=f"{name}: s", index="k")
    errors, slopes = distance_squares()
    proof.conclude(
        name,
        less(
            sum_of_squares(e),
            ONE.scaled(errors / share) + sum_of_squares(mean_slope).scaled(slopes / (1 - share)),
        ),
        "E", f"{name}: all s", "P", "S", "D", f"{name}: all steps",
        words="(1 - q) |s| <= |p| + (b alpha sqrt(N)/rho) |gbar| as sums, and |e| <= alpha |s|/rho",
    )  # fmt: skip


def distance_squares() -> tuple[RationalFunction, RationalFunction]:
    """Return u'^2 and v'^2 of the page, with N G^2 in place of |s[0]|^2."""
    return (
        alpha**2 * SLOPES / (rho**2 * (1 - q) ** 2 * (1 - sigma**2)),
        b**2 * alpha**4 * count / (rho**4 * (1 - q) ** 2),
    )
