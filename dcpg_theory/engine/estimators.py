"""Gradient estimates in the place of exact gradients: the stochastic form of Algorithm 1.

An estimator sees one agent's task and parameters and returns an estimate of the gradient of
V_i(mu_i); the regularizer's gradient is known, and the engine adds it exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from dcpg_theory.engine.sampling import EpisodeSampler
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.policies import softmax

__all__ = ["GradientEstimator", "Reinforce"]


@runtime_checkable
class GradientEstimator(Protocol):
    """Estimates value gradients from samples.

    Its `repr` should tell it from others with other settings: a checkpoint is only taken up by a
    run with an equal one.
    """

    def estimate(
        self, agent: int, task: FiniteMDP, start: Array, theta: Array, rng: np.random.Generator
    ) -> Array:
        """Return an estimate of the gradient of V(mu) at the softmax policy of theta.

        Parameters
        ----------
        agent : int
            The agent's number in the problem, for estimators that keep an environment of each.
        task : FiniteMDP
            Of floats.
        start : ndarray, shape (task.n_states,)
            The agent's mu.
        theta : ndarray, shape (task.n_states, n_actions)
            The agent's parameters in the states of its task.
        rng : numpy.random.Generator
            The only source of chance: made anew for each iteration and agent.

        Returns
        -------
        ndarray, shape (task.n_states, n_actions)
        """
        ...


@dataclass(frozen=True)
class Reinforce:
    r"""The likelihood-ratio estimate from independent episodes of random length, without bias.

    An episode goes on with probability gamma after each step, so that its last step T is geometric
    and P(T >= t) = gamma^t: sums without discount then have the discounted sums as their means.
    With R_t = sum_{t <= u <= T} r_u the estimate is the mean over the episodes of

    .. math::

        \sum_{t=0}^{T} (R_t - b) \nabla_\theta \log \pi_\theta(a_t \mid s_t),

    where the gradient of log pi(a | s) in theta_s is e_a - pi(. | s).

    Parameters
    ----------
    episodes : int
        How many per gradient, at least 1.
    baseline : float
        The constant b, in units of the value; it changes the variance and not the mean.

    Raises
    ------
    InvalidInput
        If a number is out of its range.

    References
    ----------
    R. J. Williams, "Simple statistical gradient-following algorithms for connectionist
    reinforcement learning", Machine Learning 8 (1992).

    Examples
    --------
    >>> Reinforce(episodes=10)
    Reinforce(episodes=10, baseline=0.0)
    """

    episodes: int = 1
    baseline: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.episodes, int | np.integer) or self.episodes < 1:
            raise InvalidInput(f"episodes={self.episodes!r} must be an integer of at least 1")
        if not np.isfinite(self.baseline):
            raise InvalidInput(f"baseline={self.baseline!r} must be finite")
        object.__setattr__(self, "_samplers", {})

    def estimate(
        self, agent: int, task: FiniteMDP, start: Array, theta: Array, rng: np.random.Generator
    ) -> Array:
        """See `GradientEstimator`."""
        # The agent's cumulated transitions are made once; another task of that number replaces it.
        samplers: dict[int, tuple[FiniteMDP, EpisodeSampler]] = self.__dict__["_samplers"]
        if agent not in samplers or samplers[agent][0] is not task:
            samplers[agent] = task, EpisodeSampler(task)
        policy = softmax(theta)
        episodes = samplers[agent][1].episodes(policy, start, self.episodes, rng)
        weights = (episodes.rewards_to_go() - self.baseline)[episodes.running]
        states, actions = episodes.states[episodes.running], episodes.actions[episodes.running]
        estimate = np.zeros_like(policy)
        np.add.at(estimate, (states, actions), weights)
        estimate -= np.bincount(states, weights, len(policy))[:, None] * policy
        return np.asarray(estimate / self.episodes)
