"""The order and the fill of an elimination whose pattern never changes.

A softmax policy takes every action with positive probability, so the pattern of I - gamma P_pi is
that of the union of the actions' transitions, whatever the parameters. It is ordered once, for
little fill, and the columns that each row of L and U will hold are found once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dcpg_theory.engine.compiled import compiled, copy
from dcpg_theory.exact.numbers import Array

__all__ = ["Elimination", "full_elimination", "plan_elimination"]


@dataclass(frozen=True, slots=True, eq=False)
class Elimination:
    """Where an elimination without row exchanges finds and leaves its entries.

    Attributes
    ----------
    order : ndarray of int, shape (n,)
        ``order[p]`` is the state that is eliminated at place p.
    lower_ends, lower : ndarray of uint32, shapes (n + 1,) and (n_lower,)
        ``lower[lower_ends[p] : lower_ends[p + 1]]`` are the columns of row p of L, ascending.
    upper_ends, upper : ndarray of uint32
        The same of U, both without the diagonal.
    """

    order: Array
    lower_ends: Array
    lower: Array
    upper_ends: Array
    upper: Array

    @property
    def work(self) -> int:
        """Multiplications and additions of one factorisation."""
        lengths = np.diff(self.upper_ends.astype(np.int64))
        return int(2 * lengths[self.lower].sum() + 2 * len(self.lower))


def plan_elimination(pattern: Any) -> Elimination:
    """Return the elimination of a pattern, in the order of least work among three.

    Parameters
    ----------
    pattern : scipy.sparse array, shape (n, n)
        Where a transition is possible; the values do not matter.

    Returns
    -------
    Elimination
        In the given order, or in a minimum degree order or its inverse.
    """
    from scipy.sparse import csr_array, diags_array
    from scipy.sparse.linalg import splu

    n = pattern.shape[0]
    links = csr_array(pattern != 0).astype(np.float64)
    # Diagonally dominant, so that nothing but the ordering is of interest.
    system = diags_array(links.sum(axis=1) + links.sum(axis=0) + 1.0) - links
    degrees = splu(
        system.tocsc(),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    ).perm_c
    orders = [np.arange(n), np.argsort(degrees), np.asarray(degrees)]
    return min((_planned(links, order) for order in orders), key=lambda plan: plan.work)


def full_elimination(n: int) -> Elimination:
    """Return the elimination of a matrix without zeros, in its own order."""
    places = np.arange(n)
    lower = np.concatenate([places[:p] for p in places]).astype(np.uint32)
    upper = np.concatenate([places[p + 1 :] for p in places]).astype(np.uint32)
    lower_ends = np.concatenate([[0], np.cumsum(places)]).astype(np.uint32)
    upper_ends = np.concatenate([[0], np.cumsum(places[::-1])]).astype(np.uint32)
    return Elimination(places, lower_ends, lower, upper_ends, upper)


def _planned(links: Any, order: Array) -> Elimination:
    permuted = links[order][:, order].tocsr()
    ends, columns = permuted.indptr.astype(np.int64), permuted.indices.astype(np.int64)
    return Elimination(np.asarray(order, dtype=np.intp), *map(np.copy, _fill(ends, columns)))


@compiled
def _longer(columns: Array, n_used: int, n_more: int) -> Array:
    """Return the columns with room for more, at least twice as many."""
    longer = np.empty(2 * columns.size + n_more, np.uint32)
    copy(columns[:n_used], longer)
    return longer


@compiled
def _fill(ends: Array, columns: Array) -> tuple[Array, Array, Array, Array]:
    """Return the rows of L and U: a row's own entries, and those of the rows it is reduced by."""
    n = ends.size - 1
    seen = np.full(n, -1, dtype=np.int64)
    lower_ends, upper_ends = np.zeros(n + 1, np.uint32), np.zeros(n + 1, np.uint32)
    lower, upper = (
        np.empty(4 * columns.size + n, np.uint32),
        np.empty(4 * columns.size + n, np.uint32),
    )
    n_lower = n_upper = 0
    for i in range(n):
        if n_lower + n > lower.size:
            lower = _longer(lower, n_lower, n)
        if n_upper + n > upper.size:
            upper = _longer(upper, n_upper, n)
        for t in range(ends[i], ends[i + 1]):
            seen[columns[t]] = i
        for k in range(i):
            if seen[k] == i:
                lower[n_lower] = k
                n_lower += 1
                for t in range(np.int64(upper_ends[k]), np.int64(upper_ends[k + 1])):
                    seen[upper[t]] = i
        for j in range(i + 1, n):
            if seen[j] == i:
                upper[n_upper] = j
                n_upper += 1
        lower_ends[i + 1], upper_ends[i + 1] = n_lower, n_upper
    return lower_ends, lower[:n_lower], upper_ends, upper[:n_upper]
