"""Spectra of the graphs' matrices against networkx's Laplacians and closed forms."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from dcpg_theory.models import graphs

DEGREES = {"lazy-metropolis": lambda d: 1 / (2 * d), "metropolis": lambda d: 1 / (1 + d)}
RULES = {"lazy-metropolis": graphs.lazy_metropolis, "metropolis": graphs.metropolis}
TURN = 2 * np.pi


def laplacian_of_ring(n):
    return [2 - 2 * np.cos(TURN * k / n) for k in range(n)]


# The spectra of the Laplacians of regular graphs (Chung, Spectral Graph Theory, 1997, Section 1.2).
REGULAR = {
    "ring-7": (graphs.ring(7), nx.cycle_graph(7), laplacian_of_ring(7)),
    "ring-12": (graphs.ring(12), nx.cycle_graph(12), laplacian_of_ring(12)),
    "complete-6": (graphs.complete(6), nx.complete_graph(6), [0, *[6] * 5]),
    "torus-3x4": (
        graphs.torus(3, 4),
        nx.grid_2d_graph(3, 4, periodic=True),
        [a + b for a in laplacian_of_ring(3) for b in laplacian_of_ring(4)],
    ),
    "hypercube-4": (
        graphs.hypercube(4),
        nx.hypercube_graph(4),
        [2 * bin(k).count("1") for k in range(16)],
    ),
}
OTHERS = {
    "path-9": (graphs.path(9), nx.path_graph(9)),
    "star-8": (graphs.star(8), nx.star_graph(7)),
    "grid-3x5": (graphs.grid(3, 5), nx.grid_2d_graph(3, 5)),
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", REGULAR)
def test_on_regular_graphs_w_is_the_identity_less_the_laplacian(name, rule):
    ours, theirs, closed = REGULAR[name]
    degree = theirs.degree[next(iter(theirs))]
    weight = DEGREES[rule](degree)
    found = np.sort(np.linalg.eigvalsh(RULES[rule](ours).matrix))
    for laplacian in (nx.laplacian_spectrum(theirs), closed):
        assert np.abs(found - np.sort(1 - weight * np.array(laplacian))).max() < 1e-12
    second = np.sort(np.abs(1 - weight * np.array(closed)))[-2]
    assert abs(RULES[rule](ours).second_singular_value - second) < 1e-12


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", [*REGULAR, *OTHERS])
def test_w_is_the_identity_less_networkxs_weighted_laplacian(name, rule):
    ours, theirs = {**REGULAR, **OTHERS}[name][:2]
    theirs = theirs.copy()
    for i, j in theirs.edges:
        theirs.edges[i, j]["weight"] = DEGREES[rule](max(theirs.degree[i], theirs.degree[j]))
    expected = np.sort(1 - nx.laplacian_spectrum(theirs, weight="weight"))
    assert np.abs(np.sort(np.linalg.eigvalsh(RULES[rule](ours).matrix)) - expected).max() < 1e-12


@pytest.mark.parametrize("rule", RULES)
def test_a_disconnected_graph_has_no_gap_and_networkx_no_connectivity(rule):
    graph = nx.disjoint_union(nx.cycle_graph(3), nx.cycle_graph(4))
    assert nx.algebraic_connectivity(graph) < 1e-12
    assert RULES[rule](graph).spectral_gap < 1e-12
