"""A search: rounds of exploring and climbing, whose best is certified.

A round depends on the seed and its number alone, so rounds may run anywhere and in any order, a
search that was cut off goes on where it was, and the same seed finds the same instance.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

import flint
import numpy as np

from dcpg_theory.engine.blas_threads import one_blas_thread
from dcpg_theory.errors import DcpgTheoryError
from dcpg_theory.exact.balls import precision
from dcpg_theory.exact.numbers import Array
from dcpg_theory.search.ascent import climb, flatten, unflatten
from dcpg_theory.search.exploring import explore
from dcpg_theory.search.instances import Instance
from dcpg_theory.search.targets import Structure, Target, find_target

__all__ = ["Budget", "Found", "certified_ratio", "one_round", "rounds"]

BITS = 128

AHEAD = 64
"""Rounds that wait for a free process."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What a round may spend, in counts.

    Attributes
    ----------
    examples : int
        Structures and starts that are looked at.
    climbs : int
        The best of them, of different structure, that are climbed from.
    evaluations : int
        Values with derivatives for one climb.
    hops : int
        Climbs from the neighbourhood of the two best ends.
    """

    examples: int = 200
    climbs: int = 12
    evaluations: int = 300
    hops: int = 10


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The best instance of one round or more.

    Attributes
    ----------
    ratio : float
        A lower bound of observed/bound at the instance that holds rigorously, rounded down.
    instance : Instance or None
        None if nothing could be certified.
    climbed : float
        The best ratio that the floats reached, which certifies nothing.
    evaluations : int
    """

    ratio: float = float("-inf")
    instance: Instance | None = None
    climbed: float = float("-inf")
    evaluations: int = 0
    structure: Mapping[str, Any] = field(default_factory=dict)

    def joined(self, other: Found) -> Found:
        """Return the better of two, with the evaluations of both; the first wins a tie."""
        best = other if other.ratio > self.ratio else self
        return Found(
            best.ratio,
            best.instance,
            max(self.climbed, other.climbed),
            self.evaluations + other.evaluations,
            best.structure,
        )


def certified_ratio(target: Target, instance: Instance) -> float:
    """Return a rigorous lower bound of a target's ratio at an exact instance.

    Raises
    ------
    DcpgTheoryError
        If the instance is not one of the target's.
    """
    with precision(BITS):
        enclosure = target.certified(instance)
        return _rounded_down(enclosure)


def _rounded_down(enclosure: flint.arb) -> float:
    if not enclosure.is_finite():
        return float("-inf")
    return float(np.nextafter(float(enclosure.lower().mid()), -np.inf))


def one_round(
    claim: str, options: Mapping[str, Any], seed: int, number: int, budget: Budget
) -> Found:
    """Explore, climb and certify once; the same arguments find the same."""
    # The matrices are tiny, and sums must not depend on how many cores there are.
    with one_blas_thread():
        return _round(claim, options, seed, number, budget)


def _round(claim: str, options: Mapping[str, Any], seed: int, number: int, budget: Budget) -> Found:
    target = find_target(claim)
    draw, noise = np.random.SeedSequence((seed, number)).generate_state(2)
    rng = np.random.default_rng(noise)
    starts = explore(target, options, seed=int(draw), examples=budget.examples)[: budget.climbs]
    spent = budget.examples
    ends = []
    for _, structure, start in starts:
        value, x, count = _climbed(target, structure, start, budget)
        spent += count
        ends.append((value, structure, x))
    ends.sort(key=lambda end: -end[0])
    found = Found(evaluations=spent)
    for value, structure, x in ends[: budget.hops and 2]:
        best = value, x
        for _ in range(budget.hops):
            near = best[1] + rng.normal(size=x.shape) * rng.choice((0.1, 0.5, 2.0))
            hop, y, count = _climbed(target, structure, near, budget)
            spent += count
            if hop > best[0]:
                best = hop, y
        ends.append((best[0], structure, best[1]))
    found = Found(evaluations=spent)
    for value, structure, x in ends:
        found = found.joined(_certified(target, structure, x, value))
    return found


def _certified(target: Target, structure: Structure, x: Array, value: float) -> Found:
    """Return the better of the two exact neighbours of a point, as far as they can be judged."""
    numbers = unflatten(target.shapes(structure), x)
    found = Found(climbed=value)
    for snap in (True, False):
        try:
            instance = target.instance(structure, numbers, snap)
            ratio = certified_ratio(target, instance)
        except DcpgTheoryError:
            continue
        found = found.joined(Found(ratio, instance, structure=structure))
    return found


def _climbed(
    target: Target, structure: Structure, start: Array, budget: Budget
) -> tuple[float, Array, int]:
    """Climb, set in closed form what can be, and climb again, as long as that helps."""
    shapes, best, where, spent = target.shapes(structure), -np.inf, start, 0
    while spent < budget.evaluations:
        if target.polish is not None:
            where = flatten(target.polish(structure, unflatten(shapes, where)))
        value, x, count = climb(target, structure, where, evaluations=budget.evaluations - spent)
        spent += max(count, 1)
        if not value > best * (1 + 1e-6) + 1e-300:
            break
        best, where = value, x
        if target.polish is None:
            break
    return best, where, spent


def rounds(
    claim: str,
    options: Mapping[str, Any],
    *,
    seed: int,
    first: int,
    count: int,
    budget: Budget,
    pool: Executor | None = None,
) -> Iterator[tuple[int, Found]]:
    """Yield what each round finds, in the order of their numbers.

    Parameters
    ----------
    claim : str
    options : mapping
    seed : int
    first, count : int
        The rounds ``first, ..., first + count - 1``.
    budget : Budget
    pool : concurrent.futures.Executor, optional
        Where the rounds run; by default here.
    """
    numbers = range(first, first + count)
    if pool is None:
        for number in numbers:
            yield number, one_round(claim, options, seed, number, budget)
        return
    waiting: deque[tuple[int, Future[Found]]] = deque()
    left = deque(numbers)
    while left or waiting:
        # A pool may do at once what it is given, and then a round is to be told at once.
        while left and len(waiting) < AHEAD and not (waiting and waiting[0][1].done()):
            number = left.popleft()
            future = pool.submit(one_round, claim, options, seed, number, budget)
            waiting.append((number, future))
        number, future = waiting.popleft()
        yield number, future.result()
