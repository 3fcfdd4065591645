"""World 1, ``hall``: a wide, high hall cluttered with crates, shelves and tables, in warm light."""

from __future__ import annotations

import numpy as np

from dcpg_theory.drone.worlds.scene import Scene, apart, jitter

__all__ = ["hall"]

LENGTH, WIDTH, HEIGHT = 28.0, 22.0, 5.5
STARTS = ((3.0, 3.0, 0), (25.0, 3.5, 90), (25.0, 18.5, 180), (3.0, 18.5, -90))


def hall(rng: np.random.Generator) -> str:
    """Return the MJCF: 28 x 22 m, 5.5 m high, with some thirty things to fly around."""
    scene = Scene("hall", ambient=0.42, diffuse=0.25, haze=(0.3, 0.2, 0.15))
    floor = scene.material(
        "floor", (0.36, 0.36, 0.4), (0.3, 0.3, 0.33), pattern="checker", repeat=0.25
    )
    ceiling = scene.material("ceiling", (0.25, 0.22, 0.2))
    wall = scene.material("wall", jitter(rng, (0.62, 0.28, 0.2)), (0.52, 0.22, 0.16), repeat=0.6)
    crate = scene.material("crate", (0.72, 0.55, 0.3), (0.5, 0.36, 0.18), pattern="checker")
    steel = scene.material("steel", (0.25, 0.35, 0.55), shine=0.4)
    goods = [
        scene.material(f"goods-{k}", jitter(rng, colour, 0.1))
        for k, colour in enumerate(((0.8, 0.2, 0.15), (0.15, 0.5, 0.3), (0.85, 0.75, 0.2)))
    ]
    scene.room((LENGTH, WIDTH, HEIGHT), floor, ceiling, wall)
    spots = [(x, y) for x, y, _ in STARTS]
    inside = (2.5, 2.5, LENGTH - 2.5, WIDTH - 2.5)
    for _ in range(5):
        _place_shelf(scene, rng, spots, inside, steel, goods)
    for k in range(14):
        at = apart(rng, spots, inside, 3.4)
        if at is None:
            break
        spots.append(at)
        half, tall = rng.uniform(0.35, 0.7), rng.uniform(0.7, 1.4)
        turn = rng.uniform(0, 90)
        scene.box(
            (at[0] - half, at[1] - half, 0), (at[0] + half, at[1] + half, tall), crate, yaw=turn
        )
        if k % 2:
            scene.box(
                (at[0] - 0.3, at[1] - 0.3, tall),
                (at[0] + 0.3, at[1] + 0.3, tall + rng.uniform(0.8, 2.2)),
                goods[k % 3],
                yaw=turn + 20,
            )
    for x in np.arange(4.0, LENGTH, 8.0):
        scene.box((x, 0, HEIGHT - 0.5), (x + 0.3, WIDTH, HEIGHT - 0.1), steel)
    for x, y in ((7.0, 5.5), (21.0, 5.5), (7.0, 16.5), (21.0, 16.5)):
        scene.lamp((x, y, HEIGHT - 0.6), (0.75, 0.5, 0.28), reach=0.012)
    for x, y, yaw in STARTS:
        scene.start((x, y, 1.5), yaw)
    return scene.xml()


def _place_shelf(
    scene: Scene,
    rng: np.random.Generator,
    spots: list[tuple[float, float]],
    inside: tuple[float, float, float, float],
    steel: str,
    goods: list[str],
) -> None:
    """Add a shelf four metres long and as high as a lane is wide, with goods on it."""
    at = apart(rng, spots, inside, 5.2)
    if at is None:
        return
    spots.append(at)
    along = bool(rng.integers(2))
    reach = np.array([1.8, 0.35] if along else [0.35, 1.8])
    low, high = np.array(at) - reach, np.array(at) + reach
    for level in (0.0, 1.3, 2.6):
        scene.box((*low, level), (*high, level + 0.1), steel)
    for part in range(3):
        share = np.array([part / 3, 0.0] if along else [0.0, part / 3])
        size = (high - low) * ([0.28, 1] if along else [1, 0.28])
        corner = low + (high - low) * share
        for level in (0.1, 1.4):
            tall = rng.uniform(0.7, 1.15)
            stuff = goods[int(rng.integers(3))]
            scene.box((*corner, level), (*(corner + size), level + tall), stuff)
