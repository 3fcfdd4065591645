"""Theorem 1's formulas against the same ones written in plain floats, and their minimisers."""

from __future__ import annotations

import math

import flint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory import bounds
from dcpg_theory.bounds.smoothness import value_gradient_norm, value_smoothness
from dcpg_theory.bounds.stationarity import best_step, early_shares
from dcpg_theory.errors import AssumptionViolated, InvalidInput
from dcpg_theory.models import MixingMatrix, example_1, graphs, random_problem

COLUMNS = ("printed", "corrected", "sharp")
discounts = st.lists(st.floats(0.05, 0.97), min_size=1, max_size=5)
lambdas = st.sampled_from([0.0, 0.001, 0.3, 2.0])


def plain(gammas, n_states, n_actions, spectrum, lam, alpha, k, entropy, statement):
    """The bound of Theorem 1, in floats."""
    n = len(gammas)
    x = [1 / (1 - g) for g in gammas]
    sigma = float(spectrum.second_singular_value)
    if statement == "sharp":
        b_v = [min(n_states * y / (3 * math.sqrt(3)), y * y / 2) for y in x]
        b = [value + lam / (2 * n_states) for value in b_v]
        lipschitz = lam * math.sqrt((1 - 1 / n_actions) / n_states)
        norms = [min(math.sqrt(n_states) * y, y**1.5) / (2 * math.sqrt(2)) for y in x]
        rms_g = math.sqrt(sum((g + lipschitz) ** 2 for g in norms) / n)
        delta = alpha * rms_g / (1 - sigma) if n > 1 else 0
        room = sum(x) / n + lam * entropy
        inside = 2 * room / (alpha * k) + sum(v * v for v in b) / n * delta**2
        return math.sqrt(inside) + sum(b_v) / n * math.sqrt(n - 1) * delta + lipschitz
    d = 2 * n * lam + sum(y**2 for y in x)
    reach = 1 if statement == "printed" else 1 + float(spectrum.smallest_eigenvalue)
    first = 16 / (k * alpha * reach) * sum(y + lam * entropy for y in x)
    second = 512 * d**2 * alpha**2 / (n * (1 - sigma) ** 2) * sum(y**6 for y in x)
    last = 16 * lam**2 / (n if statement == "printed" else 1)
    return math.sqrt(first + second + last)


@given(discounts, st.integers(1, 30), st.integers(2, 6), lambdas, st.integers(1, 10**9))
def test_the_bound_is_the_formula(gammas, n_states, n_actions, lam, k):
    sizes = bounds.sizes(gammas, n_states, n_actions)
    spectrum = bounds.ring(len(gammas))
    for statement in COLUMNS:
        found = bounds.theorem_1(
            sizes,
            spectrum,
            regularization=lam,
            iterations=k,
            statement=statement,
            initial_entropy=0.25,
        )
        alpha = float(found.step_size)
        expected = plain(gammas, n_states, n_actions, spectrum, lam, alpha, k, 0.25, statement)
        assert found.value == pytest.approx(expected, rel=1e-9)
        assert found.squared == pytest.approx(expected**2, rel=1e-9)


@given(discounts, st.integers(1, 30), lambdas, st.integers(1, 10**9), st.floats(0.01, 100))
def test_no_admissible_step_has_a_smaller_bound(gammas, n_states, lam, k, factor):
    sizes, spectrum = bounds.sizes(gammas, n_states, 3), bounds.star(len(gammas))
    for statement in COLUMNS:
        common = {"regularization": lam, "iterations": k, "statement": statement}
        best = bounds.theorem_1(sizes, spectrum, **common)
        other = best.step_size * flint.fmpq(*factor.as_integer_ratio())
        try:
            found = bounds.theorem_1(sizes, spectrum, step_size=other, **common)
        except AssumptionViolated:
            assert factor > 1
        else:
            assert best.enclosure <= found.enclosure * (1 + flint.fmpq(1, 10**12))


@given(discounts, st.integers(1, 30), lambdas, st.integers(1, 10**9))
def test_sharp_is_smaller_than_corrected_and_falls_with_iterations(gammas, n_states, lam, k):
    sizes, spectrum = bounds.sizes(gammas, n_states, 3), bounds.path(len(gammas))
    common = {"regularization": lam, "iterations": k}
    values = {
        name: bounds.theorem_1(sizes, spectrum, statement=name, **common).value for name in COLUMNS
    }
    assert values["sharp"] < values["corrected"]
    more = bounds.theorem_1(sizes, spectrum, regularization=lam, iterations=2 * k)
    assert more.value <= values["sharp"]


def test_the_terms_make_up_the_bound():
    sizes = bounds.sizes(["0.9"], 20, 4, agents=5)
    for name in COLUMNS:
        found = bounds.theorem_1(
            sizes, bounds.ring(5), regularization="0.1", iterations=1000, statement=name
        )
        terms = {key: float(value) for key, value in found.terms.items()}
        if name == "sharp":
            whole = math.hypot(terms["optimization"], terms["consensus"])
            whole += terms["agent"] + terms["regularization"]
        else:
            whole = math.hypot(*terms.values())
        assert found.value == pytest.approx(whole)


@given(st.floats(1e-6, 1e6), st.floats(1e-6, 1e6), st.floats(0, 1e6))
def test_the_best_step_beats_its_neighbours(a, c, d):
    exact = [flint.arb(x) for x in (a, c, d)]
    step = float(best_step(*exact))

    def value(alpha):
        return math.sqrt(a / alpha + (c * alpha) ** 2) + d * alpha

    assert value(step) <= min(value(step * 1.001), value(step / 1.001)) * (1 + 1e-12)


@given(st.integers(1, 200), st.floats(0, 0.999))
def test_early_shares_are_the_mean_square_and_the_end(k, sigma):
    shares = early_shares(flint.fmpq(*sigma.as_integer_ratio()), k)
    square = sum((1 - sigma**j) ** 2 for j in range(k)) / k
    assert float(shares[0]) == pytest.approx(square, abs=1e-9)
    assert float(shares[1]) == pytest.approx(1 - sigma ** (k - 1), abs=1e-9)


def test_rewards_scale_every_column():
    """Values, gradients and lambda of rewards three times as large are three times as large."""
    unit = bounds.sizes(["0.8"], 4, 2, agents=3)
    wide = bounds.sizes(["0.8"], 4, 2, agents=3, reward_ranges=[(-1, 2)])
    for name in COLUMNS:
        common = {"iterations": 10**5, "statement": name}
        one = bounds.theorem_1(unit, bounds.ring(3), regularization="0.1", **common)
        three = bounds.theorem_1(wide, bounds.ring(3), regularization="0.3", **common)
        assert three.value == pytest.approx(3 * one.value)
        assert float(three.step_size) == pytest.approx(float(one.step_size) / 3)


def test_different_reward_ranges_leave_the_sharp_column():
    sizes = bounds.sizes(["0.8"], 4, 2, agents=2, reward_ranges=[(0, 1), (0, 2)])
    common = {"regularization": 0, "iterations": 10}
    for name in ("printed", "corrected"):
        with pytest.raises(AssumptionViolated, match=r"^rewards in"):
            bounds.theorem_1(sizes, bounds.ring(2), statement=name, **common)
    assert bounds.theorem_1(sizes, bounds.ring(2), **common).value > 0


def test_assumptions_on_the_mixing_matrix_are_checked_by_name():
    circulant = MixingMatrix([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.25, 0.25, 0.5]])
    twisted = MixingMatrix([[0.5, 0.3, 0.2], [0.2, 0.5, 0.3], [0.3, 0.2, 0.5]])
    idle = MixingMatrix([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    apart = MixingMatrix([[1, 0, 0], [0, 0.5, 0.5], [0, 0.5, 0.5]])
    sizes = bounds.sizes(["0.8"], 4, 2, agents=3)

    def applies(mixing, name):
        bounds.theorem_1(sizes, mixing, regularization=0, iterations=10, statement=name)

    for name in COLUMNS:
        applies(circulant, name)
        with pytest.raises(AssumptionViolated, match="sigma_2 < 1"):
            applies(apart, name)
    applies(twisted, "sharp")
    applies(twisted, "printed")
    with pytest.raises(AssumptionViolated, match="symmetric weights"):
        applies(twisted, "corrected")
    applies(idle, "sharp")
    for name in ("printed", "corrected"):
        with pytest.raises(AssumptionViolated, match="Assumption 1"):
            applies(idle, name)


@pytest.mark.parametrize("name", COLUMNS)
def test_a_step_that_is_too_long_is_refused(name):
    sizes, spectrum = bounds.sizes(["0.8"], 4, 2, agents=3), bounds.ring(3)
    most = bounds.theorem_1_step(sizes, spectrum, regularization=1, statement=name)
    common = {"regularization": 1, "iterations": 10, "statement": name}
    bounds.theorem_1(sizes, spectrum, step_size=float(most) * (1 - 1e-12), **common)
    with pytest.raises(AssumptionViolated, match="allows steps below"):
        bounds.theorem_1(sizes, spectrum, step_size=float(most) * (1 + 1e-12), **common)


def test_one_action_moves_nothing():
    found = bounds.theorem_1(
        bounds.sizes(["0.9"], 5, 1, agents=3), bounds.ring(3), regularization=1, iterations=1
    )
    assert found.value == 0
    assert found.step_size > 0


def test_one_agent_takes_the_longest_step_and_has_no_consensus_term():
    found = bounds.theorem_1(
        bounds.sizes(["0.9"], 5, 2), bounds.single(), regularization=1, iterations=100
    )
    assert float(found.terms["consensus"]) == float(found.terms["agent"]) == 0
    most = bounds.theorem_1_step(bounds.sizes(["0.9"], 5, 2), bounds.single(), regularization=1)
    assert float(found.step_size) == pytest.approx(float(most), rel=1e-15)


def test_a_bound_that_says_nothing_says_so():
    found = bounds.theorem_1(
        bounds.sizes(["0.9"], 5, 2, agents=3), bounds.ring(3), regularization=0, iterations=1
    )
    assert any(note.startswith("says nothing") for note in found.notes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"iterations": 0}, "iterations=0"),
        ({"iterations": 1.5}, "iterations=1.5"),
        ({"regularization": -1}, "regularization=-1"),
        ({"initial_entropy": -1}, "initial_entropy=-1"),
        ({"step_size": 0}, "step-size=0"),
        ({"statement": "sharpest"}, "statement='sharpest' must be one of printed"),
        ({"statement": "instance"}, "needs the problem"),
        ({"mixing": bounds.ring(4)}, "has 4 agents, the problem has 3"),
    ],
)
def test_bad_input_is_named(changes, words):
    arguments = {"mixing": bounds.ring(3), "regularization": 0, "iterations": 1} | changes
    mixing = arguments.pop("mixing")
    with pytest.raises(InvalidInput, match=words):
        bounds.theorem_1(bounds.sizes(["0.9"], 5, 2, agents=3), mixing, **arguments)


def test_the_contract_s_call_takes_a_problem_and_a_matrix():
    problem, weights = random_problem(0, 3, 4, 2), graphs.lazy_metropolis(graphs.ring(3))
    for name in (*COLUMNS, "instance"):
        found = bounds.theorem_1(
            problem, weights, regularization=0.01, iterations=1000, statement=name
        )
        assert found.statement == name
        assert found.assumptions
        assert found.formula
        assert found.claims
        assert float(found) == found.value


def test_the_instance_is_never_worse_than_sharp():
    for problem in (example_1(0.9), random_problem(5, 2, 5, 3), random_problem(6, 4, 3, 2)):
        spectrum = bounds.ring(problem.n_tasks)
        known = bounds.measured(problem)
        for k in (1, 10, 10**4, 10**8):
            common = {"regularization": 0.01, "iterations": k}
            instance = bounds.theorem_1(known, spectrum, statement="instance", **common)
            sharp = bounds.theorem_1(known, spectrum, statement="sharp", **common)
            assert instance.value <= sharp.value


def test_extreme_inputs_do_not_overflow():
    sizes = bounds.sizes(["1-1e-12"], 10**9, 10, agents=10**5)
    for name in COLUMNS:
        found = bounds.theorem_1(
            sizes, bounds.ring(10**5), regularization="1e-6", iterations=10**30, statement=name
        )
        assert 0 < found.value < math.inf
        assert 0 < float(found.step_size) < 1
    task = sizes.tasks[0][0]  # |S| = 10^9 is less than X = 10^12, so both minima are with |S|
    assert float(value_gradient_norm(task)) == pytest.approx(10**12 * math.sqrt(10**9) / 8**0.5)
    assert float(value_smoothness(task)) == pytest.approx(10**21 / (3 * math.sqrt(3)))
