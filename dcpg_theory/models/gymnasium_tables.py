"""Processes from Gymnasium's tabular environments, and back: `FiniteMDP.from_gymnasium`.

Such an environment tells its model as ``P[state][action]``, a list of (probability, next state,
reward, terminated). Two things need care so that values are preserved:

- nothing comes after a transition that terminates an episode. The next state named there may have
  ordinary transitions of its own (in CliffWalking and Taxi it does), and following those would go
  on collecting rewards; so the transition leads to one more state, ``end``, which is kept for ever
  without reward. Where the state named is such a state already (a hole in FrozenLake), it stays;
- a reward that depends on the next state becomes its expectation given state and action.

Time limits (``truncated``) are no part of the model and are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array, NumberKind, number_kind
from dcpg_theory.models.validation import check_shape, input_array

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from dcpg_theory.models.finite_mdp import FiniteMDP
    from dcpg_theory.models.tabular_env import TabularEnv

__all__ = ["END", "from_gymnasium", "to_gymnasium"]

END = "end"
"""The label of the state after the end of an episode."""

Step = tuple[int, int, Any, int, Any, bool]
"""State, action, probability, next state, reward, terminated."""


def from_gymnasium(
    environment: Any, discount: Any, states: Iterable[Hashable] | None = None
) -> FiniteMDP:
    """Return the process of an environment that tells its model.

    Parameters
    ----------
    environment : gymnasium.Env or str
        With the table ``P``; or an id such as ``FrozenLake-v1``.
    discount : number
        In (0, 1); environments have none.
    states : iterable of hashable, optional
        Labels of the environment's states; default its attribute ``labels`` (`TabularEnv` has it),
        or else ``s0``, ``s1``, ..., so that tasks of equal size share states.

    Returns
    -------
    FiniteMDP
        Sparse float64; dense and exact if the table and the discount are exact rationals. A state
        ``end`` follows the others if one is needed. The start is ``initial_state_distrib``, or what
        a reset with seed 0 gives if there is none.

    Raises
    ------
    InvalidInput
        If there is no such environment, it has no model to tell, or the table is malformed.

    Examples
    --------
    >>> from dcpg_theory import FiniteMDP
    >>> FiniteMDP.from_gymnasium("CliffWalking-v1", 0.9)
    FiniteMDP(49 states, 4 actions, discount=0.9, float64, sparse with 196 entries)
    >>> FiniteMDP.from_gymnasium("FrozenLake-v1", 0.9)
    FiniteMDP(16 states, 4 actions, discount=0.9, float64, sparse with 148 entries)
    """
    from dcpg_theory.models.finite_mdp import FiniteMDP

    made = _made(environment) if isinstance(environment, str) else environment
    inner = getattr(made, "unwrapped", made)
    table = getattr(inner, "P", None)
    if table is None:
        raise InvalidInput(f"environment {environment}: has no P, the table of its transitions")
    n_states, n_actions, steps = _steps(table)
    final = _final_states(n_states, steps)
    ended = [step[5] and not final[step[3]] for step in steps]
    size = n_states + any(ended)
    if size > n_states:
        steps = [
            (s, a, chance, n_states if ends else after, paid, ends)
            for (s, a, chance, after, paid, _), ends in zip(steps, ended, strict=True)
        ]
        steps += [(n_states, a, 1, n_states, 0, True) for a in range(n_actions)]
    start = _start(made, inner, n_states, size)
    if isinstance(environment, str):
        made.close()
    if states is None:
        states = getattr(inner, "labels", None) or [f"s{s}" for s in range(n_states)]
    labels = [*states, *([END] if size > n_states else [])]
    transitions, rewards = _folded(steps, size, n_actions, number_kind(discount, start))
    return FiniteMDP(transitions, rewards, discount, start, labels)


def to_gymnasium(mdp: FiniteMDP) -> TabularEnv:
    """Return the process as a Gymnasium environment, in float64; the discount is left behind.

    Entering a state that all actions keep without reward terminates the episode; the values of
    every policy are the same with it as without. `from_gymnasium` gives the process back.

    Raises
    ------
    InvalidInput
        If the numbers are no floats (see `FiniteMDP.to_float`).

    Examples
    --------
    >>> from dcpg_theory.models import FiniteMDP, example_1
    >>> task = example_1(0.9).tasks[0]
    >>> env = task.to_gymnasium()
    >>> env.P[1][0]
    [(1.0, 0, 1.0, True)]
    """
    from dcpg_theory.models.tabular_env import TabularEnv

    return TabularEnv(mdp)


def _made(id: str) -> Any:
    import gymnasium

    try:
        return gymnasium.make(id)
    except gymnasium.error.Error as error:
        raise InvalidInput(f"environment {id!r}: {error}") from None


def _steps(table: Any) -> tuple[int, int, list[Step]]:
    """Return the numbers of states and actions, and the table as one list."""
    try:
        n_states, n_actions = len(table), len(table[0])
        steps: list[Step] = []
        for s in range(n_states):
            if len(table[s]) != n_actions:
                raise InvalidInput(
                    f"P: state {s} has {len(table[s])} actions and state 0 has {n_actions}, all "
                    "must have equally many"
                )
            for a in range(n_actions):
                for chance, after, reward, terminated in table[s][a]:
                    if not 0 <= int(after) < n_states:
                        raise InvalidInput(
                            f"P: state {s}, action {a}: next state {after} must lie in 0, ..., "
                            f"{n_states - 1}"
                        )
                    steps.append((s, a, chance, int(after), reward, bool(terminated)))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(
            "P must hold at [state][action], both counted from 0, a list of (probability, next "
            "state, reward, terminated)"
        ) from None
    return n_states, n_actions, steps


def _final_states(n_states: int, steps: list[Step]) -> Array:
    """Return which states all actions keep without reward."""
    final = np.ones(n_states, dtype=bool)
    for state, _, chance, after, reward, _ in steps:
        if chance != 0 and (after != state or reward != 0):
            final[state] = False
    return final


def _start(environment: Any, inner: Any, n_states: int, size: int) -> Array:
    told = getattr(inner, "initial_state_distrib", None)
    if told is None:
        start = np.zeros(size, dtype=np.int64)
        start[int(environment.reset(seed=0)[0])] = 1
        return start
    told = input_array("initial_state_distrib", told)
    check_shape("initial_state_distrib", told, (n_states,), "(n_states,)")
    return np.concatenate([told, np.zeros(size - n_states, dtype=np.int64)])


def _folded(steps: list[Step], size: int, n_actions: int, kind: NumberKind) -> tuple[Any, Any]:
    """Add up probabilities and expected rewards: sparse in floats, dense in exact numbers."""
    pairs = [s * n_actions + a for s, a, *_ in steps]
    chances, after, paid = ([step[part] for step in steps] for part in (2, 3, 4))
    if NumberKind.FLOAT in (kind, number_kind(chances, paid)):
        from scipy.sparse import coo_array

        weights, rewards = np.array(chances, dtype=float), np.array(paid, dtype=float)
        transitions = coo_array((weights, (pairs, after)), shape=(size * n_actions, size))
        expected = np.bincount(pairs, weights * rewards, size * n_actions)
        least, most = np.full_like(expected, np.inf), np.full_like(expected, -np.inf)
        np.minimum.at(least, pairs, rewards)
        np.maximum.at(most, pairs, rewards)
        expected = np.where(least == most, least, expected)  # weights sum to 1 only up to rounding
        return transitions, expected.reshape(size, n_actions)
    dense = np.full((size * n_actions, size), 0, dtype=object)
    expected = np.full(size * n_actions, 0, dtype=object)
    for pair, chance, column, reward in zip(pairs, chances, after, paid, strict=True):
        dense[pair, column] += chance
        expected[pair] += chance * reward
    return dense.reshape(size, n_actions, size), expected.reshape(size, n_actions)
