r"""Section 4.1: why a stationary point of several tasks need not be optimal."""

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
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from proofs_check.chains import several_tasks
from proofs_check.chains import visitation as visitation_chains
from proofs_check.instances.corridor import HALF, S3, second, slope_at_s3
from proofs_check.instances.small_tasks import bandit
from proofs_check.instances.two_policies import Setting
from proofs_check.readings.display_49 import SETTINGS, compare
from proofs_check.readings.wording import about
from proofs_check.section_2_single_task import by_the_gradient
from proofs_check.symbols import DISCOUNT, EXAMPLE_2, gamma, own, p

WHERE = "Section 4.1"

# A bandit whose actions pay 1 and 0: p is stationary for L where lambda = p(1-p)/((1-g)(p-1/2)).
_p = symbols("p")[0]
_NEAR = Box(p=open_interval(HALF, 1), gamma_i=DISCOUNT)


def _stationary() -> tuple[Any, Any]:
    """Return lambda as a function of p, and the gradient of L at p, which vanishes."""
    regularization = _p * (1 - _p) / ((1 - own) * (_p - HALF))
    return regularization, theory.gradient(bandit(own), [[_p, 1 - _p]], regularization)


def _advantages_at(which: str) -> list[Any]:
    values = theory.advantage(bandit(own), [[_p, 1 - _p]])[0]
    return list(values) if which == "all" else [values[0]]


def _decay(kernel: Kernel) -> Evidence:
    """Along p -> 1 the regularization goes to 0 and the gradient of L is 0, but A(a_2) = -p.

    The largest advantage is 1 - p >= 0 and does go to 0: it is at most twice lambda (1 - gamma).
    A statement about all actions is read as |A| <= 1/2 for lambda small enough, that is p near 1.
    """
    regularization, slopes = _stationary()
    which = "some" if r"\max" in normalized(kernel.statement) else "all"
    near = _NEAR.replace(p=open_interval(Fraction(9, 10), 1))
    flat = kernel.identity(slopes, np.zeros((1, 2), dtype=int), _NEAR)
    power = kernel.given("power", 1)
    bounded = [
        kernel.sign(side, "<=", 2 * (1 - own) * regularization**power, near)
        for value in _advantages_at(which)
        for side in (value, -value)
    ]
    if which == "all":
        return kernel.every(flat, *bounded)
    chain = several_tasks.advantages_bounded()
    proof = kernel.proof(chain)
    return kernel.confirmed(proof, flat, *bounded)


_DECAY = Fault(
    Severity.GAP,
    Origin.PAPER,
    "only the positive parts decay: the advantage of an action that is given up tends to what it "
    "loses, a negative number; the positive parts are all that the proof of Theorem 2 uses",
)
decay = Claim(
    id="sec41-advantage-decay",
    where=WHERE,
    statement=r"which translates to $A_i^{\pi_\theta}(s, a)$ decaying to zero for all s, a for a proper choice of λ",
    kind=Kind.UPPER_BOUND,
    check=_decay,
    lines=(199, 199),
    depends=("eq-51",),
    controls=(misprint("for all s, a", "for any s, a"),),
    fault=_DECAY,
)
decay_corrected = decay.variant(
    id="sec41-advantage-decay-corrected",
    statement=r"which translates to $\max_a A_i^{\pi_\theta}(s, a)$ decaying to zero for all s for a proper choice of λ",
    lines=None,
    fault=None,
    depends=("eq-50-corrected",),
    controls=(ingredient("as fast as the square of lambda", power=2),),
    note=(
        "0 <= max_a A <= 2 lambda (1 - gamma_i)/(|S| d(s)): eq-50-corrected with one task; needs "
        "d_{i,mu_i}(s) > 0"
    ),
    adds={"d_{i,mu_i}(s) > 0": "prop-1-exploration-sharp"},
)


@claim(
    "sec41-single-task",
    where=WHERE,
    statement=r"V_i^{\pi^*}(\rho_i) - V_i^{\pi_\theta}(\rho_i) = \frac{1}{1-\gamma} \sum_{s,a} d_{i,\rho_i}^{\pi^*}(s) \pi^*(a|s) A_i^{\pi_\theta}(s,a).",
    kind=Kind.IDENTITY,
    lines=(203, 203),
    depends=("lemma-b3-corrected",),
    controls=(
        misprint(r"A_i^{\pi_\theta}", r"A_i^{\pi_{\theta^*}}"),
        misprint(r"\frac{1}{1-\gamma}", "1"),
    ),
    note="about one task, so gamma is that task's; called gradient domination, but it is an identity",
)
def performance_difference_of_one_task(kernel: Kernel) -> Evidence:
    """Insert (1 - gamma) rho = d - gamma d Pi P into (1 - gamma) rho (V* - V)."""
    about(kernel, r"V_i^{\pi^*}(\rho_i) - V_i^{\pi_\theta}(\rho_i) =")
    chain = visitation_chains.performance_difference()
    right = normalized(kernel.statement).split("=", 1)[1].rstrip(".")
    for old, new in (
        (r"1-\gamma}", r"1-\gamma_i}"),
        (r"^{\pi^*}", r"^{\pi_{\theta^*}}"),
        (r"\pi^*(", r"\pi_{\theta^*}("),
    ):
        right = right.replace(old, new)
    special = [
        kernel.at_instance(
            setting.gap(), "=", setting.value_of(right, {"i": 0}), {"instance": name}
        )
        for name, setting in SETTINGS.items()
        if len(setting.problem.tasks) == 1
    ]
    return kernel.confirmed(kernel.proof(chain), *special)


def _domination(kernel: Kernel) -> Evidence:
    """Does the displayed equation make stationary points optimal? The gradient does not occur in it.

    Added up over the tasks it holds in the second example, at the fair coin too, where the gradient
    of the sum vanishes and the coin is beaten. With the gradient in it, it does: a chain.
    """
    if r"\partial V" in kernel.statement:
        equation = normalized(kernel.statement).removesuffix("isagradientdominationproperty")
        return by_the_gradient(kernel, equation.split("=")[1])
    coin = kernel.given("coin", HALF)
    problem = example_2(HALF, Fraction(1))
    here, there = (example_policy(HALF, q, HALF) for q in (coin, 0))
    gap = theory.objective(problem, there) - theory.objective(problem, here)
    added = sum(
        theory.visitation(task, there)
        @ (np.array(there, dtype=object) * theory.advantage(task, here)).sum(axis=1)
        / (1 - task.discount)
        for task in problem.tasks
    )
    slopes = theory.gradient(problem, here)
    return kernel.every(
        kernel.at_instance(gap, "=", added, {"equation": "added up over both tasks"}),
        kernel.identity(slopes, np.zeros(slopes.shape, dtype=int)),
        kernel.at_instance(gap, "<=", 0, {"policy": "the fair coin, gamma = 1/2, p = 1"}),
    )


domination = Claim(
    id="sec41-domination-name",
    where=WHERE,
    statement="This condition is often referred to as the gradient domination property",
    kind=Kind.DEFINITION,
    check=_domination,
    lines=(205, 205),
    depends=("sec41-single-task",),
    controls=(ingredient("another coin, which is not stationary", coin=Fraction(1, 3)),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "the display is the performance difference lemma, an identity without the gradient. It holds "
        "for several tasks as well, added up, as the next display says; what 'we do not have in the "
        "general MTRL setting' is domination by the gradient",
    ),
)
domination_corrected = domination.variant(
    id="sec41-domination-name-corrected",
    statement=(
        r"$V_i^{\pi^*}(\rho_i) - V_i^{\pi_\theta}(\rho_i) = \sum_{s,a} "
        r"\frac{d_{i,\rho_i}^{\pi^*}(s) \pi^*(a|s)}{d_{i,\mu_i}^{\pi_\theta}(s) \pi_\theta(a|s)} "
        r"\frac{\partial V_i^{\pi_\theta}(\mu_i)}{\partial \theta_{s,a}}$ is a gradient domination property"
    ),
    kind=Kind.IDENTITY,
    lines=None,
    fault=None,
    depends=("sec41-single-task", "eq-16"),
    controls=(
        misprint(r"(s) \pi_\theta(a|s)}", "(s)}"),
        misprint(r"\frac{d_{i,\rho_i}^{\pi^*}(s)", r"\frac{d_{i,\mu_i}^{\pi_\theta}(s)"),
    ),
    note="at finite parameters and with d_{i,mu_i}(s) > 0; for several tasks it needs (12)",
)


_D_RHO, _D_MU = r"d_{i,\rho_i}^{\pi_{\theta^*}}(s)", r"d_{i,\mu_i}^{\pi_\theta}(s)"
_A = r"A_i^{\pi_\theta}(s,a)"
_HOLDING = r"\sum_{i: s \in \mathcal{S}_i}"
_GAP = r"V(\theta^*; \rho) - V(\theta; \rho)"
_FIRST = rf"\sum_{{i=1}}^N \frac{{1}}{{1-\gamma_i}} \sum_{{s \in \mathcal{{S}}_i}} \sum_{{a \in \mathcal{{A}}}} {_D_RHO} \pi_{{\theta^*}}(a|s) {_A}"
_SECOND = rf"\sum_{{s,a}} \pi_{{\theta^*}}(a|s) {_HOLDING} \frac{{{_D_RHO}}}{{{_D_MU}}} \frac{{{_D_MU}}}{{1-\gamma_i}} {_A}"


def _of_the_sum(kernel: Kernel) -> Evidence:
    """Add the performance differences of the tasks up."""
    chain = several_tasks.difference()
    return kernel.confirmed(kernel.proof(chain), *compare(kernel, kernel.statement, SETTINGS))


def _reordered(kernel: Kernel) -> Evidence:
    """Exchange the finite sums, and multiply and divide by d_{i,mu_i}(s) > 0."""
    chain = several_tasks.grouped()
    text = kernel.statement.rstrip(".")
    return kernel.confirmed(kernel.proof(chain), *compare(kernel, text, SETTINGS))


first_line = Claim(
    id="sec41-sum-difference",
    where=f"{WHERE}, line 1",
    statement=f"{_GAP} &= {_FIRST}",
    kind=Kind.IDENTITY,
    check=_of_the_sum,
    lines=(207, 207),
    depends=("lemma-b3-corrected",),
    controls=(misprint(r"A_i^{\pi_\theta}", r"A_i^{\pi_{\theta^*}}"),),
    note="here the superscript of the advantage is right, unlike in (49)",
)
second_line = Claim(
    id="sec41-sum-ratio",
    where=f"{WHERE}, line 2",
    statement=rf"{_FIRST} \\ &= {_SECOND}",
    kind=Kind.IDENTITY,
    check=_reordered,
    lines=(207, 207),
    depends=("sec41-sum-difference",),
    controls=(misprint(rf"\frac{{{_D_RHO}}}{{{_D_MU}}}", r"\frac{1}{1}"),),
    note="needs d_{i,mu_i}(s) > 0",
)


def _needed(kernel: Kernel) -> Evidence:
    """At an optimal policy the gap is 0; is the printed sum then 0 for all s and a?

    A bandit at p = 1 is optimal, and the summand of the action that is not played is -1/(1 - gamma).
    Weighted by pi* and added up, the summands are the gap (sec41-sum-ratio).
    """
    setting = Setting(MultiTaskProblem([bandit(HALF)]), [[1, 0]], [[1, 0]], 1)
    printed = normalized(kernel.statement).split(r"\rightarrow")[0]
    if r"\sum_{s,a}" in printed:
        parts = compare(kernel, f"{_GAP} &= {printed}", SETTINGS)
        chain = several_tasks.difference()
        return kernel.confirmed(kernel.proof(chain), *parts)
    optimal = kernel.at_instance(setting.gap(), "=", 0, {"policy": "optimal"})
    return kernel.every(
        optimal,
        *(
            kernel.at_instance(
                setting.value_of(printed, {"s": 0, "a": a}), "=", 0, {"action": a + 1}
            )
            for a in (0, 1)
        ),
    )


needed = Claim(
    id="sec41-needed",
    where=WHERE,
    statement=rf"{_HOLDING} \frac{{{_D_RHO}}}{{{_D_MU}}} \frac{{{_D_MU}}}{{1-\gamma_i}} {_A} \rightarrow 0,",
    kind=Kind.UPPER_BOUND,
    check=_needed,
    lines=(211, 211),
    depends=("sec41-sum-ratio",),
    controls=(misprint(r"}{1-\gamma_i}", r"}{1-\gamma_i^2}"),),
    fault=Fault(
        Severity.GAP,
        Origin.PAPER,
        "not needed for every s and a ('To achieve the global optimality one needs to have'): the "
        "terms of actions that pi* does not play need not vanish, and others may cancel; needed is "
        "the sum weighted by pi*",
    ),
)
needed_corrected = needed.variant(
    id="sec41-needed-corrected",
    statement=rf"{_SECOND} \rightarrow 0",
    lines=None,
    fault=None,
    controls=(misprint(rf"\frac{{{_D_RHO}}}{{{_D_MU}}}", r"\frac{1}{1}"),),
    note="equal to the gap V(theta*; rho) - V(theta; rho), so its vanishing is needed and enough",
)


def _returned(kernel: Kernel) -> Evidence:
    """At the stationary points of L of a bandit, p -> 1, the sum for the second action is -p/(1-g)."""
    about(
        kernel,
        r"\sum_{i: s \in \mathcal{S}_i} \frac{d_{i,\mu_i}^{\pi_\theta}(s)}{1-\gamma_i} A_i^{\pi_\theta}(s,a) \rightarrow 0",
    )
    regularization, slopes = _stationary()
    flat = kernel.identity(slopes, np.zeros((1, 2), dtype=int), _NEAR)
    which = "some" if r"\max" in normalized(kernel.statement) else "all"
    near = _NEAR.replace(p=open_interval(Fraction(9, 10), 1))
    share = kernel.given("share", 2)
    bounded = [
        kernel.sign(side / (1 - own), "<=", share * regularization, near)
        for value in _advantages_at(which)
        for side in (value, -value)
    ]
    if which == "all":
        return kernel.every(flat, *bounded)
    chain = several_tasks.advantages_bounded()
    return kernel.confirmed(kernel.proof(chain), flat, *bounded)


returned = Claim(
    id="sec41-returned",
    where=WHERE,
    statement=rf"{_HOLDING} \frac{{{_D_MU}}}{{1-\gamma_i}} {_A} \rightarrow 0.",
    kind=Kind.UPPER_BOUND,
    check=_returned,
    lines=(215, 215),
    depends=("eq-51",),
    controls=(ingredient("a hundredth of the bound", share=Fraction(1, 100)),),
    fault=_DECAY,
    note="'the policy gradient algorithm can only return (cf. (8))', read for all s and a as lambda -> 0",
)
returned_corrected = returned.variant(
    id="sec41-returned-corrected",
    statement=rf"\max_a {_HOLDING} \frac{{{_D_MU}}}{{1-\gamma_i}} {_A} \rightarrow 0",
    lines=None,
    fault=None,
    depends=("eq-50-corrected",),
    controls=(ingredient("a hundredth of the bound", share=Fraction(1, 100)),),
    note="it is at least 0 and at most 2 lambda N/|S| where the gradient is small",
)


@claim(
    "sec41-no-domination",
    where=WHERE,
    statement=r"Although each component task function $V_i^{\pi_\theta}(\rho_i)$ satisfies the gradient domination condition, their sum may not",
    kind=Kind.EXISTENCE,
    lines=(205, 205),
    depends=("sec2-ex2-middle",),
    controls=(ingredient("another coin", coin=Fraction(1, 3)),),
    note="gradient domination: every stationary point is optimal",
)
def sum_without_domination(kernel: Kernel) -> Evidence:
    """At the fair coin of the second example the sum is stationary and beaten, neither task is."""
    coin = kernel.given("coin", HALF)
    problem = example_2(gamma, p)
    policy = example_policy(HALF, coin, HALF)
    inner = EXAMPLE_2.replace(p=open_interval(HALF, 1))
    return kernel.every(
        kernel.identity(slope_at_s3(problem, coin), [0, 0], EXAMPLE_2),
        kernel.sign(second(coin), "<", second(0), EXAMPLE_2),
        kernel.sign(theory.value_gradient(problem.tasks[0], policy)[S3, 0], ">", 0, inner),
        kernel.sign(theory.value_gradient(problem.tasks[1], policy)[S3, 0], "<", 0, inner),
    )


@claim(
    "sec41-other-policies",
    where=WHERE,
    statement="this issue also arises in other forms of policy, e.g., direct parameterization, and with other types of policy gradient methods, e.g., mirror descent",
    kind=Kind.EXISTENCE,
    lines=(217, 217),
    depends=("sec41-no-domination",),
    controls=(ingredient("another coin", coin=Fraction(1, 3)),),
    note=(
        "a point whose gradient in the probabilities themselves has equal entries is fixed by "
        "projected gradient ascent and by mirror descent with any regularizer"
    ),
)
def stationary_for_direct_parameters(kernel: Kernel) -> Evidence:
    """Along pi(a|S3) the derivative is sum_i d_i Q_i(S3, a)/(1 - gamma): equal for L and R."""
    coin = kernel.given("coin", HALF)
    policy = example_policy(HALF, coin, HALF)
    slopes = sum(
        theory.visitation(task, policy)[S3] * theory.action_value(task, policy)[S3]
        for task in example_2(gamma, p).tasks
    )
    return kernel.every(
        kernel.identity([slopes[0]], [slopes[1]], EXAMPLE_2),
        kernel.sign(second(coin), "<", second(0), EXAMPLE_2),
    )


@claim(
    "sec41-ratios",
    where=WHERE,
    statement=r"This problem is due to the ratios $d_{i,\rho_i}^{\pi_{\theta^*}}(s)/d_{i,\mu_i}^{\pi_\theta}(s)$ being different across the environments",
    kind=Kind.EXISTENCE,
    lines=(217, 217),
    depends=("sec41-no-domination", "sec41-sum-ratio"),
    controls=(ingredient("the first task twice", copies=True),),
    note="where they are equal, every stationary point is optimal; in the second example they differ",
)
def ratios_differ(kernel: Kernel) -> Evidence:
    """Under (12) the gradient of the sum cannot vanish at a policy that is beaten (a chain).

    In the second example with mu = rho, for pi* = always L and the fair coin, d_1 and d_2 at S3 are
    equal under the coin (mirror images), and d*_1 > d*_2 for p in (1/2, 1].
    """
    tasks = example_2(gamma, p).tasks
    other = tasks[0] if kernel.given("copies", False) else tasks[1]
    ratios = [
        theory.visitation(task, example_policy(HALF, 1, HALF))[S3]
        / theory.visitation(task, example_policy(HALF, HALF, HALF))[S3]
        for task in (tasks[0], other)
    ]
    chain = several_tasks.stationary_is_optimal()
    return kernel.confirmed(kernel.proof(chain), kernel.sign(ratios[0], ">", ratios[1], EXAMPLE_2))


biased = unsettled(
    "sec41-biased-gradients",
    where=WHERE,
    statement="Because of this distribution mismatch, gradient descent approach uses biased gradients in its update.",
    kind=Kind.EMPIRICAL,
    lines=(217, 217),
    reason=(
        "'biased' is not defined, and not meant as in statistics: the gradients are exact, those of "
        "sum_i V_i(mu_i), which for mu = rho is (5) itself; what is weighted otherwise than in the "
        "gap are the tasks' advantages, see sec41-sum-ratio and sec41-ratios"
    ),
)
correct = unsettled(
    "sec41-correct-mismatch",
    where=WHERE,
    statement="One cannot easily correct this mismatch since the optimal policy π_{θ^*} is unknown",
    kind=Kind.EMPIRICAL,
    lines=(217, 217),
    reason="'easily' is not a mathematical statement",
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
