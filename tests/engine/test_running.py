"""The one call: the ends of the two examples, what is recorded, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcpg_theory import run_dcpg
from dcpg_theory.engine import Record
from dcpg_theory.engine.reference import advance
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.models import example_1, example_2, graphs
from dcpg_theory.models.policies import softmax
from dcpg_theory.models.random_problems import random_problem

PAIR = graphs.lazy_metropolis(graphs.complete(2))
S3 = 2


def at_s3(trace):
    """The probability of L at S3 under the mean parameters."""
    return softmax(trace.mean_parameters)[S3, 0]


def push(theta_s3_left):
    initial = np.zeros((5, 2))
    initial[S3, 0] = theta_s3_left
    return initial


class TestExamples:
    @pytest.mark.parametrize("start", [0.0, 1.0])
    def test_example_1_goes_to_one_half_and_to_its_optimum(self, start):
        gamma = 0.9
        steps = np.interp(np.arange(2500), [0, 1250, 2499], [0.1, 10, 0.001])
        trace = run_dcpg(
            example_1(gamma), PAIR, step_size=steps, iterations=2500, initial=push(start)
        )
        optimum = 2 * gamma / (2 - gamma**2)
        assert at_s3(trace) == pytest.approx(0.5, abs=1e-6)
        np.testing.assert_allclose(softmax(trace.parameters)[:, S3], 0.5, atol=2e-4)
        assert optimum - 1e-3 < trace.final["objective"] < optimum

    def test_example_2_stays_at_one_half_from_a_symmetric_start(self):
        trace = run_dcpg(example_2(0.9, 0.75), PAIR, step_size=1.0, iterations=500)
        assert at_s3(trace) == pytest.approx(0.5, abs=1e-9)
        assert trace.final["gradient_norm"] < 1e-9

    def test_example_2_goes_to_different_ends_from_different_starts(self):
        ends, objectives = [], []
        for start in (0.3, -0.3):
            trace = run_dcpg(
                example_2(0.9, 0.75), PAIR, step_size=1.0, iterations=500, initial=push(start)
            )
            ends.append(at_s3(trace))
            objectives.append(trace.final["objective"])
        assert ends[0] > 0.99
        assert ends[1] < 0.01
        assert objectives[0] == pytest.approx(objectives[1], abs=1e-12)
        stuck = run_dcpg(example_2(0.9, 0.75), PAIR, step_size=1.0, iterations=0)
        assert objectives[0] > stuck.final["objective"] + 0.4


def test_the_trace_is_that_of_the_readable_loop():
    problem, initial = random_problem(4, 3, 4, 2), np.ones((3, 4, 2)) * [0.0, 1.0]
    W = graphs.metropolis(graphs.path(3))
    steps = np.linspace(1, 0.1, 23)
    expected, _ = advance(problem, W.matrix, initial, steps, 0.2)
    for record in (None, Record(every=5), Record(every=7, first=3)):
        trace = run_dcpg(
            problem,
            W,
            step_size=steps,
            iterations=23,
            regularization=0.2,
            initial=initial,
            record=record,
            path="reference",
        )
        np.testing.assert_array_equal(trace.parameters, expected)
        assert (trace.iterations, trace.path, trace.stopped) == (23, "reference", None)


def test_an_equal_start_means_the_same_for_every_agent():
    problem = random_problem(4)
    settings = {"step_size": 0.5, "iterations": 3}
    one = run_dcpg(problem, PAIR, initial=push(1.0), **settings)
    each = run_dcpg(problem, PAIR, initial=np.stack([push(1.0)] * 2), **settings)
    np.testing.assert_array_equal(one.parameters, each.parameters)


def test_the_callback_sees_every_recorded_iteration():
    seen = []
    run_dcpg(
        random_problem(4),
        PAIR,
        step_size=1,
        iterations=10,
        record=Record(every=4),
        callback=lambda k, theta: seen.append((k, theta.shape, theta.flags.writeable)),
    )
    assert seen == [(k, (2, 5, 2), False) for k in (0, 4, 8, 10)]


def test_progress_is_told_often_enough_and_changes_nothing():
    told = []
    settings = {"step_size": 0.5, "iterations": 1000}
    watched = run_dcpg(random_problem(4), PAIR, progress=told.append, **settings)
    assert told == list(range(5, 1001, 5))
    np.testing.assert_array_equal(
        watched.parameters, run_dcpg(random_problem(4), PAIR, **settings).parameters
    )


def test_no_iterations_return_the_start():
    trace = run_dcpg(random_problem(4), PAIR, step_size=1, iterations=0, initial=push(2.0))
    np.testing.assert_array_equal(trace.parameters, [push(2.0)] * 2)
    assert trace.recorded["iteration"].tolist() == [0]


def test_parameters_are_read_only_and_the_callers_stay_as_they_are():
    initial = np.zeros((2, 5, 2))
    trace = run_dcpg(random_problem(4), PAIR, step_size=1, iterations=0, initial=initial)
    with pytest.raises(ValueError, match="read-only"):
        trace.parameters[0] = 1
    initial[0] = 1
    assert not trace.parameters.any()


def test_a_run_that_diverges_stops_says_where_and_keeps_what_it_had():
    steps = [1.0] * 6 + [1e308] * 4
    with pytest.warns(RuntimeWarning, match=r"iteration \d+ is not finite, kept those up to \d+"):
        trace = run_dcpg(
            random_problem(4),
            PAIR,
            step_size=steps,
            iterations=10,
            regularization=1e6,
            record=Record(every=1),
        )
    assert trace.stopped is not None
    assert f"iteration {trace.iterations + 1} is" in trace.stopped
    assert 0 < trace.iterations < 10
    assert np.isfinite(trace.parameters).all()
    assert trace.recorded["iteration"].tolist() == list(range(trace.iterations + 1))
    assert "stopped" in repr(trace)


@pytest.mark.parametrize(
    ("weights", "why"),
    [(np.eye(2), "disconnected .2 parts; agents 0 and 1"), (1 - np.eye(2), "periodic")],
)
def test_a_mixing_matrix_without_consensus_is_allowed_with_a_warning(weights, why):
    with pytest.warns(UserWarning, match=why):
        trace = run_dcpg(random_problem(4), weights, step_size=0.1, iterations=5)
    assert trace.iterations == 5


def test_agents_that_never_listen_to_themselves_may_still_agree():
    weights = (1 - np.eye(3)) / 2
    assert run_dcpg(random_problem(4, 3), weights, step_size=0.1, iterations=5).iterations == 5


GOOD = {"step_size": 0.1, "iterations": 3}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"step_size": 0}, "step_size=0 must be positive and finite"),
        ({"step_size": -1.5}, "step_size=-1.5 must be positive"),
        ({"step_size": math.nan}, "step_size=nan must be positive"),
        ({"step_size": math.inf}, "step_size=inf must be positive"),
        ({"step_size": [1.0, 0.0, 1.0]}, r"step_size\[1\]=0 must be positive"),
        ({"step_size": [1.0, 1.0]}, r"step_size has shape \(2,\).*= \(3,\)"),
        ({"step_size": "fast"}, "step_size has entries of type"),
        ({"step_size": symbols("alpha")[0]}, "step_size"),
        ({"regularization": -1}, "regularization=-1 must be finite and not negative"),
        ({"regularization": math.nan}, "regularization=nan must be finite"),
        ({"iterations": -1}, "iterations=-1 must be an integer of at least 0"),
        ({"iterations": 2.0}, r"iterations=2.0 must be an integer"),
        ({"initial": np.zeros((4, 2))}, r"initial has shape \(4, 2\).*\(2, 5, 2\)"),
        ({"initial": np.full((5, 2), math.nan)}, "agent 0, state 0, action 0: .* is nan"),
        ({"initial": push(math.inf)}, "agent 0, state 2, action 0: .* is inf, it must be finite"),
        ({"record": Record(states=("S3",))}, "no state 'S3', the states are 0, 1, 2, 3, 4"),
    ],
)
def test_bad_input_is_refused_at_once(changed, message):
    calls = []
    settings = {**GOOD, **changed, "callback": lambda *_: calls.append(1)}
    with pytest.raises(InvalidInput, match=message):
        run_dcpg(random_problem(4), PAIR, **settings)
    assert not calls


def test_a_mixing_matrix_of_another_size_is_refused():
    with pytest.raises(InvalidInput, match="3 agents, it must have one for each of the 2 tasks"):
        run_dcpg(random_problem(4), graphs.metropolis(graphs.ring(3)), **GOOD)


def test_a_problem_must_be_one_and_hold_numbers():
    with pytest.raises(InvalidInput, match="problem is a FiniteMDP"):
        run_dcpg(random_problem(4).tasks[0], PAIR, **GOOD)
    with pytest.raises(InvalidInput):
        run_dcpg(example_1(symbols("gamma")[0]), PAIR, **GOOD)
