"""Writes the TOML of problem files: one line for each innermost row, so that people can read it.

The standard library reads TOML and does not write it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dcpg_theory.errors import InvalidInput

__all__ = ["toml_text"]

_INTEGER = re.compile(r"-?[0-9]{1,18}")
"""Integers of TOML have 64 bits; longer ones stay strings."""


def toml_text(head: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]]) -> str:
    """Return a document of top-level keys and of one table ``[[tasks]]`` for each task.

    Parameters
    ----------
    head, tasks : mappings
        Values are integers, floats, strings, and nested sequences or arrays of them. A string of
        digits in an array is written as an integer where it means a number; labels of states, which
        are plain tuples, stay as they are.

    Raises
    ------
    InvalidInput
        If a string is no Unicode text.

    Examples
    --------
    >>> print(toml_text({"version": 1}, [{"discount": "1/2", "rewards": np.eye(2)}]))
    version = 1
    <BLANKLINE>
    [[tasks]]
    discount = "1/2"
    rewards = [
      [1.0, 0.0],
      [0.0, 1.0],
    ]
    <BLANKLINE>
    """
    lines = [f"{key} = {_value(value)}" for key, value in head.items()]
    for task in tasks:
        lines += ["", "[[tasks]]"]
        lines += [f"{key} = {_value(_plain(value))}" for key, value in task.items()]
    return "\n".join(lines) + "\n"


def _plain(value: Any) -> Any:
    """Return an array as nested lists, its whole numbers written as strings as integers."""
    if not isinstance(value, np.ndarray):
        return value
    return _integers(value.tolist()) if value.dtype == object else value.tolist()


def _integers(value: Any) -> Any:
    if isinstance(value, list):
        return [_integers(item) for item in value]
    return int(value) if _INTEGER.fullmatch(value) else value


def _value(value: Any, indent: str = "") -> str:
    if isinstance(value, str):
        return _string(value)
    if not isinstance(value, list | tuple):
        return repr(value)
    if not any(isinstance(item, list) for item in value):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    rows = "".join(f"{indent}  {_value(item, indent + '  ')},\n" for item in value)
    return f"[\n{rows}{indent}]"


def _string(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidInput(f"{text!r} is no Unicode text, it cannot be written to TOML") from None
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
