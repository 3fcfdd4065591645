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


@dataclass(frozen=True, slots=True, eq=False)
class Saved:
    """What a run needs to go on.

    Attributes
    ----------
    episode : int
    learners : list of list of arrays
        For each agent its parameters and Adam's state, as a flat list of arrays.
    log : dict of str to array
        First axis: episode.
    """

    episode: int
    learners: list[list[Array]]
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
    def of(
        settings: Settings, log: dict[str, list[Any]], policies: list[dict[str, Array]]
    ) -> Run:
        """Return a run of a log of rows."""
        return Run(settings, {name: np.array(rows) for name, rows in log.items()}, policies)

    @property
    def mean_policy(self) -> dict[str, Array]:
        """The policy of the agents' mean parameters: what DCPG has learned."""
        names = self.policies[0]
        return {
            name: np.mean([one[name] for one in self.policies], axis=0, dtype=np.float64).astype(
                np.float32
            )
            for name in names
        }


def save(path: Path, settings: Settings, saved: Saved, policies: list[dict[str, Array]]) -> None:
    """Write a run's file.

    Parameters
    ----------
    path : Path
    settings : Settings
    saved : Saved
    policies : list of dict
        At least one agent's, for the names and shapes of the layers.

    Raises
    ------
    InvalidInput
        If the file cannot be written.
    """
    header = {
        "settings": settings.as_json(),
        "episode": saved.episode,
        "policy": {name: list(layer.shape) for name, layer in policies[0].items()},
    }
    arrays = {f"log/{name}": rows for name, rows in saved.log.items()}
    for agent, leaves in enumerate(saved.learners):
        arrays |= {f"agent/{agent}/{place:03}": leaf for place, leaf in enumerate(leaves)}
    write_archive(path, _KIND, _VERSION, header, arrays)


def load(path: Path, settings: Settings) -> Saved:
    """Return what a run needs to go on.

    Raises
    ------
    InvalidInput
        If the file cannot be read or is of another run.
    """
    found, saved, _ = _read(path)
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
    settings, saved, shapes = _read(path)
    policies = []
    for leaves in saved.learners:
        named = _policy_leaves(leaves, shapes)
        if named is None:
            raise InvalidInput(f"{path}: its policy has not the layers that its header names")
        policies.append(named)
    return Run(settings, saved.log, policies)


def _policy_leaves(leaves: list[Array], shapes: dict[str, Any]) -> dict[str, Array] | None:
    """Pick the policy out of the flat list: critic and policy come by name, each layer by name."""
    names = sorted(shapes)
    for first in range(len(leaves) - len(names) + 1):
        part = leaves[first : first + len(names)]
        if [list(leaf.shape) for leaf in part] == [shapes[name] for name in names]:
            return dict(zip(names, part, strict=True))
    return None


def _read(path: Path) -> tuple[Settings, Saved, dict[str, Any]]:
    header, arrays = read_archive(path, _KIND, _VERSION)
    try:
        kept = dict(header["settings"])
        settings = Settings(**kept | {"environments": tuple(kept["environments"])})
        log = {
            name.removeprefix("log/"): rows
            for name, rows in arrays.items()
            if name.startswith("log/")
        }
        learners = []
        for agent in range(settings.n_agents):
            prefix = f"agent/{agent}/"
            names = sorted(name for name in arrays if name.startswith(prefix))
            learners.append([arrays[name] for name in names])
        if not all(learners):
            raise KeyError("agent")
        return settings, Saved(int(header["episode"]), learners, log), dict(header["policy"])
    except (KeyError, TypeError, ValueError):
        raise InvalidInput(f"{path}: is no complete {_KIND} of dcpg_theory") from None
