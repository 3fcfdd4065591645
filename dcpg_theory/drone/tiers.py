"""Tiers: how long an experiment is. The network and its input are the same in all of them."""

from __future__ import annotations

from dataclasses import dataclass

from dcpg_theory.errors import InvalidInput

__all__ = ["TIERS", "Tier", "tier"]


@dataclass(frozen=True, slots=True)
class Tier:
    """The size of an experiment.

    Attributes
    ----------
    name : str
    episodes : int
        Of training, for each agent.
    cap : int
        The most steps in an episode.
    test_episodes : int
        Of each policy in each environment.
    seeds : int
        How many; 0, 1, ... are taken.
    """

    name: str
    episodes: int
    cap: int
    test_episodes: int
    seeds: int


TIERS = {
    found.name: found
    for found in (
        Tier("smoke", episodes=4, cap=40, test_episodes=4, seeds=1),
        Tier("short", episodes=250, cap=200, test_episodes=20, seeds=5),
        Tier("overnight", episodes=1000, cap=500, test_episodes=20, seeds=5),
        Tier("paper", episodes=4000, cap=500, test_episodes=20, seeds=5),
    )
}


def tier(name: str) -> Tier:
    """Return a tier by its name.

    Raises
    ------
    InvalidInput
        If there is none of this name.
    """
    if name not in TIERS:
        raise InvalidInput(f"tier {name!r} must be one of {', '.join(TIERS)}")
    return TIERS[name]
