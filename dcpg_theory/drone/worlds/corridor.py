"""World 0, ``corridor``: a long corridor around a block, narrow and low, with doors."""

from __future__ import annotations

import numpy as np

from dcpg_theory.drone.worlds.scene import Scene, jitter

__all__ = ["corridor"]

LENGTH, WIDTH, HEIGHT = 46.0, 15.0, 2.7
LANE = 3.2


def corridor(rng: np.random.Generator) -> str:
    """Return the MJCF: four lanes 3.2 m wide around a block, 109 m along their middle."""
    scene = Scene("corridor", ambient=0.5, diffuse=0.35, haze=(0.7, 0.7, 0.65))
    floor = scene.material(
        "floor", (0.45, 0.32, 0.2), (0.38, 0.26, 0.16), pattern="checker", repeat=0.5
    )
    ceiling = scene.material("ceiling", (0.82, 0.82, 0.78), (0.7, 0.7, 0.66), repeat=0.5)
    wall = scene.material("wall", jitter(rng, (0.85, 0.78, 0.6)), (0.78, 0.7, 0.5), repeat=0.3)
    block = scene.material("block", jitter(rng, (0.55, 0.68, 0.62)), (0.48, 0.6, 0.54), repeat=0.3)
    door = scene.material("door", (0.35, 0.18, 0.1))
    skirting = scene.material("skirting", (0.2, 0.2, 0.2))
    pilaster = scene.material("pilaster", jitter(rng, (0.7, 0.45, 0.35)))
    cupboard = scene.material("cupboard", jitter(rng, (0.5, 0.5, 0.55)))
    scene.room((LENGTH, WIDTH, HEIGHT), floor, ceiling, wall)
    scene.box((LANE, LANE, -0.1), (LENGTH - LANE, WIDTH - LANE, HEIGHT + 0.1), block)
    for y in (0.0, WIDTH):
        inward = 0.04 if y == 0.0 else -0.04
        scene.box((0, y, 0), (LENGTH, y + inward, 0.12), skirting)
        for x in np.arange(4.0, LENGTH - 4.0, 5.0):
            at = x + rng.uniform(-1, 1)
            scene.box((at, y, 0), (at + 1.0, y + 1.5 * inward, 2.1), door)
    # What stands in the lanes leaves at least 2.5 metres beside it.
    for x in np.arange(8.0, LENGTH - 8.0, 7.5):
        side = bool(rng.integers(2))
        for lane in (0.0, WIDTH - LANE):
            near = lane if side else lane + LANE - 0.35
            at = x + rng.uniform(-1.5, 1.5)
            scene.box((at, near, 0), (at + 0.4, near + 0.35, HEIGHT), pilaster)
            side = not side
    for y in (5.5, 8.5):
        scene.box((0, y, 0), (0.5, y + 0.9, 1.8), cupboard)
        scene.box((LENGTH - 0.5, y, 0), (LENGTH, y + 0.9, 1.8), cupboard)
    for x in (LENGTH / 4, 3 * LENGTH / 4):
        for y in (LANE / 2, WIDTH - LANE / 2):
            scene.lamp((x, y, HEIGHT - 0.1), (0.35, 0.34, 0.28))
    middle = LANE / 2
    scene.start((5.0, middle, 1.3), 0)
    scene.start((LENGTH - middle, 5.0, 1.3), 90)
    scene.start((40.0, WIDTH - middle, 1.3), 180)
    scene.start((22.0, middle, 1.3), 180)
    return scene.xml()
