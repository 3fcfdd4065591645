"""What the bounds depend on: not the tasks themselves, but their sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import flint

from dcpg_theory.bounds.arithmetic import Number, exact
from dcpg_theory.errors import AssumptionViolated, InvalidInput

if TYPE_CHECKING:
    from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["Sizes", "TaskSizes", "sizes", "sizes_of"]


@dataclass(frozen=True, slots=True)
class TaskSizes:
    """One task, as the bounds see it.

    Attributes
    ----------
    discount : fmpq
        gamma_j, in (0, 1).
    n_states : int
        |S_j|.
    reward_length : fmpq
        R_j, the length of an interval that holds the rewards.
    """

    discount: Any
    n_states: int
    reward_length: Any

    @property
    def horizon(self) -> Any:
        """X_j = 1/(1 - gamma_j)."""
        return 1 / (1 - self.discount)


@dataclass(frozen=True, slots=True)
class Sizes:
    """N tasks; equal ones are counted, so that 10^5 of them are one.

    Attributes
    ----------
    tasks : tuple of (TaskSizes, int)
        Each kind of task and how many there are of it.
    n_states, n_actions : int
        |S| of the union, and |A|.
    common_length : fmpq or None
        The length of one interval that holds the rewards of all tasks, by which the paper's
        statements are scaled; 1 where they lie in [0, 1]. None if the tasks' intervals differ.
    """

    tasks: tuple[tuple[TaskSizes, int], ...]
    n_states: int
    n_actions: int
    common_length: Any

    @property
    def n_agents(self) -> int:
        """N."""
        return sum(count for _, count in self.tasks)

    def total(self, of_task: Any) -> Number:
        """Return the sum over the tasks of a function of `TaskSizes`."""
        return sum((count * of_task(task) for task, count in self.tasks), start=flint.fmpq(0))

    def mean(self, of_task: Any) -> Number:
        """Return the mean over the tasks of a function of `TaskSizes`."""
        return self.total(of_task) / self.n_agents


def sizes(
    discounts: Iterable[Any],
    n_states: int,
    n_actions: int,
    *,
    agents: int | None = None,
    reward_ranges: Sequence[tuple[Any, Any]] = ((0, 1),),
) -> Sizes:
    """Return the sizes of tasks that all hold all states.

    Parameters
    ----------
    discounts : iterable of numbers or texts
        In (0, 1), read exactly. A single one is repeated for all agents.
    n_states, n_actions : int
        At least 1.
    agents : int, optional
        N; default the number of discounts.
    reward_ranges : sequence of pairs
        (LO, HI) for all tasks, or one pair for each.

    Raises
    ------
    AssumptionViolated
        If a discount is not in (0, 1).
    InvalidInput
        If a size or number is out of its range, or the counts do not agree.
    """
    gammas = [exact(gamma, "discount") for gamma in discounts]
    n = len(gammas) if agents is None else _count("agents", agents)
    lengths = [_length(low, high) for low, high in reward_ranges]
    for name, given in (("discounts", gammas), ("reward ranges", lengths)):
        if len(given) not in (1, n) or not given:
            raise InvalidInput(f"{len(given)} {name} for {n} agents, give one or {n}")
    states, actions = _count("states", n_states), _count("actions", n_actions)
    gammas, lengths = (
        [(given[0], n)] if len(given) == 1 else [(x, 1) for x in given]
        for given in (gammas, lengths)
    )
    _check_discounts(gamma for gamma, _ in gammas)
    counted: Counter[tuple[Any, Any]] = Counter()
    if len(gammas) == 1 and len(lengths) == 1:
        counted[gammas[0][0], lengths[0][0]] = n
    else:
        pairs = zip(_spread(gammas), _spread(lengths), strict=True)
        counted.update(pairs)
    tasks = tuple((TaskSizes(g, states, r), count) for (g, r), count in counted.items())
    common = {task.reward_length for task, _ in tasks}
    return Sizes(tasks, states, actions, common.pop() if len(common) == 1 else None)


def sizes_of(problem: MultiTaskProblem) -> Sizes:
    """Return the sizes of a problem, with the measured length of each task's rewards.

    The paper's statements are for rewards in [0, 1]: they are taken as they are where the problem's
    rewards lie there, else on one interval that holds the rewards of all tasks.

    Raises
    ------
    InvalidInput
        If the problem holds balls or symbols.
    """
    found: Counter[TaskSizes] = Counter()
    for task in problem.tasks:
        length = _exact_entry(task.rewards.max()) - _exact_entry(task.rewards.min())
        found[TaskSizes(_exact_entry(task.discount), task.n_states, length)] += 1
    from dcpg_theory.theory.assumptions import REWARDS_IN_UNIT_INTERVAL

    low, high = (_exact_entry(bound) for bound in problem.reward_range)
    unit = REWARDS_IN_UNIT_INTERVAL.holds(problem)
    common = flint.fmpq(1) if unit or low == high else high - low
    return Sizes(tuple(found.items()), problem.n_states, problem.n_actions, common)


def _exact_entry(number: Any) -> Any:
    return exact(number, "problem: entry")


def _spread(counted: list[tuple[Any, int]]) -> list[Any]:
    return [value for value, count in counted for _ in range(count)]


def _count(name: str, number: Any) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise InvalidInput(f"{name}={number!r} must be an integer of at least 1")
    return number


def _length(low: Any, high: Any) -> Any:
    low, high = exact(low, "reward-range"), exact(high, "reward-range")
    if low >= high:
        raise InvalidInput(f"reward-range {low} {high} must be two numbers, the lower one first")
    return high - low


def _check_discounts(discounts: Iterable[Any]) -> None:
    for gamma in discounts:
        if not 0 < gamma < 1:
            raise AssumptionViolated(
                f"discount={gamma} must lie in the open interval (0, 1): without discounting the "
                "values are infinite and no statement of the paper applies"
            )
