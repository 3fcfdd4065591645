"""What the front camera sees: rendered by OpenGL off screen, or cast ray by ray without it.

The choice is what the variable ``MUJOCO_GL`` says, else OSMesa, else EGL, else rays. The rays see
shapes and flat colours with one light at the camera, no textures and no lamps; the depth is the
same up to rounding.
"""

from __future__ import annotations

import ctypes.util
import importlib
import os
import sys
import weakref
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from dcpg_theory.drone.extra import require
from dcpg_theory.drone.simulator import FIELD_OF_VIEW, FRAME_SIZE, Frame
from dcpg_theory.errors import InvalidInput
from dcpg_theory.exact.numbers import Array

__all__ = ["CAMERA", "Camera", "GlCamera", "RayCamera", "camera", "gl_choice", "mujoco_library"]

CAMERA = "front_center"
NEAR, FAR = 0.04, 150.0
GL_HINT = "apt-get install libosmesa6 (or libegl1 libgl1-mesa-dri)"
_LIBRARIES = (("osmesa", "OSMesa"), ("egl", "EGL"))


def gl_choice() -> str:
    """Return how frames are made: what ``MUJOCO_GL`` says, ``native``, a library found, or rays."""
    wish = os.environ.get("MUJOCO_GL", "").lower()
    if wish:
        return "rays" if wish in ("off", "false", "0", "disable", "disabled", "rays") else wish
    if sys.platform != "linux":
        return "native"
    return next((kind for kind, name in _LIBRARIES if ctypes.util.find_library(name)), "rays")


def mujoco_library() -> ModuleType:
    """Import MuJoCo with the chosen renderer.

    Raises
    ------
    InvalidInput
        If it is not installed, or the renderer that ``MUJOCO_GL`` names cannot be loaded.
    """
    chosen = gl_choice()
    if "mujoco" not in sys.modules and chosen in (*dict(_LIBRARIES), "rays"):
        os.environ["MUJOCO_GL"] = "disabled" if chosen == "rays" else chosen
    return require("mujoco", "the embedded simulator")


class Camera(Protocol):
    """Makes frames from a model and its state."""

    name: str

    def frame(self, data: Any) -> Frame:
        """Return what the front camera sees now."""

    def close(self) -> None:
        """Free what the camera holds."""


def camera(model: Any, kind: str | None = None) -> Camera:
    """Return the camera for a model: OpenGL where it works, else rays.

    Parameters
    ----------
    model : mujoco.MjModel
        With the camera ``front_center``.
    kind : str, optional
        ``gl`` or ``rays``; by default OpenGL where it is to be had.

    Raises
    ------
    InvalidInput
        If OpenGL is asked for, here or by ``MUJOCO_GL``, and does not work.
    """
    chosen = gl_choice()
    if kind not in (None, "gl", "rays"):
        raise InvalidInput(f"renderer={kind!r} must be gl or rays")
    if kind == "rays" or (kind is None and chosen == "rays"):
        return RayCamera(model)
    try:
        return GlCamera(model)
    except Exception as error:  # every platform's library fails in its own way
        if kind is None and chosen == "native":
            return RayCamera(model)
        raise InvalidInput(
            f"OpenGL ({chosen}) cannot render off screen: {error}; install it with {GL_HINT}, "
            "or set MUJOCO_GL=rays to see without textures"
        ) from error


def _context_class(mujoco: ModuleType) -> Any:
    """Return the chosen renderer's context, whatever was chosen when MuJoCo was imported."""
    chosen = gl_choice()
    if chosen == "native":
        return mujoco.GLContext
    if chosen not in (*dict(_LIBRARIES), "glfw"):
        raise RuntimeError(f"MUJOCO_GL={chosen} is no renderer (osmesa, egl, glfw or rays)")
    return importlib.import_module(f"mujoco.{chosen}").GLContext


class GlCamera:
    """Renders colour and depth in one pass, in a context of its own.

    A context belongs to the thread that made it.
    """

    def __init__(self, model: Any) -> None:
        mujoco = mujoco_library()
        self.name = gl_choice()
        self._mujoco, self._model = mujoco, model
        self._gl = _context_class(mujoco)(FRAME_SIZE, FRAME_SIZE)
        self._gl.make_current()
        self._scene = mujoco.MjvScene(model, maxgeom=model.ngeom + 100)
        self._context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_50)
        mujoco.mjr_resizeOffscreen(FRAME_SIZE, FRAME_SIZE, self._context)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        self._context.readDepthMap = mujoco.mjtDepthMap.mjDEPTH_ZEROFAR
        # Freed with another context current, it would take that one's buffers along.
        self._free = weakref.finalize(self, _free, self._gl, self._context)
        self._viewport = mujoco.MjrRect(0, 0, FRAME_SIZE, FRAME_SIZE)
        self._view = mujoco.MjvCamera()
        self._view.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._view.fixedcamid = model.camera(CAMERA).id
        self._option = mujoco.MjvOption()
        self._rgb = np.empty((FRAME_SIZE, FRAME_SIZE, 3), np.uint8)
        self._depth = np.empty((FRAME_SIZE, FRAME_SIZE), np.float32)

    def frame(self, data: Any) -> Frame:
        """Return what the front camera sees now."""
        mujoco = self._mujoco
        self._gl.make_current()
        everything = mujoco.mjtCatBit.mjCAT_ALL
        mujoco.mjv_updateScene(
            self._model, data, self._option, None, self._view, everything, self._scene
        )
        mujoco.mjr_render(self._viewport, self._scene, self._context)
        mujoco.mjr_readPixels(self._rgb, self._depth, self._viewport, self._context)
        depth = np.float32(FAR * NEAR / (FAR - NEAR)) / (
            self._depth + np.float32(NEAR / (FAR - NEAR))
        )
        return Frame(self._rgb[::-1].copy(), depth[::-1].copy())

    def close(self) -> None:
        """Free the context."""
        self._free()


def _free(gl: Any, context: Any) -> None:
    gl.make_current()
    context.free()
    gl.free()


class RayCamera:
    """Casts one ray a pixel; colours are the materials', shaded by the angle to the camera."""

    name = "rays"

    def __init__(self, model: Any) -> None:
        self._mujoco, self._model = mujoco_library(), model
        self._id = model.camera(CAMERA).id
        self._rays = _rays()
        self._colours = _colours(model)

    def frame(self, data: Any) -> Frame:
        """Return what the front camera sees now."""
        origin = data.cam_xpos[self._id]
        turn = data.cam_xmat[self._id].reshape(3, 3)
        directions = self._rays @ turn.T
        count = len(directions)
        distance, geom = np.empty(count), np.empty(count, np.int32)
        normal = np.zeros((count, 3))
        body = int(self._model.cam_bodyid[self._id])
        self._mujoco.mj_multiRay(
            self._model,
            data,
            origin,
            directions.ravel(),
            None,
            1,
            body,
            geom,
            distance,
            normal.ravel(),
            count,
            FAR,
        )
        hit = geom >= 0
        along = np.where(hit, distance, FAR)  # in lengths of a ray, which is 1 along the view
        cosine = np.abs((directions * normal).sum(1)) / np.linalg.norm(directions, axis=1)
        shade = 0.35 + 0.65 * cosine
        colour = np.where(hit[:, None], self._colours[geom] * shade[:, None], 0.5)
        size = (FRAME_SIZE, FRAME_SIZE)
        return Frame(
            np.round(255 * np.clip(colour, 0, 1)).astype(np.uint8).reshape(*size, 3),
            np.minimum(along, FAR).astype(np.float32).reshape(size),
        )

    def close(self) -> None:
        """Do nothing: rays hold nothing."""


def _rays() -> Array:
    """Return a ray through every pixel's middle, row by row, of length 1 along the view."""
    across, up = (np.tan(np.radians(angle / 2)) for angle in FIELD_OF_VIEW)
    middles = (2 * np.arange(FRAME_SIZE) + 1) / FRAME_SIZE - 1
    x, y = np.meshgrid(across * middles, -up * middles)
    return np.stack([x, y, -np.ones_like(x)], axis=-1).reshape(-1, 3)


def _colours(model: Any) -> Array:
    """Return a colour for each geom, the mean of its texture where it has one."""
    colours = np.array(model.geom_rgba[:, :3], dtype=float)
    for geom in range(model.ngeom):
        material = int(model.geom_matid[geom])
        if material < 0:
            continue
        colours[geom] = model.mat_rgba[material, :3]
        for texture in model.mat_texid[material]:
            if texture >= 0:
                first = int(model.tex_adr[texture])
                texels = int(model.tex_width[texture] * model.tex_height[texture])
                channels = int(model.tex_nchannel[texture])
                data = np.asarray(model.tex_data[first : first + texels * channels])
                colours[geom] *= data.reshape(texels, channels)[:, :3].mean(axis=0) / 255
    return colours
