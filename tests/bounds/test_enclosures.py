from __future__ import annotations

from fractions import Fraction

import flint
import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory.bounds.enclosures import eigenvalues, enclosed, enclosed_weights
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.balls import precision
from dcpg_theory.models import MixingMatrix, graphs


@st.composite
def symmetric_rationals(draw):
    n = draw(st.integers(2, 6))
    entries = draw(st.lists(st.integers(-8, 8), min_size=n * n, max_size=n * n))
    matrix = np.array(entries).reshape(n, n)
    return matrix + matrix.T


@given(symmetric_rationals())
def test_exact_eigenvalues_lie_within_the_error(matrix):
    """The roots of the characteristic polynomial, enclosed by balls, multiplicities included."""
    values, error = eigenvalues(matrix.astype(np.float64))
    n = len(matrix)
    polynomial = flint.fmpz_mat(n, n, [int(x) for x in matrix.flat]).charpoly()
    with precision(200):
        exact = sorted(
            float(root.real.mid())
            for root, multiplicity in polynomial.complex_roots()
            for _ in range(multiplicity)
        )
    assert np.abs(np.array(exact) - values).max() <= error + 1e-14
    assert error < 1e-9


@given(st.integers(0, 10**6), st.integers(2, 12))
def test_asymmetric_matrices_have_enclosed_singular_values(seed, n):
    rng = np.random.default_rng(seed)
    weights = sum(np.eye(n)[rng.permutation(n)] for _ in range(3)) / 3
    mixing = MixingMatrix(weights)
    found, svd = enclosed(mixing), np.linalg.svd(weights, compute_uv=False)
    assert found.second_singular_value.contains(flint.arb(float(min(svd[1], 1)))) or (
        abs(float(found.second_singular_value) - svd[1]) < 1e-12
    )
    assert found.is_symmetric is mixing.is_symmetric


def test_weights_made_in_floats_agree_with_exact_ones():
    graph = nx.random_labeled_tree(9, seed=3)
    made = enclosed_weights(9, graph.edges, "lazy-metropolis")
    exact = enclosed(graphs.lazy_metropolis(graph))
    for name in ("second_singular_value", "smallest_singular_value", "smallest_eigenvalue"):
        assert getattr(made, name).overlaps(getattr(exact, name))


def test_a_disconnected_graph_has_no_certified_gap():
    found = enclosed_weights(4, [(0, 1), (2, 3)], "lazy-metropolis")
    assert not found.gap > 0
    assert not found.meets_assumption_1


def test_large_matrices_are_refused_in_words():
    with pytest.raises(InvalidInput, match="too large to enclose"):
        enclosed_weights(2001, [], "metropolis")


def test_exact_weights_that_are_no_doubles_are_enclosed():
    third = Fraction(1, 3)
    found = enclosed(MixingMatrix([[1 - third, third], [third, 1 - third]]))
    assert found.second_singular_value.contains(flint.fmpq(1, 3))
    assert found.second_singular_value.rad() > 0


def test_weights_that_are_nearly_symmetric_count_as_symmetric():
    """As the predicate says; what is missing is part of the error."""
    weights = np.array([[0.5, 0.3, 0.2], [0.3, 0.4, 0.3], [0.2, 0.3, 0.5]])
    moved = weights + 1e-11 * np.array([[0, 1, -1], [-1, 0, 1], [1, -1, 0]])
    found, exact = enclosed(MixingMatrix(moved)), enclosed(MixingMatrix(weights))
    assert found.is_symmetric
    assert found.second_singular_value.overlaps(exact.second_singular_value)
    assert found.second_singular_value.rad() > 1e-11
