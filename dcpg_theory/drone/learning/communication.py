r"""How agents communicate: (9) with the step of Adam for that of the gradient.

With u_i what agent i's own learning adds to its parameters in an episode,

.. math:: \theta_i^{k+1} = \sum_j W_{ij} \theta_j^k + u_i^k,

the sum over agent i and its neighbours. One agent alone in its network, or W = I, learns by itself.
The sum is taken in the order of the agents, term by term, so that it is the same to the last bit in
one process and over MPI.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.mixing import MixingMatrix

__all__ = ["InProcess", "Mixed", "Mpi", "Network", "mixed_row"]

Layers = dict[str, Any]


@dataclass(slots=True, eq=False)
class Mixed:
    """What communication gives.

    Attributes
    ----------
    policies : list of dict
        Of this process's agents, after mixing.
    consensus_error : float
        The norm of the array of all theta_i - thetabar after mixing.
    step_norm : float
        The norm of the array of all u_i.
    mean : dict
        The mean of all agents' policies, thetabar.
    """

    policies: list[Layers]
    consensus_error: float
    step_norm: float
    mean: Layers


class Network(Protocol):
    """Carries parameters between agents."""

    mixing: MixingMatrix

    @property
    def agents(self) -> tuple[int, ...]:
        """The agents of this process."""

    def mix(self, before: Sequence[Layers], after: Sequence[Layers]) -> Mixed:
        """Mix the policies of before learning and add to each what its learning added."""

    def gather(self, items: Sequence[Any]) -> list[Any]:
        """Return what all agents have, in the agents' order, in every process."""


class InProcess:
    """All agents in this process.

    Parameters
    ----------
    mixing : MixingMatrix
    """

    def __init__(self, mixing: MixingMatrix) -> None:
        self.mixing = mixing

    @property
    def agents(self) -> tuple[int, ...]:
        """All agents."""
        return tuple(range(self.mixing.n_agents))

    def mix(self, before: Sequence[Layers], after: Sequence[Layers]) -> Mixed:
        """Mix; see `Network`."""
        return _mixed(self.mixing, self.agents, before, after)

    def gather(self, items: Sequence[Any]) -> list[Any]:
        """Return the items."""
        return list(items)


class Mpi:
    """One agent a process, over MPI; process i is agent i.

    Parameters
    ----------
    mixing : MixingMatrix
    communicator : mpi4py.MPI.Comm

    Raises
    ------
    InvalidInput
        If there are not as many processes as agents.
    """

    def __init__(self, mixing: MixingMatrix, communicator: Any) -> None:
        if communicator.Get_size() != mixing.n_agents:
            raise InvalidInput(
                f"{communicator.Get_size()} MPI processes for {mixing.n_agents} agents; start one "
                "process for each agent"
            )
        self.mixing, self._communicator = mixing, communicator

    @property
    def agents(self) -> tuple[int, ...]:
        """The agent of this process."""
        return (int(self._communicator.Get_rank()),)

    def mix(self, before: Sequence[Layers], after: Sequence[Layers]) -> Mixed:
        """Mix; see `Network`. Everyone gets everyone's, which also gives the consensus error."""
        everyone = [self._spread(layers[0]) for layers in (before, after)]
        found = _mixed(self.mixing, range(self.mixing.n_agents), *everyone)
        found.policies = [found.policies[self.agents[0]]]
        return found

    def gather(self, items: Sequence[Any]) -> list[Any]:
        """Return all agents' items."""
        return [item for part in self._communicator.allgather(list(items)) for item in part]

    def _spread(self, layers: Layers) -> list[Layers]:
        """Return all agents' layers, of which each process sends its own."""
        own = {name: np.ascontiguousarray(layer) for name, layer in layers.items()}
        everyone: list[Layers] = [{} for _ in range(self.mixing.n_agents)]
        for name, layer in own.items():
            received = np.empty((self.mixing.n_agents, *layer.shape), layer.dtype)
            self._communicator.Allgather(layer, received)
            for agent, part in enumerate(received):
                everyone[agent][name] = part
        return everyone


def mixed_row(weights: Array, layers: Sequence[Array]) -> Array:
    """Return sum_j w_j theta_j in single precision, term by term; zero weights are left out.

    Parameters
    ----------
    weights : array, shape (n_agents,)
        A row of W.
    layers : sequence of float32 arrays, one an agent
    """
    total: Array | None = None
    for weight, layer in zip(weights, layers, strict=True):
        if weight == 0:
            continue
        term = layer if weight == 1 else np.float32(weight) * layer
        total = term if total is None else total + term
    return np.zeros_like(layers[0]) if total is None else total


def _mixed(
    mixing: MixingMatrix,
    agents: Sequence[int],
    before: Sequence[Layers],
    after: Sequence[Layers],
) -> Mixed:
    before, after = (
        [{name: np.asarray(layer) for name, layer in layers.items()} for layers in part]
        for part in (before, after)
    )
    policies: list[Layers] = [{} for _ in agents]
    mean: Layers = {}
    apart = moved = 0.0
    for name in before[0]:
        old = [layers[name] for layers in before]
        steps = [layers[name] - theta for layers, theta in zip(after, old, strict=True)]
        rows = [
            # Alone, an agent is where its learning led, without a rounding error.
            after[i][name] if mixing.matrix[i, i] == 1 else mixed_row(mixing.matrix[i], old) + step
            for i, step in enumerate(steps)
        ]
        mean[name] = mixed_row(np.full(len(rows), 1 / len(rows)), rows)
        apart += sum(_square(row - mean[name]) for row in rows)
        moved += sum(_square(step) for step in steps)
        for place, agent in enumerate(agents):
            policies[place][name] = rows[agent]
    return Mixed(policies, float(np.sqrt(apart)), float(np.sqrt(moved)), mean)


def _square(array: Array) -> float:
    flat = array.ravel()
    return float(flat @ flat)
