r"""Step sizes, constants and rates of Theorems 1 and 2, in the forms that hold.

Two forms of each, never the printed one, whose faults the ledger shows. X_j = 1/(1 - gamma_j).

*Corrected*: the paper's own constants, for rewards in [0, 1], a symmetric doubly stochastic W with
sigma_2 < 1 whose least eigenvalue is lambda_N, and equal initial parameters::

    D         = 2 N lambda + sum_j X_j^2                                  Lemma B.1
    beta      = sum_j (8 X_j^3 + 2 lambda/|S|)                            (27)
    alpha    <= (1 + lambda_N)/(2 beta)                                   (10)
    min_{k<K} ||(1/N) sum_j grad V_j(theta_i^k)||^2
             <= 16/((1 + lambda_N) K alpha) sum_j (X_j + lambda RE) + 16 lambda^2
                + 512 D^2 alpha^2/(N (1 - sigma_2)^2) sum_j X_j^6         end of B.1

The factor 1/(1 + lambda_N) is what 2/((1 + lambda_N)/alpha - beta) <= 4 alpha/(1 + lambda_N)
leaves; as printed, 1 + sigma_N >= 1 hides it.

*Sharp*: any doubly stochastic W with sigma_2 < 1, symmetric or not, and::

    b^V_j     = min{|S_j| X_j/(3 sqrt 3), X_j^2/2},  b_j = b^V_j + lambda/(2|S|)
    G_j       = min{sqrt|S_j| X_j, X_j^(3/2)}/(2 sqrt 2) + lambda sqrt((1 - 1/|A|)/|S|)
    delta     = alpha rms(G)/(1 - sigma_2),  Delta = mean_j X_j + lambda RE,  alpha <= 1/mean(b)
    min_{k<K} ||(1/N) sum_j grad V_j(theta_i^k)||
             <= sqrt(2 Delta/(alpha K) + rms(b)^2 delta^2) + mean(b^V) sqrt(N - 1) delta
                + lambda sqrt((1 - 1/|A|)/|S|)

Every quotient and product is taken in the number type of the arguments; the functions that need a
root take one, by default `math.sqrt`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dcpg_theory.errors import AssumptionViolated, InvalidInput

__all__ = ["CorrectedRates", "SharpRates"]

Root = Callable[[Any], Any]


def _check(discounts: Sequence[Any], gap: Any) -> None:
    if not discounts:
        raise InvalidInput("discounts=() must hold the discount of at least one task")
    for discount in discounts:
        if not 0 < discount < 1:
            raise InvalidInput(f"discount={discount} must lie in the open interval (0, 1)")
    if not gap > 0:
        raise AssumptionViolated(
            f"second_singular_value={1 - gap} must be less than 1: the agents reach no consensus"
        )


@dataclass(frozen=True, slots=True)
class CorrectedRates:
    """Theorems 1 and 2 in the paper's constants, with the hypotheses that they need.

    Parameters
    ----------
    discounts : sequence of number
        gamma_j in (0, 1), one for each of the N tasks.
    n_states, n_actions : int
        |S| of the union, and |A|.
    regularization : number
        lambda >= 0.
    second_singular_value : number
        sigma_2 of W, in [0, 1); 0 for one agent.
    smallest_eigenvalue : number
        lambda_N of the symmetric W, in (-1, 1].

    Raises
    ------
    InvalidInput
        If there is no task or a discount is not in (0, 1).
    AssumptionViolated
        If sigma_2 is not less than 1, or lambda_N is not greater than -1.
    """

    discounts: Sequence[Any]
    n_states: int
    n_actions: int
    regularization: Any
    second_singular_value: Any
    smallest_eigenvalue: Any

    def __post_init__(self) -> None:
        _check(self.discounts, 1 - self.second_singular_value)
        if not 1 + self.smallest_eigenvalue > 0:
            raise AssumptionViolated(
                f"smallest_eigenvalue={self.smallest_eigenvalue} must be greater than -1: no step "
                "size satisfies (10)"
            )

    @property
    def gradient_bound(self) -> Any:
        """D of Lemma B.1: the norm of all agents' gradients together is at most this."""
        n, weight = len(self.discounts), self.regularization
        return 2 * n * weight + sum(1 / (1 - x) ** 2 for x in self.discounts)

    @property
    def smoothness(self) -> Any:
        """beta^lambda of (27)."""
        weight = self.regularization
        return sum(8 / (1 - x) ** 3 + 2 * weight / self.n_states for x in self.discounts)

    @property
    def largest_step(self) -> Any:
        """The supremum of (10), with lambda_N for sigma_N."""
        return (1 + self.smallest_eigenvalue) / (2 * self.smoothness)

    @property
    def threshold(self) -> Any:
        """The norm lambda N/(2|S||A|) of sum_j grad L_j that Proposition 1 asks for."""
        return self.regularization * len(self.discounts) / (2 * self.n_states * self.n_actions)

    def _start(self, entropy: Any) -> Any:
        weight = self.regularization
        return sum(1 / (1 - x) + weight * entropy for x in self.discounts)

    def theorem_1(self, step_size: Any, iterations: Any, entropy: Any) -> tuple[Any, Any, Any]:
        """Return the three terms that bound the least squared norm of the mean gradient of V.

        Parameters
        ----------
        step_size : number
            alpha, positive and at most `largest_step`.
        iterations : number
            K >= 1.
        entropy : number
            RE of the common initial policy.

        Returns
        -------
        optimisation, consensus, regularizer : number
            What is left after K iterations, the agents' disagreement, 16 lambda^2.
        """
        n, weight = len(self.discounts), self.regularization
        spread = self.gradient_bound * step_size / (1 - self.second_singular_value)
        sixth = sum(1 / (1 - x) ** 6 for x in self.discounts)
        first = (
            16 * self._start(entropy) / ((1 + self.smallest_eigenvalue) * iterations * step_size)
        )
        return first, 512 * spread**2 * sixth / n, 16 * weight**2

    def gradient_link(
        self, step_size: Any, iterations: Any, entropy: Any, *, root: Root = math.sqrt
    ) -> Any:
        """Return the right side of (43): it bounds min_k ||sum_j grad L_j(theta_i^k)||."""
        n, beta = len(self.discounts), self.smoothness
        c_1 = 2 / ((1 + self.smallest_eigenvalue) / step_size - beta)
        inside = c_1 * self._start(entropy) / (iterations * step_size**2)
        spread = step_size * self.gradient_bound / (1 - self.second_singular_value)
        return n * root(inside) + 2 * beta * spread

    @property
    def theorem_2_step(self) -> Any:
        """A third of the second bound of (13), at which (45) asks for the fewest iterations."""
        n, gap = len(self.discounts), 1 - self.second_singular_value
        sizes = self.n_states * self.n_actions
        return self.regularization * n * gap / (12 * self.smoothness * self.gradient_bound * sizes)

    def theorem_2_iterations(self, accuracy: Any, mismatch: Any, entropy: Any) -> Any:
        """Return the K of the corrected (14), not rounded, for lambda = epsilon/(2 N M)."""
        n, gap = len(self.discounts), 1 - self.second_singular_value
        sizes = self.n_states * self.n_actions * mismatch / accuracy
        front = 1804 * n**2 * self.smoothness * self.gradient_bound * sizes**3
        return front * self._start(entropy) / (gap * (1 + self.smallest_eigenvalue))


@dataclass(frozen=True, slots=True)
class SharpRates:
    """The strongest forms of Theorems 1 and 2, for rewards in [0, 1].

    Parameters
    ----------
    discounts : sequence of number
        gamma_j in (0, 1), one for each of the N tasks.
    task_states : sequence of int
        |S_j|, the size of each task's own state space.
    n_states, n_actions : int
        |S| of the union, and |A|.
    regularization : number
        lambda >= 0.
    second_singular_value : number
        sigma_2 of W, in [0, 1), W symmetric or not; 0 for one agent.
    root : callable
        The square root in the number type of the arguments.

    Raises
    ------
    InvalidInput
        If there is no task, or a discount is not in (0, 1).
    AssumptionViolated
        If sigma_2 is not less than 1.
    """

    discounts: Sequence[Any]
    task_states: Sequence[int]
    n_states: int
    n_actions: int
    regularization: Any
    second_singular_value: Any
    root: Root = math.sqrt

    def __post_init__(self) -> None:
        _check(self.discounts, 1 - self.second_singular_value)
        if len(self.task_states) != len(self.discounts):
            raise InvalidInput(
                f"task_states={self.task_states} must give a size for each of the "
                f"{len(self.discounts)} discounts"
            )

    def _mean(self, values: Sequence[Any]) -> Any:
        return sum(values) / len(values)

    def _rms(self, values: Sequence[Any]) -> Any:
        return self.root(self._mean([value * value for value in values]))

    @property
    def value_smoothness(self) -> list[Any]:
        """b^V_j: the gradient of V_j is Lipschitz with this constant."""
        horizons = [1 / (1 - x) for x in self.discounts]
        return [
            min(size * x / (3 * self.root(3)), x * x / 2)
            for size, x in zip(self.task_states, horizons, strict=True)
        ]

    @property
    def smoothness(self) -> list[Any]:
        """b_j: that of V_j and that of the regularizer, lambda/(2|S|)."""
        extra = self.regularization / (2 * self.n_states)
        return [b + extra for b in self.value_smoothness]

    @property
    def regularizer_gradient(self) -> Any:
        """At most lambda sqrt((1 - 1/|A|)/|S|) is the norm of the regularizer's gradient."""
        sizes = self.n_actions * self.n_states
        return self.regularization * self.root((self.n_actions - 1) / sizes)

    @property
    def gradient_norms(self) -> list[Any]:
        """G_j: the norm of grad L_j is at most this."""
        horizons = [1 / (1 - x) for x in self.discounts]
        return [
            min(self.root(size) * x, x * self.root(x)) / (2 * self.root(2))
            + self.regularizer_gradient
            for size, x in zip(self.task_states, horizons, strict=True)
        ]

    @property
    def largest_step(self) -> Any:
        """1/mean(b), up to which Theorem 1 holds."""
        return 1 / self._mean(self.smoothness)

    def _start(self, entropy: Any) -> Any:
        return self._mean([1 / (1 - x) for x in self.discounts]) + self.regularization * entropy

    def _spread(self, step_size: Any) -> Any:
        """delta; one agent agrees with itself."""
        if len(self.discounts) == 1:
            return 0 * step_size
        return step_size * self._rms(self.gradient_norms) / (1 - self.second_singular_value)

    def theorem_1(self, step_size: Any, iterations: Any, entropy: Any) -> tuple[Any, Any, Any]:
        """Return the three terms that bound the least norm of the mean gradient of V.

        Parameters
        ----------
        step_size : number
            alpha, positive and at most `largest_step`.
        iterations : number
            K >= 1.
        entropy : number
            RE of the common initial policy.

        Returns
        -------
        optimisation, consensus, regularizer : number
            The root, the agents' disagreement, and the regularizer's gradient.
        """
        spread = self._spread(step_size)
        bias = (self._rms(self.smoothness) * spread) ** 2
        first = self.root(2 * self._start(entropy) / (step_size * iterations) + bias)
        away = self._mean(self.value_smoothness) * self.root(len(self.discounts) - 1) * spread
        return first, away, self.regularizer_gradient

    @property
    def threshold(self) -> Any:
        """The tau = lambda/(|S||A|) that is asked of the gradient of the mean of the L_j."""
        return self.regularization / (self.n_states * self.n_actions)

    def gradient_link(self, step_size: Any, iterations: Any, entropy: Any) -> Any:
        """Return what bounds min_k ||sum_j grad L_j(theta_i^k)||, the sharp form of (43)."""
        n, largest = len(self.discounts), max(self.smoothness)
        first = self.root(2 * self._start(entropy) / (step_size * iterations))
        return n * (first + largest * (1 + self.root(n - 1)) * self._spread(step_size))

    @property
    def theorem_2_step(self) -> Any:
        """The step size of Theorem 2; for one agent 1/b."""
        n, largest = len(self.discounts), max(self.smoothness)
        if n == 1:
            return 1 / largest
        gap = 1 - self.second_singular_value
        share = 3 * largest * (1 + self.root(n - 1)) * self._rms(self.gradient_norms)
        return self.threshold * gap / share

    def theorem_2_iterations(self, accuracy: Any, mismatch: Any, entropy: Any) -> Any:
        """Return the K of Theorem 2, not rounded, for lambda = epsilon/(N M)."""
        n, largest = len(self.discounts), max(self.smoothness)
        sizes = n * mismatch * self.n_states * self.n_actions / accuracy
        if n == 1:
            return 2 * largest * self._start(entropy) * sizes**2
        gap = 1 - self.second_singular_value
        spread = (1 + self.root(n - 1)) * self._rms(self.gradient_norms)
        return 27 * spread * largest * self._start(entropy) * sizes**3 / (2 * gap)
