"""The greatest step sizes that the theorems allow, or the one that they fix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dcpg_theory.bounds.arithmetic import Number, at_working_precision, exact
from dcpg_theory.bounds.optimality import theorem_2
from dcpg_theory.bounds.spectra import spectrum_of
from dcpg_theory.bounds.spectrum import Spectrum
from dcpg_theory.bounds.statements import Statement, check_mixing, statement_named, unit_length
from dcpg_theory.bounds.stationarity import (
    constants_of,
    largest_step,
    paper_supremum,
    sizes_or_problem,
    upper_end,
)
from dcpg_theory.bounds.tracking import longest_step
from dcpg_theory.errors import InvalidInput

if TYPE_CHECKING:
    from dcpg_theory.bounds.instance import Measured
    from dcpg_theory.bounds.task_sizes import Sizes
    from dcpg_theory.models.mixing import MixingMatrix
    from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["theorem_1_step", "theorem_2_step"]


@at_working_precision
def theorem_1_step(
    problem: MultiTaskProblem | Measured | Sizes,
    mixing: MixingMatrix | Spectrum,
    *,
    regularization: Any,
    statement: str = "sharp",
) -> Number | None:
    """Return the supremum of the steps of Theorem 1: (10), (10) with lambda_N, 1/bbar, rho^2/(4 b).

    Returns
    -------
    fmpq or arb, or None where every step will do, because nothing depends on the policy.

    Raises
    ------
    AssumptionViolated
        If the statement does not apply.
    InvalidInput
        If a number is out of its range.
    """
    known, lam = statement_named(statement), exact(regularization, "regularization")
    if lam < 0:
        raise InvalidInput(f"regularization={regularization} must not be negative")
    sizes, spectrum = sizes_or_problem(problem), spectrum_of(mixing)
    check_mixing(known, spectrum, sizes.n_agents)
    if known in (Statement.PRINTED, Statement.CORRECTED):
        length = unit_length(sizes.common_length)
        return paper_supremum(known, sizes, spectrum, lam / length) / length
    found = constants_of(known, problem, sizes, lam, exact(0, "RE0"))
    if known is Statement.TRACKING and found.max_smoothness > 0:
        return longest_step(found, upper_end(spectrum.second_singular_value))
    return largest_step(found)


def theorem_2_step(
    problem: MultiTaskProblem | Measured | Sizes,
    mixing: MixingMatrix | Spectrum,
    *,
    accuracy: Any,
    mismatch: Any | None = None,
    statement: str = "sharp",
) -> Number:
    """Return the supremum of (13), or the one step that the sharp Theorem 2 fixes.

    Raises
    ------
    AssumptionViolated, InvalidInput
        As for `theorem_2`.
    """
    found = theorem_2(problem, mixing, accuracy=accuracy, mismatch=mismatch, statement=statement)
    return found.extra.get("step_supremum", found.step_size)
