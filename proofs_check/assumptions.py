"""Assumptions that only the paper's examples make."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from dcpg_theory.models.examples import STATES, example_1
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.theory.assumptions import Assumption

__all__ = ["START_AT_S3"]


def _starts_at_s3(problem: MultiTaskProblem) -> bool:
    where = STATES.index("S3")
    return all(np.flatnonzero(task.start).tolist() == [where] for task in problem.tasks)


START_AT_S3 = Assumption(
    "start at S3",
    r"\rho_1 = \rho_2 = \delta_{S_3}",
    "both agents start from S3, which Section 2.2 says only of its second example",
    _starts_at_s3,
    lambda: example_1(Fraction(1, 2)),
)
