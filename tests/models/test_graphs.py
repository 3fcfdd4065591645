from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory.errors import InvalidInput
from dcpg_theory.models import graphs


@st.composite
def connected_graphs(draw):
    n = draw(st.integers(1, 7))
    graph = nx.empty_graph(n)
    graph.add_edges_from((i, draw(st.integers(0, i - 1))) for i in range(1, n))
    pairs = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1))
    graph.add_edges_from((u, v) for u, v in draw(st.lists(pairs, max_size=8)) if u != v)
    return graph


@pytest.mark.parametrize(
    ("graph", "n_nodes", "n_edges"),
    [
        (graphs.ring(1), 1, 0),
        (graphs.ring(2), 2, 1),
        (graphs.ring(3), 3, 3),
        (graphs.ring(6), 6, 6),
        (graphs.path(1), 1, 0),
        (graphs.path(5), 5, 4),
        (graphs.complete(1), 1, 0),
        (graphs.complete(5), 5, 10),
        (graphs.star(1), 1, 0),
        (graphs.star(5), 5, 4),
        (graphs.grid(2, 3), 6, 7),
        (graphs.grid(1, 1), 1, 0),
        (graphs.torus(3, 4), 12, 24),
        (graphs.torus(2, 2), 4, 4),
        (graphs.torus(1, 4), 4, 4),
        (graphs.hypercube(0), 1, 0),
        (graphs.hypercube(3), 8, 12),
    ],
)
def test_families_have_their_nodes_and_edges(graph, n_nodes, n_edges):
    assert list(graph) == list(range(n_nodes))
    assert graph.number_of_edges() == n_edges
    assert nx.is_connected(graph)
    assert nx.number_of_selfloops(graph) == 0


def test_families_are_those_of_networkx():
    assert nx.is_isomorphic(graphs.ring(5), nx.cycle_graph(5))
    assert nx.is_isomorphic(graphs.grid(3, 4), nx.grid_2d_graph(3, 4))
    assert nx.is_isomorphic(graphs.torus(3, 4), nx.grid_2d_graph(3, 4, periodic=True))
    assert nx.is_isomorphic(graphs.hypercube(4), nx.hypercube_graph(4))
    assert graphs.star(4).degree[0] == 3
    assert graphs.grid(2, 3).has_edge(1, 4)


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "3"])
@pytest.mark.parametrize("family", [graphs.ring, graphs.path, graphs.complete, graphs.star])
def test_sizes_below_one_are_refused(family, n):
    with pytest.raises(InvalidInput, match="must be an integer of at least 1"):
        family(n)


def test_sides_below_one_and_bad_dimensions_are_refused():
    with pytest.raises(InvalidInput, match="rows=0 must be"):
        graphs.grid(0, 3)
    with pytest.raises(InvalidInput, match="columns=0 must be"):
        graphs.torus(3, 0)
    for dimension in (-1, 21, 2.0):
        with pytest.raises(InvalidInput, match="must be an integer in 0"):
            graphs.hypercube(dimension)


@given(connected_graphs())
def test_metropolis_weights_are_exact_symmetric_and_follow_the_graph(graph):
    degree = dict(graph.degree)
    for rule, inverse in (
        (graphs.lazy_metropolis, lambda d: 2 * d),
        (graphs.metropolis, lambda d: 1 + d),
    ):
        mixing = rule(graph)
        assert mixing.is_symmetric
        assert (mixing.exact.sum(axis=0) == 1).all()
        for i in graph:
            assert set(mixing.neighbours(i)) == set(graph[i])
            for j in graph[i]:
                assert mixing.exact[i, j] * inverse(max(degree[i], degree[j])) == 1


@given(connected_graphs())
def test_connected_graphs_have_a_gap(graph):
    assert graphs.lazy_metropolis(graph).spectral_gap > 1e-3
    assert graphs.metropolis(graph).spectral_gap > 1e-3


@given(connected_graphs())
def test_lazy_metropolis_keeps_half_and_is_positive_semidefinite(graph):
    mixing = graphs.lazy_metropolis(graph)
    assert (mixing.exact.diagonal() * 2 >= 1).all()
    assert mixing.smallest_eigenvalue > -1e-12


def test_a_disconnected_graph_has_no_gap():
    assert graphs.lazy_metropolis(nx.empty_graph(2)).spectral_gap == pytest.approx(0)


def test_the_ring_of_four_is_as_computed_by_hand():
    mixing = graphs.lazy_metropolis(graphs.ring(4))
    np.testing.assert_array_equal(mixing.matrix[0], [0.5, 0.25, 0, 0.25])
    assert mixing.second_singular_value == pytest.approx(0.5)


def test_complete_graph_averages_in_one_step_under_metropolis():
    assert graphs.metropolis(graphs.complete(5)).second_singular_value == pytest.approx(
        0, abs=1e-12
    )


def test_numbered_nodes_are_the_agents_and_others_count_in_order():
    backwards = nx.Graph([(2, 1), (1, 0)])
    assert graphs.lazy_metropolis(backwards).neighbours(0) == (1,)
    assert graphs.lazy_metropolis(nx.Graph([("c", "b"), ("b", "a")])).neighbours(0) == (1,)


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (nx.DiGraph([(0, 1)]), "must be an undirected networkx.Graph"),
        (nx.MultiGraph([(0, 1)]), "must be an undirected networkx.Graph"),
        ([[0, 1], [1, 0]], "must be an undirected networkx.Graph"),
        (nx.Graph(), "graph has no node"),
        (nx.Graph([(0, 0)]), "graph has a loop at node 0"),
    ],
)
def test_other_graphs_are_refused(graph, message):
    with pytest.raises(InvalidInput, match=message):
        graphs.metropolis(graph)


def test_an_edge_list_makes_the_same_graph_as_its_family(tmp_path: Path) -> None:
    file = tmp_path / "ring.txt"
    file.write_text("# a ring\n0 1\n1 2\n2 3\n3 0\n3 3\n")
    assert nx.utils.graphs_equal(graphs.from_edge_list(file, 4), graphs.ring(4))


@pytest.mark.parametrize(
    ("text", "message"),
    [("0 1\n1 4\n", "node 4 must be one of 0, ..., 3"), ("0 one\n", "is not a list of edges")],
)
def test_a_bad_edge_list_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "edges.txt"
    file.write_text(text)
    with pytest.raises(InvalidInput, match=message):
        graphs.from_edge_list(file, 4)


@pytest.mark.parametrize("weight", [None, 0.25, Fraction(1, 3)])
def test_on_a_directed_cycle_each_hears_its_predecessor(weight):
    w = Fraction(1, 2) if weight is None else weight
    W = graphs.directed_cycle(5, weight)
    assert not W.is_symmetric
    assert (W.exact is None) is isinstance(weight, float)
    expected = (1 - float(w)) * np.eye(5) + float(w) * np.roll(np.eye(5), -1, axis=1)
    np.testing.assert_allclose(W.matrix, expected, rtol=1e-15)
    assert W.neighbours(0) == (4,)


def test_small_directed_cycles():
    assert graphs.directed_cycle(1).matrix.tolist() == [[1.0]]
    assert graphs.directed_cycle(2) == graphs.metropolis(graphs.ring(2))


@pytest.mark.parametrize("weight", [0, 1, -0.5, "half", float("nan")])
def test_the_weight_of_a_directed_cycle_lies_between_0_and_1(weight):
    with pytest.raises(InvalidInput, match="strictly between 0 and 1"):
        graphs.directed_cycle(3, weight)
