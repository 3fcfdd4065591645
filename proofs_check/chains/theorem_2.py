r"""The gradient's part of Theorem 2: how many iterations make it small enough for Proposition 1.

The rest, from a small gradient to a small gap, is `several_tasks.proposition_1`.
"""

from __future__ import annotations

from fractions import Fraction

from dcpg_theory.exact.boxes import Box, positive
from dcpg_theory.exact.chains import Chain, Multiple
from dcpg_theory.exact.derived import gradient_of, norm_of, sum_of, transpose
from dcpg_theory.exact.operators import SCALARS, Atom, Operator
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from proofs_check.chains import descent, stacks, theorem_1
from proofs_check.chains import theorem_1_sharp as sharp
from proofs_check.chains.derivation import Derivation
from proofs_check.chains.mdp_operators import equal, less
from proofs_check.chains.stacks import ONE, E, E_i, alpha, count, number, sigma, theta

__all__ = [
    "component",
    "count_corrected",
    "count_sharp",
    "differences_are_lipschitz",
    "largest_of_the_rest",
    "rise",
    "small_gradient",
    "small_gradient_sharp",
    "step_corrected",
    "step_sharp",
    "tau",
    "worst",
]

tau, worst, rise = symbols("tau", "b", "H")
_r, _G, _Delta, _K = sharp.r, sharp.slope_rms, sharp.Delta, sharp.iterations
step_sharp = tau * (1 - sigma) / (3 * worst * (1 + _r) * _G)
count_sharp = number(Fraction(27, 2)) * (1 + _r) * worst * _G * _Delta / ((1 - sigma) * tau**3)
_SHARP_BOX = sharp.BOX.replace(tau=positive(), b=positive())


def component(limit: RationalFunction = tau) -> Chain:
    """Show e^T g <= limit from |g| <= limit, for a unit vector e: a component of a vector."""
    proof = Derivation("a component is at most the norm", Box(tau=positive()))
    e, g = (Operator.of(Atom(name, "SA", SCALARS)) for name in ("e", "g"))
    proof.assume("unit", equal(transpose(e) @ e, ONE), "e picks one entry")
    proof.assume("small", less(norm_of(g), ONE.scaled(limit)), "the gradient is small")
    stacks.square_at_most(proof, "|g|^2", g, limit, "small")
    proof.use("square", "square", vector=g - e.scaled(limit))
    proof.use("inner", "scalar transpose", scalar=transpose(e) @ g)
    proof.conclude(
        "entry",
        less(transpose(e) @ g, ONE.scaled(limit)),
        "square", "inner", "|g|^2", "unit",
        words="2 tau e^T g <= |g|^2 + tau^2 |e|^2 <= 2 tau^2",
    )  # fmt: skip
    return proof.chain()


def _chosen(proof: Derivation, step: RationalFunction, iterations: RationalFunction) -> None:
    proof.assume("alpha", equal(ONE.scaled(alpha), ONE.scaled(step)), "the step size")
    proof.assume("K", less(ONE.scaled(iterations), ONE.scaled(_K)), "enough iterations")


def small_gradient_sharp(
    step: RationalFunction = step_sharp, iterations: RationalFunction = count_sharp
) -> Chain:
    """Show M <= tau for the smallest |mean_j grad L_j(theta_i[k])|, k < K; N >= 2."""
    proof = Derivation("a small gradient, sharp", _SHARP_BOX)
    stacks.assume_blocks(proof)
    stacks.assume_mixing(proof)
    stacks.assume_update(proof)
    sharp.assume_constants(proof)
    _chosen(proof, step, iterations)
    for name, mean in (("bbar<=b", sharp.bbar), ("b_rms<=b", sharp.b_rms)):
        proof.assume(name, less(ONE.scaled(mean), ONE.scaled(worst)), "b is the largest b_j")
    proof.assume(
        "tau<=3G",
        less(ONE.scaled(tau), ONE.scaled(3 * _G)),
        "G_j >= lambda sqrt((1 - 1/|A|)/|S|) >= lambda/(|S||A|) = tau for |A| >= 2",
    )
    _small_step(proof, step)
    sharp.stacked_gradient(proof)
    sharp.agents_spread(proof)
    sharp.gradient_error(proof)
    top = sharp.ascent(proof)
    sharp.initial_gap(proof)
    sharp.descended(proof, top, sharp.root_inside)
    total = sharp.to_one_agent(proof, "L[j]", sharp.b, "bbar")
    there = stacks.mean_gradient("L[j]", E_i @ theta["k"])
    proof.use("whole", "triangle", first=top, second=total.scaled(1 / count))
    proof.use("1/N", "homogeneity", factor=1 / count, vector=total)
    proof.assume("least", less(sharp.least, norm_of(there)), "M is the smallest norm over k < K")
    length = norm_of(top)
    proof.use("|top|", "euclidean", vector=top)
    proof.use("tangent", "square", vector=length - ONE.scaled(sharp.q))
    slack = sharp.bbar * _r * sharp.delta
    proof.conclude(
        "each k",
        less(
            sharp.least.scaled(2 * sharp.q),
            transpose(top) @ top + ONE.scaled(sharp.q**2 + 2 * sharp.q * slack),
        ),
        "least", "whole", "1/N", "change", "tangent", "|top|/square",
        words="2 q |grad f| <= |grad f|^2 + q^2",
    )  # fmt: skip
    proof.use("all k", "sum", fact="each k", index="k")
    proof.conclude(
        "least of all",
        less(sharp.least, ONE.scaled(sharp.q + slack)),
        "all k", "sum of squares",
    )  # fmt: skip
    _root_below(proof, step)
    proof.conclude(
        "small",
        less(sharp.least, ONE.scaled(tau)),
        Multiple("least of all"),
        Multiple("root"),
        Multiple("bbar<=b", ONE.scaled(_r * sharp.delta)),
        Multiple("alpha", ONE.scaled(worst * (1 + _r) * _G / (1 - sigma))),
        words="2 tau/3 + b (1 + r) delta = tau",
    )
    return proof.chain()


def _small_step(proof: Derivation, step: RationalFunction) -> None:
    """Conclude ``step size``: alpha <= 1/bbar."""
    rest = 1 - step * worst - (3 * _G - tau) / (3 * (1 + _r) * _G)
    proof.use("rest of 1", "constant", value=rest / sharp.bbar)
    proof.conclude(
        "step size",
        less(ONE.scaled(alpha), ONE.scaled(1 / sharp.bbar)),
        Multiple("alpha", ONE.scaled(worst / sharp.bbar)),
        Multiple("bbar<=b", ONE.scaled(alpha / sharp.bbar)),
        Multiple("tau<=3G", ONE.scaled(1 / (3 * (1 + _r) * _G * sharp.bbar))),
        Multiple("rest of 1"),
        words="alpha b <= tau/(3 G_rms) <= 1",
    )


def _root_below(proof: Derivation, step: RationalFunction) -> None:
    """Conclude ``root``: q <= 2 tau/3 + b delta, by squares."""
    most = 2 * tau / 3 + worst * sharp.delta
    budget = 4 * tau**2 / 9
    proof.conclude(
        "budget",
        less(ONE.scaled(2 * _Delta / (alpha * _K)), ONE.scaled(budget)),
        Multiple("K", ONE.scaled(budget / _K)),
        Multiple("alpha", ONE.scaled(-2 * _Delta / (_K * step * alpha))),
        words="2 Delta/(alpha K) <= (2 tau/3)^2",
    )
    proof.use("square of root", "constant", value=(most - sharp.q) ** 2)
    proof.use("cross term", "constant", value=4 * tau * worst * sharp.delta / 3)
    scale = 1 / (2 * most)
    proof.conclude(
        "root",
        less(ONE.scaled(sharp.q), ONE.scaled(most)),
        Multiple("square of root", ONE.scaled(scale)),
        Multiple("q", ONE.scaled(scale)),
        Multiple("budget", ONE.scaled(scale)),
        Multiple("b_rms<=b", ONE.scaled(scale * (worst + sharp.b_rms) * sharp.delta**2)),
        Multiple("cross term", ONE.scaled(scale)),
        words="the root of a sum is at most the sum of the roots",
    )


_D, _beta, _smallest = stacks.size, descent.beta, descent.eigenvalue
step_corrected = tau * (1 - sigma) / (6 * _beta * _D)
count_corrected = (
    number(Fraction(451, 16))
    * count**2
    * _beta
    * _D
    * rise
    / ((1 - sigma) * (1 + _smallest) * tau**3)
)
_BOX = theorem_1.BOX.replace(tau=positive(), H=positive())


def small_gradient(
    step: RationalFunction = step_corrected, iterations: RationalFunction = count_corrected
) -> Chain:
    """Show M <= tau for the smallest |sum_j grad L_j(theta_i[k])|, k < K: (40)-(45), corrected."""
    proof = Derivation("a small gradient, corrected", _BOX)
    stacks.assume_blocks(proof)
    stacks.assume_mixing(proof)
    stacks.assume_update(proof)
    g = stacks.gradients()
    proof.assume("Lemma B.1", less(norm_of(g), ONE.scaled(_D)), "Lemma B.1: |g| <= D")
    stacks.square_at_most(proof, "|g|^2", g, _D, "Lemma B.1")
    stacks.agents_stay_together(proof, "|g|^2")
    stacks.square_at_most(proof, "|e|^2", stacks.spread("k"), stacks.distance, "(23)")
    _chosen(proof, step, iterations)
    descent.descent_step(proof)
    descent.lyapunov_step(proof)
    theorem_1.values_bounded(proof)
    _descent_is_nearly_whole(proof, step)
    length = norm_of(descent.move)
    room = Multiple("24", (length @ length).scaled(1 / (48 * alpha)))
    share = 23 * (1 + _smallest) / (48 * alpha)
    theorem_1.telescoped(proof, share, room)
    mean = theorem_1.mean_of_stack(proof)
    theorem_1.differences(proof)
    total = _sum_at_agent(proof, mean)
    least = sharp.least
    proof.assume("least", less(least, norm_of(total)), "M is the smallest norm over k < K")
    proof.assume(
        "H",
        equal(
            sum_of(theorem_1.X, "j") + theorem_1.initial.scaled(count * theorem_1.weight),
            ONE.scaled(rise),
        ),
        "H = sum_j (X_j + lambda RE(theta^0))",
    )
    v = 2 * tau / 3
    size = norm_of(mean)
    proof.use("|mean|", "euclidean", vector=mean)
    proof.use("tangent", "square", vector=size.scaled(count) - ONE.scaled(v))
    apart = 2 * _beta * stacks.distance
    most = (transpose(mean) @ mean).scaled(count**2) + ONE.scaled(v**2 + 2 * v * apart)
    proof.conclude(
        "each k", less(least.scaled(2 * v), most), "least", "(40)", "tangent", "|mean|/square",
        words="2 v N |mean| <= N^2 |mean|^2 + v^2",
    )  # fmt: skip
    proof.use("all k", "sum", fact="each k", index="k")
    proof.use("all (34)", "sum", fact="(34)", index="k")
    used = count**2 * rise / (alpha**2 * share * _K)
    proof.conclude(
        "average",
        less(least.scaled(2 * v), ONE.scaled(used + v**2 + 2 * v * apart)),
        "all k", "all (34)", "(30)", "H",
    )  # fmt: skip
    exact = 48 * count**2 * rise / (23 * (1 + _smallest) * step * iterations)
    proof.use("451/16", "constant", value=v**2 - exact)
    scale = 1 / (2 * v)
    proof.conclude(
        "small",
        less(least, ONE.scaled(tau)),
        Multiple("average", ONE.scaled(scale)),
        Multiple("451/16", ONE.scaled(scale)),
        Multiple("K", ONE.scaled(scale * exact / _K)),
        Multiple("alpha", ONE.scaled(-scale * exact * iterations / (_K * alpha))),
        Multiple("alpha", ONE.scaled(apart / alpha)),
        words="N^2 H/(...) <= (2 tau/3)^2 and 2 beta alpha D/(1 - sigma_2) = tau/3",
    )
    return proof.chain()


def _descent_is_nearly_whole(proof: Derivation, step: RationalFunction) -> None:
    """Conclude ``24``: 24 alpha beta <= 1 + lambda_N."""
    proof.assume(
        "D>=4tau",
        less(ONE.scaled(4 * tau), ONE.scaled(_D)),
        "D >= 2 N lambda = 4 |S||A| tau",
    )
    proof.assume(
        "lambda_N>=-sigma_2",
        less(ONE.scaled(1 - sigma), ONE.scaled(1 + _smallest)),
        "an eigenvalue of W other than that of the ones is one of W - J",
    )
    proof.conclude(
        "24",
        less(ONE.scaled(24 * alpha * _beta), ONE.scaled(1 + _smallest)),
        Multiple("alpha", ONE.scaled(24 * _beta)),
        Multiple("D>=4tau", ONE.scaled(6 * _beta * step / tau)),
        Multiple("lambda_N>=-sigma_2"),
        words="alpha beta = tau (1 - sigma_2)/(6 D)",
    )


def _sum_at_agent(proof: Derivation, mean: Operator) -> Operator:
    """Conclude ``(40)``: |sum_j grad L_j(theta_i)| <= N |mean| + 2 beta alpha D/(1 - sigma_2)."""
    here, there = E @ theta["k"], E_i @ theta["k"]
    constant = sharp.b
    proof.assume(
        "sum b", less(sum_of(constant, "j"), ONE.scaled(_beta)), "(27): beta is the sum of the b_j"
    )
    proof.assume("b>=0", less(Operator.zero(SCALARS, SCALARS), constant), "a smoothness constant")
    each = gradient_of("L[j]", there) - gradient_of("L[j]", here)
    proof.use("smooth", "lipschitz gradient", function="L[j]", first=there, second=here)
    proof.use("turn", "homogeneity", factor=number(-1), vector=here - there)
    proof.conclude(
        "one change",
        less(norm_of(each), constant.scaled(2 * stacks.distance)),
        "smooth", ("turn", None, constant), ("(38)", None, constant),
    )  # fmt: skip
    proof.use("all changes", "sum", fact="one change", index="j")
    proof.use("change of sum", "sum triangle", vector=each, index="j")
    proof.use("whole", "triangle", first=mean.scaled(count), second=sum_of(each, "j"))
    proof.use("N", "homogeneity", factor=count, vector=mean)
    total = sum_of(gradient_of("L[j]", there), "j")
    proof.conclude(
        "(40)",
        less(
            norm_of(total), norm_of(mean).scaled(count) + ONE.scaled(2 * _beta * stacks.distance)
        ),
        "whole", "N", "change of sum", "all changes", "sum b",
    )  # fmt: skip
    return total


def largest_of_the_rest() -> Chain:
    """Show M <= |N mean_j grad L_j(theta_j)| + B at every k, also at that of the least mean: (40).

    M is the smallest over k on the left, B the largest over k of the sum of the differences.
    """
    proof = Derivation("(40), its second line", Box(N=stacks.BOX["N"]))
    here, there = (gradient_of("L[j]", pick @ theta["k"]) for pick in (E, E_i))
    largest = Operator.of(Atom("B", SCALARS, SCALARS))
    whole, changes = sum_of(here, "j"), sum_of(there - here, "j")
    proof.assume("least", less(sharp.least, norm_of(sum_of(there, "j"))), "M is the smallest")
    proof.assume("largest", less(sum_of(norm_of(there - here), "j"), largest), "B is the largest")
    proof.use("two parts", "triangle", first=whole, second=changes)
    proof.use("changes", "sum triangle", vector=there - here, index="j")
    proof.conclude(
        "(40)",
        less(sharp.least, norm_of(whole) + largest),
        "least", "two parts", "changes", "largest",
        words="at every k; on the right the k of the smallest norm is the one that counts",
    )  # fmt: skip
    return proof.chain()


def differences_are_lipschitz() -> Chain:
    """Show sum_j |grad L_j(theta_i) - grad L_j(theta_j)| <= sum_j b_j |theta_i - theta_j|."""
    proof = Derivation("(40), its third line", Box(N=stacks.BOX["N"]))
    here, there = E @ theta["k"], E_i @ theta["k"]
    proof.smooth("L[j]", "S", sharp.b, "Lemmas B.5 and B.6: L_j is b_j-smooth")
    proof.use("each", "lipschitz gradient", function="L[j]", first=there, second=here)
    proof.use("all", "sum", fact="each", index="j")
    change = gradient_of("L[j]", there) - gradient_of("L[j]", here)
    fact = less(sum_of(norm_of(change), "j"), sum_of(norm_of(there - here) @ sharp.b, "j"))
    proof.conclude("sum", fact, "all", words="the smoothness constant is that of L_j")
    return proof.chain()
