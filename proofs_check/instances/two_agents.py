r"""Two agents with opposite tasks, small enough for exact and ball arithmetic.

Both tasks have one state and two actions; task 1 pays for the first, task 2 for the second. The
softmax parameters are (x, -x), so an agent is one number x, and the first action's probability is
1/(1 + exp(-2x)). W = [[a, 1-a], [1-a, a]] satisfies Assumption 1 for 0 < a < 1; its eigenvalues are
1 and 2a - 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from dcpg_theory.exact.rational_functions import as_fmpq

__all__ = ["Opposed"]


@dataclass(frozen=True)
class Opposed:
    """The two tasks at one step size, and the Lyapunov function (24) on them.

    Attributes
    ----------
    stay : Fraction
        a, the weight an agent gives itself.
    step : Fraction
        alpha.
    regularization : Fraction
        lambda.
    concave : bool
        Take the values pi/(2 - (1 - pi)/2) of the first example's S3 at gamma = 1/2 in place of
        2 pi: they are concave, and rewards lie in [0, 1] there too.
    """

    stay: Fraction
    step: Fraction
    regularization: Fraction
    concave: bool = False

    @property
    def second_singular_value(self) -> Fraction:
        """|2a - 1|, which is sigma_2 and sigma_N both."""
        return abs(2 * self.stay - 1)

    @property
    def smallest_eigenvalue(self) -> Fraction:
        """2a - 1."""
        return 2 * self.stay - 1

    @property
    def n_states(self) -> int:
        """|S|: the concave values need the corridor of five states."""
        return 5 if self.concave else 1

    @property
    def smoothness(self) -> Fraction:
        """beta^lambda of (27) at gamma = 1/2: 2 (64 + 2 lambda/|S|)."""
        return 2 * (64 + 2 * self.regularization / self.n_states)

    def admissible(self, eigenvalue: Fraction) -> bool:
        """Whether alpha < (1 + eigenvalue)/(2 beta^lambda), which is (10) for sigma_N."""
        return self.step < (1 + eigenvalue) / (2 * self.smoothness)

    def value(self, probability: Any) -> Any:
        """V of the action with this probability, discount 1/2."""
        if self.concave:
            return probability / 2 / (1 - (1 - probability) / 4)
        return 2 * probability

    def slope(self, probability: Any) -> Any:
        """dV/dx for the agent whose rewarded action has this probability."""
        ratio = Fraction(3, 8) if self.concave else Fraction(2)
        below = (1 - (1 - probability) / 4) ** 2 if self.concave else 1
        return as_fmpq(ratio) / below * 2 * probability * (1 - probability)

    def lyapunov(self, x: tuple[Any, Any]) -> Any:
        """xi(theta) of (24), as a ball; the relative entropy of (6) is averaged over the states."""
        total = flint.arb(0)
        for sign, agent in ((1, x[0]), (-1, x[1])):
            probability = 1 / (1 + (-2 * sign * flint.arb(agent)).exp())
            entropy = -((4 * probability * (1 - probability)).log()) / 2 / self.n_states
            total += self.value(probability) - entropy * as_fmpq(self.regularization)
        apart = flint.arb(x[0]) - flint.arb(x[1])
        quadratic = 2 * as_fmpq(1 - self.stay) * apart * apart
        return quadratic / (2 * as_fmpq(self.step)) - total

    def first_step(self) -> tuple[Any, Any]:
        """Return theta^1 from theta^0 = 0: mixing does nothing, RE has no gradient there.

        The parameters of an action move by half of dV/dx, since x moves both of them.
        """
        half = as_fmpq(Fraction(1, 2))
        move = as_fmpq(self.step) * self.slope(half) / 2
        return move, -move

    def moved(self, x: tuple[Any, Any]) -> Any:
        """||theta^1 - theta^0||^2 from theta^0 = 0."""
        return 2 * (x[0] * x[0] + x[1] * x[1])
