r"""The chain of Theorem 1, corrected: the links of Appendix B.1 put together.

With X_j = 1/(1 - gamma_j), for symmetric doubly stochastic W and equal starts, every agent i and
every K >= 1, where M is the smallest of the K squared norms,

    M <= c (sum_j X_j + N lambda RE(theta^0)) / (K alpha) + 16 lambda^2 + b D^2 alpha^2 / (N (1 - sigma_2)^2) sum_j X_j^6

with c = 16/(1 + lambda_N) and b = 512. The last iterate stands where the paper has a minimiser of
xi, so nothing has to be attained.
"""

from __future__ import annotations

from dcpg_theory.exact.boxes import Box, at_least, positive
from dcpg_theory.exact.chains import Chain, Multiple
from dcpg_theory.exact.derived import gradient_of, norm_of, sum_of, transpose, value_of
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.exact.rules import Fact
from proofs_check.chains import descent, stacks
from proofs_check.chains.derivation import Derivation
from proofs_check.chains.mdp_operators import equal, less, nonnegative
from proofs_check.chains.stacks import (
    ONE,
    E,
    E_i,
    W,
    alpha,
    count,
    distance,
    mean_gradient,
    number,
    theta,
)

__all__ = [
    "BOX",
    "X",
    "ball",
    "ball_symbols",
    "bound",
    "differences",
    "initial",
    "iterations",
    "least",
    "mean_of_stack",
    "telescoped",
    "theorem_1",
    "values_bounded",
    "weight",
]

weight, iterations = symbols("lambda", "K")
BOX: Box = descent.BOX.replace(**{"lambda": at_least(0)})
least = Operator.of(Atom("M", SCALARS, SCALARS))
X = Operator.of(Atom("X[j]", SCALARS, SCALARS))
_CUBE = X @ X @ X
_SIXTH = _CUBE @ _CUBE
_CONSENSUS = 512 * distance * distance / count
_NOTHING = Operator.zero(SCALARS, SCALARS)
_x = theta["k"]
initial = value_of("RE", stacks.start)


def bound(
    optimization: RationalFunction, regularizer: RationalFunction, consensus: RationalFunction
) -> Fact:
    """Return the fact M <= optimization * (...) + regularizer + consensus * sum_j X_j^6."""
    head = sum_of(X, "j") + initial.scaled(count * weight)
    total = head.scaled(optimization) + ONE.scaled(regularizer)
    return less(least, total + sum_of(_SIXTH, "j").scaled(consensus))


def values_bounded(proof: Derivation) -> None:
    """Conclude ``rise``: sum_j L_j(theta_j[K]) - L_j(theta^0) <= sum_j (X_j + lambda RE)."""
    last = E @ theta["K"]
    for name, point in (("K", last), ("0", stacks.start)):
        regularized = value_of("V[j]", point) - value_of("RE", point).scaled(weight)
        proof.assume(
            f"(7) at {name}", equal(value_of("L[j]", point), regularized), "L_j = V_j - lambda RE"
        )
    proof.assume("V<=X", less(value_of("V[j]", last), X), "(3): values are at most 1/(1 - gamma_j)")
    proof.assume("V>=0", nonnegative(value_of("V[j]", stacks.start)), "values are not negative")
    proof.assume("RE>=0", nonnegative(value_of("RE", last)), "relative entropy is not negative")
    gain = value_of("L[j]", last) - value_of("L[j]", stacks.start)
    proof.conclude(
        "one rise",
        less(gain, X + initial.scaled(weight)),
        "(7) at K", "(7) at 0", "V<=X", "V>=0", "RE>=0",
        words="V_j(theta_j[K]) - V_j(theta^0) <= 1/(1 - gamma_j), and RE >= 0",
    )  # fmt: skip
    proof.use("rise", "sum", fact="one rise", index="j")


def telescoped(proof: Derivation, share: RationalFunction, room: Multiple) -> None:
    """Conclude ``(30)``: share * sum_k |step|^2 <= sum_j (X_j + lambda RE).

    `room` is the multiple of what is known of the step size that leaves this share of (29).
    """
    step = descent.move
    proof.use("|step|", "euclidean", vector=step)
    proof.conclude(
        "falls",
        less(
            descent.lyapunov("k+1"),
            descent.lyapunov("k") - (transpose(step) @ step).scaled(share),
        ),
        "(29)",
        room,
        "|step|/square",
        words="what the step size leaves of the bracket of (29)",
    )
    proof.use("all falls", "sum", fact="falls", index="k")
    proof.use("telescope", "telescope", here=descent.lyapunov("k"))
    zero = theta["0"]
    proof.conclude(
        "E start", equal(E @ zero, stacks.start), ("start", E, None), ("Ec=I", None, stacks.start)
    )
    proof.use("L start", "same point", function="L[j]", fact="E start")
    proof.use("L starts", "sum", fact="L start/value", index="j")
    root = Operator.of(Atom("Q", "A", "A"))
    proof.assume(
        "W<=I", equal(unit("A") - W, transpose(root) @ root), "no eigenvalue of W exceeds 1"
    )
    proof.use("Q", "square", vector=root @ theta["K"])
    proof.conclude(
        "(30)",
        less(
            sum_of(transpose(step) @ step, "k").scaled(share),
            sum_of(X, "j") + initial.scaled(count * weight),
        ),
        "all falls",
        "telescope",
        ("start", transpose(zero) @ (unit("A") - W), None),
        ("Wc=c", transpose(zero), stacks.start),
        "L starts",
        ("W<=I", transpose(theta["K"]), theta["K"]),
        "Q",
        "rise",
        words="telescoped; the quadratic term is 0 at equal starts and never negative",
    )


def mean_of_stack(proof: Derivation) -> Operator:
    """Conclude ``(34)``: alpha^2 |mean grad L_j(theta_j)|^2 <= |step|^2."""
    step, g = descent.move, stacks.gradients()
    slope = gradient_of("L[j]", E @ _x)
    mean = mean_gradient("L[j]", E @ _x)
    proof.use("(Ec)^T", "transposed", fact="Ec=I")
    proof.conclude(
        "c^T g_j", equal(transpose(stacks.c) @ transpose(E) @ slope, slope), ("(Ec)^T", None, slope)
    )
    proof.use("c^T g", "sum", fact="c^T g_j", index="j")
    proof.conclude("m g", equal(stacks.m @ g, mean), ("m=c^T/N", None, g), "c^T g")
    proof.conclude(
        "m step",
        equal(stacks.m @ step, mean.scaled(alpha)),
        ("update", stacks.m, None),
        ("mW=m", None, _x),
        "m g",
        words="mixing keeps the mean",
    )
    proof.use("m step^T", "transposed", fact="m step")
    copied = stacks.c @ stacks.m
    proof.use("(I-J)step", "square", vector=step - copied @ step)
    proof.use("|mean|^2", "square", vector=mean)
    st = transpose(step)
    proof.conclude(
        "(34)",
        less((transpose(mean) @ mean).scaled(alpha * alpha), st @ step),
        Multiple("|mean|^2", ONE.scaled((count - 1) * alpha * alpha)),
        "(I-J)step",
        ("J^T=J", st, step),
        ("J^T=J", st, copied @ step),
        ("mc=I", st @ stacks.c, stacks.m @ step),
        ("m^T=c/N", st, stacks.m @ step),
        ("m step", st @ transpose(stacks.m), None),
        ("m step^T", None, mean),
        words="the square of a mean is at most the mean of the squares",
    )
    return mean


def _regularizer(proof: Derivation, mean: Operator) -> Operator:
    """Conclude ``(36)``: |mean grad V_j(theta_j)|^2 <= 2 |mean grad L_j(theta_j)|^2 + 8 lambda^2."""
    here = E @ _x
    r_j, r = gradient_of("RE", here), mean_gradient("RE", here)
    h = mean_gradient("V[j]", here)
    proof.assume(
        "(7)",
        equal(gradient_of("L[j]", here), gradient_of("V[j]", here) - r_j.scaled(weight)),
        "the gradient of L_j = V_j - lambda RE",
    )
    proof.assume(
        "RE is Lipschitz",
        less(norm_of(r_j), ONE.scaled(number(2))),
        "Lemma B.6: |grad RE| <= 1 + 1/sqrt|A| <= 2",
    )
    stacks.square_at_most(proof, "|r_j|^2", r_j, number(2), "RE is Lipschitz")
    _jensen(proof, "r", r_j, r)
    proof.use("all |r_j|^2", "sum", fact="|r_j|^2", index="j")
    proof.use("sum (7)", "sum", fact="(7)", index="j")
    proof.use("sum (7)^T", "transposed", fact="sum (7)")
    proof.use("parallelogram", "square", vector=mean - r.scaled(weight))
    ht = transpose(h)
    proof.conclude(
        "(36)",
        less(
            ht @ h,
            (transpose(mean) @ mean).scaled(number(2)) + ONE.scaled(8 * weight * weight),
        ),
        "parallelogram",
        ("sum (7)", ht, None),
        ("sum (7)^T", None, mean),
        ("sum (7)^T", None, r),
        "mean of r",
        "all |r_j|^2",
        words="|u + v|^2 <= 2 |u|^2 + 2 |v|^2",
    )
    return h


def _jensen(proof: Derivation, name: str, each: Operator, mean: Operator) -> None:
    """Conclude ``mean of <name>``: N |mean|^2 <= sum_j |each|^2."""
    proof.use(f"{name} around", "square", vector=each - mean)
    proof.use(f"mean of {name}", "sum", fact=f"{name} around", index="j")


def differences(proof: Derivation) -> None:
    """Conclude ``(38)`` and the squared difference of V_j's gradients at theta_j and theta_i."""
    e = stacks.spread("k")
    proof.assume("EE^T=I", equal(E @ transpose(E), unit("S")), "a block of a stack of one block")
    parts = []
    for name, pick in (("j", E), ("i", E_i)):
        part = pick @ e
        known = "EE^T=I" if name == "j" else "E_iE_i^T=I"
        proof.use(f"rest of {name}", "square", vector=e - transpose(pick) @ part)
        proof.conclude(
            f"|e_{name}|^2",
            less(transpose(part) @ part, ONE.scaled(distance * distance)),
            f"rest of {name}",
            (known, transpose(part), part),
            "|e|^2",
            words="a block is at most the stack",
        )
        stacks.norm_at_most(proof, f"|e_{name}|", part, distance, f"|e_{name}|^2")
        parts.append(part)
    one, two = parts
    apart = E @ _x - E_i @ _x
    mean = stacks.m @ _x
    proof.conclude("apart", equal(apart, one - two), ("Ec=I", None, mean), ("E_ic=I", None, mean))
    proof.use("|apart|", "congruence", fact="apart")
    proof.use("both", "triangle", first=one, second=-two)
    proof.use("sign", "homogeneity", factor=number(-1), vector=two)
    proof.conclude(
        "(38)",
        less(norm_of(apart), ONE.scaled(2 * distance)),
        "|apart|", "both", "sign", "|e_j|", "|e_i|",
        words="both are within alpha D/(1 - sigma_2) of the mean",
    )  # fmt: skip


def _other_agent(proof: Derivation, h: Operator) -> Operator:
    """Conclude ``(37)``: |mean grad V_j(theta_i)|^2 <= 2 |mean grad V_j(theta_j)|^2 + the rest."""
    here, there = E @ _x, E_i @ _x
    proof.smooth("V[j]", "S", _CUBE.scaled(number(8)), "Lemma B.5: V_j is 8 X_j^3-smooth")
    proof.assume("X>=0", nonnegative(X), "X_j = 1/(1 - gamma_j)")
    change = gradient_of("V[j]", here) - gradient_of("V[j]", there)
    most = _CUBE.scaled(16 * distance)
    proof.use("smooth", "lipschitz gradient", function="V[j]", first=here, second=there)
    length = norm_of(change)
    proof.conclude("change", less(length, most), "smooth", ("(38)", None, _CUBE))
    proof.use("|change|", "euclidean", vector=change)
    proof.conclude(
        "change^2",
        less(transpose(change) @ change, most @ most),
        "|change|/square",
        ("change", length, None),
        ("change", None, most),
    )
    there_mean = mean_gradient("V[j]", there)
    w = h - there_mean
    _jensen(proof, "change", change, w)
    proof.use("all changes", "sum", fact="change^2", index="j")
    proof.use("other agent", "square", vector=h + w)
    sixth = sum_of(_SIXTH, "j").scaled(_CONSENSUS)
    proof.conclude(
        "(37)",
        less(
            transpose(there_mean) @ there_mean, (transpose(h) @ h).scaled(number(2)) + sixth
        ),
        "other agent", "mean of change", "all changes",
        words="|u - v|^2 <= 2 |u|^2 + 2 |v|^2, and |mean|^2 <= mean of squares",
    )  # fmt: skip
    return there_mean


def _each_k(proof: Derivation, limit: RationalFunction = descent.most) -> Operator:
    """Conclude the sums over k that all forms of the theorem rest on; return agent i's mean."""
    stacks.assume_blocks(proof)
    stacks.assume_mixing(proof)
    stacks.assume_update(proof)
    g = stacks.gradients()
    proof.assume("Lemma B.1", less(norm_of(g), ONE.scaled(stacks.size)), "Lemma B.1: |g| <= D")
    stacks.square_at_most(proof, "|g|^2", g, stacks.size, "Lemma B.1")
    stacks.agents_stay_together(proof, "|g|^2")
    stacks.square_at_most(proof, "|e|^2", stacks.spread("k"), distance, "(23)")
    descent.descent_step(proof)
    descent.lyapunov_step(proof)
    values_bounded(proof)
    descent.assume_step_size(proof, limit)
    length = norm_of(descent.move)
    room = Multiple("(10)", (length @ length).scaled(descent.beta / (2 * alpha)))
    telescoped(proof, (1 + descent.eigenvalue) / (4 * alpha), room)
    mean = mean_of_stack(proof)
    h = _regularizer(proof, mean)
    differences(proof)
    there = _other_agent(proof, h)
    most = (transpose(mean) @ mean).scaled(number(4)) + ONE.scaled(16 * weight * weight)
    most = most + sum_of(_SIXTH, "j").scaled(_CONSENSUS)
    proof.conclude(
        "each k", less(transpose(there) @ there, most), "(37)", "(36)", words="(36) in (37)"
    )
    proof.use("all (34)", "sum", fact="(34)", index="k")
    return there


def theorem_1(
    statement: Fact,
    *,
    limit: RationalFunction = descent.most,
    up_to_a_constant: bool = False,
) -> Chain:
    """Show M <= 16/((1 + lambda_N) K alpha) (...) + 16 lambda^2 + 512 D^2 alpha^2 (...).

    Up to a constant, the statement may have larger numbers in front of these three terms.
    """
    proof = Derivation("Theorem 1, corrected", BOX)
    there = _each_k(proof, limit)
    proof.assume(
        "least",
        less(least, transpose(there) @ there),
        "M is the smallest of |mean_j grad V_j(theta_i[k])|^2 over k < K",
    )
    proof.conclude("least of all", less(least, proof.fact("each k").right), "least", "each k")
    proof.use("all k", "sum", fact="least of all", index="k")
    room: tuple[str, ...] = ()
    if up_to_a_constant:
        proof.assume("RE^0>=0", nonnegative(initial), "relative entropy is not negative")
        proof.use("sum X>=0", "sum", fact="X>=0", index="j")
        proof.use("lambda^2", "constant", value=weight * weight)
        proof.conclude("X^6>=0", nonnegative(_SIXTH), ("X>=0", _CUBE @ X @ X, None))
        proof.use("sum X^6>=0", "sum", fact="X^6>=0", index="j")
        room = ("RE^0>=0", "sum X>=0", "lambda^2", "sum X^6>=0")
    proof.conclude(
        "(11)", statement, "all k", "all (34)", "(30)", *room,
        words="K M is at most the sum over k",
    )  # fmt: skip
    return proof.chain()


ball_symbols = symbols("s", "rho")
BALL_BOX = BOX.replace(s=positive(), rho=positive())


def ball(radius: RationalFunction) -> Chain:
    """Show M <= s + radius for the smallest of K norms, where s^2 is of the order 1/K.

    s^2 = 16/((1 + lambda_N) K alpha) (...), rho^2 = 512 D^2 sum_j X_j^6/(N (1 - sigma_2)^2).
    """
    proof = Derivation("the gradient comes into a ball", BALL_BOX)
    there = _each_k(proof)
    s, rho = ball_symbols
    proof.assume("least", less(least, norm_of(there)), "M is the smallest norm over k < K")
    factor = 16 / ((1 + descent.eigenvalue) * iterations * alpha)
    head = sum_of(X, "j") + initial.scaled(count * weight)
    proof.assume("s", equal(head.scaled(factor), ONE.scaled(s**2)), "s is a square root")
    sixth = sum_of(_SIXTH, "j").scaled(_CONSENSUS)
    proof.assume("rho", equal(sixth, ONE.scaled((rho * alpha) ** 2)), "rho alpha is a square root")
    total = s + radius
    length = norm_of(there)
    proof.use("|there|", "euclidean", vector=there)
    proof.use("tangent", "square", vector=length - ONE.scaled(total))
    rest = total**2 - (s**2 + 16 * weight**2 + (rho * alpha) ** 2)
    proof.use("cross terms", "constant", value=rest)
    proof.conclude(
        "least of all",
        less(least.scaled(2 * total), proof.fact("each k").right + ONE.scaled(total**2)),
        "least", "tangent", "|there|/square", "each k",
        words="2 v |x| <= |x|^2 + v^2",
    )  # fmt: skip
    proof.use("all k", "sum", fact="least of all", index="k")
    proof.conclude(
        "ball",
        less(least, ONE.scaled(total)),
        "all k", "all (34)", "(30)", "s", "rho", "cross terms",
        words="the mean of the squares is at most s^2 + 16 lambda^2 + (rho alpha)^2 <= (s + radius)^2",
    )  # fmt: skip
    return proof.chain()
