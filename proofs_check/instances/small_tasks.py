"""Tasks with one or three states, in which the bounds are attained."""

from __future__ import annotations

from typing import Any

import numpy as np

from dcpg_theory.models.finite_mdp import FiniteMDP

__all__ = ["bandit", "fork", "loop"]


def loop(reward: Any, discount: Any) -> FiniteMDP:
    """Return the task with one state and one action that pays `reward` for ever."""
    return FiniteMDP([[[1]]], [[reward]], discount, [1])


def bandit(discount: Any, first: Any = 1, second: Any = 0) -> FiniteMDP:
    """Return the task with one state and two actions that pay `first` and `second`."""
    return FiniteMDP([[[1], [1]]], [[first, second]], discount, [1])


def fork(discount: Any) -> FiniteMDP:
    """Return the task whose first action leads to reward 1 for ever, its second to 0 for ever."""
    transitions = np.zeros((3, 2, 3), dtype=np.int64)
    transitions[0, 0, 1] = transitions[0, 1, 2] = 1
    transitions[1, :, 1] = transitions[2, :, 2] = 1
    return FiniteMDP(transitions, [[1, 0], [1, 1], [0, 0]], discount, [1, 0, 0])
