r"""Algorithm 1 in double precision on many small random problems at once.

One `Batch` holds problems of one shape; its arrays have the axes [problem, task, state, action,
next state]. A state that a task does not hold is absorbing there, without reward, and never
reached, so that it contributes nothing to the task's value and gradient; it counts in |S|, the
states of the union. All numbers are quotients of small integers that a fixed seed draws.

The step is written theta_i' = theta_1 + sum_j W_ij (theta_j - theta_1) + alpha g_i: rows of W sum
to one, so this is (9), and agents that agree stay equal to the last bit. An iterate that does not
change is then a fixed point, and what was found at it holds for every later k.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = [
    "Batch",
    "Shape",
    "at_rest",
    "common_start",
    "draw",
    "gradients",
    "policies",
    "regularizer",
    "step",
    "values",
    "visitations",
]


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a batch: problems, tasks, states of the union, actions."""

    problems: int
    tasks: int
    states: int
    actions: int = 2


@dataclass(frozen=True, slots=True)
class Batch:
    """Problems of one shape, with a mixing matrix, lambda and a common start each.

    Attributes
    ----------
    transitions : ndarray, shape (problems, tasks, states, actions, states)
    rewards : ndarray, shape (problems, tasks, states, actions)
        In [0, 1].
    discounts : ndarray, shape (problems, tasks)
    starts, exploration : ndarray, shape (problems, tasks, states)
        rho and mu.
    held : bool ndarray, shape (problems, tasks, states)
        Which states of the union a task holds.
    mixing : ndarray, shape (problems, tasks, tasks)
    regularization : ndarray, shape (problems,)
    initial : ndarray, shape (problems, states, actions)
    """

    transitions: Array
    rewards: Array
    discounts: Array
    starts: Array
    exploration: Array
    held: Array
    mixing: Array
    regularization: Array
    initial: Array

    def problem(self, index: int) -> MultiTaskProblem:
        """Return one of the problems as the library's engine takes it."""
        tasks, exploration = [], []
        for i, held in enumerate(self.held[index]):
            own = np.flatnonzero(held)
            inside = np.ix_(own, np.arange(self.rewards.shape[-1]), own)
            tasks.append(
                FiniteMDP(
                    self.transitions[index, i][inside],
                    self.rewards[index, i, own],
                    float(self.discounts[index, i]),
                    self.starts[index, i, own],
                    states=[int(s) for s in own],
                )
            )
            exploration.append(self.exploration[index, i, own])
        return MultiTaskProblem(tasks, exploration=exploration)


def policies(theta: Array) -> Array:
    """Return the softmax (4) over the last axis."""
    weights = np.exp(theta - theta.max(axis=-1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _solved(batch: Batch, pi: Array) -> tuple[Array, Array]:
    """Return I - gamma P_pi and V of every task under policies of shape (..., states, actions).

    `pi` has the axes [problem, policy, state, action]; the results have [problem, policy, task, ...].
    """
    kernel = np.einsum("bpsa,bjsat->bpjst", pi, batch.transitions)
    matrix = np.eye(pi.shape[-2]) - batch.discounts[:, None, :, None, None] * kernel
    rewards = np.einsum("bpsa,bjsa->bpjs", pi, batch.rewards)
    return matrix, np.linalg.solve(matrix, rewards[..., None])[..., 0]


def values(batch: Batch, pi: Array) -> Array:
    """Return sum_j V_j(rho_j) of every policy, shape (problems, policies).

    Parameters
    ----------
    batch : Batch
    pi : ndarray, shape (problems, policies, states, actions)
    """
    _, V = _solved(batch, pi)
    return np.asarray(np.einsum("bpjs,bjs->bp", V, batch.starts))


def visitations(batch: Batch, pi: Array) -> Array:
    """Return d_{j,rho_j}/(1 - gamma_j), axes [problem, policy, task, state]."""
    matrix, _ = _solved(batch, pi)
    starts = np.broadcast_to(batch.starts[:, None], matrix.shape[:-1])
    return np.linalg.solve(np.swapaxes(matrix, -1, -2), starts[..., None])[..., 0]


def gradients(batch: Batch, theta: Array) -> tuple[Array, Array]:
    """Return grad V_j(theta_i; mu_j) of (16) for all agents i and tasks j, and the values.

    Returns
    -------
    slopes : ndarray, axes [problem, agent i, task j, state, action]
    totals : ndarray, shape (problems, agents)
        sum_j V_j(theta_i; rho_j).
    """
    pi = policies(theta)
    matrix, V = _solved(batch, pi)
    starts = np.broadcast_to(batch.exploration[:, None], V.shape)
    visits = np.linalg.solve(np.swapaxes(matrix, -1, -2), starts[..., None])[..., 0]
    ahead = np.einsum("bjsat,bpjt->bpjsa", batch.transitions, V)
    Q = batch.rewards[:, None] + batch.discounts[:, None, :, None, None] * ahead
    slopes = visits[..., None] * pi[:, :, None] * (Q - V[..., None])
    return slopes, np.einsum("bpjs,bjs->bp", V, batch.starts)


def regularizer(batch: Batch, theta: Array) -> Array:
    """Return the regularizer's part of (8), axes [problem, agent, state, action]."""
    size, actions = theta.shape[-2:]
    weight = batch.regularization[:, None, None, None] / size
    return np.asarray(weight * (1 / actions - policies(theta)))


def step(batch: Batch, theta: Array, all_gradients: Array, step_sizes: Array) -> Array:
    """Return the parameters after one iteration (9), axes [problem, agent, state, action].

    Parameters
    ----------
    batch : Batch
    theta : ndarray, shape (problems, tasks, states, actions)
    all_gradients : ndarray
        The slopes that `gradients` returns; agent i uses its own task's.
    step_sizes : ndarray, shape (problems,)
    """
    own = np.einsum("biisa->bisa", all_gradients) + regularizer(batch, theta)
    first = theta[:, :1]
    mixed = first + np.einsum("bij,bjsa->bisa", batch.mixing, theta - first)
    return np.asarray(mixed + step_sizes[:, None, None, None] * own)


# Drawing --------------------------------------------------------------------------------------


def _simplex(rng: np.random.Generator, shape: tuple[int, ...], within: Array) -> Array:
    """Return distributions over the last axis, supported where `within` says."""
    weights = rng.integers(1, 10, shape) * within
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _held(rng: np.random.Generator, shape: Shape, states: str) -> Array:
    """Return which task holds which state; every task at least one, every state some task."""
    size = (shape.problems, shape.tasks, shape.states)
    if states == "all":
        return np.ones(size, dtype=bool)
    if states == "disjoint":
        own = np.arange(shape.states) % shape.tasks == np.arange(shape.tasks)[:, None]
        return np.broadcast_to(own, size).copy()
    held = rng.integers(0, 2, size).astype(bool)
    for task in range(shape.tasks):  # a task's own state, and what is left for the last
        held[:, task, task % shape.states] = True
    held[:, -1] |= ~held.any(axis=1)
    return held


def mixing_matrices(rng: np.random.Generator, shape: Shape, *, symmetric: bool) -> Array:
    """Return averages of permutation matrices, with sigma_2 < 1 and spectra of both signs.

    The identity has a weight of 1, 4 or 16 beside permutations of weight 1 to 9 each, and J of 1.
    """
    n, count = shape.tasks, shape.problems
    result = np.empty((count, n, n))
    for at in range(count):
        weight = int((1, 4, 16)[at % 3])
        total = weight * np.eye(n, dtype=int)
        for _ in range(2):
            moved = np.eye(n, dtype=int)[rng.permutation(n)]
            total = total + int(rng.integers(1, 10)) * moved
        mixed = n * (total + total.T if symmetric else total) + np.ones((n, n), dtype=int)
        result[at] = mixed / mixed[0].sum()
    return result


def draw(
    rng: np.random.Generator,
    shape: Shape,
    *,
    symmetric: bool = True,
    states: Literal["all", "partial", "disjoint"] = "all",
    shared: bool = False,
    contrast: bool = False,
    tenths: tuple[int, int] = (1, 9),
) -> Batch:
    """Return a batch drawn at random.

    Parameters
    ----------
    rng : numpy.random.Generator
    shape : Shape
    symmetric : bool
        Whether W is; else it is doubly stochastic alone.
    states : {"all", "partial", "disjoint"}
        Which states the tasks hold.
    shared : bool
        Whether the tasks differ in nothing but their rewards, as Assumption 2 allows.
    contrast : bool
        Whether all rewards are 0 or 1.
    tenths : pair of int
        The discounts are drawn from these tenths, the upper end included.
    """
    b, n, s, a = shape.problems, shape.tasks, shape.states, shape.actions
    held = _held(rng, shape, states)
    drawn = 1 if shared else n
    inside = held[:, :drawn, None, None, :]
    transitions = _simplex(rng, (b, drawn, s, a, s), inside)
    stays = np.broadcast_to(np.eye(s)[:, None, :], transitions.shape)
    transitions = np.where(held[:, :drawn, :, None, None], transitions, stays)
    levels = 1 if contrast else 10
    rewards = rng.integers(0, levels + 1, (b, n, s, a)) / levels * held[..., None]
    discounts = rng.integers(tenths[0], tenths[1] + 1, (b, drawn)) / 10
    starts = _simplex(rng, (b, drawn, s), held[:, :drawn])
    exploration = _simplex(rng, (b, drawn, s), held[:, :drawn])
    return Batch(
        transitions=_for_all(transitions, n),
        rewards=rewards,
        discounts=_for_all(discounts, n),
        starts=_for_all(starts, n),
        exploration=_for_all(exploration, n),
        held=held,
        mixing=mixing_matrices(rng, shape, symmetric=symmetric),
        regularization=rng.choice(np.array([1, 4, 16, 64]), b) / 64,
        initial=rng.integers(-24, 25, (b, s, a)) / 8,
    )


def _for_all(values: Array, tasks: int) -> Array:
    """Repeat what the tasks share."""
    return np.repeat(values, tasks, axis=1) if values.shape[1] == 1 else values


def at_rest(tasks: int, chance: tuple[int, int]) -> Batch:
    """Return N equal bandits whose common start is a stationary point of L, to the last bit.

    One state, two actions, gamma = 1/2, rewards r and 0, W = I/2 + J/2, and the policy (p, 1 - p).
    The gradient is (2 r p (1 - p) - lambda (p - 1/2)) (1, -1), so with r = 1/2 that lambda is
    p (1 - p)/(p - 1/2); in double precision what is left of it changes no parameter.

    Parameters
    ----------
    tasks : int
        N.
    chance : pair of int
        The odds of the first action, the greater one first.
    """
    p = chance[0] / sum(chance)
    two = np.ones((1, tasks, 1))
    return Batch(
        transitions=np.ones((1, tasks, 1, 2, 1)),
        rewards=np.tile([0.5, 0.0], (1, tasks, 1, 1)),
        discounts=np.full((1, tasks), 0.5),
        starts=two,
        exploration=two,
        held=np.ones((1, tasks, 1), dtype=bool),
        mixing=((np.eye(tasks) + 1 / tasks) / 2)[None],
        regularization=np.array([p * (1 - p) / (p - 0.5)]),
        initial=np.array([[[3 + np.log(chance[0] / chance[1]), 3.0]]]),
    )


def common_start(batch: Batch) -> Array:
    """Return theta^0 of all agents, axes [problem, agent, state, action]."""
    return np.repeat(batch.initial[:, None], batch.mixing.shape[-1], axis=1)
