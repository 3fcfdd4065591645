"""What a record holds agrees with the formulas of the theory."""

from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory.engine import Record, run_dcpg
from dcpg_theory.engine.reference import gradients
from dcpg_theory.errors import InvalidInput
from dcpg_theory.models import MultiTaskProblem, example_1, graphs
from dcpg_theory.models.policies import softmax
from dcpg_theory.models.random_problems import random_problem
from dcpg_theory.theory import gradient, objective, task_objective

PAIR = graphs.lazy_metropolis(graphs.complete(2))
LAMBDA = 0.3


@pytest.fixture(scope="module")
def traced():
    seen = {}
    trace = run_dcpg(
        example_1(0.8),
        PAIR,
        step_size=1.0,
        iterations=11,
        regularization=LAMBDA,
        initial=np.random.default_rng(0).standard_normal((2, 5, 2)),
        record=Record(every=4, first=2, states=("S3", "S2")),
        callback=lambda k, theta: seen.setdefault(k, theta.copy()),
    )
    return trace, seen


def test_the_first_each_fourth_and_the_last_iteration_are_recorded(traced):
    trace, seen = traced
    assert trace.recorded["iteration"].tolist() == [0, 1, 2, 4, 8, 11]
    assert list(seen) == [0, 1, 2, 4, 8, 11]


def test_every_quantity_is_what_the_theory_says(traced):
    trace, seen = traced
    problem, recorded = example_1(0.8).to_float(), trace.recorded
    for place, theta in enumerate(seen.values()):
        mean = softmax(theta.mean(axis=0))
        expected = {
            "objective": objective(problem, mean, LAMBDA),
            "own_objective": sum(
                task_objective(problem, i, softmax(theta[i]), LAMBDA) for i in range(2)
            ),
            "task_values": [task_objective(problem, i, mean) for i in range(2)],
            "consensus_error": np.sqrt(((theta - theta.mean(axis=0)) ** 2).sum()),
            "gradient_norm": np.linalg.norm(gradient(problem, mean, LAMBDA) / 2),
            "policy": softmax(theta[:, [2, 1]]),
            "mean_policy": mean[[2, 1]],
        }
        assert set(recorded) == {"iteration", *expected}
        for name, value in expected.items():
            np.testing.assert_allclose(recorded[name][place], value, rtol=1e-13, atol=1e-15)


PROOF = ("agent_errors", "own_gradient_norms", "own_gradient_norm", "lyapunov")


def test_the_quantities_of_the_proofs_are_what_they_say():
    problem, seen, alpha = random_problem(2, 3, 4, 2), {}, 0.2
    mu = [np.roll(task.start, 1) for task in problem.tasks]
    problem = MultiTaskProblem(problem.tasks, exploration=mu)
    W = graphs.metropolis(graphs.star(3))
    trace = run_dcpg(
        problem,
        W,
        step_size=alpha,
        iterations=6,
        regularization=LAMBDA,
        initial=np.random.default_rng(0).standard_normal((3, 4, 2)),
        record=Record(every=2, quantities=PROOF),
        callback=lambda k, theta: seen.setdefault(k, theta.copy()),
    )
    for place, theta in enumerate(seen.values()):
        g = gradients(problem, theta, LAMBDA)
        L = [task_objective(problem, i, softmax(theta[i]), LAMBDA, mu[i]) for i in range(3)]
        apart = sum(
            W.matrix[i, j] / 2 * np.sum((theta[i] - theta[j]) ** 2)
            for i in range(3)
            for j in range(3)
        )
        expected = {
            "agent_errors": np.linalg.norm((theta - theta.mean(axis=0)).reshape(3, -1), axis=1),
            "own_gradient_norms": np.linalg.norm(g.reshape(3, -1), axis=1),
            "own_gradient_norm": np.linalg.norm(g.mean(axis=0)),
            "lyapunov": apart / (2 * alpha) - sum(L),
        }
        for name, value in expected.items():
            np.testing.assert_allclose(trace.recorded[name][place], value, rtol=1e-12)


def test_the_lyapunov_function_falls_with_a_step_that_theorem_1_allows_and_not_with_any():
    problem = random_problem(2, 3, 4, 2)
    beta = sum(8 / (1 - task.discount) ** 3 for task in problem.tasks)
    record = Record(every=1, quantities=("lyapunov",))

    def values(alpha):
        settings = {"initial": np.random.default_rng(0).standard_normal((3, 4, 2))}
        settings |= {"step_size": alpha, "iterations": 200, "record": record}
        trace = run_dcpg(problem, graphs.lazy_metropolis(graphs.ring(3)), **settings)
        return trace.recorded["lyapunov"]

    assert (np.diff(values(1 / (2 * beta))) <= 1e-9 * np.abs(values(1 / (2 * beta))[1:])).all()
    assert (np.diff(values(500.0)) > 0).any()


def test_the_step_of_the_lyapunov_function_is_the_one_that_led_there():
    """So that a row does not depend on how much longer the run goes on."""
    problem, record = random_problem(2, 3, 4, 2), Record(every=1, quantities=("lyapunov",))
    steps, initial = np.linspace(1, 0.1, 9), np.random.default_rng(0).standard_normal((3, 4, 2))
    W = graphs.lazy_metropolis(graphs.ring(3))
    settings = {"initial": initial, "record": record}
    longer = run_dcpg(problem, W, step_size=steps, iterations=9, **settings)
    shorter = run_dcpg(problem, W, step_size=steps[:5], iterations=5, **settings)
    np.testing.assert_array_equal(longer.recorded["lyapunov"][:6], shorter.recorded["lyapunov"])


def test_shapes_are_as_documented(traced):
    recorded = traced[0].recorded
    assert recorded["task_values"].shape == (6, 2)
    assert recorded["policy"].shape == (6, 2, 2, 2)
    assert recorded["mean_policy"].shape == (6, 2, 2)


def test_the_final_values_are_those_of_the_final_parameters(traced):
    trace, _ = traced
    theta = trace.parameters
    expected = np.linalg.norm(theta - theta.mean(axis=0))
    np.testing.assert_allclose(trace.final["consensus_error"], expected, rtol=1e-14)
    np.testing.assert_array_equal(trace.mean_parameters, theta.mean(axis=0))


def test_by_default_the_start_and_the_end_are_recorded():
    trace = run_dcpg(example_1(0.8), PAIR, step_size=1.0, iterations=7)
    assert trace.recorded["iteration"].tolist() == [0, 7]
    assert "policy" not in trace.recorded


def test_only_chosen_quantities_are_recorded():
    record = Record(quantities=("consensus_error",))
    trace = run_dcpg(example_1(0.8), PAIR, step_size=1.0, iterations=1, record=record)
    assert set(trace.recorded) == {"iteration", "consensus_error"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"every": 0}, "every=0 must be an integer of at least 1"),
        ({"every": 1.5}, r"every=1.5 must be an integer"),
        ({"first": -1}, "first=-1 must be an integer of at least 0"),
        ({"first": None}, "first=None must be"),
        ({"file": 3}, "file=3 must be a path"),
        ({"quantities": ("speed",)}, "unknown quantity 'speed', known are objective, "),
    ],
)
def test_a_bad_record_is_refused(settings, message):
    with pytest.raises(InvalidInput, match=message):
        Record(**settings)
