r"""The two examples of Section 2.2, each from one definition for all number kinds.

Both live on a corridor of five states, Fig. 1::

    S1 - S2 - S3 - S4 - S5

S1 and S5 are absorbing, every run starts at S3, both tasks share one discount. In task 1 entering
S1 pays +1 and entering S5 pays -1; in task 2 it is the other way round. Rewards stand on the
action, as the expectation over the next state; staying in S1 or S5 pays nothing. At S3 the action L
moves to S2 and R moves to S4 in both tasks. The examples differ at S2 and S4:

- example 1: in task 1 L moves left and R moves right, in task 2 they are reversed;
- example 2: the action does not matter; task 1 moves right with probability p, task 2 left.

Given as symbols, discount and p make every entry a rational function::

>>> from dcpg_theory.exact.rational_functions import symbols
>>> gamma, p = symbols("gamma", "p")
>>> example_2(gamma, p).tasks[0].rewards[1]
array([-p + 1, -p + 1], dtype=object)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array, NumberKind, as_array, as_scalar, number_kind
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.multi_task_problem import MultiTaskProblem

__all__ = ["ACTIONS", "STATES", "example_1", "example_2", "example_policy"]

STATES = ("S1", "S2", "S3", "S4", "S5")
ACTIONS = ("L", "R")

S1, S2, S3, S4, S5 = range(5)
L, R = range(2)

Moves = Mapping[tuple[int, int], Mapping[int, Any]]
"""The distribution of the next state for each state and action."""

_AT_THE_START: Moves = {(S3, L): {S2: 1}, (S3, R): {S4: 1}}


def example_1(discount: Any) -> MultiTaskProblem:
    """Return the example in which no deterministic policy is optimal (Fig. 1).

    Parameters
    ----------
    discount : number
        In (0, 1), of any number kind, also a symbol. The problem's entries are of its kind.

    Raises
    ------
    InvalidInput
        If the discount is out of range.

    Examples
    --------
    >>> example_1(0.9)
    MultiTaskProblem(2 tasks, 5 states, 2 actions, float64)
    """
    left, right = _neighbours(1), _neighbours(0)
    task_1 = {(S2, L): left[S2], (S2, R): right[S2], (S4, L): left[S4], (S4, R): right[S4]}
    task_2 = {(S2, L): right[S2], (S2, R): left[S2], (S4, L): right[S4], (S4, R): left[S4]}
    return _problem(task_1, task_2, discount, number_kind(discount))


def example_2(discount: Any, p: Any) -> MultiTaskProblem:
    """Return the example with a stationary point that is not globally optimal.

    Parameters
    ----------
    discount : number
        In (0, 1), of any number kind, also a symbol.
    p : number
        In [0, 1]; the paper takes 1/2 < p <= 1. The problem's entries are of the kind that the two
        promote to jointly.

    Raises
    ------
    InvalidInput
        If a number is out of range.

    Examples
    --------
    >>> from fractions import Fraction
    >>> example_2(Fraction(9, 10), Fraction(3, 4)).tasks[1].rewards[1]
    array([-3/4, -3/4], dtype=object)
    """
    kind = number_kind(discount, p)
    p = as_scalar(p, kind)
    if kind is not NumberKind.SYMBOLIC and (p < 0 or p > 1):
        raise InvalidInput(f"p={p} must lie in the closed interval [0, 1]")
    rightward, leftward = _neighbours(1 - p), _neighbours(p)
    task_1 = {(s, a): rightward[s] for s in (S2, S4) for a in (L, R)}
    task_2 = {(s, a): leftward[s] for s in (S2, S4) for a in (L, R)}
    return _problem(task_1, task_2, discount, kind)


def example_policy(left_s2: Any, left_s3: Any, left_s4: Any) -> Array:
    """Return the policy with these probabilities of L at S2, S3 and S4, and 1/2 at S1 and S5.

    Parameters
    ----------
    left_s2, left_s3, left_s4 : number
        In [0, 1], of any number kind, also symbols.

    Returns
    -------
    array, shape (5, 2)
        Of the kind that the three promote to jointly. Not checked: symbols have no range.

    Examples
    --------
    >>> example_policy(1, 0, 1)
    array([[1/2, 1/2],
           [1, 0],
           [0, 1],
           [1, 0],
           [1/2, 1/2]], dtype=object)
    """
    kind = number_kind(left_s2, left_s3, left_s4)
    one = as_scalar(1, kind)
    half = one / 2
    lefts = [half, *(as_scalar(left, kind) for left in (left_s2, left_s3, left_s4)), half]
    return as_array([[left, one - left] for left in lefts], kind)


def _neighbours(to_the_left: Any) -> dict[int, dict[int, Any]]:
    """Move one state left with this probability, else right, at S2 and at S4."""
    return {s: {s - 1: to_the_left, s + 1: 1 - to_the_left} for s in (S2, S4)}


def _problem(task_1: Moves, task_2: Moves, discount: Any, kind: NumberKind) -> MultiTaskProblem:
    tasks = [_task(task_1, {S1: 1, S5: -1}, discount, kind)]
    tasks.append(_task(task_2, {S1: -1, S5: 1}, discount, kind))
    return MultiTaskProblem(tasks)


def _task(moves: Moves, pay: Mapping[int, int], discount: Any, kind: NumberKind) -> FiniteMDP:
    zero, one = as_scalar(0, kind), as_scalar(1, kind)
    transitions = [[[zero] * 5 for _ in ACTIONS] for _ in STATES]
    rewards = [[zero] * 2 for _ in STATES]
    for (state, action), distribution in {**moves, **_AT_THE_START}.items():
        for after, probability in distribution.items():
            transitions[state][action][after] = as_scalar(probability, kind)
            rewards[state][action] += probability * pay.get(after, 0)
    for absorbing in (S1, S5):
        for action in (L, R):
            transitions[absorbing][action][absorbing] = one
    start = [one if state == S3 else zero for state in range(5)]
    return FiniteMDP(transitions, rewards, discount, start, STATES)
