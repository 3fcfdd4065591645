"""Testing policies: safe flights of each policy in each environment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dcpg_theory.drone.endpoints import Endpoint
from dcpg_theory.drone.learning.episodes import fly
from dcpg_theory.drone.learning.estimators import acting
from dcpg_theory.drone.learning.hangar import Hangar
from dcpg_theory.drone.learning.network import on_device
from dcpg_theory.drone.learning.settings import Purpose, generator
from dcpg_theory.drone.simulator import DroneSim
from dcpg_theory.exact.numbers import Array

__all__ = ["evaluate"]


def evaluate(
    policies: dict[str, dict[str, Array]],
    endpoints: Sequence[Endpoint],
    *,
    episodes: int,
    cap: int,
    seed: int,
    callback: Callable[[int], None] | None = None,
) -> dict[str, list[list[float]]]:
    """Return the safe flights in metres: policy -> environment -> episode.

    Actions are sampled, as in training. Every policy meets the same starts and the same noise.

    Parameters
    ----------
    policies : dict of str to dict
        The policy's part of the network's parameters, by name.
    endpoints : sequence of Endpoint
        One an environment.
    episodes : int
        Of each policy in each environment; they go through the starts in turn.
    cap : int
        The most steps in an episode.
    seed : int
    callback : callable, optional
        Is told how many episodes are done.
    """
    found: dict[str, list[list[float]]] = {}
    done = 0
    with Hangar(endpoints) as hangar:
        for name, layers in policies.items():
            policy = on_device(layers)
            found[name] = [[] for _ in endpoints]
            for place in range(len(endpoints)):
                for k in range(episodes):
                    flight = _flight(policy, k, cap, seed, place)
                    found[name][place].append(hangar.flown(place, flight))
                    done += 1
                    if callback is not None:
                        callback(done)
    return found


def _flight(
    policy: dict[str, Any], k: int, cap: int, seed: int, place: int
) -> Callable[[DroneSim], float]:
    act = acting()

    def flight(simulator: DroneSim) -> float:
        rng = generator(seed, Purpose.TEST, place, k)
        start = k % simulator.n_starts
        return fly(simulator, start, lambda frame: act(policy, frame), cap, rng).distance

    return flight
