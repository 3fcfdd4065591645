"""Communication graphs of the agents and the mixing matrices made from them.

A graph is a `networkx.Graph`; the families here number their nodes 0, ..., n - 1.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import flint
import networkx as nx
import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.models.mixing import MixingMatrix

__all__ = [
    "MixingMatrix",
    "complete",
    "directed_cycle",
    "from_edge_list",
    "grid",
    "hypercube",
    "lazy_metropolis",
    "metropolis",
    "path",
    "ring",
    "star",
    "torus",
]


def ring(n: int) -> nx.Graph:
    """Return the cycle of n nodes; of two nodes a single edge, of one node no edge.

    Raises
    ------
    InvalidInput
        If n is less than 1, as for the other families.
    """
    return _grid("n", n, 1, periodic=True)


def path(n: int) -> nx.Graph:
    """Return the path 0 - 1 - ... - (n - 1)."""
    return _grid("n", n, 1, periodic=False)


def complete(n: int) -> nx.Graph:
    """Return the graph in which all n nodes are neighbours."""
    return nx.complete_graph(_size("n", n))


def star(n: int) -> nx.Graph:
    """Return the star of n nodes, node 0 in the centre."""
    return nx.star_graph(_size("n", n) - 1)


def grid(rows: int, columns: int) -> nx.Graph:
    """Return the grid; node ``row * columns + column`` stands in that row and column."""
    return _grid("columns", columns, _size("rows", rows), periodic=False)


def torus(rows: int, columns: int) -> nx.Graph:
    """Return the grid with its opposite sides joined; a side of 1 or 2 adds no edge."""
    return _grid("columns", columns, _size("rows", rows), periodic=True)


def from_edge_list(file: str | Path, n: int) -> nx.Graph:
    """Return the graph of n nodes whose edges a text file lists, two node numbers a line.

    Nodes count from 0; ``#`` begins a comment; nodes without an edge are isolated.

    Raises
    ------
    InvalidInput
        If the file cannot be read as such, or names a node outside 0, ..., n - 1.
    """
    graph = nx.empty_graph(_size("n", n))
    try:
        edges = nx.read_edgelist(file, nodetype=int, data=False)
    except (OSError, TypeError, ValueError) as error:
        raise InvalidInput(f"{file} is not a list of edges: {error}") from error
    outside = [node for node in edges if not 0 <= node < n]
    if outside:
        raise InvalidInput(f"{file}: node {outside[0]} must be one of 0, ..., {n - 1}")
    graph.add_edges_from((a, b) for a, b in edges.edges if a != b)
    return graph


def hypercube(dimension: int) -> nx.Graph:
    """Return the hypercube: 2^dimension nodes, neighbours differ in one binary digit.

    Raises
    ------
    InvalidInput
        If dimension is negative or greater than 20.
    """
    if not isinstance(dimension, int | np.integer) or not 0 <= dimension <= 20:
        raise InvalidInput(f"dimension={dimension!r} must be an integer in 0, ..., 20")
    bits = [1 << position for position in range(dimension)]
    graph = nx.empty_graph(2 ** int(dimension))
    graph.add_edges_from((node, node ^ bit) for node in graph for bit in bits if not node & bit)
    return graph


def lazy_metropolis(graph: nx.Graph) -> MixingMatrix:
    """Return the mixing matrix W_ij = 1 / (2 max(d_i, d_j)) for neighbours, exactly.

    The diagonal takes the rest and is at least 1/2, so W is symmetric and positive semidefinite.
    Nodes 0, ..., n - 1 are the agents of these numbers; other nodes count in the graph's order.

    Parameters
    ----------
    graph : networkx.Graph
        Undirected and without loops.

    Raises
    ------
    InvalidInput
        If the graph is empty, directed or has a loop.

    References
    ----------
    A. Olshevsky, "Linear time average consensus and distributed optimization on fixed graphs",
    SIAM Journal on Control and Optimization 55 (2017).

    Examples
    --------
    >>> lazy_metropolis(path(3)).exact
    array([[3/4, 1/4, 0],
           [1/4, 1/2, 1/4],
           [0, 1/4, 3/4]], dtype=object)
    """
    return _metropolis(graph, lambda degree: 2 * degree)


def metropolis(graph: nx.Graph) -> MixingMatrix:
    """Return the mixing matrix W_ij = 1 / (1 + max(d_i, d_j)) for neighbours, exactly.

    The diagonal takes the rest and is positive; W is symmetric, and may have negative eigenvalues.

    Parameters
    ----------
    graph : networkx.Graph
        As for `lazy_metropolis`.

    Raises
    ------
    InvalidInput
        As for `lazy_metropolis`.

    Examples
    --------
    >>> metropolis(complete(2)).exact
    array([[1/2, 1/2],
           [1/2, 1/2]], dtype=object)
    """
    return _metropolis(graph, lambda degree: 1 + degree)


def directed_cycle(n: int, weight: Any = None) -> MixingMatrix:
    """Return the mixing matrix of a directed cycle, exactly: agent i hears agent i - 1 only.

    W_ii = 1 - w and W_{i, i-1} = w, the numbers taken modulo n: doubly stochastic, and for n > 2
    not symmetric, so that Assumption 2's symmetric W of the proofs is left.

    Parameters
    ----------
    n : int
        Of one agent W is 1.
    weight : number, optional
        The w, strictly between 0 and 1; default 1/2, for which the spectral gap is largest.

    Raises
    ------
    InvalidInput
        If n is less than 1 or w outside its range.

    Examples
    --------
    >>> directed_cycle(3).exact
    array([[1/2, 0, 1/2],
           [1/2, 1/2, 0],
           [0, 1/2, 1/2]], dtype=object)
    """
    n = _size("n", n)
    w = flint.fmpq(1, 2) if weight is None else weight
    try:
        inside = bool(0 < w < 1)
    except TypeError:
        inside = False
    if not inside:
        raise InvalidInput(f"weight={weight!r} must be a number strictly between 0 and 1")
    if n == 1:
        return MixingMatrix([[flint.fmpq(1)]])
    weights: Any = np.full((n, n), w * 0, dtype=object)
    for i in range(n):
        weights[i, i], weights[i, i - 1] = 1 - w, w
    return MixingMatrix(weights)


def _metropolis(graph: nx.Graph, inverse_weight: Callable[[int], int]) -> MixingMatrix:
    if not isinstance(graph, nx.Graph) or graph.is_directed() or graph.is_multigraph():
        raise InvalidInput(f"graph={graph!r} must be an undirected networkx.Graph")
    nodes = list(graph)
    if not nodes:
        raise InvalidInput("graph has no node, it must have at least one")
    if set(nodes) == set(range(len(nodes))):
        nodes.sort()
    number = {node: i for i, node in enumerate(nodes)}
    weights: Any = np.full((len(nodes), len(nodes)), flint.fmpq(0), dtype=object)
    diagonal = [flint.fmpq(1)] * len(nodes)
    for u, v in graph.edges:
        if u == v:
            raise InvalidInput(f"graph has a loop at node {u}, it must have none")
        i, j = number[u], number[v]
        weights[i, j] = weights[j, i] = flint.fmpq(
            1, inverse_weight(max(graph.degree[u], graph.degree[v]))
        )
        diagonal[i] -= weights[i, j]
        diagonal[j] -= weights[i, j]
    weights[np.diag_indices(len(nodes))] = diagonal
    return MixingMatrix(weights)


def _size(name: str, n: int) -> int:
    if not isinstance(n, int | np.integer) or isinstance(n, bool) or n < 1:
        raise InvalidInput(f"{name}={n!r} must be an integer of at least 1")
    return int(n)


def _grid(name: str, columns: int, rows: int, *, periodic: bool) -> nx.Graph:
    number = np.arange(rows * _size(name, columns)).reshape(rows, -1)
    graph = nx.empty_graph(number.size)
    for line in [*number.tolist(), *number.T.tolist()]:
        join = nx.add_cycle if periodic and len(line) > 2 else nx.add_path
        join(graph, line)
    return graph
