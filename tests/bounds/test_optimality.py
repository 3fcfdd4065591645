"""Theorem 2's counts against the same formulas in plain numbers, and what they grow with."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcpg_theory import bounds
from dcpg_theory.bounds.optimality import best_step_of_45, count_of_45
from dcpg_theory.errors import AssumptionViolated, InvalidInput
from dcpg_theory.exact.rational_functions import as_fmpq
from dcpg_theory.models import MixingMatrix, example_1, graphs, random_problem

COLUMNS = ("printed", "corrected", "sharp")
discounts = st.lists(st.floats(0.05, 0.97), min_size=1, max_size=5)
accuracies = st.floats(1e-4, 10)


def printed_count(gammas, n_states, n_actions, sigma, s, eps, m, entropy, alpha):
    """(45) with c_1, to the letter."""
    n = len(gammas)
    lam = eps / (2 * n * m)
    x = [1 / (1 - g) for g in gammas]
    beta = sum(8 * y**3 + 2 * lam / n_states for y in x)
    d = 2 * n * lam + sum(y**2 for y in x)
    c_1 = 2 / (s / alpha - beta)
    rest = lam * n / (2 * n_states * n_actions) - 2 * alpha * beta * d / (1 - sigma)
    total = sum(y + lam * entropy for y in x)
    return c_1 * n**2 * total / (alpha**2 * rest**2)


@given(discounts, st.integers(1, 20), st.integers(2, 5), accuracies, st.floats(1, 1e4))
def test_printed_and_corrected_are_45(gammas, n_states, n_actions, eps, m):
    sizes = bounds.sizes(gammas, n_states, n_actions)
    spectrum = bounds.ring(len(gammas), "metropolis")
    for name in ("printed", "corrected"):
        found = bounds.theorem_2(
            sizes, spectrum, accuracy=eps, mismatch=m, statement=name, initial_entropy=0.5
        )
        s = 1 + float(
            spectrum.smallest_singular_value if name == "printed" else spectrum.smallest_eigenvalue
        )
        sigma, alpha = float(spectrum.second_singular_value), float(found.step_size)
        expected = printed_count(gammas, n_states, n_actions, sigma, s, eps, m, 0.5, alpha)
        assert found.value == pytest.approx(expected, rel=1e-6, abs=1)
        assert float(found.regularization) == pytest.approx(eps / (2 * len(gammas) * m))


@given(discounts, st.integers(1, 20), st.integers(2, 5), accuracies, st.floats(1, 1e4))
def test_sharp_is_the_formula(gammas, n_states, n_actions, eps, m):
    n = len(gammas)
    spectrum = bounds.ring(n)
    found = bounds.theorem_2(
        bounds.sizes(gammas, n_states, n_actions), spectrum, accuracy=eps, mismatch=m
    )
    lam = eps / (n * m)
    x = [1 / (1 - g) for g in gammas]
    b = max(min(n_states * y / (3 * math.sqrt(3)), y * y / 2) for y in x) + lam / (2 * n_states)
    lipschitz = lam * math.sqrt((1 - 1 / n_actions) / n_states)
    norms = [min(math.sqrt(n_states) * y, y**1.5) / (2 * math.sqrt(2)) + lipschitz for y in x]
    rms = math.sqrt(sum(g * g for g in norms) / n)
    room, sizes = sum(x) / n, m * n_states * n_actions
    gap = float(spectrum.gap)
    if n == 1:
        step, count = 1 / b, 2 * b * room * sizes**2 / eps**2
    else:
        spread = 1 + math.sqrt(n - 1)
        step = lam / (n_states * n_actions) * gap / (3 * b * spread * rms)
        count = 13.5 * spread * b * rms * room * (n * sizes) ** 3 / (gap * eps**3)
    assert float(found.step_size) == pytest.approx(step, rel=1e-9)
    assert found.value == pytest.approx(math.ceil(count), rel=1e-9, abs=1)
    assert float(found.regularization) == pytest.approx(lam)


@given(
    st.fractions(0.01, 2),
    st.fractions(0.01, 100),
    st.fractions(0.001, 10),
    st.fractions(0.01, 100),
    st.floats(0.001, 0.999),
)
def test_the_step_of_45_is_the_best_inside_13(reach, beta, tau, eta, share):
    exact = [as_fmpq(x) for x in (reach, beta, tau, eta)]
    best = best_step_of_45(*exact)
    supremum = min(reach / beta, tau / eta)
    assert 0 < float(best) < float(supremum)
    other = as_fmpq(supremum) * as_fmpq(round(share * 10**6)) / 10**6
    if other:
        least = count_of_45(best, *exact)
        assert float(least) <= float(count_of_45(other, *exact)) * (1 + 1e-9)


@given(discounts, st.integers(1, 9), accuracies)
def test_columns_are_ordered_and_counts_fall_with_epsilon(gammas, n_states, eps):
    sizes, spectrum = bounds.sizes(gammas, n_states, 3), bounds.star(len(gammas))
    counts = {
        name: bounds.theorem_2(sizes, spectrum, accuracy=eps, mismatch=10, statement=name)
        for name in COLUMNS
    }
    assert counts["sharp"].value <= counts["corrected"].value
    assert (
        counts["corrected"].value
        <= bounds.theorem_2(
            sizes, spectrum, accuracy=eps, mismatch=10, statement="corrected"
        ).extra["explicit_14"]
    )
    for name in COLUMNS:
        rougher = bounds.theorem_2(sizes, spectrum, accuracy=2 * eps, mismatch=10, statement=name)
        assert rougher.value <= counts[name].value


def test_the_step_of_the_sharp_theorem_2_is_admissible_in_theorem_1():
    for n in (1, 2, 5):
        sizes, spectrum = bounds.sizes(["0.9"], 3, 2, agents=n), bounds.ring(n)
        found = bounds.theorem_2(sizes, spectrum, accuracy=1000, mismatch="0.001")
        most = bounds.theorem_1_step(sizes, spectrum, regularization=found.regularization)
        assert float(found.step_size) <= float(most) * (1 + 1e-15)


def test_the_order_of_14_is_inverse_quadratic_and_45_inverse_cubic_in_epsilon():
    """The printed order falls behind (45) as epsilon does, which refutes (14): eq-14."""
    sizes, spectrum = bounds.sizes(["0.5"], 2, 2, agents=2), bounds.complete(2)
    ratios = []
    for eps in (1e-2, 1e-4, 1e-6):
        found = bounds.theorem_2(sizes, spectrum, accuracy=eps, mismatch=2, statement="printed")
        ratios.append(found.value / float(found.extra["order_14"]))
    assert ratios[1] / ratios[0] == pytest.approx(100, rel=0.05)
    assert ratios[2] / ratios[1] == pytest.approx(100, rel=0.05)


def test_one_action_needs_one_iteration():
    found = bounds.theorem_2(
        bounds.sizes(["0.9"], 5, 1, agents=3), bounds.ring(3), accuracy="1e-9", mismatch=10
    )
    assert found.value == 1


def test_rewards_scale_accuracy_and_not_the_count():
    unit = bounds.sizes(["0.8"], 4, 2, agents=3)
    wide = bounds.sizes(["0.8"], 4, 2, agents=3, reward_ranges=[(-1, 2)])
    for name in COLUMNS:
        one = bounds.theorem_2(unit, bounds.ring(3), accuracy="0.1", mismatch=9, statement=name)
        three = bounds.theorem_2(wide, bounds.ring(3), accuracy="0.3", mismatch=9, statement=name)
        assert three.value == pytest.approx(one.value, rel=1e-9)
        assert float(three.regularization) == pytest.approx(3 * float(one.regularization))
        assert float(three.step_size) == pytest.approx(float(one.step_size) / 3)


def test_proposition_1_sharp_doubles_the_threshold_and_halves_the_gap():
    sizes = bounds.sizes(["0.8"], 4, 2, agents=3)
    common = {"regularization": "0.1", "mismatch": 7}
    for name in ("printed", "corrected"):
        paper = bounds.proposition_1(sizes, statement=name, **common)
        sharp = bounds.proposition_1(sizes, **common)
        assert paper.value == pytest.approx(2 * 0.1 * 3 * 7)
        assert sharp.value == pytest.approx(paper.value / 2)
        assert sharp.terms["threshold"] == 2 * paper.terms["threshold"]


def test_what_theorem_2_assumes_of_a_problem_is_checked_by_name():
    with pytest.raises(AssumptionViolated, match=r"^positive exploration"):
        bounds.theorem_2(example_1(0.9), bounds.ring(2), accuracy=0.1)
    with pytest.raises(AssumptionViolated, match=r"^Assumption 2"):
        bounds.theorem_2(random_problem(0, 2, 3, 2), bounds.ring(2), accuracy=0.1)
    twisted = MixingMatrix([[0.5, 0.3, 0.2], [0.2, 0.5, 0.3], [0.3, 0.2, 0.5]])
    sizes = bounds.sizes(["0.8"], 4, 2, agents=3)
    with pytest.raises(AssumptionViolated, match=r"^symmetric weights"):
        bounds.theorem_2(sizes, twisted, accuracy=1, mismatch=1, statement="corrected")
    assert bounds.theorem_2(sizes, twisted, accuracy=1, mismatch=1).value > 1


def test_bad_input_is_named():
    sizes = bounds.sizes(["0.8"], 4, 2, agents=3)
    for arguments, words in (
        ({"accuracy": 0, "mismatch": 1}, "epsilon=0"),
        ({"accuracy": 1}, "mismatch is missing"),
        ({"accuracy": 1, "mismatch": 0}, "mismatch=0"),
    ):
        with pytest.raises(InvalidInput, match=words):
            bounds.theorem_2(sizes, bounds.ring(3), **arguments)


@pytest.mark.parametrize("n_tasks", [1, 2, 3])
def test_the_instance_needs_no_more_iterations_than_sharp(shared_problem, n_tasks):
    problem = shared_problem(n_tasks, n_tasks)
    weights = graphs.lazy_metropolis(graphs.ring(n_tasks))
    sharp, instance = (
        bounds.theorem_2(problem, weights, accuracy=0.1, statement=name)
        for name in ("sharp", "instance")
    )
    assert instance.value <= sharp.value


def test_extreme_counts_are_whole_numbers():
    sizes = bounds.sizes(["1-1e-12"], 10**9, 10, agents=10**5)
    for name in COLUMNS:
        found = bounds.theorem_2(
            sizes, bounds.ring(10**5), accuracy="1e-9", mismatch="1e12", statement=name
        )
        assert isinstance(found.value, int)
        assert found.enclosure <= found.value
        assert found.value - 1 <= found.enclosure
