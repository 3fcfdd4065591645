r"""Appendix B.3, (50) and (51): what a small gradient says about the advantages.

The universal proof of (50) is `several_tasks.advantages_bounded`; it divides (51) by pi and needs no
lower bound on pi. The paper's way, (52)-(54), is in `appendix_b3_gradient`.
"""

from __future__ import annotations

import sys
from fractions import Fraction

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import parse
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
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
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.theory.assumptions import FINITE_PARAMETERS
from proofs_check import several_tasks, single_task, visitation_chains
from proofs_check.corridor import S3
from proofs_check.display_49 import HALF, UNVISITED, at_theta
from proofs_check.printed_sums import sides
from proofs_check.symbols import DISCOUNT, EXAMPLE_2_POLICIES, gamma

WHERE = "Appendix B.3"

_D, _A = r"d_{i,\mu_i}^{\pi_\theta}(s)", r"A_i^{\pi_\theta}(s, a)"


def _small_gradient(kernel: Kernel) -> Evidence:
    """Divide (51) by pi > 0: F A = (g - lambda N/(|S||A|))/pi + lambda N/|S|, and g is small.

    Special cases: a policy of one task that is stationary for L, with pi_theta* as printed at a
    state that rho never visits, where the advantages of pi_theta* are not bounded by anything.
    """
    left, right = sides(kernel.statement.removesuffix(","), r"\leq")
    chain = several_tasks.advantages_bounded()
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
    return kernel.confirmed(kernel.proof(chain, chain.conclusion), *special)


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
    chain = several_tasks.advantages_bounded(Fraction(1), Fraction(1))
    chance = symbols("p")[0]
    reached = (RationalFunction.constant(threshold) / 2 + chance - HALF) / chance
    return kernel.confirmed(
        kernel.proof(chain, chain.conclusion),
        kernel.sign(reached, "<=", 1, Box(p=DISCOUNT)),
    )


@claim(
    "eq-51",
    where=f"{WHERE}, (51)",
    statement=r"\frac{\partial L_i^\lambda(\theta; \mu_i)}{\partial \theta_{s,a}} = \frac{1}{1 - \gamma_i} d_{i,\mu_i}^{\pi_\theta}(s) \pi_\theta(a|s) A_i^{\pi_\theta}(s, a) + \frac{\lambda}{|\mathcal{S}|} \left(\frac{1}{|\mathcal{A}|} - \pi_\theta(a|s) \right).",
    kind=Kind.IDENTITY,
    lines=(704, 704),
    depends=("eq-16",),
    controls=(
        misprint(r"\frac{1}{|\mathcal{A}|} -", r"\frac{1}{|\mathcal{S}|} -"),
        misprint(r"\frac{\lambda}{|\mathcal{S}|}", r"\lambda"),
        misprint(r"\frac{1}{1 - \gamma_i} d", "d"),
    ),
    note="in states that task i does not hold, its d is 0 and the second term alone is left",
)
def gradient_of_the_regularized_value(kernel: Kernel) -> Evidence:
    """The gradient (16) of the value, and -lambda times the regularizer's, from d log pi.

    Special case: the second example with weights at S3, where w d/dw differentiates the solved value
    and log pi(b|s) = integral of pi'/pi, so that no logarithm has to be evaluated.
    """
    one, two = symbols("w_L", "w_R")
    lam = RationalFunction.constant(3)
    row = policy_from_weights([[one, two]])[0]
    task, policy = example_2(gamma, Fraction(3, 4)).tasks[0], example_policy(HALF, row[0], HALF)
    value = theory.value(task, policy)[S3]
    printed, slopes = [], []
    for action, weight in enumerate((one, two)):
        names = {
            r"\gamma_i": gamma,
            _D: theory.visitation(task, policy)[S3],
            r"\pi_\theta(a|s)": row[action],
            _A: theory.advantage(task, policy)[S3, action],
            r"\lambda": lam,
            r"|\mathcal{S}|": 5,
            r"|\mathcal{A}|": 2,
        }
        values = {
            k: RationalFunction.constant(v) if isinstance(v, int) else v for k, v in names.items()
        }
        printed.append(parse(kernel.statement.split("=", 1)[1].rstrip("."), values))
        logs = sum((weight * q.derivative(str(weight)) / q for q in row), start=0 * lam)
        slopes.append(weight * value.derivative(str(weight)) + lam * logs / 10)
    box = EXAMPLE_2_POLICIES.replace(w_L=DISCOUNT, w_R=DISCOUNT, **{"lambda": DISCOUNT})
    chains = (single_task.policy_gradient(), visitation_chains.regularizer_gradient())
    proofs = kernel.every(*(kernel.proof(chain, chain.conclusion) for chain in chains))
    return kernel.confirmed(proofs, kernel.identity(np.array(printed), np.array(slopes), box))


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
