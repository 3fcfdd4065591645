r"""Section 4: the spectral gap in (11), and Remark 1 on function approximation."""

from __future__ import annotations

import re
import sys

from dcpg_theory.exact.boxes import Box, open_interval
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.ledger import Kind, claim, ingredient, misprint, narrate, unsettled
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


remark_1 = unsettled(
    "remark-1",
    where="Section 4, Remark 1",
    statement="Under an function approximation, we can guarantee the convergence to a stationary point with the rate stated in Theorem 1 under an assumption on the Lipschitzness of the function approximation, and the proof of Theorem 1 in Section B.1 of the supplementary material still goes through.",
    kind=Kind.ORDER,
    lines=(195, 195),
    reason=(
        "the assumption is not stated: with a Lipschitz function approximation alone it is false "
        "(remark-1-sharp); with a gradient that is Lipschitz too, the descent argument of "
        "B.1 needs the constants of Lemmas B.5 and B.6 for the composition, and what (11) then says "
        "is open until Theorem 1 is settled"
    ),
).variant(depends=("theorem-1",))


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
    chosen = w / (1 + w)
    slope = chosen * (1 - chosen) / (1 - discount)  # of V, along the logit
    pull = slope + weight * (1 - 2 * chosen) / 2  # of L: the regularizer pulls towards 1/2
    turn = -1 if kernel.given("kink", True) else 1  # d(-|theta|)/d theta at t and at -t
    step = 2 * t / pull
    there = t + turn * step * pull
    back = there + step * pull
    text = normalized(kernel.statement).removeprefix(r"\theta^{k+2}=\theta^k\neq\theta^{k+1},")
    printed = text.removesuffix(r"\leq|\nabla V(\theta^k)|")
    bound = parse(printed, {r"\gamma": discount})
    box = Box(w=open_interval(HALF, 1), t=DISCOUNT, gamma=DISCOUNT, **{"lambda": DISCOUNT})
    return kernel.every(
        kernel.identity(back, t, box),
        kernel.sign(slope, ">=", bound, box),
        kernel.sign(pull, ">", 0, box),
    )


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
