"""The chains of the sharp constants: no line can be left out, and a task meets all they assume."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from dcpg_theory import theory
from dcpg_theory.exact.attacks import surviving
from dcpg_theory.exact.chains import facts_of, verify_chain
from dcpg_theory.exact.interpretations import check_expansions, violations
from dcpg_theory.exact.lines import Differential
from dcpg_theory.exact.numbers import NumberKind, as_array
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.random_problems import random_problem
from proofs_check.chains import derivatives, lipschitz, mixtures, moments, scores
from proofs_check.symbols import own

c = symbols("c")[0]
CHAINS = {
    name: getattr(moments, name)()
    for name in (
        "deviations",
        "deviations_scaled",
        "squares_wide",
        "squares_narrow",
        "squares_scaled",
    )
}
CHAINS |= {f"mixture-{order}": mixtures.mixture_derivative(order) for order in (1, 2)}
CHAINS |= {f"mirrored-{order}": scores.mirrored(order) for order in (1, 2)}
CHAINS |= {
    "range": mixtures.range_of_a_sum(),
    "bend": scores.bend_below(),
    "slope": scores.slope_above(),
    "third": lipschitz.bounded_third(1 / (1 - own)),
    "series": derivatives.resolvent_is_series(),
    "sum of series": derivatives.series_of_ones(),
}


def atoms_of(chain):
    """Return every atom that a chain speaks of."""
    sides = [side for fact in facts_of(chain).values() for side in (fact.left, fact.right)]
    declared = [line for line in chain.lines if isinstance(line, Differential)]
    sides += [line.derivative for line in declared]
    return {line.atom for line in declared} | {atom for side in sides for atom in side.atoms()}


every_chain = pytest.mark.parametrize("name", CHAINS)


@every_chain
def test_every_line_is_needed_and_no_relation_can_be_strengthened(name: str) -> None:
    assert verify_chain(CHAINS[name]).unused == ()
    assert surviving(CHAINS[name]) == ()


@every_chain
def test_expansions_hold_for_integer_matrices(name: str) -> None:
    check_expansions(CHAINS[name])


t = symbols("t")[0]
HALF = Fraction(1, 2)
DIRECTION = ((Fraction(3, 5), 0), (0, Fraction(-4, 5)))
DISCOUNT = Fraction(7, 10)


def turned_task() -> tuple[FiniteMDP, np.ndarray]:
    """Return a task, and its policy with logits turned along DIRECTION.

    The weights are those of exp(theta + t u) up to the third power of t.
    """
    mdp = random_problem(5, 1, 2, 2, exact=True).tasks[0]
    weights = [
        [(2 + s + a) * (1 + t * u + (t * u) ** 2 / 2 + (t * u) ** 3 / 6) for a, u in enumerate(row)]
        for s, row in enumerate(DIRECTION)
    ]
    policy = [[w / sum(row[1:], row[0]) for w in row] for row in weights]
    task = FiniteMDP(mdp.transitions, mdp.rewards, DISCOUNT, mdp.start)
    return task, as_array(policy, NumberKind.SYMBOLIC)


def diagonal(entries) -> np.ndarray:
    return as_array(np.diag(np.array(list(entries), dtype=object)), NumberKind.SYMBOLIC)


def slopes(matrix: np.ndarray) -> np.ndarray:
    return np.vectorize(lambda f: f.derivative("t"), otypes=[object])(matrix)


def of_the_scores(*, square: bool) -> dict[str, np.ndarray]:
    """Return matrices for the atoms of `scores`; `square` for the second derivative."""
    mdp, policy = turned_task()
    x = 1 / (1 - DISCOUNT)
    V = as_array(theory.value(mdp, policy), NumberKind.SYMBOLIC)[:, None]
    V1 = slopes(V)
    Pi = as_array(np.zeros((2, 4), dtype=int), NumberKind.SYMBOLIC)
    Pi[0, :2], Pi[1, 2:] = policy
    u = np.array(DIRECTION, dtype=object)
    centred = u - (policy * u).sum(axis=1, keepdims=True)
    var = (policy * centred**2).sum(axis=1)
    w = [b / a for a, b in zip(V.flat, V1.flat, strict=True)]
    if not square:
        w = [(v - x / 2) / (x / 3) for v in V.flat]
    ones = np.ones(2, dtype=int)[:, None]
    return {
        "P": mdp.transitions.reshape(4, 2),
        "r": mdp.rewards.reshape(4, 1),
        "1_S": ones,
        "1_SA": np.ones((4, 1), dtype=int),
        "Pi": Pi,
        "D1": slopes(Pi),
        "D2": slopes(slopes(Pi)),
        "V": V,
        "V1": V1,
        "V2": slopes(V1),
        "M": theory.resolvent(mdp, policy),
        "Delta": diagonal(centred.flat),
        "N": diagonal(var),
        "var": var[:, None],
        "W": diagonal(w),
        "W_SA": diagonal([entry for entry in w for _ in range(2)]),
        "R": diagonal([reward - HALF for reward in map(_fraction, mdp.rewards.flat)]),
    }


def _fraction(value) -> Fraction:
    return Fraction(int(value.p), int(value.q))


@pytest.mark.parametrize(("name", "scalars"), [("bend", {}), ("slope", {"c": Fraction(1, 3)})])
def test_a_task_meets_the_hypotheses_about_scores(name: str, scalars: dict) -> None:
    matrices = of_the_scores(square=name == "bend")
    chain = CHAINS[name]
    values = {atom: matrices[atom.name] for atom in atoms_of(chain)}
    given = {"gamma_i": DISCOUNT, **scalars}
    assert violations(chain, values, {"S": 2, "SA": 4}, given) == ()


def of_the_moments(row, direction, signs) -> tuple[dict[str, np.ndarray], dict[str, Fraction]]:
    """Return the matrices and scalars of `moments` for a policy with its mean of y at most 1/2."""
    low, high = min(direction), max(direction)
    y = [(u - low) / (high - low) for u in direction]
    m = sum(p * entry for p, entry in zip(row, y, strict=True))
    v = sum(p * (entry - m) ** 2 for p, entry in zip(row, y, strict=True))
    assert m <= HALF
    wide = v >= m**2
    part = (v - m**2) / (m * (1 - 2 * m)) if wide else v / m**2
    matrices = {
        "1": np.ones((len(row), 1), dtype=int),
        "q": np.array([row], dtype=object),
        "S": np.diag([(1 + s) * HALF for s in signs]),
        "s": np.diag(signs),
        "Y": np.diag(y),
        "U": np.diag(direction),
        "D": np.diag([(entry - m) ** 2 for entry in y]),
    }
    scalars = {"a": low, "R": high - low, "m": m, "c": part, "T": Fraction(1, 5), "v": v}
    return matrices, scalars


WIDE = ([Fraction(3, 4), Fraction(1, 8), Fraction(1, 8)], [Fraction(-1, 2), HALF, Fraction(1, 4)])
NARROW = (
    [Fraction(1, 8), Fraction(3, 4), Fraction(1, 8)],
    [Fraction(-1, 2), Fraction(-1, 8), HALF],
)


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("deviations", WIDE),
        ("deviations_scaled", NARROW),
        ("squares_wide", WIDE),
        ("squares_narrow", NARROW),
        ("squares_scaled", WIDE),
        ("squares_scaled", NARROW),
    ],
)
def test_a_policy_meets_the_hypotheses_about_moments(name: str, case) -> None:
    chain = CHAINS[name]
    matrices, scalars = of_the_moments(*case, [1, -1, Fraction(1, 3)])
    values = {atom: matrices[atom.name] for atom in atoms_of(chain)}
    given = {key: scalars[key] for key in chain.scalars}
    assert violations(chain, values, {"A": 3}, given) == ()


def test_a_mixture_meets_the_hypotheses_about_its_derivative() -> None:
    """Weights w(t) move like exp(t u) for u = w'/w. (A u that stays would need exp itself.)"""
    weights = [1 + t, 2 + t**2, 3 - t / 2]
    total = weights[0] + weights[1] + weights[2]
    known, x = [1, 0, Fraction(2, 3)], 1 / (1 - DISCOUNT)
    q = [w / total for w in weights]
    value = (q[0] * known[0] + q[2] * known[2]) * x
    matrices = {
        "q": [q],
        "1": [[1]] * 3,
        "U": diagonal(w.derivative("t") / w for w in weights),
        "V^f": np.diag([entry * x for entry in known]),
        "s": np.diag([2 * entry - 1 for entry in known]),
        "V": [[value]],
        "V'": [[value.derivative("t")]],
    }
    chain = CHAINS["mixture-1"]
    values = {atom: np.array(matrices[atom.name], dtype=object) for atom in atoms_of(chain)}
    assert violations(chain, values, {"A": 3}, {"gamma_i": DISCOUNT}) == ()


def test_the_sharp_constants_hold_on_random_tasks() -> None:
    """Gradient and Hessian in floats, against both members of each minimum."""
    most = 0.0
    for seed in range(40):
        states, actions = 1 + seed % 4, 2 + seed % 3
        mdp = random_problem(seed, 1, states, actions).tasks[0]
        logits = 4 * np.random.default_rng(seed).standard_normal((states, actions))
        policy = np.exp(logits - logits.max(axis=1, keepdims=True))
        policy /= policy.sum(axis=1, keepdims=True)
        x = 1 / (1 - mdp.discount)
        for s in range(states):
            start = np.eye(states)[s]
            slope = np.linalg.norm(theory.value_gradient(mdp, policy, start))
            bend = theory.value_hessian(mdp, policy, start).reshape(2 * [states * actions])
            size = np.abs(np.linalg.eigvalsh(bend)).max()
            assert slope**2 <= min(states * x**2, x**3) / 8
            assert size <= min(states * x / (3 * np.sqrt(3)), x**2 / 2)
            most = max(most, slope**2 / (min(states * x**2, x**3) / 8))
    assert most > 0.1
