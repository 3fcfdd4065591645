"""PROBLEM names that begin with ``gridworld:``, offered to the command line by an entry point."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from dcpg_theory.errors import InvalidInput
from dcpg_theory.gridworld.maps import load_map, parse_number
from dcpg_theory.gridworld.settings import SETTINGS, setting
from dcpg_theory.gridworld.toy_text import NAMES, toy_text_task
from dcpg_theory.gridworld.worlds import GridWorld
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["named_problem", "named_world"]

_TOY_DISCOUNT = Fraction(19, 20)


def named_problem(options: str) -> MultiTaskProblem:
    """Return the problem of ``gridworld:OPTIONS``.

    Parameters
    ----------
    options : str
        ``fig2a`` ... ``fig2e``, or the path of a map, with options like
        ``fig2a,endings=walk-through,discount=9/10``; or one or several of ``frozen-lake``,
        ``cliff-walking`` and ``taxi`` joined by ``+``, with the option ``discount``.

    Raises
    ------
    InvalidInput
        If a name is unknown, or an option or a map malformed.

    Examples
    --------
    >>> named_problem("fig2a")
    MultiTaskProblem(4 tasks, 101 states, 4 actions, float64)
    >>> named_problem("frozen-lake+cliff-walking,discount=0.9").n_tasks
    2
    """
    name, *given = options.split(",")
    if all(part in NAMES for part in name.split("+")):
        discount = _TOY_DISCOUNT
        for option in given:
            key, _, text = option.partition("=")
            if key != "discount":
                raise _unknown(options, option, "discount=NUMBER")
            discount = parse_number("discount", text)
        return MultiTaskProblem([toy_text_task(part, float(discount)) for part in name.split("+")])
    return named_world(options).problem()


def named_world(options: str) -> GridWorld:
    """Return the grid world of a setting's name or a map's path, with options as `named_problem`.

    Raises
    ------
    InvalidInput
        As `named_problem`.
    """
    name, *given = options.split(",")
    if name in SETTINGS:
        world = setting(name).world
    elif Path(name).suffix in (".txt", ".toml"):
        world = load_map(name)
    else:
        known = ", ".join((*SETTINGS, *NAMES))
        raise InvalidInput(
            f"unknown grid world {name!r}; known are {known}, and paths of maps, .txt or .toml"
        )
    for option in given:
        key, _, text = option.partition("=")
        if key == "endings":
            world = world.with_endings(text)
        elif key == "discount":
            world = world.with_discount(parse_number("discount", text))
        else:
            raise _unknown(options, option, "endings=RULE and discount=NUMBER")
    return world


def _unknown(options: str, option: str, known: str) -> InvalidInput:
    return InvalidInput(f"gridworld:{options}: unknown option {option!r}, it takes {known}")
