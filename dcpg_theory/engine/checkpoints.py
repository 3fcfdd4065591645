"""Checkpoints: a run that was killed goes on as if nothing had happened, to the last bit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dcpg_theory.engine.files import read_archive, write_archive
from dcpg_theory.engine.rounds import Schedule
from dcpg_theory.engine.streams import Mark
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = [
    "Checkpoint",
    "Saved",
    "StepsDigest",
    "fingerprint",
    "load_state",
    "save_state",
]

VERSION = 3
_KIND = "checkpoint"
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where and how often a run saves itself.

    Parameters
    ----------
    path : Path or str
        The file, an .npz archive in which nothing is pickled. It is replaced as a whole, so a kill
        at any time leaves a valid one.
    every : int
        Iterations between two saves; the end is saved too.
    resume : bool
        Go on from the file if it exists. Without it an existing file is an error, never lost.

    Raises
    ------
    InvalidInput
        If `every` is not a positive integer.
    """

    path: Path | str
    every: int = 1000
    resume: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.every, int | np.integer) or self.every < 1:
            raise InvalidInput(f"checkpoint: every={self.every!r} must be an integer of at least 1")


@dataclass(frozen=True, slots=True, eq=False)
class Saved:
    """All that an iteration needs to know of those before it.

    Attributes
    ----------
    iteration : int
    state : dict of str to ndarray, shape (n_tasks, n_states, n_actions) each
        What the method carries along, ``parameters`` among it, of all agents.
    memory : dict of str to ndarray
        What the path keeps to go on to the same bits; see `methods.Remembering`.
    recorded : dict of str to ndarray, or None
        The record so far, if it is kept in memory,
    mark : (int, int), or None
        and the place in its file, if it is streamed.
    """

    iteration: int
    state: dict[str, Array]
    memory: dict[str, Array]
    recorded: dict[str, Array] | None
    mark: Mark | None


def fingerprint(
    problem: MultiTaskProblem,
    schedule: Schedule,
    initial: Array,
    *settings: object,
) -> str:
    """Return a digest of everything that decides the iterates and the records but the step sizes.

    How many processes share the work is no part of it.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats.
    schedule : Schedule
    initial : ndarray, shape (n_tasks, n_states, n_actions)
    *settings : object
        Known by their `repr`: the regularization, the `Record`, the path, the method, ...
    """
    name, matrices = schedule.identity()
    told = (problem, problem.states, name, *settings)
    digest = hashlib.sha256(repr(told).encode())
    for i, task in enumerate(problem.tasks):
        P = task.transitions
        entries = [P.data, P.indices, P.indptr] if task.is_sparse else [P]
        rest = [task.rewards, task.start, problem.exploration[i], problem.indices[i]]
        digest.update(repr(float(task.discount)).encode())
        _feed(digest, *entries, *rest)
    _feed(digest, *matrices, initial)
    return digest.hexdigest()


class StepsDigest:
    """Tells the step sizes of two runs apart, kept up with the iterations of a long one."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def update(self, step_sizes: Array) -> None:
        """Take in the step sizes that follow, shape (n,)."""
        for first in range(0, len(step_sizes), _PIECE):
            piece = step_sizes[first : first + _PIECE]
            self._digest.update(np.ascontiguousarray(piece).tobytes())

    def told(self) -> str:
        """Return the digest of those so far."""
        return self._digest.hexdigest()


def save_state(path: Path, saved: Saved, run: str, steps: StepsDigest) -> None:
    """Write a checkpoint, whole or not at all.

    Parameters
    ----------
    path : Path
    saved : Saved
    run : str
        The `fingerprint`.
    steps : StepsDigest
        Of the iterations so far.

    Raises
    ------
    InvalidInput
        If the file cannot be written.
    """
    header = {"run": run, "steps": steps.told(), "at": saved.iteration}
    groups = {"state": saved.state, "memory": saved.memory, "recorded": saved.recorded or {}}
    arrays = {f"{group}_{name}": a for group, found in groups.items() for name, a in found.items()}
    write_archive(path, _KIND, VERSION, {**header, "mark": saved.mark}, arrays)


def load_state(path: Path, run: str, step_sizes: Array, *, streamed: bool) -> Saved:
    """Return the state in a checkpoint of the same run.

    Parameters
    ----------
    path : Path
    run : str
        The `fingerprint` it must have.
    step_sizes : ndarray, shape (iterations,)
        The first of them must be those the checkpoint was reached with.
    streamed : bool
        Whether the record goes to a file, as it must have before.

    Raises
    ------
    InvalidInput
        If the file cannot be read, is no checkpoint, belongs to another run, or is beyond the last
        iteration.
    """
    header, arrays = read_archive(path, _KIND, VERSION)
    if header.get("run") != run:
        raise InvalidInput(
            f"{path}: is a checkpoint of another run: the problem, mixing matrix, regularization, "
            "initial parameters, method, path, seed or what is recorded differ"
        )
    groups: dict[str, dict[str, Array]] = {"state": {}, "memory": {}, "recorded": {}}
    try:
        iteration, steps, mark = header["at"], header["steps"], header["mark"]
        for name, array in arrays.items():
            group, _, short = name.partition("_")
            groups[group][short] = array
        groups["state"]["parameters"]
    except KeyError:
        raise InvalidInput(f"{path}: is no complete {_KIND} of dcpg_theory") from None
    if iteration > len(step_sizes):
        raise InvalidInput(
            f"{path}: is at iteration {iteration}, beyond the {len(step_sizes)} asked for"
        )
    digest = StepsDigest()
    digest.update(step_sizes[:iteration])
    if steps != digest.told():
        raise InvalidInput(f"{path}: is a checkpoint of another run: the step sizes differ")
    if streamed is (mark is None):
        kept = "in memory" if streamed else "in a file"
        raise InvalidInput(f"{path}: the record of this run was kept {kept}, and must be again")
    return Saved(
        iteration,
        groups["state"],
        groups["memory"],
        None if streamed else groups["recorded"],
        tuple(mark) if streamed else None,
    )


def _feed(digest: Any, *arrays: Array) -> None:
    for array in arrays:
        digest.update(repr((array.shape, array.dtype.str)).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
