r"""Searches over one process and a policy: the bounds (3), a visitation's least, and Lemma B.1."""

from __future__ import annotations

from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.balls import ball
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.search.instances import Instance
from dcpg_theory.search.rounding import few_digits
from dcpg_theory.search.targets import Numbers, Structure, Target
from proofs_check.searches.lines import objective_and_gradient, softmax_of, value_slopes
from proofs_check.searches.processes import (
    process_shapes,
    process_structures,
    transitions_of,
    unit,
    without_direction,
)

__all__ = ["TARGETS"]

LARGEST = 2
"""Of the regularizations lambda that are tried."""


def _shapes(structure: Structure) -> dict[str, tuple[int, ...]]:
    shapes = process_shapes(structure)
    del shapes["direction"]
    return shapes


def _value(structure: Structure, numbers: Numbers, start: Any, rewards: Any = None) -> Any:
    """Return the value from a distribution, shape (..., S), for the numbers' rewards or others."""
    paid = unit(numbers["rewards"]) if rewards is None else rewards
    moves, policy = transitions_of(structure, numbers), softmax_of(numbers["theta"])
    return value_slopes(moves, paid, float(structure["discount"]), start, [policy])[0]


def _own(instance: Instance) -> tuple[FiniteMDP, Any]:
    (mdp,) = instance.problem.tasks
    return mdp, policy_from_weights(instance.numbers["weights"])


def _value_ratio(structure: Structure, numbers: Numbers) -> Any:
    value = _value(structure, numbers, softmax_of(numbers["start"]))
    return value * (1 - float(structure["discount"]))


def _value_certified(instance: Instance) -> Any:
    mdp, policy = _own(instance)
    return ball((mdp.start * theory.value(mdp, policy)).sum() * (1 - mdp.discount))


def _advantage_ratio(sign: int) -> Any:
    """Return the ratio of the advantage of the first action in the first state, or of its loss."""

    def ratio(structure: Structure, numbers: Numbers) -> Any:
        discount = float(structure["discount"])
        first = np.eye(structure["states"])[0]
        after = transitions_of(structure, numbers)[..., 0, 0, :]
        ahead = discount * _value(structure, numbers, after) - _value(structure, numbers, first)
        return sign * (unit(numbers["rewards"])[..., 0, 0] + ahead) * (1 - discount)

    return ratio


def _advantage_certified(sign: int) -> Any:
    def certified(instance: Instance) -> Any:
        mdp, policy = _own(instance)
        return ball(sign * theory.advantage(mdp, policy)[0, 0] * (1 - mdp.discount))

    return certified


def _visitation_ratio(structure: Structure, numbers: Numbers) -> Any:
    """Return (1 - gamma) mu(s)/d(s) for the first state: d(s)/(1 - gamma) is a value."""
    start = softmax_of(numbers["start"])
    here = np.zeros((structure["states"], structure["actions"]))
    here[0] = 1
    return start[..., 0] / _value(structure, numbers, start, here)


def _visitation_certified(instance: Instance) -> Any:
    mdp, policy = _own(instance)
    return ball((1 - mdp.discount) * mdp.start[0] / theory.visitation(mdp, policy)[0])


def _weighted_shapes(structure: Structure) -> dict[str, tuple[int, ...]]:
    return _shapes(structure) | {"regularization": ()}


def _weighted_instance(structure: Structure, numbers: Numbers, snap: bool) -> Instance:
    instance = without_direction(structure, numbers, snap)
    weight = {"regularization": few_digits(LARGEST * unit(numbers["regularization"]), 3)}
    return Instance(instance.problem, instance.numbers | weight)


def _sum_ratio(structure: Structure, numbers: Numbers) -> Any:
    weight, discount = LARGEST * unit(numbers["regularization"]), float(structure["discount"])
    _, slope = objective_and_gradient(
        transitions_of(structure, numbers),
        unit(numbers["rewards"]),
        discount,
        softmax_of(numbers["start"]),
        numbers["theta"],
        weight,
    )
    total = np.sqrt(slope * slope).sum(axis=-1).sum(axis=-1)
    return total / (1 / (1 - discount) ** 2 + 2 * weight)


def _sum_certified(instance: Instance) -> Any:
    (mdp, policy), weight = _own(instance), instance.one("regularization")
    slope = theory.task_gradient(instance.problem, 0, policy, weight)
    return ball(np.abs(slope).sum() / (1 / (1 - mdp.discount) ** 2 + 2 * weight))


def _target(claim: str, text: str, ratio: Any, certified: Any) -> Target:
    return Target(claim, text, process_structures, _shapes, ratio, without_direction, certified)


TARGETS = (
    _target("eq-3-value-upper-corrected", "V (1-gamma)", _value_ratio, _value_certified),
    _target(
        "eq-3-advantage-upper-corrected",
        "A(s, a) (1-gamma)",
        _advantage_ratio(1),
        _advantage_certified(1),
    ),
    _target(
        "eq-3-advantage-lower-corrected",
        "-A(s, a) (1-gamma)",
        _advantage_ratio(-1),
        _advantage_certified(-1),
    ),
    _target(
        "eq-49-visitation-corrected",
        "(1-gamma) mu(s) / d(s)",
        _visitation_ratio,
        _visitation_certified,
    ),
    Target(
        "lemma-b1-agent",
        "sum_{s,a} |d L/d theta_{s,a}| / (1/(1-gamma)^2 + 2 lambda)",
        process_structures,
        _weighted_shapes,
        _sum_ratio,
        _weighted_instance,
        _sum_certified,
    ),
)
