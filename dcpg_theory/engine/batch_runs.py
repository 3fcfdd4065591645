"""Algorithm 1 on thousands of small problems at once, on all cores.

Instances are iterated four at a time, one in each vector lane: agent i of the four forms one group,
and their mixing matrices one block-diagonal matrix, so that `iteration.iterate` runs the four as if
they were one problem. Threads share out the fours; nothing is shared between those.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from dcpg_theory.engine.batches import Batch
from dcpg_theory.engine.compiled import compiled
from dcpg_theory.engine.elimination import full_elimination
from dcpg_theory.engine.grouping import row_excess
from dcpg_theory.engine.iteration import iterate
from dcpg_theory.engine.lane_path import sparse_weights
from dcpg_theory.engine.lanes import LANES
from dcpg_theory.engine.sparse_kernel import Groups, Work
from dcpg_theory.engine.validation import (
    checked_iterations,
    checked_regularization,
    checked_step_sizes,
)
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.mixing import MixingMatrix
from dcpg_theory.models.validation import TOLERANCE, first_offender, frozen

__all__ = ["BatchTrace", "run_batch"]


@dataclass(frozen=True, slots=True, eq=False)
class BatchTrace:
    """The ends of the runs of a batch.

    Attributes
    ----------
    parameters : ndarray, shape (n_instances, n_tasks, n_states, n_actions)
    iterations : ndarray of int, shape (n_instances,)
        How many iterations led there; fewer than asked for where the next one is not finite.
    """

    parameters: Array
    iterations: Array


def run_batch(
    batch: Batch,
    mixing: Any,
    *,
    step_size: Any,
    iterations: int,
    regularization: Any = 0.0,
    initial: Any | None = None,
    threads: int | None = None,
) -> BatchTrace:
    """Run Algorithm 1 on every instance of a batch.

    Parameters
    ----------
    batch : Batch
    mixing : MixingMatrix or array_like, shape (n_tasks, n_tasks) or (n_instances, n_tasks, n_tasks)
        One matrix for all, or each instance's own.
    step_size : number or array_like, shape (iterations,)
    iterations : int
    regularization : number
        The lambda of (7), not negative.
    initial : array_like, optional
        What broadcasts to (n_instances, n_tasks, n_states, n_actions); default zero.
    threads : int, optional
        Default one for each core this process may use. The results do not depend on it.

    Returns
    -------
    BatchTrace

    Raises
    ------
    InvalidInput
        If a shape or a number is wrong.

    Examples
    --------
    >>> from dcpg_theory.engine.batches import random_batch
    >>> from dcpg_theory.models import graphs
    >>> batch = random_batch(0, 100, n_tasks=3)
    >>> W = graphs.lazy_metropolis(graphs.ring(3))
    >>> run_batch(batch, W, step_size=0.1, iterations=50).parameters.shape
    (100, 3, 5, 2)
    """
    shape = batch.shape
    iterations = checked_iterations(iterations)
    steps = checked_step_sizes(step_size, iterations)
    strength = checked_regularization(regularization)
    weights = _checked_mixing(mixing, shape[0], shape[1])
    theta = _checked_initial(initial, shape)
    done = np.zeros(shape[0], dtype=np.int64)
    blocks = [range(b, min(b + LANES, shape[0])) for b in range(0, shape[0], LANES)]

    def run(own: list[range]) -> None:
        runner = _Runner(batch, weights, steps, strength)
        for block in own:
            runner.run(block, theta, done)

    n_threads = min(_cores() if threads is None else threads, len(blocks))
    if n_threads < 1:
        raise InvalidInput(f"threads={threads} must be at least 1")
    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(run, [blocks[t::n_threads] for t in range(n_threads)]))
    return BatchTrace(frozen(theta), frozen(done))


class _Runner:
    """Runs fours of one batch, in one thread."""

    def __init__(self, batch: Batch, weights: Array, steps: Array, regularization: float) -> None:
        self.batch, self.weights = batch, weights
        self.steps, self.regularization = steps, regularization
        _, N, S, A = batch.shape
        plan = full_elimination(S)
        self.pattern = (
            np.arange(S, dtype=np.uint32),
            plan.lower_ends,
            plan.lower,
            plan.upper_ends,
            plan.upper,
            np.arange(0, S * S * A + 1, S, dtype=np.uint32),
            np.tile(np.arange(S, dtype=np.uint32), S * A),
        )
        i = np.arange(N, dtype=np.uint64)
        zero = np.zeros_like(i)
        own = [i * np.uint64(size) for size in (S, S * A, S * A * S)]
        self.where = np.stack([zero + np.uint64(S), *[zero] * 4, *own], axis=1)
        self.agents = (np.arange(LANES)[None, :] * N + np.arange(N)[:, None]).astype(np.uint32)
        sizes = [S * A, *[S] * 8, len(plan.lower), len(plan.upper)]
        self.work = Work._make(np.zeros((size, LANES)) for size in sizes)

    def run(self, block: range, theta: Array, done: Array) -> None:
        """Iterate on at most four instances; one by one, if one of them does not stay finite."""
        lanes = list(block) + [block[-1]] * (LANES - len(block))
        ends, k = self.iterate(lanes, theta[lanes])
        if k < len(self.steps) and len(block) > 1:
            for b in block:
                self.run(range(b, b + 1), theta, done)
            return
        theta[block.start : block.stop] = ends[: len(block)]
        done[block.start : block.stop] = k

    def iterate(self, lanes: list[int], theta: Array) -> tuple[Array, int]:
        batch, (_, N, S, A) = self.batch, self.batch.shape
        chance = batch.transitions[lanes] * batch.discounts[lanes][:, :, None, None, None]
        excess = _excess(
            batch.discounts[lanes].ravel(),
            batch.transitions[lanes].reshape(LANES * N, S * A * S),
            S,
        )
        groups = Groups(
            self.where,
            self.agents,
            *self.pattern,
            _lanes_last(batch.exploration[lanes], N * S),
            _lanes_last(_centred(batch.rewards[lanes], batch.transitions[lanes]), N * S * A),
            _lanes_last(excess, N * S * A),
            _lanes_last(chance, N * S * A * S),
        )
        W = np.zeros((LANES * N, LANES * N))
        for lane, b in enumerate(lanes):
            W[lane * N : (lane + 1) * N, lane * N : (lane + 1) * N] = self.weights[b]
        ends, k = iterate(
            groups,
            self.work,
            theta.reshape(LANES * N, S, A),
            *sparse_weights(W),
            self.steps,
            self.regularization,
        )
        return ends.reshape(LANES, N, S, A), k


def _centred(rewards: Array, transitions: Array) -> Array:
    """Return what `accuracy.centred_rewards` does to each task."""
    low, high = (limit(rewards, axis=(2, 3), keepdims=True) for limit in (np.min, np.max))
    far = np.maximum(np.abs(low), np.abs(high)) > 4 * (high - low)
    loss = np.abs(transitions.sum(axis=-1) - 1).max(axis=(2, 3), keepdims=True)
    return np.asarray(rewards - np.where(far & (loss <= 1e-14), low + (high - low) / 2, 0.0))


def _lanes_last(array: Array, n_entries: int) -> Array:
    return np.ascontiguousarray(array.reshape(LANES, n_entries).T)


@compiled
def _excess(discounts: Array, transitions: Array, n_states: int) -> Array:
    """Return `row_excess` of several tasks, shape (n_tasks, n_rows)."""
    n_tasks, size = transitions.shape
    ends = np.arange(0, size + 1, n_states)
    found = np.empty((n_tasks, size // n_states))
    for i in range(n_tasks):
        own = row_excess(discounts[i], ends, transitions[i])
        for row in range(own.size):
            found[i, row] = own[row]
    return found


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _checked_mixing(mixing: Any, n_instances: int, n_tasks: int) -> Array:
    matrix = mixing.matrix if isinstance(mixing, MixingMatrix) else np.asarray(mixing, float)
    if matrix.shape not in ((n_tasks, n_tasks), (n_instances, n_tasks, n_tasks)):
        raise InvalidInput(
            f"mixing has shape {matrix.shape}, it must have shape {(n_tasks, n_tasks)} or "
            f"{(n_instances, n_tasks, n_tasks)}"
        )
    stochastic = [np.abs(matrix.sum(axis=axis) - 1) <= TOLERANCE for axis in (-1, -2)]
    fine = (matrix >= 0).all(axis=(-1, -2)) & stochastic[0].all(-1) & stochastic[1].all(-1)
    offender = first_offender(~np.atleast_1d(fine))
    if offender is not None:
        raise InvalidInput(
            f"mixing matrix {offender[0]} must be doubly stochastic: not negative, rows and "
            "columns of sum one"
        )
    return np.broadcast_to(matrix, (n_instances, n_tasks, n_tasks))


def _checked_initial(initial: Any | None, shape: tuple[int, ...]) -> Array:
    if initial is None:
        return np.zeros(shape)
    try:
        theta = np.array(np.broadcast_to(np.asarray(initial, dtype=np.float64), shape))
    except (TypeError, ValueError):
        raise InvalidInput(
            f"initial must be an array of numbers that broadcasts to shape {shape}"
        ) from None
    offender = first_offender(~np.isfinite(theta))
    if offender is not None:
        raise InvalidInput(f"initial{list(offender)} is {theta[offender]}, it must be finite")
    return theta
