r"""Singular values and eigenvalues of a mixing matrix, enclosed with certainty.

LAPACK finds approximate eigenvectors X and eigenvalues D of a symmetric A; the residual certifies
them. Let ||X^T X - I|| = e < 1, and U = X P^{-1}, P = (X^T X)^{1/2}, the orthogonal factor of X.
Then ||P^{-1}|| <= (1 - e)^{-1/2}, ||P^{-1} - I|| <= (1 - e)^{-1/2} - 1 =: c, and with R = A X - X D

.. math::

    A U - U D = R P^{-1} + X (D P^{-1} - P^{-1} D),
    \qquad D P^{-1} - P^{-1} D = D (P^{-1} - I) - (P^{-1} - I) D.

So A is within ||R||(1 + c) + 2 ||X|| ||D|| c of U D U^T, whose eigenvalues are D, and by Weyl's
inequality no eigenvalue in ascending order is farther than that from its place in D (for instance
Parlett, "The Symmetric Eigenvalue Problem", chapters 10 and 11). Norms are bounded by Frobenius
norms, and rounding in the products by gamma_n |A||X| (Higham, "Accuracy and Stability of Numerical
Algorithms", section 3.5). Singular values of W are eigenvalues of [[0, W], [W^T, 0]].
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import flint
import numpy as np

from dcpg_theory.bounds.spectrum import RULES, Spectrum, single
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.mixing import MixingMatrix
from dcpg_theory.theory.assumptions import ASSUMPTION_1, SYMMETRIC_WEIGHTS

__all__ = ["eigenvalues", "enclosed", "enclosed_weights"]

_MOST_AGENTS = 2000
_UNIT = 2.0**-53


def enclosed(mixing: MixingMatrix) -> Spectrum:
    """Return the spectrum of a mixing matrix with certified bounds on every number.

    Parameters
    ----------
    mixing : MixingMatrix
        Of at most 2000 agents. Exact weights are enclosed too: their rounding is counted.

    Raises
    ------
    InvalidInput
        If there are more agents, or the numerical eigenvectors are too bad to certify anything.
    """
    _check_size(mixing.n_agents)
    if SYMMETRIC_WEIGHTS.holds(mixing):
        return _of_symmetric(mixing, _rounding(mixing))
    n = mixing.n_agents
    twice = np.zeros((2 * n, 2 * n))
    twice[:n, n:], twice[n:, :n] = mixing.matrix, mixing.matrix.T
    both, error = eigenvalues(twice, _rounding(mixing) * np.sqrt(2))
    return _spectrum(mixing, both[n:], error, None)


def _check_size(n: int) -> None:
    if n > _MOST_AGENTS:
        raise InvalidInput(
            f"a mixing matrix of {n} agents has no closed form here and is too large to enclose, "
            f"which goes up to {_MOST_AGENTS}; rings, paths, stars, complete graphs, tori and "
            "hypercubes may have any size"
        )


def _of_symmetric(mixing: MixingMatrix, perturbation: float) -> Spectrum:
    """Return the spectrum of weights that are symmetric, to the last bit or nearly."""
    even = (mixing.matrix + mixing.matrix.T) / 2
    apart = float(np.linalg.norm(even - mixing.matrix) * (1 + 1e-6))
    values, error = eigenvalues(even, perturbation + apart + _UNIT * len(even))
    lowest = _within(values[0], error, -1, 1)
    return _spectrum(mixing, np.sort(np.abs(values)), error, lowest)


def _spectrum(mixing: MixingMatrix, sizes: Array, error: float, lowest: Any) -> Spectrum:
    """Return the spectrum from singular values in ascending order and their greatest error."""
    if mixing.n_agents == 1:
        return single()
    connected = ASSUMPTION_1.holds(mixing)
    return Spectrum(
        n_agents=mixing.n_agents,
        second_singular_value=_within(sizes[-2], error, 0, 1),
        smallest_singular_value=_within(sizes[0], error, 0, 1),
        smallest_eigenvalue=lowest,
        meets_assumption_1=connected,
        source="enclosed",
    )


def enclosed_weights(n: int, edges: Iterable[tuple[int, int]], rule: str) -> Spectrum:
    """Return the enclosed spectrum of a graph's weights by a rule of `spectrum.RULES`.

    The weights are rounded to floats; that moves W by at most (d + 4) 2^-52 sqrt(n), d the greatest
    degree: each of at most d + 1 entries of a row by 2^-53 of itself, the diagonal by the sum.

    Raises
    ------
    InvalidInput
        As for `enclosed`.
    """
    _check_size(n)
    pairs = np.array(list(edges), dtype=np.intp).reshape(-1, 2)
    degrees = np.bincount(pairs.ravel(), minlength=n)
    inverse = RULES[rule]
    below = np.array([inverse(int(d)) for d in degrees[pairs].max(axis=1)], dtype=np.float64)
    weights = np.zeros((n, n))
    weights[pairs[:, 0], pairs[:, 1]] = weights[pairs[:, 1], pairs[:, 0]] = 1 / below
    weights[np.diag_indices(n)] = 1 - weights.sum(axis=1)
    moved = (int(degrees.max()) + 4) * 2 * _UNIT * np.sqrt(n)
    return _of_symmetric(MixingMatrix(weights), moved)


def eigenvalues(matrix: Array, perturbation: float = 0.0) -> tuple[Array, float]:
    """Return the eigenvalues of a symmetric matrix in ascending order, and their greatest error.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
        float64, symmetric.
    perturbation : float
        A bound of the norm by which the true matrix differs from it.

    Returns
    -------
    values : ndarray, shape (n,)
    error : float
        No eigenvalue of the true matrix is farther than this from its value.

    Raises
    ------
    InvalidInput
        If the approximate eigenvectors are too far from orthogonal.
    """
    n = len(matrix)
    values, vectors = np.linalg.eigh(matrix)
    gamma = 2 * (n + 4) * _UNIT  # twice Higham's, which also covers the norms' own rounding
    size, spread = np.linalg.norm(matrix), np.linalg.norm(vectors)
    reach = float(np.abs(values).max())
    e = np.linalg.norm(vectors.T @ vectors - np.eye(n)) + gamma * (spread**2 + n)
    if not e < 0.5:
        raise InvalidInput("the eigenvalues of the mixing matrix could not be certified")
    residual = np.linalg.norm(matrix @ vectors - vectors * values)
    residual += gamma * (size * spread + 2 * reach * spread)
    c = e  # (1 - e)^(-1/2) - 1 <= e for e <= 1/2
    error = residual * (1 + c) + 2 * np.sqrt(1 + e) * reach * c + perturbation
    return values, float(error * (1 + 1e-6))


def _rounding(mixing: MixingMatrix) -> float:
    """Bound the norm of W minus its floats: each entry of exact weights was rounded once."""
    if mixing.exact is None:
        return 0.0
    return float(_UNIT * np.linalg.norm(mixing.matrix) * (1 + 1e-6))


def _within(value: float, error: float, low: int, high: int) -> Any:
    """Return a ball around a value, cut to where it is known to lie."""
    value = float(min(max(value, low), high))
    ends = max(value - error, low), min(value + error, high)
    return flint.arb(float(ends[0])).union(flint.arb(float(ends[1])))
