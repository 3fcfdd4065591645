r"""Searches over one process, a policy and a direction: the constants of Lemmas B.1, B.4 and B.5.

The k-th derivative of V along u over the paper's constant times ||u||^k; its supremum over u is the
norm of the k-th derivative of V, since that is a symmetric form (Banach 1938).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from hypothesis import strategies as st

from dcpg_theory.exact.balls import ball
from dcpg_theory.exact.numbers import Array
from dcpg_theory.exact.rational_functions import as_fmpq
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.search.draws import one_of_these, whole_numbers
from dcpg_theory.search.instances import Instance
from dcpg_theory.search.rounding import distributions, few_digits, rewards
from dcpg_theory.search.targets import Numbers, Structure, Target
from proofs_check.searches.lines import policy_slopes, softmax_of, value_slopes

__all__ = [
    "DISCOUNTS",
    "TARGETS",
    "instance_along",
    "norm_to_the",
    "process_shapes",
    "process_structures",
    "slope_along",
    "transitions_of",
    "unit",
    "walk",
    "without_direction",
]

Bound = Callable[[flint.arb, flint.arb], flint.arb]
"""A bound as a function of |S| and X = 1/(1 - gamma)."""

DISCOUNTS = tuple(Fraction(p, q) for p, q in ((1, 10), (1, 2), (9, 10), (99, 100)))


def process_structures(
    options: Mapping[str, Any], *, most_actions: int = 3
) -> st.SearchStrategy[Structure]:
    """Return families, sizes and discounts: up to 6 states unless asked otherwise.

    Two families: any process of 2 actions or more, and walks on a line, whose actions are a step to
    the right and one to the left. If both ends of a walk are left seldom, but often before the
    horizon ends, then who is at which end is nearly a coin whose odds all states' policies bend
    alike, and |S| X/(3 sqrt 3) is nearly attained.
    """
    given, most = options.get("discount"), options.get("max_states") or 6
    discounts = one_of_these(DISCOUNTS) if given is None else st.just(Fraction(given))
    families = {
        "any": {"states": whole_numbers(1, most), "actions": whole_numbers(2, most_actions)},
        "walk": {"states": whole_numbers(min(2, most), most), "actions": st.just(2)},
    }
    return one_of_these(tuple(families)).flatmap(
        lambda name: st.fixed_dictionaries(
            {"family": st.just(name), **families[name], "discount": discounts}
        )
    )


def process_shapes(structure: Structure) -> dict[str, tuple[int, ...]]:
    """Return the free numbers of a process, a policy and a direction."""
    n, m = structure["states"], structure["actions"]
    moves = {} if structure["family"] == "walk" else {"transitions": (n, m, n)}
    return moves | {"rewards": (n, m), "start": (n,), "theta": (n, m), "direction": (n, m)}


def walk(states: int) -> Array:
    """Return the transitions of a walk on a line, whose actions are right and left, held at ends.

    Returns
    -------
    ndarray of int, shape (states, 2, states)
    """
    here = np.arange(states)
    moves = np.zeros((states, 2, states), dtype=np.int64)
    for action, step in enumerate((1, -1)):
        moves[here, action, np.clip(here + step, 0, states - 1)] = 1
    return moves


def transitions_of(structure: Structure, numbers: Numbers) -> Array:
    """Return the transitions that the numbers stand for, shape (..., S, A, S)."""
    if structure["family"] == "walk":
        return walk(structure["states"])
    return softmax_of(numbers["transitions"])


def norm_to_the(k: int, direction: Array) -> Any:
    """Return ||u||^(2 k), which needs no root."""
    square = (direction * direction).sum(axis=-1).sum(axis=-1)
    return square**k


def unit(numbers: Array) -> Array:
    """Map real numbers into (0, 1), analytically and without overflow."""
    return np.asarray(1 / (1 + np.exp(-np.clip(numbers, -700, 700))))


def slope_along(order: int, structure: Structure, numbers: Numbers) -> Any:
    """Return the derivative of V of that order along the direction."""
    return _slope_at(
        order, structure, numbers, unit(numbers["rewards"]), softmax_of(numbers["start"])
    )


def without_direction(structure: Structure, numbers: Numbers, snap: bool) -> Instance:
    """Return the exact process and the policy's weights."""
    mdp = FiniteMDP(
        distributions(transitions_of(structure, numbers), snap=snap),
        rewards(unit(numbers["rewards"]), snap=snap),
        structure["discount"],
        distributions(softmax_of(numbers["start"]), snap=snap),
    )
    policy = np.maximum(softmax_of(numbers["theta"]), 1e-12)
    return Instance(MultiTaskProblem([mdp]), {"weights": few_digits(policy)})


def instance_along(structure: Structure, numbers: Numbers, snap: bool) -> Instance:
    """Return the exact process, the policy's weights and the direction."""
    instance, u = without_direction(structure, numbers, snap), numbers["direction"]
    direction = {"direction": few_digits(u / np.abs(u).max())}
    return Instance(instance.problem, instance.numbers | direction)


def _slope_at(
    order: int, structure: Structure, numbers: Numbers, rewards: Array, start: Array
) -> Array:
    """Return the derivative for other rewards and starts, each with any leading axes."""
    policies = policy_slopes(softmax_of(numbers["theta"]), numbers["direction"])
    moves, discount = transitions_of(structure, numbers), float(structure["discount"])
    slopes = value_slopes(moves, rewards, discount, start, policies[: order + 1])[order]
    return np.asarray(slopes)


def _extreme(order: int, structure: Structure, numbers: Numbers) -> Numbers:
    """Set the best start, and each reward to 0 or 1, nearly: the derivative is linear in both."""
    n, m = structure["states"], structure["actions"]
    paid = unit(numbers["rewards"])
    from_each = _slope_at(order, structure, numbers, paid, np.eye(n))
    best = np.argmax(np.abs(from_each))
    units = np.eye(n * m).reshape(n * m, n, m)
    worth = _slope_at(order, structure, numbers, units, np.eye(n)[best]).reshape(n, m)
    sign = np.sign(from_each[best]) or 1.0
    return numbers | {
        "start": np.where(np.arange(n) == best, 5.0, -5.0),
        "rewards": np.where(sign * worth > 0, 5.0, -5.0),
    }


def _top_direction(structure: Structure, numbers: Numbers) -> Numbers:
    """Set the direction to the Hessian's eigenvector of largest absolute value."""
    n, m = structure["states"], structure["actions"]
    units = np.eye(n * m)
    pairs = (units[:, None] + units).reshape(-1, n, m)
    both = slope_along(2, structure, numbers | {"direction": pairs}).reshape(n * m, n * m)
    # By polarisation; the diagonal of `both` is 4 H_ii.
    own = np.diag(both) / 4
    values, vectors = np.linalg.eigh((both - own[:, None] - own) / 2)
    return numbers | {"direction": vectors[:, np.argmax(np.abs(values))].reshape(n, m)}


def _polished(order: int, structure: Structure, numbers: Numbers) -> Numbers:
    if order == 2:
        numbers = _top_direction(structure, numbers)
    return _extreme(order, structure, numbers)


def _derivative(
    name: str,
    order: int,
    bound: Bound,
    text: str,
    sharper: tuple[str, Bound] | None = None,
) -> Target:
    """Return the target |D^order V[u, ..., u]| / (bound ||u||^order)."""

    def ratio(structure: Structure, numbers: Numbers) -> Any:
        gamma = as_fmpq(structure["discount"])
        most = float(bound(flint.arb(structure["states"]), ball(1 / (1 - gamma))))
        slope = slope_along(order, structure, numbers)
        # The root of the square is analytic where the absolute value is not.
        return np.sqrt(slope * slope / norm_to_the(order, numbers["direction"])) / most

    def certified(instance: Instance) -> flint.arb:
        (mdp,) = instance.problem.tasks
        policy, u = policy_from_weights(instance.numbers["weights"]), instance.numbers["direction"]
        slope = value_slopes(
            mdp.transitions,
            mdp.rewards,
            mdp.discount,
            mdp.start,
            policy_slopes(policy, u)[: order + 1],
        )[order]
        size = ball(slope * slope / norm_to_the(order, u)).sqrt()
        return size / bound(*_size_and_horizon(instance))

    def polish(structure: Structure, numbers: Numbers) -> Numbers:
        return _polished(order, structure, numbers)

    def proved(instance: Instance) -> flint.arb:
        assert sharper is not None
        return sharper[1](*_size_and_horizon(instance)) / bound(*_size_and_horizon(instance))

    better = None if sharper is None else (sharper[0], proved)
    return Target(
        name,
        text,
        process_structures,
        process_shapes,
        ratio,
        instance_along,
        certified,
        polish,
        better,
    )


def _size_and_horizon(instance: Instance) -> tuple[flint.arb, flint.arb]:
    (mdp,) = instance.problem.tasks
    return flint.arb(mdp.n_states), ball(1 / (1 - mdp.discount))


def _first_by_states(n: flint.arb, x: flint.arb) -> flint.arb:
    return n.sqrt() * x / (2 * flint.arb(2).sqrt())


def _first_by_horizon(_n: flint.arb, x: flint.arb) -> flint.arb:
    return x * x.sqrt() / (2 * flint.arb(2).sqrt())


def _second_by_states(n: flint.arb, x: flint.arb) -> flint.arb:
    return n * x / (3 * flint.arb(3).sqrt())


def _second_by_horizon(_n: flint.arb, x: flint.arb) -> flint.arb:
    return x**2 / 2


def _smaller(one: Bound, other: Bound) -> Bound:
    return lambda n, x: min(one(n, x), other(n, x), key=float)


_FIRST = ("eq-77-value-sharp", _smaller(_first_by_states, _first_by_horizon))
_SECOND = ("eq-77-gradient-sharp", _smaller(_second_by_states, _second_by_horizon))

TARGETS = (
    _derivative(
        "eq-77-value", 1, lambda _, x: 2 * x**2, r"|grad V . u| (1-gamma)^2 / (2 ||u||)", _FIRST
    ),
    _derivative(
        "eq-77-gradient",
        2,
        lambda _, x: 8 * x**3,
        r"|u^T Hess V u| (1-gamma)^3 / (8 ||u||^2)",
        _SECOND,
    ),
    _derivative(
        "eq-77-hessian",
        3,
        lambda _, x: 48 * x**4,
        r"|D^3 V[u, u, u]| (1-gamma)^4 / (48 ||u||^3)",
    ),
    _derivative(
        "eq-84-second",
        2,
        lambda _, x: 6 * x**2 + 8 * (1 - 1 / x) * x**3,
        r"|u^T Hess V u| / ((6 X^2 + 8 gamma X^3) ||u||^2), X = 1/(1-gamma)",
        _SECOND,
    ),
    _derivative(
        "eq-84-third",
        3,
        lambda _, x: 26 * x**2 + 72 * (1 - 1 / x) * x**3 + 48 * (1 - 1 / x) ** 2 * x**4,
        r"|D^3 V[u, u, u]| / ((26 X^2 + 72 gamma X^3 + 48 gamma^2 X^4) ||u||^3)",
    ),
    _derivative(
        "eq-84-first-states-sharp",
        1,
        _first_by_states,
        r"|grad V . u| 2 sqrt 2 / (sqrt|S| X ||u||)",
        _FIRST,
    ),
    _derivative(
        "eq-84-first-horizon-sharp",
        1,
        _first_by_horizon,
        r"|grad V . u| 2 sqrt 2 / (X^(3/2) ||u||)",
        _FIRST,
    ),
    _derivative(
        "eq-84-second-states-sharp",
        2,
        _second_by_states,
        r"|u^T Hess V u| 3 sqrt 3 / (|S| X ||u||^2)",
        _SECOND,
    ),
    _derivative(
        "eq-84-second-horizon-sharp",
        2,
        _second_by_horizon,
        r"|u^T Hess V u| 2 / (X^2 ||u||^2)",
        _SECOND,
    ),
)
