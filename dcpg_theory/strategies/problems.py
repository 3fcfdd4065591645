"""Finite MDPs and multi-task problems, exact, of the shapes that break proofs and programs.

Sizes and options are drawn one by one; all probabilities and rewards of a problem come from one
string of bytes (`bulk`), which keeps drawing cheaper than building the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from hypothesis import strategies as st

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.strategies.bounds_of_sizes import Sizes, checked_flag, sizes
from dcpg_theory.strategies.bulk import Bulk, distribution, fits, rational
from dcpg_theory.strategies.distributions import (
    KERNELS,
    checked_structure,
    kernel_weights,
    start_weights,
)
from dcpg_theory.strategies.numbers import discounts, one_number

__all__ = ["assumption_2_problems", "finite_mdps", "multi_task_problems"]


@dataclass(frozen=True, slots=True)
class _Options:
    """What all tasks of a problem are drawn with."""

    states: Sizes
    actions: Sizes
    discount: st.SearchStrategy[flint.fmpq]
    rewards: tuple[flint.fmpq, flint.fmpq]
    structure: str | None


def finite_mdps(
    *,
    min_states: int = 1,
    max_states: int | None = None,
    min_actions: int = 1,
    max_actions: int | None = None,
    min_discount: Any = Fraction(1, 1000),
    max_discount: Any = Fraction(999_999, 1_000_000),
    reward_range: tuple[Any, Any] = (0, 1),
    structure: str | None = None,
) -> st.SearchStrategy[FiniteMDP]:
    """Return a strategy for finite MDPs of exact rationals.

    Parameters
    ----------
    min_states, max_states, min_actions, max_actions : int, optional
        Inclusive; by default up to 4 states and 3 actions.
    min_discount, max_discount : exact number
        Inclusive, strictly between 0 and 1.
    reward_range : pair of exact numbers
        Rewards lie in it, often at its ends; the default is the paper's [0, 1].
    structure : {"deterministic", "sparse", "dense"}, optional
        The family of transition kernels; by default all, see `transition_kernels`.

    Returns
    -------
    SearchStrategy of FiniteMDP
        It shrinks to one state, one action, the discount 1/2 and the least reward. For floats,
        ``finite_mdps().map(FiniteMDP.to_float)``.

    Raises
    ------
    InvalidInput
        If a bound is out of range or bounds cross.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(finite_mdps(min_states=2, min_actions=2), lambda mdp: True)
    FiniteMDP(2 states, 2 actions, discount=1/2, exact rational)
    """
    return _mdps(
        _options(
            (min_states, max_states),
            (min_actions, max_actions),
            (min_discount, max_discount),
            reward_range,
            structure,
        )
    )


def multi_task_problems(
    *,
    min_tasks: int = 1,
    max_tasks: int | None = None,
    min_states: int = 1,
    max_states: int | None = None,
    min_actions: int = 1,
    max_actions: int | None = None,
    min_discount: Any = Fraction(1, 1000),
    max_discount: Any = Fraction(999_999, 1_000_000),
    reward_range: tuple[Any, Any] = (0, 1),
    structure: str | None = None,
    common_discount: bool | None = None,
    partial_states: bool | None = None,
    positive_exploration: bool | None = None,
) -> st.SearchStrategy[MultiTaskProblem]:
    """Return a strategy for multi-task problems of exact rationals.

    Parameters
    ----------
    min_tasks, max_tasks : int, optional
        Inclusive; by default 1 to 3.
    min_states, max_states, min_actions, max_actions : int, optional
        Of the union of the state spaces; by default up to 4 states and 3 actions.
    min_discount, max_discount, reward_range, structure
        As for `finite_mdps`.
    common_discount : bool, optional
        Whether all tasks have one discount; by default either.
    partial_states : bool, optional
        False for tasks that all hold all states; by default tasks may hold only some, and True says
        the same.
    positive_exploration : bool, optional
        True for exploration distributions mu_i that are positive everywhere, False for
        mu_i = rho_i; by default either.

    Returns
    -------
    SearchStrategy of MultiTaskProblem
        It shrinks to few tasks, states and actions, tasks that hold all states and never leave
        them, and rewards of the least value. For floats, ``.map(MultiTaskProblem.to_float)``.

    Raises
    ------
    InvalidInput
        If a bound is out of range or bounds cross.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(multi_task_problems(), lambda problem: problem.n_tasks == problem.n_states == 2)
    MultiTaskProblem(2 tasks, 2 states, 1 actions, exact rational)
    """
    return _problems(
        sizes("tasks", min_tasks, max_tasks, default_most=3),
        _options(
            (min_states, max_states),
            (min_actions, max_actions),
            (min_discount, max_discount),
            reward_range,
            structure,
        ),
        checked_flag("common_discount", common_discount),
        checked_flag("partial_states", partial_states),
        checked_flag("positive_exploration", positive_exploration),
    )


def assumption_2_problems(
    *,
    min_tasks: int = 1,
    max_tasks: int | None = None,
    min_states: int = 1,
    max_states: int | None = None,
    min_actions: int = 1,
    max_actions: int | None = None,
    min_discount: Any = Fraction(1, 1000),
    max_discount: Any = Fraction(999_999, 1_000_000),
    reward_range: tuple[Any, Any] = (0, 1),
    structure: str | None = None,
    disjoint: bool | None = None,
) -> st.SearchStrategy[MultiTaskProblem]:
    """Return a strategy for problems that satisfy Assumption 2 for every policy.

    Wherever two tasks share a state, their ratios of discounted visitations agree: either all tasks
    have one kernel, discount, start and exploration distribution and only rewards differ, or no two
    tasks share a state. A common kernel alone would not do. All mu_i are positive, as Theorem 2
    asks.

    Parameters
    ----------
    min_tasks, max_tasks, min_states, max_states, min_actions, max_actions : int, optional
    min_discount, max_discount, reward_range, structure
        As for `multi_task_problems`; the states are counted for each task.
    disjoint : bool, optional
        Whether no two tasks share a state; by default either.

    Raises
    ------
    InvalidInput
        If a bound is out of range or bounds cross.
    """
    return _assumption_2(
        sizes("tasks", min_tasks, max_tasks, default_most=3),
        _options(
            (min_states, max_states),
            (min_actions, max_actions),
            (min_discount, max_discount),
            reward_range,
            structure,
        ),
        checked_flag("disjoint", disjoint),
    )


def _options(
    states: tuple[Any, Any],
    actions: tuple[Any, Any],
    discount: tuple[Any, Any],
    reward_range: Any,
    structure: Any,
) -> _Options:
    try:
        low, high = reward_range
    except (TypeError, ValueError):
        raise InvalidInput(f"reward_range={reward_range!r} must be a pair of numbers") from None
    low, high = one_number("reward_range[0]", low), one_number("reward_range[1]", high)
    if low > high:
        raise InvalidInput(f"reward_range={reward_range!r} must have its least number first")
    return _Options(
        sizes("states", *states, default_most=4),
        sizes("actions", *actions, default_most=3),
        discounts(min_value=discount[0], max_value=discount[1]),
        (low, high),
        checked_structure(structure),
    )


@st.composite
def _mdps(draw: Any, options: _Options) -> FiniteMDP:
    n, m = draw(options.states.strategy), draw(options.actions.strategy)
    family = options.structure or draw(st.sampled_from(KERNELS))
    supply = _Supply(draw, options, n, m, 1)
    return supply.process(range(n), family, draw(options.discount))


@st.composite
def _problems(
    draw: Any,
    tasks: Sizes,
    options: _Options,
    common_discount: bool | None,
    partial_states: bool | None,
    positive_exploration: bool | None,
) -> MultiTaskProblem:
    count = draw(tasks.strategy)
    n, m = draw(options.states.strategy), draw(options.actions.strategy)
    family = options.structure or draw(st.sampled_from(KERNELS))
    one = common_discount if common_discount is not None else not draw(st.booleans())
    partial = partial_states is not False and draw(st.booleans())
    explore = positive_exploration if positive_exploration is not None else draw(st.booleans())
    given = [draw(options.discount) for _ in range(1 if one else count)] * (count if one else 1)
    supply = _Supply(draw, options, n, m, count, tasks.most)
    held = _held(supply.per_task_and_state(), partial=partial)
    processes = [supply.process(own, family, g) for own, g in zip(held, given, strict=True)]
    return MultiTaskProblem(
        processes, [supply.exploration(own) for own in held] if explore else None
    )


@st.composite
def _assumption_2(
    draw: Any, tasks: Sizes, options: _Options, disjoint: bool | None
) -> MultiTaskProblem:
    count = draw(tasks.strategy)
    n, m = draw(options.states.strategy), draw(options.actions.strategy)
    family = options.structure or draw(st.sampled_from(KERNELS))
    apart = disjoint if disjoint is not None else draw(st.booleans())
    given = [draw(options.discount) for _ in range(count if apart else 1)]
    supply = _Supply(draw, options, n, m, count, tasks.most)
    if not apart:
        processes = [supply.process(range(n), family, given[0]) for _ in range(count)]
        shared = supply.exploration(range(n))
        alike = [processes[0].with_rewards(process.rewards) for process in processes]
        return MultiTaskProblem(alike, [shared] * count)
    own = [range(i * n, (i + 1) * n) for i in range(count)]
    processes = [supply.process(o, family, g) for o, g in zip(own, given, strict=True)]
    return MultiTaskProblem(processes, [supply.exploration(range(n)) for _ in own])


class _Supply:
    """The bytes of one problem and how they are laid out.

    The room for each array does not depend on the sizes drawn, if that is not too much.
    """

    def __init__(
        self, draw: Any, options: _Options, n: int, m: int, count: int, most: int = 1
    ) -> None:
        room = (most, options.states.most, options.actions.most)
        if not fits(_bytes_of(*room)):
            room = (count, n, m)
        self._room_of_tasks, self._n, self._m = room
        self._bulk = Bulk(draw, _bytes_of(*room))
        self._rewards, self._shape = options.rewards, (count, n, m)

    def per_task_and_state(self) -> Array:
        count, n, _ = self._shape
        return self._bulk.take((count, n), (self._room_of_tasks, self._n))

    def process(self, states: Sequence[int], family: str, discount: flint.fmpq) -> FiniteMDP:
        n, m = len(states), self._shape[2]
        transitions = self._bulk.take((n, m, n), (self._n, self._m, self._n), backwards=1)
        rewards = self._bulk.take((n, m), (self._n, self._m), backwards=1)
        start = self._bulk.take((n,), (self._n,))
        return FiniteMDP(
            distribution(kernel_weights(transitions, family)),
            _rewards(rewards, self._rewards),
            discount,
            distribution(start_weights(start, positive=False)),
            states,
        )

    def exploration(self, states: Sequence[int]) -> Array:
        integers = self._bulk.take((len(states),), (self._n,))
        return distribution(start_weights(integers, positive=True))


def _bytes_of(tasks: int, n_states: int, n_actions: int) -> int:
    """For each task a kernel, rewards, start, exploration, and which states it holds."""
    return tasks * (n_states * n_actions * (n_states + 1) + 3 * n_states)


def _rewards(integers: Array, reward_range: tuple[flint.fmpq, flint.fmpq]) -> Array:
    """Read rewards off bytes: tenths of the range, half of them at its ends."""
    low, high = reward_range
    spans = [low + (high - low) * rational(k, 10) for k in range(11)]
    tenths = np.where(integers < 128, integers % 2 * 10, integers % 11)
    result = np.empty(integers.shape, dtype=object)
    for at in np.ndindex(integers.shape):
        result[at] = spans[int(tenths[at])]
    return result


def _held(integers: Array, *, partial: bool) -> list[list[int]]:
    """Return which states each task holds: at least one, and each state by some task."""
    count, n = integers.shape
    if not partial:
        return [list(range(n))] * count
    holds = integers < 160
    holds[:, 0] |= ~holds.any(axis=1)
    holds[0] |= ~holds.any(axis=0)
    return [np.flatnonzero(row).tolist() for row in holds]
