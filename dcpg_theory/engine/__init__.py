"""The engine: Algorithm 1 in float64, on compiled paths, with recording and checkpoints.

`run_dcpg` is the one call, `run_batch` that for thousands of small problems; `paths` says which
implementations there are, and `reference` is the readable one. Names load on first use
(PEP 562), so that a command that fails on bad input fails at once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dcpg_theory.engine import paths as paths
    from dcpg_theory.engine import reference as reference
    from dcpg_theory.engine.accuracy import Accuracy
    from dcpg_theory.engine.batch_runs import BatchTrace, run_batch
    from dcpg_theory.engine.batches import Batch, random_batch, stacked
    from dcpg_theory.engine.checkpoints import Checkpoint
    from dcpg_theory.engine.estimators import GradientEstimator, Reinforce
    from dcpg_theory.engine.executors import executor
    from dcpg_theory.engine.recording import Record
    from dcpg_theory.engine.results import load_result, save_result
    from dcpg_theory.engine.running import run_dcpg
    from dcpg_theory.engine.streams import read_record
    from dcpg_theory.engine.trace import Trace

_EXPORTS = {
    "Accuracy": "accuracy",
    "Batch": "batches",
    "BatchTrace": "batch_runs",
    "Checkpoint": "checkpoints",
    "GradientEstimator": "estimators",
    "Record": "recording",
    "Reinforce": "estimators",
    "Trace": "trace",
    "executor": "executors",
    "load_result": "results",
    "random_batch": "batches",
    "read_record": "streams",
    "run_batch": "batch_runs",
    "run_dcpg": "running",
    "save_result": "results",
    "stacked": "batches",
}
_SUBMODULES = ("paths", "reference")

__all__ = [
    "Accuracy",
    "Batch",
    "BatchTrace",
    "Checkpoint",
    "GradientEstimator",
    "Record",
    "Reinforce",
    "Trace",
    "executor",
    "load_result",
    "paths",
    "random_batch",
    "read_record",
    "reference",
    "run_batch",
    "run_dcpg",
    "save_result",
    "stacked",
]


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(importlib.import_module(f"{__name__}.{_EXPORTS[name]}"), name)
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
