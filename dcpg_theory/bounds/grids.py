"""The grid, which has no closed form: enclosed by eigenvalues, or by comparing its weights."""

from __future__ import annotations

from collections.abc import Iterable

import flint

from dcpg_theory.bounds.arithmetic import Number, at_working_precision, largest, smallest
from dcpg_theory.bounds.spectra import path, ring
from dcpg_theory.bounds.spectrum import RULES, Spectrum

__all__ = ["grid"]

_MOST_ENCLOSED = 400
"""Nodes of a grid up to which its eigenvalues are computed, which takes a fraction of a second."""


@at_working_precision
def grid(rows: int, columns: int, rule: str = "lazy-metropolis") -> Spectrum:
    r"""Return the spectrum of the grid: in closed form with a side of 1, else enclosed.

    Up to 400 nodes by eigenvalues. Beyond, W = I - L' and the weights of L' lie between the
    least w and the greatest w' of the grid, so that :math:`w L \preceq L' \preceq w' L` with the
    grid's Laplacian L, whose eigenvalues are sums of those of two paths: an enclosure to a factor
    w'/w of 1 - lambda, no farther than 3/2.
    """
    short, long = sorted((rows, columns))
    if short == 1 or long == 2:
        return path(long, rule) if short == 1 else ring(4, rule)
    if rows * columns <= _MOST_ENCLOSED:
        from dcpg_theory.bounds.enclosures import enclosed_weights

        return enclosed_weights(rows * columns, _grid_edges(rows, columns), rule)
    # Degrees are 2 and 3 on a ladder, up to 4 elsewhere; corners have no common edge but there.
    degrees = (2, 3) if short == 2 else (3, 4)
    weights = [flint.fmpq(1, RULES[rule](degree)) for degree in degrees]
    second = _path_value(long, 1)
    last = _path_value(short, short - 1) + _path_value(long, long - 1)
    top, bottom = (_between(1 - w * value for w in weights) for value in (second, last))
    sizes = [abs(top), abs(bottom)]
    least = flint.arb(0).union(smallest(*sizes))
    if rule == "lazy-metropolis":  # semidefinite, so that no eigenvalue is negative
        bottom = bottom.max(flint.arb(0))
        least = bottom
    return Spectrum(
        n_agents=rows * columns,
        second_singular_value=largest(*sizes),
        smallest_singular_value=least,
        smallest_eigenvalue=bottom,
        source="enclosed by a comparison of weights",
    )


def _path_value(n: int, k: int) -> Number:
    return 2 - 2 * flint.arb.cos_pi_fmpq(flint.fmpq(k, n))


def _between(values: Iterable[Number]) -> Number:
    one, other = (flint.arb(value) for value in values)
    return one.union(other)


def _grid_edges(rows: int, columns: int) -> list[tuple[int, int]]:
    nodes = range(rows * columns)
    along = [(k, k + 1) for k in nodes if (k + 1) % columns]
    return along + [(k, k + columns) for k in nodes[:-columns]]
