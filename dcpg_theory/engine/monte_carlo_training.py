"""Algorithm 1 with Monte Carlo gradients, rounds fused in one compiled loop, with checkpoints."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dcpg_theory.engine import validation
from dcpg_theory.engine.checkpoints import Checkpoint
from dcpg_theory.engine.episodes import episode_tables
from dcpg_theory.engine.files import read_archive, write_archive
from dcpg_theory.engine.monte_carlo import Episodic, random_streams
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.mixing import MixingMatrix
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.validation import frozen

__all__ = ["MonteCarloRun", "train_monte_carlo"]

VERSION = 2
_KIND = "monte-carlo checkpoint"
_PIECES = 100


@dataclass(frozen=True, slots=True, eq=False)
class MonteCarloRun:
    """The end of a training, and what the episodes returned on the way.

    Attributes
    ----------
    parameters : ndarray, shape (n_tasks, n_states, n_actions)
    returns : ndarray, shape (rounds, n_tasks)
        The mean discounted return of each agent's episodes in each round, by its own policy.
    steps : int
        How many steps all episodes made together; of this call, not of those before a resumption.
    stopped : str or None
        Why training ended before its last round, if it did.
    """

    parameters: Array
    returns: Array
    steps: int
    stopped: str | None = None

    @property
    def rounds(self) -> int:
        """How many rounds were done."""
        return len(self.returns)

    @property
    def mean_parameters(self) -> Array:
        """The mean of the agents' parameters, shape (n_states, n_actions)."""
        return np.asarray(self.parameters.mean(axis=0))


def train_monte_carlo(
    problem: MultiTaskProblem,
    mixing: Any,
    *,
    step_size: Any,
    rounds: int,
    estimator: Episodic | None = None,
    regularization: Any = 0.0,
    initial: Any | None = None,
    seed: int = 0,
    callback: Callable[[int], object] | None = None,
    checkpoint: Checkpoint | None = None,
) -> MonteCarloRun:
    """Train by (9) with estimated gradients: in a round every agent draws its episodes and updates.

    Parameters
    ----------
    problem : MultiTaskProblem
        Episodes start from ``problem.exploration``.
    mixing : MixingMatrix or array_like, shape (n_tasks, n_tasks)
    step_size : number or array_like, shape (rounds,)
    rounds : int
        Counted from the initial parameters also when the training is resumed.
    estimator : Episodic, optional
        Default one episode a round, every visit, no baseline.
    regularization : number
        The lambda of (7); its gradient is added exactly.
    initial : array_like, shape (n_states, n_actions) or (n_tasks, n_states, n_actions), optional
    seed : int
        The same seed gives the same training, also when it was interrupted.
    callback : callable, optional
        ``callback(k)`` after about every hundredth of the rounds.
    checkpoint : Checkpoint, optional
        Saved every ``checkpoint.every`` rounds and at the end.

    Raises
    ------
    InvalidInput
        If a shape or a number is wrong, or the checkpoint is unreadable, foreign, or exists and is
        not to be resumed.

    Warns
    -----
    RuntimeWarning
        If the training stops early, before a round whose parameters are not finite.
    """
    problem = problem.to_float()
    estimator = Episodic() if estimator is None else estimator
    rounds = validation.checked_iterations(rounds)
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise InvalidInput(f"seed={seed!r} must be an integer of at least 0")
    training = _Training(
        problem=problem,
        W=_weights(mixing, problem.n_tasks),
        step_sizes=validation.checked_step_sizes(step_size, rounds),
        estimator=estimator,
        regularization=validation.checked_regularization(regularization),
        theta=validation.checked_initial(initial, problem),
        streams=random_streams(np.random.default_rng(seed), problem.n_tasks),
    )
    run = training.to_the_end(callback, checkpoint)
    if run.stopped:
        warnings.warn(run.stopped, RuntimeWarning, stacklevel=2)
    return run


def _weights(mixing: Any, n_tasks: int) -> Array:
    matrix = mixing if isinstance(mixing, MixingMatrix) else MixingMatrix(mixing)
    if matrix.n_agents != n_tasks:
        raise InvalidInput(
            f"mixing matrix has {matrix.n_agents} agents, it must have one for each of the "
            f"{n_tasks} tasks"
        )
    return np.ascontiguousarray(matrix.matrix)


@dataclass(slots=True, kw_only=True)
class _Training:
    """A training on its way."""

    problem: MultiTaskProblem
    W: Array
    step_sizes: Array
    estimator: Episodic
    regularization: float
    theta: Array
    streams: Array

    def to_the_end(
        self, callback: Callable[[int], object] | None, checkpoint: Checkpoint | None
    ) -> MonteCarloRun:
        from dcpg_theory.engine import episode_kernels

        tables = episode_tables(self.problem)
        theta = np.ascontiguousarray(self.theta)
        baseline = np.zeros(theta.shape[:2])
        returns = np.zeros((len(self.step_sizes), len(theta)))
        done, steps, stopped = 0, 0, None
        identity = "" if checkpoint is None else self.identity(tables)
        if checkpoint is not None:
            done = self.resume(checkpoint, identity, theta, baseline, returns)
        piece = max(1, len(self.step_sizes) // _PIECES) if callback else len(self.step_sizes)
        while done < len(self.step_sizes) and stopped is None:
            target = min(done + piece, len(self.step_sizes))
            if checkpoint is not None:
                target = min(target, (done // checkpoint.every + 1) * checkpoint.every)
            n, made = episode_kernels.train(
                tables, self.W, theta, self.step_sizes[done:target], baseline,
                self.estimator.baseline_rate, self.estimator.batch, self.estimator.horizon,
                self.estimator.kind, self.regularization, self.streams, returns[done:target],
            )  # fmt: skip
            steps += made
            if done + n < target:
                stopped = f"round {done + n + 1} is not finite, kept those up to {done + n}"
            done += n
            if checkpoint is not None and (done % checkpoint.every == 0 or stopped):
                self.save(checkpoint, identity, done, theta, baseline, returns)
            if callback is not None:
                callback(done)
        if checkpoint is not None:
            self.save(checkpoint, identity, done, theta, baseline, returns)
        return MonteCarloRun(frozen(theta), frozen(returns[:done].copy()), steps, stopped)

    def identity(self, tables: Any) -> str:
        """Return a digest of all that decides the training but the step sizes."""
        digest = hashlib.sha256(repr((self.estimator, self.regularization)).encode())
        for array in (*tables, self.W, self.theta, self.streams):
            digest.update(repr((array.shape, array.dtype.str)).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    def save(
        self,
        checkpoint: Checkpoint,
        identity: str,
        done: int,
        theta: Array,
        baseline: Array,
        returns: Array,
    ) -> None:
        arrays = {
            "parameters": theta,
            "baseline": baseline,
            "returns": returns[:done],
            "steps": self.step_sizes[:done],
            "streams": self.streams,
        }
        write_archive(Path(checkpoint.path), _KIND, VERSION, {"run": identity}, arrays)

    def resume(
        self,
        checkpoint: Checkpoint,
        identity: str,
        theta: Array,
        baseline: Array,
        returns: Array,
    ) -> int:
        """Fill the arrays from the file, if there is one; return how many rounds were done."""
        path = Path(checkpoint.path)
        if not path.exists():
            return 0
        if not checkpoint.resume:
            raise InvalidInput(f"{path}: exists; resume from it, or remove it to start anew")
        header, arrays = read_archive(path, _KIND, VERSION)
        if header.get("run") != identity or set(arrays) != {
            "parameters", "baseline", "returns", "steps", "streams"
        }:  # fmt: skip
            raise InvalidInput(
                f"{path}: is a checkpoint of another training: the problem, mixing matrix, "
                "estimator, regularization, seed or initial parameters differ"
            )
        done = len(arrays["steps"])
        if done > len(self.step_sizes) or not np.array_equal(
            arrays["steps"], self.step_sizes[:done]
        ):
            raise InvalidInput(
                f"{path}: is a checkpoint of another training: after {done} rounds with other "
                "step sizes, or beyond the last one asked for"
            )
        theta[:], baseline[:] = arrays["parameters"], arrays["baseline"]
        self.streams[:], returns[:done] = arrays["streams"], arrays["returns"]
        return done
