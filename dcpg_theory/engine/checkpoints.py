"""Checkpoints: a run that was killed goes on as if nothing had happened, to the last bit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dcpg_theory.engine.files import read_archive, write_archive
from dcpg_theory.engine.recording import Record
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array
from dcpg_theory.models.mixing import MixingMatrix
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["Checkpoint", "State", "fingerprint", "load_state", "save_state"]

VERSION = 1
_KIND = "checkpoint"


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
class State:
    """All that an iteration needs to know of those before it.

    Attributes
    ----------
    iteration : int
    parameters : ndarray, shape (n_tasks, n_states, n_actions)
    recorded : dict of str to ndarray
    """

    iteration: int
    parameters: Array
    recorded: dict[str, Array]


def fingerprint(
    problem: MultiTaskProblem,
    mixing: MixingMatrix,
    regularization: float,
    initial: Array,
    record: Record,
    path: str,
) -> str:
    """Return a digest of everything that decides the iterates and the records but the step sizes.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats.
    mixing : MixingMatrix
    regularization : float
    initial : ndarray, shape (n_tasks, n_states, n_actions)
    record : Record
    path : str
        The implementation.
    """
    digest = hashlib.sha256(repr((problem, problem.states, regularization, record, path)).encode())
    for i, task in enumerate(problem.tasks):
        P = task.transitions
        entries = [P.data, P.indices, P.indptr] if task.is_sparse else [P]
        rest = [task.rewards, task.start, problem.exploration[i], problem.indices[i]]
        digest.update(repr(float(task.discount)).encode())
        _feed(digest, *entries, *rest)
    _feed(digest, mixing.matrix, initial)
    return digest.hexdigest()


def save_state(path: Path, state: State, run: str, step_sizes: Array) -> None:
    """Write a checkpoint, whole or not at all.

    Parameters
    ----------
    path : Path
    state : State
    run : str
        The `fingerprint`.
    step_sizes : ndarray, shape (n,)
        At least those of the iterations so far.

    Raises
    ------
    InvalidInput
        If the file cannot be written.
    """
    header = {"run": run, "steps": _steps(step_sizes, state.iteration), "at": state.iteration}
    series = {f"recorded_{name}": array for name, array in state.recorded.items()}
    write_archive(path, _KIND, VERSION, header, {"parameters": state.parameters, **series})


def load_state(path: Path, run: str, step_sizes: Array) -> State:
    """Return the state in a checkpoint of the same run.

    Parameters
    ----------
    path : Path
    run : str
        The `fingerprint` it must have.
    step_sizes : ndarray, shape (iterations,)
        The first of them must be those the checkpoint was reached with.

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
            "initial parameters or what is recorded differ"
        )
    try:
        iteration, steps, parameters = header["at"], header["steps"], arrays.pop("parameters")
    except KeyError:
        raise InvalidInput(f"{path}: is no complete {_KIND} of dcpg_theory") from None
    if iteration > len(step_sizes):
        raise InvalidInput(
            f"{path}: is at iteration {iteration}, beyond the {len(step_sizes)} asked for"
        )
    if steps != _steps(step_sizes, iteration):
        raise InvalidInput(f"{path}: is a checkpoint of another run: the step sizes differ")
    recorded = {name.removeprefix("recorded_"): array for name, array in arrays.items()}
    return State(iteration, parameters, recorded)


def _steps(step_sizes: Array, iteration: int) -> str:
    return hashlib.sha256(np.ascontiguousarray(step_sizes[:iteration]).tobytes()).hexdigest()


def _feed(digest: Any, *arrays: Array) -> None:
    for array in arrays:
        digest.update(repr((array.shape, array.dtype.str)).encode())
        digest.update(np.ascontiguousarray(array).tobytes())
