r"""Appendix A, second example: the gradients at pi_1, pi_2 and pi_3."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.verdicts import Verdict
from dcpg_theory.ledger import (
    Kind,
    claim,
    misprint,
    narrate,
)
from dcpg_theory.models.examples import ACTIONS, example_2, example_policy
from proofs_check.assumptions import START_AT_S3
from proofs_check.instances.corridor import HALF, S3
from proofs_check.readings.printed import compare_sides, misprints, read_off, relations
from proofs_check.readings.values import (
    LEFT_AT_S3,
    WITH_E,
    policy,
    softmax_at,
    task,
)
from proofs_check.symbols import EXAMPLE_2, NAMES_2, gamma, p

WHERE = "Appendix A, second example"


def slope(number: int, mixed: Any, action: str) -> Any:
    """Return the derivative of the value in one task along theta at S3 for an action, by (16)."""
    return theory.gradient(task(number), mixed)[S3, ACTIONS.index(action)]


def _derivative(one: int, two: int, action: str) -> str:
    """Return how the derivative of V_1 + V_2 is printed."""
    return (
        rf"\frac{{\partial}}{{\partial \theta_{{S_3, {action}}}}} "
        rf"(V_1^{{\pi_{one}}}(\rho_1) + V_2^{{\pi_{two}}}(\rho_2))"
    )


def _names(number: int, mixed: Any, action: str) -> dict[str, Any]:
    """Return the values of the composite symbols in the gradient displays, for a policy."""
    index = ACTIONS.index(action)
    names: dict[str, Any] = {
        rf"\pi_{number}({action}|S_3)": mixed[S3, index] * (gamma / gamma),
    }
    for k in (1, 2):
        names[rf"d_{{{k}, \rho_{k}}}^{{\pi_{number}}}(S_3)"] = theory.visitation(task(k), mixed)[S3]
        names[rf"A_{k}^{{\pi_{number}}}(S_3, {action})"] = theory.advantage(task(k), mixed)[
            S3, index
        ]
    return NAMES_2 | names


@functools.cache
def _at_the_policies() -> Mapping[str, Any]:
    """Return the names for both actions, with the derivatives for any two policies."""
    names: dict[str, Any] = {}
    for action in ACTIONS:
        slopes = {k: {n: slope(k, policy(n), action) for n in LEFT_AT_S3} for k in (1, 2)}
        for one in LEFT_AT_S3:
            names |= _names(one, policy(one), action)
            for two in LEFT_AT_S3:
                names[_derivative(one, two, action)] = slopes[1][one] + slopes[2][two]
    return MappingProxyType(names)


@functools.cache
def _at_another_policy(number: int) -> Mapping[str, Any]:
    """Return the names with L at S3 one time in three in place of pi_number."""
    names = dict(_at_the_policies())
    mixed = example_policy(HALF, Fraction(1, 3), HALF)
    for action in ACTIONS:
        both = slope(1, mixed, action) + slope(2, mixed, action)
        names |= _names(number, mixed, action) | {_derivative(number, number, action): both}
    return MappingProxyType(names)


def _gradient(kernel: Kernel) -> Evidence:
    """Every link of the printed chain; its left side is the derivative of the solved values.

    At the three policies a factor is zero, so the formula that is taken from (16) is also read with
    probability 1/3 of L at S3, where nothing is zero.
    """
    links = compare_sides(kernel, kernel.statement, _at_the_policies(), EXAMPLE_2)
    members = relations(kernel.statement)[0]
    if links.verdict is Verdict.REFUTED or "d_{" not in members[1]:
        return links
    number = next(n for n in LEFT_AT_S3 if rf"\pi_{n}" in members[0])
    general = f"{members[0]} = {members[1]}"
    formula = compare_sides(kernel, general, _at_another_policy(number), EXAMPLE_2)
    return kernel.every(links, formula)


_GRADIENTS = (
    (
        1,
        "L",
        452,
        r"= \frac{1}{1-\gamma} d_{1, \rho_1}^{\pi_1}(S_3) \pi_1(L|S_3) A_1^{\pi_1}(S_3, L) + \frac{1}{1-\gamma} d_{2, \rho_2}^{\pi_1}(S_3) \pi_1(L|S_3) A_2^{\pi_1}(S_3, L) = 0",
        "the probability is 0",
        misprint("= 0", "= p"),
    ),
    (
        1,
        "R",
        456,
        r"= \frac{1}{1-\gamma} d_{1, \rho_1}^{\pi_1}(S_3) \pi_1(R|S_3) A_1^{\pi_1}(S_3, R) + \frac{1}{1-\gamma} d_{2, \rho_2}^{\pi_1}(S_3) \pi_1(R|S_3) A_2^{\pi_1}(S_3, R) = 0",
        "both advantages are 0",
        misprint("= 0", "= p"),
    ),
    (
        3,
        "L",
        482,
        r"= \frac{1}{1-\gamma} \pi_3(L|S_3) \left(d_{1, \rho_1}^{\pi_3}(S_3) A_1^{\pi_3}(S_3, L) + d_{2, \rho_2}^{\pi_3}(S_3) A_2^{\pi_3}(S_3, L) \right) \\ &= \frac{0.5}{1-\gamma} \left(\frac{2(1-\gamma)}{2-\gamma^2} \cdot \frac{\gamma(-2\gamma^2 p^2 + 2\gamma^2 p - \gamma^2 + 1)}{2-\gamma^2} + \frac{2(1-\gamma)}{2-\gamma^2} \cdot \frac{\gamma(2\gamma^2 p^2 - 2\gamma^2 p + \gamma^2 - 1)}{2-\gamma^2} \right) \\ &= 0",
        "the tasks' terms cancel",
        misprint("- 1)", "+ 1)"),
    ),
)


gradients = tuple(
    claim(
        f"appa-pi{number}-gradient-{action.lower()}",
        where=f"{WHERE}, derivative along theta_{{S3,{action}}} at pi_{number}",
        statement=f"{_derivative(number, number, action)} {statement}",
        kind=Kind.IDENTITY,
        lines=(line, line),
        assumptions=(START_AT_S3,),
        depends=(
            "eq-16",
            f"appa-pi{number}",
            f"appa-pi{number}-d1",
            f"appa-pi{number}-d2",
            f"appa-pi{number}-a1-{action.lower()}",
            f"appa-pi{number}-a2-{action.lower()}",
        ),
        controls=(
            control,
            misprint(rf"V_1^{{\pi_{number}}}", rf"V_1^{{\pi_{4 - number}}}"),
            misprint(r"\frac{1}{1-\gamma}", r"\frac{1}{1+\gamma}"),
            *((misprint("d_{1", "p d_{1"),) if number == 3 else ()),
        ),
        note=note,
    )(_gradient)
    for number, action, line, statement, note, control in _GRADIENTS
)


@claim(
    "appa-pi3-gradient-r",
    where=WHERE,
    statement=r"\frac{\partial}{\partial \theta_{S_3, R}} (V_1^{\pi_3}(\rho_1) + V_2^{\pi_3}(\rho_2)) = 0",
    kind=Kind.IDENTITY,
    lines=(486, 486),
    assumptions=(START_AT_S3,),
    depends=("eq-16", "appa-pi3", "appa-pi3-gradient-l"),
    controls=(misprint(")) = 0", ")) = 1"), misprint("= 0", "= p")),
)
def gradient_along_r(kernel: Kernel) -> Evidence:
    """The derivative of the solved values along theta_{S3,R} at the fair coin."""
    return _gradient(kernel)


@claim(
    "appa-pi2-stationary",
    where=WHERE,
    statement=r"By symmetry, the second policy $\pi_2$ under parameterization $\theta_{S_3, L} = \infty, \theta_{S_3, R} = 1$ is also a stationary point",
    kind=Kind.IDENTITY,
    lines=(462, 462),
    assumptions=(START_AT_S3,),
    depends=("eq-16", "sec2-ex2-ends-stationary"),
    controls=(
        misprints((r"\infty, ", "1, ")),
        misprint(r"\pi_2", r"\pi_1"),
    ),
)
def second_policy_is_stationary(kernel: Kernel) -> Evidence:
    """The limit of the softmax there is pi_2, and all derivatives vanish, as at pi_1."""
    printed = read_off(
        r"By symmetry, the second policy $\pi_@number@$ under parameterization "
        r"$\theta_{S_3, L} = @left@, \theta_{S_3, R} = @right@$ is also a stationary point",
        kernel.statement,
    )
    row = softmax_at(printed["left"], printed["right"])
    number = int(printed["number"])
    named = kernel.identity(row, policy(number)[S3], WITH_E)
    slopes = theory.gradient(example_2(gamma, p), policy(number))
    return kernel.every(named, kernel.identity(slopes, np.zeros((5, 2), dtype=int), EXAMPLE_2))


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
