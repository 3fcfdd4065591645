"""Communication graphs and mixing matrices, with those that a proof tends to forget."""

from __future__ import annotations

from typing import Any

import flint
import networkx as nx
import numpy as np
from hypothesis import strategies as st

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.graphs import lazy_metropolis, metropolis
from dcpg_theory.models.mixing import MixingMatrix
from dcpg_theory.strategies.bounds_of_sizes import Sizes, checked_flag, one_size, sizes
from dcpg_theory.strategies.bulk import Bulk, fits, rational

__all__ = ["communication_graphs", "mixing_matrices"]

SYMMETRIC = ("lazy", "metropolis", "negative", "nearly disconnected")
FAMILIES = (*SYMMETRIC, "directed")


def communication_graphs(
    n_agents: int | None = None,
    *,
    min_agents: int = 1,
    max_agents: int | None = None,
    connected: bool | None = True,
) -> st.SearchStrategy[nx.Graph]:
    """Return a strategy for undirected graphs on the agents 0, ..., n - 1.

    Parameters
    ----------
    n_agents : int, optional
        By default `min_agents` to `max_agents` (5).
    min_agents, max_agents : int, optional
        Inclusive.
    connected : bool, optional
        True by default; False for graphs that fall apart (of two agents or more), None for either.

    Returns
    -------
    SearchStrategy of networkx.Graph
        A random tree and random edges besides. It shrinks to the star of few agents.

    Raises
    ------
    InvalidInput
        If a bound is out of range, or one agent is asked for that falls apart.

    Examples
    --------
    >>> from hypothesis import find
    >>> sorted(find(communication_graphs(3), lambda graph: True).edges)
    [(0, 1), (0, 2)]
    """
    agents = _agents(n_agents, min_agents, max_agents)
    if checked_flag("connected", connected) is False and agents.least < 2:
        if n_agents is not None or agents.most < 2:
            raise InvalidInput("connected=False needs two agents or more")
        agents = Sizes(agents.name, 2, agents.most)
    return _graphs(agents, connected)


def mixing_matrices(
    n_agents: int | None = None,
    *,
    min_agents: int = 1,
    max_agents: int | None = None,
    symmetric: bool | None = None,
    positive_semidefinite: bool = False,
) -> st.SearchStrategy[MixingMatrix]:
    """Return a strategy for doubly stochastic mixing matrices with sigma_2 < 1, exact.

    Parameters
    ----------
    n_agents : int, optional
        By default `min_agents` to `max_agents` (5).
    min_agents, max_agents : int, optional
        Inclusive.
    symmetric : bool, optional
        True for W = W^T; False for W that are not (of three agents or more); by default either.
    positive_semidefinite : bool
        Only lazy weights, whose W is symmetric and without negative eigenvalues.

    Returns
    -------
    SearchStrategy of MixingMatrix
        Lazy and plain Metropolis weights, weights with negative eigenvalues, nearly disconnected
        ones, and mixtures of permutations, which are not symmetric. It shrinks to lazy Metropolis
        weights on a star.

    Raises
    ------
    InvalidInput
        If a bound is out of range or the options contradict each other.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(mixing_matrices(2), lambda W: W.smallest_eigenvalue < 0).exact
    array([[1/10, 9/10],
           [9/10, 1/10]], dtype=object)
    """
    agents = _agents(n_agents, min_agents, max_agents)
    families: tuple[str, ...] = FAMILIES
    if checked_flag("symmetric", symmetric) is True:
        families = SYMMETRIC
    elif symmetric is False:
        if positive_semidefinite:
            raise InvalidInput("positive_semidefinite=True goes with symmetric weights only")
        families = ("directed",)
        if agents.most < 3:
            raise InvalidInput("symmetric=False needs three agents or more")
        agents = Sizes(agents.name, max(agents.least, 3), agents.most)
    if not isinstance(positive_semidefinite, bool):
        raise InvalidInput(f"positive_semidefinite={positive_semidefinite!r} must be True or False")
    if positive_semidefinite:
        families = ("lazy", "nearly disconnected")
    return _mixing(agents, families)


def _agents(exactly: Any, least: Any, most: Any) -> Sizes:
    if exactly is None:
        return sizes("agents", least, most, default_most=5)
    n = one_size("n_agents", exactly)
    if most is not None or least != 1:
        raise InvalidInput("give n_agents, or min_agents and max_agents, not both")
    return sizes("agents", n, n, default_most=n)


@st.composite
def _graphs(draw: Any, agents: Sizes, connected: bool | None) -> nx.Graph:
    n = draw(agents.strategy)
    whole = connected if connected is not None else not (n > 1 and draw(st.booleans()))
    graph = _tree_and_more(draw, n, agents)
    if not whole:
        cut = draw(st.integers(1, n - 1))
        graph.remove_edges_from([(a, b) for a, b in graph.edges if (a < cut) != (b < cut)])
    return graph


def _tree_and_more(draw: Any, n: int, agents: Sizes) -> nx.Graph:
    """Return a connected graph: agent i is joined to an earlier one, and some pairs besides."""
    room = agents.most if fits(agents.most**2) else n
    bulk = Bulk(draw, room + room * (room - 1) // 2)
    graph = nx.empty_graph(n)
    earlier = bulk.take((n,), (room,))
    graph.add_edges_from((int(earlier[i]) % i, i) for i in range(1, n))
    joined = bulk.take((n * (n - 1) // 2,), (room * (room - 1) // 2,)) >= 170
    pairs = [(a, b) for b in range(n) for a in range(b)]
    graph.add_edges_from(pair for pair, more in zip(pairs, joined, strict=True) if more)
    return graph


@st.composite
def _mixing(draw: Any, agents: Sizes, families: tuple[str, ...]) -> MixingMatrix:
    n = draw(agents.strategy)
    family = draw(st.sampled_from(families))
    if family == "directed":
        return MixingMatrix(_permutations(Bulk(draw, 2 + 2 * n), n))
    graph = _tree_and_more(draw, n, agents)
    lazy = lazy_metropolis(graph)
    if family == "lazy":
        return lazy
    weights = lazy.exact if family == "nearly disconnected" else metropolis(graph).exact
    return MixingMatrix(_reshaped(weights, family))


def _reshaped(weights: Any, family: str) -> Any:
    """Return W itself, W with less on the diagonal, or W that hardly mixes."""
    eye = np.array(
        [[rational(int(i == j), 1) for j in range(len(weights))] for i in range(len(weights))],
        dtype=object,
    )
    if family == "negative":
        # What is left of the smallest diagonal entry keeps sigma_2 below 1.
        taken = min(weights.diagonal()) * rational(8, 9)
        return (weights - eye * taken) / (1 - taken) if taken < 1 else weights
    if family == "nearly disconnected":
        share = rational(1, 1000)
        return eye * (1 - share) + weights * share
    return weights


def _permutations(bulk: Bulk, n: int) -> Array:
    """Return a I + b C + c P for a cycle C of all agents and any permutation P.

    With a, b > 0 the graph of W^T W holds that cycle, so it is connected and sigma_2 < 1. With
    b > c, P cannot balance an edge of the cycle, so for three agents or more W is not symmetric.
    """
    still, moved = (2 + bulk.take((2,), (2,)) % 8).tolist()
    places = np.arange(n)
    result = np.full((n, n), flint.fmpq(0), dtype=object)
    order = np.argsort(bulk.take((n,), (n,)), kind="stable")
    any_order = np.argsort(bulk.take((n,), (n,)), kind="stable")
    total = still + moved + 1
    parts = ((still, places, places), (moved, order, np.roll(order, -1)), (1, places, any_order))
    for weight, rows, columns in parts:
        for i, j in zip(rows, columns, strict=True):
            result[i, j] += rational(int(weight), int(total))
    return result
