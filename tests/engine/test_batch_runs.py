"""A batch goes where its instances go, whatever stands beside them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_problems import ring_matrix

from dcpg_theory.engine import random_batch, reference, run_batch, run_dcpg
from dcpg_theory.errors import InvalidInput
from dcpg_theory.models import graphs

W = graphs.lazy_metropolis(graphs.ring(3))


@given(st.integers(0, 10**6), st.integers(1, 9), st.integers(1, 5), st.integers(1, 8))
@settings(max_examples=30)
def test_every_instance_iterates_like_the_readable_loop(seed, n_instances, n_tasks, n_states):
    rng = np.random.default_rng(seed)
    batch = random_batch(rng, n_instances, n_tasks, n_states, 3)
    initial, matrix = rng.standard_normal(batch.shape), ring_matrix(n_tasks)
    trace = run_batch(
        batch, matrix, step_size=0.4, iterations=7, regularization=0.1, initial=initial
    )
    assert (trace.iterations == 7).all()
    for b in range(n_instances):
        expected, _ = reference.advance(batch.problem(b), matrix, initial[b], [0.4] * 7, 0.1)
        np.testing.assert_allclose(trace.parameters[b], expected, rtol=0, atol=1e-12)


def test_an_instance_has_the_bits_of_its_own_run_on_the_dense_path():
    batch = random_batch(1, 6, 3, 5, 2)
    trace = run_batch(batch, W, step_size=0.4, iterations=20, regularization=0.1)
    for b in range(6):
        single = run_dcpg(
            batch.problem(b), W, step_size=0.4, iterations=20, regularization=0.1, path="dense"
        )
        np.testing.assert_array_equal(trace.parameters[b], single.parameters)


def test_rewards_far_from_zero_are_centred_here_too():
    batch = random_batch(1, 3, 3, 5, 2)
    far = dataclasses.replace(batch, rewards=batch.rewards + 1e6)
    trace = run_batch(far, W, step_size=0.4, iterations=20)
    for b in range(3):
        single = run_dcpg(far.problem(b), W, step_size=0.4, iterations=20, path="dense")
        np.testing.assert_array_equal(trace.parameters[b], single.parameters)


def test_the_number_of_threads_changes_no_bit():
    batch = random_batch(1, 23, 3, 5, 2)
    one, three = (
        run_batch(batch, W, step_size=0.4, iterations=20, threads=threads).parameters
        for threads in (1, 3)
    )
    np.testing.assert_array_equal(one, three)


def test_each_instance_may_have_its_own_matrix():
    batch = random_batch(1, 5, 3, 5, 2)
    matrices = np.stack([W.matrix, np.eye(3), np.full((3, 3), 1 / 3), W.matrix, np.eye(3)])
    together = run_batch(batch, matrices, step_size=0.4, iterations=9).parameters
    for b in range(5):
        alone = run_batch(batch, matrices[b], step_size=0.4, iterations=9).parameters
        np.testing.assert_array_equal(together[b], alone[b])


def test_an_instance_that_diverges_stops_alone():
    batch = random_batch(1, 6, 3, 5, 2)
    scale = np.ones((6, 1, 1, 1))
    scale[2] = 1e250
    batch = dataclasses.replace(batch, rewards=scale * batch.rewards)
    trace = run_batch(batch, W, step_size=[1.0, 1e-250, 1e100], iterations=3)
    assert np.isfinite(trace.parameters).all()
    assert trace.iterations[2] < 3
    assert (np.delete(trace.iterations, 2) == 3).all()


GOOD = {"mixing": W, "step_size": 0.1, "iterations": 2}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"mixing": np.eye(2)}, r"mixing has shape \(2, 2\), it must have shape \(3, 3\) or"),
        ({"mixing": np.stack([np.eye(3)] * 4 + [np.ones((3, 3))])}, "mixing matrix 4 must be"),
        ({"mixing": np.eye(3) * np.nan}, "mixing matrix 0 must be doubly stochastic"),
        ({"step_size": -1}, "step_size=-1 must be positive"),
        ({"iterations": 1.5}, "iterations=1.5 must be an integer"),
        ({"regularization": -1}, "regularization=-1 must be"),
        ({"initial": np.zeros(3)}, r"broadcasts to shape \(5, 3, 5, 2\)"),
        ({"initial": np.full((5, 2), np.inf)}, r"initial\[0, 0, 0, 0\] is inf"),
        ({"threads": 0}, "threads=0 must be at least 1"),
    ],
)
def test_bad_input_is_refused(changed, message):
    with pytest.raises(InvalidInput, match=message):
        run_batch(random_batch(0, 5, 3), **{**GOOD, **changed})
