r"""Appendix B.3, (50): what a small gradient says about the advantages.

The universal proof of (50) is `several_tasks.advantages_bounded`; it divides (51) by pi and needs no
lower bound on pi. The paper's way, (52)-(54), is in `appendix_b3_gradient`.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
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
from dcpg_theory.theory.assumptions import FINITE_PARAMETERS
from proofs_check.chains import several_tasks
from proofs_check.readings.display_49 import HALF, UNVISITED, at_theta
from proofs_check.readings.sums import sides
from proofs_check.readings.wording import multiple_of_lambda
from proofs_check.symbols import DISCOUNT

WHERE = "Appendix B.3"


def _summed_advantage() -> Any:
    """sum_i d A/(1 - gamma_i) of the one task at the state that rho never visits, first action."""
    (task,), (mu,) = UNVISITED.problem.tasks, UNVISITED.problem.exploration
    visits = theory.visitation(task, UNVISITED.policy, mu)[1]
    advantage = theory.advantage(task, UNVISITED.policy)[1, 0]
    return visits * advantage / (1 - task.discount)


def _small_gradient(kernel: Kernel) -> Evidence:
    """Divide (51) by pi > 0: F A = (g - lambda N/(|S||A|))/pi + lambda N/|S|, and g is small.

    Special cases: a policy of one task that is stationary for L, with pi_theta* as printed at a
    state that rho never visits, where the advantages of pi_theta* are not bounded by anything.
    """
    left, right = sides(kernel.statement.removesuffix(","), r"\leq")
    special = [
        kernel.at_instance(
            1, "=", int(UNVISITED.meets_the_condition()), {"the gradient": "is small"}
        )
    ]
    special += [
        kernel.at_instance(
            UNVISITED.value_of(left, {"s": s}),
            "<=",
            UNVISITED.value_of(right),
            {"state": s, "lambda": UNVISITED.regularization},
        )
        for s in (0, 1)
    ]
    if kernel.every(*special).verdict is Verdict.REFUTED:
        return kernel.every(*special)
    bound = multiple_of_lambda(right, lambda lam, n, s, *_: lam * n / s)
    chain = several_tasks.advantages_bounded(HALF, bound)
    return kernel.confirmed(kernel.proof(chain), *special)


eq_50 = Claim(
    id="eq-50",
    where=f"{WHERE}, (50)",
    statement=r"\max_{a \in \mathcal{A}} \sum_{i: s \in \mathcal{S}_i} \frac{d_{i,\mu_i}^{\pi_{\theta^*}}(s)}{1 - \gamma_i} A_i^{\pi_{\theta^*}}(s, a) \leq \frac{2\lambda N}{|\mathcal{S}|},",
    kind=Kind.UPPER_BOUND,
    check=_small_gradient,
    assumptions=(FINITE_PARAMETERS,),
    lines=(700, 700),
    depends=("eq-51", "eq-54-first-corrected"),
    controls=(misprint(r"\frac{2\lambda N}", r"\frac{\lambda N}"),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "the advantages and visitations are those of pi_theta, whose gradient is small; of pi_theta* "
        "nothing is known in states that rho does not visit",
    ),
)
eq_50_corrected = eq_50.variant(
    id="eq-50-corrected",
    statement=at_theta(eq_50.statement),
    lines=None,
    fault=None,
    controls=(misprint(r"\frac{2\lambda N}", r"\frac{\lambda N}{3} \frac{2\lambda N}"),),
    note="where ||sum_i grad L_i(theta; mu_i)|| <= lambda N/(2|S||A|)",
)


@claim(
    "eq-50-sharp",
    where=f"{WHERE}, (50)",
    statement=r"\sum_{i: s \in \mathcal{S}_i} \frac{d_{i,\mu_i}^{\pi_\theta}(s)}{1 - \gamma_i} A_i^{\pi_\theta}(s, a) \leq \frac{\lambda N}{|\mathcal{S}|}",
    kind=Kind.UPPER_BOUND,
    assumptions=(FINITE_PARAMETERS,),
    depends=("eq-51",),
    controls=(ingredient("the gradient may be three times as large", threshold=Fraction(3)),),
    note=(
        "where every component of sum_i grad L_i is at most lambda N/(|S||A|): twice the threshold "
        "of Proposition 1, half its bound; no lower bound on pi is needed, only pi > 0"
    ),
)
def advantages_half_as_large(kernel: Kernel) -> Evidence:
    """F A - lambda N/|S| = (g - lambda N/(|S||A|))/pi <= 0.

    Special case: a bandit with lambda = 1 and p in (1/2, 1), whose gradient g_1 = x p + (1/2 - p)
    with x = F A at the first action. Where g_1 reaches the threshold t/2, F A is (t/2 + p - 1/2)/p,
    which exceeds 1 for t > 1.
    """
    threshold = kernel.given("threshold", Fraction(1))
    left, right = sides(kernel.statement, r"\leq")
    bound = multiple_of_lambda(right, lambda lam, n, s, *_: lam * n / s)
    chain = several_tasks.advantages_bounded(Fraction(1), bound)
    here = UNVISITED.value_of(left, {"s": 1, "a": 0})
    shown = {"state": 1, "action": 0, "lambda": UNVISITED.regularization}
    chance = symbols("p")[0]
    reached = (RationalFunction.constant(threshold) / 2 + chance - HALF) / chance
    return kernel.confirmed(
        kernel.proof(chain),
        kernel.sign(reached, "<=", 1, Box(p=DISCOUNT)),
        kernel.at_instance(here, "=", _summed_advantage(), shown),
        kernel.at_instance(here, "<=", UNVISITED.value_of(right), shown),
    )


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
