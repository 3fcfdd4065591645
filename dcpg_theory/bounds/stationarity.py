r"""Theorem 1: how small the gradient of the values gets within K iterations.

For every agent i, :math:`\min_{k<K} \|\frac1N \sum_j \nabla V_j(\theta_i^k)\|` is at most

- **printed** and **corrected**, the root of the last display of Appendix B.1,

  .. math:: \frac{16}{K\alpha c} \sum_j (X_j + \lambda RE(\theta^0)) + \frac{512 D^2 \alpha^2}
            {N (1-\sigma_2)^2} \sum_j X_j^6 + 16 \lambda^2 [/N],

  with c = 1 and the 1/N as printed. Corrected there is no 1/N, W is symmetric, and c = 1 +
  lambda_N: that is what (10) with lambda_N leaves of c_1, 4 c_1/(K alpha^2) <= 16/(K alpha c).
- **sharp**, with the constants of :mod:`~dcpg_theory.bounds.smoothness` and
  :math:`\delta = \alpha G_{rms}/(1-\sigma_2)`,

  .. math:: \sqrt{\frac{2\Delta}{\alpha K} + b_{rms}^2 \delta^2} + \bar b^V \sqrt{N-1}\, \delta
            + \lambda \sqrt{(1 - 1/|A|)/|S|}.

All three are convex in alpha, so that the best step has a closed form: `best_step`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flint

from dcpg_theory.bounds.arithmetic import (
    Number,
    above,
    at_working_precision,
    cube_root,
    exact,
    root,
    short_step,
    smallest,
)
from dcpg_theory.bounds.smoothness import (
    SharpConstants,
    paper_gradient_total,
    paper_smoothness_total,
    sharp_constants,
)
from dcpg_theory.bounds.spectra import spectrum_of
from dcpg_theory.bounds.spectrum import Spectrum
from dcpg_theory.bounds.statements import (
    THEOREM_1_CLAIMS,
    Bound,
    Statement,
    check_mixing,
    statement_named,
    unit_length,
)
from dcpg_theory.bounds.task_sizes import Sizes
from dcpg_theory.errors import AssumptionViolated, InvalidInput

if TYPE_CHECKING:
    from dcpg_theory.bounds.instance import Measured
    from dcpg_theory.models.mixing import MixingMatrix
    from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = [
    "best_paper_step",
    "best_step",
    "early_shares",
    "largest_step",
    "order_of_11",
    "paper_supremum",
    "reach",
    "sharp_terms",
    "squared_terms",
    "theorem_1",
]

FORMULAS = {
    Statement.PRINTED: r"\sqrt{\frac{16}{K\alpha} \sum_{j=1}^N \left(\frac{1}{1-\gamma_j} + \lambda \text{RE}(\pi_{\theta^0})\right) + \sum_{j=1}^N \frac{512 D^2 \alpha^2}{N(1-\sigma_2)^2(1-\gamma_j)^6} + \frac{16\lambda^2}{N}}",  # noqa: E501
    Statement.CORRECTED: r"\sqrt{\frac{16}{K\alpha(1+\lambda_N)} \sum_{j=1}^N \left(\frac{1}{1-\gamma_j} + \lambda \text{RE}(\pi_{\theta^0})\right) + \sum_{j=1}^N \frac{512 D^2 \alpha^2}{N(1-\sigma_2)^2(1-\gamma_j)^6} + 16\lambda^2}",  # noqa: E501
    Statement.SHARP: r"\sqrt{\frac{2\Delta}{\alpha K} + b_{\text{rms}}^2 \delta^2} + \bar{b}^V \sqrt{N-1} \delta + \lambda \sqrt{\frac{1 - 1/|\mathcal{A}|}{|\mathcal{S}|}}, \quad \delta = \frac{\alpha G_{\text{rms}}}{1-\sigma_2}",  # noqa: E501
    Statement.INSTANCE: r"\sqrt{\frac{2\Delta}{\alpha K} + b_{\text{rms}}^2 \frac{1}{K} \sum_{k<K} \delta_k^2} + \bar{b}^V \sqrt{N-1} \delta_{K-1} + \lambda \sqrt{\frac{1 - 1/|\mathcal{A}|}{|\mathcal{S}|}}, \quad \delta_k = \alpha G_{\text{rms}} \frac{1-\sigma_2^k}{1-\sigma_2}",  # noqa: E501
}
# The paper's ------------------------------------------------------------------------------------


def reach(statement: Statement, spectrum: Spectrum) -> Number:
    """Return 1 + sigma_N as printed, and 1 + lambda_N corrected."""
    if statement is Statement.PRINTED:
        return 1 + spectrum.smallest_singular_value
    if spectrum.smallest_eigenvalue is None:
        raise AssumptionViolated("symmetric weights: an asymmetric W has no lambda_N")
    return 1 + spectrum.smallest_eigenvalue


def paper_supremum(
    statement: Statement, sizes: Sizes, spectrum: Spectrum, regularization: Number
) -> Number:
    """Return (1 + s)/(2 beta^lambda) of (10), s = sigma_N as printed, lambda_N corrected."""
    return reach(statement, spectrum) / (2 * paper_smoothness_total(sizes, regularization))


def squared_terms(
    statement: Statement,
    sizes: Sizes,
    spectrum: Spectrum,
    regularization: Number,
    initial_entropy: Number,
) -> tuple[Number, Number, Number]:
    """Return (a, b, c) of the square a/(K alpha) + b alpha^2 + c, for rewards in [0, 1]."""
    lam, n = regularization, sizes.n_agents
    a = 16 * sizes.total(lambda task: task.horizon + lam * initial_entropy)
    total = paper_gradient_total(sizes, lam)
    b = 512 * total**2 * sizes.total(lambda task: task.horizon**6) / (n * spectrum.gap**2)
    if statement is Statement.PRINTED:
        return a, b, 16 * lam**2 / n
    return a / reach(statement, spectrum), b, 16 * lam**2


def best_paper_step(a: Number, b: Number, iterations: int) -> Number:
    """Return the minimiser of a/(K alpha) + b alpha^2, the cube root of a/(2 K b)."""
    return cube_root(a / (2 * b * iterations))


def order_of_11(
    sizes: Sizes, spectrum: Spectrum, regularization: Number, step: Number, iterations: int
) -> dict[str, Number]:
    """Return the expression in the O(.) of (11), term by term; its constant is not said."""
    powers = sizes.total(lambda task: (1 - task.discount) ** 6)
    n = sizes.n_agents
    return {
        "optimization": 1 / (iterations * step),
        "consensus": step**2 / (n * spectrum.gap**2 * powers),
        "regularization": regularization**2 / n,
    }


def _paper(
    statement: Statement,
    sizes: Sizes,
    spectrum: Spectrum,
    lam: Any,
    iterations: int,
    step: Any | None,
    entropy: Any,
) -> Bound:
    length = unit_length(sizes.common_length)
    mapped = lam / length
    a, b, c = squared_terms(statement, sizes, spectrum, mapped, entropy)
    supremum = paper_supremum(statement, sizes, spectrum, mapped) / length
    printed = statement is Statement.PRINTED
    if step is None:
        best = best_paper_step(a, b, iterations) / length
        step = short_step(smallest(best, supremum), strictly=printed)
    _check_step(step, supremum, "(10)" if printed else "(10) with lambda_N", strictly=printed)
    scaled = step * length
    terms = {
        "optimization": length * root(a / (iterations * scaled)),
        "consensus": length * root(b) * scaled,
        "regularization": length * root(c),
    }
    notes = ["the terms add up in squares"]
    if length != 1:
        notes.append(f"for rewards mapped from an interval of length {above(length):.6g} to [0, 1]")
    extra = {}
    if printed:
        eleven = order_of_11(sizes, spectrum, mapped, scaled, iterations)
        extra = {f"order_11_{name}": value for name, value in eleven.items()}
        extra["order_11"] = sum(eleven.values(), start=flint.fmpq(0))
    total = root(sum((term * term for term in terms.values()), start=flint.fmpq(0)))
    return Bound(
        statement=statement,
        value=above(total),
        enclosure=total,
        formula=FORMULAS[statement],
        terms=terms,
        assumed=_assumed(statement),
        claims=THEOREM_1_CLAIMS[statement],
        step_size=step,
        regularization=lam,
        notes=tuple(notes),
        extra=extra,
    )


# The sharp one ----------------------------------------------------------------------------------


def largest_step(constants: SharpConstants) -> Number | None:
    """Return 1/bbar; None if bbar is zero, where every step will do."""
    mean = constants.mean_smoothness
    return 1 / mean if mean > 0 else None


def early_shares(sigma: Number, iterations: int) -> tuple[Number, Number]:
    r"""Return how much of delta the agents can have drawn apart by: its mean square, and its end.

    From equal starts :math:`\delta_k = \delta (1 - \sigma_2^k)`, so these are the mean over
    k < K of :math:`(1 - \sigma_2^k)^2`, in closed form, and :math:`1 - \sigma_2^{K-1}`.
    """
    s = flint.arb(sigma)
    last = s**iterations
    ones = 2 * (1 - last) / (iterations * (1 - s))
    squares = (1 - last * last) / (iterations * (1 - s * s))
    share = 1 - ones + squares
    return share.max(flint.arb(0)), 1 - s ** (iterations - 1)


def best_step(a: Number, c: Number, d: Number) -> Number | None:
    r"""Return the minimiser of :math:`\sqrt{a/\alpha + c^2 \alpha^2} + d \alpha`, if there is one.

    The derivative vanishes where, with q = d/c and :math:`x = \alpha^3 c^2/a`,
    :math:`2 q \sqrt{x + x^2} = 1 - 2 x`; of the quadratic's roots x < 1/2 is
    :math:`1/(2 (q^2 + 1 + \sqrt{q^4 + 3 q^2}))`.
    """
    if not (c > 0 and a > 0):
        return None
    q = (d / c) ** 2
    x = 1 / (2 * (q + 1 + root(q * q + 3 * q)))
    return cube_root(a * x / (c * c))


def sharp_terms(
    constants: SharpConstants,
    n_agents: int,
    sigma: Number,
    iterations: int,
    shares: tuple[Number, Number] = (flint.fmpq(1), flint.fmpq(1)),
) -> tuple[Number, Number, Number]:
    """Return (a, c, d) of the bound sqrt(a/alpha + c^2 alpha^2) + d alpha + lambda sqrt(...)."""
    a = 2 * constants.room / iterations
    if not constants.consensus:
        return a, flint.fmpq(0), flint.fmpq(0)
    apart = constants.rms_gradient / (1 - sigma)
    c = constants.rms_smoothness * apart * root(shares[0])
    d = constants.mean_value_smoothness * root(flint.fmpq(n_agents - 1)) * apart * shares[1]
    return a, c, d


def _sharp(
    statement: Statement,
    constants: SharpConstants,
    sizes: Sizes,
    spectrum: Spectrum,
    lam: Any,
    iterations: int,
    step: Any | None,
) -> Bound:
    sigma, supremum = upper_end(spectrum.second_singular_value), largest_step(constants)
    shares = (flint.fmpq(1), flint.fmpq(1))
    if statement is Statement.INSTANCE and constants.consensus:
        shares = early_shares(sigma, iterations)
    a, c, d = sharp_terms(constants, sizes.n_agents, sigma, iterations, shares)
    if step is None:
        steps = [x for x in (best_step(a, c, d), supremum) if x is not None]
        step = short_step(smallest(*steps)) if steps else flint.fmpq(1)
    if supremum is not None:
        _check_step(step, supremum, "1/bbar", strictly=False)
    terms: dict[str, Number] = {
        "optimization": root(a / step),
        "consensus": c * step,
        "agent": d * step,
        "regularization": constants.regularizer_lipschitz,
    }
    notes = ["optimization and consensus add up in squares, the others as they are"]
    if moves_nothing(constants, sizes):
        terms = dict.fromkeys(terms, flint.fmpq(0))
        notes = ["no choice of actions changes any value, so the gradient is zero"]
    inside = terms["optimization"] ** 2 + terms["consensus"] ** 2
    total = root(inside) + terms["agent"] + terms["regularization"]
    if total > constants.mean_value_gradient:
        longest = above(constants.mean_value_gradient)
        notes.append(f"says nothing: no gradient is longer than {longest:.3g}")
    return Bound(
        statement=statement,
        value=above(total),
        enclosure=total,
        formula=FORMULAS[Statement.SHARP if statement is Statement.TRACKING else statement],
        terms=terms,
        assumed=_assumed(statement),
        claims=THEOREM_1_CLAIMS[statement],
        step_size=step,
        regularization=lam,
        notes=tuple(notes),
        extra={"longest_gradient": constants.mean_value_gradient},
    )


def moves_nothing(constants: SharpConstants, sizes: Sizes) -> bool:
    """Whether the values are constant in theta: there is one action, or rewards do not differ."""
    return sizes.n_actions == 1 or constants.mean_value_gradient == 0


def upper_end(value: Number) -> Number:
    """Return the upper end of an enclosure: every bound grows with sigma_2."""
    return value.upper() if isinstance(value, flint.arb) else value


def _check_step(step: Any, supremum: Number, name: str, *, strictly: bool) -> None:
    if step > supremum or (strictly and not step < supremum):
        raise AssumptionViolated(
            f"step size {above(step):.6g}: {name} allows steps below {above(supremum):.6g}"
        )


def _assumed(statement: Statement) -> tuple[str, ...]:
    if statement is Statement.PRINTED:
        return ("ASSUMPTION_1", "REWARDS_IN_UNIT_INTERVAL")
    if statement is Statement.CORRECTED:
        symmetric = ("ASSUMPTION_1", "SYMMETRIC_WEIGHTS")
        return (*symmetric, "EQUAL_STARTS", "REWARDS_IN_UNIT_INTERVAL")
    return ("EQUAL_STARTS",)


# The calculator ---------------------------------------------------------------------------------


@at_working_precision
def theorem_1(
    problem: MultiTaskProblem | Measured | Sizes,
    mixing: MixingMatrix | Spectrum,
    *,
    regularization: Any,
    iterations: int,
    statement: str = "sharp",
    step_size: Any | None = None,
    initial_entropy: Any = 0,
) -> Bound:
    r"""Return the bound of Theorem 1 on :math:`\min_{k<K} \|\frac1N\sum_j\nabla V_j(\theta_i^k)\|`.

    Parameters
    ----------
    problem : MultiTaskProblem or Sizes
        A problem's gradients are those at its exploration distributions, which Algorithm 1 climbs.
    mixing : MixingMatrix or Spectrum
    regularization : number or str
        lambda >= 0.
    iterations : int
        K >= 1.
    statement : str
        ``printed``, ``corrected``, ``sharp``, ``gradient-tracking``, or for a problem ``instance``.
    step_size : number or str, optional
        alpha; default the one that minimises the bound, rounded down to a double.
    initial_entropy : number or str
        RE(theta^0); 0 for the uniform policy. ``instance`` takes the values at that start to be
        those of the uniform policy only if it is 0.

    Returns
    -------
    Bound
        On the norm, in units of reward; `Bound.squared` is the paper's form.

    Raises
    ------
    AssumptionViolated
        If the statement does not apply; the message begins with the assumption's name.
    InvalidInput
        If a number is out of its range.

    Examples
    --------
    >>> from dcpg_theory.bounds import ring, sizes
    >>> one = sizes([0.5], 10, 4, agents=4)
    >>> bound = theorem_1(one, ring(4), regularization=0, iterations=10**6)
    >>> round(bound.value, 4)
    0.0585
    """
    known = statement_named(statement)
    lam, entropy = exact(regularization, "regularization"), exact(initial_entropy, "RE0")
    for name, number in (("regularization", lam), ("initial_entropy", entropy)):
        if number < 0:
            raise InvalidInput(f"{name}={number} must not be negative")
    if not isinstance(iterations, int) or isinstance(iterations, bool) or iterations < 1:
        raise InvalidInput(f"iterations={iterations!r} must be an integer of at least 1")
    step = None if step_size is None else exact(step_size, "step-size")
    if step is not None and not step > 0:
        raise InvalidInput(f"step-size={step_size} must be positive")
    of, spectrum = sizes_or_problem(problem), spectrum_of(mixing)
    check_mixing(known, spectrum, of.n_agents)
    if known in (Statement.PRINTED, Statement.CORRECTED):
        return _paper(known, of, spectrum, lam, iterations, step, entropy)
    found = constants_of(known, problem, of, lam, entropy)
    if known is Statement.TRACKING and not moves_nothing(found, of):
        from dcpg_theory.bounds.tracking import tracking_gradient

        sigma = upper_end(spectrum.second_singular_value)
        return tracking_gradient(found, of, sigma, lam, iterations, step)
    return _sharp(known, found, of, spectrum, lam, iterations, step)


def sizes_or_problem(problem: MultiTaskProblem | Measured | Sizes) -> Sizes:
    """Return the sizes of a problem; sizes come back as they are."""
    if isinstance(problem, Sizes):
        return problem
    from dcpg_theory.bounds.instance import Measured
    from dcpg_theory.bounds.task_sizes import sizes_of

    return problem.sizes if isinstance(problem, Measured) else sizes_of(problem)


def constants_of(
    statement: Statement,
    problem: MultiTaskProblem | Measured | Sizes,
    sizes: Sizes,
    regularization: Any,
    initial_entropy: Any,
) -> SharpConstants:
    """Return the constants of ``sharp``, or of ``instance``; gradient tracking takes the best.

    Raises
    ------
    InvalidInput
        If ``instance`` is asked for sizes.
    """
    tracking = statement is Statement.TRACKING
    if statement is Statement.SHARP or (tracking and isinstance(problem, Sizes)):
        return sharp_constants(sizes, regularization, initial_entropy)
    if isinstance(problem, Sizes):
        raise InvalidInput("statement='instance' needs the problem, and has only its sizes")
    from dcpg_theory.bounds.instance import Measured, instance_constants, measured

    of = problem if isinstance(problem, Measured) else measured(problem)
    return instance_constants(of, regularization, initial_entropy)
