r"""Appendix B.5, sharper: every policy's value is an average of those of deterministic policies.

The identity is `theory.deterministic_mixture`; here both sides are evaluated as they are printed.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from dcpg_theory import theory
from dcpg_theory.exact.boxes import Box, open_interval
from dcpg_theory.exact.evidence import Evidence
from dcpg_theory.exact.kernel import Kernel
from dcpg_theory.exact.latex import normalized, parse
from dcpg_theory.exact.linear_algebra import determinant
from dcpg_theory.exact.numbers import NumberKind, as_array
from dcpg_theory.exact.rational_functions import symbols
from dcpg_theory.ledger import Kind, claim, misprint, narrate
from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.policies import deterministic_policy, policy_from_weights
from dcpg_theory.models.random_problems import random_problem
from proofs_check.symbols import DISCOUNT, own

WHERE = "Appendix B.5"
_HALF = Fraction(1, 2)


def _any_policy(seed: int, n_states: int, n_actions: int) -> tuple[FiniteMDP, Any]:
    """Return a random rational task with a free discount, and a policy all of whose rows are free."""
    drawn = random_problem(seed, 1, n_states, n_actions, exact=True).tasks[0]
    policy = np.empty((n_states, n_actions), dtype=object)
    for s in range(n_states):
        free = symbols(*(f"pi_{s + 1}{a + 1}" for a in range(n_actions - 1)))
        policy[s] = [*free, 1 - sum(free[1:], free[0])]
    return FiniteMDP(drawn.transitions, drawn.rewards, own, drawn.start), policy


_VALUE, _AVERAGE, _TOTAL = r"V_i^\pi(s)", r"\sum_f p(f) V_i^f(s)", r"\sum_f p(f)"
_CHANCE = r"\prod_{s'} \pi(f_{s'}|s')"
_PURE, _WHOLE = r"\det(I - \gamma_i P_i^f)", r"\det(I - \gamma_i P_i^\pi)"
_MIXTURE = rf"{_VALUE} = {_AVERAGE}, \quad p(f) = {_CHANCE} \frac{{{_PURE}}}{{{_WHOLE}}}, \quad {_TOTAL} = 1"
SHAPES = ((1, 2), (1, 3), (2, 2), (2, 3), (3, 2))
_LARGER = ((2, 5), (3, 3), (4, 2), (5, 2))


@claim(
    "b5-mixture-sharp",
    where=WHERE,
    statement=_MIXTURE,
    kind=Kind.IDENTITY,
    depends=("eq-1",),
    controls=(
        misprint(rf"\frac{{{_PURE}}}{{{_WHOLE}}}", ""),
        misprint(_PURE, rf"{_PURE}^2"),
        misprint("= 1", "= 2"),
    ),
    note=(
        "f runs through the deterministic policies. Checked for all policies and discounts of "
        "random rational tasks with (states, actions) = (1,2), (1,3), (2,2), (2,3), (3,2), and at "
        "one policy and discount with up to 5 states. In general it is the linearity of a "
        "determinant in each row, with Cramer's rule, for which there is no chain"
    ),
)
def mixture_of_deterministic_policies(kernel: Kernel) -> Evidence:
    """det(I - gamma P_pi) is linear in each row, and row s is an average over pi(.|s).

    The same holds for Cramer's numerator of V^pi, whose one other column holds the rewards of the
    rows. So both are averages over f, with the weights prod_s pi(f_s|s).
    """
    free = mixture_of(kernel, SHAPES, kernel.statement)
    rational = []
    for seed, (states, actions) in enumerate(_LARGER):
        mdp = random_problem(seed, 1, states, actions, exact=True).tasks[0]
        rows = [[1 + (3 * s + 2 * a * a) % 7 for a in range(actions)] for s in range(states)]
        policy = policy_from_weights(as_array(rows, NumberKind.RATIONAL))
        rational.append(_mixture(kernel, mdp, policy, kernel.statement))
    return kernel.confirmed(free, *rational)


def mixture_of(
    kernel: Kernel, shapes: Sequence[tuple[int, int]], statement: str = _MIXTURE
) -> Evidence:
    """Return the evidence of the mixture for free policies and discounts of some random tasks."""
    free = (_mixture(kernel, *_any_policy(k, *shape), statement) for k, shape in enumerate(shapes))
    return kernel.every(*free)


def _mixture(kernel: Kernel, mdp: FiniteMDP, policy: Any, statement: str) -> Evidence:
    """Read the three equations of the mixture, and evaluate both sides of each."""
    values = theory.deterministic_values(mdp)
    weights = theory.mixture_weights(mdp, policy)
    sides = [part.split("=", 1) for part in normalized(statement).split(",")]
    labels = ["the weights add up to one"]
    left = [parse(sides[2][0], {_TOTAL: weights.sum()})]
    right = [parse(sides[2][1], {})]
    for s, value in enumerate(theory.value(mdp, policy)):
        averaged = (weights * values[..., s]).sum()
        left.append(parse(sides[0][0], {_VALUE: value}))
        right.append(parse(sides[0][1], {_AVERAGE: averaged}))
        labels.append(f"state {s + 1}")
    whole = _determinant(mdp, policy)
    for f in np.ndindex(weights.shape):
        pure = deterministic_policy(f, mdp.n_actions, mdp.kind)
        chance = math.prod((policy[s, a] for s, a in enumerate(f)), start=0 * whole + 1)
        names = {_CHANCE: chance, _PURE: _determinant(mdp, pure), _WHOLE: whole}
        left.append(parse(sides[1][0], {"p(f)": weights[f]}))
        right.append(parse(sides[1][1], names))
        labels.append(f"f = {f}")
    free = {name for entry in policy.flat for name in getattr(entry, "names", ())}
    box = Box(**dict.fromkeys(sorted(free), open_interval(0, _HALF)))
    box = box.replace(gamma_i=DISCOUNT) if free else box
    return kernel.identity(left, right, box, labels=lambda k: labels[k[0]])


def _determinant(mdp: FiniteMDP, policy: Any) -> Any:
    step = mdp.discount * mdp.policy_transitions(policy)
    return determinant(np.eye(mdp.n_states, dtype=np.int64) - step)


if __name__ == "__main__":
    narrate(vars(sys.modules[__name__]))
