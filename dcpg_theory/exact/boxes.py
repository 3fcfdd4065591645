"""Boxes of parameters: the domains over which the paper speaks in general.

A box is a product of intervals whose ends may be open or closed; ``gamma`` in (0, 1) and ``p`` in
(1/2, 1] is ``Box(gamma=open_interval(0, 1), p=Interval(Fraction(1, 2), 1, closed_upper=True))``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.rational_functions import as_fmpq

__all__ = ["Box", "Interval", "at_least", "closed_interval", "open_interval", "positive"]


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval with rational ends, open unless said otherwise; `upper` None is infinity."""

    lower: Fraction
    upper: Fraction | None
    closed_lower: bool = False
    closed_upper: bool = False

    def __post_init__(self) -> None:
        for end in ("lower", "upper") if self.upper is not None else ("lower",):
            exact = as_fmpq(getattr(self, end))
            object.__setattr__(self, end, Fraction(int(exact.p), int(exact.q)))
        if self.upper is None and self.closed_upper:
            raise InvalidInput("an interval without an upper end cannot be closed there")
        if self.upper is not None and not self.lower < self.upper:
            raise InvalidInput(f"interval from {self.lower} to {self.upper} is empty")

    @property
    def ends(self) -> tuple[Fraction, Fraction]:
        """Both ends of a bounded interval; for a ray, an `InvalidInput`."""
        if self.upper is None:
            raise InvalidInput(f"{self} must be bounded here")
        return self.lower, self.upper

    def contains(self, value: Fraction) -> bool:
        """Whether the value lies in the interval."""
        above = value > self.lower or (self.closed_lower and value == self.lower)
        if self.upper is None:
            return above
        below = value < self.upper or (self.closed_upper and value == self.upper)
        return above and below

    def samples(self, count: int) -> list[Fraction]:
        """Return rationals of the interval, plainest first: mid point, closed ends, then a grid."""
        if self.upper is None:
            steps = [Fraction(1), Fraction(2), Fraction(1, 2), Fraction(10), Fraction(1, 10)]
            steps += [Fraction(10**k) for k in range(2, 2 + max(0, count - 5))]
            return [self.lower + step for step in steps] + [self.lower] * self.closed_lower
        width = self.upper - self.lower
        inner = [self.lower + width * Fraction(k, count + 1) for k in range(1, count + 1)]
        ends = [self.upper] * self.closed_upper + [self.lower] * self.closed_lower
        middle = (self.lower + self.upper) / 2
        rest = sorted(set(inner) - {middle}, key=lambda x: (x.denominator, x))
        return [middle, *ends, *rest]

    def __str__(self) -> str:
        left, right = "[" if self.closed_lower else "(", "]" if self.closed_upper else ")"
        return f"{left}{self.lower}, {'inf' if self.upper is None else self.upper}{right}"


def open_interval(lower: Any, upper: Any) -> Interval:
    """Return (lower, upper)."""
    return Interval(lower, upper)


def closed_interval(lower: Any, upper: Any) -> Interval:
    """Return [lower, upper]."""
    return Interval(lower, upper, closed_lower=True, closed_upper=True)


def positive() -> Interval:
    """Return (0, infinity)."""
    return Interval(Fraction(0), None)


def at_least(lower: Any) -> Interval:
    """Return [lower, infinity)."""
    return Interval(lower, None, closed_lower=True)


class Box(Mapping[str, Interval]):
    """A product of intervals, one for each named parameter."""

    __slots__ = ("_intervals",)

    def __init__(self, **intervals: Interval) -> None:
        self._intervals = dict(sorted(intervals.items()))

    def __getitem__(self, name: str) -> Interval:
        return self._intervals[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._intervals)

    def __len__(self) -> int:
        return len(self._intervals)

    def replace(self, **intervals: Interval) -> Box:
        """Return the box with some intervals exchanged or added."""
        return Box(**{**self._intervals, **intervals})

    def contains(self, point: Mapping[str, Any]) -> bool:
        """Whether the point lies in the box.

        Raises
        ------
        InvalidInput
            If the point does not give every parameter.
        """
        missing = set(self) - set(point)
        if missing:
            raise InvalidInput(f"no value for {', '.join(sorted(missing))}")
        return all(
            interval.contains(Fraction(int(point[name].numerator), int(point[name].denominator)))
            for name, interval in self.items()
        )

    def samples(self, per_axis: int = 7) -> Iterator[dict[str, Fraction]]:
        """Yield exact points of the box, the plainest first, at most 4096 of them."""
        axes = [interval.samples(per_axis) for interval in self.values()]
        most = sum(len(axis) - 1 for axis in axes)
        ranked = (
            indices
            for total in range(most + 1)
            for indices in _indices_of_sum([len(axis) for axis in axes], total)
        )
        for indices in itertools.islice(ranked, 4096):
            yield {name: axis[i] for name, axis, i in zip(self, axes, indices, strict=True)}

    def __str__(self) -> str:
        return ", ".join(f"{name} in {interval}" for name, interval in self.items())

    def __hash__(self) -> int:
        return hash(tuple(self._intervals.items()))


def _indices_of_sum(lengths: list[int], total: int) -> Iterator[tuple[int, ...]]:
    """Yield the index tuples with a given sum, in lexicographic order."""
    if not lengths:
        if total == 0:
            yield ()
        return
    for first in range(min(lengths[0] - 1, total) + 1):
        for rest in _indices_of_sum(lengths[1:], total - first):
            yield (first, *rest)
