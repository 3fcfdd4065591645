"""Decentralized policy gradient for multi-task reinforcement learning, executable and checked.

Submodules and the three public classes load on first use (PEP 562), so that importing the package
costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_EXPORTS = {
    "FiniteMDP": "dcpg_theory.models",
    "MultiTaskProblem": "dcpg_theory.models",
    "run_dcpg": "dcpg_theory.engine",
}
_SUBMODULES = (
    "bounds",
    "cli",
    "engine",
    "errors",
    "exact",
    "ledger",
    "models",
    "report",
    "search",
    "strategies",
    "testing",
    "theory",
)

__all__ = ["FiniteMDP", "MultiTaskProblem", "__version__", "run_dcpg", *_SUBMODULES]


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(importlib.import_module(_EXPORTS[name]), name)
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
