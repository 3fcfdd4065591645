r"""Gradient tracking: the method without the bias of a constant step, and its rate.

.. math::

    \theta_i^{k+1} = \sum_j W_{ij} \theta_j^k + \alpha y_i^k, \qquad
    y_i^{k+1} = \sum_j W_{ij} y_j^k + \nabla L_i(\theta_i^{k+1}) - \nabla L_i(\theta_i^k), \qquad
    y_i^0 = \nabla L_i(\theta_i^0).

For any doubly stochastic W with rho = 1 - sigma_2 > 0, equal starts, b = max b_j, and a step
alpha <= rho^2/(4 b), let q = 2 b alpha/rho^2 <= 1/2. Then for every agent i and f = (1/N) sum_j L_j

.. math::

    \min_{k<K} \|\nabla f(\theta_i^k)\| \le \frac{1}{\sqrt K}
        \left( \sqrt{R} \sqrt{1 + \frac{v^2}{c}} + u \right), \qquad
    R = \frac{4 b \Delta}{q \rho^2} + \frac{q^2 \rho^2 G_{rms}^2}{2 (1-q)^2 (1-\sigma_2^2)},

    u = \frac{\sqrt{N-1}\, q \rho\, G_{rms}}{2 (1-q) \sqrt{1-\sigma_2^2}}, \qquad
    v = \frac{\sqrt{N-1}\, q^2 \rho^2}{4 (1-q)}, \qquad
    c = 1 - \frac{q \rho^2}{2} - \frac{q^4 \rho^4}{8 (1-q)^2} > 0.

There is no term that does not fall with K, so that the count of Theorem 2 is of the order
epsilon^-2. This is the claim gradient-tracking-rate, for N >= 2 and with G_rms the root mean square
of bounds of the gradients at the start; docs/gradient-tracking.md has the proof in words. Agents
that cannot differ, one alone or all with one task, climb by gradient ascent with steps up to 1/b,
which is the case of one agent in theorem-1-sharp and theorem-2-sharp.
"""

from __future__ import annotations

from typing import Any

import flint

from dcpg_theory.bounds.arithmetic import Number, above, root, short_step
from dcpg_theory.bounds.smoothness import SharpConstants
from dcpg_theory.bounds.statements import THEOREM_1_CLAIMS, Bound, Statement, claims_behind
from dcpg_theory.bounds.task_sizes import Sizes
from dcpg_theory.errors import AssumptionViolated

__all__ = ["best_share", "longest_step", "rate", "tracking_count", "tracking_gradient"]

_FORMULA = r"\frac{1}{\sqrt{K}} \left(\sqrt{R} \sqrt{1 + v^2/c} + u\right)"
_SHARES = 64
"""Into how many parts (0, 1/2] is cut in search of the best q."""


def longest_step(constants: SharpConstants, sigma: Number) -> Number:
    """Return rho^2/(4 b), or 1/b for one agent."""
    b = constants.max_smoothness
    return (1 - sigma) ** 2 / (4 * b) if constants.consensus else 1 / b


def rate(
    constants: SharpConstants, n_agents: int, sigma: Number, share: Number
) -> tuple[Number, Number]:
    r"""Return the bound times :math:`\sqrt K`, whole and without what the agents' distance adds.

    Parameters
    ----------
    constants : SharpConstants
    n_agents : int
    sigma : Number
        sigma_2, or what is above it.
    share : Number
        q = 2 b alpha/rho^2, in (0, 1/2]; for one agent q = b alpha, in (0, 1].
    """
    b, q = constants.max_smoothness, share
    if not constants.consensus:
        alone = root(2 * b * constants.room / q)
        return alone, alone
    rho, g = 1 - sigma, constants.rms_gradient
    others = root(flint.fmpq(n_agents - 1))
    squared = 1 - sigma * sigma
    climb = 4 * b * constants.room / (q * rho**2)
    r = climb + q**2 * rho**2 * g**2 / (2 * (1 - q) ** 2 * squared)
    u = others * q * rho * g / (2 * (1 - q) * root(squared))
    v = others * q**2 * rho**2 / (4 * (1 - q))
    c = 1 - q * rho**2 / 2 - q**4 * rho**4 / (8 * (1 - q) ** 2)
    return root(r) * root(1 + v**2 / c) + u, root(climb)


def best_share(constants: SharpConstants, n_agents: int, sigma: Number) -> Any:
    """Return the q with the least rate among the multiples of 1/128."""
    if not constants.consensus:
        return flint.fmpq(1)
    best, least = flint.fmpq(1, 2), rate(constants, n_agents, sigma, flint.fmpq(1, 2))[0]
    for j in range(1, _SHARES):
        share = flint.fmpq(j, 2 * _SHARES)
        here = rate(constants, n_agents, sigma, share)[0]
        if here < least:
            best, least = share, here
    return best


def _share_of(constants: SharpConstants, sigma: Number, step: Any) -> Number:
    """Return the q of a step.

    Raises
    ------
    AssumptionViolated
        If the step is too long.
    """
    longest = longest_step(constants, sigma)
    if step > longest:
        raise AssumptionViolated(
            f"step size {above(step):.6g}: gradient tracking allows up to {above(longest):.6g}"
        )
    b = constants.max_smoothness
    return 2 * b * step / (1 - sigma) ** 2 if constants.consensus else b * step


def _step_of(constants: SharpConstants, sigma: Number, share: Any) -> Any:
    whole = constants.consensus
    return short_step(longest_step(constants, sigma) * share * (2 if whole else 1))


def tracking_gradient(
    constants: SharpConstants,
    sizes: Sizes,
    sigma: Number,
    lam: Any,
    iterations: int,
    step: Any | None,
) -> Bound:
    """Return the bound on the norm of the mean gradient of V, as `theorem_1` does."""
    n = sizes.n_agents
    if step is None:
        step = _step_of(constants, sigma, best_share(constants, n, sigma))
    whole, climb = rate(constants, n, sigma, _share_of(constants, sigma, step))
    k = root(flint.fmpq(iterations))
    terms: dict[str, Number] = {
        "optimization": climb / k,
        "consensus": (whole - climb) / k,
        "regularization": constants.regularizer_lipschitz,
    }
    total = whole / k + constants.regularizer_lipschitz
    notes = ["of another method: no term but the regularizer's stays as K grows"]
    if total > constants.mean_value_gradient:
        longest = above(constants.mean_value_gradient)
        notes.append(f"says nothing: no gradient is longer than {longest:.3g}")
    return Bound(
        statement=Statement.TRACKING,
        value=above(total),
        enclosure=total,
        formula=_FORMULA + r" + \lambda \sqrt{\frac{1 - 1/|\mathcal{A}|}{|\mathcal{S}|}}",
        terms=terms,
        assumed=("EQUAL_STARTS",),
        claims=claims_behind(THEOREM_1_CLAIMS, Statement.TRACKING, consensus=constants.consensus),
        step_size=step,
        regularization=lam,
        notes=tuple(notes),
    )


def tracking_count(
    constants: SharpConstants, n_agents: int, sigma: Number, threshold: Number
) -> tuple[Any, Number]:
    """Return the step, and the K before it is rounded up, for grad f to reach a threshold."""
    step = _step_of(constants, sigma, best_share(constants, n_agents, sigma))
    whole, _ = rate(constants, n_agents, sigma, _share_of(constants, sigma, step))
    return step, (whole / threshold) ** 2
