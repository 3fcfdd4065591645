"""Mixing matrices: the doubly stochastic W by which the agents average (Assumption 2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array, NumberKind, as_array, number_kind
from dcpg_theory.models import validation
from dcpg_theory.models.conversion import float_of, same_entries
from dcpg_theory.models.validation import input_array
from dcpg_theory.notebook import Card, Shown, formula, number, text

__all__ = ["MixingMatrix"]


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class MixingMatrix(Shown):
    """A doubly stochastic matrix W: entry [i, j] is the weight agent i gives agent j.

    Immutable. Nothing else is asked of it: it need not be symmetric or positive, and a disconnected
    graph (`spectral_gap` 0) is allowed.

    Parameters
    ----------
    weights : array_like, shape (n_agents, n_agents)
        float64 or exact rationals. Not negative; rows and columns sum to one, floats within 1e-9.

    Attributes
    ----------
    matrix : float64 array, shape (n_agents, n_agents)
    exact : object array of fmpq, shape (n_agents, n_agents), or None
        The exact weights, if they were given exactly.

    Raises
    ------
    InvalidInput
        If the matrix is not square, empty, not of floats or rationals, or not doubly stochastic.

    Examples
    --------
    >>> from fractions import Fraction
    >>> W = MixingMatrix([[Fraction(3, 4), Fraction(1, 4)], [Fraction(1, 4), Fraction(3, 4)]])
    >>> W.exact
    array([[3/4, 1/4],
           [1/4, 3/4]], dtype=object)
    >>> round(W.second_singular_value, 12)
    0.5
    """

    matrix: Array
    exact: Array | None
    _singular_values: list[Array]

    def __init__(self, weights: Any) -> None:
        weights = input_array("mixing matrix", weights)
        if weights.ndim != 2 or weights.shape[0] != weights.shape[1] or not weights.size:
            raise InvalidInput(
                f"mixing matrix has shape {weights.shape}, it must have shape (n_agents, n_agents) "
                "with at least one agent"
            )
        kind = number_kind(weights)
        if kind not in (NumberKind.FLOAT, NumberKind.RATIONAL):
            raise InvalidInput(f"mixing matrix holds {kind}s, give floats or rationals")
        given = validation.frozen(as_array(weights, kind))
        exact = given if kind is NumberKind.RATIONAL else None
        _check_doubly_stochastic(given, kind)
        object.__setattr__(self, "exact", exact)
        matrix = given if exact is None else validation.frozen(float_of(given))
        object.__setattr__(self, "matrix", matrix)
        object.__setattr__(self, "_singular_values", [])

    @property
    def n_agents(self) -> int:
        """The number of agents."""
        return len(self.matrix)

    @property
    def is_symmetric(self) -> bool:
        """Whether W equals its transpose: exactly, or floats within 1e-9."""
        if self.exact is not None:
            return same_entries(self.exact, self.exact.T)
        return bool(np.all(np.abs(self.matrix - self.matrix.T) <= validation.TOLERANCE))

    @property
    def singular_values(self) -> Array:
        """All singular values in descending order, float64 of shape (n_agents,)."""
        if not self._singular_values:
            values = np.linalg.svd(self.matrix, compute_uv=False)
            self._singular_values.append(validation.frozen(values))
        return self._singular_values[0]

    @property
    def second_singular_value(self) -> float:
        """The second largest singular value sigma_2; 0 for one agent."""
        return float(self.singular_values[1]) if self.n_agents > 1 else 0.0

    @property
    def smallest_singular_value(self) -> float:
        """The smallest singular value; 1 for one agent."""
        return float(self.singular_values[-1])

    @property
    def smallest_eigenvalue(self) -> float | None:
        """The smallest eigenvalue of a symmetric W; None if W is not symmetric."""
        return float(np.linalg.eigvalsh(self.matrix)[0]) if self.is_symmetric else None

    @property
    def spectral_gap(self) -> float:
        """The gap 1 - sigma_2: the greater, the faster agents agree."""
        return 1.0 - self.second_singular_value

    def neighbours(self, agent: int) -> tuple[int, ...]:
        """Return the other agents to which an agent gives a positive weight.

        Raises
        ------
        InvalidInput
            If there is no such agent.
        """
        if not 0 <= agent < self.n_agents:
            raise InvalidInput(f"agent={agent} must lie in 0, ..., {self.n_agents - 1}")
        return tuple(int(j) for j in np.flatnonzero(self.matrix[agent]) if j != agent)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MixingMatrix):
            return NotImplemented
        if self.exact is None or other.exact is None:
            return self.exact is other.exact and same_entries(self.matrix, other.matrix)
        return same_entries(self.exact, other.exact)

    def __hash__(self) -> int:
        return hash((self.exact is None, self.matrix.tobytes()))

    def __repr__(self) -> str:
        kind = NumberKind.FLOAT if self.exact is None else NumberKind.RATIONAL
        return f"MixingMatrix({self.n_agents} agents, {kind})"

    def _card(self) -> Card:
        sigma = number(self.second_singular_value)
        return Card(
            "MixingMatrix",
            (
                ("agents", text(self.n_agents)),
                ("symmetric", text("yes" if self.is_symmetric else "no")),
                (
                    "second singular value",
                    formula(rf"\sigma_2={sigma}"),
                ),
                ("spectral gap", formula(rf"1-\sigma_2={number(self.spectral_gap)}")),
            ),
        )


def _check_doubly_stochastic(weights: Array, kind: NumberKind) -> None:
    validation.check_distribution(
        weights,
        kind,
        lambda at: f"row {at[0]}, column {at[1]}: mixing weight",
        lambda at: f"row {at[0]} of the mixing matrix",
    )
    validation.check_sums(
        weights.sum(axis=0), kind, lambda at: f"column {at[0]} of the mixing matrix"
    )
