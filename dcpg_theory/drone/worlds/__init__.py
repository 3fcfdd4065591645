"""The four indoor worlds of the embedded simulator, made from seeds as MJCF.

They stand in for the four scenes of Section 5.2, which are not to be had, and are named as what
they are. What differs is what the paper names: light, wall colours, furniture and hallways.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dcpg_theory.drone.worlds.columns import columns
from dcpg_theory.drone.worlds.corridor import corridor
from dcpg_theory.drone.worlds.hall import hall
from dcpg_theory.drone.worlds.rooms import rooms
from dcpg_theory.errors import InvalidInput

__all__ = ["NAMES", "World", "world"]

_MAKERS: tuple[Callable[[np.random.Generator], str], ...] = (corridor, hall, rooms, columns)
NAMES: tuple[str, ...] = tuple(maker.__name__ for maker in _MAKERS)


@dataclass(frozen=True, slots=True)
class World:
    """A world to fly in.

    Attributes
    ----------
    name : str
    mjcf : str
        The MJCF text; sites named ``start-0``, ``start-1``, ... are the starts.
    folder : Path or None
        Where files that the text names are looked for.
    """

    name: str
    mjcf: str
    folder: Path | None = None


def world(name: str, seed: int = 0) -> World:
    """Return a world by its number, its name, or the path of an MJCF file.

    Parameters
    ----------
    name : str
        ``0`` to ``3``; ``corridor``, ``hall``, ``rooms`` or ``columns``; or a file ending in .xml.
    seed : int
        Decides where furniture stands and the shades of the colours; a file is taken as it is.

    Raises
    ------
    InvalidInput
        If there is no such world or the file cannot be read.
    """
    known = {str(k): k for k in range(len(NAMES))} | {title: k for k, title in enumerate(NAMES)}
    if name in known:
        number = known[name]
        return World(NAMES[number], _MAKERS[number](np.random.default_rng([seed, number])))
    path = Path(name)
    if path.suffix.lower() != ".xml":
        raise InvalidInput(
            f"world {name!r} must be 0 to {len(NAMES) - 1}, {', '.join(NAMES)}, "
            "or an MJCF file ending in .xml"
        )
    try:
        return World(path.stem, path.read_text(encoding="utf-8"), path.absolute().parent)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is no text in UTF-8"
        raise InvalidInput(f"world {name}: {reason}") from error
