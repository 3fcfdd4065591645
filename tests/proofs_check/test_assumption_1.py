"""Assumption 1 and the spectrum of W, by sympy and plain fractions, apart from the package."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
import sympy

from dcpg_theory.exact.attacks import surviving
from dcpg_theory.exact.chains import verify_chain
from proofs_check.chains import mixing as mixing_chains
from proofs_check.instances import weights

CIRCULANT = sympy.Matrix(3, 3, [3, 2, 1, 1, 3, 2, 2, 1, 3]) / 6
NEGATIVE = sympy.Matrix(3, 3, [1, 3, 3, 3, 2, 2, 3, 2, 2]) / 7


def singular_values(matrix):
    """The singular values, largest first, from the eigenvalues of W^T W."""
    squares = (matrix.T * matrix).eigenvals()
    return sorted((sympy.sqrt(v) for v, k in squares.items() for _ in range(k)), reverse=True)


@pytest.mark.parametrize("matrix", [CIRCULANT, NEGATIVE])
def test_witnesses_are_doubly_stochastic_with_all_entries_positive(matrix):
    assert all(sum(matrix[i, :]) == sum(matrix[:, i]) == 1 for i in range(3))
    assert all(entry > 0 for entry in matrix)


def test_witnesses_are_those_of_the_claims():
    assert [str(x) for x in weights.CIRCULANT.flat] == [str(x) for x in CIRCULANT]
    assert [str(x) for x in weights.NEGATIVE.flat] == [str(x) for x in NEGATIVE]


def test_assumption_1_allows_asymmetric_weights():
    assert CIRCULANT != CIRCULANT.T


def test_quadratic_form_of_asymmetric_weights_has_another_gradient():
    theta = sympy.Matrix(sympy.symbols("t1:4"))
    laplacian = sympy.eye(3) - CIRCULANT
    form = (theta.T * laplacian * theta)[0] / 2
    gradient = sympy.Matrix([sympy.diff(form, t) for t in theta])
    assert sympy.expand(gradient - laplacian * theta) != sympy.zeros(3, 1)


def test_weights_on_a_tree_are_symmetric():
    a, b, c, d = sympy.symbols("a b c d")
    path = sympy.Matrix([[1 - a, a, 0], [b, 1 - b - c, c], [0, d, 1 - d]])
    columns = [sum(path[:, j]) - 1 for j in range(3)]
    assert sympy.solve(columns, [b, d], dict=True) == [{b: a, d: c}]


@pytest.mark.parametrize(
    ("matrix", "largest", "printed", "with_minus"),
    [
        (sympy.Matrix([[3, 1], [1, 3]]) / 4, "1/2", "3/2", "1/2"),
        (NEGATIVE, "9/7", "1", "1"),
        (sympy.Matrix([[1, 3], [3, 1]]) / 4, "3/2", "3/2", "1/2"),
    ],
)
def test_largest_singular_value_is_one_minus_the_smallest_eigenvalue(
    matrix, largest, printed, with_minus
):
    found = singular_values(sympy.eye(matrix.rows) - matrix)[0]
    smallest = singular_values(matrix)[-1]
    assert found == sympy.Rational(largest)
    assert found == 1 - min(matrix.eigenvals())
    assert 1 + smallest == sympy.Rational(printed)
    assert 1 - smallest == sympy.Rational(with_minus)


def test_a_graph_in_two_parts_and_a_zero_diagonal_both_close_the_gap():
    for matrix in (sympy.eye(2), sympy.Matrix([[0, 1], [1, 0]])):
        assert singular_values(matrix)[1] == 1


def test_second_singular_value_of_asymmetric_weights_is_below_one():
    assert singular_values(CIRCULANT)[1] ** 2 < 1


@pytest.mark.parametrize("name", mixing_chains.__all__)
def test_chains_lose_under_every_attack(name):
    chain = getattr(mixing_chains, name)()
    assert verify_chain(chain).unused == ()
    assert surviving(chain) == ()


def test_a_positive_power_exists_on_a_connected_graph():
    """What the chain for sigma_2 < 1 takes from connectedness, on a path of four agents."""
    third = Fraction(1, 3)
    size = 4
    rows = [[Fraction(0)] * size for _ in range(size)]
    for i, j in pairwise(range(size)):
        rows[i][j] = rows[j][i] = third
    for i in range(size):
        rows[i][i] = 1 - sum(rows[i])
    square = sympy.Matrix(size, size, lambda i, j: sympy.Rational(str(rows[i][j])))
    assert all(entry > 0 for entry in (square.T * square) ** 2)
