"""Small problems and networks for the bounds, and a record of how tight each bound was."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dcpg_theory import MultiTaskProblem
from dcpg_theory.models import MixingMatrix, graphs, random_problem

_TIGHTEST = pytest.StashKey[dict[str, dict[str, object]]]()


@pytest.fixture(scope="session")
def record_ratio(pytestconfig) -> Callable[..., None]:
    """(what, observed, bound, where) -> keep the greatest observed/bound, shown at the end."""
    kept = pytestconfig.stash.setdefault(_TIGHTEST, {})

    def record(what: str, observed: float, bound: float, where: str) -> None:
        if bound > 0 and observed / bound > kept.get(what, {"ratio": -1.0})["ratio"]:
            kept[what] = {"ratio": float(f"{observed / bound:.3g}"), "where": where}

    return record


def pytest_terminal_summary(terminalreporter, config):
    kept = config.stash.get(_TIGHTEST, {})
    if kept:
        terminalreporter.section("tightest ratios, observed over bound")
        for what, found in sorted(kept.items()):
            terminalreporter.write_line(f"{found['ratio']:<9} {what}  ({found['where']})")
    if kept and (file := os.environ.get("DCPG_TIGHTNESS")):
        Path(file).write_text(json.dumps(dict(sorted(kept.items())), indent=2) + "\n")


@pytest.fixture(scope="session")
def small_network() -> Callable[[int, int], MixingMatrix]:
    """(seed, agents) -> one of the usual networks, or an asymmetric one."""

    def make(seed: int, n: int) -> MixingMatrix:
        rng = np.random.default_rng(seed)
        rule = (graphs.lazy_metropolis, graphs.metropolis)[rng.integers(2)]
        family = rng.integers(5)
        if family < 4:
            return rule((graphs.ring, graphs.path, graphs.star, graphs.complete)[family](n))
        share = rng.uniform(0.1, 0.9)
        return MixingMatrix(share * np.eye(n) + (1 - share) * np.roll(np.eye(n), 1, axis=1))

    return make


@pytest.fixture(scope="session")
def shared_problem() -> Callable[..., MultiTaskProblem]:
    """(seed, tasks, states, actions) -> tasks that differ in their rewards only."""

    def make(seed: int, n_tasks: int, n_states: int = 3, n_actions: int = 2) -> MultiTaskProblem:
        rng = np.random.default_rng(seed)
        task = random_problem(rng, 1, n_states, n_actions).tasks[0]
        rewards = rng.random((n_tasks, n_states, n_actions))
        return MultiTaskProblem([task.with_rewards(table) for table in rewards])

    return make
