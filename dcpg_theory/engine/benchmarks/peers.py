"""Other ways to iterate: what one would write with the packages there are.

Each is a function that takes a problem, W and a step size, and returns a function that does so many
iterations from where it stands. All compute the same iterates, which the suite checks.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

from dcpg_theory.engine.paths import make_path
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["PEERS", "Maker", "Runner", "engine_runner", "missing"]

Runner = Callable[[int], Array]
"""Does so many iterations more, and returns the parameters."""

Maker = Callable[[MultiTaskProblem, Array, float], Runner]
"""Takes the problem, W and the step size."""

MOST_DENSE_STATES = 1000


def engine_runner(problem: MultiTaskProblem, W: Array, step: float) -> Runner:
    """Return the engine on the path it chooses."""
    path = make_path(problem, 0.0)
    theta = np.zeros((problem.n_tasks, problem.n_states, problem.n_actions))

    def run(iterations: int) -> Array:
        nonlocal theta
        theta, _ = path.advance(theta, W, np.full(iterations, step))
        return theta

    return run


def batched_numpy_runner(problem: MultiTaskProblem, W: Array, step: float) -> Runner:
    """Return a loop over batched numpy: all tasks in each call, `np.linalg.solve` for both systems.

    Tasks must hold all states in one order.
    """
    P = np.stack([_dense(task) for task in problem.tasks])
    R = np.stack([task.rewards for task in problem.tasks])
    gamma = np.array([task.discount for task in problem.tasks])[:, None, None]
    mu = np.stack(problem.exploration)[:, :, None]
    N, S, A = R.shape
    identity, flat = np.eye(S), P.reshape(N, S * A, S)
    theta = np.zeros((N, S, A))

    def run(iterations: int) -> Array:
        nonlocal theta
        for _ in range(iterations):
            pi = _softmax(theta)
            M = identity - gamma * np.matmul(pi[:, :, None, :], P)[:, :, 0, :]
            V = np.linalg.solve(M, (pi * R).sum(axis=2, keepdims=True))
            y = np.linalg.solve(M.transpose(0, 2, 1), mu)
            Q = R + gamma * np.matmul(flat, V).reshape(N, S, A)
            g = y * pi * (Q - V)
            theta = np.tensordot(W, theta, axes=1) + step * g
        return theta

    return run


def quantecon_runner(problem: MultiTaskProblem, W: Array, step: float) -> Runner:
    """Return a loop with `DiscreteDP.evaluate_policy` for the values, task by task.

    It evaluates deterministic policies, so each policy's chain is a process with one action. It has
    no visitation: that is `np.linalg.solve`, for sparse tasks `spsolve`.
    """
    from scipy.sparse import csr_matrix, eye_array
    from scipy.sparse.linalg import spsolve

    DiscreteDP: Any = importlib.import_module("quantecon.markov").DiscreteDP
    N, S = problem.n_tasks, problem.n_states
    theta = np.zeros((N, S, problem.n_actions))
    only, states = np.zeros(S, dtype=int), np.arange(S)

    def gradient(i: int, pi: Array) -> Array:
        task, mu = problem.tasks[i], problem.exploration[i]
        chain, r = task.policy_transitions(pi), (pi * task.rewards).sum(axis=1)
        gamma = task.discount
        if task.is_sparse:
            process = DiscreteDP(r, csr_matrix(chain), gamma, states, only)
            y = spsolve((eye_array(S) - gamma * chain).T.tocsc(), mu)
        else:
            process = DiscreteDP(r[:, None], chain[:, None, :], gamma)
            y = np.linalg.solve((np.eye(S) - gamma * chain).T, mu)
        V = process.evaluate_policy(only)
        return np.asarray(y[:, None] * pi * (_backup(task, V) - V[:, None]))

    def run(iterations: int) -> Array:
        nonlocal theta
        for _ in range(iterations):
            g = np.stack([gradient(i, pi) for i, pi in enumerate(_softmax(theta))])
            theta = np.tensordot(W, theta, axes=1) + step * g
        return theta

    return run


def splu_runner(problem: MultiTaskProblem, W: Array, step: float) -> Runner:
    """Return a loop with `scipy.sparse.linalg.splu` for each task and iteration, as it comes."""
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import splu

    N, S = problem.n_tasks, problem.n_states
    theta, identity = np.zeros((N, S, problem.n_actions)), eye_array(S)

    def gradient(i: int, pi: Array) -> Array:
        task = problem.tasks[i]
        factors = splu((identity - task.discount * task.policy_transitions(pi)).tocsc())
        V = factors.solve((pi * task.rewards).sum(axis=1))
        y = factors.solve(problem.exploration[i], "T")
        return np.asarray(y[:, None] * pi * (_backup(task, V) - V[:, None]))

    def run(iterations: int) -> Array:
        nonlocal theta
        for _ in range(iterations):
            g = np.stack([gradient(i, pi) for i, pi in enumerate(_softmax(theta))])
            theta = np.tensordot(W, theta, axes=1) + step * g
        return theta

    return run


def jax_runner(problem: MultiTaskProblem, W: Array, step: float) -> Runner:
    """Return `jax.lax.scan` over batched solves in float64, compiled once."""
    jax: Any = importlib.import_module("jax")
    jnp: Any = importlib.import_module("jax.numpy")
    jax.config.update("jax_enable_x64", True)
    P = jnp.stack([_dense(task) for task in problem.tasks])
    R = jnp.stack([task.rewards for task in problem.tasks])
    gamma = jnp.array([task.discount for task in problem.tasks])[:, None, None]
    mu = jnp.stack(problem.exploration)[:, :, None]
    identity, weights = jnp.eye(problem.n_states), jnp.array(W)

    def iteration(theta: Any, _: Any) -> tuple[Any, None]:
        pi = jax.nn.softmax(theta, axis=2)
        M = identity - gamma * jnp.einsum("isa,isat->ist", pi, P)
        V = jnp.linalg.solve(M, (pi * R).sum(axis=2, keepdims=True))
        y = jnp.linalg.solve(M.transpose(0, 2, 1), mu)
        Q = R + gamma * jnp.einsum("isat,it->isa", P, V[:, :, 0])
        return jnp.tensordot(weights, theta, axes=1) + step * y * pi * (Q - V), None

    scan = jax.jit(
        lambda theta, n: jax.lax.scan(iteration, theta, None, length=n)[0], static_argnums=1
    )
    theta = jnp.zeros((problem.n_tasks, problem.n_states, problem.n_actions))

    def run(iterations: int) -> Array:
        nonlocal theta
        theta = scan(theta, iterations)
        return np.asarray(theta)

    return run


PEERS: dict[str, tuple[str, Maker]] = {
    "batched numpy": ("numpy", batched_numpy_runner),
    "QuantEcon": ("quantecon", quantecon_runner),
    "splu": ("scipy", splu_runner),
    "jax scan": ("jax", jax_runner),
}
"""By name: the package it needs, and what makes it."""

_DENSE = ("batched numpy", "jax scan")


def missing(name: str, problem: MultiTaskProblem) -> str | None:
    """Return why a peer cannot take part, None if it can."""
    package, _ = PEERS[name]
    if importlib.util.find_spec(package) is None:
        return f"{package} is not installed"
    if name in _DENSE and problem.n_states > MOST_DENSE_STATES:
        return f"full matrices of {problem.n_states} states"
    if name == "splu" and not problem.tasks[0].is_sparse:
        return "transitions are not stored sparsely"
    if name == "QuantEcon" and problem.n_states > 10 * MOST_DENSE_STATES:
        return "minutes for an iteration"
    return None


def _softmax(theta: Array) -> Array:
    weights = np.exp(theta - theta.max(axis=2, keepdims=True))
    return np.asarray(weights / weights.sum(axis=2, keepdims=True))


def _dense(task: FiniteMDP) -> Array:
    shape = (task.n_states, task.n_actions, task.n_states)
    P = task.transitions.toarray() if task.is_sparse else task.transitions
    return np.asarray(P.reshape(shape))


def _backup(task: FiniteMDP, V: Array) -> Array:
    P = task.transitions if task.is_sparse else task.transitions.reshape(-1, task.n_states)
    return np.asarray(task.rewards + task.discount * (P @ V).reshape(task.rewards.shape))
