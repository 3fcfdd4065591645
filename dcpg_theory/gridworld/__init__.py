"""GridWorld, Section 5.1: maps, models and simulators, the settings of Fig. 2, what they show.

Names load on first use (PEP 562).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dcpg_theory.gridworld.maps import grid_text, load_map, parse_map, parse_toml_map
    from dcpg_theory.gridworld.settings import SETTINGS, Setting, setting
    from dcpg_theory.gridworld.toy_text import toy_text_task
    from dcpg_theory.gridworld.worlds import ACTIONS, Endings, GridTask, GridWorld

_EXPORTS = {
    "ACTIONS": "worlds",
    "Endings": "worlds",
    "GridTask": "worlds",
    "GridWorld": "worlds",
    "SETTINGS": "settings",
    "Setting": "settings",
    "grid_text": "maps",
    "load_map": "maps",
    "parse_map": "maps",
    "parse_toml_map": "maps",
    "setting": "settings",
    "toy_text_task": "toy_text",
}

__all__ = [
    "ACTIONS",
    "SETTINGS",
    "Endings",
    "GridTask",
    "GridWorld",
    "Setting",
    "grid_text",
    "load_map",
    "parse_map",
    "parse_toml_map",
    "setting",
    "toy_text_task",
]


def __getattr__(name: str) -> Any:
    if name in _EXPORTS:
        return getattr(importlib.import_module(f"{__name__}.{_EXPORTS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
