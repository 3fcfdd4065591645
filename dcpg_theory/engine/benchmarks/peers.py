"""Other ways to iterate: what one would write with the packages there are.

Each is a function that takes a problem, W and a step size, and returns a function that does so many
iterations from where it stands. All compute the same iterates, which the suite checks.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from dcpg_theory.engine.paths import make_path
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["PEERS", "Maker", "Runner", "engine_runner", "missing", "versions"]

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


def mdptoolbox_runner(problem: MultiTaskProblem, W: Array, step: float) -> Runner:
    """Return a loop with pymdptoolbox's `PolicyIteration` for the values, task by task.

    As with QuantEcon each policy's chain is a process with one action, of which policy iteration
    ends after one evaluation, by `np.linalg.solve`; and so is the visitation.
    """
    PolicyIteration: Any = importlib.import_module("mdptoolbox.mdp").PolicyIteration
    N, S = problem.n_tasks, problem.n_states
    theta, identity = np.zeros((N, S, problem.n_actions)), np.eye(S)

    def gradient(i: int, pi: Array) -> Array:
        task, mu, gamma = problem.tasks[i], problem.exploration[i], problem.tasks[i].discount
        chain = np.asarray(_full(task.policy_transitions(pi)))
        process = PolicyIteration(chain[None], (pi * task.rewards).sum(axis=1)[:, None], gamma)
        process.run()
        V = np.array(process.V)
        y = np.linalg.solve((identity - gamma * chain).T, mu)
        return np.asarray(y[:, None] * pi * (_backup(task, V) - V[:, None]))

    def run(iterations: int) -> Array:
        nonlocal theta
        for _ in range(iterations):
            g = np.stack([gradient(i, pi) for i, pi in enumerate(_softmax(theta))])
            theta = np.tensordot(W, theta, axes=1) + step * g
        return theta

    return run


def jax_runner(problem: MultiTaskProblem, W: Array, step: float) -> Runner:
    """Return `jax.lax.fori_loop` over batched solves in float64, compiled once, on one thread."""
    # With two threads in its pool, two batched solves wait for each other now and then, for ever.
    os.environ |= {"PJRT_NPROC": "1", "NPROC": "1"}
    jax: Any = importlib.import_module("jax")
    jnp: Any = importlib.import_module("jax.numpy")
    with jax.enable_x64(True):  # here, and not for all that uses jax in this process
        P = jnp.stack([_dense(task) for task in problem.tasks])
        R = jnp.stack([task.rewards for task in problem.tasks])
        gamma = jnp.array([task.discount for task in problem.tasks])[:, None, None]
        mu = jnp.stack(problem.exploration)[:, :, None]
        identity, weights = jnp.eye(problem.n_states), jnp.array(W)
        theta = jnp.zeros((problem.n_tasks, problem.n_states, problem.n_actions))

    def iteration(_: Any, theta: Any) -> Any:
        pi = jax.nn.softmax(theta, axis=2)
        M = identity - gamma * jnp.einsum("isa,isat->ist", pi, P)
        V = jnp.linalg.solve(M, (pi * R).sum(axis=2, keepdims=True))
        y = jnp.linalg.solve(M.transpose(0, 2, 1), mu)
        Q = R + gamma * jnp.einsum("isat,it->isa", P, V[:, :, 0])
        return jnp.tensordot(weights, theta, axes=1) + step * y * pi * (Q - V)

    loop = jax.jit(lambda theta, n: jax.lax.fori_loop(0, n, iteration, theta))

    def run(iterations: int) -> Array:
        nonlocal theta
        with jax.enable_x64(True):
            theta = loop(theta, iterations)
        return np.asarray(theta)

    return run


def torch_runner(problem: MultiTaskProblem, W: Array, step: float) -> Runner:
    """Return a loop over batched `torch.linalg.solve` in float64, on one thread."""
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(1)
    P = torch.tensor(np.stack([_dense(task) for task in problem.tasks]))
    R = torch.tensor(np.stack([task.rewards for task in problem.tasks]))
    gamma = torch.tensor([float(task.discount) for task in problem.tasks], dtype=R.dtype)
    gamma = gamma[:, None, None]
    mu = torch.tensor(np.stack(problem.exploration))[:, :, None]
    N, S, A = R.shape
    identity, flat = torch.eye(S, dtype=R.dtype), P.reshape(N, S * A, S)
    weights, theta = torch.tensor(np.array(W)), torch.zeros(N, S, A, dtype=R.dtype)

    def iterated(theta: Any) -> Any:
        pi = torch.softmax(theta, dim=2)
        M = identity - gamma * torch.matmul(pi[:, :, None, :], P)[:, :, 0, :]
        V = torch.linalg.solve(M, (pi * R).sum(dim=2, keepdim=True))
        y = torch.linalg.solve(M.mT, mu)
        Q = R + gamma * torch.matmul(flat, V).reshape(N, S, A)
        return torch.tensordot(weights, theta, dims=1) + step * y * pi * (Q - V)

    def run(iterations: int) -> Array:
        nonlocal theta
        with torch.inference_mode():
            for _ in range(iterations):
                theta = iterated(theta)
        return np.array(theta.numpy())

    return run


PEERS: dict[str, tuple[str, Maker]] = {
    "batched numpy": ("numpy", batched_numpy_runner),
    "QuantEcon": ("quantecon", quantecon_runner),
    "splu": ("scipy", splu_runner),
    "pymdptoolbox": ("mdptoolbox", mdptoolbox_runner),
    "jax": ("jax", jax_runner),
    "torch": ("torch", torch_runner),
}
"""By name: the module it needs, and what makes it."""

_DENSE = ("batched numpy", "pymdptoolbox", "jax", "torch")


def missing(name: str, problem: MultiTaskProblem) -> str | None:
    """Return why a peer cannot take part, None if it can."""
    module, _ = PEERS[name]
    if importlib.util.find_spec(module) is None:
        return f"{module} is not installed"
    if name in _DENSE and problem.n_states > MOST_DENSE_STATES:
        return f"full matrices of {problem.n_states} states"
    if name == "splu" and not problem.tasks[0].is_sparse:
        return "transitions are not stored sparsely"
    if name == "QuantEcon" and problem.n_states > 10 * MOST_DENSE_STATES:
        return "minutes for an iteration"
    return None


def versions() -> dict[str, str]:
    """Return the versions of the peers' packages that are installed."""
    providers, found = importlib.metadata.packages_distributions(), {}
    for name, (module, _) in PEERS.items():
        if importlib.util.find_spec(module) is not None:
            found[name] = importlib.metadata.version(providers[module][0])
    return found


def _softmax(theta: Array) -> Array:
    weights = np.exp(theta - theta.max(axis=2, keepdims=True))
    return np.asarray(weights / weights.sum(axis=2, keepdims=True))


def _full(matrix: Any) -> Array:
    return np.asarray(matrix.toarray() if hasattr(matrix, "toarray") else matrix)


def _dense(task: FiniteMDP) -> Array:
    return _full(task.transitions).reshape(task.n_states, task.n_actions, task.n_states)


def _backup(task: FiniteMDP, V: Array) -> Array:
    P = task.transitions if task.is_sparse else task.transitions.reshape(-1, task.n_states)
    return np.asarray(task.rewards + task.discount * (P @ V).reshape(task.rewards.shape))
