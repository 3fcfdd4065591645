"""Runs that satisfy the hypotheses of Theorems 1 and 2, with what they promise and what came.

The same seed gives the same runs; each set is made once in a process. A set is many small batches
(2 to 4 tasks, 1 to 4 states, 2 or 3 actions, sigma_2 from 0 to 0.99), so that it takes seconds.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.mixing import MixingMatrix
from dcpg_theory.theory.rates import CorrectedRates, SharpRates
from proofs_check.instances.random_runs import (
    Batch,
    Shape,
    at_rest,
    common_start,
    draw,
    gradients,
    policies,
    regularizer,
    step,
    values,
    visitations,
)

__all__ = ["Run", "theorem_1_runs", "theorem_2_runs"]

Rates = CorrectedRates | SharpRates

LONGEST = 5000
"""Iterations after which a run of Theorem 2 is broken off and confirms nothing."""


@dataclass(frozen=True)
class Run:
    """One run: its rates, its step size, K, the initial entropy, and what was observed.

    For Theorem 1 `observed` is the largest over the agents of the least norm of the mean gradient
    over k < K. For Theorem 2 it is the first k at which every agent has met the conclusion once, None
    if that did not happen; `gradient` is then the largest over the agents of the least norm of
    sum_j grad L_j over `length` iterations.
    """

    name: str
    rates: Rates
    step_size: float
    iterations: float
    entropy: float
    observed: float | None
    gradient: float = 0.0
    length: int = 0


def _rates(form: type[Rates], batch: Batch, at: int) -> Rates:
    """Return the rates of one problem; they refuse what does not satisfy their hypotheses."""
    mixing = MixingMatrix(batch.mixing[at])
    discounts = [float(x) for x in batch.discounts[at]]
    n_states, n_actions = batch.initial.shape[1:]
    common = (n_states, n_actions, float(batch.regularization[at]), mixing.second_singular_value)
    if form is SharpRates:
        return SharpRates(discounts, [int(n) for n in batch.held[at].sum(axis=1)], *common)
    least = mixing.smallest_eigenvalue
    if least is None:
        raise ValueError("the corrected theorems are about a symmetric W")
    return CorrectedRates(discounts, *common, least)


def _entropy(batch: Batch, at: int) -> float:
    """Return RE of the common start."""
    pi = policies(batch.initial[at])
    return float(-np.log(pi).mean() - np.log(pi.shape[-1]))


def _norms(vectors: Array) -> Array:
    return np.asarray(np.sqrt((vectors**2).sum(axis=(-1, -2))))


# Theorem 1 ------------------------------------------------------------------------------------


def _least_mean_gradient(batch: Batch, steps: Array, iterations: Array) -> Array:
    """Return the largest over the agents i of min_{k<K} ||(1/N) sum_j grad V_j(theta_i^k)||."""
    theta = common_start(batch)
    least = np.full(theta.shape[:2], np.inf)
    for k in range(int(iterations.max())):
        slopes, _ = gradients(batch, theta)
        now = np.where((k < iterations)[:, None], _norms(slopes.mean(axis=2)), np.inf)
        least = np.minimum(least, now)
        after = step(batch, theta, slopes, steps)
        if np.array_equal(after, theta):  # a fixed point: all later k give the same
            break
        theta = after
    else:
        if iterations.max() > 10**6:
            raise ValueError("only a run that stays where it is can have so many iterations")
    return np.asarray(least.max(axis=1))


_THEOREM_1: tuple[tuple[dict[str, Any], Shape], ...] = (
    ({}, Shape(60, 2, 2)),
    ({"states": "partial"}, Shape(60, 3, 3)),
    ({"states": "partial"}, Shape(60, 4, 4)),
    ({}, Shape(40, 3, 2, 3)),
    ({}, Shape(20, 1, 3)),
)
_NOT_SYMMETRIC: tuple[tuple[dict[str, Any], Shape], ...] = (
    ({"symmetric": False, "states": "partial"}, Shape(60, 3, 3)),
    ({"symmetric": False}, Shape(40, 4, 3)),
)


def _batches_of_theorem_1(form: type[Rates]) -> Iterator[tuple[str, Batch, Array, Array]]:
    """Yield batches with mu = rho, shares of the largest step, and numbers of iterations."""
    rng = np.random.Generator(np.random.PCG64(1))
    groups = _THEOREM_1 + (_NOT_SYMMETRIC if form is SharpRates else ())
    shares = np.array([1, 1 / 4, 1 / 64] if form is SharpRates else [1, 1 / 2, 1 / 8])
    for settings, shape in groups:
        batch = draw(rng, shape, **settings)
        places = np.arange(shape.problems)
        iterations = np.array([20, 60, 180])[places % 3]
        name = f"{shape.tasks} tasks, {shape.states} states, {shape.actions} actions"
        batch = replace(batch, exploration=batch.starts)
        yield name, batch, shares[places // 3 % 3], iterations
    for tasks, odds in ((2, (3, 1)), (3, (63, 1)), (256, (3, 1))):
        resting = at_rest(tasks, odds)
        name = f"{tasks} tasks at rest"
        yield name, resting, np.array([2.0**-40]), np.array([10.0**40])


@functools.cache
def theorem_1_runs(*, sharp: bool) -> tuple[Run, ...]:
    """Return the runs for the corrected or the sharp Theorem 1."""
    form: type[Rates] = SharpRates if sharp else CorrectedRates
    runs: list[Run] = []
    for name, batch, shares, iterations in _batches_of_theorem_1(form):
        rates = [_rates(form, batch, at) for at in range(len(shares))]
        steps = np.array([float(r.largest_step) for r in rates]) * shares
        observed = _least_mean_gradient(batch, steps, iterations)
        runs.extend(
            Run(
                f"{name}, number {at + 1}",
                rates[at],
                float(steps[at]),
                float(iterations[at]),
                _entropy(batch, at),
                float(observed[at]),
            )
            for at in range(len(shares))
        )
    return tuple(runs)


# Theorem 2 ------------------------------------------------------------------------------------


def _optimum(batch: Batch) -> tuple[Array, Array, Array]:
    """Return the best deterministic policy, its value, and the mismatch coefficient M.

    With one kernel, discount and start the sum of the tasks is one process with the rewards added;
    over disjoint states the tasks do not meet. In both cases some deterministic policy is best.
    """
    n_states, n_actions = batch.initial.shape[1:]
    choices = itertools.product(range(n_actions), repeat=n_states)
    every = np.array([np.eye(n_actions)[list(choice)] for choice in choices])
    pi = np.broadcast_to(every, (len(batch.initial), *every.shape))
    totals = values(batch, pi)
    best = totals.argmax(axis=1)
    visits = visitations(batch, every[best][:, None])[:, 0]
    explored = np.where(batch.held, batch.exploration, np.inf)
    return every[best], totals.max(axis=1), (visits / explored).max(axis=(1, 2))


def _chosen(batch: Batch, keep: Array) -> Batch:
    return Batch(*(getattr(batch, field.name)[keep] for field in fields(Batch)))


_THEOREM_2: tuple[tuple[dict[str, Any], Shape], ...] = (
    ({"shared": True}, Shape(100, 2, 2)),
    ({"shared": True}, Shape(70, 3, 2)),
    ({"shared": True}, Shape(50, 2, 3)),
    ({"shared": True}, Shape(30, 4, 2)),
    ({"shared": True}, Shape(50, 1, 3)),
    ({"states": "disjoint"}, Shape(80, 2, 2)),
    ({"states": "disjoint"}, Shape(30, 2, 4)),
)


def _batches_of_theorem_2(
    form: type[Rates],
) -> Iterator[tuple[str, Batch, Array, Array, Array]]:
    """Yield batches with V*, M and epsilon, started away from the optimum, at least 1/2 below it.

    For the corrected theorem, whose steps are thousands of times shorter, epsilon is close to the
    initial gap; for the sharp one it is 3/4 of it.
    """
    rng = np.random.Generator(np.random.PCG64(2))
    share = 3 / 4 if form is SharpRates else 1 - 2.0**-13
    for settings, shape in _THEOREM_2:
        batch = draw(rng, shape, contrast=True, tenths=(1, 5), **settings)
        best, _, _ = _optimum(batch)
        away = 1 + np.arange(shape.problems) % 2
        batch = replace(batch, initial=-best * away[:, None, None])
        gap = _gap(batch)
        keep = gap > 1 / 2
        batch = _chosen(batch, keep)
        _, most, mismatch = _optimum(batch)
        accuracy = gap[keep] * share
        halves = 1 if form is SharpRates else 2
        weight = accuracy / (halves * shape.tasks * mismatch)
        kind = "one kernel" if "shared" in settings else "disjoint states"
        name = f"{kind}, {shape.tasks} tasks, {shape.states} states"
        yield name, replace(batch, regularization=weight), most, mismatch, accuracy


def _gap(batch: Batch) -> Array:
    _, most, _ = _optimum(batch)
    return np.asarray(most - values(batch, policies(batch.initial)[:, None])[:, 0])


def _until_met(batch: Batch, steps: Array, most: Array, accuracy: Array) -> tuple[Array, ...]:
    """Return the first k at which every agent has met V* - V(theta_i) <= epsilon, or -1.

    Beside it, the largest over the agents of the least norm of sum_j grad L_j so far, and how many
    iterates that is over.
    """
    theta = common_start(batch)
    count, agents = theta.shape[:2]
    met, first = np.zeros((count, agents), dtype=bool), np.full(count, -1)
    least, length = np.full((count, agents), np.inf), np.zeros(count, dtype=int)
    here = np.arange(count)
    for k in range(LONGEST):
        part = _chosen(batch, here)
        slopes, totals = gradients(part, theta)
        whole = slopes.sum(axis=2) + agents * regularizer(part, theta)
        least[here] = np.minimum(least[here], _norms(whole))
        length[here] = k + 1
        met[here] |= most[here, None] - totals <= accuracy[here, None]
        done = met[here].all(axis=1)
        first[here[done]] = k
        theta = step(part, theta, slopes, steps[here])[~done]
        here = here[~done]
        if not here.size:
            break
    return first, least.max(axis=1), length


@functools.cache
def theorem_2_runs(*, sharp: bool) -> tuple[Run, ...]:
    """Return the runs for the corrected or the sharp Theorem 2."""
    form: type[Rates] = SharpRates if sharp else CorrectedRates
    runs: list[Run] = []
    for name, batch, most, mismatch, accuracy in _batches_of_theorem_2(form):
        places = range(len(accuracy))
        rates = [_rates(form, batch, at) for at in places]
        steps = np.array([float(r.theorem_2_step) for r in rates])
        first, least, length = _until_met(batch, steps, most, accuracy)
        for at in places:
            entropy = _entropy(batch, at)
            runs.append(
                Run(
                    f"{name}, number {at + 1}",
                    rates[at],
                    float(steps[at]),
                    float(rates[at].theorem_2_iterations(accuracy[at], mismatch[at], entropy)),
                    entropy,
                    float(first[at]) if first[at] >= 0 else None,
                    float(least[at]),
                    int(length[at]),
                )
            )
    return tuple(runs)
