"""Paths: the implementations of Algorithm 1's iteration, and which one a problem takes.

A path is made once per problem and regularization. It lays the problem out for its kernel, and then
offers the gradients of all agents, and whole stretches of iterations:

==============  ==================================================================================
``reference``   the readable loop over the formulas of `theory`
``dense``       compiled; full elimination, four tasks at a time, and LAPACK for many states
``sparse``      compiled; elimination of the static pattern, four tasks at a time
``krylov``      compiled; preconditioned iterations from the span of the last solutions
``scipy``       SuperLU or LAPACK for each task and iteration, not compiled
==============  ==================================================================================

Whatever the path, an iteration rounds the same way: theta_i becomes the sum of W_ij theta_j over
the j with W_ij != 0 in ascending order, each product and each sum rounded, plus alpha g_i rounded.
So agents that are spread over processes, each mixing what its neighbours sent, come to the same
bits: `reference.mixed_step` is that rule in numpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from dcpg_theory.engine import reference
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.validation import first_offender

__all__ = ["PATHS", "Path", "choose_path", "make_path"]


class Path(Protocol):
    """One way to iterate, for the agents it was made for.

    Attributes
    ----------
    name : str
        One of `PATHS`.
    """

    name: str

    def gradients(self, theta: Array) -> Array:
        """Return g_i, the gradient (8) of each agent's own task at its own parameters.

        Parameters
        ----------
        theta : ndarray, shape (n_agents, n_states, n_actions)
            Of the agents the path was made for.

        Returns
        -------
        ndarray, the same shape
        """
        ...

    def advance(self, theta: Array, mixing_matrix: Array, step_sizes: Array) -> tuple[Array, int]:
        """Return the parameters after one iteration for each step size.

        Only of a path that was made for all agents.

        Parameters
        ----------
        theta : ndarray, shape (n_agents, n_states, n_actions)
            Finite; left as it is.
        mixing_matrix : ndarray, shape (n_agents, n_agents)
        step_sizes : ndarray, shape (n,)

        Returns
        -------
        parameters : ndarray, shape (n_agents, n_states, n_actions)
        done : int
            How many iterations were done: fewer than asked for if the next one is not finite.
        """
        ...


class ReferencePath:
    """The readable loop of `reference`, behind the interface of a path."""

    name = "reference"

    def __init__(
        self, problem: MultiTaskProblem, regularization: float, agents: Sequence[int]
    ) -> None:
        self._problem, self._regularization, self._agents = problem, regularization, agents

    def gradients(self, theta: Array) -> Array:
        """See `Path`."""
        return reference.gradients(self._problem, theta, self._regularization, self._agents)

    def advance(self, theta: Array, mixing_matrix: Array, step_sizes: Array) -> tuple[Array, int]:
        """See `Path`."""
        return reference.advance(
            self._problem, mixing_matrix, theta, step_sizes, self._regularization
        )


PATHS = ("reference", "dense", "sparse", "krylov", "scipy")
"""The names of all paths."""

MOST_LANE_STATES = 72
"""Up to here eliminating a full matrix four tasks at a time beats LAPACK task by task."""

LONGEST_LAPACK_HORIZON = 500.0
"""Up to here, in units of 1 / (1 - gamma), LAPACK's visitation is good enough; beyond, elimination
without subtraction is."""

LAPACK_ADVANTAGE = 4.0
"""How much faster LAPACK does an operation of a large full matrix than the lanes one of theirs."""

LEAST_KRYLOV_STATES = 500
MOST_ELIMINATED_STATES = 20_000
LONGEST_KRYLOV_HORIZON = 1000.0
KRYLOV_WORK = 400.0
"""Operations for each entry of the system, from which on elimination loses against Krylov
iterations that begin in the span of the last solutions; they need some tens of passes at first, and
one or two later. Close to a discount of 1 their residuals certify too little."""


def choose_path(problem: MultiTaskProblem) -> str:
    """Return the name of the compiled path that suits a problem's size and sparsity.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats.
    """
    from dcpg_theory.engine.elimination import plan_elimination
    from dcpg_theory.engine.grouping import pattern_of, sparse_transitions
    from dcpg_theory.engine.lanes import LANES

    task = max(problem.tasks, key=lambda task: task.n_states)
    n, moves = task.n_states, sparse_transitions(task)
    if moves.nnz > n * n * problem.n_actions / 2:
        return "dense"
    if n <= MOST_LANE_STATES:
        return "sparse"
    if n > MOST_ELIMINATED_STATES:
        return "krylov"
    pattern = pattern_of(moves, problem.n_actions)
    work = plan_elimination(pattern).work
    # Lanes that stay empty cost as much as those that do not.
    idle = -(-problem.n_tasks // LANES) * LANES / problem.n_tasks
    if (
        n >= LEAST_KRYLOV_STATES
        and work * idle > KRYLOV_WORK * pattern.nnz
        and _horizon(problem) <= LONGEST_KRYLOV_HORIZON
    ):
        return "krylov"
    return "sparse" if work * LAPACK_ADVANTAGE < 2 / 3 * n**3 else "dense"


def _horizon(problem: MultiTaskProblem) -> float:
    return max(1 / (1 - float(task.discount)) for task in problem.tasks)


def make_path(
    problem: MultiTaskProblem,
    regularization: float,
    path: str | None = None,
    agents: Sequence[int] | None = None,
) -> Path:
    """Return a path for a problem.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats.
    regularization : float
        The lambda of (7).
    path : str, optional
        One of `PATHS`; default what `choose_path` says of the whole problem.
    agents : sequence of int, optional
        The agents whose gradients are wanted, in this order; default all. The problem stays whole:
        its union of states, the path chosen and each agent's bits do not depend on which agents are
        asked for.

    Raises
    ------
    InvalidInput
        If there is no such path or agent, or values do not exist: rows of transitions are only
        close to one in sum, and times the discount such a row may reach one.
    """
    if path is not None and path not in PATHS:
        raise InvalidInput(f"path={path!r} must be one of {', '.join(PATHS)}")
    agents = range(problem.n_tasks) if agents is None else agents
    for agent in agents:
        if not 0 <= agent < problem.n_tasks:
            raise InvalidInput(f"agent={agent} must lie in 0, ..., {problem.n_tasks - 1}")
    _check_contraction(problem)
    return _made(choose_path(problem) if path is None else path, problem, regularization, agents)


def _made(
    name: str, problem: MultiTaskProblem, regularization: float, agents: Sequence[int]
) -> Path:
    if name == "reference":
        return ReferencePath(problem, regularization, agents)
    if name == "scipy":
        from dcpg_theory.engine.scipy_path import ScipyPath

        return ScipyPath(problem, regularization, agents)
    if name == "krylov":
        from dcpg_theory.engine.krylov_path import KrylovPath

        return KrylovPath(problem, regularization, agents)
    largest = max(task.n_states for task in problem.tasks)
    horizon = _horizon(problem)
    if name == "dense" and largest > MOST_LANE_STATES and horizon <= LONGEST_LAPACK_HORIZON:
        from dcpg_theory.engine.dense_path import DensePath

        return DensePath(problem, regularization, agents)
    from dcpg_theory.engine.lane_path import LanePath

    return LanePath(problem, regularization, agents, full=name == "dense")


def _check_contraction(problem: MultiTaskProblem) -> None:
    """Refuse a row that, times the discount, does not lose anything: I - gamma P is singular."""
    for i, task in enumerate(problem.tasks):
        sums = np.asarray(task.transitions.sum(axis=-1)).reshape(task.n_states, task.n_actions)
        offender = first_offender((1 - task.discount) + task.discount * (1 - sums) <= 0)
        if offender is not None:
            state, action = offender
            raise InvalidInput(
                f"task {i}, state {task.states[state]}, action {action}: transition row sums to "
                f"{sums[offender]!r}, which times the discount {task.discount!r} is not below 1, "
                "so that values do not exist: divide the row by its sum"
            )
