r"""Searches for Lemma B.4: derivatives of V over what the policy's own row sums allow.

For two actions with probabilities p and 1 - p the largest row sums over all unit vectors are known:
with w = p (1 - p), C' = 2 sqrt(2) w, C'' = 4 w |1 - 2p| and C''' = 4 sqrt(2) w |1 - 6w|, the largest
over the states. So (55) holds as the lemma needs it, and cannot hold with less.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flint
import numpy as np
from hypothesis import strategies as st

from dcpg_theory.exact.balls import ball
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.search.instances import Instance
from dcpg_theory.search.targets import Numbers, Structure, Target
from proofs_check.searches.lines import policy_slopes, softmax_of, value_slopes
from proofs_check.searches.processes import (
    instance_along,
    norm_to_the,
    process_shapes,
    process_structures,
    slope_along,
)

__all__ = ["TARGETS"]


def _two_actions(options: Mapping[str, Any]) -> st.SearchStrategy[Structure]:
    return process_structures(options, most_actions=2)


def _row_sums(policy: Array) -> list[Any]:
    """Return C'/(2 sqrt 2), C''/4 and C'''/(4 sqrt 2), largest over the states."""
    p = policy[..., 0]
    w = p * (1 - p)
    signed = (w, w * (1 - 2 * p), w * (1 - 6 * w))
    if policy.dtype == object:
        return [np.abs(sums).max(axis=-1) for sums in signed]
    # Of complex numbers the largest is that of the largest real part.
    return [np.sqrt(sums * sums).max(axis=-1) for sums in signed]


def _half_bound(order: int, sums: list[Any], gamma: Any, root: Any) -> Any:
    """Return half of (56), where `root` is the root of 2."""
    x, (one, two, three) = 1 / (1 - gamma), sums
    c1, c2, c3 = one * root * 2, two * 4, three * root * 4
    return (
        c1 * x**2,
        c2 * x**2 + 2 * gamma * c1**2 * x**3,
        c3 * x**2 + 6 * gamma * c1 * c2 * x**3 + 6 * gamma**2 * c1**3 * x**4,
    )[order - 1] / 2


def _target(claim: str, order: int, text: str) -> Target:
    def ratio(structure: Structure, numbers: Numbers) -> Any:
        p = softmax_of(numbers["theta"])
        bound = _half_bound(order, _row_sums(p), float(structure["discount"]), 2**0.5)
        slope = slope_along(order, structure, numbers)
        return np.sqrt(slope * slope / norm_to_the(order, numbers["direction"])) / bound

    def certified(instance: Instance) -> Any:
        (mdp,) = instance.problem.tasks
        policy, u = policy_from_weights(instance.numbers["weights"]), instance.numbers["direction"]
        slope = value_slopes(
            mdp.transitions,
            mdp.rewards,
            mdp.discount,
            mdp.start,
            policy_slopes(policy, u)[: order + 1],
        )[order]
        sums = [ball(most) for most in _row_sums(policy)]
        bound = _half_bound(order, sums, ball(mdp.discount), flint.arb(2).sqrt())
        return ball(slope * slope / norm_to_the(order, u)).sqrt() / bound

    return Target(claim, text, _two_actions, process_shapes, ratio, instance_along, certified)


TARGETS = (
    _target("eq-56-first-sharp", 1, "|dV/d alpha| 2 / (C' X^2), X = 1/(1-gamma)"),
    _target("eq-56-second-sharp", 2, "|d^2 V/d alpha^2| 2 / (C'' X^2 + 2 gamma C'^2 X^3)"),
    _target(
        "eq-56-third-sharp",
        3,
        "|d^3 V/d alpha^3| 2 / (C''' X^2 + 6 gamma C' C'' X^3 + 6 gamma^2 C'^3 X^4)",
    ),
)
