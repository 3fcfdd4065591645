"""What is drawn depends on the place, not on the order."""

from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory.engine.seeds import checked_seed, generator
from dcpg_theory.errors import InvalidInput


def test_one_place_draws_the_same_again_and_other_places_something_else():
    places = [(0, "gossip", 3), (1, "gossip", 3), (0, "gradient", 3), (0, "gossip", 4)]
    places += [(0, "gradient", 3, 0), (0, "gradient", 3, 1), (0, "gradient", 1, 3)]
    drawn = {place: generator(*place).random(4).tolist() for place in places}
    assert drawn[0, "gossip", 3] == generator(0, "gossip", 3).random(4).tolist()
    first = {tuple(numbers) for numbers in drawn.values()}
    assert len(first) == len(places) - 1  # an agent that is not named is agent 0
    assert drawn[0, "gradient", 3] == drawn[0, "gradient", 3, 0]


def test_long_draws_of_neighbouring_places_do_not_meet():
    one = generator(0, "gradient", 5, 0).random(20000)
    other = generator(0, "gradient", 5, 1).random(20000)
    assert not np.isin(one, other).any()


@pytest.mark.parametrize("seed", [-1, 0.5, "x", True, None])
def test_a_seed_is_an_integer_of_at_least_0(seed):
    with pytest.raises(InvalidInput, match="must be an integer of at least 0"):
        checked_seed(seed)
