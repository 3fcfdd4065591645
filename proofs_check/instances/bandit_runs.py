r"""Algorithm 1 on bandits with two actions, in balls: certified iterates.

One state, so theta_i = (x_i/2, -x_i/2) up to what no gradient changes, p = 1/(1 + e^{-x}), and

    grad L_i = G_i(x) (1, -1),  G_i(x) = p (1 - p) r_i / (1 - gamma_i) + lambda (1/2 - p),

where r_i is the first action's reward less the second's. So ||theta_i - theta_j|| = |x_i - x_j| /
sqrt(2), ||grad L_i|| = sqrt(2) |G_i|, and (9) reads x_i' = sum_j W_ij x_j + 2 alpha G_i(x_i).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint

from dcpg_theory.exact.balls import ball

__all__ = ["BanditRun"]


@dataclass(frozen=True)
class BanditRun:
    """Bandits with their reward gaps and discounts, lambda, the step size, and a common start."""

    gaps: Sequence[Any]
    discounts: Sequence[Any]
    regularization: Any
    step_size: Any
    start_odds: Any
    mixing: Sequence[Sequence[Any]]

    def slope(self, task: int, x: Any) -> Any:
        """G_i(x), a ball."""
        chance = 1 / (1 + (-x).exp())
        value = chance * (1 - chance) * ball(self.gaps[task]) / (1 - ball(self.discounts[task]))
        return value + ball(self.regularization) * (ball(Fraction(1, 2)) - chance)

    def iterates(self, count: int) -> list[list[Any]]:
        """Return x_i^k for k < count, one list for each k; all agents start at log(start_odds)."""
        tasks = range(len(self.gaps))
        x: list[Any] = [flint.arb(ball(self.start_odds)).log() for _ in tasks]
        rows = [x]
        for _ in range(count - 1):
            x = [
                sum((ball(self.mixing[i][j]) * x[j] for j in tasks), start=flint.arb(0))
                + 2 * ball(self.step_size) * self.slope(i, x[i])
                for i in tasks
            ]
            rows.append(x)
        return rows
