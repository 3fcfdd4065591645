r"""Appendix B.5, (77), (84), (85): the three constants of Lemma B.5.

Lemma B.5 and its proof are about one task, so in (77) a bare gamma is that task's. In (85) both
gamma_i and gamma stand, and there gamma is read as any other number.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint

from dcpg_theory.errors import Undecided
from dcpg_theory.exact.boxes import Box
from dcpg_theory.exact.chains import Chain
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
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
from proofs_check import appendix_b5_sums as sums
from proofs_check.chains import lipschitz as lipschitz_chains
from proofs_check.chains.lipschitz import ONE_TASK
from proofs_check.chains.mdp_operators import less
from proofs_check.readings.operators import read_derivative
from proofs_check.readings.orders import of_orders
from proofs_check.readings.wording import about
from proofs_check.symbols import DISCOUNT, free, own

WHERE = "Appendix B.5, proof of Lemma B.5"
_LEMMA = "Appendix B.5, Lemma B.5, (77)"
_OWN = {r"\gamma_i": own, r"\gamma": own}
_BOTH = {r"\gamma_i": own, r"\gamma": free}


@claim(
    "b5-proof-idea",
    where=WHERE,
    statement="To show a function is Lipschitz, we show the derivative of the Hessian with respect to θ is bounded",
    kind=Kind.UPPER_BOUND,
    lines=(872, 872),
    controls=(misprint("a function is", "the gradient of a function is"),),
    fault=Fault(
        Severity.SLIP,
        Origin.EXTRACTION,
        "x^2 has the third derivative 0 and is not Lipschitz: a bounded derivative of the Hessian "
        "makes the Hessian Lipschitz. What follows bounds the first two derivatives as well",
    ),
)
def bounded_derivative_of_what(kernel: Kernel) -> Evidence:
    """Along a segment, x . H x grows by at most its length times the bound of its derivative.

    Special cases: x, x^2, x^3, x^4 on [0, 1/2], what changes against the bound times the length.
    """
    said, shown = re.findall(r"show(.*?)is", normalized(kernel.statement).replace("Toshow", "show"))
    changes, bounded = (
        2 if "Hessian" in part else 1 if "gradient" in part else 0 for part in (said, shown)
    )

    def derivative(power: int, order: int, at: Fraction) -> Fraction:
        factor = 1
        for k in range(order):
            factor *= power - k
        return factor * at ** max(power - order, 0)

    half = Fraction(1, 2)
    special = []
    for power in (2, 3, 4, 1):
        gain = derivative(power, changes, half) - derivative(power, changes, Fraction(0))
        bound = derivative(power, bounded + 1, half)
        instance = {"function": f"x^{power}", "from": 0, "to": half}
        special.append(kernel.at_instance(gain, "<=", bound * half, instance))
    chain = lipschitz_chains.bounded_form(symbols("C")[0], Box(C=DISCOUNT))
    return kernel.confirmed(kernel.proof(chain), *special)


idea_corrected = bounded_derivative_of_what.variant(
    id="b5-proof-idea-corrected",
    statement="To show the Hessian of a function is Lipschitz, we show the derivative of the Hessian with respect to θ is bounded",
    lines=None,
    controls=(misprint("the derivative of the Hessian", "the derivative of the gradient"),),
)


@claim(
    "b5-constants",
    where=WHERE,
    statement=r"Then we can use Lemma B.4 with $C' = 2, C'' = 6, C''' = 26$",
    kind=Kind.UPPER_BOUND,
    lines=(890, 890),
    depends=("eq-81", "eq-82", "eq-83"),
    controls=(misprint("C'' = 6", "C'' = 2"), misprint("26", "24")),
    note="(55) asks for the sums at one state; what is used, and what (81)-(83) show, is any state",
)
def constants_of_lemma_b4(kernel: Kernel) -> Evidence:
    """The three numbers are the right ends of (81), (82) and (83)."""
    printed = _three(kernel.statement)
    ends = [
        parse(member.statement.rsplit(r"\leq", 1)[1], {})
        for member in (sums.eq_81, sums.eq_82, sums.eq_83)
    ]
    return kernel.identity(printed, ends, ONE_TASK, labels=lambda k: "C" + "'" * (k[0] + 1))


def _three(statement: str) -> list[Any]:
    return [parse(value, {}) for value in re.findall(r"C'+=([^,$]+)", normalized(statement))]


def _lemma_b4(order: int) -> RationalFunction:
    """Return the bound of (56) with C' = 2, C'' = 6, C''' = 26."""
    one, two, three = _three(constants_of_lemma_b4.statement)
    x, g = 1 / (1 - own), own
    bounds: tuple[RationalFunction, ...] = (
        one * x**2,
        two * x**2 + 2 * g * one**2 * x**3,
        three * x**2 + 6 * g * one * two * x**3 + 6 * g**2 * one**3 * x**4,
    )
    return bounds[order - 1]


def _substituted(order: int) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        """Lemma B.4's bound (56) with C' = 2, C'' = 6, C''' = 26."""
        left = normalized(kernel.statement).split(r"\leq")[0].rstrip("&")
        if read_derivative(left, of="V", largest=True) != order:
            raise Undecided(f"{left!r} is not the derivative of order {order} that (56) bounds")
        printed = parse(normalized(kernel.statement).rsplit(r"\leq", 1)[1], _OWN)
        return kernel.identity(printed, _lemma_b4(order), ONE_TASK)

    return check


def _absorbed(kernel: Kernel) -> Evidence:
    """Multiplied by the highest power of 1 - gamma_i: 6 + 2 g <= 8, and 26 + 20 g + 2 g^2 <= 48."""
    left, right = (
        parse(side, _OWN) for side in normalized(kernel.statement).replace("&", "").split(r"\leq")
    )
    return kernel.sign(left, "<=", right, ONE_TASK)


_SLOPES = (
    r"\max_{\|u\|_2=1} \left| \frac{d\tilde{V}_i(\alpha)}{d\alpha} \right|_{\alpha=0}",
    r"\max_{\|u\|_2=1} \left| \frac{d^2 \tilde{V}_i(\alpha)}{d\alpha^2} \right|_{\alpha=0}",
    r"\max_{\|u\|_2=1} \left| \frac{d^3 \tilde{V}_i(\alpha)}{d\alpha^3} \right|_{\alpha=0}",
)
_SUMS = (
    r"\frac{2}{(1-\gamma_i)^2}",
    r"\frac{6}{(1-\gamma_i)^2} + \frac{8\gamma_i}{(1-\gamma_i)^3}",
    r"\frac{26}{(1-\gamma_i)^2} + \frac{72\gamma_i}{(1-\gamma_i)^3} + \frac{48\gamma_i^2}{(1-\gamma_i)^4}",
)
_IN_84: dict[str, Any] = {
    "where": f"{WHERE}, (84)",
    "kind": Kind.UPPER_BOUND,
    "lines": (892, 892),
}
# Ids of the claims of (56), Lemma B.4, once they are in the ledger.
_LEMMA_B4: tuple[str, ...] = ("lemma-b4",)
_FROM_B4: dict[str, Any] = {
    "depends": ("b5-constants", *_LEMMA_B4),
    "note": "the substitution in (56); that the left side obeys (56) is Lemma B.4",
}

bounds_84 = (
    Claim(
        id="eq-84-first",
        statement=rf"{_SLOPES[0]} &\leq {_SUMS[0]}",
        check=_substituted(1),
        controls=(misprint(r"(1-\gamma_i)^2", r"(1-\gamma_i)"),),
        **_FROM_B4,
        **_IN_84,
    ),
    Claim(
        id="eq-84-second",
        statement=rf"{_SLOPES[1]} &\leq {_SUMS[1]}",
        check=_substituted(2),
        controls=(misprint(r"8\gamma_i", "8"),),
        **_FROM_B4,
        **_IN_84,
    ),
    Claim(
        id="eq-84-third",
        statement=rf"{_SLOPES[2]} &\leq {_SUMS[2]}",
        check=_substituted(3),
        controls=(misprint("72", "36"), misprint(r"48\gamma_i^2", r"48\gamma_i")),
        **_FROM_B4,
        **_IN_84,
    ),
    Claim(
        id="eq-84-second-absorbed",
        statement=rf"{_SUMS[1]} \leq \frac{{8}}{{(1-\gamma_i)^3}}",
        check=_absorbed,
        controls=(misprint(r"\leq \frac{8}", r"\leq \frac{7}"),),
        note="8 is the least constant: equality as gamma_i tends to 1",
        **_IN_84,
    ),
    Claim(
        id="eq-84-third-absorbed",
        statement=rf"{_SUMS[2]} \leq \frac{{48}}{{(1-\gamma_i)^4}}",
        check=_absorbed,
        controls=(misprint(r"\leq \frac{48}", r"\leq \frac{44}"),),
        note="48 is the least constant: equality as gamma_i tends to 1",
        **_IN_84,
    ),
)
eq_84 = Claim(
    id="eq-84",
    statement=rf"{_SLOPES[0]} &\leq {_SUMS[0]}, \\ {_SLOPES[1]} &\leq {_SUMS[1]} \leq \frac{{8}}{{(1-\gamma_i)^3}}, \\ {_SLOPES[2]} &\leq {_SUMS[2]} \leq \frac{{48}}{{(1-\gamma_i)^4}}",
    parts=tuple(member.id for member in bounds_84),
    **_IN_84,
)

# What the two-armed bandit that pays 1 and 0 changes between the policies 1/2, 1/2 and 3/4, 1/4,
# times 1 - gamma_i: its value, and the squared norms of its gradient and its Hessian. Between
# them theta moves by log 3 in one entry.
_CHANGES = (Fraction(1, 16), Fraction(2, 256), Fraction(9, 256))
_DISCOUNTS = (
    (Fraction(999, 1000), Fraction(1, 1000)),
    (Fraction(1, 1000), Fraction(1, 1000)),
    (Fraction(1, 2), Fraction(1, 2)),
)


def _lipschitz(
    order: int, names: dict[str, Any], chain: Callable[[RationalFunction], Chain]
) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        """Along the segment from theta' to theta'' the derivative is bounded by (84), for every s.

        The mean value theorem gives the bound for the value; for x . grad after polarization,
        since |u^T H u| <= c |u|^2 for all u bounds x^T H v by c for unit vectors; for x . H x by
        Banach's theorem, since D^3V[x, x, v] is at most max |D^3V[u, u, u]|. What (84) says of
        every start s holds for the average over mu. Special case: a bandit that pays 1 and 0,
        from equal probabilities to 3/4 and 1/4.
        """
        about(kernel, r"V_i^{\pi_{\theta'}}(\mu) -", r"V_i^{\pi_{\theta''}}(\mu)\|", "\\leq")
        text = normalized(kernel.statement).replace("&", "").rsplit(r"\leq", 1)[1]
        printed = parse(text.replace(r"\|\theta'-\theta''\|", "").strip(",. "), names)
        special = [_bandit(kernel, order, printed, *pair) for pair in _DISCOUNTS]
        proved = chain(_ends_of_84()[order - 1])
        ends = less(proved.conclusion.left, lipschitz_chains.LENGTH.scaled(printed))
        return kernel.confirmed(kernel.proof(proved, ends), *special)

    return of_orders(check, order - 1, 0)


def _ends_of_84() -> list[RationalFunction]:
    """Return the right ends of the lines of (84)."""
    lines = normalized(eq_84.statement).replace("&", "").split(r",\\")
    return [parse(line.rsplit(r"\leq", 1)[1], _OWN) for line in lines]


def _bandit(
    kernel: Kernel, order: int, printed: RationalFunction, discount: Fraction, other: Fraction
) -> Evidence:
    at = {"gamma_i": discount, "gamma": other}
    change = _CHANGES[order - 1] / (1 - discount) ** 2
    constant = printed.evaluate(at)
    shown = {"gamma_i": discount, "gamma": other, "from": "(1/2, 1/2)", "to": "(3/4, 1/4)"}
    return kernel.enclosed(
        lambda: flint.arb(flint.fmpq(change.numerator, change.denominator)).sqrt(),
        "<=",
        lambda: flint.arb(constant) * flint.arb(3).log(),
        {"task": "one state, actions pay 1 and 0", **shown},
    )


_V1, _V2 = r"V_i^{\pi_{\theta'}}(\mu)", r"V_i^{\pi_{\theta''}}(\mu)"
_LINES_77 = (
    rf"\|{_V1} - {_V2}\| &\leq \frac{{2}}{{(1-\gamma)^2}} \|\theta' - \theta''\|",
    rf"\|\nabla_{{\theta'}} {_V1} - \nabla_{{\theta''}} {_V2}\| &\leq \frac{{8}}{{(1-\gamma)^3}} \|\theta' - \theta''\|",
    rf"\|\nabla_{{\theta'}}^2 {_V1} - \nabla_{{\theta''}}^2 {_V2}\| &\leq \frac{{48}}{{(1-\gamma)^4}} \|\theta' - \theta''\|",
)
_LINES_85 = (
    rf"\|{_V1} - {_V2}\| \leq \frac{{2}}{{(1-\gamma_i)^2}} \|\theta' - \theta''\|",
    rf"\|\nabla {_V1} - \nabla {_V2}\| &\leq \frac{{8}}{{(1-\gamma)^3}} \|\theta' - \theta''\|",
    rf"\|\nabla^2 {_V1} - \nabla^2 {_V2}\| &\leq \frac{{48}}{{(1-\gamma)^4}} \|\theta' - \theta''\|",
)
_TASKS_OWN = (
    "gamma is the discount of task i throughout the lemma; the gradients are at theta', theta''"
)
_MIXED = Fault(
    Severity.SLIP,
    Origin.PAPER,
    "gamma_i in the line before and in (84), gamma here: the discount of task i is meant",
)
_TINY = misprint(r"\frac{8}", r"\frac{\frac{1}{100}}")
_TINY_HESSIAN = misprint(r"\frac{48}", r"\frac{\frac{1}{100}}")

lines_77 = (
    Claim(
        id="eq-77-value",
        where=_LEMMA,
        statement=_LINES_77[0],
        kind=Kind.UPPER_BOUND,
        check=_lipschitz(1, _OWN, lipschitz_chains.bounded_value),
        lines=(870, 870),
        depends=("eq-84-first",),
        controls=(misprint(r"\frac{2}", r"\frac{\frac{1}{100}}"),),
        note=_TASKS_OWN,
    ),
    Claim(
        id="eq-77-gradient",
        where=_LEMMA,
        statement=_LINES_77[1],
        kind=Kind.UPPER_BOUND,
        check=_lipschitz(2, _OWN, lipschitz_chains.bounded_gradient),
        lines=(870, 870),
        depends=("eq-84-second", "eq-84-second-absorbed"),
        controls=(_TINY,),
        note=_TASKS_OWN,
    ),
    Claim(
        id="eq-77-hessian",
        where=_LEMMA,
        statement=_LINES_77[2],
        kind=Kind.UPPER_BOUND,
        check=_lipschitz(3, _OWN, lipschitz_chains.bounded_third),
        lines=(870, 870),
        depends=("eq-84-third", "eq-84-third-absorbed"),
        controls=(_TINY_HESSIAN,),
        note=_TASKS_OWN,
    ),
)
eq_77 = Claim(
    id="eq-77",
    where=_LEMMA,
    statement=rf"{_LINES_77[0]}, \\ {_LINES_77[1]}, \text{{ and}} \\ {_LINES_77[2]}",
    kind=Kind.UPPER_BOUND,
    lines=(870, 870),
    parts=tuple(member.id for member in lines_77),
)
lemma_b5 = Claim(
    id="lemma-b5",
    where="Appendix B.5, Lemma B.5",
    statement=r"Under the tabular softmax policy, $V_i^{\pi_\theta}(\mu)$ is Lipschitz, has a Lipschitz gradient and a Lipschitz Hessian for all i and μ",
    kind=Kind.UPPER_BOUND,
    lines=(868, 868),
    parts=("eq-77",),
)

_IN_85: dict[str, Any] = {"where": f"{WHERE}, (85)", "kind": Kind.UPPER_BOUND}
value_85 = Claim(
    id="eq-85-value",
    statement=_LINES_85[0],
    check=_lipschitz(1, _BOTH, lipschitz_chains.bounded_value),
    lines=(896, 896),
    depends=("eq-84-first",),
    controls=(misprint(r"\gamma_i)^2", r"\gamma)^2"),),
    note="(84) is used at every theta and s; conversely, the points s are among the mu",
    **_IN_85,
)
gradient_85 = Claim(
    id="eq-85-gradient",
    statement=_LINES_85[1],
    check=_lipschitz(2, _BOTH, lipschitz_chains.bounded_gradient),
    lines=(898, 898),
    depends=("eq-84-second", "eq-84-second-absorbed"),
    controls=(_TINY,),
    fault=_MIXED,
    **_IN_85,
)
gradient_85_corrected = gradient_85.variant(
    id="eq-85-gradient-corrected",
    statement=_LINES_85[1].replace(r"\gamma", r"\gamma_i"),
    lines=None,
)
hessian_85 = Claim(
    id="eq-85-hessian",
    statement=_LINES_85[2],
    check=_lipschitz(3, _BOTH, lipschitz_chains.bounded_third),
    lines=(898, 898),
    depends=("eq-84-third", "eq-84-third-absorbed"),
    controls=(misprint(r"\frac{48}", r"\frac{24}"),),
    fault=_MIXED,
    **_IN_85,
)
hessian_85_corrected = hessian_85.variant(
    id="eq-85-hessian-corrected",
    statement=_LINES_85[2].replace(r"\gamma", r"\gamma_i"),
    lines=None,
    controls=(_TINY_HESSIAN,),
)
eq_85 = Claim(
    id="eq-85",
    statement=f"{_LINES_85[0]}, {_LINES_85[1]}, {_LINES_85[2]}",
    parts=("eq-85-value", "eq-85-gradient", "eq-85-hessian"),
    **_IN_85,
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
