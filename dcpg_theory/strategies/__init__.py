"""Hypothesis strategies for multi-task problems, policies, graphs and weights: for any test suite.

Everything is drawn as exact rationals, so that a failing example is an exact counterexample, and
shrinks towards textbook instances; `.map` takes it to floats or balls, as in
``multi_task_problems().map(MultiTaskProblem.to_float)``. Bounds are keyword arguments, and nonsense
is refused where the strategy is made. Importing this module registers the models' classes, so that
`hypothesis.strategies.from_type` finds them.
"""

from __future__ import annotations

from hypothesis import strategies as _st

from dcpg_theory.models.finite_mdp import FiniteMDP
from dcpg_theory.models.mixing import MixingMatrix
from dcpg_theory.models.multi_task_problem import MultiTaskProblem
from dcpg_theory.strategies.distributions import (
    simplex,
    softmax_policies,
    start_distributions,
    transition_kernels,
)
from dcpg_theory.strategies.networks import communication_graphs, mixing_matrices
from dcpg_theory.strategies.numbers import discounts, regularizations, step_sizes
from dcpg_theory.strategies.problems import (
    assumption_2_problems,
    finite_mdps,
    multi_task_problems,
)

__all__ = [
    "assumption_2_problems",
    "communication_graphs",
    "discounts",
    "finite_mdps",
    "mixing_matrices",
    "multi_task_problems",
    "regularizations",
    "simplex",
    "softmax_policies",
    "start_distributions",
    "step_sizes",
    "transition_kernels",
]

_st.register_type_strategy(FiniteMDP, finite_mdps())
_st.register_type_strategy(MultiTaskProblem, multi_task_problems())
_st.register_type_strategy(MixingMatrix, mixing_matrices())
