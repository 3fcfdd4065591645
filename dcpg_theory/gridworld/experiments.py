"""The experiment of Section 5.1: train on a ring with lazy Metropolis weights, then test."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np

from dcpg_theory.engine import Record, run_dcpg
from dcpg_theory.engine.checkpoints import Checkpoint
from dcpg_theory.engine.monte_carlo import Episodic
from dcpg_theory.engine.monte_carlo_training import train_monte_carlo
from dcpg_theory.exact.numbers import Array
from dcpg_theory.gridworld.enclosures import optimum_from_above, value_from_below
from dcpg_theory.gridworld.evaluation import Evaluation, evaluate
from dcpg_theory.gridworld.optimum import (
    policy_values,
    relax,
    rounded_policy,
    summed_groups,
    tasks_of,
)
from dcpg_theory.gridworld.settings import exact_steps, setting
from dcpg_theory.gridworld.witnesses import SeedRun
from dcpg_theory.gridworld.worlds import STEPS, GridWorld, label
from dcpg_theory.models import graphs
from dcpg_theory.models.mixing import MixingMatrix
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = [
    "EPISODES",
    "EXACT",
    "GLOBAL",
    "Gap",
    "Trained",
    "exploring",
    "gap_of",
    "paper_mixing",
    "reached_seeds",
    "seed_run",
    "train_by_episodes",
    "train_exactly",
]

EPISODES, STEP_SIZE = 1000, 2.0
GLOBAL = flint.fmpq(1, 10**6)
"""The largest relative gap that is called global."""

EXACT = 500
"""States up to which gaps are exact: the time for that grows with their third power."""


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """What a training left.

    Attributes
    ----------
    parameters : ndarray, shape (n_tasks, n_states, n_actions)
        Every agent's own.
    evaluation : Evaluation
        Of the policy of the mean parameters.
    disagreement : float
        The largest distance in total variation of two agents' policies in a cell on the paths.
    rounds : int
    returns : ndarray, shape (rounds, n_tasks) or None
        Of Monte Carlo training.
    """

    parameters: Array
    evaluation: Evaluation
    disagreement: float
    rounds: int
    returns: Array | None = None


def paper_mixing(n_agents: int) -> MixingMatrix:
    """Return the lazy Metropolis matrix of the ring (Section 5.1)."""
    return graphs.lazy_metropolis(graphs.ring(n_agents))


def exploring(world: GridWorld) -> MultiTaskProblem:
    """Return the problem whose gradients start anywhere: mu_i uniform over the task's states."""
    problem = world.problem()
    uniform = [np.full(task.n_states, 1 / task.n_states) for task in problem.tasks]
    return MultiTaskProblem(problem.tasks, uniform)


def train_exactly(
    world: GridWorld,
    *,
    step_size: Any | None = None,
    iterations: int | None = None,
    initial: Any | None = None,
    regularization: float = 0.0,
    mixing: Any | None = None,
    everywhere: bool = False,
    callback: Callable[[int], object] | None = None,
    checkpoint: Checkpoint | None = None,
) -> Trained:
    """Run Algorithm 1 with exact gradients, by default from the uniform policy.

    Parameters
    ----------
    world : GridWorld
    step_size, iterations : optional
        As for `run_dcpg`; default `exact_steps`.
    initial : array_like, optional
    regularization : float
    mixing : MixingMatrix, optional
        Default `paper_mixing`.
    everywhere : bool
        Explore from `exploring` in place of the starts.
    callback, checkpoint : optional
        ``callback(k)`` now and then; `Checkpoint` as for `run_dcpg`.
    """
    steps = exact_steps() if step_size is None else step_size
    n = iterations if iterations is not None else len(exact_steps())
    if step_size is None and n != len(steps):
        steps = np.concatenate([steps, np.full(max(0, n - len(steps)), steps[-1])])[:n]
    problem = exploring(world) if everywhere else world.problem()
    trace = run_dcpg(
        problem,
        paper_mixing(world.n_tasks) if mixing is None else mixing,
        step_size=steps,
        iterations=n,
        initial=initial,
        regularization=regularization,
        record=Record(quantities=()),
        progress=callback,
        checkpoint=checkpoint,
    )
    return _trained(world, trace.parameters, trace.iterations)


def train_by_episodes(
    world: GridWorld,
    *,
    step_size: Any = STEP_SIZE,
    rounds: int = EPISODES,
    estimator: Episodic | None = None,
    seed: int = 0,
    initial: Any | None = None,
    regularization: float = 0.0,
    mixing: Any | None = None,
    everywhere: bool = False,
    callback: Callable[[int], object] | None = None,
    checkpoint: Checkpoint | None = None,
) -> Trained:
    """Train by Monte Carlo gradients, as Section 5.1 says: 1000 rounds of one episode each.

    Step size, horizon and baseline are not stated there; by default they are 2, 200 steps, and a
    baseline that moves by a tenth. Parameters as `train_exactly` and `train_monte_carlo`.
    """
    problem = exploring(world) if everywhere else world.problem()
    run = train_monte_carlo(
        problem,
        paper_mixing(world.n_tasks) if mixing is None else mixing,
        step_size=step_size,
        rounds=rounds,
        estimator=Episodic(baseline_rate=0.1) if estimator is None else estimator,
        seed=seed,
        initial=initial,
        regularization=regularization,
        callback=callback,
        checkpoint=checkpoint,
    )
    return _trained(world, run.parameters, run.rounds, run.returns)


def _trained(
    world: GridWorld, parameters: Array, rounds: int, returns: Array | None = None
) -> Trained:
    from dcpg_theory.models.policies import softmax

    evaluation = evaluate(world, parameters.mean(axis=0))
    places = {name: k for k, name in enumerate(world.problem().states)}
    on_paths = [places[label(cell)] for cell in {c for path in evaluation.paths for c in path}]
    own = softmax(parameters[:, on_paths])
    apart = np.abs(own[:, None] - own[None]).sum(axis=-1).max() / 2
    return Trained(parameters, evaluation, float(apart), rounds, returns)


@dataclass(frozen=True, slots=True)
class Gap:
    """What was reached, against what is possible; exact rationals.

    Attributes
    ----------
    bound : fmpq
        No stationary policy's (5) exceeds it.
    values : tuple of fmpq
        V_i(rho_i) of the policy reached, rounded to multiples of 2^-40; lower bounds on it for
        large problems.
    """

    bound: Any
    values: tuple[Any, ...]

    @property
    def value(self) -> Any:
        """(5) of the policy."""
        return sum(self.values, flint.fmpq(0))

    @property
    def relative(self) -> Any:
        """(bound - value)/bound; bound - value if the bound is 0."""
        difference = self.bound - self.value
        return difference if self.bound == 0 else difference / abs(self.bound)

    @property
    def is_global(self) -> bool:
        """Whether the relative gap is below `GLOBAL`."""
        return bool(self.relative < GLOBAL)


def gap_of(world: GridWorld, policy: Array) -> Gap:
    """Return the gap of a policy, shape (n_states, n_actions), below the groups' bound.

    Up to `EXACT` states it is exact, beyond an upper bound on the gap; see `enclosures`.
    """
    tasks, rows = tasks_of(world), rounded_policy(policy)
    if len(rows) <= EXACT:
        return Gap(relax(tasks).bound, tuple(policy_values(tasks, rows)))
    at = dict(zip(world.problem().states, rows, strict=True))
    values = [value_from_below(task, [at[x] for x in task.states]) for task in tasks]
    bounds = (optimum_from_above(task) for _, task in summed_groups(tasks))
    return Gap(sum(bounds, flint.fmpq(0)), tuple(values))


def reached_seeds(
    world: GridWorld, seeds: range, *, spread: float = 0.0, everywhere: bool = False
) -> Array:
    """Return the share of the bound that Monte Carlo training reaches, one number for each seed.

    Parameters
    ----------
    world : GridWorld
    seeds : range
    spread : float
        The standard deviation of the agents' common first parameters.
    everywhere : bool
        Explore from everywhere.
    """
    bound = float(relax(tasks_of(world)).bound)
    trained = (_train_seed(world, seed, spread, everywhere) for seed in seeds)
    return np.array([float(run.evaluation.values.sum()) / bound for run in trained])


def seed_run(name: str, seed: int, spread: float) -> SeedRun:
    """Return where Monte Carlo training ends in a setting, as it is kept for many seeds.

    Parameters
    ----------
    name : str
        Of the setting.
    seed : int
    spread : float
        The standard deviation of the agents' common first parameters.
    """
    paths = _train_seed(setting(name).world, seed, spread).evaluation.paths
    path = max(paths, key=len)
    moves = [STEPS.index((b[0] - a[0], b[1] - a[1])) for a, b in itertools.pairwise(path)]
    return SeedRun(name, seed, spread, tuple(moves))


def _train_seed(world: GridWorld, seed: int, spread: float, everywhere: bool = False) -> Trained:
    problem = world.problem()
    shape = problem.n_states, problem.n_actions
    initial = spread * np.random.default_rng((seed, 1)).standard_normal(shape)
    return train_by_episodes(world, seed=seed, initial=initial, everywhere=everywhere)
