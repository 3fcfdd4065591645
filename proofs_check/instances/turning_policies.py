r"""Small tasks whose softmax policy turns along a direction u, as exact instances for Lemma B.4.

With theta = log w the first three derivatives of the softmax at alpha = 0 are polynomials in its
probabilities and in u. Replacing the policy by its Taylor polynomial of degree 3 changes none of
the first three derivatives of Q and V at alpha = 0, and makes them rational functions of alpha.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import factorial
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.linear_algebra import inverse
from dcpg_theory.exact.numbers import Array, NumberKind, as_array
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, evaluate
from dcpg_theory.exact.rational_functions import as_fmpq, symbols
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.theory.assumptions import Assumption
from proofs_check.chains.derivatives import AT_PAIR, AT_STATE, turn
from proofs_check.symbols import own

__all__ = [
    "BANDIT",
    "FEW",
    "GENERAL",
    "MANY",
    "RISING",
    "STAYS",
    "TURNS_ARE_BOUNDED",
    "Turning",
    "bandit_along",
    "start_constants",
    "stay_or_quit",
    "unaware",
]

HALF = Fraction(1, 2)


@dataclass(frozen=True, eq=False)
class Turning:
    """A task, a policy and a direction; the start is state 0, the first action is action 0.

    Attributes
    ----------
    task : FiniteMDP
    policy : sequence of rows, shape (n_states, n_actions)
    direction : sequence of rows of the same shape, a vector of length 1
    path : three derivatives of the policy, for a policy that is not a softmax and has one
        parameter, so that u is 1 or -1
    """

    task: FiniteMDP
    policy: Any
    direction: Any
    path: tuple[Any, ...] = ()

    @cached_property
    def jets(self) -> list[Array]:
        """The policy and its first three derivatives, shape (n_states, n_actions) each.

        From pi' = pi (u - m) with m = sum_a pi u, by the product rule.
        """
        found = [as_array(self.policy, NumberKind.RATIONAL)]
        if self.path:
            return [*found, *(as_array(jet, NumberKind.RATIONAL) for jet in self.path)]
        u = as_array(self.direction, NumberKind.RATIONAL)
        means = []
        for order in range(3):
            means.append((found[order] * u).sum(axis=1, keepdims=True))
            following = found[order] * u
            for k in range(order + 1):
                binomial = factorial(order) // factorial(k) // factorial(order - k)
                following = following - binomial * found[order - k] * means[k]
            found.append(following)
        return found

    @cached_property
    def _values(self) -> dict[Atom, Any]:
        states, actions = self.jets[0].shape
        step = self.task.transitions.reshape(states * actions, states)
        values: dict[Atom, Any] = {Atom("P", "SA", "S"): step}
        averages = []
        for order, jet in enumerate(self.jets):
            block = np.zeros((states, states * actions), dtype=object)
            for s in range(states):
                block[s, s * actions : (s + 1) * actions] = jet[s]
            averages.append(as_array(block, NumberKind.RATIONAL))
            values[next(iter(turn(order).atoms()))] = averages[-1]
        eye = np.eye(states * actions, dtype=np.int64)
        system = as_array(eye, NumberKind.RATIONAL) - self.task.discount * (step @ averages[0])
        values[Atom("M", "SA", "SA")] = inverse(system)
        values[Atom("r", "SA", SCALARS)] = self.task.rewards.reshape(-1, 1)
        x = [Fraction(2), Fraction(-1), Fraction(0), HALF][: states * actions]
        values[Atom("x", "SA", SCALARS)] = np.array(x, dtype=object).reshape(-1, 1)
        for order in range(4):
            derivatives = (("V", "S", self.value(order)), ("Q", "SA", self.action_value(order)))
            for name, space, entries in derivatives:
                values[Atom(f"{name}{order or ''}", space, SCALARS)] = entries.reshape(-1, 1)
        return values

    @cached_property
    def _paths(self) -> tuple[Array, Array]:
        """The values and the action values as rational functions of alpha."""
        alpha = symbols("alpha")[0]
        policy = sum(jet * alpha**k / factorial(k) for k, jet in enumerate(self.jets))
        return theory.value(self.task, policy), theory.action_value(self.task, policy)

    def value(self, order: int) -> Array:
        """Return the derivative of the values, shape (n_states,)."""
        return _derivative(self._paths[0], order)

    def action_value(self, order: int) -> Array:
        """Return the derivative of the action values, shape (n_states, n_actions)."""
        return _derivative(self._paths[1], order)

    def entries(self, operator: Operator) -> Array:
        """Return an operator from the scalars, for every state and pair that e^T may pick."""
        states, actions = self.jets[0].shape
        sizes = {"S": states, "SA": states * actions, SCALARS: 1}
        scalars = {str(own): self.task.discount}
        found = []
        for index in range(states * actions):
            pick = {
                next(iter(AT_PAIR.atoms())): np.eye(states * actions, dtype=int)[[index]],
                next(iter(AT_STATE.atoms())): np.eye(states, dtype=int)[[index // actions]],
            }
            found.append(evaluate(operator, self._values | pick, sizes, scalars))
        return np.stack(found)

    def constant(self, order: int) -> Any:
        """Return the smallest constant for (55) along this direction, over all states."""
        return max(abs(row).sum() for row in self.jets[order])

    def norm(self, operator: Operator) -> Any:
        """Return the largest absolute value of the entries."""
        return max(abs(entry) for entry in self.entries(operator).flat)

    def shown(self) -> dict[str, Any]:
        """Return what names the instance."""
        rows = "; ".join(" ".join(map(str, row)) for row in self.policy)
        along = "; ".join(" ".join(map(str, row)) for row in self.direction) or "1"
        rewards = "; ".join(" ".join(map(str, row)) for row in self.task.rewards)
        return {
            "task": f"{len(self.policy)} states, rewards {rewards}",
            "gamma_i": self.task.discount,
            "policy": rows,
            "u": along,
        }


def _derivative(entries: Array, order: int) -> Array:
    result = np.empty(entries.shape, dtype=object)
    for index, entry in np.ndenumerate(entries):
        function = entry
        for _ in range(order):
            function = function.derivative("alpha")
        result[index] = function.evaluate({"alpha": 0})
    return result


def bandit_along(*direction: Fraction, first: Fraction = HALF) -> Turning:
    """Return one state and two actions that pay 1 and 0, with gamma = 1/2."""
    task = FiniteMDP([[[1], [1]]], [[1, 0]], HALF, [1])
    return Turning(task, [[first, 1 - first]], [list(direction)])


BANDIT = bandit_along(Fraction(3, 5), Fraction(-4, 5), first=Fraction(1, 4))

GENERAL = Turning(
    FiniteMDP(
        [
            [[Fraction(1, 4), Fraction(3, 4)], [1, 0]],
            [[Fraction(2, 3), Fraction(1, 3)], [Fraction(1, 5), Fraction(4, 5)]],
        ],
        [[1, HALF], [0, Fraction(1, 3)]],
        HALF,
        [1, 0],
    ),
    [[Fraction(1, 3), Fraction(2, 3)], [Fraction(3, 4), Fraction(1, 4)]],
    [[Fraction(7, 10), Fraction(-1, 10)], [HALF, -HALF]],
)


def stay_or_quit(discount: Any) -> FiniteMDP:
    """Action 0 stays in state 0 and is paid 1, action 1 leads to a state that pays nothing."""
    return FiniteMDP([[[1, 0], [0, 1]], [[0, 1], [0, 1]]], [[1, 0], [0, 0]], discount, [1, 0])


def _stay(discount: Fraction, stay: Fraction, *slopes: Fraction) -> Turning:
    """Return the task above, whose one parameter moves the probability to stay.

    With p its probability and p1, p2, p3 the derivatives of p, the three derivatives of V are
    ``p1 / (1 - gamma p)^2``, ``p2 / (1 - gamma p)^2 + 2 gamma p1^2 / (1 - gamma p)^3`` and
    ``p3 / (1 - gamma p)^2 + 6 gamma p1 p2 / (1 - gamma p)^3 + 6 gamma^2 p1^3 / (1 - gamma p)^4``.
    """
    path = tuple([[slope, -slope], [0, 0]] for slope in slopes)
    return Turning(stay_or_quit(discount), [[stay, 1 - stay], [0, 1]], [], path)


MANY = _stay(Fraction(99, 100), Fraction(9999, 10000), *(Fraction(k) for k in (9, 5, 7)))
FEW = _stay(Fraction(99, 100), Fraction(9999, 10000), Fraction(1, 100), Fraction(1), Fraction(9))
EARLY = _stay(Fraction(1, 10), Fraction(9999, 10000), *(Fraction(k) for k in (1, 100, 10000)))
STAYS = (MANY, FEW, EARLY)

# A softmax policy all whose derivatives rise together, so that no triangle inequality is strict.
RISING = Turning(
    stay_or_quit(HALF),
    [[Fraction(1, 10), Fraction(9, 10)], [HALF, HALF]],
    [[Fraction(3, 5), Fraction(-4, 5)], [0, 0]],
)


_RARE = Fraction(1, 1000)


def start_constants() -> dict[str, Any]:
    """Return constants for (55) at the start of `unaware`, for every unit vector u.

    There pi = (p, 1 - p), whose derivatives are +-p (1 - p) d, times (1 - 2 p) d and times
    (1 - 6 p + 6 p^2) d^2, where d is a difference of two entries of u: d^2 <= 2 < (3/2)^2.
    """
    once, d = 2 * _RARE * (1 - _RARE), Fraction(3, 2)
    constants = (once * d, once * (1 - 2 * _RARE) * 2, once * (1 - 6 * _RARE + 6 * _RARE**2) * d**3)
    return {"C" + "'" * (k + 1): as_fmpq(value) for k, value in enumerate(constants)}


def unaware(first: Fraction) -> Turning:
    """Return a start that always leads to `bandit_along`'s state, where alone the policy turns."""
    rare = _RARE
    task = FiniteMDP([[[0, 1], [0, 1]], [[0, 1], [0, 1]]], [[0, 0], [1, 0]], HALF, [1, 0])
    along = [[0, 0], [Fraction(3, 5), Fraction(-4, 5)]]
    return Turning(task, [[rare, 1 - rare], [first, 1 - first]], along)


TURNS_ARE_BOUNDED = Assumption(
    "(55) in every state",
    r"\sum_{a \in \mathcal{A}} |d^k \pi_\alpha(a|s) / d\alpha^k|_{\alpha=0} \leq C^{(k)}, "
    r"\quad \forall s, u",
    "the bounds (55) on the policy's derivatives hold in every state and for every unit vector u",
    lambda given: all(given[0].constant(k) <= given[1][k - 1] for k in (1, 2, 3)),
    lambda: (MANY, (18, 10, 14)),
)
