"""A training run: Algorithm 1 with estimated gradients, one episode an agent and iteration."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import numpy as np

from dcpg_theory.drone.endpoints import Endpoint
from dcpg_theory.drone.learning import estimators, runs
from dcpg_theory.drone.learning.communication import InProcess, Network
from dcpg_theory.drone.learning.episodes import Episode, Stopwatch, fly
from dcpg_theory.drone.learning.hangar import Hangar
from dcpg_theory.drone.learning.network import Parameters, on_device, starting_parameters
from dcpg_theory.drone.learning.settings import Purpose, Settings, generator
from dcpg_theory.drone.simulator import DroneSim
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array

__all__ = ["LOGGED", "Learner", "Progress", "train"]

LOGGED = ("distance", "steps", "gradient_norm")
"""What is written down of each agent and episode."""


@dataclass(slots=True)
class Learner:
    """What an agent has learned.

    Attributes
    ----------
    parameters : Parameters
    adam : Any
        The state of Adam.
    """

    parameters: Parameters
    adam: Any


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is.

    Attributes
    ----------
    episode : int
        How many are done.
    episodes : int
        How many there are to be.
    episodes_here : int
        How many were done in this process's lifetime.
    steps : int
        Of all agents, in this process's lifetime.
    seconds : float
        In this process's lifetime.
    recent : tuple of float
        Mean of the last 25 safe flights of each agent, in metres.
    watch : Stopwatch
    """

    episode: int
    episodes: int
    episodes_here: int
    steps: int
    seconds: float
    recent: tuple[float, ...]
    watch: Stopwatch


@dataclass
class State:
    """All that an episode needs to know of those before it.

    Attributes
    ----------
    episode : int
        How many are done.
    learners : list of Learner
        Of this process's agents.
    log : dict of str to list
        For each episode a row of one number an agent, or one number.
    """

    episode: int
    learners: list[Learner]
    log: dict[str, list[Any]] = field(default_factory=dict)


def train(
    settings: Settings,
    endpoints: Sequence[Endpoint],
    episodes: int,
    *,
    path: Path | None = None,
    every: int = 25,
    network: Network | None = None,
    callback: Callable[[Progress], None] | None = None,
    report: Callable[[str], None] | None = None,
) -> runs.Run:
    """Train the agents, from the checkpoint at the path if there is one.

    Killed at any moment and started again, it ends with the same numbers to the last bit.

    Parameters
    ----------
    settings : Settings
    endpoints : sequence of Endpoint
        One an agent, in the order of the settings' environments.
    episodes : int
        In all, those of the checkpoint included.
    path : Path, optional
        The run's file, a checkpoint until the run is done.
    every : int
        Episodes between two checkpoints.
    network : Network, optional
        By default all agents in this process.
    callback : callable, optional
        Is told the progress after every episode.
    report : callable, optional
        Is told of lost simulators.

    Raises
    ------
    InvalidInput
        If the numbers of endpoints and environments differ, or the file is of another run.
    SimulatorLost
        If a simulator does not come back.
    """
    if len(endpoints) != settings.n_agents:
        raise InvalidInput(f"{len(endpoints)} simulators for {settings.n_agents} agents")
    if episodes < 1 or every < 1:
        raise InvalidInput(f"episodes={episodes} and every={every} must be at least 1")
    network = network or InProcess(settings.mixing)
    method = estimators.estimator(settings.algorithm)
    state = _start(settings, network, path)
    if state.episode > episodes:
        raise InvalidInput(
            f"{path}: is at episode {state.episode}, beyond the {episodes} asked for"
        )
    estimators.warm_up(method, state.learners[0].parameters)
    work = _Work(settings, network, method, Stopwatch())
    begin, steps, first = time.perf_counter(), 0, state.episode
    with Hangar(endpoints, report=report) as hangar:
        while state.episode < episodes:
            steps += work.iterate(state, hangar)
            if path is not None and (state.episode % every == 0 or state.episode == episodes):
                _save(path, settings, network, state)
            if callback is not None:
                seconds = time.perf_counter() - begin
                recent = tuple(np.mean(state.log["distance"][-25:], axis=0).tolist())
                here = state.episode - first
                callback(
                    Progress(state.episode, episodes, here, steps, seconds, recent, work.watch)
                )
    return runs.Run.of(settings, state.log, _policies(network, state.learners))


def _start(settings: Settings, network: Network, path: Path | None) -> State:
    """Return the state to go on from."""
    method = estimators.estimator(settings.algorithm)
    rng = generator(settings.seed, Purpose.START)
    parameters = jax.device_put(starting_parameters(rng, critic=method.critic))
    fresh = Learner(parameters, estimators.optimizer().init(parameters))
    if path is None or not path.exists():
        return State(0, [Learner(fresh.parameters, fresh.adam) for _ in network.agents])
    saved = runs.load(path, settings)
    names, shape = _named(fresh), jax.tree.structure((fresh.parameters, fresh.adam))
    learners = []
    for agent in network.agents:
        leaves = saved.learners[agent]
        if leaves.keys() != names.keys():
            raise InvalidInput(f"{path}: has other layers or another optimizer than this version")
        parameters, adam = jax.tree.unflatten(
            shape, [jax.device_put(leaves[name]) for name in names]
        )
        learners.append(Learner(parameters, adam))
    return State(saved.episode, learners, {name: list(rows) for name, rows in saved.log.items()})


def _save(path: Path, settings: Settings, network: Network, state: State) -> None:
    everyone = network.gather([_named(one) for one in state.learners])
    if network.agents[0] == 0:
        log = {name: np.array(rows) for name, rows in state.log.items()}
        runs.save(path, settings, runs.Saved(state.episode, everyone, log))


def _named(one: Learner) -> dict[str, Array]:
    """Return all arrays of a learner by their place: ``0/policy/full_1_bias``, ``1/0/mu/...``."""
    leaves, _ = jax.tree_util.tree_flatten_with_path((one.parameters, one.adam))
    return {
        jax.tree_util.keystr(place, simple=True, separator="/"): np.asarray(leaf)
        for place, leaf in leaves
    }


def _policies(network: Network, learners: list[Learner]) -> list[dict[str, Array]]:
    policies = [one.parameters["policy"] for one in learners]
    return network.gather(
        [{name: np.asarray(layer) for name, layer in one.items()} for one in policies]
    )


@dataclass
class _Work:
    """Does iterations."""

    settings: Settings
    network: Network
    method: estimators.Estimator
    watch: Stopwatch

    def iterate(self, state: State, hangar: Hangar) -> int:
        """Fly, learn and communicate once; return how many steps were flown in this process."""
        agents, k = self.network.agents, state.episode
        flown = [
            hangar.flown(agent, self._flight(agent, k, one))
            for agent, one in zip(agents, state.learners, strict=True)
        ]
        now = time.perf_counter()
        updates = [
            estimators.update(
                self.method,
                one.parameters,
                one.adam,
                episode,
                generator(self.settings.seed, Purpose.LEARNING, agent, k),
            )
            for agent, one, episode in zip(agents, state.learners, flown, strict=True)
        ]
        jax.block_until_ready([update.parameters for update in updates])
        now = self.watch.add("train", now)
        mixed = self.network.mix(
            [one.parameters["policy"] for one in state.learners],
            [update.parameters["policy"] for update in updates],
        )
        for one, update, policy in zip(state.learners, updates, mixed.policies, strict=True):
            one.parameters = update.parameters | {"policy": on_device(policy)}
            one.adam = update.state
        self.watch.add("mix", now)
        rows = [
            (episode.distance, episode.n_steps, update.gradient_norm)
            for episode, update in zip(flown, updates, strict=True)
        ]
        for name, row in zip(LOGGED, zip(*self.network.gather(rows), strict=True), strict=True):
            state.log.setdefault(name, []).append(row)
        for name in ("consensus_error", "step_norm"):
            state.log.setdefault(name, []).append(getattr(mixed, name))
        state.episode += 1
        return sum(episode.n_steps for episode in flown)

    def _flight(self, agent: int, k: int, one: Learner) -> Callable[[DroneSim], Episode]:
        policy, act = one.parameters["policy"], estimators.acting()

        def flight(simulator: DroneSim) -> Episode:
            return fly(
                simulator,
                k % simulator.n_starts,
                lambda frame: act(policy, frame),
                self.settings.cap,
                generator(self.settings.seed, Purpose.FLIGHT, agent, k),
                self.watch,
            )

        return flight
