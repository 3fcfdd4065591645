r"""Theorem 2 and Proposition 1: from a small gradient to a nearly optimal policy.

Proposition 1 turns a small gradient of the regularized objective into a small gap to the optimum,
with the mismatch coefficient M = max d^{pi*}_{rho_j}(s)/((1 - gamma_j) mu_j(s)). Theorem 2 asks for
the gap epsilon, so it chooses lambda, and counts the iterations until the gradient is that small.

- **printed** and **corrected**: lambda = epsilon/(2 N M), and (45),

  .. math:: K(\alpha) = \frac{2 N^2 T}{\alpha (s - \beta\alpha)(\tau - \eta\alpha)^2}, \quad
            \tau = \frac{\lambda N}{2|S||A|},\; \eta = \frac{2\beta D}{1-\sigma_2},\;
            T = \sum_j (X_j + \lambda RE(\theta^0)),

  since c_1 = 2 alpha/(s - beta alpha), with s = 1 + sigma_N as printed and 1 + lambda_N corrected.
  The c_2 of (46), which the paper does not define, is 1/M: then (46) is (45). The step is the one
  inside (13), with |S| for |S_i|, that minimises K: `best_step_of_45`.
- **sharp**: lambda = epsilon/(N M), tau = lambda/(|S||A|), b = max b_j,

  .. math:: \alpha = \frac{\tau (1-\sigma_2)}{3 b (1+\sqrt{N-1}) G_{rms}}, \quad
            K = \left\lceil \frac{27}{2} \frac{(1+\sqrt{N-1}) b G_{rms} \Delta (N M |S||A|)^3}
            {(1-\sigma_2) \varepsilon^3} \right\rceil,

  and for one agent alpha = 1/b and K = 2 b Delta (M|S||A|)^2/epsilon^2.
- **instance**: the same proof without the split of tau in thirds. With c and d the coefficients of
  `stationarity.sharp_terms`, but for the regularized gradient, sqrt(2 Delta/(alpha K) + c^2
  alpha^2) + d alpha <= tau asks for K = 2 Delta/(alpha (tau - (c + d) alpha)(tau - (d - c) alpha)).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flint

from dcpg_theory.bounds.arithmetic import (
    Number,
    above,
    at_working_precision,
    ceiling,
    exact,
    root,
    short_step,
    smallest,
)
from dcpg_theory.bounds.smoothness import (
    SharpConstants,
    paper_gradient_total,
    paper_smoothness_total,
)
from dcpg_theory.bounds.spectra import spectrum_of
from dcpg_theory.bounds.spectrum import Spectrum
from dcpg_theory.bounds.statements import (
    SHARP_CONSTANTS,
    Bound,
    Statement,
    check_mixing,
    claims_behind,
    statement_named,
    unit_length,
)
from dcpg_theory.bounds.stationarity import (
    constants_of,
    largest_step,
    moves_nothing,
    reach,
    sizes_or_problem,
    upper_end,
)
from dcpg_theory.bounds.task_sizes import Sizes
from dcpg_theory.errors import InvalidInput

if TYPE_CHECKING:
    from dcpg_theory.bounds.instance import Measured
    from dcpg_theory.models.mixing import MixingMatrix
    from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = [
    "best_step_of_45",
    "count_of_45",
    "order_of_14",
    "proposition_1",
    "sharp_count",
    "sharp_step",
    "step_of_13",
    "theorem_2",
    "unsplit_count",
    "unsplit_step",
]

FORMULAS = {
    Statement.PRINTED: r"\frac{c_1 N^2 \sum_{j=1}^N \left(\frac{1}{1-\gamma_j} + \lambda \text{RE}(\pi_{\theta^0})\right)}{\alpha^2 \left(\frac{\lambda N}{2|\mathcal{S}||\mathcal{A}|} - \frac{2\alpha\beta^\lambda D}{1-\sigma_2}\right)^2}, \quad c_1 = \frac{2}{\alpha^{-1}(1+\sigma_N) - \beta^\lambda}, \; \lambda = \frac{\varepsilon}{2NM}",  # noqa: E501
    Statement.CORRECTED: r"\frac{c_1 N^2 \sum_{j=1}^N \left(\frac{1}{1-\gamma_j} + \lambda \text{RE}(\pi_{\theta^0})\right)}{\alpha^2 \left(\frac{\lambda N}{2|\mathcal{S}||\mathcal{A}|} - \frac{2\alpha\beta^\lambda D}{1-\sigma_2}\right)^2}, \quad c_1 = \frac{2}{\alpha^{-1}(1+\lambda_N) - \beta^\lambda}, \; \lambda = \frac{\varepsilon}{2NM}",  # noqa: E501
    Statement.SHARP: r"\left\lceil \frac{27}{2} \frac{(1+\sqrt{N-1}) b G_{\text{rms}} \Delta (NM|\mathcal{S}||\mathcal{A}|)^3}{(1-\sigma_2) \varepsilon^3} \right\rceil, \quad \lambda = \frac{\varepsilon}{NM}",  # noqa: E501
    Statement.INSTANCE: r"\left\lceil \frac{2\Delta}{\alpha (\tau - (c+d)\alpha)(\tau - (d-c)\alpha)} \right\rceil, \quad \tau = \frac{\lambda}{|\mathcal{S}||\mathcal{A}|}, \; c = \frac{b_{\text{rms}} G_{\text{rms}}}{1-\sigma_2}, \; d = \frac{\bar{b}\sqrt{N-1} G_{\text{rms}}}{1-\sigma_2}",  # noqa: E501
    Statement.TRACKING: r"\left\lceil \frac{1}{\tau^2} \left(\sqrt{R} \sqrt{1 + v^2/c} + u\right)^2 \right\rceil, \quad \tau = \frac{\lambda}{|\mathcal{S}||\mathcal{A}|}",  # noqa: E501
}
CLAIMS = {
    Statement.PRINTED: ("theorem-2", "eq-13", "eq-14", "eq-45", "eq-46"),
    Statement.CORRECTED: (
        "theorem-2-corrected",
        "eq-13",
        "eq-14-corrected",
        "eq-44-corrected",
        "eq-45",
    ),
    Statement.SHARP: ("theorem-2-sharp", *SHARP_CONSTANTS),
    Statement.INSTANCE: ("theorem-1-sharp", "prop-1-sharp", "b5-mixture-sharp", *SHARP_CONSTANTS),
    Statement.TRACKING: ("gradient-tracking-rate", "prop-1-sharp", *SHARP_CONSTANTS),
}


# Proposition 1 ----------------------------------------------------------------------------------


@at_working_precision
def proposition_1(
    problem: MultiTaskProblem | Measured | Sizes,
    *,
    regularization: Any,
    mismatch: Any,
    statement: str = "sharp",
) -> Bound:
    """Return the gap that Proposition 1 allows, and the threshold of the gradient it asks for.

    Parameters
    ----------
    problem : MultiTaskProblem or Sizes
    regularization : number or str
        lambda.
    mismatch : number or str
        M, which contains 1/(1 - gamma_j).
    statement : str
        ``printed`` and ``corrected``: the norm of the gradient of the sum of the L_j is at most the
        threshold. ``sharp``: every component of it is.

    Returns
    -------
    Bound
        The gap V* - V, with ``terms["threshold"]``.

    Raises
    ------
    InvalidInput
        If a number is negative or the statement unknown.
    """
    known = statement_named(statement)
    lam, m = exact(regularization, "regularization"), exact(mismatch, "mismatch")
    if lam < 0 or m < 0:
        raise InvalidInput("regularization and mismatch must not be negative")
    of = sizes_or_problem(problem)
    threshold = lam * of.n_agents / (of.n_states * of.n_actions)
    gap = lam * of.n_agents * m
    sharp = known not in (Statement.PRINTED, Statement.CORRECTED)
    if not sharp:
        threshold, gap = threshold / 2, 2 * gap
    return Bound(
        statement=known,
        value=above(gap),
        enclosure=gap,
        formula=r"\lambda N M" if sharp else r"2 \lambda N M",
        terms={"threshold": threshold},
        assumed=_assumed(known),
        claims=("prop-1-sharp",) if sharp else ("prop-1",),
        regularization=lam,
    )


# The paper's count ------------------------------------------------------------------------------


def step_of_13(
    statement: Statement, sizes: Sizes, spectrum: Spectrum, regularization: Number
) -> Number:
    """Return the supremum of (13), with |S| for |S_i|, and lambda_N for sigma_N if corrected."""
    lam, n = regularization, sizes.n_agents
    pairs = sizes.n_states * sizes.n_actions
    total = paper_gradient_total(sizes, lam)
    second = lam * n * spectrum.gap / (4 * pairs * total)
    return smallest(reach(statement, spectrum), second) / paper_smoothness_total(sizes, lam)


def count_of_45(step: Number, reach: Number, beta: Number, tau: Number, eta: Number) -> Number:
    """Return (45) divided by N^2 sum_j (X_j + lambda RE): 2/(alpha (s - beta alpha) (tau - eta alpha)^2)."""  # noqa: E501
    return 2 / (step * (reach - beta * step) * (tau - eta * step) ** 2)


def best_step_of_45(reach: Number, beta: Number, tau: Number, eta: Number) -> Number:
    r"""Return the minimiser of `count_of_45` inside (13).

    The logarithmic derivative of :math:`\alpha (s - \beta\alpha)(\tau - \eta\alpha)^2` vanishes
    where :math:`4\beta\eta\alpha^2 - (3 s\eta + 2\beta\tau)\alpha + s\tau = 0`; it is positive
    at 0 and negative at the end of (13), so the smaller root is the one.
    """
    linear = 3 * reach * eta + 2 * beta * tau
    return 2 * reach * tau / (linear + root(linear**2 - 16 * beta * eta * reach * tau))


def order_of_14(sizes: Sizes, spectrum: Spectrum, accuracy: Number, mismatch: Number) -> Number:
    """Return the expression in the O(.) of (14); its constant is not said."""
    powers = sizes.total(lambda task: task.horizon**6)
    pairs = sizes.n_states * sizes.n_actions
    return pairs**2 * powers * mismatch**2 / (spectrum.gap**2 * accuracy**2)


def _explicit_order(
    sizes: Sizes, spectrum: Spectrum, lam: Number, total: Number, accuracy: Number, m: Number
) -> Number:
    """Return the count of eq-14-corrected: alpha = lambda N (1 - sigma_2)/(12 beta D|S||A|)."""
    constants = paper_smoothness_total(sizes, lam) * paper_gradient_total(sizes, lam)
    cube = (sizes.n_states * sizes.n_actions * m / accuracy) ** 3
    spectral = spectrum.gap * reach(Statement.CORRECTED, spectrum)
    return 1804 * sizes.n_agents**2 * constants * cube * total / spectral


def _paper(
    statement: Statement, sizes: Sizes, spectrum: Spectrum, accuracy: Any, m: Any, entropy: Any
) -> Bound:
    length, n = unit_length(sizes.common_length), sizes.n_agents
    eps = accuracy / length
    lam = eps / (2 * n * m)
    printed = statement is Statement.PRINTED
    s = reach(statement, spectrum)
    beta, total_gradient = paper_smoothness_total(sizes, lam), paper_gradient_total(sizes, lam)
    tau = lam * n / (2 * sizes.n_states * sizes.n_actions)
    eta = 2 * beta * total_gradient / spectrum.gap
    room = sizes.total(lambda task: task.horizon + lam * entropy)
    supremum = step_of_13(statement, sizes, spectrum, lam)
    step = short_step(smallest(best_step_of_45(s, beta, tau, eta), supremum) / length)
    count = n**2 * room * count_of_45(step * length, s, beta, tau, eta)
    if printed:
        extra = {"order_14": order_of_14(sizes, spectrum, eps, m)}
        notes = ["(13) with |S| for |S_i|; c_2 of (46) read as 1/M, so that (46) is (45)"]
    else:
        extra = {"explicit_14": _explicit_order(sizes, spectrum, lam, room, eps, m)}
        notes = ["(45) with lambda_N; of the order epsilon^-3, not epsilon^-2"]
    if length != 1:
        notes.append(f"for rewards mapped from an interval of length {above(length):.6g} to [0, 1]")
    return Bound(
        statement=statement,
        value=ceiling(count),
        enclosure=count,
        formula=FORMULAS[statement],
        terms={"threshold": length * tau},
        assumed=_assumed(statement),
        claims=CLAIMS[statement],
        step_size=step,
        regularization=lam * length,
        notes=tuple(notes),
        extra={**extra, "step_supremum": supremum / length},
    )


# The sharp count --------------------------------------------------------------------------------


def sharp_step(constants: SharpConstants, n_agents: int, sigma: Number, tau: Number) -> Number:
    """Return tau (1 - sigma_2)/(3 b (1 + sqrt(N - 1)) G_rms), or 1/b for one agent."""
    if not constants.consensus:
        return 1 / constants.max_smoothness
    spread = 1 + root(flint.fmpq(n_agents - 1))
    below_line = 3 * constants.max_smoothness * spread * constants.rms_gradient
    return tau * (1 - sigma) / below_line


def sharp_count(constants: SharpConstants, n_agents: int, sigma: Number, tau: Number) -> Number:
    """Return K before it is rounded up: 27/2 (1 + sqrt(N - 1)) b G Delta/((1 - sigma_2) tau^3)."""
    if not constants.consensus:
        return 2 * constants.max_smoothness * constants.room / tau**2
    spread = 1 + root(flint.fmpq(n_agents - 1))
    above_line = spread * constants.max_smoothness * constants.rms_gradient * constants.room
    return flint.fmpq(27, 2) * above_line / ((1 - sigma) * tau**3)


def unsplit_step(tau: Number, c: Number, d: Number, supremum: Number) -> Number:
    r"""Return the step within a supremum that maximises a (tau - (c+d) a)(tau - (d-c) a).

    The derivative vanishes first at :math:`\tau/(2 d + \sqrt{d^2 + 3 c^2})`.
    """
    return smallest(tau / (2 * d + root(d * d + 3 * c * c)), supremum) if c > 0 else supremum


def unsplit_count(room: Number, step: Number, tau: Number, c: Number, d: Number) -> Number:
    """Return the K for which sqrt(2 Delta/(alpha K) + c^2 alpha^2) + d alpha = tau."""
    return 2 * room / (step * (tau - (c + d) * step) * (tau - (d - c) * step))


def _instance_count(
    constants: SharpConstants, n_agents: int, sigma: Number, tau: Number
) -> tuple[Any, Number]:
    c = d = flint.fmpq(0)
    if constants.consensus:
        apart = constants.rms_gradient / (1 - sigma)
        c = constants.rms_smoothness * apart
        d = constants.mean_smoothness * root(flint.fmpq(n_agents - 1)) * apart
    supremum = largest_step(constants)
    step = short_step(unsplit_step(tau, c, d, 1 / tau if supremum is None else supremum))
    return step, unsplit_count(constants.room, step, tau, c, d)


def _sharp(
    statement: Statement,
    problem: MultiTaskProblem | Measured | Sizes,
    sizes: Sizes,
    spectrum: Spectrum,
    accuracy: Any,
    m: Any,
    entropy: Any,
) -> Bound:
    lam = accuracy / (sizes.n_agents * m)
    tau = lam / (sizes.n_states * sizes.n_actions)
    sigma = upper_end(spectrum.second_singular_value)
    found = constants_of(statement, problem, sizes, lam, entropy)
    if statement is Statement.TRACKING:
        from dcpg_theory.bounds.tracking import tracking_count

        step, count = tracking_count(found, sizes.n_agents, sigma, tau)
    elif statement is Statement.INSTANCE:
        step, count = _instance_count(found, sizes.n_agents, sigma, tau)
    else:
        step = short_step(sharp_step(found, sizes.n_agents, sigma, tau))
        count = sharp_count(found, sizes.n_agents, sigma, tau)
    notes: tuple[str, ...] = ()
    if moves_nothing(found, sizes):
        count = flint.fmpq(1)
        notes = ("no choice of actions changes any value, so every policy is optimal",)
    return Bound(
        statement=statement,
        value=max(ceiling(count), 1),
        enclosure=count,
        formula=FORMULAS[statement],
        terms={"threshold": tau},
        assumed=_assumed(statement),
        claims=claims_behind(CLAIMS, statement, consensus=found.consensus),
        step_size=step,
        regularization=lam,
        notes=notes,
    )


def _assumed(statement: Statement) -> tuple[str, ...]:
    exploring = ("EXPLORES_EVERYWHERE", "SHARED_DYNAMICS")
    if statement is Statement.PRINTED:
        return ("ASSUMPTION_1", *exploring, "EQUAL_STARTS", "REWARDS_IN_UNIT_INTERVAL")
    if statement is Statement.CORRECTED:
        symmetric = ("ASSUMPTION_1", "SYMMETRIC_WEIGHTS")
        return (*symmetric, *exploring, "EQUAL_STARTS", "REWARDS_IN_UNIT_INTERVAL")
    return (*exploring, "EQUAL_STARTS")


# The calculator ---------------------------------------------------------------------------------


@at_working_precision
def theorem_2(
    problem: MultiTaskProblem | Measured | Sizes,
    mixing: MixingMatrix | Spectrum,
    *,
    accuracy: Any,
    mismatch: Any | None = None,
    statement: str = "sharp",
    initial_entropy: Any = 0,
) -> Bound:
    """Return the iterations K after which some iterate of every agent is epsilon-optimal.

    Parameters
    ----------
    problem : MultiTaskProblem or Sizes
        Of a problem, Assumption 2 is checked in the form that can be: one task, or tasks that share
        states, transitions, discount, rho and mu. Of sizes it is taken on trust.
    mixing : MixingMatrix or Spectrum
    accuracy : number or str
        epsilon > 0.
    mismatch : number or str, optional
        M, defined below (14), which contains 1/(1 - gamma_j). Default, for a problem, `mismatch` of
        it.
    statement, initial_entropy
        As for `theorem_1`.

    Returns
    -------
    Bound
        `value` is K, with its `step_size` and `regularization`.

    Raises
    ------
    AssumptionViolated
        If the statement does not apply; the message begins with the assumption's name.
    InvalidInput
        If a number is out of its range, or M is missing.
    """
    known = statement_named(statement)
    eps, entropy = exact(accuracy, "epsilon"), exact(initial_entropy, "RE0")
    if not eps > 0 or entropy < 0:
        raise InvalidInput(f"epsilon={accuracy} must be positive and RE0={entropy} not negative")
    of, spectrum = sizes_or_problem(problem), spectrum_of(mixing)
    check_mixing(known, spectrum, of.n_agents)
    m = _coefficient(problem, mismatch)
    if known in (Statement.PRINTED, Statement.CORRECTED):
        return _paper(known, of, spectrum, eps, m, entropy)
    return _sharp(known, problem, of, spectrum, eps, m, entropy)


def _coefficient(problem: MultiTaskProblem | Measured | Sizes, given: Any | None) -> Any:
    if not isinstance(problem, Sizes):
        from dcpg_theory.bounds.coefficient import check_assumption_2, mismatch
        from dcpg_theory.bounds.instance import Measured

        of = problem.problem if isinstance(problem, Measured) else problem
        check_assumption_2(of)
        if given is None:
            return mismatch(of).value
    if given is None:
        raise InvalidInput("mismatch is missing: Theorem 2 needs M, or a problem to find it for")
    m = exact(given, "mismatch")
    if not m > 0:
        raise InvalidInput(f"mismatch={given} must be positive")
    return m
