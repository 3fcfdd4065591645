"""Section 5 by hand: visits, values and sums in plain fractions, apart from the package."""

from __future__ import annotations

import math
import re
from fractions import Fraction

import pytest
import sympy

from dcpg_theory.exact.attacks import surviving
from dcpg_theory.exact.chains import verify_chain
from dcpg_theory.exact.latex import normalized
from dcpg_theory.ledger.claims import collected
from proofs_check import (
    assumption_1,
    section_4_remarks,
    section_5,
    section_5_drone,
    section_5_fig2,
    section_5_figures,
    section_5_network,
    section_5_table,
)
from proofs_check.instances import small_grids

CHAPTERS = (
    assumption_1,
    section_4_remarks,
    section_5,
    section_5_drone,
    section_5_fig2,
    section_5_figures,
    section_5_network,
    section_5_table,
)
HALF = sympy.Rational(1, 2)


def visits(step, start, discount):
    """d = (1 - gamma) rho (I - gamma P)^{-1} for a row-stochastic step."""
    size = len(start)
    resolvent = (sympy.eye(size) - discount * sympy.Matrix(step)).inv()
    return (1 - discount) * sympy.Matrix([start]) * resolvent


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_quoted_statements_stand_in_their_lines(chapter, paper_path):
    text = paper_path.read_text(encoding="utf-8").splitlines()
    for member in collected(vars(chapter)):
        if member.lines is None:
            continue
        first, last = member.lines
        assert normalized(member.statement) in normalized(" ".join(text[first - 1 : last])), (
            member.id
        )


@pytest.mark.parametrize("name", ["same_visits", "at_most_one_goal", "opposite_tasks_cancel"])
def test_chains_lose_under_every_attack(name):
    chain = getattr(small_grids, name)()
    assert verify_chain(chain).unused == ()
    assert surviving(chain) == ()


def test_ends_make_the_sides_of_12_differ():
    """Two cells; environment 1 ends in cell 2, environment 2 in cell 1; a coin and the optimum."""
    start, gamma = [HALF, HALF], HALF
    coin_1, coin_2 = [[HALF, HALF], [0, 1]], [[1, 0], [HALF, HALF]]
    best_1, best_2 = [[0, 1], [0, 1]], [[1, 0], [1, 0]]
    ratios = [
        visits(best, start, gamma)[0] / visits(coin, start, gamma)[0]
        for best, coin in ((best_1, coin_1), (best_2, coin_2))
    ]
    assert ratios == [sympy.Rational(3, 4), sympy.Rational(9, 8)]


def test_right_then_left_is_optimal_in_both_ended_environments():
    """The goal is one step away: v = p + (1 - p) gamma v grows with p, and the other cell ends."""
    gamma, p = sympy.symbols("gamma p", positive=True)
    slope = sympy.diff(p / (1 - (1 - p) * gamma), p)
    assert sympy.simplify(slope * (1 - (1 - p) * gamma) ** 2) == 1 - gamma


def test_different_discounts_make_the_sides_of_12_differ():
    coin, right = [[HALF, HALF], [HALF, HALF]], [[0, 1], [0, 1]]
    ratios = [
        visits(right, [1, 0], gamma)[0] / visits(coin, [1, 0], gamma)[0]
        for gamma in (HALF, sympy.Rational(1, 3))
    ]
    assert ratios[0] != ratios[1]


def test_way_round_an_obstacle_may_be_worth_more():
    gamma = Fraction(1, 2)
    through = -1 + gamma / (1 - gamma)
    around = gamma**3 / (1 - gamma)
    assert (through, around) == (0, Fraction(1, 4))


def test_mean_safe_flight_is_not_bounded_by_the_best_reward():
    """Rewards along the two flights, and their lengths."""
    gamma, at_once, on_and_on = Fraction(99, 100), [1], [Fraction(1, 3)] * 3
    one, two = (sum(gamma**k * r for k, r in enumerate(way)) for way in (at_once, on_and_on))
    assert two < one
    assert len(on_and_on) > len(at_once)


def test_step_of_adam_is_no_multiple_of_the_gradient():
    """First moments, corrected for their bias; the root of a square is the number itself."""
    beta_1, epsilon = Fraction(9, 10), Fraction(1, 10**8)
    steps = []
    for slope in (1, 2):
        moment = (1 - beta_1) * slope / (1 - beta_1)
        steps.append(moment / (slope + epsilon))
    assert steps[1] / steps[0] < Fraction(101, 100)


def test_two_sums_of_table_1_are_wrong(paper_path):
    lines = paper_path.read_text(encoding="utf-8").splitlines()[274:293]
    wrong = {}
    for number, line in enumerate(lines, 275):
        cells = line.split("\t")
        if "±" not in line:
            continue
        tenths = [round(10 * float(cell.split("±")[0])) for cell in cells[1:]]
        if sum(tenths[:4]) != tenths[4]:
            wrong[number] = (sum(tenths[:4]), tenths[4])
    assert wrong == {284: (646, 594), 287: (4007, 3807)}


def test_dcpg_is_ahead_of_the_specialist_in_nine_cases(paper_path):
    lines = paper_path.read_text(encoding="utf-8").splitlines()
    ahead = []
    for first in (277, 283, 289):
        table = [
            [float(mean) for mean in re.findall(r"([\d.]+) ±", lines[first - 1 + k])]
            for k in range(5)
        ]
        ahead += [table[4][i] > table[i][i] for i in range(4)]
    assert ahead.count(True) == 9


def test_ascent_over_a_kink_jumps_for_ever():
    """Logits -|theta| and 0: theta = 1/2 and -1/2 alternate, in floating point too."""

    def slope(theta):
        better = 1 / (1 + math.exp(abs(theta)))
        return -math.copysign(better * (1 - better) / (1 - 0.5), theta)

    theta, step = 0.5, 1 / abs(slope(0.5))
    for _ in range(50):
        theta += step * slope(theta)
        assert math.isclose(abs(theta), 0.5)
        assert abs(slope(theta)) >= 2 / 9 / 0.5
