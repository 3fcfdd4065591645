r"""Section 3: the relative entropy (6), the objective (7), the visitation, the gradient (8) and (51)."""

from __future__ import annotations

import re
import sys
from typing import Any

import flint
import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
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
from dcpg_theory.models.examples import example_2, example_policy
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.theory.assumptions import FINITE_PARAMETERS, STATIONARY_POLICIES
from proofs_check.chains import single_task
from proofs_check.chains.gradient import (
    visitation_is_a_distribution,
    visitation_is_nonnegative,
)
from proofs_check.chains.softmax_gradient import closed_form, positive_policy, regularized_gradient
from proofs_check.instances.corridor import HALF
from proofs_check.instances.small_tasks import bandit
from proofs_check.instances.turning_task import BOX, DIRECTIONS, MU, TurningTask
from proofs_check.readings.displays import Leaves, Reader, sides
from proofs_check.symbols import DISCOUNT, EXAMPLE_2_POLICIES, gamma, left, p

WHERE = "Section 3"


@claim(
    "sec3-unconstrained",
    where=WHERE,
    statement=r"One advantage of using softmax policies is that θ is unconstrained, making (5) an unconstrained optimization problem.",
    kind=Kind.IDENTITY,
    lines=(133, 133),
    depends=("eq-4",),
    controls=(ingredient("theta itself as the policy", softmax=False),),
    note="every real theta gives a policy; the policies it gives are those with positive entries",
)
def every_theta_gives_a_policy(kernel: Kernel) -> Evidence:
    """The softmax is positive and sums to one whatever theta is: chains for any number of actions.

    Special case: three actions with weights w = exp(theta), up to a common factor in (0, 1).
    """
    weights = list(symbols("w1", "w2", "w3"))
    box = Box(w1=DISCOUNT, w2=DISCOUNT, w3=DISCOUNT)
    policy = policy_from_weights([weights])[0] if kernel.given("softmax", True) else weights
    positive, total = positive_policy(), single_task.softmax_sums_to_one()
    special = (
        kernel.identity(policy[0] + policy[1] + policy[2], 1, box),
        *(kernel.sign(entry, ">", 0, box) for entry in policy),
    )
    proofs = [kernel.proof(chain) for chain in (positive, total)]
    return kernel.confirmed(kernel.every(*proofs), *special)


@claim(
    "sec3-optimum-at-infinity",
    where=WHERE,
    statement=r"the optimal policy, which is possibly deterministic, may be attained only by sending θ to infinity",
    kind=Kind.EXISTENCE,
    lines=(133, 133),
    depends=("eq-4",),
    controls=(ingredient("actions that pay the same", rewards=(1, 1)),),
)
def optimum_is_out_of_reach(kernel: Kernel) -> Evidence:
    """One state, actions that pay 1 and 0: always the first is best, and no softmax policy is that.

    At finite theta the probability of the first is some x in (0, 1), and its value is smaller.
    """
    task = bandit(gamma, *kernel.given("rewards", (1, 0)))
    chosen = symbols("pi")[0]
    here, best = (theory.objective(task, [[x, 1 - x]]) for x in (chosen, chosen**0))
    return kernel.sign(here, "<", best, Box(gamma=DISCOUNT, pi=DISCOUNT))


scaling = unsettled(
    "sec3-exponential-scaling",
    where=WHERE,
    statement="Such an exponential scaling with the parameters makes studying the convergence of this method more challenging.",
    kind=Kind.ORDER,
    lines=(133, 133),
    reason="a motivation: 'more challenging' is no mathematical statement",
)


@claim(
    "sec3-kl",
    where=WHERE,
    statement=r"\text{KL}(p, q) = \mathbb{E}_{x \sim p}[-\log(q(x)/p(x))]",
    kind=Kind.DEFINITION,
    lines=(137, 137),
    controls=(misprint(r"x \sim p", r"x \sim q"), misprint(r"-\log", r"\log")),
    note="finite for the softmax, which is positive; U_A is 1/|A| for every action",
)
def divergence_is_the_usual_one(kernel: Kernel) -> Evidence:
    """It is sum_x p(x) (log p(x) - log q(x)), with a symbol for every logarithm, for three points."""
    law, sign, above, below = re.findall(
        r"x\\sim ?(p|q)\}\[(-?)\\log\((p|q)\(x\)/(p|q)\(x\)\)\]", normalized(kernel.statement)
    )[0]
    chances = {name: symbols(*(f"{name}{x}" for x in range(3))) for name in "pq"}
    logs = {name: symbols(*(f"log_{name}{x}" for x in range(3))) for name in "pq"}
    factor = -1 if sign else 1
    terms = [
        (factor * weight * (a - b), usual * (c - d))
        for weight, a, b, usual, c, d in zip(
            chances[law], logs[above], logs[below], chances["p"], logs["p"], logs["q"], strict=True
        )
    ]
    names = {str(s): DISCOUNT for group in (*chances.values(), *logs.values()) for s in group}
    printed, true = ([term[k] for term in terms] for k in (0, 1))
    return kernel.definition(kernel.identity(printed, true, Box(**names)))


@claim(
    "eq-6-definition",
    where="Section 3, (6)",
    statement=r"\text{RE}(\pi_\theta) \triangleq \mathbb{E}_{s \sim \text{Unif}_{\mathcal{S}}} [\text{KL}(U_{\mathcal{A}}, \pi_\theta(\cdot|s))]",
    kind=Kind.DEFINITION,
    lines=(135, 135),
    depends=("sec3-kl", "eq-4"),
    controls=(ingredient("the sum over the states instead of the average", states=1),),
    note="S is the union of the S_i; all logarithms are finite at finite theta",
)
def entropy_is_an_average(kernel: Kernel) -> Evidence:
    """Its value is what the library computes, and 0 for the uniform policy; with symbols for logs.

    On two states and three actions: log pi(a|s) = l_sa and log 3 are symbols.
    """
    names = [f"l_{s}{a}" for s in range(2) for a in range(3)]
    logs, log3 = symbols(*names), symbols("log_A")[0]
    divergences = [
        sum((-(entry + log3) for entry in logs[3 * s : 3 * s + 3]), start=0 * log3) / 3
        for s in range(2)
    ]
    average = sum(divergences) / kernel.given("states", 2)
    table = iter([*logs, log3])
    library = theory.relative_entropy(np.full((2, 3), flint.fmpq(1, 3)), log=lambda _: next(table))
    box = Box(**dict.fromkeys([*names, "log_A"], DISCOUNT))
    return kernel.definition(kernel.identity(average, library, box))


_LOG_SUM = r"\sum_{a \in \mathcal{A}} \log \pi_\theta(a|s)"


def _closed_form(kernel: Kernel) -> Evidence:
    """Average the definition: two averages of log|A| are log|A|, the rest is the double sum.

    Special cases: the uniform policy on two states and two actions has RE = 0; without the sum over
    the states the printed line depends on s, and at either state it is -(log 2)/2. And another
    policy on two states and three actions, to nine digits.
    """
    side = kernel.statement.split("=", 1)[1]

    def printed(policy: Any) -> Any:
        logs = [[flint.arb(flint.fmpq(*entry)).log() for entry in row] for row in policy]
        states, actions = flint.arb(len(logs)), flint.arb(len(logs[0]))
        names = {
            r"\sum_{s \in \mathcal{S}} " + _LOG_SUM: sum(map(sum, logs)),
            _LOG_SUM: sum(logs[0]),
            r"\log |\mathcal{A}|": actions.log(),
            r"|\mathcal{S}|": states,
            r"|\mathcal{A}|": actions,
        }
        return parse(side, names)

    def gap() -> Any:
        ratios = [flint.arb(flint.fmpq(len(row) * a, b)) for row in skew for a, b in row]
        return printed(skew) + sum(ratio.log() for ratio in ratios) / len(ratios)

    margin = flint.arb(flint.fmpq(1, 10**9))
    coin, skew = [[(1, 2)] * 2] * 2, [[(1, 2), (1, 3), (1, 6)], [(1, 5), (3, 5), (1, 5)]]
    shown: dict[str, Any] = {"|S|": 2, "|A|": 2, "policy": "uniform", "RE": 0}
    chain = closed_form()
    return kernel.confirmed(
        kernel.proof(chain),
        kernel.enclosed(lambda: printed(coin), "=", lambda: flint.arb(0), shown),
        kernel.enclosed(gap, ">", lambda: -margin, {"|S|": 2, "|A|": 3}),
        kernel.enclosed(gap, "<", lambda: margin, {"|S|": 2, "|A|": 3}),
    )


_CLOSED = r"\text{RE}(\pi_\theta) = -\frac{1}{|\mathcal{S}||\mathcal{A}|} SUM - \log |\mathcal{A}|"
closed = Claim(
    id="eq-6-closed",
    where="Section 3, (6)",
    statement=_CLOSED.replace("SUM", _LOG_SUM).replace(r"\text{RE}(\pi_\theta) ", ""),
    kind=Kind.IDENTITY,
    check=_closed_form,
    lines=(135, 135),
    depends=("eq-6-definition",),
    controls=(misprint(r"- \log |", r"+ \log |"),),
    fault=Fault(
        Severity.SLIP,
        Origin.EXTRACTION,
        "the sum over the states is missing, so s stands for nothing; (87) has it, and (8) is the "
        "gradient with it",
    ),
)
closed_corrected = closed.variant(
    id="eq-6-closed-corrected",
    statement=_CLOSED.replace("SUM", r"\sum_{s \in \mathcal{S}} " + _LOG_SUM),
    lines=None,
    controls=(
        misprint(r"- \log |", r"+ \log |"),
        misprint(r"\sum_{s \in \mathcal{S}}", ""),
        misprint(r"|\mathcal{S}||\mathcal{A}|", r"|\mathcal{S}||\mathcal{S}|"),
    ),
)
eq_6 = Claim(
    id="eq-6",
    where="Section 3, (6)",
    statement=r"\text{RE}(\pi_\theta) \triangleq \mathbb{E}_{s \sim \text{Unif}_{\mathcal{S}}} [\text{KL}(U_{\mathcal{A}}, \pi_\theta(\cdot|s))] = \dots",
    kind=Kind.DEFINITION,
    parts=("eq-6-definition", "eq-6-closed"),
)


def _objective_side(kernel: Kernel, target: Any) -> Evidence:
    """Read the printed sum for three tasks, with symbols for the values, lambda and RE."""
    values = symbols("V_1", "V_2", "V_3")
    weight, entropy = symbols("lambda", "RE")
    leaves: Leaves = {
        r"V_<i>^{\pi_\theta}(\rho_<j>)": lambda i, j: values[i] * int(i == j),
        r"L_<i>^\lambda(\theta; \rho_<j>)": lambda i, j: (
            (values[i] - weight * entropy) * int(i == j)
        ),
        r"\lambda": lambda: weight,
        r"\text{RE}(\pi_\theta)": lambda: entropy,
    }
    printed = [
        Reader({"i": range(3)}, leaves).read(side)
        for side in sides(kernel.statement)
        if r"\sum" in side
    ]
    true = [target(values, weight * entropy)] * len(printed)
    names = dict.fromkeys(("V_1", "V_2", "V_3", "lambda", "RE"), DISCOUNT)
    return kernel.definition(kernel.identity(printed, true, Box(**names)))


_IN_7: dict[str, Any] = {"where": "Section 3, (7)", "kind": Kind.DEFINITION, "lines": (139, 139)}


@claim(
    "eq-7-sum",
    statement=r"L^\lambda(\theta; \rho) = \sum_{i=1}^N L_i^\lambda(\theta; \rho_i)",
    depends=("sec2-start-value",),
    controls=(
        misprint(r"\sum_{i=1}^N", r"\frac{1}{3} \sum_{i=1}^N"),
        misprint("L_i", r"\lambda L_i"),
    ),
    note="L without a task is a number here, and the vector of the L_i(theta_i) in Appendix B",
    **_IN_7,
)
def objective_is_a_sum(kernel: Kernel) -> Evidence:
    """The sum over the tasks, each at its own start and all at the same theta."""
    return _objective_side(kernel, lambda values, RE: sum(values) - 3 * RE)


@claim(
    "eq-7-tasks",
    statement=r"\sum_{i=1}^N L_i^\lambda(\theta; \rho_i) = \sum_{i=1}^N (V_i^{\pi_\theta}(\rho_i) - \lambda \text{RE}(\pi_\theta))",
    depends=("sec2-start-value", "eq-6-closed"),
    controls=(
        misprint("- \\lambda", "+ \\lambda"),
        misprint(
            r"(\rho_i) - \lambda \text{RE}(\pi_\theta))",
            r"(\rho_i)) - \lambda \text{RE}(\pi_\theta)",
        ),
    ),
    note=(
        "every task carries the whole regularizer, over the union S of the state spaces, also in "
        "states that are not its own: L subtracts N lambda RE"
    ),
    **_IN_7,
)
def every_task_is_regularized(kernel: Kernel) -> Evidence:
    """L = sum_i V_i - N lambda RE, as (28), (34) and (52) use it; here N = 3."""
    return _objective_side(kernel, lambda values, RE: sum(values) - 3 * RE)


eq_7 = Claim(
    id="eq-7",
    where="Section 3, (7)",
    statement=r"L^\lambda(\theta; \rho) = \sum_{i=1}^N L_i^\lambda(\theta; \rho_i) = \sum_{i=1}^N (V_i^{\pi_\theta}(\rho_i) - \lambda \text{RE}(\pi_\theta))",
    kind=Kind.DEFINITION,
    lines=(139, 139),
    parts=("eq-7-sum", "eq-7-tasks"),
)


@claim(
    "sec3-visitation",
    where=WHERE,
    statement=r"d_i^{\pi_\theta}(s|s_0) \triangleq (1 - \gamma_i) \sum_{k=0}^{\infty} \gamma_i^k P_i^{\pi_\theta}(s_i^k = s | s_i^0 = s_0)",
    kind=Kind.DEFINITION,
    lines=(143, 143),
    depends=("eq-4",),
    assumptions=(STATIONARY_POLICIES,),
    controls=(misprint(r"(1 - \gamma_i) \sum", r"\sum"), misprint(r"\gamma_i^k", r"\gamma^k")),
)
def visitation_is_a_law(kernel: Kernel) -> Evidence:
    """The series converges to (1 - gamma_i) M, whose entries are not negative and sum to one.

    Special cases: both sides on a task with two states; the sums in the second example, for all
    transition probabilities. A bare gamma is another number than gamma_i.
    """
    turning = TurningTask(DIRECTIONS[0])
    left_side, right_side = (turning.read(x, ("s", "s_0")) for x in sides(kernel.statement))
    task, policy = example_2(gamma, p).tasks[0], example_policy(HALF, left, HALF)
    columns = theory.visitation_matrix(task, policy).sum(axis=0)
    special = (
        kernel.identity(right_side, left_side, BOX),
        kernel.identity(columns, np.ones(5, dtype=int), EXAMPLE_2_POLICIES),
    )
    chains = (visitation_is_a_distribution(), visitation_is_nonnegative())
    proofs = kernel.every(*(kernel.proof(chain) for chain in chains))
    return kernel.definition(kernel.confirmed(proofs, *special))


@claim(
    "sec3-visitation-start",
    where=WHERE,
    statement=r"d_{i,\rho_i}^{\pi_\theta}(s) = \mathbb{E}_{s_0 \sim \rho_i}[d_i^{\pi_\theta}(s|s_0)]",
    kind=Kind.DEFINITION,
    lines=(145, 145),
    depends=("sec3-visitation",),
    controls=(misprint("(s|s_0)]", "(s_0|s)]"), misprint(r"d_{i,\rho_i}", r"d_{i,\mu_i}")),
)
def visitation_from_a_start(kernel: Kernel) -> Evidence:
    """The average of the laws over the start is the law from that start, (1 - gamma_i) rho M."""
    turning = TurningTask(DIRECTIONS[0])
    printed = [value for side in sides(kernel.statement) for value in turning.read(side, ("s",))]
    true = [*theory.visitation(turning.task, turning.policy)]
    chain = single_task.visitation_is_resolvent()
    special = kernel.identity(printed, true * 2, BOX)
    return kernel.definition(kernel.confirmed(kernel.proof(chain), special))


def _gradient(kernel: Kernel) -> Evidence:
    """The gradient of the value (Appendix B.4), and -lambda RE' = lambda/|S| (1/|A| - pi(a|s)).

    Special case: a task with two states and three actions, its solved value and pi'/pi.
    """
    start = MU if r"\mu_i" in sides(kernel.statement)[0] else None
    turning = [TurningTask(direction) for direction in DIRECTIONS]
    printed = [[each.read(side)[0] for side in sides(kernel.statement)] for each in turning]
    true = [[each.regularized_slope(start)] * 2 for each in turning]
    chain = regularized_gradient()
    special = kernel.identity(printed, true, BOX)
    return kernel.confirmed(kernel.proof(chain), special)


_GRADIENT = r"\frac{\partial L_i^\lambda(\theta; START)}{\partial \theta_{s,a}} = \frac{1}{1 - \gamma_i} d_{i,START}^{\pi_\theta}(s) \pi_\theta(a|s) A_i^{\pi_\theta}(s, a) JOIN \frac{\lambda}{|\mathcal{S}|} \left(\frac{1}{|\mathcal{A}|} - \pi_\theta(a|s) \right)"
_SHARED: dict[str, Any] = {
    "kind": Kind.IDENTITY,
    "check": _gradient,
    "assumptions": (FINITE_PARAMETERS,),
}
_CONTROLS = (
    misprint(r"\pi_\theta(a|s) A", "A"),
    misprint(r"\frac{\lambda}{|\mathcal{S}|}", r"\frac{\lambda}{|\mathcal{A}|}"),
    misprint(r"\left(\frac{1}{|\mathcal{A}|}", r"\left(\frac{1}{|\mathcal{S}|}"),
    misprint(r"\frac{1}{1 - \gamma_i} d", "d"),
)
eq_8 = Claim(
    id="eq-8",
    where="Section 3, (8)",
    statement=_GRADIENT.replace("START", r"\rho_i")
    .replace("JOIN", r"\\ &\quad +")
    .replace(r"\theta_{s,a}} =", r"\theta_{s,a}} &="),
    lines=(147, 147),
    controls=(*_CONTROLS, misprint(r"d_{i,\rho_i}", r"d_{i,\mu_i}")),
    depends=("eq-7-tasks", "eq-6-closed", "appb4-gradient", "appb4-log-closed"),
    note="for a state s that is not in S_i, task i has no d_i and no A_i: the first line is then 0",
    **_SHARED,
)
eq_51 = Claim(
    id="eq-51",
    where="Appendix B.3, (51)",
    statement=_GRADIENT.replace("START", r"\mu_i").replace("JOIN", "+"),
    lines=(704, 704),
    controls=(*_CONTROLS, misprint(r"d_{i,\mu_i}", r"d_{i,\rho_i}")),
    depends=("eq-8",),
    note="(8) with mu_i for rho_i; called 'the gradient of theta', the gradient along theta is meant",
    **_SHARED,
)


@claim(
    "sec3-optimum-at-infinity-sharp",
    where=WHERE,
    statement=r"problem (5) need not have a stationary point: $\nabla_\theta V(\rho) \neq 0$ for every $\theta$",
    kind=Kind.EXISTENCE,
    depends=("eq-8",),
    assumptions=(FINITE_PARAMETERS,),
    controls=(ingredient("actions that pay the same", rewards=(1, 1)),),
    note="ours; so 'close to the stationary point' can only mean that the gradient is small",
)
def no_point_is_stationary(kernel: Kernel) -> Evidence:
    """One state, actions that pay 1 and 0: the first entry is pi (1 - pi)/(1 - gamma) > 0."""
    chosen = symbols("pi")[0]
    task = bandit(gamma, *kernel.given("rewards", (1, 0)))
    slope = theory.gradient(task, [[chosen, 1 - chosen]])[0, 0]
    return kernel.sign(slope, ">", 0, Box(gamma=DISCOUNT, pi=DISCOUNT))


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
