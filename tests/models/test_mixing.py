from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import NumberKind, as_array
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.models import MixingMatrix

QUARTER = Fraction(1, 4)


@st.composite
def permutation_mixtures(draw):
    """Convex combinations of permutation matrices: every doubly stochastic matrix (Birkhoff)."""
    n = draw(st.integers(1, 5))
    weights = draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    matrix = [[Fraction(0)] * n for _ in range(n)]
    for weight in weights:
        for i, j in enumerate(draw(st.permutations(range(n)))):
            matrix[i][j] += Fraction(weight, sum(weights))
    return matrix


@given(permutation_mixtures())
def test_doubly_stochastic_matrices_are_accepted_with_singular_values_in_0_1(weights):
    mixing = MixingMatrix(weights)
    assert mixing.exact.tolist() == as_array(weights, NumberKind.RATIONAL).tolist()
    values = mixing.singular_values
    assert values[0] == pytest.approx(1)
    assert (values >= 0).all()
    assert mixing.smallest_singular_value <= values[0]
    assert -1e-12 <= mixing.spectral_gap <= 1
    assert mixing.spectral_gap == 1 - mixing.second_singular_value


@given(permutation_mixtures())
def test_second_singular_value_is_the_norm_on_disagreement(weights):
    mixing = MixingMatrix(weights)
    n = mixing.n_agents
    away = np.linalg.norm(mixing.matrix - np.full((n, n), 1 / n), 2)
    assert mixing.second_singular_value == pytest.approx(away, abs=1e-7)


@given(permutation_mixtures())
def test_symmetric_matrices_have_eigenvalues_and_others_none(weights):
    mixing = MixingMatrix(weights)
    transposed = [list(column) for column in zip(*weights, strict=True)]
    assert mixing.is_symmetric is (weights == transposed)
    half = np.array(weights) / 2 + np.array(transposed) / 2
    smallest = MixingMatrix(half).smallest_eigenvalue
    assert abs(abs(smallest) - MixingMatrix(half).singular_values).min() < 1e-7
    assert (mixing.smallest_eigenvalue is None) is not mixing.is_symmetric


def test_floats_are_symmetric_within_a_billionth():
    assert MixingMatrix([[0.5, 0.5 + 1e-10], [0.5, 0.5]]).is_symmetric
    cycle = [[0.0, 1, 0], [0, 0, 1], [1, 0, 0]]
    assert not MixingMatrix(cycle).is_symmetric
    assert MixingMatrix(cycle).smallest_eigenvalue is None


def test_one_agent_has_gap_one():
    alone = MixingMatrix([[1]])
    assert alone.second_singular_value == 0
    assert alone.spectral_gap == 1
    assert alone.smallest_singular_value == 1
    assert alone.smallest_eigenvalue == 1
    assert alone.neighbours(0) == ()


def test_floats_have_no_exact_form():
    mixing = MixingMatrix(np.array([[0.9, 0.1], [0.1, 0.9]]))
    assert mixing.exact is None
    assert mixing.second_singular_value == pytest.approx(0.8)
    assert mixing == MixingMatrix([[0.9, 0.1], [0.1, 0.9]])
    assert repr(mixing) == "MixingMatrix(2 agents, float64)"


def test_equality_is_of_the_weights_and_their_kind():
    assert MixingMatrix([[1]]) == MixingMatrix([[1]])
    assert hash(MixingMatrix([[1]])) == hash(MixingMatrix([[1]]))
    assert MixingMatrix([[1]]) != MixingMatrix([[1.0]])
    assert MixingMatrix([[0.9, 0.1], [0.1, 0.9]]) != MixingMatrix([[0.8, 0.2], [0.2, 0.8]])
    assert MixingMatrix([[1]]) != 1


def test_neighbours_are_the_agents_with_weight():
    half = Fraction(1, 2)
    mixing = MixingMatrix([[half, half, 0], [half, 0, half], [0, half, half]])
    assert mixing.neighbours(1) == (0, 2)
    with pytest.raises(InvalidInput, match=r"agent=3 must lie in 0, \.\.\., 2"):
        mixing.neighbours(3)


def test_it_is_immutable():
    mixing = MixingMatrix([[0.5, 0.5], [0.5, 0.5]])
    with pytest.raises(ValueError, match="read-only"):
        mixing.matrix[0, 0] = 1
    with pytest.raises(AttributeError):
        mixing.matrix = None


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([[1, 0]], "mixing matrix has shape (1, 2), it must have shape (n_agents, n_agents)"),
        ([], "mixing matrix has shape (0,), it must have shape"),
        ([[1.0, 0.0], [0.1, 0.8]], "row 1 of the mixing matrix sums to 0.9, it must sum to 1"),
        (
            [[3 * QUARTER, QUARTER], [2 * QUARTER, 2 * QUARTER]],
            "column 0 of the mixing matrix sums to 5/4, it must sum to 1",
        ),
        ([[1.5, -0.5], [0, 1]], "row 0, column 1: mixing weight is -0.5, it must not be negative"),
        ([[float("nan")]], "row 0, column 0: mixing weight is nan, it must be finite"),
        ([[symbols("w")[0]]], "mixing matrix holds rational functions, give floats or rationals"),
        ([["a"]], "mixing matrix has entries of type"),
    ],
)
def test_matrices_that_are_not_doubly_stochastic_are_refused(weights, message):
    with pytest.raises(InvalidInput) as caught:
        MixingMatrix(weights)
    assert str(caught.value).startswith(message)


def test_sums_of_floats_may_be_off_by_a_billionth():
    MixingMatrix([[0.5, 0.5 + 5e-10], [0.5 + 5e-10, 0.5]])
    with pytest.raises(InvalidInput, match="sums to"):
        MixingMatrix([[0.5, 0.5 + 5e-9], [0.5 + 5e-9, 0.5]])
