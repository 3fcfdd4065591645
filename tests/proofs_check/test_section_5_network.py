"""Lazy Metropolis weights in plain fractions, apart from the package."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

RING_OF_4 = [(0, 1), (1, 2), (2, 3), (0, 3)]


def weights(size, edges, inverse):
    """W_ij = 1/inverse(max(d_i, d_j)) for neighbours; the diagonal takes the rest."""
    degree = [sum(i in edge for edge in edges) for i in range(size)]
    rows = [[Fraction(0)] * size for _ in range(size)]
    for i, j in edges:
        rows[i][j] = rows[j][i] = Fraction(1, inverse(max(degree[i], degree[j])))
    for i in range(size):
        rows[i][i] = 1 - sum(rows[i])
    return rows


def lazy(degree):
    return 2 * degree


def form(rows, x):
    return sum(rows[i][j] * x[i] * x[j] for i in range(len(x)) for j in range(len(x)))


@st.composite
def connected_graphs(draw):
    """A random tree and some more edges."""
    size = draw(st.integers(2, 7))
    edges = {(draw(st.integers(0, i - 1)), i) for i in range(1, size)}
    pairs = st.tuples(st.integers(0, size - 1), st.integers(0, size - 1))
    edges |= {(min(p), max(p)) for p in draw(st.lists(pairs, max_size=6)) if p[0] != p[1]}
    return size, sorted(edges)


@given(connected_graphs(), st.data())
def test_lazy_weights_satisfy_assumption_1_and_are_semidefinite(graph, data):
    size, edges = graph
    rows = weights(size, edges, lazy)
    x = data.draw(st.lists(st.integers(-5, 5), min_size=size, max_size=size))
    assert all(sum(row) == 1 for row in rows)
    assert all(sum(row[j] for row in rows) == 1 for j in range(size))
    assert all(rows[i][i] >= Fraction(1, 2) for i in range(size))
    assert {(i, j) for i in range(size) for j in range(i + 1, size) if rows[i][j] > 0} == set(edges)
    assert form(rows, x) >= 0


@given(connected_graphs(), st.data())
def test_the_form_is_a_sum_of_squares(graph, data):
    """x^T W x = sum_i (2 W_ii - 1) x_i^2 + sum over edges of W_ij (x_i + x_j)^2."""
    size, edges = graph
    rows = weights(size, edges, lazy)
    x = data.draw(st.lists(st.integers(-5, 5), min_size=size, max_size=size))
    squares = sum((2 * rows[i][i] - 1) * x[i] ** 2 for i in range(size))
    squares += sum(rows[i][j] * (x[i] + x[j]) ** 2 for i, j in edges)
    assert form(rows, x) == squares


def test_metropolis_weights_need_not_be_semidefinite():
    rows = weights(4, RING_OF_4, lambda degree: 1 + degree)
    assert form(rows, [1, -1, 1, -1]) == Fraction(-4, 3)


@pytest.mark.parametrize(("agents", "gap"), [(3, "3/4"), (4, "1/2"), (6, "1/4")])
def test_gap_on_the_ring_is_the_square_of_a_sine(agents, gap):
    edges = [(i, (i + 1) % agents) for i in range(agents)]
    rows = weights(agents, edges, lazy)
    matrix = sympy.Matrix(agents, agents, lambda i, j: sympy.Rational(str(rows[i][j])))
    values = sorted((v for v, k in matrix.eigenvals().items() for _ in range(k)), reverse=True)
    assert 1 - values[1] == sympy.Rational(gap) == sympy.sin(sympy.pi / agents) ** 2
