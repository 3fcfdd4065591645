r"""Section 4: the spectral gap in (11), and Remark 1 on function approximation."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dcpg_theory.exact.boxes import Box, at_least, open_interval
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.ledger import Kind, claim, ingredient, misprint, narrate
from proofs_check.instances.corridor import HALF
from proofs_check.symbols import DISCOUNT

_MIDDLE_TERM = r"\frac{\alpha^2}{N(1-\sigma_2)^2 \sum_{j=1}^N (1-\gamma_j)^6}"


@claim(
    "sec4-gap-quadratic",
    where="Section 4, after Theorem 1",
    statement="our upper bound in (11) depends quadratically on the inverse of the spectral gap $1 - \\sigma_2$",
    kind=Kind.ORDER,
    lines=(193, 193),
    depends=("sec4-singular-values-sharp", "eq-11-term-2"),
    controls=(
        ingredient("the gap to the first power", term=_MIDDLE_TERM.replace(")^2", ")", 1)),
        ingredient("the gap above the line", term=r"\alpha^2 (1-\sigma_2)^2"),
    ),
    note=(
        "for a fixed step size, read off (11) as printed: its other two terms are free of sigma_2. "
        "The appendix has the same power, in the display after (38). How (11) is to be corrected is "
        "another matter, but no correction touches this factor"
    ),
)
def gap_enters_squared(kernel: Kernel) -> Evidence:
    """Multiplied by (1 - sigma_2)^2, the middle term of (11) no longer depends on sigma_2."""
    agents, sigma, alpha, tail = symbols("N", "sigma", "alpha", "tail")
    names = {
        "N": agents,
        r"\alpha": alpha,
        r"\sigma_2": sigma,
        r"\sum_{j=1}^N (1-\gamma_j)^6": tail,
    }
    term = parse(kernel.given("term", _MIDDLE_TERM), names)
    words = re.findall(
        r"quadraticallyontheinverseofthespectralgap(.*)$", normalized(kernel.statement)
    )
    rest = term * parse(words[0], names) ** 2
    box = Box(N=open_interval(0, 9), sigma=DISCOUNT, alpha=DISCOUNT, tail=DISCOUNT)
    return kernel.identity(rest.derivative("sigma"), 0, box)


@claim(
    "remark-1",
    where="Section 4, Remark 1",
    statement="Under an function approximation, we can guarantee the convergence to a stationary point with the rate stated in Theorem 1 under an assumption on the Lipschitzness of the function approximation, and the proof of Theorem 1 in Section B.1 of the supplementary material still goes through.",
    kind=Kind.ORDER,
    lines=(195, 195),
    depends=("theorem-1", "theorem-1-sharp"),
    controls=(ingredient("the change of the Jacobian left out", bend=0),),
    note=(
        "with the constants of the composition, which this check finds, theorem-1-sharp says it: it "
        "asks of V_j and L_j only that they are smooth with bounded gradients, and b_j, G_j and the "
        "regularizer's constant get the factors of f. The rate is Theorem 1's, with what is wrong there"
    ),
)
def smooth_approximations_compose(kernel: Kernel) -> Evidence:
    """V(f(theta)) has the smoothness b c^2 + G c', where |J_f| <= c and J_f is c'-Lipschitz.

    J(x)^T g(f(x)) - J(y)^T g(f(y)) = J(x)^T (g(f(x)) - g(f(y))) + (J(x) - J(y))^T g(f(y)): with
    u = |f(x) - f(y)| <= c d, h = |g(f(x)) - g(f(y))| <= b u, the two parts are at most c h and c' d G.
    V(u) = G u and f(x) = c' x^2/2 attain it. With f Lipschitz alone, as in remark-1-sharp, (11) fails
    for every constant: t = lambda = 1/n and K = n^4 make it go to 0, and the slope stays.
    """
    b, c, jacobian, bound, d, u, h, one, two = symbols(
        "b", "c", "c_prime", "G", "d", "u", "h", "n_1", "n_2"
    )
    smooth = b * c**2 + kernel.given("bend", 1) * bound * jacobian
    limits = [c * h - one, b * u - h, c * d - u, jacobian * d * bound - two, b, c]
    composed = kernel.positive_on(smooth * d - one - two, limits, strict=False)
    box = Box(**dict.fromkeys(("b", "c", "c_prime", "G"), DISCOUNT))
    attained = kernel.sign(bound * jacobian, "<=", smooth, box)
    holds = kernel.confirmed(composed, attained)
    if not holds.verdict.passes:
        return holds
    w, n = symbols("w", "n")
    kink = _Kink(w, HALF, 1 / n, 1 / n)
    rate = 1 / (n**4 * kink.step) + kink.step**2 + 1 / n**2
    there = Box(w=open_interval(HALF, 1), n=at_least(4))
    without = kernel.order(kink.slope**2, rate, "n", there, constant=1, rate=Fraction(1, 10**4))
    return kernel.conditional(holds, "a Lipschitz Jacobian of the function approximation", without)


@dataclass(frozen=True)
class _Kink:
    """One state, two actions that pay 1 and 0, logits -|theta| and 0, at theta = t with w = exp(-t)."""

    w: Any
    discount: Any
    regularization: Any
    t: Any
    turn: int = -1  # d(-|theta|)/d theta at t and at -t

    @property
    def slope(self) -> Any:
        """That of V along the logit."""
        chosen = self.w / (1 + self.w)
        return chosen * (1 - chosen) / (1 - self.discount)

    @property
    def pull(self) -> Any:
        """That of L: the regularizer pulls towards 1/2."""
        return self.slope + self.regularization * (1 - 2 * self.w / (1 + self.w)) / 2

    @property
    def step(self) -> Any:
        """The step size with which ascent jumps between t and -t."""
        return 2 * self.t / self.pull


@claim(
    "remark-1-sharp",
    where="Section 4, Remark 1",
    statement=r"\theta^{k+2} = \theta^k \neq \theta^{k+1}, \quad \frac{2}{9(1-\gamma)} \leq |\nabla V(\theta^k)|",
    kind=Kind.EXISTENCE,
    controls=(
        ingredient("the smooth softmax of (4)", kink=False),
        misprint(r"\frac{2}{9(1-\gamma)}", r"\frac{1}{1-\gamma}"),
    ),
    note=(
        "not printed: a function approximation that is Lipschitz with constant 1, for which exact "
        "gradient ascent never nears a stationary point although the step size is as small as one "
        "likes: for small lambda no constant makes (11) true. So Remark 1 needs a Lipschitz gradient; networks of rectified linear units, as in "
        "deep learning, have none"
    ),
)
def a_kink_is_never_left(kernel: Kernel) -> Evidence:
    """One state, two actions that pay 1 and 0, logits -|theta| and 0; any regularization >= 0.

    At theta = t > 0 the better action has probability w/(1 + w) <= 1/2 with w = exp(-t), and
    the slopes of V and L at t and -t are opposite numbers. For the step size 2t/L'(-t) ascent
    jumps between t and -t for ever, and with w in (1/2, 1) the slope of V stays above
    2/9 1/(1 - gamma); as t -> 0 that step size tends to 0, while (11) tends to the order lambda^2.
    """
    w, t, discount, weight = symbols("w", "t", "gamma", "lambda")
    kink = _Kink(w, discount, weight, t, -1 if kernel.given("kink", True) else 1)
    there = t + kink.turn * kink.step * kink.pull
    back = there + kink.step * kink.pull
    text = normalized(kernel.statement).removeprefix(r"\theta^{k+2}=\theta^k\neq\theta^{k+1},")
    printed = text.removesuffix(r"\leq|\nabla V(\theta^k)|")
    bound = parse(printed, {r"\gamma": discount})
    box = Box(w=open_interval(HALF, 1), t=DISCOUNT, gamma=DISCOUNT, **{"lambda": DISCOUNT})
    return kernel.every(
        kernel.identity(back, t, box),
        kernel.sign(kink.slope, ">=", bound, box),
        kernel.sign(kink.pull, ">", 0, box),
    )


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
