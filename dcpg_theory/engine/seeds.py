"""Randomness by address: what is drawn depends on the seed and the place, never on the order.

A resumed run, and the ranks of a distributed one, so draw what one uninterrupted process draws.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dcpg_theory.errors import InvalidInput

__all__ = ["checked_seed", "generator"]

_STREAMS = {"gossip": 1, "gradient": 2}


def generator(seed: int, stream: str, *address: int) -> np.random.Generator:
    """Return the generator of one place of one stream, independent of all others.

    Parameters
    ----------
    seed : int
        Not negative.
    stream : str
        ``gossip``, addressed by the block of iterations, or ``gradient``, by iteration and agent.
    *address : int
        At most two, not negative.
    """
    key = np.random.SeedSequence((seed, _STREAMS[stream])).generate_state(2, np.uint64)
    # The lowest word of the counter is the generator's own, which counts what has been drawn.
    places = [0, *address]
    return np.random.Generator(
        np.random.Philox(key=key, counter=np.array(places + [0] * (4 - len(places)), np.uint64))
    )


def checked_seed(seed: Any) -> int:
    """Return a seed, an integer of at least 0.

    Raises
    ------
    InvalidInput
        If it is anything else.
    """
    integer = isinstance(seed, int | np.integer) and not isinstance(seed, bool)
    if not integer or seed < 0:
        raise InvalidInput(f"seed={seed!r} must be an integer of at least 0")
    return int(seed)
