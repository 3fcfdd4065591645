"""The rate of Theorem 1 for one task against PEPit's worst cases over all smooth functions.

For N = 1 and lambda = 0 Theorem 1 is gradient ascent on a function with a Lipschitz gradient that
is bounded above; nothing else of it is used. So over that class no function may do worse than the
bound says, and PEPit finds the worst one by a semidefinite program.
"""

from __future__ import annotations

import pytest

from dcpg_theory.theory.rates import SharpRates

RATES = SharpRates([0.5], [2], 2, 2, 0.0, 0.0)


def worst_case(step_size, iterations, smoothness, room):
    """The largest that min_k ||g_k||^2 can be; the room is up to the bound, one exact step on."""
    PEPit = pytest.importorskip("PEPit", reason="PEPit is not installed")
    from PEPit.functions import SmoothFunction

    problem = PEPit.PEP()
    function = problem.declare_function(SmoothFunction, L=smoothness)
    x = problem.set_initial_point()
    start = function(x)
    for _ in range(iterations):
        gradient = function.gradient(x)
        problem.set_performance_metric(gradient**2)
        x = x - step_size * gradient
    least = function(x) - function.gradient(x) ** 2 / (2 * smoothness)
    problem.set_initial_condition(start - least <= room)
    return problem.solve(verbose=0)


@pytest.mark.parametrize("iterations", [1, 2, 4])
@pytest.mark.parametrize("part", [0.25, 1.0])
def test_no_smooth_function_is_worse_than_the_bound(iterations, part):
    step = part * RATES.largest_step
    (smoothness,) = RATES.smoothness
    found = worst_case(step, iterations, smoothness, RATES._start(0))
    bound = sum(RATES.theorem_1(step, iterations, 0)) ** 2
    assert found <= bound * (1 + 1e-6)


def test_for_one_full_step_the_bound_is_the_worst_case():
    step = RATES.largest_step
    found = worst_case(step, 1, RATES.smoothness[0], RATES._start(0))
    assert found == pytest.approx(sum(RATES.theorem_1(step, 1, 0)) ** 2, rel=1e-5)


def test_half_the_bound_would_be_wrong():
    """The control: a constant too small by two is refuted by PEPit's function."""
    step = RATES.largest_step
    found = worst_case(step, 2, RATES.smoothness[0], RATES._start(0))
    assert found > sum(RATES.theorem_1(step, 2, 0)) ** 2 / 2
