"""Gymnasium's tabular environments as processes: FrozenLake, CliffWalking, Taxi, and others alike.

Such an environment tells its model as ``P[state][action]``, a list of (probability, next state,
reward, terminated). Two things need care so that values are preserved:

- a transition that terminates an episode leads to one more state, ``end``, which is kept for ever
  without reward. The next state named there may have ordinary transitions of its own (in
  CliffWalking and Taxi it does), and following those would go on collecting rewards;
- a reward that depends on the next state becomes its expectation given state and action.

Time limits (``truncated``) are no part of the model and are left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.gridworld.worlds import END
from dcpg_theory.models.finite_mdp import FiniteMDP

__all__ = ["NAMES", "toy_text_task"]

NAMES = {"frozen-lake": "FrozenLake", "cliff-walking": "CliffWalking", "taxi": "Taxi"}
"""Names of the command line and the environments they stand for, in their newest version."""


def toy_text_task(environment: Any, discount: float) -> FiniteMDP:
    """Return the process of an environment with ``P``.

    Parameters
    ----------
    environment : gymnasium.Env or str
        Or an id such as ``FrozenLake-v1``, or a name in `NAMES`.
    discount : float
        In (0, 1); environments have none.

    Returns
    -------
    FiniteMDP
        Sparse; its states are ``s0``, ``s1``, ... and ``end``, so that tasks of equal size share
        states. The start is ``initial_state_distrib``, or what a reset gives if there is none.

    Raises
    ------
    InvalidInput
        If there is no such environment, or it has no model to tell.

    Examples
    --------
    >>> toy_text_task("cliff-walking", 0.9)
    FiniteMDP(49 states, 4 actions, discount=0.9, float64, sparse with 193 entries)
    """
    from scipy.sparse import coo_array

    made = _made(environment) if isinstance(environment, str) else environment
    inner = made.unwrapped
    table = getattr(inner, "P", None)
    if table is None:
        raise InvalidInput(f"environment {environment}: has no P, the table of its transitions")
    n_states, n_actions = len(table), len(table[0])
    end = n_states
    rows, columns, chances = [], [], []
    rewards = np.zeros((n_states + 1, n_actions))
    for s in range(n_states):
        for a in range(n_actions):
            for chance, after, reward, terminated in table[s][a]:
                rows.append(s * n_actions + a)
                columns.append(end if terminated else int(after))
                chances.append(float(chance))
                rewards[s, a] += float(chance) * float(reward)
    rows += [end * n_actions + a for a in range(n_actions)]
    columns += [end] * n_actions
    chances += [1.0] * n_actions
    shape = ((n_states + 1) * n_actions, n_states + 1)
    transitions = coo_array((chances, (rows, columns)), shape=shape)
    start = np.zeros(n_states + 1)
    told = getattr(inner, "initial_state_distrib", None)
    if told is None:
        start[int(made.reset(seed=0)[0])] = 1.0
    else:
        start[:end] = told
    if isinstance(environment, str):
        made.close()
    labels = [*(f"s{s}" for s in range(n_states)), END]
    return FiniteMDP(transitions, rewards, discount, start, labels)


def _made(name: str) -> Any:
    import gymnasium

    id = name
    if name in NAMES:
        versions = [
            spec.id
            for spec in gymnasium.registry.values()
            if spec.name == NAMES[name] and spec.namespace is None
        ]
        id = max(versions, key=lambda found: int(found.rpartition("-v")[2]))
    try:
        return gymnasium.make(id)
    except gymnasium.error.Error as error:
        raise InvalidInput(f"environment {name!r}: {error}") from None
