"""Ball arithmetic: numbers with rigorous error bounds (python-flint's `arb`).

flint keeps its working precision in one global; `precision` sets it for a block and puts it back.
Comparisons of overlapping balls are False both ways, so `relation_holds` answers True, False or
None and never takes "not less" for "greater or equal".
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import flint

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.rational_functions import as_fmpq

__all__ = ["NEGATED", "RELATIONS", "ball", "precision", "relation_holds", "square_root"]

RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
NEGATED = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Work at `bits` bits inside the block.

    Raises
    ------
    InvalidInput
        If `bits` is not a whole number of at least 2.
    """
    if not isinstance(bits, int) or bits < 2:
        raise InvalidInput(f"bits={bits!r} must be a whole number >= 2")
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before


def ball(value: Any) -> flint.arb:
    """Return the smallest ball at the current precision around an exact value."""
    return value if isinstance(value, flint.arb) else flint.arb(as_fmpq(value))


def square_root(value: Any) -> flint.arb:
    """Enclose the square root of a non-negative number.

    Raises
    ------
    InvalidInput
        If the value may be negative.
    """
    enclosure = ball(value)
    if not enclosure >= 0:
        raise InvalidInput(f"square root of {value}, which may be negative")
    return enclosure.sqrt()


def relation_holds(left: Any, relation: str, right: Any) -> bool | None:
    """Decide a relation between exact numbers or balls.

    Returns
    -------
    bool or None
        None when the balls overlap and nothing can be said.

    Raises
    ------
    InvalidInput
        If the relation is unknown or a side is a float.
    """
    if relation not in RELATIONS:
        raise InvalidInput(f"relation={relation!r} must be one of {', '.join(RELATIONS)}")
    if not isinstance(left, flint.arb) and not isinstance(right, flint.arb):
        return bool(RELATIONS[relation](as_fmpq(left), as_fmpq(right)))
    one, two = ball(left), ball(right)
    if not (one.is_finite() and two.is_finite()):
        return None
    if relation in ("=", "!="):
        if not one.overlaps(two):
            return relation == "!="
        # Two overlapping balls prove equality only when both are single points.
        return (relation == "=") if one.is_exact() and two.is_exact() and one == two else None
    if RELATIONS[relation](one, two):
        return True
    return False if RELATIONS[NEGATED[relation]](one, two) else None
