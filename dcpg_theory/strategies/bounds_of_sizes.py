"""Bounds that callers give to a strategy, checked at once and drawn from."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from dcpg_theory.errors import InvalidInput

__all__ = ["Sizes", "checked_flag", "one_size", "sizes"]


class Sizes:
    """The inclusive range of a size, such as the number of states."""

    __slots__ = ("least", "most", "name")

    def __init__(self, name: str, least: int, most: int) -> None:
        self.name, self.least, self.most = name, least, most

    @property
    def strategy(self) -> st.SearchStrategy[int]:
        """The sizes, shrinking to the least."""
        return st.integers(self.least, self.most)


def sizes(name: str, least: Any, most: Any, *, default_most: int) -> Sizes:
    """Return a range of sizes of at least 1.

    Parameters
    ----------
    name : str
        As in ``min_states``, without the ``min_``.
    least : int
    most : int or None
        None stands for `default_most`, or `least` if that is greater.
    default_most : int

    Raises
    ------
    InvalidInput
        If a bound is no integer of at least 1, or the bounds cross.
    """
    _check(f"min_{name}", least)
    if most is None:
        most = max(least, default_most)
    _check(f"max_{name}", most)
    if least > most:
        raise InvalidInput(f"min_{name}={least} must be at most max_{name}={most}")
    return Sizes(name, least, most)


def one_size(name: str, size: Any) -> int:
    """Return a size that is given as one number.

    Raises
    ------
    InvalidInput
        If it is no integer of at least 1.
    """
    _check(name, size)
    return int(size)


def checked_flag(name: str, value: Any) -> bool | None:
    """Return an option that is True, False, or None for either.

    Raises
    ------
    InvalidInput
        If it is something else.
    """
    if value is not None and not isinstance(value, bool):
        raise InvalidInput(f"{name}={value!r} must be True, False, or None for either")
    return value


def _check(name: str, size: Any) -> None:
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise InvalidInput(f"{name}={size!r} must be an integer of at least 1")
