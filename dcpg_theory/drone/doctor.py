"""What is there to fly with, what is broken, and the two lines that mend it."""

from __future__ import annotations

import importlib
import importlib.util
import io
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from dcpg_theory.drone.extra import INSTALL
from dcpg_theory.drone.rendering import GL_HINT, gl_choice

__all__ = ["Finding", "examine"]

_AIRSIM_FIX = (
    "pip uninstall -y msgpack-rpc-python msgpack-python && pip install --force-reinstall msgpack",
    "pip install rpc-msgpack wheel setuptools && pip install --no-build-isolation --no-deps airsim",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    what : str
    good : bool
    needed : bool
        Whether the embedded experiments need it.
    state : str
        In words.
    fix : tuple of str
        Commands, one a line; empty where nothing is to be mended.
    """

    what: str
    good: bool
    needed: bool
    state: str
    fix: tuple[str, ...] = ()


def examine() -> list[Finding]:
    """Return what is found, one after the other; nothing is changed."""
    return [
        _library("mujoco", "simulator", needed=True),
        _renderer(),
        _library("jax", "learning", needed=True),
        _library("optax", "learning", needed=True),
        _library("msgpack", "server", needed=False),
        *_clients(),
        _library("mpi4py", "one process an agent", needed=False, extra="mpi"),
    ]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _library(module: str, purpose: str, *, needed: bool, extra: str = "drone") -> Finding:
    what = f"{module} ({purpose})"
    found = _version(module)
    if found is None:
        fix = (INSTALL,) if extra == "drone" else (f"pip install 'dcpg-theory[{extra}]'",)
        return Finding(what, False, needed, "not installed", fix)
    return Finding(what, True, needed, found)


def _renderer() -> Finding:
    """Render one frame and say how."""
    from dcpg_theory.drone.embedded import EmbeddedSim
    from dcpg_theory.drone.worlds import world
    from dcpg_theory.errors import InvalidInput

    what = "off-screen rendering"
    if _version("mujoco") is None:
        return Finding(what, False, True, "needs mujoco", (INSTALL,))
    try:
        simulator = EmbeddedSim(world("0"))
        frame = simulator.rgb_depth()
        simulator.close()
    except InvalidInput as error:
        return Finding(what, False, True, str(error), (GL_HINT, "or: export MUJOCO_GL=rays"))
    if gl_choice() == "rays":
        state = "rays only: flat colours without textures; OSMesa and EGL are missing"
        return Finding(what, False, False, state, (GL_HINT,))
    spread = int(frame.rgb.max()) - int(frame.rgb.min())
    if spread == 0:
        return Finding(what, False, True, f"{gl_choice()} renders one colour", (GL_HINT,))
    return Finding(what, True, True, simulator.backend)


def _clients() -> list[Finding]:
    findings = []
    for package, needed in (("cosysairsim", False), ("airsim", False)):
        what = f"{package} (client)"
        found = _version(package)
        if found is None:
            fix = (INSTALL,) if package == "cosysairsim" else _AIRSIM_FIX[1:]
            findings.append(Finding(what, False, needed, "not installed", fix))
            continue
        findings.append(_imported(package, what, found))
    broken = _broken_pair()
    return [*findings, broken] if broken is not None else findings


def _imported(package: str, what: str, found: str) -> Finding:
    """Import a client and make one, as far as that goes without a server."""
    try:
        with redirect_stdout(io.StringIO()):
            importlib.import_module(package)
    except Exception as error:  # broken pairs of packages fail in many ways
        state = f"{found}, but cannot be imported: {type(error).__name__}: {error}"
        return Finding(what, False, False, " ".join(state.split()), _AIRSIM_FIX)
    return Finding(what, True, False, found)


def _broken_pair() -> Finding | None:
    """Find msgpack-rpc-python, which needs a msgpack from before 1.0, next to a newer one."""
    old, msgpack = _version("msgpack-rpc-python"), _version("msgpack")
    if old is None:
        return None
    what = "msgpack-rpc-python next to msgpack"
    if msgpack is not None and int(msgpack.partition(".")[0]) >= 1:
        state = (
            f"{old} with msgpack {msgpack}: every call fails (Packer has no argument 'encoding')"
        )
        return Finding(what, False, False, state, _AIRSIM_FIX)
    if sys.version_info >= (3, 12):
        state = f"{old} needs tornado 4, which does not run on Python 3.12 or later"
        return Finding(what, False, False, state, _AIRSIM_FIX)
    state = f"{old} works, in pure Python: a float depth image takes ten times as long"
    return Finding(what, True, False, state, _AIRSIM_FIX)
