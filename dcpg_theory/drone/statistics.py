"""What tables of safe flights say, and how sure it is: means, spreads and a bootstrap.

An array of flights has the axes (seed, environment, episode), in metres.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array

__all__ = ["ENOUGH_SEEDS", "Difference", "bootstrapped_sums", "compare_sums", "mean_safe_flight"]

ENOUGH_SEEDS = 5
"""With fewer an interval describes these runs and says little of others."""

RESAMPLES = 4000


def mean_safe_flight(flights: Array) -> tuple[Array, Array]:
    """Return the MSF of each environment and its spread, the standard deviation of the flights.

    Parameters
    ----------
    flights : array, shape (n_seeds, n_environments, n_episodes)

    Returns
    -------
    mean, spread : arrays, shape (n_environments,)
        The spread is that of single flights, over all seeds and episodes.
    """
    pooled = np.moveaxis(_checked(flights), 1, 0).reshape(flights.shape[1], -1)
    return pooled.mean(axis=1), pooled.std(axis=1)


def bootstrapped_sums(flights: Array, rng: np.random.Generator) -> Array:
    """Return resampled sums over the environments of the MSF, shape (4000,).

    Each resample draws seeds with replacement, then episodes in each drawn seed and environment.
    """
    flights = _checked(flights)
    seeds, environments, episodes = flights.shape
    drawn_seeds = rng.integers(seeds, size=(RESAMPLES, seeds))
    return np.array(
        [
            np.take_along_axis(
                flights[chosen],
                rng.integers(episodes, size=(seeds, environments, episodes)),
                axis=2,
            )
            .mean(axis=(0, 2))
            .sum()
            for chosen in drawn_seeds
        ]
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """How much farther one policy flies than another, summed over the environments.

    Attributes
    ----------
    mean : float
        Metres.
    low, high : float
        The middle 95 % of the resamples.
    share : float in [0, 1]
        Of the resamples in which it flies farther.
    """

    mean: float
    low: float
    high: float
    share: float


def compare_sums(one: Array, other: Array, seed: int = 0) -> Difference:
    """Return how much farther `one` flies than `other`.

    The same seeds are drawn for both, since runs of one seed begin with the same network.

    Parameters
    ----------
    one, other : arrays, shape (n_seeds, n_environments, n_episodes)
    seed : int
        Of the bootstrap.

    Raises
    ------
    InvalidInput
        If the numbers of seeds or environments differ.
    """
    one, other = _checked(one), _checked(other)
    if one.shape[:2] != other.shape[:2]:
        raise InvalidInput(f"flights of shapes {one.shape} and {other.shape} cannot be compared")
    resampled = [
        bootstrapped_sums(flights, np.random.default_rng(seed)) for flights in (one, other)
    ]
    gap = resampled[0] - resampled[1]
    low, high = np.quantile(gap, [0.025, 0.975])
    mean = mean_safe_flight(one)[0].sum() - mean_safe_flight(other)[0].sum()
    return Difference(float(mean), float(low), float(high), float((gap > 0).mean()))


def _checked(flights: Array) -> Array:
    flights = np.asarray(flights, dtype=float)
    if flights.ndim != 3 or not flights.size:
        raise InvalidInput(
            f"flights have shape {flights.shape}, they must have shape "
            "(n_seeds, n_environments, n_episodes)"
        )
    return flights
