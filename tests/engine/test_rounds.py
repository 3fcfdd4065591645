"""Schedules: the weights of every iteration, and who is awake."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from dcpg_theory.engine.rounds import Gossip, MixingFunction, PeriodicMixing, schedule_of
from dcpg_theory.errors import InvalidInput
from dcpg_theory.models import graphs

RING = graphs.lazy_metropolis(graphs.ring(4))
STAR = graphs.metropolis(graphs.star(4))


def matrix_of(round_):
    """The weights of a round as a matrix; who sleeps keeps its own."""
    W = np.eye(round_.n_agents)
    for i, (heard, weights) in round_.rows.items():
        assert list(heard) == sorted(heard)
        W[i] = 0
        W[i, list(heard)] = weights
    return W


def test_one_matrix_is_the_same_in_all_iterations():
    schedule = schedule_of(RING.matrix.tolist(), 4, gossip=False, seed=0)
    assert schedule.constant == RING or np.array_equal(schedule.constant.matrix, RING.matrix)
    for k in (0, 1, 17):
        np.testing.assert_array_equal(matrix_of(schedule.round(k)), RING.matrix)
        assert schedule.round(k).everyone


@pytest.mark.parametrize(
    "mixing",
    [[RING, STAR], (RING.matrix, STAR.matrix), np.stack([RING.matrix, STAR.matrix])],
)
def test_several_matrices_take_turns(mixing):
    schedule = schedule_of(mixing, 4, gossip=False, seed=0)
    assert isinstance(schedule, PeriodicMixing)
    assert schedule.constant is None
    for k in range(5):
        expected = (RING, STAR)[k % 2].matrix
        np.testing.assert_array_equal(matrix_of(schedule.round(k)), expected)


def test_a_function_is_asked_for_each_iteration():
    schedule = schedule_of(lambda k: STAR if k == 3 else RING.matrix, 4, gossip=False, seed=0)
    assert isinstance(schedule, MixingFunction)
    np.testing.assert_array_equal(matrix_of(schedule.round(3)), STAR.matrix)
    np.testing.assert_array_equal(matrix_of(schedule.round(4)), RING.matrix)


def test_a_pair_averages_and_the_others_sleep():
    gossip = Gossip(RING, seed=5)
    for k in range(50):
        round_ = gossip.round(k)
        i, j = round_.rows
        assert RING.matrix[i, j] > 0
        expected = np.eye(4)
        expected[np.ix_([i, j], [i, j])] = 0.5
        np.testing.assert_array_equal(matrix_of(round_), expected)


def test_gossip_depends_on_the_seed_and_the_iteration_only():
    def pairs(gossip, ticks):
        return [tuple(gossip.round(k).rows) for k in ticks]

    ticks = [0, 1, 1500, 1023, 1024, 5]
    assert pairs(Gossip(RING, 1), ticks) == pairs(Gossip(RING, 1), range(1501))[:2] + [
        pairs(Gossip(RING, 1), [k])[0] for k in ticks[2:]
    ]
    assert pairs(Gossip(RING, 1), range(50)) != pairs(Gossip(RING, 2), range(50))


def test_the_pairs_come_as_often_as_the_weights_say():
    W = np.array([[0.4, 0.4, 0.2], [0.4, 0.6, 0.0], [0.2, 0.0, 0.8]])
    gossip = Gossip(schedule_of(W, 3, gossip=False, seed=0).constant, seed=0)
    n = 20000
    counts = Counter(tuple(gossip.round(k).rows) for k in range(n))
    # Agent 0 wakes a third of the time and calls 1 twice as often as 2, which only call back.
    expected = {(0, 1): (2 / 3 + 1) / 3, (0, 2): (1 / 3 + 1) / 3}
    assert counts.keys() == expected.keys()
    for pair, chance in expected.items():
        deviation = (n * chance * (1 - chance)) ** 0.5
        assert abs(counts[pair] - n * chance) < 5 * deviation


def test_an_agent_without_neighbours_steps_alone():
    gossip = schedule_of(np.eye(2), 2, gossip=True, seed=0)
    for k in range(20):
        ((heard, weights),) = gossip.round(k).rows.values()
        assert (len(heard), weights.tolist()) == (1, [1.0])


def test_the_names_of_schedules_tell_them_apart():
    schedules = [
        schedule_of(RING, 4, gossip=False, seed=0),
        schedule_of([RING, STAR], 4, gossip=False, seed=0),
        schedule_of(lambda _: RING, 4, gossip=False, seed=0),
        schedule_of(RING, 4, gossip=True, seed=0),
        schedule_of(RING, 4, gossip=True, seed=1),
    ]
    told = {(name, len(matrices)) for name, matrices in (s.identity() for s in schedules)}
    assert len(told) == len(schedules)


@pytest.mark.parametrize(
    ("mixing", "gossip", "message"),
    [
        (graphs.metropolis(graphs.ring(3)), False, "3 agents, .* each of the 4 tasks"),
        ([RING, np.eye(3)], False, r"mixing\[1\]: mixing matrix has 3 agents"),
        ([RING, [[0.5, 0.5], [0.6, 0.4]]], False, r"mixing\[1\]: "),
        ([], False, "mixing is empty"),
        (lambda _: np.eye(2), False, r"mixing\(0\): mixing matrix has 2 agents"),
        ([RING, STAR], True, "gossip draws its own pairs"),
        (lambda _: RING, True, "gossip draws its own pairs"),
        (graphs.directed_cycle(4), True, "gossip needs an undirected graph: agent 0 hears agent 3"),
    ],
)
def test_bad_mixing_is_refused(mixing, gossip, message):
    with pytest.raises(InvalidInput, match=message):
        schedule_of(mixing, 4, gossip=gossip, seed=0).round(0)
