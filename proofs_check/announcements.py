r"""What the text announces of Theorems 1 and 2 where it does not state them: that it can be reached.

The introduction, Sections 2.2, 3, 4.1 and 4.2 say in words what the theorems give once their
parameters are chosen. Read as: for every accuracy there are lambda, alpha and K with which the best
of the first K iterates is that accurate. A point that is reached exactly need not exist: the optimum
may lie at infinity (sec3-optimum-at-infinity).
"""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box, Interval, at_least, open_interval, positive
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized
from dcpg_theory.exact.rational_functions import as_fmpq, symbols
from dcpg_theory.ledger import Claim, Kind, claim, ingredient, misprint, narrate
from dcpg_theory.models.examples import example_2, example_policy
from proofs_check.assumptions import EQUAL_STARTS, MATCHED_VISITATION, POSITIVE_EXPLORATION
from proofs_check.chains import several_tasks, theorem_1_sharp, theorem_2
from proofs_check.chains.derivation import proof_of
from proofs_check.chains.single_agent import (
    small_gradient_alone,
    squares_are_bounded,
)
from proofs_check.instances.bandit_runs import BanditRun
from proofs_check.instances.corridor import HALF, S3
from proofs_check.readings.wording import about
from proofs_check.theorem_1 import Resting

# A stationary point ---------------------------------------------------------------------------

_UNIT = Interval(Fraction(0), Fraction(1), closed_upper=True)
_ACCURACY = Fraction(1, 100)


def _choice(kernel: Kernel) -> Evidence:
    """Put lambda, alpha and K into the bound of Theorem 1, sharp: it is at most eta.

    lambda l = x eta/3, alpha = y eta (1 - sigma_2)/(3 (b_rms + r bVbar) G_rms) and
    K = 18 Delta/(alpha eta^2 z) with x, y, z in (0, 1]: with u = b_rms delta and v = r bVbar delta,
    u + v = y eta/3, and sqrt(2 Delta/(alpha K) + u^2) <= eta/3 + u.
    """
    eta, x, y, z, share = symbols("eta", "x", "y", "z", "share")
    allowed = y * eta / 3
    u, v = allowed * share, allowed * (1 - share)
    root = eta / 3 + u
    box = Box(eta=positive(), x=_UNIT, y=_UNIT, z=_UNIT, share=open_interval(0, 1))
    return kernel.every(
        kernel.sign((eta / 3) ** 2 * z + u**2, "<=", root**2, box),
        kernel.sign(root + v + x * eta / 3, "<=", eta, box),
    )


def _near_a_stationary_point(kernel: Kernel) -> Evidence:
    """Theorem 1, sharp, with lambda, alpha and K chosen for the accuracy eta.

    The special case is at rest: a bandit with gamma = 1/2 and reward 1/2, policy (q, 1 - q), where
    grad L = 0 for lambda = q (1 - q)/(q - 1/2). For q = 999/1000 that is less than eta/3 with
    eta = 1/100, and |grad V| < eta for every K; for lambda = 3/4 it is not.
    """
    chosen = kernel.given("chosen", Fraction(999, 1000))
    policy = [[chosen, 1 - chosen]]
    weight = chosen * (1 - chosen) / (chosen - HALF)
    task = Resting(2).task
    instance = {"lambda": weight, "policy": f"({chosen}, {1 - chosen})", "eta": _ACCURACY}
    squares = sum(x * x for x in theory.gradient(task, policy)[0])
    special = kernel.every(
        kernel.identity(theory.gradient(task, policy, weight)[0], [0, 0]),
        kernel.at_instance(squares, "<=", _ACCURACY**2, instance),
    )
    return kernel.confirmed(_choice(kernel), special)


_LARGE_LAMBDA = ingredient("lambda = 3/4 for every accuracy", chosen=Fraction(3, 4))
close_to_stationary = Claim(
    id="sec3-close-to-stationary",
    where="Section 3",
    statement="under some proper choice of λ the proposed algorithm can get arbitrarily close to the stationary point of problem (5)",
    kind=Kind.UPPER_BOUND,
    check=_near_a_stationary_point,
    lines=(149, 149),
    assumptions=(EQUAL_STARTS,),
    depends=("theorem-1-sharp",),
    controls=(_LARGE_LAMBDA,),
    note=(
        "read as: the norm of the gradient of (5), over N, gets below every eta > 0; alpha has to be "
        "chosen too, of the order of eta. As a distance it fails, see sec3-optimum-at-infinity-sharp"
    ),
)
contribution_stationary = Claim(
    id="sec1-stationary",
    where="Section 1, main contributions",
    statement="We show that in the tabular setting, the algorithm converges to a stationary point of the global (non-concave) objective.",
    kind=Kind.UPPER_BOUND,
    lines=(31, 31),
    parts=("sec3-close-to-stationary", "sec2-objective-nonconcave"),
    note=(
        "read as sec3-close-to-stationary: for every accuracy there are parameters. For fixed lambda "
        "and alpha the algorithm may rest where the objective's gradient is not 0: sec4-first-result"
    ),
)


@claim(
    "sec41-gradient-vanishes",
    where="Section 4.1",
    statement=r"$\|\nabla_\theta L_i^\lambda(\theta; \mu_i)\| \rightarrow 0$",
    kind=Kind.UPPER_BOUND,
    lines=(199, 199),
    depends=("eq-9-corrected", "eq-77-gradient-sharp", "eq-86-gradient-sharp"),
    controls=(misprint(r"\rightarrow 0", r"\rightarrow 1"),),
    note="for one task and 0 < alpha <= 1/b: the whole sequence, not only its smallest element",
)
def gradient_of_one_task_vanishes(kernel: Kernel) -> Evidence:
    """The squares add up to at most 2 Delta/alpha, however many there are, so they tend to 0.

    Special case: a bandit with gamma = 1/2, lambda = 1/8 and alpha = 1/2 from the odds 3 : 1, whose
    gradient after 200 steps is closer to the limit than 1/1000.
    """
    about(kernel, r"\|\nabla_\theta L_i^\lambda(\theta; \mu_i)\| \rightarrow")
    limit = Fraction(normalized(kernel.statement).split(r"\rightarrow")[1])
    run = BanditRun((1,), (HALF,), Fraction(1, 8), HALF, 3, ((1,),))
    special = kernel.enclosed(
        lambda: abs(run.slope(0, run.iterates(201)[200][0]) - as_fmpq(limit)),
        "<=",
        lambda: run.slope(0, run.iterates(1)[0][0]) * 0 + as_fmpq(Fraction(1, 1000)),
        {"k": 200, "alpha": HALF, "limit": limit},
        256,
    )
    if limit != 0:
        return kernel.confirmed(kernel.undecided("the chain is about the limit 0"), special)
    return kernel.confirmed(proof_of(kernel, squares_are_bounded), special)


# An optimum -----------------------------------------------------------------------------------


def _gap_of(problem: Any, here: Any, there: Any) -> Any:
    return theory.objective(problem, there) - theory.objective(problem, here)


def _reached(kernel: Kernel) -> Evidence:
    """Theorem 2, sharp: for every epsilon there are lambda, alpha and K, for N >= 2 and N = 1.

    Agents at rest (two equal bandits, lambda = 3/4, M = 2) have the gap 1/2 <= lambda N M = 3 for
    every K. Without (12) there need be no such K: at the fair coin of the second example the
    gradient of L vanishes for every lambda, so also for that of epsilon = 1/100, and the gap stays.
    """
    resting = Resting(2)
    tasks, here, best, flat, accuracy = (
        resting.task,
        resting.policy,
        [[1, 0]],
        resting.regularized_gradient(),
        resting.regularization * resting.agents * 2,
    )
    gap = resting.agents * _gap_of(tasks, here, best)
    if not kernel.given("matched", True):
        problem = example_2(HALF, Fraction(1))
        coin, end = (example_policy(HALF, q, HALF) for q in (HALF, 0))
        gap, accuracy = _gap_of(problem, coin, end), _ACCURACY
        flat = theory.gradient(problem, coin, accuracy)[S3]
    instance = {"epsilon": accuracy, "gradient of L": "vanishes"}
    special = (
        kernel.identity(flat, np.zeros(np.shape(flat), dtype=int)),
        kernel.at_instance(gap, "<=", accuracy, instance),
    )
    proof = kernel.every(
        proof_of(kernel, theorem_2.small_gradient_sharp),
        proof_of(kernel, theorem_2.component),
        proof_of(kernel, lambda: several_tasks.proposition_1(Fraction(1), Fraction(1))),
        _one_task(kernel),
    )
    return kernel.confirmed(proof, *special)


def _one_task(kernel: Kernel) -> Evidence:
    """The small gradient for N = 1: alpha = 1/b and K = 2 b Delta/tau^2."""
    count = 2 * theorem_1_sharp.bbar * theorem_1_sharp.Delta / theorem_2.tau**2
    return proof_of(kernel, lambda: small_gradient_alone(1 / theorem_1_sharp.bbar, count))


_UNMATCHED = ingredient("the second example at the fair coin, without (12)", matched=False)
global_optimality = Claim(
    id="sec2-global-optimality",
    where="Section 2.2, second example",
    statement="globality optimality can be reached under a restrictive structural assumption",
    kind=Kind.UPPER_BOUND,
    check=_reached,
    lines=(127, 127),
    assumptions=(EQUAL_STARTS, MATCHED_VISITATION, POSITIVE_EXPLORATION),
    depends=("theorem-2-sharp",),
    controls=(_UNMATCHED,),
    note=(
        "the assumption is (12) for the mu_i of the algorithm, with mu_i > 0; read as: for every "
        "epsilon > 0 some iterate is epsilon-optimal. Said of Theorem 2, whose printed count is "
        "refuted and whose sharp form gives this"
    ),
)


def _again(id: str, where: str, line: int, statement: str, note: str) -> Claim:
    """Return a sentence that says the same."""
    return Claim(
        id=id,
        where=where,
        statement=statement,
        kind=Kind.UPPER_BOUND,
        lines=(line, line),
        parts=("sec2-global-optimality",),
        note=note,
    )


repeated = (
    _again(
        "sec1-global-value",
        "Section 1, main contributions",
        31,
        "Under a further assumption on the structure of environments’ dynamics, the algorithm converges to the globally optimal value.",
        "read as sec2-global-optimality: for every accuracy there are lambda, alpha and K. The "
        "assumption is about the starts as well as the dynamics: sec42-shared-kernel",
    ),
    _again(
        "sec42-sufficient",
        "Section 4.2",
        221,
        "we provide a sufficient condition on the structure of the MDPs, where a global optimality can be achieved by Algorithm 1",
        "the condition is (12), for the mu_i of Algorithm 1 and with mu_i > 0: eq-12-corrected",
    ),
    _again(
        "sec42-finds-optimum",
        "Section 4.2",
        231,
        "Under Assumption 2, we show that Algorithm 1 finds the global optimality of (5).",
        "Assumption 2 read as eq-12-corrected; 'finds' as: for every epsilon > 0 some iterate is "
        "epsilon-optimal",
    ),
)


@claim(
    "sec41-single-task-optimal",
    where="Section 4.1",
    statement="For single task RL, policy gradient methods can return a globally optimal policy in the tabular setting",
    kind=Kind.UPPER_BOUND,
    lines=(199, 199),
    depends=("theorem-2-sharp", "prop-1-sharp"),
    controls=(
        ingredient("the second example's two tasks, at the fair coin", tasks=2),
        ingredient("larger gaps", scale=20),
    ),
    note=(
        "cited there from Agarwal et al. [2020], proved here: Theorem 2, sharp, for N = 1, where (12) "
        "says nothing. Read as: for every epsilon > 0, with the relative entropy and some mu > 0"
    ),
)
def one_task_is_solved(kernel: Kernel) -> Evidence:
    """A small gradient in K = 2 b Delta/tau^2 steps, and Proposition 1 from there.

    At rest (lambda = 3/4, M = 2) the gap is 1/4, below lambda M. In the second example the fair coin
    of one task is not stationary; that of both tasks is, and is beaten by more than 1/100.
    """
    resting = Resting(1)
    gap = kernel.given("scale", 1) * _gap_of(resting.task, resting.policy, [[1, 0]])
    accuracy = resting.regularization * 2
    flat = resting.regularized_gradient()
    if kernel.given("tasks", 1) == 2:
        problem = example_2(HALF, Fraction(1))
        coin, end = (example_policy(HALF, q, HALF) for q in (HALF, 0))
        gap, accuracy = _gap_of(problem, coin, end), _ACCURACY
        flat = theory.gradient(problem, coin, accuracy)[S3]
    special = (
        kernel.identity(flat, np.zeros(np.shape(flat), dtype=int)),
        kernel.at_instance(gap, "<=", accuracy, {"epsilon": accuracy}),
    )
    proof = kernel.every(
        _one_task(kernel),
        proof_of(kernel, theorem_2.component),
        proof_of(kernel, lambda: several_tasks.proposition_1(Fraction(1), Fraction(1))),
    )
    return kernel.confirmed(proof, *special)


@claim(
    "sec41-question",
    where="Section 4.1",
    statement="Unfortunately, this question is no in general, which has been shown by the example in Section 2.2.",
    kind=Kind.EXISTENCE,
    lines=(199, 199),
    depends=("sec2-ex2-middle", "sec2-ex2-trapped"),
    controls=(ingredient("one of the two tasks", tasks=(0,)),),
    note=(
        "the answer is no: from the uniform policy, which is the usual start theta^0 = 0, Algorithm 1 "
        "never moves in that example, whatever lambda is; from other starts it does, see "
        "sec2-ex2-trapped-sharp"
    ),
)
def trapped_at_the_usual_start(kernel: Kernel) -> Evidence:
    """At theta = 0 the gradients of both tasks' L cancel at S3 and vanish elsewhere; it is beaten.

    gamma = 1/2, p = 1 and every lambda. Each agent alone would move, so with W = J the agents'
    mean stays: what is claimed is about the gradient of the sum.
    """
    weight = symbols("lambda")[0]
    problem = example_2(HALF, Fraction(1))
    coin, end = (example_policy(HALF, q, HALF) for q in (HALF, 0))
    tasks = [problem.tasks[k] for k in kernel.given("tasks", (0, 1))]
    slopes = sum(theory.gradient(task, coin, weight) for task in tasks)
    box = Box(**{"lambda": at_least(0)})
    flat = kernel.identity(slopes, np.zeros(np.shape(slopes), dtype=int), box)
    gap = sum(_gap_of(task, coin, end) for task in tasks)
    return kernel.every(flat, kernel.at_instance(gap, ">", 0, {"start": "theta^0 = 0"}))


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
