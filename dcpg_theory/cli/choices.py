"""What the commands' options name: graphs, mixing matrices, step sizes, first parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

if TYPE_CHECKING:
    from dcpg_theory.engine.estimators import GradientEstimator
    from dcpg_theory.models.mixing import MixingMatrix

__all__ = [
    "action_names",
    "estimator",
    "first_parameters",
    "mixing",
    "mixing_matrix",
    "step_sizes",
]

GRAPHS = (
    "ring, complete, star, path, grid:RxC, torus:RxC, hypercube:D, directed-cycle or a file of "
    "edges"
)


def mixing(graph: str, rule: str, n_agents: int) -> MixingMatrix | Array:
    """Return what ``--graph`` and ``--mixing`` name: a matrix, or several that take turns.

    Parameters
    ----------
    graph, rule : str
        As `mixing_matrix` takes them; besides, ``directed-cycle`` with its own weights of 1/2, or a
        .npy file with an array of shape (p, n_agents, n_agents).
    n_agents : int

    Raises
    ------
    InvalidInput
        As `mixing_matrix`.
    """
    if rule.endswith(".npy") and Path(rule).is_file():
        matrices = _array_of_file(rule)
        if matrices.ndim == 3:
            return matrices
    return mixing_matrix(graph, rule, n_agents)


def estimator(text: str) -> GradientEstimator | None:
    """Return what ``--gradient`` says: None for exact gradients, or ``reinforce:N``.

    Raises
    ------
    InvalidInput
        If it says anything else.
    """
    if text == "exact":
        return None
    match = re.fullmatch("reinforce:([1-9][0-9]{0,8})", text)
    if match is None:
        raise InvalidInput(f"--gradient {text} must be exact or reinforce:N, N episodes each")
    from dcpg_theory.engine.estimators import Reinforce

    return Reinforce(int(match[1]))


def mixing_matrix(graph: str, mixing: str, n_agents: int) -> MixingMatrix:
    """Return the mixing matrix that ``--graph`` and ``--mixing`` name.

    Parameters
    ----------
    graph : str
        ``ring``, ``complete``, ``star``, ``path``, ``grid:RxC``, ``torus:RxC``, ``hypercube:D``, or
        a text file with an edge a line.
    mixing : str
        ``lazy-metropolis``, ``metropolis``, or a file with the matrix: .npy, or a text of numbers
        like 0.5 or 1/3, one row a line; the graph is then not used.
    n_agents : int

    Raises
    ------
    InvalidInput
        If a name is unknown, the file unreadable, or the number of agents another.
    """
    from dcpg_theory.models import graphs

    rules = {"lazy-metropolis": graphs.lazy_metropolis, "metropolis": graphs.metropolis}
    if mixing not in rules:
        return _matrix_of_file(mixing)
    if Path(graph).is_file():
        return rules[mixing](graphs.from_edge_list(graph, n_agents))
    if graph == "directed-cycle":
        return graphs.directed_cycle(n_agents)
    family, _, size = graph.partition(":")
    sized: dict[str, Callable[..., object]] = {
        "grid": graphs.grid,
        "torus": graphs.torus,
        "hypercube": graphs.hypercube,
    }
    plain = ("ring", "complete", "star", "path")
    if family in plain and not size:
        return rules[mixing](getattr(graphs, family)(n_agents))
    pattern = "([0-9]{1,6})" if family == "hypercube" else "([0-9]{1,6})x([0-9]{1,6})"
    match = re.fullmatch(pattern, size)
    if family not in sized or match is None:
        raise InvalidInput(f"--graph {graph} must be {GRAPHS}")
    numbers = [int(number) for number in match.groups()]
    nodes = 2 ** min(numbers[0], 20) if family == "hypercube" else numbers[0] * numbers[1]
    if nodes != n_agents:
        raise InvalidInput(f"--graph {graph} has {nodes} nodes, the problem has {n_agents} tasks")
    return rules[mixing](sized[family](*numbers))


def _matrix_of_file(name: str) -> MixingMatrix:
    from fractions import Fraction

    from dcpg_theory.models.mixing import MixingMatrix

    path = Path(name)
    if not path.is_file():
        raise InvalidInput(f"--mixing {name} must be lazy-metropolis, metropolis or a file")
    given = _array_of_file(name) if path.suffix == ".npy" else None
    try:
        if given is not None:
            return MixingMatrix(given)
        lines = path.read_text(encoding="utf-8").replace(",", " ").splitlines()
        return MixingMatrix([[Fraction(x) for x in line.split()] for line in lines if line.split()])
    except InvalidInput as error:
        raise InvalidInput(f"--mixing {name}: {error}") from None
    except (OSError, ValueError, EOFError, ZeroDivisionError):
        raise InvalidInput(
            f"--mixing {name}: must be a .npy file or a text of numbers like 0.5 or 1/3"
        ) from None


def _array_of_file(name: str) -> Array:
    try:
        return np.asarray(np.load(name, allow_pickle=False))
    except (OSError, ValueError, EOFError):
        raise InvalidInput(f"--mixing {name}: is no readable .npy file") from None


def step_sizes(text: str, iterations: int) -> float | Array:
    """Return what ``--step-size`` says: one number, or ``A:B:...`` for a broken line.

    The points of the line are spread evenly over the run, the first on its first iteration and the
    last on its last: ``1:0.01`` falls in one straight line.

    Returns
    -------
    float, or ndarray of shape (iterations,)

    Raises
    ------
    InvalidInput
        If a number is malformed, infinite or not positive.

    Examples
    --------
    >>> step_sizes("1:3:1", 5)
    array([1., 2., 3., 2., 1.])
    """
    try:
        points = np.array([float(part) for part in text.split(":")])
    except ValueError:
        points = np.array([np.nan])
    if not (np.isfinite(points) & (points > 0)).all():
        raise InvalidInput(f"--step-size {text} must be A or A:B:..., positive finite numbers")
    if len(points) == 1:
        return float(points[0])
    times = np.linspace(0, 1, iterations)
    return np.asarray(np.interp(times, np.linspace(0, 1, len(points)), points))


def action_names(problem: MultiTaskProblem) -> tuple[str, ...]:
    """Return the names of the actions: L and R on the corridor of Section 2.2, else numbers."""
    from dcpg_theory.models import examples

    if problem.states == examples.STATES and problem.n_actions == len(examples.ACTIONS):
        return examples.ACTIONS
    return tuple(str(a) for a in range(problem.n_actions))


def first_parameters(
    problem: MultiTaskProblem, start: str, settings: Sequence[str], rng: np.random.Generator
) -> Array:
    """Return every agent's first parameters, shape (n_tasks, n_states, n_actions).

    Parameters
    ----------
    problem : MultiTaskProblem
    start : str
        ``zero``, or ``random``: standard normal, each agent's own.
    settings : sequence of str
        Like ``S3:L=0.3``: the parameter theta of that state and action, for all agents; several are
        set apart by commas. An action is also known by its number, counted from 0.
    rng : numpy.random.Generator

    Raises
    ------
    InvalidInput
        If a setting is malformed or names what the problem does not hold.
    """
    shape = (problem.n_tasks, problem.n_states, problem.n_actions)
    theta = rng.standard_normal(shape) if start == "random" else np.zeros(shape)
    states = {str(label): place for place, label in enumerate(problem.states)}
    names = action_names(problem)
    actions = {str(a): a for a in range(len(names))} | {name: a for a, name in enumerate(names)}
    for setting in (part for text in settings for part in text.split(",")):
        match = re.fullmatch(r"\s*(.+):(\w+)=(\S+)\s*", setting)
        if match is None:
            raise InvalidInput(f"--initial {setting!r} must read STATE:ACTION=NUMBER, as S3:L=0.3")
        state, action, number = match.groups()
        if state not in states or action not in actions:
            what = f"state {state}" if state not in states else f"action {action}"
            known = ", ".join(list(states)[:8] if state not in states else names)
            raise InvalidInput(f"--initial {setting!r}: there is no {what}, but {known}")
        theta[:, states[state], actions[action]] = _finite(setting, number)
    return theta


def _finite(setting: str, number: str) -> float:
    try:
        found = float(number)
    except ValueError:
        found = np.nan
    if not np.isfinite(found):
        raise InvalidInput(f"--initial {setting!r}: {number} must be a finite number")
    return found
