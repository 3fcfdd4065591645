r"""Section 2.1 and the statements about a single task in Section 2.2.

Every universal statement is a chain of proof from `single_task`; beside it an exact special case is
computed, which is what refutes a wrong variant.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import parse
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import symbols
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
    unsettled,
)
from dcpg_theory.models.examples import example_1, example_2, example_policy
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.policies import policy_from_weights
from dcpg_theory.theory.assumptions import (
    REWARDS_IN_UNIT_INTERVAL,
    STATIONARY_POLICIES,
)
from proofs_check.chains import single_task
from proofs_check.chains.mdp_operators import B, Policy, equal, less
from proofs_check.instances.small_tasks import bandit, loop
from proofs_check.readings.printed import (
    Linear,
    compare_sides,
    looked_up,
    misprints,
    number,
    read_off,
    unless_refuted,
)
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
    controls=(
        misprint(r"\gamma_i", r"\gamma"),
        misprint(r"\mathcal{P}_i", r"\mathcal{P}"),
        misprint(r"\mathcal{S}_i, \mathcal{A}", r"\mathcal{A}, \mathcal{S}_i"),
    ),
    note="the action set alone is common to all tasks",
)
def tasks_have_indices(kernel: Kernel) -> Evidence:
    """Each of S_i, P_i, R_i and gamma_i carries its task; in example 2 the rows of P_i sum to 1.

    In order: P_i has a number for each two states and action, R_i for each state and action.
    """
    problem = example_2(gamma, p)
    sums = [task.transitions.sum(axis=2) for task in problem.tasks]
    task = problem.tasks[0]
    sizes = {
        r"\mathcal{S}_i": task.n_states,
        r"\mathcal{A}": task.n_actions,
        r"\mathcal{P}_i": task.transitions.size,
        r"\mathcal{R}_i": task.rewards.size,
        r"\gamma_i": gamma,
    }
    indexed = kernel.indexed(*(rf"\mathcal{{{x}}}" for x in "MSPR"), r"\gamma")
    if indexed.verdict is Verdict.REFUTED:
        return indexed
    parts = read_off(r"\mathcal{M}_i = (@parts@)", kernel.statement)["parts"].split(",")
    printed = [looked_up(sizes, part) for part in parts]
    states, actions = printed[:2]
    shapes = [states, actions, states * actions * states, states * actions, gamma]
    return kernel.definition(
        indexed,
        kernel.identity(printed, shapes, EXAMPLE_2_POLICIES),
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
        misprint("k=0", "k=7"),
        misprint(r"\infty", "9"),
        misprint(r"\gamma_i^k", r"\gamma_i^2"),
    ),
)
def value_is_a_series(kernel: Kernel) -> Evidence:
    """The series converges: its sum is the resolvent applied to the rewards.

    The first printed terms and gamma^n P^n V are exactly V, with symbols for gamma, p and the
    policy at S3; where the sum ends, that last term is missing.
    """
    task, policy = example_2(gamma, p).tasks[0], example_policy(Fraction(1, 2), left, 1)
    values = theory.value(task, policy)
    step, rewards = task.policy_transitions(policy), task.policy_rewards(policy)
    printed = read_off(
        r"V_i^\pi(s_i) = \mathbb{E} \left[\sum_{k=@first@}^{@last@} @weight@ \mathcal{R}@index@s_i^k, a_i^k)"
        r" \mid s_i^0 = s_i \right], \quad a_i^k \sim \pi(\cdot|s_i^k)",
        kernel.statement,
    )

    def expected(k: int, vector: Any) -> Any:
        return vector if k == 0 else step @ expected(k - 1, vector)

    split = kernel.identity(
        _series(printed, lambda k: expected(k, rewards), lambda k: expected(k, values)),
        values,
        EXAMPLE_2_POLICIES,
    )
    indices = kernel.indexed(r"\gamma", r"\mathcal{R}")
    if indices.verdict is Verdict.REFUTED:
        return indices
    looked_up({"_i(": None}, printed["index"])
    proof = kernel.proof(single_task.series_is_solution())
    return kernel.definition(kernel.confirmed(proof, split), indices)


def _series(printed: dict[str, str], term: Callable[[int], Any], rest: Callable[[int], Any]) -> Any:
    """Return the printed sum of weighted terms; `rest(k)` is the value of all terms from k on."""
    first = int(number(printed["first"]))
    whole = printed["last"] == r"\infty"
    end = first + 3 if whole else int(number(printed["last"])) + 1
    total: Any = 0 * term(0)

    def weight(k: int) -> Any:
        names = {r"\gamma_i^k": gamma**k, r"\gamma^k": free**k, r"\gamma_i": gamma}
        return parse(printed["weight"], names)

    for k in range(first, end):
        total = total + weight(k) * term(k)
    return total + weight(end) * rest(end) if whole else total


_Q = r"Q_i^\pi(s_i, a_i) = \mathbb{E} \left[\sum_{k=0}^{\infty} GAMMA^k \mathcal{R}INDEX(s_i^k, a_i^k) \mid s_i^0 = s_i, a_i^0 = a_i \right]"


_ON_TOP = ((r"\gamma^k", r"\gamma_i^k"), (r"\mathcal{R}(", r"\mathcal{R}_i("))


def _action_value(kernel: Kernel) -> Evidence:
    """V averages Q over the policy, so in a task with one action they are equal.

    With reward 1 for ever, (1) gives 1/(1 - gamma_i), and (2) gives 1/(1 - g) for the g it prints.
    The first printed terms and gamma^n P^n V are exactly Q in the second example.
    """
    printed = read_off(
        r"Q_i^\pi(s_i, a_i) = \mathbb{E} \left[\sum_{k=@first@}^{@last@} @weight@ \mathcal{R}@index@"
        r"s_i^k, a_i^k) \mid s_i^0 = s_i, a_i^0 = a_i \right]",
        kernel.statement,
    )
    read = own if r"\gamma_i^k" in printed["weight"] else free
    value = theory.value(loop(1, own), [[1]])[0]
    task, policy = example_2(gamma, p).tasks[0], example_policy(Fraction(1, 2), left, 1)
    step, rewards = task.policy_transitions(policy), task.policy_rewards(policy)

    def expected(k: int, vector: Any) -> Any:
        return vector if k == 0 else step @ expected(k - 1, vector)

    def term(k: int) -> Any:
        return task.transitions @ expected(k - 1, rewards) if k else task.rewards

    values, solved = theory.value(task, policy), theory.action_value(task, policy)
    rest = _series(
        printed, term, lambda k: task.transitions @ expected(k - 1, values) if k else solved
    )
    indices = kernel.indexed(r"\gamma", r"\mathcal{R}")
    whole = kernel.every(
        kernel.identity(1 / (1 - read), value, OWN),
        kernel.identity(rest, solved, EXAMPLE_2_POLICIES),
        indices,
    )
    if whole.verdict is not Verdict.REFUTED:
        looked_up({"_i(": None}, printed["index"])
    return kernel.definition(whole)


action_value = Claim(
    id="eq-2-action-value",
    where="Section 2.1, (2)",
    statement=_Q.replace("GAMMA", r"\gamma").replace("INDEX", ""),
    kind=Kind.DEFINITION,
    check=_action_value,
    lines=(60, 60),
    controls=(
        misprints(*_ON_TOP, ("k=0", "k=1")),
        misprints(*_ON_TOP, (r"\infty", "9")),
    ),
    fault=INDEX,
)
action_value_corrected = action_value.variant(
    id="eq-2-action-value-corrected",
    statement=_Q.replace("GAMMA", r"\gamma_i").replace("INDEX", "_i"),
    lines=None,
    controls=(
        misprint(r"\gamma_i^k", r"\gamma^k"),
        misprint(r"\mathcal{R}_i", r"\mathcal{R}"),
        misprint("k=0", "k=1"),
        misprint(r"\infty", "9"),
    ),
)


@claim(
    "eq-2-advantage",
    where="Section 2.1, (2)",
    statement=r"A_i^\pi(s_i, a_i) = Q_i^\pi(s_i, a_i) - V_i^\pi(s_i)",
    kind=Kind.DEFINITION,
    lines=(62, 62),
    depends=("eq-1", "eq-2-action-value"),
    controls=(misprint("- V_i", "+ V_i"), misprint("Q_i", "2 Q_i")),
)
def advantage_is_a_difference(kernel: Kernel) -> Evidence:
    """With it, a policy has no advantage over itself: the average of A over its actions is 0."""
    task, policy = example_2(gamma, p).tasks[0], example_policy(Fraction(1, 2), left, 1)
    side = kernel.statement.split("=")[1]
    q, v = r"Q_i^\pi(s_i, a_i)", r"V_i^\pi(s_i)"
    solved, values = theory.action_value(task, policy)[_S3], theory.value(task, policy)[_S3]
    averaged = sum(policy[_S3] * parse(side, {q: solved, v: values}))
    special = [kernel.identity(averaged, 0, EXAMPLE_2_POLICIES)]
    for k, advantage in enumerate(theory.advantage(task, policy)[_S3]):
        names = {q: solved[k], v: values, r"A_i^\pi(s_i, a_i)": advantage}
        special.append(compare_sides(kernel, kernel.statement, names, EXAMPLE_2_POLICIES))

    def stated() -> Evidence:
        one = Policy("")
        difference = parse(side, {q: Linear(one.action_value), v: Linear(B @ one.value)})
        fact = equal(one.averages @ difference.value, Operator.zero("S", SCALARS))
        return kernel.proof(single_task.advantage_averages_to_zero(), fact)

    return kernel.definition(unless_refuted(kernel, stated, *special))


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
    controls=(
        misprint(r"\sim \rho_i", r"\sim \rho"),
        misprint(r"\sim \rho_i", r"\sim \rho_j"),
        misprint("[V_i", "[2 V_i"),
    ),
)
def start_value_is_an_average(kernel: Kernel) -> Evidence:
    """V(rho) = sum_s rho(s) V(s), in the second example started at S2 or S4.

    A rho without an index, or with another one, is some other distribution.
    """
    indexed = kernel.indexed(r"\rho")
    if indexed.verdict is Verdict.REFUTED:
        return indexed
    share, other = symbols("share", "share_j")
    task, policy = example_2(gamma, p).tasks[0], example_policy(Fraction(1, 2), left, 1)
    weights = {
        r"\rho_i": np.array([0, share, 0, 1 - share, 0]),
        r"\rho_j": np.array([0, other, 0, 1 - other, 0]),
    }
    printed = read_off(
        r"V_i^\pi(@start@) = \mathbb{E}_{s_i \sim @law@} [@value@]", kernel.statement
    )
    start, law = (looked_up(weights, printed[name]) for name in ("start", "law"))
    values = theory.value(task, policy)
    averaged = [parse(printed["value"], {r"V_i^\pi(s_i)": value}) for value in values]
    started = FiniteMDP(task.transitions, task.rewards, task.discount, start)
    box = EXAMPLE_2_POLICIES.replace(share=PROBABILITY, share_j=PROBABILITY)
    return kernel.definition(
        indexed, kernel.identity(theory.objective(started, policy), sum(law * averaged), box)
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
    box = Box(w1=DISCOUNT, w2=DISCOUNT, w3=DISCOUNT)
    printed, special = [], []
    for k, weight in enumerate(weights):
        names = {
            r"\sum_{a' \in \mathcal{A}} \exp(\theta_{i;s,a'})": total,
            r"\exp(\theta_{i;s,a'})": weights[k - 1],
            r"\exp(\theta_{i;s,a})": weight,
            r"\pi_{\theta_i}(a \mid s)": policy_from_weights([list(weights)])[0, k],
        }
        printed.append(parse(side, names))
        special.append(compare_sides(kernel, kernel.statement, names, box))
    special.append(kernel.identity(sum(printed[1:], printed[0]), 1, box))
    special.append(kernel.sign(printed[0], ">", 0, box))
    proof = kernel.proof(single_task.softmax_sums_to_one())
    return kernel.definition(kernel.confirmed(proof, *special))


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
    """Each V_i(rho_i) = rho_i V_i is at most 1/(1 - gamma_i) by (3); reward 1 for ever attains it."""
    form = r"V^* = \sup_{\theta} \sum_{i=1}^N V_i^{\pi_\theta}(\rho_i) \leq \sum_{i=1}^N @bound@"
    printed = parse(read_off(form, kernel.statement)["bound"], READ_DISCOUNTS)
    attained = theory.value(loop(1, own), [[1]])[0]

    def stated() -> Evidence:
        value = Operator.of(Atom("rho", SCALARS, "S")) @ Policy("").value
        return kernel.proof(
            single_task.start_value_upper(), less(value, unit(SCALARS).scaled(printed))
        )

    special = kernel.sign(attained, "<=", printed, OWN)
    return kernel.definition(unless_refuted(kernel, stated, special))


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


nonconcave_tasks = objective_is_not_concave.variant(
    id="sec4-nonconcave",
    where="Section 4",
    statement="each function V_i^π in (5) is in general non-concave",
    lines=(177, 177),
)


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
