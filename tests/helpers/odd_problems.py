"""Problems of all shapes to try a path on, and their gradients to fifty digits."""

from __future__ import annotations

import mpmath
import numpy as np
from hypothesis import strategies as st
from scipy.sparse import csr_array

from dcpg_theory.models import FiniteMDP, MultiTaskProblem, graphs

DISCOUNTS = (0.1, 0.5, 0.9, 0.99, 0.999, 0.99999, 0.999999)


@st.composite
def situations(draw, discounts=DISCOUNTS):
    """A problem, parameters of its agents, and a regularization.

    Tasks hold parts of the states in orders of their own; some transitions are sparse, some states
    absorb, some parameters are hundreds apart, and discounts come close to 1.
    """
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    n_states, n_actions = draw(st.integers(1, 9)), draw(st.integers(1, 4))
    discount = st.sampled_from(discounts)
    tasks = [
        odd_task(rng, n_states, n_actions, draw(discount), sparse=draw(st.booleans()))
        for _ in range(draw(st.integers(1, 6)))
    ]
    problem = MultiTaskProblem(tasks, [rng.dirichlet(np.ones(task.n_states)) for task in tasks])
    shape = (problem.n_tasks, problem.n_states, n_actions)
    theta = rng.uniform(-1, 1, shape) * draw(st.sampled_from((0.0, 1.0, 30.0, 700.0)))
    return problem, theta, draw(st.sampled_from((0.0, 0.1)))


def odd_task(rng, n_states, n_actions, discount, *, sparse=False):
    """A task over some of the labels 0, ..., n_states - 1."""
    labels = rng.permutation(n_states)[: rng.integers(1, n_states + 1)]
    n = len(labels)
    P = rng.dirichlet(np.full(n, 0.2), size=(n, n_actions))
    P[P < 1e-3] = 0
    P /= P.sum(axis=-1, keepdims=True)
    absorbing = rng.random(n) < 0.2
    P[absorbing] = np.eye(n)[absorbing][:, None]
    rewards = rng.uniform(-1, 1, (n, n_actions)) * rng.choice([0.01, 1.0, 100.0])
    if sparse:
        P = csr_array(P.reshape(n * n_actions, n))
    start = rng.dirichlet(np.ones(n))
    return FiniteMDP(P, rewards, discount, start, states=labels.tolist())


def grid(side, n_tasks, discount, seed=0, slip=0.1):
    """Walks on a square grid with slips, a goal for each task, as sparse as they come."""
    n, rng = side * side, np.random.default_rng(seed)
    row, column = divmod(np.arange(n), side)
    after = np.stack(
        [
            np.maximum(row - 1, 0) * side + column,
            np.minimum(row + 1, side - 1) * side + column,
            row * side + np.maximum(column - 1, 0),
            row * side + np.minimum(column + 1, side - 1),
        ],
        axis=1,
    )
    chances = np.where(np.eye(4, dtype=bool), 1 - 0.75 * slip, slip / 4)
    entries = np.broadcast_to(chances, (n, 4, 4)).ravel()
    P = csr_array(
        (entries, (np.repeat(np.arange(4 * n), 4), np.repeat(after, 4, axis=0).ravel())),
        shape=(4 * n, n),
    )
    tasks = []
    for _ in range(n_tasks):
        rewards = 0.1 * rng.random((n, 4))
        rewards[rng.integers(n)] = 1.0
        tasks.append(FiniteMDP(P, rewards, discount, np.full(n, 1 / n)))
    return MultiTaskProblem(tasks)


def ring_matrix(n_agents):
    """Lazy Metropolis weights on a ring."""
    if n_agents == 1:
        return np.ones((1, 1))
    graph = graphs.ring(n_agents) if n_agents > 2 else graphs.complete(2)
    return graphs.lazy_metropolis(graph).matrix


def precise(problem, agent, theta, regularization, digits=50):
    """V, the visits y and the gradient of one agent, in mpmath numbers."""
    task, rows = problem.tasks[agent], problem.indices[agent]
    with mpmath.workdps(digits):
        exact = np.vectorize(lambda x: mpmath.mpf(float(x)), otypes=[object])
        weights = np.vectorize(mpmath.exp, otypes=[object])(
            exact(theta) - exact(theta.max(axis=-1, keepdims=True))
        )
        pi = weights / weights.sum(axis=-1, keepdims=True)
        P = task.transitions
        if task.is_sparse:
            P = P.toarray().reshape(task.n_states, task.n_actions, -1)
        P, R, gamma, own = exact(P), exact(task.rewards), mpmath.mpf(task.discount), pi[rows]
        step = gamma * (own[:, :, None] * P).sum(axis=1)
        system = mpmath.matrix((np.eye(task.n_states, dtype=object) - step).tolist())
        right = mpmath.matrix((own * R).sum(axis=1).tolist())
        V = np.array(mpmath.lu_solve(system, right).T.tolist()[0], dtype=object)
        mu = mpmath.matrix(exact(problem.exploration[agent]).tolist())
        y = np.array(mpmath.lu_solve(system.T, mu).T.tolist()[0], dtype=object)
        Q = R + gamma * (P * V).sum(axis=-1)
        share = mpmath.mpf(regularization) / problem.n_states
        g = share * (mpmath.mpf(1) / problem.n_actions - pi)
        g[rows] += y[:, None] * own * (Q - V[:, None])
        return V, y, g


def distance(found, exact):
    """The Euclidean distance between an array of floats and one of mpmath numbers."""
    with mpmath.workdps(50):
        differences = [
            mpmath.mpf(float(x)) - y for x, y in zip(found.flat, exact.flat, strict=True)
        ]
        return float(mpmath.sqrt(sum(d * d for d in differences)))
