r"""The mismatch coefficient M of Theorem 2, and the condition under which the theorem holds.

    M = max d^{pi*}_{j, rho_j}(s) / ((1 - gamma_j) mu_j(s))   over j and s in S_j,

below (14), where it is written as a norm of d/mu, without its factor 1/(1 - gamma_j).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dcpg_theory.bounds.arithmetic import exact
from dcpg_theory.bounds.extremes import optimal_policy
from dcpg_theory.errors import AssumptionViolated
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.theory.assumptions import EXPLORES_EVERYWHERE, SHARED_DYNAMICS
from dcpg_theory.theory.visitation import visitation

__all__ = ["Mismatch", "check_assumption_2", "mismatch"]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """M, and whether it is that of an optimal policy or a bound for all policies.

    Attributes
    ----------
    value : fmpq
    certified : bool
        Whether it belongs to a policy that exact advantages prove optimal.
    """

    value: Any
    certified: bool


def check_assumption_2(problem: MultiTaskProblem) -> None:
    """Check what Theorem 2 assumes of a problem, in the form that can be checked.

    Raises
    ------
    AssumptionViolated
        Naming the assumption.
    """
    if not EXPLORES_EVERYWHERE.holds(problem):
        raise AssumptionViolated(
            "positive exploration, mu_i(s) > 0: some task never starts in one of its states, so "
            "that the mismatch coefficient is infinite"
        )
    if problem.n_tasks > 1 and not SHARED_DYNAMICS.holds(problem):
        raise AssumptionViolated(
            "Assumption 2: not known to hold, since the tasks do not share states, transitions, "
            "discount, rho and mu"
        )


def mismatch(problem: MultiTaskProblem) -> Mismatch:
    """Return M for a problem that meets `check_assumption_2`.

    Tasks that share their dynamics are one task with the sum of their rewards, so that pi* may be
    deterministic. Where it is not certified, d <= 1 gives max 1/((1 - gamma_j) mu_j(s)).

    Raises
    ------
    AssumptionViolated
        As for `check_assumption_2`.
    """
    check_assumption_2(problem)
    task, mu = problem.tasks[0], [exact(x, "mu") for x in problem.exploration[0]]
    horizon = 1 / (1 - exact(task.discount, "discount"))
    rewards = sum(other.rewards for other in problem.tasks[1:]) + task.rewards
    policy = optimal_policy(task.with_rewards(rewards))
    if policy is None:
        return Mismatch(horizon / min(mu), certified=False)
    shares = visitation(task.to_rational(rescale=True), policy)
    ratios = [d * horizon / m for d, m in zip(shares, mu, strict=True)]
    return Mismatch(max(ratios), certified=True)
