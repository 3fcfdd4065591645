"""The chains of B.1 and Theorem 1: nothing can be left out, and Algorithm 1 satisfies them."""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np
import pytest

from dcpg_theory.exact.attacks import surviving
from dcpg_theory.exact.balls import ball, precision
from dcpg_theory.exact.chains import verify_chain
from dcpg_theory.exact.families import Family, contradicted
from proofs_check.chains import descent, stacks, theorem_1, theorem_1_sharp, theorem_2
from proofs_check.chains.single_agent import (
    single_agent,
    small_gradient_alone,
    squares_are_bounded,
)

HALF = Fraction(1, 2)
W = theorem_1.weight
FACTOR = 16 / ((1 + descent.eigenvalue) * theorem_1.iterations * stacks.alpha)
CONSENSUS = 512 * stacks.distance**2 / stacks.count
FINAL = theorem_1.bound(FACTOR, 16 * W * W, CONSENSUS)
WEAKER = theorem_1.bound(32 * FACTOR, 512 * W * W, CONSENSUS)
RADIUS = 4 * W + theorem_1.ball_symbols[1] * stacks.alpha
CHAINS = {
    "descent lemma": descent.descent_lemma,
    "(29)": descent.lyapunov_drop,
    "non-increasing": descent.non_increasing,
    "theorem 1": lambda: theorem_1.theorem_1(FINAL),
    "up to a constant": lambda: theorem_1.theorem_1(WEAKER, up_to_a_constant=True),
    "ball": lambda: theorem_1.ball(RADIUS),
    "sharp": theorem_1_sharp.theorem_1_sharp,
    "one agent": single_agent,
    "one agent, squares": squares_are_bounded,
    "(40), line 2": theorem_2.largest_of_the_rest,
    "(40), line 3": theorem_2.differences_are_lipschitz,
    "component": theorem_2.component,
    "theorem 2": theorem_2.small_gradient,
    "theorem 2, sharp": theorem_2.small_gradient_sharp,
    "theorem 2, one agent": lambda: small_gradient_alone(
        1 / theorem_1_sharp.bbar,
        2 * theorem_1_sharp.bbar * theorem_1_sharp.Delta / theorem_2.tau**2,
    ),
    "mean of squares": lambda: stacks.mean_of_squares(W, 2 * W * W, theorem_1.BOX),
}


# These two have the lines of Theorem 1 but for the last ones.
SAME_LINES = {"up to a constant", "ball"}


@pytest.mark.parametrize("name", sorted(CHAINS.keys() - SAME_LINES))
def test_no_line_can_be_left_out_and_no_relation_be_stronger(name):
    assert surviving(CHAINS[name]()) == ()


@pytest.mark.parametrize("name", CHAINS)
def test_the_chain_verifies_without_chosen_or_introduced_atoms(name):
    verified = verify_chain(CHAINS[name]())
    assert verified.introduced == verified.selective == ()


class Bandits:
    """Two bandits with two actions, in balls: parameters (x, y), p = 1/(1 + e^(y - x))."""

    gaps = (Fraction(1), Fraction(-1, 2))
    bases = (Fraction(0), HALF)
    discounts = (HALF, Fraction(1, 4))
    weight = Fraction(1, 8)
    step = Fraction(1, 2**9)
    iterations = 3
    stay = Fraction(1, 4)

    def chance(self, point):
        return 1 / (1 + (point[1, 0] - point[0, 0]).exp())

    def value(self, point, at):
        j = at["j"] - 1
        chance = self.chance(point)
        return (ball(self.bases[j]) + ball(self.gaps[j]) * chance) / (1 - ball(self.discounts[j]))

    def entropy(self, point, at):
        chance = self.chance(point)
        return -((4 * chance * (1 - chance)).log()) / 2

    def regularized(self, point, at):
        return self.value(point, at) - ball(self.weight) * self.entropy(point, at)

    def _along(self, slope):
        return np.array([[slope], [-slope]])

    def value_gradient(self, point, at):
        j = at["j"] - 1
        chance = self.chance(point)
        return self._along(
            chance * (1 - chance) * ball(self.gaps[j]) / (1 - ball(self.discounts[j]))
        )

    def entropy_gradient(self, point, at):
        return self._along(self.chance(point) - HALF.numerator / flint.arb(2))

    def gradient(self, point, at):
        return self.value_gradient(point, at) - self.entropy_gradient(point, at) * ball(self.weight)


def matrix(rows):
    return np.array([[ball(x) for x in row] for row in rows], dtype=object)


def kron(weights):
    return matrix(np.kron(np.array(weights, dtype=object), np.eye(2, dtype=int)))


def family(problem, *, squared=False):
    """Run Algorithm 1 and return the members of all families that the chains speak of."""
    stay, alpha, weight = problem.stay, problem.step, problem.weight
    mixing = [[stay, 1 - stay], [1 - stay, stay]]
    eigenvalue, sigma = 2 * stay - 1, abs(2 * stay - 1)
    blocks = {1: matrix([[1, 0, 0, 0], [0, 1, 0, 0]]), 2: matrix([[0, 0, 1, 0], [0, 0, 0, 1]])}
    start = matrix([[Fraction(1, 3)], [Fraction(-1, 4)]])
    copies = matrix(np.vstack([np.eye(2, dtype=int)] * 2))
    theta = [copies @ start]
    w = kron(mixing)
    for _ in range(problem.iterations):
        here = theta[-1]
        slopes = [problem.gradient(blocks[j] @ here, {"j": j}) for j in (1, 2)]
        theta.append(w @ here + np.vstack(slopes) * ball(alpha))
    x_j = [1 / (1 - d) for d in problem.discounts]
    b = [8 * x**3 + 2 * weight for x in x_j]
    bound = [x**2 + 2 * weight for x in x_j]
    rms = {name: (sum(v * v for v in values) / 2) for name, values in (("b", b), ("G", bound))}
    root = (1 - stay) / 2
    agent = blocks[1]

    def norm(vector):
        return sum(x * x for x in vector.flat).sqrt()

    slopes = [
        sum(problem.value_gradient(agent @ theta[k], {"j": j}) for j in (1, 2)) / 2
        for k in range(problem.iterations)
    ]
    least = norm(slopes[0])
    for slope in slopes:
        least = least.min(norm(slope))
    entropy = problem.entropy(start, {})
    head = ball(sum(x_j)) + 2 * ball(weight) * entropy
    delta = ball(alpha) * ball(rms["G"]).sqrt() / (1 - ball(sigma))
    scalars = {
        "alpha": alpha, "D": ball(2 * rms["G"]).sqrt(), "sigma_2": sigma, "N": 2,
        "K": problem.iterations, "beta": sum(b), "lambda_N": eigenvalue, "lambda": weight,
        "Delta": head / 2, "bbar": sum(b) / 2, "b_rms": ball(rms["b"]).sqrt(),
        "bVbar": sum(8 * x**3 for x in x_j) / 2, "G_rms": ball(rms["G"]).sqrt(), "r": 1,
        "l": ball(HALF).sqrt(),
    }  # fmt: skip
    scalars["q"] = (
        2 * scalars["Delta"] / (ball(alpha) * problem.iterations) + ball(rms["b"]) * delta**2
    ).sqrt()
    scalars["s"] = (16 * head / ((1 + ball(eigenvalue)) * problem.iterations * ball(alpha))).sqrt()
    spread = ball(alpha) * scalars["D"] / (1 - ball(sigma))
    sixth = sum(x**6 for x in x_j)
    scalars["rho"] = (ball(256 * sixth) * spread**2).sqrt() / ball(alpha)
    plain = {
        "E_i": agent, "c": copies, "m": copies.T * ball(HALF), "W": w, "theta^0": start,
        "R": kron([[1, 1], [0, 0]]) * ball(2 * root).sqrt(),
        "Q": kron([[1, -1], [0, 0]]) * ball(2 * root).sqrt(),
    }  # fmt: skip
    indexed = {"E": lambda j: blocks[j], "X": lambda j: matrix([[x_j[j - 1]]]),
               "b": lambda j: matrix([[b[j - 1]]]), "G": lambda j: matrix([[bound[j - 1]]]),
               "bV": lambda j: matrix([[8 * x_j[j - 1] ** 3]])}  # fmt: skip

    def member(name, at):
        if name == "M":
            return np.array([[least * least if squared else least]])
        if name == "theta":
            return theta[at["k"]]
        return indexed[name](at["j"]) if name in indexed else plain[name]

    functions = {
        "L": (problem.regularized, problem.gradient),
        "V": (problem.value, problem.value_gradient),
        "RE": (problem.entropy, problem.entropy_gradient),
    }
    counts = {"k": problem.iterations, "j": 2}
    return Family({"A": 4, "S": 2}, scalars, counts, member, functions)


RUNS = ["descent lemma", "(29)", "non-increasing", "theorem 1", "up to a constant", "ball", "sharp"]


@pytest.mark.parametrize("name", [*RUNS, "(40), line 3"])
def test_a_run_of_algorithm_1_contradicts_no_fact_of_the_chain(name):
    """Neither the hypotheses, so the chain is not empty, nor what the rules make of them."""
    squared = name in ("theorem 1", "up to a constant")
    with precision(128):
        assert contradicted(CHAINS[name](), family(Bandits(), squared=squared)) == ()


def test_a_step_beyond_the_range_contradicts_the_hypothesis_alone():
    class Large(Bandits):
        step = Fraction(1, 2**7)

    with precision(128):
        found = contradicted(CHAINS["theorem 1"](), family(Large(), squared=True))
    assert "(10)" in found
    assert "(29)" not in found
