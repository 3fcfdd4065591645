"""Vectors of four do what scalars do."""

from __future__ import annotations

import numpy as np

from dcpg_theory.engine.compiled import compiled
from dcpg_theory.engine.lanes import LANES, load, spread, store


@compiled
def four_operations(a, b, out):
    for i in range(np.uint64(len(a))):
        x, y = load(a, i), load(b, i)
        store(out, i, (x + y) * (x - y) / (y + spread(3.0)))


def test_operations_act_lane_by_lane():
    a, b = np.random.default_rng(0).random((2, 5, LANES))
    out = np.empty_like(a)
    four_operations(a, b, out)
    np.testing.assert_allclose(out, (a + b) * (a - b) / (b + 3), rtol=1e-15)


def test_a_part_of_an_array_is_read_from_its_own_beginning():
    a, b = np.random.default_rng(0).random((2, 7, LANES))
    out = np.empty((4, LANES))
    four_operations(a[3:], b[3:], out)
    np.testing.assert_allclose(out, ((a + b) * (a - b) / (b + 3))[3:], rtol=1e-15)
