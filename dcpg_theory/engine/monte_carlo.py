r"""Monte Carlo gradients: REINFORCE from episodes, and training with them in one compiled loop.

With the return G_t = sum_{u >= t} gamma^{u-t} r_u and a baseline b(s) that knows nothing of the
episode, one episode s_0, a_0, r_0, ... gives, in the row of state s,

=====================  ===========================================================================
``every-visit``        sum of gamma^t (G_t - b(s)) (e_{a_t} - pi(. | s)) over all visits t to s
``first-visit``        gamma^T (G_T - b(s)) times the sum of e_{a_t} - pi(. | s) over all visits,
                       with the first visit T: the return is taken at T only
``first-visit-alone``  the first visit's term of the first line, and no other
=====================  ===========================================================================

The first two have the gradient of V(mu) as their mean. For the second: rewards before T and T
itself do not depend on theta_s, so grad V(mu) = E gamma^T grad V(s), and the gradient of V(s) is
E G (sum of scores) from s on. The third is what first-visit Monte Carlo is often taken to be, and
is biased: its mean in row s is (1 - E gamma^tau) times the gradient, tau the time of return to s.
For one task that shortens rows; for several it does so differently in each, like the mismatch of
Section 4.1. It is here to be compared with.

Means hold for episodes of any length; a horizon cuts them, which changes the mean by at most
`truncation_bias`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from dcpg_theory.engine.episodes import EpisodeTables, episode_tables
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["Episodic", "Visits", "estimate_moments", "truncation_bias"]


class Visits(StrEnum):
    """Which visits to a state count."""

    EVERY = "every-visit"
    FIRST = "first-visit"
    FIRST_ALONE = "first-visit-alone"


@dataclass(frozen=True, slots=True)
class Episodic:
    """A REINFORCE estimator; also usable as the ``estimator`` of `run_dcpg`.

    Parameters
    ----------
    visits : Visits or str
    batch : int
        Episodes of each agent for one gradient, at least 1.
    horizon : int
        The most steps of an episode, at least 1.
    baseline_rate : float
        In [0, 1]. Each agent keeps a baseline b(s), from 0 on, that moves after every round by this
        part of the way to the round's mean return from s; 0 means no baseline. Only training in
        the compiled loop keeps one.

    Raises
    ------
    InvalidInput
        If a number is out of its range or there is no such kind of visits.

    Examples
    --------
    >>> Episodic("first-visit", batch=10)
    Episodic(visits='first-visit', batch=10, horizon=200, baseline_rate=0.0)
    """

    visits: Visits | str = Visits.EVERY
    batch: int = 1
    horizon: int = 200
    baseline_rate: float = 0.0
    _tables: dict[int, tuple[FiniteMDP, Array, EpisodeTables]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if self.visits not in list(Visits):
            known = ", ".join(Visits)
            raise InvalidInput(f"visits={self.visits!r} must be one of {known}")
        for name in ("batch", "horizon"):
            number = getattr(self, name)
            if not isinstance(number, int | np.integer) or number < 1:
                raise InvalidInput(f"{name}={number!r} must be an integer of at least 1")
        if not 0 <= self.baseline_rate <= 1:
            raise InvalidInput(
                f"baseline_rate={self.baseline_rate} must lie in the closed interval [0, 1]"
            )

    @property
    def kind(self) -> int:
        """The compiled loop's number of the kind of visits."""
        return list(Visits).index(Visits(self.visits))

    def estimate(
        self, agent: int, task: FiniteMDP, start: Array, theta: Array, rng: np.random.Generator
    ) -> Array:
        """Return an estimate of the gradient of V(mu) of one task, without a baseline.

        Parameters
        ----------
        agent : int
        task : FiniteMDP
        start : ndarray, shape (task.n_states,)
        theta : ndarray, shape (task.n_states, n_actions)
        rng : numpy.random.Generator

        Returns
        -------
        ndarray, shape (task.n_states, n_actions)
        """
        from dcpg_theory.engine import episode_kernels

        kept = self._tables.get(agent)
        if kept is None or kept[0] is not task or not np.array_equal(kept[1], start):
            kept = (task, start, episode_tables(MultiTaskProblem([task], [start])))
            self._tables[agent] = kept
        theta = np.ascontiguousarray(theta, dtype=float)[None]
        total, _ = episode_kernels.estimate(
            kept[2], theta, np.zeros(theta.shape[:2]), self.batch, self.horizon, self.kind, 0.0,
            random_streams(rng, 1), 1,
        )  # fmt: skip
        return np.asarray(total[0])


def random_streams(rng: np.random.Generator, n_agents: int) -> Array:
    """Return the states of the agents' streams for the compiled loop, drawn from a generator.

    The loop draws from SplitMix64, eight times as fast inside it as the generator itself. Two
    streams share numbers only if their states come closer than the numbers that are drawn, out of
    2^64.

    Parameters
    ----------
    rng : numpy.random.Generator
    n_agents : int

    Returns
    -------
    ndarray of uint64, shape (n_agents,)
    """
    return rng.integers(0, 2**64, size=n_agents, dtype=np.uint64)


def truncation_bias(problem: MultiTaskProblem, horizon: int) -> float:
    r"""Return how far a horizon can move an entry of an estimate's mean.

    What is cut off returns less than gamma^H R/(1 - gamma) in absolute value, with R the largest
    reward; it changes each G_t, whose terms carry weights that sum to at most the number of visits,
    and it drops the terms from H on: together at most gamma^H (H + 1/(1 - gamma)) R/(1 - gamma).

    Parameters
    ----------
    problem : MultiTaskProblem
    horizon : int
        At least 1.
    """
    low, high = (float(end) for end in problem.reward_range)
    gamma = max(float(task.discount) for task in problem.tasks)
    largest = max(abs(low), abs(high))
    return float(gamma**horizon * (horizon + 1 / (1 - gamma)) * largest / (1 - gamma))


def estimate_moments(
    problem: MultiTaskProblem,
    theta: Any,
    estimator: Episodic,
    *,
    repeats: int,
    rng: np.random.Generator,
    baseline: Any | None = None,
    regularization: float = 0.0,
) -> tuple[Array, Array]:
    """Return the mean and the variance of many independent estimates, entry by entry.

    Parameters
    ----------
    problem : MultiTaskProblem
    theta : array_like, shape (n_states, n_actions) or (n_tasks, n_states, n_actions)
    estimator : Episodic
    repeats : int
        At least 2.
    rng : numpy.random.Generator
    baseline : array_like, shape (n_states,) or (n_tasks, n_states), optional
        A fixed b(s); default 0.
    regularization : float

    Returns
    -------
    mean, variance : ndarray, shape (n_tasks, n_states, n_actions)
        The variance is the unbiased one of a single estimate.

    Raises
    ------
    InvalidInput
        If there are fewer than 2 repeats.
    """
    from dcpg_theory.engine import episode_kernels

    if repeats < 2:
        raise InvalidInput(f"repeats={repeats} must be at least 2")
    shape = (problem.n_tasks, problem.n_states, problem.n_actions)
    theta = np.array(np.broadcast_to(np.asarray(theta, dtype=float), shape))
    base = np.zeros(shape[:2]) if baseline is None else np.asarray(baseline, dtype=float)
    total, squares = episode_kernels.estimate(
        episode_tables(problem), theta, np.array(np.broadcast_to(base, shape[:2])),
        estimator.batch, estimator.horizon, estimator.kind, regularization,
        random_streams(rng, problem.n_tasks), repeats,
    )  # fmt: skip
    mean = total / repeats
    return mean, np.maximum(squares - repeats * mean**2, 0.0) / (repeats - 1)
