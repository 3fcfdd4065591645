"""What is written down during a run, and how often."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from dcpg_theory.engine.blas_threads import one_blas_thread
from dcpg_theory.engine.evaluation import Evaluation
from dcpg_theory.engine.rounds import Schedule
from dcpg_theory.engine.teams import Team, summed
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.policies import softmax

__all__ = ["DEFAULT_QUANTITIES", "QUANTITIES", "Record", "Recorder", "Series", "Sink"]

DEFAULT_QUANTITIES = (
    "objective",
    "own_objective",
    "task_values",
    "consensus_error",
    "gradient_norm",
)
"""What a record holds if nothing else is asked for."""


@dataclass(frozen=True, slots=True)
class Record:
    r"""Which quantities to record, at which iterations, and where.

    The start and the end are always recorded. With thetabar the mean of the agents' parameters and
    n the number of recorded iterations, there are, at the start distributions rho_i, also where the
    algorithm explores from other ones,

    ===================  =========================================================  ==============
    ``objective``        L^lambda(thetabar; rho) of (7)                             (n,)
    ``own_objective``    sum_i L_i^lambda(theta_i; rho_i): each agent by its own    (n,)
                         policy
    ``task_values``      V_i(rho_i) of every task under the policy of thetabar      (n, n_tasks)
    ``consensus_error``  the norm of the array of all theta_i - thetabar            (n,)
    ``gradient_norm``    the norm of (1/N) grad L^lambda(thetabar; rho)             (n,)
    ===================  =========================================================  ==============

    and, on demand, what the proofs of Section B.1 follow, at the exploration distributions mu_i,

    ======================  ======================================================  ==============
    ``agent_errors``        the norm of every theta_i - thetabar, bounded in (23)   (n, n_tasks)
    ``own_gradient_norms``  the norm of every grad L_i^lambda(theta_i; mu_i)        (n, n_tasks)
    ``own_gradient_norm``   the norm of the mean over the agents, see (34)          (n,)
    ``lyapunov``            xi of (24), with the step of the iteration that led     (n,)
                            there, at the start of the first;
                            its descent (29) is the proof of Theorem 1
    ======================  ======================================================  ==============

    and, if `states` are chosen, ``policy`` of shape (n, n_tasks, n_chosen, n_actions), the agents'
    policies there, and ``mean_policy`` of shape (n, n_chosen, n_actions), that of thetabar. Values
    are in the units of the rewards.

    Parameters
    ----------
    every : int, optional
        Record each `every`-th iteration; by default only the start and the end.
    first : int
        Besides, record each of this many first iterations, where most happens.
    quantities : tuple of str
        Default all of the first table.
    states : tuple of hashable
        Labels of the problem's states.
    file : Path or str, optional
        Stream the record to this file, of which memory then holds only a piece; see `streams`.
        It is no part of what is compared between two records.

    Raises
    ------
    InvalidInput
        If `every` is not a positive integer, `first` is negative or a quantity is unknown.
    """

    every: int | None = None
    quantities: tuple[str, ...] = DEFAULT_QUANTITIES
    states: tuple[Hashable, ...] = ()
    first: int = 0
    file: Path | str | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.file, str | Path | None):
            raise InvalidInput(f"record: file={self.file!r} must be a path")
        for name, least in (("every", 1), ("first", 0)):
            number = getattr(self, name)
            if number is None and name == "every":
                continue
            if not isinstance(number, int | np.integer) or number < least:
                raise InvalidInput(
                    f"record: {name}={number!r} must be an integer of at least {least}"
                )
        for name in self.quantities:
            if name not in QUANTITIES:
                known = ", ".join(QUANTITIES)
                raise InvalidInput(f"record: unknown quantity {name!r}, known are {known}")

    def at(self, iteration: int) -> bool:
        """Return whether this iteration is recorded, wherever the run ends."""
        if iteration <= self.first:
            return True
        return self.every is not None and iteration % self.every == 0

    def following(self, iteration: int) -> float:
        """Return the next iteration to be recorded, infinity if there is none before the end."""
        if iteration < self.first:
            return iteration + 1
        return np.inf if self.every is None else (iteration // self.every + 1) * self.every


class Moment:
    """The run at one iteration, of which each quantity takes what it needs; computed once.

    Parameters
    ----------
    setting : Recorder
    theta : ndarray, shape (n_agents_here, n_states, n_actions)
    step_size : float
    iteration : int
    """

    def __init__(self, setting: Recorder, theta: Array, step_size: float, iteration: int) -> None:
        self.problem, self.team = setting.problem, setting.team
        self.schedule, self.evaluation = setting.schedule, setting.evaluation
        self.theta, self.step_size, self.iteration = theta, step_size, iteration

    @cached_property
    def mean(self) -> Array:
        """Thetabar, shape (n_states, n_actions)."""
        return self.team.total(self.theta) / self.team.n_agents

    @cached_property
    def mean_policy(self) -> Array:
        """The policy of thetabar, shape (n_states, n_actions)."""
        return softmax(self.mean)

    @cached_property
    def mean_values(self) -> Array:
        """V_i(rho_i) of every task under the mean policy, shape (n_tasks,)."""
        policies = np.broadcast_to(self.mean_policy, self.theta.shape)
        tasks = (self.problem.tasks[i] for i in self.team.agents)
        values = zip(tasks, self.evaluation.values(policies), strict=True)
        return self.team.everyones(np.array([task.start @ V for task, V in values]))

    @cached_property
    def own_objectives(self) -> Array:
        """L_i^lambda(theta_i; .) at rho_i and at mu_i, shape (n_agents_here, 2)."""
        found = np.empty((len(self.theta), 2))
        values = self.evaluation.values(softmax(self.theta))
        for n, (i, V) in enumerate(zip(self.team.agents, values, strict=True)):
            penalty = self.evaluation.penalty(self.theta[n])
            found[n, 0] = self.problem.tasks[i].start @ V - penalty
            found[n, 1] = self.problem.exploration[i] @ V - penalty
        return found

    @cached_property
    def own_gradients(self) -> Array:
        """Grad L_i^lambda(theta_i; mu_i), shape (n_agents_here, n_states, n_actions)."""
        return self.evaluation.gradients(self.theta, at_starts=False)


Quantity = Callable[[Moment], object]
"""A number or an array that is recorded, the same on all ranks."""


def _objective(now: Moment) -> object:
    values = summed(now.mean_values)
    return values - now.team.n_agents * now.evaluation.penalty(now.mean)


def _own_objective(now: Moment) -> object:
    return now.team.total(now.own_objectives)[0]


def _task_values(now: Moment) -> object:
    return now.mean_values


def _consensus_error(now: Moment) -> object:
    return np.sqrt(now.team.total(_squares(now.theta - now.mean)))


def _gradient_norm(now: Moment) -> object:
    means = np.broadcast_to(now.mean, now.theta.shape)
    gradients = now.evaluation.gradients(means, at_starts=True)
    return np.linalg.norm(now.team.total(gradients)) / now.team.n_agents


def _agent_errors(now: Moment) -> object:
    return np.sqrt(now.team.everyones(_squares(now.theta - now.mean)))


def _own_gradient_norms(now: Moment) -> object:
    return np.sqrt(now.team.everyones(_squares(now.own_gradients)))


def _own_gradient_norm(now: Moment) -> object:
    return np.linalg.norm(now.team.total(now.own_gradients)) / now.team.n_agents


def _lyapunov(now: Moment) -> object:
    r"""Xi of (24); theta^T ((I - W) (x) I) theta by the rows of W that belong to the agents."""
    round_ = now.schedule.round(now.iteration)
    heard, place = now.team.exchange(round_, now.theta).finish(), now.team.places(round_)
    products = np.empty(len(now.theta))
    for n, i in enumerate(now.team.agents):
        agents, weights = round_.rows[i]
        mixed = sum(w * heard[place(j)] for j, w in zip(agents, weights, strict=True))
        products[n] = np.vdot(now.theta[n], now.theta[n] - mixed)
    apart, objective = now.team.total(np.column_stack([products, now.own_objectives[:, 1]]))
    return apart / (2 * now.step_size) - objective


def _squares(arrays: Array) -> Array:
    return np.array([np.vdot(array, array) for array in arrays], dtype=np.float64)


QUANTITIES: Mapping[str, Quantity] = {
    "objective": _objective,
    "own_objective": _own_objective,
    "task_values": _task_values,
    "consensus_error": _consensus_error,
    "gradient_norm": _gradient_norm,
    "agent_errors": _agent_errors,
    "own_gradient_norms": _own_gradient_norms,
    "own_gradient_norm": _own_gradient_norm,
    "lyapunov": _lyapunov,
}
"""The quantities that `Record` can name."""

_PER_TASK = ("task_values", "agent_errors", "own_gradient_norms")


class Sink(Protocol):
    """Where the rows of a record go."""

    def append(self, row: Mapping[str, Any]) -> None:
        """Take one recorded iteration."""
        ...

    def arrays(self) -> Mapping[str, Array]:
        """Return all series, their first axis the recorded iterations."""
        ...


class Series:
    """A record in memory.

    Parameters
    ----------
    names : iterable of str
    before : mapping of str to ndarray, optional
        What was recorded already, as `arrays` returned it.
    """

    def __init__(
        self, fields: Mapping[str, tuple[int, ...]], before: Mapping[str, Array] | None = None
    ) -> None:
        self._rows = {name: list(before[name]) if before else [] for name in fields}

    def append(self, row: Mapping[str, Any]) -> None:
        """See `Sink`."""
        for name, series in self._rows.items():
            series.append(row[name])

    def arrays(self) -> dict[str, Array]:
        """See `Sink`."""
        return {
            name: np.array(series, dtype=np.int64 if name == "iteration" else np.float64)
            for name, series in self._rows.items()
        }


class Recorder:
    """Computes what a `Record` asks for.

    Parameters
    ----------
    record : Record
    problem : MultiTaskProblem
        Of floats.
    regularization : float
    path : str
        The name of the run's path.
    team : Team
    schedule : Schedule

    Attributes
    ----------
    fields : mapping of str to tuple of int
        The names of the series and the shape of one row of each.

    Raises
    ------
    InvalidInput
        If the problem has no state of a label that the record names, or a quantity does not suit
        the schedule.
    """

    def __init__(
        self,
        record: Record,
        problem: MultiTaskProblem,
        regularization: float,
        path: str,
        team: Team,
        schedule: Schedule,
    ) -> None:
        self.problem, self.team, self.schedule = problem, team, schedule
        self.evaluation = Evaluation(problem, regularization, path, team.agents)
        if "lyapunov" in record.quantities and schedule.constant is None:
            raise InvalidInput("record: lyapunov, (24), needs one constant mixing matrix")
        self._quantities = {name: QUANTITIES[name] for name in record.quantities}
        self._states = [_place(problem, label) for label in record.states]
        self.fields: dict[str, tuple[int, ...]] = {"iteration": ()}
        for name in self._quantities:
            self.fields[name] = (problem.n_tasks,) if name in _PER_TASK else ()
        if self._states:
            shape = (len(self._states), problem.n_actions)
            self.fields |= {"policy": (problem.n_tasks, *shape), "mean_policy": shape}

    def row(self, iteration: int, theta: Array, step_size: float) -> dict[str, object]:
        """Return one row of the record; called on all ranks.

        Parameters
        ----------
        iteration : int
        theta : ndarray, shape (n_agents_here, n_states, n_actions)
        step_size : float
            Of the iteration that led there; for xi of (24).
        """
        now = Moment(self, theta, step_size, iteration)
        row: dict[str, object] = {"iteration": iteration}
        with np.errstate(all="ignore"), one_blas_thread():
            row |= {name: quantity(now) for name, quantity in self._quantities.items()}
        if self._states:
            row["policy"] = self.team.everyones(softmax(theta[:, self._states]))
            row["mean_policy"] = softmax(now.mean[self._states])
        return row


def _place(problem: MultiTaskProblem, label: Hashable) -> int:
    try:
        return problem.states.index(label)
    except ValueError:
        some = ", ".join(map(str, problem.states[:8]))
        more = ", ..." if problem.n_states > 8 else ""
        raise InvalidInput(f"record: no state {label!r}, the states are {some}{more}") from None
