"""Episodes follow the process, the policy and the discount."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from dcpg_theory.engine.sampling import EpisodeSampler
from dcpg_theory.models import FiniteMDP
from dcpg_theory.models.random_problems import random_problem
from dcpg_theory.theory import value, visitation

TASK = random_problem(11, 1, 4, 3).tasks[0]
POLICY = np.random.default_rng(1).dirichlet(np.ones(3), 4)
N = 40_000


@pytest.fixture(scope="module")
def episodes():
    return EpisodeSampler(TASK).episodes(POLICY, TASK.start, N, np.random.default_rng(0))


def assert_chances(counts, chances):
    """Compare counts with what independent draws would give, within five deviations."""
    n = counts.sum()
    assert (np.abs(counts - n * chances) <= 5 * np.sqrt(n * chances * (1 - chances)) + 1e-9).all()


def test_the_mean_sum_of_rewards_is_the_value(episodes):
    sums = episodes.rewards.sum(axis=0)
    expected = TASK.start @ value(TASK, POLICY)
    assert abs(sums.mean() - expected) < 5 * sums.std() / N**0.5


def test_an_episode_is_as_long_as_the_discount_says(episodes):
    n_running = episodes.running.sum(axis=1)
    assert n_running[0] == N
    chance = TASK.discount ** np.arange(len(n_running))
    assert (np.abs(n_running - N * chance) <= 5 * np.sqrt(N * chance) + 1e-9).all()
    ended = ~episodes.running
    assert not episodes.rewards[ended].any()


def test_first_states_actions_and_successors_have_their_chances(episodes):
    assert_chances(np.bincount(episodes.states[0], minlength=4), TASK.start)
    at = episodes.states[0] == int(np.argmax(TASK.start))
    actions = episodes.actions[0, at]
    assert_chances(np.bincount(actions, minlength=3), POLICY[np.argmax(TASK.start)])
    both = episodes.running[1]
    states, actions, following = episodes.states[0], episodes.actions[0], episodes.states[1]
    for s in range(4):
        for a in range(3):
            chosen = both & (states == s) & (actions == a)
            if chosen.any():
                assert_chances(np.bincount(following[chosen], minlength=4), TASK.transitions[s, a])


def test_time_spent_in_states_is_the_visitation(episodes):
    visits = np.bincount(episodes.states[episodes.running], minlength=4) / N
    expected = visitation(TASK, POLICY, TASK.start) / (1 - TASK.discount)
    np.testing.assert_allclose(visits, expected, rtol=0.05, atol=0.05)


def test_rewards_to_go_sum_to_the_end(episodes):
    to_go = episodes.rewards_to_go()
    np.testing.assert_allclose(to_go[0], episodes.rewards.sum(axis=0))
    np.testing.assert_allclose(to_go[:-1] - to_go[1:], episodes.rewards[:-1], atol=1e-9)


def test_sparse_and_dense_transitions_draw_the_same():
    flat = sparse.csr_array(TASK.transitions.reshape(12, 4))
    sparse_task = FiniteMDP(flat, TASK.rewards, TASK.discount, TASK.start)
    drawn = [
        EpisodeSampler(task).episodes(POLICY, TASK.start, 50, np.random.default_rng(3))
        for task in (TASK, sparse_task)
    ]
    np.testing.assert_array_equal(drawn[0].states, drawn[1].states)


def test_what_is_impossible_never_happens():
    """Chains whose transitions, policy and start hold zeros."""
    P = np.zeros((3, 2, 3))
    P[0, 0, 1] = P[0, 1, 2] = P[1, :, 0] = P[2, :, 2] = 1
    task = FiniteMDP(P, np.zeros((3, 2)), 0.9, [1.0, 0, 0])
    policy = np.array([[1.0, 0], [0, 1.0], [0.5, 0.5]])
    drawn = EpisodeSampler(task).episodes(policy, task.start, 500, np.random.default_rng(0))
    states, actions = drawn.states[drawn.running], drawn.actions[drawn.running]
    assert set(zip(states.tolist(), actions.tolist(), strict=True)) <= {(0, 0), (1, 1)}
