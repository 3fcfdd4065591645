"""Maps as plain text that a person can draw, one grid of characters for each task.

=====  ============================================================
``.``  an empty cell
``S``  a start; episodes start in one of them, or anywhere if none
``G``  a goal
``X``  an obstacle
``#``  a wall
=====  ============================================================

Blanks between cells do not count. A ``.txt`` map starts with settings, ``discount = 19/20`` and
``endings = end``, which may be left out; then follow the grids, apart by empty lines. A line that
begins with ``;`` is a comment. A ``.toml`` map has ``discount`` and ``endings`` as strings, and
``[[task]]`` tables with the grid as the string ``map``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from dcpg_theory.errors import InvalidInput
from dcpg_theory.gridworld.worlds import Cell, Endings, GridTask, GridWorld

__all__ = ["grid_text", "load_map", "parse_map", "parse_number", "parse_toml_map"]

CELLS = {".": "empty", "S": "start", "G": "goal", "X": "obstacle", "#": "wall"}
_SETTINGS = ("discount", "endings")
_SETTING = re.compile(r"\s*(\w+)\s*=\s*(.*?)\s*")
_NUMBER = re.compile(r"[0-9]{1,18}(/[1-9][0-9]{0,17}|\.[0-9]{0,18})?")


def load_map(path: str | Path) -> GridWorld:
    """Return the grid world drawn in a ``.txt`` or ``.toml`` file.

    Raises
    ------
    InvalidInput
        If the file cannot be read or the map is malformed; the message begins with the path and
        shows the offending cell in its row, ``..[Q].G``.
    """
    path = Path(path)
    readers = {".txt": parse_map, ".toml": parse_toml_map}
    if path.suffix not in readers:
        raise InvalidInput(f"{path}: a map must end in .txt or .toml")
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors begin with a mark
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{path}: is not a text in UTF-8") from None
    try:
        return readers[path.suffix](text)
    except InvalidInput as error:
        raise InvalidInput(f"{path}: {error}") from None


def parse_map(text: str) -> GridWorld:
    """Return the grid world drawn in a text.

    Raises
    ------
    InvalidInput
        If the map is malformed.

    Examples
    --------
    >>> parse_map("S.G").tasks[0].goals
    frozenset({(0, 2)})
    """
    settings: dict[str, str] = {}
    grids: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.lstrip().startswith(";"):
            continue
        found = _SETTING.fullmatch(line)
        if found and not any(grids):
            name, value = found.groups()
            if name in settings:
                raise InvalidInput(f"the setting {name!r} stands there twice")
            settings[name] = value
        elif not line.strip():
            grids.append([])
        else:
            grids[-1].append(line)
    return _world(settings, [grid for grid in grids if grid])


def parse_toml_map(text: str) -> GridWorld:
    """Return the grid world in a TOML document.

    Raises
    ------
    InvalidInput
        If the document is no TOML or the map is malformed.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"is no TOML: {error}") from None
    tasks = document.pop("task", [])
    settings = {name: value for name, value in document.items() if isinstance(value, str)}
    if settings != document:
        name = next(iter(document.keys() - settings.keys()))
        raise InvalidInput(f'{name} must be a string, like discount = "19/20"')
    grids = []
    for number, task in enumerate(tasks if isinstance(tasks, list) else [tasks], 1):
        if not isinstance(task, dict) or task.keys() != {"map"} or not isinstance(task["map"], str):
            raise InvalidInput(f"task {number}: must be a table with the string 'map' and no more")
        grids.append([line for line in task["map"].splitlines() if line.strip()])
    return _world(settings, grids)


def _world(settings: Mapping[str, str], grids: list[list[str]]) -> GridWorld:
    for name in settings:
        if name not in _SETTINGS:
            raise InvalidInput(f"unknown setting {name!r}, known are {' and '.join(_SETTINGS)}")
    if not any(grids):
        raise InvalidInput("there is no grid in it")
    tasks, shape = [], None
    for number, lines in enumerate(grids, 1):
        task, size = _task(number, lines)
        if shape is not None and size != shape:
            raise InvalidInput(
                f"task {number}: the grid has {size[0]} x {size[1]} cells, the first one has "
                f"{shape[0]} x {shape[1]}"
            )
        shape = size
        tasks.append(task)
    options: dict[str, Any] = {}
    if "discount" in settings:
        options["discount"] = parse_number("discount", settings["discount"])
    if "endings" in settings:
        if settings["endings"] not in list(Endings):
            raise InvalidInput(
                f"endings = {settings['endings']} must be one of {', '.join(Endings)}"
            )
        options["endings"] = Endings(settings["endings"])
    assert shape is not None
    return GridWorld(shape, tuple(tasks), **options)


def parse_number(name: str, text: str) -> Fraction:
    """Return the number in a text.

    Raises
    ------
    InvalidInput
        If it is none; the message begins with the name.
    """
    if not _NUMBER.fullmatch(text):
        raise InvalidInput(f"{name} = {text} must be a number like 0.95 or 19/20")
    return Fraction(text)


def _task(number: int, lines: Iterable[str]) -> tuple[GridTask, tuple[int, int]]:
    """Read one grid."""
    cells: dict[str, list[Cell]] = {character: [] for character in CELLS}
    rows = ["".join(line.split()) for line in lines]
    if not rows:
        raise InvalidInput(f"task {number}: the grid is empty")
    for row, text in enumerate(rows):
        for column, character in enumerate(text):
            if character not in CELLS:
                shown = f"{text[:column]}[{character}]{text[column + 1 :]}"
                known = ", ".join(f"{c} {meaning}" for c, meaning in CELLS.items())
                raise InvalidInput(
                    f"task {number}, row {row + 1}, column {column + 1}: {character!r} is no cell "
                    f"in {shown}; cells are {known}"
                )
            cells[character].append((row, column))
        if len(text) != len(rows[0]):
            place = min(len(text), len(rows[0]))
            shown = f"{text[:place]}[{text[place:] or ' '}]"
            raise InvalidInput(
                f"task {number}, row {row + 1}, column {place + 1}: the row has {len(text)} cells "
                f"in {shown}, the first row has {len(rows[0])}"
            )
    goals, obstacles, walls = (frozenset(cells[character]) for character in "GX#")
    return GridTask(goals, obstacles, walls, tuple(cells["S"])), (len(rows), len(rows[0]))


def grid_text(world: GridWorld) -> str:
    """Return a world as the text of a map; `parse_map` returns an equal world."""
    parts = [f"discount = {world.discount}\nendings = {world.endings}\n"]
    for task in world.tasks:
        meaning = dict.fromkeys(world.cells(), ".")
        sets = (("S", task.starts), ("G", task.goals), ("X", task.obstacles), ("#", task.walls))
        meaning |= {cell: character for character, cells in sets for cell in cells}
        rows = range(world.shape[0])
        lines = ["".join(meaning[row, c] for c in range(world.shape[1])) for row in rows]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)
