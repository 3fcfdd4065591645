"""One BLAS thread while a kernel calls LAPACK.

The systems of this package are small, and a second thread costs more than it brings: nothing is
gained below a thousand states, and with the other core busy each call waits for it, hundreds of
times longer. Environment variables are read when the library loads, too late for a library that is
imported; so the loaded BLAS itself is told, and told back afterwards.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

__all__ = ["one_blas_thread"]

# Names that set the number of threads, for as long as they are asked to, and return the number
# before: of OpenBLAS as scipy ships it, and of MKL.
_SETTERS = ("openblas_set_num_threads_local", "MKL_Set_Num_Threads_Local")


@cache
def _setter() -> Callable[[int], int] | None:
    """Return the function of the BLAS behind scipy's LAPACK, if it has one."""
    from scipy.linalg import cython_lapack

    # A symbol is looked up in a library and in all that it depends on.
    library = ctypes.CDLL(cython_lapack.__file__)
    for name in _SETTERS:
        if hasattr(library, name):
            setter: Callable[[int], int] = getattr(library, name)
            return setter
    return None


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let the LAPACK of `scipy` run on one thread, where its BLAS can be told to."""
    setter = _setter()
    if setter is None:
        yield
        return
    before = setter(1)
    try:
        yield
    finally:
        setter(before)
