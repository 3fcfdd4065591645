"""How the largest Hessian norm of V known for walks on a line grows with the number of states.

``python tests/benchmarks/hessian_growth.py [--states 2,4] [--discounts 9/10] [--out FOLDER]``
climbs from random starts and from the best of fewer states, certifies each best instance in exact
rationals and balls, and prints the table of docs/hessian-growth.md. Rewards lie in [0, 1]. In
--out go ``growth.json`` and the instances of 6 states.
"""

from __future__ import annotations

import argparse
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from dcpg_theory.models import FiniteMDP, MultiTaskProblem
from dcpg_theory.search import Instance, certified_ratio, find_target, save_instance
from dcpg_theory.search.rounding import few_digits
from proofs_check.searches.lines import policy_slopes, value_slopes
from proofs_check.searches.processes import walk

CLAIM, SAVED = "eq-77-gradient", 6
STEP = 1e-30
ROOT = 2**-0.5


def policy_of(logits):
    right = 1 / (1 + np.exp(-logits))
    return np.stack([right, 1 - right], axis=-1)


def along(u):
    """Return the direction of two actions, of norm |u|, shape (S, 2)."""
    return np.stack([u, -u], axis=-1) * ROOT


def hessians(gamma, logits, rewards, starts):
    """Return the Hessians of V from some states in the directions `along`, shape (k, S, S)."""
    n = len(logits)
    moves, policy, here = walk(n), policy_of(logits), np.arange(n)
    M = np.linalg.inv(np.eye(n) - gamma * np.einsum("sa,sat->st", policy, moves))
    Q = rewards + gamma * moves @ M @ (policy * rewards).sum(axis=-1)
    first, second = policy_slopes(policy, along(np.ones(n)))[1:3]
    reach = gamma * np.einsum("sa,sat->st", first, moves) @ M
    turned = (first * Q).sum(axis=-1)
    result = M[starts][:, :, None] * (reach * turned)
    result = result + result.transpose(0, 2, 1)
    result[:, here, here] += M[starts] * (second * Q).sum(axis=-1)
    return result


def top(gamma, logits, rewards, starts):
    """Return the norm of the largest of the Hessians, its eigenvalue's sign, start and vector."""
    values, vectors = np.linalg.eigh(hessians(gamma, logits, rewards, starts))
    at, k = np.unravel_index(np.abs(values).argmax(), values.shape)
    return abs(values[at, k]), np.sign(values[at, k]), starts[at], vectors[at, :, k]


def second_slope(gamma, policy, rewards, start, u):
    n = policy.shape[-2]
    slopes = policy_slopes(policy, along(u))[:3]
    return value_slopes(walk(n), rewards, gamma, np.eye(n)[start], slopes)[2]


def polished(gamma, logits, rewards):
    """Set start, direction and rewards of 0 or 1 in turn to what is best, while that helps."""
    n = len(logits)
    best = (*top(gamma, logits, rewards, np.arange(n)), rewards)
    units = np.eye(2 * n).reshape(2 * n, n, 2)
    while True:
        _, sign, start, u, _ = best
        worth = second_slope(gamma, policy_of(logits), units, start, u).reshape(n, 2)
        rewards = (sign * worth > 0).astype(float)
        better = (*top(gamma, logits, rewards, np.arange(n)), rewards)
        if better[0] <= best[0] * (1 + 1e-9):
            return best
        best = better


def climbed(gamma, logits, rewards):
    """Maximise the norm over the policy, with rewards and start set in closed form in between."""
    n, best = len(logits), polished(gamma, logits, rewards)

    def negative(x):
        # An eigenvalue's slope is that of the form at its own vector.
        value, _, _, u = top(gamma, x, best[4], [best[2]])
        turned = policy_of(x + 1j * STEP * np.eye(n))
        curve = second_slope(gamma, turned, best[4], best[2], u)
        return -np.log(value), -(curve.imag / STEP) / curve.real

    while True:
        logits = minimize(negative, logits, jac=True, method="L-BFGS-B", bounds=[(-12, 12)] * n).x
        better = polished(gamma, logits, best[4])
        if better[0] <= best[0] * (1 + 1e-5):
            return logits, better
        best = better


def starts(n, fewer, count, rng):
    for k in range(count):
        if fewer is not None and k % 2 == 0:
            logits, rewards = fewer
            places = np.linspace(0, len(logits) - 1, n)
            near = np.interp(places, np.arange(len(logits)), logits)
            yield near + 0.2 * (k > 0) * rng.normal(size=n), rewards[np.round(places).astype(int)]
        else:
            logits, hold, rewards = 0.3 * rng.normal(size=n), rng.uniform(0, 3), np.zeros((n, 2))
            logits[0], logits[-1] = -hold, hold + rng.normal()
            rewards[n - 1 - rng.integers(n) :] = 1
            yield logits, rewards


def instance_of(discount, logits, best):
    _, _, start, u, rewards = best
    n = len(logits)
    mdp = FiniteMDP(walk(n), rewards.astype(int), discount, np.eye(n, dtype=int)[start])
    numbers = {"weights": policy_of(logits), "direction": along(u) / np.abs(along(u)).max()}
    return Instance(
        MultiTaskProblem([mdp]), {name: few_digits(array) for name, array in numbers.items()}
    )


def table(norms):
    """Return the Markdown table: for each discount the norm, and the norm (1 - gamma)^1.5."""
    lines = ["| states |" + "".join(f" {g} | x (1-gamma)^1.5 |" for g in norms)]
    lines.append("| ---: |" + " ---: | ---: |" * len(norms))
    for n in next(iter(norms.values())):
        cells = [
            f" {row[n]:.5g} | {row[n] * (1 - float(Fraction(g))) ** 1.5:.4f} |"
            for g, row in norms.items()
        ]
        lines.append(f"| {n} |" + "".join(cells))
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--states", default="2,3,4,5,6,7,8,12,16,24,32")
    parser.add_argument("--discounts", default="9/10,99/100,999/1000")
    parser.add_argument("--starts", type=int, default=16)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    target, norms = find_target(CLAIM), {}
    for text in options.discounts.split(","):
        discount, fewer, norms[text] = Fraction(text), None, {}
        gamma, rng = float(discount), np.random.default_rng(1)
        for n in map(int, options.states.split(",")):
            ends = [climbed(gamma, *at) for at in starts(n, fewer, options.starts, rng)]
            logits, best = max(ends, key=lambda end: end[1][0])
            fewer = logits, best[4]
            instance = instance_of(discount, logits, best)
            ratio = certified_ratio(target, instance)
            norms[text][str(n)] = ratio * 8 / (1 - gamma) ** 3
            if options.out is not None and n == SAVED:
                path = options.out / f"{text.replace('/', '-')}.toml"
                save_instance(path, CLAIM, instance, {"ratio": ratio})
    if options.out is not None:
        text = json.dumps(norms, indent=1) + "\n"
        (options.out / "growth.json").write_text(text, encoding="utf-8")
    print(table(norms))


if __name__ == "__main__":
    main()
