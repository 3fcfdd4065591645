"""Assertions for other people's test suites: what fails is named, with the instance it failed on.

They compare with the exact formulas of `theory`, or with the definition itself, and raise
`AssertionError` like any assertion of a test; what is no valid question raises `InvalidInput`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from dcpg_theory.engine.trace import Trace
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array, NumberKind, as_array
from dcpg_theory.models.conversion import float_of
from dcpg_theory.models.mixing import MixingMatrix
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.theory.gradient import task_gradient

__all__ = [
    "assert_doubly_stochastic",
    "assert_policy_gradient",
    "assert_rate",
    "assert_smooth",
]

Engine = Callable[[MultiTaskProblem, Array, float], Any]


def assert_policy_gradient(
    engine: Engine,
    problem: MultiTaskProblem,
    *,
    regularization: Any = 0,
    weights: Any | None = None,
    tolerance: float = 1e-9,
) -> None:
    r"""Assert that a program computes the policy gradients (8) of a problem.

    The parameters are theta = log w for rational w, where the exact gradient is known exactly.

    Parameters
    ----------
    engine : callable
        ``engine(problem, parameters, regularization)`` with float64 parameters of shape (n_tasks,
        n_states, n_actions) returns an array of that shape: for agent i the gradient of its own
        task's regularized objective at its own parameters, from ``problem.exploration[i]``. The
        problem is given in floats.
    problem : MultiTaskProblem
        Exact, or of floats that `MultiTaskProblem.to_rational` takes.
    regularization : exact number
        The lambda of (7).
    weights : array_like of exact numbers, shape (n_tasks, n_states, n_actions), optional
        Positive; default 1, 2, 3, ... in turn, different in every row.
    tolerance : float
        Largest error allowed, relative to the greatest absolute entry of the agent's exact gradient
        or 1, whichever is more.

    Raises
    ------
    AssertionError
        If an entry is wrong; the message says which, what it is and what it should be.
    InvalidInput
        If the weights do not fit the problem.
    """
    exact = problem.to_rational()
    shape = (exact.n_tasks, exact.n_states, exact.n_actions)
    given = _default_weights(shape) if weights is None else as_array(weights, NumberKind.RATIONAL)
    if given.shape != shape:
        raise InvalidInput(f"weights has shape {given.shape}, it must have shape {shape}")
    policies = [policy_from_weights(own) for own in given]
    parameters = np.log(float_of(given))
    found = np.asarray(engine(exact.to_float(), parameters, float_of(regularization).item()))
    if found.shape != shape:
        raise AssertionError(f"the gradient has shape {found.shape}, it must have shape {shape}")
    for i, policy in enumerate(policies):
        wanted = float_of(
            task_gradient(exact, i, policy, regularization, start=exact.exploration[i])
        )
        scale = max(1.0, float(np.abs(wanted).max()))
        errors = np.abs(found[i] - wanted) / scale
        at = tuple(int(k) for k in np.unravel_index(np.argmax(errors), errors.shape))
        # Written so that NaN fails too.
        if not errors.max() <= tolerance:
            raise AssertionError(
                f"task {i}, state {exact.states[at[0]]}, action {at[1]}: the gradient is "
                f"{found[i][at]!r}, it must be {wanted[at]!r} within {tolerance:g}\n"
                f"  {exact!r}, regularization={regularization}, weights={given[i].tolist()}"
            )


def assert_smooth(
    gradient: Callable[[Array], Any],
    constant: float,
    *,
    points: Iterable[Any] | None = None,
    shape: tuple[int, ...] | None = None,
    seed: int = 0,
    n_pairs: int = 200,
) -> float:
    r"""Assert that a gradient is Lipschitz: ||g(x) - g(y)|| <= L ||x - y||.

    Parameters
    ----------
    gradient : callable
        From a float64 array to one of the same shape.
    constant : float
        The L that is claimed.
    points : iterable of array_like, optional
        At least two; each is compared with the next, and with a close neighbour, whose quotient is
        about the curvature there.
    shape : tuple of int, optional
        Instead of points: draw `n_pairs` normally distributed ones of this shape, of scales from
        0.01 to 10.
    seed, n_pairs : int
        For drawn points.

    Returns
    -------
    float
        The largest quotient ||g(x) - g(y)|| / (L ||x - y||) found, at most 1.

    Raises
    ------
    AssertionError
        If a quotient exceeds 1 by more than rounding; the message holds the two points.
    InvalidInput
        If neither points nor a shape are given, or both, or fewer than two points.
    """
    if (points is None) == (shape is None):
        raise InvalidInput("give either points or a shape to draw them from")
    if not constant > 0:
        raise InvalidInput(f"constant={constant} must be positive")
    rng = np.random.default_rng(seed)
    places = (
        [np.asarray(point, dtype=float) for point in points]
        if points is not None
        else [rng.normal(size=shape) * 10 ** rng.uniform(-2, 1) for _ in range(n_pairs)]
    )
    if len(places) < 2:
        raise InvalidInput(f"{len(places)} points cannot be compared, give two or more")
    tightest = 0.0
    for x, following in zip(places, [*places[1:], places[0]], strict=True):
        direction = rng.normal(size=x.shape)
        for y in (following, x + 1e-4 * direction / np.linalg.norm(direction)):
            quotient = _quotient(gradient, x, y) / constant
            if not quotient <= 1 + 1e-7:
                raise AssertionError(
                    f"the gradient changes {quotient:.6g} times as fast as the constant "
                    f"{constant:g} allows\n  x = {x.tolist()}\n  y = {y.tolist()}"
                )
            tightest = max(tightest, quotient)
    return tightest


def assert_doubly_stochastic(weights: Any) -> None:
    """Assert that W is a mixing matrix: square, not negative, rows and columns summing to one.

    Parameters
    ----------
    weights : array_like, shape (n_agents, n_agents), or MixingMatrix
        float64 (sums within 1e-9) or exact rationals (exactly).

    Raises
    ------
    AssertionError
        If it is not; the message names the entry, row or column.
    """
    if isinstance(weights, MixingMatrix):
        return
    try:
        MixingMatrix(weights)
    except InvalidInput as error:
        raise AssertionError(str(error)) from None


def assert_rate(
    trace: Trace,
    bound: Callable[[int], Any] | Any,
    *,
    quantity: str = "gradient_norm",
) -> float:
    """Assert that a run keeps a bound on the least recorded value: min_{k <= K} q_k <= bound(K).

    Parameters
    ----------
    trace : Trace
        Of `run_dcpg`, with the quantity recorded.
    bound : callable or number
        ``bound(K)`` for the first K iterations, K >= 1; or one number for all of them.
    quantity : str
        A recorded series of numbers. Record every iteration: between records a smaller value may
        be missed, so that a bound that holds seems to fail.

    Returns
    -------
    float
        The tightest ratio of bound to observed, at least 1; infinite if nothing above zero was
        observed.

    Raises
    ------
    AssertionError
        If the bound fails; the message says after how many iterations.
    InvalidInput
        If the quantity was not recorded, or is not one number an iteration.
    """
    if quantity not in trace.recorded:
        names = ", ".join(sorted(trace.recorded))
        raise InvalidInput(f"quantity={quantity!r} was not recorded; there are {names}")
    series = trace.recorded[quantity]
    if series.ndim != 1:
        raise InvalidInput(f"quantity={quantity!r} has shape {series.shape}, it must be a series")
    limit = bound if callable(bound) else lambda _: bound
    tightest = np.inf
    least = np.minimum.accumulate(series)
    # After k iterations the parameters 0, ..., k have been seen, those that the theorem counts
    # are 0, ..., K - 1.
    for k, observed in zip(trace.recorded["iteration"], least, strict=True):
        allowed = float(limit(int(k) + 1))
        if not observed <= allowed:
            raise AssertionError(
                f"the least {quantity} recorded in the first {int(k) + 1} iterations is "
                f"{observed:.6g}, the bound is {allowed:.6g}"
            )
        if observed > 0:
            tightest = min(tightest, allowed / float(observed))
    return tightest


def _default_weights(shape: tuple[int, ...]) -> Array:
    count = int(np.prod(shape))
    return as_array(1 + np.arange(count).reshape(shape) % 7, NumberKind.RATIONAL)


def _quotient(gradient: Callable[[Array], Any], x: Array, y: Array) -> float:
    change = np.asarray(gradient(x)) - np.asarray(gradient(y))
    distance = float(np.linalg.norm(x - y))
    return float(np.linalg.norm(change)) / distance if distance else 0.0
