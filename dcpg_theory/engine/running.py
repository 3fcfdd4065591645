"""The one call that runs Algorithm 1: checks, iterates, records, saves."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dcpg_theory.engine import validation
from dcpg_theory.engine.checkpoints import Checkpoint, State, fingerprint, load_state, save_state
from dcpg_theory.engine.paths import make_path
from dcpg_theory.engine.recording import Record, Recorder
from dcpg_theory.engine.trace import Trace
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.mixing import MixingMatrix
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.validation import frozen

__all__ = ["run_dcpg"]

Callback = Callable[[int, Array], object]


def run_dcpg(
    problem: MultiTaskProblem,
    mixing: Any,
    *,
    step_size: Any,
    iterations: int,
    regularization: Any = 0.0,
    initial: Any | None = None,
    record: Record | None = None,
    callback: Callback | None = None,
    checkpoint: Checkpoint | None = None,
    path: str | None = None,
) -> Trace:
    r"""Run the decentralized policy gradient algorithm, Algorithm 1, in float64.

    Agent i does theta_i <- sum_j W_ij theta_j + alpha g_i, where the sum holds j = i, and g_i is
    the exact gradient (8) of its own task's objective, started from ``problem.exploration[i]``.

    Parameters
    ----------
    problem : MultiTaskProblem
        Rationals are rounded to floats.
    mixing : MixingMatrix or array_like, shape (n_tasks, n_tasks)
        Agent i has task i.
    step_size : number or array_like, shape (iterations,)
        The alpha^k, positive; one number for a constant step, as the theorems have it. In units of
        parameter per unit of gradient.
    iterations : int
        How many, counted from the initial parameters also when the run is resumed.
    regularization : number
        The lambda of (7), not negative.
    initial : array_like, shape (n_states, n_actions) or (n_tasks, n_states, n_actions), optional
        The theta_i^0: equal for all agents, or each agent's own. Default zero, the uniform policy.
    record : Record, optional
        What to record and how often; default everything, at the start and at the end.
    callback : callable, optional
        ``callback(k, parameters)`` after every recorded iteration k, with theta^k, read-only.
    checkpoint : Checkpoint, optional
        Where to save the run, and whether to go on from there.
    path : str, optional
        The implementation, one of `paths.PATHS`; default what suits the size and sparsity.

    Returns
    -------
    Trace
        If an iteration is not finite, the run stops before it with a RuntimeWarning;
        ``trace.stopped`` says where, and the trace holds what was reached.

    Raises
    ------
    InvalidInput
        If a shape or a number is wrong, there is no such path, or the checkpoint is unreadable,
        foreign, or exists and is not to be resumed.

    Warns
    -----
    UserWarning
        If the graph of W is disconnected, or W is periodic: consensus cannot hold.
    RuntimeWarning
        If the run stops early.

    Examples
    --------
    >>> from dcpg_theory.models import example_1, graphs
    >>> W = graphs.lazy_metropolis(graphs.complete(2))
    >>> trace = run_dcpg(example_1(0.9), W, step_size=0.5, iterations=200)
    >>> trace
    Trace(200 iterations, parameters of shape (2, 5, 2), 2 recorded, path='reference')
    >>> round(float(trace.final["objective"]), 2)
    1.49
    """
    if not isinstance(problem, MultiTaskProblem):
        raise InvalidInput(f"problem is a {type(problem).__name__}, it must be a MultiTaskProblem")
    problem = problem.to_float()
    mixing = validation.checked_mixing(mixing, problem.n_tasks)
    iterations = validation.checked_iterations(iterations)
    run = _Run(
        problem=problem,
        mixing=mixing,
        step_sizes=validation.checked_step_sizes(step_size, iterations),
        regularization=validation.checked_regularization(regularization),
        initial=validation.checked_initial(initial, problem),
        record=Record() if record is None else record,
        callback=callback,
        checkpoint=checkpoint,
        path=path,
    )
    validation.warn_without_consensus(mixing)
    trace = run.to_the_end()
    if trace.stopped:
        warnings.warn(trace.stopped, RuntimeWarning, stacklevel=2)
    return trace


class _Run:
    """Algorithm 1 on its way: the parameters so far, cut into stretches between two notes."""

    def __init__(
        self,
        *,
        problem: MultiTaskProblem,
        mixing: MixingMatrix,
        step_sizes: Array,
        regularization: float,
        initial: Array,
        record: Record,
        callback: Callback | None,
        checkpoint: Checkpoint | None,
        path: str | None,
    ) -> None:
        self.problem, self.mixing = problem, mixing
        self.step_sizes, self.regularization = step_sizes, regularization
        self.record, self.callback, self.checkpoint = record, callback, checkpoint
        self.path = make_path(problem, regularization, path)
        self.recorder = Recorder(record, problem, regularization)
        self.done, self.theta = 0, initial
        if checkpoint is not None:
            self.identity = fingerprint(
                problem, mixing, regularization, initial, record, self.path.name
            )
            self.resume(checkpoint)

    def to_the_end(self) -> Trace:
        stopped = None
        if self.done == 0:
            self.note()
        while self.done < len(self.step_sizes) and stopped is None:
            stopped = self.advance()
        # The end is saved before it is recorded, so that a longer run can go on from here.
        self.save()
        if not self.record.at(self.done):
            self.note()
        recorded = self.recorder.arrays()
        return Trace(frozen(self.theta), self.done, recorded, self.record, self.path.name, stopped)

    def advance(self) -> str | None:
        """Iterate to the next record, save or end; return why not, if it does not get there."""
        target = int(min(len(self.step_sizes), self.record.following(self.done), self.next_save()))
        steps = self.step_sizes[self.done : target]
        self.theta, n = self.path.advance(self.theta, self.mixing.matrix, steps)
        self.done += n
        if n < len(steps):
            return f"iteration {self.done + 1} is not finite, kept those up to {self.done}"
        if self.record.at(self.done):
            self.note()
        if self.checkpoint is not None and self.done % self.checkpoint.every == 0:
            self.save()
        return None

    def note(self) -> None:
        self.recorder.take(self.done, self.theta)
        if self.callback is not None:
            self.callback(self.done, frozen(self.theta.view()))

    def save(self) -> None:
        if self.checkpoint is not None:
            state = State(self.done, self.theta, self.recorder.arrays())
            save_state(Path(self.checkpoint.path), state, self.identity, self.step_sizes)

    def next_save(self) -> float:
        if self.checkpoint is None:
            return np.inf
        return (self.done // self.checkpoint.every + 1) * self.checkpoint.every

    def resume(self, checkpoint: Checkpoint) -> None:
        path = Path(checkpoint.path)
        if not path.exists():
            return
        if not checkpoint.resume:
            raise InvalidInput(f"{path}: exists; resume from it, or remove it to start anew")
        state = load_state(path, self.identity, self.step_sizes)
        self.done, self.theta = state.iteration, state.parameters
        if state.iteration:
            self.recorder = Recorder(self.record, self.problem, self.regularization, state.recorded)
