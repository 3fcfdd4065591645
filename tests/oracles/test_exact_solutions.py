"""Exact results against sympy's DomainMatrix: rationals, and rational functions of symbols."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy
from sympy import QQ
from sympy.polys.matrices import DomainMatrix

from dcpg_theory import theory
from dcpg_theory.exact.linear_algebra import determinant, inverse
from dcpg_theory.exact.numbers import NumberKind, as_array
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.models import example_1, example_2, example_policy, random_problem

GAMMA = Fraction(9, 10)
PROBLEMS = {
    "example-1": example_1(GAMMA),
    "example-2": example_2(GAMMA, Fraction(3, 4)),
    **{f"random-{seed}": random_problem(seed, 2, 6, 3).to_rational(rescale=True)
       for seed in range(3)},
}  # fmt: skip


def some_policy(problem, seed=5):
    weights = np.random.default_rng(seed).integers(1, 9, (problem.n_states, problem.n_actions))
    return [[Fraction(int(w), int(row.sum())) for w in row] for row in weights]


def rational(value):
    return Fraction(str(value))


def matrix_of(rows):
    return DomainMatrix([[QQ(x.numerator, x.denominator) for x in row] for row in rows],
                        (len(rows), len(rows[0])), QQ)  # fmt: skip


def fractions_of(matrix):
    return [Fraction(int(x.numerator), int(x.denominator)) for x in matrix.to_list_flat()]


@pytest.mark.parametrize("name", PROBLEMS)
def test_values_and_visitations_are_sympys(name):
    problem = PROBLEMS[name]
    policy = some_policy(problem)
    for i, task in enumerate(problem.tasks):
        rows = problem.task_policy(i, as_array(policy, NumberKind.RATIONAL))
        S, A = range(task.n_states), range(task.n_actions)
        gamma = rational(task.discount)
        P, R, pi = task.transitions, task.rewards, [[rational(x) for x in row] for row in rows]
        chain = [[sum(pi[s][a] * rational(P[s, a, t]) for a in A) for t in S] for s in S]
        system = matrix_of([[int(s == t) - gamma * chain[s][t] for t in S] for s in S])
        pay = matrix_of([[sum(pi[s][a] * rational(R[s, a]) for a in A)] for s in S])
        assert fractions_of(system.lu_solve(pay)) == [rational(v) for v in theory.value(task, rows)]
        start = matrix_of([[(1 - gamma) * rational(x)] for x in task.start])
        assert fractions_of(system.transpose().lu_solve(start)) == [
            rational(d) for d in theory.visitation(task, rows)
        ]


@pytest.mark.parametrize("size", [1, 4, 8])
def test_inverses_and_determinants_are_sympys(size):
    entries = np.random.default_rng(size).integers(-9, 10, (size, size, 2))
    rows = [[Fraction(int(p), 1 + abs(int(q))) + 20 * (i == j) for j, (p, q) in enumerate(row)]
            for i, row in enumerate(entries)]  # fmt: skip
    ours, theirs = as_array(rows, NumberKind.RATIONAL), matrix_of(rows)
    assert [rational(x) for x in inverse(ours).ravel()] == fractions_of(theirs.inv())
    det = theirs.det()
    assert rational(determinant(ours)) == Fraction(int(det.numerator), int(det.denominator))


@pytest.mark.parametrize("example", [1, 2])
def test_values_as_functions_of_the_discount_are_sympys(example):
    gamma, p = symbols("gamma", "p")
    g, q = sympy.symbols("gamma p")

    def parsed(x):
        return sympy.sympify(str(x).replace("^", "**"), {"gamma": g, "p": q})

    problem = example_1(gamma) if example == 1 else example_2(gamma, p)
    policy = example_policy(1, Fraction(1, 3), 1)
    half = [[sympy.Rational(str(x)) for x in row] for row in policy]
    for task in problem.tasks:
        entry = np.vectorize(parsed, otypes=[object])
        P, R = entry(task.transitions), entry(task.rewards)
        chain = [[sum(half[s][a] * P[s, a, t] for a in (0, 1)) for t in range(5)] for s in range(5)]
        pay = [[sum(half[s][a] * R[s, a] for a in (0, 1))] for s in range(5)]
        field = QQ.frac_field(g, q)
        system = DomainMatrix.from_Matrix(sympy.eye(5) - g * sympy.Matrix(chain)).convert_to(field)
        right = DomainMatrix.from_Matrix(sympy.Matrix(pay)).convert_to(field)
        theirs = system.lu_solve(right).to_Matrix()
        ours = entry(theory.value(task, policy))
        assert all(sympy.cancel(ours[s] - theirs[s, 0]) == 0 for s in range(5))
