r"""The agents' parameters in one stack, for chains about any number of agents and parameters.

Spaces: ``A`` the stack of all agents' parameters, ``S`` the parameters of one agent. ``E[j]`` picks
agent j's block, ``E_i`` that of one agent i, ``c`` copies parameters to all agents, ``m`` is their
mean, ``W`` stands for W (x) I. Nothing is assumed of W but that its rows and columns sum to one.
"""

from __future__ import annotations

from fractions import Fraction

from dcpg_theory.exact.boxes import Box, Interval, at_least, positive
from dcpg_theory.exact.chains import Chain
from dcpg_theory.exact.derived import gradient_of, norm_of, sum_of, transpose
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from proofs_check.chains.derivation import Derivation
from proofs_check.chains.mdp_operators import equal, less

__all__ = [
    "BOX",
    "ONE",
    "E",
    "E_i",
    "W",
    "agents_stay_together",
    "alpha",
    "assume_blocks",
    "assume_mixing",
    "assume_update",
    "c",
    "count",
    "distance",
    "gradients",
    "m",
    "mean_gradient",
    "mean_of_squares",
    "norm_at_most",
    "number",
    "sigma",
    "size",
    "spread",
    "square_at_most",
    "start",
    "theta",
]

alpha, size, sigma, count, iterations = symbols("alpha", "D", "sigma_2", "N", "K")
BOX = Box(
    alpha=positive(),
    D=positive(),
    sigma_2=Interval(Fraction(0), Fraction(1), closed_lower=True),
    N=at_least(1),
    K=at_least(1),
)
ONE = unit(SCALARS)


def number(value: int | Fraction) -> RationalFunction:
    """Return a rational number as a coefficient."""
    return RationalFunction.constant(value)


def _of(name: str, codomain: str, domain: str) -> Operator:
    return Operator.of(Atom(name, codomain, domain))


E, E_i = _of("E[j]", "S", "A"), _of("E_i", "S", "A")
c, m, W = _of("c", "A", "S"), _of("m", "S", "A"), _of("W", "A", "A")
theta = {mark: _of(f"theta[{mark}]", "A", SCALARS) for mark in ("0", "k", "k+1", "K")}
start = _of("theta^0", "S", SCALARS)
distance = alpha * size / (1 - sigma)
_mean_part = c @ m
_rest = unit("A") - _mean_part


def spread(mark: str) -> Operator:
    """Return theta - (its mean, copied), the distance from consensus."""
    return _rest @ theta[mark]


def gradients(mark: str = "k") -> Operator:
    """Return the stack of grad L_j(theta_j)."""
    return sum_of(transpose(E) @ gradient_of("L[j]", E @ theta[mark]), "j")


def mean_gradient(function: str, point: Operator) -> Operator:
    """Return the mean over j of a function's gradients at a point, which may depend on j."""
    return sum_of(gradient_of(function, point), "j").scaled(1 / count)


def norm_at_most(
    proof: Derivation, name: str, vector: Operator, bound: RationalFunction, squared: str
) -> None:
    """Conclude |v| <= b from v^T v <= b^2 with b > 0: 2 b |v| <= |v|^2 + b^2 <= 2 b^2."""
    length = norm_of(vector)
    proof.use(f"{name}: norm", "euclidean", vector=vector)
    proof.use(f"{name}: square", "square", vector=length - ONE.scaled(bound))
    proof.conclude(
        name, less(length, ONE.scaled(bound)), f"{name}: norm/square", f"{name}: square", squared,
        words="2 b |v| <= |v|^2 + b^2 <= 2 b^2",
    )  # fmt: skip


def square_at_most(
    proof: Derivation, name: str, vector: Operator, bound: RationalFunction, fact: str
) -> None:
    """Conclude v^T v <= b^2 from |v| <= b with b >= 0."""
    length = norm_of(vector)
    proof.use(f"{name}: norm", "euclidean", vector=vector)
    proof.conclude(
        name,
        less(transpose(vector) @ vector, ONE.scaled(bound * bound)),
        f"{name}: norm/square",
        (fact, length, None),
        (fact, ONE, None),
        words="|v|^2 <= |v| b <= b^2",
    )


def assume_blocks(proof: Derivation) -> None:
    """Say what picking, copying and averaging are, and how they go together."""
    proof.assume(
        "E_iE_i^T=I", equal(E_i @ transpose(E_i), unit("S")), "a block of a stack of one block"
    )
    proof.assume(
        "blocks", equal(sum_of(transpose(E) @ E, "j"), unit("A")), "a stack consists of its blocks"
    )
    proof.assume("Ec=I", equal(E @ c, unit("S")), "every block of a copy is what was copied")
    proof.assume("E_ic=I", equal(E_i @ c, unit("S")), "the same for agent i")
    proof.assume("m", equal(m, sum_of(E, "j").scaled(1 / count)), "m is the mean of the blocks")
    proof.use("sum Ec", "sum", fact="Ec=I", index="j")
    proof.conclude(
        "mc=I", equal(m @ c, unit("S")), ("m", None, c), "sum Ec", words="the mean of N copies"
    )
    proof.conclude("copy", equal(transpose(E) @ E @ c, transpose(E)), ("Ec=I", transpose(E), None))
    proof.use("sum copy", "sum", fact="copy", index="j")
    proof.use("m^T", "transposed", fact="m")
    proof.conclude(
        "m^T=c/N",
        equal(transpose(m), c.scaled(1 / count)),
        "m^T",
        "sum copy",
        ("blocks", None, c),
        words="c = (sum_j E_j^T E_j) c = sum_j E_j^T",
    )
    proof.use("m=c^T/N", "transposed", fact="m^T=c/N")
    proof.conclude(
        "J^T=J",
        equal(transpose(_mean_part), _mean_part),
        ("m^T=c/N", None, transpose(c)),
        ("m=c^T/N", c, None),
        words="copying the mean is symmetric",
    )


def assume_mixing(proof: Derivation) -> None:
    """Say that W is doubly stochastic; that its entries are not negative is not needed."""
    proof.assume("mW=m", equal(m @ W, m), "Assumption 1: the columns of W sum to one")
    proof.assume("Wc=c", equal(W @ c, c), "Assumption 1: the rows of W sum to one")


def assume_update(proof: Derivation) -> None:
    """Say that the parameters are Algorithm 1's, from equal starts."""
    moved = W @ theta["k"] + gradients().scaled(alpha)
    proof.assume("update", equal(theta["k+1"], moved), "(9) with j = i in the sum, for every k")
    proof.assume("start", equal(theta["0"], c @ start), "equal initialisation")


def agents_stay_together(proof: Derivation, squared_size: str) -> None:
    """Conclude |theta[k] - mean| <= alpha D/(1 - sigma_2) for all k, as the fact ``(23)``.

    `squared_size` names the fact that the stacked gradient has g^T g <= D^2.
    """
    here, g = spread("k"), gradients()
    mixed, pushed = (W - _mean_part) @ here, _rest @ g
    proof.assume(
        "sigma_2",
        less(norm_of(mixed), norm_of(here).scaled(sigma)),
        "sigma_2 is the largest singular value of W - J",
    )
    proof.use("J g", "square", vector=_mean_part @ g)
    proof.conclude(
        "(I-J)g",
        less(transpose(pushed) @ pushed, ONE.scaled(size * size)),
        "J g",
        ("J^T=J", transpose(g), g),
        ("J^T=J", transpose(g), _mean_part @ g),
        ("mc=I", transpose(g) @ c, m @ g),
        squared_size,
        words="I - J is a projection",
    )
    norm_at_most(proof, "|(I-J)g|", pushed, size, "(I-J)g")
    following = equal(spread("k+1"), mixed + pushed.scaled(alpha))
    proof.conclude(
        "step",
        following,
        ("update", _rest, None),
        ("mW=m", c, theta["k"]),
        ("Wc=c", None, m @ theta["k"]),
        ("mc=I", c, m @ theta["k"]),
        words="e[k+1] = (W - J) e[k] + alpha (I - J) g[k]",
    )
    proof.use("equal norms", "congruence", fact="step")
    proof.use("split", "triangle", first=mixed, second=pushed.scaled(alpha))
    proof.use("factor", "homogeneity", factor=alpha, vector=pushed)
    proof.conclude(
        "recursion",
        less(norm_of(spread("k+1")), norm_of(here).scaled(sigma) + ONE.scaled(alpha * size)),
        "equal norms", "split", "factor", "sigma_2", "|(I-J)g|",
        words="|e[k+1]| <= sigma_2 |e[k]| + alpha D",
    )  # fmt: skip
    proof.conclude(
        "together",
        equal(spread("0"), Operator.zero("A", SCALARS)),
        ("start", _rest, None),
        ("mc=I", c, start),
        words="the agents start together",
    )
    proof.use("no spread", "norm of zero", fact="together")
    proof.use("room", "constant", value=distance)
    proof.conclude("first", less(norm_of(spread("0")), ONE.scaled(distance)), "no spread", "room")
    proof.use(
        "(23)", "contraction", step="recursion", start="first",
        here=next(norm_of(here).atoms()), ratio=sigma, noise=alpha * size,
    )  # fmt: skip


def mean_of_squares(length: RationalFunction, most: RationalFunction, box: Box) -> Chain:
    """Show (2/N) sum_j |x_j|^2 <= most from |x_j| <= length; the chain closes for 2 length^2."""
    proof = Derivation("twice the mean of the squares", box)
    x = _of("x[j]", "S", SCALARS)
    proof.assume("each", less(norm_of(x), ONE.scaled(length)), "Lemma B.6, for every agent")
    square_at_most(proof, "squared", x, length, "each")
    proof.use("all", "sum", fact="squared", index="j")
    total = sum_of(transpose(x) @ x, "j").scaled(2 / count)
    proof.conclude("mean", less(total, ONE.scaled(most)), "all", words="a sum of N terms, over N")
    return proof.chain()
