r"""Bounds for one given problem: sharper than its sizes allow.

Three things a problem says that its sizes do not.

- **Its values' span.** The identity behind the sharp constants, V = sum_f p(f) V^f over the
  deterministic policies, needs of V^f only the interval it lies in. R_j X_j is a bound of that
  interval's length; the difference of the greatest and the least value from mu_j is its length.
- **Where its policy matters.** V_j depends on the policy only in states that are reached from mu_j
  and whose actions differ; only these |E_j| rows are then mixed, and |E_j| replaces |S_j|.
- **How far it is from its optimum.** Delta is the mean of the greatest values minus the value at
  theta^0, plus lambda RE(theta^0).

So :math:`b^V_j = \min\{|E_j| \Delta V_j/(3\sqrt3), R_j X_j^2/2\}`, and a gradient is at most
:math:`\min\{\sqrt{|E_j|} \Delta V_j, R_j X_j^{3/2}\}/(2\sqrt2)`: constants that hold at every
parameter, so along every run. If all tasks are equal, so are all agents at all times, and the
consensus terms vanish.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import flint

from dcpg_theory.bounds.arithmetic import Number, at_working_precision, exact, root, smallest
from dcpg_theory.bounds.extremes import choosing_states, extremes
from dcpg_theory.bounds.smoothness import (
    SharpConstants,
    combined,
    value_gradient_norm,
    value_smoothness,
)
from dcpg_theory.bounds.task_sizes import Sizes, TaskSizes, sizes_of
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["Measured", "MeasuredTask", "instance_constants", "measured"]


@dataclass(frozen=True, slots=True)
class MeasuredTask:
    """What one task of a problem says of itself.

    Attributes
    ----------
    sizes : TaskSizes
    choosing : int
        |E_j|, the states in which the policy matters.
    span : fmpq
        At least the greatest minus the least V_j(mu_j).
    climb : fmpq
        At least the greatest V_j(mu_j) minus that of the uniform policy.
    """

    sizes: TaskSizes
    choosing: int
    span: Any
    climb: Any

    @property
    def smoothness(self) -> Number:
        """A Lipschitz constant of grad V_j."""
        by_states = self.choosing * self.span / (3 * root(flint.fmpq(3)))
        return smallest(by_states, value_smoothness(self.sizes))

    @property
    def gradient_norm(self) -> Number:
        """A bound of the norm of grad V_j."""
        by_states = root(flint.fmpq(self.choosing)) * self.span / (2 * root(flint.fmpq(2)))
        return smallest(by_states, value_gradient_norm(self.sizes))


@dataclass(frozen=True, slots=True)
class Measured:
    """A problem with what was measured of it; takes the problem's place in the calculators."""

    problem: MultiTaskProblem
    sizes: Sizes
    tasks: tuple[MeasuredTask, ...]
    all_equal: bool


@at_working_precision
def measured(problem: MultiTaskProblem) -> Measured:
    """Measure a problem: spans of values, states that matter, distance from the optima.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats or rationals.

    Raises
    ------
    InvalidInput
        If the problem holds balls or symbols.
    """
    first, mu = problem.tasks[0], problem.exploration[0]
    equal = all(task == first for task in problem.tasks) and all(
        bool((other == mu).all()) for other in problem.exploration
    )
    pairs = zip(problem.tasks, problem.exploration, strict=True)
    tasks = tuple(_measured_task(task, start) for task, start in pairs)
    return Measured(problem, sizes_of(problem), tasks, equal)


def _measured_task(task: Any, start: Any) -> MeasuredTask:
    length = exact(task.rewards.max(), "reward") - exact(task.rewards.min(), "reward")
    of = TaskSizes(exact(task.discount, "discount"), task.n_states, length)
    whole = length * of.horizon
    found = extremes(task, start)
    span = min(found.most - found.least, whole)  # both 0 if the rewards do not differ
    return MeasuredTask(
        of, choosing_states(task, start), span, min(found.most - found.uniform, span)
    )


def instance_constants(
    measured: Measured, regularization: Any, initial_entropy: Any
) -> SharpConstants:
    """Return the constants of Theorem 1 and 2 for a measured problem.

    An initial entropy other than 0 says that the start is not the uniform policy, and not which:
    the climb is then bounded by the span.
    """
    tasks, n = measured.tasks, len(measured.tasks)
    climbs = [task.climb if initial_entropy == 0 else task.span for task in tasks]
    room = sum(climbs, start=flint.fmpq(0)) / n + regularization * initial_entropy
    return combined(
        [(task.smoothness, 1) for task in tasks],
        [(task.gradient_norm, 1) for task in tasks],
        measured.sizes,
        regularization,
        room,
        consensus=n > 1 and not measured.all_equal,
    )
