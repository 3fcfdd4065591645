"""Teams: where the agents live, and how they hear of each other.

In one process all agents live together (`Together`); spread over MPI ranks, each holds some of
them (`mpi.Ranks`). The loops, the records and the checkpoints are written once, against what both
offer. Sums over the agents are taken in the agents' order, whoever holds them: they come to the
same bits on any number of ranks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

import numpy as np

from dcpg_theory.engine.rounds import Round
from dcpg_theory.exact.numbers import Array

__all__ = ["Exchange", "Team", "Together", "summed"]

T = TypeVar("T")


class Exchange(Protocol):
    """Parameters on their way between the agents."""

    def finish(self) -> Array:
        """Wait, and return the arrays of those who are heard, at the places of `Team.places`."""
        ...


class Team(Protocol):
    """The agents that live here, and the way to the others.

    All methods but `exchange` are called by all processes at the same point of the run.

    Attributes
    ----------
    agents : range
        Those that live here.
    n_agents : int
        Of all.
    n_processes : int
    is_root : bool
        Whether this process writes the files.
    """

    agents: range
    n_agents: int
    n_processes: int
    is_root: bool

    def exchange(self, round_: Round, own: Array) -> Exchange:
        """Start to send one array of each agent here, ``own[place]``, to those that hear it.

        `own` must stay as it is until the exchange is finished.
        """
        ...

    def places(self, round_: Round) -> Callable[[int], int]:
        """Return what gives, in this round, an agent's place among the arrays of an exchange."""
        ...

    def total(self, own: Array) -> Array:
        """Return the sum over all agents, in their order, of one array each; the same everywhere.

        Parameters
        ----------
        own : ndarray, shape (n_agents_here, ...)
        """
        ...

    def everyones(self, own: Array) -> Array:
        """Return the arrays of all agents, shape (n_agents, ...), everywhere."""
        ...

    def everyones_at_root(self, own: Array) -> Array | None:
        """Return the arrays of all agents at the root, None elsewhere."""
        ...

    def merged_at_root(self, own: Mapping[str, Array]) -> dict[str, Array]:
        """Return the arrays of all processes, whose names differ, at the root; elsewhere none."""
        ...

    def least(self, number: int) -> int:
        """Return the least of the processes' numbers."""
        ...

    def at_root(self, action: Callable[[], T]) -> T:
        """Let the root do something; return its result, or raise its error, everywhere."""
        ...


class Together:
    """All agents in this process.

    Parameters
    ----------
    n_agents : int
    """

    n_processes = 1
    is_root = True

    def __init__(self, n_agents: int) -> None:
        self.n_agents, self.agents = n_agents, range(n_agents)

    def exchange(self, round_: Round, own: Array) -> Exchange:
        """See `Team`."""
        return _AtHand(own)

    def places(self, round_: Round) -> Callable[[int], int]:
        """See `Team`."""
        return int

    def total(self, own: Array) -> Array:
        """See `Team`."""
        return summed(own)

    def everyones(self, own: Array) -> Array:
        """See `Team`."""
        return own

    def everyones_at_root(self, own: Array) -> Array | None:
        """See `Team`."""
        return own

    def merged_at_root(self, own: Mapping[str, Array]) -> dict[str, Array]:
        """See `Team`."""
        return dict(own)

    def least(self, number: int) -> int:
        """See `Team`."""
        return number

    def at_root(self, action: Callable[[], T]) -> T:
        """See `Team`."""
        return action()


class _AtHand:
    def __init__(self, own: Array) -> None:
        self._own = own

    def finish(self) -> Array:
        return self._own


def summed(terms: Array, start: Array | None = None) -> Array:
    """Return start + terms[0] + terms[1] + ..., added in this order; start is 0 by default."""
    total = np.zeros(terms.shape[1:]) if start is None else start
    for term in terms:
        total = total + term
    return np.asarray(total)
