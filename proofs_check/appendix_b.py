r"""Appendix B: the notation (21) and the display after it."""

from __future__ import annotations

import re
import sys
from typing import Any

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box, at_least
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.ledger import (
    Claim,
    Kind,
    claim,
    ingredient,
    misprint,
    narrate,
)
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from proofs_check.instances.small_tasks import bandit
from proofs_check.readings.displays import Leaves, Reader, sides
from proofs_check.symbols import DISCOUNT, OWN, own

WHERE = "Appendix B"
_tasks, _states, _actions = symbols("N", "S", "A")
_SIZES = Box(N=DISCOUNT, S=DISCOUNT, A=DISCOUNT)
_NAMES = {"N": _tasks, r"|\mathcal{S}|": _states, r"|\mathcal{A}|": _actions}


def _dimension(statement: str) -> Any:
    """Return the printed dimension of the space that the display ends with."""
    power = re.findall(r"\\in\\mathbb\{R\}\^(.*)$", normalized(statement))[0]
    return parse(power.removeprefix("{").removesuffix("}"), _NAMES)


def _listed(text: str, symbol: str) -> list[str]:
    """Return the indices of a printed list [x_1^T, x_2^T, ..., x_N^T]^T."""
    return re.findall(rf"{re.escape(normalized(symbol))}_(\w)\^T", normalized(text))


def _in_order(kernel: Kernel, indices: list[str]) -> Evidence:
    """Check that a list runs 1, 2, ..., N."""
    values = [_NAMES.get(index, index) for index in indices]
    numbers = [value if not isinstance(value, str) else int(value) for value in values]
    return kernel.identity(numbers, [1, 2, _tasks][: len(numbers)], _SIZES)


@claim(
    "eq-21-theta",
    where="Appendix B, (21)",
    statement=r"\theta \triangleq [\theta_1^T, \theta_2^T, \dots, \theta_N^T]^T \in \mathbb{R}^{N|\mathcal{S}||\mathcal{A}|}",
    kind=Kind.DEFINITION,
    lines=(504, 504),
    depends=("eq-4",),
    controls=(
        misprint(r"N|\mathcal{S}|", r"|\mathcal{S}|"),
        misprint(r"\theta_2^T", r"\theta_1^T"),
    ),
    note="every theta_i, a matrix in Section 2, is read as one column of |S||A| numbers",
)
def parameters_are_stacked(kernel: Kernel) -> Evidence:
    """N columns of |S||A| numbers, one after another."""
    return kernel.definition(
        kernel.identity(_dimension(kernel.statement), _tasks * (_states * _actions), _SIZES),
        _in_order(kernel, _listed(kernel.statement, r"\theta")),
    )


@claim(
    "eq-21-value",
    where="Appendix B, (21)",
    statement=r"V(\theta; \rho) \triangleq \begin{pmatrix} V_1^{\pi_{\theta_1}}(\rho_1) \\ V_2^{\pi_{\theta_2}}(\rho_2) \\ \vdots \\ V_N^{\pi_{\theta_N}}(\rho_N) \end{pmatrix} \in \mathbb{R}^N",
    kind=Kind.DEFINITION,
    lines=(504, 504),
    depends=("eq-21-theta", "sec2-start-value"),
    controls=(
        misprint(r"\theta_2", r"\theta_1"),
        misprint(r"\mathbb{R}^N", r"\mathbb{R}^{N|\mathcal{S}|}"),
    ),
    note=(
        "a vector; in (5), Section 4, Proposition 1 and (49) V(theta; rho) is a number, the sum of "
        "its entries at one common parameter, see appb-notation. L^lambda(theta; mu) and its "
        "gradient are used the same way from (22) on, without a definition"
    ),
)
def values_are_stacked(kernel: Kernel) -> Evidence:
    """Row i is task i, at its own parameter and its own start."""
    rows = re.findall(
        r"V_(\w)\^\{\\pi_\{\\theta_(\w)\}\}\(\\rho_(\w)\)", normalized(kernel.statement)
    )
    ends = normalized(kernel.statement).rindex(r"\in")
    dimension = _dimension(normalized(kernel.statement)[ends:])
    columns = [_in_order(kernel, list(column)) for column in zip(*rows, strict=True)]
    return kernel.definition(kernel.identity(dimension, _tasks, _SIZES), *columns)


@claim(
    "eq-21-starts",
    where="Appendix B, after (21)",
    statement=r"\rho = [\rho_1^T, \rho_2^T, \dots, \rho_N^T]^T, \quad \mu = [\mu_1^T, \mu_2^T, \dots, \mu_N^T]^T",
    kind=Kind.DEFINITION,
    lines=(506, 506),
    depends=("sec2-start-value",),
    controls=(misprint(r"\rho_2^T", r"\rho_N^T"), misprint(r"\mu_1^T", r"\mu_2^T")),
    note="rho as in (5); the N distributions may live on different state spaces",
)
def starts_are_stacked(kernel: Kernel) -> Evidence:
    """Both lists run over the tasks in order."""
    lists = [_listed(kernel.statement, symbol) for symbol in (r"\rho", r"\mu")]
    return kernel.definition(*(_in_order(kernel, indices) for indices in lists))


@claim(
    "eq-21-mean-gradient",
    where="Appendix B, after (21)",
    statement=r"\bar{\nabla} V(\theta; \rho) = \frac{1}{N} \sum_{i=1}^N \nabla_{\theta_i} V_i^{\pi_{\theta_i}}(\rho_i)",
    kind=Kind.DEFINITION,
    lines=(506, 506),
    depends=("eq-21-value",),
    controls=(
        misprint(r"\frac{1}{N} \sum", r"\sum"),
        misprint(r"V_i^{\pi_{\theta_i}}", r"\frac{1}{N} V_i^{\pi_{\theta_i}}"),
    ),
    note=(
        "the mean of the tasks' gradients, each at its own parameter: a column of |S||A| numbers, "
        "and (1/N)(1^T (x) I) times the stacked gradient, as B.1 uses it. Theorem 1 speaks of the "
        "mean at one common parameter. The bar over nabla xi and nabla L is not defined, and read so"
    ),
)
def mean_of_the_gradients(kernel: Kernel) -> Evidence:
    """(1/N) (1^T (x) I) picks entry (s, a) of every block of the stacked gradient and averages.

    Here three tasks with two parameters each, g_ik the k-th entry of task i's gradient.
    """
    gradients = [symbols(f"g_{i}1", f"g_{i}2") for i in (1, 2, 3)]
    side = sides(kernel.statement)[1]
    stacked = [entry for block in gradients for entry in block]
    printed = []
    for k in (0, 1):
        leaves: Leaves = {
            r"\nabla_{\theta_<i>} V_<j>^{\pi_{\theta_<k>}}(\rho_<l>)": _own(k, gradients),
            r"\nabla_{\theta_<i>} \frac{1}{N} V_<j>^{\pi_{\theta_<k>}}(\rho_<l>)": _own(
                k, [[entry / 3 for entry in block] for block in gradients]
            ),
            "N": lambda: gradients[0][0] ** 0 * 3,
        }
        printed.append(Reader({"i": range(3)}, leaves).read(side))
    true = [sum(stacked[k::2]) / 3 for k in (0, 1)]
    box = Box(**{str(entry): DISCOUNT for entry in stacked})
    return kernel.definition(kernel.identity(printed, true, box))


def _own(entry: int, gradients: Any) -> Any:
    """Return the leaf: one entry of a task's gradient if all indices are the task's."""

    def leaf(i: int, *others: int) -> Any:
        return gradients[i][entry] * int(set(others) == {i})

    return leaf


eq_21 = Claim(
    id="eq-21",
    where="Appendix B, (21)",
    statement=r"\theta \triangleq [\theta_1^T, \theta_2^T, \dots, \theta_N^T]^T \in \mathbb{R}^{N|\mathcal{S}||\mathcal{A}|}, \quad V(\theta; \rho) \triangleq \dots \in \mathbb{R}^N",
    kind=Kind.DEFINITION,
    parts=("eq-21-theta", "eq-21-value"),
)


def _told_apart(kernel: Kernel) -> Evidence:
    """V of (21) has a stacked argument, V of (5), Proposition 1 and (49) one policy's parameter.

    For N >= 2 the arguments differ in length, N|S||A| against |S||A|, so the letter is not used for
    two things at one argument; for N = 1 both are the same number. Where all blocks are one theta,
    the number of (5) is the sum of the entries of (21): here two bandits with the same policy.
    """
    chosen = symbols("pi")[0]
    tasks = [bandit(own), bandit(own, 0, 1)]
    policy = [[chosen, 1 - chosen]]
    entries = [theory.objective(task, policy) for task in tasks]
    number = theory.objective(MultiTaskProblem(tasks), policy)
    total = sum(entries[: kernel.given("added", 2)])
    blocks = _tasks if kernel.given("stacked", True) else 1
    box = Box(N=at_least(2), S=at_least(1), A=at_least(1))
    return kernel.definition(
        kernel.sign(blocks * _states * _actions, ">", _states * _actions, box),
        kernel.identity(total, number, OWN.replace(pi=DISCOUNT)),
    )


notation = Claim(
    id="appb-notation",
    where=WHERE,
    statement="We first introduce the following notations used throughout this appendix.",
    kind=Kind.DEFINITION,
    check=_told_apart,
    lines=(502, 502),
    depends=("eq-21-value",),
    controls=(
        ingredient("one task is not added", added=1),
        ingredient("both arguments are one policy's parameter", stacked=False),
    ),
    note=(
        "V(theta; rho) is the vector of (21) where theta is stacked, and the number of (5), their "
        "sum, where theta is one policy's parameter, as in Proposition 1 and (49): two functions "
        "with one letter, told apart by their argument, which (25)-(31) set in bold; no mistake"
    ),
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
