"""What the bounds know of a mixing matrix, and the weights that a rule gives to an edge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import flint

from dcpg_theory.bounds.arithmetic import Number

__all__ = ["RULES", "Spectrum", "single"]


@dataclass(frozen=True, slots=True)
class Spectrum:
    """What the bounds need to know of W, exactly or enclosed.

    Attributes
    ----------
    n_agents : int
    second_singular_value, smallest_singular_value : Number
        sigma_2 and sigma_N, fractions or balls; 0 and 1 for one agent.
    smallest_eigenvalue : Number or None
        lambda_N; None if W is not symmetric.
    meets_assumption_1 : bool
        Whether W is doubly stochastic with a positive diagonal, on a connected undirected graph.
    source : str
        How it was found: ``closed form`` or ``enclosed``.
    """

    n_agents: int
    second_singular_value: Number
    smallest_singular_value: Number
    smallest_eigenvalue: Number | None
    meets_assumption_1: bool = True
    source: str = "closed form"

    @property
    def gap(self) -> Number:
        """1 - sigma_2."""
        return 1 - self.second_singular_value

    @property
    def is_symmetric(self) -> bool:
        """Whether W equals its transpose."""
        return self.smallest_eigenvalue is not None


RULES: dict[str, Callable[[int], int]] = {
    "lazy-metropolis": lambda degree: 2 * degree,
    "metropolis": lambda degree: 1 + degree,
}
"""1/w for the edges between nodes of a degree; see `models.graphs`."""


def single() -> Spectrum:
    """Return the spectrum of one agent, W = [1]."""
    one = flint.fmpq(1)
    return Spectrum(1, flint.fmpq(0), one, one)
