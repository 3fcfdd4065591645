r"""Chains about the Lyapunov function (24) along Algorithm 1: (29) and what follows from it.

``xi = -sum_j L_j(theta_j) + theta^T (I - W) theta / (2 alpha)``, with the notation of `stacks`. The
smallest eigenvalue of the symmetric W is at least lambda_N: then W - lambda_N I is semidefinite,
and has a root R with ``W - lambda_N I = R^T R``.
"""

from __future__ import annotations

from fractions import Fraction

from dcpg_theory.exact.boxes import Interval, positive
from dcpg_theory.exact.chains import Chain, Multiple
from dcpg_theory.exact.derived import gradient_of, norm_of, sum_of, transpose, value_of
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from proofs_check.chains import stacks
from proofs_check.chains.derivation import Derivation
from proofs_check.chains.mdp_operators import equal, less
from proofs_check.chains.stacks import ONE, E, W, alpha, number, theta

__all__ = [
    "BOX",
    "assume_symmetric",
    "assume_tasks",
    "bend",
    "beta",
    "descent_lemma",
    "descent_step",
    "drop",
    "eigenvalue",
    "lyapunov",
    "lyapunov_drop",
    "model",
    "most",
    "move",
    "non_increasing",
]

beta, eigenvalue = symbols("beta", "lambda_N")
BOX = stacks.BOX.replace(
    beta=positive(), lambda_N=Interval(Fraction(-1), Fraction(1), closed_upper=True)
)
_HALF = number(Fraction(1, 2))
_rest = unit("A") - W
move = theta["k+1"] - theta["k"]
# The smoothness constant of xi, (28), and what (29) takes off for each unit of |move|^2.
bend = beta + (1 - eigenvalue) / alpha
drop = ((1 + eigenvalue) / alpha - beta) * _HALF


def values(mark: str) -> Operator:
    """Return sum_j L_j(theta_j)."""
    return sum_of(value_of("L[j]", E @ theta[mark]), "j")


def lyapunov(mark: str) -> Operator:
    """Return xi(theta), (24)."""
    point = theta[mark]
    quadratic = transpose(point) @ _rest @ point
    return quadratic.scaled(_HALF / alpha) - values(mark)


def _slope() -> Operator:
    """Return the gradient of xi, (33)."""
    return (_rest @ theta["k"]).scaled(1 / alpha) - stacks.gradients()


def assume_symmetric(proof: Derivation) -> None:
    """Say that W is symmetric, with no eigenvalue below lambda_N."""
    root = Operator.of(Atom("R", "A", "A"))
    proof.assume("W^T=W", equal(transpose(W), W), "W is symmetric")
    proof.assume(
        "lambda_N",
        equal(W - unit("A").scaled(eigenvalue), transpose(root) @ root),
        "lambda_N is at most the smallest eigenvalue of W",
    )
    proof.use("R", "square", vector=root @ move)


def assume_tasks(proof: Derivation) -> None:
    """Say that L_j is b_j-smooth and b_j <= beta; sum the descent lemma over the tasks."""
    constant = Operator.of(Atom("b[j]", SCALARS, SCALARS))
    proof.smooth("L[j]", "S", constant, "Lemmas B.5 and B.6: L_j is b_j-smooth")
    proof.assume("b<=beta", less(constant, ONE.scaled(beta)), "(27): beta is the sum of the b_j")
    own = E @ move
    here, there = E @ theta["k"], E @ theta["k+1"]
    proof.use("one task", "descent", function="L[j]", start=here, end=there)
    proof.use("its step", "euclidean", vector=own)
    length = norm_of(own)
    slope = transpose(gradient_of("L[j]", here))
    least = value_of("L[j]", here) + slope @ own - (transpose(own) @ own).scaled(beta * _HALF)
    proof.conclude(
        "one task, beta",
        less(least, value_of("L[j]", there)),
        "one task/below",
        ("b<=beta", length @ length, None),
        ("its step/square", None, ONE.scaled(beta)),
        ("its step/square", None, constant),
        words="L_j(y) >= L_j(x) + grad L_j(x)^T (y - x) - (beta/2) |y - x|^2",
    )


def assume_blocks(proof: Derivation) -> None:
    """Say that a stack consists of its blocks."""
    proof.assume(
        "blocks", equal(sum_of(transpose(E) @ E, "j"), unit("A")), "a stack consists of its blocks"
    )


def model(value: RationalFunction, slope: RationalFunction, squared: RationalFunction) -> Operator:
    """Return value xi + slope <grad xi, step> + squared |step|^2, all at theta[k]."""
    step = (transpose(_slope()) @ move).scaled(slope)
    return lyapunov("k").scaled(value) + step + (transpose(move) @ move).scaled(squared)


def descent_step(proof: Derivation, right: Operator | None = None) -> None:
    """Conclude the descent lemma for xi, as ``descent``; needs the blocks."""
    assume_tasks(proof)
    assume_symmetric(proof)
    proof.use("all tasks", "sum", fact="one task, beta", index="j")
    x, xt, dt = theta["k"], transpose(theta["k"]), transpose(move)
    proof.use("x.Wd", "scalar transpose", scalar=xt @ W @ move)
    proof.use("x.d", "scalar transpose", scalar=xt @ move)
    if right is None:
        right = model(number(1), number(1), bend * _HALF)
    proof.conclude(
        "descent",
        less(lyapunov("k+1"), right),
        "all tasks",
        ("blocks", dt, move),
        "R",
        ("lambda_N", dt, move),
        "x.Wd",
        "x.d",
        ("W^T=W", xt, move),
        ("W^T=W", dt, x),
        words="xi' <= xi + grad xi^T (theta' - theta) + (beta_xi/2) |theta' - theta|^2",
    )


def descent_lemma(right: Operator | None = None) -> Chain:
    """Show the first line of (29): for beta_xi = beta + (1 - lambda_N)/alpha, (28) corrected."""
    proof = Derivation("the descent lemma for the Lyapunov function", BOX)
    assume_blocks(proof)
    descent_step(proof, right)
    return proof.chain()


def lyapunov_step(proof: Derivation, factor: RationalFunction = drop) -> None:
    """Conclude ``(29)``: xi falls by at least factor |theta' - theta|^2; needs the update."""
    dt = transpose(move)
    proof.use("slope", "transposed", fact="update")
    proof.conclude(
        "(29)",
        less(lyapunov("k+1"), lyapunov("k") - (dt @ move).scaled(factor)),
        "descent",
        ("slope", None, move),
        words="the gradient of xi is minus the step over alpha",
    )


def lyapunov_drop(factor: RationalFunction = drop) -> Chain:
    """Show (29), corrected: xi(theta[k+1]) <= xi(theta[k]) - factor |theta[k+1] - theta[k]|^2."""
    proof = Derivation("the Lyapunov function falls along Algorithm 1", BOX)
    assume_blocks(proof)
    _assume_update(proof)
    descent_step(proof)
    lyapunov_step(proof, factor)
    return proof.chain()


def _assume_update(proof: Derivation) -> None:
    moved = W @ theta["k"] + stacks.gradients().scaled(alpha)
    proof.assume("update", equal(theta["k+1"], moved), "(9) with j = i in the sum, for every k")


most = (1 + eigenvalue) / (2 * beta)


def assume_step_size(proof: Derivation, limit: RationalFunction = most) -> None:
    """Say that alpha lies in the corrected range (10)."""
    proof.assume(
        "(10)",
        less(ONE.scaled(alpha), ONE.scaled(limit)),
        "(10), corrected: alpha <= (1 + lambda_N)/(2 beta)",
    )


def non_increasing(limit: RationalFunction = most) -> Chain:
    """Show xi(theta[k+1]) <= xi(theta[k]) for alpha <= limit."""
    proof = Derivation("the Lyapunov function does not increase", BOX)
    assume_blocks(proof)
    _assume_update(proof)
    descent_step(proof)
    lyapunov_step(proof)
    assume_step_size(proof, limit)
    length = norm_of(move)
    proof.use("step", "euclidean", vector=move)
    proof.use("|step|^2", "square", vector=move)
    proof.conclude(
        "falls",
        less(lyapunov("k+1"), lyapunov("k")),
        "(29)",
        Multiple("(10)", (length @ length).scaled(beta / (2 * alpha))),
        "|step|^2",
        "step/square",
        words="the bracket of (29) is at least (1 + lambda_N)/(2 alpha) >= 0",
    )
    return proof.chain()
