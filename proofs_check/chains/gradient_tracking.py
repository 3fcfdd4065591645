r"""The chain of gradient tracking: the rate of docs/gradient-tracking.md, without sequences' norms.

For N >= 2 agents, rho = 1 - sigma_2, a step alpha = q rho^2/(2 b) with 0 < q <= 1/2, every agent i
and every K >= 1, where M is the smallest of the K norms of grad f(theta_i[k]),

    M <= (Z + u)/sqrt(K),  Z^2 = R (1 + v^2/c).

The page adds norms of sequences. Here (x + y)^2 <= x^2/w + y^2/(1 - w) takes the place of every
such addition, with the weight w at which both sides are equal when the bounds are attained. So the
chain has sums of squares only, and loses nothing.
"""

from __future__ import annotations

from fractions import Fraction

from dcpg_theory.exact.boxes import Box, Interval, at_least, positive
from dcpg_theory.exact.chains import Chain
from dcpg_theory.exact.derived import gradient_of, norm_of, sum_of, transpose, value_of
from dcpg_theory.exact.operators import SCALARS, Atom, Operator
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from proofs_check.chains import stacks
from proofs_check.chains.derivation import Derivation
from proofs_check.chains.mdp_operators import equal, less
from proofs_check.chains.stacks import ONE, E, E_i, W, c, count, m, mean_gradient, number, theta

__all__ = ["BOX", "gradient_tracking", "remaining"]

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
least = Operator.of(Atom("M", SCALARS, SCALARS))
y, g, p = (
    {mark: Operator.of(Atom(f"{name}[{mark}]", "A", SCALARS)) for mark in _MARKS}
    for name in ("y", "g", "p")
)
_x, _mean = theta["k"], m @ theta["k"]
_change = g["k+1"] - g["k"]
_step = theta["k+1"] - theta["k"]
_gbar = mean_gradient("L[j]", E @ _x)
top = mean_gradient("L[j]", _mean)
SLOPES = G**2 * count
"""The sum of the squares of the G_j."""


def _square(vector: Operator) -> Operator:
    return transpose(vector) @ vector


def _total(vector: Operator) -> Operator:
    """Return sum_k |x[k]|^2."""
    return sum_of(_square(vector), "k")


def _rest(vector: Operator) -> Operator:
    """Return a stack minus its mean, copied."""
    return vector - c @ m @ vector


def _tracking_error(mark: str) -> Operator:
    """Return r = s - p: what the changes of the gradients add to the tracking error."""
    return _rest(y[mark]) - p[mark]


e, s, r = _rest(_x), _rest(y["k"]), _tracking_error("k")


def _assume_method(proof: Derivation) -> None:
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


def _parts(
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


def _mean_of_tracker(proof: Derivation) -> None:
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
        equal(m @ _step, _gbar.scaled(alpha)),
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
        less(_square(following), _square(here).scaled(sigma) + _square(push).scaled(1 / rho)),
        (f"{name}: recursion", then, None),
        (f"{name}: recursion", None, now.scaled(sigma) + noise),
        f"{name}: square",
        f"{name}: x/square", f"{name}: x'/square", f"{name}: push/square",
        words="(sigma a + x)^2 <= sigma a^2 + x^2/rho",
    )  # fmt: skip
    proof.use(f"{name}: all", "sum", fact=f"{name}: squares", index="k")
    proof.use(f"{name}: telescope", "telescope", here=_square(here))
    last = {"E": _rest(theta["K"]), "S": _tracking_error("K")}[name]
    proof.use(f"{name}: last", "square", vector=last)
    proof.conclude(
        name,
        less(_total(here).scaled(rho**2), _total(push)),
        f"{name}: all", f"{name}: telescope", f"{name}: last",
        (f"{name} start", transpose(first), None), *because,
        words="summed over k, from 0 on",
    )  # fmt: skip


def _distances(proof: Derivation) -> None:
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


def _first_error(proof: Derivation) -> None:
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
        less(_square(p["k+1"]), _square(p["k"]).scaled(sigma**2)),
        ("P: recursion", then, None), ("P: recursion", None, now.scaled(sigma)),
        "P: x/square", "P: x'/square",
    )  # fmt: skip
    proof.use("P: all", "sum", fact="P: squares", index="k")
    proof.use("P: telescope", "telescope", here=_square(p["k"]))
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
        less(_square(own), size @ size),
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
        less(_total(p["k"]).scaled(1 - sigma**2), ONE.scaled(SLOPES)),
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
        less(_square(_rest(vector)), _square(vector)),
        f"{name}, square",
        ("J^T=J", t, vector), ("J^T=J", t, copied), ("mc=I", t @ c, m @ vector),
        words="I - J is a projection",
    )  # fmt: skip


def _gradients_change(proof: Derivation) -> None:
    """Conclude ``D``: sum_k |(I - J)(g' - g)|^2 <= b^2 sum_k |step|^2."""
    there, here = E @ theta["k+1"], E @ _x
    _lipschitz(proof, "D", there, here)
    slopes = gradient_of("L[j]", there) - gradient_of("L[j]", here)
    block = E @ _change
    proof.conclude("block", equal(block, slopes), "g[k+1]", "g[k]")
    proof.use("block^T", "transposed", fact="block")
    proof.conclude(
        "block^2",
        less(_square(block), _square(E @ _step).scaled(b**2)),
        ("block", transpose(block), None), ("block^T", None, slopes), "D: one",
    )  # fmt: skip
    proof.use("blocks^2", "sum", fact="block^2", index="j")
    _projected(proof, "D: J", _change)
    proof.conclude(
        "D: each",
        less(_square(_rest(_change)), _square(_step).scaled(b**2)),
        "D: J",
        ("blocks", transpose(_change), _change), ("blocks", transpose(_step), _step), "blocks^2",
        words="|g' - g| <= b |theta' - theta|",
    )  # fmt: skip
    proof.use("D", "sum", fact="D: each", index="k")


def _lipschitz(proof: Derivation, name: str, one: Operator, two: Operator) -> None:
    """Conclude ``<name>: one``: |grad L_j(x) - grad L_j(y)|^2 <= b^2 |x - y|^2."""
    change, apart = gradient_of("L[j]", one) - gradient_of("L[j]", two), one - two
    proof.use(f"{name}: smooth", "lipschitz gradient", function="L[j]", first=one, second=two)
    proof.use(f"{name}: change", "euclidean", vector=change)
    proof.use(f"{name}: apart", "euclidean", vector=apart)
    length = norm_of(apart).scaled(b)
    proof.conclude(
        f"{name}: one",
        less(_square(change), _square(apart).scaled(b**2)),
        (f"{name}: smooth", norm_of(change), None), (f"{name}: smooth", None, length),
        f"{name}: change/square", f"{name}: apart/square",
    )  # fmt: skip


def _mixing_part(proof: Derivation) -> None:
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
        less(_square(part), _square(e).scaled((1 + sigma) ** 2)),
        ("|a|", norm_of(part), None), ("|a|", None, most), "a: norm/square", "E: x/square",
    )  # fmt: skip
    proof.conclude(
        "step",
        equal(_step, part + s.scaled(alpha) + (c @ _gbar).scaled(alpha)),
        "update", ("m step", c, None), ("update", c @ m, None), ("mW=m", c, _x),
        ("Wc=c", None, _mean), ("mc=I", c, _mean),
        words="theta' - theta = (W - I) e + alpha s + alpha 1 gbar",
    )  # fmt: skip
    proof.use("step^T", "transposed", fact="step")
    gt = transpose(_gbar)
    proof.conclude(
        "copies",
        equal(_square(c @ _gbar), _square(_gbar).scaled(count)),
        ("m=c^T/N", gt, c @ _gbar), ("mc=I", gt, _gbar),
        words="N copies",
    )  # fmt: skip


def _together(proof: Derivation, name: str, share: RationalFunction) -> None:
    """Conclude ``<name>``: sum_k |e|^2 <= u'^2/share + v'^2 Q/(1 - share).

    u' = alpha sqrt(N) G/(rho (1-q) sqrt(1-sigma^2)), v' = b alpha^2 sqrt(N)/(rho^2 (1-q)).
    """
    first, last = (1 - q) * share, (1 - q) * (1 - share)
    parts = [W @ e - c @ m @ e - e, s.scaled(alpha), (c @ _gbar).scaled(alpha)]
    shares = [q * (1 + sigma) / 2, q * rho / 2, last]
    weights = [w / (1 - first) for w in shares]
    used = _parts(proof, f"{name}: step", parts, weights)
    total = parts[0] + parts[1] + parts[2]
    most = (
        _square(e).scaled((1 + sigma) ** 2 / weights[0])
        + _square(s).scaled(alpha**2 / weights[1])
        + _square(_gbar).scaled(count * alpha**2 / weights[2])
    )
    proof.conclude(
        f"{name}: steps",
        less(_square(_step), most),
        ("step", transpose(_step), None), ("step^T", None, total), *used, "a", "copies",
    )  # fmt: skip
    proof.use(f"{name}: all steps", "sum", fact=f"{name}: steps", index="k")
    split = _parts(proof, f"{name}: s", [p["k"], r], [first, 1 - first])
    proof.conclude(
        f"{name}: s",
        less(_square(s), _square(p["k"]).scaled(1 / first) + _square(r).scaled(1 / (1 - first))),
        *split,
    )
    proof.use(f"{name}: all s", "sum", fact=f"{name}: s", index="k")
    errors, slopes = distance_squares()
    proof.conclude(
        name,
        less(
            _total(e),
            ONE.scaled(errors / share) + _total(_gbar).scaled(slopes / (1 - share)),
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


def _objective(mark: str) -> Operator:
    """Return f(mean of theta)."""
    return sum_of(value_of("L[j]", m @ theta[mark]), "j").scaled(1 / count)


def _jensen(proof: Derivation, name: str, one: Operator, two: Operator) -> Operator:
    """Conclude ``<name>``: |mean of grad L_j(x) - grad L_j(y)|^2 <= (b^2/N) sum_j |x - y|^2."""
    _lipschitz(proof, name, one, two)
    change = gradient_of("L[j]", one) - gradient_of("L[j]", two)
    mean = sum_of(change, "j").scaled(1 / count)
    proof.use(f"{name}: around", "square", vector=change - mean)
    proof.use(f"{name}: mean", "sum", fact=f"{name}: around", index="j")
    proof.use(f"{name}: sum", "sum", fact=f"{name}: one", index="j")
    proof.conclude(
        f"{name}: error",
        less(_square(mean), sum_of(_square(one - two), "j").scaled(b**2 / count)),
        f"{name}: mean", f"{name}: sum",
        words="the square of a mean is at most the mean of the squares",
    )  # fmt: skip
    return mean


def _descent(proof: Derivation) -> None:
    """Conclude ``descent``: P + (1 - alpha b) Q <= 2 Delta/alpha + (b^2/N) sum_k |e|^2."""
    here = E @ _x
    error, own = _jensen(proof, "mean", _mean, here), E @ e
    proof.conclude("off mean", equal(_mean - here, -own), ("Ec=I", None, _mean))
    proof.use("off mean^T", "transposed", fact="off mean")
    proof.conclude(
        "off mean^2",
        equal(_square(_mean - here), _square(own)),
        ("off mean", transpose(_mean - here), None), ("off mean^T", None, own),
    )  # fmt: skip
    proof.use("off means", "sum", fact="off mean^2", index="j")
    proof.use("m step^T", "transposed", fact="m step")
    proof.use("model", "descent", function="L[j]", start=_mean, end=m @ theta["k+1"])
    proof.use("models", "sum", fact="model/below", index="j")
    proof.use("top.gbar", "scalar transpose", scalar=transpose(top) @ _gbar)
    move = m @ _step
    most = _square(top) + _square(_gbar).scaled(1 - alpha * b)
    gain = (_objective("k+1") - _objective("k")).scaled(2 / alpha)
    assert error == top - _gbar
    proof.conclude(
        "ascent",
        less(most, gain + _square(e).scaled(b**2 / count)),
        "models", "top.gbar",
        ("m step", transpose(top), None), ("m step", transpose(move), None),
        ("m step^T", None, _gbar),
        "mean: error", "off means", ("blocks", transpose(e), e),
        words="f' >= f + alpha <grad f, gbar> - (b alpha^2/2) |gbar|^2, completed to a square",
    )  # fmt: skip
    proof.use("ascents", "sum", fact="ascent", index="k")
    proof.use("telescope", "telescope", here=_objective("k"))
    first = m @ theta["0"]
    proof.conclude(
        "m start", equal(first, stacks.start), ("start", m, None), ("mc=I", None, stacks.start)
    )
    proof.use("L start", "same point", function="L[j]", fact="m start")
    proof.use("L starts", "sum", fact="L start/value", index="j")
    begin = sum_of(value_of("L[j]", stacks.start), "j").scaled(1 / count)
    proof.assume(
        "Delta",
        less(_objective("K") - begin, ONE.scaled(Delta)),
        "f - f(theta^0) <= Delta everywhere",
    )
    proof.conclude(
        "descent",
        less(
            _total(top) + _total(_gbar).scaled(1 - alpha * b),
            ONE.scaled(2 * Delta / alpha) + _total(e).scaled(b**2 / count),
        ),
        "ascents", "telescope", "L starts", "Delta",
    )  # fmt: skip


def _agent(proof: Derivation, w_1: RationalFunction) -> Operator:
    """Conclude ``agent``: |grad f(theta_i)|^2 <= |top|^2/w_1 + b^2 ((N-1)/N) |e|^2/(1 - w_1)."""
    there, part = E_i @ _x, E_i @ e
    change = _jensen(proof, "agent i", there, _mean)
    proof.conclude("i apart", equal(there - _mean, part), ("E_ic=I", None, _mean))
    proof.use("i apart^T", "transposed", fact="i apart")
    ratio = 1 / (count - 1)
    around = e - (transpose(E_i) @ part).scaled(count * ratio) + (c @ part).scaled(ratio)
    proof.use("around", "square", vector=around)
    proof.use("(E_ic)^T", "transposed", fact="E_ic=I")
    et, pt = transpose(e), transpose(part)
    proof.conclude("zero mean", equal(m @ e, Operator.zero("S", SCALARS)), ("mc=I", None, _mean))
    proof.use("zero mean^T", "transposed", fact="zero mean")
    proof.conclude(
        "|e_i|^2",
        less(pt @ part, _square(e).scaled((count - 1) / count)),
        "around",
        ("E_iE_i^T=I", pt, part), ("E_ic=I", pt, part), ("(E_ic)^T", pt, part),
        ("m=c^T/N", pt, e), ("m^T=c/N", et, part), ("m=c^T/N", pt, c @ part),
        ("mc=I", pt, part), ("zero mean", pt, None), ("zero mean^T", None, part),
        words="e has mean 0, so one block holds at most (N - 1)/N of it",
    )  # fmt: skip
    mean = mean_gradient("L[j]", there)
    used = _parts(proof, "agent", [top, change], [w_1, 1 - w_1])
    proof.conclude(
        "agent",
        less(
            _square(mean),
            _square(top).scaled(1 / w_1)
            + _square(e).scaled(b**2 * (count - 1) / count / (1 - w_1)),
        ),
        *used, "agent i: error",
        ("i apart", transpose(there - _mean), None), ("i apart^T", None, part), "|e_i|^2",
        words="|x + y|^2 <= |x|^2/w + |y|^2/(1 - w)",
    )  # fmt: skip
    proof.use("agents", "sum", fact="agent", index="k")
    return mean


def _squares(proof: Derivation, mean: Operator) -> None:
    """Conclude ``squares``: sum_k |grad f(theta_i)|^2 <= (Z + u)^2; here the weights get values.

    (sqrt(P) + sqrt(Q) v + u)^2 <= P/w_1 + v^2 Q/w_2 + u^2/w_3 with w_3 = u/(Z + u) and w_1 : w_2 = c : v^2.
    """
    whole, mixed = Z + u, remaining + v**2
    part, own = Z * remaining / (whole * mixed), u * mixed / (u * mixed + Z * v**2)
    for symbol, name, value in ((share, "w_1", part), (weight, "w", own)):
        words = f"{name} is short for this"
        proof.assume(name, equal(ONE.scaled(symbol), ONE.scaled(value)), words)
    slopes = _total(_gbar)
    far = _total(e).scaled(b**2 * (count - 1) / count)
    proof.conclude(
        "far",
        less(far, ONE.scaled(u**2 / weight) + slopes.scaled(v**2 / (1 - weight))),
        "best", "u", ("v", None, slopes),
    )  # fmt: skip
    proof.conclude(
        "far, best",
        less(far, ONE.scaled(u**2 / own) + slopes.scaled(v**2 / (1 - own))),
        "far", "w", ("w", None, slopes),
    )  # fmt: skip
    proof.conclude(
        "agents, best",
        less(_total(mean), _total(top).scaled(1 / part) + far.scaled(1 / (1 - part))),
        "agents", ("w_1", None, _total(top)), ("w_1", None, _total(e)),
    )  # fmt: skip
    proof.conclude(
        "squares",
        less(_total(mean), ONE.scaled(whole**2)),
        "agents, best", "far, best", "P + cQ", "Z",
        words="(sqrt(P) + v sqrt(Q) + u)^2 <= (Z + u)^2, since P + c Q <= R",
    )  # fmt: skip


def box_up_to(longest: Fraction) -> Box:
    """Return the ranges of the symbols, where q reaches up to `longest`."""
    return BOX.replace(q=Interval(Fraction(0), longest, closed_upper=True))


def gradient_tracking(
    inside: RationalFunction,
    room: RationalFunction,
    left: RationalFunction,
    first: RationalFunction,
    growth: RationalFunction,
    bound: RationalFunction,
    longest: Fraction = Fraction(1, 2),
) -> Chain:
    """Show M <= bound for q <= longest, with Z^2 = inside, c = left, u^2 = first, v^2 = growth.

    Parameters
    ----------
    inside : RationalFunction
        R (1 + v^2/c), of the symbols R, v and c_Q.
    room, left, first, growth : RationalFunction
        R, c, u^2 and v^2.
    bound : RationalFunction
        Of Z, u and kappa, the root of K.
    longest : Fraction
        The largest q.
    """
    proof = Derivation("gradient tracking", box_up_to(longest))
    stacks.assume_blocks(proof)
    stacks.assume_mixing(proof)
    _assume_method(proof)
    for name, value, words in (
        ("u", equal(ONE.scaled(u**2), ONE.scaled(first)), "u is a square root"),
        ("v", equal(ONE.scaled(v**2), ONE.scaled(growth)), "v is a square root"),
        ("c", equal(ONE.scaled(remaining), ONE.scaled(left)), "c is short for this"),
        ("R", equal(ONE.scaled(climb), ONE.scaled(room)), "R is short for this"),
        ("Z", equal(ONE.scaled(Z**2), ONE.scaled(inside)), "Z is a square root"),
        ("kappa", equal(ONE.scaled(kappa**2), ONE.scaled(iterations)), "kappa is sqrt(K)"),
    ):
        proof.assume(name, value, words)
    _mean_of_tracker(proof)
    _distances(proof)
    _first_error(proof)
    _gradients_change(proof)
    _mixing_part(proof)
    _together(proof, "even", _HALF)
    _descent(proof)
    proof.conclude(
        "P + cQ",
        less(_total(top) + _total(_gbar).scaled(remaining), ONE.scaled(climb)),
        "descent", "even", "R", ("c", None, _total(_gbar)),
        words="P + c Q <= R",
    )  # fmt: skip
    mean = _agent(proof, share)
    _together(proof, "best", weight)
    _squares(proof, mean)
    level = bound
    proof.use("mean", "euclidean", vector=mean)
    proof.assume(
        "least", less(least, norm_of(mean)), "M is the smallest |grad f(theta_i[k])|, k < K"
    )
    proof.use("tangent", "square", vector=norm_of(mean) - ONE.scaled(level))
    proof.conclude(
        "each k",
        less(least.scaled(2 * level), _square(mean) + ONE.scaled(level**2)),
        "least", "tangent", "mean/square",
    )  # fmt: skip
    proof.use("all k", "sum", fact="each k", index="k")
    proof.conclude(
        "conclusion", less(least, ONE.scaled(level)), "all k", "squares", "kappa",
        words="2 T sqrt(K) M <= T^2 + T^2",
    )  # fmt: skip
    return proof.chain()
