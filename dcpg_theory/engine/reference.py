r"""Algorithm 1, to be read: decentralized policy gradient with exact gradients.

In iteration k all agents i simultaneously do

.. math::

    \theta_i^{k+1} = \sum_{j \in \mathcal{N}_i \cup \{i\}} W_{ij} \theta_j^k + \alpha^k g_i^k,
    \qquad g_i^k = \nabla L_i^\lambda(\theta_i^k; \mu_i),

which is (9), with the gradient (8) of the objective (7). The sum runs over agent i itself too: (9)
as printed sums over the neighbours N_i, which do not hold i, although Assumption 1 has W_ii > 0 and
the rows of W sum to one only with it.

====================  =================================================================
theta_i               ``theta[i]``, shape (n_states, n_actions), over the union of states
W                     ``mixing_matrix``; W_ij is what agent i gives agent j
alpha^k               ``step_sizes[k]``
g_i                   ``task_gradient(problem, i, softmax(theta[i]), ...)``
mu_i                  ``problem.exploration[i]``
lambda                ``regularization``
====================  =================================================================

Since the columns of W sum to one, the mean over the agents moves by the mean gradient:
thetabar^{k+1} = thetabar^k + alpha^k (1/N) sum_i g_i^k.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.policies import softmax
from dcpg_theory.theory.gradient import task_gradient

__all__ = ["advance", "gradients", "mixed_step"]


def gradients(
    problem: MultiTaskProblem,
    theta: Array,
    regularization: float,
    agents: Sequence[int] | None = None,
) -> Array:
    """Return g_i for every agent: the gradient (8) of its own task at its own parameters.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats.
    theta : ndarray, shape (n_agents, n_states, n_actions)
    regularization : float
        The lambda of (7).
    agents : sequence of int, optional
        Whose parameters these are; default all, in order.

    Returns
    -------
    ndarray, the shape of theta
    """
    agents = range(problem.n_tasks) if agents is None else agents
    return np.stack(
        [
            task_gradient(problem, i, softmax(theta_i), regularization, problem.exploration[i])
            for i, theta_i in zip(agents, theta, strict=True)
        ]
    )


def mixed_step(
    weights: Array, theta: Array | Sequence[Array], step_size: float, gradient: Array
) -> Array:
    """Return one agent's next parameters, rounded as every path rounds them.

    Parameters
    ----------
    weights : ndarray, shape (n,)
        The agent's row of W, or its entries that are not zero, in ascending order of j.
    theta : ndarray, shape (n, n_states, n_actions)
        The parameters theta_j that go with them.
    step_size : float
    gradient : ndarray, shape (n_states, n_actions)
        The agent's own g_i.

    Returns
    -------
    ndarray, shape (n_states, n_actions)
    """
    mixed = np.zeros_like(gradient)
    for weight, parameters in zip(weights, theta, strict=True):
        if weight != 0:
            mixed += weight * parameters
    mixed += step_size * gradient
    return mixed


def advance(
    problem: MultiTaskProblem,
    mixing_matrix: Array,
    theta: Array,
    step_sizes: Iterable[float],
    regularization: float,
) -> tuple[Array, int]:
    """Return the parameters after one iteration for each step size.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats.
    mixing_matrix : ndarray, shape (n_tasks, n_tasks)
    theta : ndarray, shape (n_tasks, n_states, n_actions)
        Finite; left as it is.
    step_sizes : iterable of float
    regularization : float

    Returns
    -------
    parameters : ndarray, shape (n_tasks, n_states, n_actions)
    done : int
        How many iterations were done: fewer than asked for if the next one is not finite.
    """
    done = 0
    for alpha in step_sizes:
        with np.errstate(all="ignore"):
            g = gradients(problem, theta, regularization)
            rows = zip(mixing_matrix, g, strict=True)
            following = np.stack([mixed_step(row, theta, alpha, own) for row, own in rows])
        if not np.isfinite(following).all():
            break
        theta, done = following, done + 1
    return theta, done
