"""What a search finds: an exact instance, and how it is written to a file.

The file is a problem file that `dcpg run` reads; what a problem does not hold (the policies'
weights, a direction, W, lambda, alpha) stands beside it in a second file of the same name with the
ending ``.search.json``, in exact numbers as strings.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import flint
import numpy as np

from dcpg_theory.engine.files import write_whole
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array, NumberKind, as_array
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.problem_files import load_problem, save_problem

__all__ = ["Instance", "load_instance", "save_instance", "side_file"]

VERSION = 1


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """An exact instance at which a ratio is evaluated.

    Attributes
    ----------
    problem : MultiTaskProblem
        Of exact rationals.
    numbers : mapping of str to object array of fmpq
        Everything else the ratio needs: ``weights`` of softmax policies, a ``direction``, a
        ``mixing`` matrix, ``regularization``, ``step_size``, ...
    """

    problem: MultiTaskProblem
    numbers: dict[str, Array] = field(default_factory=dict)

    def one(self, name: str) -> flint.fmpq:
        """Return a number that is not an array."""
        number: flint.fmpq = self.numbers[name].item()
        return number


def side_file(path: Path) -> Path:
    """Return where the rest of an instance stands, for a problem file."""
    return path.with_suffix(".search.json")


def save_instance(path: Path, claim: str, instance: Instance, found: dict[str, Any]) -> None:
    """Write an instance: its problem to `path`, the rest beside it.

    Parameters
    ----------
    path : Path
        Ends in .toml or .npz.
    claim : str
    instance : Instance
    found : mapping that JSON can hold
        What is said about it: its ratio, what was searched.

    Raises
    ------
    InvalidInput
        If a file cannot be written.
    """
    save_problem(instance.problem, path)
    document = {
        "version": VERSION,
        "claim": claim,
        "found": found,
        "numbers": {name: _texts(array) for name, array in instance.numbers.items()},
    }
    text = json.dumps(document, indent=1, sort_keys=True) + "\n"
    write_whole(side_file(path), lambda file: file.write(text.encode()))


def load_instance(path: Path) -> tuple[str, Instance, dict[str, Any]]:
    """Return the claim, the instance and what was found, from files of `save_instance`.

    Raises
    ------
    InvalidInput
        If a file is missing or malformed, or of another version.
    """
    problem, beside = load_problem(path), side_file(path)
    try:
        document = json.loads(beside.read_text(encoding="utf-8"))
        if document["version"] != VERSION:
            raise InvalidInput(f"{beside}: version {document['version']} is not known")
        numbers = {name: _exact(texts) for name, texts in document["numbers"].items()}
        return str(document["claim"]), Instance(problem, numbers), dict(document["found"])
    except OSError as error:
        raise InvalidInput(f"{beside}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"{beside}: is no result of a search: {error!r}") from None


def _texts(array: Array) -> Any:
    return np.vectorize(str, otypes=[object])(array).tolist() if array.size else []


def _exact(texts: Any) -> Array:
    source = np.asarray(texts, dtype=str)
    result = np.empty(source.shape, dtype=object)
    for at in np.ndindex(source.shape):
        numerator, _, denominator = str(source[at]).partition("/")
        result[at] = flint.fmpq(int(numerator), int(denominator or 1))
    return as_array(result, NumberKind.RATIONAL)
