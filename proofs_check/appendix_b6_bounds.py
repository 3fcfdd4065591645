r"""Lemma B.6, (86), (90), (91): the Hessian and the third derivative of the regularizer.

A sum over the states is bounded state by state; m stands for ||u_s||_inf <= 1, h for 1/|S|.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory.exact.boxes import Box, closed_interval
from dcpg_theory.exact.chains import Chain
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.operators import SCALARS, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
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
from proofs_check.chains import entropy_norms as norm_chains
from proofs_check.chains import softmax_derivatives as softmax_chains
from proofs_check.chains.bounded_products import letter, mean, sum_at_most
from proofs_check.chains.mdp_operators import equal, less
from proofs_check.chains.softmax_derivatives import FACTOR
from proofs_check.readings.entropy import (
    entropy_derivatives,
    entropy_operator,
    lines_of,
)
from proofs_check.readings.orders import of_orders
from proofs_check.readings.softmax import softmax
from proofs_check.symbols import DISCOUNT

WHERE = "Appendix B.5, proof of Lemma B.6"
_LEMMA = "Appendix B.5, Lemma B.6, (86)"
_LAMBDA, _H, _X, _M = symbols("lambda", "h", "x", "m")
_BOX = Box(**dict.fromkeys(("lambda", "h", "x"), DISCOUNT))
_UNIT = Box(m=closed_interval(0, 1))
_DIRECTION = (3, -5)

_FORM = r"|u^T \nabla_{\theta}^2 \zeta(\theta) u|"
_FORMS = r"\left| \sum_s u_s^T \nabla_{\theta_s}^2 \zeta(\theta) u_s \right|"
_SPREAD = r"\frac{\lambda}{|\mathcal{S}|} \sum_s |u_s^T \text{diag}(\pi_{\theta}(\cdot|s)) u_s - u_s^T \pi_{\theta}(\cdot|s) \pi_{\theta}(\cdot|s)^T u_s|"
_SUP2 = r"\frac{2\lambda}{|\mathcal{S}|} \sum_s \|u_s\|_{\infty}^2"
_NORM2 = r"\frac{2\lambda}{|\mathcal{S}|} \|u\|_2^2"
_END2 = r"\frac{2\lambda}{|\mathcal{S}|}"
_IN_90: dict[str, Any] = {"where": f"{WHERE}, (90)", "kind": Kind.UPPER_BOUND}


def _second_state(tensor: Any) -> Any:
    """Return a tensor of state 1 for state 2, whose weights have names of their own."""
    w_1, w_2 = softmax(2).weights
    z_1, z_2, c = symbols("z_1", "z_2", "c")
    at = {str(w_1): z_1, str(w_2): z_2, "c": c}
    return np.vectorize(lambda f: f.evaluate(at), otypes=[object])(tensor)


def _two_states(order: int) -> tuple[Any, Box]:
    """Return the derivatives of zeta for two states with two actions, by w d/dw."""
    weights = [*softmax(2).weights, *symbols("z_1", "z_2")]
    first = entropy_derivatives(1)
    array = np.concatenate([first, _second_state(first)])
    for _ in range(order - 1):
        moved = [[w * f.derivative(str(w)) for w in weights] for f in array.flat]
        array = np.array(moved, dtype=object).reshape(*array.shape, 4)
    return _plain(array), Box(w_1=DISCOUNT, z_1=DISCOUNT)


def _plain(array: Any) -> Any:
    """Put lambda/|S| = 1 and the second weight of each state 1: only ratios of weights matter."""
    w, z = symbols("w_1", "z_1")
    at = {"w_1": w, "w_2": 1 + 0 * w, "z_1": z, "z_2": 1 + 0 * z, "c": 1 + 0 * w}
    return np.vectorize(lambda f: f.evaluate(at), otypes=[object])(array)


def _filled(tensor: Any, direction: Any) -> Any:
    for _ in range(tensor.ndim):
        tensor = tensor @ np.array(direction, dtype=object)
    return tensor


def _split(order: int) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        """The block of the gradient in one state does not move with another state's parameters.

        Special case: two states with two actions, differentiated by all four parameters.
        """
        shape = []
        if order == 3:  # u_{s', a'} is a number, so without u^T in front a vector is left
            left, right = lines_of(kernel.statement).split("=")
            for side, names, size in ((left, "u^", 4), (right, "u_s^", 2)):
                entries = 1 if names in side and r"\partial" in side else size
                shape.append(
                    kernel.at_instance(entries, "=", 1, {"side": side, "states": 2, "actions": 2})
                )
        whole, box = _two_states(order)
        direction = (1, 2, *_DIRECTION)
        parts = (entropy_derivatives(order), _second_state(entropy_derivatives(order)))
        parts = tuple(map(_plain, parts))
        used = kernel.given("states", (0, 1))
        blocks = sum(_filled(parts[s], direction[2 * s : 2 * s + 2]) for s in used)
        same = kernel.identity(_filled(whole, direction), blocks, box)
        chain = softmax_chains.entropy_across()
        return kernel.confirmed(kernel.proof(chain), *shape, same)

    return check


@claim(
    "b6-no-mixed-blocks",
    where=f"{WHERE}, after (90)",
    statement=r"\nabla_{\theta_s} \nabla_{\theta_{s'}} \zeta(\theta) = 0, \forall s' \neq s''",
    kind=Kind.IDENTITY,
    lines=(927, 927),
    depends=("eq-88-gradient",),
    controls=(misprint("= 0", "= 1"),),
    fault=Fault(
        Severity.SLIP,
        Origin.EXTRACTION,
        "s'' stands for s; as printed s and s' may be equal, and that block is not zero",
    ),
)
def no_mixed_blocks(kernel: Kernel) -> Evidence:
    """(88) in state s moves with theta_s only; two states with two actions, entry by entry."""
    text = normalized(kernel.statement).replace(r"\theta_{s}", r"\theta_s")
    apart = {"s", "s'"} == set(re.findall(r"s'*", text.split(r"\forall")[1]))
    value = int(re.findall(r"=(\d+)", text)[0])
    whole, box = _two_states(2)
    block = whole[:2, 2:]
    special = [kernel.identity(block, np.full((2, 2), value), box)]
    if not apart:
        special.append(kernel.identity(whole[:2, :2], np.full((2, 2), value), box))
    chain = softmax_chains.entropy_across()
    return kernel.confirmed(kernel.proof(chain), *special)


no_mixed_blocks_corrected = no_mixed_blocks.variant(
    id="b6-no-mixed-blocks-corrected",
    statement=r"\nabla_{\theta_s} \nabla_{\theta_{s'}} \zeta(\theta) = 0, \forall s' \neq s",
    lines=None,
    controls=(misprint(r"\neq s", r"\neq s''"), misprint("= 0", "= 1")),
)


def _filled_in(
    kernel: Kernel, order: int, chain: Chain, inner: str, size: RationalFunction
) -> Evidence:
    """Compare (lambda/|S|) times a printed form in u_s, up to the sign `size`, with (88)."""
    row = _plain(softmax(2).row)
    moments = [sum(p * u**j for p, u in zip(row, _DIRECTION, strict=True)) for j in (1, 2, 3)]
    m, v, k = moments
    numbers: dict[str, Any] = {
        r"\text{diag}(\pi(\cdot|s))": v,
        r"\pi(\cdot|s)\pi(\cdot|s)^\top": m * m,
        r"\pi_\theta(a'|s)e_{a'}e_{a'}^\top": k,
        r"\pi_\theta(a'|s)\text{diag}(\pi(\cdot|s))": m * v,
        r"\pi_\theta(a'|s)\pi(\cdot|s)e_{a'}^\top": m * v,
        r"\pi_\theta(a'|s)\pi(\cdot|s)\pi(\cdot|s)^\top": m**3,
    }
    exact = _filled(_plain(entropy_derivatives(order)), _DIRECTION)
    special = kernel.identity(size * parse(inner, numbers), exact, Box(w_1=DISCOUNT))
    value = entropy_operator(inner, same=order == 3).scaled(size * FACTOR)
    return kernel.confirmed(kernel.proof(chain, equal(chain.conclusion.left, value)), special)


def _second_terms(kernel: Kernel) -> Evidence:
    """Fill the Hessian of (88) with u_s, change the sign, then the triangle inequality over s."""
    scale, inner = _between_bars(lines_of(kernel.statement).split(r"\leq")[1])
    plain = inner.replace(r"u_s^\top", "").replace("u_s", "")
    return _filled_in(kernel, 2, softmax_chains.entropy_hessian(), plain, -scale)


def _between_bars(side: str) -> tuple[RationalFunction, str]:
    """Return the factor in front of the sum over s, over lambda/|S|, and what is added up."""
    factor, inner = re.findall(r"(.*?)\\sum_s\|(.*)\|$", side)[0]
    return _ratio(factor, {}), inner


def _ratio(text: str, names: dict[str, Any]) -> RationalFunction:
    """Return a bound divided by lambda/|S|."""
    given = {r"\lambda": _LAMBDA, r"|\mathcal{S}|": 1 / _H, **names}
    value: RationalFunction = parse(text, given) / (_LAMBDA * _H)
    return value


def _sup_bound(order: int) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        """In one state, with |u_a| <= m: each of the products is at most a power of m.

        Instance: pi = (1/2, 1/2) and u = (1, -1), or pi = (9/10, 1/10) and u = (1, 0).
        """
        left, right = lines_of(kernel.statement).split(r"\leq")
        sup = rf"\sum_s\|u_s\|_{{\infty}}^{order}"
        scale, inner = _between_bars(left)
        bound = _ratio(right, {sup: _M**order}) / scale
        total = _moments(_unfilled(inner.replace(r"u_s^\top", "")))
        proofs = []
        for signed in (total, -total):
            chain = sum_at_most("one state", signed, _UNIT, {"U": _M})
            proofs.append(kernel.proof(chain, less(signed, unit(SCALARS).scaled(bound))))
        row, direction = (_FAIR, (1, -1)) if order == 2 else (_LEANING, (1, 0))
        m, v, k = (sum(p * x**j for p, x in zip(row, direction, strict=True)) for j in (1, 2, 3))
        value = abs(v - m * m if order == 2 else 3 * v * m - 2 * m**3 - k)
        instance = {"pi": f"({row[0]}, {row[1]})", "u": str(direction), "states": 1}
        at = bound.evaluate({"m": 1, "lambda": 1, "h": 1})
        special = kernel.at_instance(value, "<=", at, instance)
        return kernel.confirmed(kernel.every(*proofs), special)

    return check


def _moments(inner: str) -> Operator:
    """Return a form filled with u as a number, a sum of products of averages."""
    u = letter("U")
    m, v, k = mean(u), mean(u, u), mean(u, u, u)
    value: Operator = parse(
        inner,
        {
            r"\text{diag}(\pi(\cdot|s))": v,
            r"\pi(\cdot|s)\pi(\cdot|s)^\top": m @ m,
            r"\pi_\theta(a'|s)e_{a'}e_{a'}^\top": k,
            r"\pi_\theta(a'|s)\text{diag}(\pi(\cdot|s))": v @ m,
            r"\pi_\theta(a'|s)\pi(\cdot|s)e_{a'}^\top": v @ m,
            r"\pi_\theta(a'|s)\pi(\cdot|s)\pi(\cdot|s)^\top": m @ m @ m,
        },
    )
    return value


_FAIR, _LEANING = (Fraction(1, 2), Fraction(1, 2)), (Fraction(9, 10), Fraction(1, 10))


def _sum_of_norms(order: int) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        """The largest entry is one of the entries, in every state.

        Instance: one state, u = (3/5, 4/5).
        """
        text = normalized(kernel.statement).replace("&", "").replace(r"\\", "")
        sup = rf"\sum_s\|u_s\|_{{\infty}}^{order}"
        text = text.replace(r"\end{aligned}\begin{aligned}", "")
        names: dict[str, Any] = {sup: 0 * _M + 1, rf"\|u\|_{order}^{order}": 0 * _M + 1}
        first, second = (_ratio(side, names) for side in text.split(r"\leq"))
        entries = (Fraction(3, 5), Fraction(4, 5))
        largest, total = max(entries) ** order, sum(x**order for x in entries)
        special = [kernel.at_instance(largest, "<=", total, {"u": "(3/5, 4/5)"})]
        for size in (Fraction(1, 2), Fraction(2)):
            at = {"lambda": size, "h": 1}
            values = (first.evaluate(at), second.evaluate(at))
            special.append(kernel.at_instance(values[0], "<=", values[1], {"norms": 1, **at}))
        chain = norm_chains.largest_is_one_of_them(order)
        return kernel.confirmed(kernel.proof(chain), *special)

    return check


def _unit_norm(order: int) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        """||u||_2 = 1, and then ||u||_3^3 <= 1, since no entry exceeds 1.

        Instance: u = (1, 0), whose norms are all 1.
        """
        text = normalized(kernel.statement).replace("&", "").replace(r"\\", "").rstrip(",.")
        first, second = text.split(r"\leq")
        norm = {rf"\|u\|_{order}^{order}": 0 * _M + 1}
        sides = [_ratio(side, norm).as_constant() for side in (first, second)]
        special = kernel.at_instance(sides[0], "<=", sides[1], {"u": "(1, 0)"})
        chain = norm_chains.third_powers()
        return kernel.confirmed(kernel.proof(chain), special)

    return check


links_90 = (
    Claim(
        id="eq-90-blocks",
        statement=rf"{_FORM} &= {_FORMS}",
        check=of_orders(_split(2), 2, 2),
        lines=(920, 920),
        depends=("b6-no-mixed-blocks",),
        controls=(ingredient("one of the two states is left out", states=(0,)),),
        **_IN_90,
    ),
    Claim(
        id="eq-90-hessian",
        statement=rf"{_FORMS} \\ &\leq {_SPREAD}",
        check=of_orders(_second_terms, 2, 0),
        lines=(920, 920),
        depends=("eq-88-hessian",),
        controls=(misprint("u_s - u_s^T", "u_s + u_s^T"),),
        **_IN_90,
    ),
    Claim(
        id="eq-90-sup",
        statement=rf"{_SPREAD} \\ &\leq {_SUP2}",
        check=_sup_bound(2),
        lines=(920, 920),
        controls=(misprint(r"\leq \frac{2\lambda}", r"\leq \frac{\lambda}{2}\frac{1}"),),
        note="the bracket is a variance, so 1 would do for 2",
        **_IN_90,
    ),
    Claim(
        id="eq-90-norm",
        statement=rf"{_SUP2}\end{{aligned}}$$ $$\begin{{aligned}} &\leq {_NORM2}",
        check=_sum_of_norms(2),
        lines=(920, 923),
        controls=(misprint(r"\leq \frac{2\lambda}", r"\leq \frac{\lambda}"),),
        **_IN_90,
    ),
    Claim(
        id="eq-90-unit",
        statement=rf"{_NORM2} \\ &\leq {_END2}",
        check=_unit_norm(2),
        lines=(923, 924),
        controls=(misprint(r"\leq \frac{2\lambda}", r"\leq \frac{\lambda}"),),
        note="an equality",
        **_IN_90,
    ),
)
eq_90 = Claim(
    id="eq-90",
    statement=r"|u^T \nabla_{\theta}^2 \zeta(\theta) u| \leq \frac{2\lambda}{|\mathcal{S}|}",
    parts=tuple(member.id for member in links_90),
    **_IN_90,
)

_TENSOR = r"\left| \sum_{s', a'} u_{s', a'}^T \nabla_{\theta}^2 \zeta(\theta) u \right|"
_TENSORS = r"\left| \sum_s \sum_{a'} u_{s, a'}^T \nabla_{\theta_s}^2 \zeta(\theta) u_s \right|"
_TERMS = r"""\frac{\lambda}{|\mathcal{S}|} \sum_s \left| - \sum_{a'} u_{s, a'}^T \pi_{\theta}(a'|s) e_{a'} e_{a'}^T u_s \right. \\
&\quad + \sum_{a'} u_{s, a'}^T \pi_{\theta}(a'|s) \text{diag}(\pi_{\theta}(\cdot|s)) u_s \\
&\quad + 2 \sum_{a'} u_{s, a'}^T \pi_{\theta}(a'|s) \pi_{\theta}(\cdot|s) e_{a'}^T u_s \\
&\quad \left. - 2 \sum_{a'} u_{s, a'}^T \pi_{\theta}(a'|s) \pi_{\theta}(\cdot|s) \pi_{\theta}(\cdot|s)^T u_s \right|"""
_SUP3 = r"\frac{6\lambda}{|\mathcal{S}|} \sum_s \|u_s\|_{\infty}^3"
_NORM3 = r"\frac{6\lambda}{|\mathcal{S}|} \|u\|_3^3"
_END3 = r"\frac{6\lambda}{|\mathcal{S}|}"
_IN_91: dict[str, Any] = {"where": f"{WHERE}, (91)", "kind": Kind.UPPER_BOUND}
_NUMBER = Fault(
    Severity.SLIP,
    Origin.PAPER,
    "u_{s,a'}^T is a number, so what stands between the bars is a vector: u_{s,a'} u_s^T is meant, "
    "and before (88) is put in, the derivative of the Hessian by theta_{s,a'}",
)
_TENSOR_RIGHT = r"\left| \sum_{s', a'} u_{s', a'} u^T \frac{\partial}{\partial \theta_{s', a'}} \nabla_{\theta}^2 \zeta(\theta) u \right|"
_TENSORS_RIGHT = r"\left| \sum_s \sum_{a'} u_{s, a'} u_s^T \frac{\partial}{\partial \theta_{s, a'}} \nabla_{\theta_s}^2 \zeta(\theta) u_s \right|"


def _unfilled(inner: str) -> str:
    """Return the terms of (91) without the vectors that they are filled with."""
    return re.sub(r"\\sum_\{a'\}u_\{s,a'\}(\^\\top)?(u_s\^\\top)?", "", inner).replace("u_s", "")


def _third_terms(kernel: Kernel) -> Evidence:
    """Fill the third line of (88), printed or corrected, with u_s three times."""
    scale, inner = _between_bars(lines_of(kernel.statement).split(r"\leq")[1])
    numbers = len(re.findall(r"u_\{s,a'\}(?!u_s)", inner))
    instance = {"states": 1, "actions": 2, "side": "the terms between the bars"}
    shape = kernel.at_instance(2 if numbers else 1, "=", 1, instance)
    plain = _unfilled(inner)
    chain = softmax_chains.entropy_third(same=True)
    right = _filled_in(kernel, 3, chain, plain, scale)
    return kernel.confirmed(right, shape)


links_91 = (
    Claim(
        id="eq-91-blocks",
        statement=rf"{_TENSOR} &= {_TENSORS}",
        check=_split(3),
        lines=(930, 930),
        depends=("b6-no-mixed-blocks",),
        controls=(ingredient("one of the two states is left out", states=(0,)),),
        fault=_NUMBER,
        **_IN_91,
    ),
    Claim(
        id="eq-91-terms",
        statement=rf"{_TENSORS} \\ &\leq {_TERMS}",
        check=_third_terms,
        lines=(930, 934),
        depends=("eq-88-third",),
        controls=(misprint("+ 2 \\sum", "- 2 \\sum"),),
        fault=_NUMBER,
        **_IN_91,
    ),
    Claim(
        id="eq-91-sup",
        statement=rf"{_TERMS} \\ &\leq {_SUP3}",
        check=_sup_bound(3),
        lines=(931, 935),
        depends=("eq-91-terms",),
        controls=(misprint(r"\leq \frac{6\lambda}", r"\leq \frac{\lambda}{20}\frac{1}"),),
        note="the terms with u_{s,a'} u_s^T for u_{s,a'}^T, as in eq-91-terms-corrected",
        **_IN_91,
    ),
    Claim(
        id="eq-91-norm",
        statement=rf"{_SUP3} \\ &\leq {_NORM3}",
        check=_sum_of_norms(3),
        lines=(935, 936),
        controls=(misprint(r"\leq \frac{6\lambda}", r"\leq \frac{\lambda}"),),
        **_IN_91,
    ),
    Claim(
        id="eq-91-unit",
        statement=rf"{_NORM3} \\ &\leq {_END3}",
        check=_unit_norm(3),
        lines=(936, 937),
        depends=("b6-norm-order",),
        controls=(misprint(r"\leq \frac{6\lambda}", r"\leq \frac{\lambda}"),),
        **_IN_91,
    ),
)
blocks_91_corrected = links_91[0].variant(
    id="eq-91-blocks-corrected",
    statement=rf"{_TENSOR_RIGHT} &= {_TENSORS_RIGHT}",
    lines=None,
    check=of_orders(_split(3), 3, 3),
    controls=(
        ingredient("one of the two states is left out", states=(0,)),
        misprint("u_{s, a'} u_s^T", "u_{s, a'}^T"),
    ),
)
terms_91_corrected = links_91[1].variant(
    id="eq-91-terms-corrected",
    statement=rf"{_TENSORS_RIGHT} \\ &\leq {_TERMS}".replace("u_{s, a'}^T", "u_{s, a'} u_s^T"),
    lines=None,
    check=of_orders(_third_terms, 3, 0),
    controls=(misprint("+ 2 \\sum", "- 2 \\sum"), misprint("- \\sum", "+ \\sum")),
)
eq_91 = Claim(
    id="eq-91",
    statement=rf"{_TENSOR} \leq {_END3}",
    parts=tuple(member.id for member in links_91),
    **_IN_91,
)


@claim(
    "b6-norm-order",
    where=f"{WHERE}, after (91)",
    statement=r"\|u\|_3 \leq \|u\|_2",
    kind=Kind.UPPER_BOUND,
    lines=(940, 940),
    controls=(misprint(r"\|u\|_3 \leq \|u\|_2", r"\|u\|_2 \leq \|u\|_3"),),
    note="both sides grow with u in proportion, so ||u||_2 = 1 is enough",
)
def norms_decrease(kernel: Kernel) -> Evidence:
    """Where ||u||_2 = 1, |u_a| <= 1 and sum |u|^3 <= sum u^2 = 1; instance: u = (3/5, 4/5)."""
    orders = [int(order) for order in re.findall(r"_(\d)", normalized(kernel.statement))]
    left, right = (sum(x**k for x in (Fraction(3, 5), Fraction(4, 5))) for k in orders)
    relation = "<=" if r"\leq" in kernel.statement else ">="
    special = kernel.at_instance(left, relation, right, {"u": "(3/5, 4/5)", "shown": "powers"})
    chain = norm_chains.third_powers()
    return kernel.confirmed(kernel.proof(chain), special)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
