r"""The constants that the bounds are made of: the paper's, and sharp ones.

X = 1/(1 - gamma_j) is a task's horizon, R its rewards' range, |S_j| its states, |S| those of the
union. The paper's are for R = 1.

======================  ================================  =====================================
constant                paper                             sharp
======================  ================================  =====================================
sum_a of d pi           C' = 2                            1/sqrt 2
sum_a of d^2 pi         C'' = 6                           2/(3 sqrt 3)
norm of grad V_j        X^2 (Lemma B.1)                   R min(sqrt|S_j| X, X^(3/2))/(2 sqrt 2)
smoothness of V_j       8 X^3 (Lemma B.5)                 R min(|S_j| X/(3 sqrt 3), X^2/2)
lambda RE, Lipschitz    lambda (1 + 1/sqrt|A|)            lambda sqrt((1 - 1/|A|)/|S|)
lambda RE, smooth       2 lambda/|S|                      lambda/(2|S|)
======================  ================================  =====================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flint

from dcpg_theory.bounds.arithmetic import (
    Number,
    at_working_precision,
    exact,
    largest,
    root,
    smallest,
)
from dcpg_theory.bounds.statements import Statement, statement_named
from dcpg_theory.bounds.task_sizes import Sizes, TaskSizes
from dcpg_theory.errors import InvalidInput

__all__ = [
    "Constants",
    "SharpConstants",
    "combined",
    "constants",
    "paper_gradient_norm",
    "paper_gradient_total",
    "paper_smoothness_total",
    "paper_value_smoothness",
    "regularizer_lipschitz",
    "regularizer_smoothness",
    "sharp_constants",
    "value_gradient_norm",
    "value_smoothness",
]

Counted = Sequence[tuple[Number, int]]
"""Numbers, and for how many tasks each."""

_TWO, _THREE = flint.fmpq(2), flint.fmpq(3)


def value_smoothness(task: TaskSizes) -> Number:
    r"""Return R min(|S_j| X/(3 sqrt 3), X^2/2), a Lipschitz constant of grad V_j."""
    x, r = task.horizon, task.reward_length
    return r * smallest(task.n_states * x / (3 * root(_THREE)), x * x / 2)


def value_gradient_norm(task: TaskSizes) -> Number:
    r"""Return R min(sqrt|S_j| X, X^(3/2))/(2 sqrt 2), a bound of the norm of grad V_j."""
    x, r = task.horizon, task.reward_length
    return r * x * root(min(flint.fmpq(task.n_states), x)) / (2 * root(_TWO))


def regularizer_lipschitz(regularization: Number, n_states: int, n_actions: int) -> Number:
    """Return lambda sqrt((1 - 1/|A|)/|S|), a bound of the norm of lambda grad RE (eq-89-sharp)."""
    return regularization * root((1 - flint.fmpq(1, n_actions)) / n_states)


def regularizer_smoothness(regularization: Number, n_states: int) -> Number:
    """Return lambda/(2|S|), a Lipschitz constant of lambda grad RE (eq-90-sharp)."""
    return regularization / (2 * n_states)


def paper_value_smoothness(task: TaskSizes) -> Number:
    """Return 8 X^3 of Lemma B.5."""
    return 8 * task.horizon**3


def paper_gradient_norm(task: TaskSizes, regularization: Number) -> Number:
    """Return X^2 + 2 lambda of Lemma B.1, for one task."""
    return task.horizon**2 + 2 * regularization


def paper_gradient_total(sizes: Sizes, regularization: Number) -> Number:
    """Return D = 2 N lambda + sum_j X_j^2, (22)."""
    return sizes.total(lambda task: paper_gradient_norm(task, regularization))


def paper_smoothness_total(sizes: Sizes, regularization: Number) -> Number:
    """Return beta^lambda = sum_j (8 X_j^3 + 2 lambda/|S|), (27)."""
    of_regularizer = 2 * regularization / sizes.n_states
    return sizes.total(lambda task: paper_value_smoothness(task) + of_regularizer)


@dataclass(frozen=True, slots=True)
class SharpConstants:
    """What the sharp Theorem 1 and 2 are stated in; `Delta` is the room to climb.

    Attributes
    ----------
    mean_smoothness, rms_smoothness, max_smoothness : Number
        bbar, b_rms and b: mean, root mean square and maximum of b_j = b^V_j + lambda/(2|S|).
    mean_value_smoothness : Number
        bVbar, the mean of b^V_j.
    mean_value_gradient : Number
        The mean of the bounds of the norms of grad V_j: no gradient of the objective is longer.
    rms_gradient : Number
        G_rms, the root mean square of G_j.
    regularizer_lipschitz : Number
        lambda sqrt((1 - 1/|A|)/|S|).
    room : Number
        Delta: at least sup f - f(theta^0), f = (1/N) sum_j L_j.
    consensus : bool
        Whether agents can differ at all: not if there is one, or all have the same task.
    """

    mean_smoothness: Number
    rms_smoothness: Number
    max_smoothness: Number
    mean_value_smoothness: Number
    mean_value_gradient: Number
    rms_gradient: Number
    regularizer_lipschitz: Number
    room: Number
    consensus: bool


def sharp_constants(
    sizes: Sizes, regularization: Number, initial_entropy: Number
) -> SharpConstants:
    """Return the constants of the sharp theorems for sizes."""
    room = sizes.mean(lambda task: task.reward_length * task.horizon)
    return combined(
        [(value_smoothness(task), count) for task, count in sizes.tasks],
        [(value_gradient_norm(task), count) for task, count in sizes.tasks],
        sizes,
        regularization,
        room + regularization * initial_entropy,
        consensus=sizes.n_agents > 1,
    )


def combined(
    smoothness: Counted,
    gradient_norms: Counted,
    sizes: Sizes,
    regularization: Number,
    room: Number,
    *,
    consensus: bool,
) -> SharpConstants:
    """Return means, root mean squares and the maximum of the b_j and of G_j.

    Parameters
    ----------
    smoothness, gradient_norms : sequence of (Number, int)
        b^V_j and g_j, and for how many tasks. The regularizer's constants are added here.
    """
    lipschitz = regularizer_lipschitz(regularization, sizes.n_states, sizes.n_actions)
    curvature = regularizer_smoothness(regularization, sizes.n_states)
    n = sizes.n_agents
    return SharpConstants(
        mean_smoothness=_mean(smoothness, n) + curvature,
        rms_smoothness=root(_mean([((b + curvature) ** 2, k) for b, k in smoothness], n)),
        max_smoothness=largest(*(b for b, _ in smoothness)) + curvature,
        mean_value_smoothness=_mean(smoothness, n),
        mean_value_gradient=_mean(gradient_norms, n),
        rms_gradient=root(_mean([((g + lipschitz) ** 2, k) for g, k in gradient_norms], n)),
        regularizer_lipschitz=lipschitz,
        room=room,
        consensus=consensus,
    )


def _mean(counted: Counted, n: int) -> Number:
    return sum((count * value for value, count in counted), start=flint.fmpq(0)) / n


@dataclass(frozen=True, slots=True)
class Constants:
    """The constants of one statement, for tables; lists go with ``sizes.tasks``.

    Attributes
    ----------
    softmax_first, softmax_second : Number
        C' and C'': sum_a |pi'| and sum_a |pi''| along a unit vector.
    value_gradient_norm, value_smoothness : tuple of Number
        For each kind of task.
    regularizer_lipschitz, regularizer_smoothness : Number or None
        None without a lambda.
    gradient_total, smoothness_total : Number or None
        The paper's D and beta^lambda; sharp: N G_rms and the sum of the b_j.
    """

    softmax_first: Number
    softmax_second: Number
    value_gradient_norm: tuple[Number, ...]
    value_smoothness: tuple[Number, ...]
    regularizer_lipschitz: Number | None
    regularizer_smoothness: Number | None
    gradient_total: Number | None
    smoothness_total: Number | None


@at_working_precision
def constants(sizes: Sizes, statement: Statement | str, regularization: Any = None) -> Constants:
    """Return the constants of a statement; printed and corrected for rewards mapped to [0, 1].

    Parameters
    ----------
    sizes : Sizes
    statement : Statement or its name
        ``printed``, ``corrected`` or ``sharp``; the constants of ``instance`` are found by
        `instance_constants`.
    regularization : number, optional
        lambda; for the paper's constants divided by the rewards' range. Without it the
        regularizer's constants and the totals are None.

    Raises
    ------
    InvalidInput
        If the statement is none of these, or lambda is no number.
    """
    statement = statement_named(statement)
    if statement not in (Statement.PRINTED, Statement.CORRECTED, Statement.SHARP):
        raise InvalidInput(f"statement={str(statement)!r} has no constants of its own")
    lam = None if regularization is None else exact(regularization, "regularization")
    tasks = [task for task, _ in sizes.tasks]
    if statement is Statement.SHARP:
        sharp = None if lam is None else sharp_constants(sizes, lam, flint.fmpq(0))
        return Constants(
            softmax_first=1 / root(_TWO),
            softmax_second=2 / (3 * root(_THREE)),
            value_gradient_norm=tuple(map(value_gradient_norm, tasks)),
            value_smoothness=tuple(map(value_smoothness, tasks)),
            regularizer_lipschitz=sharp and sharp.regularizer_lipschitz,
            regularizer_smoothness=lam
            if lam is None
            else regularizer_smoothness(lam, sizes.n_states),
            gradient_total=sharp and sizes.n_agents * sharp.rms_gradient,
            smoothness_total=sharp and sizes.n_agents * sharp.mean_smoothness,
        )
    share = 1 + 1 / root(flint.fmpq(sizes.n_actions))
    return Constants(
        softmax_first=flint.fmpq(2),
        softmax_second=flint.fmpq(6),
        value_gradient_norm=tuple(task.horizon**2 for task in tasks),
        value_smoothness=tuple(map(paper_value_smoothness, tasks)),
        regularizer_lipschitz=None if lam is None else lam * share,
        regularizer_smoothness=None if lam is None else 2 * lam / sizes.n_states,
        gradient_total=None if lam is None else paper_gradient_total(sizes, lam),
        smoothness_total=None if lam is None else paper_smoothness_total(sizes, lam),
    )
