r"""Appendix B.2, Proposition 1: a small gradient of L makes the policy nearly optimal for V.

The chain `several_tasks.proposition_1` proves it for any number of tasks, states and actions, and
for any comparison policy pi* that (12) holds for: optimality of pi* is not used, nor that pi* is a
softmax policy, nor the range of the rewards.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box, open_interval
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized
from dcpg_theory.exact.rational_functions import as_fmpq, symbols
from dcpg_theory.exact.verdicts import Verdict
from dcpg_theory.ledger import (
    Claim,
    Fault,
    Kind,
    Origin,
    Severity,
    claim,
    ingredient,
    misprint,
    narrate,
)
from dcpg_theory.models.examples import example_2, example_policy
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.theory.assumptions import FINITE_PARAMETERS
from proofs_check.assumptions import MATCHED_VISITATION, POSITIVE_EXPLORATION
from proofs_check.chains import several_tasks
from proofs_check.instances.small_tasks import bandit
from proofs_check.instances.two_policies import Setting, absorbing
from proofs_check.readings.display_49 import HALF, SHARED, UNVISITED
from proofs_check.readings.wording import about, multiple_of_lambda

WHERE = "Appendix B.2, Proposition 1"


def _bandit(chance: Any, regularization: Any) -> Setting:
    problem = MultiTaskProblem([bandit(HALF)])
    return Setting(problem, [[chance, 1 - chance]], [[1, 0]], regularization)


# The first is stationary for L; the second is far from it and nearly meets the condition.
SETTINGS = {
    "a bandit at p = 9/10": _bandit(Fraction(9, 10), Fraction(9, 20)),
    "a bandit at p = 1/100": _bandit(Fraction(1, 100), Fraction(49, 100)),
    "two tasks that share P": Setting(SHARED.problem, [[HALF] * 2] * 2, SHARED.optimal, 10),
    "an unvisited state": UNVISITED,
}


_NORM = r"\left\| \sum_{i=1}^N \nabla L_i^\lambda(\theta; \mu_i) \right\|"
_LARGEST = (
    r"\max_{s,a} \sum_{i=1}^N \frac{\partial L_i^\lambda(\theta; \mu_i)}{\partial \theta_{s,a}}"
)
_GAP = r"V(\theta^*; \rho) - V(\theta; \rho)"
_MISMATCH = (
    r"\max_{s \in \mathcal{S}, i: s \in \mathcal{S}_i} \left\{ "
    r"\frac{d_{\rho_i}^{\pi_{\theta^*}}(s)}{(1-\gamma_i)\mu_i(s)} \right\}"
)


def _bounded_gap(kernel: Kernel) -> Evidence:
    """Performance difference, (12), (50), and d_{i,mu_i} >= (1 - gamma_i) mu_i.

    Special cases: exact instances whose gradient meets the printed condition; the others say nothing.
    """
    condition, conclusion = normalized(kernel.statement).split(normalized(", we have*"))
    small, limit = condition.split(r"\leq")
    _, right = conclusion.split(r"\leq")
    sharp = small.startswith(r"\max")
    about(kernel, rf"{_LARGEST if sharp else _NORM} \leq", rf"{_GAP} \leq")
    special = []
    for name, setting in SETTINGS.items():
        g, bound = setting.gradient(), setting.value_of(limit)
        size = max(g.flat) if sharp else None
        met = size <= bound if sharp else sum(x * x for x in g.flat) <= bound**2
        if met:
            instance = {"instance": name, "lambda": setting.regularization}
            special.append(
                kernel.at_instance(setting.gap(), "<=", setting.value_of(right), instance)
            )
    if special and kernel.every(*special).verdict is Verdict.REFUTED:
        return kernel.every(*special)
    threshold = multiple_of_lambda(limit.rstrip("$"), lambda lam, n, s, a, _: lam * n / (s * a))
    bound = multiple_of_lambda(right.split(r"\max")[0], lambda lam, n, *_: lam * n)
    about(kernel, _MISMATCH)
    proof = kernel.proof(several_tasks.proposition_1(threshold, bound))
    return kernel.confirmed(proof, *special)


prop_1 = Claim(
    id="prop-1",
    where=WHERE,
    statement=r"\left\| \sum_{i=1}^N \nabla L_i^\lambda(\theta; \mu_i) \right\| \leq \frac{\lambda N}{2|\mathcal{S}||\mathcal{A}|}$, we have* V(\theta^*; \rho) - V(\theta; \rho) \leq 2\lambda N \max_{s \in \mathcal{S}, i: s \in \mathcal{S}_i} \left\{ \frac{d_{\rho_i}^{\pi_{\theta^*}}(s)}{(1-\gamma_i)\mu_i(s)} \right\}",
    kind=Kind.UPPER_BOUND,
    check=_bounded_gap,
    assumptions=(MATCHED_VISITATION, POSITIVE_EXPLORATION, FINITE_PARAMETERS),
    lines=(641, 643),
    depends=(
        "lemma-b3-corrected",
        "eq-47-corrected",
        "eq-49-difference-corrected",
        "eq-50-corrected",
        "eq-49-start-corrected",
    ),
    controls=(
        misprint(r"{2|\mathcal{S}||\mathcal{A}|}", r"{|\mathcal{S}|}"),
        misprint(r"\leq 2\lambda N", r"\leq \frac{\lambda}{10} N"),
    ),
    note=(
        "the 'discounted visitation match assumption' is (12), for the mu_i used, with mu_i > 0; "
        "pi* may be any policy, so it need not be attained by a theta (it often is not)"
    ),
    adds={"(12) for the mu_i used": "prop-1-match-needed", "mu_i > 0": "prop-1-exploration-sharp"},
)
prop_1_sharp = prop_1.variant(
    id="prop-1-sharp",
    statement=r"\max_{s,a} \sum_{i=1}^N \frac{\partial L_i^\lambda(\theta; \mu_i)}{\partial \theta_{s,a}} \leq \frac{\lambda N}{|\mathcal{S}||\mathcal{A}|}$, we have* V(\theta^*; \rho) - V(\theta; \rho) \leq \lambda N \max_{s \in \mathcal{S}, i: s \in \mathcal{S}_i} \left\{ \frac{d_{\rho_i}^{\pi_{\theta^*}}(s)}{(1-\gamma_i)\mu_i(s)} \right\}",
    lines=None,
    depends=("lemma-b3-corrected", "eq-47-corrected", "eq-50-sharp", "eq-49-start-corrected"),
    controls=(
        misprint(
            r"\frac{\lambda N}{|\mathcal{S}||\mathcal{A}|}", r"\frac{2\lambda N}{|\mathcal{S}|}"
        ),
    ),
    note="twice the threshold, asked of the largest component only, and half the bound",
)


@claim(
    "prop-1-maximiser",
    where=WHERE,
    statement=r"\theta^* = \max_{\theta} V(\theta; \rho)",
    kind=Kind.DEFINITION,
    lines=(641, 641),
    depends=("eq-5",),
    controls=(misprint(r"\max_{\theta} V(\theta; \rho)", "V"),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "a parameter is set equal to a value: arg max is meant (and by (5) it need not exist)",
    ),
)
def maximiser(kernel: Kernel) -> Evidence:
    """Count the numbers on both sides for one state and two actions."""
    right = normalized(kernel.statement).split("=", 1)[1]
    size = 2 if right.startswith(r"\arg\max") else 1
    sides = {"sides": "a parameter, |S||A| numbers, and a value" if size == 1 else "two parameters"}
    return kernel.definition(kernel.at_instance(2, "=", size, sides))


maximiser_corrected = maximiser.variant(
    id="prop-1-maximiser-corrected",
    statement=r"\theta^* = \arg\max_{\theta} V(\theta; \rho)",
    lines=None,
    fault=None,
    controls=(misprint(r"\arg", ""),),
    depends=("eq-5-corrected",),
)


def _with_uniform_mu() -> MultiTaskProblem:
    """Return the second example with p = 1, gamma = 1/2 and mu_i uniform on its five states."""
    tasks = example_2(HALF, Fraction(1)).tasks
    return MultiTaskProblem(tasks, exploration=[[Fraction(1, 5)] * 5] * 2)


@claim(
    "prop-1-match-needed",
    where=WHERE,
    statement="if the environment and the initial state distributions ρ and μ jointly satisfies the discounted visitation match assumption",
    kind=Kind.EXISTENCE,
    lines=(645, 645),
    depends=("prop-1", "sec2-ex2-middle"),
    controls=(
        ingredient("two copies of one task, which match", copies=True),
        ingredient("a large lambda", regularization=Fraction(10)),
    ),
    note="the assumption is necessary: without it a stationary point of L may be far from optimal",
)
def match_is_needed(kernel: Kernel) -> Evidence:
    """In the second example the uniform policy is stationary for L, whatever lambda is, and beaten.

    The tasks are mirror images, so their gradients at S3 cancel, and the regularizer has none at the
    uniform policy. For lambda = 10^-3 the bound of Proposition 1 is far below the gap.
    """
    problem = _with_uniform_mu()
    if kernel.given("copies", False):
        problem = MultiTaskProblem([problem.tasks[0]] * 2, exploration=problem.exploration)
    uniform = [[HALF, HALF]] * 5
    best = np.array(example_policy(HALF, Fraction(1), HALF))
    lam = symbols("lambda")[0]
    slopes = theory.gradient(problem, uniform, lam, problem.exploration)
    flat = kernel.identity(
        slopes, np.zeros((5, 2), dtype=int), Box(**{"lambda": open_interval(0, 1)})
    )
    setting = Setting(problem, uniform, best, kernel.given("regularization", Fraction(1, 1000)))
    bound = setting.mismatch() * as_fmpq(4 * setting.regularization)
    instance = {
        "problem": "example 2, p = 1, gamma = 1/2, mu uniform",
        "lambda": setting.regularization,
    }
    return kernel.every(flat, kernel.at_instance(setting.gap(), ">", bound, instance))


@claim(
    "prop-1-positive-sharp",
    where=WHERE,
    statement=r"\pi_\theta(a|s) > 0",
    kind=Kind.EXISTENCE,
    depends=("prop-1-sharp",),
    controls=(ingredient("the uniform policy", chance=HALF),),
    note="that pi is a softmax policy is necessary in prop-1-sharp: its threshold is met at pi(a|s) = 0",
)
def positive_policy_is_needed(kernel: Kernel) -> Evidence:
    """The bandit's bad policy has the gradient (lambda/2, -lambda/2), at the threshold lambda/2."""
    setting = _bandit(kernel.given("chance", Fraction(0)), Fraction(1, 100))
    largest, limit = max(setting.gradient().flat), setting.regularization * HALF
    return kernel.every(
        kernel.at_instance(largest, "<=", limit, {"policy": "always the bad action"}),
        kernel.at_instance(
            setting.gap(),
            ">",
            setting.mismatch() * as_fmpq(setting.regularization),
            {"lambda": "1/100"},
        ),
    )


@claim(
    "prop-1-exploration-sharp",
    where=WHERE,
    statement=r"\mu_i(s) > 0",
    kind=Kind.EXISTENCE,
    depends=("prop-1",),
    controls=(
        ingredient("both states are explored", share=HALF),
        ingredient("the state is not started from", start=Fraction(0)),
    ),
    note=(
        "that mu_i is positive is necessary in Proposition 1, with the maximum over the states where "
        "it is: at a state that mu_i never reaches the gradient of L says nothing about the policy"
    ),
)
def exploration_is_needed(kernel: Kernel) -> Evidence:
    """Two absorbing states, rewards (1, 0) in the second, gamma = 1/2, mu = (1, 0), pi uniform.

    The gradient of L vanishes for every lambda. rho starts in the second state half of the time,
    where the other action is better by 1: the gap is 1/2, and the bound 2 lambda d_rho/((1 - gamma) mu)
    at the first state is 2 lambda. Here lambda = 1/100.
    """
    unexplored, start = kernel.given("share", Fraction(0)), kernel.given("start", HALF)
    task = absorbing([[0, 0], [1, 0]], HALF, [1 - start, start])
    problem = MultiTaskProblem([task], exploration=[[1 - unexplored, unexplored]])
    uniform = [[HALF, HALF]] * 2
    weight = Fraction(1, 100)
    setting = Setting(problem, uniform, [[HALF, HALF], [1, 0]], weight)
    lam = symbols("lambda")[0]
    slopes = theory.gradient(problem, uniform, lam, problem.exploration)
    box = Box(**{"lambda": open_interval(0, 1)})
    ratio = (1 - start) / (HALF * (1 - unexplored)) * HALF
    return kernel.every(
        kernel.identity(slopes, np.zeros((2, 2), dtype=int), box),
        kernel.at_instance(setting.gap(), ">", 2 * weight * ratio / HALF, {"lambda": weight}),
    )


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
