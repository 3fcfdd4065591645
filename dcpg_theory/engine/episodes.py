"""Problems as tables to draw episodes from, and one episode drawn from them, to be read.

The tables come from the same `MultiTaskProblem` as the exact gradients, so that a simulation and
the exact model cannot drift apart. A state that every action keeps, without reward, ends an
episode: what would follow is worth nothing and is not drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["Episode", "EpisodeTables", "draw_episode", "episode_tables"]


class EpisodeTables(NamedTuple):
    """All tasks of a problem over the union of the states, as flat arrays for a compiled loop.

    Attributes
    ----------
    rows : int64 array, shape (n_tasks * n_states * n_actions + 1,)
        The successors of task i, state s and action a stand in the places
        ``rows[k], ..., rows[k + 1] - 1`` with k = (i * n_states + s) * n_actions + a.
    successors : int64 array
        Places in the union of the states.
    cumulative : float64 array
        The running sums of their probabilities, each row ending with 1.
    rewards : float64 array, shape (n_tasks, n_states, n_actions)
        Expected rewards.
    terminal : bool array, shape (n_tasks, n_states)
        Where an episode ends: the state is kept whatever is done, and nothing is paid.
    starts : int64 array, shape (n_tasks + 1,)
        The first states of task i stand in ``starts[i], ..., starts[i + 1] - 1``.
    start_states : int64 array
    start_cumulative : float64 array
    discounts : float64 array, shape (n_tasks,)
    """

    rows: Array
    successors: Array
    cumulative: Array
    rewards: Array
    terminal: Array
    starts: Array
    start_states: Array
    start_cumulative: Array
    discounts: Array


def episode_tables(problem: MultiTaskProblem) -> EpisodeTables:
    """Return the tables of a problem; episodes start from ``problem.exploration``.

    Parameters
    ----------
    problem : MultiTaskProblem
        Rationals are rounded to floats.
    """
    problem = problem.to_float()
    shape = (problem.n_tasks, problem.n_states, problem.n_actions)
    counts, rewards = np.zeros(shape, dtype=np.int64), np.zeros(shape)
    terminal = np.zeros(shape[:2], dtype=bool)
    successors, cumulative, start_states, start_cumulative = [], [], [], []
    starts = [0]
    for i, task in enumerate(problem.tasks):
        place = problem.indices[i]
        pairs = _pairs(task)
        counts[i, place] = np.diff(pairs.indptr).reshape(task.n_states, task.n_actions)
        after, chances = _rows(pairs, place)
        successors.append(after)
        cumulative.append(chances)
        rewards[i, place] = task.rewards
        terminal[i, place] = _ends(task, pairs)
        support = np.flatnonzero(problem.exploration[i])
        start_states.append(place[support])
        start_cumulative.append(_running(problem.exploration[i][support], np.array([len(support)])))
        starts.append(starts[-1] + len(support))
    return EpisodeTables(
        np.concatenate([[0], np.cumsum(counts)]),
        np.concatenate(successors).astype(np.int64),
        np.concatenate(cumulative),
        rewards,
        terminal,
        np.array(starts),
        np.concatenate(start_states).astype(np.int64),
        np.concatenate(start_cumulative),
        np.array([float(task.discount) for task in problem.tasks]),
    )


def _pairs(task: FiniteMDP) -> Any:
    """Return the transitions as a sparse matrix without zeros, a row for each state and action."""
    from scipy.sparse import csr_array

    matrix = csr_array(task.transitions.reshape(-1, task.n_states), copy=True)
    matrix.eliminate_zeros()
    return matrix


def _rows(pairs: Any, place: Array) -> tuple[Array, Array]:
    """Return the successors of all pairs, and the running sums of their chances.

    Tasks list their states in another order than the union, and the rows go by the union's.
    """
    if (np.diff(place) < 0).any():
        n_actions = pairs.shape[0] // len(place)
        order = np.argsort(place, kind="stable")
        pairs = pairs[(order[:, None] * n_actions + np.arange(n_actions)).ravel()]
    return place[pairs.indices], _running(pairs.data, np.diff(pairs.indptr))


def _running(chances: Array, lengths: Array) -> Array:
    """Return running sums within consecutive rows; each row's last one is exactly 1."""
    ends = np.cumsum(lengths)
    total = np.cumsum(chances)
    before = np.repeat(np.concatenate([[0.0], total[ends[:-1] - 1]]), lengths)
    result = np.asarray(total - before)
    result[ends - 1] = 1.0
    return result


def _ends(task: FiniteMDP, pairs: Any) -> Array:
    row = np.repeat(np.arange(pairs.shape[0]), np.diff(pairs.indptr))
    stays = np.where(pairs.indices == row // task.n_actions, pairs.data, 0.0)
    kept = np.bincount(row, stays, pairs.shape[0]).reshape(task.rewards.shape)
    return np.asarray((kept >= 1.0).all(axis=1) & (task.rewards == 0).all(axis=1))


@dataclass(frozen=True, slots=True)
class Episode:
    """One trajectory s_0, a_0, r_0, s_1, ..., of a task.

    Attributes
    ----------
    states : int array, shape (steps + 1,)
        Places in the union of the states; the last one is where the episode ended.
    actions : int array, shape (steps,)
    rewards : float array, shape (steps,)
    """

    states: Array
    actions: Array
    rewards: Array


def draw_episode(
    tables: EpisodeTables, task: int, policy: Any, horizon: int, rng: np.random.Generator
) -> Episode:
    """Return one episode under a policy: the compiled loop's readable twin.

    Both use the generator's uniform numbers in the same order: one for the start and one for each
    transition with more than one successor, one for each action.

    Parameters
    ----------
    tables : EpisodeTables
    task : int
        Counted from 0.
    policy : array_like, shape (n_states, n_actions)
    horizon : int
        The most steps.
    rng : numpy.random.Generator
    """
    policy = np.asarray(policy, dtype=float)
    _, n_states, n_actions = tables.rewards.shape

    def pick(cumulative: Array, low: int, high: int) -> int:
        if high - low == 1:
            return low
        return low + int(np.searchsorted(cumulative[low : high - 1], rng.random(), side="right"))

    first = pick(tables.start_cumulative, int(tables.starts[task]), int(tables.starts[task + 1]))
    states = [int(tables.start_states[first])]
    actions: list[int] = []
    rewards: list[float] = []
    while len(actions) < horizon and not tables.terminal[task, states[-1]]:
        s = states[-1]
        sums = np.cumsum(policy[s, :-1])
        a = int(np.searchsorted(sums, rng.random(), side="right"))
        k = (task * n_states + s) * n_actions + a
        after = pick(tables.cumulative, int(tables.rows[k]), int(tables.rows[k + 1]))
        actions.append(a)
        rewards.append(tables.rewards[task, s, a])
        states.append(int(tables.successors[after]))
    return Episode(np.array(states), np.array(actions, dtype=np.int64), np.array(rewards))
