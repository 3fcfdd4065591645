"""Results of drone experiments that were run, as `dcpg drone table` wrote them.

Each file says the command, seeds, versions and hardware that made it.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["recorded_tables"]


@cache
def recorded_tables() -> dict[str, dict[str, Any]]:
    """Return the recorded tables by the names of their files, see `experiment.collected`."""
    folder = files(__package__)
    found = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
    return {
        name.removesuffix(".json"): json.loads((folder / name).read_text(encoding="utf-8"))
        for name in found
    }
