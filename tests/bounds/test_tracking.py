"""The rate of gradient tracking against its proof's inequalities, link by link, along runs."""

from __future__ import annotations

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcpg_theory import bounds, theory
from dcpg_theory.bounds.smoothness import sharp_constants
from dcpg_theory.bounds.tracking import best_share, longest_step, rate
from dcpg_theory.engine.reference import gradients
from dcpg_theory.errors import AssumptionViolated
from dcpg_theory.models import random_problem, softmax

FOUR = bounds.sizes(["0.9"], 100, 4, agents=4)


def plain_rate(b, room, g, n, sigma, q):
    """The formula, in floats."""
    rho = 1 - sigma
    r = 4 * b * room / (q * rho**2) + q**2 * rho**2 * g**2 / (2 * (1 - q) ** 2 * (1 - sigma**2))
    u = np.sqrt(n - 1) * q * rho * g / (2 * (1 - q) * np.sqrt(1 - sigma**2))
    v = np.sqrt(n - 1) * q**2 * rho**2 / (4 * (1 - q))
    c = 1 - q * rho**2 / 2 - q**4 * rho**4 / (8 * (1 - q) ** 2)
    return np.sqrt(r) * np.sqrt(1 + v**2 / c) + u


@given(st.integers(2, 9), st.floats(0, 0.99), st.floats(0.01, 0.5), st.floats(0, 2))
def test_the_rate_is_the_formula(n, sigma, q, lam):
    sizes = bounds.sizes(["0.9", "0.5"] if n == 2 else ["0.7"], 3, 2, agents=n)
    exact = [flint.fmpq(*x.as_integer_ratio()) for x in (lam, sigma, q)]
    found = sharp_constants(sizes, exact[0], flint.fmpq(0))
    whole, climb = rate(found, n, exact[1], exact[2])
    b, room, g = (float(x) for x in (found.max_smoothness, found.room, found.rms_gradient))
    assert float(whole) == pytest.approx(plain_rate(b, room, g, n, sigma, q))
    assert float(climb) <= float(whole)


def test_the_share_found_is_nearly_the_best():
    found = sharp_constants(FOUR, flint.fmpq(1, 100), flint.fmpq(0))
    for sigma in (flint.fmpq(0), flint.fmpq(1, 2), flint.fmpq(99, 100)):
        best = rate(found, 4, sigma, best_share(found, 4, sigma))[0]
        for share in np.linspace(0.01, 0.5, 50):
            other = rate(found, 4, sigma, flint.fmpq(*float(share).as_integer_ratio()))[0]
            assert float(best) <= float(other) * 1.001


def test_the_longest_step_is_half_of_what_the_proof_divides_by():
    found = sharp_constants(FOUR, flint.fmpq(1, 100), flint.fmpq(0))
    step = longest_step(found, flint.fmpq(1, 2))
    assert float(2 * found.max_smoothness * step / flint.fmpq(1, 4)) == pytest.approx(0.5)
    with pytest.raises(AssumptionViolated, match="gradient tracking allows up to"):
        bounds.theorem_1(
            FOUR,
            bounds.ring(4),
            regularization="0.01",
            iterations=10,
            statement="gradient-tracking",
            step_size=float(step) * 1.001,
        )


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(2, 4), st.floats(0.05, 0.5))
def test_every_link_of_the_proof_holds_along_a_run(small_network, seed, n, q):
    """E <= alpha S/rho; S <= ...; P + (1 - alpha b) Q <= 2 climb/alpha + (b^2/N) E^2."""
    problem, mixing = random_problem(seed, n, 2, 2), small_network(seed, n)
    if not bounds.spectrum_of(mixing).gap > 0:
        return
    lam, count = 0.1, 30
    sigma, weights = mixing.second_singular_value, mixing.matrix
    rho = 1 - sigma
    exact = flint.fmpq(*lam.as_integer_ratio())
    b = float(sharp_constants(bounds.sizes_of(problem), exact, flint.fmpq(0)).max_smoothness)
    alpha = q * rho**2 / (2 * b)
    theta = np.zeros((n, 2, 2))
    slopes = gradients(problem, theta, lam)
    y = slopes
    sums = dict.fromkeys(("E", "S", "D", "P", "Q"), 0.0)
    start = theory.objective(problem, softmax(theta[0]), lam, problem.exploration) / n
    first = np.linalg.norm(y - y.mean(axis=0))
    for _ in range(count):
        mean = theta.mean(axis=0)
        sums["E"] += np.linalg.norm(theta - mean) ** 2
        sums["S"] += np.linalg.norm(y - y.mean(axis=0)) ** 2
        sums["Q"] += np.linalg.norm(slopes.mean(axis=0)) ** 2
        whole = theory.gradient(problem, softmax(mean), lam, problem.exploration) / n
        sums["P"] += np.linalg.norm(whole) ** 2
        assert np.allclose(y.mean(axis=0), slopes.mean(axis=0), atol=1e-12)
        theta = np.tensordot(weights, theta, axes=1) + alpha * y
        following = gradients(problem, theta, lam)
        sums["D"] += np.linalg.norm(following - slopes) ** 2
        y, slopes = np.tensordot(weights, y, axes=1) + following - slopes, following
    end = theory.objective(problem, softmax(theta.mean(axis=0)), lam, problem.exploration) / n
    e, s, d, p, g = (np.sqrt(sums[name]) for name in ("E", "S", "D", "P", "Q"))
    near = 1 + 1e-9
    assert e <= alpha * s / rho * near
    assert s <= (first / np.sqrt(1 - sigma**2) + d / rho) * near
    assert d <= b * ((1 + sigma) * e + alpha * s + alpha * np.sqrt(n) * g) * near + 1e-12
    right = 2 * (end - start) / alpha + b**2 / n * e**2
    assert p**2 + (1 - alpha * b) * g**2 <= right * near + 1e-9
    u = alpha * first / (rho * (1 - q) * np.sqrt(1 - sigma**2))
    v = b * alpha**2 * np.sqrt(n) / (rho**2 * (1 - q))
    assert e <= (u + v * g) * near


def test_one_agent_is_gradient_ascent():
    one = bounds.sizes(["0.9"], 3, 2)
    common = {"regularization": "0.1", "iterations": 1000}
    tracking = bounds.theorem_1(one, bounds.single(), statement="gradient-tracking", **common)
    sharp = bounds.theorem_1(one, bounds.single(), **common)
    assert tracking.value == pytest.approx(sharp.value)
    assert float(tracking.step_size) == pytest.approx(float(sharp.step_size))
