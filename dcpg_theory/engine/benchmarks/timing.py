"""Interleaved repeats: what is compared runs in turns, so that a slow spell meets all alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

__all__ = ["Timed", "interleaved"]

LONGEST_BATCH = 10**6


@dataclass(frozen=True, slots=True)
class Timed:
    """The times of one contender.

    Attributes
    ----------
    samples : tuple of float
        Seconds for one iteration, each the mean of a batch of `batch` iterations.
    batch : int
    """

    samples: tuple[float, ...]
    batch: int

    @property
    def median(self) -> float:
        """Return the median, in seconds for one iteration."""
        return float(np.median(self.samples))

    @property
    def spread(self) -> float:
        """Return half the range of the middle half of the samples, over the median."""
        low, high = np.quantile(self.samples, (0.25, 0.75))
        return float((high - low) / 2 / self.median)


def interleaved(
    runners: Mapping[str, Callable[[int], object]],
    *,
    repeats: int,
    seconds: float,
    fixed: Mapping[str, int] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Timed]:
    """Time contenders in turns.

    Parameters
    ----------
    runners : mapping of str to callable
        Each does as many iterations as it is told.
    repeats : int
    seconds : float
        About how long a batch lasts; at least one iteration.
    fixed : mapping of str to int, optional
        Contenders whose batches have so many iterations, however long that takes.
    clock : callable
        Seconds.
    """
    fixed = {} if fixed is None else fixed
    batches = {
        name: fixed[name] if name in fixed else _batch(run, seconds, clock)
        for name, run in runners.items()
    }
    samples: dict[str, list[float]] = {name: [] for name in runners}
    for turn in range(repeats):
        names = list(runners)
        # Each turn begins with another contender, so that none always follows the same.
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            begin = clock()
            runners[name](batches[name])
            samples[name].append((clock() - begin) / batches[name])
    return {name: Timed(tuple(samples[name]), batches[name]) for name in runners}


def _batch(run: Callable[[int], object], seconds: float, clock: Callable[[], float]) -> int:
    """Return how many iterations take about so long.

    The first run only warms up: it may hold a compilation. Then the better of two runs counts,
    since one that was interrupted would make a batch too small to measure; one that took far too
    long for that is not repeated.
    """
    run(1)
    n = 1
    while True:
        taken = _lasts(run, n, clock)
        if taken < 20 * seconds:
            taken = min(taken, _lasts(run, n, clock))
        if taken >= seconds / 3 or n >= LONGEST_BATCH:
            return max(1, min(LONGEST_BATCH, round(n * seconds / max(taken, 1e-9))))
        n = min(LONGEST_BATCH, n * max(2, min(10, int(seconds / 2 / max(taken, 1e-9)))))


def _lasts(run: Callable[[int], object], n: int, clock: Callable[[], float]) -> float:
    begin = clock()
    run(n)
    return clock() - begin
