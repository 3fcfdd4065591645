"""Agents that learn in worlds that need no simulator."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def jax_installed() -> None:
    """Skip where JAX is absent."""
    if any(importlib.util.find_spec(name) is None for name in ("jax", "optax")):
        pytest.skip("needs the extra drone: jax and optax are not installed")


@dataclass(frozen=True)
class FlatEndpoint:
    """An endpoint of a world with one wall."""

    make: Callable[..., object]
    wall: float
    label: str = "flat"

    def connect(self):
        return self.make(self.wall)


@pytest.fixture
def flat_endpoints(flat_sim) -> Callable[[int], list[FlatEndpoint]]:
    """Make the endpoints of so many agents, whose walls are at different distances."""
    return lambda n: [FlatEndpoint(flat_sim, 3.0 + 0.5 * i) for i in range(n)]


@pytest.fixture
def episode() -> Callable[..., object]:
    """Make episodes of random frames."""

    def make(n_steps: int, seed: int = 0):
        from dcpg_theory.drone.learning.episodes import Episode

        rng = np.random.default_rng(seed)
        return Episode(
            rng.integers(0, 256, (n_steps, 103, 103, 3), dtype=np.uint8),
            rng.integers(0, 25, n_steps).astype(np.int32),
            rng.uniform(-4, -2, n_steps).astype(np.float32),
            rng.uniform(-1, 1, n_steps),
            1.0,
            "near",
        )

    return make
