r"""The spectrum of a mixing matrix: sigma_2, sigma_N, lambda_N, in closed form or enclosed.

Where all edges of a graph have one weight w, W = I - w L with the Laplacian L, and the families'
Laplacians are known. With d the (greatest) degree, w = 1/(2d) for lazy Metropolis weights and
1/(1 + d) for Metropolis weights:

===============  ======  ========================================================================
graph            d       eigenvalues of L
===============  ======  ========================================================================
complete (n)     n - 1   0, n
ring (n >= 3)    2       2 - 2 cos(2 pi k/n), k = 0, ..., n - 1
path (n >= 3)    2       2 - 2 cos(pi k/n), k = 0, ..., n - 1
star (n >= 3)    n - 1   0, 1, n
torus (R x C)    4       sums of an eigenvalue of the ring of R and one of the ring of C
hypercube (D)    D       2 k, k = 0, ..., D
===============  ======  ========================================================================

The directed cycle has weights of its own, W = (I + P)/2 with the cyclic permutation P: a normal
matrix with the singular values |cos(pi k/n)|, which is asymmetric for n >= 3.

(In a path or star every edge has an end of the greatest degree, so w is one number there too. A
side of a torus of length 2 is one edge, with the eigenvalues 0 and 2 and degree 1.) A grid with
both sides of at least 2 has different weights; it is enclosed numerically, like the matrices of
files: :mod:`~dcpg_theory.bounds.enclosures`.

References: D. Spielman, "Spectral and Algebraic Graph Theory" (2019), chapter 6; claims
sec5-ring-sharp and sec5-lazy-metropolis-sharp of the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import flint

from dcpg_theory.bounds.arithmetic import Number, at_working_precision, largest, smallest
from dcpg_theory.bounds.spectrum import RULES, Spectrum, single
from dcpg_theory.errors import InvalidInput

if TYPE_CHECKING:
    from dcpg_theory.models.mixing import MixingMatrix

__all__ = [
    "complete",
    "directed_cycle",
    "hypercube",
    "path",
    "ring",
    "spectrum_of",
    "star",
    "torus",
]

_MOST_NODES = 10**12
_LONGEST_SHORT_SIDE = 10**5


def complete(n: int, rule: str = "lazy-metropolis") -> Spectrum:
    """Return the spectrum of the complete graph of n agents."""
    return _from_laplacian(n, n - 1, [flint.fmpq(n)], rule)


def star(n: int, rule: str = "lazy-metropolis") -> Spectrum:
    """Return the spectrum of the star of n agents."""
    if n <= 2:
        return complete(n, rule)
    return _from_laplacian(n, n - 1, [flint.fmpq(1), flint.fmpq(n)], rule)


@at_working_precision
def ring(n: int, rule: str = "lazy-metropolis") -> Spectrum:
    """Return the spectrum of the ring of n agents; of two agents it is one edge."""
    if n <= 2:
        return complete(n, rule)
    factor = _RingFactor(n)
    return _from_laplacian(n, 2, factor.extremes(factor.values_near(_root_of(rule, 2))), rule)


@at_working_precision
def path(n: int, rule: str = "lazy-metropolis") -> Spectrum:
    """Return the spectrum of the path of n agents."""
    if n <= 2:
        return complete(n, rule)
    # The path's eigenvalues are those of the ring of 2n, without k = n.
    factor = _RingFactor(2 * n, last=n - 1)
    return _from_laplacian(n, 2, factor.extremes(factor.values_near(_root_of(rule, 2))), rule)


@at_working_precision
def torus(rows: int, columns: int, rule: str = "lazy-metropolis") -> Spectrum:
    """Return the spectrum of the torus; a side of 1 is a ring, a side of 2 one edge."""
    short, long = sorted((_nodes(rows), _nodes(columns)))
    if short == 1:
        return ring(long, rule)
    if short > _LONGEST_SHORT_SIDE:
        raise InvalidInput(f"rows={rows}, columns={columns}: the shorter side is at most 10^5")
    factors = [_RingFactor(side) for side in (short, long)]
    degree = sum(factor.degree for factor in factors)
    zero = _root_of(rule, degree)
    values = [value for factor in factors for value in factor.extremes(())]
    values.append(factors[0].values[-1] + factors[1].values[-1])
    if rule != "lazy-metropolis":  # else W is semidefinite, and sigma_N is the least eigenvalue
        for k, value in enumerate(factors[0].values):
            near = factors[1].values_near(zero - value, least=0 if k else 1)
            values += [value + other for other in near]
    return _from_laplacian(short * long, degree, values, rule)


def hypercube(dimension: int, rule: str = "lazy-metropolis") -> Spectrum:
    """Return the spectrum of the hypercube of 2^dimension agents."""
    if dimension < 0 or dimension > 10**4:
        raise InvalidInput(f"dimension={dimension} must be an integer in 0, ..., 10000")
    if dimension == 0:
        return single()
    values = [flint.fmpq(2 * k) for k in range(1, dimension + 1)]
    return _from_laplacian(2**dimension, dimension, values, rule)


@at_working_precision
def directed_cycle(n: int) -> Spectrum:
    """Return the spectrum of `models.graphs.directed_cycle`: sigma_2 = cos(pi/n)."""
    if n <= 2:
        return complete(n, "metropolis")
    least = _cosine(flint.fmpq(n // 2, n))  # 0 if n is even
    return Spectrum(
        n_agents=_nodes(n),
        second_singular_value=_cosine(flint.fmpq(1, n)),
        smallest_singular_value=least,
        smallest_eigenvalue=None,
        meets_assumption_1=False,
    )


def _nodes(n: int) -> int:
    if not 1 <= n <= _MOST_NODES:
        raise InvalidInput(f"n={n} must be an integer in 1, ..., {_MOST_NODES}")
    return n


def _root_of(rule: str, degree: int) -> Any:
    """Return the eigenvalue of L that makes that of W = I - w L zero."""
    return flint.fmpq(RULES[rule](degree))


def _from_laplacian(n: int, degree: int, values: Sequence[Number], rule: str) -> Spectrum:
    """Return the spectrum of I - w L from the eigenvalues of L, but 0, that can be extreme."""
    if _nodes(n) == 1:
        return single()
    weight = flint.fmpq(1, RULES[rule](degree))
    others = [1 - weight * value for value in values]
    sizes = [abs(value) for value in others]
    return Spectrum(
        n_agents=n,
        second_singular_value=largest(*sizes),
        smallest_singular_value=smallest(*sizes),
        smallest_eigenvalue=smallest(*others),
    )


class _RingFactor:
    """The eigenvalues 2 - 2 cos(2 pi k/n) of a ring's Laplacian, ascending: k = 0, ..., `last`."""

    def __init__(self, n: int, last: int | None = None) -> None:
        self.n, self.last = n, n // 2 if last is None else last
        self.degree = min(n - 1, 2)

    def value(self, k: int) -> Any:
        if self.n == 2:
            return flint.fmpq(2 * k)
        return 2 - 2 * _cosine(flint.fmpq(2 * k, self.n))

    @property
    def values(self) -> Sequence[Any]:
        return [self.value(k) for k in range(self.last + 1)]

    def extremes(self, more: Sequence[Any]) -> list[Any]:
        """Return the least eigenvalue above 0, the greatest, and `more`."""
        return [self.value(1), self.value(self.last), *more]

    def values_near(self, target: Any, least: int = 1) -> list[Any]:
        """Return the two eigenvalues with k >= `least` around a number, or the one at an end."""
        low, high = 0, self.last
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.value(middle) <= target else (low, middle)
        return [self.value(k) for k in {max(low, least), max(high, least)}]


def _cosine(turns: Any) -> Number:
    """Return cos(pi turns), exactly where it is rational (Niven's theorem)."""
    if (6 * turns).q == 1:
        twelfth = int((6 * turns).p) % 12
        rational = {0: 2, 2: 1, 3: 0, 4: -1, 6: -2, 8: -1, 9: 0, 10: 1}
        if twelfth in rational:
            return flint.fmpq(rational[twelfth], 2)
    return flint.arb.cos_pi_fmpq(turns)


def spectrum_of(mixing: MixingMatrix | Spectrum) -> Spectrum:
    """Return the spectrum of a mixing matrix, enclosed; a spectrum comes back as it is.

    Raises
    ------
    InvalidInput
        If the matrix is too large to be enclosed.
    """
    if isinstance(mixing, Spectrum):
        return mixing
    from dcpg_theory.bounds.enclosures import enclosed

    return enclosed(mixing)
