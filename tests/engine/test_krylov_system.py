"""The systems are those of the policies, and the incomplete factors are those of their pattern."""

from __future__ import annotations

import numpy as np
import pytest
from odd_problems import grid

from dcpg_theory.engine import krylov_system
from dcpg_theory.engine.grouping import pattern_of, sparse_transitions
from dcpg_theory.engine.scipy_path import factorized


def system_of(width):
    """Return a problem's first task, policies for each lane, and their system."""
    task = grid(5, 1, 0.9).tasks[0]
    P, lanes = sparse_transitions(task), width[0] if width else 1
    policies = np.random.default_rng(0).dirichlet(np.ones(4), (lanes, 25))
    moves = krylov_system.Moves(
        P.indptr.astype(np.uint32),
        P.indices.astype(np.uint32),
        0.9 * P.data,
        np.repeat(task.rewards.reshape(-1, 1), lanes, axis=1).reshape(-1, *width),
    )
    system = krylov_system.empty_system(pattern_of(P, 4), width)
    row, right = np.zeros((25, *width)), np.zeros((25, *width))
    flat = np.ascontiguousarray(policies.reshape(lanes, -1).T).reshape(-1, *width)
    krylov_system.assemble(moves, flat, system, row, right)
    assert not row.any()
    return task, policies, system, right


@pytest.mark.parametrize("width", [(), (4,)])
def test_products_and_residuals_are_those_of_the_system_and_its_transpose(width):
    task, policies, system, right = system_of(width)
    x = np.random.default_rng(1).standard_normal(right.shape)
    for matrix, transposed in ((system.plain, False), (system.transpose, True)):
        found, left = np.empty_like(x), np.empty_like(x)
        krylov_system.multiply(matrix, x, found)
        krylov_system.residual(matrix, right, x, left)
        np.testing.assert_allclose(left, right - found, rtol=0, atol=1e-14)
        for lane, policy in enumerate(policies):
            solved = factorized(task, policy)(found.reshape(25, -1)[:, lane], transposed)
            np.testing.assert_allclose(solved, x.reshape(25, -1)[:, lane], rtol=0, atol=1e-13)


@pytest.mark.parametrize("width", [(), (4,)])
def test_incomplete_factors_give_back_the_entries_of_the_pattern(width):
    _, policies, system, right = system_of(width)
    place = np.full(25, -1)
    krylov_system.incomplete_factors(system, place)
    assert (place == -1).all()
    ends, columns, entries = system.plain
    for lane in range(len(policies)):
        M, F = np.zeros((2, 25, 25))
        for s in range(25):
            own = slice(ends[s], ends[s + 1])
            M[s, columns[own]] = entries.reshape(len(columns), -1)[own, lane]
            F[s, columns[own]] = system.factors.reshape(len(columns), -1)[own, lane]
        L, U = np.tril(F, -1) + np.eye(25), np.triu(F, 1) + np.diag(1 / np.diag(F))
        there = M != 0
        np.testing.assert_allclose((L @ U)[there], M[there], rtol=0, atol=1e-14)
        x = np.random.default_rng(lane).standard_normal(right.shape)
        for transposed, A in ((False, L @ U), (True, (L @ U).T)):
            out = np.empty_like(x)
            krylov_system.precondition(system, x, out, transposed)
            np.testing.assert_allclose(
                A @ out.reshape(25, -1)[:, lane], x.reshape(25, -1)[:, lane], rtol=0, atol=1e-13
            )


def test_a_number_that_is_none_is_never_lost_in_a_norm():
    x, numbers = np.ones((9, 4)), np.zeros((1, 4))
    x[3, 1], x[0, 2], x[5, 3] = np.nan, np.inf, -7.0
    for transposed, last in ((False, 7.0), (True, 15.0)):
        krylov_system.sizes(x, numbers, 0, transposed)
        assert numbers[0, 0] == (9.0 if transposed else 1.0)
        assert not numbers[0, 1] < np.inf
        assert not numbers[0, 2] < np.inf
        assert numbers[0, 3] == last
