r"""Searches over one process, a policy and a direction: the constants of Lemmas B.1, B.4 and B.5.

The k-th derivative of V along u over the paper's constant times ||u||^k; its supremum over u is the
norm of the k-th derivative of V, since that is a symmetric form (Banach 1938).
"""

from __future__ import annotations

from collections.abc import Mapping
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
from dcpg_theory.search.instances import Instance
from dcpg_theory.search.rounding import distributions, few_digits, rewards
from dcpg_theory.search.targets import Numbers, Structure, Target
from proofs_check.searches.lines import policy_slopes, softmax_of, value_slopes

__all__ = ["TARGETS", "norm_to_the", "process_structures", "unit"]

DISCOUNTS = tuple(Fraction(p, q) for p, q in ((1, 10), (1, 2), (9, 10), (99, 100)))


def process_structures(options: Mapping[str, Any]) -> st.SearchStrategy[Structure]:
    """Return families, sizes and discounts: up to 6 states unless asked otherwise.

    Two families: any process of 2 or 3 actions, and walks on a line, whose actions are a step to
    the right and one to the left. If both ends of a walk are left seldom, but often before the
    horizon ends, then who is at which end is nearly a coin whose odds all states' policies bend
    alike, and |S| X/(3 sqrt 3) is nearly attained.
    """
    given, most = options.get("discount"), options.get("max_states") or 6
    discounts = st.sampled_from(DISCOUNTS) if given is None else st.just(Fraction(given))
    families = {
        "any": {"states": st.integers(1, most), "actions": st.integers(2, 3)},
        "walk": {"states": st.integers(min(2, most), most), "actions": st.just(2)},
    }
    return st.one_of(
        *(
            st.fixed_dictionaries({"family": st.just(name), **sizes, "discount": discounts})
            for name, sizes in families.items()
        )
    )


def _shapes(structure: Structure) -> dict[str, tuple[int, ...]]:
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


def _transitions(structure: Structure, numbers: Numbers) -> Array:
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


def _slope(order: int, structure: Structure, numbers: Numbers) -> Any:
    return _slope_at(
        order, structure, numbers, unit(numbers["rewards"]), softmax_of(numbers["start"])
    )


def _instance(structure: Structure, numbers: Numbers, snap: bool) -> Instance:
    mdp = FiniteMDP(
        distributions(_transitions(structure, numbers), snap=snap),
        rewards(unit(numbers["rewards"]), snap=snap),
        structure["discount"],
        distributions(softmax_of(numbers["start"]), snap=snap),
    )
    u = numbers["direction"]
    policy = np.maximum(softmax_of(numbers["theta"]), 1e-12)
    return Instance(
        MultiTaskProblem([mdp]),
        {"weights": few_digits(policy), "direction": few_digits(u / np.abs(u).max())},
    )


def _slope_at(
    order: int, structure: Structure, numbers: Numbers, rewards: Array, start: Array
) -> Array:
    """Return the derivative for other rewards and starts, each with any leading axes."""
    policies = policy_slopes(softmax_of(numbers["theta"]), numbers["direction"])
    moves, discount = _transitions(structure, numbers), float(structure["discount"])
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
    both = _slope(2, structure, numbers | {"direction": pairs}).reshape(n * m, n * m)
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
    numerator: int,
    power: int,
    text: str,
    sharper: tuple[str, Any] | None = None,
) -> Target:
    """Return the target |D^order V[u, ..., u]| / (numerator X^power ||u||^order)."""

    def ratio(structure: Structure, numbers: Numbers) -> Any:
        bound = numerator / (1 - float(structure["discount"])) ** power
        slope = _slope(order, structure, numbers)
        # The root of the square is analytic where the absolute value is not.
        return np.sqrt(slope * slope / norm_to_the(order, numbers["direction"])) / bound

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
        bound = as_fmpq(numerator) / (1 - mdp.discount) ** power
        return ball(slope * slope / norm_to_the(order, u) / (bound * bound)).sqrt()

    def polish(structure: Structure, numbers: Numbers) -> Numbers:
        return _polished(order, structure, numbers)

    return Target(
        name, text, process_structures, _shapes, ratio, _instance, certified, polish, sharper
    )


def _sharp_slope(instance: Instance) -> Any:
    """Return min{sqrt|S| X, X^(3/2)}/(2 sqrt 2) over 2 X^2."""
    size, x = _size_and_horizon(instance)
    return min(size.sqrt() * x, x * x.sqrt(), key=float) / (2 * flint.arb(2).sqrt()) / (2 * x**2)


def _sharp_curvature(instance: Instance) -> Any:
    """Return min{|S| X/(3 sqrt 3), X^2/2} over 8 X^3."""
    size, x = _size_and_horizon(instance)
    return min(size * x / (3 * flint.arb(3).sqrt()), x**2 / 2, key=float) / (8 * x**3)


def _size_and_horizon(instance: Instance) -> tuple[Any, Any]:
    (mdp,) = instance.problem.tasks
    return flint.arb(mdp.n_states), ball(1 / (1 - mdp.discount))


TARGETS = (
    _derivative(
        "eq-77-value",
        1,
        2,
        2,
        r"|grad V . u| (1-gamma)^2 / (2 ||u||)",
        ("eq-77-value-sharp", _sharp_slope),
    ),
    _derivative(
        "eq-77-gradient",
        2,
        8,
        3,
        r"|u^T Hess V u| (1-gamma)^3 / (8 ||u||^2)",
        ("eq-77-gradient-sharp", _sharp_curvature),
    ),
    _derivative("eq-77-hessian", 3, 48, 4, r"|D^3 V[u, u, u]| (1-gamma)^4 / (48 ||u||^3)"),
)
