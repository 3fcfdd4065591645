"""Vectors of four do what scalars do."""

from __future__ import annotations

import numpy as np
import pytest

from dcpg_theory.engine.compiled import compiled
from dcpg_theory.engine.lanes import (
    LANES,
    constant,
    larger,
    load,
    modulus,
    spread,
    store,
    take,
)


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


@compiled
def for_any_width(a, b, shared, out):
    most = constant(a, -1.0)
    for i in range(np.uint64(len(a))):
        store(out, i, modulus(load(a, i)) * take(shared, i, a) + load(b, i))
        most = larger(most, load(a, i))
    store(out, len(a), most)


@pytest.mark.parametrize("shape", [(7,), (7, LANES)])
def test_one_kernel_serves_four_problems_and_one(shape):
    a, b = np.random.default_rng(0).standard_normal((2, *shape))
    shared = np.random.default_rng(1).standard_normal(7)
    out = np.empty((8, *shape[1:]))
    for_any_width(a, b, shared, out)
    own = shared.reshape(7, *[1] * (len(shape) - 1))
    np.testing.assert_allclose(out[:7], np.abs(a) * own + b, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(out[7], np.maximum(a.max(axis=0), -1.0))
