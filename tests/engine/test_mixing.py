"""The vectorised sums are the readable ones, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory.engine.mixing import Mixing
from dcpg_theory.engine.reference import mixed_step
from dcpg_theory.engine.rounds import Gossip, PeriodicMixing
from dcpg_theory.models import graphs

RING, STAR = graphs.lazy_metropolis(graphs.ring(6)), graphs.metropolis(graphs.star(6))


@pytest.mark.parametrize(
    "round_",
    [
        PeriodicMixing(RING).round(0),
        PeriodicMixing(STAR).round(0),
        PeriodicMixing(graphs.directed_cycle(6)).round(0),
        Gossip(RING, 0).round(3),
    ],
)
def test_each_sum_goes_in_ascending_order(round_):
    rng = np.random.default_rng(0)
    order = rng.permutation(6)  # the arrays may stand in any order
    theta = rng.standard_normal((6, 3, 2)) * 10.0 ** rng.integers(-8, 8, (6, 1, 1))
    awake = [i for i in (1, 2, 4, 5) if i in round_.rows]
    g = rng.standard_normal((len(awake), 3, 2))
    place = {int(agent): n for n, agent in enumerate(order)}
    found = Mixing(round_, awake, place.__getitem__).step(theta[order], 0.3, g)
    for n, i in enumerate(awake):
        heard, weights = round_.rows[i]
        expected = mixed_step(weights, theta[list(heard)], 0.3, g[n])
        np.testing.assert_array_equal(found[n], expected)


def test_a_process_without_agents_mixes_nothing():
    mixing = Mixing(PeriodicMixing(RING).round(0), [], {}.__getitem__)
    assert mixing.step(np.empty((0, 3, 2)), 0.1, np.empty((0, 3, 2))).shape == (0, 3, 2)
