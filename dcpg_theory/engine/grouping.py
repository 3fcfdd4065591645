"""How tasks are laid out for the lanes: equal states and a common pattern, four by four."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dcpg_theory.engine.accuracy import centred_rewards
from dcpg_theory.engine.compiled import compiled
from dcpg_theory.engine.elimination import Elimination, full_elimination, plan_elimination
from dcpg_theory.engine.lanes import LANES
from dcpg_theory.engine.sparse_kernel import Groups, Work
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["Layout", "common_patterns", "keys", "lay_out", "pattern_of", "sparse_transitions"]


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Tasks laid out for the compiled loop.

    Attributes
    ----------
    groups : Groups
    work : Work
        Room for the largest group.
    flops : int
        Of one factorisation of every task, both solves left out.
    """

    groups: Groups
    work: Work
    flops: int


@dataclass(frozen=True, slots=True, eq=False)
class _Class:
    """Tasks over the same states whose patterns are close enough to be treated as one."""

    tasks: list[int]
    moves: Any  # csr, (n_states * n_actions, n_states): where a transition of any of them is
    elimination: Elimination


def sparse_transitions(task: FiniteMDP) -> Any:
    """Return a task's transitions without zeros, CSR of shape (n_states * n_actions, n_states)."""
    from scipy.sparse import csr_array

    if task.is_sparse:
        P = csr_array(task.transitions, copy=True)
        P.eliminate_zeros()
    else:
        P = csr_array(task.transitions.reshape(-1, task.n_states))
    P.sort_indices()
    return P


def pattern_of(moves: Any, n_actions: int) -> Any:
    """Return the pattern of P_pi, CSR of shape (n_states, n_states), all entries 1."""
    from scipy.sparse import csr_array

    n_states = moves.shape[1]
    # The rows of the actions of one state lie together, so their columns do too.
    pattern = csr_array(
        (np.ones(moves.nnz), moves.indices.copy(), moves.indptr[::n_actions].copy()),
        shape=(n_states, n_states),
    )
    pattern.sum_duplicates()
    pattern.data[:] = 1.0
    return pattern


def lay_out(problem: MultiTaskProblem, agents: Sequence[int], *, full: bool = False) -> Layout:
    """Lay out the tasks of some agents.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats.
    agents : sequence of int
        Whose gradients are wanted: agent ``agents[k]`` has row k of theta.
    full : bool
        Treat every entry as a possible transition, in the states' own order.
    """
    transitions = [sparse_transitions(task) for task in problem.tasks]
    builder = _Builder(problem, transitions, agents)
    # The classes are those of the whole problem, so that an agent's gradient has the same bits
    # whichever others are asked for.
    for members, moves in common_patterns(problem, transitions, full=full):
        n_states = moves.shape[1]
        pattern = pattern_of(moves, problem.n_actions)
        plan = full_elimination(n_states) if full else plan_elimination(pattern)
        builder.add_class(_Class(members, moves, plan))
    return builder.layout()


def common_patterns(
    problem: MultiTaskProblem, transitions: list[Any], *, full: bool = False
) -> list[tuple[list[int], Any]]:
    """Return the tasks over the same states whose patterns are close enough to be taken as one.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats.
    transitions : list of scipy.sparse array
        What `sparse_transitions` makes of each task.
    full : bool
        Treat every entry as a possible transition.

    Returns
    -------
    list of (list of int, scipy.sparse array)
        Tasks, and a CSR array whose pattern, of shape (n_states * n_actions, n_states), holds all
        of theirs.
    """
    return [
        each for members in _by_states(problem) for each in _joined(members, transitions, full=full)
    ]


def _by_states(problem: MultiTaskProblem) -> list[list[int]]:
    found: dict[bytes, list[int]] = {}
    for i, states in enumerate(problem.indices):
        found.setdefault(states.tobytes(), []).append(i)
    return list(found.values())


def _joined(
    members: list[int], transitions: list[Any], *, full: bool
) -> list[tuple[list[int], Any]]:
    """Join the patterns of tasks over the same states, unless that would fill too much."""
    from scipy.sparse import csr_array

    if full:
        return [(members, csr_array(np.ones(transitions[members[0]].shape)))]
    by_pattern: dict[bytes, list[int]] = {}
    for k in members:
        P = transitions[k]
        key = P.indptr.tobytes() + P.indices.tobytes()
        by_pattern.setdefault(key, []).append(k)
    parts = list(by_pattern.values())
    if len(parts) == 1:
        return [(members, transitions[members[0]])]
    union = csr_array(sum(_ones(transitions[k]) for k in members))
    union.sort_indices()
    if union.nnz > _TOLERATED_FILL * np.mean([transitions[k].nnz for k in members]):
        return [(part, transitions[part[0]]) for part in parts]
    return [(members, union)]


_TOLERATED_FILL = 1.5  # half as much work again, against lanes that stay empty


def _ones(P: Any) -> Any:
    marked = P.copy()
    marked.data[:] = 1.0
    return marked


class _Builder:
    """Appends groups to the flat arrays."""

    def __init__(
        self, problem: MultiTaskProblem, transitions: list[Any], agents: Sequence[int]
    ) -> None:
        self.problem, self.transitions = problem, transitions
        self.rows_of_theta: dict[int, list[int]] = {}
        for k, agent in enumerate(agents):
            self.rows_of_theta.setdefault(agent, []).append(k)
        self.parts: dict[str, list[Array]] = {name: [] for name in Groups._fields}
        self.sizes = dict.fromkeys(Groups._fields, 0)
        self.largest, self.flops = 0, 0

    def append(self, name: str, values: Array) -> int:
        """Append to a flat array; return where the values begin."""
        begin = self.sizes[name]
        self.parts[name].append(values)
        self.sizes[name] += len(values)
        return begin

    def append_ends(
        self, name: str, ends: Array, columns: Array, columns_name: str | None = None
    ) -> int:
        """Append columns and where each row of them ends; return where the ends begin."""
        begin = self.append(columns_name or name, columns)
        return self.append(f"{name}_ends", (begin + ends.astype(np.int64)).astype(np.uint32))

    def add_class(self, each: _Class) -> None:
        """Append the pattern of a class, and a group for each four of its tasks."""
        A, plan, order = self.problem.n_actions, each.elimination, each.elimination.order
        wanted = [(i, k) for i in each.tasks for k in self.rows_of_theta.get(i, [])]
        if not wanted:
            return
        n = len(order)
        place = np.empty(n, dtype=np.intp)
        place[order] = np.arange(n)
        pairs = (order[:, None] * A + np.arange(A)).ravel()
        # Where each transition of the permuted pattern stands in the given one.
        moves = each.moves
        positions = moves.copy()
        positions.data = np.arange(moves.nnz, dtype=np.int64)
        permuted = positions[pairs]
        permuted.indices = place[permuted.indices].astype(permuted.indices.dtype)
        permuted.sort_indices()
        self.largest = max(self.largest, n)
        self.flops += plan.work * len(wanted)
        rows = self.problem.indices[each.tasks[0]][order].astype(np.uint32)
        begins = [
            self.append("rows", rows),
            self.append_ends("lower", plan.lower_ends, plan.lower),
            self.append_ends("move", permuted.indptr, permuted.indices.astype(np.uint32), "moves"),
            self.sizes["moves"] - permuted.nnz,
        ]
        self.append_ends("upper", plan.upper_ends, plan.upper)
        here = keys(moves)
        for first in range(0, len(wanted), LANES):
            lanes = wanted[first : first + LANES]
            lanes += [lanes[-1]] * (LANES - len(lanes))
            chance, reward = np.empty((moves.nnz, LANES)), np.empty((n * A, LANES))
            excess, start = np.empty((n * A, LANES)), np.empty((n, LANES))
            for lane, (i, _) in enumerate(lanes):
                task, P, given = self.problem.tasks[i], self.transitions[i], np.zeros(moves.nnz)
                given[np.searchsorted(here, keys(P))] = task.discount * P.data
                chance[:, lane] = given[permuted.data]
                reward[:, lane] = centred_rewards(task).ravel()[pairs]
                excess[:, lane] = row_excess(task.discount, P.indptr, P.data)[pairs]
                start[:, lane] = self.problem.exploration[i][order]
            self.append("excess", excess)
            numbers = {"start": start, "reward": reward, "chance": chance}
            own = [self.append(name, array) for name, array in numbers.items()]
            self.append("agents", np.array([[k for _, k in lanes]], dtype=np.uint32))
            self.append("where", np.array([[n, *begins, *own]], dtype=np.uint64))

    def layout(self) -> Layout:
        """Return what was appended."""
        A, n = self.problem.n_actions, self.largest
        sizes = [n * A, *[n] * 8, self.sizes["lower"], self.sizes["upper"]]
        work = Work._make(np.zeros((size, LANES)) for size in sizes)
        groups = Groups._make(np.concatenate(self.parts[name]) for name in Groups._fields)
        return Layout(groups, work, self.flops)


def keys(P: Any) -> Array:
    """Return a number for each entry of a CSR array, ascending: its row and its column."""
    rows = np.repeat(np.arange(P.shape[0], dtype=np.int64), np.diff(P.indptr))
    return np.asarray(rows * P.shape[1] + P.indices)


@compiled
def row_excess(discount: float, ends: Array, chance: Array) -> Array:
    """Return 1 - discount * (sum of each row), right to rounding also where it is tiny.

    Parameters
    ----------
    discount : float
    ends, chance : ndarray
        Rows in CSR form.
    """
    excess = np.empty(ends.size - 1)
    for row in range(excess.size):
        # 1 - p_1 - p_2 - ... with what each subtraction rounds off.
        total, lost = 1.0, 0.0
        for t in range(ends[row], ends[row + 1]):
            p = chance[t]
            less = total - p
            back = less - total
            lost += (total - (less - back)) + (-p - back)
            total = less
        excess[row] = (1.0 - discount) + discount * (total + lost)
    return excess
