"""The batches of runs: they are Algorithm 1, and they satisfy what the theorems assume."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcpg_theory import run_dcpg
from dcpg_theory.models.mixing import MixingMatrix
from dcpg_theory.theory.rates import CorrectedRates
from proofs_check.instances.confirmations import _batches_of_theorem_2, _optimum
from proofs_check.instances.random_runs import (
    Shape,
    at_rest,
    common_start,
    draw,
    gradients,
    policies,
    step,
    values,
)


def drawn(**settings):
    rng = np.random.Generator(np.random.PCG64(3))
    return draw(rng, Shape(4, 3, 4), **settings)


@pytest.mark.parametrize(
    "settings",
    [{}, {"states": "partial"}, {"states": "disjoint"}, {"shared": True}, {"symmetric": False}],
)
def test_a_batch_runs_as_the_engine_does(settings):
    batch = drawn(**settings)
    theta, steps = common_start(batch), np.full(4, 0.3)
    for _ in range(30):
        theta = step(batch, theta, gradients(batch, theta)[0], steps)
    for at in range(4):
        problem = batch.problem(at)
        order = list(problem.states)
        trace = run_dcpg(
            problem,
            batch.mixing[at],
            step_size=0.3,
            iterations=30,
            regularization=float(batch.regularization[at]),
            initial=batch.initial[at, order],
        )
        assert np.abs(trace.parameters - theta[at][:, order]).max() < 1e-12


def test_mixing_matrices_have_spectra_of_both_signs():
    mixing = [MixingMatrix(W) for W in drawn().mixing]
    assert all(W.is_symmetric for W in mixing)
    assert (
        min(W.smallest_eigenvalue for W in mixing) < 0 < max(W.smallest_eigenvalue for W in mixing)
    )
    assert not all(MixingMatrix(W).is_symmetric for W in drawn(symmetric=False).mixing)


def test_states_of_partial_tasks_differ_and_cover_the_union():
    held = drawn(states="partial").held
    assert held.any(axis=1).all()
    assert held.any(axis=2).all()
    assert not held.all()
    disjoint = drawn(states="disjoint").held
    assert (disjoint.sum(axis=1) == 1).all()


def test_agents_at_rest_never_move():
    batch = at_rest(5, (7, 1))
    theta = common_start(batch)
    after = step(batch, theta, gradients(batch, theta)[0], np.array([2.0**-20]))
    assert np.array_equal(after, theta)


def test_runs_of_theorem_2_begin_half_below_an_optimum_that_no_policy_exceeds():
    rng = np.random.Generator(np.random.PCG64(4))
    name, batch, most, mismatch, accuracy = next(_batches_of_theorem_2(CorrectedRates))
    assert name.startswith("one kernel")
    gap = most - values(batch, policies(batch.initial)[:, None])[:, 0]
    assert (gap > accuracy).all()
    assert gap.min() > 0.5
    assert (mismatch >= 1).all()
    some = policies(rng.normal(size=(len(most), 50, *batch.initial.shape[1:])) * 3)
    assert (values(batch, some) <= most[:, None] + 1e-12).all()


def test_the_optimum_over_disjoint_states_is_the_sum_of_the_tasks_own():
    batch = replace(drawn(states="disjoint"))
    _, most, _ = _optimum(batch)
    own = [
        _optimum(replace(batch, rewards=batch.rewards * (np.arange(3) == i)[None, :, None, None]))[
            1
        ]
        for i in range(3)
    ]
    assert np.abs(most - sum(own)).max() < 1e-12
