"""Monte Carlo training as one compiled loop: episodes, estimates and updates of all agents.

The module is imported only when a loop is wanted, because numba takes a quarter of a second to
load and the first call a few seconds to compile (kept on disk from then on).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dcpg_theory.engine.compiled import compiled, compiled_sums
from dcpg_theory.engine.episodes import EpisodeTables

__all__ = ["EVERY_VISIT", "FIRST_VISIT", "FIRST_VISIT_ALONE", "estimate", "train"]

EVERY_VISIT, FIRST_VISIT, FIRST_VISIT_ALONE = range(3)


@compiled
def _uniform(stream: Any) -> float:
    """Return the next number in [0, 1) of SplitMix64 (Steele, Lea, Flood 2014)."""
    stream[0] += np.uint64(0x9E3779B97F4A7C15)
    z = stream[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return np.float64(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@compiled
def _pick(cumulative: Any, low: int, high: int, stream: Any) -> int:
    """Draw a place among low, ..., high - 1; a single one needs no random number."""
    if high - low == 1:
        return low
    u = _uniform(stream)
    while low < high - 1 and cumulative[low] <= u:
        low += 1
    return low


@compiled
def _fill_row(theta: Any, policy: Any, sums: Any) -> None:
    """Write softmax(theta) of one state, and its running sums."""
    top = theta[0]
    for a in range(1, len(theta)):
        top = max(top, theta[a])
    total = 0.0
    for a in range(len(theta)):
        policy[a] = np.exp(theta[a] - top)
        total += policy[a]
    so_far = 0.0
    for a in range(len(theta)):
        policy[a] /= total
        so_far += policy[a]
        sums[a] = so_far


@compiled
def _episode(tables: Any, i: int, theta: Any, stream: Any, room: Any) -> int:
    """Draw an episode of task i into `room`; return its number of steps."""
    policy, sums, known, path, taken = room[0], room[1], room[2], room[3], room[4]
    rows, successors, cumulative = tables.rows, tables.successors, tables.cumulative
    terminal = tables.terminal[i]
    n_states, n_actions = theta.shape
    s = tables.start_states[
        _pick(tables.start_cumulative, tables.starts[i], tables.starts[i + 1], stream)
    ]
    steps = 0
    while steps < len(path) and not terminal[s]:
        if not known[s]:
            _fill_row(theta[s], policy[s], sums[s])
            known[s] = True
        u = _uniform(stream)
        a = 0
        for b in range(n_actions - 1):  # without a jump, which would be mispredicted
            a += sums[s, b] <= u
        path[steps], taken[steps] = s, a
        steps += 1
        k = (i * n_states + s) * n_actions + a
        low, high = rows[k], rows[k + 1]
        if high - low > 1:
            low = _pick(cumulative, low, high, stream)
        s = successors[low]
    return steps


@compiled
def _add_every_visit(
    rewards: Any, gamma: float, baseline: Any, steps: int, powers: Any, gradient: Any, room: Any
) -> float:
    """Add gamma^t (G_t - b(s_t)) at (s_t, a_t), for all t; return G_0."""
    path, taken = room[3], room[4]
    G = 0.0
    for t in range(steps - 1, -1, -1):
        s, a = path[t], taken[t]
        G = rewards[s, a] + gamma * G
        gradient[s, a] += powers[t] * (G - baseline[s])
    return G


@compiled
def _add_first_visit(
    rewards: Any, gamma: float, baseline: Any, steps: int, powers: Any, gradient: Any, room: Any,
    alone: bool,
) -> float:  # fmt: skip
    """Add gamma^T (G_T - b(s)), T the first visit to s, at the action of T, or at all of s's."""
    path, taken, first, counts = room[3], room[4], room[5], room[6]
    for t in range(steps - 1, -1, -1):
        first[path[t]] = t
        counts[path[t]] = 0.0
    for t in range(steps):
        counts[path[t], taken[t]] += 1.0
    G = 0.0
    for t in range(steps - 1, -1, -1):
        s, a = path[t], taken[t]
        G = rewards[s, a] + gamma * G
        if first[s] == t:
            c = powers[t] * (G - baseline[s])
            if alone:
                gradient[s, a] += c
            else:
                gradient[s] += c * counts[s]
    return G


@compiled
def _note_returns(rewards: Any, gamma: float, steps: int, room: Any) -> None:
    """Add every visit's return, for the baseline of later rounds."""
    path, taken, returns, visits = room[3], room[4], room[7], room[8]
    G = 0.0
    for t in range(steps - 1, -1, -1):
        s, a = path[t], taken[t]
        G = rewards[s, a] + gamma * G
        returns[s] += G
        visits[s] += 1.0


@compiled
def _agent(
    tables: Any,
    i: int,
    theta: Any,
    baseline: Any,
    rate: float,
    batch: int,
    kind: int,
    stream: Any,
    gradient: Any,
    room: Any,
) -> tuple[float, int]:
    """Write agent i's estimate into `gradient`; return the mean return and the number of steps.

    ``known[s]`` says whether row s of `policy` has been computed; rows are filled on first need.
    """
    policy, known, returns, visits, powers = room[0], room[2], room[7], room[8], room[9][i]
    n_states, n_actions = theta.shape
    gamma, rewards = tables.discounts[i], tables.rewards[i]
    known[:] = False
    gradient[:] = 0.0
    if rate > 0.0:
        returns[:] = 0.0
        visits[:] = 0.0
    total_return, total_steps = 0.0, 0
    for _ in range(batch):
        steps = _episode(tables, i, theta, stream, room)
        if kind == EVERY_VISIT:
            G = _add_every_visit(rewards, gamma, baseline, steps, powers, gradient, room)
        else:
            alone = kind == FIRST_VISIT_ALONE
            G = _add_first_visit(rewards, gamma, baseline, steps, powers, gradient, room, alone)
        if rate > 0.0:
            _note_returns(rewards, gamma, steps, room)
        total_return += G
        total_steps += steps
    for s in range(n_states):
        if known[s]:
            weight = 0.0
            for a in range(n_actions):
                weight += gradient[s, a]
            for a in range(n_actions):
                gradient[s, a] = (gradient[s, a] - weight * policy[s, a]) / batch
    return total_return / batch, total_steps


@compiled
def _regularize(theta: Any, gradient: Any, regularization: float, room: Any) -> None:
    """Add lambda/|S| (1/|A| - pi), which is not random."""
    policy, sums, known = room[0], room[1], room[2]
    n_states, n_actions = theta.shape
    for s in range(n_states):
        if not known[s]:
            _fill_row(theta[s], policy[s], sums[s])
        for a in range(n_actions):
            gradient[s, a] += regularization / n_states * (1.0 / n_actions - policy[s, a])


@compiled
def _round(
    tables: Any,
    theta: Any,
    baseline: Any,
    rate: float,
    batch: int,
    kind: int,
    regularization: float,
    stream: Any,
    gradient: Any,
    mean_return: Any,
    room: Any,
) -> int:
    """Write all agents' estimates and mean returns; move the baselines; return the steps made."""
    returns, visits = room[7], room[8]
    steps = 0
    for i in range(len(theta)):
        mean_return[i], made = _agent(
            tables, i, theta[i], baseline[i], rate, batch, kind, stream, gradient[i], room
        )
        steps += made
        if regularization > 0.0:
            _regularize(theta[i], gradient[i], regularization, room)
        if rate > 0.0:
            for s in range(theta.shape[1]):
                if visits[s] > 0.0:
                    baseline[i, s] += rate * (returns[s] / visits[s] - baseline[i, s])
    return steps


@compiled
def _room(n_states: int, n_actions: int, horizon: int, discounts: Any) -> Any:
    """Return the working arrays, in the order in which the loops above name them."""
    powers = np.ones((len(discounts), horizon))
    for i in range(len(discounts)):
        for t in range(1, horizon):
            powers[i, t] = powers[i, t - 1] * discounts[i]
    return (
        np.empty((n_states, n_actions)),  # policy
        np.empty((n_states, n_actions)),  # its running sums
        np.zeros(n_states, dtype=np.bool_),  # which rows of them are filled
        np.empty(horizon, dtype=np.int64),  # states of the episode
        np.empty(horizon, dtype=np.int64),  # actions of the episode
        np.empty(n_states, dtype=np.int64),  # first visits
        np.empty((n_states, n_actions)),  # how often each action was taken
        np.empty(n_states),  # sums of returns
        np.empty(n_states),  # numbers of visits
        powers,  # of the discounts
    )


@compiled
def _mix(W: Any, theta: Any, step_size: float, gradient: Any, following: Any) -> None:
    """Write W theta + alpha g, entry by entry: whole-array expressions would allocate."""
    N = len(theta)
    size = theta.shape[1] * theta.shape[2]
    old, new, g = theta.reshape(N, size), following.reshape(N, size), gradient.reshape(N, size)
    for i in range(N):
        for x in range(size):
            new[i, x] = step_size * g[i, x]
        for j in range(N):
            w = W[i, j]
            if w != 0.0:
                for x in range(size):
                    new[i, x] += w * old[j, x]


@compiled_sums
def _total(values: Any) -> float:
    """Return a sum in any order: it is only asked whether it is finite."""
    total = 0.0
    for x in values.reshape(values.size):
        total += x
    return total


@compiled
def train(
    tables: EpisodeTables,
    W: Any,
    theta: Any,
    step_sizes: Any,
    baseline: Any,
    rate: float,
    batch: int,
    horizon: int,
    kind: int,
    regularization: float,
    stream: Any,
    mean_returns: Any,
) -> tuple[int, int]:
    """Do one round of (9) for each step size, in place; return the rounds and steps done.

    Parameters
    ----------
    tables : EpisodeTables
    W : float64 array, shape (n_tasks, n_tasks)
    theta : float64 array, shape (n_tasks, n_states, n_actions)
        Overwritten by the last finite parameters.
    step_sizes : float64 array, shape (rounds,)
    baseline : float64 array, shape (n_tasks, n_states)
        Overwritten. An episode is compared with the baseline of the rounds before it.
    rate : float
        How far a baseline moves towards the mean return of a round; 0 leaves it as it is.
    batch, horizon : int
        Episodes of each agent a round, and the most steps of one; at least 1.
    kind : int
        The estimator.
    regularization : float
    stream : uint64 array, shape (1,)
        The state of the random numbers; overwritten.
    mean_returns : float64 array, shape (rounds, n_tasks)
        Overwritten: the mean discounted return of each agent's episodes.
    """
    _, n_states, n_actions = theta.shape
    gradient = np.zeros_like(theta)
    following = np.empty_like(theta)
    room = _room(n_states, n_actions, horizon, tables.discounts)
    here = theta.copy()
    steps, done = 0, 0
    for k in range(len(step_sizes)):
        steps += _round(
            tables, here, baseline, rate, batch, kind, regularization, stream, gradient,
            mean_returns[k], room,
        )  # fmt: skip
        _mix(W, here, step_sizes[k], gradient, following)
        if not np.isfinite(_total(following)):
            break
        here, following = following, here
        done += 1
    theta[:] = here
    return done, steps


@compiled
def estimate(
    tables: EpisodeTables,
    theta: Any,
    baseline: Any,
    batch: int,
    horizon: int,
    kind: int,
    regularization: float,
    stream: Any,
    repeats: int,
) -> tuple[Any, Any]:
    """Return the sums and the sums of squares of that many estimates, entry by entry."""
    total, squares = np.zeros_like(theta), np.zeros_like(theta)
    gradient = np.zeros_like(theta)
    mean_return = np.empty(len(theta))
    room = _room(theta.shape[1], theta.shape[2], horizon, tables.discounts)
    for _ in range(repeats):
        _round(
            tables, theta, baseline, 0.0, batch, kind, regularization, stream, gradient,
            mean_return, room,
        )  # fmt: skip
        total += gradient
        squares += gradient**2
    return total, squares
