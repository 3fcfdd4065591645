"""What the strategies shrink to: the instances a textbook would print."""

from __future__ import annotations

import flint
import numpy as np
from hypothesis import find

from dcpg_theory import strategies, theory
from dcpg_theory.models import graphs, uniform_policy


def test_distributions_shrink_to_the_textbook():
    assert find(strategies.simplex(), lambda _: True).tolist() == [1]
    still = find(strategies.transition_kernels(min_states=2, min_actions=2), lambda _: True)
    assert (still == np.eye(2, dtype=int)[:, None, :]).all()
    assert (
        find(strategies.softmax_policies(2, 2), lambda _: True).tolist()
        == [[flint.fmpq(1, 2)] * 2] * 2
    )
    moving = find(strategies.transition_kernels(), lambda kernel: kernel[0, 0, 0] == 0)
    assert moving.tolist() == [[[0, 1]], [[1, 0]]] or moving.tolist() == [[[0, 1]], [[0, 1]]]


def test_a_conflict_shrinks_to_two_states_two_actions_and_two_tasks():
    """Two agents who want different things: the least that Section 2.2 needs."""

    def greedy(task, state):
        policy = uniform_policy(task.n_states, task.n_actions, task.kind)
        advantage = theory.advantage(task, policy)[state]
        return [a for a in range(task.n_actions) if advantage[a] > 0]

    def conflict(problem):
        if problem.n_states < 2 or any(t.n_states < problem.n_states for t in problem.tasks):
            return False
        wishes = [greedy(task, 0) for task in problem.tasks]
        return any(a and b and not set(a) & set(b) for a in wishes for b in wishes)

    found = find(strategies.multi_task_problems(), conflict)
    assert (found.n_tasks, found.n_states, found.n_actions) == (2, 2, 2)
    for task in found.tasks:
        assert task.discount * 2 == 1
        assert all(entry in (0, 1) for entry in task.rewards.flat)


def test_weights_shrink_to_lazy_metropolis_on_a_star():
    found = find(strategies.mixing_matrices(), lambda W: W.n_agents == 4)
    assert found == graphs.lazy_metropolis(graphs.star(4))
