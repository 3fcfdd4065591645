r"""Appendix A, second example: value and Q functions, and every entry of the printed matrices.

The policies at S3 are pi_1 (always R), pi_2 (always L) and pi_3 (a fair coin). Appendix A writes
transition matrices with the old state as the column.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse, parse_matrix, parse_vector
from dcpg_theory.ledger import (
    Claim,
    Control,
    Fault,
    Kind,
    Origin,
    Severity,
    claim,
    misprint,
    narrate,
)
from dcpg_theory.models.examples import ACTIONS, example_policy
from proofs_check.appendix_a_gradient import as_symbols
from proofs_check.instances.corridor import HALF, S3
from proofs_check.readings.printed import (
    Linear,
    columns,
    compare_sides,
    looked_up,
    number,
    read_off,
    relations,
)
from proofs_check.readings.values import (
    LEFT_AT_S3,
    PRINTED_STATES,
    WITH_E,
    policy,
    softmax_at,
    task,
)
from proofs_check.symbols import EXAMPLE_2, EXAMPLE_2_POLICIES, NAMES_2, gamma, left

WHERE = "Appendix A, second example"


def _entry(index: tuple[int, ...]) -> str:
    """Name a matrix entry as Appendix A counts: row, column."""
    return f"({', '.join(str(k + 1) for k in index)})"


@claim(
    "appa-pi1",
    where=WHERE,
    statement=r"the policy $\pi_1$ under the parameterization $\theta_{S_3,L} = 1, \theta_{S_3,R} = \infty$, which implies $\pi_1(L|S_3) = 0$ and $\pi_1(R|S_3) = 1$",
    kind=Kind.IDENTITY,
    lines=(438, 438),
    depends=("sec2-ex2-softmax",),
    controls=(
        misprint(r"\pi_1(L|S_3) = 0", r"\pi_1(L|S_3) = 1"),
        misprint(r"\theta_{S_3,R} = \infty", r"\theta_{S_3,R} = 1"),
    ),
    note="the limit theta_R -> infinity with theta_L fixed",
)
def limit_of_the_softmax(kernel: Kernel) -> Evidence:
    """Divide both weights by w_R and let 1/w_R be 0; this is the policy used as pi_1."""
    printed = read_off(
        r"the policy $\pi_@number@$ under the parameterization $\theta_{S_3,L} = @left@, "
        r"\theta_{S_3,R} = @right@$, which implies $@one@$ and $@two@$ ",
        kernel.statement + " ",
    )
    row = softmax_at(printed["left"], printed["right"])
    used = policy(int(number(printed["number"])))[S3]
    names = _probabilities(printed["number"], row)
    return kernel.every(
        kernel.identity(row, used, WITH_E),
        *(compare_sides(kernel, printed[side], names, WITH_E) for side in ("one", "two")),
    )


def _probabilities(number: str, row: Any) -> dict[str, Any]:
    return {rf"\pi_{number}({action}|S_3)": x for action, x in zip(ACTIONS, row, strict=True)}


@claim(
    "appa-pi3",
    where=WHERE,
    statement=r"the policy $\pi_3$ under parameterization $\theta_{S_3, L} = 1, \theta_{S_3, R} = 1$, which implies $\pi_3(L|S_3) = \pi_3(R|S_3) = 0.5$",
    kind=Kind.IDENTITY,
    lines=(466, 466),
    depends=("sec2-ex2-softmax",),
    controls=(
        misprint("0.5", "0.25"),
        misprint(r"\theta_{S_3, R} = 1", r"\theta_{S_3, R} = 2"),
    ),
)
def equal_parameters_toss_a_coin(kernel: Kernel) -> Evidence:
    """Equal weights give both actions the same probability."""
    printed = read_off(
        r"the policy $\pi_@number@$ under parameterization $\theta_{S_3, L} = @left@, "
        r"\theta_{S_3, R} = @right@$, which implies $@chain@$ ",
        kernel.statement + " ",
    )
    row = softmax_at(printed["left"], printed["right"])
    used = policy(int(number(printed["number"])))[S3]
    return kernel.every(
        kernel.identity(row, used, WITH_E),
        compare_sides(kernel, printed["chain"], _probabilities(printed["number"], row), WITH_E),
    )


@claim(
    "appa-p-convention",
    where=f"{WHERE}, before (18)",
    statement=r"(whose entry (j, k) denotes $P_i(j|k)$)",
    kind=Kind.DEFINITION,
    lines=(424, 424),
    controls=(misprint("P_i(j|k)", "P_i(k|j)"),),
    note="old states are columns, the transpose of the usual convention",
)
def columns_are_old_states(kernel: Kernel) -> Evidence:
    """Of the matrix printed for task 1 under pi_1, the columns sum to 1, and the rows do not."""
    form = r"(whose entry (@row@, @column@) denotes $P_i(@to@|@from@)$)"
    read = read_off(form, kernel.statement)
    axis = (read["row"], read["column"]).index(read["to"])
    if axis == (read["row"], read["column"]).index(read["from"]):
        raise InvalidInput(f"{kernel.statement!r} names one index twice")
    printed = parse_matrix(_TRANSITIONS[0][3], NAMES_2)
    return kernel.definition(kernel.identity(printed.sum(axis=axis), [1] * 5, EXAMPLE_2))


def _value_function(number: int) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        """The printed vector is the reward expected in each state, and the inverse solves for V.

        The right side is multiplied out as printed, with the columns of P for old states.
        """
        vector = kernel.statement[kernel.statement.index(r"\begin{bmatrix}") :]
        rewards = parse_matrix(vector, NAMES_2)[:, 0]
        names: dict[str, Any] = {r"\gamma": gamma, "I": Linear(as_symbols(np.eye(5, dtype=int)))}
        mixed = example_policy(HALF, left, HALF)
        for k in (1, 2):
            step = task(k).policy_transitions(mixed)
            names[rf"(P_{k}^\pi)^\top"], names[rf"P_{k}^\pi"] = Linear(step), Linear(step.T)
            names |= columns([rf"V_{k}^\pi"], theory.value(task(k), mixed))
        names |= columns(["r"], rewards)
        statement = kernel.statement.replace(vector, "r")
        one, two = (parse(side, names).value for side in relations(statement)[0])
        return kernel.every(
            kernel.identity(
                rewards, task(number).policy_rewards(mixed), EXAMPLE_2_POLICIES, labels=_entry
            ),
            kernel.identity(one, two, EXAMPLE_2_POLICIES),
        )

    return check


_VALUES = (
    (
        1,
        r"V_1^\pi = (I - \gamma(P_1^\pi)^\top)^{-1} \begin{bmatrix} 0 \\ 1-p \\ 0 \\ -p \\ 0 \end{bmatrix}",
        (
            misprint("-p \\\\ 0 \\end", "p \\\\ 0 \\end"),
            misprint(r"I - \gamma", r"I + \gamma"),
            misprint("P_1", "P_2"),
            misprint(r"\gamma(P_1^\pi)^\top", r"\gamma P_1^\pi"),
        ),
    ),
    (
        2,
        r"V_2^\pi = (I - \gamma(P_2^\pi)^\top)^{-1} \begin{bmatrix} 0 \\ -p \\ 0 \\ 1-p \\ 0 \end{bmatrix}",
        (misprint(r"1-p", "p"), misprint("V_2", "V_1"), misprint("P_2", "P_1")),
    ),
)
value_functions = tuple(
    claim(
        f"eq-19-task-{number}",
        where="Appendix A, (19)",
        statement=statement,
        kind=Kind.IDENTITY,
        lines=(430, 430),
        depends=(
            "eq-1",
            "figure-1",
            f"sec2-ex2-dynamics-{number}-s2",
            f"sec2-ex2-dynamics-{number}-s4",
        ),
        controls=controls,
        note="P is transposed back, since its columns are old states",
    )(_value_function(number))
    for number, statement, controls in _VALUES
)
eq_19 = Claim(
    id="eq-19",
    where="Appendix A, (19)",
    statement="the value functions of both tasks",
    kind=Kind.IDENTITY,
    parts=("eq-19-task-1", "eq-19-task-2"),
)


def _q_function() -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        """Q = r + gamma P V, with V solved for a policy with any probability of L at S3."""
        mixed = example_policy(HALF, left, HALF)
        names: dict[str, Any] = {}
        for k in (1, 2):
            values = theory.value(task(k), mixed)
            names |= {rf"V_{k}^\pi({s})": v for s, v in zip(PRINTED_STATES, values, strict=True)}
        left_side, right_side = kernel.statement.split("=", 1)
        solved = looked_up(
            {
                rf"Q_{k}^\pi(\cdot, {a})": theory.action_value(task(k), mixed)[:, index]
                for k in (1, 2)
                for index, a in enumerate(ACTIONS)
            },
            left_side,
        )
        printed = parse_vector(right_side, NAMES_2 | names)
        return kernel.identity(printed, solved, EXAMPLE_2_POLICIES, labels=_entry)

    return check


_QS = (
    (
        1,
        "L",
        r"Q_1^\pi(\cdot, L) = [0, (1-p) + \gamma p V_1^\pi(S_3), \gamma V_1^\pi(S_2), \gamma(1-p)V_1^\pi(S_3) - p, 0]^\top",
        (misprint("S_2", "S_4"), misprint(r"\cdot, L", r"\cdot, R")),
    ),
    (
        1,
        "R",
        r"Q_1^\pi(\cdot, R) = [0, (1-p) + \gamma p V_1^\pi(S_3), \gamma V_1^\pi(S_4), \gamma(1-p)V_1^\pi(S_3) - p, 0]^\top",
        (misprint("- p, 0", "+ p, 0"), misprint("Q_1", "Q_2")),
    ),
    (
        2,
        "L",
        r"Q_2^\pi(\cdot, L) = [0, \gamma(1-p)V_2^\pi(S_3) - p, \gamma V_2^\pi(S_2), \gamma p V_2^\pi(S_3) + (1-p), 0]^\top",
        (misprint(r"\gamma(1-p)", "(1-p)"), misprint("V_2", "V_1")),
    ),
    (
        2,
        "R",
        r"Q_2^\pi(\cdot, R) = [0, \gamma(1-p)V_2^\pi(S_3) - p, \gamma V_2^\pi(S_4), \gamma p V_2^\pi(S_3) + (1-p), 0]^\top",
        (misprint("S_4", "S_2"), misprint(r"\cdot, R", r"\cdot, L")),
    ),
)
q_functions = tuple(
    claim(
        f"eq-20-task-{number}-{action.lower()}",
        where="Appendix A, (20)",
        statement=statement,
        kind=Kind.IDENTITY,
        lines=(434, 434),
        depends=(f"eq-19-task-{number}",),
        controls=controls,
    )(_q_function())
    for number, action, statement, controls in _QS
)
eq_20 = Claim(
    id="eq-20",
    where="Appendix A, (20)",
    statement="the Q functions of both tasks",
    kind=Kind.IDENTITY,
    parts=tuple(member.id for member in q_functions),
)


def _named(kernel: Kernel, name: str, of: Callable[[Any, Any], Any]) -> Any:
    """Return what the left side names: of a task and a policy, by their printed numbers."""
    left_side = kernel.statement.split("=", 1)[0]
    table = {name.format(number=k, pi=n): (k, n) for k in (1, 2) for n in LEFT_AT_S3}
    k, n = looked_up(table, left_side)
    return of(task(k), policy(n))


def _transitions(kernel: Kernel) -> Evidence:
    """Compare all 25 entries with the transposed transition matrix of the model."""
    printed = parse_matrix(kernel.statement, NAMES_2)
    used = _named(
        kernel, r"P_{number}^{{\pi_{pi}}}", lambda model, pi: model.policy_transitions(pi).T
    )
    return kernel.identity(printed, used, EXAMPLE_2, labels=_entry)


_TRANSITIONS = (
    (
        1,
        1,
        440,
        r"P_1^{\pi_1} = \begin{bmatrix} 1 & 1-p & 0 & 0 & 0 \\ 0 & 0 & 0 & 0 & 0 \\ 0 & p & 0 & 1-p & 0 \\ 0 & 0 & 1 & 0 & 0 \\ 0 & 0 & 0 & p & 1 \end{bmatrix}",
    ),
    (
        1,
        2,
        440,
        r"P_2^{\pi_1} = \begin{bmatrix} 1 & p & 0 & 0 & 0 \\ 0 & 0 & 0 & 0 & 0 \\ 0 & 1-p & 0 & p & 0 \\ 0 & 0 & 1 & 0 & 0 \\ 0 & 0 & 0 & 1-p & 1 \end{bmatrix}",
    ),
    (
        3,
        1,
        468,
        r"P_1^{\pi_3} = \begin{bmatrix} 1 & 1-p & 0 & 0 & 0 \\ 0 & 0 & 0.5 & 0 & 0 \\ 0 & p & 0 & 1-p & 0 \\ 0 & 0 & 0.5 & 0 & 0 \\ 0 & 0 & 0 & p & 1 \end{bmatrix}",
    ),
    (
        3,
        2,
        468,
        r"P_2^{\pi_3} = \begin{bmatrix} 1 & p & 0 & 0 & 0 \\ 0 & 0 & 0.5 & 0 & 0 \\ 0 & 1-p & 0 & p & 0 \\ 0 & 0 & 0.5 & 0 & 0 \\ 0 & 0 & 0 & 1-p & 1 \end{bmatrix}",
    ),
)
transition_matrices = tuple(
    claim(
        f"appa-pi{pi}-p{number}",
        where=f"{WHERE}, transition matrix of task {number} under pi_{pi}",
        statement=statement,
        kind=Kind.IDENTITY,
        lines=(line, line),
        depends=(f"sec2-ex2-dynamics-{number}-s2", f"sec2-ex2-dynamics-{number}-s4"),
        controls=(
            misprint("1-p", "p"),
            misprint(f"P_{number}^", f"P_{3 - number}^"),
            misprint("0 & 0 & 0 & 0 & 0", "1 & 0 & 0 & 0 & 0")
            if pi == 1
            else misprint("0.5", "0.6"),
        ),
    )(_transitions)
    for pi, number, line, statement in _TRANSITIONS
)


def _visitations(kernel: Kernel) -> Evidence:
    """Compare all 25 entries with (1 - gamma)(I - gamma P)^{-1}, solved over Q(gamma, p)."""
    printed = parse_matrix(kernel.statement, NAMES_2)
    solved = _named(kernel, r"D_{number}^{{\pi_{pi}}}", theory.visitation_matrix)
    return kernel.identity(printed, solved, EXAMPLE_2, labels=_entry)


_D11 = r"D_1^{\pi_1} = \begin{bmatrix} 1 & \gamma(1-p) & 0 & 0 & 0 \\ 0 & 1-\gamma & 0 & 0 & 0 \\ 0 & \frac{\gamma p(1-\gamma)}{(\gamma^2 p - \gamma^2 + 1)} & \frac{1-\gamma}{\gamma^2 p - \gamma^2 + 1} & \frac{\gamma(1-\gamma)(1-p)}{\gamma^2 p - \gamma^2 + 1} & 0 \\ 0 & \frac{\gamma^2 p(1-\gamma)}{(\gamma^2 p - \gamma^2 + 1)} & \frac{\gamma(1-\gamma)}{\gamma^2 p - \gamma^2 + 1} & \frac{1-\gamma}{\gamma^2 p - \gamma^2 + 1} & 0 \\ 0 & \frac{\gamma^3 p^2}{(\gamma^2 p - \gamma^2 + 1)} & \frac{\gamma^2 p}{\gamma^2 p - \gamma^2 + 1} & \frac{\gamma p}{\gamma^2 p - \gamma^2 + 1} & 1 \end{bmatrix}"
_D21 = r"D_2^{\pi_1} = \begin{bmatrix} 1 & \gamma p & 0 & 0 & 0 \\ 0 & 1-\gamma & 0 & 0 & 0 \\ 0 & \frac{\gamma(1-\gamma)(1-p)}{1-\gamma^2 p} & \frac{1-\gamma}{1-\gamma^2 p} & \frac{\gamma(1-\gamma)p}{1-\gamma^2 p} & 0 \\ 0 & \frac{\gamma^2(1-\gamma)(1-p)}{1-\gamma^2 p} & \frac{\gamma(1-\gamma)}{1-\gamma^2 p} & \frac{1-\gamma}{1-\gamma^2 p} & 0 \\ 0 & \frac{\gamma^3(1-p)^2}{1-\gamma^2 p} & \frac{\gamma^2(1-p)}{1-\gamma^2 p} & \frac{\gamma(1-p)}{1-\gamma^2 p} & 1 \end{bmatrix}"
_D13 = r"D_1^{\pi_3} = \begin{bmatrix} 1 & \frac{\gamma(-\gamma^2 p^2 + 2\gamma^2 p - \gamma^2 - 2p + 2)}{2-\gamma^2} & \frac{\gamma^2(1-p)}{2-\gamma^2} & \frac{\gamma^3(1-p)^2}{2-\gamma^2} & 0 \\ 0 & \frac{(1-\gamma)(\gamma^2 p - \gamma^2 + 2)}{2-\gamma^2} & \frac{\gamma(1-\gamma)}{2-\gamma^2} & \frac{\gamma^2(1-\gamma)(1-p)}{2-\gamma^2} & 0 \\ 0 & \frac{2\gamma(1-\gamma)(1-p)}{2-\gamma^2} & \frac{2(1-\gamma)}{2-\gamma^2} & \frac{2\gamma(1-\gamma)(1-p)}{2-\gamma^2} & 0 \\ 0 & \frac{\gamma^2(1-\gamma)p}{2-\gamma^2} & \frac{\gamma(1-\gamma)}{2-\gamma^2} & \frac{(1-\gamma)(2-\gamma^2 p)}{2-\gamma^2} & 0 \\ 0 & \frac{\gamma^3 p^2}{2-\gamma^2} & \frac{\gamma^2 p}{2-\gamma^2} & \frac{\gamma p(2-\gamma^2 p)}{2-\gamma^2} & 1 \end{bmatrix}"
_D23 = r"D_2^{\pi_3} = \begin{bmatrix} 1 & \frac{\gamma p(2-\gamma^2 p)}{2-\gamma^2} & \frac{\gamma^2 p}{2-\gamma^2} & \frac{\gamma^2(1-\gamma)p}{2-\gamma^2} & 0 \\ 0 & \frac{(1-\gamma)(2-\gamma^2 p)}{2-\gamma^2} & \frac{\gamma(1-\gamma)}{2-\gamma^2} & \frac{\gamma^2(1-\gamma)p}{2-\gamma^2} & 0 \\ 0 & \frac{2\gamma(1-\gamma)(1-p)}{2-\gamma^2} & \frac{2(1-\gamma)}{2-\gamma^2} & \frac{2\gamma(1-\gamma)p}{2-\gamma^2} & 0 \\ 0 & \frac{\gamma^2(1-\gamma)(1-p)}{2-\gamma^2} & \frac{\gamma(1-\gamma)}{2-\gamma^2} & \frac{(1-\gamma)(2-\gamma^2+\gamma^2 p)}{2-\gamma^2} & 0 \\ 0 & \frac{\gamma^3(1-p)^2}{2-\gamma^2} & \frac{\gamma^2(1-p)}{2-\gamma^2} & \frac{\gamma(2-\gamma^2 p^2+2\gamma^2 p-\gamma^2-2p)}{2-\gamma^2} & 1 \end{bmatrix}"


def _visitation_claim(
    pi: int, number: int, line: int, statement: str, *controls: Control, note: str = ""
) -> Claim:
    return Claim(
        id=f"appa-pi{pi}-d{number}",
        where=f"{WHERE}, visitation matrix of task {number} under pi_{pi}",
        statement=statement,
        kind=Kind.IDENTITY,
        check=_visitations,
        lines=(line, line),
        depends=(f"appa-pi{pi}-p{number}", "eq-18"),
        controls=controls,
        fault=Fault(Severity.SLIP, Origin.EXTRACTION, note) if note else None,
    )


visitation_1_1 = _visitation_claim(1, 1, 444, _D11, misprint(r"\gamma^3 p^2", r"\gamma^3 p"))
visitation_1_2 = _visitation_claim(1, 2, 444, _D21, misprint(r"\gamma^3(1-p)^2", r"\gamma^3(1-p)"))
visitation_3_1 = _visitation_claim(
    3,
    1,
    472,
    _D13,
    misprint(r"\gamma^3 p^2", r"\gamma^3 p"),
    note=(
        "entry (3, 2) has 1-p for p, the same as entry (3, 4): from S2, task 1 comes to S3 with "
        "probability p; as printed the second column does not sum to 1"
    ),
)
visitation_3_1_corrected = visitation_3_1.variant(
    id="appa-pi3-d1-corrected",
    statement=_D13.replace(r"2\gamma(1-\gamma)(1-p)", r"2\gamma(1-\gamma)p", 1),
    lines=None,
)
visitation_3_2 = _visitation_claim(
    3,
    2,
    474,
    _D23,
    misprint(r"\gamma^3(1-p)^2", r"\gamma^3(1-p)"),
    note=(
        "entry (1, 4) repeats entry (2, 4): absorption in S1 from S4 is gamma^3 p^2 over the same "
        "denominator; as printed the fourth column does not sum to 1"
    ),
)
visitation_3_2_corrected = visitation_3_2.variant(
    id="appa-pi3-d2-corrected",
    statement=_D23.replace(r"\gamma^2(1-\gamma)p", r"\gamma^3 p^2", 1),
    lines=None,
)


def _advantages(kernel: Kernel) -> Evidence:
    """Q - V in every state, solved over Q(gamma, p)."""
    left_side, right_side = normalized(kernel.statement).split("=", 1)
    printed = parse_vector(right_side, NAMES_2)
    solved = looked_up(
        {
            rf"A_{k}^{{\pi_{n}}}(\cdot, {a})": theory.advantage(task(k), policy(n))[:, index]
            for k in (1, 2)
            for n in LEFT_AT_S3
            for index, a in enumerate(ACTIONS)
        },
        left_side,
    )
    return kernel.identity(printed, solved, EXAMPLE_2, labels=_entry)


_PLUS = r"\frac{\gamma(-2\gamma^2 p^2 + 2\gamma^2 p - \gamma^2 + 1)}{2-\gamma^2}"
_MINUS = r"\frac{\gamma(2\gamma^2 p^2 - 2\gamma^2 p + \gamma^2 - 1)}{2-\gamma^2}"
_ADVANTAGES = (
    (
        1,
        1,
        "L",
        448,
        r"\frac{\gamma(-\gamma^2 p^2 + (1-p)(\gamma^2 p - \gamma^2 + 1) + p)}{\gamma^2 p - \gamma^2 + 1}",
        misprint("+ p)", "- p)"),
    ),
    (1, 1, "R", 448, "", misprint("[0, 0, 0", "[0, 0, p")),
    (
        1,
        2,
        "L",
        448,
        r"\frac{\gamma(\gamma^2(1-p)^2 + p(\gamma^2 p - 1) - (1-p))}{1-\gamma^2 p}",
        misprint("- 1)", "+ 1)"),
    ),
    (1, 2, "R", 448, "", misprint("[0, 0, 0", "[0, 0, p")),
    (3, 1, "L", 478, _PLUS, misprint("-2", "2")),
    (3, 1, "R", 478, _MINUS, misprint("- 1)", "+ 1)")),
    (3, 2, "L", 478, _MINUS, misprint("- 1)", "+ 1)")),
    (3, 2, "R", 478, _PLUS, misprint("-2", "2")),
)
advantages = tuple(
    claim(
        f"appa-pi{pi}-a{number}-{action.lower()}",
        where=f"{WHERE}, advantage of {action} in task {number} under pi_{pi}",
        statement=(
            rf"A_{number}^{{\pi_{pi}}}(\cdot, {action}) = "
            + (rf"\left[0, 0, {third}, 0, 0 \right]^\top" if third else r"[0, 0, 0, 0, 0]^\top")
        ),
        kind=Kind.IDENTITY,
        lines=(line, line),
        depends=(f"eq-19-task-{number}", f"eq-20-task-{number}-{action.lower()}"),
        controls=(
            control,
            misprint(f"A_{number}^", f"A_{3 - number}^") if third else misprint(", R", ", L"),
        ),
    )(_advantages)
    for pi, number, action, line, third, control in _ADVANTAGES
)

if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
