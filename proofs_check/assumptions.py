"""Assumptions that only one part of the paper makes: its examples, Theorem 2."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from dcpg_theory.models.examples import STATES, example_1
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.theory.assumptions import EQUAL_STARTS, Assumption
from proofs_check.instances.two_policies import Setting, shared_kernel

__all__ = ["EQUAL_STARTS", "MATCHED_VISITATION", "POSITIVE_EXPLORATION", "START_AT_S3"]


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


def _matched(setting: Setting) -> bool:
    """Whether the ratios of (12) agree for this pi_theta, this pi_theta* and these mu_i."""
    above, below = r"d_{i,\rho_i}^{\pi_{\theta^*}}(s)", r"d_{i,\mu_i}^{\pi_\theta}(s)"
    places = setting.problem.indices
    for s in range(len(setting.problem.states)):
        pairs = [
            tuple(setting.value_of(d, {"i": i, "s": s}) for d in (above, below))
            for i in range(len(places))
            if s in places[i]
        ]
        if any(two == 0 for _, two in pairs):
            return False
        if any(a * d != b * c for a, b in pairs for c, d in pairs):
            return False
    return True


def _example() -> Setting:
    one, half = Fraction(1), Fraction(1, 2)
    problem = shared_kernel(([[1, 0], [0, half]], [[0, half], [1, 0]]))
    return Setting(problem, [[half, half]] * 2, [[one, 0], [0, one]], one)


MATCHED_VISITATION = Assumption(
    "matched visitations",
    r"\frac{d_{i,\rho_i}^{\pi^*}(s)}{d_{i,\mu_i}^{\pi_\theta}(s)} = \frac{d_{j,\rho_j}^{\pi^*}(s)}{d_{j,\mu_j}^{\pi_\theta}(s)}",
    "Assumption 2, (12), for the mu_i used: wherever two tasks share a state the ratio is the same",
    _matched,
    _example,
)

POSITIVE_EXPLORATION = Assumption(
    "positive exploration",
    r"\mu_i(s) > 0",
    "every task explores from each of its states with positive probability",
    lambda setting: all(bool(np.all(mu > 0)) for mu in setting.problem.exploration),
    _example,
)
