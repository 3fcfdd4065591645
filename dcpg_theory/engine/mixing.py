"""Mixing: the sums over the agents that are heard, for all agents of a process together.

The rounding is that of `reference.mixed_step`, agent by agent: products and sums one after the
other, in ascending order of the agents. What is vectorised is the work of different agents.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from dcpg_theory.engine.rounds import Round
from dcpg_theory.exact.numbers import Array

__all__ = ["Mixing"]


class Mixing:
    """The mixing of one round, for the agents of one process that are awake.

    Parameters
    ----------
    round_ : Round
    awake : sequence of int
        Their numbers.
    place : callable
        What gives an agent's place among the arrays heard; see `teams.Team.places`.
    """

    def __init__(self, round_: Round, awake: Sequence[int], place: Callable[[int], int]) -> None:
        rows = [round_.rows[i] for i in awake]
        most = max((len(heard) for heard, _ in rows), default=0)
        # Term t of all sums at once, of those that have so many.
        self._terms: list[tuple[Array | None, Array, Array]] = []
        for t in range(most):
            which = [n for n, (heard, _) in enumerate(rows) if len(heard) > t]
            sources = np.array([place(rows[n][0][t]) for n in which])
            weights = np.array([rows[n][1][t] for n in which])[:, None, None]
            everyone = len(which) == len(rows)
            self._terms.append((None if everyone else np.array(which), sources, weights))

    def step(self, heard: Array, size: float, directions: Array) -> Array:
        """Return sum_j W_ij theta_j + size directions_i for every agent i that is awake.

        Parameters
        ----------
        heard : ndarray, shape (n_heard, n_states, n_actions)
            As `teams.Exchange.finish` returns them.
        size : float
        directions : ndarray, shape (n_awake, n_states, n_actions)

        Returns
        -------
        ndarray, the shape of `directions`
        """
        mixed = np.zeros_like(directions)
        for which, sources, weights in self._terms:
            term = heard[sources]
            term *= weights
            if which is None:
                mixed += term
            else:
                mixed[which] += term
        mixed += size * directions
        return mixed
