r"""Searches for Proposition 1: the gap to a better policy over what a small gradient allows.

One task, lambda = 1, and a process whose rewards are what makes a chosen gradient that of L: under
the policy V = 0 and A = r, so r = ((grad L)_{s,a} - (1/|A| - pi)/|S|) / (pi d/(1 - gamma)). The
other policy takes the first action everywhere, which is no loss since actions have no order.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from dcpg_theory import theory
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.balls import ball
from dcpg_theory.exact.linear_algebra import solve
from dcpg_theory.exact.numbers import Array
from dcpg_theory.exact.rational_functions import as_fmpq
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.search.draws import one_of_these, whole_numbers
from dcpg_theory.search.instances import Instance
from dcpg_theory.search.rounding import distributions, few_digits
from dcpg_theory.search.targets import Numbers, Structure, Target
from proofs_check.searches.lines import softmax_of
from proofs_check.searches.processes import DISCOUNTS

__all__ = ["TARGETS"]


def _structures(options: Mapping[str, Any]) -> st.SearchStrategy[Structure]:
    given = options.get("discount")
    discounts = one_of_these(DISCOUNTS)
    return st.fixed_dictionaries(
        {
            "states": whole_numbers(1, options.get("max_states") or 3),
            "actions": whole_numbers(2, 3),
            "discount": discounts if given is None else st.just(Fraction(given)),
        }
    )


def _shapes(structure: Structure) -> dict[str, tuple[int, ...]]:
    n, m = structure["states"], structure["actions"]
    return {
        "transitions": (n, m, n),
        "theta": (n, m),
        "start": (n,),
        "exploration": (n,),
        "gradient": (n, m),
    }


def _visits(transitions: Array, policy: Array, start: Array, discount: Any) -> Any:
    """Return d/(1 - gamma), shape (..., S)."""
    chain = (policy[..., None] * transitions).sum(axis=-2)
    matrix = np.swapaxes(np.eye(chain.shape[-1], dtype=np.int64) - discount * chain, -1, -2)
    if matrix.dtype == object:
        return solve(matrix, start)
    return np.linalg.solve(matrix, start[..., None])[..., 0]


def _small(gradient: Array) -> Any:
    """Return a gradient whose rows sum to zero, of norm below 1/(2 |S||A|)."""
    n, m = gradient.shape[-2:]
    centred = gradient - gradient.sum(axis=-1)[..., None] / m
    size = np.sqrt(1 + (centred**2).sum(axis=-1).sum(axis=-1))
    return centred / size[..., None, None] / (2 * n * m)


def _one_sided(gradient: Array) -> Any:
    """Return a gradient whose rows sum to zero and whose largest entry is 1/(|S||A|)."""
    n, m = gradient.shape[-2:]
    centred = gradient - gradient.sum(axis=-1)[..., None] / m
    return centred / centred.max(axis=-1).max(axis=-1)[..., None, None] / (n * m)


def _advantages(policy: Array, gradient: Array, visits: Array) -> Any:
    n, m = policy.shape[-2:]
    uniform = 1 / m if policy.dtype != object else as_fmpq(Fraction(1, m))
    return (gradient - (uniform - policy) / n) / (policy * visits[..., None])


def _target(claim: str, factor: int, scaled: Any, text: str) -> Target:
    """Return the target gap / (factor lambda N M), for gradients that `scaled` makes small."""

    def ratio(structure: Structure, numbers: Numbers) -> Any:
        moves, policy = softmax_of(numbers["transitions"]), softmax_of(numbers["theta"])
        explored, discount = softmax_of(numbers["exploration"]), float(structure["discount"])
        visits = _visits(moves, policy, explored, discount)
        gains = _advantages(policy, scaled(numbers["gradient"]), visits)[..., 0]
        first = np.eye(structure["actions"])[np.zeros(structure["states"], dtype=int)]
        reached = _visits(moves, first, softmax_of(numbers["start"]), discount)
        return (reached * gains).sum(axis=-1) / (factor * (reached / explored).max(axis=-1))

    def instance(structure: Structure, numbers: Numbers, snap: bool) -> Instance:
        moves = distributions(softmax_of(numbers["transitions"]), snap=snap)
        # A factor just below 1 keeps the rounded gradient as small as is assumed.
        gradient = few_digits(scaled(numbers["gradient"]) * (1 - 1e-5))
        gradient = gradient - gradient.sum(axis=-1)[:, None] / structure["actions"]
        weights = few_digits(np.maximum(softmax_of(numbers["theta"]), 1e-6))
        policy, discount = policy_from_weights(weights), as_fmpq(structure["discount"])
        start, explored = (
            distributions(np.maximum(softmax_of(numbers[name]), 1e-6), snap=False)
            for name in ("start", "exploration")
        )
        rewards = _advantages(policy, gradient, _visits(moves, policy, explored, discount))
        low, high = rewards.min(), rewards.max()
        if low == high:
            raise InvalidInput("all actions are worth the same")
        # Into [0, 1], with lambda in proportion: the ratio stays.
        mdp = FiniteMDP(moves, (rewards - low) / (high - low), discount, start)
        weight = np.array(1 / (high - low), dtype=object)
        return Instance(
            MultiTaskProblem([mdp], [explored]), {"weights": weights, "regularization": weight}
        )

    def certified(instance: Instance) -> Any:
        problem, weight = instance.problem, instance.one("regularization")
        (mdp,), (explored,) = problem.tasks, problem.exploration
        policy, (n, m) = policy_from_weights(instance.numbers["weights"]), mdp.rewards.shape
        gradient = theory.task_gradient(problem, 0, policy, weight, explored)
        limit = weight / (n * m)
        if factor == 2:
            small = (gradient**2).sum() <= (limit / 2) ** 2
        else:
            small = gradient.max() <= limit
        if not small:
            raise InvalidInput("the gradient is larger than the proposition assumes")
        first = np.array([[int(a == 0) for a in range(m)]] * n)
        gap = (mdp.start * (theory.value(mdp, first) - theory.value(mdp, policy))).sum()
        mismatch = (theory.visitation(mdp, first) / explored).max() / (1 - mdp.discount)
        return ball(gap / (factor * weight * mismatch))

    return Target(claim, text, _structures, _shapes, ratio, instance, certified)


TARGETS = (
    _target(
        "prop-1",
        2,
        _small,
        "(V(pi*; rho) - V(pi; rho)) / (2 lambda N M), M = max d*/((1-gamma) mu)",
    ),
    _target("prop-1-sharp", 1, _one_sided, "(V(pi*; rho) - V(pi; rho)) / (lambda N M)"),
)
