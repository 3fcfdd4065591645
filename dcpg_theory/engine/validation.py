"""What is checked before a run begins, so that it fails at once or not at all."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from dcpg_theory.engine.estimators import GradientEstimator
from dcpg_theory.engine.methods import METHODS
from dcpg_theory.engine.rounds import Schedule
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array, NumberKind, as_array, number_kind
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.validation import first_offender, input_array, show

__all__ = [
    "checked_initial",
    "checked_iterations",
    "checked_method",
    "checked_regularization",
    "checked_step_sizes",
    "warn_without_consensus",
]


def checked_iterations(iterations: Any) -> int:
    """Return the number of iterations, an integer of at least 0."""
    if not _is_integer(iterations) or iterations < 0:
        raise InvalidInput(f"iterations={iterations!r} must be an integer of at least 0")
    return int(iterations)


def checked_regularization(regularization: Any) -> float:
    """Return lambda as a float, finite and not negative."""
    found = _floats("regularization", regularization)
    if found.ndim or not np.isfinite(found) or found < 0:
        raise InvalidInput(f"regularization={regularization} must be finite and not negative")
    return float(found)


def checked_step_sizes(step_size: Any, iterations: int) -> Array:
    """Return alpha^0, ..., alpha^{K-1} as floats, all positive and finite."""
    found = _floats("step_size", step_size)
    if found.ndim == 0 and _is_step(found):
        # A view of one number, however long the run is.
        return np.broadcast_to(found, (iterations,))
    if found.ndim == 0:
        found = found[None]
    elif found.shape != (iterations,):
        raise InvalidInput(
            f"step_size has shape {found.shape}, it must be one number or have shape "
            f"(iterations,) = {(iterations,)}"
        )
    offender = first_offender(~_is_step(found))
    if offender is not None:
        at = f"[{offender[0]}]" if np.ndim(step_size) else ""
        raise InvalidInput(f"step_size{at}={show(found[offender])} must be positive and finite")
    return found


def checked_initial(initial: Any, problem: MultiTaskProblem) -> Array:
    """Return every agent's first parameters, shape (n_tasks, n_states, n_actions)."""
    shape = (problem.n_tasks, problem.n_states, problem.n_actions)
    if initial is None:
        return np.zeros(shape)
    found = _floats("initial", initial)
    if found.shape not in (shape, shape[1:]):
        raise InvalidInput(
            f"initial has shape {found.shape}, it must have shape (n_states, n_actions) = "
            f"{shape[1:]} or (n_tasks, n_states, n_actions) = {shape}"
        )
    found = np.array(np.broadcast_to(found, shape))
    offender = first_offender(~np.isfinite(found))
    if offender is not None:
        agent, state, action = offender
        raise InvalidInput(
            f"agent {agent}, state {problem.states[state]}, action {action}: initial parameter is "
            f"{show(found[offender])}, it must be finite"
        )
    return found


def checked_method(method: Any, estimator: Any) -> str:
    """Return the method's name, if it goes with the estimator."""
    if method not in METHODS:
        raise InvalidInput(f"method={method!r} must be one of {', '.join(METHODS)}")
    if estimator is not None and not isinstance(estimator, GradientEstimator):
        raise InvalidInput(f"estimator={estimator!r} must have a method estimate")
    return str(method)


def warn_without_consensus(schedule: Schedule) -> None:
    """Warn if the mixing does not tend to averaging, so that agents cannot come to agree.

    Nothing is said of a function of k, of which nothing is known.
    """
    from scipy.sparse.csgraph import connected_components

    name, matrices = schedule.identity()
    if name == "function":
        return
    n_parts, part = connected_components(sum(W > 0 for W in matrices), directed=False)
    if n_parts > 1:
        alone = int(np.argmax(part != part[0]))
        warnings.warn(
            f"the graph of the mixing matrix is disconnected ({n_parts} parts; agents 0 and "
            f"{alone} never hear of each other), so consensus cannot hold",
            stacklevel=3,
        )
    elif schedule.constant is None or len(matrices[0]) == 1:
        return
    elif not matrices[0].diagonal().any():
        # A connected graph with one positive W_ii is aperiodic; without any it may be periodic.
        moduli = np.sort(np.abs(np.linalg.eigvals(matrices[0])))
        if moduli[-2] > 1 - 1e-9:
            warnings.warn(
                "the mixing matrix is periodic (no agent gives itself a weight), so consensus "
                "cannot hold",
                stacklevel=3,
            )


def _is_integer(number: Any) -> bool:
    return isinstance(number, int | np.integer) and not isinstance(number, bool)


def _is_step(steps: Array) -> Any:
    return np.isfinite(steps) & (steps > 0)


def _floats(name: str, values: Any) -> Array:
    """Return numbers of any kind that has a float, as float64."""
    array = input_array(name, values)
    kind = number_kind(array)
    if kind not in (NumberKind.FLOAT, NumberKind.RATIONAL):
        raise InvalidInput(f"{name} holds {kind}s, give floats or rationals")
    return as_array(array, NumberKind.FLOAT)
