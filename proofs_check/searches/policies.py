r"""Searches over a softmax policy of one state or more: row sums (81)-(83) and relative entropy (86).

The row sums of one state have ||u|| <= 1; absolute values make kinks, so the sign pattern is fixed
by the point: the ratio takes |x| as sqrt(x^2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import flint
import numpy as np
from hypothesis import strategies as st

from dcpg_theory.exact.balls import ball
from dcpg_theory.exact.rational_functions import as_fmpq
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.search.draws import whole_numbers
from dcpg_theory.search.instances import Instance
from dcpg_theory.search.rounding import few_digits
from dcpg_theory.search.targets import Numbers, Structure, Target
from proofs_check.searches.lines import entropy_slopes, policy_slopes, softmax_of
from proofs_check.searches.processes import norm_to_the

__all__ = ["TARGETS"]

Number = Callable[[], flint.arb]
"""A constant, at the precision at which it is asked for."""

Bound = Callable[[flint.arb, flint.arb], flint.arb]
"""A bound as a function of |S| and |A|."""


def _structures(options: Mapping[str, Any]) -> st.SearchStrategy[Structure]:
    most = options.get("max_states") or 3
    return st.fixed_dictionaries({"states": whole_numbers(1, most), "actions": whole_numbers(2, 6)})


def _one_state(options: Mapping[str, Any]) -> st.SearchStrategy[Structure]:
    del options
    return st.fixed_dictionaries({"states": st.just(1), "actions": whole_numbers(2, 6)})


def _shapes(structure: Structure) -> dict[str, tuple[int, ...]]:
    shape = (structure["states"], structure["actions"])
    return {"theta": shape, "direction": shape}


def _instance(structure: Structure, numbers: Numbers, snap: bool) -> Instance:
    """Return the policy and the direction, beside a problem of that shape that pays nothing."""
    n, m = structure["states"], structure["actions"]
    stay = np.broadcast_to(np.eye(n, dtype=int)[:, None, :], (n, m, n))
    still = FiniteMDP(stay, np.zeros((n, m), dtype=int), as_fmpq(1) / 2, np.eye(n, dtype=int)[0])
    u, policy = numbers["direction"], np.maximum(softmax_of(numbers["theta"]), 1e-12)
    return Instance(
        MultiTaskProblem([still]),
        {
            "weights": few_digits(policy),
            "direction": few_digits(u / np.abs(u).max(), 3 if snap else 6),
        },
    )


def _slopes(instance: Instance) -> tuple[list[Any], Any]:
    direction = instance.numbers["direction"]
    return policy_slopes(policy_from_weights(instance.numbers["weights"]), direction), direction


def _row_sum(
    name: str, order: int, constant: Number, text: str, sharper: tuple[str, Number] | None = None
) -> Target:
    """Return the target sum_a |d^order pi(a)| / (constant ||u||^order)."""

    def ratio(_structure: Structure, numbers: Numbers) -> Any:
        u = numbers["direction"]
        slope = policy_slopes(softmax_of(numbers["theta"]), u)[order]
        total = np.sqrt(slope * slope).sum(axis=-1).sum(axis=-1)
        return total / np.sqrt(norm_to_the(order, u)) / float(constant())

    def certified(instance: Instance) -> Any:
        slopes, u = _slopes(instance)
        total = np.abs(slopes[order]).sum()
        return ball(total * total / norm_to_the(order, u)).sqrt() / constant()

    def proved(_instance: Instance) -> flint.arb:
        assert sharper is not None
        return sharper[1]() / constant()

    better = None if sharper is None else (sharper[0], proved)
    return Target(name, text, _one_state, _shapes, ratio, _instance, certified, sharper=better)


def _entropy(
    name: str, order: int, bound: Bound, text: str, sharper: tuple[str, Bound] | None = None
) -> Target:
    """Return the target |D^order RE[u, ...]| over a constant of (86), for lambda = 1."""

    def ratio(structure: Structure, numbers: Numbers) -> Any:
        u = numbers["direction"]
        slope = entropy_slopes(policy_slopes(softmax_of(numbers["theta"]), u), u)[order - 1]
        most = float(bound(flint.arb(structure["states"]), flint.arb(structure["actions"])))
        return np.sqrt(slope * slope / norm_to_the(order, u)) / most

    def certified(instance: Instance) -> Any:
        slopes, u = _slopes(instance)
        slope = entropy_slopes(slopes, u)[order - 1]
        return ball(slope * slope / norm_to_the(order, u)).sqrt() / bound(*map(flint.arb, u.shape))

    def proved(instance: Instance) -> flint.arb:
        assert sharper is not None
        sizes = [flint.arb(size) for size in instance.numbers["direction"].shape]
        return sharper[1](*sizes) / bound(*sizes)

    better = None if sharper is None else (sharper[0], proved)
    return Target(name, text, _structures, _shapes, ratio, _instance, certified, sharper=better)


def _steepest(n: flint.arb, m: flint.arb) -> flint.arb:
    return ((1 - 1 / m) / n).sqrt()


def _most_curved(n: flint.arb, _m: flint.arb) -> flint.arb:
    return 1 / (2 * n)


_FIRST = ("eq-81-sharp", lambda: 1 / flint.arb(2).sqrt())
_SECOND = ("eq-82-sharp", lambda: 2 / (3 * flint.arb(3).sqrt()))
_STEEPEST = ("eq-86-value-sharp", _steepest)
_MOST_CURVED = ("eq-86-gradient-sharp", _most_curved)

TARGETS = (
    _row_sum(
        "eq-81-number",
        1,
        lambda: flint.arb(2),
        r"sum_a |d pi(a)/d alpha| / (2 ||u||)",
        _FIRST,
    ),
    _row_sum(
        "eq-82-number",
        2,
        lambda: flint.arb(6),
        r"sum_a |d^2 pi(a)/d alpha^2| / (6 ||u||^2)",
        _SECOND,
    ),
    _row_sum(
        "eq-83-number",
        3,
        lambda: flint.arb(26),
        r"sum_a |d^3 pi(a)/d alpha^3| / (26 ||u||^3)",
    ),
    _row_sum("eq-81-sharp", 1, _FIRST[1], r"sum_a |d pi(a)/d alpha| sqrt 2 / ||u||"),
    _row_sum("eq-82-sharp", 2, _SECOND[1], r"sum_a |d^2 pi(a)/d alpha^2| 3 sqrt 3 / (2 ||u||^2)"),
    _entropy(
        "eq-86-value",
        1,
        lambda _, m: 1 / m.sqrt() + 1,
        r"|grad RE . u| / ((1/sqrt|A| + 1) ||u||)",
        _STEEPEST,
    ),
    _entropy(
        "eq-86-gradient",
        2,
        lambda n, _: 2 / n,
        r"|u^T Hess RE u| |S| / (2 ||u||^2)",
        _MOST_CURVED,
    ),
    _entropy("eq-86-hessian", 3, lambda n, _: 6 / n, r"|D^3 RE[u, u, u]| |S| / (6 ||u||^3)"),
    _entropy(
        "b6-lipschitz",
        1,
        lambda n, _: 1 / n.sqrt() + 1,
        r"|grad RE . u| / ((1/sqrt|S| + 1) ||u||)",
        _STEEPEST,
    ),
    _entropy("eq-86-value-sharp", 1, _steepest, r"|grad RE . u| / (sqrt((1 - 1/|A|)/|S|) ||u||)"),
    _entropy("eq-86-gradient-sharp", 2, _most_curved, r"|u^T Hess RE u| 2 |S| / ||u||^2"),
)
