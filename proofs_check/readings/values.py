r"""Printed symbols of both examples and what they stand for: ``V_1^{\pi_{d,l}}(S_3)`` and the like.

In the first example all named policies take L at S2 and S4; in the second it does not matter.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from dcpg_theory import theory
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.boxes import Box, open_interval
from dcpg_theory.exact.numbers import Array, NumberKind, as_array
from dcpg_theory.exact.rational_functions import RationalFunction, symbols
from dcpg_theory.models.examples import ACTIONS, example_1, example_2, example_policy
from dcpg_theory.models.policies import policy_from_weights
from proofs_check.readings.printed import looked_up, number
from proofs_check.symbols import EXAMPLE_2, NAMES_1, NAMES_2, gamma, left, p

__all__ = [
    "AROUND_ROOT",
    "AT_ROOT",
    "LEFT_AT_S3",
    "ONLY_P",
    "PRINTED_STATES",
    "ROOT",
    "WITH_E",
    "action_of",
    "at_root",
    "in_example_1",
    "in_example_2",
    "in_example_2_at_root",
    "policy",
    "root",
    "softmax_at",
    "state_of",
    "task",
]

HALF = Fraction(1, 2)
PRINTED_STATES = tuple(f"S_{k}" for k in range(1, 6))
LEFT_AT_S3 = {1: Fraction(0), 2: Fraction(1), 3: HALF}
_FIRST: Mapping[str, Any] = MappingProxyType(
    {
        r"\pi_{d,l}": 1,
        r"\pi_{d,r}": 0,
        r"\pi_l": 1,
        r"\pi_r": 0,
        r"\pi_s": left,
        r"\pi^*": HALF,
    }
)

# sqrt(2) as a variable whose square is 2; gamma = sqrt(1/2) is half of it.
root = symbols("sqrt2")[0]
ROOT: Mapping[str, Fraction] = MappingProxyType({"sqrt2": Fraction(2)})
AT_ROOT = NAMES_2 | {r"\gamma": root / 2, r"\sqrt{2}": root}
ONLY_P = Box(p=EXAMPLE_2["p"])
WITH_E = EXAMPLE_2.replace(e=open_interval(2, 3))
AROUND_ROOT = ONLY_P.replace(sqrt2=open_interval(Fraction(7, 5), Fraction(3, 2)))


def state_of(printed: str) -> int:
    """Return the index of a printed state."""
    return int(looked_up({name: k for k, name in enumerate(PRINTED_STATES)}, printed))


def policy(number: int) -> Any:
    """Return pi_1, pi_2 or pi_3 of the second example; the other states' actions do not matter."""
    return example_policy(HALF, LEFT_AT_S3[number], HALF)


def task(number: int) -> Any:
    """Return task 1 or 2 of the second example over Q(gamma, p)."""
    return example_2(gamma, p).tasks[number - 1]


def _with_sums(values: dict[str, Any], policies: Any) -> dict[str, Any]:
    """Add the sums over both tasks, printed without an index."""
    for name in policies:
        for state in PRINTED_STATES:
            one, two = (values[rf"V_{k}^{{{name}}}({state})"] for k in (1, 2))
            values[rf"V^{{{name}}}({state})"] = one + two
    return values


@functools.cache
def _in_example_1() -> Mapping[str, Any]:
    values: dict[str, Any] = {}
    for k, model in enumerate(example_1(gamma).tasks, start=1):
        for name, at_s3 in _FIRST.items():
            solved = theory.value(model, example_policy(1, at_s3, 1))
            for state, value in zip(PRINTED_STATES, solved, strict=True):
                values[rf"V_{k}^{{{name}}}({state})"] = value
    return MappingProxyType(_with_sums(values, _FIRST))


@functools.cache
def _in_example_2() -> Mapping[str, Any]:
    values: dict[str, Any] = {}
    for k, model in enumerate(example_2(gamma, p).tasks, start=1):
        for n in LEFT_AT_S3:
            solved = theory.value(model, policy(n))
            for state, value in zip(PRINTED_STATES, solved, strict=True):
                values[rf"V_{k}^{{\pi_{n}}}({state})"] = value
            values[rf"V_{k}^{{\pi_{n}}}(\rho_{k})"] = theory.objective(model, policy(n))
    return MappingProxyType(values)


def in_example_1(at: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the values of the first example with gamma and p, at p = 1/2 if `at` says so."""
    if at is None:
        return NAMES_1 | dict(_in_example_1())
    point = {"gamma": gamma, "left": left} | dict(at)
    return {name: value.evaluate(point) for name, value in in_example_1().items()}


def in_example_2() -> dict[str, Any]:
    """Return the values of pi_1, pi_2 and pi_3 in the second example, with gamma and p."""
    return NAMES_2 | dict(_in_example_2())


def in_example_2_at_root() -> dict[str, Any]:
    """Return the same at gamma = sqrt(1/2)."""
    return AT_ROOT | {name: at_root(value) for name, value in _in_example_2().items()}


def at_root(function: Any) -> Any:
    """Return a function of gamma and p at gamma = sqrt(1/2)."""
    return function.evaluate({"gamma": root / 2, "p": p})


def softmax_at(*parameters: str) -> Array:
    r"""Return the softmax of printed parameters, one of which may be ``\infty``: a limit.

    With e as a symbol, parameters that differ give no number, as they should not.

    Examples
    --------
    >>> softmax_at("1", r"\infty"), softmax_at("1", "1")
    (array([0, 1], dtype=object), array([1/2, 1/2], dtype=object))
    """
    e, vanishing = symbols("e", "u")
    infinite = [text == r"\infty" for text in parameters]
    if sum(infinite) > 1:
        raise InvalidInput(f"{parameters} has no limit")
    whole = [0 if limit else number(x) for x, limit in zip(parameters, infinite, strict=True)]
    if any(x.denominator != 1 for x in whole if isinstance(x, Fraction)):
        raise InvalidInput(f"{parameters} must be whole numbers or infinite")
    weights = [
        e / e if limit else e ** int(x) * (vanishing if any(infinite) else e / e)
        for x, limit in zip(whole, infinite, strict=True)
    ]
    row = policy_from_weights([weights])[0]
    limits = [entry.evaluate({"u": 0, "e": e}) for entry in row]
    return as_array([_constant(entry) for entry in limits], NumberKind.SYMBOLIC)


def _constant(value: Any) -> Any:
    known = isinstance(value, RationalFunction) and value.is_constant()
    return value.as_constant() if known else value


def action_of(printed: str) -> int:
    """Return the index of a printed action."""
    return int(looked_up({name: k for k, name in enumerate(ACTIONS)}, printed))
