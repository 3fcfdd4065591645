"""World 3, ``columns``: a dim hall of columns and ramps under a ceiling of several heights."""

from __future__ import annotations

import numpy as np

from dcpg_theory.drone.worlds.scene import Scene, jitter

__all__ = ["columns"]

LENGTH, WIDTH, HEIGHT = 34.0, 26.0, 4.6
STARTS = ((4.5, 3.0, 0), (31.0, 6.5, 90), (29.5, 23.0, 180), (3.0, 19.5, -90))


def columns(rng: np.random.Generator) -> str:
    """Return the MJCF: 34 x 26 m; round and square columns, four ramps, three soffits."""
    scene = Scene("columns", ambient=0.4, diffuse=0.4, haze=(0.05, 0.08, 0.12))
    floor = scene.material(
        "floor", (0.2, 0.3, 0.32), (0.14, 0.22, 0.25), pattern="checker", repeat=0.4
    )
    ceiling = scene.material("ceiling", (0.3, 0.35, 0.4), (0.25, 0.3, 0.34), repeat=0.4)
    wall = scene.material("wall", jitter(rng, (0.35, 0.42, 0.5)), (0.3, 0.36, 0.44), repeat=0.4)
    marble = scene.material("marble", (0.8, 0.82, 0.85), (0.6, 0.62, 0.66), repeat=0.8, shine=0.3)
    copper = scene.material("copper", jitter(rng, (0.3, 0.6, 0.5)), shine=0.5)
    slope = scene.material("slope", (0.75, 0.5, 0.2), (0.15, 0.15, 0.15), pattern="checker")
    scene.room((LENGTH, WIDTH, HEIGHT), floor, ceiling, wall)
    for i, x in enumerate(np.arange(6.5, LENGTH - 4, 5.2)):
        for j, y in enumerate(np.arange(6.0, WIDTH - 4, 4.8)):
            a, b = np.array([x, y]) + rng.uniform(-0.6, 0.6, 2)
            if (i + j) % 3 == 2:
                side = rng.uniform(0.3, 0.5)
                scene.box(
                    (a - side, b - side, 0),
                    (a + side, b + side, HEIGHT),
                    copper,
                    yaw=rng.uniform(0, 90),
                )
            elif (2 * i + j) % 5 == 4:
                tilt = rng.uniform(16, 24)
                scene.box(
                    (a - 1.3, b - 0.7, -0.35), (a + 1.3, b + 0.7, 0.75), slope, pitch=float(tilt)
                )
            else:
                radius = rng.uniform(0.25, 0.5)
                scene.cylinder((a, b, 0), radius, HEIGHT, marble)
                scene.cylinder((a, b, 0), radius + 0.15, 0.4, marble)
    for k, low in enumerate((3.6, 3.2, 3.8)):
        x = 4.0 + 10.5 * k
        scene.box((x, 0, low), (x + 4.0, WIDTH, HEIGHT), ceiling)
    for x, y in ((8.0, 7.0), (26.0, 7.0), (8.0, 20.0), (26.0, 20.0)):
        scene.lamp((x, y, 3.1), (0.35, 0.5, 0.65), reach=0.015)
    for x, y, yaw in STARTS:
        scene.start((x, y, 1.4), yaw)
    return scene.xml()
