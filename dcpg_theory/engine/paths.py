"""Paths: the implementations of Algorithm 1's iteration, and which one a problem takes.

A path is made once per problem and regularization. It lays the problem out for its kernel, and then
offers the gradients of all agents, and whole stretches of iterations:

==============  ==================================================================================
``reference``   the readable loop over the formulas of `theory`
==============  ==================================================================================

Whatever the path, an iteration rounds the same way: theta_i becomes the sum of W_ij theta_j over
the j with W_ij != 0 in ascending order, each product and each sum rounded, plus alpha g_i rounded.
So agents that are spread over processes, each mixing what its neighbours sent, come to the same
bits: `reference.mixed_step` is that rule in numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from dcpg_theory.engine import reference
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

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


_MAKERS: dict[str, Callable[[MultiTaskProblem, float, Sequence[int]], Path]] = {
    "reference": ReferencePath,
}

PATHS = tuple(_MAKERS)
"""The names of all paths."""


def choose_path(problem: MultiTaskProblem) -> str:
    """Return the name of the path that suits a problem's size and sparsity."""
    del problem
    return "reference"


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
        its union of states and the path chosen do not depend on which agents are asked for.

    Raises
    ------
    InvalidInput
        If there is no such path or agent.
    """
    name = choose_path(problem) if path is None else path
    if name not in _MAKERS:
        raise InvalidInput(f"path={name!r} must be one of {', '.join(PATHS)}")
    agents = range(problem.n_tasks) if agents is None else agents
    for agent in agents:
        if not 0 <= agent < problem.n_tasks:
            raise InvalidInput(f"agent={agent} must lie in 0, ..., {problem.n_tasks - 1}")
    return _MAKERS[name](problem, regularization, agents)
