r"""Lemma B.6, (86)-(89): the regularizer, its derivatives, and the norm of its gradient.

The primes of (86) stand on the policy; they are read as on theta. zeta = -lambda RE.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box, open_interval
from dcpg_theory.exact.chains import Chain, Hypothesis, Multiple
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
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
from proofs_check.chains.mdp_operators import equal, hypothesis, less, link
from proofs_check.readings.entropy import (
    TWO_ACTIONS,
    entropy_derivatives,
    entropy_matrix,
    entropy_operator,
    lines_of,
    one_line,
)
from proofs_check.readings.orders import of_orders
from proofs_check.readings.softmax import softmax
from proofs_check.readings.wording import about
from proofs_check.symbols import DISCOUNT

WHERE = "Appendix B.5, proof of Lemma B.6"
_LAMBDA, _STATES, _ACTIONS = symbols("lambda", "h", "k")  # lambda, 1/|S|, 1/|A|
_SUM_OF_LOGS = r"\sum_{s,a} \log \pi_{\theta}(a|s)"


def _cross_entropy_chain() -> Chain:
    """-lambda RE = lambda h k sum log pi + lambda log|A|, from the divergence of (6)."""
    adding, ones = (
        Operator.of(Atom("sum", SCALARS, "SA")),
        Operator.of(Atom("1", "SA", SCALARS)),
    )
    logs = Operator.of(Atom("log pi", "SA", SCALARS))
    entropy, size = (Operator.of(Atom(name, SCALARS, SCALARS)) for name in ("RE", "log|A|"))
    one, share = unit(SCALARS), _STATES * _ACTIONS
    lines: tuple[Hypothesis, ...] = (
        hypothesis(
            "(6)",
            equal(entropy, -(adding @ (logs + ones @ size)).scaled(share)),
            "E_s KL(U, pi(.|s)) = -h k sum (log pi(a|s) - log 1/|A|), and log 1/|A| = -log|A|",
        ),
        hypothesis("pairs", equal(adding @ ones, one.scaled(1 / share)), "h = 1/|S|, k = 1/|A|"),
    )
    last = link(
        "(87)",
        equal(
            entropy.scaled(-_LAMBDA), (adding @ logs).scaled(_LAMBDA * share) + size.scaled(_LAMBDA)
        ),
        [
            Multiple("(6)", one.scaled(-_LAMBDA)),
            Multiple("pairs", one.scaled(_LAMBDA * share), size),
        ],
        "add up the constant over all pairs",
    )
    box = Box(**{name: open_interval(0, 1) for name in ("lambda", "h", "k")})
    return Chain("the regularizer", box, (*lines, last), last.fact)


def _regularizer(kernel: Kernel) -> Evidence:
    """KL(U, p) = -(1/|A|) sum log p - log|A|, averaged over the states.

    Special cases: the uniform policy of two actions in one state, where RE = 0, and another one.
    """
    text = normalized(kernel.statement).rsplit("=", 1)[1].strip(".")
    fraction, logs = r"\frac{\lambda}{|\mathcal{S}||\mathcal{A}|}", _SUM_OF_LOGS
    chain = _cross_entropy_chain()
    adding, of_pair = Atom("sum", SCALARS, "SA"), Atom("log pi", "SA", SCALARS)
    size = Operator.of(Atom("log|A|", SCALARS, SCALARS))
    names: dict[str, Any] = {
        fraction: _LAMBDA * _STATES * _ACTIONS,
        logs: Operator.of(adding) @ Operator.of(of_pair),
        r"\lambda": _LAMBDA,
        r"\log |\mathcal{A}|": size,
    }
    special = []
    for row in ((Fraction(1, 2), Fraction(1, 2)), (Fraction(1, 3), Fraction(2, 3))):

        def printed(row: tuple[Fraction, ...] = row) -> Any:
            values = [_log(p) for p in row]
            half, one = flint.fmpq(1, 2), flint.fmpq(1)
            balls = {fraction: half, logs: sum(values, flint.arb(0)), r"\lambda": one}
            return flint.arb(1) * parse(text, balls | {r"\log |\mathcal{A}|": _log(Fraction(2))})

        def exact(row: tuple[Fraction, ...] = row) -> Any:
            return -theory.relative_entropy(np.array([row], dtype=object), log=_log)

        instance = {"policy": f"({row[0]}, {row[1]})", "lambda": 1}
        special.append(kernel.enclosed(exact, "=", printed, instance))
    proof = kernel.proof(chain, equal(chain.conclusion.left, parse(text, names)))
    return kernel.confirmed(proof, *special)


def _log(value: Any) -> Any:
    exact = Fraction(str(value))
    return flint.arb(flint.fmpq(exact.numerator, exact.denominator)).log()


eq_87 = Claim(
    id="eq-87",
    where=f"{WHERE}, (87)",
    statement=rf"\zeta(\theta) \triangleq -\lambda RE(\pi_{{\theta}}) = \frac{{\lambda}}{{|\mathcal{{S}}||\mathcal{{A}}|}} {_SUM_OF_LOGS}",
    kind=Kind.IDENTITY,
    check=of_orders(
        _regularizer, 0, 0, names=(r"\zeta(\theta) \triangleq -\lambda RE(\pi_{\theta}) =",)
    ),
    lines=(908, 908),
    depends=("eq-6-definition",),
    controls=(misprint(r"= \frac", r"= -\frac"),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "the constant lambda log|A| of (6) is missing: the right side is minus the cross entropy, "
        "after which the lemma is named, not the relative entropy; the derivatives are the same",
    ),
)
eq_87_corrected = eq_87.variant(
    id="eq-87-corrected",
    statement=rf"{eq_87.statement} + \lambda \log |\mathcal{{A}}|",
    lines=None,
    controls=(
        misprint(r"+ \lambda \log", r"- \lambda \log"),
        misprint(r"= \frac", r"= -\frac"),
    ),
)


def _derivative(
    order: int, chain: Callable[[], Chain], read: Callable[[str], str] = one_line
) -> Callable[[Kernel], Evidence]:
    def check(kernel: Kernel) -> Evidence:
        """Any number of actions: along directions, with d pi(b|s) = pi(b|s) (w_b - E w).

        Two actions: entry by entry, derivatives of (c/2) sum_a log pi(a|s) by w d/dw.
        """
        text, proved, exact = read(kernel.statement), chain(), entropy_derivatives(order)
        row = softmax(2).row
        printed = [entropy_matrix(text, row, b) for b in range(2 if order == 3 else 1)]
        stacked = np.array(printed, dtype=object).reshape(exact.shape)
        special = kernel.identity(stacked, exact, TWO_ACTIONS, labels=_entry)
        proof = kernel.proof(proved, equal(proved.conclusion.left, entropy_operator(text)))
        return kernel.confirmed(proof, special)

    return check


def _entry(index: tuple[int, ...]) -> str:
    return f"({', '.join(str(k + 1) for k in index)})"


_IN_88: dict[str, Any] = {
    "where": f"{WHERE}, (88)",
    "kind": Kind.IDENTITY,
    "lines": (912, 912),
}
_GRADIENT = r"\nabla_{\theta_s} \zeta(\theta) &= \frac{\lambda}{|\mathcal{S}|} \left(\frac{1}{|\mathcal{A}|} \mathbf{1} - \pi_{\theta}(\cdot|s) \right)"
_HESSIAN = r"\nabla_{\theta_s}^2 \zeta(\theta) &= \frac{\lambda}{|\mathcal{S}|} \left(-\text{diag}(\pi_{\theta}(\cdot|s)) + \pi_{\theta}(\cdot|s) \pi_{\theta}(\cdot|s)^T \right)"
_THIRD = r"\frac{\partial}{\partial \theta_{s,a'}} \nabla_{\theta_s}^2 \zeta(\theta) &= \frac{\lambda}{|\mathcal{S}|} \left(-\pi_{\theta}(a'|s) e_{a'} e_{a'}^T + \pi_{\theta}(a'|s) \text{diag}(\pi_{\theta}(\cdot|s)) \right. \\ &\quad \left. + 2\pi_{\theta}(a'|s) \pi_{\theta}(\cdot|s) e_{a'}^T - 2\pi_{\theta}(a'|s) \pi_{\theta}(\cdot|s) \pi_{\theta}(\cdot|s)^T \right)"
_HALF_OF_IT = r"2\pi_{\theta}(a'|s) \pi_{\theta}(\cdot|s) e_{a'}^T"
_SYMMETRIC = r"\pi_{\theta}(a'|s) \pi_{\theta}(\cdot|s) e_{a'}^T + \pi_{\theta}(a'|s) e_{a'} \pi_{\theta}(\cdot|s)^T"

lines_88 = (
    Claim(
        id="eq-88-gradient",
        statement=_GRADIENT,
        check=of_orders(_derivative(1, softmax_chains.entropy_gradient), 1, 0),
        depends=("eq-78", "eq-87"),
        controls=(misprint(r"\mathbf{1} - ", r"\mathbf{1} + "),),
        **_IN_88,
    ),
    Claim(
        id="eq-88-hessian",
        statement=_HESSIAN,
        check=of_orders(_derivative(2, softmax_chains.entropy_hessian), 2, 0),
        depends=("eq-88-gradient", "eq-78"),
        controls=(misprint(r"(-\text{diag}", r"(\text{diag}"),),
        **_IN_88,
    ),
)
third_88 = Claim(
    id="eq-88-third",
    statement=_THIRD,
    check=of_orders(_derivative(3, softmax_chains.entropy_third), 3, 0),
    depends=("eq-88-hessian", "eq-78"),
    controls=(misprint(r"(-\pi", r"(\pi"),),
    fault=Fault(
        Severity.SLIP,
        Origin.PAPER,
        "2 pi e_{a'}^T stands for pi e_{a'}^T + e_{a'} pi^T: as printed the matrix is not "
        "symmetric, which only the quadratic form does not tell apart (so too in (80))",
    ),
    **_IN_88,
)
third_88_corrected = third_88.variant(
    id="eq-88-third-corrected",
    statement=_THIRD.replace(_HALF_OF_IT, _SYMMETRIC),
    lines=None,
    controls=(misprint(_SYMMETRIC, _HALF_OF_IT), misprint(r"- 2\pi", r"- \pi")),
)
eq_88 = Claim(
    id="eq-88",
    statement=rf"{_GRADIENT}, \\ {_HESSIAN}, \\ {_THIRD}",
    parts=("eq-88-gradient", "eq-88-hessian", "eq-88-third"),
    **_IN_88,
)

_WHOLE = r"\|\nabla_{\theta} \zeta(\theta)\|"
_BLOCKS = r"\sum_s \|\nabla_{\theta_s} \zeta(\theta)\|"
_DIFFERENCE = r"\frac{\lambda}{|\mathcal{S}|} \sum_s \left\| \frac{1}{|\mathcal{A}|} \mathbf{1} - \pi_{\theta}(\cdot|s) \right\|"
_TWO_NORMS = r"\frac{\lambda}{|\mathcal{S}|} \sum_s \left(\left\| \frac{1}{|\mathcal{A}|} \mathbf{1} \right\| + \|\pi_{\theta}(\cdot|s)\| \right)"
_CONSTANTS = (
    r"\frac{\lambda}{|\mathcal{S}|} \sum_s \left(\frac{1}{\sqrt{|\mathcal{A}|}} + 1 \right)"
)
_END_89 = r"\lambda \left(\frac{1}{\sqrt{|\mathcal{A}|}} + 1 \right)"
_IN_89: dict[str, Any] = {
    "where": f"{WHERE}, (89)",
    "kind": Kind.UPPER_BOUND,
    "lines": (916, 916),
}


def _split_into_blocks(kernel: Kernel) -> Evidence:
    """The norm is the root of the sum of the blocks' squares, and so at most their sum.

    Instance: two states with the policy (3/4, 1/4), squares of both sides, lambda = 1.
    """
    relation = "<=" if r"\leq" in normalized(kernel.statement) else "="
    block = kernel.given("block", Fraction(1, 2)) ** 2 * 2 * Fraction(1, 4) ** 2
    instance = {"states": 2, "policy": "(3/4, 1/4) in both", "lambda": 1, "shown": "squares"}
    special = kernel.at_instance(2 * Fraction(1, 32), relation, 4 * block, instance)
    chain = norm_chains.norms_add_up()
    fact = (
        chain.conclusion
        if relation == "<="
        else equal(chain.conclusion.left, chain.conclusion.right)
    )
    return kernel.confirmed(kernel.proof(chain, fact), special)


def _block_is_difference(kernel: Kernel) -> Evidence:
    """By the gradient of (88), the two sides are equal."""
    return _derivative(1, softmax_chains.entropy_gradient, _inside)(kernel)


def _inside(statement: str) -> str:
    text = lines_of(statement.split(r"\leq")[1])
    factor, vector = re.findall(r"(.*)\\sum_s\\\|(.*)\\\|$", text)[0]
    return f"{factor}({vector})"


def _bracket(side: str) -> RationalFunction:
    """Return the bracket behind sum_s, with x for 1/sqrt|A| or |k 1| and y for |pi|."""
    bracket = side.rsplit(r"\sum_s", 1)[1]
    value: RationalFunction = parse(
        bracket,
        {
            r"\|\frac{1}{|\mathcal{A}|}\mathbf{1}\|": norm_chains.UNIFORM_NORM,
            r"\|\pi(\cdot|s)\|": norm_chains.POLICY_NORM,
            r"\frac{1}{\sqrt{|\mathcal{A}|}}": norm_chains.UNIFORM_NORM,
        },
    )
    return value


def _relative_bound(statement: str) -> tuple[str, RationalFunction]:
    """Return the left side, and the bracket on the right times the quotient of the factors."""
    left, right = lines_of(statement).split(r"\leq")
    names = {r"\lambda": _LAMBDA, r"|\mathcal{S}|": 1 / _STATES}
    factors = [parse(side.rsplit(r"\sum_s", 1)[0], names) for side in (left, right)]
    return left, _bracket(right) * factors[1] / factors[0]


def _triangle(kernel: Kernel) -> Evidence:
    """|k 1 - pi|^2 <= (|k 1| + |pi|)^2 in every state.

    Instance: four actions with pi = (1, 1, 3, 5)/10, so |pi| = 3/5 and |k 1| = 1/2.
    """
    left, bound = _relative_bound(kernel.statement)
    row = [Fraction(k, 10) for k in (1, 1, 3, 5)]
    vector = left.rsplit(r"\sum_s", 1)[1].replace(r"\|", "")
    names = {r"\frac{1}{|\mathcal{A}|}": Fraction(1, 4), r"\mathbf{1}": Fraction(1)}
    distance = sum(parse(vector, {**names, r"\pi(\cdot|s)": p}) ** 2 for p in row)
    at = bound.evaluate({"x": Fraction(1, 2), "y": Fraction(3, 5), "lambda": 2, "h": 1})
    instance = {"pi": "(1, 1, 3, 5)/10", "shown": "squares"}
    special = (
        kernel.at_instance(0, "<=", at, instance),
        kernel.at_instance(distance, "<=", at**2, instance),
    )
    chain = norm_chains.triangle()
    fact = less(chain.conclusion.left, unit(SCALARS).scaled(bound**2))
    return kernel.confirmed(kernel.proof(chain, fact), *special)


def _norms_at_most(kernel: Kernel) -> Evidence:
    """|k 1|^2 = |A| k^2 = 1/|A|, and |pi|^2 <= sum_a pi(a|s) = 1.

    Instance: four actions with pi = (97, 1, 1, 1)/100, whose |k 1| = 1/2 = 1/sqrt(4).
    """
    left, right = _relative_bound(kernel.statement)
    x, y = norm_chains.UNIFORM_NORM, norm_chains.POLICY_NORM
    bound = right - x
    row = [Fraction(k, 100) for k in (97, 1, 1, 1)]
    square = sum(p**2 for p in row)
    instance = {"pi": "(97, 1, 1, 1)/100", "shown": "squares"}
    at = {"x": Fraction(1, 2), "y": 1, "lambda": Fraction(1, 2), "h": 1}
    special = (
        kernel.identity(_bracket(left), x + y, labels=lambda _: "the left side"),
        kernel.at_instance(0, "<=", bound.evaluate(at), instance),
        kernel.at_instance(square, "<=", bound.evaluate(at) ** 2, instance),
    )
    uniform, policy = norm_chains.uniform_norm(), norm_chains.policy_norm()
    fact = less(policy.conclusion.left, unit(SCALARS).scaled(bound**2))
    parts = (kernel.proof(uniform), kernel.proof(policy, fact))
    return kernel.confirmed(kernel.every(*parts), *special)


def _add_over_states(kernel: Kernel) -> Evidence:
    """The sum over s of a constant is |S| times it; h = 1/|S|, x = 1/sqrt|A|."""
    x = norm_chains.UNIFORM_NORM
    names = {
        r"\frac{\lambda}{|\mathcal{S}|}": _LAMBDA * _STATES,
        r"\sum_s": 1 / _STATES,
        r"\lambda": _LAMBDA,
        r"\frac{1}{\sqrt{|\mathcal{A}|}}": x,
    }
    left, right = (parse(side, names) for side in lines_of(kernel.statement).split(r"\leq"))
    box = Box(**dict.fromkeys(("lambda", "h", "x"), DISCOUNT))
    return kernel.sign(left, "<=", right, box)


links_89 = (
    Claim(
        id="eq-89-blocks",
        statement=rf"{_WHOLE} &= {_BLOCKS}",
        check=_split_into_blocks,
        depends=("eq-88-gradient",),
        controls=(ingredient("half of each block", block=Fraction(1, 4)),),
        fault=Fault(
            Severity.SLIP,
            Origin.EXTRACTION,
            "the norm is not the sum of its blocks' norms where there are two states; it is at most "
            "the sum, which is what is needed",
        ),
        **_IN_89,
    ),
    Claim(
        id="eq-89-gradient",
        statement=rf"{_BLOCKS} \\ &\leq {_DIFFERENCE}",
        check=_block_is_difference,
        depends=("eq-88-gradient",),
        controls=(misprint(r"\mathbf{1} - ", r"\mathbf{1} + "),),
        note="an equality",
        **_IN_89,
    ),
    Claim(
        id="eq-89-triangle",
        statement=rf"{_DIFFERENCE} \\ &\leq {_TWO_NORMS}",
        check=_triangle,
        controls=(misprint(r"\| + \|", r"\| - \|"),),
        **_IN_89,
    ),
    Claim(
        id="eq-89-norms",
        statement=rf"{_TWO_NORMS} \\ &\leq {_CONSTANTS}",
        check=_norms_at_most,
        controls=(misprint("+ 1", r"+ \frac{1}{2}"),),
        **_IN_89,
    ),
    Claim(
        id="eq-89-states",
        statement=rf"{_CONSTANTS} \\ &\leq {_END_89}",
        check=_add_over_states,
        controls=(misprint(r"\leq \lambda", r"\leq \frac{\lambda}{|\mathcal{S}|}"),),
        note="an equality",
        **_IN_89,
    ),
)
blocks_89_corrected = links_89[0].variant(
    id="eq-89-blocks-corrected",
    statement=rf"{_WHOLE} &\leq {_BLOCKS}",
    lines=None,
)
eq_89 = Claim(
    id="eq-89",
    statement=rf"{_WHOLE} &= {_BLOCKS} \\ &\leq {_DIFFERENCE} \\ &\leq {_TWO_NORMS} \\ &\leq {_CONSTANTS} \\ &\leq {_END_89}",
    parts=tuple(member.id for member in links_89),
    **_IN_89,
)


@claim(
    "eq-89-sharp",
    where=f"{WHERE}, (89)",
    statement=r"\|\nabla_{\theta} \zeta(\theta)\|^2 \leq \frac{\lambda^2}{|\mathcal{S}|} (1 - \frac{1}{|\mathcal{A}|})",
    kind=Kind.UPPER_BOUND,
    depends=("eq-88-gradient",),
    controls=(misprint("(1 - ", r"(\frac{1}{2} - "),),
    note="so zeta is lambda-Lipschitz; deterministic policies approach the bound",
)
def sharper_gradient(kernel: Kernel) -> Evidence:
    """|k 1 - pi|^2 = |pi|^2 - k <= 1 - k in each of the |S| states, times (lambda/|S|)^2.

    Instance: one state, four actions, pi = (97, 1, 1, 1)/100, lambda = 1.
    """
    about(kernel, r"\|\nabla_{\theta} \zeta(\theta)\|^2 \leq")
    text = normalized(kernel.statement).split(r"\leq")[1]
    names = {
        r"\lambda^2": _LAMBDA**2,
        r"|\mathcal{S}|": 1 / _STATES,
        r"|\mathcal{A}|": 1 / _ACTIONS,
    }
    printed = parse(text, names) / (_LAMBDA**2 * _STATES)
    row = [Fraction(k, 100) for k in (97, 1, 1, 1)]
    square = sum((p - Fraction(1, 4)) ** 2 for p in row)
    instance = {"pi": "(97, 1, 1, 1)/100", "lambda": 1}
    at = printed.evaluate({"k": Fraction(1, 4), "lambda": 1, "h": 1})
    chain = norm_chains.deviation()
    fact = less(chain.conclusion.left, unit(SCALARS).scaled(printed))
    special = kernel.at_instance(square, "<=", at, instance)
    return kernel.confirmed(kernel.proof(chain, fact), special)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
