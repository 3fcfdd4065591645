r"""Searches along runs of two agents: Lemma B.2, Theorem 1 and the rate of gradient tracking.

Each agent has a bandit with discount 1/2, W is [[a, 1-a], [1-a, a]], and both start from one
policy. The step, lambda, a and the number of iterations belong to the structure, so that a theorem's
bound is calculated once for each; what is climbed are the rewards, and for Lemma B.2 the start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

import flint
import numpy as np
from hypothesis import strategies as st

from dcpg_theory import bounds
from dcpg_theory.exact.balls import ball
from dcpg_theory.exact.numbers import Array
from dcpg_theory.exact.rational_functions import as_fmpq
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.mixing import MixingMatrix
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.search.draws import one_of_these, whole_numbers
from dcpg_theory.search.instances import Instance
from dcpg_theory.search.rounding import few_digits, rewards
from dcpg_theory.search.targets import Numbers, Structure, Target
from proofs_check.searches.lines import softmax_of
from proofs_check.searches.processes import unit

__all__ = ["TARGETS"]

HALF = as_fmpq(Fraction(1, 2))
X = 2
"""1/(1 - gamma)."""


def _structures(options: Mapping[str, Any]) -> st.SearchStrategy[Structure]:
    del options
    return st.fixed_dictionaries(
        {
            "actions": whole_numbers(2, 3),
            "iterations": one_of_these((1, 2, 5, 10, 20)),
            "own_weight": one_of_these(tuple(Fraction(k, 10) for k in (5, 7, 9))),
            "regularization": one_of_these((Fraction(0), Fraction(1, 100), Fraction(1, 10))),
            "step_share": one_of_these((Fraction(1, 10), Fraction(1, 2), Fraction(99, 100))),
        }
    )


def _iterates(
    policy_at: Callable[[Array], Array], at: Mapping[str, Any], pay: Array, *, tracking: bool
) -> list[Array]:
    """Return theta^0, ..., theta^K less the common start, each of shape (..., 2, |A|)."""

    def mixed(theta: Array) -> Array:
        stay = at["own_weight"]
        return np.asarray(stay * theta + (1 - stay) * theta[..., ::-1, :])

    def slopes(theta: Array) -> Array:
        pi = policy_at(theta)
        gain = pay - (pi * pay).sum(axis=-1)[..., None]
        return np.asarray(X * pi * gain + at["regularization"] * (at["uniform"] - pi))

    theta = 0 * pay
    direction = slope = slopes(theta)
    found = [theta]
    for _ in range(at["iterations"]):
        theta = mixed(theta) + at["step"] * direction
        before, slope = slope, slopes(theta)
        direction = mixed(direction) + slope - before if tracking else slope
        found.append(theta)
    return found


def _squares(pi: Array, pay: Array) -> Any:
    """Return the squared norms of the mean gradient of the values at each agent's policy."""
    mean = (pay + pay[..., ::-1, :]) / X
    slope = X * pi * (mean - (pi * mean).sum(axis=-1)[..., None])
    return (slope * slope).sum(axis=-1)


@lru_cache(maxsize=1024)
def _step(statement: str, key: tuple[int, Fraction, Fraction, Fraction]) -> Any:
    """Return the share of the largest step that a statement allows."""
    actions, own, weight, share = key
    most = bounds.theorem_1_step(
        _sizes(actions), _mixing(own), regularization=weight, statement=statement
    )
    assert most is not None
    return few_digits(float(most) * float(share), 3).item()


def _sizes(actions: int) -> bounds.Sizes:
    return bounds.sizes([HALF], 1, actions, agents=2)


def _problem(pay: Array) -> MultiTaskProblem:
    moves = np.ones((1, pay.shape[1], 1), dtype=int)
    return MultiTaskProblem([FiniteMDP(moves, row[None, :], HALF, [1]) for row in pay])


def _mixing(own: Any) -> MixingMatrix:
    return MixingMatrix([[own, 1 - own], [1 - own, own]])


def _key(structure: Structure) -> tuple[int, Fraction, Fraction, Fraction]:
    return (
        structure["actions"],
        structure["own_weight"],
        structure["regularization"],
        structure["step_share"],
    )


@lru_cache(maxsize=1024)
def _bound(statement: str, actions: int, own: Any, weight: Any, step: Any, iterations: int) -> Any:
    """Return the statement's bound from the uniform policy, for any rewards in [0, 1]."""
    return bounds.theorem_1(
        _sizes(actions),
        _mixing(own),
        regularization=weight,
        iterations=iterations,
        statement=statement,
        step_size=step,
    ).enclosure


def _theorem(claim: str, statement: str, text: str) -> Target:
    tracking = statement == "gradient-tracking"

    def floats(structure: Structure) -> dict[str, Any]:
        return {
            "own_weight": float(structure["own_weight"]),
            "regularization": float(structure["regularization"]),
            "iterations": structure["iterations"] - 1,
            "step": float(_step(statement, _key(structure))),
            "uniform": 1 / structure["actions"],
        }

    def ratio(structure: Structure, numbers: Numbers) -> Any:
        pay, at = unit(numbers["rewards"]), floats(structure)
        thetas = _iterates(softmax_of, at, pay, tracking=tracking)
        squares = np.stack([_squares(softmax_of(theta), pay) for theta in thetas])
        bound = _bound(
            statement,
            structure["actions"],
            structure["own_weight"],
            structure["regularization"],
            _step(statement, _key(structure)),
            structure["iterations"],
        )
        return np.sqrt(squares.min(axis=0).max(axis=-1)) / float(ball(bound))

    def instance(structure: Structure, numbers: Numbers, snap: bool) -> Instance:
        pay = rewards(unit(numbers["rewards"]), snap=snap)
        step = _step(statement, _key(structure))
        return Instance(_problem(pay), _settings(structure, step, np.ones(structure["actions"])))

    def certified(instance: Instance) -> Any:
        at, policy_at, pay = _balls(instance)
        at["iterations"] -= 1
        thetas = _iterates(policy_at, at, pay, tracking=tracking)
        squares = [_squares(policy_at(theta), pay) for theta in thetas]
        least = [_folded([row[i] for row in squares], flint.arb.min) for i in (0, 1)]
        bound = _bound(
            statement,
            pay.shape[1],
            *(instance.one(name) for name in ("own_weight", "regularization", "step")),
            at["iterations"] + 1,
        )
        return _folded(least, flint.arb.max).sqrt() / ball(bound)

    return Target(claim, text, _structures, _rewards_only, ratio, instance, certified)


def _rewards_only(structure: Structure) -> dict[str, tuple[int, ...]]:
    return {"rewards": (2, structure["actions"])}


def _folded(values: list[Any], join: Callable[[Any, Any], Any]) -> Any:
    best = values[0]
    for value in values[1:]:
        best = join(best, value)
    return best


def _settings(structure: Structure, step: Any, weights: Array) -> dict[str, Array]:
    one = {name: as_fmpq(structure[name]) for name in ("own_weight", "regularization")}
    one |= {"step": step, "iterations": as_fmpq(structure["iterations"])}
    numbers = {name: np.array(value, dtype=object) for name, value in one.items()}
    return numbers | {"weights": few_digits(weights[None, :])}


def _balls(instance: Instance) -> tuple[dict[str, Any], Callable[[Array], Array], Array]:
    """Return the settings, the policies at a distance from the start, and the rewards."""
    names = ("own_weight", "regularization", "step")
    at: dict[str, Any] = {name: ball(instance.one(name)) for name in names}
    at["iterations"] = int(instance.one("iterations"))
    start = policy_from_weights(instance.numbers["weights"])[0]
    at["uniform"] = ball(as_fmpq(Fraction(1, len(start))))
    balls = np.vectorize(ball, otypes=[object])
    exp = np.vectorize(lambda x: x.exp(), otypes=[object])

    def policy_at(theta: Array) -> Array:
        weights = balls(start) * exp(theta)
        return np.asarray(weights / weights.sum(axis=-1)[..., None])

    return at, policy_at, balls(np.concatenate([task.rewards for task in instance.problem.tasks]))


# Lemma B.2: any step, so its size is climbed too.

LONGEST = 10


def _apart_shapes(structure: Structure) -> dict[str, tuple[int, ...]]:
    return _rewards_only(structure) | {"theta": (structure["actions"],), "step": ()}


def _apart_ratio(structure: Structure, numbers: Numbers) -> Any:
    """Return ||theta_1^K - mean|| (1 - sigma_2) / (alpha D), sigma_2 = 2 a - 1."""
    own, weight = float(structure["own_weight"]), float(structure["regularization"])
    step, pay = LONGEST * unit(numbers["step"]), unit(numbers["rewards"])
    at = {
        "own_weight": own,
        "regularization": weight,
        "iterations": structure["iterations"],
        "step": step[..., None, None],
        "uniform": 1 / structure["actions"],
    }
    start = numbers["theta"][..., None, :]
    end = _iterates(lambda theta: softmax_of(start + theta), at, pay, tracking=False)[-1]
    apart = (end[..., 0, :] - end[..., 1, :]) / 2
    size = 2 * (X**2 + 2 * weight)
    return np.sqrt((apart * apart).sum(axis=-1)) * (2 - 2 * own) / (step * size)


def _apart_instance(structure: Structure, numbers: Numbers, snap: bool) -> Instance:
    step = few_digits(LONGEST * unit(numbers["step"]), 3).item()
    start = np.maximum(softmax_of(numbers["theta"]), 1e-9)
    pay = rewards(unit(numbers["rewards"]), snap=snap)
    return Instance(_problem(pay), _settings(structure, step, start))


def _apart_certified(instance: Instance) -> Any:
    at, policy_at, pay = _balls(instance)
    end = _iterates(policy_at, at, pay, tracking=False)[-1]
    apart = (end[0] - end[1]) / 2
    size = 2 * (X**2 + 2 * at["regularization"])
    return (apart * apart).sum().sqrt() * (2 - 2 * at["own_weight"]) / (at["step"] * size)


_MEAN = "max_i min_{k < K} ||(1/N) sum_j grad V_j(theta_i^k)||"

TARGETS = (
    Target(
        "lemma-b2",
        r"||theta_i^K - mean|| (1 - sigma_2) / (alpha D)",
        _structures,
        _apart_shapes,
        _apart_ratio,
        _apart_instance,
        _apart_certified,
    ),
    _theorem("theorem-1-corrected", "corrected", f"{_MEAN} over the bound, for N = 2"),
    _theorem("theorem-1-sharp", "sharp", f"{_MEAN} over the bound, for N = 2"),
    _theorem("gradient-tracking-rate", "gradient-tracking", f"{_MEAN} over the rate's, for N = 2"),
)
