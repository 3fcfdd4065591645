"""The 5-layer network: three convolutions and two full layers, PEDRA's C3F2.

====================  ==================  ============================================
layer                 output              then
====================  ==================  ============================================
convolution 7x7x96/4  25 x 25 x 96        ReLU, maximum over 3x3 every 2: 12 x 12 x 96
convolution 5x5x64    8 x 8 x 64          ReLU, maximum over 2x2 every 2: 4 x 4 x 64
convolution 3x3x64    4 x 4 x 64          padded; ReLU: 1024 numbers
full                  1024                ReLU
full                  25                  softmax
====================  ==================  ============================================

The policy has 1 280 025 parameters. A critic, where there is one, has two full layers of its own on
the same 1024 numbers, 1024 and 1 wide: 1 050 625 more.

Parameters are a dictionary ``{"policy": {...}, "critic": {...}}`` of float32 arrays; agents
exchange the first part, which is what Section 5.2 says they communicate.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from dcpg_theory.drone.simulator import FRAME_SIZE
from dcpg_theory.drone.task import N_ACTIONS

__all__ = [
    "Parameters",
    "features",
    "log_policy",
    "n_parameters",
    "on_device",
    "starting_parameters",
    "values",
]

Parameters = dict[str, dict[str, Any]]

_WIDTH = 1024
_POLICY_SHAPES: dict[str, tuple[int, ...]] = {
    "convolution_1": (7, 7, 3, 96),
    "convolution_2": (5, 5, 96, 64),
    "convolution_3": (3, 3, 64, 64),
    "full_1": (1024, _WIDTH),
    "full_2": (_WIDTH, N_ACTIONS),
}
_CRITIC_SHAPES: dict[str, tuple[int, ...]] = {"full_1": (1024, _WIDTH), "full_2": (_WIDTH, 1)}
_LAST_LAYER_SCALE = 0.01


def starting_parameters(rng: np.random.Generator, *, critic: bool) -> Parameters:
    """Return random parameters: He's normal ones, the last layers a hundredth of that.

    So the first policy is close to the uniform one. (PEDRA's standard deviation of 0.005 lets no
    signal through five layers.)

    Parameters
    ----------
    rng : numpy.random.Generator
    critic : bool
        Whether there is a critic; the policy is the same with and without.

    References
    ----------
    K. He et al., "Delving deep into rectifiers", ICCV 2015.
    """
    parameters = {"policy": _layers(rng, _POLICY_SHAPES)}
    if critic:
        parameters["critic"] = _layers(rng, _CRITIC_SHAPES)
    return parameters


def _layers(rng: np.random.Generator, shapes: dict[str, tuple[int, ...]]) -> dict[str, Any]:
    layers = {}
    for name, shape in shapes.items():
        scale = np.sqrt(2 / np.prod(shape[:-1]))
        if name == "full_2":
            scale *= _LAST_LAYER_SCALE
        layers[f"{name}_weights"] = (scale * rng.standard_normal(shape)).astype(np.float32)
        layers[f"{name}_bias"] = np.zeros(shape[-1], np.float32)
    return layers


def on_device(layers: dict[str, Any]) -> dict[str, Any]:
    """Return layers as JAX holds them."""
    return {name: jax.device_put(layer) for name, layer in layers.items()}


def n_parameters(parameters: dict[str, Any]) -> int:
    """Return how many numbers there are."""
    return sum(int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(parameters))


def _standardized(frames: Any) -> Any:
    """Scale each frame to [0, 1] by its least and greatest value, then to mean 0 and variance 1."""
    x = frames.astype(jnp.float32)
    axes = (1, 2, 3)
    low, high = x.min(axes, keepdims=True), x.max(axes, keepdims=True)
    x = (x - low) / jnp.maximum(high - low, 1.0)
    x = x - x.mean(axes, keepdims=True)
    least = 1 / np.sqrt(FRAME_SIZE * FRAME_SIZE * 3)
    return x / jnp.maximum(jnp.sqrt((x * x).mean(axes, keepdims=True)), least)


def features(policy: dict[str, Any], frames: Any) -> Any:
    """Return what the three convolutions make of frames, shape (batch, 1024).

    Parameters
    ----------
    policy : dict
        The policy's part of the parameters.
    frames : uint8 array, shape (batch, 103, 103, 3)
    """

    def layer(x: Any, k: int, stride: int, padding: str = "VALID") -> Any:
        weights, bias = (policy[f"convolution_{k}_{part}"] for part in ("weights", "bias"))
        axes = ("NHWC", "HWIO", "NHWC")
        x = lax.conv_general_dilated(x, weights, (stride, stride), padding, dimension_numbers=axes)
        return jax.nn.relu(x + bias)

    x = _max_pool(layer(_standardized(frames), 1, 4), 3)
    x = _max_pool(layer(x, 2, 1), 2)
    x = layer(x, 3, 1, "SAME")
    return x.reshape(len(x), -1)


def _max_pool(x: Any, side: int) -> Any:
    """Return the maximum over windows of `side` x `side`, every 2, without padding.

    As a maximum over shifted views: on one core its derivative takes a sixth of the time of that of
    ``lax.reduce_window``.
    """
    rows, columns = (2 * ((n - side) // 2) + 1 for n in x.shape[1:3])
    first, *rest = (
        x[:, i : i + rows : 2, j : j + columns : 2] for i in range(side) for j in range(side)
    )
    for view in rest:
        first = jnp.maximum(first, view)
    return first


def _full(layers: dict[str, Any], x: Any) -> Any:
    x = jax.nn.relu(x @ layers["full_1_weights"] + layers["full_1_bias"])
    return x @ layers["full_2_weights"] + layers["full_2_bias"]


def log_policy(policy: dict[str, Any], seen: Any) -> Any:
    """Return log pi(a | s), shape (batch, 25), of `features`."""
    return jax.nn.log_softmax(_full(policy, seen))


def values(critic: dict[str, Any], seen: Any) -> Any:
    """Return the critic's values, shape (batch,), of `features`."""
    return _full(critic, seen)[:, 0]
