"""The start spans the last solutions, and takes the best in their span."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.sparse import csr_array

from dcpg_theory.engine.krylov_start import KEPT, remember, start
from dcpg_theory.engine.krylov_system import Matrix

N = 30


def remembered(solutions, width=()):
    """Return what is kept after these solutions, one after the other."""
    kept = np.zeros((N * KEPT, *width))
    for n, x in enumerate(solutions):
        remember(kept, min(n, KEPT), x)
    return kept


def test_kept_are_the_last_solution_and_its_backward_differences():
    xs = list(np.random.default_rng(0).standard_normal((7, N)))
    kept = remembered(xs).reshape(N, KEPT)
    table = [xs[-k - 1] for k in range(KEPT)]
    for k in range(KEPT):
        np.testing.assert_allclose(kept[:, k], table[0], rtol=0, atol=1e-13)
        table = [a - b for a, b in itertools.pairwise(table)]
    assert not remembered(xs[:2]).reshape(N, KEPT)[:, 2:].any()


@pytest.mark.parametrize("width", [(), (4,)])
@pytest.mark.parametrize("n_solutions", [0, 1, 3, 5, 9])
def test_the_start_is_the_least_squares_solution_in_the_span(width, n_solutions):
    rng = np.random.default_rng(n_solutions)
    n_lanes = width[0] if width else 1
    pattern = csr_array(rng.random((N, N)) < 0.2)
    pattern.sort_indices()
    entries = rng.standard_normal((pattern.nnz, n_lanes))
    right, xs = rng.standard_normal((N, n_lanes)), rng.standard_normal((n_solutions, N, n_lanes))
    if n_solutions == 9:
        xs[-1] = xs[-2]  # a difference that is zero, and one that depends on others
    shape = (N, *width)
    x = np.full(shape, np.nan)
    matrix = Matrix(
        pattern.indptr.astype(np.uint32),
        pattern.indices.astype(np.uint32),
        entries.reshape(-1, *width),
    )
    kept = remembered([a.reshape(shape) for a in xs], width)
    start(matrix, right.reshape(shape), kept, np.zeros((32, *width)), x)
    for lane in range(n_lanes):
        M = csr_array((entries[:, lane], pattern.indices, pattern.indptr), shape=(N, N)).toarray()
        span = xs[-KEPT:, :, lane].T
        c = np.linalg.lstsq(M @ span, right[:, lane], rcond=None)[0]
        expected = span @ c
        np.testing.assert_allclose(x.reshape(N, n_lanes)[:, lane], expected, rtol=0, atol=1e-8)
