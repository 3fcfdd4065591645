r"""Sections 5.2 and C.1: what is said of the drone experiments."""

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
from dcpg_theory.exact.linear_algebra import solve
from dcpg_theory.exact.numbers import NumberKind, as_array
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
from dcpg_theory.models.finite_mdp import FiniteMDP
from proofs_check.chains import single_task
from proofs_check.section_5_table import TABLE
from proofs_check.symbols import DISCOUNT

WHERE = "Section 5.2"
DETAILS = "Appendix C.1"
_AT_ONCE, _ON_AND_ON = 0, 1


def _corridor(reward: Any) -> FiniteMDP:
    """Return a flight: crash after one step for reward 1, or after three for `reward` each."""
    transitions = np.zeros((4, 2, 4), dtype=np.int64)
    for state, (first, second) in enumerate([(3, 1), (2, 2), (3, 3), (3, 3)]):
        transitions[state, _AT_ONCE, first] = transitions[state, _ON_AND_ON, second] = 1
    rewards = [[1, reward], [reward, reward], [reward, reward], [0, 0]]
    return FiniteMDP(transitions, rewards, Fraction(99, 100), [1, 0, 0, 0])


def _both(reward: Any) -> tuple[list[Any], list[Any]]:
    """Return the objective and the mean safe flight of crashing at once and of flying on."""
    task = _corridor(reward)
    values, flights = [], []
    for action in (_AT_ONCE, _ON_AND_ON):
        policy = np.eye(2, dtype=np.int64)[[action] * 4]
        values.append(theory.objective(task, policy))
        stay = as_array(task.policy_transitions(policy)[:3, :3], NumberKind.RATIONAL)
        eye = as_array(np.eye(3, dtype=np.int64), NumberKind.RATIONAL)
        flights.append(solve(eye - stay, as_array([1, 1, 1], NumberKind.RATIONAL))[0])
    return values, flights


@claim(
    "sec5-sa-bound",
    where=WHERE,
    statement="Therefore, if trained to the global optimum, each SA provides an upper bound on the performance of the DCPG policy in the respective environment.",
    kind=Kind.UPPER_BOUND,
    lines=(306, 306),
    depends=("eq-1", "sec2-single-task-deterministic"),
    controls=(ingredient("the SA is not trained to the optimum", reward=Fraction(1, 2)),),
    note=(
        "performance is defined two paragraphs before as the mean safe flight, but training "
        "maximises discounted reward: nothing bounds the former by an optimum of the latter. Table "
        "1 shows DCPG above SA-i in 9 of 12 cases, see sec5-often-better"
    ),
)
def optimum_bounds_the_objective(kernel: Kernel) -> Evidence:
    """In the objective V_i some deterministic policy is at least as good as any other one.

    In mean safe flight it need not be: with discount 0.99, reward 1 for one step into the wall is
    worth more than 1/3 for each of three steps, and the flight is 1 instead of 3.
    """
    values, flights = _both(kernel.given("reward", Fraction(1, 3)))
    chain = single_task.deterministic_is_enough()
    trained = {"SA": "crashes after 1 step", "other policy": "flies 3 steps"}
    holds = kernel.confirmed(
        kernel.proof(chain),
        kernel.at_instance(values[_ON_AND_ON], "<=", values[_AT_ONCE], trained),
    )
    if not holds.verdict.passes:
        return holds
    flown = kernel.at_instance(
        flights[_ON_AND_ON], "<=", flights[_AT_ONCE], trained | {"compared": "mean safe flight"}
    )
    return kernel.conditional(
        holds, "performance measured by the objective V_i, not by the mean safe flight", flown
    )


def _update(kernel: Kernel) -> Evidence:
    """The first steps for the gradient (1, 2): (9) moves along it, ADAM by alpha g/(|g| + epsilon).

    Compared is the quotient of the two coordinates' displacements; ADAM's moments, corrected for
    their bias, are g and g^2 after one step, whatever beta_1 and beta_2 are.
    """
    epsilon = symbols("epsilon")[0]
    adam = (2 / (2 + epsilon)) / (1 / (1 + epsilon))
    printed = adam if "ADAM" in kernel.statement else adam / adam * 2
    used = kernel.given("optimizer", adam)
    return kernel.identity(printed, used, Box(epsilon=DISCOUNT), labels=str)


runs_algorithm_1 = Claim(
    id="sec5-runs-algorithm-1",
    where=WHERE,
    statement="we run Algorithm 1 with the gradient g_i^k estimated by three popular variants of policy gradient algorithms: REINFORCE, advantage actor-critic (A2C), and proximal policy optimization (PPO).",
    kind=Kind.ALGORITHM,
    check=_update,
    lines=(308, 308),
    controls=(ingredient("the sign of the gradient", optimizer=symbols("epsilon")[0] ** 0),),
    fault=Fault(
        Severity.GAP,
        Origin.PAPER,
        "Appendix C.1 says that the agents use ADAM, whose step is no multiple of g_i^k, so (9) is "
        "not what was run and the theorems do not speak of it",
    ),
)
runs_algorithm_1_corrected = runs_algorithm_1.variant(
    id="sec5-runs-algorithm-1-corrected",
    statement=r"we run Algorithm 1 with $\alpha^k g_i^k$ in (9) replaced by the step of ADAM for an estimate of $g_i^k$",
    lines=None,
    controls=(misprint("the step of ADAM for", ""),),
)


@claim(
    "appc-step-size-sharp",
    where=DETAILS,
    depends=("eq-10",),
    statement=r"0.0001 > \frac{2}{4 \cdot \frac{16}{(1 - 0.99)^3}}",
    kind=Kind.EMPIRICAL,
    controls=(misprint("0.99", "0.09"), misprint("0.0001", "0.00000001")),
    note=(
        "not printed: the step size 1e-4 of four agents with discount 0.99 is over 3000 times what "
        "(10) admits, for any lambda >= 0 and even with sigma_N = 1. No theorem covers these runs"
    ),
)
def drones_step_too_far(kernel: Kernel) -> Evidence:
    """(1 + sigma_N) / (sum_i 16/(1 - gamma_i)^3 + 4 N lambda/|S|) <= 2 / (4 * 16 * 100^3)."""
    step, largest = (parse(side, {}) for side in kernel.statement.split(">"))
    return kernel.at_instance(step, ">", largest, {"agents": 4, "discount": "0.99"})


def _environments(kernel: Kernel) -> Evidence:
    """The number in the sentence, the environments that it names, and the columns of Table 1."""
    text = normalized(kernel.statement)
    stated = int(re.findall(r"select(\d)", text)[0])
    first, last = re.findall(r"Env(\d)-(\d)", text)[0] if "Env" in text else (0, 0)
    named = int(last) - int(first) + 1 if "Env" in text else len(re.findall("indoor(?!env)", text))
    columns = {len(row.means) for rows in TABLE.values() for row in rows}
    agents = {len(rows) - 1 for rows in TABLE.values()}
    return kernel.every(
        kernel.at_instance(stated, "=", named, {"environments": "stated and named"}),
        *(
            kernel.at_instance(count, "=", named, {"environments": "in Table 1"})
            for count in sorted(columns | agents)
        ),
    )


environments = claim(
    "sec5-environments",
    where=WHERE,
    statement="We select 4 indoor environments on the PEDRA platform (denoted as Env 0-3)",
    kind=Kind.EMPIRICAL,
    lines=(302, 302),
    controls=(misprint("0-3", "0-4"), misprint("select 4", "select 5")),
)(_environments)
environments_in_appendix = claim(
    "appc-environments",
    where=DETAILS,
    statement="We select 4 indoor environments on the PEDRA platform: indoor long, indoor cloud, indoor frogeyes, and indoor pyramid.",
    kind=Kind.EMPIRICAL,
    lines=(948, 948),
    depends=("sec5-environments",),
    controls=(misprint("select 4", "select 5"), misprint("indoor cloud,", "")),
)(_environments)


def _three_sets(kernel: Kernel) -> Evidence:
    """The number of sets, the estimators named, and the blocks of Table 1."""
    text = normalized(kernel.statement)
    named = [name for name in TABLE if name in text]
    stated = 3 if "threesets" in text else 0
    return kernel.every(
        kernel.at_instance(len(named), "=", stated, {"sets": "named and stated"}),
        kernel.at_instance(len(TABLE), "=", stated, {"sets": "in Table 1"}),
    )


three_sets = claim(
    "sec5-three-sets",
    where=WHERE,
    statement="we conduct three sets of experiments, where we run Algorithm 1 with the gradient g_i^k estimated by three popular variants of policy gradient algorithms: REINFORCE, advantage actor-critic (A2C), and proximal policy optimization (PPO).",
    kind=Kind.EMPIRICAL,
    lines=(308, 308),
    controls=(misprint("three sets", "four sets"), misprint("(A2C)", "")),
)(_three_sets)
three_sets_in_appendix = claim(
    "appc-three-sets",
    where=DETAILS,
    statement="We conducted three sets of experiments, where the local gradient g_i^k is estimated using REINFORCE, advantage actor-critic (A2C), and proximal policy optimization (PPO), respectively.",
    kind=Kind.EMPIRICAL,
    lines=(950, 950),
    depends=("sec5-three-sets",),
    controls=(misprint("three sets", "four sets"), misprint("(PPO)", "")),
)(_three_sets)


_LAYERS = {
    "sec5": "In each case, a 5-layer neural network is used to approximate the policy",
    "appc": "Every agent uses a 5-layer neural network as the function approximation.",
}


def _layers(kernel: Kernel) -> Evidence:
    """The number of layers that Section 5.2 states, and the one that Appendix C.1 states."""
    here, *elsewhere = (
        int(re.findall(r"a(\d)-layer", normalized(text))[0])
        for text in (kernel.statement, *_LAYERS.values())
    )
    return kernel.every(
        *(kernel.at_instance(here, "=", k, {"layers": "5.2 and C.1"}) for k in elsewhere)
    )


layers = tuple(
    claim(
        f"{section}-five-layers",
        where={"sec5": WHERE, "appc": DETAILS}[section],
        statement=statement,
        kind=Kind.EMPIRICAL,
        lines=(line, line),
        controls=(misprint("5-layer", "4-layer"),),
        note="two places agree; Figure 5, which shows the layers, is not in the text at hand",
    )(_layers)
    for (section, statement), line in zip(_LAYERS.items(), (308, 950), strict=True)
)


@claim(
    "appc-discount",
    where=DETAILS,
    statement=r"The same discount factor $\gamma = 0.99$ is used by all agents.",
    kind=Kind.DEFINITION,
    lines=(950, 950),
    controls=(misprint("0.99", "1.99"),),
    note="so Assumption 2 does not fail for different discounts here; 5.1 states no discount",
)
def discount_is_a_discount(kernel: Kernel) -> Evidence:
    """0 < gamma < 1, as Section 2.1 asks."""
    text = normalized(kernel.statement)
    stated = Fraction(re.findall(r"\\gamma=(\d\.\d+)isused", text)[0])
    return kernel.definition(
        kernel.at_instance(stated, ">", 0, {"discount": stated}),
        kernel.at_instance(stated, "<", 1, {"discount": stated}),
    )


_SETTINGS = (
    (
        "sec5-sa-local",
        WHERE,
        "We note that the SAs can be considered as the solutions to the local objective functions, while DCPG optimizes the sum of the local objective functions.",
        306,
        "said of trained networks, of which no text shows how far they are from a solution",
    ),
    (
        "sec5-trained-identically",
        WHERE,
        "We stress that in each set of the experiments, the SAs and DCPG are trained identically, with the only difference being whether the agents communicate their policies.",
        308,
        "how the authors' runs were made, of which no record is at hand; runs of `dcpg drone` are "
        "trained alike with and without a graph, which says nothing of theirs",
    ),
    (
        "appc-step-size",
        DETAILS,
        r"The agents use the ADAM optimizer with a constant step size of $1e-4$, $\beta_1 = 0.9$, and $\beta_2 = 0.999$.",
        950,
        "a setting; appc-step-size-sharp compares it with (10)",
    ),
    (
        "appc-network",
        DETAILS,
        r"which has dimension $103(\text{height}) \times 103(\text{width}) \times 3(\text{color})$. There are a total number of 25 actions",
        946,
        "the layers of Figure 5, which these sizes have to fit, are not in the text at hand",
    ),
    (
        "appc-regularizer",
        DETAILS,
        "The weight of the cross entropy regularizer is chosen to be 0.03.",
        950,
        "a setting; cross entropy and the relative entropy of (6) differ by the constant log |A|, "
        "and the lambda that Theorem 2 asks for needs its mismatch coefficient",
    ),
    (
        "appc-communication",
        DETAILS,
        "Communication happens every episode, and follows a cyclic communication graph (ring graph).",
        950,
        "a setting of runs that are not repeated here; it agrees with Section 5.1 and Algorithm 1",
    ),
    (
        "appc-episodes",
        DETAILS,
        "We train the agents for 4000 episodes in all experiments.",
        950,
        "a setting; 'all experiments' has to mean those with drones, since Section 5.1 trains the "
        "GridWorld agents for 1000 episodes",
    ),
    (
        "appc-cost",
        DETAILS,
        "Using two RTX2080 GPUs, each set of experiments takes about 25 hours to complete.",
        950,
        "a measurement on the authors' machine",
    ),
)
settings = tuple(
    unsettled(
        id,
        where=where,
        statement=statement,
        kind=Kind.EMPIRICAL,
        lines=(line, line),
        reason=reason,
    ).variant(depends=("theorem-1",) if id.startswith("sec6") else ())
    for id, where, statement, line, reason in _SETTINGS
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
