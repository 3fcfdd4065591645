"""The compiled softmax is the theory's, to rounding."""

from __future__ import annotations

import mpmath
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory.engine import softmax_kernel
from dcpg_theory.models.policies import softmax


@given(st.lists(st.floats(-745, 0), min_size=1, max_size=20))
def test_the_exponential_is_right_to_one_and_a_half_units(values):
    found = np.array(values)
    softmax_kernel.exponential(found)
    with mpmath.workdps(40):
        for x, y in zip(values, found, strict=True):
            exact = mpmath.exp(x)
            unit = max(np.spacing(float(exact)), 5e-324)
            assert abs(mpmath.mpf(float(y)) - exact) <= 1.5 * mpmath.mpf(float(unit))


def test_the_exponential_ends_in_zero_and_one():
    values = np.array([0.0, -0.0, -745.2, -746.0, -1e4, -1e308])
    softmax_kernel.exponential(values)
    np.testing.assert_array_equal(values, [1, 1, 0, 0, 0, 0])


@given(st.integers(0, 10**6), st.sampled_from([0.0, 1.0, 40.0, 700.0]))
def test_policies_are_those_of_the_models(seed, scale):
    rng = np.random.default_rng(seed)
    theta = rng.uniform(-scale, scale, (rng.integers(1, 9), rng.integers(1, 9)))
    found = np.empty_like(theta)
    softmax_kernel.softmax(theta, found)
    np.testing.assert_allclose(
        found, softmax(theta), rtol=1e-15 * (4 + theta.shape[1]), atol=1e-320
    )
