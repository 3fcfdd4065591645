r"""Displays about pi_theta and pi_theta*, evaluated at exact instances.

A `Setting` is a problem with both policies, the mu_i and lambda; it gives every symbol of Appendix
B.3 its exact value, so that a display is checked as it is printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.rational_functions import as_fmpq
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from proofs_check.readings.sums import Index, Ranges, read

__all__ = ["Setting", "absorbing", "shared_kernel"]

HALF = Fraction(1, 2)
_AT_OPTIMUM, _HERE = r"^{\pi_{\theta^*}}", r"^{\pi_\theta}"


@dataclass(frozen=True)
class Setting:
    """A problem, its exploration as the mu_i, the policies pi_theta and pi_theta*, and lambda.

    A task's sizes at states it does not hold are 0, which is how sums over all tasks are read.
    """

    problem: MultiTaskProblem
    policy: Any
    optimal: Any
    regularization: Any

    @property
    def ranges(self) -> Ranges:
        """What the printed sums and maxima run through."""
        held = [{int(s): k for k, s in enumerate(places)} for places in self.problem.indices]
        tasks = range(len(held))
        states = range(len(self.problem.states))
        actions = range(self.problem.tasks[0].n_actions)

        def holding(at: Index) -> list[Index]:
            return [{"i": i} for i in tasks if at["s"] in held[i]]

        each_action = lambda _: [{"a": a} for a in actions]  # noqa: E731
        both = [{"s": s, "i": i} for s in states for i in tasks if s in held[i]]
        return {
            r"\sum_{i=1}^N": lambda _: [{"i": i} for i in tasks],
            r"\sum_{i: s \in \mathcal{S}_i}": holding,
            r"\sum_{i:s \in \mathcal{S}_i}": holding,
            r"\sum_{s \in \mathcal{S}_i}": lambda at: [{"s": s} for s in held[at["i"]]],
            r"\sum_{s \in \mathcal{S}}": lambda _: [{"s": s} for s in states],
            r"\sum_{a \in \mathcal{A}}": each_action,
            r"\sum_{s,a}": lambda _: [{"s": s, "a": a} for s in states for a in actions],
            r"\max_{a \in \mathcal{A}}": each_action,
            r"\max_{s \in \mathcal{S}, i: s \in \mathcal{S}_i}": lambda _: both,
        }

    def names(self, at: Index) -> Mapping[str, Any]:
        """Return the values of the symbols whose indices are bound."""
        n_states, n_actions = np.shape(self.policy)
        known: dict[str, Any] = {
            r"\lambda": self.regularization,
            "N": len(self.problem.tasks),
            r"|\mathcal{S}|": n_states,
            r"|\mathcal{A}|": n_actions,
        }
        if "i" in at:
            known[r"\gamma_i"] = self.problem.tasks[at["i"]].discount
        if "s" in at and "a" in at:
            known[r"\pi_\theta(a|s)"] = self.policy[at["s"]][at["a"]]
            known[r"\pi_{\theta^*}(a|s)"] = self.optimal[at["s"]][at["a"]]
        if "s" in at:
            known |= self._ratio(at["s"])
        if "i" in at and "s" in at:
            known |= self._at_state(at["i"], at["s"])
        if "i" in at and "s" in at and "a" in at:
            known |= self._at_pair(at["i"], at["s"], at["a"])
        return known

    def value_of(self, latex: str, at: Index | None = None) -> Any:
        """Return an expression's exact value."""
        return read(latex, self.names, self.ranges, at)

    def gap(self) -> Any:
        """Return V(theta*; rho) - V(theta; rho)."""
        best = theory.objective(self.problem, self.optimal)
        return best - theory.objective(self.problem, self.policy)

    def gradient(self) -> Any:
        """Return the gradient of sum_i L_i(theta; mu_i), shape (n_states, n_actions)."""
        problem = self.problem
        return theory.gradient(problem, self.policy, self.regularization, problem.exploration)

    def meets_the_condition(self, share: Fraction = HALF) -> bool:
        """Whether the gradient's norm is at most share lambda N/(|S||A|)."""
        g = self.gradient()
        limit = self.regularization * len(self.problem.tasks) * share / g.size
        return bool(sum(entry * entry for entry in g.flat) <= as_fmpq(limit**2))

    def mismatch(self) -> Any:
        """Return max d*_{i,rho_i}(s)/((1 - gamma_i) mu_i(s)); every mu_i must be positive."""
        return self.value_of(
            r"\max_{s \in \mathcal{S}, i: s \in \mathcal{S}_i}"
            r"\frac{d_{i,\rho_i}^{\pi_{\theta^*}}(s)}{(1-\gamma_i)\mu_i(s)}"
        )

    def _local(self, i: int, s: int) -> int | None:
        found = np.flatnonzero(self.problem.indices[i] == s)
        return int(found[0]) if len(found) else None

    def _policies(self, i: int) -> dict[str, Any]:
        rows = self.problem.indices[i]
        return {
            _HERE: np.asarray(self.policy, dtype=object)[rows],
            _AT_OPTIMUM: np.asarray(self.optimal, dtype=object)[rows],
        }

    def _at_state(self, i: int, s: int) -> dict[str, Any]:
        task, mu, k = self.problem.tasks[i], self.problem.exploration[i], self._local(i, s)
        known: dict[str, Any] = {r"\mu_i(s)": 0 if k is None else mu[k]}
        for label, policy in self._policies(i).items():
            for start, symbol in ((task.start, r"\rho_i"), (mu, r"\mu_i")):
                d = 0 if k is None else theory.visitation(task, policy, start)[k]
                known[f"d_{{i,{symbol}}}{label}(s)"] = d
        known[r"d_{\rho_i}^{\pi_{\theta^*}}(s)"] = known[rf"d_{{i,\rho_i}}{_AT_OPTIMUM}(s)"]
        return known

    def _ratio(self, s: int) -> dict[str, Any]:
        """Return the ratio of (12) in the first task that holds the state.

        The name with a star has pi_theta* in the denominator, as (47) is printed.
        """
        i = next(i for i in range(len(self.problem.tasks)) if self._local(i, s) is not None)
        known = self._at_state(i, s)
        above = known[rf"d_{{i,\rho_i}}{_AT_OPTIMUM}(s)"]
        named = {r"\tilde{d}(s)": _HERE, r"\tilde{d}^*(s)": _AT_OPTIMUM}
        return {name: above / known[rf"d_{{i,\mu_i}}{label}(s)"] for name, label in named.items()}

    def _at_pair(self, i: int, s: int, a: int) -> dict[str, Any]:
        task, k = self.problem.tasks[i], self._local(i, s)
        known: dict[str, Any] = {
            f"A_i{label}(s, a)": 0 if k is None else theory.advantage(task, policy)[k, a]
            for label, policy in self._policies(i).items()
        }
        slope = theory.task_gradient(
            self.problem, i, self.policy, self.regularization, self.problem.exploration[i]
        )
        known[r"\frac{\partial L_i^\lambda(\theta; \mu_i)}{\partial \theta_{s,a}}"] = slope[s, a]
        return known


def absorbing(rewards: Any, discount: Any, start: Any, states: Any = None) -> FiniteMDP:
    """Return the task that stays in every state for ever; rewards (n_states, n_actions)."""
    rewards = np.asarray(rewards, dtype=object)
    transitions = np.zeros((*rewards.shape, len(rewards)), dtype=object)
    for s in range(len(rewards)):
        transitions[s, :, s] = 1
    return FiniteMDP(transitions, rewards, discount, start, states=states)


def shared_kernel(rewards: Any, discount: Any = HALF) -> MultiTaskProblem:
    """Return tasks that differ in their rewards only: two states, two actions, mu not rho."""
    third, quarter = Fraction(1, 3), Fraction(1, 4)
    transitions = [
        [[third, 1 - third], [quarter, 1 - quarter]],
        [[1, 0], [HALF, HALF]],
    ]
    start = [quarter, 1 - quarter]
    tasks = [FiniteMDP(transitions, reward, discount, start) for reward in rewards]
    return MultiTaskProblem(tasks, exploration=[[third, 1 - third]] * len(tasks))
