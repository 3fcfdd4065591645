r"""Theorem 1: that the agents start equal is needed, in the corrected and in the sharp form.

Three agents on a path 2 - 1 - 3 with lambda = 0. Agent 1 has nothing to win and starts at the uniform
policy; agents 2 and 3 have one task, and start so far to both sides of it that their softmax policies
have no gradient worth naming for as long as one likes. Agent 1 averages them away and stays, while
the mean gradient at its parameters is that of the uniform policy.
"""

from __future__ import annotations

import sys
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box, closed_interval, open_interval
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.numbers import NumberKind, as_array
from dcpg_theory.exact.rational_functions import as_fmpq, symbols
from dcpg_theory.ledger import Kind, claim, ingredient, narrate
from proofs_check.instances.small_tasks import bandit
from proofs_check.readings.wording import about

HALF = Fraction(1, 2)
_MIXING = [[HALF, HALF / 2, HALF / 2], [HALF / 2, 1 - HALF / 2, 0], [HALF / 2, 0, 1 - HALF / 2]]
_STEP, _ITERATIONS, _DEPTH = Fraction(1, 10**5), 10**8, 64
_X = 2  # 1/(1 - gamma) for gamma = 1/2


def _path(kernel: Kernel) -> list[Evidence]:
    """W has the eigenvalues 1, 3/4 and 1/4; with theta = (m, s + u, s - u) they are told apart.

    m' = (m + s)/2 and s' = (m + 3 s)/4 are averages, and u' = 3 u/4.
    """
    mixing = as_array(_MIXING, NumberKind.RATIONAL)
    vectors = as_array([[1, 1, 1], [0, 1, -1], [-2, 1, 1]], NumberKind.RATIONAL)
    values = np.array([as_fmpq(Fraction(x, 4)) for x in (4, 3, 1)], dtype=object)
    m, s, u = symbols("m", "s", "u")
    moved = mixing @ np.array([m, s + u, s - u], dtype=object)
    parts = [moved[0], (moved[1] + moved[2]) / 2, (moved[1] - moved[2]) / 2]
    box = Box(**dict.fromkeys(("m", "s", "u"), closed_interval(-1, 1)))
    return [
        kernel.identity(mixing @ vectors.T, vectors.T * values[None, :]),
        kernel.identity(mixing, mixing.T),
        kernel.identity(parts, [(m + s) / 2, (m + 3 * s) / 4, 3 * u / 4], box),
    ]


def _drift(kernel: Kernel, depth: int) -> tuple[Any, list[Evidence]]:
    """Return how far agent 1 can move in K steps while |theta_2|, |theta_3| >= depth, as a log-odds.

    p (1 - p) = w/(1 + w)^2 <= w with w = e^{-|x|}, and e^{-depth} <= 2^{-depth}: each step moves the
    larger of m and s by at most 2 alpha X 2^{-depth}.
    """
    w = symbols("w")[0]
    small = kernel.sign(w / (1 + w) ** 2, "<=", w, Box(w=open_interval(0, 1)))
    tail = kernel.enclosed(
        lambda: (-flint.arb(depth)).exp(),
        "<=",
        lambda: flint.arb(as_fmpq(Fraction(1, 2**depth))),
        {"depth": depth},
    )
    return 2 * _ITERATIONS * _STEP * _X * Fraction(1, 2**depth), [small, tail]


@claim(
    "theorem-1-equal-starts-sharp",
    where="Section 4, Theorem 1",
    statement=r"Theorem 1, corrected or sharp, fails without $\theta_1^0 = \theta_2^0 = \dots = \theta_N^0$",
    kind=Kind.EXISTENCE,
    depends=("eq-9-corrected",),
    controls=(ingredient("starts at the uniform policy", depth=0),),
    note=(
        "not printed in Theorem 1, and needed: the longer the run is to be, the farther apart the "
        "starts. lambda = 0, so that the entropy of the starts plays no part; alpha = 10^-5 is inside "
        "every range of step sizes, and K = 10^8. With equal starts both forms are proved"
    ),
)
def equal_starts_are_needed(kernel: Kernel) -> Evidence:
    """theta^0 = (0, B, -B) as log-odds with B = (depth + 3)(4/3)^K: u >= depth + 2 for all k < K.

    For u loses a quarter in each step and at most alpha X 2^{-depth} besides, m and s stay below
    `_drift`, and so |theta_2|, |theta_3| >= depth, as assumed. As p (1 - p) <= 1/4, agent 1 has
    |p - 1/2| <= drift/4, so p (1 - p) >= 1/4 - drift^2/16, for all k < K. The squared mean gradient
    there is that of two of three bandits; beta_j = 8 X^3, D = 3 X^2 and G_j = X^2 bound the rest.
    """
    about(kernel, r"\theta_1^0 = \theta_2^0 = \dots = \theta_N^0")
    depth = kernel.given("depth", _DEPTH)
    drift, small = _drift(kernel, depth)
    chance = symbols("pi")[0]
    slope = theory.gradient(bandit(HALF), [[chance, 1 - chance]])[0]
    box = Box(pi=open_interval(0, 1))
    spread = _X * chance * (1 - chance)
    exact = kernel.identity(slope, [spread, -spread], box)
    level = max(Fraction(0), Fraction(1, 4) - drift**2 / 16)
    left = 2 * (Fraction(2, 3) * _X * level) ** 2
    sigma, least = Fraction(3, 4), Fraction(1, 4)
    first = Fraction(16 * 3 * _X) / ((1 + least) * _ITERATIONS * _STEP)
    corrected = first + 512 * (3 * _X**2) ** 2 * _STEP**2 * _X**6 / (1 - sigma) ** 2
    delta = _STEP * _X**2 / (1 - sigma)
    inside = Fraction(2 * _X) / (_STEP * _ITERATIONS) + (8 * _X**3 * delta) ** 2
    root = Fraction(1, 12)
    sharp = (root + 8 * _X**3 * Fraction(3, 2) * delta) ** 2  # sqrt(N - 1) <= 3/2
    instance = {
        "tasks": "one state, gamma = 1/2, rewards (0, 0), (1, 0), (1, 0)",
        "W": "1/4 on the edges 1-2 and 1-3, the rest on the diagonal",
        "theta^0": f"log-odds (0, B, -B), B = {depth + 3} (4/3)^K",
        "alpha": _STEP,
        "K": _ITERATIONS,
        "agent": 1,
        "lambda": 0,
    }
    return kernel.every(
        *_path(kernel),
        *small,
        exact,
        kernel.at_instance(inside, "<=", root**2, {"root": root}),
        kernel.at_instance(_STEP, "<=", (1 + least) / (2 * 3 * 8 * _X**3), {"(10)": "corrected"}),
        kernel.at_instance(left, ">", corrected, instance | {"form": "corrected"}),
        kernel.at_instance(left, ">", sharp, instance | {"form": "sharp"}),
    )


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
