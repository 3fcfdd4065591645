"""The network: its size, its input, its first policy."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def parameters():
    from dcpg_theory.drone.learning.network import starting_parameters

    return starting_parameters(np.random.default_rng(0), critic=True)


def test_policy_and_critic_have_the_parameters_of_c3f2(parameters):
    from dcpg_theory.drone.learning.network import n_parameters

    assert n_parameters(parameters["policy"]) == 1_280_025
    assert n_parameters(parameters) == 2_330_650


def test_the_policy_is_the_same_with_and_without_a_critic(parameters):
    from dcpg_theory.drone.learning.network import starting_parameters

    alone = starting_parameters(np.random.default_rng(0), critic=False)
    assert alone.keys() == {"policy"}
    for name, layer in alone["policy"].items():
        np.testing.assert_array_equal(layer, parameters["policy"][name])


def test_the_first_policy_is_a_distribution_close_to_uniform(parameters, episode):
    from dcpg_theory.drone.learning.network import features, log_policy

    frames = episode(2).frames
    probabilities = np.exp(log_policy(parameters["policy"], features(parameters["policy"], frames)))
    assert probabilities.shape == (2, 25)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert np.abs(probabilities - 1 / 25).max() < 0.02


def test_brightness_and_contrast_of_a_frame_do_not_matter(parameters):
    from dcpg_theory.drone.learning.network import features

    dim = np.random.default_rng(1).integers(0, 60, (1, 103, 103, 3), dtype=np.uint8)
    bright = (2 * dim.astype(int) + 40).astype(np.uint8)
    one, two = (features(parameters["policy"], frames) for frames in (dim, bright))
    np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-4)


def test_a_frame_of_one_colour_is_no_division_by_zero(parameters):
    from dcpg_theory.drone.learning.network import features

    assert np.isfinite(features(parameters["policy"], np.zeros((1, 103, 103, 3), np.uint8))).all()


def test_pooling_is_that_of_xla():
    import jax
    from jax import lax

    from dcpg_theory.drone.learning.network import _max_pool

    x = np.random.default_rng(0).standard_normal((2, 25, 25, 5)).astype(np.float32)

    def reference(x, side):
        return lax.reduce_window(
            x, -np.inf, lax.max, (1, side, side, 1), (1, 2, 2, 1), padding="VALID"
        )

    for side in (2, 3):
        np.testing.assert_array_equal(_max_pool(x, side), reference(x, side))
        shape = _max_pool(x, side).shape
        weights = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
        ours, theirs = (
            jax.vjp(lambda x, pool=pool, side=side: pool(x, side), x)[1](weights)[0]
            for pool in (_max_pool, reference)
        )
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)
