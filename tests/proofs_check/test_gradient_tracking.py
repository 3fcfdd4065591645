"""The chain of gradient tracking: nothing can be left out, and the method satisfies it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from dcpg_theory.exact.attacks import surviving
from dcpg_theory.exact.balls import ball, precision
from dcpg_theory.exact.chains import verify_chain
from dcpg_theory.exact.families import Family, contradicted
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.verdicts import Verdict
from proofs_check import gradient_tracking as chapter
from proofs_check.chains import gradient_tracking as chains
from proofs_check.gradient_tracking import gradient_tracking_rate

HALF = Fraction(1, 2)


@pytest.fixture(scope="module")
def terms():
    return chapter._read(gradient_tracking_rate.statement)


@pytest.fixture(scope="module")
def chain(terms):
    return chains.gradient_tracking(*terms)


def test_no_line_can_be_left_out_and_no_relation_be_stronger(chain):
    assert surviving(chain) == ()


def test_the_chain_verifies_without_chosen_or_introduced_atoms(chain):
    verified = verify_chain(chain)
    assert verified.introduced == verified.selective == verified.unused == ()


def test_it_is_read_as_the_page_and_the_bounds_have_it(terms):
    """At q = 1/2, sigma = 3/5, N = 5, b = 2, Delta = 3, G = 7."""
    point = {"q": HALF, "sigma_2": Fraction(3, 5), "N": 5, "b": 2, "Delta": 3, "G_rms": 7}
    rho2 = Fraction(4, 25)
    expected = {
        "room": 24 / (HALF * rho2) + HALF**2 * rho2 * 49 / (2 * HALF**2 * Fraction(16, 25)),
        "first": 4 * HALF**2 * rho2 * 49 / (4 * HALF**2 * Fraction(16, 25)),
        "growth": 4 * HALF**4 * rho2**2 / (16 * HALF**2),
        "left": 1 - HALF * rho2 / 2 - HALF**4 * rho2**2 / (8 * HALF**2),
    }
    for name, value in expected.items():
        assert Fraction(str(getattr(terms, name).evaluate(point))) == value


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"{4b}$", r"{2b}$"),  # at q = 1 nothing is left to divide by
        ("+ u}", "+ 0 u}"),
        (r"\sqrt{1 + \frac{v^2}{c}}", r"\sqrt{1 + \frac{v^2}{2c}}"),
        (r"{8(1-q)^2}$", r"{16(1-q)^2}$"),
        (r"{4(1-q)}$", r"{8(1-q)}$"),
        (r"G_{rms}}{2(1-q)", r"G_{rms}}{4(1-q)"),
        (r"G_{rms}^2}{2(1-q)^2", r"G_{rms}^2}{4(1-q)^2"),
        (r"\sqrt{N-1} q(1", r"\sqrt{N-2} q(1"),
        (r"\sqrt{K}}", r"\sqrt{2K}}"),
    ],
)
def test_a_smaller_bound_or_a_longer_step_is_not_proved(old, new):
    statement = gradient_tracking_rate.statement
    assert statement.count(old) == 1
    verdict = gradient_tracking_rate(Kernel(statement.replace(old, new))).verdict
    assert verdict in (Verdict.UNDECIDED, Verdict.REFUTED)


class Bowls:
    """L_j(x) = -(b_j/2) |x - a_j|^2 in the plane, for two agents."""

    bends = (Fraction(1), HALF)
    targets = ((HALF, Fraction(0)), (Fraction(-1, 3), Fraction(1)))
    stay = Fraction(1, 4)
    share = HALF
    iterations = 3
    start = (Fraction(1), Fraction(-1))
    tracks = True

    def _off(self, point, at):
        target = np.array([[ball(a)] for a in self.targets[at["j"] - 1]], dtype=object)
        return point - target

    def value(self, point, at):
        squares = sum(x * x for x in self._off(point, at).flat)
        return -squares * ball(self.bends[at["j"] - 1]) / 2

    def gradient(self, point, at):
        return self._off(point, at) * -ball(self.bends[at["j"] - 1])


def matrix(rows):
    return np.array([[ball(x) for x in row] for row in rows], dtype=object)


def norm(vector):
    return sum(x * x for x in vector.flat).sqrt()


def family(problem, terms):
    """Run gradient tracking and return the members of all families that the chain speaks of."""
    stay, sigma = problem.stay, abs(2 * problem.stay - 1)
    alpha = ball(problem.share * (1 - sigma) ** 2 / 2)
    identity = np.eye(2, dtype=int)
    blocks = {j: matrix(np.kron([[j == 1, j == 2]], identity).astype(int)) for j in (1, 2)}
    copies = matrix(np.vstack([identity] * 2))
    mean = copies.T * ball(HALF)
    w = matrix(np.kron(np.array([[stay, 1 - stay], [1 - stay, stay]], dtype=object), identity))

    def slopes(stack):
        return np.vstack([problem.gradient(blocks[j] @ stack, {"j": j}) for j in (1, 2)])

    start = matrix([[x] for x in problem.start])
    theta = [copies @ start]
    g = [slopes(theta[0])]
    y = [g[0]]
    p = [y[0] - copies @ mean @ y[0]]
    for _ in range(problem.iterations):
        theta.append(w @ theta[-1] + y[-1] * alpha)
        g.append(slopes(theta[-1]))
        y.append(w @ y[-1] + (g[-1] - g[-2] if problem.tracks else g[-1] * ball(0)))
        p.append(w @ p[-1] - copies @ mean @ p[-1])
    sizes = {j: norm(blocks[j] @ g[0]) for j in (1, 2)}
    met = [
        norm(sum(problem.gradient(blocks[1] @ x, {"j": j}) for j in (1, 2)) / 2) for x in theta[:-1]
    ]
    least = met[0]
    for length in met:
        least = least.min(length)
    begin = sum(problem.value(start, {"j": j}) for j in (1, 2)) / 2
    scalars = {
        "q": ball(problem.share), "b": ball(1), "sigma_2": ball(sigma), "N": ball(2),
        "K": ball(problem.iterations), "Delta": -begin,  # f <= 0
        "G_rms": ((sizes[1] ** 2 + sizes[2] ** 2) / 2).sqrt(),
        "kappa": ball(problem.iterations).sqrt(),
    }  # fmt: skip
    for name, term in (("R", terms.room), ("c_Q", terms.left)):
        scalars[name] = term.evaluate(scalars)
    for name, term in (("u", terms.first), ("v", terms.growth), ("Z", terms.inside)):
        scalars[name] = term.evaluate(scalars).sqrt()
    u, z, c, v2 = (scalars["u"], scalars["Z"], scalars["c_Q"], scalars["v"] ** 2)
    scalars["w"] = u * (c + v2) / (u * (c + v2) + z * v2)
    scalars["w_1"] = z * c / ((z + u) * (c + v2))
    plain = {"E_i": blocks[1], "c": copies, "m": mean, "W": w, "theta^0": start,
             "M": np.array([[least]])}  # fmt: skip
    sequences = {"theta": theta, "y": y, "g": g, "p": p}

    def member(name, at):
        if name in sequences:
            return sequences[name][at["k"]]
        if name == "E":
            return blocks[at["j"]]
        return np.array([[sizes[at["j"]]]]) if name == "G" else plain[name]

    counts = {"k": problem.iterations, "j": 2}
    functions = {"L": (problem.value, problem.gradient)}
    return Family({"A": 4, "S": 2}, scalars, counts, member, functions)


def test_a_run_of_gradient_tracking_contradicts_no_fact_of_the_chain(chain, terms):
    """Neither the hypotheses, so the chain is not empty, nor what the rules make of them."""
    with precision(128):
        assert contradicted(chain, family(Bowls(), terms)) == ()


def test_a_method_that_does_not_track_contradicts_that_hypothesis(chain, terms):
    class Lost(Bowls):
        tracks = False

    with precision(128):
        found = contradicted(chain, family(Lost(), terms))
    assert "tracker" in found
    assert "update" not in found
