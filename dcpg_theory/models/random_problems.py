"""Random problems for tests, benchmarks and the built-in names ``random:SEED[,N,S,A]``."""

from __future__ import annotations

from typing import Any

import flint
import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["random_problem"]

MAX_ENTRIES = 10**8
"""How many transition probabilities a random problem may have; the transitions are dense."""


def random_problem(
    seed: int | np.random.Generator,
    n_tasks: int = 2,
    n_states: int = 5,
    n_actions: int = 2,
    *,
    exact: bool = False,
) -> MultiTaskProblem:
    """Return a problem whose numbers are drawn at random; the same seed gives the same problem.

    All tasks hold all states. Transitions and starts are uniform on the simplex, rewards uniform in
    [0, 1] as the paper assumes, discounts uniform in [0.5, 0.9], each task's its own.

    Parameters
    ----------
    seed : int or numpy.random.Generator
        A seed that is not negative, or the generator to draw from.
    n_tasks, n_states, n_actions : int
        At least 1.
    exact : bool
        Give rationals with small denominators: weights from 1, ..., 9 over their sum, rewards and
        discounts in tenths.

    Raises
    ------
    InvalidInput
        If a size or the seed is out of range, or there are more than 10^8 transition entries.

    Examples
    --------
    >>> random_problem(7, n_tasks=3, exact=True)
    MultiTaskProblem(3 tasks, 5 states, 2 actions, exact rational)
    """
    for name, size in (("n_tasks", n_tasks), ("n_states", n_states), ("n_actions", n_actions)):
        if size < 1:
            raise InvalidInput(f"{name}={size} must be at least 1")
    if n_tasks * n_states * n_actions * n_states > MAX_ENTRIES:
        raise InvalidInput(
            f"n_tasks={n_tasks}, n_states={n_states}, n_actions={n_actions} make more than "
            f"{MAX_ENTRIES:.0e} transition probabilities"
        )
    if isinstance(seed, int) and seed < 0:
        raise InvalidInput(f"seed={seed} must not be negative")
    rng = np.random.default_rng(seed)
    draw = _exact_task if exact else _float_task
    return MultiTaskProblem([draw(rng, n_states, n_actions) for _ in range(n_tasks)])


def _float_task(rng: np.random.Generator, n_states: int, n_actions: int) -> FiniteMDP:
    return FiniteMDP(
        transitions=rng.dirichlet(np.ones(n_states), size=(n_states, n_actions)),
        rewards=rng.random((n_states, n_actions)),
        discount=float(rng.uniform(0.5, 0.9)),
        start=rng.dirichlet(np.ones(n_states)),
    )


def _exact_task(rng: np.random.Generator, n_states: int, n_actions: int) -> FiniteMDP:
    return FiniteMDP(
        transitions=_exact_distributions(rng, (n_states, n_actions, n_states)),
        rewards=_rationals(rng.integers(0, 11, (n_states, n_actions))) / 10,
        discount=flint.fmpq(int(rng.integers(5, 10)), 10),
        start=_exact_distributions(rng, (n_states,)),
    )


def _exact_distributions(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    weights = _rationals(rng.integers(1, 10, shape))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _rationals(integers: Array) -> Any:
    return np.frompyfunc(lambda n: flint.fmpq(int(n)), 1, 1)(integers)
