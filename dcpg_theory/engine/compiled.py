"""How the engine compiles its kernels: numba, cached on disk, without the interpreter's lock.

Only modules with kernels import this one, and they are imported when a compiled path is made, so
that ``import dcpg_theory`` does not pay for the compiler.

The cache lies beside the module, or, if that folder cannot be written to, where numba keeps its
user's cache (``NUMBA_CACHE_DIR`` names another folder). Where no folder can be written to at all,
the kernels are compiled anew in each process.

numba takes a cached kernel for valid as long as the file of its own function is unchanged, but a
kernel holds the code of those it calls, from other files. So the names under which kernels are
cached carry a digest of all sources of the engine: a new version finds no kernels of an old one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np

__all__ = ["compiled", "compiled_sums", "copy", "fused"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

# Fusing a product and a sum is exact where it differs; re-association is not allowed, since it
# takes (x + magic) - magic for x, and compensated sums for plain ones.
_FUSED = {"contract", "nsz", "arcp"}
_SUMS = {"contract", "nsz", "arcp", "reassoc"}


def _compile(function: _Function, flags: set[str]) -> _Function:
    # A call of a function that is not inlined counts references to each array it passes: for five
    # states that would take as long as all the arithmetic.
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "forceinline": True}
    if flags:
        options["fastmath"] = flags
    name = function.__qualname__
    function.__qualname__ = f"{name}-{_digest()}"
    try:
        made: _Function = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder for the cache
        made = numba.njit(**options)(function)
    finally:
        function.__qualname__ = name
    return made


@cache
def _digest() -> str:
    """Return what changes with any source of the engine."""
    digest = hashlib.blake2b(digest_size=6)
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def compiled(function: _Function) -> _Function:
    """Compile a function that rounds exactly as it is written."""
    return _compile(function, set())


def fused(function: _Function) -> _Function:
    """Compile a function in which a product and a sum may round once instead of twice."""
    return _compile(function, _FUSED)


def compiled_sums(function: _Function) -> _Function:
    """Compile a function whose sums may run in any order, in vector lanes."""
    return _compile(function, _SUMS)


@compiled
def copy(source: np.ndarray[Any, Any], target: np.ndarray[Any, Any]) -> None:
    """Copy a vector over another; assigning a slice would take seconds to compile."""
    for i in range(source.size):
        target[i] = source[i]
