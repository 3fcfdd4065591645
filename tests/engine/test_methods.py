"""Each method's update is the one in its docstring, and does what it is known for."""

from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory.engine import Record, run_dcpg
from dcpg_theory.engine.estimators import Reinforce
from dcpg_theory.engine.reference import gradients
from dcpg_theory.engine.rounds import Gossip
from dcpg_theory.errors import InvalidInput
from dcpg_theory.models import graphs
from dcpg_theory.models.random_problems import random_problem

PROBLEM = random_problem(3, 4, 5, 2)
RING = graphs.lazy_metropolis(graphs.ring(4))
STAR = graphs.metropolis(graphs.star(4))
START = np.random.default_rng(0).standard_normal((4, 5, 2))
STEPS = np.linspace(0.5, 0.2, 12)
LAMBDA = 0.1


def run(mixing=RING, **changed):
    settings = {"step_size": STEPS, "iterations": len(STEPS), "initial": START}
    settings |= {"regularization": LAMBDA, "path": "reference"}
    return run_dcpg(PROBLEM, mixing, **(settings | changed)).parameters


def g(theta):
    return gradients(PROBLEM, theta, LAMBDA)


def mixed(W, theta):
    return np.tensordot(W, theta, axes=1)


def test_time_varying_weights_follow_their_turn():
    theta = START
    for k, alpha in enumerate(STEPS):
        theta = mixed((RING, STAR)[k % 2].matrix, theta) + alpha * g(theta)
    np.testing.assert_allclose(run([RING, STAR]), theta, rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(run(lambda k: (RING, STAR)[k % 2]), run([RING, STAR]))


@pytest.mark.parametrize("weight", [None, 0.25])
def test_on_a_directed_cycle_an_agent_hears_its_predecessor(weight):
    w = 0.5 if weight is None else weight
    theta = START
    for alpha in STEPS:
        theta = (1 - w) * theta + w * np.roll(theta, 1, axis=0) + alpha * g(theta)
    np.testing.assert_allclose(run(graphs.directed_cycle(4, weight)), theta, rtol=1e-12, atol=1e-13)


def test_one_matrix_step_by_step_is_the_paths_own_loop():
    np.testing.assert_array_equal(run(lambda _: RING), run(RING))
    np.testing.assert_array_equal(run([RING, RING], path="sparse"), run(RING, path="sparse"))


def test_gossip_moves_one_pair_at_a_time():
    gossip, theta = Gossip(RING, seed=9), START.copy()
    for k, alpha in enumerate(STEPS):
        i, j = gossip.round(k).rows
        mean, own = (theta[i] + theta[j]) / 2, g(theta)
        theta[i], theta[j] = mean + alpha * own[i], mean + alpha * own[j]
    found = run(method="gossip", seed=9)
    np.testing.assert_allclose(found, theta, rtol=1e-12, atol=1e-13)
    assert (run(method="gossip", seed=10) != found).any()


def test_gossip_draws_the_agents_together():
    record = Record(quantities=("consensus_error", "gradient_norm"))
    trace = run_dcpg(
        PROBLEM,
        RING,
        step_size=np.linspace(0.2, 0.001, 2000),
        iterations=2000,
        initial=START,
        regularization=LAMBDA,
        method="gossip",
        record=record,
        path="sparse",
    )
    assert trace.final["consensus_error"] < 0.01 * trace.recorded["consensus_error"][0]
    assert trace.final["gradient_norm"] < 0.2 * trace.recorded["gradient_norm"][0]


def test_gradient_tracking_is_the_printed_update():
    theta, y, before = START, g(START), g(START)
    for alpha in STEPS:
        theta, y = mixed(RING.matrix, theta) + alpha * y, mixed(RING.matrix, y)
        now = g(theta)
        y, before = y + now - before, now
    found = run(method="gradient-tracking")
    np.testing.assert_allclose(found, theta, rtol=1e-11, atol=1e-12)
    assert np.abs(found - run()).max() > 1e-3


def test_gradient_tracking_agrees_with_a_constant_step_and_algorithm_1_does_not():
    ends = {}
    for method in ("dcpg", "gradient-tracking"):
        record = Record(quantities=("consensus_error", "gradient_norm"))
        trace = run_dcpg(
            PROBLEM,
            RING,
            step_size=0.1,
            iterations=4000,
            regularization=1.0,
            method=method,
            record=record,
            path="sparse",
        )
        ends[method] = trace.final
    assert ends["gradient-tracking"]["consensus_error"] < 1e-9
    assert ends["gradient-tracking"]["gradient_norm"] < 1e-9
    assert ends["dcpg"]["consensus_error"] > 1e-2


class Exact:
    """An estimator without chance."""

    def estimate(self, agent, task, start, theta, rng):
        from dcpg_theory.models.policies import softmax
        from dcpg_theory.theory import value_gradient

        del agent, rng
        return value_gradient(task, softmax(theta), start)


class Transposed(Exact):
    def estimate(self, *arguments):
        return super().estimate(*arguments).T


def test_an_exact_estimate_makes_the_exact_iteration():
    np.testing.assert_allclose(run(estimator=Exact()), run(), rtol=1e-12, atol=1e-13)


def test_an_estimator_of_another_shape_is_refused():
    with pytest.raises(InvalidInput, match=r"agent 0: .* of shape \(2, 5\), .* \(5, 2\)"):
        run(estimator=Transposed())


def test_estimates_depend_on_the_seed_alone_and_gather_round_the_exact_run():
    one = run(estimator=Reinforce(2), seed=1)
    np.testing.assert_array_equal(run(estimator=Reinforce(2), seed=1), one)
    assert (run(estimator=Reinforce(2), seed=2) != one).any()
    errors = [np.abs(run(estimator=Reinforce(n), seed=1) - run()).max() for n in (2, 2000)]
    assert errors[1] < errors[0] / 5


@pytest.mark.parametrize("method", ["dcpg", "gossip", "gradient-tracking"])
def test_every_method_stops_before_numbers_that_are_not_finite(method):
    steps = np.array([0.1] * 6 + [1e308] * 6)
    with pytest.warns(RuntimeWarning, match=r"iteration \d+ is not finite"):
        trace = run_dcpg(
            PROBLEM,
            [RING, STAR] if method == "dcpg" else RING,
            step_size=steps,
            iterations=12,
            initial=START,
            regularization=1e6,
            method=method,
            path="reference",
        )
    assert 6 <= trace.iterations < 12
    assert np.isfinite(trace.parameters).all()
    same = run_dcpg(
        PROBLEM,
        [RING, STAR] if method == "dcpg" else RING,
        step_size=steps[: trace.iterations],
        iterations=trace.iterations,
        initial=START,
        regularization=1e6,
        method=method,
        path="reference",
    )
    np.testing.assert_array_equal(trace.parameters, same.parameters)
    assert trace.method == method


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"method": "adam"}, "method='adam' must be one of dcpg, gossip, gradient-tracking"),
        ({"estimator": 3}, "estimator=3 must have a method estimate"),
        ({"seed": -1}, "seed=-1 must be an integer"),
        ({"mixing": [RING, STAR], "method": "gossip"}, "gossip draws its own pairs"),
        (
            {"mixing": [RING, STAR], "record": Record(quantities=("lyapunov",))},
            "lyapunov, .24., needs one constant mixing matrix",
        ),
    ],
)
def test_bad_settings_are_refused(changed, message):
    with pytest.raises(InvalidInput, match=message):
        run(**changed)


def test_matrices_of_which_each_alone_keeps_agents_apart_may_do_together():
    pairs = [np.kron(np.eye(2), np.full((2, 2), 0.5)), np.eye(4)]
    pairs[1][1:3, 1:3] = 0.5
    run(pairs)
    with pytest.warns(UserWarning, match=r"disconnected \(2 parts; agents 0 and 2"):
        run([pairs[0], pairs[0]])
    with pytest.warns(UserWarning, match="disconnected"):
        run(pairs[0], method="gossip")
