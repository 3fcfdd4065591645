r"""Appendix A, second example: the gradients at the three policies and their returns."""

from __future__ import annotations

import sys
from typing import Any

from dcpg_theory.exact.boxes import Box, Interval, open_interval
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
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
from proofs_check.assumptions import START_AT_S3
from proofs_check.instances.corridor import second
from proofs_check.readings.printed import compare_sides, misprints, number, read_off
from proofs_check.readings.values import (
    AROUND_ROOT,
    AT_ROOT,
    LEFT_AT_S3,
    ONLY_P,
    ROOT,
    in_example_2,
    in_example_2_at_root,
)
from proofs_check.symbols import EXAMPLE_2

WHERE = "Appendix A, second example"


def value(number: int) -> Any:
    """Return V_1 + V_2 at S3 under pi_1, pi_2 or pi_3."""
    return second(LEFT_AT_S3[number])


def _return(kernel: Kernel) -> Evidence:
    """The printed closed form against the solved values."""
    return compare_sides(kernel, kernel.statement, in_example_2(), EXAMPLE_2)


def _at_s3(number: int, start: str = "S_3 S_3") -> str:
    """Return how the value of a policy is printed, from S3 or from rho."""
    one, two = start.split()
    return rf"V_1^{{\pi_{number}}}({one}) + V_2^{{\pi_{number}}}({two})"


_RHO = r"\rho_1 \rho_2"
_RETURN_1 = (
    r"= \frac{\gamma(-2\gamma^2 p + \gamma^2 + 2p - 1)}{\gamma^4 p^2 - \gamma^4 p + \gamma^2 - 1}"
)
_RETURN_3 = r"= \frac{\gamma(2-4p)}{2-\gamma^2}"
returns = tuple(
    claim(
        f"appa-pi{number}-return",
        where=f"{WHERE}, return of pi_{number}",
        statement=f"{left_side} {statement}",
        kind=Kind.IDENTITY,
        lines=(line, line),
        assumptions=(START_AT_S3,),
        depends=("eq-19", "sec2-start-value", *depends),
        controls=controls,
    )(_return)
    for number, line, left_side, statement, depends, controls in (
        (
            1,
            460,
            _at_s3(1),
            _RETURN_1,
            ("appa-pi1", "appa-pi1-start"),
            (misprint("2p - 1", "2p + 1"), misprint("V_2", "V_1")),
        ),
        (
            2,
            464,
            _at_s3(2, _RHO),
            _RETURN_1,
            ("appa-pi2-stationary",),
            (
                misprint(r"\gamma^4 p +", r"\gamma^3 p +"),
                misprint(r"V_1^{\pi_2}", r"V_1^{\pi_3}"),
            ),
        ),
    )
)


def _return_3(kernel: Kernel) -> Evidence:
    """The last member of the display; the one before it names the wrong policy."""
    return compare_sides(kernel, _at_s3(3) + kernel.statement, in_example_2(), EXAMPLE_2)


return_3 = Claim(
    id="appa-pi3-return",
    where=f"{WHERE}, return of pi_3",
    statement=_RETURN_3,
    kind=Kind.IDENTITY,
    check=_return_3,
    lines=(490, 490),
    assumptions=(START_AT_S3,),
    depends=("eq-19", "sec2-start-value", "appa-pi3", "appa-pi3-start"),
    controls=(misprint("2-4p", "4-2p"), misprint(r"2-\gamma^2", r"2+\gamma^2")),
)


_PI_3 = Fault(Severity.SLIP, Origin.PAPER, "pi_1 stands for pi_3 on the right side")
_START: dict[str, Any] = {
    "kind": Kind.IDENTITY,
    "assumptions": (START_AT_S3,),
    "check": _return,
    "depends": ("sec2-start-value",),
}
start_1 = Claim(
    id="appa-pi1-start",
    where=f"{WHERE}, return of pi_1",
    statement=r"V_1^{\pi_1}(\rho_1) + V_2^{\pi_1}(\rho_2) = V_1^{\pi_1}(S_3) + V_2^{\pi_1}(S_3)",
    lines=(460, 460),
    controls=(
        misprint(r"= V_1^{\pi_1}(S_3)", r"= V_1^{\pi_3}(S_3)"),
        misprint(r"V_2^{\pi_1}(S_3)", r"V_2^{\pi_3}(S_3)"),
        misprint(r"V_1^{\pi_1}(\rho_1)", r"V_1^{\pi_3}(\rho_1)"),
        misprint(r"V_2^{\pi_1}(\rho_2)", r"V_2^{\pi_3}(\rho_2)"),
        misprint(r"V_2^{\pi_1}(S_3)", r"V_2^{\pi_1}(S_4)"),
    ),
    **_START,
)
start_3 = Claim(
    id="appa-pi3-start",
    where=f"{WHERE}, return of pi_3",
    statement=r"V_1^{\pi_3}(\rho_1) + V_2^{\pi_3}(\rho_2) = V_1^{\pi_1}(S_3) + V_2^{\pi_1}(S_3)",
    lines=(490, 490),
    controls=(
        misprints((r"= V_1^{\pi_1}", r"= V_1^{\pi_3}")),
        misprints((r"= V_1^{\pi_1}(S_3)", r"= V_1^{\pi_3}(S_2)"), (r"\pi_1", r"\pi_3")),
    ),
    fault=_PI_3,
    **_START,
)
start_3_corrected = start_3.variant(
    id="appa-pi3-start-corrected",
    statement=r"V_1^{\pi_3}(\rho_1) + V_2^{\pi_3}(\rho_2) = V_1^{\pi_3}(S_3) + V_2^{\pi_3}(S_3)",
    lines=None,
    controls=(
        misprint(r"= V_1^{\pi_3}(S_3)", r"= V_1^{\pi_1}(S_3)"),
        misprint(r"V_1^{\pi_3}(\rho_1)", r"V_1^{\pi_1}(\rho_1)"),
        misprint(r"V_2^{\pi_3}(\rho_2)", r"V_2^{\pi_1}(\rho_2)"),
        misprint(r"V_2^{\pi_3}(S_3)", r"V_2^{\pi_3}(S_4)"),
    ),
)
start_at_root = start_3.variant(
    id="appa-sqrt-pi3-start", where=f"{WHERE}, at gamma = sqrt(0.5)", lines=(494, 494)
)
start_at_root_corrected = start_3_corrected.variant(
    id="appa-sqrt-pi3-start-corrected", where=f"{WHERE}, at gamma = sqrt(0.5)"
)


def _at_root(kernel: Kernel) -> Evidence:
    """Put gamma = sqrt(2)/2 into both sides; sqrt(2)^2 is reduced to 2."""
    names = in_example_2_at_root()
    return compare_sides(kernel, kernel.statement, names, ONLY_P, roots=ROOT, around=AROUND_ROOT)


_FACTOR = Fault(
    Severity.SLIP, Origin.PAPER, "the factor 1/(8 sqrt(2)) should be sqrt(2): 16 times too small"
)
_ROOT_LOST = Fault(Severity.SLIP, Origin.PAPER, "the factor 1/sqrt(2) of gamma is lost")
_SQRT: dict[str, Any] = {"kind": Kind.IDENTITY, "assumptions": (START_AT_S3,)}

_BY_FORMULA = _RETURN_1.lstrip("= ")
general_1 = Claim(
    id="appa-sqrt-pi1-general",
    where=f"{WHERE}, at gamma = sqrt(0.5)",
    statement=f"{_at_s3(1, _RHO)} {_RETURN_1}",
    check=_at_root,
    lines=(494, 494),
    depends=("appa-pi1-return", "appa-pi1-start"),
    controls=(misprint("2p - 1", "2p + 1"), misprint(r"V_2^{\pi_1}", r"V_2^{\pi_3}")),
    **_SQRT,
)
sqrt_1 = Claim(
    id="appa-sqrt-pi1",
    where=f"{WHERE}, at gamma = sqrt(0.5)",
    statement=rf"{_BY_FORMULA} = \frac{{2p-1}}{{8\sqrt{{2}}(p-2)(p+1)}}",
    check=_at_root,
    lines=(494, 494),
    depends=("appa-sqrt-pi1-general",),
    controls=(misprints((r"2p-1}{8\sqrt{2}", r"\sqrt{2}(2p-1)}{"), ("(p+1)", "(p+2)")),),
    fault=_FACTOR,
    **_SQRT,
)
sqrt_1_corrected = sqrt_1.variant(
    id="appa-sqrt-pi1-corrected",
    statement=rf"{_BY_FORMULA} = \frac{{\sqrt{{2}}(2p-1)}}{{(p-2)(p+1)}}",
    lines=None,
    controls=(misprint(r"\sqrt{2}", "2"), misprint("(p+1)", "(p+2)")),
)
general_3 = return_3.variant(
    id="appa-sqrt-pi3-general",
    where=f"{WHERE}, at gamma = sqrt(0.5)",
    lines=(494, 494),
    depends=("appa-pi3-return",),
)
_COIN = _RETURN_3.lstrip("= ")
sqrt_3 = Claim(
    id="appa-sqrt-pi3",
    where=f"{WHERE}, at gamma = sqrt(0.5)",
    statement=rf"{_COIN} = \frac{{4-8p}}{{3}}",
    check=_at_root,
    lines=(494, 494),
    depends=("appa-sqrt-pi3-general",),
    controls=(misprints(("{4-8p}{3}", r"{4+8p}{3\sqrt{2}}")),),
    fault=_ROOT_LOST,
    **_SQRT,
)
sqrt_3_corrected = sqrt_3.variant(
    id="appa-sqrt-pi3-corrected",
    statement=rf"{_COIN} = \frac{{4-8p}}{{3\sqrt{{2}}}}",
    lines=None,
    controls=(misprint(r"3\sqrt{2}", "3"), misprint("4-8p", "4+8p")),
)
at_the_root = Claim(
    id="appa-sqrt",
    where=f"{WHERE}, at gamma = sqrt(0.5)",
    statement=r"For computational simplicity, we choose $\gamma = \sqrt{0.5}$. Then,",
    kind=Kind.IDENTITY,
    lines=(492, 492),
    parts=(
        "appa-sqrt-pi1-general",
        "appa-sqrt-pi1",
        "appa-sqrt-pi3-start",
        "appa-sqrt-pi3-general",
        "appa-sqrt-pi3",
    ),
)


@claim(
    "appa-final-ends",
    where=f"{WHERE}, last display",
    statement=r"V_1^{\pi_1}(\rho_1) + V_2^{\pi_1}(\rho_2) = V_1^{\pi_2}(\rho_1) + V_2^{\pi_2}(\rho_2)",
    kind=Kind.IDENTITY,
    lines=(498, 498),
    assumptions=(START_AT_S3,),
    depends=("appa-pi1-return", "appa-pi2-return"),
    controls=(
        misprint(r"= V_1^{\pi_2}", r"= V_1^{\pi_3}"),
        misprint(r"V_2^{\pi_1}", r"V_2^{\pi_3}"),
    ),
)
def both_ends_are_equal(kernel: Kernel) -> Evidence:
    """The solved values of the two policies, for all gamma and p."""
    return _return(kernel)


final_1 = sqrt_1.variant(
    id="appa-final-pi1",
    where=f"{WHERE}, last display",
    statement=rf"{_at_s3(2, _RHO)} = \frac{{2p-1}}{{8\sqrt{{2}}(p-2)(p+1)}}",
    lines=(498, 498),
    depends=("appa-sqrt-pi1", "appa-pi2-return"),
)
final_1_corrected = final_1.variant(
    id="appa-final-pi1-corrected",
    statement=rf"{_at_s3(2, _RHO)} = \frac{{\sqrt{{2}}(2p-1)}}{{(p-2)(p+1)}}",
    lines=None,
    depends=("appa-sqrt-pi1-corrected", "appa-pi2-return"),
    controls=(misprint(r"V_1^{\pi_2}", r"V_1^{\pi_3}"), misprint("(p+1)", "(p+2)")),
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
    return compare_sides(kernel, kernel.statement, AT_ROOT, AROUND_ROOT)


final_3 = Claim(
    id="appa-final-pi3",
    where=f"{WHERE}, last display",
    statement=r"\frac{4-8p}{3} = V_1^{\pi_3}(\rho_1) + V_2^{\pi_3}(\rho_2)",
    check=_at_root,
    lines=(498, 498),
    depends=("appa-sqrt-pi3",),
    controls=(misprints(("4-8p}{3}", r"4-8p}{3\sqrt{2}}"), (r"V_2^{\pi_3}", r"V_2^{\pi_1}")),),
    fault=_ROOT_LOST,
    **_SQRT,
)
final_3_corrected = final_3.variant(
    id="appa-final-pi3-corrected",
    statement=r"\frac{4-8p}{3\sqrt{2}} = V_1^{\pi_3}(\rho_1) + V_2^{\pi_3}(\rho_2)",
    lines=None,
    depends=("appa-sqrt-pi3-corrected",),
    controls=(misprint(r"3\sqrt{2}", "3"), misprint(r"V_2^{\pi_3}", r"V_2^{\pi_1}")),
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
    printed = read_off(
        r"@chain@ \text{ for all } \gamma \in (@a@, @b@), p \in (@c@, @d@]", kernel.statement
    )
    a, b, c, d = (number(printed[name]) for name in "abcd")
    box = Box(gamma=open_interval(a, b), p=Interval(c, d, closed_upper=True))
    return compare_sides(kernel, printed["chain"], in_example_2(), box)


@claim(
    "appa-final-corrected",
    where=f"{WHERE}, last display",
    statement=r"V_1^{\pi_1}(\rho_1) + V_2^{\pi_1}(\rho_2) = \frac{\sqrt{2}(2p-1)}{(p-2)(p+1)} > \frac{4-8p}{3\sqrt{2}} = V_1^{\pi_3}(\rho_1) + V_2^{\pi_3}(\rho_2)",
    kind=Kind.IDENTITY,
    assumptions=(START_AT_S3,),
    depends=("appa-sqrt-pi1-corrected", "appa-sqrt-pi3-corrected"),
    controls=(
        misprint(r"3\sqrt{2}", r"\sqrt{2}"),
        misprint(">", "<"),
        misprint(r"V_2^{\pi_1}", r"V_2^{\pi_3}"),
    ),
)
def final_display_corrected(kernel: Kernel) -> Evidence:
    """Both expressions against the solved values at gamma = sqrt(1/2), and their order."""
    return _at_root(kernel)


final_sharp = claim(
    "appa-final-sharp",
    where=f"{WHERE}, last display",
    statement=r"V_1^{\pi_1}(\rho_1) + V_2^{\pi_1}(\rho_2) > V_1^{\pi_3}(\rho_1) + V_2^{\pi_3}(\rho_2) \text{ for all } \gamma \in (0, 1), p \in (1/2, 1]",
    kind=Kind.IDENTITY,
    assumptions=(START_AT_S3,),
    depends=("appa-pi1-return", "appa-pi3-return"),
    controls=(
        misprint(">", "<"),
        misprint(r"V_2^{\pi_1}", r"V_2^{\pi_3}"),
        misprint("1/2", "1/3"),
    ),
    note="the paper compares at gamma = sqrt(1/2) only",
)(_ends_are_better)

if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
