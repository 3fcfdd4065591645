from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory.models import FiniteMDP, MixingMatrix, MultiTaskProblem, random_problem
from dcpg_theory.theory.assumptions import ASSUMPTION_1, SHARED_DYNAMICS


@given(st.integers(0, 10**6), st.integers(1, 7), st.integers(1, 4))
def test_assumption_1_is_a_connected_undirected_graph_with_loops(seed, n, mixed):
    """Against networkx, on mixtures of the identity and a few permutations."""
    rng = np.random.default_rng(seed)
    parts = [np.eye(n)] + [np.eye(n)[rng.permutation(n)] for _ in range(mixed)]
    parts += [part.T for part in parts[1:]] if rng.integers(2) else []
    weights = sum(parts) / len(parts)
    both_ways = bool(((weights > 0) == (weights > 0).T).all())
    expected = both_ways and nx.is_connected(nx.from_numpy_array((weights > 0).astype(int)))
    assert ASSUMPTION_1.holds(MixingMatrix(weights)) is expected


def test_a_long_path_is_connected_and_a_cut_one_is_not():
    n = 300
    line = np.eye(n, k=1) / 4 + np.eye(n, k=-1) / 4
    line += np.diag(1 - line.sum(axis=1))
    assert ASSUMPTION_1.holds(MixingMatrix(line))
    line[150, 151] = line[151, 150] = 0
    line[150, 150] = line[151, 151] = 0.75
    assert not ASSUMPTION_1.holds(MixingMatrix(line))


@pytest.mark.parametrize("sparse", [False, True])
def test_tasks_with_other_rewards_share_their_dynamics(sparse):
    task = random_problem(0, 1, 3, 2).tasks[0]
    if sparse:
        rows = sp.csr_array(task.transitions.reshape(6, 3))
        task = FiniteMDP(rows, task.rewards, task.discount, task.start)
    other = task.with_rewards(1 - task.rewards)
    assert SHARED_DYNAMICS.holds(MultiTaskProblem([task, other]))
    assert not SHARED_DYNAMICS.holds(MultiTaskProblem([task, other.with_discount(0.5)]))
