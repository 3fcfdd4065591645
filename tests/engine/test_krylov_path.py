"""Krylov iterations keep the promise, remember, and give way to a direct solver."""

from __future__ import annotations

import numpy as np
import pytest
from odd_problems import grid, ring_matrix

from dcpg_theory.engine import Checkpoint, krylov_kernel, krylov_path, run_dcpg
from dcpg_theory.engine.accuracy import PROMISE, gradient_bound
from dcpg_theory.engine.krylov_path import KrylovPath
from dcpg_theory.engine.paths import make_path
from dcpg_theory.models.random_problems import random_problem


def counted(monkeypatch):
    """Count the steps of all solves from here on."""
    steps, solve = [], krylov_kernel.solve

    def noted(*arguments):
        found = solve(*arguments)
        steps.append(found[1])
        return found

    monkeypatch.setattr(krylov_kernel, "solve", noted)
    return steps


@pytest.mark.parametrize("discount", [0.9, 0.99])
def test_iterates_are_those_of_elimination_and_every_gradient_is_certified(discount):
    problem, W, steps = grid(12, 3, discount), ring_matrix(3), np.full(30, 0.5)
    start = np.zeros((3, 144, 4))
    krylov = make_path(problem, 0.0, "krylov")
    found, _ = krylov.advance(start, W, steps)
    expected, _ = make_path(problem, 0.0, "sparse").advance(start, W, steps)
    size = max(gradient_bound(task) for task in problem.tasks)
    assert np.abs(found - expected).max() <= 30 * 0.5 * 2 * PROMISE * size
    assert 0 < krylov.worst <= PROMISE


def test_the_span_of_the_last_solutions_saves_most_steps(monkeypatch):
    steps = counted(monkeypatch)
    path = make_path(grid(20, 1, 0.95), 0.0, "krylov")
    path.advance(np.zeros((1, 400, 4)), ring_matrix(1), np.full(40, 0.5))
    cold, warm = sum(steps[:2]), sum(steps[-20:]) / 10
    assert warm <= cold / 4


@pytest.mark.parametrize("discount", [0.9, 0.99])
def test_an_agent_has_the_same_bits_whoever_is_solved_beside_it(discount):
    problem = grid(12, 6, discount)
    # Their policies differ in sharpness, so that some lanes need many more steps than others.
    rng = np.random.default_rng(0)
    thetas = [rng.standard_normal((6, 144, 4)) for _ in range(3)]
    for theta in thetas:
        theta *= np.array([0.0, 1.0, 30.0, 5.0, 0.1, 10.0])[:, None, None]
    whole = make_path(problem, 0.1, "krylov")
    together = [whole.gradients(theta) for theta in thetas]
    for agents in ([0], [2, 3], [5, 1, 4, 0, 2], [1, 1]):
        part = make_path(problem, 0.1, "krylov", agents)
        for theta, expected in zip(thetas, together, strict=True):
            np.testing.assert_array_equal(part.gradients(theta[agents]), expected[agents])


def test_tasks_with_probabilities_of_their_own_share_lanes_too():
    problem = random_problem(0, 5, 40, 3)
    theta = np.random.default_rng(0).standard_normal((5, 40, 3))
    found = make_path(problem, 0.1, "krylov").gradients(theta)
    expected = make_path(problem, 0.1, "reference").gradients(theta)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_a_task_that_fails_is_solved_directly_and_the_others_go_on(monkeypatch):
    problem = grid(10, 4, 0.99)
    theta = np.random.default_rng(0).standard_normal((4, 100, 4))
    theta *= np.array([0.0, 1.0, 3.0, 10.0])[:, None, None]
    expected = make_path(problem, 0.0, "sparse").gradients(theta)
    alone = [counted_alone(problem, theta, agent) for agent in range(4)]
    hardest = int(np.argmax(alone))
    monkeypatch.setattr(krylov_path, "MOST_STEPS", sorted(alone)[-2])
    assert alone[hardest] > krylov_path.MOST_STEPS
    path = make_path(problem, 0.0, "krylov")
    size = max(gradient_bound(task) for task in problem.tasks)
    assert np.abs(path.gradients(theta) - expected).max() <= 2 * PROMISE * size
    direct = [path.memory()[f"counts_{agent}"][2] > 0 for agent in range(4)]
    assert direct == [agent == hardest for agent in range(4)]
    assert path.worst <= PROMISE


def counted_alone(problem, theta, agent):
    """Return the most steps of a solve of one agent's."""
    with pytest.MonkeyPatch.context() as patch:
        steps = counted(patch)
        make_path(problem, 0.0, "krylov", [agent]).gradients(theta[[agent]])
    return max(int(found.max()) for found in steps)


def test_what_does_not_converge_is_solved_directly(monkeypatch):
    monkeypatch.setattr(krylov_path, "MOST_STEPS", 1)
    problem = grid(10, 2, 0.99)
    theta = np.random.default_rng(0).standard_normal((2, 100, 4))
    path = make_path(problem, 0.0, "krylov")
    found = path.gradients(theta)
    expected = make_path(problem, 0.0, "sparse").gradients(theta)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)
    assert path.worst <= PROMISE
    steps = counted(monkeypatch)
    path.gradients(theta)
    assert not steps


@pytest.mark.parametrize("most_steps", [1, 500])
def test_a_memory_takes_the_path_up_to_the_last_bit(monkeypatch, most_steps):
    monkeypatch.setattr(krylov_path, "MOST_STEPS", most_steps)
    problem, W = grid(8, 2, 0.95), ring_matrix(2)
    steps = np.full(40, 0.5)
    whole, _ = make_path(problem, 0.0, "krylov").advance(np.zeros((2, 64, 4)), W, steps)
    for cut in (1, 7, 10, 23):
        first = make_path(problem, 0.0, "krylov")
        theta, _ = first.advance(np.zeros((2, 64, 4)), W, steps[:cut])
        memory = {name: array.copy() for name, array in first.memory().items()}
        second = make_path(problem, 0.0, "krylov")
        second.recall(memory)
        theta, _ = second.advance(theta, W, steps[cut:])
        np.testing.assert_array_equal(theta, whole)


def test_a_resumed_run_is_the_uninterrupted_one_to_the_last_bit(tmp_path):
    problem, W = grid(8, 2, 0.95), ring_matrix(2)
    settings = {"step_size": 0.5, "path": "krylov"}
    file = Checkpoint(tmp_path / "run.npz", every=9, resume=True)
    run_dcpg(problem, W, iterations=13, checkpoint=file, **settings)
    resumed = run_dcpg(problem, W, iterations=31, checkpoint=file, **settings)
    whole = run_dcpg(problem, W, iterations=31, **settings)
    np.testing.assert_array_equal(resumed.parameters, whole.parameters)


def test_full_tasks_and_those_of_few_states_are_no_exception():
    problem = random_problem(0, 3, 30, 3)
    theta = np.random.default_rng(0).standard_normal((3, 30, 3))
    path = KrylovPath(problem, 0.1, range(3))
    expected = make_path(problem, 0.1, "reference").gradients(theta)
    np.testing.assert_allclose(path.gradients(theta), expected, rtol=0, atol=1e-12)


def test_parameters_that_are_not_finite_give_gradients_that_are_not():
    path = make_path(random_problem(0, 2), 0.0, "krylov")
    theta = np.zeros((2, 5, 2))
    theta[0] = np.nan
    with np.errstate(all="ignore"):
        found = path.gradients(theta)
    assert np.isnan(found[0]).any()
    assert np.isfinite(found[1]).all()
