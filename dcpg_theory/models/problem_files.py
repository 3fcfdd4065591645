"""Problem files: ``.toml`` for small problems to read and edit, ``.npz`` for large ones.

Both hold the same keys; the schema stands in ``docs/problem-file.md``. Exact rationals are strings
like ``"1/3"`` and stay exact. Nothing is ever unpickled.
"""

from __future__ import annotations

import difflib
import re
import tomllib
import zipfile
import zlib
from collections.abc import Hashable, Mapping
from numbers import Integral
from pathlib import Path
from typing import Any

import flint
import numpy as np

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array, NumberKind
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.toml_writer import toml_text
from dcpg_theory.models.validation import first_offender, in_task, input_array

__all__ = ["VERSION", "load_problem", "save_problem"]

VERSION = 1

_SPARSE = ("sparse_state", "sparse_action", "sparse_next_state", "sparse_probability")
_REQUIRED = ("discount", "start", "rewards")
_KEYS = (*_REQUIRED, "states", "exploration", "transitions", *_SPARSE)
_NPZ_KEY = re.compile(r"task_(0|[1-9][0-9]{0,8})_(\w+)")
_RATIONAL = re.compile(r"([+-]?[0-9]+)(?:/0*([1-9][0-9]*)|\.([0-9]+))?")
_BROKEN_NPZ = (
    OSError,
    ValueError,
    EOFError,
    NotImplementedError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
)

Fields = Mapping[str, Any]
"""One task as it stands in the file: its keys with lists, strings and numbers, or arrays."""


def load_problem(path: str | Path) -> MultiTaskProblem:
    """Return the problem in a ``.toml`` or ``.npz`` file.

    Parameters
    ----------
    path : str or Path
        A file of the schema in ``docs/problem-file.md``.

    Raises
    ------
    InvalidInput
        If the file is missing, of another version or malformed, lacks a key or has an unknown one,
        or holds no valid problem; the message begins with the path and names the task.
    """
    path = Path(path)
    read = {".toml": _read_toml, ".npz": _read_npz}[_suffix(path)]
    try:
        tasks = read(path)
        if not tasks:
            raise InvalidInput("there is no task in it")
        return _problem(tasks)
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error}") from None


def save_problem(problem: MultiTaskProblem, path: str | Path) -> None:
    """Write a problem to a ``.toml`` or ``.npz`` file; `load_problem` returns an equal one.

    The same problem makes the same bytes.

    Parameters
    ----------
    problem : MultiTaskProblem
        Of floats or exact rationals, with labels that are integers, strings, or tuples of them (in
        ``.npz`` all of one type and length).
    path : str or Path
        An existing file is replaced.

    Raises
    ------
    InvalidInput
        If the problem holds balls or symbols, a label cannot be written, or the file cannot.
    """
    path = Path(path)
    suffix = _suffix(path)
    if problem.kind not in (NumberKind.FLOAT, NumberKind.RATIONAL):
        raise InvalidInput(f"a problem of {problem.kind}s has no file form, give it numbers first")
    tasks = [_fields(task, mu) for task, mu in zip(problem.tasks, problem.exploration, strict=True)]
    try:
        if suffix == ".toml":
            path.write_text(toml_text({"version": VERSION}, tasks), encoding="utf-8", newline="\n")
        else:
            arrays = _npz_arrays(tasks)
            with path.open("wb") as file:
                np.savez_compressed(file, allow_pickle=False, **arrays)
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be written: {error.strerror or error}") from None


def _suffix(path: Path) -> str:
    if path.suffix not in (".toml", ".npz"):
        raise InvalidInput(f"{path}: a problem file must end in .toml or .npz")
    return path.suffix


def _read_toml(path: Path) -> list[Fields]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"is no TOML: {error}") from None
    _check_keys(document, ("version", "tasks"), ("version", "tasks"))
    _check_version(document["version"])
    tasks = document["tasks"]
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise InvalidInput("tasks must be tables, each under the line [[tasks]]")
    return tasks


def _read_npz(path: Path) -> list[Fields]:
    arrays = _archive(path)
    if "version" not in arrays:
        raise InvalidInput("the key version is missing")
    _check_version(arrays.pop("version"))
    tasks: dict[int, dict[str, Any]] = {}
    for key, array in arrays.items():
        match = _NPZ_KEY.fullmatch(key)
        if match is None:
            raise InvalidInput(f"unknown key {key!r}, keys are version and task_0_discount etc.")
        tasks.setdefault(int(match[1]), {})[match[2]] = array
    for i in range(len(tasks)):
        if i not in tasks:
            raise InvalidInput(f"the keys of task {i} are missing, tasks count from 0 without gap")
    return [tasks[i] for i in range(len(tasks))]


def _archive(path: Path) -> dict[str, Array]:
    try:
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if isinstance(archive, np.ndarray):
                raise ValueError("it holds a single array")
            return {key: np.asarray(archive[key]) for key in archive.files}
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise InvalidInput(f"cannot be read: {error.strerror}") from None
    except _BROKEN_NPZ as error:
        raise InvalidInput(f"is no .npz archive of plain arrays: {error}") from None


def _check_version(version: Any) -> None:
    if np.ndim(version) != 0 or version != VERSION:
        raise InvalidInput(f"version {version!s} is not known, it must be {VERSION}")


def _check_keys(fields: Fields, required: tuple[str, ...], known: tuple[str, ...]) -> None:
    for key in required:
        if key not in fields:
            raise InvalidInput(f"the key {key} is missing")
    for key in fields:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f", did you mean {near[0]}?" if near else f", keys are {', '.join(known)}"
            raise InvalidInput(f"unknown key {key!r}{hint}")


def _problem(tasks: list[Fields]) -> MultiTaskProblem:
    processes, exploration = [], []
    for i, fields in enumerate(tasks):
        with in_task(i):
            _check_keys(fields, _REQUIRED, _KEYS)
            process = _process(fields)
            processes.append(process)
            given = fields.get("exploration")
            exploration.append(process.start if given is None else _numbers("exploration", given))
    return MultiTaskProblem(processes, exploration)


def _process(fields: Fields) -> FiniteMDP:
    discount = _numbers("discount", fields["discount"])
    rewards = _numbers("rewards", fields["rewards"])
    start = _numbers("start", fields["start"])
    states = _labels(fields["states"]) if "states" in fields else None
    sparse = [key for key in _SPARSE if key in fields]
    if ("transitions" in fields) == bool(sparse):
        raise InvalidInput("give either the key transitions or the keys " + ", ".join(_SPARSE))
    if sparse:
        _check_keys(fields, _SPARSE, _KEYS)
        transitions = _sparse(fields, rewards)
    else:
        transitions = _numbers("transitions", fields["transitions"])
    return FiniteMDP(transitions, rewards, discount, start, states)


def _sparse(fields: Fields, rewards: Array) -> Any:
    from scipy.sparse import coo_array

    probability = _numbers("sparse_probability", fields["sparse_probability"])
    if probability.dtype == object or probability.ndim != 1:
        raise InvalidInput("sparse_probability must be a list of floats; write exact ones densely")
    if rewards.ndim != 2:
        raise InvalidInput(f"rewards has shape {rewards.shape}, it must be (n_states, n_actions)")
    n_states, n_actions = rewards.shape
    state, action, after = (
        _places(key, fields[key], size, probability.shape)
        for key, size in zip(_SPARSE, (n_states, n_actions, n_states), strict=False)
    )
    shape = (n_states * n_actions, n_states)
    return coo_array((probability, (state * n_actions + action, after)), shape=shape)


def _places(key: str, values: Any, size: int, shape: tuple[int, ...]) -> Array:
    places = input_array(key, values)
    if (places.dtype.kind not in "iu" and places.size) or places.shape != shape:
        raise InvalidInput(f"{key} must be a list of integers, as long as sparse_probability")
    offender = first_offender((places < 0) | (places >= size))
    if offender is not None:
        raise InvalidInput(
            f"{key}: entry {offender[0]} is {places[offender]}, it must lie in 0, ..., {size - 1}"
        )
    return places.astype(np.int64)


def _numbers(name: str, values: Any) -> Array:
    """Return numbers as an array in which strings have become exact rationals."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "U":
        exact = [_rational(name, text) for text in values.flat]
        result = np.empty(len(exact), dtype=object)
        result[:] = exact
        return result.reshape(values.shape)
    if isinstance(values, np.ndarray):
        return input_array(name, values)
    return input_array(name, _parsed(name, values))


def _parsed(name: str, values: Any) -> Any:
    if isinstance(values, list):
        return [_parsed(name, value) for value in values]
    return _rational(name, values) if isinstance(values, str) else values


def _rational(name: str, text: Any) -> flint.fmpq:
    match = _RATIONAL.fullmatch(str(text))
    if match is None:
        raise InvalidInput(f"{name}: {str(text)!r} must be an exact number like '1/3' or '0.25'")
    digits = match[3] or ""
    below = match[2] or "1" + "0" * len(digits)
    return flint.fmpq(flint.fmpz(match[1].removeprefix("+") + digits), flint.fmpz(below))


def _labels(values: Any) -> list[Hashable]:
    if isinstance(values, np.ndarray):
        if values.ndim not in (1, 2) or values.dtype.kind not in "iuU":
            raise InvalidInput("states must be integers or strings, or rows of them")
        values = values.tolist()
    if not isinstance(values, list):
        raise InvalidInput(f"states={values!r} must be a list of labels")
    return [_label(value) for value in values]


def _label(value: Any) -> Hashable:
    if isinstance(value, list | tuple):
        return tuple(_label(part) for part in value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, str):
        return str(value)
    raise InvalidInput(f"state label {value!r} must be an integer, a string or a tuple of them")


def _fields(task: FiniteMDP, exploration: Array) -> dict[str, Any]:
    discount = task.discount if task.kind is NumberKind.FLOAT else str(task.discount)
    fields: dict[str, Any] = {"discount": discount}
    labels = tuple(_label(label) for label in task.states)
    if labels != tuple(range(task.n_states)):
        fields["states"] = labels
    fields |= {"start": _written(task.start), "exploration": _written(exploration)}
    fields["rewards"] = _written(task.rewards)
    if not task.is_sparse:
        fields["transitions"] = _written(task.transitions)
        return fields
    entries = task.transitions.tocoo()
    state, action = np.divmod(entries.row, task.n_actions)
    return fields | dict(zip(_SPARSE, (state, action, entries.col, entries.data), strict=True))


def _written(array: Array) -> Array:
    """Return floats as they are and rationals as strings."""
    return np.asarray(np.frompyfunc(str, 1, 1)(array)) if array.dtype == object else array


def _npz_arrays(tasks: list[dict[str, Any]]) -> dict[str, Array]:
    arrays = {"version": np.array(VERSION)}
    for i, fields in enumerate(tasks):
        for key, value in fields.items():
            array = _label_array(value) if key == "states" else np.asarray(value)
            arrays[f"task_{i}_{key}"] = array.astype(str) if array.dtype == object else array
    return arrays


def _label_array(labels: tuple[Hashable, ...]) -> Array:
    try:
        array = np.array(labels)
    except (ValueError, OverflowError):
        array = np.array(None)
    if array.dtype.kind not in "iU" or _labels(array) != list(labels):
        raise InvalidInput(
            "state labels in .npz must be all integers, all strings, or all tuples of one length "
            "of these; use .toml, or other labels"
        )
    return array
