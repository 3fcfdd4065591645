r"""Searches over several agents: links of B.1 that are wrong, and the sufficiency for Assumption 2.

These start from nothing: they are to find by themselves what the ledger's witnesses show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import flint
import numpy as np
from hypothesis import strategies as st

from dcpg_theory import theory
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.balls import ball
from dcpg_theory.exact.numbers import Array
from dcpg_theory.exact.rational_functions import as_fmpq
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.search.draws import one_of_these, whole_numbers
from dcpg_theory.search.instances import Instance
from dcpg_theory.search.rounding import distributions, few_digits
from dcpg_theory.search.targets import Numbers, Structure, Target
from proofs_check.searches.lines import objective_and_gradient, softmax_of
from proofs_check.searches.processes import unit

__all__ = ["TARGETS"]

_HALF = as_fmpq(Fraction(1, 2))


def _bandit(rewards: Any) -> FiniteMDP:
    rewards = np.asarray(rewards)
    moves = np.ones((1, len(rewards), 1), dtype=int)
    return FiniteMDP(moves, rewards[None, :], _HALF, [1])


def _numbers(name: str) -> Any:
    return lambda structure: {name: (structure["agents"], structure["actions"])}


# (36): the mean of N squares taken for 1/N of one of them.


def _crowds(options: Mapping[str, Any]) -> st.SearchStrategy[Structure]:
    del options
    return st.fixed_dictionaries({"agents": whole_numbers(2, 16), "actions": whole_numbers(2, 4)})


def _mean(claim: str, *, printed: bool, text: str) -> Target:
    """Return the target of (36): its second line lost the number of agents."""

    def ratio(structure: Structure, numbers: Numbers) -> Any:
        m, agents = structure["actions"], structure["agents"]
        gap = softmax_of(numbers["theta"]) - 1 / m
        total = (gap * gap).sum(axis=-1).sum(axis=-1)
        return total / (1 if printed else agents) / (1 / m**0.5 + 1) ** 2

    def certified(instance: Instance) -> Any:
        policies = policy_from_weights(instance.numbers["weights"])
        agents, m = policies.shape
        gap = policies - as_fmpq(Fraction(1, m))
        total = (gap * gap).sum() / (1 if printed else agents)
        return ball(total) / (1 / flint.arb(m).sqrt() + 1) ** 2

    return Target(claim, text, _crowds, _numbers("theta"), ratio, _mean_instance, certified)


def _mean_instance(structure: Structure, numbers: Numbers, snap: bool) -> Instance:
    del snap
    problem = MultiTaskProblem([_bandit([0] * structure["actions"])] * structure["agents"])
    policies = np.maximum(softmax_of(numbers["theta"]), 1e-9)
    return Instance(problem, {"weights": few_digits(policies, 3)})


# The last display of B.1: agents at rest at a stationary point of the regularized objective.

STEPS = flint.fmpq(10) ** 60
SMALL = flint.fmpq(1, 10**12)


def _rest_structures(options: Mapping[str, Any]) -> st.SearchStrategy[Structure]:
    del options
    return st.fixed_dictionaries(
        {"agents": one_of_these((2, 5, 10, 20, 50, 100, 200)), "actions": whole_numbers(2, 3)}
    )


def _rest_ratio(structure: Structure, numbers: Numbers) -> Any:
    """Return the ratio in the limit of many iterations and small steps; lambda drops out."""
    gap = softmax_of(numbers["theta"]) - 1 / structure["actions"]
    return structure["agents"] * (gap * gap).sum(axis=-1) / 16


def _rest_instance(structure: Structure, numbers: Numbers, snap: bool) -> Instance:
    """Choose rewards in [0, 1] for which the policy is stationary for L, at the largest lambda."""
    m = structure["actions"]
    weights = few_digits(np.maximum(softmax_of(numbers["theta"]), 1e-6), 2 if snap else 4)
    policy = policy_from_weights(weights)
    steep = 1 - 1 / (m * policy)
    rewards = steep - min(steep)
    span = max(rewards)
    if span == 0:
        raise InvalidInput("the uniform policy is stationary without rewards")
    # grad V = lambda grad RE, that is (r - V)/(1 - gamma) = lambda (1 - 1/(m pi)).
    problem = MultiTaskProblem([_bandit(rewards / span)] * structure["agents"])
    return Instance(
        problem, {"weights": weights, "regularization": np.array(1 / span / _HALF, dtype=object)}
    )


def _rest_certified(instance: Instance) -> Any:
    """min_k |mean grad V|^2 for agents that never move, over the printed bound, W = 1 1^T / N."""
    policy = policy_from_weights(instance.numbers["weights"])[None, :]
    weight, n, m = instance.one("regularization"), instance.problem.n_tasks, policy.shape[1]
    if any(entry != 0 for entry in theory.task_gradient(instance.problem, 0, policy, weight).flat):
        raise InvalidInput("the agents are not at rest")
    gradient = theory.value_gradient(instance.problem.tasks[0], policy)
    x = 1 / (1 - _HALF)
    step = SMALL / (n * (16 * x**3 + 4 * weight))
    size = n * (x**2 + 2 * weight)
    entropy = -sum((ball(p * m).log() for p in policy.flat), start=flint.arb(0)) / m
    bound = 16 / ball(STEPS * step) * n * (ball(x) + ball(weight) * entropy)
    bound += ball(16 * weight * weight / n) + ball(512 * size * size * step * step * x**6)
    return ball((gradient * gradient).sum()) / bound


# (29): the Lyapunov function along one step from equal parameters, W = [[a, 1-a], [1-a, a]].


def _pairs(*, least: Fraction) -> Callable[[Mapping[str, Any]], st.SearchStrategy[Structure]]:
    """Return structures whose W_11 is at least so large.

    Steps are below 1 + lambda_N = 2 W_11 where the corrected statements hold, and are lost in
    rounding if that is tiny; the printed ones fail just there.
    """

    def structures(options: Mapping[str, Any]) -> st.SearchStrategy[Structure]:
        return st.fixed_dictionaries(
            {
                "states": whole_numbers(1, options.get("max_states") or 2),
                "discount": st.just(Fraction(1, 2)),
                "regularization": one_of_these((Fraction(0), Fraction(1, 10))),
                "least_weight": st.just(least),
            }
        )

    return structures


def _stay(structure: Structure, numbers: Numbers) -> Any:
    """Return W_11, the weight that an agent gives itself."""
    least = float(structure["least_weight"])
    return least + (1 - 2 * least) * unit(numbers["stay"])


def _pair_shapes(structure: Structure) -> dict[str, tuple[int, ...]]:
    n = structure["states"]
    return {
        "transitions": (2, n, 2, n),
        "rewards": (2, n, 2),
        "theta": (n, 2),
        "stay": (),
        "share": (),
    }


def _pair_instance(structure: Structure, numbers: Numbers, snap: bool) -> Instance:
    n = structure["states"]
    moves = distributions(softmax_of(numbers["transitions"]), snap=snap)
    pay = few_digits(np.round(unit(numbers["rewards"]), 3 if not snap else 1))
    start = np.array([as_fmpq(Fraction(1, n))] * n, dtype=object)
    tasks = [FiniteMDP(moves[i], pay[i], structure["discount"], start) for i in (0, 1)]
    one = {
        "stay": few_digits(np.clip(_stay(structure, numbers), 1e-12, 1 - 1e-12), 3),
        "share": few_digits(np.clip(unit(numbers["share"]), 1e-3, 0.999), 3),
        "regularization": np.array(as_fmpq(structure["regularization"]), dtype=object),
    }
    weights = few_digits(np.maximum(softmax_of(numbers["theta"]), 1e-4), 3)
    return Instance(MultiTaskProblem(tasks), {"weights": weights} | one)


def _rise(
    structure: Structure, numbers: Numbers, *, printed: bool
) -> tuple[Any, Any, Any, Any, Any]:
    """Return (xi^1 - xi^0, |Delta|^2, alpha, sigma, beta) of one step.

    Here sigma is |2 a - 1|, the singular value sigma_N as printed, or the eigenvalue 2 a - 1.
    """
    n, g = structure["states"], float(structure["discount"])
    weight = float(structure["regularization"])
    P, r = softmax_of(numbers["transitions"]), unit(numbers["rewards"])
    a, share = _stay(structure, numbers), unit(numbers["share"])
    beta = 2 * (8 / (1 - g) ** 3 + 2 * weight / n)
    sign = np.where(printed & (np.real(a) < 0.5), -1, 1)
    step = share * (1 + sign * (2 * a - 1)) / (2 * beta)
    start = np.full(n, 1 / n) + 0 * numbers["theta"][..., 0]
    both = [
        objective_and_gradient(
            P[..., i, :, :, :], r[..., i, :, :], g, start, numbers["theta"], weight
        )
        for i in (0, 1)
    ]
    delta = [step[..., None, None] * gradient for _, gradient in both]
    after = [
        objective_and_gradient(
            P[..., i, :, :, :], r[..., i, :, :], g, start, numbers["theta"] + delta[i], weight
        )[0]
        for i in (0, 1)
    ]
    apart = ((delta[0] - delta[1]) ** 2).sum(axis=-1).sum(axis=-1)
    moved = sum((d * d).sum(axis=-1).sum(axis=-1) for d in delta)
    rise = (1 - a) * apart / (2 * step) - (after[0] - both[0][0]) - (after[1] - both[1][0])
    return rise, moved, step, sign * (2 * a - 1), beta


def _certified_rise(instance: Instance, *, printed: bool) -> tuple[Any, Any, Any, Any, Any]:
    problem, weight = instance.problem, instance.one("regularization")
    a, n = instance.one("stay"), problem.n_states
    sigma = abs(2 * a - 1) if printed else 2 * a - 1
    beta = sum(8 / (1 - task.discount) ** 3 + 2 * weight / n for task in problem.tasks)
    step = instance.one("share") * (1 + sigma) / (2 * beta)
    weights = instance.numbers["weights"]
    policy = policy_from_weights(weights)
    gradients = [theory.task_gradient(problem, i, policy, weight) for i in (0, 1)]
    delta = [step * gradient for gradient in gradients]
    rise = ball((1 - a) * ((delta[0] - delta[1]) ** 2).sum() / (2 * step))
    for i, task in enumerate(problem.tasks):
        later = np.array(
            [ball(w) * ball(d).exp() for w, d in zip(weights.flat, delta[i].flat, strict=True)],
            dtype=object,
        ).reshape(weights.shape)
        rise -= _certified_objective(task, policy_from_weights(later), weight)
        rise += _certified_objective(task, policy, weight)
    moved = sum((d * d).sum() for d in delta)
    if moved == 0:
        raise InvalidInput("the agents are at rest")
    return rise, moved, step, sigma, beta


def _certified_objective(task: FiniteMDP, policy: Array, weight: Any) -> Any:
    n, m = policy.shape
    value = (task.start * theory.value(task, policy)).sum()
    logs = sum((ball(p * m).log() for p in policy.flat), start=flint.arb(0))
    return ball(value) + ball(weight) * logs / (n * m)


def _descent(claim: str, *, printed: bool, rest: bool) -> Target:
    """Return the target of (29), or only of what follows: that xi does not rise."""
    sigma_text = "sigma_N" if printed else "lambda_N"
    rest_text = f" + ((1 + {sigma_text})/alpha - beta) |Delta|^2 / 2" if rest else ""

    def ratio(structure: Structure, numbers: Numbers) -> Any:
        rise, moved, step, sigma, beta = _rise(structure, numbers, printed=printed)
        left = ((1 + sigma) / step - beta) * moved / 2 if rest else 0
        return 1 + (rise + left) * step / moved

    def certified(instance: Instance) -> Any:
        rise, moved, step, sigma, beta = _certified_rise(instance, printed=printed)
        left = ((1 + sigma) / step - beta) * moved / 2 if rest else 0
        return 1 + (rise + ball(left)) * ball(step / moved)

    text = rf"1 + (xi^1 - xi^0{rest_text}) alpha / |Delta|^2"
    pairs = _pairs(least=Fraction(0) if printed else Fraction(1, 1000))
    return Target(claim, text, pairs, _pair_shapes, ratio, _pair_instance, certified)


# Assumption 2: are a common state space and common transitions enough?


def _shared(options: Mapping[str, Any]) -> st.SearchStrategy[Structure]:
    most = options.get("max_states") or 3
    return st.fixed_dictionaries(
        {
            "states": whole_numbers(2, max(2, most)),
            "discounts": one_of_these(
                ((Fraction(1, 2), Fraction(1, 2)), (Fraction(1, 2), Fraction(9, 10)))
            ),
        }
    )


def _shared_shapes(structure: Structure) -> dict[str, tuple[int, ...]]:
    n = structure["states"]
    return {"transitions": (n, 2, n), "starts": (2, n), "theta": (n, 2), "other": (n, 2)}


def _moderate(numbers: Numbers) -> Numbers:
    """Keep all numbers within -4 and 4: the quotient grows without bound otherwise."""
    return {name: 4 * np.tanh(array / 4) for name, array in numbers.items()}


def _shared_ratio(structure: Structure, numbers: Numbers) -> Any:
    """Return the quotient of the two tasks' ratios in (12) at the first state."""
    numbers = _moderate(numbers)
    P, quotients = softmax_of(numbers["transitions"]), []
    for i, discount in enumerate(structure["discounts"]):
        start = softmax_of(numbers["starts"])[..., i, :]
        visits = []
        for name in ("other", "theta"):
            chain = (softmax_of(numbers[name])[..., None] * P).sum(axis=-2)
            inverse = np.linalg.inv(np.eye(P.shape[-1]) - float(discount) * chain)
            visits.append((start[..., None, :] @ inverse)[..., 0, 0])
        quotients.append(visits[0] / visits[1])
    return quotients[0] / quotients[1]


def _shared_instance(structure: Structure, numbers: Numbers, snap: bool) -> Instance:
    """Pay a constant in each task, a different one: every policy is optimal, the comparator too."""
    numbers = _moderate(numbers)
    moves = distributions(softmax_of(numbers["transitions"]), snap=snap)
    starts = distributions(softmax_of(numbers["starts"]), snap=False)
    tasks = [
        FiniteMDP(moves, np.full((structure["states"], 2), i), structure["discounts"][i], starts[i])
        for i in (0, 1)
    ]
    policies = {
        name: few_digits(softmax_of(numbers[key]), 3)
        for name, key in (("weights", "theta"), ("comparator_weights", "other"))
    }
    return Instance(MultiTaskProblem(tasks), policies)


def _shared_certified(instance: Instance) -> Any:
    policy, other = (
        policy_from_weights(instance.numbers[name]) for name in ("weights", "comparator_weights")
    )
    one, two = (
        theory.visitation(task, other)[0] / theory.visitation(task, policy)[0]
        for task in instance.problem.tasks
    )
    return ball(one / two)


TARGETS = (
    _mean(
        "eq-36-mean",
        printed=True,
        text="(2/N) sum_i ||grad RE(theta_i)||^2 over the second line of (36), lambda = 1",
    ),
    _mean(
        "eq-36-mean-corrected",
        printed=False,
        text="(1/N) sum_i ||grad RE(theta_i)||^2 / (1/sqrt|A| + 1)^2",
    ),
    Target(
        "appb1-final",
        r"min_k |mean grad V|^2 over the last display of B.1, agents at rest",
        _rest_structures,
        lambda structure: {"theta": (structure["actions"],)},
        _rest_ratio,
        _rest_instance,
        _rest_certified,
    ),
    _descent("eq-29", printed=True, rest=True),
    _descent("eq-29-corrected", printed=False, rest=True),
    _descent("appb1-non-increasing", printed=True, rest=False),
    _descent("appb1-non-increasing-corrected", printed=False, rest=False),
    Target(
        "sec42-shared-kernel",
        "the quotient of the two tasks' ratios in (12) at a state they share",
        _shared,
        _shared_shapes,
        _shared_ratio,
        _shared_instance,
        _shared_certified,
    ),
)
