"""Gymnasium's toy texts by short names: FrozenLake, CliffWalking, Taxi.

How a table becomes a process, with its values preserved, stands in `models.gymnasium_tables`.
"""

from __future__ import annotations

from typing import Any

from dcpg_theory.models.finite_mdp import FiniteMDP

__all__ = ["NAMES", "toy_text_task"]

NAMES = {"frozen-lake": "FrozenLake", "cliff-walking": "CliffWalking", "taxi": "Taxi"}
"""Names of the command line and the environments they stand for, in their newest version."""


def toy_text_task(environment: Any, discount: float) -> FiniteMDP:
    """Return the process of an environment with ``P``, as `FiniteMDP.from_gymnasium` does.

    Parameters
    ----------
    environment : gymnasium.Env or str
        Or an id such as ``FrozenLake-v1``, or a name in `NAMES`.
    discount : float
        In (0, 1); environments have none.

    Raises
    ------
    InvalidInput
        If there is no such environment, or it has no model to tell.

    Examples
    --------
    >>> toy_text_task("cliff-walking", 0.9)
    FiniteMDP(49 states, 4 actions, discount=0.9, float64, sparse with 196 entries)
    """
    if isinstance(environment, str) and environment in NAMES:
        environment = _newest(NAMES[environment])
    return FiniteMDP.from_gymnasium(environment, discount)


def _newest(name: str) -> str:
    import gymnasium

    versions = [
        spec.id
        for spec in gymnasium.registry.values()
        if spec.name == name and spec.namespace is None
    ]
    return max(versions, key=lambda found: int(found.rpartition("-v")[2]))
