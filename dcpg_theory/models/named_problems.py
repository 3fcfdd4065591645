"""PROBLEM names of the command line: built-in problems, random ones, and problem files.

Parts of the house above this one, and other packages, add families of names through the entry
point group ``dcpg_theory.problems``: the entry point ``gridworld`` names a function that is given
what follows ``gridworld:`` and returns the problem.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from fractions import Fraction
from importlib.metadata import entry_points
from pathlib import Path

from dcpg_theory.errors import InvalidInput
from dcpg_theory.models.examples import example_1, example_2
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.models.random_problems import random_problem

__all__ = ["problem"]

GROUP = "dcpg_theory.problems"

NAMES = ("example-1", "example-2", "random:SEED[,N,S,A]")

_DEFAULTS = {
    "example-1": {"discount": Fraction(9, 10)},
    "example-2": {"discount": Fraction(9, 10), "p": Fraction(3, 4)},
}
_EXAMPLES: dict[str, Callable[..., MultiTaskProblem]] = {
    "example-1": example_1,
    "example-2": example_2,
}


def problem(name: str) -> MultiTaskProblem:
    """Return the problem of a name.

    Parameters
    ----------
    name : str
        ``example-1`` or ``example-2``, exact, with discount 9/10 and p = 3/4, or with options like
        ``example-2:p=0.6,discount=4/5``; ``random:SEED[,N,S,A]`` for N tasks, S states, A actions,
        in floats (default 2, 5, 2); ``gridworld:fig2a`` and whatever other families of names the
        entry points in the group ``dcpg_theory.problems`` offer; or the path of a ``.toml`` or
        ``.npz`` file.

    Raises
    ------
    InvalidInput
        If the name is unknown, an option is malformed or a file is.

    Examples
    --------
    >>> problem("example-2:p=0.6")
    MultiTaskProblem(2 tasks, 5 states, 2 actions, exact rational)
    >>> problem("randon:3")
    Traceback (most recent call last):
    ...
    dcpg_theory.errors.InvalidInput: unknown problem 'randon:3', did you mean random?
    """
    family, _, options = name.partition(":")
    offered_here = entry_points(group=GROUP, name=family)
    if not offered_here and Path(name).suffix in (".toml", ".npz"):
        from dcpg_theory.models.problem_files import load_problem

        return load_problem(name)
    if family in _EXAMPLES:
        return _EXAMPLES[family](**_example_options(name, family, options))
    if family == "random":
        return _random(name, options)
    for offered in offered_here:
        found: MultiTaskProblem = offered.load()(options)
        return found
    raise _unknown(name, family)


def _example_options(name: str, family: str, options: str) -> dict[str, Fraction]:
    values = dict(_DEFAULTS[family])
    for option in filter(None, options.split(",")):
        key, equals, text = option.partition("=")
        if key not in values or not equals:
            known = " and ".join(f"{key}=NUMBER" for key in values)
            raise InvalidInput(f"problem {name!r}: unknown option {option!r}, it takes {known}")
        if not re.fullmatch(r"[0-9]{1,99}(/[1-9][0-9]{0,99}|\.[0-9]{0,99})?", text):
            raise InvalidInput(f"problem {name!r}: {key}={text} must be a number like 0.25 or 1/4")
        values[key] = Fraction(text)
    return values


def _random(name: str, options: str) -> MultiTaskProblem:
    parts = options.split(",")
    if len(parts) not in (1, 4) or not all(re.fullmatch("[0-9]{1,99}", part) for part in parts):
        raise InvalidInput(f"problem {name!r} must read random:SEED or random:SEED,N,S,A")
    seed, *sizes = (int(part) for part in parts)
    return random_problem(seed, *sizes)


def _unknown(name: str, family: str) -> InvalidInput:
    families = sorted({offered.name for offered in entry_points(group=GROUP)})
    near = difflib.get_close_matches(family, ["example-1", "example-2", "random", *families])
    if near:
        return InvalidInput(f"unknown problem {name!r}, did you mean {' or '.join(near)}?")
    known = ", ".join((*NAMES, *(f"{offered}:NAME" for offered in families)))
    return InvalidInput(
        f"unknown problem {name!r}; known are {known} and paths of .toml or .npz files"
    )
