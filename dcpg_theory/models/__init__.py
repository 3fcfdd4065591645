"""Models: finite MDPs, multi-task problems, policies, graphs and mixing matrices, the examples.

Submodules and names load on first use (PEP 562), so that a model costs no more than it needs:
networkx comes with `graphs`, scipy.sparse with the first sparse model.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dcpg_theory.models import examples as examples
    from dcpg_theory.models import graphs as graphs
    from dcpg_theory.models import policies as policies
    from dcpg_theory.models.examples import example_1, example_2, example_policy
    from dcpg_theory.models.finite_mdp import FiniteMDP
    from dcpg_theory.models.mixing import MixingMatrix
    from dcpg_theory.models.multi_task_problem import MultiTaskProblem
    from dcpg_theory.models.named_problems import problem
    from dcpg_theory.models.policies import (
        check_policy,
        deterministic_policy,
        log_softmax,
        policy_from_weights,
        softmax,
        uniform_policy,
    )
    from dcpg_theory.models.problem_files import load_problem, save_problem
    from dcpg_theory.models.random_problems import random_problem

_EXPORTS = {
    "FiniteMDP": "finite_mdp",
    "MixingMatrix": "mixing",
    "MultiTaskProblem": "multi_task_problem",
    "check_policy": "policies",
    "deterministic_policy": "policies",
    "example_1": "examples",
    "example_2": "examples",
    "example_policy": "examples",
    "load_problem": "problem_files",
    "log_softmax": "policies",
    "policy_from_weights": "policies",
    "problem": "named_problems",
    "random_problem": "random_problems",
    "save_problem": "problem_files",
    "softmax": "policies",
    "uniform_policy": "policies",
}
_SUBMODULES = ("examples", "graphs", "policies")

__all__ = [
    "FiniteMDP",
    "MixingMatrix",
    "MultiTaskProblem",
    "check_policy",
    "deterministic_policy",
    "example_1",
    "example_2",
    "example_policy",
    "examples",
    "graphs",
    "load_problem",
    "log_softmax",
    "policies",
    "policy_from_weights",
    "problem",
    "random_problem",
    "save_problem",
    "softmax",
    "uniform_policy",
]


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(importlib.import_module(f"{__name__}.{_EXPORTS[name]}"), name)
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
