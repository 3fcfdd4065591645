r"""Section 2.1 and the statements about a single task in Section 2.2.

Every universal statement is a chain of proof from `single_task`; beside it an exact special case is
computed, which is what refutes a wrong variant.
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
from dcpg_theory.exact.rational_functions import symbols
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
    unsettled,
)
from dcpg_theory.models.examples import example_1, example_2, example_policy
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.theory.assumptions import (
    REWARDS_IN_UNIT_INTERVAL,
    STATIONARY_POLICIES,
)
from proofs_check import single_task
from proofs_check.small_tasks import bandit, loop
from proofs_check.symbols import (
    DISCOUNT,
    EXAMPLE_1,
    EXAMPLE_2_POLICIES,
    OWN,
    PROBABILITY,
    free,
    gamma,
    left,
    own,
    p,
)

WHERE = "Section 2.1"
INDEX = Fault(
    Severity.SLIP,
    Origin.PAPER,
    "each task has its own discount (and reward), so the symbol needs the index i",
)
READ_DISCOUNTS = {r"\gamma_i": own, r"\gamma": free}
_S3 = 2


@claim(
    "sec2-mdp",
    where=WHERE,
    statement=r"\mathcal{M}_i = (\mathcal{S}_i, \mathcal{A}, \mathcal{P}_i, \mathcal{R}_i, \gamma_i)",
    kind=Kind.DEFINITION,
    lines=(52, 52),
    controls=(misprint(r"\gamma_i", r"\gamma"), misprint(r"\mathcal{P}_i", r"\mathcal{P}")),
    note="the action set alone is common to all tasks",
)
def tasks_have_indices(kernel: Kernel) -> Evidence:
    """Each of S_i, P_i, R_i and gamma_i carries its task; in example 2 the rows of P_i sum to 1."""
    problem = example_2(gamma, p)
    sums = [task.transitions.sum(axis=2) for task in problem.tasks]
    return kernel.definition(
        kernel.indexed(r"\mathcal{S}", r"\mathcal{P}", r"\mathcal{R}", r"\gamma"),
        kernel.identity(np.stack(sums), np.ones((2, 5, 2), dtype=np.int64), EXAMPLE_2_POLICIES),
    )


@claim(
    "eq-1",
    where="Section 2.1, (1)",
    statement=r"V_i^\pi(s_i) = \mathbb{E} \left[\sum_{k=0}^{\infty} \gamma_i^k \mathcal{R}_i(s_i^k, a_i^k) \mid s_i^0 = s_i \right], \quad a_i^k \sim \pi(\cdot|s_i^k)",
    kind=Kind.DEFINITION,
    lines=(56, 56),
    assumptions=(STATIONARY_POLICIES,),
    controls=(
        misprint(r"\gamma_i^k", r"\gamma^k"),
        misprint(r"\mathcal{R}_i(s", r"\mathcal{R}(s"),
        ingredient("the tail is left out", tail=0),
    ),
)
def value_is_a_series(kernel: Kernel) -> Evidence:
    """The series converges: its sum is the resolvent applied to the rewards.

    Three terms and gamma^3 P^3 V are exactly V, with symbols for gamma, p and the policy at S3.
    """
    task, policy = example_2(gamma, p).tasks[0], example_policy(Fraction(1, 2), left, 1)
    values = theory.value(task, policy)
    step, rewards = task.policy_transitions(policy), task.policy_rewards(policy)
    terms = [rewards, gamma * (step @ rewards), gamma**2 * (step @ (step @ rewards))]
    tail = kernel.given("tail", 1) * gamma**3 * (step @ (step @ (step @ values)))
    chain = single_task.series_is_solution()
    split = kernel.identity(terms[0] + terms[1] + terms[2] + tail, values, EXAMPLE_2_POLICIES)
    indices = kernel.indexed(r"\gamma", r"\mathcal{R}")
    return kernel.definition(
        kernel.confirmed(kernel.proof(chain, chain.conclusion), split), indices
    )


_Q = r"Q_i^\pi(s_i, a_i) = \mathbb{E} \left[\sum_{k=0}^{\infty} GAMMA^k \mathcal{R}INDEX(s_i^k, a_i^k) \mid s_i^0 = s_i, a_i^0 = a_i \right]"


def _action_value(kernel: Kernel) -> Evidence:
    """V averages Q over the policy, so in a task with one action they are equal.

    With reward 1 for ever, (1) gives 1/(1 - gamma_i), and (2) gives 1/(1 - g) for the g it prints.
    """
    printed = own if r"\gamma_i^k" in kernel.statement.replace(" ", "") else free
    value = theory.value(loop(1, own), [[1]])[0]
    return kernel.definition(
        kernel.identity(1 / (1 - printed), value, OWN),
        kernel.indexed(r"\gamma", r"\mathcal{R}"),
    )


action_value = Claim(
    id="eq-2-action-value",
    where="Section 2.1, (2)",
    statement=_Q.replace("GAMMA", r"\gamma").replace("INDEX", ""),
    kind=Kind.DEFINITION,
    check=_action_value,
    lines=(60, 60),
    controls=(misprint(r"\mathcal{R}(s", r"\mathcal{R}_j(s"),),
    fault=INDEX,
)
action_value_corrected = action_value.variant(
    id="eq-2-action-value-corrected",
    statement=_Q.replace("GAMMA", r"\gamma_i").replace("INDEX", "_i"),
    lines=None,
    controls=(misprint(r"\gamma_i^k", r"\gamma^k"), misprint(r"\mathcal{R}_i", r"\mathcal{R}")),
)


@claim(
    "eq-2-advantage",
    where="Section 2.1, (2)",
    statement=r"A_i^\pi(s_i, a_i) = Q_i^\pi(s_i, a_i) - V_i^\pi(s_i)",
    kind=Kind.DEFINITION,
    lines=(62, 62),
    depends=("eq-1", "eq-2-action-value"),
    controls=(misprint("- V_i", "+ V_i"),),
)
def advantage_is_a_difference(kernel: Kernel) -> Evidence:
    """With it, a policy has no advantage over itself: the average of A over its actions is 0."""
    task, policy = example_2(gamma, p).tasks[0], example_policy(Fraction(1, 2), left, 1)
    side = kernel.statement.split("=")[1]
    names = {
        r"Q_i^\pi(s_i, a_i)": theory.action_value(task, policy)[_S3],
        r"V_i^\pi(s_i)": theory.value(task, policy)[_S3],
    }
    averaged = sum(policy[_S3] * parse(side, names))
    chain = single_task.advantage_averages_to_zero()
    special = kernel.identity(averaged, 0, EXAMPLE_2_POLICIES)
    return kernel.definition(kernel.confirmed(kernel.proof(chain, chain.conclusion), special))


eq_2 = Claim(
    id="eq-2",
    where="Section 2.1, (2)",
    statement=r"the definitions of $Q_i^\pi$ and $A_i^\pi$",
    kind=Kind.DEFINITION,
    parts=("eq-2-action-value", "eq-2-advantage"),
)


@claim(
    "sec2-start-value",
    where=WHERE,
    statement=r"V_i^\pi(\rho_i) = \mathbb{E}_{s_i \sim \rho_i} [V_i^\pi(s_i)]",
    kind=Kind.DEFINITION,
    lines=(68, 68),
    depends=("eq-1",),
    controls=(misprint(r"\sim \rho_i", r"\sim \rho"), ingredient("rho sums to 2", weight=2)),
)
def start_value_is_an_average(kernel: Kernel) -> Evidence:
    """V(rho) = sum_s rho(s) V(s), and a task in which all values are 1/(1 - gamma) keeps that."""
    share = symbols("share")[0]
    task = FiniteMDP(np.full((2, 1, 2), Fraction(1, 2)), [[1], [1]], own, [share, 1 - share])
    start = task.start * kernel.given("weight", 1)
    total = sum(start * theory.value(task, [[1], [1]]))
    return kernel.definition(
        kernel.indexed(r"\rho"),
        kernel.identity(total, 1 / (1 - own), OWN.replace(share=PROBABILITY)),
    )


@claim(
    "eq-4",
    where="Section 2.1, (4)",
    statement=r"\pi_{\theta_i}(a \mid s) = \frac{\exp(\theta_{i;s,a})}{\sum_{a' \in \mathcal{A}} \exp(\theta_{i;s,a'})}",
    kind=Kind.DEFINITION,
    lines=(72, 72),
    controls=(
        misprint(r"\sum_{a' \in \mathcal{A}} \exp(\theta_{i;s,a'})", r"\exp(\theta_{i;s,a'})"),
    ),
    note="with weights w = exp(theta) it is w_a / sum w, a rational function",
)
def softmax_is_a_distribution(kernel: Kernel) -> Evidence:
    """The printed quotient sums to 1 and is positive, for three actions and any weights.

    Dividing all weights by a number changes nothing, so they are taken in (0, 1).
    """
    weights = symbols("w1", "w2", "w3")
    total = weights[0] + weights[1] + weights[2]
    side = kernel.statement.split("=", 1)[1]
    printed = []
    for k, weight in enumerate(weights):
        names = {
            r"\sum_{a' \in \mathcal{A}} \exp(\theta_{i;s,a'})": total,
            r"\exp(\theta_{i;s,a'})": weights[k - 1],
            r"\exp(\theta_{i;s,a})": weight,
        }
        printed.append(parse(side, names))
    box = Box(w1=DISCOUNT, w2=DISCOUNT, w3=DISCOUNT)
    chain = single_task.softmax_sums_to_one()
    special = (
        kernel.identity(sum(printed[1:], printed[0]), 1, box),
        kernel.identity(printed, policy_from_weights([list(weights)])[0], box),
        kernel.sign(printed[0], ">", 0, box),
    )
    return kernel.definition(kernel.confirmed(kernel.proof(chain, chain.conclusion), *special))


other_policies = unsettled(
    "sec2-other-policies",
    where="Section 2.1, footnote 1",
    statement="our method also works with other forms of stochastic policies",
    kind=Kind.ALGORITHM,
    lines=(88, 88),
    reason="a remark without a statement: 'works' and 'other forms' are not defined",
)


@claim(
    "eq-5",
    where="Section 2.1, (5)",
    statement=r"\theta^* = \arg \max_{\theta} V^{\pi_\theta}(\rho) \triangleq \sum_{i=1}^N V_i^{\pi_\theta}(\rho_i), \quad \rho = [\rho_1; \dots; \rho_N]",
    kind=Kind.DEFINITION,
    lines=(76, 76),
    depends=("eq-1", "eq-4"),
    controls=(ingredient("the other action is the better one", rewards=(0, 1)),),
    fault=Fault(
        Severity.GAP,
        Origin.PAPER,
        "the maximum need not be attained at any theta: Section 3 says so, Theorem 2 and "
        "Proposition 1 use a theta* all the same",
    ),
    note="an action's probability under the softmax (4) is any number strictly between 0 and 1",
)
def maximum_is_attained(kernel: Kernel) -> Evidence:
    """One state, two actions that pay 1 and 0: is there a probability that no other one beats?

    Moving halfway to the better action improves every softmax policy, so there is none.
    """
    rewards = kernel.given("rewards", (1, 0))
    chosen = symbols("pi")[0]
    better = (chosen + rewards[0]) / 2
    task = bandit(gamma, *rewards)
    here, there = (theory.objective(task, [[x, 1 - x]]) for x in (chosen, better))
    return kernel.somewhere(here, ">=", there, Box(gamma=DISCOUNT, pi=DISCOUNT))


@claim(
    "eq-5-corrected",
    where="Section 2.1, (5)",
    statement=r"V^* = \sup_{\theta} \sum_{i=1}^N V_i^{\pi_\theta}(\rho_i) \leq \sum_{i=1}^N \frac{1}{1-\gamma_i}",
    kind=Kind.DEFINITION,
    depends=("eq-3-value-upper-corrected",),
    assumptions=(REWARDS_IN_UNIT_INTERVAL,),
    controls=(misprint(r"\frac{1}{1-\gamma_i}", r"\frac{1}{1-\gamma_i^2}"),),
    note=(
        "the supremum is a number because values are bounded; for every epsilon > 0 some theta "
        "comes within epsilon of it, which is what the results need"
    ),
)
def supremum_is_finite(kernel: Kernel) -> Evidence:
    """Each V_i(rho_i) is at most 1/(1 - gamma_i) by (3); reward 1 for ever attains it."""
    printed = parse(kernel.statement.split(r"\sum_{i=1}^N")[-1], READ_DISCOUNTS)
    chain = single_task.value_upper()
    attained = theory.value(loop(1, own), [[1]])[0]
    return kernel.definition(
        kernel.confirmed(
            kernel.proof(chain, chain.conclusion), kernel.sign(attained, "<=", printed, OWN)
        )
    )


@claim(
    "sec2-objective-nonconcave",
    where=WHERE,
    statement="which is a non-concave objective",
    kind=Kind.EXISTENCE,
    lines=(78, 78),
    depends=("eq-1", "eq-4"),
    controls=(ingredient("points on the concave side", weights=(1, 3, 9)),),
    note="read as: in general it is not concave; theta = (log w, 0) for weights w = 1/9, 1/3, 1",
)
def objective_is_not_concave(kernel: Kernel) -> Evidence:
    """At the middle of two parameters the bandit's value lies below the middle of the values."""
    weights = kernel.given("weights", (Fraction(1, 9), Fraction(1, 3), Fraction(1)))
    task = bandit(gamma)
    low, middle, high = (
        theory.objective(task, policy_from_weights([[weight, 1]])) for weight in weights
    )
    return kernel.sign(middle, "<", (low + high) / 2, Box(gamma=DISCOUNT))


@claim(
    "sec2-independent-policies",
    where=WHERE,
    statement=r"Treating each of the environments as independent RL problems would produce different policies $\pi_i^*$",
    kind=Kind.EXISTENCE,
    lines=(80, 80),
    controls=(ingredient("the same task twice", second=0),),
    note="read as: it can; shown by the first example, whatever the discount",
)
def tasks_want_different_policies(kernel: Kernel) -> Evidence:
    """With L at S2 and S4, V_1(S3) increases and V_2(S3) decreases with the probability of L."""
    tasks = example_1(gamma).tasks
    policy = example_policy(1, left, 1)
    slopes = [
        theory.value(tasks[k], policy)[_S3].derivative("left")
        for k in (0, kernel.given("second", 1))
    ]
    return kernel.every(
        kernel.sign(slopes[0], ">", 0, EXAMPLE_1), kernel.sign(slopes[1], "<", 0, EXAMPLE_1)
    )


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
