"""Episodes of a tabular process, many at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP

__all__ = ["EpisodeSampler", "Episodes"]


@dataclass(frozen=True, slots=True, eq=False)
class Episodes:
    """Episodes side by side, shape (n_steps, n_episodes) each, in the order of time.

    Attributes
    ----------
    states, actions : ndarray of int
        Counted as in the process; zero after the end of an episode.
    rewards : ndarray of float
        Zero after the end.
    running : ndarray of bool
        Whether the episode has not ended before this step. The first row is True.
    """

    states: Array
    actions: Array
    rewards: Array
    running: Array

    def rewards_to_go(self) -> Array:
        """Return the sum of the rewards from each step to the episode's end, of the same shape."""
        return np.asarray(np.cumsum(self.rewards[::-1], axis=0)[::-1])


class EpisodeSampler:
    """Draws episodes that end after each step with probability 1 - discount.

    Parameters
    ----------
    mdp : FiniteMDP
        Of floats; sparse transitions stay sparse.
    """

    def __init__(self, mdp: FiniteMDP) -> None:
        from scipy.sparse import csr_array

        self._mdp = mdp
        flat = mdp.transitions
        flat = csr_array(flat if mdp.is_sparse else flat.reshape(-1, mdp.n_states), copy=True)
        flat.eliminate_zeros()
        flat.sum_duplicates()
        self._successors, self._first = flat.indices, flat.indptr
        # Row r of cumulated probabilities is shifted to (r, r + 1], so that one search serves all.
        row = np.repeat(np.arange(flat.shape[0]), np.diff(flat.indptr))
        sums = np.cumsum(flat.data)
        before = np.concatenate([[0.0], sums])[flat.indptr[row]]
        total = sums[flat.indptr[row + 1] - 1] - before
        self._cumulated = row + (sums - before) / total

    def episodes(
        self, policy: Array, start: Array, n_episodes: int, rng: np.random.Generator
    ) -> Episodes:
        """Return independent episodes of a policy.

        Parameters
        ----------
        policy : ndarray, shape (n_states, n_actions)
        start : ndarray, shape (n_states,)
            The distribution of the first state.
        n_episodes : int
        rng : numpy.random.Generator
        """
        n_actions = self._mdp.n_actions
        chances = np.cumsum(policy, axis=1)
        chances /= chances[:, -1:]
        lengths = rng.geometric(1 - float(self._mdp.discount), n_episodes)
        shape = int(lengths.max()), n_episodes
        states, actions = np.zeros(shape, dtype=np.intp), np.zeros(shape, dtype=np.intp)
        running = np.arange(shape[0])[:, None] < lengths
        where = np.cumsum(start)
        state = np.searchsorted(where, rng.random(n_episodes) * where[-1], "right")
        alive = np.arange(n_episodes)
        for t in range(shape[0]):
            still = lengths[alive] > t
            alive, state = alive[still], state[still]
            action = (rng.random(len(alive))[:, None] >= chances[state]).sum(axis=1)
            states[t, alive], actions[t, alive] = state, action
            row = state * n_actions + action
            place = np.searchsorted(self._cumulated, row + rng.random(len(alive)), "right")
            place = np.clip(place, self._first[row], self._first[row + 1] - 1)
            state = self._successors[place]
        rewards = np.where(running, self._mdp.rewards[states, actions], 0.0)
        return Episodes(states, actions, rewards, running)
