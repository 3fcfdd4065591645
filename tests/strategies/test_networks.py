from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from dcpg_theory import strategies
from dcpg_theory.errors import InvalidInput
from dcpg_theory.models import MixingMatrix


@given(strategies.communication_graphs())
def test_graphs_are_connected_simple_and_numbered(graph):
    assert nx.is_connected(graph)
    assert sorted(graph) == list(range(len(graph)))
    assert nx.number_of_selfloops(graph) == 0
    assert len(graph) <= 5


@given(strategies.communication_graphs(connected=False))
def test_graphs_fall_apart_when_asked(graph):
    assert not nx.is_connected(graph)


def test_any_graph_may_be_asked_for():
    anything = strategies.communication_graphs(4, connected=None)
    assert nx.is_connected(find(anything, nx.is_connected))
    assert find(anything, lambda graph: not nx.is_connected(graph))
    assert find(anything, lambda graph: graph.number_of_edges() == 6)


@given(strategies.mixing_matrices())
def test_weights_are_exact_and_the_second_singular_value_is_below_one(W):
    assert W.exact is not None
    assert W.second_singular_value < 1
    assert 1 <= W.n_agents <= 5


@given(strategies.mixing_matrices(symmetric=True))
def test_weights_are_symmetric_when_asked(W):
    assert W.is_symmetric


@given(strategies.mixing_matrices(symmetric=False))
def test_weights_are_not_symmetric_when_asked(W):
    assert not W.is_symmetric
    assert W.n_agents >= 3


@given(strategies.mixing_matrices(positive_semidefinite=True))
def test_weights_have_no_negative_eigenvalue_when_asked(W):
    assert W.smallest_eigenvalue >= -1e-12


def test_the_families_that_matter_are_reached():
    of_three = strategies.mixing_matrices(3)
    assert find(of_three, lambda W: W.is_symmetric and W.smallest_eigenvalue < -0.3)
    assert find(of_three, lambda W: not W.is_symmetric)
    assert find(of_three, lambda W: W.spectral_gap < 1e-3)
    assert find(strategies.mixing_matrices(), lambda W: W.n_agents == 1)


@given(st.from_type(MixingMatrix))
def test_the_class_is_registered(W):
    assert isinstance(W, MixingMatrix)


@pytest.mark.parametrize(
    "make",
    [
        lambda: strategies.communication_graphs(0),
        lambda: strategies.communication_graphs(1, connected=False),
        lambda: strategies.communication_graphs(3, max_agents=4),
        lambda: strategies.mixing_matrices(2, symmetric=False),
        lambda: strategies.mixing_matrices(symmetric=False, positive_semidefinite=True),
        lambda: strategies.mixing_matrices(positive_semidefinite=None),
        lambda: strategies.mixing_matrices(min_agents=6, max_agents=5),
    ],
)
def test_nonsense_is_refused_where_the_strategy_is_made(make):
    with pytest.raises(InvalidInput):
        make()
