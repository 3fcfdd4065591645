"""Episodes: a policy flies from a start until it crashes or the cap is reached."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from dcpg_theory.drone.simulator import FRAME_SIZE, DroneSim, Frame
from dcpg_theory.drone.task import Flight
from dcpg_theory.exact.numbers import Array

__all__ = ["Episode", "Stopwatch", "fly", "returns", "sampled_action"]

Policy = Callable[[Array], Array]
"""From a frame, uint8 of shape (103, 103, 3), to log pi(a | s), shape (25,)."""


@dataclass(slots=True)
class Stopwatch:
    """Seconds spent in each part of the work."""

    forward: float = 0.0
    simulate: float = 0.0
    train: float = 0.0
    mix: float = 0.0

    def add(self, part: str, since: float) -> float:
        """Add the time from `since` to now, and return now."""
        now = time.perf_counter()
        setattr(self, part, getattr(self, part) + now - since)
        return now


@dataclass(frozen=True, slots=True, eq=False)
class Episode:
    """What one flight showed.

    Attributes
    ----------
    frames : uint8 array, shape (n_steps, 103, 103, 3)
        What was seen before each action.
    actions : int array, shape (n_steps,)
    log_probabilities : float32 array, shape (n_steps,)
        Of the actions, by the policy that flew.
    rewards : float64 array, shape (n_steps,)
    distance : float
        The safe flight in metres.
    reason : str
        Why it ended; ``cap`` if it did not crash.
    """

    frames: Array
    actions: Array
    log_probabilities: Array
    rewards: Array
    distance: float
    reason: str

    @property
    def n_steps(self) -> int:
        """The number of actions."""
        return len(self.actions)


def sampled_action(log_probabilities: Array, uniform: float) -> int:
    """Return the action at a place in [0, 1) of the distribution function."""
    cumulated = np.cumsum(np.exp(log_probabilities.astype(np.float64)))
    found = int(np.searchsorted(cumulated, uniform * cumulated[-1], side="right"))
    return min(found, len(cumulated) - 1)


def fly(
    simulator: DroneSim,
    start: int,
    policy: Policy,
    cap: int,
    rng: np.random.Generator,
    watch: Stopwatch | None = None,
    look: Callable[[Frame, int], None] | None = None,
) -> Episode:
    """Fly one episode with actions sampled from a policy.

    Parameters
    ----------
    simulator : DroneSim
    start : int
    policy : callable
    cap : int
        The most steps.
    rng : numpy.random.Generator
        Of the actions and of their noise.
    watch : Stopwatch, optional
    look : callable, optional
        Is shown each frame and the action chosen there.
    """
    watch = watch or Stopwatch()
    now = time.perf_counter()
    flight = Flight(simulator, start, rng)
    frames = np.empty((cap, FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
    actions, logs, rewards = [], [], []
    reason = "cap"
    for k in range(cap):
        frames[k] = flight.frame.rgb
        now = watch.add("simulate", now)
        log = policy(frames[k])
        action = sampled_action(log, float(rng.random()))
        now = watch.add("forward", now)
        if look is not None:
            look(flight.frame, action)
        step = flight.step(action)
        actions.append(action)
        logs.append(log[action])
        rewards.append(step.reward)
        if step.crashed:
            reason = step.reason
            break
    watch.add("simulate", now)
    return Episode(
        frames[: len(actions)],
        np.array(actions, np.int32),
        np.array(logs, np.float32),
        np.array(rewards),
        flight.distance,
        reason,
    )


def returns(rewards: Array, discount: float) -> Array:
    """Return the discounted return from every step on: the every-visit Monte Carlo estimates.

    Parameters
    ----------
    rewards : array, shape (n_steps,)
    discount : float in [0, 1)

    Examples
    --------
    >>> returns(np.array([1.0, 1.0, -1.0]), 0.5)
    array([ 1.25,  0.5 , -1.  ])
    """
    found = np.empty(len(rewards))
    following = 0.0
    for k in reversed(range(len(rewards))):
        following = rewards[k] + discount * following
        found[k] = following
    return found
