r"""Section 4.2: Assumption 2, what is said to satisfy it, and the sentences around Theorem 2."""

from __future__ import annotations

import re
import sys
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import as_fmpq, symbols
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
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from proofs_check.chains import several_tasks
from proofs_check.chains import visitation as visitation_chains
from proofs_check.instances.corridor import HALF
from proofs_check.instances.small_tasks import bandit
from proofs_check.instances.two_policies import Setting, absorbing
from proofs_check.readings.theorem_2_terms import Terms
from proofs_check.readings.wording import about
from proofs_check.symbols import DISCOUNT, EXAMPLE_2_POLICIES, gamma, left, own, p

WHERE = "Section 4.2"

_x, _y, _u, _v, _other = symbols("x", "y", "u", "v", "gamma_j")
_BOX = Box(**dict.fromkeys(("x", "y", "u", "v", "gamma_i", "gamma_j"), DISCOUNT))


def _walk(discount: Any, start: Any) -> Any:
    """Return d(s_2) where s_1 leads to s_2, which is never left, from s_1 with probability start."""
    task = FiniteMDP([[[0, 1]], [[0, 1]]], [[0], [0]], discount, [start, 1 - start])
    return theory.visitation(task, [[1], [1]])[1]


def _ratios(*, discount: bool, start: bool, exploration: bool) -> list[Any]:
    """Return the ratio of (12) at s_2 in two tasks that share P, and the named numbers."""
    second = own if discount else _other
    first = _walk(own, _x) / _walk(own, _u)
    return [first, _walk(second, _x if start else _y) / _walk(second, _u if exploration else _v)]


def _matched(kernel: Kernel) -> Evidence:
    """Two identical tasks, s_1 -> s_2: are the printed ratios equal for the mu that are meant?

    If mu = [mu_1; mu_2] may be anything, mu_1 and mu_2 may differ, and even a task and its copy
    violate (12). With one mu they satisfy it.
    """
    words, display = normalized(kernel.statement).split(normalized("we have"))
    ratios = _ratios(discount=True, start=True, exploration="andμ" not in words)
    names = {}
    for index, mu in (("i", _u), ("j", _u if "andμ" not in words else _v)):
        names[rf"d_{{{index},\rho_{index}}}^{{\pi_{{\theta^*}}}}(s)"] = _walk(own, _x)
        names[rf"d_{{{index},\mu_{index}}}^{{\pi_\theta}}(s)"] = _walk(own, mu)
    sides = [parse(side, names) for side in display.split(r",\forall")[0].split("=")]
    return kernel.definition(
        kernel.identity(sides, ratios, _BOX), kernel.identity([sides[0]], [sides[1]], _BOX)
    )


_EQ_12 = r"\frac{d_{i,\rho_i}^{\pi_{\theta^*}}(s)}{d_{i,\mu_i}^{\pi_\theta}(s)} = \frac{d_{j,\rho_j}^{\pi_{\theta^*}}(s)}{d_{j,\mu_j}^{\pi_\theta}(s)}, \quad \forall s: s \in \mathcal{S}_i \cap \mathcal{S}_j, \quad \forall i, j \in [N]"
eq_12 = Claim(
    id="eq-12",
    where=f"{WHERE}, Assumption 2, (12)",
    statement=rf"for any π_θ and μ we have {_EQ_12}",
    kind=Kind.DEFINITION,
    check=_matched,
    lines=(223, 225),
    depends=("eq-18-corrected",),
    controls=(misprint(r"d_{j,\mu_j}^{\pi_\theta}(s)", r"d_{j,\rho_j}^{\pi_{\theta^*}}(s)"),),
    fault=Fault(
        Severity.GAP,
        Origin.PAPER,
        "'and mu' has to go: mu = [mu_1; ...; mu_N] is the algorithm's, and if every mu_i could be "
        "chosen freely even two copies of one task would violate (12)",
    ),
)
eq_12_corrected = eq_12.variant(
    id="eq-12-corrected",
    statement=rf"for the $\mu$ of Algorithm 1, with $\mu_i > 0$, and any $\pi_\theta$ we have {_EQ_12}",
    lines=None,
    fault=None,
    note="mu_i > 0 keeps the denominators from 0; pi* may be a limit of softmax policies",
    adds={"mu_i > 0": "prop-1-exploration-sharp"},
)


@claim(
    "assumption-2-optimum",
    where=f"{WHERE}, Assumption 2",
    statement="Let π_{θ^*} be an optimal policy solving (5)",
    kind=Kind.DEFINITION,
    lines=(223, 223),
    depends=("eq-5",),
    controls=(ingredient("the other action is the better one", rewards=(0, 1)),),
    fault=Fault(
        Severity.GAP,
        Origin.PAPER,
        "as for (5): often no theta is optimal. The proof allows any comparison policy, so pi* may "
        "be optimal among all policies (prop-1), which is the nearest true reading",
    ),
)
def optimum_is_attained(kernel: Kernel) -> Evidence:
    """A bandit: moving halfway to the better action improves every softmax policy."""
    rewards = kernel.given("rewards", (1, 0))
    chosen = symbols("pi")[0]
    task = bandit(gamma, *rewards)
    here, there = (
        theory.objective(task, [[q, 1 - q]]) for q in (chosen, (chosen + rewards[0]) / 2)
    )
    return kernel.somewhere(here, ">=", there, Box(gamma=DISCOUNT, pi=DISCOUNT))


@claim(
    "assumption-2-optimum-corrected",
    where=f"{WHERE}, Assumption 2",
    statement=r"Let $\pi^*$ be optimal for (5) among all policies $\pi : \mathcal{S} \to \Delta(\mathcal{A})$",
    kind=Kind.DEFINITION,
    depends=("eq-1",),
    controls=(ingredient("the worse action", best=0),),
    note="the simplices are compact and V is continuous in the probabilities, so there is one",
)
def optimum_exists_among_policies(kernel: Kernel) -> Evidence:
    """The bandit: the policy p = 1 is at least as good as every other one."""
    chosen = symbols("pi")[0]
    task, best = bandit(gamma), kernel.given("best", 1)
    here, there = (theory.objective(task, [[q, 1 - q]]) for q in (chosen, best + 0 * chosen))
    return kernel.definition(kernel.sign(here, "<=", there, Box(gamma=DISCOUNT, pi=DISCOUNT)))


assumption_2 = Claim(
    id="assumption-2",
    where=f"{WHERE}, Assumption 2",
    statement=rf"Let π_{{θ^*}} be an optimal policy solving (5). Then for any π_θ and μ we have {_EQ_12}",
    kind=Kind.DEFINITION,
    lines=(223, 225),
    parts=("assumption-2-optimum", "eq-12"),
)


@claim(
    "sec42-fraction",
    where=WHERE,
    statement=r"is the discounted fraction of time that agent i visits state $s_i \in \mathcal{S}_i$",
    kind=Kind.IDENTITY,
    lines=(227, 227),
    depends=("eq-18-corrected",),
    controls=(ingredient("without the factor 1 - gamma", factor=1),),
    note="read as: the d(s) are not negative and add up to 1 over the states",
)
def visitation_is_a_distribution(kernel: Kernel) -> Evidence:
    """D 1 = (1 - gamma) rho 1 + gamma d Pi P 1 = (1 - gamma) + gamma d 1."""
    chain = visitation_chains.total_is_one()
    task, policy = example_2(gamma, p).tasks[0], example_policy(HALF, left, HALF)
    d = theory.visitation(task, policy) * kernel.given("factor", 1 - gamma) / (1 - gamma)
    special = kernel.identity([d.sum()], [1], EXAMPLE_2_POLICIES)
    return kernel.confirmed(kernel.proof(chain), special)


def _shared(kernel: Kernel) -> Evidence:
    """Two tasks with what the statement says they share; what it does not say may differ.

    s_1 leads to s_2, which is never left; each of discount, rho and mu is varied alone.
    """
    text = kernel.statement
    said = {
        "discount": "discount" in text,
        "start": r"\rho_i" in text,
        "exploration": r"\mu_i" in text,
    }
    everything = {"discount": True, "start": True, "exploration": True}
    equal = []
    for name, named in said.items():
        one, two = _ratios(**{**everything, name: named})
        label = f"the ratio at s_2, {name} varied"
        equal.append(kernel.identity([one], [two], _BOX, labels=lambda _, label=label: label))  # type: ignore[misc]
    chain = visitation_chains.same_kernel()
    return kernel.confirmed(kernel.proof(chain), *equal)


shared = Claim(
    id="sec42-shared-kernel",
    where=WHERE,
    statement="Assumption 2 holds in the important case where the component tasks share the same state space and transition probability, but differ in their reward functions",
    kind=Kind.IDENTITY,
    check=_shared,
    lines=(229, 229),
    depends=("eq-12-corrected", "eq-18-corrected"),
    controls=(misprint("state space and transition probability", "state space"),),
    fault=Fault(
        Severity.GAP,
        Origin.PAPER,
        "true with the same discount, the same rho_i and the same mu_i as well; Section 5.1 adds the "
        "'identical initial state distribution'",
    ),
    note="what is not said to be shared may differ",
)
shared_corrected = shared.variant(
    id="sec42-shared-kernel-corrected",
    statement=r"Assumption 2 holds in the important case where the component tasks share the same state space, transition probability, discount factor, $\rho_i$ and $\mu_i > 0$, but differ in their reward functions",
    lines=None,
    fault=None,
    controls=(
        misprint(", discount factor", ""),
        misprint(r", $\rho_i$ and", " and"),
        misprint(r" and $\mu_i > 0$", ""),
    ),
    note="each of the three added conditions is necessary: the controls leave one out at a time",
    adds=dict.fromkeys(
        ("the same discount", "the same rho_i", "the same mu_i > 0"),
        "sec42-shared-kernel-corrected",
    ),
)


@claim(
    "sec42-domination",
    where=WHERE,
    statement=r"this assumption guarantees the objective function (5) obeys a kind of gradient domination",
    kind=Kind.UPPER_BOUND,
    lines=(227, 227),
    depends=("eq-12-corrected", "sec41-sum-ratio"),
    controls=(ingredient("the second example at the fair coin, without (12)", example_2=True),),
    note="read as: where the gradient of sum_i V_i(mu_i) vanishes, no policy that (12) holds for is better",
)
def stationary_points_are_optimal(kernel: Kernel) -> Evidence:
    """V* - V = sum_s w(s) sum_a pi*(a|s) (F A)(s, a), and F A = 0 where pi F A = 0 and pi > 0.

    Special case: two bandits with opposite rewards, at the policy (p, 1 - p), whose gradient is 0.
    """
    if kernel.given("example_2", False):
        problem = example_2(HALF, Fraction(1))
        here, there = example_policy(HALF, HALF, HALF), example_policy(HALF, Fraction(1), HALF)
    else:
        problem = MultiTaskProblem([bandit(HALF), bandit(HALF, 0, 1)])
        here = np.array([[Fraction(1, 3), Fraction(2, 3)]])
        there = np.array([[Fraction(1), Fraction(0)]])
    slopes = theory.gradient(problem, here)
    flat = kernel.identity(slopes, np.zeros(slopes.shape, dtype=int))
    gap = theory.objective(problem, there) - theory.objective(problem, here)
    chain = several_tasks.stationary_is_optimal()
    optimal = kernel.at_instance(gap, "<=", 0, {"gradient": "vanishes"})
    return kernel.confirmed(kernel.proof(chain), flat, optimal)


def _equal_starts(kernel: Kernel) -> Evidence:
    """(23) at k = 0 for two agents on bandits with theta_1^0 = (x/2, -x/2) and theta_2^0 = 0.

    ||theta_1^0 - mean||^2 = x^2/8, and the bound alpha D/(1 - sigma_2) is below 1 for the alpha of
    (13). Without loss of generality x may be anything, 4 say; assumed, it is 0.
    """
    about(kernel, r"that $\theta_i^0 = \theta_j^0, \forall i, j$")
    free = "withoutlossofgenerality" in normalized(kernel.statement)
    apart = as_fmpq(kernel.given("apart", 4 if free else 0))
    terms = Terms(
        {"gamma_1": HALF, "gamma_2": HALF, "lambda": Fraction(1, 8), "sigma": 0, "s": 1, "a": HALF}
    )
    largest = HALF / 8 * 2 / (4 * terms.gradient_bound) / terms.total_smoothness
    bound = (largest * terms.gradient_bound).as_constant()
    instance = {"x": apart, "alpha": "the largest of (13)", "k": 0}
    return kernel.at_instance(apart**2 / 8, "<=", bound**2, instance)


equal_starts = Claim(
    id="sec42-equal-starts",
    where=WHERE,
    statement=r"we assume without loss of generality that $\theta_i^0 = \theta_j^0, \forall i, j$",
    kind=Kind.DEFINITION,
    check=_equal_starts,
    lines=(231, 231),
    controls=(ingredient("the agents start farther apart", apart=100),),
    fault=Fault(
        Severity.GAP,
        Origin.PAPER,
        "an assumption, not without loss of generality: (23) fails at k = 0 for agents that start "
        "apart, and (34) gets the term ||theta^0||^2_{I-W}/(2 alpha); Theorem 2 has to state it",
    ),
)
equal_starts_corrected = equal_starts.variant(
    id="sec42-equal-starts-corrected",
    statement=r"we assume that $\theta_i^0 = \theta_j^0, \forall i, j$",
    lines=None,
    fault=None,
    controls=(
        ingredient("the agents start apart", apart=4),
        misprint("we assume", "we assume without loss of generality"),
    ),
    adds={"equal starts": "sec42-equal-starts"},
)


def _reference(kernel: Kernel) -> Evidence:
    """Fig. 2 (d) and (e), the simulations with two starts, stand in Section 5.1."""
    section = re.findall(r"inSection(\d\.\d)", normalized(kernel.statement))[0]
    where = {"sentence": "Section 4.2", "simulation": "Fig. 2 (d), (e), Section 5.1"}
    return kernel.at_instance(Fraction(section), "=", Fraction("5.1"), where)


reference = Claim(
    id="sec42-self-reference",
    where=WHERE,
    statement="as we will illustrate by simulation in Section 4.2",
    kind=Kind.DEFINITION,
    check=_reference,
    lines=(241, 241),
    controls=(misprint("4.2", "5.2"),),
    fault=Fault(
        Severity.SLIP, Origin.PAPER, "the sentence itself is in Section 4.2; meant is Section 5.1"
    ),
)
reference_corrected = reference.variant(
    id="sec42-self-reference-corrected",
    statement="as we will illustrate by simulation in Section 5.1",
    lines=None,
    fault=None,
    controls=(misprint("5.1", "5.2"),),
)


@claim(
    "sec42-bad-exploration",
    where=WHERE,
    statement="A bad choice of μ may result in a local optimum (or stationary point) convergence by breaking Assumption 2",
    kind=Kind.EXISTENCE,
    lines=(241, 241),
    depends=("sec42-shared-kernel-corrected",),
    controls=(ingredient("the tasks explore alike", exploration=HALF),),
    note="the tasks share P, discount and rho; the uniform policy is stationary for L, whatever lambda is",
)
def bad_exploration(kernel: Kernel) -> Evidence:
    """Two absorbing states; at s_1 task 1 pays 1 for a_1 and task 2 pays 2/3 for a_2.

    With mu_1 = (2/5, 3/5) and mu_2 = (3/5, 2/5) the gradients at s_1 cancel, since 2/5 = 3/5 * 2/3,
    while under rho = (1/2, 1/2) the first action is better.
    """
    share = kernel.given("exploration", Fraction(2, 5))
    start = [HALF, HALF]
    tasks = [
        absorbing([[1, 0], [0, 0]], HALF, start),
        absorbing([[0, Fraction(2, 3)], [0, 0]], HALF, start),
    ]
    problem = MultiTaskProblem(tasks, exploration=[[share, 1 - share], [1 - share, share]])
    setting = Setting(problem, [[HALF, HALF]] * 2, [[1, 0], [1, 0]], 0)
    lam = symbols("lambda")[0]
    slopes = theory.gradient(problem, setting.policy, lam, problem.exploration)
    box = Box(**{"lambda": DISCOUNT})
    return kernel.every(
        kernel.identity(slopes, np.zeros((2, 2), dtype=int), box),
        kernel.at_instance(setting.gap(), ">", 0, {"policy": "uniform"}),
    )


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
