"""World 2, ``rooms``: twelve furnished rooms of different colours, joined by doorways."""

from __future__ import annotations

import numpy as np

from dcpg_theory.drone.worlds.scene import Colour, Scene, jitter
from dcpg_theory.exact.numbers import Array

__all__ = ["rooms"]

COLUMNS, ROWS, SIDE, HEIGHT = 4, 3, 6.5, 3.2
DOOR, LINTEL, THICK = 2.2, 2.6, 0.16
PALETTE: tuple[Colour, ...] = (
    (0.75, 0.85, 0.9),
    (0.9, 0.7, 0.75),
    (0.7, 0.85, 0.65),
    (0.92, 0.88, 0.6),
    (0.65, 0.6, 0.85),
    (0.9, 0.9, 0.9),
)


def rooms(rng: np.random.Generator) -> str:
    """Return the MJCF: 4 x 3 rooms of 6.5 m; every two neighbours share a doorway 2.2 m wide."""
    scene = Scene("rooms", ambient=0.42, diffuse=0.3, haze=(0.9, 0.95, 1.0))
    plain = scene.material("plain", (0.95, 0.95, 0.93))
    frame = scene.material("frame", (0.98, 0.98, 0.98))
    floors = [
        scene.material("parquet", (0.6, 0.45, 0.28), (0.5, 0.36, 0.2), pattern="checker", repeat=1),
        scene.material("carpet", (0.35, 0.4, 0.5), (0.28, 0.32, 0.42), repeat=1),
        scene.material("tiles", (0.85, 0.85, 0.8), (0.55, 0.6, 0.6), pattern="checker", repeat=0.8),
    ]
    paints = [scene.material(f"paint-{k}", jitter(rng, c)) for k, c in enumerate(PALETTE)]
    woods = [
        scene.material(f"wood-{k}", jitter(rng, c))
        for k, c in enumerate(((0.45, 0.3, 0.18), (0.25, 0.25, 0.28), (0.75, 0.3, 0.25)))
    ]
    length, width = COLUMNS * SIDE, ROWS * SIDE
    scene.room((length, width, HEIGHT), plain, plain, plain)
    for i in range(COLUMNS):
        for j in range(ROWS):
            low = np.array([i, j]) * SIDE
            scene.box((*low, 0), (*(low + SIDE), 0.01), floors[(i + 2 * j) % 3])
            _paint(scene, low, paints[int(rng.integers(len(paints)))])
            _furnish(scene, rng, low, woods)
    for i in range(1, COLUMNS):
        for j in range(ROWS):
            _doorway(scene, i * SIDE, j * SIDE, False, plain, frame)
    for j in range(1, ROWS):
        for i in range(COLUMNS):
            _doorway(scene, j * SIDE, i * SIDE, True, plain, frame)
    half = SIDE / 2
    for x, y in ((half, half), (length - half, half), (length / 2, width - half)):
        scene.lamp((x, y, HEIGHT - 0.1), (0.35, 0.35, 0.38), reach=0.03)
    scene.start((half, half, 1.5), 0)
    scene.start((length - half, half, 1.5), 90)
    scene.start((length - half, width - half, 1.5), 180)
    scene.start((half, width - half, 1.5), -90)
    return scene.xml()


def _doorway(scene: Scene, at: float, low: float, across: bool, wall: str, frame: str) -> None:
    """Add a wall with a doorway in its middle; `across` swaps the axes."""

    def box(start: float, end: float, bottom: float, top: float, material: str, out: float) -> None:
        first, second = (at - THICK / 2 - out, start), (at + THICK / 2 + out, end)
        if across:
            first, second = first[::-1], second[::-1]
        scene.box((*first, bottom), (*second, top), material)

    left, right = low + (SIDE - DOOR) / 2, low + (SIDE + DOOR) / 2
    box(low, left, 0, HEIGHT, wall, 0)
    box(right, low + SIDE, 0, HEIGHT, wall, 0)
    box(left, right, LINTEL, HEIGHT, wall, 0)
    box(left - 0.08, left, 0, LINTEL, frame, 0.03)
    box(right, right + 0.08, 0, LINTEL, frame, 0.03)


def _paint(scene: Scene, low: Array, paint: str) -> None:
    """Add a thin layer of paint on the four walls, beside the doorways."""
    gap, thin = (SIDE - DOOR) / 2 - 0.1, THICK / 2 + 0.01
    x, y = low
    for start in (0.0, SIDE - gap):
        for depth in (0.0, SIDE - thin):
            scene.box((x + start, y + depth, 0.1), (x + start + gap, y + depth + thin, 2.4), paint)
            scene.box((x + depth, y + start, 0.1), (x + depth + thin, y + start + gap, 2.4), paint)


def _furnish(scene: Scene, rng: np.random.Generator, low: Array, woods: list[str]) -> None:
    """Put furniture into the corners, where it leaves the ways between the doors free."""
    x, y = low
    for corner in range(4):
        if rng.random() < 0.25:
            continue
        wood = woods[int(rng.integers(3))]
        wide, deep = rng.uniform(0.7, 1.3), rng.uniform(0.4, 0.7)
        tall = float(rng.choice([0.5, 0.8, 1.9, 2.2]))
        a = x + 0.15 if corner % 2 == 0 else x + SIDE - 0.15 - wide
        b = y + 0.15 if corner < 2 else y + SIDE - 0.15 - deep
        scene.box((a, b, 0), (a + wide, b + deep, tall), wood)
