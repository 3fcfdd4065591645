"""What a record holds agrees with the formulas of the theory."""

from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory.engine import Record, run_dcpg
from dcpg_theory.errors import InvalidInput
from dcpg_theory.models import example_1, graphs
from dcpg_theory.models.policies import softmax
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


def test_shapes_are_as_documented(traced):
    recorded = traced[0].recorded
    assert recorded["task_values"].shape == (6, 2)
    assert recorded["policy"].shape == (6, 2, 2, 2)
    assert recorded["mean_policy"].shape == (6, 2, 2)


def test_the_final_values_are_those_of_the_final_parameters(traced):
    trace, _ = traced
    theta = trace.parameters
    assert trace.final["consensus_error"] == np.linalg.norm(theta - theta.mean(axis=0))
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
        ({"quantities": ("speed",)}, "unknown quantity 'speed', known are objective, "),
    ],
)
def test_a_bad_record_is_refused(settings, message):
    with pytest.raises(InvalidInput, match=message):
        Record(**settings)
