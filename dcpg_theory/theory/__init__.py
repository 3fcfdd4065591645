"""The paper's formulas, each written once and evaluated in four arithmetics.

Every function takes models and policies whose entries are float64, exact rationals, balls or
rational functions, and answers in the kind they promote to. A policy is an array of probabilities,
shape ``(n_states, n_actions)``; derivatives are with respect to the softmax parameter theta, but
are functions of the policy alone.

================================================  ================================================
:mod:`~dcpg_theory.theory.value`                  (1), (2): value, action value, advantage
:mod:`~dcpg_theory.theory.visitation`             Section 3, (17), (18): discounted visitation
:mod:`~dcpg_theory.theory.regularizer`            (6): relative entropy and its derivatives
:mod:`~dcpg_theory.theory.objective`              (5), (7): the sum over the tasks
:mod:`~dcpg_theory.theory.gradient`               (8), (16)
:mod:`~dcpg_theory.theory.hessian`                second derivatives, which the paper only bounds
:mod:`~dcpg_theory.theory.resolvent`              the one linear system behind all of them
:mod:`~dcpg_theory.theory.policy_derivative`      Appendix B.4: the derivative of the softmax (4)
:mod:`~dcpg_theory.theory.deterministic_mixture`  values as averages over deterministic policies
================================================  ================================================
"""

from __future__ import annotations

from dcpg_theory.theory.deterministic_mixture import deterministic_values, mixture_weights
from dcpg_theory.theory.gradient import gradient, task_gradient, value_gradient
from dcpg_theory.theory.hessian import hessian, task_hessian, value_hessian
from dcpg_theory.theory.objective import objective, task_objective
from dcpg_theory.theory.policy_derivative import softmax_jacobian
from dcpg_theory.theory.regularizer import (
    relative_entropy,
    relative_entropy_gradient,
    relative_entropy_hessian,
)
from dcpg_theory.theory.resolvent import resolvent, resolvent_solve
from dcpg_theory.theory.value import action_value, advantage, backup, value
from dcpg_theory.theory.visitation import visitation, visitation_matrix

__all__ = [
    "action_value",
    "advantage",
    "backup",
    "deterministic_values",
    "gradient",
    "hessian",
    "mixture_weights",
    "objective",
    "relative_entropy",
    "relative_entropy_gradient",
    "relative_entropy_hessian",
    "resolvent",
    "resolvent_solve",
    "softmax_jacobian",
    "task_gradient",
    "task_hessian",
    "task_objective",
    "value",
    "value_gradient",
    "value_hessian",
    "visitation",
    "visitation_matrix",
]
