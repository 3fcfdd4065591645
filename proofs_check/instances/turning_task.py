r"""A small task one of whose softmax parameters may turn, and the displays of Appendix B.4 read on it.

Two states and three actions, so that |S| and |A| are not confused; transitions, rewards and start
are fixed, the discount is a symbol. The weight exp(theta) of one pair is the symbol w, so the
derivative along its theta is w d/dw of a solved value: nothing of the derivation is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.numbers import Array
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.policies import policy_from_weights
from proofs_check.readings.displays import Leaves, Reader
from proofs_check.symbols import DISCOUNT, OWN, free, own

__all__ = ["BOX", "DIRECTIONS", "MU", "TurningTask"]

BOX = OWN.replace(w=DISCOUNT)
DIRECTIONS = ((0, 0), (1, 2))
_LAMBDA = Fraction(3, 7)
MU = np.array([Fraction(1, 2), Fraction(1, 2)], dtype=object)
_WEIGHTS = ((1, 2, 3), (5, 1, 2))


def _moves() -> Array:
    out = np.array([[1, 2, 3], [4, 1, 0]], dtype=object) * Fraction(1, 4)
    return np.stack([out, 1 - out], axis=-1)


@dataclass(frozen=True)
class TurningTask:
    """The task, with the weight of the pair `direction` a symbol."""

    direction: tuple[int, int]

    @property
    def task(self) -> FiniteMDP:
        """Two states, three actions."""
        rewards = [[1, 0, Fraction(1, 2)], [Fraction(1, 3), 1, 0]]
        return FiniteMDP(_moves(), rewards, own, [Fraction(1, 3), Fraction(2, 3)])

    @property
    def policy(self) -> Array:
        """The softmax of log weights, shape (2, 3)."""
        return policy_from_weights(self._weights)

    @property
    def _weights(self) -> Array:
        weights = np.array(_WEIGHTS, dtype=object)
        weights[self.direction] = symbols("w")[0]
        return weights

    def reader(self) -> Reader:
        """Return the reader of displays on this task."""
        task, pi, weights = self.task, self.policy, self._weights
        V, Q = theory.value(task, pi), theory.action_value(task, pi)
        A, d = theory.advantage(task, pi), theory.visitation(task, pi)
        D, explored = theory.visitation_matrix(task, pi), theory.visitation(task, pi, MU)
        # A series with a bare gamma, which is another number than gamma_i.
        other = theory.visitation_matrix(task.with_discount(free), pi) / (1 - free)
        elsewhere = theory.value(task.with_discount(free), pi)
        rewards, moves = task.rewards, task.transitions
        one = own / own
        leaves: Leaves = {
            r"\gamma_i^k P_{\pi_\theta}(s_i^k = <t> | <s>)": lambda t, s: D[t, s] / (1 - own),
            r"\gamma_i^k P_i^{\pi_\theta}(s_i^k = <t> | s_i^0 = <s>)": lambda t, s: (
                D[t, s] / (1 - own)
            ),
            r"\gamma^k P_i^{\pi_\theta}(s_i^k = <t> | s_i^0 = <s>)": lambda t, s: other[t, s],
            r"\gamma_i^k \mathcal{R}_i(s_i^k, a_i^k) \mid s_i^0 = <s>": lambda s: V[s],
            r"\gamma^k \mathcal{R}_i(s_i^k, a_i^k) \mid s_i^0 = <s>": lambda s: elsewhere[s],
            r"\mathbb{E}": lambda: one,
            r"\gamma_i": lambda: own,
            r"\lambda": lambda: one * _LAMBDA,
            r"|\mathcal{S}|": lambda: one * len(pi),
            r"|\mathcal{A}|": lambda: one * len(pi[0]),
            r"\pi_\theta(<a> | <s>)": lambda a, s: pi[s, a],
            r"V_i^{\pi_\theta}(<s>)": lambda s: V[s],
            r"V_i^{\pi_\theta}(\rho_i)": lambda: task.start @ V,
            r"Q_i^{\pi_\theta}(<s>, <a>)": lambda s, a: Q[s, a],
            r"A_i^{\pi_\theta}(<s>, <a>)": lambda s, a: A[s, a],
            r"\mathcal{R}(<s>, <a>)": lambda s, a: one * rewards[s, a],
            r"p_i(<t> | <s>, <a>)": lambda t, s, a: one * moves[s, a, t],
            r"d_{<s>}^{\pi_\theta}(<t>)": lambda s, t: D[t, s],
            r"d_i^{\pi_\theta}(<t> | <s>)": lambda t, s: D[t, s],
            r"d_{\rho_i}^{\pi_\theta}(<s>)": lambda s: d[s],
            r"d_{i,\rho_i}^{\pi_\theta}(<s>)": lambda s: d[s],
            r"d_{i,\mu_i}^{\pi_\theta}(<s>)": lambda s: explored[s],
            r"\rho_i(<s>)": lambda s: one * task.start[s],
            r"\mathbb{1}(<s> = <t>, <a> = <b>)": lambda s, t, a, b: one * int(s == t and a == b),
            r"\mathbb{1}(<s> = <t>)": lambda s, t: one * int(s == t),
            r"\mathbb{1}[<s> = <t>]": lambda s, t: one * int(s == t),
            r"\exp(\theta_{<s>,<a>})": lambda s, a: one * weights[s, a],
        }
        states, actions = range(2), range(3)
        ranges = {"s": states, r"\mathcal{S}_i": states, "a": actions, r"\mathcal{A}": actions}
        reader = Reader(ranges, leaves, self.direction, "w")
        for start, name in ((task.start, r"\rho_i"), (MU, r"\mu_i")):
            objective = start @ V - _LAMBDA * self._entropy(reader)
            reader.knowing(rf"L_i^\lambda(\theta; {name})", lambda known=objective: known)
        return reader.knowing_theta()

    def _entropy(self, reader: Reader) -> Any:
        """Return RE less log|A|, with symbols for the logarithms of the probabilities."""
        logs = [reader.logarithm(entry) for entry in self.policy.flat]
        return -sum(logs[1:], start=logs[0]) / len(logs)

    def value(self) -> Array:
        """Return V, shape (2,)."""
        return theory.value(self.task, self.policy)

    def slopes(self) -> list[Any]:
        """Return w dV/dw at both states."""
        return [self.turned(value) for value in self.value()]

    def start_slope(self, start: Any = None) -> Any:
        """Return w dV(rho)/dw, or from another start."""
        return self.turned((self.task.start if start is None else start) @ self.value())

    def regularized_slope(self, start: Any = None) -> Any:
        """Return the derivative of V(rho) - lambda RE, from pi'/pi: (log pi)' without a logarithm."""
        pi = self.policy
        logs = sum(self.turned(entry) / entry for entry in pi.flat)
        return self.start_slope(start) + _LAMBDA * logs / pi.size

    def turned(self, value: Any) -> Any:
        """Return w d/dw."""
        return symbols("w")[0] * value.derivative("w")

    def read(self, latex: str, indices: Sequence[str] = ()) -> list[Any]:
        """Return a display's values for all values of its free indices.

        The indices s and a, where they are free, are the direction.
        """
        own_pair = dict(zip(("s", "a"), self.direction, strict=True))
        values: list[dict[str, int]] = [own_pair]
        for index in indices:
            size = 2 if index[0] == "s" else 3
            values = [{**known, index: k} for known in values for k in range(size)]
        reader = self.reader()
        return [reader.read(latex, **known) for known in values]
