"""Second routes for Section 3 and Appendix B.4: floats of fifty digits, fractions, sympy."""

from __future__ import annotations

import random
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy

from dcpg_theory.exact.attacks import surviving
from dcpg_theory.exact.chains import Differential, facts_of, verify_chain
from dcpg_theory.exact.interpretations import violations
from dcpg_theory.exact.rational_functions import symbols
from proofs_check.chains import averaging as mixing_chain
from proofs_check.chains import gradient as gradient_chain
from proofs_check.chains import softmax_gradient as softmax_chain

LINKS = (
    *("value-q", "value-bellman", "product", "quotient", "log", "unrolled", "series"),
    *("visitation", "baseline", "advantage", "zero-gradient", "zero-outside", "zero"),
    *("start", "inside", "inserted", "indicators", "split", "gradient"),
)
CHAINS = {name: lambda name=name: gradient_chain.derivation(name) for name in LINKS}
CHAINS |= {
    name: lambda name=name: softmax_chain.log_derivative(name)
    for name in ("log-of-softmax", "log-quotient", "log-closed")
}
CHAINS |= {
    make.__name__: make
    for make in (
        gradient_chain.visitation_is_a_distribution,
        gradient_chain.visitation_is_nonnegative,
        softmax_chain.positive_policy,
        softmax_chain.closed_form,
        softmax_chain.regularized_gradient,
        mixing_chain.averaging_contracts,
        mixing_chain.update_is_row,
        mixing_chain.weights_sum_to_one,
        mixing_chain.mean_moves_by_gradients,
    )
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_without_one_of_its_lines_does_not_verify(name):
    chain = CHAINS[name]()
    assert verify_chain(chain).unused == ()
    assert surviving(chain) == ()


class Task:
    """A random task with mpmath numbers: value by solving, nothing else."""

    def __init__(self, seed, states=3, actions=2):
        draw = random.Random(seed)
        self.states, self.actions = states, actions
        self.gamma = mpmath.mpf(draw.randint(3, 9)) / 10
        self.moves = [[self._law(draw) for _ in range(actions)] for _ in range(states)]
        self.pay = [[mpmath.mpf(draw.random()) for _ in range(actions)] for _ in range(states)]
        self.start = self._law(draw)
        self.theta = [
            [mpmath.mpf(draw.uniform(-2, 2)) for _ in range(actions)] for _ in range(states)
        ]

    def _law(self, draw):
        weights = [mpmath.mpf(draw.randint(1, 9)) for _ in range(self.states)]
        return [weight / sum(weights) for weight in weights]

    def policy(self, theta):
        weights = [[mpmath.exp(x) for x in row] for row in theta]
        return [[w / sum(row) for w in row] for row in weights]

    def kernel(self, pi):
        n = self.states
        return mpmath.matrix(n, n) + mpmath.matrix(
            [
                [sum(pi[s][a] * self.moves[s][a][t] for a in range(self.actions)) for t in range(n)]
                for s in range(n)
            ]
        )

    def value(self, pi):
        pay = mpmath.matrix(
            [sum(p * r for p, r in zip(*x, strict=True)) for x in zip(pi, self.pay, strict=True)]
        )
        return mpmath.lu_solve(mpmath.eye(self.states) - self.gamma * self.kernel(pi), pay)

    def entropy(self, pi):
        """RE by its first line: the average over the states of KL from the uniform law."""
        uniform = mpmath.mpf(1) / self.actions
        return sum(uniform * mpmath.log(uniform / p) for row in pi for p in row) / self.states

    def objective(self, theta, regularization):
        pi = self.policy(theta)
        value = self.value(pi)
        total = sum(self.start[s] * value[s] for s in range(self.states))
        return total - regularization * self.entropy(pi)


def _formula(task, s, a, regularization):
    """(8), with the visitation as a sum of 400 powers of the kernel."""
    pi, gamma = task.policy(task.theta), task.gamma
    value, at, visits = task.value(pi), mpmath.matrix([task.start]), mpmath.mpf(0)
    for k in range(400):
        visits += (1 - gamma) * gamma**k * at[s]
        at = at * task.kernel(pi)
    ahead = sum(task.moves[s][a][t] * value[t] for t in range(task.states))
    advantage = task.pay[s][a] + gamma * ahead - value[s]
    return visits * pi[s][a] * advantage / (1 - gamma) + regularization / task.states * (
        mpmath.mpf(1) / task.actions - pi[s][a]
    )


@pytest.mark.parametrize("seed", range(3))
def test_8_is_the_difference_quotient(seed):
    with mpmath.workdps(50):
        task, weight, h = Task(seed), mpmath.mpf("0.3"), mpmath.mpf(10) ** -15
        for s, a in ((0, 0), (2, 1)):
            ends = []
            for sign in (1, -1):
                theta = [list(row) for row in task.theta]
                theta[s][a] += sign * h
                ends.append(task.objective(theta, weight))
            slope = (ends[0] - ends[1]) / (2 * h)
            assert abs(slope - _formula(task, s, a, weight)) < mpmath.mpf(10) ** -17


@pytest.mark.parametrize("seed", range(3))
def test_6_needs_the_sum_over_the_states(seed):
    with mpmath.workdps(30):
        task = Task(seed)
        pi = task.policy(task.theta)
        n, m = task.states, task.actions
        corrected = -sum(mpmath.log(p) for row in pi for p in row) / (n * m) - mpmath.log(m)
        assert abs(task.entropy(pi) - corrected) < 1e-25
        for row in pi:  # whichever state the printed s may be
            printed = -sum(mpmath.log(p) for p in row) / (n * m) - mpmath.log(m)
            assert abs(task.entropy(pi) - printed) > 1e-3


def test_6_without_the_sum_is_negative_at_the_uniform_policy():
    printed = -sympy.Rational(1, 4) * 2 * sympy.log(sympy.Rational(1, 2)) - sympy.log(2)
    assert sympy.simplify(printed + sympy.log(2) / 2) == 0


def test_the_logarithm_of_the_softmax_has_the_printed_derivative():
    theta = sympy.symbols("t0:3")
    total = sum(sympy.exp(t) for t in theta)
    for other in range(3):
        for a in range(3):
            slope = sympy.diff(sympy.log(sympy.exp(theta[other]) / total), theta[a])
            assert sympy.simplify(slope - (int(other == a) - sympy.exp(theta[a]) / total)) == 0


def test_9_over_the_neighbours_alone_shrinks_agents_that_agree():
    weights = [[Fraction(3, 4), Fraction(1, 4)], [Fraction(1, 4), Fraction(3, 4)]]
    neighbours = {0: [1], 1: [0]}
    printed = [sum(weights[i][j] for j in neighbours[i]) for i in (0, 1)]
    corrected = [sum(weights[i][j] for j in (*neighbours[i], i)) for i in (0, 1)]
    assert printed == [Fraction(1, 4)] * 2
    assert corrected == [1, 1]


@pytest.mark.parametrize(("first", "starts"), [(1, False), (0, True)])
def test_the_loop_needs_the_parameter_that_is_initialized(first, starts):
    theta = {0: Fraction(1)}
    try:
        for k in range(first, first + 5):
            theta[k + 1] = theta[k] / 2
    except KeyError:
        assert not starts
    else:
        assert starts


def test_the_gradient_of_the_gradient_has_more_entries():
    theta = sympy.symbols("t0:2")
    value = sympy.exp(theta[0]) / (sympy.exp(theta[0]) + sympy.exp(theta[1]))
    assert len(sympy.derive_by_array(value, theta)) == 2
    assert len(sympy.flatten(sympy.hessian(value, theta))) == 4


def test_a_bandit_has_no_stationary_point():
    x = sympy.symbols("x", real=True)
    slope = sympy.diff(sympy.exp(x) / (1 + sympy.exp(x)), x)
    assert sympy.simplify(slope - sympy.exp(x) / (1 + sympy.exp(x)) ** 2) == 0
    assert sympy.solveset(slope, x, sympy.S.Reals) == sympy.S.EmptySet


def test_the_values_of_21_are_many_and_those_of_5_one():
    """Two bandits, each action the good one of a task: two values, and their sum is 1/(1 - g)."""
    gamma, chance = Fraction(1, 2), Fraction(1, 3)
    stacked = [chance / (1 - gamma), (1 - chance) / (1 - gamma)]
    assert len(stacked) == 2
    assert sum(stacked) == 1 / (1 - gamma)


def _turning_matrices():
    """Exact matrices for the atoms: two states, two actions, pi(first | first) = (1 + t)/3."""
    t = symbols("t")[0]
    one, none = t**0, 0 * t
    gamma = Fraction(1, 2)
    rows = [[(1 + t) / 3, (2 - t) / 3], [one / 4, 3 * one / 4]]
    policy = np.array([[*rows[0], none, none], [none, none, *rows[1]]], dtype=object)
    turn = np.array([[entry.derivative("t") for entry in row] for row in policy], dtype=object)
    score = np.diag([turn[k // 2, k] / policy[k // 2, k] for k in range(4)])
    copies = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=object)
    moves = np.array([[3, 1], [1, 3], [2, 2], [0, 4]], dtype=object) * Fraction(1, 4)
    pay = np.array([[1], [0], [2], [1]], dtype=object)
    step = policy @ moves
    (a, b), (c, d) = np.eye(2, dtype=int) - gamma * step
    resolvent = np.array([[d, -b], [-c, a]], dtype=object) / (a * d - b * c)
    value = resolvent @ policy @ pay
    backup = pay + gamma * moves @ value
    slope = np.array([[x.derivative("t") for x in row] for row in value], dtype=object)
    backup_slope = np.array([[x.derivative("t") for x in row] for row in backup], dtype=object)
    return {
        **{"P": moves, "B": copies, "Pi": policy, "r": pay, "1_S": [[1], [1]], "V": value},
        **{"M": resolvent, "D": (1 - gamma) * resolvent, "Q": backup, "E[R+gV]": backup},
        **{"V'": slope, "Q'": backup_slope, "E[R+gV]'": backup_slope, "Pi'": turn},
        **{"G": score, "H": score, "PiB": policy @ copies, "(PiB)'": np.zeros((2, 2), dtype=int)},
    }


def test_the_hypotheses_of_the_derivation_can_be_met():
    chain, matrices = gradient_chain.derivation("advantage"), _turning_matrices()
    sides = [side for fact in facts_of(chain).values() for side in (fact.left, fact.right)]
    turning = [line for line in chain.lines if isinstance(line, Differential)]
    atoms = {atom for side in (*sides, *(d.derivative for d in turning)) for atom in side.atoms()}
    atoms |= {line.atom for line in turning}
    values = {atom: matrices[atom.name] for atom in atoms}
    assert violations(chain, values, {"S": 2, "SA": 4}, {"gamma_i": Fraction(1, 2)}) == ()
