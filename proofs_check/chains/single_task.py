r"""Chains of proof about one MDP of any size: bounds, optimality, stationarity, the gradient."""

from __future__ import annotations

from dcpg_theory.exact.boxes import Box, open_interval
from dcpg_theory.exact.chains import Chain, Differential, Hypothesis, Line, Link, Multiple, RuleUse
from dcpg_theory.exact.operators import SCALARS, Atom, Operator, unit
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from proofs_check.chains.mdp_operators import (
    BASE,
    B,
    P,
    Policy,
    equal,
    hypothesis,
    less,
    link,
    nonnegative,
    pair_ones,
    r,
    state_ones,
)
from proofs_check.symbols import OWN, own

__all__ = [
    "advantage_averages_to_zero",
    "advantage_lower",
    "advantage_upper",
    "bellman_optimality",
    "deterministic_is_enough",
    "policy_gradient",
    "rescaled_value",
    "series_is_solution",
    "softmax_sums_to_one",
    "start_value_upper",
    "stationary_is_optimal",
    "value_lower",
    "value_upper",
    "visitation_is_resolvent",
]

_pi = Policy("")
_M, _Pi, _V, _Q, _A = _pi.resolvent, _pi.averages, _pi.value, _pi.action_value, _pi.advantage
_X = 1 / (1 - own)

_REWARDS: tuple[Line, ...] = (
    hypothesis("r>=0", nonnegative(r), "rewards are at least 0"),
    hypothesis("r<=1", less(r, pair_ones), "rewards are at most 1"),
)
_SOLVED: tuple[Line, ...] = (*BASE, *_pi.is_policy(), *_pi.solved())
_RESOLVENT_OF_ONES = link(
    "M1=X1",
    equal(_M @ state_ones, state_ones.scaled(_X)),
    [
        Multiple("resolvent/left", unit("S").scaled(_X), state_ones),
        Multiple("PiP1=1", _M.scaled(own * _X)),
    ],
    "geometric series: M 1 = 1 / (1 - gamma)",
)
_LOWER = link(
    "V>=0",
    nonnegative(_V),
    [Multiple("r>=0", _M @ _Pi), Multiple("V=M Pi r", -unit("S"))],
    "V = M Pi r with M, Pi, r >= 0",
)
_UPPER = link(
    "V<=X",
    less(_V, state_ones.scaled(_X)),
    [
        Multiple("r<=1", _M @ _Pi),
        "V=M Pi r",
        "M1=X1",
        Multiple("PiB=I", _M, state_ones),
    ],
    "V = M Pi r <= M Pi 1 = M 1 = 1 / (1 - gamma)",
)


def _chain(title: str, *lines: Line, scalars: Box = OWN) -> Chain:
    """Return the chain whose conclusion is its last link."""
    last = lines[-1]
    if not isinstance(last, Hypothesis | Link):
        raise TypeError("a chain ends with a link")
    return Chain(title, scalars, tuple(lines), last.fact)


def series_is_solution() -> Chain:
    """V = M Pi r: the discounted sum of (1) is the only solution of the Bellman equation."""
    return _chain("the value function solves the Bellman equation", *_SOLVED)


def value_lower() -> Chain:
    """0 <= V, of (3)."""
    return _chain("values are at least 0", *_SOLVED, _REWARDS[0], _LOWER)


def value_upper() -> Chain:
    """V <= 1 / (1 - gamma_i), of (3)."""
    lines = (*_SOLVED, _REWARDS[1], _RESOLVENT_OF_ONES, _UPPER)
    return _chain("values are at most 1 / (1 - gamma_i)", *lines)


def start_value_upper() -> Chain:
    """V(rho) <= 1 / (1 - gamma_i), which makes the supremum in (5) a number."""
    start, _ = _covectors()
    last = link(
        "V(rho)<=X",
        less(start @ _V, unit(SCALARS).scaled(_X)),
        [Multiple("V<=X", start), Multiple("rho1=1", unit(SCALARS).scaled(_X))],
        "an average is at most what bounds all values",
    )
    given = (
        hypothesis("rho>=0", nonnegative(start), "start probabilities are non-negative"),
        hypothesis("rho1=1", equal(start @ state_ones, unit(SCALARS)), "and sum to one"),
    )
    lines = (*_SOLVED, _REWARDS[1], _RESOLVENT_OF_ONES, _UPPER, *given, last)
    return _chain("values from a start are at most 1 / (1 - gamma_i)", *lines)


def advantage_upper() -> Chain:
    """A <= 1 / (1 - gamma_i), of (3)."""
    last = link(
        "A<=X",
        less(_A, pair_ones.scaled(_X)),
        [
            "r<=1",
            Multiple("V<=X", P.scaled(own)),
            Multiple("V>=0", B),
            Multiple("P1=1", unit("SA").scaled(own * _X)),
        ],
        "A = r + gamma P V - V <= 1 + gamma / (1 - gamma) - 0",
    )
    lines = (*_SOLVED, *_REWARDS, _RESOLVENT_OF_ONES, _LOWER, _UPPER, last)
    return _chain("advantages are at most 1 / (1 - gamma_i)", *lines)


def advantage_lower() -> Chain:
    """-1 / (1 - gamma_i) <= A, of (3)."""
    last = link(
        "A>=-X",
        less(pair_ones.scaled(-_X), _A),
        ["r>=0", Multiple("V>=0", P.scaled(own)), Multiple("V<=X", B)],
        "A = r + gamma P V - V >= 0 + 0 - 1 / (1 - gamma)",
    )
    lines = (*_SOLVED, *_REWARDS, _RESOLVENT_OF_ONES, _LOWER, _UPPER, last)
    return _chain("advantages are at least -1 / (1 - gamma_i)", *lines)


def advantage_averages_to_zero() -> Chain:
    """Pi A = 0: a policy has no advantage over itself."""
    last = link(
        "PiA=0",
        equal(_Pi @ _A, Operator.zero("S", SCALARS)),
        [Multiple("bellman", -unit("S")), Multiple("PiB=I", -unit("S"), _V)],
        "Pi (Q - B V) = V - V",
    )
    return _chain("the advantage averages to zero", *BASE, *_pi.is_policy(), _bellman(), last)


def _bellman() -> Line:
    return _pi.solved()[0]


def softmax_sums_to_one() -> Chain:
    """sum_a w_a / s = 1 where s = sum_a w_a, for any number of actions.

    Adding a number to all theta scales all weights, so s is taken in (0, 1).
    """
    total = symbols("s")[0]
    adding = Operator.of(Atom("sum", SCALARS, "A"))
    weights = Operator.of(Atom("w", "A", SCALARS))
    probabilities = Operator.of(Atom("pi", "A", SCALARS))
    divide = unit(SCALARS).scaled(1 / total)
    given = (
        hypothesis("total", equal(adding @ weights, unit(SCALARS).scaled(total)), "s = sum_a w_a"),
        hypothesis("softmax", equal(probabilities.scaled(total), weights), "(4): s pi = w"),
    )
    last = link(
        "sum=1",
        equal(adding @ probabilities, unit(SCALARS)),
        [Multiple("total", divide), Multiple("softmax", divide @ adding)],
        "add up s pi = w over the actions and divide by s",
    )
    scalars = OWN.replace(s=open_interval(0, 1))
    return _chain("softmax probabilities sum to one", *given, last, scalars=scalars)


def rescaled_value() -> Chain:
    """The value for rewards scale (r - low) is scale (V - low / (1 - gamma))."""
    low, scale = symbols("low", "scale")
    rescaled = (r - pair_ones.scaled(low)).scaled(scale)
    value = Operator.of(Atom("V'", "S", SCALARS))
    last = link(
        "V'=scale(V-low X)",
        equal(value, (_V - state_ones.scaled(low * _X)).scaled(scale)),
        [
            Multiple("resolvent/left", -unit("S"), value),
            Multiple("bellman'", _M),
            Multiple("V=M Pi r", unit("S").scaled(-scale)),
            Multiple("PiB=I", _M.scaled(-low * scale), state_ones),
            Multiple("M1=X1", unit("S").scaled(-low * scale)),
        ],
        "solve both Bellman equations with the same resolvent",
    )
    bellman = hypothesis(
        "bellman'",
        equal(value, _Pi @ (rescaled + (P @ value).scaled(own))),
        "V' is the value for the rescaled rewards",
    )
    return _chain("values of rescaled rewards", *_SOLVED, bellman, _RESOLVENT_OF_ONES, last)


def _greedy_lines(*averages: Operator) -> tuple[Policy, tuple[Line, ...]]:
    """Return the greedy policy with respect to Q, and the lines up to V_g - V = M_g (G Q - V)."""
    g = Policy("g", introduced_by="greedy")
    gain = g.resolvent @ (g.averages @ _Q - _V)
    lines: tuple[Line, ...] = (
        RuleUse(
            "greedy",
            "greedy",
            {
                "values": _Q,
                "broadcast": Atom("B", "SA", "S"),
                "averages": averages,
                "selection": Atom("Pig", "S", "SA"),
            },
        ),
        *g.solved(),
        link(
            "Vg-V=Mg(GQ-V)",
            equal(g.value - _V, gain),
            ["Vg=M Pi r", Multiple("resolventg/left", unit("S"), _V)],
            "M_g (I - gamma G P) V = V, subtracted from V_g = M_g G r",
        ),
    )
    return g, lines


def deterministic_is_enough() -> Chain:
    """V <= V_g for the policy g that picks an action with the largest Q: g is deterministic."""
    g, greedy = _greedy_lines(_Pi)
    last = link(
        "V<=Vg",
        less(_V, g.value),
        [
            Multiple("greedy/dominates-0", g.resolvent),
            Multiple("bellman", g.resolvent),
            Multiple("Vg-V=Mg(GQ-V)", -unit("S")),
        ],
        "V_g - V = M_g (G Q - Pi Q) >= 0",
    )
    return _chain(
        "some deterministic policy is as good as any",
        *BASE,
        *_pi.is_policy(),
        _bellman(),
        *greedy,
        last,
    )


def bellman_optimality() -> Chain:
    """V = max_a Q for a policy that no deterministic policy beats in any state."""
    g, greedy = _greedy_lines(_Pi)
    best = g.averages @ _Q
    lines: tuple[Line, ...] = (
        hypothesis("optimal", less(g.value, _V), "no deterministic policy is better anywhere"),
        link(
            "V<=GQ",
            less(_V, best),
            ["bellman", "greedy/dominates-0"],
            "the average Pi Q is at most the largest Q",
        ),
        link(
            "GQ<=V",
            less(best, _V),
            [
                "optimal",
                Multiple("V<=GQ", (g.resolvent @ g.kernel).scaled(own)),
                Multiple("Vg-V=Mg(GQ-V)", -unit("S")),
                Multiple("resolventg/left", -unit("S"), best - _V),
            ],
            "0 >= V_g - V = M_g (G Q - V) >= G Q - V, since M_g = I + gamma M_g G P",
        ),
        RuleUse("both", "antisymmetry", {"below": "V<=GQ", "above": "GQ<=V"}),
        link("V=GQ", equal(_V, best), ["both"], "the Bellman optimality equation"),
    )
    return _chain(
        "an optimal deterministic policy satisfies the Bellman optimality equation",
        *BASE,
        *_pi.is_policy(),
        _bellman(),
        *greedy,
        *lines,
    )


def stationary_is_optimal() -> Chain:
    """V' = V for every policy, where the gradient vanishes and every d(s) pi(a|s) > 0."""
    other = Policy("o")
    weight = Operator.of(Atom("W", "SA", "SA"))
    inverse = Operator.of(Atom("W^-1", "SA", "SA"))
    zero = Operator.zero("SA", SCALARS)
    lines: tuple[Line, ...] = (
        hypothesis(
            "stationary",
            equal(weight @ _A, zero, pointwise=True),
            "the gradient (16), W A with W = diag(d(s) pi(a|s) / (1 - gamma)), vanishes",
        ),
        hypothesis(
            "positive",
            equal(inverse @ weight, unit("SA")),
            "every action has positive probability and every state is visited, so W is invertible",
        ),
        link(
            "A=0",
            equal(_A, zero, pointwise=True),
            [Multiple("stationary", inverse), Multiple("positive", -unit("SA"), _A)],
            "cancel W",
        ),
        *other.is_policy(),
        *other.solved(),
        link(
            "difference",
            equal(other.value - _V, other.resolvent @ other.averages @ _A),
            [
                "Vo=M Pi r",
                Multiple("resolvento/left", unit("S"), _V),
                Multiple("PioB=I", other.resolvent, _V),
            ],
            "performance difference: V' - V = M' Pi' A",
        ),
        link(
            "Vo=V",
            equal(other.value, _V, pointwise=True),
            [
                Multiple("difference"),
                Multiple("A=0", other.resolvent @ other.averages),
            ],
            "so all policies are equally good",
        ),
    )
    return _chain("a stationary point of one task is optimal", *BASE, *lines)


def visitation_is_resolvent() -> Chain:
    """d_rho = (1 - gamma_i) rho M: the corrected (17) and (18), with rows as old states."""
    start, visits = _covectors()
    last = link(
        "d=(1-gamma)rho M",
        equal(visits, (start @ _M).scaled(1 - own)),
        [
            Multiple("visits", None, _M),
            Multiple("resolvent/right", -visits),
        ],
        "d (I - gamma Pi P) = (1 - gamma) rho, times M",
    )
    lines = (*BASE, *_pi.is_policy(), *_pi.resolved(), _visits(), last)
    return _chain("the discounted visitation is a row of the resolvent", *lines)


def _covectors() -> tuple[Operator, Operator]:
    return Operator.of(Atom("rho", SCALARS, "S")), Operator.of(Atom("d", SCALARS, "S"))


def _visits() -> Line:
    start, visits = _covectors()
    return hypothesis(
        "visits",
        equal(visits, start.scaled(1 - own) + (visits @ _pi.kernel).scaled(own)),
        "(1 - gamma) sum_k gamma^k rho (Pi P)^k, with its first term split off",
    )


def policy_gradient() -> Chain:
    """(16): the derivative of V(rho) along theta_{s,a} is d(s) pi(a|s) A(s, a) / (1 - gamma_i)."""
    start, visits = _covectors()
    turn = Operator.of(Atom("Pi'", "S", "SA"))
    slope = Operator.of(Atom("V'", "S", SCALARS))
    state = Operator.of(Atom("e_s", "S", SCALARS))
    at_state = Operator.of(Atom("e_s^T", SCALARS, "S"))
    at_pair = Operator.of(Atom("e_sa^T", SCALARS, "SA"))
    probability = Operator.of(Atom("pi(a|s)", SCALARS, SCALARS))
    none = RationalFunction.constant(0)
    lines: tuple[Line, ...] = (
        Differential("Pi'", Atom("Pi", "S", "SA"), turn, "the policy turns with theta"),
        Differential("V'", Atom("V", "S", SCALARS), slope, "the value turns with theta"),
        Differential("P'=0", Atom("P", "SA", "S"), P.scaled(none), "P does not depend on theta"),
        Differential("r'=0", Atom("r", "SA", SCALARS), r.scaled(none), "nor do the rewards"),
        Differential("B'=0", Atom("B", "SA", "S"), B.scaled(none), "nor does copying"),
        RuleUse("bellman'", "derivative", {"fact": "bellman"}),
        RuleUse("PiB'", "derivative", {"fact": "PiB=I"}),
        hypothesis(
            "softmax",
            equal(turn, state @ probability @ (at_pair - at_state @ _Pi)),
            "d pi(a'|s') / d theta_{s,a} = 1[s'=s] pi(a|s) (1[a'=a] - pi(a'|s))",
        ),
        link(
            "V'=M Pi' A",
            equal(slope, _M @ turn @ _A),
            [
                Multiple("resolvent/left", -unit("S"), slope),
                Multiple("bellman'", _M),
                Multiple("PiB'", _M, _V),
            ],
            "solve for V', and Pi' B = 0 lets Q become A",
        ),
        link(
            "PiA=0",
            equal(_Pi @ _A, Operator.zero("S", SCALARS)),
            [Multiple("bellman", -unit("S")), Multiple("PiB=I", -unit("S"), _V)],
            "a policy has no advantage over itself",
        ),
        _visits(),
        link(
            "d=(1-gamma)rho M",
            equal(visits, (start @ _M).scaled(1 - own)),
            [Multiple("visits", None, _M), Multiple("resolvent/right", -visits)],
            "the corrected (18)",
        ),
        link(
            "gradient",
            equal(start @ slope, (visits @ state @ probability @ at_pair @ _A).scaled(_X)),
            [
                Multiple("V'=M Pi' A", start),
                Multiple("d=(1-gamma)rho M", unit(SCALARS).scaled(-_X), turn @ _A),
                Multiple("softmax", visits.scaled(_X), _A),
                Multiple("PiA=0", (visits @ state @ probability @ at_state).scaled(-_X)),
            ],
            "rho V' = d Pi' A / (1 - gamma) = d(s) pi(a|s) A(s, a) / (1 - gamma)",
        ),
    )
    return _chain("the gradient of the value", *BASE, *_pi.is_policy(), *_pi.solved(), *lines)
