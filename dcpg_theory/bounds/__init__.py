"""Calculators of the rates: constants, step sizes, Theorem 1, Theorem 2, and their inverses.

Every function takes ``statement``: ``printed`` (the paper to the letter, right or wrong),
``corrected`` (the nearest true statement in the paper's constants), ``sharp`` (the strongest that
the ledger states), and for a `MultiTaskProblem` also ``instance``. It takes a problem or its
`Sizes` and a `MixingMatrix` or a `Spectrum`, and returns a `Bound`. Where a statement does not
apply it raises `AssumptionViolated` with the assumption's name. Names load on first use (PEP 562).

Examples
--------
>>> from dcpg_theory import bounds
>>> four = bounds.sizes([0.9], n_states=100, n_actions=4, agents=4)
>>> found = bounds.theorem_1(four, bounds.ring(4), regularization=0, iterations=10**6)
>>> found.claims[0]
'theorem-1-sharp'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dcpg_theory.bounds.admissible import theorem_1_step, theorem_2_step
    from dcpg_theory.bounds.coefficient import mismatch
    from dcpg_theory.bounds.grids import grid
    from dcpg_theory.bounds.instance import Measured, measured
    from dcpg_theory.bounds.inverse import accuracy_within, iterations_for_gradient
    from dcpg_theory.bounds.optimality import proposition_1, theorem_2
    from dcpg_theory.bounds.smoothness import Constants, SharpConstants, constants
    from dcpg_theory.bounds.spectra import (
        complete,
        directed_cycle,
        hypercube,
        path,
        ring,
        spectrum_of,
        star,
        torus,
    )
    from dcpg_theory.bounds.spectrum import Spectrum, single
    from dcpg_theory.bounds.statements import Bound, Statement
    from dcpg_theory.bounds.stationarity import theorem_1
    from dcpg_theory.bounds.task_sizes import Sizes, TaskSizes, sizes, sizes_of

_EXPORTS = {
    "Bound": "statements",
    "Constants": "smoothness",
    "SharpConstants": "smoothness",
    "Measured": "instance",
    "Sizes": "task_sizes",
    "Spectrum": "spectrum",
    "Statement": "statements",
    "TaskSizes": "task_sizes",
    "accuracy_within": "inverse",
    "complete": "spectra",
    "constants": "smoothness",
    "directed_cycle": "spectra",
    "grid": "grids",
    "hypercube": "spectra",
    "iterations_for_gradient": "inverse",
    "measured": "instance",
    "mismatch": "coefficient",
    "path": "spectra",
    "proposition_1": "optimality",
    "ring": "spectra",
    "single": "spectrum",
    "sizes": "task_sizes",
    "sizes_of": "task_sizes",
    "spectrum_of": "spectra",
    "star": "spectra",
    "theorem_1": "stationarity",
    "theorem_1_step": "admissible",
    "theorem_2": "optimality",
    "theorem_2_step": "admissible",
    "torus": "spectra",
}

__all__ = [
    "Bound",
    "Constants",
    "Measured",
    "SharpConstants",
    "Sizes",
    "Spectrum",
    "Statement",
    "TaskSizes",
    "accuracy_within",
    "complete",
    "constants",
    "directed_cycle",
    "grid",
    "hypercube",
    "iterations_for_gradient",
    "measured",
    "mismatch",
    "path",
    "proposition_1",
    "ring",
    "single",
    "sizes",
    "sizes_of",
    "spectrum_of",
    "star",
    "theorem_1",
    "theorem_1_step",
    "theorem_2",
    "theorem_2_step",
    "torus",
]


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(importlib.import_module(f"{__name__}.{_EXPORTS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
