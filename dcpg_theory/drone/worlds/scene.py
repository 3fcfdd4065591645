"""Writes MJCF: boxes, cylinders, lights and start poses become one XML text.

Here lengths are metres and z is up, as MuJoCo has it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

import numpy as np

from dcpg_theory.exact.numbers import Array

__all__ = ["Colour", "Scene"]

Colour = tuple[float, float, float]
_Point = Sequence[float]


def _numbers(values: _Point | Array) -> str:
    return " ".join(f"{float(value):.6g}" for value in values)


@dataclass
class Scene:
    """A world under construction.

    Attributes
    ----------
    name : str
        Of the MJCF model.
    ambient, diffuse : float in [0, 1]
        Strength of the light that falls everywhere, and of the one at the camera.
    haze : Colour
        What is seen where nothing stands.
    """

    name: str
    ambient: float
    diffuse: float
    haze: Colour
    _assets: list[str] = field(default_factory=list)
    _body: list[str] = field(default_factory=list)
    _n_starts: int = 0

    def material(
        self,
        name: str,
        colour: Colour,
        second: Colour | None = None,
        *,
        pattern: str = "flat",
        repeat: float = 1.0,
        shine: float = 0.0,
    ) -> str:
        """Add a material and return its name.

        Parameters
        ----------
        name : str
        colour, second : Colour
            The second shows in a pattern; without one there is no texture.
        pattern : str
            ``flat`` (specks of the second colour), ``checker`` or ``gradient``.
        repeat : float
            Patterns per metre.
        shine : float in [0, 1]
        """
        texture = ""
        if second is not None:
            marks = 'mark="random" random="0.12"' if pattern == "flat" else 'mark="edge"'
            self._assets.append(
                f'<texture name="{name}" type="2d" builtin="{pattern}" width="64" height="64" '
                f'rgb1="{_numbers(colour)}" rgb2="{_numbers(second)}" '
                f'markrgb="{_numbers(second)}" {marks}/>'
            )
            texture = f'texture="{name}" texuniform="true" texrepeat="{repeat:g} {repeat:g}" '
        tint = "1 1 1 1" if texture else f"{_numbers(colour)} 1"
        self._assets.append(
            f'<material name="{name}" {texture}rgba="{tint}" specular="{shine:g}" '
            f'shininess="{shine:g}" reflectance="0"/>'
        )
        return name

    def box(
        self, low: _Point, high: _Point, material: str, *, yaw: float = 0.0, pitch: float = 0.0
    ) -> None:
        """Add the box between two corners, turned about its centre by yaw and pitch in degrees."""
        lower, upper = np.minimum(low, high), np.maximum(low, high)
        turned = f' euler="0 {pitch:g} {yaw:g}"' if yaw or pitch else ""
        self._body.append(
            f'<geom type="box" pos="{_numbers((lower + upper) / 2)}" '
            f'size="{_numbers((upper - lower) / 2)}"{turned} material="{material}"/>'
        )

    def cylinder(self, foot: _Point, radius: float, height: float, material: str) -> None:
        """Add an upright cylinder that stands on a point."""
        middle = (foot[0], foot[1], foot[2] + height / 2)
        self._body.append(
            f'<geom type="cylinder" pos="{_numbers(middle)}" size="{radius:g} {height / 2:g}" '
            f'material="{material}"/>'
        )

    def sphere(self, centre: _Point, radius: float, material: str) -> None:
        """Add a sphere."""
        self._body.append(
            f'<geom type="sphere" pos="{_numbers(centre)}" size="{radius:g}" '
            f'material="{material}"/>'
        )

    def lamp(self, at: _Point, colour: Colour, *, reach: float = 0.02) -> None:
        """Add a lamp that shines downwards; `reach` is its quadratic attenuation."""
        self._body.append(
            f'<light pos="{_numbers(at)}" dir="0 0 -1" cutoff="85" exponent="1" '
            f'castshadow="false" diffuse="{_numbers(colour)}" specular="0.1 0.1 0.1" '
            f'attenuation="1 0 {reach:g}"/>'
        )

    def start(self, at: _Point, yaw: float) -> None:
        """Add the next start pose: a site that looks along its x axis, turned left by `yaw`."""
        self._body.append(
            f'<site name="start-{self._n_starts}" pos="{_numbers(at)}" euler="0 0 {yaw:g}" '
            'size="0.05" group="5" rgba="0 0 0 0"/>'
        )
        self._n_starts += 1

    def room(self, size: _Point, floor: str, ceiling: str, wall: str, thick: float = 0.2) -> None:
        """Add floor, ceiling and four walls around [0, length] x [0, width] x [0, height]."""
        length, width, height = size
        self.box((0, 0, -thick), (length, width, 0), floor)
        self.box((0, 0, height), (length, width, height + thick), ceiling)
        for low, high in (
            ((-thick, -thick), (0, width + thick)),
            ((length, -thick), (length + thick, width + thick)),
            ((0, -thick), (length, 0)),
            ((0, width), (length, width + thick)),
        ):
            self.box((*low, -thick), (*high, height + thick), wall)

    def xml(self) -> str:
        """Return the world as MJCF."""
        light = f'ambient="{_numbers([self.ambient] * 3)}" diffuse="{_numbers([self.diffuse] * 3)}"'
        sky = _numbers(self.haze)
        assets = "\n    ".join(
            [
                f'<texture type="skybox" builtin="flat" rgb1="{sky}" rgb2="{sky}" '
                'width="32" height="192"/>',
                *self._assets,
            ]
        )
        body = "\n    ".join(self._body)
        return (
            f"<mujoco model={quoteattr(self.name)}>\n"
            '  <compiler angle="degree" eulerseq="xyz"/>\n'
            f'  <visual><headlight {light} specular="0 0 0"/>'
            '<quality numslices="14" numstacks="8" numquads="2"/></visual>\n'
            f"  <asset>\n    {assets}\n  </asset>\n"
            f"  <worldbody>\n    {body}\n  </worldbody>\n"
            "</mujoco>\n"
        )


def jitter(rng: np.random.Generator, colour: Colour, amount: float = 0.06) -> Colour:
    """Return a colour near another one."""
    shifted = np.clip(np.asarray(colour) + rng.uniform(-amount, amount, 3), 0, 1)
    return float(shifted[0]), float(shifted[1]), float(shifted[2])


def apart(
    rng: np.random.Generator, spots: list[tuple[float, float]], box: _Point, gap: float
) -> tuple[float, float] | None:
    """Return a point of the box (x0, y0, x1, y1) that keeps `gap` metres from all spots.

    After 200 tries without one, None.
    """
    for _ in range(200):
        x, y = rng.uniform(box[0], box[2]), rng.uniform(box[1], box[3])
        if all(math.hypot(x - a, y - b) >= gap for a, b in spots):
            return float(x), float(y)
    return None
