"""What is written down during a run, and how often."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.policies import softmax
from dcpg_theory.theory.gradient import gradient
from dcpg_theory.theory.objective import objective, task_objective

__all__ = ["QUANTITIES", "Record", "Recorder"]


@dataclass(frozen=True, slots=True)
class Record:
    r"""Which quantities to record, at which iterations.

    The start and the end are always recorded. All quantities are at the start distributions rho_i,
    also where the algorithm explores from other ones. With thetabar the mean of the agents'
    parameters and n the number of recorded iterations, there are

    ==================  ==========================================================  ==============
    ``objective``       L^lambda(thetabar; rho) of (7)                              (n,)
    ``own_objective``   sum_i L_i^lambda(theta_i; rho_i): each agent by its own     (n,)
                        policy
    ``task_values``     V_i(rho_i) of every task under the policy of thetabar       (n, n_tasks)
    ``consensus_error`` the norm of the array of all theta_i - thetabar             (n,)
    ``gradient_norm``   the norm of (1/N) grad L^lambda(thetabar; rho)              (n,)
    ==================  ==========================================================  ==============

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
        Default all of the table.
    states : tuple of hashable
        Labels of the problem's states.

    Raises
    ------
    InvalidInput
        If `every` is not a positive integer, `first` is negative or a quantity is unknown.
    """

    every: int | None = None
    quantities: tuple[str, ...] = (
        "objective",
        "own_objective",
        "task_values",
        "consensus_error",
        "gradient_norm",
    )
    states: tuple[Hashable, ...] = ()
    first: int = 0

    def __post_init__(self) -> None:
        for field, least in (("every", 1), ("first", 0)):
            number = getattr(self, field)
            if number is None and field == "every":
                continue
            if not isinstance(number, int | np.integer) or number < least:
                raise InvalidInput(
                    f"record: {field}={number!r} must be an integer of at least {least}"
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


Quantity = Callable[[MultiTaskProblem, Array, float], object]
"""A function of the problem, the parameters of all agents, and the regularization."""


def _objective(problem: MultiTaskProblem, theta: Array, regularization: float) -> object:
    return objective(problem, softmax(theta.mean(axis=0)), regularization)


def _own_objective(problem: MultiTaskProblem, theta: Array, regularization: float) -> object:
    policies = softmax(theta)
    return sum(task_objective(problem, i, pi, regularization) for i, pi in enumerate(policies))


def _task_values(problem: MultiTaskProblem, theta: Array, _: float) -> object:
    policy = softmax(theta.mean(axis=0))
    return [task_objective(problem, i, policy) for i in range(problem.n_tasks)]


def _consensus_error(_problem: MultiTaskProblem, theta: Array, _: float) -> object:
    return np.linalg.norm(theta - theta.mean(axis=0))


def _gradient_norm(problem: MultiTaskProblem, theta: Array, regularization: float) -> object:
    policy = softmax(theta.mean(axis=0))
    return np.linalg.norm(gradient(problem, policy, regularization)) / problem.n_tasks


QUANTITIES: Mapping[str, Quantity] = {
    "objective": _objective,
    "own_objective": _own_objective,
    "task_values": _task_values,
    "consensus_error": _consensus_error,
    "gradient_norm": _gradient_norm,
}
"""The quantities that `Record` can name."""


class Recorder:
    """Collects what a `Record` asks for.

    Parameters
    ----------
    record : Record
    problem : MultiTaskProblem
        Of floats.
    regularization : float
    before : mapping of str to ndarray, optional
        What was recorded already, as `arrays` returned it.

    Raises
    ------
    InvalidInput
        If the problem has no state of a label that the record names.
    """

    def __init__(
        self,
        record: Record,
        problem: MultiTaskProblem,
        regularization: float,
        before: Mapping[str, Array] | None = None,
    ) -> None:
        self._quantities = {name: QUANTITIES[name] for name in record.quantities}
        self._problem, self._regularization = problem, regularization
        self._rows = [_place(problem, label) for label in record.states]
        names = ["iteration", *self._quantities]
        if self._rows:
            names += ["policy", "mean_policy"]
        self._series: dict[str, list[object]] = {name: [] for name in names}
        if before is not None:
            self._series = {name: list(before[name]) for name in names}

    def take(self, iteration: int, theta: Array) -> None:
        """Record the parameters theta, shape (n_tasks, n_states, n_actions), of an iteration."""
        self._series["iteration"].append(iteration)
        for name, quantity in self._quantities.items():
            with np.errstate(all="ignore"):
                found = quantity(self._problem, theta, self._regularization)
            self._series[name].append(found)
        if self._rows:
            self._series["policy"].append(softmax(theta[:, self._rows]))
            self._series["mean_policy"].append(softmax(theta.mean(axis=0)[self._rows]))

    def arrays(self) -> dict[str, Array]:
        """Return all series, their first axis the recorded iterations."""
        return {
            name: np.array(series, dtype=np.int64 if name == "iteration" else np.float64)
            for name, series in self._series.items()
        }


def _place(problem: MultiTaskProblem, label: Hashable) -> int:
    try:
        return problem.states.index(label)
    except ValueError:
        some = ", ".join(map(str, problem.states[:8]))
        more = ", ..." if problem.n_states > 8 else ""
        raise InvalidInput(f"record: no state {label!r}, the states are {some}{more}") from None
