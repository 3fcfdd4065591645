"""Rounds: who hears whom in an iteration, with what weight, and who moves.

A schedule says what round belongs to iteration k: the same mixing matrix every time, several of
them in turn, one made by a function of k, or a random pair of neighbours (gossip). A round is a
function of k and the seed alone, so that a resumed run, and every rank of a distributed one, finds
the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from dcpg_theory.engine.seeds import generator
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.mixing import MixingMatrix

__all__ = ["Gossip", "MixingFunction", "PeriodicMixing", "Round", "Schedule", "schedule_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """What passes between the agents in one iteration.

    Attributes
    ----------
    rows : mapping of int to (tuple of int, ndarray of float)
        For every agent that is awake the agents it hears, itself among them, in ascending order,
        and their weights, none zero. An agent that is asleep keeps its parameters.
    n_agents : int
    """

    rows: Mapping[int, tuple[tuple[int, ...], Array]]
    n_agents: int

    @property
    def everyone(self) -> bool:
        """Whether all agents are awake."""
        return len(self.rows) == self.n_agents


class Schedule(Protocol):
    """Which round belongs to which iteration.

    Attributes
    ----------
    n_agents : int
    """

    n_agents: int

    @property
    def constant(self) -> MixingMatrix | None:
        """The mixing matrix of all iterations, if it is the same in all."""
        ...

    def round(self, k: int) -> Round:
        """Return what happens in iteration k; for the same k the same."""
        ...

    def identity(self) -> tuple[str, list[Array]]:
        """Return a name and arrays that tell this schedule from others."""
        ...


class PeriodicMixing:
    """W^k = W_{k mod p}: p mixing matrices in turn; with one, W is constant.

    Parameters
    ----------
    *matrices : MixingMatrix
        At least one, all of as many agents.
    """

    def __init__(self, *matrices: MixingMatrix) -> None:
        self.matrices = matrices
        self.n_agents = matrices[0].n_agents
        self.constant = matrices[0] if len(matrices) == 1 else None
        self._rounds = [_round(W.matrix) for W in matrices]

    def round(self, k: int) -> Round:
        """See `Schedule`."""
        return self._rounds[k % len(self._rounds)]

    def identity(self) -> tuple[str, list[Array]]:
        """See `Schedule`."""
        return "periodic", [W.matrix for W in self.matrices]


class MixingFunction:
    """W^k = f(k), for any sequence of mixing matrices.

    Parameters
    ----------
    function : callable
        Takes k = 0, 1, ... and returns a `MixingMatrix` or an array; for the same k always the
        same, because a resumed run asks again.
    n_agents : int
    """

    constant = None

    def __init__(self, function: Callable[[int], Any], n_agents: int) -> None:
        self._function, self.n_agents = function, n_agents
        self._last: tuple[int, Round] | None = None

    def matrix(self, k: int) -> MixingMatrix:
        """Return W^k.

        Raises
        ------
        InvalidInput
            If it is no mixing matrix of these agents.
        """
        try:
            return _matrix(self._function(k), self.n_agents)
        except InvalidInput as error:
            raise InvalidInput(f"mixing({k}): {error}") from None

    def round(self, k: int) -> Round:
        """See `Schedule`."""
        if self._last is None or self._last[0] != k:
            self._last = k, _round(self.matrix(k).matrix)
        return self._last[1]

    def identity(self) -> tuple[str, list[Array]]:
        """Return a name and W^0: the rest of a function cannot be known."""
        return "function", [self.matrix(0).matrix]


class Gossip:
    r"""Asynchronous gossip: in each iteration one random agent wakes one random neighbour.

    In iteration k an agent i, drawn uniformly, contacts a neighbour j, drawn with probability
    W_ij / (1 - W_ii), and the two do

    .. math::

        \theta_l^{k+1} = \tfrac12 (\theta_i^k + \theta_j^k) + \alpha^k g_l^k, \qquad l = i, j,

    while all others keep their parameters; an agent without a neighbour steps alone. An iteration
    is thus one tick of a clock of rate N: N of them make as many gradients as two of Algorithm 1.

    Parameters
    ----------
    mixing : MixingMatrix
        Its graph must be undirected: W_ij != 0 where W_ji != 0.
    seed : int

    Raises
    ------
    InvalidInput
        If the graph is directed.

    References
    ----------
    S. Boyd, A. Ghosh, B. Prabhakar, D. Shah, "Randomized gossip algorithms", IEEE Transactions on
    Information Theory 52 (2006); S. S. Ram, A. Nedić, V. V. Veeravalli, "Asynchronous gossip
    algorithms for stochastic optimization", CDC 2009.
    """

    constant = None
    _BLOCK = 1024

    def __init__(self, mixing: MixingMatrix, seed: int) -> None:
        W = mixing.matrix
        one_way = np.argwhere((W != 0) & (W.T == 0))
        if len(one_way):
            i, j = one_way[0]
            raise InvalidInput(
                f"gossip needs an undirected graph: agent {i} hears agent {j}, but not the reverse"
            )
        self.n_agents, self._matrix, self._seed = mixing.n_agents, W, seed
        self._alone = [Round({i: ((i,), np.ones(1))}, self.n_agents) for i in range(self.n_agents)]
        self._pairs: dict[tuple[int, int], Round] = {}
        self._contacts = []
        for i in range(self.n_agents):
            others = np.flatnonzero((W[i] != 0) & (np.arange(self.n_agents) != i))
            self._contacts.append((others, np.cumsum(W[i, others])))
        self._block: tuple[int, Array] | None = None

    def round(self, k: int) -> Round:
        """See `Schedule`."""
        block, tick = divmod(k, self._BLOCK)
        if self._block is None or self._block[0] != block:
            self._block = block, generator(self._seed, "gossip", block).random((self._BLOCK, 2))
        who, whom = self._block[1][tick]
        i = int(who * self.n_agents)
        others, chances = self._contacts[i]
        if not len(others):
            return self._alone[i]
        place = min(int(np.searchsorted(chances, whom * chances[-1], "right")), len(others) - 1)
        pair = min(i, int(others[place])), max(i, int(others[place]))
        if pair not in self._pairs:
            half = (pair, np.array([0.5, 0.5]))
            self._pairs[pair] = Round({pair[0]: half, pair[1]: half}, self.n_agents)
        return self._pairs[pair]

    def identity(self) -> tuple[str, list[Array]]:
        """See `Schedule`."""
        return f"gossip {self._seed}", [self._matrix]


def schedule_of(mixing: Any, n_agents: int, *, gossip: bool, seed: int) -> Schedule:
    """Return what `mixing` stands for.

    Parameters
    ----------
    mixing : MixingMatrix, array_like, sequence of them, or callable
        One matrix; several, an array of shape (p, n_agents, n_agents) among them, take turns; a
        callable gives that of iteration k.
    n_agents : int
    gossip : bool
        Whether pairs take turns instead of everyone; then `mixing` is one matrix.
    seed : int
        Of the gossip.

    Raises
    ------
    InvalidInput
        If a matrix is none or has another number of agents.
    """
    if gossip:
        if callable(mixing) or _is_sequence(mixing):
            raise InvalidInput("gossip draws its own pairs, so mixing must be one matrix")
        return Gossip(_matrix(mixing, n_agents), seed)
    if callable(mixing):
        return MixingFunction(mixing, n_agents)
    if not _is_sequence(mixing):
        return PeriodicMixing(_matrix(mixing, n_agents))
    matrices = []
    for place, entry in enumerate(mixing):
        try:
            matrices.append(_matrix(entry, n_agents))
        except InvalidInput as error:
            raise InvalidInput(f"mixing[{place}]: {error}") from None
    if not matrices:
        raise InvalidInput("mixing is empty, it must hold at least one matrix")
    return PeriodicMixing(*matrices)


def _is_sequence(mixing: Any) -> bool:
    if isinstance(mixing, MixingMatrix):
        return False
    if isinstance(mixing, np.ndarray):
        return mixing.ndim == 3
    if not isinstance(mixing, list | tuple):
        return False
    return not mixing or isinstance(mixing[0], MixingMatrix) or np.ndim(mixing[0]) == 2


def _matrix(mixing: Any, n_agents: int) -> MixingMatrix:
    matrix = mixing if isinstance(mixing, MixingMatrix) else MixingMatrix(mixing)
    if matrix.n_agents != n_agents:
        raise InvalidInput(
            f"mixing matrix has {matrix.n_agents} agents, it must have one for each of the "
            f"{n_agents} tasks"
        )
    return matrix


def _round(W: Array) -> Round:
    rows = {}
    for i, row in enumerate(W):
        heard = np.flatnonzero(row)
        rows[i] = tuple(heard.tolist()), row[heard]
    return Round(rows, len(W))
