r"""Methods: the update of one iteration, for the agents of one process.

Each is written once, against a `Team`: in one process or on many ranks, with the same bits.

``dcpg``, Algorithm 1 and its variants. With the round of iteration k (`rounds`) giving the weights
W^k of the agents that are awake,

.. math::

    \theta_i^{k+1} = \sum_j W_{ij}^k \theta_j^k + \alpha^k g_i^k,

where g_i^k is the exact gradient (8), or an estimate of it (`estimators`). ``gossip`` is the same
update of two agents at a time (`rounds.Gossip`).

``gradient-tracking``. Every agent also tracks the mean gradient, by y_i:

.. math::

    \theta_i^{k+1} = \sum_j W_{ij}^k \theta_j^k + \alpha^k y_i^k, \qquad
    y_i^{k+1} = \sum_j W_{ij}^k y_j^k + g_i^{k+1} - g_i^k, \qquad y_i^0 = g_i^0.

As the columns of W sum to one, sum_i y_i^k = sum_i g_i^k always. At a fixed point the agents
agree and their mean gradient is zero: with a constant step there is no distance of the order of
alpha left between the agents, as there is in Algorithm 1. An iteration sends twice as much.

References
----------
A. Nedić, A. Olshevsky, W. Shi, "Achieving geometric convergence for distributed optimization over
time-varying graphs", SIAM Journal on Optimization 27 (2017): the method DIGing.
G. Qu, N. Li, "Harnessing smoothness to accelerate distributed optimization", IEEE Transactions on
Control of Network Systems 5 (2018).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from dcpg_theory.engine.estimators import GradientEstimator
from dcpg_theory.engine.mixing import Mixing
from dcpg_theory.engine.paths import Path, make_path
from dcpg_theory.engine.rounds import Round, Schedule
from dcpg_theory.engine.seeds import generator
from dcpg_theory.engine.teams import Team
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.policies import softmax
from dcpg_theory.theory.regularizer import relative_entropy_gradient

__all__ = [
    "METHODS",
    "Compiled",
    "Estimates",
    "ExactGradients",
    "Gradients",
    "Iteration",
    "Remembering",
    "State",
    "Stepwise",
]

_MOST_MIXINGS = 4096

METHODS = ("dcpg", "gossip", "gradient-tracking")
"""The names of all methods."""

State = Mapping[str, Array]
"""What an iteration leaves to the next, by name; shape (n_agents_here, n_states, n_actions) each.

Always ``parameters``; with gradient tracking also ``tracked`` and ``gradients``.
"""

Memory = Mapping[str, Array]
"""What else the next iteration depends on, by names that end in ``_`` and the agent's number."""


@runtime_checkable
class Remembering(Protocol):
    """A path whose results depend, in their last bits, on what it computed before.

    Solvers that start from earlier solutions do. A run that is resumed gives the memory back.
    """

    def memory(self) -> dict[str, Array]:
        """Return all that matters; names end in ``_`` and the agent's place in the path."""
        ...

    def recall(self, memory: Memory) -> None:
        """Go on as the path did from which this memory is."""
        ...


class Gradients(Protocol):
    """The gradients of the agents of one process."""

    def __call__(self, theta: Array, k: int, awake: Sequence[int]) -> Array:
        """Return the gradients in iteration k of the agents at the places `awake`.

        Parameters
        ----------
        theta : ndarray, shape (n_agents_here, n_states, n_actions)
        k : int
        awake : sequence of int
        """
        ...

    def memory(self) -> dict[str, Array]:
        """See `Remembering`; empty if there is none."""
        ...

    def recall(self, memory: Memory) -> None:
        """See `Remembering`."""
        ...


class Iteration(Protocol):
    """Stretches of iterations."""

    def memory(self) -> dict[str, Array]:
        """See `Remembering`; empty if there is none."""
        ...

    def recall(self, memory: Memory) -> None:
        """See `Remembering`."""
        ...

    def start(self, parameters: Array) -> State:
        """Return the state before the first iteration, from the parameters of the agents here."""
        ...

    def gradients(self, parameters: Array) -> Array:
        """Return the gradients of the agents here, and forget that they were asked for."""
        ...

    def advance(self, state: State, first: int, step_sizes: Array) -> tuple[State, int]:
        """Return the state after one iteration for each step size, and how many were done.

        Fewer than asked for are done if the next one is not finite, then on all ranks.

        Parameters
        ----------
        state : mapping of str to ndarray
            Left as it is.
        first : int
            The number k of the first of these iterations.
        step_sizes : ndarray, shape (n,)
        """
        ...


class Compiled:
    """A path's own loop: all agents in one process, a constant W, exact gradients.

    Parameters
    ----------
    path : Path
        Of all agents.
    mixing_matrix : ndarray, shape (n_agents, n_agents)
    """

    def __init__(self, path: Path, mixing_matrix: Array) -> None:
        self._path, self._matrix = path, mixing_matrix

    def start(self, parameters: Array) -> State:
        """See `Iteration`."""
        return {"parameters": parameters}

    def advance(self, state: State, first: int, step_sizes: Array) -> tuple[State, int]:
        """See `Iteration`."""
        del first
        theta, done = self._path.advance(state["parameters"], self._matrix, step_sizes)
        return {"parameters": theta}, done

    def gradients(self, parameters: Array) -> Array:
        """See `Iteration`."""
        before = _copies(self.memory())
        g = self._path.gradients(parameters)
        self.recall(before)
        return g

    def memory(self) -> dict[str, Array]:
        """See `Iteration`."""
        return self._path.memory() if isinstance(self._path, Remembering) else {}

    def recall(self, memory: Memory) -> None:
        """See `Iteration`."""
        if isinstance(self._path, Remembering):
            self._path.recall(memory)


class Stepwise:
    """One iteration after the other, on any team, by any schedule, with any gradients.

    Parameters
    ----------
    team : Team
    schedule : Schedule
    gradients : Gradients
    tracking : bool
        Whether the method is gradient tracking.
    """

    def __init__(
        self, team: Team, schedule: Schedule, gradients: Gradients, *, tracking: bool = False
    ) -> None:
        self._team, self._schedule, self._gradients = team, schedule, gradients
        self._tracking = tracking
        self._all = range(len(team.agents))
        self._mixings: dict[Round, Mixing] = {}

    def start(self, parameters: Array) -> State:
        """See `Iteration`."""
        if not self._tracking:
            return {"parameters": parameters}
        with np.errstate(all="ignore"):
            g = self._gradients(parameters, 0, self._all)
        return {"parameters": parameters, "tracked": g, "gradients": g}

    def advance(self, state: State, first: int, step_sizes: Array) -> tuple[State, int]:
        """See `Iteration`.

        No rank asks the others whether they are still finite: each goes on to the end of the
        stretch, and if one was not, all come back to the start and stop in time.
        """
        before = _copies(self.memory())
        with np.errstate(all="ignore"):
            reached, done = self._stretch(state, first, step_sizes)
            everywhere = self._team.least(done)
            if everywhere < len(step_sizes):
                self.recall(before)
                reached, _ = self._stretch(state, first, step_sizes[:everywhere])
        return reached, everywhere

    def gradients(self, parameters: Array) -> Array:
        """See `Iteration`."""
        before = _copies(self.memory())
        g = self._gradients(parameters, 0, self._all)
        self.recall(before)
        return g

    def memory(self) -> dict[str, Array]:
        """See `Iteration`."""
        return self._gradients.memory()

    def recall(self, memory: Memory) -> None:
        """See `Iteration`."""
        self._gradients.recall(memory)

    def _stretch(self, state: State, first: int, step_sizes: Array) -> tuple[State, int]:
        iterate = self._track if self._tracking else self._step
        now = {name: array.copy() for name, array in state.items()}
        done = 0
        for k, alpha in enumerate(step_sizes.tolist(), first):
            fine = iterate(now, self._schedule.round(k), alpha, k, alive=done == k - first)
            if fine:
                done += 1
            elif self._team.n_processes == 1:
                break
        return now, done

    def _step(
        self, now: dict[str, Array], round_: Round, alpha: float, k: int, *, alive: bool
    ) -> bool:
        """Do an iteration of Algorithm 1 in place; return whether all is still finite.

        An agent that is not finite any more only sends what it has, for the others' sake.
        """
        theta, awake = now["parameters"], self._awake(round_)
        heard = self._team.exchange(round_, theta)
        if not alive:
            heard.finish()
            theta[awake] = np.nan
            return False
        g = self._gradients(theta, k, awake)
        following = self._mixing(round_, awake).step(heard.finish(), alpha, g)
        theta[awake] = following
        return bool(np.isfinite(following).all())

    def _track(
        self, now: dict[str, Array], round_: Round, alpha: float, k: int, *, alive: bool
    ) -> bool:
        """Do an iteration of gradient tracking in place; return whether all is still finite."""
        theta, y = now["parameters"], now["tracked"]
        moving, tracking = (self._team.exchange(round_, array) for array in (theta, y))
        if not alive:
            moving.finish()
            tracking.finish()
            theta[:] = y[:] = np.nan
            return False
        mixing = self._mixing(round_, self._all)
        following = mixing.step(moving.finish(), alpha, y)
        if np.isfinite(following).all():
            g = self._gradients(following, k + 1, self._all)
        else:
            g = np.full_like(following, np.nan)
        tracked = mixing.step(tracking.finish(), 1.0, g - now["gradients"])
        theta[:], y[:], now["gradients"] = following, tracked, g
        return bool(np.isfinite(following).all() and np.isfinite(tracked).all())

    def _awake(self, round_: Round) -> Sequence[int]:
        if round_.everyone:
            return self._all
        agents = self._team.agents
        return [i - agents.start for i in round_.rows if i in agents]

    def _mixing(self, round_: Round, places: Sequence[int]) -> Mixing:
        if round_ not in self._mixings:
            if len(self._mixings) == _MOST_MIXINGS:
                self._mixings.clear()
            awake = [self._team.agents[place] for place in places]
            self._mixings[round_] = Mixing(round_, awake, self._team.places(round_))
        return self._mixings[round_]


class ExactGradients:
    """The exact gradients (8) of some agents, by a path.

    Where agents take turns, each has a path of its own, so that nothing is computed for others.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats.
    regularization : float
    path : str
        Its name.
    agents : sequence of int
        Those that live here, perhaps none.
    in_turns : bool
        Whether only some are awake at a time.
    """

    def __init__(
        self,
        problem: MultiTaskProblem,
        regularization: float,
        path: str,
        agents: Sequence[int],
        *,
        in_turns: bool,
    ) -> None:
        self._problem, self._regularization, self._path = problem, regularization, path
        self._agents, self._in_turns = agents, in_turns
        self._paths: dict[tuple[int, ...], Path] = {}

    def __call__(self, theta: Array, k: int, awake: Sequence[int]) -> Array:
        """See `Gradients`."""
        if not awake:
            return np.empty((0, *theta.shape[1:]))
        if not self._in_turns:
            return self._path_of(*self._agents).gradients(theta)
        found = [
            self._path_of(self._agents[place]).gradients(theta[place : place + 1])
            for place in awake
        ]
        return np.concatenate(found)

    def memory(self) -> dict[str, Array]:
        """See `Gradients`."""
        if self._agents and not self._in_turns:
            self._path_of(*self._agents)  # a path has a memory from its beginning
        return {
            f"{name}_{agents[int(place)]}": array
            for agents, path in self._paths.items()
            if isinstance(path, Remembering)
            for name, _, place, array in (
                (*entry.rpartition("_"), array) for entry, array in path.memory().items()
            )
        }

    def recall(self, memory: Memory) -> None:
        """See `Gradients`."""
        own = tuple(i for i in self._agents if any(_agent(name) == i for name in memory))
        groups = {(agent,) for agent in own} if self._in_turns else {own} - {()}
        # A path that the memory does not know had not been made then: it begins anew.
        for agents in [*self._paths]:
            if agents not in groups and isinstance(self._paths[agents], Remembering):
                del self._paths[agents]
        for agents in groups:
            path = self._path_of(*agents)
            if isinstance(path, Remembering):
                entries = {name: a for name, a in memory.items() if _agent(name) in agents}
                path.recall(
                    {
                        f"{name.rpartition('_')[0]}_{agents.index(_agent(name))}": array
                        for name, array in entries.items()
                    }
                )

    def _path_of(self, *agents: int) -> Path:
        if agents not in self._paths:
            problem, regularization = self._problem, self._regularization
            self._paths[agents] = make_path(problem, regularization, self._path, agents)
        return self._paths[agents]


def _copies(memory: Memory) -> dict[str, Array]:
    return {name: array.copy() for name, array in memory.items()}


def _agent(name: str) -> int:
    """Return the agent whose memory an entry is."""
    return int(name.rpartition("_")[2])


class Estimates:
    """Gradients of which an estimator gives the value's part, and (8) the regularizer's.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats.
    regularization : float
    estimator : GradientEstimator
    agents : sequence of int
        Those that live here.
    seed : int
    """

    def __init__(
        self,
        problem: MultiTaskProblem,
        regularization: float,
        estimator: GradientEstimator,
        agents: Sequence[int],
        seed: int,
    ) -> None:
        self._problem, self._regularization = problem, regularization
        self._estimator, self._agents, self._seed = estimator, agents, seed

    def __call__(self, theta: Array, k: int, awake: Sequence[int]) -> Array:
        """See `Gradients`.

        Raises
        ------
        InvalidInput
            If the estimator returns an array of another shape.
        """
        problem, found = self._problem, np.empty((len(awake), *theta.shape[1:]))
        for n, place in enumerate(awake):
            agent, own = self._agents[place], theta[place]
            states = problem.indices[agent]
            found[n] = -self._regularization * relative_entropy_gradient(softmax(own))
            rng = generator(self._seed, "gradient", k, agent)
            task, start = problem.tasks[agent], problem.exploration[agent]
            estimate = self._estimator.estimate(agent, task, start, own[states], rng)
            if np.shape(estimate) != own[states].shape:
                raise InvalidInput(
                    f"agent {agent}: the estimator returned an array of shape "
                    f"{np.shape(estimate)}, it must have shape {own[states].shape}"
                )
            found[n, states] += estimate
        return found

    def memory(self) -> dict[str, Array]:
        """Return nothing: an estimate depends on its arguments alone."""
        return {}

    def recall(self, memory: Memory) -> None:
        """See `Gradients`."""
