r"""Appendix B.5, (81)-(83): the sums over the actions of the derivatives of pi_alpha along u.

A sum of absolute values is the largest value of sum_a s_a x_a over signs |s_a| <= 1, and of a unit
vector only |u_a| <= 1 is used. In the chains k stands for max_a |u_a|, n for |sum_a pi(a|s) u_a|
and v for sum_a pi(a|s) u_a^2.
"""

from __future__ import annotations

import math
import operator
import re
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory.exact.boxes import Box, closed_interval
from dcpg_theory.exact.chains import Chain, Multiple
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.numbers import Array
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, evaluate, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.ledger import Claim, Kind, claim, ingredient, misprint, narrate
from dcpg_theory.models.policies import policy_from_weights
from proofs_check.chains import softmax_derivatives as softmax_chains
from proofs_check.chains.bounded_products import (
    SIGNED_TABLE,
    action_ones,
    average,
    letter,
    mean,
    sum_at_most,
)
from proofs_check.chains.mdp_operators import equal, hypothesis, less, link, nonnegative
from proofs_check.readings.orders import of_orders
from proofs_check.readings.softmax import as_operator, derivatives, right_side, softmax
from proofs_check.readings.wording import about, naming

WHERE = "Appendix B.5, proof of Lemma B.5"
S, U = letter("S"), letter("U")
_k, _n, _v = symbols("k", "n", "v")
_UNIT = closed_interval(0, 1)
_BOX = Box(k=_UNIT, n=_UNIT, v=_UNIT)

# A unit vector whose range 41/29 is nearly sqrt(2), and a policy, for which the sums are large.
_DIRECTION = (Fraction(20, 29), Fraction(-21, 29))
_ROW = (Fraction(1, 5), Fraction(4, 5))
_INSTANCE = {"pi": "(1/5, 4/5)", "u": "(20/29, -21/29)"}
_HALVES = (Fraction(1, 2), Fraction(1, 2))


def _word(*letters: Operator) -> Operator:
    total = average
    for each in letters:
        total = total @ each
    return total


def _at_instance(order: int, row: tuple[Fraction, ...] = _ROW) -> Array:
    """Return the derivative of pi(a|s) of some order at a policy."""
    at = {f"w_{k + 1}": weight for k, weight in enumerate(row)}
    values = (f.evaluate(at) for f in derivatives(2, order).flat)
    exact = np.array([Fraction(int(x.p), int(x.q)) for x in values], dtype=object)
    return exact.reshape((2,) * (order + 1))


def _along(tensor: Array, direction: Any, times: int) -> Array:
    """Contract the last axes of an array with a direction."""
    for _ in range(times):
        tensor = tensor @ np.array(direction, dtype=object)
    return tensor


def _numbers(direction: Any = _DIRECTION, row: Any = _ROW) -> dict[str, Fraction]:
    """Return k, n and v."""
    average_of = [sum(p * u**j for p, u in zip(row, direction, strict=True)) for j in (1, 2)]
    return {"k": max(map(abs, direction)), "n": abs(average_of[0]), "v": average_of[1]}


def _chain_rule(chain: Callable[[], Chain]) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        """Along theta + alpha u the derivative is the gradient, Hessian, ... filled with u.

        Any number of actions: the chain differentiates along directions. Two actions: the weights
        w_b exp(alpha u_b), up to the third power of alpha, are differentiated at alpha = 0.
        """
        above, below, right = _orders(kernel.statement)
        alpha, *direction = symbols("alpha", "u_1", "u_2")
        speed = kernel.given("speed", 1)
        policy = softmax(2)
        weights = [
            w * sum((speed * alpha * u) ** j * Fraction(1, math.factorial(j)) for j in range(4))
            for w, u in zip(policy.weights, direction, strict=True)
        ]
        moved = list(policy_from_weights([weights])[0])
        for _ in range(above):
            moved = [f.derivative("alpha") for f in moved]
        w_1, w_2 = policy.weights
        here = {"alpha": 0 * w_1, "u_1": direction[0], "u_2": direction[1], "w_1": w_1, "w_2": w_2}
        filled = _along(derivatives(2, right), direction, right)
        box = policy.box.replace(u_1=closed_interval(-1, 1), u_2=closed_interval(-1, 1))
        special = (
            kernel.at_instance(above, "=", below, {"order": "above and below the fraction's bar"}),
            kernel.identity([f.evaluate(here) for f in moved], filled, box),
        )
        proved = chain()
        return kernel.confirmed(kernel.proof(proved), *special)

    return check


def _orders(statement: str) -> tuple[int, int, int]:
    """Return the order of d^k pi, of d alpha^k, and of nabla."""
    text = normalized(statement)
    patterns = (
        r"\\frac\{d(?:\^(\d))?\\pi",
        r"\{d\\alpha(?:\^(\d))?\}",
        r"\\nabla_\{[^}]*\}(?:\^(\d))?",
    )
    one, two, three = (int(re.findall(pattern, text)[0] or 1) for pattern in patterns)
    return one, two, three


def _below(left: Operator, bound: Any) -> Chain:
    """Return the chain for left <= bound, where left is a sum of products of k, n and v."""
    top, kept, uses = unit(SCALARS), {}, []
    for word, coefficient in left.terms.items():
        for position, atom in enumerate(word):
            rest = top.scaled(coefficient)
            for other in word[position + 1 :]:
                rest = rest @ Operator.of(other)
                kept[f"{other}>=0"] = nonnegative(Operator.of(other))
            kept[f"{atom}<=1"] = less(Operator.of(atom), top)
            uses.append(Multiple(f"{atom}<=1", None, rest))
    lines = [hypothesis(name, fact, f"{name} for a unit vector") for name, fact in kept.items()]
    last = link(
        "bound", less(left, top.scaled(bound)), uses, "a product is at most its last factor"
    )
    return Chain("the largest value", Box(), (*lines, last), last.fact)


def _terms(statement: str, k: Any, n: Any, v: Any, square: Callable[[Any, Any], Any]) -> Any:
    """Return the largest entry that stands behind ``max``, in terms of k, n and v."""
    inside = re.findall(r"\\max_\{a\\in ?\\mathcal\{A\}\}\((.*?\|)\)", statement.replace("&", ""))
    entries = {
        r"|u_s^\top e_a|": k,
        r"|u_s^\top \pi(\cdot|s)|": n,
        r"|u_s^\top e_a e_a^\top u_s|": square(k, k),
        r"|u_s^\top e_a \pi(\cdot|s)^\top u_s|": square(k, n),
        r"|u_s^\top \pi(\cdot|s) e_a^\top u_s|": square(k, n),
        r"|u_s^\top \pi(\cdot|s) \pi(\cdot|s)^\top u_s|": square(n, n),
        r"|u_s^\top \text{diag}(\pi(\cdot|s)) u_s|": v,
    }
    return parse(inside[0].replace(r"\\", ""), entries)


def _signed(order: int) -> Operator:
    """Return sum_a s_a d^order pi(a|s) along u, by (78) or (79)."""
    m = mean(U)
    if order == 1:
        return mean(S, U) - mean(S) @ m
    square = mean(S) @ m @ m
    return mean(S, U, U) - 2 * (mean(S, U) @ m) + 2 * square - mean(S) @ mean(U, U)


def _at_most_largest(order: int) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        """A sum with weights pi(a|s) is at most its largest term; then the triangle inequality.

        The chain bounds each term, a product of averages, by the product of their bounds.
        """
        printed = _terms(normalized(kernel.statement), _k, _n, _v, operator.mul)
        known = {mean(U): _n, mean(U, U): _v}
        chain = sum_at_most("terms", _signed(order), _BOX, {"U": _k}, known)
        top = unit(SCALARS).scaled(printed)
        sides = np.abs(_along(_at_instance(order), _DIRECTION, order)).sum()
        relation = "<=" if r"\leq" in kernel.statement else ">="
        special = kernel.at_instance(sides, relation, printed.evaluate(_numbers()), _INSTANCE)
        return kernel.confirmed(kernel.proof(chain, less(_signed(order), top)), special)

    return check


def _at_most_number(kernel: Kernel) -> Evidence:
    """The entries of a unit vector and their averages are at most 1 in absolute value.

    The instance is u = (1, 0), where k = 1, with pi = (99/100, 1/100), where n and v are 99/100.
    """
    text = normalized(kernel.statement)
    bound = RationalFunction.constant(parse(text.rsplit(r"\leq", 1)[1].rstrip(".,"), {}))
    k, n, v = (Operator.of(Atom(name, SCALARS, SCALARS)) for name in "knv")
    chain = _below(_terms(text, k, n, v, operator.matmul), bound)
    at = _numbers((1, 0), (Fraction(99, 100), Fraction(1, 100)))
    there = _terms(text, _k, _n, _v, operator.mul).evaluate(at)
    instance = {"pi": "(99/100, 1/100)", "u": "(1, 0)"}
    special = kernel.at_instance(there, "<=", bound.as_constant(), instance)
    return kernel.confirmed(kernel.proof(chain), special)


_AT = r"\nabla_{\theta+\alpha u}"
_DOUBLE = ingredient("u is passed twice as fast", speed=2)
_D1 = r"\sum_{a \in \mathcal{A}} \left| \frac{d\pi_\alpha(a|s)}{d\alpha} \right|_{\alpha=0}"
_G1 = r"\sum_{a \in \mathcal{A}} |u^\top \nabla_{\theta+\alpha u} \pi_\alpha(a|s)|_{\alpha=0}"
_W1 = r"\sum_{a \in \mathcal{A}} \pi_\theta(a|s) |u_s^\top e_a - u_s^\top \pi(\cdot|s)|"
_M1 = r"\max_{a \in \mathcal{A}} (|u_s^\top e_a| + |u_s^\top \pi(\cdot|s)|)"
_D2 = r"\sum_{a \in \mathcal{A}} \left| \frac{d^2 \pi_\alpha(a|s)}{d\alpha^2} \right|_{\alpha=0}"
_G2 = r"\sum_{a \in \mathcal{A}} |u^\top \nabla_{\theta+\alpha u}^2 \pi_\alpha(a|s)|_{\alpha=0} u"
_M2 = r"\max_{a \in \mathcal{A}} (|u_s^\top e_a e_a^\top u_s| + |u_s^\top e_a \pi(\cdot|s)^\top u_s| + |u_s^\top \pi(\cdot|s) e_a^\top u_s| \\ &\quad + 2|u_s^\top \pi(\cdot|s) \pi(\cdot|s)^\top u_s| + |u_s^\top \text{diag}(\pi(\cdot|s)) u_s|)"
_D3 = r"\sum_{a \in \mathcal{A}} \left| \frac{d^3 \pi_\alpha(a|s)}{d\alpha^3} \right|_{\alpha=0}"
_G3 = r"\sum_{a \in \mathcal{A}} \sum_{a' \in \mathcal{A}} |u_{a'} u^\top \nabla_{\theta+\alpha u}^3 \pi_\alpha(a|s)|_{\alpha=0} u"

_IN_81: dict[str, Any] = {"where": f"{WHERE}, (81)", "kind": Kind.UPPER_BOUND, "lines": (882, 882)}
_IN_82: dict[str, Any] = {"where": f"{WHERE}, (82)", "kind": Kind.UPPER_BOUND, "lines": (884, 884)}
_IN_83: dict[str, Any] = {"where": f"{WHERE}, (83)", "kind": Kind.UPPER_BOUND, "lines": (888, 888)}

chain_rules = (
    Claim(
        id="eq-81-chain-rule",
        statement=rf"{_D1} \leq {_G1}",
        check=of_orders(_chain_rule(softmax_chains.gradient), 1, 1, names=(r"\leq", _AT)),
        depends=("eq-78",),
        controls=(_DOUBLE,),
        note="an equality; other states' parameters have no influence, so u acts by its part u_s",
        **_IN_81,
    ),
    Claim(
        id="eq-82-chain-rule",
        statement=rf"{_D2} \leq {_G2}",
        check=of_orders(_chain_rule(softmax_chains.hessian), 2, 2, names=(r"\leq", _AT)),
        depends=("eq-79",),
        controls=(_DOUBLE,),
        note="an equality; the bars are read as closing behind the second u",
        **_IN_82,
    ),
)


@claim(
    "eq-81-softmax",
    statement=rf"{_G1} \leq {_W1}",
    depends=("eq-78",),
    controls=(misprint("e_a - u_s", "e_a + u_s"), misprint(r"\pi_\theta(a|s) |", "|")),
    note="an equality",
    **_IN_81,
)
def first_derivative_is_a_deviation(kernel: Kernel) -> Evidence:
    """(78) times u is pi(a|s) (u_a - E u), and pi(a|s) > 0 comes out of the absolute value."""
    about(kernel, _G1)
    body = normalized(kernel.statement).split(r"\leq")[1].split("}}", 1)[-1]
    factor, inner = re.findall(r"(\\pi_\\theta\(a\|s\))?\|(u_s.*)\|$", body)[0]
    written = right_side(f"x = {factor}({inner})").replace(r"u_s^\top", "")
    policy, direction = softmax(2), symbols("u_1", "u_2")
    m = sum(p * u for p, u in zip(policy.row, direction, strict=True))
    printed = [
        parse(written, {r"\pi_\theta(a|s)": p, "e_a": u, r"\pi(\cdot|s)": m})
        for p, u in zip(policy.row, direction, strict=True)
    ]
    box = policy.box.replace(u_1=closed_interval(-1, 1), u_2=closed_interval(-1, 1))
    special = kernel.identity(printed, derivatives(2, 1) @ np.array(direction), box)
    chain = softmax_chains.gradient()
    proof = kernel.proof(chain, equal(chain.conclusion.left, as_operator(written)))
    return kernel.confirmed(proof, special)


sums = (
    Claim(
        id="eq-81-largest",
        statement=rf"{_W1} \\ &\leq {_M1}",
        check=naming(_at_most_largest(1), _W1),
        depends=("eq-81-softmax",),
        controls=(misprint("| + |", "| - |"),),
        **_IN_81,
    ),
    Claim(
        id="eq-81-number",
        statement=rf"{_M1} \leq 2",
        check=_at_most_number,
        controls=(misprint(r"\leq 2", r"\leq 1"),),
        note="u is a unit vector, as in Lemma B.4; far from tight: no sum exceeds 1/sqrt(2)",
        **_IN_81,
    ),
    Claim(
        id="eq-82-largest",
        statement=rf"{_G2} \\ &\leq {_M2}",
        check=of_orders(_at_most_largest(2), 2, 0, names=(_AT,)),
        depends=("eq-79",),
        controls=(misprint(r"| + |u_s^\top e_a \pi", r"| - 6|u_s^\top e_a \pi"),),
        **_IN_82,
    ),
    Claim(
        id="eq-82-number",
        statement=rf"{_M2} \\ &\leq 6",
        check=_at_most_number,
        controls=(misprint(r"\leq 6", r"\leq 5"),),
        note="the bound of the largest term is 6, the sum itself stays far below",
        **_IN_82,
    ),
)


def _table_total() -> Operator:
    """Return sum_{a,a'} s_{aa'} u_{a'} u^T (d Hessian of pi(a|s) / d theta_{a'}) u, by (80).

    S is the diagonal of the table of signs, K the operator s_{aa'} pi(a'|s).
    """
    K, m = SIGNED_TABLE, mean(U)
    row = K @ U @ action_ones  # sum_{a'} s_{aa'} pi(a'|s) u_{a'}
    square = K @ U @ U @ action_ones

    def bracket(weight: Operator) -> Operator:
        """Return sum_a pi(a|s) weight_a times the bracket of (79) filled with u."""
        full, once, none = (_word(*[U] * j) @ weight for j in (2, 1, 0))
        return full - 2 * (once @ m) + 2 * (none @ m @ m) - none @ mean(U, U)

    second = (
        -2 * (_word(U) @ square)
        + 2 * (_word(U) @ row @ m)
        + 4 * (average @ square @ m)
        - 4 * (average @ row @ m @ m)
        - average @ K @ U @ U @ U @ action_ones
        + average @ row @ mean(U, U)
    )
    return bracket(S @ U @ action_ones) - bracket(row) + second


def _third_terms(direction: Any, third: Array) -> Array:
    """Return u_{a'} u^T (d Hessian of pi(a|s) / d theta_{a'}) u at [a, a']."""
    return np.asarray(_along(third, direction, 2) * np.array(direction, dtype=object)[None, :])


@claim(
    "eq-83-triangle",
    statement=rf"{_D3} &\leq {_G3}",
    depends=("eq-80",),
    controls=(_DOUBLE, misprint(r"\leq", r"\geq")),
    note="nabla^3 is read as the derivative of the Hessian by theta_{s,a'}",
    **_IN_83,
)
def third_derivative_is_a_sum(kernel: Kernel) -> Evidence:
    """d^3 pi / d alpha^3 is the sum over a' without the bars; |sum| <= sum of the bars."""
    about(kernel, _D3, _G3)
    direction = (Fraction(3, 5), Fraction(4, 5))
    terms = _third_terms(direction, _at_instance(3))
    relation = "<=" if r"\leq" in kernel.statement else ">="
    special = kernel.at_instance(
        np.abs(terms.sum(axis=1)).sum(), relation, np.abs(terms).sum(), {"u": "(3/5, 4/5)"}
    )
    return kernel.confirmed(_chain_rule(softmax_chains.third)(kernel), special)


@claim(
    "eq-83-number",
    statement=rf"{_G3} \\ &\leq 26",
    depends=("eq-80",),
    controls=(misprint("26", r"\frac{7}{10}"),),
    note=(
        "12 from the factor 1(a=a') - pi(a'|s), 14 from the terms of (80) with their coefficients, "
        "printed or corrected; far from tight"
    ),
    **_IN_83,
)
def twenty_six_terms(kernel: Kernel) -> Evidence:
    """(80) filled with u, a sign for each pair (a, a'): 26 products of numbers in [-1, 1].

    The sum that the chain bounds is compared with exact derivatives for two actions; the instance
    is u = (20, -21)/29 with pi = (1/2, 1/2).
    """
    about(kernel, _G3)
    bound = parse(normalized(kernel.statement).rsplit(r"\leq", 1)[1], {})
    total = _table_total()
    chain = sum_at_most("terms of (80)", total, Box())
    terms = _third_terms(_DIRECTION, _at_instance(3, _HALVES))
    instance = {**_INSTANCE, "pi": "(1/2, 1/2)"}
    special = kernel.at_instance(np.abs(terms).sum(), "<=", bound, instance)
    statement = less(total, unit(SCALARS).scaled(RationalFunction.constant(bound)))
    return kernel.confirmed(kernel.proof(chain, statement), _same_total(kernel, total), special)


def _same_total(kernel: Kernel, total: Operator) -> Evidence:
    policy, direction = softmax(2), symbols("u_1", "u_2")
    signs = np.array([[1, -1], [Fraction(1, 2), 1]], dtype=object)
    one = policy.row[0] / policy.row[0]
    values: dict[str, Any] = {
        "q": policy.row[None, :],
        "1": np.array([[one], [one]]),
        "U": np.diag(direction),
        "S": np.diag(np.diag(signs)) * one,
        "K": signs * policy.row[None, :],
    }
    matrices = {atom: values[atom.name] for atom in total.atoms()}
    direct = (signs * _third_terms(direction, derivatives(2, 3))).sum()
    box = policy.box.replace(u_1=closed_interval(-1, 1), u_2=closed_interval(-1, 1))
    value = evaluate(total, matrices, {"A": 2, SCALARS: 1})[0, 0]
    return kernel.identity(value, direct, box)


eq_81 = Claim(
    id="eq-81",
    statement=rf"{_D1} &\leq {_G1} \\ &\leq {_W1} \\ &\leq {_M1} \leq 2",
    parts=("eq-81-chain-rule", "eq-81-softmax", "eq-81-largest", "eq-81-number"),
    **_IN_81,
)
eq_82 = Claim(
    id="eq-82",
    statement=rf"{_D2} &\leq {_G2} \\ &\leq {_M2} \\ &\leq 6",
    parts=("eq-82-chain-rule", "eq-82-largest", "eq-82-number"),
    **_IN_82,
)
eq_83 = Claim(
    id="eq-83",
    statement=rf"{_D3} &\leq {_G3} \\ &\leq 26",
    parts=("eq-83-triangle", "eq-83-number"),
    **_IN_83,
)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
