"""Many small integers in one draw.

Drawing every probability of a problem on its own is some ten times slower than drawing one string
of bytes and reading the numbers off it. Bytes shrink to zeros, so zeros are what the readers below
turn into the simplest thing: a state that stays where it is, the uniform policy, the reward 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import flint
import numpy as np
from hypothesis import strategies as st

from dcpg_theory.exact.numbers import Array

__all__ = ["Bulk", "distribution", "fits", "rational"]

LONGEST_STRING = 2000
"""Longer strings do not fit into what an example may draw; they come from a drawn seed instead."""

rational = lru_cache(maxsize=4096)(flint.fmpq)
"""An exact fraction; the same few occur again and again."""


class Bulk:
    """A supply of small integers for one example.

    Parameters
    ----------
    draw : callable
        That of `hypothesis.strategies.composite`.
    count : int
        How many integers will be taken. Up to 2000 they shrink one by one; beyond, they are
        pseudo-random numbers from one seed, which only shrinks as a whole.
    """

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any], count: int) -> None:
        if fits(count):
            self._bytes = np.frombuffer(draw(st.binary(min_size=count, max_size=count)), np.uint8)
        else:
            seed = draw(st.integers(0, 2**32 - 1))
            self._bytes = np.random.Generator(np.random.PCG64(seed)).integers(
                0, 256, count, dtype=np.uint8
            )
        self._taken = 0

    def take(
        self, shape: tuple[int, ...], room: tuple[int, ...], *, backwards: int | None = None
    ) -> Array:
        """Return the next integers, 0 to 255, as an array of a shape.

        Those for an array of the shape `room` are used up, of which this is a corner. If `room`
        does not depend on the sizes drawn before, what is left of an example keeps its meaning when
        they shrink. Shrinking moves what matters to the back, so an axis whose order means nothing,
        such as the actions, is better laid out backwards.
        """
        end = self._taken + math.prod(room)
        taken = self._bytes[self._taken : end].reshape(room)
        self._taken = end
        if backwards is not None:
            taken = np.flip(taken, axis=backwards)
        return taken[tuple(slice(n) for n in shape)].astype(np.int64)


def fits(count: int) -> bool:
    """Whether so many integers can be drawn, and shrink, one by one."""
    return count <= LONGEST_STRING


def distribution(weights: Array) -> Array:
    """Return exact distributions from integer weights; none may vanish altogether.

    Parameters
    ----------
    weights : int array, shape (..., n)
        Not negative.

    Returns
    -------
    object array of fmpq, the same shape
        Along the last axis the weights over their sum.
    """
    rows = weights.reshape(-1, weights.shape[-1]).tolist()
    result = np.empty((len(rows), weights.shape[-1]), dtype=object)
    for i, row in enumerate(rows):
        total = sum(row)
        result[i] = [rational(w, total) for w in row]
    return result.reshape(weights.shape)
