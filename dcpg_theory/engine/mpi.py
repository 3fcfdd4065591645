"""Agents on MPI ranks: a rank exchanges parameters only with ranks that hold neighbours.

Each rank holds a block of consecutive agents. Who sends what to whom follows from the mixing
matrix alone, so all ranks know it without asking. A graph topology of the ranks
(``MPI_Dist_graph_create_adjacent``) carries one nonblocking neighbourhood collective an iteration
(``MPI_Ineighbor_alltoallv``), and while it is under way the ranks compute their gradients. Rounds
in which only some agents are awake, as in gossip, send from rank to rank instead, so that ranks
without a part in them go on.
"""

from __future__ import annotations

import pickle
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from dcpg_theory.engine.rounds import Round
from dcpg_theory.engine.teams import Exchange, summed
from dcpg_theory.errors import DcpgTheoryError, InvalidInput
from dcpg_theory.exact.numbers import Array

__all__ = ["Ranks", "block", "import_mpi"]

T = TypeVar("T")

_MOST_TOPOLOGIES = 32  # a communicator each; MPI has a few thousand
_MOST_PLANS = 4096
_SUM = 1
_PARAMETERS = 2


def import_mpi() -> Any:
    """Return ``mpi4py.MPI``.

    Raises
    ------
    InvalidInput
        If it or the MPI library is not installed.
    """
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:
        raise InvalidInput(
            f"MPI is not at hand ({str(error).splitlines()[0]}): install dcpg-theory[mpi], which "
            "brings mpi4py and mpich"
        ) from None
    return MPI


def block(n_agents: int, n_ranks: int, rank: int) -> range:
    """Return the agents of a rank: consecutive ones, as many as on the others or one more.

    Examples
    --------
    >>> [block(5, 3, rank) for rank in range(3)]
    [range(0, 1), range(1, 3), range(3, 5)]
    """
    return range(n_agents * rank // n_ranks, n_agents * (rank + 1) // n_ranks)


class Ranks:
    """The agents of this rank, as a `Team`.

    Parameters
    ----------
    comm : mpi4py.MPI.Comm
        Duplicated, so that messages never meet the caller's.
    n_agents : int
        Of all ranks. Ranks may be more: some then hold none.

    Raises
    ------
    InvalidInput
        If `comm` is none, or MPI is not at hand.
    """

    def __init__(self, comm: Any, n_agents: int) -> None:
        self._mpi = import_mpi()
        if not isinstance(comm, self._mpi.Intracomm):
            raise InvalidInput(f"comm={comm!r} must be an mpi4py communicator, as COMM_WORLD")
        self._comm = comm.Dup()
        self.n_agents, self.n_processes = n_agents, comm.Get_size()
        self._rank = comm.Get_rank()
        self.is_root = self._rank == 0
        blocks = [block(n_agents, self.n_processes, rank) for rank in range(self.n_processes)]
        self.agents = blocks[self._rank]
        self._counts = [len(agents) for agents in blocks]
        self._owner = np.repeat(np.arange(self.n_processes), self._counts)
        self._plans: dict[Round, _Plan] = {}
        self._topologies: dict[frozenset[tuple[int, int]], Any] = {}

    def exchange(self, round_: Round, own: Array) -> Exchange:
        """See `Team`."""
        plan = self._plan_of(round_)
        sent, received = plan.buffers(own)
        if plan.topology is not None:
            size = int(np.prod(own.shape[1:]))
            counts = [
                np.array([len(agents) * size for agents in part.values()], dtype=np.int64)
                for part in (plan.sends, plan.receives)
            ]
            requests = [
                plan.topology.Ineighbor_alltoallv(
                    [sent, counts[0], self._mpi.DOUBLE], [received, counts[1], self._mpi.DOUBLE]
                )
            ]
        else:
            requests = [
                self._comm.Irecv(part, source=rank, tag=_PARAMETERS)
                for rank, part in _parts(plan.receives, received)
            ] + [
                self._comm.Isend(part, dest=rank, tag=_PARAMETERS)
                for rank, part in _parts(plan.sends, sent)
            ]
        return _UnderWay(requests, own, plan.kept, received)

    def places(self, round_: Round) -> Callable[[int], int]:
        """See `Team`."""
        return self._plan_of(round_).places.__getitem__

    def total(self, own: Array) -> Array:
        """See `Team`: the sum so far goes from rank to rank, and its end to all."""
        so_far = np.zeros(own.shape[1:])
        if self._rank:
            self._comm.Recv(so_far, source=self._rank - 1, tag=_SUM)
        so_far = np.array(summed(own, so_far), order="C")
        last = self.n_processes - 1
        if self._rank < last:
            self._comm.Send(so_far, dest=self._rank + 1, tag=_SUM)
        self._comm.Bcast(so_far, root=last)
        return so_far

    def everyones(self, own: Array) -> Array:
        """See `Team`."""
        all_ = np.empty((self.n_agents, *own.shape[1:]))
        self._comm.Allgatherv(np.ascontiguousarray(own), [all_, self._sizes(own)])
        return all_

    def everyones_at_root(self, own: Array) -> Array | None:
        """See `Team`."""
        all_ = np.empty((self.n_agents, *own.shape[1:])) if self.is_root else None
        self._comm.Gatherv(np.ascontiguousarray(own), [all_, self._sizes(own)], root=0)
        return all_

    def merged_at_root(self, own: Mapping[str, Array]) -> dict[str, Array]:
        """See `Team`."""
        found = self._comm.gather(dict(own), root=0) or []
        return {name: array for part in found for name, array in part.items()}

    def least(self, number: int) -> int:
        """See `Team`."""
        return int(self._comm.allreduce(number, op=self._mpi.MIN))

    def at_root(self, action: Callable[[], T]) -> T:
        """See `Team`."""
        outcome: tuple[Any, Exception | None] = None, None
        if self.is_root:
            try:
                outcome = action(), None
            except Exception as error:  # whatever it is, the other ranks must not wait for ever
                outcome = None, error
        outcome = self._comm.bcast(_sendable(outcome) if self.is_root else None, root=0)
        if outcome[1] is not None:
            raise outcome[1]
        return outcome[0]  # type: ignore[no-any-return]

    def check_same(self, what: str) -> None:
        """Compare a digest of what the ranks were given.

        Raises
        ------
        InvalidInput
            On all ranks, if it is not the same on all.
        """
        found = self._comm.allgather(what)
        differing = [rank for rank, digest in enumerate(found) if digest != found[0]]
        if differing:
            raise InvalidInput(
                f"rank {differing[0]} was given another run than rank 0: all ranks must call with "
                "the same problem and settings"
            )

    def _sizes(self, own: Array) -> list[int]:
        size = int(np.prod(own.shape[1:]))
        return [count * size for count in self._counts]

    def _plan_of(self, round_: Round) -> _Plan:
        if round_ not in self._plans:
            if len(self._plans) == _MOST_PLANS:
                self._plans.clear()
            self._plans[round_] = self._plan(round_)
        return self._plans[round_]

    def _plan(self, round_: Round) -> _Plan:
        sends: dict[int, set[int]] = defaultdict(set)
        receives: dict[int, set[int]] = defaultdict(set)
        links, kept = set(), set()
        for i, (heard, _) in round_.rows.items():
            here = int(self._owner[i])
            for j in heard:
                there = int(self._owner[j])
                if there == here:
                    if here == self._rank:
                        kept.add(j)
                    continue
                links.add((there, here))
                if here == self._rank:
                    receives[there].add(j)
                elif there == self._rank:
                    sends[here].add(j)
        plan = _Plan(_sorted(sends), _sorted(receives), np.array(sorted(kept), int), self.agents)
        if round_.everyone and links:
            # All ranks come here with the same rounds, so they agree on what is made and kept.
            key = frozenset(links)
            if key not in self._topologies and len(self._topologies) < _MOST_TOPOLOGIES:
                self._topologies[key] = self._comm.Create_dist_graph_adjacent(
                    list(plan.receives), list(plan.sends), reorder=False
                )
            plan.topology = self._topologies.get(key)
        return plan


@dataclass(slots=True)
class _Plan:
    """Which agents' arrays this rank sends and receives in a round, by the other rank."""

    sends: dict[int, Array]
    receives: dict[int, Array]
    heard_here: Array
    agents: range
    topology: Any = None
    kept: Array | None = field(init=False)
    places: dict[int, int] = field(init=False)
    _sent: Array = field(init=False)
    _n_received: int = field(init=False)
    _buffers: list[tuple[Array, Array]] = field(default_factory=list)

    def __post_init__(self) -> None:
        first = self.agents.start
        self.kept = self.heard_here - first if len(self.heard_here) < len(self.agents) else None
        received = [int(agent) for agents in self.receives.values() for agent in agents]
        heard = [*self.heard_here.tolist(), *received]
        self.places = {agent: place for place, agent in enumerate(heard)}
        self._sent = np.concatenate([np.empty(0, int), *self.sends.values()]) - first
        self._n_received = len(received)

    def buffers(self, own: Array) -> tuple[Array, Array]:
        """Return the filled buffer to send and one to receive into; two of each take turns."""
        shape = own.shape[1:]
        if len(self._buffers) == 2 and self._buffers[0][1].shape[1:] == shape:
            self._buffers.reverse()
        else:
            pair = np.empty((len(self._sent), *shape)), np.empty((self._n_received, *shape))
            self._buffers = [*self._buffers[-1:], pair]
        sent, received = self._buffers[-1]
        np.take(own, self._sent, axis=0, out=sent)
        return sent, received


class _UnderWay:
    def __init__(
        self, requests: list[Any], own: Array, kept: Array | None, received: Array
    ) -> None:
        self._requests, self._own, self._kept, self._received = requests, own, kept, received

    def finish(self) -> Array:
        """See `Exchange`."""
        for request in self._requests:
            request.Wait()
        own = self._own if self._kept is None else self._own[self._kept]
        return np.concatenate([own, self._received]) if len(self._received) else own


def _sorted(agents_of: dict[int, set[int]]) -> dict[int, Array]:
    return {rank: np.array(sorted(agents_of[rank])) for rank in sorted(agents_of)}


def _parts(agents_of: dict[int, Array], buffer: Array) -> list[tuple[int, Array]]:
    ends = np.cumsum([len(agents) for agents in agents_of.values()])
    return [
        (rank, buffer[end - len(agents) : end])
        for (rank, agents), end in zip(agents_of.items(), ends, strict=True)
    ]


def _sendable(outcome: tuple[Any, Exception | None]) -> tuple[Any, Exception | None]:
    """Return an outcome whose error can travel."""
    try:
        pickle.loads(pickle.dumps(outcome[1]))
    except Exception:  # an error of any make
        return None, DcpgTheoryError(f"rank 0: {outcome[1]!r}")
    return outcome
