r"""What Section 2.2 says about a single task: deterministic optima, Bellman, stationary points."""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized
from dcpg_theory.ledger import (
    Kind,
    claim,
    ingredient,
    narrate,
    unsettled,
)
from dcpg_theory.models.examples import example_1, example_2, example_policy
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.theory.assumptions import (
    FINITE_PARAMETERS,
    STATIONARY_POLICIES,
)
from proofs_check.chains import several_tasks, single_task
from proofs_check.chains.unvisited import unvisited_stays_unvisited
from proofs_check.instances.corridor import S3
from proofs_check.instances.small_tasks import bandit
from proofs_check.instances.two_policies import Setting
from proofs_check.readings.sums import Index, read
from proofs_check.symbols import (
    DISCOUNT,
    EXAMPLE_2_POLICIES,
    gamma,
    p,
)


@claim(
    "sec2-single-task-deterministic",
    where="Section 2.2",
    statement=r"In single task RL it is known that under mild assumptions there exists a deterministic policy $\pi^*$ that maximizes the objective",
    kind=Kind.EXISTENCE,
    lines=(86, 86),
    depends=("eq-1",),
    assumptions=(STATIONARY_POLICIES,),
    controls=(ingredient("the sum of two tasks instead of one", tasks=(0, 1)),),
    note="finitely many states and actions; the deterministic policies are then finitely many",
)
def one_task_needs_no_randomness(kernel: Kernel) -> Evidence:
    """Every policy is at most as good as the one that is greedy for its Q, in every state.

    So the best of the finitely many deterministic policies is best of all. In the first task of
    the first example, always L is at least as good as a coin toss at S3.
    """
    tasks = [example_1(gamma).tasks[k] for k in kernel.given("tasks", (0,))]
    tossing, best = (
        sum(theory.value(task, example_policy(1, q, 1))[S3] for task in tasks)
        for q in (Fraction(1, 2), 1)
    )
    chain = single_task.deterministic_is_enough()
    special = kernel.sign(tossing, "<=", best, Box(gamma=DISCOUNT))
    return kernel.confirmed(kernel.proof(chain), special)


@claim(
    "sec2-bellman-optimality",
    where="Section 2.2",
    statement="the value function of the optimal deterministic policy satisfies the Bellman optimality equation",
    kind=Kind.IDENTITY,
    lines=(86, 86),
    depends=("eq-1", "sec2-single-task-deterministic"),
    controls=(ingredient("a policy that is not optimal", choice=0),),
    note="optimal in every state; one that is only best from a start may do anything elsewhere",
)
def optimal_values_satisfy_bellman(kernel: Kernel) -> Evidence:
    """If no greedy policy beats V, then V = max_a Q: both inequalities, and antisymmetry."""
    choice = kernel.given("choice", 1)
    task = example_1(gamma).tasks[0]
    policy = example_policy(choice, choice, choice)
    gap = (theory.value(task, policy)[:, None] - theory.action_value(task, policy))[1:4]
    box = Box(gamma=DISCOUNT)
    special = [kernel.sign(value, ">=", 0, box) for value in gap.flat]
    chain = single_task.bellman_optimality()
    return kernel.confirmed(kernel.proof(chain), *special)


def _stuck_at_infinity(kernel: Kernel) -> Evidence:
    """A bandit that always takes its second action, which pays 0: gradient 0, and beaten."""
    task, stuck = bandit(Fraction(1, 2)), [[0, 1]]
    flat = theory.gradient(task, stuck)
    instance = {
        "task": "one state, actions pay 1 and 0, gamma = 1/2",
        "policy": "always the second",
        "gradient": f"({flat[0, 0]}, {flat[0, 1]})",
    }
    values = theory.objective(task, stuck), theory.objective(task, [[1, 0]])
    return kernel.at_instance(values[0], ">=", values[1], instance)


@claim(
    "sec2-single-task-stationary",
    where="Section 2.2",
    statement="every stationary point is globally optimal",
    kind=Kind.IDENTITY,
    lines=(113, 113),
    depends=("eq-16",),
    assumptions=(STATIONARY_POLICIES,),
    controls=(ingredient("the sum of two tasks instead of one", tasks=(0, 1)),),
    note=(
        "about one task. At finite parameters it holds, and only because a stationary point then "
        "has no advantage anywhere: all policies are equally good. With points at infinity, which "
        "the second example calls stationary, every deterministic policy is one"
    ),
)
def stationary_points_of_one_task(kernel: Kernel) -> Evidence:
    """Where the gradient vanishes and all d(s) pi(a|s) > 0, A = 0, so V' - V = M' Pi' A = 0.

    States with d(s) = 0 are left out: finite parameters give every action a positive probability,
    and then no policy visits them (a second chain), so that V(rho) does not change. Without finite
    parameters: one state, actions that pay 1 and 0, always the second: gradient 0, value 0.
    For two tasks, the fair coin at S3 in the second example is stationary and not optimal.
    """
    which = kernel.given("tasks", (0,))
    problem = example_2(gamma, p)
    tossing, right = (
        example_policy(Fraction(1, 2), q, Fraction(1, 2)) for q in (Fraction(1, 2), 0)
    )
    slope = sum(theory.gradient(problem.tasks[k], tossing)[S3, 0] for k in which)
    special = []
    if slope == 0:
        here, there = (
            sum(theory.objective(problem.tasks[k], x) for k in which) for x in (tossing, right)
        )
        special.append(kernel.sign(here, ">=", there, EXAMPLE_2_POLICIES))
    chain = single_task.stationary_is_optimal()
    left_out = kernel.proof(unvisited_stays_unvisited())
    proof = kernel.confirmed(kernel.every(kernel.proof(chain), left_out), *special)
    return kernel.conditional(proof, FINITE_PARAMETERS.name, _stuck_at_infinity(kernel))


_BELOW = r"(s) \pi_\theta(a|s)}"
_DIVIDED = r"\sum_{s,a} \frac{d_{i,\rho_i}^{\pi^*}(s) \pi^*(a|s)}{d_{i,\mu_i}^{\pi_\theta}(s) \pi_\theta(a|s)} \frac{\partial V_i^{\pi_\theta}(\mu_i)}{\partial \theta_{s,a}}"


def by_the_gradient(kernel: Kernel, printed: str) -> Evidence:
    """V* - V = sum_s d*(s)/d_mu(s) sum_a pi*(a|s)/pi(a|s) dV(mu)/dtheta_{s,a}: a chain and an instance.

    The instance has two states, mu is not rho, and pi* is the better deterministic policy. What the
    gradient is multiplied with grows as pi(a|s) -> 0, and at infinity it may vanish where V* > V.
    """
    half, third = Fraction(1, 2), Fraction(1, 3)
    task = FiniteMDP([[[1, 0], [0, 1]], [[1, 0], [0, 1]]], [[0, third], [half, 1]], half, [1, 0])
    mu = [third, 1 - third]
    policy, best = [[half, half], [third, 1 - third]], [[0, 1], [0, 1]]
    setting = Setting(MultiTaskProblem([task], exploration=[mu]), policy, best, 0)
    slopes = theory.value_gradient(task, policy, mu)

    def names(at: Index) -> dict[str, Any]:
        known = dict(setting.names(at))
        if "s" in at and "a" in at:
            slope = slopes[at["s"]][at["a"]]
            known[r"\frac{\partial V_i^{\pi_\theta}(\mu_i)}{\partial \theta_{s,a}}"] = slope
        return known

    text = normalized(printed).replace(r"^{\pi^*}", r"^{\pi_{\theta^*}}")
    text = text.replace(r"\pi^*(", r"\pi_{\theta^*}(")
    special = kernel.at_instance(
        setting.gap(),
        "=",
        read(text, names, setting.ranges, {"i": 0}),
        {"task": "two states", "mu": "(1/3, 2/3)"},
    )
    return kernel.confirmed(kernel.proof(several_tasks.gradient_domination()), special)


@claim(
    "sec2-gradient-domination",
    where="Section 2.2",
    statement="the objective function, despite being non-concave, satisfies a kind of ‘‘gradient domination’’ condition",
    kind=Kind.UPPER_BOUND,
    lines=(111, 113),
    depends=("eq-16", "sec41-single-task", "sec2-objective-nonconcave"),
    assumptions=(STATIONARY_POLICIES,),
    controls=(
        ingredient("the gradient is not divided by pi", equation=_DIVIDED.replace(_BELOW, "(s)}")),
    ),
    note=(
        "cited there, not printed; read as: the gap to any policy is at most a factor times the norm of "
        "the gradient, for the softmax and mu > 0. The factor depends on theta: no constant serves, "
        "which is why the paper regularizes"
    ),
)
def gradient_dominates(kernel: Kernel) -> Evidence:
    """The gap is a sum of multiples of the gradient's entries; at infinity the bandit is stuck."""
    holds = by_the_gradient(kernel, kernel.given("equation", _DIVIDED))
    if not holds.verdict.passes:
        return holds
    return kernel.conditional(holds, FINITE_PARAMETERS.name, _stuck_at_infinity(kernel))


no_analog = unsettled(
    "sec2-no-bellman-analog",
    where="Section 2.2",
    statement="hence there is no natural analog to the Bellman equation",
    kind=Kind.EXISTENCE,
    lines=(86, 86),
    reason="not a mathematical statement: 'natural analog' is not defined",
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
