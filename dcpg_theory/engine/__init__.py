"""The engine: Algorithm 1 in float64, with recording and checkpoints.

`run_dcpg` is the one call; `reference` is the readable loop behind it. Names load on first use
(PEP 562), so that a command that fails on bad input fails at once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dcpg_theory.engine import reference as reference
    from dcpg_theory.engine.checkpoints import Checkpoint
    from dcpg_theory.engine.estimators import GradientEstimator, Reinforce
    from dcpg_theory.engine.executors import executor
    from dcpg_theory.engine.recording import Record
    from dcpg_theory.engine.results import load_result, save_result
    from dcpg_theory.engine.running import run_dcpg
    from dcpg_theory.engine.streams import read_record
    from dcpg_theory.engine.trace import Trace

_EXPORTS = {
    "Checkpoint": "checkpoints",
    "GradientEstimator": "estimators",
    "Record": "recording",
    "Reinforce": "estimators",
    "Trace": "trace",
    "executor": "executors",
    "load_result": "results",
    "read_record": "streams",
    "run_dcpg": "running",
    "save_result": "results",
}
_SUBMODULES = ("reference",)

__all__ = [
    "Checkpoint",
    "GradientEstimator",
    "Record",
    "Reinforce",
    "Trace",
    "executor",
    "load_result",
    "read_record",
    "reference",
    "run_dcpg",
    "save_result",
]


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(importlib.import_module(f"{__name__}.{_EXPORTS[name]}"), name)
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
