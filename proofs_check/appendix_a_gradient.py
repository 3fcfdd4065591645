r"""Appendix A, (16)-(18): the gradient and the visitation matrix, for all MDPs."""

from __future__ import annotations

import re
import sys

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.linear_algebra import inverse
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
)
from dcpg_theory.models.examples import example_2, example_policy
from dcpg_theory.models.policies import policy_from_weights
from proofs_check import single_task
from proofs_check.corridor import (
    GAMMA,
    HALF,
    S3,
)
from proofs_check.symbols import (
    DISCOUNT,
    EXAMPLE_2_POLICIES,
    gamma,
    left,
    p,
)


@claim(
    "eq-16",
    where="Appendix A, (16)",
    statement=r"\frac{\partial}{\partial \theta_{s,a}} V_i^{\pi_\theta}(\rho_i) = \frac{1}{1 - \gamma_i} d_{i,\rho_i}^{\pi_\theta}(s) \pi_\theta(a|s) A_i^{\pi_\theta}(s, a)",
    kind=Kind.IDENTITY,
    lines=(418, 418),
    depends=("eq-2-advantage", "eq-4", "eq-18"),
    controls=(
        misprint(r"\frac{1}{1 - \gamma_i} d", "d"),
        misprint(r"\pi_\theta(a|s) A", "A"),
    ),
)
def gradient_of_the_value(kernel: Kernel) -> Evidence:
    """Differentiate the Bellman equation: V' = M Pi' A; the softmax's Pi' gives the formula.

    Special case: the second example with weights w = exp(theta) at S3, where d/dtheta = w d/dw,
    differentiates the solved value itself.
    """
    one, two = symbols("w_L", "w_R")
    row = policy_from_weights([[one, two]])[0]
    task = example_2(gamma, p).tasks[0]
    policy = example_policy(HALF, row[0], HALF)
    value = theory.value(task, policy)[S3]
    printed = []
    for action in (0, 1):
        names = {
            r"\gamma_i": gamma,
            r"d_{i,\rho_i}^{\pi_\theta}(s)": theory.visitation(task, policy)[S3],
            r"\pi_\theta(a|s)": row[action],
            r"A_i^{\pi_\theta}(s, a)": theory.advantage(task, policy)[S3, action],
        }
        printed.append(parse(kernel.statement.split("=", 1)[1], names))
    slopes = [weight * value.derivative(str(weight)) for weight in (one, two)]
    box = EXAMPLE_2_POLICIES.replace(w_L=DISCOUNT, w_R=DISCOUNT)
    chain = single_task.policy_gradient()
    special = kernel.identity(printed, slopes, box)
    return kernel.confirmed(kernel.proof(chain, chain.conclusion), special)


@claim(
    "appa-d-matrix",
    where="Appendix A, before (17)",
    statement=r"We define $D_i^{\pi_\theta}$ to be the $|\mathcal{S}_i| \times |\mathcal{S}_i|$ matrix where the entry (i, j) is $d_i^{\pi_\theta}(s_i|s_j)$",
    kind=Kind.DEFINITION,
    lines=(420, 420),
    depends=("eq-18",),
    controls=(misprint("(s_i|s_j)", "(s_j|s_i)"),),
    note="i is the task and the row at once; the columns are starts, so they sum to one",
)
def columns_are_distributions(kernel: Kernel) -> Evidence:
    """Read with rows as the visited state, every column of D sums to 1 in the second example."""
    by_column = "(s_i|s_j)" in normalized(kernel.statement)
    policy = example_policy(HALF, left, HALF)
    matrices = [theory.visitation_matrix(task, policy) for task in example_2(gamma, p).tasks]
    sums = [matrix.sum(axis=0 if by_column else 1) for matrix in matrices]
    return kernel.definition(
        kernel.identity(np.stack(sums), np.ones((2, 5), dtype=int), EXAMPLE_2_POLICIES)
    )


def _start_average(kernel: Kernel) -> Evidence:
    """Compare the shapes of the two sides, then their entries: D rho is the visitation from rho."""
    side = kernel.statement.split("=", 1)[0]
    task, policy = example_2(gamma, p).tasks[0], example_policy(HALF, left, HALF)
    states = len(task.states)
    size = 1 if normalized(side).endswith("(s)") else states
    shapes = kernel.at_instance(
        size, "=", states, {"sides": "a number and a vector" if size == 1 else "two vectors"}
    )
    share = symbols("share")[0]
    start = np.array([0, share, 1 - share, 0, 0], dtype=object)
    factor = kernel.given("matrix", theory.visitation_matrix(task, policy))
    chain = single_task.visitation_is_resolvent()
    entries = kernel.identity(
        factor @ start,
        theory.visitation(task, policy, start),
        EXAMPLE_2_POLICIES.replace(share=DISCOUNT),
    )
    return kernel.confirmed(kernel.proof(chain, chain.conclusion), shapes, entries)


eq_17 = Claim(
    id="eq-17",
    where="Appendix A, (17)",
    statement=r"d_{i,\rho_i}^{\pi_\theta}(s) = D_i^{\pi_\theta} \rho_i",
    kind=Kind.IDENTITY,
    check=_start_average,
    lines=(422, 422),
    depends=("appa-d-matrix",),
    controls=(ingredient("D is the identity", matrix=np.eye(5, dtype=int)),),
    fault=Fault(
        Severity.SLIP,
        Origin.EXTRACTION,
        "the left side is one number, the right side a vector: the argument s has to go",
    ),
)
eq_17_corrected = eq_17.variant(
    id="eq-17-corrected",
    statement=r"d_{i,\rho_i}^{\pi_\theta} = D_i^{\pi_\theta} \rho_i",
    lines=None,
    controls=(ingredient("D is the identity", matrix=np.eye(5, dtype=int)),),
)


def _resolvent(kernel: Kernel) -> Evidence:
    """With one state, d(s|s) = 1; in general D = (1 - gamma_i) (I - gamma_i P)^{-1}.

    The special cases are one state, and the second example's first task with any policy at S3.
    """
    side = normalized(kernel.statement).split("=", 1)[1]
    factor = re.findall(r"^(.*)\([1I]-\\gamma(?:_i)? ?P_i\^\\pi\)\^\{-1\}$", side)[0]
    scale = parse(factor, {r"\gamma_i": gamma, r"\gamma": gamma}) if factor else gamma / gamma
    task, policy = example_2(gamma, p).tasks[0], example_policy(HALF, left, HALF)
    chain = single_task.visitation_is_resolvent()
    resolvent = inverse(np.eye(5, dtype=int) - gamma * task.policy_transitions(policy).T)
    special = (
        kernel.identity([scale / (1 - gamma)], [1], GAMMA, labels=lambda _: "one state, P = 1"),
        kernel.identity(
            scale * resolvent, theory.visitation_matrix(task, policy), EXAMPLE_2_POLICIES
        ),
    )
    return kernel.confirmed(kernel.proof(chain, chain.conclusion), *special)


eq_18 = Claim(
    id="eq-18",
    where="Appendix A, (18)",
    statement=r"D_i^\pi = (1 - \gamma P_i^\pi)^{-1}",
    kind=Kind.IDENTITY,
    check=_resolvent,
    lines=(426, 426),
    depends=("eq-1",),
    controls=(misprint("(1 - ", "2(1 - "),),
    fault=Fault(
        Severity.SLIP,
        Origin.EXTRACTION,
        "the factor 1 - gamma_i is missing (the matrices printed later have it), 1 stands for the "
        "identity matrix, and the discount has no index",
    ),
)
eq_18_corrected = eq_18.variant(
    id="eq-18-corrected",
    statement=r"D_i^\pi = (1 - \gamma_i)(I - \gamma_i P_i^\pi)^{-1}",
    lines=None,
    controls=(misprint(r"(1 - \gamma_i)(I", "(I"), misprint("= (1 - ", "= (1 + ")),
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
