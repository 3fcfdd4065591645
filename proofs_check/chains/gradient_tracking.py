r"""The chain of gradient tracking: the rate of docs/gradient-tracking.md.

For N >= 2 agents, rho = 1 - sigma_2, a step alpha = q rho^2/(2 b) with 0 < q <= 1/2, every agent i
and every K >= 1, where M is the smallest of the K norms of grad f(theta_i[k]),

    M <= (Z + u)/sqrt(K),  Z^2 = R (1 + v^2/c).

P is the sum over k of |grad f(mean)|^2, Q that of |mean of the grad L_j(theta_j)|^2.
"""

from __future__ import annotations

from fractions import Fraction

from dcpg_theory.exact.chains import Chain
from dcpg_theory.exact.derived import gradient_of, norm_of, sum_of, transpose, value_of
from dcpg_theory.exact.operators import SCALARS, Atom, Operator
from dcpg_theory.exact.rational_functions import RationalFunction
from proofs_check.chains import stacks
from proofs_check.chains.derivation import Derivation
from proofs_check.chains.mdp_operators import equal, less
from proofs_check.chains.stacks import ONE, E, E_i, c, count, m, mean_gradient, number, theta
from proofs_check.chains.tracking_errors import (
    Delta,
    Z,
    alpha,
    assume_method,
    b,
    box_up_to,
    climb,
    distances,
    e,
    first_error,
    gradients_change,
    iterations,
    kappa,
    lipschitz,
    mean_of_tracker,
    mean_slope,
    mixing_part,
    remaining,
    share,
    square,
    sum_of_squares,
    together,
    u,
    v,
    weight,
    weighted_squares,
)

__all__ = ["gradient_tracking"]

_x, _mean = theta["k"], m @ theta["k"]
least = Operator.of(Atom("M", SCALARS, SCALARS))
top = mean_gradient("L[j]", _mean)
_HALF = number(Fraction(1, 2))


def _objective(mark: str) -> Operator:
    """Return f(mean of theta)."""
    return sum_of(value_of("L[j]", m @ theta[mark]), "j").scaled(1 / count)


def _jensen(proof: Derivation, name: str, one: Operator, two: Operator) -> Operator:
    """Conclude ``<name>``: |mean of grad L_j(x) - grad L_j(y)|^2 <= (b^2/N) sum_j |x - y|^2."""
    lipschitz(proof, name, one, two)
    change = gradient_of("L[j]", one) - gradient_of("L[j]", two)
    mean = sum_of(change, "j").scaled(1 / count)
    proof.use(f"{name}: around", "square", vector=change - mean)
    proof.use(f"{name}: mean", "sum", fact=f"{name}: around", index="j")
    proof.use(f"{name}: sum", "sum", fact=f"{name}: one", index="j")
    proof.conclude(
        f"{name}: error",
        less(square(mean), sum_of(square(one - two), "j").scaled(b**2 / count)),
        f"{name}: mean", f"{name}: sum",
        words="the square of a mean is at most the mean of the squares",
    )  # fmt: skip
    return mean


def _descent(proof: Derivation) -> None:
    """Conclude ``descent``: P + (1 - alpha b) Q <= 2 Delta/alpha + (b^2/N) sum_k |e|^2."""
    here = E @ _x
    _jensen(proof, "mean", _mean, here)
    own = E @ e
    proof.conclude("off mean", equal(_mean - here, -own), ("Ec=I", None, _mean))
    proof.use("off mean^T", "transposed", fact="off mean")
    proof.conclude(
        "off mean^2",
        equal(square(_mean - here), square(own)),
        ("off mean", transpose(_mean - here), None), ("off mean^T", None, own),
    )  # fmt: skip
    proof.use("off means", "sum", fact="off mean^2", index="j")
    proof.use("m step^T", "transposed", fact="m step")
    proof.use("model", "descent", function="L[j]", start=_mean, end=m @ theta["k+1"])
    proof.use("models", "sum", fact="model/below", index="j")
    proof.use("top.gbar", "scalar transpose", scalar=transpose(top) @ mean_slope)
    move = m @ (theta["k+1"] - _x)
    most = square(top) + square(mean_slope).scaled(1 - alpha * b)
    gain = (_objective("k+1") - _objective("k")).scaled(2 / alpha)
    proof.conclude(
        "ascent",
        less(most, gain + square(e).scaled(b**2 / count)),
        "models", "top.gbar",
        ("m step", transpose(top), None), ("m step", transpose(move), None),
        ("m step^T", None, mean_slope),
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
            sum_of_squares(top) + sum_of_squares(mean_slope).scaled(1 - alpha * b),
            ONE.scaled(2 * Delta / alpha) + sum_of_squares(e).scaled(b**2 / count),
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
        less(pt @ part, square(e).scaled((count - 1) / count)),
        "around",
        ("E_iE_i^T=I", pt, part), ("E_ic=I", pt, part), ("(E_ic)^T", pt, part),
        ("m=c^T/N", pt, e), ("m^T=c/N", et, part), ("m=c^T/N", pt, c @ part),
        ("mc=I", pt, part), ("zero mean", pt, None), ("zero mean^T", None, part),
        words="e has mean 0, so one block holds at most (N - 1)/N of it",
    )  # fmt: skip
    mean = mean_gradient("L[j]", there)
    used = weighted_squares(proof, "agent", [top, change], [w_1, 1 - w_1])
    proof.conclude(
        "agent",
        less(
            square(mean),
            square(top).scaled(1 / w_1)
            + square(e).scaled(b**2 * (count - 1) / count / (1 - w_1)),
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
    slopes = sum_of_squares(mean_slope)
    far = sum_of_squares(e).scaled(b**2 * (count - 1) / count)
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
        less(sum_of_squares(mean), sum_of_squares(top).scaled(1 / part) + far.scaled(1 / (1 - part))),
        "agents", ("w_1", None, sum_of_squares(top)), ("w_1", None, sum_of_squares(e)),
    )  # fmt: skip
    proof.conclude(
        "squares",
        less(sum_of_squares(mean), ONE.scaled(whole**2)),
        "agents, best", "far, best", "P + cQ", "Z",
        words="(sqrt(P) + v sqrt(Q) + u)^2 <= (Z + u)^2, since P + c Q <= R",
    )  # fmt: skip


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
    assume_method(proof)
    for name, value, words in (
        ("u", equal(ONE.scaled(u**2), ONE.scaled(first)), "u is a square root"),
        ("v", equal(ONE.scaled(v**2), ONE.scaled(growth)), "v is a square root"),
        ("c", equal(ONE.scaled(remaining), ONE.scaled(left)), "c is short for this"),
        ("R", equal(ONE.scaled(climb), ONE.scaled(room)), "R is short for this"),
        ("Z", equal(ONE.scaled(Z**2), ONE.scaled(inside)), "Z is a square root"),
        ("kappa", equal(ONE.scaled(kappa**2), ONE.scaled(iterations)), "kappa is sqrt(K)"),
    ):
        proof.assume(name, value, words)
    mean_of_tracker(proof)
    distances(proof)
    first_error(proof)
    gradients_change(proof)
    mixing_part(proof)
    together(proof, "even", _HALF)
    _descent(proof)
    proof.conclude(
        "P + cQ",
        less(sum_of_squares(top) + sum_of_squares(mean_slope).scaled(remaining), ONE.scaled(climb)),
        "descent", "even", "R", ("c", None, sum_of_squares(mean_slope)),
        words="P + c Q <= R",
    )  # fmt: skip
    mean = _agent(proof, share)
    together(proof, "best", weight)
    _squares(proof, mean)
    proof.use("mean", "euclidean", vector=mean)
    proof.assume(
        "least", less(least, norm_of(mean)), "M is the smallest |grad f(theta_i[k])|, k < K"
    )
    proof.use("tangent", "square", vector=norm_of(mean) - ONE.scaled(bound))
    proof.conclude(
        "each k",
        less(least.scaled(2 * bound), square(mean) + ONE.scaled(bound**2)),
        "least", "tangent", "mean/square",
    )  # fmt: skip
    proof.use("all k", "sum", fact="each k", index="k")
    proof.conclude(
        "conclusion", less(least, ONE.scaled(bound)), "all k", "squares", "kappa",
        words="2 T sqrt(K) M <= T^2 + T^2",
    )  # fmt: skip
    return proof.chain()
