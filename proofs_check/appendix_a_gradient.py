r"""Appendix A, (16)-(18): the gradient and the visitation matrix, for all MDPs."""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import parse
from dcpg_theory.exact.numbers import NumberKind, as_array
from dcpg_theory.exact.operators import SCALARS, Atom, Operator
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.exact.verdicts import Verdict
from dcpg_theory.ledger import (
    Claim,
    Fault,
    Kind,
    Origin,
    Severity,
    claim,
    misprint,
    narrate,
)
from dcpg_theory.models.examples import example_2, example_policy
from dcpg_theory.models.policies import policy_from_weights
from proofs_check.chains import single_task
from proofs_check.chains.mdp_operators import Policy, equal
from proofs_check.instances.corridor import (
    HALF,
    S3,
)
from proofs_check.readings.printed import (
    Linear,
    columns,
    compare_sides,
    looked_up,
    misprints,
    read_off,
    relations,
    unless_refuted,
)
from proofs_check.symbols import (
    DISCOUNT,
    EXAMPLE_2_POLICIES,
    gamma,
    left,
    own,
    p,
)

_VISITS = r"d_{i,\rho_i}^{\pi_\theta}"
_LEFT = r"\frac{\partial}{\partial \theta_{s,a}} V_i^{\pi_\theta}(\rho_i)"


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
    box = EXAMPLE_2_POLICIES.replace(w_L=DISCOUNT, w_R=DISCOUNT)
    special = []
    for action, weight in enumerate((one, two)):
        names = {
            _LEFT: weight * value.derivative(str(weight)),
            r"\gamma_i": gamma,
            _VISITS + "(s)": theory.visitation(task, policy)[S3],
            r"\pi_\theta(a|s)": row[action],
            r"A_i^{\pi_\theta}(s, a)": theory.advantage(task, policy)[S3, action],
        }
        special.append(compare_sides(kernel, kernel.statement, names, box))

    def stated() -> Evidence:
        def atom(name: str, codomain: str, domain: str) -> Operator:
            return Operator.of(Atom(name, codomain, domain))

        state, pair = atom("e_s", "S", SCALARS), atom("e_sa^T", SCALARS, "SA")
        names = {
            _LEFT: Linear(atom("rho", SCALARS, "S") @ atom("V'", "S", SCALARS)),
            r"\gamma_i": own,
            _VISITS + "(s)": Linear(atom("d", SCALARS, "S") @ state),
            r"\pi_\theta(a|s)": Linear(atom("pi(a|s)", SCALARS, SCALARS)),
            r"A_i^{\pi_\theta}(s, a)": Linear(pair @ Policy("").advantage),
        }
        sides = [parse(side, names).value for side in relations(kernel.statement)[0]]
        return kernel.proof(single_task.policy_gradient(), equal(*sides))

    return unless_refuted(kernel, stated, *special)


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
    """Every entry is the visitation of one state from another; the columns sum to 1.

    In the second example, with any policy at S3.
    """
    printed = read_off(
        r"We define $D_i^{\pi_\theta}$ to be the $|\mathcal{S}_i| \times |\mathcal{S}_i|$ matrix where "
        r"the entry (@row@, @column@) is $d_i^{\pi_\theta}(s_@visited@|s_@start@)$ ",
        kernel.statement + " ",
    )
    policy = example_policy(HALF, left, HALF)
    parts = []
    for task in example_2(gamma, p).tasks:
        matrix, eye = theory.visitation_matrix(task, policy), np.eye(5, dtype=int)
        visits = np.stack([theory.visitation(task, policy, start) for start in eye])
        order = [
            (printed["start"], printed["visited"]).index(printed[k]) for k in ("row", "column")
        ]
        parts.append(kernel.identity(matrix, visits.transpose(order), EXAMPLE_2_POLICIES))
        parts.append(kernel.identity(matrix.sum(axis=0), [1] * 5, EXAMPLE_2_POLICIES))
    return kernel.definition(*parts)


def _start_average(kernel: Kernel) -> Evidence:
    """Compare the shapes of the two sides, then their entries: D rho is the visitation from rho."""
    share = symbols("share")[0]
    task, policy = example_2(gamma, p).tasks[0], example_policy(HALF, left, HALF)
    start = np.array([0, share, 1 - share, 0, 0], dtype=object)
    visited = theory.visitation(task, policy, start)
    names = columns([_VISITS], visited) | columns([r"\rho_i"], start)
    names |= columns([r"D_i^{\pi_\theta}"], theory.visitation_matrix(task, policy))
    names[r"(D_i^{\pi_\theta})^\top"] = Linear(theory.visitation_matrix(task, policy).T)
    names[_VISITS + "(s)"] = Linear(visited[[[S3]]])
    one, two = (parse(side, names).value for side in relations(kernel.statement)[0])
    shown = " x ".join(map(str, one.shape)), " x ".join(map(str, two.shape))
    shapes = [
        kernel.at_instance(here, "=", there, {"shapes": f"{shown[0]} and {shown[1]}"})
        for here, there in zip(one.shape, two.shape, strict=True)
    ]
    for shape in shapes:
        if shape.verdict is Verdict.REFUTED:
            return shape
    box = EXAMPLE_2_POLICIES.replace(share=DISCOUNT)
    proof = kernel.proof(single_task.visitation_is_resolvent())
    return kernel.confirmed(proof, *shapes, kernel.identity(one, two, box))


eq_17 = Claim(
    id="eq-17",
    where="Appendix A, (17)",
    statement=r"d_{i,\rho_i}^{\pi_\theta}(s) = D_i^{\pi_\theta} \rho_i",
    kind=Kind.IDENTITY,
    check=_start_average,
    lines=(422, 422),
    depends=("appa-d-matrix",),
    controls=(misprints(("(s) =", "="), (r"D_i^{\pi_\theta} \rho_i", r"\rho_i")),),
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
    controls=(
        misprint(r"D_i^{\pi_\theta} \rho_i", r"\rho_i"),
        misprint(r"D_i^{\pi_\theta} \rho_i", r"\rho_i^\top \rho_i"),
        misprint(r"D_i^{\pi_\theta} \rho_i", r"(D_i^{\pi_\theta})^\top \rho_i"),
    ),
)


def _resolvent(kernel: Kernel) -> Evidence:
    """With one state, d(s|s) = 1; in general D = (1 - gamma_i) (I - gamma_i P)^{-1}.

    The special cases are one state, and the second example's first task with any policy at S3.
    """
    task, policy = example_2(gamma, p).tasks[0], example_policy(HALF, left, HALF)
    one_state, step = [[1]], task.policy_transitions(policy).T
    names = {r"\gamma_i": gamma, r"\gamma": gamma}
    special = []
    for moves, visits in ((one_state, one_state), (step, theory.visitation_matrix(task, policy))):
        eye = np.eye(len(visits), dtype=int).astype(object)
        matrices = {r"D_i^\pi": visits, r"P_i^\pi": moves, "I": eye}
        read = names | {name: Linear(as_symbols(matrix)) for name, matrix in matrices.items()}
        left_side, right_side = (parse(s, read).value for s in relations(kernel.statement)[0])
        special.append(kernel.identity(left_side, right_side, EXAMPLE_2_POLICIES))

    def stated() -> Evidence:
        # Transposed: states are rows there, so that d = rho D^T, and M is the printed inverse.
        start, visits = (Operator.of(Atom(name, SCALARS, "S")) for name in ("rho", "d"))
        inverse = {r"(I - \gamma_i P_i^\pi)^{-1}": Linear(Policy("").resolvent)}
        read = parse(relations(kernel.statement)[0][1], {r"\gamma_i": own} | inverse)
        fact = equal(visits, start @ read.value)
        return kernel.proof(single_task.visitation_is_resolvent(), fact)

    return unless_refuted(kernel, stated, *special)


def as_symbols(matrix: Any) -> Any:
    """Return a matrix with rational functions for entries."""
    return as_array(matrix, NumberKind.SYMBOLIC)


eq_18 = Claim(
    id="eq-18",
    where="Appendix A, (18)",
    statement=r"D_i^\pi = (1 - \gamma P_i^\pi)^{-1}",
    kind=Kind.IDENTITY,
    check=_resolvent,
    lines=(426, 426),
    depends=("eq-1",),
    controls=(misprints((r"(1 - \gamma", r"(1 - \gamma_i)(I - \gamma_i"), ("(I -", "(I +")),),
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
    controls=(
        misprint(r"(1 - \gamma_i)(I", "(I"),
        misprint("= (1 - ", "= (1 + "),
        misprint(r"I - \gamma_i", r"I + \gamma_i"),
    ),
)


# (4) reads an action given a state; here the symbol has a state first, and both behind one bar.
_NUMBER_OF = {"s": 5, "a": 2}


def _policy_symbol(kernel: Kernel) -> Evidence:
    """The notation is that of (4): an action of two, given a state of five, in the examples.

    Given a state the probabilities sum to one, so all of them sum to five; a comma would make them
    one distribution on pairs.
    """
    form = r"We also know $\pi_\theta(@first@)$ of the policy for which we would like to evaluate"
    inside = read_off(form + " @rest@ ", kernel.statement + " ")["first"]
    bar = "|" if "|" in inside else ","
    first, second = (looked_up(_NUMBER_OF, part) for part in inside.split(bar))
    policy = example_policy(HALF, Fraction(1, 3), HALF)
    shown = {"symbol": inside, "of (4)": "a|s"}
    return kernel.definition(
        kernel.at_instance(first, "=", policy.shape[1], shown | {"first argument": "an action"}),
        kernel.at_instance(second, "=", policy.shape[0], shown | {"second argument": "a state"}),
        kernel.at_instance(second if bar == "|" else 1, "=", policy.sum(), shown),
    )


policy_symbol = Claim(
    id="appa-policy-symbol",
    where="Appendix A, after (20)",
    statement=r"We also know $\pi_\theta(s, a)$ of the policy for which we would like to evaluate the gradient",
    kind=Kind.DEFINITION,
    check=_policy_symbol,
    lines=(436, 436),
    depends=("eq-4",),
    controls=(misprint("(s, a)", "(a, a)"),),
    fault=Fault(Severity.SLIP, Origin.PAPER, "(4) and (16) write pi(a|s): an action given a state"),
)
policy_symbol_corrected = policy_symbol.variant(
    id="appa-policy-symbol-corrected",
    statement=r"We also know $\pi_\theta(a|s)$ of the policy for which we would like to evaluate the gradient",
    lines=None,
    controls=(misprint("(a|s)", "(s|a)"), misprint("(a|s)", "(a, s)")),
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
