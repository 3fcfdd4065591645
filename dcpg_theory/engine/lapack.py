"""LAPACK inside compiled kernels: the routines that scipy exports to Cython, by address.

They are registered under names of ours, so that a kernel which calls them can be cached: the name
is resolved anew in every process.
"""

from __future__ import annotations

import ctypes
from typing import Any

from llvmlite.binding import add_symbol
from numba import types
from scipy.linalg import cython_lapack

from dcpg_theory.engine.compiled import compiled
from dcpg_theory.exact.numbers import Array

__all__ = ["factorize", "solve"]

_address = types.intp
_TRANSPOSED, _PLAIN = ord("T"), ord("N")


def _routine(name: str, n_arguments: int) -> Any:
    capsule = cython_lapack.__pyx_capi__[name]
    get_name = ctypes.pythonapi.PyCapsule_GetName
    get_name.restype, get_name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
    get_pointer.restype = ctypes.c_void_p
    get_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]
    symbol = f"dcpg_theory_{name}"
    add_symbol(symbol, get_pointer(capsule, get_name(capsule)))
    return types.ExternalFunction(symbol, types.void(*[_address] * n_arguments))


_getrf = _routine("dgetrf", 6)
_getrs = _routine("dgetrs", 9)


@compiled
def factorize(matrix: Array, exchanges: Array, sizes: Array) -> None:
    """Factorise the transpose of a matrix in place.

    The transpose of a row-dominant M-matrix is column-dominant, so that no rows are exchanged.

    Parameters
    ----------
    matrix : ndarray, shape (n, n), contiguous
    exchanges : ndarray of int32, shape (n,)
    sizes : ndarray of int32, shape (4,)
        Room for what LAPACK reads by address.
    """
    n = len(matrix)
    sizes[0], sizes[1] = n, 1
    size = sizes.ctypes.data
    _getrf(size, size, matrix.ctypes.data, size, exchanges.ctypes.data, size + 12)


@compiled
def solve(factors: Array, exchanges: Array, sizes: Array, right: Array, transposed: bool) -> None:
    """Solve with the matrix that `factorize` was given, or with its transpose, in place."""
    sizes[2] = _PLAIN if transposed else _TRANSPOSED
    size = sizes.ctypes.data
    _getrs(
        size + 8,
        size,
        size + 4,
        factors.ctypes.data,
        size,
        exchanges.ctypes.data,
        right.ctypes.data,
        size,
        size + 12,
    )
