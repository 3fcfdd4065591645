from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory import theory
from dcpg_theory.engine.episodes import draw_episode, episode_tables
from dcpg_theory.gridworld import parse_map
from dcpg_theory.models import MultiTaskProblem, example_1, random_problem


def row(tables, shape, task, s, a):
    """The distribution that the running sums stand for."""
    k = (task * shape[1] + s) * shape[2] + a
    places = slice(tables.rows[k], tables.rows[k + 1])
    chances = np.zeros(shape[1])
    chances[tables.successors[places]] = np.diff([0, *tables.cumulative[places]])
    return chances


@pytest.mark.parametrize("sparse", [False, True])
def test_tables_hold_the_transitions_also_of_reordered_states(sparse):
    first = random_problem(1, 1, 4, 3).tasks[0]
    other = random_problem(2, 1, 3, 3).tasks[0]
    if sparse:
        from scipy.sparse import csr_array

        first = type(first)(
            csr_array(first.transitions.reshape(12, 4)), first.rewards, first.discount, first.start
        )
    moved = type(other)(other.transitions, other.rewards, other.discount, other.start, [5, 2, 0])
    problem = MultiTaskProblem([first, moved])
    tables, shape = episode_tables(problem), (2, problem.n_states, 3)
    for i, task in enumerate((first, moved)):
        dense = other.transitions if i else random_problem(1, 1, 4, 3).tasks[0].transitions
        for s in range(task.n_states):
            for a in range(3):
                place = problem.indices[i]
                found = row(tables, shape, i, place[s], a)
                assert np.allclose(found[place], dense[s, a])
                assert tables.rewards[i, place[s], a] == task.rewards[s, a]


def test_absorbing_states_without_reward_end_an_episode():
    tables = episode_tables(example_1(0.9))
    assert tables.terminal.tolist() == [[True, False, False, False, True]] * 2


def test_absorbing_states_with_reward_do_not():
    world = parse_map("endings = walk-through\n\nSG\n")
    assert not episode_tables(world.problem()).terminal.any()


def test_episodes_follow_the_policy():
    problem = example_1(0.9).to_float()
    left = np.array([[1.0, 0.0]] * 5)
    episode = draw_episode(episode_tables(problem), 0, left, 50, np.random.default_rng(0))
    assert episode.states.tolist() == [2, 1, 0]
    assert episode.rewards.tolist() == [0, 1]
    stuck = draw_episode(episode_tables(problem), 1, left, 7, np.random.default_rng(0))
    assert len(stuck.actions) == 7


def test_mean_return_is_the_value():
    problem = random_problem(6, 1, 3, 2)
    policy = np.random.default_rng(1).dirichlet(np.ones(2), 3)
    tables, rng = episode_tables(problem), np.random.default_rng(2)
    gamma = problem.tasks[0].discount
    returns = np.array(
        [
            sum(
                gamma**t * r for t, r in enumerate(draw_episode(tables, 0, policy, 60, rng).rewards)
            )
            for _ in range(2000)
        ]
    )
    # Five standard errors: a false alarm has a chance below one in a million.
    error = returns.std() / np.sqrt(len(returns))
    assert abs(returns.mean() - theory.objective(problem, policy)) < 5 * error + gamma**60 * 10
