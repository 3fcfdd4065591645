"""The one call that runs Algorithm 1: checks, iterates, records, saves."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dcpg_theory.engine import validation
from dcpg_theory.engine.accuracy import Accuracy
from dcpg_theory.engine.checkpoints import (
    Checkpoint,
    Saved,
    StepsDigest,
    fingerprint,
    load_state,
    save_state,
)
from dcpg_theory.engine.estimators import GradientEstimator
from dcpg_theory.engine.methods import Compiled, Estimates, ExactGradients, Iteration, Stepwise
from dcpg_theory.engine.paths import choose_path, make_path
from dcpg_theory.engine.recording import Record, Recorder, Series, Sink
from dcpg_theory.engine.rounds import Schedule, schedule_of
from dcpg_theory.engine.seeds import checked_seed
from dcpg_theory.engine.streams import RecordStream
from dcpg_theory.engine.teams import Team, Together
from dcpg_theory.engine.trace import Trace
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.validation import frozen

__all__ = ["run_dcpg"]

Callback = Callable[[int, Array], object]

FIRST_CHECK, CHECKS_GROW = 1000, 4
"""Between a run's first and last gradients those of iterations 1000, 4000, 16000, ... are checked:
often enough to see a run leave the promise, too seldom to slow it."""

_PIECES = 200
"""Into how many stretches a run is cut at least, if somebody watches its progress."""


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
    check_accuracy: bool = True,
    method: str = "dcpg",
    estimator: GradientEstimator | None = None,
    seed: int = 0,
    progress: Callable[[int], object] | None = None,
    comm: Any | None = None,
) -> Trace:
    r"""Run the decentralized policy gradient algorithm, Algorithm 1, in float64.

    Agent i does theta_i <- sum_j W_ij theta_j + alpha g_i, where the sum holds j = i, and g_i is
    the exact gradient (8) of its own task's objective, started from ``problem.exploration[i]``.
    The variants' updates stand in `methods`, `rounds` and `estimators`.

    Parameters
    ----------
    problem : MultiTaskProblem
        Rationals are rounded to floats.
    mixing : MixingMatrix or array_like, shape (n_tasks, n_tasks); several of them; or callable
        Agent i has task i. A list of matrices, or an array of shape (p, n_tasks, n_tasks), takes
        turns: W^k is its entry k mod p. A callable is asked for W^k by k. W need not be symmetric
        (`models.graphs.directed_cycle`).
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
    check_accuracy : bool
        Whether to bound the errors of the first and the last gradients, and of those at iterations
        1000, 4000, 16000, ...: ``trace.accuracy``. Each check costs about as much as some tens of
        iterations, with a few states as some hundreds.
    method : str
        ``dcpg``; ``gossip``, in which an iteration is the meeting of one random pair of
        neighbours; or ``gradient-tracking``, whose agents come to agree also with a constant step.
    estimator : GradientEstimator, optional
        Estimates in the place of the exact gradients, for instance `estimators.Reinforce`.
    seed : int
        Of the gossip and the estimates; what is drawn depends on it, the iteration and the agent.
    progress : callable, optional
        ``progress(k)`` now and then, at least every 200th part of the run.
    comm : mpi4py.MPI.Comm, optional
        Spread the agents over its ranks, all of which make this call with the same arguments and
        return the same trace, which is that of one process to the last bit. Rank 0 writes the
        files, and calls `callback` and `progress`.

    Returns
    -------
    Trace
        If an iteration is not finite, the run stops before it with a RuntimeWarning;
        ``trace.stopped`` says where, and the trace holds what was reached.

    Raises
    ------
    InvalidInput
        If a shape or a number is wrong, there is no such path or method, the checkpoint is
        unreadable, foreign, or exists and is not to be resumed, or the file of the record exists
        or does not go with the checkpoint.

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
    Trace(200 iterations, parameters of shape (2, 5, 2), 2 recorded, path='sparse')
    >>> round(float(trace.final["objective"]), 2)
    1.49
    """
    if not isinstance(problem, MultiTaskProblem):
        raise InvalidInput(f"problem is a {type(problem).__name__}, it must be a MultiTaskProblem")
    problem = problem.to_float()
    method = validation.checked_method(method, estimator)
    seed = checked_seed(seed)
    schedule = schedule_of(mixing, problem.n_tasks, gossip=method == "gossip", seed=seed)
    iterations = validation.checked_iterations(iterations)
    setting = _Setting(
        problem=problem,
        schedule=schedule,
        step_sizes=validation.checked_step_sizes(step_size, iterations),
        regularization=validation.checked_regularization(regularization),
        initial=validation.checked_initial(initial, problem),
        record=Record() if record is None else record,
        path=choose_path(problem) if path is None else path,
        method=method,
        estimator=estimator,
        seed=seed,
        check_accuracy=check_accuracy,
    )
    run = _Run(setting, _team(comm, setting), callback, progress, checkpoint)
    validation.warn_without_consensus(schedule)
    trace = run.to_the_end()
    if trace.stopped:
        warnings.warn(trace.stopped, RuntimeWarning, stacklevel=2)
    return trace


@dataclass(frozen=True, slots=True, eq=False)
class _Setting:
    """All that decides what a run computes."""

    problem: MultiTaskProblem
    schedule: Schedule
    step_sizes: Array
    regularization: float
    initial: Array
    record: Record
    path: str
    method: str
    estimator: GradientEstimator | None
    seed: int
    check_accuracy: bool

    def fingerprint(self) -> str:
        rest = (self.regularization, self.record, self.path, self.method, self.estimator)
        # The seed of a run in which nothing is drawn makes no difference.
        seed = self.seed if self.estimator is not None or self.method == "gossip" else None
        return fingerprint(self.problem, self.schedule, self.initial, *rest, seed)

    def iteration(self, team: Team) -> Iteration:
        """Return how the agents of a team iterate."""
        agents, constant = team.agents, self.schedule.constant
        problem, regularization = self.problem, self.regularization
        if self.estimator is not None:
            estimates = Estimates(problem, regularization, self.estimator, agents, self.seed)
            return Stepwise(team, self.schedule, estimates, tracking=self.tracks)
        if team.n_processes == 1 and self.method == "dcpg" and constant is not None:
            return Compiled(make_path(problem, regularization, self.path), constant.matrix)
        in_turns = self.method == "gossip"
        exact = ExactGradients(problem, regularization, self.path, agents, in_turns=in_turns)
        return Stepwise(team, self.schedule, exact, tracking=self.tracks)

    @property
    def tracks(self) -> bool:
        return self.method == "gradient-tracking"


def _team(comm: Any, setting: _Setting) -> Team:
    """Return where the agents live."""
    if comm is None:
        return Together(setting.problem.n_tasks)
    from dcpg_theory.engine.mpi import Ranks

    team = Ranks(comm, setting.problem.n_tasks)
    team.check_same(setting.fingerprint())
    return team


class _Run:
    """Algorithm 1 on its way: the state so far, cut into stretches between two notes."""

    def __init__(
        self,
        setting: _Setting,
        team: Team,
        callback: Callback | None,
        progress: Callable[[int], object] | None,
        checkpoint: Checkpoint | None,
    ) -> None:
        self.setting, self.team = setting, team
        self.record, self.step_sizes = setting.record, setting.step_sizes
        self.callback, self.progress, self.checkpoint = callback, progress, checkpoint
        self.iteration = setting.iteration(team)
        self.recorder = Recorder(
            self.record,
            setting.problem,
            setting.regularization,
            setting.path,
            team,
            setting.schedule,
        )
        fields = self.recorder.fields
        file = self.record.file
        self.stream = None if file is None else RecordStream(Path(file), fields)
        self.sink: Sink = Series(fields) if self.stream is None else self.stream
        self.done, self.started, self.steps = 0, False, StepsDigest()
        self.worst: list[float | None] = []
        # Only a checkpoint has a use for the digest of everything.
        self.identity = "" if checkpoint is None else setting.fingerprint()
        if not self.resumed():
            self.state = self.iteration.start(setting.initial[team.agents.start : team.agents.stop])
            self.begin()

    def to_the_end(self) -> Trace:
        stopped, worst = None, self.worst
        worst.append(self.error_bound())
        if not self.started:
            self.note()
        while self.done < len(self.step_sizes) and stopped is None:
            stopped = self.advance()
        # The end is saved before it is recorded, so that a longer run can go on from here.
        self.save()
        if not self.record.at(self.done):
            self.note()
        if self.done > 0 and not self.checks(self.done):
            worst.append(self.error_bound())
        bounds = [bound for bound in worst if bound is not None]
        return Trace(
            frozen(self.team.everyones(self.state["parameters"])),
            self.done,
            self.recorded(),
            self.record,
            self.setting.path,
            stopped,
            self.setting.method,
            Accuracy(max(bounds), len(bounds)) if bounds else None,
        )

    def error_bound(self) -> float | None:
        """Return a bound on the errors of all agents' gradients, over their a-priori bounds."""
        setting, theta, agents = self.setting, self.state["parameters"], self.team.agents
        if not setting.check_accuracy or setting.estimator is not None:
            return None
        from dcpg_theory.engine.certificate import error_bounds

        g = self.iteration.gradients(theta)
        own = error_bounds(setting.problem, setting.regularization, agents, theta, g)
        return float(self.team.everyones(own).max())

    def advance(self) -> str | None:
        """Iterate to the next record, save or end; return why not, if it does not get there."""
        n_iterations = len(self.step_sizes)
        following = (self.record.following(self.done), self.next_save(), self.next_check())
        target = int(min(n_iterations, *following))
        if self.progress is not None:
            target = min(target, self.done + max(1, n_iterations // _PIECES))
        steps = self.step_sizes[self.done : target]
        self.state, n = self.iteration.advance(self.state, self.done, steps)
        self.done += n
        self.steps.update(steps[:n])
        if n < len(steps):
            return f"iteration {self.done + 1} is not finite, kept those up to {self.done}"
        if self.checks(self.done):
            self.worst.append(self.error_bound())
        if self.record.at(self.done):
            self.note()
        if self.checkpoint is not None and self.done % self.checkpoint.every == 0:
            self.save()
        if self.progress is not None and self.team.is_root:
            self.progress(self.done)
        return None

    def note(self) -> None:
        theta = self.state["parameters"]
        before = self.step_sizes[max(0, self.done - 1) :][:1]
        row = self.recorder.row(self.done, theta, float(before[0]) if len(before) else np.nan)
        if self.stream is None:
            self.sink.append(row)
        else:
            self.team.at_root(lambda: self.sink.append(row))
        if self.callback is not None:
            callback, whole = self.callback, self.team.everyones_at_root(theta)
            self.team.at_root(lambda: _call(callback, self.done, whole))

    def recorded(self) -> Mapping[str, Array]:
        """Return the record; of a streamed one, views of its file at the root."""
        if self.stream is not None:
            self.team.at_root(self.stream.close)
        return self.sink.arrays() if self.stream is None or self.team.is_root else {}

    def save(self) -> None:
        if self.checkpoint is None:
            return
        path, team, stream = Path(self.checkpoint.path), self.team, self.stream
        state = {name: team.everyones_at_root(array) for name, array in self.state.items()}
        memory = team.merged_at_root(self.iteration.memory())

        def write() -> None:
            recorded = dict(self.sink.arrays()) if stream is None else None
            mark = None if stream is None else stream.mark()
            saved = Saved(self.done, _present(state), memory, recorded, mark)
            save_state(path, saved, self.identity, self.steps)

        team.at_root(write)

    def next_check(self) -> float:
        """Return the next iteration whose gradients are checked."""
        if not self.setting.check_accuracy:
            return np.inf
        k = FIRST_CHECK
        while k <= self.done:
            k *= CHECKS_GROW
        return k

    def checks(self, k: int) -> bool:
        """Whether the gradients of iteration k are checked on the way."""
        while k > FIRST_CHECK and k % CHECKS_GROW == 0:
            k //= CHECKS_GROW
        return self.setting.check_accuracy and k == FIRST_CHECK

    def next_save(self) -> float:
        if self.checkpoint is None:
            return np.inf
        return (self.done // self.checkpoint.every + 1) * self.checkpoint.every

    def begin(self) -> None:
        """Make the files of a new run, the checkpoint first: a record is never without one."""
        self.save()
        if self.stream is not None:
            self.team.at_root(self.stream.begin)

    def resumed(self) -> bool:
        """Take up the run from its checkpoint, if there is one."""
        if self.checkpoint is None:
            return False
        saved = self.team.at_root(self.saved)
        if saved is None:
            return False
        agents = slice(self.team.agents.start, self.team.agents.stop)
        self.done = saved.iteration
        self.steps.update(self.step_sizes[: self.done])
        self.state = {name: array[agents] for name, array in saved.state.items()}
        if saved.memory:
            self.iteration.recall(saved.memory)
        if saved.recorded is not None:
            self.sink = Series(self.recorder.fields, saved.recorded)
            self.started = len(saved.recorded["iteration"]) > 0
        elif saved.mark is not None:
            self.started = saved.mark[0] > 0
        return True

    def saved(self) -> Saved | None:
        """Read the checkpoint and open the record again; only at the root."""
        if self.checkpoint is None:
            return None
        path = Path(self.checkpoint.path)
        if not path.exists():
            return None
        if not self.checkpoint.resume:
            raise InvalidInput(f"{path}: exists; resume from it, or remove it to start anew")
        streamed = self.stream is not None
        found = load_state(path, self.identity, self.step_sizes, streamed=streamed)
        if self.stream is not None and found.mark is not None:
            self.stream.resume(found.mark)
        return found


def _call(callback: Callback, k: int, parameters: Array | None) -> None:
    if parameters is not None:
        callback(k, frozen(parameters.view()))


def _present(arrays: Mapping[str, Array | None]) -> dict[str, Array]:
    return {name: array for name, array in arrays.items() if array is not None}
