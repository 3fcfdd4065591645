"""Monte Carlo training as one compiled loop: episodes, estimates and updates of all agents.

The agents walk their episodes in step with each other, each with random numbers of its own: within
an agent every load waits for the one before, and while one agent waits the others go on.

The module is imported only when a loop is wanted, because numba takes a quarter of a second to
load and the first call a few seconds to compile (kept on disk from then on).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dcpg_theory.engine.compiled import compiled, compiled_sums
from dcpg_theory.engine.episodes import EpisodeTables

__all__ = ["EVERY_VISIT", "FIRST_VISIT", "FIRST_VISIT_ALONE", "estimate", "train"]

EVERY_VISIT, FIRST_VISIT, FIRST_VISIT_ALONE = range(3)


class _Room(NamedTuple):
    """Working arrays; the first index is the agent's, where there is more than one agent's worth.

    The policy of agent i in state s is ``weights[i, s] / sums[i, s, -1]``, with the running sums of
    the weights in `sums`. Both are filled when an episode first comes to the state, which is then
    `known` and stands among the first ``n_seen[i]`` of ``seen[i]``.
    """

    weights: Any
    sums: Any
    known: Any
    seen: Any
    n_seen: Any
    path: Any  # states of the episode
    taken: Any  # actions of the episode
    steps: Any  # how many they are
    state: Any  # where the agent is
    walking: Any  # agents whose episode is not over
    first: Any  # of one agent: first visits
    counts: Any  # of one agent: how often each action was taken
    returns: Any  # sums of returns
    visits: Any  # numbers of visits
    powers: Any  # of the discounts


@compiled
def _new_room(theta: Any, horizon: int, discounts: Any) -> _Room:
    n_agents, n_states, n_actions = theta.shape
    powers = np.ones((n_agents, horizon))
    for i in range(n_agents):
        for t in range(1, horizon):
            powers[i, t] = powers[i, t - 1] * discounts[i]
    return _Room(
        np.empty(theta.shape),
        np.empty(theta.shape),
        np.zeros((n_agents, n_states), dtype=np.bool_),
        np.empty((n_agents, n_states), dtype=np.int64),
        np.zeros(n_agents, dtype=np.int64),
        np.empty((n_agents, horizon), dtype=np.int64),
        np.empty((n_agents, horizon), dtype=np.int64),
        np.empty(n_agents, dtype=np.int64),
        np.empty(n_agents, dtype=np.int64),
        np.empty(n_agents, dtype=np.int64),
        np.empty(n_states, dtype=np.int64),
        np.empty((n_states, n_actions)),
        np.empty((n_agents, n_states)),
        np.empty((n_agents, n_states)),
        powers,
    )


@compiled
def _uniform(streams: Any, i: int) -> float:
    """Return the next number in [0, 1) of agent i's SplitMix64 (Steele, Lea, Flood 2014)."""
    streams[i] += np.uint64(0x9E3779B97F4A7C15)
    z = streams[i]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return np.float64(z >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@compiled
def _pick(cumulative: Any, low: int, high: int, streams: Any, i: int) -> int:
    """Draw a place among low, ..., high - 1; a single one needs no random number."""
    if high - low == 1:
        return low
    u = _uniform(streams, i)
    while low < high - 1 and cumulative[low] <= u:
        low += 1
    return low


@compiled
def _know(theta: Any, i: int, s: int, room: _Room) -> None:
    """Fill in agent i's policy in state s.

    It stays unnormalized: the next action would wait for the division.
    """
    n_actions = theta.shape[2]
    top = theta[i, s, 0]
    for a in range(1, n_actions):
        top = max(top, theta[i, s, a])
    total = 0.0
    for a in range(n_actions):
        weight = np.exp(theta[i, s, a] - top)
        total += weight
        room.weights[i, s, a] = weight
        room.sums[i, s, a] = total
    room.known[i, s] = True
    room.seen[i, room.n_seen[i]] = s
    room.n_seen[i] += 1


@compiled
def _draw_episodes(tables: Any, theta: Any, streams: Any, room: _Room) -> None:
    """Draw one episode of every agent into the room."""
    rows, successors, terminal = tables.rows, tables.successors, tables.terminal
    known, sums, state, walking = room.known, room.sums, room.state, room.walking
    n_agents, n_states, n_actions = theta.shape
    n_walking = 0
    for i in range(n_agents):
        first, last = tables.starts[i], tables.starts[i + 1]
        state[i] = tables.start_states[_pick(tables.start_cumulative, first, last, streams, i)]
        room.steps[i] = 0
        walking[n_walking] = i
        n_walking += not terminal[i, state[i]]
    t = 0
    while n_walking > 0 and t < room.path.shape[1]:
        still = 0
        for x in range(n_walking):
            i = walking[x]
            s = state[i]
            if not known[i, s]:
                _know(theta, i, s, room)
            u = _uniform(streams, i) * sums[i, s, n_actions - 1]
            a = 0
            for b in range(n_actions - 1):  # without a jump, which would be mispredicted
                a += sums[i, s, b] <= u
            room.path[i, t], room.taken[i, t] = s, a
            room.steps[i] = t + 1
            k = (i * n_states + s) * n_actions + a
            low, high = rows[k], rows[k + 1]
            if high - low > 1:
                low = _pick(tables.cumulative, low, high, streams, i)
            state[i] = successors[low]
            walking[still] = i
            still += not terminal[i, state[i]]
        n_walking = still
        t += 1


@compiled
def _add_every_visit(tables: Any, i: int, baseline: Any, gradient: Any, room: _Room) -> float:
    """Add gamma^t (G_t - b(s_t)) at (s_t, a_t), for all t; return G_0."""
    gamma = tables.discounts[i]
    G = 0.0
    for t in range(room.steps[i] - 1, -1, -1):
        s, a = room.path[i, t], room.taken[i, t]
        G = tables.rewards[i, s, a] + gamma * G
        gradient[i, s, a] += room.powers[i, t] * (G - baseline[i, s])
    return G


@compiled
def _add_first_visit(
    tables: Any, i: int, baseline: Any, gradient: Any, room: _Room, alone: bool
) -> float:
    """Add gamma^T (G_T - b(s)), T the first visit to s, at the action of T, or at all of s's."""
    path, taken, first, counts = room.path[i], room.taken[i], room.first, room.counts
    gamma, steps = tables.discounts[i], room.steps[i]
    for t in range(steps - 1, -1, -1):
        first[path[t]] = t
        counts[path[t]] = 0.0
    for t in range(steps):
        counts[path[t], taken[t]] += 1.0
    G = 0.0
    for t in range(steps - 1, -1, -1):
        s, a = path[t], taken[t]
        G = tables.rewards[i, s, a] + gamma * G
        if first[s] == t:
            c = room.powers[i, t] * (G - baseline[i, s])
            if alone:
                gradient[i, s, a] += c
            else:
                gradient[i, s] += c * counts[s]
    return G


@compiled
def _note_returns(tables: Any, i: int, room: _Room) -> None:
    """Add every visit's return, for the baseline of later rounds."""
    gamma = tables.discounts[i]
    G = 0.0
    for t in range(room.steps[i] - 1, -1, -1):
        s, a = room.path[i, t], room.taken[i, t]
        G = tables.rewards[i, s, a] + gamma * G
        room.returns[i, s] += G
        room.visits[i, s] += 1.0


@compiled
def _subtract_means(i: int, batch: int, gradient: Any, room: _Room) -> None:
    """Turn sums of e_a into means of e_a - pi, in the states that were seen."""
    n_actions = gradient.shape[2]
    for m in range(room.n_seen[i]):
        s = room.seen[i, m]
        weight = 0.0
        for a in range(n_actions):
            weight += gradient[i, s, a]
        share = weight / room.sums[i, s, n_actions - 1]
        for a in range(n_actions):
            gradient[i, s, a] = (gradient[i, s, a] - share * room.weights[i, s, a]) / batch


@compiled
def _regularize(theta: Any, i: int, gradient: Any, regularization: float, room: _Room) -> None:
    """Add lambda/|S| (1/|A| - pi), which is not random."""
    _, n_states, n_actions = theta.shape
    for s in range(n_states):
        if not room.known[i, s]:
            _know(theta, i, s, room)
        total = room.sums[i, s, n_actions - 1]
        for a in range(n_actions):
            away = 1.0 / n_actions - room.weights[i, s, a] / total
            gradient[i, s, a] += regularization / n_states * away


@compiled
def _move_baseline(i: int, baseline: Any, rate: float, room: _Room) -> None:
    for s in range(baseline.shape[1]):
        if room.visits[i, s] > 0.0:
            mean = room.returns[i, s] / room.visits[i, s]
            baseline[i, s] += rate * (mean - baseline[i, s])


@compiled
def _round(
    tables: Any,
    theta: Any,
    baseline: Any,
    rate: float,
    batch: int,
    kind: int,
    regularization: float,
    streams: Any,
    gradient: Any,
    mean_return: Any,
    room: _Room,
) -> int:
    """Write all agents' estimates and mean returns; move the baselines; return the steps made."""
    n_agents = len(theta)
    gradient[:] = 0.0
    mean_return[:] = 0.0
    room.known[:] = False
    room.n_seen[:] = 0
    if rate > 0.0:
        room.returns[:] = 0.0
        room.visits[:] = 0.0
    steps = 0
    for _ in range(batch):
        _draw_episodes(tables, theta, streams, room)
        for i in range(n_agents):
            if kind == EVERY_VISIT:
                G = _add_every_visit(tables, i, baseline, gradient, room)
            else:
                alone = kind == FIRST_VISIT_ALONE
                G = _add_first_visit(tables, i, baseline, gradient, room, alone)
            if rate > 0.0:
                _note_returns(tables, i, room)
            mean_return[i] += G
            steps += room.steps[i]
    for i in range(n_agents):
        mean_return[i] /= batch
        _subtract_means(i, batch, gradient, room)
        if regularization > 0.0:
            _regularize(theta, i, gradient, regularization, room)
        if rate > 0.0:
            _move_baseline(i, baseline, rate, room)
    return steps


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
def _all_finite(values: Any) -> bool:
    """Return whether every entry is finite: zero times anything else is no number."""
    flat = values.reshape(values.size)
    total = 0.0
    for x in range(flat.size):  # by index: an iterator would keep it out of the vector lanes
        total += 0.0 * flat[x]
    return total == 0.0


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
    streams: Any,
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
    streams : uint64 array, shape (n_tasks,)
        The state of each agent's random numbers; overwritten.
    mean_returns : float64 array, shape (rounds, n_tasks)
        Overwritten: the mean discounted return of each agent's episodes.
    """
    gradient = np.zeros_like(theta)
    following = np.empty_like(theta)
    room = _new_room(theta, horizon, tables.discounts)
    here = theta.copy()
    steps, done = 0, 0
    for k in range(len(step_sizes)):
        steps += _round(
            tables, here, baseline, rate, batch, kind, regularization, streams, gradient,
            mean_returns[k], room,
        )  # fmt: skip
        _mix(W, here, step_sizes[k], gradient, following)
        if not _all_finite(following):
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
    streams: Any,
    repeats: int,
) -> tuple[Any, Any]:
    """Return the sums and the sums of squares of that many estimates, entry by entry."""
    total, squares = np.zeros_like(theta), np.zeros_like(theta)
    gradient = np.zeros_like(theta)
    mean_return = np.empty(len(theta))
    room = _new_room(theta, horizon, tables.discounts)
    for _ in range(repeats):
        _round(
            tables, theta, baseline, 0.0, batch, kind, regularization, streams, gradient,
            mean_return, room,
        )  # fmt: skip
        total += gradient
        squares += gradient**2
    return total, squares
