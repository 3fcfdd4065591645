"""What decides a training run, and where its random numbers come from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.models import graphs
from dcpg_theory.models.mixing import MixingMatrix

__all__ = ["GRAPHS", "Purpose", "Settings", "generator"]

GRAPHS = ("ring", "complete", "star", "path", "none")
"""Who talks to whom; with ``none`` every agent learns alone, as SA-0, SA-1, ..."""


class Purpose:
    """What a random number is for; each use has a stream of its own."""

    START, FLIGHT, LEARNING, TEST = range(4)


def generator(seed: int, purpose: int, *place: int) -> np.random.Generator:
    """Return the generator of one use at one place, such as an agent and an episode.

    Nothing is carried from one episode to the next, so a run that is resumed or an episode that is
    repeated draws the same numbers.
    """
    return np.random.default_rng([seed, purpose, *place])


@dataclass(frozen=True, slots=True)
class Settings:
    """A training run.

    Attributes
    ----------
    algorithm : str
        ``reinforce``, ``a2c`` or ``ppo``.
    graph : str
        See `GRAPHS`; weights are lazy Metropolis.
    seed : int
    cap : int
        The most steps in an episode.
    environments : tuple of str
        Labels of the environments, one an agent.

    Raises
    ------
    InvalidInput
        If one of them is out of range.
    """

    algorithm: str
    graph: str
    seed: int
    cap: int
    environments: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.graph not in GRAPHS:
            raise InvalidInput(f"graph {self.graph!r} must be one of {', '.join(GRAPHS)}")
        for name, least in (("seed", 0), ("cap", 1)):
            if getattr(self, name) < least:
                raise InvalidInput(f"{name}={getattr(self, name)} must be at least {least}")
        if not self.environments:
            raise InvalidInput("environments is empty, there must be one for each agent")

    @property
    def n_agents(self) -> int:
        """One agent an environment."""
        return len(self.environments)

    @property
    def mixing(self) -> MixingMatrix:
        """The mixing matrix; the identity where nobody communicates."""
        if self.graph == "none":
            return MixingMatrix(np.eye(self.n_agents))
        return graphs.lazy_metropolis(getattr(graphs, self.graph)(self.n_agents))

    @property
    def stem(self) -> str:
        """The name of the run's files."""
        return f"{self.algorithm}-{self.graph}-seed{self.seed}"

    def as_json(self) -> dict[str, Any]:
        """Return the settings as JSON can hold them."""
        return asdict(self) | {"environments": list(self.environments)}
