"""The questions the other way round: iterations for a gradient, accuracy for a budget.

- `iterations_for_gradient`: with lambda fixed, the least K at which Theorem 1 promises a gradient
  of at most g, and the step for it. The square a/(K alpha) + b alpha^2 + c is at most g^2 from K =
  a/(alpha (g^2 - c - b alpha^2)) on, least at alpha = sqrt((g^2 - c)/(3 b)); the sharp bound is the
  sum of Theorem 2 with another tau.
- `accuracy_within`: the least epsilon that Theorem 2 promises within K iterations, by bisection:
  its count falls as epsilon grows. (Sharp: b, G_rms and Delta are affine in lambda with positive
  constants, so each divided by epsilon falls. (45): for c epsilon take the step alpha/c; then tau -
  eta alpha grows at least by c, beta alpha does not grow, and sum_j (X_j + lambda RE) grows at most
  by c.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
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
from dcpg_theory.bounds.optimality import theorem_2, unsplit_count, unsplit_step
from dcpg_theory.bounds.spectra import spectrum_of
from dcpg_theory.bounds.spectrum import Spectrum
from dcpg_theory.bounds.statements import (
    Bound,
    Statement,
    check_mixing,
    statement_named,
    unit_length,
)
from dcpg_theory.bounds.stationarity import (
    constants_of,
    largest_step,
    moves_nothing,
    paper_supremum,
    sharp_terms,
    sizes_or_problem,
    squared_terms,
    theorem_1,
    upper_end,
)
from dcpg_theory.bounds.tracking import tracking_count
from dcpg_theory.errors import AssumptionViolated, InvalidInput
from dcpg_theory.exact.rational_functions import as_fmpq

if TYPE_CHECKING:
    from dcpg_theory.bounds.instance import Measured
    from dcpg_theory.bounds.task_sizes import Sizes
    from dcpg_theory.models.mixing import MixingMatrix
    from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["accuracy_within", "iterations_for_gradient"]

_DIGITS = 40
"""Binary digits of the accuracy that a budget buys."""


@at_working_precision
def iterations_for_gradient(
    problem: MultiTaskProblem | Measured | Sizes,
    mixing: MixingMatrix | Spectrum,
    *,
    target: Any,
    regularization: Any,
    statement: str = "sharp",
    initial_entropy: Any = 0,
) -> Bound:
    """Return the iterations after which Theorem 1 promises a gradient of at most `target`.

    Parameters
    ----------
    problem, mixing, regularization, statement, initial_entropy
        As for `theorem_1`. For ``instance``, without its advantage of the first iterations.
    target : number or str
        A norm, in units of reward.

    Returns
    -------
    Bound
        `value` is K, with the step size that needs no more; the formula is Theorem 1's.

    Raises
    ------
    AssumptionViolated
        If the statement does not apply, or no K is enough, since the regularizer's term exceeds
        the target.
    InvalidInput
        If a number is out of its range.
    """
    known = statement_named(statement)
    goal, lam = exact(target, "target-gradient"), exact(regularization, "regularization")
    entropy = exact(initial_entropy, "RE0")
    if not goal > 0 or lam < 0 or entropy < 0:
        raise InvalidInput(
            f"target-gradient={target} must be positive, regularization={regularization} and "
            f"RE0={initial_entropy} not negative"
        )
    sizes, spectrum = sizes_or_problem(problem), spectrum_of(mixing)
    check_mixing(known, spectrum, sizes.n_agents)
    if known in (Statement.PRINTED, Statement.CORRECTED):
        step, count = _paper(known, sizes, spectrum, goal, lam, entropy)
    else:
        step, count = _sharp(known, problem, sizes, spectrum, goal, lam, entropy)
    iterations = max(ceiling(count), 1)
    at = theorem_1(
        problem,
        mixing,
        regularization=lam,
        iterations=iterations,
        statement=statement,
        step_size=step,
        initial_entropy=entropy,
    )
    return replace(at, value=iterations, enclosure=count)


def _paper(
    statement: Statement, sizes: Sizes, spectrum: Spectrum, goal: Any, lam: Any, entropy: Any
) -> tuple[Any, Number]:
    length = unit_length(sizes.common_length)
    mapped = lam / length
    a, b, c = squared_terms(statement, sizes, spectrum, mapped, entropy)
    left = (goal / length) ** 2 - c
    _check_reachable(left, length * root(c))
    supremum = paper_supremum(statement, sizes, spectrum, mapped) / length
    best = smallest(root(left / (3 * b)) / length, supremum)
    step = short_step(best, strictly=statement is Statement.PRINTED)
    return step, a / (step * length * (left - b * (step * length) ** 2))


def _sharp(
    statement: Statement,
    problem: MultiTaskProblem | Measured | Sizes,
    sizes: Sizes,
    spectrum: Spectrum,
    goal: Any,
    lam: Any,
    entropy: Any,
) -> tuple[Any, Number]:
    found = constants_of(statement, problem, sizes, lam, entropy)
    if moves_nothing(found, sizes):
        return flint.fmpq(1) if (most := largest_step(found)) is None else short_step(
            most
        ), flint.fmpq(1)
    sigma = upper_end(spectrum.second_singular_value)
    _, c, d = sharp_terms(found, sizes.n_agents, sigma, 1)
    left = goal - found.regularizer_lipschitz
    _check_reachable(left, found.regularizer_lipschitz)
    if statement is Statement.TRACKING:
        return tracking_count(found, sizes.n_agents, sigma, left)
    supremum = largest_step(found)
    step = short_step(unsplit_step(left, c, d, supremum))
    return step, unsplit_count(found.room, step, left, c, d)


def _check_reachable(left: Number, regularizer: Number) -> None:
    if not left > 0:
        raise AssumptionViolated(
            f"no number of iterations is enough: the regularizer alone is counted with "
            f"{above(regularizer):.6g}; take a smaller lambda"
        )


@at_working_precision
def accuracy_within(
    problem: MultiTaskProblem | Measured | Sizes,
    mixing: MixingMatrix | Spectrum,
    *,
    iterations: int,
    mismatch: Any | None = None,
    statement: str = "sharp",
    initial_entropy: Any = 0,
) -> Bound:
    """Return the accuracy epsilon that Theorem 2 promises within a budget of iterations.

    Parameters
    ----------
    problem, mixing, mismatch, statement, initial_entropy
        As for `theorem_2`.
    iterations : int
        K >= 1.

    Returns
    -------
    Bound
        `value` is epsilon, within 2^-40 of the least, with its step size and regularization.

    Raises
    ------
    AssumptionViolated, InvalidInput
        As for `theorem_2`.
    """
    if not isinstance(iterations, int) or isinstance(iterations, bool) or iterations < 1:
        raise InvalidInput(f"iterations={iterations!r} must be an integer of at least 1")

    def at(accuracy: Fraction) -> Bound:
        return theorem_2(
            problem,
            mixing,
            accuracy=accuracy,
            mismatch=mismatch,
            statement=statement,
            initial_entropy=initial_entropy,
        )

    accuracy = _least(lambda eps: at(eps).value <= iterations)
    found, sizes = at(accuracy), sizes_or_problem(problem)
    notes = list(found.notes)
    most = sizes.total(lambda task: task.reward_length * task.horizon)
    if as_fmpq(accuracy) >= most:
        notes.append(f"says nothing: no gap is larger than {above(most):.3g}")
    value = as_fmpq(accuracy)
    return replace(found, value=above(value), enclosure=value, notes=tuple(notes))


def _least(enough: Callable[[Fraction], bool]) -> Fraction:
    """Return the least number that is enough, of those above which all are, up to 2^-40 of it.

    The exponent is found by doubling the stride, so that a thousand orders take few steps.
    """
    stride, low, high = 1, 0, 0
    if enough(Fraction(1)):
        while enough(_power(low := low - stride)):
            high, stride = low, 2 * stride
    else:
        while not enough(_power(high := high + stride)):
            low, stride = high, 2 * stride
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(_power(middle)) else (middle, high)
    least, most = _power(low), _power(high)
    for _ in range(_DIGITS):
        middle_value = (least + most) / 2
        least, most = (least, middle_value) if enough(middle_value) else (middle_value, most)
    return most


def _power(exponent: int) -> Fraction:
    return Fraction(2) ** exponent
