"""The pattern of L and U is found without a number."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from odd_problems import grid
from scipy.sparse import csr_array

from dcpg_theory.engine.elimination import full_elimination, plan_elimination
from dcpg_theory.engine.grouping import pattern_of, sparse_transitions


def marks(ends, columns, n):
    found = np.zeros((n, n), dtype=bool)
    for p in range(n):
        found[p, columns[ends[p] : ends[p + 1]]] = True
    return found


def eliminated(matrix):
    """L below the diagonal and U above it, by Gauss."""
    matrix = matrix.copy()
    for k in range(len(matrix)):
        matrix[k + 1 :, k] /= matrix[k, k]
        matrix[k + 1 :, k + 1 :] -= np.outer(matrix[k + 1 :, k], matrix[k, k + 1 :])
    return matrix


@given(st.integers(0, 10**6), st.integers(1, 14), st.floats(0, 0.6))
def test_the_fill_is_that_of_gauss(seed, n, density):
    rng = np.random.default_rng(seed)
    links = (rng.random((n, n)) < density) | np.eye(n, dtype=bool)
    plan = plan_elimination(csr_array(links.astype(float)))
    assert sorted(plan.order) == list(range(n))
    # Random numbers: nothing cancels.
    system = np.where(links, -rng.random((n, n)), 0.0) + 2 * n * np.eye(n)
    factors = eliminated(system[plan.order][:, plan.order]) != 0
    np.testing.assert_array_equal(marks(plan.lower_ends, plan.lower, n), np.tril(factors, -1))
    np.testing.assert_array_equal(marks(plan.upper_ends, plan.upper, n), np.triu(factors, 1))
    work = sum(2 * factors[k, k + 1 :].sum() for i in range(n) for k in range(i) if factors[i, k])
    assert plan.work == work + 2 * np.tril(factors, -1).sum()


def test_a_grid_is_ordered_for_little_fill():
    task = grid(10, 1, 0.9).tasks[0]
    plan = plan_elimination(pattern_of(sparse_transitions(task), 4))
    natural = 2 * 100 * 10 * 10  # of a band of width ten
    assert plan.work < natural / 2


def test_a_full_matrix_fills_both_triangles():
    plan = full_elimination(5)
    np.testing.assert_array_equal(
        marks(plan.lower_ends, plan.lower, 5), np.tri(5, k=-1, dtype=bool)
    )
    np.testing.assert_array_equal(
        marks(plan.upper_ends, plan.upper, 5), np.tri(5, k=-1, dtype=bool).T
    )
