"""A bound on the error of a gradient, computed afterwards and without trust in who computed it.

The policy of the given parameters, the system, V and y are computed anew with 31 digits: V and y by
iterative refinement, whose residuals then bound their errors (see `krylov_kernel`). The gradient
that follows from them lies within a known distance of the true one, so that the distance to it
bounds the error of any other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from dcpg_theory.engine.accuracy import error_of_gradient, gradient_bound
from dcpg_theory.engine.blas_threads import one_blas_thread
from dcpg_theory.engine.compiled import compiled
from dcpg_theory.engine.double_double import UNIT, add, divide, exponential, multiply
from dcpg_theory.engine.grouping import pattern_of, sparse_transitions
from dcpg_theory.engine.scipy_path import factorized
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["error_bounds", "precise_gradient"]

MOST_DIRECT_STATES = 20_000
"""Beyond, a factorisation takes longer than Krylov iterations, and far more memory."""

ROUNDS = 12
"""Of iterative refinement; it stops earlier, where it has arrived or makes no progress."""


def error_bounds(
    problem: MultiTaskProblem,
    regularization: float,
    agents: Sequence[int],
    theta: Array,
    gradients: Array,
) -> Array:
    """Return for each agent a bound on the error of its gradient, over its a-priori bound.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats, taken for exact.
    regularization : float
        The lambda of (7); the a-priori bound of its part, lambda / sqrt(|S|), is added.
    agents : sequence of int
        Whose parameters and gradients these are.
    theta, gradients : ndarray, shape (n_agents, n_states, n_actions)

    Returns
    -------
    ndarray, shape (n_agents,)
        In the Euclidean norm. 0 where both are zero.
    """
    bounds = np.empty(len(agents))
    for k, i in enumerate(agents):
        exact, radius = precise_gradient(problem, i, theta[k], regularization)
        distance = float(np.linalg.norm(gradients[k] - exact)) + radius
        size = gradient_bound(problem.tasks[i]) + regularization / math.sqrt(problem.n_states)
        bounds[k] = distance / size if size > 0 else (0.0 if distance == 0 else math.inf)
    return bounds


def precise_gradient(
    problem: MultiTaskProblem, agent: int, theta: Array, regularization: float
) -> tuple[Array, float]:
    """Return one agent's gradient, rounded once, and a bound on its distance from the true one.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats, taken for exact.
    agent : int
    theta : ndarray, shape (n_states, n_actions)
        Taken for exact.
    regularization : float

    Returns
    -------
    gradient : ndarray, shape (n_states, n_actions)
    radius : float
        In the Euclidean norm.
    """
    task, rows = problem.tasks[agent], problem.indices[agent]
    pi, pi_low = _policy(np.ascontiguousarray(theta))
    P = sparse_transitions(task)
    moves = (P.indptr, P.indices, P.data)
    pattern = pattern_of(P, task.n_actions)
    own = np.ascontiguousarray(pi[rows]), np.ascontiguousarray(pi_low[rows])
    step = np.zeros(pattern.nnz), np.zeros(pattern.nnz)
    right = np.zeros(task.n_states), np.zeros(task.n_states)
    room = np.zeros((2, task.n_states))
    chain = (pattern.indptr, pattern.indices, *step)
    _chain(task.discount, *moves, task.rewards, *own, *chain, *right, room)
    start = problem.exploration[agent].copy(), np.zeros(task.n_states)
    X = 1 / (1 - task.discount)
    aim = 1e-16 * (gradient_bound(task) or 1.0)
    with one_blas_thread():
        solve = _solver(task, own[0])
        V, V_left = _refined(chain, right, solve, aim / (2 * X * X), transposed=False)
        y, y_left = _refined(chain, start, solve, aim / (X * X), transposed=True)
    g = np.zeros_like(theta)
    parts = np.zeros((task.n_states, task.n_actions))
    largest = _value_part(task.discount, *moves, task.rewards, *own, *V, *y, parts)
    longest = max(np.diff(pattern.indptr).max(), np.bincount(pattern.indices).max())
    unit = float(longest + task.n_actions + 20) * UNIT
    V_error = X * (V_left + unit * (np.abs(right[0]).max() + 2 * np.abs(V[0]).max()))
    y_error = X * (y_left + unit * (1 + 2 * np.abs(y[0]).sum()))
    # A last rounding of each entry, and the few operations from V and y to it.
    roundings = np.finfo(np.float64).eps * np.linalg.norm(parts) + unit * X * (
        np.abs(task.rewards).max() + 2 * np.abs(V[0]).max()
    )
    radius = error_of_gradient(X, V_error, y_error, largest) + roundings
    share = regularization / problem.n_states
    g += share * ((1 / problem.n_actions - pi) - pi_low)
    g[rows] += parts
    eps = np.finfo(np.float64).eps
    return g, float(radius + eps * (np.linalg.norm(g) + 4 * share * math.sqrt(g.size)))


def _solver(task: FiniteMDP, pi: Array) -> Callable[[Array, bool], Array]:
    """Return what solves the system well enough to refine: directly where that is cheap."""
    if task.n_states <= MOST_DIRECT_STATES:
        return factorized(task, pi)
    from dcpg_theory.engine.krylov_path import approximate_solver

    return approximate_solver(task, pi)


def _refined(
    chain: tuple[Array, Array, Array, Array],
    right: tuple[Array, Array],
    solve: Callable[[Array, bool], Array],
    aim: float,
    *,
    transposed: bool,
) -> tuple[tuple[Array, Array], float]:
    """Return the solution as a pair, and the norm of its residual that bounds its error."""
    n = len(right[0])
    x, x_low, r, room = np.zeros(n), np.zeros(n), right[0].copy(), np.zeros((2, n))
    best, left = (x, x_low), math.inf
    for _ in range(ROUNDS):
        correction = solve(r, transposed)
        if not np.isfinite(correction).all():
            break
        x, x_low = x.copy(), x_low.copy()
        _add_to(x, x_low, correction)
        _residual(*chain, x, x_low, *right, transposed, room, r)
        reached = float(np.abs(r).sum() if transposed else np.abs(r).max())
        if not reached < left:
            break
        slow = reached > 0.5 * left
        best, left = (x, x_low), reached
        if reached <= aim or slow:
            break
    return best, left


@compiled
def _policy(theta: Array) -> tuple[Array, Array]:
    """Return the softmax of each row as a pair."""
    high, low = np.empty_like(theta), np.empty_like(theta)
    n_rows, n_actions = theta.shape
    for s in range(n_rows):
        top = theta[s, 0]
        for a in range(1, n_actions):
            top = max(top, theta[s, a])
        total, total_low = 0.0, 0.0
        for a in range(n_actions):
            x, x_low = add(theta[s, a], 0.0, -top, 0.0)
            high[s, a], low[s, a] = exponential(x, x_low)
            total, total_low = add(total, total_low, high[s, a], low[s, a])
        for a in range(n_actions):
            high[s, a], low[s, a] = divide(high[s, a], low[s, a], total, total_low)
    return high, low


@compiled
def _chain(
    discount: float,
    move_ends: Array,
    moves: Array,
    chances: Array,
    reward: Array,
    pi: Array,
    pi_low: Array,
    ends: Array,
    columns: Array,
    step: Array,
    step_low: Array,
    right: Array,
    right_low: Array,
    room: Array,
) -> None:
    """Write gamma P_pi on its pattern, and r_pi, as pairs; `room` is zero before and after."""
    n, n_actions = pi.shape
    row, row_low = room[0], room[1]
    for s in range(n):
        for a in range(n_actions):
            c, c_low = pi[s, a], pi_low[s, a]
            p, p_low = multiply(c, c_low, reward[s, a], 0.0)
            right[s], right_low[s] = add(right[s], right_low[s], p, p_low)
            c, c_low = multiply(c, c_low, discount, 0.0)
            for t in range(move_ends[s * n_actions + a], move_ends[s * n_actions + a + 1]):
                j = moves[t]
                p, p_low = multiply(c, c_low, chances[t], 0.0)
                row[j], row_low[j] = add(row[j], row_low[j], p, p_low)
        for t in range(ends[s], ends[s + 1]):
            j = columns[t]
            step[t], step_low[t] = row[j], row_low[j]
            row[j], row_low[j] = 0.0, 0.0


@compiled
def _add_to(x: Array, x_low: Array, correction: Array) -> None:
    for s in range(x.size):
        x[s], x_low[s] = add(x[s], x_low[s], correction[s], 0.0)


@compiled
def _residual(
    ends: Array,
    columns: Array,
    step: Array,
    step_low: Array,
    x: Array,
    x_low: Array,
    right: Array,
    right_low: Array,
    transposed: bool,
    room: Array,
    r: Array,
) -> None:
    """Write right - x + gamma P_pi x, or with the transpose, computed as pairs and rounded."""
    high, low = room[0], room[1]
    for s in range(x.size):
        high[s], low[s] = add(right[s], right_low[s], -x[s], -x_low[s])
    for s in range(x.size):
        for t in range(ends[s], ends[s + 1]):
            j = columns[t]
            to, of = (j, s) if transposed else (s, j)
            p, p_low = multiply(step[t], step_low[t], x[of], x_low[of])
            high[to], low[to] = add(high[to], low[to], p, p_low)
    for s in range(x.size):
        r[s] = high[s] + low[s]


@compiled
def _value_part(
    discount: float,
    move_ends: Array,
    moves: Array,
    chances: Array,
    reward: Array,
    pi: Array,
    pi_low: Array,
    V: Array,
    V_low: Array,
    y: Array,
    y_low: Array,
    out: Array,
) -> float:
    """Write y pi (Q - V), and return the largest Euclidean norm of a row of pi (Q - V)."""
    n, n_actions = pi.shape
    largest = 0.0
    for s in range(n):
        squares = 0.0
        for a in range(n_actions):
            q, q_low = 0.0, 0.0
            for t in range(move_ends[s * n_actions + a], move_ends[s * n_actions + a + 1]):
                p, p_low = multiply(V[moves[t]], V_low[moves[t]], chances[t], 0.0)
                q, q_low = add(q, q_low, p, p_low)
            q, q_low = multiply(q, q_low, discount, 0.0)
            q, q_low = add(q, q_low, reward[s, a], 0.0)
            q, q_low = add(q, q_low, -V[s], -V_low[s])
            q, q_low = multiply(q, q_low, pi[s, a], pi_low[s, a])
            squares += q * q
            q, q_low = multiply(q, q_low, y[s], y_low[s])
            out[s, a] = q
        largest = max(largest, squares)
    return float(np.sqrt(largest))
