r"""Beyond the paper: gradient tracking, the method without the bias of a constant step.

The rate of docs/gradient-tracking.md, which `dcpg_theory.bounds.tracking` calculates. The paper has
neither the method nor the statement.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import flint

from dcpg_theory.exact.balls import square_root
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import RationalFunction, as_fmpq, symbols
from dcpg_theory.ledger import Claim, Kind, ingredient, misprint, narrate
from proofs_check.assumptions import EQUAL_STARTS
from proofs_check.chains import gradient_tracking as chains
from proofs_check.chains import stacks
from proofs_check.chains import tracking_errors as symbol
from proofs_check.chains.derivation import proof_of
from proofs_check.theorem_1_whole import roots_named

_NAMES: Mapping[str, Any] = {
    r"\alpha": stacks.alpha,
    r"\sigma_2": symbol.sigma,
    r"\Delta": symbol.Delta,
    r"G_{rms}": symbol.G,
    "b": symbol.b,
    "q": symbol.q,
    "K": symbol.iterations,
    "N": stacks.count,
    "R": symbol.climb,
    "u": symbol.u,
    "v": symbol.v,
    "c": symbol.remaining,
}
# The largest alpha, q, R, u, v and c.
_SETTING = re.compile(
    r"0<\\alpha\\leq(.*?),q=(.*?),R=(.*?),u=(.*?),v=(.*?)andc=(.*?)\.Thenforeveryagent"
)


class Terms(NamedTuple):
    """What the statement says: see `chains.gradient_tracking`."""

    inside: RationalFunction
    room: RationalFunction
    left: RationalFunction
    first: RationalFunction
    growth: RationalFunction
    bound: RationalFunction
    longest: Fraction


def _moved(value: RationalFunction, **points: RationalFunction) -> RationalFunction:
    """Put numbers or other symbols in the place of some symbols."""
    same = dict(zip(value.names, symbols(*value.names), strict=True))
    moved: RationalFunction = value.evaluate(same | points)
    return moved


def _squared(latex: str) -> RationalFunction | None:
    """Return the square of a product of roots and of what has none; None if it is no product."""
    text, under = roots_named(latex)
    names = [f"root_{k}" for k in range(1, len(under) + 1)]
    roots = dict(zip(names, symbols(*names), strict=True)) if names else {}
    value = parse(text, {**_NAMES, **{rf"\{name}": root for name, root in roots.items()}})
    square = RationalFunction.constant(1)
    for (name, root), inside in zip(roots.items(), under, strict=True):
        for power in (1, -1):
            rest = value / root**power
            if name not in rest.free_names():
                value, square = rest, square * parse(inside, _NAMES) ** power
                break
        else:
            return None
    whole: RationalFunction = square * value**2
    return whole


def _read(statement: str) -> Terms | None:
    """Read the range of alpha, the constants and the bound; None if they have another form."""
    text = normalized(statement)
    found = _SETTING.search(text)
    tail, under = roots_named(text.split(r"\leq")[-1].rstrip("."))
    if found is None or len(under) != 3:
        return None
    limit, share, room, first, growth, left = found.groups()
    one, two = symbols("one", "two")
    roots = {r"\root_1": one, r"\root_2": two, r"\root_3": symbol.kappa}
    bound = parse(tail, {**_NAMES, **roots})
    nothing = RationalFunction.constant(1)
    squares = _squared(first), _squared(growth)
    unit = 2 * symbol.b / symbol.rho**2
    longest = unit * parse(limit, _NAMES)
    if (
        _moved(bound, one=one * two, two=nothing) != bound
        or parse(under[2], _NAMES) != symbol.iterations
        or parse(share, _NAMES) != unit * stacks.alpha
        or not longest.is_constant()
        or squares[0] is None
        or squares[1] is None
    ):
        return None
    return Terms(
        inside=parse(under[0], _NAMES) * parse(under[1], _NAMES),
        room=parse(room, _NAMES),
        left=parse(left, _NAMES),
        first=squares[0],
        growth=squares[1],
        bound=_moved(bound, one=symbol.Z, two=nothing),
        longest=Fraction(str(longest.as_constant())),
    )


class Quadratics:
    """Two agents with L_j(x) = -(x - a_j)^2/2, a = 1/4 and -1/4, in exact numbers; b = 1."""

    targets = (Fraction(1, 4), Fraction(-1, 4))
    stay = Fraction(9, 10)
    start = Fraction(1)
    share = Fraction(1, 2)
    iterations = 50

    @property
    def step(self) -> Fraction:
        """The alpha of the share q."""
        return self.share * (1 - self.sigma) ** 2 / 2

    @property
    def sigma(self) -> Fraction:
        """The second singular value of W."""
        return abs(2 * self.stay - 1)

    def slope(self, j: int, x: Fraction) -> Fraction:
        """Return the derivative of L_j."""
        return self.targets[j] - x

    def least(self) -> Fraction:
        """Run gradient tracking; return the smallest |f'| at the first agent's parameters."""
        mix = ((self.stay, 1 - self.stay), (1 - self.stay, self.stay))
        x = [self.start] * 2
        slopes = [self.slope(j, x[j]) for j in range(2)]
        y, met = slopes, []
        for _ in range(self.iterations):
            met.append(abs(x[0]))  # f'(x) = -x, for a_1 + a_2 = 0
            x = [sum(mix[i][j] * x[j] for j in range(2)) + self.step * y[i] for i in range(2)]
            following = [self.slope(j, x[j]) for j in range(2)]
            y = [
                sum(mix[i][j] * y[j] for j in range(2)) + following[i] - slopes[i] for i in range(2)
            ]
            slopes = following
        return min(met)

    def constants(self) -> dict[str, Fraction]:
        """Return the values of the symbols of the statement."""
        squares = [self.slope(j, self.start) ** 2 for j in range(2)]
        return {
            "q": self.share,
            "sigma_2": self.sigma,
            "b": Fraction(1),
            "N": Fraction(2),
            "K": Fraction(self.iterations),
            "Delta": self.start**2 / 2,
            "G_rms^2": sum(squares, start=Fraction(0)) / 2,
        }


def _quadratics(kernel: Kernel, terms: Terms) -> Evidence:
    """The bound for two agents with quadratic objectives, alpha = 1/100 and K = 50."""
    problem = Quadratics()
    known = problem.constants()
    exact = {name: as_fmpq(value) for name, value in known.items() if name != "G_rms^2"}
    value = kernel.given("scale", 1) * as_fmpq(problem.least())

    def printed() -> Any:
        point: dict[str, Any] = {**exact, "G_rms": square_root(known["G_rms^2"])}
        for name, term in (("R", terms.room), ("c_Q", terms.left)):
            point[name] = term.evaluate(point)
        for name, term in (("u", terms.first), ("v", terms.growth), ("Z", terms.inside)):
            point[name] = term.evaluate(point).sqrt()
        return terms.bound.evaluate({**point, "kappa": square_root(known["K"])})

    instance = {**known, "tasks": "L_j(x) = -(x - a_j)^2/2, a = 1/4, -1/4", "theta^0": 1}
    return kernel.enclosed(lambda: flint.arb(value), "<=", printed, instance)


def _rate(kernel: Kernel) -> Evidence:
    """One chain from the method to the bound; R, u, v, c and the range of alpha are read.

    That c >= 23/32 > 0 for all q in the range is a polynomial inequality beside it. The special case is a
    run of the method on two quadratics, in rational numbers.
    """
    terms = _read(kernel.statement)
    if terms is None:
        return kernel.undecided("the statement is not of the form that the chain is about")
    special = _quadratics(kernel, terms)
    box = symbol.box_up_to(terms.longest)
    box = Box(q=box["q"], sigma_2=box["sigma_2"])
    proofs = kernel.every(
        kernel.sign(terms.left, ">=", Fraction(23, 32), box),
        proof_of(kernel, lambda: chains.gradient_tracking(*terms)),
    )
    return kernel.confirmed(proofs, special)


gradient_tracking_rate = Claim(
    id="gradient-tracking-rate",
    where="Beyond the paper: gradient tracking",
    statement=(
        r"Let there be N >= 2 agents, let W be doubly stochastic with $\sigma_2 < 1$, symmetric or "
        r"not, let all agents start from one $\theta^0$, let $L_j$ be b-smooth for every j, with "
        r"$\|\nabla L_j(\theta^0)\| \leq G_j$ of root mean square $G_{rms} > 0$, let "
        r"$f = \frac{1}{N} \sum_{j=1}^N L_j$ and $\Delta > 0$ with $f - f(\theta^0) \leq \Delta$. Let "
        r"$\theta_i^{k+1} = \sum_{j=1}^N W_{ij} \theta_j^k + \alpha y_i^k$, "
        r"$y_i^{k+1} = \sum_{j=1}^N W_{ij} y_j^k + \nabla L_i(\theta_i^{k+1}) - \nabla L_i(\theta_i^k)$ and "
        r"$y_i^0 = \nabla L_i(\theta^0)$ with $0 < \alpha \leq \frac{(1-\sigma_2)^2}{4b}$, "
        r"$q = \frac{2b\alpha}{(1-\sigma_2)^2}$, "
        r"$R = \frac{4b\Delta}{q(1-\sigma_2)^2} + \frac{q^2(1-\sigma_2)^2 G_{rms}^2}{2(1-q)^2(1-\sigma_2^2)}$, "
        r"$u = \frac{\sqrt{N-1} q(1-\sigma_2) G_{rms}}{2(1-q)\sqrt{1-\sigma_2^2}}$, "
        r"$v = \frac{\sqrt{N-1} q^2(1-\sigma_2)^2}{4(1-q)}$ and "
        r"$c = 1 - \frac{q(1-\sigma_2)^2}{2} - \frac{q^4(1-\sigma_2)^4}{8(1-q)^2}$. "
        r"Then for every agent i and every K >= 1 "
        r"$\min_{k < K} \|\nabla f(\theta_i^k)\| \leq \frac{\sqrt{R} \sqrt{1 + \frac{v^2}{c}} + u}{\sqrt{K}}$"
    ),
    kind=Kind.UPPER_BOUND,
    check=_rate,
    assumptions=(EQUAL_STARTS,),
    controls=(
        misprint(r"\frac{4b\Delta}{q(1-\sigma_2)^2}", r"\frac{4b\Delta}{q}"),
        misprint(r"\frac{4b\Delta}{q", r"\frac{b\Delta}{2q"),
        ingredient("larger", scale=10),
    ),
    note=(
        "not a statement of the paper. For one agent the method is gradient ascent, and "
        "theorem-1-sharp holds. In the whole range c >= 23/32"
    ),
)

if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
