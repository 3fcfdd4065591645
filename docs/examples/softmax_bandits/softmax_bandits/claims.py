r"""Another paper's claims: softmax policy gradient on a bandit of two arms.

From J. Mei, C. Xiao, C. Szepesvari and D. Schuurmans, "On the Global Convergence Rates of Softmax
Policy Gradient Methods", ICML 2020: the policy gradient, and the non-uniform Lojasiewicz inequality
for bandits. The weights are ``w = exp(theta)``, so ``d/dtheta = w d/dw`` and all is rational.
"""

from __future__ import annotations

import numpy as np

from dcpg_theory.exact.boxes import Box, closed_interval, positive
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import parse
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.ledger import Kind, claim, misprint

ARMS = symbols("w_1", "w_2")
REWARDS = symbols("r_1", "r_2")
BOX = Box(
    **{f"w_{a}": positive() for a in (1, 2)},
    **{f"r_{a}": closed_interval(0, 1) for a in (1, 2)},
)

POLICY = np.array(ARMS) / sum(ARMS)
VALUE = sum(POLICY * np.array(REWARDS))
NAMES = {rf"\pi_{a}": POLICY[a - 1] for a in (1, 2)} | {rf"r_{a}": REWARDS[a - 1] for a in (1, 2)}
NAMES["V"] = VALUE


def gradient() -> list:
    """Return the derivatives of the value by theta_1 and theta_2."""
    return [w * VALUE.derivative(f"w_{a}") for a, w in enumerate(ARMS, start=1)]


@claim(
    "bandit-gradient",
    where="the policy gradient of a bandit",
    statement=r"\partial V / \partial \theta_1 = \pi_1 (r_1 - V)",
    kind=Kind.IDENTITY,
    controls=(misprint("(r_1 - V)", "r_1"), misprint(r"\pi_1", r"\pi_2")),
)
def policy_gradient(kernel: Kernel) -> Evidence:
    """V = sum_a w_a r_a / sum_a w_a, differentiated by the quotient rule."""
    printed = parse(kernel.statement.split("=")[1], NAMES)
    return kernel.identity(gradient()[0], printed, BOX)


@claim(
    "bandit-lojasiewicz",
    where="the non-uniform Lojasiewicz inequality, squared",
    statement=r"\pi_1 \pi_1 (r_1 - V) (r_1 - V) \le \lVert \nabla V \rVert^2",
    kind=Kind.UPPER_BOUND,
    depends=("bandit-gradient",),
    controls=(misprint(r"\pi_1 \pi_1", r"\pi_1"),),
    note="for any arm 1; with the best arm it bounds the suboptimality by the gradient",
)
def lojasiewicz(kernel: Kernel) -> Evidence:
    """One entry of the gradient is at most its norm."""
    printed = parse(kernel.statement.split(r"\le")[0], NAMES)
    return kernel.sign(printed, "<=", sum(entry * entry for entry in gradient()), BOX)
