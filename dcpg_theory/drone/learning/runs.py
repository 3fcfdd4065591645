"""The file of a run: a checkpoint while it trains, its policies and its log afterwards.

An .npz archive without pickles, replaced as a whole, so that a kill at any time leaves a valid one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dcpg_theory.drone.learning.settings import Settings
from dcpg_theory.engine.files import read_archive, write_archive
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array

__all__ = ["Run", "Saved", "load", "read_run", "save"]

_KIND, _VERSION = "drone run", 1
_POLICY = "0/policy/"


@dataclass(frozen=True, slots=True, eq=False)
class Saved:
    """What a run needs to go on.

    Attributes
    ----------
    episode : int
    learners : list of dict of str to array
        For each agent its parameters and Adam's state, by their place.
    log : dict of str to array
        First axis: episode.
    """

    episode: int
    learners: list[dict[str, Array]]
    log: dict[str, Array]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What came of a run.

    Attributes
    ----------
    settings : Settings
    log : dict of str to array
        ``distance`` (metres), ``steps`` and ``gradient_norm`` of shape (n_episodes, n_agents);
        ``consensus_error`` and ``step_norm`` of shape (n_episodes,).
    policies : list of dict of str to float32 array
        Each agent's.
    """

    settings: Settings
    log: dict[str, Array]
    policies: list[dict[str, Array]]

    @staticmethod
    def of(settings: Settings, log: dict[str, list[Any]], policies: list[dict[str, Array]]) -> Run:
        """Return a run of a log of rows."""
        return Run(settings, {name: np.array(rows) for name, rows in log.items()}, policies)

    @property
    def mean_policy(self) -> dict[str, Array]:
        """The policy of the agents' mean parameters: what DCPG has learned."""
        names = self.policies[0]
        stacks = {name: np.stack([one[name] for one in self.policies]) for name in names}
        return {
            name: np.asarray(stack.mean(axis=0, dtype=np.float64), np.float32)
            for name, stack in stacks.items()
        }


def save(path: Path, settings: Settings, saved: Saved) -> None:
    """Write a run's file.

    Raises
    ------
    InvalidInput
        If the file cannot be written.
    """
    header = {"settings": settings.as_json(), "episode": saved.episode}
    arrays = {f"log/{name}": rows for name, rows in saved.log.items()}
    for agent, leaves in enumerate(saved.learners):
        arrays |= {f"agent/{agent}/{place}": leaf for place, leaf in leaves.items()}
    write_archive(path, _KIND, _VERSION, header, arrays)


def load(path: Path, settings: Settings) -> Saved:
    """Return what a run needs to go on.

    Raises
    ------
    InvalidInput
        If the file cannot be read or is of another run.
    """
    found, saved = _read(path)
    if found != settings:
        ours, theirs = settings.as_json(), found.as_json()
        differing = "; ".join(
            f"{name} is {theirs[name]} there and {ours[name]} here"
            for name in ours
            if ours[name] != theirs[name]
        )
        raise InvalidInput(
            f"{path}: is a checkpoint of other settings ({differing}); choose another --out, or "
            "remove the file to begin again"
        )
    return saved


def read_run(path: Path) -> Run:
    """Return what came of a run, also of one that is not done.

    Raises
    ------
    InvalidInput
        If the file cannot be read.
    """
    settings, saved = _read(path)
    policies = [
        {
            place.removeprefix(_POLICY): leaf
            for place, leaf in leaves.items()
            if place.startswith(_POLICY)
        }
        for leaves in saved.learners
    ]
    return Run(settings, saved.log, policies)


def _read(path: Path) -> tuple[Settings, Saved]:
    header, arrays = read_archive(path, _KIND, _VERSION)
    try:
        kept = dict(header["settings"])
        settings = Settings(**kept | {"environments": tuple(kept["environments"])})
        log = {
            name.removeprefix("log/"): rows
            for name, rows in arrays.items()
            if name.startswith("log/")
        }
        learners = [
            {
                name.removeprefix(f"agent/{agent}/"): leaf
                for name, leaf in arrays.items()
                if name.startswith(f"agent/{agent}/")
            }
            for agent in range(settings.n_agents)
        ]
        return settings, Saved(int(header["episode"]), learners, log)
    except (KeyError, TypeError, ValueError):
        raise InvalidInput(f"{path}: is no complete {_KIND} of dcpg_theory") from None
