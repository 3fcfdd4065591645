r"""Appendix A, second example: the gradients at the three policies and their returns."""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box, open_interval
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
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
from dcpg_theory.models.examples import ACTIONS, example_2, example_policy
from proofs_check.appendix_a_matrices import LEFT_AT_S3, policy, task
from proofs_check.assumptions import START_AT_S3
from proofs_check.corridor import S3, second
from proofs_check.symbols import EXAMPLE_2, NAMES_2, gamma, p

WHERE = "Appendix A, second example"

# sqrt(2) as a variable whose square is 2; gamma = sqrt(1/2) is half of it.
root = symbols("sqrt2")[0]
_ROOT = {"sqrt2": Fraction(2)}
_AT_ROOT = NAMES_2 | {r"\gamma": root / 2, r"\sqrt{2}": root}
_P = Box(p=EXAMPLE_2["p"])


def value(number: int) -> Any:
    """Return V_1 + V_2 at S3 under pi_1, pi_2 or pi_3."""
    return second(LEFT_AT_S3[number])


def at_root(function: Any) -> Any:
    """Return a function of gamma and p at gamma = sqrt(1/2)."""
    return function.evaluate({"gamma": root / 2, "p": p})


def slope(number: int, action: str) -> Any:
    """Return the derivative of V_1 + V_2 along theta at S3 for an action, by (16)."""
    return theory.gradient(example_2(gamma, p), policy(number))[S3, ACTIONS.index(action)]


def _names(number: int, action: str) -> dict[str, Any]:
    """Return the values of the composite symbols in the gradient displays."""
    index = ACTIONS.index(action)
    names: dict[str, Any] = {
        rf"\pi_{number}({action}|S_3)": policy(number)[S3, index] * (gamma / gamma)
    }
    for k in (1, 2):
        visits, gains = (
            theory.visitation(task(k), policy(number)),
            theory.advantage(task(k), policy(number)),
        )
        names[rf"d_{{{k}, \rho_{k}}}^{{\pi_{number}}}(S_3)"] = visits[S3]
        names[rf"A_{k}^{{\pi_{number}}}(S_3, {action})"] = gains[S3, index]
    return NAMES_2 | names


def _gradient(number: int, action: str) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        """Every member of the printed chain equals the derivative of the solved values."""
        members = normalized(kernel.statement).replace(r"\\", "").split("=")[1:]
        names = _names(number, action)
        printed = [parse(member, names) for member in members]
        exact = slope(number, action)
        return kernel.identity(printed, [exact] * len(printed), EXAMPLE_2)

    return check


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
        statement=statement,
        kind=Kind.IDENTITY,
        lines=(line, line),
        assumptions=(START_AT_S3,),
        depends=(
            "eq-16",
            f"appa-pi{number}-a1-{action.lower()}",
            f"appa-pi{number}-a2-{action.lower()}",
        ),
        controls=(control,),
        note=note,
    )(_gradient(number, action))
    for number, action, line, statement, note, control in _GRADIENTS
)


@claim(
    "appa-pi3-gradient-r",
    where=WHERE,
    statement=r"\frac{\partial}{\partial \theta_{S_3, R}} (V_1^{\pi_3}(\rho_1) + V_2^{\pi_3}(\rho_2)) = 0",
    kind=Kind.IDENTITY,
    lines=(486, 486),
    assumptions=(START_AT_S3,),
    depends=("eq-16",),
    controls=(misprint(")) = 0", ")) = 1"),),
)
def gradient_along_r(kernel: Kernel) -> Evidence:
    """The derivative of the solved values along theta_{S3,R} at the fair coin."""
    printed = parse(kernel.statement.split("=")[-1], NAMES_2)
    return kernel.identity(slope(3, "R"), printed, EXAMPLE_2)


@claim(
    "appa-pi2-stationary",
    where=WHERE,
    statement=r"By symmetry, the second policy $\pi_2$ under parameterization $\theta_{S_3, L} = \infty, \theta_{S_3, R} = 1$ is also a stationary point",
    kind=Kind.IDENTITY,
    lines=(462, 462),
    assumptions=(START_AT_S3,),
    depends=("eq-16", "sec2-ex2-ends-stationary"),
    controls=(ingredient("a policy in between", at_s3=Fraction(1, 3)),),
)
def second_policy_is_stationary(kernel: Kernel) -> Evidence:
    """All derivatives vanish at pi_2, as at pi_1."""
    share = kernel.given("at_s3", LEFT_AT_S3[2])
    slopes = theory.gradient(
        example_2(gamma, p), example_policy(Fraction(1, 2), share, Fraction(1, 2))
    )
    return kernel.identity(slopes, np.zeros((5, 2), dtype=int), EXAMPLE_2)


def _return(number: int) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        """The printed closed form against the solved values."""
        printed = parse(kernel.statement.split("=")[-1], NAMES_2)
        return kernel.identity(printed, value(number), EXAMPLE_2)

    return check


_RETURN_1 = (
    r"= \frac{\gamma(-2\gamma^2 p + \gamma^2 + 2p - 1)}{\gamma^4 p^2 - \gamma^4 p + \gamma^2 - 1}"
)
_RETURN_3 = r"= \frac{\gamma(2-4p)}{2-\gamma^2}"
returns = tuple(
    claim(
        f"appa-pi{number}-return",
        where=f"{WHERE}, return of pi_{number}",
        statement=statement,
        kind=Kind.IDENTITY,
        lines=(line, line),
        assumptions=(START_AT_S3,),
        depends=("eq-19",),
        controls=(control,),
    )(_return(number))
    for number, line, statement, control in (
        (1, 460, _RETURN_1, misprint("2p - 1", "2p + 1")),
        (2, 464, _RETURN_1, misprint(r"\gamma^4 p +", r"\gamma^3 p +")),
        (3, 490, _RETURN_3, misprint("2-4p", "4-2p")),
    )
)


def _named_policies(kernel: Kernel) -> Evidence:
    """From S3 the return is V_1(S3) + V_2(S3) of the policy named on the left, not of another."""
    sides = normalized(kernel.statement).split("=")
    numbers = [int(side.split(r"\pi_")[1][0]) for side in sides]
    returned = sum(theory.objective(task(k), policy(numbers[0])) for k in (1, 2))
    return kernel.identity(returned, value(numbers[1]), EXAMPLE_2)


_PI_3 = Fault(Severity.SLIP, Origin.PAPER, "pi_1 stands for pi_3 on the right side")
_START: dict[str, Any] = {
    "kind": Kind.IDENTITY,
    "assumptions": (START_AT_S3,),
    "check": _named_policies,
}
start_1 = Claim(
    id="appa-pi1-start",
    where=f"{WHERE}, return of pi_1",
    statement=r"V_1^{\pi_1}(\rho_1) + V_2^{\pi_1}(\rho_2) = V_1^{\pi_1}(S_3) + V_2^{\pi_1}(S_3)",
    lines=(460, 460),
    controls=(misprint(r"= V_1^{\pi_1}(S_3)", r"= V_1^{\pi_3}(S_3)"),),
    **_START,
)
start_3 = Claim(
    id="appa-pi3-start",
    where=f"{WHERE}, return of pi_3",
    statement=r"V_1^{\pi_3}(\rho_1) + V_2^{\pi_3}(\rho_2) = V_1^{\pi_1}(S_3) + V_2^{\pi_1}(S_3)",
    lines=(490, 490),
    controls=(misprint(r"= V_1^{\pi_1}(S_3)", r"= V_1^{\pi_2}(S_3)"),),
    fault=_PI_3,
    **_START,
)
start_3_corrected = start_3.variant(
    id="appa-pi3-start-corrected",
    statement=r"V_1^{\pi_3}(\rho_1) + V_2^{\pi_3}(\rho_2) = V_1^{\pi_3}(S_3) + V_2^{\pi_3}(S_3)",
    lines=None,
    controls=(misprint(r"= V_1^{\pi_3}(S_3)", r"= V_1^{\pi_1}(S_3)"),),
)
start_at_root = start_3.variant(
    id="appa-sqrt-pi3-start", where=f"{WHERE}, at gamma = sqrt(0.5)", lines=(494, 494)
)
start_at_root_corrected = start_3_corrected.variant(
    id="appa-sqrt-pi3-start-corrected", where=f"{WHERE}, at gamma = sqrt(0.5)"
)


def _at_root(number: int) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        """Put gamma = sqrt(2)/2 into the solved values; sqrt(2)^2 is reduced to 2."""
        printed = parse(kernel.statement.split("=")[-1], _AT_ROOT)
        return kernel.identity(printed, at_root(value(number)), _P, roots=_ROOT)

    return check


_FACTOR = Fault(
    Severity.SLIP, Origin.PAPER, "the factor 1/(8 sqrt(2)) should be sqrt(2): 16 times too small"
)
_ROOT_LOST = Fault(Severity.SLIP, Origin.PAPER, "the factor 1/sqrt(2) of gamma is lost")
_SQRT: dict[str, Any] = {"kind": Kind.IDENTITY, "assumptions": (START_AT_S3,)}

sqrt_1 = Claim(
    id="appa-sqrt-pi1",
    where=f"{WHERE}, at gamma = sqrt(0.5)",
    statement=r"= \frac{2p-1}{8\sqrt{2}(p-2)(p+1)}",
    check=_at_root(1),
    lines=(494, 494),
    depends=("appa-pi1-return",),
    controls=(misprint(r"8\sqrt{2}", "8"),),
    fault=_FACTOR,
    **_SQRT,
)
sqrt_1_corrected = sqrt_1.variant(
    id="appa-sqrt-pi1-corrected",
    statement=r"= \frac{\sqrt{2}(2p-1)}{(p-2)(p+1)}",
    lines=None,
    controls=(misprint(r"\sqrt{2}", "2"),),
)
sqrt_3 = Claim(
    id="appa-sqrt-pi3",
    where=f"{WHERE}, at gamma = sqrt(0.5)",
    statement=r"= \frac{4-8p}{3}",
    check=_at_root(3),
    lines=(494, 494),
    depends=("appa-pi3-return",),
    controls=(misprint("4-8p", "4+8p"),),
    fault=_ROOT_LOST,
    **_SQRT,
)
sqrt_3_corrected = sqrt_3.variant(
    id="appa-sqrt-pi3-corrected",
    statement=r"= \frac{4-8p}{3\sqrt{2}}",
    lines=None,
    controls=(misprint(r"3\sqrt{2}", "3"),),
)
at_the_root = Claim(
    id="appa-sqrt",
    where=f"{WHERE}, at gamma = sqrt(0.5)",
    statement=r"For computational simplicity, we choose $\gamma = \sqrt{0.5}$. Then,",
    kind=Kind.IDENTITY,
    lines=(492, 492),
    parts=("appa-sqrt-pi1", "appa-sqrt-pi3", "appa-sqrt-pi3-start"),
)


@claim(
    "appa-final-ends",
    where=f"{WHERE}, last display",
    statement=r"V_1^{\pi_1}(\rho_1) + V_2^{\pi_1}(\rho_2) = V_1^{\pi_2}(\rho_1) + V_2^{\pi_2}(\rho_2)",
    kind=Kind.IDENTITY,
    lines=(498, 498),
    assumptions=(START_AT_S3,),
    depends=("appa-pi1-return", "appa-pi2-return"),
    controls=(misprint(r"= V_1^{\pi_2}", r"= V_1^{\pi_3}"),),
)
def both_ends_are_equal(kernel: Kernel) -> Evidence:
    """The solved values of the two policies, for all gamma and p."""
    one, two = (int(side.split(r"\pi_")[1][0]) for side in normalized(kernel.statement).split("="))
    return kernel.identity(value(one), value(two), EXAMPLE_2)


final_1 = sqrt_1.variant(
    id="appa-final-pi1",
    where=f"{WHERE}, last display",
    lines=(498, 498),
    depends=("appa-sqrt-pi1",),
)
final_1_corrected = sqrt_1_corrected.variant(
    id="appa-final-pi1-corrected",
    where=f"{WHERE}, last display",
    depends=("appa-sqrt-pi1-corrected",),
)


@claim(
    "appa-final-inequality",
    where=f"{WHERE}, last display",
    statement=r"\frac{2p-1}{8\sqrt{2}(p-2)(p+1)} > \frac{4-8p}{3}",
    kind=Kind.IDENTITY,
    lines=(498, 498),
    controls=(misprint(">", "<"), misprint(r"8\sqrt{2}", r"0.1\sqrt{2}")),
    note="true of the two printed expressions, though neither is the value it stands for",
)
def printed_numbers_compare(kernel: Kernel) -> Evidence:
    """For 1/2 < p <= 1 and any number between 7/5 and 3/2 in the place of sqrt(2)."""
    relation = ">" if ">" in kernel.statement else "<"
    one, two = (parse(side, _AT_ROOT) for side in kernel.statement.split(relation))
    return kernel.sign(
        one, relation, two, _P.replace(sqrt2=open_interval(Fraction(7, 5), Fraction(3, 2)))
    )


def _printed_first(kernel: Kernel) -> Evidence:
    """Put gamma = sqrt(2)/2 into the solved value, which stands on the right here."""
    printed = parse(kernel.statement.split("=")[0], _AT_ROOT)
    return kernel.identity(printed, at_root(value(3)), _P, roots=_ROOT)


final_3 = Claim(
    id="appa-final-pi3",
    where=f"{WHERE}, last display",
    statement=r"\frac{4-8p}{3} = V_1^{\pi_3}(\rho_1) + V_2^{\pi_3}(\rho_2)",
    check=_printed_first,
    lines=(498, 498),
    depends=("appa-sqrt-pi3",),
    controls=(misprint("4-8p", "4+8p"),),
    fault=_ROOT_LOST,
    **_SQRT,
)
final_3_corrected = final_3.variant(
    id="appa-final-pi3-corrected",
    statement=r"\frac{4-8p}{3\sqrt{2}} = V_1^{\pi_3}(\rho_1) + V_2^{\pi_3}(\rho_2)",
    lines=None,
    depends=("appa-sqrt-pi3-corrected",),
    controls=(misprint(r"3\sqrt{2}", "3"),),
)
final = Claim(
    id="appa-final",
    where=f"{WHERE}, last display",
    statement="If $p > 0.5$,",
    kind=Kind.IDENTITY,
    lines=(496, 496),
    parts=("appa-final-ends", "appa-final-pi1", "appa-final-inequality", "appa-final-pi3"),
)


def _ends_are_better(kernel: Kernel) -> Evidence:
    """V(pi_1) - V(pi_3) is 2p - 1 times a positive function of gamma and p."""
    pair = kernel.given("pair", (1, 3))
    return kernel.sign(value(pair[0]), ">", value(pair[1]), EXAMPLE_2)


@claim(
    "appa-final-corrected",
    where=f"{WHERE}, last display",
    statement=r"V_1^{\pi_1}(\rho_1) + V_2^{\pi_1}(\rho_2) = \frac{\sqrt{2}(2p-1)}{(p-2)(p+1)} > \frac{4-8p}{3\sqrt{2}} = V_1^{\pi_3}(\rho_1) + V_2^{\pi_3}(\rho_2)",
    kind=Kind.IDENTITY,
    assumptions=(START_AT_S3,),
    depends=("appa-sqrt-pi1-corrected", "appa-sqrt-pi3-corrected"),
    controls=(misprint(r"3\sqrt{2}", r"\sqrt{2}"), misprint(">", "<")),
)
def final_display_corrected(kernel: Kernel) -> Evidence:
    """Both expressions against the solved values at gamma = sqrt(1/2), and their order."""
    relation = ">" if ">" in kernel.statement else "<"
    upper, lower = kernel.statement.split(relation)
    one, two = parse(upper.split("=")[1], _AT_ROOT), parse(lower.split("=")[0], _AT_ROOT)
    box = _P.replace(sqrt2=open_interval(Fraction(7, 5), Fraction(3, 2)))
    return kernel.every(
        kernel.identity([one, two], [at_root(value(1)), at_root(value(3))], _P, roots=_ROOT),
        kernel.sign(one, relation, two, box),
    )


final_sharp = claim(
    "appa-final-sharp",
    where=f"{WHERE}, last display",
    statement=r"V_1^{\pi_1}(\rho_1) + V_2^{\pi_1}(\rho_2) > V_1^{\pi_3}(\rho_1) + V_2^{\pi_3}(\rho_2) \text{ for all } \gamma \in (0, 1), p \in (1/2, 1]",
    kind=Kind.IDENTITY,
    assumptions=(START_AT_S3,),
    depends=("appa-pi1-return", "appa-pi3-return"),
    controls=(ingredient("the policies are exchanged", pair=(3, 1)),),
    note="the paper compares at gamma = sqrt(1/2) only",
)(_ends_are_better)

if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
