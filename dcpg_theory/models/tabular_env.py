"""A finite process as a Gymnasium environment, for other people's learners."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Discrete

from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP

__all__ = ["TabularEnv"]

Row = list[tuple[float, int, float, bool]]


class TabularEnv(gymnasium.Env[Any, Any]):
    """The environment of `FiniteMDP.to_gymnasium`, with its model in ``P`` like the toy texts.

    Observations and actions are numbers from 0. A step pays the expected reward of state and
    action. It terminates where nothing more can come: on entering a final state, which all actions
    keep without reward. There is no time limit; `gymnasium.wrappers.TimeLimit` adds one.

    Attributes
    ----------
    P : dict
        ``P[state][action]`` is a list of (probability, next state, reward, terminated).
    initial_state_distrib : ndarray, shape (n_states,)
    labels : tuple of hashable
        The process's names of the states.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 - theirs

    def __init__(self, mdp: FiniteMDP) -> None:
        mdp = mdp.to_float()
        self.labels = mdp.states
        self.initial_state_distrib: Array = mdp.start
        self.observation_space = Discrete(mdp.n_states)
        self.action_space = Discrete(mdp.n_actions)
        self.P: dict[int, dict[int, Row]] = _table(mdp)
        self.state = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Start an episode in a state drawn from the process's start."""
        super().reset(seed=seed)
        chances = self.initial_state_distrib
        self.state = int(self.np_random.choice(len(chances), p=chances / chances.sum()))
        return self.state, {"label": self.labels[self.state]}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Move; the fourth value, truncated, is always false here."""
        row = self.P[self.state][int(action)]
        chances = np.array([chance for chance, *_ in row])
        _, self.state, reward, terminated = row[
            int(self.np_random.choice(len(row), p=chances / chances.sum()))
        ]
        label = {"label": self.labels[self.state]}
        return self.state, reward, terminated, False, label


def _table(mdp: FiniteMDP) -> dict[int, dict[int, Row]]:
    from scipy.sparse import csr_array

    n_states, n_actions = mdp.n_states, mdp.n_actions
    rows = csr_array(mdp.transitions.reshape(-1, n_states) if not mdp.is_sparse else
                     mdp.transitions)  # fmt: skip

    def successors(state: int, action: int) -> list[tuple[float, int]]:
        here = slice(*rows.indptr[state * n_actions + action :][:2])
        pairs = zip(rows.data[here].tolist(), rows.indices[here].tolist(), strict=True)
        return [(chance, after) for chance, after in pairs if chance > 0]

    final = [
        not mdp.rewards[s].any()
        and all(after == s for a in range(n_actions) for _, after in successors(s, a))
        for s in range(n_states)
    ]
    return {
        s: {
            a: [(p, t, float(mdp.rewards[s, a]), final[t]) for p, t in successors(s, a)]
            for a in range(n_actions)
        }
        for s in range(n_states)
    }
