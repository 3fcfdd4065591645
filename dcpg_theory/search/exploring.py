"""Exploring: hypothesis' targeted search over structures and starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase, Verbosity, given, settings

from dcpg_theory.exact.numbers import Array
from dcpg_theory.search.ascent import unflatten
from dcpg_theory.search.draws import one_of_these, whole_numbers
from dcpg_theory.search.targets import Structure, Target

__all__ = ["explore"]

_SCALES = (0.3, 1.0, 3.0, 10.0)


def explore(
    target: Target, options: Mapping[str, Any], *, seed: int, examples: int
) -> list[tuple[float, Structure, Array]]:
    """Return the best starts of so many examples, one for each structure met, best first.

    Parameters
    ----------
    target : Target
    options : mapping
        For the target's structures.
    seed : int
        The same seed explores the same examples.
    examples : int
    """
    best: dict[str, tuple[float, Structure, Array]] = {}

    @hypothesis.seed(seed)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.target],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(target.structures(options), whole_numbers(0, 2**32 - 1), one_of_these(_SCALES))
    def look(structure: Structure, draw: int, scale: float) -> None:
        shapes = target.shapes(structure)
        size = sum(int(np.prod(shape)) for shape in shapes.values())
        start = np.random.default_rng(draw).normal(size=size) * scale
        with np.errstate(all="ignore"):
            value = float(np.real(target.ratio(structure, unflatten(shapes, start))))
        if not np.isfinite(value):
            return
        hypothesis.target(value)
        key = repr(sorted(structure.items(), key=str))
        if key not in best or best[key][0] < value:
            best[key] = value, structure, start

    look()
    return sorted(best.values(), key=lambda found: -found[0])
