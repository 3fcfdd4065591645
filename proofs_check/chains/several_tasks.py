r"""Chains of proof about N tasks of any sizes over the union of their states.

Spaces: ``S`` states of the union and ``SA`` its state-action pairs; ``T`` pairs (task, state of
that task) and ``TA`` with an action; ``1`` scalars. The atoms:

- ``G`` : T -> TA is gamma_i P_i, block by block; ``B`` copies over the actions; ``r`` the rewards;
- ``Pi``, ``Pio`` : TA -> T average over pi_theta and pi_theta*; ``V``, ``Vo`` are the value functions;
- ``rho``, ``mu`` : T -> 1 hold all the start distributions; ``x``, ``xo`` : T -> 1 are d/(1 - gamma_i)
  for (mu, pi_theta) and (rho, pi_theta*);
- ``D`` : T -> S and ``F`` : TA -> SA add over the tasks that hold s, weighted by ``x``; so F A is the
  vector with the entries sum_i d_{i,mu_i}(s) A_i(s, a) / (1 - gamma_i);
- ``Us``, ``Bs`` : policies and copying over the union, ``1_S`` its ones, ``u`` their transpose.

With ``G`` for gamma_i P_i, every task keeps its own discount.
"""

from __future__ import annotations

from fractions import Fraction

from dcpg_theory.exact.boxes import Box, Interval
from dcpg_theory.exact.chains import Chain, Line, Multiple
from dcpg_theory.exact.lines import Hypothesis, Link
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.exact.rules import Fact
from proofs_check.chains.mdp_operators import equal, hypothesis, less, link, nonnegative

__all__ = [
    "advantages_bounded",
    "difference",
    "gradient_domination",
    "grouped",
    "mismatch_bound",
    "proposition_1",
    "stationary_is_optimal",
    "total_gradient",
]

# 1/|S| and 1/|A|.
per_state, per_action = symbols("s", "a")
_SHARE = Interval(Fraction(0), Fraction(1), closed_upper=True)
SIZES = Box(a=_SHARE, s=_SHARE)


def _of(name: str, codomain: str, domain: str) -> Operator:
    return Operator.of(Atom(name, codomain, domain))


G, B, r = _of("G", "TA", "T"), _of("B", "TA", "T"), _of("r", "TA", SCALARS)
Pi, Pio = _of("Pi", "T", "TA"), _of("Pio", "T", "TA")
V, Vo = _of("V", "T", SCALARS), _of("Vo", "T", SCALARS)
rho, mu = _of("rho", SCALARS, "T"), _of("mu", SCALARS, "T")
x, xo = _of("x", SCALARS, "T"), _of("xo", SCALARS, "T")
D, F, C = _of("D", "S", "T"), _of("F", "SA", "TA"), _of("C", "T", "S")
Us, Bs = _of("Us", "S", "SA"), _of("Bs", "SA", "S")
ones, u = _of("1_S", "S", SCALARS), _of("u", SCALARS, "S")
w, W, Q = _of("w", SCALARS, "S"), _of("W", "SA", "SA"), _of("Q", "SA", "SA")
g = _of("g", "SA", SCALARS)
Lam, Mis = _of("lamN", SCALARS, SCALARS), _of("Mis", SCALARS, SCALARS)
A = r + G @ V - B @ V
H = F @ A
pair_ones = Bs @ ones

_VISITS_OPTIMAL = hypothesis(
    "xo", equal(xo, rho + xo @ Pio @ G), "d/(1 - gamma_i) = rho_i + gamma_i d/(1 - gamma_i) Pi* P_i"
)
_BELLMAN_OPTIMAL = hypothesis(
    "bellmano", equal(Vo, Pio @ (r + G @ Vo)), "(1) for pi_theta*, in every task"
)
_OPTIMAL_SUMS = hypothesis("PioB=I", equal(Pio @ B, unit("T")), "probabilities sum to one")
_SAME_POLICY = hypothesis(
    "same policy",
    equal(D @ Pio, Us @ F),
    "all tasks are given the one policy pi_theta*, so averaging over actions and adding up over "
    "tasks may be exchanged",
)
_MATCH = hypothesis(
    "(12)",
    equal(xo, w @ D),
    "(12): d*_{i,rho_i}(s) = w(s) d_{i,mu_i}(s) in every task that holds s",
)
_DIFFERENCE = link(
    "difference",
    equal(rho @ (Vo - V), xo @ Pio @ A),
    [
        Multiple("xo", None, V - Vo),
        Multiple("bellmano", xo),
        Multiple("PioB=I", xo, V),
    ],
    "performance difference, added up over the tasks; it holds for every vector V",
)
# The excess of (xo) is rho + xo Pio G - xo, so its multiple by V - Vo has the sign wanted.
_MATCHED = link(
    "matched",
    equal(rho @ (Vo - V), w @ Us @ H),
    [
        "difference",
        Multiple("(12)", None, Pio @ A),
        Multiple("same policy", w, A),
    ],
    "with (12), the mismatch comes out of the sum over the tasks",
)


def _chain(title: str, *lines: Line) -> Chain:
    last = lines[-1]
    if not isinstance(last, Link | Hypothesis):
        raise TypeError("a chain ends with a link")
    return Chain(title, SIZES, tuple(lines), last.fact)


def difference() -> Chain:
    """V(theta*; rho) - V(theta; rho) = sum_i E_{d*_i} E_{pi*} A_i / (1 - gamma_i)."""
    return _chain(
        "performance difference of a sum of tasks",
        _VISITS_OPTIMAL,
        _BELLMAN_OPTIMAL,
        _OPTIMAL_SUMS,
        _DIFFERENCE,
    )


def grouped() -> Chain:
    """Show xo Pio A = u Us Fo A: the sum over tasks, states, actions may begin with the states."""
    Do, Fo = _of("Do", "S", "T"), _of("Fo", "SA", "TA")
    lines = (
        hypothesis(
            "Do", equal(u @ Do, xo), "Do adds up over the tasks, weighted by d*/(1-gamma_i)"
        ),
        hypothesis("same policy", equal(Do @ Pio, Us @ Fo), "all tasks are given one policy"),
        link(
            "grouped",
            equal(xo @ Pio @ A, u @ Us @ Fo @ A),
            [Multiple("Do", None, -(Pio @ A)), Multiple("same policy", u, A)],
            "the order of finite sums does not matter",
        ),
    )
    return _chain("sums over tasks and states are exchanged", *lines)


_POSITIVE_ONES = hypothesis(
    "1>0", Fact(Operator.zero("S", SCALARS), "<", ones), "the entries of 1 are positive"
)
UNION_POLICY: tuple[Line, ...] = (
    hypothesis("Us>=0", nonnegative(Us), "probabilities >= 0"),
    hypothesis("UsBs=I", equal(Us @ Bs, unit("S")), "probabilities sum to one"),
)


_TOTAL_GRADIENT = hypothesis(
    "gradient",
    equal(
        g,
        W @ H
        + (pair_ones @ Lam).scaled(per_state * per_action)
        - (W @ pair_ones @ Lam).scaled(per_state),
    ),
    "(51) added up over the tasks: pi(a|s) (F A)(s, a) + (lambda N/|S|)(1/|A| - pi(a|s))",
)
_POSITIVE_POLICY: tuple[Line, ...] = (
    hypothesis("Q>=0", nonnegative(Q), "1/pi(a|s) - 1 >= 0"),
    hypothesis(
        "(I+Q)W=I", equal((unit("SA") + Q) @ W, unit("SA")), "pi(a|s) > 0, as under the softmax"
    ),
)
_SIGNS: tuple[Line, ...] = (
    _POSITIVE_ONES,
    hypothesis("Bs>=0", nonnegative(Bs), "copying over the actions is monotone"),
    hypothesis("lamN>=0", nonnegative(Lam), "lambda N >= 0"),
)


def _solved_gradient() -> Line:
    weights = unit("SA") + Q
    return link(
        "solved for F A",
        equal(
            H,
            weights @ (g - (pair_ones @ Lam).scaled(per_state * per_action))
            + (pair_ones @ Lam).scaled(per_state),
        ),
        [
            Multiple("gradient", -weights),
            Multiple("(I+Q)W=I", -unit("SA"), H),
            Multiple("(I+Q)W=I", unit("SA"), (pair_ones @ Lam).scaled(per_state)),
        ],
        "divide (51) by pi(a|s)",
    )


def total_gradient() -> Chain:
    """F A = (g - lambda N/(|S||A|)) / pi + lambda N/|S|: the first line of (54), corrected."""
    return _chain(
        "(51) solved for the advantages", _TOTAL_GRADIENT, *_POSITIVE_POLICY, _solved_gradient()
    )


def _small_gradient(threshold: Fraction) -> Line:
    limit = (pair_ones @ Lam).scaled(per_state * per_action * RationalFunction.constant(threshold))
    return hypothesis(
        "small gradient",
        less(g, limit),
        f"every component of the gradient is at most {threshold} lambda N/(|S||A|); a component is at "
        "most the norm",
    )


def _bounded(threshold: Fraction, bound: Fraction) -> Line:
    slack = RationalFunction.constant(1 - threshold) * per_state * per_action
    spare = RationalFunction.constant(bound - 1) * per_state
    because: list[Multiple | str] = [
        "solved for F A",
        Multiple("small gradient", unit("SA") + Q),
    ]
    if threshold != 1:
        because.append(Multiple("lamN>=0", ((unit("SA") + Q) @ pair_ones).scaled(slack)))
    if bound != 1:
        because.append(Multiple("lamN>=0", pair_ones.scaled(spare)))
    limit = (pair_ones @ Lam).scaled(per_state * RationalFunction.constant(bound))
    return link(
        "F A bounded", less(H, limit), because, "1/pi >= 1 > 0 and g - lambda N/(|S||A|) <= 0"
    )


def _gradient_lines(threshold: Fraction, bound: Fraction) -> tuple[Line, ...]:
    return (
        _TOTAL_GRADIENT,
        *_POSITIVE_POLICY,
        *(() if threshold == bound == 1 else _SIGNS),
        _small_gradient(threshold),
        _solved_gradient(),
        _bounded(threshold, bound),
    )


def advantages_bounded(
    threshold: Fraction = Fraction(1, 2), bound: Fraction = Fraction(2)
) -> Chain:
    """(50): F A <= bound lambda N/|S|, where the gradient is <= threshold lambda N/(|S||A|)."""
    return _chain("(50), without a lower bound on pi", *_gradient_lines(threshold, bound))


_MISMATCH: tuple[Line, ...] = (
    _MATCH,
    hypothesis(
        "x", equal(x, mu + x @ Pi @ G), "d/(1 - gamma_i) = mu_i + gamma_i d/(1 - gamma_i) Pi P_i"
    ),
    hypothesis("x>=0", nonnegative(x), "visitation frequencies are not negative"),
    hypothesis("xo>=0", nonnegative(xo), "visitation frequencies are not negative"),
    hypothesis("Pi>=0", nonnegative(Pi), "probabilities >= 0"),
    hypothesis("G>=0", nonnegative(G), "gamma_i P_i >= 0"),
    hypothesis("uD=x", equal(u @ D, x), "D holds d_{i,mu_i}(s)/(1 - gamma_i) in column (i, s)"),
    hypothesis(
        "C>=0", nonnegative(C), "C picks for every s a task i that holds it, over x_i(s) > 0"
    ),
    hypothesis(
        "DC=I", equal(D @ C, unit("S")), "every state is in some task, with d_{i,mu_i}(s) > 0"
    ),
    hypothesis("Mis>=0", nonnegative(Mis), "the mismatch coefficient is not negative"),
    hypothesis(
        "xo<=Mis mu",
        less(xo, Mis @ mu),
        "Mis = max d*_{i,rho_i}(s)/((1 - gamma_i) mu_i(s)), mu_i(s) > 0",
    ),
    link(
        "x>=mu",
        less(mu, x),
        [Multiple("x", -unit(SCALARS)), Multiple("x>=0", None, Pi @ G)],
        "d_{i,mu_i} >= (1 - gamma_i) mu_i",
    ),
    link(
        "w=xo C",
        equal(w, xo @ C),
        [Multiple("(12)", -unit(SCALARS), C), Multiple("DC=I", -w)],
        "w is the ratio in the picked task",
    ),
    link(
        "w>=0",
        nonnegative(w),
        [Multiple("xo>=0", None, C), Multiple("w=xo C", -unit(SCALARS))],
        "a ratio of frequencies",
    ),
    link(
        "w<=Mis",
        less(w, Mis @ u),
        [
            "w=xo C",
            Multiple("xo<=Mis mu", None, C),
            Multiple("x>=mu", Mis, C),
            Multiple("uD=x", -Mis, C),
            Multiple("DC=I", Mis @ u),
        ],
        "w = xo/x <= Mis mu/x <= Mis",
    ),
)


def mismatch_bound() -> Chain:
    """w(s) <= max d*_{i,rho_i}(s)/((1 - gamma_i) mu_i(s)): the last line of (49), corrected."""
    return _chain(
        "the ratio of (12) is at most the mismatch coefficient",
        *(line for line in _MISMATCH if line.name not in ("xo>=0", "w>=0")),
    )


def proposition_1(threshold: Fraction = Fraction(1, 2), bound: Fraction = Fraction(2)) -> Chain:
    """V(theta*; rho) - V(theta; rho) <= bound lambda N Mis."""
    lines = (
        _VISITS_OPTIMAL,
        _BELLMAN_OPTIMAL,
        _OPTIMAL_SUMS,
        _SAME_POLICY,
        *_MISMATCH,
        *UNION_POLICY,
        hypothesis("u1=|S|", equal(u @ ones, unit(SCALARS).scaled(1 / per_state)), "u 1 = |S|"),
        *_signs(threshold, bound),
    )
    limit = per_state * RationalFunction.constant(bound)
    return _chain(
        "Proposition 1",
        *lines,
        _DIFFERENCE,
        _MATCHED,
        link(
            "conclusion",
            less(rho @ (Vo - V), (Mis @ Lam).scaled(RationalFunction.constant(bound))),
            [
                "matched",
                Multiple("F A bounded", w @ Us),
                Multiple("UsBs=I", w, (ones @ Lam).scaled(limit)),
                Multiple("w<=Mis", None, (ones @ Lam).scaled(limit)),
                Multiple("u1=|S|", Mis, Lam.scaled(limit)),
            ],
            "sum_s w(s) sum_a pi* F A <= sum_s w(s) bound lambda N/|S| <= Mis bound lambda N",
        ),
    )


def _signs(threshold: Fraction, bound: Fraction) -> tuple[Line, ...]:
    lines = _gradient_lines(threshold, bound)
    return lines if set(_SIGNS) & set(lines) else (_POSITIVE_ONES, _SIGNS[2], *lines)


_VALUE_GRADIENT = hypothesis(
    "gradient", equal(g, W @ H), "(16) added up over the tasks: pi(a|s) (F A)(s, a)"
)


def gradient_domination() -> Chain:
    """With (12): the gap is sum_s w(s) sum_a pi*(a|s)/pi(a|s) g(s, a), g the summed gradient."""
    lines = (
        _VISITS_OPTIMAL,
        _BELLMAN_OPTIMAL,
        _OPTIMAL_SUMS,
        _MATCH,
        _SAME_POLICY,
        _VALUE_GRADIENT,
        _POSITIVE_POLICY[1],
        _DIFFERENCE,
        _MATCHED,
        link(
            "gap",
            equal(rho @ (Vo - V), w @ Us @ (unit("SA") + Q) @ g),
            [
                "matched",
                Multiple("gradient", -(w @ Us @ (unit("SA") + Q))),
                Multiple("(I+Q)W=I", -(w @ Us), H),
            ],
            "divide (16) by pi(a|s)",
        ),
    )
    return _chain("the gap in terms of the gradient", *lines)


def stationary_is_optimal() -> Chain:
    """With (12), where the summed gradient of the values vanishes no policy is better or worse."""
    lines = (
        _VISITS_OPTIMAL,
        _BELLMAN_OPTIMAL,
        _OPTIMAL_SUMS,
        _MATCH,
        _SAME_POLICY,
        hypothesis(
            "stationary",
            equal(W @ H, Operator.zero("SA", SCALARS), pointwise=True),
            "the gradient of sum_i V_i(mu_i), pi(a|s) (F A)(s, a), vanishes",
        ),
        _POSITIVE_POLICY[1],
        _DIFFERENCE,
        _MATCHED,
        link(
            "Vo=V",
            equal(rho @ Vo, rho @ V, pointwise=True),
            [
                "matched",
                Multiple("stationary", w @ Us @ (unit("SA") + Q)),
                Multiple("(I+Q)W=I", -(w @ Us), H),
            ],
            "F A = 0, so every policy that matches has the same value",
        ),
    )
    return _chain("under (12) a stationary point is optimal", *lines)
