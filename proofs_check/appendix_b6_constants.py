r"""Lemma B.6, (86): the regularizer's Lipschitz constants, from (89), (90) and (91).

The primes of (86) stand on the policy and are read as on theta; h is 1/|S|, x is 1/sqrt|A|, y is
1/sqrt|S|. Along the segment from theta' to theta'' the mean value theorem does the rest.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from dcpg_theory import theory
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.boxes import Box, closed_interval, open_interval, positive
from dcpg_theory.exact.chains import Chain
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.operators import SCALARS, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
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
from proofs_check import appendix_b6, appendix_b6_bounds
from proofs_check.chains import entropy_norms as norm_chains
from proofs_check.chains import lipschitz as lipschitz_chains
from proofs_check.chains.bounded_products import letter, mean, sum_at_most, variance_at_most
from proofs_check.chains.mdp_operators import less
from proofs_check.readings.operators import read_after
from proofs_check.readings.wording import about, naming

WHERE = "Appendix B.5, proof of Lemma B.6"
_LEMMA = "Appendix B.5, Lemma B.6, (86)"
_LAMBDA, _H, _K, _X, _Y = symbols("lambda", "h", "k", "x", "y")
_M, _N = symbols("m", "n")
_BOX = Box(**dict.fromkeys(("lambda", "h", "k", "x", "y"), open_interval(0, 1)))
_NAMES: dict[str, Any] = {
    r"\lambda": _LAMBDA,
    r"|\mathcal{S}|": 1 / _H,
    r"\frac{1}{\sqrt{|\mathcal{A}|}}": _X,
    r"\frac{1}{\sqrt{|\mathcal{S}|}}": _Y,
}


def _constant(text: str) -> RationalFunction:
    """Return the constant behind the last <=, or the one a sentence names between dollar signs."""
    text = normalized(text).replace("&", "").replace(r"\|\theta'-\theta''\|", "")
    named = re.findall(r"(?:is|^|has)((?:\\lambda|\\frac).*?)-(?:Lipschitz|smooth)", text)
    value: RationalFunction = parse(named[0] if named else text.rsplit(r"\leq", 1)[1], _NAMES)
    return value


def _end(member: Claim) -> RationalFunction:
    """Return the right end of (89), (90) or (91)."""
    return _constant(member.statement)


# Two actions in one state: from equal probabilities to weights 1000 and 1/1000, which is a step of
# sqrt(2) log(1000), or from weights 1 and 1 to 3 and 1, a step of log(3).
_FAR = (Fraction(1000), Fraction(1, 1000))


def _row(weights: tuple[Fraction, ...]) -> Any:
    total = sum(weights)
    return np.array([[w / total for w in weights]], dtype=object)


def _log(value: Any) -> Any:
    exact = Fraction(str(value))
    return flint.arb(flint.fmpq(exact.numerator, exact.denominator)).log()


def _at_two_actions(constant: RationalFunction) -> Any:
    """Return a constant for lambda = 1, |S| = 1, |A| = 2, as a ball."""
    half = flint.arb(flint.fmpq(1, 2))
    one = flint.arb(1)
    return constant.evaluate({"lambda": one, "h": one, "y": one, "x": half.sqrt(), "k": half})


def _value_moves(kernel: Kernel, printed: RationalFunction) -> Evidence:
    instance = {"states": 1, "actions": 2, "lambda": 1, "from": "weights 1, 1"}
    return kernel.enclosed(
        lambda: theory.relative_entropy(_row(_FAR), log=_log),
        "<=",
        lambda: _at_two_actions(printed) * flint.arb(2).sqrt() * _log(Fraction(1000)),
        {**instance, "to": "weights 1000, 1/1000"},
    )


def _gradient_moves(kernel: Kernel, printed: RationalFunction) -> Evidence:
    instance = {"states": 1, "actions": 2, "lambda": 1, "from": "weights 1, 1"}
    return kernel.enclosed(
        lambda: flint.arb(2).sqrt() / 4,
        "<=",
        lambda: _at_two_actions(printed) * _log(Fraction(3)),
        {**instance, "to": "weights 3, 1"},
    )


def _hessian_moves(kernel: Kernel, printed: RationalFunction) -> Evidence:
    """From p = 1/2 to 3/4 the Hessian, p (1 - p) times a matrix of norm 2, changes by 1/8."""
    instance = {"states": 1, "actions": 2, "lambda": 1, "from": "weights 1, 1"}
    return kernel.enclosed(
        lambda: flint.arb(1) / 8,
        "<=",
        lambda: _at_two_actions(printed) * _log(Fraction(3)),
        {**instance, "to": "weights 3, 1"},
    )


def _proved(
    kernel: Kernel,
    chain: Chain,
    special: Callable[[Kernel, RationalFunction], Evidence],
) -> Evidence:
    """Compare a chain's constant with the printed one, and try that on an instance."""
    printed = _constant(kernel.statement)
    fact = less(chain.conclusion.left, lipschitz_chains.LENGTH.scaled(printed))
    return kernel.confirmed(kernel.proof(chain, fact), special(kernel, printed))


def _value(kernel: Kernel) -> Evidence:
    """|grad zeta| <= c by (89), so v . grad zeta <= c along a unit direction (Cauchy-Schwarz)."""
    bound = _end(appendix_b6.eq_89)
    return _proved(kernel, norm_chains.steepness(bound, bound**2, _BOX), _value_moves)


def _gradient(kernel: Kernel) -> Evidence:
    """|u^T H u| <= c |u|^2 by (90), so x^T H v <= c for unit vectors (polarization)."""
    chain = lipschitz_chains.bounded_gradient(_end(appendix_b6_bounds.eq_90), _BOX)
    return _proved(kernel, chain, _gradient_moves)


def _hessian(kernel: Kernel) -> Evidence:
    """|x^T (dH/dv) x| <= c for unit vectors x and v, which eq-91-sharp says; (91) has x = v."""
    chain = lipschitz_chains.bounded_form(_end(mixed_third_derivative), _BOX)
    return _proved(kernel, chain, _hessian_moves)


@claim(
    "eq-91-sharp",
    where=f"{WHERE}, (91)",
    statement=r"\left| \sum_{s, a'} v_{s, a'} u^T \frac{\partial}{\partial \theta_{s, a'}} \nabla_{\theta}^2 \zeta(\theta) u \right| \leq \frac{6\lambda}{|\mathcal{S}|}",
    kind=Kind.UPPER_BOUND,
    depends=("eq-88-third-corrected", "b6-no-mixed-blocks-corrected", "eq-90-norm"),
    controls=(misprint(r"\frac{6\lambda}", r"\frac{1}{20}\frac{\lambda}"),),
    note="for two unit vectors u and v: this, not (91) alone, bounds how fast the Hessian moves",
)
def mixed_third_derivative(kernel: Kernel) -> Evidence:
    """In one state (88) filled with u, u, v is at most 6 max|u_s|^2 max|v_s|.

    The sum over s of max|u_s|^2 max|v_s| is at most the sum of |u_s|^2, which is 1. Instance:
    pi = (9/10, 1/10) and u = v = (1, 0).
    """
    about(kernel, r"\nabla_{\theta}^2 \zeta(\theta) u \right|")
    bound = _constant(kernel.statement) / (_LAMBDA * _H)
    u, v = letter("U"), letter("V")
    m, n = mean(u), mean(v)
    total = mean(u, u) @ n - mean(u, u, v) + 2 * (m @ mean(u, v)) - 2 * (m @ m @ n)
    unit_box = Box(m=closed_interval(0, 1), n=closed_interval(0, 1))
    proofs = []
    for signed in (total, -total):
        chain = sum_at_most("one state", signed, unit_box, {"U": _M, "V": _N})
        fact = less(signed, unit(SCALARS).scaled(bound * _M**2 * _N))
        proofs.append(kernel.proof(chain, fact))
    states = norm_chains.mixed_norms()
    proofs.append(kernel.proof(states))
    p = Fraction(9, 10)
    instance = {"pi": "(9/10, 1/10)", "u": "(1, 0)", "v": "(1, 0)", "states": 1}
    value = abs(p * (1 - p) * (1 - 2 * p))
    special = kernel.at_instance(value, "<=", bound.as_constant(), instance)
    return kernel.confirmed(kernel.every(*proofs), special)


@claim(
    "eq-90-sharp",
    where=f"{WHERE}, (90)",
    statement=r"|u^T \nabla_{\theta}^2 \zeta(\theta) u| \leq \frac{\lambda}{2|\mathcal{S}|}",
    kind=Kind.UPPER_BOUND,
    depends=("eq-90-blocks", "eq-90-hessian"),
    controls=(misprint(r"{2|", r"{3|"),),
    note="a quarter of the printed constant; attained by a fair coin in one state",
)
def variance_of_a_state(kernel: Kernel) -> Evidence:
    """In one state the form is a variance, at most the square of half the range of u_s.

    With a the largest and b the smallest entry, (a - b)^2 / 4 <= (a^2 + b^2) / 2 <= |u_s|^2 / 2.
    Instance: pi = (1/2, 1/2) and u = (1, -1), where |u|^2 = 2.
    """
    about(kernel, r"|u^T \nabla_{\theta}^2 \zeta(\theta) u| \leq")
    bound = _constant(kernel.statement) / (_LAMBDA * _H)
    a, b, radius, centre = symbols("a", "b", "r", "c")
    around = closed_interval(-1, 1)
    chain = variance_at_most(radius, centre, Box(r=closed_interval(0, 1), c=around))
    half_range = kernel.sign((a - b) ** 2 / 4, "<=", bound * (a**2 + b**2), Box(a=around, b=around))
    instance = {"pi": "(1/2, 1/2)", "u": "(1, -1)", "states": 1}
    special = kernel.at_instance(1, "<=", 2 * bound.as_constant(), instance)
    proof = kernel.every(kernel.proof(chain), half_range)
    return kernel.confirmed(proof, special)


_RE1, _RE2 = r"\lambda RE(\pi_{\theta}')", r"\lambda RE(\pi_{\theta}'')"
_D = (
    rf"{_RE1} - {_RE2}",
    rf"\nabla_{{\theta'}} {_RE1} - \nabla_{{\theta''}} {_RE2}",
    rf"\nabla_{{\theta'}}^2 {_RE1} - \nabla_{{\theta''}}^2 {_RE2}",
)
_LINES_86 = (
    rf"\|{_D[0]}\| &\leq \lambda \left(\frac{{1}}{{\sqrt{{|\mathcal{{A}}|}}}} + 1 \right) \|\theta' - \theta''\|",
    rf"\|{_D[1]}\| &\leq \frac{{2\lambda}}{{|\mathcal{{S}}|}} \|\theta' - \theta''\|",
    rf"\|{_D[2]}\| &\leq \frac{{6\lambda}}{{|\mathcal{{S}}|}} \|\theta' - \theta''\|",
)
_IN_86: dict[str, Any] = {"where": _LEMMA, "kind": Kind.UPPER_BOUND, "lines": (904, 904)}
_PRIMES = "RE(pi_theta') is read as RE(pi_{theta'}): the prime belongs to theta"
_SMALL = {
    2: misprint(r"\frac{2\lambda}", r"\frac{1}{10}\frac{\lambda}"),
    6: misprint(r"\frac{6\lambda}", r"\frac{1}{10}\frac{\lambda}"),
}
lines_86 = (
    Claim(
        id="eq-86-value",
        statement=_LINES_86[0],
        check=naming(_value, rf"\|{_D[0]}\|"),
        depends=("eq-89",),
        controls=(misprint("+ 1", r"- \frac{1}{2}"),),
        note=_PRIMES,
        **_IN_86,
    ),
    Claim(
        id="eq-86-gradient",
        statement=_LINES_86[1],
        check=naming(_gradient, rf"\|{_D[1]}\|"),
        depends=("eq-90",),
        controls=(_SMALL[2],),
        note=_PRIMES,
        **_IN_86,
    ),
    Claim(
        id="eq-86-hessian",
        statement=_LINES_86[2],
        check=naming(_hessian, rf"\|{_D[2]}\|"),
        depends=("eq-91-sharp",),
        controls=(_SMALL[6],),
        note=f"{_PRIMES}; (91) fills all three places with one u, and eq-91-sharp is what is needed",
        **_IN_86,
    ),
)
eq_86 = Claim(
    id="eq-86",
    statement=rf"{_LINES_86[0]}, \\ {_LINES_86[1]}, \text{{ and}} \\ {_LINES_86[2]}",
    parts=tuple(member.id for member in lines_86),
    **_IN_86,
)


def _sharper_value(kernel: Kernel) -> Evidence:
    """|grad zeta|^2 is at most eq-89-sharp's bound, so v . grad zeta is at most its root.

    Instance: two actions in one state, from equal probabilities to weights 1000 and 1/1000.
    """
    inside = _between(kernel.statement, _SHARP_VALUE, rf"}} {_APART}")
    names = {r"|\mathcal{A}|": 1 / _K, r"|\mathcal{S}|": _Y**-2}
    square = _LAMBDA**2 * parse(inside, names)
    size = symbols("c")[0]
    chain = norm_chains.steepness(size, size**2, Box(c=positive()))
    shown = _LAMBDA**2 * _Y**2 * (1 - _K)
    enough = kernel.sign(shown, "<=", square, _BOX)

    def root() -> Any:
        return _at_two_actions(square).sqrt()

    special = kernel.enclosed(
        lambda: theory.relative_entropy(_row(_FAR), log=_log),
        "<=",
        lambda: root() * flint.arb(2).sqrt() * _log(Fraction(1000)),
        {"states": 1, "actions": 2, "lambda": 1, "from": "weights 1, 1", "to": "1000, 1/1000"},
    )
    if special.verdict is Verdict.REFUTED:
        return special
    return kernel.confirmed(kernel.every(kernel.proof(chain), enough), special)


def _sharper_gradient(kernel: Kernel) -> Evidence:
    """|u^T H u| <= lambda/(2 |S|) |u|^2 by eq-90-sharp, so x^T H v as well (polarization)."""
    _between(kernel.statement, _SHARP_GRADIENT, _APART)
    chain = lipschitz_chains.bounded_gradient(_end(variance_of_a_state), _BOX)
    return _proved(kernel, chain, _gradient_moves)


def _between(statement: str, left: str, right: str) -> str:
    """Return what is printed between two texts, which must be as given."""
    text, tail = read_after(statement, left), normalized(right)
    if not text.endswith(tail):
        raise InvalidInput(f"{text!r} must end with {tail!r}")
    return text.removesuffix(tail)


_APART = r"\|\theta' - \theta''\|"
_SHARP_VALUE = rf"\|{_RE1} - {_RE2}\| \leq \lambda \sqrt{{"
_SHARP_GRADIENT = rf"\|\nabla_{{\theta'}} {_RE1} - \nabla_{{\theta''}} {_RE2}\| \leq"
_IN_86_SHARP: dict[str, Any] = {"where": _LEMMA, "kind": Kind.UPPER_BOUND}
sharp_86 = (
    Claim(
        id="eq-86-value-sharp",
        statement=rf"{_SHARP_VALUE}\frac{{1 - 1/|\mathcal{{A}}|}}{{|\mathcal{{S}}|}}}} {_APART}",
        check=_sharper_value,
        depends=("eq-89-sharp",),
        controls=(misprint(r"{1 - 1/|", r"{\frac{3}{4} - 1/|"),),
        note="deterministic policies approach it; the paper has lambda (1/sqrt|A| + 1)",
        **_IN_86_SHARP,
    ),
    Claim(
        id="eq-86-gradient-sharp",
        statement=rf"{_SHARP_GRADIENT} \frac{{\lambda}}{{2|\mathcal{{S}}|}} {_APART}",
        check=_sharper_gradient,
        depends=("eq-90-sharp",),
        controls=(misprint("{2|", "{4|"),),
        note="a quarter of the printed constant",
        **_IN_86_SHARP,
    ),
)

lemma_b6 = Claim(
    id="lemma-b6",
    where="Appendix B.5, Lemma B.6",
    statement="The cross entropy regularizer is Lipschitz, has a Lipschitz gradient and a Lipschitz Hessian",
    kind=Kind.UPPER_BOUND,
    lines=(902, 902),
    parts=("eq-86",),
)

_IN_END: dict[str, Any] = {
    "where": f"{WHERE}, after (91)",
    "kind": Kind.UPPER_BOUND,
    "lines": (940, 940),
}


def _true_constant(kernel: Kernel) -> Evidence:
    """By eq-89-sharp |grad zeta|^2 <= lambda^2 (1 - 1/|A|)/|S|, which is below this constant's."""
    printed = _constant(kernel.statement)
    square = _LAMBDA**2 * _Y**2 * (1 - _K)
    return _proved(kernel, norm_chains.steepness(printed, square, _BOX), _value_moves)


def _follows(kernel: Kernel) -> Evidence:
    """The constant that (89) gives has to be at most the one that is said to follow.

    Instance: 16 states with 4 actions, lambda = 1, where (89) gives 3/2.
    """
    given, printed = _end(appendix_b6.eq_89), _constant(kernel.statement)
    at = {"x": Fraction(1, 2), "y": Fraction(1, 4), "lambda": 1, "h": Fraction(1, 16)}
    instance = {"states": 16, "actions": 4, "lambda": 1}
    special = kernel.at_instance(given.evaluate(at), "<=", printed.evaluate(at), instance)
    return kernel.confirmed(kernel.sign(given, "<=", printed, _BOX), special)


ends = (
    Claim(
        id="b6-lipschitz",
        statement=r"$\zeta(\theta)$ is $\lambda(\frac{1}{\sqrt{|\mathcal{S}|}} + 1)$ -Lipschitz",
        check=_true_constant,
        depends=("eq-89-sharp",),
        controls=(misprint("+ 1", r"- \frac{3}{4}"),),
        note="true, though not by (89): see b6-lipschitz-follows",
        **_IN_END,
    ),
    Claim(
        id="b6-smooth",
        statement=r"$\frac{2\lambda}{|\mathcal{S}|}$ -smooth",
        check=_gradient,
        depends=("eq-90",),
        controls=(_SMALL[2],),
        **_IN_END,
    ),
    Claim(
        id="b6-hessian",
        statement=r"has $\frac{6\lambda}{|\mathcal{S}|}$ -Lipschitz Hessian",
        check=_hessian,
        depends=("eq-91-sharp",),
        controls=(_SMALL[6],),
        **_IN_END,
    ),
)
follows = Claim(
    id="b6-lipschitz-follows",
    statement=r"This implies that $\zeta(\theta)$ is $\lambda(\frac{1}{\sqrt{|\mathcal{S}|}} + 1)$ -Lipschitz",
    check=_follows,
    depends=("eq-89",),
    controls=(misprint("+ 1", r"+ \frac{1}{2}"),),
    fault=Fault(
        Severity.SLIP,
        Origin.EXTRACTION,
        "(89) and (86) have |A|, not |S|: with more states than actions the constant named here is "
        "smaller than the one that was shown. It is a Lipschitz constant all the same",
    ),
    **_IN_END,
)
follows_corrected = replace(
    follows,
    id="b6-lipschitz-follows-corrected",
    statement=follows.statement.replace(r"\mathcal{S}", r"\mathcal{A}"),
    lines=None,
    fault=None,
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
