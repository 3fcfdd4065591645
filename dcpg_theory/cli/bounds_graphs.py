"""Spectra by the names of ``dcpg bounds``: closed forms, or weights made and enclosed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from dcpg_theory.bounds.grids import grid
from dcpg_theory.bounds.spectra import (
    complete,
    directed_cycle,
    hypercube,
    path,
    ring,
    star,
    torus,
)
from dcpg_theory.bounds.spectrum import RULES, Spectrum, single
from dcpg_theory.errors import InvalidInput

__all__ = ["GRAPHS", "spectrum_named"]

GRAPHS = (
    "ring, complete, star, path, grid:RxC, torus:RxC, hypercube:D, directed-cycle or a file of "
    "edges"
)

_FAMILIES: dict[str, Callable[[int, str], Spectrum]] = {
    "ring": ring,
    "complete": complete,
    "star": star,
    "path": path,
}


def spectrum_named(graph: str | None, mixing: str, n_agents: int) -> Spectrum | None:
    """Return the spectrum of the mixing matrix that ``--graph`` and ``--mixing`` name.

    Parameters
    ----------
    graph : str or None
        ``ring``, ``complete``, ``star``, ``path``, ``grid:RxC``, ``torus:RxC``, ``hypercube:D``,
        ``directed-cycle``, which has its own weights, or a file with an edge a line. Without one
        there is no spectrum, unless the matrix is a file or there is one agent.
    mixing : str
        ``lazy-metropolis``, ``metropolis``, or a file with the matrix.
    n_agents : int

    Raises
    ------
    InvalidInput
        If a name is unknown, a file unreadable, or the number of agents another.
    """
    if mixing not in RULES:
        return _of_file("ring", mixing, n_agents)
    if graph is None:
        return single() if n_agents == 1 else None
    family, _, size = graph.partition(":")
    if graph == "directed-cycle":
        return directed_cycle(n_agents)
    if family in _FAMILIES and not size:
        return _FAMILIES[family](n_agents, mixing)
    numbers = _sides(family, size)
    if numbers is None:
        return _of_file(graph, mixing, n_agents)
    nodes = 2 ** numbers[0] if family == "hypercube" else numbers[0] * numbers[1]
    if nodes != n_agents:
        raise InvalidInput(
            f"--graph {graph} has {nodes} nodes, there are {n_agents} agents; see --agents"
        )
    if family == "hypercube":
        return hypercube(numbers[0], mixing)
    return (torus if family == "torus" else grid)(numbers[0], numbers[1], mixing)


def _sides(family: str, size: str) -> list[int] | None:
    patterns = {"hypercube": "([0-9]{1,2})", "grid": "", "torus": ""}
    if family not in patterns:
        return None
    match = re.fullmatch(patterns[family] or "([0-9]{1,9})x([0-9]{1,9})", size)
    numbers = [int(number) for number in match.groups()] if match else []
    return numbers if numbers and (family == "hypercube" or min(numbers) >= 1) else None


def _of_file(graph: str, mixing: str, n_agents: int) -> Spectrum:
    """Return the enclosed spectrum of a graph's weights or of a matrix, read from a file."""
    from dcpg_theory.bounds.enclosures import enclosed, enclosed_weights

    if mixing not in RULES:
        from dcpg_theory.cli.choices import mixing_matrix

        matrix = mixing_matrix(graph, mixing, n_agents)
        if matrix.n_agents != n_agents:
            raise InvalidInput(
                f"--mixing {mixing} is for {matrix.n_agents} agents, there are {n_agents}"
            )
        return enclosed(matrix)
    if not Path(graph).is_file():
        raise InvalidInput(f"--graph {graph} must be {GRAPHS}")
    from dcpg_theory.models.graphs import from_edge_list

    edges = list(from_edge_list(graph, n_agents).edges)
    return enclosed_weights(n_agents, edges, mixing)
