r"""Appendix B.5, sharper: the sums (81), (82), and the derivatives of V that (84) bounds.

Two bounds for each derivative of V. One grows with the number of states and is attained with one
state: V^pi is an average of the values of the deterministic policies, so its derivatives are
cumulants of bounded numbers, as the sums (81), (82) are. The other holds for any number of states:
V' and V'' are discounted sums of moments of the scores on the way (chains.scores).
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from dcpg_theory import theory
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.balls import ball
from dcpg_theory.exact.boxes import Box, at_least, closed_interval, positive
from dcpg_theory.exact.chains import Chain
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.ledger import Claim, Kind, claim, misprint, narrate
from dcpg_theory.theory.assumptions import REWARDS_IN_UNIT_INTERVAL
from proofs_check.appendix_b5_mixture import SHAPES, mixture_of
from proofs_check.chains import entropy_norms, lipschitz, mixtures, moments, scores
from proofs_check.chains.moments import LEVEL, MEAN, VARIANCES
from proofs_check.chains.scores import STEP
from proofs_check.instances.small_tasks import bandit
from proofs_check.readings.operators import read_after
from proofs_check.readings.softmax import derivatives
from proofs_check.symbols import DISCOUNT, own

WHERE = "Appendix B.5"
_X = 1 / (1 - own)
_HALF = Fraction(1, 2)
# r = 1/sqrt(3) and h = 1/sqrt(2), so that 1/r and 1/h are what is printed under the roots.
_R, _H, _N = symbols("r", "h", "n")
_ROOTS = {"r": Fraction(1, 3), "h": _HALF}
_NAMES: dict[str, Any] = {
    r"\sqrt{3}": 1 / _R,
    r"\sqrt{2}": 1 / _H,
    r"\gamma_i": own,
    r"|\mathcal{S}|": _N,
}
_BOX = Box(gamma_i=DISCOUNT, n=at_least(1))


def _right(statement: str, left: str) -> RationalFunction:
    """Return what is printed after a left side and its relation, which must be as given."""
    value: RationalFunction = parse(read_after(statement, left), _NAMES)
    return value


_ROW_SUMS = tuple(
    rf"\max_{{\theta, \|u\|_2=1}} \sum_{{a \in \mathcal{{A}}}} \left| \frac{{d{power}\pi_\alpha(a|s)}}{{d\alpha{power}}} \right|_{{\alpha=0}} ="
    for power in ("", "^2")
)
_SLOPE = r"\max_{\|u\|_2=1} \left| \frac{d\tilde{V}_i(\alpha)}{d\alpha} \right|_{\alpha=0}^2 \leq"
_BEND = r"\max_{\|u\|_2=1} \left| \frac{d^2 \tilde{V}_i(\alpha)}{d\alpha^2} \right|_{\alpha=0} \leq"
_DERIVATIVES = (_SLOPE, _BEND)


def _deviations(kernel: Kernel) -> Evidence:
    """E |u - E u| <= R/2 for u in an interval of length R: 2 R m (1 - m), and m (1 - m) <= 1/4."""
    chains = (moments.deviations(), moments.deviations_scaled())
    level = kernel.sign(MEAN * (1 - MEAN), "<=", Fraction(1, 4), Box(m=closed_interval(0, 1)))
    return kernel.every(*map(kernel.proof, chains), level)


def _squared_deviations(kernel: Kernel) -> Evidence:
    """E |(u - E u)^2 - Var u| <= R^2 r/3 for u in an interval of length R, where r = 1/sqrt(3).

    For y in [0, 1] the bound is r/3, in the two cases of `moments`. Where the variance is large it
    is twice k (v + m^2), whose square is at most (r/6)^2 = 1/108 for m >= 11/40; for m <= 29/100 it
    is at most m (1 - m) (1 - 2 m), which is r/6 less what has a square for a factor. Where the
    variance is small, T = r/3 gives r/3 too, since v ((1 - m)^2 - v) is at most 1/27 = T^2.
    """
    wide, narrow = VARIANCES["wide"], VARIANCES["narrow"]
    parabola = ((1 - MEAN) ** 2 - wide) * (wide + MEAN**2)
    fourth = narrow * ((1 - MEAN) ** 2 - narrow)
    coin = MEAN * (1 - MEAN) * (1 - 2 * MEAN)
    x = 1 - 2 * MEAN

    def means(low: Fraction, high: Fraction) -> Box:
        return Box(m=closed_interval(low, high), c=closed_interval(0, 1))

    half = means(Fraction(0), _HALF)
    rest = (x - _R) ** 2 * (x + 2 * _R) / 4
    cases = (
        kernel.sign(parabola**2, "<=", Fraction(1, 108), means(Fraction(11, 40), _HALF)),
        kernel.sign(parabola, "<=", coin, means(Fraction(0), Fraction(29, 100))),
        kernel.identity(_R / 6 - coin, rest, half, roots={"r": _ROOTS["r"]}),
        kernel.sign(rest, ">=", 0, half.replace(r=closed_interval(0, 1))),
        kernel.sign(fourth, "<=", MEAN**2 * (1 - 2 * MEAN), means(Fraction(0), Fraction(41, 100))),
        kernel.sign(MEAN**2 * (1 - 2 * MEAN), "<=", Fraction(1, 27), half),
        kernel.sign(fourth, "<=", Fraction(1, 27), means(Fraction(2, 5), _HALF)),
        kernel.identity(
            Fraction(1, 27) / (2 * LEVEL) + LEVEL / 2,
            LEVEL + (Fraction(1, 27) - LEVEL**2) / (2 * LEVEL),
        ),
    )
    chains = (moments.squares_wide(), moments.squares_narrow(), moments.squares_scaled())
    return kernel.every(*map(kernel.proof, chains), *cases)


# What the two lemmas bound, over R and R^2, and where two actions attain it.
_LEMMAS = (_deviations, _squared_deviations)
_FACTORS = (RationalFunction.constant(_HALF), _R / 3)
_POINTS = (RationalFunction.constant(_HALF), (1 - _R) / 2)


def _row_sum(order: int) -> RationalFunction:
    """Return sum_a |d^order pi(a|s)| for u = (1, -1)/sqrt(2), at p = 1/2 or p = (1 - r)/2.

    There the first of the two terms is positive, and they add up to zero.
    """
    p = _POINTS[order - 1]
    moved: Any = derivatives(2, order)[0]
    for _ in range(order):
        moved = moved @ np.array([_H, -_H], dtype=object)
    value: RationalFunction = 2 * moved.evaluate({"w_1": p, "w_2": 1 - p, "h": _H})
    return value


def _sum(order: int) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        printed = _right(kernel.statement, _ROW_SUMS[order - 1])
        a, b = symbols("a", "b")
        around = Box(a=closed_interval(-1, 1), b=closed_interval(-1, 1))
        spread = kernel.sign((a - b) ** 2, "<=", 2 * (a**2 + b**2), around)
        most = _FACTORS[order - 1] * (2 * _H) ** order
        bound = kernel.identity(most, _row_sum(order), roots=_ROOTS)
        proof = kernel.every(_LEMMAS[order - 1](kernel), spread)
        attained = kernel.identity(printed, _row_sum(order), roots=_ROOTS)
        return kernel.confirmed(proof, bound, attained)

    check.__doc__ = (
        f"{inspect.getdoc(_LEMMAS[order - 1])}\n\n"
        "The largest and the smallest entry of a unit vector differ by R with R^2 <= 2.\n"
        "Attained: u = (1, -1)/sqrt(2) and two actions with probabilities p and 1 - p, where "
        + ("p = 1/2." if order == 1 else "p = (1 - 1/sqrt(3))/2.")
    )
    return check


_TIGHT: dict[str, Any] = {"kind": Kind.TIGHT}
_AT_TWO = "attained with two actions, so by any larger number of actions in the limit"
sums = (
    Claim(
        id="eq-81-sharp",
        where=f"{WHERE}, (81)",
        statement=rf"{_ROW_SUMS[0]} \frac{{1}}{{\sqrt{{2}}}}",
        check=_sum(1),
        depends=("eq-81-chain-rule", "eq-81-softmax"),
        controls=(misprint(r"\sqrt{2}", r"\sqrt{3}"), misprint(r"\frac{1}", r"\frac{2}")),
        note=f"the paper has 2; {_AT_TWO}",
        **_TIGHT,
    ),
    Claim(
        id="eq-82-sharp",
        where=f"{WHERE}, (82)",
        statement=rf"{_ROW_SUMS[1]} \frac{{2}}{{3 \sqrt{{3}}}}",
        check=_sum(2),
        depends=("eq-82-chain-rule", "eq-79"),
        controls=(misprint(r"\sqrt{3}", r"\sqrt{2}"), misprint(r"\frac{2}", r"\frac{1}")),
        note=f"the paper has 6; {_AT_TWO}",
        **_TIGHT,
    ),
)


def _of_the_bandit(order: int) -> RationalFunction:
    """Return the derivative of V for one state whose actions pay 1 and 0, as in `_row_sum`."""
    p = _POINTS[order - 1]
    policy = [[p, 1 - p]]
    task = bandit(own)
    if order == 1:
        slope = theory.value_gradient(task, policy)[0]
        value: RationalFunction = _H * (slope[0] - slope[1])
    else:
        bend = theory.value_hessian(task, policy)[0, :, 0, :]
        value = _H**2 * (bend[0, 0] - bend[0, 1] - bend[1, 0] + bend[1, 1])
    return value


def _by_states(order: int) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        printed = _right(kernel.statement, _DERIVATIVES[order - 1])
        if order == 1:
            square = (_X / 2 * _FACTORS[0]) ** 2 * 2 * _N
            bound = kernel.identity(printed, square, _BOX)
            most = square.evaluate({"n": 1, "gamma_i": own})
            attained = kernel.identity(_of_the_bandit(1) ** 2, most, _BOX, roots=_ROOTS)
        else:
            ours = _X / 2 * _FACTORS[1] * 2 * _N
            bound = kernel.identity(printed, ours, _BOX, roots=_ROOTS)
            most = ours.evaluate({"n": 1, "gamma_i": own, "r": _R})
            attained = kernel.identity(_of_the_bandit(2), most, _BOX, roots=_ROOTS)
        chains = (mixtures.mixture_derivative(order), mixtures.range_of_a_sum())
        proof = kernel.every(*map(kernel.proof, chains), _LEMMAS[order - 1](kernel), attained)
        return kernel.confirmed(proof, bound)

    check.__doc__ = (
        "V' and V'' are X/2 sum_f s_f p'(f) and X/2 sum_f s_f p''(f) with |s_f| <= 1.\n\n"
        f"{inspect.getdoc(_LEMMAS[order - 1])}\n\n"
        "Here u(f) = sum_s u_(s, f_s) has the range R = sum_s R_s with R^2 <= 2 |S|. Attained by a "
        "bandit that pays 1 and 0."
    )
    return check


_IN_84: dict[str, Any] = {
    "where": f"{WHERE}, (84)",
    "assumptions": (REWARDS_IN_UNIT_INTERVAL,),
}
_BY_MIXTURE = "attained with one state; the number of states enters through b5-mixture-sharp"
by_states = (
    Claim(
        id="eq-84-first-states-sharp",
        statement=rf"{_SLOPE} \frac{{|\mathcal{{S}}|}}{{8 (1-\gamma_i)^2}}",
        kind=Kind.TIGHT,
        check=_by_states(1),
        depends=("b5-mixture-sharp", "eq-78"),
        controls=(misprint("8 ", "9 "), misprint(r"\gamma_i)^2", r"\gamma_i)")),
        note=f"so |V'| <= sqrt(|S|) X/(2 sqrt 2); {_BY_MIXTURE}",
        **_IN_84,
    ),
    Claim(
        id="eq-84-second-states-sharp",
        statement=rf"{_BEND} \frac{{|\mathcal{{S}}|}}{{3 \sqrt{{3}} (1-\gamma_i)}}",
        kind=Kind.TIGHT,
        check=_by_states(2),
        depends=("b5-mixture-sharp", "eq-79"),
        controls=(misprint("3 ", "4 "), misprint(r"(1-\gamma_i)", r"(1-\gamma_i)^2")),
        note=_BY_MIXTURE,
        **_IN_84,
    ),
)


def _proof_of(kernel: Kernel, chains: tuple[Chain, ...], ours: Any, printed: Any) -> Evidence:
    """Return the evidence of chains that bound something by `ours`, if that is what is printed."""
    if ours != printed:
        return kernel.undecided(f"the chains give {ours}, not {printed}")
    return kernel.every(*map(kernel.proof, chains))


def _bandit_stays_below(kernel: Kernel, order: int, printed: RationalFunction) -> Evidence:
    """Compare the bandit's derivative with a bound, at gamma_i = 1/1000."""
    discount = Fraction(1, 1000)
    at = {"gamma_i": discount}
    value = _of_the_bandit(order)

    def left() -> Any:
        roots = {name: ball(square).sqrt() for name, square in _ROOTS.items()}
        return value.evaluate({**roots, "gamma_i": flint.arb(flint.fmpq(1, 1000))})

    power = 2 if order == 1 else 1
    instance = {"task": "one state, actions pay 1 and 0", "gamma_i": discount}
    return kernel.enclosed(
        lambda: left() ** power, "<=", lambda: flint.arb(printed.evaluate(at)), instance
    )


@claim(
    "eq-84-first-horizon-sharp",
    statement=rf"{_SLOPE} \frac{{1}}{{8 (1-\gamma_i)^3}}",
    kind=Kind.UPPER_BOUND,
    depends=("eq-1", "eq-78", "eq-90-sharp"),
    controls=(misprint("8 ", "9 "), misprint(r"\frac{1}", r"\frac{1}{2} \frac{1}")),
    note="so |V'| <= X^{3/2}/(2 sqrt 2), for any number of states; attained as gamma_i tends to 0",
    **_IN_84,
)
def slope_for_any_number_of_states(kernel: Kernel) -> Evidence:
    """V' = E sum_k gamma^k (r_k - 1/2) S_k, where S_k is the sum of the scores up to step k.

    0 <= E sum_k gamma^k (c (S_k + w) - (r_k - 1/2))^2 for the best w, so V' <= c X^2/4 + X/(8 c)
    for every c > 0; with c^2 = (1 - gamma_i)/2 the square of this is X^3/8. The rewards 1 - r_k
    give the other sign.
    """
    printed = _right(kernel.statement, _SLOPE)
    best = {"gamma_i": 1 - 2 * STEP**2, "c": STEP}
    bound = (STEP * _X**2 / 4 + _X / (8 * STEP)).evaluate(best) ** 2
    chains = (scores.slope_above(), scores.mirrored(1))
    proof = _proof_of(kernel, chains, bound, printed.evaluate({"gamma_i": best["gamma_i"]}))
    return kernel.confirmed(proof, _bandit_stays_below(kernel, 1, printed))


@claim(
    "eq-84-second-horizon-sharp",
    statement=rf"{_BEND} \frac{{1}}{{2 (1-\gamma_i)^2}}",
    kind=Kind.UPPER_BOUND,
    depends=("eq-1", "eq-78", "eq-79", "eq-90-sharp"),
    controls=(misprint(r"{2 ", "{8 "), misprint(r"\frac{1}", r"\frac{1}{6} \frac{1}")),
    note="for any number of states; the paper has 8/(1-gamma_i)^3; not known to be attained",
    **_IN_84,
)
def bend_for_any_number_of_states(kernel: Kernel) -> Evidence:
    """V'' = E sum_k gamma^k r_k (S_k^2 - sum of the variances up to step k) >= -X^2/2.

    The sum with S_k^2 is not negative, and the variances are at most 1/2 each, so those up to step
    k add up to (k + 1)/2 at most, and sum_k gamma^k (k + 1) = X^2. The rewards 1 - r_k give the
    other sign.
    """
    printed = _right(kernel.statement, _BEND)
    chains = (scores.bend_below(), scores.mirrored(2))
    proof = _proof_of(kernel, chains, _X**2 / 2, printed)
    return kernel.confirmed(proof, _bandit_stays_below(kernel, 2, printed))


def _least(statement: str, left: str, right: str) -> list[RationalFunction]:
    """Return the two members of the minimum that is printed between two texts."""
    text, tail = read_after(statement, left), normalized(rf"\}} {right}")
    if not text.endswith(tail):
        raise InvalidInput(f"{text!r} must end with {tail!r}")
    return [parse(member, _NAMES) for member in text.removesuffix(tail).split(",")]


def _distance(kernel: Kernel, change: Fraction, power: int, printed: Any) -> Evidence:
    """Compare what changes from probabilities 1/2, 1/2 to 3/4, 1/4 with a constant times log(3).

    `change` is the square of that for X = 1; `power` the power in which it is stated.
    """
    discount = Fraction(1, 1000)
    at = {"gamma_i": discount, "n": 1}

    def constant() -> Any:
        root = ball(_ROOTS["r"]).sqrt()
        sizes = [ball(1) * member.evaluate({**at, "r": root}) for member in printed]
        return sizes[0].min(sizes[1]) * flint.arb(3).log() ** power

    instance = {"task": "one state, actions pay 1 and 0", "gamma_i": discount}

    def moved() -> Any:
        square = ball(change / (1 - discount) ** 2)
        return square if power == 2 else square.sqrt()

    return kernel.enclosed(
        moved,
        "<=",
        constant,
        {**instance, "from": "(1/2, 1/2)", "to": "(3/4, 1/4)"},
    )


_MOVED = r"V_i^{\pi_{\theta'}}(\mu)", r"V_i^{\pi_{\theta''}}(\mu)"
_VALUES_77 = rf"\|{_MOVED[0]} - {_MOVED[1]}\|^2 \leq \min \{{"
_GRADIENTS_77 = rf"\|\nabla {_MOVED[0]} - \nabla {_MOVED[1]}\| \leq \min \{{"
_APART = r"\|\theta' - \theta''\|"
_LIPSCHITZ: dict[str, Any] = {
    "where": f"{WHERE}, Lemma B.5, (77)",
    "kind": Kind.UPPER_BOUND,
    "assumptions": (REWARDS_IN_UNIT_INTERVAL,),
}


@claim(
    "eq-77-value-sharp",
    statement=rf"{_VALUES_77} \frac{{|\mathcal{{S}}|}}{{8 (1-\gamma_i)^2}},\; \frac{{1}}{{8 (1-\gamma_i)^3}} \}} {_APART}^2",
    depends=("eq-84-first-states-sharp", "eq-84-first-horizon-sharp"),
    controls=(
        misprint(r"\frac{|\mathcal{S}|}{8", r"\frac{|\mathcal{S}|}{200"),
        misprint(r"\frac{1}{8", r"\frac{1}{200"),
    ),
    note="the norm of the gradient is at most the root of this minimum; the paper has 2/(1-gamma)^2",
    **_LIPSCHITZ,
)
def sharper_value(kernel: Kernel) -> Evidence:
    """Both are squared bounds of v . grad V, for all starts and so for mu; Cauchy-Schwarz."""
    printed = _least(kernel.statement, _VALUES_77, rf"{_APART}^2")
    ours = [
        _right(member.statement, _SLOPE)
        for member in (by_states[0], slope_for_any_number_of_states)
    ]
    size = symbols("c")[0]
    chain = entropy_norms.steepness(size, size**2, Box(c=positive()))
    chains = _proof_of(kernel, (chain,), ours, printed)
    proof = kernel.every(chains, mixture_of(kernel, SHAPES[:3]))  # on which the first member rests
    return kernel.confirmed(proof, _distance(kernel, Fraction(1, 16), 2, printed))


@claim(
    "eq-77-gradient-sharp",
    statement=rf"{_GRADIENTS_77} \frac{{|\mathcal{{S}}|}}{{3 \sqrt{{3}} (1-\gamma_i)}},\; \frac{{1}}{{2 (1-\gamma_i)^2}} \}} {_APART}",
    depends=("eq-84-second-states-sharp", "eq-84-second-horizon-sharp"),
    controls=(
        misprint(r"{3 \sqrt", r"{90 \sqrt"),
        misprint(r"\frac{1}{2", r"\frac{1}{50"),
    ),
    note="the smoothness b^V of V; the paper has 8/(1-gamma)^3",
    **_LIPSCHITZ,
)
def sharper_gradient(kernel: Kernel) -> Evidence:
    """Both bound |u^T H u| for unit vectors u, for all starts and so for mu; then as in (77)."""
    printed = _least(kernel.statement, _GRADIENTS_77, _APART)
    ours = [
        _right(member.statement, _BEND) for member in (by_states[1], bend_for_any_number_of_states)
    ]
    chain = lipschitz.bounded_gradient(symbols("c")[0], Box(c=positive()))
    chains = _proof_of(kernel, (chain,), ours, printed)
    proof = kernel.every(chains, mixture_of(kernel, SHAPES[:3]))  # on which the first member rests
    return kernel.confirmed(proof, _distance(kernel, Fraction(2, 256), 1, printed))


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
